"""How a run of a benchmark fails, in words, and what to set where its own set-up is the cause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from holobench_mcp.capture.runner import RunOutcome
from holobench_mcp.capture.sweeps import NO_FIFOS
from holobench_mcp.model import Failure

#: What holobench raises where code of the working tree is loaded on another side.
EDITABLE = "ForbiddenCodeError"
#: What stands between a failure's sentence and what it printed.
_OUTPUT = " The end of its output:"
_TAIL_LINES, _TAIL_COLUMNS = 12, 300
#: What a line is of that only points at the one above it, as a compiler's and Python's do.
_POINTERS = " \t^~|-"
#: How often it failed, as it is said behind what went wrong.
_HOW_OFTEN = re.compile(r", in (all|\d+) of its \d+ runs; the base's did not\.$")
_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")


def failure_in(outcome: RunOutcome, name: str, timeout_s: float) -> Failure | None:
    """How a run failed; None for one that gave its results and ended well."""
    tail = output_end(outcome.output_tail)
    if outcome.timed_out:
        detail = f"{name} took more than {timeout_s:g} s, its time limit."
        return Failure(what="timeout", detail=detail, output_tail=tail)
    if outcome.returncode != 0:
        return Failure(what="crash", detail=f"{name} failed with exit status {outcome.returncode}.", output_tail=tail)
    # A sweep that is missing would give the others the numbers of its followers, and they be compared with it.
    problems = [problem for problem in outcome.problems if problem != NO_FIFOS]
    if not outcome.snapshots:
        why = " ".join(problems[:3])[:1000] or "It gave no results."
        return Failure(what="nothing", detail=f"{name} recorded nothing. {why}", output_tail=tail)
    if problems:
        why = " ".join(problems[:3])[:1000]
        detail = f"{name}: only a part of its results can be read. {why}"
        return Failure(what="missing_sweeps", detail=detail, output_tail=tail)
    return None


def output_end(text: str) -> str:
    """The last lines of a program's output, each of a readable length."""
    return "\n".join(line[:_TAIL_COLUMNS] for line in text.strip().splitlines()[-_TAIL_LINES:])


def last_words(failure: Failure) -> str:
    """The last lines of a failure's output in one, for a sentence; nothing where it printed nothing."""
    lines = [line.strip() for line in failure.output_tail.splitlines() if line.strip(_POINTERS)]
    return " | ".join(line[:200] for line in lines[-2:])


def with_output(failure: Failure) -> str:
    """A failure's sentence, with the end of its output."""
    return failure.detail + (f"{_OUTPUT}\n{failure.output_tail}" if failure.output_tail else "")


def in_one_line(message: str) -> str:
    """What an error said that has the end of an output behind it, as a sentence with the last words of that."""
    detail, _, output = message.partition(_OUTPUT)
    words = last_words(Failure(what="crash", detail=detail, output_tail=output))
    sentence = " ".join(detail.split())
    return f"{sentence} It ended with: {words}" if words else sentence


def remedy(name: str, failure: Failure, *, by_hand: bool, folder: Path) -> str:
    """A failure in words, with what to set where the environment of the run is the cause.

    by_hand: whether the command was given on the command line, which has options where a configuration has keys.
    """
    if EDITABLE in failure.output_tail:
        return (
            f"{name} loads code of the working tree when it should measure a revision, so both sides would be the same "
            f"code: the project is probably installed in editable mode. Point the benchmark at its own tree, such as "
            f"{setting('PYTHONPATH', '{tree}/src', by_hand=by_hand)}."
            + (f"{_OUTPUT}\n{failure.output_tail}" if failure.output_tail else "")
        )
    hint = hint_of(failure, by_hand=by_hand, folder=folder) or ""
    return with_output(failure.model_copy(update={"detail": f"{failure.detail} {hint}".rstrip()}))


def hint_of(failure: Failure, *, by_hand: bool, folder: Path) -> str | None:
    """What to set, where a run failed because Python did not find a module."""
    missing = _NO_MODULE.findall(failure.output_tail)
    return _module_hint(missing[-1], folder, by_hand=by_hand) if missing else None


def _module_hint(module: str, folder: Path, *, by_hand: bool) -> str:
    top = module.partition(".")[0]
    for place, tree in (("src", "{tree}/src"), (".", "{tree}"), ("lib", "{tree}/lib"), ("python", "{tree}/python")):
        if (folder / place / top).is_dir() or (folder / place / f"{top}.py").is_file():
            return (
                f"Each side runs in a checkout of its own: so that Python finds {top} there, set "
                f"{setting('PYTHONPATH', tree, by_hand=by_hand)}"
                f", or build it with {_option('setup', by_hand=by_hand)}."
            )
    return f"{top} is nowhere in the project: is it installed in the Python that the command starts?"


def setting(variable: str, value: str, *, by_hand: bool) -> str:
    """How a variable of the environment is set, on the command line or in a configuration."""
    return f"--env {variable}={value}" if by_hand else f'env = {{ {variable} = "{value}" }}'


def _option(key: str, *, by_hand: bool) -> str:
    return f"--{key} 'COMMAND'" if by_hand else f'{key} = ["COMMAND", …]'


def side_name(side: str | None) -> str:
    """A side in a sentence."""
    return {"base": "the base revision", "head": "the head"}.get(side or "", "the project")


def failed_runs(failures: Sequence[Failure], runs: int) -> str:
    """In how many of a side's runs it failed."""
    return f"in all of its {runs} runs" if len(failures) == runs > 1 else f"in {len(failures)} of its {runs} runs"


def of_all_runs(failures: Sequence[Failure], runs: int, benches: Sequence[str]) -> Failure:
    """What to say of a head that failed in some of its runs. benches: what all of them should have recorded."""
    # What came first is said, but for what is worse: fewer benchmarks are less than none at all.
    first = min(failures, key=lambda failure: failure.what == "missing_sweeps")
    missing = [bench for failure in failures for bench in failure.missing_benches]
    if first.what != "missing_sweeps" and benches:
        missing = list(benches)
    detail = _HOW_OFTEN.sub("", first.detail)
    if runs:
        detail = f"{detail.removesuffix('.')}, {failed_runs(failures, runs)}; the base's did not."
    return first.model_copy(
        update={
            "detail": detail,
            "missing_benches": tuple(dict.fromkeys(missing)),
            "rounds_failed": len(failures),
            "rounds": runs,
        }
    )
