"""A student's walk through the real commands, from an empty folder to a submission that nbgrader takes."""

from __future__ import annotations

import json

import pytest

from tito.workspace import Workspace


@pytest.mark.slow
def test_from_an_empty_folder_to_a_submission(tito_process, tmp_path, solve, course, home):
    milestone = course.milestone("perceptron")
    assert tito_process("init", "mine", cwd=tmp_path).code == 0
    workspace = Workspace((tmp_path / "mine").resolve())

    def tito(*arguments):
        return tito_process(*arguments, cwd=workspace.root)

    for module in course.required_by(milestone):
        number = f"{module.number:02d}"
        locked = tito("milestone", "start", milestone.id)
        assert locked.code == 1
        assert "is locked" in locked.err
        assert tito("module", "start", number).code == 0
        untouched = tito("module", "complete", number)
        assert untouched.code == 1
        assert "is unchanged since it was released" in untouched.err
        assert not workspace.export(module).exists()
        solve(workspace, module.id)
        done = tito("module", "complete", number)
        assert done.code == 0, done.out + done.err
        assert done.err == ""
        assert workspace.export(module).is_file()
    assert "Unlocked milestone 1 (perceptron)" in done.out
    assert done.out.endswith("Next: tito milestone start perceptron\n")
    states = {entry["number"]: entry["state"] for entry in tito("module", "status", "--json").record}
    assert {states[number] for number in milestone.needs} == {"completed"}

    assert tito("milestone", "start", milestone.id).code == 0
    solve(workspace, milestone.id)
    submitted = tito("milestone", "submit", milestone.id)
    assert submitted.code == 0, submitted.out + submitted.err
    assert submitted.err == ""
    assert (workspace.submission(milestone) / f"{milestone.notebook}.ipynb").is_file()
    assert (workspace.submissions / f"{milestone.id}.zip").is_file()
    noted = json.loads((home / ".tinytorch" / "progress.json").read_text())["milestones"][milestone.id]
    assert noted["tests_passed"] == noted["tests"] > 0
    assert tito("milestone", "status", "--json").record[0]["state"] == "submitted"
    again = tito("module", "complete", "04")
    assert again.code == 0
    assert "Unlocked" not in again.out
