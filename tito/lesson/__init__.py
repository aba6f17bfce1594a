"""What notebooks import: checks that say what is wrong, measured slopes and memory, pictures.

``checks.py`` holds what a notebook calls, ``faults.py`` how a check finds out what is wrong and says it,
``pictures.py`` landscapes and curves, ``walking.py`` where optimizers are tried, ``tools.py`` the rest.
All of it is meant to be read by students.
"""

from tito.lesson.checks import CheckFailed, breaks, check, predict, property_holds, raises
from tito.lesson.pictures import show_descent, show_valley
from tito.lesson.tools import peak_bytes, quiet_stubs, show_pictures, slope
from tito.lesson.walking import Valley, after, arrival, step_bytes, take_steps

__all__ = [
    "CheckFailed",
    "Valley",
    "after",
    "arrival",
    "breaks",
    "check",
    "peak_bytes",
    "predict",
    "property_holds",
    "raises",
    "show_descent",
    "show_pictures",
    "show_valley",
    "slope",
    "step_bytes",
    "take_steps",
]

quiet_stubs()
