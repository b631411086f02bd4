"""Reads a file of another tool in a process of its own, within limits of time and memory.

Anybody may have written it. That it is small says nothing of how long reading it takes, and nothing in a process stops
a loop or an expression that does not end; the process can be ended. What it sends is numbers and JSON.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from holobench_mcp.importers.content import MAX_BYTES, Content
from holobench_mcp.importers.formats import Read, extracts_in
from holobench_mcp.importers.frames import write_frame
from holobench_mcp.importers.nodes import Malformed
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading
from holobench_mcp.model import CaptureError, Direction, Kind

#: The largest file takes half a minute where nothing else runs.
TIMEOUT_S = 120.0


def read_apart(source: Path | bytes, name: str, format_name: str, timeout_s: float = TIMEOUT_S) -> Read:
    """What is in a file, a folder, or in what was printed. Raises CaptureError, naming it."""
    from holobench_mcp.importers.child_process import read_in_quarantine

    path, printed = (source, b"") if isinstance(source, Path) else (None, source[:MAX_BYTES])
    request = {"path": None if path is None else str(path.absolute()), "name": name, "format": format_name}
    with TemporaryFile() as stream:
        stream.write(json.dumps(request).encode() + b"\n" + printed)
        stream.seek(0)
        frames = read_in_quarantine(stream, name, timeout_s, what="formats", size=_size(path, printed))
    header, numbers = frames[0] if frames else ({}, b"")
    if "failed" in header:
        raise CaptureError(str(header["failed"]))
    try:
        values = array("d", numbers)
        return Read(header["format"], [_extract(e, values) for e in header["extracts"]])
    except (KeyError, ValueError, TypeError, IndexError) as problem:
        raise CaptureError(f"{name} can't be read: its process broke off.") from problem


def _size(path: Path | None, printed: bytes) -> int:
    """What it may unfold from; of a folder, nobody knows."""
    with suppress(OSError):
        return len(printed) if path is None else min(path.stat().st_size, MAX_BYTES) if path.is_file() else MAX_BYTES
    return 0


def read_here(source: Path | bytes, name: str, format_name: str) -> Read:
    """The same in this process. Raises CaptureError, and whatever its limits are for."""
    content = Content.of(source, name) if isinstance(source, Path) else Content(name, source)
    try:
        return extracts_in(content, format_name)
    except Malformed as problem:
        raise CaptureError(f"{name}: {problem}.") from problem


# ---------------------------------------------------------------------- in the process of its own


def answer(source: BinaryIO, out: BinaryIO) -> None:
    """Read what is asked for, and write what it holds as one frame."""
    request = json.loads(source.readline())
    name = request["name"]
    try:
        found = read_here(Path(request["path"]) if request["path"] else source.read(), name, request["format"])
        values = array("d")
        extracts = [_row(extract, values) for extract in found.extracts]
        write_frame(out, {"format": found.format, "extracts": extracts}, values.tobytes())
    except CaptureError as problem:
        write_frame(out, {"failed": str(problem)})
    except (MemoryError, RecursionError) as problem:
        write_frame(out, {"failed": f"{name} takes more to read than it may ({type(problem).__name__})."})
    out.flush()


# ---------------------------------------------------------------------- on the way from there


def _row(extract: Extract, values: array[float]) -> dict[str, Any]:
    """A measurement as JSON can hold it, but for its samples, which are added to an array."""
    return {
        "tool": extract.tool,
        "identity": extract.identity,
        "environment": dict(extract.environment),
        "executed_at": extract.executed_at.isoformat() if extract.executed_at is not None else None,
        "revision": extract.revision,
        "left_out": list(extract.left_out),
        "points": [
            [p.bench, dict(p.inputs), [_reading_row(r, values) for r in p.readings]] for p in extract.points
        ],
    }  # fmt: skip


def _reading_row(reading: Reading, values: array[float]) -> list[Any]:
    held = reading.aggregate
    first = len(values)
    for run in reading.runs:
        values.extend(run)
    return [
        reading.metric,
        reading.units,
        Direction(reading.direction).value,
        Kind(reading.kind).value,
        None if held is None else [held.n, held.mean, held.sd],
        first,
        [len(run) for run in reading.runs],
    ]


def _extract(row: dict[str, Any], values: array[float]) -> Extract:
    when = row.pop("executed_at")
    points = [
        Point(bench, inputs, [_reading(r, values) for r in readings]) for bench, inputs, readings in row.pop("points")
    ]
    return Extract(points=points, executed_at=None if when is None else datetime.fromisoformat(when), **row)


def _reading(row: list[Any], values: array[float]) -> Reading:
    metric, units, direction, kind, held, first, sizes = row
    runs = list(_runs(values, first, sizes))
    return Reading(metric, units, Direction(direction), runs, None if held is None else Aggregate(*held), Kind(kind))


def _runs(values: array[float], first: int, sizes: Sequence[int]) -> Iterator[Sequence[float]]:
    for size in sizes:
        yield values[first : first + size].tolist()
        first += size
