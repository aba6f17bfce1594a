"""Stubs that name their exercise, so that the error a student sees says which one is unfinished."""

from __future__ import annotations

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from tito.notebooks.reading import nbgrader_metadata


class NamedStubs(ClearSolutions):
    """nbgrader's ClearSolutions with the exercise's id in each stub's ``NotImplementedError``."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int) -> tuple[NotebookNode, dict]:
        exercise = nbgrader_metadata(cell).get("grade_id", "").removesuffix("-answer")
        self.code_stub = {"python": f'# YOUR CODE HERE\nraise NotImplementedError("{exercise}")'}
        return super().preprocess_cell(cell, resources, cell_index)
