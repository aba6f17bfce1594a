"""A kernel that sees a scratch folder and the installed packages, and nothing of who started it."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import shutil
import site
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import Type, Unicode, default

from tito import datasets
from tito.execution.folders import own_prefix, socket_folder
from tito.execution.fonts import FONTS, font_files
from tito.execution.sandbox import BUBBLEWRAP, FORKED

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "TEMP", "TMP", *THREAD_VARIABLES)
KEEPER = Path(__file__).with_name("keeper.py")
PROVISIONERS = {FORKED: "tito-forked", BUBBLEWRAP: "tito-bubblewrap"}
ASK_AGAIN_S = (0.02, 0.2)  # the first time, and at last
ANSWERED = ("kernel_info_request", "idle")


class CourseKernelSpecManager(KernelSpecManager):
    """Knows this interpreter's kernel, named by its sandbox. What a machine has installed does not count."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        if kernel_name in PROVISIONERS:
            provisioner = {"provisioner_name": PROVISIONERS[kernel_name], "config": {}}
            return KernelSpec(
                display_name="TinyTorch",
                language="python",
                interrupt_mode="message",
                metadata={"kernel_provisioner": provisioner},
            )
        kernel = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        keeper = [sys.executable, "-I", "-S", str(KEEPER)] if os.name == "posix" else []
        return KernelSpec(
            argv=keeper + kernel,
            display_name="TinyTorch",
            language="python",
        )


class CourseChannel(AsyncZMQSocketChannel):
    """Passes over what is no message: a cell can write to the kernel's sockets, from several threads at a time."""

    of_replies = False

    async def _recv(self, **kwargs: Any) -> dict[str, Any]:
        while True:
            with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                message = await super()._recv(**kwargs)
                parts = [message["header"], message["parent_header"], message["content"]]
                whole = isinstance(message["msg_type"], str) and all(isinstance(part, dict) for part in parts)
                if whole and (not self.of_replies or _is_reply(message["content"])):
                    return message


class ReplyChannel(CourseChannel):
    """Takes nothing but replies."""

    of_replies = True


def _is_reply(content: dict[str, Any]) -> bool:
    """Whether a reply says how a cell ended, as a kernel says it."""
    needed = ("ename", "evalue") if content.get("status") == "error" else ("status",)
    return all(isinstance(content.get(name), str) for name in needed)


class CourseKernelClient(AsyncKernelClient):
    """Is ready when the kernel is: jupyter_client's own goes on listening until 200 ms have been silent.

    It neither listens for a heartbeat nor asks anyone for input.
    """

    shell_channel_class = Type(ReplyChannel)
    iopub_channel_class = Type(CourseChannel)

    def start_channels(self, **channels: bool) -> None:
        super().start_channels(**channels | {"hb": False, "stdin": False})

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Ask until the end of an answer is heard on iopub: then requests arrive, and no cell's output gets lost."""
        deadline = time.monotonic() + (timeout or math.inf)
        wait_s, longest_s = ASK_AGAIN_S
        while time.monotonic() < deadline:
            self.kernel_info()  # its reply stays unread: whoever waits for another skips it
            with contextlib.suppress(asyncio.TimeoutError):
                return await asyncio.wait_for(self._answered(), wait_s)
            if not await self.is_alive():
                raise self._not_started()
            wait_s = min(2 * wait_s, longest_s)
        raise RuntimeError(f"The kernel was not ready within {timeout:g} s.")

    def _not_started(self) -> Exception:
        """Why a kernel's process ended before its first answer: where it was to be shut in, that failed."""
        failure = getattr(self.parent.provisioner.process, "failure", None)
        return failure or RuntimeError("The kernel ended before it was ready.")

    async def _answered(self) -> None:
        message = await self.get_iopub_msg()
        while (message["parent_header"].get("msg_type"), message["content"].get("execution_state")) != ANSWERED:
            message = await self.get_iopub_msg()


class CourseKernelManager(AsyncKernelManager):
    """Starts that kernel over sockets in a private folder: TCP ports race when kernels start side by side."""

    _sockets = Unicode(help="Their folder.")

    @default("client_factory")
    def _default_client_factory(self) -> type:
        return CourseKernelClient

    @default("kernel_spec_manager")
    def _default_kernel_spec_manager(self) -> KernelSpecManager:
        return CourseKernelSpecManager(parent=self)

    @default("transport")
    def _default_transport(self) -> str:
        return "ipc" if self._sockets else "tcp"

    @default("_sockets")
    def _default_sockets(self) -> str:
        return socket_folder() if os.name == "posix" else ""

    @default("connection_file")
    def _default_connection_file(self) -> str:
        if self.transport != "ipc":
            self._sockets = tempfile.mkdtemp(prefix=own_prefix("k"))
        return str(Path(self._sockets) / "k.json")

    @default("ip")
    def _default_ip(self) -> str:
        return self.connection_file.removesuffix(".json") if self.transport == "ipc" else "127.0.0.1"

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            shutil.rmtree(self._sockets, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources

    @default("shutdown_wait_time")
    def _default_shutdown_wait_time(self) -> float:
        return 2.0


def clean_environment(scratch: Path) -> dict[str, str]:
    """The environment of a kernel without a sandbox: its home is the scratch folder, and no start-up file of anyone's.

    The list of fonts is laid there too, since one that is shared could be changed for those who come later.
    """
    for name, content in font_files().items():
        (scratch / name).parent.mkdir(exist_ok=True)
        (scratch / name).write_bytes(content)
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment = dict.fromkeys(THREAD_VARIABLES, "1") | environment  # kernels share the cores, threads would fight
    environment |= {
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "IPYTHONDIR": str(scratch / ".ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": str(scratch / FONTS),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(scratch),  # where the package is found, whatever folder a cell has gone to
        "TINYTORCH_DATA": str(datasets.folder().resolve()),
        "TITO_RUN": "1",
    }
    if site.ENABLE_USER_SITE:
        environment["PYTHONUSERBASE"] = site.getuserbase()
    return environment
