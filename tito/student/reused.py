"""Names of Python's own that a student's cell gave another meaning, where a later cell failed because of it.

``sum = 0`` in a notebook makes each ``sum(...)`` of a given cell below it fail. The cell that says ``sum = 0`` is the
place to go to, and not the given one, which a student cannot change.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from nbformat.v4 import new_output

from tito.notebooks.reading import nbgrader_metadata

if TYPE_CHECKING:
    from nbformat import NotebookNode

PYTHONS_OWN = {name for name in dir(builtins) if not name.startswith("_")}
COLORS = re.compile(r"\x1b\[[0-9;]*m")
ARROW = re.compile(r"^-+> \d+ (.*)$")
EXPLAINED = ("NotRun", "NotImplementedError", "NameError")  # these say what is missing
OPENED = ("numpy", "math")  # what is known of `from numpy import *`
NESTED = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def blame_reused_names(
    cells: Sequence[NotebookNode], released: Sequence[NotebookNode], labels: Mapping[str, str]
) -> None:
    """Note on executed cells which of them reused a name, and on those that failed by it which one to look at.

    ``labels`` say by a cell's id how the student finds it.
    """
    given = {name for cell in released for name in names_made(cell.source)}
    makers: dict[str, str] = {}  # the id of the cell that a name got its other meaning in
    blamed: dict[str, list[str]] = {}
    for cell in cells:
        if cell.cell_type != "code":
            continue
        for error in [output for output in cell.get("outputs", []) if output.output_type == "error"]:
            lines = list(_failing_lines(error)) if error.ename not in EXPLAINED else []
            used = [name for name in makers if any(_uses(name, line) for line in lines)]
            for maker in dict.fromkeys(makers[name] for name in used):
                names = [name for name in used if makers[name] == maker]
                place = labels.get(maker, "a cell above")
                error.evalue += f" ({place} gave Python's own {_listed(names)} another meaning)"
                blamed.setdefault(maker, []).extend(names)
        own = nbgrader_metadata(cell).get("solution") or str(cell.get("id", "")).startswith("extra-")
        if own:
            makers |= dict.fromkeys(sorted((names_made(cell.source) & PYTHONS_OWN) - given), cell.id)
    for cell in cells:
        names = list(dict.fromkeys(blamed.get(cell.get("id", ""), [])))
        if names:
            cell.outputs.append(new_output("error", ename="CheckFailed", evalue=_sentence(names), traceback=[]))


def names_made(source: str) -> set[str]:
    """The global names that a cell gives a meaning to; lines that are notebook commands do not count.

    >>> sorted(names_made("%time\\nsum = 0\\nfor max in []:\\n    pass\\ndef f():\\n    len = 3"))
    ['f', 'max', 'sum']
    """
    lines = ["" if line.startswith(("%", "!")) else line for line in source.split("\n")]
    try:
        waiting: list[ast.AST] = [ast.parse("\n".join(lines))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(_imported(node))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, NESTED):
            waiting.extend(ast.iter_child_nodes(node))
    return names


def _imported(node: ast.Import | ast.ImportFrom) -> Iterable[str]:
    for alias in node.names:
        if alias.name != "*":
            yield (alias.asname or alias.name).split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module in OPENED:
            module = importlib.import_module(node.module)
            yield from getattr(module, "__all__", dir(module))


def _failing_lines(error: NotebookNode) -> Iterator[str]:
    """The lines of the notebook's own cells in an error's traceback, and those that a check shows."""
    yield from (line for line in error.evalue.split("\n") if line.startswith("    "))
    in_cell = False
    for line in COLORS.sub("", "\n".join(error.traceback)).split("\n"):
        if line.startswith(("Cell In[", "File ")):
            in_cell = line.startswith("Cell")
        arrow = ARROW.match(line)
        if arrow and in_cell:
            yield arrow[1]


def _uses(name: str, line: str) -> bool:
    """Whether a line of code uses a name, and not an attribute or argument that is called so."""
    return bool(re.search(rf"(?<![\w.]){name}\b(?!\s*=[^=])", line))


def _sentence(names: Sequence[str]) -> str:
    own, them = ("is a name", "it") if len(names) == 1 else ("are names", "them")
    return (
        f"{_listed(names)} {own} of Python's own, and this cell gives {them} another meaning; "
        f"cells below it that use {them} fail. Choose other names, and restart the notebook."
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
