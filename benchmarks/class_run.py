"""Grade one class in a process of its own: ``python -m benchmarks.class_run COURSE_DIR ASSIGNMENT WHERE``.

WHERE is a number of worker processes or the address of a scheduler. Prints a record as JSON.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path

import psutil

from tito.execution.sandbox.warm import end_template
from tito.grading.batch.cluster import on_cluster, started_here


class Memory:
    """A watch that notes the grader's own memory and open files after each submission."""

    def __init__(self) -> None:
        self.process = psutil.Process()
        self.rss_bytes: list[int] = []
        self.open_files: list[int] = []

    def begin(self, *words: object) -> None:
        """Say nothing."""

    def done(self, *words: object) -> None:
        """One more."""
        self.rss_bytes.append(self.process.memory_info().rss)
        self.open_files.append(self.process.num_fds())


def main(course_dir: str, name: str, where: str) -> None:
    """Grade, in the order in which ``tito assessment batch`` does, and say what it took."""
    here = where.isdigit()
    with started_here(int(where)) if here else contextlib.nullcontext(on_cluster(where)) as make_pool:
        from benchmarks import grading
        from tito.course import the_course
        from tito.grading.batch.grade import grade_class
        from tito.grading.classroom import Classroom

        own = {each.id: each for each in (grading.TINY, grading.BUSY)}
        assignment = own.get(name) or the_course().assignment(name)
        memory = Memory()
        started = time.perf_counter()
        result = grade_class(Classroom(Path(course_dir)), [assignment], make_pool, memory)
        seconds = time.perf_counter() - started
    end_template()
    record = {
        "ok": result.ok,
        "executed": result.executed,
        "seconds": seconds,
        "rss_bytes": memory.rss_bytes,
        "open_files": memory.open_files,
        "children": len(psutil.Process().children(recursive=True)),
        "reasons": sorted({row.reason for row in result.rows if row.reason}),
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main(*sys.argv[1:])
