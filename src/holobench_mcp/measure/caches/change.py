"""Which caches a change adds: those of the head's files that the base's do not have, wherever they stood there."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from holobench_mcp.measure.caches.python import Cache, FileCaches, caches_in, decorators_of
from holobench_mcp.measure.caches.scopes import TooMuchWork

#: A decorator is followed through as many modules that hand it on, and as many files are read for all of them.
_HOPS, _MAX_MODULES = 3, 24


_Site = tuple[str, Cache]


@dataclass(frozen=True)
class FileSource:
    """A Python file of a change on both sides; None where there is none, or it is too large to be read."""

    path: str
    base: bytes | None
    head: bytes | None


@dataclass(frozen=True)
class NewCaches:
    """The caches that a change adds, by file, and the files of the head that can't be read as Python.

    too_much: those that may be Python, but are too large, or written so that reading them takes too long.
    """

    caches: tuple[tuple[str, Cache], ...] = ()
    unreadable: tuple[str, ...] = ()
    too_much: tuple[str, ...] = ()


@dataclass(frozen=True)
class Modules:
    """The other files of the head: their paths, and how to read one."""

    paths: Callable[[], Sequence[str]]
    read: Callable[[str], bytes | None]


def new_caches(files: Sequence[FileSource], modules: Modules | None = None) -> NewCaches:
    """Compare what each side keeps. A cache that has only moved, or has another name now, is not new."""
    before: dict[str, FileCaches] = {}
    after: dict[str, FileCaches] = {}
    unreadable, too_much = [], []
    for file in files:
        was = now = None
        with suppress(TooMuchWork):
            was = caches_in(file.base) if file.base is not None else None
        try:
            now = caches_in(file.head) if file.head is not None else None
        except TooMuchWork:
            too_much.append(file.path)
        if was is not None:
            before[file.path] = was
        if now is not None:
            after[file.path] = now
        elif file.head is not None:
            unreadable.append(file.path)
    found: list[_Site] = [(path, cache) for path, read in after.items() for cache in read.caches]
    if modules is not None:
        found += _by_decorators(before, after, modules)
    known: list[_Site] = [(path, cache) for path, read in before.items() for cache in read.caches]
    functions = {name for read in before.values() for name in read.functions}
    # A table that is of nothing is no answer; what a function without arguments used to work out each time is one.
    new = [(p, c) for p, c in _unmatched(found, known) if c.params or c.function in functions]
    return NewCaches(tuple(new), tuple(unreadable), tuple(too_much))


def _unmatched(found: list[_Site], known: list[_Site]) -> list[_Site]:
    """What is left of the head's when each of the base's has been found again at most once, the surest first."""
    for same in (_same_function_and_place, _same_place, _same_function):
        left: list[_Site] = []
        for site in found:
            match = next((other for other in known if same(site, other)), None)
            if match is None:
                left.append(site)
            else:
                known.remove(match)
        found = left
    return found


def _same_function_and_place(one: _Site, other: _Site) -> bool:
    return (one[0], one[1].function, one[1].place) == (other[0], other[1].function, other[1].place)


def _same_place(one: _Site, other: _Site) -> bool:
    """Of a decorator, which has no name of its own, only on what is called nearly alike."""
    names = [_last(cache.function).strip("_") for _, cache in (one, other)]
    alike = names[0] in names[1] or names[1] in names[0] or one[1].kind not in ("library", "decorator")
    return alike and (one[1].kind, one[1].place) == (other[1].kind, other[1].place)


def _same_function(one: _Site, other: _Site) -> bool:
    return _last(one[1].function) == _last(other[1].function)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


# ---------------------------------------------------------------------- decorators of other modules


def _by_decorators(
    before: Mapping[str, FileCaches], after: Mapping[str, FileCaches], modules: Modules
) -> Iterator[_Site]:
    """Functions that a decorator from elsewhere makes keep their answers, and that had it not before."""
    old = {(_last(name), _last(decorator)) for read in before.values() for name, decorator, _ in read.decorated}
    reader = _Decorators(modules)
    for path, file in after.items():
        for name, decorator, line in file.decorated:
            if (_last(name), _last(decorator)) not in old and "." in decorator and reader.caches(path, decorator):
                yield path, Cache(name, f"@{_last(decorator)}", line, None, kind="decorator")


class _Decorators:
    """Looks decorators up in the modules that define them."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._read: dict[str, tuple[frozenset[str], Mapping[str, str]]] = {}

    def caches(self, path: str, origin: str, hops: int = _HOPS) -> bool:
        """Whether a decorator, as a file imports it, keeps answers."""
        module, _, name = origin.lstrip(".").rpartition(".")
        module = "." * (len(origin) - len(origin.lstrip("."))) + module
        for place in self._places(path, module):
            if place not in self._read and len(self._read) < _MAX_MODULES:
                source = self._modules.read(place)
                self._read[place] = decorators_of(source) if source is not None else (frozenset(), {})
            caching, imports = self._read.get(place, (frozenset(), {}))
            if name in caching:
                return True
            if hops and name in imports and self.caches(place, imports[name], hops - 1):
                return True
        return False

    def _places(self, path: str, module: str) -> list[str]:
        """The files that a module may be, seen from another."""
        dots = len(module) - len(module.lstrip("."))
        words = PurePosixPath(*module.lstrip(".").split(".")) if module.lstrip(".") else PurePosixPath()
        if dots:
            folder = posixpath.normpath((PurePosixPath(path).parent / "/".join([".."] * (dots - 1)) / words).as_posix())
            return [f"{folder}.py", f"{folder}/__init__.py"]
        ends = (f"{words}.py", f"{words}/__init__.py")
        return [p for p in self._modules.paths() if p in ends or p.endswith(tuple(f"/{end}" for end in ends))][:4]
