"""The overview and a bench's page: what needs a look first, in words and shapes, whatever the names are."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from holobench_mcp.answers.overview import Overview, OverviewBench, OverviewMetric
from holobench_mcp.model import Decision, Kind
from holobench_mcp.report import bench_fragments, overview_fragment, page
from holobench_mcp.report.links import NoLinks, ServerLinks
from holobench_mcp.report.sparkline import sparkline
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, record_runs, workspace_in

HOSTILE = '</ul><script>alert("1")</script><img src=x onerror=alert(1)>&amp;\'"'
UNPRINTABLE = f"{HOSTILE} \x1b[31m \u202eevil"


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def words(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", markup))


def parsed(markup: str) -> ElementTree.Element:
    """Well formed: what is not would be repaired by each browser in its own way."""
    return ElementTree.fromstring(re.sub(r"<(meta|link|hr|br|input)([^>]*)>", r"<\1\2/>", markup.partition("\n")[2]))


def compared(space: Workspace, bench: str, after: float, at: int) -> None:
    record_runs(space, 100, at, bench=bench, revision=A)
    record_runs(space, after, at + 10, bench=bench, revision=B)
    space.compare(f"{bench}@{A}", f"{bench}@{B}")


def test_every_decision_stands_in_a_word_and_a_shape_and_leads_to_its_pages(space: Workspace) -> None:
    for i, (bench, after) in enumerate((("a b/c", 140.0), ("calm", 100.0), ("quick", 70.0))):
        compared(space, bench, after, 100 * i)
    record_runs(space, 100, 900, bench="alone")
    overview = space.overview()
    markup = overview_fragment(overview, ServerLinks())
    order = [words(markup).find(word) for word in ("Regressed", "Improved", "Unchanged", "Never compared")]
    assert order == sorted(order) and order[0] > 0
    assert 'href="/bench/a%20b%2Fc"' in markup
    logged = overview.benches[0].comparison
    assert f'href="/comparison/{logged.baseline.result_id}/{logged.candidate.result_id}"' in markup
    assert markup.count("<svg") >= 4 + 3
    alone = overview_fragment(overview)
    assert "href" not in alone
    parsed(page("Benchmarks", alone))


def test_a_bench_shows_its_comparison_its_histories_and_what_was_recorded(space: Workspace) -> None:
    compared(space, "sort", 140, 0)
    report = space.bench_report("sort")
    markup = "".join(bench_fragments(report, ServerLinks()))
    assert report.comparison.decision is Decision.regressed
    assert 'class="hb-comparison"' in markup
    assert 'class="hb-history"' in markup
    assert all(row.result_id in markup for row in report.results)
    parsed(page("sort", *bench_fragments(report, NoLinks())))


def test_looking_is_no_try_and_writes_nothing(space: Workspace, tmp_path: Path) -> None:
    compared(space, "sort", 140, 0)
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "store").rglob("*"))
    report = space.bench_report("sort")
    assert report.comparison is not None
    space.comparison_again(report.results[-1].result_id, report.results[0].result_id)
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "store").rglob("*")) == before


@pytest.mark.parametrize("name", [HOSTILE, "x" * 200, "·ü\N{HEAVY BLACK HEART}", ".."])
def test_names_are_text_whatever_they_are(space: Workspace, name: str) -> None:
    record_runs(space, 100, 0, bench=name, revision=A, label=HOSTILE)
    record_runs(space, 140, 10, bench=name, revision=B, label=HOSTILE)
    ids = [row.result_id for row in space.list_results().results]
    space.compare(ids[-1], ids[0])
    for fragments in (
        [overview_fragment(space.overview(), ServerLinks())],
        bench_fragments(space.bench_report(name), ServerLinks()),
    ):
        whole = page(name, *fragments)
        assert "<script" not in whole and "<img" not in whole
        assert "\x1b" not in whole and "\u202e" not in whole
        parsed(whole)


def test_an_overview_says_what_cannot_be_read() -> None:
    bench = OverviewBench(bench_name="b", problems=("its samples are <gone>", UNPRINTABLE))
    markup = overview_fragment(Overview(reason="", n_results=0, benches=(bench,), notes=("the bucket is down",)))
    assert "its samples are <gone>" in words(markup)
    assert "the bucket is down" in words(markup)
    assert not set(markup) & set("\x1b\u202e") and "<script" not in markup
    assert "Nothing is recorded yet" in overview_fragment(Overview(reason="", n_results=0, benches=()))


@pytest.mark.parametrize(
    "values",
    [
        (1.0,),
        (None, None),
        (None, 1.0, None, 2.0, 2.0, None),
        (0.0, 0.0),
        (-5.0, 5.0),
        (1e308, -1e308, 1e-300),
        (float("inf"), 1.0),
        (float("nan"),),
        (5.0,) * 30,
    ],
)
@pytest.mark.parametrize("kind", [Kind.float, Kind.bool])
def test_a_line_is_drawn_of_any_values(values: tuple[float | None, ...], kind: Kind) -> None:
    metric = OverviewMetric(variable="t", units="ms", values=values, value=values[-1], noise_percent=1e6, kind=kind)
    drawn = sparkline(metric)
    for number in re.findall(r"[ML ](-?[\d.]+(?:e[+-]?\d+)?|nan|inf)", "".join(re.findall(r' d="([^"]*)"', drawn))):
        assert 0 <= float(number) <= 150
    assert not re.search(r'="[^"]*(nan|inf)[^"]*"', drawn.partition("</title>")[2])
