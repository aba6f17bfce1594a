"""tito portfolio."""

from __future__ import annotations

from pathlib import Path

import click

from tito.cli.show import json_option, print_json, say, working
from tito.course import in_short, the_course
from tito.datasets.cache import megabytes
from tito.workspace import Workspace


@click.command(epilog='Example: tito portfolio --name "Ada Lovelace"')
@click.option("--name", default="", help="The name on the page; without one it has none.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write it, instead of portfolio/ in the workspace.",
)
@json_option
def portfolio(name: str, output: Path | None, as_json: bool) -> None:
    """Collect what you reached into one HTML page that you can publish: badges, figures, plots, history.

    It holds what is on record as measured, and nothing of your machine: no path and no text of your notebooks.
    """
    from tito.portfolio.publish import publish

    with working("Collecting", as_json):
        result = publish(Workspace.find(), the_course(), name, output)
    if as_json:
        print_json(result)
        return
    say(f"written  {result.file} ({megabytes(result.size_bytes)})")
    reached, done = ", ".join(result.milestones) or "none yet", in_short(result.modules) or "none yet"
    say(f"On it: milestones reached: {reached}; modules completed: {done}; plots: {result.plots}.")
    for note in result.notes:
        say(note)
    say("Open it in a browser, and read it before you publish it: plots show what your notebook drew.")
