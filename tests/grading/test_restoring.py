"""Before each test nothing of a student's stands between it and the kernel; what replaced how code is run is told."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from tito.execution.run import Execution, execute
from tito.grading.restoring import Restoring, replaced, restorings

GIVEN = {"locked": True, "solution": False, "schema_version": 3, "task": False}
TOLD = {
    "a transformer of syntax trees": "import ast\nget_ipython().ast_transformers.append(ast.NodeTransformer())",
    "a transformer of lines": "get_ipython().input_transformers_post.append(lambda lines: lines)",
    "a transformer before all others": "get_ipython().input_transformers_cleanup.insert(0, lambda lines: lines)",
    "a shell that runs no code": "one = get_ipython()\none.run_code = lambda *a, run=one.run_code, **k: run(*a, **k)",
    "a session that sends otherwise": (
        "one = get_ipython().kernel.session\none.send = lambda *a, send=one.send, **k: send(*a, **k)"
    ),
}  # fmt: skip
NOT_TOLD = {
    "nothing": "",
    "a hook": "get_ipython().events.register('post_run_cell', lambda result: None)",
    "another traceback": "get_ipython().showtraceback = lambda *a, **k: print('an error')",
    "a trace": "import sys\nsys.settrace(lambda *a: None)",
    "autoreload and a figure": "%load_ext autoreload\n%autoreload 2\nimport matplotlib.pyplot as plt\nplt.plot([1])",
}  # fmt: skip
LEFT = """\
import sys
shell = get_ipython()
hooks = [each for called in shell.events.callbacks.values() for each in called if each.__module__ == '__main__']
send = vars(shell.kernel.session).get('send')
still = hooks, shell.ast_transformers, shell.input_transformers_post, sys.gettrace(), send
print([bool(each) for each in still], 'showtraceback' in vars(shell), 'run_code' in vars(shell))
"""
NOTHING_LEFT = "[False, False, False, False, False] False False"


def small(*own: str, given: str = "limit = 3\ndef double(x):\n    return 2 * x\nfound = double(limit)") -> NotebookNode:
    cells = [new_code_cell(given, id="given", metadata={"nbgrader": {**GIVEN, "grade": False, "grade_id": "given"}})]
    cells += [new_code_cell(source, id=f"extra-{number}") for number, source in enumerate(own)]
    test = {**GIVEN, "grade": True, "grade_id": "test", "points": 1}
    return new_notebook(
        cells=[*cells, new_code_cell("assert double(2) == found - 2", id="test", metadata={"nbgrader": test})]
    )


def ran(notebook: NotebookNode, *questions: str) -> tuple[Restoring, Execution]:
    (restoring,) = restorings(notebook)
    return restoring, execute(notebook, {}, follow_ups={restoring.cell: [restoring.source, *questions]})


@pytest.mark.slow
@pytest.mark.parametrize("cell", [*TOLD.values(), *NOT_TOLD.values()], ids=[*TOLD, *NOT_TOLD])
def test_what_was_put_between_is_taken_away_and_told_when_it_is_never_honest(cell: str):
    restoring, run = ran(small(cell), LEFT)
    assert bool(replaced(restoring, run.answers)) == (cell in TOLD.values())
    assert NOTHING_LEFT in run.answers[restoring.cell][-1].outputs[0]["text"]
    assert run.notebook.cells[-1].outputs == []


@pytest.mark.slow
def test_given_functions_are_the_given_ones_and_what_was_put_in_the_place_of_a_result_goes():
    _, run = ran(small("double = lambda x: 0\nfound = 2"))
    assert run.notebook.cells[-1].outputs == []


def test_only_a_cell_that_was_cut_off_from_its_test_runs_again():
    (apart,), (beside,) = restorings(small("x = 1")), restorings(small())
    assert "found = double(limit)" in apart.source and "found = double(limit)" not in beside.source
    assert apart.cell == "extra-0" and beside.cell == "given" and apart.nonce != beside.nonce


def test_an_answer_that_says_nothing_tells_nothing():
    (restoring,) = restorings(small())
    assert replaced(restoring, {}) == []
