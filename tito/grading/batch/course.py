"""A class by its name, and all of it that there is to grade."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from traitlets.config import Config

from tito.course import Assignment, the_course
from tito.errors import TitoError
from tito.files import typed
from tito.grading.batch.cluster import MakePool
from tito.grading.batch.grade import ClassResult, Watch, grade_class
from tito.grading.batch.store import FOLDER
from tito.grading.classroom import CONFIG_NAME, Classroom
from tito.grading.gradebook import ClassGradebook
from tito.grading.setup import changed_tests

SIGNS = (CONFIG_NAME, "gradebook.db", "submitted", FOLDER)


def resolve_class(name: str) -> Path:
    """The course directory that a path or a class's name means. Raises TitoError when there is none."""
    here = Path.cwd()
    if _is_class(Path(name)):
        return Path(name).resolve()
    if _is_class(here) and name in (here.name, Classroom(here).coursedir().course_id):
        return here
    there = [folder.name for folder in sorted(here.iterdir()) if _is_class(folder)]
    known = f" There are {', '.join(there)} here." if there else ""
    raise TitoError(
        f"There is no class {name!r}: neither {Path(name).resolve()} nor this folder is its course directory.{known}",
        f"tito assessment setup --milestones 1 --course-dir {typed(name)}",
    )


def _is_class(folder: Path) -> bool:
    return folder.is_dir() and any((folder / sign).exists() for sign in SIGNS)


def grade_course(
    course_dir: Path,
    chosen: Sequence[Assignment],
    make_pool: MakePool,
    watch: Watch,
    students: Sequence[str] = (),
    *,
    regrade: bool = False,
    sandboxed: bool = True,
) -> ClassResult:
    """Grade the chosen assignments of a class, or all that its gradebook knows.

    ``regrade`` takes over the tests that were corrected in source/; without it, corrected ones are refused.
    """
    overrides = Config() if sandboxed else Config({"ExecuteSubmission": {"sandbox": "none"}})
    classroom = Classroom(course_dir, overrides)
    compose_names(course_dir / "submitted")
    with classroom.class_gradebook() as gradebook:
        assignments = list(chosen) or _known(gradebook, course_dir)
        changed = {each: changed_tests(classroom, gradebook, each) for each in assignments}
    for assignment, cells in changed.items():
        if cells and not regrade:
            raise TitoError(
                f"The tests of {assignment.id} were changed in source/ since it was generated ({', '.join(cells)}).",
                f"tito assessment batch --class {typed(course_dir)} --regrade",
            )
        if cells:
            classroom.generate(assignment)
    return grade_class(classroom, assignments, make_pool, watch, students)


def compose_names(submitted: Path) -> None:
    """Give the folders of students the form of Unicode that a roster's ids have; a Mac's archive brings the other."""
    for folder in sorted(submitted.glob("*")):
        composed = folder.with_name(unicodedata.normalize("NFC", folder.name))
        if composed.name == folder.name or (composed.exists() and composed.samefile(folder)):
            continue
        if composed.exists():
            raise TitoError(
                f"{submitted} has two folders that both read {composed.name}.", "put both into one, and run it again"
            )
        folder.rename(composed)


def assignments_of(course_dir: Path) -> list[Assignment]:
    """All assignments that the gradebook of a class knows. Raises TitoError when there is none."""
    with Classroom(course_dir).class_gradebook() as gradebook:
        return _known(gradebook, course_dir)


def _known(gradebook: ClassGradebook, course_dir: Path) -> list[Assignment]:
    names = {assignment.name for assignment in gradebook.assignments}
    found = [assignment for assignment in the_course().assignments if assignment.id in names]
    if not found:
        raise TitoError(
            f"The gradebook in {course_dir} has no assignment of this course.",
            f"tito assessment setup --milestones 1 --course-dir {typed(course_dir)}",
        )
    return found
