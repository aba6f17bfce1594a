"""nbgrader's own steps, made for a whole class: on one open gradebook, and checking once what is the same for all."""

from __future__ import annotations

import json

from nbformat import NotebookNode
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    NbGraderPreprocessor,
    OverwriteCells,
    SaveAutoGrades,
)

from tito.grading.batch.audit import AuditSubmission
from tito.grading.gradebook import ClassGradebook

UNCHANGED = "tito_unchanged"  # in the resources: these very files were graded and recorded before


def _begin(step: NbGraderPreprocessor, resources: dict) -> None:
    where = resources["nbgrader"]
    step.notebook_id, step.assignment_id = where["notebook"], where["assignment"]
    step.student_id, step.db_url = where["student"], where["db_url"]
    step.gradebook = _gradebook_of(step)


def _gradebook_of(step: NbGraderPreprocessor) -> ClassGradebook:
    return step.parent.parent.gradebook


class OverwriteClassCells(OverwriteCells):
    """nbgrader's OverwriteCells, without a connection of its own."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        _begin(self, resources)
        nb, resources = super(OverwriteCells, self).preprocess(nb, resources)
        if self.add_missing_cells:
            nb, resources = self.add_missing_grade_cells(nb, resources)
            nb, resources = self.add_missing_task_cells(nb, resources)
        return nb, resources


class SaveClassGrades(SaveAutoGrades):
    """nbgrader's SaveAutoGrades, without a connection of its own.

    nbgrader flags every manual score for review when it autogrades again. A person who has scored these very files
    need not do so again because a hidden test was corrected; any change to what was handed in does await review.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        _begin(self, resources)
        return super(SaveAutoGrades, self).preprocess(nb, resources)

    def _add_score(self, cell: NotebookNode, resources: dict) -> None:
        where = (self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"], *where)
        reviewed = grade.manual_score is not None and not grade.needs_manual_grade
        super()._add_score(cell, resources)
        if reviewed and resources.get(UNCHANGED):
            grade.needs_manual_grade = False


class AssignClassPenalties(AssignLatePenalties):
    """nbgrader's AssignLatePenalties, without a connection of its own."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        _begin(self, resources)
        self.init_plugin()
        submission = self.gradebook.find_submission(self.assignment_id, self.student_id)
        notebook = self.gradebook.find_submission_notebook(self.notebook_id, self.assignment_id, self.student_id)
        late_s = submission.total_seconds_late
        notebook.late_submission_penalty = self._points_off(notebook, late_s) if late_s > 0 else None
        return nb, resources

    def _points_off(self, notebook: object, late_s: float) -> float | None:
        points = self.plugin_inst.late_submission_penalty(self.student_id, notebook.score, late_s)
        return None if points is None else self._check_late_penalty(notebook, points)


class AuditLater(AuditSubmission):
    """No line in the audit log yet: the batch writes it once the gradebook is kept."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        return nb, resources


class CheckClassMetadata(CheckCellMetadata):
    """nbgrader's CheckCellMetadata, once for all notebooks whose cells say the same: it takes 5 ms a cell."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._valid: set[str] = set()

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        says = json.dumps([[cell.cell_type, cell.metadata.get("nbgrader")] for cell in nb.cells], sort_keys=True)
        if says not in self._valid:
            nb, resources = super().preprocess(nb, resources)
            self._valid.add(says)
        return nb, resources


FOR_A_CLASS = {
    CheckCellMetadata: CheckClassMetadata,
    OverwriteCells: OverwriteClassCells,
    SaveAutoGrades: SaveClassGrades,
    AssignLatePenalties: AssignClassPenalties,
    AuditSubmission: AuditLater,
}
