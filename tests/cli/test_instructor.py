"""tito course and tito grade: what they refuse, and how they show their records."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace

import pytest

from tito import course as tables
from tito.course import REPOSITORY
from tito.errors import TitoError


@dataclass(frozen=True)
class Cell:
    grade_id: str
    points: float
    reference_earned: float
    untouched_earned: float
    ok: bool
    manual: bool = False
    message: str = ""


@dataclass(frozen=True)
class Proof:
    assignment: str
    cells: tuple[Cell, ...]

    @property
    def ok(self) -> bool:
        return all(cell.ok for cell in self.cells)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A copy of the tables and of module 01's source, taken for the repository."""
    for part in ("modules/modules.yml", "milestones/milestones.yml", "modules/source/01_tensor/tensor.py"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / part, tmp_path / part)
    monkeypatch.setattr(tables, "REPOSITORY", tmp_path)
    return tmp_path


class TestBuild:
    def test_says_what_was_written(self, tito, repository):
        result = tito("course", "build", "01", "--draft")
        assert (result.code, result.out) == (0, "written  release/01_tensor/tensor.ipynb\n")
        assert (repository / "source" / "01_tensor" / "tensor.ipynb").is_file()

    def test_refuses_by_file_and_line_and_writes_nothing(self, tito, repository):
        path = repository / "modules" / "source" / "01_tensor" / "tensor.py"
        lines = path.read_text().replace('"grade_id": "01-matmul"', '"grade_id": "01.matmul"').split("\n")
        path.write_text("\n".join(lines))
        line = next(number for number, text in enumerate(lines, start=1) if "01.matmul" in text and "# %%" in text)
        result = tito("course", "build", "01_tensor", "--draft")
        assert result.code == 1
        assert f"modules/source/01_tensor/tensor.py:{line}: " in result.err
        assert "Next: see docs/authoring.md" in result.err
        assert not (repository / "release").exists()

    def test_outside_the_repository(self, tito, tmp_path, monkeypatch):
        tables.the_course()  # an installed tito reads its tables from its own data, which a checkout does not have
        monkeypatch.setattr(tables, "REPOSITORY", tmp_path)
        result = tito("course", "build")
        assert result.code == 1
        assert "building needs the course repository" in result.err

    def test_unknown_assignment(self, tito):
        result = tito("course", "build", "01_tensr")
        assert result.code == 1
        assert "There is no assignment '01_tensr'. Did you mean '01_tensor'?" in result.err

    def test_without_the_extra(self, tito, repository, monkeypatch):
        monkeypatch.setitem(sys.modules, "jupytext", None)
        result = tito("course", "build", "01", "--draft")
        assert result.code == 1
        assert result.err.endswith("Next: pip install 'tinytorch-course[instructor]'\n")


class TestCheck:
    @pytest.fixture
    def proofs(self, monkeypatch):
        import tito.build.answer_proofs
        import tito.build.proofs
        from tito.build.answer_proofs import AnswerProof, ExerciseProof, Survivor, Tried

        def answers(assignment):
            right, wrong = (Tried("the solution", None, True),), (Tried("adds up", "3.00 times the expected", True),)
            mutant = Survivor("line 1: 'a' -> 'b'", "-a\n+b")
            exercise = ExerciseProof("01-a", "write", right, wrong, 20, 1, (mutant,), ())
            return AnswerProof(assignment, (exercise,), (), (), 1.5)

        def use(*cells):
            monkeypatch.setattr(tito.build.proofs, "prove", lambda root, a, course: Proof(a.id, cells))
            monkeypatch.setattr(tito.build.answer_proofs, "prove_answers", lambda root, a, course, only: answers(a.id))

        return use

    def test_proved(self, tito, proofs):
        proofs(Cell("01-a", 3, 3, 0, True), Cell("01-plot", 4, 0, 0, True, manual=True))
        result = tito("course", "check", "01")
        assert result.code == 0
        assert "01_tensor: proved" in result.out
        assert "01_tensor: the checks hold (1.5 s)" in result.out
        assert "01-a: a mutant passes\n-a\n+b" in result.out
        words = " ".join(result.out.split())
        assert "reference 3 of 3, untouched 0 of 3" in words
        assert "graded by a person, 4 points" in words

    def test_not_proved(self, tito, proofs):
        proofs(Cell("01-a", 3, 2, 0, False, message="AssertionError: wrong"))
        result = tito("course", "check", "01", "02")
        assert result.code == 1
        assert result.out.count("not proved") == 2
        assert "AssertionError: wrong" in " ".join(result.out.split())

    def test_as_json(self, tito, proofs):
        proofs(Cell("01-a", 3, 3, 0, True))
        result = tito("course", "check", "01", "--json")
        answers, grading = result.record
        assert answers["exercises"][0]["mutants"] == 20
        assert grading["cells"][0]["reference_earned"] == 3

    def test_every_message_of_one_exercise(self, tito, proofs):
        proofs()
        result = tito("course", "check", "01", "--exercise", "01-a")
        assert result.code == 0
        assert "[adds up]\n3.00 times the expected" in result.out
        assert "[the solution]\npasses" in result.out


class TestReport:
    @pytest.fixture
    def gradebook(self, monkeypatch, course):
        import tito.grading.reports.report as reports

        rubric = course.milestone("perceptron").rubric

        def scores(awaiting):
            return tuple(
                reports.CategoryScore(c.id, 0 if c.graded == "manual" else c.points, c.points,
                                      c.points if c.graded == "manual" and awaiting else 0)
                for c in rubric
            )  # fmt: skip

        students = (
            reports.StudentScore("student_01", reports.AWAITING, scores(True), 6.0, ("The cell 'setup' was changed.",)),
            reports.StudentScore("student_02", reports.NOT_SUBMITTED, (), 0.0, ()),
        )
        result = reports.Report("perceptron", "Perceptron", rubric, students)
        monkeypatch.setattr(reports, "report", lambda course_dir, assignment: result)
        return result

    @pytest.mark.parametrize("columns", [60, 200])
    def test_table(self, tito, gradebook, monkeypatch, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        result = tito("grade", "report", "perceptron")
        words = " ".join(result.out.split())
        assert result.code == 0
        assert "student_01 54 25 25 awaits 20 awaits 20 10" in words or "Model of 25: 25" in words
        assert "awaits 20" in words
        assert "which costs 6 of 60 points" in words
        assert "not handed in" in words
        assert "student_01: The cell 'setup' was changed." in result.out
        assert all(word in words for category in gradebook.categories for word in category.title.split())
        assert all(len(line) <= columns for line in result.out.splitlines())

    def test_what_is_not_graded_is_an_error(self, tito, gradebook, monkeypatch):
        import tito.grading.reports.report as reports

        waiting = replace(gradebook.students[1], state=reports.NOT_GRADED)
        changed = replace(gradebook, students=(gradebook.students[0], waiting))
        monkeypatch.setattr(reports, "report", lambda course_dir, assignment: changed)
        result = tito("grade", "report", "perceptron")
        assert result.code == 1
        assert result.err.startswith("Handed in, but not graded: student_02.")
        assert "handed in, not graded" in result.out

    def test_csv_and_json(self, tito, gradebook, tmp_path):
        assert tito("grade", "report", "perceptron", "--format", "csv").out == gradebook.as_csv()
        assert tito("grade", "report", "perceptron", "--format", "json").record["assignment"] == "perceptron"
        path = tmp_path / "out" / "perceptron.csv"
        assert tito("grade", "report", "perceptron", "--format", "csv", "--output", str(path)).code == 0
        assert path.read_text() == gradebook.as_csv()

    def test_output_needs_a_format(self, tito, gradebook, tmp_path):
        result = tito("grade", "report", "perceptron", "--output", str(tmp_path / "a"))
        assert result.code == 2
        assert "--output needs --format" in result.err

    def test_no_gradebook(self, tito, tmp_path):
        result = tito("grade", "report", "perceptron", "--course-dir", str(tmp_path))
        assert result.code == 1
        assert "There is no gradebook in" in result.err

    def test_an_error_of_the_report_is_a_sentence(self, tito, gradebook, monkeypatch):
        import tito.grading.reports.report as reports

        def refuse(course_dir, assignment):
            raise TitoError("No such assignment.", "nbgrader generate_assignment perceptron")

        monkeypatch.setattr(reports, "report", refuse)
        result = tito("grade", "report", "perceptron")
        assert (result.code, result.err) == (1, "No such assignment.\nNext: nbgrader generate_assignment perceptron\n")
