"""A store as a folder of pages: each as bytes, by its file. Links lead from file to file, wherever the folder lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from holobench_mcp.answers.overview import BenchReport, Overview
from holobench_mcp.model import ComparisonDocument
from holobench_mcp.report.bench import bench_fragments
from holobench_mcp.report.comparison import comparison_fragment
from holobench_mcp.report.links import SiteLinks, bench_file, comparison_file
from holobench_mcp.report.markup import Markup, element
from holobench_mcp.report.overview import named, overview_fragment
from holobench_mcp.report.page import Frame, page
from holobench_mcp.report.style import stylesheet

INDEX, STYLE = "index.html", "style.css"
TITLE = "Benchmarks"
_NAME = 60
#: A page's file, relative to the folder, and its bytes.
Page = tuple[str, bytes]
#: The sides of a comparison.
Sides = tuple[str, str]


def style_page() -> Page:
    """The one stylesheet."""
    return STYLE, stylesheet().encode()


def overview_page(overview: Overview, pages: Iterable[Sides]) -> Page:
    """The overview. pages: the comparisons that have a page."""
    fragment = overview_fragment(overview, SiteLinks(pages=frozenset(pages)))
    return INDEX, page(TITLE, fragment, frame=_frame("")).encode(errors="backslashreplace")


def bench_pages(report: BenchReport, documents: Iterable[tuple[Sides, ComparisonDocument]]) -> Iterator[Page]:
    """A bench, and its comparisons. documents: those that get a page of their own, by their sides."""
    name, pages = report.bench.bench_name, set[Sides]()
    for sides, document in documents:
        pages.add(sides)
        here = (element("a", named(name, _NAME), href=f"../{bench_file(name)}"),)
        content = page(name, comparison_fragment(document), frame=_frame("../", *here))
        yield comparison_file(*sides), content.encode(errors="backslashreplace")
    fragments = bench_fragments(report, SiteLinks("../", frozenset(pages)))
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
