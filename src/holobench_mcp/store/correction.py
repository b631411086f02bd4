"""Undoing what a disk does to bytes: of content whose digest is known, one flipped bit or a wrong end can be put right.

Nothing is guessed: what comes out has the digest that was written when the bytes were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from holobench_mcp.model import IntegrityError
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.seal import DIGEST_MARK, is_sealed, sealed, unsealed

#: Each of 8 n flips takes a digest of n/2 bytes on average: some seconds at this size.
MAX_BYTES = 20_000
#: Digits of a digest that must be left for a cut document to be known again.
_MIN_DIGITS = 16
#: What ends a document, behind the digits of its digest.
_END = b'"\n}'
#: Bytes behind the end that are taken for something that was appended.
_MAX_TAIL = 64


def corrected_blob(data: bytes, sha256: str) -> bytes | None:
    """The bytes of which a digest is, one flipped bit or an appended end away from these; None where there are none."""
    for end in range(len(data) - 1, max(-1, len(data) - _MAX_TAIL - 1), -1):
        if digest_of(data[:end]) == sha256:
            return data[:end]
    return _flipped_back(data, lambda digest: digest == sha256)


def corrected_document(data: bytes) -> bytes | None:
    """A document that agrees with its own digest, one flipped bit, a cut or an appended end away from this, or None."""
    body, mark, digits = data.rpartition(DIGEST_MARK)
    if mark:
        whole = data[: len(body) + len(mark) + 64 + len(_END)]
        if whole != data and len(data) - len(whole) <= _MAX_TAIL and _is_right(whole):
            return whole
        whole = sealed(body + b"\n}")
        if len(digits) >= _MIN_DIGITS and whole.startswith(data):
            return whole
        if len(whole) == len(data) and _distance(whole, data) == 1:
            return whole
        wanted = digits[:64].decode("latin-1")
        body_then = _flipped_back(body, lambda digest: digest == wanted)
        return None if body_then is None else sealed(body_then + b"\n}")
    if len(data) > MAX_BYTES:
        return None
    # The mark itself may have been hit.
    for i in range(max(0, len(data) - 2 * len(DIGEST_MARK) - 70), len(data)):
        for bit in range(8):
            candidate = data[:i] + bytes([data[i] ^ (1 << bit)]) + data[i + 1 :]
            if DIGEST_MARK in candidate and is_sealed(candidate) and _is_right(candidate):
                return candidate
    return None


def _is_right(data: bytes) -> bool:
    try:
        unsealed(data, "")
    except IntegrityError:
        return False
    return True


def _distance(one: bytes, other: bytes) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


def _flipped_back(data: bytes, is_it: Callable[[str], bool]) -> bytes | None:
    if len(data) > MAX_BYTES:
        return None
    before = hashlib.sha256()
    for i, byte in enumerate(data):
        rest = data[i + 1 :]
        for bit in range(8):
            flipped = bytes([byte ^ (1 << bit)])
            digest = before.copy()
            digest.update(flipped)
            digest.update(rest)
            if is_it(digest.hexdigest()):
                return data[:i] + flipped + rest
        before.update(data[i : i + 1])
    return None
