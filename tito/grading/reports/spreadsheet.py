"""Tables as CSV that spreadsheets and learning management systems read, in which no text can act as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@")
BOM = "\ufeff"

Cell = str | int | float | None


def csv_text(rows: Iterable[Sequence[Cell]], *, bom: bool = False, line_end: str = "\n") -> str:
    """Rows as CSV; ``bom`` helps Excel to see that it is UTF-8.

    >>> csv_text([("student", "points"), ("=1+1", -0.5)])
    "student,points\\n'=1+1,-0.5\\n"
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=line_end)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return (BOM if bom else "") + stream.getvalue()


def acts_as_formula(text: str) -> bool:
    """Whether a spreadsheet would compute this text instead of showing it."""
    return text.lstrip().startswith(FORMULA)


def _safe(cell: Cell) -> Cell:
    """A text in one line, behind an apostrophe where it would be computed; numbers as they are."""
    if not isinstance(cell, str):
        return f"{cell:g}" if isinstance(cell, float) else cell
    line = " ".join(cell.split())
    return f"'{line}" if acts_as_formula(line) else line
