"""Restoring: before each test nothing of the student's stands between it and the kernel that runs it.

The witness takes hooks, traces and replaced methods away, and given functions are the given ones again. Replacing how
code is run is nothing that an honest notebook does: that is told, and is tampering.
"""

from __future__ import annotations

import base64
import functools
import marshal
import secrets
import zlib
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from tito.execution.run import Answer
from tito.grading import witness
from tito.grading.canaries import Finding, heard, of_replaced, request
from tito.grading.given import is_fixed, restorations
from tito.grading.witness import ASKED, RUNNING
from tito.notebooks.reading import is_test, nbgrader_metadata

FIRST = "witness"


@dataclass(frozen=True)
class Restoring:
    """What runs after the cell ``cell``, which stands before the test ``test``, and says ``nonce`` when it did."""

    cell: str
    test: str
    nonce: str
    given: str

    @property
    def source(self) -> str:
        return request(self.nonce, "", "", True, self.given)


def restorings(notebook: NotebookNode) -> list[Restoring]:
    """One for each test that has a cell before it."""
    made, given = [], restorations(notebook)
    for at, cell in enumerate(notebook.cells):
        if at and is_test(cell):
            before, nonce = notebook.cells[at - 1].id, secrets.token_hex(8)
            parts = [*_interrupted(notebook.cells, at), given.get(before, "")]
            made.append(Restoring(before, nbgrader_metadata(cell)["grade_id"], nonce, "\n".join(filter(None, parts))))
    return made


@functools.cache
def arming() -> str:
    """The source that begins to watch over a kernel: the witness's own, in names that are no module's.

    It comes compiled, which saves most of the time; another Python than this one compiles it again.
    """
    names = f"{{'__name__': '{RUNNING}', '__builtins__': {{**vars(__import__('builtins'))}}}}"
    code = marshal.dumps(
        compile(Path(witness.__file__).read_text("utf-8"), RUNNING, "exec", dont_inherit=True, optimize=2)
    )
    text = base64.b64encode(zlib.compress(code, 9)).decode()
    ours = f"__import__('marshal').loads(__import__('zlib').decompress(__import__('base64').b64decode('{text}')))"
    other = f"__import__('importlib.util').util.find_spec('{witness.__name__}').loader.get_code('{witness.__name__}')"
    return f"exec({ours} if __import__('importlib.util').util.MAGIC_NUMBER == {MAGIC_NUMBER!r} else {other}, {names})"


def with_first_cell(notebook: NotebookNode) -> NotebookNode:
    """The notebook, with an empty cell before it when it would begin with code."""
    if not notebook.cells or notebook.cells[0].cell_type != "code":
        return notebook
    made = copy(notebook)
    made.cells = [new_markdown_cell("", id=FIRST), *notebook.cells]
    return made


def without_first_cell(notebook: NotebookNode) -> None:
    """Take the empty cell away again."""
    if notebook.cells and notebook.cells[0].get("id") == FIRST:
        del notebook.cells[0]


def key_in(answers: Sequence[Answer]) -> bytes | None:
    """The key that the witness told as it began; None when it did not begin."""
    for answer in answers[:1]:
        text = "".join(str(output.get("text", "")) for output in answer.outputs if output.get("name") == "stdout")
        begun, _, told = text.partition(f"{ASKED} ")
        if told and not begun:
            return bytes.fromhex(told.split("\n")[0])
    return None


def replaced(restoring: Restoring, answers: Mapping[str, Sequence[Answer]], key: bytes | None = None) -> Finding | None:
    """What was found replaced before a test, or what speaks against the answer; None when nothing does."""
    for answer in answers.get(restoring.cell, ())[-1:]:  # nothing of a cell comes after it
        report = heard(restoring.nonce, answer, key) if answer.ran else None
        return report if report is None or isinstance(report, Finding) else of_replaced(report.replaced)
    return None


def _interrupted(cells: Sequence[NotebookNode], at: int) -> Iterator[str]:
    """The given cell right before the test at ``at``, when the student put cells of their own between the two."""
    before = at - 1
    while before >= 0 and cells[before].get("id", "").startswith("extra-"):
        before -= 1
    if 0 <= before < at - 1 and is_fixed(cells[before]) and not is_test(cells[before]):
        yield cells[before].source
