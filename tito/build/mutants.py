"""Mutants: everything that one slip can make of a solution. Checks that let one pass have a hole."""

from __future__ import annotations

import ast
import difflib
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED_NAMES = {
    "max": "min", "min": "max", "sum": "mean", "mean": "sum", "any": "all", "all": "any", "argmax": "argmin",
    "argmin": "argmax", "exp": "expm1", "log": "log1p", "log1p": "log", "maximum": "minimum", "minimum": "maximum",
    "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "append": "extend", "sqrt": "square", "sin": "cos",
}  # fmt: skip
SWAPPED_OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.MatMult: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Pow: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of a solution: what was changed, the regions with it, and the difference as lines."""

    what: str
    regions: list[str]
    diff: str


def mutants(regions: list[str]) -> Iterator[Mutant]:
    """Every one-step mutant of a solution, given region by region."""
    for number, region in enumerate(regions):
        tree = ast.parse("def solution():\n" + textwrap.indent(region, "    "))
        original = _body(tree)
        for parent, name, index in _places(tree):
            value = getattr(parent, name)
            child = value[index] if isinstance(value, list) else value
            for changed in _variants(child):
                _put(parent, name, index, changed)
                body = _body(tree)
                _put(parent, name, index, child)
                line = getattr(child, "lineno", 2) - 1
                new = ast.unparse(ast.fix_missing_locations(changed))
                what = f"region {number + 1}, line {line}: {ast.unparse(child)!r} -> {new!r}"
                yield Mutant(what, [*regions[:number], body, *regions[number + 1 :]], _difference(original, body))


def _variants(node: ast.AST) -> Iterator[ast.AST]:
    """All one-step changes of one node."""
    if isinstance(node, ast.expr):
        yield from _variants_of_expression(node)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(None)
    elif isinstance(node, ast.Break):
        yield ast.Continue()
    elif isinstance(node, ast.Continue):
        yield from (ast.Break(), ast.Pass())
    elif isinstance(node, ast.Raise | ast.AugAssign | ast.Expr | ast.For | ast.While) or (
        isinstance(node, ast.Assign) and not any(isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        yield ast.Pass()


def _variants_of_expression(node: ast.expr) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
        if type(node.op) in SWAPPED_OPERATORS:
            yield ast.BinOp(node.left, SWAPPED_OPERATORS[type(node.op)](), node.right)
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare):
        yield ast.Compare(node.left, [SWAPPED_OPERATORS[type(node.ops[0])](), *node.ops[1:]], node.comparators)
        yield from (ast.Constant(True), ast.Constant(False))
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(SWAPPED_OPERATORS[type(node.op)](), node.values)
        yield from node.values
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield ast.Constant(node.value + "x")
    elif isinstance(node, ast.Attribute) and node.attr in SWAPPED_NAMES:
        yield ast.Attribute(node.value, SWAPPED_NAMES[node.attr], node.ctx)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Call):
        yield from _variants_of_call(node)


def _variants_of_call(node: ast.Call) -> Iterator[ast.AST]:
    for number in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, node.keywords[:number] + node.keywords[number + 1 :])
    if len(node.args) > 1:
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
        yield ast.Call(node.func, node.args[:-1], node.keywords)
    yield from node.args[:1]
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if owner is not None and not (isinstance(owner, ast.Name) and owner.id == "np"):
        yield owner


def _places(tree: ast.Module) -> list[tuple[ast.AST, str, int]]:
    """Where a node can be changed: parent, field, and place in it; not in docstrings, nor in the text of f-strings."""
    in_text = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    return [
        (parent, name, index)
        for parent in ast.walk(tree)
        for name, value in ast.iter_fields(parent)
        for index, child in enumerate(value if isinstance(value, list) else [value])
        if isinstance(child, ast.AST)
        and not isinstance(child, ast.arguments)
        and not (id(child) in in_text and isinstance(child, ast.Constant))
        and not _is_docstring(child)
        and not _is_docstring(parent)
    ]


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _put(parent: ast.AST, name: str, index: int, node: ast.AST) -> None:
    value = getattr(parent, name)
    if isinstance(value, list):
        value[index] = node
    else:
        setattr(parent, name, node)


def _body(tree: ast.Module) -> str:
    return textwrap.dedent(ast.unparse(ast.fix_missing_locations(tree)).split("\n", 1)[1])


def _difference(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
