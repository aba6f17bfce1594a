"""What notebooks import: checks that say what is wrong, measured slopes and memory, pictures.

``checks.py`` holds what a notebook calls, ``faults.py`` how a check finds out what is wrong and says it, ``tools.py``
the rest. All of it is meant to be read by students.
"""

from tito.lesson.checks import CheckFailed, breaks, check, predict, property_holds, raises
from tito.lesson.tools import (
    after_each_line,
    files_in,
    fresh_folder,
    hurried_digits,
    peak_bytes,
    quiet_stubs,
    show_curves,
    show_pictures,
    slope,
)

__all__ = [
    "CheckFailed",
    "after_each_line",
    "breaks",
    "check",
    "files_in",
    "fresh_folder",
    "hurried_digits",
    "peak_bytes",
    "predict",
    "property_holds",
    "raises",
    "show_curves",
    "show_pictures",
    "slope",
]

quiet_stubs()
