"""The warm template: it has imported what notebooks import, and forks a kernel for each request. Runs inside.

``python -m tito.execution.sandbox.template CONTROL FILES``. A request is one message with descriptors: the request's
file, a leash, and the kernel's sockets. When the leash is let go the kernel ends; when the control socket is, the
template. It never has a second thread, never reads what students wrote, and never runs it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import traceback

from tito.execution.sandbox import confine
from tito.execution.sandbox.inside import run_process_one, without_debugger
from tito.execution.sandbox.request import SOCKETS, read_files, read_request, write_files

READY = b"ready"
DESCRIPTORS = 2 + len(SOCKETS)


def main(number: int, files: int) -> None:
    control = socket.socket(fileno=number)
    write_files(read_files(files), confine.SCRATCH)
    warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who watch
    control.send(READY)
    _silence()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, DESCRIPTORS)
        if not message:
            os._exit(0)
        if len(descriptors) == DESCRIPTORS and not os.fork():
            os.close(number)
            serve(descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def warm_up() -> None:
    """Import what notebooks and kernels import, and see to it that nothing but this thread is left."""
    import matplotlib.pyplot as plt
    import matplotlib_inline.backend_inline  # noqa: F401
    import numpy.random  # noqa: F401  (which numpy itself imports when it is first asked for)

    import tito.datasets
    import tito.notebook  # noqa: F401  (what a notebook's first cell takes)

    figure = plt.figure()
    figure.add_subplot().set_title("a")
    figure.canvas.draw()
    plt.close("all")
    for name in _modules_of_a_kernel():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _show_an_error()
    if len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError("the template has more than one thread, so it cannot fork")
    gc.collect()
    gc.freeze()


def _show_an_error() -> None:
    """Have the sources of all modules looked for: the first traceback that a process shows takes 50 ms for that."""
    from IPython.core.ultratb import AutoFormattedTB

    try:
        raise AssertionError
    except AssertionError:
        AutoFormattedTB(mode="Context").structured_traceback(*sys.exc_info())


def _modules_of_a_kernel() -> list[str]:
    """The modules that starting a kernel takes, found in a process that is thrown away: a kernel has threads."""
    without_debugger()
    from tito.execution.sandbox.kernel_app import rehearse

    with tempfile.TemporaryDirectory() as folder:
        told, tell = os.pipe()
        if not os.fork():
            try:
                os.write(tell, json.dumps(rehearse(folder)).encode())
            finally:
                os._exit(0)
        os.close(tell)
        with open(told, encoding="ascii") as file:
            said = file.read()
        os.wait()
    return [name for name in json.loads(said or "[]") if name not in sys.modules]


def serve(descriptors: list[int]) -> None:
    """Watch over one kernel; the leash is told how it ended."""
    request_number, leash_number, *sockets = descriptors
    leash = socket.socket(fileno=leash_number)
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        confine.die_with_parent()
        request = read_request(request_number)
        confine.new_namespaces(request.user)
        process = os.fork()
        if not process:
            leash.close()
            confine.die_with_parent()
            confine.new_mounts(dict(request.limits))
            run_process_one(request, sockets)
        for number in sockets:
            os.close(number)
        _tell(leash, status=_watch(leash, process))
    except BaseException:
        _tell(leash, failure=traceback.format_exc())
    os._exit(0)


def _watch(leash: socket.socket, process: int) -> int:
    """How process 1 ended, by itself or because the leash was let go; all that it started has ended by then."""
    poller, ended = select.poll(), os.pidfd_open(process)
    poller.register(leash, select.POLLIN)
    poller.register(ended, select.POLLIN)
    if any(number == leash.fileno() for number, _ in poller.poll()):
        os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _tell(leash: socket.socket, **record: object) -> None:
    with contextlib.suppress(OSError):  # nobody wants to know any more
        leash.send(json.dumps(record).encode())


def _silence() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
