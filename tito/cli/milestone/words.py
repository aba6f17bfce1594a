"""What the milestone commands share: states and durations in words, and prose that fits the terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from tito.cli.show import console, locked_by
from tito.course import in_short
from tito.student import milestones

if TYPE_CHECKING:
    from tito.student.roadmap import Stage

WIDEST = 88  # columns of prose that can still be read
LABEL = 9


def paragraph(text: str, label: str = "") -> None:
    """Print prose wrapped at words; with a label in front, under itself."""
    width = min(console().width, WIDEST)
    first, others = (f"   {label:<{LABEL}}", " " * (3 + LABEL)) if label else ("", "")
    click.echo(textwrap.fill(text, width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False))


def state_of(entry: milestones.MilestoneStatus) -> str:
    """Where a milestone stands, in words."""
    if entry.state == milestones.LOCKED:
        return locked_by(entry.missing)
    return f"{entry.state}, {entry.note}" if entry.state == milestones.PLANNED else entry.standing


def described(stage: Stage) -> str:
    """Where a stop of the road stands, in words."""
    if stage.state == milestones.LOCKED:
        return locked_by(stage.missing)
    if stage.state == milestones.PLANNED:
        return stage.note
    return f"{stage.state}, {stage.note}" if stage.note else stage.state


def in_brief(stage: Stage) -> str:
    """Where a stop of the road stands, short enough to stand beside other columns."""
    if stage.state != milestones.PLANNED:
        return described(stage)
    return f"awaits {in_short(stage.missing) or 'its notebook'} (planned)"


def minutes(seconds: float) -> str:
    """A duration as a person says it: ``48 s``, ``3 min 12 s``."""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{seconds:.1f} s" if whole < 10 else f"{whole} s"
