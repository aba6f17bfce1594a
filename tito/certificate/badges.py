"""A milestone's badge: every node of a small network joined to every other, one node more for each milestone.

The shape follows from the milestone's number alone, so a milestone that is added to the table has its own.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from tito.certificate.drawing import SANS, Circle, Line, Point, Polygon, Shape, Text
from tito.course import Milestone

SCALLOPS = 48


@dataclass(frozen=True)
class Colors:
    """The colors of a badge: its ground, its lines, and what is written in its middle."""

    ground: str
    line: str
    ink: str


GOLD = Colors("#15253f", "#d9b25f", "#f6e7c1")
GREY = Colors("#e3e5e9", "#a3a9b3", "#5c636e")


def badge(number: int, label: str, center: Point, radius: float, colors: Colors) -> list[Shape]:
    """The badge of milestone ``number``; ``label`` (its year) stands in the middle."""
    nodes = _on_circle(center, radius * 0.66, number + 2)
    fine, heavy = radius * 0.012, radius * 0.026
    shapes: list[Shape] = [
        Polygon(_scalloped(center, radius), fill=colors.line),
        Circle(center, radius * 0.9, fill=colors.ground),
        Circle(center, radius * 0.84, stroke=colors.line, width=fine),
    ]
    shapes += [Line((a, b), colors.line, heavy) for a, b in itertools.combinations(nodes, 2)]
    shapes += [Circle(node, radius * 0.085, fill=colors.ground, stroke=colors.line, width=heavy) for node in nodes]
    shapes += [Circle(node, radius * 0.035, fill=colors.ink) for node in nodes]
    shapes.append(Circle(center, radius * 0.3, fill=colors.ground, stroke=colors.line, width=heavy))
    x, y = center
    size = radius * 0.2
    shapes.append(Text((x, y + size * 0.36), label, size, colors.ink, SANS, "middle", bold=True))
    return shapes


def badge_of(milestone: Milestone, center: Point, radius: float, colors: Colors) -> list[Shape]:
    """The badge of a milestone of the table."""
    return badge(milestone.number, str(milestone.year), center, radius, colors)


def _on_circle(center: Point, radius: float, count: int) -> list[Point]:
    """``count`` points on a circle, the first of them on top."""
    x, y = center
    turns = [2 * math.pi * n / count for n in range(count)]
    return [(x + radius * math.sin(turn), y - radius * math.cos(turn)) for turn in turns]


def _scalloped(center: Point, radius: float) -> tuple[Point, ...]:
    outer, inner = _on_circle(center, radius, 2 * SCALLOPS), _on_circle(center, radius * 0.955, 2 * SCALLOPS)
    return tuple(outer[n] if n % 2 == 0 else inner[n] for n in range(2 * SCALLOPS))
