"""The newest entry of each chained journal that this machine wrote or verified, remembered outside of the store.

A store that is put back as a whole to what it was has nothing in it that shows so. Somebody who remembers shows it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from holobench_mcp.config import heads_folder


@dataclass(frozen=True)
class Head:
    """An entry of a journal: its place, its digest, and when it was seen."""

    place: int
    digest: str
    seen_at: str


def remember(url: str, place: int, digest: str, *, whatever_was: bool = False) -> None:
    """Remember an entry, unless a later one is. whatever_was: a person says that it is right."""
    before = remembered(url)
    if before is not None and before.place >= place and not whatever_was:
        return
    path = _path(url)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with suppress(OSError):  # a disk that is full takes nobody's results away
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            unfinished.write_text(json.dumps({"place": place, "digest": digest, "seen_at": now}), encoding="ascii")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def remembered(url: str) -> Head | None:
    """The latest entry of a store's journal that is remembered; None where none is."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        found = json.loads(_path(url).read_bytes())
        return Head(int(found["place"]), str(found["digest"]), str(found["seen_at"]))
    return None


def _path(url: str) -> Path:
    return heads_folder() / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json"
