"""Import one exported file by itself, in a process and a folder of its own: what is wrong with it?"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

IMPORT_SECONDS = 60


@dataclass(frozen=True)
class ImportProblem:
    """Why a file cannot be imported, and at which of its lines (0: not known); empty when it can."""

    reason: str
    line: int

    @property
    def shown(self) -> str:
        return f"{self.reason} (line {self.line})" if self.line else self.reason


def import_problem(package: Mapping[str, bytes], name: str) -> ImportProblem:
    """What is wrong with ``tinytorch.<name>`` in a package of these files."""
    from tito.execution import import_alone
    from tito.execution.folders import own_prefix
    from tito.execution.kernel import clean_environment
    from tito.execution.scratch import lay_out

    with tempfile.TemporaryDirectory(prefix=own_prefix()) as folder:
        scratch = Path(folder)
        lay_out(package, scratch)
        try:
            done = subprocess.run(
                [sys.executable, import_alone.__file__, name],
                cwd=scratch,
                env=clean_environment(scratch),
                capture_output=True,
                text=True,
                timeout=IMPORT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ImportProblem(f"it took more than {IMPORT_SECONDS} s", 0)
    if not done.returncode:
        return ImportProblem("", 0)
    reason, _, line = (done.stdout.strip().splitlines() or ["the Python process ended"])[-1].partition("\t")
    return ImportProblem(reason, int(line) if line.isdigit() else 0)
