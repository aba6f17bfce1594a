"""tito status."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from tito.cli.show import json_option, next_command, print_json, say, table
from tito.course import in_short, the_course
from tito.student.milestones import PLANNED
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.student.overview import MilestonePlace, ModulePlace, Overview

AWAITS = {"unlocked": "your start", "started": "your work, and its submission", "verified": "your submission"}


@click.command(epilog="Example: tito status --milestones")
@click.option("--milestones", "detailed", is_flag=True, help="Show each milestone and what it awaits.")
@json_option
def status(detailed: bool, as_json: bool) -> None:
    """Show where you are: workspace, modules, milestones, and the one next step."""
    from tito.student.overview import overview

    found = overview(Workspace.find(), the_course())
    if as_json:
        print_json(found)
        return
    say(f"Workspace: {found.workspace}")
    say(f"Modules: {_by_state(found.modules, 2)}.")
    say(f"Milestones: {_by_state(found.milestones, 1)}.")
    say(f"Current milestone: {_current(found)}.")
    if detailed:
        _show_milestones(found.milestones)
    for entry in found.modules:
        if entry.note:
            say(f"{entry.number:02d} {entry.name}: {entry.note}.")
    say(f"{found.why[0].upper()}{found.why[1:]}.")
    next_command(found.next)


def _by_state(places: Iterable[ModulePlace | MilestonePlace], digits: int) -> str:
    """Numbers by state, in the order of the course: ``01-03 completed, 04 started, 05-07 locked``."""
    numbers: dict[str, list[int]] = {}
    for place in places:
        state, *more = re.split("[,;] ", getattr(place, "standing", place.state))
        numbers.setdefault(f"{state} ({', '.join(more)})" if more else state, []).append(place.number)
    return ", ".join(f"{in_short(found, digits)} {state}" for state, found in numbers.items())


def _current(found: Overview) -> str:
    if found.current_milestone is None:
        return "none"
    wanted = the_course().milestone(found.current_milestone)
    return f"{wanted.number} ({wanted.id}), {wanted.title}, {wanted.year}"


def _show_milestones(places: tuple[MilestonePlace, ...]) -> None:
    rows = [(str(place.number), f"{place.title} ({place.year})", place.standing, _awaits(place)) for place in places]
    table(("no", "milestone", "state", "awaits"), rows, widest=3)


def _awaits(place: MilestonePlace) -> str:
    if place.state == PLANNED:
        return place.note.removeprefix("awaits ")
    if place.missing:
        return f"modules {in_short(place.missing)}"
    words = AWAITS.get(place.state, "")
    return f"{words} ({place.note})" if words and place.note else words or place.note
