"""A workspace: the folder in which a student works, with their package, notebooks, submissions and progress."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from tito.course import Assignment, Milestone, Module
from tito.errors import NotInWorkspace, TitoError
from tito.files import locked, make_folder, write_atomically
from tito.notebooks.front_door import write_package_init

MARKER = ".tito"
AI_HELPERS = "AGENTS.md"
FOR_AI_HELPERS = Path(__file__).parent / "student" / "for_ai_helpers.md"
DRIVE = Path("/content/drive")  # where Colab mounts Google Drive
MAKE_ONE = "cd into yours, or make one: tito init FOLDER"


@dataclass(frozen=True)
class Workspace:
    """Where everything of a student lies below ``root``."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Workspace:
        """The workspace that ``start`` (the current folder, without it) lies in.

        Raises NotInWorkspace when neither it nor a folder above it is one.
        """
        folder = _current_folder() if start is None else start.resolve()
        for candidate in (folder, *folder.parents):
            if is_workspace(candidate):
                return cls(candidate)
        raise NotInWorkspace(f"{folder} is in no workspace.", MAKE_ONE)

    @property
    def package(self) -> Path:
        return self.root / "tinytorch"

    @property
    def progress(self) -> Path:
        return self.root / "progress.json"

    @property
    def submissions(self) -> Path:
        return self.root / "submissions"

    @property
    def backups(self) -> Path:
        return self.root / MARKER / "backups"

    @property
    def lock(self) -> Path:
        return self.root / MARKER / "lock"

    def notebook(self, assignment: Assignment) -> Path:
        """Where the student's notebook of an assignment lies."""
        return self.root / assignment.workplace / f"{assignment.notebook}.ipynb"

    def export(self, module: Module) -> Path:
        """The file that a module's notebook becomes."""
        return self.package / f"{module.name}.py"

    def submission(self, milestone: Milestone) -> Path:
        """The folder that is handed in for a milestone."""
        return self.submissions / milestone.id

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keep every other tito out of this workspace while the block runs."""
        return locked(self.lock)

    def shown(self, path: Path) -> str:
        """A path as a person in the workspace would write it."""
        try:
            return str(path.resolve().relative_to(self.root))
        except ValueError:
            return str(path)


@dataclass(frozen=True)
class Made:
    """A workspace, and which of its parts were made just now."""

    root: str
    made: tuple[str, ...]


def is_workspace(folder: Path) -> bool:
    """Whether a folder is a workspace: marked as one, or the course repository itself."""
    return (folder / MARKER).is_dir() or _is_repository(folder)


def _is_repository(folder: Path) -> bool:
    return (folder / "modules" / "modules.yml").is_file() and (folder / "tinytorch" / "__init__.py").is_file()


def make_workspace(folder: Path) -> Made:
    """Make ``folder`` a workspace, or complete the one that it is; nothing that exists is changed.

    A file asks AI helpers to teach, and not to hand over answers; the course repository gets none.
    """
    root = folder.resolve()
    made = []
    for part in ("tinytorch", "modules", "milestones", MARKER):
        if (root / part).exists() and not (root / part).is_dir():
            raise TitoError(f"{root / part} is a file, where a workspace needs a folder.", "rename that file")
        if make_folder(root / part):
            made.append(f"{part}/")
    if write_package_init(root / "tinytorch"):
        made.append("tinytorch/__init__.py")
    if not os.path.lexists(root / AI_HELPERS) and not _is_repository(root):
        write_atomically(root / AI_HELPERS, FOR_AI_HELPERS.read_bytes())
        made.append(AI_HELPERS)
    return Made(str(root), tuple(made))


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise NotInWorkspace("The current folder does not exist any more.", MAKE_ONE) from None
