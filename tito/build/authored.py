"""An authored notebook: its cells, and the line of the ``.py`` file on which each begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from tito.course import Assignment
from tito.errors import BuildError
from tito.notebooks.reading import nbgrader_metadata

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class AuthoredCell:
    """A cell and the line of its ``# %%`` header."""

    cell: NotebookNode
    line: int

    @property
    def nbgrader(self) -> dict:
        return nbgrader_metadata(self.cell)

    @property
    def grade_id(self) -> str:
        return self.nbgrader.get("grade_id", "")

    @property
    def is_graded(self) -> bool:
        return bool(self.nbgrader.get("grade"))

    @property
    def is_solution(self) -> bool:
        return bool(self.nbgrader.get("solution"))

    @property
    def is_test(self) -> bool:
        """Graded by running it, with nothing in it that a student writes."""
        return self.is_graded and not self.is_solution and self.cell.cell_type == "code"

    @property
    def first_source_line(self) -> int:
        return self.line + 1


@dataclass(frozen=True)
class Authored:
    """One assignment's ``.py`` file, read."""

    assignment: Assignment
    path: Path
    cells: tuple[AuthoredCell, ...]

    @property
    def graded(self) -> list[AuthoredCell]:
        return [cell for cell in self.cells if cell.is_graded]


def read_authored(root: Path, assignment: Assignment) -> Authored:
    """Read an assignment's ``.py`` file below the repository ``root``; raise BuildError when it cannot be read."""
    import jupytext

    path = root / assignment.source
    if not path.is_file():
        raise BuildError([f"{assignment.source}: the table names this file, but it does not exist"])
    text = path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    headers = _header_lines(text)
    if len(headers) != len(notebook.cells):
        raise BuildError(
            [f"{assignment.source}:1: {len(notebook.cells)} cells, but {len(headers)} '# %%' lines; give each cell one"]
        )
    cells = tuple(AuthoredCell(cell, line) for cell, line in zip(notebook.cells, headers, strict=True))
    return Authored(assignment, assignment.source, cells)


def _header_lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.split("\n"), start=1) if line.startswith("# %%")]
