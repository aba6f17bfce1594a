"""The whole road on a small milestone: submissions of every sort, again and again, none touching another."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tito.course import REPOSITORY
from tito.errors import TitoError
from tito.grading.classroom import CONFIG_NAME
from tito.grading.feedback import REGION, _plain
from tito.grading.reports.report import AWAITING, GRADED, NOT_GRADED, NOT_SUBMITTED, report

SMALL_ONLY = "def double(x):\n    return {1: 2, 2: 4}.get(x, 'aa')"
KILLER = "import os, signal\nfor process in (os.getppid(), os.getpid()):\n    os.kill(process, signal.SIGKILL)"
WRONG = "def double(x):\n    return x"
FULL = {"model": 25, "training": 25, "visualization": 0, "systems": 0, "comparison": 10}


def earned(score) -> dict[str, float]:
    return {category.id: category.earned for category in score.categories}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Non-unique cell id")
def test_killers_and_crashes_touch_no_other_submission(small):
    before = small.hand_in("student_01")
    small.hand_in("student_02", small.solved(model_double_answer=KILLER))
    small.hand_in("student_03", small.solved(model_double_answer="import os\nos._exit(0)"))
    (small.hand_in("student_04") / small.name).write_bytes(b"\0\xff")
    odd = small.solved()
    odd.metadata.tito = "x"
    odd.cells[2].metadata.nbgrader.schema_version = 99
    folder = small.hand_in("student_05", odd)
    odd.cells.append(odd.cells[2])  # nbformat would not write the same id twice
    (folder / small.name).write_text(json.dumps(odd), encoding="utf-8")
    small.hand_in("student_06")
    scores = small.grade()
    assert earned(scores["student_01"]) == earned(scores["student_05"]) == earned(scores["student_06"]) == FULL
    for student in ("student_02", "student_03", "student_04"):
        assert scores[student].earned == 0 and scores[student].problems, student
    assert "ended in cell" in scores["student_02"].problems[0] and "not JSON" in scores["student_04"].problems[0]
    assert {scores[student].state for student in ("student_01", "student_02", "student_06")} == {AWAITING}
    assert scores["student_04"].state == GRADED
    assert (before / small.name).is_file()


@pytest.mark.slow
def test_of_the_old_score_nothing_survives_a_resubmission_in_either_direction(small):
    small.hand_in("student_01")
    assert small.grade()["student_01"].earned == 60
    small.hand_in("student_01", small.solved(model_double_answer=WRONG))
    assert earned(small.grade()["student_01"]) == {**FULL, "model": 0, "comparison": 0}
    folder = small.hand_in("student_01")
    (folder / small.name).write_bytes(b"{")
    unreadable = small.grade()["student_01"]
    assert (unreadable.earned, unreadable.awaiting, unreadable.state) == (0, 0, GRADED) and unreadable.problems
    less = small.solved()
    less.cells = [cell for cell in less.cells if cell.id != "model-double"]
    small.hand_in("student_01", less)
    again = small.grade()["student_01"]
    assert earned(again) == FULL and again.awaiting == 40
    assert again.problems == ("The cell 'model-double' was deleted in your notebook; the released one was used.",)
    assert small.grade()["student_01"] == again
    shutil.rmtree(folder / "tinytorch")
    assert earned(small.grade()["student_01"]) == {**FULL, "training": 0}


@pytest.mark.slow
def test_feedback_shows_the_rubric_and_the_reasons_and_no_hidden_test(small):
    folder = small.hand_in("student_01", small.solved(model_double_answer=SMALL_ONLY))
    (folder / "tinytorch" / "<img src=x onerror=alert(1)>[a](javascript:b).py").write_bytes(b"\xff")
    stamp = datetime.now(timezone.utc) - timedelta(hours=30)
    with small.classroom.gradebook() as gradebook:
        gradebook.update_or_create_assignment(small.milestone.id, duedate=stamp.replace(tzinfo=None))
    assert small.grade()["student_01"].late_penalty == 7.0
    page = small.feedback("student_01")
    assert "Your rubric" in page and "Late penalty" in page and "await manual grading" in page
    for title in ("Model", "Training", "Visualization", "Systems analysis", "Comparison"):
        assert f"<td>{title}</td>" in page
    assert "What grading noticed" in page and "it is not UTF-8 text" in page
    assert "<img src=x" not in page and 'href="javascript' not in page
    assert "doubling ten" in page  # the message of the hidden test that failed, not its code
    assert "double(10)" not in page and "HIDDEN TESTS" not in page and "warnings.warn" not in page
    with small.classroom.gradebook() as gradebook:
        for name, points in (("visualization-plot", 15.0), ("systems-why", 12.5)):
            grade = gradebook.find_grade(name, small.milestone.notebook, small.milestone.id, "student_01")
            grade.manual_score, grade.needs_manual_grade = points, False
            gradebook.db.commit()
    score = small.scores()["student_01"]
    assert earned(score) == {"model": 0, "training": 25, "visualization": 15, "systems": 12.5, "comparison": 10}
    assert (score.state, score.awaiting, score.late_penalty) == (GRADED, 0, 12.5)
    page = small.feedback("student_01")
    assert "<td>12.5</td>" in page and "await manual grading" not in page


@pytest.mark.slow
def test_plain_nbgrader_takes_the_road_with_nothing_but_the_configuration_file(small):
    small.hand_in("student_01")
    small.hand_in("student_02", small.solved(model_double_answer=WRONG), package=None)
    shutil.copyfile(REPOSITORY / CONFIG_NAME, small.root / CONFIG_NAME)
    scripts = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
        "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1",
    }
    command = [sys.executable, "-m", "nbgrader", "autograde", small.milestone.id, "--force"]
    done = subprocess.run(command, cwd=small.root, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    scores = small.scores()
    assert earned(scores["student_01"]) == FULL
    assert scores["student_02"].earned == 0 and "no tinytorch/ folder" in scores["student_02"].problems[0]


@pytest.mark.slow
def test_the_report_knows_who_is_missing_and_says_the_same_as_csv_and_json(small):
    small.hand_in("student_01")
    small.grade()
    small.hand_in("student_02")
    with small.classroom.gradebook() as gradebook:
        gradebook.update_or_create_student("student_03")
    made = report(small.root, small.milestone)
    assert [(s.student, s.state) for s in made.students] == [
        ("student_01", AWAITING), ("student_02", NOT_GRADED), ("student_03", NOT_SUBMITTED),
    ]  # fmt: skip
    assert made.ungraded == ["student_02"]
    rows = list(csv.DictReader(io.StringIO(made.as_csv())))
    record = json.loads(made.as_json())
    assert [row["student"] for row in rows] == ["student_01", "student_02", "student_03"]
    assert [entry["student"] for entry in record["students"]] == ["student_01", "student_02", "student_03"]
    ada, entry = rows[0], record["students"][0]
    assert (float(ada["model"]), float(ada["systems_awaiting"]), float(ada["total"])) == (25, 20, 60)
    assert (entry["total"], entry["awaiting"], entry["earned"]) == (60, 40, 60)
    assert rows[2]["model"] == "" and rows[2]["state"] == NOT_SUBMITTED


def test_a_folder_without_a_gradebook_is_refused(tmp_path, small):
    with pytest.raises(TitoError, match="There is no gradebook in"):
        report(tmp_path, small.milestone)


def test_every_hidden_region_of_a_cell_is_taken_out():
    hidden = "### BEGIN HIDDEN TESTS\nassert secret\n### END HIDDEN TESTS\n"
    assert REGION.sub("", f"assert a\n{hidden}assert b\n    {hidden}") == "assert a\n\nassert b\n\n"
    assert REGION.sub("", hidden.removesuffix("### END HIDDEN TESTS\n")) == ""


def test_a_sentence_of_a_student_s_making_stays_a_sentence():
    assert _plain("a <b>\n[x](y) `z` *w* $q$ m_n") == r"a &lt;b&gt; \[x\]\(y\) \`z\` \*w\* \$q\$ m\_n"
