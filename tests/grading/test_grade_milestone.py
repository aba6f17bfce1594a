"""tito grade milestone: one student or everyone, autograded and shown by category."""

from __future__ import annotations

import pytest

WRONG = "def double(x):\n    return x"


@pytest.mark.slow
def test_everyone_and_then_one(tito, small):
    small.hand_in("student_01")
    small.hand_in("student_02", small.solved(model_double_answer=WRONG))
    everyone = tito("grade", "milestone", "-m", "1", "--course-dir", str(small.root))
    assert everyone.code == 0, everyone.err
    words = " ".join(everyone.out.split())
    assert "student_01" in words and "student_02" in words and "awaits 20" in words
    small.hand_in("student_02")
    one = ["grade", "milestone", "-m", "perceptron", "--student", "student_02", "--course-dir", str(small.root)]
    result = tito(*one, "--json")
    assert result.code == 0, result.err
    (score,) = result.record["students"]
    assert (score["student"], score["earned"], score["awaiting"]) == ("student_02", 60, 40)
    assert small.scores()["student_02"].earned == 60


def test_refusals(tito, small, tmp_path):
    def refused(*options):
        result = tito("grade", "milestone", "--course-dir", str(small.root), *options)
        assert (result.code, result.out) == (1, "")
        return result.err

    assert refused("-m", "1").startswith("Nobody has handed in anything for milestone 1 (perceptron).\nNext: put ")
    small.hand_in("student_01")
    assert "There is no student 'student_1' in this course. Did you mean 'student_01'?" in refused(
        "-m", "1", "--student", "student_1"
    )
    assert "There is no milestone 'perceptrn'. Did you mean 'perceptron'?" in refused("-m", "perceptrn")
    assert "is planned" in refused("-m", "transformer")
    result = tito("grade", "milestone", "-m", "1", "--course-dir", str(tmp_path / "nowhere"))
    assert (result.code, result.err.startswith("There is no gradebook in")) == (1, True)
    assert not (small.root / "autograded").exists()


def test_a_verification_names_its_milestone(tito, small):
    result = tito("grade", "milestone", "-m", "xor", "--course-dir", str(small.root))
    assert result.code == 1
    assert "'mlp'" in result.err
