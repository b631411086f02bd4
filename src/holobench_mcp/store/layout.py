"""Where everything in a store stands: keys, ids and slugs. The only module that spells a key.

The last key of every JSON document below is its digest, the sha256 of all bytes before it.

holobench-store.json                    {"format": 1}, with "chain": true where the journal is chained
blobs/<aa>/<sha256>                     content-addressed bytes
results/<result_id>.json                manifests; putting one is the commit of a result
refs/<bench>/<name>/<time>-<rand>.json  append-only log of a named ref
comparisons/<code>/<code>.json          which code was compared with which, and what it came to: tries are counted
measurements/<id>.json                  a measurement's plan, roles and outcome
trash/<time>/<key>                      what gc and retention took out of its place: destroyed a grace period later
damaged/<time>/<key>                    what repair took out of its place: never destroyed
journal/<number>.json                   what was recorded or removed, maybe chained; numbers go down, so that a listing
                                        begins with the last entry

Only comparisons and measurements are ever overwritten.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from holobench_mcp.model import InvalidArgument

MARKER = "holobench-store.json"
RESULTS = "results/"
BLOBS = "blobs/"
REFS = "refs/"
COMPARISONS = "comparisons/"
MEASUREMENTS = "measurements/"
TRASH = "trash/"
DAMAGED = "damaged/"
JOURNAL = "journal/"

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}-\d{8}T\d{6}Z-[0-9a-f]{10}")
_REF_TIME = "%Y%m%dT%H%M%S.%fZ"
_REF_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MEASUREMENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}-\d{8}T\d{6}Z-[0-9a-f]{6}")
_JOURNAL_KEY = re.compile(JOURNAL + r"(\d{12})\.json")
_LAST_NUMBER = 10**12 - 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: A text as JSON: a tenth of the time of a whole encoder, and an id is made of every manifest that is read.
_quoted = json.encoder.encode_basestring_ascii


@lru_cache(maxsize=1000)
def slug(bench_name: str) -> str:
    """A bench name as part of a key: lower case, at most 48 characters; the digest behind it tells twins apart."""
    plain = re.sub(r"[^a-z0-9_]+", "-", bench_name.lower()).strip("-_")[:48].strip("-_")
    return plain or "bench"


def make_result_id(bench_name: str, executed_at: datetime, sha256s: Mapping[str, str]) -> str:
    """`<slug>-<time>-<10 hex>`: readable, and the same for the same content.

    sha256s: the digest of every blob, by the blob's name. A manifest can't name other blobs and keep its id.
    """
    content = ",".join([f"{_quoted(name)}:{_quoted(sha256)}" for name, sha256 in sorted(sha256s.items())])
    digest = hashlib.sha256(f"{{{content}}}".encode()).hexdigest()
    at = executed_at.astimezone(UTC)
    time = f"{at.year}{at.month:02d}{at.day:02d}T{at.hour:02d}{at.minute:02d}{at.second:02d}Z"
    return f"{slug(bench_name)}-{time}-{digest[:10]}"


def is_result_id(text: str) -> bool:
    """Whether a text has the form of a whole result id."""
    return _ID.fullmatch(text) is not None


def manifest_key(result_id: str) -> str:
    """Where a manifest stands. Raises InvalidArgument for anything that is not the form of an id."""
    if not is_result_id(result_id):
        raise InvalidArgument(f"{result_id!r:.80} is not a result id; list_results shows them.")
    return f"{RESULTS}{result_id}.json"


def measurement_key(measurement_id: str) -> str:
    """Where a measurement's document stands. Raises InvalidArgument for anything that is not the form of its id."""
    if not _MEASUREMENT_ID.fullmatch(measurement_id):
        raise InvalidArgument(f"{measurement_id!r:.80} is not a measurement's id.")
    return f"{MEASUREMENTS}{measurement_id}.json"


def journal_key(place: int) -> str:
    """Where the entry of a place in the journal stands: the first is 0."""
    return f"{JOURNAL}{_LAST_NUMBER - place:012d}.json"


def journal_place(key: str) -> int | None:
    """The place of an entry of the journal; None for the key of anything else."""
    found = _JOURNAL_KEY.fullmatch(key)
    return None if found is None else _LAST_NUMBER - int(found[1])


def blob_key(sha256: str) -> str:
    """Where a blob stands. Raises InvalidArgument unless it is 64 hex digits."""
    if not _SHA256.fullmatch(sha256):
        raise InvalidArgument(f"{sha256!r:.80} is not a sha256.")
    return f"{BLOBS}{sha256[:2]}/{sha256}"


def is_ref_name(text: str) -> bool:
    """Whether a ref can have this name; a branch such as feature/x can't be one."""
    return _REF_NAME.fullmatch(text) is not None and ".." not in text and text != "latest"


def check_ref_name(name: str) -> str:
    """A ref's name. Raises InvalidArgument, and for `latest` too, which names itself."""
    if name == "latest":
        raise InvalidArgument("name: 'latest' always means the newest result; give the baseline another name.")
    if not is_ref_name(name):
        raise InvalidArgument(
            f"name: {name!r:.80} is not a name for a baseline: 1 to 64 letters, digits, '.', '_' and '-'."
        )
    return name


def sha256_of(key: str) -> str | None:
    """The digest that a blob's key is of; None for a key that is no blob's."""
    sha256 = key.rpartition("/")[2]
    return sha256 if _SHA256.fullmatch(sha256) and key == blob_key(sha256) else None


def ref_prefix(bench_name: str, name: str | None = None) -> str:
    """The folder of a bench's refs, or of one of them. Benches whose slugs agree have different folders."""
    folder = slug(bench_name)
    if folder != bench_name:
        folder += "-" + hashlib.sha256(bench_name.encode()).hexdigest()[:8]
    return f"{REFS}{folder}/" + (f"{check_ref_name(name)}/" if name is not None else "")


def new_ref_key(bench_name: str, name: str, when: datetime) -> str:
    """A key for the next entry of a ref's log: later entries sort later, and two at once never collide."""
    return f"{ref_prefix(bench_name, name)}{ref_time(when)}-{secrets.token_hex(4)}.json"


def ref_time(when: datetime) -> str:
    """What the key of a ref's entry begins with, behind its folder: when it was set."""
    return f"{when.astimezone(UTC):{_REF_TIME}}"


def ref_moment(key: str) -> datetime | None:
    """The moment in the key of an entry of a ref's log; None for another key."""
    time, _, _ = key.rpartition("/")[2].partition("-")
    try:
        return datetime.strptime(time, _REF_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
