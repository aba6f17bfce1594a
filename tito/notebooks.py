"""Notebook files, read with a clear sentence for everything that can be wrong with them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from tito.errors import NotebookError

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")


def read_notebook(path: Path) -> NotebookNode:
    """Read an ``.ipynb`` or a jupytext ``.py`` file as a notebook of format 4.

    Raises NotebookError when the file is missing, empty, not a notebook, or of another format.
    """
    if not path.is_file():
        raise NotebookError(
            f"The notebook {path} does not exist.", "tito module status shows where each notebook belongs"
        )
    if path.suffix == ".py":
        import jupytext

        return jupytext.read(path)
    return parse_notebook(path.read_bytes(), str(path))


def parse_notebook(content: bytes, name: str) -> NotebookNode:
    """Turn the bytes of an ``.ipynb`` file into a notebook of format 4; ``name`` is for the message.

    A byte-order mark is forgiven. Raises NotebookError for anything that is not such a notebook.
    """
    import nbformat

    if not content.strip():
        raise NotebookError(f"{name} is empty: it was never saved.", "open it in Jupyter, save it, and try again")
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotebookError(
            f"{name} is not a notebook: it is not JSON ({_where(error)}).",
            "save or download it again from Jupyter or Colab as .ipynb, and do not edit the file itself",
        ) from error
    if not isinstance(raw, dict) or "nbformat" not in raw:
        raise NotebookError(
            f"{name} is JSON, but not a notebook: it has no 'nbformat'.",
            "download it again from Jupyter or Colab as .ipynb",
        )
    if raw["nbformat"] != 4:
        raise NotebookError(
            f"{name} has notebook format {raw['nbformat']}; this course reads format 4.",
            f"jupyter nbconvert --to notebook --nbformat 4 {shlex.quote(name)}",
        )
    try:
        notebook = nbformat.reads(json.dumps(raw), as_version=4)
        nbformat.validate(notebook)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NotebookError(
            f"{name} is not a valid notebook: {reason}", "download it again from Jupyter or Colab as .ipynb"
        ) from error
    return notebook


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in line {error.lineno}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number in it is too long"


def plain_cells(path: Path) -> list[SimpleNamespace] | None:
    """The cells of an ``.ipynb`` file with their type and source, read without nbformat; None if unreadable."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return [SimpleNamespace(cell_type=c["cell_type"], source="".join(c["source"])) for c in cells]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def nbgrader_metadata(cell: NotebookNode) -> dict:
    """What nbgrader notes on a cell; empty for an ordinary one."""
    return cell.metadata.get("nbgrader", {})


def same_sources(first: NotebookNode, second: NotebookNode) -> bool:
    """Whether two notebooks have the same cells, outputs and metadata aside."""
    return [(c.cell_type, c.source) for c in first.cells] == [(c.cell_type, c.source) for c in second.cells]
