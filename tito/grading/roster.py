"""A roster: the students of a class as a CSV file, in whatever form a spreadsheet or an LMS wrote it."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path

from tito.errors import TitoError

COLUMNS = ("id", "first_name", "last_name", "email", "lms_user_id")
HINT = (
    f"the first line names the columns: {','.join(COLUMNS)} (only id is needed); the gradebook that Canvas exports, "
    "and Moodle's lists of participants and of grades, are read as they are"
)
# What Canvas and Moodle call these columns, best first; and the columns by which a file of theirs is known.
FORMS: dict[frozenset[str], dict[str, tuple[str, ...]]] = {
    frozenset({"student", "id", "section"}): {"id": ("sis_login_id", "sis_user_id"), "lms_user_id": ("id",)},
    frozenset({"email_address"}): {
        "id": ("username", "id_number", "email_address"),
        "first_name": ("first_name",),
        "last_name": ("last_name", "surname"),
        "email": ("email_address",),
    },
}
OWN = {name: (name,) for name in COLUMNS}
NO_STUDENTS = ("points possible", "student, test")  # lines of Canvas's own, in the column of names
MARKS = ",;\t"


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

    Takes our own columns, and the files that Canvas and Moodle export. Raises TitoError that names the line for each id
    that is missing, stands there twice, or can be no folder, and for a line with more cells than the first.
    """
    text, mark = _text(path), ""
    if text[:4].lower() == "sep=" and text[4:5] in tuple(MARKS):  # Excel's word for what parts the cells
        mark, text = text[4], "\n" + text.partition("\n")[2]  # an empty line keeps the others' numbers
    first = text.lstrip("\r\n").partition("\n")[0]
    if not first.strip():
        raise TitoError(f"The roster {path} is empty.", HINT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark or max(MARKS, key=first.count))
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
    columns = next([_column(name) for name in cells] for cells in reader if any(cell.strip() for cell in cells))
    names = next((form for known, form in FORMS.items() if known <= set(columns)), OWN)
    if names is OWN and columns.count("id") != 1:
        has = (
            f"{columns.count('id')} columns named id" if "id" in columns else f"no column id, but {', '.join(columns)}"
        )
        raise TitoError(f"The first line of the roster {path} has {has}.", HINT)
    seen: dict[str, int] = {}
    students, problems = [], []
    for cells in reader:
        cells = [unicodedata.normalize("NFC", " ".join(cell.split())) for cell in cells]
        named = dict(zip(columns, cells, strict=False))
        if not any(cells) or named.get("student", "").lower() in NO_STUDENTS:
            continue
        if any(cells[len(columns) :]):
            problems.append(
                f"line {reader.line_num} has {len(cells)} cells, the first line {len(columns)} (put a name with a "
                "comma into quotation marks)"
            )
            continue
        student = _student(named, names)
        if problem := _problem(student.id, seen):
            problems.append(f"line {reader.line_num}: {problem}")
        seen.setdefault(student.id, reader.line_num)
        students.append(student)
    if problems:
        raise TitoError(f"The roster {path} was not used. {'; '.join(problems)}.", "correct the file, and run it again")
    return students


def _student(cells: dict[str, str], names: dict[str, tuple[str, ...]]) -> Student:
    """One line, by what its form calls the columns; Canvas writes ``Last, First`` in one of them."""
    fields = {field: next((cells[name] for name in found if cells.get(name)), "") for field, found in names.items()}
    if "student" in cells and names is not OWN:
        last, _, first = cells["student"].partition(", ")
        fields |= {"first_name": first, "last_name": last}
    return Student(**fields)


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
