"""A class at once against plain serial `nbgrader autograde`: throughput, overhead, memory, and what is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from benchmarks import grading
from benchmarks.grading import BUSY, BUSY_S, BUSY_SOURCE, OURS, STOCK, TINY, TINY_SOURCE
from benchmarks.timing import Row, Section, Sizes, in_turns, process_seconds, seconds
from tito.course import Module, the_course
from tito.grading.classroom import Classroom

POOL, DASK = "batch", "batch on dask"
WORKERS = 2
HOW = """\
Whole runs, each in a process of its own, in turns, over identical honest submissions: `nbgrader autograde` with
nbgrader's stock steps, and the batch with {workers} worker processes, or with {workers} dask workers that run already.
Overhead is the wall time less {compute} s of a student's own computing for each submission, which the batch spreads
over {workers} processes."""
BIG_HOW = "The batch's own process after each submission; the first tenth of the class warms it up."
OURS_RUNNING = ("tito.execution", "tito.grading.batch", "ipykernel", "keeper.py")


@dataclass(frozen=True)
class Work:
    """An assignment, and the seconds that a student's answer computes."""

    assignment: Module
    source: str
    compute_s: float


WORKS = (Work(TINY, TINY_SOURCE, 0.0), Work(BUSY, BUSY_SOURCE, BUSY_S))


def measure(sizes: Sizes) -> Iterator[Section]:
    """Compare throughput with almost nothing and with something to compute; then watch one large class."""
    for work in WORKS:
        yield compare(work, sizes)
    if sizes.big_class:
        yield big(WORKS[0], sizes)


def compare(work: Work, sizes: Sizes) -> Section:
    """Grade the same class by each of the three; the points must be the same."""
    count = sizes.class_size
    with rooms(work, count) as (stock, ours), cluster() as address:
        runs = {
            STOCK: lambda: plain(stock, work),
            POOL: lambda: batch(ours, work, str(WORKERS))["wall_s"],
            DASK: lambda: batch(ours, work, address)["wall_s"],
        }
        samples = in_turns(runs, sizes.rounds)
        same_points(stock, ours, work)
    each = {name: [wall / count for wall in walls] for name, walls in samples.items()}
    spread = {STOCK: 1, POOL: WORKERS, DASK: WORKERS}
    over = {name: [wall - work.compute_s / spread[name] for wall in walls] for name, walls in each.items()}
    rows = (Row("whole run / submissions", each), Row("overhead / submission", over))
    how = HOW.format(workers=WORKERS, compute=work.compute_s).replace("\n", " ")
    title = f"A class of {count}, {work.compute_s:g} s of computing each, {sizes.rounds} runs each"
    return Section(title, how, (STOCK, POOL, DASK), rows, tuple(_notes(each, over)))


def _notes(each: dict[str, list[float]], over: dict[str, list[float]]) -> Iterator[str]:
    middle, overhead = ({name: median(walls) for name, walls in part.items()} for part in (each, over))
    yield from _against_stock(middle, overhead)
    yield f"dask: {middle[DASK] / middle[POOL]:.2f} times as long as the pool"


def _against_stock(each: dict[str, float], over: dict[str, float]) -> Iterator[str]:
    yield f"throughput: {each[STOCK] / each[POOL]:.1f} times nbgrader's"
    yield f"overhead: {over[POOL] / over[STOCK]:.3f} of nbgrader's"


def big(work: Work, sizes: Sizes) -> Section:
    """Grade one large class both ways, once, and see that nothing grows or stays behind."""
    with rooms(work, sizes.big_class) as (stock, ours):
        before = leftovers()
        record = batch(ours, work, str(WORKERS))
        after = leftovers() - before
        each = {STOCK: plain(stock, work) / sizes.big_class, POOL: record["wall_s"] / sizes.big_class}
        same_points(stock, ours, work)
    tenth = max(1, sizes.big_class // 10)
    memory = record["rss_bytes"]
    rows = [Row("memory after the first tenth", {POOL: memory[tenth : 2 * tenth] or memory})]
    rows.append(Row("memory at the end", {POOL: memory[-tenth:]}))
    spread = {STOCK: 1, POOL: WORKERS}
    notes = (
        *_against_stock(each, {name: wall - work.compute_s / spread[name] for name, wall in each.items()}),
        f"{record['seconds']:.1f} s for {record['executed']} submissions; the same points as plain nbgrader's",
        f"open files and sockets: {record['open_files'][tenth]} early, {record['open_files'][-1]} at the end",
        f"left behind: {len(after)} processes and folders{': ' if after else ''}{', '.join(sorted(after))}",
    )
    return Section(f"A class of {sizes.big_class}", BIG_HOW, (POOL,), tuple(rows), notes, unit="MB")


@contextlib.contextmanager
def rooms(work: Work, count: int) -> Iterator[tuple[Classroom, Classroom]]:
    """Two course directories with the same hand-ins: one of stock nbgrader, one of this course."""
    with tempfile.TemporaryDirectory(prefix="tt-bench-") as folder:
        path = Path(folder) / work.assignment.source
        path.parent.mkdir(parents=True)
        path.write_text(work.source, encoding="utf-8")
        made = grading.set_up(Path(folder), work.assignment, the_course(), Path(folder), count)
        yield made[STOCK], made[OURS]


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """The address of a scheduler on this machine with warm worker processes of one thread each."""
    from distributed import LocalCluster

    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": None, "host": "127.0.0.1"}
    with LocalCluster(n_workers=WORKERS, **options) as made:
        yield made.scheduler_address


def plain(room: Classroom, work: Work) -> float:
    """Seconds of `nbgrader autograde`."""
    scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": scripts, "TITO_RUN": "1"}
    shutil.rmtree(room.root / "autograded", ignore_errors=True)
    command = [sys.executable, "-m", "nbgrader", "autograde", work.assignment.id]
    return process_seconds(command, room.root, environment)


def batch(room: Classroom, work: Work, where: str) -> dict:
    """Grade a class from the beginning; what the run says of itself, and its wall time."""
    for folder in ("autograded", ".tito"):
        shutil.rmtree(room.root / folder, ignore_errors=True)
    command = [sys.executable, "-m", "benchmarks.class_run", str(room.root), work.assignment.id, where]
    made: list[str] = []

    def run() -> None:
        made.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    wall_s = seconds(run)
    record = json.loads(made[0].splitlines()[-1])
    if not record["ok"] or record["children"]:
        raise ValueError(f"the batch did not grade everything, or left processes: {record}")
    return {**record, "wall_s": wall_s}


def same_points(stock: Classroom, ours: Classroom, work: Work) -> None:
    """Raise ValueError unless both gradebooks hold the same points."""
    points = [grading.scores(room, work.assignment) for room in (stock, ours)]
    if points[0] != points[1] or not all(points[0].values()):
        raise ValueError(f"the two runs gave different points, so they do not compare: {points}")


def leftovers() -> set[str]:
    """Processes that grading starts, and its folders for sockets and scratch."""
    found = set()
    for process in psutil.process_iter(["pid", "cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if process.pid != os.getpid() and any(name in command for name in OURS_RUNNING):
            found.add(f"process {process.pid}")
    return found | {str(path) for path in Path(tempfile.gettempdir()).glob("tt-*")}
