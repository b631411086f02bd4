"""What every run of a measurement is to record: what the base's first run did, and what each later one lacks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from holobench_mcp.measure.session import Run, Side
from holobench_mcp.measure.sweep_matching import Matching, SweepKey, keys_of, match
from holobench_mcp.model import CaptureError, Difference, Failure

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot


def _is_of_itself(run: Run) -> bool:
    return run.outcome is not None and run.outcome.of_itself


@dataclass
class ExpectedSweeps:
    """The sweeps of the base's first run, in their order, and the head's that are none of them."""

    benchmark: str
    keys: tuple[SweepKey, ...] = ()
    extra: tuple[str, ...] = ()
    of_itself: bool = False  #: whether they are of the command itself, as it gave no results of its own

    @property
    def names(self) -> list[str]:
        """The bench of each."""
        return [key.bench_name for key in self.keys]

    def take_over(self, run: Run) -> bool:
        """Expect from now on what a run has given, unless something is expected already. Whether it was taken over."""
        if self.keys:
            return False
        self.keys, self.of_itself = keys_of(run.snapshots), _is_of_itself(run)
        return True

    def matching(self, run: Run) -> Matching:
        """Which of a run's sweeps is which of the expected ones."""
        return match(self.keys, keys_of(run.snapshots))

    def in_order(self, run: Run) -> list[Snapshot]:
        """A run's sweeps in the expected order, what is new behind them."""
        numbered = zip(self.matching(run).numbers, run.snapshots, strict=True)
        return [snapshot for _, snapshot in sorted(numbered, key=lambda pair: pair[0])]

    def checked(self, side: Side, run: Run) -> Run:
        """A run that did not give every sweep that is expected is one that failed.

        Raises CaptureError for a base that gives no results of its own, where the head does.
        """
        missing = self.matching(run).missing if self.keys and run.failure is None else ()
        if not missing:
            return run
        if self.of_itself and not _is_of_itself(run):
            given = ", ".join(s.bench_name for s in run.snapshots[:3])
            raise CaptureError(
                f"{self.benchmark} gives no results of its own on the base, and {given} on the head: only one side can "
                "be measured. Name a base that has the benchmark, or compare the commands themselves (tool = "
                '"command", or --tool command).'
            )
        names = ", ".join(dict.fromkeys(missing))
        if not self.of_itself and _is_of_itself(run):
            detail = f"{self.benchmark} recorded nothing of what it is expected to: {names[:500]}."
            tail = run.outcome.output_tail[-2000:] if run.outcome is not None else ""
            return Run((), run.seconds, Failure(what="nothing", detail=detail, output_tail=tail), run.outcome)
        what = "no longer records what the base does"
        if side == "base":
            what = "does not record the same benchmarks each time"
        detail = f"{self.benchmark} {what}: {names[:500]} {'is' if len(missing) == 1 else 'are'} missing."
        tail = run.outcome.output_tail[-2000:] if run.outcome is not None else ""
        failure = Failure(what="missing_sweeps", detail=detail, output_tail=tail, missing_benches=missing)
        return Run(run.snapshots, run.seconds, failure, run.outcome)

    @property
    def cautions(self) -> tuple[Difference, ...]:
        """What to say of sweeps that only the head has."""
        if not self.extra:
            return ()
        names = ", ".join(dict.fromkeys(self.extra))
        detail = f"the head records benchmarks that the base does not, so they are not compared: {names[:500]}"
        return (Difference(severity="caution", what="new_benchmark", detail=detail),)
