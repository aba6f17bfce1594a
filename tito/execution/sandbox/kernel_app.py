"""ipykernel's application on sockets that are open already. Runs inside."""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import Any

import zmq
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

from tito.execution.sandbox.request import SOCKETS, Request

NOWHERE = "ipc:///submission/.sockets"  # not looked at: the descriptor says where
NO_PORT = 1
REHEARSAL = """
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
print("a")
1 / 0
"""


class SandboxKernelApp(IPKernelApp):
    """A kernel that neither reads a connection file nor makes sockets of its own."""

    request: Request
    numbers: dict[str, int]

    def init_connection_file(self) -> None:
        self.transport = "ipc"
        self.session.key = self.request.key.encode("ascii")
        self.session.signature_scheme = self.request.signature_scheme
        for name in (*SOCKETS, "hb"):
            setattr(self, f"{name}_port", NO_PORT)

    def write_connection_file(self, **_: Any) -> None:
        """Whoever connects made the sockets."""

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """There is none."""

    def load_config_file(self, **_: Any) -> None:
        """Nobody's settings count."""

    def log_connection_info(self) -> None:
        self._ports = dict.fromkeys((*SOCKETS, "hb"), NO_PORT)

    def init_heartbeat(self) -> None:
        """The process itself is watched, so nobody listens for its heart."""

    def init_control(self, context: zmq.Context) -> None:
        super().init_control(context)
        self.debug_shell_socket.disconnect(self.shell_socket.getsockopt(zmq.LAST_ENDPOINT))

    def _bind_socket(self, s: zmq.Socket, port: int) -> int:
        name = next(name for name in SOCKETS if s is getattr(self, f"{name}_socket", None))
        s.setsockopt(zmq.USE_FD, self.numbers[name])
        s.bind(NOWHERE)
        return port


def run_kernel(request: Request, sockets: list[int]) -> None:
    """Serve on the sockets until told to end."""
    _kernel(request, sockets).start()


def rehearse(folder: str) -> list[str]:
    """Be a kernel that shows an error and a figure, for nobody; the names of all modules that this took."""
    request = Request({}, {}, {}, None, "rehearsal", "hmac-sha256")
    with contextlib.ExitStack() as stack:
        listening = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in SOCKETS]
        for name, one in zip(SOCKETS, listening, strict=True):
            one.bind(f"{folder}/{name}")
            one.listen()
        app = _kernel(request, [one.detach() for one in listening])
    app.shell.run_cell(REHEARSAL)
    return sorted(sys.modules)


def _kernel(request: Request, sockets: list[int]) -> SandboxKernelApp:
    config = Config()
    config.HistoryManager.enabled = False  # a thread and a data base, for nobody to look at
    app = SandboxKernelApp.instance(config=config)
    app.request, app.numbers = request, dict(zip(SOCKETS, sockets, strict=True))
    app.initialize([])
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is not None:  # imported before there was a shell that it could have shown its figures in
        backend.configure_inline_support(app.shell, "inline")
    return app
