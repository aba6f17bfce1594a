"""Run a student's notebook end to end with the released tests, and say what came of each test.

A test is passed, failed, or not tried because what it depends on is not there. The run sees the exports of the
needed modules and nothing else, as a grading run does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tito.course import Assignment, Course, release_root
from tito.errors import NotebookError
from tito.notebooks.exporter import read_record
from tito.notebooks.reading import nbgrader_metadata, read_notebook, same_sources
from tito.student.outcomes import EXERCISE, FAILED, NOT_TRIED, PASSED, Outcome, Problem, outcomes, problems
from tito.student.tracebacks import IN_TINYTORCH
from tito.workspace import Workspace

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["FAILED", "NOT_TRIED", "PASSED", "ManualCell", "NotebookCheck", "Outcome", "Problem", "check"]

CELL_SECONDS = 60.0
CELL_NUMBER = re.compile(r"\bcell (\d+)\b")


@dataclass(frozen=True)
class ManualCell:
    """An answer that a person grades, and whether there is one."""

    id: str
    points: float
    answered: bool


@dataclass(frozen=True)
class NotebookCheck:
    """One run: its tests, the other cells that stopped with an error, and what is left to a person.

    ``problems`` are the causes of what did not pass, and ``work_on`` is the exercise to do next.
    """

    assignment: str
    notebook: str
    tests: tuple[Outcome, ...]
    other_cells: tuple[Outcome, ...]
    manual: tuple[ManualCell, ...]
    restored: tuple[str, ...]
    stopped: str
    seconds: float
    challenges: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(init=False)
    work_on: str = field(init=False)

    def __post_init__(self) -> None:
        found = problems([*self.tests, *self.other_cells])
        needed = [problem for problem in found if problem.exercise not in self.challenges] or found
        object.__setattr__(self, "problems", found)
        object.__setattr__(self, "work_on", next((problem.exercise or problem.id for problem in needed), ""))

    @property
    def passed(self) -> int:
        return sum(test.state == PASSED for test in self.tests)

    @property
    def ok(self) -> bool:
        """Whether the notebook ran through: every test but a challenge's passed, and no other cell failed.

        A cell may wait for what only a person grades.
        """
        needed = [test for test in self.tests if (test.exercise or test.id) not in self.challenges]
        by_hand = {cell.id for cell in self.manual}
        others = [
            cell
            for cell in self.other_cells
            if not {cell.exercise, cell.because}.intersection(self.challenges)
            and not (cell.state == NOT_TRIED and cell.because in by_hand)
        ]
        return bool(self.tests) and all(test.state == PASSED for test in needed) and not others


def read_work(path: Path, assignment: Assignment, workspace: Workspace) -> NotebookNode:
    """The student's notebook of an assignment.

    Raises NotebookError when it is missing, not saved, no notebook, or another assignment's.
    """
    from tito.notebooks.grafting import released_notebook

    shown = workspace.shown(path)
    if not path.is_file():
        raise NotebookError(f"There is no notebook {shown}.", start_command(assignment))
    notebook = _read_or_begin_again(path, assignment, workspace)
    released = released_notebook(assignment.id, assignment.notebook, release_root())
    _refuse_another(notebook, released, assignment, shown)
    if same_sources(notebook, released):
        raise NotebookError(
            f"{shown} is unchanged since it was released: nothing that you wrote was saved.",
            "write your answers, save the notebook (Ctrl+S), and run the same command again",
        )
    return notebook


def _read_or_begin_again(path: Path, assignment: Assignment, workspace: Workspace) -> NotebookNode:
    """Read a notebook; where it is none, say also how to begin again, which keeps what is there."""
    try:
        return read_notebook(path)
    except NotebookError as error:
        if path.resolve() != workspace.notebook(assignment).resolve():
            raise
        again = start_command(assignment)
        if hasattr(assignment, "exports"):
            again = f"tito module reset {command_name(assignment)}"
        else:
            again = f"move it away, then {again}"
        raise NotebookError(error.message, f"{error.hint}; or begin again: {again}") from error


def start_command(assignment: Assignment) -> str:
    """The command that puts an assignment's notebook into the workspace."""
    kind = "module" if hasattr(assignment, "exports") else "milestone"
    return f"tito {kind} start {command_name(assignment)}"


def command_name(assignment: Assignment) -> str:
    """How a command names an assignment: a module by its number, a milestone by its id."""
    return f"{assignment.number:02d}" if hasattr(assignment, "exports") else assignment.id


def graft_work(notebook: NotebookNode, assignment: Assignment) -> NotebookNode:
    """The student's answers in the released notebook: what is run, and what is exported."""
    from tito.notebooks.grafting import graft, released_notebook

    return graft(notebook, released_notebook(assignment.id, assignment.notebook, release_root()))


def check(
    grafted: NotebookNode,
    submitted: NotebookNode,
    assignment: Assignment,
    package: Mapping[str, bytes],
    shown: str,
) -> NotebookCheck:
    """Run a grafted notebook; ``submitted`` gives the numbers under which the student knows the cells."""
    from tito.execution.run import Limits, execute
    from tito.notebooks.grafting import released_notebook
    from tito.notebooks.problems import problems_of
    from tito.student.reused import blame_reused_names

    run = execute(grafted, package, Limits(cell_seconds=CELL_SECONDS), ends_at_timeout=True)
    released = released_notebook(assignment.id, assignment.notebook, release_root())
    blame_reused_names(run.notebook.cells, released.cells, _labels(submitted))
    found = outcomes(run.notebook.cells, _labels(submitted))
    names = {outcome.place + 1: outcome.id for _, outcome in found}
    tests, others = [], []
    for cell, outcome in found:
        meta = nbgrader_metadata(cell)
        if meta.get("grade") and not meta.get("solution"):
            tests.append(outcome)
        elif outcome.state == FAILED or (outcome.state == NOT_TRIED and not meta.get("grade")):
            others.append(outcome)
    return NotebookCheck(
        assignment=assignment.id,
        notebook=shown,
        tests=tuple(tests),
        other_cells=tuple(others),
        manual=_manual_cells(grafted, released),
        restored=tuple(problem["message"] for problem in problems_of(grafted)),
        stopped=CELL_NUMBER.sub(lambda match: names[int(match[1])], run.stopped),
        seconds=round(run.total_s, 1),
        challenges=_challenges(released),
    )


def traced(result: NotebookCheck, workspace: Workspace, course: Course) -> NotebookCheck:
    """A run whose messages name, beside a line of ``tinytorch/x.py``, the cell that it was exported from."""

    def add_cell(match: re.Match) -> str:
        module = next((module for module in course.modules if module.name == match[2]), None)
        record = read_record(workspace.package, module) if module else None
        span = record.cell_of(int(match[1])) if record else None
        return f"{match[0]} (cell {span.cell} of {record.notebook})" if span else match[0]

    def told(found: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        return tuple(replace(each, message=IN_TINYTORCH.sub(add_cell, each.message)) for each in found)

    return replace(result, tests=told(result.tests), other_cells=told(result.other_cells))


def _challenges(released: NotebookNode) -> tuple[str, ...]:
    """The exercises whose headings call them a challenge: nothing waits for them."""
    texts = (cell.source for cell in released.cells if cell.cell_type == "markdown")
    return tuple(id for text in texts for id, kind in EXERCISE.findall(text) if kind == "challenge")


def _refuse_another(notebook: NotebookNode, released: NotebookNode, assignment: Assignment, shown: str) -> None:
    whose = notebook.metadata.get("tito", {}).get("assignment", assignment.id)
    ours = {nbgrader_metadata(cell).get("grade_id") for cell in released.cells} - {None, "setup"}
    theirs = {nbgrader_metadata(cell).get("grade_id") for cell in notebook.cells} - {None, "setup"}
    if whose == assignment.id and (not theirs or theirs & ours):
        return
    what = f"the notebook of {whose}" if whose != assignment.id else "another assignment's notebook"
    raise NotebookError(
        f"{shown} is {what}, not of {assignment.id}.",
        f"put your own notebook of {assignment.id} there, or begin again: move it away, then "
        + start_command(assignment),
    )


def _manual_cells(grafted: NotebookNode, released: NotebookNode) -> tuple[ManualCell, ...]:
    sources = {nbgrader_metadata(cell).get("grade_id"): cell.source for cell in released.cells}
    metas = [(nbgrader_metadata(cell), cell) for cell in grafted.cells]
    return tuple(
        ManualCell(meta["grade_id"], meta["points"], cell.source.strip() != sources[meta["grade_id"]].strip())
        for meta, cell in metas
        if meta.get("grade") and meta.get("solution")
    )


def _labels(submitted: NotebookNode) -> dict[str, str]:
    """How a person finds a cell without a name of its own: by its number in their notebook."""
    labels = {f"extra-{position}": f"cell {position + 1}" for position in range(len(submitted.cells))}
    numbered = enumerate(submitted.cells, start=1)
    return labels | {str(cell.get("id")): f"cell {number}" for number, cell in numbered}
