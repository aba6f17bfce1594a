"""tito milestone certificate and verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tito.cli.names import MILESTONE
from tito.cli.show import json_option, next_command, outcomes, print_json, say, working
from tito.course import the_course
from tito.errors import NotInWorkspace
from tito.extras import needs_extra
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.certificate.check import Checked


@click.command(epilog='Example: tito milestone certificate perceptron --name "Ada Lovelace"')
@click.argument("name", metavar="ID", type=MILESTONE)
@click.option("--name", "person", default="", help="The name on it; without one there is a line to write it on.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write it, instead of certificates/ in the workspace.",
)
@json_option
def certificate(name: str, person: str, output: Path | None, as_json: bool) -> None:
    """Write the certificate of milestone ID, with the figures that were measured: SVG, PDF and PNG.

    Only for a completed milestone that was verified with the exports that are still there.
    """
    from tito.certificate.issue import issue

    course, workspace = the_course(), Workspace.find()
    wanted = course.milestone(name)
    with working(f"Drawing the certificate of {wanted.label}", as_json):
        result = issue(workspace, course, wanted, person, output)
    if as_json:
        print_json(result)
        return
    for path in result.files:
        say(f"written  {path}")
    if result.note:
        say(result.note)
    for goal in result.certificate.goals:
        say(f"measured  {goal.title}: {goal.measured:.4g} (needed {goal.threshold:g})")
    if not result.certificate.name:
        say('It has a line for a name. To print one: add --name "YOUR NAME".')
    next_command(result.next)


@click.command(epilog="Example: tito milestone verify certificates/perceptron-certificate.svg")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--measure", is_flag=True, help="Run the verification again, on this workspace's export.")
@json_option
@click.pass_context
def verify(ctx: click.Context, file: Path, measure: bool, as_json: bool) -> None:
    """Check a certificate (SVG, PDF or PNG) without any network: is it whole, and do its figures suffice?

    A hash without a key shows integrity, not identity: it shows that nothing in the file was changed alone, and not
    who made the file.
    """
    from tito.certificate.check import check

    with needs_extra("student"), working("Checking", as_json):
        workspace = _workspace()
        result = check(_place(file, workspace), the_course(), workspace, measure)
    if as_json:
        print_json(result)
    else:
        _show(result)
    ctx.exit(0 if result.ok else 1)


def _workspace() -> Workspace | None:
    try:
        return Workspace.find()
    except NotInWorkspace:
        return None


def _place(file: Path, workspace: Workspace | None) -> Path:
    """A file as it is named from here, or else from the workspace, as tito names it."""
    if workspace is None or file.exists() or not (workspace.root / file).exists():
        return file
    return workspace.root / file


def _show(result: Checked) -> None:
    whose = f" of {result.name}" if result.name else ", without a name"
    say(f"Certificate{whose}: {result.title} ({result.milestone}), measured {result.measured_at}.")
    outcomes([(finding.state, finding.what, finding.words) for finding in result.findings])
    say(
        "Nothing in it is broken." if result.ok else "Do not rely on it: what is called broken is not as tito wrote it."
    )
    say(result.proves)
