"""tito status: where a student is, and the one next step, from an empty workspace to a moved one."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import nbformat
import pytest

from tito.course import in_short
from tito.state.progress import milestone_progress
from tito.workspace import Workspace

HEAVY = {
    "numpy",
    "nbformat",
    "jupyter_client",
    "jupyter_core",
    "nbclient",
    "nbgrader",
    "papermill",
    "IPython",
    "pytest",
}
LIST_MODULES = (
    "import sys; from tito.cli import run; code = run(['status', *sys.argv[1:]]); "
    "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules})); sys.exit(code)"
)


def change_export_cell(path):
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.source.startswith("#| export"))
    cell.source += "\n# another thought"
    nbformat.write(notebook, path)


def test_a_fresh_workspace(tito, workspace, course):
    record = tito("status", "--json").record
    assert record["workspace"] == str(workspace.root)
    assert (record["next"], record["current_milestone"], record["total_progress"]) == ("tito module start 01", None, 0)
    assert [place["number"] for place in record["modules"]] == list(range(1, 20))
    states = {place["number"]: place["state"] for place in record["modules"]}
    assert states[1] == "ready"
    assert {states[module.number] for module in course.planned_modules} == {"planned"}
    assert [place["state"] for place in record["milestones"]][:1] == ["locked"]
    result = tito("status")
    assert result.code == 0
    assert f"Workspace: {workspace.root}" in result.out
    assert "Modules: 01 ready, 02-" in result.out
    assert result.out.count("Next: ") == 1
    assert result.out.endswith("Next: tito module start 01\n")


def test_an_unlocked_milestone_comes_before_the_next_module(tito, completed, course):
    first = course.milestones[0]
    result = tito("status")
    assert f"Modules: {in_short(first.needs)} completed, " in result.out
    assert result.out.endswith(f"Next: tito milestone start {first.id}\n")
    assert tito("milestone", "start", first.id).code == 0
    record = tito("status", "--json").record
    assert record["current_milestone"] == first.id
    assert record["milestones"][0]["state"] == "started"
    assert f"Current milestone: {first.number} ({first.id})" in tito("status").out


def test_modules_go_on_when_a_milestone_is_finished(tito, completed, course):
    first = course.milestones[0]
    milestone_progress(completed, course).update(
        first.id, started_at="2026-01-01T00:00:00Z", submitted_at="2026-01-02T00:00:00Z",
        completed_at="2026-01-02T00:00:00Z", verified_at="2026-01-01T12:00:00Z",
    )  # fmt: skip
    following = next(module for module in course.modules if module.number not in first.needs)
    record = tito("status", "--json").record
    assert record["next"] == f"tito module start {following.number:02d}"
    assert record["total_progress"] == 1 / len(course.milestones)


def test_what_is_stale_is_mended_first(tito, completed, course):
    change_export_cell(completed.notebook(course.module("layers")))
    result = tito("status")
    assert "03 layers: the notebook changed after its export." in result.out
    assert "Module 03 (layers) is stale: the notebook changed after its export." in result.out
    assert result.out.endswith("Next: tito module complete 03\n")


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_milestones_say_what_they_await(tito_process, workspace, course, columns):
    result = tito_process("status", "--milestones", cwd=workspace.root, COLUMNS=str(columns), TERM="dumb")
    assert (result.code, result.err) == (0, "")
    words = " ".join(result.out.split())
    assert f"modules {in_short(course.milestones[0].needs)}" in words
    for milestone in (*course.milestones, *course.planned_milestones):
        assert f"{milestone.title} ({milestone.year})" in words
    if course.planned_milestones:
        assert "not part of this course yet" in words
    table = [line for line in result.out.splitlines() if not line.startswith(("Workspace", "Milestone ", "Modules"))]
    assert max(map(len, table)) <= columns
    assert "\x1b" not in result.out


def test_imports_nothing_heavy(completed):
    command = [sys.executable, "-c", LIST_MODULES, "--milestones"]
    done = subprocess.run(command, cwd=completed.root, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split("LOADED")[1].split())
    assert {"tito", "click", "yaml"} <= loaded
    assert not loaded & HEAVY


def test_a_moved_workspace_is_where_it_is_now(tito, completed, course, monkeypatch):
    assert tito("milestone", "start", course.milestones[0].id).code == 0
    moved = completed.root.with_name("moved räumlich")
    os.rename(completed.root, moved)
    monkeypatch.chdir(moved / "modules")
    record = tito("status", "--json").record
    assert record["workspace"] == str(moved)
    states = {place["number"]: place["state"] for place in record["modules"]}
    assert {states[number] for number in course.milestones[0].needs} == {"completed"}
    assert record["milestones"][0]["state"] == "started"


def test_from_a_folder_that_is_gone(tito, workspace, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    result = tito("status")
    assert (result.code, result.out) == (1, "")
    assert "The current folder does not exist any more." in result.err


def test_outside_a_workspace(tito, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = tito("status")
    assert result.err == f"{tmp_path} is in no workspace.\nNext: cd into yours, or make one: tito init FOLDER\n"


def test_a_damaged_file_is_named_and_the_next_call_works(tito, completed):
    completed.progress.write_text("{")
    result = tito("status")
    assert result.code == 1
    assert "progress.json.corrupt-" in result.err
    assert json.loads(completed.progress.read_text())["modules"]
    assert tito("status").code == 0
    assert Workspace.find().root == completed.root
