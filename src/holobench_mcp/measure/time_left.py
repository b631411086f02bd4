"""What a measurement still takes: what comes before its first run that counts, and the runs after that.

One that is gone on with is prepared anew, with its set-ups, guards and warm-ups: how long that took before is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Preparation:
    """What a measurement does before its first run that counts, from now on. seconds: that it took before, if ever.

    warm_ups: runs that don't count and are still to come.
    """

    def __init__(
        self, warm_ups: int = 0, seconds: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock, self._began = clock, clock()
        self._expected, self._warm_ups = seconds, warm_ups
        self.took: float | None = None  #: None while it lasts

    def warmed_up(self) -> None:
        """Count one of the warm-ups."""
        self._warm_ups = max(0, self._warm_ups - 1)

    def end(self) -> None:
        """The first run that counts begins."""
        if self.took is None:
            self.took = self._clock() - self._began

    def seconds_left(self, a_run: float) -> float:
        """What of it is still to come: its warm-ups at least, and what it took before."""
        if self.took is not None:
            return 0.0
        before = (self._expected or 0.0) - (self._clock() - self._began)
        return max(before, self._warm_ups * a_run)


def seconds_left(a_run: float, *, preparing: float, rest: int, fewest: int, limit: float | None) -> float:
    """What is left of a measurement whose runs take so long each.

    rest: runs still to come; fewest: those that come whatever the time. limit: seconds after which no other begins.
    """
    whole = preparing + rest * a_run
    if limit is None:
        return whole
    return min(whole, max(limit + a_run, preparing + min(fewest, rest) * a_run))
