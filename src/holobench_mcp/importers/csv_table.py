"""Any numbers, as CSV with a header: `bench,metric,value`, and where they are known `units,direction,run`, inputs.

A column `inputs.NAME` is an input, `json.NAME` one whose cells are JSON, so that `"1"` stays a text. Each row is one
sample; rows of equal bench, inputs, metric and run are repeats. In place of `value`, `n`, `mean` and `sd` tell of
samples that are not there; `n` of 0 alone is a run without any.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping

from holobench_mcp.importers.content import Content, parsed
from holobench_mcp.importers.json_lines import Table, aggregate_of, common, points_of, series_of, time_of
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Extract, number_or_text
from holobench_mcp.model import JsonScalar, Kind

NAME = "csv"
WORDS = "columns bench,metric,value and units,direction,run,inputs.NAME"
_COLUMNS = frozenset(
    {"bench", "metric", "value", "n", "mean", "sd", "units", "direction", "run", "executed_at", "revision", "dirty"}
)
_INPUT, _JSON = "inputs.", "json."
_MISSING = ("", "nan")
_DELIMITERS = ",;\t"


def recognises(content: Content) -> bool:
    """Whether its first line names the columns that every such table has."""
    return _delimiter(content) is not None


def read(content: Content) -> list[Extract]:
    """One measurement."""
    rows = _rows(content)
    inputs = _inputs(rows)
    table: Table = {}
    for row, point in zip(rows, inputs, strict=True):
        values: dict[str, object] = row.value if isinstance(row.value, dict) else {}
        key = row["bench"].text(), tuple(point.items())
        metrics, name = table.setdefault(key, {}), row["metric"].text()
        units, direction = row.text_at("units"), row.text_at("direction")
        if row.text_at("mean"):
            held = series_of(metrics, name, row.place, units, direction, Kind.float)
            if held.aggregate is not None or held.runs:
                raise Malformed(f"{row.place}: {name} has samples or a mean at this point already")
            held.aggregate = aggregate_of(_numbers(row, "n", "mean", "sd"), row.place)
            continue
        text = str(values.get("value") or "").strip()
        kind = Kind.bool if text.lower() in ("true", "false") else Kind.float if text.lower() not in _MISSING else None
        held = series_of(metrics, name, row.place, units, direction, kind)
        if held.aggregate is not None:
            raise Malformed(f"{row.place}: {name} has a mean at this point already")
        if not text and row.text_at("n") == "0":
            held.runs.setdefault(row.text_at("run"), [])
            continue
        sample = float(text.lower() == "true") if kind is Kind.bool else _sample(text, row)
        held.runs.setdefault(row.text_at("run"), []).append(sample)
    revision, dirty = common(rows, "revision"), _dirty(rows)
    return [
        Extract(
            tool="csv",
            points=points_of(table),
            identity=content.identity,
            environment={} if dirty is None else {"git_dirty": dirty},
            executed_at=time_of(rows),
            revision=revision if isinstance(revision, str) else None,
        )
    ]


def _delimiter(content: Content) -> str | None:
    """What parts the columns, where the first line names them."""
    header = (content.text or "")[:4096].split("\n", 1)[0].strip()
    for delimiter in _DELIMITERS:
        names = {name.strip().strip('"') for name in header.split(delimiter)}
        if {"bench", "metric"} <= names and names & {"value", "mean"}:
            return delimiter
    return None


def _rows(content: Content) -> list[Node]:
    delimiter = _delimiter(content)
    if delimiter is None:
        raise Malformed("its first line does not name the columns bench, metric and value")
    reader = csv.reader(io.StringIO(content.text or ""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in next(reader)]
        unknown = [name for name in names if name not in _COLUMNS and not name.startswith((_INPUT, _JSON))]
        if unknown or len(set(names)) < len(names):
            none = f"{unknown[0]!r:.60} is none of the columns" if unknown else "a column is there twice; columns are"
            raise Malformed(f"line 1: {none} {', '.join(sorted(_COLUMNS))}, inputs.NAME, json.NAME")
        rows = []
        for values in reader:
            if not any(v.strip() for v in values):
                continue
            place = f"line {reader.line_num}"
            if len(values) != len(names):
                raise Malformed(f"{place}: it has {len(values)} columns where the first line has {len(names)}")
            # A cell that is empty says nothing.
            rows.append(Node({n: v for n, v in zip(names, values, strict=True) if v.strip()}, place))
    except csv.Error as problem:
        raise Malformed(f"line {reader.line_num}: it is no CSV ({problem})") from problem
    return rows


def _inputs(rows: list[Node]) -> list[dict[str, JsonScalar]]:
    """Every row's inputs: numbers, or true and false, where a bench has nothing else in the column, else texts.

    An empty cell is no input of that row's bench.
    """
    given = [
        (row.text_at("bench"), {k.removeprefix(_INPUT): str(v) for k, v in _cells(row).items() if k.startswith(_INPUT)})
        for row in rows
    ]
    texts = {(b, k) for b, cells in given for k, v in cells.items() if isinstance(_value(v), str)}
    truths = {(b, k) for b, cells in given for k, v in cells.items() if isinstance(_value(v), bool)}
    mixed = truths & {(b, k) for b, cells in given for k, v in cells.items() if not isinstance(_value(v), bool)}
    plain = [{k: v if (b, k) in texts | mixed else _value(v) for k, v in cells.items()} for b, cells in given]
    return [dict(_in_order(row, cells, _json_inputs(row))) for row, cells in zip(rows, plain, strict=True)]


def _json_inputs(row: Node) -> dict[str, JsonScalar]:
    """A row's inputs whose cells are JSON."""
    cells = {k.removeprefix(_JSON): str(v) for k, v in _cells(row).items() if k.startswith(_JSON)}
    return {
        k: Node(parsed(v, f"{row.place}: {_JSON}{k}"), f"{row.place}: {_JSON}{k}").scalar() for k, v in cells.items()
    }


def _in_order(
    row: Node, plain: Mapping[str, JsonScalar], typed: Mapping[str, JsonScalar]
) -> Iterator[tuple[str, JsonScalar]]:
    """A row's inputs in the order of their columns."""
    if both := set(plain) & set(typed):
        raise Malformed(f"{row.place}: the input {min(both)!r:.60} is there as inputs and as json")
    for column in _cells(row):
        if column.startswith(_INPUT):
            yield column.removeprefix(_INPUT), plain[column.removeprefix(_INPUT)]
        elif column.startswith(_JSON):
            yield column.removeprefix(_JSON), typed[column.removeprefix(_JSON)]


def _dirty(rows: list[Node]) -> bool | None:
    """Whether the code was changed without being committed, where the rows say so."""
    said = common(rows, "dirty")
    if said is None:
        return None
    if str(said).strip().lower() not in ("true", "false"):
        raise Malformed(f"dirty: {said!r:.40} is neither true nor false")
    return str(said).strip().lower() == "true"


def _cells(row: Node) -> dict[str, object]:
    return row.value if isinstance(row.value, dict) else {}


def _value(text: str) -> JsonScalar:
    return {"true": True, "false": False}.get(text.strip().lower(), number_or_text(text))


def _sample(text: str, row: Node) -> float:
    if text.lower() in _MISSING:
        return math.nan
    return Node(number_or_text(text), f"{row.place}: value").number()


def _numbers(row: Node, *names: str) -> Node:
    cells = _cells(row)
    return Node({n: number_or_text(str(cells[n])) for n in names if n in cells}, row.place)
