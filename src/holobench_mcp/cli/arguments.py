"""Words of the command line as values. What can't be read is an InvalidArgument that names its option."""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from holobench_mcp.answers import CompareOptions
from holobench_mcp.config import MAX_ROUNDS, BenchmarkConfig
from holobench_mcp.model import Decision, InvalidArgument, fault_in

Tool = Annotated[
    str, typer.Option(help="auto, holobench, command (its own time and memory), or a known tool, such as go-test.")
]
Results = Annotated[
    str | None, typer.Option(help="File or pattern that the command writes results to, in any format of import.")
]
#: What only an id has: the time in its middle.
_DATED = re.compile(r"-\d{8}T")


def gate(given: Sequence[str] | None) -> set[Decision]:
    """The decisions that --fail-on names; none where it is not given.

    An empty word is an error: a gate whose words come from an unset variable would pass everything.
    """
    decisions = set()
    for word in (word.strip().lower() for words in given or () for word in words.split(",")):
        if word not in set(Decision):
            known = ", ".join(d.value for d in Decision)
            near = difflib.get_close_matches(word, list(Decision), n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            what = f"{word!r:.40} is no decision" if word else "a decision is empty"
            raise InvalidArgument(f"--fail-on: {what}; name one or more of {known}, with commas between them.{meant}")
        decisions.add(Decision(word))
    return decisions


def of_benchmark(name: str, benchmark: str | None) -> str:
    """A result's name with the benchmark that --benchmark gives, where the name has none of its own."""
    if benchmark is None or "@" in name or _DATED.search(name):
        return name
    return f"{benchmark}@{name}"


def command_of(context: typer.Context) -> list[str]:
    """The command behind '--'. Raises InvalidArgument for what is no option before it."""
    words = context.args
    if words and words[0].startswith("-") and words[0] != "--":
        known = [option for one in context.command.params for option in getattr(one, "opts", ()) if option[0] == "-"]
        near = difflib.get_close_matches(words[0].partition("=")[0], known, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise InvalidArgument(f"{context.info_name}: there is no option {words[0]!r:.60}.{meant}")
    return words[1:] if words[:1] == ["--"] else list(words)


def pair(text: str, option: str) -> tuple[str, str]:
    """NAME=VALUE as a name and a value."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise InvalidArgument(f"{option}: {text!r} is not of the form NAME=VALUE.")
    return name, value


def parameter(text: str) -> tuple[str, object]:
    """A parameter's value as TOML or JSON write it; what is neither number nor boolean is text."""
    name, value = pair(text, "--parameter")
    with suppress(ValueError):
        parsed = json.loads(value)
        return name, parsed if isinstance(parsed, int | float) else value
    return name, value


def rounds(text: str) -> int | Literal["auto"]:
    """A number of rounds, or auto. Raises InvalidArgument."""
    if text.strip().lower() == "auto":
        return "auto"
    if not text.strip().isdecimal():
        raise InvalidArgument(f"--rounds: auto, or a number from 2 to {MAX_ROUNDS}, not {text!r:.40}.")
    return int(text)


_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)", re.IGNORECASE)
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def duration(text: str, option: str) -> float:
    """Seconds of a time such as 30m, 12h or 7d; a number alone is seconds. Raises InvalidArgument."""
    found = _DURATION.fullmatch(text.strip())
    seconds = float(found[1]) * _SECONDS[found[2].lower()] if found else -1.0
    if not 0 <= seconds <= 36_500 * _SECONDS["d"]:
        raise InvalidArgument(f"{option}: a time such as 30m, 12h or 7d, not {text!r:.40}.")
    return seconds


def benchmark(
    command: list[str],
    timeout: float | None = None,
    protect: list[str] | None = None,
    env: list[str] | None = None,
    setup: str | None = None,
    *,
    guard: str | None = None,
    tool: str = "auto",
    results: str | None = None,
) -> BenchmarkConfig:
    """A benchmark that a person gives on the command line, in place of a configured one."""
    given = {
        "command": command,
        "protected": protect or (),
        "env": dict(pair(text, "--env") for text in env or ()),
        "setup": words(setup, "--setup"),
        "guard": words(guard, "--guard"),
        "tool": tool,
        "results": results,
        **({"timeout_s": timeout} if timeout is not None else {}),
    }
    try:
        return BenchmarkConfig.model_validate(given)
    except ValidationError as problem:
        fault = fault_in(problem)
        key = fault.path[0] if fault.path else "command"
        option = {"timeout_s": "--timeout", "protected": "--protect", "command": "command"}.get(key, f"--{key}")
        raise InvalidArgument(f"{option}: {fault.what}") from problem


def words(text: str | None, option: str) -> list[str] | None:
    """A command line as a shell would split it; no shell runs it."""
    try:
        words = None if text is None else shlex.split(text)
    except ValueError as problem:
        raise InvalidArgument(f"{option}: {text!r:.200} can't be read: {problem}.") from problem
    if words == []:
        raise InvalidArgument(f"{option}: name a command, such as {option} 'make'.")
    return words


def detectors(given: list[str] | None) -> dict[str, float | None] | None:
    """METHOD or METHOD=THRESHOLD, for each of holobench's detectors that is asked for."""
    if given is None:
        return None
    thresholds: dict[str, float | None] = {}
    for text in given:
        method, _, threshold = text.partition("=")
        try:
            thresholds[method] = float(threshold) if threshold else None
        except ValueError as problem:
            raise InvalidArgument(f"--detector: {threshold!r} is not a number.") from problem
    return thresholds


def compare_options(**given: object) -> CompareOptions:
    """The options of a comparison."""
    try:
        return CompareOptions.model_validate(given)
    except ValidationError as problem:
        fault = fault_in(problem)
        option = {"metrics": "metric"}.get(fault.path[0], fault.path[0].replace("_", "-"))
        raise InvalidArgument(f"--{option}: {fault.what}") from problem
