"""Write ``source/`` from the authored files, and let nbgrader make ``release/`` from it: the same bytes each time."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from tito.build.authored import KERNELSPEC, Authored, read_authored
from tito.build.rules import refuse
from tito.build.sealed import check_sealed
from tito.build.setup_cell import setup_cells
from tito.build.tables import check_tables
from tito.course import Assignment, Course
from tito.errors import BuildError
from tito.execution.folders import own_prefix
from tito.files import write_atomically
from tito.notebooks.reading import nbgrader_metadata


def source_notebook(authored: Authored, course: Course) -> NotebookNode:
    """The notebook of nbgrader's source tree: setup cells first, and on each cell an id of its own."""
    assignment = authored.assignment
    cells = setup_cells(assignment, course) + [deepcopy(authored_cell.cell) for authored_cell in authored.cells]
    for position, cell in enumerate(cells):
        cell["id"] = _cell_id(assignment, cell, position)
        cell.metadata.pop("lines_to_next_cell", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    metadata = {
        "kernelspec": KERNELSPEC,
        "language_info": {"name": "python"},
        "tito": {"assignment": assignment.id},
    }
    notebook = new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    return notebook


def build_source(root: Path, assignment: Assignment, course: Course, destination: Path) -> Path:
    """Check an authored notebook and write ``destination/<assignment>/<notebook>.ipynb``; BuildError if refused."""
    authored = read_authored(root, assignment)
    refuse(authored, course)
    check_sealed(root, authored)
    path = destination / assignment.id / f"{assignment.notebook}.ipynb"
    write_atomically(path, _bytes(source_notebook(authored, course)))
    return path


def build_release(source: Path, assignment: Assignment, destination: Path) -> Path:
    """Let nbgrader make the students' version of a source notebook, in a scratch course without a gradebook."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    from tito.grading.config import grading_config

    with tempfile.TemporaryDirectory(prefix=own_prefix("build-")) as folder:
        scratch = Path(folder)
        shutil.copytree(source / assignment.id, scratch / "source" / assignment.id)
        config = grading_config()
        config.CourseDirectory.root = str(scratch)
        config.CourseDirectory.assignment_id = assignment.id
        config.GenerateAssignment.no_database = True
        config.GenerateAssignment.preprocessors.remove("nbgrader.preprocessors.SaveCells")
        coursedir = CourseDirectory(config=config)
        log = logging.getLogger("tito.build")
        log.setLevel(logging.ERROR)
        GenerateAssignment(coursedir=coursedir, config=config, log=log).start()
        made = scratch / "release" / assignment.id / f"{assignment.notebook}.ipynb"
        notebook = nbformat.read(made, as_version=4)
    path = destination / assignment.id / f"{assignment.notebook}.ipynb"
    write_atomically(path, _bytes(notebook))
    return path


def build(root: Path, assignments: Iterable[Assignment], course: Course) -> list[Path]:
    """Build the source and release notebooks of the assignments below ``root``; refuse before writing any release."""
    check_tables(root)
    chosen = list(assignments)
    findings: list[str] = []
    for assignment in chosen:
        try:
            build_source(root, assignment, course, root / "source")
        except BuildError as error:
            findings += error.findings
    if findings:
        raise BuildError(findings)
    return [build_release(root / "source", assignment, root / "release") for assignment in chosen]


def _cell_id(assignment: Assignment, cell: NotebookNode, position: int) -> str:
    name = nbgrader_metadata(cell).get("grade_id") or f"#{position}"
    return hashlib.sha256(f"{assignment.id}/{name}".encode()).hexdigest()[:12]


def _bytes(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"
