"""Restore: a given function is what the release says when a test calls it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from tito.course import REPOSITORY, load
from tito.execution.job import run_here
from tito.grading.execute import ExecuteOptions, conclude, prepare
from tito.grading.given import restorations
from tito.notebooks.reading import is_test

COURSE = load(REPOSITORY)
GIVEN = "LIMIT = 1\n\n\ndef problem(x):\n    return '' if near(x) else 'far'\n\n\ndef near(x):\n    return abs(x) < 1"


def cell(source: str, name: str, **flags: object) -> NotebookNode:
    meta = {"grade": False, "solution": False, "locked": True, "grade_id": name, "schema_version": 3, **flags}
    return new_code_cell(source, id=name, metadata={"nbgrader": meta})


def small(student: str) -> NotebookNode:
    test = cell("def again():\n    return problem(5)\n\n\nassert not again()", "test", grade=True, points=2)
    other = cell("def unused():\n    pass", "unused")
    return new_notebook(cells=[cell(GIVEN, "given"), other, new_code_cell(student, id="own"), test])


def test_what_a_test_calls_and_what_that_calls_is_restored_and_nothing_else():
    restored = restorations(small("x = 1"))
    assert list(restored) == ["own"]
    assert "def problem" in restored["own"] and "def near" in restored["own"]
    assert "unused" not in restored["own"] and "LIMIT" not in restored["own"] and "again" not in restored["own"]


@pytest.mark.parametrize("assignment", COURSE.assignments, ids=lambda assignment: assignment.id)
def test_every_released_notebook_has_restorations_that_are_python(assignment):
    path = REPOSITORY / "release" / assignment.id / f"{assignment.notebook}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    restored = restorations(notebook)
    for source in restored.values():
        compile(source, "restored", "exec")
    followed = {before.id for before, after in zip(notebook.cells, notebook.cells[1:], strict=False) if is_test(after)}
    assert set(restored) <= followed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["problem", "near"])
def test_another_meaning_for_a_given_function_earns_nothing(name: str, tmp_path: Path):
    (tmp_path / "tinytorch").mkdir()
    (tmp_path / "tinytorch" / "tensor.py").write_text("one = 1\n", encoding="utf-8")
    answer = {"problem": "problem = lambda x: ''", "near": "near = lambda x: True"}[name]
    job, private = prepare(small(answer), tmp_path, "perceptron", ExecuteOptions())
    graded = conclude(run_here(job), private).cells[-1]
    assert determine_grade(graded)[0] == 0 and graded.outputs[0].ename == "AssertionError"
