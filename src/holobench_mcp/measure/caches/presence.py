"""Tests of presence: by what a function tells whether an answer is there already."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def asked_for_presence(test: ast.expr) -> Iterator[ast.AST]:
    """What a test asks of whether it is there: not none, not empty, no sentinel, an attribute that an object has."""
    pending: list[ast.AST] = [test]
    while pending:
        match pending.pop():
            case ast.BoolOp(values=values):
                pending += values
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                pending.append(operand)
            case ast.NamedExpr(value=value):
                yield value
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() | ast.In() | ast.NotIn(), *_], comparators=others):
                yield from (_unnamed(left), *map(_unnamed, others))
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq(), *_], comparators=[ast.Constant(value=None), *_]):
                yield _unnamed(left)
            case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call() as node:
                yield node


def _unnamed(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.NamedExpr) else node
