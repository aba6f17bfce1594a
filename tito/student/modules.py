"""What a student does with modules: see where they stand, start one, test it, complete it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tito.course import Course, Milestone, Module, release_root
from tito.errors import ExportError, TitoError
from tito.files import refuse_unwritable, typed, write_atomically
from tito.notebooks.exporter import ExportRecord, export_hash, export_hash_of_cells, render, write_export
from tito.notebooks.reading import plain_cells
from tito.state.progress import file_hash, milestone_progress, module_progress, now
from tito.student import checks
from tito.student.exports import exports_hash, needed_package
from tito.workspace import Workspace

if TYPE_CHECKING:
    from nbformat import NotebookNode

COMPLETED = "completed"
STALE = "stale"
STARTED = "started"
READY = "ready"
LOCKED = "locked"
PLANNED = "planned"


@dataclass(frozen=True)
class ModuleStatus:
    """Where one module stands, why, and the command that comes next."""

    number: int
    id: str
    name: str
    title: str
    exports: tuple[str, ...]
    state: str
    missing: tuple[int, ...]
    note: str
    next: str

    @property
    def done(self) -> bool:
        """Whether the module was completed and its export is there, be it stale or not."""
        return self.state in (COMPLETED, STALE)


@dataclass(frozen=True)
class Started:
    """Where an assignment's notebook lies, and whether it was put there just now."""

    assignment: str
    notebook: str
    new: bool


@dataclass(frozen=True)
class Trial:
    """What one run of ``tito module test`` showed; it changes nothing."""

    module: str
    check: checks.NotebookCheck
    next: str

    @property
    def ok(self) -> bool:
        return self.check.ok


@dataclass(frozen=True)
class Recheck:
    """Whether what a milestone that was started needs is still there: which modules are missing, which are stale.

    ``outdated`` says that it was verified with other exports than those of now.
    """

    milestone: str
    missing: tuple[int, ...]
    stale: tuple[int, ...]
    outdated: bool

    @property
    def holds(self) -> bool:
        return not self.missing and not self.stale and not self.outdated


@dataclass(frozen=True)
class Completion:
    """What one run of ``tito module complete`` measured, and what it changed."""

    module: str
    check: checks.NotebookCheck
    exported: str
    names: tuple[str, ...]
    unlocked: tuple[str, ...]
    rechecked: tuple[Recheck, ...]
    milestones_checked: bool
    next: str

    @property
    def ok(self) -> bool:
        return self.check.ok


def statuses(workspace: Workspace, course: Course) -> list[ModuleStatus]:
    """Where each module of the course stands in a workspace."""
    records = module_progress(workspace, course).read()
    found: list[ModuleStatus] = []
    for module in course.modules:
        done = {status.number for status in found if status.done}
        missing = tuple(number for number in module.needs if number not in done)
        found.append(_status(workspace, module, records.get(module.id, {}), missing))
    return found


def planned(course: Course) -> list[ModuleStatus]:
    """The modules that the table plans and the course does not teach yet: there is no command for them."""
    return [
        ModuleStatus(module.number, module.id, module.name, module.title, module.exports, PLANNED, (), "", "")
        for module in course.planned_modules
    ]


def completed_numbers(found: list[ModuleStatus]) -> set[int]:
    """The numbers of the modules that are completed, their export present."""
    return {status.number for status in found if status.done}


def start(workspace: Workspace, course: Course, module: Module) -> Started:
    """Put a module's released notebook into the workspace, unless there is one.

    Raises TitoError when an earlier module is missing.
    """
    with workspace.locked():
        _refuse_out_of_order(workspace, course, module)
        place = place_notebook(workspace, module)
        if place.new:
            module_progress(workspace, course).update(module.id, started_at=now())
        return place


def place_notebook(workspace: Workspace, assignment: Module | Milestone) -> Started:
    """Copy an assignment's released notebook to its place in the workspace; an existing one is never touched."""
    destination = workspace.notebook(assignment)
    shown = workspace.shown(destination)
    if destination.exists():
        return Started(assignment.id, shown, new=False)
    released = release_root() / assignment.id / f"{assignment.notebook}.ipynb"
    try:
        content = released.read_bytes()
    except OSError as error:
        raise TitoError(
            f"The released notebook of {assignment.id} is not part of this course yet.",
            "pip install --upgrade tinytorch-course (or, in the course repository: make release)",
        ) from error
    write_atomically(destination, content)
    return Started(assignment.id, shown, new=True)


def run_tests(workspace: Workspace, course: Course, module: Module, notebook: Path | None = None) -> Trial:
    """Run a module's notebook with the released tests; nothing is exported or recorded."""
    _refuse_missing(_missing(statuses(workspace, course), module), module, course, workspace, "tested")
    result = _run(workspace, course, module, notebook or workspace.notebook(module), exporting=False).result
    verb = "complete" if result.ok else "test"
    return Trial(module.id, result, _command(verb, module, notebook))


def complete(
    workspace: Workspace,
    course: Course,
    module: Module,
    notebook: Path | None = None,
    check_milestones: bool = True,
) -> Completion:
    """Run a module's notebook with the released tests, and export it when all of them pass.

    A run that fails changes nothing. Raises TitoError when the notebook cannot be run or exported at all.
    """
    with workspace.locked():
        before = statuses(workspace, course)
        _refuse_missing(_missing(before, module), module, course, workspace, "completed")
        begun = milestone_progress(workspace, course).read() if check_milestones else {}
        module_progress(workspace, course).refuse_unwritable()
        refuse_unwritable(workspace.export(module))
        path = notebook or workspace.notebook(module)
        run = _run(workspace, course, module, path)
        if not run.result.ok:
            again = _command("complete", module, notebook)
            return Completion(module.id, run.result, "", (), (), (), check_milestones, again)
        text, record = render(run.grafted, module, path.name, course)
        record = _renumbered(record, run.submitted)
        _refuse_unimportable(text, record, module, run.package)
        write_export(text, record, module, workspace.package)
        module_progress(workspace, course).update(
            module.id,
            completed_at=now(),
            notebook=workspace.shown(path),
            notebook_sha256=export_hash(run.submitted),
            export_sha256=file_hash(workspace.export(module)),
            tests_passed=run.result.passed,
        )
        after = statuses(workspace, course)
    changed = (completed_numbers(before), completed_numbers(after)) if check_milestones else (set(), set())
    unlocked = _newly_unlocked(course, *changed)
    return Completion(
        module.id,
        run.result,
        workspace.shown(workspace.export(module)),
        record.names,
        unlocked,
        _rechecked(workspace, course, module, begun, after),
        check_milestones,
        _next_command(after, unlocked),
    )


@dataclass(frozen=True)
class _Run:
    """A student's notebook, as they wrote it and as it was run; the exports it ran with, and what came of it."""

    submitted: NotebookNode
    grafted: NotebookNode
    package: dict[str, bytes]
    result: checks.NotebookCheck


def _run(workspace: Workspace, course: Course, module: Module, path: Path, exporting: bool = True) -> _Run:
    submitted = checks.read_work(path, module, workspace)
    if exporting:
        render(submitted, module, path.name, course)  # refuses, under the student's own cell numbers
    grafted = checks.graft_work(submitted, module)
    package = needed_package(workspace, module, course)
    result = checks.check(grafted, submitted, module, package, workspace.shown(path))
    result = checks.traced(result, workspace, course)
    return _Run(submitted, grafted, package, result)


def _command(verb: str, module: Module, notebook: Path | None) -> str:
    option = f" --notebook {typed(notebook)}" if notebook else ""
    return f"tito module {verb} {module.number:02d}{option}"


def _status(workspace: Workspace, module: Module, record: Mapping[str, Any], missing: tuple[int, ...]) -> ModuleStatus:
    state, note, verb = _state(workspace, module, record, missing)
    command = f"tito module {verb} {module.number:02d}" if verb else ""
    return ModuleStatus(
        module.number, module.id, module.name, module.title, module.exports, state, missing, note, command
    )


def _state(
    workspace: Workspace, module: Module, record: Mapping[str, Any], missing: tuple[int, ...]
) -> tuple[str, str, str]:
    """A module's state, a note on it, and the verb of the next command."""
    exported = workspace.export(module)
    has_notebook = workspace.notebook(module).is_file()
    gone = ""
    if record.get("completed_at"):
        if exported.is_file():
            reason = _stale_because(workspace, module, record)
            return (STALE, reason, "complete") if reason else (COMPLETED, "", "")
        gone = f"its export {workspace.shown(exported)} is gone"
    if missing:
        return LOCKED, gone, ""
    return (STARTED, gone, "complete") if has_notebook else (READY, gone, "start")


def _stale_because(workspace: Workspace, module: Module, record: Mapping[str, Any]) -> str:
    """Why a completed module's export is not what its notebook says; empty when it is."""
    path = workspace.root / str(record.get("notebook") or workspace.shown(workspace.notebook(module)))
    if path.is_file():
        cells = plain_cells(path)
        if cells is None:
            return f"{workspace.shown(path)} cannot be read as a notebook"
        if export_hash_of_cells(cells) != record.get("notebook_sha256"):
            return "the notebook changed after its export"
    if file_hash(workspace.export(module)) != record.get("export_sha256"):
        return f"{workspace.shown(workspace.export(module))} changed after its export"
    return ""


def _missing(found: list[ModuleStatus], module: Module) -> list[ModuleStatus]:
    return [status for status in found if status.number in module.needs and not status.done]


def _refuse_out_of_order(workspace: Workspace, course: Course, module: Module) -> None:
    _refuse_missing(_missing(statuses(workspace, course), module), module, course, workspace, "started")


def _refuse_missing(
    missing: list[ModuleStatus], module: Module, course: Course, workspace: Workspace, verb: str
) -> None:
    """Raise TitoError when a module is out of order, naming what is missing and the command for the first."""
    if missing:
        names = " and ".join(course.module(status.number).label for status in missing)
        raise TitoError(f"{module.label} cannot be {verb} yet: {names} must be completed first.", missing[0].next)


def _renumbered(record: ExportRecord, submitted: NotebookNode) -> ExportRecord:
    """The record with the numbers that the cells have in the student's own notebook."""
    numbers = {str(cell.get("id")): number for number, cell in enumerate(submitted.cells, start=1)}
    numbers |= {f"extra-{number - 1}": number for number in numbers.values()}
    spans = tuple(replace(span, cell=numbers.get(span.cell_id, span.cell)) for span in record.spans)
    return replace(record, spans=spans)


def _refuse_unimportable(text: str, record: ExportRecord, module: Module, package: Mapping[str, bytes]) -> None:
    """Import the export by itself: it fails when it relies on a cell that is not exported."""
    from tito.execution.imports import import_problem

    problem = import_problem({**package, f"{module.name}.py": text.encode()}, module.name)
    if problem.reason:
        span = record.cell_of(problem.line)
        where = f" (from cell {span.cell})" if span else ""
        raise ExportError(
            f"The tests pass, but tinytorch/{module.name}.py would not work by itself: {problem.reason}{where}.",
            "put '#| export' on the first line of every cell that the exported ones use, imports included",
        )


def _newly_unlocked(course: Course, before: set[int], after: set[int]) -> tuple[str, ...]:
    known = course.unlocked_by(before)
    return tuple(milestone.id for milestone in course.unlocked_by(after) if milestone not in known)


def _rechecked(
    workspace: Workspace,
    course: Course,
    module: Module,
    records: Mapping[str, Mapping[str, Any]],
    found: list[ModuleStatus],
) -> tuple[Recheck, ...]:
    """Whether the needs of each milestone that was started and uses this module still hold."""
    rechecked = []
    for milestone in course.milestones:
        record = records.get(milestone.id, {})
        if module.number in milestone.needs and record.get("started_at"):
            needed = [status for status in found if status.number in milestone.needs]
            missing = tuple(status.number for status in needed if not status.done)
            stale = tuple(status.number for status in needed if status.state == STALE)
            measured = record.get("package_sha256") if record.get("verified_at") else None
            outdated = bool(measured) and not missing and exports_hash(workspace, course, milestone) != measured
            rechecked.append(Recheck(milestone.id, missing, stale, outdated))
    return tuple(rechecked)


def _next_command(found: list[ModuleStatus], unlocked: tuple[str, ...]) -> str:
    if unlocked:
        return f"tito milestone start {unlocked[0]}"
    return next((status.next for status in found if status.next), "tito milestone status")
