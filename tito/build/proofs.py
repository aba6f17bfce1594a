"""The two proofs of an assignment: its reference earns every autograded point, its untouched release earns none."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from traitlets.config import Config

from tito.build.trees import build_source
from tito.course import Assignment, Course
from tito.execution.folders import own_prefix
from tito.execution.trial import for_own_code
from tito.grading.classroom import Classroom
from tito.notebooks.exporter import export_reference

REFERENCE = "reference"
UNTOUCHED = "untouched"


@dataclass(frozen=True)
class CellProof:
    """What one graded cell gave to the reference and to an untouched release; manual cells await a person."""

    grade_id: str
    points: float
    manual: bool
    reference_earned: float
    untouched_earned: float
    message: str

    @property
    def ok(self) -> bool:
        return self.untouched_earned == 0 and (self.manual or self.reference_earned == self.points)


@dataclass(frozen=True)
class Proof:
    """Both proofs of one assignment, cell by cell."""

    assignment: str
    cells: tuple[CellProof, ...]

    @property
    def ok(self) -> bool:
        return bool(self.cells) and all(cell.ok for cell in self.cells)


def prove(root: Path, assignment: Assignment, course: Course) -> Proof:
    """Grade the reference and an untouched release of an assignment as two submissions of a scratch course."""
    with tempfile.TemporaryDirectory(prefix=own_prefix("proof-")) as folder:
        scratch = Path(folder)
        source = build_source(root, assignment, course, scratch / "built")
        export_reference(root, scratch, assignment.needs)
        package = {path.name: path.read_bytes() for path in sorted((scratch / "tinytorch").glob("*.py"))}
        classroom = Classroom(scratch / "course", Config({"ExecuteSubmission": {"sandbox": for_own_code()[0]}}))
        classroom.add_source(source, assignment)
        classroom.generate(assignment)
        released = scratch / "course" / "release" / assignment.id / source.name
        classroom.hand_in(REFERENCE, assignment, nbformat.read(source, as_version=4), package)
        classroom.hand_in(UNTOUCHED, assignment, nbformat.read(released, as_version=4), package)
        classroom.autograde(assignment)
        return Proof(assignment.id, _cells(classroom, assignment))


def _cells(classroom: Classroom, assignment: Assignment) -> tuple[CellProof, ...]:
    errors = _errors(classroom, assignment)
    with classroom.gradebook() as gradebook:
        reference = gradebook.find_submission_notebook(assignment.notebook, assignment.id, REFERENCE)
        untouched = gradebook.find_submission_notebook(assignment.notebook, assignment.id, UNTOUCHED)
        blank = {
            grade.name: grade.score if not grade.needs_manual_grade else grade.max_score for grade in untouched.grades
        }
        return tuple(
            CellProof(
                grade_id=grade.name,
                points=grade.max_score,
                manual=grade.needs_manual_grade,
                reference_earned=grade.score,
                untouched_earned=blank[grade.name],
                message=errors.get(grade.name, ""),
            )
            for grade in reference.grades
        )


def _errors(classroom: Classroom, assignment: Assignment) -> dict[str, str]:
    """Why a cell of the reference failed, by grade_id."""
    path = classroom.root / "autograded" / REFERENCE / assignment.id / f"{assignment.notebook}.ipynb"
    return {
        cell.metadata.nbgrader.grade_id: f"{output.ename}: {output.evalue}"
        for cell in nbformat.read(path, as_version=4).cells
        if "nbgrader" in cell.metadata
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }
