"""Notebook files, read with a clear sentence for everything that can be wrong with them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from tito.errors import NotebookError
from tito.files import typed
from tito.notebooks.lookalikes import lookalike

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
MAX_BYTES = 20_000_000  # of a notebook that is handed in: grading reads no larger one
MAX_CELLS = 5_000
MAX_DEPTH = 30  # metadata and outputs have ten levels; copying what has some hundred ends in a RecursionError
MARK = re.compile(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)")
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_notebook(path: Path) -> NotebookNode:
    """Read an ``.ipynb`` or a jupytext ``.py`` file as a notebook of format 4.

    Raises NotebookError when the file is missing, empty, not a notebook, or of another format.
    """
    if not path.is_file():
        raise NotebookError(
            f"The notebook {path} does not exist.", "tito module status shows where each notebook belongs"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror}.", f"chmod u+r {typed(path)}") from error
    if path.suffix == ".py":
        import jupytext

        return jupytext.reads(_decoded(content), fmt="py")
    return parse_notebook(content, str(path))


def parse_notebook(content: bytes, name: str) -> NotebookNode:
    """Turn the bytes of an ``.ipynb`` file into a notebook of format 4.5; ``name`` is for the message.

    Whatever says the same is forgiven: formats 2 to 4 with any minor number, a byte-order mark, UTF-16, Latin-1, CRLF,
    ids that are missing, double or impossible, metadata, outputs and cell types that no notebook has. Raises
    NotebookError for anything that holds no cells.
    """
    if not MARK.sub(b"", content).strip(b"\0 \t\r\n"):
        raise NotebookError(f"{name} is empty: it was never saved.", "open it in Jupyter, save it, and try again")
    text = _decoded(content)
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        what, following = lookalike(content, text, name) or (
            f"it is not JSON ({_where(error)})",
            "save or download it again from Jupyter or Colab as .ipynb, and do not edit the file itself",
        )
        raise NotebookError(f"{name} is not a notebook: {what}.", following) from error
    cells = _raw_cells(raw, name)
    return _rebuilt(cells, _shallow(raw.get("metadata")))


def _decoded(content: bytes) -> str:
    encoding = json.detect_encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.rstrip("\0")


def _raw_cells(raw: object, name: str) -> list[dict]:
    """The cells of a notebook file of any format so far, in the shape of format 4."""
    download = "download it again from Jupyter or Colab as .ipynb"
    if not isinstance(raw, dict) or not {"nbformat", "cells", "worksheets"} & set(raw):
        raise NotebookError(f"{name} is JSON, but not a notebook: it has no 'nbformat' and no cells.", download)
    if str(raw.get("nbformat", 4)) not in ("2", "3", "4", "4.0"):
        raise NotebookError(
            f"{name} has notebook format {str(raw['nbformat'])[:20]}; this course reads format 4.", download
        )
    sheets = raw["worksheets"] if isinstance(raw.get("worksheets"), list) else []
    cells = raw.get("cells", [c for sheet in sheets if isinstance(sheet, dict) for c in sheet.get("cells") or []])
    if not isinstance(cells, list):
        raise NotebookError(f"{name} is not a valid notebook: its cells are no list.", download)
    if len(cells) > MAX_CELLS:
        raise NotebookError(f"{name} holds more than {MAX_CELLS} cells.", "delete the copies and hand it in again")
    return [cell for cell in cells if isinstance(cell, dict)]


def _rebuilt(raw_cells: list[dict], metadata: dict) -> NotebookNode:
    """A valid notebook of these cells; outputs, attachments and odd metadata stay when all of them are valid."""
    import nbformat
    from nbformat.v4.rwbase import rejoin_lines

    seen: set[str] = set()
    cells = [_cell(raw, number, seen) for number, raw in enumerate(raw_cells, start=1)]
    notebook = nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError:
        notebook.metadata = nbformat.from_dict({key: metadata[key] for key in {"tito"} & set(metadata)})
        for cell in notebook.cells:
            cell.pop("attachments", None)
            cell.metadata = nbformat.from_dict(
                {key: cell.metadata[key] for key in {"nbgrader", "id"} & {*cell.metadata}}
            )
            if cell.cell_type == "code":
                cell.outputs = []
    return rejoin_lines(notebook)


def _shallow(metadata: object) -> dict:
    """Metadata without what no tool writes; nbgrader's part only in its own shape."""
    kept = metadata if isinstance(metadata, dict) else {}
    kept = {key: value for key, value in kept.items() if not is_deeper(value, MAX_DEPTH)}
    for part, name in (("nbgrader", "grade_id"), ("tito", "assignment")):
        if part in kept and not (isinstance(kept[part], dict) and isinstance(kept[part].get(name, ""), str)):
            del kept[part]
    return kept


def _cell(raw: dict, number: int, seen: set[str]) -> dict:
    kind = {"code": "code", "raw": "raw", "markdown": "markdown", "heading": "markdown", "html": "markdown"}.get(
        str(raw.get("cell_type")), "raw"
    )
    metadata = _shallow(raw.get("metadata"))
    cell = {"cell_type": kind, "id": raw.get("id"), "metadata": metadata, "source": _source(raw)}
    if not (isinstance(cell["id"], str) and CELL_ID.fullmatch(cell["id"])) or cell["id"] in seen:
        if isinstance(cell["id"], str):
            metadata.setdefault("id", cell["id"])  # where Colab keeps it, and graft looks for it
        cell["id"] = next(name for name in _names(number) if name not in seen)
    seen.add(cell["id"])
    if kind == "code":
        outputs, count = raw.get("outputs"), raw.get("execution_count")
        keep = isinstance(outputs, list) and raw.get("source") is not None and not is_deeper(outputs, MAX_DEPTH)
        return cell | {"outputs": outputs if keep else [], "execution_count": count if type(count) is int else None}
    attachments = raw.get("attachments")
    keep = isinstance(attachments, dict) and attachments and not is_deeper(attachments, 4)
    return cell | ({"attachments": attachments} if keep else {})


def _names(number: int) -> Iterator[str]:
    yield f"cell-{number}"
    yield from (f"cell-{number}-{copy}" for copy in itertools.count(2))


def _source(raw: dict) -> str:
    """A cell's text; format 3 called that of a code cell its input, and gave headings a type.

    Half a character, which no file could hold, becomes a question mark.
    """
    source = raw.get("source", raw.get("input"))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    text = source if isinstance(source, str) else ""
    if raw.get("cell_type") == "heading":
        level = raw.get("level")
        text = "#" * (level if level in range(1, 7) else 1) + f" {text}"
    return text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")


def is_deeper(value: object, depth: int) -> bool:
    """Whether lists and dictionaries lie in each other deeper than this; asked without recursion."""
    level = [value]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in line {error.lineno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number in it is too long"


def plain_cells(path: Path) -> list[SimpleNamespace] | None:
    """The cells of an ``.ipynb`` file with their type and source, read without nbformat; None if unreadable."""
    try:
        cells = json.loads(_decoded(path.read_bytes()))["cells"]
        return [SimpleNamespace(cell_type=c["cell_type"], source=_source(c)) for c in cells]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def nbgrader_metadata(cell: NotebookNode) -> dict:
    """What nbgrader notes on a cell; empty for an ordinary one."""
    return cell.metadata.get("nbgrader", {})


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is graded by running it, with nothing in it that a student writes."""
    meta = nbgrader_metadata(cell)
    return cell.cell_type == "code" and bool(meta.get("grade")) and not meta.get("solution")


def same_sources(first: NotebookNode, second: NotebookNode) -> bool:
    """Whether two notebooks have the same cells, outputs and metadata aside."""
    return [(c.cell_type, c.source) for c in first.cells] == [(c.cell_type, c.source) for c in second.cells]
