"""Graft: rebuild a student's notebook on the released one, taking from it only answers and extra cells.

Whatever happened to the file on its way (cells deleted, copied, moved, re-flagged, metadata lost) is thereby
harmless. Needs no nbgrader: a student's own check takes this step as a grading run does.
"""

from __future__ import annotations

import itertools
from collections import Counter
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tito.grading.problems import add_problem
from tito.notebooks import nbgrader_metadata

RESTORED = "restored"


def graft(submitted: NotebookNode, released: NotebookNode) -> NotebookNode:
    """The released notebook with the student's answers in it, and their extra cells where they stood.

    A released cell is found among the student's by ``grade_id``, else by cell id, else by the id that Colab
    keeps in the metadata, else by its very text; an answer that has lost all of these, by its place between cells
    that were found. Answers and ordinary cells are the student's; tests and given code are the release's.
    """
    result = nbformat.v4.new_notebook(metadata=deepcopy(released.metadata))
    result.nbformat_minor = 5
    matches = _match(submitted.cells, released.cells)
    extras = _extras(submitted.cells, released.cells, matches)
    restored = []
    result.cells += [_extra(cell, number) for number, cell in extras.get(None, [])]
    for position, cell in enumerate(released.cells):
        theirs = submitted.cells[matches[position]] if position in matches else None
        result.cells.append(_grafted(cell, theirs))
        if _is_fixed(cell) and (theirs is None or theirs.source != cell.source):
            restored.append((nbgrader_metadata(cell)["grade_id"], theirs is None))
        result.cells += [_extra(extra, number) for number, extra in extras.get(position, [])]
    for grade_id, deleted in restored:
        what = "was deleted" if deleted else "was changed"
        sentence = f"The cell {grade_id!r} {what} in your notebook; the released one was used."
        add_problem(result, RESTORED, sentence)
    return result


def released_notebook(assignment: str, notebook: str, root: Path) -> NotebookNode:
    """The released notebook of an assignment below the release tree ``root``."""
    return nbformat.read(root / assignment / f"{notebook}.ipynb", as_version=4)


def _is_fixed(cell: NotebookNode) -> bool:
    """Whether a released cell is a test or given code, which grading restores."""
    meta = nbgrader_metadata(cell)
    return bool(meta) and not meta.get("solution") and bool(meta.get("grade") or meta.get("locked"))


def _match(theirs: list[NotebookNode], ours: list[NotebookNode]) -> dict[int, int]:
    """For each released position the student's position, each used once, by the strongest key that agrees."""
    matches: dict[int, int] = {}
    used: set[int] = set()
    shared = {text for text, count in Counter(map(_text, ours)).items() if count > 1}
    for key in (_grade_id, _cell_id, _colab_id, _text):
        places: dict[str, list[int]] = {}
        for position, cell in enumerate(theirs):
            if position not in used and key(cell):
                places.setdefault(key(cell), []).append(position)
        for position, cell in enumerate(ours):
            wanted = _cell_id(cell) if key is _colab_id else key(cell)
            if key is _text and _is_answer(cell) and wanted in shared:  # "YOUR ANSWER HERE" tells no two apart
                continue
            found = places.get(wanted, []) if position not in matches and wanted else []
            if found:
                chosen = _preferred(found, theirs, cell)
                found.remove(chosen)
                matches[position] = chosen
                used.add(chosen)
    return matches | _by_place(theirs, ours, matches)


def _by_place(theirs: list[NotebookNode], ours: list[NotebookNode], matches: dict[int, int]) -> dict[int, int]:
    """Answers that no key finds, where as many unknown cells of their kind stand between the same neighbours."""
    found = {}
    for before, after in itertools.pairwise(sorted(matches)):
        start, end = matches[before], matches[after]
        for kind in ("code", "markdown"):
            lost = [at for at in range(before + 1, after) if _is_answer(ours[at]) and ours[at].cell_type == kind]
            unknown = [
                at for at in range(start + 1, end) if theirs[at].cell_type == kind and _is_unknown(theirs[at], ours)
            ]
            if len(lost) == len(unknown) and not {*unknown} & {*matches.values(), *found.values()}:
                found |= dict(zip(lost, unknown, strict=True))
    return found


def _is_unknown(cell: NotebookNode, ours: list[NotebookNode]) -> bool:
    """Whether a student's cell says something, and nothing that the release says."""
    return bool(_text(cell)) and _text(cell) not in set(map(_text, ours))


def _is_answer(cell: NotebookNode) -> bool:
    return bool(nbgrader_metadata(cell).get("solution"))


def _preferred(positions: list[int], theirs: list[NotebookNode], released: NotebookNode) -> int:
    """Of several copies of a cell, the first in which the student changed something."""
    changed = [position for position in positions if theirs[position].source != released.source]
    return (changed or positions)[0]


def _grade_id(cell: NotebookNode) -> str:
    meta = nbgrader_metadata(cell)
    return str(meta.get("grade_id") or "") if isinstance(meta, dict) else ""


def _cell_id(cell: NotebookNode) -> str:
    return str(cell.get("id") or "")


def _colab_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("id") or "")


def _text(cell: NotebookNode) -> str:
    return cell.source.strip()


def _extras(
    theirs: list[NotebookNode], ours: list[NotebookNode], matches: dict[int, int]
) -> dict[int | None, list[tuple[int, NotebookNode]]]:
    """The student's own cells, keyed by the released cell they stand after (None: before all of them).

    A copy of a released cell counts when the student wrote something else into it.
    """
    taken = {_text(theirs[position]) for position in matches.values()} | set(map(_text, ours))
    released_at = {their_position: position for position, their_position in matches.items()}
    extras: dict[int | None, list[tuple[int, NotebookNode]]] = {}
    after: int | None = None
    for position, cell in enumerate(theirs):
        if position in released_at:
            after = released_at[position]
        elif _text(cell) and not (_grade_id(cell) and _text(cell) in taken):
            extras.setdefault(after, []).append((position, cell))
    return extras


def _grafted(released: NotebookNode, theirs: NotebookNode | None) -> NotebookNode:
    cell = deepcopy(released)
    if theirs is not None and not _is_fixed(released):
        cell.source = theirs.source
        if cell.cell_type == "markdown" and theirs.get("attachments"):  # pictures pasted into the text
            cell.attachments = theirs.attachments
    return cell


def _extra(cell: NotebookNode, number: int) -> NotebookNode:
    """A student's own cell, without any metadata that would make it count."""
    make = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}.get(
        cell.cell_type, nbformat.v4.new_markdown_cell
    )
    extra = make(cell.source, id=f"extra-{number}")
    if extra.cell_type == "markdown" and cell.get("attachments"):
        extra.attachments = cell.attachments
    return extra
