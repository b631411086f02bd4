"""How long an answer may be, text and structure each, whatever was measured and however it is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import answer_sizes
from holobench_mcp import digest
from holobench_mcp.digest import room, structures
from holobench_mcp.model import (
    ComparedMetric,
    ComparisonDocument,
    Decision,
    Difference,
    Limit,
    MetricEvidence,
    OtherComparison,
    PointEvidence,
)


@pytest.mark.parametrize("case", [c for c in answer_sizes.CASES if not c.slow], ids=lambda c: f"{c.tool}-{c.of}")
def test_an_answer_fits_into_its_budget(case: Any) -> None:
    size = answer_sizes.size_of(case)
    assert size.text <= case.most, size.written
    assert size.structure <= case.most, json.dumps(size.document)


def test_all_tools_together_fit_into_theirs() -> None:
    sizes = answer_sizes.tools()
    assert sum(sizes.values()) <= answer_sizes.TOOLS_MOST, sizes


NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), min_size=1, max_size=80)


def metric(variable: str, decision: Decision, n_points: int, stem: str, sentence: str) -> ComparedMetric:
    """A metric as evidence has it, with so many points that moved."""
    points = tuple(
        PointEvidence(inputs={stem: p, "size": 10.0 * p}, decision="regressed", effect_percent=9.87654, ci=(1, 20))
        for p in range(n_points)
    )
    evidence = MetricEvidence(
        variable=variable,
        decision=decision,
        reason=sentence,
        effect_percent=12.345678,
        units="%",
        ci=(1.23456, 23.45678),
        points=points,
        points_moved=n_points,
        points_tested=n_points,
        limits=(Limit(what="few_runs", detail=sentence, variable=variable),),
    )
    return ComparedMetric(
        variable=variable,
        baseline_value=1.2345678,
        current_value=1.5,
        change_percent=12.3,
        direction="minimize",
        method="percentage",
        regressed=True,
        verdict="regressed",
        evidence=evidence,
    )


@st.composite
def documents(draw: st.DrawFn) -> ComparisonDocument:
    """A comparison such as a store may hold: many metrics, long names, many remarks."""
    n = draw(st.sampled_from([0, 1, 2, 3, 20, 200]))
    stem, sentence = draw(NAMES), draw(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=600))
    decisions = draw(st.lists(st.sampled_from(list(Decision)), min_size=1, max_size=5))
    n_points = draw(st.sampled_from([0, 1, 3, 8, 40]))

    also = [
        OtherComparison(bench_name=f"{stem}{i}", decision=Decision.regressed, cause="performance", reason=sentence)
        for i in range(draw(st.sampled_from([0, 1, 11, 300])))
    ]
    remarks = draw(st.sampled_from([0, 1, 30]))
    return ComparisonDocument.model_validate(
        {
            "decision": decisions[0],
            "cause": "performance",
            "reason": sentence * 2,
            "next_step": sentence or None,
            "schema_version": 1,
            "baseline": {"bench_name": stem, "provenance": {}, "label": stem, "rev": "a" * 10},
            "candidate": {"bench_name": stem, "provenance": {}, "label": stem, "rev": "b" * 10},
            "metrics": [
                metric(f"{stem}{i}", decisions[i % len(decisions)], n_points, stem, sentence) for i in range(n)
            ],
            "summary": {},
            "claims": [],
            "unpaired": {"candidate_only": (), "baseline_only": tuple(f"{stem}{i}" for i in range(remarks))},
            "comparability": [
                Difference(severity="caution", what="benchmark_source", detail=sentence, files=(f"{stem}.py",))
                for _ in range(remarks)
            ],
            "notes": [sentence] * remarks,
            "also": also,
            "not_measured": [f"{stem}{i}" for i in range(remarks)],
            "uri": "holobench://comparisons/sorting-20260301T120002Z-591bda482e/sorting-20260301T120112Z-48cbb0d40c"
            "/comparison.json",
        }
    )


@settings(max_examples=30)
@given(documents())
def test_a_comparison_fits_whatever_its_words_are(document: ComparisonDocument) -> None:
    most = room.budget(len(document.metrics) + len(document.also))
    short = structures.comparison(document).document()
    assert room.size_of(short) <= most, short
    text = digest.comparison(document)
    assert len(text) <= most, text
    assert next(iter(short)) == "decision" and text.startswith(short["decision"].upper())
    shown = len(short.get("metrics", ())) + sum(g["count"] for g in short.get("other_metrics", ()))
    assert shown == len(document.metrics)
    assert len(short.get("also", ())) + sum(g["count"] for g in short.get("also_grouped", ())) == len(document.also)


def test_a_next_step_is_a_call_that_can_be_made_as_it_stands() -> None:
    one, many = (structures.short(answer_sizes.configured(n)[1]).document() for n in (1, 30))
    assert one["next_step"] == "compare_revisions(benchmark='sort0')" and "next_step" not in many


@pytest.mark.parametrize("at_rest", [2, 5])
def test_the_points_of_what_did_not_move_make_room_for_those_of_what_did(at_rest: int) -> None:
    moved = [metric("moved_ms", Decision.regressed, 8, "length", "few runs")]
    rest = [metric(f"at_rest_{i}_ms", Decision.unchanged, 8, "length", "few runs") for i in range(at_rest)]
    short = room_of(moved + rest)
    assert [len(row.get("points", ())) for row in short["metrics"] if row["variable"] == "moved_ms"] == [8]
    assert len(short["trust"]) >= 1


def room_of(metrics: list[ComparedMetric]) -> dict[str, Any]:
    """The structure of a comparison of some metrics."""
    side = {"bench_name": "sort", "provenance": {}, "rev": "a" * 10}
    document = {
        "decision": "regressed", "cause": "performance", "reason": "moved_ms +12 %", "schema_version": 1,
        "baseline": side, "candidate": side, "metrics": metrics, "summary": {}, "claims": [],
        "unpaired": {"candidate_only": (), "baseline_only": ()}, "comparability": [], "notes": ["a note"] * 4,
    }  # fmt: skip
    return structures.comparison(ComparisonDocument.model_validate(document)).document()
