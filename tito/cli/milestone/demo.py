"""tito milestone demo."""

from __future__ import annotations

import click

from tito.cli.milestone.live import beautiful
from tito.cli.milestone.words import paragraph
from tito.cli.names import MILESTONE
from tito.cli.show import console, json_option, next_command, print_json, working
from tito.course import the_course
from tito.errors import TitoError
from tito.extras import needs_extra
from tito.workspace import Workspace


@click.command(epilog="Example: tito milestone demo perceptron")
@click.argument("name", type=MILESTONE)
@click.option("--ascii", "plain", is_flag=True, help="Draw with ASCII characters alone.")
@json_option
@click.pass_context
def demo(ctx: click.Context, name: str, plain: bool, as_json: bool) -> None:
    """Let your own framework do what milestone NAME is about, in seconds: all that is shown is computed now."""
    from tito.student.demos import show

    course, workspace = the_course(), Workspace.find()
    milestone, _ = course.proofs(name)
    with needs_extra("student"), working(f"Your framework is at work on {milestone.label}", as_json):
        result = show(workspace, course, milestone, console().width, plain or not beautiful())
    if as_json:
        print_json(result)
        ctx.exit(0 if result.ok else 1)
    if result.text:
        click.echo(result.text)
    if result.problem:
        raise TitoError(f"The demo did not finish: {result.problem}", f"tito milestone test {milestone.id}")
    click.echo()
    paragraph(f"Computed by your own tinytorch in {result.seconds:.1f} s.")
    next_command(f"tito milestone run {milestone.id}")
