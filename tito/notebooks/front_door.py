"""The package's ``__init__.py``, through which ``from tinytorch import Tensor`` finds the module that exports it."""

from __future__ import annotations

from pathlib import Path

from tito.course import Course, the_course
from tito.files import write_atomically

FIRST_LINE = '"""TinyTorch: your own deep-learning framework. Each other file here is exported from a module notebook.'
MODULES = "MODULES = {"
TEXT = (Path(__file__).parent / "front_door_text.py").read_text(encoding="utf-8")


def package_init(course: Course | None = None) -> str:
    """The text of ``tinytorch/__init__.py``, with the names of all modules of the course, planned ones included."""
    course = course or the_course()
    listed = sorted((*course.modules, *course.planned_modules), key=lambda module: module.number)
    lines = [f'    "{m.name}": ("{m.number:02d}", "{" ".join(m.exports)}"),' for m in listed]
    return TEXT.replace(f"{MODULES}}}", "\n".join((MODULES, *lines, "}")))


def write_package_init(package: Path, course: Course | None = None) -> bool:
    """Write or renew ``package/__init__.py``; one that the student wrote stays. Return whether it changed."""
    path, text = package / "__init__.py", package_init(course)
    if path.exists():
        present = path.read_text(encoding="utf-8", errors="replace")
        if present == text or not present.startswith(FIRST_LINE):
            return False
    write_atomically(path, text)
    return True
