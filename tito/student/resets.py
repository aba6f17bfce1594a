"""Begin a module again: a fresh released notebook in the student's place, and theirs kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tito.course import Course, Module, release_root
from tito.errors import NotebookError, TitoError
from tito.files import typed, write_atomically
from tito.state.progress import module_progress, now
from tito.student import modules
from tito.workspace import Workspace


@dataclass(frozen=True)
class Reset:
    """What one reset did: where the notebook lies, where the old one is kept, and how it comes back.

    ``backup`` is empty when the notebook was as released already, and nothing was done.
    """

    module: str
    notebook: str
    backup: str
    restore: str
    export: str
    state: str
    note: str
    next: str


def reset(workspace: Workspace, course: Course, module: Module) -> Reset:
    """Put a module's released notebook over the student's, which is kept in ``.tito/backups`` first.

    The export stays. Raises NotebookError when there is no notebook to reset.
    """
    with workspace.locked():
        path = workspace.notebook(module)
        content, fresh = _content(workspace, module, path), _released(module)
        backup = restore = ""
        if content != fresh:
            backup, restore = _keep(workspace, module, path, content)
            write_atomically(path, fresh)
            module_progress(workspace, course).update(module.id, reset_at=now())
        status = next(status for status in modules.statuses(workspace, course) if status.id == module.id)
    export = workspace.export(module)
    exported = workspace.shown(export) if export.is_file() else ""
    following = f"tito module complete {module.number:02d}"
    return Reset(module.id, workspace.shown(path), backup, restore, exported, status.state, status.note, following)


def refuse_without_consent(workspace: Workspace, module: Module) -> None:
    """Raise when there is no notebook to reset, or say that nothing was done without ``--yes``."""
    path = workspace.notebook(module)
    _content(workspace, module, path)
    raise TitoError(
        f"A reset would replace {workspace.shown(path)}, and nobody is here to confirm it; nothing was changed.",
        f"tito module reset {module.number:02d} --yes",
    )


def _content(workspace: Workspace, module: Module, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = "There is no notebook" if not path.exists() else "This notebook cannot be read:"
        raise NotebookError(f"{what} {workspace.shown(path)}.", f"tito module start {module.number:02d}") from error


def _released(module: Module) -> bytes:
    try:
        return (release_root() / module.id / f"{module.notebook}.ipynb").read_bytes()
    except OSError as error:
        raise TitoError(
            f"The released notebook of {module.id} is not part of this installation.",
            "pip install --upgrade tinytorch-course (or, in the course repository: make release)",
        ) from error


def _keep(workspace: Workspace, module: Module, path: Path, content: bytes) -> tuple[str, str]:
    """Write a copy of the notebook under a name of its own; return its name and the command that brings it back."""
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    backup = workspace.backups / f"{module.id}-{stamp}.ipynb"
    write_atomically(backup, content)
    copy = "copy" if os.name == "nt" else "cp"
    return workspace.shown(backup), f"{copy} {typed(backup)} {typed(path)}"
