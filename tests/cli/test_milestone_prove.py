"""tito milestone test, run, demo and celebrate: what is measured, shown, recorded, and nothing more."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.terminal import on_a_terminal
from tito.state.attempts import Attempt, MeasuredAchievement
from tito.state.tracker import MilestoneTracker
from tito.student import examination
from tito.student.verification import Check, Verification

EMOJI = set("🏅🎯🧱")


@pytest.fixture
def fake_run(monkeypatch):
    """Stand in for the verification of milestone 1: these accuracies came of it, each check in this state."""

    def use(moons=0.99, spiral=0.97, state="passed"):
        def verify(package, milestone, proofs=(), on_event=None, modules=()):
            figures = {"moons_accuracy": moons, "spiral_accuracy": spiral}
            goals = tuple(
                MeasuredAchievement(goal.id, goal.title, goal.metric, goal.threshold, figures[goal.metric])
                for goal in milestone.achievements
            )
            found = (Check("test_a", "passed", "", 0.1), Check("test_b", state, "", 0.1))
            imports = tuple(Check(name, "passed", "", 0.0) for name in modules)
            return Verification(milestone.id, found, figures, goals, "", imports, 1.5)

        monkeypatch.setattr(examination, "verify_package", verify)

    return use


def record(home, milestone="perceptron"):
    return json.loads((home / ".tinytorch" / "progress.json").read_text())["milestones"].get(milestone, {})


class TestTest:
    def test_what_holds_is_recorded_and_celebrated_with_its_figures(self, tito, completed, fake_run, home):
        fake_run()
        result = tito("milestone", "test", "perceptron")
        assert result.code == 0
        said = " ".join(result.out.split())
        assert "2 of 2 checks passed in 1.5 s." in said
        assert "passed module 03 (layers): completed, fresh, imports" in said
        assert "reached Moons above 95 %: measured 0.99, needed 0.95" in said
        assert "Milestone 1 verified: Perceptron, 1957" in said
        assert "Badge" not in said
        assert result.out.endswith("Next: tito milestone start perceptron\n")
        noted = record(home)
        assert noted["verified_at"]
        assert "completed_at" not in noted
        assert noted["achievements"]["spiral_95"]["measured"] == 0.97
        (attempt,) = noted["attempts"]
        assert (attempt["kind"], attempt["passed"], attempt["total"], attempt["score"]) == ("verification", 2, 2, 100)

    def test_again_it_is_recorded_and_not_celebrated_twice(self, tito, completed, fake_run, home):
        fake_run()
        tito("milestone", "test")
        result = tito("milestone", "test", "1")
        assert result.code == 0
        assert "Milestone 1 verified" not in result.out
        assert "was verified before, and is measured again" in result.out
        assert len(record(home)["attempts"]) == 2

    def test_an_achievement_that_is_not_reached_verifies_nothing(self, tito, completed, fake_run, home):
        fake_run(spiral=0.93)
        result = tito("milestone", "test", "perceptron")
        assert result.code == 1
        assert "not reached" in result.out
        assert "Spiral above 95 %: measured 0.93, needed 0.95" in result.out
        assert "verified: Perceptron" not in result.out
        assert "Achievement unlocked" in result.out
        noted = record(home)
        assert "verified_at" not in noted
        assert list(noted["achievements"]) == ["moons_95"]
        assert result.out.endswith("Next: tito milestone test perceptron\n")
        assert "Achievement unlocked" not in tito("milestone", "test", "perceptron").out

    def test_a_failed_check_verifies_nothing(self, tito, completed, fake_run, home):
        fake_run(state="failed")
        assert tito("milestone", "test", "perceptron").code == 1
        noted = record(home)
        assert "verified_at" not in noted
        assert noted["attempts"][0]["score"] == 50

    def test_a_stale_export_is_measured_and_verifies_nothing(self, tito, completed, fake_run, home, course):
        fake_run()
        export = completed.export(course.module("layers"))
        export.write_text(export.read_text() + "\n# by hand\n")
        result = tito("milestone", "test", "perceptron")
        assert result.code == 1
        said = " ".join(result.out.split())
        assert "failed module 03 (layers): stale: tinytorch/layers.py changed after its export" in said
        assert result.out.endswith("Next: tito module complete 03\n")
        assert "verified_at" not in record(home)
        assert "Milestone 1 verified" not in result.out

    def test_without_a_name_the_first_that_is_unlocked(self, tito, completed, fake_run):
        fake_run()
        assert tito("milestone", "test", "--json").record["milestone"] == "perceptron"

    def test_locked(self, tito, workspace, home):
        for command in (("test",), ("test", "1"), ("run", "perceptron"), ("demo", "1")):
            result = tito("milestone", *command)
            assert result.code == 1
            assert result.out == ""
            assert result.err.startswith("milestone 1 (perceptron) is locked: it needs module 01 (tensor), ")
            assert result.err.endswith("Next: tito module start 01\n")
        assert not (home / ".tinytorch" / "progress.json").exists()

    def test_an_export_that_no_longer_imports(self, tito, completed, course):
        completed.export(course.module("layers")).write_text("def broken(:\n")
        result = tito("milestone", "test", "perceptron", "--json")
        assert result.code == 1
        layers = result.record["requirements"][2]
        assert (layers["name"], layers["state"]) == ("layers", "failed")
        assert layers["message"].startswith("its export cannot be imported: SyntaxError")
        assert result.record["next"] == "tito module complete 03"
        said = tito("milestone", "test", "perceptron").out
        assert "0 of 1 checks passed" in said
        assert "reached" not in said.replace("not measured", "")

    @pytest.mark.slow
    def test_the_reference_passes_with_figures(self, completed, tito, home):
        result = tito("milestone", "test", "perceptron")
        assert result.code == 0, result.out
        assert "moons_accuracy = " in result.out
        assert "Milestone 1 verified" in result.out
        assert record(home)["attempts"][0]["figures"]["moons_accuracy"] > 0.95
        assert not list(completed.root.rglob(".pytest_cache"))
        assert not list(completed.root.rglob("__pycache__"))

    @pytest.mark.slow
    def test_a_sigmoid_that_does_nothing_fails(self, completed, course, tito):
        path = completed.export(course.module("activations"))
        path.write_text(
            path.read_text() + "\n\nSigmoid.__call__ = lambda self, x: x\nSigmoid.forward = lambda self, x: x\n"
        )
        result = tito("milestone", "test", "perceptron", "--json")
        failed = [check for check in result.record["verification"]["checks"] if check["state"] == "failed"]
        assert result.code == 1
        assert any("Sigmoid" in check["message"] for check in failed)


class TestRun:
    def test_planned_says_which_modules_it_awaits(self, tito, workspace):
        for command in (("run", "cnn"), ("run", "3"), ("demo", "cnn")):
            result = tito("milestone", *command)
            assert result.code == 1
            assert result.err == (
                "milestone 3 (cnn) awaits modules 08-09, which are not part of this course yet.\n"
                "Next: tito milestone list\n"
            )

    def test_a_typo(self, tito, workspace):
        assert "Did you mean 'transformer'?" in tito("milestone", "run", "transfomer").err

    @pytest.mark.slow
    def test_one_proof_is_its_own_checks_and_no_attempt(self, tito, all_completed, home, course):
        result = tito("milestone", "run", "xor")
        said = " ".join(result.out.split())
        _, (proof,) = course.proofs("xor")
        assert result.code == 0
        assert said.startswith(f"XOR, 1986 {proof.history}")
        assert proof.condition in said
        assert "1 of 1 checks passed" in said
        assert "measured xor_accuracy = 1" in said
        assert "Achievement unlocked XOR solved: measured 1, needed 1" in said
        assert "Digits" not in said
        noted = record(home, "mlp")
        assert list(noted["achievements"]) == ["xor_solved"]
        assert not noted.get("attempts")
        assert "verified_at" not in noted
        assert result.out.endswith("Next: tito milestone test mlp\n")

    @pytest.mark.slow
    def test_all_proofs_of_a_milestone_are_the_whole_verification(self, tito, all_completed, home):
        result = tito("milestone", "run", "mlp", "--json")
        assert result.code == 0
        assert result.record["whole"]
        assert result.record["proofs"] == ["xor", "mlp_digits"]
        assert result.record["verified_now"]
        assert record(home, "mlp")["verified_at"]


class TestLive:
    def command(self, completed, *arguments, **variables):
        return {
            "args": [sys.executable, "-m", "tito", "milestone", *arguments],
            "cwd": completed.root,
            "env": os.environ | variables,
        }

    @pytest.mark.slow
    def test_figures_stand_before_the_check_that_they_belong_to(self, tito, completed):
        lines = [" ".join(line.split()) for line in tito("milestone", "run", "perceptron").out.splitlines()]
        ended = next(n for n, line in enumerate(lines) if line.startswith("passed accuracy on the spiral"))
        measured = (
            lines.index("measured spiral_accuracy = 0.995") if "measured spiral_accuracy = 0.995" in lines else -1
        )
        before = [n for n, line in enumerate(lines) if line.startswith("live spiral_loss = ")]
        assert before
        assert max(before) < measured < ended
        values = [int(lines[n].rsplit(" ", 1)[1]) for n in before]
        assert values == [1, 2, 4, 8, 16, 32, 64, 120]

    @pytest.mark.slow
    def test_checks_arrive_while_a_later_one_is_still_running_and_ctrl_c_ends_all(self, completed, course, tmp_path):
        note = tmp_path / "pid"
        path = completed.export(course.module("losses"))
        trap = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
        path.write_text(path.read_text() + f"\n\ndef _stop(self, *inputs):\n    {trap}\n")
        path.write_text(path.read_text() + "BCEWithLogitsLoss.__call__ = _stop\n")
        with subprocess.Popen(**self.command(completed, "run", "1"), stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if line.startswith("passed "):
                    break
            assert process.poll() is None
            while not (note.exists() and note.read_text()):
                select.select([], [], [], 0.05)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        assert process.returncode == 130
        with pytest.raises(ProcessLookupError):
            os.kill(int(note.read_text()), 0)

    @pytest.mark.slow
    @pytest.mark.parametrize(("term", "moves"), [("xterm-256color", True), ("dumb", False)])
    def test_on_a_terminal(self, completed, term, moves):
        said = on_a_terminal(**self.command(completed, "run", "perceptron", TERM=term, COLUMNS="80"))
        assert ("\x1b[2K" in said) == moves
        assert ("running" in said) == moves
        assert "16 of 16 checks passed" in said
        assert "Milestone 1 verified" in said
        assert bool(set(said) & EMOJI) == moves


class TestCelebrate:
    @pytest.fixture
    def handed_in(self, completed, course):
        attempt = Attempt.of("submission", 1, 1, 1, {}, "a" * 64)
        MilestoneTracker(completed, course).record_submission("perceptron", attempt, "b" * 64, passed=True)
        return completed

    def test_nothing_handed_in_nothing_celebrated(self, tito, completed, fake_run):
        fake_run()
        tito("milestone", "test", "perceptron")
        result = tito("milestone", "celebrate", "perceptron")
        assert (result.code, result.out) == (1, "")
        assert result.err == (
            "milestone 1 (perceptron) is not completed: no notebook that passes its checks was handed in.\n"
            "Next: tito milestone submit perceptron\n"
        )

    def test_the_figures_of_the_run_that_earned_it(self, tito, completed, course, fake_run, handed_in):
        said = tito("milestone", "celebrate", "perceptron").out
        assert "Badge: First Light" in said
        assert "Your framework was not measured for it yet." in said
        fake_run(moons=0.9612, spiral=0.9534)
        tito("milestone", "test", "perceptron")
        assert "completed and verified" in " ".join(tito("milestone", "status").out.split())
        result = tito("milestone", "celebrate", "perceptron")
        said = " ".join(result.out.split())
        stone = course.milestone("perceptron")
        assert result.code == 0
        for text in (stone.badge, stone.ability, stone.victory, *(part.gives for part in stone.contributions)):
            assert text in said
        assert "Moons above 95 %: measured 0.9612, needed 0.95" in said
        assert "Spiral above 95 %: measured 0.9534, needed 0.95" in said
        assert MilestoneTracker(completed, course).milestone("perceptron").package_sha256[:12] in said
        assert not set(result.out) & EMOJI
        found = tito("milestone", "celebrate", "perceptron", "--json").record
        assert [goal["measured"] for goal in found["goals"]] == [0.9612, 0.9534]

    def test_other_exports_than_those_that_were_measured(self, tito, completed, course, fake_run, handed_in):
        fake_run()
        tito("milestone", "test", "perceptron")
        export = completed.export(course.module("losses"))
        export.write_text(export.read_text() + "\n# changed\n")
        result = tito("milestone", "celebrate", "perceptron")
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("The modules of milestone 1 (perceptron) changed since it was measured on ")
        assert result.err.endswith("Next: tito milestone test perceptron\n")


class TestDemo:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["perceptron", "mlp"])
    def test_it_draws_what_this_run_computed(self, tito_process, all_completed, name):
        result = tito_process("milestone", "demo", name, "--ascii", cwd=all_completed.root, COLUMNS="60")
        assert result.code == 0, result.err
        assert result.out.isascii()
        assert max(map(len, result.out.splitlines())) <= 60
        found = tito_process("milestone", "demo", name, "--json", cwd=all_completed.root, COLUMNS="60").record
        share = next(value for title, value in reversed(found["figures"].items()) if "share" in title)
        assert f"{share:.1%}" in result.out
        assert share > 0.9
        assert tito_process("milestone", "demo", name, cwd=all_completed.root, TERM="dumb").out.isascii()

    @pytest.mark.slow
    def test_it_is_the_students_own_framework(self, tito, completed, course):
        whole = tito("milestone", "demo", "perceptron", "--json").record["figures"]
        path = completed.export(course.module("activations"))
        path.write_text(path.read_text() + "\n\nReLU.__call__ = lambda self, x: x\n")
        straight = tito("milestone", "demo", "perceptron", "--json").record["figures"]
        assert straight["share right after 60 epochs"] < 0.95 < whole["share right after 60 epochs"]

    @pytest.mark.slow
    def test_a_framework_that_fails_is_a_sentence(self, tito, completed, course):
        path = completed.export(course.module("layers"))
        path.write_text(path.read_text() + "\n\ndel Linear\n")
        result = tito("milestone", "demo", "perceptron")
        assert result.code == 1
        assert result.err.startswith("The demo did not finish: ImportError: cannot import name 'Linear'")
        assert result.err.endswith("Next: tito milestone test perceptron\n")
        assert "Traceback" not in result.out + result.err

    def test_each_taught_milestone_has_one(self, course):
        from tito.course import REPOSITORY

        assert all((REPOSITORY / milestone.demo).is_file() for milestone in course.milestones)

    def test_one_without_a_demo_says_so(self, completed, course):
        from tito.errors import TitoError
        from tito.student import demos

        other = replace(course.milestone("perceptron"), folder="01_nothing")
        with pytest.raises(TitoError, match="has no demo"):
            demos.show(completed, course, other)
