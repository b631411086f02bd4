"""Measurements' documents in the store: overwritten by the process that measures, as its rounds are done."""

from __future__ import annotations

import re

from holobench_mcp.model import IntegrityError, InvalidArgument, MeasurementDocument
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.parsing import parse_measurement
from holobench_mcp.store.seal import sealed
from holobench_mcp.store.written import put_changing

_TIME = re.compile(r"-(\d{8}T\d{6}Z)-[0-9a-f]{6}\.json$")


def write(backend: Backend, document: MeasurementDocument) -> None:
    """Store a document, in the place of the one that it continues. Raises InvalidArgument for a malformed id."""
    put_changing(backend, layout.measurement_key(document.id), sealed(document.model_dump_json(indent=1).encode()))


def read(backend: Backend, measurement_id: str) -> MeasurementDocument | None:
    """The document of a measurement. None where there is none: a recorded result may name a measurement of its own.

    Raises IntegrityError for one that is damaged.
    """
    try:
        key = layout.measurement_key(measurement_id)
    except InvalidArgument:
        return None
    data = backend.get(key)
    return None if data is None else parse_measurement(data, measurement_id)


def ids(backend: Backend) -> list[str]:
    """The ids of all measurements, newest first."""
    keys = [key for key, _ in backend.keys(layout.MEASUREMENTS)]
    return [measurement_id_of(key) for key in sorted(keys, key=_time_of, reverse=True)]


def newest(backend: Backend, limit: int, name: str | None = None) -> list[MeasurementDocument]:
    """The newest documents, newest first. name: only those of this benchmark, as their ids begin with it.

    A damaged one is left out: `verify` tells of it.
    """
    keys = [key for key, _ in backend.keys(layout.MEASUREMENTS)]
    if name is not None:
        keys = [key for key in keys if _TIME.sub("", key) == f"{layout.MEASUREMENTS}{name}"]
    documents: list[MeasurementDocument] = []
    for key in sorted(keys, key=_time_of, reverse=True):
        if len(documents) >= limit and not _as_old(key, documents[-1]):
            break
        try:
            document = read(backend, measurement_id_of(key))
        except IntegrityError:
            continue
        if document is not None:
            documents.append(document)
    # Ids know seconds; what started within one is told apart by the document.
    documents.sort(key=lambda d: d.started_at, reverse=True)
    return documents[:limit]


def measurement_id_of(key: str) -> str:
    """The id that a key is of."""
    return key.removeprefix(layout.MEASUREMENTS).removesuffix(".json")


def _time_of(key: str) -> str:
    found = _TIME.search(key)
    return found[1] if found else ""


def _as_old(key: str, document: MeasurementDocument) -> bool:
    return _time_of(key) == _time_of(layout.measurement_key(document.id))
