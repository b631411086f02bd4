"""A result as a bundle in a store: its blobs first, its manifest last, so that a result is whole or not there."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from holobench_mcp.model import (
    STORE_FORMAT,
    IntegrityError,
    InvalidArgument,
    Manifest,
    MeasurementDocument,
    RefEntry,
    ResultDocument,
    StoreError,
    UnknownResult,
    fault_in,
)
from holobench_mcp.store import journal, layout, measurements, refs
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.contents import HISTORY, RESULT, SAMPLES, contents_of, manifest_of, snapshot_of
from holobench_mcp.store.index import Index
from holobench_mcp.store.location import Location
from holobench_mcp.store.many import read_many
from holobench_mcp.store.marker import CHAINED_MARKER_BYTES, MARKER_BYTES
from holobench_mcp.store.parsing import parse_manifest
from holobench_mcp.store.seal import sealed
from holobench_mcp.store.written import note_changing, note_written

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot
    from holobench_mcp.store.finding import Finding


class Store:
    """Every result ever recorded in one place. Only a measurement's document is changed after it was written."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self.backend = Backend(location)
        self.index = Index(location.url)
        #: Why answers are of what was read before, where the bucket is down.
        self.unreachable: str | None = None
        #: Whether the journal is chained from the next writing on, if it is not yet.
        self.wants_chain = False
        self._checked = False
        self._journal_end: int | None = None
        self._refs = refs.Current(self.backend)
        self._moment = threading.local()

    # ------------------------------------------------------------------ writing

    def record(self, snapshot: Snapshot) -> str:
        """Store a result. Returns its id: the same for the same result, however often it is recorded."""
        try:
            snapshot.check_provenance()
        except ValueError as problem:
            raise InvalidArgument(f"{problem}.") from problem
        self.ensure_marker()
        contents = contents_of(snapshot)
        manifest = manifest_of(snapshot, contents)
        key = layout.manifest_key(manifest.result_id)
        if self.backend.get(key) is not None and self._is_whole(manifest.result_id):
            return manifest.result_id
        reused = [blob for blob in contents.values() if not self.backend.put_blob(blob)]
        written = sealed(manifest.model_dump_json(indent=1).encode())
        ours = self.backend.create(key, written)
        if not ours and not self._is_whole(manifest.result_id):
            self.backend.heal(key, written)
            ours = True
        for blob in reused:  # gc may have found them unreferenced just before the manifest was there
            self.backend.ensure_blob(blob)
        self._in_journal({manifest.result_id: written if ours else None})
        return manifest.result_id

    @contextmanager
    def together(self) -> Iterator[None]:
        """What this thread records meanwhile is one entry of the journal, when all of it is stored."""
        if hasattr(self._moment, "recorded"):
            yield
            return
        self._moment.recorded = {}
        try:
            yield
        finally:
            recorded = self._moment.recorded
            del self._moment.recorded
            if recorded:
                self._in_journal(recorded)

    def put_measurement(self, document: MeasurementDocument) -> None:
        """Store a measurement's document: when it is planned, and again when it ends. The last one counts."""
        self.ensure_marker()
        measurements.write(self.backend, document)

    def set_ref(
        self, bench_name: str, name: str, result_id: str, *, reason: str | None = None, by: str = "unknown"
    ) -> RefEntry:
        """Append an entry to a ref's log. Returns it, with the result that it replaced."""
        manifest = self.manifest(result_id)
        if manifest.bench_name != bench_name:
            raise InvalidArgument(f"{result_id} is a result of {manifest.bench_name!r}, not of {bench_name!r}.")
        entry = self.append_ref(manifest, name, self.ref(bench_name, name), reason=reason, by=by)
        if not self.backend.has(layout.manifest_key(result_id)):  # retention saw no baseline on it a moment ago
            from holobench_mcp.store.retention import restore_named_results

            restore_named_results(self.backend)
        return entry

    def append_ref(
        self, manifest: Manifest, name: str, before: RefEntry | None, *, reason: str | None = None, by: str = "unknown"
    ) -> RefEntry:
        """The same of a result that is known to be in the store, or to come into it. before: the entry to replace."""
        bench_name = manifest.bench_name
        now = refs.next_moment(self.backend, bench_name, name, datetime.now(UTC))
        entry = RefEntry(
            bench_name=bench_name,
            name=layout.check_ref_name(name),
            result_id=manifest.result_id,
            set_at=now.isoformat(),
            set_by=by,
            reason=reason,
            replaced=before.result_id if before else None,
        )
        self.ensure_marker()
        key = layout.new_ref_key(bench_name, name, now)
        data = sealed(entry.model_dump_json(indent=1).encode())
        self.backend.create(key, data)
        note_written(self.backend, documents={key: data})
        return entry

    # ------------------------------------------------------------------ reading

    def exists(self) -> bool:
        """Whether there is a store here at all. Raises StoreError for one of a format that is not known."""
        self.check_format()
        return self.backend.exists()

    def manifest(self, result_id: str) -> Manifest:
        """A result's manifest, from the store itself. Raises UnknownResult or IntegrityError."""
        self.check_format()
        key = layout.manifest_key(result_id)
        try:
            data = self.backend.get(key)
        except StoreError as problem:
            found = self.index.select(id_prefix=result_id, limit=1) if self.backend.is_mirrored else []
            if not found or found[0].result_id != result_id:
                raise
            self.backend.note_stale(problem)
            return found[0]
        if data is None:
            raise UnknownResult(f"No result {result_id} in the store {self.location.url}.")
        return parse_manifest(data, result_id)

    def document(self, manifest: Manifest) -> bytes:
        """The stored `result.json`, as recorded."""
        return self._blob(manifest, RESULT)

    def contract(self, manifest: Manifest) -> dict[str, Any]:
        """The stored `result.json`, read. Raises IntegrityError for one that is not of the contract's form."""
        return self._contract(manifest)[0]

    def snapshot(self, manifest: Manifest) -> Snapshot:
        """The whole result, read back and checked against its digests and its own manifest."""
        from holobench_mcp.result.samples import decode_archive
        from holobench_mcp.store.agreement import declared_otherwise

        document, recorded = self._contract(manifest)
        arrays = None
        if SAMPLES in manifest.blobs:
            arrays = decode_archive(self._blob(manifest, SAMPLES), name=f"samples of {manifest.result_id}")
            undeclared = set(arrays.dims) ^ {*(i.name for i in manifest.inputs), "repeat"}
            missing = {m.variable for m in manifest.metrics} ^ set(arrays.metrics)
            if undeclared or missing:
                raise IntegrityError(
                    f"The samples of {manifest.result_id} and its manifest disagree about "
                    f"{', '.join(sorted(undeclared | missing))}: the manifest was edited."
                )
        if wrong := declared_otherwise(manifest, recorded, arrays):
            raise IntegrityError(
                f"The manifest of {manifest.result_id} and what was recorded disagree about {wrong}: it was edited."
            )
        return snapshot_of(
            manifest,
            arrays,
            regressions=document.get("regressions", {}),
            history=self._json(manifest, HISTORY) if HISTORY in manifest.blobs else {},
            document=document if arrays is None else None,
            result_id=manifest.result_id,
        )

    def manifests(self) -> Index:
        """The index, brought up to date with the store."""
        self.check_format()
        if not getattr(self._moment, "is_read", False):
            self._refresh()
            if hasattr(self._moment, "is_read"):
                self._moment.is_read = True
        return self.index

    def _refresh(self) -> None:
        """Bring the index up to date; while a mirrored bucket is down, leave it as it is. Raises StoreError else."""
        try:
            self.index.refresh(self.backend)
        except IntegrityError:
            raise
        except StoreError as problem:
            if not self.backend.is_mirrored or not self.index.has():
                raise
            self.unreachable = str(problem)
            self.backend.note_stale(problem)
        else:
            self.unreachable = None

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """While it lasts, this thread brings the index up to date once: a listing of a bucket takes requests.

        What the thread itself records meanwhile is not in it.
        """
        if hasattr(self._moment, "is_read"):
            yield
            return
        self._moment.is_read = False
        try:
            yield
        finally:
            del self._moment.is_read

    def ref(self, bench_name: str, name: str) -> RefEntry | None:
        """What a ref means now; None when it was never set."""
        return refs.last(self.backend, bench_name, name)

    def ref_target(self, entry: RefEntry) -> Manifest:
        """The result that an entry of a ref means. Raises UnknownResult, or IntegrityError for another bench's."""
        manifest = self.manifest(entry.result_id)
        if manifest.bench_name != entry.bench_name:
            raise IntegrityError(
                f"{entry.bench_name}@{entry.name} means {entry.result_id}, which is a result of "
                f"{manifest.bench_name}: the entry was edited."
            )
        return manifest

    def ref_log(self, bench_name: str, name: str) -> list[RefEntry]:
        """Every entry of a ref, oldest first."""
        return list(refs.log(self.backend, bench_name, name))

    def refs(self, bench_name: str | None = None) -> list[RefEntry]:
        """What every ref means now: of one bench, or of all. Raises IntegrityError where one is damaged."""
        entries, damaged = self._refs.read(bench_name)
        return [*entries, *(refs.read(self.backend, key) for key in damaged)]

    def readable_refs(self, bench_name: str | None = None) -> tuple[list[RefEntry], list[str]]:
        """The same without those that are damaged, whose keys come second."""
        return self._refs.read(bench_name)

    def measurement(self, measurement_id: str) -> MeasurementDocument | None:
        """A measurement's document. None where there is none, as for results that were recorded one by one."""
        self.check_format()
        return measurements.read(self.backend, measurement_id)

    def measurements(self, limit: int = 20, name: str | None = None) -> list[MeasurementDocument]:
        """The newest measurements' documents, newest first. name: only those of this benchmark."""
        self.check_format()
        return measurements.newest(self.backend, limit, name)

    def measurement_ids(self) -> list[str]:
        """The ids of all measurements, newest first."""
        self.check_format()
        return measurements.ids(self.backend)

    def verify(self) -> Iterator[str]:
        """Read everything. Yields a sentence for each thing that is damaged; nothing when all is well."""
        yield from (finding.sentence for finding in self.findings() if finding.damage)

    def findings(
        self, on_progress: Callable[[int, int], None] | None = None, head: str | None = None
    ) -> Iterator[Finding]:
        """The same, with what can't be known, and what can be done about it. head: a digest that the journal had."""
        from holobench_mcp.store.verify import verify

        yield from verify(self, on_progress, head)

    def correct(self, result_ids: Sequence[str]) -> bool:
        """Whether the index was wrong about some results, whose files were edited or damaged: it is right now.

        Where reading them takes requests, what the index has is taken for right.
        """
        return self.location.folder is not None and self.index.correct(result_ids)

    # ------------------------------------------------------------------ parts

    def _in_journal(self, recorded: Mapping[str, bytes | None]) -> None:
        """Write ids into the journal, with the digests of the manifests that this call has written."""
        waiting: dict[str, bytes | None] | None = getattr(self._moment, "recorded", None)
        if waiting is not None:
            waiting.update(recorded)
            return
        digests = {layout.manifest_key(i): digest_of(data) for i, data in recorded.items() if data is not None}
        self._journal_end = journal.append(
            self.backend, recorded=list(recorded), digests=digests, place=self._journal_end
        )

    def _is_whole(self, result_id: str) -> bool:
        try:
            manifest = self.manifest(result_id)
            for name in manifest.blobs:
                self._blob(manifest, name)
        except IntegrityError:
            return False
        return True

    def _blob(self, manifest: Manifest, name: str) -> bytes:
        if name not in manifest.blobs:
            raise IntegrityError(f"The manifest of {manifest.result_id} names no {name}: it was edited.")
        return self.backend.get_blob(manifest.blobs[name].sha256, f"{name} of {manifest.result_id}")

    def _contract(self, manifest: Manifest) -> tuple[dict[str, Any], ResultDocument]:
        document = self._json(manifest, RESULT)
        try:
            return document, ResultDocument.model_validate(document)
        except ValidationError as problem:
            raise IntegrityError(f"{RESULT} of {manifest.result_id} is damaged: {fault_in(problem)}") from problem

    def _json(self, manifest: Manifest, name: str) -> dict[str, Any]:
        try:
            document = json.loads(self._blob(manifest, name))
        except (ValueError, RecursionError) as problem:
            raise IntegrityError(f"{name} of {manifest.result_id} is not JSON ({problem}).") from problem
        if not isinstance(document, dict):
            raise IntegrityError(f"{name} of {manifest.result_id} is not a JSON object.")
        return document

    def ensure_marker(self) -> None:
        """Make a folder or prefix a store, unless it is one; begin the chain of its journal where that is asked for."""
        self.check_format()
        if self.wants_chain and not self.backend.is_chained:
            self._begin_chain()
        # A folder may have been removed since; of a bucket, looking again would be a request each time.
        if self._checked and (self.location.folder is None or self.backend.has(layout.MARKER)):
            return
        self.backend.create(layout.MARKER, MARKER_BYTES)

    def _begin_chain(self) -> None:
        """From now on, entries of the journal are chained; the first has the documents that change, as they are."""
        if not self.backend.create(layout.MARKER, CHAINED_MARKER_BYTES):
            self.backend.put(layout.MARKER, CHAINED_MARKER_BYTES)
        self.backend.is_chained = self._checked = True
        changing = [k for folder in (layout.MEASUREMENTS, layout.COMPARISONS) for k, _ in self.backend.keys(folder)]
        note_changing(self.backend, {k: data for k, data in read_many(self.backend, changing) if data is not None})

    def check_format(self) -> None:
        """Raise StoreError for a store of a format that is not known, IntegrityError for a marker that is none."""
        if self._checked:
            return
        data = self.backend.get(layout.MARKER)
        if data is None:
            return
        try:
            marker = json.loads(data)
            found = marker["format"]
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise IntegrityError(
                f"{self.location.url}/{layout.MARKER} is not a store's marker: {data[:60]!r}."
            ) from problem
        if found != STORE_FORMAT or isinstance(found, bool):
            raise StoreError(
                f"The store {self.location.url} has the format {found!r}; this version reads {STORE_FORMAT}. "
                "Upgrade holobench-mcp."
            )
        self.backend.is_chained = marker.get("chain") is True
        self._checked = True


def open_store(location: str | Path) -> Store:
    """The store at a folder or URL. Nothing is touched until something is recorded."""
    return Store(Location.parse(location))
