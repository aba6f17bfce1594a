"""Milestone progress from Python: starts, attempts, achievements, completions, statistics."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from tito.course import REPOSITORY
from tito.errors import UnknownName
from tito.state.analytics import FigurePoint, MilestoneAnalytics, MilestoneStatistics
from tito.state.attempts import KEPT_ATTEMPTS, SUBMISSION, VERIFICATION, Attempt, MeasuredAchievement
from tito.state.tracker import MilestoneRecord, MilestoneTracker, ReachedAchievement
from tito.student.exports import package_hash

PACKAGE, OTHER = package_hash({"tensor.py": b"one"}), package_hash({"tensor.py": b"two"})


@pytest.fixture
def tracker(workspace, course) -> MilestoneTracker:
    return MilestoneTracker(workspace, course)


@pytest.fixture
def clock(monkeypatch) -> list[str]:
    """Each look at the time is a minute after the one before."""
    seen: list[str] = []

    def tick() -> str:
        hours, minutes = divmod(len(seen), 60)
        seen.append(f"2026-01-{hours // 24 + 1:02d}T{hours % 24:02d}:{minutes:02d}:00Z")
        return seen[-1]

    for module in ("tito.state.tracker", "tito.state.attempts"):
        monkeypatch.setattr(f"{module}.now", tick)
    return seen


def verification(passed: int = 4, total: int = 4, package: str = PACKAGE, **figures: float | str) -> Attempt:
    return Attempt.of(VERIFICATION, 2.5, passed, total, figures, package)


def goals(course, **measured: float | None) -> list[MeasuredAchievement]:
    """The first milestone's achievements with these figures."""
    return [
        MeasuredAchievement(goal.id, goal.title, goal.metric, goal.threshold, measured.get(goal.id))
        for goal in course.milestones[0].achievements
    ]


def test_nothing_yet(tracker, home):
    record = tracker.milestone("perceptron")
    assert dataclasses.asdict(record) == dataclasses.asdict(MilestoneRecord("perceptron"))
    assert (tracker.current, tracker.total_progress) == (None, 0.0)
    assert not (home / ".tinytorch").exists()


def test_a_name_that_is_none_is_refused(tracker):
    with pytest.raises(UnknownName, match="Did you mean 'perceptron'"):
        tracker.record_start("percepton")


def test_a_start_is_noted_once_with_its_workspace(tracker, clock, home):
    tracker.record_start("1")
    first = (home / ".tinytorch" / "progress.json").read_bytes()
    tracker.record_start("perceptron")
    assert (home / ".tinytorch" / "progress.json").read_bytes() == first
    record = tracker.milestone("perceptron")
    assert (record.started_at, record.workspace) == (clock[0], str(tracker.workspace.root))
    assert tracker.current == "perceptron"


def test_the_current_milestone_is_the_one_worked_on_last_that_is_not_finished(tracker, clock, home):
    def written() -> str | None:
        return json.loads((home / ".tinytorch" / "progress.json").read_text())["current_milestone"]

    seen = []
    for step in (
        lambda: tracker.record_start("perceptron"),
        lambda: tracker.record_start("mlp"),
        lambda: tracker.record_attempt("perceptron", verification(3)),
        lambda: tracker.record_submission("perceptron", Attempt.of(SUBMISSION, 1, 1, 2, {}, PACKAGE), "b" * 64),
        lambda: tracker.record_verification("mlp", verification(), []),
        lambda: tracker.record_submission("mlp", Attempt.of(SUBMISSION, 1, 1, 1, {}, PACKAGE), "c" * 64, True),
    ):
        step()
        seen.append(tracker.current)
        assert written() == seen[-1]
    assert seen == ["perceptron", "mlp", "perceptron", "mlp", "mlp", None]


class TestAttempts:
    def test_an_attempt_comes_back_as_it_was(self, tracker):
        attempt = verification(3, accuracy=0.75, data="moons")
        tracker.record_attempt("perceptron", attempt)
        assert tracker.milestone("perceptron").attempts == (attempt,)
        assert (attempt.score, attempt.whole) == (75.0, False)

    def test_a_run_without_checks_has_no_score_and_is_not_whole(self):
        assert (verification(0, 0).score, verification(0, 0).whole) == (0.0, False)

    def test_figures_that_are_no_finite_numbers_are_kept_as_words(self, tracker, home):
        tracker.record_attempt("perceptron", verification(loss=float("nan"), first=float("inf")))
        assert tracker.milestone("perceptron").attempts[0].figures == {"loss": "nan", "first": "inf"}
        assert "NaN" not in (home / ".tinytorch" / "progress.json").read_text()

    def test_the_best_score_is_that_of_a_verification(self, tracker):
        tracker.record_submission("perceptron", Attempt.of(SUBMISSION, 1, 5, 5, {}, PACKAGE))
        assert tracker.milestone("perceptron").best_score is None
        for passed in (1, 3, 2):
            tracker.record_attempt("perceptron", verification(passed))
        assert tracker.milestone("perceptron").best_score == 75.0

    def test_the_last_ones_the_best_and_the_deciding_ones_are_kept_and_all_are_counted(self, tracker, clock, course):
        tracker.record_attempt("perceptron", verification(1))
        tracker.record_attempt("perceptron", verification(4, loss=1.0))  # the best, and its goals not reached
        tracker.record_attempt("perceptron", verification(2))
        earned = verification(4, loss=0.5)
        assert tracker.record_verification("perceptron", earned, goals(course, moons_95=0.99, spiral_95=0.96))
        assert tracker.record_submission("perceptron", Attempt.of(SUBMISSION, 0.5, 2, 2, {}, PACKAGE), "b" * 64, True)
        for _ in range(KEPT_ATTEMPTS + 5):
            tracker.record_attempt("perceptron", verification(3))
        tracker.record_submission("perceptron", Attempt.of(SUBMISSION, 0.5, 1, 2, {}, PACKAGE))
        record = tracker.milestone("perceptron")
        assert len(record.attempts) == KEPT_ATTEMPTS + 3
        assert [run.figures.get("loss") for run in record.attempts[:4]] == [1.0, 0.5, None, None]
        assert record.attempts[2].at == record.completed_at
        assert record.attempts[-1].kind == SUBMISSION
        found = MilestoneAnalytics(tracker).statistics("perceptron")
        total = 4 + KEPT_ATTEMPTS + 5
        assert (found.verifications, found.submissions, found.attempts) == (total, 2, total + 2)
        assert (found.first_score, found.best_score, found.attempts_until_verification) == (25.0, 100.0, 4)
        assert found.time_spent_s == 2.5 * total + 1


class TestAchievements:
    def test_only_what_was_reached_is_noted(self, tracker, clock, course):
        tracker.record_achievements("perceptron", goals(course, moons_95=0.97, spiral_95=0.9))
        found = tracker.milestone("perceptron").achievements
        assert found == {"moons_95": ReachedAchievement(0.97, 0.95, clock[0], clock[0])}

    def test_nothing_reached_writes_nothing(self, tracker, course, home):
        tracker.record_achievements("perceptron", goals(course, moons_95=None, spiral_95=float("nan")))
        assert not (home / ".tinytorch").exists()

    def test_a_better_figure_is_noted_with_its_time_and_a_worse_one_is_not(self, tracker, clock, course):
        for value in (0.96, 0.99, 0.97):
            tracker.record_achievements("perceptron", goals(course, moons_95=value))
        found = tracker.milestone("perceptron").achievements["moons_95"]
        assert found == ReachedAchievement(0.99, 0.95, clock[0], clock[1])


class TestVerified:
    def test_all_checks_and_all_achievements_in_one_run_verify_a_milestone(self, tracker, clock, course):
        attempt = verification(accuracy=0.99)
        assert tracker.record_verification("perceptron", attempt, goals(course, moons_95=0.99, spiral_95=0.96))
        record = tracker.milestone("perceptron")
        assert (record.verified_at, record.package_sha256, record.completed_at) == (attempt.at, PACKAGE, "")
        assert record.figures == {"accuracy": 0.99}
        assert tracker.total_progress == 0

    @pytest.mark.parametrize(
        ("passed", "moons", "spiral", "reached"),
        [(3, 0.99, 0.99, {"moons_95", "spiral_95"}), (4, 0.99, 0.9, {"moons_95"}), (4, None, 0.99, {"spiral_95"})],
        ids=["a check failed", "a figure is too low", "a figure was not measured"],
    )
    def test_less_does_not(self, tracker, course, passed, moons, spiral, reached):
        attempt = verification(passed)
        assert not tracker.record_verification("perceptron", attempt, goals(course, moons_95=moons, spiral_95=spiral))
        record = tracker.milestone("perceptron")
        assert (record.verified_at, len(record.attempts)) == ("", 1)
        assert set(record.achievements) == reached

    def test_two_halves_in_two_runs_do_not(self, tracker, course):
        for measured in ({"moons_95": 0.99}, {"spiral_95": 0.99}):
            assert not tracker.record_verification("perceptron", verification(), goals(course, **measured))
        assert set(tracker.milestone("perceptron").achievements) == {"moons_95", "spiral_95"}
        assert not tracker.milestone("perceptron").verified_at

    def test_it_holds_for_the_package_that_was_measured(self, tracker):
        assert not tracker.is_current("perceptron", PACKAGE)
        tracker.record_verification("perceptron", verification(), [])
        assert tracker.is_current("perceptron", PACKAGE)
        assert not tracker.is_current("perceptron", OTHER)
        assert not tracker.is_current("perceptron", "")

    def test_the_same_package_again_changes_nothing_and_another_one_is_noted(self, tracker, clock, home):
        for package in (PACKAGE, PACKAGE, OTHER):
            tracker.record_verification("perceptron", verification(package=package, at=float(len(clock))), [])
        record, stored = tracker.milestone("perceptron"), tracker.state.read()["perceptron"]
        assert (record.verified_at, record.package_sha256, record.figures) == (clock[2], OTHER, {"at": 2.0})
        assert stored["first_verified_at"] == clock[0]
        assert MilestoneAnalytics(tracker).statistics("perceptron").attempts_until_verification == 1


class TestCompleted:
    def test_the_first_notebook_that_passes_and_is_handed_in_completes_a_milestone(self, tracker, clock, course, home):
        def submit(notebook: str, passed: bool) -> bool:
            attempt = Attempt.of(SUBMISSION, 1, 1 + passed, 2, {}, PACKAGE)
            return tracker.record_submission("perceptron", attempt, notebook, passed)

        assert not submit("a" * 64, False)
        assert not submit("", True)
        assert not tracker.milestone("perceptron").completed_at
        assert submit("b" * 64, True)
        first = tracker.milestone("perceptron")
        assert (first.completed_at, first.completed_notebook_sha256) == (clock[-1], "b" * 64)
        assert not submit("c" * 64, True)
        assert not submit("d" * 64, False)
        last = tracker.milestone("perceptron")
        assert (last.completed_at, last.completed_notebook_sha256) == (first.completed_at, "c" * 64)
        assert (last.submitted_at, last.notebook_sha256, last.verified_at) == (clock[-1], "d" * 64, "")
        written = json.loads((home / ".tinytorch" / "progress.json").read_text())
        assert written["total_progress"] == tracker.total_progress == round(1 / len(course.milestones), 4)


class TestStatistics:
    def test_none_yet(self, tracker):
        empty = MilestoneStatistics(0, 0, 0, None, None, 0.0, None, {})
        assert MilestoneAnalytics(tracker).statistics("perceptron") == empty
        assert MilestoneAnalytics(tracker).statistics() == empty

    def test_figures_over_the_attempts_hold_only_numbers(self, tracker, clock):
        for value in (0.5, 0.75):
            tracker.record_attempt("perceptron", verification(3, accuracy=value, data="moons"))
        found = MilestoneAnalytics(tracker).statistics("perceptron").figures
        assert found == {"accuracy": (FigurePoint(clock[0], 0.5), FigurePoint(clock[1], 0.75))}

    def test_all_milestones_together(self, tracker, clock):
        tracker.record_attempt("mlp", verification(1, accuracy=0.2))
        tracker.record_attempt("perceptron", verification(3, accuracy=0.5))
        tracker.record_verification("perceptron", verification(4), [])
        tracker.record_submission("perceptron", Attempt.of(SUBMISSION, 1.5, 1, 2, {}, PACKAGE))
        found = MilestoneAnalytics(tracker).statistics()
        assert (found.attempts, found.verifications, found.submissions) == (4, 3, 1)
        assert (found.first_score, found.best_score, found.time_spent_s) == (25.0, 100.0, 9.0)
        assert found.attempts_until_verification == 2
        assert set(found.figures) == {"mlp.accuracy", "perceptron.accuracy"}


def test_the_hash_of_a_package_knows_names_and_contents_and_no_order():
    assert package_hash({"a.py": b"1", "b.py": b"2"}) == package_hash({"b.py": b"2", "a.py": b"1"})
    others = [{}, {"a.py": b"1"}, {"a.py": b"2"}, {"b.py": b"1"}, {"a.py": b"1", "b.py": b""}, {"a.p": b"y1"}]
    assert len({package_hash(files) for files in others}) == len(others)


def test_the_example_of_the_documentation_runs(tracker, course, capsys):
    attempt = verification(moons_accuracy=0.99)
    tracker.record_verification("perceptron", attempt, goals(course, moons_95=0.99, spiral_95=0.96))
    (example,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs" / "state.md").read_text(), re.DOTALL)
    exec(compile(example, "docs/state.md", "exec"), {})
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"perceptron {tracker.total_progress}"
    assert shown[2:] == ["1 100.0 100.0 2.5", f"{attempt.at} 0.99"]
