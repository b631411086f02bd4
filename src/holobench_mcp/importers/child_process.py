"""The quarantine's process, seen from outside: started with limits, listened to with limits, and ended.

What it sends is not believed: frames of JSON and npz, which whoever called checks as if an enemy had written them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import Any, BinaryIO

from holobench_mcp.importers.frames import read_frames
from holobench_mcp.importers.quarantine_at_hand import Reader, What, forked, start_quarantine
from holobench_mcp.model import CaptureError
from holobench_mcp.model.text import plain

#: What a pickle may cost: a base, and so much for each of its bytes. A few opcodes can ask for any number of bytes, and
#: can name one object so often that walking it never ends.
_ANSWER_BYTES, _ANSWER_BYTES_A_BYTE = 32 << 20, 8
_MEMORY_BYTES, _MEMORY_BYTES_A_BYTE = 1 << 30, 16
_CPU_S, _BYTES_A_CPU_S = 20, 1 << 20
#: How long the child may take to end after its last word.
_EXIT_S = 10.0


def read_in_quarantine(
    stream: BinaryIO, name: str, timeout_s: float, *, what: What = "pickles", size: int | None = None
) -> list[tuple[dict[str, Any], bytes]]:
    """What the quarantine found in an open pickle: the description and the archive of each result.

    what: formats, for the request of another tool's file, whose size is then given. Raises CaptureError, naming the
    file, for one that takes too long or too much, is refused, or is no result.
    """
    size = os.fstat(stream.fileno()).st_size if size is None else size
    memory = _MEMORY_BYTES + _MEMORY_BYTES_A_BYTE * size
    seconds = max(1, min(int(timeout_s), _CPU_S + size // _BYTES_A_CPU_S))
    most = _ANSWER_BYTES + _ANSWER_BYTES_A_BYTE * size
    child = forked(stream, memory, seconds, what) or _spawned(stream, memory, seconds, what)
    # What it sends is held in memory here, so that it may not send without end.
    out = bytearray()
    receiver = threading.Thread(target=_receive, args=(child, out, most), daemon=True)
    receiver.start()
    status = None
    try:
        receiver.join(timeout_s)
        if receiver.is_alive():
            raise CaptureError(f"{name} took more than {timeout_s:g} s to read; nothing of it was run.")
        if len(out) <= most:
            status = child.wait(_EXIT_S)
    finally:
        if status is None:
            child.kill()
        receiver.join()
        child.close()
    if len(out) > most:
        raise CaptureError(f"{name} has {size:,} bytes and unfolds into more than {most:,}, which no result does.")
    frames = list(frames_in(bytes(out), name))
    if status != 0:
        if status is not None and -status in (getattr(signal, "SIGXCPU", None), getattr(signal, "SIGKILL", None)):
            raise CaptureError(f"{name} takes more time or memory to read than a result may.")
        raise CaptureError(f"{name} can't be read: its quarantine failed (exit status {status}).")
    return frames


class _Spawned:
    """A process of its own for one pickle."""

    def __init__(self, process: subprocess.Popen[bytes], answers: int) -> None:
        self._process, self.answers = process, answers

    def wait(self, timeout_s: float) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout_s)
        return None

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._process.wait()
        os.close(self.answers)


def _spawned(stream: BinaryIO, memory: int, seconds: int, what: What) -> _Spawned:
    answers, theirs = os.pipe()
    try:
        process = start_quarantine("main", stream, str(memory), str(seconds), what, stdout=theirs)
    except BaseException:
        os.close(answers)
        raise
    finally:
        os.close(theirs)
    return _Spawned(process, answers)


def _receive(child: Reader, out: bytearray, most: int) -> None:
    with suppress(OSError, ValueError):
        while len(out) <= most and (chunk := os.read(child.answers, 1 << 20)):
            out += chunk


def frames_in(out: bytes, name: str) -> list[tuple[dict[str, Any], bytes]]:
    """What the quarantine wrote, frame by frame. Raises CaptureError for other bytes, and for a refusal."""
    try:
        frames = list(read_frames(out))
    except (ValueError, RecursionError) as problem:
        raise CaptureError(f"{name} can't be read: its quarantine broke off.") from problem
    for header, _ in frames:
        if "refused" in header:
            raise CaptureError(
                f"{name} names {printable(header['refused'])}, which a holobench result never needs. It was refused, "
                "and nothing in it was run."
            )
        if "error" in header:
            raise CaptureError(f"{name} is not a saved holobench result: {printable(header['error'])}.")
    return frames


def printable(text: object) -> str:
    """What came from a pickle, fit for a terminal."""
    return plain(str(text), 300)
