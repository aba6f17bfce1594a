"""What ``nbgrader_config.py`` says in one call: nbgrader's own classes, with this course's steps at their places."""

from __future__ import annotations

from traitlets.config import Config


def grading_config() -> Config:
    """The configuration under which plain ``nbgrader`` commands take the road of design section 7."""
    c = Config()
    c.CourseDirectory.course_id = "tinytorch"
    c.CourseDirectory.ignore = [
        ".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache", ".tito", "progress.json", "README.md",
    ]  # fmt: skip

    # Build: nbgrader's preprocessors, with stubs that name their exercise.
    c.GenerateAssignment.preprocessors = [
        "nbgrader.preprocessors.LockCells",
        "tito.build.stubs.NamedStubs",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.CheckCellMetadata",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.SaveCells",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]

    # Grade: ingest (reads the file), graft (rebuilds the notebook), then nbgrader's own overwriting of tests ...
    c.Autograde.exporter_class = "tito.grading.ingest.SubmissionExporter"
    c.Autograde.sanitize_preprocessors = [
        "tito.grading.graft.Graft",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    # ... execute, check, record.
    c.Autograde.autograde_preprocessors = [
        "tito.grading.execute.ExecuteSubmission",
        "tito.grading.check.CheckOutputs",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
        "tito.grading.batch.audit.AuditSubmission",
    ]
    c.AssignLatePenalties.plugin_class = "tito.grading.late.LatePenalty"

    # Feedback: penalties follow what a TA has added since, and the rubric stands on top.
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.GetGrades",
        "tito.grading.feedback.ShowRubric",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.GenerateFeedback.exporter_class = "tito.grading.pages.FeedbackExporter"

    # The pages of feedback and of formgrader: nothing that a student wrote or put out can run in them.
    c.HTMLExporter.preprocessors = ["tito.grading.sanitize.SafePages", "tito.grading.pages.ReadablePages"]
    c.HTMLExporter.filters = {"markdown2html": "tito.grading.sanitize.safe_markdown"}
    return c
