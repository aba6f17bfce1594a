"""What an attack is made of: answers whose worth is known, and a cell, a file or a function put into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from demo.oddities import NAME, lay_out, package
from demo.samples import Materials, as_bytes, grade_id_of, replaced
from tito.notebooks.reading import nbgrader_metadata

NONE = {"model": 0.0, "training": 0.0, "visualization": 0.0, "systems": 0.0, "comparison": 0.0}
MODEL = {**NONE, "model": 25.0}
FULL = {**MODEL, "training": 25.0, "comparison": 10.0}
TOP = "top"  # right after the imports
IMPORTS = "import numpy as np"
NO_PICTURES = "plt.show = lambda: plt.close('all')"
AFTER_MODEL = "model-slope"
WRONG, HALF, RIGHT = "wrong", "half", "right"

# Wrong, every one, but none of them raises: whoever silences the asserts would earn everything.
WRONG_MODEL = {
    "model-architecture-answer": """\
class Perceptron(Module):
    def __init__(self, hidden_size, activation, rng):
        super().__init__()
        self.activation = activation
        self.hidden = Linear(2, hidden_size + 1, rng=rng)
        self.output = Linear(hidden_size + 1, 1, rng=rng)

    def forward(self, x):
        return self.output(self.activation(self.hidden(x))) + 1.0
""",
    "model-prediction-answer": """\
def predict(model, x):
    return np.ones((len(x), 1), dtype=np.float32)


def accuracy(model, x, y):
    return 1.0
""",
    "model-slope-answer": "def activation_slope(activation, z):\n    return np.full(z.shape, 0.6, dtype=z.dtype)\n",
}
WRONG_REST = {
    "training-gradients-answer": """\
def backward_by_hand(model, x, y):
    for parameter in model.parameters():
        parameter.grad = np.ones(parameter.shape, dtype=np.float32)
    return 0.5
""",
    "training-loop-answer": """\
def train(model, x, y, epochs, learning_rate, batch_size, rng):
    return [0.7 / (1 + epoch) for epoch in range(epochs)]
""",
    "training-spiral-answer": """\
def fit_spiral(x, y, rng):
    return Perceptron(8, ReLU(), rng), [0.7, 0.1]
""",
    "comparison-activations-answer": """\
def compare_activations(activations, x, y, hidden_size, epochs, learning_rate, batch_size, seed):
    losses, accuracies = [0.7 / (1 + epoch) for epoch in range(epochs)], [0.99] * epochs
    record = {"losses": losses, "accuracies": accuracies, "final_loss": losses[-1], "accuracy": 0.99}
    return {name: record | {"epochs_to_90": 1} for name in activations}
""",
}
QUICK = {  # right, with little to compute and nothing to draw
    "training-spiral-answer": """\
def fit_spiral(x, y, rng):
    model, history = Perceptron(64, ReLU(), rng), []
    while len(history) < 200 and (not history or accuracy(model, x, y) < 0.985):
        history += train(model, x, y, 20, 0.4, 20, rng)
    return model, history
""",
    "visualization-boundary": "print('drawn elsewhere')",
    "visualization-history": "del snapshots  # drawn elsewhere, and so is what follows",
    "systems-memory": "print('measured elsewhere')",
}


@dataclass(frozen=True)
class Attack:
    """One submission, the points that it deserves by category, and why.

    ``answers`` replace cells of what it is made from (``made_of``: all answers wrong, the model right, all right);
    ``cell`` stands after the cell ``at``. ``flagged``: tampering must be (True), must not be (False), or may be noted
    (None). A flagged one may lose points that it deserved before, never win any. ``write`` makes another hand-in of it;
    ``tells``: it puts out what it found of hidden tests.
    """

    what: str
    why: str
    cell: str = ""
    at: str = TOP
    made_of: str = WRONG
    answers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    earned: Mapping[str, float] = field(default_factory=lambda: NONE)
    flagged: bool | None = False
    write: Callable[[Path, Materials], None] | None = None
    tells: bool = False

    def hand_in(self, folder: Path, materials: Materials) -> None:
        """Lay the submission out in an empty folder."""
        if self.write is not None:
            return self.write(folder, materials)
        lay_out(folder, {**package(materials), **self.files, NAME: as_bytes(self.notebook(materials))})

    def notebook(self, materials: Materials) -> NotebookNode:
        """The notebook that is handed in."""
        made = answered(materials, self.made_of)
        made = replaced(made, self.answers)
        return with_cell(made, self.cell, self.at) if self.cell else made


def answered(materials: Materials, made_of: str) -> NotebookNode:
    """The notebook with answers that are all wrong, right for the model, or all right."""
    wrong = {WRONG: {**WRONG_MODEL, **WRONG_REST}, HALF: WRONG_REST, RIGHT: {}}[made_of]
    made = replaced(materials.solved, {**QUICK, **wrong})
    for cell in made.cells:
        if cell.cell_type == "code" and not nbgrader_metadata(cell):
            cell.source = f"{cell.source}\n{NO_PICTURES}" if IMPORTS in cell.source else ""
    return made


def with_cell(notebook: NotebookNode, source: str, at: str) -> NotebookNode:
    """The notebook with a cell of the student's own after the one with this grade id, or after the imports."""
    if at == TOP:
        place = next(n for n, cell in enumerate(notebook.cells) if IMPORTS in cell.source)
    else:
        place = next(n for n, cell in enumerate(notebook.cells) if grade_id_of(cell) == at)
    notebook.cells.insert(place + 1, new_code_cell(source, id=f"own-{place}"))
    return notebook
