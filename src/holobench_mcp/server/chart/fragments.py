"""The chart of an answer, and whether the request that is being answered wants one."""

from __future__ import annotations

import base64
import gzip
import logging
from contextvars import ContextVar
from typing import Any

from pydantic import BaseModel

#: Where a tool's result has its chart, and which page shows it.
CHART_KEY = "io.github.holobench-mcp/chart"
CHART_URI = "ui://holobench/chart.html"
#: Bytes of a chart. With the page around it that stays under 150 kB.
MOST = 115_000
#: Whether the client that asks shows charts: it declared so, of itself or with this request.
WANTED: ContextVar[bool] = ContextVar("chart_wanted", default=False)
log = logging.getLogger("holobench_mcp")


def chart_meta(document: BaseModel) -> dict[str, Any] | None:
    """The `_meta` of an answer: its chart as HTML, where it has one and the client wants it.

    A chart that can't be drawn is no reason to withhold the answer: the page then shows its words.
    """
    if not WANTED.get():
        return None
    try:
        html = _fragment(document)
    except Exception:
        log.exception("the chart could not be drawn")
        return None
    return {CHART_KEY: packed(html)} if html is not None and len(html.encode()) <= MOST else None


def packed(html: str) -> dict[str, str]:
    """A chart as it travels, in a tenth of its bytes: a conversation holds many."""
    return {"gzip": base64.b64encode(gzip.compress(html.encode(), mtime=0)).decode()}


def _fragment(document: BaseModel) -> str | None:
    from holobench_mcp import report
    from holobench_mcp.answers import RevisionReport
    from holobench_mcp.answers.history import History
    from holobench_mcp.model import ComparisonDocument

    if isinstance(document, ComparisonDocument | RevisionReport):
        return report.comparison_fragment(document)
    return report.history_fragment(document) if isinstance(document, History) else None
