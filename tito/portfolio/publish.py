"""Collect a portfolio from what is on record, and write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tito import __version__
from tito.certificate.record import clean_name
from tito.course import Course, Milestone, in_short
from tito.files import write_atomically
from tito.portfolio.page import html
from tito.portfolio.plots import Plot, plots_of
from tito.portfolio.record import Badge, Checkpoint, Goal, Portfolio
from tito.state.progress import module_progress, now
from tito.state.tracker import MilestoneRecord, MilestoneTracker
from tito.student import milestones, modules
from tito.workspace import Workspace

FOLDER, FILE = "portfolio", "index.html"


@dataclass(frozen=True)
class Written:
    """The page that was written, and what is on it."""

    file: str
    milestones: tuple[str, ...]
    modules: tuple[int, ...]
    plots: int
    size_bytes: int
    notes: tuple[str, ...]


def publish(workspace: Workspace, course: Course, name: str = "", output: Path | None = None) -> Written:
    """Write the portfolio of a workspace's student as one HTML file that needs nothing else."""
    found, notes = collect(workspace, course, name)
    path = (output.resolve() if output else workspace.root / FOLDER) / FILE
    content = html(found).encode()
    write_atomically(path, content)
    return Written(
        file=workspace.shown(path),
        milestones=tuple(badge.milestone.id for badge in found.badges if badge.completed_at),
        modules=tuple(entry.number for entry in found.checkpoints if entry.completed_at),
        plots=sum(len(badge.plots) for badge in found.badges),
        size_bytes=len(content),
        notes=tuple(notes),
    )


def collect(workspace: Workspace, course: Course, name: str = "") -> tuple[Portfolio, list[str]]:
    """What goes on the page, and what could not (plots that no package here can read, say)."""
    records = MilestoneTracker(workspace, course).milestones()
    entries = [*milestones.statuses(workspace, course), *milestones.planned(course)]
    notes: list[str] = []
    badges = []
    for entry, milestone in zip(entries, (*course.milestones, *course.planned_milestones), strict=True):
        plots, note = plots_of(workspace, milestone)
        notes += [note] * bool(note)
        badges.append(_badge(milestone, entry, records.get(milestone.id, MilestoneRecord(milestone.id)), plots))
    made = Portfolio(
        course=course.title,
        repository=course.repository,
        name=clean_name(name),
        made_at=now(),
        tito=__version__,
        badges=tuple(badges),
        checkpoints=_checkpoints(workspace, course),
    )
    return made, notes


def _badge(
    milestone: Milestone, entry: milestones.MilestoneStatus, record: MilestoneRecord, plots: tuple[Plot, ...]
) -> Badge:
    reached = record.achievements
    goals = tuple(
        Goal(goal.title, reached[goal.id].threshold, reached[goal.id].measured, reached[goal.id].measured_at)
        for goal in milestone.achievements
        if goal.id in reached
    )
    return Badge(milestone, entry.completed_at, entry.verified_at, _words(entry), record.figures, goals, plots)


def _words(entry: milestones.MilestoneStatus) -> str:
    """Where a milestone stands, in words."""
    changed = "; the framework has changed since it was measured" if entry.verified_at and not entry.is_current else ""
    if entry.completed_at:
        return f"completed{changed}" if entry.verified_at else "completed; not measured yet"
    if entry.verified_at:
        return f"verified, not completed{changed}"
    if entry.state == milestones.PLANNED:
        return entry.note
    if entry.missing:
        return f"locked: needs modules {in_short(entry.missing)}"
    return "open: not measured yet"


def _checkpoints(workspace: Workspace, course: Course) -> tuple[Checkpoint, ...]:
    records = module_progress(workspace, course).read()
    found = []
    for entry, module in zip(modules.statuses(workspace, course), course.modules, strict=True):
        at = str(records.get(module.id, {}).get("completed_at") or "") if entry.done else ""
        words = "changed since" if entry.state == modules.STALE else "" if at else "not yet"
        found.append(Checkpoint(module.number, module.title, module.ability, at, words))
    planned = (
        Checkpoint(module.number, module.title, module.ability, "", "planned") for module in course.planned_modules
    )
    return (*found, *planned)
