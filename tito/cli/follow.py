"""A run over a whole class as it goes: a live display on a terminal, and one line a submission elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

import click


def time_left(elapsed_s: float, done: int, total: int) -> str:
    """What the rest will take, as far as what is done tells.

    >>> time_left(60, 10, 40)
    '3 min left'
    >>> time_left(10, 10, 30)
    '20 s left'
    """
    seconds = elapsed_s / max(done, 1) * (total - done)
    return f"{seconds / 60:.0f} min left" if seconds >= 100 else f"{seconds:.0f} s left"


class Lines:
    """One line on stderr for each submission."""

    def begin(self, total: int, already: int, kept: int) -> None:
        self.total, self.count, self.began = total, 0, time.monotonic()
        click.echo(beginning(total, already, kept), err=True)

    def done(self, student: str, assignment: str, words: str) -> None:
        self.count += 1
        left = time_left(time.monotonic() - self.began, self.count, self.total)
        rest = f"  ({left})" if self.count < self.total else ""
        click.echo(f"{self.count} of {self.total}  {student}  {assignment}  {words}{rest}", err=True)


class Display:
    """A bar, how many are done, and the time left."""

    def __init__(self, progress: Any) -> None:
        self.progress = progress

    def begin(self, total: int, already: int, kept: int) -> None:
        self.progress.console.print(beginning(total, already, kept))
        self.task = self.progress.add_task("", total=total)

    def done(self, student: str, assignment: str, words: str) -> None:
        if words != "graded":
            self.progress.console.print(f"{student}, {assignment}: {words}", markup=False)
        self.progress.update(self.task, advance=1, description=f"{student} {assignment}"[:40])


def beginning(total: int, already: int, kept: int) -> str:
    """What there is to do, and what an earlier run has done."""
    words = f"{total} to grade" if total else "Nothing to grade"
    there = f", {already} graded already" if already else ""
    return words + there + (f", {kept} of them run already by a run that was interrupted" if kept else "")


@contextlib.contextmanager
def follower() -> Iterator[Lines | Display]:
    """Whichever of the two suits where stderr goes."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.SpinnerColumn(),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left:"),
        progress.TimeRemainingColumn(elapsed_when_finished=False, compact=True),
        progress.TextColumn("{task.description}", markup=False),
    )
    with progress.Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as shown:
        yield Display(shown)
