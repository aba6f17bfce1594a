"""Points by rubric category, computed from the gradebook: as records, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbgrader.api import SubmittedNotebook
from nbgrader.plugins import BasePlugin
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from tito.course import Assignment, Category, Milestone
from tito.errors import TitoError
from tito.grading.classroom import Classroom
from tito.grading.late import LatePenalty
from tito.grading.problems import problems_of

GRADED = "graded"
AWAITING = "awaits manual grading"
NOT_GRADED = "handed in, not graded"
NOT_SUBMITTED = "not handed in"


@dataclass(frozen=True)
class CategoryScore:
    """Points of one student in one category; ``awaiting`` are points that a person has not yet given or refused."""

    id: str
    earned: float
    maximum: float
    awaiting: float


@dataclass(frozen=True)
class StudentScore:
    """One student's line: points by category, what lateness costs, and the reasons that grading noted."""

    student: str
    state: str
    categories: tuple[CategoryScore, ...]
    late_penalty: float
    problems: tuple[str, ...]

    @property
    def earned(self) -> float:
        return round(sum(category.earned for category in self.categories), 2)

    @property
    def awaiting(self) -> float:
        return sum(category.awaiting for category in self.categories)

    @property
    def total(self) -> float:
        return round(self.earned - self.late_penalty, 2)


@dataclass(frozen=True)
class Report:
    """One assignment's scores: every student of the gradebook, and everyone who handed something in."""

    assignment: str
    title: str
    categories: tuple[Category, ...]
    students: tuple[StudentScore, ...]

    @property
    def ungraded(self) -> list[str]:
        """Who handed something in that has no score."""
        return [student.student for student in self.students if student.state == NOT_GRADED]

    def as_csv(self) -> str:
        """One line a student; points awaiting a person stand in columns of their own."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        ids = [category.id for category in self.categories]
        columns = [name for category in ids for name in (category, f"{category}_awaiting")]
        writer.writerow(["student", "state", *columns, "late_penalty", "total", "awaiting", "problems"])
        for student in self.students:
            points = [value for category in student.categories for value in (category.earned, category.awaiting)]
            points = points or [""] * len(columns)
            problems = " | ".join(student.problems)
            row = [
                student.student,
                student.state,
                *points,
                student.late_penalty,
                student.total,
                student.awaiting,
            ]
            writer.writerow([*row, problems])
        return stream.getvalue()

    def as_json(self) -> str:
        """The whole report."""
        record = asdict(self)
        for student, entry in zip(self.students, record["students"], strict=True):
            entry |= {"earned": student.earned, "awaiting": student.awaiting, "total": student.total}
        return json.dumps(record, indent=2)


def report(course_dir: Path, assignment: Assignment) -> Report:
    """Read an assignment's scores from the gradebook of a course directory.

    Raises TitoError when the folder holds no gradebook, or the gradebook no such assignment.
    """
    classroom = Classroom(course_dir)
    _refuse_missing_gradebook(classroom)
    categories = categories_of(assignment)
    penalty = _penalty(classroom.config)
    with classroom.gradebook() as gradebook:
        if assignment.id not in {known.name for known in gradebook.assignments}:
            raise TitoError(
                f"The gradebook in {course_dir} has no assignment {assignment.id!r}.",
                f"nbgrader generate_assignment {assignment.id}",
            )
        submissions = {
            submission.student_id: submission for submission in gradebook.assignment_submissions(assignment.id)
        }
        names = {student.id for student in gradebook.students} | set(_handed_in(classroom, assignment))
        students = []
        for name in sorted(names):
            if name in submissions and _is_graded(classroom, name, assignment):
                notebook = gradebook.find_submission_notebook(assignment.notebook, assignment.id, name)
                late_s = submissions[name].total_seconds_late
                students.append(_score(classroom, name, assignment, notebook, penalty, late_s))
            else:
                state = NOT_GRADED if name in _handed_in(classroom, assignment) else NOT_SUBMITTED
                students.append(StudentScore(name, state, (), 0.0, ()))
    return Report(assignment.id, assignment.title, categories, tuple(students))


def categories_of(assignment: Assignment) -> tuple[Category, ...]:
    """The lines of an assignment's rubric; a module has one."""
    if isinstance(assignment, Milestone):
        return assignment.rubric
    return (Category("tests", "Tests", 0, "auto"),)


def category_scores(assignment: Assignment, notebook: SubmittedNotebook) -> tuple[CategoryScore, ...]:
    """A graded notebook's points by category, straight from the gradebook's cells."""
    scores = []
    for category in categories_of(assignment):
        grades = [grade for grade in notebook.grades if _belongs(assignment, category, grade.name)]
        waiting = [grade for grade in grades if grade.needs_manual_grade]
        scores.append(
            CategoryScore(
                category.id,
                earned=round(sum(grade.score for grade in grades if grade not in waiting), 2),
                maximum=sum(grade.max_score for grade in grades),
                awaiting=sum(grade.max_score for grade in waiting),
            )
        )
    return tuple(scores)


def graded_notebook(classroom: Classroom, student: str, assignment: Assignment) -> Path:
    """Where nbgrader left a student's executed notebook."""
    return classroom.root / "autograded" / student / assignment.id / f"{assignment.notebook}.ipynb"


def _belongs(assignment: Assignment, category: Category, grade_id: str) -> bool:
    if isinstance(assignment, Milestone):
        return assignment.category_of(grade_id) == category
    return True


def _score(
    classroom: Classroom,
    student: str,
    assignment: Assignment,
    notebook: SubmittedNotebook,
    penalty: BasePlugin,
    late_s: float,
) -> StudentScore:
    categories = category_scores(assignment, notebook)
    earned = sum(category.earned for category in categories)
    points_off = penalty.late_submission_penalty(student, earned, late_s) if late_s > 0 else None
    state = AWAITING if any(category.awaiting for category in categories) else GRADED
    problems = problems_of(nbformat.read(graded_notebook(classroom, student, assignment), as_version=4))
    return StudentScore(
        student,
        state,
        categories,
        min(points_off or 0.0, earned),
        tuple(problem["message"] for problem in problems),
    )


def _penalty(config: Config) -> BasePlugin:
    """The late-penalty plugin that the course directory's configuration names."""
    name = config.AssignLatePenalties.get("plugin_class", LatePenalty)
    plugin = import_item(name) if isinstance(name, str) else name
    return plugin(config=config)


def _handed_in(classroom: Classroom, assignment: Assignment) -> list[str]:
    folder = classroom.root / "submitted"
    return sorted(path.parent.name for path in folder.glob(f"*/{assignment.id}") if path.is_dir())


def _is_graded(classroom: Classroom, student: str, assignment: Assignment) -> bool:
    return graded_notebook(classroom, student, assignment).is_file()


def _refuse_missing_gradebook(classroom: Classroom) -> None:
    url = str(classroom.config.CourseDirectory.get("db_url", f"sqlite:///{classroom.root}/gradebook.db"))
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        raise TitoError(
            f"There is no gradebook in {classroom.root}.",
            "nbgrader generate_assignment, or name the course: --course-dir DIR",
        )
