"""A file of a folder, read whole: by three calls of the system, as a first index reads a hundred thousand of them."""

from __future__ import annotations

import os

#: Bytes that are read at once: nearly every document is shorter.
_CHUNK = 1 << 16
_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0)


def read_file(path: str) -> bytes:
    """All bytes of a file. Raises OSError."""
    file = os.open(path, _READ_ONLY)
    try:
        parts = list[bytes]()
        while data := os.read(file, _CHUNK if len(parts) < 2 else max(os.fstat(file).st_size, _CHUNK)):
            parts.append(data)
        return b"".join(parts)
    finally:
        os.close(file)
