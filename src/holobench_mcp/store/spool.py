"""Results that could not be stored, as the bucket was down: kept on this machine, and sent when it can be reached.

What waits is a small store of its own, in a folder of this user, so that sending it is copying from one store to the
other: ids stay, digests are checked, and two processes that send at once are harmless.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.config import spool_folder
from holobench_mcp.model import IntegrityError, MeasurementDocument, StoreError
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Location

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot
    from holobench_mcp.store.bundle import Store

#: What waits at most: more is refused, as a disk is not to be filled by a store that nobody repairs.
MAX_RESULTS, MAX_BYTES = 10_000, 2_000_000_000
#: For so long after a failure nothing is tried again: a run of many sweeps waits for a dead bucket once.
_PAUSE_S = 30.0


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
        if not self._is_paused():
            try:
                self._store.put_measurement(document)
                return
            except StoreError as problem:
                self._fail(problem)
        with self._locked():
            self._waiting_store().put_measurement(document)

    def waiting(self) -> int:
        """How many results wait to be sent."""
        try:
            with os.scandir(self.folder / layout.RESULTS) as entries:
                return sum(entry.name.endswith(".json") for entry in entries)
        except OSError:
            return 0

    def sentence(self) -> str | None:
        """What must be said of what waits."""
        n = self.waiting()
        if not n:
            return None
        what = "1 result waits" if n == 1 else f"{n} results wait"
        why = f" ({self._problem})" if self._problem else ""
        return (
            f"{what} in {self.folder} to be sent to {self._store.location.url}, which could not be reached{why}: the "
            "next command that reaches it sends them."
        )

    def send(self) -> int:
        """Send what waits. Gives back how many results no longer do; what can't be sent stays, nothing is raised."""
        if not self.waiting() or self._is_paused() or not self._sending.acquire(blocking=False):
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

    def _send(self) -> int:
        from holobench_mcp.store.sync import sync

        waiting = self._waiting_store()
        sync(waiting, self._store)
        sent = [
            key
            for key, _ in list(waiting.backend.keys(layout.RESULTS))
            if self._store.backend.has(key)  # also what another process has sent
        ]
        with self._locked():
            for key in sent:
                waiting.backend.remove(key)
            if not self.waiting():
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
