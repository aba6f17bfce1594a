"""The milestones as a road: details of each, the history, what can be run now, and the one next step."""

from __future__ import annotations

from dataclasses import dataclass

from tito.course import Achievement, Category, Course, Milestone
from tito.state.analytics import MilestoneAnalytics
from tito.state.tracker import MilestoneRecord, MilestoneTracker, ReachedAchievement
from tito.student import milestones, modules
from tito.student.milestones import COMPLETED, LOCKED, PLANNED, SUBMITTED, VERIFIED, MilestoneStatus
from tito.workspace import Workspace

READY = "ready"


@dataclass(frozen=True)
class ModulePart:
    """What one module brings to a milestone, and where that module stands."""

    number: int
    name: str
    gives: str
    state: str


@dataclass(frozen=True)
class Goal:
    """An achievement: what is needed, and the best that was measured when (None where nothing reached it yet)."""

    id: str
    title: str
    metric: str
    threshold: float
    measured: float | None
    measured_at: str
    reached_at: str


@dataclass(frozen=True)
class MilestoneDetails:
    """Everything that the table and the records know of one milestone."""

    status: MilestoneStatus
    ability: str
    victory: str
    badge: str
    data: str
    history: str
    parts: tuple[ModulePart, ...]
    goals: tuple[Goal, ...]
    runs: tuple[str, ...]
    rubric: tuple[Category, ...]
    attempts: int
    time_spent_s: float
    best_score: float | None


@dataclass(frozen=True)
class Stage:
    """One stop of the road: something that a network learned for the first time, and whether yours can prove it."""

    year: int
    id: str
    title: str
    milestone: str
    condition: str
    history: str
    state: str
    missing: tuple[int, ...]
    note: str
    command: str


@dataclass(frozen=True)
class NextStep:
    """The one next milestone, the one next command, and why it is that one."""

    milestone: str
    title: str
    year: int
    ability: str
    state: str
    why: str
    command: str


def details(workspace: Workspace, course: Course) -> list[MilestoneDetails]:
    """Each milestone, taught or planned, with what it exercises and what was measured."""
    found = [*milestones.statuses(workspace, course), *milestones.planned(course)]
    states = {status.number: status.state for status in modules.statuses(workspace, course)}
    stones = (*course.milestones, *course.planned_milestones)
    tracker = MilestoneTracker(workspace, course)
    records, analytics = tracker.milestones(), MilestoneAnalytics(tracker)
    return [
        _details(course, stone, status, states, records.get(stone.id), analytics)
        for stone, status in zip(stones, found, strict=True)
    ]


def stages(workspace: Workspace, course: Course) -> list[Stage]:
    """The road through the history: each verification, and each milestone that has none, in the order of the years."""
    stones = {stone.id: stone for stone in (*course.milestones, *course.planned_milestones)}
    found = [*milestones.statuses(workspace, course), *milestones.planned(course)]
    road = [stage for status in found for stage in _stages(stones[status.id], status)]
    return sorted(road, key=lambda stage: stage.year)


def next_step(workspace: Workspace, course: Course) -> NextStep:
    """What to do next: the first milestone that is not finished, and the command that brings it on."""
    found = milestones.statuses(workspace, course)
    for stone, status in zip(course.milestones, found, strict=True):
        if status.next:
            return _step(stone, status, _why(course, stone, status), status.next)
    for stone, status in zip(course.planned_milestones, milestones.planned(course), strict=True):
        why = f"everything that this course teaches so far is handed in; {stone.label} {status.note}"
        return _step(stone, status, why, "tito milestone timeline")
    why = "every milestone of this course is handed in"
    return _step(course.milestones[-1], found[-1], why, "tito milestone timeline")


def current(workspace: Workspace, course: Course) -> Milestone:
    """The milestone that a command without a name means: the first unlocked one that is not verified.

    Without one, the last that is not locked; the first of all while every one is locked.
    """
    found = dict(zip(course.milestones, milestones.statuses(workspace, course), strict=True))
    open_ones = [stone for stone, status in found.items() if not status.missing]
    unproved = [stone for stone in open_ones if not found[stone].is_current]
    return next(iter([*unproved, *reversed(open_ones)]), course.milestones[0])


def _details(
    course: Course,
    stone: Milestone,
    status: MilestoneStatus,
    states: dict[int, str],
    record: MilestoneRecord | None,
    analytics: MilestoneAnalytics,
) -> MilestoneDetails:
    numbers = analytics.statistics(stone.id) if record else None
    return MilestoneDetails(
        status=status,
        ability=stone.ability,
        victory=stone.victory,
        badge=stone.badge,
        data=stone.data,
        history=stone.history,
        parts=parts(course, stone, states),
        goals=goals(stone, record),
        runs=tuple(proof.id for proof in stone.verifications),
        rubric=stone.rubric,
        attempts=numbers.attempts if numbers else 0,
        time_spent_s=numbers.time_spent_s if numbers else 0.0,
        best_score=numbers.best_score if numbers else None,
    )


def parts(course: Course, stone: Milestone, states: dict[int, str]) -> tuple[ModulePart, ...]:
    """The modules that a milestone exercises, with what each contributes (empty where the table says nothing)."""
    gives = {part.module: part.gives for part in stone.contributions}
    return tuple(
        ModulePart(module.number, module.name, gives.get(module.number, ""), states.get(module.number, modules.PLANNED))
        for module in course.required_by(stone)
    )


def goals(stone: Milestone, record: MilestoneRecord | None) -> tuple[Goal, ...]:
    """A milestone's achievements beside the best figures on record."""
    reached = record.achievements if record else {}
    return tuple(_goal(goal, reached.get(goal.id)) for goal in stone.achievements)


def _goal(goal: Achievement, reached: ReachedAchievement | None) -> Goal:
    measured = (reached.measured, reached.measured_at, reached.reached_at) if reached else (None, "", "")
    return Goal(goal.id, goal.title, goal.metric, goal.threshold, *measured)


def _stages(stone: Milestone, status: MilestoneStatus) -> list[Stage]:
    state, note = _stage_state(status)
    runs = state not in (LOCKED, PLANNED)
    told = [(proof, proof.condition, f"tito milestone run {proof.id}") for proof in stone.verifications]
    return [
        Stage(
            year=entry.year,
            id=entry.id,
            title=entry.title,
            milestone=stone.id,
            condition=condition,
            history=entry.history,
            state=state,
            missing=status.missing,
            note=note,
            command=command if runs else status.next,
        )
        for entry, condition, command in told or [(stone, stone.victory, status.next)]
    ]


def _stage_state(status: MilestoneStatus) -> tuple[str, str]:
    """What a stop of the road says: completed or verified when its milestone is, else whether it can be run."""
    if status.state == PLANNED:
        return PLANNED, status.note
    if status.missing:
        return LOCKED, ""
    if status.completed_at:
        return COMPLETED, status.verification
    if status.verified_at:
        return VERIFIED, "" if status.is_current else milestones.CHANGED
    return READY, ""


def _why(course: Course, stone: Milestone, status: MilestoneStatus) -> str:
    first = course.module(status.missing[0]).label if status.missing else ""
    reasons = {
        LOCKED: f"it needs modules that are not completed yet, {first} first",
        milestones.UNLOCKED: "every module that it needs is completed",
        milestones.STARTED: "its notebook lies in your workspace and it is not completed",
        VERIFIED: "it is verified, and its notebook is not handed in yet",
        SUBMITTED: "its notebook changed since it was handed in",
        COMPLETED: "its notebook changed since it was handed in",
    }
    if status.state == VERIFIED and not status.is_current:
        return f"{stone.label} was verified, and its modules changed since"
    if status.state in (SUBMITTED, COMPLETED) and not status.note:
        return f"{stone.label} is handed in, and your framework was not measured for it yet"
    return f"{stone.label} is next: {reasons[status.state]}"


def _step(stone: Milestone, status: MilestoneStatus, why: str, command: str) -> NextStep:
    return NextStep(stone.id, stone.title, stone.year, stone.ability, status.state, why, command)
