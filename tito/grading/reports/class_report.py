"""All assignments of a class beside each other, as records, CSV, JSON and one page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tito.course import Assignment
from tito.grading.reports.report import NOT_SUBMITTED, Report, StudentScore, report
from tito.grading.reports.spreadsheet import csv_text


@dataclass(frozen=True)
class ClassReport:
    """The reports of several assignments, over every student that any of them knows."""

    name: str
    reports: tuple[Report, ...]

    @property
    def students(self) -> list[str]:
        return sorted({student.student for each in self.reports for student in each.students})

    @property
    def ungraded(self) -> dict[str, list[str]]:
        """By assignment, who handed something in that has no score."""
        return {each.assignment: each.ungraded for each in self.reports if each.ungraded}

    def scores(self, student: str) -> list[StudentScore]:
        """A student's score in each assignment."""
        found = ({each.student: each for each in report.students} for report in self.reports)
        return [known.get(student, StudentScore(student, NOT_SUBMITTED, (), 0.0, ())) for known in found]

    def medians(self) -> list[float | None]:
        """Each assignment's median over the graded students, provisional totals included."""
        totals = [[each.total for each in report.students if each.categories] for report in self.reports]
        return [median(values) if values else None for values in totals]

    def as_csv(self) -> str:
        """One line a student; for each assignment total, state, and the points that await a person."""
        ids = [each.assignment for each in self.reports]
        heading = ["student", *(f"{name}{part}" for name in ids for part in ("", "_state", "_late", "_awaiting"))]
        rows = []
        for student in self.students:
            cells = []
            for score in self.scores(student):
                numbers = (score.total, score.late_penalty, score.awaiting) if score.categories else ("", "", "")
                cells += [numbers[0], score.state, *numbers[1:]]
            rows.append([student, *cells])
        return csv_text([heading, *rows])

    def as_json(self) -> str:
        return json.dumps({"class": self.name, "reports": [each.as_record() for each in self.reports]}, indent=2)


def class_report(course_dir: Path, assignments: Sequence[Assignment]) -> ClassReport:
    """Read the scores of several assignments from a course directory's gradebook."""
    return ClassReport(course_dir.resolve().name, tuple(report(course_dir, each) for each in assignments))
