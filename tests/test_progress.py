"""Progress files keep what they do not know, and come back from damage."""

from __future__ import annotations

import json

import pytest

from tito.errors import StateRepaired, TitoError
from tito.progress import milestone_progress, module_progress

DAMAGED = [b"", b"{", b"[]", b"\xff\xfe", b'{"modules": {}}', b'{"version": 1, "modules": []}', b"[" * 100_000]


def test_none_yet(workspace, course):
    assert module_progress(workspace, course).read() == {}
    assert not workspace.progress.exists()


def test_unknown_fields_are_kept(workspace, course):
    kept = {"version": 1, "streak": 3, "modules": {"01_tensor": {"mood": "fine"}, "99_future": {"a": 1}}}
    workspace.progress.write_text(json.dumps(kept))
    module_progress(workspace, course).update("01_tensor", completed_at="now")
    written = json.loads(workspace.progress.read_text())
    kept["modules"]["01_tensor"]["completed_at"] = "now"
    assert written == kept


@pytest.mark.parametrize("content", DAMAGED)
def test_damage_is_set_aside_and_rebuilt_from_the_exports(completed, course, content):
    completed.progress.write_bytes(content)
    completed.export(course.module("losses")).unlink()
    with pytest.raises(StateRepaired) as caught:
        module_progress(completed, course).read()
    aside = list(completed.root.glob("progress.json.corrupt-*Z"))
    assert len(aside) == 1
    assert aside[0].read_bytes() == content
    assert aside[0].name in caught.value.message
    assert caught.value.hint == "run the same command again"
    assert set(module_progress(completed, course).read()) == {"01_tensor", "02_activations", "03_layers"}


def test_two_damages_in_one_second_are_both_kept(workspace, course):
    for _ in range(2):
        workspace.progress.write_text("{")
        with pytest.raises(StateRepaired):
            module_progress(workspace, course).read()
    assert len(list(workspace.root.glob("progress.json.corrupt-*"))) == 2


def test_an_export_without_its_record_counts_when_tito_wrote_it(completed, course):
    (completed.root / ".tito" / "exports" / "tensor.json").unlink()
    (completed.root / ".tito" / "exports" / "layers.json").unlink()
    completed.export(course.module("layers")).write_text("# written by hand\n")
    completed.progress.write_text("{")
    with pytest.raises(StateRepaired):
        module_progress(completed, course).read()
    rebuilt = module_progress(completed, course).read()
    assert set(rebuilt) == {"01_tensor", "02_activations", "04_losses"}
    assert rebuilt["01_tensor"]["notebook_sha256"] == ""


def test_a_newer_file_is_left_alone(workspace, course):
    workspace.progress.write_text('{"version": 2, "modules": {}}')
    with pytest.raises(TitoError, match="newer tito"):
        module_progress(workspace, course).read()
    assert workspace.progress.read_text() == '{"version": 2, "modules": {}}'


def test_milestones_lie_in_the_home_folder_and_are_rebuilt_from_the_workspace(completed, course, home, solve):
    solve(completed, "perceptron")
    folder = completed.submission(course.milestone("perceptron"))
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2026-01-01 00:00:00.000000 UTC")
    (home / ".tinytorch").mkdir()
    (home / ".tinytorch" / "progress.json").write_text("not JSON")
    state = milestone_progress(completed, course)
    with pytest.raises(StateRepaired):
        state.read()
    assert set(state.read()["perceptron"]) >= {"started_at", "submitted_at", "rebuilt"}
    assert len(list((home / ".tinytorch").glob("progress.json.corrupt-*"))) == 1
