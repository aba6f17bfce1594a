"""How kernels in the sandbox begin and end: nothing of one reaches the next, and nothing outlives it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.execution.sandboxed import RUN, ordinary_user, run
from tito.execution import trial
from tito.execution.run import Execution, Limits, execute
from tito.execution.sandbox import SandboxUnavailable, warm

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.exists("/usr/bin/bwrap"), reason="bubblewrap is not installed"),
]
both = pytest.mark.parametrize("kind", ["forked", "bubblewrap"])


@pytest.fixture(scope="module", autouse=True)
def _no_template_left() -> Iterator[None]:
    yield
    warm.end_template()


def ran(kind: str, *cells: str, package: dict | None = None, **limits: float) -> Execution:
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    return execute(notebook, package or {}, Limits(**{"cell_seconds": 30.0, **limits}), kind)


def text(execution: Execution, cell: int) -> str:
    return "".join(
        output.get("text", "") + str(output.get("evalue", "")) for output in execution.notebook.cells[cell].outputs
    )


def first_error(execution: Execution, cell: int) -> str:
    return (execution.notebook.cells[cell].outputs or [{}])[0].get("ename", "")


def marked(marker: str) -> list[psutil.Process]:
    """Processes of the machine whose command line holds a marker."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if marker in " ".join(process.info["cmdline"] or []) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def wait_until(true: Callable[[], object], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(true())


@both
@pytest.mark.parametrize(
    "kill",
    [
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.killpg(0, signal.SIGKILL)",
        "import ctypes; ctypes.string_at(0)",
    ],
)
def test_a_cell_that_ends_its_process_ends_no_more_than_its_own_run(kind: str, kill: str):
    done = ran(kind, "x = 1", "print('before', flush=True)\n" + kill, "print(x)")
    assert [first_error(done, cell) for cell in range(3)] == ["", "DeadKernelError", "NotRun"]
    assert text(ran(kind, "print(1)"), 0) == "1\n"


@both
def test_leaving_by_an_exception_is_an_error_of_its_cell(kind: str):
    done = ran(kind, "import sys; sys.exit(0)", "print('next')")
    assert first_error(done, 0) == "SystemExit" and text(done, 1) == "next\n"


@both
def test_a_loop_is_interrupted_and_a_stopped_process_is_ended(kind: str):
    loop = ran(kind, "while True: pass", "print('next')", cell_seconds=1.0)
    assert first_error(loop, 0) == "CellTimeoutError" and text(loop, 1) == "next\n"
    stopped = ran(kind, "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "print(1)", cell_seconds=1.0)
    assert first_error(stopped, 0) == "CellTimeoutError" and first_error(stopped, 1) == "NotRun"


@both
def test_processor_time_is_limited_and_the_reason_told(kind: str):
    done = ran(kind, "while True: pass", "print(1)", cpu_seconds=2)
    assert first_error(done, 0) == "DeadKernelError" and first_error(done, 1) == "NotRun"
    assert done.limits_hit == ("Cell 1 used more than 2 s of processor time.",)


@both
def test_no_process_outlives_its_submission(kind: str):
    marker = f"9{random.SystemRandom().randrange(10**8)}"
    daemon = (
        "import os, signal\n"
        "if not os.fork():\n    os.setsid()\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    signal.signal(signal.SIGHUP, signal.SIG_IGN)\n    if not os.fork():\n"
        f"        os.execvp('sleep', ['sleep', '{marker}'])\n    os._exit(0)\nos.wait()"
    )
    kept = ran(kind, daemon, f"import subprocess; subprocess.Popen(['sleep', '{marker}'])", "print(1)")
    assert text(kept, 2) == "1\n" and not marked(marker)
    died = ran(kind, daemon, "os._exit(1)", "print(1)")
    assert first_error(died, 1) == "DeadKernelError" and not marked(marker)


@both
def test_nothing_of_a_submission_is_there_for_the_next(kind: str):
    leave = (
        "import os, pathlib, sys, builtins, numpy, tempfile\n"
        "home = pathlib.Path.home()\nstart = home / '.ipython/profile_default/startup'\n"
        "start.mkdir(parents=True, exist_ok=True)\n(start / '00.py').write_text('poison = 1')\n"
        "for name in ('sitecustomize.py', 'usercustomize.py', '/tmp/left', '/dev/shm/left', '.matplotlib/left'):\n"
        "    pathlib.Path(home, name).write_text('poison = 1')\n"
        "builtins.poison = 1\nnumpy.allclose = lambda *a, **k: True\nsys.modules['poison'] = sys\n"
        "import tito.datasets; tito.datasets.digits = None\nimport random; print(random.random(), numpy.random.rand())"
    )
    look = (
        "import os, pathlib, sys, builtins, numpy, random, tito.datasets\n"
        "found = [str(p) for root in ('.', '/dev/shm', '/tmp') for p in pathlib.Path(root).rglob('*')]\n"
        "print([p for p in found if 'left' in p or 'customize' in p or 'startup/00' in p ],\n"
        "    'poison' in globals(), hasattr(builtins, 'poison'), numpy.allclose(1, 2), 'poison' in sys.modules,\n"
        "    tito.datasets.digits is None)",
        "print(random.random(), numpy.random.rand())",
    )
    first = ran(kind, leave)
    second = ran(kind, *look)
    assert not first_error(first, 0) and text(second, 0) == "[] False False False False False\n"
    assert not set(text(first, 0).split()) & set(text(second, 1).split())


def test_a_fork_bomb_is_noticed_by_nobody_else():
    bomb = "import os, time\ntry:\n    while True:\n        os.fork()\nexcept BlockingIOError:\n    time.sleep(4)"
    others: list[str] = []
    bombing = threading.Thread(target=lambda: ran("forked", bomb, processes=48, cell_seconds=10.0))
    bombing.start()
    for _ in range(3):
        others.append(text(ran("forked", "import subprocess; print(subprocess.run(['true']).returncode)"), 0))
    bombing.join(120)
    assert others == ["0\n"] * 3


@both
def test_two_runs_side_by_side_do_not_meet(kind: str):
    said: dict[int, str] = {}

    def one(number: int) -> None:
        see = "import os, time; time.sleep(1); print(n, sorted(int(p) for p in os.listdir('/proc') if p.isdigit()))"
        package = {"tensor.py": b"n = %d" % number}
        said[number] = text(ran(kind, "from tinytorch.tensor import n", see, package=package), 1)

    threads = [threading.Thread(target=one, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert said == {1: "1 [1, 2]\n", 2: "2 [1, 2]\n"}


def test_another_installed_framework_is_refused_however_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    packages = tmp_path / "site-packages"
    for name in ("torch", "tinytorch"):
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").write_text("found = 1", encoding="utf-8")
    (packages / "autograd.py").write_text("found = 1", encoding="utf-8")
    (packages / "harmless.py").write_text("found = 1", encoding="utf-8")
    monkeypatch.syspath_prepend(str(packages))
    off = "import os, sys; sys.path[:] = [p for p in sys.path if p]; os.chdir('/')"
    whose = "import tinytorch; print(getattr(tinytorch, 'found', 'the one handed in'))"
    for kind in ("forked", "bubblewrap"):
        done = ran(kind, "import torch", off, "import torch", "import autograd", whose, "import harmless")
        for cell, name in ((0, "torch"), (2, "torch"), (3, "autograd")):
            assert text(done, cell).startswith(f"{name} is refused here"), text(done, cell)
        assert text(done, 4) == "the one handed in\n" and first_error(done, 5) == ""


def test_kernels_and_template_end_with_the_grader():
    marker = f"8{random.SystemRandom().randrange(10**8)}"
    script = (
        "import sys\nfrom nbformat.v4 import new_code_cell, new_notebook\nfrom tito.execution.run import execute\n"
        f'cell = new_code_cell(\'import subprocess; subprocess.run(["sleep", "{marker}"])\')\n'
        "execute(new_notebook(cells=[cell]), {}, None, sys.argv[1])\n"
    )
    for kind in ("forked", "bubblewrap"):
        grader = subprocess.Popen([sys.executable, "-c", script, kind])
        try:
            assert wait_until(lambda: marked(f"sleep {marker}"))
            below = psutil.Process(grader.pid).children(recursive=True)
        finally:
            grader.kill()
            grader.wait()
        _, alive = psutil.wait_procs(below, timeout=30)
        assert len(below) >= 4 and not alive and not marked(f"sleep {marker}")


SLEEPER = """
import sys
from nbformat.v4 import new_code_cell, new_notebook
from tito.execution.run import execute
cell = new_code_cell(f'import subprocess; subprocess.run(["sleep", "{sys.argv[2]}"])')
print(execute(new_notebook(cells=[cell]), {}, None, sys.argv[1]).stopped)
"""


@pytest.mark.parametrize("kind", ["forked", "bubblewrap", "none"])
def test_what_a_killed_grader_left_lying_about_goes_with_the_next_one(kind: str):
    marker = f"6{random.SystemRandom().randrange(10**8)}"
    with tempfile.TemporaryDirectory(prefix="tt-life") as folder:  # short: sockets lie in it
        environment = os.environ | {"TMPDIR": folder}
        lying = [Path(folder, name) for name in ("tt-k12345-abc", "tt-k0a0a0a0a-999999999-abc", "tt-kept")]
        for each in lying:
            each.mkdir()
        graders = [subprocess.Popen([sys.executable, "-c", SLEEPER, kind, marker], env=environment) for _ in range(2)]
        killed, living = graders
        try:
            assert wait_until(lambda: len(folders_of(folder, killed)) == len(folders_of(folder, living)) > 0)
            assert wait_until(lambda: len(marked(f"sleep {marker}")) >= 2)
            below = psutil.Process(killed.pid).children(recursive=True)
            killed.kill()
            killed.wait()
            psutil.wait_procs(below, timeout=30)
            left, theirs = folders_of(folder, killed), folders_of(folder, living)
            next_one = [sys.executable, "-c", SLEEPER, kind, "0"]
            said = subprocess.run(next_one, env=environment, capture_output=True, text=True, timeout=120)
            assert said.stdout == "\n", said.stderr
            assert left and not folders_of(folder, killed)
            assert folders_of(folder, living) == theirs
        finally:
            for grader in graders:
                grader.kill()
                grader.wait()
        assert all(each.is_dir() for each in lying)
        assert wait_until(lambda: not marked(f"sleep {marker}"))


def folders_of(folder: str, grader: subprocess.Popen) -> list[str]:
    return sorted(path.name for path in Path(folder).glob(f"tt-*-{grader.pid}-*"))


def test_a_template_that_died_is_replaced():
    assert text(ran("forked", "print(1)"), 0) == "1\n"
    below = psutil.Process().children(recursive=True)
    templates = [process for process in marked("tito.execution.sandbox.template") if process in below]
    assert templates
    for process in templates:
        process.kill()
    assert text(ran("forked", "print(2)"), 0) == "2\n"


def test_without_bubblewrap_nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for kind in ("forked", "bubblewrap"):
        with pytest.raises(SandboxUnavailable, match="bwrap is not installed") as failed:
            ran(kind, "print(1)")
        assert "apt-get install bubblewrap" in failed.value.hint and "--no-sandbox" in failed.value.hint
        assert not trial.probe(kind).ok


def where_namespaces_are_forbidden(command: list[str], environment: dict[str, str]) -> tuple[str, str, int]:
    """Run a command in a user namespace that holds the users of the machine, and may hold no other namespace."""
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    wait = ["unshare", "--user", "sh", "-c", 'read go; exec "$@"', "sh", "sh", "-c", forbid, "sh", *command]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(wait, env=environment, cwd="/", **pipes)
    apart = Path(f"/proc/{process.pid}")
    assert wait_until(lambda: os.readlink(apart / "ns/user") != os.readlink("/proc/self/ns/user"))
    for name in ("uid_map", "gid_map"):
        (apart / name).write_text("0 0 65535", encoding="ascii")
    said, complaint = process.communicate("go\n", timeout=120)
    return said, complaint, process.returncode


@both
def test_where_namespaces_are_forbidden_the_reason_is_named(kind: str):
    ask = f"from tito.execution import trial; found = trial.probe({kind!r}); print(found.ok, found.sentence)"
    with ordinary_user(1234) as (command, environment):
        said, complaint, code = where_namespaces_are_forbidden([*command, "-c", ask], environment)
    if code:
        pytest.skip(f"this machine does not let the test forbid them: {complaint}")
    assert said.startswith("False This machine does not let an ordinary user make a sandbox (bwrap: ")
    assert "--no-sandbox" in said and "namespace" in said


@both
def test_trying_it_out_finds_it_shut(kind: str):
    found = trial.probe(kind)
    assert found.ok and found.kind == kind and all(found.details.values()) and len(found.details) > 8


def test_an_ordinary_user_can_try_it_out_too():
    assert run("forked", "1 + 1", ordinary=True).texts == ["2"]


def test_a_grader_that_ends_says_nothing_of_its_template():
    asked = '{"kind": "forked", "cells": ["1 + 1"], "limits": {}}'
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", RUN],
        input=asked,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and "ResourceWarning" not in done.stderr, done.stderr
