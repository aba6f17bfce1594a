"""The progress files survive kills, two writers, a full disk, and places that may not be written."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tito.errors import TitoError
from tito.state.analytics import MilestoneAnalytics
from tito.state.progress import milestone_progress, module_progress
from tito.state.tracker import MilestoneTracker

WRITERS = Path(__file__).with_name("state_writers.py")
SCHEMAS = Path(__file__).resolve().parent.parent / "tito" / "schemas"
CALLS = ("fdopen", "fsync", "replace")


@contextmanager
def writer(*arguments: object) -> Iterator[subprocess.Popen]:
    command = [sys.executable, str(WRITERS), *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen, line: str) -> None:
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def valid(path: Path, schema: str) -> dict:
    """The content of a file that is whole and as the schema says."""
    whole = json.loads(path.read_bytes())
    Draft202012Validator(json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))).validate(whole)
    return whole


def check_nothing_lost(workspace, home, done: list[int]) -> None:
    """Both files are whole and valid, and hold every update that was completed before the kill."""
    modules = valid(workspace.progress, "progress.schema.json")["modules"]
    milestones = valid(home / ".tinytorch" / "progress.json", "milestone-progress.schema.json")["milestones"]
    turns = [int(run["figures"]["turn"]) for run in milestones["perceptron"]["attempts"]]
    assert modules["01_tensor"]["tests_passed"] >= done[-1]
    assert turns == sorted(turns)
    assert set(done[-100:]) <= set(turns)


def test_killed_at_random_moments_no_completed_update_is_lost(workspace, home, course):
    moments, rounds, done = random.Random(4), 60, []
    with writer(workspace.root, "nursery") as process:
        for _ in range(rounds):
            tell(process, str(moments.uniform(0.001, 0.08)))
            assert process.stdout.readline() == "9\n"
            done = [int(number) for number in (workspace.root / "done").read_text().split()]
            if done:
                check_nothing_lost(workspace, home, done)
    known = MilestoneAnalytics(MilestoneTracker(workspace, course)).statistics("perceptron").attempts
    assert 0 < len(done) <= known <= len(done) + rounds
    assert not list(workspace.root.glob("*.corrupt*")) + list((home / ".tinytorch").glob("*.corrupt*"))
    module_progress(workspace, course).update("01_tensor", tests_passed=0)
    assert not list(workspace.root.glob(".progress.json.*.part"))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_killed_at_each_step_of_a_write(workspace, course, call, when):
    state = module_progress(workspace, course)
    state.update("01_tensor", tests_passed=1)
    with writer(workspace.root, "killed-at", call, when) as process:
        assert process.stdout.readline() == "9\n"
    known = valid(workspace.progress, "progress.schema.json")["modules"]["01_tensor"]["tests_passed"]
    assert known == (7 if (call, when) == ("replace", "after") else 1)
    state.update("01_tensor", tests_passed=2)
    assert sorted(path.name for path in workspace.root.glob("*progress.json*")) == ["progress.json"]


def test_two_writers_and_a_reader_at_once_lose_nothing(workspace, course):
    turns, torn = 40, []
    stop = threading.Event()
    state = milestone_progress(workspace, course)

    def look() -> None:
        while not stop.is_set():
            try:
                state.read()
            except TitoError as error:
                torn.append(error)

    with writer(workspace.root, "count", "a", turns) as one, writer(workspace.root, "count", "b", turns) as two:
        for process in (one, two):
            assert process.stdout.readline() == "ready\n"
        reader = threading.Thread(target=look)
        reader.start()
        for process in (one, two):
            tell(process, "go")
        codes = [process.wait() for process in (one, two)]
        stop.set()
        reader.join()
    assert (codes, torn) == ([0, 0], [])
    figures = [run["figures"] for run in state.read()["perceptron"]["attempts"]]
    for name in "ab":
        assert [found[name] for found in figures if name in found] == [float(turn) for turn in range(turns)]
    assert set(module_progress(workspace, course).read()) == {f"{name}-{n}" for name in "ab" for n in range(turns)}


LIMITED = """
import resource, sys
from pathlib import Path
from tito.course import REPOSITORY, load
from tito.errors import TitoError
from tito.state.progress import module_progress
from tito.workspace import Workspace
state = module_progress(Workspace(Path(sys.argv[1])), load(REPOSITORY))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    state.update("01_tensor", notebook="x" * 5000)
except TitoError as error:
    print(error.message)
"""


def test_a_write_that_the_system_cuts_off_leaves_the_old_file(workspace, course):
    assert hasattr(resource, "RLIMIT_FSIZE")
    state = module_progress(workspace, course)
    state.update("01_tensor", tests_passed=1)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(workspace.root)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{workspace.progress} could not be written: File too large.\n"
    assert state.read() == {"01_tensor": {"tests_passed": 1}}
    assert sorted(path.name for path in workspace.root.glob("*progress.json*")) == ["progress.json"]


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something over a folder; skip the test where this person may not."""
    try:
        failed = subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False).returncode
    except FileNotFoundError:
        failed = 1
    if failed:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Nobody may write in a folder: by its permissions, or read-only mounted where they do not bind (as root)."""
    if os.geteuid():
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield


def fill(folder: Path) -> Path:
    """Leave no room on a disk; return the file that takes it."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 1024)
    return filler


def test_a_full_disk_is_said_and_leaves_both_files(completed, course, home, tito):
    folder = home / ".tinytorch"
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
        assert tito("milestone", "start", "perceptron").code == 0
        before = (folder / "progress.json").read_bytes()
        filler = fill(folder)
        state = milestone_progress(completed, course)
        with pytest.raises(TitoError, match="The disk is full") as caught:
            state.update("perceptron", submitted_at="2026-01-01T00:00:00Z")
        assert caught.value.hint == "free some space and run the same command again"
        assert (folder / "progress.json").read_bytes() == before
        assert tito("milestone", "status").code == 0
        filler.unlink()
        state.update("perceptron", submitted_at="2026-01-01T00:00:00Z")
        assert "submitted_at" in state.read()["perceptron"]


READING = [("status",), ("module", "status"), ("milestone", "status")]


def test_without_permission_at_home_reading_works_and_a_start_says_what_to_do(tito, completed, course, home):
    with unwritable(home):
        assert [tito(*command).code for command in READING] == [0, 0, 0]
        result = tito("milestone", "start", "perceptron")
    assert result.code == 1
    assert result.err == (
        f"{home}/.tinytorch may not be written (no permission).\n"
        f"Next: make {home} writable, or set HOME to a folder that is\n"
    )
    assert not completed.notebook(course.milestone("perceptron")).exists()
    assert tito("milestone", "start", "perceptron").code == 0


@pytest.mark.parametrize("verb", ["test", "submit"])
def test_without_permission_at_home_no_run_is_lost_because_none_begins(tito, completed, home, verb, monkeypatch):
    assert tito("milestone", "start", "perceptron").code == 0
    for run in ("tito.student.examination.verify_package", "tito.student.checks.check"):
        monkeypatch.setattr(run, lambda *_: pytest.fail("a run began whose result cannot be recorded"))
    with unwritable(home):
        result = tito("milestone", verb, "perceptron")
    assert result.code == 1
    assert "may not be written (no permission)." in result.err
    assert f"Next: make {home}/.tinytorch writable, or set HOME to a folder that is\n" in result.err


def test_without_permission_in_the_workspace_reading_works_and_a_start_says_what_to_do(tito, completed, course):
    with unwritable(completed.root):
        assert [tito(*command).code for command in READING] == [0, 0, 0]
        result = tito("module", "start", "05")
    assert result.code == 1
    assert "may not be written (no permission)." in result.err
    assert result.err.count("\n") == 2
    assert "tito init FOLDER" in result.err


def test_damage_that_cannot_be_repaired_is_a_sentence(tito, completed):
    completed.progress.write_text("{")
    with unwritable(completed.root):
        result = tito("module", "status")
    assert result.code == 1
    assert result.err.startswith(f"{completed.progress} is damaged (it is no JSON: ")
    assert "cannot be repaired: " in result.err
    assert completed.progress.read_text() == "{"
    assert "progress.json.corrupt-" in tito("module", "status").err
