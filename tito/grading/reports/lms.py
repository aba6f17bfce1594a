"""Grades for a learning management system, in the CSV forms that Canvas and Moodle import.

Canvas finds a student by ``ID``, then by ``SIS User ID``, then by ``SIS Login ID``, then by name; it finds an
assignment by the number in parentheses behind its title, else by the title. Moodle finds a student by one column that
the instructor chooses, and gives the grades of a line in which it is empty to the student of the line before: so a
column that identifies is written only when it is filled in every line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.api import Student as StudentRow

from tito.course import Assignment
from tito.errors import TitoError
from tito.grading.classroom import Classroom
from tito.grading.reports.report import Report, report
from tito.grading.reports.spreadsheet import acts_as_formula, csv_text
from tito.grading.roster import Student

CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE_COLUMNS = {"ID number": "lms_user_id", "Email address": "email"}
Row = list[str | float]


@dataclass(frozen=True)
class Export:
    """A file for an LMS, who is in it, and what an instructor should know before importing it."""

    text: str
    students: tuple[str, ...]
    grades: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    """One student with the grades that can be told, by assignment."""

    student: Student
    grades: dict[str, float]


def export(
    course_dir: Path,
    assignments: Sequence[Assignment],
    lms: str,
    *,
    provisional: bool = False,
    columns: Mapping[str, str] | None = None,
    bom: bool = False,
) -> Export:
    """The grades of some assignments in the form that ``lms`` (canvas, moodle or csv) imports.

    A grade that awaits a person is left out unless ``provisional``. ``columns`` are headings by assignment id, where
    the LMS has another one than the assignment's title. Raises TitoError when no student has a grade to export.
    """
    reports = [report(course_dir, each) for each in assignments]
    headings = {each.assignment: (columns or {}).get(each.assignment, each.title) for each in reports}
    with Classroom(course_dir).gradebook() as gradebook:
        students = _students(gradebook)
    lines = [_line(students.get(name, Student(name)), reports, provisional) for name in _names(reports)]
    told = [line for line in lines if line.grades]
    rows, written, notes = FORMS[lms](told, reports, headings)
    if not written:
        raise TitoError(
            f"There is no grade to export. {' '.join([*_left_out(reports, provisional), *notes])}".strip(),
            "tito assessment report shows where each stands",
        )
    everything = [*notes, *_left_out(reports, provisional), *_empty(written, reports), *_doubtful(reports)]
    count = sum(len(line.grades) for line in written)
    text = csv_text(rows, bom=bom, line_end="\r\n")
    return Export(text, tuple(line.student.id for line in written), count, tuple(everything))


# The forms


def _canvas(lines: list[_Line], reports: Sequence[Report], headings: Mapping[str, str]) -> tuple[list[Row], list, list]:
    written, missing = _split(lines, lambda student: student.lms_user_id)
    rows: list[Row] = [[*CANVAS_COLUMNS, *headings.values()]]
    rows.append(["Points Possible", "", "", "", "", *(each.maximum for each in reports)])
    for line in written:
        student, number = line.student, line.student.lms_user_id
        ids = (number, "") if number.isdigit() else ("", number)
        rows.append([_sortable(student), *ids, student.email, "", *_grades(line, reports)])
    return rows, written, _without(missing, "LMS id (lms_user_id)")


def _moodle(lines: list[_Line], reports: Sequence[Report], headings: Mapping[str, str]) -> tuple[list[Row], list, list]:
    filled = {
        column: [line for line in lines if _usable(_field(line, name))] for column, name in MOODLE_COLUMNS.items()
    }
    main = max(filled, key=lambda column: len(filled[column]))
    written = filled[main]
    used = [name for column, name in MOODLE_COLUMNS.items() if all(line in filled[column] for line in written)]
    shown = [column for column, name in MOODLE_COLUMNS.items() if name in used]
    rows: list[Row] = [[*shown, "First name", "Last name", *headings.values()]]
    for line in written:
        known = [_field(line, name) for name in used]
        rows.append([*known, line.student.first_name, line.student.last_name, *_grades(line, reports)])
    missing = [line.student.id for line in lines if line not in written]
    words = "LMS id (lms_user_id)" if main == "ID number" else "e-mail address"
    return rows, written, [f"In Moodle, map from and to {main!r}.", *_without(missing, words)]


def _plain(lines: list[_Line], reports: Sequence[Report], headings: Mapping[str, str]) -> tuple[list[Row], list, list]:
    rows: list[Row] = [["student", "first_name", "last_name", "email", "lms_user_id", *headings.values()]]
    for line in lines:
        student = line.student
        known = (student.id, student.first_name, student.last_name, student.email, student.lms_user_id)
        rows.append([*known, *_grades(line, reports)])
    return rows, lines, []


FORMS: dict[str, Callable] = {"canvas": _canvas, "moodle": _moodle, "csv": _plain}


# Students and grades


def _students(gradebook: Gradebook) -> dict[str, Student]:
    return {row.id: _student(row) for row in gradebook.students}


def _student(row: StudentRow) -> Student:
    return Student(row.id, row.first_name or "", row.last_name or "", row.email or "", row.lms_user_id or "")


def _names(reports: Sequence[Report]) -> list[str]:
    return sorted({each.student for part in reports for each in part.students})


def _line(student: Student, reports: Sequence[Report], provisional: bool) -> _Line:
    grades = {}
    for part in reports:
        score = next((each for each in part.students if each.student == student.id), None)
        if score and score.categories and (provisional or not score.awaiting):
            grades[part.assignment] = score.total
    return _Line(student, grades)


def _grades(line: _Line, reports: Sequence[Report]) -> Row:
    return [line.grades.get(part.assignment, "") for part in reports]


def _sortable(student: Student) -> str:
    names = [name for name in (student.last_name, student.first_name) if name]
    return ", ".join(names) or student.id


def _field(line: _Line, name: str) -> str:
    return getattr(line.student, name)


def _usable(value: str) -> bool:
    """Whether an id can stand in the file as it is."""
    return bool(value.strip()) and not acts_as_formula(value)


def _split(lines: list[_Line], key: Callable[[Student], str]) -> tuple[list[_Line], list[str]]:
    written = [line for line in lines if _usable(key(line.student))]
    return written, [line.student.id for line in lines if line not in written]


# What an instructor should know


def _without(students: Sequence[str], what: str) -> list[str]:
    if not students:
        return []
    words = f"Left out, since the gradebook has no {what} that can be used: {', '.join(students)}."
    return [f"{words} Add it with: tito assessment setup --roster FILE."]


def _left_out(reports: Sequence[Report], provisional: bool) -> list[str]:
    notes = []
    for part in reports:
        if part.awaiting and provisional:
            notes.append(f"{part.assignment}: provisional, a person may still add points: {', '.join(part.awaiting)}.")
        elif part.awaiting:
            notes.append(f"{part.assignment}: left out, awaiting manual grading: {', '.join(part.awaiting)}.")
        if part.ungraded:
            notes.append(f"{part.assignment}: left out, handed in but not graded: {', '.join(part.ungraded)}.")
    return notes


def _empty(written: Sequence[_Line], reports: Sequence[Report]) -> list[str]:
    gaps = [line.student.id for line in written if len(line.grades) < len(reports)]
    if not gaps:
        return []
    return [
        f"Some cells are empty ({', '.join(gaps)}); importing one clears a grade that already stands there. "
        "Export one milestone at a time to avoid that."
    ]


def _doubtful(reports: Sequence[Report]) -> list[str]:
    notes = []
    for part in reports:
        if part.tampering:
            notes.append(
                f"{part.assignment}: flagged for tampering, look before you import: {', '.join(part.tampering)}."
            )
        if part.unprotected:
            notes.append(f"{part.assignment}: GRADED WITHOUT A SANDBOX: {', '.join(part.unprotected)}.")
    return notes
