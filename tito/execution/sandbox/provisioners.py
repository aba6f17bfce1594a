"""jupyter_client's extension point: who starts a kernel, watches it and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.utils import ensure_async

from tito.execution.sandbox import bubblewrap, visible, warm
from tito.execution.sandbox.limits import Limits
from tito.execution.sandbox.request import SOCKETS, Request
from tito.execution.sandbox.unavailable import SandboxLost, SandboxUnavailable

KERNELS_AT_ONCE = 64  # of one process, each as a user of its own
_numbers = itertools.count()


class ColdKernel:
    """A kernel in a bubblewrap of its own, as ``subprocess.Popen`` shows a process."""

    stdin = stdout = stderr = None
    pid = None

    def __init__(self, request: Request, sockets: Sequence[int]) -> None:
        self._leash, theirs = socket.socketpair()
        warm.close_in_copies(self._leash)
        with theirs, request.as_descriptor() as number:
            passed = [number, theirs.fileno(), *sockets]
            command = bubblewrap.arguments_of_python("tito.execution.sandbox.cold", *passed)
            scratch = request.limits["scratch_bytes"]
            self._confined = bubblewrap.Confined(command, passed, template=False, scratch=scratch)
        self.failure: SandboxUnavailable | None = None
        self.lost = False

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        status = self._confined.process.poll()
        return None if status is None else self._ended(status)

    def wait(self, timeout: float | None = None) -> int:
        return self._ended(self._confined.process.wait(timeout))

    def terminate(self) -> None:
        self._confined.end()
        self.poll()

    kill = terminate

    def send_signal(self, number: int) -> None:
        """Only an end can be sent; an interrupt is a message to the kernel."""
        if number in (signal.SIGTERM, signal.SIGKILL):
            self.terminate()

    def _ended(self, status: int) -> int:
        if self.failure is None:
            self.lost = status < 0  # bubblewrap itself was killed; how the kernel ended would be its exit status
            self.failure = SandboxLost() if self.lost else self._confined.complaint()
            self._confined.close()
            self._leash.close()
        return warm.decoded(status)


class BubblewrapProvisioner(LocalProvisioner):
    """Starts a kernel cold in bubblewrap, on sockets that only this process and that kernel have."""

    start = staticmethod(ColdKernel)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        bubblewrap.program()
        if self.parent.transport != "ipc":
            raise SandboxUnavailable(
                "No folder was found in which a socket can be made.",
                "set TMPDIR to a folder of this machine's own disk",
            )
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """``files`` go into the scratch folder; ``limits`` hold; what else a process may be given does not count."""
        limits, files = kwargs.get("limits") or Limits(), kwargs.get("files") or {}
        request = Request(
            files=files,
            limits=vars(limits),
            environment=visible.environment(),
            user=own_user(),
            key=self.parent.session.key.decode("ascii"),
            signature_scheme=self.parent.session.signature_scheme,
        )
        try:
            with self._listening() as sockets:
                # Starting the first template takes a second: the event loop may go on meanwhile.
                self.process = await asyncio.to_thread(self.start, request, sockets)
        except BaseException:
            await ensure_async(self.parent.cleanup_resources())  # nobody else does, where there is no kernel
            raise
        return self.connection_info

    async def wait(self) -> int | None:
        """Like that of the superclass, but without polling: an end is awaited by whoever asked for it."""
        status = self.process.wait() if self.process else 0
        self.process = None
        return status

    async def send_signal(self, signum: int) -> None:
        if self.process:
            self.process.send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[list[int]]:
        """Sockets that take connections already: neither side waits for the other to make them."""
        with contextlib.ExitStack() as stack:
            made = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in SOCKETS]
            for name, one in zip(SOCKETS, made, strict=True):
                one.bind(f"{self.parent.ip}-{getattr(self.parent, f'{name}_port')}")
                one.listen()
            yield [one.fileno() for one in made]


class ForkedProvisioner(BubblewrapProvisioner):
    """Forks a kernel from a warm template that lives in bubblewrap."""

    start = staticmethod(warm.fork)


def own_user() -> int | None:
    """A user for one kernel where a root starts it, so that its processes are counted apart; None elsewhere."""
    if not bubblewrap.is_root():
        return None
    with open("/proc/self/uid_map", encoding="ascii") as file:
        first, _, count = max((tuple(map(int, line.split())) for line in file), key=lambda entry: entry[2])
    number = os.getpid() * KERNELS_AT_ONCE + next(_numbers) % KERNELS_AT_ONCE
    return first + count // 4 + number % (count // 2)
