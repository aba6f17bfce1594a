"""Samples of several variants of the same work, taken in turns, and how they are shown: as ratios to the first one."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from statistics import median
from typing import TypeVar

from rich.console import Console
from rich.table import Table

Result = TypeVar("Result")
UNITS = {"ms": 1e3, "s": 1.0, "µs": 1e6, "MB": 1e-6}  # what a sample, in seconds or bytes, is multiplied by


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rounds: int = 5
    submissions: int = 3
    figures: Path | None = None  # the folder for pictures, where a topic draws some
    class_size: int = 40  # submissions of a class that is graded at once
    big_class: int = 200  # and of the one that is watched; 0 leaves it out
    torch_python: str = sys.executable  # an interpreter that can import torch


@dataclass(frozen=True)
class Row:
    """One thing measured: each variant's samples, in seconds (or in bytes, where the section's unit is MB)."""

    name: str
    samples: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Section:
    """A table of measurements; the first variant is the base of the ratios."""

    title: str
    how: str
    variants: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())
    unit: str = "ms"  # in which it is shown: a key of UNITS


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def process_seconds(command: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None) -> float:
    """How long a whole process takes, from its start to its end; raise CalledProcessError when it fails."""

    def run() -> None:
        subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True)

    return seconds(run)


def in_turns(works: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """Run the works A B, B A, A B, ...: a machine that gets slower meanwhile slows all of them.

    >>> said = []
    >>> in_turns({"a": lambda: said.append("a"), "b": lambda: said.append("b")}, 2)
    {'a': [None, None], 'b': [None, None]}
    >>> said
    ['a', 'b', 'b', 'a']
    """
    results: dict[str, list[Result]] = {name: [] for name in works}
    for number in range(rounds):
        for name in list(works) if number % 2 == 0 else reversed(list(works)):
            results[name].append(works[name]())
    return results


def machine() -> str:
    """The kind of machine and of Python that the figures belong to."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("nbgrader", "papermill", "ipykernel", "numpy"))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{date.today()}, {cpu_count()} cores, {platform.system()} {platform.machine()}, {python}, {packages}"


def render(section: Section, console: Console) -> None:
    """Print a section: each figure as median (minimum-maximum) in its unit, and its ratio to the base."""
    base, *others = section.variants
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(f"{section.unit}: median (min-max)", overflow="fold")
    table.add_column(base, justify="right")
    for variant in others:
        table.add_column(variant, justify="right")
        table.add_column("ratio", justify="right", no_wrap=True)
    for row in section.rows:
        first, unit = row.samples.get(base), section.unit
        cells = [_spread(first, unit)]
        for variant in others:
            samples = row.samples.get(variant)
            cells += [_spread(samples, unit), _ratio(samples, first, unit)]
        table.add_row(row.name, *cells)
    console.print(f"\n[bold]{section.title}[/bold]", f"[dim]{section.how}[/dim]", sep="\n")
    console.print(table)
    for note in section.notes:
        console.print(note, highlight=False)


def as_record(section: Section) -> dict:
    """A section as data: every sample, its spread, and the ratios of the medians."""
    base, suffix = section.variants[0], "bytes" if section.unit == "MB" else "s"
    rows = []
    for row in section.rows:
        spreads = {name: _spread_of(samples, suffix) for name, samples in row.samples.items() if samples}
        middle = f"median_{suffix}"
        ratios = {
            name: spread[middle] / spreads[base][middle]
            for name, spread in spreads.items()
            if name != base and spreads.get(base, {}).get(middle)
        }
        rows.append({"name": row.name, "spread": spreads, "ratio": ratios, f"samples_{suffix}": dict(row.samples)})
    return {"title": section.title, "how": section.how, "base": base, "rows": rows, "notes": list(section.notes)}


def _spread_of(samples: Sequence[float], suffix: str) -> dict[str, float]:
    return {f"min_{suffix}": min(samples), f"median_{suffix}": median(samples), f"max_{suffix}": max(samples)}


def _spread(samples: Sequence[float] | None, unit: str) -> str:
    if not samples:
        return "-"
    low, middle, high = (_figure(value * UNITS[unit]) for value in (min(samples), median(samples), max(samples)))
    return f"{middle} ({low}-{high})"


def _figure(value: float) -> str:
    return f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"


def _ratio(samples: Sequence[float] | None, base: Sequence[float] | None, unit: str) -> str:
    too_short = unit == "ms" and base and median(base) < 0.0005  # a ratio to half a millisecond says nothing
    if not samples or not base or not median(base) or too_short:
        return "-"
    return f"{median(samples) / median(base):.2f}"
