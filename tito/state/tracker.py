"""Milestone progress from Python: record a start, an attempt, a submission, and read what is recorded.

All of it stands in ``~/.tinytorch/progress.json`` and nowhere else; nothing leaves the machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tito.course import Course
from tito.state.attempts import Attempt, Figures, MeasuredAchievement, add_attempt, counts, finite
from tito.state.progress import Record, StateFile, current_milestone, milestone_progress, now, total_progress
from tito.workspace import Workspace


@dataclass(frozen=True)
class ReachedAchievement:
    """A victory condition that was reached: first when, and the best figure that was measured since, and when."""

    measured: float
    threshold: float
    reached_at: str
    measured_at: str


@dataclass(frozen=True)
class MilestoneRecord:
    """What is recorded of one milestone; empty where nothing is."""

    id: str
    started_at: str = ""
    verified_at: str = ""
    completed_at: str = ""
    completed_notebook_sha256: str = ""
    submitted_at: str = ""
    workspace: str = ""
    notebook_sha256: str = ""
    package_sha256: str = ""
    tests_passed: int = 0
    tests: int = 0
    figures: Figures = field(default_factory=dict)
    achievements: dict[str, ReachedAchievement] = field(default_factory=dict)
    best_score: float | None = None
    attempts: tuple[Attempt, ...] = ()
    rebuilt: bool = False


class MilestoneTracker:
    """Milestone progress of the person at this machine, as ``tito`` records it.

    >>> tracker = MilestoneTracker(Workspace.find(), the_course())      # doctest: +SKIP
    >>> tracker.record_start("perceptron")                              # doctest: +SKIP
    >>> tracker.milestone("perceptron").started_at                      # doctest: +SKIP
    '2026-01-01T12:00:00Z'
    """

    def __init__(self, workspace: Workspace, course: Course) -> None:
        self.workspace = workspace
        self.course = course
        self.state: StateFile = milestone_progress(workspace, course)

    def record_start(self, id: str) -> None:
        """Note that a milestone was started now, in this workspace; the first start stays."""

        root = str(self.workspace.root)
        known = self.milestone(id)
        if known.started_at and known.workspace == root:
            return

        def change(record: Record) -> None:
            record.setdefault("started_at", now())
            record["workspace"] = root

        self._change(id, change)

    def record_attempt(self, id: str, attempt: Attempt) -> None:
        """Add an attempt: the last 200 are kept, with the best one and those that verified and completed it."""
        self._change(id, lambda record: add_attempt(record, attempt))

    def record_achievements(self, id: str, measured: Iterable[MeasuredAchievement]) -> None:
        """Note the achievements among ``measured`` that were reached."""
        reached, moment = _reached(measured), now()
        if reached:
            self._change(id, lambda record: _add_achievements(record, reached, moment))

    def record_verification(self, id: str, attempt: Attempt, measured: Iterable[MeasuredAchievement]) -> bool:
        """Record one full verification run in one write; return whether the milestone is verified by it.

        It does when every check passed and every achievement was reached in this very run.
        """
        goals = tuple(measured)
        earned = attempt.whole and all(goal.reached for goal in goals)

        def change(record: Record) -> None:
            add_attempt(record, attempt)
            _add_achievements(record, _reached(goals), attempt.at)
            if earned:
                _verify(record, attempt)

        self._change(id, change)
        return earned

    def record_submission(self, id: str, attempt: Attempt, notebook_sha256: str = "", passed: bool = False) -> bool:
        """Record one run of a milestone's notebook; with the hash of the notebook it was handed in, in one write.

        Return whether the milestone is completed by it, for the first time: it was handed in, and ``passed``, which
        says that the notebook passed its checks end to end.
        """
        completes = passed and bool(notebook_sha256)
        before = self.milestone(id).completed_at

        def change(record: Record) -> None:
            if completes:
                record.setdefault("completed_at", attempt.at)
                record["completed_notebook_sha256"] = notebook_sha256
            add_attempt(record, attempt)
            if notebook_sha256:
                record.update(
                    submitted_at=attempt.at,
                    workspace=str(self.workspace.root),
                    notebook_sha256=notebook_sha256,
                    tests_passed=attempt.passed,
                    tests=attempt.total,
                )

        self._change(id, change)
        return completes and not before

    def refuse_unwritable(self) -> None:
        """Raise TitoError when nothing can be recorded, before a run whose result would be lost."""
        self.state.refuse_unwritable()

    def milestone(self, id: str) -> MilestoneRecord:
        """What is recorded of one milestone."""
        wanted = self.course.milestone(id).id
        return _view(wanted, self.state.read().get(wanted, {}))

    def milestones(self) -> dict[str, MilestoneRecord]:
        """What is recorded of each milestone that the course teaches, by id."""
        records = self.state.read()
        return {stone.id: _view(stone.id, records.get(stone.id, {})) for stone in self.course.milestones}

    def is_current(self, id: str, package_sha256: str) -> bool:
        """Whether a milestone is verified, with the package that has this hash."""
        record = self.milestone(id)
        return bool(record.verified_at and package_sha256) and record.package_sha256 == package_sha256

    @property
    def current(self) -> str | None:
        """The milestone that was worked on last and is neither completed nor submitted; None without one."""
        return current_milestone(self.course, self.state.read())

    @property
    def total_progress(self) -> float:
        """The share of the taught milestones that are completed, from 0 to 1."""
        return total_progress(self.course, self.state.read())

    def _change(self, id: str, change: Any) -> None:
        self.state.change(self.course.milestone(id).id, change)


def _reached(measured: Iterable[MeasuredAchievement]) -> dict[str, tuple[float, float]]:
    """Figure and threshold of each achievement that was reached."""
    return {
        goal.id: (float(goal.measured), float(goal.threshold))
        for goal in measured
        if goal.reached and goal.measured is not None and math.isfinite(goal.measured)
    }


def _add_achievements(record: Record, reached: Mapping[str, tuple[float, float]], moment: str) -> None:
    achievements = record.setdefault("achievements", {})
    for id, (measured, threshold) in reached.items():
        entry = achievements.setdefault(id, {"reached_at": moment})
        if "measured" not in entry or measured > entry["measured"]:
            entry.update(measured=measured, threshold=threshold, measured_at=moment)


def _verify(record: Record, run: Attempt) -> None:
    """Verify a record; a repeated run of the same package leaves it as it was."""
    if record.get("verified_at") and record.get("package_sha256") == run.package_sha256:
        return
    record.update(verified_at=run.at, package_sha256=run.package_sha256, figures=finite(run.figures))
    record.setdefault("first_verified_at", run.at)
    record.setdefault("attempts_until_verification", counts(record)[0])


def _view(id: str, record: Mapping[str, Any]) -> MilestoneRecord:
    known = {
        name: record[name]
        for name in MilestoneRecord.__dataclass_fields__
        if name in record and name not in ("id", "achievements", "attempts")
    }
    achievements = {name: _achievement(entry) for name, entry in record.get("achievements", {}).items()}
    attempts = tuple(_attempt(run) for run in record.get("attempts", ()))
    return MilestoneRecord(id=id, achievements=achievements, attempts=attempts, **known)


def _achievement(entry: Mapping[str, Any]) -> ReachedAchievement:
    reached_at = entry["reached_at"]
    return ReachedAchievement(entry["measured"], entry["threshold"], reached_at, entry.get("measured_at", reached_at))


def _attempt(run: Mapping[str, Any]) -> Attempt:
    return Attempt(**{name: run[name] for name in Attempt.__dataclass_fields__})
