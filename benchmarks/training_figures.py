"""Pictures of the training benchmarks, small enough for a repository."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.timing import UNITS, Row, Section

COLOURS = {"PyTorch": "#e4572e", "PyTorch, fused optimizer": "#f3a712", "TinyTorch": "#2e6fb7"}
TEXT = {"fontsize": 7, "ha": "center"}
CURVE = re.compile(r"^(?P<name>\w+), seed \d+: (?P<values>[\d.%, ]+)")


def stamp(torch_version: str) -> str:
    """Date, machine and versions, which stand below each picture."""
    torch = f"PyTorch {torch_version}" if torch_version else "without PyTorch"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{date.today()}, {os.cpu_count()} cores, {platform.machine()}, {python}, NumPy {version('numpy')}, {torch}"


def load() -> str:
    """How busy the machine was: two threads on two cores that others use wait for each other most of the time."""
    return f"Load average of the last minute: {os.getloadavg()[0]:.1f}." if hasattr(os, "getloadavg") else ""


def draw(kind: str, section: Section, path: Path, stamp: str) -> None:
    """Draw a section as a PNG of at most some ten thousand bytes."""
    from matplotlib.figure import Figure  # without pyplot: no backend, no window

    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    drawings: dict[str, Callable[[Any, Section], None]] = {"mnist": _curves}
    drawings.get(kind, _bars)(axes, section)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    axes.set_title(section.title, loc="left", fontsize=11)
    figure.supxlabel(stamp, fontsize=7, color="0.4")
    figure.savefig(path, dpi=100, metadata={"Software": None})


def _bars(axes: Any, section: Section) -> None:
    """Medians side by side with a line from quartile to quartile, and above each other bar its ratio to the base."""
    rows = [row for row in section.rows if len(row.samples) == len(section.variants)]
    width = 0.8 / len(section.variants)
    for place, variant in enumerate(section.variants):
        for number, row in enumerate(rows):
            middle, low, high = _spread(row, variant, section.unit)
            x = number + (place - (len(section.variants) - 1) / 2) * width
            axes.bar(x, middle, width * 0.9, color=COLOURS[variant], label=variant if number == 0 else None)
            axes.vlines(x, low, high, color="0.25", linewidth=0.8)
            axes.annotate(_label(row, variant, section), (x, high), (0, 2), textcoords="offset points", **TEXT)
    axes.set_xticks(range(len(rows)), [row.name for row in rows], fontsize=8)
    axes.set_ylim(0, 1.3 * axes.dataLim.ymax)  # room for the labels and the legend
    axes.set_ylabel(section.unit)


def _spread(row: Row, variant: str, unit: str) -> tuple[float, float, float]:
    """Median and quartiles: one disturbed sample would squeeze the picture."""
    low, middle, high = np.quantile(row.samples[variant], (0.25, 0.5, 0.75)) * UNITS[unit]
    return middle, low, high


def _label(row: Row, variant: str, section: Section) -> str:
    base, own = (median(row.samples[name]) for name in (section.variants[0], variant))
    shown = own * UNITS[section.unit]
    text = f"{shown:.0f}" if shown >= 100 else f"{shown:.1f}"
    return text if variant == section.variants[0] or not base else f"{text}\n{own / base:.2f}x"


def _curves(axes: Any, section: Section) -> None:
    """Accuracy over the epochs, a line for each seed; seconds of the medians in the legend."""
    total = section.rows[-2]  # of the largest number of threads
    named = set()
    for match in filter(None, map(CURVE.match, section.notes)):
        name = match["name"]
        values = [float(value.strip().rstrip("%")) for value in match["values"].split(",")]
        label = None if name in named else f"{name}: {median(total.samples[name]):.1f} s ({total.name}, median)"
        style = "o-" if name == "TinyTorch" else "s--"
        axes.plot(range(1, len(values) + 1), values, style, color=COLOURS[name], alpha=0.6, markersize=3, label=label)
        named.add(name)
    axes.axhline(97.5, color="0.5", linewidth=0.8, linestyle=":")
    axes.set_xlabel("epoch")
    axes.set_ylabel("test images right, %")
