"""Stored JSON, read back with suspicion: whoever can edit a folder can edit a manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from pydantic import ValidationError

from holobench_mcp.model import (
    ComparisonEntry,
    IntegrityError,
    JournalEntry,
    Manifest,
    MeasurementDocument,
    RefEntry,
    fault_in,
)
from holobench_mcp.model.text import plain
from holobench_mcp.store import layout
from holobench_mcp.store.seal import unsealed

_Model = TypeVar("_Model", Manifest, RefEntry, MeasurementDocument, ComparisonEntry, JournalEntry)


def parse_manifest(data: bytes, result_id: str) -> Manifest:
    """The bytes of a result's manifest. Raises IntegrityError, naming the key, for anything that is not it."""
    return parse_unsealed_manifest(unsealed(data, layout.manifest_key(result_id)), result_id)


def parse_unsealed_manifest(document: bytes, result_id: str) -> Manifest:
    """The same of its document without the digest, which was right."""
    key = layout.manifest_key(result_id)
    manifest = _parse(Manifest, document, key)
    if manifest.result_id != result_id:
        raise IntegrityError(f"The manifest {key} says that it is of {manifest.result_id}: it was moved or edited.")
    for name in ("source_revision", "display_label"):
        if not isinstance(manifest.provenance.get(name), str | None):
            raise IntegrityError(f"{key} is damaged: provenance.{name}: it is not text.")
    sha256s = {name: ref.sha256 for name, ref in manifest.blobs.items()}
    if layout.make_result_id(manifest.bench_name, _time(manifest.executed_at, key), sha256s) != result_id:
        raise IntegrityError(
            f"The manifest {key} does not agree with its own id about the bench, the time or the blobs: it was edited."
        )
    return manifest


def parse_ref_entry(data: bytes, key: str) -> RefEntry:
    """The bytes of a ref's entry. Raises IntegrityError, naming the key, for anything that is not one."""
    entry = _parse(RefEntry, unsealed(data, key), key)
    when = _time(entry.set_at, key).astimezone(UTC)
    folder = f"{layout.ref_prefix(entry.bench_name)}{entry.name}/"
    if not key.startswith(folder) or not layout.is_result_id(entry.result_id):
        raise IntegrityError(f"{key} is damaged: it is not an entry of this baseline.")
    if not key.removeprefix(folder).startswith(layout.ref_time(when)):
        raise IntegrityError(f"{key} is damaged: it says that it was set at {entry.set_at}: it was moved or edited.")
    return entry


def parse_measurement(data: bytes, measurement_id: str) -> MeasurementDocument:
    """The bytes of a measurement's document. Raises IntegrityError, naming the key, for anything that is not one."""
    key = layout.measurement_key(measurement_id)
    document = _parse(MeasurementDocument, unsealed(data, key), key)
    if document.id != measurement_id:
        raise IntegrityError(f"{key} is damaged: it says that it is of {document.id!r:.80}.")
    for text in (document.started_at, *(() if document.ended_at is None else (document.ended_at,))):
        _time(text, key)
    if any(not layout.is_result_id(role.result_id) for role in document.roles):
        raise IntegrityError(f"{key} is damaged: one of its roles names no result.")
    return document


def parse_comparison(data: bytes, key: str) -> ComparisonEntry:
    """The bytes of an entry of the log of comparisons. Raises IntegrityError, naming the key, for anything else."""
    entry = _parse(ComparisonEntry, unsealed(data, key), key)
    _time(entry.compared_at, key)
    if not (layout.is_result_id(entry.baseline) and layout.is_result_id(entry.candidate)):
        raise IntegrityError(f"{key} is damaged: it names no two results.")
    if entry.key is not None and entry.key != key:
        raise IntegrityError(f"{key} is damaged: it says that it stands at {entry.key!r:.120}: it was moved.")
    return entry


def parse_journal_entry(data: bytes, key: str) -> JournalEntry:
    """The bytes of an entry of the journal. Raises IntegrityError, naming the key, for anything that is not one."""
    entry = _parse(JournalEntry, unsealed(data, key), key)
    if not all(map(layout.is_result_id, (*entry.recorded, *entry.removed))):
        raise IntegrityError(f"{key} is damaged: it names something that is no result.")
    if entry.place is not None and layout.journal_key(entry.place) != key:
        raise IntegrityError(f"{key} is damaged: it says that it stands at place {entry.place}: it was moved.")
    return entry


def parse_document(data: bytes, key: str) -> None:
    """Raise IntegrityError, naming the key, for bytes that are not of the kind of document that stands there."""
    name = key.rpartition("/")[2].removesuffix(".json")
    folder = f"{key.partition('/')[0]}/"
    if folder == layout.RESULTS:
        parse_manifest(data, name)
    elif folder == layout.MEASUREMENTS:
        parse_measurement(data, name)
    elif folder == layout.REFS:
        parse_ref_entry(data, key)
    elif folder == layout.COMPARISONS:
        parse_comparison(data, key)
    elif folder == layout.JOURNAL:
        parse_journal_entry(data, key)
    else:
        raise IntegrityError(f"{key} is no document.")


def _time(text: str, key: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            raise IntegrityError(f"{key} is damaged: the time {text} has no zone.")
        return when.astimezone(UTC)  # where the first and the last days of the calendar have no place
    except (ValueError, OverflowError) as problem:
        raise IntegrityError(f"{key} is damaged: {plain(str(problem), 200)}.") from problem


def _parse(kind: type[_Model], document: bytes, key: str) -> _Model:
    try:
        return kind.model_validate_json(document)
    except ValidationError as problem:
        raise IntegrityError(f"{key} is damaged: {fault_in(problem)}") from problem
