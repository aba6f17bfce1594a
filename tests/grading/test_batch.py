"""A class at once: the same gradebook as plain nbgrader's, again and again, whatever is handed in meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from nbgrader.api import MissingEntry

from demo.tables import tables, tree
from tito.course import the_course
from tito.errors import TitoError
from tito.files import locked
from tito.grading.batch import grade, keys
from tito.grading.batch.cluster import on_this_machine
from tito.grading.batch.course import grade_course, resolve_class
from tito.grading.batch.grade import NOT_GRADED, ClassResult, grade_class
from tito.grading.classroom import Classroom

WRONG = "def double(x):\n    return x"
ONE_WORKER = on_this_machine(1)
pytestmark = pytest.mark.slow


@dataclass
class Seen:
    """A watch that keeps what it was told."""

    began: list[tuple[int, int, int]] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def begin(self, total: int, already: int, kept: int) -> None:
        self.began.append((total, already, kept))

    def done(self, student: str, assignment: str, words: str) -> None:
        self.said[student] = words


def batch(small, watch: Seen | None = None, **options: object) -> ClassResult:
    return grade_course(small.root, [small.milestone], ONE_WORKER, watch or Seen(), **options)


def url(root: Path) -> str:
    return f"sqlite:///{root}/gradebook.db"


def late(folder: Path, small, hours: float) -> None:
    """Move a hand-in's date behind the assignment's."""
    due = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
    with small.classroom.gradebook() as gradebook:
        gradebook.update_or_create_assignment(small.milestone.id, duedate=due.replace(tzinfo=None))
    handed_in = due + timedelta(hours=hours)
    (folder / "timestamp.txt").write_text(f"{handed_in:%Y-%m-%d %H:%M:%S.%f} UTC")


def totals(result: ClassResult) -> dict[str, float | None]:
    return {row.student: row.score.total if row.score else None for row in result.rows}


def test_gives_the_gradebook_and_the_files_that_plain_autograde_gives(small, tmp_path):
    small.hand_in("student_01")
    small.hand_in("student_02", small.solved(model_double_answer=WRONG))
    (small.hand_in("student_03") / small.name).write_bytes(b"{")
    late(small.hand_in("student_04"), small, 30)
    small.hand_in("student_05", package=None)
    small.hand_in("student_06", small.notebook("release"))
    plain = type(small)(Path(shutil.copytree(small.root, tmp_path / "plain")))
    result = batch(small)
    plain.classroom.autograde(plain.milestone)
    assert result.ok and result.executed == 5
    ours, theirs = tables(url(small.root)), tables(url(plain.root))
    assert len(ours["grade"]) == 6 * 5 and len(ours["comment"]) == 6 * 3
    assert ours == theirs
    assert tree(small.root) == tree(plain.root)
    late_s = dict(next(row for row in ours["submitted_notebook"] if "student_04" in str(row)))
    assert late_s["late_submission_penalty"] == 12
    assert {score.student: score for score in small.scores().values()} == {
        row.student: row.score for row in result.rows
    }
    assert small.feedback("student_01")


class TestAgain:
    def test_what_is_graded_stays_and_only_what_changed_runs(self, small):
        small.hand_in("student_01")
        small.hand_in("student_02")
        assert batch(small).executed == 2
        watch = Seen()
        second = batch(small, watch)
        assert (second.executed, second.already, watch.began) == (0, 2, [(0, 2, 0)])
        small.hand_in("student_02", small.solved(model_double_answer=WRONG))
        small.hand_in("student_03")
        third = batch(small)
        assert (third.executed, third.already) == (2, 1)
        assert totals(third) == {"student_01": 60, "student_02": 25, "student_03": 60}
        assert [(row.student, row.before) for row in third.regraded] == [("student_02", 60)]

    def test_other_limits_run_everything_again_and_another_late_penalty_nothing(self, small):
        late(small.hand_in("student_01"), small, 30)
        assert totals(batch(small)) == {"student_01": 48}
        small.classroom.config.LatePenalty.percent_per_day = 5.0
        cheaper = grade_class(small.classroom, [small.milestone], ONE_WORKER, Seen())
        assert (cheaper.executed, totals(cheaper)) == (0, {"student_01": 54})
        small.classroom.config.ExecuteSubmission.cell_seconds = 30.0
        assert grade_class(small.classroom, [small.milestone], ONE_WORKER, Seen()).executed == 1

    def test_a_persons_score_stays_and_a_changed_answer_awaits_review(self, small):
        small.hand_in("student_01")
        batch(small)
        with small.classroom.gradebook() as gradebook:
            where = (small.milestone.notebook, small.milestone.id, "student_01")
            grade_row = gradebook.find_grade("systems-why", *where)
            grade_row.manual_score, grade_row.needs_manual_grade = 15, False
            gradebook.db.commit()
        small.classroom.config.ExecuteSubmission.cell_seconds = 30.0
        rerun = grade_class(small.classroom, [small.milestone], ONE_WORKER, Seen())
        assert rerun.executed == 1 and totals(rerun) == {"student_01": 75}
        small.hand_in("student_01", small.solved(systems_why="Now it is another answer."))
        resubmitted = batch(small).rows[0].score
        assert {each.id: each.awaiting for each in resubmitted.categories}["systems"] == 20
        with small.classroom.gradebook() as gradebook:
            assert gradebook.find_grade("systems-why", *where).manual_score == 15

    def test_after_a_zero_for_an_unreadable_file_a_good_one_earns_everything(self, small):
        (small.hand_in("student_01") / small.name).unlink()
        first = batch(small)
        assert first.ok and totals(first) == {"student_01": 0} and "no notebook" in first.rows[0].reason
        small.hand_in("student_01")
        assert totals(batch(small)) == {"student_01": 60}

    def test_a_graded_folder_that_is_gone_is_made_again_without_running_anything(self, small):
        small.hand_in("student_01")
        batch(small)
        before = tables(url(small.root))
        shutil.rmtree(small.root / "autograded")
        assert batch(small).executed == 0
        assert tables(url(small.root)) == before
        assert small.scores()["student_01"].earned == 60


class TestCorrectedTests:
    @pytest.fixture
    def corrected(self, small):
        """Graded by a hidden test that is wrong; then the test is put right in source/."""
        path = small.root / "source" / small.milestone.id / small.name
        right = path.read_text(encoding="utf-8")
        path.write_text(right.replace("double(10) == 20", "double(10) == 21"), encoding="utf-8")
        small.classroom.generate(small.milestone)
        small.hand_in("student_01")
        small.hand_in("student_02", small.solved(model_double_answer=WRONG))
        assert totals(batch(small)) == {"student_01": 35, "student_02": 25}
        path.write_text(right, encoding="utf-8")
        return small

    def test_are_refused_until_they_are_taken_over(self, corrected):
        with pytest.raises(TitoError, match=r"changed in source/ since it was generated \(model-double\)") as refused:
            batch(corrected)
        assert "--regrade" in refused.value.hint
        result = batch(corrected, regrade=True)
        assert totals(result) == {"student_01": 60, "student_02": 25}
        assert {row.student: row.before for row in result.regraded} == {"student_01": 35, "student_02": 25}
        assert batch(corrected, regrade=True).executed == 0

    def test_that_nbgrader_generated_are_graded_by_without_being_told(self, corrected):
        corrected.classroom.generate(corrected.milestone)
        result = batch(corrected)
        assert result.executed == 2 and totals(result)["student_01"] == 60


def test_one_broken_submission_aborts_nothing(small, monkeypatch):
    small.hand_in("student_01")
    folder = small.hand_in("student_02")
    os.mkfifo(folder / "pipe.ipynb")
    os.mkfifo(folder / "tinytorch" / "layers.py")
    (folder / "nowhere").symlink_to(folder / "does-not-exist")
    (folder / "home").symlink_to(Path.home())
    (folder / "closed").mkdir(mode=0)
    shutil.move(folder / small.name, folder / small.name.replace(".ipynb", " (1).ipynb"))
    empty = small.root / "submitted" / "student_03" / small.milestone.id
    empty.mkdir(parents=True)
    small.hand_in("student_04")
    small.hand_in("student_05")
    prepare = grade.Road.prepare

    def fail(road, student):
        if student == "student_04":
            raise ZeroDivisionError("an error of the grader's own")
        return prepare(road, student)

    monkeypatch.setattr(grade.Road, "prepare", fail)
    watch = Seen()
    result = batch(small, watch)
    assert totals(result) == {"student_01": 60, "student_02": 60, "student_03": 0, "student_04": None, "student_05": 60}
    rows = {row.student: row for row in result.rows}
    assert not result.ok and rows["student_04"].state == NOT_GRADED
    assert rows["student_04"].reason == "the grader failed: ZeroDivisionError: an error of the grader's own"
    assert watch.said["student_04"] == rows["student_04"].reason
    with small.classroom.gradebook() as gradebook, pytest.raises(MissingEntry):
        gradebook.find_submission(small.milestone.id, "student_04")
    monkeypatch.setattr(grade.Road, "prepare", prepare)
    assert totals(batch(small))["student_04"] == 60


def test_only_the_named_students_are_graded(small):
    small.hand_in("student_01")
    small.hand_in("student_02")
    assert totals(batch(small, students=["student_02"])) == {"student_02": 60}
    with pytest.raises(TitoError, match="student_09 handed in none"):
        batch(small, students=["student_02", "student_09"])


def test_two_runs_at_once_are_one_too_many(small):
    small.hand_in("student_01")
    (small.root / ".tito").mkdir()
    held = locked(small.root / ".tito" / "batch.lock")
    with held, pytest.raises(TitoError, match="Another tito is working here"):
        _in_another_thread(lambda: batch(small))
    assert batch(small).ok


def _in_another_thread(work) -> None:
    with ThreadPoolExecutor(1) as threads:
        threads.submit(work).result()


def test_the_audit_log_has_a_line_for_each_grading(small):
    small.hand_in("student_01")
    batch(small)
    small.hand_in("student_01", small.solved(model_double_answer=WRONG))
    batch(small)
    path = small.root / ".tito" / "audit.jsonl"
    first, second = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert first["scores"] == {"model": 25, "training": 25, "visualization": 0, "systems": 0, "comparison": 10}
    assert second["scores"]["model"] == 0
    assert first["submission"] != second["submission"] and first["tests"] == second["tests"]
    assert first["grader"] == keys.grader_version() and first["sandbox"] in ("forked", "bubblewrap", "none")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_class_is_found_by_path_by_folder_and_by_its_own_name(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert resolve_class("course") == resolve_class(str(small.root)) == small.root.resolve()
    monkeypatch.chdir(small.root)
    assert resolve_class("course") == resolve_class("tinytorch") == resolve_class(".") == small.root.resolve()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TitoError, match="There are course here"):
        resolve_class("autumn")


def test_a_configuration_without_the_step_that_runs_is_refused(small):
    steps = small.classroom.config.Autograde.autograde_preprocessors
    steps[0] = "nbgrader.preprocessors.Execute"
    with pytest.raises(TitoError, match="holds no tito"):
        grade_class(small.classroom, [small.milestone], ONE_WORKER, Seen())


def test_an_assignment_that_was_not_generated_is_refused(small):
    with pytest.raises(TitoError, match="has no assignment 'mlp'"):
        grade_class(Classroom(small.root), [the_course().milestone("mlp")], ONE_WORKER, Seen())
