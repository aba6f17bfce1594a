"""The audit log: which submission was graded when, by which version of which tests, under what, and with what score."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from tito.errors import TitoError

LOG = Path(".tito") / "audit.jsonl"


@dataclass(frozen=True)
class Entry:
    """One line of the log. ``failed`` says why there is no score; hashes stand for files and versions."""

    when: str
    student: str
    assignment: str
    submission: str = ""
    tests: str = ""
    grader: str = ""
    sandbox: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)
    failed: str = ""

    @property
    def earned(self) -> float:
        return round(sum(self.scores.values()), 2)


@dataclass(frozen=True)
class Audit:
    """The lines asked for, oldest first, and the numbers of lines that cannot be read."""

    entries: tuple[Entry, ...]
    damaged: tuple[int, ...]


def read_audit(course_dir: Path, student: str = "", assignments: tuple[str, ...] = ()) -> Audit:
    """The audit log of a course directory, or some of it.

    A line that was cut off when the machine went down is counted, and hides no other. Raises TitoError without a log.
    """
    path = course_dir / LOG
    if not path.is_file():
        raise TitoError(
            f"Nothing was graded in {course_dir.resolve()} yet: {LOG} is not there.", "tito assessment batch"
        )
    entries, damaged = [], []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        entry = _entry(line)
        if entry is None:
            damaged.append(number)
        elif (not student or entry.student == student) and (not assignments or entry.assignment in assignments):
            entries.append(entry)
    return Audit(tuple(entries), tuple(damaged))


def last_failures(course_dir: Path, assignment: str) -> dict[str, str]:
    """Why a submission has no score, for each student of whom the log's last word is that."""
    if not (course_dir / LOG).is_file():
        return {}
    last = {entry.student: entry.failed for entry in read_audit(course_dir, assignments=(assignment,)).entries}
    return {student: reason for student, reason in last.items() if reason}


def _entry(line: bytes) -> Entry | None:
    try:
        record = json.loads(line)
        return Entry(**{name: record[name] for name in Entry.__dataclass_fields__ if name in record})
    except (ValueError, TypeError):
        return None
