"""The figures of a report as SVG: they need no script, no font and no other file, and can be printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from tito.grading.reports.distributions import CellOutcome, Summary

WIDTH = 760
FINAL, PROVISIONAL, NONE, WAITING = "#1f5fa8", "#9dbfe3", "#c4532f", "#d5d9de"
BOX, RULE, TEXT, FAINT = "#f0a202", "#e3e7eb", "#1c1c1c", "#5a6570"
BINS = 20
MOST_DOTS = 40  # of more students a bar is read more easily
LABELLED = 4  # so few that each dot can carry its name
ABREAST = 3


def totals(final: Mapping[str, float], provisional: Mapping[str, float], maximum: float, found: Summary | None) -> str:
    """Totals in twentieths of the maximum, those still provisional in a lighter color."""
    left, top, height, base = 44, 34, 150, 184
    wide = (WIDTH - left - 16) / BINS
    stacks = [_binned(values, maximum) for values in (final, provisional)]
    tallest = max(1, *(len(a) + len(b) for a, b in zip(*stacks, strict=True)))
    step = _step(tallest)
    room = step * math.ceil(tallest / step)
    parts = [_counts(left, top, height, step, room)]
    for at, (dark, light) in enumerate(zip(*stacks, strict=True)):
        y = float(base)
        for names, color, word in ((dark, FINAL, ""), (light, PROVISIONAL, ", provisional")):
            if names:
                high = len(names) * height / room
                y -= high
                parts.append(_bar(left + at * wide + 1, y, wide - 2, high, color, _who(names, word)))
    parts += [_text(left + 5 * wide * n, base + 18, f"{maximum * n / 4:g}", "middle") for n in range(5)]
    parts.append(_text(WIDTH - 16, base + 36, "points", "end", FAINT))
    if found:
        parts += _markers(found, lambda value: left + value / maximum * BINS * wide if maximum else left, top, base)
    return _svg(base + 44, "Distribution of totals", parts)


def shares(rows: Sequence[tuple[str, Mapping[str, float], str, Summary | None]]) -> str:
    """One line a category: each student's share of its points, with quartiles as a box and the median as a mark.

    A row is a title, shares in percent by student, a note, and the summary.
    """
    left, wide, line = 180, WIDTH - 180 - 180, 66
    parts = []
    for n in range(5):
        x = left + wide * n / 4
        parts.append(_rule(x, 6, x, line * len(rows) + 6))
        parts.append(_text(x, line * len(rows) + 24, f"{25 * n} %", "middle", FAINT))
    for at, (title, values, note, found) in enumerate(rows):
        base = line * at + 52
        parts += [_text(left - 12, base - 8, title, "end"), _rule(left, base, left + wide, base, FAINT)]
        parts.append(_text(left + wide + 14, base - 8, note, "start", FAINT))
        parts += _heap(values, left, wide, base)
        if found and found.quartiles:
            low, high = (left + wide * _inside(value) / 100 for value in found.quartiles)
            words = f"half of the class: {found.quartiles[0]:.0f} to {found.quartiles[1]:.0f} %"
            parts.append(_bar(low - 1, base + 3, max(high - low, 0) + 2, 7, BOX, words))
            x = left + wide * _inside(found.median) / 100
            parts.append(_bar(x - 1.5, base, 3, 13, TEXT, f"median {found.median:.0f} %"))
    return _svg(line * len(rows) + 34, "Points by rubric category", parts)


def cells(outcomes: Sequence[CellOutcome]) -> str:
    """One bar a graded cell: who got all points, some, none, and who awaits a person."""
    left, wide, line = 260, WIDTH - 260 - 120, 24
    parts = []
    for at, each in enumerate(outcomes):
        y, x = line * at + 4, float(left)
        parts.append(_text(left - 10, y + 13, each.cell, "end"))
        kinds = (
            (each.full, FINAL, "all points"),
            (each.part, PROVISIONAL, "some points"),
            (each.none, NONE, "no point"),
        )
        everyone = max(each.scored + each.awaits, 1)
        for count, color, words in (*kinds, (each.awaits, WAITING, "awaiting a person")):
            long = wide * count / everyone
            if count:
                parts.append(_bar(x, y, long, line - 7, color, f"{each.cell}: {count} {words}"))
            x += long
        words = f"{each.full} of {each.scored} full" if each.scored else f"{each.awaits} await"
        parts.append(_text(left + wide + 12, y + 13, words, "start", FAINT))
    return _svg(line * len(outcomes) + 6, "Points by graded cell", parts)


def legend(*entries: tuple[str, str]) -> str:
    """Colors and what they stand for, as HTML."""
    marks = (f'<span><i style="background:{color}"></i>{escape(words)}</span>' for color, words in entries)
    return f'<p class="legend">{"".join(marks)}</p>'


def _heap(values: Mapping[str, float], left: float, wide: float, base: float) -> list[str]:
    """Students as dots above their share; of many students, bars."""
    stacks = _binned(values, 100.0)
    tallest = max(1, *map(len, stacks))
    parts = []
    for at, names in enumerate(stacks):
        x = left + wide * at / BINS
        if names and len(values) > MOST_DOTS:
            high = 38 * len(names) / tallest
            parts.append(_bar(x + 1, base - high, wide / BINS - 2, high, FINAL, _who(names)))
        elif len(values) > LABELLED:
            parts += _dots(names, x, base)
    if len(values) <= LABELLED:
        places = {name: left + wide * _inside(value) / 100 for name, value in values.items()}
        for at, (name, x) in enumerate(sorted(places.items(), key=lambda pair: pair[1])):
            parts += [_dot(x, base - 7, 4.5, name), _text(x, base - 17 - 13 * (at % ABREAST), name, _towards(x))]
    return parts


def _dots(names: Sequence[str], x: float, base: float) -> list[str]:
    """Students of one bin: three side by side, upon each other, so small that they fit."""
    gap = min(7.0, 40 / max(math.ceil(len(names) / ABREAST), 1))
    return [
        _dot(x + 3.6 + 7 * (n % ABREAST), base - 5 - gap * (n // ABREAST), gap / 2 - 0.3, name)
        for n, name in enumerate(names)
    ]


def _towards(x: float) -> str:
    """How a label stands so that it stays inside the figure."""
    return "start" if x < WIDTH * 0.35 else "end" if x > WIDTH * 0.65 else "middle"


def _binned(values: Mapping[str, float], maximum: float) -> list[list[str]]:
    stacks: list[list[str]] = [[] for _ in range(BINS)]
    for name, value in values.items():
        at = int(BINS * value / maximum) if maximum else 0
        stacks[max(0, min(at, BINS - 1))].append(name)
    return stacks


def _markers(found: Summary, place: object, top: float, base: float) -> list[str]:
    x = place(found.median)
    parts = [_rule(x, top - 12, x, base, TEXT, "3 3"), _text(x, top - 18, f"median {found.median:g}", "middle")]
    if found.quartiles:
        low, high = (place(value) for value in found.quartiles)
        words = f"half of the class: {found.quartiles[0]:g} to {found.quartiles[1]:g} points"
        parts.insert(0, _bar(low - 1, base + 2, high - low + 2, 5, BOX, words))
    return parts


def _counts(left: float, top: float, height: float, step: int, room: int) -> str:
    lines = []
    for count in range(0, room + 1, step):
        y = top + height - height * count / room
        lines += [_rule(left, y, WIDTH - 16, y), _text(left - 8, y + 4, str(count), "end", FAINT)]
    return "".join(lines)


def _step(tallest: int) -> int:
    """Between two marks of an axis of counts: 1, 2, 5, 10, 20, ..."""
    return next(n * 10**power for power in range(9) for n in (1, 2, 5) if tallest / (n * 10**power) <= 5)


def _inside(percent: float) -> float:
    return max(0.0, min(percent, 100.0))


def _who(names: Sequence[str], word: str = "") -> str:
    some = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"{len(names)}{word}: {some}"


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}" '
        f'font-family="system-ui, sans-serif" font-size="13">{"".join(parts)}</svg>'
    )


def _bar(x: float, y: float, width: float, height: float, color: str, words: str) -> str:
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"'
    return f"<rect {shape}><title>{escape(words)}</title></rect>"


def _dot(x: float, y: float, radius: float, words: str) -> str:
    shape = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{FINAL}"'
    return f"<circle {shape}><title>{escape(words)}</title></circle>"


def _rule(x: float, y: float, to_x: float, to_y: float, color: str = RULE, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{color}"{dashed}/>'


def _text(x: float, y: float, words: str, anchor: str, color: str = TEXT) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{escape(words)}</text>'
