"""Graft: whatever happened to a notebook on its way, the answers that are still there land at their place."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.nbgraderformat import MetadataValidator

from tito.course import REPOSITORY
from tito.notebooks.grafting import graft, released_notebook
from tito.notebooks.problems import problems_of
from tito.notebooks.reading import nbgrader_metadata

RELEASED = released_notebook("perceptron", "perceptron_milestone", REPOSITORY / "release")
ANSWERS = {
    nbgrader_metadata(cell)["grade_id"]: f"# what I answer to {nbgrader_metadata(cell)['grade_id']}"
    for cell in RELEASED.cells
    if nbgrader_metadata(cell).get("solution")
}
FIXED = [
    nbgrader_metadata(cell)["grade_id"]
    for cell in RELEASED.cells
    if nbgrader_metadata(cell) and not nbgrader_metadata(cell).get("solution")
]
DAMAGES = ("none", "none", "delete", "copy", "strip", "new id", "colab", "reflag", "old schema", "new schema", "points",
           "type", "odd metadata", "extra after")  # fmt: skip


def answered() -> NotebookNode:
    notebook = deepcopy(RELEASED)
    for cell in notebook.cells:
        cell.source = ANSWERS.get(grade_id(cell), cell.source)
    return notebook


def grade_id(cell: NotebookNode) -> str:
    meta = cell.metadata.get("nbgrader", {})
    return meta.get("grade_id", "") if isinstance(meta, dict) else ""


def by_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}


def damaged(cell: NotebookNode, damage: str, number: int) -> list[NotebookNode]:
    """What is left of a cell after one mishap."""
    cell = deepcopy(cell)
    flags = cell.metadata.get("nbgrader")
    if damage == "delete":
        return []
    if damage == "copy":
        return [cell, deepcopy(cell)]
    if damage == "strip":
        cell.metadata = NotebookNode()
    elif damage == "new id":
        cell.id = f"new-{number}"
    elif damage == "colab":
        cell.metadata = NotebookNode(id=cell.pop("id"), outputId="x")
    elif damage == "type":
        make = new_code_cell if cell.cell_type == "markdown" else new_markdown_cell
        cell = make(cell.source, id=cell.id, metadata=cell.metadata)
    elif damage == "odd metadata":
        cell.metadata = NotebookNode(nbgrader=[1], tags=["x"], deep={"a": {"b": 1}})
    elif damage == "extra after":
        return [cell, new_code_cell(f"mine_{number} = 1", metadata={"nbgrader": {"grade": True, "points": 99}})]
    elif flags:
        flags.update(
            {
                "reflag": {
                    "grade": not flags["grade"],
                    "solution": not flags["solution"],
                    "task": True,
                },
                "old schema": {"schema_version": 1},
                "new schema": {"schema_version": 99},
                "points": {"points": 1000},
            }.get(damage, {})
        )
    return [cell]


@settings(max_examples=60)
@given(st.data())
def test_answers_land_at_their_place_and_tests_are_the_released_ones(data: st.DataObject):
    submitted = answered()
    count = len(submitted.cells)
    damages = data.draw(st.lists(st.sampled_from(DAMAGES), min_size=count, max_size=count))
    pieces = [damaged(*both, number) for number, both in enumerate(zip(submitted.cells, damages, strict=True))]
    order = data.draw(st.permutations(range(len(pieces))) | st.just(range(len(pieces))))
    submitted.cells = [cell for place in order for cell in pieces[place]]
    mine = {f"mine_{number} = 1" for number, damage in enumerate(damages) if damage == "extra after"}
    lost = {grade_id(cell) for cell, damage in zip(RELEASED.cells, damages, strict=True) if damage == "delete"}

    result = graft(submitted, RELEASED)

    nbformat.validate(result)
    MetadataValidator().validate_nb(result)
    ids = [cell.id for cell in result.cells]
    assert len(set(ids)) == len(ids)
    released_ids = {cell.id for cell in RELEASED.cells}
    ours = [cell for cell in result.cells if cell.id in released_ids]
    assert [cell.id for cell in ours] == [cell.id for cell in RELEASED.cells]
    assert [cell.metadata for cell in ours] == [cell.metadata for cell in RELEASED.cells]
    assert [cell.cell_type for cell in ours] == [cell.cell_type for cell in RELEASED.cells]
    for name, cell in by_id(result).items():
        released = by_id(RELEASED)[name].source
        if name in FIXED:
            assert cell.source == released
        else:
            assert cell.source in ({released, *mine} if name in lost else {ANSWERS[name]}), (name, damages)
    extras = [cell for cell in result.cells if cell.id not in released_ids]
    assert all(not cell.metadata for cell in extras)
    assert mine <= {cell.source for cell in result.cells}
    told = " ".join(problem["message"] for problem in problems_of(result))
    assert all(f"'{name}' was deleted" in told for name in lost & set(FIXED))


def test_a_notebook_that_lost_ids_and_metadata_is_found_by_texts_and_places():
    submitted = answered()
    unanswered = next(iter(ANSWERS))
    for number, cell in enumerate(submitted.cells):
        if grade_id(cell) == unanswered:
            cell.source = by_id(RELEASED)[unanswered].source
        cell.metadata = NotebookNode()
        cell.id = f"fresh-{number}"
    sources = {name: cell.source for name, cell in by_id(graft(submitted, RELEASED)).items()}
    expected = {**ANSWERS, unanswered: by_id(RELEASED)[unanswered].source}
    assert {name: sources[name] for name in ANSWERS} == expected


def test_a_notebook_that_is_empty_or_of_extras_only_becomes_the_release():
    for cells in ([], [new_code_cell("x = 1"), new_code_cell("  "), new_markdown_cell("hello")]):
        result = graft(nbformat.v4.new_notebook(cells=cells), RELEASED)
        assert {name: cell.source for name, cell in by_id(result).items()} == {
            name: cell.source for name, cell in by_id(RELEASED).items()
        }
        assert len(result.cells) == len(RELEASED.cells) + len([cell for cell in cells if cell.source.strip()])


def test_of_two_copies_of_an_answer_the_changed_one_counts_and_the_other_s_work_is_kept():
    submitted = answered()
    name = next(iter(ANSWERS))
    place = next(at for at, cell in enumerate(submitted.cells) if grade_id(cell) == name)
    untouched = deepcopy(by_id(RELEASED)[name])
    helper = deepcopy(submitted.cells[place])
    helper.source = "def helper():\n    return 1"
    submitted.cells[place:place] = [untouched]
    submitted.cells.insert(place + 2, helper)
    result = graft(submitted, RELEASED)
    assert by_id(result)[name].source == ANSWERS[name]
    assert [cell.source for cell in result.cells if cell.source == helper.source] == [helper.source]
    assert [cell.source for cell in result.cells].count(untouched.source) == 0


def test_a_changed_test_is_restored_and_said_so():
    submitted = answered()
    test = by_id(submitted)["model-forward"]
    test.source = "assert True"
    result = graft(submitted, RELEASED)
    assert by_id(result)["model-forward"].source == by_id(RELEASED)["model-forward"].source
    assert [problem["message"] for problem in problems_of(result)] == [
        "The cell 'model-forward' was changed in your notebook; the released one was used."
    ]


@pytest.mark.parametrize("tito", ["text", 5, {"grading": {"problems": [{"code": "unreadable"}]}}, {"grading": "x"}])
def test_a_student_s_notebook_metadata_does_not_count(tito: object):
    submitted = answered()
    submitted.metadata = NotebookNode(tito=tito, kernelspec={"name": "evil", "display_name": "x"})
    result = graft(submitted, RELEASED)
    assert result.metadata == RELEASED.metadata and not problems_of(result)


def test_a_picture_pasted_into_a_written_answer_stays():
    submitted = answered()
    name = next(name for name, cell in by_id(RELEASED).items() if name in ANSWERS and cell.cell_type == "markdown")
    picture = {"image.png": {"image/png": "iVBORw0KGgo="}}
    by_id(submitted)[name].attachments = NotebookNode(picture)
    submitted.cells.append(new_markdown_cell("![p](attachment:image.png)", attachments=NotebookNode(picture)))
    result = graft(submitted, RELEASED)
    assert by_id(result)[name].attachments == picture and result.cells[-1].attachments == picture
    nbformat.validate(result)


def texts() -> list[int]:
    """Where the released texts stand that nobody answers."""
    return [at for at, cell in enumerate(RELEASED.cells) if cell.cell_type == "markdown" and not grade_id(cell)]


def runs(result: NotebookNode) -> list[str]:
    return [cell.source for cell in result.cells if cell.cell_type == "code"]


def turned(cell: NotebookNode, source: str, make: Callable[..., NotebookNode] = new_code_cell) -> NotebookNode:
    return make(source, id=cell.id, metadata=cell.metadata)


def test_a_text_that_was_turned_into_code_runs():
    helper = "def is_positive(value):\n    return value > 0"
    for at in texts():
        submitted = answered()
        submitted.cells[at] = turned(submitted.cells[at], helper)
        result = graft(submitted, RELEASED)
        assert runs(result).count(helper) == 1
        assert {name: by_id(result)[name].source for name in ANSWERS} == ANSWERS
        assert [cell.source for cell in result.cells].count(RELEASED.cells[at].source) == 1  # the text is there again


def test_an_answer_in_the_text_above_it_is_found():
    stubs = [name for name, cell in by_id(RELEASED).items() if name in ANSWERS and "\ndef " in f"\n{cell.source}"]
    for name in stubs:
        submitted = answered()
        at = next(at for at, cell in enumerate(submitted.cells) if grade_id(cell) == name)
        above = max(place for place in texts() if place < at)
        answer = by_id(RELEASED)[name].source + "\n# mine"
        submitted.cells[above] = turned(submitted.cells[above], answer)
        del submitted.cells[at]
        result = graft(submitted, RELEASED)
        assert by_id(result)[name].source == answer and runs(result).count(answer) == 1


def test_code_in_a_written_answer_runs_and_is_read():
    name = next(name for name, cell in by_id(RELEASED).items() if name in ANSWERS and cell.cell_type == "markdown")
    for source, is_run in (("mine = 3", True), ("import math", True), ("Since x = 3, it is.", False), ("Yes", False)):
        submitted = answered()
        at = next(at for at, cell in enumerate(submitted.cells) if grade_id(cell) == name)
        submitted.cells[at] = turned(submitted.cells[at], source)
        result = graft(submitted, RELEASED)
        assert by_id(result)[name].source == source and by_id(result)[name].cell_type == "markdown"
        assert runs(result).count(source) == is_run


def test_a_demonstration_that_was_turned_into_notes_does_not_run():
    at = next(at for at, cell in enumerate(RELEASED.cells) if cell.cell_type == "code" and not nbgrader_metadata(cell))
    submitted = answered()
    submitted.cells[at] = turned(submitted.cells[at], "it takes long = 3", new_markdown_cell)
    result = graft(submitted, RELEASED)
    (cell,) = [cell for cell in result.cells if cell.source == "it takes long = 3"]
    assert (cell.cell_type, cell.id) == ("markdown", RELEASED.cells[at].id)
