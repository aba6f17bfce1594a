"""tito module: the order of the course, what is wrong with a notebook, and what a run shows."""

from __future__ import annotations

import ctypes
import io
import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from tito.course import release_root
from tito.execution.engine import error_output
from tito.notebooks.grafting import released_notebook
from tito.notebooks.reading import nbgrader_metadata
from tito.state.progress import milestone_progress, module_progress
from tito.student import checks, modules, outcomes
from tito.student.exports import exports_hash

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


def obey_permission_bits():
    """Let permission bits bite a process of root's too."""
    library = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        library.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def states(result, course):
    """The states of the modules that milestone 1 needs."""
    needed = {module.id for module in course.required_by(course.milestones[0])}
    return {entry["name"]: entry["state"] for entry in result.record if entry["id"] in needed}


def edit(path, change):
    """Change a notebook file through a function of its cells by grade_id."""
    notebook = nbformat.read(path, as_version=4)
    change({nbgrader_metadata(cell).get("grade_id", f"#{n}"): cell for n, cell in enumerate(notebook.cells)})
    nbformat.write(notebook, path)


class TestStatus:
    def test_a_fresh_workspace(self, tito, workspace, course):
        result = tito("module", "status", "--json")
        assert result.record[0]["state"] == "ready"
        assert result.record[0]["next"] == "tito module start 01"
        assert result.record[0]["exports"] == list(course.modules[0].exports)
        assert result.record[3]["state"] == "locked"
        assert result.record[3]["missing"] == [1, 2, 3]

    def test_completed(self, tito, completed, course):
        assert set(states(tito("module", "status", "--json"), course).values()) == {"completed"}

    def test_stale_after_an_edit_of_an_export_cell(self, tito, completed, course):
        def change(cells):
            cells["02-sigmoid-answer"].source += "\n# another thought"

        edit(completed.notebook(course.module("activations")), change)
        result = tito("module", "status", "--json")
        assert states(result, course) == {
            "tensor": "completed",
            "activations": "stale",
            "layers": "completed",
            "losses": "completed",
        }
        assert result.record[1]["next"] == "tito module complete 02"
        assert "02 activations: the notebook changed after its export." in tito("module", "status").out

    def test_text_and_outputs_do_not_make_it_stale(self, tito, completed, course):
        edit(completed.notebook(course.module("activations")), lambda cells: cells["#0"].update(source="my notes"))
        assert states(tito("module", "status", "--json"), course)["activations"] == "completed"

    def test_stale_after_an_edit_of_the_export(self, tito, completed, course):
        completed.export(course.module("layers")).write_text("# by hand\n")
        result = tito("module", "status", "--json")
        assert result.record[2]["note"] == "tinytorch/layers.py changed after its export"

    def test_a_lost_export_is_not_completed(self, tito, completed, course):
        completed.export(course.module("tensor")).unlink()
        result = tito("module", "status", "--json")
        assert states(result, course)["tensor"] == "started"
        assert result.record[0]["note"] == "its export tinytorch/tensor.py is gone"
        assert result.record[1]["state"] == "completed"

    def test_a_damaged_notebook_is_stale(self, tito, completed, course):
        completed.notebook(course.module("tensor")).write_text("{")
        assert tito("module", "status", "--json").record[0]["note"].endswith("cannot be read as a notebook")

    def test_damaged_progress_is_kept_and_rebuilt(self, tito, completed, course):
        completed.progress.write_text("{oh")
        result = tito("module", "status")
        assert result.code == 1
        assert "was damaged" in result.err
        assert result.err.endswith("Next: run the same command again\n")
        (aside,) = completed.root.glob("progress.json.corrupt-*")
        assert aside.name in result.err
        assert aside.read_text() == "{oh"
        assert set(states(tito("module", "status", "--json"), course).values()) == {"completed"}

    def test_planned_modules_come_after_the_taught_ones_without_a_command(self, tito, workspace, course):
        record = tito("module", "status", "--json").record
        planned = record[len(course.modules) :]
        assert [entry["id"] for entry in planned] == [module.id for module in course.planned_modules]
        assert all((entry["state"], entry["next"]) == ("planned", "") for entry in planned)
        for module in course.planned_modules[:1]:
            refused = tito("module", "start", module.name)
            assert (refused.code, "is planned, and not part of this course yet" in refused.err) == (1, True)


class TestStart:
    def test_puts_the_released_notebook_there(self, tito, workspace, course):
        result = tito("module", "start", "01")
        path = workspace.notebook(course.module("tensor"))
        assert result.code == 0
        assert path.read_bytes() == (release_root() / "01_tensor" / "tensor.ipynb").read_bytes()
        assert f"{path} is there now." in result.out
        assert "Open it: " in result.out
        assert json.loads(workspace.progress.read_text())["modules"]["01_tensor"]["started_at"]

    def test_never_overwrites(self, tito, workspace, course):
        path = workspace.notebook(course.module("tensor"))
        path.parent.mkdir(parents=True)
        path.write_text("mine")
        result = tito("module", "start", "tensor", "--json")
        assert result.record == {"assignment": "01_tensor", "notebook": "modules/01_tensor/tensor.ipynb", "new": False}
        assert path.read_text() == "mine"

    def test_out_of_order_says_which_is_missing(self, tito, workspace):
        result = tito("module", "start", "03")
        assert result.code == 1
        assert result.err == (
            "module 03 (layers) cannot be started yet: module 01 (tensor) and module 02 (activations) must be "
            "completed first.\nNext: tito module start 01\n"
        )
        assert not (workspace.root / "modules" / "03_layers").exists()

    def test_an_unknown_module(self, tito, workspace):
        result = tito("module", "start", "tensr")
        assert result.code == 1
        assert result.err.startswith("There is no module 'tensr'. Did you mean 'tensor'?\n")


class TestBadNotebooks:
    """Each with one sentence, a non-zero exit, and no file changed."""

    @pytest.fixture
    def refused(self, tito, workspace, course):
        def run(content, *options):
            path = workspace.notebook(course.module("tensor"))
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            result = tito("module", "complete", "01", *options)
            assert result.code == 1
            assert result.out == ""
            assert "Next: " in result.err
            assert not workspace.export(course.module("tensor")).exists()
            assert not workspace.progress.exists()
            return result.err

        return run

    @pytest.fixture
    def answered(self, workspace, solve):
        """The bytes of a solved notebook after a change of its cells."""

        def make(change=lambda cells: None):
            path = solve(workspace, "01")
            edit(path, change)
            return path.read_bytes()

        return make

    def test_missing(self, refused):
        said = "There is no notebook modules/01_tensor/tensor.ipynb.\nNext: tito module start 01\n"
        assert refused(None) == said

    def test_missing_where_the_option_says(self, refused):
        assert "There is no notebook gone.ipynb." in refused(None, "--notebook", "gone.ipynb")

    def test_not_saved(self, refused):
        assert "is empty: it was never saved" in refused(b"")

    def test_as_released(self, refused):
        content = (release_root() / "01_tensor" / "tensor.ipynb").read_bytes()
        assert "is unchanged since it was released" in refused(content)

    def test_not_json(self, refused):
        assert "is not a notebook: it is a web page" in refused(b"<html>")

    def test_wrong_format(self, refused):
        assert "has notebook format 5" in refused(b'{"nbformat": 5, "cells": []}')

    def test_another_assignments_notebook(self, refused):
        content = (release_root() / "02_activations" / "activations.ipynb").read_bytes()
        assert "is the notebook of 02_activations, not of 01_tensor." in refused(content)

    def test_another_assignments_notebook_without_its_label(self, refused):
        notebook = released_notebook("02_activations", "activations", release_root())
        del notebook.metadata["tito"]
        assert "is another assignment's notebook" in refused(nbformat.writes(notebook).encode())

    def test_a_magic_in_an_export_cell(self, refused, answered):
        content = answered(lambda cells: cells["01-matmul-answer"].update(source="#| export\n%timeit 1"))
        assert "line 2: '%timeit 1' is a notebook command" in refused(content)

    def test_a_syntax_error_in_an_export_cell(self, refused, answered):
        content = answered(lambda cells: cells["01-matmul-answer"].update(source="#| export\n\ndef matmul(:"))
        assert ", line 3: " in refused(content)

    def test_an_export_that_would_shadow_another_module(self, refused, answered):
        def change(cells):
            cells["01-matmul-answer"].source += "\n\nclass ReLU: pass"

        assert "defines ReLU, which would shadow what 02_activations exports" in refused(answered(change))

    def test_a_folder_in_the_place_of_the_notebook(self, refused, workspace):
        (workspace.root / "modules" / "01_tensor" / "tensor.ipynb").mkdir(parents=True)
        assert "There is no notebook" in refused(None)

    def test_completed_out_of_order(self, tito, workspace, solve):
        solve(workspace, "02")
        result = tito("module", "complete", "02")
        assert result.code == 1
        assert "module 02 (activations) cannot be completed yet: module 01 (tensor)" in result.err


class TestOutcomes:
    """What a run's outputs mean, without a kernel."""

    @pytest.fixture
    def outcomes_of(self):
        def read(*cells):
            made = []
            for grade_id, source, error, kind in cells:
                cell = new_code_cell(source, id=f"id-{len(made)}")
                if kind:
                    test = kind == "test"
                    cell.metadata["nbgrader"] = {"grade_id": grade_id, "grade": test, "solution": not test, "points": 2}
                if error:
                    cell.outputs = [error_output(*error)]
                made.append(cell)
            return [found for _, found in outcomes.outcomes(made, {f"id-{n}": f"cell {n + 1}" for n in range(9)})]

        return read

    def test_an_unfinished_stub_names_the_exercise(self, outcomes_of):
        found = outcomes_of(
            ("a-answer", "def a(): ...", None, "solution"),
            ("a", "a()", ("NotImplementedError", "a"), "test"),
            ("b", "b()", ("NotImplementedError", "something else"), "test"),
        )
        assert (found[1].state, found[1].message) == ("not tried", "exercise a is not written yet")
        assert (found[2].state, found[2].message) == ("failed", "NotImplementedError: something else")

    def test_what_depends_on_a_failed_cell_is_not_tried(self, outcomes_of):
        found = outcomes_of(
            ("", "from tinytorch.tensor import Tensor", ("ImportError", "no Tensor"), ""),
            ("b", "Tensor()", ("NameError", "name 'Tensor' is not defined"), "test"),
            ("c", "other", ("NameError", "name 'other' is not defined"), "test"),
            ("d", "assert 0", ("AssertionError", "expected 1, came 0"), "test"),
            ("e", "assert 0", ("AssertionError", ""), "test"),
            ("f", "f", ("NotRun", "This cell did not run: time."), "test"),
        )
        assert [entry.state for entry in found] == ["failed", "not tried", "failed", "failed", "failed", "not tried"]
        assert found[1].message == "it uses Tensor, which cell 1 should have made"
        assert found[3].message == "expected 1, came 0"
        assert found[4].message == "AssertionError"

    def test_a_given_cell_that_fails_by_itself_leads_to_the_exercise_above_it(self, outcomes_of):
        found = outcomes_of(
            ("a-answer", "a = 1", None, "solution"),
            ("a", "assert a", None, "test"),
            ("", "print(b)", ("NameError", "name 'b' is not defined"), ""),
            ("", "shown = c", ("ValueError", "c is too large"), ""),
            ("", "print(shown)", ("NameError", "name 'shown' is not defined"), ""),
        )
        (first, second) = outcomes.problems(found)
        assert (first.id, first.exercise, first.waiting) == ("cell 3", "a", ())
        assert (second.id, second.exercise, second.waiting) == ("cell 4", "a", ("cell 5",))

    def test_bound_names(self):
        source = "import a.b\nfrom c import d as e\nf, (g, *h) = 1, (2, 3)\ndef i(): j = 1\nclass K: pass"
        assert {"a", "e", "f", "g", "h", "i", "K"} <= outcomes.bound_names(source)
        assert outcomes.bound_names("def broken(:\n  pass") == {"broken"}


class TestReset:
    @pytest.fixture
    def mine(self, workspace, course, tito):
        tito("module", "start", "01")
        path = workspace.notebook(course.module("tensor"))
        edit(path, lambda cells: cells["01-dtype-answer"].update(source="#| export\n# mine"))
        return path

    def test_keeps_a_backup_and_says_how_it_comes_back(self, tito, workspace, mine):
        before = mine.read_bytes()
        result = tito("module", "reset", "1", "--yes")
        assert result.code == 0
        assert mine.read_bytes() == (release_root() / "01_tensor" / "tensor.ipynb").read_bytes()
        (backup,) = workspace.backups.glob("01_tensor-*.ipynb")
        assert backup.read_bytes() == before
        assert f"Yours is kept as .tito/backups/{backup.name}." in result.out
        assert "State: started." in result.out
        command = next(line for line in result.out.splitlines() if line.startswith("To bring it back: "))
        subprocess.run(command.removeprefix("To bring it back: "), shell=True, check=True)
        assert mine.read_bytes() == before

    def test_again_does_nothing_and_loses_nothing(self, tito, workspace, mine):
        assert tito("module", "reset", "tensor", "--yes", "--json").record["backup"]
        again = tito("module", "reset", "tensor", "--yes", "--json").record
        assert (again["backup"], again["restore"]) == ("", "")
        assert "is as it was released; nothing was done." in tito("module", "reset", "01_tensor", "--yes").out
        assert len(list(workspace.backups.iterdir())) == 1

    def test_two_resets_keep_two_backups(self, tito, workspace, mine):
        for source in ("# one", "# two"):
            edit(mine, lambda cells, source=source: cells["01-dtype-answer"].update(source=source))
            assert tito("module", "reset", "01", "--yes").code == 0
        assert len(list(workspace.backups.iterdir())) == 2

    def test_without_yes_and_without_a_person_it_refuses(self, tito_process, workspace, mine):
        before = mine.read_bytes()
        result = tito_process("module", "reset", "01", cwd=workspace.root)
        assert (result.code, result.out) == (1, "")
        assert "nothing was changed" in result.err
        assert result.err.endswith("Next: tito module reset 01 --yes\n")
        assert mine.read_bytes() == before

    @pytest.mark.parametrize(("answer", "kept"), [("n", True), ("", True), ("y", False)], ids=["no", "enter", "yes"])
    def test_a_person_is_asked(self, tito, workspace, mine, monkeypatch, answer, kept):
        terminal = io.StringIO(f"{answer}\n")
        terminal.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", terminal)
        before = mine.read_bytes()
        result = tito("module", "reset", "01")
        assert "Replace modules/01_tensor/tensor.ipynb by the released one?" in result.out + result.err
        assert (mine.read_bytes() == before) == kept
        assert (result.code, "Nothing was changed." in result.err) == ((1, True) if kept else (0, False))

    def test_leaves_the_export_alone_and_calls_it_stale(self, tito, completed, course):
        export = completed.export(course.module("layers"))
        before = export.read_bytes()
        result = tito("module", "reset", "03", "--yes")
        assert export.read_bytes() == before
        assert "tinytorch/layers.py was left alone." in result.out
        assert "State: stale (the notebook changed after its export)." in result.out
        assert states(tito("module", "status", "--json"), course)["layers"] == "stale"

    def test_what_is_no_notebook_is_kept_too(self, tito, workspace, mine):
        mine.write_text("<html>")
        assert tito("module", "reset", "01", "--yes").code == 0
        (backup,) = workspace.backups.iterdir()
        assert backup.read_text() == "<html>"

    def test_no_notebook(self, tito, workspace):
        result = tito("module", "reset", "01", "--yes")
        assert result.err == "There is no notebook modules/01_tensor/tensor.ipynb.\nNext: tito module start 01\n"
        assert not workspace.backups.exists()


@pytest.fixture
def passing(monkeypatch):
    """Stand in for the run of a notebook: its one test passed."""

    def check(grafted, submitted, assignment, package, shown):
        passed = (checks.Outcome("a", 1, "passed"),)
        return checks.NotebookCheck(assignment.id, shown, passed, (), (), (), "", 1.0)

    monkeypatch.setattr("tito.student.checks.check", check)
    monkeypatch.setattr("tito.student.modules._refuse_unimportable", lambda *arguments: None)


class TestMilestoneCheck:
    """What completing a module says about milestones, without a kernel."""

    @pytest.fixture
    def all_but_the_last(self, completed, course):
        module_progress(completed, course).update("04_losses", completed_at="")
        return completed

    def test_unlocks(self, tito, all_but_the_last, passing):
        result = tito("module", "complete", "04")
        assert result.code == 0, result.err
        assert "Unlocked milestone 1 (perceptron): Perceptron, 1957." in result.out
        assert result.out.endswith("Next: tito milestone start perceptron\n")

    def test_skipped(self, tito, all_but_the_last, passing):
        result = tito("module", "complete", "04", "--skip-milestone-check")
        assert result.code == 0, result.err
        assert "Unlocked" not in result.out
        assert "Milestones were not checked." in result.out
        record = tito("module", "complete", "04", "--skip-milestone-check", "--json").record
        assert (record["milestones_checked"], record["unlocked"], record["rechecked"]) == (False, [], [])

    def test_a_started_milestone_is_looked_at_again(self, tito, completed, passing, course):
        assert "Checked" not in tito("module", "complete", "04").out
        tito("milestone", "start", "perceptron")
        said = tito("module", "complete", "04").out
        assert "Checked milestone 1 (perceptron), which you started: all exports that it needs are there" in said
        completed.export(course.module("layers")).write_text("# by hand\n")
        completed.export(course.module("losses")).unlink()
        record = tito("module", "complete", "02", "--json").record
        assert record["rechecked"] == [{"milestone": "perceptron", "missing": [4], "stale": [3], "outdated": False}]
        said = tito("module", "complete", "02").out
        assert "which you started: module 04 is missing and module 03 is stale." in said

    def test_a_verified_milestone_was_measured_with_other_exports(self, tito, completed, passing, course):
        milestone = course.milestone("perceptron")
        tito("milestone", "start", milestone.id)
        assert tito("module", "complete", "04").code == 0  # exports what the notebook says now
        for measured, outdated in ((exports_hash(completed, course, milestone), False), ("0" * 64, True)):
            milestone_progress(completed, course).update(
                milestone.id, verified_at="2026-01-01T00:00:00Z", package_sha256=measured
            )
            (found,) = tito("module", "complete", "04", "--json").record["rechecked"]
            assert found["outdated"] == outdated, measured
        assert "measure again: tito milestone test perceptron" in tito("module", "complete", "04").out

    def test_a_home_that_may_not_be_read_stops_before_the_run(self, tito, completed, passing, home):
        (home / ".tinytorch").mkdir(exist_ok=True)
        (home / ".tinytorch" / "progress.json").mkdir()
        before = completed.progress.read_bytes()
        assert tito("module", "complete", "04").code == 1
        assert completed.progress.read_bytes() == before
        assert tito("module", "complete", "04", "--skip-milestone-check").code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="takes a capability away from root")
@pytest.mark.parametrize("command", [("start", "02"), ("reset", "01", "--yes")], ids=" ".join)
def test_no_write_permission_is_a_sentence(completed, course, command):
    completed.notebook(course.module("activations")).unlink()
    folders = [completed.root / "modules", *(completed.root / "modules").iterdir(), completed.root / ".tito"]
    for folder in folders:
        folder.chmod(0o555)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tito", "module", *command],
            cwd=completed.root, preexec_fn=obey_permission_bits, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert (done.returncode, done.stdout) == (1, "")
    assert "may not be written (no permission)." in done.stderr
    assert "Next: make " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
class TestTest:
    """Real runs that change nothing."""

    def test_passes_and_exports_nothing(self, tito, workspace, solve, course):
        solve(workspace, "01")
        result = tito("module", "test", "01_tensor")
        assert result.code == 0, result.out
        assert "Nothing was exported or recorded." in result.out
        assert result.out.endswith("Next: tito module complete 01\n")
        assert not workspace.export(course.module("tensor")).exists()
        assert not workspace.progress.exists()

    def test_an_unfinished_stub(self, tito, workspace, solve):
        released = released_notebook("01_tensor", "tensor", release_root())
        stubs = {nbgrader_metadata(cell).get("grade_id"): cell.source for cell in released.cells}
        path = solve(workspace, "01")
        edit(path, lambda cells: cells["01-shapes-answer"].update(source=stubs["01-shapes-answer"]))
        result = tito("module", "test", "01")
        assert result.code == 1
        assert "exercise 01-shapes is not written yet" in " ".join(result.out.split())
        assert result.out.splitlines()[-1].startswith("Next: work on 01-shapes in modules/01_tensor/tensor.ipynb")
        assert result.out.endswith("then tito module test 01\n")

    def test_an_earlier_export_that_no_longer_imports(self, tito, completed, course):
        export = completed.export(course.module("tensor"))
        export.write_text(export.read_text() + "\nimport nunpy\n")
        result = tito("module", "test", "02")
        assert result.code == 1
        assert "No module named 'nunpy'" in " ".join(result.out.split())
        assert tito("module", "status", "--json").record[0]["state"] == "stale"

    def test_in_a_moved_workspace(self, tito, completed, monkeypatch):
        moved = completed.root.with_name("ein anderer Ort")
        completed.root.rename(moved)
        monkeypatch.chdir(moved)
        result = tito("module", "test", "02")
        assert result.code == 0, result.out


class TestTestRefuses:
    def test_what_complete_refuses(self, tito, workspace, solve):
        assert "There is no notebook" in tito("module", "test", "01").err
        solve(workspace, "02")
        result = tito("module", "test", "02")
        assert "module 02 (activations) cannot be tested yet: module 01 (tensor)" in result.err
        assert result.err.endswith("Next: tito module start 01\n")

    def test_no_json(self, tito, workspace, course):
        path = workspace.notebook(course.module("tensor"))
        path.parent.mkdir(parents=True)
        path.write_text("<html>")
        result = tito("module", "test", "01")
        assert (result.code, result.out) == (1, "")
        assert "is not a notebook: it is a web page" in result.err


@pytest.mark.slow
class TestComplete:
    """Real runs of module 01."""

    def test_passes_exports_and_says_what_is_next(self, tito, workspace, solve, course):
        solve(workspace, "01")
        result = tito("module", "complete", "01")
        assert result.code == 0, result.out
        assert "passed" in result.out
        assert "failed" not in result.out
        assert "Exported Tensor, op, apply, no_grad" in result.out
        assert result.out.endswith("Next: tito module start 02\n")
        record = json.loads(workspace.progress.read_text())["modules"]["01_tensor"]
        assert record["completed_at"].endswith("Z")
        assert len(record["notebook_sha256"]) == len(record["export_sha256"]) == 64
        assert states(tito("module", "status", "--json"), course)["tensor"] == "completed"

    def test_wrong_and_unfinished_answers_change_nothing(self, tito, workspace, solve, course):
        export = workspace.export(course.module("tensor"))
        export.write_text("the old export")

        def change(cells):
            released = released_notebook("01_tensor", "tensor", release_root())
            stubs = {nbgrader_metadata(cell).get("grade_id"): cell.source for cell in released.cells}
            cells["01-shapes-answer"].source = stubs["01-shapes-answer"]
            wrong = cells["01-dtype-answer"].source.replace("float32", "float64")
            cells["01-dtype-answer"].source = wrong

        edit(solve(workspace, "01"), change)
        result = tito("module", "complete", "01", "--json")
        found = {test["id"]: test for test in result.record["check"]["tests"]}
        assert result.code == 1
        assert found["01-dtype"]["state"] == "failed"
        assert "float32" in found["01-dtype"]["message"]
        assert found["01-shapes"]["state"] == "not tried"
        assert found["01-shapes"]["message"] == "exercise 01-shapes is not written yet"
        assert found["01-broadcast"]["state"] == "passed"
        assert result.record["exported"] == ""
        assert export.read_text() == "the old export"
        assert not workspace.progress.exists()

    def test_edited_tests_do_not_help(self, tito, workspace, course):
        tito("module", "start", "01")

        def change(cells):
            for cell in cells.values():
                if nbgrader_metadata(cell).get("grade"):
                    cell.source = "assert True"

        edit(workspace.notebook(course.module("tensor")), change)
        result = tito("module", "complete", "01")
        assert result.code == 1
        assert "0 of " in result.out
        assert "was changed in your notebook; the released one was used" in result.out
        assert "Nothing was exported; tinytorch/tensor.py is as it was." in result.out
        assert result.out.splitlines()[-1].startswith("Next: work on ")

    def test_a_notebook_elsewhere_and_what_lies_around(self, tito, workspace, solve, course, tmp_path):
        """The old export, a broken later one and a tinytorch in the current folder are not seen by the run."""
        path = solve(workspace, "01")
        elsewhere = tmp_path / "mine.ipynb"
        path.rename(elsewhere)
        for name in ("tensor", "layers", "numpy"):
            (workspace.package / f"{name}.py").write_text("raise RuntimeError('seen')\n")
        result = tito("module", "complete", "01", "--notebook", str(elsewhere))
        assert result.code == 0, result.out
        assert states(tito("module", "status", "--json"), course)["tensor"] == "completed"

    def test_an_export_that_needs_a_cell_that_is_not_exported(self, tito, workspace, solve, course):
        def change(cells):
            answer = cells["01-matmul-answer"]
            answer.source = answer.source.replace("#| export", "#| export\nx_scale = SCALE", 1)
            cells["#0"].update(cell_type="code", source="SCALE = 1", outputs=[], execution_count=None)
            cells["#0"].pop("attachments", None)

        path = solve(workspace, "01")
        edit(path, change)
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(0, new_code_cell("SCALE = 1", id="my-own-cell"))
        nbformat.write(notebook, path)
        result = tito("module", "complete", "01")
        assert result.code == 1
        assert "would not work by itself: NameError: name 'SCALE' is not defined (from cell " in result.err
        assert not workspace.export(course.module("tensor")).exists()


def test_a_name_that_is_used_only_inside_a_function_is_found(tmp_path, monkeypatch):
    from tito.execution.import_alone import problem

    package = tmp_path / "tinytorch"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "alone.py").write_text("import os\n\n\ndef f():\n    return lambda: math.pi + len(os.name)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert problem("alone") == ("'math' is defined in no export cell", 5)


def test_cell_numbers_of_a_record_are_the_students(course):
    from tito.notebooks.exporter import CellSpan, ExportRecord

    notebook = nbformat.v4.new_notebook(cells=[new_code_cell("", id="mine"), new_code_cell("x", id="given")])
    record = ExportRecord("01_tensor", "a", "", (), (CellSpan(1, "given", 1, 2), CellSpan(2, "extra-0", 3, 4)))
    assert [span.cell for span in modules._renumbered(record, notebook).spans] == [2, 1]


@pytest.mark.slow
def test_a_student_needs_no_nbgrader(workspace, solve):
    solve(workspace, "01")
    program = (
        "import sys\n"
        "for name in ('nbgrader', 'nbconvert', 'jupytext', 'jupyterlab', 'sqlalchemy'):\n"
        "    sys.modules[name] = None\n"
        "from tito.cli import run\n"
        "sys.exit(run(['module', 'complete', '01']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
