"""One warm template for several processes, and what becomes of a submission whose sandbox is ended from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tito.execution.job import Job, execution_from, run_here, run_job
from tito.execution.run import Execution
from tito.execution.sandbox import warm
from tito.grading.batch.pool import WorkerPool

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.exists("/usr/bin/bwrap"), reason="bubblewrap is not installed"),
]
WAIT_S = 120
SLOW = ("x = 6", "import time; time.sleep(3)", "print(7 * x)")


@pytest.fixture(autouse=True)
def _no_template_left() -> Iterator[None]:
    warm.end_template()
    yield
    warm.end_template()


def job(*cells: str, kind: str = "forked") -> Job:
    return Job(new_notebook(cells=[new_code_cell(cell) for cell in cells]), {}, sandbox=kind)


def last_output(execution: Execution) -> str:
    return "".join(output.get("text", output.get("evalue", "")) for output in execution.notebook.cells[-1].outputs)


def sandboxes() -> list[psutil.Process]:
    """The bubblewraps that this process and those it has started are waiting for."""
    found = psutil.Process().children(recursive=True)
    return [process for process in found if process.name() == "bwrap"]


def kill_when_running(ran_before: Callable[[], bool]) -> threading.Thread:
    """Kill every sandbox of this process from outside, as soon as a kernel in it is at work."""

    def kill() -> None:
        deadline = time.monotonic() + WAIT_S
        while not ran_before() and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in sandboxes():
            for each in [process, *process.children(recursive=True)]:  # the sandbox first: it is what was ended
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.send_signal(signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_the_workers_of_a_pool_share_one_template():
    with WorkerPool(2, template=warm.begin()) as pool:
        text = job(*SLOW).to_text()
        running = [pool.submit(run_job, text) for _ in range(2)]
        said = [last_output(execution_from(each.result(WAIT_S))) for each in running]
        assert said == ["42\n", "42\n"]
        assert len(sandboxes()) == 1
    assert last_output(run_here(job("print(1)"))) == "1\n", "the template is this process's own, too"


def test_a_worker_whose_shared_template_ended_starts_one_of_its_own():
    with WorkerPool(1, template=warm.begin()) as pool:
        text = job("print(1)").to_text()
        assert last_output(execution_from(pool.submit(run_job, text).result(WAIT_S))) == "1\n"
        warm.end_template()
        assert last_output(execution_from(pool.submit(run_job, text).result(WAIT_S))) == "1\n"


@pytest.mark.parametrize("kind", ["forked", "bubblewrap"])
def test_a_submission_whose_sandbox_was_killed_is_run_again_and_not_blamed(kind, tmp_path):
    def at_work() -> bool:
        return any("sleep" in json.dumps(process.cmdline()) for process in _inside())

    thread = kill_when_running(at_work)
    done = run_here(job("x = 6", "import subprocess; subprocess.run(['sleep', '3'])", "print(7 * x)", kind=kind))
    thread.join()
    assert (last_output(done), done.stopped) == ("42\n", "")


def _inside() -> list[psutil.Process]:
    return [child for process in sandboxes() for child in process.children(recursive=True)]
