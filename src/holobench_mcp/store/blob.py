"""Bytes on their way into a store, with their digest: taken once, and joined only where a backend needs them whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

#: A part of an object: an array's own memory is one.
Part = bytes | memoryview


@dataclass(frozen=True)
class Blob:
    """An object that is named by its digest. parts: its bytes, in order."""

    parts: tuple[Part, ...]
    sha256: str
    size: int

    @classmethod
    def of(cls, content: Blob | bytes | Sequence[Part]) -> Blob:
        """The blob of some bytes, or of parts; a blob is its own."""
        if isinstance(content, Blob):
            return content
        parts = (content,) if isinstance(content, bytes) else tuple(content)
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
        return cls(parts, digest.hexdigest(), sum(map(len, parts)))


def digest_of(data: bytes) -> str:
    """The digest of an object's bytes, as blobs are named by it and the journal has it."""
    return hashlib.sha256(data).hexdigest()
