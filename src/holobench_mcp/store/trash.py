"""What was taken out of its place: by gc and retention for a grace period, by repair for ever.

Nothing is destroyed where it stands. Whoever finds that he needs a thing after all finds it here, under the time at
which it was taken out and its old key.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.folder import StoredObject

_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_CLOCK = f"{layout.TRASH}clock-"


@dataclass(frozen=True)
class Trashed:
    """An object in the trash: its key there, the one that it had, and when it was taken out, by the store's clock."""

    key: str
    original: str
    moment: datetime
    size: int


def store_clock(backend: Backend) -> datetime:
    """What time it is where the store is: a machine whose clock is wrong must not take young objects for old ones."""
    key = f"{_CLOCK}{secrets.token_hex(8)}"
    backend.put(key, b"?")
    try:
        return backend.written(key) or datetime.now(UTC)
    finally:
        backend.remove(key)


def take_out(backend: Backend, key: str, moment: datetime, folder: str = layout.TRASH) -> str | None:
    """Move an object out of its place. Gives back its key there; None when it was not there any more."""
    target = f"{folder}{moment.astimezone(UTC):{_MOMENT}}/{key}"
    return target if backend.move(key, target) else None


def items(backend: Backend, folder: str = layout.TRASH) -> Iterator[Trashed]:
    """All that is in the trash."""
    for found in backend.objects(folder):
        if (item := _trashed(found, folder)) is not None:
            yield item


def strangers(backend: Backend) -> list[str]:
    """The keys of what is in the trash, and was not put there by anything here."""
    found = (o for o in backend.objects(layout.TRASH) if not o.key.startswith(_CLOCK))
    return sorted(o.key for o in found if _trashed(o, layout.TRASH) is None)


def _trashed(found: StoredObject, folder: str) -> Trashed | None:
    time, slash, original = found.key.removeprefix(folder).partition("/")
    try:
        moment = datetime.strptime(time, _MOMENT).replace(tzinfo=UTC)
    except ValueError:  # a clock, or a stranger
        return None
    return Trashed(found.key, original, moment, found.size) if slash else None


def old_clocks(backend: Backend, before: datetime) -> list[str]:
    """The keys that readings of the clock left which were broken off."""
    return [o.key for o in backend.objects(layout.TRASH) if o.key.startswith(_CLOCK) and o.written <= before]


def put_back(backend: Backend, item: Trashed) -> bool:
    """Give an object its old place again, where nothing else has it by now."""
    return not backend.has(item.original) and backend.move(item.key, item.original)
