"""What `make demo` does, end to end: scores, reasons, feedback pages, a TA's points; and the same from a batch."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from demo import mlp_class, perceptron_class, term
from demo.samples import SampleClass
from demo.tables import tables, tree
from tito.course import Assignment
from tito.grading.batch.cluster import on_this_machine
from tito.grading.batch.grade import grade_class
from tito.grading.classroom import CONFIG_NAME, Classroom
from tito.grading.reports.report import AWAITING, GRADED, report

CELL_SECONDS = 20.0  # what never ends ends sooner here


@pytest.fixture
def course_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a class is graded, on the digits that need no download."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path / "no-data"))
    return tmp_path / "course"


class Silent:
    def begin(self, *words: object) -> None:
        """Say nothing."""

    def done(self, *words: object) -> None:
        """Say nothing."""


@pytest.mark.slow
@pytest.mark.long
def test_each_submission_of_milestone_1_gets_the_score_and_the_reason_it_deserves_and_the_same_from_a_batch(
    course_dir: Path, tmp_path: Path
):
    sample_class = perceptron_class.CLASS
    steps: list[str] = []
    assignment = term.set_up(course_dir, sample_class, steps.append)
    with (course_dir / CONFIG_NAME).open("a") as config:
        config.write(f"\nc.ExecuteSubmission.cell_seconds = {CELL_SECONDS}\n")
    batched = Path(shutil.copytree(course_dir, tmp_path / "batched"))
    result = grade_class(Classroom(batched), [assignment], on_this_machine(2), Silent())
    assert result.ok and term.mismatches(report(batched, assignment), sample_class.samples) == []
    _plain_autograde_gives_what_each_deserves(course_dir, sample_class, assignment, steps)
    _are_the_same(batched, course_dir, len(sample_class.samples))
    _a_person_gives_points(course_dir, assignment)


@pytest.mark.slow
@pytest.mark.long
def test_each_submission_of_milestone_2_gets_the_score_and_the_reason_it_deserves(course_dir: Path):
    steps: list[str] = []
    assignment = term.set_up(course_dir, mlp_class.CLASS, steps.append)
    _plain_autograde_gives_what_each_deserves(course_dir, mlp_class.CLASS, assignment, steps)
    _a_person_gives_points(course_dir, assignment)


def _plain_autograde_gives_what_each_deserves(
    course_dir: Path, sample_class: SampleClass, assignment: Assignment, steps: list[str]
) -> None:
    code = term.grade(course_dir, sample_class, CELL_SECONDS, steps.append)
    made = term.write_report(course_dir, assignment)
    assert code == 0 and not made.ungraded
    assert term.mismatches(made, sample_class.samples) == []
    scores = {score.student: score for score in made.students}
    assert set(scores) == {sample.student for sample in sample_class.samples}
    for sample in sample_class.samples:
        score = scores[sample.student]
        assert {category.id: category.earned for category in score.categories} == dict(sample.earned), sample.what
        assert score.awaiting == sum(sample.awaiting.values()), sample.what
        assert score.state == (AWAITING if sample.awaiting else GRADED)
        assert sample.reason in " ".join(score.problems) and bool(sample.reason) == bool(score.problems), sample.what
        page = course_dir / "feedback" / sample.student / assignment.id / f"{assignment.notebook}.html"
        text = page.read_text(encoding="utf-8")
        assert "Your rubric" in text and "HIDDEN TESTS" not in text
        assert all(f"<td>{category.title}</td>" in text for category in made.categories)
        assert any(sample.student in step for step in steps)
    assert (course_dir / "report.csv").read_text(encoding="utf-8") == made.as_csv()


def _are_the_same(batched: Path, plain: Path, submissions: int) -> None:
    """The gradebooks, row by row, and what lies in autograded/."""
    ours, theirs = (tables(f"sqlite:///{root}/gradebook.db") for root in (batched, plain))
    assert len(ours["submitted_notebook"]) == submissions
    for name in ours | theirs:
        assert ours[name] == theirs[name], name
    assert tree(batched) == tree(plain)


def _a_person_gives_points(course_dir: Path, assignment: Assignment) -> None:
    """Full ones to student_01; nobody else's change."""
    scores = {score.student: score for score in report(course_dir, assignment).students}
    with Classroom(course_dir).gradebook() as gradebook:
        manual = [
            grade
            for grade in gradebook.find_submission_notebook(assignment.notebook, assignment.id, "student_01").grades
            if grade.needs_manual_grade
        ]
        for grade in manual:
            grade.manual_score, grade.needs_manual_grade = grade.max_score, False
        gradebook.db.commit()
    after = {score.student: score for score in report(course_dir, assignment).students}
    assert (after["student_01"].total, after["student_01"].state, after["student_01"].awaiting) == (100, GRADED, 0)
    assert after["student_02"] == scores["student_02"]
