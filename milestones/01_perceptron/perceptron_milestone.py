# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Milestone 1: Perceptron
#
# In 1958 Frank Rosenblatt published the perceptron, a machine that corrects its own weights whenever it errs. In 1969
# Marvin Minsky and Seymour Papert proved how little one layer can compute, and nobody had an accepted way to train two.
# In 1986 David Rumelhart, Geoffrey Hinton and Ronald Williams showed one: send the error backwards, layer by layer, with
# the chain rule. You do the same with **your own** `tinytorch` (modules 01 to 04), and derive every gradient yourself.

# %% [markdown]
# ## What you hand in, and how it is graded
#
# | part | exercises | points | graded by |
# | --- | --- | --- | --- |
# | Model | two layers, forward pass, prediction, slope | 25 | tests |
# | Training | gradients by hand, training loop, moons, spiral | 25 | tests |
# | Comparison | Sigmoid against ReLU | 10 | tests |
# | Visualization | decision boundary, its history | 20 | a person |
# | Systems analysis | memory against batch size, written analysis | 20 | a person |
#
# Headings name the kind of exercise: **write**, **derive**, or **predict** a number before you see it (no points). Each
# check is the specification: read it before you write. Hidden checks try the same rules with other sizes and seeds.

# %%
import matplotlib.pyplot as plt
import numpy as np

from tinytorch.activations import ReLU, Sigmoid
from tinytorch.layers import Linear, Module
from tinytorch.losses import BCEWithLogitsLoss
from tinytorch.tensor import Tensor, no_grad
from tito import lesson
from tito.lesson import check, peak_bytes, seconds_of
from tito.lesson import slope as measured_slope
from tito.lesson.pictures import CLASS_COLORS, PROBABILITY_COLORS, draw_points, explore_units, grid_around
from tito.lesson.pictures import show_histories, show_points, show_units

# %% [markdown]
# ## Part 1: Two data sets that no line can separate
#
# Both data sets have points in the plane, `x` with shape `(n, 2)`, and labels 0 or 1, `y` with shape `(n, 1)`. The
# **moons** are two half circles that reach into each other. The **spiral** has two arms that wind around the center. All
# randomness comes from a generator `rng`, so one seed always gives the same points.

# %% nbgrader={"grade": false, "grade_id": "data-moons", "locked": true, "schema_version": 3, "solution": false, "task": false}
def make_moons(n, noise, rng):
    """Two interleaved half circles: x (n, 2) and labels y (n, 1), both float32."""
    label = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    lower = np.stack([0.5 - np.cos(angle), 0.25 - np.sin(angle)], axis=1)
    points = np.where(label[:, None] == 0, upper, lower) + rng.normal(0, noise, (n, 2))
    return points.astype(np.float32), label[:, None].astype(np.float32)

# %% nbgrader={"grade": false, "grade_id": "data-spiral", "locked": true, "schema_version": 3, "solution": false, "task": false}
def make_spiral(n, noise, rng):
    """Two spiral arms of one and a quarter turns: x (n, 2) and labels y (n, 1), both float32."""
    label = np.arange(n) % 2
    along = np.sqrt(rng.uniform(0, 1, n))  # 0 at the center, 1 at the tip of the arm
    radius = 0.3 + 2.7 * along
    angle = 2.5 * np.pi * along + np.pi * label
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    points = points + rng.normal(0, noise, (n, 2))
    return points.astype(np.float32), label[:, None].astype(np.float32)


moons_x, moons_y = make_moons(400, 0.1, np.random.default_rng(1957))
spiral_x, spiral_y = make_spiral(400, 0.1, np.random.default_rng(1958))

# %% nbgrader={"grade": false, "grade_id": "data-plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
show_points({"Moons": (moons_x, moons_y), "Spiral": (spiral_x, spiral_y)})

# %% [markdown]
# ### model-line · predict · 3 min · core
#
# A single layer computes $w_1 x_1 + w_2 x_2 + b$ and asks for the sign: its boundary is a straight line. Look at the
# pictures. For what share of the points is the best line right, from 0 to 1? Guessing would give 0.5.

# %% nbgrader={"grade": false, "grade_id": "model-line-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}

### BEGIN SOLUTION
moons_guess, spiral_guess = 0.75, 0.5
### STUB moons_guess, spiral_guess = ..., ...
### END SOLUTION

# %%
lines = np.random.default_rng(1969).normal(size=(3, 20_000))  # w1, w2, b of each line
for name, guess, x, y in (("moons", moons_guess, moons_x, moons_y), ("spiral", spiral_guess, spiral_x, spiral_y)):
    right = ((x @ lines[:2] + lines[2] > 0) == (y == 1)).mean(axis=0)  # the share that each line gets right
    lesson.predict(guess, round(float(right.max()), 3), f"the best of 20,000 lines on the {name}")

# %% [markdown]
# A line does better than you may have thought, and never well. No training gets past this. A boundary has to bend.

# %% [markdown]
# ## Part 2: The model
#
# ### model-architecture · write · 12 min · core
#
# A hidden layer of $H$ units draws $H$ lines; the output layer combines them into a curve.
#
# $$z = xW^T + b \qquad h = a(z)$$
#
# $$\ell = hV^T + c$$
#
# | symbol | in the code | shape |
# | --- | --- | --- |
# | $W$, $b$ | `model.hidden.weight`, `model.hidden.bias` | $(H, 2)$, $(H,)$ |
# | $V$, $c$ | `model.output.weight`, `model.output.bias` | $(1, H)$, $(1,)$ |
# | $z$, $h$ | before and after the activation $a$ | $(N, H)$ |
# | $\ell$ | the **logit**, any real number | $(N, 1)$ |
#
# The sigmoid that turns a logit into a probability belongs to the loss (module 04), not to the model. Two checks follow:
# one for the layers, one for the forward pass.

# %% nbgrader={"grade": false, "grade_id": "model-architecture-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}

class Perceptron(Module):
    """A two-layer perceptron: 2 inputs, `hidden_size` hidden units, 1 logit.

    `hidden` and `output` are two Linear layers; `activation` is a ReLU() or a Sigmoid() between them.
    Both layers take their initial weights from `rng`, the hidden layer first.
    """

    def __init__(self, hidden_size, activation, rng):
        super().__init__()
        self.activation = activation
        # Make self.hidden and self.output (2 lines).
        ### BEGIN SOLUTION
        self.hidden = Linear(2, hidden_size, rng=rng)
        self.output = Linear(hidden_size, 1, rng=rng)
        ### END SOLUTION

    def forward(self, x):
        """Logits (N, 1) for the points x (N, 2), both Tensors (1 to 3 lines)."""
        ### BEGIN SOLUTION
        return self.output(self.activation(self.hidden(x)))
        ### END SOLUTION

# %% [markdown]
# Hidden checks use `claim` where you see `check`.

# %% nbgrader={"grade": false, "grade_id": "model-plain", "locked": true, "schema_version": 3, "solution": false, "task": false}

def plain(values):
    """The numbers in `values` as a plain float64 array: a check compares numbers, whatever object holds them."""
    return np.array(values, dtype=np.float64)


def claim(call, expected, hint="", tolerance=1e-5):
    """What `check` demands, as an assert without its explanations."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        got = call()
    same = np.shape(got) == np.shape(expected) and np.allclose(plain(got), plain(expected), tolerance, tolerance)
    assert same, f"Expected {expected}, got {got}. {hint}"

# %% nbgrader={"grade": true, "grade_id": "model-architecture", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check


def shapes_of(units):
    named = Perceptron(units, ReLU(), np.random.default_rng(0)).named_parameters()
    return {name: plain(parameter.data).shape for name, parameter in named}


def start_of(layer, seed):
    """The first weights of a layer, as the seed gives them."""
    return plain(getattr(Perceptron(5, Sigmoid(), np.random.default_rng(seed)), layer).weight.data).tolist()


for units in (1, 3, 16):
    SHAPES = {"hidden.weight": (units, 2), "hidden.bias": (units,), "output.weight": (1, units), "output.bias": (1,)}
    check(lambda: shapes_of(units), SHAPES, "self.hidden and self.output are Linear; a weight is (outputs, inputs)")
for layer in ("hidden", "output"):
    check(lambda: start_of(layer, 7) == start_of(layer, 7), True, f"one seed, the same weights in {layer}: hand rng on")
    check(lambda: start_of(layer, 7) == start_of(layer, 8), False, f"another seed, other weights in {layer}: hand rng on")
check(lambda: start_of("hidden", 7), plain(Linear(2, 5, rng=np.random.default_rng(7)).weight.data).tolist(), "hidden first")
### BEGIN HIDDEN TESTS
for units in (1, 3, 16, 7):
    small = Perceptron(units, ReLU(), np.random.default_rng(0))
    for name in ("hidden", "output"):
        assert isinstance(getattr(small, name, None), Linear), f"Perceptron needs a Linear, self.{name}."
    shapes, expected = shapes_of(units), {
        "hidden.weight": (units, 2), "hidden.bias": (units,), "output.weight": (1, units), "output.bias": (1,)}
    assert shapes == expected, (
        f"With {units} hidden units, named_parameters() should give {expected}, but it gave {shapes}. "
        "A weight has the shape (outputs, inputs).")
for layer in ("hidden", "output"):
    weights = [np.array(start_of(layer, seed)) for seed in (7, 7, 8)]
    assert np.array_equal(weights[0], weights[1]), f"{layer}: one seed should give the same weights. Use rng."
    assert not np.array_equal(weights[0], weights[2]), f"{layer}: two seeds should give different weights."
first = Perceptron(5, Sigmoid(), np.random.default_rng(7))
count = sum(plain(parameter.data).size for parameter in first.parameters())
assert count == 21, f"5 hidden units make 4 * 5 + 1 = 21 parameters, but parameters() gave {count}."
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "model-forward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check


def logits_in_numpy(model, x, curve):
    """The formulas above, in float64 and without TinyTorch."""
    layers = (model.hidden, model.output)
    w, b, v, c = (plain(p.data) for layer in layers for p in (layer.weight, layer.bias))
    return curve(x.astype(np.float64) @ w.T + b) @ v.T + c


CURVES = {"ReLU": lambda z: np.maximum(z, 0), "Sigmoid": lambda z: 0.5 * (1 + np.tanh(z / 2))}


def check_forward(activation, units, n):
    rng = np.random.default_rng(units)
    model = Perceptron(units, activation, rng)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 2, parameter.shape)
    x = Tensor(rng.normal(0, 2, (n, 2)).astype(np.float32))
    expected = logits_in_numpy(model, plain(x.data), CURVES[type(activation).__name__]).astype(np.float32)
    check(lambda: model(x).data, expected, "hidden, activation, output, and no sigmoid at the end", tolerance=1e-3)


check_forward(ReLU(), units=4, n=6)
check_forward(Sigmoid(), units=3, n=5)
### BEGIN HIDDEN TESTS
check = claim
for units, n in ((4, 6), (1, 1), (17, 40)):
    check_forward(ReLU(), units, n)
    check_forward(Sigmoid(), units + 1, n)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How many numbers does one point have, and how many does the model give for it? What stands between the two?
# </details>
# <details><summary>Hint 2</summary>
#
# `Linear(in_features, out_features, rng=rng)` makes a layer, and calling a layer with a Tensor gives a Tensor. Each step
# of the formula is one call.
# </details>
#
# **The running example.** Three points and two hidden units, small enough to print.

# %%
tiny_x = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], dtype=np.float32)  # (3, 2)
tiny_y = np.array([[1.0], [0.0], [1.0]], dtype=np.float32)  # (3, 1)
tiny_model = Perceptron(2, Sigmoid(), np.random.default_rng(0))
tiny_logits = tiny_model(Tensor(tiny_x)).data
print("z, hidden units before the activation (3, 2):", tiny_model.hidden(Tensor(tiny_x)).data.round(3), sep="\n")
print("logits (3, 1):", tiny_logits.round(3), "probabilities:", Sigmoid()(Tensor(tiny_logits)).data.round(3), sep="\n")

# %% [markdown]
# ### model-prediction · write · 10 min · core
#
# The model says class 1 where the probability $\sigma(\ell)$ is above one half. At which logit is that? You need no
# sigmoid to decide. A point that lies exactly on the boundary belongs to class 0.
#
# The **accuracy** is the share of the points whose predicted label is right. Mind the shapes: comparing `(n, 1)` with
# `(n,)` broadcasts to `(n, n)` without any error.

# %% nbgrader={"grade": false, "grade_id": "model-prediction-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict(model, x):
    """Predicted labels for the array x (n, 2): a float32 array (n, 1) of zeros and ones (2 lines).

    Logits of [[1.3], [-0.2]] become [[1.0], [0.0]].
    """
    with no_grad():
        ### BEGIN SOLUTION
        logits = model(Tensor(x)).data  # (n, 1)
        return (logits > 0).astype(np.float32)
        ### END SOLUTION


def accuracy(model, x, y):
    """The share of the points x (n, 2) whose predicted label equals y (n, 1): a Python float (1 line)."""
    ### BEGIN SOLUTION
    return float(np.mean(predict(model, x) == y))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "model-prediction", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check


def model_with_logits(logits):
    """Stands in for a model: it answers with these logits, whatever the points are."""
    def answer(x):
        assert isinstance(x, Tensor), "a model takes a Tensor"
        return Tensor(np.array(logits, dtype=np.float32)[:, None])
    return answer


POINTS, ONE, TWO = np.zeros((4, 2), np.float32), np.float32([[1], [0], [0], [0]]), np.float32([[0], [1], [0], [0]])
stand_in, on_the_edge = model_with_logits([3.0, -0.5, 0.2, -4.0]), model_with_logits([0.0, 0.1, -0.7, 2.4])
check(lambda: predict(stand_in, POINTS), np.float32([[1], [0], [1], [0]]), "a probability above one half")
check(lambda: predict(stand_in, POINTS).dtype.name, "float32", "labels are float32, as y is")
check(lambda: predict(on_the_edge, POINTS), np.float32([[0], [1], [0], [1]]), "exactly one half is class 0")
check(lambda: accuracy(stand_in, POINTS, ONE), 0.75, "3 of 4 are right; compare (n, 1) with (n, 1)")
check(lambda: accuracy(stand_in, POINTS, TWO), 0.25, "1 of 4 is right")
check(lambda: isinstance(accuracy(stand_in, POINTS, ONE), float), True, "a Python float")
### BEGIN HIDDEN TESTS
check, points = claim, np.zeros((4, 2), dtype=np.float32)
edge = plain(predict(model_with_logits([0.0, 0.2, -0.7, 2.9]), points)).ravel().tolist()
assert edge == [0.0, 1.0, 0.0, 1.0], f"Logits [0, 0.2, -0.7, 2.9] mean labels [0, 1, 0, 1], but came {edge}."
stand_in = model_with_logits([3.0, -0.5, 0.2, -4.0])
labels = predict(stand_in, points)
assert isinstance(labels, np.ndarray) and labels.shape == (4, 1), (
    f"predict should give an array of shape (4, 1), but gave {type(labels).__name__} of {np.shape(labels)}.")
assert labels.dtype == np.float32, f"The labels should be float32, as y is, but are {labels.dtype}."
labels = plain(labels).ravel().tolist()
assert labels == [1.0, 0.0, 1.0, 0.0], f"Logits [3, -0.5, 0.2, -4] mean labels [1, 0, 1, 0], but came {labels}."
truth = np.array([[1.0], [0.0], [0.0], [0.0]], dtype=np.float32)
score = accuracy(stand_in, points, truth)
assert isinstance(score, float), f"accuracy should be a Python float, but is {type(score).__name__}."
assert abs(float(score) - 0.75) < 1e-6, f"3 of 4 labels are right, so accuracy should be 0.75, but it is {score}."
truth = np.array([[0.0], [1.0], [0.0]], dtype=np.float32)
wrong = float(accuracy(model_with_logits([5.0, -5.0, 5.0]), points[:3], truth))
assert wrong == 0.0, f"No label is right, so accuracy should be 0.0, but it is {wrong}."
mixed = float(accuracy(model_with_logits([-2.0, -0.4, -0.1]), points[:3], truth))
assert abs(mixed - 2 / 3) < 1e-6, f"2 of 3 labels are right, so accuracy should be 0.667, but it is {mixed}."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Draw the sigmoid. At which $\ell$ does it cross one half, and which way does it go from there?
# </details>
# <details><summary>Hint 2</summary>
#
# A comparison gives booleans; `.astype(np.float32)` makes zeros and ones of them. What is the mean of booleans?
# </details>
#
# ### model-slope · derive · 12 min · core
#
# To send an error backwards through $h = a(z)$ you need the slope $a'(z)$ of every hidden unit. Take both from the
# curves that you know: ReLU is flat, then climbs by 1 for each step of 1. For the sigmoid start from
# $\sigma(z) = 1 / (1 + e^{-z})$; the result can be written with $\sigma(z)$ alone, which keeps large $z$ from
# overflowing. At exactly $z = 0$ ReLU has a corner and no slope; take 0.

# %% nbgrader={"grade": false, "grade_id": "model-slope-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}

def activation_slope(activation, z):
    """Slope of the activation at the array z (N, H): an array of the same shape and dtype (1 or 2 lines each).

    activation_slope(ReLU(), [[-2.0, 3.0]]) is [[0.0, 1.0]]; for Sigmoid(), z = 0 gives 0.25.
    Large z of either sign must not overflow: use your own Sigmoid.
    """
    if isinstance(activation, ReLU):
        ### BEGIN SOLUTION
        return (z > 0).astype(z.dtype)
        ### END SOLUTION
    elif isinstance(activation, Sigmoid):
        ### BEGIN SOLUTION
        probability = activation(Tensor(z)).data
        return probability * (1 - probability)
        ### END SOLUTION
    else:
        raise ValueError(f"No slope is known for {type(activation).__name__}; use ReLU() or Sigmoid().")

# %% nbgrader={"grade": true, "grade_id": "model-slope", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check

Z = np.array([[-100.0, -2.0, -0.5], [0.5, 2.0, 100.0]], dtype=np.float32)
CORNER = np.array([[0.0, 3.0]], dtype=np.float32)


def slopes_in_numpy(curve, z):
    """The measured slope of a curve at each number of z."""
    return measured_slope(lambda moved: curve(moved).sum(), z).astype(np.float32)


check(lambda: activation_slope(ReLU(), Z), slopes_in_numpy(CURVES["ReLU"], Z), "flat below 0, then 1 for each step of 1")
check(lambda: activation_slope(ReLU(), CORNER), np.float32([[0.0, 1.0]]), "0 at the corner")
SMOOTH = slopes_in_numpy(CURVES["Sigmoid"], Z)
check(lambda: activation_slope(Sigmoid(), Z), SMOOTH, "steepest at 0, with 0.25, and flat far out on both sides")
### BEGIN HIDDEN TESTS
check = claim
assert activation_slope(Sigmoid(), Z).dtype == np.float32, "z is float32, so its slope should be."
rng = np.random.default_rng(3)
z = rng.normal(0, 3, (7, 1)).astype(np.float32)
before = z.copy()
for activation, curve in ((ReLU(), lambda t: np.maximum(t, 0)), (Sigmoid(), lambda t: 0.5 * (1 + np.tanh(t / 2)))):
    for at in (z, np.array([[-100.0, -2.0, -0.5], [0.5, 2.0, 100.0]], dtype=np.float32)):
        wide = at.astype(np.float64)
        central = (curve(wide + 1e-6) - curve(wide - 1e-6)) / 2e-6
        claim(lambda: activation_slope(activation, at), central, f"the slope of {type(activation).__name__}", 1e-4)
assert np.array_equal(z, before), "activation_slope must not change z itself."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# For ReLU: at which inputs does the output move when the input moves? Look at its graph.
# </details>
# <details><summary>Hint 2</summary>
#
# Differentiate $(1 + e^{-z})^{-1}$ with the chain rule. Two factors come out; one is $\sigma(z)$. What is the other one in
# terms of $\sigma(z)$?
# </details>

# %% [markdown]
# ## Part 3: Gradients by hand
#
# **One layer first.** Say a layer computes $o = xW^T + b$, and we already know $G = \partial L / \partial o$, one row
# per example. Example $i$ adds $G_{ij}\,x_{ik}$ to the gradient of $W_{jk}$. Which product of matrices is that sum?
# The next cell adds it up by loops.

# %%
layer_input = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])  # x: 3 examples, 2 inputs
layer_slope = np.array([[0.1], [-0.2], [0.3]])  # G: 3 examples, 1 output
by_loops = np.zeros((1, 2))
for i, j, k in np.ndindex(3, 1, 2):
    by_loops[j, k] += layer_slope[i, j] * layer_input[i, k]
print("gradient of W (1, 2):", by_loops, "from G (3, 1) and x (3, 2)")

# %% [markdown]
# ### training-gradients · derive · 35 min · core
#
# Work on paper first, from the loss backwards. The loss is the **mean** over the $N$ examples of a batch.
#
# | step | you have | you need | shape |
# | --- | --- | --- | --- |
# | 1 | the loss, $\sigma(\ell)$, $y$ | $\partial L / \partial \ell$, as in module 04 | $(N, 1)$ |
# | 2 | $\partial L / \partial \ell$, $h$ | the gradients of $V$ and $c$ | $(1, H)$, $(1,)$ |
# | 3 | $\partial L / \partial \ell$, $V$ | $\partial L / \partial h$: what each unit did to the logits | $(N, H)$ |
# | 4 | $\partial L / \partial h$, $a'(z)$ | $\partial L / \partial z$ | $(N, H)$ |
# | 5 | $\partial L / \partial z$, $x$ | the gradients of $W$ and $b$ | $(H, 2)$, $(H,)$ |
#
# A bias moves every example alike, so its gradient is a sum over the examples.
#
# `no_grad()` switches recording off, since you write the gradients yourself: each one to `parameter.grad`, as an array of
# the parameter's shape. *Write*, do not add: what an earlier batch left there is overwritten. Parameters stay as they are.
# Two checks follow: the first one looks only at the output layer.

# %% nbgrader={"grade": false, "grade_id": "training-pieces", "locked": true, "schema_version": 3, "solution": false, "task": false}

loss_function = BCEWithLogitsLoss()


def forward_pieces(model, x):
    """The forward pass step by step: arrays z (N, H), h (N, H) and logits (N, 1)."""
    z = model.hidden(Tensor(x))
    h = model.activation(z)
    return z.data, h.data, model.output(h).data

# %% nbgrader={"grade": false, "grade_id": "training-gradients-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}

def backward_by_hand(model, x, y):
    """Write the gradients of all four parameters for the batch x (N, 2), y (N, 1); return the loss, a float.

    About 3 lines for the output layer and 5 for the hidden layer.
    """
    with no_grad():
        z, h, logits = forward_pieces(model, x)
        loss = loss_function(Tensor(logits), Tensor(y)).item()
        probability = Sigmoid()(Tensor(logits)).data  # (N, 1)
        # Steps 1 and 2: the slope of the loss at the logits, then output.weight.grad and output.bias.grad.
        ### BEGIN SOLUTION
        logits_grad = (probability - y) / len(x)  # (N, 1)
        model.output.weight.grad = logits_grad.T @ h  # (1, N) @ (N, H) -> (1, H)
        model.output.bias.grad = logits_grad.sum(axis=0)  # (1,)
        ### END SOLUTION
        # Steps 3 to 5: back through the output layer and the activation, then hidden.weight.grad and hidden.bias.grad.
        ### BEGIN SOLUTION
        h_grad = logits_grad @ model.output.weight.data  # (N, 1) @ (1, H) -> (N, H)
        slope = activation_slope(model.activation, z)  # (N, H)
        z_grad = h_grad * slope  # (N, H)
        model.hidden.weight.grad = z_grad.T @ x  # (H, N) @ (N, 2) -> (H, 2)
        model.hidden.bias.grad = z_grad.sum(axis=0)  # (H,)
        ### END SOLUTION
    return loss

# %% [markdown]
# **Gradient checking.** Is a derivation right? Move one weight by $\pm\varepsilon$ and watch the loss:
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + \varepsilon) - L(w - \varepsilon)}{2\varepsilon}$$
#
# Two forward passes for each single weight are far too slow for training, but they know nothing of your derivation: an
# independent witness. It needs float64, because the difference of two nearly equal float32 numbers has few correct digits.

# %% nbgrader={"grade": false, "grade_id": "training-witness", "locked": true, "schema_version": 3, "solution": false, "task": false}

PARAMETER_NAMES = ("hidden.weight", "hidden.bias", "output.weight", "output.bias")


def four_parameters(model):
    """W, b, V and c of a Perceptron, in this order."""
    return [model.hidden.weight, model.hidden.bias, model.output.weight, model.output.bias]


def loss_in_float64(values, activation, x, y):
    """The two-layer perceptron and its loss once more, without TinyTorch; values are W, b, V and c."""
    w, b, v, c = values
    z = x.astype(np.float64) @ w.T + b
    h = np.maximum(z, 0) if isinstance(activation, ReLU) else 0.5 * (1 + np.tanh(z / 2))
    logits = h @ v.T + c
    return float(np.mean(np.logaddexp(0, logits) - y * logits))


def slopes_in_float64(values, activation, x, y):
    """Measured slopes of that loss for each of W, b, V and c."""
    loss = lambda i, moved: loss_in_float64([*values[:i], moved, *values[i + 1:]], activation, x, y)
    return [measured_slope(lambda moved, i=i: loss(i, moved), value) for i, value in enumerate(values)]


def numeric_gradients(model, x, y):
    """Measured slopes for W, b, V and c of a model: a list of four float64 arrays."""
    return slopes_in_float64([plain(parameter.data) for parameter in four_parameters(model)], model.activation, x, y)

# %% nbgrader={"grade": false, "grade_id": "training-batch", "locked": true, "schema_version": 3, "solution": false, "task": false}
def batch_of(seed, units, activation, n):
    """A fresh model and a fresh batch of n examples."""
    rng = np.random.default_rng(seed)
    model = Perceptron(units, activation, rng)
    x = rng.normal(0, 1.5, (n, 2)).astype(np.float32)
    return model, x, rng.integers(0, 2, (n, 1)).astype(np.float32)

# %% nbgrader={"grade": true, "grade_id": "training-output", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check


def check_output_layer(seed, units, activation, n):
    model, x, y = batch_of(seed, units, activation, n)
    expected = numeric_gradients(model, x, y)
    loss = loss_in_float64([plain(p.data) for p in four_parameters(model)], activation, x, y)
    try:
        check(lambda: backward_by_hand(model, x, y), loss, "it returns the loss of the batch, a Python float", tolerance=1e-4)
    except NotImplementedError:  # the hidden layer has a check of its own
        if model.output.weight.grad is None:
            raise
    for name, slope in zip(("weight", "bias"), expected[2:], strict=True):
        hint = f"output.{name}: steps 1 and 2, a mean over the {n} examples of the batch"
        check(lambda: getattr(model.output, name).grad, slope.astype(np.float32), hint, tolerance=1e-3)


check_output_layer(seed=1, units=3, activation=Sigmoid(), n=4)
check_output_layer(seed=2, units=5, activation=ReLU(), n=7)
### BEGIN HIDDEN TESTS
check = claim
check_output_layer(seed=1, units=3, activation=Sigmoid(), n=4)
check_output_layer(seed=3, units=2, activation=Sigmoid(), n=1)
check_output_layer(seed=4, units=1, activation=ReLU(), n=32)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "training-gradients", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check

WHERE = {"hidden.weight": "steps 3 to 5", "hidden.bias": "steps 3 to 5", "output.weight": "step 2", "output.bias": "step 2"}


def check_all_gradients(seed, units, activation, n):
    model, x, y = batch_of(seed, units, activation, n)
    start = [plain(parameter.data) for parameter in four_parameters(model)]
    expected = numeric_gradients(model, x, y)
    for again in ("", "after a second call; write, do not add: "):
        loss = loss_in_float64(start, activation, x, y)
        check(lambda: backward_by_hand(model, x, y), loss, "it returns the loss of the batch, a Python float", tolerance=1e-4)
        for name, parameter, slope in zip(PARAMETER_NAMES, four_parameters(model), expected, strict=True):
            check(lambda: parameter.grad, slope.astype(np.float32), f"{again}{name}, {WHERE[name]}", tolerance=1e-3)
    unmoved = lambda: [bool(np.array_equal(a, plain(p.data))) for a, p in zip(start, four_parameters(model), strict=True)]
    check(unmoved, [True] * 4, "parameters stay as they are: to move them is the training loop's task")


check_all_gradients(seed=1, units=3, activation=Sigmoid(), n=4)
check_all_gradients(seed=5, units=4, activation=ReLU(), n=6)
### BEGIN HIDDEN TESTS
check = claim
check_all_gradients(seed=1, units=3, activation=Sigmoid(), n=4)
check_all_gradients(seed=6, units=1, activation=Sigmoid(), n=1)
check_all_gradients(seed=7, units=6, activation=ReLU(), n=1)
check_all_gradients(seed=8, units=12, activation=ReLU(), n=25)
check_all_gradients(seed=9, units=9, activation=Sigmoid(), n=30)
model, x, y = batch_of(10, 3, ReLU(), 5)
assert isinstance(backward_by_hand(model, x, y), float), "backward_by_hand should return the loss as a Python float."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which shape must the result have, and which axis do the examples lie on? That axis must vanish in the product.
# </details>
# <details><summary>Hint 2</summary>
#
# Name each array after what it is the slope of: `logits_grad` (N, 1), `h_grad` (N, H), `z_grad` (N, H). For one unit and
# one example: how much does the logit move when $h$ moves by 1?
# </details>

# %%
print(f"loss of the tiny example: {backward_by_hand(tiny_model, tiny_x, tiny_y):.4f}")
witness = numeric_gradients(tiny_model, tiny_x, tiny_y)
for name, parameter, slopes in zip(PARAMETER_NAMES, four_parameters(tiny_model), witness, strict=True):
    print(f"{name:13} by hand   ", np.ravel(parameter.grad).round(4))
    print(f"{'':13} measured  ", slopes.ravel().round(4))

# %% [markdown]
# ### training-loop · write · 20 min · core
#
# One **step** takes a mini-batch, computes its gradients and moves every parameter a little downhill, in place:
# $p \leftarrow p - \eta\, \partial L / \partial p$ with the learning rate $\eta$. One **epoch** visits every example once,
# in a new random order: `rng.permutation(len(x))`, drawn at its beginning. When `batch_size` does not divide $n$, the
# last batch is smaller and still counts. The history holds one number per epoch: the mean of the losses that its batches
# had *before* their steps.

# %% nbgrader={"grade": false, "grade_id": "training-loop-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}

def train(model, x, y, epochs, learning_rate, batch_size, rng):
    """Train with mini-batch gradient descent; return the list of mean losses, one float per epoch (about 11 lines)."""
    ### BEGIN SOLUTION
    history = []
    for _ in range(epochs):
        order = rng.permutation(len(x))  # a new order of the examples' indices
        losses = []
        for start in range(0, len(x), batch_size):
            batch = order[start:start + batch_size]
            losses.append(backward_by_hand(model, x[batch], y[batch]))
            for parameter in model.parameters():
                parameter.data -= learning_rate * parameter.grad
        history.append(float(np.mean(losses)))
    return history
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "training-loop", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check


def check_training(activation, learning_rate, orders, seed):
    """Each row of `orders` is an epoch of two batches; training must make these steps, and no others."""
    sizes = [len(batch) for batch in orders[0]]
    model, x, y = batch_of(seed, 4, activation, sum(sizes))
    values, history = [plain(parameter.data) for parameter in four_parameters(model)], []
    for epoch in orders:
        losses = [0.0] * len(epoch)
        for i, batch in enumerate(epoch):
            losses[i] = loss_in_float64(values, activation, x[batch], y[batch])
            slopes = slopes_in_float64(values, activation, x[batch], y[batch])
            values = [value - learning_rate * slope for value, slope in zip(values, slopes, strict=True)]
        history.append(float(np.mean(losses)))
    run = lambda: train(model, x, y, len(orders), learning_rate, sizes[0], np.random.default_rng(0))
    check(run, history, f"{len(orders)} epochs, batches of {sizes}: mean losses before the steps", tolerance=1e-3)
    for name, parameter, value in zip(PARAMETER_NAMES, four_parameters(model), values, strict=True):
        hint = f"{name} after {len(orders)} epochs of batches of {sizes}: one step a batch, in place, in the order from rng"
        check(lambda: parameter.data, value.astype(np.float32), hint, tolerance=1e-3)


def orders_of(epochs, n, batch_size):
    """What the generator of seed 0 gives: the batches of each epoch."""
    rng = np.random.default_rng(0)
    return [np.split(rng.permutation(n), range(batch_size, n, batch_size)) for _ in range(epochs)]


MODEL, X, Y = batch_of(10, 2, ReLU(), 5)
check(lambda: isinstance(train(MODEL, X, Y, 2, 0.1, 3, np.random.default_rng(0)), list), True, "the history is a list")
check_training(Sigmoid(), 0.5, orders_of(epochs=1, n=8, batch_size=8), seed=11)
check_training(ReLU(), 0.1, orders_of(epochs=1, n=5, batch_size=3), seed=12)
check_training(Sigmoid(), 0.2, orders_of(epochs=3, n=7, batch_size=3), seed=13)
### BEGIN HIDDEN TESTS
check = claim
check_training(Sigmoid(), 0.5, orders_of(epochs=1, n=8, batch_size=8), seed=11)
check_training(ReLU(), 0.1, orders_of(epochs=1, n=5, batch_size=5), seed=11)
check_training(Sigmoid(), 0.1, orders_of(epochs=1, n=3, batch_size=2), seed=12)
check_training(ReLU(), 0.05, orders_of(epochs=3, n=9, batch_size=4), seed=14)
model, x, y = batch_of(15, 4, ReLU(), 6)
history = train(model, x, y, 3, 0.1, 2, np.random.default_rng(0))
assert len(history) == 3, f"3 epochs should give a history of 3 losses, but gave {len(history)}."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What happens once per epoch, and what once per batch? Shuffle *indices*, not the points and labels one by one.
# </details>
# <details><summary>Hint 2</summary>
#
# `order[start:start + batch_size]` holds the indices of one batch, and `x[indices]` picks those rows. `backward_by_hand`
# returns the loss and leaves the gradients in `parameter.grad`.
# </details>
#
# **The moons.** Everything is in place. The next cell trains 32 ReLU units on the moons.

# %% nbgrader={"grade": false, "grade_id": "training-moons-run", "locked": true, "schema_version": 3, "solution": false, "task": false}
rng = np.random.default_rng(0)
moons_model = Perceptron(32, ReLU(), rng)
moons_start = moons_model.state_dict()
moons_history = train(moons_model, moons_x, moons_y, epochs=80, learning_rate=0.3, batch_size=20, rng=rng)

print(f"loss {moons_history[0]:.3f} -> {moons_history[-1]:.3f}, accuracy {accuracy(moons_model, moons_x, moons_y):.1%}")

# %% nbgrader={"grade": true, "grade_id": "training-moons", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check


def share_right(model, x, y):
    return float(np.mean(plain(predict(model, x)) == y))


def unmoved(model, start):
    return [name for name, p in model.named_parameters() if np.array_equal(plain(p.data), plain(start[name]))]


check(lambda: moons_history[-1] < 0.5 * moons_history[0], True, "the loss falls by more than half")
check(lambda: unmoved(moons_model, moons_start), [], "every parameter moves during training")
check(lambda: share_right(moons_model, moons_x, moons_y) > 0.95, True, "more than 95 % of the moons are right")
### BEGIN HIDDEN TESTS
assert "moons_history" in globals(), "The moons are not trained yet: solve the exercises above first."
losses = plain(moons_history)
assert losses[-1] < 0.5 * losses[0], f"The loss should fall by more than half: {losses[0]:.3f} to {losses[-1]:.3f}."
assert not unmoved(moons_model, moons_start), "Some parameters did not move during training."
reached = share_right(moons_model, moons_x, moons_y)
assert reached > 0.95, f"Accuracy on the moons should be above 95 %, but is {reached:.1%}."
fresh_x, fresh_y = make_moons(400, 0.1, np.random.default_rng(77))
with no_grad():
    fresh_logits = plain(moons_model(Tensor(fresh_x)).data)
fresh_accuracy = np.mean((fresh_logits > 0) == (fresh_y > 0.5))
assert fresh_accuracy >= 0.9, f"Fresh moons should be at 90 % or more, not {fresh_accuracy:.1%}."
### END HIDDEN TESTS

# %% [markdown]
# ### training-spiral · write · 20 min · core
#
# The spiral needs a boundary that turns several times. Choose the settings yourself: hidden units, activation, learning
# rate, batch size, epochs. Get **above 95 %**; a run should take a few seconds at most. Keep notes of what you tried:
# question 4 of the analysis asks for them.
#
# Write your settings into `fit_spiral`. It gets its points as `x`, `y` and must learn from these alone: other spirals will
# come. All randomness comes from `rng`.

# %% nbgrader={"grade": false, "grade_id": "training-spiral-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fit_spiral(x, y, rng):
    """Train a Perceptron on the points x (n, 2) and labels y (n, 1) of a spiral; all randomness comes from `rng`.

    Returns the model, and the history that train returned (2 to 4 lines).
    """
    ### BEGIN SOLUTION
    model = Perceptron(64, ReLU(), rng)
    history = train(model, x, y, epochs=200, learning_rate=0.3, batch_size=20, rng=rng)
    return model, history
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "training-spiral-run", "locked": true, "schema_version": 3, "solution": false, "task": false}

fitted = fit_spiral(spiral_x, spiral_y, np.random.default_rng(0))
check(lambda: isinstance(fitted[0], Perceptron) and len(fitted[1]) > 0, True, "fit_spiral returns the model and its history")
spiral_model, spiral_history = fitted
print(f"accuracy on the spiral after {len(spiral_history)} epochs: {accuracy(spiral_model, spiral_x, spiral_y):.1%}")

# %% [markdown]
# **The sealed evaluation.** Has `fit_spiral` learned to learn, or only this spiral? When your submission is graded, it is
# called once more: with 400 points of a spiral that nobody has seen, wound a little more or less, turned, perhaps
# mirrored, perhaps with its classes swapped. `predict` then answers for 1,000 other points of it, whose labels stay with
# the grader. Points follow from the share that is right: none below 85 %, 2 at 85 %, 4 from 95 % on, in a straight line
# between. The next check does the same with a practice spiral, so that you know your figure beforehand.

# %% nbgrader={"grade": false, "grade_id": "training-practice", "locked": true, "schema_version": 3, "solution": false, "task": false}
def turned_spiral(n, angle, swap, rng):
    """A spiral turned by an angle, its classes swapped or not: x (n, 2) and y (n, 1), in a random order."""
    x, y = make_spiral(n, 0.1, rng)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    order = rng.permutation(n)
    return (x @ turn.T).astype(np.float32)[order], (1 - y if swap else y)[order]


def points_for(share, lowest=0.85, highest=0.95, most=4):
    """Nothing below the lowest share, half of the points there, all from the highest on, a straight line between."""
    return round(float(np.interp(share, [lowest, highest], [most / 2, most])), 2) if share >= lowest else 0.0

# %% nbgrader={"grade": true, "grade_id": "training-spiral", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tito={"sealed": true}

from tito.lesson import check

check(lambda: spiral_history[-1] < 0.5 * spiral_history[0], True, "the loss falls by more than half: try other settings")
check(lambda: share_right(spiral_model, spiral_x, spiral_y) > 0.95, True, "above 95 %: more units, more epochs, other rates")

practice_x, practice_y = turned_spiral(1400, 0.7, True, np.random.default_rng(1959))
practice_model, _ = fit_spiral(practice_x[:400], practice_y[:400], np.random.default_rng(0))
practice_share = share_right(practice_model, practice_x[400:], practice_y[400:])
check(lambda: practice_share >= 0.85, True, "another spiral: learn from x and y, not from spiral_x and spiral_y")
print(f"practice spiral: {practice_share:.1%} right; the value of this cell is the points, of 4")
assert isinstance(spiral_model, Perceptron) and share_right(spiral_model, spiral_x, spiral_y) > 0.95
points_for(practice_share)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One hidden unit gives one fold. How often does the boundary of a spiral have to turn?
# </details>
# <details><summary>Hint 2</summary>
#
# Start from the settings of the moons. If the loss still falls at the end, add epochs; if it jumps about, lower the
# learning rate.
# </details>
#
# ## Part 4: Sigmoid against ReLU
#
# ### comparison-sigmoid · predict · 2 min · core
#
# In 1986 hidden units were sigmoids. Train both kinds alike on the spiral: 64 units, 60 epochs, learning rate 0.3. ReLU
# gets about 98 % right. And Sigmoid? Recall the best straight line.

# %% nbgrader={"grade": false, "grade_id": "comparison-sigmoid-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}

### BEGIN SOLUTION
sigmoid_guess = 0.95
### STUB sigmoid_guess = ...  # a share from 0 to 1
### END SOLUTION

# %% [markdown]
# ### comparison-activations · write · 20 min · core
#
# A comparison is fair when only one thing differs. So both activations get the same initial weights, the same order of
# examples, the same learning rate and the same number of epochs: two generators with the same seed see to that.
#
# The record of an activation is a dict. `"losses"` and `"accuracies"` are lists with one float per epoch, the accuracy
# being measured on `x`, `y` after that epoch. `"final_loss"` and `"accuracy"` are their last entries. `"epochs_to_90"` is
# the number of the first epoch, counted from 1, whose accuracy is at least 0.9, or `None` if there is none.

# %% nbgrader={"grade": false, "grade_id": "comparison-activations-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}

def compare_activations(activations, x, y, hidden_size, epochs, learning_rate, batch_size, seed):
    """Train one Perceptron for each activation alike, one epoch at a time; return {name: record}."""
    records = {}
    for name, activation in activations.items():
        model = Perceptron(hidden_size, activation, np.random.default_rng(seed))
        shuffle_rng = np.random.default_rng(seed)  # hand this one to every call of train
        # Train for `epochs` epochs, keeping losses and accuracies, and fill records[name] (about 10 lines).
        ### BEGIN SOLUTION
        losses, accuracies = [], []
        for _ in range(epochs):
            losses += train(model, x, y, 1, learning_rate, batch_size, shuffle_rng)
            accuracies.append(accuracy(model, x, y))
        reached = [epoch for epoch, value in enumerate(accuracies, start=1) if value >= 0.9]
        records[name] = {
            "losses": losses, "accuracies": accuracies, "final_loss": losses[-1], "accuracy": accuracies[-1],
            "epochs_to_90": reached[0] if reached else None,
        }
        ### END SOLUTION
    return records

# %% nbgrader={"grade": true, "grade_id": "comparison-activations", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}

from tito.lesson import check

KEYS = ["accuracies", "accuracy", "epochs_to_90", "final_loss", "losses"]
FAIR = "one epoch at a time, with the given model and shuffle_rng"


def check_comparison(x, y, units, epochs, learning_rate, batch_size, seed):
    """Each record must agree with itself and with a run of train that is made again here."""
    tried = {"Sigmoid": Sigmoid(), "ReLU": ReLU()}
    records = compare_activations(tried, x, y, units, epochs, learning_rate, batch_size, seed)
    check(lambda: sorted(records), ["ReLU", "Sigmoid"], "a record for each name")
    for name, record in records.items():
        model, rng = Perceptron(units, tried[name], np.random.default_rng(seed)), np.random.default_rng(seed)
        losses, accuracies = [], []
        for _ in range(epochs):
            losses.append(float(train(model, x, y, 1, learning_rate, batch_size, rng)[0]))
            accuracies.append(share_right(model, x, y))
        first = next((i for i, value in enumerate(accuracies, start=1) if value >= 0.9), None)
        check(lambda: sorted(record), KEYS, f"the keys of {name}'s record")
        check(lambda: record["losses"], losses, f"{name}, losses: {FAIR}", tolerance=1e-3)
        check(lambda: record["accuracies"], accuracies, f"{name}, accuracies: after each epoch, on x and y")
        check(lambda: record["final_loss"], losses[-1], f"{name}, final_loss: the last of losses", tolerance=1e-3)
        check(lambda: record["accuracy"], accuracies[-1], f"{name}, accuracy: the last of accuracies")
        check(lambda: record["epochs_to_90"], first, f"{name}, epochs_to_90: the first epoch with at least 0.9, from 1")
    return records


SMALL_X, SMALL_Y = make_moons(120, 0.25, np.random.default_rng(5))
RECORDS = check_comparison(SMALL_X, SMALL_Y, 48, 30, 0.3, 10, seed=3)
check_comparison(SMALL_X, SMALL_Y, 4, 2, 0.001, 60, seed=4)
### BEGIN HIDDEN TESTS
def claim_comparison(x, y, units, epochs, learning_rate, batch_size, seed):
    tried = {"Sigmoid": Sigmoid(), "ReLU": ReLU()}
    records = compare_activations(tried, x, y, units, epochs, learning_rate, batch_size, seed)
    assert set(records) == set(tried), f"There should be records for {set(tried)}, but came {set(records)}."
    for name, record in records.items():
        losses, accuracies = plain(record["losses"]), plain(record["accuracies"])
        assert len(losses) == len(accuracies) == epochs, (
            f"{name}: {epochs} epochs, but {len(losses)} losses and {len(accuracies)} accuracies.")
        assert float(record["final_loss"]) == losses[-1] and float(record["accuracy"]) == accuracies[-1], (
            f"{name}: final_loss and accuracy should be the last entries of losses and accuracies.")
        first = next((i for i, value in enumerate(accuracies, start=1) if value >= 0.9), None)
        epoch = record["epochs_to_90"]
        assert epoch is None if first is None else epoch is not None and int(epoch) == first, (
            f"{name}: the first epoch with 0.9 is {first}, but epochs_to_90 is {epoch}.")
        model = Perceptron(units, tried[name], np.random.default_rng(seed))
        again = plain(train(model, x, y, epochs, learning_rate, batch_size, np.random.default_rng(seed)))
        assert np.allclose(losses, again, atol=1e-4), (
            f"{name}: trained again with the same seed, the last loss is {again[-1]:.4f}; the record says "
            f"{losses[-1]:.4f}. Train one epoch at a time with the given model and shuffle_rng.")
        right = np.mean(plain(predict(model, x)) == y)
        assert abs(accuracies[-1] - right) < 0.01, f"{name}: accuracy is {right:.3f}, not {accuracies[-1]}."
    return records


hidden_x, hidden_y = make_moons(120, 0.05, np.random.default_rng(6))
records = claim_comparison(hidden_x, hidden_y, 48, 60, 0.3, 10, seed=3)
assert not np.allclose(plain(records["Sigmoid"]["losses"]), plain(records["ReLU"]["losses"])), (
    "Sigmoid and ReLU gave the same losses: each model should get its own activation.")
relu = records["ReLU"]
assert float(relu["accuracy"]) > 0.95 and float(relu["final_loss"]) < 0.5 * plain(relu["losses"])[0], (
    f"With ReLU these small moons should be learned, but accuracy is {relu['accuracy']:.1%}. "
    "Look at training-gradients and training-loop.")
never = claim_comparison(hidden_x, hidden_y, 4, 2, 0.001, 60, seed=4)
assert never["Sigmoid"]["epochs_to_90"] is None, "If accuracy never reaches 0.9, epochs_to_90 is None."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Why one epoch at a time: what could you not measure after a single call with all epochs?
# </details>
# <details><summary>Hint 2</summary>
#
# `train(..., epochs=1, ...)` returns a list with one loss. Call it with the same `model` and the same `shuffle_rng`, and
# measure the accuracy after each call.
# </details>

# %% nbgrader={"grade": false, "grade_id": "comparison-run", "locked": true, "schema_version": 3, "solution": false, "task": false}

both = {"Sigmoid": Sigmoid(), "ReLU": ReLU()}
comparison = compare_activations(both, spiral_x, spiral_y, 64, 60, 0.3, 20, seed=1986)
lesson.predict(sigmoid_guess, round(comparison["Sigmoid"]["accuracy"], 3), "the accuracy of Sigmoid on the spiral")
for name, record in comparison.items():
    print(f"{name:8} loss {record['final_loss']:.3f}, accuracy {record['accuracy']:.1%}, 90 % in {record['epochs_to_90']}")
show_histories({name: record["losses"] for name, record in comparison.items()}, "Loss on the spiral")

# %% [markdown]
# **Why?** The sigmoid's slope is at most 0.25. Say in a sentence or two what that does to the error that reaches the
# hidden layer. Question 4 comes back to it.
#
# *Your answer:*
#
# ## Part 5: Seeing what was learned
#
# A **decision boundary** is where the model is undecided: probability one half. To draw it, ask the model about every
# point of a fine grid. `grid_around(x)` gives the coordinates `gx`, `gy` of shape (steps, steps) and the same points as
# rows (steps * steps, 2), float32. `draw_points(axis, x, y)` scatters the data.
#
# ### Exercise: the decision boundary (10 points, graded by a person)
#
# Write `draw_boundary` and show moons and spiral side by side. A complete figure has:
#
# (a) both data sets with their points, on labelled axes; (b) the regions or probabilities of both classes; (c) the
# boundary at one half as a line of its own; (d) titles with the measured accuracy; (e) one sentence in the figure, or
# printed, on where the model is unsure.
#
# <details><summary>What earns the points</summary>
#
# | points | what earns them |
# | --- | --- |
# | 10 | all five, drawn from the trained models |
# | 5 | the boundary is right on at least one data set, and at least two more of the five are there |
# | 0 | less, or a boundary that does not come from the trained models |
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "visualization-boundary", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
def draw_boundary(axis, model, x, y):
    """Draw the model's probabilities, its boundary at one half, and the points x, y (about 6 lines)."""
    ### BEGIN SOLUTION
    gx, gy, points = grid_around(x)
    with no_grad():
        probability = Sigmoid()(model(Tensor(points))).data.reshape(gx.shape)
    shades = axis.contourf(gx, gy, probability, levels=np.linspace(0, 1, 11), colors=PROBABILITY_COLORS)
    axis.contour(gx, gy, probability, levels=[0.5], colors="#222222", linewidths=1.8)
    draw_points(axis, x, y)
    return shades
    ### END SOLUTION


figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.6), layout="constrained")
# Both data sets, with titles that say the measured accuracy (about 6 lines).
### BEGIN SOLUTION
cases = (("Moons", moons_model, moons_x, moons_y), ("Spiral", spiral_model, spiral_x, spiral_y))
for axis, (name, model, x, y) in zip(axes, cases, strict=True):
    shades = draw_boundary(axis, model, x, y)
    axis.set_title(f"{name}: {accuracy(model, x, y):.1%} of {len(x)} points right")
axes[0].legend(loc="lower left", framealpha=0.9)
figure.colorbar(shades, ax=axes, label="probability of class 1", ticks=[0, 0.5, 1])
figure.supxlabel("The model is unsure in the pale strip along the boundary.", fontsize=9)
### END SOLUTION
plt.show()

# %% [markdown]
# ### Exercise: how the boundary came to be (10 points, graded by a person)
#
# The next cell trains a fresh model and keeps a copy of its weights at some epochs. Show the story that they tell. A
# complete figure has:
#
# (a) the loss of each epoch, with the moments marked; (b) the boundary at four or more moments, from epoch 0 on; (c) equal
# axes for all of them; (d) epoch and measured accuracy in each title; (e) one sentence on when the boundary changed most,
# and how the loss shows it.
#
# <details><summary>What earns the points</summary>
#
# | points | what earns them |
# | --- | --- |
# | 10 | all five, drawn from the kept weights |
# | 5 | loss curve and boundaries at two moments or more, but some of the rest is missing |
# | 0 | only one of the two, or drawings that do not come from the kept weights |
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "visualization-snapshots", "locked": true, "schema_version": 3, "solution": false, "task": false}
def train_with_snapshots(model, x, y, moments, learning_rate, batch_size, rng):
    """Train up to the last of the moments (epochs, rising); return the history and {epoch: state_dict}."""
    history, snapshots, done = [], {}, 0
    for moment in moments:
        history += train(model, x, y, moment - done, learning_rate, batch_size, rng)
        snapshots[moment] = model.state_dict()
        done = moment
    return history, snapshots


story_rng = np.random.default_rng(4)
story_model = Perceptron(48, ReLU(), story_rng)
story_history, snapshots = train_with_snapshots(
    story_model, spiral_x, spiral_y, (0, 2, 5, 10, 20, 40, 80), 0.3, 20, story_rng)
print("weights kept at the epochs", list(snapshots))

# %% nbgrader={"grade": true, "grade_id": "visualization-history", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# Load a snapshot with story_model.load_state_dict(snapshots[epoch]), then draw it (about 15 lines).
### BEGIN SOLUTION
shown = (0, 5, 20, 80)
figure = plt.figure(figsize=(11, 5.6), layout="constrained")
grid = figure.add_gridspec(2, 4, height_ratios=(1, 1.5))
curve = figure.add_subplot(grid[0, :])
curve.plot(range(1, len(story_history) + 1), story_history, color="#333333")
curve.set(title="Loss on the spiral", xlabel="epoch", ylabel="mean loss")
reached = {}
for column, epoch in enumerate(shown):
    curve.axvline(epoch, color="#d1600a", linewidth=1, linestyle=":")
    story_model.load_state_dict(snapshots[epoch])
    axis = figure.add_subplot(grid[1, column])
    draw_boundary(axis, story_model, spiral_x, spiral_y)
    reached[epoch] = accuracy(story_model, spiral_x, spiral_y)
    axis.set_title(f"epoch {epoch}: {reached[epoch]:.1%}")
    axis.label_outer()
plt.show()
changes = [reached[later] - reached[earlier] for earlier, later in zip(shown[:-1], shown[1:], strict=True)]
before, after = list(zip(shown[:-1], shown[1:], strict=True))[int(np.argmax(changes))]
print(f"Between the epochs {before} and {after} the boundary changed most: accuracy {reached[before]:.1%} to "
      f"{reached[after]:.1%}, while the loss fell from {story_history[max(before - 1, 0)]:.3f} to "
      f"{story_history[after - 1]:.3f}.")
### END SOLUTION

# %% [markdown]
# **Inside the hidden layer.** A ReLU unit is on at one side of the line $w \cdot x + b = 0$ only. The figure shows the
# lines of all units, one picked out, with the half plane shaded where it is on. Where do the grey lines cross the black
# boundary, and where does it turn? With a live kernel two sliders follow: find a unit whose line moves far.

# %% nbgrader={"grade": false, "grade_id": "visualization-units", "locked": true, "schema_version": 3, "solution": false, "task": false}

show_units({epoch: snapshots[epoch] for epoch in (0, 20, 80)}, 3, spiral_x, spiral_y)
explore_units(snapshots, spiral_x, spiral_y)

# %% [markdown]
# ## Part 6: What training costs
#
# **Memory.** A step keeps arrays with one row per example ($z$, $h$ and their gradients), which grow with the batch.
# `peak_bytes(call)` is the most that Python and NumPy held at one time while `call` ran: the machine must be able to hold it.

# %%
print(f"250,000 float32 numbers: 1,000,000 bytes, measured {peak_bytes(lambda: np.zeros(250_000, np.float32)):,}")

# %% [markdown]
# ### Exercise: memory against batch size (10 points, graded by a person)
#
# Measure the peak of one `backward_by_hand` for each batch size. Fit a straight line: its slope is the bytes per example.
# Beside it, put your own count from the shapes: which arrays with $N$ rows are alive at the same time? A complete answer
# has:
#
# (a) a printed table of the measurements; (b) a plot of measured points and fitted line, with labels and units; (c) the
# slope in bytes per example; (d) the count, its arrays listed, and its ratio to the slope. Ratios other than 1 cost nothing
# here; the analysis asks for the reason.
#
# <details><summary>What earns the points</summary>
#
# | points | what earns them |
# | --- | --- |
# | 10 | all four |
# | 5 | measurements and fitted line are right, but the count is missing or does not list its arrays |
# | 0 | no measurement, or figures that no cell prints |
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "systems-memory", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
HIDDEN_SIZE = 64
batch_sizes = np.array([1024, 2048, 3072, 4096, 6144, 8192])
cost_model = Perceptron(HIDDEN_SIZE, ReLU(), np.random.default_rng(0))
cost_x, cost_y = make_spiral(8192, 0.1, np.random.default_rng(0))
# Measure, fit, count from the shapes, print the table, plot (about 20 lines).
### BEGIN SOLUTION
peaks = np.array([
    peak_bytes(lambda n=n: backward_by_hand(cost_model, cost_x[:n], cost_y[:n])) for n in batch_sizes])
slope, intercept = np.polyfit(batch_sizes, peaks, 1)
alive_rows = {"z": HIDDEN_SIZE, "h": HIDDEN_SIZE, "h_grad": HIDDEN_SIZE, "slope": HIDDEN_SIZE,
              "z_grad": HIDDEN_SIZE, "logits": 1, "probability": 1, "logits_grad": 1}
counted = 4 * sum(alive_rows.values())  # float32: 4 bytes a number
print("batch size   peak in kB")
for n, peak in zip(batch_sizes, peaks, strict=True):
    print(f"{n:10} {peak / 1000:12,.0f}")
print(f"fitted slope {slope:,.0f} bytes per example")
print(f"count from shapes {counted:,} bytes per example: {', '.join(alive_rows)}")
print(f"measured / counted = {slope / counted:.2f}")

figure, axis = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
axis.plot(batch_sizes, peaks / 1e6, "o", color=CLASS_COLORS[0], label="measured peak")
axis.plot(batch_sizes, (slope * batch_sizes + intercept) / 1e6, color=CLASS_COLORS[0],
          label=f"fit: {slope:,.0f} bytes per example")
axis.plot(batch_sizes, counted * batch_sizes / 1e6, "--", color=CLASS_COLORS[1],
          label=f"count from shapes: {counted:,} bytes per example")
axis.set(title=f"One training step, {HIDDEN_SIZE} hidden units: memory is O(n)", xlabel="batch size n",
         ylabel="peak memory in MB", xlim=(0, None), ylim=(0, None))
axis.legend()
plt.show()
### END SOLUTION

# %% [markdown]
# **Time.** In a large batch an example costs less time, but an epoch has fewer steps. The next cell measures both sides:
# every row sees each point of the spiral four times (us: microseconds).

# %%
for batch_size in (1, 5, 20, 100, 400):
    timed = Perceptron(64, ReLU(), np.random.default_rng(0))
    run = lambda: train(timed, spiral_x, spiral_y, 4, 0.1, batch_size, np.random.default_rng(0))
    us = 1e6 * seconds_of(run, tries=1) / (4 * len(spiral_x))
    final_loss = loss_function(timed(Tensor(spiral_x)), Tensor(spiral_y)).item()
    steps = 4 * -(-len(spiral_x) // batch_size)
    print(f"batch size {batch_size:3}: {steps:4} steps, {us:6.1f} us per example, loss at the end {final_loss:.3f}")

# %% [markdown]
# ### Exercise: analysis (10 points, graded by a person)
#
# Answer the four questions in the cell below in two to five sentences each. Point to figures that your
# cells print.
#
# <details><summary>What earns the points</summary>
#
# | points | what the answers show |
# | --- | --- |
# | 10 | all four, with the notebook's own figures, and each *why* explained by shapes or formulas |
# | 5 | two answered that well, or all four without figures or without the why |
# | 0 | no answers, or claims that the notebook's figures contradict |
#
# </details>
#
# 1. **Memory.** Why is memory against batch size a straight line, what does its slope consist of, and
#    where do measurement and count differ?
# 2. **Parameters and activations.** How many bytes do the parameters with $H = 64$ take, and from which
#    batch size on do the arrays with $N$ rows take more? What follows for saving memory?
# 3. **Batch size.** Compare time per example and loss for the smallest, a middle and the largest batch.
#    Which would you choose here, and why is neither end best?
# 4. **Sigmoid and ReLU.** Explain the difference that you measured by the slopes. Which settings did you
#    try on the spiral, and what did each change do?

# %% [markdown] nbgrader={"grade": true, "grade_id": "systems-analysis", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# **1. Memory**
#
# ### BEGIN SOLUTION
# <details><summary>An answer</summary>
#
# Every array that grows has one row per example, so twice the batch means twice of each: $O(n)$. The
# slope is the sum of the row lengths times 4 bytes. While `z_grad` is computed, $z$, $h$, `h_grad`, the
# slope of the activation and `z_grad` are all alive: five rows of $H$ numbers, and three single numbers
# ($\ell$, the probability, `logits_grad`). The intercept is what does not grow: Python objects and the
# gradients. The printed ratio is close to 1, so the list is complete. It would be smaller if the slope
# had no name of its own: then NumPy writes the product into that large temporary array.
# </details>
# ### END SOLUTION
#
# **2. Parameters and activations**
#
# ### BEGIN SOLUTION
# <details><summary>An answer</summary>
#
# There are $4H + 1 = 257$ parameters, that is 1,028 bytes in float32. By the count one example needs
# $4(5H + 3) = 1{,}292$ bytes, so a single example takes more than all parameters together. To save memory
# here one makes the batch smaller or keeps fewer of the $(N, H)$ arrays: ReLU's slope can be found from
# $h$, so $z$ need not be kept, and `h_grad` can be multiplied in place. Smaller weights, float16 for
# instance, would save almost nothing.
# </details>
# ### END SOLUTION
#
# **3. Batch size**
#
# ### BEGIN SOLUTION
# <details><summary>An answer</summary>
#
# With a batch of 1 nearly all time is the fixed price of each Python call, and its time per example is
# the largest in the table. With 100 or 400 one call serves all those rows, and hardly anything is left of
# that price. The losses go the other way: 4 epochs are 1,600 steps with a batch of 1 and only 4 steps
# with 400, and 4 steps move little. I would choose 20. In the time that batch 1 needs for 4 epochs it
# makes many times as many, and it still takes 20 steps per epoch. The best size balances the number of
# steps against their price.
# </details>
# ### END SOLUTION
#
# **4. Sigmoid and ReLU**
#
# ### BEGIN SOLUTION
# <details><summary>An answer</summary>
#
# The sigmoid's slope is at most 0.25, and nearly 0 for large $|z|$, so the hidden layer's gradient is at
# most a quarter of what the output layer sends back; ReLU passes it on with slope 1 wherever the unit is
# on. With the same learning rate the hidden lines of the Sigmoid model move more slowly, and the
# comparison's lines and curves show it: the loss stays higher and 90 % is not reached. On the spiral I tried
# 16, 32 and 64 units: more units made more turns possible. A larger learning rate speeds Sigmoid up,
# which supports the explanation.
# </details>
# ### END SOLUTION

# %% [markdown]
# ## What you have shown
#
# You trained a hidden layer with gradients that you derived yourself and that an independent witness
# confirmed. In module 05 your framework learns to find these gradients on its own, and what you wrote here
# is its first oracle.
#
# In a terminal, `tito milestone test perceptron` verifies your framework by itself.

# %%
for name, model, history, x, y in (("moons", moons_model, moons_history, moons_x, moons_y),
                                   ("spiral", spiral_model, spiral_history, spiral_x, spiral_y)):
    print(f"{name:6}: loss {history[0]:.3f} -> {history[-1]:.3f}, accuracy {accuracy(model, x, y):.1%}")
