"""What in a function depends on its arguments, and what of that took work: only such a value is worth keeping."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from holobench_mcp.measure.caches.places import LOOKUPS, Places
from holobench_mcp.measure.caches.scopes import Module, Scope

#: What makes a value without working anything out.
_TRIVIAL = frozenset({
    "dict", "list", "set", "frozenset", "tuple", "isinstance", "len", "int", "str", "float", "bool", "id", "type",
    "object", "defaultdict", "OrderedDict", "Counter", "deque", "hash", "repr", "getattr", "cast", "Lock", "RLock",
    "count", "super", "ref", "time", "monotonic", "iter", "bytes", "zip", "range",
})  # fmt: skip
_WORK = (ast.BinOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Await)


class Flow:
    """The names of one scope that depend on the arguments, and those whose values took work."""

    def __init__(self, module: Module, scope: Scope, places: Places) -> None:
        self._module, self._scope, self._places = module, scope, places
        grown = {name for name in scope.grown if name in scope.bound}
        sources = scope.sources.items()
        mentions = {name: [self.names(value) for value in values] for name, values in sources}
        given = self._given()
        given |= {name for name, values in sources if any(self._calls_locals(value) for value in values)}
        given |= grown if given else set()  # how often something is added may depend on them, too
        self.tainted = closure(given, mentions)
        params = set(scope.params)
        works = {name for name, values in sources if any(map(self.works, values))}
        self._computed = closure((grown | works) - params, {n: m for n, m in mentions.items() if n not in params})

    def _given(self) -> set[str]:
        """The arguments, and all that those of enclosing functions have led to."""
        names: set[str] = set()
        scope: Scope | None = self._scope
        while scope is not None:
            if scope.is_function:
                names |= set(scope.params) if scope is self._scope else set(scope.params) | scope.bound
            scope = scope.parent
        if self._places.is_generator:  # what is sent to it
            sources = self._scope.sources.items()
            names |= {name for name, values in sources if any(isinstance(value, ast.Yield) for value in values)}
        return names

    def names(self, node: ast.AST) -> frozenset[str]:
        """The names that an expression mentions."""
        return frozenset(n.id for n in self._module.walk(node) if isinstance(n, ast.Name))

    def depends(self, node: ast.AST, *, besides_self: bool = False) -> bool:
        """Whether an expression mentions what depends on the arguments."""
        names = self.names(node) & self.tainted
        return bool(names - {self._scope.receiver}) if besides_self else bool(names)

    def works(self, value: ast.AST) -> bool:
        """Whether an expression works something out, other than by looking it up."""
        for node in self._module.walk(value):
            if isinstance(node, _WORK):
                return True
            if isinstance(node, ast.Call):
                name = called_name(node)
                if name not in _TRIVIAL and not (name in LOOKUPS and self._places.of(node) is not None):
                    return True
        return False

    def is_computed(self, value: ast.AST) -> bool:
        """Whether an expression is worth keeping: it depends on the arguments, and took work."""
        return self.depends(value) and (self.works(value) or bool(self.names(value) & self._computed))

    def _calls_locals(self, value: ast.AST) -> bool:
        return any(isinstance(n, ast.Call) and called_name(n) == "locals" for n in self._module.walk(value))


def closure(names: set[str], mentions: Mapping[str, list[frozenset[str]]]) -> set[str]:
    """Some names, and all that are made of one of them."""
    makes: dict[str, list[str]] = {}
    for name, sets in mentions.items():
        for mentioned in frozenset().union(*sets):
            makes.setdefault(mentioned, []).append(name)
    found, pending = set(names), list(names)
    while pending:
        for name in makes.get(pending.pop(), ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found


def called_name(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
