"""What the build demands of sealed evaluations: for each marked cell an item in the grader's file, and the reverse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tito.build.authored import Authored, AuthoredCell
from tito.course import Milestone
from tito.errors import BuildError


def check_sealed(root: Path, authored: Authored) -> None:
    """Raise BuildError where an assignment's sealed cells and the grader's file beside its notebook do not agree."""
    findings = [f"{authored.path}:{line}: {message}" for line, message in _findings(root, authored)]
    if findings:
        raise BuildError(findings)


def _findings(root: Path, authored: Authored) -> Iterator[tuple[int, str]]:
    from tito.grading.sealed import sealed_file, sealed_items

    marked = {cell.grade_id: cell for cell in authored.cells if cell.cell.metadata.get("tito", {}).get("sealed")}
    path = sealed_file(authored.assignment)
    if not (root / path).is_file():
        for cell in marked.values():
            yield cell.line, f"{cell.grade_id!r} is sealed, but {path} does not exist"
        return
    items = sealed_items(authored.assignment, root)
    for grade_id, cell in marked.items():
        yield from ((cell.line, message) for message in _of_cell(cell, authored))
        if grade_id not in items:
            yield cell.line, f"{grade_id!r} is sealed, but {path} has no item for it"
    for grade_id, item in items.items():
        if grade_id not in marked:
            yield 1, f'{path} has an item {grade_id!r}, but no cell of that id says tito={{"sealed": true}}'
        if not 0 < item.lowest < item.highest <= 1:
            yield 1, f"the item {grade_id!r} of {path} needs 0 < lowest < highest <= 1"


def _of_cell(cell: AuthoredCell, authored: Authored) -> Iterator[str]:
    if not cell.is_test:
        yield f"{cell.grade_id!r} is sealed, but it is no test"
    if isinstance(authored.assignment, Milestone):
        category = authored.assignment.category_of(cell.grade_id)
        if category is None or category.graded != "auto":
            yield f"{cell.grade_id!r} is sealed, but it is in no category that is graded auto"
