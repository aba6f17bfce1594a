"""Sealed evaluation: the student's functions learn and predict, and the score is computed where the labels are.

A cell with ``tito: {"sealed": true}`` in its metadata is such an item. What it asks stands beside the milestone's
notebook in ``sealed_<milestone>.py``, which only the grader has: ``ITEMS``, by grade_id. Predictions leave the kernel
as data, under a nonce; nothing that a student's object does after that matters.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import importlib.util
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nbformat import NotebookNode
from nbformat.v4 import new_output

from tito.course import REPOSITORY, Assignment, Milestone, the_course
from tito.errors import TitoError
from tito.execution.engine import error_output, failed
from tito.execution.run import Answer
from tito.notebooks.reading import is_test, nbgrader_metadata

if TYPE_CHECKING:
    import numpy as np

MIME = "application/vnd.tinytorch.answer"
SEALED = "SealedEvaluation"
SECRET = Path(".tito") / "secret"
QUESTION = """\
def {name}():
    import base64
    import numpy
    from IPython.display import display
    def array(kind, shape, text):
        return numpy.frombuffer(base64.b64decode(text), dtype=kind).reshape(shape).copy()
{given}
{ask}
    answer = numpy.ascontiguousarray(numpy.asarray(answer), dtype="<f8")
    if answer.shape != {shape}:
        raise ValueError("the predictions should have the shape {shape}, but have " + str(answer.shape))
    data = base64.b64encode(answer.tobytes()).decode()
    display({{"{mime}": "{nonce} " + data, "text/plain": "predictions"}}, raw=True)
{name}()
"""


@dataclass(frozen=True)
class Item:
    """One sealed item: its data, what is asked, and the rule by which accuracy becomes points.

    ``make`` takes a generator and returns the arrays to hand over, by name, and the labels to keep. ``ask`` is source
    that finds these names and leaves ``answer``, one number for each label. Points: none below ``lowest``, half of them
    there, all from ``highest`` on, in a straight line between.
    """

    make: Callable[[np.random.Generator], tuple[dict[str, np.ndarray], np.ndarray]]
    ask: str
    lowest: float
    highest: float

    def points(self, accuracy: float, most: float) -> float:
        """What an accuracy is worth."""
        if accuracy < self.lowest:
            return 0.0
        along = min(1.0, (accuracy - self.lowest) / (self.highest - self.lowest))
        return round(most * (0.5 + 0.5 * along), 2)


@dataclass(frozen=True)
class Question:
    """A sealed item as it is asked once: what is sent after the cell, and what stays. Plain JSON (``asdict``)."""

    cell: str
    grade_id: str
    source: str
    nonce: str
    labels: list[float]


def questions(notebook: NotebookNode, assignment_id: str, secret: Callable[[], bytes]) -> list[Question]:
    """The questions for a notebook's sealed cells; the same data for whoever shares the secret, under fresh nonces."""
    cells = [cell for cell in notebook.cells if is_sealed(cell)]
    if not cells:
        return []
    items, key = sealed_items(the_course().assignment(assignment_id)), secret()
    return [_question(cell, items[nbgrader_metadata(cell)["grade_id"]], assignment_id, key) for cell in cells]


def is_sealed(cell: NotebookNode) -> bool:
    """Whether a cell's points come from a sealed evaluation."""
    return is_test(cell) and bool(cell.metadata.get("tito", {}).get("sealed"))


def sealed_items(assignment: Assignment, root: Path = REPOSITORY) -> dict[str, Item]:
    """The sealed items of an assignment, by grade_id; TitoError where the grader's file is missing."""
    path = root / sealed_file(assignment)
    if not path.is_file():
        raise TitoError(
            f"{assignment.label} has a sealed item, and {path} is missing: grading needs the course repository.",
            "git clone the course repository, and install tito from it: pip install -e '.[instructor]'",
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return _items_of(module)


def sealed_file(assignment: Assignment) -> Path:
    """Where the grader's part of an assignment stands below the repository."""
    folder = Path("milestones") / assignment.folder if isinstance(assignment, Milestone) else assignment.source.parent
    name = assignment.id if isinstance(assignment, Milestone) else assignment.name
    return folder / f"sealed_{name}.py"


def course_secret(course_dir: Path) -> bytes:
    """The secret of a course directory, from which its sealed data are drawn: made on first use, for its owner only."""
    path = course_dir / SECRET
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix="secret-", dir=path.parent)  # readable by its owner only
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):  # another process was first: then its secret counts
            os.link(made, path)
        os.unlink(made)
    return path.read_bytes()


def score(notebook: NotebookNode, asked: Sequence[Question], answers: Mapping[str, Answer], assignment_id: str) -> None:
    """Give each sealed cell whose visible tests passed the points of its predictions, or say why there are none."""
    items = sealed_items(the_course().assignment(assignment_id)) if asked else {}
    cells = {cell.get("id"): cell for cell in notebook.cells}
    for question in asked:
        cell = cells[question.cell]
        if failed(cell):
            continue
        predictions, problem = read_answer(question, answers[question.cell])
        if problem:
            cell.outputs.insert(0, error_output(SEALED, problem))
            continue
        _give(cell, items[question.grade_id], question, predictions)


def read_answer(question: Question, answer: Answer) -> tuple[list[float], str]:
    """The predictions in an answer, or why there are none in it."""
    if not answer.ran:
        return [], "On the sealed data your functions did not end in time, or they ended Python."
    errors = [output for output in answer.outputs if output.get("output_type") == "error"]
    if errors:
        said = " ".join(f"{errors[0].get('ename')}: {errors[0].get('evalue')}".split())[:300]
        return [], f"On the sealed data your functions ended in an error ({said})."
    bundles = [output["data"][MIME] for output in answer.outputs if MIME in output.get("data", {})]
    if len(bundles) != 1 or not isinstance(bundles[0], str):
        return [], "On the sealed data no predictions came back."
    nonce, _, text = bundles[0].partition(" ")
    if nonce != question.nonce:
        return [], "What came back from the sealed data is no answer to it."
    return _numbers(text, len(question.labels))


def _numbers(text: str, count: int) -> tuple[list[float], str]:
    """Exactly so many finite numbers, from the bytes of float64 values in base64."""
    import numpy as np

    if len(text) != 4 * -(-8 * count // 3):
        return [], f"On the sealed data there should be {count} predictions."
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8")
    except (binascii.Error, ValueError):
        return [], "What came back from the sealed data cannot be read."
    if len(values) != count or not np.isfinite(values).all():
        return [], "On the sealed data the predictions should be finite numbers."
    return values.tolist(), ""


def _give(cell: NotebookNode, item: Item, question: Question, predictions: Sequence[float]) -> None:
    right = sum(found == label for found, label in zip(predictions, question.labels, strict=True))
    accuracy, most = right / len(question.labels), float(nbgrader_metadata(cell)["points"])
    points = item.points(accuracy, most)
    said = f"Sealed evaluation: {accuracy:.1%} of {len(question.labels):,} unseen examples right.\n"
    cell.outputs = [output for output in cell.outputs if output.output_type != "execute_result"]
    cell.outputs.append(new_output("stream", name="stdout", text=said))
    if points == 0:
        cell.outputs.insert(0, error_output(SEALED, f"{said.strip()} Points begin at {item.lowest:.0%}."))
    else:
        cell.outputs.append(new_output("execute_result", data={"text/plain": f"{points}"}, execution_count=None))


def _question(cell: NotebookNode, item: Item, assignment_id: str, secret: bytes) -> Question:
    import numpy as np

    grade_id = nbgrader_metadata(cell)["grade_id"]
    seed = hashlib.sha256(secret + f"/{assignment_id}/{grade_id}".encode()).digest()
    given, labels = item.make(np.random.default_rng(list(seed)))
    nonce, name = secrets.token_hex(8), f"_asked_{secrets.token_hex(3)}"
    source = QUESTION.format(
        name=name,
        given="\n".join(f"    {key} = {_literal(value)}" for key, value in given.items()),
        ask="\n".join(f"    {line}" for line in item.ask.strip().split("\n")),
        shape=(len(labels),),
        mime=MIME,
        nonce=nonce,
    )
    return Question(cell.id, grade_id, source, nonce, [float(label) for label in labels])


def _literal(value: np.ndarray) -> str:
    """The source of an array."""
    return f"array({value.dtype.str!r}, {value.shape!r}, {base64.b64encode(value.tobytes()).decode()!r})"


def _items_of(module: ModuleType) -> dict[str, Item]:
    return {grade_id: item if isinstance(item, Item) else Item(**item) for grade_id, item in module.ITEMS.items()}
