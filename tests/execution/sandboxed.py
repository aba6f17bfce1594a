"""Notebooks run in a sandbox, by whoever runs the tests or by an ordinary user, and what came of each cell."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tito.course import REPOSITORY

NOBODY = 65534
CAN_RUN = (
    "import subprocess, sys, ipykernel, numpy, papermill, tito; subprocess.run([sys.executable, '-c', ''], check=True)"
)
RUN = """
import json, sys
from nbformat.v4 import new_code_cell, new_notebook
from tito.execution.run import Limits, execute
asked = json.loads(sys.stdin.read())
cells = [new_code_cell(source) for source in asked["cells"]]
ran = execute(new_notebook(cells=cells), {"tensor.py": b"one = 1"}, Limits(**asked["limits"]), asked["kind"])
said = []
for cell in ran.notebook.cells:
    errors = [f"{output.ename}: {output.evalue}" for output in cell.outputs if output.output_type == "error"]
    texts = [output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    said.append([errors[0] if errors else "", "".join(texts)])
print(json.dumps({"cells": said, "limits_hit": ran.limits_hit, "stopped": ran.stopped}))
"""


class Ran:
    """What came of a run: by cell its error (empty when none) and its text."""

    def __init__(self, kind: str, record: dict) -> None:
        self.kind = kind
        self.errors = [error for error, _ in record["cells"]]
        self.texts = [text for _, text in record["cells"]]
        self.limits_hit, self.stopped = record["limits_hit"], record["stopped"]


def run(kind: str, *cells: str, ordinary: bool = False, **limits: float) -> Ran:
    """Run cells in a process of its own: with it ends the template that it started."""
    asked = json.dumps({"kind": kind, "cells": cells, "limits": {"cell_seconds": 30.0, **limits}})
    me = contextlib.nullcontext(([sys.executable], dict(os.environ)))
    with ordinary_user() if ordinary else me as (command, environment):
        done = subprocess.run(
            [*command, "-c", RUN], input=asked, env=environment, cwd="/", capture_output=True, text=True, timeout=300
        )
    assert done.returncode == 0, done.stderr
    return Ran(kind, json.loads(done.stdout.splitlines()[-1]))


@contextlib.contextmanager
def ordinary_user(user: int = NOBODY) -> Iterator[tuple[list[str], dict[str, str]]]:
    """A Python that an ordinary user can start (this one may lie in root's home), with this one's packages."""
    if os.geteuid():
        pytest.skip("whoever runs the tests is an ordinary user already")
    with tempfile.TemporaryDirectory(prefix="tt-home") as home:
        os.chown(home, user, user)
        packages = [entry for entry in sys.path if entry.endswith("-packages")]
        path = os.pathsep.join([str(REPOSITORY), *packages])
        environment = {"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "PYTHONPATH": path}
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        yield [*become, _python_for_everyone(become, environment)], environment
        assert not list(Path(home).glob("tt-*")), "a folder was left behind"


def _python_for_everyone(become: list[str], environment: dict[str, str]) -> str:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        if Path(python).exists():
            command = [*become, python, "-c", CAN_RUN]
            if not subprocess.run(command, env=environment, cwd="/", capture_output=True).returncode:
                return python
    pytest.skip(f"no Python {version} here can be started by an ordinary user")
