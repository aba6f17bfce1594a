"""Graft: rebuild a student's notebook on the released one, taking from it only answers and extra cells.

Whatever happened to the file on its way (cells deleted, copied, moved, re-flagged, metadata lost) is thereby
harmless. Needs no nbgrader: a student's own check takes this step as a grading run does.
"""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tito.notebooks import matching
from tito.notebooks.matching import defined_names, grade_id, is_answer, match, own_names, text
from tito.notebooks.problems import add_problem
from tito.notebooks.reading import nbgrader_metadata

RESTORED = "restored"
IMPORT = re.compile(r"^(?:import|from) \w", re.MULTILINE)


def graft(submitted: NotebookNode, released: NotebookNode) -> NotebookNode:
    """The released notebook with the student's answers in it, and their extra cells where they stood.

    A released cell is found among the student's by what agrees most: ``grade_id``, cell id, the id that Colab keeps in
    the metadata, the names that an answer defines, its very text; an answer that has lost all of these, by its place
    between cells that were found. Answers and ordinary cells are the student's; tests and given code are the
    release's. An answer written into a test's cell is kept beside the stub that was left.
    """
    result = nbformat.v4.new_notebook(metadata=deepcopy(released.metadata))
    result.nbformat_minor = 5
    matches = match(submitted.cells, released.cells)
    extras = _extras(submitted.cells, released.cells, matches)
    for at, position in _misplaced(submitted.cells, released.cells, matches):
        extras.setdefault(at, []).append((position, submitted.cells[position]))
    for at, position in matches.items():
        if _is_code_in_answer(submitted.cells[position], released.cells[at]):
            extras.setdefault(at, []).insert(0, (position, submitted.cells[position]))
    restored = []
    result.cells += [_extra(cell, number) for number, cell in extras.get(None, [])]
    for position, cell in enumerate(released.cells):
        theirs = submitted.cells[matches[position]] if position in matches else None
        result.cells.append(_grafted(cell, theirs))
        if _is_fixed(cell) and (theirs is None or theirs.source != cell.source):
            restored.append((nbgrader_metadata(cell)["grade_id"], theirs is None))
        result.cells += [_extra(extra, number) for number, extra in extras.get(position, [])]
    for name, deleted in restored:
        what = "was deleted" if deleted else "was changed"
        sentence = f"The cell {name!r} {what} in your notebook; the released one was used."
        add_problem(result, RESTORED, sentence)
    return result


def released_notebook(assignment: str, notebook: str, root: Path) -> NotebookNode:
    """The released notebook of an assignment below the release tree ``root``."""
    return nbformat.read(root / assignment / f"{notebook}.ipynb", as_version=4)


def answered(submitted: NotebookNode, released: NotebookNode) -> int:
    """How many of the released answer cells the student wrote something into."""
    found = match(submitted.cells, released.cells)
    pairs = [(released.cells[at], submitted.cells[position]) for at, position in found.items()]
    return sum(is_answer(ours) and text(theirs) not in ("", text(ours)) for ours, theirs in pairs)


def is_related(submitted: NotebookNode, released: NotebookNode) -> bool:
    """Whether a notebook is one of the released assignment's, whatever it is called."""
    return matching.is_related(submitted.cells, released.cells)


def _is_fixed(cell: NotebookNode) -> bool:
    """Whether a released cell is a test or given code, which grading restores."""
    meta = nbgrader_metadata(cell)
    return bool(meta) and not meta.get("solution") and bool(meta.get("grade") or meta.get("locked"))


def _extras(
    theirs: list[NotebookNode], ours: list[NotebookNode], matches: dict[int, int]
) -> dict[int | None, list[tuple[int, NotebookNode]]]:
    """The student's own cells, keyed by the released cell they stand after (None: before all of them).

    A copy of a released cell counts when the student wrote something else into it.
    """
    taken = {text(theirs[position]) for position in matches.values()} | set(map(text, ours))
    tests = {text(cell) for cell in ours if _is_fixed(cell)}
    released_at = {their_position: position for position, their_position in matches.items()}
    extras: dict[int | None, list[tuple[int, NotebookNode]]] = {}
    after: int | None = None
    for position, cell in enumerate(theirs):
        if position in released_at:
            after = released_at[position]
        elif text(cell) and text(cell) not in tests and not (grade_id(cell) and text(cell) in taken):
            extras.setdefault(after, []).append((position, cell))
    return extras


def _misplaced(theirs: list[NotebookNode], ours: list[NotebookNode], matches: dict[int, int]) -> list[tuple[int, int]]:
    """Answers that stand in a test's cell: the place of the untouched stub, and where the student wrote instead."""
    found = []
    names = own_names(ours)
    for at, position in matches.items():
        if not _is_fixed(ours[at]) or text(theirs[position]) == text(ours[at]):
            continue
        defined = defined_names(theirs[position].source)
        for stub, own in names.items():
            untouched = stub not in matches or text(theirs[matches[stub]]) in ("", text(ours[stub]))
            if own & defined and untouched:
                found.append((stub, position))
    return found


def _is_code_in_answer(theirs: NotebookNode, ours: NotebookNode) -> bool:
    """Whether a written answer was turned into code on which later cells may rely; it is then run, and read too."""
    if ours.cell_type != "markdown" or theirs.cell_type != "code" or not is_answer(ours):
        return False
    try:
        ast.parse(theirs.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return bool(defined_names(theirs.source) or IMPORT.search(theirs.source))


def _grafted(released: NotebookNode, theirs: NotebookNode | None) -> NotebookNode:
    cell = deepcopy(released)
    if theirs is not None and _is_text_in_code(theirs, released):
        cell = nbformat.v4.new_markdown_cell(id=released.id, metadata=cell.metadata)
    if theirs is not None and not _is_fixed(released):
        cell.source = theirs.source
        if cell.cell_type == "markdown" and theirs.get("attachments"):  # pictures pasted into the text
            cell.attachments = theirs.attachments
    return cell


def _is_text_in_code(theirs: NotebookNode, ours: NotebookNode) -> bool:
    """Whether the student turned an ordinary cell of code into a text, and wrote their own there."""
    turned = ours.cell_type == "code" and theirs.cell_type == "markdown" and not nbgrader_metadata(ours)
    return turned and text(theirs) != text(ours)


def _extra(cell: NotebookNode, number: int) -> NotebookNode:
    """A student's own cell, without any metadata that would make it count."""
    make = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}.get(
        cell.cell_type, nbformat.v4.new_markdown_cell
    )
    extra = make(cell.source, id=f"extra-{number}")
    if extra.cell_type == "markdown" and cell.get("attachments"):
        extra.attachments = cell.attachments
    return extra
