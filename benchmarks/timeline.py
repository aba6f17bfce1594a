"""Where the seconds of one `nbgrader autograde` went, read from its log and from the notebooks it left behind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tito.notebooks.reading import nbgrader_metadata

# nbgrader and nbconvert say at which step they are; each line is preceded by the time at which it was logged.
LOG_OPTIONS = ("--Application.log_level=DEBUG", "--Application.log_format=%(created).6f %(message)s")
LINE = re.compile(r"^(\d{9,}\.\d{6}) (.*)$")
STEP = "Applying preprocessor: "
EXECUTES = re.compile(rf"{STEP}Execute\w*$")  # nbgrader's own Execute, or this course's ExecuteSubmission
FIRST, LAST = "Copying ", "Setting destination file permissions"

BEFORE, KERNEL, IMPORTS, CELLS, SHUTDOWN, AFTER = PARTS = (
    "database, files (before)",
    "kernel start",
    "imports",
    "student's cells",
    "kernel shutdown",
    "database, files (after)",
)


@dataclass(frozen=True)
class Timeline:
    """The parts of one run, in seconds; the remainder is what lies between them."""

    wall_s: float
    start_s: float
    submissions: tuple[dict[str, float], ...]
    exit_s: float

    @property
    def remainder_s(self) -> float:
        return self.wall_s - self.start_s - self.exit_s - sum(sum(parts.values()) for parts in self.submissions)


def timeline(log: str, notebooks: Sequence[Path], began: float, ended: float) -> Timeline:
    """Read a run's parts from its log; ``notebooks`` are those it executed, in order; ``began``, ``ended`` are epoch s.

    A submission goes from its first copied file to nbgrader's last word on it. Its kernel is asked for when the
    execution step begins, and answers when the first cell turns it busy. Imports are the cells before the first one
    that the assignment marks (the setup cell apart).
    """
    lines = [(float(match[1]), match[2]) for match in map(LINE.match, log.splitlines()) if match]
    submissions, first, executes, after = [], None, None, None
    start_s = end_s = 0.0
    for at, message in lines:
        if first is None and message.startswith(FIRST):
            first, start_s = at, start_s or at - began
        elif EXECUTES.match(message):
            executes, after = at, None
        elif executes and after is None and message.startswith(STEP):
            after = at
        elif first is not None and executes and after and message.startswith(LAST):
            marks = _marks(nbformat.read(notebooks[len(submissions)], as_version=4))
            moments = (first, executes, *marks, after, at)
            submissions.append(dict(zip(PARTS, (b - a for a, b in pairwise(moments)), strict=True)))
            first, executes, after, end_s = None, None, None, ended - at
    if len(submissions) != len(notebooks):
        raise ValueError(
            f"the log tells of {len(submissions)} graded submissions, not of {len(notebooks)}:\n{log[-2000:]}"
        )
    return Timeline(ended - began, start_s, tuple(submissions), end_s)


def _marks(notebook: NotebookNode) -> tuple[float, float, float]:
    """When the first cell began, when the imports were done, and when the last cell ended."""
    ran = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.metadata.get("execution")]
    marked = (cell for cell in ran if nbgrader_metadata(cell).get("grade_id", "setup") != "setup")
    return (
        _moment(ran[0], "iopub.status.busy"),
        _moment(next(marked), "iopub.status.busy"),
        _moment(ran[-1], "shell.execute_reply"),
    )


def _moment(cell: NotebookNode, event: str) -> float:
    return datetime.fromisoformat(cell.metadata["execution"][event].replace("Z", "+00:00")).timestamp()
