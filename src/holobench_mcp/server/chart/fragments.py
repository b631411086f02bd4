"""The chart of an answer, and whether the request that is being answered wants one."""

from __future__ import annotations

import base64
import gzip
import logging
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from holobench_mcp.answers import RevisionReport, SingleRuns
    from holobench_mcp.model import ComparisonDocument
    from holobench_mcp.workspace import Workspace

#: Where a tool's result has its chart, and which page shows it.
CHART_KEY = "io.github.holobench-mcp/chart"
CHART_URI = "ui://holobench/chart.html"
#: Bytes of a chart. With the page around it that stays under 150 kB.
MOST = 115_000
#: Of a measurement of many sweeps, so many comparisons are drawn; of the others the decisions are named.
_SWEEPS = (100, 6, 1)
#: What gives the single runs that a chart draws, where the client that asks shows charts: it declared so, of itself or
#: with this request. None where it does not.
WANTED: ContextVar[Callable[[], Workspace] | None] = ContextVar("chart_wanted", default=None)
log = logging.getLogger("holobench_mcp")


def chart_meta(document: BaseModel) -> dict[str, Any] | None:
    """The `_meta` of an answer: its chart, where it has one and the client wants it.

    A chart that can't be drawn is no reason to withhold the answer: the page then shows its words.
    """
    workspace = WANTED.get()
    if workspace is None:
        return None
    try:
        charts = _charts(document, workspace)
        html = next((html for html in charts if len(html.encode()) <= MOST), None)
    except Exception:
        log.exception("the chart could not be drawn")
        return None
    return None if html is None else {CHART_KEY: packed(html)}


def packed(html: str) -> dict[str, str]:
    """A chart as it travels, in a tenth of its bytes: a conversation holds many."""
    return {"gzip": base64.b64encode(gzip.compress(html.encode(), mtime=0)).decode()}


def _charts(document: BaseModel, workspace: Callable[[], Workspace]) -> Iterator[str]:
    """The chart of an answer, and then smaller ones; nothing for what has none."""
    from holobench_mcp import report
    from holobench_mcp.answers import RevisionReport
    from holobench_mcp.answers.history import History
    from holobench_mcp.model import ComparisonDocument

    if isinstance(document, History):
        yield report.history_fragment(document)
    elif isinstance(document, ComparisonDocument):
        yield report.comparison_fragment(document, _runs([document], workspace))
        yield report.comparison_fragment(document)
    elif isinstance(document, RevisionReport):
        for most in _SWEEPS:
            smaller = _of_sweeps(document, most)
            yield report.comparison_fragment(smaller, _runs(smaller.comparisons, workspace))
        yield report.comparison_fragment(_of_sweeps(document, 1))


def _runs(documents: Iterable[ComparisonDocument], workspace: Callable[[], Workspace]) -> list[SingleRuns]:
    from holobench_mcp import report

    found = (workspace().single_runs(document, report.detailed_metrics(document)) for document in documents)
    return [runs for runs in found if runs is not None]


def _of_sweeps(document: RevisionReport, most: int) -> RevisionReport:
    """A measurement whose worst comparisons are drawn, and of whose others the decisions stand beside the worst."""
    from holobench_mcp.digest.selection import as_other

    drawn, others = document.comparisons[:most], document.comparisons[most:]
    if not others:
        return document
    worst = drawn[0].model_copy(update={"also": (*drawn[0].also, *map(as_other, others))})
    return document.model_copy(update={"comparisons": (worst, *drawn[1:])})
