"""What a course directory remembers of its grading, below ``.tito/``: results, what was recorded, and the audit log."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from tito.errors import TitoError
from tito.files import explained, write_atomically

FOLDER = ".tito"


@dataclass(frozen=True)
class Recorded:
    """What the gradebook was last given for a submission, and from what.

    ``key`` stands for the submission's files and the grader that ran them, ``entry`` for what else the gradebook
    depends on (due date, extension, late penalty).
    """

    key: str = ""
    entry: str = ""
    submission: str = ""
    problems: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """An executed notebook, and the files that are kept beside it for the TA."""

    notebook: NotebookNode
    files: dict[str, bytes]


class Store:
    """A file for each submission's result, and one that says what of it is recorded. Files are replaced whole."""

    def __init__(self, course_dir: Path) -> None:
        self.root = course_dir / FOLDER
        with explained(self.root):
            self.root.mkdir(mode=0o700, exist_ok=True)
        self._audit: Any = None

    @property
    def lock(self) -> Path:
        return self.root / "batch.lock"

    def staging(self, assignment: str, student: str) -> Path:
        """Where a submission's graded folder is made before it moves to its place."""
        return self.root / "staging" / assignment / student

    def result(self, assignment: str, student: str, key: str) -> Result | None:
        """The result kept under this key; None when there is none (any more)."""
        record = _read(self._path("results", assignment, student))
        if record.get("key") != key:
            return None
        files = {name: base64.b64decode(content) for name, content in record["files"].items()}
        return Result(nbformat.from_dict(record["notebook"]), files)

    def has_result(self, assignment: str, student: str, key: str) -> bool:
        """Whether there is one; only the beginning of the file is read."""
        beginning = json.dumps({"key": key})[:-1].encode()
        try:
            with self._path("results", assignment, student).open("rb") as stream:
                return stream.read(len(beginning)) == beginning
        except OSError:
            return False

    def keep_result(self, assignment: str, student: str, key: str, result: Result) -> None:
        """Keep a result; the submission's earlier one goes."""
        files = {name: base64.b64encode(content).decode() for name, content in result.files.items()}
        record = {"key": key, "files": files, "notebook": result.notebook}
        write_atomically(self._path("results", assignment, student), json.dumps(record, ensure_ascii=False))

    def recorded(self, assignment: str, student: str) -> Recorded:
        """What was recorded of a submission; without key when nothing was, or a run was interrupted meanwhile."""
        record = _read(self._path("recorded", assignment, student))
        return Recorded(**record) if set(record) == set(asdict(Recorded())) else Recorded()

    def note(self, assignment: str, student: str, recorded: Recorded) -> None:
        """Note what is recorded of a submission."""
        write_atomically(self._path("recorded", assignment, student), json.dumps(asdict(recorded)))

    def audit(self, record: dict[str, Any]) -> None:
        """Append a line to the audit log; it is on the disk after ``close`` at the latest."""
        if self._audit is None:
            with explained(self.root / "audit.jsonl"):
                self._audit = (self.root / "audit.jsonl").open("a", encoding="utf-8")
            self._end_cut_line()
        when = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._audit.write(json.dumps({"when": when, **record}, ensure_ascii=False) + "\n")
        self._audit.flush()

    def _end_cut_line(self) -> None:
        """A line that a power cut left unfinished does not swallow the next one."""
        with (self.root / "audit.jsonl").open("rb") as log:
            if log.seek(0, os.SEEK_END):
                log.seek(-1, os.SEEK_END)
                self._audit.write("" if log.read() == b"\n" else "\n")

    def close(self) -> None:
        """Put the audit log on the disk."""
        if self._audit is not None:
            os.fsync(self._audit.fileno())
            self._audit.close()
            self._audit = None

    def _path(self, kind: str, assignment: str, student: str) -> Path:
        return self.root / kind / assignment / f"{student}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, TitoError):
        return {}
    return record if isinstance(record, dict) else {}
