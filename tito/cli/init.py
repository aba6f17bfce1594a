"""tito init."""

from __future__ import annotations

from pathlib import Path

import click

from tito.cli.show import next_command, print_json, say
from tito.course import the_course
from tito.files import typed
from tito.workspace import make_workspace


@click.command(epilog="Example: tito init my-tinytorch")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
def init(folder: Path, as_json: bool) -> None:
    """Make FOLDER (the current one, without it) a workspace; what exists there stays as it is."""
    made = make_workspace(folder)
    if as_json:
        print_json(made)
        return
    if made.made:
        say(f"{made.root} is now a workspace. Made: {', '.join(made.made)}.")
    else:
        say(f"{made.root} is already a workspace; nothing was changed.")
    first = the_course().modules[0]
    here = Path(made.root) == Path.cwd().resolve()
    next_command(("" if here else f"cd {typed(folder)} && ") + f"tito module start {first.number:02d}")
