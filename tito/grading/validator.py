"""The grading road of one student's milestone, from Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tito.course import the_course
from tito.errors import TitoError
from tito.grading.classroom import Classroom
from tito.grading.ingest import broken_files, read_package
from tito.grading.reports.report import StudentScore, report
from tito.student.verification import Verification, verify_package


@dataclass(frozen=True)
class Prerequisites:
    """Which of the exports that a milestone needs were handed in, and what is wrong with them."""

    present: tuple[str, ...]
    missing: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.missing and not self.problems


class MilestoneValidator:
    """Takes one submission down the same road as ``nbgrader autograde``, step by step.

    ``course_dir`` is an nbgrader course directory in which the milestone was generated; the submission lies there at
    ``submitted/<student>/<milestone>/``. Raises TitoError when there is none.

    Example::

        validator = MilestoneValidator("perceptron", course_dir=Path("term"), student="student_01")
        if validator.check_prerequisites().ok:
            print(validator.validate_implementation().ok)
        print(validator.grade_deliverables().earned, validator.generate_feedback())
    """

    def __init__(self, milestone: str | int, course_dir: Path, student: str) -> None:
        self.milestone = the_course().milestone(milestone)
        self.student = student
        self.classroom = Classroom(course_dir)
        self.submission = self.classroom.root / "submitted" / student / self.milestone.id
        if not self.submission.is_dir():
            raise TitoError(
                f"{student} has handed in nothing for {self.milestone.label}: {self.submission} does not exist.",
                "put the submission there: the notebook, tinytorch/ and timestamp.txt",
            )

    def check_prerequisites(self) -> Prerequisites:
        """Which needed modules' exports were handed in, and which of the files cannot be imported."""
        package, left_out = read_package(self.submission)
        files = package or {}
        needed = the_course().required_by(self.milestone)
        present = tuple(module.id for module in needed if f"{module.name}.py" in files)
        missing = tuple(module.id for module in needed if f"{module.name}.py" not in files)
        return Prerequisites(present, missing, (*left_out, *broken_files(files)))

    def validate_implementation(self) -> Verification:
        """Run the milestone's verification (does it really learn?) against the framework that was handed in."""
        package, _ = read_package(self.submission)
        return verify_package(package or {}, self.milestone)

    def grade_deliverables(self) -> StudentScore:
        """Autograde the submission with nbgrader and read its points by category from the gradebook."""
        self.classroom.autograde(self.milestone, self.student)
        made = report(self.classroom.root, self.milestone)
        return next(score for score in made.students if score.student == self.student)

    def generate_feedback(self) -> Path:
        """Write the student's feedback page from what the gradebook holds now, and return its path."""
        self.classroom.feedback(self.milestone, self.student)
        return self.classroom.root / "feedback" / self.student / self.milestone.id / f"{self.milestone.notebook}.html"
