"""Where an error came from: the student's own functions in a traceback, as a kernel shows it."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tito.notebooks.reading import nbgrader_metadata

if TYPE_CHECKING:
    from nbformat import NotebookNode

COLORS = re.compile(r"\x1b\[[0-9;]*m")
IN_CELL = re.compile(r"^Cell In\[\d+\], line (\d+)(?:, in (.+?)\(.*\))?$")
IN_FILE = re.compile(r"^File (.+?):(\d+)(?:, in (.+?)\(.*\))?$")
ARROW = re.compile(r"^-+> \d+ (.*)$")
TOLD = re.compile(r"in `(\w+)`, line (\d+) of its cell:")  # by a check of tito.lesson
IN_TINYTORCH = re.compile(r"line (\d+) of tinytorch/(\w+)\.py")
SYNTAX = re.compile(r" \([^()]*, line (\d+)\)$")


@dataclass(frozen=True)
class Frame:
    """One line of a traceback: of the ``cell`` at this place of the notebook, or of a file of tinytorch (no cell)."""

    cell: int | None
    file: str
    line: int
    function: str
    text: str


def frames_of(outputs: Sequence[Mapping], cells: Sequence[NotebookNode], at: int) -> list[Frame]:
    """The frames of the error that the cell at ``at`` ended with which lie in a cell or in tinytorch, outermost first.

    ``outputs`` are the cell's errors: one that was interrupted has a second error, which knows where it was.
    """
    found: list[Frame] = []
    lines = [COLORS.sub("", line) for output in outputs for part in output.traceback for line in part.split("\n")]
    for number, line in enumerate(lines):
        if match := IN_CELL.match(line):
            place = _place(match[2] or "", int(match[1]), cells, at)
            if place is not None:
                text = cells[place].source.split("\n")[int(match[1]) - 1].strip()
                found.append(Frame(place, "", int(match[1]), _short(match[2] or ""), text))
        elif (match := IN_FILE.match(line)) and "/tinytorch/" in match[1].replace("\\", "/"):
            name = match[1].replace("\\", "/").rsplit("/tinytorch/", 1)[1]
            text = next((arrow[1].strip() for arrow in map(ARROW.match, lines[number + 1 : number + 12]) if arrow), "")
            found.append(Frame(None, f"tinytorch/{name}", int(match[2]), _short(match[3] or ""), text))
    return found


def told_frames(message: str, cells: Sequence[NotebookNode], at: int) -> list[Frame]:
    """The frames that the message of a check names."""
    found = []
    for function, line in TOLD.findall(message):
        place = _place(function, int(line), cells, at)
        if place is not None:
            found.append(Frame(place, "", int(line), function, ""))
    return found


def is_own(cell: NotebookNode) -> bool:
    """Whether a cell of a grafted notebook is written by the student: an answer, or a cell that they added."""
    return bool(nbgrader_metadata(cell).get("solution")) or is_extra(cell)


def is_extra(cell: NotebookNode) -> bool:
    """Whether a student added a cell; graft names it so."""
    return str(cell.get("id", "")).startswith("extra-")


def told(frame: Frame, where: str) -> str:
    """A frame in words, as the checks of tito.lesson say it."""
    function = f"`{frame.function}`, " if frame.function else ""
    return f"in {function}line {frame.line} of {where}" + (f":\n    {frame.text}" if frame.text else "")


def _short(qualified: str) -> str:
    """``go`` of ``A.go``, and ``f`` of ``f.<locals>.<listcomp>``."""
    names = [name for name in qualified.split(".") if not name.startswith("<")]
    return names[-1] if names else ""


def _place(function: str, line: int, cells: Sequence[NotebookNode], at: int) -> int | None:
    """The last cell, up to the one at ``at``, in which this function has this line; for no function that one itself."""
    if not function:
        return at if line <= cells[at].source.count("\n") + 1 else None
    name = _short(function)
    for place in range(at, -1, -1):
        if cells[place].cell_type == "code" and any(
            known == name and first <= line <= last for known, first, last in _functions(cells[place].source)
        ):
            return place
    return None


@functools.lru_cache(maxsize=512)
def _functions(source: str) -> tuple[tuple[str, int, int], ...]:
    """Name, first and last line of each function and class of a cell."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return tuple((n.name, n.lineno, n.end_lineno or n.lineno) for n in ast.walk(tree) if isinstance(n, kinds))
