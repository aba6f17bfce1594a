"""What all processes of one kernel use together, as process 1 of their namespaces sees it. Runs inside.

Limits of the system hold for each process only, and not every machine lets a grader make control groups.
"""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from tito.execution.sandbox.limits import CPU_TOTAL, MEMORY_TOTAL

LOOK_S = 0.25
AGAIN_S = 0.05  # a process that starts another one shares its memory with it for a moment: that is seen once
ITSELF = "1"
OWN_PAGES = (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:")  # not those of files, which the system can take back
TICKS, PAGE_BYTES = os.sysconf("SC_CLK_TCK"), resource.getpagesize()


class Process(NamedTuple):
    """One process: where /proc tells of its memory, when it began, its processor time, its waited-for children's."""

    folder: str
    began: tuple[str, bytes]
    own_s: float
    children_s: float
    rss_bytes: int


class Totals:
    """Memory and processor time of all processes together, looked at four times a second."""

    def __init__(self, limits: Mapping[str, Any]) -> None:
        self._memory_bytes, self._cpu_s = limits["memory_bytes"], max(1.0, limits["cpu_seconds"])
        self._living_s: dict[tuple[str, bytes], float] = {}
        self._ended_s = 0.0
        self._passed = 0
        self._next = time.monotonic() + LOOK_S

    @property
    def wait_s(self) -> float:
        """How long to wait before the next look."""
        return max(0.0, self._next - time.monotonic())

    def struck(self) -> int:
        """Which total was passed at two looks in a row; 0 when none, or when it is too early for the next look."""
        if self.wait_s:
            return 0
        before, self._passed = self._passed, self._look()
        self._next = time.monotonic() + (AGAIN_S if self._passed else LOOK_S)
        return self._passed if self._passed == before else 0

    def _look(self) -> int:
        waited_for = resource.getrusage(resource.RUSAGE_CHILDREN)
        processes = list(_processes())
        if self._used_s(waited_for.ru_utime + waited_for.ru_stime, processes) > self._cpu_s:
            return CPU_TOTAL
        if sum(process.rss_bytes for process in processes) <= self._memory_bytes:
            return 0
        too_much = any(used > self._memory_bytes for used in accumulate(map(_own_bytes, processes)))
        return MEMORY_TOTAL if too_much else 0

    def _used_s(self, waited_for_s: float, processes: Sequence[Process]) -> float:
        """Processor time by the system's account, or by what was seen: nobody accounts for a child that is ignored."""
        before, self._living_s = self._living_s, {process.began: process.own_s for process in processes}
        self._ended_s += sum(seconds for began, seconds in before.items() if began not in self._living_s)
        accounted_s = waited_for_s + sum(process.own_s + process.children_s for process in processes)
        return max(accounted_s, self._ended_s + sum(self._living_s.values()))


def _processes() -> Iterator[Process]:
    """Every process but this one."""
    for name in os.listdir("/proc"):
        if name.isdigit() and name != ITSELF:
            with contextlib.suppress(OSError):  # it has ended
                yield _process(name)


def _process(name: str) -> Process:
    folder = f"/proc/{name}"
    fields = _stat(folder)
    user, system, children_user, children_system = map(int, fields[11:15])
    pages = int(fields[21])
    if not pages:  # a process whose first thread has ended tells of its memory by the others only
        pages, folder = max(_pages_by_thread(folder), default=(0, folder))
    times_s = (user + system) / TICKS, (children_user + children_system) / TICKS
    return Process(folder, (name, fields[19]), *times_s, pages * PAGE_BYTES)


def _pages_by_thread(folder: str) -> Iterator[tuple[int, str]]:
    for thread in os.listdir(f"{folder}/task"):
        with contextlib.suppress(OSError):
            yield int(_stat(f"{folder}/task/{thread}")[21]), f"{folder}/task/{thread}"


def _stat(folder: str) -> list[bytes]:
    """The fields that follow a process's name, which may hold anything."""
    with open(f"{folder}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


def _own_bytes(process: Process) -> int:
    """A process's part of the memory that it shares with others, and what it has for itself."""
    try:
        with open(f"{process.folder}/smaps_rollup", "rb") as file:
            lines = [line.split() for line in file]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except OSError:  # one that hides itself
        return process.rss_bytes
    return sum(1024 * int(line[1]) for line in lines if line[0] in OWN_PAGES)
