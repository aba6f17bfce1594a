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
# # Module 07: Training
#
# You have a network, a loss, gradients and an optimizer. **Training** is the loop around them. It looks like five
# lines, and each line has a way to go wrong without any error: gradients that add up, dropout left on while
# measuring, a model that learns its training data by heart.
#
# In this module you build that loop with the checks that make it honest: `accuracy`, `clip_grad_norm`, a `Trainer`
# with validation and early stopping, and checkpoints that survive a power cut.

# %% [markdown]
# You will be able to
#
# - write a training step and say why its lines stand in this order,
# - read learning curves: learning, overfitting, diverging,
# - stop at the right moment, and find out where a NaN came from,
# - save a training and take it up again, equal to the last bit,
# - say where the time and the memory of a step go.
#
# You need modules 01 to 06. There are 8 exercises, most of 3 to 10 lines. Each test prints one line when it passes.

# %% nbgrader={"grade": false, "grade_id": "07-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import importlib.util
import json
import math
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tinytorch.losses import BCEWithLogitsLoss, MSELoss
from tinytorch.tensor import Tensor, no_grad

# %% nbgrader={"grade": false, "grade_id": "07-setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import tempfile
import time
import tracemalloc

import matplotlib.pyplot as plt

from tinytorch.activations import ReLU
from tinytorch.layers import Dropout, Linear, Module, Parameter, Sequential
from tinytorch.losses import CrossEntropyLoss
from tinytorch.optimizers import SGD, Adam, CosineAnnealingLR

np.set_printoptions(precision=3, suppress=True)


def error_of(call, *arguments, **options):
    """Call it and return the exception that it raised, or None. The tests below use it."""
    try:
        call(*arguments, **options)
    except NotImplementedError:  # an exercise that is not done yet says so itself
        raise
    except Exception as error:
        return error
    return None


# %% [markdown]
# ## 1. The running example
#
# Points in the plane on three spiral arms; the arm is the class. As in real data, the positions are noisy and some
# labels are wrong. `x` has shape `(n, 2)`, the labels `y` have shape `(n,)`.
#
# We split them at once: the network learns from the **training** part. The **validation** part is never trained on.
# It answers the only question that counts: what does the network know about points that it has not seen?


# %% nbgrader={"grade": false, "grade_id": "07-spiral", "locked": true, "schema_version": 3, "solution": false, "task": false}
def make_spiral(n, noise, wrong, rng):
    """Three arms: points (n, 2) and class numbers (n,); about a share `wrong` of the labels is random."""
    label = np.arange(n) % 3
    along = rng.uniform(0.1, 1, n)  # 0 at the centre, 1 at the tip of the arm
    angle = 2 * np.pi * label / 3 + 4 * along + rng.normal(0, noise, n)
    points = along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (n, 2)
    label = np.where(rng.random(n) < wrong, rng.integers(0, 3, n), label)
    return points.astype(np.float32), label


data_rng = np.random.default_rng(7)
train_x, train_y = make_spiral(130, 0.35, 0.1, data_rng)
valid_x, valid_y = make_spiral(300, 0.35, 0.1, data_rng)
print("training  ", train_x.shape, train_y.shape, " validation", valid_x.shape, valid_y.shape)
print("the first six points\n", train_x[:6], "\nand their labels", train_y[:6])

# %% nbgrader={"grade": false, "grade_id": "07-draw", "locked": true, "schema_version": 3, "solution": false, "task": false}
COLORS = ("#1f5fa8", "#d1600a", "#3a923a")
PALE = ("#c9dbef", "#f6d9c2", "#cfe8cf")


def draw_points(axis, x, y):
    """Scatter the points: one color and one marker for each class."""
    for label, color, marker in zip(range(3), COLORS, "o^s", strict=True):
        axis.scatter(*x[y == label].T, s=16, color=color, marker=marker, edgecolor="white", linewidth=0.4)
    axis.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal", xticks=[], yticks=[])


def draw_regions(axis, model, x, y, title):
    """Color the plane by the class that the model answers there, with the points on top."""
    side = np.linspace(-1.3, 1.3, 121, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)  # (121 * 121, 2)
    with no_grad():
        answers = model(Tensor(grid)).data.argmax(axis=1)
    axis.contourf(side, side, answers.reshape(121, 121), levels=[-0.5, 0.5, 1.5, 2.5], colors=PALE)
    draw_points(axis, x, y)
    axis.set_title(title, fontsize=10)


figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
draw_points(axes[0], train_x, train_y)
axes[0].set_title("training: the network learns from these")
draw_points(axes[1], valid_x, valid_y)
axes[1].set_title("validation: it never learns from these")
plt.show()


# %% [markdown]
# The network of this notebook, made anew from a seed whenever we need one. Untrained, it knows nothing about three
# classes, so its cross entropy should be near $\log 3$. Always look at this number first.


# %% nbgrader={"grade": false, "grade_id": "07-model", "locked": true, "schema_version": 3, "solution": false, "task": false}
def make_model(seed=0, width=64, dropout=0.0):
    """A fresh network 2 -> width -> width -> 3 with ReLU between, and Dropout if its probability is not 0."""
    rng = np.random.default_rng(seed)
    layers = [Linear(2, width, rng=rng), ReLU(), Linear(width, width, rng=rng), ReLU()]
    layers += [Dropout(dropout, rng=rng)] if dropout else []
    return Sequential(*layers, Linear(width, 3, rng=rng))


criterion = CrossEntropyLoss()

# %%
model = make_model()
logits = model(Tensor(train_x))  # (130, 3)
print(model)
print(f"loss before training {criterion(logits, train_y).item():.3f}, log 3 = {math.log(3):.3f}")
print("logits of the first six points\n", logits.data[:6])

# %% [markdown]
# ## 2. How many answers are right?
#
# People ask: how many answers are right? This is the **accuracy**. It moves in jumps, one answer more or less, so it
# has no useful gradient. We train on the loss and report the accuracy.
#
# | what comes in | read as | answer |
# | --- | --- | --- |
# | `(N, C)` with two or more columns | one logit per class | position of the largest |
# | floats, `(N, 1)` or `(N,)` | one logit for "yes" | 1 where the logit is above 0, else 0 |
# | integers or booleans, `(N, 1)` or `(N,)` | finished answers | themselves |

# %% nbgrader={"grade": false, "grade_id": "07-four", "locked": true, "schema_version": 3, "solution": false, "task": false}
FOUR_LOGITS = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, -0.5], [1.0, -1.0, 0.0], [0.2, 0.1, 3.0]])  # (4, 3)
FOUR_LABELS = np.array([0, 1, 2, 2])  # (4,)
YES_NO = np.array([[1], [0], [1], [1]])  # (4, 1): answers of a network with one output, all of them right
YES_NO_LABELS = np.array([1, 0, 1, 1])  # (4,)

# %%
answers = FOUR_LOGITS.argmax(axis=1)
print("answers", answers, "  labels:", FOUR_LABELS, "  equal:", answers == FOUR_LABELS)
print(
    "(4, 1) == (4,) has shape", (YES_NO == YES_NO_LABELS).shape, "and its mean is", (YES_NO == YES_NO_LABELS).mean()
)

# %% [markdown]
# The last line is the trap of this exercise. All four answers are right, and the "accuracy" says otherwise: every
# answer was compared with every label.
#
# The given `answers_and_labels` guards against the rest. It takes Tensors, arrays or lists and returns the first
# argument as an array, and the labels as an array of shape `(N,)`. Different lengths, an empty batch, and labels
# that do not fit are refused.


# %% nbgrader={"grade": false, "grade_id": "07-pairs", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def to_array(values):
    """The array inside a Tensor, or any other values as an array."""
    return values.data if isinstance(values, Tensor) else np.asarray(values)


def answers_and_labels(predictions, labels):
    """Return predictions, (N, C), (N, 1) or (N,), and labels (N,) as arrays, or say why they do not fit."""
    predictions, labels = to_array(predictions), to_array(labels)
    shapes = f"predictions {predictions.shape} and labels {labels.shape}"
    if predictions.ndim not in (1, 2) or predictions.size == 0:
        raise ValueError(f"{shapes}: predictions must be (N, C), (N, 1) or (N,), with N at least 1")
    if labels.shape not in ((len(predictions),), (len(predictions), 1)):
        one_hot = labels.shape == predictions.shape
        fix = "labels.argmax(axis=1)" if one_hot else f"give {len(predictions)} labels, one for each prediction"
        raise ValueError(f"{shapes} do not fit. Fix: {fix}")
    labels = labels.reshape(-1)  # (N,)
    if predictions.size == len(labels) and predictions.dtype.kind == "f" and not np.isin(labels, (0, 1)).all():
        raise ValueError(f"{shapes}: one float each answers yes or no, so labels must be 0 or 1")
    return predictions, labels


# %% [markdown]
# ### Exercise `07-accuracy`
#
# $$\text{accuracy} = \frac{1}{N} \sum_{i=1}^{N} [\,\text{answer}_i = \text{label}_i\,]$$
#
# Follow the table above. At a logit of exactly 0 the answer is 0. Return a Python `float` from 0 to 1.


# %% nbgrader={"grade": false, "grade_id": "07-accuracy-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def accuracy(predictions, labels):
    """The share of right answers, a float from 0 to 1. About 7 lines.

    predictions: class logits (N, C), logits for "yes" (N, 1) or (N,), or finished answers as integers.

    >>> accuracy([[2.0, 1.0], [0.5, 2.5], [1.0, 0.0]], [0, 1, 1])
    0.6666666666666666
    >>> accuracy([[1.3], [-0.2]], [1, 0])
    1.0
    """
    predictions, labels = answers_and_labels(predictions, labels)  # (N, C), (N, 1) or (N,), and (N,)
    ### BEGIN SOLUTION
    if predictions.ndim == 2 and predictions.shape[1] > 1:
        answers = predictions.argmax(axis=1)  # (N,)
    elif predictions.dtype.kind == "f":
        answers = predictions.reshape(-1) > 0  # (N,)
    else:
        answers = predictions.reshape(-1)  # (N,)
    return float(np.mean(answers == labels))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-accuracy", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
error = error_of(accuracy, FOUR_LOGITS, FOUR_LABELS)
assert error is None, (
    f"logits (4, 3) hold one row per example, so take the largest along axis 1; yours raised {error!r}"
)
got = accuracy(FOUR_LOGITS, FOUR_LABELS)
assert isinstance(got, float), f"accuracy should return a Python float, yours returns a {type(got).__name__}"
assert abs(got - 0.75) < 1e-9, f"three of the four answers [0 1 0 2] are right, expected 0.75, got {got}"
got = accuracy(Tensor([[2.0], [-1.0], [0.5], [-3.0]]), np.array([1, 0, 0, 0]))
assert abs(got - 0.75) < 1e-9, (
    f"logits [2, -1, 0.5, -3] mean yes, no, yes, no: 3 of 4 right, expected 0.75, got {got}. "
    "The answer is yes where the logit is above 0; compare (N,) with (N,), never (N, 1) with (N,)"
)
got = accuracy(YES_NO, YES_NO_LABELS)
assert got == 1.0, f"integers are finished answers, and all four are right: expected 1.0, got {got}"
### BEGIN HIDDEN TESTS
assert accuracy(np.array([2, 0, 1]), np.array([2, 1, 1])) == 2 / 3, (
    "integers (N,) are answers, of any number of classes"
)
assert accuracy(np.array([True, False]), np.array([1.0, 1.0])) == 0.5, "booleans are answers, labels may be floats"
assert accuracy(np.array([0.4, -0.1, 0.3]), [1, 0, 1]) == 1.0, (
    "floats (N,) are logits for yes: above 0, not above 0.5"
)
assert accuracy(np.array([[0.0], [0.0]]), [[0.0], [0.0]]) == 1.0, (
    "a logit of exactly 0 means no; labels may be (N, 1)"
)
assert accuracy([[3, 1, 2]], [0]) == 1.0, "one example; integer logits with several columns are logits"
assert accuracy([[0.2, 0.9]], [1]) == 1.0, "two columns are two classes: take the largest"
assert accuracy(np.array([[-5.0, -1.0], [-1.0, -5.0]]), [1, 0]) == 1.0, "negative logits: the largest still wins"
assert accuracy(np.array([[1.0, 2.0]] * 5), [0] * 5) == 0.0, "no answer is right: 0.0"
big = np.random.default_rng(0).normal(size=(997, 7))
assert abs(accuracy(Tensor(big), big.argmin(axis=1))) < 1e-9, "997 examples, 7 classes, all wrong: 0.0"
for wrong in (
    lambda: accuracy(FOUR_LOGITS, [0, 1]),
    lambda: accuracy(np.zeros((0, 3)), []),
    lambda: accuracy(np.eye(3), np.eye(3)),
    lambda: accuracy([0.5, 1.5], [0, 2]),
):
    assert isinstance(error_of(wrong), ValueError), "what does not fit is refused: keep the given first line"
### END HIDDEN TESTS
print("07-accuracy: right answers are counted, one label per answer")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Three cases, `if`, `elif`, `else`. Each makes an array `answers` of shape `(N,)`. `predictions.dtype.kind == "f"`
# asks whether the numbers are floats, `.reshape(-1)` turns `(N, 1)` into `(N,)`. The mean of booleans is the share
# that is true.
#
# </details>

# %%
print("untrained network on the validation points:", round(accuracy(make_model()(Tensor(valid_x)), valid_y), 3))
print("refused:", error_of(accuracy, FOUR_LOGITS, FOUR_LABELS[:2]))
print("refused:", error_of(accuracy, FOUR_LOGITS[:, :1], FOUR_LABELS))

# %% [markdown]
# Chance is one third. A network without training may be below or above it, depending on its first weights.
#
# ## 3. How long may a step be?
#
# An optimizer multiplies the gradient by the learning rate. One strange batch can make a gradient that is a hundred
# times longer than usual, and a single step with it throws away what an hour has learned. **Clipping** shortens such
# a gradient and keeps its direction.
#
# The length is the 2-norm over *all* numbers of *all* parameters together, as if they stood in one long vector $g$:
#
# $$\|g\| = \sqrt{\sum_{p} \sum_{i} g_{p,i}^2} \qquad g \leftarrow g \cdot \frac{\text{max\_norm}}{\|g\|}
# \;\text{ if } \|g\| > \text{max\_norm}$$

# %%
g_weight, g_bias = np.array([3.0, 0.0]), np.array([4.0])  # the gradients of two parameters
norm = math.sqrt((g_weight**2).sum() + (g_bias**2).sum())
together = [g * 1.0 / norm for g in (g_weight, g_bias)]
each_alone = [g * 1.0 / math.sqrt((g**2).sum()) for g in (g_weight, g_bias)]
print("global norm", norm)
print("clipped to 1, together:  ", together, "  ratio of bias to weight", round(together[1][0] / together[0][0], 3))
print("clipped to 1, each alone:", each_alone, "  ratio of bias to weight", each_alone[1][0] / each_alone[0][0])

# %% [markdown]
# Before clipping the ratio was 4 to 3. Clipped together it stays so: the step is shorter, the direction is the same.
# Clipping each parameter alone would turn the step aside.
#
# A second trap lies in the squares. Gradients explode just when clipping is needed most, and float32 ends at about
# $3 \cdot 10^{38}$:

# %%
exploded = np.full(3, 1e25, dtype=np.float32)
with np.errstate(over="ignore"):
    print("sum of squares in float32:", np.sum(exploded**2))
print("sum of squares in float64:", np.sum(exploded.astype(np.float64) ** 2))

# %% [markdown]
# ### Exercise `07-clip`
#
# `clip_grad_norm(parameters, max_norm)` works like PyTorch's `clip_grad_norm_`:
#
# 1. Parameters whose `grad` is `None` are skipped. Without any gradient the norm is 0.
# 2. The norm is computed in float64.
# 3. If it is finite and above `max_norm`, every gradient is scaled **in place** (the same array objects).
#    Otherwise nothing changes. In particular an infinite or NaN norm is left for the caller to see.
# 4. The norm *before* clipping is returned, a Python `float`.


# %% nbgrader={"grade": false, "grade_id": "07-clip-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def clip_grad_norm(parameters, max_norm):
    """Scale all gradients in place so that their common 2-norm is at most max_norm; return the norm before.

    parameters: one Tensor or any iterable of them. About 6 lines.

    Gradients [3, 0] and [4] with max_norm 1 become [0.6, 0] and [0.8], and 5.0 is returned.
    """
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not max_norm >= 0:
        raise ValueError(f"max_norm must be a number of at least 0, got {max_norm}")
    ### BEGIN SOLUTION
    moved = [parameter for parameter in parameters if parameter.grad is not None]
    norm = math.sqrt(sum(float(np.sum(np.square(p.grad, dtype=np.float64))) for p in moved))
    if max_norm < norm < math.inf:
        for parameter in moved:
            parameter.grad *= max_norm / norm
    return norm
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-clip", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def parameters_with(*gradients):
    """Parameters that have these gradients (None: no gradient); float32 unless they are arrays already."""
    made = []
    for gradient in gradients:
        made.append(Parameter(np.zeros_like(gradient) if gradient is not None else [0.0]))
        made[-1].grad = None if gradient is None else np.array(gradient, dtype=getattr(gradient, "dtype", np.float32))
    return made


w, skipped, b = parameters_with([3.0, 0.0], None, [4.0])
arrays = [w.grad, b.grad]
error = error_of(clip_grad_norm, [skipped], 1.0)
assert error is None, f"a parameter whose grad is None must be skipped; yours raised {error!r}"
got = clip_grad_norm([w, skipped, b], 1.0)
assert isinstance(got, float), f"the norm should be a Python float, yours is a {type(got).__name__}"
assert abs(got - 5) < 1e-6, f"the norm of [3, 0] and [4] together, before clipping, is 5; yours returned {got}"
assert np.allclose(w.grad, [0.6, 0.0]) and np.allclose(b.grad, [0.8]), (
    f"clipped to 1 they should be [0.6, 0] and [0.8], yours are {w.grad} and {b.grad}: one scale for all gradients"
)
assert w.grad is arrays[0] and b.grad is arrays[1], (
    "scale the arrays in place: `grad *= scale`, not `grad = grad * scale`"
)
assert skipped.grad is None, "a parameter without a gradient must stay without one"
got = clip_grad_norm([w, b], 10.0)
assert np.allclose(w.grad, [0.6, 0.0]), f"a norm of 1 is below 10, so nothing changes; yours became {w.grad}"
(huge,) = parameters_with(np.full(4, 1e25, dtype=np.float32))
with np.errstate(over="ignore", invalid="ignore"):
    got = clip_grad_norm([huge], 2.0)
assert abs(got / 2e25 - 1) < 1e-5, f"four numbers of 1e25 have the norm 2e25, got {got}: square in float64"
assert np.allclose(huge.grad, 1.0) and huge.grad.dtype == np.float32, f"expected four float32 ones, got {huge.grad}"
### BEGIN HIDDEN TESTS
assert clip_grad_norm(parameters_with(None, None), 1.0) == 0.0, "without any gradient the norm is 0.0"
assert clip_grad_norm([], 1.0) == 0.0, "no parameters: 0.0"
many = parameters_with([[3.0, 4.0]], [12.0])
got = clip_grad_norm((p for p in many), 6.5)
assert abs(got - 13) < 1e-5 and np.allclose(many[0].grad, [[1.5, 2.0]]) and np.allclose(many[1].grad, [6.0]), (
    f"a generator of parameters, (1, 2) and (1,): norm 13 clipped to 6.5 should halve; got {got}, {many[0].grad}"
)
(alone,) = parameters_with([0.0, -2.0])
assert abs(clip_grad_norm(alone, 1.0) - 2) < 1e-6 and np.allclose(alone.grad, [0, -1]), "one Tensor instead of a list"
(zero,) = parameters_with([0.0, 0.0])
with np.errstate(all="raise"):
    assert clip_grad_norm([zero], 0.0) == 0.0 and not zero.grad.any(), "a norm of 0 divides by nothing"
(still,) = parameters_with([1.0])
clip_grad_norm([still], 0.0)
assert still.grad.tolist() == [0.0], "max_norm 0 sets every gradient to 0"
for bad in (np.inf, np.nan):
    broken = parameters_with([1.0, bad], [2.0])
    with np.errstate(all="ignore"):
        got = clip_grad_norm(broken, 1.0)
    assert not math.isfinite(got), f"a gradient with {bad} has no finite norm, got {got}"
    assert broken[1].grad.tolist() == [2.0] and broken[0].grad[0] == 1.0, "a norm that is not finite changes nothing"
wide, flat = parameters_with(np.array([1e200, 1e200]), np.array([[1.0]]))
wide.grad *= 1e-60
assert wide.grad.dtype == np.float64 and abs(clip_grad_norm([wide], 1.0) / (2**0.5 * 1e140) - 1) < 1e-6, "float64 too"
row = np.array([[6.0, 0.0, 8.0, 0.0]], dtype=np.float32)
(view,) = parameters_with([0.0, 0.0])
view.grad = row[0, ::2]
clip_grad_norm([view], 1.0)
assert np.allclose(row, [[0.6, 0.0, 0.8, 0.0]]), "a gradient that is a view of another array is scaled in place too"
assert isinstance(error_of(clip_grad_norm, [w], -1.0), ValueError), "keep the given check of max_norm"
### END HIDDEN TESTS
print("07-clip: one norm over all parameters, scaled in place")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.sum(np.square(grad, dtype=np.float64))` squares in float64. Add these sums up over the parameters, then take one
# root. `max_norm < norm < math.inf` is `False` for infinity and for NaN.
#
# </details>

# %% [markdown]
# ## 4. One training step
#
# A step takes one batch: `x` with shape `(B, 2)`, `y` with shape `(B,)`. Its parts, not in order:
#
# | part | code |
# | --- | --- |
# | move the parameters | `optimizer.step()` |
# | the loss, a Tensor of shape `()` | `result = loss(model(Tensor(x)), Tensor(y))` |
# | clip, if asked to | `norm = clip_gradients(model, clip_norm)` |
# | gradients into `.grad` | `result.backward()` |
# | is the loss a finite number? | `value = finite_value(result, model, x, y)` |
# | clear the old gradients | `optimizer.zero_grad()` |

# %% [markdown]
# Two of them are given below. `finite_value` returns the loss as a Python `float`. If it is NaN or infinite, it raises
# a `FloatingPointError`, and the message names the first parameter, in the model's order, that is not finite.
# `clip_gradients` calls your `clip_grad_norm` and returns the norm, or `None` without clipping.
#
# Both must stop a step *before* it does damage: a NaN that reaches the parameters cannot be taken back.


# %% nbgrader={"grade": false, "grade_id": "07-finite", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def first_not_finite(named_arrays):
    """Describe the first array of (name, array) pairs that holds NaN or infinity; None if all are finite."""
    for name, array in named_arrays:
        bad = array.size - int(np.isfinite(array).sum())
        if bad:
            return f"{name} ({bad} of {array.size} numbers)"
    return None


def named_data(model):
    """Pairs (name for messages, array) of all parameters, in the model's order."""
    return [(f"parameter {name!r}", parameter.data) for name, parameter in model.named_parameters()]


# %% nbgrader={"grade": false, "grade_id": "07-finite-value", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def finite_value(result, model, x, y):
    """The loss as a float; a FloatingPointError that names what is not finite if it is NaN or infinite."""
    value = result.item()
    if math.isfinite(value):
        return value
    found = first_not_finite([("the input x", x), ("the target y", y)])
    if found:
        raise FloatingPointError(f"the loss is {value}: not finite is {found}. Clean the data")
    found = first_not_finite(named_data(model))
    name, size = max(
        ((name, np.abs(data).max(initial=0)) for name, data in named_data(model)), key=lambda pair: pair[1]
    )
    cause = (
        f"the first that is not finite is {found}"
        if found
        else f"all parameters are finite, the largest is {size:.2g} in {name}"
    )
    raise FloatingPointError(f"the loss is {value}; {cause}. Try a smaller learning rate or clip_norm")


def clip_gradients(model, clip_norm):
    """Clip all gradients of the model and return their norm before; None if clip_norm is None."""
    if clip_norm is None:
        return None
    norm = clip_grad_norm(model.parameters(), clip_norm)
    if not math.isfinite(norm):
        gradients = [
            (f"the gradient of parameter {name!r}", p.grad)
            for name, p in model.named_parameters()
            if p.grad is not None
        ]
        raise FloatingPointError(
            f"the gradient norm is {norm}; the first that is not finite is {first_not_finite(gradients)}"
        )
    return norm


# %% [markdown]
# A worked example: one weight, one bias, one batch of two points, SGD with a learning rate of 0.1. The loss is the
# mean squared error of $wx + b$, with $w = 1$, $b = 0$. By hand: predictions $[1, 2]$, targets $[3, 2]$, errors
# $[-2, 0]$, loss $2$. The gradient of $w$ is the mean of $2 \cdot \text{error} \cdot x$, that of $b$ the mean of
# $2 \cdot \text{error}$.


# %% nbgrader={"grade": false, "grade_id": "07-line", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Line(Module):
    """y = w x + b with one input, starting at w = 1 and b = 0."""

    def __init__(self):
        self.weight, self.bias = Parameter([1.0]), Parameter([0.0])

    def forward(self, x):
        return x * self.weight + self.bias


line_x, line_y = np.array([[1.0], [2.0]], dtype=np.float32), np.array([[3.0], [2.0]], dtype=np.float32)

# %%
error = line_x - line_y
print("errors", error[:, 0], " loss", (error**2).mean())
w_slope, b_slope = (2 * error * line_x).mean(), (2 * error).mean()
print("gradient of w", w_slope, " of b", b_slope, " norm", round(math.hypot(w_slope, b_slope), 4))
print("after the step: w =", 1 - 0.1 * w_slope, " b =", 0 - 0.1 * b_slope)

# %% [markdown]
# ### Exercise `07-step`
#
# Put the six parts in the right order. Return the pair `(value, norm)`: the loss of this batch *before* the step, and
# the gradient norm before clipping (`None` without clipping). When the loss or the norm is not finite, no parameter
# may have moved.


# %% nbgrader={"grade": false, "grade_id": "07-step-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def train_step(model, loss, optimizer, x, y, clip_norm=None):
    """One training step on one batch, arrays x and y; return (loss, gradient norm or None). 7 lines.

    For the line of the example, with SGD at 0.1: (2.0, None), and then w = 1.2, b = 0.2.
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    result = loss(model(Tensor(x)), Tensor(y))
    value = finite_value(result, model, x, y)
    result.backward()
    norm = clip_gradients(model, clip_norm)
    optimizer.step()
    return value, norm
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-step", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def line_after(steps, clip_norm=None, x=line_x, start=None):
    """(w, b) after some steps of SGD at 0.1 on the example's batch, and what the steps returned."""
    line = Line()
    line.weight.grad, line.bias.grad = (
        np.array([50.0], np.float32),
        np.array([50.0], np.float32),
    )  # left over from before
    if start is not None:
        line.weight.data[...] = start
    optimizer, returned = SGD(line.parameters(), lr=0.1), []
    for _ in range(steps):
        returned.append(train_step(line, MSELoss(), optimizer, x, line_y, clip_norm))
    return np.array([line.weight.data[0], line.bias.data[0]]), returned


got, returned = line_after(1)
assert isinstance(returned[0], tuple) and len(returned[0]) == 2, (
    f"train_step should return (loss, norm), yours returned {returned[0]!r}"
)
assert not np.array_equal(got, [1, 0]), "w and b did not move: is optimizer.step() there, after backward?"
assert np.allclose(got, [1.2, 0.2], atol=1e-5), (
    f"after one step w, b should be 1.2, 0.2; yours are {got}. Old gradients must be cleared before backward"
)
assert isinstance(returned[0][0], float), f"the loss should be a float, yours is a {type(returned[0][0]).__name__}"
assert abs(returned[0][0] - 2.0) < 1e-5, f"the loss before the step is 2.0, yours returned {returned[0][0]}"
assert returned[0][1] is None, f"without clipping the norm is None, yours is {returned[0][1]}"
got, returned = line_after(2)
assert np.allclose(got, [1.24, 0.3], atol=1e-5), (
    f"after a second step w, b should be 1.24, 0.3; yours are {got}: clear the gradients in every step"
)
got, returned = line_after(1, clip_norm=0.5)
assert isinstance(returned[0][1], float), (
    f"with clip_norm=0.5 the norm should be a float, yours is {returned[0][1]!r}"
)
assert abs(returned[0][1] - 8**0.5) < 1e-4, (
    f"the norm before clipping is {8**0.5:.4f}, yours returned {returned[0][1]}"
)
assert np.allclose(got, [1 + 0.05 / 2**0.5, 0.05 / 2**0.5], atol=1e-5), (
    f"clipped to 0.5, w and b move by 0.0354 each; yours are {got}: clip after backward and before step"
)
### BEGIN HIDDEN TESTS
assert isinstance(returned[0][0], float) and isinstance(returned[0][1], float), "loss and norm are Python floats"
got, returned = line_after(1, clip_norm=math.inf)
assert np.allclose(got, [1.2, 0.2], atol=1e-5) and abs(returned[0][1] - 8**0.5) < 1e-4, (
    "clip_norm=inf measures and clips nothing"
)
with np.errstate(all="ignore"):
    line = Line()
    optimizer = SGD(line.parameters(), lr=0.1)
    error = error_of(train_step, line, MSELoss(), optimizer, np.array([[np.nan], [1.0]], np.float32), line_y)
    assert isinstance(error, FloatingPointError) and "input x" in str(error), (
        f"a NaN in x: expected a FloatingPointError, got {error!r}"
    )
    assert line.weight.data.tolist() == [1.0] and line.bias.data.tolist() == [0.0], (
        "a NaN loss must stop before the parameters move"
    )
    line.weight.data[...] = np.inf
    error = error_of(train_step, line, MSELoss(), optimizer, line_x, line_y)
    assert isinstance(error, FloatingPointError) and "'weight'" in str(error), (
        f"an infinite weight should be named, got {error!r}"
    )
    line.weight.data[...] = 5e18
    error = error_of(train_step, line, MSELoss(), optimizer, np.array([[1.0], [1e20]], np.float32), line_y)
    assert isinstance(error, FloatingPointError) and line.bias.data.tolist() == [0.0], (
        f"the loss overflows: stop, got {error!r}"
    )


class Steep(Module):
    """A finite output with an infinite slope."""

    def __init__(self):
        self.weight = Parameter([0.0, 1.0])

    def forward(self, x):
        return x * self.weight.sqrt()


with np.errstate(all="ignore"):
    steep = Steep()
    error = error_of(
        train_step,
        steep,
        MSELoss(),
        SGD(steep.parameters(), lr=0.1),
        np.ones((1, 2), np.float32),
        np.ones((1, 2), np.float32),
        1.0,
    )
assert isinstance(error, FloatingPointError) and "gradient" in str(error), (
    f"an infinite gradient should be refused when clipping, got {error!r}"
)
assert steep.weight.data.tolist() == [0.0, 1.0], "an infinite gradient norm must stop before the parameters move"
labels = np.array([0, 2])
small = Sequential(Linear(1, 3, rng=np.random.default_rng(1)))
value, _ = train_step(small, CrossEntropyLoss(), SGD(small.parameters(), lr=0.5), line_x, labels)
again, _ = train_step(small, CrossEntropyLoss(), SGD(small.parameters(), lr=0.5), line_x, labels)
assert again < value, f"on the same batch the loss should fall, yours went from {value} to {again}"
### END HIDDEN TESTS
print("07-step: clear, forward, check, backward, clip, step")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Gradients must be old before they are cleared, there before they are clipped, and clipped before they are used. The
# loss can be checked as soon as it exists. `optimizer.zero_grad()` may come first.
#
# </details>

# %% [markdown]
# ### What forgetting a line costs
#
# The same network, data and optimizer, 200 steps on the whole training set. One loop never clears its gradients: each
# step uses the sum of all gradients so far. That is momentum without any friction. There is no error message.


# %%
def losses_of_loop(clear, steps=200):
    loop_model = make_model()
    optimizer, losses = SGD(loop_model.parameters(), lr=0.5), []
    for _ in range(steps):
        if clear:
            optimizer.zero_grad()
        result = criterion(loop_model(Tensor(train_x)), train_y)
        result.backward()
        optimizer.step()
        losses.append(result.item())
    return losses


figure, axis = plt.subplots(figsize=(6.4, 3), layout="constrained")
for clear, label in ((True, "gradients cleared in each step"), (False, "never cleared: they add up")):
    losses = losses_of_loop(clear)
    axis.plot(losses, label=label)
    print(f"{label:32s} mean loss of the last 50 steps {np.mean(losses[-50:]):.3f}")
axis.set(xlabel="step", ylabel="training loss", ylim=(0, 3))
axis.legend()
plt.show()

# %% [markdown]
# Adding up is not always slower at first. But nothing ever slows it down, so it runs past every valley. With a larger
# network you would blame the learning rate, the data, or the idea.
#
# ## 5. One epoch
#
# A step on all examples uses an exact gradient and takes long. A step on a small **batch** uses an estimate and is
# cheap. How good is the estimate? For several batch sizes $B$ we draw 200 batches and measure how far their gradients
# lie from the one of all examples, relative to its length.


# %%
def gradient_on(probe, indices):
    """All gradients of the network on these examples, as one long vector."""
    probe.zero_grad()
    criterion(probe(Tensor(train_x[indices])), train_y[indices]).backward()
    return np.concatenate([parameter.grad.ravel() for parameter in probe.parameters()])


probe, draw = make_model(), np.random.default_rng(1)
exact = gradient_on(probe, np.arange(len(train_x)))
for batch_size in (1, 4, 16, 64):
    gaps = [gradient_on(probe, draw.choice(len(train_x), batch_size)) - exact for _ in range(200)]
    distance = math.sqrt(np.mean([gap @ gap for gap in gaps]) / (exact @ exact))
    print(f"B = {batch_size:3d}: distance {distance:5.2f}   times sqrt(B): {distance * math.sqrt(batch_size):.2f}")

# %% [markdown]
# The last column hardly changes: the error falls like $1/\sqrt{B}$. Four times the work buys half the error, so many
# rough steps beat a few exact ones.
#
# An **epoch** visits every example once, in a new random order, batch by batch. An array of indices says which
# examples form a batch. Seven examples in batches of three:

# %%
order = np.random.default_rng(0).permutation(7)
print("order", order)
for start in range(0, 7, 3):
    indices = order[start : start + 3]
    print(f"batch from position {start}: examples {indices}, their labels {train_y[indices]}")
losses = [1.0, 1.0, 4.0]  # of the three batches
print("mean of the batch losses", np.mean(losses), "  mean over the examples", (3 * 1.0 + 3 * 1.0 + 1 * 4.0) / 7)

# %% [markdown]
# The last batch is smaller. In the mean of the batch losses its one example would count as much as three others. So
# each loss counts as often as its batch has examples.
#
# ### Exercise `07-epoch`
#
# `step(indices)` trains on the examples with these indices and returns their mean loss, a `float`. Call it once for
# each batch of a new random order drawn from `rng`. Every batch has `batch_size` examples, only the last may have
# fewer, and every example from 0 to `n - 1` comes exactly once. Return the mean loss over the **examples**.


# %% nbgrader={"grade": false, "grade_id": "07-epoch-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def train_epoch(step, n, batch_size, rng):
    """Call step(indices) for all batches of n examples in random order; return the mean loss per example.

    With n = 7 and batch_size = 3 the step is called with arrays of 3, 3 and 1 indices. About 6 lines.
    """
    ### BEGIN SOLUTION
    order = rng.permutation(n)
    total = 0.0
    for start in range(0, n, batch_size):
        indices = order[start : start + batch_size]
        total += step(indices) * len(indices)
    return total / n
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-epoch", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def batches_of(n, batch_size, rng):
    """The batches that one epoch hands to its step, as lists, and what the epoch returned (loss = batch number)."""
    seen = []

    def step(indices):
        seen.append(np.asarray(indices).tolist())
        return float(len(seen))

    return seen, train_epoch(step, n, batch_size, rng)


seen, returned = batches_of(7, 3, np.random.default_rng(5))
assert [len(batch) for batch in seen] == [3, 3, 1], (
    f"7 examples in batches of 3 have the sizes [3, 3, 1], yours {[len(b) for b in seen]}"
)
assert sorted(sum(seen, [])) == list(range(7)), f"every example exactly once; yours visited {sorted(sum(seen, []))}"
assert abs(returned - (3 * 1 + 3 * 2 + 1 * 3) / 7) < 1e-9, (
    f"batch losses 1, 2, 3 with 3, 3, 1 examples have the mean {12 / 7:.4f} per example, yours returned {returned}"
)
again, _ = batches_of(7, 3, np.random.default_rng(5))
assert again == seen, "the same seed must give the same batches: draw from rng and from nothing else"
rng = np.random.default_rng(5)
first, second = batches_of(50, 50, rng)[0], batches_of(50, 50, rng)[0]
assert first != second, "two epochs with one rng must come in different orders: do not make a new generator inside"
assert first[0] != sorted(first[0]), "the order must be random"
### BEGIN HIDDEN TESTS
assert [len(batch) for batch in batches_of(6, 3, rng)[0]] == [3, 3], (
    "6 examples in batches of 3: no empty third batch"
)
assert [len(batch) for batch in batches_of(2, 100, rng)[0]] == [2], "a batch size above n gives one batch of n"
seen, returned = batches_of(1, 1, rng)
assert seen == [[0]] and returned == 1.0, "one example, one batch"
seen, returned = batches_of(5, 1, rng)
assert len(seen) == 5 and returned == 3.0, f"batches of 1: five steps with losses 1 to 5, mean 3; got {returned}"
kinds = []
train_epoch(lambda indices: kinds.append(np.asarray(indices).dtype.kind) or 0.0, 4, 2, rng)
assert kinds == ["i", "i"], f"indices must be whole numbers, so that they can index an array; got kinds {kinds}"
counts = np.zeros(4)
for _ in range(400):
    counts[batches_of(4, 2, rng)[0][0]] += 1
assert counts.min() > 150, (
    f"in 400 epochs each of 4 examples should be in the first batch about 200 times, got {counts}"
)
before = np.random.get_state()[1].copy()
batches_of(9, 2, rng)
assert np.array_equal(before, np.random.get_state()[1]), "NumPy's global generator must not be touched"
### END HIDDEN TESTS
print("07-epoch: each example once, each with the same weight")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `rng.permutation(n)` is a random order. `range(0, n, batch_size)` are the positions where batches start, and a slice
# past the end is simply shorter. Multiply each loss by `len(indices)` and divide the sum by `n`.
#
# </details>

# %% [markdown]
# ### The first training
#
# Your step inside your epoch, with Adam. The regions show which class the network answers where.

# %%
model, rng = make_model(), np.random.default_rng(0)
optimizer = Adam(model.parameters(), lr=0.01)
figure, axes = plt.subplots(1, 4, figsize=(12, 3.2), layout="constrained")
draw_regions(axes[0], model, train_x, train_y, "before training")
epoch_losses = []
for epoch in range(1, 41):
    epoch_losses.append(
        train_epoch(
            lambda i: train_step(model, criterion, optimizer, train_x[i], train_y[i])[0], len(train_x), 16, rng
        )
    )
    if epoch in (5, 40):
        draw_regions(axes[1 if epoch == 5 else 2], model, train_x, train_y, f"after {epoch} epochs")
axes[3].plot(range(1, 41), epoch_losses)
axes[3].set(xlabel="epoch", title="training loss", ylim=(0, None))
plt.show()
print("loss in epochs 1, 5, 40:", [round(epoch_losses[i - 1], 3) for i in (1, 5, 40)])

# %% [markdown]
# ### What clipping does
#
# A deeper network with larger first weights, trained with a lively optimizer: momentum 0.9. Both runs start from the
# same weights and see the same batches. `clip_norm=inf` measures the norm and clips nothing. Left: the norm that the
# optimizer gets to see, step by step. Right: the mean loss of each epoch.


# %%
def deep_model(seed=0, depth=4, width=64):
    """A ReLU network with `depth` hidden layers and first weights twice as large as usual."""
    rng = np.random.default_rng(seed)
    sizes = [2, *[width] * depth]
    layers = [layer for i in range(depth) for layer in (Linear(sizes[i], sizes[i + 1], rng=rng), ReLU())]
    network = Sequential(*layers, Linear(width, 3, rng=rng))
    for parameter in network.parameters():
        parameter.data *= 2
    return network


def clipped_run(clip_norm, lr=0.1, epochs=60):
    """Loss and norm of every step."""
    network, rng, steps = deep_model(), np.random.default_rng(0), []
    optimizer = SGD(network.parameters(), lr=lr, momentum=0.9)

    def step(i):
        steps.append(train_step(network, criterion, optimizer, train_x[i], train_y[i], clip_norm))
        return steps[-1][0]

    for _ in range(epochs):
        train_epoch(step, len(train_x), 16, rng)
    return np.array(steps)  # (steps, 2)


# %%
runs = {"not clipped": clipped_run(math.inf), "clipped to 1": clipped_run(1.0)}
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.4), width_ratios=(1.6, 1), layout="constrained")
for (name, run), limit, color in zip(runs.items(), (math.inf, 1.0), COLORS, strict=False):
    left.semilogy(np.minimum(run[:, 1], limit), ".", color=color, markersize=4, label=name)
    right.plot(run[:, 0].reshape(60, -1).mean(axis=1), color=color, label=name)
    print(
        f"{name:13s} norms before clipping: median {np.median(run[:, 1]):.2f}, largest {run[:, 1].max():6.2f}; "
        f"above 1: {np.mean(run[:, 1] > 1):.0%} of the steps; loss of the last 30 steps {run[-30:, 0].mean():.3f}"
    )
left.set(xlabel="step", ylabel="gradient norm used", ylim=(0.02, 50))
right.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
right.legend()
plt.show()

# %% [markdown]
# The clipped network's gradients are not smaller: its *steps* are. It never leaps away from what it has learned. Which
# limit is right? People look at the norms of a healthy run, as here, and choose a number near their middle.
#
# ## 6. Evaluation
#
# To measure a network is not to train it. Three things differ:
#
# - **Dropout is off** (`model.eval()`), since a random answer is no measurement.
# - **Nothing is recorded** (`no_grad`), since no gradient follows.
# - **Nothing is left changed**: each layer returns to the mode it had, even after an error.

# %%
drop_model = make_model(dropout=0.5)
x_valid = Tensor(valid_x)
print(
    "training mode:",
    [round(criterion(drop_model(x_valid), valid_y).item(), 4) for _ in range(3)],
    " recorded:",
    drop_model(x_valid).requires_grad,
)
drop_model.eval()
with no_grad():
    print(
        "evaluation:   ",
        [round(criterion(drop_model(x_valid), valid_y).item(), 4) for _ in range(3)],
        " recorded:",
        drop_model(x_valid).requires_grad,
    )

# %% [markdown]
# A `with` block that puts things back is a **context manager**. In Python a generator with one `yield` makes one: what
# stands before `yield` runs at the start, what stands in `finally` runs at the end, whatever happens in between.
# `mode` is given. Note that it remembers each module's mode by itself: a layer that somebody froze stays frozen.


# %% nbgrader={"grade": false, "grade_id": "07-mode", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@contextmanager
def mode(model, training):
    """Inside the with block the model trains (True) or evaluates (False); afterwards all modes are as before."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield model
    finally:
        for module, was_training in before:
            module.training = was_training


def counts_answers(loss, labels):
    """Whether an accuracy makes sense: class numbers, or yes/no labels under BCEWithLogitsLoss."""
    one_each = labels.ndim == 1 or labels.shape[1:] == (1,)
    if isinstance(loss, MSELoss) or not one_each:
        return False
    return labels.dtype.kind in "iub" or (isinstance(loss, BCEWithLogitsLoss) and bool(np.isin(labels, (0, 1)).all()))


# %%
drop_model.train()
with mode(drop_model, False):
    print("inside:", [layer.training for layer in drop_model.modules()[1:]])
print("after: ", [layer.training for layer in drop_model.modules()[1:]])
print(
    "accuracy for class numbers:",
    counts_answers(criterion, train_y),
    "  for a regression:",
    counts_answers(MSELoss(), line_y),
)

# %% [markdown]
# ### Exercise `07-evaluate`
#
# Return `{"loss": ..., "accuracy": ...}`, both Python floats and both means over the *examples*. Work in batches of
# `batch_size`, in order, so that a large data set fits into memory. The accuracy is only there if
# `counts_answers(loss, y)` is true.
#
# The network, its modes and its gradients must be afterwards what they were before. Under `no_grad` nothing may be
# recorded.


# %% nbgrader={"grade": false, "grade_id": "07-evaluate-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def evaluate_model(model, loss, x, y, batch_size=256):
    """Mean loss and, for classes, accuracy of the model on arrays x and y: {"loss": float, "accuracy": float}.

    About 11 lines. evaluate_model(Line(), MSELoss(), line_x, line_y) -> {"loss": 2.0}
    """
    ### BEGIN SOLUTION
    classes = counts_answers(loss, y)
    total, right = 0.0, 0.0
    with mode(model, False), no_grad():
        for start in range(0, len(x), batch_size):
            part_x, part_y = x[start : start + batch_size], y[start : start + batch_size]
            answers = model(Tensor(part_x))
            total += loss(answers, Tensor(part_y)).item() * len(part_x)
            if classes:
                right += accuracy(answers, part_y) * len(part_x)
    measured = {"loss": total / len(x)}
    return {**measured, "accuracy": right / len(x)} if classes else measured
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-evaluate", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
class Watched(Module):
    """Answers with its input as logits; notes the size of each batch, its own mode, and whether it is recorded."""

    def __init__(self):
        self.scale, self.part = Parameter([1.0]), Dropout(0.5)
        self.sizes, self.seen = [], set()

    def forward(self, x):
        result = x * self.scale
        self.sizes.append(len(x))
        self.seen.add((self.training, self.part.training, result.requires_grad))
        return result


watched = Watched()
four_logits = FOUR_LOGITS.astype(np.float32)
expected = criterion(Tensor(four_logits), FOUR_LABELS).item()
got = evaluate_model(watched, criterion, four_logits, FOUR_LABELS, batch_size=3)
assert set(got) == {"loss", "accuracy"}, f"expected a dict with 'loss' and 'accuracy', got {got}"
assert watched.sizes == [3, 1], f"4 examples in batches of 3 have sizes [3, 1], yours {watched.sizes}"
assert abs(got["loss"] - expected) < 1e-5, (
    f"the mean loss of the four examples is {expected:.4f}, got {got['loss']}: the last batch has only one of them"
)
assert abs(got["accuracy"] - 0.75) < 1e-6, f"three of four answers are right, got {got['accuracy']}"
assert all(not own and not part for own, part, _ in watched.seen), (
    "the model must be in evaluation mode, with all its parts"
)
assert not any(recorded for _, _, recorded in watched.seen), "evaluation must not record: use no_grad"
assert watched.training and watched.part.training, "afterwards the model must be in training mode again, as before"
error = error_of(evaluate_model, Line(), MSELoss(), line_x, line_y)
assert error is None, f"a regression has no accuracy: ask counts_answers first; yours raised {error!r}"
assert evaluate_model(Line(), MSELoss(), line_x, line_y) == {"loss": 2.0}, "a regression has a loss and no accuracy"
### BEGIN HIDDEN TESTS
assert isinstance(got["loss"], float) and isinstance(got["accuracy"], float), "both are Python floats"
frozen = Watched()
frozen.part.training = False
evaluate_model(frozen, criterion, four_logits, FOUR_LABELS)
assert frozen.training and not frozen.part.training, "a part that was in evaluation mode before must stay in it"
assert frozen.sizes == [4], "without a batch_size, four examples are one batch"
resting = Watched().eval()
evaluate_model(resting, criterion, four_logits, FOUR_LABELS, 1)
assert not resting.training and resting.sizes == [1, 1, 1, 1], "a model in evaluation mode stays in it"
broken = Watched()
assert isinstance(error_of(evaluate_model, broken, criterion, four_logits, np.array([0, 1, 2, 9])), ValueError), (
    "a label 9 is refused by the loss"
)
assert broken.training and broken.part.training, "after an error the mode must be restored too"
kept = Watched()
kept.scale.grad = np.array([7.0], np.float32)
evaluate_model(kept, criterion, four_logits, FOUR_LABELS)
assert np.array_equal(kept.scale.grad, [7.0]) and kept.scale.data.tolist() == [1.0], (
    "gradients and parameters stay as they are"
)
yes_logits, yes_labels = np.array([[2.0], [-1.0], [3.0]], np.float32), np.array([[1.0], [1.0], [1.0]], np.float32)
got = evaluate_model(Watched(), BCEWithLogitsLoss(), yes_logits, yes_labels, 2)
assert abs(got["accuracy"] - 2 / 3) < 1e-6, f"yes/no labels (3, 1): two of three right, got {got}"
assert abs(got["loss"] - BCEWithLogitsLoss()(Tensor(yes_logits), Tensor(yes_labels)).item()) < 1e-5, (
    f"mean over 3 examples, got {got}"
)
assert "accuracy" not in evaluate_model(Watched(), BCEWithLogitsLoss(), yes_logits, yes_labels * 0.5), (
    "soft labels have no accuracy"
)
first = evaluate_model(make_model(dropout=0.5), criterion, valid_x, valid_y, 32)
assert first == evaluate_model(make_model(dropout=0.5), criterion, valid_x, valid_y, 32), (
    "two evaluations agree exactly"
)
whole = evaluate_model(make_model(dropout=0.5), criterion, valid_x, valid_y, 10_000)
assert abs(first["loss"] - whole["loss"]) < 1e-5 and abs(first["accuracy"] - whole["accuracy"]) < 1e-6, (
    "the batch size must not matter"
)
### END HIDDEN TESTS
print("07-evaluate: measured without changing anything")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `with mode(model, False), no_grad():` opens both blocks. Inside, loop over slices `x[start : start + batch_size]`.
# Each batch adds its mean loss times its size, as in an epoch; the accuracy goes the same way.
#
# </details>

# %% [markdown]
# ### Learning curves
#
# Now train for long, and measure both parts after every epoch. Each curve alone would mislead.


# %%
def long_run(epochs=120, seed=0, dropout=0.0):
    """Losses (epochs, 2) on training and validation data, measured after each epoch, and the weights at each."""
    network, rng = make_model(seed, dropout=dropout), np.random.default_rng(seed)
    optimizer, curves, weights = Adam(network.parameters(), lr=0.01), [], []
    for _ in range(epochs):
        train_epoch(
            lambda i: train_step(network, criterion, optimizer, train_x[i], train_y[i])[0], len(train_x), 16, rng
        )
        parts = ((train_x, train_y), (valid_x, valid_y))
        curves.append([evaluate_model(network, criterion, *part)["loss"] for part in parts])
        weights.append(network.state_dict())
    return np.array(curves), weights


curves, weights = long_run()
best = int(curves[:, 1].argmin())
figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), width_ratios=(1.6, 1, 1), layout="constrained")
axes[0].plot(range(1, len(curves) + 1), curves, label=["training", "validation"])
axes[0].axvline(best + 1, color="gray", linestyle=":", label=f"lowest validation loss: epoch {best + 1}")
axes[0].set(xlabel="epoch", ylabel="loss", title="Learning curves", ylim=(0, 1.25))
axes[0].legend(loc="upper right", fontsize=8)
for axis, epoch in zip(axes[1:], (best, len(curves) - 1), strict=True):
    network = make_model()
    network.load_state_dict(weights[epoch])
    measured = evaluate_model(network, criterion, valid_x, valid_y)
    draw_regions(
        axis,
        network,
        train_x,
        train_y,
        f"epoch {epoch + 1}: validation loss {measured['loss']:.2f},\naccuracy {measured['accuracy']:.1%}",
    )
plt.show()

# %% [markdown]
# The training loss goes on falling while the validation loss turns and rises. After the turn the network learns single
# points by heart: little islands appear around labels that are wrong. This is **overfitting**.
#
# With a live kernel, move the slider through the epochs and watch the islands come.


# %%
def show_epoch(epoch):
    """One picture for the slider."""
    network = make_model()
    network.load_state_dict(weights[epoch - 1])
    axis = plt.figure(figsize=(4.2, 4.4), layout="constrained").add_subplot()
    title = f"epoch {epoch}: training {curves[epoch - 1, 0]:.3f}, validation {curves[epoch - 1, 1]:.3f}"
    draw_regions(axis, network, train_x, train_y, title)
    plt.show()


try:
    import ipywidgets
    from IPython import get_ipython

    live = get_ipython() is not None
except ImportError:
    live = False
if live:
    ipywidgets.interact(show_epoch, epoch=ipywidgets.IntSlider(value=best + 1, min=1, max=len(curves)))
else:
    print("The slider needs a live kernel and ipywidgets; the pictures above show two of its positions.")

# %% [markdown]
# ## 7. Early stopping
#
# The curve itself says when to stop: when the validation loss has not improved for a while. How long a while is the
# **patience**, a number of epochs. Small curves wobble, so a patience of 1 often stops too soon.
#
# Stopping late is no harm if we keep a copy of the best weights and put them back at the end. For losses
# `1.0, 0.8, 0.9, 0.85, 0.7, 0.75, 0.72, 0.71` and patience 3:
#
# | epoch | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |
# | --- | --- | --- | --- | --- | --- | --- | --- | --- |
# | loss | 1.0 | 0.8 | 0.9 | 0.85 | 0.7 | 0.75 | 0.72 | 0.71 |
# | best so far | 1.0 | 0.8 | 0.8 | 0.8 | 0.7 | 0.7 | 0.7 | 0.7 |
# | epochs since the best | 0 | 0 | 1 | 2 | 0 | 1 | 2 | **3: stop** |

# %% [markdown]
# ### Exercise `07-patience`
#
# `update(value, model)` is called once per epoch with that epoch's validation loss.
#
# 1. A value **strictly** smaller than `self.best` becomes the best. Then `best`, `best_epoch` (epochs count from 1) and
#    `best_state` (a copy of the model's state) are noted. A NaN is never better.
# 2. The result is `True` when the best is `patience` epochs old or older, else `False`. While there is no best at all,
#    its epoch counts as 0.


# %% nbgrader={"grade": false, "grade_id": "07-patience-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class EarlyStopping:
    """Watches the validation loss and keeps the best weights."""

    def __init__(self, patience):
        if isinstance(patience, bool) or not isinstance(patience, (int, np.integer)) or patience < 1:
            raise ValueError(f"patience must be a whole number of epochs, at least 1, got {patience!r}")
        self.patience = patience
        self.epoch = 0  # how often update was called
        self.best, self.best_epoch, self.best_state = math.inf, 0, None

    def update(self, value, model):
        """Note the validation loss of one more epoch; return whether it is time to stop. About 5 lines."""
        self.epoch += 1
        ### BEGIN SOLUTION
        if value < self.best:
            self.best, self.best_epoch, self.best_state = value, self.epoch, model.state_dict()
        return self.epoch - self.best_epoch >= self.patience
        ### END SOLUTION

    def restore(self, model):
        """Put the best weights back into the model, if there are any."""
        if self.best_state is not None:
            model.load_state_dict(self.best_state)


# %% nbgrader={"grade": true, "grade_id": "07-patience", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def watch(losses, patience):
    """Feed losses to a fresh EarlyStopping while a model's weight counts the epochs: (stopping, answers, line)."""
    line, stopping, answers = Line(), EarlyStopping(patience), []
    for epoch, value in enumerate(losses, start=1):
        line.weight.data[...] = epoch
        answers.append(stopping.update(value, line))
    return stopping, answers, line


stopping, answers, line = watch([1.0, 0.8, 0.9, 0.85, 0.7, 0.75, 0.72, 0.71], patience=3)
assert [bool(answer) for answer in answers] == [False] * 7 + [True], (
    f"patience 3 should stop after epoch 8 only, yours answered {answers}"
)
assert stopping.best == 0.7 and stopping.best_epoch == 5, (
    f"the best is 0.7 in epoch 5, yours says {stopping.best} in epoch {stopping.best_epoch}: epochs count from 1"
)
stopping.restore(line)
assert line.weight.data.tolist() == [5.0], (
    f"restore should bring back the weight of epoch 5, which was 5.0; it brought {line.weight.data.tolist()}. "
    "Keep model.state_dict(), a copy, at the moment of the best"
)
_, answers, _ = watch([0.5, 0.5, 0.4, 0.4], patience=1)
assert [bool(answer) for answer in answers] == [False, True, False, True], (
    f"an equal loss is no improvement: strictly smaller; yours answered {answers}"
)
### BEGIN HIDDEN TESTS
assert all(type(answer) in (bool, np.bool_) for answer in answers), f"update returns True or False, yours {answers}"
_, answers, _ = watch([3.0, 2.0, 1.0, 0.5], patience=1)
assert not any(answers), "a loss that always falls never stops"
stopping, answers, line = watch([math.nan, math.nan, math.nan], patience=2)
assert [bool(answer) for answer in answers] == [False, True, True], (
    f"NaN is never better: stop after 2 epochs, yours answered {answers}"
)
assert stopping.best_epoch == 0 and stopping.best_state is None, "NaN must not become the best"
stopping.restore(line)
assert line.weight.data.tolist() == [3.0], "without a best, restore changes nothing"
stopping, answers, line = watch([0.5, math.nan, 0.4], patience=2)
assert stopping.best == 0.4 and stopping.best_epoch == 3 and not any(answers), (
    "a NaN between two good losses counts as no improvement"
)
stopping, _, line = watch([0.5, 0.6, 0.7], patience=5)
line.weight.data[...] = 99.0
stopping.restore(line)
stopping.best_state["weight"][...] = -1.0
assert line.weight.data.tolist() == [1.0], "the kept state must be a copy that later training cannot change"
stopping, _, _ = watch([0.9, -2.0, -1.0], patience=2)
assert stopping.best == -2.0, "losses may be negative: smaller is smaller"
one, other = EarlyStopping(1), EarlyStopping(1)
one.update(0.1, Line())
assert other.best == math.inf and other.best_epoch == 0, "two objects must not share what they remember"
for bad in (0, -1, 1.5, True):
    assert isinstance(error_of(EarlyStopping, bad), ValueError), "keep the given check of patience"
### END HIDDEN TESTS
print("07-patience: the best weights are kept, and training ends in time")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `value < self.best` is `False` for NaN, so rule 1 needs no special case. `model.state_dict()` makes a copy already.
# How old the best is: `self.epoch - self.best_epoch`.
#
# </details>

# %% [markdown]
# On the learning curve of section 6, where would each patience have stopped?

# %%
figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
axis.plot(range(1, len(curves) + 1), curves[:, 1], color="tab:orange", label="validation loss")
for patience, color in zip((1, 3, 10, 30), ("#999999", "#1f5fa8", "#3a923a", "#8a2be2"), strict=True):
    stopping = EarlyStopping(patience)
    stop = next((e for e, value in enumerate(curves[:, 1], 1) if stopping.update(value, network)), len(curves))
    axis.axvline(stop, color=color, linestyle=":")
    axis.plot(
        stopping.best_epoch,
        stopping.best,
        "o",
        color=color,
        label=f"patience {patience}: keeps epoch {stopping.best_epoch}, stops at {stop}",
    )
    print(
        f"patience {patience:2d}: stops after epoch {stop:3d} and keeps epoch {stopping.best_epoch:3d}, "
        f"validation loss {stopping.best:.3f}"
    )
axis.set(xlabel="epoch", ylabel="loss", ylim=(0, 1.3))
axis.legend(fontsize=8)
plt.show()

# %% [markdown]
# One warning. We chose the epoch *by* the validation loss, so this loss is a little too good to be true. Whoever needs
# an honest final number keeps a third part, the **test** data, and looks at it once.
#
# ## 8. The Trainer
#
# The `Trainer` puts your pieces together. It adds what you do not want to write each time: checks of the data, a
# history, errors that say where, and a progress bar. First the checks. Wrong data should be refused before the first
# step, and name the fix.


# %% nbgrader={"grade": false, "grade_id": "07-checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def check_whole(name, value, least):
    """Return value as an int, or raise a ValueError if it is no whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def check_pairs(what, x, y):
    """Return x and y as arrays, or raise a ValueError if they are empty or not equally long."""
    x, y = to_array(x), to_array(y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"{what} data: x has shape {x.shape} and y {y.shape}; give one y for each x")
    if len(x) == 0:
        raise ValueError(f"{what} data is empty: x has shape {x.shape}")
    return x, y


def check_parts(model, loss, optimizer, clip_norm):
    """Raise a ValueError if the parts of a training do not belong together."""
    if getattr(loss, "reduction", "mean") != "mean":
        raise ValueError(
            f"the loss must use reduction='mean', not {loss.reduction!r}: an epoch averages over examples"
        )
    own = {id(parameter) for parameter in model.parameters()}
    held = [id(parameter) for parameter in getattr(optimizer, "params", ())]
    if held and not own.intersection(held):
        raise ValueError("the optimizer holds no parameter of this model: make it from model.parameters()")
    if clip_norm is not None and not clip_norm > 0:
        raise ValueError(f"clip_norm must be a number above 0, or None for no clipping, got {clip_norm}")


# %% [markdown]
# An error deep inside a loss knows the label but not the batch. `located` adds the place: epoch, batch, and the first
# examples in it. The original error stays attached as its cause.


# %% nbgrader={"grade": false, "grade_id": "07-located", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@contextmanager
def located(epoch, batch, indices):
    """Add the place to a ValueError or FloatingPointError that is raised inside."""
    try:
        yield
    except (ValueError, FloatingPointError) as error:
        shown = ", ".join(str(int(i)) for i in indices[:8]) + (", ..." if len(indices) > 8 else "")
        kind = FloatingPointError if isinstance(error, FloatingPointError) else ValueError
        raise kind(f"epoch {epoch}, batch {batch} (examples {shown}): {error}") from error


# %%
def with_a_bad_label():
    with located(2, 5, np.array([17, 4, 33])):
        criterion(make_model()(Tensor(train_x[:3])), np.array([0, 1, 7]))


print(error_of(with_a_bad_label))

# %% [markdown]
# The progress bar comes from the package tqdm. In a terminal it is a line of text, in a notebook a widget. When nobody
# watches (a log file, a grading run in a terminal, no tqdm installed), there is no bar and no output at all.


# %% nbgrader={"grade": false, "grade_id": "07-progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def in_notebook():
    """Whether this code runs in a Jupyter or Colab kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})


def make_bar(total):
    """A tqdm bar over `total` steps where somebody can see it, else None."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    notebook = in_notebook()
    if not (terminal or notebook) or importlib.util.find_spec("tqdm") is None:
        return None
    if notebook and importlib.util.find_spec("ipywidgets") is None:
        from tqdm import tqdm  # a bar of text; on stdout, since stderr means trouble in a notebook

        return tqdm(total=total, unit="step", leave=False, file=sys.stdout)
    from tqdm.auto import tqdm

    return tqdm(total=total, unit="step", leave=False)


@contextmanager
def progress_bar(total, wanted):
    """Give a function advance(steps, **shown) that moves a bar, or does nothing if there is none."""
    bar = make_bar(total) if wanted else None

    def advance(steps, **shown):
        if bar is not None:
            if shown:
                bar.set_postfix({name: f"{value:.4g}" for name, value in shown.items()}, refresh=False)
            bar.update(steps)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.close()


# %% [markdown]
# Now the class. One epoch of it: your `train_epoch` calls `step`, `step` calls your `train_step`. A scheduler, if there
# is one, steps once after each **batch**, since module 06 counts the optimizer's steps.
#
# After an epoch all parameters are checked once: the last update could have broken them, and no loss would tell.


# %% nbgrader={"grade": false, "grade_id": "07-trainer-epoch", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Epochs:
    """What happens inside one epoch of a Trainer."""

    def _one_epoch(self, epoch, x, y, batch_size, advance):
        """Train for one epoch; return its record: loss, lr at its start, and the mean gradient norm if clipped."""
        record, norms, batch = {"lr": float(self.optimizer.lr)}, [], 0

        def step(indices):
            nonlocal batch
            batch += 1
            with located(epoch, batch, indices):
                value, norm = train_step(
                    self.model, self.loss, self.optimizer, x[indices], y[indices], self.clip_norm
                )
            norms.append(norm)
            if self.scheduler is not None:
                self.scheduler.step()
            advance(1)
            return value

        loss = train_epoch(step, len(x), batch_size, self.rng)
        broken = first_not_finite(named_data(self.model))
        if broken:
            raise FloatingPointError(
                f"epoch {epoch}, after batch {batch}: not finite is {broken}. Try a smaller learning rate or clip_norm"
            )
        return {"loss": loss, **record, **({} if self.clip_norm is None else {"grad_norm": float(np.mean(norms))})}

    def _validated(self, epoch, pair):
        """{"validation_loss": ..., "validation_accuracy": ...} after an epoch; NaN is an error here too."""
        measured = self.evaluate(*pair)
        if not math.isfinite(measured["loss"]):
            raise FloatingPointError(
                f"epoch {epoch}: the validation loss is {measured['loss']}. Try a smaller learning rate or clip_norm"
            )
        return {f"validation_{name}": value for name, value in measured.items()}


# %% [markdown]
# `train` returns the **history**: a dict of lists with one number per epoch. `"loss"` is the mean over the epoch's
# batches, measured *while* the network changes; the validation figures come after the epoch.
#
# With `patience`, the weights of the best epoch are put back at the end, whether training stopped early, ran to its
# end, or broke off with an error. `best_epoch` says which it was. All randomness of the loop comes from `rng`, a
# generator or a seed.


# %% nbgrader={"grade": false, "grade_id": "07-trainer", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Trainer(_Epochs):
    """Trains a model: Trainer(model, loss, optimizer).train(x, y, epochs=10, batch_size=32) returns the history."""

    def __init__(self, model, loss, optimizer, scheduler=None, clip_norm=None, progress=True, rng=None):
        check_parts(model, loss, optimizer, clip_norm)
        self.model, self.loss, self.optimizer, self.scheduler = model, loss, optimizer, scheduler
        self.clip_norm, self.progress = clip_norm, progress
        self.rng = np.random.default_rng(rng)
        self.history, self.best_epoch = {}, None

    def train(self, x, y, epochs, batch_size, validation=None, patience=None):
        """Train for some epochs, fewer with patience; return {"loss": [...], ...}, one number per epoch."""
        x, y = check_pairs("training", x, y)
        epochs, batch_size = check_whole("epochs", epochs, 0), check_whole("batch_size", batch_size, 1)
        if patience is not None and validation is None:
            raise ValueError("patience watches the validation loss: give validation=(x, y)")
        pair = None if validation is None else check_pairs("validation", *validation)
        stopping = None if patience is None else EarlyStopping(patience)
        self.history, self.best_epoch = {}, None
        steps = epochs * -(-len(x) // batch_size)
        quiet = np.errstate(over="ignore", invalid="ignore")  # what overflows is reported by name instead
        try:
            with mode(self.model, True), progress_bar(steps, self.progress) as advance, quiet:
                for epoch in range(1, epochs + 1):
                    record = self._one_epoch(epoch, x, y, batch_size, advance)
                    record.update({} if pair is None else self._validated(epoch, pair))
                    for name, value in record.items():
                        self.history.setdefault(name, []).append(value)
                    advance(0, epoch=epoch, **record)
                    if stopping is not None and stopping.update(record["validation_loss"], self.model):
                        break
        finally:
            if stopping is not None:
                stopping.restore(self.model)
                self.best_epoch = stopping.best_epoch
        return self.history

    def evaluate(self, x, y, batch_size=256):
        """Mean loss and, for classes, accuracy on x and y; see evaluate_model."""
        x, y = check_pairs("evaluation", x, y)
        return evaluate_model(self.model, self.loss, x, y, check_whole("batch_size", batch_size, 1))


# %% [markdown]
# The whole training of this notebook, in six lines:

# %%
model = make_model()
optimizer = Adam(model.parameters(), lr=0.01)
scheduler = CosineAnnealingLR(optimizer, T_max=60 * 9, warmup_steps=18)  # 60 epochs of 9 batches
trainer = Trainer(model, criterion, optimizer, scheduler, clip_norm=2.0, rng=0)
history = trainer.train(train_x, train_y, epochs=60, batch_size=16, validation=(valid_x, valid_y), patience=12)
print("keys:", list(history), "  epochs trained:", len(history["loss"]), "  best:", trainer.best_epoch)
print(
    "validation data, with the best weights:",
    {name: round(value, 3) for name, value in trainer.evaluate(valid_x, valid_y).items()},
)


# %%
def draw_history(history, best_epoch=None):
    """Loss, accuracy, learning rate and gradient norm over the epochs, in four panels."""
    panels = [
        ("loss", ("loss", "validation_loss")),
        ("accuracy", ("validation_accuracy",)),
        ("learning rate", ("lr",)),
        ("gradient norm", ("grad_norm",)),
    ]
    figure, axes = plt.subplots(1, 4, figsize=(12, 2.8), layout="constrained")
    for axis, (title, names) in zip(axes, panels, strict=True):
        for name in names:
            axis.plot(range(1, len(history[name]) + 1), history[name], label=name.replace("_", " "))
        axis.set(title=title, xlabel="epoch", ylim=(0, None))
        if best_epoch:
            axis.axvline(best_epoch, color="gray", linestyle=":", label="best epoch")
    axes[0].legend(fontsize=8)
    plt.show()


draw_history(history, trainer.best_epoch)

# %% [markdown]
# ### Seeds
#
# A result that nobody can repeat is an anecdote. With the same seeds for the first weights and for the batches, the
# histories agree to the last digit. How much is luck shows when only the seed changes.


# %%
def run(seed, epochs=25, **options):
    """The history of a fresh training whose weights and batches come from one seed."""
    network = make_model(seed)
    trainer = Trainer(network, criterion, Adam(network.parameters(), lr=0.01), progress=False, rng=seed, **options)
    return trainer.train(train_x, train_y, epochs, batch_size=16, validation=(valid_x, valid_y))


assert run(3) == run(3), "equal seeds give equal histories"
finals = [run(seed)["validation_accuracy"][-1] for seed in range(6)]
print("seed 3 twice: equal to the last digit")
print("validation accuracy of seeds 0 to 5:", np.round(finals, 3), f" spread {max(finals) - min(finals):.3f}")

# %% [markdown]
# So a difference of that size between two networks proves nothing. Compare over several seeds, or not at all.
#
# ### When training breaks
#
# The deep network of section 5 with a learning rate that is far too large. Without a check, a NaN spreads through all
# parameters in one step, and every later epoch is wasted. The Trainer stops and says where. What was recorded until
# then is still in `trainer.history`.

# %%
for lr in (0.1, 0.5, 1.0):
    network = deep_model()
    trainer = Trainer(network, criterion, SGD(network.parameters(), lr=lr, momentum=0.9), progress=False, rng=0)
    error = error_of(trainer.train, train_x, train_y, epochs=30, batch_size=16)
    print(f"lr {lr}: {len(trainer.history.get('loss', []))} epochs recorded. {error or 'No error.'}\n")

# %% [markdown]
# What a training that breaks looks like from inside: the loss and the largest weight of the first steps, on a
# logarithmic axis. At first there is little to see. Then large weights make large gradients, and these make larger
# weights, until a product of layers exceeds what float32 can hold.

# %%
network, steps = deep_model(), []
optimizer = SGD(network.parameters(), lr=1.0, momentum=0.9)


def recorded_step(i):
    value, _ = train_step(network, criterion, optimizer, train_x[i], train_y[i])
    steps.append([value, max(np.abs(parameter.data).max() for parameter in network.parameters())])
    return value


with np.errstate(over="ignore", invalid="ignore"):
    error = error_of(
        lambda: [train_epoch(recorded_step, len(train_x), 16, np.random.default_rng(0)) for _ in range(3)]
    )
steps = np.array(steps, dtype=np.float64)
figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
axis.semilogy(range(1, len(steps) + 1), steps[:, 0], "o-", label="loss of the batch")
axis.semilogy(range(1, len(steps) + 1), steps[:, 1], "s-", label="largest weight after the step")
axis.axhline(3.4e38, color="gray", linestyle=":", label="end of float32")
axis.set(xlabel="step")
axis.legend(fontsize=8)
plt.show()
print(f"after {len(steps)} steps: {error}")

# %% [markdown]
# Bad input is refused with a sentence that says what to do:

# %%
bad_y = train_y.copy()
bad_y[40] = 3
bad_x = train_x.copy()
bad_x[7, 1] = np.nan
network = make_model()
trainer = Trainer(network, criterion, Adam(network.parameters()), progress=False, rng=0)
for attempt in (
    lambda: trainer.train(train_x, bad_y, epochs=1, batch_size=16),
    lambda: trainer.train(train_x, train_y.astype(np.float32), epochs=1, batch_size=16),
    lambda: trainer.train(bad_x, train_y, epochs=1, batch_size=16),
    lambda: trainer.train(train_x, train_y[:100], epochs=1, batch_size=16),
    lambda: trainer.train(train_x[:0], train_y[:0], epochs=1, batch_size=16),
    lambda: trainer.train(train_x, train_y, epochs=1, batch_size=0),
    lambda: trainer.train(train_x, train_y, epochs=1, batch_size=16, patience=3),
    lambda: Trainer(network, criterion, Adam(make_model().parameters())),
):
    print("-", error_of(attempt))

# %% [markdown]
# ## 9. Checkpoints
#
# A long training will be interrupted: Colab disconnects, a battery runs out. A **checkpoint** is a file from which it
# goes on as if nothing had happened. The weights alone are not enough. What happens if we keep only them?


# %%
def interrupted(keep_optimizer):
    """Train 10 epochs, make a new optimizer as after a restart, and train 10 more; return all losses."""
    network, rng = make_model(), np.random.default_rng(0)
    optimizer, losses = Adam(network.parameters(), lr=0.01), []
    for half in range(2):
        if half == 1 and not keep_optimizer:
            optimizer = Adam(network.parameters(), lr=0.01)
        trainer = Trainer(network, criterion, optimizer, progress=False, rng=rng)
        losses += trainer.train(train_x, train_y, epochs=10, batch_size=16)["loss"]
    return losses


whole, only_weights = interrupted(True), interrupted(False)
print("epochs 10 to 13, nothing lost:       ", np.round(whole[9:13], 4))
print("epochs 10 to 13, optimizer state lost:", np.round(only_weights[9:13], 4))

# %% [markdown]
# Adam's averages were gone, and the path is another one. To continue *equal to the last bit* we need:
#
# | part | without it |
# | --- | --- |
# | model: parameters and buffers | nothing is left of the training |
# | optimizer: momentum, averages, step count | another path |
# | scheduler: its count | the learning rate starts anew |
# | the generator that shuffles | other batches |
# | the generators inside layers (dropout) | other masks |
# | epoch and history | gaps in the curves |

# %% [markdown]
# ### What the file looks like
#
# A NumPy `.npz` file is a zip archive of arrays. The arrays go into it as they are. Everything else (numbers, text,
# lists) becomes one text in JSON, with a note where each array belongs. Python's `pickle` could store all of it in one
# call, but *loading* a pickle can run any code that its author wrote into it. Our files hold data only, so one may
# open a stranger's.


# %% nbgrader={"grade": false, "grade_id": "07-pack", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def pack(value, name, arrays):
    """Return value as JSON data; its arrays are put into the dict `arrays`, under names that start with name."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        key = name if name not in arrays else f"{name}/{len(arrays)}"
        arrays[key] = value
        return {"array": key}
    if isinstance(value, dict):
        return {
            "dict": [[pack(key, name, arrays), pack(item, f"{name}/{key}", arrays)] for key, item in value.items()]
        }
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [pack(item, f"{name}/{i}", arrays) for i, item in enumerate(value)]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"{name} is a {type(value).__name__}: a checkpoint holds arrays of numbers, numbers, text, None, lists, dicts"
    )


def unpack(data, arrays):
    """The value from which pack made data and arrays."""
    if not isinstance(data, dict):
        return data
    ((kind, content),) = data.items()
    if kind == "array":
        return arrays[content]
    if kind == "dict":
        return {unpack(key, arrays): unpack(item, arrays) for key, item in content}
    return {"list": list, "tuple": tuple}[kind](unpack(item, arrays) for item in content)


# %%
arrays = {}
example = {"lr": 0.1, "betas": (0.9, 0.999), "0.mean": np.array([1.0, 2.0])}
text = json.dumps(pack(example, "optimizer", arrays))
print("text  ", text)
print("arrays", arrays)
print("back  ", unpack(json.loads(text), arrays))

# %% [markdown]
# ### A file is whole, or it is not there
#
# Suppose the power fails while the file is half written. The new checkpoint is useless, and the old one has just been
# overwritten. So one never writes over a file that matters:
#
# 1. Write everything into a **temporary** file in the same folder.
# 2. `file.flush()` hands Python's buffer to the operating system, `os.fsync(file.fileno())` makes it reach the disk.
# 3. If `path` exists, rename it to **previous** with `os.replace`: the last good checkpoint is kept.
# 4. Rename the temporary file to `path` with `os.replace`. Renaming within one folder happens at once or not at all.
#
# If anything fails on the way, the temporary file is deleted and the error goes on to the caller.

# %%
with tempfile.TemporaryDirectory() as folder:
    careless = Path(folder, "careless.txt")
    careless.write_text("the result of a long night")
    try:
        with open(careless, "w") as file:  # opening for writing empties the file at once
            raise OSError("disk full")
    except OSError as error:
        print(f"{error}; what is left of the old file: {careless.read_text()!r}")

# %% [markdown]
# ### Exercise `07-save`
#
# `write(file)` writes the content into a file that is open for writing bytes. It may fail at any point. Write the four
# steps so that `path` always holds complete content, new or old. `temporary` and `previous` are given as `Path`
# objects, which know `.exists()` and `.unlink(missing_ok=True)` (delete).


# %% nbgrader={"grade": false, "grade_id": "07-save-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def write_atomically(path, write):
    """Let write(file) fill the file at path, all or nothing; what was there before is kept as <path>.previous.

    write_atomically("a.bin", lambda file: file.write(b"new")) leaves a.bin, and a.bin.previous if there was an a.bin.
    About 11 lines.
    """
    path = Path(path)
    temporary, previous = path.with_name(path.name + ".tmp"), path.with_name(path.name + ".previous")
    ### BEGIN SOLUTION
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.replace(path, previous)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-save", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def write_and_fail(file):
    file.write(b"half of it")
    raise OSError("disk full")


def contents(folder):
    """{file name: content} of a folder."""
    return {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "a.bin")
    error = error_of(write_atomically, path, lambda file: file.write(b"one"))
    assert error is None, f"the first save, with no file at path before, must work; yours raised {error!r}"
    assert contents(folder) == {"a.bin": b"one"}, (
        f"after the first save there should be a.bin alone, there is {contents(folder)}"
    )
    write_atomically(path, lambda file: file.write(b"two"))
    expected = {"a.bin": b"two", "a.bin.previous": b"one"}
    assert contents(folder) == expected, (
        f"after the second save there should be {expected}, there is {contents(folder)}"
    )
    error = error_of(write_atomically, path, write_and_fail)
    assert isinstance(error, OSError) and "disk full" in str(error), (
        f"the caller must see the error 'disk full', it saw {error!r}"
    )
    assert contents(folder) == expected, (
        f"a failed save must leave everything as it was, {expected}; there is {contents(folder)}"
    )
    ### BEGIN HIDDEN TESTS
    write_atomically(str(path), lambda file: file.write(b"three"))
    expected = {"a.bin": b"three", "a.bin.previous": b"two"}
    assert contents(folder) == expected, f"the third save keeps the second: {expected}, there is {contents(folder)}"
with tempfile.TemporaryDirectory() as folder:
    path, seen = Path(folder, "b.bin"), []
    path.write_bytes(b"old")

    def look_around(file):
        file.write(b"new")
        seen.append(path.read_bytes())

    write_atomically(path, look_around)
    assert seen == [b"old"], f"while write(file) runs, path must still hold the old content; it held {seen}"
    assert path.read_bytes() == b"new", "after it, path holds the new content"
    new_path = Path(folder, "c.bin")
    assert error_of(write_atomically, new_path, write_and_fail) is not None and not new_path.exists(), (
        "a failed first save leaves no file"
    )

    def interrupt(file):
        raise KeyboardInterrupt

    stopped = False
    try:
        write_atomically(path, interrupt)
    except KeyboardInterrupt:
        stopped = True
    assert stopped and path.read_bytes() == b"new", "Ctrl-C must reach the caller and leave the file as it was"
    assert not [name for name in contents(folder) if name.endswith(".tmp")], (
        "no temporary file may stay behind, after Ctrl-C either"
    )
    calls, real_sync, real_replace = [], os.fsync, os.replace
    try:
        os.fsync = lambda number: calls.append("fsync") or real_sync(number)
        os.replace = lambda *names: calls.append("replace") or real_replace(*names)
        write_atomically(path, lambda file: file.write(b"x" * 100_000))
    finally:
        os.fsync, os.replace = real_sync, real_replace
    assert calls[:1] == ["fsync"], (
        f"the content must be on the disk before any file is renamed; the calls were {calls}"
    )
    assert path.read_bytes() == b"x" * 100_000, "all bytes must arrive: flush before fsync"
### END HIDDEN TESTS
print("07-save: the file is complete, new or old")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `with open(temporary, "wb") as file:` around the writing, the two renamings after it, and `try` around both. In
# `except BaseException:` (it also catches Ctrl-C) delete the temporary file and write `raise` alone, which passes the
# error on.
#
# </details>

# %% [markdown]
# Now saving is a matter of collecting. `_Generators` finds the random generators inside a model's layers; it speaks
# the same two words as models and optimizers, `state_dict` and `load_state_dict`.


# %% nbgrader={"grade": false, "grade_id": "07-save-checkpoint", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
FORMAT = 1  # the version of the file's layout


class _Generators:
    """The random generators that a model's modules hold, such as Dropout's `rng`, by dotted name."""

    def __init__(self, model):
        self.found = {
            f"{name}.{key}": value
            for name, module in model.named_modules()
            for key, value in vars(module).items()
            if isinstance(value, np.random.Generator)
        }

    def state_dict(self):
        return {name: generator.bit_generator.state for name, generator in self.found.items()}

    def load_state_dict(self, state):
        for name, generator in self.found.items():
            if name in state:
                generator.bit_generator.state = state[name]


def save_checkpoint(path, model, optimizer=None, scheduler=None, epoch=0, history=None, rng=None):
    """Save a training into one .npz file without pickle; the file that was there is kept as <path>.previous.

    rng is the generator that shuffles (trainer.rng); generators inside the model's layers are saved with the model.
    """
    parts = {"model": model, "generators": _Generators(model), "optimizer": optimizer, "scheduler": scheduler}
    content = {name: None if part is None else part.state_dict() for name, part in parts.items()}
    content.update(epoch=epoch, history=history, rng=None if rng is None else rng.bit_generator.state)
    arrays = {}
    header = {"format": FORMAT, **{name: pack(value, name, arrays) for name, value in content.items()}}
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    write_atomically(path, lambda file: np.savez(file, **arrays))


# %%
workspace = tempfile.TemporaryDirectory()
path = Path(workspace.name, "spiral.npz")
network = make_model(dropout=0.2)
optimizer = Adam(network.parameters(), lr=0.01)
trainer = Trainer(network, criterion, optimizer, progress=False, rng=0)
history = trainer.train(train_x, train_y, epochs=3, batch_size=16)
save_checkpoint(path, network, optimizer, epoch=3, history=history, rng=trainer.rng)
with np.load(path, allow_pickle=False) as file:
    for name in file.files:
        print(f"{name:28s} {file[name].dtype} {file[name].shape}")

# %% [markdown]
# ### All or nothing, once more
#
# Loading touches several parts: the model, the optimizer, the scheduler. Suppose the model accepts its state, and then
# the optimizer refuses, because the file was made with another one. The model would now hold the file's weights and
# the optimizer not: half a training, and no way back.

# %%
half, refusing = make_model(seed=5, dropout=0.2), SGD(make_model(width=8).parameters(), lr=0.1, momentum=0.9)
before = half.state_dict()["0.weight"].copy()
half.load_state_dict(network.state_dict())
print("the optimizer says:", str(error_of(refusing.load_state_dict, optimizer.state_dict()))[:76], "...")
print("the model is unchanged:", np.array_equal(half.state_dict()["0.weight"], before))

# %% [markdown]
# ### Exercise `07-load`
#
# `pairs` is a list of `(part, state)`. A part is anything with `state_dict()`, which returns a copy of its state, and
# `load_state_dict(state)`, which takes one over or raises an error (and may have changed something by then).
#
# Load each state into its part, in order. If one raises, give **every** part the state back that it had before, and
# let the same error go on to the caller.


# %% nbgrader={"grade": false, "grade_id": "07-load-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def load_all(pairs):
    """Load each state into its part, or leave all parts as they were and raise. About 8 lines.

    load_all([(model, model_state), (optimizer, optimizer_state)])
    """
    ### BEGIN SOLUTION
    before = [part.state_dict() for part, _ in pairs]
    try:
        for part, state in pairs:
            part.load_state_dict(state)
    except BaseException:
        for (part, _), old in zip(pairs, before, strict=True):
            part.load_state_dict(old)
        raise
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-load", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
class Box:
    """A part that holds numbers; it refuses a state that contains `bad`, after it has taken over what came before."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def state_dict(self):
        return list(self.numbers)

    def load_state_dict(self, state):
        for i, value in enumerate(state):
            if value == "bad":
                raise ValueError("this box refuses bad")
            self.numbers[i] = value


boxes = [Box(1, 1), Box(2, 2), Box(3, 3)]
load_all([(boxes[0], [10, 11]), (boxes[1], [20, 21])])
held = [box.numbers for box in boxes]
assert held == [[10, 11], [20, 21], [3, 3]], (
    f"two boxes should hold [10, 11] and [20, 21], the third is not loaded; they hold {held}"
)
error = error_of(load_all, [(boxes[0], [5, 5]), (boxes[1], [6, "bad"]), (boxes[2], [7, 7])])
assert isinstance(error, ValueError) and "refuses bad" in str(error), (
    f"the caller must see the error 'this box refuses bad', it saw {error!r}"
)
held = [box.numbers for box in boxes]
assert held[0] == [10, 11], (
    f"the first box had taken [5, 5] over; after the error it must be [10, 11] again, it holds {held[0]}"
)
assert held[1] == [20, 21], (
    f"the box that refused had taken 6 over by then; it must be [20, 21] again, it holds {held[1]}"
)
assert held[2] == [3, 3], f"the box after the error must stay [3, 3], it holds {held[2]}"
### BEGIN HIDDEN TESTS
load_all([])
for place in range(3):
    row = [Box(1, 2), Box(3, 4), Box(5, 6)]
    states = [[9, 9], [9, 9], [9, 9]]
    states[place] = [8, "bad"]
    assert isinstance(error_of(load_all, list(zip(row, states, strict=True))), ValueError), (
        f"an error in part {place} must reach the caller"
    )
    assert [box.numbers for box in row] == [[1, 2], [3, 4], [5, 6]], (
        f"after an error in part {place} all parts must be as before"
    )


class Interrupted(Box):
    def load_state_dict(self, state):
        super().load_state_dict(state)
        if state == [0, 0]:
            raise LookupError("another kind of error")


row = [Box(1, 2), Interrupted(3, 4)]
assert isinstance(error_of(load_all, [(row[0], [9, 9]), (row[1], [0, 0])]), LookupError), (
    "any kind of error goes on as it is"
)
assert [box.numbers for box in row] == [[1, 2], [3, 4]], "after any kind of error all parts are as before"
source, target = make_model(seed=1), make_model(seed=2)
before, adam = target.state_dict(), Adam(target.parameters(), lr=0.5)
wrong = {**adam.state_dict(), "7.mean": np.zeros(3)}
assert isinstance(error_of(load_all, [(target, source.state_dict()), (adam, wrong)]), ValueError), (
    "an optimizer state that does not fit"
)
assert all(np.array_equal(before[name], array) for name, array in target.state_dict().items()), (
    "the model must be as before"
)
load_all([(target, source.state_dict()), (adam, {**adam.state_dict(), "lr": 0.25})])
assert adam.lr == 0.25 and np.array_equal(
    target.state_dict()["0.weight"], source.state_dict()["0.weight"]
), "real parts load too"
### END HIDDEN TESTS
print("07-load: all parts or none")

# %% [markdown]
# <details><summary>Hint</summary>
#
# First collect `part.state_dict()` of every part, before anything changes. Then `try` to load; in `except` load the
# collected states back and write `raise` alone.
#
# </details>

# %% [markdown]
# Reading a file is where surprises come from: it may be missing, cut off, or made by a later version. Whatever breaks,
# one sentence says what is wrong, and whether a previous checkpoint exists. Everything is read before anything is
# changed.


# %% nbgrader={"grade": false, "grade_id": "07-load-checkpoint", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def read_checkpoint(path):
    """The content of a checkpoint file as a dict; a ValueError if it is not complete or of another format."""
    previous = Path(path).with_name(Path(path).name + ".previous")
    hint = f" The one before it is {previous}" if previous.exists() else ""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays.pop("header").tobytes())
        version = header.pop("format")
        content = {name: unpack(data, arrays) for name, data in header.items()} if version == FORMAT else {}
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no checkpoint {path}.{hint}") from None
    except Exception as error:  # a damaged file can fail in any way
        raise ValueError(f"{path} is not a complete checkpoint ({type(error).__name__}: {error}).{hint}") from error
    if version != FORMAT:
        raise ValueError(f"{path} has format {version}; this version of TinyTorch reads format {FORMAT}.{hint}")
    return content


def _generator(state):
    """A generator in this saved state, or None."""
    if state is None:
        return None
    kinds = {
        kind.__name__: kind
        for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
    }
    bits = kinds[state["bit_generator"]]()
    bits.state = state
    return np.random.Generator(bits)


# %% nbgrader={"grade": false, "grade_id": "07-load-parts", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def load_checkpoint(path, model, optimizer=None, scheduler=None):
    """Load a checkpoint into these parts, all or none.

    Returns {"epoch": ..., "history": ..., "rng": a Generator where the saved one stopped, or None}.
    """
    content = read_checkpoint(path)
    rng = _generator(content["rng"])
    pairs = [(model, content["model"]), (_Generators(model), content["generators"])]
    for name, part in (("optimizer", optimizer), ("scheduler", scheduler)):
        if part is not None:
            if content[name] is None:
                raise ValueError(f"{path} holds no {name} state: load it without {name}=")
            pairs.append((part, content[name]))
    load_all(pairs)
    return {"epoch": content["epoch"], "history": content["history"], "rng": rng}


# %% [markdown]
# ### The proof
#
# Four epochs in one go, against two epochs, a file, and two more with everything made anew. The network has dropout and
# the learning rate a schedule, so every row of the table above is needed. Equal means every bit.


# %%
def new_parts(seed):
    """A network with dropout, Adam, and a schedule over 4 epochs of 9 batches."""
    network = make_model(seed, dropout=0.2)
    optimizer = Adam(network.parameters(), lr=0.01)
    return network, optimizer, CosineAnnealingLR(optimizer, T_max=36, warmup_steps=6)


def train_parts(parts, rng, epochs):
    network, optimizer, scheduler = parts
    trainer = Trainer(network, criterion, optimizer, scheduler, progress=False, rng=rng)
    return trainer, trainer.train(train_x, train_y, epochs, batch_size=16, validation=(valid_x, valid_y))


straight = new_parts(seed=0)
_, straight_history = train_parts(straight, 0, epochs=4)

first = new_parts(seed=0)
trainer, first_history = train_parts(first, 0, epochs=2)
save_checkpoint(path, *first, epoch=2, history=first_history, rng=trainer.rng)

second = new_parts(seed=99)  # other first weights: all of it must come from the file
saved = load_checkpoint(path, *second)
_, second_history = train_parts(second, saved["rng"], epochs=2)

joined = {name: saved["history"][name] + second_history[name] for name in second_history}
print("loss, straight:   ", straight_history["loss"])
print("loss, interrupted:", joined["loss"])
assert joined == straight_history, "the histories must agree to the last digit"
for name, array in straight[0].state_dict().items():
    assert np.array_equal(array, second[0].state_dict()[name]), name
print("all parameters and all histories are equal to the last bit; taken up after epoch", saved["epoch"])

# %% [markdown]
# And the failures. A file is cut in half, as by a full disk; a network of another width; a later format. Each time the
# model stays as it was.

# %%
kept = second[0].state_dict()
damaged = Path(workspace.name, "damaged.npz")
save_checkpoint(damaged, *first, epoch=1)
save_checkpoint(damaged, *first, epoch=2)  # the first one is now damaged.npz.previous
damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
later = Path(workspace.name, "later.npz")
np.savez(later, header=np.frombuffer(json.dumps({"format": 2}).encode(), dtype=np.uint8))
for attempt in (
    lambda: load_checkpoint(damaged, *second),
    lambda: load_checkpoint(later, *second),
    lambda: load_checkpoint(path, make_model(width=32, dropout=0.2)),
    lambda: load_checkpoint(path.with_name("none.npz"), second[0]),
):
    error = error_of(attempt)
    print(f"- {type(error).__name__}: {str(error).replace(workspace.name, '...')}\n")
assert all(np.array_equal(kept[name], array) for name, array in second[0].state_dict().items())
print("previous checkpoint: epoch", load_checkpoint(f"{damaged}.previous", *second)["epoch"])
workspace.cleanup()

# %% [markdown]
# To save during a long training, call `trainer.train(..., epochs=1)` in a loop and `save_checkpoint` after each round.
# The trainer keeps its `rng`, so the result is the same as with all epochs in one call.
#
# ## 10. Systems: what does a step cost?
#
# ### Time
#
# A step has three large parts: forward (with the loss), backward, and the optimizer. We time each part of the same
# step for a 784-128-10 network, as for small images, with Adam. Only shares are shown: seconds depend on the machine.


# %%
def image_model(hidden=128):
    rng = np.random.default_rng(0)
    return Sequential(Linear(784, hidden, rng=rng), ReLU(), Linear(hidden, 10, rng=rng))


def random_images(n):
    rng = np.random.default_rng(1)
    return rng.random((n, 784), dtype=np.float32), rng.integers(0, 10, n)


def part_times(batch_size, repeats=40):
    """Fastest seconds of (forward, backward, optimizer) in one training step: other programs disturb some steps."""
    network, (x, y) = image_model(), random_images(batch_size)
    optimizer, times = Adam(network.parameters()), []
    for _ in range(repeats):
        optimizer.zero_grad()
        moments = [time.perf_counter()]
        result = criterion(network(Tensor(x)), Tensor(y))
        moments.append(time.perf_counter())
        result.backward()
        moments.append(time.perf_counter())
        optimizer.step()
        moments.append(time.perf_counter())
        times.append(np.diff(moments))
    return np.min(times, axis=0)


# %%
sizes = [1, 8, 32, 128, 512]
table = np.array([part_times(size) for size in sizes])  # (sizes, 3)
shares = table / table.sum(axis=1, keepdims=True)
names = ["forward", "backward", "optimizer"]
print(
    "batch   " + "".join(f"{name:>11s}" for name in names) + "    time per example, in units of the largest batch's"
)
for size, share, seconds in zip(sizes, shares, table.sum(axis=1) / sizes, strict=True):
    print(
        f"{size:5d}   "
        + "".join(f"{value:11.0%}" for value in share)
        + f"{seconds * sizes[-1] / table[-1].sum():12.1f}"
    )
figure, axis = plt.subplots(figsize=(7, 2.8), layout="constrained")
for i, name in enumerate(names):
    axis.barh(
        [str(size) for size in sizes], shares[:, i], left=shares[:, :i].sum(axis=1), color=COLORS[i], label=name
    )
axis.set(xlabel="share of one training step", ylabel="batch size", xlim=(0, 1))
axis.legend(ncols=3, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
plt.show()

# %% [markdown]
# The optimizer's work does not depend on the batch: it visits each parameter once per step. So with a batch of 1 it
# takes a large share, and large batches spread it over many examples. Forward and backward grow with the batch;
# backward makes two products per layer (for the weight, and for the input of each layer but the first), forward one.
#
# ### Memory
#
# What must a step hold at its peak? The bytes that grow with the batch are the recorded results and their gradients.
# What does not grow: parameters, gradients, Adam's two averages.


# %%
def peak_bytes(call):
    """The most memory that call() held at one time beyond what was there before."""
    call()  # once without counting: what is made only at first use does not count
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def step_bytes(batch_size):
    """Peak bytes of a training step and of an evaluation of one such batch."""
    network, (x, y) = image_model(), random_images(batch_size)
    optimizer = Adam(network.parameters())
    training = peak_bytes(lambda: train_step(network, criterion, optimizer, x, y))
    return training, peak_bytes(lambda: evaluate_model(network, criterion, x, y, batch_size))


# %%
batch_sizes = np.array([256, 512, 1024, 2048, 4096])
measured = np.array([step_bytes(size) for size in batch_sizes])  # (sizes, 2)
figure, axis = plt.subplots(figsize=(6.6, 3.4), layout="constrained")
print("batch      training    evaluation   (megabytes)")
for size, (training, evaluation) in zip(batch_sizes, measured / 1e6, strict=True):
    print(f"{size:5d} {training:13.2f} {evaluation:13.2f}")
for i, (name, color) in enumerate((("training step", COLORS[0]), ("evaluation", COLORS[1]))):
    slope, start = np.polyfit(batch_sizes, measured[:, i], 1)
    axis.plot(batch_sizes, measured[:, i] / 1e6, "o", color=color)
    axis.plot(
        [0, 4096],
        [start / 1e6, (start + 4096 * slope) / 1e6],
        color=color,
        label=f"{name}: {slope:,.0f} bytes per example",
    )
parameter_bytes = sum(parameter.data.nbytes for parameter in image_model().parameters())
axis.axhline(parameter_bytes / 1e6, color="gray", linestyle=":", label="the parameters")
axis.set(xlabel="batch size", ylabel="peak megabytes", xlim=(0, None), ylim=(0, None))
axis.legend(fontsize=8)
plt.show()
row = 4 * 128
rows = [np.polyfit(batch_sizes, measured[:, i], 1)[0] / row for i in range(2)]
print(f"one hidden row of 128 float32 numbers has {row} bytes")
print(f"per example a training step holds {rows[0]:.1f} such rows at its peak, an evaluation {rows[1]:.1f}")

# %% [markdown]
# Both are straight lines. The recorded step keeps each layer's results until backward has used them; the evaluation
# lets go of one as soon as the next is there. So one can evaluate with larger batches than one can train with, and if
# memory is short, the batch is the first thing to cut.
#
# ### The price of looking
#
# Validation costs time too. How many training steps' worth is one evaluation of as many examples?


# %%
def fastest_s(*calls, rounds=30):
    """The fastest time in seconds of each call, measured in turns: other programs disturb all alike."""
    best = [math.inf] * len(calls)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


network, (x, y) = image_model(), random_images(256)
optimizer = Adam(network.parameters())
bare_s, *others_s = fastest_s(
    lambda: train_step(network, criterion, optimizer, x, y),
    lambda: train_step(network, criterion, optimizer, x, y, clip_norm=1.0),
    lambda: evaluate_model(network, criterion, x, y),
    lambda: first_not_finite(named_data(network)),
)
names = ("training step with clipping", "evaluation of the same batch", "are all parameters finite?")
for name, other_s in zip(names, others_s, strict=True):
    print(f"{name:30s} {other_s / bare_s:5.2f} training steps")

# %% [markdown]
# ## 11. What you have now
#
# - A training step and an epoch that you can trust, and a `Trainer` around them.
# - Numbers that are honest: accuracy per example, evaluation that changes nothing, validation on unseen data.
# - The best weights, kept by early stopping.
# - Errors that name the epoch, the batch and the parameter.
# - Checkpoints that continue to the last bit.
#
# Export the module with `tito module complete 07`. Milestone 2 uses all seven modules: your framework learns to read
# handwritten digits. Module 08 then replaces the arrays of indices by a `DataLoader`.

# %% [markdown]
# ## Questions to think about
#
# 1. Validation loss rises while validation accuracy still rises too. How can both be true? (Think of one wrong answer
#    that becomes more and more certain.)
# 2. You double the batch size. Which of learning rate, epochs, scheduler length and `clip_norm` would you look at
#    again, and why?
# 3. Early stopping restores the best weights, but the optimizer keeps its latest averages. Does it matter if training
#    ends here? And if it goes on?
# 4. Why must the temporary file lie in the same folder as the checkpoint, and not in the system's folder for
#    temporary files?
# 5. The training loss of epoch 1 in the history is higher than `evaluate` on the training data right after epoch 1.
#    Name two reasons.
#
# **Sources.** R. Pascanu, T. Mikolov, Y. Bengio: *On the difficulty of training recurrent neural networks* (2013), for
# clipping by the global norm. L. Prechelt: *Early Stopping, but when?* (1998). L. Bottou, F. Curtis, J. Nocedal:
# *Optimization Methods for Large-Scale Machine Learning* (2018), for small batches.
