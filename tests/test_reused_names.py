"""A name of Python's own that was given another meaning is named where that was done, and not where it struck."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from tito.execution.run import execute
from tito.student.reused import blame_reused_names, names_made

REUSED = {
    "extra-1": "from numpy import *",
    "extra-2": "sum = 0",
    "extra-3": "%time list, len = [1], 3\nlen = 3\nlist = [1]",
    "extra-4": "def max(*values):\n    raise RuntimeError('mine')",
    "extra-5": "abs = None\nx, round = 1, 2",
    "extra-6": "total, min_value = 1, 2\ndef inner():\n    sorted = 3\n    return sorted",
}
GIVEN = {
    "uses-sum": "def plus(x):\n    return sum([x, 1])\nplus(1)",
    "uses-both": "print(list(range(3)), len([]))",
    "uses-max": "max(1, 2)",
    "uses-all": "all([1], 2, 3, 4, 5)",
    "uses-attribute": "class A:\n    sum = 5\nA().sum()",
    "uses-nothing": "1 / 0",
    "not-written": "raise NotImplementedError(f'{abs}')",
    "fine": "sorted([2, 1])",
}


@pytest.fixture(scope="module")
def read() -> dict[str, NotebookNode]:
    """These cells after a run in which each given one met the student's names."""
    cells = [new_code_cell(source, id=name) for name, source in {**REUSED, **GIVEN}.items()]
    executed = execute(new_notebook(cells=cells), {}).notebook.cells
    labels = {name: f"cell {number}" for number, name in enumerate(REUSED, start=1)}
    blame_reused_names(executed, [new_code_cell("round = 3\ndef given():\n    abs = 1")], labels)
    return {cell.id: cell for cell in executed}


def said(cell: NotebookNode) -> str:
    return " | ".join(f"{out.ename}: {out.evalue}" for out in cell.outputs if out.output_type == "error")


@pytest.mark.slow
def test_the_cell_that_reused_a_name_is_where_to_go(read):
    for name, cell, reused in (("sum", 2, "sum"), ("both", 3, "len and list"), ("max", 4, "max"), ("all", 1, "all")):
        assert said(read[f"uses-{name}"]).endswith(f"(cell {cell} gave Python's own {reused} another meaning)")
        assert "of Python's own, and this cell gives" in said(read[f"extra-{cell}"])
        assert "Choose other names" in said(read[f"extra-{cell}"])


@pytest.mark.slow
def test_what_has_another_cause_is_left_alone(read):
    for name in ("uses-attribute", "uses-nothing", "not-written", "fine", "extra-5", "extra-6"):
        assert "another meaning" not in said(read[name])


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("sum = 0", {"sum"}),
        ("%matplotlib inline\n!ls\nsum = 0", {"sum"}),
        ("for max, (min, *all) in []:\n    pass", {"max", "min", "all"}),
        ("with open('x') as list:\n    pass", {"list"}),
        ("import math as round\nfrom os import path as str", {"round", "str"}),
        ("def f(len):\n    sum = len\nclass A:\n    max = 1", {"f", "A"}),
        ("[sum for sum in range(3)]\nlambda max: max", set()),
        ("if (any := 3):\n    del any", {"any"}),
        ("def f(:", set()),
    ],
)
def test_names_that_a_cell_makes(source: str, names: set[str]):
    assert names_made(source) == names


def test_what_star_imports_bring_is_known_for_numpy_and_math():
    assert {"sum", "max", "all", "round"} <= names_made("from numpy import *")
    assert "pow" in names_made("from math import *")
    assert names_made("from somewhere import *") == set()
