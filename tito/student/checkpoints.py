"""One capability checkpoint for each module: its statement, measured on what was exported, not on the notebook."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tito.course import Course, Module, release_root
from tito.errors import TitoError
from tito.state.progress import file_hash, module_progress, now
from tito.student import checks, modules
from tito.student.exports import needed_package, package_hash
from tito.workspace import Workspace

PASSED = checks.PASSED
FAILED = checks.FAILED
NOT_TRIED = checks.NOT_TRIED
STALE = modules.STALE
NOT_READY = "not ready"
ENVIRONMENT = "00_environment"
ZERO = ("0", "00", "environment", ENVIRONMENT)


@dataclass(frozen=True)
class CheckpointStatus:
    """Where one checkpoint stands: passed and failed only by a measurement of what is exported now."""

    number: int
    id: str
    title: str
    ability: str
    state: str
    note: str
    measured_at: str
    tests_passed: int
    tests: int
    next: str


@dataclass(frozen=True)
class CheckpointRun:
    """What one test of a checkpoint showed: each test's outcome, or why none could run.

    ``left_out`` are tests of exercises that are not exported: only the notebook can show these.
    """

    number: int
    id: str
    title: str
    ability: str
    measured: str
    outcomes: tuple[checks.Outcome, ...]
    problem: str
    seconds: float
    left_out: tuple[str, ...]
    next: str

    @property
    def passed(self) -> int:
        return sum(outcome.state == PASSED for outcome in self.outcomes)

    @property
    def ok(self) -> bool:
        return not self.problem and bool(self.outcomes) and self.passed == len(self.outcomes)


def statuses(workspace: Workspace, course: Course) -> list[CheckpointStatus]:
    """Where each checkpoint of the road stands: the environment, the modules, and those that are only planned."""
    records = module_progress(workspace, course).read()
    found = [_environment_status(course, _measured(records, ENVIRONMENT))]
    for module, status in zip(course.modules, modules.statuses(workspace, course), strict=True):
        found.append(_status(workspace, course, module, status, _measured(records, module.id)))
    return found + [_placed(module, modules.PLANNED, "", {}, "") for module in course.planned_modules]


def find(course: Course, name: str) -> Module | None:
    """The module whose checkpoint a name means; None for the environment's."""
    return None if name.strip().lower() in ZERO else course.module(name)


def ready(workspace: Workspace, course: Course) -> list[Module | None]:
    """The checkpoints that can be tested now, in order: the environment, and every module that is exported."""
    done = modules.completed_numbers(modules.statuses(workspace, course))
    return [None, *(module for module in course.modules if module.number in done)]


def test_all(workspace: Workspace, course: Course, chosen: list[Module | None]) -> Iterator[CheckpointRun]:
    """Test checkpoints one after the other, and record each as it is measured."""
    for module in chosen:
        yield test_environment(workspace, course) if module is None else test_module(workspace, course, module)


def test_environment(workspace: Workspace, course: Course) -> CheckpointRun:
    """Try on this machine what a student needs, as ``tito system doctor`` does, and record it."""
    from tito.student.doctor import diagnose, environment_facts

    started = time.perf_counter()
    found = diagnose(course, for_instructors=False)
    tried = [finding for finding in found.findings if finding.state != NOT_TRIED]
    failing = [finding for finding in tried if finding.blocks]
    outcomes = tuple(
        checks.Outcome(finding.name, 0, FAILED if finding.blocks else PASSED, finding.sentence) for finding in tried
    )
    _record(workspace, course, ENVIRONMENT, outcomes, not failing, {"environment_sha256": _hash(environment_facts())})
    seconds = round(time.perf_counter() - started, 1)
    following = failing[0].next if failing else _following(workspace, course)
    return CheckpointRun(
        0, ENVIRONMENT, "Environment", course.environment, "this machine", outcomes, "", seconds, (), following
    )


def test_module(workspace: Workspace, course: Course, module: Module) -> CheckpointRun:
    """Run a module's released tests against its export, and record what was measured of which package.

    Raises TitoError when the module, or one that it needs, is not exported.
    """
    package = _package(workspace, course, module)
    shown = workspace.shown(workspace.export(module))
    outcomes, problem, seconds, left_out = _measure(workspace, course, module, package, shown)
    passed = not problem and all(outcome.state == PASSED for outcome in outcomes)
    hashes = {"package_sha256": package_hash(package), "export_sha256": file_hash(workspace.export(module))}
    _record(workspace, course, module.id, outcomes, passed, hashes)
    following = _following(workspace, course) if passed else f"tito module complete {module.number:02d}"
    return CheckpointRun(
        module.number, module.id, module.title, module.ability, shown, outcomes, problem, seconds, left_out, following
    )


def _measure(
    workspace: Workspace, course: Course, module: Module, package: dict[str, bytes], shown: str
) -> tuple[tuple[checks.Outcome, ...], str, float, tuple[str, ...]]:
    """Each test's outcome, why none could run (empty when they did), the seconds, and the tests that are left out."""
    from tito.execution.imports import import_problem
    from tito.notebooks.export_tests import export_tests, points_by_test
    from tito.notebooks.grafting import released_notebook

    released = released_notebook(module.id, module.notebook, release_root())
    tests = export_tests(released, module)
    points = points_by_test(tests)
    left_out = tuple(id for id in points_by_test(released) if id not in points)
    found = import_problem(package, module.name)
    if found.reason:
        reason = f"{shown} cannot be imported"
        outcomes = tuple(checks.Outcome(id, worth, NOT_TRIED, reason) for id, worth in points.items())
        return outcomes, f"{reason}: {found.shown}", 0.0, left_out
    result = checks.traced(checks.check(tests, tests, module, package, shown), workspace, course)
    return result.tests, result.stopped, result.seconds, left_out


def _package(workspace: Workspace, course: Course, module: Module) -> dict[str, bytes]:
    found = modules.statuses(workspace, course)
    if module.number not in modules.completed_numbers(found):
        own = next(status.next for status in found if status.number == module.number)
        command = own or next(status.next for status in found if status.next)
        shown = workspace.shown(workspace.export(module))
        raise TitoError(f"{module.label} is not exported yet; its checkpoint is measured on {shown}.", command)
    path = workspace.export(module)
    return {**needed_package(workspace, module, course), path.name: path.read_bytes()}


def _record(
    workspace: Workspace,
    course: Course,
    id: str,
    outcomes: tuple[checks.Outcome, ...],
    passed: bool,
    hashes: Mapping[str, str],
) -> None:
    fields = {
        "state": PASSED if passed else FAILED,
        "at": now(),
        "tests_passed": sum(outcome.state == PASSED for outcome in outcomes),
        "tests": len(outcomes),
        **hashes,
    }
    module_progress(workspace, course).update(id, checkpoint=fields)


def _measured(records: Mapping[str, Mapping[str, Any]], id: str) -> Mapping[str, Any]:
    """What was measured last of a checkpoint; empty when nothing was."""
    found = records.get(id, {}).get("checkpoint")
    return found if isinstance(found, dict) and found.get("state") in (PASSED, FAILED) else {}


def _environment_status(course: Course, record: Mapping[str, Any]) -> CheckpointStatus:
    from tito.student.doctor import environment_facts

    state, note = str(record.get("state") or NOT_TRIED), ""
    if record and record.get("environment_sha256") != _hash(environment_facts()):
        state, note = STALE, "Python or a package is another one since"
    command = "" if state == PASSED else "tito checkpoint test 00"
    return _made(0, ENVIRONMENT, "Environment", course.environment, state, note, record, command)


def _status(
    workspace: Workspace, course: Course, module: Module, status: modules.ModuleStatus, record: Mapping[str, Any]
) -> CheckpointStatus:
    test = f"tito checkpoint test {module.number:02d}"
    if not status.done:
        return _placed(module, NOT_READY, status.note, {}, status.next)
    if not record:
        return _placed(module, NOT_TRIED, "", record, test)
    if record.get("export_sha256") != file_hash(workspace.export(module)):
        return _placed(module, STALE, f"{workspace.shown(workspace.export(module))} is another one since", record, test)
    try:
        package = _package(workspace, course, module)
    except TitoError as missing:
        return _placed(module, STALE, missing.message.rstrip("."), record, missing.hint)
    if record.get("package_sha256") != package_hash(package):
        return _placed(module, STALE, "an earlier export is another one since", record, test)
    return _placed(module, str(record["state"]), "", record, "" if record["state"] == PASSED else test)


def _placed(module: Module, state: str, note: str, record: Mapping[str, Any], command: str) -> CheckpointStatus:
    return _made(module.number, module.id, module.title, module.ability, state, note, record, command)


def _made(
    number: int, id: str, title: str, ability: str, state: str, note: str, record: Mapping[str, Any], command: str
) -> CheckpointStatus:
    at, passed, tests = record.get("at", ""), record.get("tests_passed", 0), record.get("tests", 0)
    return CheckpointStatus(number, id, title, ability, state, note, at, passed, tests, command)


def _following(workspace: Workspace, course: Course) -> str:
    """The command after a checkpoint that passed: the next one that is not, else where the student is."""
    commands = [status.next for status in statuses(workspace, course) if status.state in (NOT_TRIED, STALE, FAILED)]
    return commands[0] if commands else "tito status"


def _hash(facts: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
