"""A process of the quarantine that waits for files, for whoever reads many: to start one costs more than to read.

It loads what reading needs, and forks a fresh process for each file, with the limits of that one. What it forks has
seen no other file, and nothing of this process.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

_BOOT = "import sys; sys.path.insert(0, {path!r}); from holobench_mcp.importers.quarantine import {entry}; {entry}()"
#: As in `quarantine`, which is not imported here: it would bring numpy along.
_REQUEST, _ENDED = struct.Struct(">QQ?"), struct.Struct(">i")

#: What is to be read: holobench's own saved results, or a file of another tool.
What = Literal["pickles", "formats"]


class Reader(Protocol):
    """A process that reads one pickle. answers: where its frames can be read."""

    answers: int

    def wait(self, timeout_s: float) -> int | None:
        """How it ended, negative where by a signal; None while it has not."""

    def kill(self) -> None:
        """End it."""

    def close(self) -> None:
        """Let it go, when it has ended."""


def start_quarantine(
    entry: str, stdin: BinaryIO | int, *arguments: str, stdout: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """A Python that runs a function of `quarantine`, with nothing of this process's environment."""
    boot = _BOOT.format(path=str(Path(__file__).resolve().parents[2]), entry=entry)
    return subprocess.Popen(
        [sys.executable, "-P", "-s", "-E", "-B", "-c", boot, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        cwd="/" if sys.platform != "win32" else None,
        start_new_session=True,
    )


class _AtHand:
    """The one process of this kind, and how many need it. Started in the background, as nobody waits for it yet."""

    def __init__(self) -> None:
        self.users = 0
        self.lock = threading.Lock()  #: of the two above
        self.turn = threading.Lock()  #: of its socket: it reads one pickle after another
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def start(self) -> None:
        if self._process is not None or not hasattr(os, "fork"):
            return
        with suppress(OSError):
            ours, theirs = socket.socketpair()
            try:
                self._process = start_quarantine("serve", theirs.fileno())
            except OSError:
                ours.close()
                raise
            finally:
                theirs.close()
            self._requests = ours

    def send(self, memory: int, seconds: int, what: What, stream: BinaryIO, answers: int) -> socket.socket | None:
        """Ask for something to be read. Returns where its status will come; None where there is no such process."""
        if self._requests is None:
            return None
        try:
            socket.send_fds(
                self._requests, [_REQUEST.pack(memory, seconds, what == "formats")], [stream.fileno(), answers]
            )
        except OSError:
            self.end()
            return None
        return self._requests

    def end(self) -> None:
        """End it, and what it has forked."""
        requests, process = self._requests, self._process
        self._requests = self._process = None
        if requests is not None:
            requests.close()
        if process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


_at_hand = _AtHand()


@contextmanager
def quarantine_at_hand() -> Iterator[None]:
    """Have a process of the quarantine wait for pickles, until the block is left."""
    with _at_hand.lock:
        _at_hand.users += 1
        _at_hand.start()
    try:
        yield
    finally:
        with _at_hand.lock:
            _at_hand.users -= 1
            if _at_hand.users == 0:
                with _at_hand.turn:
                    _at_hand.end()


class _Forked:
    """A process that was forked for one pickle from the one that waits."""

    def __init__(self, answers: int, ends: socket.socket) -> None:
        self.answers, self._ends = answers, ends

    def wait(self, timeout_s: float) -> int | None:
        self._ends.settimeout(timeout_s)
        with suppress(OSError):
            status = self._ends.recv(_ENDED.size)
            if len(status) == _ENDED.size:
                return int(_ENDED.unpack(status)[0])
        return None

    def kill(self) -> None:
        # Its number is not ours to kill by: only who forked it knows that it is still the same process.
        _at_hand.end()
        if _at_hand.users:
            _at_hand.start()

    def close(self) -> None:
        os.close(self.answers)
        _at_hand.turn.release()


def forked(stream: BinaryIO, memory: int, seconds: int, what: What = "pickles") -> Reader | None:
    """A process that reads an open file, forked from the one at hand; None where there is none, or it is at work."""
    if not _at_hand.users or not _at_hand.turn.acquire(blocking=False):
        return None
    answers, theirs = os.pipe()
    try:
        ends = _at_hand.send(memory, seconds, what, stream, theirs)
    finally:
        os.close(theirs)
    if ends is None:
        os.close(answers)
        _at_hand.turn.release()
        return None
    return _Forked(answers, ends)
