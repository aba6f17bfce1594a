"""tito milestone: locks, the verification, and what is handed in."""

from __future__ import annotations

import json
import zipfile

import nbformat
import pytest

from tito.course import release_root
from tito.notebooks.reading import nbgrader_metadata, parse_notebook, same_sources
from tito.student import submission
from tito.student.checks import ManualCell, NotebookCheck, Outcome


def answer(path, text="my own answer"):
    """Write something into every manual cell of a milestone notebook."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if nbgrader_metadata(cell).get("solution"):
            cell.source = f"# {text}"
    nbformat.write(notebook, path)


@pytest.fixture
def fake_check(monkeypatch):
    """Stand in for the run of a notebook: these tests and manual cells came of it."""

    def use(*tests, manual=()):
        def check(grafted, submitted, assignment, package, shown):
            use.package = package
            return NotebookCheck(assignment.id, shown, tests, (), manual, (), "", 1.0)

        monkeypatch.setattr("tito.student.checks.check", check)
        return use

    return use


class TestStatus:
    def test_locked(self, tito, workspace):
        entry = tito("milestone", "status", "--json").record[0]
        assert entry["state"] == "locked"
        assert entry["missing"] == [1, 2, 3, 4]
        assert entry["next"] == "tito module start 01"
        assert sum(category["points"] for category in entry["rubric"]) == 100
        assert "locked by 01-04" in " ".join(tito("milestone", "status").out.split())

    def test_unlocked_started_submitted(self, tito, completed, solve, fake_check, course):
        def state():
            entry = tito("milestone", "status", "--json").record[0]
            return entry["state"], entry["note"], entry["next"]

        assert state() == ("unlocked", "", "tito milestone start perceptron")
        tito("milestone", "start", "perceptron")
        assert state() == ("started", "", "tito milestone test perceptron")
        path = solve(completed, "perceptron")
        fake_check(Outcome("model-forward", 8, "failed"))
        said = tito("milestone", "submit", "perceptron", "--anyway").out
        assert "milestone 1 (perceptron) is not completed by it: model-forward is left." in said
        assert state() == ("submitted", "", "tito milestone test perceptron")
        answer(path)
        assert state() == ("submitted", "changed since", "tito milestone submit perceptron")
        assert "submitted, changed since; not verified" in " ".join(tito("milestone", "status").out.split())

    def test_a_notebook_that_passes_completes_it_and_brings_the_badge(self, tito, completed, solve, fake_check, course):
        tito("milestone", "start", "perceptron")
        path = solve(completed, "perceptron")
        fake_check(Outcome("model-forward", 8, "passed"))
        said = tito("milestone", "submit", "perceptron").out
        assert "Milestone 1 completed: Perceptron, 1957" in said
        assert "Badge: First Light" in said
        assert "Your framework was not measured for it yet." in said
        assert said.endswith("Next: tito milestone test perceptron\n")
        record = tito("status", "--json").record
        assert (record["milestones"][0]["standing"], record["total_progress"]) == ("completed; not verified", 0.5)
        assert "Milestones: 1 completed (not verified), 2 locked" in tito("status").out
        assert "completed; not verified" in " ".join(tito("status", "--milestones").out.split())
        assert "Perceptron: completed, not verified" in " ".join(tito("milestone", "timeline").out.split())
        assert "completed before" in tito("milestone", "submit", "perceptron").out
        answer(path)
        found = tito("milestone", "status", "--json").record[0]
        assert (found["state"], found["note"]) == ("completed", "changed since")
        assert found["next"] == "tito milestone submit perceptron"

    def test_without_an_answer_it_is_never_completed(self, tito, completed, fake_check, course):
        tito("milestone", "start", "perceptron")
        path = completed.notebook(course.milestone("perceptron"))
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell("mine = 1", id="mine"))
        nbformat.write(notebook, path)
        fake_check(Outcome("model-forward", 8, "passed"))
        said = tito("milestone", "submit", "perceptron").out
        assert "is not completed by it: every answer is left." in said
        assert tito("milestone", "status", "--json").record[0]["completed_at"] == ""

    def test_damaged_record_in_the_home_folder(self, tito, completed, home):
        (home / ".tinytorch").mkdir()
        (home / ".tinytorch" / "progress.json").write_text("")
        result = tito("milestone", "status")
        assert result.code == 1
        assert "progress.json.corrupt-" in result.err
        assert tito("milestone", "status").code == 0


class TestStart:
    def test_locked(self, tito, workspace):
        result = tito("milestone", "start", "perceptron")
        assert result.code == 1
        assert result.err == (
            "milestone 1 (perceptron) is locked: it needs module 01 (tensor), module 02 (activations), "
            "module 03 (layers), module 04 (losses).\nNext: tito module start 01\n"
        )

    def test_puts_the_notebook_there_and_notes_it_at_home(self, tito, completed, course, home):
        result = tito("milestone", "start", "1")
        path = completed.notebook(course.milestone("perceptron"))
        assert result.code == 0
        assert path.read_bytes() == (release_root() / "perceptron" / "perceptron_milestone.ipynb").read_bytes()
        assert json.loads((home / ".tinytorch" / "progress.json").read_text())["milestones"]["perceptron"]["started_at"]
        path.write_text("mine")
        assert "already there" in tito("milestone", "start", "perceptron").out
        assert path.read_text() == "mine"

    def test_unknown(self, tito, completed):
        result = tito("milestone", "start", "percepton")
        assert result.code == 1
        assert "There is no milestone 'percepton'. Did you mean 'perceptron'?" in result.err


class TestSubmit:
    @pytest.fixture
    def ready(self, completed, solve):
        solve(completed, "perceptron")
        return completed

    def test_writes_what_nbgrader_and_an_lms_take(self, tito, ready, fake_check, course, monkeypatch):
        fake = fake_check(Outcome("model-forward", 8, "passed"), manual=(ManualCell("systems-analysis", 12, False),))
        (ready.package / "stray.py").write_text("")
        result = tito("milestone", "submit", "perceptron")
        assert result.code == 0
        folder = ready.submission(course.milestone("perceptron"))
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        modules = [f"{module.name}.py" for module in course.required_by(course.milestone("perceptron"))]
        assert files == sorted(
            [
                "perceptron_milestone.ipynb",
                "timestamp.txt",
                "tinytorch/__init__.py",
                *(f"tinytorch/{m}" for m in modules),
            ]
        )
        assert sorted(fake.package) == sorted(modules)
        assert (folder / "perceptron_milestone.ipynb").read_bytes() == ready.notebook(
            course.milestone("perceptron")
        ).read_bytes()
        assert "Left to a person: 12 points in systems-analysis." in result.out
        assert "Unanswered (12 points): systems-analysis." in result.out
        with zipfile.ZipFile(ready.submissions / "perceptron.zip") as archive:
            assert sorted(archive.namelist()) == [f"perceptron/{name}" for name in files]
        assert [path.name for path in ready.submissions.iterdir() if path.name.startswith(".")] == []

    @pytest.mark.parametrize("kind", ["text", "pictures", "widgets", "UTF-16"])
    def test_outputs_that_grading_would_not_read_are_left_out(self, tito, ready, fake_check, course, monkeypatch, kind):
        """As grading reads it, by the limit that grading has."""
        ingest = pytest.importorskip("tito.grading.ingest")
        monkeypatch.setattr(submission, "MAX_BYTES", 300_000)
        fake_check(Outcome("model-forward", 8, "passed"))
        milestone = course.milestone("perceptron")
        path = ready.notebook(milestone)
        notebook = nbformat.read(path, as_version=4)
        last = next(cell for cell in reversed(notebook.cells) if cell.cell_type == "code")
        last.outputs = [nbformat.v4.new_output("stream", name="stdout", text="x" * 300_000)]
        if kind == "pictures":
            last.outputs = [nbformat.v4.new_output("display_data", {"image/png": "A" * 300_000})]
        if kind == "widgets":
            notebook.metadata["widgets"] = {
                "application/vnd.jupyter.widget-state+json": {"state": {"x": "y" * 300_000}}
            }
        text = nbformat.writes(notebook)
        path.write_bytes(text.encode("utf-16" if kind == "UTF-16" else "utf-8"))
        result = tito("milestone", "submit", "perceptron", "--json")
        assert result.code == 0 and "so it is handed in without its outputs" in result.record["note"]
        found = ingest.find_submission(ready.submission(milestone), milestone, None, 300_000)
        assert found.notebook and not found.reason
        handed_in = parse_notebook(found.notebook, path.name)
        assert same_sources(handed_in, notebook) and not any(cell.get("outputs") for cell in handed_in.cells)
        assert tito("milestone", "status", "--json").record[0]["note"] == ""  # nothing changed since

    def test_what_grading_would_not_read_at_all_is_refused_before_it_runs(self, tito, ready, course, monkeypatch):
        monkeypatch.setattr(submission, "MAX_BYTES", 300_000)
        path = ready.notebook(course.milestone("perceptron"))
        notebook = nbformat.read(path, as_version=4)
        picture = {"p.png": {"image/png": "A" * 300_000}}
        notebook.cells.append(nbformat.v4.new_markdown_cell("![p](attachment:p.png)", attachments=picture))
        nbformat.write(notebook, path)
        result = tito("milestone", "submit", "perceptron", "--anyway")
        assert (result.code, result.out) == (1, "") and not ready.submissions.exists()
        assert "is larger than 0.3 MB even without its outputs, and grading reads no more." in result.err

    def test_the_timestamp_is_nbgraders(self, tito, ready, fake_check, course):
        utils = pytest.importorskip("nbgrader.utils")
        fake_check(Outcome("model-forward", 8, "passed"))
        stamp = tito("milestone", "submit", "perceptron", "--json").record["timestamp"]
        written = (ready.submission(course.milestone("perceptron")) / "timestamp.txt").read_text()
        assert written == stamp
        assert stamp.endswith(" UTC")
        assert utils.parse_utc(stamp).year >= 2024

    def test_a_failing_test_asks_for_anyway(self, tito, ready, fake_check):
        fake_check(Outcome("model-forward", 8, "failed", "expected 1"), Outcome("model-slope", 5, "passed"))
        result = tito("milestone", "submit", "perceptron")
        assert result.code == 1
        assert "expected 1" in result.out
        assert "1 of 2 tests passed" in result.out
        assert "tito milestone submit perceptron --anyway" in result.out
        assert not ready.submissions.exists()
        result = tito("milestone", "submit", "perceptron", "--anyway")
        assert result.code == 0
        assert (ready.submissions / "perceptron" / "timestamp.txt").is_file()

    def test_again_keeps_the_earlier_one_in_the_backups(self, tito, ready, fake_check):
        fake_check(Outcome("model-forward", 8, "passed"))
        first = tito("milestone", "submit", "perceptron", "--json").record["timestamp"]
        second = tito("milestone", "submit", "perceptron", "--json").record["timestamp"]
        assert first != second
        (kept,) = ready.backups.iterdir()
        assert (kept / "timestamp.txt").read_text() == first
        assert (ready.submissions / "perceptron" / "timestamp.txt").read_text() == second

    def test_elsewhere(self, tito, ready, fake_check, tmp_path):
        fake_check(Outcome("model-forward", 8, "passed"))
        assert tito("milestone", "submit", "perceptron", "--output", str(tmp_path / "out")).code == 0
        assert (tmp_path / "out" / "perceptron" / "timestamp.txt").is_file()
        assert (tmp_path / "out" / "perceptron.zip").is_file()
        assert not ready.submissions.exists()

    def test_a_folder_that_is_no_submission_is_left_alone(self, tito, ready, fake_check, tmp_path):
        fake_check(Outcome("model-forward", 8, "passed"))
        (tmp_path / "out" / "perceptron").mkdir(parents=True)
        (tmp_path / "out" / "perceptron" / "thesis.txt").write_text("mine")
        result = tito("milestone", "submit", "perceptron", "--output", str(tmp_path / "out"))
        assert result.code == 1
        assert "is no submission; it was left alone" in result.err
        assert (tmp_path / "out" / "perceptron" / "thesis.txt").read_text() == "mine"

    def test_a_stale_export_is_refused(self, tito, ready, course):
        ready.export(course.module("layers")).write_text("# by hand\n")
        result = tito("milestone", "submit", "perceptron")
        assert result.code == 1
        assert result.err == (
            "The export of module 03 (layers) is stale: tinytorch/layers.py changed after its export.\n"
            "Next: tito module complete 03\n"
        )

    def test_a_missing_export_is_refused(self, tito, ready, course):
        ready.export(course.module("layers")).unlink()
        result = tito("milestone", "submit", "perceptron")
        assert result.code == 1
        assert "is locked: it needs module 03 (layers)" in result.err

    def test_not_started(self, tito, completed):
        result = tito("milestone", "submit", "perceptron")
        assert result.code == 1
        assert "There is no notebook milestones/01_perceptron/perceptron_milestone.ipynb." in result.err
        assert result.err.endswith("Next: tito milestone start perceptron\n")

    def test_untouched(self, tito, completed):
        tito("milestone", "start", "perceptron")
        result = tito("milestone", "submit", "perceptron")
        assert result.code == 1
        assert "is unchanged since it was released" in result.err

    def test_the_zip_depends_on_the_files_alone(self):
        files = {"b": b"2", "a": b"1"}
        assert submission.zipped("x", files) == submission.zipped("x", dict(reversed(files.items())))

    @pytest.mark.slow
    def test_a_real_run_of_half_the_work(self, tito, ready, course):
        """Manual cells left as they were are named, and do not count as failed."""
        path = ready.notebook(course.milestone("perceptron"))
        notebook = nbformat.read(path, as_version=4)
        released = nbformat.read(release_root() / "perceptron" / path.name, as_version=4)
        stubs = {nbgrader_metadata(cell).get("grade_id"): cell.source for cell in released.cells}
        for cell in notebook.cells:
            grade_id = nbgrader_metadata(cell).get("grade_id", "")
            if grade_id.startswith("comparison") or nbgrader_metadata(cell).get("grade"):
                cell.source = stubs[grade_id]
        nbformat.write(notebook, path)
        result = tito("milestone", "submit", "perceptron", "--json")
        check = result.record["check"]
        by_state = {}
        for test in check["tests"]:
            by_state.setdefault(test["state"], []).append(test["id"])
        assert result.code == 1
        assert {name.split("-")[0] for name in by_state["passed"]} == {"model", "training"}
        assert {name.split("-")[0] for name in by_state["not tried"]} == {"comparison"}
        assert "failed" not in by_state
        assert not any(cell["answered"] for cell in check["manual"])
        assert not ready.submissions.exists()
