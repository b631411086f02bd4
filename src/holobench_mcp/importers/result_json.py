"""A `result.json` that holobench or this server wrote, taken in as it is: its contract, without samples."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from holobench_mcp.model import CaptureError, Input, Metric, ResultDocument, fault_in
from holobench_mcp.result.snapshot import Snapshot

MAX_CONTRACT_BYTES = 16 << 20


def read_contract(path: Path) -> Snapshot:
    """A contract-only result, from a `result.json`. Raises CaptureError, naming the file and the key."""
    try:
        if not path.is_file():
            raise CaptureError(f"{path} is not a file.")
        if path.stat().st_size > MAX_CONTRACT_BYTES:
            raise CaptureError(f"{path} has {path.stat().st_size:,} bytes; a result.json has at most 16 MiB.")
        document = json.loads(
            path.read_text(encoding="utf-8"),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair can't be stored again
    except (OSError, UnicodeDecodeError) as problem:
        raise CaptureError(f"{path} can't be read: {problem}.") from problem
    except (ValueError, RecursionError) as problem:
        raise CaptureError(f"{path} is not JSON ({problem}).") from problem
    if not isinstance(document, dict) or "schema_version" not in document:
        raise CaptureError(f"{path} is not a result.json: it has no schema_version.")
    version = document["schema_version"]
    if version != 1 or isinstance(version, bool) or not isinstance(version, int):
        raise CaptureError(f"{path} says schema_version {version!r:.40}; this version reads 1.")
    if {"baseline", "candidate"} <= set(document):
        raise CaptureError(f"{path} is a comparison.json; import the two results that it compares.")
    try:
        parsed = ResultDocument.model_validate(document)
        metrics = tuple(
            Metric(variable=m.variable, units=m.units, direction=m.direction, claim=m.claim.claim if m.claim else None)
            for m in parsed.metrics
        )
        inputs = tuple(Input(name=i.name, units=i.units) for i in parsed.input_vars)
        for what in (parsed.bench_name, *(m.variable for m in metrics), *(i.name for i in inputs)):
            if not what.strip() or not what.isprintable():
                raise CaptureError(f"{path}: a name is of printable characters, not {what!r:.60}.")
    except ValidationError as problem:
        raise CaptureError(f"{path}: {fault_in(problem)}") from problem
    # What a server added when it exported the document says where it was, not what it is.
    own = {key: value for key, value in document.items() if key not in ("result_id", "uri", "contract_only")}
    snapshot = Snapshot(
        bench_name=parsed.bench_name,
        provenance=own["provenance"],
        inputs=inputs,
        metrics=metrics,
        dataset=None,
        regressions=own["regressions"],
        over_time=parsed.over_time,
        document=own,
    )
    try:
        snapshot.check_provenance()
    except ValueError as problem:
        raise CaptureError(f"{path}: {problem}.") from problem
    return snapshot


def _no_constant(text: str) -> None:
    raise ValueError(f"it has a {text}, which strict JSON has not")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text:.40} is too large for a number")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("an object has the same key twice")
    return document
