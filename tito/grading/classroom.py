"""An nbgrader course directory, and the steps of a term in it: generate, hand in, autograde, feedback."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from traitlets.config import Config, PyFileConfigLoader

from tito.course import Assignment
from tito.errors import TitoError
from tito.grading.config import grading_config

if TYPE_CHECKING:
    from tito.grading.gradebook import ClassGradebook

CONFIG_NAME = "nbgrader_config.py"
NOISE = "Object of type .* not in session"  # SQLAlchemy, on how nbgrader makes its rows


class Classroom:
    """A course directory: its configuration, its trees, and its gradebook.

    ``overrides`` are merged over the directory's own ``nbgrader_config.py`` (or, without one, the course's defaults).
    """

    def __init__(self, root: Path, overrides: Config | None = None, log_level: int = logging.ERROR) -> None:
        self.root = root.resolve()
        self.config = load_config(self.root)
        self.config.CourseDirectory.root = str(self.root)
        self.config.merge(overrides or Config())
        self.log = logging.getLogger("tito.grading")
        self.log.setLevel(log_level)

    def add_source(self, source_notebook: Path, assignment: Assignment) -> None:
        """Copy an assignment's source notebook into the course directory's source tree."""
        folder = self.root / "source" / assignment.id
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source_notebook, folder / source_notebook.name)

    def generate(self, assignment: Assignment) -> None:
        """Put an assignment into the gradebook and its released notebook into the release tree."""
        self._run(GenerateAssignment, assignment, student=".")

    def hand_in(
        self,
        student: str,
        assignment: Assignment,
        notebook: NotebookNode,
        package: Mapping[str, bytes] | None,
    ) -> Path:
        """Write a submission the way `tito milestone submit` hands it in; return its folder."""
        folder = self.root / "submitted" / student / assignment.id
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / f"{assignment.notebook}.ipynb", version=nbformat.NO_CONVERT)
        if package is not None:
            (folder / "tinytorch").mkdir(exist_ok=True)
            for name, content in package.items():
                (folder / "tinytorch" / name).write_bytes(content)
        stamp = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        (folder / "timestamp.txt").write_text(stamp, encoding="utf-8")
        return folder

    def autograde(self, assignment: Assignment, student: str = "*") -> None:
        """Grade what was handed in; raise TitoError when nbgrader could not grade some of it."""
        self._run(Autograde, assignment, student)

    def feedback(self, assignment: Assignment, student: str = "*") -> None:
        """Write each graded submission's feedback page."""
        self._run(GenerateFeedback, assignment, student)

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """The course's gradebook, open."""
        where = self.coursedir()
        with told_apart(where.db_url), scripts_on_path(), Gradebook(where.db_url, where.course_id) as gradebook:
            yield gradebook

    @contextlib.contextmanager
    def class_gradebook(self) -> Iterator[ClassGradebook]:
        """The course's gradebook on one connection, for a whole class; nothing is written before its ``keep``."""
        from tito.grading.gradebook import ClassGradebook

        where = self.coursedir()
        opened = contextlib.ExitStack()
        with told_apart(where.db_url), scripts_on_path(), opened:
            yield opened.enter_context(contextlib.closing(ClassGradebook(where.db_url, where.course_id)))

    def coursedir(self, assignment: Assignment | None = None, student: str = "*") -> CourseDirectory:
        """nbgrader's own record of the directory, for some of its submissions."""
        config = Config(self.config)
        config.CourseDirectory.student_id = student
        if assignment is not None:
            config.CourseDirectory.assignment_id = assignment.id
        return CourseDirectory(config=config)

    def _run(self, converter: type, assignment: Assignment, student: str) -> None:
        coursedir = self.coursedir(assignment, student)
        try:
            with scripts_on_path(), warnings.catch_warnings():
                warnings.filterwarnings("ignore", NOISE)
                converter(coursedir=coursedir, config=self.config, log=self.log, force=True).start()
        except NbGraderException as error:
            raise TitoError(str(error), f"nbgrader's own words stand above; the course is in {self.root}") from error


def load_config(course_dir: Path) -> Config:
    """The configuration of a course directory: its ``nbgrader_config.py``, else the course's defaults."""
    if not (course_dir / CONFIG_NAME).is_file():
        return grading_config()
    try:
        return PyFileConfigLoader(CONFIG_NAME, path=str(course_dir)).load_config()
    except Exception as error:  # whatever a file of Python can raise
        where = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(CONFIG_NAME)
        ]
        line = error.lineno if isinstance(error, SyntaxError) else where[-1] if where else None
        place = f"line {line} of {CONFIG_NAME}" if line else CONFIG_NAME
        what = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
        raise TitoError(f"{place} cannot be run: {what}.", f"correct it in {course_dir}, and run it again") from error


@contextlib.contextmanager
def told_apart(url: str) -> Iterator[None]:
    """What a database says of itself, as one sentence: that it is busy, that it is damaged, or that it is none."""
    try:
        yield
    except DatabaseError as error:
        said = str(error.orig or error).strip()
        name = url.removeprefix("sqlite:///") if url.startswith("sqlite") else make_url(url).render_as_string()
        if "locked" in said or "busy" in said:
            raise TitoError(
                f"The gradebook {name} is in use: {said}.",
                "close formgrader and what else grades there, and run it again",
            ) from error
        raise TitoError(
            f"The gradebook {name} cannot be used: {said}.",
            "put the last backup in its place; what was handed in is graded again by tito assessment batch",
        ) from error


@contextlib.contextmanager
def scripts_on_path() -> Iterator[None]:
    """nbgrader calls `alembic` by name when it makes a gradebook; find it beside this interpreter."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
