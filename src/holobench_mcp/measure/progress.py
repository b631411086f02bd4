"""How far a measurement is, and how it ends before it is over: what a measuring thread and those who wait exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from holobench_mcp.model import CaptureError, MeasurementStatus


@dataclass(frozen=True)
class Progress:
    """What is being done, how many of how many processes are done, and what the rest takes as far as that is known."""

    message: str
    done: int
    total: int
    seconds_left: float | None = None

    def sentence(self) -> str:
        """The message, with the time left."""
        left = f", about {self.seconds_left:.0f} s left" if self.seconds_left else ""
        return f"{self.message}{left}"


NO_PROGRESS = Progress("about to begin", 0, 0)

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Ending:
    """Why a measurement ends before it is over. cancelled: somebody said so; interrupted: nobody waits any more."""

    status: Literal["cancelled", "interrupted"]
    why: str


class Cancelled(CaptureError):
    """A measurement was ended before it was over."""

    def __init__(self, message: str, ending: Ending | None = None) -> None:
        super().__init__(message)
        self.status: Literal["cancelled", "interrupted"] = ending.status if ending is not None else "cancelled"


def status_after(problem: BaseException | None) -> MeasurementStatus:
    """How a measurement's document says that it ended, by what ended it."""
    if isinstance(problem, Cancelled):
        return problem.status
    return "interrupted" if isinstance(problem, KeyboardInterrupt | SystemExit) else "failed"
