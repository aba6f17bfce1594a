"""Graft under any loss: an answer that something still identifies is found, and never another exercise's."""

from __future__ import annotations

from copy import deepcopy

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tito.notebooks.grafting import answered, graft, is_related
from tito.notebooks.matching import defined_names, grade_id, own_names
from tito.notebooks.reading import nbgrader_metadata

STUBS = {
    "one-answer": "def one(x):\n    raise NotImplementedError",
    "two-answer": "class Two:\n    pass",
    "three-answer": "three = None",
}
SOLVED = {
    "one-answer": "import math\n\n\ndef one(x):\n    return math.sqrt(x)",
    "two-answer": "class Two:\n    value = 2",
    "three-answer": "three = one(9)",
    "plot": "# drawn by hand\nprint('a plot')",
    "why": "Because it doubles.",
}
TESTS = {"one": "assert one(4) == 2", "two": "assert Two.value == 2", "three": "assert three == 3"}


def flagged(cell: NotebookNode, name: str, *, solution: bool, grade: bool) -> NotebookNode:
    cell.id = name
    cell.metadata = NotebookNode(
        nbgrader={"grade": grade, "grade_id": name, "locked": not solution, "schema_version": 3, "solution": solution,
                  "task": False, **({"points": 5} if grade else {})}
    )  # fmt: skip
    return cell


def released() -> NotebookNode:
    cells = [new_markdown_cell("# Title", id="title"), new_code_cell("import math", id="imports")]
    for name, stub in STUBS.items():
        cells.append(new_markdown_cell(f"Exercise {name}", id=f"text-{name}"))
        cells.append(flagged(new_code_cell(stub), name, solution=True, grade=False))
        test = name.removesuffix("-answer")
        cells.append(flagged(new_code_cell(TESTS[test]), test, solution=False, grade=True))
    cells.append(flagged(new_code_cell("# YOUR CODE HERE"), "plot", solution=True, grade=True))
    cells.append(new_markdown_cell("Say why.", id="say"))
    cells.append(flagged(new_markdown_cell("YOUR ANSWER HERE"), "why", solution=True, grade=True))
    cells.append(new_markdown_cell("The end.", id="end"))
    return new_notebook(cells=cells)


RELEASED = released()


def solved() -> NotebookNode:
    notebook = deepcopy(RELEASED)
    for cell in notebook.cells:
        cell.source = SOLVED.get(grade_id(cell), cell.source)
    return notebook


def sources(notebook: NotebookNode) -> dict[str, str]:
    return {grade_id(cell): cell.source for cell in notebook.cells if grade_id(cell)}


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


LOSSES = ("none", "metadata", "id", "both", "delete", "copy", "type", "wrong grade_id", "another's grade_id")


def lose(cell: NotebookNode, loss: str, number: int, others: list[str]) -> list[NotebookNode]:
    cell = deepcopy(cell)
    if loss in ("metadata", "both"):
        cell.metadata = NotebookNode()
    if loss in ("id", "both"):
        cell.id = f"fresh-{number}"
    if loss == "copy":
        return [cell, deepcopy(cell)]
    if loss == "type":
        cell.cell_type = "markdown" if cell.cell_type == "code" else "code"
    if "grade_id" in loss and grade_id(cell):
        cell.metadata.nbgrader.grade_id = "odd" if loss == "wrong grade_id" else others[number % len(others)]
    return [] if loss == "delete" else [cell]


@settings(max_examples=100)
@given(st.data())
def test_whatever_is_lost_what_something_identifies_is_found(data: st.DataObject):
    submitted = solved()
    losses = data.draw(st.lists(st.sampled_from(LOSSES), min_size=len(submitted.cells), max_size=len(submitted.cells)))
    names = list(sources(submitted))
    pieces = [
        lose(cell, loss, number, names) for number, (cell, loss) in enumerate(zip(submitted.cells, losses, strict=True))
    ]
    order = data.draw(st.permutations(range(len(pieces))))
    where = {grade_id(cell): loss for cell, loss in zip(RELEASED.cells, losses, strict=True) if grade_id(cell)}
    submitted.cells = [cell for place in order for cell in pieces[place]]
    result = graft(submitted, RELEASED)

    nbformat.validate(result)
    found = sources(result)
    assert list(found) == list(sources(RELEASED))
    for name, source in TESTS.items():
        assert found[name] == source, "a graded test is never the student's"
    for name, loss in where.items():
        if name in STUBS:  # the names that it defines identify it, whatever else was lost
            left = {STUBS[name], SOLVED["plot"]} if loss == "delete" else {SOLVED[name]}
            assert found[name] in left, (name, losses)  # a plot that nothing identifies may stand at its place
        elif name in SOLVED and loss in ("none", "metadata", "id", "copy", "type"):
            assert found[name] == SOLVED[name], (name, losses)
        if name in SOLVED:  # never an answer that another exercise's names or ids identify
            others = {SOLVED[other] for other in STUBS if other != name}
            assert found[name] not in others, (name, losses)


def test_a_released_cell_under_an_answers_id_is_no_answer():
    submitted = solved()
    answer, test = cell_of(submitted, "two-answer"), cell_of(submitted, "three")
    answer.metadata, answer.id, test.metadata.nbgrader.grade_id = NotebookNode(), "fresh-1", "two-answer"
    assert sources(graft(submitted, RELEASED)) == sources(solved())


def test_two_answers_that_swapped_their_ids_are_told_apart_by_what_they_define():
    submitted = solved()
    one, two = cell_of(submitted, "one-answer"), cell_of(submitted, "two-answer")
    one.metadata, two.metadata = two.metadata, one.metadata
    assert sources(graft(submitted, RELEASED)) == sources(solved())
    one.id, two.id = "fresh-1", "fresh-2"
    assert sources(graft(submitted, RELEASED)) == sources(solved())


def test_an_answer_below_the_untouched_stub_runs_before_the_test():
    submitted = solved()
    stub = cell_of(submitted, "one-answer")
    stub.source = STUBS["one-answer"]
    submitted.cells.insert(submitted.cells.index(stub) + 1, new_code_cell(SOLVED["one-answer"]))
    texts = [cell.source for cell in graft(submitted, RELEASED).cells]
    at = texts.index(STUBS["one-answer"])
    assert texts[at + 1 : at + 3] == [SOLVED["one-answer"], TESTS["one"]]
    submitted.cells.remove(stub)  # and in place of a deleted stub it is the answer
    assert sources(graft(submitted, RELEASED)) == sources(solved())


@pytest.mark.parametrize("deleted", [True, False])
def test_an_answer_in_the_test_s_cell_runs_before_the_test_and_does_not_replace_it(deleted: bool):
    submitted = solved()
    stub, test = cell_of(submitted, "one-answer"), cell_of(submitted, "one")
    test.source = f"{SOLVED['one-answer']}\n\n{TESTS['one']}"
    stub.source = STUBS["one-answer"]
    if deleted:
        submitted.cells.remove(stub)
    result = graft(submitted, RELEASED)
    texts = [cell.source for cell in result.cells]
    assert texts[texts.index(TESTS["one"]) - 1] == test.source
    assert [cell.source for cell in result.cells if nbgrader_metadata(cell).get("grade_id") == "one"] == [TESTS["one"]]


def test_an_edited_test_is_not_run_when_the_answer_stands_at_its_place():
    submitted = solved()
    cell_of(submitted, "one").source = "def one(x):\n    return 2"
    assert "def one(x):\n    return 2" not in [cell.source for cell in graft(submitted, RELEASED).cells]


def test_how_much_was_answered_and_whose_a_notebook_is():
    assert (answered(RELEASED, RELEASED), answered(solved(), RELEASED)) == (0, 5)
    half = solved()
    cell_of(half, "why").source = "  "
    assert answered(half, RELEASED) == 4
    assert is_related(RELEASED, RELEASED) and not is_related(new_notebook(cells=[new_code_cell("x")]), RELEASED)
    assert is_related(new_notebook(cells=[new_code_cell(TESTS["one"])]), RELEASED)


def test_names_that_two_released_cells_define_identify_neither():
    assert defined_names("def f(x):\n    y = 1\nclass C: pass\nz: int = 3\na == b\n") == {"f", "C", "z"}
    twice = deepcopy(RELEASED)
    twice.cells.append(new_code_cell("three = 4"))
    assert set().union(*own_names(twice.cells).values()) == {"one", "Two"}
