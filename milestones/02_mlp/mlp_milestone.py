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
# # Milestone 2: Multi-layer perceptron
#
# A network with one layer cannot compute XOR, a function of two bits. In 1986 David Rumelhart, Geoffrey Hinton and
# Ronald Williams showed how errors that are sent backwards train hidden layers, and XOR became an exercise. In 1989
# Yann LeCun's group trained such networks to read postal codes.
#
# You go the same way with **your own** `tinytorch` (modules 01 to 07): first XOR, then handwritten digits. In
# milestone 1 you derived four gradients by hand. Now your autograd finds all of them, however many layers there are.

# %% [markdown]
# ## What you hand in, and how it is graded
#
# | part | exercises | points | graded by |
# | --- | --- | --- | --- |
# | Model | the network, XOR by hand, probabilities | 20 | tests |
# | Training | the step, the loop, XOR, digits | 30 | tests |
# | Comparison | depth against width | 10 | tests |
# | Visualization | confusion matrix, worst errors, hidden units | 20 | a person |
# | Systems analysis | parameters, memory, operations; written analysis | 20 | a person |
#
# The structure is given; you write more of the code than in milestone 1. Work from top to bottom, and run the test
# after each exercise as often as you like.

# %%
import io
import time
import tracemalloc

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from tinytorch.activations import ReLU, Softmax
from tinytorch.layers import Linear, Module, Parameter, Sequential
from tinytorch.losses import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from tinytorch.optimizers import SGD, Adam
from tinytorch.tensor import Tensor, no_grad
from tinytorch.training import accuracy
from tito import datasets

# %% [markdown]
# ## Part 1: Four points that no line separates
#
# XOR is 1 when exactly one of its two bits is 1. As points in the plane: two of class 1 on one diagonal of a square,
# two of class 0 on the other.

# %% nbgrader={"grade": false, "grade_id": "data-xor", "locked": true, "schema_version": 3, "solution": false, "task": false}
xor_x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)  # (4, 2)
xor_y = np.array([[0], [1], [1], [0]], dtype=np.float32)  # (4, 1)

CLASS_COLORS = ("#1f5fa8", "#d1600a")


def draw_points(axis, x, y):
    """Scatter the points x (n, 2) with one color and one marker for each class in y (n, 1)."""
    for label, color, marker in zip((0, 1), CLASS_COLORS, ("o", "^"), strict=True):
        axis.scatter(*x[y[:, 0] == label].T, s=90, color=color, marker=marker, edgecolor="white",
                     label=f"class {label}", zorder=3)

# %% [markdown]
# **Why one layer fails.** A single layer says class 1 where $w_1 x_1 + w_2 x_2 + b > 0$. To be right at all four points
# it needs
#
# 1. $b \le 0$ at $(0, 0)$ and $w_1 + w_2 + b \le 0$ at $(1, 1)$, together $w_1 + w_2 + 2b \le 0$;
# 2. $w_2 + b > 0$ at $(0, 1)$ and $w_1 + b > 0$ at $(1, 0)$, together $w_1 + w_2 + 2b > 0$.
# 3. Both cannot hold.
#
# So no weights exist, and no training can find them. The next cell tries 200,000 random lines anyway.

# %%
line_rng = np.random.default_rng(1969)
lines = line_rng.normal(size=(200_000, 3)).astype(np.float32)  # w1, w2, b of each line
says_one = xor_x @ lines[:, :2].T + lines[:, 2] > 0  # (4, 200000)
right = (says_one == (xor_y == 1)).sum(axis=0)  # points right, for each line
for count in range(5):
    print(f"{count} of 4 points right: {np.mean(right == count):6.1%} of the lines")
best_line = lines[np.argmax(right)]
print(f"the best of them is right for {right.max() / 4:.0%} of the points")

# %% [markdown]
# ## Part 2: The model
#
# An MLP is a chain of linear layers with a ReLU between each two. `sizes` lists the width of every stage, from the
# inputs to the outputs: `(2, 8, 1)` has 2 inputs, 8 hidden units, 1 output, and `(784, 64, 32, 10)` has two hidden
# layers.
#
# $$h_0 = x \qquad h_i = \text{ReLU}(h_{i-1} W_i^T + b_i) \qquad \ell = h_{k-1} W_k^T + b_k$$
#
# The last layer has no ReLU and no softmax: it gives **logits** $(N, \text{sizes}[-1])$, and the loss does the rest
# (module 04). With two sizes there is one layer and no ReLU at all.

# %% nbgrader={"grade": false, "grade_id": "model-architecture-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MLP(Module):
    """Linear layers of the given sizes with a ReLU between each two; returns logits.

    MLP((2, 8, 1), rng) has parameters of shapes (8, 2), (8,), (1, 8), (1,): `parameters()` lists weight and bias of
    each layer, from the first layer to the last. Each layer takes its initial weights from `rng`, the first one first.
    """

    def __init__(self, sizes, rng):
        super().__init__()
        # Make the layers (1 to 4 lines). A list of layers or a Sequential: both are found by parameters().
        ### BEGIN SOLUTION
        self.layers = [Linear(inputs, outputs, rng=rng) for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True)]
        self.activation = ReLU()
        ### END SOLUTION

    def forward(self, x):
        """Logits (N, sizes[-1]) for the Tensor x (N, sizes[0]). 1 to 5 lines."""
        ### BEGIN SOLUTION
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)
        ### END SOLUTION

# %% [markdown]
# Tests need an independent opinion. The next cell has the same formulas in float64, without TinyTorch: the logits, the
# two losses, and central differences for the gradients, as in milestone 1.

# %% nbgrader={"grade": false, "grade_id": "model-witness", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plain(values):
    """The numbers in `values` as a plain float64 array: a test compares numbers, whatever object holds them."""
    return np.array(values, dtype=np.float64)


def values_of(model):
    """All parameters as float64 arrays: W, b, W, b, ..."""
    return [plain(parameter.data) for parameter in model.parameters()]


def logits_in_numpy(values, x):
    """The logits of an MLP whose parameters are the arrays W, b, W, b, ..."""
    for position in range(0, len(values), 2):
        x = np.maximum(x, 0) if position else np.asarray(x, dtype=np.float64)
        x = x @ values[position].T + values[position + 1]
    return x


def loss_in_numpy(logits, y):
    """Mean cross entropy for class numbers y (N,); mean binary cross entropy for float targets y (N, 1)."""
    if y.dtype.kind == "f":
        return float(np.mean(np.logaddexp(0, logits) - y * logits))
    logits = logits - logits.max(axis=1, keepdims=True)
    chosen = logits[np.arange(len(y)), y]
    return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - chosen))

# %% nbgrader={"grade": false, "grade_id": "model-differences", "locked": true, "schema_version": 3, "solution": false, "task": false}
def numeric_gradients(values, loss, epsilon=1e-6):
    """Central differences of loss() with respect to the arrays in `values`, which loss() reads."""
    gradients = [np.zeros_like(value) for value in values]
    for value, gradient in zip(values, gradients, strict=True):
        for index in np.ndindex(value.shape):
            kept = value[index]
            value[index] = kept + epsilon
            above = loss()
            value[index] = kept - epsilon
            below = loss()
            value[index] = kept
            gradient[index] = (above - below) / (2 * epsilon)
    return gradients

# %% nbgrader={"grade": true, "grade_id": "model-architecture", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def check_mlp(sizes, n):
    rng = np.random.default_rng(len(sizes))
    model = MLP(sizes, rng)
    shapes = [value.shape for value in values_of(model)]
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    expected = [shape for inputs, outputs in pairs for shape in ((outputs, inputs), (outputs,))]
    assert shapes == expected, (
        f"MLP({sizes}) should have parameters of shapes {expected}, but parameters() gave {shapes}.")
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 1, parameter.shape)
    x = rng.normal(0, 1, (n, sizes[0])).astype(np.float32)
    logits, truth = plain(model(Tensor(x)).data), logits_in_numpy(values_of(model), x)
    assert logits.shape == truth.shape, f"{n} rows should give logits of shape {truth.shape}, not {logits.shape}."
    assert not (np.allclose(logits, np.maximum(truth, 0), atol=1e-3) and truth.min() < -0.01), (
        "All negative logits came as 0: there must be no ReLU after the last layer.")
    assert not np.allclose(logits.sum(axis=1), 1, atol=1e-4), "The rows sum to 1: return logits, without a softmax."
    assert np.allclose(logits, truth, rtol=1e-3, atol=1e-3), (
        f"MLP({sizes}): the first row of logits should be {truth[0].round(4)}, but came as {logits[0].round(4)}. "
        "There is one ReLU between each two layers and none at the end.")


check_mlp((2, 8, 1), n=5)
check_mlp((6, 5, 4, 3), n=4)
### BEGIN HIDDEN TESTS
for check_sizes, check_n in (((3, 4), 6), ((1, 1, 1), 3), ((7, 3, 9, 2, 10), 1), ((5, 1, 4), 8)):
    check_mlp(check_sizes, check_n)
first, again, other = (MLP([4, 3, 2], np.random.default_rng(seed)) for seed in (7, 7, 8))
for one, two, three in zip(values_of(first)[::2], values_of(again)[::2], values_of(other)[::2], strict=True):
    assert np.array_equal(one, two), "One seed should give the same weights: hand rng to every layer."
    assert not np.array_equal(one, three), "Two seeds should give different weights: hand rng on."
twins = values_of(MLP((4, 4, 4), np.random.default_rng(0)))
assert not np.array_equal(twins[0], twins[2]), "Two layers should not begin with the same weights: draw on."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `zip(sizes[:-1], sizes[1:])` gives the pairs (inputs, outputs) of the layers. In `forward`, treat the last layer
# apart from the others, or build the whole chain, ReLUs included, as one `Sequential`.
#
# </details>
#
# ### Exercise: XOR by hand
#
# Before anything is trained: two hidden units are enough, so choose their weights yourself. Let one unit count how many
# bits are 1, and let the other become positive only when both are 1. The output combines the two. The logit must be
# above 0 for class 1, below 0 for class 0, and at least 0.1 away from 0.

# %% nbgrader={"grade": false, "grade_id": "model-xor-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def xor_by_hand():
    """An MLP of sizes (2, 2, 1), not trained, whose logit has the right sign at all four points of XOR."""
    model = MLP((2, 2, 1), np.random.default_rng(0))
    hidden_weight, hidden_bias, output_weight, output_bias = model.parameters()
    # Write numbers into .data[...] of these four: shapes (2, 2), (2,), (1, 2), (1,). 4 lines.
    ### BEGIN SOLUTION
    hidden_weight.data[...] = [[1, 1], [1, 1]]  # both units look at the sum of the bits
    hidden_bias.data[...] = [0, -1]  # 0, 1, 1, 2 and 0, 0, 0, 1 after the ReLU
    output_weight.data[...] = [[1, -2]]  # 0, 1, 1, 0
    output_bias.data[...] = [-0.5]
    ### END SOLUTION
    return model

# %% nbgrader={"grade": true, "grade_id": "model-xor", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
hand_model = xor_by_hand()
assert isinstance(hand_model, MLP), f"xor_by_hand should return an MLP, not a {type(hand_model).__name__}."
shapes = [value.shape for value in values_of(hand_model)]
assert shapes == [(2, 2), (2,), (1, 2), (1,)], f"The sizes should stay (2, 2, 1), but the shapes are now {shapes}."
for point, logit, label in zip(xor_x, plain(hand_model(Tensor(xor_x)).data)[:, 0], xor_y[:, 0], strict=True):
    wanted = "at least 0.1" if label else "at most -0.1"
    assert (logit >= 0.0999) if label else (logit <= -0.0999), (
        f"At {point.tolist()} the logit should be {wanted}, but is {logit:.3f}. Work out both hidden units there.")
### BEGIN HIDDEN TESTS
hand_logits = logits_in_numpy(values_of(hand_model), xor_x)
assert np.all((hand_logits > 0.09) == (xor_y == 1)) and np.all(np.abs(hand_logits) > 0.09), (
    f"In NumPy the weights give the logits {hand_logits[:, 0].round(3)}. The answer must lie in the weights alone.")
assert all(np.array_equal(a, b) for a, b in zip(values_of(xor_by_hand()), values_of(hand_model), strict=True)), (
    "Each call of xor_by_hand should give the same weights.")
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# With weights (1, 1) a unit computes $x_1 + x_2 + b$, which is 0, 1, 1, 2 at the four points, plus $b$. Which $b$
# leaves only the last of them above 0? The output then needs "count, minus twice the both-unit, minus a half".
#
# </details>
#
# **What the hidden layer does.** It moves the four points to places where one line is enough. Left: the plane, with the
# best of the random lines. Right: the same points as your two hidden units see them, with the line of the output layer.

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
hidden_w, hidden_b, output_w, output_b = values_of(xor_by_hand())
hidden_places = np.maximum(xor_x @ hidden_w.T + hidden_b, 0)  # (4, 2)
views = (("The plane: the best line errs at one point", xor_x, best_line[:2], best_line[2], "$x$"),
         ("After the hidden layer: one line is enough", hidden_places, output_w[0], output_b[0], "$h$"))
for axis, (title, places, weight, bias, name) in zip(axes, views, strict=True):
    spread = np.linspace(places.min() - 0.6, places.max() + 0.6, 200)
    gx, gy = np.meshgrid(spread, spread)
    axis.contourf(gx, gy, weight[0] * gx + weight[1] * gy + bias, levels=[-1e9, 0, 1e9], colors=["#dbe7f5", "#fbe3d0"])
    draw_points(axis, places, xor_y)
    for place in np.unique(places, axis=0):
        together = xor_x[(places == place).all(axis=1)].astype(int)  # the points that lie at this place
        names = " and ".join(f"({a}, {b})" for a, b in together)
        axis.annotate(names, place, xytext=(9, 6), textcoords="offset points")
    axis.set(title=title, xlabel=f"{name[:-1]}_1$", ylabel=f"{name[:-1]}_2$")
axes[0].legend(loc="center")
plt.show()

# %% [markdown]
# ### Exercise: probabilities
#
# For digits the model gives ten logits per image. Softmax turns them into ten probabilities that sum to 1:
# $p_{ic} = e^{\ell_{ic}} / \sum_k e^{\ell_{ik}}$. Use your own `Softmax` (module 02); logits of 1000 must not
# overflow. Nothing is trained here, so switch recording off: a recorded graph would keep every intermediate result
# alive.

# %% nbgrader={"grade": false, "grade_id": "model-probabilities-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def probabilities(model, x):
    """Probabilities (N, C) of the classes for the array x (N, D), as an array, without recording (2 to 3 lines).

    Logits of [[0.0, 0.0]] become [[0.5, 0.5]].
    """
    ### BEGIN SOLUTION
    with no_grad():
        return Softmax()(model(Tensor(x))).data
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "model-probabilities", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
class StandIn(Module):
    """A model whose logits are its input times one weight; it notes whether its results were recorded."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = Parameter(np.float32([factor]))
        self.recorded = 0

    def forward(self, x):
        out = x * self.factor
        self.recorded += int(out.requires_grad)
        return out


def check_probabilities(logits):
    stand_in, logits = StandIn(), np.array(logits, dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        found = probabilities(stand_in, logits)
    assert isinstance(found, np.ndarray), f"probabilities should return an array, not a {type(found).__name__}."
    found = plain(found)
    assert found.shape == logits.shape, f"Logits of shape {logits.shape} gave probabilities of shape {found.shape}."
    expected = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    expected /= expected.sum(axis=1, keepdims=True)
    twice = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    assert not np.allclose(found, twice, atol=1e-4) or np.allclose(expected, twice, atol=1e-3), (
        "This is the softmax of the softmax. The model gives logits, so apply it once.")
    assert np.allclose(found, expected, atol=1e-5), (
        f"Logits {logits[0].tolist()} mean probabilities {expected[0].round(4)}, but came {found[0].round(4)}. "
        "Each row sums to 1 over the classes; for large logits only your own Softmax is safe.")
    assert stand_in.recorded == 0, "The model's result was recorded: call the model inside `with no_grad():`."


check_probabilities([[0.0, 0.0], [2.0, 1.0], [-1.0, 3.0]])
### BEGIN HIDDEN TESTS
check_probabilities([[1000.0, 999.0, -1000.0]])
check_probabilities(np.random.default_rng(2).normal(0, 3, (10, 10)))
check_probabilities(np.random.default_rng(3).normal(0, 1, (50, 4)))
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `with no_grad():` switches recording off for everything inside the block. `Softmax()` is applied to the Tensor of
# logits, and `.data` is its array.
#
# </details>
#
# ## Part 3: Training
#
# Module 07 has a `Trainer`. Here you write the loop yourself once more, from memory. You will want to know it by heart,
# and every later milestone changes something in it.
#
# ### Exercise: one step
#
# One step changes the parameters once: the forward pass and the loss of a batch, its gradients by `backward()`, one
# step of the optimizer. Whatever gradients were left from before must not count. The function returns the loss that
# the batch had *before* the step.

# %% nbgrader={"grade": false, "grade_id": "training-step-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_step(model, loss_function, optimizer, x, y):
    """One training step on the arrays x (N, D) and y; return the loss before the step, a Python float (5 lines).

    `loss_function` and `optimizer` are TinyTorch's, such as CrossEntropyLoss() and SGD(model.parameters(), lr=0.1).
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    loss = loss_function(model(Tensor(x)), Tensor(y))
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "training-batch", "locked": true, "schema_version": 3, "solution": false, "task": false}
def random_task(sizes, n, seed):
    """A fresh MLP with a batch for it: labels are class numbers, or 0.0 and 1.0 if the model has one output."""
    rng = np.random.default_rng(seed)
    model = MLP(sizes, rng)
    x = rng.normal(0, 1, (n, sizes[0])).astype(np.float32)
    if sizes[-1] == 1:
        return model, x, rng.integers(0, 2, (n, 1)).astype(np.float32)
    return model, x, rng.integers(0, sizes[-1], n)


def loss_for(y):
    """The loss that fits the labels."""
    return BCEWithLogitsLoss() if y.dtype.kind == "f" else CrossEntropyLoss()

# %% nbgrader={"grade": false, "grade_id": "training-diagnosis", "locked": true, "schema_version": 3, "solution": false, "task": false}
def step_problem(before, after, gradients, lr, left_over):
    """One sentence on the first parameter that a step of SGD moved wrongly, or ''."""
    for position, (old, new, gradient) in enumerate(zip(before, after, gradients, strict=True)):
        moved, expected = new - old, -lr * gradient
        if np.allclose(moved, expected, rtol=1e-2, atol=3e-5):
            continue
        name = f"parameter {position} of shape {old.shape}"
        if np.allclose(moved, 0):
            return f"{name} did not move. After backward() comes optimizer.step()."
        if np.allclose(moved, expected - lr * left_over, rtol=1e-2, atol=1e-4):
            return f"{name} moved by old gradients too. Clear them before backward(): optimizer.zero_grad()."
        if np.allclose(moved, 2 * expected, rtol=1e-2, atol=1e-4):
            return f"{name} moved twice as far as it should: one backward() and one step(), each once."
        worst = np.unravel_index(np.argmax(np.abs(moved - expected)), old.shape)
        return (f"{name} should move by {expected[worst]:.5f} at {[int(i) for i in worst]}, but moved by "
                f"{moved[worst]:.5f}. The loss takes the model's logits as they are, and the optimizer does the step.")
    return ""

# %% nbgrader={"grade": true, "grade_id": "training-step", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def check_step(sizes, n, lr, seed):
    """Two steps of SGD, each against central differences, with old gradients lying about."""
    model, x, y = random_task(sizes, n, seed)
    optimizer = SGD(model.parameters(), lr=lr)
    for number in (1, 2):
        for parameter in model.parameters():
            parameter.grad = np.full(parameter.shape, 0.5, dtype=np.float32)  # left over from elsewhere
        before, work = values_of(model), values_of(model)
        gradients = numeric_gradients(work, lambda work=work: loss_in_numpy(logits_in_numpy(work, x), y))
        loss = train_step(model, loss_for(y), optimizer, x, y)
        problem = step_problem(before, values_of(model), gradients, lr, left_over=0.5)
        assert not problem, f"Step {number} on an MLP of sizes {sizes}, batch of {n}: {problem}"
        expected = loss_in_numpy(logits_in_numpy(before, x), y)
        assert isinstance(loss, float), f"train_step should return a Python float, not a {type(loss).__name__}."
        assert abs(float(loss) - expected) < 1e-3, (
            f"train_step should return {expected:.4f}, the loss before the step, not {loss:.4f}.")


check_step((3, 4, 3), n=5, lr=0.1, seed=1)
check_step((2, 3, 1), n=4, lr=0.5, seed=2)
### BEGIN HIDDEN TESTS
check_step((2, 5), n=1, lr=0.2, seed=3)
check_step((4, 3, 3, 2), n=7, lr=0.05, seed=4)
check_step((1, 2, 1), n=1, lr=0.3, seed=5)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# The parts in a wrong order: `optimizer.step()`, `loss.backward()`, `optimizer.zero_grad()`, the forward pass and the
# loss. `loss.item()` is the Python float.
#
# </details>
#
# ### A check of your autograd: one layer, used twice
#
# In an MLP every parameter is used once. Your autograd must also be right when a layer is used twice: then each use
# sends back its own gradient, and **the two are summed**. The next test trains such a network with your `train_step`.
# If only this test fails, the fault lies in `backward` of your module 05.

# %% nbgrader={"grade": true, "grade_id": "training-shared", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
class Shared(Module):
    """The same layer twice, and a connection around both: x -> layer -> ReLU -> layer, plus x."""

    def __init__(self, width, rng):
        super().__init__()
        self.layer = Linear(width, width, rng=rng)
        self.activation = ReLU()

    def forward(self, x):
        return self.layer(self.activation(self.layer(x))) + x


def shared_logits(values, x):
    w, b = values
    return np.maximum(x @ w.T + b, 0) @ w.T + b + x


def check_shared(width, n, seed, lr=0.1):
    rng = np.random.default_rng(seed)
    model, x, y = Shared(width, rng), rng.normal(0, 1, (n, width)).astype(np.float32), rng.integers(0, width, n)
    before, work = values_of(model), values_of(model)
    gradients = numeric_gradients(work, lambda: loss_in_numpy(shared_logits(work, x), y))
    train_step(model, CrossEntropyLoss(), SGD(model.parameters(), lr=lr), x, y)
    for name, old, new, gradient in zip(("weight", "bias"), before, values_of(model), gradients, strict=True):
        moved, expected = new - old, -lr * gradient
        worst = np.unravel_index(np.argmax(np.abs(moved - expected)), old.shape)
        assert np.allclose(moved, expected, rtol=1e-2, atol=3e-5), (
            f"A layer that is used twice: its {name} should move by {expected[worst]:.5f} at "
            f"{[int(i) for i in worst]}, but moved by {moved[worst]:.5f}. If training-step passes, look at backward in "
            "module 05 (autograd): the contributions of all uses are summed.")


check_shared(width=3, n=4, seed=6)
### BEGIN HIDDEN TESTS
check_shared(width=5, n=1, seed=7)
check_shared(width=2, n=9, seed=8)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise: the loop
#
# An **epoch** shows every example once, in a new random order drawn from `rng`, in batches of `batch_size`; the last
# batch may be smaller. The history is a dict of two lists:
#
# - `"loss"`: per epoch the mean of the batch losses, each counted as often as its batch has examples;
# - `"accuracy"`: after each epoch the accuracy on `validation`, a pair `(x, y)`; the list stays empty without one.
#
# For the accuracy use `accuracy(logits, y)` from your module 07, and do not record: measuring is not training.

# %% nbgrader={"grade": false, "grade_id": "training-loop-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(model, loss_function, optimizer, x, y, epochs, batch_size, rng, validation=None):
    """Train on the arrays x and y; return {"loss": [...], "accuracy": [...]}, lists of floats (about 13 lines)."""
    history = {"loss": [], "accuracy": []}
    ### BEGIN SOLUTION
    for _ in range(epochs):
        order = rng.permutation(len(x))
        total = 0.0
        for start in range(0, len(x), batch_size):
            batch = order[start:start + batch_size]
            total += train_step(model, loss_function, optimizer, x[batch], y[batch]) * len(batch)
        history["loss"].append(total / len(x))
        if validation is not None:
            with no_grad():
                logits = model(Tensor(validation[0]))
            history["accuracy"].append(accuracy(logits, validation[1]))
    ### END SOLUTION
    return history

# %% nbgrader={"grade": false, "grade_id": "training-watch", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Watched(Module):
    """A model of one weight that notes the first column of every batch it is shown while recording is on."""

    def __init__(self, seen):
        super().__init__()
        self.weight = Parameter(np.float32([[1.0]]))
        self.note = seen.append

    def forward(self, x):
        x = x if isinstance(x, Tensor) else Tensor(x)
        out = x @ self.weight
        if out.requires_grad:
            self.note(plain(x.data)[:, 0].tolist())
        return out


class StandStill(SGD):
    """An optimizer that moves nothing, so that the loss of an epoch can be known beforehand."""

    def step(self):
        pass


def watched_epochs(n, batch_size, epochs, seed, **more):
    """What a run of train shows to its model, as one list of batches per epoch, and its history."""
    seen, x = [], np.arange(n, dtype=np.float32)[:, None]
    y = (x % 3) ** 2
    model = Watched(seen)
    still = StandStill(model.parameters(), lr=0.1)
    history = train(model, MSELoss(), still, x, y, epochs, batch_size, np.random.default_rng(seed), **more)
    per_epoch = -(-n // batch_size)
    return [seen[i:i + per_epoch] for i in range(0, len(seen), per_epoch)], history, float(np.mean((x - y) ** 2))

# %% nbgrader={"grade": true, "grade_id": "training-loop", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def check_epochs(n, batch_size, epochs, seed, **more):
    shown, history, expected = watched_epochs(n, batch_size, epochs, seed, **more)
    assert isinstance(history, dict) and {"loss", "accuracy"} <= set(history), "train should return the history."
    sizes = [min(batch_size, n - start) for start in range(0, n, batch_size)]
    assert len(shown) == epochs, (
        f"{epochs} epochs of {n} examples in batches of {batch_size} make {epochs * len(sizes)} steps, but the model "
        f"ran {sum(map(len, shown))} times with recording on. Count the batches, and measure inside `with no_grad():`.")
    for batches in shown:
        assert [len(batch) for batch in batches] == sizes, (
            f"{n} examples in batches of {batch_size} make batches of {sizes}, not {[len(b) for b in batches]}.")
        visited = sorted(int(value) for batch in batches for value in batch)
        assert visited == list(range(n)), f"An epoch shows every example once, but showed the numbers {visited}."
    assert len(history["loss"]) == epochs and np.allclose(plain(history["loss"]), expected, rtol=1e-4), (
        f"This optimizer moves nothing, so the loss of each epoch is {expected:.4f}, the mean over all examples; the "
        f"history says {history['loss']}. Count each batch as often as it has examples, take x and y by the same "
        "indices, and use the optimizer that is given.")
    return [sum(batches, []) for batches in shown], history


orders, history = check_epochs(n=10, batch_size=4, epochs=3, seed=1)
assert len(history["accuracy"]) == 0, f"Without validation the accuracies are [], not {history['accuracy']}."
assert len({tuple(order) for order in orders}) == 3, "Each epoch needs a new random order: rng.permutation(len(x))."
assert orders == check_epochs(10, 4, 3, seed=1)[0], "The same seed should give the same orders: draw from rng only."

model, x, y = random_task((3, 6, 3), 30, seed=9)
held = random_task((3, 6, 3), 11, seed=10)[1:]
history = train(model, CrossEntropyLoss(), SGD(model.parameters(), lr=0.1), x, y, 3, 8, np.random.default_rng(0), held)
right = float(np.mean(logits_in_numpy(values_of(model), held[0]).argmax(axis=1) == held[1]))
assert len(history["accuracy"]) == 3 and abs(plain(history["accuracy"])[-1] - right) < 1e-6, (
    f"After epoch 3 the accuracy on the validation pair is {right:.3f}; the history says {history['accuracy']}.")
### BEGIN HIDDEN TESTS
check_epochs(n=6, batch_size=3, epochs=1, seed=2)
check_epochs(n=5, batch_size=100, epochs=2, seed=3)
check_epochs(n=3, batch_size=1, epochs=2, seed=4)
check_epochs(n=7, batch_size=3, epochs=2, seed=5, validation=(np.float32([[1.0], [-1.0]]), np.float32([[1.0], [0.0]])))
twin = random_task((3, 6, 3), 30, seed=9)[0]
twin_optimizer, twin_rng = SGD(twin.parameters(), lr=0.1), np.random.default_rng(0)
pieces = [train(twin, CrossEntropyLoss(), twin_optimizer, x, y, 1, 8, twin_rng, validation=held) for _ in range(3)]
for key in ("loss", "accuracy"):
    found = plain([piece[key][0] for piece in pieces])
    assert np.allclose(found, plain(history[key]), atol=1e-5), (
        f"Three calls of one epoch gave {key} {found}, one call of three epochs {history[key]}. Measure after each "
        "epoch, go on with the model, optimizer and rng that are given, and make none of your own.")
first_loss, *_, last_loss = plain(history["loss"])
assert first_loss != last_loss, "The loss did not change from epoch to epoch: does a step run?"
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `order[start:start + batch_size]` holds the indices of one batch, `x[batch]` its rows. Add up `loss * len(batch)` and
# divide by `len(x)` at the end of the epoch. The accuracy belongs after the inner loop.
#
# </details>
#
# **The single layer, trained.** First the network that cannot succeed: sizes `(2, 1)`. Watch what gradient descent does
# when no solution exists.

# %% nbgrader={"grade": false, "grade_id": "training-single", "locked": true, "schema_version": 3, "solution": false, "task": false}
for single_seed in range(3):
    single = MLP((2, 1), np.random.default_rng(single_seed))
    single_adam = Adam(single.parameters(), lr=0.05)
    single_history = train(single, BCEWithLogitsLoss(), single_adam, xor_x, xor_y, 400, 4, np.random.default_rng(0))
    single_logits = logits_in_numpy(values_of(single), xor_x)
    chances = 1 / (1 + np.exp(-single_logits[:, 0]))
    print(f"seed {single_seed}: loss {single_history['loss'][0]:.4f} -> {single_history['loss'][-1]:.4f}, "
          f"probabilities {chances.round(2)}, right: {np.mean((single_logits > 0) == (xor_y == 1)):.0%}")
print(f"for comparison, the loss of always saying one half: {np.log(2):.4f}")

# %% [markdown]
# The best that this layer can do is to give up: probability one half everywhere. The accuracy can never exceed 75 %.
#
# ### Exercise: XOR, trained
#
# Now with a hidden layer. Choose sizes, optimizer, learning rate and epochs so that **all four points are right** and
# the loss falls by more than half. A second of training is plenty.

# %% nbgrader={"grade": false, "grade_id": "training-xor-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
xor_rng = np.random.default_rng(0)
# Make xor_model, an MLP from 2 inputs to 1 output; train it with train; xor_history is what train returns.
### BEGIN SOLUTION
xor_model = MLP((2, 8, 1), xor_rng)
xor_optimizer = Adam(xor_model.parameters(), lr=0.05)
xor_history = train(xor_model, BCEWithLogitsLoss(), xor_optimizer, xor_x, xor_y, epochs=300, batch_size=4, rng=xor_rng)
### END SOLUTION
xor_accuracy = accuracy(xor_model(Tensor(xor_x)), xor_y)
print(f"XOR: loss {xor_history['loss'][0]:.3f} -> {xor_history['loss'][-1]:.3f}, accuracy {xor_accuracy:.0%}")

# %% nbgrader={"grade": true, "grade_id": "training-xor", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
assert "xor_model" in globals(), "There is no xor_model yet: train one in the cell before."
assert "xor_history" in globals(), "There is no xor_history yet: keep what train returns."
assert isinstance(xor_model, MLP), f"xor_model is a {type(xor_model).__name__}, not an MLP."
losses = plain(xor_history["loss"])
assert losses[-1] < 0.5 * losses[0], (
    f"The loss should fall by more than half; it went {losses[0]:.3f} to {losses[-1]:.3f}. "
    "Try more hidden units, more epochs, another learning rate.")
for point, logit, label in zip(xor_x, logits_in_numpy(values_of(xor_model), xor_x)[:, 0], xor_y[:, 0], strict=True):
    assert (logit > 0) == (label == 1), (
        f"At {point.tolist()} the class is {label:.0f}, but the logit is {logit:.3f}. Train longer, use more hidden "
        "units or another seed: with few units some starts get stuck.")
### BEGIN HIDDEN TESTS
xor_values = values_of(xor_model)
by_hand = values_of(xor_by_hand())
copied = all(a.shape == b.shape and np.allclose(a, b) for a, b in zip(xor_values, by_hand, strict=False))
assert not copied, "These are the weights of xor_by_hand. Train xor_model from random weights with train."
assert xor_values[0].shape[1] == 2 and xor_values[-1].shape == (1,), "xor_model has 2 inputs and 1 output."
xor_loss = loss_in_numpy(logits_in_numpy(xor_values, xor_x), xor_y)
assert xor_loss < 0.5 * losses[0], f"The loss of xor_model is {xor_loss:.3f}; its history says otherwise."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Four to sixteen hidden units, `Adam` with a learning rate between 0.01 and 0.1, `BCEWithLogitsLoss()`, batches of
# all four points, a few hundred epochs.
#
# </details>

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.9), layout="constrained")
axes[0].plot(single_history["loss"], "--", color="#777777", label="one layer")
axes[0].plot(xor_history["loss"], color="#222222", label="with a hidden layer")
axes[0].set(title="Loss on XOR", xlabel="epoch", ylabel="binary cross entropy", ylim=(0, None))
axes[0].legend()
spread = np.linspace(-0.5, 1.5, 150)
gx, gy = np.meshgrid(spread, spread)
plane_logits = logits_in_numpy(values_of(xor_model), np.stack([gx.ravel(), gy.ravel()], axis=1)).reshape(gx.shape)
axes[1].contourf(gx, gy, plane_logits, levels=[-1e9, 0, 1e9], colors=["#dbe7f5", "#fbe3d0"])
draw_points(axes[1], xor_x, xor_y)
axes[1].set(title=f"Trained: {xor_accuracy:.0%} right", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
plt.show()

# %% [markdown]
# ## Part 4: Handwritten digits
#
# The next cell takes MNIST when its files are in your cache (`tito data get mnist` fetches them), else the 8x8 digits
# that come with the course. Everything below takes its sizes from the data. **Your submission may be graded with
# either one**, so never write a number of pixels or images into your code.
#
# The examples are in three parts. You train on the first, compare settings on the second (validation), and the third,
# the **test set, stays shut** until the network is finished: a figure that you have looked at while choosing is no
# test.

# %% nbgrader={"grade": false, "grade_id": "data-digits", "locked": true, "schema_version": 3, "solution": false, "task": false}
for name in ("test_x", "test_y", "test_images"):
    globals().pop(name, None)  # if you run this cell again, the test set is shut again


def as_rows(images, pixel_max):
    """Images (N, height, width) of whole numbers as float32 rows (N, height * width) from 0 to 1."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    rows /= pixel_max
    return rows


data = datasets.mnist() if datasets.available("mnist") else datasets.digits()
image_shape = data.train_images.shape[1:]
pixels = image_shape[0] * image_shape[1]
shuffled = np.random.default_rng(1986).permutation(len(data.train_labels))
kept, held = np.split(shuffled, [len(shuffled) * 9 // 10])  # nine tenths to train on, one tenth to validate
train_x, train_y = as_rows(data.train_images[kept], data.pixel_max), data.train_labels[kept]
valid_x, valid_y = as_rows(data.train_images[held], data.pixel_max), data.train_labels[held]
print(f"{data.name}: images of {image_shape[0]} x {image_shape[1]} = {pixels} pixels")
print(f"training {train_x.shape}, validation {valid_x.shape}, labels {train_y.dtype} {train_y.shape}")

# %% nbgrader={"grade": false, "grade_id": "data-draw", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_digit(axis, row, title=""):
    """Draw one row of pixels as a picture."""
    axis.imshow(row.reshape(image_shape), cmap="gray_r", vmin=0, vmax=1)
    axis.set_title(title, fontsize=9)
    axis.set(xticks=[], yticks=[])


figure, axes = plt.subplots(3, 10, figsize=(10, 3.2), layout="constrained")
for digit in range(10):
    for axis, position in zip(axes[:, digit], np.flatnonzero(train_y == digit), strict=False):
        draw_digit(axis, train_x[position], str(digit) if axis is axes[0, digit] else "")
plt.show()

# %% [markdown]
# **Count steps, not epochs.** MNIST has about forty times as many images as the small digits, so one epoch of it has
# forty times as many steps. What decides how far training gets is mostly the number of steps. `epochs_for` turns a
# number of steps into epochs, for whatever data set is there. One untrained network, for comparison, guesses:

# %% nbgrader={"grade": false, "grade_id": "data-steps", "locked": true, "schema_version": 3, "solution": false, "task": false}
def epochs_for(steps, batch_size, examples=None):
    """How many whole epochs make about this many steps (at least 1)."""
    examples = len(train_x) if examples is None else examples
    return max(1, round(steps * batch_size / examples))


def right_share(model, x, y):
    """The share of the rows x whose largest logit stands at the label."""
    values, starts = values_of(model), range(0, len(x), 5000)  # in pieces, to save memory
    answers = [logits_in_numpy(values, x[start:start + 5000]).argmax(axis=1) for start in starts]
    return float(np.mean(np.concatenate(answers) == y))


untrained = MLP((pixels, 16, 10), np.random.default_rng(0))
print(f"2,000 steps with batches of 50 are {epochs_for(2000, 50)} epochs here")
print(f"an untrained network: {right_share(untrained, valid_x, valid_y):.1%} of the validation images right")

# %% [markdown]
# ### Exercise: the digits
#
# Write `fit_digits`: it makes an MLP with 10 logits, trains it on the rows `x` and labels `y`, and returns the model
# and the history that `train` returned. Try settings and compare the validation accuracy. The goal is 95 % on the test
# set, so aim a little higher. A call has to end within 30 seconds on either data set: use `epochs_for`.
#
# Learn from `x`, `y` and `validation` alone, and take all sizes from them: other digits will come.

# %% nbgrader={"grade": false, "grade_id": "training-digits-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fit_digits(x, y, validation, rng):
    """Train an MLP on the rows x (N, pixels) and labels y (N,); return (model, history). All randomness from `rng`.

    `validation` is a pair (x, y) to watch the accuracy on. About 5 lines.
    """
    ### BEGIN SOLUTION
    model = MLP((x.shape[1], 96, 10), rng)
    optimizer = Adam(model.parameters(), lr=0.003)
    epochs = epochs_for(1600, 100, len(x))
    history = train(model, CrossEntropyLoss(), optimizer, x, y, epochs, batch_size=100, rng=rng, validation=validation)
    return model, history
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "training-digits-run", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits_model, digits_history = fit_digits(train_x, train_y, (valid_x, valid_y), np.random.default_rng(0))
digits_losses = digits_history["loss"]
print(f"loss {digits_losses[0]:.3f} -> {digits_losses[-1]:.3f} in {len(digits_losses)} epochs")
print(f"validation accuracy {digits_history['accuracy'][-1]:.1%}")

# %% [markdown]
# <details><summary>Hint</summary>
#
# One hidden layer of 50 to 150 units, `Adam` with a learning rate of a few thousandths, batches of 50 to 150, about
# 1,500 steps. If the validation accuracy still rises at the end, take more steps; if it jumps about, lower the
# learning rate.
#
# </details>
#
# **Now the test set is opened.** From here on the network is finished.

# %% nbgrader={"grade": false, "grade_id": "data-test", "locked": true, "schema_version": 3, "solution": false, "task": false}
test_images = data.test_images
test_x, test_y = as_rows(test_images, data.pixel_max), data.test_labels
print(f"test {test_x.shape}, labels {test_y.shape}")

# %% [markdown]
# ### Exercise: the figure that counts
#
# Compute `digits_accuracy`, the share of the **test** images that your network reads correctly, a Python float.

# %% nbgrader={"grade": false, "grade_id": "training-accuracy-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
# 1 to 3 lines.
### BEGIN SOLUTION
digits_accuracy = accuracy(probabilities(digits_model, test_x), test_y)
### END SOLUTION
print(f"digits: {digits_accuracy:.2%} of {len(test_y):,} test images read correctly")

# %% nbgrader={"grade": true, "grade_id": "training-accuracy", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert "digits_accuracy" in globals(), "There is no digits_accuracy yet: compute it in the cell before."
assert isinstance(digits_accuracy, float), f"digits_accuracy should be a float, not a {type(digits_accuracy).__name__}."
claimed = float(digits_accuracy)
measured = right_share(digits_model, test_x, test_y)
for where, x, y in (("training", train_x, train_y), ("validation", valid_x, valid_y)):
    elsewhere = right_share(digits_model, x, y)
    assert abs(claimed - elsewhere) > 1e-6 or abs(measured - elsewhere) < 1e-3, (
        f"{digits_accuracy:.2%} is the accuracy on the {where} data. Measure on test_x, test_y, which the network has "
        "not seen.")
assert abs(claimed - measured) < 1.5 / len(test_y), (
    f"digits_accuracy is {digits_accuracy:.4f}, but the share of test images that are right is {measured:.4f}.")

# %% [markdown]
# **The sealed evaluation.** Has `fit_digits` learned to learn, or only these digits? When your submission is graded, it
# is called once more, on 8x8 digits as nobody has seen them: with a little noise, their pixels in a secret order, their
# classes renamed (all nines may be called 4). To an MLP that makes no difference. Your `probabilities` then answer for
# images whose labels stay with the grader. Points follow from the share that is right: none below 83 %, 5 points at
# 83 %, half a point for each further percent, 10 points from 93 % on.
#
# The next test does the same with practice digits, so that you know your figure beforehand. It also measures the test
# accuracy itself, and looks for a network that was trained on the test set: such a network is right more often there
# than on its training data.

# %% nbgrader={"grade": false, "grade_id": "training-practice", "locked": true, "schema_version": 3, "solution": false, "task": false}
def practice_digits(rng):
    """8x8 digits with noise, pixels in a new order and classes renamed: three pairs, to learn, to validate, unseen."""
    small = datasets.digits()
    images = np.concatenate([small.train_images, small.test_images]).astype(np.int64)
    labels = np.concatenate([small.train_labels, small.test_labels])
    order, pixel_order, new_name = rng.permutation(len(labels)), rng.permutation(64), rng.permutation(10)
    noisy = np.clip(images + rng.integers(-1, 2, images.shape), 0, small.pixel_max)
    rows, names = as_rows(noisy, small.pixel_max)[order][:, pixel_order], new_name[labels[order]]
    return list(zip(np.split(rows, [1300, 1440]), np.split(names, [1300, 1440]), strict=True))


def points_for(share, lowest=0.83, highest=0.93, most=10):
    """Half of the points at the lowest accuracy, all from the highest on, in a straight line between."""
    return round(float(np.interp(share, [lowest, highest], [most / 2, most])), 2)

# %% nbgrader={"grade": true, "grade_id": "training-digits", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} tito={"sealed": true}
assert "digits_model" in globals() and "digits_history" in globals(), (
    "There is no digits_model yet: fit_digits above did not end. (While you train there is no test_x.)")
assert isinstance(digits_model, MLP), f"digits_model is a {type(digits_model).__name__}, not an MLP."
test_share, train_share = (right_share(digits_model, x, y) for x, y in ((test_x, test_y), (train_x, train_y)))
assert test_share < train_share + 0.03, (
    f"{test_share:.1%} of the test images are right, but only {train_share:.1%} of the training images. Train on "
    "x, y and on nothing else.")
last_loss = plain(digits_history["loss"])[-1]
assert last_loss < 0.5 * np.log(10), (
    f"Guessing has the loss {np.log(10):.3f}; after training it should be less than half of that, but the history ends "
    f"at {last_loss:.3f}.")
assert test_share >= 0.85, (
    f"The network reads {test_share:.1%} of the test images; it should be 85 % at least. Train for more steps, or with "
    "another learning rate.")

practice, practice_valid, (unseen_x, unseen_y) = practice_digits(np.random.default_rng(1989))
practice_model, _ = fit_digits(*practice, practice_valid, np.random.default_rng(0))
practice_share = float(np.mean(plain(probabilities(practice_model, unseen_x)).argmax(axis=1) == unseen_y))
assert practice_share >= 0.83, (
    f"{practice_share:.1%} of the practice digits are read correctly; points begin at 83 %. fit_digits should learn "
    "from x and y, not from train_x and train_y, and take its sizes from them.")
print(f"test set {test_share:.2%}, practice {practice_share:.1%}; the value of this cell is the points, of 10")
points_for(practice_share)

# %% [markdown]
# How it went: the loss on the training data and the accuracy on the validation data, epoch by epoch, and the three
# accuracies at the end. The gap between training and test is what the network learned by heart.

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
epoch_numbers = range(1, len(digits_history["loss"]) + 1)
axes[0].plot(epoch_numbers, digits_history["loss"], ".-", color="#222222")
axes[0].set(title="Training loss", xlabel="epoch", ylabel="cross entropy", ylim=(0, None))
axes[1].plot(epoch_numbers, digits_history["accuracy"], ".-", color="#222222")
axes[1].axhline(0.95, color="#999999", linewidth=1)
axes[1].set(title="Validation accuracy", xlabel="epoch", ylabel="accuracy")
three = {"training": (train_x, train_y), "validation": (valid_x, valid_y), "test": (test_x, test_y)}
errors = {name: 1 - right_share(digits_model, *pair) for name, pair in three.items()}
bars = axes[2].bar(list(errors), list(errors.values()), color=["#9db8d6", "#6f93bd", "#1f5fa8"])
axes[2].bar_label(bars, [f"{value:.1%}" for value in errors.values()])
axes[2].set(title="Share of wrong answers", ylabel="error")
axes[2].margins(y=0.15)
plt.show()

# %% [markdown]
# ## Part 5: Depth against width
#
# With the same number of parameters a network can be shallow and wide or deep and narrow. A comparison is fair when
# only one thing differs: here the shape. The **budget** of parameters, the data, the steps and the optimizer stay the
# same, and several seeds show how much is luck.
#
# ### Exercise: equal budgets
#
# A layer from $a$ to $b$ has $ab + b$ parameters. `sizes_for` gives `depth` hidden layers of one common width: the
# largest width whose network has at most `budget` parameters.

# %% nbgrader={"grade": false, "grade_id": "comparison-budget-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def parameters_in(sizes):
    """How many numbers an MLP of these sizes learns, from the sizes alone: (2, 2, 1) has 9 (1 to 3 lines)."""
    ### BEGIN SOLUTION
    return sum(inputs * outputs + outputs for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True))
    ### END SOLUTION


def sizes_for(depth, inputs, outputs, budget):
    """The tuple (inputs, width, ..., width, outputs) with `depth` >= 1 hidden layers and the largest possible width.

    sizes_for(1, 2, 1, 9) and sizes_for(1, 2, 1, 12) are (2, 2, 1); (2, 3, 1) would need 13. A budget too small for
    width 1 is a ValueError. About 6 lines.
    """
    ### BEGIN SOLUTION
    width = 0
    while parameters_in((inputs, *[width + 1] * depth, outputs)) <= budget:
        width += 1
    if width == 0:
        raise ValueError(f"a budget of {budget} is too small for {depth} hidden layers between {inputs} and {outputs}")
    return (inputs, *[width] * depth, outputs)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "comparison-budget", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
for sizes, expected in (((2, 2, 1), 9), ((4, 3), 15), ((784, 64, 32, 10), 52_650)):
    found = int(parameters_in(sizes))
    assert found == expected, f"MLP({sizes}) has {expected} weights and biases, but parameters_in gave {found}."


def check_sizes(depth, inputs, outputs, budget):
    def count(width):
        chain = (inputs, *[width] * depth, outputs)
        return sum((a + 1) * b for a, b in zip(chain[:-1], chain[1:], strict=True))

    sizes = sizes_for(depth, inputs, outputs, budget)
    where = f"sizes_for({depth}, {inputs}, {outputs}, {budget})"
    assert isinstance(sizes, tuple) and len(sizes) == depth + 2, (
        f"{where} should be a tuple of {depth + 2} sizes, not {sizes}.")
    sizes = tuple(int(size) for size in sizes)
    assert sizes[0] == inputs and sizes[-1] == outputs and len(set(sizes[1:-1])) == 1, (
        f"{where} should begin with {inputs}, end with {outputs} and have one width between, but is {sizes}.")
    assert count(sizes[1]) <= budget, f"{where} gave {sizes} with {count(sizes[1])} parameters, more than {budget}."
    assert count(sizes[1] + 1) > budget, (
        f"{where} gave {sizes}, but width {sizes[1] + 1} has {count(sizes[1] + 1)} parameters and fits as well.")


check_sizes(1, 2, 1, 12)
check_sizes(3, 64, 10, 5000)
### BEGIN HIDDEN TESTS
check_sizes(1, 2, 1, 9)
check_sizes(1, 2, 1, 5)  # exactly width 1
check_sizes(8, 784, 10, 40_000)
check_sizes(2, 5, 4, 111)
for too_small in (4, 0):
    try:
        answer = sizes_for(1, 2, 1, too_small)
    except ValueError:
        answer = None
    assert answer is None, (
        f"Width 1 needs 5 parameters, so sizes_for(1, 2, 1, {too_small}) is a ValueError, not {answer}.")
assert int(parameters_in((1, 1))) == 2, f"One weight and one bias are 2 parameters, not {parameters_in((1, 1))}."
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise: the comparison
#
# For each depth and each seed: a fresh MLP with `np.random.default_rng(seed)`, a fresh `Adam`, and a call of `train`
# with another fresh `np.random.default_rng(seed)`. So all depths see the examples in the same orders. The record of a
# depth holds `"sizes"`, `"parameters"`, and two lists with one float per seed: `"losses"`, the training loss of the
# last epoch, and `"accuracies"`, the validation accuracy after it.

# %% nbgrader={"grade": false, "grade_id": "comparison-depth-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def compare_depths(depths, budget, seeds, x, y, validation, epochs, batch_size, lr):
    """Train an MLP to 10 classes for each depth and seed within one budget; return {depth: record} (about 12 lines)."""
    records = {}
    for depth in depths:
        sizes = sizes_for(depth, x.shape[1], 10, budget)
        # Train once for each seed, and fill records[depth].
        ### BEGIN SOLUTION
        record = {"sizes": sizes, "parameters": parameters_in(sizes), "losses": [], "accuracies": []}
        for seed in seeds:
            model = MLP(sizes, np.random.default_rng(seed))
            optimizer = Adam(model.parameters(), lr=lr)
            history = train(model, CrossEntropyLoss(), optimizer, x, y, epochs, batch_size,
                            np.random.default_rng(seed), validation)
            record["losses"].append(history["loss"][-1])
            record["accuracies"].append(history["accuracy"][-1])
        records[depth] = record
        ### END SOLUTION
    return records

# %% nbgrader={"grade": true, "grade_id": "comparison-depth", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def check_comparison(depths, budget, seeds, n, epochs, batch_size, lr):
    """Each run must be the one that is made again here, and each record must describe its network."""
    pair, small_x, small_y = (valid_x[:80], valid_y[:80]), train_x[:n], train_y[:n]
    records = compare_depths(depths, budget, seeds, small_x, small_y, pair, epochs, batch_size, lr)
    assert list(records) == list(depths), f"There should be records for the depths {depths}, but came {list(records)}."
    for depth, record in records.items():
        sizes = tuple(int(size) for size in sizes_for(depth, pixels, 10, budget))
        assert tuple(int(size) for size in record["sizes"]) == sizes, (
            f"Depth {depth}: sizes should be {sizes}, not {record['sizes']}.")
        for position, seed in enumerate(seeds):
            model = MLP(sizes, np.random.default_rng(seed))
            counted = sum(value.size for value in values_of(model))
            assert int(record["parameters"]) == counted, (
                f"{sizes} has {counted} parameters, not {record['parameters']}.")
            again = train(model, CrossEntropyLoss(), Adam(model.parameters(), lr=lr), small_x, small_y, epochs,
                          batch_size, np.random.default_rng(seed), pair)
            for key, name in (("losses", "loss"), ("accuracies", "accuracy")):
                assert len(record[key]) == len(seeds), f"Depth {depth}: {len(seeds)} seeds, but {key} is {record[key]}."
                slack = 1e-3 if name == "loss" else 1.5 / 80
                assert abs(plain(record[key])[position] - plain(again[name])[-1]) < slack, (
                    f"Depth {depth}, seed {seed}: trained again, the last {name} is {again[name][-1]:.4f}, the record "
                    f"says {record[key][position]:.4f}. Each run takes a fresh MLP, Adam and generator of its seed.")


check_comparison(depths=(1, 3), budget=20 * pixels, seeds=(0, 1), n=200, epochs=3, batch_size=20, lr=0.003)
### BEGIN HIDDEN TESTS
check_comparison(depths=[2], budget=12 * pixels, seeds=[5], n=90, epochs=1, batch_size=40, lr=0.01)
check_comparison(depths=(4, 1), budget=16 * pixels, seeds=(3, 2, 1), n=60, epochs=2, batch_size=60, lr=0.002)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Two loops, depths outside and seeds inside. `history["loss"][-1]` and `history["accuracy"][-1]` are the last entries
# of what `train` returns.
#
# </details>
#
# **The measurement.** Four depths, three seeds, one budget. One dot is one run.

# %%
budget = 50 * pixels + 3000
part = slice(0, 3000)  # a part of the training data, so that it stays quick
comparison = compare_depths(
    (1, 2, 4, 8), budget, (0, 1, 2), train_x[part], train_y[part], (valid_x, valid_y),
    epochs=epochs_for(300, 50, len(train_x[part])), batch_size=50, lr=0.003)
print(f"budget {budget:,} parameters")
for depth, record in comparison.items():
    mean, spread = np.mean(record["accuracies"]), np.ptp(record["accuracies"])
    print(f"depth {depth}: width {record['sizes'][1]:3}, {record['parameters']:,} parameters, "
          f"loss {np.mean(record['losses']):.3f}, accuracy {mean:.1%} (spread over the seeds {spread:.1%})")
figure, axis = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
for depth, record in comparison.items():
    axis.plot([str(depth)] * 3, record["accuracies"], "o", color=CLASS_COLORS[0], alpha=0.7)
means = [np.mean(record["accuracies"]) for record in comparison.values()]
axis.plot([str(depth) for depth in comparison], means, color="#222222")
axis.set(title=f"About {budget:,} parameters each", xlabel="hidden layers", ylabel="validation accuracy")
plt.show()

# %% [markdown]
# Question 4 of the analysis asks what you make of this. A difference that is smaller than the spread over the seeds is
# not yet a finding.

# %% [markdown]
# ## Part 6: Seeing what was learned
#
# ### Exercise: the confusion matrix (8 points, graded by a person)
#
# One accuracy hides which digits are confused. The confusion matrix counts test images by true digit (row) and
# predicted digit (column). A complete figure has:
#
# (a) the 10 x 10 counts, computed from the test set, with the number in each cell that is not 0; (b) axes named true
# and predicted, with the digits; (c) colors in which the errors can be seen beside the much larger diagonal; (d) the
# share of each true digit that is read correctly, drawn or printed; (e) one printed sentence that names the most
# frequent confusion with its count.
#
# | points | what earns them |
# | --- | --- |
# | 8 | all five, from the test set |
# | 4 | the counts are right and the axes can be read, but two of the others are missing |
# | 0 | less, or counts that do not come from the test set |

# %% nbgrader={"grade": true, "grade_id": "visualization-confusion", "locked": false, "points": 8, "schema_version": 3, "solution": true, "task": false}
# Count, draw, print (about 22 lines). np.add.at(counts, (rows, columns), 1) counts pairs, repeated ones too.
### BEGIN SOLUTION
predicted = probabilities(digits_model, test_x).argmax(axis=1)  # (N,)
counts = np.zeros((10, 10), dtype=int)
np.add.at(counts, (test_y, predicted), 1)
mistakes = counts * (1 - np.eye(10, dtype=int))
recall = counts.diagonal() / counts.sum(axis=1)

figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.8), layout="constrained", width_ratios=(1.6, 1))
axes[0].imshow(mistakes, cmap="Oranges")
for true in range(10):
    for guess in range(10):
        if counts[true, guess]:
            color = "#888888" if true == guess else "white" if mistakes[true, guess] > 0.6 * mistakes.max() else "black"
            axes[0].text(guess, true, counts[true, guess], ha="center", va="center", fontsize=9, color=color)
axes[0].set(title=f"{mistakes.sum()} errors among {len(test_y):,} test images (color: errors only)",
            xlabel="predicted digit", ylabel="true digit", xticks=range(10), yticks=range(10))
axes[1].barh(range(10), recall, color=CLASS_COLORS[0])
axes[1].set(title="Read correctly, by true digit", xlabel="share", yticks=range(10), ylim=(9.5, -0.5),
            xlim=(min(0.9, recall.min() - 0.01), 1))
plt.show()
true, guess = np.unravel_index(mistakes.argmax(), mistakes.shape)
print(f"The most frequent confusion: a {true} read as {guess}, {mistakes[true, guess]} times.")
print(f"The hardest digit is {recall.argmin()}: {recall.min():.1%} of them are read correctly.")
### END SOLUTION

# %% [markdown]
# ### Exercise: the most wrong digits (6 points, graded by a person)
#
# Some errors are close calls. Others are made with confidence: the network is sure, and wrong. Draw the eight wrongly
# read test images whose *predicted* digit got the highest probability (or all errors, if there are fewer). A complete
# figure has:
#
# (a) the images, the most confident error first; (b) above each its true digit, its predicted digit, and the
# probabilities of both; (c) one printed sentence on what such an image has in common with the digit it was taken for.
#
# | points | what earns them |
# | --- | --- |
# | 6 | all three, in the right order |
# | 3 | wrongly read images with true and predicted digit, but the order or the probabilities are missing or wrong |
# | 0 | less, or images that were read correctly |

# %% nbgrader={"grade": true, "grade_id": "visualization-wrong", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# Find, sort, draw (about 12 lines). draw_digit(axis, row, title) draws one image.
### BEGIN SOLUTION
chances = probabilities(digits_model, test_x)  # (N, 10)
guesses = chances.argmax(axis=1)
wrong = np.flatnonzero(guesses != test_y)
wrong = wrong[np.argsort(-chances[wrong, guesses[wrong]])][:8]
figure, axes = plt.subplots(1, 8, figsize=(12, 2.3), layout="constrained")
for axis in axes[len(wrong):]:
    axis.set_axis_off()
for axis, position in zip(axes, wrong, strict=False):
    true, guess = test_y[position], guesses[position]
    draw_digit(axis, test_x[position],
               f"true {true}: {chances[position, true]:.3f}\nread as {guess}: {chances[position, guess]:.3f}")
plt.show()
print("Most of them have a loop that is squeezed, filled, or left open, and the strokes that remain are those of the "
      "digit that was read. The network is sure all the same: no answer of it means that it does not know.")
### END SOLUTION

# %% [markdown]
# ### Exercise: what hidden units look for (6 points, graded by a person)
#
# Each unit of the first hidden layer has one weight per pixel, so its weights are a picture: where ink raises its
# value, and where ink lowers it. A complete figure has:
#
# (a) the first layer's weights of at least 16 units, each as a picture of the images' shape; (b) a diverging color
# map with white at 0, the same scale for all, and a color bar; (c) above each unit the digit for which its mean value
# after the ReLU, over the test images, is largest; (d) one printed sentence on what some of the units seem to look
# for.
#
# | points | what earns them |
# | --- | --- |
# | 6 | all four |
# | 3 | pictures of weights from the first layer, but the scale or the digits are missing |
# | 0 | less, or pictures that are not weights of the first layer |

# %% nbgrader={"grade": true, "grade_id": "visualization-hidden", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# digits_model.parameters()[0].data has the shape (units, pixels). About 15 lines.
### BEGIN SOLUTION
weight, bias = (parameter.data for parameter in digits_model.parameters()[:2])  # (H, pixels), (H,)
values = np.maximum(test_x @ weight.T + bias, 0)  # (N, H)
by_digit = np.stack([values[test_y == digit].mean(axis=0) for digit in range(10)])  # (10, H)
strongest = np.argsort(-np.linalg.norm(weight, axis=1))[:24]
limit = np.quantile(np.abs(weight[strongest]), 0.995)
figure, axes = plt.subplots(3, 8, figsize=(11, 4.9), layout="constrained")
for axis in axes.flat[len(strongest):]:
    axis.set_axis_off()
for axis, unit in zip(axes.flat, strongest, strict=False):
    picture_of_unit = axis.imshow(weight[unit].reshape(image_shape), cmap="RdBu_r", vmin=-limit, vmax=limit)
    axis.set_title(f"unit {unit}: {by_digit[:, unit].argmax()}", fontsize=9)
    axis.set(xticks=[], yticks=[])
figure.colorbar(picture_of_unit, ax=axes, label="weight (red: ink raises the unit)", shrink=0.8)
plt.show()
busiest = strongest[by_digit[:, strongest].max(axis=0).argmax()]
print("Red and blue lie side by side in strokes: a unit rewards ink in one place and punishes it beside it. "
      f"Unit {busiest} is on most strongly for the digit {by_digit[:, busiest].argmax()}.")
### END SOLUTION

# %% [markdown]
# **Perturb a digit.** An MLP sees a row of pixels and does not know which of them are neighbours. What happens to its
# answer when a digit is moved, turned, or covered with noise? First a static picture: the first test digit that is read
# correctly where it stands and wrongly when it is moved, with the ten probabilities below.

# %% nbgrader={"grade": false, "grade_id": "visualization-perturb", "locked": true, "schema_version": 3, "solution": false, "task": false}
def perturb(images, right=0, down=0, turns=0, noise=0.0):
    """Move images (..., height, width) with values 0 to 1 by whole pixels, turn by quarters, add noise; same shape."""
    images = np.rot90(images, -turns, axes=(-2, -1))  # clockwise
    height, width = images.shape[-2:]
    edge = max(abs(right), abs(down))
    padded = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(edge, edge)] * 2)
    moved = padded[..., edge - down:edge - down + height, edge - right:edge - right + width]
    if noise:
        moved = moved + noise * np.random.default_rng(0).normal(size=moved.shape)  # the same noise at each call
    return np.clip(moved, 0, 1).astype(np.float32)


def draw_answer(picture_axis, bar_axis, image, true):
    """Draw an image above the ten probabilities that the network gives it; the true digit's bar is orange."""
    chances = probabilities(digits_model, image.reshape(1, -1))[0]
    draw_digit(picture_axis, image)
    bar_axis.bar(range(10), chances, color=[CLASS_COLORS[int(digit == true)] for digit in range(10)])
    bar_axis.set(xticks=range(10), ylim=(0, 1), xlabel="digit")
    picture_axis.set_title(f"read as {chances.argmax()} ({chances.max():.0%})", fontsize=10)

# %%
step = max(1, image_shape[1] // 7)  # about a seventh of the width
changes = {"as it is": {}, f"{step} to the right": {"right": step}, "a quarter turn": {"turns": 1},
           "noise 0.5": {"noise": 0.5}}
figure, axes = plt.subplots(2, len(changes), figsize=(10.5, 4.4), layout="constrained", height_ratios=(1.4, 1))
squares = test_x.reshape(-1, *image_shape)  # (N, height, width)
still_right = probabilities(digits_model, test_x).argmax(axis=1) == test_y
moved_x = perturb(squares, right=step).reshape(test_x.shape)
moved_right = probabilities(digits_model, moved_x).argmax(axis=1) == test_y
shown_digit = np.flatnonzero(still_right & ~moved_right)[0]
for column, (name, change) in enumerate(changes.items()):
    draw_answer(axes[0, column], axes[1, column], perturb(squares[shown_digit], **change), test_y[shown_digit])
    axes[0, column].set_xlabel(name)
axes[1, 0].set_ylabel("probability")
plt.show()

# %% [markdown]
# **Explore.** With a live kernel the next cell shows sliders. Find the smallest shift that changes the answer. Is
# there a digit that survives a quarter turn? Then look at the probabilities: the network is often sure, whatever it
# is shown.

# %%
def picture(index, right, down, turns, noise):
    """The drawing for the sliders, as the bytes of a PNG."""
    image = perturb(test_x[index].reshape(image_shape), right, down, turns, noise)
    figure = Figure(figsize=(6.4, 2.6), layout="constrained")
    draw_answer(*figure.subplots(1, 2, width_ratios=(1, 1.5)), image, test_y[index])
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
    reach = image_shape[1] // 2
    sliders = [ipywidgets.IntSlider(description="test image", max=min(200, len(test_y)) - 1)]
    sliders += [ipywidgets.IntSlider(description=name, min=-reach, max=reach) for name in ("right", "down")]
    sliders += [ipywidgets.IntSlider(description="quarter turns", max=3)]
    sliders += [ipywidgets.FloatSlider(description="noise", max=1.0, step=0.05)]
    screen = ipywidgets.Image(value=picture(*(slider.value for slider in sliders)), format="png", width=560)
    for slider in sliders:
        slider.observe(lambda _: setattr(screen, "value", picture(*(s.value for s in sliders))), names="value")
    display(ipywidgets.VBox([*sliders, screen]))
else:
    print("The sliders need a live kernel and ipywidgets; the picture above shows four of their settings.")

# %% [markdown]
# One digit is an anecdote. The next cell moves **all** test images, and counts.

# %%
reach = max(2, image_shape[1] // 5)
shifts = range(-reach, reach + 1)
moved_shares = [right_share(digits_model, perturb(squares, right=s).reshape(len(squares), -1), test_y) for s in shifts]
figure, axis = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
axis.plot(shifts, moved_shares, "o-", color="#222222")
axis.axhline(0.1, color="#999999", linewidth=1)
axis.annotate("guessing", (shifts[0], 0.1), xytext=(0, 4), textcoords="offset points", color="#666666")
axis.set(title="The digits are the same, only moved", xlabel="pixels to the right", ylabel="test accuracy",
         ylim=(0, 1.03), xticks=shifts)
plt.show()
for s, share in zip(shifts, moved_shares, strict=True):
    if s in (0, 1, 2):
        print(f"moved by {s} pixels: {share:.1%}")

# %% [markdown]
# The network learned where ink lies, not what a digit is. Milestone 3 repairs this with layers that look at every place
# with the same weights.
#
# ## Part 7: What it costs
#
# Three quantities describe a network before it has run once: its **parameters**, the **bytes** that a training step
# must hold, and its **operations**. A layer from $a$ to $b$ multiplies and adds $ab$ times per example: $2ab$
# floating-point operations (FLOPs). The helpers below measure what you count.

# %% nbgrader={"grade": false, "grade_id": "systems-helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
def peak_bytes(call):
    """The most memory that call() allocated at one time beyond what was there before, in bytes."""
    call()  # once without counting: what is made only at first use does not count
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def seconds_of(call, tries=15):
    """The shortest of several measured times of call(): other programs can only make it longer."""
    times = []
    for _ in range(tries):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


one_megabyte = peak_bytes(lambda: np.zeros(250_000, dtype=np.float32))
print(f"an array of 250,000 float32 numbers: 4 * 250,000 = 1,000,000 bytes, measured {one_megabyte:,}")

# %% [markdown]
# ### Exercise: count and measure (10 points, graded by a person)
#
# Take a fresh MLP of sizes `COST_SIZES` with Adam. A complete answer has:
#
# (a) a printed table with one line per layer: parameters, and FLOPs per example of the forward pass; (b) the bytes of
# parameters, gradients and Adam's two averages, counted; (c) the peak of `train_step` for the given batch sizes, as a
# plot with a fitted line, its slope in bytes per example, and beside it your own count of the arrays with one row per
# example; (d) the times of a forward pass and of a training step for a batch of 256, as a ratio and in FLOPs per
# second, with the ratio that the counts predict.
#
# | points | what earns them |
# | --- | --- |
# | 10 | all four |
# | 5 | two of the four are right, at least one of them measured |
# | 0 | less, or figures that no cell prints |

# %% nbgrader={"grade": true, "grade_id": "systems-costs", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
COST_SIZES = (pixels, 256, 128, 10)
batch_sizes = np.array([1024, 2048, 3072, 4096])
cost_rng = np.random.default_rng(0)
cost_model = MLP(COST_SIZES, cost_rng)
cost_adam = Adam(cost_model.parameters(), lr=0.001)
cost_x = cost_rng.random((4096, pixels), dtype=np.float32)
cost_y = cost_rng.integers(0, 10, 4096)
# Count, measure, print, plot (about 35 lines).
### BEGIN SOLUTION
layer_pairs = list(zip(COST_SIZES[:-1], COST_SIZES[1:], strict=True))
print(f"{'layer':>12} {'parameters':>11} {'forward FLOPs per example':>26}")
for a, b in layer_pairs:
    print(f"{a:>5} -> {b:<4} {a * b + b:11,} {2 * a * b:26,}")
total = parameters_in(COST_SIZES)
forward_flops = sum(2 * a * b for a, b in layer_pairs)
step_flops = 3 * forward_flops - 2 * COST_SIZES[0] * COST_SIZES[1]  # backward twice, but no gradient of the pixels
print(f"{'total':>12} {total:11,} {forward_flops:26,}")
print(f"parameters {4 * total:,} bytes, gradients {4 * total:,}, Adam's two averages {8 * total:,}")


def cost_step(n):
    return train_step(cost_model, CrossEntropyLoss(), cost_adam, cost_x[:n], cost_y[:n])


def cost_forward(n):
    with no_grad():
        return cost_model(Tensor(cost_x[:n]))


peaks = np.array([peak_bytes(lambda n=n: cost_step(n)) for n in batch_sizes])
slope, intercept = np.polyfit(batch_sizes, peaks, 1)
hidden_widths, first_width = COST_SIZES[1:-1], COST_SIZES[1]
floats_alive = {
    "x @ W.T, + b and ReLU of each hidden layer (the recorded graph)": 3 * sum(hidden_widths),
    "x @ W.T and + b of the output layer": 2 * COST_SIZES[-1],
    "gradients before and after the first ReLU": 2 * first_width,
    "its mask, one byte a unit": first_width / 4,
}
counted = 4 * sum(floats_alive.values())
print(f"\npeak of a step: {slope:,.0f} bytes per example measured, {counted:,.0f} counted, ratio {slope / counted:.2f}")
for name, floats in floats_alive.items():
    print(f"  {4 * floats:8,.0f} bytes: {name}")
figure, axis = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
axis.plot(batch_sizes, peaks / 1e6, "o", color=CLASS_COLORS[0], label="measured peak of train_step")
axis.plot(batch_sizes, (slope * batch_sizes + intercept) / 1e6, color=CLASS_COLORS[0],
          label=f"fit: {slope:,.0f} bytes per example")
axis.plot(batch_sizes, counted * batch_sizes / 1e6, "--", color=CLASS_COLORS[1],
          label=f"count: {counted:,.0f} bytes per example")
axis.axhline(4 * total / 1e6, color="#777777", linestyle=":", label="the parameters")
axis.set(title="Memory of a training step", xlabel="batch size", ylabel="peak memory in MB", xlim=(0, None),
         ylim=(0, None))
axis.legend(fontsize=8)
plt.show()
forward_s, step_s = seconds_of(lambda: cost_forward(256)), seconds_of(lambda: cost_step(256))
print(f"forward, batch of 256: {256 * forward_flops / forward_s / 1e9:.1f} GFLOP per second")
print(f"training step:         {256 * step_flops / step_s / 1e9:.1f} GFLOP per second")
print(f"a step takes {step_s / forward_s:.1f} forward passes; the counts predict {step_flops / forward_flops:.1f}")
### END SOLUTION

# %% [markdown]
# ### Exercise: analysis (10 points, graded by a person)
#
# Answer the four questions in the cell below in two to five sentences each. Point to figures that your cells print.
#
# | points | what the answers show |
# | --- | --- |
# | 10 | all four are right, and each rests on a figure that a cell prints |
# | 5 | two of the four are right and rest on figures, or all are right without figures |
# | 0 | less |
#
# 1. **Parameters and memory.** Which layer has most of the parameters, and why? What must be held for training that
#    running the network does not need? From which batch size on do the arrays per example outweigh parameters,
#    gradients and Adam's averages together?
# 2. **Operations.** Why does a training step cost about three forward passes, and why not exactly three? Is the
#    measured ratio larger or smaller, and what do the counts leave out?
# 3. **Shared gradients.** Autograd sums the contributions when a Tensor is used twice. Where in milestone 1 or here
#    does such a sum appear, and what would go wrong without it? What would go wrong without clearing gradients?
# 4. **Depth against width.** What did you measure at equal budgets? Which differences are larger than the spread over
#    the seeds? Name a reason for what happens at depth 8.

# %% [markdown] nbgrader={"grade": true, "grade_id": "systems-analysis", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# **1. Parameters and memory**
#
# ### BEGIN SOLUTION
# With MNIST the first layer has most: each of its 256 units has a weight for every one of the 784 pixels. With the
# 8x8 digits it is the second layer, 256 times 128. Training holds, beyond the 4 bytes of each parameter, 4 for its
# gradient and 8 for Adam's two averages, that is 16 in all, and the recorded graph, one row per example of every
# intermediate result. Running needs only the parameters and one layer's rows at a time. Dividing the 16 bytes per
# parameter by the measured bytes per example gives the batch size: a few hundred with MNIST, about a hundred with the
# 8x8 digits.
# ### END SOLUTION
#
# **2. Operations**
#
# ### BEGIN SOLUTION
# Backward makes two matrix products per layer, one for the gradient of the weight and one for that of the layer's
# input, each with as many operations as forward's single product: $1 + 2 = 3$. The first layer needs no gradient of
# its input, since pixels are not trained, so the predicted ratio is below 3. The measured ratio is another one: the
# counts leave out everything but matrix products, such as the ReLU and its mask, the loss, Adam's work on every
# parameter, and Python's own time per operation. These do few operations per byte, so they cost more time than their
# count says.
# ### END SOLUTION
#
# **3. Shared gradients**
#
# ### BEGIN SOLUTION
# Every weight is used once per example of a batch, and its gradient is the sum over them: $G^T x$ in milestone 1.
# Each hidden unit feeds all ten logits, so its gradient sums ten contributions. In `Shared` the same layer stands in
# two places and autograd itself has to add. If a contribution were dropped, the step would point in a wrong direction
# without any error message. Without clearing, the sum would go on over steps: each step would follow all earlier
# gradients at once.
# ### END SOLUTION
#
# **4. Depth against width**
#
# ### BEGIN SOLUTION
# The table of the comparison shows depths 1 and 2 within about one spread of each other, so I cannot call one better.
# Depth 4 is a little worse, depth 8 far worse, by many times the spread, and its training loss is the highest too: it
# does not overfit, it trains badly. Every ReLU layer passes on only part of the gradient, and eight narrow ones in a
# row leave little of it, so with the same 300 steps the early layers hardly learn. For this task width is the better
# use of a budget.
# ### END SOLUTION

# %% [markdown]
# ## What you have shown
#
# Your own framework found every gradient, solved XOR, and learned to read handwriting. Run the next cell for your
# figures. Then, in a terminal, `tito milestone test mlp` verifies the framework by itself.
#
# What it cannot do yet, you saw when all digits moved by two pixels. Milestone 3 gives it convolutions.

# %%
print(f"XOR: accuracy {xor_accuracy:.0%}, loss {xor_history['loss'][0]:.3f} -> {xor_history['loss'][-1]:.3f}")
print(f"{data.name}: test accuracy {digits_accuracy:.2%} of {len(test_y):,} images, "
      f"loss {digits_history['loss'][0]:.3f} -> {digits_history['loss'][-1]:.3f}")
