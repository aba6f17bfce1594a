"""The course directory that an nbgrader step works in."""

from __future__ import annotations

from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor


def coursedir_of(step: NbGraderPreprocessor) -> CourseDirectory | None:
    """The course directory of the converter that runs this step (its parent's parent); None when it runs alone."""
    return getattr(getattr(step.parent, "parent", None), "coursedir", None)
