"""The short form of each answer as data: plain builders from a document to a small `answers.Structure`.

Some clients show their model only the structure: what an agent needs to act must be in it, and in few words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from holobench_mcp import answers
from holobench_mcp.digest.documents import FIRST, document_of
from holobench_mcp.digest.structures.comparison import comparison, revisions
from holobench_mcp.digest.structures.comparison import whole as whole_comparison
from holobench_mcp.digest.structures.history import history
from holobench_mcp.digest.structures.listing import (
    baseline_set,
    baselines,
    contract,
    exported,
    imported,
    metrics,
    results,
)
from holobench_mcp.digest.structures.measuring import benchmarks, measurement
from holobench_mcp.digest.structures.upkeep import ran, verified
from holobench_mcp.model import ComparisonDocument, ResultDocument

#: The builder of each document's short form.
_BUILDERS: dict[type[BaseModel], Callable[[Any], BaseModel]] = {
    ComparisonDocument: comparison,
    ResultDocument: exported,
    answers.RevisionReport: revisions,
    answers.MeasurementReport: measurement,
    answers.BenchmarkList: benchmarks,
    answers.ResultPage: results,
    answers.MetricList: metrics,
    answers.History: history,
    answers.BaselineList: baselines,
    answers.BaselineSet: baseline_set,
    answers.ImportReport: imported,
    answers.RunReport: ran,
    answers.Verification: verified,
}


def short(document: BaseModel) -> BaseModel:
    """The short form of a document; what has none is short as it is."""
    builder = _BUILDERS.get(type(document))
    return document if builder is None else builder(document)


def whole(document: BaseModel) -> BaseModel:
    """The document itself, as far as a client takes one so long."""
    return whole_comparison(document) if isinstance(document, ComparisonDocument) else document


def full(document: BaseModel) -> dict[str, Any]:
    """A whole document's keys, behind the first keys that its short form has."""
    lead = document_of(contract(document) if isinstance(document, ResultDocument) else short(document))
    whole_document = document_of(document)
    first = {key: whole_document.get(key, lead[key]) for key in FIRST if key in lead}
    return {**first, **whole_document}
