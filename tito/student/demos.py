"""A milestone's demo: the student's own framework at work, in a process of its own, drawn with characters."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tito.course import Course, Milestone, data_root
from tito.errors import NotTaughtYet, TitoError
from tito.student.milestones import awaits, needed_exports
from tito.workspace import Workspace

LIMIT_S = 60


@dataclass(frozen=True)
class Demo:
    """What one run of a demo drew and measured; ``problem`` says why it did not finish, empty when it did."""

    milestone: str
    text: str
    figures: dict[str, float]
    seconds: float
    problem: str

    @property
    def ok(self) -> bool:
        return not self.problem


def show(workspace: Workspace, course: Course, milestone: Milestone, width: int = 60, plain: bool = False) -> Demo:
    """Run a milestone's demo on what the workspace has exported, in ASCII alone when ``plain``.

    Raises TitoError while the milestone is locked or planned.
    """
    if milestone.planned:
        raise NotTaughtYet(f"{milestone.label} {awaits(course, milestone)}.", "tito milestone list")
    package = needed_exports(workspace, course, milestone)
    script = data_root() / milestone.demo
    if not script.is_file():
        raise TitoError(f"{milestone.label} has no demo.", f"tito milestone run {milestone.id}")
    return _run(script, package, milestone, width, plain)


def _run(script: Path, package: dict[str, bytes], milestone: Milestone, width: int, plain: bool) -> Demo:
    from tito.execution.folders import own_prefix
    from tito.execution.kernel import clean_environment
    from tito.execution.scratch import lay_out

    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix=own_prefix(), ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        lay_out(package, scratch)
        (scratch / script.name).write_bytes(script.read_bytes())
        command = [sys.executable, "-W", "ignore", script.name, str(width), *(["--ascii"] if plain else [])]
        text, problem = _output(command, scratch, clean_environment(scratch) | {"PYTHONIOENCODING": "utf-8"})
        figures = _figures(scratch / "figures.json")
    return Demo(milestone.id, text, figures, round(time.perf_counter() - started, 2), problem)


def _output(command: list[str], scratch: Path, environment: dict[str, str]) -> tuple[str, str]:
    """What a process printed, and why it failed (empty when it did not)."""
    try:
        done = subprocess.run(
            command,
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", f"it was stopped after {LIMIT_S} s; look for a loop that never ends"
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    problem = (said[-1] if said else f"exit code {done.returncode}") if done.returncode else ""
    return done.stdout.decode("utf-8", "replace").rstrip(), problem


def _figures(path: Path) -> dict[str, float]:
    """The figures that a demo left, as far as they are finite numbers."""
    try:
        found = json.loads(path.read_bytes())
        return {str(name): float(value) for name, value in found.items() if math.isfinite(value)}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
