"""Whole `tito` processes, against a bare `python -c "import click, rich"`, and each milestone's verification."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import Row, Section, Sizes, in_turns, process_seconds
from tito.course import REPOSITORY, the_course
from tito.notebooks.exporter import export_reference
from tito.student.verification import verify_package

BASE = "import click, rich"
COMMANDS = ("milestone status", "status", "module status", "--help")
CHECKS, WHOLE = "its checks", "the whole run"
TITO = (sys.executable, "-m", "tito")


def measure(sizes: Sizes) -> Iterator[Section]:
    """Time the commands that only look, then the verifications."""
    yield from commands(sizes)
    yield verifications(sizes)


def commands(sizes: Sizes) -> Iterator[Section]:
    """Time each command in a new workspace; one that fails is named and left out."""
    with tempfile.TemporaryDirectory(prefix="tt-bench-") as folder:
        home = Path(folder)
        environment = {**os.environ, "HOME": str(home), "PYTHONPYCACHEPREFIX": str(home / "pycache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else what a student's Python keeps is compiled every time
        workspace = home / "work"
        notes = []
        problem = _problem([*TITO, "init", str(workspace)], home, environment)
        if problem:
            notes.append(f"Skipped: tito init {problem}.")
        rows = []
        for command in COMMANDS if not problem else ():
            words = [*TITO, *command.split()]
            problem = _problem(words, workspace, environment)  # the first call also warms the disk's cache
            if problem:
                notes.append(f"Skipped: tito {command} {problem}.")
                continue
            works = {
                BASE: lambda: process_seconds([sys.executable, "-c", BASE], workspace, environment),
                "tito": lambda words=words: process_seconds(words, workspace, environment),
            }
            rows.append(Row(f"tito {command}", in_turns(works, 3 * sizes.rounds)))
    how = "Whole processes in a new workspace, in turns with the bare imports."
    yield Section("Command line", how, (BASE, "tito"), tuple(rows), tuple(notes))


def verifications(sizes: Sizes) -> Section:
    """Time each taught milestone's verification of the reference's exports, beside its share inside the checks."""
    course = the_course()
    with tempfile.TemporaryDirectory(prefix="tt-bench-") as folder:
        export_reference(REPOSITORY, Path(folder), [module.number for module in course.modules])
        package = Path(folder) / "tinytorch"
        rows, notes = [], []
        for milestone in course.milestones:
            files = {f"{module.name}.py": (package / f"{module.name}.py").read_bytes()
                     for module in course.required_by(milestone)}  # fmt: skip
            runs = [verify_package(files, milestone) for _ in range(sizes.rounds)]
            inside = [sum(check.seconds for check in run.checks) for run in runs]
            rows.append(Row(milestone.id, {CHECKS: inside, WHOLE: [run.seconds for run in runs]}))
            failed = sum(not run.ok for run in runs)
            notes += [f"{milestone.id}: {failed} of {len(runs)} runs did not pass."] if failed else []
    how = "What `tito milestone test` runs, on the reference's exports: a process of its own, pytest in it."
    return Section("Verification", how, (CHECKS, WHOLE), tuple(rows), tuple(notes), unit="s")


def _problem(command: list[str], directory: Path, environment: dict[str, str]) -> str:
    """Why a command cannot be measured; empty when it can."""
    result = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return ""
    said = (result.stderr or result.stdout).strip().splitlines() or ["and says nothing"]
    return f"exits with {result.returncode}: {said[-1]}"
