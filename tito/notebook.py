"""What a notebook's first cell does: find the workspace and the student's own ``tinytorch``, here or in Colab."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from tito.course import Assignment, Course, the_course
from tito.errors import NotInWorkspace, StateRepaired, TitoError
from tito.student.modules import ModuleStatus, place_notebook, statuses
from tito.workspace import DRIVE, Workspace, make_workspace

FOLDER = Path("MyDrive") / "TinyTorch"
GPU_SECONDS = 10


def setup(assignment_id: str) -> None:
    """Make ``import tinytorch`` find the student's own package, and say in a few lines what was found."""
    if os.environ.get("TITO_RUN"):  # a checked or graded run: the package lies in the working directory already
        return
    try:
        colab = _colab()
        course = the_course()
        assignment = course.assignment(assignment_id)
        workspace = _workspace_on_drive(colab, assignment) if colab else Workspace.find()
    except NotInWorkspace as error:
        print(f"{error.message} Your exports are found only in a workspace.")
        print("Next: make one with `tito init FOLDER`, and open the notebook that `tito` puts there.")
        return
    except TitoError as error:
        print(f"{error.message}\nNext: {error.hint}")
        return
    _put_first_on_path(workspace.root)
    _say_what_is_there(workspace, course, assignment)


def _colab() -> ModuleType | None:
    """Colab's own package; None elsewhere."""
    try:
        return importlib.import_module("google.colab.drive")
    except ImportError:
        return None


def _workspace_on_drive(drive: ModuleType, assignment: Assignment) -> Workspace:
    """Mount Drive, find or make the workspace there, keep data there, and put the notebook into it."""
    if not (DRIVE / "MyDrive").is_dir():
        drive.mount(str(DRIVE))
    root = DRIVE / FOLDER
    make_workspace(root)
    os.environ.setdefault("TINYTORCH_DATA", str(root / "data"))
    os.chdir(root)
    workspace = Workspace(root)
    place = place_notebook(workspace, assignment)
    print(f"Runtime: Colab, {_accelerator()}.")
    what = "was put" if place.new else "is"
    print(f"Your copy of this notebook {what} on your Drive: {FOLDER.name}/{place.notebook}.")
    print("Work on that copy: what you change in a notebook opened from GitHub is not saved.")
    return workspace


def _accelerator() -> str:
    """What this runtime computes on, as far as can be seen from here."""
    if any(os.environ.get(name) for name in ("COLAB_TPU_ADDR", "TPU_NAME", "TPU_ACCELERATOR_TYPE")):
        return "TPU"
    if shutil.which("nvidia-smi") is None:
        return "CPU"
    try:
        command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=GPU_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return "CPU"
    names = done.stdout.strip().splitlines()
    return f"GPU ({names[0]})" if names else "CPU"


def _put_first_on_path(root: Path) -> None:
    """Let Python look into the workspace before anywhere else, however often the cell is run."""
    text = str(root)
    sys.path[:] = [text, *(entry for entry in sys.path if entry != text)]


def _say_what_is_there(workspace: Workspace, course: Course, assignment: Assignment) -> None:
    print(f"Workspace: {workspace.root}")
    try:
        found = {status.number: status for status in statuses(workspace, course)}
    except StateRepaired as repaired:
        print(repaired.message)
        found = {status.number: status for status in statuses(workspace, course)}
    except TitoError as error:
        print(f"{error.message}\nNext: {error.hint}")
        return
    needed = [found[module.number] for module in course.required_by(assignment)]
    if needed:
        print(f"Your exports: {_names([status for status in needed if status.done])}.")
    missing = [status for status in needed if not status.done]
    if missing:
        print(f"Missing: {_names(missing)}. Next: {missing[0].next}")


def _names(found: list[ModuleStatus]) -> str:
    return ", ".join(f"{status.number:02d} {status.name}" for status in found) or "none yet"
