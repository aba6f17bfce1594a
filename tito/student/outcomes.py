"""What came of each cell of an executed notebook, and which of them only wait for another.

A cell is passed, failed, or not tried because an exercise is not written, or because of what failed before it. An
outcome that follows from another one names it in ``because``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tito.notebooks.reading import is_test, nbgrader_metadata
from tito.student.tracebacks import SYNTAX, Frame, frames_of, is_extra, is_own, told, told_frames

if TYPE_CHECKING:
    from nbformat import NotebookNode

PASSED = "passed"
FAILED = "failed"
NOT_TRIED = "not tried"
UNDEFINED = re.compile(r"name '(\w+)' is not defined|There is no `(\w+)` yet\.")
BLANK = re.compile(r"A blank `\.\.\.` is still there|^No inputs yet:|\bellipsis\b", re.MULTILINE)
EXERCISE = re.compile(r"^#+ +(\S+) · \w+ · \d+ min · (core|challenge)$", re.MULTILINE)
SECTION = re.compile(r"^##? ", re.MULTILINE)
SAYS_IT_ALL = (
    "AssertionError", "CheckFailed", "CellTimeoutError", "DeadKernelError", "NobodyThere", "OutputLimitExceeded",
)  # fmt: skip
ENDS_ALL = ("CellTimeoutError", "DeadKernelError")


@dataclass(frozen=True)
class Outcome:
    """What came of one test or cell: passed, failed with its message, or not tried and why.

    ``exercise`` is the one to work on, ``because`` the exercise or cell that it waits for (empty when it is the cause
    itself), ``place`` the cell's position in the notebook.
    """

    id: str
    points: float
    state: str
    message: str = ""
    exercise: str = ""
    because: str = ""
    place: int = 0


@dataclass(frozen=True)
class Problem:
    """One cause: the exercise or cell where it lies, what is to be said of it, and what waits for it."""

    id: str
    exercise: str
    state: str
    message: str
    waiting: tuple[str, ...]


def problems(outcomes: Iterable[Outcome]) -> tuple[Problem, ...]:
    """What did not pass, each cause once, in the order of the notebook."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda each: each.place):
        if outcome.state != PASSED:
            groups.setdefault(outcome.because or outcome.id, []).append(outcome)
    return tuple(_problem(cause, members) for cause, members in groups.items())


def _problem(cause: str, members: Sequence[Outcome]) -> Problem:
    head = next((each for each in members if each.id == cause and not each.because), None)
    first = head or members[0]
    waiting = dict.fromkeys(each.id for each in members if each.id != cause)
    return Problem(cause, first.exercise if head else cause, first.state, first.message, tuple(waiting))


def outcomes(cells: Sequence[NotebookNode], labels: Mapping[str, str]) -> list[tuple[NotebookNode, Outcome]]:
    """Each code cell with what came of it, in order; ``labels`` say how a student finds a cell without a name."""
    reader = _Reader(cells, labels)
    return [(cell, reader.read(place)) for place, cell in enumerate(cells) if cell.cell_type == "code"]


def answers(cell: NotebookNode) -> str:
    """The id of the exercise that a cell answers, which its stub raises; empty for any other cell."""
    meta = nbgrader_metadata(cell)
    return str(meta.get("grade_id", "")).removesuffix("-answer") if meta.get("solution") else ""


class _Reader:
    """Reads cells from the first to the last, and remembers what failed before."""

    def __init__(self, cells: Sequence[NotebookNode], labels: Mapping[str, str]) -> None:
        self.cells, self.labels = cells, labels
        self.exercises = {answers(cell) for cell in cells} - {""}
        self.sections = self._sections()
        self.lost: dict[str, tuple[str, str]] = {}  # a name that a cell did not make: which cell, and the cause
        self.broken: dict[str, str] = {}  # an exercise of which a test did not pass: the cause
        self.stopper = ""  # the cell that ended the run

    def read(self, place: int) -> Outcome:
        """What came of the cell at ``place``; all cells before it have been read."""
        cell, label = self.cells[place], self._label(place)
        state, message, exercise, because = self._judged(place)
        because = "" if because == label else because
        if state != PASSED:
            for name in bound_names(cell.source):
                self.lost.setdefault(name, (label, because or label))
            self.broken.setdefault(exercise, because or label)
        points = nbgrader_metadata(cell).get("points", 0)
        return Outcome(label, points, state, message, exercise, because, place)

    def _judged(self, place: int) -> tuple[str, str, str, str]:
        """State, message, the exercise to work on, and the cause where it lies elsewhere."""
        cell, own = self.cells[place], self.sections[place]
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        if not errors or "raises-exception" in cell.metadata.get("tags", []):
            return PASSED, "", own, ""
        name, value = errors[0].ename, errors[0].evalue.strip()
        if name == "NotRun":
            return self._not_run(place, value)
        if name == "NotImplementedError" and value in self.exercises:
            return NOT_TRIED, f"exercise {value} is not written yet", value, value
        undefined = UNDEFINED.search(value) if name in ("NameError", "CheckFailed") else None
        missing = (undefined[1] or undefined[2]) if undefined else ""
        if missing in self.lost:
            maker, cause = self.lost[missing]
            return NOT_TRIED, f"it uses {missing}, which {maker} should have made", own, cause
        frames = told_frames(value, self.cells, place) or frames_of(errors, self.cells, place)
        mine = [frame for frame in frames if frame.cell is not None and is_own(self.cells[frame.cell])]
        source = self.sections[mine[-1].cell] if mine else ""
        if BLANK.search(value):
            exercise = source or own
            return NOT_TRIED, f"exercise {exercise} still has a blank `...`", exercise, exercise
        if name in ENDS_ALL:
            self.stopper = self.stopper or self._label(place)
        message = value if name in SAYS_IT_ALL and value else f"{name}: {value}" if value else name
        message = self._with_place(message, name, frames, mine, place)
        if source in self.broken and (source != own or not is_test(cell)):
            return FAILED, message, source, self.broken[source]
        return FAILED, message, own if is_test(cell) or is_extra(cell) else source or own, ""

    def _not_run(self, place: int, value: str) -> tuple[str, str, str, str]:
        if self.stopper:
            return (
                NOT_TRIED,
                f"it was not run, because {self.stopper} ended the run",
                self.sections[place],
                self.stopper,
            )
        self.stopper = self._label(place)  # the time of the notebook was used up between two cells
        return NOT_TRIED, value, self.sections[place], ""

    def _with_place(self, message: str, name: str, frames: Sequence[Frame], mine: Sequence[Frame], place: int) -> str:
        """A message with the student's own line that raised, where the message does not name it."""
        if name == "CheckFailed":
            return message
        if name == "SyntaxError" and (match := SYNTAX.search(message)):
            lines = self.cells[place].source.split("\n")
            text = lines[int(match[1]) - 1].strip() if int(match[1]) <= len(lines) else ""
            frame = Frame(place, "", int(match[1]), "", text)
            return f"{message[: match.start()]}\n{told(frame, self._cell(place))}"
        last = frames[-1] if frames else None
        if name == "AssertionError" and last not in mine:  # it is the check's
            return message
        shown = [frame for frame in (mine[-1] if mine else None, last) if frame in mine or (frame and frame.file)]
        return "\n".join([message, *dict.fromkeys(told(frame, self._where(frame)) for frame in shown)])

    def _where(self, frame: Frame) -> str:
        return frame.file or self._cell(frame.cell)

    def _cell(self, place: int) -> str:
        """How a student finds the cell at ``place``: by its number, with the exercise that it answers."""
        number = self.labels.get(str(self.cells[place].get("id")), "")
        exercise = answers(self.cells[place])
        return f"{number} ({exercise})" if number and exercise else number or exercise or "a given cell"

    def _label(self, place: int) -> str:
        cell = self.cells[place]
        grade_id = nbgrader_metadata(cell).get("grade_id")
        return answers(cell) or grade_id or self.labels.get(str(cell.get("id")), "a given cell")

    def _sections(self) -> list[str]:
        """For each cell the exercise that it belongs to: its own, else the one whose heading or answer stands above.

        A challenge ends with its section. A cell that the student added is one to work on by itself.
        """
        found, current, core = [], "", ""
        for place, cell in enumerate(self.cells):
            headings = EXERCISE.findall(cell.source) if cell.cell_type != "code" else []
            if headings:
                current, core = headings[-1][0], headings[-1][0] if headings[-1][1] == "core" else core
            elif cell.cell_type != "code" and SECTION.search(cell.source):
                current = core or current
            elif answers(cell) and answers(cell) != current:
                current = core = answers(cell)
            name = str(nbgrader_metadata(cell).get("grade_id", ""))
            known = name if name in self.exercises else current
            found.append(self._label(place) if is_extra(cell) else known)
        return found


def bound_names(source: str) -> set[str]:
    """The names that a cell makes at its top level when it runs through."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set(re.findall(r"^(?:class|def)\s+(\w+)", source, re.MULTILINE))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names
