"""Points by rubric category and by graded cell, computed from the gradebook: as records, CSV and JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import BaseCell, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import BasePlugin
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from tito.course import Assignment, Category, Milestone
from tito.errors import TitoError
from tito.execution.sandbox import NONE
from tito.grading.audit import last_failures
from tito.grading.classroom import Classroom
from tito.grading.late import LatePenalty
from tito.grading.reports.spreadsheet import csv_text

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
class CellScore:
    """Points of one student in one graded cell; ``awaits`` says that a person has not scored it yet."""

    cell: str
    earned: float
    maximum: float
    awaits: bool


@dataclass(frozen=True)
class Evidence:
    """What the gradebook and the graded notebook know of a submission beside its points.

    ``sandbox`` is what it ran in ("none": in nothing; empty: it was not run), ``tampering`` what canaries found.
    """

    student: str
    cells: tuple[CellScore, ...] = ()
    sandbox: str = ""
    tampering: tuple[str, ...] = ()
    late_s: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """One assignment's scores: every student of the gradebook, and everyone who handed something in."""

    assignment: str
    title: str
    categories: tuple[Category, ...]
    students: tuple[StudentScore, ...]
    evidence: tuple[Evidence, ...] = ()

    @property
    def ungraded(self) -> list[str]:
        """Who handed something in that has no score."""
        return [student.student for student in self.students if student.state == NOT_GRADED]

    @property
    def awaiting(self) -> list[str]:
        """Whose score a person still has to complete."""
        return [student.student for student in self.students if student.state == AWAITING]

    @property
    def tampering(self) -> list[str]:
        """Who changed what tests rely on."""
        return [each.student for each in self.evidence if each.tampering]

    @property
    def unprotected(self) -> list[str]:
        """Whose submission ran without a sandbox."""
        return [each.student for each in self.evidence if each.sandbox == NONE]

    @property
    def maximum(self) -> float:
        """All points of the assignment, as far as the rubric or a graded submission tells."""
        by_rubric = sum(category.points for category in self.categories)
        return by_rubric or max((sum(c.maximum for c in each.categories) for each in self.students), default=0.0)

    def as_csv(self) -> str:
        """One line a student; points awaiting a person stand in columns of their own."""
        ids = [category.id for category in self.categories]
        columns = [name for category in ids for name in (category, f"{category}_awaiting")]
        heading = [
            "student",
            "state",
            *columns,
            "late_penalty",
            "total",
            "awaiting",
            "problems",
            "tampering",
            "sandbox",
        ]
        known = {each.student: each for each in self.evidence}
        rows = []
        for student in self.students:
            points = [value for category in student.categories for value in (category.earned, category.awaiting)]
            more = known.get(student.student, Evidence(student.student))
            rows.append(
                [
                    student.student,
                    student.state,
                    *(points or [""] * len(columns)),
                    *(student.late_penalty, student.total, student.awaiting),
                    " | ".join(student.problems) or more.reason,
                    "yes" if more.tampering else "",
                    more.sandbox,
                ]
            )
        return csv_text([heading, *rows])

    def as_record(self) -> dict[str, Any]:
        """The whole report as plain data."""
        record = asdict(self)
        for student, entry in zip(self.students, record["students"], strict=True):
            entry |= {"earned": student.earned, "awaiting": student.awaiting, "total": student.total}
        return record

    def as_json(self) -> str:
        """The whole report."""
        return json.dumps(self.as_record(), indent=2)


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
        cells, handed_in = _cells(gradebook, assignment), _handed_in(classroom, assignment)
        names = {student.id for student in gradebook.students} | set(handed_in)
        found = {
            name: _graded(classroom, assignment, submissions[name], cells.get(name, []), penalty)
            for name in sorted(names & set(submissions))
            if graded_notebook(classroom, name, assignment).is_file()
        }
    reasons = last_failures(classroom.root, assignment.id)
    rest = {name: _without_score(name, name in handed_in, reasons) for name in names - set(found)}
    both = [(found | rest)[name] for name in sorted(names)]
    students, evidence = tuple(score for score, _ in both), tuple(more for _, more in both)
    return Report(assignment.id, assignment.title, categories, students, evidence)


def categories_of(assignment: Assignment) -> tuple[Category, ...]:
    """The lines of an assignment's rubric; a module has one."""
    if isinstance(assignment, Milestone):
        return assignment.rubric
    return (Category("tests", "Tests", 0, "auto"),)


def category_scores(assignment: Assignment, notebook: SubmittedNotebook) -> tuple[CategoryScore, ...]:
    """A graded notebook's points by category, straight from the gradebook's cells."""
    return _by_category(assignment, [_cell(grade) for grade in notebook.grades])


def _by_category(assignment: Assignment, cells: Sequence[CellScore]) -> tuple[CategoryScore, ...]:
    scores = []
    for category in categories_of(assignment):
        own = [cell for cell in cells if _belongs(assignment, category, cell.cell)]
        scores.append(
            CategoryScore(
                category.id,
                earned=round(sum(cell.earned for cell in own if not cell.awaits), 2),
                maximum=sum(cell.maximum for cell in own),
                awaiting=sum(cell.maximum for cell in own if cell.awaits),
            )
        )
    return tuple(scores)


def _cells(gradebook: Gradebook, assignment: Assignment) -> dict[str, list[CellScore]]:
    """Every student's graded cells, in one query: a class has thousands of them."""
    query = gradebook.db.query(
        SubmittedAssignment.student_id, BaseCell.name, Grade.score, Grade.max_score, Grade.needs_manual_grade
    )
    query = query.select_from(Grade).join(BaseCell, BaseCell.id == Grade.cell_id)
    query = query.join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
    query = query.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
    query = query.join(AssignmentRow, AssignmentRow.id == SubmittedAssignment.assignment_id)
    cells: dict[str, list[CellScore]] = {}
    for student, *values in query.filter(AssignmentRow.name == assignment.id):
        cells.setdefault(student, []).append(CellScore(*values))
    return cells


def _cell(grade: Grade) -> CellScore:
    return CellScore(grade.name, grade.score, grade.max_score, grade.needs_manual_grade)


def graded_notebook(classroom: Classroom, student: str, assignment: Assignment) -> Path:
    """Where nbgrader left a student's executed notebook."""
    return classroom.root / "autograded" / student / assignment.id / f"{assignment.notebook}.ipynb"


def _belongs(assignment: Assignment, category: Category, grade_id: str) -> bool:
    if isinstance(assignment, Milestone):
        return assignment.category_of(grade_id) == category
    return True


def _graded(
    classroom: Classroom,
    assignment: Assignment,
    submission: SubmittedAssignment,
    found: Sequence[CellScore],
    penalty: BasePlugin,
) -> tuple[StudentScore, Evidence]:
    student, late_s = submission.student_id, submission.total_seconds_late
    notes, order = _notes(graded_notebook(classroom, student, assignment))
    categories = _by_category(assignment, found)
    earned = sum(category.earned for category in categories)
    points_off = penalty.late_submission_penalty(student, earned, late_s) if late_s > 0 else None
    state = AWAITING if any(category.awaiting for category in categories) else GRADED
    problems = tuple(problem["message"] for problem in notes.get("problems", []))
    tampering = tuple(f"{each['after']}: {each['evidence']}" for each in notes.get("tampering", []))
    cells = sorted(found, key=lambda each: (order.get(each.cell, len(order)), each.cell))
    return (
        StudentScore(student, state, categories, min(points_off or 0.0, earned), problems),
        Evidence(student, tuple(cells), notes.get("sandbox", ""), tampering, late_s),
    )


def _without_score(student: str, handed_in: bool, reasons: Mapping[str, str]) -> tuple[StudentScore, Evidence]:
    state = NOT_GRADED if handed_in else NOT_SUBMITTED
    return StudentScore(student, state, (), 0.0, ()), Evidence(student, reason=reasons.get(student, ""))


def _notes(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """What grading noted on a graded notebook, and where in it each named cell stands."""
    notebook = json.loads(path.read_bytes())
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in notebook["cells"]]
    return notebook["metadata"].get("tito", {}).get("grading", {}), {name: at for at, name in enumerate(names)}


def _penalty(config: Config) -> BasePlugin:
    """The late-penalty plugin that the course directory's configuration names."""
    name = config.AssignLatePenalties.get("plugin_class", LatePenalty)
    plugin = import_item(name) if isinstance(name, str) else name
    return plugin(config=config)


def _handed_in(classroom: Classroom, assignment: Assignment) -> list[str]:
    folder = classroom.root / "submitted"
    names = (path.parent.name for path in folder.glob(f"*/{assignment.id}") if path.is_dir())
    return sorted({unicodedata.normalize("NFC", name) for name in names})


def _refuse_missing_gradebook(classroom: Classroom) -> None:
    url = str(classroom.config.CourseDirectory.get("db_url", f"sqlite:///{classroom.root}/gradebook.db"))
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        raise TitoError(
            f"There is no gradebook in {classroom.root}.",
            "nbgrader generate_assignment, or name the course: --course-dir DIR",
        )
