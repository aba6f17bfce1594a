"""What notebooks import: checks that say what is wrong, measured slopes and memory, pictures.

``checks.py`` holds what a notebook calls, ``faults.py`` how a check finds out what is wrong and says it, ``tools.py``
the rest. All of it is meant to be read by students.
"""

from tito.lesson.checks import CheckFailed, breaks, check, predict, property_holds, raises
from tito.lesson.tools import peak_bytes, quiet_stubs, remembers, show_pictures, show_signal, slope

__all__ = [
    "CheckFailed",
    "breaks",
    "check",
    "peak_bytes",
    "predict",
    "property_holds",
    "raises",
    "remembers",
    "show_pictures",
    "show_signal",
    "slope",
]

quiet_stubs()
