"""tito milestone start and submit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tito.cli.milestone.words import paragraph
from tito.cli.names import MILESTONE
from tito.cli.show import json_option, next_command, points, print_json, say, working
from tito.course import Milestone, the_course
from tito.extras import needs_extra
from tito.student import milestones
from tito.student.checks import ManualCell
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.student.submission import Submission

HOW = (
    ("start", "put its notebook into your workspace, once its modules are completed: tito milestone start NAME"),
    ("test", "let your framework be measured; passing it verifies the milestone: tito milestone test NAME"),
    ("submit", "write what you hand in; a notebook that passes its checks completes it: tito milestone submit NAME"),
)


@click.command(epilog="Example: tito milestone start perceptron")
@click.argument("name", required=False, type=MILESTONE)
@json_option
def start(name: str | None, as_json: bool) -> None:
    """Put the notebook of milestone NAME into your workspace, once its modules are completed.

    Without NAME: what milestones are, and which one is next.
    """
    from tito.cli.module import show_started

    course, workspace = the_course(), Workspace.find()
    if name is None:
        welcome(as_json)
        return
    wanted = course.milestone(name)
    place = milestones.start(workspace, course, wanted)
    if as_json:
        print_json(place)
        return
    show_started(place, workspace)
    say(f"Whether your framework is ready for it: tito milestone test {wanted.id}")
    say(f"When you are done: tito milestone submit {wanted.id}")


@click.command(epilog="Example: tito milestone submit perceptron")
@click.argument("name", type=MILESTONE)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write it, instead of submissions/ in the workspace.",
)
@click.option("--anyway", is_flag=True, help="Hand in what there is, although a test fails.")
@json_option
@click.pass_context
def submit(ctx: click.Context, name: str, output: Path | None, anyway: bool, as_json: bool) -> None:
    """Run your notebook of milestone NAME with its visible tests, and write what you hand in.

    The milestone is completed when all of them pass.
    """
    from tito.cli.module import show_check, show_repair
    from tito.student import submission

    course, workspace = the_course(), Workspace.find()
    wanted = course.milestone(name)
    with (
        needs_extra("student"),
        working(f"Running the notebook of {wanted.label} from top to bottom", as_json),
    ):
        result = submission.submit(workspace, course, wanted, output, anyway)
    if as_json:
        print_json(result)
    else:
        show_check(result.check)
        _show_manual(result.check.manual)
        if result.note:
            say(result.note)
        if result.written:
            say(f"Written: the folder {result.folder} and, for an LMS, {result.archive}.")
            say("Hand in one of them; running this command again replaces both.")
            _show_completed(result, wanted, workspace)
            next_command(result.next)
        else:
            say(f"Nothing was written. To hand in what there is: tito milestone submit {wanted.id} --anyway")
            show_repair(result.check, f"tito milestone submit {wanted.id}")
    ctx.exit(0 if result.ok else 1)


def welcome(as_json: bool) -> None:
    """Say what milestones are, which one is next, and how."""
    from tito.student import roadmap

    course = the_course()
    found = roadmap.next_step(Workspace.find(), course)
    if as_json:
        print_json(found)
        return
    paragraph("A milestone is a notebook in which your own tinytorch does what once made history.")
    for stone in (*course.milestones, *course.planned_milestones):
        paragraph(f"{stone.title}. {stone.ability}{' (planned)' if stone.planned else ''}", str(stone.year))
    paragraph("For each one you")
    for command, text in HOW:
        paragraph(text, command)
    click.echo()
    paragraph(f"{found.why[0].upper()}{found.why[1:]}.")
    next_command(found.command)


def _show_completed(result: Submission, milestone: Milestone, workspace: Workspace) -> None:
    """Celebrate the first submission that completes a milestone; say of any other where it leaves the milestone."""
    from tito.certificate.celebration import reached
    from tito.cli.milestone.panel import show_panel

    if result.completed_now:
        show_panel(reached(workspace, the_course(), milestone))
    elif result.completed:
        say(f"{milestone.label} was completed before; this notebook passes its checks as well.")
    else:
        say(f"{milestone.label} is not completed by it: {result.check.work_on or 'every answer'} is left.")


def _show_manual(manual: tuple[ManualCell, ...]) -> None:
    if not manual:
        return
    left = points(sum(cell.points for cell in manual))
    say(f"Left to a person: {left} points in {', '.join(cell.id for cell in manual)}.")
    unanswered = [cell for cell in manual if not cell.answered]
    if unanswered:
        lost = points(sum(cell.points for cell in unanswered))
        say(f"Unanswered ({lost} points): {', '.join(cell.id for cell in unanswered)}.")
