"""tito milestone timeline: the history as a road, downwards or from left to right."""

from __future__ import annotations

import textwrap

import click

from tito.cli.milestone.live import beautiful
from tito.cli.milestone.words import WIDEST, described
from tito.cli.show import console, json_option, print_json
from tito.course import the_course
from tito.student.milestones import COMPLETED, VERIFIED
from tito.student.roadmap import Stage, stages
from tito.workspace import Workspace

GAP = 2
NARROWEST = 15  # columns that a stop needs beside the others


@click.command(epilog="Example: tito milestone timeline --horizontal")
@click.option("--horizontal", is_flag=True, help="Draw it from left to right, where the terminal is wide enough.")
@json_option
def timeline(horizontal: bool, as_json: bool) -> None:
    """Show the history from the first perceptron on as a road, and how far your framework is on it."""
    road = stages(Workspace.find(), the_course())
    if as_json:
        print_json(road)
        return
    width = console().width
    drawn = across(road, width) if horizontal and fits(road, width) else downwards(road, min(width, WIDEST))
    click.echo("\n".join(drawn))


def fits(road: list[Stage], width: int) -> bool:
    """Whether the stops of a road have room side by side."""
    return len(road) * (NARROWEST + GAP) <= width


def downwards(road: list[Stage], width: int) -> list[str]:
    """The road from top to bottom: year, title and state, and below it what is proved there."""
    line = "│" if beautiful() else "|"
    lines = []
    for stage in road:
        lines += _under(f"{stage.year} {_mark(stage)} ", f"{stage.title}: {described(stage)}", line, width)
        lines += _under(f"     {line} ", stage.condition, line, width)
        lines.append(f"     {line}")
    return [*lines[:-1], "     v"]


def across(road: list[Stage], width: int) -> list[str]:
    """The road from left to right: years on a line, and below each what happened there."""
    room = min(width, 24 * len(road)) // len(road)
    dash = "─" if beautiful() else "-"
    years = "".join(f"{_mark(stage)} {stage.year} ".ljust(room, dash) for stage in road)[: width - 1] + ">"
    columns = [
        [
            *textwrap.wrap(stage.title, room - GAP, break_on_hyphens=False),
            *textwrap.wrap(described(stage), room - GAP),
            "",
            *textwrap.wrap(stage.condition, room - GAP),
        ]
        for stage in road
    ]
    height = max(map(len, columns))
    rows = ["".join(_cell(column, row).ljust(room) for column in columns).rstrip() for row in range(height)]
    return [years, *rows]


def _under(head: str, text: str, line: str, width: int) -> list[str]:
    rest = f"     {line} "
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=rest, break_on_hyphens=False)


def _cell(column: list[str], row: int) -> str:
    return column[row] if row < len(column) else ""


def _mark(stage: Stage) -> str:
    """A stop's sign; the words beside it say the same."""
    done = stage.state in (COMPLETED, VERIFIED)
    return ("●" if done else "○") if beautiful() else ("*" if done else "o")
