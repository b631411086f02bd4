"""What could not be stored, as the bucket was down: kept on this machine, and sent when it can be reached.

What waits is a small store of its own, in a folder of this user, so that sending it is copying from one store to the
other: ids stay, digests are checked, and two processes that send at once are harmless.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.config import spool_folder
from holobench_mcp.model import (
    ComparisonEntry,
    IntegrityError,
    Manifest,
    MeasurementDocument,
    RefEntry,
    StoreError,
)
from holobench_mcp.store import comparisons, layout
from holobench_mcp.store.location import Location

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot
    from holobench_mcp.store.bundle import Store

#: What waits at most: more is refused, as a disk is not to be filled by a store that nobody repairs.
MAX_RESULTS, MAX_BYTES = 10_000, 2_000_000_000
#: For so long after a failure nothing is tried again: a run of many sweeps waits for a dead bucket once.
_PAUSE_S = 30.0
#: What waits beside results.
_DOCUMENTS = (layout.REFS, layout.MEASUREMENTS, layout.COMPARISONS)


class Spool:
    """What waits for one store. Thread-safe, and for several processes at once. Only buckets have one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.folder = spool_folder() / hashlib.sha256(store.location.url.encode()).hexdigest()[:24]
        self._sending = threading.Lock()
        self._failed_at: float | None = None
        self._problem = ""

    def record(self, snapshot: Snapshot) -> str:
        """Store a result, or keep it until that can be done. Returns its id. Raises StoreError where neither can be."""
        if self._is_paused():
            return self._keep(snapshot)
        try:
            return self._store.record(snapshot)
        except StoreError as problem:
            self._fail(problem)
            return self._keep(snapshot)

    def put_measurement(self, document: MeasurementDocument) -> None:
        """Store a measurement's document, or keep it until that can be done."""
        self._put(lambda store: store.put_measurement(document))

    def log_comparison(self, key: str, entry: ComparisonEntry, *, is_new: bool) -> None:
        """Log a comparison, or what it comes to now, or keep that until it can be done.

        Of a store that may only be read nothing waits: nobody would ever send it. Raises StoreError there.
        """
        log = comparisons.create if is_new else comparisons.rewrite
        self._put(lambda store: log(store.backend, key, entry), while_refused=False)

    def set_ref(
        self, manifest: Manifest, name: str, current: RefEntry | None, *, reason: str | None, by: str
    ) -> RefEntry:
        """Append an entry to a baseline's log, or keep it until that can be done. current: what it means now."""
        entries: list[RefEntry] = []
        bench, result_id = manifest.bench_name, manifest.result_id

        def put(store: Store) -> None:
            if store is self._store:
                entries.append(store.set_ref(bench, name, result_id, reason=reason, by=by))
            else:
                entries.append(store.append_ref(manifest, name, current, reason=reason, by=by))

        self._put(put)
        return entries[-1]

    def measurement(self, measurement_id: str) -> MeasurementDocument | None:
        """A measurement's document: the one that waits, where that is further on, else the one in the store."""
        if not (self.folder / layout.MEASUREMENTS).exists():
            return self._store.measurement(measurement_id)
        waiting = self._waiting_store().measurement(measurement_id)
        try:
            stored = self._store.measurement(measurement_id)
        except StoreError:
            if waiting is None:
                raise
            stored = None
        known = [document for document in (stored, waiting) if document is not None]
        return max(known, key=lambda d: (d.rounds, len(d.roles), d.status != "running"), default=None)

    def waiting(self) -> int:
        """How many results wait to be sent."""
        return self._count(layout.RESULTS)

    def sentence(self) -> str | None:
        """What must be said of what waits."""
        n, others = self.waiting(), sum(map(self._count, _DOCUMENTS))
        if not n and not others:
            return None
        counts = (n, "result"), (others, "document")
        parts = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in counts if count]
        what = f"{' and '.join(parts)} wait{'s' if n + others == 1 else ''}"
        why = f" ({self._problem})" if self._problem else ""
        return (
            f"{what} in {self.folder} to be sent to {self._store.location.url}, which could not be reached{why}: the "
            "next command that reaches it sends them."
        )

    def send(self) -> int:
        """Send what waits. Gives back how much no longer does; what can't be sent stays, nothing is raised."""
        if not self._holds_anything() or self._is_paused() or not self._sending.acquire(blocking=False):
            return 0
        try:
            return self._send()
        except StoreError as problem:
            if not isinstance(problem, IntegrityError):
                self._failed_at, self._problem = time.monotonic(), str(problem)
            return 0
        finally:
            self._sending.release()

    # ------------------------------------------------------------------ parts

    def _put(self, write: Callable[[Store], None], *, while_refused: bool = True) -> None:
        """Write to the store, or to what waits for it. while_refused: also where it can be reached, and says no."""
        if not self._is_paused():
            try:
                write(self._store)
                return
            except StoreError as problem:
                if not (while_refused or self._store.backend.is_down):
                    raise
                self._fail(problem)
        with self._locked():
            write(self._waiting_store())

    def _count(self, prefix: str) -> int:
        return sum(
            name.endswith(".json") for _, _, names in os.walk(self.folder / prefix.rstrip("/")) for name in names
        )

    def _holds_anything(self) -> bool:
        return any(map(self._count, (layout.RESULTS, *_DOCUMENTS)))

    def _send(self) -> int:
        from holobench_mcp.store.sync import sync

        waiting, there = self._waiting_store().backend, self._store.backend
        sending = {key: waiting.get(key) for kind in (layout.RESULTS, *_DOCUMENTS) for key, _ in waiting.keys(kind)}
        sync(self._waiting_store(), self._store)
        sent = [key for key in sending if there.has(key)]  # also what another process has sent
        with self._locked():
            for key in sent:
                if waiting.get(key) == sending[key]:  # a document may be further on by now
                    waiting.remove(key)
            if not self._holds_anything():
                shutil.rmtree(self.folder, ignore_errors=True)
        return len(sent)

    def _keep(self, snapshot: Snapshot) -> str:
        if self.waiting() >= MAX_RESULTS or self._size() + snapshot_size(snapshot) > MAX_BYTES:
            raise StoreError(f"{self._problem} No more can wait in {self.folder}: it holds as much as it may.")
        with self._locked():
            return self._waiting_store().record(snapshot)

    def _waiting_store(self) -> Store:
        return type(self._store)(Location(str(self.folder), self.folder))

    def _size(self) -> int:
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with suppress(OSError):
                    total += Path(folder, name).stat().st_size
        return total

    def _fail(self, problem: StoreError) -> None:
        """Remember that the store is down. Raises the problem where waiting would not help."""
        if self._store.location.folder is not None or isinstance(problem, IntegrityError):
            raise problem
        self._failed_at, self._problem = time.monotonic(), str(problem)

    def _is_paused(self) -> bool:
        return self._failed_at is not None and time.monotonic() - self._failed_at < _PAUSE_S

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """While it lasts, no other process writes here, or takes away what was sent."""
        try:
            import fcntl
        except ImportError:  # Windows
            yield
            return
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            lock = (self.folder.parent / f"{self.folder.name}.lock").open("a")
        except OSError as problem:
            raise StoreError(f"{self._problem} It can't wait in {self.folder} either: {problem.strerror}.") from problem
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def snapshot_size(snapshot: Snapshot) -> int:
    """About how many bytes a result takes."""
    return sum(array.nbytes for array in snapshot.samples.values())
