"""The road's graft step: nbgrader's first step with a submission."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from tito import course as tables
from tito.grading.coursedir import coursedir_of
from tito.grading.ingest import TAKEN, UNREADABLE
from tito.notebooks.grafting import graft, released_notebook
from tito.notebooks.problems import add_problem


class Graft(NbGraderPreprocessor):
    """nbgrader's first step with a submission: graft it onto the released notebook."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        where = resources["nbgrader"]
        released = released_notebook(where["assignment"], where["notebook"], self._release_root())
        notebook = graft_handed_in(nb, released, resources.get("taken", ()), resources.get("unreadable", ""))
        return notebook, resources

    def _release_root(self) -> Path:
        coursedir = coursedir_of(self)
        if coursedir is not None:
            root = Path(coursedir.root) / coursedir.release_directory
            if root.is_dir():
                return root
        return tables.release_root()


def graft_handed_in(nb: NotebookNode, released: NotebookNode, notes: tuple[str, ...], reason: str) -> NotebookNode:
    """A hand-in's notebook on the released one, with what ingest had to say; ``reason`` is why it is unreadable."""
    grafted = graft(nb, released) if not reason else deepcopy(released)
    for note in notes:
        add_problem(grafted, TAKEN, note)
    if reason:  # every cell is missing, and the reason says more than their names
        add_problem(grafted, UNREADABLE, reason)
    return grafted
