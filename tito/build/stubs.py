"""What a release leaves in the place of a solution: the author's own stub, or one that names the exercise."""

from __future__ import annotations

from copy import deepcopy

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from tito.build.figures import STUB
from tito.notebooks.reading import SOLUTION, nbgrader_metadata


class NamedStubs(ClearSolutions):
    """nbgrader's ClearSolutions, in which a region may bring its own stub.

    Lines ``### STUB guess = ...`` in a solution are what the release shows in its place. A region without such lines
    becomes a ``NotImplementedError`` with the exercise's id.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int) -> tuple[NotebookNode, dict]:
        exercise = nbgrader_metadata(cell).get("grade_id", "").removesuffix("-answer")
        self.code_stub = {"python": f'# YOUR CODE HERE\nraise NotImplementedError("{exercise}")'}
        return super().preprocess_cell(cell, resources, cell_index)

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        if STUB not in cell.source:
            return super()._replace_solution_region(cell, language)
        kept: list[str] = []
        region: list[str] | None = None
        for line in cell.source.split("\n"):
            if line.strip() == SOLUTION[0]:
                region = []
            elif line.strip() == SOLUTION[1]:
                kept += self._stub_of(region or [], language)
                region = None
            elif region is not None:
                region.append(line)
            else:
                kept.append(line)
        cell.source = "\n".join(kept)
        return True

    def _stub_of(self, region: list[str], language: str) -> list[str]:
        own = [line.replace(STUB, "", 1) for line in region if line.strip().startswith(STUB)]
        indent = region[0][: len(region[0]) - len(region[0].lstrip())] if region else ""
        return own or [indent + line for line in self.code_stub[language].split("\n")]


def released_answer(cell: NotebookNode) -> NotebookNode:
    """A copy of an authored answer cell as a release shows it."""
    return NamedStubs().preprocess_cell(deepcopy(cell), {"language": "python"}, 0)[0]
