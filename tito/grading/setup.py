"""Make a course directory, or complete one: configuration, assignments, students. Nothing that is there is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import GradeCell, TaskCell

from tito import course as tables
from tito.build.trees import build_source
from tito.course import Assignment
from tito.errors import TitoError
from tito.files import make_folder, typed, write_atomically
from tito.grading.classroom import CONFIG_NAME, Classroom
from tito.grading.gradebook import ClassGradebook
from tito.grading.roster import Student
from tito.notebooks.reading import nbgrader_metadata

PACKAGED_CONFIG = """\
'''What nbgrader does in this course directory; limits and late penalties can be set below.'''

from tito.grading.config import grading_config

c = get_config()  # noqa: F821
c.merge(grading_config())
"""
NEW, KEPT, RENEWED = "new", "there already", "generated again"


@dataclass(frozen=True)
class Setup:
    """What a course directory now holds: each assignment with what was done about it, and how many students."""

    course_dir: str
    config: str
    assignments: dict[str, str]
    students_added: tuple[str, ...]
    students_updated: tuple[str, ...]
    students: int


def set_up(course_dir: Path, assignments: Sequence[Assignment], students: Sequence[Student], db_url: str = "") -> Setup:
    """Complete a course directory. Raises TitoError when a source notebook is needed and only the repository has it."""
    config = _write_config(course_dir, db_url)
    classroom = Classroom(course_dir)
    for folder in ("submitted", "source", "release"):
        make_folder(course_dir / folder)
    done = {assignment.id: _add_assignment(classroom, assignment) for assignment in assignments}
    with classroom.class_gradebook() as gradebook:
        added, updated = _add_students(gradebook, students)
        total = len(gradebook.students)
    return Setup(str(course_dir.resolve()), config, done, added, updated, total)


def _write_config(course_dir: Path, db_url: str) -> str:
    make_folder(course_dir)
    path = course_dir / CONFIG_NAME
    if not path.is_file():
        write_atomically(path, _course_config() + _db_line(db_url))
        return NEW
    if db_url and Classroom(course_dir).coursedir().db_url != db_url:
        write_atomically(path, path.read_text(encoding="utf-8").rstrip("\n") + "\n" + _db_line(db_url))
        return "its db_url changed"
    return KEPT


def _course_config() -> str:
    own = tables.REPOSITORY / CONFIG_NAME
    if own.is_file():
        return own.read_text(encoding="utf-8")
    return PACKAGED_CONFIG


def _db_line(db_url: str) -> str:
    return f"\n# Where the gradebook is.\nc.CourseDirectory.db_url = {db_url!r}\n" if db_url else ""


def _add_assignment(classroom: Classroom, assignment: Assignment) -> str:
    source = source_path(classroom, assignment)
    if not source.is_file():
        _build(classroom, assignment)
    with classroom.class_gradebook() as gradebook:
        known = bool(gradebook.source_cells(assignment.notebook, assignment.id))
        changed = changed_tests(classroom, gradebook, assignment)
    release = classroom.root / "release" / assignment.id / source.name
    if known and not changed and release.is_file():
        return KEPT
    classroom.generate(assignment)
    return RENEWED if known else NEW


def setup_command(course_dir: Path, assignment: Assignment) -> str:
    """The command that adds an assignment to a course directory."""
    kind = "modules" if isinstance(assignment, tables.Module) else "milestones"
    return f"tito assessment setup --{kind} {assignment.number} --course-dir {typed(course_dir)}"


def source_path(classroom: Classroom, assignment: Assignment) -> Path:
    """Where an assignment's source notebook, with the hidden tests, lies in a course directory."""
    return classroom.root / "source" / assignment.id / f"{assignment.notebook}.ipynb"


def changed_tests(classroom: Classroom, gradebook: ClassGradebook, assignment: Assignment) -> list[str]:
    """The tests and points of the source tree that are not the gradebook's: it was changed and not generated since."""
    path = source_path(classroom, assignment)
    if not path.is_file():
        return []
    cells = gradebook.source_cells(assignment.notebook, assignment.id)
    graded = gradebook.graded_cells(assignment.notebook, assignment.id)
    changed = []
    for cell in nbformat.read(path, as_version=4).cells:
        meta = nbgrader_metadata(cell)
        name = meta.get("grade_id", "")
        is_test = meta.get("locked") and not meta.get("solution")
        other_text = is_test and (name not in cells or cells[name].source != cell.source)
        if other_text or (meta.get("grade") and _other_points(graded.get(name), float(meta["points"]))):
            changed.append(name)
    return changed


def _other_points(cell: GradeCell | TaskCell | None, points: float) -> bool:
    return cell is None or cell.max_score != points


def _build(classroom: Classroom, assignment: Assignment) -> None:
    course = tables.the_course()
    if not (tables.REPOSITORY / "modules" / "source").is_dir():
        raise TitoError(
            f"This tito is installed without the authored notebooks, which hold the hidden tests of {assignment.id}.",
            f"git clone {course.repository}, and in it: {setup_command(classroom.root.resolve(), assignment)}",
        )
    build_source(tables.REPOSITORY, assignment, course, classroom.root / "source")


def _add_students(gradebook: ClassGradebook, students: Sequence[Student]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known = {student.id: student for student in gradebook.students}
    added = tuple(student.id for student in students if student.id not in known)
    updated = tuple(
        student.id
        for student in students
        if student.id in known and any(getattr(known[student.id], k) != v for k, v in student.known().items())
    )
    for student in students:
        gradebook.update_or_create_student(student.id, **student.known())
    gradebook.keep()
    return added, updated
