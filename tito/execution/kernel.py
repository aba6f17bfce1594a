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

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from tito import datasets

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "TEMP", "TMP", *THREAD_VARIABLES)
KEEPER = Path(__file__).with_name("keeper.py")
ASK_AGAIN_S = 0.2
ANSWERED = ("kernel_info_request", "idle")


class CourseKernelSpecManager(KernelSpecManager):
    """Knows one kernel: this interpreter's. What a machine has installed under any name does not count."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        kernel = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        keeper = [sys.executable, "-I", "-S", str(KEEPER)] if os.name == "posix" else []
        return KernelSpec(
            argv=keeper + kernel,
            display_name="TinyTorch",
            language="python",
        )


class CourseKernelClient(AsyncKernelClient):
    """Is ready when the kernel is: jupyter_client's own goes on listening until 200 ms have been silent."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Ask until the end of an answer is heard on iopub: then requests arrive, and no cell's output gets lost."""
        deadline = time.monotonic() + (timeout or math.inf)
        while time.monotonic() < deadline:
            self.kernel_info()  # its reply stays unread: whoever waits for another skips it
            with contextlib.suppress(asyncio.TimeoutError):
                return await asyncio.wait_for(self._answered(), ASK_AGAIN_S)
            if not await self.is_alive():
                raise RuntimeError("The kernel ended before it was ready.")
        raise RuntimeError(f"The kernel was not ready within {timeout:g} s.")

    async def _answered(self) -> None:
        message = await self.get_iopub_msg()
        while (message["parent_header"].get("msg_type"), message["content"].get("execution_state")) != ANSWERED:
            message = await self.get_iopub_msg()


class CourseKernelManager(AsyncKernelManager):
    """Starts that kernel over sockets in a private folder: TCP ports race when kernels start side by side."""

    @default("client_factory")
    def _default_client_factory(self) -> type:
        return CourseKernelClient

    @default("kernel_spec_manager")
    def _default_kernel_spec_manager(self) -> KernelSpecManager:
        return CourseKernelSpecManager(parent=self)

    @default("transport")
    def _default_transport(self) -> str:
        return "ipc" if os.name == "posix" else "tcp"

    @default("connection_file")
    def _default_connection_file(self) -> str:
        self._sockets = tempfile.mkdtemp(prefix="tt-k")  # short: a socket's path holds about 100 bytes
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
    """The environment of a graded kernel: its home is the scratch folder, so no start-up file of anyone runs in it."""
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment = dict.fromkeys(THREAD_VARIABLES, "1") | environment  # kernels share the cores, threads would fight
    environment |= {
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "IPYTHONDIR": str(scratch / ".ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": str(matplotlib_cache()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TINYTORCH_DATA": str(datasets.folder().resolve()),
        "TITO_RUN": "1",
    }
    if site.ENABLE_USER_SITE:
        environment["PYTHONUSERBASE"] = site.getuserbase()
    return environment


def matplotlib_cache() -> Path:
    """A folder for matplotlib's list of fonts, kept between runs: building it takes seconds."""
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("tinytorch")) / "matplotlib"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / "tinytorch-matplotlib"
        folder.mkdir(parents=True, exist_ok=True)
    return folder
