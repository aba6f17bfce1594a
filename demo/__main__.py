"""`make demo`: a sample class of milestone 1 through nbgrader, in a scratch course directory."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from demo import term
from demo.sample_class import ASSIGNMENT, CLASS
from tito.course import the_course


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--course-dir", type=Path, help="where to work (default: a new folder in the temporary folder)")
    parser.add_argument("--cell-seconds", type=float, default=20.0, help="time limit of one cell (default: 20)")
    options = parser.parse_args()
    course_dir = options.course_dir or Path(tempfile.mkdtemp(prefix="tinytorch-demo-"))
    started = time.monotonic()
    code, made = _run(course_dir, options.cell_seconds)
    subprocess.run(
        [sys.executable, "-m", "tito", "grade", "report", ASSIGNMENT, "--course-dir", str(course_dir)],
        check=False,
    )
    wrong = term.mismatches(made)
    for mismatch in wrong:
        print(f"{mismatch.student} ({mismatch.what}) deserves {mismatch.expected}, got {mismatch.found}")
    print()
    print(f"{len(CLASS) - len(wrong)} of {len(CLASS)} submissions have exactly the score that they deserve.")
    print(f"nbgrader autograde ended with exit code {code}; {len(made.ungraded)} submissions are ungraded.")
    print(f"This took {time.monotonic() - started:.0f} s. In {course_dir}:")
    for name, what in (
        ("gradebook.db", "nbgrader's gradebook"),
        (f"feedback/student_01/{ASSIGNMENT}/", "a student's feedback page"),
        ("report.csv, report.json", "points by rubric category"),
        ("nbgrader.log", "what nbgrader said"),
    ):
        print(f"  {name:36} {what}")
    return 1 if code or wrong or made.ungraded else 0


def _run(course_dir: Path, cell_seconds: float) -> tuple[int, term.Report]:
    steps = len(the_course().assignments) + 2 + len(CLASS) + 1
    console = Console()
    with Progress(
        SpinnerColumn(), MofNCompleteColumn(), BarColumn(bar_width=20), TimeElapsedColumn(),
        TextColumn("{task.description}"), console=console, disable=not console.is_terminal,
    ) as progress:  # fmt: skip
        task = progress.add_task("start", total=steps, completed=-1)

        def say(step: str) -> None:
            progress.update(task, advance=1, description=step)
            if not console.is_terminal:
                print(step, flush=True)

        assignment = term.set_up(course_dir, say)
        code = term.grade(course_dir, assignment, cell_seconds, say)
        progress.update(task, advance=1, description="done")
    return code, term.write_report(course_dir, assignment)


if __name__ == "__main__":
    sys.exit(main())
