"""Which lines a probe has to see running before it is known that a benchmark runs the change, and not only loads it.

A definition is executed when its module is imported, what it defines only when it is called: a change of a function
counts as run when the changed statement, or for its head and for what was deleted the function itself, is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from holobench_mcp.measure.change import Change, FileChange
from holobench_mcp.measure.file_names import named
from holobench_mcp.measure.measured_change import Footprint, differing_files
from holobench_mcp.model import Difference

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
#: Words in a decorator that has a function compiled: its lines run, and no interpreter sees them.
_COMPILES = ("jit", "vectorize", "cuda", "compile", "kernel", "cfunc", "stencil", "triton", "pythran")


@dataclass(frozen=True)
class ChangedLines:
    """What of a change can be seen running. Minus n is a call of the function that begins in line n."""

    lines: Mapping[str, frozenset[int]]  #: by path from the tree's top
    functions: tuple[str, ...]  #: where the change stands, in words


def changed_lines(change: Change, base: Footprint, head: Footprint) -> ChangedLines | None:
    """The lines of a change of which one has to run, in the Python files that the head loaded.

    What is imported at the top of a module is of the change only where nothing else is.
    None where that can't be told: nothing of it is executable, or a part of it is compiled, or is no Python.
    """
    parts: list[tuple[str, _Part]] = []
    differing = set(differing_files(change, base, head))
    for file in change.files:
        if file.path not in head.files or file.path not in differing:
            continue
        if not file.path.endswith(".py"):
            return None  # a data file that was opened, or a library: it was used, for all that can be told
        try:
            tree = ast.parse((head.top / file.path).read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            return None
        wanted = _wanted(file, tree)
        if wanted is None:
            return None
        parts += [(file.path, part) for part in wanted]
    parts = [(path, part) for path, part in parts if not part.is_import] or parts
    lines = {path: frozenset(n for p, part in parts if p == path for n in part.lines) for path, _ in parts}
    return (
        ChangedLines(lines, tuple(dict.fromkeys(f"{part.name} of {path}" for path, part in parts))) if lines else None
    )


def not_run(changed: ChangedLines) -> Difference:
    """What to say of a change of which no line was run in a whole warm-up of the head."""
    detail = (
        f"the benchmark loads what the head changes, but runs none of the changed lines, in "
        f"{named(changed.functions, 3)}: this benchmark can't see the change"
    )
    return Difference(severity="caution", what="change_not_run", detail=detail)


@dataclass(frozen=True)
class _Part:
    """One changed piece of code, and the lines of which one shows that it runs."""

    name: str
    lines: frozenset[int]
    is_import: bool = False


def _wanted(file: FileChange, tree: ast.Module) -> list[_Part] | None:
    """The changed parts of a file; None where one of them is compiled by a decorator."""
    parts = []
    for hunk in file.hunks:
        if hunk.added:
            numbers = [
                number
                for number, text in enumerate(hunk.added, hunk.added_at)
                if text.strip() and not text.strip().startswith("#")
            ]
        else:
            numbers = []
            if any(text.strip() and not text.strip().startswith("#") for text in hunk.removed):
                parts += _around(tree, hunk.added_at, hunk.removed)
        for number in numbers:
            part = _part_of(tree, number)
            if part is not None:
                parts.append(part)
    if any(_is_compiled(function) for function in _functions_of(tree, parts)):
        return None
    return parts


def _part_of(tree: ast.Module, number: int) -> _Part | None:
    """The part that an added line is of; None for a docstring, or another line that nothing executes."""
    scope, statement = _innermost(tree, number)
    if statement is None:
        return None
    if isinstance(statement, _Function):
        return _Part(statement.name, frozenset({-_first(statement)}))
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return None
    if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Lambda):
        return _Part(ast.unparse(statement).partition(" ")[0], frozenset({-statement.value.lineno}))
    body = getattr(statement, "body", None)
    first, end = _first(statement), statement.end_lineno or statement.lineno
    if isinstance(body, list) and body:
        end = max(_first(body[0]) - 1, statement.lineno)
    if number > end:  # such as an `else:`: what follows it shows that it runs
        following = [s.lineno for s in ast.walk(statement) if isinstance(s, ast.stmt) and s.lineno > number]
        first, end = number, min(following, default=number)
    name = scope.name if isinstance(scope, _Definition) else "the module"
    is_import = isinstance(statement, ast.Import | ast.ImportFrom) and not isinstance(scope, _Definition)
    return _Part(name, frozenset(range(first, end + 1)), is_import)


def _around(tree: ast.Module, after: int, removed: Sequence[str]) -> list[_Part]:
    """The function that deleted lines stood in, after a line of the head's; the module's next statement otherwise."""
    if any(text.lstrip().startswith("@") for text in removed):
        decorated = [node for node in ast.walk(tree) if isinstance(node, _Function) and _first(node) == after + 1]
        if decorated:
            return [_Part(function.name, frozenset({-_first(function)})) for function in decorated]
    indent = min(len(text) - len(text.lstrip()) for text in removed if text.strip())
    inside = [
        function
        for function in ast.walk(tree)
        if isinstance(function, _Function)
        and function.lineno <= after <= (function.end_lineno or 0)
        and function.col_offset < indent
    ]
    if inside:
        innermost = max(inside, key=lambda function: function.lineno)
        return [_Part(innermost.name, frozenset({-_first(innermost)}))]
    lines = {statement.lineno for statement in ast.walk(tree) if isinstance(statement, ast.stmt)}
    # Of the module, or of a class: it is executed when it is imported.
    return [_Part("the module", frozenset(lines))] if lines else []


def _innermost(tree: ast.Module, number: int) -> tuple[ast.AST, ast.stmt | None]:
    """The innermost statement that a line belongs to, and the function or class that it stands in."""
    scope: ast.AST = tree
    found: ast.stmt | None = None
    pending: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
    while pending:
        node, around = pending.pop()
        if isinstance(node, ast.stmt):
            if not _first(node) <= number <= (node.end_lineno or node.lineno):
                continue
            found, scope = node, around
        inner = node if isinstance(node, _Definition) else around
        pending += [(child, inner) for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]
    return scope, found


def _first(statement: ast.stmt) -> int:
    """The line in which a statement begins, with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _functions_of(tree: ast.Module, parts: Iterable[_Part]) -> list[_Function]:
    """The functions, and those around them, in which the parts stand."""
    lines = {abs(line) for part in parts for line in part.lines}
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, _Function) and any(_first(node) <= n <= (node.end_lineno or 0) for n in lines)
    ]


def _is_compiled(function: _Function) -> bool:
    written = " ".join(ast.unparse(decorator).lower() for decorator in function.decorator_list)
    return any(word in written for word in _COMPILES)


def wanted_paths(changed: ChangedLines, top: Path) -> dict[str, frozenset[int]]:
    """The wanted lines by the paths of a tree, as a probe has to know them."""
    return {str(top / path): lines for path, lines in changed.lines.items()}
