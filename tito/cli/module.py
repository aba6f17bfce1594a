"""tito module status, start, test, complete and reset."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tito.cli.groups import HelpfulGroup
from tito.cli.names import MODULE
from tito.cli.show import json_option, locked_by, next_command, outcomes, print_json, say, table, working
from tito.course import Module, in_short, the_course
from tito.errors import TitoError
from tito.extras import needs_extra
from tito.student import modules
from tito.student.checks import PASSED, NotebookCheck
from tito.student.opening import open_command
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.student.resets import Reset

NOTEBOOK = click.option(
    "--notebook",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Your notebook, when it does not lie at its usual place.",
)


@click.group(cls=HelpfulGroup, epilog="Example: tito module start 01")
def module() -> None:
    """Work on a module: see where you stand, start it, test it, complete it, begin it again."""


@module.command(epilog="Example: tito module status --json")
@json_option
def status(as_json: bool) -> None:
    """Show each module: what it exports, where it stands, and what comes next."""
    course = the_course()
    found = [*modules.statuses(Workspace.find(), course), *modules.planned(course)]
    if as_json:
        print_json(found)
        return
    rows = [(f"{entry.number:02d}", entry.name, ", ".join(entry.exports), _state(entry), entry.next) for entry in found]
    table(("no", "module", "exports", "state", "next"), rows, widest=2)
    for entry in found:
        if entry.note:
            say(f"{entry.number:02d} {entry.name}: {entry.note}.")


@module.command(epilog="Example: tito module start 01")
@click.argument("name", metavar="NN", type=MODULE)
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


@module.command(epilog="Example: tito module test 01")
@click.argument("name", metavar="NN", type=MODULE)
@NOTEBOOK
@json_option
@click.pass_context
def test(ctx: click.Context, name: str, notebook: Path | None, as_json: bool) -> None:
    """Run the tests of your notebook of module NN; nothing is exported or recorded."""
    course, workspace = the_course(), Workspace.find()
    wanted = course.module(name)
    with needs_extra("student"), working(_running(wanted), as_json):
        result = modules.run_tests(workspace, course, wanted, notebook)
    if as_json:
        print_json(result)
    else:
        show_check(result.check)
        say("Nothing was exported or recorded.")
        if result.ok:
            next_command(result.next)
        else:
            show_repair(result.check, result.next)
    ctx.exit(0 if result.ok else 1)


@module.command(epilog="Example: tito module complete 01")
@click.argument("name", metavar="NN", type=MODULE)
@NOTEBOOK
@click.option("--skip-milestone-check", is_flag=True, help="Do not look at what this unlocks or changes.")
@json_option
@click.pass_context
def complete(ctx: click.Context, name: str, notebook: Path | None, skip_milestone_check: bool, as_json: bool) -> None:
    """Run your notebook of module NN with the released tests; export it when all of them pass.

    Then see which milestones this unlocks, and whether those that you started still have what they need.
    """
    course, workspace = the_course(), Workspace.find()
    wanted = course.module(name)
    with needs_extra("student"), working(_running(wanted), as_json):
        result = modules.complete(workspace, course, wanted, notebook, check_milestones=not skip_milestone_check)
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


@module.command(epilog="Example: tito module reset 01 --yes")
@click.argument("name", metavar="NN", type=MODULE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def reset(name: str, yes: bool, as_json: bool) -> None:
    """Put module NN's released notebook in the place of yours, which is kept as a backup.

    What you exported from it stays.
    """
    from tito.student import resets

    course, workspace = the_course(), Workspace.find()
    wanted = course.module(name)
    if not yes:
        _ask(workspace, wanted)
    result = resets.reset(workspace, course, wanted)
    if as_json:
        print_json(result)
    else:
        _show_reset(result, workspace)


def show_started(place: modules.Started, workspace: Workspace) -> None:
    """Say where a notebook lies and how to open it."""
    path = workspace.root / place.notebook
    say(f"{path} is there now." if place.new else f"{path} is already there; it was left as it is.")
    click.echo(f"Open it: {open_command(str(path))}")


def show_check(check: NotebookCheck) -> None:
    """Show each test that passed, then each cause of what did not with what waits for it, then what was counted."""
    rows = [(test.state, test.id, test.message) for test in check.tests if test.state == PASSED]
    for problem in check.problems:
        rows.append((problem.state, problem.id, problem.message))
        if problem.waiting:
            count = len(problem.waiting)
            rows.append(("", "", f"and {count} more {'wait' if count > 1 else 'waits'} for it"))
    outcomes(rows)
    for sentence in check.restored:
        say(sentence)
    say(f"{check.passed} of {len(check.tests)} tests passed in {check.seconds:g} s ({check.notebook}).")


def show_repair(check: NotebookCheck, command: str) -> None:
    """Say which part to work on, and the command that tries again."""
    say(f"Next: work on {check.work_on} in {check.notebook}, save it, then {command}")


def _show_completion(result: modules.Completion) -> None:
    course = the_course()
    promised = course.module(result.module).exports
    others = len(result.names) - len(promised)
    more = f" and {others} more names" if others else ""
    say(f"Exported {', '.join(promised)}{more} to {result.exported}.")
    for id in result.unlocked:
        milestone = course.milestone(id)
        say(f"Unlocked {milestone.label}: {milestone.title}, {milestone.year}.")
    if not result.milestones_checked:
        say("Milestones were not checked.")
    for found in result.rechecked:
        say(_recheck(found))
    next_command(result.next)


def _recheck(found: modules.Recheck) -> str:
    label = the_course().milestone(found.milestone).label
    if found.holds:
        return f"Checked {label}, which you started: all exports that it needs are there and fresh."
    measured = f"what it measured was another framework, so measure again: tito milestone test {found.milestone}"
    parts = [_are(found.missing, "missing"), _are(found.stale, "stale"), measured if found.outdated else ""]
    return f"Checked {label}, which you started: {' and '.join(filter(None, parts))}."


def _are(numbers: tuple[int, ...], what: str) -> str:
    if len(numbers) == 1:
        return f"module {in_short(numbers)} is {what}"
    return f"modules {in_short(numbers)} are {what}" if numbers else ""


def _ask(workspace: Workspace, module: Module) -> None:
    """Let a person confirm a reset; where none is there, refuse."""
    from tito.student import resets

    if not sys.stdin.isatty():
        resets.refuse_without_consent(workspace, module)
    notebook = workspace.shown(workspace.notebook(module))
    if not click.confirm(f"Replace {notebook} by the released one? Yours is kept as a backup.", err=True):
        raise TitoError("Nothing was changed.")


def _show_reset(result: Reset, workspace: Workspace) -> None:
    if not result.backup:
        say(f"{result.notebook} is as it was released; nothing was done.")
    else:
        say(f"{result.notebook} is the released notebook again. Yours is kept as {result.backup}.")
        click.echo(f"To bring it back: {result.restore}")
    note = f" ({result.note})" if result.note else ""
    if result.export:
        say(f"{result.export} was left alone.")
    say(f"State: {result.state}{note}.")
    click.echo(f"Open it: {open_command(str(workspace.root / result.notebook))}")
    say(f"When its tests pass: {result.next}")


def _running(module: Module) -> str:
    return f"Running the notebook of {module.label} from top to bottom"


def _state(entry: modules.ModuleStatus) -> str:
    if entry.state != modules.LOCKED:
        return entry.state
    return locked_by(entry.missing)
