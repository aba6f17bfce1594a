"""What the tests share: a home of their own, the command line, and workspaces in known states."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tito import cli
from tito.course import REPOSITORY, Course, Module, load, release_root
from tito.execution.sandbox import FORKED, SandboxUnavailable, require
from tito.files import write_atomically
from tito.notebooks.exporter import export_hash_of_cells, export_reference
from tito.notebooks.reading import plain_cells
from tito.state.progress import file_hash, module_progress
from tito.workspace import Workspace, make_workspace


@dataclass(frozen=True)
class Result:
    """What one command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> object:
        return json.loads(self.out)


@pytest.fixture(scope="session", autouse=True)
def _interrupts_arrive() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would every process that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def course() -> Course:
    """The course of this checkout."""
    return load(REPOSITORY)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own, and no variable that changes how commands look."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TITO_RUN", "TINYTORCH_DATA"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A fresh workspace, and the current folder in it."""
    root = tmp_path / "work"
    make_workspace(root)
    monkeypatch.chdir(root)
    return Workspace(root.resolve())


@pytest.fixture
def tito(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run a command in this process, as ``main`` does."""

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        code = cli.run(list(arguments))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def tito_process() -> Callable[..., Result]:
    """Run a command in a process of its own."""

    def run(*arguments: str, cwd: Path | None = None, **environment: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "tito", *arguments],
            cwd=cwd,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def solve(course: Course) -> Callable[[Workspace, str], Path]:
    """Write the reference's answers into a workspace's notebook, whose tests stay the released ones."""
    import nbformat

    from tito.build.authored import read_authored
    from tito.build.trees import source_notebook
    from tito.notebooks.reading import nbgrader_metadata

    def write(workspace: Workspace, name: str) -> Path:
        assignment = course.assignment(name)
        source = source_notebook(read_authored(REPOSITORY, assignment), course)
        answers = {
            nbgrader_metadata(cell)["grade_id"]: cell.source
            for cell in source.cells
            if nbgrader_metadata(cell).get("solution")
        }
        path = workspace.notebook(assignment)
        released = release_root() / assignment.id / path.name
        notebook = nbformat.read(path if path.is_file() else released, as_version=4)
        for cell in notebook.cells:
            cell.source = answers.get(nbgrader_metadata(cell).get("grade_id"), cell.source)
        write_atomically(path, nbformat.writes(notebook) + "\n")
        return path

    return write


@pytest.fixture
def completed(workspace: Workspace, course: Course, solve: Callable) -> Workspace:
    """A workspace in which every module that milestone 1 needs is completed, with the reference's exports."""
    for module in course.modules_of(course.milestones[0].needs):
        pretend_completed(workspace, course, module, solve)
    return workspace


@pytest.fixture
def all_completed(workspace: Workspace, course: Course, solve: Callable) -> Workspace:
    """A workspace in which every module that is taught is completed, with the reference's exports."""
    for module in course.modules:
        pretend_completed(workspace, course, module, solve)
    return workspace


def pretend_completed(workspace: Workspace, course: Course, module: Module, solve: Callable) -> None:
    """Leave what ``tito module complete`` leaves, without running the notebook."""
    path = solve(workspace, module.id)
    export_reference(REPOSITORY, workspace.root, [module.number])
    module_progress(workspace, course).update(
        module.id,
        completed_at="2026-01-01T00:00:00Z",
        notebook=workspace.shown(path),
        notebook_sha256=export_hash_of_cells(plain_cells(path)),
        export_sha256=file_hash(workspace.export(module)),
    )


SHUT_IN = ("tests/grading/", "tests/pages/", "tests/execution/test_sandbox", "tests/cli/test_assessment")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests, so that no worker is left alone with one; and skip what cannot be graded here."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    reason = no_sandbox()
    for item in items if reason else ():
        place = item.path.relative_to(REPOSITORY).as_posix()
        if place.startswith(SHUT_IN) and item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason=reason))


def no_sandbox() -> str:
    """Why bubblewrap cannot shut anything in here; empty where it can."""
    try:
        require(FORKED)
    except SandboxUnavailable as error:
        return f"{error.message} Next: {error.hint}"
    tried = subprocess.run(
        ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"], capture_output=True, text=True, check=False
    )
    return f"bubblewrap may not shut anything in here: {tried.stderr.strip()}" if tried.returncode else ""
