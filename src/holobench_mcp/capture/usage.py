"""What a process and its children used, from what the guard that waited for it says.

The kernel counts exactly, but not all: the CPU time of children that nobody waited for is in no sum, and the peak it
knows is that of the largest process. What several processes hold at one time is looked at while they run.
"""

from __future__ import annotations

import math

from holobench_mcp.model import ProcessUsage

#: How far above what the kernel counts before a program's start its own peak must be to show.
_SHOWS_KB = 1024
#: So often a small process must have been looked at for its peak to be known.
_ENOUGH_LOOKS = 2
_MB = 1e6 / 1024
#: Runs of one small program differ by 0.05 MB, as the loader maps what is at hand: below this none is told apart.
LEAST_MB = 2.0


def read_usage(said: bytes) -> ProcessUsage | None:
    """The usage that a guard wrote; None where it was ended before it could."""
    words = said.decode("ascii", "replace").split()
    try:
        found = {name: float(number) for name, number in zip(words[::2], words[1::2], strict=True)}
        memory, is_exact = _memory_kb(found)
        return ProcessUsage(
            wall_s=round(found["wall_s"], 6),
            cpu_s=round(found["cpu_s"], 6),
            max_rss_mb=round(max(memory / _MB, LEAST_MB), 3),
            rss_is_bound=not is_exact,
        )
    except (KeyError, ValueError):
        return None


def _memory_kb(found: dict[str, float]) -> tuple[float, bool]:
    """Peak memory, and whether it is one: of a small program that ended at once only a bound is known."""
    if found["largest_kb"] > found["floor_kb"] + _SHOWS_KB:
        return max(found["largest_kb"], found["together_kb"]), True
    if found["looks"] >= _ENOUGH_LOOKS:
        return max(found["seen_kb"], found["together_kb"]), True
    # The same number every time: how far below it the peak is, nobody knows.
    return math.ceil((found["floor_kb"] + _SHOWS_KB) / _MB) * _MB, False
