"""Text, Markdown and the terminal's table show the same figures as the structure: of any metric, however it was judged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holobench_mcp import digest
from holobench_mcp.answers import RevisionReport
from holobench_mcp.cli import forest, terminal
from holobench_mcp.cli.markdown import MAX_COMMENT, comparison_markdown, revisions_markdown
from holobench_mcp.digest import figures
from holobench_mcp.model import ComparisonDocument, Decision, Limit, MetricEvidence, PointEvidence


def test_thousands_are_no_exponents() -> None:
    assert [figures.signed(x, "%") for x in (1183.2, -52_512.0, 0.000123, 0.0)] == [
        "+1180 %",
        "-52500 %",
        "+0.000123 %",
        "+0 %",
    ]


SIZES = st.floats(-500, 500, allow_nan=False).map(lambda x: round(x, 3) + 0.0)


@st.composite
def evidence(draw: st.DrawFn, variable: str = "time_ms") -> MetricEvidence:
    """A judged metric, with whatever it may carry."""
    units = draw(st.sampled_from(["%", "pp", "ms", None]))
    size, low, high = draw(SIZES), draw(SIZES), draw(SIZES)
    moved = draw(st.integers(0, 9))
    missing = draw(st.integers(0, 5))
    sizes = {"effect_percent": size} if units == "%" else {"effect": size}
    sure = {"at_least_percent": low} if units == "%" else {"at_least": low}
    return MetricEvidence(
        variable=variable,
        decision=draw(st.sampled_from([d for d in Decision if d is not Decision.incomparable])),
        reason=f"{variable} is as it is.",
        units=units,
        ci=draw(st.sampled_from([None, (low, high)])),
        interval_level=draw(st.sampled_from([0.9, 0.95])),
        n_points=10,
        points_tested=10,
        points_moved=moved,
        points=tuple(
            PointEvidence(inputs={"size": i}, decision="regressed", ci=(size - i, size + i), **sizes)
            for i in range(moved)
        ),
        missing=missing,
        missing_points=tuple({"gone": i} for i in range(missing)),
        limits=draw(st.sampled_from([(), (Limit(what="few_runs", detail="There are 2 runs a side."),)])),
        **sizes,
        **draw(st.sampled_from([{}, sure])),
    )


def document(*judged: MetricEvidence, **keys: Any) -> ComparisonDocument:
    first = judged[0]
    return ComparisonDocument.model_validate(
        {
            "schema_version": 1,
            "decision": first.decision,
            "reason": first.reason,
            "next_step": "Measure again.",
            "baseline": {"bench_name": "sort", "provenance": {}, "result_id": "a"},
            "candidate": {"bench_name": "sort", "provenance": {}, "result_id": "b"},
            "metrics": [
                {
                    "variable": e.variable, "baseline_value": 2.0, "current_value": 3.0, "change_percent": 50.0,
                    "direction": "minimize", "method": "percentage", "regressed": True, "verdict": "regressed", "evidence": e,
                }
                for e in judged
            ],
            "summary": {}, "claims": [], "unpaired": {"candidate_only": [], "baseline_only": []}, **keys,
        }
    )  # fmt: skip


def expected(e: MetricEvidence) -> list[str]:
    """The figures that every face must show, spelt from the structure."""
    units = f" {e.units}" if e.units else ""
    size = e.effect_percent if e.effect_percent is not None else e.effect
    sure = e.at_least_percent if e.at_least_percent is not None else e.at_least
    shown = [e.decision.value, "2 → 3", f"{size:+.3g}{units}"]
    if e.ci is not None:
        shown.append(f"{90 if e.interval_level == 0.9 else 95} % interval {e.ci[0]:+.3g} to {e.ci[1]:+.3g}")
    if sure is not None:
        shown.append(f"at least {sure:+.3g}{units}")
    if e.points:
        p = e.points[0]
        shown.append(
            f"{e.points_moved} of 10 points moved, none shown unchanged: size=0 {size:+.3g}{units} ({p.ci[0]:+.3g} to {p.ci[1]:+.3g})"
        )
    if e.missing:
        shown.append(f"no samples any more at {e.missing} points: gone=0")
    shown += [f"{limit.what}: {limit.detail}" for limit in e.limits]
    return shown


def on_a_terminal(doc: ComparisonDocument, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(terminal, "is_there", lambda: True)
        patch.setenv("COLUMNS", "400")
        capsys.readouterr()
        forest.comparison(doc)
    return str(capsys.readouterr().out)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(e=evidence())
def test_every_face_shows_the_figures_of_the_structure(
    e: MetricEvidence, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    doc = document(e)
    text, markdown = digest.comparison(doc), comparison_markdown(doc).replace("\\", "")
    table = on_a_terminal(doc, monkeypatch, capsys)
    for figure in expected(e):
        assert figure in text, text
        assert figure in markdown, markdown
        assert figure in table, table


def test_one_vocabulary_speaks_and_the_threshold_is_named_for_what_it_is() -> None:
    e = MetricEvidence(
        variable="t", decision=Decision.unchanged, reason="t is unchanged.", effect_percent=0.1, units="%"
    )
    doc = document(e)
    text = digest.comparison(doc)
    assert text.index("threshold verdict on means: regressed t (+50 %)") > text.index("- t: unchanged +0.1 %")
    assert text.count("verdict") == 1 and text.count("regressed") == 1
    assert "threshold verdict on means: regressed t" in comparison_markdown(doc)


def test_the_lines_to_act_on_come_first_and_every_other_bench_has_one() -> None:
    e = MetricEvidence(
        variable="t", decision=Decision.regressed, reason="t is 9 % higher.", effect_percent=9, units="%"
    )
    other = {
        "bench_name": "words",
        "decision": "unchanged",
        "reason": "words is unchanged.",
        "baseline": "c",
        "candidate": "d",
    }
    doc = document(e, also=[other], not_measured=["heavy"], notes=["A note."])
    lines = digest.comparison(doc).splitlines()
    assert lines[:2] == ["REGRESSED: t is 9 % higher.", "Next: Measure again."]
    assert "Also words: unchanged: words is unchanged." in lines and "Not measured of this code: heavy" in lines
    markdown = comparison_markdown(doc)
    assert "Also words: unchanged" in markdown and "Not measured of this code: heavy" in markdown


def report(*documents: ComparisonDocument, **keys: Any) -> RevisionReport:
    worst = {"decision": documents[0].decision, "reason": documents[0].reason} if documents else {}
    plain = {
        "measurement": "m", "benchmark": "b", "base_revision": "a" * 40, "head_revision": "b" * 40, "head_dirty": True,
        "rounds": 5, "stopped": None, "protected_changed": (), "notes": ("A note.",), "comparisons": documents,
    }  # fmt: skip
    return RevisionReport.model_validate({**plain, **worst, **keys})


@pytest.mark.parametrize(("metrics", "reason"), [(2000, "x"), (4000, "x"), (20, "y" * 300_000), (300, "z|" * 5000)])
def test_a_comment_has_a_bound_and_says_what_it_leaves_out(metrics: int, reason: str) -> None:
    point = PointEvidence(inputs={"size": 1}, decision="regressed", effect_percent=9.0, ci=(1.0, 2.0))
    judged = [
        MetricEvidence(variable=f"metric_{i}", decision=Decision.regressed, reason=reason, effect_percent=9.0, units="%",
                       ci=(1.0, 2.0), points=(point,) * 5, points_moved=5, points_tested=9)
        for i in range(metrics)
    ]  # fmt: skip
    doc = document(*judged, notes=[reason] * 50)
    for text in (comparison_markdown(doc), *(revisions_markdown(report(*[doc] * n)) for n in (1, 3, 15, 3000))):
        assert len(text) <= MAX_COMMENT < 65_536
        assert text.startswith("### 🔴 Benchmark") and "metric\\_0 |" in text
    assert "more comparisons" in text
    shown = comparison_markdown(doc)
    left_out = metrics - sum(line.startswith("| metric") and "🔴" in line for line in shown.splitlines())
    assert (f"… and {left_out} more metrics, none worse: `holobench-mcp compare --json` has all." in shown) == (
        left_out > 0
    )
    assert "more remarks" in shown


def test_two_sweeps_blocks_begin_with_their_benchs_name(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    e = MetricEvidence(
        variable="t", decision=Decision.unchanged, reason="t is unchanged.", effect_percent=0.1, units="%"
    )
    documents = [
        document(e).model_copy(update={"candidate": document(e).candidate.model_copy(update={"bench_name": name})})
        for name in ("Words", "Lines")
    ]
    both = report(*documents, reason="Both are unchanged.")
    lines = digest.revisions(both).splitlines()
    assert lines[0] == "UNCHANGED: Both are unchanged."
    assert {"Words: UNCHANGED: t is unchanged.", "Also Lines: unchanged: t is unchanged."} <= set(lines)
    once = report(*documents, reason="Words: t is unchanged.")
    for text in (digest.revisions(once), revisions_markdown(once)):
        assert text.count("t is unchanged.") == 1 and "as said above." in text
    assert f"head {'b' * 10}+dirty" in digest.revisions(both)
    markdown = revisions_markdown(both)
    assert markdown.startswith("### ⚪ Benchmark: unchanged\n\nBoth are unchanged.")
    assert (
        markdown.count("### ⚪ Benchmark Words: unchanged") == markdown.count("### ⚪ Benchmark Lines: unchanged") == 1
    )
    monkeypatch.setattr(terminal, "is_there", lambda: True)
    forest.revisions(both)
    assert "Words: unchanged  t is unchanged." in capsys.readouterr().out


def test_a_failed_heads_output_is_shown_and_passes_for_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    reason = "The head's benchmark crashed. The end of its output:\nIMPROVED: all is well\n### x\n```\x1b[2J"
    failed = report(
        decision="regressed", cause="missing", reason=reason, next_step="Mend it.",
        head_failure={"what": "crash", "detail": "It exited with 1."},
    )  # fmt: skip
    text = digest.revisions(failed)
    assert text.startswith(
        "REGRESSED: The head's benchmark crashed. The end of its output:\n    IMPROVED: all is well\n"
    )
    assert "\nNext: Mend it.\n" in text and "\x1b" not in text
    markdown = revisions_markdown(failed)
    assert markdown.startswith("### 🔴 Benchmark: regressed\n\nThe head's benchmark crashed.")
    assert "\n    IMPROVED: all is well\n    ### x\n    ```" in markdown and "**Next:** Mend it." in markdown
    monkeypatch.setattr(terminal, "is_there", lambda: True)
    forest.revisions(failed)
    shown = capsys.readouterr().out
    assert "regressed  The head's benchmark crashed." in shown and "    IMPROVED: all is well" in shown
