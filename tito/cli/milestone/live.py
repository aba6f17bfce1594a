"""A verification as it runs: each check when it finishes, each figure when it is measured.

On a terminal the running check and its figures stand in a line that changes; in a pipe there are only lines that stay.
"""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from tito.cli.show import COLORS, console
from tito.student.checks import PASSED

if TYPE_CHECKING:
    from tito.execution.follow import Event

WORD = len("not measured") + 2  # the widest state and two spaces
WIDEST_CURVE = 24
BARS, PLAIN_BARS = "▁▂▃▄▅▆▇█", "_.-=+*#@"


@contextlib.contextmanager
def shown_live(quiet: bool) -> Iterator[Callable[[Event], None] | None]:
    """What to call with each event: nothing when ``quiet``, a board on a terminal, lines in a pipe."""
    if quiet:
        yield None
    elif moving():
        from rich.live import Live

        screen, bars = console(), BARS if beautiful() else PLAIN_BARS  # asked before Live stands in for stdout
        with Live(console=screen, transient=True, refresh_per_second=12) as live:
            yield Board(screen, live, bars)
    else:
        yield Lines()


def moving() -> bool:
    """Whether a line may change on this terminal: it is one, and not a dumb one."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def beautiful() -> bool:
    """Whether characters beyond ASCII can be written where the output goes."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    return os.environ.get("TERM") != "dumb" and encoding.startswith("utf")


class Lines:
    """Prints what stays: checks, figures, and of a long series the 1st, 2nd, 4th, 8th ... value and the last."""

    def __init__(self) -> None:
        self.series: dict[str, list[float]] = {}
        self.printed: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        if event.kind == "progress" and isinstance(event.value, float):
            values = self.series.setdefault(event.name, [])
            values.append(event.value)
            if len(values) & (len(values) - 1) == 0:
                self._print_series(event.name)
            return
        if event.kind in ("figure", "finished"):
            self._print_last_values()
        for line in stays(event):
            click.echo(line)

    def _print_last_values(self) -> None:
        for name, values in self.series.items():
            if self.printed.get(name) != len(values):
                self._print_series(name)

    def _print_series(self, name: str) -> None:
        values = self.series[name]
        self.printed[name] = len(values)
        click.echo(f"{'live':<{WORD}}{name} = {values[-1]:.4g}, value {len(values)}")


class Board:
    """Prints what stays above one part that changes: the running check and the curves of its figures."""

    def __init__(self, screen: Any, live: Any, bars: str) -> None:
        self.screen, self.live, self.bars = screen, live, bars
        self.running = ""
        self.series: dict[str, list[float]] = {}

    def __call__(self, event: Event) -> None:
        from rich.text import Text

        for line in stays(event):
            self.screen.print(Text(line, style=COLORS.get(event.state, "")))
        if event.kind == "started":
            self.running = words(event.name)
        elif event.kind == "importing":
            self.running = f"importing tinytorch.{event.name}"
        elif event.kind == "finished":
            self.running, self.series = "", {}
        elif event.kind == "progress" and isinstance(event.value, float):
            self.series.setdefault(event.name, []).append(event.value)
        self.live.update(self._changing())

    def _changing(self) -> Any:
        from rich.text import Text

        lines = [f"{'running':<{WORD}}{self.running}"] if self.running else []
        for name, values in self.series.items():
            text = f"{'live':<{WORD}}{name} = {values[-1]:<9.4g}"
            room = min(WIDEST_CURVE, self.screen.width - len(text) - len(" value 1000 "))
            lines.append(f"{text} {curve(values, self.bars, max(room, 4))} value {len(values)}")
        return Text("\n".join(lines), style="cyan", no_wrap=True, overflow="ellipsis")


def stays(event: Event) -> list[str]:
    """The lines that an event leaves behind."""
    if event.kind == "figure":
        value = f"{event.value:.4g}" if isinstance(event.value, float) else event.value
        return [f"{'measured':<{WORD}}{event.name} = {value}"]
    if event.kind == "imported" and event.state != PASSED:
        return outcome_lines(event.state, f"tinytorch.{event.name} imports", event.message)
    if event.kind == "finished":
        took = f" ({event.seconds:.1f} s)" if event.seconds >= 0.1 else ""
        return outcome_lines(event.state, words(event.name) + took, event.message)
    return []


def outcome_lines(state: str, name: str, message: str) -> list[str]:
    """A state in a word, a name, and below it what there is to say, wrapped to the terminal."""
    room = max(console().width - WORD - 1, 20)
    first, *others = textwrap.wrap(name, room) or [""]
    said = textwrap.wrap(" ".join(message.split()), room)
    return [f"{state:<{WORD}}{first}", *(" " * WORD + line for line in [*others, *said])]


def curve(values: list[float], bars: str, width: int) -> str:
    """A series as a row of bars, the highest value as the highest one; beside it stands the last value as a number."""
    step = max(1, len(values) // width)
    taken = values[::-step][::-1][-width:]
    low, high = min(taken), max(taken)
    span = (high - low) or 1.0
    return "".join(bars[round((value - low) / span * (len(bars) - 1))] for value in taken).ljust(width)


def words(test: str) -> str:
    """A test's name as words: ``test_loss_falls[relu]`` reads ``loss falls [relu]``."""
    name, bracket, rest = test.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" [{rest}" if bracket else "")
