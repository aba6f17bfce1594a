"""Whole `tito` processes, against a bare `python -c "import click, rich"`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import Row, Section, Sizes, in_turns, process_seconds

BASE = "import click, rich"
COMMANDS = ("milestone status", "module status", "--help")
TITO = (sys.executable, "-m", "tito")


def measure(sizes: Sizes) -> Iterator[Section]:
    """Time each command in a new workspace; one that fails is named and left out."""
    with tempfile.TemporaryDirectory(prefix="tt-bench-") as folder:
        home = Path(folder)
        environment = {**os.environ, "HOME": str(home)}
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


def _problem(command: list[str], directory: Path, environment: dict[str, str]) -> str:
    """Why a command cannot be measured; empty when it can."""
    result = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return ""
    said = (result.stderr or result.stdout).strip().splitlines() or ["and says nothing"]
    return f"exits with {result.returncode}: {said[-1]}"
