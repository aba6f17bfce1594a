"""tito milestone status, list and next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tito.cli.milestone.words import in_brief, minutes, paragraph, state_of
from tito.cli.show import json_option, next_command, points, print_json, say, table
from tito.course import the_course
from tito.student import milestones
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.student.roadmap import MilestoneDetails


@click.command(epilog="Example: tito milestone status --detailed")
@click.option("--detailed", is_flag=True, help="Show all of each: ability, modules, achievements, attempts, rubric.")
@json_option
def status(detailed: bool, as_json: bool) -> None:
    """Show each milestone, taught or planned: where it stands, and what comes next."""
    course, workspace = the_course(), Workspace.find()
    if detailed:
        from tito.student.roadmap import details

        _show_details(details(workspace, course), as_json)
        return
    found = [*milestones.statuses(workspace, course), *milestones.planned(course)]
    if as_json:
        print_json(found)
        return
    rows = [(str(entry.number), f"{entry.title} ({entry.year})", state_of(entry), entry.next) for entry in found]
    table(("no", "milestone", "state", "next"), rows, widest=2)
    say("More on each: tito milestone status --detailed")


@click.command("list", epilog="Example: tito milestone list")
@json_option
def list_runs(as_json: bool) -> None:
    """Show what `tito milestone run` can run now, what each proves, and what the others await."""
    from tito.student import roadmap

    course, workspace = the_course(), Workspace.find()
    runs = {proof.id for stone in (*course.milestones, *course.planned_milestones) for proof in stone.verifications}
    found = [stage for stage in roadmap.stages(workspace, course) if stage.id in runs]
    if as_json:
        print_json(found)
        return
    rows = [(stage.id, str(stage.year), stage.condition, in_brief(stage)) for stage in found]
    table(("run", "year", "what it proves", "state"), rows, widest=2)
    ready = [stage.id for stage in found if stage.state not in (milestones.LOCKED, milestones.PLANNED)]
    if ready:
        say(f"Ready to run: {', '.join(ready)}.")
        next_command(f"tito milestone run {ready[-1]}")
    else:
        next_command(roadmap.next_step(workspace, course).command)


@click.command("next", epilog="Example: tito milestone next")
@json_option
def next_milestone(as_json: bool) -> None:
    """Show the one next milestone, why it is that one, and the one next command."""
    from tito.student import roadmap

    found = roadmap.next_step(Workspace.find(), the_course())
    if as_json:
        print_json(found)
        return
    click.echo(f"{found.title}, {found.year}: {found.state}")
    paragraph(f'"{found.ability}"')
    paragraph(f"{found.why[0].upper()}{found.why[1:]}.")
    next_command(found.command)


def _show_details(found: list[MilestoneDetails], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for entry in found:
        _show_milestone(entry)


def _show_milestone(entry: MilestoneDetails) -> None:
    status = entry.status
    paragraph(f"{status.number}  {status.title}, {status.year}: {state_of(status)}")
    for title, text in (
        ("ability", entry.ability),
        ("victory", entry.victory),
        ("badge", entry.badge),
        ("data", entry.data),
        ("rubric", _rubric(status)),
        ("to run", ", ".join(entry.runs)),
        ("tried", _attempts(entry)),
        ("next", status.next),
    ):
        if text:
            paragraph(text, title)
    for goal in entry.goals:
        paragraph(_goal(goal), "goal")
    for part in entry.parts:
        gives = f": {part.gives}" if part.gives else ""
        paragraph(f"{part.number:02d} {part.name} ({part.state}){gives}", "module")
    click.echo()


def _attempts(entry: MilestoneDetails) -> str:
    if entry.status.state == milestones.PLANNED:
        return ""
    if not entry.attempts:
        return "no attempt recorded"
    best = f", best score {entry.best_score:.4g} %" if entry.best_score is not None else ""
    noun = "attempt" if entry.attempts == 1 else "attempts"
    return f"{entry.attempts} {noun}, {minutes(entry.time_spent_s)} of measuring{best}"


def _goal(goal: object) -> str:
    if goal.measured is None:
        return f"{goal.title}: needs {goal.metric} of {goal.threshold:g}; not reached yet"
    return (
        f"{goal.title}: reached, {goal.metric} {goal.measured:.4g} on {goal.reached_at[:10]}, needed {goal.threshold:g}"
    )


def _rubric(entry: milestones.MilestoneStatus) -> str:
    marks = {"manual": " (by a person)"}
    return ", ".join(f"{c.id} {points(c.points)}{marks.get(c.graded, '')}" for c in entry.rubric)
