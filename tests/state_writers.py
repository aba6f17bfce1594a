"""Processes that the survival tests start and kill; each is told what to do on its command line."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import filelock  # noqa: F401  (no child loads it again: the kills meet updates)

from tito.course import REPOSITORY, load
from tito.state.attempts import VERIFICATION, Attempt
from tito.state.progress import module_progress
from tito.state.tracker import MilestoneTracker
from tito.workspace import Workspace

COURSE = load(REPOSITORY)


def update(workspace: Workspace, turn: int) -> None:
    """One completed update of each file: the module's counter, then one attempt more."""
    module_progress(workspace, COURSE).update("01_tensor", tests_passed=turn)
    attempt = Attempt.of(VERIFICATION, 0.25, 1, 2, {"turn": float(turn)}, "a" * 64)
    MilestoneTracker(workspace, COURSE).record_attempt("perceptron", attempt)


def forked(work: Callable[[], None]) -> int:
    """Run ``work`` in a process of its own and return that process's id."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    return child


def nursery(workspace: Workspace) -> None:
    """For each delay that is read, kill a process that updates in a loop after so many seconds.

    A process writes the number of each update that it completed into the file ``done`` of the workspace; the numbers
    of the n-th process begin at n thousand.
    """
    done = os.open(workspace.root / "done", os.O_CREAT | os.O_APPEND | os.O_RDWR)

    def loop(first: int) -> None:
        for number in range(first, first + 1000):
            update(workspace, number)
            os.write(done, b"%d\n" % number)

    for round, line in enumerate(sys.stdin, start=1):
        known = os.fstat(done).st_size
        child = forked(lambda first=1000 * round: loop(first))
        while round % 2 and os.fstat(done).st_size == known:  # every other process completes one update at least
            time.sleep(0.001)
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else "not killed", flush=True)


def killed_at(workspace: Workspace, name: str, when: str) -> None:
    """Update once and be killed right before or after the call ``os.<name>`` of the first write."""
    call = getattr(os, name)

    def deadly(*arguments: object, **options: object) -> object:
        result = call(*arguments, **options) if when == "after" else None
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    def work() -> None:
        setattr(os, name, deadly)
        update(workspace, 7)

    _, status = os.waitpid(forked(work), 0)
    print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else "not killed", flush=True)


def count(workspace: Workspace, me: str, turns: int) -> None:
    """Record ``turns`` attempts, each with a figure of this writer's name, and as many module records."""
    tracker, modules = MilestoneTracker(workspace, COURSE), module_progress(workspace, COURSE)
    print("ready", flush=True)
    sys.stdin.readline()
    for turn in range(turns):
        tracker.record_attempt("perceptron", Attempt.of(VERIFICATION, 1, 1, 2, {me: float(turn)}, "a" * 64))
        modules.update(f"{me}-{turn}", tests_passed=turn)
        time.sleep(0.002)


if __name__ == "__main__":
    root, task, *arguments = sys.argv[1:]
    place = Workspace(Path(root))
    if task == "nursery":
        nursery(place)
    elif task == "killed-at":
        killed_at(place, *arguments)
    else:
        count(place, arguments[0], int(arguments[1]))
