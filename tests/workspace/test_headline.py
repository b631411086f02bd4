"""What must be known first stands first: in the reason's first sentence and in the next step, whatever was decided."""

from __future__ import annotations

import pytest

from holobench_mcp.model import Decision, Difference
from holobench_mcp.workspace.headline import Answer, lead

DECISIONS = list(Decision)


def caution(what: str, detail: str) -> Difference:
    return Difference(severity="caution", what=what, detail=detail)


def answer(decision: Decision, next_step: str | None = None) -> Answer:
    return Answer(decision, None, "time_ms moved.", next_step)


EDIT = caution(
    "benchmark_source", "the head changed protected files (bench.py, data.json): the base's version was measured"
)


@pytest.mark.parametrize("decision", DECISIONS)
def test_an_edit_of_the_benchmark_is_the_first_sentence(decision: Decision) -> None:
    given = lead(answer(decision, "Do this."), [EDIT])
    assert given.reason.startswith(
        "Measured with the base's benchmark, as the change edits the benchmark itself (bench.py, data.json). "
    )
    assert given.decision is decision
    assert given.next_step is not None and "Review the edit of bench.py, data.json by itself" in given.next_step
    assert "Do this." in given.next_step


def test_each_side_with_its_own_benchmark_is_the_first_sentence() -> None:
    given = lead(answer(Decision.improved), [caution("benchmark_source", "the benchmark's own source changed")])
    assert given.reason.startswith("The benchmark itself was edited: The benchmark's own source changed.")
    assert given.next_step is not None and "one and the same benchmark" in given.next_step


@pytest.mark.parametrize(
    "detail", ["nothing of tiny is protected, as its command names no file", "the base has no b.py"]
)
def test_a_benchmark_that_may_not_be_the_bases_is_no_edit(detail: str) -> None:
    assert lead(answer(Decision.unchanged), [caution("benchmark_source", detail)]) == answer(Decision.unchanged)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("what", ["change_not_loaded", "installed_copy", "change_not_run"])
def test_a_change_that_was_not_measured_is_told_first_and_never_unchanged_or_improved(
    what: str, decision: Decision
) -> None:
    given = lead(answer(decision, "Merge it."), [EDIT, caution(what, "neither side loaded lib.py")])
    assert given.reason.startswith("The change was not measured: Neither side loaded lib.py.")
    if decision in (Decision.regressed, Decision.incomparable):
        assert given.decision is decision
        return
    assert (given.decision, given.cause) == (Decision.inconclusive, "different")
    assert f"What was measured instead is {decision.value}:" in given.reason
    assert given.next_step is not None and "measure again" in given.next_step and "Merge" not in given.next_step


@pytest.mark.parametrize("decision", [d for d in DECISIONS if d is not Decision.regressed])
def test_the_same_artefact_is_unchanged(decision: Decision) -> None:
    given = lead(answer(decision), [caution("same_artefact", "both sides run the same bytes of app")])
    assert (given.decision, given.next_step) == (Decision.unchanged, None)
    assert given.reason == "Both sides run the same bytes of app."


@pytest.mark.parametrize("what", ["cached_answers", "measurement_touched"])
def test_a_doubt_about_an_improvement_stands_before_it(what: str) -> None:
    doubt = caution(what, "the head's change does something")
    given = lead(answer(Decision.improved), [doubt])
    assert given.reason.startswith("Perhaps not by the code: The head's change does something. ")
    assert given.next_step is not None and given.next_step.startswith("Before believing it, check that ")
    for decision in (d for d in DECISIONS if d is not Decision.improved):
        assert lead(answer(decision), [doubt]) == answer(decision)


def test_answers_that_nothing_checks_are_told_once_in_an_improvement() -> None:
    unchecked = caution("unchecked_answers", "nothing checks the answers of sort")
    assert lead(answer(Decision.improved), [unchecked]).reason == "time_ms moved. Nothing checks the answers of sort."
    assert lead(answer(Decision.unchanged), [unchecked]) == answer(Decision.unchanged)


def test_without_anything_to_put_first_an_answer_is_as_it_was() -> None:
    for decision in DECISIONS:
        assert lead(answer(decision), [caution("cpu_model", "another CPU")]) == answer(decision)
