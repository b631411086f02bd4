"""What reading a store finds: that something is damaged, or what can't be known of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A sentence on something in a store: that it is damaged, or, as a note, what can't be known of it.

    key: the object that it is of, or that is missing, where repair can set about it. result_id: the result that this
    takes from its readers. by_hand: only a person can put it right.
    """

    sentence: str
    damage: bool = True
    key: str | None = None
    result_id: str | None = None
    by_hand: bool = False
