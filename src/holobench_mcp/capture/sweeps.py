"""Receives every sweep that a running benchmark collects.

holobench writes each collected sweep to the path in `BENCHER_RESULT_PATH`, where the next one overwrites it. A FIFO in
that place receives them all. They are only put aside while the command runs, and go to the quarantine when it is over:
reading one keeps a core busy, which the next sweep would measure.
"""

from __future__ import annotations

import errno
import io
import os
import pickletools
import select
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.importers.pickles import MAX_PICKLE_BYTES, read_pickle
from holobench_mcp.model import CaptureError, Environment, UnsupportedHolobench

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

NO_FIFOS = "this system has no FIFOs: only the last sweep of the command was recorded."
#: Each costs a process to find out; a benchmark that writes garbage writes a lot of it.
_MAX_PROBLEMS = 20
_TOO_LARGE = f"a sweep's result has more than {MAX_PICKLE_BYTES:,} bytes; it was dropped."
_DRAIN_S = 2.0
_TICK_S = 0.05


class Sweeps:
    """Receives pickles through a FIFO and puts them aside; hands each to the quarantine when the command is over."""

    def __init__(self, path: Path, environment: Environment, on_snapshot: Callable[[Snapshot], None] | None) -> None:
        self.path = path
        self.snapshots: list[Snapshot] = []
        self.problems: list[str] = []
        self.faults: list[str] = []  #: those of the problems that are not the command's but this machine's
        #: The environment of a sweep, by the name of its class; what is known of it only when the command is over.
        self.environment_of: Callable[[str | None], Environment] = lambda _: environment
        self._on_snapshot = on_snapshot
        self._put_aside: list[Path] = []
        self._open: FileIO | None = None
        self._size = 0  #: of the batch that is arriving
        self._is_whole = True
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    def __enter__(self) -> None:
        try:
            os.mkfifo(self.path, 0o600)
        except (AttributeError, OSError) as problem:
            if getattr(problem, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                raise CaptureError(f"Sweeps can't be received in {self.path.parent}: {problem}.") from problem
            self.problems.append(NO_FIFOS)
            return
        self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self._woken, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is None:
            if self.path.is_file():
                self._read_file()
            return
        os.close(self._waker)  # which wakes the reader
        self._thread.join()
        os.close(self._reader)
        os.close(self._woken)
        for batch in self._put_aside:
            self._read_batch(batch.read_bytes())
            batch.unlink()
        if self.path.is_file():  # moved into the FIFO's place, as a writer does that wants to be atomic
            self._read_file()

    def _receive(self) -> None:
        last_word = float("inf")
        while time.monotonic() < last_word:
            over = self._over.is_set()
            if over and last_word == float("inf"):
                # What is in the pipe is still taken; a process that we could not end may write for ever.
                last_word = time.monotonic() + _DRAIN_S
            ready, _, _ = select.select([self._reader, self._woken], [], [], 0 if over else _TICK_S)
            if self._reader in ready:
                try:
                    arrived = os.read(self._reader, 1 << 20)
                except BlockingIOError:
                    continue
                if arrived:
                    self._put(arrived)
                    continue
                # Every writer has closed the pipe: what arrived is whole, or never will be.
                if self._size == 0:
                    self._over.wait(_TICK_S)
                self._close_batch()
                self._reopen()
            if over:
                break
        self._close_batch()

    def _put(self, arrived: bytes) -> None:
        """Add to the batch that is being put aside. Whatever becomes of it, the writer must not have to wait."""
        if self._size == 0:
            self._put_aside.append(self.path.with_name(f"{len(self._put_aside)}.pkl"))
            self._is_whole = True
        self._size += len(arrived)
        if not self._is_whole:
            return
        if self._size > MAX_PICKLE_BYTES:
            self._drop(_TOO_LARGE)
            return
        try:
            if self._open is None:
                self._open = self._put_aside[-1].open("wb", buffering=0)
            written = self._open.write(arrived)
        except OSError as problem:
            self._lose(problem.strerror or type(problem).__name__)
            return
        if written != len(arrived):
            self._lose("the disk took only a part of it")

    def _lose(self, why: str) -> None:
        self._drop(f"a sweep's result could not be put aside: {why}.")
        self.faults.append(self.problems[-1])

    def _drop(self, why: str) -> None:
        self.problems.append(why)
        self._is_whole = False

    def _close_batch(self) -> None:
        if self._open is not None:
            with suppress(OSError):
                self._open.close()
            self._open = None
        if self._size and not self._is_whole:
            self._put_aside.pop().unlink(missing_ok=True)
        self._size = 0

    def _reopen(self) -> None:
        """Forget the end that was met. The new end is opened first: at no time is there a pipe that nobody reads."""
        try:
            reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return  # it was removed; whoever has it open may still write
        if not stat.S_ISFIFO(os.fstat(reader).st_mode):
            os.close(reader)
            return
        os.close(self._reader)
        self._reader = reader

    def _read_file(self) -> None:
        if self.path.stat().st_size > MAX_PICKLE_BYTES:
            self.problems.append(_TOO_LARGE)
        else:
            self._read(self.path.read_bytes())

    def _read_batch(self, batch: bytes) -> None:
        """Read every pickle of a batch: two sweeps may have come as one. A rest that is not whole was cut short."""
        stream = io.BytesIO(batch)
        at = 0
        while _passes_a_pickle(stream):
            if len(self.problems) >= _MAX_PROBLEMS:
                self.problems.append(f"{_MAX_PROBLEMS} results could not be read; what came after them was left out.")
                return
            self._read(batch[at : stream.tell()])
            at = stream.tell()
        if at < len(batch):
            self.problems.append(
                "a sweep's result was cut short, as its process was ended, or mixed with that of another process, and "
                "could not be recorded."
            )

    def _read(self, pickled: bytes) -> None:
        try:
            found = read_pickle(pickled, name="a sweep's result", environment=self.environment_of)
        except (CaptureError, UnsupportedHolobench) as problem:
            self.problems.append(str(problem))
            return
        except Exception as problem:
            self.problems.append(f"a sweep's result could not be read ({type(problem).__name__}: {problem}).")
            if isinstance(problem, OSError | MemoryError):
                self.faults.append(self.problems[-1])
            return
        for snapshot in found:
            self.snapshots.append(snapshot)
            if self._on_snapshot is not None:
                try:
                    self._on_snapshot(snapshot)
                except Exception as problem:
                    self.problems.append(f"NOT RECORDED: {snapshot.bench_name}: {problem}")


def _passes_a_pickle(stream: io.BytesIO) -> bool:
    """Whether a whole pickle stands where the stream is, which then stands behind it. Reads opcodes, runs none."""
    try:
        return any(opcode.name == "STOP" for opcode, _, _ in pickletools.genops(stream))
    except (ValueError, IndexError, EOFError):
        return False
