"""What a student does with milestones: see where they stand, start one, verify the framework behind it, submit."""

from __future__ import annotations

from dataclasses import dataclass

from tito.course import Category, Course, Milestone, in_short
from tito.errors import TitoError
from tito.state.attempts import VERIFICATION
from tito.state.progress import file_hash
from tito.state.tracker import MilestoneRecord, MilestoneTracker
from tito.student import modules
from tito.student.exports import exports_hash, needed_package
from tito.workspace import Workspace

PLANNED = "planned"
LOCKED = "locked"
UNLOCKED = "unlocked"
STARTED = "started"
VERIFIED = "verified"
SUBMITTED = "submitted"
COMPLETED = "completed"


CHANGED = "changed since"


@dataclass(frozen=True)
class MilestoneStatus:
    """Where one milestone stands, which modules it still needs, and the command that comes next.

    It is verified when its verification passed and every achievement was reached, and ``is_current`` says whether the
    exports are still those that were measured. It is completed when a notebook that passes its checks was handed in.
    """

    number: int
    id: str
    title: str
    year: int
    state: str
    missing: tuple[int, ...]
    note: str
    rubric: tuple[Category, ...]
    next: str
    verified_at: str = ""
    completed_at: str = ""
    is_current: bool = False

    @property
    def verification(self) -> str:
        """Whether it is verified, in words."""
        if not self.verified_at:
            return "not verified"
        return VERIFIED if self.is_current else f"{VERIFIED}, {CHANGED}"

    @property
    def standing(self) -> str:
        """Where it stands, in words: its state, and for what was handed in also whether it is verified."""
        state = f"{self.state}, {self.note}" if self.note and self.state != PLANNED else self.state
        if self.state not in (COMPLETED, SUBMITTED):
            return state
        both = state == COMPLETED and self.verification == VERIFIED
        return f"{state} and {VERIFIED}" if both else f"{state}; {self.verification}"


def statuses(workspace: Workspace, course: Course) -> list[MilestoneStatus]:
    """Where each milestone of the course stands for the student of this workspace."""
    found = modules.statuses(workspace, course)
    records = MilestoneTracker(workspace, course).milestones()
    return [_status(workspace, course, milestone, found, records[milestone.id]) for milestone in course.milestones]


def planned(course: Course) -> list[MilestoneStatus]:
    """The milestones that the table plans; ``missing`` are the modules that the course does not teach yet."""
    return [
        MilestoneStatus(
            stone.number, stone.id, stone.title, stone.year, PLANNED, _unwritten(course, stone),
            awaits(course, stone), stone.rubric, "",
        )
        for stone in course.planned_milestones
    ]  # fmt: skip


def awaits(course: Course, milestone: Milestone) -> str:
    """What a planned milestone waits for, in words."""
    numbers = _unwritten(course, milestone)
    if not numbers:
        return "awaits its notebook, which is not part of this course yet"
    verb, noun = ("are", "modules") if len(numbers) > 1 else ("is", "module")
    return f"awaits {noun} {in_short(numbers)}, which {verb} not part of this course yet"


def start(workspace: Workspace, course: Course, milestone: Milestone) -> modules.Started:
    """Put a milestone's released notebook into the workspace; raise TitoError while the milestone is locked."""
    with workspace.locked():
        refuse_locked(workspace, course, milestone)
        tracker = MilestoneTracker(workspace, course)
        tracker.refuse_unwritable()
        place = modules.place_notebook(workspace, milestone)
        tracker.record_start(milestone.id)
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
    return needed_package(workspace, milestone, course)


def _unwritten(course: Course, milestone: Milestone) -> tuple[int, ...]:
    return tuple(module.number for module in course.required_by(milestone) if module.planned)


def _status(
    workspace: Workspace,
    course: Course,
    milestone: Milestone,
    found: list[modules.ModuleStatus],
    record: MilestoneRecord,
) -> MilestoneStatus:
    missing = _missing(found, milestone)
    current = bool(record.verified_at) and exports_hash(workspace, course, milestone) == record.package_sha256
    state, note, command = _state(workspace, milestone, missing, record, current)
    return MilestoneStatus(
        number=milestone.number,
        id=milestone.id,
        title=milestone.title,
        year=milestone.year,
        state=state,
        missing=tuple(status.number for status in missing),
        note=note,
        rubric=milestone.rubric,
        next=command,
        verified_at=record.verified_at,
        completed_at=record.completed_at,
        is_current=current,
    )


def _state(
    workspace: Workspace,
    milestone: Milestone,
    missing: list[modules.ModuleStatus],
    record: MilestoneRecord,
    current: bool,
) -> tuple[str, str, str]:
    """A milestone's state, a note on it, and the next command."""
    notebook = workspace.notebook(milestone)
    start, test, submit = (f"tito milestone {verb} {milestone.id}" for verb in ("start", "test", "submit"))
    if record.completed_at or record.submitted_at:
        state = COMPLETED if record.completed_at else SUBMITTED
        known = record.completed_notebook_sha256 if record.completed_at else record.notebook_sha256
        changed = notebook.is_file() and file_hash(notebook) != known
        unproved = not record.verified_at and not _was_tested(record)
        return state, CHANGED if changed else "", submit if changed else test if unproved else ""
    if record.verified_at:
        begun = submit if notebook.is_file() else start
        again = missing[0].next if missing else test
        return VERIFIED, "" if current else CHANGED, begun if current else again
    if missing:
        return LOCKED, "", missing[0].next
    if notebook.is_file():
        return STARTED, "", submit if _was_tested(record) else test
    return UNLOCKED, "", start


def _was_tested(record: MilestoneRecord) -> bool:
    return any(attempt.kind == VERIFICATION for attempt in record.attempts)


def _missing(found: list[modules.ModuleStatus], milestone: Milestone) -> list[modules.ModuleStatus]:
    return [status for status in found if status.number in milestone.needs and not status.done]
