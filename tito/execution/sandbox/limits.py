"""What one run may use, and the sentence for each limit that strikes."""

from __future__ import annotations

import errno
import signal
from collections.abc import Mapping
from dataclasses import dataclass

MEMORY_ERRORS = ("MemoryError", "_ArrayMemoryError", "ArrayMemoryError")
OS_ERRORS = ("OSError", "BlockingIOError", "RuntimeError")
MEMORY_TOTAL, CPU_TOTAL = 100, 101  # what ended a kernel, beside the numbers of the system's signals


@dataclass(frozen=True)
class Limits:
    """What one run may use: seconds, bytes, and tasks (processes and threads) at the same time.

    Those after ``output_bytes`` hold in a sandbox only. Memory and CPU seconds hold for each process (an error in its
    cell) and for all of them together (the end of the run); file size counts for each process.
    """

    start_seconds: float = 60.0
    cell_seconds: float = 60.0
    notebook_seconds: float = 600.0
    output_bytes: int = 2_000_000
    memory_bytes: int = 2_000_000_000
    processes: int = 64
    cpu_seconds: float = 900.0
    file_bytes: int = 100_000_000
    scratch_bytes: int = 200_000_000

    def sentence(self, output: Mapping) -> str:
        """Which limit an error output tells of, as what the cell did; empty when none."""
        name, value = output.get("ename", ""), str(output.get("evalue", ""))
        if name in MEMORY_ERRORS:
            return f"used more than {size(self.memory_bytes)} of memory"
        if name not in OS_ERRORS:
            return ""
        if value.startswith(f"[Errno {errno.EAGAIN}]") or value.startswith("can't start new thread"):
            return f"had more than {self.processes} processes and threads at once"
        if value.startswith(f"[Errno {errno.EFBIG}]"):
            return f"wrote a file of more than {size(self.file_bytes)}"
        if value.startswith(f"[Errno {errno.ENOSPC}]"):
            return f"wrote more than {size(self.scratch_bytes)} into its folder"
        if value.startswith(f"[Errno {errno.ENOMEM}]"):
            return f"used more than {size(self.memory_bytes)} of memory"
        return ""

    def end_sentence(self, status: int | None) -> str:
        """Which limit ended a kernel whose process ended with ``status`` (minus the signal); empty when none."""
        if status == -signal.SIGXCPU:
            return f"used more than {self.cpu_seconds:g} s of processor time"
        if status == -CPU_TOTAL:
            return f"and its processes used more than {self.cpu_seconds:g} s of processor time together"
        if status == -MEMORY_TOTAL:
            return f"and its processes used more than {size(self.memory_bytes)} of memory together"
        return ""


def size(count: float) -> str:
    """Bytes as people write them: 2 GB, 100 MB."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:g} {unit}"
        count /= 1000
    return f"{count:g} GB"
