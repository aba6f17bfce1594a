"""Run a student's notebook end to end with the released tests, and say what came of each test.

A test is passed, failed, or not tried because what it depends on is not there. The run sees the exports of the
needed modules and nothing else, as a grading run does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tito.course import Assignment, release_root
from tito.errors import NotebookError
from tito.notebooks.reading import nbgrader_metadata, read_notebook, same_sources
from tito.workspace import Workspace

if TYPE_CHECKING:
    from nbformat import NotebookNode

PASSED = "passed"
FAILED = "failed"
NOT_TRIED = "not tried"
UNDEFINED = re.compile(r"name '(\w+)' is not defined")
CHALLENGE = re.compile(r"^#+ +(\S+) · \w+ · \d+ min · challenge$", re.MULTILINE)
SAYS_IT_ALL = (
    "AssertionError", "CheckFailed", "CellTimeoutError", "DeadKernelError", "NobodyThere", "OutputLimitExceeded",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What came of one test or cell: passed, failed with its message, or not tried and why."""

    id: str
    points: float
    state: str
    message: str = ""


@dataclass(frozen=True)
class ManualCell:
    """An answer that a person grades, and whether there is one."""

    id: str
    points: float
    answered: bool


@dataclass(frozen=True)
class NotebookCheck:
    """One run: its tests, the other cells that stopped with an error, and what is left to a person."""

    assignment: str
    notebook: str
    tests: tuple[Outcome, ...]
    other_cells: tuple[Outcome, ...]
    manual: tuple[ManualCell, ...]
    restored: tuple[str, ...]
    stopped: str
    seconds: float
    challenges: tuple[str, ...] = ()

    @property
    def passed(self) -> int:
        return sum(test.state == PASSED for test in self.tests)

    @property
    def ok(self) -> bool:
        """Whether the notebook ran through: every test but a challenge's passed, and no other cell failed."""
        needed = [test for test in self.tests if test.id not in self.challenges]
        return bool(self.tests) and all(test.state == PASSED for test in needed) and not self.other_cells

    @property
    def first_problem(self) -> str:
        """The id of the test or cell to look at first."""
        problems = [*self.other_cells, *self.tests]
        failed = [problem.id for problem in problems if problem.state == FAILED]
        return next(iter(failed or [problem.id for problem in problems if problem.state != PASSED]), "")


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
    from tito.execution.run import execute
    from tito.notebooks.grafting import released_notebook
    from tito.notebooks.problems import problems_of
    from tito.student.reused import blame_reused_names

    run = execute(grafted, package)
    released = released_notebook(assignment.id, assignment.notebook, release_root())
    blame_reused_names(run.notebook.cells, released.cells, _labels(submitted))
    outcomes = _outcomes(run.notebook.cells, _labels(submitted))
    tests, others = [], []
    for cell, outcome in outcomes:
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
        stopped=run.stopped,
        seconds=round(run.total_s, 1),
        challenges=_challenges(released),
    )


def _challenges(released: NotebookNode) -> tuple[str, ...]:
    """The exercises whose headings call them a challenge: nothing waits for them."""
    texts = (cell.source for cell in released.cells if cell.cell_type == "markdown")
    return tuple(match[1] for text in texts for match in CHALLENGE.finditer(text))


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


def _outcomes(cells: Iterable[NotebookNode], labels: dict[str, str]) -> list[tuple[NotebookNode, Outcome]]:
    """Each code cell with what came of it, in order: a name that a failed cell should have made explains others."""
    exercises = {_exercise(cell) for cell in cells} - {""}
    lost: dict[str, str] = {}
    outcomes = []
    for cell in cells:
        if cell.cell_type != "code":
            continue
        label = _label(cell, labels)
        state, message = _state(cell, exercises, lost)
        if state != PASSED:
            for name in _bound_names(cell.source):
                lost.setdefault(name, label)
        outcomes.append((cell, Outcome(label, nbgrader_metadata(cell).get("points", 0), state, message)))
    return outcomes


def _state(cell: NotebookNode, exercises: set[str], lost: Mapping[str, str]) -> tuple[str, str]:
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    if not errors or "raises-exception" in cell.metadata.get("tags", []):
        return PASSED, ""
    name, value = errors[0].ename, errors[0].evalue.strip()
    if name == "NotRun":
        return NOT_TRIED, value
    if name == "NotImplementedError" and value in exercises:
        return NOT_TRIED, f"exercise {value} is not written yet"
    undefined = UNDEFINED.search(value) if name == "NameError" else None
    if undefined and undefined[1] in lost:
        return NOT_TRIED, f"it uses {undefined[1]}, which {lost[undefined[1]]} should have made"
    if name in SAYS_IT_ALL and value:
        return FAILED, value
    return FAILED, f"{name}: {value}" if value else name


def _exercise(cell: NotebookNode) -> str:
    """The id that an exercise's stub raises; empty for any other cell."""
    meta = nbgrader_metadata(cell)
    return str(meta.get("grade_id", "")).removesuffix("-answer") if meta.get("solution") else ""


def _labels(submitted: NotebookNode) -> dict[str, str]:
    """How a person finds a cell without a name of its own: by its number in their notebook."""
    labels = {f"extra-{position}": f"cell {position + 1}" for position in range(len(submitted.cells))}
    numbered = enumerate(submitted.cells, start=1)
    return labels | {str(cell.get("id")): f"cell {number}" for number, cell in numbered}


def _label(cell: NotebookNode, labels: Mapping[str, str]) -> str:
    grade_id = nbgrader_metadata(cell).get("grade_id")
    return _exercise(cell) or grade_id or labels.get(str(cell.get("id")), "a given cell")


def _bound_names(source: str) -> set[str]:
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
