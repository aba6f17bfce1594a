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
# In 1957 Frank Rosenblatt proposed the perceptron, and in 1958 he published it: a machine that corrects
# its own weights whenever it errs. In 1969 Marvin Minsky and Seymour Papert proved how little one layer
# can compute. A second layer would have helped, but nobody had a widely accepted way to train it. In 1986
# David Rumelhart, Geoffrey Hinton and Ronald Williams showed one: send the error backwards, layer by
# layer, with the chain rule.
#
# You now do the same with **your own** `tinytorch` (modules 01 to 04). Automatic gradients arrive in
# module 05. Here you derive every gradient yourself.

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
# Most code is given; the key parts are missing. Work from top to bottom: each part uses the one before.
# Run the test after each exercise. You may run it as often as you like.

# %%
import contextlib
import io
import time
import tracemalloc
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from tinytorch.activations import ReLU, Sigmoid
from tinytorch.layers import Linear, Module
from tinytorch.losses import BCEWithLogitsLoss
from tinytorch.tensor import Tensor, no_grad

# %% [markdown]
# ## Part 1: Two data sets that no line can separate
#
# Both data sets have points in the plane, `x` with shape `(n, 2)`, and labels 0 or 1, `y` with shape `(n,
# 1)`. The **moons** are two half circles that reach into each other. The **spiral** has two arms that
# wind around the centre. All randomness comes from an explicit generator `rng`, so the same seed gives
# the same points.

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
    along = np.sqrt(rng.uniform(0, 1, n))  # 0 at the centre, 1 at the tip of the arm
    radius = 0.3 + 2.7 * along
    angle = 2.5 * np.pi * along + np.pi * label
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    points = points + rng.normal(0, noise, (n, 2))
    return points.astype(np.float32), label[:, None].astype(np.float32)


moons_x, moons_y = make_moons(400, 0.1, np.random.default_rng(1957))
spiral_x, spiral_y = make_spiral(400, 0.1, np.random.default_rng(1958))

# %% nbgrader={"grade": false, "grade_id": "data-plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
CLASS_COLORS = ("#1f5fa8", "#d1600a")


def draw_points(axis, x, y):
    """Scatter the points, one color and one marker for each class."""
    for label, color, marker in zip((0, 1), CLASS_COLORS, ("o", "^"), strict=True):
        chosen = y[:, 0] == label
        axis.scatter(*x[chosen].T, s=18, color=color, marker=marker, edgecolor="white", linewidth=0.4,
                     label=f"class {label}", zorder=3)
    axis.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")


figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
data_sets = (("Moons", moons_x, moons_y), ("Spiral", spiral_x, spiral_y))
for axis, (title, x, y) in zip(axes, data_sets, strict=True):
    draw_points(axis, x, y)
    axis.set_title(title)
axes[0].legend(loc="upper right", framealpha=0.9)
plt.show()

# %% [markdown]
# **What one layer can do.** A single layer computes $w_1 x_1 + w_2 x_2 + b$ and asks for the sign: its
# boundary is a straight line. The next cell finds the line that fits the labels best in the least-squares
# sense, without any training.

# %%
for name, x, y in data_sets:
    with_ones = np.hstack([x, np.ones_like(y)])  # (n, 3): the last column carries the bias
    line, *_ = np.linalg.lstsq(with_ones, 2 * y - 1, rcond=None)  # (3, 1), targets -1 and +1
    right = np.mean((with_ones @ line > 0) == (y == 1))
    print(f"{name:6}: the best line in the least-squares sense is right for {right:.1%} of the points")

# %% [markdown]
# ## Part 2: The model
#
# A hidden layer of $H$ units draws $H$ lines; the output layer combines them into a curve.
#
# $$z = xW^T + b \qquad h = a(z) \qquad \ell = hV^T + c$$
#
# | symbol | in the code | shape |
# | --- | --- | --- |
# | $W$, $b$ | `model.hidden.weight`, `model.hidden.bias` | $(H, 2)$, $(H,)$ |
# | $V$, $c$ | `model.output.weight`, `model.output.bias` | $(1, H)$, $(1,)$ |
# | $z$, $h$ | before and after the activation $a$ | $(N, H)$ |
# | $\ell$ | the logit, any real number | $(N, 1)$ |
#
# The sigmoid that turns a logit into a probability belongs to the loss (module 04), not to the model.

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

# %% nbgrader={"grade": false, "grade_id": "model-plain", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plain(values):
    """The numbers in `values` as a plain float64 array: a test compares numbers, whatever object holds them."""
    return np.array(values, dtype=np.float64)

# %% nbgrader={"grade": true, "grade_id": "model-architecture", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
for units in (1, 3, 16):
    small = Perceptron(units, ReLU(), np.random.default_rng(0))
    for name in ("hidden", "output"):
        assert isinstance(getattr(small, name, None), Linear), f"Perceptron needs a Linear, self.{name}."
    shapes = {name: plain(parameter.data).shape for name, parameter in small.named_parameters()}
    expected = {"hidden.weight": (units, 2), "hidden.bias": (units,),
                "output.weight": (1, units), "output.bias": (1,)}
    assert shapes == expected, (
        f"With {units} hidden units, named_parameters() should give {expected}, but it gave {shapes}. "
        "A weight has the shape (outputs, inputs)."
    )
### BEGIN HIDDEN TESTS
first, again, other = (Perceptron(5, Sigmoid(), np.random.default_rng(seed)) for seed in (7, 7, 8))
for layer in ("hidden", "output"):
    weights = [plain(getattr(model, layer).weight.data) for model in (first, again, other)]
    assert np.array_equal(weights[0], weights[1]), f"{layer}: one seed should give the same weights. Use rng."
    assert not np.array_equal(weights[0], weights[2]), f"{layer}: two seeds should give different weights."
count = sum(plain(parameter.data).size for parameter in first.parameters())
assert count == 21, f"5 hidden units make 4 * 5 + 1 = 21 parameters, but parameters() gave {count}."
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "model-forward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def logits_in_numpy(model, x, curve):
    """The formulas above, in float64 and without TinyTorch."""
    layers = (model.hidden, model.output)
    w, b, v, c = (plain(p.data) for layer in layers for p in (layer.weight, layer.bias))
    return curve(x.astype(np.float64) @ w.T + b) @ v.T + c


def check_forward(activation, curve, units, n):
    rng = np.random.default_rng(units)
    model = Perceptron(units, activation, rng)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 2, parameter.shape)
    x = rng.normal(0, 2, (n, 2)).astype(np.float32)
    logits = plain(model(Tensor(x)).data)
    assert logits.shape == (n, 1), f"{n} points should give logits of shape {(n, 1)}, not {logits.shape}."
    expected = logits_in_numpy(model, x, curve)
    assert np.allclose(logits, expected, rtol=1e-3, atol=1e-3), (
        f"With {type(activation).__name__} and {units} hidden units the first logit should be "
        f"{expected[0, 0]:.4f}, but came as {logits[0, 0]:.4f}. "
        "The order is hidden, activation, output, and no sigmoid at the end."
    )


check_forward(ReLU(), lambda z: np.maximum(z, 0), units=4, n=6)
check_forward(Sigmoid(), lambda z: 0.5 * (1 + np.tanh(z / 2)), units=3, n=5)
### BEGIN HIDDEN TESTS
check_forward(Sigmoid(), lambda z: 0.5 * (1 + np.tanh(z / 2)), units=1, n=1)
check_forward(ReLU(), lambda z: np.maximum(z, 0), units=17, n=40)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `Linear(in_features, out_features, rng=rng)` makes a layer, and calling a layer with a Tensor gives a
# Tensor. Each of the three steps of the formula is one call.
#
# </details>
#
# **The running example.** Three points and two hidden units, small enough to print. It comes back at each
# later stage.

# %%
tiny_x = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], dtype=np.float32)  # (3, 2)
tiny_y = np.array([[1.0], [0.0], [1.0]], dtype=np.float32)  # (3, 1)
tiny_model = Perceptron(2, Sigmoid(), np.random.default_rng(0))
tiny_z = tiny_model.hidden(Tensor(tiny_x)).data
tiny_logits = tiny_model(Tensor(tiny_x)).data
print("z, hidden units before the activation (3, 2):", tiny_z.round(3), sep="\n")
print("logits (3, 1):", tiny_logits.round(3), sep="\n")
print("probabilities of class 1 (3, 1):", Sigmoid()(Tensor(tiny_logits)).data.round(3), sep="\n")

# %% [markdown]
# ### Exercise: prediction
#
# The model says class 1 where the probability $\sigma(\ell)$ is above one half. Since $\sigma(0) = 0.5$
# and $\sigma$ always rises, that is where $\ell > 0$: no sigmoid is needed to decide.
#
# Mind the shapes. Comparing `(n, 1)` with `(n,)` broadcasts to `(n, n)` without any error.

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
def model_with_logits(logits):
    """Stands in for a model: it answers with these logits, whatever the points are."""
    return lambda x: Tensor(np.array(logits, dtype=np.float32)[:, None])


stand_in = model_with_logits([3.0, -0.5, 0.2, -4.0])
points = np.zeros((4, 2), dtype=np.float32)
labels = predict(stand_in, points)
assert isinstance(labels, np.ndarray) and labels.shape == (4, 1), (
    f"predict should give an array of shape (4, 1), but gave {type(labels).__name__} of {np.shape(labels)}.")
assert labels.dtype == np.float32, f"The labels should be float32, as y is, but are {labels.dtype}."
labels = plain(labels).ravel().tolist()
assert labels == [1.0, 0.0, 1.0, 0.0], (
    f"Logits [3, -0.5, 0.2, -4] mean labels [1, 0, 1, 0], but came {labels}. "
    "The threshold lies at logit 0, which is probability 0.5.")
truth = np.array([[1.0], [0.0], [0.0], [0.0]], dtype=np.float32)
score = accuracy(stand_in, points, truth)
assert isinstance(score, float), f"accuracy should be a Python float, but is {type(score).__name__}."
assert abs(float(score) - 0.75) < 1e-6, (
    f"3 of 4 labels are right, so accuracy should be 0.75, but it is {score}. Compare (n, 1) with (n, 1).")
### BEGIN HIDDEN TESTS
truth = np.array([[0.0], [1.0], [0.0]], dtype=np.float32)
wrong = float(accuracy(model_with_logits([5.0, -5.0, 5.0]), points[:3], truth))
assert wrong == 0.0, f"No label is right, so accuracy should be 0.0, but it is {wrong}."
mixed = float(accuracy(model_with_logits([-2.0, -0.4, -0.1]), points[:3], truth))
assert abs(mixed - 2 / 3) < 1e-6, f"2 of 3 labels are right, so accuracy should be 0.667, but it is {mixed}."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `logits > 0` is an array of booleans, and `.astype(np.float32)` makes it zeros and ones. The mean of
# booleans is the share that is true.
#
# </details>
#
# ### Exercise: the slope of the activation
#
# To send an error backwards through $h = a(z)$ we need the slope $a'(z)$ of every hidden unit:
#
# $$\text{ReLU: } a'(z) = 1 \text{ where } z > 0, \text{ else } 0 \qquad
# \text{Sigmoid: } a'(z) = \sigma(z)\,(1 - \sigma(z))$$
#
# At exactly $z = 0$ ReLU has a corner and no slope; 0 is the usual choice.

# %% nbgrader={"grade": false, "grade_id": "model-slope-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def activation_slope(activation, z):
    """Slope of the activation at the array z (N, H): an array of the same shape and dtype (1 line each).

    activation_slope(ReLU(), [[-2.0, 3.0]]) is [[0.0, 1.0]]; for Sigmoid(), z = 0 gives 0.25.
    Large z of either sign must not overflow: use your own Sigmoid.
    """
    if isinstance(activation, ReLU):
        ### BEGIN SOLUTION
        return (z > 0).astype(z.dtype)
        ### END SOLUTION
    if isinstance(activation, Sigmoid):
        ### BEGIN SOLUTION
        probability = activation(Tensor(z)).data
        return probability * (1 - probability)
        ### END SOLUTION
    raise ValueError(f"No slope is known for {type(activation).__name__}; use ReLU() or Sigmoid().")

# %% nbgrader={"grade": true, "grade_id": "model-slope", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
z = np.array([[-100.0, -2.0, -0.5], [0.5, 2.0, 100.0]], dtype=np.float32)
with np.errstate(over="raise", invalid="raise"):
    slopes = {"ReLU": activation_slope(ReLU(), z), "Sigmoid": activation_slope(Sigmoid(), z)}
expected = {"ReLU": np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]),
            "Sigmoid": 0.25 / np.cosh(z.astype(np.float64) / 2) ** 2}
for name, slope in slopes.items():
    assert isinstance(slope, np.ndarray) and slope.shape == (2, 3), (
        f"The slope of {name} should be an array of z's shape (2, 3), but is {type(slope).__name__} "
        f"of shape {np.shape(slope)}.")
    assert slope.dtype == np.float32, f"z is float32, so the slope of {name} should be, not {slope.dtype}."
    slope = plain(slope)
    assert slope.shape == (2, 3) and np.allclose(slope, expected[name], atol=1e-6), (
        f"The slope of {name} at {z.tolist()} should be {expected[name].round(4).tolist()}, "
        f"but came as {slope.round(4).tolist()}.")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(3)
z = rng.normal(0, 3, (7, 1)).astype(np.float32)
before = z.copy()
curves = ((ReLU(), lambda t: np.maximum(t, 0)), (Sigmoid(), lambda t: 0.5 * (1 + np.tanh(t / 2))))
for activation, curve in curves:
    wide = z.astype(np.float64)
    central = (curve(wide + 1e-6) - curve(wide - 1e-6)) / 2e-6
    slope = plain(activation_slope(activation, z))
    assert slope.shape == (7, 1), f"For z of shape (7, 1) the slope has shape {slope.shape}."
    assert np.allclose(slope, central, atol=1e-4), (
        f"The slope of {type(activation).__name__} disagrees with central differences.")
assert np.array_equal(z, before), "activation_slope must not change z itself."
### END HIDDEN TESTS

# %%
print("tiny z (3, 2):", tiny_z.round(3), sep="\n")
print("slope of Sigmoid there (3, 2):", activation_slope(Sigmoid(), tiny_z).round(3), sep="\n")
print("slope of ReLU there (3, 2):", activation_slope(ReLU(), tiny_z), sep="\n")

# %% [markdown]
# ## Part 3: Gradients by hand
#
# **One layer first.** Say a layer computes $o = xW^T + b$, and we already know $G = \partial L / \partial
# o$, one row per example. Example $i$ adds $G_{ij}\,x_{ik}$ to the gradient of $W_{jk}$. Summing over
# examples gives three formulas that hold for every linear layer:
#
# $$\frac{\partial L}{\partial W} = G^T x \qquad \frac{\partial L}{\partial b} = \sum_i G_i \qquad
# \frac{\partial L}{\partial x} = G\,W$$
#
# Each gradient has the shape of what it belongs to. The next cell checks the first formula against plain
# loops.

# %%
layer_input = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])  # x: 3 examples, 2 inputs
layer_slope = np.array([[0.1], [-0.2], [0.3]])  # G: 3 examples, 1 output

by_loops = np.zeros((1, 2))
for i in range(3):
    for j in range(1):
        for k in range(2):
            by_loops[j, k] += layer_slope[i, j] * layer_input[i, k]

by_matmul = layer_slope.T @ layer_input  # (1, 3) @ (3, 2) -> (1, 2)
print("loops: ", by_loops)
print("matmul:", by_matmul)
assert np.allclose(by_loops, by_matmul)

# %% [markdown]
# **The chain.** The loss is the mean over the $N$ examples of a batch, so module 04's slope of the loss
# carries a $1/N$:
#
# $$\frac{\partial L}{\partial \ell} = \frac{\sigma(\ell) - y}{N} \quad (N, 1)$$
#
# From there, walk backwards: the output layer's formulas (its input is $h$), then through the activation,
# where each unit's error is multiplied elementwise by its slope, then the hidden layer's formulas (its
# input is $x$).
#
# The next cell is given: it keeps $z$ and $h$ from the forward pass, since both are needed on the way
# back.

# %% nbgrader={"grade": false, "grade_id": "training-pieces", "locked": true, "schema_version": 3, "solution": false, "task": false}
loss_function = BCEWithLogitsLoss()


def forward_pieces(model, x):
    """The forward pass step by step: arrays z (N, H), h (N, H) and logits (N, 1)."""
    z = model.hidden(Tensor(x))
    h = model.activation(z)
    logits = model.output(h)
    return z.data, h.data, logits.data

# %% [markdown]
# ### Exercise: backpropagation by hand
#
# `no_grad()` switches recording off: nothing needs to be noted, since you write the gradients yourself.
# Write each one to `parameter.grad`, as an array of the parameter's shape. *Write*, do not add: what an
# earlier batch left there is overwritten.
#
# Two tests follow. The first one looks only at the output layer, the second one at all four parameters.

# %% nbgrader={"grade": false, "grade_id": "training-gradients-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def backward_by_hand(model, x, y):
    """Write the gradients of all four parameters for the batch x (N, 2), y (N, 1); return the loss, a float.

    About 3 lines for the output layer and 5 for the hidden layer.
    """
    with no_grad():
        z, h, logits = forward_pieces(model, x)
        loss = loss_function(Tensor(logits), Tensor(y)).item()
        probability = Sigmoid()(Tensor(logits)).data  # (N, 1)
        # The slope of the loss at the logits, then output.weight.grad and output.bias.grad.
        ### BEGIN SOLUTION
        logits_grad = (probability - y) / len(x)  # (N, 1)
        model.output.weight.grad = logits_grad.T @ h  # (1, N) @ (N, H) -> (1, H)
        model.output.bias.grad = logits_grad.sum(axis=0)  # (1,)
        ### END SOLUTION
        # Back through the output layer and the activation, then hidden.weight.grad and hidden.bias.grad.
        ### BEGIN SOLUTION
        h_grad = logits_grad @ model.output.weight.data  # (N, 1) @ (1, H) -> (N, H)
        slope = activation_slope(model.activation, z)  # (N, H)
        z_grad = h_grad * slope  # (N, H)
        model.hidden.weight.grad = z_grad.T @ x  # (H, N) @ (N, 2) -> (H, 2)
        model.hidden.bias.grad = z_grad.sum(axis=0)  # (H,)
        ### END SOLUTION
    return loss

# %% [markdown]
# **Gradient checking.** How do we know that a derivation is right? Move one weight by $\pm\varepsilon$
# and watch the loss: $\partial L / \partial w \approx (L(w + \varepsilon) - L(w - \varepsilon)) /
# 2\varepsilon$. It takes two forward passes for each single weight, far too slow for training, but it
# knows nothing of your derivation: an independent witness. The next cell computes it in float64, because
# the difference of two nearly equal float32 numbers has few correct digits.

# %% nbgrader={"grade": false, "grade_id": "training-witness", "locked": true, "schema_version": 3, "solution": false, "task": false}
def four_parameters(model):
    """W, b, V and c of a Perceptron, in this order."""
    return [model.hidden.weight, model.hidden.bias, model.output.weight, model.output.bias]


def loss_in_float64(values, activation, x, y):
    """The two-layer perceptron and its loss once more, without TinyTorch; values are W, b, V and c."""
    w, b, v, c = values
    z = x @ w.T + b
    h = np.maximum(z, 0) if isinstance(activation, ReLU) else 0.5 * (1 + np.tanh(z / 2))
    logits = h @ v.T + c
    return np.mean(np.logaddexp(0, logits) - y * logits)


def numeric_gradients(model, x, y, epsilon=1e-6):
    """Central differences for W, b, V and c: a list of four float64 arrays."""
    values = [plain(parameter.data) for parameter in four_parameters(model)]
    x, y = x.astype(np.float64), y.astype(np.float64)
    gradients = [np.zeros_like(value) for value in values]
    for value, gradient in zip(values, gradients, strict=True):
        for index in np.ndindex(value.shape):
            kept = value[index]
            value[index] = kept + epsilon
            above = loss_in_float64(values, model.activation, x, y)
            value[index] = kept - epsilon
            below = loss_in_float64(values, model.activation, x, y)
            value[index] = kept
            gradient[index] = (above - below) / (2 * epsilon)
    return gradients

# %% nbgrader={"grade": false, "grade_id": "training-diagnosis", "locked": true, "schema_version": 3, "solution": false, "task": false}
PARAMETER_NAMES = ("hidden.weight", "hidden.bias", "output.weight", "output.bias")


def gradient_problem(model, x, y, names=PARAMETER_NAMES):
    """Compare parameter.grad with central differences: one sentence on the first difference, or ''."""
    checked = zip(PARAMETER_NAMES, four_parameters(model), numeric_gradients(model, x, y), strict=True)
    for name, parameter, expected in checked:
        if name not in names:
            continue
        found = parameter.grad
        if found is None:
            return f"{name}.grad is still None: backward_by_hand has not written it."
        found = plain(found)
        if found.shape != expected.shape:
            return f"{name}.grad should have the shape {expected.shape}, but has {found.shape}."
        if not np.allclose(found, expected, rtol=2e-3, atol=2e-5):
            worst = np.unravel_index(np.argmax(np.abs(found - expected)), expected.shape)
            factor = np.sum(found * expected) / np.sum(expected * expected)
            in_step = np.allclose(found, factor * expected, rtol=2e-2, atol=2e-4)
            why = f" All of it is {factor:.2f} times what it should be (N is {len(x)})." if in_step else ""
            place = f"{name}.grad{[int(i) for i in worst]}"
            return f"{place} should be {expected[worst]:.5f}, but is {found[worst]:.5f}.{why}"
    return ""

# %% nbgrader={"grade": false, "grade_id": "training-batch", "locked": true, "schema_version": 3, "solution": false, "task": false}
def batch_of(seed, units, activation, n):
    """A fresh model and a fresh batch of n examples."""
    rng = np.random.default_rng(seed)
    model = Perceptron(units, activation, rng)
    x = rng.normal(0, 1.5, (n, 2)).astype(np.float32)
    return model, x, rng.integers(0, 2, (n, 1)).astype(np.float32)

# %% nbgrader={"grade": true, "grade_id": "training-output", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def check_output_layer(seed, units, activation, n):
    model, x, y = batch_of(seed, units, activation, n)
    with contextlib.suppress(NotImplementedError):  # the hidden layer has a test of its own
        backward_by_hand(model, x, y)
    problem = gradient_problem(model, x, y, ("output.weight", "output.bias"))
    assert not problem, f"{problem} Look at the slope of the loss and the output layer in backward_by_hand."


check_output_layer(seed=1, units=3, activation=Sigmoid(), n=4)
### BEGIN HIDDEN TESTS
check_output_layer(seed=2, units=5, activation=ReLU(), n=7)
check_output_layer(seed=3, units=2, activation=Sigmoid(), n=1)
check_output_layer(seed=4, units=1, activation=ReLU(), n=32)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "training-gradients", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
def check_all_gradients(seed, units, activation, n):
    model, x, y = batch_of(seed, units, activation, n)
    start = [plain(parameter.data) for parameter in four_parameters(model)]
    loss = backward_by_hand(model, x, y)
    problem = gradient_problem(model, x, y)
    assert not problem, f"{problem} ({type(activation).__name__}, {units} hidden units, batch of {n})"
    backward_by_hand(model, x, y)
    problem = gradient_problem(model, x, y)
    assert not problem, f"After a second call: {problem} Write the gradient, do not add to what is there."
    assert all(np.array_equal(a, plain(p.data)) for a, p in zip(start, four_parameters(model), strict=True)), (
        "backward_by_hand must not change the parameters; that is the training loop's task.")
    values = [plain(parameter.data) for parameter in four_parameters(model)]
    expected = loss_in_float64(values, activation, x.astype(np.float64), y)
    assert isinstance(loss, float) and abs(float(loss) - expected) < 1e-4, (
        f"backward_by_hand should return the loss {expected:.5f} as a float, but returned {loss!r}.")


check_all_gradients(seed=1, units=3, activation=Sigmoid(), n=4)
### BEGIN HIDDEN TESTS
check_all_gradients(seed=5, units=4, activation=ReLU(), n=6)
check_all_gradients(seed=6, units=1, activation=Sigmoid(), n=1)
check_all_gradients(seed=7, units=6, activation=ReLU(), n=1)
check_all_gradients(seed=8, units=12, activation=ReLU(), n=25)
check_all_gradients(seed=9, units=9, activation=Sigmoid(), n=30)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Name each quantity after what it is the slope of: `logits_grad` (N, 1), `h_grad` (N, H), `z_grad` (N,
# H). Only one matrix product gives each shape. If a test says that all values are $N$ times too large,
# the mean is missing; if the factor is -1, look at the sign of $\sigma(\ell) - y$.
#
# </details>

# %%
tiny_loss = backward_by_hand(tiny_model, tiny_x, tiny_y)
print(f"loss of the tiny example: {tiny_loss:.4f}")
witness = numeric_gradients(tiny_model, tiny_x, tiny_y)
for name, parameter, differences in zip(PARAMETER_NAMES, four_parameters(tiny_model), witness, strict=True):
    print(f"{name:13} by hand        ", np.ravel(parameter.grad).round(4))
    print(f"{'':13} by differences ", differences.ravel().round(4))

# %% [markdown]
# ### Exercise: the training loop
#
# One **step** takes a mini-batch, computes its gradients and moves every parameter a little downhill: $p
# \leftarrow p - \eta\, \partial L / \partial p$ with the learning rate $\eta$. One **epoch** visits every
# example once, in a new random order. When `batch_size` does not divide $n$, the last batch is smaller
# and still counts. The history holds one number per epoch: the mean of the losses its batches had
# *before* their steps.

# %% nbgrader={"grade": false, "grade_id": "training-loop-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(model, x, y, epochs, learning_rate, batch_size, rng):
    """Train with mini-batch gradient descent; return the list of mean losses, one float per epoch."""
    history = []
    for _ in range(epochs):
        order = rng.permutation(len(x))  # a new order of the examples' indices
        losses = []
        for start in range(0, len(x), batch_size):
            # One step: the batch that begins at `start` in this order, its gradients, the update in place
            # on parameter.data, and its loss appended to `losses` (about 4 lines).
            ### BEGIN SOLUTION
            batch = order[start:start + batch_size]
            losses.append(backward_by_hand(model, x[batch], y[batch]))
            for parameter in model.parameters():
                parameter.data -= learning_rate * parameter.grad
            ### END SOLUTION
        history.append(float(np.mean(losses)))
    return history

# %% nbgrader={"grade": true, "grade_id": "training-loop", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def check_one_step(activation, n, learning_rate):
    """One epoch with one batch is one step of gradient descent, here against central differences."""
    model, x, y = batch_of(11, 4, activation, n)
    before = [plain(parameter.data) for parameter in four_parameters(model)]
    slopes = numeric_gradients(model, x, y)
    first_loss = loss_in_float64(before, activation, x.astype(np.float64), y)
    history = plain(train(model, x, y, 1, learning_rate, n, np.random.default_rng(0))).tolist()
    assert len(history) == 1 and abs(history[0] - first_loss) < 1e-4, (
        f"After 1 epoch of 1 batch the history should be [{first_loss:.4f}], the loss before the step, "
        f"not {history}.")
    after = [plain(parameter.data) for parameter in four_parameters(model)]
    for name, new, old, slope in zip(PARAMETER_NAMES, after, before, slopes, strict=True):
        expected = old - learning_rate * slope
        assert not np.array_equal(new, old), f"{name} did not move. Update all parameters."
        assert np.allclose(new, expected, atol=1e-4), (
            f"After one step {name} should begin with {expected.flat[0]:.4f}, not {new.flat[0]:.4f}. "
            "A step subtracts learning_rate * gradient, once.")


check_one_step(Sigmoid(), n=8, learning_rate=0.5)
### BEGIN HIDDEN TESTS
check_one_step(ReLU(), n=5, learning_rate=0.1)
model, x, y = batch_of(12, 4, Sigmoid(), 3)
twin = Perceptron(4, Sigmoid(), np.random.default_rng(12))
train(model, x, y, 1, 0.1, 2, np.random.default_rng(0))  # batches of 2 and 1
order = np.random.default_rng(0).permutation(3)
for batch in (order[:2], order[2:]):
    slopes = numeric_gradients(twin, x[batch], y[batch])
    for parameter, slope in zip(four_parameters(twin), slopes, strict=True):
        parameter.data[...] = parameter.data - 0.1 * slope
for name, found, expected in zip(PARAMETER_NAMES, four_parameters(model), four_parameters(twin), strict=True):
    assert np.allclose(plain(found.data), plain(expected.data), atol=1e-4), (
        f"{name} is wrong after an epoch of 3 examples in batches of 2. Each batch along `order` makes "
        "one step, the last, smaller one too.")
history = plain(train(model, x, y, 3, 0.1, 2, np.random.default_rng(0)))
assert len(history) == 3, f"3 epochs should give a history of 3 losses, but gave {len(history)}."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `order[start:start + batch_size]` holds the indices of one batch, and `x[indices]` picks those rows.
# `backward_by_hand` returns the loss and leaves the gradients in `parameter.grad` for each `parameter` in
# `model.parameters()`.
#
# </details>
#
# **The moons.** Everything is in place. Run the next cell: it trains 32 ReLU units on the moons.

# %% nbgrader={"grade": false, "grade_id": "training-moons-run", "locked": true, "schema_version": 3, "solution": false, "task": false}
rng = np.random.default_rng(0)
moons_model = Perceptron(32, ReLU(), rng)
moons_start = moons_model.state_dict()
moons_history = train(moons_model, moons_x, moons_y, epochs=80, learning_rate=0.3, batch_size=20, rng=rng)

print(f"loss {moons_history[0]:.3f} -> {moons_history[-1]:.3f} in {len(moons_history)} epochs")
print(f"accuracy on the moons: {accuracy(moons_model, moons_x, moons_y):.1%}")

# %% nbgrader={"grade": true, "grade_id": "training-moons", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert "moons_history" in globals(), "The moons are not trained yet: solve the exercises above first."
losses = plain(moons_history)
assert losses[-1] < 0.5 * losses[0], (
    f"The loss should fall by more than half; it went {losses[0]:.3f} to {losses[-1]:.3f}. "
    "Look at training-gradients and training-loop.")
for name, parameter in moons_model.named_parameters():
    assert not np.array_equal(plain(parameter.data), plain(moons_start[name])), f"{name} did not move during training."
reached = float(np.mean(plain(predict(moons_model, moons_x)) == moons_y))
assert reached > 0.95, f"Accuracy on the moons should be above 95 %, but is {reached:.1%}."
### BEGIN HIDDEN TESTS
fresh_x, fresh_y = make_moons(400, 0.1, np.random.default_rng(77))
with no_grad():
    fresh_logits = plain(moons_model(Tensor(fresh_x)).data)
fresh_accuracy = np.mean((fresh_logits > 0) == (fresh_y > 0.5))
assert fresh_accuracy >= 0.9, f"Fresh moons should be at 90 % or more, not {fresh_accuracy:.1%}."
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise: the spiral
#
# The spiral needs a boundary that turns several times. Choose the settings yourself: hidden units,
# activation, learning rate, batch size, epochs. Get **above 95 %**; a run should take a few seconds at
# most. Keep notes of what you tried: question 4 of the analysis asks for them.
#
# Write your settings into `fit_spiral`. It gets its points as `x`, `y` and must learn from these alone:
# other spirals will come.

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
spiral_model, spiral_history = fit_spiral(spiral_x, spiral_y, np.random.default_rng(0))
print(f"loss {spiral_history[0]:.3f} -> {spiral_history[-1]:.3f} in {len(spiral_history)} epochs")
print(f"accuracy on the spiral: {accuracy(spiral_model, spiral_x, spiral_y):.1%}")

# %% [markdown]
# **The sealed evaluation.** Has `fit_spiral` learned to learn, or only this spiral? When your submission is
# graded, it is called once more: with 400 points of a spiral that nobody has seen, wound a little more or
# less, turned, perhaps mirrored, perhaps with its classes swapped. `predict` then answers for 1,000 other
# points of it, whose labels stay with the grader. Points follow from the share that is right: none below 85 %, 2
# at 85 %, 4 from 95 % on, in a straight line between.
#
# The next test does the same with a practice spiral, so that you know your figure beforehand.

# %% nbgrader={"grade": false, "grade_id": "training-practice", "locked": true, "schema_version": 3, "solution": false, "task": false}
def turned_spiral(n, angle, swap, rng):
    """A spiral turned by an angle, its classes swapped or not: x (n, 2) and y (n, 1), in a random order."""
    x, y = make_spiral(n, 0.1, rng)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    order = rng.permutation(n)
    return (x @ turn.T).astype(np.float32)[order], (1 - y if swap else y)[order]


def points_for(share, lowest=0.85, highest=0.95, most=4):
    """Half of the points at the lowest share, all from the highest on, in a straight line between."""
    return round(float(np.interp(share, [lowest, highest], [most / 2, most])), 2)

# %% nbgrader={"grade": true, "grade_id": "training-spiral", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tito={"sealed": true}
assert "spiral_model" in globals() and "spiral_history" in globals(), (
    "There is no spiral_model yet: fit_spiral in the cell above did not end.")
assert isinstance(spiral_model, Perceptron), f"spiral_model is {type(spiral_model)}, not a Perceptron."
losses = plain(spiral_history)
assert losses[-1] < 0.5 * losses[0], (
    f"The loss should fall by more than half; it went {losses[0]:.3f} to {losses[-1]:.3f}. "
    "Try other settings: more units, more epochs, another learning rate.")
reached = float(np.mean(plain(predict(spiral_model, spiral_x)) == spiral_y))
assert reached > 0.95, f"Accuracy on the spiral should be above 95 %, but is {reached:.1%}. Try others."

practice_x, practice_y = turned_spiral(1400, 0.7, True, np.random.default_rng(1959))
practice_model, _ = fit_spiral(practice_x[:400], practice_y[:400], np.random.default_rng(0))
practice_share = float(np.mean(plain(predict(practice_model, practice_x[400:])) == practice_y[400:]))
assert practice_share >= 0.85, (
    f"On the practice spiral {practice_share:.1%} of the unseen points are right; points begin at 85 %. fit_spiral "
    "should learn from its x and y, not from spiral_x and spiral_y.")
print(f"practice spiral: {practice_share:.1%} right; the value of this cell is the points, of 4")
points_for(practice_share)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Start from the settings of the moons. One hidden unit gives one fold, so a boundary with many turns
# needs more of them. If the loss still falls at the end, add epochs; if it jumps about, lower the
# learning rate.
#
# </details>
#
# ## Part 4: Sigmoid against ReLU
#
# A comparison is fair when only one thing differs. So both activations get the same initial weights, the
# same order of examples, the same learning rate and the same number of epochs: two generators with the
# same seed see to that.

# %% nbgrader={"grade": false, "grade_id": "comparison-activations-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def compare_activations(activations, x, y, hidden_size, epochs, learning_rate, batch_size, seed):
    """Train one Perceptron per activation alike, one epoch at a time; return a record for each name.

    A record is a dict. "losses" and "accuracies" are lists with one float per epoch, the accuracy being
    measured on x, y after that epoch. "final_loss" and "accuracy" are their last entries. "epochs_to_90" is
    the number of the first epoch, counted from 1, whose accuracy is at least 0.9, or None if there is none.
    """
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

# %% nbgrader={"grade": false, "grade_id": "comparison-run", "locked": true, "schema_version": 3, "solution": false, "task": false}
both = {"Sigmoid": Sigmoid(), "ReLU": ReLU()}
comparison = compare_activations(both, spiral_x, spiral_y, 64, 120, 0.3, 20, seed=1986)
print(f"{'activation':10} {'final loss':>10} {'accuracy':>9} {'epochs to 90 %':>15}")
for name, record in comparison.items():
    print(f"{name:10} {record['final_loss']:10.3f} {record['accuracy']:9.1%} {record['epochs_to_90']!s:>15}")

figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
for (name, record), style in zip(comparison.items(), ("--", "-"), strict=True):
    epoch_numbers = range(1, len(record["losses"]) + 1)
    axes[0].plot(epoch_numbers, record["losses"], style, color="#333333", label=name)
    axes[1].plot(epoch_numbers, record["accuracies"], style, color="#333333", label=name)
axes[0].set(title="Loss on the spiral", xlabel="epoch", ylabel="mean loss")
axes[1].set(title="Accuracy on the spiral", xlabel="epoch", ylabel="accuracy", ylim=(0.4, 1.02))
axes[1].axhline(0.9, color="#999999", linewidth=1)
axes[0].legend()
plt.show()

# %% nbgrader={"grade": true, "grade_id": "comparison-activations", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def check_comparison(x, y, units, epochs, learning_rate, batch_size, seed):
    """Each record must agree with itself and with a run of train that is made again here."""
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


check_x, check_y = make_moons(120, 0.05, np.random.default_rng(5))
records = check_comparison(check_x, check_y, 16, 60, 0.3, 10, seed=3)
assert not np.allclose(plain(records["Sigmoid"]["losses"]), plain(records["ReLU"]["losses"])), (
    "Sigmoid and ReLU gave the same losses: each model should get its own activation.")
relu = records["ReLU"]
assert float(relu["accuracy"]) > 0.95 and float(relu["final_loss"]) < 0.5 * plain(relu["losses"])[0], (
    f"With ReLU these small moons should be learned, but accuracy is {relu['accuracy']:.1%}. "
    "Look at training-gradients and training-loop.")
### BEGIN HIDDEN TESTS
never = check_comparison(check_x, check_y, 4, 2, 0.001, 60, seed=4)
assert never["Sigmoid"]["epochs_to_90"] is None, "If accuracy never reaches 0.9, epochs_to_90 is None."
assert "comparison" in globals(), "Run the cell that compares the two activations on the spiral."
assert float(comparison["ReLU"]["accuracy"]) > 0.9, "On the spiral, ReLU should end above 90 %."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `train(..., epochs=1, ...)` returns a list with one loss. Call it `epochs` times with the same `model`
# and the same `shuffle_rng`, and measure the accuracy after each call.
#
# </details>
#
# ## Part 5: Seeing what was learned
#
# A **decision boundary** is where the model is undecided: probability one half. To draw it, ask the model
# about every point of a fine grid. The helper makes the grid; you draw.

# %% nbgrader={"grade": false, "grade_id": "visualization-grid", "locked": true, "schema_version": 3, "solution": false, "task": false}
PROBABILITY_COLORS = LinearSegmentedColormap.from_list("classes", ["#8db8e8", "#ffffff", "#f6b27a"])


def grid_around(x, steps=120, margin=0.4):
    """A square grid over the points x: coordinates gx, gy (steps, steps) and points (steps * steps, 2)."""
    low, high = x.min() - margin, x.max() + margin
    gx, gy = np.meshgrid(np.linspace(low, high, steps), np.linspace(low, high, steps))
    return gx, gy, np.stack([gx.ravel(), gy.ravel()], axis=1).astype(np.float32)

# %% [markdown]
# ### Exercise: the decision boundary (10 points, graded by a person)
#
# Write `draw_boundary` and show moons and spiral side by side. A complete figure has:
#
# (a) both data sets with their points, on labelled axes; (b) the regions or probabilities of both
# classes; (c) the boundary at one half as a line of its own; (d) titles with the measured accuracy; (e)
# one sentence in the figure, or printed, on where the model is unsure.
#
# | points | what earns them |
# | --- | --- |
# | 10 | all five, drawn from the trained models |
# | 5 | the boundary is right on at least one data set, and at least two more of the five are there |
# | 0 | less, or a boundary that does not come from the trained models |

# %% nbgrader={"grade": true, "grade_id": "visualization-boundary", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
def draw_boundary(axis, model, x, y):
    """Draw the model's probabilities, its boundary at one half, and the points x, y (about 6 lines)."""
    ### BEGIN SOLUTION
    gx, gy, points = grid_around(x)
    with no_grad():
        probability = Sigmoid()(model(Tensor(points))).data.reshape(gx.shape)
    shades = axis.contourf(gx, gy, probability, levels=np.linspace(0, 1, 11), cmap=PROBABILITY_COLORS)
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
# The next cell trains a fresh model and keeps a copy of its weights at some epochs. Show the story that
# they tell. A complete figure has:
#
# (a) the loss of each epoch, with the moments marked; (b) the boundary at four or more moments, from
# epoch 0 on; (c) equal axes for all of them; (d) epoch and measured accuracy in each title; (e) one
# sentence on when the boundary changed most, and how the loss shows it.
#
# | points | what earns them |
# | --- | --- |
# | 10 | all five, drawn from the kept weights |
# | 5 | loss curve and boundaries at two moments or more, but some of the rest is missing |
# | 0 | only one of the two, or drawings that do not come from the kept weights |

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
    story_model, spiral_x, spiral_y, (0, 2, 5, 10, 20, 40, 80, 160), 0.3, 20, story_rng)
print("weights kept at the epochs", list(snapshots))

# %% nbgrader={"grade": true, "grade_id": "visualization-history", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# Load a snapshot with story_model.load_state_dict(snapshots[epoch]), then draw it (about 15 lines).
### BEGIN SOLUTION
shown = (0, 5, 20, 160)
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
changes = [reached[later] - reached[earlier] for earlier, later in pairwise(shown)]
before, after = list(pairwise(shown))[int(np.argmax(changes))]
print(f"Between the epochs {before} and {after} the boundary changed most: accuracy {reached[before]:.1%} to "
      f"{reached[after]:.1%}, while the loss fell from {story_history[max(before - 1, 0)]:.3f} to "
      f"{story_history[after - 1]:.3f}.")
### END SOLUTION

# %% [markdown]
# **Inside the hidden layer.** A ReLU unit is off on one side of the line $w \cdot x + b = 0$ and on at
# the other. The figure shows those lines for all units, at three moments. One unit is picked out: its
# line is bold, and it is on in the shaded half plane. Compare where the grey lines cross the black
# boundary with where it turns.

# %% nbgrader={"grade": false, "grade_id": "visualization-units", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_units(axis, state, unit, x, y):
    """Draw every hidden unit's line from a state_dict, with one unit picked out, over the points x, y."""
    gx, gy, points = grid_around(x, steps=90)
    z = points @ state["hidden.weight"].T + state["hidden.bias"]  # (steps * steps, H)
    logits = np.maximum(z, 0) @ state["output.weight"].T + state["output.bias"]
    axis.contourf(gx, gy, z[:, unit].reshape(gx.shape), levels=[0, np.inf], colors=["#e9e3f2"])
    for other in range(z.shape[1]):
        if z[:, other].min() < 0 < z[:, other].max():
            axis.contour(gx, gy, z[:, other].reshape(gx.shape), levels=[0], colors="#b9b9b9", linewidths=0.6)
    if z[:, unit].min() < 0 < z[:, unit].max():
        axis.contour(gx, gy, z[:, unit].reshape(gx.shape), levels=[0], colors="#6a3d9a", linewidths=2.5)
    if logits.min() < 0 < logits.max():
        axis.contour(gx, gy, logits.reshape(gx.shape), levels=[0], colors="#222222", linewidths=1.8)
    draw_points(axis, x, y)


figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for axis, epoch in zip(axes, (0, 20, 160), strict=True):
    draw_units(axis, snapshots[epoch], 3, spiral_x, spiral_y)
    axis.set_title(f"epoch {epoch}, unit 3 picked out")
    axis.label_outer()
plt.show()

# %% [markdown]
# **Explore.** With a live kernel the next cell shows two sliders: the epoch and the hidden unit. Find a
# unit whose line moves far during training, and one whose line leaves the picture: a unit that is on (or
# off) for every point draws no boundary of its own.

# %%
def picture(epoch, unit):
    """The drawing for the sliders, as the bytes of a PNG."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axis = figure.add_subplot()
    draw_units(axis, snapshots[epoch], unit, spiral_x, spiral_y)
    axis.set_title(f"epoch {epoch}, hidden unit {unit}")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=90)
    return png.getvalue()


try:
    import ipywidgets
    from IPython.core.getipython import get_ipython
    from IPython.display import display
    live = get_ipython() is not None
except ImportError:
    live = False
if live:
    epoch = ipywidgets.SelectionSlider(options=list(snapshots), value=20, description="epoch")
    unit = ipywidgets.IntSlider(value=3, max=len(snapshots[0]["hidden.bias"]) - 1, description="hidden unit")
    image = ipywidgets.Image(value=picture(epoch.value, unit.value), format="png", width=450)
    for slider in (epoch, unit):
        slider.observe(lambda _: setattr(image, "value", picture(epoch.value, unit.value)), names="value")
    display(ipywidgets.VBox([epoch, unit, image]))
else:
    print("The sliders need a live kernel and ipywidgets; the picture above shows the same at three epochs.")

# %% [markdown]
# ## Part 6: What training costs
#
# **Memory.** A step keeps arrays with one row per example ($z$, $h$ and their gradients). Parameters do
# not grow with the batch, these arrays do. `tracemalloc` counts every byte that Python and NumPy
# allocate, and its peak is what the machine must be able to hold.

# %% nbgrader={"grade": false, "grade_id": "systems-peak", "locked": true, "schema_version": 3, "solution": false, "task": false}
def peak_bytes(call):
    """The most memory that was allocated at one time while call() ran, in bytes."""
    call()  # once without counting, so that what is only made at first use does not count
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


one_megabyte = peak_bytes(lambda: np.zeros(250_000, dtype=np.float32))
print(f"an array of 250,000 float32 numbers: 4 * 250,000 = 1,000,000 bytes, measured {one_megabyte:,}")

# %% [markdown]
# ### Exercise: memory against batch size (10 points, graded by a person)
#
# Measure the peak of one `backward_by_hand` for each batch size. Fit a straight line: its slope is the
# bytes per example. Beside it, put your own count from the shapes: which arrays with $N$ rows are alive
# at the same time? A complete answer has:
#
# (a) a printed table of the measurements; (b) a plot of measured points and fitted line, with labels and
# units; (c) the slope in bytes per example; (d) the count, its arrays listed, and its ratio to the slope.
# Ratios other than 1 cost nothing here; the analysis asks for the reason.
#
# | points | what earns them |
# | --- | --- |
# | 10 | all four |
# | 5 | measurements and fitted line are right, but the count is missing or does not list its arrays |
# | 0 | no measurement, or figures that no cell prints |

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
# **Time.** Large batches let NumPy work on many rows per call, so an example costs less time. But an
# epoch then has fewer steps. The next cell measures both sides: every row sees each point of the spiral
# four times (us: microseconds).

# %%
print(f"{'batch size':>10} {'steps':>6} {'total ms':>9} {'us per example':>15} {'loss at the end':>16}")
for batch_size in (1, 5, 20, 100, 400):
    timed_rng = np.random.default_rng(0)
    timed_model = Perceptron(64, ReLU(), timed_rng)
    epochs = 4
    begin = time.perf_counter()
    train(timed_model, spiral_x, spiral_y, epochs, 0.1, batch_size, timed_rng)
    elapsed_s = time.perf_counter() - begin
    final_loss = loss_function(timed_model(Tensor(spiral_x)), Tensor(spiral_y)).item()
    steps = epochs * -(-len(spiral_x) // batch_size)
    per_example_s = elapsed_s / (epochs * len(spiral_x))
    print(f"{batch_size:10} {steps:6} {1e3 * elapsed_s:9.1f} {1e6 * per_example_s:15.1f} {final_loss:16.3f}")

# %% [markdown]
# ### Exercise: analysis (10 points, graded by a person)
#
# Answer the four questions in the cell below in two to five sentences each. Point to figures that your
# cells print.
#
# | points | what the answers show |
# | --- | --- |
# | 10 | all four, with the notebook's own figures, and each *why* explained by shapes or formulas |
# | 5 | two answered that well, or all four without figures or without the why |
# | 0 | no answers, or claims that the notebook's figures contradict |
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
# Every array that grows has one row per example, so twice the batch means twice of each: $O(n)$. The
# slope is the sum of the row lengths times 4 bytes. While `z_grad` is computed, $z$, $h$, `h_grad`, the
# slope of the activation and `z_grad` are all alive: five rows of $H$ numbers, and three single numbers
# ($\ell$, the probability, `logits_grad`). The intercept is what does not grow: Python objects and the
# gradients. The printed ratio is close to 1, so the list is complete. It would be smaller if the slope
# had no name of its own: then NumPy writes the product into that large temporary array.
# ### END SOLUTION
#
# **2. Parameters and activations**
#
# ### BEGIN SOLUTION
# There are $4H + 1 = 257$ parameters, that is 1,028 bytes in float32. By the count one example needs
# $4(5H + 3) = 1{,}292$ bytes, so a single example takes more than all parameters together. To save memory
# here one makes the batch smaller or keeps fewer of the $(N, H)$ arrays: ReLU's slope can be found from
# $h$, so $z$ need not be kept, and `h_grad` can be multiplied in place. Smaller weights, float16 for
# instance, would save almost nothing.
# ### END SOLUTION
#
# **3. Batch size**
#
# ### BEGIN SOLUTION
# With a batch of 1 nearly all time is the fixed price of each Python call, and its time per example is
# the largest in the table. With 100 or 400 one call serves all those rows, and hardly anything is left of
# that price. The losses go the other way: 4 epochs are 1,600 steps with a batch of 1 and only 4 steps
# with 400, and 4 steps move little. I would choose 20. In the time that batch 1 needs for 4 epochs it
# makes many times as many, and it still takes 20 steps per epoch. The best size balances the number of
# steps against their price.
# ### END SOLUTION
#
# **4. Sigmoid and ReLU**
#
# ### BEGIN SOLUTION
# The sigmoid's slope is at most 0.25, and nearly 0 for large $|z|$, so the hidden layer's gradient is at
# most a quarter of what the output layer sends back; ReLU passes it on with slope 1 wherever the unit is
# on. With the same learning rate the hidden lines of the Sigmoid model move more slowly, and the
# comparison's table and curves show it: the loss stays higher and 90 % comes later. On the spiral I tried
# 16, 32 and 64 units: more units made more turns possible. A larger learning rate speeds Sigmoid up,
# which supports the explanation.
# ### END SOLUTION

# %% [markdown]
# ## What you have shown
#
# You trained a hidden layer with gradients that you derived yourself and that an independent witness
# confirmed. Run the next cell for your figures. Then, in a terminal, `tito milestone test perceptron`
# verifies your framework by itself.
#
# In module 05 your framework learns to find these gradients on its own, and what you wrote here is its
# first oracle.

# %%
for name, model, history, x, y in (("moons", moons_model, moons_history, moons_x, moons_y),
                                   ("spiral", spiral_model, spiral_history, spiral_x, spiral_y)):
    print(f"{name:6}: loss {history[0]:.3f} -> {history[-1]:.3f}, accuracy {accuracy(model, x, y):.1%}")
