"""nbgrader's Autograde taken apart at the step that executes: prepare before it, record after it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbconvert.exporters import Exporter
from nbconvert.writers import FilesWriter
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.converters import Autograde
from traitlets import Any
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from tito.course import Assignment
from tito.errors import TitoError
from tito.execution.job import Job
from tito.grading.batch.audit import recorded_cells
from tito.grading.batch.scores import Cell
from tito.grading.batch.steps import FOR_A_CLASS, UNCHANGED
from tito.grading.batch.store import Result
from tito.grading.execute import ExecuteSubmission, Private, prepare


@dataclass(frozen=True)
class Prepared:
    """A submission ready to run; without a job when there is nothing to run."""

    notebook: NotebookNode
    job: Job | None
    private: Private
    files: dict[str, bytes]


class Road(Autograde):
    """One assignment's way through nbgrader's configured steps, for one submission after the other."""

    gradebook = Any()  # open for the whole class: a ClassGradebook
    assignment = Any()
    staging = Any()  # where a graded folder is made: a function of student

    def begin(self) -> None:
        """Make the steps, once for the whole class."""
        self.writer = FilesWriter(parent=self, config=self.config)
        before, self.execution, after = self._steps()
        self.reader = self._exporter([*map(_step, self.sanitize_preprocessors), *before])
        self.recorder = self._exporter(after)
        self._last: NotebookNode | None = None
        for exporter in (self.reader, self.recorder):
            exporter.register_preprocessor(self._catch)
        self.options = self.execution(parent=self.reader).options()
        self._extra = list(self._source_files())

    def _steps(self) -> tuple[list[type], type, list[type]]:
        steps = [_step(each) for each in self.autograde_preprocessors]
        at = next((n for n, step in enumerate(steps) if issubclass(step, ExecuteSubmission)), None)
        if at is None:
            raise TitoError(
                "The configuration's c.Autograde.autograde_preprocessors holds no tito.grading.execute."
                "ExecuteSubmission, which is the step that runs in parallel.",
                "begin nbgrader_config.py with the course's own, or grade with: nbgrader autograde",
            )
        return steps[:at], steps[at], steps[at + 1 :]

    def _exporter(self, steps: list[type]) -> Exporter:
        config = Config(self.config)
        config.Exporter.optimistic_validation = True  # once after all steps, not after each
        config.Exporter.default_preprocessors = []
        exporter = self.exporter_class(parent=self, config=config)
        for step in steps:
            exporter.register_preprocessor(FOR_A_CLASS.get(step, step), enabled=False)
        return exporter

    def _catch(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        self._last = nb
        return nb, resources

    def _caught(self) -> NotebookNode:
        notebook, self._last = self._last, None
        return notebook

    def submitted(self, student: str) -> Path:
        """The folder that a student handed in."""
        where = self.coursedir.format_path(self.coursedir.submitted_directory, student, self.assignment.id)
        return Path(where)

    def graded(self, student: str) -> Path:
        """The folder that nbgrader keeps a graded submission in."""
        where = self.coursedir.format_path(self.coursedir.autograded_directory, student, self.assignment.id)
        return Path(where)

    def prepare(self, student: str) -> Prepared:
        """Ingest, graft and overwrite a submission; nothing is written."""
        _, resources = self.reader.from_filename(str(self._notebook(student)), self._resources(student))
        notebook = self._caught()
        job, private = prepare(notebook, self.submitted(student), self.assignment.id, self.options)
        return Prepared(notebook, job, private, dict(resources.get("outputs") or {}))

    def record(self, student: str, result: Result, unchanged: bool) -> tuple[NotebookNode, list[Cell]]:
        """Give an executed submission to the gradebook, and leave what ``nbgrader autograde`` leaves.

        ``unchanged`` says that these very files were recorded before. Returns the notebook and the scores as recorded.
        """
        self._enter(student)
        resources = {**self._resources(student), UNCHANGED: unchanged, "outputs": dict(result.files)}
        output, resources = self.recorder.from_notebook_node(result.notebook, resources)
        folder = self._lay_out(student, output, resources)
        cells = recorded_cells(self.gradebook, self.assignment, student)
        self.gradebook.keep()
        self._move(folder, self.graded(student))
        self.set_permissions(self.assignment.id, student)
        return self._caught(), cells

    def _resources(self, student: str) -> dict:
        self._sanitizing = True
        return self.init_single_notebook_resources(str(self._notebook(student)))

    def _notebook(self, student: str) -> Path:
        return self.submitted(student) / f"{self.assignment.notebook}.ipynb"

    def _enter(self, student: str) -> None:
        """The student's and the submission's rows, as nbgrader makes them."""
        self.gradebook.update_or_create_student(student)
        stamp = self.coursedir.get_existing_timestamp(str(self.submitted(student)))
        times = {"timestamp": stamp} if stamp else {}
        self.gradebook.update_or_create_submission(self.assignment.id, student, **times)

    def _source_files(self) -> Iterator[tuple[str, Path]]:
        """The files of the source tree that nbgrader puts beside each graded notebook."""
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", self.assignment.id)
        kept = self.exclude_overwriting.get(self.assignment.id, [])
        for path in utils.find_all_files(source, [*self.coursedir.ignore, "*.ipynb"]):
            name = os.path.relpath(path, source)
            if name not in kept:
                yield name, Path(path)

    def _lay_out(self, student: str, output: str, resources: dict) -> Path:
        """The graded folder, beside its place: the notebook, and what ingest and the source tree put with it."""
        folder = self.staging(student)
        shutil.rmtree(folder, ignore_errors=True)
        self.writer.build_directory = str(folder)
        self.writer.write(output, resources, notebook_name=resources["unique_key"])
        for name, path in self._extra:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / name)
        return folder

    @staticmethod
    def _move(staging: Path, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            utils.rmtree(str(place))
        os.replace(staging, place)


def new_road(assignment: Assignment, **parts: object) -> Road:
    """A road whose steps are made."""
    road = Road(assignment=assignment, force=True, **parts)
    road.begin()
    return road


def _step(name: object) -> type:
    return import_item(name) if isinstance(name, str) else name
