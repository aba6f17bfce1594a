"""A notebook that tests an export: a module's released tests, and in place of its answers the names of the export.

The names come from the exported file by the names that the release gives them, so that a student's own helpers, and
what their notebook says meanwhile, do not matter. Tests of what is not exported are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from copy import deepcopy
from symtable import symtable
from typing import TYPE_CHECKING

import nbformat
from nbformat.v4 import new_code_cell

from tito.course import Module
from tito.notebooks.exporter import is_export_cell
from tito.notebooks.reading import nbgrader_metadata

if TYPE_CHECKING:
    from nbformat import NotebookNode

SETUP = "setup"
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
IMPORT = "import tinytorch.{name}"
TAKE = """\
for _name in {names!r}:
    if hasattr(tinytorch.{module}, _name):
        globals()[_name] = getattr(tinytorch.{module}, _name)"""


def export_tests(released: NotebookNode, module: Module) -> NotebookNode:
    """The notebook that runs a module's released tests against ``tinytorch.<module>``."""
    lost = _not_exported(released.cells)
    needed: set[str] = set()
    cells: list[NotebookNode] = []
    for position, cell in reversed(list(enumerate(released.cells))):
        if cell.cell_type != "code" or _name(cell) == SETUP or position in lost:
            continue
        if is_export_cell(cell):
            cells.append(_taken(cell, module, position + 1))
        elif _is_given(cell) or _bound(cell) & needed:
            needed |= _used(cell)
            cells.append(_labelled(cell, position + 1))
    first = new_code_cell(IMPORT.format(name=module.name), id="export")
    first.metadata["nbgrader"] = {"grade_id": f"tinytorch/{module.name}.py"}
    return nbformat.v4.new_notebook(cells=[first, *reversed(cells)], metadata=deepcopy(released.metadata))


def points_by_test(notebook: NotebookNode) -> dict[str, float]:
    """The ids of a notebook's graded tests, and the points of each."""
    metas = map(nbgrader_metadata, notebook.cells)
    return {meta["grade_id"]: meta["points"] for meta in metas if meta.get("grade") and not meta.get("solution")}


def _not_exported(cells: Iterable[NotebookNode]) -> set[int]:
    """The positions of answers without ``#| export``, and of the cells that use what these make: no export has it."""
    positions, names = set(), set()
    for position, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        bound = _bound(cell)
        if not is_export_cell(cell) and (_is_answer(cell) or (_used(cell) - bound) & names):
            positions.add(position)
            names |= bound
        else:
            names -= bound
    return positions


def _taken(cell: NotebookNode, module: Module, number: int) -> NotebookNode:
    """In place of an export cell: its imports, and its names from the export."""
    tree = ast.parse(cell.source)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = sorted(_bound(cell) - {name for node in imports for name in _imported(node)})
    lines = [ast.unparse(node) for node in imports]
    if names:
        lines.append(TAKE.format(names=names, module=module.name))
    taken = _labelled(cell, number)
    taken.source = "\n".join(lines)
    return taken


def _labelled(cell: NotebookNode, number: int) -> NotebookNode:
    """A copy of a released cell that always has a name to be found by."""
    copy = deepcopy(cell)
    copy.metadata["nbgrader"] = {"grade_id": f"released cell {number}", **nbgrader_metadata(cell)}
    return copy


def _is_answer(cell: NotebookNode) -> bool:
    return bool(nbgrader_metadata(cell).get("solution"))


def _is_given(cell: NotebookNode) -> bool:
    """Whether a released cell is a test or code that the student cannot change."""
    meta = nbgrader_metadata(cell)
    return bool(meta.get("grade") or meta.get("locked"))


def _name(cell: NotebookNode) -> str:
    return str(nbgrader_metadata(cell).get("grade_id", ""))


def _bound(cell: NotebookNode) -> set[str]:
    """The names that a cell makes at its top level."""
    names: set[str] = set()
    waiting: list[ast.AST] = [_tree(cell)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= _imported(node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, (ast.Lambda, *COMPREHENSIONS)):
            waiting.extend(ast.iter_child_nodes(node))
    return names


def _used(cell: NotebookNode) -> set[str]:
    """The global names that a cell reads, in its functions too."""
    waiting, names = [symtable(ast.unparse(_tree(cell)), "cell", "exec")], set()
    while waiting:
        scope = waiting.pop()
        top = scope.get_type() == "module"
        names |= {s.get_name() for s in scope.get_symbols() if s.is_referenced() and (top or s.is_global())}
        waiting.extend(scope.get_children())
    return names - (_looped(cell) - _bound(cell))


def _looped(cell: NotebookNode) -> set[str]:
    """The variables of a cell's comprehensions, which Python 3.12 and later count among those of the cell."""
    loops = [node for node in ast.walk(_tree(cell)) if isinstance(node, ast.comprehension)]
    return {name.id for loop in loops for name in ast.walk(loop.target) if isinstance(name, ast.Name)}


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {(alias.asname or alias.name).split(".")[0] for alias in node.names}


def _tree(cell: NotebookNode) -> ast.Module:
    """A cell's code; none where it is no Python (a magic)."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])
