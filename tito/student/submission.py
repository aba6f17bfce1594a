"""A submission: the student's notebook and exactly the exports it runs with, as a folder and as a zip."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from tito.course import Course, Milestone, release_root
from tito.errors import NotebookError, TitoError
from tito.files import explained, make_folder, refuse_unwritable, write_atomically
from tito.notebooks.front_door import package_init
from tito.notebooks.reading import MAX_BYTES, parse_notebook
from tito.state.attempts import SUBMISSION, Attempt
from tito.state.tracker import MilestoneTracker
from tito.student import checks
from tito.student.exports import package_hash
from tito.student.milestones import needed_exports, refuse_stale, statuses
from tito.workspace import Workspace

if TYPE_CHECKING:
    from nbformat import NotebookNode

STAMP = "timestamp.txt"
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Submission:
    """What a submission's run showed, and where it was written (empty when it was not); ``note`` is on what was.

    ``completed`` says whether this submission completes the milestone, ``completed_now`` whether it is the first to.
    """

    milestone: str
    check: checks.NotebookCheck
    folder: str
    archive: str
    files: tuple[str, ...]
    timestamp: str
    note: str = ""
    completed: bool = False
    completed_now: bool = False
    next: str = ""

    @property
    def written(self) -> bool:
        return bool(self.folder)

    @property
    def ok(self) -> bool:
        return self.written


def submit(
    workspace: Workspace,
    course: Course,
    milestone: Milestone,
    output: Path | None = None,
    anyway: bool = False,
) -> Submission:
    """Run a milestone's notebook with the visible tests, and write what is handed in.

    A notebook that passes all of them completes the milestone. With a failing test nothing is written, unless
    ``anyway``. Raises TitoError when the milestone is locked, an
    export is stale, or the notebook cannot be run at all.
    """
    with workspace.locked():
        package = needed_exports(workspace, course, milestone)
        refuse_stale(workspace, course, milestone)
        tracker = MilestoneTracker(workspace, course)
        tracker.refuse_unwritable()
        place = output.resolve() if output else workspace.submissions
        refuse_unwritable(place / milestone.id)
        path = workspace.notebook(milestone)
        submitted = checks.read_work(path, milestone, workspace)
        content = path.read_bytes()  # what is checked is what is handed in, whatever Jupyter saves meanwhile
        handed_in, note = small_enough(content, workspace.shown(path))
        result, is_answered = _check(workspace, course, milestone, path, submitted, package)
        attempt = _attempt(result, package)
        if not result.ok and not anyway:
            tracker.record_submission(milestone.id, attempt)
            return Submission(milestone.id, result, "", "", (), "")
        moment = datetime.now(timezone.utc)
        stamp = moment.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        files = {
            f"{milestone.notebook}.ipynb": handed_in,
            STAMP: stamp.encode(),
            "tinytorch/__init__.py": package_init(course).encode(),
            **{f"tinytorch/{name}": content for name, content in package.items()},
        }
        folder, archive = place / milestone.id, place / f"{milestone.id}.zip"
        _replace_folder(folder, files, workspace)
        write_atomically(archive, zipped(milestone.id, files))
        digest = hashlib.sha256(content).hexdigest()
        passed = result.ok and is_answered
        first = tracker.record_submission(milestone.id, attempt, digest, passed)
    return Submission(
        milestone.id,
        result,
        workspace.shown(folder),
        workspace.shown(archive),
        tuple(sorted(files)),
        stamp,
        note,
        completed=passed,
        completed_now=first,
        next=_next(workspace, course, milestone, passed),
    )


def small_enough(content: bytes, shown: str) -> tuple[bytes, str]:
    """What of a notebook is handed in, and what is to be said of it: without outputs where grading would not read it.

    Raises NotebookError when it is too large even so.
    """
    if len(content) <= MAX_BYTES:
        return content, ""
    cleared = parse_notebook(content, shown)
    for cell in cleared.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    cleared.metadata.pop("widgets", None)
    smaller = (json.dumps(cleared, indent=1, ensure_ascii=False) + "\n").encode()
    if len(smaller) > MAX_BYTES:
        raise NotebookError(
            f"{shown} is larger than {MAX_BYTES / 1e6:g} MB even without its outputs, and grading reads no more.",
            "make the pictures that you pasted into it smaller, or take them out, save it, and submit again",
        )
    return smaller, f"{shown} is larger than {MAX_BYTES / 1e6:g} MB, so it is handed in without its outputs."


def zipped(folder: str, files: dict[str, bytes]) -> bytes:
    """A zip whose bytes depend only on the files: in the order of their names, with one date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", ZIP_EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _check(
    workspace: Workspace,
    course: Course,
    milestone: Milestone,
    path: Path,
    submitted: NotebookNode,
    package: dict[str, bytes],
) -> tuple[checks.NotebookCheck, bool]:
    """What came of a notebook's run, and whether the student wrote any answer into it."""
    from tito.notebooks.grafting import answered, released_notebook

    grafted = checks.graft_work(submitted, milestone)
    result = checks.check(grafted, submitted, milestone, package, workspace.shown(path))
    released = released_notebook(milestone.id, milestone.notebook, release_root())
    return checks.traced(result, workspace, course), answered(submitted, released) > 0


def _attempt(result: checks.NotebookCheck, package: dict[str, bytes]) -> Attempt:
    return Attempt.of(SUBMISSION, result.seconds, result.passed, len(result.tests), {}, package_hash(package))


def _next(workspace: Workspace, course: Course, milestone: Milestone, completed: bool) -> str:
    status = next(status for status in statuses(workspace, course) if status.id == milestone.id)
    if status.next or not completed:
        return status.next
    return f"tito milestone {'certificate' if status.is_current else 'test'} {milestone.id}"


def _replace_folder(folder: Path, files: dict[str, bytes], workspace: Workspace) -> None:
    """Write a submission's folder whole; an earlier one moves to the workspace's backups."""
    if folder.exists() and not (folder / STAMP).is_file():
        raise TitoError(
            f"{folder} exists and is no submission; it was left alone.",
            "name another place: --output FOLDER",
        )
    make_folder(folder.parent)
    with (
        explained(folder),
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch,
    ):
        fresh = Path(scratch) / folder.name
        for name, content in files.items():
            write_atomically(fresh / name, content)
        if folder.exists():
            _set_aside(folder, workspace)
        os.replace(fresh, folder)


def _set_aside(folder: Path, workspace: Workspace) -> None:
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    make_folder(workspace.backups)
    shutil.move(folder, workspace.backups / f"{folder.name}-{stamp}")
