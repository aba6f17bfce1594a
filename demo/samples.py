"""What a sample class consists of: students, what each handed in, and the score that it deserves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta

from nbformat import NotebookNode

from tito.notebooks.reading import SOLUTION, nbgrader_metadata


@dataclass(frozen=True)
class Materials:
    """What the samples are made from: the solved and the released notebook, and the reference's package."""

    solved: NotebookNode
    released: NotebookNode
    package: Mapping[str, bytes]


@dataclass(frozen=True)
class HandedIn:
    """The two things a submission consists of, as bytes; None where the student forgot one."""

    notebook: bytes
    package: Mapping[str, bytes] | None


@dataclass(frozen=True)
class Sample:
    """One student of the class: what was handed in, and what it deserves."""

    student: str
    what: str
    make: Callable[[Materials], HandedIn]
    earned: Mapping[str, float]
    awaiting: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    late: timedelta = timedelta(0)
    late_penalty: float = 0.0


@dataclass(frozen=True)
class SampleClass:
    """The class that hands in one assignment."""

    assignment: str
    samples: tuple[Sample, ...]


def without_markers(notebook: NotebookNode) -> NotebookNode:
    """The notebook without the lines that mark its solutions."""
    for cell in notebook.cells:
        lines = cell.source.split("\n")
        cell.source = "\n".join(line for line in lines if line.strip() not in SOLUTION)
    return notebook


def submission(notebook: NotebookNode, materials: Materials) -> HandedIn:
    """A notebook handed in with the reference's package."""
    return HandedIn(as_bytes(notebook), materials.package)


def as_bytes(notebook: NotebookNode) -> bytes:
    """A notebook file, whatever its cells hold."""
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def grade_id_of(cell: NotebookNode) -> str:
    """nbgrader's name for a cell; empty for an ordinary one."""
    return nbgrader_metadata(cell).get("grade_id", "")


def replaced(notebook: NotebookNode, sources: Mapping[str, str]) -> NotebookNode:
    """A copy with the cells of these grade ids replaced."""
    copy = deepcopy(notebook)
    missing = set(sources) - {grade_id_of(cell) for cell in copy.cells}
    if missing:
        raise KeyError(f"the notebook has no cells {sorted(missing)}; the sample class is out of date")
    for cell in copy.cells:
        cell.source = sources.get(grade_id_of(cell), cell.source)
    return copy


def edited(notebook: NotebookNode, edits: Mapping[str, list[tuple[str, str]]]) -> NotebookNode:
    """A copy with pieces of text replaced inside the cells of these grade ids."""
    sources = {grade_id_of(cell): cell.source for cell in notebook.cells}
    for grade_id, pairs in edits.items():
        for old, new in pairs:
            if old not in sources.get(grade_id, ""):
                raise KeyError(f"{grade_id} holds no {old!r}; the sample class is out of date")
            sources[grade_id] = sources[grade_id].replace(old, new)
    return replaced(notebook, {grade_id: sources[grade_id] for grade_id in edits})
