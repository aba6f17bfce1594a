"""Progress files keep what they do not know, and come back from damage."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tito.errors import StateRepaired, TitoError
from tito.files import write_atomically
from tito.state.progress import milestone_progress, module_progress
from tito.workspace import Workspace, make_workspace

DAMAGED = {
    "empty": b"",
    "cut off": b"{",
    "a list": b"[]",
    "no text": b"\xff\xfe",
    "no version": b'{"modules": {}}',
    "a version that never was": b'{"version": 0, "modules": {}}',
    "a version that is a flag": b'{"version": true, "modules": {}}',
    "no records": b'{"version": 2, "modules": []}',
    "too deep": b"[" * 100_000,
}
ATTEMPT = {
    "at": "2026-01-01T00:00:00Z",
    "kind": "verification",
    "seconds": 3.5,
    "passed": 4,
    "total": 4,
    "score": 100.0,
    "figures": {"accuracy": 0.97},
    "package_sha256": "a" * 64,
}


def write_home(home: Path, content: str) -> Path:
    """Put a progress file into the home folder, and return its path."""
    path = home / ".tinytorch" / "progress.json"
    path.parent.mkdir()
    path.write_text(content)
    return path


def test_none_yet(workspace, course):
    assert module_progress(workspace, course).read() == {}
    assert not workspace.progress.exists()


def test_unknown_fields_are_kept(workspace, course):
    kept = {"version": 2, "streak": 3, "modules": {"01_tensor": {"mood": "fine"}, "99_future": {"a": 1}}}
    workspace.progress.write_text(json.dumps(kept))
    module_progress(workspace, course).update("01_tensor", completed_at="2026-01-01T00:00:00Z")
    written = json.loads(workspace.progress.read_text())
    kept["modules"]["01_tensor"]["completed_at"] = "2026-01-01T00:00:00Z"
    assert written == kept


def test_unknown_fields_of_milestones_are_kept_at_every_level(workspace, course, home):
    attempt = {**ATTEMPT, "machine": "laptop"}
    reached = {"measured": 0.97, "threshold": 0.95, "reached_at": "2026-01-01T00:00:00Z", "with": ["friends"]}
    record = {"attempts": [attempt], "achievements": {"moons_95": reached}, "mood": None}
    kept = {"version": 3, "streak": 3, "milestones": {"perceptron": record, "future": {"a": {"b": 1}}}}
    path = write_home(home, json.dumps(kept))
    state = milestone_progress(workspace, course)
    state.change("perceptron", lambda found: found["attempts"].append({**ATTEMPT, "score": 75.0}))
    written = json.loads(path.read_text())
    record["attempts"].append({**ATTEMPT, "score": 75.0})
    assert written == {**kept, "current_milestone": "perceptron", "total_progress": 0.0}


def test_a_path_that_is_no_utf8_can_be_recorded(workspace, course):
    module_progress(workspace, course).update("01_tensor", notebook=os.fsdecode(b"w\xff/tensor.ipynb"))
    found = module_progress(workspace, course).read()["01_tensor"]["notebook"]
    assert os.fsencode(found) == b"w\xff/tensor.ipynb"


@pytest.mark.parametrize("content", DAMAGED.values(), ids=list(DAMAGED))
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
    workspace.progress.write_text('{"version": 3, "modules": {}}')
    state = module_progress(workspace, course)
    for work in (state.read, lambda: state.update("01_tensor", started_at="2026-01-01T00:00:00Z")):
        with pytest.raises(TitoError, match=r"newer tito \(version 3; this one knows 2\)") as caught:
            work()
        assert caught.value.hint == "pip install --upgrade tinytorch-course"
    assert workspace.progress.read_text() == '{"version": 3, "modules": {}}'
    assert [path.name for path in workspace.root.glob("progress.json*")] == ["progress.json"]


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


def test_what_cannot_be_made_again_is_said_and_the_current_milestone_is_found_anew(workspace, course, home):
    write_atomically(workspace.notebook(course.milestone("perceptron")), "{}")
    path = write_home(home, '{"version": 3, "milestones": {"perceptron": {"achie')
    with pytest.raises(StateRepaired, match="achievements, scores and attempts cannot be made again") as caught:
        milestone_progress(workspace, course).read()
    assert "tito milestone test and tito milestone submit make them anew" in caught.value.message
    written = json.loads(path.read_text())
    assert written["current_milestone"] == "perceptron"
    assert "achievements" not in written["milestones"]["perceptron"]


BAD_PARTS = {
    "attempts are none": {"attempts": 3},
    "an attempt lacks its score": {"attempts": [{key: ATTEMPT[key] for key in ATTEMPT if key != "score"}]},
    "an achievement has no figure": {"achievements": {"moons_95": {"threshold": 0.95, "reached_at": "now"}}},
    "a figure is a list": {"figures": {"accuracy": []}},
    "a time is a number": {"verified_at": 5},
    "a score of 200": {"best_score": 200},
}


@pytest.mark.parametrize("bad", BAD_PARTS.values(), ids=list(BAD_PARTS))
def test_one_damaged_record_costs_no_other(workspace, course, home, bad):
    write_atomically(workspace.notebook(course.milestone("perceptron")), "{}")
    good = {"completed_at": "2026-01-01T00:00:00Z", "attempts": [ATTEMPT], "best_score": 100.0}
    whole = {"version": 3, "streak": 3, "milestones": {"perceptron": bad, "mlp": good}}
    path = write_home(home, json.dumps(whole))
    with pytest.raises(StateRepaired, match="in 'perceptron', '"):
        milestone_progress(workspace, course).read()
    written = json.loads(path.read_text())
    assert written["milestones"]["mlp"] == good
    assert set(written["milestones"]["perceptron"]) == {"started_at", "workspace", "rebuilt"}
    assert (written["streak"], written["total_progress"]) == (3, round(1 / len(course.milestones), 4))


class TestVersion1:
    OLD = '{"version": 1, "extra": true, "milestones": {"perceptron": {"started_at": "2026-01-01T00:00:00Z"}}}'

    def test_reading_changes_no_file(self, workspace, course, home):
        path = write_home(home, self.OLD)
        assert set(milestone_progress(workspace, course).read()) == {"perceptron"}
        assert path.read_text() == self.OLD

    def test_the_first_change_migrates_and_keeps_the_original(self, workspace, course, home):
        path = write_home(home, self.OLD)
        milestone_progress(workspace, course).update("mlp", started_at="2026-01-02T00:00:00Z")
        written = json.loads(path.read_text())
        assert (written["version"], written["extra"]) == (3, True)
        assert set(written["milestones"]) == {"perceptron", "mlp"}
        assert written["current_milestone"] == "mlp"
        assert (path.parent / "progress.json.v1").read_text() == self.OLD

    def test_another_original_gets_a_name_of_its_own_and_the_same_one_does_not(self, workspace, course):
        first, second = '{"version": 1, "modules": {}}', '{"version": 1, "modules": {"01_tensor": {}}}'
        for content in (first, second, first):
            workspace.progress.write_text(content)
            module_progress(workspace, course).update("02_activations", started_at="2026-01-01T00:00:00Z")
        kept = {path.name: path.read_text() for path in workspace.root.glob("progress.json.v1*")}
        assert kept == {"progress.json.v1": first, "progress.json.v1-2": second}

    @pytest.mark.parametrize("progress", [module_progress, milestone_progress])
    def test_versions_follow_one_another_to_the_present_one(self, workspace, course, progress):
        state = progress(workspace, course)
        assert sorted(state.migrations) == list(range(1, state.version))
        for version, step in state.migrations.items():
            assert step({"version": version, "kept": 1}) == {"version": version + 1, "kept": 1}


class TestVersion2:
    """What a passed verification was called completed there is verified now; a submission that passed completes."""

    MEASURED = {
        "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-02T00:00:00Z", "package_sha256": "a" * 64,
        "first_completed_at": "2026-01-02T00:00:00Z", "attempts_until_completion": 3, "attempts": [ATTEMPT],
    }  # fmt: skip
    HANDED_IN = {"submitted_at": "2026-01-03T00:00:00Z", "notebook_sha256": "b" * 64, "tests": 9}

    def test_an_old_file_says_the_same_in_the_new_words(self, tito, workspace, course, home):
        old = {
            "perceptron": self.MEASURED | self.HANDED_IN | {"tests_passed": 9},
            "mlp": self.MEASURED | self.HANDED_IN | {"tests_passed": 8},
        }
        path = write_home(home, json.dumps({"version": 2, "milestones": old}))
        first, second = tito("milestone", "status", "--json").record[:2]
        assert (first["state"], first["verified_at"][:10], first["completed_at"][:10]) == (
            "completed", "2026-01-02", "2026-01-03",
        )  # fmt: skip
        assert (second["state"], second["verified_at"][:10], second["completed_at"]) == ("submitted", "2026-01-02", "")
        assert json.loads(path.read_text())["version"] == 2
        milestone_progress(workspace, course).update("mlp", workspace=str(workspace.root))
        written = json.loads(path.read_text())
        assert (written["version"], written["total_progress"]) == (3, round(1 / len(course.milestones), 4))
        record = written["milestones"]["perceptron"]
        assert (record["first_verified_at"], record["attempts_until_verification"]) == ("2026-01-02T00:00:00Z", 3)
        assert record["completed_notebook_sha256"] == "b" * 64
        assert (path.parent / "progress.json.v2").is_file()

    def test_measured_alone_is_verified(self, tito, workspace, home):
        write_home(home, json.dumps({"version": 2, "milestones": {"perceptron": self.MEASURED}}))
        first = tito("milestone", "status", "--json").record[0]
        assert (first["state"], first["note"], first["completed_at"]) == ("verified", "changed since", "")


class TestMovedWorkspace:
    @pytest.fixture
    def moved(self, completed, tito, monkeypatch):
        assert tito("milestone", "start", "perceptron").code == 0
        place = completed.root.parent / "elsewhere"
        monkeypatch.chdir(completed.root.parent)
        shutil.move(completed.root, place)
        monkeypatch.chdir(place)
        return Workspace(place)

    def test_states_are_those_of_the_new_place_and_the_record_follows(self, tito, moved, home):
        found = {stone["id"]: stone["state"] for stone in tito("milestone", "status", "--json").record}
        assert found["perceptron"] == "started"
        assert {module["state"] for module in tito("module", "status", "--json").record[:4]} == {"completed"}
        written = json.loads((home / ".tinytorch" / "progress.json").read_text())
        assert written["milestones"]["perceptron"]["workspace"] == str(moved.root)

    def test_a_workspace_that_is_still_there_keeps_its_record(self, tito, completed, course, home, tmp_path, solve):
        assert tito("milestone", "start", "perceptron").code == 0
        other = Workspace(tmp_path / "other")
        make_workspace(other.root)
        solve(other, "perceptron")
        assert milestone_progress(other, course).read()["perceptron"]["workspace"] == str(completed.root)

    def test_a_workspace_without_the_milestone_takes_no_record(self, moved, course, tmp_path):
        other = Workspace(tmp_path / "other")
        make_workspace(other.root)
        shutil.rmtree(moved.root)
        assert milestone_progress(other, course).read()["perceptron"]["workspace"] != str(other.root)


def test_no_home_folder_is_a_sentence(workspace, course, monkeypatch):
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    with pytest.raises(TitoError, match="Your home folder is not known") as caught:
        milestone_progress(workspace, course)
    assert caught.value.hint == "set HOME to a folder of yours"
