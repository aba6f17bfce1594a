"""A small milestone in a course directory of its own: one cell of each kind, graded in a second."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tito.course import Milestone, the_course
from tito.grading.classroom import Classroom
from tito.grading.reports.report import StudentScore, report
from tito.notebooks.grafting import graft

SECRET = "assert double(10) == 20, 'doubling ten'"


def _cell(make: Callable, source: str, grade_id: str, *, points: float = 0, solution: bool = False) -> NotebookNode:
    meta = {
        "grade": bool(points), "grade_id": grade_id, "locked": not solution, "schema_version": 3, "solution": solution,
        "task": False,
    }  # fmt: skip
    return make(source, metadata={"nbgrader": {**meta, "points": points} if points else meta}, id=grade_id)


def _small_source() -> NotebookNode:
    answer = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    test = (
        "assert double(1) == 2\nassert double(2) == 4\n### BEGIN HIDDEN TESTS\n"
        f"import warnings; warnings.warn('careful')\n{SECRET}\n### END HIDDEN TESTS"
    )
    text = "### BEGIN SOLUTION\nIt doubles.\n### END SOLUTION"
    cells = [
        new_markdown_cell("# Small", id="title"),
        _cell(new_code_cell, answer, "model-double-answer", solution=True),
        _cell(new_code_cell, test, "model-double", points=25),
        _cell(new_code_cell, "import tinytorch.tensor\nassert tinytorch.tensor.one == 1", "training-import", points=25),
        _cell(new_code_cell, "assert double('a') == 'aa'", "comparison-text", points=10),
        _cell(new_code_cell, text.replace("It doubles.", "plot = 1"), "visualization-plot", points=20, solution=True),
        _cell(new_markdown_cell, text, "systems-why", points=20, solution=True),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


class SmallClass:
    """A course directory with the small milestone, and what a test does in it."""

    package = {"tensor.py": b"one = 1\n"}

    def __init__(self, root: Path) -> None:
        self.root = root
        self.milestone: Milestone = the_course().milestone("perceptron")
        self.classroom = Classroom(root)

    @property
    def name(self) -> str:
        return f"{self.milestone.notebook}.ipynb"

    def notebook(self, tree: str = "source") -> NotebookNode:
        return nbformat.read(self.root / tree / self.milestone.id / self.name, as_version=4)

    def solved(self, **sources: str) -> NotebookNode:
        """The solution, with the cells of some grade ids (``_`` for ``-``) replaced."""
        notebook = graft(self.notebook(), self.notebook("release"))  # as a student has it: no hidden test
        for cell in notebook.cells:
            key = cell.metadata.get("nbgrader", {}).get("grade_id", "").replace("-", "_")
            cell.source = sources.get(key, cell.source)
        return notebook

    def hand_in(self, student: str, notebook: NotebookNode | None = None, package: dict | None = package) -> Path:
        return self.classroom.hand_in(student, self.milestone, notebook or self.solved(), package)

    def scores(self) -> dict[str, StudentScore]:
        return {score.student: score for score in report(self.root, self.milestone).students}

    def grade(self, student: str = "*") -> dict[str, StudentScore]:
        self.classroom.autograde(self.milestone, student)
        return self.scores()

    def feedback(self, student: str) -> str:
        self.classroom.feedback(self.milestone, student)
        page = self.root / "feedback" / student / self.milestone.id / f"{self.milestone.notebook}.html"
        return page.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def _generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    small = SmallClass(root)
    nbformat.write(_small_source(), root / small.name)
    small.classroom.add_source(root / small.name, small.milestone)
    small.classroom.generate(small.milestone)
    return root


@pytest.fixture
def small(_generated: Path, tmp_path: Path) -> SmallClass:
    """A fresh course directory in which the small milestone was generated."""
    shutil.copytree(_generated, tmp_path / "course")
    return SmallClass(tmp_path / "course")
