"""Before each test nothing of a student's stands between it and the kernel; what replaced how code is run is told."""

from __future__ import annotations

import re
import threading

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tito.execution.run import Execution, execute
from tito.grading.restoring import Restoring, arming, key_in, replaced, restorings
from tito.grading.witness import hook_of

GIVEN = {"locked": True, "solution": False, "schema_version": 3, "task": False}
TOLD = {
    "a transformer of syntax trees": "import ast\nget_ipython().ast_transformers.append(ast.NodeTransformer())",
    "a transformer of lines": "get_ipython().input_transformers_post.append(lambda lines: lines)",
    "a transformer before all others": "get_ipython().input_transformers_cleanup.insert(0, lambda lines: lines)",
    "a shell that runs no code": "one = get_ipython()\none.run_code = lambda *a, run=one.run_code, **k: run(*a, **k)",
    "a shell of another kind": "class Shell(type(get_ipython())):\n    pass\nget_ipython().__class__ = Shell",
    "a class of shells that runs no code": (
        "kind = type(get_ipython()).__mro__[1]\nrun = kind.run_code\n"
        "kind.run_code = lambda *a, **k: run(*a, **k)"
    ),
    "other code in a method": (
        "from jupyter_client.session import Session\n"
        "Session.send.__code__ = Session.send.__code__.replace(co_name='sent')"
    ),
    "a reference to another session": "import copy\nk = get_ipython().kernel\nk.session = copy.copy(k.session)",
    "a session that sends otherwise": (
        "one = get_ipython().kernel.session\none.send = lambda *a, send=one.send, **k: send(*a, **k)"
    ),
}  # fmt: skip
NOT_TOLD = {
    "nothing": "",
    "a hook": "get_ipython().events.register('post_run_cell', lambda result: None)",
    "another traceback": "get_ipython().showtraceback = lambda *a, **k: print('an error')",
    "a looser comparison": "import functools\nimport numpy as np\nnp.allclose = functools.partial(np.allclose, atol=1)",
    "another print": "import builtins\nbuiltins.print = lambda *a, real=print, **k: real(*a, **k)",
    "code of its own written into": "def f(): pass\nf.__code__ = (lambda: 1).__code__",
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


def ran(notebook: NotebookNode) -> tuple[Restoring, Execution, bytes | None]:
    (restoring,) = restorings(notebook)
    notebook.cells.insert(0, new_markdown_cell("", id="first"))
    run = execute(notebook, {}, follow_ups={"first": [arming()], restoring.cell: [restoring.source]})
    return restoring, run, key_in(run.answers["first"])


@pytest.mark.slow
@pytest.mark.parametrize("cell", [*TOLD.values(), *NOT_TOLD.values()], ids=[*TOLD, *NOT_TOLD])
def test_what_was_put_between_is_taken_away_and_told_when_it_is_never_honest(cell: str):
    notebook = small(cell)
    notebook.cells[-1].source = f"{LEFT}\n{notebook.cells[-1].source}"
    restoring, run, key = ran(notebook)
    found = replaced(restoring, run.answers, key)
    assert key and (found is not None) == (cell in TOLD.values()), found
    assert found is None or "was replaced" in found.evidence
    (shown,) = run.notebook.cells[-1].outputs
    assert shown["text"] == f"{NOTHING_LEFT}\n"


@pytest.mark.slow
def test_given_functions_are_the_given_ones_and_what_was_put_in_the_place_of_a_result_goes():
    _, run, _ = ran(small("double = lambda x: 0\nfound = 2"))
    assert run.notebook.cells[-1].outputs == []


def test_only_a_cell_that_was_cut_off_from_its_test_runs_again():
    (apart,), (beside,) = restorings(small("x = 1")), restorings(small())
    assert "found = double(limit)" in apart.source and "found = double(limit)" not in beside.source
    assert apart.cell == "extra-0" and beside.cell == "given" and apart.nonce != beside.nonce


def test_an_answer_that_says_nothing_tells_nothing():
    (restoring,) = restorings(small())
    assert replaced(restoring, {}) is None


WATCHED = """\
import gc, inspect, linecache, logging, sys
def looked():
    try: found = sys._getframe(1).f_code.co_name
    except RuntimeError as error: found = str(error)
    logging.getLogger().handlers, inspect.currentframe().f_code
    sources = [entry[2] for name, entry in linecache.cache.items() if 'ipykernel_' in name]
    code = get_ipython().kernel.get_parent()['content']['code']
    held = [one for one in gc.get_objects() if type(one).__name__ == 'Witness']
    return [found, sum('print(look' + 'ed())' in line for lines in sources for line in lines), code, held]
"""


@pytest.mark.slow
def test_a_tested_function_finds_neither_its_test_nor_the_witness_and_the_traceback_shows_the_test():
    notebook = small(WATCHED)
    notebook.cells[-1].source = "print(looked())\nassert looked() == 0"
    *_, run, _ = ran(notebook)
    error, shown = sorted(run.notebook.cells[-1].outputs, key=lambda output: output.output_type)
    assert shown["text"] == "['The frames of callers are not to be had while a test runs.', 0, '', []]\n"
    assert error.ename == "AssertionError" and "looked() == " in re.sub("\x1b[^m]*m", "", "".join(error.traceback))


def test_what_one_thread_does_is_heard_while_another_is_being_heard():
    heard, inside, leave = [], threading.Event(), threading.Event()

    class Slow:
        def hear(self, event: str, args: tuple, frame: object) -> None:
            heard.append(args)
            if args == ("slow",):
                inside.set()
                leave.wait(10)

    hook = hook_of(Slow())
    other = threading.Thread(target=hook, args=["exec", ("slow",)])
    other.start()
    assert inside.wait(10)
    hook("exec", ("quick",))
    leave.set()
    other.join()
    assert heard == [("slow",), ("quick",)]
