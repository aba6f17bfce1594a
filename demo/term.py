"""A term in a scratch course directory: build, release, hand in, grade with nbgrader's own commands, report."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import nbformat

from demo.samples import Materials, Sample, SampleClass, without_markers
from tito.build.trees import build_release, build_source
from tito.course import REPOSITORY, Assignment, the_course
from tito.execution.sandbox import FORKED
from tito.grading.classroom import CONFIG_NAME, Classroom
from tito.grading.reports.report import Report, report
from tito.notebooks.exporter import export_reference
from tito.notebooks.grafting import graft

Progress = Callable[[str], None]
DUE = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Mismatch:
    """A student whose score is not what the submission deserves."""

    student: str
    what: str
    expected: str
    found: str


def set_up(course_dir: Path, sample_class: SampleClass, say: Progress) -> Assignment:
    """Build the notebooks, generate the assignment with nbgrader, and hand in the whole class."""
    course = the_course()
    assignment = course.assignment(sample_class.assignment)
    course_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(REPOSITORY / CONFIG_NAME, course_dir / CONFIG_NAME)
    for each in course.assignments:
        say(f"build {each.id}")
        build_source(REPOSITORY, each, course, course_dir / "source")
        build_release(course_dir / "source", each, course_dir / "release")
    say(f"nbgrader generate_assignment {assignment.id}")
    nbgrader(course_dir, ["generate_assignment", assignment.id, "--force"])
    with Classroom(course_dir).gradebook() as gradebook:
        gradebook.update_or_create_assignment(assignment.id, duedate=DUE.replace(tzinfo=None))
    say(f"hand in {len(sample_class.samples)} submissions")
    hand_in(course_dir, assignment, sample_class.samples)
    return assignment


def hand_in(course_dir: Path, assignment: Assignment, samples: Sequence[Sample]) -> None:
    """Write the samples' submissions as nbgrader collects them."""
    name = f"{assignment.notebook}.ipynb"
    export_reference(REPOSITORY, course_dir / "reference", assignment.needs)
    source = nbformat.read(course_dir / "source" / assignment.id / name, as_version=4)
    released = nbformat.read(course_dir / "release" / assignment.id / name, as_version=4)
    materials = Materials(
        solved=without_markers(graft(source, released)),  # as a student has it: the answers, and no hidden test
        released=released,
        package={path.name: path.read_bytes() for path in (course_dir / "reference" / "tinytorch").glob("*.py")},
    )
    for sample in samples:
        handed_in = sample.make(materials)
        folder = course_dir / "submitted" / sample.student / assignment.id
        (folder / "tinytorch").mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(handed_in.notebook)
        for file_name, content in (handed_in.package or {}).items():
            (folder / "tinytorch" / file_name).write_bytes(content)
        if handed_in.package is None:
            (folder / "tinytorch").rmdir()
        handed_in_at = DUE - timedelta(hours=1) if not sample.late else DUE + sample.late
        (folder / "timestamp.txt").write_text(f"{handed_in_at:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="utf-8")


def grade(
    course_dir: Path, sample_class: SampleClass, cell_seconds: float, say: Progress, sandbox: str = FORKED
) -> int:
    """Run ``nbgrader autograde`` and ``generate_feedback`` over the class; return autograde's exit code."""

    def follow(line: str) -> None:
        graded = (sample for sample in sample_class.samples if f"/{sample.student}/" in line)
        student = next(graded, None) if "] Autograding " in line else None
        if student is not None:
            say(f"nbgrader autograde: {student.student}, {student.what}")

    options = [f"--ExecuteSubmission.cell_seconds={cell_seconds}", f"--ExecuteSubmission.sandbox={sandbox}"]
    code = nbgrader(course_dir, ["autograde", sample_class.assignment, "--force", *options], follow, check=False)
    say(f"nbgrader generate_feedback {sample_class.assignment}")
    nbgrader(course_dir, ["generate_feedback", sample_class.assignment, "--force"], check=False)
    return code


def write_report(course_dir: Path, assignment: Assignment) -> Report:
    """Compute the report from the gradebook and write it as CSV and JSON."""
    made = report(course_dir, assignment)
    (course_dir / "report.csv").write_text(made.as_csv(), encoding="utf-8")
    (course_dir / "report.json").write_text(made.as_json(), encoding="utf-8")
    return made


def mismatches(made: Report, samples: Sequence[Sample]) -> list[Mismatch]:
    """Where the gradebook does not say what a sample deserves."""
    scores = {student.student: student for student in made.students}
    found = []
    for sample in samples:
        score = scores[sample.student]
        earned = {category.id: category.earned for category in score.categories}
        awaiting = {category.id: category.awaiting for category in score.categories if category.awaiting}
        expected = (dict(sample.earned), dict(sample.awaiting), sample.late_penalty)
        if (earned, awaiting, score.late_penalty) != expected:
            found.append(
                Mismatch(sample.student, sample.what, str(expected), str((earned, awaiting, score.late_penalty)))
            )
        elif sample.reason not in " ".join(score.problems):
            found.append(Mismatch(sample.student, sample.what, f"a reason with {sample.reason!r}", str(score.problems)))
    return found


def nbgrader(
    course_dir: Path, arguments: list[str], follow: Callable[[str], None] | None = None, check: bool = True
) -> int:
    """Run an nbgrader command in the course directory; its output goes to ``nbgrader.log`` there, line by line."""
    scripts = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(scripts), os.environ.get("PATH", "")]),
        "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1",
    }
    command = [sys.executable, "-m", "nbgrader", *arguments]
    with (
        (course_dir / "nbgrader.log").open("a", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            cwd=course_dir,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            if follow:
                follow(line)
    if check and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return process.returncode
