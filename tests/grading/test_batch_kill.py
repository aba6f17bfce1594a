"""The death of a worker, and of the batch itself, at every moment: nothing is lost, and nothing is left running."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from demo.tables import tables, tree
from tito.execution.job import run_job
from tito.grading.batch import grade
from tito.grading.batch.cluster import on_this_machine
from tito.grading.batch.grade import NOT_GRADED, grade_class
from tito.grading.batch.pool import WorkerError, WorkerLost, WorkerPool

SET_CHILD_SUBREAPER = 36
WAIT_S = 60
WRONG = "def double(x):\n    return x"
# Kills itself at the second call of one of its own functions, before it or after it.
SUICIDE = """
import importlib, os, signal, sys
from pathlib import Path

from tito.course import the_course
from tito.grading.batch.cluster import on_this_machine
from tito.grading.batch.course import grade_course

class Silent:
    def begin(self, *words): pass
    def done(self, *words): pass

root, module, owner, name, when = sys.argv[1:]
owner = getattr(importlib.import_module(module), owner)
original, calls = getattr(owner, name), []

def counted(*args, **kwargs):
    calls.append(name)
    if len(calls) == 2 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = original(*args, **kwargs)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(owner, name, staticmethod(counted) if name == "_move" else counted)
grade_course(Path(root), [the_course().milestone("perceptron")], on_this_machine(1), Silent())
"""
MOMENTS = {
    "prepare": ("road", "Road", "prepare", "before"),
    "execute": ("pool", "WorkerPool", "submit", "after"),
    "keep-result": ("store", "Store", "keep_result", "before"),
    "result-kept": ("store", "Store", "keep_result", "after"),
    "commit": ("grade", "ClassGradebook", "keep", "before"),
    "committed": ("grade", "ClassGradebook", "keep", "after"),
    "moved": ("road", "Road", "_move", "after"),
    "note": ("store", "Store", "note", "after"),
}


class Silent:
    def begin(self, *words: object) -> None:
        """Say nothing."""

    def done(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def orphans():
    """The processes that lost their parents since, none of which can hide: they become this process's children."""
    if sys.platform != "linux":
        pytest.skip("orphans are adopted on Linux only")
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(psutil.Process().children(recursive=True))

    def alive() -> list[psutil.Process]:
        return [child for child in psutil.Process().children(recursive=True) if child not in before and _runs(child)]

    yield alive
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess, ChildProcessError):
        if process.status() == psutil.STATUS_ZOMBIE:
            os.waitpid(process.pid, os.WNOHANG)
            return False
        return process.is_running()
    return False


def _wait_until(done) -> bool:
    deadline = time.monotonic() + WAIT_S
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)
    return done()


def _hand_in(small) -> None:
    small.hand_in("student_01")
    small.hand_in("student_02", small.solved(model_double_answer=WRONG))
    small.hand_in("student_03", package=None)


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_batch_goes_on_where_it_was(small, tmp_path, moment, orphans):
    _hand_in(small)
    undisturbed = type(small)(Path(shutil.copytree(small.root, tmp_path / "undisturbed")))
    module, *rest = MOMENTS[moment]
    killed = subprocess.run(
        [sys.executable, "-c", SUICIDE, str(small.root), f"tito.grading.batch.{module}", *rest], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert _wait_until(lambda: not orphans()), orphans()
    result = grade_class(small.classroom, [small.milestone], on_this_machine(1), Silent())
    whole = grade_class(undisturbed.classroom, [small.milestone], on_this_machine(1), Silent())
    assert result.ok and whole.executed == 3
    assert result.executed <= {"prepare": 3, "execute": 3, "keep-result": 2, "note": 2}.get(moment, 1)
    assert tables(f"sqlite:///{small.root}/gradebook.db") == tables(f"sqlite:///{undisturbed.root}/gradebook.db")
    assert tree(small.root) == tree(undisturbed.root)
    assert not list((small.root / ".tito" / "staging").rglob("*.ipynb"))


def echo(text: str) -> str:
    """A job that says something."""
    return text


def killed_once(folder: str, text: str) -> str:
    """A job whose first worker is killed while it runs."""
    mark = Path(folder) / "mark"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return text


def killed_always(text: str) -> str:
    """A job that no worker survives."""
    os.kill(os.getpid(), signal.SIGKILL)
    return text


def too_slow(text: str) -> str:
    """A job that never ends by itself."""
    signal.pause()
    return text


def fails(text: str) -> str:
    """A job that raises."""
    raise ValueError(text)


def kills_its_worker_for_a_wrong_answer(text: str) -> str:
    """A grader's job, where one submission takes its worker with it."""
    if json.dumps(WRONG)[1:-1] in text:
        os.kill(os.getpid(), signal.SIGKILL)
    return run_job(text)


class TestPool:
    def test_answers_come_to_whoever_asked(self):
        with WorkerPool(2) as pool:
            futures = [pool.submit(echo, f"text {number} \N{GREEK SMALL LETTER PI}") for number in range(20)]
            assert [future.result(WAIT_S) for future in futures] == [
                f"text {number} \N{GREEK SMALL LETTER PI}" for number in range(20)
            ]
            pids = pool.pids()
        assert len(pids) == 2 and not any(psutil.pid_exists(pid) for pid in pids)

    def test_a_killed_worker_is_replaced_and_its_job_done(self, tmp_path):
        with WorkerPool(1) as pool:
            lost = pool.submit(killed_once, str(tmp_path), "done")
            after = pool.submit(echo, "after")
            assert (lost.result(WAIT_S), after.result(WAIT_S)) == ("done", "after")

    def test_a_job_that_kills_every_worker_is_given_up_and_no_other(self):
        with WorkerPool(1) as pool:
            lost, after = pool.submit(killed_always, "x"), pool.submit(echo, "after")
            with pytest.raises(WorkerLost, match=r"ended 2 times \(SIGKILL, SIGKILL\)"):
                lost.result(WAIT_S)
            assert after.result(WAIT_S) == "after"

    def test_what_a_job_raises_is_told(self):
        with WorkerPool(1) as pool:
            with pytest.raises(WorkerError, match="ValueError: so it is"):
                pool.submit(fails, "so it is").result(WAIT_S)
            assert pool.submit(echo, "after").result(WAIT_S) == "after"

    def test_a_job_that_hangs_is_ended_at_its_deadline(self):
        with WorkerPool(1, deadline_s=5.0) as pool:
            with pytest.raises(WorkerLost):
                pool.submit(too_slow, "x").result(WAIT_S)
            pool.deadline_s = None
            assert pool.submit(echo, "after").result(WAIT_S) == "after"

    def test_a_cancelled_pool_ends_what_runs(self):
        pool = WorkerPool(1)
        running, waiting = pool.submit(too_slow, "x"), pool.submit(echo, "y")
        assert _wait_until(running.running)
        pids = pool.pids()
        pool.shutdown(cancel_futures=True)
        assert waiting.cancelled() and running.exception(WAIT_S) is not None
        assert not any(psutil.pid_exists(pid) for pid in pids)
        with pytest.raises(RuntimeError, match="closed"):
            pool.submit(echo, "z")


@pytest.mark.slow
def test_a_submission_that_costs_two_workers_has_no_score_and_is_tried_again(small, monkeypatch):
    monkeypatch.setattr(grade, "run_job", kills_its_worker_for_a_wrong_answer)
    _hand_in(small)
    result = grade_class(small.classroom, [small.milestone], on_this_machine(1), Silent())
    rows = {row.student: row for row in result.rows}
    assert rows["student_02"].state == NOT_GRADED and "ended 2 times" in rows["student_02"].reason
    assert rows["student_01"].score.earned == 60 and not result.ok
    monkeypatch.setattr(grade, "run_job", run_job)
    again = grade_class(small.classroom, [small.milestone], on_this_machine(1), Silent())
    assert again.ok and again.executed == 1
