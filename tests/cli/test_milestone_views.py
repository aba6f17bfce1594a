"""tito milestone status, timeline, list, next and the welcome: the tables' own words, at every width."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tito.course import Milestone
from tito.state.attempts import Attempt, MeasuredAchievement
from tito.state.tracker import MilestoneTracker
from tito.student.exports import package_hash

VIEWS = [("status",), ("status", "--detailed"), ("timeline",), ("timeline", "--horizontal"), ("list",), ("next",)]
ALL = [*VIEWS, ("start",)]
HEAVY = {"numpy", "nbformat", "jupyter_client", "nbclient", "nbgrader", "papermill", "IPython", "pytest", "matplotlib"}


def flat(text: str) -> str:
    """A text without its line breaks and the signs of the road."""
    return " ".join(text.replace("│", " ").replace("|", " ").split())


def measure(workspace, course, milestone: Milestone) -> None:
    """Leave what a run leaves that verified a milestone with the exports of this workspace."""
    package = {m.name + ".py": workspace.export(m).read_bytes() for m in course.required_by(milestone)}
    figures = {goal.metric: 1.0 for goal in milestone.achievements}
    goals = [
        MeasuredAchievement(goal.id, goal.title, goal.metric, goal.threshold, figures[goal.metric])
        for goal in milestone.achievements
    ]
    attempt = Attempt.of("verification", 75.0, 3, 3, figures, package_hash(package))
    assert MilestoneTracker(workspace, course).record_verification(milestone.id, attempt, goals)


class TestAtEveryWidth:
    @pytest.mark.parametrize("columns", [60, 80, 200])
    @pytest.mark.parametrize("view", ALL, ids=" ".join)
    def test_no_line_is_longer_than_the_terminal(self, tito_process, workspace, view, columns):
        result = tito_process("milestone", *view, cwd=workspace.root, COLUMNS=str(columns))
        assert result.code == 0
        prose = [line for line in result.out.splitlines() if not line.startswith(("Next: ", "More on "))]
        assert max(map(len, prose)) <= columns
        assert "\x1b" not in result.out

    @pytest.mark.parametrize("view", ALL, ids=" ".join)
    def test_a_dumb_terminal_gets_ascii_of_our_own(self, tito_process, workspace, view):
        result = tito_process("milestone", *view, cwd=workspace.root, TERM="dumb")
        assert not set(result.out) & set("●○│█")

    @pytest.mark.parametrize("view", ALL, ids=" ".join)
    def test_json_and_nothing_else(self, tito, workspace, view):
        result = tito("milestone", *view, "--json")
        assert result.code == 0
        assert result.record

    @pytest.mark.parametrize("view", ALL, ids=" ".join)
    def test_nothing_heavy_is_imported(self, workspace, view):
        script = (
            "import sys; from tito.cli import run; run(sys.argv[1:]); "
            "print('LOADED', *{name.split('.')[0] for name in sys.modules})"
        )
        command = [sys.executable, "-c", script, "milestone", *view]
        done = subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, check=True)
        loaded = set(done.stdout.split("LOADED")[1].split())
        assert "tito" in loaded
        assert not loaded & HEAVY


@pytest.mark.parametrize("command", ["status", "timeline", "list", "next", "start", "test", "run", "demo", "celebrate"])
def test_each_command_explains_itself_with_an_example(tito, command):
    result = tito("milestone", command, "--help")
    assert result.code == 0
    assert f"Example: tito milestone {command}" in result.out


class TestStatus:
    def test_planned_milestones_say_what_they_await(self, tito, workspace, course):
        said = flat(tito("milestone", "status").out)
        assert "planned, awaits modules 08-09, which are not part of this course yet" in said
        found = {entry["id"]: entry for entry in tito("milestone", "status", "--json").record}
        assert list(found) == [stone.id for stone in (*course.milestones, *course.planned_milestones)]
        assert found["cnn"]["missing"] == [8, 9]
        assert found["tinygpt"]["missing"] == [10, 11, 12, 13, 14]

    def test_detailed_says_all_that_the_table_says(self, tito, workspace, course):
        said = flat(tito("milestone", "status", "--detailed").out)
        for stone in (*course.milestones, *course.planned_milestones):
            for text in (stone.ability, stone.victory, stone.badge, stone.data):
                assert flat(text) in said
            for part in stone.contributions:
                assert flat(part.gives) in said
            for category in stone.rubric:
                assert f"{category.id} {category.points:g}" in said
            for goal in stone.achievements:
                assert f"{goal.title}: needs {goal.metric} of {goal.threshold:g}; not reached yet" in said
        assert said.count("no attempt recorded") == len(course.milestones)

    def test_detailed_shows_what_was_measured_when(self, tito, completed, course):
        milestone = course.milestone("perceptron")
        measure(completed, course, milestone)
        said = flat(tito("milestone", "status", "--detailed").out)
        assert "1 Perceptron, 1957: verified" in said
        assert "1 attempt, 1 min 15 s of measuring, best score 100 %" in said
        at = MilestoneTracker(completed, course).milestone("perceptron").verified_at[:10]
        assert f"Moons above 95 %: reached, moons_accuracy 1 on {at}, needed 0.95" in said
        first = tito("milestone", "status", "--detailed", "--json").record[0]
        assert first["goals"][0]["measured"] == 1.0
        assert first["parts"][0]["state"] == "completed"

    def test_verified_and_changed_since(self, tito, completed, course):
        def first():
            entry = tito("milestone", "status", "--json").record[0]
            return entry["state"], entry["note"], entry["next"], entry["is_current"]

        measure(completed, course, course.milestone("perceptron"))
        assert first() == ("verified", "", "tito milestone start perceptron", True)
        tito("milestone", "start", "perceptron")
        assert first() == ("verified", "", "tito milestone submit perceptron", True)
        export = completed.export(course.module("losses"))
        export.write_text(export.read_text() + "\n# by hand\n")
        assert first() == ("verified", "changed since", "tito milestone test perceptron", False)
        assert "verified, changed since" in flat(tito("milestone", "status").out)
        export.unlink()
        state, note, command, _ = first()
        assert (state, note) == ("verified", "changed since")
        assert command.startswith("tito module ")


class TestTimeline:
    def test_the_road_in_the_order_of_the_years(self, tito, workspace, course):
        road = tito("milestone", "timeline", "--json").record
        proofs = [p.id for stone in (*course.milestones, *course.planned_milestones) for p in stone.verifications]
        assert set(proofs) <= {stage["id"] for stage in road}
        assert [stage["year"] for stage in road] == sorted(stage["year"] for stage in road)
        said = tito("milestone", "timeline").out
        places = [said.index(str(stage["year"])) for stage in road]
        assert places == sorted(places)
        assert all(flat(stage["condition"]) in flat(said) for stage in road)

    def test_states_in_words(self, tito, completed, course):
        measure(completed, course, course.milestone("perceptron"))
        said = flat(tito("milestone", "timeline").out)
        assert "Perceptron: verified" in said
        assert "XOR: locked by 05-07" in said
        assert "Convolutional network: awaits modules 08-09" in said

    def test_horizontal_where_it_fits_and_else_downwards(self, tito_process, workspace):
        def drawn(columns, *options):
            return tito_process("milestone", "timeline", *options, cwd=workspace.root, COLUMNS=str(columns)).out

        years = ["1957", "1986", "1989", "1998", "2017"]
        assert all(year in drawn(200, "--horizontal").splitlines()[0] for year in years)
        assert "locked by 01-04" in drawn(200, "--horizontal")
        assert drawn(60, "--horizontal") == drawn(60)


class TestListAndNext:
    def test_nothing_can_be_run_yet(self, tito, workspace):
        result = tito("milestone", "list")
        assert "Ready to run" not in result.out
        assert result.out.endswith("Next: tito module start 01\n")

    def test_what_can_be_run_and_what_the_others_await(self, tito, completed):
        stages = {stage["id"]: stage for stage in tito("milestone", "list", "--json").record}
        assert list(stages) == ["perceptron", "xor", "mlp_digits", "cnn", "transformer"]
        assert [stages[name]["state"] for name in stages] == ["ready", "locked", "locked", "planned", "planned"]
        said = flat(tito("milestone", "list").out)
        assert "Ready to run: perceptron. Next: tito milestone run perceptron" in said
        assert "locked by 05-07" in said

    def test_the_next_step_along_the_way(self, tito, completed, course):
        def step():
            found = tito("milestone", "next", "--json").record
            return found["milestone"], found["command"]

        assert step() == ("perceptron", "tito milestone start perceptron")
        tito("milestone", "start", "perceptron")
        assert step() == ("perceptron", "tito milestone test perceptron")
        measure(completed, course, course.milestone("perceptron"))
        assert step() == ("perceptron", "tito milestone submit perceptron")
        said = tito("milestone", "next").out
        assert "it is verified, and its notebook is not handed in yet" in flat(said)
        assert said.endswith("Next: tito milestone submit perceptron\n")

    def test_locked_names_the_module(self, tito, workspace):
        said = flat(tito("milestone", "next").out)
        assert "it needs modules that are not completed yet, module 01 (tensor) first" in said
        assert said.endswith("Next: tito module start 01")

    def test_when_all_is_handed_in_it_says_what_the_next_one_awaits(self, tito, all_completed, course, monkeypatch):
        from tito.student import milestones

        whole = milestones.statuses

        def handed_in(*arguments):
            from dataclasses import replace

            return [replace(status, state="submitted", next="") for status in whole(*arguments)]

        monkeypatch.setattr(milestones, "statuses", handed_in)
        result = tito("milestone", "next")
        assert "milestone 3 (cnn) awaits modules 08-09, which are not part of this course yet" in flat(result.out)
        assert result.out.endswith("Next: tito milestone timeline\n")


class TestWelcome:
    def test_it_says_what_milestones_are_and_which_is_next(self, tito, workspace, course):
        result = tito("milestone", "start")
        said = flat(result.out)
        assert result.code == 0
        for stone in (*course.milestones, *course.planned_milestones):
            assert f"{stone.year} {stone.title}. {stone.ability}" in said
        assert "tito milestone submit NAME" in said
        assert result.out.endswith("Next: tito module start 01\n")
        assert list((workspace.root / "milestones").iterdir()) == []

    def test_as_json(self, tito, workspace):
        assert json.loads(tito("milestone", "start", "--json").out)["command"] == "tito module start 01"
