"""A roster: the students of a class as a CSV file, in whatever form a spreadsheet or an LMS wrote it."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from pathlib import Path

from tito.errors import TitoError

COLUMNS = ("id", "first_name", "last_name", "email", "lms_user_id")
HINT = f"the first line names the columns: {','.join(COLUMNS)} (only id is needed)"


@dataclass(frozen=True)
class Student:
    """One line of a roster; what it leaves open is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    def known(self) -> dict[str, str]:
        """What the roster says beside the id."""
        return {name: value for name, value in asdict(self).items() if value and name != "id"}


def read_roster(path: Path) -> list[Student]:
    """The students of a CSV file with commas, semicolons or tabs, its columns in any order.

    Raises TitoError that names the line for each id that is missing, stands there twice, or can be no folder.
    """
    lines = _text(path).splitlines()
    if not lines:
        raise TitoError(f"The roster {path} is empty.", HINT)
    delimiter = max(",;\t", key=lines[0].count)
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    try:
        return _students(path, reader)
    except csv.Error as error:
        raise TitoError(f"Line {reader.line_num} of the roster {path} cannot be read: {error}.", HINT) from error


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TitoError(f"The roster {path} cannot be read: {error.strerror}.", "name a CSV file") from error
    try:
        return content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TitoError(f"Line {line} of the roster {path} is not UTF-8 text.", "save it as CSV UTF-8") from error


def _students(path: Path, reader: csv.reader) -> list[Student]:
    columns = [_column(name) for name in next(reader)]
    if columns.count("id") != 1:
        raise TitoError(f"The roster {path} has {columns.count('id') or 'no'} columns named id.", HINT)
    seen: dict[str, int] = {}
    students, problems = [], []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        fields = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name in COLUMNS}
        student = Student(**{"id": "", **fields})
        if problem := _problem(student.id, seen):
            problems.append(f"line {reader.line_num}: {problem}")
        seen.setdefault(student.id, reader.line_num)
        students.append(student)
    if problems:
        raise TitoError(f"The roster {path} was not used. {'; '.join(problems)}.", "correct the file, and run it again")
    return students


def _column(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _problem(student: str, seen: dict[str, int]) -> str:
    if not student:
        return "the id is missing"
    if student in seen:
        return f"the id {student!r} stands in line {seen[student]} already"
    if student.startswith(".") or any(mark in student for mark in "/\\*?[]\0") or not student.isprintable():
        return f"the id {student!r} cannot be the name of a folder"
    return ""
