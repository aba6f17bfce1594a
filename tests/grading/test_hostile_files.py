"""Plain ``nbgrader autograde`` on folders that its own copying stumbles over or is led astray by."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tito.course import REPOSITORY
from tito.grading.classroom import CONFIG_NAME
from tito.student.submission import zipped

pytestmark = pytest.mark.slow
FULL = {"model": 25, "training": 25, "visualization": 0, "systems": 0, "comparison": 10}
SECRET = "only the course may read this"


def earned(score) -> dict[str, float]:
    return {category.id: category.earned for category in score.categories}


def autograde(small) -> str:
    """What the command printed; it must end well."""
    shutil.copyfile(REPOSITORY / CONFIG_NAME, small.root / CONFIG_NAME)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1",
    }
    command = [sys.executable, "-m", "nbgrader", "autograde", small.milestone.id]
    done = subprocess.run(command, cwd=small.root, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stderr


def with_traps(folder: Path, secret: Path) -> None:
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "tinytorch" / "pipe.py")
    (folder / "gone").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    (folder / "stolen.txt").symlink_to(secret)
    (folder / "tinytorch" / "stolen.py").symlink_to(secret)
    (folder / "root").symlink_to("/")
    (folder / "timestamp.txt").write_bytes(b"\xff not a time")
    (folder / "numpy.py").write_text("raise SystemExit")
    (folder / "closed").mkdir(mode=0)
    (folder / "closed.txt").write_text("x")
    (folder / "closed.txt").chmod(0)


def test_traps_in_a_folder_cost_nobody_anything_and_take_nothing_out(small):
    secret = small.root / "secret.txt"
    secret.write_text(SECRET)
    with_traps(small.hand_in("student_01"), secret)
    small.hand_in("student_02")
    source = small.root / "source" / small.milestone.id / small.name
    linked = small.hand_in("student_03") / small.name
    linked.unlink()
    linked.symlink_to(source)
    stamp = small.hand_in("student_04") / "timestamp.txt"
    stamp.unlink()
    os.mkfifo(stamp)
    (small.root / "submitted" / "student_05").mkdir()
    (small.root / "submitted" / "student_05" / small.milestone.id).symlink_to(small.root / "submitted" / "student_02")
    autograde(small)
    scores = small.scores()
    for student in ("student_01", "student_02", "student_04"):
        assert earned(scores[student]) == FULL, student
    for student in ("student_03", "student_05"):
        assert (scores[student].earned, scores[student].awaiting) == (0, 0) and scores[student].problems, student
    assert "not a regular file" in scores["student_03"].problems[0]
    graded = [path for path in (small.root / "autograded").rglob("*") if path.is_file() or path.is_symlink()]
    assert not [path for path in graded if path.is_symlink() or SECRET in path.read_text(encoding="utf-8")]
    names = {str(path.relative_to(small.root / "autograded" / "student_01" / small.milestone.id))
             for path in graded if "student_01" in path.parts}  # fmt: skip
    assert names == {small.name, "tinytorch/tensor.py"}


def test_a_hand_in_without_a_notebook_is_a_zero_with_a_reason_and_can_be_handed_in_again(small):
    small.hand_in("student_01")
    folder = small.root / "submitted" / "student_02" / small.milestone.id
    folder.mkdir(parents=True)
    (folder / "report.pdf").write_bytes(b"%PDF")
    wrong = small.root / "submitted" / "student_03" / small.milestone.id
    wrong.mkdir(parents=True)
    (small.hand_in("student_04") / small.name).rename(wrong / "notes.txt")
    printed = autograde(small)
    scores = small.scores()
    assert earned(scores["student_01"]) == FULL
    for student in ("student_02", "student_03", "student_04"):
        score = scores[student]
        assert (score.earned, score.awaiting, score.state) == (0, 0, "graded"), student
        assert "There is no notebook" in score.problems[0] and "tito milestone submit" in score.problems[0]
    assert "report.pdf" in scores["student_02"].problems[0] and "Traceback" not in printed
    assert "There is no notebook" in small.feedback("student_02")

    name = small.hand_in("student_09") / small.name
    archive = {small.name: name.read_bytes(), "tinytorch/tensor.py": b"one = 1\n",
               "timestamp.txt": b"2030-01-01 00:00:00 UTC"}  # fmt: skip
    (folder / "perceptron.zip").write_bytes(zipped("perceptron", archive))
    (folder / "timestamp.txt").unlink(missing_ok=True)
    shutil.rmtree(small.root / "submitted" / "student_09")
    autograde_again = small.grade("student_01")  # --force for one touches no other
    assert autograde_again["student_02"].earned == 0
    shutil.rmtree(small.root / "autograded" / "student_02")
    autograde(small)
    again = small.scores()["student_02"]
    assert earned(again) == FULL and again.awaiting == 40
    assert again.problems == (f"perceptron/{small.name} was taken as {small.name}.",)
    stamp = small.root / "autograded" / "student_02" / small.milestone.id / "timestamp.txt"
    assert stamp.read_text().startswith("2030-01-01")


def test_a_newer_hand_in_is_graded_again_without_being_told(small):
    folder = small.hand_in("student_01", small.solved(model_double_answer="def double(x):\n    return x"))
    (folder / "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")
    autograde(small)
    assert earned(small.scores()["student_01"])["model"] == 0
    folder = small.hand_in("student_01")
    (folder / "timestamp.txt").write_text("2026-01-02 00:00:00 UTC")
    printed = autograde(small)
    assert earned(small.scores()["student_01"]) == FULL and "Updating existing assignment" in printed
    assert "Skipping existing assignment" in autograde(small)
