"""How many rounds are measured, when they are looked at, and what a comparison makes of the looks afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.config import load_config
from holobench_mcp.evidence.looks import alpha_of_look, spent_by
from holobench_mcp.model import ALPHA, Look, Measurement, MeasurementDocument, RunRole
from holobench_mcp.workspace import Workspace
from holobench_mcp.workspace.rounds import level_of, measure_rounds

ID = "tiny-20260301T120000Z-abcdef"
#: The noise of a run, and how much slower the head is, by sweep.
Sweep = tuple[float, float]
QUIET, NOISY = (0.005, 1.0), (0.2, 1.0)


class Rounds:
    """A measurement that draws its runs in place of measuring them."""

    def __init__(
        self,
        space: Workspace,
        *sweeps: Sweep,
        rounds: int | None = None,
        seconds: float = 1e9,
        document: MeasurementDocument | None = None,
        seed: int = 1,
    ) -> None:
        self._space, self._sweeps, self._seconds = space, sweeps, seconds
        self._rng = np.random.default_rng(seed)
        self.plan = SimpleNamespace(rounds=rounds or "auto", most_rounds=rounds or 50)
        begun = document or MeasurementDocument(id=ID, kind="revisions", started_at="2026-03-01T12:00:00+00:00")
        self.document = begun.changed(
            rounds_planned=rounds or 50, automatic=rounds is None, max_seconds=seconds, seconds_a_round=1.0
        )
        self.gave_up = False
        self._before = self.document.rounds

    @property
    def is_over(self) -> bool:
        return self.gave_up or self.document.rounds >= self.plan.most_rounds

    @property
    def is_out_of_time(self) -> bool:
        return self.document.rounds - self._before > self._seconds

    def round(self) -> None:
        run = self.document.rounds
        roles = []
        for sweep, (sd, factor) in enumerate(self._sweeps):
            for side in ("base", "head"):
                level = 100 * np.exp(sd * self._rng.standard_normal()) * (factor if side == "head" else 1.0)
                values = level * np.exp(0.002 * self._rng.standard_normal((3, 4)))
                measured = Measurement(id=ID, run=run, runs=100, side=side, sweep=sweep)
                inputs = {"size": [10 * sweep + i for i in range(3)]}
                made = snapshot(values, at=run % 60, inputs=inputs, revision=side).with_(measurement=measured)
                result_id = self._space.record(made)
                roles.append(RunRole(result_id=result_id, bench_name="sort", side=side, run=run, sweep=sweep))
        self._save(rounds=run + 1, roles=(*self.document.roles, *roles))

    def look(self, alpha: float, *, settled: bool) -> None:
        look = Look(round=self.document.rounds, alpha=alpha, settled=settled)
        self._save(looks=(*self.document.looks, look))

    def measured(self) -> str | None:
        stopped = measure_rounds(self, self._space.library)  # type: ignore[arg-type]
        self._save(status="stopped" if stopped else "finished", stopped=stopped)
        return stopped

    def _save(self, **values: object) -> None:
        self.document = self.document.changed(**values)
        self._space.store.put_measurement(self.document)


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))


@pytest.fixture
def rounds(space: Workspace) -> Callable[..., Rounds]:
    return lambda *sweeps, **options: Rounds(space, *sweeps, **options)


def looked(document: MeasurementDocument) -> list[int]:
    return [look.round for look in document.looks]


def as_compared(space: Workspace, document: MeasurementDocument) -> Sequence[object]:
    compared = space.compare()
    assert compared.evidence is not None
    evidence = compared.evidence
    return compared.decision, evidence.runs[1], evidence.alpha, evidence.alpha_unchanged


@pytest.mark.parametrize(("factor", "decision"), [(1.0, "unchanged"), (1.1, "regressed"), (0.9, "improved")])
def test_auto_ends_at_the_first_look_that_settles_it(space, rounds, factor, decision):
    measurement = rounds((0.005, factor))
    assert measurement.measured() == f"settled after {measurement.document.rounds} rounds"
    document = measurement.document
    assert 3 <= document.rounds <= 8 and document.looks[-1].settled
    assert as_compared(space, document) == (
        decision,
        document.rounds,
        document.looks[-1].alpha,
        document.looks[-1].alpha,
    )


def test_auto_goes_on_until_every_sweep_is_settled(rounds):
    measurement = rounds(QUIET, (0.02, 1.0), (0.005, 1.2))
    measurement.measured()
    assert measurement.document.rounds > 5 and measurement.document.looks[-1].settled
    assert [look.settled for look in measurement.document.looks[:-1]] == [False] * (len(measurement.document.looks) - 1)


def test_what_is_too_noisy_goes_on_to_fifty_rounds_and_no_further(space, rounds):
    measurement = rounds(NOISY)
    assert measurement.measured() is None
    assert looked(measurement.document) == [3, 5, 8, 12, 18, 27, 40, 50]
    assert spent_by(measurement.document.looks) <= ALPHA
    compared = space.compare()
    assert compared.decision == "inconclusive"
    assert compared.next_step.startswith("time_ms is too noisy for a margin of 3 %: 50 rounds would not show it.")


@pytest.mark.parametrize(("seconds", "last"), [(0, 3), (1, 3), (5, 6), (10, 11)])
def test_auto_ends_when_its_time_is_over_with_a_look_but_not_before_three_rounds(rounds, seconds, last):
    measurement = rounds(NOISY, seconds=seconds)
    assert measurement.measured() == f"max_seconds was reached after {last} rounds"
    assert looked(measurement.document) == [n for n in (3, 5, 8) if n < last] + [last]


@pytest.mark.parametrize("number", [2, 4, 5, 7])
def test_a_number_of_rounds_is_measured_as_asked(rounds, number):
    measurement = rounds(NOISY, rounds=number)
    assert measurement.measured() is None
    assert looked(measurement.document) == [n for n in (3, 5) if n < number] + [number]
    assert measurement.document.looks[-1].alpha > 0.036


def test_max_seconds_ends_a_number_of_rounds_after_the_round_that_passes_it(rounds):
    measurement = rounds(NOISY, rounds=5, seconds=0)
    assert measurement.measured() == "max_seconds was reached after 1 of 5 rounds"
    assert looked(measurement.document) == [1]


@pytest.mark.parametrize("more", [8, 30, None])
def test_an_extension_goes_on_from_its_rounds_and_with_what_its_looks_left(space, rounds, more):
    first = rounds(NOISY, rounds=5)
    first.measured()
    spent = first.document.looks
    second = rounds(NOISY, rounds=more, document=first.document, seed=2)
    second.measured()
    document = second.document
    assert document.looks[: len(spent)] == spent
    assert looked(document) == sorted({3, 5, *(n for n in (8, 12, 18, 27, 40, 50) if n < (more or 51)), more or 50})
    assert spent[-1].alpha > 4 * document.looks[len(spent)].alpha > 0
    assert spent_by(document.looks) <= ALPHA
    assert as_compared(space, document)[1:3] == (more or 50, document.looks[-1].alpha)


def test_an_extension_of_what_was_settled_measures_the_rounds_that_it_was_asked_for(rounds):
    first = rounds(QUIET)
    first.measured()
    second = rounds((0.2, 1.0), rounds=10, document=first.document)
    second.measured()
    assert second.document.rounds > first.document.rounds


def test_nothing_is_looked_at_twice(rounds):
    """Asked for again with the rounds that are there, nothing is measured and nothing more is spent."""
    first = rounds(NOISY, rounds=5)
    first.measured()
    again = rounds(NOISY, rounds=5, document=first.document)
    assert again.measured() is None
    assert again.document.looks == first.document.looks


def test_what_was_measured_after_the_last_look_is_not_judged_before_the_next(space, rounds):
    measurement = rounds(NOISY, rounds=12)
    for _ in range(5):
        measurement.round()
    measurement.look(0.01, settled=False)
    measurement.round()
    assert as_compared(space, measurement.document)[1:] == (5, 0.01, 0.01)
    measurement.measured()
    assert as_compared(space, measurement.document)[1] == 12


def test_a_round_that_was_broken_off_counts_for_nothing(space, rounds):
    """Its number is used up all the same, and the rounds behind it are the look's."""
    measurement = rounds(NOISY, rounds=4)
    measurement.measured()
    document = measurement.document
    moved = [role for role in document.roles if not (role.run == 1 and role.side == "head")]
    assert level_of(document.changed(roles=moved), 3).rounds == 4


def test_without_a_look_it_is_judged_as_by_one(rounds):
    """A document of before, or a measurement that was broken off before its first look."""
    old = MeasurementDocument(id=ID, kind="revisions", started_at="", rounds_planned=5, rounds=5, status="finished")
    assert level_of(old, 5) == (5, alpha_of_look((), 5, last=5, automatic=False))
    assert level_of(None, 5) == level_of(old, 5)
    begun = old.changed(rounds=2, rounds_planned=20, status="cancelled")
    assert level_of(begun, 2).alpha < 1e-4


def test_a_head_that_gave_up_is_not_settled_by_a_look(rounds):
    measurement = rounds(QUIET, rounds=5)
    measurement.round()
    measurement.gave_up = True
    assert measurement.measured() == "the head does not work"
