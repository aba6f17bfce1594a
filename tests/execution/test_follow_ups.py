"""Follow-ups: sources that run right after a cell, whose outputs are answers and no part of the notebook."""

from __future__ import annotations

import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tito.execution.job import Job, execution_from, execution_text
from tito.execution.run import Answer, Execution, Limits, execute

pytestmark = pytest.mark.slow


def ask(cells: dict[str, str], follow_ups: dict[str, list[str]], **limits: float) -> Execution:
    notebook = new_notebook(cells=[new_code_cell(source, id=name) for name, source in cells.items()])
    return execute(notebook, {"tensor.py": b"one = 1\n"}, Limits(**limits), follow_ups=follow_ups)


def said(answer: Answer) -> list[str]:
    return [o.get("text") or o.get("evalue") or o["data"]["text/plain"] for o in answer.outputs]


def test_answers_come_in_order_and_leave_the_notebook_alone():
    run = ask({"a": "x = 1\nx", "b": "x += 1\nprint(x)"}, {"a": ["x + 1", "x = 5", "raise ValueError(x)"], "b": ["x"]})
    assert [said(answer) for answer in run.answers["a"]] == [["2"], [], ["5"]]
    assert [said(answer) for answer in run.answers["b"]] == [["6"]]
    first, second = run.notebook.cells
    assert [o.data["text/plain"] for o in first.outputs] == ["1"] and second.outputs[0].text == "6\n"
    assert (first.source, second.execution_count) == ("x = 1\nx", 2)
    assert json.loads(json.dumps(run.answers["a"][0].outputs)) == run.answers["a"][0].outputs


def test_they_run_after_a_failed_cell_and_after_one_without_code():
    notebook = new_notebook(cells=[new_markdown_cell("# a", id="text"), new_code_cell("1 / 0", id="failed")])
    run = execute(notebook, None, follow_ups={"text": ["40 + 2"], "failed": ["41 + 2"]})
    assert said(run.answers["text"][0]) == ["42"] and said(run.answers["failed"][0]) == ["43"]
    assert run.notebook.cells[0].source == "# a"


def test_a_follow_up_that_takes_too_long_is_no_answer_and_the_rest_goes_on():
    run = ask({"a": "x = 1", "b": "print(x)"}, {"a": ["while True: pass", "x"]}, cell_seconds=1.0)
    slow, after = run.answers["a"]
    assert not slow.ran and after.ran and said(after) == ["1"]
    assert run.notebook.cells[1].outputs[0].text == "1\n"


def test_without_a_kernel_there_are_no_answers():
    run = ask({"a": "import os", "b": "x = 2"}, {"a": ["os._exit(0)", "1"], "b": ["2"]})
    assert [answer.ran for answer in (*run.answers["a"], *run.answers["b"])] == [False] * 3
    assert "ended in cell 1" in run.stopped and run.notebook.cells[1].outputs[0].ename == "NotRun"


def test_a_follow_up_prints_no_more_than_a_cell_may():
    run = ask({"a": "x = 1"}, {"a": ["print('x' * 10**6)"]}, output_bytes=10_000)
    (answer,) = run.answers["a"]
    assert answer.outputs[0]["ename"] == "OutputLimitExceeded" and len(json.dumps(answer.outputs)) < 20_000


def test_neither_follow_ups_nor_tests_are_in_the_history():
    meta = {"grade": True, "solution": False, "grade_id": "t", "points": 1, "schema_version": 3}
    test = new_code_cell("assert 'one'", id="t", metadata={"nbgrader": meta})
    look = new_code_cell("print(In)", id="look")
    run = execute(new_notebook(cells=[test, look]), None, follow_ups={"t": ["'another'"]})
    assert run.notebook.cells[1].outputs[0].text == "['', 'print(In)']\n"


def test_no_cell_changes_what_a_test_or_a_follow_up_has_put_out():
    meta = {"grade": True, "solution": False, "grade_id": "t", "points": 4, "schema_version": 3}
    shown = "from IPython.display import clear_output, display\ndisplay('mine', display_id='d')"
    test = new_code_cell(f"{shown}\nclear_output()", id="t", metadata={"nbgrader": meta})
    later = new_code_cell(
        "from IPython.display import update_display\nupdate_display('changed', display_id='d')", id="l"
    )
    run = execute(new_notebook(cells=[test, later]), None, follow_ups={"t": [f"{shown}\nclear_output()"]})
    assert run.notebook.cells[0].outputs[0].data["text/plain"] == "'mine'"
    assert said(run.answers["t"][0]) == ["'mine'"]


def test_they_survive_the_journey_as_text():
    job = Job(new_notebook(), None, follow_ups={"a": ["1"]})
    assert Job.from_text(job.to_text()).follow_ups == {"a": ["1"]}
    run = ask({"a": "1"}, {"a": ["2"]})
    assert execution_from(execution_text(run)).answers == run.answers
