"""Process 1 of one kernel's namespaces: it shuts itself in, starts the kernel, and ends with it. Runs inside.

Whatever the kernel has started ends when process 1 ends; the kernel (process 2) cannot end or stop process 1, which
ends of itself when all others together use more than they may.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
from typing import Any

from tito.execution.sandbox import confine
from tito.execution.sandbox.request import Request, write_files
from tito.execution.sandbox.totals import Totals

SIGNALLED = 128
_news: list[int] = []
FAILED = 120  # the exit status when the sandbox could not be closed


def run_process_one(request: Request, sockets: list[int], leash: int | None = None) -> None:
    """Never returns: the exit status is the kernel's, or 128 and the signal or the total that ended it.

    ``leash`` is a socket whose end tells that of the grader; a kernel forked from the template has another one.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    confine.confine(dict(request.limits), request.user)
    confine.die_with_parent()  # once more: taking on another user has cleared it
    write_files(request.files, confine.SCRATCH)
    _hear_of_children()
    kernel = os.fork()
    if not kernel:
        _stop_hearing(leash)
        _run_kernel(request, sockets)
    confine.set_dumpable(False)
    for number in sockets:
        os.close(number)
    os._exit(_reap_until(kernel, leash, Totals(request.limits)))


def _reap_until(kernel: int, leash: int | None, totals: Totals) -> int:
    """Wait for the kernel, and for orphans; how it ended, or that the leash was let go: the grader has gone."""
    while True:
        _wait_for_news(leash, totals.wait_s)
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return FAILED
            if ended == kernel:
                return _told(os.waitstatus_to_exitcode(status))
            if not ended or not totals.wait_s:
                break
        struck = totals.struck()
        if struck:
            return SIGNALLED + struck


def _told(code: int) -> int:
    """A kernel's end as this process tells it; by leaving with a high status a kernel claims nothing."""
    if code < 0:
        return SIGNALLED - code
    return code if code < SIGNALLED else 1


def _wait_for_news(leash: int | None, wait_s: float) -> None:
    """Return when a child has ended, or after a time; end when the leash was let go."""
    poller = select.poll()
    poller.register(_news[0], select.POLLIN)
    if leash is not None:
        poller.register(leash, select.POLLIN)
    for number, _ in poller.poll(wait_s * 1000):
        if number == leash:
            os._exit(SIGNALLED + signal.SIGKILL)
        os.read(number, 4096)


def _hear_of_children() -> None:
    """Have each end of a child written into a pipe, beside which the leash can be watched."""
    _news[:] = os.pipe()
    for number in _news:
        os.set_blocking(number, False)
    signal.set_wakeup_fd(_news[1], warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)


def _stop_hearing(leash: int | None) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (*_news, *([] if leash is None else [leash])):
        os.close(number)


def _run_kernel(request: Request, sockets: list[int]) -> Any:
    try:
        confine.set_dumpable(True)
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _settle(request)
        without_debugger()
        from tito.execution.sandbox.kernel_app import run_kernel

        run_kernel(request, sockets)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(FAILED)
    os._exit(0)


def without_debugger() -> None:
    """Have ipykernel do without its debugger, whose import takes a tenth of a second. To be called before."""
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]


def _settle(request: Request) -> None:
    """The state that a kernel of its own process has: its environment, folder, path and random numbers."""
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(confine.SCRATCH)
    others = [entry for entry in sys.path if entry not in ("", "/", confine.SCRATCH)]
    sys.path[:] = [confine.SCRATCH, *others]  # where the package is found, whatever folder a cell has gone to
    sys.argv = ["ipykernel_launcher"]
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy:
        numpy.random.seed()
