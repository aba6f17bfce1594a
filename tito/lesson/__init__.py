"""What notebooks import: checks that say what is wrong, measured slopes and memory, pictures.

``checks.py`` holds what a notebook calls, ``faults.py`` how a check finds out what is wrong and says it,
``pictures.py`` what it draws, ``tools.py`` the rest. All of it is meant to be read by students.
"""

from tito.lesson.checks import CheckFailed, breaks, check, predict, property_holds, raises
from tito.lesson.graph import draw_graph
from tito.lesson.pictures import show_broadcast, show_curves, show_descent, show_histories, show_origin, show_valley
from tito.lesson.tools import (
    after_each_line,
    files_in,
    fresh_folder,
    hurried_digits,
    measured_gradients,
    peak_bytes,
    quiet_stubs,
    remembers,
    seconds_of,
    show_pictures,
    show_signal,
    slope,
)
from tito.lesson.walking import Valley, after, arrival, step_bytes, take_steps

__all__ = [
    "CheckFailed",
    "Valley",
    "after",
    "after_each_line",
    "arrival",
    "breaks",
    "check",
    "draw_graph",
    "files_in",
    "fresh_folder",
    "hurried_digits",
    "measured_gradients",
    "peak_bytes",
    "predict",
    "property_holds",
    "raises",
    "remembers",
    "seconds_of",
    "show_broadcast",
    "show_curves",
    "show_descent",
    "show_histories",
    "show_origin",
    "show_pictures",
    "show_signal",
    "show_valley",
    "slope",
    "step_bytes",
    "take_steps",
]

quiet_stubs()
