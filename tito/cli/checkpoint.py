"""tito checkpoint status, timeline and test."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from tito.cli.groups import HelpfulGroup
from tito.cli.names import MODULE
from tito.cli.show import (
    COLORS,
    NARROWEST,
    console,
    json_option,
    next_command,
    outcomes,
    print_json,
    say,
    table,
    working,
)
from tito.course import Course, the_course
from tito.extras import needs_extra
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.student.checkpoints import CheckpointRun, CheckpointStatus

ROAD = " |  "


@click.group(cls=HelpfulGroup, epilog="Example: tito checkpoint test 01")
def checkpoint() -> None:
    """What you can do: one statement for each module, tested on what you exported."""


@checkpoint.command(epilog="Example: tito checkpoint status --json")
@json_option
def status(as_json: bool) -> None:
    """Show each checkpoint: its statement, and whether it was measured on what is exported now."""
    from tito.student.checkpoints import statuses

    found = statuses(Workspace.find(), the_course())
    if as_json:
        print_json(found)
        return
    rows = [
        (f"{entry.number:02d}", entry.title, entry.state, entry.ability, _figures(entry), entry.next) for entry in found
    ]
    table(("no", "checkpoint", "state", "statement", "measured", "next"), rows, widest=3)
    for entry in found:
        if entry.note:
            say(f"{entry.number:02d} {entry.title}: {entry.note}.")


@checkpoint.command(epilog="Example: tito checkpoint timeline")
@json_option
def timeline(as_json: bool) -> None:
    """Draw the road from the environment to the last module, with the milestones beside it."""
    from tito.student.checkpoints import statuses

    course = the_course()
    found = statuses(Workspace.find(), course)
    if as_json:
        print_json(found)
        return
    screen = console()
    for entry in found:
        _draw(screen, entry)
        _draw_milestones(screen, course, entry.number)
    passed = sum(entry.state == "passed" for entry in found)
    taught = sum(entry.state != "planned" for entry in found)
    say(f"{passed} of {taught} checkpoints passed.")


@checkpoint.command(epilog="Example: tito checkpoint test 01")
@click.argument("name", metavar="[NN]", required=False, type=MODULE)
@json_option
@click.pass_context
def test(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """Test checkpoint NN (00 is the environment) on your export; without NN every one that can be tested."""
    from tito.student import checkpoints

    course, workspace = the_course(), Workspace.find()
    chosen = checkpoints.ready(workspace, course) if name is None else [checkpoints.find(course, name)]
    runs: list[CheckpointRun] = []
    with needs_extra("student"):
        remaining = checkpoints.test_all(workspace, course, chosen)
        for module in chosen:
            with working(f"Testing the checkpoint of {module.label if module else 'the environment'}", as_json):
                runs.append(next(remaining))
            if not as_json:
                _show_run(runs[-1])
    if as_json:
        print_json(runs)
    else:
        wrong = next((run for run in runs if not run.ok), runs[-1])
        next_command(wrong.next)
    ctx.exit(0 if all(run.ok for run in runs) else 1)


def _show_run(run: CheckpointRun) -> None:
    say(f"{run.number:02d} {run.title}, measured on {run.measured}")
    if run.problem:
        say(f"failed: {run.problem}.")
    outcomes([(outcome.state, outcome.id, outcome.message) for outcome in run.outcomes if outcome.state != "passed"])
    if run.left_out:
        say(f"left out: {', '.join(run.left_out)}, whose answers are not exported (tito module test tries them).")
    state = "passed" if run.ok else "failed"
    say(f"{state}: {run.passed} of {len(run.outcomes)} tests in {run.seconds:g} s. {run.ability}")


def _figures(entry: CheckpointStatus) -> str:
    if not entry.measured_at:
        return ""
    return f"{entry.tests_passed} of {entry.tests} tests, {entry.measured_at[:10]}"


def _draw(screen: object, entry: CheckpointStatus) -> None:
    from rich.text import Text

    state = (entry.state, COLORS.get(entry.state, ""))
    figures = f" ({_figures(entry)})" if entry.measured_at else ""
    screen.print(Text.assemble((f"{entry.number:02d}  {entry.title}", "bold"), ": ", state, figures))
    words = f"{entry.ability} ({entry.note}.)" if entry.note else entry.ability
    for line in textwrap.wrap(words, max(screen.width, NARROWEST) - len(ROAD)):
        screen.print(Text(f"{ROAD}{line}"))


def _draw_milestones(screen: object, course: Course, number: int) -> None:
    """The milestones whose last module this is."""
    from rich.text import Text

    for milestone in (*course.milestones, *course.planned_milestones):
        if max(milestone.needs) == number:
            planned = ", planned" if milestone.planned else ""
            screen.print(Text(f"--> milestone {milestone.number}: {milestone.title}, {milestone.year}{planned}"))
