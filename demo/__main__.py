"""`make demo`: a milestone's sample class through nbgrader, in a scratch course directory."""

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

from demo import mlp_class, perceptron_class, term
from demo.samples import SampleClass
from tito.course import the_course
from tito.execution.trial import for_own_code

CLASSES = {each.assignment: each for each in (perceptron_class.CLASS, mlp_class.CLASS)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("milestone", nargs="?", choices=sorted(CLASSES), default="perceptron")
    parser.add_argument("--course-dir", type=Path, help="where to work (default: a new folder in the temporary folder)")
    parser.add_argument("--cell-seconds", type=float, default=20.0, help="time limit of one cell (default: 20)")
    options = parser.parse_args()
    course_dir = options.course_dir or Path(tempfile.mkdtemp(prefix="tinytorch-demo-"))
    sample_class = CLASSES[options.milestone]
    started = time.monotonic()
    sandbox, why_none = for_own_code()
    if why_none:
        print(f"No sandbox: {why_none}")
        print("This class is the course's own, so it is graded without one. Students' submissions would not be.")
    code, made = _run(course_dir, sample_class, options.cell_seconds, sandbox)
    subprocess.run(
        [sys.executable, "-m", "tito", "grade", "report", sample_class.assignment, "--course-dir", str(course_dir)],
        check=False,
    )
    wrong = term.mismatches(made, sample_class.samples)
    for mismatch in wrong:
        print(f"{mismatch.student} ({mismatch.what}) deserves {mismatch.expected}, got {mismatch.found}")
    print()
    handed_in = len(sample_class.samples)
    print(f"{handed_in - len(wrong)} of {handed_in} submissions have exactly the score that they deserve.")
    print(f"nbgrader autograde ended with exit code {code}; {len(made.ungraded)} submissions are ungraded.")
    print(f"This took {time.monotonic() - started:.0f} s. In {course_dir}:")
    for name, what in (
        ("gradebook.db", "nbgrader's gradebook"),
        (f"feedback/student_01/{sample_class.assignment}/", "a student's feedback page"),
        ("report.csv, report.json", "points by rubric category"),
        ("nbgrader.log", "what nbgrader said"),
    ):
        print(f"  {name:36} {what}")
    return 1 if code or wrong or made.ungraded else 0


def _run(course_dir: Path, sample_class: SampleClass, cell_seconds: float, sandbox: str) -> tuple[int, term.Report]:
    steps = len(the_course().assignments) + 2 + len(sample_class.samples) + 1
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

        assignment = term.set_up(course_dir, sample_class, say)
        code = term.grade(course_dir, sample_class, cell_seconds, say, sandbox)
        progress.update(task, advance=1, description="done")
    return code, term.write_report(course_dir, assignment)


if __name__ == "__main__":
    sys.exit(main())
