"""Autograde a milestone, for one student or for everyone who handed something in, and read the points."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

from tito.course import Milestone
from tito.errors import TitoError, UnknownName
from tito.grading.classroom import Classroom
from tito.grading.reports.report import Report, report
from tito.grading.validator import MilestoneValidator


def grade_milestone(course_dir: Path, milestone: Milestone, student: str | None = None) -> Report:
    """Autograde what was handed in for a milestone, and report the points: one student's, or everyone's.

    Raises TitoError when there is no gradebook or no such submission, or nbgrader could not grade one.
    """
    before = report(course_dir, milestone)  # refuses a folder that is no course before anything is graded
    if student is None:
        _refuse_nothing(course_dir, milestone)
        Classroom(course_dir).autograde(milestone)
        return report(course_dir, milestone)
    _refuse_unknown(student, [score.student for score in before.students], milestone)
    score = MilestoneValidator(milestone.id, course_dir, student).grade_deliverables()
    return replace(before, students=(score,))


def _refuse_nothing(course_dir: Path, milestone: Milestone) -> None:
    if not any(course_dir.glob(f"submitted/*/{milestone.id}")):
        raise TitoError(
            f"Nobody has handed in anything for {milestone.label}.",
            f"put submissions into {course_dir / 'submitted'}/STUDENT/{milestone.id}/",
        )


def _refuse_unknown(student: str, known: list[str], milestone: Milestone) -> None:
    if student not in known:
        near = difflib.get_close_matches(student, known, n=1)
        question = f" Did you mean {near[0]!r}?" if near else ""
        hint = f"tito grade report {milestone.id} shows everyone"
        raise UnknownName(f"There is no student {student!r} in this course.{question}", hint)
