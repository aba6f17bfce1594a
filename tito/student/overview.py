"""Where a student is: modules, milestones and the one next step, from the same records as everything else."""

from __future__ import annotations

from dataclasses import dataclass

from tito.course import Course
from tito.state.tracker import MilestoneTracker
from tito.student import milestones, modules
from tito.student.roadmap import next_step
from tito.workspace import Workspace


@dataclass(frozen=True)
class ModulePlace:
    """Where one module stands."""

    number: int
    name: str
    state: str
    note: str


@dataclass(frozen=True)
class MilestonePlace:
    """Where one milestone stands (``standing`` says it in words), the modules that it still awaits, and a note."""

    number: int
    id: str
    title: str
    year: int
    state: str
    missing: tuple[int, ...]
    note: str
    standing: str
    verified_at: str
    completed_at: str


@dataclass(frozen=True)
class Overview:
    """Everything at a glance; ``next`` is the one command to type."""

    workspace: str
    modules: tuple[ModulePlace, ...]
    milestones: tuple[MilestonePlace, ...]
    current_milestone: str | None
    total_progress: float
    next: str
    why: str


def overview(workspace: Workspace, course: Course) -> Overview:
    """Where the student of a workspace is, and what comes next."""
    found = modules.statuses(workspace, course)
    stones = milestones.statuses(workspace, course)
    tracker = MilestoneTracker(workspace, course)
    command, why = _next(workspace, course, found, stones)
    return Overview(
        str(workspace.root),
        tuple(
            ModulePlace(status.number, status.name, status.state, status.note)
            for status in [*found, *modules.planned(course)]
        ),
        tuple(map(_place, [*stones, *milestones.planned(course)])),
        tracker.current,
        tracker.total_progress,
        command,
        why,
    )


def _place(stone: milestones.MilestoneStatus) -> MilestonePlace:
    return MilestonePlace(
        stone.number,
        stone.id,
        stone.title,
        stone.year,
        stone.state,
        stone.missing,
        stone.note,
        stone.standing,
        stone.verified_at,
        stone.completed_at,
    )


def _next(
    workspace: Workspace,
    course: Course,
    found: list[modules.ModuleStatus],
    stones: list[milestones.MilestoneStatus],
) -> tuple[str, str]:
    """The one next command, and why: mend what is stale, then the milestones in order, then modules beyond them."""
    for status in found:
        if status.state == modules.STALE:
            return status.next, f"{course.module(status.number).label} is stale: {status.note}"
    step = next_step(workspace, course)
    if not any(stone.next for stone in stones):
        for status in found:
            if status.next:
                return status.next, f"{course.module(status.number).label} is {status.state}"
    return step.command, step.why
