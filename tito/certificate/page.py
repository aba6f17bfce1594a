"""The certificate as a page: A4 on its side, drawn from the record and from nothing else."""

from __future__ import annotations

import itertools

from tito.certificate.badges import GOLD, badge
from tito.certificate.drawing import (
    MONO,
    SANS,
    SERIF,
    Circle,
    Line,
    Polygon,
    Shape,
    Text,
    fitted,
    rectangle,
    text_width,
    wrapped,
)
from tito.certificate.record import Certificate

WIDTH, HEIGHT = 297.0, 210.0
PAPER, NIGHT, INK, SOFT, GOLD_LINE, PALE = "#fdfbf6", "#15253f", "#1b2433", "#59616f", "#b98d33", "#f4ecd9"
PANEL = (12.0, 12.0, 84.0, 186.0)  # x, y, width, height of the dark panel
LEFT, RIGHT = 110.0, 277.0
ROOM = RIGHT - LEFT
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
INTEGRITY = "The hashes show that this page is whole; they are no signature and do not show who made it."
CHECK = "To check it: tito milestone verify FILE"


def page(certificate: Certificate) -> list[Shape]:
    """Everything on the page."""
    return [*_frame(), *_panel(certificate), *_statement(certificate), *_figures(certificate), *_foot(certificate)]


def figure(value: float | str) -> str:
    """A measured figure, as the page shows it."""
    return value if isinstance(value, str) else f"{value:.4g}"


def day(moment: str) -> str:
    """``2026-11-21T...`` as ``21 November 2026``; anything else as it is."""
    parts = moment[:10].split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts) or not 1 <= int(parts[1]) <= 12:
        return moment
    return f"{int(parts[2])} {MONTHS[int(parts[1]) - 1]} {parts[0]}"


def _frame() -> list[Shape]:
    shapes: list[Shape] = [rectangle(0, 0, WIDTH, HEIGHT, fill=PAPER)]
    shapes.append(rectangle(7, 7, WIDTH - 14, HEIGHT - 14, stroke=GOLD_LINE, width=0.7))
    shapes.append(rectangle(9, 9, WIDTH - 18, HEIGHT - 18, stroke=GOLD_LINE, width=0.2))
    for x in (9.0, WIDTH - 9):
        for y in (9.0, HEIGHT - 9):
            diamond = ((x, y - 2.2), (x + 2.2, y), (x, y + 2.2), (x - 2.2, y))
            shapes.append(Polygon(diamond, fill=PAPER, stroke=GOLD_LINE, width=0.4))
            shapes.append(Circle((x, y), 0.7, fill=GOLD_LINE))
    return shapes


def _panel(certificate: Certificate) -> list[Shape]:
    x, y, width, height = PANEL
    middle = x + width / 2
    shapes: list[Shape] = [rectangle(x, y, width, height, fill=NIGHT), *_network(x, y, width, height)]
    shapes += badge(certificate.number, str(certificate.year), (middle, 84), 34, GOLD)
    name = Text((middle, 140), certificate.badge, 8.6, GOLD.ink, SERIF, "middle")
    shapes.append(fitted(name, width - 12))
    shapes.append(Line(((middle - 14, 145.5), (middle + 14, 145.5)), GOLD.line, 0.3))
    title = Text((middle, 152.5), f"{certificate.title}, {certificate.year}", 4, GOLD.line, SANS, "middle")
    shapes.append(fitted(title, width - 12))
    shapes.append(Text((middle, 31), certificate.course, 6.4, GOLD.ink, SANS, "middle", bold=True))
    shapes.append(Text((middle, 38), f"Milestone {certificate.number}", 4, GOLD.line, SANS, "middle"))
    return shapes


def _network(x: float, y: float, width: float, height: float) -> list[Shape]:
    """A faint network along the panel's lower edge."""
    rows = [(y + height - 30 + 8 * row, 3 + row) for row in range(4)]
    layers = [[(x + width * (n + 1) / (count + 1), top) for n in range(count)] for top, count in rows]
    faint = "#2d4368"
    pairs = [(a, b) for first, second in itertools.pairwise(layers) for a in first for b in second]
    lines: list[Shape] = [Line(pair, faint, 0.16) for pair in pairs]
    return [*lines, *(Circle(node, 0.9, fill=faint) for layer in layers for node in layer)]


def _statement(certificate: Certificate) -> list[Shape]:
    shapes: list[Shape] = [
        Text((LEFT, 38), "Certificate", 15, INK),
        Line(((LEFT, 44), (LEFT + 30, 44)), GOLD_LINE, 0.8),
        Text((LEFT, 55), "The framework of", 4.6, SOFT, SANS),
    ]
    if certificate.name:
        shapes.append(fitted(Text((LEFT, 69), certificate.name, 11.5, INK, SERIF, bold=True), ROOM))
    shapes.append(Line(((LEFT, 73.5), (RIGHT, 73.5)), SOFT, 0.2))
    reached = f"passed all {certificate.checks} checks of milestone {certificate.number}, {certificate.title}."
    shapes.append(fitted(Text((LEFT, 82), reached, 4.6, SOFT, SANS), ROOM))
    ability = wrapped(f"\u201c{certificate.ability}\u201d", 6.2, SERIF, ROOM)
    return [*shapes, *(Text((LEFT, 93 + 8 * n), line, 6.2, INK, SERIF, italic=True) for n, line in enumerate(ability))]


def _figures(certificate: Certificate) -> list[Shape]:
    """A panel for each goal, and the other figures in small print below."""
    columns = max(1, min(len(certificate.goals), 4))
    rows = -(-len(certificate.goals) // columns)
    gap, top = 4.0, 112.0
    width, height = (ROOM - gap * (columns - 1)) / columns, 30.0 / max(rows, 1) - (rows > 1) * 1.5
    shapes: list[Shape] = []
    for n, goal in enumerate(certificate.goals):
        x, y = LEFT + (n % columns) * (width + gap), top + (n // columns) * (height + 1.5)
        scale = height / 30.0
        shapes.append(rectangle(x, y, width, height, fill=PALE))
        shapes.append(rectangle(x, y, 1.1, height, fill=GOLD_LINE))
        inside = width - 9
        value = Text((x + 5, y + 13 * scale), figure(goal.measured), 10.5 * scale, INK, SERIF, bold=True)
        shapes.append(fitted(value, inside))
        shapes.append(fitted(Text((x + 5, y + 20.5 * scale), goal.title, 4.1 * scale, INK, SANS), inside))
        needed = f"measured; needed {figure(goal.threshold)}"
        shapes.append(fitted(Text((x + 5, y + 26 * scale), needed, 3.3 * scale, SOFT, SANS), inside))
    return [*shapes, *_other_figures(certificate)]


def _other_figures(certificate: Certificate) -> list[Shape]:
    shown = {goal.metric for goal in certificate.goals}
    parts = [
        f"{metric.replace('_', ' ')} = {figure(value)}"
        for metric, value in certificate.figures.items()
        if metric not in shown
    ]
    if not parts:
        return []
    lines, size = wrapped("Also measured: " + "; ".join(parts) + ".", 3.3, SANS, ROOM), 3.3
    while len(lines) * size * 1.4 > 14:
        size *= 0.85
        lines = wrapped("Also measured: " + "; ".join(parts) + ".", size, SANS, ROOM)
    return [fitted(Text((LEFT, 149 + size * 1.4 * n), line, size, SOFT, SANS), ROOM) for n, line in enumerate(lines)]


def _foot(certificate: Certificate) -> list[Shape]:
    shapes: list[Shape] = [
        Line(((LEFT, 164), (RIGHT, 164)), GOLD_LINE, 0.3),
        Text((LEFT, 170.5), f"Measured on {day(certificate.measured_at)}", 4.2, INK, SANS, bold=True),
        Text((RIGHT, 170.5), f"tito {certificate.tito}", 3.4, SOFT, SANS, "end"),
    ]
    hashes = (
        ("package", certificate.package_sha256),
        ("results", certificate.results_sha256),
        ("record", certificate.digest),
    )
    column = text_width("package sha256  ", 2.7, MONO)
    for n, (what, value) in enumerate(hashes):
        y = 177 + 4.1 * n
        shapes.append(Text((LEFT, y), f"{what} sha256", 2.7, SOFT, MONO))
        shapes.append(fitted(Text((LEFT + column, y), value, 2.7, INK, MONO), ROOM - column))
    return [*shapes, fitted(Text((LEFT, 190.5), f"{INTEGRITY} {CHECK}", 2.9, SOFT, SANS), ROOM)]
