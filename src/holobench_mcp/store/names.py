"""Naming a result: what a person or an agent writes, parsed once at the edge into every way it can be read.

`sort-20261124…` (an id or the beginning of one), `latest`, `latest~2`, `sort@latest`, `sort@baseline` (a ref),
`sort@1a2b3c` or `sort@HEAD` (a revision), `sort@1a2b3c+dirty`, `sort@label:after the change`; without the bench
`@main` or `label:after`. A bench's name may itself hold '@', so a text is split at each of them. Knows no store:
`lookup` finds which reading is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from holobench_mcp.model import InvalidArgument
from holobench_mcp.store import layout

#: A bench's name has at most 200 characters; a label may have more.
MAX_NAME = 1000
_LATEST = re.compile(r"latest(?:~(\d{1,6}))?")
_ID_PREFIX = re.compile(r"[a-z0-9][A-Za-z0-9_-]*")
#: An id of which only the end is missing: nothing else looks like it.
_MOST_OF_ID = re.compile(r"[a-z0-9][a-z0-9_-]*-\d{8}T\d{6}Z(?:-[0-9a-f]{0,9})?")
_LABEL = "label:"


@dataclass(frozen=True)
class ById:
    """An id or the beginning of one."""

    prefix: str


@dataclass(frozen=True)
class Latest:
    """The newest result, or the one `back` before it; of one bench, or of all."""

    bench: str | None
    back: int = 0


@dataclass(frozen=True)
class Labelled:
    """The newest result with this display label; of one bench, or of the only one that has it."""

    bench: str | None
    label: str


@dataclass(frozen=True)
class Named:
    """A ref, or a revision that was measured; of one bench, or of the only one that has it."""

    bench: str | None
    name: str


Ref = ById | Latest | Labelled | Named


def readings(text: str, argument: str = "result", *, bench: str | None = None) -> list[tuple[Ref, ...]]:
    """Every way to read a name, the likeliest first; what stands together is equally likely.

    bench: the one that is meant where the name has none. Raises InvalidArgument for what can't be a name of anything.
    """
    check_name(text, argument)
    tiers: list[tuple[Ref, ...]] = []
    if layout.is_result_id(text) or _MOST_OF_ID.fullmatch(text):
        tiers.append((ById(text),))
    if isinstance(latest := _selector(bench, text), Latest):
        return [*tiers, (latest,)]
    splits = [(text[:i], text[i + 1 :]) for i, c in enumerate(text) if c == "@" and 0 < i < len(text) - 1]
    tiers.append(tuple(_selector(before, after) for before, after in splits))
    # A revision may look like a label.
    tiers.append(tuple(Named(before, after) for before, after in splits if after.startswith(_LABEL)))
    if text.startswith("@") and len(text) > 1:
        tiers.append((_selector(bench, text[1:]),))
    if text.startswith(_LABEL):
        tiers.append((_selector(bench, text),))
    prefix = (ById(text),) if _ID_PREFIX.fullmatch(text) else ()
    tiers.append((*prefix, Latest(text), Named(bench, text)))
    return [tier for tier in tiers if tier]


def check_name(text: str, argument: str) -> None:
    """Raise InvalidArgument, naming the argument, for what names nothing: no text, too much, half of a character."""
    try:
        text.encode()
        fits = bool(text.strip()) and len(text) <= MAX_NAME
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise InvalidArgument(
            f"{argument}: a result is named by 1 to {MAX_NAME} characters, not {text[:40]!r}"
            f"{'…' if len(text) > 40 else ''} ({len(text)} characters). Use an id from list_results, 'latest', "
            "'<bench>@latest', '<bench>@<baseline name>', '<bench>@<revision>' or '<bench>@label:<label>'."
        )


def _selector(bench: str | None, text: str) -> Latest | Labelled | Named:
    """What stands behind the '@'."""
    if latest := _LATEST.fullmatch(text):
        return Latest(bench, int(latest[1] or 0))
    if text.startswith(_LABEL):
        return Labelled(bench, text.removeprefix(_LABEL))
    return Named(bench, text)
