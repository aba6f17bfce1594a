"""What all commands share in showing a record: a console that fits the terminal, and words for every state."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click

from tito.course import in_short
from tito.student.checks import FAILED, NOT_TRIED, PASSED

COLORS = {
    PASSED: "green",
    "completed": "green",
    "completed and verified": "green",
    "submitted": "green",
    "verified": "green",
    FAILED: "red",
    "stale": "yellow",
    "started": "cyan",
    "unlocked": "cyan",
    "ready": "cyan",
    NOT_TRIED: "yellow",
    "locked": "dim",
    "planned": "dim",
}
NARROWEST = 18  # columns that the wrapping column of a table needs at least


def json_option(command: Callable) -> Callable:
    """Add ``--json``, which prints the record instead of the table."""
    return click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")(command)


def print_json(record: Any) -> None:
    """Print a dataclass, or a list of them, as JSON."""
    plain = [asdict(entry) for entry in record] if isinstance(record, list) else asdict(record)
    click.echo(json.dumps(plain, indent=2, ensure_ascii=False))


def console() -> Any:
    """Rich's console: colors only on a terminal that has them, and never with NO_COLOR."""
    from rich.console import Console

    made = Console(highlight=False, markup=False, emoji=False, force_jupyter=False)  # in a cell, text as elsewhere
    if made.width < NARROWEST:  # COLUMNS=1: nothing can be read there, so lines may run over
        made.width = NARROWEST
    return made


def say(text: str) -> None:
    """Print a sentence: wrapped at words on a terminal, in one line where a program reads it."""
    if sys.stdout.isatty():
        console().print(text)
    else:
        click.echo(text)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], widest: int) -> None:
    """Print rows under their headings (of one line or more); column ``widest`` is the one that may wrap.

    Where they do not fit side by side, each row becomes a few indented lines.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    screen = console()
    if not _fits(columns, rows, widest, screen.width):
        _stacked(screen, columns, rows)
        return
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        made.add_column(column, no_wrap=position != widest, overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell, style=COLORS.get(cell, "")) for cell in row))
    screen.print(made)


def outcomes(rows: Sequence[tuple[str, str, str]]) -> None:
    """Print one test a line: its state in a word, its name, and what it says, wrapped under itself."""
    from rich.table import Table
    from rich.text import Text

    screen = console()
    if not rows:
        return
    room = screen.width // 2 if any(message for _, _, message in rows) else screen.width - len(NOT_TRIED) - 6
    name_width = min(max(len(name) for _, name, _ in rows), room)
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(width=len(NOT_TRIED), no_wrap=True)
    made.add_column(width=name_width, overflow="fold")
    made.add_column(overflow="fold")
    for state, name, message in rows:
        made.add_row(Text(state, style=COLORS.get(state, "")), name, message)
    screen.print(made)


@contextmanager
def working(text: str, quiet: bool = False) -> Iterator[None]:
    """Say on stderr what takes a while, if a person is there to see it."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def next_command(command: str) -> None:
    """Print the command to type next, in one line so that it can be copied."""
    if command:
        click.echo(f"Next: {command}")


def locked_by(numbers: Sequence[int]) -> str:
    """The modules that lock something: ``locked by 01-03, 05``."""
    return f"locked by {in_short(numbers)}"


def points(value: float) -> str:
    """Points without a needless fraction."""
    return f"{value:g}"


def _fits(columns: Sequence[str], rows: Sequence[Sequence[str]], widest: int, width: int) -> bool:
    cells = [[*column.split("\n"), *(row[n] for row in rows)] for n, column in enumerate(columns)]
    widths = [max(map(len, texts)) for texts in cells]
    fixed = sum(w for n, w in enumerate(widths) if n != widest) + 2 * len(columns)
    return fixed + min(widths[widest], NARROWEST) <= width


def _stacked(screen: Any, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for row in rows:
        screen.print(Text(f"{row[0]}  {row[1]}", style="bold"))
        for column, cell in zip(columns[2:], row[2:], strict=True):
            if cell:
                screen.print(
                    Padding(Text(f"{' '.join(column.split())}: {cell}", style=COLORS.get(cell, "")), (0, 0, 0, 4))
                )
