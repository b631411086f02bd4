"""Measures two revisions in turn, so that what drifts meanwhile meets both sides alike: plan, rounds, outcome.

Rounds go base, head, head, base, … The base is looked at first: where it fails, nothing can be said of the head. A head
that fails where the base does not is an answer. Everything that a measurement knows stands in its document.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from holobench_mcp.capture.loaded_files import Mode
from holobench_mcp.evidence.cached_answers import SideRuns, cached_answers
from holobench_mcp.importers.quarantine_at_hand import quarantine_at_hand
from holobench_mcp.measure.change import read_change
from holobench_mcp.measure.checkouts import put_back
from holobench_mcp.measure.expected_sweeps import ExpectedSweeps
from holobench_mcp.measure.failures import hint_of, of_all_runs
from holobench_mcp.measure.leftovers import clean_up_after_crash
from holobench_mcp.measure.plan import RevisionPlan, now, own_process, revisions_document
from holobench_mcp.measure.preparation import Tree, Trees, prepare_trees, set_up
from holobench_mcp.measure.progress import Ending, OnProgress, status_after
from holobench_mcp.measure.revision_choice import Revisions, choose_revisions
from holobench_mcp.measure.session import Record, Run, Session, Side
from holobench_mcp.measure.tree_guard import fails_on_both, passes_on_the_head_only, run_guard
from holobench_mcp.measure.warm_up_check import WarmUpCheck
from holobench_mcp.measure.worktrees import worktrees
from holobench_mcp.model import (
    CaptureError,
    Difference,
    Failure,
    Look,
    Measurement,
    MeasurementDocument,
    RunRole,
)

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

FORBIDDEN_ROOT, BASE_TREE = "BENCHER_AB_FORBIDDEN_ROOT", "BENCHER_AB_BASE_TREE"
#: A head that has failed in as many runs, and in each of them, is not asked again.
_ENOUGH_FAILURES = 2

#: Stores the document whenever it has changed.
Save = Callable[[MeasurementDocument], None]


class RevisionMeasurement:
    """One measurement of two revisions, step by step: prepare, then rounds until it is over, then finish.

    Whoever drives it may stop after any step. Used as a context: on leaving, the worktrees are gone and the document
    says how it ended. record stores a result, save the document.
    """

    def __init__(
        self,
        plan: RevisionPlan,
        *,
        record: Record,
        save: Save,
        revisions: Revisions | None = None,
        resumed: MeasurementDocument | None = None,
        progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        ending: Callable[[], Ending | None] = lambda: None,
    ) -> None:
        self.plan = plan
        self.session = Session(
            name=plan.name,
            config=plan.config,
            root=plan.root,
            runs=2 * plan.most_rounds,
            parameters=plan.parameters,
            progress=progress,
            cancel=cancel,
            ending=ending,
            by_hand=plan.by_hand,
            ends_in=self._seconds_left,
        )
        self._record, self._save = record, save
        self._stack = ExitStack()
        self._resumed = resumed
        self._started = time.monotonic()
        self._seconds_before = 0.0  #: that earlier rounds took, where it goes on from some
        self._observed: dict[Side, SideRuns] = {"base": SideRuns(), "head": SideRuns()}
        self._of_the_change: tuple[Difference, ...] = ()
        self._of_the_guard: tuple[Difference, ...] = ()
        self._failures: list[Failure] = []
        self._head_runs = 0
        self._expected = ExpectedSweeps(plan.name)
        self.revisions: Revisions
        self.trees: Trees
        self.document: MeasurementDocument
        if revisions is not None:
            self.revisions = revisions
            self._begin()

    # ------------------------------------------------------------------ the steps

    def prepare(self) -> None:
        """Choose the revisions, check them out, set them up, and run each once unmeasured, the base first.

        Raises CaptureError where the base, or what surrounds both, does not work; a head that does not is an answer.
        """
        self._started = time.monotonic()
        self._stack.enter_context(quarantine_at_hand())
        clean_up_after_crash()
        plan = self.plan
        if not hasattr(self, "revisions"):
            self.revisions = choose_revisions(plan.root, plan.base, plan.head)
            self._begin()
        tops = self._stack.enter_context(
            worktrees(self.revisions.repository, [self.revisions.base, self.revisions.head])
        )
        self.trees = prepare_trees(self.session, self.revisions, tops)
        below = plan.root.resolve().relative_to(self.revisions.repository.resolve())
        change = read_change(self.revisions.repository, self.revisions.base, self.revisions.head)
        self._check = WarmUpCheck(self.session, self.revisions, change, below)
        self._of_the_change = self._check.change_cautions(self.trees)
        self._changed(
            notes=(*plan.notes, *self.revisions.notes, *self._resuming(), *self.trees.notes),
            cautions=self._all_cautions(),
            protected_changed=self.trees.changed,
        )
        self._set_up()
        self._run_guards()
        for _ in range(max(1, plan.config.warmup_runs)):
            for side in sides_of_round(0):
                if not self.is_over:
                    self._warm_up(side)
        if any(failure.what != "missing_sweeps" for failure in self._failures) and not self.is_over:
            self._warm_up("head")  # once more: a head that always fails needs no rounds to tell
        if not self._failures:
            self._say_what_was_loaded()

    def round(self) -> None:
        """Measure both sides once more, and record what they gave. Raises CaptureError for a base that fails."""
        # A round of which only one side was measured before it was broken off has a number of its own.
        number = max((role.run + 1 for role in self.document.roles), default=0)
        number = max(number, self.document.rounds)
        began = time.monotonic()
        for side in sides_of_round(number):
            run = self._run(side, counts=True)
            if run.failure is None or run.failure.missing_benches:
                self._record_run(side, number, run)
            if self.gave_up:
                break
        took = time.monotonic() - began
        done = self.document.rounds
        mean = ((self.document.seconds_a_round or 0.0) * done + took) / (done + 1)
        self._changed(
            rounds=done + 1,
            seconds_a_round=round(mean, 3),
            seconds_to_prepare=self.session.preparation.took,
            light=self.session.imports.light,
            head_failure=self._head_failure(),
            cautions=self._all_cautions(),
        )

    def look(self, alpha: float, *, settled: bool) -> None:
        """Write down that what was measured until now was judged, and at which error rate: what is spent is spent."""
        look = Look(round=self.document.rounds, alpha=alpha, settled=settled)
        self._changed(looks=(*self.document.looks, look))

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to measure: all rounds are done, or the head does not work, or is the same."""
        return self.document.rounds >= self.plan.most_rounds or self.gave_up or self._is_the_same

    @property
    def gave_up(self) -> bool:
        """Whether the head fails so that more rounds would tell nothing: at once, twice out of two, or by hanging."""
        # A head that lacks some of the benchmarks is measured on: what became of the others is worth knowing.
        failed = [failure.what for failure in self._failures if failure.what != "missing_sweeps"]
        if any(what in failed for what in ("setup", "guard", "timeout")):
            return True
        return len(failed) >= _ENOUGH_FAILURES and len(failed) == self._head_runs

    @property
    def _is_the_same(self) -> bool:
        """Whether what a setup has built is the same on both sides, so that measuring could only err."""
        built = self.plan.config.setup is not None
        return built and any(caution.what == "same_artefact" for caution in self._of_the_change)

    @property
    def is_out_of_time(self) -> bool:
        """Whether max_seconds are over, with what earlier rounds took."""
        left = self._seconds_left()
        return left is not None and left < 0

    def _seconds_left(self) -> float | None:
        limit = self.plan.max_seconds
        return None if limit is None else limit - self._seconds_before - (time.monotonic() - self._started)

    def finish(self, stopped: str | None = None) -> MeasurementDocument:
        """Say that it is over, and why before its last round, if it is. Returns the document."""
        self._changed(
            status="stopped" if stopped else "finished",
            stopped=stopped,
            ended_at=now(),
            head_failure=self._head_failure(),
            cautions=self._all_cautions(),
        )
        return self.document

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if hasattr(self, "document") and self.document.status == "running":
            ended = status_after(problem)
            self._changed(status=ended, ended_at=now(), stopped=None if problem is None else str(problem)[:2000])

    # ------------------------------------------------------------------ parts

    def _begin(self) -> None:
        """Begin the document, or go on with the one that was begun: its rounds and its looks count."""
        plan = self.plan
        begun = self._resumed or revisions_document(plan, self.revisions)
        fresh = revisions_document(plan, self.revisions)
        self.document = begun.changed(
            owner=own_process(),
            request=fresh.request,
            rounds_planned=fresh.rounds_planned,
            automatic=fresh.automatic,
            max_seconds=fresh.max_seconds,
            status="running",
            ended_at=None,
            stopped=None,
            outcome=None,
        )
        self.session.done = 2 * begun.rounds
        if begun.light is False:
            self.session.imports.stay_whole()
        self._seconds_before = begun.rounds * (begun.seconds_a_round or 0.0)
        if begun.head_failure is not None:
            self._failures = [begun.head_failure] * max(begun.head_failure.rounds_failed, 1)
            self._head_runs = begun.head_failure.rounds
        self._save(self.document)

    def _resuming(self) -> tuple[str, ...]:
        before = self._resumed.rounds if self._resumed is not None else 0
        rounds = f"{before} round{'s' if before != 1 else ''}"
        return (f"It goes on from the {rounds} recorded before.",) if before else ()

    def _changed(self, **values: Any) -> None:  # noqa: ANN401 - the document's fields
        self.document = self.document.changed(**values)
        self._save(self.document)

    def _set_up(self) -> None:
        for side in ("base", "head") if self.plan.config.setup is not None else ():
            failure = set_up(self.session, self.revisions, self.trees, side)
            if failure is not None and side == "base":
                raise self.session.error(failure, None, self.trees.base.folder)
            if failure is not None:
                self._failures.append(failure)

    def _run_guards(self) -> None:
        """Ask both trees' guard. A head that alone fails is an answer; a base that alone does is a caution."""
        if self.plan.config.guard is None or self.gave_up:
            return
        failures = {}
        for tree in (self.trees.base, self.trees.head):
            failures[tree.side] = run_guard(
                self.session, tree.folder, side=tree.side, environment=self._guard(tree.top)
            )
            if self.plan.config.setup is None:
                put_back(tree.checkouts)
        base, head = failures["base"], failures["head"]
        if base is not None and head is not None:
            raise self.session.error(fails_on_both(base), None, self.trees.base.folder)
        if head is not None:
            self._failures.append(head)
        elif base is not None:
            self._of_the_guard = (passes_on_the_head_only(base),)
            self._changed(cautions=self._all_cautions())

    def _warm_up(self, side: Side) -> None:
        way = self.session.imports.way
        run = self._run(side, counts=False, probe="opened")
        self.trees = self._check.warmed_up(side, run, self.trees)
        if side == "base" and self._expected.take_over(run):
            self._changed(notes=tuple(dict.fromkeys((*self.document.notes, *run.notes))))
        if run.failure is None:
            self._observed[side].warm_up(self._expected.in_order(run))
        if side == "head" and self.session.imports.way != way:
            self._warm_up("base")  # as the head will be measured

    def _say_what_was_loaded(self) -> None:
        """Say first whether what is about to be measured is the change."""
        tree = self.trees.head
        if self.plan.config.setup is None:
            put_back(tree.checkouts)
        loading = self._check.cautions(self.trees, self._guard(tree.top))
        self._of_the_change = (*loading, *self._check.change_cautions(self.trees))
        self._changed(
            notes=(*self.document.notes, *self._check.notes, *self.session.imports.notes),
            cautions=self._all_cautions(),
            protected_changed=self.trees.changed,
        )

    def _guard(self, top: Path) -> dict[str, str]:
        return {FORBIDDEN_ROOT: str(self.revisions.repository), BASE_TREE: str(top)}

    def _run(self, side: Side, *, counts: bool, probe: Mode = "modules") -> Run:
        """One process of a side, in its tree as it was checked out. Raises CaptureError for a base that fails."""
        tree = self.trees.of(side)
        run = self._expected.checked(side, self._run_in(tree, counts=counts, probe=probe))
        if side == "base" and run.failure is not None:
            raise self.session.error(run.failure, "base", tree.folder)
        if side == "head":
            self._head_runs += 1
            if run.failure is not None:
                hint = hint_of(run.failure, by_hand=self.plan.by_hand, folder=tree.folder)
                self._failures.append(run.failure.model_copy(update={"remedy": hint}))
        return run

    def _run_in(self, tree: Tree, *, counts: bool, probe: Mode) -> Run:
        """One process in a tree that is as it was checked out."""
        if self.plan.config.setup is None:
            put_back(tree.checkouts)
        code = self.document.base if tree.side == "base" else self.document.head
        run = self.session.run(
            tree.folder,
            side=tree.side,
            revision=code.revision if code is not None else None,
            environment=self._guard(tree.top),
            counts=counts,
            probe=probe,
        )
        return self._run_in(tree, counts=counts, probe=probe) if run.again else run

    def _record_run(self, side: Side, number: int, run: Run) -> None:
        """Store a run's sweeps, numbered as the base's are: a head may collect them in another order."""
        matching = self._expected.matching(run)
        if not matching.missing:
            self._observed[side].rounds.append(self._expected.in_order(run))
        if side == "head":
            self._expected.extra = matching.extra
        roles = []
        for sweep, snapshot in zip(matching.numbers, run.snapshots, strict=True):
            measured = Measurement(
                id=self.document.id,
                benchmark=self.plan.name,
                run=number,
                runs=2 * self.plan.most_rounds,
                side=side,
                sweep=sweep,
                measured_by="server",
                # A head that did not pass is not measured at all.
                guarded=self.plan.config.guard is not None and (side == "head" or not self._of_the_guard),
            )
            result_id = self._record(self._as_measured(snapshot, side).with_(measurement=measured))
            roles.append(
                RunRole(result_id=result_id, bench_name=snapshot.bench_name, side=side, run=number, sweep=sweep)
            )
            self.session.recorded += 1
        self._changed(roles=(*self.document.roles, *roles))

    def _as_measured(self, snapshot: Snapshot, side: Side) -> Snapshot:
        """A result with the code that it is of: of uncommitted changes, the commit below them and their digest."""
        code = self.document.base if side == "base" else self.document.head
        if code is None:
            return snapshot
        known = {"git_commit": code.revision, "git_dirty": code.dirty, "git_diff_sha256": None}
        if side == "head" and self.revisions.dirty:
            known["git_diff_sha256"] = self.revisions.uncommitted
        environment = snapshot.environment.model_copy(update=known)
        label = {"display_label": code.label} if code.label else {}
        return snapshot.with_(environment=environment, provenance={**snapshot.provenance, **label})

    def _all_cautions(self) -> tuple[Difference, ...]:
        cached = cached_answers(self._observed["base"], self._observed["head"])
        found = (*self._of_the_guard, *self._of_the_change, *cached, *self._expected.cautions)
        # What was seen in rounds before it was broken off stays true.
        before = self._resumed.cautions if self._resumed is not None else ()
        known = {caution.what for caution in found}
        return (*found, *(caution for caution in before if caution.what not in known))

    def _head_failure(self) -> Failure | None:
        return of_all_runs(self._failures, self._head_runs, self._expected.names) if self._failures else None


def sides_of_round(number: int) -> Sequence[Side]:
    """ABBA: which side goes first alternates, so that neither always runs on the warmer machine."""
    return ("base", "head") if number % 2 == 0 else ("head", "base")


__all__ = ["CaptureError", "RevisionMeasurement", "RevisionPlan", "sides_of_round"]
