"""What is said of a change that makes code keep its answers, and how to measure without them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from holobench_mcp.measure.caches.change import FileSource, Modules, NewCaches, new_caches
from holobench_mcp.measure.caches.python import Cache
from holobench_mcp.measure.caches.scopes import MAX_BYTES
from holobench_mcp.measure.change import Change
from holobench_mcp.measure.file_names import named
from holobench_mcp.model import Difference

_MOST_NAMED = 3
#: Of the Python files of one change, as much is read on each side.
_MAX_TOTAL = 8 << 20
_MAX_TEXT = 60
_WORDS = {
    "files": "files on disk",
    "self": "its own object",
}
_FRESH = "give {function} an input that it has not had at each sample"


def caches_of(change: Change, passed_over: Collection[str] = ()) -> NewCaches:
    """The caches that a change's Python files add, but for some of them."""
    if change.base is None or change.head is None:
        return NewCaches()
    paths = [file.path for file in change.files if file.path.endswith((".py", ".pyw")) and file.path not in passed_over]
    if not paths:
        return NewCaches()
    before, after = (side.read(paths, MAX_BYTES, _MAX_TOTAL) for side in (change.base, change.head))
    head = change.head
    listed: list[str] = []

    def every_path() -> Sequence[str]:
        if not listed:
            listed.extend(path for path in head.paths() if path.endswith(".py"))
        return listed

    modules = Modules(every_path, lambda path: head.read([path], MAX_BYTES, MAX_BYTES).get(path))
    files = [FileSource(path, before.get(path), after.get(path)) for path in paths]
    found = new_caches(files, modules)
    too_large = tuple(path for path, source in after.items() if source is None)
    return NewCaches(found.caches, (*found.unreadable, *too_large), (*found.too_much, *too_large))


def caution_of(caches: Sequence[tuple[str, Cache]]) -> Difference:
    """One caution for all new caches, the first few of which it names."""
    shown = [f"{_function(cache)} in {_place(cache)} ({named([path])}:{cache.line})" for path, cache in caches]
    more = f" and {len(shown) - _MOST_NAMED} more" if len(shown) > _MOST_NAMED else ""
    path, first = caches[0]
    step = f"Measure with fresh inputs: {_FRESH.format(function=_function(first))}"
    if first.empty is not None and len(first.empty) <= _MAX_TEXT:
        step += f", or run `{PurePosixPath(path).stem}.{first.empty}` before each"
    elif first.kind == "instance":
        step += ", or a new object for each"
    return Difference(
        severity="caution",
        what="cached_answers",
        detail=f"the head's change keeps answers beyond a call: {', '.join(shown[:_MOST_NAMED])}{more}",
        next_step=f"{step}.",
    )


def _function(cache: Cache) -> str:
    name = re.sub(r"[^\w.]", "", cache.function)[-_MAX_TEXT:]
    return "the module" if not name or name == "themodule" else f"{name}()"


def _place(cache: Cache) -> str:
    return _WORDS.get(cache.place, "".join(c for c in cache.place if c.isprintable())[:_MAX_TEXT])
