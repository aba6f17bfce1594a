"""Seconds per submission: plain `nbgrader autograde` with nbgrader's own steps, and with this course's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

import nbformat

from benchmarks.timeline import CELLS, LOG_OPTIONS, PARTS, Timeline, timeline
from benchmarks.timing import Row, Section, Sizes, in_turns
from tito.build.trees import build_source
from tito.course import REPOSITORY, Assignment, Course, Module, the_course
from tito.grading.classroom import CONFIG_NAME, Classroom
from tito.notebooks.exporter import export_reference
from tito.notebooks.grafting import graft

STOCK, OURS = VARIANTS = ("nbgrader", "tinytorch")
STOCK_CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\n'
HOW = """\
Whole serial runs of nbgrader autograde over identical honest submissions, in turns. nbgrader: its stock exporter and
steps; the kernel finds the student's tinytorch because nbgrader runs it in its copy of the submission. tinytorch: the
course's nbgrader_config.py."""

TINY = Module(0, "tiny", "Almost nothing to compute", exports=(), needs=(1,), ability="")
TINY_SOURCE = """\
# %%
import matplotlib.pyplot as plt
import numpy as np

from tinytorch.tensor import Tensor

# %% nbgrader={"grade": false, "grade_id": "double-answer", "locked": false, "schema_version": 3, "solution": true}
def double(x):
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "double", "locked": true, "points": 1, "schema_version": 3, "solution": false}
assert np.array_equal(double(Tensor([1.0, 2.0])).numpy(), [2.0, 4.0])
"""
BUSY_S = 0.6
BUSY = Module(0, "busy", "A little to compute", exports=(), needs=(1,), ability="")
BUSY_SOURCE = TINY_SOURCE.replace(
    "    return x + x",
    f"""\
    import time
    weights, ends = np.eye(64), time.process_time() + {BUSY_S}
    while time.process_time() < ends:
        weights = weights @ weights
    return x + x""",
)


def measure(sizes: Sizes) -> Iterator[Section]:
    """Compare the two roads on a milestone, and on an assignment that computes almost nothing."""
    course = the_course()
    yield compare(REPOSITORY, course.assignment("perceptron"), sizes)
    yield tiny(sizes)


def tiny(sizes: Sizes) -> Section:
    """Compare the two roads on an assignment of three cells."""
    with tempfile.TemporaryDirectory(prefix="tt-bench-") as folder:
        path = Path(folder) / TINY.source
        path.parent.mkdir(parents=True)
        path.write_text(TINY_SOURCE, encoding="utf-8")
        return compare(Path(folder), TINY, sizes)


def compare(root: Path, assignment: Assignment, sizes: Sizes) -> Section:
    """Grade the same submissions of an assignment authored below ``root`` both ways; the points must be the same."""
    with tempfile.TemporaryDirectory(prefix="tt-bench-") as folder:
        rooms = set_up(root, assignment, the_course(), Path(folder), sizes.submissions)
        works = {name: lambda room=room: autograde(room, assignment) for name, room in rooms.items()}
        in_turns(works, 1)  # not counted: byte code, font lists and the disk's cache
        runs = in_turns(works, sizes.rounds)
        points = {name: scores(room, assignment) for name, room in rooms.items()}
    if points[STOCK] != points[OURS]:
        raise ValueError(f"the two runs gave different points, so their times do not compare: {points}")
    title = f"Grading: {assignment.id}, {sizes.submissions} submissions, {sizes.rounds} runs each"
    return Section(
        title, HOW.replace("\n", " "), VARIANTS, rows(runs), tuple(sums(name, runs[name]) for name in VARIANTS)
    )


def set_up(root: Path, assignment: Assignment, course: Course, scratch: Path, count: int) -> dict[str, Classroom]:
    """Two course directories with the same assignment and the same submissions: the reference's answers."""
    source = build_source(root, assignment, course, scratch / "built")
    export_reference(REPOSITORY, scratch / "reference", assignment.needs)
    package = {path.name: path.read_bytes() for path in sorted((scratch / "reference" / "tinytorch").glob("*.py"))}
    rooms = {}
    for name in VARIANTS:
        folder = scratch / name
        folder.mkdir()
        if name == STOCK:
            (folder / CONFIG_NAME).write_text(STOCK_CONFIG, encoding="utf-8")
        else:
            shutil.copyfile(REPOSITORY / CONFIG_NAME, folder / CONFIG_NAME)
        rooms[name] = room = Classroom(folder)
        room.add_source(source, assignment)
        room.generate(assignment)
        released = nbformat.read(folder / "release" / assignment.id / source.name, as_version=4)
        solved = graft(nbformat.read(source, as_version=4), released)
        for number in range(count):
            room.hand_in(f"student_{number:02d}", assignment, solved, package)
    return rooms


def autograde(room: Classroom, assignment: Assignment) -> Timeline:
    """Run `nbgrader autograde` as an instructor would, as a process of its own, and read where its time went."""
    shutil.rmtree(room.root / "autograded", ignore_errors=True)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "TITO_RUN": "1",  # the setup cell has nothing to set up
    }
    command = [sys.executable, "-m", "nbgrader", "autograde", assignment.id, *LOG_OPTIONS]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        began = time.time()
        subprocess.run(command, cwd=room.root, env=environment, stdout=log, stderr=subprocess.STDOUT, check=True)
        ended = time.time()
        log.seek(0)
        said = log.read()
    notebooks = sorted((room.root / "autograded").glob(f"*/{assignment.id}/{assignment.notebook}.ipynb"))
    return timeline(said, notebooks, began, ended)


def scores(room: Classroom, assignment: Assignment) -> dict[str, float]:
    """Points by student."""
    with room.gradebook() as gradebook:
        return {each.student_id: each.score for each in gradebook.assignment_submissions(assignment.id)}


def rows(runs: dict[str, Sequence[Timeline]]) -> tuple[Row, ...]:
    """The parts of a run that come once, then those of each submission and their sums."""
    submissions = {name: [parts for run in runs[name] for parts in run.submissions] for name in runs}
    once = {
        "application start, once": lambda run: run.start_s,
        "application exit, once": lambda run: run.exit_s,
        "remainder, once": lambda run: run.remainder_s,
    }
    sums = {
        "a submission": lambda parts: sum(parts.values()),
        "- without its cells": lambda parts: sum(parts.values()) - parts[CELLS],
    }
    return (
        *(Row(part, {name: [parts[part] for parts in submissions[name]] for name in runs}) for part in PARTS),
        *(Row(title, {name: [total(p) for p in submissions[name]] for name in runs}) for title, total in sums.items()),
        *(Row(title, {name: [pick(run) for run in runs[name]] for name in runs}) for title, pick in once.items()),
        Row("whole run / submissions", {name: [r.wall_s / len(r.submissions) for r in runs[name]] for name in runs}),
    )


def sums(name: str, runs: Sequence[Timeline]) -> str:
    """The split of the mean run, which adds up to its wall time."""
    count = len(runs[0].submissions)
    each = {part: mean(parts[part] for run in runs for parts in run.submissions) for part in PARTS}
    parts = " + ".join(f"{seconds:.3f}" for seconds in each.values())
    start, leave, rest, wall = (
        mean(getattr(run, key) for run in runs) for key in ("start_s", "exit_s", "remainder_s", "wall_s")
    )
    return (
        f"{name}, mean run in s: start {start:.3f} + {count} x ({parts}) + exit {leave:.3f} + remainder {rest:.3f} "
        f"= wall {wall:.3f}"
    )
