"""The grader's end of a warm template, and of the kernels forked from it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path

from tito.execution.fonts import font_files
from tito.execution.sandbox import visible
from tito.execution.sandbox.bubblewrap import Confined, arguments_of_python, not_started
from tito.execution.sandbox.inside import SIGNALLED
from tito.execution.sandbox.request import Request, files_descriptor
from tito.execution.sandbox.template import READY
from tito.execution.sandbox.unavailable import SandboxUnavailable

START_S = 60.0
SCRATCH_BYTES = 50_000_000  # of the template itself
RECORD_BYTES = 65_536

Surroundings = tuple[Path | None, tuple[str, ...]]

_lock = threading.Lock()
_template: Template | None = None
_ours: weakref.WeakSet[socket.socket] = weakref.WeakSet()  # a forked copy of this process must not hold them open


class ForkedKernel:
    """A kernel as ``subprocess.Popen`` shows a process: it ends when its leash is let go."""

    stdin = stdout = stderr = None
    pid = None

    def __init__(self, leash: socket.socket) -> None:
        self._leash = leash
        self.returncode: int | None = None
        self.failure: SandboxUnavailable | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            poller = select.poll()
            poller.register(self._leash, select.POLLIN)
            if not poller.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
            self._read_end()
        return self.returncode

    def terminate(self) -> None:
        """Let the leash go, and wait for what becomes of the kernel: nothing of it is left then."""
        if self.returncode is None:
            with contextlib.suppress(OSError):
                self._leash.shutdown(socket.SHUT_WR)
            self.wait()

    kill = terminate

    def send_signal(self, number: int) -> None:
        """Only an end can be sent; an interrupt is a message to the kernel."""
        if number in (signal.SIGTERM, signal.SIGKILL):
            self.terminate()

    def _read_end(self) -> None:
        said = self._leash.recv(RECORD_BYTES)
        self._leash.close()
        record = json.loads(said) if said else {"failure": "the template ended"}
        self.failure = not_started(record.get("failure") or "the kernel's process ended with nothing said")
        self.returncode = decoded(record.get("status", -signal.SIGKILL))


class Template:
    """A process in bubblewrap that forks kernels until this process lets go of it or ends."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        close_in_copies(self._control)
        with theirs, files_descriptor(font_files()) as files:
            passed = [theirs.fileno(), files]
            command = arguments_of_python("tito.execution.sandbox.template", *passed)
            self._confined = Confined(command, passed, template=True, scratch=SCRATCH_BYTES)
        self._control.settimeout(START_S)
        try:
            ready = self._control.recv(len(READY)) == READY
        except OSError:
            ready = False
        if not ready:
            self._control.close()
            self._confined.process.terminate()
            self._confined.process.wait()
            complaint = self._confined.complaint()
            self.end()
            raise complaint

    @property
    def alive(self) -> bool:
        return self._confined.process.poll() is None

    def fork(self, request: Request, sockets: Sequence[int]) -> ForkedKernel:
        leash, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        close_in_copies(leash)
        with theirs, request.as_descriptor() as number:
            socket.send_fds(self._control, [b"fork"], [number, theirs.fileno(), *sockets])
        return ForkedKernel(leash)

    def end(self) -> None:
        self._control.close()
        self._confined.end()
        self._confined.close()

    def forget(self) -> None:
        """In a forked copy of this process: it is not this copy's template."""
        self._confined.process.returncode = 0
        self._confined.close()


def fork(request: Request, sockets: Sequence[int]) -> ForkedKernel:
    """A kernel forked from this process's template, which is started first where there is none."""
    return _running_template().fork(request, sockets)


def close_in_copies(one: socket.socket) -> None:
    """A process forked from this one must not hold ``one`` open: its end is the end of a kernel."""
    _ours.add(one)


def decoded(status: int) -> int:
    """An exit status as ``subprocess`` gives it: minus the signal that ended the process."""
    return SIGNALLED - status if status > SIGNALLED else status


def end_template() -> None:
    """Let the template go, as happens anyway when this process ends."""
    global _template
    with _lock:
        if _template:
            _template.end()
        _template = None


def _running_template() -> Template:
    global _template
    with _lock:
        wanted = _surroundings()
        if _template and not (_template.alive and _template.surroundings == wanted):
            _template.end()
            _template = None
        if not _template:
            _template = Template(wanted)
        return _template


def _surroundings() -> Surroundings:
    """What a template was started for: another folder of data sets needs another one."""
    return visible.data_folder(), tuple(visible.package_folders())


def _forget_in_child() -> None:
    global _template, _lock
    _lock = threading.Lock()
    for ours in list(_ours):
        ours.close()
    if _template:
        _template.forget()
    _template = None


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(end_template)
