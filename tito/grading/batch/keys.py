"""What stands for a submission and for the grader that runs it: the same hashes mean the same result."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import stat
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from traitlets.config import Config

import tito
from tito.grading.execute import ExecuteOptions

PACKAGES = ("nbgrader", "nbconvert", "nbformat", "nbclient", "papermill", "ipykernel", "ipython", "numpy", "matplotlib")
LARGEST = 100_000_000  # bytes of a file whose content counts; a larger one is told by its size and date
MOST_FILES = 10_000
NOT_GRADING = (
    "audit.py", "batch/", "classroom.py", "config.py", "feedback.py", "gradebook.py", "pages.py", "reports/",
    "sanitize.py",
)  # fmt: skip
LATE = ("AssignLatePenalties", "LatePenalty")
NOT_EXECUTION = (*LATE, "CourseDirectory", "GenerateAssignment", "GenerateFeedback", "HTMLExporter")


def digest(*parts: str | bytes) -> str:
    """One hash for several texts, none of which can pass for two."""
    made = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        made.update(len(content).to_bytes(8, "big") + content)
    return made.hexdigest()


def submission_hash(folder: Path) -> str:
    """What was handed in, whatever it consists of; nothing but regular files is opened."""
    return digest(*(part for name, kind in _entries(folder) for part in (name, kind)))


def _entries(folder: Path) -> Iterator[tuple[str, str]]:
    count = 0
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names + [each for each in folders if (Path(where) / each).is_symlink()]):
            path = Path(where) / name
            yield str(path.relative_to(folder)), _kind(path)
            count += 1
            if count >= MOST_FILES:
                return


def _kind(path: Path) -> str:
    """A file's content as a hash; of anything else, only what it is."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            return f"mode {stat.S_IFMT(found.st_mode):o}"
        if found.st_size > LARGEST:
            return f"{found.st_size} bytes of {found.st_mtime_ns}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"unreadable ({error.errno})"


@functools.cache
def grader_version() -> str:
    """What stands for the code that grades: tito's, and that of what it is built on."""
    root = Path(tito.__file__).parent
    files = [root / "notebooks" / name for name in ("grafting.py", "matching.py", "problems.py", "reading.py")]
    files += sorted((root / "execution").rglob("*.py"))
    for path in sorted((root / "grading").rglob("*.py")):
        if not path.relative_to(root / "grading").as_posix().startswith(NOT_GRADING):
            files.append(path)
    versions = [platform.python_version(), *(f"{name} {version(name)}" for name in PACKAGES)]
    return digest(tito.__version__, *versions, *(part for path in files for part in (path.name, path.read_bytes())))


def configuration_hash(config: Config, options: ExecuteOptions) -> str:
    """How submissions are run: limits, sandbox, and the configuration of every step before the gradebook."""
    run = {**asdict(options), "course_dir": ""}
    return digest(_as_text(run), _as_text({name: part for name, part in config.items() if name not in NOT_EXECUTION}))


def late_hash(config: Config, *parts: str) -> str:
    """What else a row of the gradebook depends on."""
    return digest(_as_text({name: config[name] for name in LATE if name in config}), *parts)


def _as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=lambda each: getattr(each, "__qualname__", str(each)))
