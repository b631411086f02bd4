"""What one function does to the places that outlive it: what it looks up, decides by, hands out and stores there.

A cache is a place of which all of these are true in one function: what it does depends on whether something is there,
what is there is handed out, and what it computes of its arguments is put there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from holobench_mcp.measure.caches.flow import Flow, called_name
from holobench_mcp.measure.caches.places import LOOKUPS, STORES, Place, Places, is_of_the_file
from holobench_mcp.measure.caches.presence import asked_for_presence
from holobench_mcp.measure.caches.scopes import Module, Scope, root_name

_FILE_READS = frozenset({"open", "read_text", "read_bytes", "read", "load", "loadtxt", "readlines"})
_FILE_WRITES = frozenset({
    "write_text", "write_bytes", "write", "dump", "save", "savez", "tofile", "to_pickle", "symlink", "symlink_to",
    "writelines", "copyfileobj",
})  # fmt: skip
_FILE_GUARDS = frozenset({"exists", "is_file", "isfile", "is_dir", "isdir", "lexists", "access"})
#: Functions that put something into what they are given first.
_STORE_INTO = frozenset({
    "setitem", "__setitem__", "insort", "insort_left", "insort_right", "heappush", "putenv", "setattr", "__setattr__",
})  # fmt: skip
FILES, ENVIRONMENT = Place("handle", "files"), Place("module", "os.environ")


@dataclass
class Effects:
    """What a function does to places. by_key: chosen by an argument, as of a table; else as one slot."""

    decides: dict[Place, bool] = field(default_factory=dict)  #: on what it depends, and whether by key
    hands_out: set[Place] = field(default_factory=set)
    stores: dict[Place, tuple[ast.AST, bool]] = field(default_factory=dict)  #: where, and whether by key
    passes: set[Place] = field(default_factory=set)  #: where it puts what it was given
    compared: set[Place] = field(default_factory=set)  #: slots that it holds against an argument

    def caches(self) -> Iterator[tuple[Place, ast.AST]]:
        """The places in which it keeps what it computes."""
        # One slot may hold what the answer in another is of.
        has_slot = any(place in self.stores or place in self.passes for place in self.compared)
        for place, (node, by_key) in self.stores.items():
            decided = place in self.compared or self.decides.get(place, False)
            decided |= not by_key and (place in self.decides or has_slot)
            if decided and place in self.hands_out:
                yield place, node


class FunctionReading:
    """Reads one function, with what is known of those that it calls."""

    def __init__(
        self, module: Module, scope: Scope, known: Mapping[str, Effects], functions: Mapping[str, Scope]
    ) -> None:
        self.module, self.scope, self.known, self.functions = module, scope, known, functions
        self.places = Places(module, scope)
        self.effects = Effects()
        self.flow = Flow(module, scope, self.places)
        self._contents = self._of_names()

    def _of_names(self) -> dict[str, set[tuple[Place, bool]]]:
        """What each name has of the places, itself or through others."""
        contents: dict[str, set[tuple[Place, bool]]] = {}
        users: dict[str, set[str]] = {}
        for name, values in self.scope.sources.items():
            contents[name] = set().union(*(self._directly(value) for value in values))
            for mentioned in frozenset().union(*(self.flow.names(value) for value in values)):
                users.setdefault(mentioned, set()).add(name)
        pending = list(contents)
        while pending:
            name = pending.pop()
            for user in users.get(name, ()):
                if not contents[name] <= contents[user]:
                    contents[user] |= contents[name]
                    pending.append(user)
        return contents

    # ------------------------------------------------------------------ what is looked up

    def lookups(self, value: ast.AST) -> set[tuple[Place, bool]]:
        """The places whose contents an expression has, each with whether a key that an argument gives chose them."""
        found = self._directly(value)
        for name in self.flow.names(value):
            found |= self._contents.get(name, set())
        return found

    def _directly(self, value: ast.AST) -> set[tuple[Place, bool]]:
        """The same, but for what the names in it stand for."""
        found: set[tuple[Place, bool]] = set()
        for node in self.module.walk(value):
            match node:
                case ast.Name(id=name) if name in self.scope.bound:
                    if (place := self.places.of(node)) is not None and place.lasts:
                        found.add((place, False))
                case ast.Name(id=name) if name in self.scope.declared_global | self.scope.declared_nonlocal:
                    if (place := self.places.of(node)) is not None:
                        found.add((place, False))
                case ast.Attribute():
                    if (place := self.places.of(node)) is not None:
                        found.add((place, False))
                case ast.Subscript(value=container, slice=key):
                    if (place := self.places.of(container)) is not None:
                        found.add((place, self.flow.depends(key)))
                case ast.Call():
                    found |= self._looked_up_by(node)
                case ast.Compare(left=left, ops=ops, comparators=[container, *_]):
                    if isinstance(ops[0], ast.In | ast.NotIn) and (place := self.places.of(container)) is not None:
                        found.add((place, self.flow.depends(left)))
        return found

    def _looked_up_by(self, node: ast.Call) -> set[tuple[Place, bool]]:
        by_key = any(self.flow.depends(argument) for argument in node.args)
        found: set[tuple[Place, bool]] = set()
        match node.func:
            case ast.Name(id="hasattr" | "getattr") if len(node.args) > 1:
                place = self.places.of(node.args[0])
                if place is not None:
                    key = node.args[1]
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        place = Place(place.kind, f"{place.text}.{key.value}")
                    found.add((place, self.flow.depends(key)))
            case ast.Attribute(value=container, attr=method):
                place = self.places.of(container)
                if place is not None and not self._is_module(place) and self._may(place, method, LOOKUPS):
                    found.add((place, by_key))
        name = called_name(node)
        if name == "getenv":
            found.add((ENVIRONMENT, by_key))
        if (name in _FILE_READS and not _writes(node)) or name in _FILE_GUARDS:
            found.add((FILES, True))
        for place in self._called(node).hands_out:
            found.add((place, by_key))
        return found

    def _may(self, place: Place, method: str, methods: frozenset[str]) -> bool:
        return method in methods or is_of_the_file(self.module, place)

    def _is_module(self, place: Place) -> bool:
        """Whether a place is an imported module, whose functions are no methods of a container."""
        origin = self.module.imports.get(place.text) if place.kind == "module" else None
        return origin is not None and origin in (place.text, _ALIASED.get(place.text))

    # ------------------------------------------------------------------ calls of the file's own functions

    def _called(self, node: ast.Call) -> Effects:
        """What a function of this file does, in the caller's places."""
        match node.func:
            case ast.Name(id=name) if name not in self.scope.bound or name in self.scope.children:
                receiver = None
            case ast.Attribute(value=value, attr=name):
                receiver = self.places.of(value)
                if receiver is None or receiver.text.partition(".")[0] in self.module.imports:
                    return Effects()
            case _:
                return Effects()
        function = self._resolved(name, receiver)
        effects = self.known.get(function.name) if function is not None else None
        if function is None or effects is None or function is self.scope:
            return Effects()
        params = [p for p in function.params if p != function.receiver]
        given = dict(zip(params, node.args, strict=False)) | {k.arg: k.value for k in node.keywords if k.arg}
        own = set(dict(effects.caches()))

        def here(place: Place) -> Place | None:
            root, dot, rest = place.text.partition(".")
            if place.kind == "argument":
                inner = self.places.of(given[root]) if root in given else None
                return None if inner is None else Place(inner.kind, f"{inner.text}{dot}{rest}")
            if place.kind == "instance":
                return None if receiver is None else Place(receiver.kind, f"{receiver.text}{dot}{rest}")
            return place

        moved = Effects()
        for place in effects.hands_out:
            if (at := here(place)) is not None:
                moved.hands_out.add(at)
        for place, (_, by_key) in effects.stores.items():
            if (at := here(place)) is not None and not (place in own and place.lasts):
                moved.stores[at] = (node, by_key)
        for place in effects.passes:
            if (at := here(place)) is not None and not (place in own and place.lasts):
                moved.passes.add(at)
        for place, by_key in effects.decides.items():
            if (at := here(place)) is not None and place in own:
                moved.decides[at] = by_key
        return moved

    def _resolved(self, name: str, receiver: Place | None) -> Scope | None:
        """The function of this file that a call means: of its object's class, in reach, or the only one of its name."""
        if receiver is not None and receiver.kind == "module":
            of_class = self.module.class_of(receiver.text)
            if of_class is not None and name in of_class.children:
                return of_class.children[name]
        scope: Scope | None = self.scope
        while scope is not None:
            is_class = isinstance(scope.node, ast.ClassDef)
            if name in scope.children and is_class == (receiver is not None):
                return scope.children[name]
            if is_class and receiver is not None and receiver.text == "self":
                break
            scope = scope.parent
        return self.functions.get(name) if receiver is not None else None

    # ------------------------------------------------------------------ what is done

    def read(self) -> Effects:
        """Go through the function once."""
        for node in self.scope.nodes:
            self._value(node)
            self._decision(node)
            self._store(node)
        if isinstance(self.scope.node, ast.Lambda):
            self._hand_out(self.scope.node.body)
        self._implied()
        return self.effects

    def _value(self, node: ast.AST) -> None:
        match node:
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                self._hand_out(value)
            case ast.YieldFrom(value=value):
                self._hand_out(value)
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target, *_], value=value):
                if root_name(target) in set(self.scope.params) - {
                    self.scope.receiver
                }:  # an answer may be put where the caller finds it
                    self._hand_out(value, besides=self.places.of(target))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver), args=args)):
                if root_name(receiver) in set(self.scope.params) - {self.scope.receiver}:
                    for argument in args:
                        self._hand_out(argument, besides=self.places.of(receiver))

    def _hand_out(self, value: ast.expr, besides: Place | None = None) -> None:
        self.effects.hands_out |= {place for place, _ in self.lookups(value)} - {besides}

    def _decision(self, node: ast.AST) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                if orelse or not all(isinstance(s, ast.Raise | ast.Pass) for s in body):
                    self._decide(test)
            case ast.While(test=test) | ast.IfExp(test=test):
                self._decide(test)
            case ast.BoolOp(values=[*first, _]):
                if not isinstance(self.module.parents.get(node), ast.If | ast.Assert | ast.UnaryOp | ast.BoolOp):
                    for value in first:
                        self._decide(value)
            case ast.comprehension(ifs=tests, iter=iterable):
                for test in tests:
                    self._decide(test)
                self._decide(iterable, only_by_key=True)
            case ast.For(iter=iterable):
                self._decide(iterable, only_by_key=True)
            case ast.Match(subject=subject):
                self._decide(subject)
            case ast.Subscript(slice=ast.Compare() as test):
                self._decide(test)
            case ast.Try(body=body, handlers=[_, *_]):
                for statement in body:
                    for place, by_key in self.lookups(statement):
                        self.effects.decides[place] = by_key or self.effects.decides.get(place, False)
            case ast.With(items=items, body=body) if any(_suppresses(item.context_expr) for item in items):
                for statement in body:
                    for place, by_key in self.lookups(statement):
                        self.effects.decides[place] = by_key or self.effects.decides.get(place, False)
            case ast.Call():
                self.effects.decides.update(self._called(node).decides)

    def _decide(self, test: ast.expr, *, only_by_key: bool = False) -> None:
        """A test decides by what an argument looks up, whether a slot is filled, or what a slot was filled for."""
        compared: set[Place] = set()
        for node in self.module.walk(test):
            match node:
                case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot()], comparators=[right]):
                    for one, other in ((left, right), (right, left)):
                        if self.flow.depends(other, besides_self=True) and not self.lookups(other):
                            compared |= {place for place, _ in self.lookups(one) if place.lasts}
        self.effects.compared |= compared
        filled = set() if only_by_key else {p for node in asked_for_presence(test) for p in self._slots(node)}
        for place, by_key in self.lookups(test):
            if by_key or place in compared or place in filled:
                self.effects.decides[place] = by_key or self.effects.decides.get(place, False)

    def _slots(self, node: ast.AST) -> set[Place]:
        """The slots that an expression is the content of, as it is."""
        found = {self.places.of(node)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("hasattr", "isinstance"):
            found |= {place for place, _ in self.lookups(node)}
        calls = [node, *self.scope.sources.get(node.id, ())] if isinstance(node, ast.Name) else [node]
        for call in calls:
            found |= self._called(call).hands_out if isinstance(call, ast.Call) else set()
        return {place for place in found if place is not None}

    def _store(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value, node)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                self._assign(target, value, node)
            case ast.AugAssign(target=target, op=op, value=value):
                grows = isinstance(op, ast.BitOr) or isinstance(value, ast.List | ast.Tuple | ast.Dict)
                if grows and (place := self.places.of(target)) is not None:
                    self._put(place, [value], node, by_key=True)
            case ast.Call(func=ast.Name(id="setattr"), args=[target, key, value]):
                if (place := self.places.of(target)) is not None:
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        self._put(Place(place.kind, f"{place.text}.{key.value}"), [value], node, by_key=False)
                    else:
                        self._put(place, [value], node, by_key=True)
            case ast.Call(func=ast.Attribute(value=container, attr=method), args=[_, *_] as args):
                place = self.places.of(container)
                if place is not None and not self._is_module(place) and self._may(place, method, STORES):
                    self._put(place, [*args, *(k.value for k in node.keywords)], node, by_key=True)
        if isinstance(node, ast.Call):
            self._store_by_call(node)

    def _store_by_call(self, node: ast.Call) -> None:
        name = called_name(node)
        arguments = [*node.args, *(k.value for k in node.keywords)]
        if name in _STORE_INTO and len(arguments) > 1:
            place = ENVIRONMENT if name == "putenv" else self.places.of(arguments[0])
            if place is not None:
                self._put(place, arguments[1:], node, by_key=True)
        if name in _FILE_WRITES and any(map(self.flow.is_computed, arguments)):
            self.effects.stores[FILES] = (node, True)
        called = self._called(node)
        for place, (_, by_key) in called.stores.items():
            if place.lasts or place.kind == "argument":
                self.effects.stores.setdefault(place, (node, by_key))
        for place in called.passes:
            self._put(place, arguments, node, by_key=True)

    def _assign(self, target: ast.expr, value: ast.expr, node: ast.AST) -> None:
        match target:
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._assign(part, value, node)
            case ast.Subscript(value=container, slice=key):
                if (place := self.places.of(container)) is not None:
                    self._put(place, [value], node, by_key=self.flow.depends(key))
            case ast.Attribute():
                if (place := self.places.of(target)) is not None:
                    self._put(place, [value], node, by_key=False)
            case ast.Name(id=name) if name in self.scope.declared_global | self.scope.declared_nonlocal:
                if (place := self.places.of(target)) is not None:
                    self._put(place, [value], node, by_key=False)

    def _put(self, place: Place, values: Iterable[ast.expr], node: ast.AST, *, by_key: bool) -> None:
        """Note what is put somewhere, unless it is counted up there, or is what was there before."""
        for value in values:
            if self._adds_up(value, place):
                continue
            if self.flow.is_computed(value):
                self.effects.stores.setdefault(place, (node, by_key))
            elif self.flow.depends(value):
                self.effects.passes.add(place)

    def _adds_up(self, value: ast.expr, place: Place) -> bool:
        """Whether a value is the former one with something added."""
        if any(isinstance(node, ast.BoolOp | ast.IfExp) for node in self.module.walk(value)):
            return False
        return any(
            isinstance(node, ast.BinOp) and any(p == place for p, _ in self.lookups(node))
            for node in self.module.walk(value)
        )

    def _implied(self) -> None:
        """What Python itself does around some methods: it looks first, and hands out what was put there."""
        name = getattr(self.scope.node, "name", "")
        if self.scope.receiver is None or name not in ("__missing__", "__getattr__"):
            return
        for place in list(self.effects.stores):
            if place.text == "self":
                self.effects.decides[place] = True
                self.effects.hands_out.add(place)


_ALIASED = {"np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "nx": "networkx", "tf": "tensorflow"}


def _suppresses(call: ast.expr) -> bool:
    return isinstance(call, ast.Call) and called_name(call) == "suppress"


def _writes(call: ast.Call) -> bool:
    """Whether an `open` is for writing, by its mode."""
    return any(
        isinstance(a, ast.Constant) and isinstance(a.value, str) and a.value[:1] in ("w", "a", "x") and len(a.value) < 4
        for a in (*call.args[1:], *(k.value for k in call.keywords if k.arg == "mode"))
    )
