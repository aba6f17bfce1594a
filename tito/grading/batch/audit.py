"""The line of the audit log that a graded submission leaves, whether nbgrader or a batch graded it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Grade
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from tito.course import REPOSITORY, Assignment, the_course
from tito.grading.batch import keys
from tito.grading.batch.scores import Cell, score
from tito.grading.batch.store import Store
from tito.grading.coursedir import coursedir_of
from tito.grading.gradebook import ClassGradebook
from tito.grading.sealed import sealed_file
from tito.notebooks.problems import problems_of, sandbox_of


class AuditSubmission(NbGraderPreprocessor):
    """nbgrader's last step of grading in this course: a line in the audit log, after everything is recorded."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        coursedir, where = coursedir_of(self), resources["nbgrader"]
        known = {assignment.id: assignment for assignment in the_course().assignments}
        if coursedir is None or where["assignment"] not in known:  # no course to keep a log for, or not one of its own
            return nb, resources
        assignment, student = known[where["assignment"]], where["student"]
        with contextlib.closing(ClassGradebook(where["db_url"], coursedir.course_id)) as gradebook:
            cells = recorded_cells(gradebook, assignment, student)
            record = audit_record(gradebook, coursedir, assignment, student, nb, cells)
        with contextlib.closing(Store(Path(coursedir.root))) as store:
            store.audit(record)
        return nb, resources


def audit_record(
    gradebook: ClassGradebook,
    coursedir: CourseDirectory,
    assignment: Assignment,
    student: str,
    notebook: NotebookNode,
    cells: list[Cell],
) -> dict[str, Any]:
    """What the log keeps of a graded submission; hashes stand for its files, the tests, and the grader's own code."""
    points = score(gradebook, assignment, student, cells, 0.0, ())
    submitted = Path(coursedir.format_path(coursedir.submitted_directory, student, assignment.id))
    return {
        "student": student,
        "assignment": assignment.id,
        "submission": keys.submission_hash(submitted),
        "tests": tests_hash(gradebook, coursedir, assignment),
        "grader": keys.grader_version(),
        "sandbox": sandbox_of(notebook),
        "scores": {category.id: category.earned for category in points.categories},
        "problems": problems_of(notebook),
    }


def recorded_cells(gradebook: ClassGradebook, assignment: Assignment, student: str) -> list[Cell]:
    """A submission's scores as the gradebook's rows have them."""
    rows = gradebook.rows(Grade, assignment.notebook, assignment.id, student)
    return [(name, _points(row), row.needs_manual_grade) for name, row in rows.items()]


def tests_hash(gradebook: ClassGradebook, coursedir: CourseDirectory, assignment: Assignment) -> str:
    """The tests as the gradebook has them, hidden ones included, the released notebook, and what is sealed."""
    name = assignment.notebook
    released = Path(coursedir.root) / coursedir.release_directory / assignment.id / f"{name}.ipynb"
    cells = gradebook.source_cells(name, assignment.id)
    graded = gradebook.graded_cells(name, assignment.id)
    texts: Iterable[str] = (p for key in sorted(cells) for p in (key, cells[key].cell_type, cells[key].source or ""))
    points = (f"{key} {graded[key].max_score}" for key in sorted(graded))
    files = [path.read_bytes() if path.is_file() else b"" for path in (released, REPOSITORY / sealed_file(assignment))]
    return keys.digest(*files, *texts, *points)


def _points(row: Grade) -> float:
    return ((row.auto_score if row.manual_score is None else row.manual_score) or 0.0) + (row.extra_credit or 0.0)
