"""The checks of every notebook, proved: right answers pass; wrong answers fail in the words that they should."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tito.build.answer_proofs import AnswerProof, ExerciseProof, Survivor, Tried, prove_answers
from tito.build.answers import WrongAnswers, read_answers
from tito.build.mutants import mutants
from tito.course import REPOSITORY, Assignment, load

COURSE = load(REPOSITORY)
HEADER = (
    '# %% nbgrader={{"grade": {}, "grade_id": "{}", "locked": true, "schema_version": 3, "solution": {}, '
    '"task": false}}'
)
NOTEBOOK = f"""\
# %%
#| export
import numpy as np

from tito.lesson import check

# %% [markdown]
# ### 01-double · write · 5 min · core

{HEADER.format("false", "01-double-answer", "true")}
#| export
def double(values):
    ### BEGIN SOLUTION
    return values + values
    ### END SOLUTION

{HEADER.format("true", "01-double", "false").replace('"locked"', '"points": 1, "locked"')}
VALUES = np.array([0.0, 2.0, 5.0])
check(lambda: double(VALUES), CHECKED)
"""


@pytest.mark.slow
@pytest.mark.parametrize("assignment", COURSE.assignments, ids=lambda assignment: assignment.id)
def test_the_checks_have_no_hole(assignment: Assignment):
    if not read_answers(REPOSITORY, assignment)[0].by_exercise:
        pytest.skip("no wrong answers are listed for it yet")
    proof = prove_answers(REPOSITORY, assignment, COURSE)
    assert not proof.holes
    assert proof.exercises


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one small module 01 whose check cell expects what a test says."""
    for part in ("modules", "milestones"):
        (tmp_path / part).mkdir()
        text = (REPOSITORY / part / f"{part}.yml").read_text(encoding="utf-8")
        (tmp_path / part / f"{part}.yml").write_text(text.replace("[Tensor, op, apply, no_grad]", "[double]"))
    (tmp_path / "modules" / "source" / "01_tensor").mkdir(parents=True)
    return tmp_path


def prove(repository: Path, expected: str, wrong: str = "", right: str = "RIGHT = {}") -> AnswerProof:
    folder = repository / "modules" / "source" / "01_tensor"
    (folder / "tensor.py").write_text(NOTEBOOK.replace("CHECKED", expected), encoding="utf-8")
    head = "from tito.build.answers import WrongAnswers\nanswers = WrongAnswers()\n"
    (folder / "wrong_tensor.py").write_text(head + textwrap.dedent(wrong), encoding="utf-8")
    (folder / "right_tensor.py").write_text(right, encoding="utf-8")
    course = load(repository)
    return prove_answers(repository, course.module("tensor"), course)


FIVE = """
answers.slip("01-double", "forgets the second", "numbers are wrong", "values + values", "values")
answers.slip("01-double", "takes away", "numbers are wrong", "values + values", "values - values")
answers.wrong("01-double", "no return", "It gave None", "values + values")
answers.wrong("01-double", "a list", "has no dtype", "return (values + values).tolist()")
answers.wrong("01-double", "never ends", "does not come to an end", "while True: pass")
"""


def test_a_proof_names_every_hole(repository: Path):
    proof = prove(
        repository,
        "2 * VALUES",
        FIVE,
        'RIGHT = {"01-double": {"times two": ["return 2 * values"], "wrong": ["return 3"]}}',
    )
    (exercise,) = proof.exercises
    assert [tried.ok for tried in exercise.right] == [True, True, False]
    assert exercise.caught == 5
    told = {tried.name: tried.message for tried in exercise.wrong}
    assert "Yours is 0.50 times the expected" in told["forgets the second"]  # and not in the words that were listed
    assert told["never ends"].startswith("RAW TooSlow")
    assert not exercise.survivors
    named = "\n".join(proof.holes)
    assert "'wrong' fails" in named
    assert "'forgets the second' should say" in named
    assert "'never ends' should say" in named
    assert "'no return'" not in named


def test_a_check_that_lets_mutants_pass_is_refused(repository: Path):
    proof = prove(repository, "double(VALUES)", FIVE)
    assert proof.survivors > 0.05 * proof.mutants
    assert any("mutants pass the checks" in hole for hole in proof.holes)
    assert any("-return values + values" in survivor.diff for survivor in proof.exercises[0].survivors)


def test_too_few_wrong_answers_and_answers_to_nothing_are_refused(repository: Path):
    proof = prove(repository, "2 * VALUES", 'answers.wrong("01-treble", "x", "x", "return 1")')
    assert any("01-treble, which is no exercise" in hole for hole in proof.holes)
    assert any("0 wrong answers are listed" in hole for hole in proof.holes)


def test_a_slip_that_no_longer_fits_the_solution_is_refused():
    answers = WrongAnswers()
    answers.slip("x", "gone", "words", "a - b", "b - a")
    with pytest.raises(ValueError, match="does not stand exactly once"):
        answers.by_exercise["x"][0].applied(["return a + b\n"])


def test_mutants_change_one_thing_each():
    region = "total = 0\nfor value in values:\n    if value < 0:\n        continue\n    total += value\nreturn total\n"
    made = list(mutants([region]))
    assert len({mutant.regions[0] for mutant in made}) > 8
    assert all(mutant.regions[0] != region.strip() for mutant in made)
    assert any("break" in mutant.regions[0] for mutant in made)
    assert any(mutant.diff == "-    if value < 0:\n+    if value <= 0:" for mutant in made)


def test_survivors_above_one_in_twenty_are_a_hole():
    wrong = (Tried("a", "no", True),)

    def of(alive: int) -> AnswerProof:
        survivors = tuple(Survivor("x", "-x") for _ in range(alive))
        return AnswerProof("x", (ExerciseProof("e", "write", (), wrong, 20, 0, survivors, ()),), (), (), 1.0)

    assert of(0).ok
    assert of(1).ok
    assert not of(2).ok
