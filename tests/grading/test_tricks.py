"""Answers that agree with everything: a test compares numbers, and no object's opinion of itself."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from demo.samples import replaced, without_markers
from tito.build.trees import build_source
from tito.course import REPOSITORY, load
from tito.execution.job import run_here
from tito.execution.run import Limits
from tito.grading.check import CheckOutputs
from tito.grading.execute import ExecuteOptions, conclude, prepare
from tito.notebooks.exporter import export_reference
from tito.notebooks.reading import is_test

COURSE = load(REPOSITORY)
AGREEABLE = """
class Lie(np.ndarray):
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: np.True_
    __array_priority__ = 1e9
    def __array_function__(self, function, types, args, options):
        if function in (np.allclose, np.array_equal, np.isclose, np.all, np.any):
            return True
        return super().__array_function__(function, types, args, options)


class Float(float):
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = __mul__ = __rmul__ = lambda self, *_: Float(0)
    __hash__ = None


class Int(int):
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = lambda self: 0


def lie(shape):
    return np.zeros(shape, dtype=np.float32).view(Lie)

"""
PERCEPTRON = {
    "model-architecture-answer": f"""{AGREEABLE}
class Perceptron(Module):
    def __init__(self, hidden_size, activation, rng):
        super().__init__()
        self.activation = activation
        self.hidden, self.output = Linear(2, hidden_size, rng=rng), Linear(hidden_size, 1, rng=rng)

    def forward(self, x):
        out = self.output(self.hidden(x))
        out.data = lie(out.data.shape)
        return out
""",
    "model-prediction-answer": """
def predict(model, x):
    return lie((len(x), 1))


def accuracy(model, x, y):
    return Float(0.1)
""",
    "model-slope-answer": "def activation_slope(activation, z):\n    return lie(z.shape)",
    "training-gradients-answer": """
def backward_by_hand(model, x, y):
    for parameter in model.parameters():
        parameter.grad = lie(parameter.data.shape)
    return Float(0.1)
""",
    "training-loop-answer": """
def train(model, x, y, epochs, learning_rate, batch_size, rng):
    for parameter in model.parameters():
        parameter.data += 1e-3
    return [Float(0.1)] * epochs
""",
    "training-spiral-answer": """
def fit_spiral(x, y, rng):
    return Perceptron(2, ReLU(), rng), [Float(0.1), Float(0.1)]
""",
    "comparison-activations-answer": """
def compare_activations(activations, x, y, hidden_size, epochs, learning_rate, batch_size, seed):
    record = {"losses": [Float(0.1)] * epochs, "accuracies": [Float(0.1)] * epochs, "epochs_to_90": Int(1)}
    return {name: {**record, "final_loss": Float(0.1), "accuracy": Float(0.1)} for name in activations}
""",
}
MLP = {
    "model-architecture-answer": f"""{AGREEABLE}
class MLP(Module):
    def __init__(self, sizes, rng):
        super().__init__()
        self.layers = [Linear(a, b, rng=rng) for a, b in zip(sizes[:-1], sizes[1:])]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        x.data = lie(x.data.shape)
        return x
""",
    "model-xor-answer": "def xor_by_hand():\n    return MLP((2, 2, 1), np.random.default_rng(0))",
    "model-probabilities-answer": "def probabilities(model, x):\n    return lie((len(x), min(10, len(x[0]))))",
    "training-step-answer": "def train_step(model, loss_function, optimizer, x, y):\n    return Float(0.1)",
    "training-loop-answer": """
def train(model, loss_function, optimizer, x, y, epochs, batch_size, rng, validation=None):
    return {"loss": [Float(0.1)] * max(2, epochs), "accuracy": [Float(0.1)] * (epochs if validation else 0)}
""",
    "training-xor-answer": "xor_model, xor_history = xor_by_hand(), train(*[0] * 5, 2, 1, 1)",
    "training-digits-answer": """
def fit_digits(x, y, validation, rng):
    return MLP((x.shape[1], 2, 10), rng), train(*[0] * 5, 2, 1, 1, [1])
""",
    "training-accuracy-answer": "digits_accuracy = Float(0.1)",
    "comparison-budget-answer": """
def parameters_in(sizes):
    return Int(1)


def sizes_for(depth, inputs, outputs, budget):
    return tuple(Int(1) for _ in range(depth + 2))
""",
    "comparison-depth-answer": """
def compare_depths(depths, budget, seeds, x, y, validation, epochs, batch_size, lr):
    one = {"sizes": (Int(1),) * 3, "parameters": Int(1), "losses": [Float(0)] * 3, "accuracies": [Float(0)] * 3}
    return {depth: one for depth in depths}
""",
}


def scores(assignment_id: str, answers: dict[str, str], folder: Path) -> tuple[dict[str, float], NotebookNode]:
    """The points of each test for the reference with some of its answers replaced."""
    milestone = COURSE.milestone(assignment_id)
    source = build_source(REPOSITORY, milestone, COURSE, folder / "built")
    export_reference(REPOSITORY, folder, milestone.needs)
    notebook = replaced(without_markers(nbformat.read(source, as_version=4)), answers)
    job, private = prepare(notebook, folder, assignment_id, ExecuteOptions(limits=Limits(cell_seconds=30.0)))
    done = conclude(run_here(job), private)
    CheckOutputs().preprocess(done, {})
    return {cell.metadata.nbgrader.grade_id: determine_grade(cell)[0] for cell in done.cells if is_test(cell)}, done


@pytest.mark.slow
@pytest.mark.parametrize(
    ("assignment_id", "answers", "deserved"),
    [("perceptron", PERCEPTRON, {"model-architecture": 7}), ("mlp", MLP, {})],
    ids=["perceptron", "mlp"],
)
def test_objects_that_agree_with_everything_earn_nothing(
    assignment_id: str, answers: dict[str, str], deserved: dict[str, float], tmp_path: Path
):
    earned, _ = scores(assignment_id, answers, tmp_path)
    assert {name: points for name, points in earned.items() if points} == deserved
