"""Check: put a graded cell's outputs into the one form that nbgrader scores as this course means it.

nbgrader scores whatever a cell left behind: no output is full marks, text on stderr is none, a value that is no number
is full marks, one above the maximum stops the run. Here an honest warning costs nothing, and a value counts only as
partial credit between none and all of the cell's points.
"""

from __future__ import annotations

import math
import re

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from tito.execution.engine import NOT_RUN, error_output, failed
from tito.notebooks.reading import nbgrader_metadata

NUMPY_SCALAR = re.compile(r"^(?:np|numpy)\.(?:float|u?int)\d+\((.*)\)$")  # how NumPy 2 shows its numbers


class CheckOutputs(NbGraderPreprocessor):
    """nbgrader's step between execution and scoring."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int) -> tuple[NotebookNode, dict]:
        meta = nbgrader_metadata(cell)
        if cell.cell_type != "code" or not meta.get("grade"):
            return cell, resources
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                output.name = "stdout"
        if meta.get("solution"):
            return cell, resources
        if failed(cell):  # nbgrader stops at the first output that decides: an error decides before any value
            cell.outputs.sort(key=lambda output: output.output_type != "error")
        elif cell.execution_count is None:
            cell.outputs.insert(0, error_output(NOT_RUN, "This test did not run."))
        elif problem := _wrong_value(cell, float(meta["points"])):
            cell.outputs.insert(0, error_output("InvalidScore", problem))
        return cell, resources


def _wrong_value(cell: NotebookNode, points: float) -> str:
    """Why a cell's values are no partial credit; empty when they are (then as plain numbers), or when it has none."""
    values = [output for output in cell.outputs if output.output_type == "execute_result"]
    for output in values:
        text = NUMPY_SCALAR.sub(r"\1", str(output.data.get("text/plain", "")).strip())
        try:
            score = float(text)
        except ValueError:
            return f"A test's value must be a number of points, not {text[:60]!r}."
        if not math.isfinite(score) or not 0 <= score <= points:
            return f"A test's value must be between 0 and {points:g} points, not {text[:60]}."
        output.data["text/plain"] = text
    return ""
