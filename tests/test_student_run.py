"""What a student is told of a run: one notebook with many faults, run once, and the report of it."""

from __future__ import annotations

import dataclasses
import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tito.cli.module import show_check, show_repair
from tito.cli.show import print_json
from tito.course import REPOSITORY, load
from tito.files import write_atomically
from tito.notebooks.exporter import CellSpan, ExportRecord, record_path
from tito.student import checks
from tito.student.checks import FAILED, NOT_TRIED, PASSED, NotebookCheck, Problem

pytestmark = pytest.mark.slow

TENSOR = b"import numpy as np\n\n\ndef stretch(x):\n    return x @ np.zeros(7)\n"


def heading(name: str, kind: str = "core") -> object:
    return new_markdown_cell(f"### {name} \u00b7 write \u00b7 8 min \u00b7 {kind}\n\nDo it.")


def answer(name: str, source: str) -> object:
    return marked(new_code_cell(f"#| export\n{source}"), f"{name}-answer", grade=False, solution=True, locked=False)


def visible(name: str, source: str) -> object:
    return marked(new_code_cell(source), name, grade=True, solution=False, locked=True, points=1)


def marked(cell, grade_id: str, **meta) -> object:
    cell.metadata["nbgrader"] = {"grade_id": grade_id, "schema_version": 3, "task": False, **meta}
    return cell


def notebook() -> list[object]:
    return [
        new_code_cell("import numpy as np\nfrom tito.lesson import breaks, check\nX = np.array([1.0, 2.0, 4.0])"),
        heading("90-fine"),
        answer("90-fine", "def fine(x):\n    return x"),
        visible("90-fine", "check(lambda: fine(X), X)"),
        heading("90-crash"),
        answer("90-crash", "def crash(x):\n    y = x + 1\n    return y[9]"),
        visible("90-crash", "crash(X)"),
        new_code_cell("shown = crash(X)"),
        heading("90-later"),
        answer("90-later", "def later(x):\n    return crash(x)"),
        visible("90-later", "check(lambda: later(X), X)"),
        heading("90-stub"),
        answer("90-stub", "def stub(x):\n    raise NotImplementedError('90-stub')"),
        visible("90-stub", "check(lambda: stub(X), X)"),
        new_code_cell("curve = stub(X)"),
        new_code_cell("print(curve)"),
        heading("90-blank"),
        answer("90-blank", "def blank(x):\n    return ..."),
        visible("90-blank", "check(lambda: blank(X), X)"),
        heading("90-break"),
        answer("90-break", "INPUTS = ..."),
        visible("90-break", "breaks(lambda x: x, INPUTS, fine)"),
        heading("90-deep"),
        answer("90-deep", "from tinytorch.tensor import stretch\n\n\ndef deep(x):\n    return stretch(x)"),
        visible("90-deep", "deep(X)"),
        heading("90-outside"),
        answer("90-outside", "outside = stretch"),
        visible("90-outside", "check(lambda: outside(X), X)"),
        heading("90-syntax"),
        answer("90-syntax", "def syntax(x):\n    return (x"),
        visible("90-syntax", "check(lambda: syntax(X), X)"),
        heading("90-extra", "challenge"),
        answer("90-extra", "def extra(x):\n    raise NotImplementedError('90-extra')"),
        visible("90-extra", "check(lambda: extra(X), X)"),
        new_code_cell("extra(X)"),
        new_markdown_cell("## The end"),
        heading("90-hang"),
        answer("90-hang", "def hang(x):\n    while True:\n        x = x + 1"),
        visible("90-hang", "check(lambda: hang(X), X)"),
        heading("90-last"),
        answer("90-last", "def last(x):\n    return x"),
        visible("90-last", "check(lambda: last(X), X)"),
        new_code_cell("print(last(X))"),
    ]


@pytest.fixture(scope="module")
def ran() -> NotebookCheck:
    """The one run of it, with a second for each cell."""
    course = load(REPOSITORY)
    cells = notebook()
    for number, cell in enumerate(cells, start=1):
        cell.id = f"id-{number}"
    made = new_notebook(cells=cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "CELL_SECONDS", 3.0)
        patch.setattr("tito.notebooks.grafting.released_notebook", lambda *place: made)
        return checks.check(made, made, course.module("activations"), {"tensor.py": TENSOR}, "mine.ipynb")


def problem(ran: NotebookCheck, id: str) -> Problem:
    return next(each for each in ran.problems if each.id == id)


def test_each_cause_stands_once_in_the_order_of_the_notebook(ran):
    assert [(each.id, each.state, each.waiting) for each in ran.problems] == [
        ("90-crash", FAILED, ("cell 8", "90-later")),
        ("90-stub", NOT_TRIED, ("cell 15", "cell 16")),
        ("90-blank", NOT_TRIED, ()),
        ("90-break", NOT_TRIED, ()),
        ("90-deep", FAILED, ()),
        ("90-outside", FAILED, ()),
        ("90-syntax", FAILED, ()),
        ("90-extra", NOT_TRIED, ("cell 35",)),
        ("90-hang", FAILED, ("90-last", "cell 43")),
    ]
    assert {test.id for test in ran.tests if test.state == PASSED} == {"90-fine"}


def test_what_is_not_written_yet_is_named_by_its_exercise(ran):
    assert problem(ran, "90-stub").message == "exercise 90-stub is not written yet"
    for id in ("90-blank", "90-break"):
        assert problem(ran, id).message == f"exercise {id} still has a blank `...`"


def test_an_exception_names_the_students_function_and_its_line(ran):
    assert problem(ran, "90-crash").message == (
        "IndexError: index 9 is out of bounds for axis 0 with size 3\n"
        "in `crash`, line 4 of cell 6 (90-crash):\n    return y[9]"
    )
    assert problem(ran, "90-syntax").message.endswith("\nin line 3 of cell 30 (90-syntax):\n    return (x")
    assert problem(ran, "90-deep").message.endswith(
        "\nin `deep`, line 6 of cell 24 (90-deep):\n    return stretch(x)"
        "\nin `stretch`, line 5 of tinytorch/tensor.py:\n    return x @ np.zeros(7)"
    )
    assert "in `stretch`, line 5 of tinytorch/tensor.py:\n    return x @ np" in problem(ran, "90-outside").message


def test_a_line_of_the_package_is_traced_to_its_cell(ran, workspace, course):
    module = course.module("tensor")
    record = ExportRecord(module.id, "tensor.ipynb", "", (), (CellSpan(12, "a", 4, 9),))
    write_atomically(record_path(workspace.package, module), json.dumps(dataclasses.asdict(record)))
    traced = checks.traced(ran, workspace, course)
    for id in ("90-deep", "90-outside"):
        assert "line 5 of tinytorch/tensor.py (cell 12 of tensor.ipynb):\n" in problem(traced, id).message


def test_a_cell_that_hangs_ends_the_run(ran):
    assert ran.stopped == "90-hang used up its time"
    assert problem(ran, "90-hang").message == (
        "This cell was stopped after 3 s; a loop in it may never end.\n"
        "in `hang`, line 3 of cell 38 (90-hang):\n    while True:"
    )
    assert all(each.message == "it was not run, because 90-hang ended the run" for each in ran.tests[-1:])


def test_the_report_shows_each_cause_once_and_names_the_exercise_to_do(ran, capsys):
    show_check(ran)
    show_repair(ran, "tito module test 90")
    said = " ".join(capsys.readouterr().out.split())
    assert "y[9] and 2 more wait for it not tried 90-stub exercise 90-stub is not written yet and 2 more wait" in said
    assert said.count("ended the run") == said.count("cell 16") == 0
    assert "1 of 12 tests passed" in said
    assert said.endswith("Next: work on 90-crash in mine.ipynb, save it, then tito module test 90")
    print_json(ran)
    record = json.loads(capsys.readouterr().out)
    assert (record["work_on"], record["problems"][0]["waiting"]) == ("90-crash", ["cell 8", "90-later"])


def test_a_challenge_never_blocks_and_comes_last(ran):
    """The rest being right, what is left of the challenge is named, and the notebook is whole all the same."""
    done = [each if each.because == "90-extra" else dataclasses.replace(each, state=PASSED) for each in ran.tests]
    left = [each for each in ran.other_cells if each.because == "90-extra"]
    extra = [each if each.id != "90-extra" else dataclasses.replace(each, state=NOT_TRIED) for each in done]
    for tests, others, ok in ((extra, left, True), ([*extra, ran.tests[1]], left, False)):
        found = dataclasses.replace(ran, tests=tuple(tests), other_cells=tuple(others))
        assert (found.ok, found.work_on) == (ok, "90-extra" if ok else "90-crash")
