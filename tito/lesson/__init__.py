"""What notebooks import: checks that say what is wrong, measured slopes and memory, pictures.

``checks.py`` holds what a notebook calls, ``faults.py`` how a check finds out what is wrong and says it,
``pictures.py`` what it draws, ``tools.py`` the rest. All of it is meant to be read by students.
"""

from tito.lesson.checks import CheckFailed, breaks, check, predict, property_holds, raises
from tito.lesson.graph import draw_graph
from tito.lesson.pictures import show_curves
from tito.lesson.tools import (
    measured_gradients,
    peak_bytes,
    quiet_stubs,
    remembers,
    seconds_of,
    show_pictures,
    show_signal,
    slope,
)

__all__ = [
    "CheckFailed",
    "breaks",
    "check",
    "draw_graph",
    "measured_gradients",
    "peak_bytes",
    "predict",
    "property_holds",
    "raises",
    "remembers",
    "seconds_of",
    "show_curves",
    "show_pictures",
    "show_signal",
    "slope",
]

quiet_stubs()
