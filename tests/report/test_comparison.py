"""A comparison's page says what the answer says, with its words and its figures, and draws nothing that is not there."""

from __future__ import annotations

import re

import html5lib
import pytest

from drawn_answers import compared, document, evidence, point, runs_of
from holobench_mcp.answers import RevisionReport
from holobench_mcp.digest import figures
from holobench_mcp.model import ComparisonDocument, Decision
from holobench_mcp.report import comparison_fragment, comparison_picture, detailed_metrics
from holobench_mcp.report.marks import WORDS

SVG = "{http://www.w3.org/2000/svg}"
DECISIONS = [d.value for d in Decision]


def text_of(markup: str) -> str:
    """What a reader, or a screen reader, gets: text outside of pictures."""
    tree = html5lib.parse(markup)
    for svg in list(tree.iter(f"{SVG}svg")):
        tail = svg.tail
        svg.clear()
        svg.tail = tail
    return " ".join(" ".join(tree.itertext()).split())


def pictures(markup: str) -> list[tuple[str, str]]:
    """Title and description of every picture that has a role."""
    tree = html5lib.parse(markup)
    found = []
    for svg in tree.iter(f"{SVG}svg"):
        if svg.get("role") == "img":
            names = {e.get("id"): e.text or "" for e in svg if e.tag in (f"{SVG}title", f"{SVG}desc")}
            title, desc = (svg.get("aria-labelledby") or "").split()
            found.append((names[title], names[desc]))
    return found


@pytest.mark.parametrize("decision", DECISIONS)
def test_the_decision_is_a_word_and_the_reason_is_the_answers(decision: str) -> None:
    reason = 'time +12 % (95 % interval +11 % to +13 %), beyond the 3 % margin <& "quoted">.'
    e = evidence(decision=decision)
    shown = text_of(comparison_fragment(document([e], reason=reason, next_step="compare_results(detail='full')")))
    assert shown.startswith(WORDS[Decision(decision)])
    assert reason in shown
    assert "Next: compare_results(detail='full')" in shown
    assert f"hb-decision hb-{decision}" in comparison_fragment(document([e]))


def test_every_figure_that_is_drawn_stands_in_words_too() -> None:
    listed = [
        evidence("time", at_least_percent=11.0, points=(point(size=10), point("improved", -20.0, size=20)), points_moved=2,
                 points_tested=2, n_points=2),
        evidence("rate", "unchanged", 0.25, interval_level=0.9),
        evidence("score", "improved", None, effect=-0.5, units="points", ci=(-0.75, -0.25), margin=0.1),
    ]  # fmt: skip
    answer = document(listed)
    runs = runs_of(listed[0])
    markup = comparison_fragment(answer, [runs])
    shown = text_of(markup)
    for e, m in zip(listed, answer.metrics, strict=True):
        for figure in (figures.effect(e), figures.interval(e), figures.at_least(e), figures.means(m)):
            assert figure in shown, figure
    for p in listed[0].points:
        assert f"{figures.place(p.inputs)} {WORDS[Decision(p.decision)]} {p.size:+g} %" in shown.replace(
            "in detail ", ""
        )
    assert "-0.5, +0.1, +0.4 %" in shown and "+11.5, +12.1, +12.4 %" in shown
    assert "1.25 → 1.5" in shown
    titles = dict(pictures(markup))
    assert figures.interval(listed[0]) in titles["time: regressed"]
    assert titles["size=20: improved"].startswith("-20 %")


def test_what_was_compared_and_what_limits_it_is_said() -> None:
    answer = document(
        [evidence()],
        evidence={"margin_percent": 3, "replicates": "auto", "runs": (3, 5)},
        comparability=({"severity": "blocking", "what": "cpu_model", "detail": "the CPU differs"},),
        answers={"state": "wrong", "checked_by": ("correct",)},
        notes=("a note",),
        also=({"bench_name": "other", "decision": "improved", "reason": "faster"},),
        not_measured=("third",),
        unpaired={"candidate_only": ("new",), "baseline_only": ("old",)},
    )
    shown = text_of(comparison_fragment(answer))
    for said in ("aaaaaaaaaa", "bbbbbbbbbb+dirty", "3 and 5 runs", "margin 3 %", "wrong, by correct", "the CPU differs",
                 "a note", "Improved other faster", "Not measured of this code: third", "Only the candidate has: new",
                 "Only the baseline has: old"):  # fmt: skip
        assert said in shown, said


def test_what_is_missing_is_named_and_never_drawn_as_unchanged() -> None:
    e = evidence(
        decision="regressed", cause="missing", percent=0.1, missing=2, missing_points=({"n": 7}, {"n": 8}), n_points=4
    )
    markup = comparison_fragment(document([e]))
    assert "no samples any more at 2 points: n=7; n=8" in text_of(markup)
    assert "Unchanged" not in markup and "hb-unchanged" not in markup
    assert ("n=7", "missing") in pictures(markup)


def test_a_metric_that_was_not_judged_is_not_called_anything_else() -> None:
    shown = text_of(comparison_fragment(document([compared(None, "time")])))
    assert "Not judged" in shown
    assert not any(word in shown for word in WORDS.values())


def test_where_single_points_decided_they_are_drawn_and_the_mean_is_not_called_regressed() -> None:
    e = evidence(
        effect=0.5, ci=(-1.0, 2.0), decided_by="points", points=(point(n=1),), points_moved=1, points_tested=30
    )
    markup = comparison_fragment(document([e]))
    assert "decided by single points, drawn small" in text_of(markup)
    assert "scale(0.62)" in markup and "hb-mean" in markup


@pytest.mark.parametrize("count, drawn", [(1, 1), (24, 24), (25, 1), (2000, 1)])
def test_of_many_metrics_those_that_moved_are_drawn_and_the_rest_is_counted(count: int, drawn: int) -> None:
    listed = [evidence("m0", "regressed"), *(evidence(f"m{i}", "unchanged", 0.1) for i in range(1, count))]
    shown = text_of(comparison_fragment(document(listed)))
    assert ("m23" in shown) == (count >= 24)
    assert (f"Unchanged {count - 1:,} more" in shown) == (drawn < count)


def test_detail_is_given_of_what_moved() -> None:
    few = document([evidence("a", "unchanged"), evidence("b", "unchanged"), evidence("c", "unchanged")])
    assert detailed_metrics(few) == ("a", "b", "c")
    many = document([evidence(f"m{i}", "unchanged" if i % 2 else "improved") for i in range(40)])
    assert detailed_metrics(many) == ("m0", "m2", "m4", "m6", "m8", "m10")


def test_a_measurement_shows_the_worst_sweep_and_folds_the_others() -> None:
    sweeps = (document([evidence("a")]), document([evidence("b", "unchanged")], reason="b is unchanged"))
    failure = {
        "what": "crash",
        "detail": "exit status 1",
        "output_tail": "line one\nline <two>",
        "rounds": 3,
        "rounds_failed": 3,
    }
    report = RevisionReport.model_validate(
        {
            "decision": "regressed", "cause": "missing", "reason": "The head crashed.\nTraceback", "measurement": "m-1",
            "benchmark": "tiny", "base_revision": "a" * 40, "head_revision": "b" * 40, "rounds": 5, "stopped": None,
            "protected_changed": (), "notes": ("five rounds",), "comparisons": sweeps, "head_failure": failure,
        }
    )  # fmt: skip
    markup = comparison_fragment(report)
    shown = text_of(markup)
    assert "The head crashed." in shown and "line one line <two>" in shown and "5 rounds in turn" in shown
    assert markup.count("<details") == 1 and "b is unchanged" in shown


def test_one_answer_has_one_picture_whatever_the_time_or_the_hash_seed() -> None:
    answer = document([evidence(), evidence("b", "improved", -5.0)])
    assert comparison_fragment(answer) == comparison_fragment(ComparisonDocument.model_validate(answer.model_dump()))
    ids = re.findall(r' id="([^"]+)"', comparison_fragment(answer))
    assert len(ids) == len(set(ids)) > 0


def test_a_picture_has_a_size_and_says_how_many_metrics_it_leaves_out() -> None:
    picture = comparison_picture(document([evidence(f"m{i}", percent=10.0 + i) for i in range(30)]))
    assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 ')
    assert "and 14 metrics more" in picture
    assert "<title>Regressed: sort</title>" in picture
