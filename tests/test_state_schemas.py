"""The published schemas describe what real commands write, and what the reader refuses they refuse too."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tito.errors import StateRepaired
from tito.state import shapes
from tito.state.progress import milestone_progress, module_progress

SCHEMAS = Path(__file__).resolve().parent.parent / "tito" / "schemas"
MODULES = json.loads((SCHEMAS / "progress.schema.json").read_text(encoding="utf-8"))
MILESTONES = json.loads((SCHEMAS / "milestone-progress.schema.json").read_text(encoding="utf-8"))
MOMENT, SHA256 = "2026-01-01T00:00:00Z", "a" * 64
CHECKPOINT = {"state": "passed", "at": MOMENT, "tests_passed": 4, "tests": 4, "export_sha256": SHA256}
MODULE = {
    "started_at": MOMENT,
    "completed_at": MOMENT,
    "reset_at": MOMENT,
    "notebook": "modules/01_tensor/tensor.ipynb",
    "notebook_sha256": SHA256,
    "export_sha256": SHA256,
    "tests_passed": 4,
    "checkpoint": CHECKPOINT,
    "rebuilt": True,
}
ATTEMPT = {
    "at": MOMENT,
    "kind": "verification",
    "seconds": 2.5,
    "passed": 3,
    "total": 4,
    "score": 75.0,
    "figures": {"accuracy": 0.75, "data": "moons"},
    "package_sha256": SHA256,
}
MILESTONE = {
    "started_at": MOMENT,
    "verified_at": MOMENT,
    "first_verified_at": MOMENT,
    "completed_at": MOMENT,
    "completed_notebook_sha256": SHA256,
    "submitted_at": MOMENT,
    "workspace": "/work",
    "notebook_sha256": SHA256,
    "package_sha256": SHA256,
    "tests_passed": 4,
    "tests": 4,
    "figures": {"accuracy": 0.99},
    "achievements": {
        "moons_95": {"measured": 0.99, "threshold": 0.95, "reached_at": MOMENT, "measured_at": MOMENT},
    },
    "best_score": 100.0,
    "attempts": [ATTEMPT],
    "attempts_until_verification": 1,
    "earlier_attempts": {"verifications": 1, "submissions": 2, "seconds": 3.5, "first_score": 25.0},
    "rebuilt": True,
}
SUMMARY = {"current_milestone": None, "total_progress": 0.5}
CASES = {
    "modules": (MODULES, {"version": 2, "modules": {"01_tensor": MODULE}}),
    "milestones": (MILESTONES, {"version": 3, **SUMMARY, "milestones": {"perceptron": MILESTONE}}),
}


def errors(schema: dict, whole: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(whole)]


def errors_in_files(workspace, home) -> list[str]:
    """What the schemas say of the two files as they are."""
    found = errors(MODULES, json.loads(workspace.progress.read_text(encoding="utf-8")))
    path = home / ".tinytorch" / "progress.json"
    return found + errors(MILESTONES, json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("schema", [MODULES, MILESTONES], ids=["modules", "milestones"])
def test_each_schema_is_one(schema):
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(("schema", "whole"), CASES.values(), ids=list(CASES))
def test_every_field_of_the_examples_is_described(schema, whole):
    assert errors(schema, whole) == []


def test_schemas_and_reader_know_the_same_fields():
    known = MILESTONES["$defs"]
    assert set(shapes.MODULE) == set(MODULES["$defs"]["module"]["properties"]) == set(MODULE)
    assert set(shapes.MILESTONE) == set(known["milestone"]["properties"]) == set(MILESTONE)
    assert set(shapes.ATTEMPT) == set(known["attempt"]["properties"]) == set(known["attempt"]["required"])
    assert set(shapes.ACHIEVEMENT) == set(known["achievement"]["properties"])
    assert set(shapes.EARLIER) == set(known["earlier"]["properties"])


@pytest.mark.parametrize("section", CASES)
def test_a_value_of_a_wrong_kind_is_refused_by_both(workspace, course, home, section):
    schema, good = CASES[section]
    state = {"modules": module_progress, "milestones": milestone_progress}[section](workspace, course)
    state.path.parent.mkdir(exist_ok=True)
    (id,) = good[section]
    for name in good[section][id]:
        whole = copy.deepcopy(good)
        whole[section][id][name] = [None]
        assert errors(schema, whole), name
        state.path.write_text(json.dumps(whole))
        with pytest.raises(StateRepaired, match=f"in '{id}', '{name}' is not what tito writes"):
            state.read()
    state.path.write_text(json.dumps(good))
    assert state.read() == good[section]


@pytest.mark.parametrize("name", [*ATTEMPT, "measured", "threshold", "reached_at"])
def test_what_an_attempt_or_an_achievement_lacks_is_refused_by_both(workspace, course, home, name):
    whole = copy.deepcopy(CASES["milestones"][1])
    record = whole["milestones"]["perceptron"]
    del (record["attempts"][0] if name in ATTEMPT else record["achievements"]["moons_95"])[name]
    assert len(errors(MILESTONES, whole)) == 1
    state = milestone_progress(workspace, course)
    state.path.parent.mkdir()
    state.path.write_text(json.dumps(whole))
    with pytest.raises(StateRepaired):
        state.read()


def test_what_a_start_writes(tito, completed, home):
    assert tito("module", "start", "05").code == 0
    assert tito("milestone", "start", "perceptron").code == 0
    assert errors_in_files(completed, home) == []


def test_what_a_repair_writes(tito, completed, home):
    assert tito("milestone", "start", "perceptron").code == 0
    for path in (completed.progress, home / ".tinytorch" / "progress.json"):
        path.write_text("{")
        assert tito("milestone", "status").code == 1
    assert errors_in_files(completed, home) == []


@pytest.mark.slow
def test_what_a_module_and_a_milestone_write_on_their_whole_road(tito, completed, course, home, solve):
    module, milestone = course.modules[0], course.milestones[0]
    for command in (
        ("module", "complete", "01"),
        ("checkpoint", "test", "01"),
        ("milestone", "start", milestone.id),
        ("milestone", "test", milestone.id),
    ):
        assert tito(*command).code == 0, command
        assert completed.progress.is_file()
    path = solve(completed, milestone.id)
    solved = path.read_text(encoding="utf-8")
    path.write_text(solved.replace(" return ", " pass # return "), encoding="utf-8")
    assert tito("milestone", "submit", milestone.id).code == 1
    path.write_text(solved, encoding="utf-8")
    assert tito("milestone", "submit", milestone.id).code == 0
    assert tito("module", "reset", "01", "--yes").code == 0
    assert errors_in_files(completed, home) == []
    record = json.loads((home / ".tinytorch" / "progress.json").read_text())["milestones"][milestone.id]
    kinds = [(run["kind"], run["passed"] == run["total"]) for run in record["attempts"]]
    assert kinds == [("verification", True), ("submission", False), ("submission", True)]
    assert len({run["package_sha256"] for run in record["attempts"]} | {record["package_sha256"]}) == 1
    assert set(record["achievements"]) == {goal.id for goal in milestone.achievements}
    written = json.loads(completed.progress.read_text())["modules"][module.id]
    assert {"completed_at", "reset_at", "checkpoint"} <= set(written)
