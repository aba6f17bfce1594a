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
from tito.execution.sandbox.unavailable import SandboxLost, SandboxUnavailable

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
        self.lost = False

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
        record = json.loads(said or "{}")
        self.lost = not record
        self.failure = not_started(record.get("failure") or "the kernel's process ended with nothing said")
        if self.lost:
            self.failure = SandboxLost()
        self.returncode = decoded(record.get("status", -signal.SIGKILL))


class Template:
    """A process in bubblewrap that forks kernels for whoever holds this end of its control socket."""

    def __init__(self, surroundings: Surroundings, control: socket.socket) -> None:
        self.surroundings = surroundings
        self.control = control
        close_in_copies(control)

    @property
    def alive(self) -> bool:
        poller = select.poll()
        poller.register(self.control, 0)  # the other end's being closed is told unasked
        return not poller.poll(0)

    def wait_until_ready(self) -> None:
        """Nothing to wait for: whoever started the template does, and a request before it is ready is not lost."""

    def fork(self, request: Request, sockets: Sequence[int]) -> ForkedKernel:
        leash, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        close_in_copies(leash)
        with theirs, request.as_descriptor() as number:
            try:
                socket.send_fds(self.control, [b"fork"], [number, theirs.fileno(), *sockets])
            except OSError as error:
                leash.close()
                raise SandboxLost from error
        return ForkedKernel(leash)

    def end(self) -> None:
        """Let go of it; it ends when nobody holds it any more."""
        self.control.close()

    def forget(self) -> None:
        """In a forked copy of this process: it is not this copy's template."""


class OwnTemplate(Template):
    """A template that this process has started, and that ends with it."""

    def __init__(self, surroundings: Surroundings) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(surroundings, ours)
        with theirs, files_descriptor(font_files()) as files:
            passed = [theirs.fileno(), files]
            command = arguments_of_python("tito.execution.sandbox.template", *passed)
            self._confined = Confined(command, passed, template=True, scratch=SCRATCH_BYTES)
        self._ready = False

    @property
    def alive(self) -> bool:
        return self._confined.process.poll() is None

    def wait_until_ready(self) -> None:
        """Raises SandboxUnavailable, with its complaint, when the template could not be started."""
        if self._ready:
            return
        poller = select.poll()  # no time-out of the socket: those who share it would not wait for room to write
        poller.register(self.control, select.POLLIN)
        with contextlib.suppress(OSError):
            self._ready = bool(poller.poll(START_S * 1000)) and self.control.recv(len(READY)) == READY
        if not self._ready:
            self.control.close()
            self._confined.process.terminate()
            self._confined.process.wait()
            complaint = self._confined.complaint()
            self.end()
            raise complaint

    def end(self) -> None:
        super().end()
        self._confined.end()
        self._confined.close()

    def forget(self) -> None:
        self._confined.process.returncode = 0
        self._confined.close()


def begin() -> int | None:
    """Start this process's template, and do not wait for it; the descriptor by which a process it starts may share it.

    None where there is no sandbox: whoever needs one will be told why.
    """
    with _lock, contextlib.suppress(SandboxUnavailable):
        return _started_template().control.fileno()
    return None


def share(control: int) -> None:
    """Fork kernels from another process's template, by the descriptor that was inherited from it."""
    global _template
    with _lock:
        _template = Template(_surroundings(), socket.socket(fileno=control))


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
    """Raises SandboxUnavailable when there is none, and none can be started."""
    global _template
    with _lock:
        template = _started_template()
        try:
            template.wait_until_ready()
        except SandboxUnavailable:
            _template = None
            raise
        return template


def _started_template() -> Template:
    """To be called with the lock held."""
    global _template
    wanted = _surroundings()
    if _template and not (_template.alive and _template.surroundings == wanted):
        _template.end()
        _template = None
    if not _template:
        _template = OwnTemplate(wanted)
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
