"""tito milestone test and run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from tito.cli.milestone.live import outcome_lines, shown_live
from tito.cli.milestone.words import paragraph
from tito.cli.names import VERIFICATION
from tito.cli.show import json_option, next_command, print_json, say
from tito.course import Milestone, Proof, the_course
from tito.errors import NotTaughtYet
from tito.extras import needs_extra
from tito.student import roadmap
from tito.student.milestones import awaits, refuse_locked
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.student.examination import Examination


@click.command(epilog="Example: tito milestone test perceptron")
@click.argument("name", required=False, type=VERIFICATION)
@json_option
@click.pass_context
def test(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """Measure what milestone NAME asks for: its modules, every check, every achievement.

    Without NAME the first unlocked milestone that is not verified. What is measured is recorded; the milestone is
    verified when everything holds in one run.
    """
    course = the_course()
    wanted = course.milestone(name) if name else roadmap.current(Workspace.find(), course)
    ctx.exit(_examine(wanted, (), as_json))


@click.command(epilog="Example: tito milestone run xor")
@click.argument("name", type=VERIFICATION)
@json_option
@click.pass_context
def run(ctx: click.Context, name: str, as_json: bool) -> None:
    """Run a historical verification on your framework, with its metrics shown live.

    NAME is a verification (tito milestone list shows them), or a milestone's number or id for all of its own.
    """
    course = the_course()
    milestone, proofs = course.proofs(name)
    if milestone.planned:
        raise NotTaughtYet(f"{milestone.label} {awaits(course, milestone)}.", "tito milestone list")
    ctx.exit(_examine(milestone, proofs, as_json))


def _examine(milestone: Milestone, proofs: tuple[Proof, ...], as_json: bool) -> int:
    """Run the examination while its events are shown, then what came of it; return the exit code."""
    from tito.student.examination import examine

    course, workspace = the_course(), Workspace.find()
    refuse_locked(workspace, course, milestone)
    if not as_json:
        _introduce(milestone, proofs)
    with needs_extra("student"), shown_live(quiet=as_json) as on_event:
        result = examine(workspace, course, milestone, proofs, on_event)
    if as_json:
        print_json(result)
    else:
        _show(result, milestone, workspace)
    return 0 if result.ok else 1


def _introduce(milestone: Milestone, proofs: Iterable[Proof]) -> None:
    """The history of what is about to run, and what it must show."""
    if not proofs:
        paragraph(f"Milestone {milestone.number}: {milestone.title}, {milestone.year}. {milestone.victory}")
    for proof in proofs:
        click.echo(f"{proof.title}, {proof.year}")
        paragraph(proof.history)
        paragraph(f"To show: {proof.condition}")
    click.echo()


def _show(result: Examination, milestone: Milestone, workspace: Workspace) -> None:
    from tito.cli.milestone.panel import show_reached

    measured = result.verification
    click.echo()
    if measured.stopped:
        say(f"The verification did not finish: {measured.stopped}.")
    say(f"{measured.passed} of {len(measured.checks)} checks passed in {measured.seconds:.1f} s.")
    for need in result.requirements:
        _print_lines(outcome_lines(need.state, f"module {need.number:02d} ({need.name}): {need.message}", ""))
    for goal in measured.achievements:
        _print_lines(_goal_lines(goal, result.whole))
    show_reached(result, milestone, workspace)
    next_command(result.next)


def _goal_lines(goal: object, whole: bool) -> list[str]:
    if goal.measured is None:
        return outcome_lines("not measured", goal.title, "") if whole else []
    word = "reached" if goal.reached else "not reached"
    return outcome_lines(word, f"{goal.title}: measured {goal.measured:.4g}, needed {goal.threshold:g}", "")


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
