"""What a student does with milestones: see where they stand, start one, verify the framework behind it, submit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tito import checks, modules
from tito.course import Category, Course, Milestone
from tito.errors import TitoError
from tito.progress import file_hash, milestone_progress, now
from tito.workspace import Workspace

LOCKED = "locked"
UNLOCKED = "unlocked"
STARTED = "started"
SUBMITTED = "submitted"


@dataclass(frozen=True)
class MilestoneStatus:
    """Where one milestone stands, which modules it still needs, and the command that comes next."""

    number: int
    id: str
    title: str
    year: int
    state: str
    missing: tuple[int, ...]
    note: str
    rubric: tuple[Category, ...]
    next: str


def statuses(workspace: Workspace, course: Course) -> list[MilestoneStatus]:
    """Where each milestone of the course stands for the student of this workspace."""
    found = modules.statuses(workspace, course)
    records = milestone_progress(workspace, course).read()
    return [_status(workspace, milestone, found, records.get(milestone.id, {})) for milestone in course.milestones]


def start(workspace: Workspace, course: Course, milestone: Milestone) -> modules.Started:
    """Put a milestone's released notebook into the workspace; raise TitoError while the milestone is locked."""
    with workspace.locked():
        refuse_locked(workspace, course, milestone)
        place = modules.place_notebook(workspace, milestone)
        record = milestone_progress(workspace, course).read().get(milestone.id, {})
        if place.new or not record.get("started_at"):
            milestone_progress(workspace, course).update(milestone.id, started_at=now(), workspace=str(workspace.root))
        return place


def refuse_locked(workspace: Workspace, course: Course, milestone: Milestone) -> None:
    """Raise TitoError when modules that a milestone needs are missing, with the command for the first of them."""
    found = modules.statuses(workspace, course)
    missing = _missing(found, milestone)
    if missing:
        names = ", ".join(course.module(status.number).label for status in missing)
        raise TitoError(f"{milestone.label} is locked: it needs {names}.", missing[0].next)


def refuse_stale(workspace: Workspace, course: Course, milestone: Milestone) -> None:
    """Raise TitoError when an export that a milestone needs is not what its notebook says."""
    for status in modules.statuses(workspace, course):
        if status.number in milestone.needs and status.state == modules.STALE:
            label = course.module(status.number).label
            raise TitoError(f"The export of {label} is stale: {status.note}.", status.next)


def needed_exports(workspace: Workspace, course: Course, milestone: Milestone) -> dict[str, bytes]:
    """The exports that a milestone runs with, by file name; raise TitoError when it is locked or one is missing."""
    refuse_locked(workspace, course, milestone)
    return checks.needed_package(workspace, milestone, course)


def _status(
    workspace: Workspace,
    milestone: Milestone,
    found: list[modules.ModuleStatus],
    record: Mapping[str, Any],
) -> MilestoneStatus:
    missing = _missing(found, milestone)
    state, note, command = _state(workspace, milestone, missing, record)
    return MilestoneStatus(
        milestone.number,
        milestone.id,
        milestone.title,
        milestone.year,
        state,
        tuple(status.number for status in missing),
        note,
        milestone.rubric,
        command,
    )


def _state(
    workspace: Workspace,
    milestone: Milestone,
    missing: list[modules.ModuleStatus],
    record: Mapping[str, Any],
) -> tuple[str, str, str]:
    """A milestone's state, a note on it, and the next command."""
    notebook = workspace.notebook(milestone)
    submit = f"tito milestone submit {milestone.id}"
    if record.get("submitted_at"):
        changed = notebook.is_file() and file_hash(notebook) != record.get("notebook_sha256")
        return SUBMITTED, "changed since" if changed else "", submit if changed else ""
    if missing:
        return LOCKED, "", missing[0].next
    if notebook.is_file():
        return STARTED, "", submit
    return UNLOCKED, "", f"tito milestone start {milestone.id}"


def _missing(found: list[modules.ModuleStatus], milestone: Milestone) -> list[modules.ModuleStatus]:
    return [status for status in found if status.number in milestone.needs and not status.done]
