"""The caches of a Python file, whatever they are called: places that a function fills, and libraries that fill them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from holobench_mcp.measure.caches.effects import FILES, Effects, FunctionReading
from holobench_mcp.measure.caches.places import Place
from holobench_mcp.measure.caches.scopes import Module, Scope, TooMuchWork, escapes, read_module

#: Functions that keep answers, by what they are imported as; a decorator's name may tell as well.
_LIBRARY = re.compile(
    r"functools\.(?:lru_cache|cache|cached_property|\?)$"
    r"|(?:cachetools|methodtools|async_lru|aiocache|diskcache|joblib\.Memory|dogpile\.cache|beaker\.cache|klepto|percache"
    r"|flask_caching|django\.core\.cache|shelve|dbm|zict|lru)\b"
)
_CACHING_NAME = re.compile(
    r"(?:^|_)(?:\w*cached?|memo(?:i[sz]e[dr]?)?|memo)(?:_property|_readonly|_method|$)", re.IGNORECASE
)
_NO_CACHE = re.compile(r"(?:^|_)(?:no|never|un|clear|invalidate|disable|reset|flush)_?(?:\w*_)?cached?", re.IGNORECASE)
_ROUNDS = 3  #: how deep functions may share the work of one cache


@dataclass(frozen=True)
class Cache:
    """A place that keeps what a function works out of its arguments, beyond its call."""

    function: str  #: qualified
    place: str  #: as it is written
    line: int
    empty: str | None  #: what empties it, where that can be written in a line
    params: bool = True  #: whether there is anything that an answer could be of
    kind: str = ""


@dataclass(frozen=True)
class FileCaches:
    """What a file has of caches, and what it takes from other modules as decorators."""

    caches: tuple[Cache, ...]
    functions: frozenset[str]  #: qualified names
    decorated: tuple[tuple[str, str, int], ...]  #: function, what it is decorated with, line


def caches_in(source: bytes | str) -> FileCaches | None:
    """None for what is no Python. Raises TooMuchWork for what is not read in a moment."""
    module = read_module(source)
    if module is None:
        return None
    try:
        found = [*_written(module), *_from_libraries(module)]
        decorated = tuple(_decorated(module))
    except RecursionError as problem:
        raise TooMuchWork from problem
    own = _decorators(module, found)
    for name, decorator, line in decorated:
        if decorator in own:
            found.append(Cache(name, f"@{decorator}", line, None, kind="decorator"))
    return FileCaches(
        tuple(sorted(dict.fromkeys(found), key=lambda cache: cache.line)),
        frozenset(scope.name for scope in module.functions()),
        decorated,
    )


def decorators_of(source: bytes | str) -> tuple[frozenset[str], dict[str, str]]:
    """What of a file makes a function that it decorates keep its answers, and what the file imports."""
    try:
        module = read_module(source)
        if module is None:
            return frozenset(), {}
        return _decorators(module, [*_written(module), *_from_libraries(module)]), module.imports
    except (RecursionError, TooMuchWork):
        return frozenset(), {}


def _decorators(module: Module, caches: Collection[Cache]) -> frozenset[str]:
    """What stands at the top of a file, and hands out a function that keeps answers."""
    names = {cache.function.partition(".")[0] for cache in caches if "." in cache.function}
    classes = {n for n, s in module.top.children.items() if isinstance(s.node, ast.ClassDef)}
    called = {c.function.partition(".")[0] for c in caches if re.search(r"\.__(?:call|get|missing)__$", c.function)}
    return frozenset((names - classes) | (called & classes)) & frozenset(module.top.children)


# ---------------------------------------------------------------------- places


def _written(module: Module) -> Iterator[Cache]:
    """The places that the file's own functions fill."""
    functions = _by_name(module)
    known: dict[str, Effects] = {}
    for _ in range(_ROUNDS):
        known = {s.name: FunctionReading(module, s, known, functions).read() for s in module.functions()}
        if not functions:
            break
    for scope in module.functions():
        for place, node in known[scope.name].caches():
            if place.lasts and not _is_made_here(scope, place):
                line = getattr(node, "lineno", getattr(scope.node, "lineno", 1))
                yield Cache(_plain(scope), str(place), line, _empty(module, scope, place), kind=place.kind)


def _by_name(module: Module) -> dict[str, Scope]:
    """The file's functions by their last name, where only one has it."""
    found: dict[str, Scope | None] = {}
    for scope in module.functions():
        name = scope.name.rpartition(".")[2]
        found[name] = None if name in found else scope
    return {name: scope for name, scope in found.items() if scope is not None}


def _is_made_here(scope: Scope, place: Place) -> bool:
    """Whether an object is only being made."""
    name = getattr(scope.node, "name", "")
    return place.kind == "instance" and name in ("__init__", "__post_init__", "__setstate__", "__init_subclass__")


def _plain(scope: Scope) -> str:
    """A function's name; of a lambda, that of what it is in."""
    return scope.name.replace("<lambda>", "lambda")


def _empty(module: Module, scope: Scope, place: Place) -> str | None:
    if place == FILES:
        return None
    if place.kind == "module" and "." not in place.text and place.text in module.top.sources:
        value = module.top.sources[place.text][0]
        is_slot = isinstance(value, ast.Constant | ast.Tuple)
        return f"{place.text} = {ast.unparse(value)}" if is_slot else f"{place.text}.clear()"
    if place.kind == "default" and isinstance(scope.node, ast.FunctionDef) and "." not in scope.name:
        return f"{scope.name}.__defaults__[-1].clear()"
    return None


# ---------------------------------------------------------------------- libraries


def _from_libraries(module: Module) -> Iterator[Cache]:
    """What decorators and calls of libraries keep."""
    for scope in module.functions():
        for decorator in getattr(scope.node, "decorator_list", ()):
            origin = _origin(module, decorator)
            if origin is None or not _keeps(origin, decorator=True) or not escapes(module, scope):
                continue
            last = origin.rpartition(".")[2]
            has_params = bool(scope.params)
            top = isinstance(getattr(scope.parent, "node", None), ast.Module)
            clears = f"{scope.name}.cache_clear()" if top and last in ("lru_cache", "cache") else None
            yield Cache(scope.name, f"@{last}", decorator.lineno, clears, has_params, "library")
    for scope in module.scopes:
        if scope.is_function and not escapes(module, scope):
            continue
        for node in scope.nodes:
            if isinstance(node, ast.Call) and not _is_a_decorator(module, node):
                origin = module.dotted(node.func)
                if origin is not None and _LIBRARY.match(origin):
                    last = origin.rpartition(".")[2]
                    yield Cache(_cached_by(module, scope, node), last, node.lineno, None, kind="library")


def _origin(module: Module, decorator: ast.expr) -> str | None:
    while isinstance(decorator, ast.Call) and module.dotted(decorator) is None:
        decorator = decorator.func
    return module.dotted(decorator)


def _keeps(origin: str, *, decorator: bool) -> bool:
    last = origin.rpartition(".")[2]
    return bool(_LIBRARY.match(origin)) or (
        decorator and bool(_CACHING_NAME.search(last)) and not _NO_CACHE.search(last)
    )


def _is_a_decorator(module: Module, node: ast.AST) -> bool:
    while isinstance(parent := module.parents.get(node), ast.Call | ast.Attribute):
        node = parent
    return node in getattr(parent, "decorator_list", ())


def _cached_by(module: Module, scope: Scope, node: ast.Call) -> str:
    """What a call such as `lru_cache(None)(work)` is for: the function that it is given, or else the name of it all."""
    statement: ast.AST = node
    while isinstance(parent := module.parents.get(statement), ast.expr):
        statement = parent
    for name in (n.id for n in ast.walk(statement) if isinstance(n, ast.Name)):
        if name in module.top.children:
            return name
    targets = getattr(parent, "targets", None) or [getattr(parent, "target", None)]
    target = targets[0]
    named = ast.unparse(target) if isinstance(target, ast.Name | ast.Attribute) else "the module"
    return scope.name or named


def _decorated(module: Module) -> Iterator[tuple[str, str, int]]:
    """Functions with the decorators that are the project's own, as far as they have names."""
    for scope in module.functions():
        for decorator in getattr(scope.node, "decorator_list", ()):
            origin = _origin(module, decorator)
            if origin is not None and not _keeps(origin, decorator=True) and scope.params:
                yield scope.name, origin, decorator.lineno
