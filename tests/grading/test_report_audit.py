"""The audit log: nbgrader and a batch leave the same line; the commands that show and export read the class."""

from __future__ import annotations

import csv
import json

import pytest

from tito.errors import TitoError
from tito.grading.audit import read_audit
from tito.grading.batch import grade
from tito.grading.batch.cluster import on_this_machine
from tito.grading.batch.course import grade_course


class Quiet:
    def begin(self, total: int, already: int, kept: int) -> None:
        pass

    def done(self, student: str, assignment: str, words: str) -> None:
        pass


def batch(small) -> object:
    return grade_course(small.root, [small.milestone], on_this_machine(1), Quiet())


@pytest.mark.slow
def test_plain_nbgrader_and_a_batch_leave_the_same_line_and_the_commands_read_it(small, tito):
    small.hand_in("student_01")
    (small.hand_in("student_02") / small.name).write_bytes(b"{")
    small.grade()
    plain = read_audit(small.root).entries
    (small.root / ".tito" / "audit.jsonl").unlink()
    assert batch(small).ok
    ours = read_audit(small.root).entries
    assert [each.student for each in plain] == ["student_01", "student_02"]
    without_time = [sorted((each.student, str({**vars(each), "when": ""})) for each in part) for part in (plain, ours)]
    assert without_time[0] == without_time[1]
    first = plain[0]
    assert first.earned == 60 and first.scores["model"] == 25 and first.sandbox in ("forked", "bubblewrap")
    assert all(len(value) == 64 for value in (first.submission, first.tests, first.grader))
    assert plain[1].sandbox == "" and plain[1].problems[0]["code"] == "unreadable"

    shown = tito("assessment", "audit", "--class", str(small.root), "--student", "student_01")
    words = " ".join(shown.out.split())
    assert shown.code == 0 and "60 (model 25, training 25" in words and first.tests[:8] in words
    assert "student_02" not in words
    record = tito("assessment", "audit", "--class", str(small.root), "--milestone", "1", "--json").record
    assert len(record["entries"]) == 2 and record["entries"][0]["grader"] == first.grader
    none = tito("assessment", "audit", "--class", str(small.root), "--milestone", "2")
    assert (none.code, none.out) == (0, "The audit log has no such line.\n")

    table = tito("assessment", "report", "--class", str(small.root))
    assert table.code == 0 and "60, awaits 40" in table.out and "median" in table.out, table.err
    page = small.root / "report.html"
    html = tito("assessment", "report", "--class", str(small.root), "--format", "html", "--output", str(page))
    assert html.code == 0 and "</html>" in page.read_text(encoding="utf-8")
    assert "</html>" in tito("grade", "report", "perceptron", "--course-dir", str(small.root), "--format", "html").out
    small.hand_in("student_03")
    ungraded = tito("assessment", "report", "--class", str(small.root), "--format", "csv")
    assert ungraded.code == 1 and "not graded: perceptron: student_03." in ungraded.err

    with small.classroom.gradebook() as gradebook:
        gradebook.update_or_create_student("student_02", lms_user_id="22")
    command = ("assessment", "export", "--class", str(small.root), "--lms", "canvas", "--milestones", "1")
    out = small.root / "grades.csv"
    done = tito(*command, "--output", str(out), "--column", "1=Perceptron (9)")
    assert done.code == 0 and "1 students, 1 grades" in done.out and "student_03" in done.out, done.err
    lines = list(csv.reader(out.read_text(encoding="utf-8").splitlines()))
    assert lines[0][-1] == "Perceptron (9)" and lines[2] == ["student_02", "22", "", "", "", "0"]
    assert tito(*command, "--output", str(out), "--column", "Perceptron").code == 2


@pytest.mark.slow
def test_the_log_and_the_report_keep_why_a_submission_was_not_graded(small, monkeypatch):
    small.hand_in("student_01")

    def fail(road, student):
        raise OSError(5, "the disk went away")

    with monkeypatch.context() as broken:
        broken.setattr(grade.Road, "prepare", fail)
        assert not batch(small).ok
    (entry,) = read_audit(small.root).entries
    assert (entry.student, entry.scores) == ("student_01", {}) and "the disk went away" in entry.failed
    from tito.grading.reports.report import report

    made = report(small.root, small.milestone)
    assert made.ungraded == ["student_01"] and "the disk went away" in made.evidence[0].reason
    assert batch(small).ok
    assert report(small.root, small.milestone).evidence[0].reason == ""


def test_a_line_that_was_cut_off_hides_no_other(tmp_path):
    from contextlib import closing

    from tito.grading.batch.store import Store

    with pytest.raises(TitoError, match="Nothing was graded in"):
        read_audit(tmp_path)
    for student in ("student_01", "student_02"):
        with closing(Store(tmp_path)) as store:
            store.audit({"student": student, "assignment": "perceptron"})
        with (tmp_path / ".tito" / "audit.jsonl").open("a") as log:
            log.write('{"when": "2026')
    found = read_audit(tmp_path)
    assert [each.student for each in found.entries] == ["student_01", "student_02"] and found.damaged == (2, 4)
    lines = (tmp_path / ".tito" / "audit.jsonl").read_text().splitlines()
    assert json.loads(lines[2])["student"] == "student_02"
