"""The setup cell itself, as a notebook runs it: in Colab (a stand-in), in a workspace, outside one, when graded."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest

import tito.notebook
from tito.build.setup_cell import setup_cells
from tito.workspace import Workspace, make_workspace


@pytest.fixture
def run_cell(course, monkeypatch):
    """Execute the real source of an assignment's setup cell; what it would have installed."""

    def run(assignment_id, installed=True):
        commands = []
        source = setup_cells(course.assignment(assignment_id), course)[1].source
        subprocess = types.SimpleNamespace(run=lambda command, check: commands.append((command, check)))
        find_spec = (lambda name: object()) if installed else (lambda name: None)
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "subprocess", subprocess)
            patch.setattr("importlib.util.find_spec", find_spec)
            exec(compile(source, "setup cell", "exec"), {"__name__": "__main__"})
        return commands

    return run


@pytest.fixture
def colab(tmp_path, monkeypatch):
    """A stand-in for Colab's package, whose Drive appears when it is mounted."""
    mounted = []

    def mount(where):
        mounted.append(where)
        (Path(where) / "MyDrive").mkdir(parents=True)

    drive = types.ModuleType("google.colab.drive")
    drive.mount = mount
    package = types.ModuleType("google.colab")
    package.drive = drive
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", package)
    monkeypatch.setitem(sys.modules, "google.colab.drive", drive)
    monkeypatch.setattr(tito.notebook, "DRIVE", tmp_path / "drive")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("TINYTORCH_DATA", "")
    monkeypatch.delenv("TINYTORCH_DATA")
    for name in ("COLAB_TPU_ADDR", "TPU_NAME", "TPU_ACCELERATOR_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    return mounted


def test_installs_when_tito_is_missing(run_cell, course, workspace, capsys):
    ((command, check),) = run_cell("01_tensor", installed=False)
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-1] == f"tinytorch-course[student] @ git+{course.repository}@{course.branch}"
    assert check
    assert run_cell("01_tensor") == []


def test_colab_mounts_makes_the_workspace_and_puts_the_notebook_there(run_cell, colab, tmp_path, capsys):
    run_cell("01_tensor")
    root = tmp_path / "drive" / "MyDrive" / "TinyTorch"
    assert colab == [str(tmp_path / "drive")]
    assert Workspace.find(root).root == root
    assert (root / "modules" / "01_tensor" / "tensor.ipynb").is_file()
    assert Path.cwd() == root
    assert sys.path[0] == str(root)
    assert os.environ["TINYTORCH_DATA"] == str(root / "data")
    said = capsys.readouterr().out
    assert "Runtime: Colab, CPU." in said
    assert "TinyTorch/modules/01_tensor/tensor.ipynb" in said
    assert "Work on that copy" in said


def test_colab_finds_the_workspace_and_never_overwrites(run_cell, colab, tmp_path, capsys, monkeypatch):
    root = tmp_path / "drive" / "MyDrive" / "TinyTorch"
    make_workspace(root)
    mine = root / "modules" / "01_tensor" / "tensor.ipynb"
    mine.parent.mkdir()
    mine.write_text("mine")
    monkeypatch.setenv("TINYTORCH_DATA", "elsewhere")
    run_cell("01_tensor")
    run_cell("01_tensor")
    assert colab == []
    assert mine.read_text() == "mine"
    assert os.environ["TINYTORCH_DATA"] == "elsewhere"
    assert sys.path.count(str(root)) == 1


def test_colab_with_a_tpu_and_with_a_gpu(run_cell, colab, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/nvidia-smi")
    answer = types.SimpleNamespace(stdout="Tesla T4\n")
    monkeypatch.setattr(tito.notebook.subprocess, "run", lambda *_, **__: answer)
    run_cell("01_tensor")
    assert "Colab, GPU (Tesla T4)." in capsys.readouterr().out
    monkeypatch.setenv("TPU_NAME", "local")
    run_cell("01_tensor")
    assert "Colab, TPU." in capsys.readouterr().out


def test_a_workspace_is_found_from_the_notebooks_folder(run_cell, completed, course, capsys, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    completed.export(course.module("layers")).unlink()
    folder = completed.root / "modules" / "04_losses"
    monkeypatch.chdir(folder)
    run_cell("04_losses")
    run_cell("04_losses")
    assert sys.path[0] == str(completed.root)
    assert sys.path.count(str(completed.root)) == 1
    assert Path.cwd() == folder
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == [
        f"Workspace: {completed.root}",
        "Your exports: 01 tensor, 02 activations.",
        "Missing: 03 layers. Next: tito module complete 03",
    ]


def test_outside_a_workspace_it_says_what_to_do(run_cell, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    run_cell("perceptron")
    assert "tito init" in capsys.readouterr().out
    assert sys.path == before


def test_a_damaged_progress_file_is_told_and_does_not_stop(run_cell, completed, capsys, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    completed.progress.write_text("{")
    run_cell("perceptron")
    said = capsys.readouterr().out
    assert "progress.json.corrupt-" in said
    assert "Your exports: 01 tensor, 02 activations, 03 layers, 04 losses." in said


def test_a_graded_run_does_nothing(run_cell, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TITO_RUN", "1")
    before = list(sys.path)
    run_cell("perceptron")
    assert capsys.readouterr().out == ""
    assert sys.path == before
