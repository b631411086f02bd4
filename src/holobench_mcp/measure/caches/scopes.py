"""A Python file as scopes: which names each function binds, what its imports mean, and what it hands out.

A file is read whole or not at all: one that is no Python, or too large or too deep to be read in a moment, has none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
#: Larger files are not read: what a person writes is smaller, and parsing takes about a second a megabyte.
MAX_BYTES = 1 << 20
_MAX_NODES, _MAX_DEPTH = 400_000, 40
#: Looking at as many nodes takes some seconds; the largest files of known projects need a tenth.
_MAX_WORK = 10_000_000
#: What hands on the function that it is given, rather than calling it.
_WRAPPERS = frozenset({"wraps", "update_wrapper", "partial", "property", "staticmethod", "classmethod", "cast"})


class TooMuchWork(ValueError):
    """A file that is written so that it can't be read in a moment."""


@dataclass(eq=False)
class Scope:
    """A function, lambda, class or module, with the nodes that are its own."""

    node: Function | ast.ClassDef | ast.Module
    name: str  #: qualified, as Python has it; empty for the module
    parent: Scope | None
    params: tuple[str, ...] = ()
    lasting: frozenset[str] = frozenset()  #: parameters whose default is one object for all calls
    nodes: list[ast.AST] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    declared_global: set[str] = field(default_factory=set)
    declared_nonlocal: set[str] = field(default_factory=set)
    sources: dict[str, list[ast.expr]] = field(default_factory=dict)  #: what each name is made of
    grown: dict[str, list[ast.expr]] = field(default_factory=dict)  #: and what was put into it in place
    children: dict[str, Scope] = field(default_factory=dict)

    @property
    def is_function(self) -> bool:
        """Whether it runs when it is called."""
        return isinstance(self.node, Function)

    @property
    def receiver(self) -> str | None:
        """The first parameter of a method."""
        inside = self.parent is not None and isinstance(self.parent.node, ast.ClassDef)
        return self.params[0] if inside and self.params and not _is_static(self.node) else None

    def owner(self, name: str) -> Scope | None:
        """The enclosing function, or this one, that binds a name; None for the module's, and for builtins."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.declared_global:
                return None
            if scope.is_function and name in scope.bound and name not in scope.declared_nonlocal:
                return scope
            scope = scope.parent
        return None


@dataclass
class Module:
    """A file's scopes, its imports by the name that they have here, and the parent of each node."""

    top: Scope
    scopes: list[Scope]
    imports: dict[str, str]
    parents: dict[ast.AST, ast.AST]
    work: int = _MAX_WORK  #: how many more nodes are looked at

    def walk(self, node: ast.AST) -> Iterator[ast.AST]:
        """A node and all below it. Raises TooMuchWork once too many have been looked at, whatever the file does."""
        for found in ast.walk(node):
            self.work -= 1
            if self.work < 0:
                raise TooMuchWork
            yield found

    def functions(self) -> Iterator[Scope]:
        """Every function and lambda."""
        return (scope for scope in self.scopes if scope.is_function)

    def class_of(self, name: str) -> Scope | None:
        """The class of this file that a name of its top level is, or is an object of."""
        for value in (ast.Name(name), *self.top.sources.get(name, ())):
            called = value.func if isinstance(value, ast.Call) else value
            scope = self.top.children.get(called.id) if isinstance(called, ast.Name) else None
            if scope is not None and isinstance(scope.node, ast.ClassDef):
                return scope
        return None

    def dotted(self, node: ast.AST, depth: int = 8) -> str | None:
        """What a name means by the imports, such as functools.lru_cache; a name of the file's own as it is."""
        match node:
            case ast.Name(id=name):
                return self.imports.get(name, name)
            case ast.Attribute(value=value, attr=attribute) if depth:
                base = self.dotted(value, depth - 1)
                return None if base is None else f"{base}.{attribute}"
            case ast.Call(func=ast.Name(id="getattr"), args=[value, name, *_]) if depth:
                base = self.dotted(value, depth - 1)
                written = str(name.value) if isinstance(name, ast.Constant) else "?"
                return None if base is None else f"{base}.{written}"
            case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]) if depth:
                called = self.dotted(func, depth - 1)
                return name if called in ("__import__", "importlib.import_module") else None
        return None


def read_module(source: bytes | str) -> Module | None:
    """None for what is no Python that this one reads. Raises TooMuchWork for what is too large or too deep."""
    if len(source) > MAX_BYTES:
        raise TooMuchWork
    try:
        tree = ast.parse(source)
        return _Builder(tree).module
    except TooMuchWork:
        raise
    except (SyntaxError, ValueError):
        return None
    except (RecursionError, MemoryError, OverflowError) as problem:
        raise TooMuchWork from problem


class _Builder:
    """Gives each node to the scope that it is of, without recursion."""

    def __init__(self, tree: ast.Module) -> None:
        top = Scope(tree, "", None)
        self.module = Module(top, [top], {}, {})
        pending: list[tuple[ast.AST, Scope, int]] = [(node, top, 0) for node in reversed(tree.body)]
        nodes = 0
        while pending:
            node, scope, depth = pending.pop()
            nodes += 1
            if nodes > _MAX_NODES or depth > _MAX_DEPTH:
                raise TooMuchWork
            scope.nodes.append(node)
            inner = self._inner(node, scope)
            for child in reversed(list(ast.iter_child_nodes(node))):
                self.module.parents[child] = node
                own = inner is not None and _is_of_the_body(node, child)
                pending.append((child, inner if own and inner is not None else scope, depth + own))
        for scope in self.module.scopes:
            for node in scope.nodes:
                self._bind(scope, node)
        self._aliases(top)

    def _inner(self, node: ast.AST, scope: Scope) -> Scope | None:
        if not isinstance(node, Function | ast.ClassDef):
            return None
        name = node.name if not isinstance(node, ast.Lambda) else "<lambda>"
        inner = Scope(node, f"{scope.name}.{name}" if scope.name else name, scope)
        if isinstance(node, Function):
            arguments = node.args
            positional = [*arguments.posonlyargs, *arguments.args]
            others = [*arguments.kwonlyargs, *filter(None, (arguments.vararg, arguments.kwarg))]
            inner.params = tuple(argument.arg for argument in (*positional, *others))
            inner.bound |= set(inner.params)
            pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
            pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
            inner.lasting = frozenset(argument.arg for argument, default in pairs if _lasts(default))
        if not isinstance(node, ast.Lambda):
            scope.bound.add(node.name)
            scope.children[node.name] = inner
        self.module.scopes.append(inner)
        return inner

    def _bind(self, scope: Scope, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self.module.imports[name] = alias.name if alias.asname else name
            case ast.ImportFrom(names=names):
                for alias in names:
                    origin = f"{'.' * node.level}{node.module or ''}"
                    separator = "" if origin.endswith(".") or not origin else "."
                    self.module.imports[alias.asname or alias.name] = f"{origin}{separator}{alias.name}"
            case ast.Global(names=names):
                scope.declared_global |= set(names)
            case ast.Nonlocal(names=names):
                scope.declared_nonlocal |= set(names)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(scope, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                self._assign(scope, target, value)
            case ast.AugAssign(target=target, value=value):
                if isinstance(target, ast.Name):
                    scope.bound.add(target.id)
                _grow(scope, target, [value])
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._assign(scope, target, value)
            case ast.comprehension(target=target, iter=value):
                self._assign(scope, target, value)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._assign(scope, target, value)
            case ast.Match(subject=subject, cases=cases):
                for pattern in (n for case in cases for n in ast.walk(case.pattern)):
                    captured = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                    if isinstance(captured, str):
                        scope.bound.add(captured)
                        scope.sources.setdefault(captured, []).append(subject)
            case ast.Call(func=ast.Attribute(value=value), args=args) if args:
                _grow(scope, value, args)

    def _assign(self, scope: Scope, target: ast.expr, value: ast.expr) -> None:
        for part in _parts(target):
            if isinstance(part, ast.Name):
                scope.bound.add(part.id)
                scope.sources.setdefault(part.id, []).append(value)
            else:
                _grow(scope, part, [value])

    def _aliases(self, top: Scope) -> None:
        """A name that is another's at the top of the file, such as `fast = functools.lru_cache`."""
        for _ in range(3):
            for name, values in top.sources.items():
                origin = self.module.dotted(values[0]) if len(values) == 1 else None
                if origin is not None and "." in origin:
                    self.module.imports.setdefault(name, origin)


def _grow(scope: Scope, target: ast.expr, values: list[ast.expr]) -> None:
    root = root_name(target)
    if root is not None and root != scope.receiver:
        scope.grown.setdefault(root, []).extend(values)


def escapes(module: Module, scope: Scope) -> bool:
    """Whether a function or class that is defined in a call outlives it: it is handed out, not only called."""
    parent = scope.parent
    while parent is not None and not parent.is_function:
        scope, parent = parent, parent.parent
    if parent is None:
        return True
    names, out = {getattr(scope.node, "name", None)}, set(parent.declared_global | parent.declared_nonlocal)
    for _ in range(3):  # through names that it is given
        names |= {
            name
            for name, values in parent.sources.items()
            if any(_hands_on(module, value, names, scope.node) for value in values)
        }
    if names & out or (isinstance(parent.node, ast.Lambda) and _hands_on(module, parent.node.body, names, scope.node)):
        return True
    for node in parent.nodes:
        match node:
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                if _hands_on(module, value, names, scope.node):
                    return True
            case ast.Assign(targets=targets, value=value) if any(not isinstance(t, ast.Name) for t in targets):
                if _hands_on(module, value, names, scope.node):
                    return True
            case ast.Call(func=ast.Name(id="setattr"), args=args):
                if any(_hands_on(module, value, names, scope.node) for value in args):
                    return True
    return False


def _hands_on(module: Module, value: ast.expr, names: set[str | None], definition: ast.AST) -> bool:
    """Whether an expression is, or holds, a function; not only what one call of it gives."""
    pending: list[ast.AST] = [value]
    while pending:
        node = pending.pop()
        if node is definition or (isinstance(node, ast.Name) and node.id in names):
            return True
        if isinstance(node, ast.Call):
            last = (module.dotted(node.func) or "").rpartition(".")[2]
            made = isinstance(definition, ast.ClassDef) and last in names
            hands = isinstance(node.func, ast.Call) or last in _WRAPPERS or last[:1].isupper()
            if made:
                return True
            pending += [*node.args, *(k.value for k in node.keywords)] if hands else []
            pending += [node.func] if isinstance(node.func, ast.Call) else []
        elif not isinstance(node, ast.Attribute | ast.Subscript | ast.Compare):
            pending += ast.iter_child_nodes(node)
    return False


def root_name(node: ast.AST) -> str | None:
    """The name that a chain of attributes, subscripts and calls begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred | ast.Await):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _parts(target: ast.expr) -> Iterator[ast.expr]:
    pending = [target]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Tuple | ast.List):
            pending += part.elts
        else:
            yield part.value if isinstance(part, ast.Starred) else part


def _lasts(default: ast.expr) -> bool:
    """Whether a default is an object that can be changed."""
    return not isinstance(default, ast.Constant | ast.UnaryOp | ast.Lambda | ast.Attribute | ast.Tuple) or (
        isinstance(default, ast.Tuple) and any(_lasts(element) for element in default.elts)
    )


def _is_static(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in decorators)


def _is_of_the_body(node: ast.AST, child: ast.AST) -> bool:
    """Whether a part of a definition runs in it, unlike decorators, defaults and bases."""
    if isinstance(node, ast.Lambda):
        return child is node.body
    return isinstance(child, ast.stmt)
