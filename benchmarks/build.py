"""Build time of each notebook, against jupytext's bare reading and writing of the same file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import Row, Section, Sizes, in_turns, seconds
from tito.build.trees import build_release, build_source
from tito.course import REPOSITORY, Assignment, the_course

VARIANTS = ("jupytext", "source", "release")


def measure(sizes: Sizes) -> Iterator[Section]:
    """Time every assignment's two steps."""
    yield Section(
        "Build, per notebook",
        "source: tito's rules and the notebook of nbgrader's source tree. release: nbgrader's own preprocessors on it.",
        VARIANTS,
        tuple(notebook(assignment, sizes.rounds) for assignment in the_course().assignments),
    )


def notebook(assignment: Assignment, rounds: int) -> Row:
    """Time one assignment's build; what a first call imports is not in it."""
    import jupytext

    course = the_course()
    with tempfile.TemporaryDirectory(prefix="tt-bench-") as folder:
        scratch = Path(folder)

        def convert() -> None:
            (scratch / "bare.ipynb").write_text(jupytext.writes(jupytext.read(REPOSITORY / assignment.source), "ipynb"))

        works = {
            "jupytext": convert,
            "source": lambda: build_source(REPOSITORY, assignment, course, scratch / "source"),
            "release": lambda: build_release(scratch / "source", assignment, scratch / "release"),
        }
        for work in works.values():
            work()
        samples = in_turns({name: lambda work=work: seconds(work) for name, work in works.items()}, rounds)
    return Row(assignment.id, samples)
