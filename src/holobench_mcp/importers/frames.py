"""How the quarantine's process says what it found: frames of two lengths, JSON, and bytes of numbers."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">QQ")


def write_frame(out: BinaryIO, header: Mapping[str, Any], numbers: bytes = b"") -> None:
    """One result, or one error, on the wire."""
    text = json.dumps(header).encode()
    out.write(_LENGTHS.pack(len(text), len(numbers)) + text + numbers)


def read_frames(wire: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The frames on the wire. Raises ValueError for bytes that nobody wrote as frames, RecursionError for deep JSON."""
    at = 0
    while at < len(wire):
        if len(wire) < at + _LENGTHS.size:
            raise ValueError("a frame breaks off")
        text_size, size = _LENGTHS.unpack_from(wire, at)
        at += _LENGTHS.size
        header = json.loads(wire[at : at + text_size])
        if not isinstance(header, dict):
            raise ValueError("a header is an object")
        at += text_size
        yield header, wire[at : at + size]
        at += size
