"""The sides of a revision measurement keep their roles for ever: asked again, it gives the same answer again."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.answers import CompareOptions
from holobench_mcp.evidence.looks import alpha_of_look
from holobench_mcp.measure.plan import own_process
from holobench_mcp.model import (
    ComparisonDocument,
    Decision,
    Difference,
    Failure,
    Look,
    MeasuredCode,
    MeasurementDocument,
    MeasurementOutcome,
    RunRole,
    Undecided,
    UnknownResult,
)
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, C, record_rounds, record_runs, workspace_in

MEASUREMENT = "tiny-20260301T120000Z-abcdef"
DOUBT = Difference(severity="caution", what="cached_answers", detail="the head's change looks as if it keeps answers")


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def gist(document: ComparisonDocument) -> tuple[object, ...]:
    """What has to be the same again."""
    evidence = document.evidence
    return (
        document.decision, document.cause, document.reason, document.next_step, document.comparability, document.uri,
        evidence, document.metrics,
    )  # fmt: skip


@pytest.mark.parametrize("base_last", [True, False])
@pytest.mark.parametrize(("factor", "decision"), [(1.5, Decision.regressed), (0.5, Decision.improved)])
def test_the_base_is_never_taken_for_the_candidate(
    space: Workspace, base_last: bool, factor: float, decision: Decision
) -> None:
    ids = record_rounds(space, 100, 100 * factor, 0, base_last=base_last)
    again = space.compare()
    assert again.decision is decision
    assert again.candidate.result_id in ids["head", 0] and again.baseline.result_id in ids["base", 0]
    assert again.evidence is not None
    assert (again.evidence.replicates, again.evidence.alpha) == (
        "rounds",
        alpha_of_look((), 4, last=4, automatic=False),
    )
    assert gist(again) == gist(space.compare(ids["base", 0][-1], ids["head", 0][-1]))
    assert gist(again) == gist(space.compare(candidate="sort@latest"))


def test_several_sweeps_are_all_there_again_at_their_share_of_the_error_rate(space: Workspace) -> None:
    ids = record_rounds(space, 100, 150, 0, sweeps=3)
    again = space.compare()
    assert (again.decision, len(again.also)) == (Decision.regressed, 2)
    assert {again.candidate.result_id, *(o.candidate for o in again.also)} == {ids["head", s][0] for s in range(3)}
    assert again.evidence is not None and again.evidence.alpha == alpha_of_look((), 4, last=4, automatic=False)
    assert again.evidence.benches == 3


def test_other_measurements_of_other_benches_change_nothing_of_it(space: Workspace) -> None:
    ids = record_rounds(space, 100, 150, 0)
    before = space.compare()
    record_runs(space, 70, 100, bench="search", revision=A, command=("python", "search.py"))
    record_runs(space, 70, 200, bench="search", revision=B, command=("python", "search.py"))
    again = space.compare()
    assert before.reason is not None and again.reason == f"Of 2 benches 1 regressed. sort: {before.reason}"
    assert gist(again.model_copy(update={"reason": before.reason})) == gist(before)
    assert [(o.bench_name, o.decision) for o in again.also] == [("search", "unchanged")]
    record_runs(space, 70, 300, bench="search", revision=C, command=("python", "search.py"))
    assert space.compare().not_measured == ("sort",)
    assert gist(space.compare(candidate="sort@latest")) == gist(before)
    assert ids


def test_its_roles_go_before_a_pinned_baseline(space: Workspace) -> None:
    [pinned, *_] = record_runs(space, 200, 0, revision=C, sizes=(1, 2, 3, 4))
    space.set_baseline(pinned)
    record_rounds(space, 100, 150, 100)
    assert space.compare().decision is Decision.regressed
    assert space.compare("sort@baseline").decision is Decision.improved


def test_a_base_can_be_a_later_results_baseline(space: Workspace) -> None:
    record_rounds(space, 100, 150, 0)
    record_runs(space, 100, 100, revision=C, sizes=(1, 2, 3, 4))
    document = space.compare()
    assert document.candidate.rev == C[:10] and document.baseline.rev in (A[:10], B[:10])


def test_only_bases_are_no_candidate(space: Workspace) -> None:
    ids = record_rounds(space, 100, 150, 0)
    for result_id in ids["head", 0]:
        (Path(space.store.location.url) / "results" / f"{result_id}.json").unlink()
    with pytest.raises(UnknownResult, match="only the base sides"):
        space.compare()


def document_of(space: Workspace, ids: dict[tuple[str, int], list[str]], **values: object) -> MeasurementDocument:
    roles = [
        RunRole(result_id=result_id, bench_name="sort", side=side, run=run, sweep=sweep)
        for (side, sweep), of_side in ids.items()
        for run, result_id in enumerate(of_side)
    ]
    document = MeasurementDocument.model_validate(
        {
            "id": MEASUREMENT, "kind": "revisions", "benchmark": "tiny", "rounds_planned": 4, "status": "finished",
            "base": MeasuredCode(revision=A), "head": MeasuredCode(revision=B, dirty=True, label="worktree"),
            "started_at": "2026-03-01T12:00:10+00:00", "roles": roles, **values,
        }
    )  # fmt: skip
    space.store.put_measurement(document)
    return document


def test_cautions_of_the_measurement_are_there_again(space: Workspace) -> None:
    ids = record_rounds(space, 100, 50, 0)
    document_of(space, ids, cautions=(DOUBT,))
    again = space.compare()
    assert [d.what for d in again.comparability] == ["cached_answers", "unchecked_answers"]
    assert (again.reason or "").startswith("Perhaps not by the code: The head's change looks as if")
    assert (again.next_step or "").startswith("Before believing it, check that the answers are not merely cached")


def test_the_next_step_is_the_recorded_one_as_long_as_it_is_the_same_answer(space: Workspace) -> None:
    ids = record_rounds(space, 100, 101.5, 0)
    first = space.compare()
    recorded = {"decision": first.decision, "cause": first.cause, "reason": first.reason or ""}
    step = "Measure on: compare_revisions(benchmark='tiny', rounds=9) (about 40 s)."
    document_of(space, ids, outcome=MeasurementOutcome.model_validate({**recorded, "next_step": step}))
    assert space.compare().next_step == step
    other = space.compare(options=CompareOptions(margin_percent=50))
    assert other.next_step != step
    document_of(space, ids, outcome=MeasurementOutcome(decision=Decision.incomparable, reason="", next_step=step))
    assert space.compare().next_step == first.next_step


@pytest.mark.parametrize("what", ["crash", "timeout", "nothing"])
def test_a_head_that_failed_is_the_answer_again(space: Workspace, what: str) -> None:
    record_runs(space, 100, 0, revision=C)
    ids = record_rounds(space, 100, 150, 100)
    for result_id in ids.pop(("head", 0)):
        (Path(space.store.location.url) / "results" / f"{result_id}.json").unlink()
    outcome = MeasurementOutcome(
        decision=Decision.regressed, cause="missing", reason="The head failed: exit status 1.", next_step="Mend it."
    )
    failure = Failure.model_validate({"what": what, "detail": "tiny failed with exit status 1"})
    document_of(space, ids, head_failure=failure, outcome=outcome)
    again = space.compare()
    assert (again.decision, again.cause, again.reason, again.next_step) == (
        "regressed", "missing", "The head failed: exit status 1.", "Mend it.",
    )  # fmt: skip
    assert (again.candidate.rev, again.candidate.result_id) == (f"{B[:10]}+dirty", None)
    assert again.baseline.result_id in ids["base", 0]


def test_a_head_that_failed_in_some_rounds_is_the_answer_again(space: Workspace) -> None:
    ids = record_rounds(space, 100, 50, 0)
    outcome = MeasurementOutcome(decision=Decision.regressed, cause="missing", reason="It failed in 1 of 4 rounds.")
    failure = Failure(what="crash", detail="exit status 1", rounds_failed=1, rounds=4)
    document_of(space, ids, head_failure=failure, outcome=outcome)
    again = space.compare()
    assert (again.decision, again.cause, again.reason) == ("regressed", "missing", "It failed in 1 of 4 rounds.")


def test_what_was_measured_after_a_failure_is_the_newest_again(space: Workspace) -> None:
    ids = record_rounds(space, 100, 150, 0)
    document_of(space, ids, status="failed", head_failure=Failure(what="crash", detail="exit status 1"), roles=())
    record_runs(space, 100, 500, revision=C, sizes=(1, 2, 3, 4))
    assert space.compare().candidate.rev == C[:10]
    assert "not measured" not in (space.compare().reason or "")


@pytest.mark.parametrize("status", ["running", "interrupted", "cancelled"])
def test_a_measurement_that_is_not_finished_says_how_far_it_is(space: Workspace, status: str) -> None:
    ids = record_rounds(space, 100, 150, 0, rounds=3)
    document_of(space, ids, status=status, rounds=3, rounds_planned=8)
    named = space.compare(ids["base", 0][-1], ids["head", 0][-1])
    assert any(f"is {status}, not finished: 3 of 8 rounds are compared" in note for note in named.notes)
    for asked in ({}, {"candidate": "latest"}, {"candidate": "sort@latest"}, {"baseline": ids["base", 0][0]}):
        with pytest.raises(Undecided, match="3 of 8 rounds are done"):
            space.compare(**asked)
    document_of(space, ids, status=status, rounds=3, rounds_planned=8, looks=[Look(round=3, alpha=0.01, settled=False)])
    looked = space.compare()
    assert looked.evidence is not None and looked.evidence.alpha == 0.01, "what a look was spent on can be told"
    assert any(f"is {status}, not finished" in note for note in looked.notes)


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("kind", ["revisions", "benchmark"])
def test_nothing_is_decided_while_it_is_measured(space: Workspace, kind: str, recorded: bool) -> None:
    record_runs(space, 100, 0)
    record_runs(space, 200, 100, revision=B)
    assert space.compare().decision is Decision.regressed
    ids = record_rounds(space, 100, 150, 200, rounds=3) if recorded else {}
    looks = [Look(round=3, alpha=0.01, settled=False)]
    document_of(space, ids, kind=kind, status="running", owner=own_process(), rounds_planned=8, looks=looks)
    with pytest.raises(Undecided, match="is running") as problem:
        space.compare()
    assert problem.value.measurement == MEASUREMENT
    said = space.measuring.undecided(problem.value)
    assert (said.status, said.next_step) == ("running", f"wait_measurement(measurement={MEASUREMENT!r})")
    assert space.compare(A, B).decision is not None, "who names both is answered"


def test_a_measurement_whose_base_failed_says_nothing_of_the_head(space: Workspace) -> None:
    record_runs(space, 100, 0)
    record_runs(space, 100, 100, revision=B)
    document_of(space, {}, status="failed", started_at="2026-03-01T13:00:00+00:00")
    document = space.compare()
    assert document.decision is Decision.unchanged
    assert any("failed before it could be an answer" in note for note in document.notes)
