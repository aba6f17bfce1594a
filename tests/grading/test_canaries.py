"""Canaries: a kernel in which a false claim passes is found out, and an honest one never is."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from tito.execution.job import run_here
from tito.execution.run import Answer
from tito.grading.canaries import EXPRESSIONS, PLAIN, STATEMENTS, Canary, finding, make_canary
from tito.grading.check import CheckOutputs
from tito.grading.execute import ExecuteOptions, Private, conclude, prepare
from tito.grading.tampering import TAMPERED, UNCONFIRMED, Watch, judge, watches
from tito.grading.witness import Witness, hook_of
from tito.notebooks.problems import problems_of, tampering_of

PACKAGE = {"tensor.py": b"one = 1\n"}
POINTS = 4.0


def graded_cell(source: str, grade_id: str) -> NotebookNode:
    meta = {
        "grade": True,
        "solution": False,
        "grade_id": grade_id,
        "points": POINTS,
        "schema_version": 3,
        "locked": True,
    }
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": meta})


@dataclass
class Graded:
    """What each test earned, which problems were noted, and the executed notebook."""

    earned: dict[str, float]
    problems: list[str]
    notebook: NotebookNode

    @property
    def tampered(self) -> bool:
        return "tampering" in self.problems


def grade(folder: Path, *cells: str, options: ExecuteOptions | None = None, **tests: str) -> Graded:
    """Take a notebook of a student's cells and then tests down the road, from job to scores."""
    (folder / "tinytorch").mkdir(exist_ok=True)
    (folder / "tinytorch" / "tensor.py").write_bytes(PACKAGE["tensor.py"])
    made = [new_code_cell("import numpy as np", id="imports")]
    made += [new_code_cell(source, id=f"own-{number}") for number, source in enumerate(cells)]
    made += [graded_cell(source, grade_id) for grade_id, source in tests.items()]
    job, private = prepare(new_notebook(cells=made), folder, "perceptron", options or ExecuteOptions())
    private = Private(**json.loads(json.dumps(private.as_record())))
    notebook = conclude(run_here(job), private)
    CheckOutputs().preprocess(notebook, {})
    earned = {cell.id: determine_grade(cell)[0] for cell in notebook.cells if "nbgrader" in cell.metadata}
    return Graded(earned, [problem["code"] for problem in problems_of(notebook)], notebook)


WRONG = """
answer = 5
assert answer == 2 and isinstance(answer, str) and not answer, "a wrong answer"
assert np.allclose([answer], [2.0]) and abs(answer - 2) < 0.1 and round(answer) == 2
np.testing.assert_allclose(answer, 2.0)
"""
ONE_CLAIM = {
    "np.allclose": "assert np.allclose([5.0], [2.0])",
    "np.array_equal": "assert np.array_equal([5], [2])",
    "np.testing.assert_allclose": "np.testing.assert_allclose([5.0], [2.0])",
    "np.isclose": "assert np.isclose(5.0, 2.0)",
    "builtins.abs": "assert abs(5 - 2) < 0.1",
    "builtins.round": "assert round(5.0) == 2",
    "isinstance": "assert isinstance(5, str)",
    "all": "assert all([False])",
    "any": "assert any([False])",
    "len": "assert len([1]) == 2",
    "max": "assert max([1, 3]) == 2",
    "hasattr": "assert hasattr(5, 'weight')",
    "callable": "assert callable(5)",
    "float": "assert float('5') == 2",
    "sorted": "assert sorted([3, 1]) == [3, 1]",
}
YES = """
class Yes:
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = lambda *_: True
    __bool__ = lambda self: True
    __call__ = lambda self, *_, **__: self
    __hash__ = None
"""
STRIP = """
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Raise(self, node): return ast.Pass()
    def visit_Expr(self, node): return ast.Pass() if 'assert' in ast.dump(node) else node
get_ipython().ast_transformers.append(Strip())
"""
ATTACKS = {
    "asserts stripped from the syntax tree": STRIP,
    "only the asserts at the top are stripped": STRIP.replace("class", "top = ast.NodeTransformer\nclass").replace(
        "    def visit_Assert",
        "    def visit_Module(self, node):\n"
        "        node.body = [n for n in node.body if not isinstance(n, (ast.Assert, ast.Expr))]\n"
        "        return node\n    def unused",
    ).replace("    def visit_Raise(self, node): return ast.Pass()\n", ""),
    "cells replaced before they are parsed": (
        "get_ipython().input_transformers_cleanup.append(lambda ls: ['pass'] if any('assert' in l for l in ls) else ls)"
    ),
    "errors swallowed where code is run": (
        "shell, run = get_ipython(), get_ipython().run_code\n"
        "async def quiet(code, result=None, *, async_=False):\n"
        "    out = await run(code, None, async_=async_)\n    return False\n"
        "shell.run_code, shell.showtraceback = quiet, lambda *a, **k: None"
    ),
    "replies made good and errors dropped": (
        "session = get_ipython().kernel.session\nsend = session.send\n"
        "def kind(stream, what, content=None, *a, **k):\n"
        "    if what == 'error': return None\n"
        "    if what == 'execute_reply': content = {**content, 'status': 'ok'}\n"
        "    return send(stream, what, content, *a, **k)\n"
        "session.send = kind\nget_ipython().displayhook.session = session\n"
        "get_ipython()._showtraceback = lambda *a: None"
    ),
    "tests skipped by another exec": (
        "import builtins\nold = builtins.compile\nshell = get_ipython()\n"
        "c = type(shell.compile).__call__\n"
        "def skip(self, source, name, mode='exec'):\n"
        "    return c(self, __import__('ast').parse('pass') , name, mode)\n"
        "type(shell.compile).__call__ = skip"
    ),
}  # fmt: skip
HONEST = {
    "builtins shadowed by numbers": "sum = max = min = abs = round = len = all = any = type = sorted = float = int = 3",
    "everything from NumPy": "from numpy import *",
    "no NumPy of that name": "del np",
    "NumPy raises": "np.seterr(all='raise')",
    "warnings are errors": "import warnings; warnings.simplefilter('error')",
    "warnings printed": "import warnings; warnings.warn('careful'); warnings.simplefilter('always')",
    "another style": "import matplotlib.pyplot as plt; plt.style.use('seaborn-v0_8'); plt.plot([1, 2]); plt.show()",
    "a magic": "%matplotlib inline\n%precision 2",
    "fewer digits": "%precision 0\nnp.set_printoptions(precision=1)",
    "a hook of their own": "get_ipython().events.register('post_run_cell', lambda r: print('cell done'))",
    "timing each cell": (
        "import time\nstart = []\nip = get_ipython()\nip.events.register('pre_run_cell', lambda i: start.append(1))\n"
        "ip.events.register('post_run_cell', lambda r: print('took', len(start), file=__import__('sys').stderr))"
    ),
    "a thread that prints": (
        "import threading, time\n"
        "def talk():\n    for i in range(50):\n        print('still here', i); time.sleep(0.01)\n"
        "threading.Thread(target=talk, daemon=True).start()"
    ),
    "a thread that computes": (
        "import threading\nthreading.Thread(target=lambda: [i * i for i in range(3 * 10**6)], daemon=True).start()"
    ),
    "short tracebacks": "%xmode Minimal",
    "an own handler of errors": (
        "get_ipython().set_custom_exc((Exception,), lambda s, t, v, tb, tb_offset=None: print('oops', v))"
    ),
    "tracebacks printed elsewhere": "get_ipython().showtraceback = lambda *a, **k: print('an error')",
    "a debugging switch": "%pdb off\nimport sys; sys.settrace(lambda *a: None)",
    "every expression shown": "get_ipython().ast_node_interactivity = 'last_expr_or_assign'",
    "looser comparison": "import functools\nnp.allclose = functools.partial(np.allclose, atol=1e-3)",
    "an error before": "1 / 0",
}  # fmt: skip


KEY = b"a key"


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    """One that hears of what is asked here as a kernel's does, without a hook that nothing takes away again."""
    made = Witness(key=KEY)
    hook = hook_of(made)
    monkeypatch.setattr(sys, "audit", lambda event, *args: hook(event, args))
    monkeypatch.setattr(made, "clear", list)  # a hook of the test run's own is nobody's tampering
    return made


def answer_to(canary: Canary, namespace: dict) -> Answer:
    """What a clean Python answers."""
    with pytest.raises(AssertionError) as raised:
        exec(canary.source(), namespace)
    return saying(str(raised.value))


def saying(message: str, name: str = "AssertionError") -> Answer:
    return Answer([{"output_type": "error", "ename": name, "evalue": message}], ran=True)


def signed(text: str) -> Answer:
    return saying(f"{text}\t{Witness(key=KEY).signature(text)}")


@pytest.mark.parametrize("namespace", [{"np": np}, {}], ids=["numpy", "no numpy"])
@pytest.mark.usefixtures("witness")
def test_every_claim_is_false_and_says_so_without_a_warning(namespace: dict):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(20):
            canary = make_canary()
            assert finding(canary, answer_to(canary, dict(namespace)), key=KEY) is None
    assert set(canary.claims.values()) == {*EXPRESSIONS, *PLAIN, *STATEMENTS}


def test_no_two_canaries_are_alike():
    made = [make_canary() for _ in range(5)]
    tokens = [set(canary.claims) for canary in made]
    assert len({canary.message for canary in made}) == 5
    assert all(len(one & two) < 3 for at, one in enumerate(tokens) for two in tokens[at + 1 :])
    assert len({tuple(canary.claims.values()) for canary in made}) == 5


@pytest.mark.usefixtures("witness")
def test_each_thing_that_can_be_wrong_with_an_answer_is_evidence():
    canary = make_canary()
    nonce, first, *rest = canary.message.split(" ")
    honest = answer_to(canary, {"np": np})
    message = honest.outputs[0]["evalue"]

    def said(answer: Answer) -> str:
        found = finding(canary, answer, key=KEY)
        return found.evidence if found else ""

    assert said(honest) == said(signed(f"{canary.message}\t\t\t\t")) == ""
    assert said(Answer([], ran=True)) == "a check that must fail ended without an error"
    assert "another error" in said(saying("ab" * 8)) and "another error" in said(saying(""))
    assert canary.claims[first] in said(signed(" ".join([nonce, *rest]) + "\t\t\t\t"))
    for text in (" ".join([nonce, *rest, first]) + "\t\t\t\t", canary.message):
        assert "altered" in said(signed(text))
    assert "altered" in said(saying(message, "ValueError")) and "altered" in said(saying(message[:-1]))
    assert "Session.send" in said(signed(f"{canary.message}\tSession.send\t\t\t"))
    assert said(Answer([], ran=False)) == ""


@pytest.mark.parametrize(
    ("report", "outputs", "evidence"),
    [
        ("whole\twell\t", [], ""),
        ("whole\twell\t2.5", [2.5], ""),
        ("whole\twell\t2.54321", [2.54], ""),
        ("whole\twell\t2.5", ["np.float64(2.5)"], ""),
        ("whole\twell\t", ["[1, 2]"], ""),
        ("\t\t", [3.0], ""),
        ("not run\till\t", ["error"], ""),
        ("not run\twell\t", [], "did not run as it stands"),
        ("send in between\twell\t", [], "did not run as it stands"),
        ("whole\till\t", [], "ended in an error"),
        ("whole\twell\t0.5", [4.0], "not the one"),
        ("whole\twell\t0.5", [0.5, 4.0], "not the one"),
        ("whole\twell\t", [4.0], "not the one"),
    ],
)
def test_what_the_witness_saw_of_a_test_is_held_against_what_it_shows(report: str, outputs: list, evidence: str):
    canary = make_canary("assert 1")
    shown = [
        {"output_type": "error"}
        if each == "error"
        else {"output_type": "execute_result", "data": {"text/plain": str(each)}}
        for each in outputs
    ]
    found = finding(canary, signed(f"{canary.message}\t\t{report}"), shown, KEY)
    assert (evidence in found.evidence) if evidence else found is None


@pytest.mark.usefixtures("witness")
def test_what_is_found_once_condemns_that_test_and_the_later_ones():
    cells = [new_code_cell("x = 1", id="before"), *(graded_cell("assert x", f"model-{n}") for n in range(5))]
    notebook = new_notebook(cells=cells)
    for cell in notebook.cells:
        cell.outputs = []
    placed = watches(notebook)
    assert [watch.test for watch in placed] == ["", *(f"model-{n}" for n in range(5))]
    answers = {watch.cell: (signed(f"{watch.canary.message}\t\twhole\twell\t"),) for watch in placed}
    nonce, first, *rest = placed[3].canary.message.split(" ")
    answers[placed[3].cell] = (signed(" ".join([nonce, *rest]) + "\t\twhole\twell\t"),)
    again = [Watch.from_record(json.loads(json.dumps(asdict(watch)))) for watch in placed]
    judge(notebook, again, answers, key=KEY)
    assert [cell.id for cell in notebook.cells if cell.outputs] == ["model-2", "model-3", "model-4"]
    assert [entry["passed"] for entry in tampering_of(notebook)] == [(placed[3].canary.claims[first],)]


def test_one_request_asks_restores_and_announces_where_a_cell_stands_before_a_test_and_after_another(tmp_path: Path):
    cells = [new_code_cell("x = 1", id="own"), *(graded_cell("assert x", f"model-{n}") for n in range(2))]
    job, private = prepare(new_notebook(cells=cells), tmp_path, "perceptron", ExecuteOptions())
    assert [len(job.follow_ups[cell.id]) for cell in job.notebook.cells] == [1, 1, 1, 1]
    assert job.notebook.cells[0].id == "witness" and len(private.watches) == 3 and private.restorings == []


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_tampering_earns_nothing_from_there_on_and_is_reported(attack: str, tmp_path: Path):
    graded = grade(tmp_path, attack, before=WRONG, after=WRONG)
    assert graded.earned == {"before": 0, "after": 0}
    assert graded.tampered and tampering_of(graded.notebook)
    message = next(p["message"] for p in problems_of(graded.notebook) if p["code"] == "tampering")
    assert "Tampering" in message and "before, after" in message


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_CLAIM)
def test_one_replaced_function_is_named(name: str, tmp_path: Path):
    attack = f"{YES}\nimport builtins\n{name} = Yes()"
    graded = grade(tmp_path, attack, claim=ONE_CLAIM[name])
    assert graded.earned == {"claim": 0} and graded.tampered
    passed = {what for entry in tampering_of(graded.notebook) for what in entry["passed"]}
    assert any(name.removeprefix("builtins.") in what for what in passed)


@pytest.mark.slow
@pytest.mark.parametrize("honest", HONEST.values(), ids=HONEST)
def test_an_honest_oddity_is_no_tampering(honest: str, tmp_path: Path):
    tests = {"right": "assert one == 1", "wrong": "assert one == 2", "part": "one + 1.5", "last": "assert one == 1"}
    graded = grade(tmp_path, honest, "one = 1", **tests)
    assert not graded.tampered, tampering_of(graded.notebook)
    assert graded.earned == {"right": POINTS, "wrong": 0, "part": pytest.approx(2.5, abs=0.5), "last": POINTS}


@pytest.mark.slow
def test_what_was_right_before_the_tampering_keeps_its_points(tmp_path: Path):
    graded = grade(tmp_path, YES, early="assert 1 == 1", patch="np.allclose = Yes()", late="assert 1 == 1")
    assert graded.earned == {"early": POINTS, "patch": 0, "late": 0} and graded.tampered
    outputs = {cell.id: cell.outputs for cell in graded.notebook.cells}
    assert outputs["patch"][0].ename == outputs["late"][0].ename == TAMPERED


@pytest.mark.slow
def test_a_number_that_the_kernel_makes_larger_is_found(tmp_path: Path):
    attack = "get_ipython().display_formatter.formatters['text/plain'].for_type(float, lambda v, p, c: p.text('4.0'))"
    assert grade(tmp_path, attack, part="0.5").earned == {"part": 0.5}  # the printer is taken away before the test
    graded = grade(tmp_path, part=f"{attack}\n0.5")  # and what a test itself calls is found afterwards
    assert graded.earned == {"part": 0} and graded.tampered


@pytest.mark.slow
def test_an_output_that_is_cleared_afterwards_stays(tmp_path: Path):
    hook = (
        "from IPython.display import clear_output\n"
        "get_ipython().events.register('post_run_cell', lambda r: clear_output())"
    )
    graded = grade(tmp_path, hook, part="0.5", wrong="assert 0")
    assert graded.earned == {"part": 0.5, "wrong": 0}


@pytest.mark.slow
def test_who_ends_python_before_the_canary_answers_has_nothing_confirmed(tmp_path: Path):
    hook = "lambda info: 'tito.witness' in info.raw_cell and os._exit(0)"
    leave = f"import os\nget_ipython().events.register('pre_run_cell', {hook})"
    graded = grade(tmp_path, first="assert 1 == 1", second=f"{leave}\nassert 1 == 1", third="assert 1 == 1")
    assert graded.earned == {"first": POINTS, "second": 0, "third": 0}
    assert not graded.tampered and "stopped" in graded.problems
    cells = {cell.id: cell for cell in graded.notebook.cells}
    assert cells["second"].outputs[0].ename == UNCONFIRMED


@pytest.mark.slow
def test_canaries_leave_no_trace_in_the_notebook_nor_in_the_history(tmp_path: Path):
    look = "print(len(In), [line for line in In if 'assert' in line])"
    graded = grade(tmp_path, "x = 1", first="assert x == 1", second=look + "\nassert x == 1")
    shown = graded.notebook.cells[-1].outputs[0].text
    assert shown == "3 []\n"
