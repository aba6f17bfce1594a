"""tito module status, start and complete."""

from __future__ import annotations

from pathlib import Path

import click

from tito import modules
from tito.checks import FAILED, NotebookCheck
from tito.cli.groups import HelpfulGroup
from tito.cli.show import json_option, locked_by, next_command, outcomes, print_json, say, table, working
from tito.course import the_course
from tito.extras import needs_extra
from tito.workspace import Workspace


@click.group(cls=HelpfulGroup, epilog="Example: tito module start 01")
def module() -> None:
    """Work on a module: see where you stand, start it, complete it."""


@module.command(epilog="Example: tito module status --json")
@json_option
def status(as_json: bool) -> None:
    """Show each module: what it exports, where it stands, and what comes next."""
    found = modules.statuses(Workspace.find(), the_course())
    if as_json:
        print_json(found)
        return
    rows = [(f"{entry.number:02d}", entry.name, ", ".join(entry.exports), _state(entry), entry.next) for entry in found]
    table(("no", "module", "exports", "state", "next"), rows, widest=2)
    for entry in found:
        if entry.note:
            say(f"{entry.number:02d} {entry.name}: {entry.note}.")


@module.command(epilog="Example: tito module start 01")
@click.argument("name", metavar="NN")
@json_option
def start(name: str, as_json: bool) -> None:
    """Put module NN's notebook into your workspace; a notebook that is there stays as it is."""
    course, workspace = the_course(), Workspace.find()
    wanted = course.module(name)
    place = modules.start(workspace, course, wanted)
    if as_json:
        print_json(place)
        return
    show_started(place, workspace)
    say(f"When its tests pass: tito module complete {wanted.number:02d}")


@module.command(epilog="Example: tito module complete 01")
@click.argument("name", metavar="NN")
@click.option(
    "--notebook",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Your notebook, when it does not lie at its usual place.",
)
@json_option
@click.pass_context
def complete(ctx: click.Context, name: str, notebook: Path | None, as_json: bool) -> None:
    """Run your notebook of module NN with the released tests; export it when all of them pass."""
    course, workspace = the_course(), Workspace.find()
    wanted = course.module(name)
    with (
        needs_extra("student"),
        working(f"Running the notebook of {wanted.label} from top to bottom", as_json),
    ):
        result = modules.complete(workspace, course, wanted, notebook)
    if as_json:
        print_json(result)
    else:
        show_check(result.check)
        if result.ok:
            _show_completion(result)
        else:
            kept = workspace.shown(workspace.export(wanted))
            say(f"Nothing was exported; {kept} is as it was.")
            show_repair(result.check, result.next)
    ctx.exit(0 if result.ok else 1)


def show_started(place: modules.Started, workspace: Workspace) -> None:
    """Say where a notebook lies and how to open it."""
    path = workspace.root / place.notebook
    say(f"{path} is there now." if place.new else f"{path} is already there; it was left as it is.")
    say(f"Open it: {modules.open_command(str(path))}")


def show_check(check: NotebookCheck) -> None:
    """Show each test of a run, then the other cells that stopped, then what was counted."""
    rows = [(test.state, test.id, test.message) for test in check.tests]
    rows += [(cell.state, cell.id, cell.message) for cell in check.other_cells if cell.state == FAILED]
    outcomes(rows)
    for sentence in check.restored:
        say(sentence)
    if check.stopped:
        say(f"Not every cell ran: {check.stopped}.")
    say(f"{check.passed} of {len(check.tests)} tests passed in {check.seconds:g} s ({check.notebook}).")


def show_repair(check: NotebookCheck, command: str) -> None:
    """Say which part to work on, and the command that tries again."""
    say(f"Next: work on {check.first_problem} in {check.notebook}, save it, then {command}")


def _show_completion(result: modules.Completion) -> None:
    course = the_course()
    promised = course.module(result.module).exports
    others = len(result.names) - len(promised)
    more = f" and {others} more names" if others else ""
    say(f"Exported {', '.join(promised)}{more} to {result.exported}.")
    for id in result.unlocked:
        milestone = course.milestone(id)
        say(f"Unlocked {milestone.label}: {milestone.title}, {milestone.year}.")
    next_command(result.next)


def _state(entry: modules.ModuleStatus) -> str:
    if entry.state != modules.LOCKED:
        return entry.state
    return locked_by(entry.missing)
