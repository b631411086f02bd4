"""Numbers that a command prints are found by configured patterns, within bounds whatever it prints."""

from __future__ import annotations

import math
import time

import pytest

from holobench_mcp.capture.printed_metrics import printed_metrics
from holobench_mcp.config import OutputMetric


def found(pattern: str, printed: bytes, **more: object):
    return printed_metrics({"m": OutputMetric(pattern=pattern)}, printed, **more)


@pytest.mark.parametrize(
    ("pattern", "printed", "samples"),
    [
        (r"score: ([0-9.]+)", b"score: 12.5\n", [12.5]),
        (r"score: (\S+)", b"a\nscore: 1e-3 x score: -2.\nscore: .5", [0.001, -2.0, 0.5]),
        (r"^t=(\d+)$", b"t=1\r\nt=2\rt=3\n xt=4", [1.0, 2.0, 3.0]),
        (r"time (\S+) ms", b"\x1b[1;32mtime\x1b[0m \x1b[4m7\x1b[0m ms", [7.0]),
        (r"lat\xe9ncia (\d+)".replace("é", "."), "laténcia 3".encode(), [3.0]),
        (r"v.?=(\d+)", b"v\xff=3\n", [3.0]),
    ],
    ids=["one", "several", "line ends", "colours", "text", "no UTF-8"],
)
def test_every_match_is_a_repeat(pattern: str, printed: bytes, samples: list[float]) -> None:
    assert list(found(pattern, printed).samples["m"]) == samples


def test_what_is_not_finite_is_a_sample_all_the_same() -> None:
    nan, inf = found(r"loss (\S+)", b"loss nan\nloss inf").samples["m"]
    assert math.isnan(nan)
    assert math.isinf(inf)


@pytest.mark.parametrize(
    ("pattern", "printed", "says"),
    [
        (r"score: (\d+)", b"a\nb\n", "output.m: 'score: (\\\\d+)' matches nothing in the 2 lines"),
        (r"score: (\d+)", b"", "matches nothing"),
        (r"score: (\S+)", b"score: fast", "found 'fast', which is no number"),
        (r"score: (\S+)", b"score: 1_000", "which is no number"),
        (r"score: (\S+)", b"score: 1,000", "which is no number"),
        (r"score:(\d*)", b"score:", "found '', which is no number"),
        (r"(\d)", b"1" * 5000 + (b"\n" + b"1" * 5000) * 30, "more than 100,000 times"),
    ],
)
def test_what_is_no_number_is_told_with_its_pattern(pattern: str, printed: bytes, says: str) -> None:
    result = found(pattern, printed)
    assert not result.samples
    assert says in result.problems[0]


def test_a_pattern_without_end_is_ended() -> None:
    began = time.monotonic()
    result = found(r"^(?:(a+)+)$".replace("(a+)+", "(?:a+)+(b)"), b"a" * 9000, seconds=0.5)
    assert time.monotonic() - began < 100
    assert "takes more than 0.5 s" in result.problems[0]


def test_only_the_end_of_a_long_output_is_searched_and_that_is_said() -> None:
    assert "the last 3 bytes" in found(r"x(\d)", b"abc", is_cut=True).problems[0]
    assert list(found(r"x(\d)", b"\0" * (4 << 20) + b"\nx1").samples["m"]) == [1.0]
