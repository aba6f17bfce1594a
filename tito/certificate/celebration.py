"""What there is to celebrate: a milestone that is verified or completed, with the figures that earned it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tito.certificate.record import Goal
from tito.course import Course, Milestone
from tito.errors import TitoError
from tito.state.tracker import MilestoneTracker
from tito.student import milestones, modules, roadmap
from tito.workspace import Workspace


@dataclass(frozen=True)
class Celebration:
    """A milestone: what it shows, what was measured when, what was handed in when, and which modules brought what.

    ``completed_at`` is empty while no notebook that passes its checks was handed in, ``verified_at`` while nothing was
    measured.
    """

    milestone: str
    number: int
    title: str
    year: int
    badge: str
    ability: str
    victory: str
    completed_at: str
    verified_at: str
    package_sha256: str
    goals: tuple[Goal, ...]
    parts: tuple[roadmap.ModulePart, ...]


def celebration(workspace: Workspace, course: Course, milestone: Milestone) -> Celebration:
    """What a completed milestone has to show; raise TitoError when it is none, or measured with other exports."""
    statuses = milestones.statuses(workspace, course)
    _refuse_unearned(milestone, next(status for status in statuses if status.id == milestone.id))
    return reached(workspace, course, milestone)


def reached(workspace: Workspace, course: Course, milestone: Milestone) -> Celebration:
    """What a milestone has to show so far."""
    states = {entry.number: entry.state for entry in modules.statuses(workspace, course)}
    record = MilestoneTracker(workspace, course).milestone(milestone.id)
    return Celebration(
        milestone=milestone.id,
        number=milestone.number,
        title=milestone.title,
        year=milestone.year,
        badge=milestone.badge,
        ability=milestone.ability,
        victory=milestone.victory,
        completed_at=record.completed_at,
        verified_at=record.verified_at,
        package_sha256=record.package_sha256,
        goals=_goals(milestone, record.figures),
        parts=roadmap.parts(course, milestone, states),
    )


def _goals(milestone: Milestone, figures: Mapping[str, float | str]) -> tuple[Goal, ...]:
    found = [(goal, figures.get(goal.metric)) for goal in milestone.achievements]
    return tuple(
        Goal(goal.id, goal.title, goal.metric, goal.threshold, value)
        for goal, value in found
        if isinstance(value, float)
    )


def _refuse_unearned(milestone: Milestone, status: milestones.MilestoneStatus) -> None:
    if not status.completed_at:
        why = "no notebook that passes its checks was handed in"
        raise TitoError(f"{milestone.label} is not completed: {why}.", f"tito milestone submit {milestone.id}")
    if status.verified_at and not status.is_current:
        test = status.next if status.missing else f"tito milestone test {milestone.id}"
        day = status.verified_at[:10]
        raise TitoError(f"The modules of {milestone.label} changed since it was measured on {day}.", test)
