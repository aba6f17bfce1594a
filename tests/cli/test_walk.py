"""The scripted course: a student who always types what `tito status` says is next, from an empty folder to the end.

Modules, milestones and their order are read from the tables, so that a new one joins by itself. After every step all
views and both progress files must say the truth, which the walk knows because it keeps its own account.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tito.student.exports import needed_package, package_hash
from tito.workspace import Workspace

SCHEMAS = Path(__file__).resolve().parents[2] / "tito" / "schemas"
VIEWS = (
    ("status", "--milestones"), ("module", "status"), ("checkpoint", "timeline"), ("milestone", "status"),
    ("milestone", "status", "--detailed"), ("milestone", "timeline"), ("milestone", "list"),
    ("milestone", "next"), ("milestone", "start"),
)  # fmt: skip


class Walk:
    """A student at the command line, and an account of what they have done so far."""

    def __init__(self, tito_process, root, home, course, solve):
        self.process, self.root, self.course, self.solve = tito_process, root, course, solve
        self.workspace = Workspace(root.resolve())
        self.home_file = home / ".tinytorch" / "progress.json"
        self.done, self.tested, self.submitted, self.attempts = set(), [], [], {}
        self.typed, self.promised = [], ""

    def tito(self, *arguments):
        """A command that must work, and has nothing to complain about."""
        result = self.process(*arguments, cwd=self.root)
        assert (result.code, result.err) == (0, ""), (arguments, result.out, result.err)
        return result

    def refused(self, *arguments, because):
        """A command that must not: with a reason, a way out, and nothing on stdout."""
        result = self.process(*arguments, cwd=self.root)
        assert (result.code, result.out) == (1, ""), (arguments, result.out, result.err)
        assert because in result.err
        assert result.err.splitlines()[-1].startswith("Next: ")

    def step(self):
        """Type what status says is next; False when nothing is left to do in this course."""
        command = self.status_is_true()["next"].split()
        assert self.promised in ("", f"Next: {' '.join(command)}")
        self.promised = ""
        if command[:2] not in ([["tito", "module"], ["tito", "milestone"]]) or command[-1] == "timeline":
            return False
        _, group, verb, name = command
        self.typed.append((group, verb, name))
        getattr(self, f"{group}_{verb}")(name)
        return True

    def module_start(self, name):
        locked = [stone for stone in self.course.milestones if not self.done.issuperset(stone.needs)]
        if locked:
            self.refused("milestone", "start", locked[0].id, because="is locked")
        assert self.tito("module", "start", name, "--json").record["new"] is True
        self.refused("module", "complete", name, because="is unchanged since it was released")
        assert not self.workspace.export(self.course.module(name)).exists()
        self.solve(self.workspace, name)

    def module_complete(self, name):
        module = self.course.module(name)
        before = self.course.unlocked_by(self.done)
        said = self.tito("module", "complete", name).out
        self.done.add(module.number)
        assert self.workspace.export(module).is_file()
        for stone in self.course.milestones:
            new = stone in self.course.unlocked_by(self.done) and stone not in before
            assert (f"Unlocked milestone {stone.number} ({stone.id})" in said) == new
            if new:  # tests/cli/test_checkpoint.py tests every module
                assert self.tito("checkpoint", "test", name, "--json").record[0]["problem"] == ""
                assert self.progress()[0][module.id]["checkpoint"]["state"] == "passed"
        self.promised = said.splitlines()[-1]

    def milestone_start(self, name):
        assert self.tito("milestone", "start", name, "--json").record["new"] is True
        for verb in ("celebrate", "certificate"):
            self.refused("milestone", verb, name, because="is not completed")
        self.refused("milestone", "submit", name, because="is unchanged since it was released")
        self.solve(self.workspace, name)

    def milestone_test(self, name):
        stone = self.course.milestone(name)
        if len(stone.verifications) > 1:
            part = self.tito("milestone", "run", stone.verifications[0].id, "--json").record
            assert (part["whole"], part["verified"]) == (False, False)
        said = self.tito("milestone", "test", name).out
        self.tested.append(name)
        self.attempts.setdefault(name, []).append("verification")
        assert f"Milestone {stone.number} verified: {stone.title}, {stone.year}" in said
        figures = self.progress()[1][name]["achievements"]
        assert set(figures) == {goal.id for goal in stone.achievements}
        assert all(figures[goal.id]["measured"] >= goal.threshold for goal in stone.achievements)
        for goal in stone.achievements:
            assert self.words(goal, figures) in said
        self.refused("milestone", "celebrate", name, because="is not completed")
        self.other_views_agree()

    @staticmethod
    def words(goal, figures):
        return f"{goal.title}: measured {figures[goal.id]['measured']:.4g}, needed {goal.threshold:g}"

    def certificate(self, stone, figures):
        """A certificate carries the figures, and is found whole."""
        written = self.tito("milestone", "certificate", stone.id, "--name", "Ada Lovelace", "--json").record
        shown = {goal["id"]: goal["measured"] for goal in written["certificate"]["goals"]}
        assert shown == {id: figure["measured"] for id, figure in figures.items()}
        paths = [self.root / path for path in written["files"]]
        assert sorted(path.suffix for path in paths) == [".pdf", ".png", ".svg"]
        verified = self.tito("milestone", "verify", next(str(p) for p in paths if p.suffix == ".svg"), "--json").record
        assert {finding["state"] for finding in verified["findings"]} == {"holds"}

    def milestone_submit(self, name):
        stone = self.course.milestone(name)
        result = self.tito("milestone", "submit", name, "--json").record
        assert {test["state"] for test in result["check"]["tests"]} == {"passed"}
        self.submitted.append(name)
        self.attempts.setdefault(name, []).append("submission")
        assert (self.workspace.submission(stone) / f"{stone.notebook}.ipynb").is_file()
        assert (self.workspace.submissions / f"{stone.id}.zip").is_file()
        assert (result["completed"], result["completed_now"]) == (True, True)
        figures = self.progress()[1][name]["achievements"]
        panel = self.tito("milestone", "celebrate", name).out
        assert f"Milestone {stone.number} completed: {stone.title}, {stone.year}" in panel
        assert all(self.words(goal, figures) in panel for goal in stone.achievements)
        self.certificate(stone, figures)
        self.other_views_agree()

    def progress(self):
        """The records of modules and of milestones, once both files have been found valid."""
        found = []
        for path, schema in ((self.workspace.progress, "progress"), (self.home_file, "milestone-progress")):
            section = "modules" if schema == "progress" else "milestones"
            whole = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {section: {}}
            described = json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))
            if path.exists():
                Draft202012Validator(described).validate(whole)
            found.append(whole[section])
        return found

    def status_is_true(self):
        """All views agree with the account, and both progress files do; the record of `tito status`."""
        found = self.tito("status", "--json").record
        assert {place["number"]: place["state"] for place in found["modules"]} == self.module_states()
        assert {place["id"]: place["state"] for place in found["milestones"]} == self.milestone_states()
        assert found["total_progress"] == round(len(self.submitted) / len(self.course.milestones), 4)
        self.files_agree(found)
        return found

    def other_views_agree(self):
        """The status of each group, and what the milestones' details say of the modules."""
        modules, stones = (self.tito(group, "status", "--json").record for group in ("module", "milestone"))
        assert {entry["number"]: entry["state"] for entry in modules} == self.module_states()
        assert {entry["id"]: entry["state"] for entry in stones} == self.milestone_states()
        for entry in self.tito("milestone", "status", "--detailed", "--json").record:
            states = self.module_states()
            assert all(part["state"] == states[part["number"]] for part in entry["parts"])

    def files_agree(self, found):
        modules, stones = self.progress()
        assert {id for id, record in modules.items() if record.get("completed_at")} == {
            module.id for module in self.course.modules if module.number in self.done
        }
        assert [id for id, record in stones.items() if record.get("verified_at")] == self.tested
        assert [id for id, record in stones.items() if record.get("completed_at")] == self.submitted
        assert [id for id, record in stones.items() if record.get("submitted_at")] == self.submitted
        for id, record in stones.items():
            stone = self.course.milestone(id)
            assert [run["kind"] for run in record.get("attempts", [])] == self.attempts.get(id, [])
            if id in self.tested:
                assert record["package_sha256"] == package_hash(needed_package(self.workspace, stone, self.course))
        whole = json.loads(self.home_file.read_text()) if self.home_file.exists() else {}
        assert whole.get("current_milestone") == found["current_milestone"]
        assert whole.get("total_progress", 0) == found["total_progress"]

    def module_states(self):
        states = {}
        for module in self.course.modules:
            begun = "started" if self.workspace.notebook(module).is_file() else "ready"
            open_ = begun if self.done.issuperset(module.needs) else "locked"
            states[module.number] = "completed" if module.number in self.done else open_
        return states | {module.number: "planned" for module in self.course.planned_modules}

    def milestone_states(self):
        states = {}
        for stone in self.course.milestones:
            begun = "started" if self.workspace.notebook(stone).is_file() else "unlocked"
            open_ = begun if self.done.issuperset(stone.needs) else "locked"
            states[stone.id] = "verified" if stone.id in self.tested else open_
            states[stone.id] = "completed" if stone.id in self.submitted else states[stone.id]
        return states | {stone.id: "planned" for stone in self.course.planned_milestones}


def the_road(course):
    """What a student types, by the tables: each module, and after its last one each milestone."""
    done, road = set(), []
    for module in course.modules:
        number = f"{module.number:02d}"
        road += [("module", "start", number), ("module", "complete", number)]
        before = course.unlocked_by(done)
        done.add(module.number)
        for stone in course.unlocked_by(done):
            if stone not in before:
                road += [("milestone", verb, stone.id) for verb in ("start", "test", "submit")]
    return road


@pytest.mark.slow
@pytest.mark.long
def test_whoever_types_what_status_says_reaches_the_last_milestone(tito_process, tmp_path, solve, course, home):
    assert tito_process("init", "mine", cwd=tmp_path).code == 0
    walk = Walk(tito_process, tmp_path / "mine", home, course, solve)
    road = the_road(course)
    while walk.step():
        assert walk.typed == road[: len(walk.typed)]
    assert walk.typed == road
    assert walk.submitted == [stone.id for stone in course.milestones]
    for view in VIEWS:
        assert walk.tito(*view, "--json").record
    page = walk.tito("portfolio", "--name", "Ada Lovelace", "--json").record
    assert page["milestones"] == walk.tested
    assert page["modules"] == sorted(walk.done)
    html = (walk.root / page["file"]).read_text(encoding="utf-8")
    assert all(stone.badge in html for stone in course.milestones)
