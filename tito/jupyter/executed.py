"""The cells that a kernel has run: which of them belong to a module, in their latest version, as a notebook."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tito.notebooks.exporter import directive_at
from tito.notebooks.reading import nbgrader_metadata

if TYPE_CHECKING:
    from nbformat import NotebookNode

SETUP = re.compile(r"""^\s*tito\.notebook\.setup\(\s*["'](\w+)["']\s*\)""", re.MULTILINE)
ALIKE = 0.6


@dataclass(frozen=True)
class Executed:
    """A cell as it was run: its text, the second in which it ran at the latest, and its id where it is known."""

    source: str
    at: float
    cell_id: str = ""

    @property
    def exported(self) -> bool:
        return is_export(self.source)


@dataclass(frozen=True)
class Matched:
    """The latest run of each released cell that was run, by its position, and the student's own export cells.

    ``extras`` holds with each of these the position of the released cell that was run before it (-1: none).
    """

    latest: dict[int, Executed]
    extras: tuple[tuple[int, Executed], ...]


def is_export(source: str) -> bool:
    """Whether a cell's first line that is not empty is ``#| export``."""
    return directive_at(source) >= 0


def assignment_of(executed: Iterable[Executed]) -> str:
    """The assignment whose setup cell was run last; empty when none was."""
    found = [name for cell in executed for name in SETUP.findall(cell.source)]
    return found[-1] if found else ""


def match(executed: Sequence[Executed], released: NotebookNode) -> Matched:
    """Find the released cell that each executed cell is a version of: by id, by its text, by what it defines.

    Only answers and export cells count; of what else was run, export cells are the student's own.
    """
    wanted = {at: cell for at, cell in enumerate(released.cells) if _counts(cell)}
    latest: dict[int, Executed] = {}
    extras: dict[str, tuple[int, Executed]] = {}
    before = -1
    for cell in executed:
        position = _position(cell, wanted)
        if position is not None:
            latest[position] = cell
            before = position
        elif cell.exported:
            names = _names(cell.source)
            key = next((known for known in extras if names & _names(known)), cell.source)
            place = extras.pop(key, (before, cell))[0]
            extras[cell.source] = (place, cell)
    return Matched(latest, tuple(extras.values()))


def rebuild(matched: Matched, released: NotebookNode) -> NotebookNode:
    """The released notebook with what was executed in it, and the student's own export cells where they were run."""
    import nbformat

    notebook = deepcopy(released)
    for position, cell in matched.latest.items():
        notebook.cells[position].source = cell.source
    for number, (place, cell) in reversed(list(enumerate(matched.extras))):
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(cell.source, id=f"own-{number}"))
    return notebook


def _counts(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and (bool(nbgrader_metadata(cell).get("solution")) or is_export(cell.source))


def _position(cell: Executed, wanted: dict[int, NotebookNode]) -> int | None:
    for position, released in wanted.items():
        if cell.cell_id and cell.cell_id == released.get("id"):
            return position
    same_kind = {at: released for at, released in wanted.items() if is_export(released.source) == cell.exported}
    for position, released in same_kind.items():
        if cell.source.strip() == released.source.strip():
            return position
    names = _names(cell.source)
    scores = {at: _likeness(cell.source, names, released.source) for at, released in same_kind.items()}
    best = max(scores, key=lambda at: scores[at], default=None)
    return best if best is not None and scores[best] > (0, 0) else None


def _likeness(source: str, names: set[str], released: str) -> tuple[float, float]:
    """How much of what two cells define is the same, then how alike their texts are; nameless ones by text alone."""
    theirs = _names(released)
    if not names and not theirs:
        ratio = difflib.SequenceMatcher(None, source, released).ratio()
        return (0, ratio) if ratio > ALIKE else (0, 0)
    shared = len(names & theirs) / len(names | theirs)
    return (shared, difflib.SequenceMatcher(None, source, released).quick_ratio()) if shared else (0, 0)


def _names(source: str) -> set[str]:
    """The names that a cell defines at its top level."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set(re.findall(r"^(?:class|def)\s+(\w+)", source, re.MULTILINE))
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name))
    return names
