"""Which cell of a student's notebook is which cell of the released one, by all that still tells them apart."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator

from nbformat import NotebookNode

from tito.notebooks.reading import nbgrader_metadata

NAME = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=(?!=)", re.MULTILINE)

# What speaks for an answer: ids, the names that it was to define, and that something was written into it. Names of
# another exercise speak against it: they outweigh one lost or swapped id, and not two that agree.
ANSWER_KEYS = {"grade_id": 4, "cell_id": 3, "colab_id": 3, "text": 1}
NAMES, CHANGED, FOREIGN = 5, 7, -7
# Tests, given code and prose are known by their ids, or by what they say.
GIVEN_KEYS = {"grade_id": 8, "cell_id": 6, "colab_id": 6, "text": 5}


def match(theirs: list[NotebookNode], ours: list[NotebookNode]) -> dict[int, int]:
    """For each released position the student's position, each used once, by what agrees most.

    A cell that nothing identifies is found by its place between cells that were found.
    """
    matches: dict[int, int] = {}
    used: set[int] = set()
    pairs = [(-points, at, position) for (at, position), points in _scores(theirs, ours).items() if points > 0]
    for _, at, position in sorted(pairs):
        if at not in matches and position not in used:
            matches[at] = position
            used.add(position)
    return matches | _by_place(theirs, ours, matches)


def is_related(theirs: list[NotebookNode], ours: list[NotebookNode]) -> bool:
    """Whether a notebook has anything of the released one in it, by an id or by the text of a cell of code."""
    wanted = {(key, of(cell)) for cell in ours for key, of in KEYS.items() if _counts(key, cell) and of(cell)}
    return any((_released_key(key), of(cell)) in wanted for cell in theirs for key, of in KEYS.items())


def is_answer(cell: NotebookNode) -> bool:
    """Whether a released cell is one that the student fills in."""
    return bool(nbgrader_metadata(cell).get("solution"))


def defined_names(source: str) -> set[str]:
    """The names that the outermost lines of a cell define."""
    return {name for found in NAME.finditer(source) for name in found.groups() if name}


def own_names(ours: list[NotebookNode]) -> dict[int, set[str]]:
    """For each released answer the names that it and no other released cell defines."""
    names = [defined_names(cell.source) if cell.cell_type == "code" else set() for cell in ours]
    count = Counter(name for each in names for name in each)
    return {
        at: {name for name in each if count[name] == 1} for at, each in enumerate(names) if is_answer(ours[at]) and each
    }


def text(cell: NotebookNode) -> str:
    """What a cell says, without the space around it."""
    return cell.source.strip()


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name for a cell, even where a student's notebook holds something else in its place."""
    meta = nbgrader_metadata(cell)
    return str(meta.get("grade_id") or "") if isinstance(meta, dict) else ""


def is_code_in_text(theirs: NotebookNode, ours: NotebookNode) -> bool:
    """Whether the student turned a released text into code, and wrote their own there: then it is another cell."""
    turned = ours.cell_type == "markdown" and theirs.cell_type == "code" and not is_answer(ours)
    return turned and text(theirs) != text(ours)


def _cell_id(cell: NotebookNode) -> str:
    return str(cell.get("id") or "")


def _colab_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("id") or "")


KEYS: dict[str, Callable[[NotebookNode], str]] = {
    "grade_id": grade_id, "cell_id": _cell_id, "colab_id": _colab_id, "text": text,
}  # fmt: skip


def _released_key(key: str) -> str:
    """Colab keeps a released cell's id in the metadata of the student's."""
    return "cell_id" if key == "colab_id" else key


def _counts(key: str, cell: NotebookNode) -> bool:
    return key in ("grade_id", "cell_id") or (key == "text" and cell.cell_type == "code")


def _scores(theirs: list[NotebookNode], ours: list[NotebookNode]) -> dict[tuple[int, int], int]:
    """How much speaks for each pair of a released and a student's cell for which anything does."""
    scores = _agreements(theirs, ours)
    names = own_names(ours)
    owner = {name: at for at, each in names.items() for name in each}
    for position, cell in enumerate(theirs):
        homes = {owner[name] for name in defined_names(cell.source) if name in owner}
        for at in homes:
            scores[at, position] = scores.get((at, position), 0) + NAMES
        for at in [at for at, other in scores if other == position] if homes else ():
            if names.get(at) and at not in homes:
                scores[at, position] += FOREIGN
    return scores


def _agreements(theirs: list[NotebookNode], ours: list[NotebookNode]) -> dict[tuple[int, int], int]:
    released = Counter(map(text, ours))
    shared = {said for said, count in released.items() if count > 1}
    scores: Counter[tuple[int, int]] = Counter()
    by_id = set()
    for key, of in KEYS.items():
        places: dict[str, list[int]] = {}
        for position, cell in enumerate(theirs):
            places.setdefault(of(cell), []).append(position)
        for at, cell in enumerate(ours):
            wanted = KEYS[_released_key(key)](cell)
            if not wanted or (key == "text" and is_answer(cell) and wanted in shared):
                continue  # "YOUR ANSWER HERE" tells no two apart
            points = (ANSWER_KEYS if is_answer(cell) else GIVEN_KEYS)[key]
            for position in places.get(wanted, []):
                if is_code_in_text(theirs[position], cell):
                    continue
                scores[at, position] += points
                by_id |= {(at, position)} if key != "text" else set()
    for at, position in by_id:
        if is_answer(ours[at]) and text(theirs[position]) not in released and text(theirs[position]):
            scores[at, position] += CHANGED
    return dict(scores)


def _by_place(theirs: list[NotebookNode], ours: list[NotebookNode], matches: dict[int, int]) -> dict[int, int]:
    """Answers that nothing finds, where as many unknown cells of their kind stand between the same neighbours."""
    found: dict[int, int] = {}
    unknown = set(_unknown(theirs, ours)) - set(matches.values())
    for (before, start), (after, end) in itertools.pairwise(sorted(matches.items())):
        for kind in ("code", "markdown"):
            lost = [at for at in range(before + 1, after) if is_answer(ours[at]) and ours[at].cell_type == kind]
            there = [at for at in range(start + 1, end) if at in unknown and theirs[at].cell_type == kind]
            if len(lost) == len(there):
                found |= dict(zip(lost, there, strict=True))
                unknown -= set(there)
    return found


def _unknown(theirs: list[NotebookNode], ours: list[NotebookNode]) -> Iterator[int]:
    """The student's cells that say something, and nothing that belongs to any released cell."""
    known = {(key, of(cell)) for cell in ours for key, of in KEYS.items()}
    owned = {name for each in own_names(ours).values() for name in each}
    for position, cell in enumerate(theirs):
        belongs = any((_released_key(key), of(cell)) in known for key, of in KEYS.items() if of(cell))
        if text(cell) and not belongs and not owned & defined_names(cell.source):
            yield position
