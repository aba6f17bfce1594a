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
# One layer cannot compute XOR, a function of two bits. In 1986 Rumelhart, Hinton and Williams showed how errors that
# are sent backwards train hidden layers; in 1989 LeCun's group trained such networks to read postal codes. You go the
# same way with **your own** `tinytorch` (modules 01 to 07). In milestone 1 you derived four gradients by hand; now your
# autograd finds all of them.

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
# Headings name the kind of exercise: **write**, **derive**, or **predict** a number before you see it (no points).
# Hidden checks try the same rules with other sizes and seeds.

# %%
import matplotlib.pyplot as plt
import numpy as np

from tinytorch.activations import ReLU, Softmax
from tinytorch.layers import Linear, Module, Parameter, Sequential
from tinytorch.losses import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from tinytorch.optimizers import SGD, Adam
from tinytorch.tensor import Tensor, no_grad
from tinytorch.training import accuracy
from tito import datasets
from tito.lesson import check, peak_bytes, predict, raises, seconds_of
from tito.lesson import slope as measured_slope
from tito.lesson.pictures import CLASS_COLORS, draw_digit, explore_readings, perturb, show_depths
from tito.lesson.pictures import show_histories, show_learning, show_moved, show_planes, show_readings

# %% [markdown]
# ## Part 1: Four points that no line separates
#
# XOR is 1 when exactly one of its two bits is 1. A single layer says class 1 where $w_1 x_1 + w_2 x_2 + b > 0$. To be right at all four
# points it needs
#
# 1. $b \le 0$ at $(0, 0)$ and $w_1 + w_2 + b \le 0$ at $(1, 1)$, together $w_1 + w_2 + 2b \le 0$;
# 2. $w_2 + b > 0$ at $(0, 1)$ and $w_1 + b > 0$ at $(1, 0)$, together $w_1 + w_2 + 2b > 0$.
#
# Both cannot hold. The next cell tries 200,000 random lines anyway.

# %% nbgrader={"grade": false, "grade_id": "data-xor", "locked": true, "schema_version": 3, "solution": false, "task": false}
xor_x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)  # (4, 2)
xor_y = np.array([[0], [1], [1], [0]], dtype=np.float32)  # (4, 1)

# %%
lines = np.random.default_rng(1969).normal(size=(200_000, 3)).astype(np.float32)  # w1, w2, b of each line
says_one = xor_x @ lines[:, :2].T + lines[:, 2] > 0  # (4, 200000)
right = (says_one == (xor_y == 1)).sum(axis=0)  # points right, for each line
print({f"{count} of 4 right": f"{np.mean(right == count):.1%}" for count in range(5)})
best_line = lines[np.argmax(right)]

# %% [markdown]
# ## Part 2: The model
#
# ### model-architecture · write · 15 min · core
#
# An MLP is a chain of linear layers with a ReLU between each two. `sizes` lists the width of every stage: `(2, 8, 1)`
# has 2 inputs, 8 hidden units, 1 output, and `(784, 64, 32, 10)` has two hidden layers.
#
# $$h_0 = x \qquad h_i = \text{ReLU}(h_{i-1} W_i^T + b_i)$$
#
# $$\ell = h_{k-1} W_k^T + b_k$$
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
# Checks need an independent opinion: the same formulas without TinyTorch, and measured slopes for gradients.

# %% nbgrader={"grade": false, "grade_id": "model-witness", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plain(values):
    """The numbers in `values` as a plain float64 array, whatever object holds them."""
    return np.array(values, dtype=np.float64)


def claim(call, expected, hint="", tolerance=1e-5):
    """What `check` demands, as an assert without its explanations: hidden checks use it."""
    got = call()
    try:
        same = np.shape(got) == np.shape(expected) and np.allclose(plain(got), plain(expected), tolerance, tolerance)
    except ValueError:  # rows of unequal lengths
        same = str(got) == str(expected)
    assert same, f"Expected {expected}, got {got}. {hint}"


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
    return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]))


def slopes_in_numpy(loss, values):
    """The measured slopes of loss(values) with respect to each of the arrays in `values`."""
    move = lambda i: measured_slope(lambda moved: loss([*values[:i], moved, *values[i + 1:]]), values[i])
    return [move(i) for i in range(len(values))]

# %% nbgrader={"grade": true, "grade_id": "model-architecture", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
from tito.lesson import check


def check_mlp(sizes, n):
    """An MLP of these sizes, with random weights and biases, against the formula in NumPy."""
    rng = np.random.default_rng(len(sizes))
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    shapes = [shape for inputs, outputs in pairs for shape in ((outputs, inputs), (outputs,))]
    check(lambda: [p.shape for p in MLP(sizes, rng).parameters()], shapes, "weight and bias of each layer, in order")
    model = MLP(sizes, rng)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 1, parameter.shape)
    x = Tensor(rng.normal(0, 1, (n, sizes[0])).astype(np.float32))
    logits = logits_in_numpy(values_of(model), plain(x.data)).astype(np.float32)
    check(lambda: np.allclose(plain(model(x).data).sum(axis=1), 1), False, "the rows sum to 1: logits, without a softmax")
    if logits.min() < -0.01:
        only_above_0 = np.maximum(logits, 0)
        hint = "all logits below 0 came as 0: no ReLU after the last layer"
        check(lambda: np.allclose(plain(model(x).data), only_above_0, atol=1e-3), False, hint)
    check(lambda: model(x).data, logits, "one ReLU between each two layers, and none at the end", tolerance=1e-3)


def weights_from(seed):
    return [value.tolist() for value in values_of(MLP([4, 4, 4], np.random.default_rng(seed)))[::2]]


check_mlp((2, 8, 1), n=5)
check_mlp((6, 5, 4, 3), n=4)
check_mlp((3, 4), n=7)
check(lambda: weights_from(7) == weights_from(7), True, "one seed, the same weights: every layer draws from rng")
check(lambda: weights_from(7)[0] == weights_from(7)[1], False, "two layers do not begin with the same weights: draw on")
### BEGIN HIDDEN TESTS
check = claim
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
# <details><summary>Hint 1</summary>
#
# How many layers do three sizes make, and how many ReLUs? Which layer is unlike the others?
# </details>
# <details><summary>Hint 2</summary>
#
# `zip(sizes[:-1], sizes[1:])` gives the pairs (inputs, outputs) of the layers. In `forward`, treat the last layer
# apart from the others, or build the whole chain, ReLUs included, as one `Sequential`.
# </details>
#
# ### model-xor · derive · 12 min · core
#
# Two hidden units are enough, so choose their weights yourself. Let one unit count how many bits are 1, and the other
# become positive only when both are. The logit must be above 0 for class 1, below 0 for class 0, and at least 0.1 away
# from 0.

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
from tito.lesson import check

XOR_SHAPES = [(2, 2), (2,), (1, 2), (1,)]
check(lambda: isinstance(xor_by_hand(), MLP), True, "an MLP comes back")
check(lambda: [p.shape for p in xor_by_hand().parameters()], XOR_SHAPES, "fill .data[...] of the four, keep the sizes")
hand_model = xor_by_hand()
hand_w, hand_b, _, _ = values_of(hand_model)
for bits, label in zip(xor_x, xor_y[:, 0], strict=True):
    seen, logit = np.maximum(hand_w @ bits + hand_b, 0), float(plain(hand_model(Tensor(bits[None])).data)[0, 0])
    units = f"at {bits.astype(int).tolist()} your hidden units give {seen.round(3).tolist()}, the output {logit:.3f}"
    check(lambda: logit >= 0.0999 if label else logit <= -0.0999, True, units)
### BEGIN HIDDEN TESTS
hand_logits = logits_in_numpy(values_of(hand_model), xor_x)
assert np.all((hand_logits > 0.09) == (xor_y == 1)) and np.all(np.abs(hand_logits) > 0.09), (
    f"In NumPy the weights give the logits {hand_logits[:, 0].round(3)}. The answer must lie in the weights alone.")
assert all(np.array_equal(a, b) for a, b in zip(values_of(xor_by_hand()), values_of(hand_model), strict=True)), (
    "Each call of xor_by_hand should give the same weights.")
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# With weights (1, 1) a unit computes $x_1 + x_2 + b$, which is 0, 1, 1, 2 at the four points, plus $b$. Which $b$
# leaves only the last of them above 0?
# </details>
# <details><summary>Hint 2</summary>
#
# What must the output subtract from the count at $(1, 1)$? A bias then puts 0 between the two classes.
# </details>
#
# The hidden layer moves the four points to places where one line is enough. Left: the best of the random lines.
# Right: the points as your hidden units see them.

# %%
hidden_w, hidden_b, output_w, output_b = values_of(xor_by_hand())
hidden_places = np.maximum(xor_x @ hidden_w.T + hidden_b, 0)  # (4, 2)
show_planes({"The plane: the best line errs": (xor_x, lambda x: x @ best_line[:2] + best_line[2]),
             "After the hidden layer": (hidden_places, lambda h: h @ output_w[0] + output_b[0])}, xor_y, xor_x)

# %% [markdown]
# ### model-probabilities · write · 8 min · core
#
# For digits the model gives ten logits per image. Softmax turns them into ten probabilities that sum to 1:
# $p_{ic} = e^{\ell_{ic}} / \sum_k e^{\ell_{ik}}$. Logits of 1000 must not overflow (module 02). Nothing is trained
# here, so nothing may be recorded. The array is float32, as the logits are.

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
from tito.lesson import check


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
    stand_in, logits = StandIn(2.0), np.array(logits, dtype=np.float32)
    inputs = logits / 2
    expected = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    check(lambda: probabilities(stand_in, inputs), expected, "one softmax of the logits, over the classes of each row")
    check(lambda: stand_in.recorded, 0, "the model's result was recorded; nothing is trained here")


check_probabilities([[0.0, 0.0], [2.0, 1.0], [-1.0, 3.0]])
check_probabilities([[900.0, 1000.0, 999.0, -1000.0]])
### BEGIN HIDDEN TESTS
check = claim
check_probabilities([[1000.0, 999.0, -1000.0]])
check_probabilities(np.random.default_rng(2).normal(0, 3, (10, 10)))
check_probabilities(np.random.default_rng(3).normal(0, 1, (50, 4)))
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does your module 01 offer to switch recording off, and does the model run inside it?
# </details>
# <details><summary>Hint 2</summary>
#
# `with no_grad():` holds for everything inside the block. `Softmax()` takes the Tensor of logits; `.data` is its array.
# </details>
#
# ## Part 3: Training
#
# Module 07 has a `Trainer`. Here you write the loop once more, from memory.
#
# ### training-step · write · 8 min · core
#
# One step changes the parameters once: the loss of a batch, its gradients, one step of the optimizer. Whatever
# gradients were left from before must not count. The function returns the loss that the batch had *before* the step.

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

# %% nbgrader={"grade": true, "grade_id": "training-step", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
from tito.lesson import check

OLD = {None: "backward() once, then step() once", 0.5: "old gradients of 0.5 lay about, and only this batch's count"}


def check_step(sizes, n, lr, seed):
    """Two steps of SGD against measured slopes; before the second one, old gradients lie about."""
    model, x, y = random_task(sizes, n, seed)
    loss_function = BCEWithLogitsLoss() if y.dtype.kind == "f" else CrossEntropyLoss()
    optimizer = SGD(model.parameters(), lr=lr)
    for old, hint in OLD.items():
        for parameter in model.parameters():
            parameter.grad = None if old is None else np.full(parameter.shape, old, dtype=np.float32)
        before = values_of(model)
        loss = loss_in_numpy(logits_in_numpy(before, x), y)
        slopes = slopes_in_numpy(lambda values: loss_in_numpy(logits_in_numpy(values, x), y), before)
        check(lambda: train_step(model, loss_function, optimizer, x, y), loss, "the loss before the step", tolerance=1e-3)
        moved = [new - old for new, old in zip(values_of(model), before, strict=True)]
        hint = hint if any(move.any() for move in moved) else "nothing moved: after backward() comes optimizer.step()"
        for i in range(len(moved)):
            check(lambda: moved[i].tolist(), (-lr * slopes[i]).tolist(), f"parameter {i}: {hint}", tolerance=2e-2)
    check(lambda: isinstance(train_step(model, loss_function, optimizer, x, y), float), True, "return a Python float")


check_step((3, 4, 3), n=5, lr=0.1, seed=1)
check_step((2, 3, 1), n=4, lr=0.5, seed=2)
### BEGIN HIDDEN TESTS
check = claim
check_step((2, 5), n=1, lr=0.2, seed=3)
check_step((4, 3, 3, 2), n=7, lr=0.05, seed=4)
check_step((1, 2, 1), n=1, lr=0.3, seed=5)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Five things happen: forward, loss, clear, backward, step. Which of them must come before which?
# </details>
# <details><summary>Hint 2</summary>
#
# `optimizer.zero_grad()` anywhere before `loss.backward()`. `loss.item()` is the Python float.
# </details>
#
# ### A check of your autograd: one layer, used twice
#
# When a layer is used twice, each use sends back its own gradient, and **the two are summed**. If only this check
# fails, the fault lies in `backward` of your module 05.

# %% nbgrader={"grade": true, "grade_id": "training-shared", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from tito.lesson import check


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
    before = values_of(model)
    loss = loss_in_numpy(shared_logits(before, x), y)
    slopes = slopes_in_numpy(lambda values: loss_in_numpy(shared_logits(values, x), y), before)
    optimizer = SGD(model.parameters(), lr=lr)
    check(lambda: train_step(model, CrossEntropyLoss(), optimizer, x, y), loss, "the loss before the step", tolerance=1e-3)
    moved = [new - old for new, old in zip(values_of(model), before, strict=True)]
    for i, name in enumerate(("weight", "bias")):
        hint = f"the {name} of a layer used twice: backward of module 05 sums the contributions of all uses"
        check(lambda: moved[i].tolist(), (-lr * slopes[i]).tolist(), hint, tolerance=2e-2)


check_shared(width=3, n=4, seed=6)
### BEGIN HIDDEN TESTS
check = claim
check_shared(width=5, n=1, seed=7)
check_shared(width=2, n=9, seed=8)
### END HIDDEN TESTS

# %% [markdown]
# ### training-loop · write · 20 min · core
#
# An **epoch** shows every example once, in a new random order drawn from `rng`, in batches of `batch_size`; the last
# batch may be smaller. The history is a dict of two lists:
#
# - `"loss"`: per epoch the mean over its examples: each batch's loss counts as often as the batch has examples;
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

# %% nbgrader={"grade": true, "grade_id": "training-loop", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
from tito.lesson import check


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


def check_epochs(n, batch_size, epochs, seed, **more):
    """Losses, batches and examples of a run that moves nothing; returns the order of each epoch, and the history."""
    seen, x = [], np.arange(n, dtype=np.float32)[:, None]
    y = (x % 3) ** 2
    model = Watched(seen)
    still = StandStill(model.parameters(), lr=0.1)
    losses = [float(np.mean((x - y) ** 2))] * epochs
    options = {"epochs": epochs, "batch_size": batch_size, **more}
    run = lambda: train(model, MSELoss(), still, x, y, rng=np.random.default_rng(seed), **options)
    check(lambda: sorted(run()), ["accuracy", "loss"], "the history is a dict of two lists")
    hint = "this optimizer moves nothing: each epoch has the mean over all examples, x and y by the same indices"
    rng = np.random.default_rng(seed)
    check(lambda: train(model, MSELoss(), still, x, y, rng=rng, **options)["loss"], losses, hint, tolerance=1e-4)
    seen.clear()
    history = run()
    sizes = [min(batch_size, n - start) for start in range(0, n, batch_size)]
    hint = "the batches of each epoch in turn; only steps of training are recorded"
    check(lambda: [len(batch) for batch in seen], sizes * epochs, hint)
    orders = [sum(seen[i:i + len(sizes)], []) for i in range(0, len(seen), len(sizes))]
    check(lambda: [sorted(order) for order in orders], [list(range(n))] * epochs, "an epoch shows every example once")
    return orders, history


PAIR = np.float32([[1.0], [-1.0], [0.5]]), np.float32([[1.0], [0.0], [1.0]])
orders, history = check_epochs(n=10, batch_size=4, epochs=3, seed=1)
check(lambda: len(history["accuracy"]), 0, "without validation there is nothing to measure")
check(lambda: len({tuple(order) for order in orders}), 3, "each epoch needs a new random order, drawn from rng")
again = check_epochs(n=10, batch_size=4, epochs=3, seed=1)[0]
check(lambda: orders == again, True, "the same seed gives the same orders: draw from rng only")

check_epochs(n=8, batch_size=3, epochs=2, seed=2, validation=PAIR)
held = random_task((3, 6, 3), 11, seed=10)[1:]
trained = {}
for epochs in (1, 3):
    model, x, y = random_task((3, 6, 3), 30, seed=9)
    sgd, rng = SGD(model.parameters(), lr=0.1), np.random.default_rng(0)
    history = trained[epochs] = train(model, CrossEntropyLoss(), sgd, x, y, epochs, 8, rng, held)
    shares = float(np.mean(logits_in_numpy(values_of(model), held[0]).argmax(axis=1) == held[1]))
    check(lambda: len(history["accuracy"]), epochs, "one accuracy after each epoch")
    check(lambda: float(history["accuracy"][-1]), shares, "the accuracy on the validation pair, after the epoch")
check(lambda: trained[3]["accuracy"][0] == trained[1]["accuracy"][0], True, "each epoch has the accuracy of its own time")
check(lambda: trained[3]["loss"][0] == trained[3]["loss"][2], False, "with an optimizer that moves, the loss changes")
### BEGIN HIDDEN TESTS
check = claim
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
# <details><summary>Hint 1</summary>
#
# Shuffle *indices*, once per epoch. What is the slice of them that makes the batch from `start` on?
# </details>
# <details><summary>Hint 2</summary>
#
# `order[start:start + batch_size]` holds the indices of one batch, `x[batch]` its rows. Add up `loss * len(batch)` and
# divide by `len(x)` at the end of the epoch. The accuracy belongs after the inner loop.
# </details>
#
# ### training-single-layer · predict · 2 min · core
#
# First the network that cannot succeed: sizes `(2, 1)`, trained on XOR until nothing moves. Sure and right would be a
# loss of 0. At which loss does this one end?

# %% nbgrader={"grade": false, "grade_id": "training-single-layer-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
single_guess = 0.4
### STUB single_guess = ...
### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "training-single", "locked": true, "schema_version": 3, "solution": false, "task": false}
single = MLP((2, 1), np.random.default_rng(0))
single_adam = Adam(single.parameters(), lr=0.05)
single_history = train(single, BCEWithLogitsLoss(), single_adam, xor_x, xor_y, 400, 4, np.random.default_rng(0))
predict(single_guess, round(single_history["loss"][-1], 4), "the last loss of the single layer")
print("its probabilities:", (1 / (1 + np.exp(-logits_in_numpy(values_of(single), xor_x)[:, 0]))).round(2))

# %% [markdown]
# The best it can do is to give up: one half everywhere, a loss of $\log 2 = 0.6931$.
#
# ### training-xor · write · 8 min · core
#
# Now with a hidden layer. Choose sizes, optimizer, learning rate and epochs so that **all four points are right** and
# the loss falls by more than half.

# %% nbgrader={"grade": false, "grade_id": "training-xor-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
xor_rng = np.random.default_rng(0)
# Make xor_model, an MLP from 2 inputs to 1 output; train it with train; xor_history is what train returns.
### BEGIN SOLUTION
xor_model = MLP((2, 8, 1), xor_rng)
xor_optimizer = Adam(xor_model.parameters(), lr=0.05)
xor_history = train(xor_model, BCEWithLogitsLoss(), xor_optimizer, xor_x, xor_y, epochs=300, batch_size=4, rng=xor_rng)
### END SOLUTION
xor_accuracy = accuracy(xor_model(Tensor(xor_x)), xor_y)
print(f"XOR: accuracy {xor_accuracy:.0%} after {len(xor_history['loss'])} epochs")

# %% nbgrader={"grade": true, "grade_id": "training-xor", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
from tito.lesson import check

check(lambda: isinstance(xor_model, MLP), True, "xor_model is an MLP, trained from random weights")
check(lambda: (xor_model.parameters()[0].shape[1], xor_model.parameters()[-1].shape), (2, (1,)), "2 inputs, 1 output")
check(lambda: len(xor_history["loss"]) > 1, True, "xor_history is what train returned")
HAND = [value.tolist() for value in values_of(xor_by_hand())]
check(lambda: [value.tolist() for value in values_of(xor_model)] == HAND, False, "trained, not the weights of xor_by_hand")
losses = plain(xor_history["loss"])
first_loss, last_loss = float(losses[0]), float(losses[-1])
check(lambda: last_loss < 0.5 * first_loss, True, "the loss falls by more than half: units, epochs, learning rate")
hint = "which points are of class 1: with few units some starts get stuck"
check(lambda: logits_in_numpy(values_of(xor_model), xor_x) > 0, xor_y == 1, hint)
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
# <details><summary>Hint 1</summary>
#
# Which loss takes one logit per example? What happened with two units, and is there a reason to be thrifty?
# </details>
# <details><summary>Hint 2</summary>
#
# Four to sixteen hidden units, `Adam` with a learning rate between 0.01 and 0.1, `BCEWithLogitsLoss()`, batches of
# all four points, a few hundred epochs.
# </details>

# %%
show_histories({"one layer": single_history["loss"], "with a hidden layer": xor_history["loss"]}, "Loss on XOR")
show_planes({f"Trained: {xor_accuracy:.0%} right": (xor_x, lambda x: logits_in_numpy(values_of(xor_model), x))},
            xor_y, xor_x)

# %% [markdown]
# ## Part 4: Handwritten digits
#
# With MNIST in your cache (`tito data get mnist`) the next cell takes it, else the 8x8 digits of the course. **Your
# submission may be graded with either one**, so never write a number of pixels or images into your code.
#
# You train on one part and compare settings on another (validation). The **test set stays shut** until the network is
# finished: a figure that you have looked at while choosing is no test.

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
figure, axes = plt.subplots(3, 10, figsize=(10, 3.2), layout="constrained")
for digit in range(10):
    for axis, position in zip(axes[:, digit], np.flatnonzero(train_y == digit), strict=False):
        draw_digit(axis, train_x[position])
plt.show()

# %% [markdown]
# **Count steps, not epochs.** One epoch of MNIST has forty times as many steps as one of the small digits, and steps
# decide how far training gets. `epochs_for` turns them into epochs.

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


print(f"2,000 steps with batches of 50 are {epochs_for(2000, 50)} epochs here")

# %% [markdown]
# ### training-digits · write · 20 min · core
#
# Write `fit_digits`: it makes an MLP with 10 logits, trains it on the rows `x` and labels `y`, and returns the model
# and the history that `train` returned. The goal is 95 % on the test set, so aim a little higher on the validation
# data. A call has to end within 30 seconds on either data set: use `epochs_for`.
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
# <details><summary>Hint 1</summary>
#
# Does the validation accuracy still rise at the end? Then take more steps. Does it jump about? Then lower the learning
# rate.
# </details>
# <details><summary>Hint 2</summary>
#
# One hidden layer of 50 to 150 units, `Adam` with a learning rate of a few thousandths, batches of 50 to 150, about
# 1,500 steps.
# </details>
#
# **Now the test set is opened.**

# %% nbgrader={"grade": false, "grade_id": "data-test", "locked": true, "schema_version": 3, "solution": false, "task": false}
test_images = data.test_images
test_x, test_y = as_rows(test_images, data.pixel_max), data.test_labels
print(f"test {test_x.shape}, labels {test_y.shape}")

# %% [markdown]
# **The sealed evaluation.** Has `fit_digits` learned to learn, or only these digits? The grader calls it once more, on
# 8x8 digits as nobody has seen them: with a little noise, their pixels in a secret order, their classes renamed (all
# nines may be called 4). To an MLP that makes no difference. Your `probabilities` then answer for images whose labels
# stay with the grader. Points follow from the share that is right: none below 83 %, 5 points at 83 %, half a point for
# each further percent, 10 points from 93 % on. The next check does the same with practice digits, and looks for a
# network that was trained on the test set.

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
from tito.lesson import check

check(lambda: isinstance(digits_model, MLP), True, "fit_digits returns an MLP and its history")
test_share, train_share = (right_share(digits_model, x, y) for x, y in ((test_x, test_y), (train_x, train_y)))
hint = "right more often on test images than on its training images: train on x, y and on nothing else"
check(lambda: test_share < train_share + 0.03, True, hint)
check(lambda: digits_model.parameters()[-1].shape, (10,), "ten digits, ten logits")
last_loss = float(plain(digits_history["loss"])[-1])
check(lambda: last_loss < 0.5 * np.log(10), True, "guessing has a loss of log 10; half of it should be reached")
check(lambda: test_share >= 0.85, True, "train for more steps, or with another learning rate")

practice, practice_valid, (unseen_x, unseen_y) = practice_digits(np.random.default_rng(1989))
practice_model, _ = fit_digits(*practice, practice_valid, np.random.default_rng(0))
practice_share = float(np.mean(plain(probabilities(practice_model, unseen_x)).argmax(axis=1) == unseen_y))
check(lambda: practice_share >= 0.83, True, "other digits: learn from x and y, not from train_x and train_y")
print(f"test set {test_share:.2%}, practice {practice_share:.1%}; the value of this cell is the points, of 10")
points_for(practice_share)

# %% [markdown]
# ### training-accuracy · write · 4 min · core
#
# Compute `digits_accuracy`, the share of the **test** images that your network reads correctly, a Python float.

# %% nbgrader={"grade": false, "grade_id": "training-accuracy-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
# 1 to 3 lines.
### BEGIN SOLUTION
digits_accuracy = accuracy(probabilities(digits_model, test_x), test_y)
### END SOLUTION
print(f"digits: {digits_accuracy:.2%} of {len(test_y):,} test images read correctly")

# %% nbgrader={"grade": true, "grade_id": "training-accuracy", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from tito.lesson import check

check(lambda: isinstance(digits_accuracy, float), True, "digits_accuracy is a Python float")
measured = right_share(digits_model, test_x, test_y)
for where, x, y in (("training", train_x, train_y), ("validation", valid_x, valid_y)):
    elsewhere = right_share(digits_model, x, y)
    other = abs(float(digits_accuracy) - elsewhere) > 1e-6 or abs(measured - elsewhere) < 1e-3
    check(lambda: other, True, f"this is the accuracy on the {where} data; the network has not seen test_x, test_y")
hint = "the share of all test images whose largest probability stands at the label"
check(lambda: float(digits_accuracy), measured, hint, tolerance=0.5 / len(test_y))

# %% [markdown]
# The gap between training and test is what the network learned by heart.

# %%
three = {"training": (train_x, train_y), "validation": (valid_x, valid_y), "test": (test_x, test_y)}
show_learning(digits_history, {name: 1 - right_share(digits_model, *pair) for name, pair in three.items()})

# %% [markdown]
# ## Part 5: Depth against width
#
# With one **budget** of parameters a network can be shallow and wide or deep and narrow. A comparison is fair when only
# one thing differs, here the shape; several seeds show how much is luck.
#
# ### comparison-budget · write · 12 min · core
#
# Count the parameters of an MLP from its sizes alone. `sizes_for` then gives `depth` hidden layers of one common
# width: the largest width whose network has at most `budget` parameters.

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
from tito.lesson import check, raises

check(lambda: parameters_in((2, 2, 1)), 9, "every layer has weights and biases")
check(lambda: parameters_in((4, 3)), 15, "one layer")
check(lambda: parameters_in((784, 64, 32, 10)), 52_650, "three layers")


def check_sizes(depth, inputs, outputs, budget):
    def count(width):
        chain = (inputs, *[width] * depth, outputs)
        return sum((a + 1) * b for a, b in zip(chain[:-1], chain[1:], strict=True))

    widest = max(width for width in range(1, budget) if count(width) <= budget)
    sizes = (inputs, *[widest] * depth, outputs)
    hint = f"width {widest} needs {count(widest)} parameters and fits, width {widest + 1} needs {count(widest + 1)}"
    check(lambda: sizes_for(depth, inputs, outputs, budget), sizes, hint)
    check(lambda: isinstance(sizes_for(depth, inputs, outputs, budget), tuple), True, "sizes are a tuple")


check_sizes(1, 2, 1, 12)
check_sizes(1, 2, 1, 13)
check_sizes(3, 64, 10, 5000)
check_sizes(1, 2, 1, 5)
raises(lambda: sizes_for(1, 2, 1, 4), ValueError, says=[], hint="width 1 needs 5 parameters")
raises(lambda: sizes_for(1, 2, 1, 0), ValueError, says=[], hint="width 1 needs 5 parameters")
### BEGIN HIDDEN TESTS
check = claim
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
# <details><summary>Hint 1</summary>
#
# Each unit of a layer has one weight for each input, and what else? For the width: who says that you must solve an
# equation?
# </details>
# <details><summary>Hint 2</summary>
#
# Let the width grow while the next one still fits. `(inputs, *[width] * depth, outputs)` is the tuple.
# </details>
#
# ### comparison-depth · write · 15 min · core
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
from tito.lesson import check

FRESH = "each run takes a fresh MLP, a fresh Adam and two generators of its seed, and keeps the last epoch"


def check_comparison(depths, budget, seeds, n, epochs, batch_size, lr):
    """Each run must be the one that is made again here, and each record must describe its network."""
    pair, small_x, small_y = (valid_x[:80], valid_y[:80]), train_x[:n], train_y[:n]
    run = lambda: compare_depths(depths, budget, seeds, small_x, small_y, pair, epochs, batch_size, lr)
    check(lambda: list(run()), list(depths), "a record for each depth, in this order")
    for depth, record in run().items():
        sizes = sizes_for(depth, pixels, 10, budget)
        counted = sum((a + 1) * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))
        check(lambda: tuple(map(int, record["sizes"])), sizes, f"the sizes at depth {depth}")
        check(lambda: int(record["parameters"]), counted, f"the parameters of {sizes}")
        losses, accuracies = [], []
        for seed in seeds:
            model = MLP(sizes, np.random.default_rng(seed))
            adam, rng = Adam(model.parameters(), lr=lr), np.random.default_rng(seed)
            again = train(model, CrossEntropyLoss(), adam, small_x, small_y, epochs, batch_size, rng, pair)
            losses.append(float(again["loss"][-1]))
            accuracies.append(float(again["accuracy"][-1]))
        check(lambda: plain(record["losses"]).tolist(), losses, FRESH, tolerance=1e-3)
        check(lambda: plain(record["accuracies"]).tolist(), accuracies, FRESH, tolerance=1e-2)


check_comparison(depths=(1, 3), budget=20 * pixels, seeds=(0, 1), n=200, epochs=3, batch_size=20, lr=0.003)
### BEGIN HIDDEN TESTS
check = claim
check_comparison(depths=[2], budget=12 * pixels, seeds=[5], n=90, epochs=1, batch_size=40, lr=0.01)
check_comparison(depths=(4, 1), budget=16 * pixels, seeds=(3, 2, 1), n=60, epochs=2, batch_size=60, lr=0.002)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two loops, depths outside and seeds inside. What must be made anew for each seed, and what once per depth?
# </details>
# <details><summary>Hint 2</summary>
#
# `history["loss"][-1]` and `history["accuracy"][-1]` are the last entries of what `train` returns.
# </details>
#
# **The measurement.** One dot is one run. A difference smaller than the spread over the seeds is not yet a finding.

# %%
budget = 50 * pixels + 3000
part = slice(0, 3000)  # a part of the training data, so that it stays quick
comparison = compare_depths(
    (1, 2, 4, 8), budget, (0, 1, 2), train_x[part], train_y[part], (valid_x, valid_y),
    epochs=epochs_for(300, 50, len(train_x[part])), batch_size=50, lr=0.003)
show_depths(comparison, f"About {budget:,} parameters each")

# %% [markdown]
# ## Part 6: Seeing what was learned
#
# ### Exercise: the confusion matrix (8 points, graded by a person)
#
# The confusion matrix counts test images by true digit (row) and predicted digit (column). A complete figure has:
#
# (a) the 10 x 10 counts, computed from the test set, with the number in each cell that is not 0; (b) axes named true
# and predicted, with the digits; (c) colors in which the errors can be seen beside the much larger diagonal; (d) the
# share of each true digit that is read correctly, drawn or printed; (e) one printed sentence that names the most
# frequent confusion with its count.
#
# <details><summary>What earns the points</summary>
#
# | points | what earns them |
# | --- | --- |
# | 8 | all five, from the test set |
# | 4 | the counts are right and the axes can be read, but two of the others are missing |
# | 0 | less, or counts that do not come from the test set |
#
# </details>

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
# Draw the eight wrongly read test images whose *predicted* digit got the highest probability (or all errors, if there
# are fewer). A complete figure has:
#
# (a) the images, the most confident error first; (b) above each its true digit, its predicted digit, and the
# probabilities of both; (c) one printed sentence on what such an image has in common with the digit it was taken for.
#
# <details><summary>What earns the points</summary>
#
# | points | what earns them |
# | --- | --- |
# | 6 | all three, in the right order |
# | 3 | wrongly read images with true and predicted digit, but the order or the probabilities are missing or wrong |
# | 0 | less, or images that were read correctly |
#
# </details>

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
# Each unit of the first hidden layer has one weight per pixel, so its weights are a picture. A complete figure has:
#
# (a) the first layer's weights of at least 16 units, each as a picture of the images' shape; (b) a diverging color
# map with white at 0, the same scale for all, and a color bar; (c) above each unit the digit for which its mean value
# after the ReLU, over the test images, is largest; (d) one printed sentence on what some of the units seem to look
# for.
#
# <details><summary>What earns the points</summary>
#
# | points | what earns them |
# | --- | --- |
# | 6 | all four |
# | 3 | pictures of weights from the first layer, but the scale or the digits are missing |
# | 0 | less, or pictures that are not weights of the first layer |
#
# </details>

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
# ### visualization-moved · predict · 2 min · core
#
# An MLP does not know which pixels are neighbours. Which share of the test images does it still read correctly when
# each is moved to the right by a seventh of its width (one pixel of eight, four of 28)?

# %% nbgrader={"grade": false, "grade_id": "visualization-moved-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
moved_guess = 0.8
### STUB moved_guess = ...
### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "visualization-perturb", "locked": true, "schema_version": 3, "solution": false, "task": false}
step = max(1, image_shape[1] // 7)
squares = test_x.reshape(-1, *image_shape)  # (N, height, width)
moved_x = perturb(squares, right=step).reshape(test_x.shape)
predict(moved_guess, round(right_share(digits_model, moved_x, test_y), 3), f"the share that is still right, moved by {step}")

# %% [markdown]
# The first digit that is read wrongly when it is moved; with a live kernel, sliders follow. Is there a digit that
# survives a quarter turn?

# %%
still_right = probabilities(digits_model, test_x).argmax(axis=1) == test_y
moved_right = probabilities(digits_model, moved_x).argmax(axis=1) == test_y
shown_digit = np.flatnonzero(still_right & ~moved_right)[0]
changes = {"as it is": {}, f"{step} to the right": {"right": step}, "a quarter turn": {"turns": 1},
           "noise 0.5": {"noise": 0.5}}
changed = {name: perturb(squares[shown_digit], **change) for name, change in changes.items()}
show_readings(changed, lambda row: probabilities(digits_model, row)[0], int(test_y[shown_digit]))
explore_readings(squares, test_y, lambda row: probabilities(digits_model, row)[0])

# %%
reach = max(2, image_shape[1] // 5)
moved_by = {s: perturb(squares, right=s).reshape(test_x.shape) for s in range(-reach, reach + 1)}
show_moved({s: right_share(digits_model, images, test_y) for s, images in moved_by.items()})

# %% [markdown]
# The network learned where ink lies, not what a digit is. Milestone 3 repairs this.
#
# ## Part 7: What it costs
#
# Before a network has run once you can count its **parameters**, the **bytes** that a training step must hold, and its
# **operations**: a layer from $a$ to $b$ multiplies and adds $ab$ times per example, $2ab$ floating-point operations
# (FLOPs). `peak_bytes(call)` and `seconds_of(call)` measure what you count.

# %% nbgrader={"grade": false, "grade_id": "systems-helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
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
# <details><summary>What earns the points</summary>
#
# | points | what earns them |
# | --- | --- |
# | 10 | all four |
# | 5 | two of the four are right, at least one of them measured |
# | 0 | less, or figures that no cell prints |
#
# </details>

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
# Two to five sentences each. Point to figures that your cells print.
#
# <details><summary>What earns the points</summary>
#
# | points | what the answers show |
# | --- | --- |
# | 10 | all four are right, and each rests on a figure that a cell prints |
# | 5 | two of the four are right and rest on figures, or all are right without figures |
# | 0 | less |
#
# </details>
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
# <details><summary>An answer</summary>
#
# With MNIST the first layer: each of its 256 units has a weight for each of 784 pixels; with the 8x8 digits the
# second, 256 times 128. Training holds 16 bytes per parameter (value, gradient, Adam's two averages) and the recorded
# graph, one row per example of every intermediate result; running needs the parameters and one layer's rows. 16 bytes
# times the parameters, divided by the measured bytes per example, gives the batch size: a few hundred with MNIST,
# about a hundred with the 8x8 digits.
#
# </details>
# ### END SOLUTION
#
# **2. Operations**
#
# ### BEGIN SOLUTION
# <details><summary>An answer</summary>
#
# Backward makes two matrix products per layer, for the gradients of the weight and of the layer's input, each as large
# as forward's one: $1 + 2 = 3$. Pixels need no gradient, so the prediction is below 3. The measured ratio differs: the
# counts leave out all but matrix products, such as the ReLU's mask, Adam's work and Python's own time.
#
# </details>
# ### END SOLUTION
#
# **3. Shared gradients**
#
# ### BEGIN SOLUTION
# <details><summary>An answer</summary>
#
# Every weight is used once per example, and its gradient is the sum over the batch: $G^T x$ in milestone 1. Each hidden
# unit feeds all ten logits; in `Shared` the same layer stands in two places. A contribution that is dropped turns the
# step into a wrong direction without an error message. Without clearing, each step would follow all earlier gradients.
#
# </details>
# ### END SOLUTION
#
# **4. Depth against width**
#
# ### BEGIN SOLUTION
# <details><summary>An answer</summary>
#
# Depths 1 and 2 lie within about one spread of each other, so neither is better. Depth 4 is a little worse, depth 8
# far worse with every seed, though its own spread is large, and its training loss is the highest: it trains badly.
# Every ReLU layer passes on only part of the gradient; eight narrow ones leave little of it for the early layers.
#
# </details>
# ### END SOLUTION

# %% [markdown]
# ## What you have shown
#
# In a terminal, `tito milestone test mlp` verifies your framework by itself.

# %%
print(f"XOR: accuracy {xor_accuracy:.0%}, loss {xor_history['loss'][0]:.3f} -> {xor_history['loss'][-1]:.3f}")
print(f"{data.name}: test accuracy {digits_accuracy:.2%} of {len(test_y):,} images, "
      f"loss {digits_history['loss'][0]:.3f} -> {digits_history['loss'][-1]:.3f}")
