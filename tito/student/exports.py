"""The exports that an assignment runs with: their contents, and the one hash that stands for them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from tito.course import Assignment, Course
from tito.errors import TitoError
from tito.workspace import Workspace


def needed_package(workspace: Workspace, assignment: Assignment, course: Course) -> dict[str, bytes]:
    """The exports that an assignment needs, by file name, and no other file; raise TitoError when one is missing."""
    files = {}
    for module in course.required_by(assignment):
        path = workspace.export(module)
        try:
            files[path.name] = path.read_bytes()
        except OSError as error:
            raise TitoError(
                f"{assignment.label} needs {workspace.shown(path)}, which is not there.",
                f"tito module complete {module.number:02d}",
            ) from error
    return files


def exports_hash(workspace: Workspace, course: Course, assignment: Assignment) -> str:
    """The hash of the exports that an assignment runs with; empty when one is missing."""
    try:
        return package_hash(needed_package(workspace, assignment, course))
    except TitoError:
        return ""


def package_hash(files: Mapping[str, bytes]) -> str:
    """The SHA-256 over the names, sorted, and the contents of an exported package's files.

    >>> package_hash({"b.py": b"2", "a.py": b"1"}) == package_hash({"a.py": b"1", "b.py": b"2"})
    True
    >>> package_hash({"a.py": b"1"}) == package_hash({"a.py": b"2"})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode("utf-8", "surrogatepass"), files[name]):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
