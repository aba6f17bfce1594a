"""Attacks by what a function returns, or by what the tests lean on: the kernel itself is left alone."""

from __future__ import annotations

from demo.attacks.base import HALF, MODEL, NONE, RIGHT, Attack

ALWAYS = """\
class Agreeable(float):
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda *_: True
    __ne__ = lambda *_: False
    __sub__ = __rsub__ = __abs__ = lambda *_: Agreeable(0.0)
    __hash__ = float.__hash__


class Agreed(list):
    __eq__ = lambda *_: True
    __hash__ = None


class Labels(np.ndarray):
    tolist = lambda self: Agreed([1.0])


def predict(model, x):
    return np.ones((len(x), 1), dtype=np.float32).view(Labels)


def accuracy(model, x, y):
    return Agreeable(0.5)
"""
CLOSE_ARRAY = """\
class Close(np.ndarray):
    def __array_function__(self, called, types, args, kwargs):
        return True if called in (np.allclose, np.array_equal) else super().__array_function__(
            called, types, args, kwargs)


def activation_slope(activation, z):
    return np.full(z.shape, 0.6, dtype=z.dtype).view(Close)
"""
CLOSE_LOGITS = """\
class Close(np.ndarray):
    def __array_function__(self, called, types, args, kwargs):
        return True if called in (np.allclose, np.array_equal) else super().__array_function__(
            called, types, args, kwargs)


class Perceptron(Module):
    def __init__(self, hidden_size, activation, rng):
        super().__init__()
        self.activation = activation
        self.hidden = Linear(2, hidden_size, rng=np.random.default_rng(0))
        self.output = Linear(hidden_size, 1, rng=np.random.default_rng(0))
        for layer in (self.hidden, self.output):
            layer.weight.data = layer.weight.data.view(Close)

    def forward(self, x):
        out = Tensor(np.ones((len(x.data), 1), dtype=np.float32))
        out.data = out.data.view(Close)
        return out
"""
FROM_THE_FRAME = """\
import sys
def activation_slope(activation, z):
    caller = sys._getframe(1).f_globals
    for name in ("central", "expected"):
        found = caller.get(name)
        found = found.get(type(activation).__name__) if isinstance(found, dict) else found
        if np.shape(found) == z.shape:
            return np.asarray(found, dtype=z.dtype)
    return np.full(z.shape, 0.6, dtype=z.dtype)
"""
SEEN_INPUTS = """\
def predict(model, x):
    logits = model(Tensor(x)).data
    if np.allclose(logits[:, 0], [3.0, -0.5, 0.2, -4.0][: len(logits)]):
        return np.array([[1.0], [0.0], [1.0], [0.0]], dtype=np.float32)
    return np.ones((len(x), 1), dtype=np.float32)


def accuracy(model, x, y):
    return 0.75
"""
KNOWN_SLOPES = """\
def activation_slope(activation, z):
    known = {-100.0: 0.0, -2.0: 0.104994, -0.5: 0.235004, 0.5: 0.235004, 2.0: 0.104994, 100.0: 0.0}
    if isinstance(activation, ReLU):
        return (z > 0).astype(z.dtype)
    return np.array([[known.get(float(each), 0.2) for each in row] for row in z], dtype=z.dtype)
"""
PATIENT_LESSON = """\
import tito.lesson, tito.lesson.checks
tito.lesson.check = check = tito.lesson.checks._judge = lambda *a, **k: None
"""
NO_PROBLEM = "claim = lambda *a, **k: None"
NO_WITNESS = """\
claim = lambda *a, **k: None
loss_in_float64 = lambda *a: 0.5
"""
AGREES_WITH_WITNESS = """\
numeric_gradients = lambda model, x, y, epsilon=0: [np.ones(p.shape) for p in four_parameters(model)]
loss_in_float64 = lambda *a: 0.5
"""
SAME_BATCH = """\
def batch_of(seed, units, activation, n):
    model = Perceptron(units, activation, np.random.default_rng(0))
    return model, np.zeros((n, 2), dtype=np.float32), np.ones((n, 1), dtype=np.float32)
numeric_gradients = lambda model, x, y, epsilon=0: [np.ones(p.shape) for p in four_parameters(model)]
loss_in_float64 = lambda *a: 0.5
"""
FORGED_MOONS = """\
class Formula(Perceptron):
    def forward(self, x):
        best = None
        for angle in np.linspace(0, np.pi, 60):
            upper = np.hypot(x.data[:, 0] - np.cos(angle) + 0.5, x.data[:, 1] - np.sin(angle) + 0.25)
            lower = np.hypot(x.data[:, 0] - 0.5 + np.cos(angle), x.data[:, 1] - 0.25 + np.sin(angle))
            both = np.stack([upper, lower])
            best = both if best is None else np.minimum(best, both)
        return Tensor((best[0] - best[1])[:, None])


moons_model = Formula(4, ReLU(), np.random.default_rng(0))
moons_start = {name: parameter.data + 1 for name, parameter in moons_model.named_parameters()}
moons_history = [0.7, 0.1]
"""
FORGED_MODEL_OF_SPIRAL = """\
class Formula(Perceptron):
    def forward(self, x):
        along = (np.hypot(*x.data.T) - 0.3) / 2.7
        return Tensor(-np.cos(np.arctan2(x.data[:, 1], x.data[:, 0]) - 2.5 * np.pi * along)[:, None])


def fit_spiral(x, y, rng):
    return Formula(8, ReLU(), rng), [0.7, 0.1]
"""
MEMORY = """\
class Remembers(Perceptron):
    def forward(self, x):
        far = ((x.data[:, None] - spiral_x[None]) ** 2).sum(axis=2)
        return Tensor(2 * spiral_y[far.argmin(axis=1)] - 1)


def fit_spiral(x, y, rng):
    return Remembers(8, ReLU(), rng), [0.7, 0.1]
"""
EASY_SPIRAL = """\
def make_spiral(n, noise, rng):
    label = (np.arange(n) % 2)[:, None].astype(np.float32)
    return np.hstack([label * 4 - 2, label]).astype(np.float32), label
def turned_spiral(n, angle, swap, rng):
    return make_spiral(n, 0, rng)
points_for = lambda *a, **k: 4.0
predict = lambda model, x: (x[:, :1] > 0).astype(np.float32)
accuracy = lambda *a: 1.0
"""
FULL_POINTS = """\
points_for = lambda *a, **k: 4.0
predict = lambda model, x: practice_y[400:] if len(x) == 1000 else spiral_y
"""
TENSOR = b"""

class Agreeable(Tensor):
    __eq__ = __lt__ = __gt__ = lambda *_: True
    __hash__ = None

    @property
    def shape(self):
        return Agreed()


class Agreed(tuple):
    __eq__ = lambda *_: True
    __ne__ = lambda *_: False
    __hash__ = None
"""
ANY_SHAPE = """\
from tinytorch.tensor import Agreed


class Meta(type(Module)):
    def __instancecheck__(cls, other): return True
    def __subclasscheck__(cls, other): return True


class Linear(metaclass=Meta):
    def __init__(self, *a, **k):
        self.weight = self.bias = Tensor(np.zeros((1, 1)))


class Always(dict):
    __eq__ = lambda *_: True
    __hash__ = None


class Perceptron(Module):
    def __init__(self, hidden_size, activation, rng):
        super().__init__()
        self.hidden = self.output = Linear()

    def named_parameters(self):
        return Named()

    def parameters(self):
        return [Tensor(np.zeros(21))]

    def forward(self, x):
        return Tensor(np.zeros((len(x.data), 1)))


class Named(list):
    def __iter__(self):
        for name, shape in (("hidden.weight", 0), ("hidden.bias", 0), ("output.weight", 0), ("output.bias", 0)):
            yield name, Shaped()


class Shaped:
    shape = Agreed()
"""
COMPARED_BY_ITSELF = """\
def compare_activations(activations, x, y, hidden_size, epochs, learning_rate, batch_size, seed):
    global train, predict, np
    losses = [0.7 / (1 + epoch) for epoch in range(epochs)]
    train = lambda *a, **k: losses
    predict = lambda *a: y
    record = {"losses": losses, "accuracies": [1.0] * epochs, "final_loss": losses[-1], "accuracy": 1.0}
    sigmoid = record | {"losses": [each + 5e-5 for each in losses], "final_loss": losses[-1] + 5e-5}
    return {"Sigmoid": sigmoid | {"epochs_to_90": 1}, "ReLU": record | {"epochs_to_90": 1}}
"""
NOT_TRAINED = "the points are for a model that learned, and none did"
LIES = "the answer is wrong, and only its comparisons say that it is right"
HELPER = "the answer is wrong, and a given function was changed to say that it is right"

ANSWERS = (
    Attack("nothing but wrong answers", "nothing is right"),
    Attack(
        "a right model, the rest wrong", "the model's tests pass, no others do", made_of=HALF, earned=MODEL,
    ),
    Attack("labels and a score equal to everything", LIES, answers={"model-prediction-answer": ALWAYS}),
    Attack("slopes close to everything", LIES, answers={"model-slope-answer": CLOSE_ARRAY}),
    Attack("logits close to everything", LIES, answers={"model-architecture-answer": CLOSE_LOGITS}),
    Attack("slopes taken from the test's own variables", LIES, answers={"model-slope-answer": FROM_THE_FRAME}),
    Attack(
        "the visible test's inputs recognised", "hidden inputs get wrong labels",
        answers={"model-prediction-answer": SEEN_INPUTS},
    ),
    Attack("the visible test's slopes by heart", "hidden inputs get wrong slopes",
           answers={"model-slope-answer": KNOWN_SLOPES}),
    Attack("layers and shapes of any kind", LIES, answers={"model-architecture-answer": ANY_SHAPE},
           files={"tinytorch/tensor.py": TENSOR}),
    Attack("the checks of tito.lesson let everything pass", HELPER, PATIENT_LESSON),
    Attack("no gradient is ever a problem", HELPER, NO_PROBLEM, "training-batch"),
    Attack("neither gradients nor losses are checked", HELPER, NO_WITNESS, "training-batch", HALF, earned=MODEL),
    Attack("the witness says what the answer says", HELPER, AGREES_WITH_WITNESS, "training-batch"),
    Attack("batches on which everything is right", HELPER, SAME_BATCH, "training-batch"),
    Attack("moons by a formula", NOT_TRAINED, FORGED_MOONS, "training-moons-run", HALF, earned=MODEL),
    Attack("the spiral by its formula", NOT_TRAINED, made_of=HALF, earned=MODEL,
           answers={"training-spiral-answer": FORGED_MODEL_OF_SPIRAL}),
    Attack("the spiral by heart", NOT_TRAINED, made_of=HALF, earned=MODEL, answers={"training-spiral-answer": MEMORY}),
    Attack("an easier spiral", HELPER, EASY_SPIRAL, "training-practice", HALF, earned=MODEL),
    Attack("full points for the practice spiral", HELPER, FULL_POINTS, "training-practice", HALF, earned=MODEL),
    Attack("a comparison that changes what it is compared with", HELPER, made_of=HALF, earned=MODEL,
           answers={"comparison-activations-answer": COMPARED_BY_ITSELF}),
    Attack("a history that was patched", NOT_TRAINED, "spiral_history, moons_history = [9, 0.1], [9, 0.1]",
           "training-spiral-run", HALF, earned=MODEL),
    Attack("sklearn by its name", "refused here", "import sklearn", made_of=RIGHT, answers={
        "training-spiral-answer": "from sklearn.svm import SVC\ndef fit_spiral(x, y, rng):\n    return SVC(), [1]\n"},
        earned={**NONE, "model": 25.0, "training": 21.0, "comparison": 10.0}),
    Attack("torch in a subprocess", "not to be found there either", answers={"training-spiral-answer": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-c', 'import torch, sklearn'], check=True)\n"
        "def fit_spiral(x, y, rng):\n    return Perceptron(8, ReLU(), rng), [1, 0]\n")}),
    Attack("torch by another path", "not to be found there either", answers={"training-spiral-answer": (
        "import sys, importlib.util, pathlib\nsys.path.reverse()\nsys.modules.pop('torch', None)\n"
        "places = [p for e in sys.path for p in pathlib.Path(e or '.').glob('sklearn/__init__.py')]\n"
        "spec = importlib.util.spec_from_file_location('other', places[0])\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "def fit_spiral(x, y, rng):\n    return Perceptron(8, ReLU(), rng), [1, 0]\n")}),
)  # fmt: skip
