"""tito milestone status, start, test and submit."""

from __future__ import annotations

from pathlib import Path

import click

from tito import milestones
from tito.checks import ManualCell
from tito.cli.groups import HelpfulGroup
from tito.cli.show import json_option, locked_by, next_command, outcomes, points, print_json, say, table, working
from tito.course import the_course
from tito.extras import needs_extra
from tito.workspace import Workspace


@click.group(cls=HelpfulGroup, epilog="Example: tito milestone status")
def milestone() -> None:
    """Prove what you built: see where you stand, start a milestone, test it, submit it."""


@milestone.command(epilog="Example: tito milestone status --json")
@json_option
def status(as_json: bool) -> None:
    """Show each milestone: where it stands, its points by category, and what comes next."""
    found = milestones.statuses(Workspace.find(), the_course())
    if as_json:
        print_json(found)
        return
    rows = [
        (str(entry.number), f"{entry.title} ({entry.year})", _rubric(entry), _state(entry), entry.next)
        for entry in found
    ]
    table(("no", "milestone", "points", "state", "next"), rows, widest=2)


@milestone.command(epilog="Example: tito milestone start perceptron")
@click.argument("name")
@json_option
def start(name: str, as_json: bool) -> None:
    """Put the notebook of milestone NAME into your workspace, once its modules are completed."""
    from tito.cli.module import show_started

    course, workspace = the_course(), Workspace.find()
    wanted = course.milestone(name)
    place = milestones.start(workspace, course, wanted)
    if as_json:
        print_json(place)
        return
    show_started(place, workspace)
    say(f"When you are done: tito milestone submit {wanted.id}")


@milestone.command(epilog="Example: tito milestone test perceptron")
@click.argument("name")
@json_option
@click.pass_context
def test(ctx: click.Context, name: str, as_json: bool) -> None:
    """Verify that your framework really learns what milestone NAME needs."""
    from tito.verification import verify

    course, workspace = the_course(), Workspace.find()
    wanted = course.milestone(name)
    with needs_extra("student"), working(f"Running the verification of {wanted.label}", as_json):
        result = verify(workspace, course, wanted)
    if as_json:
        print_json(result)
    else:
        _show_verification(result)
        next_command(f"tito milestone submit {wanted.id}" if result.ok else f"tito milestone test {wanted.id}")
    ctx.exit(0 if result.ok else 1)


@milestone.command(epilog="Example: tito milestone submit perceptron")
@click.argument("name")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write it, instead of submissions/ in the workspace.",
)
@click.option("--anyway", is_flag=True, help="Hand in what there is, although a test fails.")
@json_option
@click.pass_context
def submit(ctx: click.Context, name: str, output: Path | None, anyway: bool, as_json: bool) -> None:
    """Run your notebook of milestone NAME with its visible tests, and write what you hand in."""
    from tito import submission
    from tito.cli.module import show_check, show_repair

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
        if result.written:
            say(f"Written: the folder {result.folder} and, for an LMS, {result.archive}.")
            say("Hand in one of them; running this command again replaces both.")
        else:
            say(f"Nothing was written. To hand in what there is: tito milestone submit {wanted.id} --anyway")
            show_repair(result.check, f"tito milestone submit {wanted.id}")
    ctx.exit(0 if result.ok else 1)


def _show_verification(result: object) -> None:
    outcomes([(check.state, _words(check.name), check.message) for check in result.checks])
    if result.stopped:
        say(f"The verification did not finish: {result.stopped}.")
    say(f"{result.passed} of {len(result.checks)} checks passed.")
    for name, value in result.figures.items():
        say(f"measured  {name} = {value:.4g}" if isinstance(value, float) else f"measured  {name} = {value}")
    for goal in result.achievements:
        if goal.measured is None:
            say(f"not measured  {goal.title}")
            continue
        word = "reached" if goal.reached else "not reached"
        say(f"{word}  {goal.title} (measured {goal.measured:.4g}, needed {goal.threshold:g})")


def _words(test: str) -> str:
    """A test's name as words: ``test_loss_falls`` reads ``loss falls``."""
    return test.removeprefix("test_").replace("_", " ").replace("[", " [")


def _show_manual(manual: tuple[ManualCell, ...]) -> None:
    if not manual:
        return
    left = points(sum(cell.points for cell in manual))
    say(f"Left to a person: {left} points in {', '.join(cell.id for cell in manual)}.")
    unanswered = [cell for cell in manual if not cell.answered]
    if unanswered:
        lost = points(sum(cell.points for cell in unanswered))
        say(f"Unanswered ({lost} points): {', '.join(cell.id for cell in unanswered)}.")


def _rubric(entry: milestones.MilestoneStatus) -> str:
    marks = {"manual": " (by a person)"}
    return ", ".join(f"{c.id} {points(c.points)}{marks.get(c.graded, '')}" for c in entry.rubric)


def _state(entry: milestones.MilestoneStatus) -> str:
    if entry.state == milestones.LOCKED:
        return locked_by(entry.missing)
    return f"{entry.state}, {entry.note}" if entry.note else entry.state
