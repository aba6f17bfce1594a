"""Sealed evaluation: predictions leave as data, labels never enter, and the rule is the one in the notebook."""

from __future__ import annotations

import ast
import base64
import hashlib
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from tito.build.authored import Authored, AuthoredCell, read_authored
from tito.build.sealed import check_sealed
from tito.course import REPOSITORY, Milestone, load
from tito.errors import BuildError, TitoError
from tito.execution.job import run_here
from tito.execution.run import Answer
from tito.grading.check import CheckOutputs
from tito.grading.execute import ExecuteOptions, conclude, prepare
from tito.grading.sealed import MIME, Item, Question, course_secret, is_sealed, questions, read_answer, sealed_items

COURSE = load(REPOSITORY)
POINTS = 4.0
NEAREST = """
import numpy as np
practice_share = 1.0


def fit_spiral(x, y, rng):
    return (x, y), []


def predict(model, x):
    known, labels = model
    nearest = [int(np.argmin(((known - point) ** 2).sum(axis=1))) for point in x]
    return labels[nearest]
"""
# What a student's functions may do instead, and what the grader says of it; all of it earns nothing.
OTHERS = {
    "always one class": ("def predict(model, x): return np.ones((len(x), 1))", "Points begin at 85%"),
    "the formula of the notebook's own spiral": (
        "def predict(model, x):\n"
        "    r = np.hypot(*x.T); along = (r - 0.3) / 2.7\n"
        "    off = np.arctan2(x[:, 1], x[:, 0]) - 2.5 * np.pi * along\n"
        "    return (np.cos(off) < 0).astype(float)[:, None]",
        "Points begin at 85%",
    ),
    "an error": ("def predict(model, x): raise KeyError('lost')", "KeyError: 'lost'"),
    "too few": ("def predict(model, x): return np.ones(3)", "should have the shape (1000,)"),
    "not numbers": ("def predict(model, x): return np.full(len(x), np.nan)", "finite numbers"),
    "words": ("def predict(model, x): return ['one'] * len(x)", "ValueError"),
    "always equal": (
        "class Yes:\n    __eq__ = lambda *_: True\n    __hash__ = None\n    __float__ = lambda self: 1.0\n"
        "def predict(model, x): return np.array([Yes() for _ in x], dtype=object)",
        "Points begin at 85%",
    ),
    "an array that lies": (
        "class Lie(np.ndarray):\n    __eq__ = lambda *_: True\ndef predict(model, x): return np.ones(len(x)).view(Lie)",
        "Points begin at 85%",
    ),
    "labels looked for in the caller's frames": (
        "import sys\n"
        "def predict(model, x):\n"
        "    frame, found = sys._getframe(1), []\n"
        "    while frame:\n"
        "        found += [v for v in frame.f_locals.values() if isinstance(v, np.ndarray) and v.size == len(x)]\n"
        "        frame = frame.f_back\n"
        "    return found[0] if found else np.zeros(len(x))",
        "Points begin at 85%",
    ),
    "another bundle in its place": (
        "import IPython.display\n"
        "shown = IPython.display.display\n"
        "forged = {'application/vnd.tinytorch.answer': 'full marks'}\n"
        "IPython.display.display = lambda data, raw=False: shown(forged, raw=True)",
        "no answer to it",
    ),
    "a second bundle beside it": (
        "import IPython.display\n"
        "def predict(model, x):\n"
        "    IPython.display.display({'application/vnd.tinytorch.answer': 'x'}, raw=True)\n"
        "    return np.ones(len(x))",
        "no predictions came back",
    ),
    "an endless loop": ("def predict(model, x):\n    while True: pass", "or they ended Python"),
    "the end of Python": ("import os\ndef predict(model, x): os._exit(0)", "or they ended Python"),
}


def sealed_cell(source: str = "print('practice'); 2.0") -> NotebookNode:
    meta = {"grade": True, "solution": False, "grade_id": "training-spiral", "points": POINTS, "schema_version": 3}
    return new_code_cell(source, id="sealed", metadata={"nbgrader": meta, "tito": {"sealed": True}})


def grade(folder: Path, answer: str, cell: NotebookNode | None = None, limits: dict | None = None) -> NotebookNode:
    """The sealed cell of a small notebook after the road; its score is nbgrader's."""
    (folder / "tinytorch").mkdir()
    (folder / "tinytorch" / "tensor.py").write_text("one = 1\n", encoding="utf-8")
    options = ExecuteOptions(course_dir=str(folder), **(limits or {}))
    notebook = new_notebook(cells=[new_code_cell(answer, id="own"), cell or sealed_cell()])
    job, private = prepare(notebook, folder, "perceptron", options)
    notebook = conclude(run_here(job), private)
    CheckOutputs().preprocess(notebook, {})
    return notebook.cells[-1]


def asked(secret: bytes = b"s") -> Question:
    return questions(new_notebook(cells=[sealed_cell()]), "perceptron", lambda: secret)[0]


def bundle(text: str) -> Answer:
    return Answer([{"output_type": "display_data", "data": {MIME: text}}], ran=True)


def encoded(values: list[float]) -> str:
    return base64.b64encode(np.asarray(values, dtype="<f8").tobytes()).decode()


@pytest.mark.parametrize("milestone", COURSE.milestones, ids=lambda milestone: milestone.id)
def test_each_milestone_has_a_sealed_training_item(milestone: Milestone):
    released = nbformat.read(REPOSITORY / "release" / milestone.id / f"{milestone.notebook}.ipynb", as_version=4)
    sealed = [cell for cell in released.cells if is_sealed(cell)]
    assert [cell.metadata.nbgrader.grade_id.split("-")[0] for cell in sealed] == ["training"]
    items = sealed_items(milestone, REPOSITORY)
    assert set(items) == {cell.metadata.nbgrader.grade_id for cell in sealed}
    text = "\n".join(cell.source for cell in released.cells)
    for cell in sealed:
        item, points = items[cell.metadata.nbgrader.grade_id], cell.metadata.nbgrader.points
        assert f"none below {item.lowest:.0%}".replace("%", " %") in re.sub(r"\s+", " ", text)
        assert (f"{points:g} " in text and f"points from {item.highest:.0%} on".replace("%", " %") in text) or (
            f"{points:g} from {item.highest:.0%} on".replace("%", " %") in re.sub(r"\s+", " ", text)
        )
        assert f"lowest={item.lowest}, highest={item.highest}, most={points:g}" in text
        check_sealed(REPOSITORY, read_authored(REPOSITORY, milestone))


@pytest.mark.parametrize("milestone", COURSE.milestones, ids=lambda milestone: milestone.id)
def test_labels_stay_here_and_data_follow_from_the_secret(milestone: Milestone):
    (item,) = sealed_items(milestone, REPOSITORY).values()
    given, labels = item.make(np.random.default_rng(5))
    again, same = item.make(np.random.default_rng(5))
    other, _ = item.make(np.random.default_rng(6))
    assert all(np.array_equal(given[name], again[name]) for name in given) and np.array_equal(labels, same)
    assert not all(np.array_equal(given[name], other[name]) for name in given)
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    assert shares.max() < 0.65 and len(labels) >= 300
    runs = np.mean(labels[1:] == labels[:-1])
    assert abs(runs - (shares**2).sum()) < 0.1, "the order of the labels tells something"
    assert not any(array.shape[0] == len(labels) and array.ndim == 1 for array in given.values())


def test_the_question_holds_no_label_and_its_nonce_is_fresh(tmp_path: Path):
    one, two, elsewhere = asked(), asked(), asked(b"other")
    assert one.labels == two.labels != elsewhere.labels
    assert one.nonce != two.nonce and one.nonce in one.source
    for kind in ("<f8", "<f4", "u1", "<i8", "?"):
        text = base64.b64encode(np.asarray(one.labels).astype(kind).tobytes()).decode()
        assert text[-200:-100] not in one.source


def test_points_begin_at_the_lowest_and_end_at_the_highest_accuracy():
    item = Item(make=None, ask="", lowest=0.85, highest=0.95)
    assert [item.points(share, 4) for share in (0, 0.8499, 0.85, 0.9, 0.95, 1.0)] == [0, 0, 2, 3, 4, 4]


def test_only_the_very_form_of_an_answer_is_read():
    question = Question("c", "training-spiral", "", "n0nce", [0.0, 1.0, 1.0])
    good = encoded([0, 1, 0])
    assert read_answer(question, bundle(f"n0nce {good}")) == ([0, 1, 0], "")
    bad = [
        bundle(good), bundle(f"other {good}"), bundle("n0nce "), bundle(f"n0nce {encoded([0, 1])}"),
        bundle(f"n0nce {encoded([0, 1, 0, 1])}"), bundle(f"n0nce {encoded([0, np.nan, 0])}"),
        bundle(f"n0nce {encoded([0, np.inf, 0])}"), bundle("n0nce " + "*" * 32), bundle("n0nce " + "\u00e9" * 32),
        bundle(f"n0nce {good} {good}"), Answer([], ran=True), Answer([], ran=False),
        Answer(bundle(f"n0nce {good}").outputs * 2, ran=True),
        Answer([{"output_type": "display_data", "data": {MIME: {"n0nce": 1}}}], ran=True),
        Answer([*bundle(f"n0nce {good}").outputs, {"output_type": "error", "ename": "E", "evalue": "x"}], ran=True),
        Answer(bundle(f"n0nce {good}").outputs, ran=False),
    ]  # fmt: skip
    for answer in bad:
        values, problem = read_answer(question, answer)
        assert values == [] and problem, answer


def test_a_course_directory_has_one_secret_for_its_owner_only(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: course_secret(tmp_path), range(32)))
    assert len(found) == 1 and len(found.pop()) == 32
    (path,) = (tmp_path / ".tito").iterdir()
    assert path.name == "secret" and stat.S_IMODE(path.stat().st_mode) == 0o600
    other = tmp_path / "other"
    assert course_secret(other) != course_secret(tmp_path)


def test_the_grader_s_files_are_in_no_release_and_in_no_wheel():
    tree = ast.parse((REPOSITORY / "hatch_build.py").read_text(encoding="utf-8"))
    (patterns,) = [ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)]
    packed = {path for pattern in patterns for path in REPOSITORY.glob(pattern)}
    sealed = set(REPOSITORY.glob("milestones/*/sealed_*.py"))
    assert sealed and not packed & sealed
    asks = [item.ask.strip().split("\n")[1] for m in COURSE.milestones for item in sealed_items(m).values()]
    for released in REPOSITORY.glob("release/*/*.ipynb"):
        assert not any(ask in released.read_text(encoding="utf-8") for ask in asks)


def test_the_build_wants_an_item_for_each_sealed_cell_and_a_cell_for_each_item(tmp_path: Path):
    milestone = COURSE.milestone("perceptron")

    def findings(*cells: NotebookNode) -> str:
        authored = tuple(AuthoredCell(cell, line) for line, cell in enumerate(cells, start=7))
        with pytest.raises(BuildError) as error:
            check_sealed(tmp_path, Authored(milestone, milestone.source, authored))
        return "\n".join(error.value.findings)

    assert ":7: 'training-spiral' is sealed, but milestones/01_perceptron/sealed_perceptron.py" in findings(
        sealed_cell()
    )
    with pytest.raises(TitoError, match="grading needs the course repository"):
        sealed_items(milestone, tmp_path)
    path = tmp_path / "milestones" / milestone.folder / "sealed_perceptron.py"
    path.parent.mkdir(parents=True)
    rule = "{'make': None, 'ask': '', 'lowest': 0.9, 'highest': %s}"
    path.write_text(f"ITEMS = {{'training-moons': {rule % 0.8}}}", encoding="utf-8")
    wrong = sealed_cell()
    wrong.metadata.nbgrader.solution = True
    wrong.metadata.nbgrader.grade_id = "visualization-x"
    said = findings(sealed_cell(), wrong)
    assert "has no item for it" in said and "has an item 'training-moons', but no cell" in said
    assert "needs 0 < lowest" in said and "it is no test" in said and "no category that is graded auto" in said


@pytest.mark.slow
def test_who_learned_to_learn_earns_everything_and_the_same_again(tmp_path: Path):
    (tmp_path / "one").mkdir()
    cell = grade(tmp_path / "one", NEAREST)
    assert determine_grade(cell)[0] == POINTS
    assert "of 1,000 unseen examples right" in "".join(output.get("text", "") for output in cell.outputs)
    shown = [output.data["text/plain"] for output in cell.outputs if output.output_type == "execute_result"]
    assert shown == ["4.0"]


@pytest.mark.slow
@pytest.mark.parametrize("what", OTHERS)
def test_whatever_else_comes_back_earns_nothing_and_says_why(what: str, tmp_path: Path):
    code, reason = OTHERS[what]
    limits = {"limits": ExecuteOptions().limits.__class__(cell_seconds=11.0)}
    cell = grade(tmp_path, f"{NEAREST}\n{code}", limits=limits)
    assert determine_grade(cell)[0] == 0
    assert reason in cell.outputs[0].evalue


@pytest.mark.slow
def test_sealed_points_are_for_those_who_pass_the_visible_part(tmp_path: Path):
    cell = grade(tmp_path, NEAREST, sealed_cell("assert False, 'practice'"))
    assert determine_grade(cell)[0] == 0 and cell.outputs[0].evalue == "practice"


@pytest.mark.slow
def test_a_regrade_gives_the_same_points_and_another_course_other_data(tmp_path: Path):
    spoiled = "honest = predict\ndef predict(m, x):\n    y = honest(m, x)\n    y[:90] = 1 - y[:90]\n    return y"
    answer = f"{NEAREST}\n{spoiled}"
    scores = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / ".tito").mkdir()
        (folder / ".tito" / "secret").write_bytes(hashlib.sha256(b"one course").digest())
        scores.append(determine_grade(grade(folder, answer))[0])
    assert scores[0] == scores[1] and 2 <= scores[0] < POINTS
