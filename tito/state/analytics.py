"""Statistics over the attempts at milestones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tito.state.attempts import VERIFICATION, counts
from tito.state.tracker import MilestoneTracker


@dataclass(frozen=True)
class FigurePoint:
    """What one attempt measured."""

    at: str
    value: float


@dataclass(frozen=True)
class MilestoneStatistics:
    """Numbers over the attempts; scores are those of verifications, None without one."""

    attempts: int
    verifications: int
    submissions: int
    first_score: float | None
    best_score: float | None
    time_spent_s: float
    attempts_until_verification: int | None
    figures: dict[str, tuple[FigurePoint, ...]]


class MilestoneAnalytics:
    """Statistics over what a tracker has recorded."""

    def __init__(self, tracker: MilestoneTracker) -> None:
        self.tracker = tracker

    def statistics(self, id: str | None = None) -> MilestoneStatistics:
        """Statistics of one milestone; without ``id`` of all, whose figures are named ``milestone.figure``."""
        if id is not None:
            wanted = self.tracker.course.milestone(id).id
            return _statistics(self.tracker.state.read().get(wanted, {}))
        records = self.tracker.state.read()
        return _together({stone.id: records.get(stone.id, {}) for stone in self.tracker.course.milestones})


def _statistics(record: Mapping[str, Any]) -> MilestoneStatistics:
    verifications, submissions = counts(record)
    attempts, earlier = record.get("attempts", ()), record.get("earlier_attempts", {})
    scores = [run["score"] for run in attempts if run["kind"] == VERIFICATION]
    first = earlier.get("first_score", scores[0] if scores else None)
    seconds = earlier.get("seconds", 0.0) + sum(run["seconds"] for run in attempts)
    figures: dict[str, tuple[FigurePoint, ...]] = {}
    for run in attempts:
        for name, value in run["figures"].items():
            if not isinstance(value, str):
                figures[name] = (*figures.get(name, ()), FigurePoint(run["at"], value))
    return MilestoneStatistics(
        verifications + submissions,
        verifications,
        submissions,
        first,
        record.get("best_score"),
        round(seconds, 2),
        record.get("attempts_until_verification"),
        figures,
    )


def _together(records: Mapping[str, Mapping[str, Any]]) -> MilestoneStatistics:
    """Statistics of several milestones: sums, the score of the earliest attempt, the best of all."""
    each = {id: _statistics(record) for id, record in records.items()}
    begun = [id for id, found in each.items() if found.first_score is not None]
    first = min(begun, key=lambda id: _first_at(records[id]), default=None)
    until = [found.attempts_until_verification for found in each.values() if found.attempts_until_verification]
    return MilestoneStatistics(
        sum(found.attempts for found in each.values()),
        sum(found.verifications for found in each.values()),
        sum(found.submissions for found in each.values()),
        each[first].first_score if first else None,
        max((each[id].best_score or 0.0 for id in begun), default=None),
        round(sum(found.time_spent_s for found in each.values()), 2),
        sum(until) if until else None,
        {f"{id}.{name}": points for id, found in each.items() for name, points in found.figures.items()},
    )


def _first_at(record: Mapping[str, Any]) -> str:
    return next((run["at"] for run in record["attempts"] if run["kind"] == VERIFICATION), "")
