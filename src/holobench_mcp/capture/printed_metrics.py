"""Metrics that a command prints: the numbers that its configured patterns find in what it printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from holobench_mcp.capture import pattern_search
from holobench_mcp.config import OutputMetric

#: How long all patterns may take. Those that take no time in a line of theirs take none in 16 MB.
_SEARCH_S = 10.0
_MOST_REPEATS = 100_000
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class PrintedMetrics:
    """The samples of each metric, and why some have none."""

    samples: Mapping[str, tuple[float, ...]]
    problems: tuple[str, ...] = ()


def printed_metrics(
    wanted: Mapping[str, OutputMetric], printed: bytes, *, is_cut: bool = False, seconds: float = _SEARCH_S
) -> PrintedMetrics:
    """Read the wanted metrics from what a command printed. is_cut: whether that is only the end of it."""
    patterns = json.dumps({name: metric.pattern for name, metric in wanted.items()})
    try:
        finished = subprocess.run(
            [sys.executable, "-I", "-S", pattern_search.__file__],
            input=patterns.encode() + b"\n" + printed,
            capture_output=True,
            timeout=seconds,
            check=True,
        )
        found: dict[str, list[str]] = json.loads(finished.stdout)
    except subprocess.TimeoutExpired:
        names = ", ".join(f"output.{name}" for name in wanted)
        why = f"{names}: the search takes more than {seconds:g} s. A repetition within a repetition, as (a+)+ is, does."
        return PrintedMetrics({}, (why,))
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        return PrintedMetrics({}, (f"output: the patterns could not be searched for: {problem}.",))
    samples: dict[str, tuple[float, ...]] = {}
    problems = []
    for name, metric in wanted.items():
        try:
            samples[name] = _numbers(metric, found[name], printed, is_cut=is_cut)
        except ValueError as problem:
            problems.append(f"output.{name}: {problem}.")
    return PrintedMetrics(samples, tuple(problems))


def _numbers(metric: OutputMetric, texts: list[str], printed: bytes, *, is_cut: bool) -> tuple[float, ...]:
    if not texts:
        lines = printed.count(b"\n") + (not printed.endswith(b"\n"))
        where = f"the last {len(printed):,} bytes" if is_cut else f"the {lines:,} lines" if printed else "what"
        raise ValueError(f"{metric.pattern!r:.80} matches nothing in {where} that the command printed")
    if len(texts) > _MOST_REPEATS:
        raise ValueError(f"{metric.pattern!r:.80} matches more than {_MOST_REPEATS:,} times")
    for text in texts:
        if not _NUMBER.fullmatch(text.strip()):
            raise ValueError(f"{metric.pattern!r:.80} found {text!r:.60}, which is no number such as 1234.5 or 1e-3")
    return tuple(map(float, texts))
