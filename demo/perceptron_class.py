"""A class of students with the oddities that a real one has, and the score that each deserves for milestone 1."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from demo import perceptron_answers as answers
from demo.samples import HandedIn, Materials, Sample, SampleClass, as_bytes, edited, grade_id_of, replaced, submission
from tito.notebooks.reading import nbgrader_metadata

FULL = {"model": 25.0, "training": 25.0, "visualization": 0.0, "systems": 0.0, "comparison": 10.0}
NOTHING = dict.fromkeys(FULL, 0.0)
DELETED = ("model-forward", "training-gradients")
WRITTEN = {"visualization": 20.0, "systems": 20.0}


def full(materials: Materials) -> HandedIn:
    return submission(materials.solved, materials)


def different(materials: Materials) -> HandedIn:
    return submission(replaced(materials.solved, answers.DIFFERENT), materials)


def blank(materials: Materials) -> HandedIn:
    return submission(materials.released, materials)


def half_done(materials: Materials) -> HandedIn:
    """The model and the gradients are there; the loop, and all that trains with it, is not."""
    done = ("model-", "training-gradients")
    solved = {
        nbgrader_metadata(cell)["grade_id"]: cell.source for cell in materials.solved.cells if nbgrader_metadata(cell)
    }
    chosen = {grade_id: source for grade_id, source in solved.items() if grade_id.startswith(done)}
    return submission(replaced(materials.released, chosen), materials)


def wrong_gradient(materials: Materials) -> HandedIn:
    return submission(edited(materials.solved, answers.ASCENT), materials)


def early_error(materials: Materials) -> HandedIn:
    notebook = deepcopy(materials.solved)
    notebook.cells.insert(0, new_code_cell("results = load_my_notes('last week')", id="my-own-cell"))
    return submission(notebook, materials)


def infinite_loop(materials: Materials) -> HandedIn:
    return submission(replaced(materials.solved, answers.ENDLESS), materials)


def no_package(materials: Materials) -> HandedIn:
    return HandedIn(as_bytes(materials.solved), None)


def broken_package(materials: Materials) -> HandedIn:
    return HandedIn(as_bytes(materials.solved), {**materials.package, "layers.py": answers.BROKEN_LAYERS})


def not_json(materials: Materials) -> HandedIn:
    content = as_bytes(materials.solved)
    return HandedIn(content[: len(content) // 2], materials.package)


def deleted_test(materials: Materials) -> HandedIn:
    notebook = deepcopy(materials.solved)
    notebook.cells = [
        cell for cell in notebook.cells if grade_id_of(cell) not in ("model-forward", "training-gradients")
    ]
    return submission(notebook, materials)


def edited_test(materials: Materials) -> HandedIn:
    """A wrong answer whose test was made to pass."""
    notebook = edited(materials.solved, answers.THRESHOLD_AT_ONE_HALF)
    return submission(replaced(notebook, {"model-prediction": answers.WEAKENED_TEST}), materials)


def scrambled(materials: Materials) -> HandedIn:
    """Every answer is right; copying through other tools cost the metadata, and a test stands twice."""
    notebook = deepcopy(materials.solved)
    copied = deepcopy(next(cell for cell in notebook.cells if grade_id_of(cell) == "model-forward"))
    copied.id = "a-copy"
    notebook.cells.append(copied)
    for cell in notebook.cells:
        cell.metadata = NotebookNode({"id": cell.pop("id"), "outputId": "0"})
    notebook.nbformat_minor = 0
    return submission(notebook, materials)


SAMPLES = (
    Sample("student_01", "full solution", full, FULL, WRITTEN),
    Sample("student_02", "correct, written quite differently", different, FULL, WRITTEN),
    Sample("student_03", "blank", blank, NOTHING),
    Sample("student_04", "half done", half_done, {**NOTHING, "model": 25.0, "training": 15.0}),
    Sample("student_05", "wrong gradient, trains to chance", wrong_gradient, {**NOTHING, "model": 25.0}, WRITTEN),
    Sample("student_06", "error in an early cell of their own", early_error, FULL, WRITTEN),
    Sample(
        "student_07", "infinite loop in one cell", infinite_loop, {**FULL, "training": 21.0}, WRITTEN,
        reason="may never end",
    ),
    Sample("student_08", "no tinytorch/", no_package, NOTHING, WRITTEN, reason="no tinytorch/ folder"),
    Sample(
        "student_09", "tinytorch/layers.py with a syntax error", broken_package, NOTHING, WRITTEN,
        reason="tinytorch/layers.py",
    ),
    Sample("student_10", "notebook that is not JSON", not_json, NOTHING, reason="is not a notebook"),
    Sample("student_11", "graded cells deleted", deleted_test, FULL, WRITTEN, reason="was deleted"),
    Sample(
        "student_12", "graded cell edited to pass", edited_test, {**FULL, "model": 20.0}, WRITTEN, reason="was changed"
    ),
    Sample("student_13", "metadata lost and a test copied", scrambled, FULL, WRITTEN),
    Sample(
        "student_14", "full solution, 30 hours late", full, FULL, WRITTEN, late=timedelta(hours=30), late_penalty=12.0
    ),
)  # fmt: skip

CLASS = SampleClass("perceptron", SAMPLES)
