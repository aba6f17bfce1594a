"""Grades for an LMS: the forms that Canvas and Moodle import, and nobody's grade in another one's line."""

from __future__ import annotations

import csv
import io

import pytest
from nbgrader.api import Gradebook

from tito.course import the_course
from tito.errors import TitoError
from tito.grading.classroom import Classroom, scripts_on_path
from tito.grading.reports import lms
from tito.grading.reports.lms import export
from tito.grading.reports.report import AWAITING, GRADED, NOT_GRADED, CategoryScore, Evidence, Report, StudentScore
from tito.grading.reports.spreadsheet import BOM, csv_text

PERCEPTRON, MLP = the_course().milestone("perceptron"), the_course().milestone("mlp")
STUDENTS = {
    "student_01": {"first_name": "Zoë", "last_name": "O'Neil, Jr.", "email": "one@example.org", "lms_user_id": "4711"},
    "student_02": {"first_name": "=cmd|' /C calc'!A0", "last_name": "@x\nSecond", "email": "two@example.org",
                   "lms_user_id": "sis-2"},
    "student_03": {"email": "three@example.org"},
    "student_04": {"email": "four@example.org", "lms_user_id": "=4"},
    "student_05": {"email": "five@example.org", "lms_user_id": "5"},
    "student_06": {"lms_user_id": "6"},
}  # fmt: skip


def score(student: str, total: float, awaiting: float = 0.0, late: float = 0.0) -> StudentScore:
    category = CategoryScore("model", total + late, 100.0, awaiting)
    return StudentScore(student, AWAITING if awaiting else GRADED, (category,), late, ())


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A gradebook that knows the students, and reports that say what they earned."""
    with scripts_on_path(), Gradebook(f"sqlite:///{tmp_path}/gradebook.db", "tinytorch") as gradebook:
        for name, known in STUDENTS.items():
            gradebook.add_student(name, **known)
    students = [score("student_01", 87.25, late=2.75), score("student_02", 90.0), score("student_03", 55.5)]
    students += [score("student_04", 70.0), score("student_05", 60.0, awaiting=40.0), score("student_06", 10.0)]
    students.append(StudentScore("student_07", NOT_GRADED, (), 0.0, ()))
    evidence = (Evidence("student_01", sandbox="none"), Evidence("student_02", tampering=("model: np",)))
    reports = {
        "perceptron": Report("perceptron", "Perceptron", PERCEPTRON.rubric, tuple(students), evidence),
        "mlp": Report("mlp", "Multi-layer perceptron", MLP.rubric, (score("student_01", 50.0),)),
    }
    monkeypatch.setattr(lms, "report", lambda course_dir, assignment: reports[assignment.id])
    return tmp_path


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


class TestCanvas:
    def test_has_canvas_s_columns_its_row_of_possible_points_and_only_finished_grades(self, course):
        made = export(course, [PERCEPTRON], "canvas", columns={"perceptron": "Perceptron (99)"})
        heading, possible, *lines = rows_of(made.text)
        assert heading == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Perceptron (99)"]
        assert possible == ["Points Possible", "", "", "", "", "100"]
        assert [line[1:3] for line in lines] == [["4711", ""], ["", "sis-2"], ["6", ""]]
        assert lines[0] == ["O'Neil, Jr., Zoë", "4711", "", "one@example.org", "", "87.25"]
        assert made.students == ("student_01", "student_02", "student_06") and made.grades == 3

    def test_no_text_is_a_formula_and_each_stands_in_one_line(self, course):
        made = export(course, [PERCEPTRON], "canvas")
        assert rows_of(made.text)[3][0] == "'@x Second, =cmd|' /C calc'!A0"
        assert len(made.text.splitlines()) == 5 and made.text.endswith("\r\n")

    def test_names_who_is_left_out_and_what_is_doubtful(self, course):
        notes = " ".join(export(course, [PERCEPTRON], "canvas").notes)
        assert "no LMS id (lms_user_id) that can be used: student_03, student_04." in notes
        assert "awaiting manual grading: student_05." in notes and "handed in but not graded: student_07." in notes
        assert "flagged for tampering, look before you import: student_02." in notes
        assert "GRADED WITHOUT A SANDBOX: student_01." in notes and "clears a grade" not in notes

    def test_provisional_grades_are_in_it_when_asked_for_and_named(self, course):
        made = export(course, [PERCEPTRON], "canvas", provisional=True)
        assert "student_05" in made.students and rows_of(made.text)[4][-1] == "60"
        assert "provisional, a person may still add points: student_05." in " ".join(made.notes)

    def test_several_milestones_leave_empty_cells_and_say_what_those_do(self, course):
        made = export(course, [PERCEPTRON, MLP], "canvas")
        assert [line[-2:] for line in rows_of(made.text)[1:]] == [
            ["100", "100"],
            ["87.25", "50"],
            ["90", ""],
            ["10", ""],
        ]
        assert "Some cells are empty (student_02, student_06)" in " ".join(made.notes)


class TestMoodle:
    def test_a_column_that_identifies_is_filled_in_every_line(self, course):
        made = export(course, [PERCEPTRON], "moodle")
        heading, *lines = rows_of(made.text)
        assert heading == ["Email address", "First name", "Last name", "Perceptron"]
        assert [line[0] for line in lines] == [f"{n}@example.org" for n in ("one", "two", "three", "four")]
        assert (
            "map from and to 'Email address'" in made.notes[0]
            and "e-mail address that can be used: student_06" in made.notes[1]
        )

    def test_both_columns_where_both_are_whole(self, course):
        with scripts_on_path(), Gradebook(f"sqlite:///{course}/gradebook.db", "tinytorch") as gradebook:
            for name, number in (("student_03", "3"), ("student_04", "4"), ("student_06", "6")):
                gradebook.update_or_create_student(name, lms_user_id=number, email=f"{number}@example.org")
        heading, *lines = rows_of(export(course, [PERCEPTRON], "moodle").text)
        assert heading[:2] == ["ID number", "Email address"] and all(line[0] and line[1] for line in lines)
        assert len(lines) == 5


def test_the_plain_form_has_everyone_and_reads_back(course):
    made = export(course, [PERCEPTRON], "csv", bom=True)
    assert made.text.startswith(BOM)
    lines = list(csv.DictReader(io.StringIO(made.text.removeprefix(BOM), newline="")))
    assert [line["student"] for line in lines] == ["student_01", "student_02", "student_03", "student_04", "student_06"]
    assert lines[0]["first_name"] == "Zoë" and float(lines[0]["Perceptron"]) == 87.25
    assert lines[1]["first_name"] == "'=cmd|' /C calc'!A0" and lines[3]["lms_user_id"] == "'=4"


def test_nothing_to_export_is_refused_and_says_why(course):
    with Classroom(course).gradebook() as gradebook:
        for name in STUDENTS:
            gradebook.update_or_create_student(name, lms_user_id=None)
    with pytest.raises(TitoError, match=r"There is no grade to export.*student_01, student_02"):
        export(course, [PERCEPTRON], "canvas")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", " =1", "\r\n=1"])
def test_no_cell_begins_a_formula(text):
    (row,) = rows_of(csv_text([(text, -1.5)]))
    assert row[0].startswith("'") and row[1] == "-1.5"
