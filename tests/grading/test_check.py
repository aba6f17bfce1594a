"""Check: what nbgrader scores after it, output by output."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.utils import determine_grade

from tito.grading.check import CheckOutputs


def value(text: object) -> object:
    return new_output("execute_result", data={"text/plain": text})


def stream(name: str, text: str = "x") -> object:
    return new_output("stream", name=name, text=text)


ERROR = new_output("error", ename="AssertionError", evalue="no", traceback=[])


def score(*outputs: object, ran: bool = True, solution: bool = False) -> tuple[float | None, str]:
    """What nbgrader gives a test of 4 points after the step, and the name of the deciding error."""
    meta = {"grade": True, "solution": solution, "grade_id": "x", "points": 4, "schema_version": 3, "locked": True}
    cell = new_code_cell("", outputs=list(outputs), execution_count=3 if ran else None, metadata={"nbgrader": meta})
    CheckOutputs().preprocess(new_notebook(cells=[cell]), {})
    first = cell.outputs[0].get("ename", "") if cell.outputs else ""
    return determine_grade(cell)[0], first


@pytest.mark.parametrize(
    "text", ["3", "3.0", " 3.0 ", "3e0", "np.float64(3.0)", "np.float32(3.0)", "np.int64(3)", "numpy.uint8(3)"]
)
def test_a_number_within_the_points_is_partial_credit(text: str):
    assert score(value(text)) == (3.0, "")


@pytest.mark.parametrize("text", ["0", "0.0", "np.float64(0.0)", "-0.0"])
def test_nothing_earned_is_nothing(text: str):
    assert score(value(text))[0] == 0


@pytest.mark.parametrize(
    "text",
    ["4.001", "1e9", "-1", "nan", "inf", "-inf", "np.float64(nan)", "np.float64(inf)", "np.float64(5.0)", "'3'", "True",
     "None", "[3]", "3 points", "", "array([3.])", "np.str_('3')", "np.float64(np.float64(3))", "1+2j"],
)  # fmt: skip
def test_any_other_value_is_an_error_and_no_points(text: str):
    assert score(value(text)) == (0, "InvalidScore")


def test_every_value_must_count():
    assert score(value("3"), value("99")) == (0, "InvalidScore")


def test_no_output_and_honest_output_earn_everything():
    assert score() == (4.0, "")
    assert score(stream("stdout"), stream("stderr", "UserWarning: careful")) == (4.0, "")
    assert score(stream("stderr"), value("3")) == (3.0, "")
    assert score(new_output("display_data", data={"image/png": "x"})) == (4.0, "")


def test_an_error_decides_wherever_it_stands():
    assert score(ERROR) == score(value("4"), ERROR) == (0, "AssertionError")
    assert score(stream("stdout"), value("99"), ERROR) == (0, "AssertionError")


def test_a_test_that_did_not_run_earns_nothing():
    assert score(ran=False) == (0, "NotRun")
    assert score(value("4"), ran=False) == (0, "NotRun")


def test_a_cell_graded_by_a_person_is_left_alone():
    assert score(value("anything"), stream("stderr"), solution=True) == (None, "")
    assert score(ran=False, solution=True) == (None, "")
