"""A milestone's verification: does the student's framework really learn? pytest, alone with their ``tinytorch``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tito.course import Course, Milestone, Proof, data_root
from tito.errors import TitoError
from tito.execution.folders import own_prefix
from tito.execution.follow import Event, follow_pytest
from tito.state.attempts import MeasuredAchievement
from tito.student.checks import FAILED, NOT_TRIED, PASSED
from tito.student.milestones import needed_exports
from tito.workspace import Workspace

SHARE_OF_BUDGET = 4
OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Check:
    """One test of the verification: passed, failed with its message, or not tried and why."""

    name: str
    state: str
    message: str
    seconds: float


@dataclass(frozen=True)
class Verification:
    """What one run of a milestone's verification showed; ``imports`` says of each export whether it holds."""

    milestone: str
    checks: tuple[Check, ...]
    figures: dict[str, float | str]
    achievements: tuple[MeasuredAchievement, ...]
    stopped: str
    imports: tuple[Check, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.stopped and bool(self.checks) and all(c.state == PASSED for c in self.checks)

    @property
    def passed(self) -> int:
        return sum(check.state == PASSED for check in self.checks)


def verify(
    workspace: Workspace,
    course: Course,
    milestone: Milestone,
    proofs: Iterable[Proof] = (),
    on_event: OnEvent | None = None,
) -> Verification:
    """Run a milestone's verification against a copy of what the workspace has exported."""
    package = needed_exports(workspace, course, milestone)
    return verify_package(package, milestone, proofs, on_event, tuple(m.name for m in course.required_by(milestone)))


def verify_package(
    package: Mapping[str, bytes],
    milestone: Milestone,
    proofs: Iterable[Proof] = (),
    on_event: OnEvent | None = None,
    modules: tuple[str, ...] = (),
) -> Verification:
    """Run a milestone's verification against the files of a ``tinytorch``, within a multiple of its time budget.

    With ``proofs`` only the tests that these select. ``on_event`` hears of each check and figure at once, and each of
    the ``modules`` is imported before the first check.
    """
    test = data_root() / milestone.verification
    if not test.is_file():
        raise TitoError(
            f"The verification of {milestone.label} is not part of this course yet.",
            "pip install --upgrade tinytorch-course",
        )
    heard: list[Event] = []
    chosen = selection(proofs)
    options = ("-k", chosen) if chosen else ()
    limit_s, started = milestone.budget_seconds * SHARE_OF_BUDGET, time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix=own_prefix(), ignore_cleanup_errors=True) as folder,
        closing(follow_pytest(test, package, Path(folder), limit_s, options, modules)) as events,
    ):
        for event in events:
            heard.append(event)
            if on_event:
                on_event(event)
    result = _verification(milestone, test.stem, heard, round(time.perf_counter() - started, 2))
    if on_event:
        for event in _never_told(result, heard):
            on_event(event)
    return result


def selection(proofs: Iterable[Proof]) -> str:
    """The tests that proofs select together, as pytest's ``-k`` reads it; empty for all of them."""
    wanted = [proof.tests for proof in proofs]
    return " or ".join(f"({words})" for words in wanted) if all(wanted) else ""


def _verification(milestone: Milestone, file: str, heard: list[Event], seconds: float) -> Verification:
    stopped = next((event.message for event in heard if event.kind == "stopped"), "")
    figures = {event.name: event.value for event in heard if event.kind == "figure"}
    finished = {event.name: event for event in heard if event.kind == "finished"}
    found = [_check(event) for event in finished.values()]
    found += _unfinished(heard, finished, stopped)
    if not found:
        found = [Check(file, NOT_TRIED, stopped or "it holds no test that was asked for", 0.0)]
    imports = tuple(_check(event) for event in heard if event.kind == "imported")
    goals = _achievements(milestone, figures)
    return Verification(milestone.id, tuple(found), figures, goals, stopped, imports, seconds)


def _unfinished(heard: list[Event], finished: Mapping[str, Event], stopped: str) -> list[Check]:
    """The checks that a stopped run was at or had before it."""
    running = {event.name for event in heard if event.kind == "started"} - set(finished)
    names = [event.name for event in heard if event.kind == "found" and event.name not in finished]
    current = next((name for name in names if name in running), "")
    why = f"the run ended before it, in {current}" if current else stopped or "the run ended before it"
    return [
        Check(name, FAILED, f"it did not finish: {stopped or 'the run ended'}", 0.0)
        if name == current
        else Check(name, NOT_TRIED, why, 0.0)
        for name in names
    ]


def _never_told(result: Verification, heard: list[Event]) -> Iterator[Event]:
    """What a stopped run could not say itself: the checks that it did not finish, each reason once."""
    told, reasons = {event.name for event in heard if event.kind == "finished"}, set()
    for check in result.checks:
        if check.name not in told:
            message = "" if check.message in reasons else check.message
            reasons.add(check.message)
            yield Event("finished", check.name, state=check.state, message=message)


def _check(event: Event) -> Check:
    return Check(event.name, event.state, " ".join(event.message.split()), round(event.seconds, 3))


def _achievements(milestone: Milestone, figures: Mapping[str, float | str]) -> tuple[MeasuredAchievement, ...]:
    found = []
    for goal in milestone.achievements:
        value = figures.get(goal.metric)
        measured = value if isinstance(value, float) else None
        found.append(MeasuredAchievement(goal.id, goal.title, goal.metric, goal.threshold, measured))
    return tuple(found)
