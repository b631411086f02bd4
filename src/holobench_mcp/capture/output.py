"""What a command prints: passed on as it comes, and as much of it kept as is wanted."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO

#: Of the end of the output, for whoever asks why a command failed; and of the whole, where results are read from it.
TAIL_BYTES, MOST_BYTES = 64 << 10, 16 << 20


class Output:
    """Passes a child's output on, and keeps the end of it. most: how many bytes."""

    def __init__(self, stream: IO[bytes] | None, on_output: Callable[[bytes], None], most: int = TAIL_BYTES) -> None:
        self.is_cut = False  #: whether there was more than is kept
        self._end = bytearray()
        self._most = most
        self._on_output = on_output
        self._stream = stream
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if self._stream is None:
            return
        with suppress(OSError, ValueError):
            while chunk := os.read(self._stream.fileno(), 1 << 16):
                self._end += chunk
                if len(self._end) > 2 * self._most:
                    self._cut()
                # Whatever becomes of the listener, the child's output must flow on, or the child would wait for us.
                with suppress(Exception):
                    self._on_output(chunk)

    def _cut(self) -> None:
        self.is_cut = self.is_cut or len(self._end) > self._most
        del self._end[: -self._most]

    def finish(self) -> bytes:
        """The end of the output. A daemon that could not be killed may hold the pipe open: it is not waited for."""
        self._thread.join(timeout=2.0)
        if self._stream is not None and not self._thread.is_alive():
            self._stream.close()
        self._cut()
        return bytes(self._end)
