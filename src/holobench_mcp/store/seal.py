"""A JSON document that vouches for its own bytes: its last key is the digest of all that stands before it.

A result's id vouches for its blobs, and these for the numbers; what else a manifest says (a machine, a label, which run
of which measurement) had nothing to vouch for it. Documents of before there were digests have none, and stay readable.
"""

from __future__ import annotations

import hashlib
import re

from holobench_mcp.model import IntegrityError

_DIGEST = re.compile(rb',\n "digest": "sha256:([0-9a-f]{64})"\n}')
#: What stands between a document's bytes and the digits of their digest.
DIGEST_MARK = b',\n "digest": "sha256:'
_LENGTH = len(b',\n "digest": "sha256:"\n}') + 64


def sealed(document: bytes) -> bytes:
    """A JSON object with its digest as its last key."""
    body = document.rstrip().removesuffix(b"}").rstrip()
    return body + b',\n "digest": "sha256:' + hashlib.sha256(body).hexdigest().encode() + b'"\n}'


def unsealed(data: bytes, key: str) -> bytes:
    """The document without its digest, which was right. Raises IntegrityError, naming the key, for a wrong one."""
    if not is_sealed(data):
        return data
    body, end = data[:-_LENGTH], data[-_LENGTH:]
    digest = _DIGEST.fullmatch(end)
    if digest is None or hashlib.sha256(body).hexdigest().encode() != digest[1]:
        raise IntegrityError(f"{key} is damaged: its bytes are not those that its digest is of.")
    return body + b"\n}"


def is_sealed(data: bytes) -> bool:
    """Whether a document has a digest, right or wrong: half of the mark shows it, as the other may be damaged."""
    end = data[-2 * _LENGTH :]
    return b'"digest"' in end or b'"sha256:' in end
