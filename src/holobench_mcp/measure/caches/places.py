"""Which place an expression stands for, and whether that place outlives a call: what a cache is kept in."""

from __future__ import annotations

import ast
import builtins
import sys
from dataclasses import dataclass
from typing import Literal

from holobench_mcp.measure.caches.scopes import Module, Scope, escapes

Kind = Literal["module", "instance", "default", "closure", "argument", "handle", "generator"]
#: Methods that look a key up, and those that put something in; of what the file itself makes, any may.
LOOKUPS = frozenset({
    "get", "pop", "setdefault", "__getitem__", "__getattribute__", "popitem", "index", "find", "load", "fetch", "read",
    "lookup", "values", "items", "copy", "get_many", "match", "search",
})  # fmt: skip
STORES = frozenset({
    "setdefault", "append", "appendleft", "add", "insert", "extend", "update", "put", "set", "store", "save", "write",
    "push", "__setitem__", "__setattr__", "put_nowait", "remember", "register", "insort", "execute", "set_many", "send",
})  # fmt: skip
#: What opens something outside the process, by what it is called; a file that is only read is no place to keep things.
_HANDLES = ("sqlite3.connect", "shelve.open", "dbm.open", "redis.Redis", "redis.StrictRedis", "threading.local",
            "multiprocessing.Manager", "multiprocessing.shared_memory.SharedMemory", "mmap.mmap",
            "contextvars.ContextVar", "diskcache.Cache", "socket.create_connection")  # fmt: skip
_THROUGH = frozenset({"vars", "type", "super", "getattr", "id", "cast"})


@dataclass(frozen=True)
class Place:
    """Where something is kept. An argument's own is only as lasting as what a caller gives for it."""

    kind: Kind
    text: str  #: as it is written, `self` for a method's receiver; what a subscript names is left out

    @property
    def lasts(self) -> bool:
        """Whether it outlives the call, whoever calls: an attribute of an object that was given does."""
        return self.kind != "argument" or "." in self.text

    def __str__(self) -> str:
        return self.text


class Places:
    """The places of one scope's expressions."""

    def __init__(self, module: Module, scope: Scope) -> None:
        self.module, self.scope = module, scope
        self._of_names: dict[str, Place | None] = {}
        self._escapes: dict[Scope, bool] = {}
        self.is_generator = any(
            isinstance(node, ast.Yield) and not isinstance(module.parents.get(node), ast.Expr) for node in scope.nodes
        )

    def of(self, node: ast.AST, depth: int = 30) -> Place | None:
        """The place that an expression names, or leads into; None for what is the call's own."""
        if not depth:
            return None
        match node:
            case ast.Name(id=name):
                return self._name(name, depth)
            case ast.Attribute(value=value, attr=attribute):
                base = self.of(value, depth - 1)
                return None if base is None else self._attribute(base, attribute)
            case ast.Subscript(value=value) | ast.Starred(value=value) | ast.Await(value=value):
                return self.of(value, depth - 1)
            case ast.NamedExpr(value=value):
                return self.of(value, depth - 1)
            case ast.BoolOp(values=values):
                return next(filter(None, (self.of(value, depth - 1) for value in values)), None)
            case ast.IfExp(body=body, orelse=orelse):
                return self.of(body, depth - 1) or self.of(orelse, depth - 1)
            case ast.Call():
                return self._call(node, depth)
        return None

    def _attribute(self, base: Place, attribute: str) -> Place:
        # What belongs to an object lies in its dictionary.
        same = attribute == "__dict__" and base.kind != "argument"
        return base if same else Place(base.kind, f"{base.text}.{attribute}")

    def _call(self, node: ast.Call, depth: int) -> Place | None:
        dotted = self.module.dotted(node.func)
        if dotted in _HANDLES:
            return Place("handle", f"{dotted}()")
        match node.func:
            case ast.Name(id="globals"):
                return Place("module", "globals()")
            case ast.Name(id=name) if name in _THROUGH and node.args:
                place = self.of(node.args[0], depth - 1)
                if name == "vars" and place is not None:
                    return self._attribute(place, "__dict__")
                if name == "getattr" and place is not None and len(node.args) > 1:
                    key = node.args[1]
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        return self._attribute(place, key.value)
                return place
            case ast.Name(id="super") | ast.Name(id="locals"):
                return None
            case ast.Attribute(value=value, attr="get" | "setdefault" | "__getitem__" | "cursor" | "dict"):
                return self.of(value, depth - 1)
        return None

    def _name(self, name: str, depth: int) -> Place | None:
        if name not in self._of_names:
            self._of_names[name] = None  # while it is looked for
            self._of_names[name] = self._bound(name, depth)
        return self._of_names[name]

    def _bound(self, name: str, depth: int) -> Place | None:
        scope = self.scope
        owner = scope.owner(name)
        if owner is None:
            return Place("module", name)
        if owner is not scope:
            if name == owner.receiver and name not in owner.sources:
                return Place("instance", "self")
            inner = self._inner_of(owner)
            return Place("closure", name) if inner is not None and self._outlives(inner) else None
        if name == scope.receiver and name not in scope.sources:
            return Place("instance", "self")
        if name in scope.lasting:
            return Place("default", name)
        values = scope.sources.get(name, ())
        for value in values:
            if isinstance(value, _CONTAINER_OF) and (place := self.of(value, depth - 1)) is not None:
                return place
        if name in scope.params:
            return Place("argument", name)
        return Place("generator", name) if self.is_generator and name in scope.grown else None

    def _inner_of(self, owner: Scope) -> Scope | None:
        """The function directly in the owner through which this scope is in it."""
        scope: Scope | None = self.scope
        while scope is not None and scope.parent is not owner:
            scope = scope.parent
        return scope

    def _outlives(self, inner: Scope) -> bool:
        if inner not in self._escapes:
            self._escapes[inner] = escapes(self.module, inner)
        return self._escapes[inner]


#: What gives a name to a place or to something in it, rather than to a value that was made of it.
_CONTAINER_OF = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BoolOp, ast.IfExp, ast.NamedExpr, ast.Await)


def is_of_the_file(module: Module, place: Place) -> bool:
    """Whether a place is an object of a class that is the project's own, any method of which may look up and store."""
    root = place.text.partition(".")[0]
    if place.kind != "module" or root in module.imports or root not in module.top.sources:
        return place.kind == "handle"
    for value in module.top.sources[root]:
        called = module.dotted(value.func) if isinstance(value, ast.Call) else None
        if called is not None:
            first = called.partition(".")[0]
            return called in _HANDLES or not (first in sys.stdlib_module_names or hasattr(builtins, first))
    return False
