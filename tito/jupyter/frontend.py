"""Where a module's notebook is, seen from inside a running kernel: on the disk, in Colab's page, or in what was run."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tito import notebook as setup
from tito.course import Module, release_root
from tito.errors import NotebookError, NotInWorkspace, TitoError
from tito.files import write_atomically
from tito.jupyter.executed import Executed, Matched, assignment_of, match, rebuild
from tito.notebooks.reading import parse_notebook, plain_cells
from tito.workspace import MARKER, Workspace

FETCHED = "fetched"
COLAB_SECONDS = 30


@dataclass(frozen=True)
class Source:
    """The notebook that a command reads, and where it came from (nothing to say when it is the file on the disk)."""

    path: Path
    words: str = ""


def find_workspace(notebook: Path | None) -> Workspace:
    """The workspace of the notebook's folder, of Colab's Drive, or of the current folder.

    Raises NotInWorkspace when there is none.
    """
    places = [notebook.parent] if notebook else []
    places += [setup.DRIVE / setup.FOLDER] if (setup.DRIVE / setup.FOLDER / MARKER).is_dir() else []
    for place in places:
        try:
            return Workspace.find(place)
        except NotInWorkspace:
            continue
    return Workspace.find()


def notebook_of_kernel(namespace: dict[str, Any]) -> Path | None:
    """The file of the notebook that this kernel runs, where Jupyter or VS Code says it."""
    for told in (namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        path = Path(told) if isinstance(told, str) and told.endswith(".ipynb") else None
        if path is not None and path.is_absolute() and path.is_file():
            return path
    return None


def find_source(workspace: Workspace, module: Module, opened: Path | None, executed: Sequence[Executed]) -> Source:
    """The module's notebook: the saved file; where it is not at hand, Colab's page; else the executed cells.

    Raises TitoError when the file is older than what was run and says something else, or nothing was run.
    """
    from tito.notebooks.grafting import released_notebook

    released = released_notebook(module.id, module.notebook, release_root())
    mine = executed if assignment_of(executed) in ("", module.id) else []
    matched = match(mine, released)
    path = _file_of(module, workspace, opened)
    if path is not None and not _is_behind(path, matched):
        return Source(path)
    in_page = _from_colab(module)
    if in_page is not None:
        return Source(_keep(workspace, module, in_page), "Taken from: this notebook as Colab's page shows it now.")
    if path is not None:
        raise NotebookError(
            f"{workspace.shown(path)} is older than the cells that you ran last, and says something else.",
            f"save the notebook (Ctrl+S), then %tito module complete {module.number:02d}"
            " (for another file add --notebook FILE)",
        )
    return _from_kernel(workspace, module, matched, released)


def _file_of(module: Module, workspace: Workspace, opened: Path | None) -> Path | None:
    """The notebook's file: the opened one when it is this module's, else the one at its usual place."""
    if opened is not None and _assignment(opened) == module.id:
        return opened
    usual = workspace.notebook(module)
    return usual if usual.is_file() else None


def _assignment(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes())["metadata"]["tito"]["assignment"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _is_behind(path: Path, matched: Matched) -> bool:
    """Whether a cell was run after the file was written, and stands in it otherwise or not at all."""
    saved_at = path.stat().st_mtime
    texts = {cell.source.strip() for cell in plain_cells(path) or ()}
    runs = [*matched.latest.values(), *(cell for _, cell in matched.extras)]
    return any(cell.at > saved_at and cell.source.strip() not in texts for cell in runs)


def _from_colab(module: Module) -> bytes | None:
    """The notebook as Colab's page holds it; None elsewhere, when the page does not answer, or for another notebook."""
    try:
        message = importlib.import_module("google.colab._message")
    except ImportError:
        return None
    try:
        answer = message.blocking_request("get_ipynb", request="", timeout_sec=COLAB_SECONDS)
        content = json.dumps(answer["ipynb"]).encode()
        notebook = parse_notebook(content, "the notebook in Colab's page")
    except Exception:  # Colab's own, unpublished: whatever goes wrong in it, the executed cells are still there
        return None
    return content if notebook.metadata.get("tito", {}).get("assignment") == module.id else None


def _from_kernel(workspace: Workspace, module: Module, matched: Matched, released: Any) -> Source:
    import nbformat

    count = len(matched.latest) + len(matched.extras)
    if not count:
        raise TitoError(
            f"The notebook of {module.label} is not at hand, and no cell of it was run in this kernel.",
            f"tito module start {module.number:02d}, or run its cells here first",
        )
    content = nbformat.writes(rebuild(matched, released)).encode()
    words = (
        f"Taken from: the {count} cells of {module.label} that you ran in this kernel, each as you ran it last; the "
        "notebook's file is not at hand. The tests run on these. Save your notebook yourself."
    )
    return Source(_keep(workspace, module, content), words)


def _keep(workspace: Workspace, module: Module, content: bytes) -> Path:
    """Write a fetched notebook into the workspace's own folder, where it is in nobody's way."""
    path = workspace.root / MARKER / FETCHED / f"{module.notebook}.ipynb"
    write_atomically(path, content)
    return path
