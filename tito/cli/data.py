"""tito data status and get."""

from __future__ import annotations

import click

from tito import datasets
from tito.cli.groups import HelpfulGroup
from tito.cli.show import json_option, print_json, say, table
from tito.datasets.cache import megabytes


@click.group(cls=HelpfulGroup, epilog="Example: tito data get mnist")
def data() -> None:
    """See which data sets are there, and fetch them before they are needed."""


@data.command(epilog="Example: tito data status --json")
@json_option
def status(as_json: bool) -> None:
    """Show each data set: whether its files are there and whole, and where they belong. Fetches nothing."""
    found = datasets.statuses()
    if as_json:
        print_json(found)
        return
    rows = [(entry.name, entry.state, megabytes(entry.size_bytes), entry.folder, entry.next) for entry in found]
    table(("data set", "state", "size", "folder", "next"), rows, widest=3)
    for file in (file for entry in found for file in entry.files if file.note):
        say(f"{file.note}.")


@data.command(epilog="Example: tito data get mnist")
@click.argument("name")
@json_option
def get(name: str, as_json: bool) -> None:
    """Fetch the data set NAME; what is there already is only verified."""
    found = datasets.get(name)
    if as_json:
        print_json(found)
        return
    say(f"{found.title}: {len(found.files)} files, {megabytes(found.size_bytes)}, verified, in {found.folder}")
    say(f"Licence: {found.licence}. {found.citation}")
