"""The scores that the gradebook holds for an assignment, read in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import BaseCell, Grade, SubmittedAssignment, SubmittedNotebook

from tito.course import Assignment, Milestone
from tito.grading.gradebook import ClassGradebook
from tito.grading.reports.report import AWAITING, GRADED, CategoryScore, StudentScore, categories_of

Cell = tuple[str, float, bool]  # name, score, whether it awaits a person


def scores(
    gradebook: ClassGradebook, assignment: Assignment, problems: Mapping[str, tuple[str, ...]]
) -> dict[str, StudentScore]:
    """Every student's points by rubric category; ``problems`` are the sentences that grading noted."""
    cells: dict[str, list[Cell]] = defaultdict(list)
    late: dict[str, float] = {}
    for student, penalty, *cell in _rows(gradebook, assignment):
        cells[student].append(tuple(cell))
        late[student] = penalty or 0.0
    return {
        student: score(gradebook, assignment, student, found, late[student], problems.get(student, ()))
        for student, found in cells.items()
    }


def score(
    gradebook: ClassGradebook,
    assignment: Assignment,
    student: str,
    cells: list[Cell],
    late: float,
    problems: tuple[str, ...],
) -> StudentScore:
    """One student's points by category."""
    maximum = {name: cell.max_score for name, cell in _graded(gradebook, assignment).items()}
    made = []
    for category in categories_of(assignment):
        own = [cell for cell in cells if _belongs(assignment, category.id, cell[0])]
        made.append(
            CategoryScore(
                category.id,
                earned=round(sum(points for _, points, waiting in own if not waiting), 2),
                maximum=sum(maximum[name] for name, _, _ in own),
                awaiting=sum(maximum[name] for name, _, waiting in own if waiting),
            )
        )
    state = AWAITING if any(category.awaiting for category in made) else GRADED
    earned = sum(category.earned for category in made)
    return StudentScore(student, state, tuple(made), min(late, earned), problems)


def _graded(gradebook: ClassGradebook, assignment: Assignment) -> dict:
    return gradebook.graded_cells(assignment.notebook, assignment.id)


def _rows(gradebook: ClassGradebook, assignment: Assignment) -> list[tuple]:
    query = gradebook.db.query(
        SubmittedAssignment.student_id,
        SubmittedNotebook.late_submission_penalty,
        BaseCell.name,
        Grade.score,
        Grade.needs_manual_grade,
    )
    query = query.select_from(Grade).join(BaseCell, BaseCell.id == Grade.cell_id)
    query = query.join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
    query = query.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
    query = query.join(AssignmentRow, AssignmentRow.id == SubmittedAssignment.assignment_id)
    return query.filter(AssignmentRow.name == assignment.id).all()


def _belongs(assignment: Assignment, category: str, grade_id: str) -> bool:
    return not isinstance(assignment, Milestone) or grade_id.split("-", 1)[0] == category
