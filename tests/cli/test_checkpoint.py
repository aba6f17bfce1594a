"""tito checkpoint: every module's statement, measured on its export and on nothing else."""

from __future__ import annotations

import json
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tito.course import REPOSITORY, load, release_root
from tito.notebooks.export_tests import export_tests
from tito.notebooks.exporter import export_reference
from tito.notebooks.grafting import released_notebook
from tito.notebooks.reading import nbgrader_metadata
from tito.state.progress import file_hash, module_progress
from tito.student.checkpoints import ENVIRONMENT

MODULES = load(REPOSITORY).modules
NUMBERS = [f"{module.number:02d}" for module in MODULES]


@pytest.fixture
def exported(workspace, course):
    """A workspace with the reference's export of every module, as after completing each."""
    export_reference(REPOSITORY, workspace.root, [module.number for module in course.modules])
    for module in course.modules:
        note(workspace, course, module)
    return workspace


def note(workspace, course, module):
    """Record the export that lies there as the one that completing the module made."""
    module_progress(workspace, course).update(
        module.id, completed_at="2026-01-01T00:00:00Z", export_sha256=file_hash(workspace.export(module))
    )


def change(workspace, course, name, old, new):
    path = workspace.export(course.module(name))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    note(workspace, course, course.module(name))


def entry(tito, number):
    return next(e for e in tito("checkpoint", "status", "--json").record if e["number"] == number)


def released(module):
    return released_notebook(module.id, module.notebook, release_root())


def graded(notebook):
    return [m["grade_id"] for m in map(nbgrader_metadata, notebook.cells) if m.get("grade") and not m.get("solution")]


class TestStatus:
    def test_a_fresh_workspace(self, tito, workspace, course):
        record = tito("checkpoint", "status", "--json").record
        assert [entry["number"] for entry in record] == list(range(20))
        assert (record[0]["state"], record[0]["next"]) == ("not tried", "tito checkpoint test 00")
        assert record[0]["ability"] == course.environment
        assert (record[1]["state"], record[1]["next"]) == ("not ready", "tito module start 01")
        assert record[1]["ability"] == course.modules[0].ability
        assert {entry["state"] for entry in record[len(course.modules) + 1 :]} <= {"planned"}

    def test_a_recorded_pass_holds_only_for_the_package_that_was_measured(self, tito, exported, course, monkeypatch):
        from tito.student.checks import NotebookCheck, Outcome

        passed = (Outcome("02-relu", 3, "passed"),)
        monkeypatch.setattr("tito.student.checks.check", lambda *a: NotebookCheck("", "", passed, (), (), (), "", 1.0))
        assert entry(tito, 2)["state"] == "not tried"
        assert tito("checkpoint", "test", "02").code == 0
        found = entry(tito, 2)
        assert (found["state"], found["tests_passed"], found["tests"], found["next"]) == ("passed", 1, 1, "")
        assert found["measured_at"].endswith("Z")
        change(exported, course, "tensor", "import", "import  ")
        found = entry(tito, 2)
        assert (found["state"], found["note"]) == ("stale", "an earlier export is another one since")
        change(exported, course, "activations", "import", "import  ")
        found = entry(tito, 2)
        assert (found["state"], found["note"]) == ("stale", "tinytorch/activations.py is another one since")
        assert found["next"] == "tito checkpoint test 02"
        assert "02 Activations: tinytorch/activations.py is another one since." in tito("checkpoint", "status").out
        exported.export(course.module("activations")).unlink()
        assert entry(tito, 2)["state"] == "not ready"

    def test_a_damaged_record_counts_for_nothing(self, tito, exported, course):
        module_progress(exported, course).update("01_tensor", checkpoint={"state": "unheard of"})
        assert entry(tito, 1)["state"] == "not tried"

    @pytest.mark.parametrize("columns", [60, 80, 200])
    @pytest.mark.parametrize("command", ["status", "timeline"])
    def test_reads_in_words_at_every_width(self, tito_process, exported, course, command, columns):
        result = tito_process("checkpoint", command, cwd=exported.root, COLUMNS=str(columns), TERM="dumb", NO_COLOR="1")
        assert (result.code, result.err) == (0, "")
        assert max(map(len, result.out.splitlines())) <= columns
        assert "\x1b" not in result.out
        words = " ".join(result.out.replace(" |  ", " ").split())
        for module in (*course.modules, *course.planned_modules):
            assert module.title in words
            if command == "timeline":
                assert module.ability in words
        assert "not tried" in words
        assert not course.planned_modules or "planned" in words

    def test_the_timeline_names_each_milestone_after_its_last_module(self, tito, workspace, course):
        lines = tito("checkpoint", "timeline").out.splitlines()
        for milestone in (*course.milestones, *course.planned_milestones):
            at = next(n for n, line in enumerate(lines) if line.startswith(f"--> milestone {milestone.number}: "))
            headings = [line for line in lines[:at] if line[:2].isdigit()]
            assert int(headings[-1][:2]) == max(milestone.needs)
        assert lines[-1] == f"0 of {len(course.modules) + 1} checkpoints passed."


class TestRefusals:
    def test_nothing_exported_names_the_module_to_begin_with(self, tito, workspace):
        result = tito("checkpoint", "test", "03")
        assert result.code == 1
        assert result.err.startswith("module 03 (layers) is not exported yet")
        assert result.err.endswith("Next: tito module start 01\n")

    def test_planned_and_misspelled(self, tito, workspace, course):
        assert "Did you mean 'tensor'?" in tito("checkpoint", "test", "tensr").err
        for module in course.planned_modules[:1]:
            assert "is planned" in tito("checkpoint", "test", module.name).err

    def test_an_earlier_export_is_gone(self, tito, exported, course):
        exported.export(course.module("tensor")).unlink()
        result = tito("checkpoint", "test", "02")
        assert result.code == 1
        assert "needs tinytorch/tensor.py, which is not there" in result.err
        assert "Next: tito module complete 01" in result.err

    def test_outside_a_workspace(self, tito, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for command in ("status", "timeline", "test"):
            assert "is in no workspace" in tito("checkpoint", command).err

    def test_without_the_extra(self, tito, exported, monkeypatch):
        monkeypatch.setitem(sys.modules, "papermill", None)
        monkeypatch.setitem(sys.modules, "papermill.engines", None)
        result = tito("checkpoint", "test", "01")
        assert (result.code, "which the [student] extra brings" in result.err) == (1, True)
        assert entry(tito, 1)["state"] == "not tried"


class TestTheNotebookOfTests:
    """How a released notebook becomes one that tests an export, without a kernel."""

    @pytest.mark.parametrize("module", MODULES, ids=NUMBERS)
    def test_keeps_the_tests_of_what_is_exported_and_no_answer(self, module):
        released = released_notebook(module.id, module.notebook, release_root())
        made = export_tests(released, module)
        exported_answers = {
            str(nbgrader_metadata(cell).get("grade_id")).removesuffix("-answer")
            for cell in released.cells
            if nbgrader_metadata(cell).get("solution") and cell.source.startswith("#| export")
        }
        assert exported_answers & set(graded(released)) <= set(graded(made))
        assert not [cell for cell in made.cells if "YOUR CODE HERE" in cell.source]
        assert not [cell for cell in made.cells if cell.source.startswith("#| export")]
        nbformat.validate(made)

    @pytest.fixture
    def made(self, course):
        def make(*cells):
            notebook = new_notebook()
            for number, (source, kind) in enumerate(cells):
                cell = new_code_cell(source, id=f"c{number}")
                if kind:
                    meta = {"grade_id": f"c{number}", "grade": kind == "test", "solution": kind == "answer"}
                    cell.metadata["nbgrader"] = {**meta, "locked": kind != "answer", "schema_version": 3, "points": 1}
                notebook.cells.append(cell)
            return export_tests(notebook, course.modules[0])

        return make

    def test_leaves_out_what_only_an_answer_that_is_not_exported_makes(self, made):
        notebook = made(
            ("def measure(): ...", "answer"),
            ("def twice(): return measure() * 2", "given"),
            ("assert twice()", "test"),
            ("assert measure()", "test"),
            ("measure = len", "given"),
            ("assert measure('a')", "test"),
        )
        assert [cell.source for cell in notebook.cells[1:]] == ["measure = len", "assert measure('a')"]

    def test_a_local_name_is_no_use_of_a_lost_one(self, made):
        notebook = made(("def n(): ...", "answer"), ("def f(n): return n", "given"), ("assert f(1)", "test"))
        assert len(notebook.cells) == 3

    def test_plain_cells_stay_only_where_a_test_needs_them(self, made):
        notebook = made(("a = 1", ""), ("plot(b)", ""), ("c = a", ""), ("%timeit c", ""), ("assert c", "test"))
        assert [cell.source for cell in notebook.cells[1:]] == ["a = 1", "c = a", "assert c"]

    def test_an_export_cell_keeps_its_imports_and_takes_its_names(self, made):
        notebook = made(
            ("#| export\nimport numpy as np\nfrom os import path as p\nA, (b, *c) = x\nclass K:\n    d = 1", "given")
        )
        source = notebook.cells[1].source
        assert source.startswith("import numpy as np\nfrom os import path as p\n")
        assert "['A', 'K', 'b', 'c']" in source


@pytest.mark.slow
class TestMeasured:
    """Real kernels on exports."""

    @pytest.mark.parametrize("number", NUMBERS)
    def test_the_reference_passes(self, tito, exported, course, number):
        result = tito("checkpoint", "test", number)
        assert result.code == 0, result.out
        module = course.module(number)
        assert module.ability in result.out
        assert ("left out: " in result.out) == (len(graded(released(module))) > entry(tito, module.number)["tests"])
        found = entry(tito, module.number)
        assert (found["state"], found["next"]) == ("passed", "")
        assert found["tests_passed"] == found["tests"] > 0
        assert not exported.notebook(module).exists()

    def test_a_broken_export_fails_and_names_the_test(self, tito, exported, course):
        change(exported, course, "activations", "def tanh(", "def tanh_of_the_reference(")
        path = exported.export(course.module("activations"))
        path.write_text(path.read_text() + "\n\n@op\ndef tanh(a):\n    return a * 0.5\n")
        note(exported, course, course.module("activations"))
        result = tito("checkpoint", "test", "activations")
        assert result.code == 1
        assert "02-tanh" in result.out
        assert "failed: " in result.out
        assert result.out.endswith("Next: tito module complete 02\n")
        assert entry(tito, 2)["state"] == "failed"

    def test_an_export_that_no_longer_imports(self, tito, exported, course):
        change(exported, course, "layers", "import numpy as np", "import nunpy as np")
        result = tito("checkpoint", "test", "03", "--json")
        (run,) = result.record
        assert result.code == 1
        assert run["problem"].startswith("tinytorch/layers.py cannot be imported: ModuleNotFoundError: ")
        assert "'nunpy'" in run["problem"] and "(line " in run["problem"]
        assert {outcome["state"] for outcome in run["outcomes"]} == {"not tried"}
        assert entry(tito, 3)["state"] == "failed"

    def test_helpers_of_other_names_do_not_matter(self, tito, exported, course):
        path = exported.export(course.module("tensor"))
        path.write_text(
            path.read_text().replace("_shape_error", "my_own_helper") + "\n\ndef same():\n    '''Mine.'''\n"
        )
        note(exported, course, course.module("tensor"))
        result = tito("checkpoint", "test", "01")
        assert result.code == 0, result.out

    def test_the_notebook_does_not_matter(self, tito, completed, course):
        completed.notebook(course.module("tensor")).write_text("no notebook")
        assert tito("checkpoint", "test", "01").code == 0

    def test_all_that_can_be_tested_in_order_with_the_environment_first(self, tito, workspace, course):
        first = course.modules[0]
        export_reference(REPOSITORY, workspace.root, [first.number])
        note(workspace, course, first)
        result = tito("checkpoint", "test", "--json")
        assert result.code == 0, result.out
        assert [run["number"] for run in result.record] == [0, first.number]
        assert result.record[0]["measured"] == "this machine"
        assert {"kernel", "lock", "exports"} <= {outcome["id"] for outcome in result.record[0]["outcomes"]}
        assert [e["state"] for e in tito("checkpoint", "status", "--json").record[:3]] == ["passed"] * 2 + ["not ready"]
        said = tito("checkpoint", "timeline").out
        assert f"2 of {len(course.modules) + 1} checkpoints passed." in said

    def test_the_environment_is_stale_in_another_python(self, tito, workspace, course, monkeypatch):
        assert tito("checkpoint", "test", "00").code == 0
        assert entry(tito, 0)["state"] == "passed"
        assert json.loads(workspace.progress.read_text())["modules"][ENVIRONMENT]["checkpoint"]["state"] == "passed"
        monkeypatch.setattr(sys, "prefix", "/elsewhere")
        found = entry(tito, 0)
        assert (found["state"], found["next"]) == ("stale", "tito checkpoint test 00")
