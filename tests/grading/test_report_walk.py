"""docs/instructor.md, command by command: from the roster to the grades in the LMS, with six of the sample class."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from demo import perceptron_class, term
from tito.course import REPOSITORY, the_course
from tito.grading.audit import read_audit
from tito.grading.classroom import Classroom
from tito.grading.reports.report import report

DOCUMENT = REPOSITORY / "docs" / "instructor.md"
CHOSEN = ("student_01", "student_02", "student_03", "student_10", "student_12", "student_14")
SAMPLES = [sample for sample in perceptron_class.CLASS.samples if sample.student in CHOSEN]
PERCEPTRON = the_course().milestone("perceptron")
MANUAL = 0.5  # of the points, for everyone who awaits a person


def sections() -> list[tuple[str, list[str]]]:
    """The document's headings, each with the blocks of commands below it."""
    parts = re.split(r"^## (.+)$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [
        (title, re.findall(r"```sh\n(.*?)```", text, re.DOTALL)) for title, text in zip(*[iter(parts)] * 2, strict=True)
    ]


class Walk:
    """A shell that goes through the document, and what people do between its commands."""

    def __init__(self, root: Path) -> None:
        self.root, self.here, self.course = root, root, root / "spring"
        scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = {**os.environ, "PATH": scripts, "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1"}
        self.said: dict[str, str] = {}

    def run(self, title: str, block: str) -> None:
        script = f"{block}\npwd > {self.root}/where\n"
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=self.here, env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, f"{title}\n{block}\n{done.stdout}\n{done.stderr}"
        self.here = Path((self.root / "where").read_text().strip())
        self.said[title] = self.said.get(title, "") + done.stdout

    def write_roster(self) -> None:
        lines = [("id", "first_name", "last_name", "email", "lms_user_id")]
        for number, sample in enumerate(SAMPLES, start=1):
            number_or_none = "" if number == 2 else str(7000 + number)
            lines.append((sample.student, "First", f"Last {number}", f"{sample.student}@example.org", number_or_none))
        with (self.root / "roster.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(lines)

    def students_hand_in(self) -> None:
        """A part of the demonstration's class: two right, a blank, an unreadable, a tampered and a late one."""
        term.hand_in(self.course, PERCEPTRON, SAMPLES)
        (self.course / "submitted").rename(self.root / "handed-in")
        (self.course / "submitted").mkdir()
        shutil.rmtree(self.course / "reference")

    def grade_by_hand(self) -> None:
        """What a person does in formgrader, which tests/pages drives in a browser."""
        with Classroom(self.course).gradebook() as gradebook:
            for submission in gradebook.assignment_submissions(PERCEPTRON.id):
                for grade in submission.notebooks[0].grades:
                    if grade.needs_manual_grade:
                        grade.manual_score, grade.needs_manual_grade = MANUAL * grade.max_score, False
            gradebook.db.commit()

    def correct_a_test(self) -> None:
        path = self.course / "source" / PERCEPTRON.id / f"{PERCEPTRON.notebook}.ipynb"
        text = path.read_text(encoding="utf-8")
        assert "### BEGIN HIDDEN TESTS" in text
        path.write_text(
            text.replace("### BEGIN HIDDEN TESTS", "# corrected\\n### BEGIN HIDDEN TESTS", 1), encoding="utf-8"
        )


@pytest.mark.slow
@pytest.mark.long
def test_every_command_of_the_document_works_in_its_order(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    walk = Walk(tmp_path)
    before: dict[str, Callable[[], None]] = {"Set a class up": walk.write_roster, "Correct a test": walk.correct_a_test}
    after: dict[str, Callable[[], None]] = {
        "Set a class up": walk.students_hand_in, "Grade by hand": walk.grade_by_hand
    }  # fmt: skip
    ran = 0
    for title, blocks in sections():
        before.pop(title, lambda: None)()
        for block in blocks:
            walk.run(title, block)
            ran += len(block.strip().splitlines())
        after.pop(title, lambda: None)()
    assert not before and not after and ran >= 15
    _is_what_the_document_says(walk)


def _is_what_the_document_says(walk: Walk) -> None:
    course = walk.course
    scores = {score.student: score for score in report(course, PERCEPTRON).students}
    for sample in SAMPLES:
        earned = sum(sample.earned.values()) + MANUAL * sum(sample.awaiting.values())
        assert scores[sample.student].earned == pytest.approx(earned), sample.what
        assert scores[sample.student].awaiting == 0
        assert (course / "feedback" / sample.student / PERCEPTRON.id / f"{PERCEPTRON.notebook}.html").is_file()
    canvas = list(csv.reader((course / "canvas.csv").read_text(encoding="utf-8").splitlines()))
    assert canvas[0][-1] == "Perceptron (4711)" and canvas[1][-1] == "100"
    grades = {line[1]: float(line[-1]) for line in canvas[2:]}
    assert len(grades) == len(SAMPLES) - 1 and grades["7001"] == scores["student_01"].total
    moodle = list(csv.DictReader((course / "moodle.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["Email address"]: float(row["Perceptron"]) for row in moodle} == {
        f"{name}@example.org": score.total for name, score in scores.items()
    }
    assert "student_02" in walk.said["Grades into the LMS"]
    assert "before" in walk.said["Correct a test"]
    entries = read_audit(course, "student_01").entries
    assert len(entries) == 3 and len({entry.tests for entry in entries}) == 2  # a batch, plain nbgrader, the correction
    assert len(json.loads((course / "audit.json").read_text())["entries"]) == 2 * len(SAMPLES) + 1
    assert "</html>" in (course / "report.html").read_text(encoding="utf-8")
