"""Drawings as data: a few shapes with places in millimetres, written as SVG or drawn by matplotlib.

One list of shapes makes both, so that what a browser shows and what is printed say the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

SERIF, SANS, MONO = "serif", "sans", "mono"
FAMILIES = {
    SERIF: "Georgia, 'Times New Roman', 'DejaVu Serif', serif",
    SANS: "'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif",
    MONO: "Menlo, Consolas, 'DejaVu Sans Mono', monospace",
}
EM = {SERIF: 0.56, SANS: 0.56, MONO: 0.61}  # a character's width on the average, of its height; rather too wide
ANCHORS = {"start": "left", "middle": "center", "end": "right"}

Point = tuple[float, float]


@dataclass(frozen=True)
class Polygon:
    """A closed line through points, filled or not."""

    points: tuple[Point, ...]
    fill: str = "none"
    stroke: str = "none"
    width: float = 0.0


@dataclass(frozen=True)
class Line:
    """An open line through points."""

    points: tuple[Point, ...]
    stroke: str
    width: float


@dataclass(frozen=True)
class Circle:
    """A circle, filled or not."""

    center: Point
    radius: float
    fill: str = "none"
    stroke: str = "none"
    width: float = 0.0


@dataclass(frozen=True)
class Text:
    """One line of text; ``size`` is the height of its letters' box, and ``at`` lies on its base line."""

    at: Point
    text: str
    size: float
    color: str
    family: str = SERIF
    anchor: str = "start"
    bold: bool = False
    italic: bool = False


Shape = Polygon | Line | Circle | Text


def rectangle(x: float, y: float, wide: float, high: float, **style: Any) -> Polygon:
    """A rectangle by its upper left corner."""
    return Polygon(((x, y), (x + wide, y), (x + wide, y + high), (x, y + high)), **style)


def text_width(text: str, size: float, family: str) -> float:
    """About how wide a line of text becomes, rather too wide; wide characters (Chinese, say) count double."""
    characters = sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text if not unicodedata.combining(c))
    return characters * size * EM[family]


def fitted(text: Text, room: float) -> Text:
    """The text, made smaller when it is wider than ``room``."""
    width = text_width(text.text, text.size, text.family)
    return text if width <= room else replace(text, size=round(text.size * room / width, 3))


def wrapped(text: str, size: float, family: str, room: float) -> list[str]:
    """The words of a text in lines that fit ``room``."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, family) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def svg_shapes(shapes: Iterable[Shape]) -> list[str]:
    """Each shape as one SVG element."""
    return [_SVG[type(shape)](shape) for shape in shapes]


def _svg_polygon(shape: Polygon) -> str:
    return f'<polygon points="{_points(shape.points)}" {_paint(shape)}/>'


def _svg_line(shape: Line) -> str:
    return (
        f'<polyline points="{_points(shape.points)}" fill="none" stroke="{shape.stroke}" '
        f'stroke-width="{_number(shape.width)}"/>'
    )


def _svg_circle(shape: Circle) -> str:
    x, y = shape.center
    return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(shape.radius)}" {_paint(shape)}/>'


def _svg_text(shape: Text) -> str:
    x, y = shape.at
    style = f'font-family={quoteattr(FAMILIES[shape.family])} text-anchor="{shape.anchor}"'
    style += ' font-weight="bold"' * shape.bold + ' font-style="italic"' * shape.italic
    return (
        f'<text x="{_number(x)}" y="{_number(y)}" font-size="{_number(shape.size)}" fill="{shape.color}" '
        f"{style}>{escape(shape.text)}</text>"
    )


_SVG = {Polygon: _svg_polygon, Line: _svg_line, Circle: _svg_circle, Text: _svg_text}


def _paint(shape: Polygon | Circle) -> str:
    stroke = f' stroke="{shape.stroke}" stroke-width="{_number(shape.width)}"' if shape.stroke != "none" else ""
    return f'fill="{shape.fill}"{stroke}'


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{round(value, 3) + 0.0:g}"
