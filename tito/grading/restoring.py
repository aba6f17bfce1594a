"""Restoring: before each test nothing of the student's stands between it and the kernel that runs it.

Hooks, traces and replaced methods are taken away, and given functions are the given ones again. Replacing how code is
run is nothing that an honest notebook does: that is told, and is tampering.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from tito.execution.run import Answer
from tito.grading.given import is_fixed, restorations
from tito.notebooks.reading import is_test, nbgrader_metadata

# Prints its nonce, and the names of what was found replaced. Hooks and handlers of errors may be honest: not told.
RESTORE = """\
import sys
from IPython import get_ipython
from IPython.core.inputtransformer2 import TransformerManager
sys.settrace(None)
sys.setprofile(None)
shell, found = get_ipython(), []
fresh, used = TransformerManager(), shell.input_transformer_manager
def kinds(each):
    return [list(map(type, each.cleanup_transforms)), list(map(type, each.line_transforms)),
            list(map(type, each.token_transformers))]
if shell.ast_transformers or shell.input_transformers_post or kinds(fresh) != kinds(used):
    found.append("transformers of code")
shell.ast_transformers, shell.input_transformers_post = [], []
shell.input_transformer_manager = fresh
for called in shell.events.callbacks.values():
    called[:] = [each for each in called if getattr(each, "__module__", "") != "__main__"]
plain = shell.display_formatter.formatters["text/plain"]
for printers in (plain.type_printers, plain.singleton_printers, plain.deferred_printers):
    for kind in [kind for kind, shown in printers.items() if getattr(shown, "__module__", "") == "__main__"]:
        del printers[kind]
for one in (shell, shell.kernel, shell.kernel.session, shell.displayhook, shell.compile, shell.events):
    for name, value in list(vars(one).items()):
        if getattr(value, "__module__", "") == "__main__" and callable(getattr(type(one), name, None)):
            delattr(one, name)
            if "traceback" not in name:
                found.append(type(one).__name__ + "." + name)
print("{nonce}", *found, "", sep="\\t")
"""


@dataclass(frozen=True)
class Restoring:
    """What runs after the cell ``cell``, which stands before the test ``test``, and says ``nonce`` when it did."""

    cell: str
    test: str
    nonce: str
    source: str


def restorings(notebook: NotebookNode) -> list[Restoring]:
    """One for each test that has a cell before it."""
    made, given = [], restorations(notebook)
    for at, cell in enumerate(notebook.cells):
        if at and is_test(cell):
            before, nonce = notebook.cells[at - 1].id, secrets.token_hex(8)
            parts = [f"exec({RESTORE.format(nonce=nonce)!r}, {{}})"]  # as one text, which IPython reads quickly
            parts += [*_interrupted(notebook.cells, at), given.get(before, "")]
            made.append(Restoring(before, nbgrader_metadata(cell)["grade_id"], nonce, "\n".join(parts)))
    return made


def replaced(restoring: Restoring, answers: Mapping[str, Sequence[Answer]]) -> list[str]:
    """The names of what was found replaced before a test."""
    for answer in answers.get(restoring.cell, ()):
        text = "".join(str(output.get("text", "")) for output in answer.outputs if output.get("name") == "stdout")
        if restoring.nonce in text:
            line = text[text.find(restoring.nonce) :].split("\n")[0]
            return [name for name in line.split("\t")[1:] if name]
    return []


def _interrupted(cells: Sequence[NotebookNode], at: int) -> Iterator[str]:
    """The given cell right before the test at ``at``, when the student put cells of their own between the two."""
    before = at - 1
    while before >= 0 and cells[before].get("id", "").startswith("extra-"):
        before -= 1
    if 0 <= before < at - 1 and is_fixed(cells[before]) and not is_test(cells[before]):
        yield cells[before].source
