"""All processes of one submission together: more memory or processor time than one may use ends them all."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.execution.test_sandbox_life import first_error, marked, ran, text
from tito.execution.sandbox import warm

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.exists("/usr/bin/bwrap"), reason="bubblewrap is not installed"),
]
both = pytest.mark.parametrize("kind", ["forked", "bubblewrap"])
PATIENT = {"cell_seconds": 120.0, "notebook_seconds": 600.0}  # however busy the machine is
MEMORY = {**PATIENT, "memory_bytes": 400_000_000}
TIME = {**PATIENT, "cpu_seconds": 3}
TOO_MUCH_MEMORY = ("Cell 2 and its processes used more than 400 MB of memory together.",)
TOO_MUCH_TIME = ("Cell 2 and its processes used more than 3 s of processor time together.",)
START = """
import ctypes, mmap, os, signal, subprocess, sys, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads, from Python 3.12 on
def children(count, act):
    started = []
    for number in range(count):
        child = os.fork()
        if not child:
            try:
                act(number)
            finally:
                os._exit(0)
        started.append(child)
    return started
def wait(started):
    for child in started: os.waitpid(child, 0)
def burn(seconds):
    while time.process_time() < seconds: pass
def hold(bytes_, seconds=60):
    held = b"1" * bytes_
    time.sleep(seconds)
    return len(held)
"""
STRUCK = {
    "eight of 100 MB": "wait(children(8, lambda n: hold(100_000_000)))",
    "programs of 100 MB": (
        "held = 'import time; held = b\"1\" * 100_000_000; time.sleep(60)'\n"
        "for one in [subprocess.Popen([sys.executable, '-c', held]) for _ in range(8)]: one.wait()"
    ),
    "one, shared with nobody": "held = mmap.mmap(-1, 600_000_000)\nfor at in range(0, len(held), 4096): held[at] = 1\n"
    "time.sleep(60)",
    "hidden from the others": (
        "def act(n):\n    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n    hold(100_000_000)\nwait(children(8, act))"
    ),
    "in a second thread, the first one ended": (
        "def later():\n    while not open(f'/proc/{os.getpid()}/statm').read().startswith('0 '): time.sleep(0.01)\n"
        "    hold(100_000_000)\n"
        "def act(n):\n    threading.Thread(target=later).start()\n"
        "    ctypes.CDLL(None).syscall({exit}, 0)\nchildren(8, act); time.sleep(60)"
    ),
}
UNHARMED = {
    "one program of 300 MB": (
        "held = 'import time; held = b\"1\" * 300_000_000; time.sleep(2); print(len(held))'\n"
        "print(subprocess.run([sys.executable, '-c', held], capture_output=True, text=True).stdout.strip())",
        "300000000\n",
    ),
    "what all share counts once": (
        "held = b'1' * 100_000_000\nwait(children(12, lambda n: time.sleep(2))); print(len(held))",
        "100000000\n",
    ),
    "a map of them all counts once": (
        "held = mmap.mmap(-1, 200_000_000)\ndef act(n):\n    assert sum(held[::4096]) == 0; time.sleep(2)\n"
        "for at in range(0, len(held), 4096): held[at] = 0\nwait(children(4, act)); print(len(held))",
        "200000000\n",
    ),
    "a pool": (
        "import multiprocessing as m\nwith m.get_context('fork').Pool(4) as pool:\n"
        "    print(sum(pool.map(len, [bytes(10_000_000)] * 20)))",
        "200000000\n",
    ),
    "threads": (
        "held = []\nmany = [threading.Thread(target=lambda: held.append(bytes(1_000_000))) for _ in range(20)]\n"
        "for one in many: one.start()\nfor one in many: one.join()\nprint(len(held))",
        "20\n",
    ),
}
BURNT = {
    "four at once": "wait(children(4, lambda n: burn(2.5)))",
    "many short ones": "for _ in range(300): wait(children(1, lambda n: burn(0.03)))",
    "waited for by nobody": (
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "for _ in range(4):\n    try: wait(children(1, lambda n: burn(2)))\n    except ChildProcessError: pass"
    ),
    "short ones left to process 1": (
        "for _ in range(150): wait(children(1, lambda n: children(1, lambda n: burn(0.03)))); time.sleep(0.05)"
    ),
}
EXIT = {"x86_64": 60, "aarch64": 93}


@pytest.fixture(scope="module", autouse=True)
def _no_template_left() -> Iterator[None]:
    yield
    warm.end_template()


def ended_all(kind: str, cell: str, **limits: float) -> tuple[str, ...]:
    """Run a cell that must cost the run its kernel; nothing of it may be left, and the next one must run."""
    marker = f"7{random.SystemRandom().randrange(10**8)}"
    start = f"{START}\nbeside = subprocess.Popen(['sleep', '{marker}'])"
    done = ran(kind, start, cell.replace("{exit}", str(EXIT[os.uname().machine])), "print(1)", **limits)
    assert [first_error(done, number) for number in range(3)] == ["", "DeadKernelError", "NotRun"], text(done, 1)
    assert not marked(marker)
    assert text(ran(kind, "print(1)", **limits), 0) == "1\n"
    return done.limits_hit


@both
@pytest.mark.parametrize("how", STRUCK)
def test_memory_of_all_together_is_limited(kind: str, how: str):
    assert ended_all(kind, STRUCK[how], **MEMORY) == TOO_MUCH_MEMORY


@both
def test_what_stays_below_the_limit_is_unharmed(kind: str):
    done = ran(kind, START, *(source for source, _ in UNHARMED.values()), **MEMORY)
    assert [text(done, cell) for cell in range(1, len(UNHARMED) + 1)] == [said for _, said in UNHARMED.values()]
    assert not done.limits_hit and not done.stopped


@both
def test_a_single_process_meets_its_own_limit_first_and_goes_on(kind: str):
    fill = (
        "def fill():\n    held = []\n    try:\n        while True: held.append(b'1' * 5_000_000)\n"
        "    except MemoryError:\n        del held[-4:]\n    time.sleep(1)\n    return len(held)\nprint(fill() > 20)"
    )
    done = ran(kind, START, fill, "len(b'1' * 500_000_000)", "print(1)", **MEMORY)
    assert (text(done, 1), first_error(done, 2), text(done, 3)) == ("True\n", "MemoryError", "1\n")
    assert done.limits_hit == ("Cell 3 used more than 400 MB of memory.",)


@both
@pytest.mark.parametrize("how", BURNT)
def test_processor_time_of_all_together_is_limited(kind: str, how: str):
    assert ended_all(kind, BURNT[how], **TIME) == TOO_MUCH_TIME


@both
def test_processor_time_below_the_limit_is_unharmed(kind: str):
    done = ran(kind, START, "wait(children(4, lambda n: burn(1))); burn(1)", "print(1)", **PATIENT, cpu_seconds=8)
    assert (text(done, 1), text(done, 2), done.limits_hit) == ("", "1\n", ())


@both
@pytest.mark.parametrize("status", [100, 101, 228, 229, 152])
def test_a_kernel_that_leaves_with_a_limits_status_claims_nothing(kind: str, status: int):
    done = ran(kind, f"import os; os._exit({status})")
    assert (first_error(done, 0), done.limits_hit) == ("DeadKernelError", ())
