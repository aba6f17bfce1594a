"""tito assessment: what setup makes and keeps, what a roster may look like, and how a batch is shown."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sqlite3
import unicodedata
from pathlib import Path

import pytest

from tito import course as tables
from tito.course import the_course
from tito.errors import TitoError
from tito.grading.batch.course import compose_names
from tito.grading.classroom import Classroom
from tito.grading.roster import Student, read_roster

ROSTER = "id,first_name,last_name,email,lms_user_id\nstudent_01,Ada,One,one@example.org,11\nstudent_02,,Two,,\n"


def students(folder: Path) -> dict[str, str | None]:
    with Classroom(folder).gradebook() as gradebook:
        return {student.id: student.email for student in gradebook.students}


class TestRoster:
    @pytest.mark.parametrize(
        "content",
        [
            ROSTER.encode(),
            b"\xef\xbb\xbf" + ROSTER.encode(),
            ROSTER.encode("utf-16"),
            ROSTER.replace(",", ";").replace("\n", "\r\n").encode(),
            ROSTER.replace(",", "\t").encode(),
            b"Last Name,EMAIL,ID,LMS User ID,group,first name\nOne,one@example.org,student_01,11,a,Ada\n\n"
            b"Two, , student_02 ,,b,\n",
            b"sep=;\r\n" + ROSTER.replace(",", ";").encode(),
            b"\n\r\n" + ROSTER.encode(),
            ROSTER.replace("\n", ",,\n").encode(),
        ],
        ids=[
            "plain",
            "bom",
            "utf-16",
            "semicolons",
            "tabs",
            "other-order",
            "Excel",
            "empty first lines",
            "extra marks",
        ],
    )
    def test_is_read_in_the_forms_that_spreadsheets_write(self, tmp_path, content):
        (tmp_path / "roster.csv").write_bytes(content)
        assert read_roster(tmp_path / "roster.csv") == [
            Student("student_01", "Ada", "One", "one@example.org", "11"),
            Student("student_02", last_name="Two"),
        ]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("id,email\nstudent_01,a\n,b\n", "line 3: the id is missing"),
            ("id\nstudent_01\n\nstudent_02\nstudent_01\n", "line 5: the id 'student_01' stands in line 2 already"),
            ("id\n../x\n", "line 2: the id '../x' cannot be the name of a folder"),
            ("name\nstudent_01\n", "has no column id, but name"),
            ("id,email,id\na,b,c\n", "has 2 columns named id"),
            ("id,last_name,email\na,One, Jr.,b\n", "line 2 has 4 cells, the first line 3"),
            ("sep=;\nid;email\na;b\na;b\n", "line 4: the id 'a' stands in line 3 already"),
            ("", "is empty"),
            ("id\nstudent_\xe9\n".encode("latin-1"), "Line 2 of the roster"),
        ],
    )
    def test_what_is_wrong_is_named_by_its_line(self, tmp_path, content, message):
        path = tmp_path / "roster.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(TitoError) as refused:
            read_roster(path)
        assert message in refused.value.message and refused.value.hint

    @pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0b", "\xa0", "  "])
    def test_a_space_of_any_kind_in_a_name_is_a_space(self, tmp_path, mark):
        (tmp_path / "roster.csv").write_text(
            f"id,first_name,email\ns1,Ada{mark}Maria,a@u.org\ns2,Bob,b@u.org\n", "utf-8"
        )
        assert read_roster(tmp_path / "roster.csv") == [
            Student("s1", "Ada Maria", email="a@u.org"),
            Student("s2", "Bob", email="b@u.org"),
        ]

    def test_one_name_in_two_forms_is_one_name(self, tmp_path):
        (tmp_path / "roster.csv").write_text(unicodedata.normalize("NFD", "id\njos\xe9\n"), "utf-8")
        assert read_roster(tmp_path / "roster.csv") == [Student("jos\xe9")]

    @pytest.mark.parametrize(
        ("content", "students"),
        [
            (
                "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (9)\n    Points Possible,,,,,10\n"
                '"One, Ada",4711,77,student_01,A,8\n"Two, Bo",4712,78,,"B, C",\n"Student, Test",5,,,A,\n',
                [Student("student_01", "Ada", "One", "", "4711"), Student("78", "Bo", "Two", "", "4712")],
            ),
            (
                "First name,Last name,Username,ID number,Email address,Quiz (Real)\n"
                "Ada,One,student_01,11,one@example.org,8\n",
                [Student("student_01", "Ada", "One", "one@example.org")],
            ),
            (
                "First name;Surname;Email address\nAda;One;one@example.org\n",
                [Student("one@example.org", "Ada", "One", "one@example.org")],
            ),
        ],
        ids=["the gradebook of Canvas", "the grades of Moodle", "the participants of Moodle"],
    )
    def test_the_files_of_an_lms_are_read_as_they_are(self, tmp_path, content, students):
        (tmp_path / "roster.csv").write_text(content, "utf-8")
        assert read_roster(tmp_path / "roster.csv") == students

    def test_that_is_missing_is_a_sentence(self, tito, tmp_path):
        result = tito("assessment", "setup", "--roster", str(tmp_path / "none.csv"), "--course-dir", str(tmp_path))
        assert result.code == 1
        assert "none.csv cannot be read" in result.err


class TestSetup:
    @pytest.mark.slow
    def test_makes_a_class_and_adds_to_it_and_drops_nothing(self, tito, tmp_path):
        roster, folder = tmp_path / "roster.csv", tmp_path / "spring"
        roster.write_text(ROSTER)
        first = tito("assessment", "setup", "--modules", "1", "--roster", str(roster), "--course-dir", str(folder))
        assert first.code == 0, first.err
        assert "01_tensor: new" in first.out and "2 students, 2 of them new" in first.out
        notebook = folder / "source" / "01_tensor" / "tensor.ipynb"
        assert "BEGIN SOLUTION" in notebook.read_text()
        assert "BEGIN SOLUTION" not in (folder / "release" / "01_tensor" / "tensor.ipynb").read_text()
        edited = notebook.read_text().replace("Tensor", "Tensor ", 1)
        notebook.write_text(edited)
        roster.write_text("id;email\nstudent_03;three@example.org\nstudent_01;other@example.org\n")
        again = tito("assessment", "setup", "--modules", "1,2", "--roster", str(roster), "--course-dir", str(folder))
        assert "02_activations: new" in again.out and "3 students, 1 of them new, 1 with new particulars" in again.out
        assert notebook.read_text() == edited
        assert students(folder) == {
            "student_01": "other@example.org", "student_02": None, "student_03": "three@example.org"
        }  # fmt: skip
        third = tito("assessment", "setup", "--modules", "2", "--course-dir", str(folder), "--json")
        assert third.record["assignments"] == {"02_activations": "there already"}
        assert third.record["students"] == 3

    def test_without_the_repository_it_says_where_the_tests_are(self, tito, tmp_path, monkeypatch):
        the_course()
        monkeypatch.setattr(tables, "REPOSITORY", tmp_path)
        folder = tmp_path / "kurs (2026) ä"
        result = tito("assessment", "setup", "--milestones", "1", "--course-dir", str(folder))
        assert result.code == 1
        assert "installed without the authored notebooks" in result.err and "Next: git clone" in result.err
        assert (folder / "nbgrader_config.py").is_file()
        command = result.err[result.err.index("tito assessment") :]
        assert shlex.split(command) == ["tito", "assessment", "setup", "--milestones", "1", "--course-dir", str(folder)]

    def test_a_class_that_is_not_there_can_be_set_up_by_pasting(self, tito, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("kurs (2026) ä", "it's $HOME", "-spring"):
            result = tito("assessment", "batch", "--class", name)
            words = shlex.split(result.err.splitlines()[-1].removeprefix("Next: "))
            assert words[:-1] == ["tito", "assessment", "setup", "--milestones", "1", "--course-dir"]
            assert (tmp_path / words[-1]).resolve() == tmp_path / name

    def test_a_database_of_its_own_is_written_into_the_configuration(self, tito, tmp_path):
        folder, url = tmp_path / "spring", f"sqlite:///{tmp_path}/elsewhere.db"
        assert tito("assessment", "setup", "--course-dir", str(folder)).code == 0
        changed = tito("assessment", "setup", "--course-dir", str(folder), "--db", url)
        assert "its db_url changed" in changed.out
        assert (tmp_path / "elsewhere.db").is_file()
        assert "there already" in tito("assessment", "setup", "--course-dir", str(folder), "--db", url).out

    def test_an_unknown_milestone(self, tito, tmp_path):
        result = tito("assessment", "setup", "--milestones", "1,9", "--course-dir", str(tmp_path))
        assert (result.code, "There is no milestone '9'." in result.err) == (1, True)


@pytest.fixture(scope="session")
def _tensor_class(tmp_path_factory) -> Path:
    """A class whose assignment is module 01, with two untouched notebooks handed in."""
    from tito.grading.setup import set_up

    folder = tmp_path_factory.mktemp("spring")
    set_up(folder, [the_course().module(1)], [Student("student_01"), Student("student_02"), Student("student_03")])
    for student in ("student_01", "student_02"):
        shutil.copytree(folder / "release" / "01_tensor", folder / "submitted" / student / "01_tensor")
    return folder


@pytest.fixture
def tensor_class(_tensor_class, tmp_path, monkeypatch) -> Path:
    shutil.copytree(_tensor_class, tmp_path / "spring")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "spring"


class TestBatch:
    @pytest.mark.slow
    def test_shows_each_students_score_and_goes_on_where_it_ended(self, tito, tensor_class):
        first = tito("assessment", "batch", "--class", "spring", "--workers", "1")
        assert first.code == 0, first.err
        assert "2 to grade" in first.err and "1 of 2  student_0" in first.err and " left)" in first.err
        words = " ".join(first.out.split())
        assert "student 01_tensor" in words and "student_01 0" in words and "student_02 0" in words
        assert "2 graded in" in first.out and "0 there already" in first.out
        second = tito("assessment", "batch", "--class", "spring", "--modules", "1", "--json")
        assert (second.code, second.record["ok"], second.record["executed"], second.record["already"]) == (
            0,
            True,
            0,
            2,
        )
        assert {row["student"]: row["state"] for row in second.record["rows"]} == {
            "student_01": "graded", "student_02": "graded"
        }  # fmt: skip
        assert "Nothing to grade, 2 graded already" in second.err

    def test_a_folder_from_a_mac_is_the_student_of_the_roster(self, tmp_path):
        composed, apart = (unicodedata.normalize(form, "jos\xe9") for form in ("NFC", "NFD"))
        (tmp_path / apart / "perceptron").mkdir(parents=True)
        (tmp_path / "ada").mkdir()
        compose_names(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["ada", composed]
        assert (tmp_path / composed / "perceptron").is_dir()
        (tmp_path / apart).mkdir()
        with pytest.raises(TitoError, match=f"two folders that both read {composed}"):
            compose_names(tmp_path)

    @pytest.mark.slow
    def test_what_cannot_be_graded_makes_the_exit_code_one(self, tito, tensor_class, monkeypatch):
        from tito.grading.batch import grade

        def fail(road, student):
            raise OSError(5, "the disk went away")

        monkeypatch.setattr(grade.Road, "prepare", fail)
        result = tito("assessment", "batch", "--class", "spring", "--student", "student_02", "--workers", "1")
        assert result.code == 1
        assert "student_02, 01_tensor: the grader failed: OSError: [Errno 5] the disk went away" in result.out
        assert "0 graded" in result.out and "1 not graded" in result.out and "student_01" not in result.out

    def test_an_unknown_class_or_student_is_a_sentence(self, tito, tensor_class):
        result = tito("assessment", "batch", "--class", "autumn")
        assert result.code == 1
        assert "There is no class 'autumn'" in result.err and "There are spring here" in result.err
        result = tito("assessment", "batch", "--class", "spring", "--student", "student_09")
        assert result.code == 1
        assert "student_09 handed in none of these" in result.err

    def test_an_open_connection_and_two_places_to_run_are_refused(self, tito, tensor_class):
        result = tito("assessment", "batch", "--class", "spring", "--scheduler", "tcp://far.example:8786")
        assert result.code == 1
        assert "is not encrypted" in result.err
        both = tito("assessment", "batch", "--workers", "2", "--scheduler", "tls://far.example:8786")
        assert both.code == 2
        assert "exclude each other" in both.err

    def test_no_sandbox_is_loud(self, tito, tensor_class, monkeypatch):
        from tito.grading.batch import course

        seen = {}
        monkeypatch.setattr(course, "grade_class", lambda room, *rest: seen.update(room.config) or _nothing())
        result = tito("assessment", "batch", "--class", "spring", "--no-sandbox")
        assert result.code == 0
        assert "Warning: --no-sandbox" in result.err and seen["ExecuteSubmission"]["sandbox"] == "none"


class TestGradebook:
    """A gradebook that is busy, damaged or none, and a configuration that does not run: a sentence each."""

    COMMANDS = (("assessment", "report"), ("assessment", "batch"))

    @pytest.fixture(autouse=True)
    def _in_it(self, tensor_class, monkeypatch) -> None:
        monkeypatch.chdir(tensor_class)

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
    def test_that_another_program_holds(self, tito, tensor_class, command):
        with contextlib.closing(sqlite3.connect(tensor_class / "gradebook.db", timeout=1)) as other:
            other.execute("begin exclusive")
            said = tito(*command)
        assert said.code == 1
        assert "gradebook.db is in use: database is locked." in said.err and "close formgrader" in said.err

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda content: content[:5000], "cannot be used: "),
            (lambda content: b"no database " * 400, "cannot be used: file is not a database."),
        ],
        ids=["truncated", "no database"],
    )
    def test_that_is_damaged(self, tito, tensor_class, command, change, says):
        path = tensor_class / "gradebook.db"
        path.write_bytes(change(path.read_bytes()))
        said = tito(*command)
        assert said.code == 1
        assert f"gradebook.db {says}" in said.err and "put the last backup in its place" in said.err

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
    @pytest.mark.parametrize(
        ("line", "says"),
        [("this is no python", "SyntaxError: invalid syntax"), ("c.nothing = nobody", "NameError: name 'nobody'")],
    )
    def test_a_configuration_that_does_not_run(self, tito, tensor_class, command, line, says):
        path = tensor_class / "nbgrader_config.py"
        lines = path.read_text(encoding="utf-8").count("\n") + 1
        path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
        said = tito(*command)
        assert said.code == 1
        assert f"line {lines} of nbgrader_config.py cannot be run: {says}" in " ".join(said.err.split())


def _nothing() -> object:
    from tito.grading.batch.grade import ClassResult

    return ClassResult("spring", (), 0, 0, 0.0)


def test_the_display_of_a_terminal_counts_and_forgets_nothing(monkeypatch, capsys):
    from tito.cli import follow

    monkeypatch.setattr(follow.sys.stderr, "isatty", lambda: True)
    with follow.follower() as display:
        display.begin(2, 3, 1)
        display.done("student_01", "perceptron", "graded")
        display.done("student_02", "perceptron", "the grader failed: [odd]")
    said = capsys.readouterr().err
    assert "2 to grade, 3 graded already, 1 of them run already by a run that was interrupted" in " ".join(said.split())
    assert "student_02, perceptron: the grader failed: [odd]" in said
