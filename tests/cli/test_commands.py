"""The command line as a whole: help, exit codes, what it imports, what a terminal sees."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.terminal import on_a_terminal
from tito import __version__, cli
from tito.course import REPOSITORY

COMMANDS = [
    ("init",), ("status",), ("module",), ("module", "status"), ("module", "start"), ("module", "complete"),
    ("module", "test"), ("module", "reset"), ("system",), ("system", "doctor"), ("checkpoint",),
    ("checkpoint", "status"), ("checkpoint", "timeline"), ("checkpoint", "test"), ("grade", "milestone"),
    ("milestone",), ("milestone", "status"), ("milestone", "start"), ("milestone", "test"), ("milestone", "submit"),
    ("course",), ("course", "build"), ("course", "check"), ("grade",), ("grade", "report"),
]  # fmt: skip
HEAVY = {
    "numpy",
    "nbformat",
    "jupyter_client",
    "jupyter_core",
    "nbclient",
    "nbgrader",
    "papermill",
    "pydantic",
    "IPython",
}

LIST_MODULES = """
import sys
from tito.cli import run
code = run(sys.argv[1:])
print("LOADED", *sorted({name.split(".")[0] for name in sys.modules}))
sys.exit(code)
"""


def test_version_and_help(tito):
    assert tito("--version").out == f"tito {__version__}\n"
    said = tito("--help").out
    assert "Your work:" in said
    assert "For instructors:" in said
    assert len(said.splitlines()) < 30


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(tito, command):
    result = tito(*command, "--help")
    assert result.code == 0
    assert f"Example: tito {command[0]}" in result.out


def test_an_unknown_command_gets_the_nearest_name(tito):
    result = tito("modul")
    assert result.code == 2
    assert "There is no command 'modul'. Did you mean 'module'?" in result.err
    assert "Did you mean 'status'?" in tito("milestone", "statsu").err


@pytest.mark.parametrize("group", ["module", "milestone"])
def test_status_imports_nothing_heavy(workspace, group):
    command = [sys.executable, "-c", LIST_MODULES, group, "status"]
    done = subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split("LOADED")[1].split())
    assert {"tito", "click", "rich", "yaml"} <= loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("group", ["module", "milestone"])
def test_tables_fit_the_width(tito_process, workspace, group, columns, course):
    result = tito_process(group, "status", cwd=workspace.root, COLUMNS=str(columns))
    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= columns
    assert "\x1b" not in result.out
    words = " ".join(result.out.split())
    assert "locked by 01" in words
    assert "tito module start 01" in words
    if group == "module":
        assert all(name in words for module in course.modules for name in module.exports)


@pytest.mark.parametrize(("variables", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colors_only_where_they_are_wanted(workspace, variables, colored):
    said = on_a_terminal(
        [sys.executable, "-m", "tito", "module", "status"],
        workspace.root,
        os.environ | {"TERM": "xterm-256color", **variables},
    )
    assert "ready" in said
    assert ("\x1b[36m" in said) == colored


def test_ctrl_c_is_one_word_and_130(tito, workspace, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tito.student.modules.statuses", interrupted)
    result = tito("module", "status")
    assert (result.code, result.out, result.err.strip()) == (130, "", "Interrupted")


def test_ctrl_c_while_it_works(completed, solve, tmp_path):
    """A real signal during the run: nothing is exported, nothing is left running, locked or lying around."""
    solve(completed, "perceptron")
    scratch = tmp_path / "t"
    scratch.mkdir()
    command = [sys.executable, "-m", "tito", "milestone", "submit", "perceptron"]
    with subprocess.Popen(
        command,
        cwd=completed.root,
        env=os.environ | {"TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for(lambda: any(scratch.glob("tt-*/tinytorch/__init__.py")))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Interrupted" in err.splitlines()
    assert "Traceback" not in err
    assert not completed.submissions.exists()
    assert not list(scratch.glob("tt-*/tinytorch"))
    with completed.locked():
        pass


def test_a_full_disk_is_a_sentence(tito, workspace, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = tito("module", "start", "01")
    assert result.code == 1
    assert result.err.startswith("The disk is full: ")
    assert "Next: free some space" in result.err
    assert not (workspace.root / "modules" / "01_tensor" / "tensor.ipynb").exists()


def test_two_tito_at_once(tito_process, workspace):
    hold = (
        "import time\nfrom tito.workspace import Workspace\n"
        "with Workspace.find().locked():\n    print('held', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold], cwd=workspace.root, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        result = tito_process("module", "start", "01", cwd=workspace.root)
        looking = tito_process("module", "status", cwd=workspace.root)
        holder.kill()
    assert result.code == 1
    assert result.err.startswith("Another tito is working here")
    assert not (workspace.root / "modules" / "01_tensor").exists()
    assert looking.code == 0


def test_a_missing_extra_is_a_sentence(tito, workspace, solve, monkeypatch):
    solve(workspace, "01")
    monkeypatch.setitem(sys.modules, "papermill", None)
    monkeypatch.setitem(sys.modules, "papermill.engines", None)
    result = tito("module", "complete", "01")
    assert result.code == 1
    assert result.err == (
        "This command needs papermill, which the [student] extra brings.\n"
        "Next: pip install 'tinytorch-course[student]'\n"
    )


def test_outside_a_workspace(tito, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in (("module", "status"), ("module", "start", "01"), ("milestone", "submit", "perceptron")):
        result = tito(*command)
        assert result.code == 1
        assert result.err == f"{tmp_path} is in no workspace.\nNext: cd into yours, or make one: tito init FOLDER\n"


def test_a_closed_pipe_is_no_traceback(workspace):
    script = f"{sys.executable} -m tito module status --json | head -1"
    done = subprocess.run(script, shell=True, cwd=workspace.root, capture_output=True, text=True, check=True)
    assert done.stdout == "[\n"
    assert "Traceback" not in done.stderr


class TestInit:
    def test_makes_a_workspace_and_says_what_is_next(self, tito, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        result = tito("init", "mine")
        assert result.code == 0
        assert result.out.endswith("Next: cd mine && tito module start 01\n")
        assert (tmp_path / "mine" / "tinytorch" / "__init__.py").is_file()

    def test_again_changes_nothing(self, tito, workspace):
        (workspace.package / "tensor.py").write_text("mine")
        result = tito("init")
        assert result.code == 0
        assert "already a workspace; nothing was changed" in result.out
        assert "Next: tito module start 01" in result.out
        assert (workspace.package / "tensor.py").read_text() == "mine"

    def test_as_json(self, tito, tmp_path):
        assert tito("init", str(tmp_path / "a"), "--json").record["root"] == str(tmp_path / "a")


def test_main_ends_with_the_exit_code(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["tito", "--version"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 0


def test_the_repository_is_a_workspace_too(tito, monkeypatch):
    monkeypatch.chdir(REPOSITORY / "docs")
    result = tito("milestone", "status", "--json")
    assert result.code == 0
    assert json.loads(result.out)[0]["id"] == "perceptron"


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
