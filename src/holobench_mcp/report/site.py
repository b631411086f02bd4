"""A store as a folder of pages: each as bytes, by its file. Links lead from file to file, wherever the folder lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from holobench_mcp.answers import SingleRuns
from holobench_mcp.answers.overview import BenchReport, Overview
from holobench_mcp.model import ComparisonDocument
from holobench_mcp.report.bench import bench_fragments
from holobench_mcp.report.comparison import comparison_fragment
from holobench_mcp.report.links import SiteLinks, bench_file, comparison_file
from holobench_mcp.report.markup import Markup, element
from holobench_mcp.report.overview import TITLE, named, overview_fragment
from holobench_mcp.report.page import Frame, page
from holobench_mcp.report.style import stylesheet

INDEX, STYLE = "index.html", "style.css"
_NAME = 60
#: A page's file, relative to the folder, and its bytes.
Page = tuple[str, bytes]
#: The sides of a comparison.
Sides = tuple[str, str]


class Compared(NamedTuple):
    """A comparison with its single runs."""

    document: ComparisonDocument
    runs: tuple[SingleRuns, ...] = ()


def style_page() -> Page:
    """The one stylesheet."""
    return STYLE, stylesheet().encode()


def overview_page(overview: Overview, pages: Iterable[Sides]) -> Page:
    """The overview. pages: the comparisons that have a page."""
    fragment = overview_fragment(overview, SiteLinks(pages=frozenset(pages)))
    return INDEX, page(TITLE, fragment, frame=_frame("")).encode(errors="backslashreplace")


def bench_pages(report: BenchReport, comparisons: Mapping[Sides, Compared]) -> Iterator[Page]:
    """A bench, and its comparisons. comparisons: those that get a page of their own, the newest first."""
    name = report.bench.bench_name
    for sides, (document, runs) in comparisons.items():
        here = (element("a", named(name, _NAME), href=f"../{bench_file(name)}"),)
        content = page(name, comparison_fragment(document, runs), frame=_frame("../", *here))
        yield comparison_file(*sides), content.encode(errors="backslashreplace")
    newest = report.bench.comparison
    shown = comparisons.get((newest.baseline.result_id, newest.candidate.result_id)) if newest is not None else None
    links = SiteLinks("../", frozenset(comparisons))
    fragments = bench_fragments(report, links, shown.runs if shown is not None else ())
    yield bench_file(name), page(name, *fragments, frame=_frame("../")).encode(errors="backslashreplace")


def _frame(up: str, *further: Markup) -> Frame:
    """up: the way to the folder's top, empty for what stands there. further: the steps behind the overview."""
    if not up:
        return Frame(stylesheet=STYLE)
    steps = [element("a", TITLE, href=f"{up}{INDEX}")]
    for step in further:
        steps += [element("span", "/", aria_hidden="true"), step]
    return Frame(
        stylesheet=f"{up}{STYLE}", bar=element("div", element("nav", *steps, aria_label="Pages"), class_="hb-bar")
    )
