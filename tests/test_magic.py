"""``%tito`` in real kernels: commands with their output in the cell, and the notebook wherever it is."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tito.course import release_root
from tito.execution.kernel import CourseKernelSpecManager
from tito.jupyter.executed import Executed, match, rebuild
from tito.notebooks.exporter import is_export_cell
from tito.notebooks.reading import nbgrader_metadata
from tito.workspace import Workspace

LOAD = "%load_ext tito"
COLAB = """
import json, sys, types
import tito.notebook
from pathlib import Path

def answer(kind, request="", timeout_sec=5):
    assert kind == "get_ipynb"
    if {page!r} is None:
        raise RuntimeError("the page does not answer")
    return {{"ipynb": json.loads(Path({page!r}).read_text())}}

message = types.ModuleType("google.colab._message")
message.blocking_request = answer
for name in ("google", "google.colab"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["google.colab._message"] = message
tito.notebook.DRIVE = Path({drive!r})
"""


def run(cells: list[str], folder: Path) -> list[str]:
    """Run these cells one by one in a real kernel that starts in ``folder``; what each put out, as text."""
    with kernel(folder) as client:
        return [_run(client, cell) for cell in cells]


@contextlib.contextmanager
def kernel(folder: Path) -> Iterator[BlockingKernelClient]:
    with tempfile.TemporaryDirectory(prefix="tt-k") as sockets:  # short: a socket's path holds about 100 bytes
        places = {"connection_file": f"{sockets}/k.json", "ip": f"{sockets}/k"}
        manager = KernelManager(kernel_spec_manager=CourseKernelSpecManager(), transport="ipc", **places)
        manager.start_kernel(cwd=str(folder))
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            yield client
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            manager.cleanup_resources()


def _run(client: BlockingKernelClient, cell: str) -> str:
    said: list[str] = []
    client.execute_interactive(cell, output_hook=lambda message: said.append(_text(message)), timeout=300)
    return "".join(said)


def _text(message: dict) -> str:
    content = message["content"]
    if message["msg_type"] == "error":
        return "TRACEBACK " + "\n".join(content["traceback"])
    return content.get("text") or content.get("data", {}).get("text/plain", "")


def code_cells(path: Path) -> list[str]:
    """What a student runs from top to bottom: every code cell but the setup cell."""
    notebook = nbformat.read(path, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code" and _grade_id(cell) != "setup"]


def _grade_id(cell: nbformat.NotebookNode) -> str:
    return nbgrader_metadata(cell).get("grade_id", "")


def test_importing_tito_imports_nothing_heavy():
    script = "import sys, tito; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"IPython", "click", "rich", "yaml", "nbformat", "numpy"} & set(loaded)


@pytest.mark.slow
class TestCommands:
    def test_output_errors_and_exit_codes_stay_in_the_cell(self, workspace):
        said = run(
            [
                LOAD,
                "%tito",
                "%tito module status --json",
                "%tito module start 02",
                "_exit_code",
                "%tito modul status",
                "%tito module start 'a",
                "%tito module start 01",
                "_exit_code",
                "1 + 1",
            ],
            workspace.root,
        )
        assert not [text for text in said if "TRACEBACK" in text]
        assert f"Workspace: {workspace.root}" in said[1]
        assert json.loads(said[2])[0]["id"] == "01_tensor"
        assert "must be completed first.\nNext: tito module start 01\n" in said[3]
        assert said[4] == "1"
        assert "Did you mean 'module'?" in said[5]
        assert said[6] == "%tito cannot read its line: No closing quotation.\n"
        assert "tensor.ipynb is there now." in said[7]
        assert said[8:] == ["0", "2"]
        assert workspace.notebook(_tensor()).is_file()

    def test_outside_a_workspace_and_in_a_folder_of_one(self, workspace, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir()
        said = run([LOAD, "%tito module status"], outside)
        assert said[1] == f"{outside} is in no workspace.\nNext: cd into yours, or make one: tito init FOLDER\n"
        inside = workspace.root / "modules"
        said = run([LOAD, "%tito module start 01", "import os; os.getcwd()"], inside)
        assert "is there now" in said[1]
        assert said[2] == repr(str(inside))

    def test_the_notebooks_own_folder_counts_when_the_kernel_stands_elsewhere(self, workspace, tmp_path, monkeypatch):
        path = workspace.root / "mine.ipynb"
        path.write_text("{}")
        monkeypatch.chdir(tmp_path)
        said = run([f"import os; os.environ['JPY_SESSION_NAME'] = {str(path)!r}", LOAD, "%tito status"], tmp_path)
        assert f"Workspace: {workspace.root}" in said[2]

    def test_a_tab_offers_commands_options_and_modules(self, workspace):
        with kernel(workspace.root) as client:
            _run(client, LOAD)

            def offered(line: str) -> list[str]:
                return client.complete(line, reply=True, timeout=60)["content"]["matches"]

            assert offered("%tito mo") == ["module"]
            assert offered("%tito module com") == ["complete"]
            assert offered("%tito module complete --note") == ["--notebook"]
            assert offered("%tito module complete 0")[:2] == ["01", "02"]

    def test_in_a_checked_run_it_does_nothing(self, workspace):
        said = run(["import os; os.environ['TITO_RUN'] = '1'", LOAD, "%tito module start 01"], workspace.root)
        assert said[2] == "%tito does nothing in a checked run.\n"
        assert not workspace.notebook(_tensor()).exists()

    def test_it_can_be_loaded_twice_and_unloaded(self, workspace):
        said = run([LOAD, "%reload_ext tito", "%tito init", "%unload_ext tito", "%tito status"], workspace.root)
        assert said[2].count("already a workspace") == 1
        assert "TRACEBACK" not in said[3]
        assert "`%tito` not found" in said[4]


@pytest.mark.slow
class TestComplete:
    def test_the_saved_file_is_what_counts(self, workspace, solve):
        solve(workspace, "01")
        said = run([LOAD, "%tito module complete 01", "1"], workspace.root / "modules" / "01_tensor")
        assert "Exported Tensor, op, apply, no_grad" in said[1]
        assert "Taken from" not in said[1]
        assert said[2] == "1"
        assert workspace.export(_tensor()).is_file()

    def test_save_first_when_the_file_is_older_than_what_was_run(self, workspace, solve):
        path = solve(workspace, "01")
        newer = "#| export\ndef op(function):\n    return function"
        said = run([LOAD, newer, "%tito module complete 01"], workspace.root)
        assert said[2] == (
            "modules/01_tensor/tensor.ipynb is older than the cells that you ran last, and says something else.\n"
            "Next: save the notebook (Ctrl+S), then %tito module complete 01 (for another file add --notebook FILE)\n"
        )
        assert not workspace.export(_tensor()).exists()
        touch = f"import os, time; os.utime({str(path)!r}, (time.time() + 5,) * 2)"
        said = run([LOAD, newer, touch, "%tito module complete 01"], workspace.root)
        assert "Exported Tensor" in said[3]

    def test_colabs_page_is_asked_when_the_file_is_not_at_hand(self, workspace, solve, tmp_path):
        page, drive = _moved(solve(workspace, "01"), tmp_path), _drive(workspace, tmp_path)
        said = run([COLAB.format(page=str(page), drive=str(drive)), LOAD, "%tito module complete 01"], tmp_path)
        assert "Taken from: this notebook as Colab's page shows it now.\n" in said[2]
        assert "Exported Tensor" in said[2]
        assert (drive / "MyDrive/TinyTorch/tinytorch/tensor.py").is_file()
        assert (drive / "MyDrive/TinyTorch/.tito/fetched/tensor.ipynb").is_file()

    def test_else_what_was_run_is_taken_and_said_so(self, workspace, solve, tmp_path):
        solved = _moved(solve(workspace, "01"), tmp_path)
        cells = code_cells(solved)
        wrong = "#| export\ndef _to_numpy(data, dtype=None):\n    return None"
        said = run([wrong, *cells, LOAD, "%tito module complete 01", "%tito module status --json"], workspace.root)
        assert "Taken from: the " in said[-2]
        assert "that you ran in this kernel, each as you ran it last" in said[-2]
        assert "Exported Tensor, op, apply, no_grad" in said[-2]
        assert json.loads(said[-1])[0]["state"] == "completed"

    def test_nothing_run_and_nothing_at_hand(self, workspace):
        said = run([LOAD, "%tito module complete 01"], workspace.root)
        assert said[1].startswith("The notebook of module 01 (tensor) is not at hand, and no cell of it was run")

    def test_a_page_that_does_not_answer_leaves_the_executed_cells(self, workspace, solve, tmp_path):
        solved, drive = _moved(solve(workspace, "01"), tmp_path), _drive(workspace, tmp_path)
        cells = [COLAB.format(page=None, drive=str(drive)), *code_cells(solved), LOAD, "%tito module test 01"]
        said = run(cells, tmp_path)
        assert "Taken from: the " in said[-1]
        assert "Nothing was exported or recorded." in said[-1]


class TestMatching:
    @pytest.fixture
    def released(self):
        return nbformat.read(release_root() / "02_activations" / "activations.ipynb", as_version=4)

    def test_every_released_answer_is_found_again_from_its_text(self, released):
        wanted = [cell for cell in released.cells if cell.cell_type == "code" and is_export_cell(cell)]
        matched = match([Executed(cell.source + "\n# mine", 0.0) for cell in wanted], released)
        assert [released.cells[at].id for at in sorted(matched.latest)] == [cell.id for cell in wanted]
        assert matched.extras == ()

    def test_the_latest_run_of_a_cell_wins_whatever_it_was_called(self, released):
        first = "#| export\ndef sigmoid(x):\n    return 1"
        target = next(at for at, cell in enumerate(released.cells) if "def sigmoid(" in cell.source)
        last = first.replace("1", "2")
        assert match([Executed(first, 0.0), Executed(last, 1.0)], released).latest[target].source == last
        by_id = Executed("#| export\nother = 3", 2.0, released.cells[target].id)
        assert match([Executed(first, 0.0), by_id], released).latest[target] == by_id

    def test_own_export_cells_stand_where_they_were_run_and_scratch_is_left_out(self, released):
        answers = [at for at, cell in enumerate(released.cells) if nbgrader_metadata(cell).get("solution")]
        here = released.cells[answers[1]].source
        old, new = "#| export\ndef helper():\n    return 1", "#| export\ndef helper():\n    return 2"
        runs = [Executed(text, 0.0) for text in (here, old, "print('scratch')", "def helper(): pass", new)]
        notebook = rebuild(match(runs, released), released)
        assert notebook.cells[answers[1] + 1].source == new
        assert len(notebook.cells) == len(released.cells) + 1


def _tensor():
    from tito.course import the_course

    return the_course().module("tensor")


def _moved(path: Path, tmp_path: Path) -> Path:
    """The notebook out of the workspace, as if it were only open in a browser."""
    return path.rename(tmp_path / "page.json")


def _drive(workspace: Workspace, tmp_path: Path) -> Path:
    """A stand-in for Google Drive with the workspace on it."""
    drive = tmp_path / "drive"
    (drive / "MyDrive").mkdir(parents=True)
    os.chdir(tmp_path)
    workspace.root.rename(drive / "MyDrive" / "TinyTorch")
    return drive
