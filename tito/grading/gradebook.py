"""nbgrader's gradebook for a whole class: one engine, one session and one commit a submission."""

from __future__ import annotations

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy.orm import Session, scoped_session, sessionmaker

Key = tuple[str, ...]


class OneCommit(Session):
    """A session in which nbgrader's many commits wait for one ``keep``; queries see what was not yet kept."""

    def commit(self) -> None:
        pass

    def keep(self) -> None:
        """Write everything, in one transaction."""
        super().commit()


class ClassGradebook(Gradebook):
    """A gradebook that reads an assignment's cells once, and a submission's rows in one query each.

    Nothing is written before ``keep``; ``drop`` takes back what was done since.
    """

    def __init__(self, db_url: str, course_id: str) -> None:
        super().__init__(db_url, course_id)
        self.check_course()  # nbgrader's steps connect without the course's name
        self.db.remove()
        self.db = scoped_session(sessionmaker(class_=OneCommit, bind=self.engine, expire_on_commit=False))
        self._cells: dict[Key, dict[str, SourceCell]] = {}
        self._graded: dict[Key, dict[str, GradeCell | TaskCell]] = {}
        self._rows: dict[tuple[type, Key], dict[str, Grade | Comment]] = {}

    def keep(self) -> None:
        """Commit, and begin anew: a class's rows do not pile up in memory."""
        self.db().keep()
        self._forget()

    def drop(self) -> None:
        """Take back whatever was not kept."""
        self.db.rollback()
        self._forget()

    def _forget(self) -> None:
        self._rows.clear()
        self.db.remove()

    def source_cells(self, notebook: str, assignment: str) -> dict[str, SourceCell]:
        """A notebook's cells as they were generated, by name."""
        return self._once(self._cells, SourceCell, (notebook, assignment))

    def graded_cells(self, notebook: str, assignment: str) -> dict[str, GradeCell | TaskCell]:
        """A notebook's cells that carry points, by name."""
        key = (notebook, assignment)
        if key not in self._graded:
            tasks = self._load(TaskCell, *key)
            self._graded[key] = self._load(GradeCell, *key) | tasks
        return self._graded[key]

    def _once(self, known: dict, row: type, key: Key) -> dict:
        if key not in known:
            known[key] = self._load(row, *key)
        return known[key]

    def _load(self, row: type, notebook: str, assignment: str) -> dict:
        query = self.db.query(row).join(Notebook, Notebook.id == row.notebook_id)
        query = query.join(Assignment, Assignment.id == Notebook.assignment_id)
        found = query.filter(Notebook.name == notebook, Assignment.name == assignment).all()
        for each in found:
            self.db.expunge(each)
        return {each.name: each for each in found}

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> SourceCell:
        return _entry(self.source_cells(notebook, assignment), name)

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> GradeCell | TaskCell:
        return _entry(self.graded_cells(notebook, assignment), name)

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Grade:
        return _entry(self.rows(Grade, notebook, assignment, student), grade_cell)

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Comment:
        return _entry(self.rows(Comment, notebook, assignment, student), solution_cell)

    def rows(self, row: type, *key: str) -> dict[str, Grade | Comment]:
        """A submitted notebook's grades or comments, by the cell's name; ``key`` is notebook, assignment, student."""
        if (row, key) not in self._rows:
            notebook, assignment, student = key
            query = self.db.query(row, BaseCell.name).join(BaseCell, BaseCell.id == row.cell_id)
            query = query.join(SubmittedNotebook, SubmittedNotebook.id == row.notebook_id)
            query = query.join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
            query = query.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            query = query.join(Student, Student.id == SubmittedAssignment.student_id)
            found = query.filter(Notebook.name == notebook, Assignment.name == assignment, Student.id == student)
            self._rows[row, key] = {name: each for each, name in found}
        return self._rows[row, key]


def _entry(rows: dict, name: str) -> object:
    if name not in rows:
        raise MissingEntry(f"The gradebook has no cell {name!r}.")
    return rows[name]
