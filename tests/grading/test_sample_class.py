"""What `make demo` does, end to end: every score, every reason, the feedback pages, and a TA's points."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import mlp_class, perceptron_class, term
from demo.samples import SampleClass
from tito.grading.classroom import Classroom
from tito.grading.reports.report import AWAITING, GRADED, report


@pytest.mark.slow
@pytest.mark.parametrize("sample_class", [perceptron_class.CLASS, mlp_class.CLASS], ids=lambda each: each.assignment)
def test_each_submission_of_a_sample_class_gets_the_score_and_the_reason_it_deserves(
    sample_class: SampleClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path / "no-data"))  # graded on the digits that need no download
    course_dir = tmp_path / "course"
    steps: list[str] = []
    assignment = term.set_up(course_dir, sample_class, steps.append)
    code = term.grade(course_dir, sample_class, 20.0, steps.append)
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
