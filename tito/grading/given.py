"""Given functions: before each test, those that it calls are defined again, as the release has them.

A student's cell may stand between a given function and the test that relies on it, and give its name another meaning.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbformat import NotebookNode

from tito.notebooks.reading import is_test, nbgrader_metadata


def restorations(notebook: NotebookNode) -> dict[str, str]:
    """What to run after a cell because a test follows it: the source of given functions, by that cell's id."""
    given: dict[str, tuple[ast.FunctionDef, str]] = {}
    found: dict[str, str] = {}
    for before, cell in zip([None, *notebook.cells], notebook.cells, strict=False):
        tree = _tree(cell) if is_fixed(cell) else None
        if tree is None:
            continue
        if is_test(cell) and before is not None:
            wanted = [source for _, source in _needed(tree, given)]
            found |= {before.id: "\n\n\n".join(wanted)} if wanted else {}
        given |= {node.name: (node, _source(cell, node)) for node in tree.body if isinstance(node, ast.FunctionDef)}
    return found


def is_fixed(cell: NotebookNode) -> bool:
    """Whether a code cell is a test or given code, which the graft took from the release."""
    meta = nbgrader_metadata(cell)
    return cell.cell_type == "code" and not meta.get("solution") and bool(meta.get("grade") or meta.get("locked"))


def _needed(test: ast.Module, given: dict[str, tuple[ast.FunctionDef, str]]) -> Iterator[tuple[str, str]]:
    """The given functions that a test names, and those that they name; not what the test defines itself."""
    own = {node.name for node in test.body if isinstance(node, ast.FunctionDef)}
    waiting, seen = list(_names(test)), set(own)
    while waiting:
        name = waiting.pop()
        if name in given and name not in seen:
            seen.add(name)
            waiting += _names(given[name][0])
    return ((name, source) for name, (_, source) in given.items() if name in seen - own)


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _source(cell: NotebookNode, node: ast.FunctionDef) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(cell.source.split("\n")[first - 1 : node.end_lineno])


def _tree(cell: NotebookNode) -> ast.Module | None:
    try:
        return ast.parse(cell.source)
    except SyntaxError:  # a magic
        return None
