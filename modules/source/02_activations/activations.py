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
# # Module 02: Activations
#
# A layer of a network scales, adds and shifts, and so it draws straight lines only. An **activation** is a small
# function that stands after a layer and bends the line. Here you build six, and at the end two layers, whose
# numbers you set by hand, draw a handwritten zero.
#
# | name | what it is for |
# | --- | --- |
# | `ReLU`, `GELU` | between the layers of today's networks |
# | `Sigmoid`, `Tanh` | squeeze a number into 0 to 1, or -1 to 1 |
# | `Softmax`, `LogSoftmax` | turn scores into probabilities, or their logarithms |

# %% [markdown]
# Each heading names the kind of exercise: **write** code, **derive** a formula by filling in its blanks,
# **predict** a number before you see it, or **break** code that looks right. *Core* exercises are needed later, a
# *challenge* is not. No check is hidden. Three rules hold throughout: inputs stay unchanged, float32 in gives
# float32 out, and NumPy has nothing to warn about.
#
# `tito.lesson` brings tools that are no lesson of their own: checks, pictures, and measuring slopes by trial.

# %% nbgrader={"grade": false, "grade_id": "02-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import math
from functools import wraps

import numpy as np

from tinytorch.tensor import apply, op

# %% nbgrader={"grade": false, "grade_id": "02-tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
from tinytorch.tensor import Tensor
from tito import datasets
from tito.lesson import breaks, check, peak_bytes, predict, property_holds, raises, show_curves, show_pictures, slope

# check: a call gives what it should. raises: it refuses. property_holds: it is right on random inputs.
# breaks: your inputs make a function go wrong. predict: how far off your guess was.

np.set_printoptions(precision=3, suppress=True)

# %% [markdown]
# ## 1. Ten layers, and a white sheet of paper
#
# Let a network draw. It is given the place of a pixel, $x$ to the right and $y$ down, and answers with one number: ink
# where it is above 0, paper elsewhere. It is to copy the average of many handwritten zeros, 8 by 8 pixels.

# %% nbgrader={"grade": false, "grade_id": "02-zero-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits = datasets.digits()
ZERO = digits.train_images[digits.train_labels == 0].mean(axis=0)  # (8, 8), ink from 0 to 16
INK = (ZERO > 8).reshape(-1)  # (64,): True where the pen went
rows, columns = np.mgrid[-3.5:4, -3.5:4]
PLACES = np.column_stack([columns.reshape(-1), rows.reshape(-1)])  # (64, 2): x and y, (0, 0) is the middle


def run(layers, x):
    """Send the rows of x, (N, inputs), through a list of layers; a layer (w, b) makes x @ w.T + b of x."""
    for w, b in layers:
        x = x @ w.T + b
    return x


def random_layers(sizes, rng):
    """Layers with weights w, shape (outputs, inputs), and biases b, shape (outputs,)."""
    return [(rng.normal(size=(o, i)), rng.normal(size=o)) for i, o in zip(sizes[:-1], sizes[1:], strict=True)]


# %%
rng = np.random.default_rng(0)
for depth in (1, 3, 10):
    hidden = run(random_layers([2] + depth * [40], rng), PLACES)  # (64, 40)
    hidden = np.column_stack([hidden / np.abs(hidden).max(), np.ones(64)])
    answers = hidden @ np.linalg.lstsq(hidden, INK - 0.5, rcond=None)[0]  # a last layer, the best by least squares
    right = ((answers > 0) == INK).sum()
    print(f"{depth:2d} layers: {right} of 64 pixels right, answers from {answers.min():.4f} to {answers.max():.4f}")
    assert right == 44 and np.ptp(answers) < 1e-6
show_pictures([ZERO / 16, INK.reshape(8, 8), (answers > 0).reshape(8, 8)], ["the average", "ink above 8", "ten layers"])

# %% [markdown]
# Ten layers hold 14,880 numbers, and the last layer is the best that there is. Yet the network answers every place with
# the same number: the paper stays white, and white paper is right for 44 of 64 pixels. Remember the 44.
#
# ### 02-collapse · derive · 10 min · core
#
# Two layers make $W_2 (W_1 x + b_1) + b_2$ of one place $x$, with weights $W$ and biases $b$. Multiply this out on paper. Which single layer $(W, b)$
# does the same to every $x$? Then turn a list of any number of layers into one.


# %% nbgrader={"grade": false, "grade_id": "02-collapse-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def join(first, second):
    """The one layer (w, b) that does what the layer `first`, and then `second`, do."""
    (w1, b1), (w2, b2) = first, second
    ### BEGIN SOLUTION
    return w2 @ w1, w2 @ b1 + b2
    ### STUB return ..., ...
    ### END SOLUTION


def collapse(layers):
    """The one layer (w, b) that does what the list of layers does, from the first to the last."""
    ### BEGIN SOLUTION
    whole = layers[0]
    for layer in layers[1:]:
        whole = join(whole, layer)
    return whole
    ### STUB return ...
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-collapse", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
LAYERS = random_layers([2, 5, 3, 7], np.random.default_rng(1))  # 2 inputs, then 5, 3 and at last 7 outputs
AT_ORIGIN = [run(LAYERS[:n], np.zeros((1, 2)))[0] for n in range(4)]
ON_AXES = [(run(LAYERS[:n], np.eye(2)) - AT_ORIGIN[n]).T for n in range(4)]  # how far one step along x, along y goes
check(lambda: join(LAYERS[0], LAYERS[1])[0], ON_AXES[2], "W, of shape (outputs, inputs)")
check(lambda: join(LAYERS[0], LAYERS[1])[1], AT_ORIGIN[2], "what comes out at x = 0")
check(lambda: collapse(LAYERS)[0], ON_AXES[3], "all three layers, W")
check(lambda: collapse(LAYERS)[1], AT_ORIGIN[3], "all three layers, b; and the list must stay as it was")
check(lambda: collapse(LAYERS[:2])[1], AT_ORIGIN[2], "two layers")
check(lambda: collapse(LAYERS[:1])[1], AT_ORIGIN[1], "one layer is one already")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# With $W_1 = 2$, $b_1 = 1$, $W_2 = -3$, $b_2 = 4$: what comes out at $x = 0$, and how much more at $x = 1$?
# </details>
# <details><summary>Hint 2</summary>
#
# `@` multiplies matrices, and the order counts. Keep what you have joined so far, and join the next layer to it.
# </details>

# %% [markdown]
# A hundred linear layers are one linear layer. Something that is not linear has to stand in between.

# %% [markdown]
# ## 2. ReLU, and how every activation is made
#
# The simplest bend replaces negative numbers by 0: $\text{relu}(x) = \max(0, x)$, the *rectified linear unit*. Each
# activation here has two parts: an **operation** on arrays in the table of module 01, and a small class that prints
# its settings and calls `apply`, so that a result remembers where it came from. What all share is given: `_on_floats`
# turns whole numbers into float32 and returns the float type that came in.


# %% nbgrader={"grade": false, "grade_id": "02-relu", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _on_floats(function):
    """Let an operation see float arrays only (integers become float32), and give their dtype back."""

    @wraps(function)
    def on_floats(x):
        x = np.asarray(x)
        x = x if x.dtype.kind == "f" else x.astype(np.float32)
        result = function(x)
        return None if result is None else np.asarray(result, dtype=x.dtype)  # None: its `return` is missing

    return on_floats


class _Activation:
    """A layer without parameters: calling it runs `forward`, and it prints its settings."""

    training = True  # the switch by which module 03 knows a module

    def __init__(self, *extra, **more):
        extra = [*map(repr, extra), *(f"{name}={value!r}" for name, value in more.items())]
        if extra:
            raise TypeError(f"{type(self).__name__} takes no {', '.join(extra)}: write {self!r}")

    def __call__(self, x):
        return self.forward(x)

    def __repr__(self):
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if name != "training")
        return f"{type(self).__name__}({settings})"


@op
@_on_floats
def relu(x):
    """Replace negative elements by zero.

    >>> relu(np.array([0.5, -2.0, 3.0]))
    array([0.5, 0. , 3. ])
    """
    return np.maximum(x, 0)


class ReLU(_Activation):
    """The rectified linear unit, max(0, x), element by element (Nair and Hinton, 2010).

    >>> from tinytorch import Tensor
    >>> ReLU()(Tensor([0.5, -2.0, 3.0])).tolist()
    [0.5, 0.0, 3.0]
    """

    def forward(self, x):
        return apply("relu", x)


# %% nbgrader={"grade": false, "grade_id": "02-example", "locked": true, "schema_version": 3, "solution": false, "task": false}
EXAMPLE = np.array([0.5, -2.0, 3.0, 0.0, -0.7], dtype=np.float32)
RECORDED = Tensor(EXAMPLE, requires_grad=True)
print(relu(EXAMPLE), "  printed:", ReLU(), "  made by:", ReLU()(RECORDED).origin[0])

# %% [markdown]
# ### 02-corners · derive · 12 min · core
#
# `relu(x - 3)` is flat up to 3 and then rises with slope 1: a line with a corner. Two layers with a bend between
# them add up such lines. Given corners $(k_0, h_0), \dots, (k_n, h_n)$ from left to right, find weights $w_i$ with
# which
#
# $$h_0 + \sum_{i=0}^{n-1} w_i \, \text{relu}(x - k_i)$$
#
# runs straight from each corner to the next. On paper: (0, 0), (1, 2), (3, 2), (4, 0), drawn from left to right. Which
# weight do you need first, and which at the next corner?


# %% nbgrader={"grade": false, "grade_id": "02-corners-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def corner_weights(knees, heights):
    """The weights (n,) for n + 1 corners at knees, (n + 1,), in rising order, of heights (n + 1,)."""
    ### BEGIN SOLUTION
    slopes = np.diff(heights) / np.diff(knees)  # (n,), of the pieces
    return np.diff(slopes, prepend=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-corners", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def bent_line(x, knees, heights):
    return heights[0] + relu(x[:, None] - knees[:-1]) @ corner_weights(knees, heights)


KNEES, HEIGHTS = np.array([-1.0, 0.5, 1.0, 3.0, 3.2]), np.array([2.0, 5.0, 4.0, 4.5, -1.0])
BETWEEN = np.array([-1.0, -0.4, 0.5, 0.8, 1.0, 2.9, 3.1])
check(lambda: corner_weights(KNEES, HEIGHTS).shape, (4,), "n weights for n + 1 corners")
check(lambda: bent_line(BETWEEN, KNEES, HEIGHTS), np.interp(BETWEEN, KNEES, HEIGHTS), "straight to the next corner")
check(lambda: bent_line(BETWEEN, KNEES[:2], HEIGHTS[:2])[:3], np.array([2.0, 3.2, 5.0]), "a single piece")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Just right of a corner, one more term is at work. How much does the slope change there?
# </details>
# <details><summary>Hint 2</summary>
#
# The slope of a piece is its rise over its width. `np.diff` subtracts neighbours, and `prepend=0` puts a 0 first.
# </details>
# <details><summary>Compare your paper</summary>
#
# The slopes of the pieces are 2, 0, -2, and the weights 2, -2, -2.
# </details>

# %%
GRID = np.linspace(0, 6, 241)
lines = {f"{n} pieces": bent_line(GRID, np.linspace(0, 6, n + 1), np.sin(np.linspace(0, 6, n + 1))) for n in (4, 8, 16)}
show_curves(GRID, {"sin x": np.sin(GRID), **lines})
WORST = [np.abs(line - np.sin(GRID)).max() for line in lines.values()]  # with 4, 8 and 16 pieces
check(lambda: WORST[0] > 3 * WORST[1] > 9 * WORST[2], True, "what the text says below")

# %% [markdown]
# Two layers and one bend follow any curve, as closely as you like: twice the corners, about a quarter of the error.
#
# ## 3. Sigmoid, and slopes that multiply
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^{x}}{1 + e^{x}}$$
#
# It squeezes any number into 0 to 1, which can be read as a probability.


# %% nbgrader={"grade": false, "grade_id": "02-one-by-one", "locked": true, "schema_version": 3, "solution": false, "task": false}
def one_by_one(formula, x):
    """A formula for one Python number, put to every number of an array: slow, and what is meant."""
    return np.array([formula(v) for v in x.reshape(-1).tolist()], dtype=x.dtype).reshape(x.shape)


def sigmoid_loop(x):
    return one_by_one(lambda v: 1 / (1 + math.exp(-v)), x)


def tanh_loop(x):
    return one_by_one(math.tanh, x)


def nans(function, x, *axis):
    """Where a result is nan; that NumPy may warn of a nan which it met is nobody's fault."""
    with np.errstate(invalid="ignore"):
        return np.isnan(function(x, *axis))


FAR = np.array([1000.0, 0.0, -1000.0], dtype=np.float32)
with np.errstate(all="ignore"):
    print("of", FAR, "the first form makes", 1 / (1 + np.exp(-FAR)), "and the second", np.exp(FAR) / (1 + np.exp(FAR)))

# %% [markdown]
# ### 02-sigmoid · write · 12 min · core
#
# On paper the two forms are equal. On a computer $e^{1000}$ overflows: the second gives `nan`, the first is right by
# luck (1 divided by infinity), with a warning. Write `sigmoid` for numbers of any size, without a loop. Small results
# survive: $\sigma(-700)$ is about 1e-304, and not 0. `nan` stays `nan`, here and below, so that a fault is seen. Write
# `forward` after the pattern of `ReLU`; `apply` takes the operation's *name*.


# %% nbgrader={"grade": false, "grade_id": "02-sigmoid-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
@_on_floats
def sigmoid(x):
    """Squeeze each element into 0 to 1.

    >>> print(sigmoid(np.array([0.5, -2.0, 1000.0])).round(3))
    [0.622 0.119 1.   ]
    """
    ### BEGIN SOLUTION
    top = np.exp(np.minimum(x, 0))  # 1 on the right, e^x on the left
    return top / (1 + np.exp(-np.abs(x)))
    ### END SOLUTION


class Sigmoid(_Activation):
    """The logistic function 1 / (1 + exp(-x)), element by element.

    >>> from tinytorch import Tensor
    >>> Sigmoid()(Tensor([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """

    def forward(self, x):
        """Return a Tensor of the shape of x."""
        ### BEGIN SOLUTION
        return apply("sigmoid", x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-sigmoid", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def random_numbers(rng):
    return (3 * rng.normal(size=rng.integers(1, 5, size=rng.integers(1, 4))),)


LOW, HOLES = np.array([-700.0]), np.array([0.3, np.nan, -2.0], dtype=np.float32)
check(lambda: sigmoid(EXAMPLE), sigmoid_loop(EXAMPLE), "the formula")
property_holds(sigmoid, draw=random_numbers, law=sigmoid_loop)
check(lambda: sigmoid(FAR), np.float32([1, 0.5, 0]), "numbers of any size")
check(lambda: sigmoid(LOW), np.array([9.8596765e-305]), "small results survive")
check(lambda: nans(sigmoid, HOLES), np.isnan(HOLES), "nan stays nan")
check(lambda: Sigmoid()(RECORDED), Tensor(sigmoid_loop(EXAMPLE)), "forward, after the pattern of ReLU")
check(lambda: Sigmoid()(RECORDED).origin[0], "sigmoid", "the operation's name")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which form is safe for positive numbers, and which for negative ones? What does an exponential of $-|x|$ do?
# </details>
# <details><summary>Hint 2</summary>
#
# `np.where(condition, a, b)` computes both `a` and `b` everywhere, the overflowing one too. With $e^{-|x|}$ in both
# places nothing overflows.
# </details>

# %% [markdown]
# ### 02-slopes · derive · 15 min · core
#
# When the input moves a little, how many times as far does the output move? That is the **slope**. Training, which
# improves the numbers of a network bit by bit, needs it. Two rules are enough: the slope of $e^{-x}$ is $-e^{-x}$, and
# the slope of $1/u$ is that of $u$, divided by $-u^2$. Work it out on paper for $x = \log 3$, where $e^{-x} =
# \frac13$. The last two ask for less: the slope from the *output* alone, since a network has that at hand. At its
# corner, $x = 0$, relu has no slope; everybody chooses 0.


# %% nbgrader={"grade": false, "grade_id": "02-slopes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def slopes_of_relu(x):
    """Of max(0, x), in the dtype of x."""
    ### BEGIN SOLUTION
    return (x > 0).astype(x.dtype)
    ### STUB return ...
    ### END SOLUTION


def slopes_of_bottom(x):
    """Of 1 + e^-x."""
    ### BEGIN SOLUTION
    return -np.exp(-x)
    ### STUB return ...
    ### END SOLUTION


def slopes_of_sigmoid(x):
    """Of 1 / (1 + e^-x)."""
    ### BEGIN SOLUTION
    return -slopes_of_bottom(x) / (1 + np.exp(-x)) ** 2
    ### STUB return slopes_of_bottom(x) / ...
    ### END SOLUTION


def slopes_from_sigmoid(s):
    """The same, from s = sigmoid(x) alone: no exponential, and no x."""
    ### BEGIN SOLUTION
    return s * (1 - s)
    ### END SOLUTION


def slopes_from_tanh(t):
    """Of tanh(x) = 2 sigmoid(2x) - 1, from t = tanh(x) alone."""
    ### BEGIN SOLUTION
    return 1 - t * t
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-slopes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
POINTS = np.array([0.5, -2.0, 3.0, 1.1, -0.7])
SIGMOIDS, TANHS = sigmoid_loop(POINTS), tanh_loop(POINTS)
check(lambda: slopes_of_relu(POINTS), slope(lambda x: np.maximum(x, 0).sum(), POINTS), "flat, then rising")
check(lambda: slopes_of_relu(EXAMPLE), np.float32([1, 0, 1, 0, 0]), "the corner")
check(lambda: str(slopes_of_relu(EXAMPLE).dtype), "float32", "in the dtype of x")
check(lambda: slopes_of_bottom(POINTS), slope(lambda x: (1 + np.exp(-x)).sum(), POINTS), "the first rule")
check(lambda: slopes_of_sigmoid(POINTS), slope(lambda x: sigmoid_loop(x).sum(), POINTS), "the second rule")
check(lambda: slopes_from_sigmoid(SIGMOIDS), slope(lambda x: sigmoid_loop(x).sum(), POINTS), "from s alone")
check(lambda: slopes_from_tanh(TANHS), slope(lambda x: tanh_loop(x).sum(), POINTS), "from t alone")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the two factors of $\frac{1}{u} \cdot \frac{e^{-x}}{u}$ do you know by name, and what is $1 - \sigma(x)$?
# </details>
# <details><summary>Hint 2</summary>
#
# In $2 \sigma(2x) - 1$ the inner 2 doubles the slope once more. Put $s = (t + 1) / 2$ into $4 s (1 - s)$.
# </details>
# <details><summary>Compare your paper</summary>
#
# $1 + e^{-x} = \frac43$ with slope $-\frac13$; $\sigma(x) = \frac34$ with slope $\frac{3}{16}$; tanh is
# $\frac45$, with slope $\frac{9}{25}$.
# </details>

# %% [markdown]
# ### 02-chain · write · 10 min · core
#
# In a deep network slopes multiply: if one layer makes a change twice as large and the next one three times, it arrives
# six times as large. Apply a function to `x`, again to its own output, and so on; return the slope of the whole chain.
# `slope_from` is like your last two functions: it wants an *output*.


# %% nbgrader={"grade": false, "grade_id": "02-chain-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def slope_of_chain(function, slope_from, x, times):
    """The slopes, for each number of x, of `function` applied `times` times. With times=0 they are 1."""
    ### BEGIN SOLUTION
    slopes = np.ones_like(x)
    for _ in range(times):
        x = function(x)
        slopes = slopes * slope_from(x)
    return slopes
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-chain", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def from_cubes(c):
    return 3 * np.cbrt(c) ** 2  # of x^3, from c = x^3


NEAR = np.array([0.9, -0.5, 1.1])
check(lambda: slope_of_chain(lambda x: x**3, from_cubes, NEAR, 0), np.ones(3), "nothing applied")
check(lambda: slope_of_chain(lambda x: x**3, from_cubes, NEAR, 1), 3 * NEAR**2, "once")
check(lambda: slope_of_chain(lambda x: x**3, from_cubes, NEAR, 2), 9 * NEAR**8, "twice: (x^3)^3 = x^9")
check(lambda: slope_of_chain(lambda x: x**3, from_cubes, NEAR, 3), 27 * NEAR**26, "three times: x^27")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# For the cube and x = 2: which outputs come one after another, and which slope belongs to each?
# </details>
# <details><summary>Hint 2</summary>
#
# Start from ones. In each round, first the new output, then its slope, multiplied into what you have.
# </details>

# %% [markdown]
# ### 02-vanish · predict · 4 min · core
#
# Guess three slopes. Nothing depends on them.

# %% nbgrader={"grade": false, "grade_id": "02-vanish-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
one_sigmoid = 1.0
ten_sigmoids = 0.01
ten_tanhs = 0.01
### STUB one_sigmoid = ...  # the largest slope that a sigmoid has anywhere
### STUB ten_sigmoids = ...  # the slope of a chain of ten sigmoids, at 0.5
### STUB ten_tanhs = ...  # the slope of a chain of ten tanhs, at 0.5
### END SOLUTION

# %%
ONE = slopes_from_sigmoid(np.linspace(0, 1, 101)).max()
TEN_SIGMOIDS = slope_of_chain(sigmoid_loop, slopes_from_sigmoid, np.array([0.5]), 10)[0]
TEN_TANHS = slope_of_chain(tanh_loop, slopes_from_tanh, np.array([0.5]), 10)[0]
predict(one_sigmoid, ONE, "one sigmoid, at its steepest")
predict(ten_sigmoids, TEN_SIGMOIDS, "ten sigmoids")
predict(ten_tanhs, TEN_TANHS, "ten tanhs")

# %% [markdown]
# A sigmoid passes on a quarter at most. After ten of them, a change of 1 at the input arrives as less than a
# millionth: the slope has **vanished**, and the first layers learn nothing. Tanh keeps more, because its slope at 0
# is 1. ReLU passes on all or nothing. So sigmoid, once found everywhere, now stands mostly at the end of a network,
# where it makes probabilities.

# %%
check(lambda: ONE == 1 / 4 and TEN_SIGMOIDS < 1e-6 < 0.2 < TEN_TANHS, True, "what the text says")

# %% [markdown]
# **Why?** A ReLU gets negative numbers for every example. What can training change about it?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# Nothing, as long as this lasts: its slope is 0 for every example, so no change reaches the weights before it. Such a
# unit is called dead. Only a change in an earlier layer can bring it back.
# </details>

# %% [markdown]
# ## 4. Tanh near zero
#
# ### 02-tanh · write · 8 min · core
#
# Since $\tanh(x) = 2\,\sigma(2x) - 1$, your sigmoid has done the work already. Or has it? NumPy has a tanh of its own.
# Write the operation, with five right digits for small inputs too (near zero, $\tanh(x)$ is almost $x$), and the
# class's `forward`.


# %% nbgrader={"grade": false, "grade_id": "02-tanh-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
@_on_floats
def tanh(x):
    """Squeeze each element into -1 to 1.

    >>> print(tanh(np.array([0.5, -2.0, 1000.0])).round(3))
    [ 0.462 -0.964  1.   ]
    """
    ### BEGIN SOLUTION
    return np.tanh(x)
    ### END SOLUTION


class Tanh(_Activation):
    """The hyperbolic tangent, element by element.

    >>> from tinytorch import Tensor
    >>> Tanh()(Tensor([0.0, -1000.0])).tolist()
    [0.0, -1.0]
    """

    def forward(self, x):
        """Return a Tensor of the shape of x."""
        ### BEGIN SOLUTION
        return apply("tanh", x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-tanh", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
SMALL, TINY = np.array([2e-3, -1.3e-3], dtype=np.float32), np.array([3e-4, -1e-6], dtype=np.float32)
check(lambda: tanh(EXAMPLE), tanh_loop(EXAMPLE), "the formula")
property_holds(tanh, draw=random_numbers, law=tanh_loop)
check(lambda: tanh(SMALL), tanh_loop(SMALL), "five right digits for small inputs too")
check(lambda: tanh(TINY), tanh_loop(TINY), "five right digits for small inputs too")
check(lambda: tanh(FAR), np.float32([1, 0, -1]), "numbers of any size")
check(lambda: nans(tanh, HOLES), np.isnan(HOLES), "nan stays nan")
check(lambda: Tanh()(RECORDED), Tensor(tanh_loop(EXAMPLE)), "forward, after the pattern of ReLU")
check(lambda: Tanh()(RECORDED).origin[0], "tanh", "the operation's name")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How many digits of 0.000001 are left in 1.000001, in a float32 of seven digits?
# </details>
# <details><summary>Hint 2</summary>
#
# Subtracting two numbers that are almost equal leaves their rounding errors (*cancellation*). `np.tanh` avoids it.
# </details>

# %% [markdown]
# ## 5. GELU, a smooth ReLU
#
# ReLU multiplies $x$ by 0 or by 1. The *Gaussian error linear unit* multiplies it by something in between, the
# probability that a random number from the bell curve is smaller than $x$. NumPy cannot compute that, so GPT-2 used a
# stand-in made of tanh (Hendrycks and Gimpel, 2016):
#
# $$\text{gelu}(x) \approx \tfrac12 \, x \, (1 + \tanh u)$$
#
# $$u = \sqrt{2/\pi} \; x \, (1 + 0.044715 \, x^2)$$
#
# PyTorch calls it `GELU(approximate='tanh')`. Papers print $x + 0.044715\,x^3$, which is the same, but `x**3` takes
# NumPy many times as long as `x**2` or `x * x`: only squares have a fast way of their own.
#
# ### 02-gelu · write · 12 min · core
#
# The square overflows a float32 at $x = 10^{20}$, where the answer is plain: $x$ itself, and 0 on the negative side. But
# $u$ need never be large, as tanh soon reaches its limit. So limit the $x$ inside $u$. Your choice is where: too
# early, and for large negative $x$ a part of $x$ is left where 0 belongs, in float64 or at $-10^{15}$. The class keeps `approximate` and
# prints it; any other word than `'tanh'` is a `ValueError` that names that word and `'tanh'`.


# %% nbgrader={"grade": false, "grade_id": "02-gelu-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
@_on_floats
def gelu(x):
    """Weigh each element by the chance that a standard normal number is smaller (tanh form).

    >>> print(gelu(np.array([0.5, -2.0, 1e20])).round(3))
    [ 3.46e-01 -4.50e-02  1.00e+20]
    """
    ### BEGIN SOLUTION
    u = np.clip(x, -10, 10)  # beyond 10, tanh is 1 to the last digit
    u = math.sqrt(2 / math.pi) * u * (1 + 0.044715 * u**2)
    return 0.5 * x * (1 + np.tanh(u))
    ### END SOLUTION


class GELU(_Activation):
    """The Gaussian error linear unit in its tanh form, element by element (Hendrycks and Gimpel, 2016).

    PyTorch's equivalent is torch.nn.GELU(approximate='tanh'); its default 'none', the exact form, is refused here.

    >>> GELU()
    GELU(approximate='tanh')
    """

    def __init__(self, approximate="tanh", *extra, **more):
        ### BEGIN SOLUTION
        if approximate != "tanh":
            raise ValueError(f"GELU has no approximate={approximate!r} here: use approximate='tanh'")
        self.approximate = approximate
        ### END SOLUTION
        super().__init__(*extra, **more)

    def forward(self, x):
        """Return a Tensor of the shape of x."""
        ### BEGIN SOLUTION
        return apply("gelu", x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-gelu", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def gelu_loop(x):
    return one_by_one(lambda v: v / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))), x)


HUGE, DOUBLE = np.array([1e20, -1e20], dtype=np.float32), np.array([1e15, 5.0, -6.5, -1e15])
check(lambda: gelu(EXAMPLE), gelu_loop(EXAMPLE), "the formula")
property_holds(gelu, draw=random_numbers, law=gelu_loop)
check(lambda: gelu(HUGE), np.float32([1e20, 0]), "x itself, and 0 on the negative side")
check(lambda: gelu(DOUBLE), gelu_loop(DOUBLE), "where to limit it", tolerance=1e-8)
check(lambda: nans(gelu, HOLES), np.isnan(HOLES), "nan stays nan")
check(lambda: GELU()(RECORDED), Tensor(gelu_loop(EXAMPLE)), "forward")
check(lambda: GELU()(RECORDED).origin[0], "gelu", "the operation's name")
check(lambda: repr(GELU()), "GELU(approximate='tanh')", "the class keeps `approximate`")
raises(lambda: GELU(approximate="none"), ValueError, says=["'none'", "'tanh'"])
raises(lambda: GELU("Tanh"), ValueError, says=["'Tanh'", "'tanh'"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# From which $u$ on is `np.tanh(u)` exactly 1 in float64? Try some. Which $x$ gives such a $u$?
# </details>
# <details><summary>Hint 2</summary>
#
# `np.clip(x, low, high)` limits an array. Use the limited one inside $u$ alone; the factor in front stays `x`.
# </details>

# %%
AROUND = np.linspace(-4, 4, 161)
show_curves(AROUND, {"relu": relu(AROUND), "gelu": gelu(AROUND), "sigmoid": sigmoid(AROUND), "tanh": tanh(AROUND)})

# %% [markdown]
# ## 6. Softmax: from scores to probabilities
#
# A classifier gives one score for each class, any number, called a **logit**. Softmax turns the logits of one example
# into positive numbers that add up to 1:
#
# $$p_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# It is the first activation that looks at several numbers at once, those along one **axis** of the array: `axis=-1`,
# the last, unless you say otherwise.


# %% nbgrader={"grade": false, "grade_id": "02-softmax-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
LOGITS = np.array([[1.0, -1.0, 3.0, 0.5, 0.2], [0.5, 0.3, -0.5, 0.0, 2.0], [4.0, 1.0, 0.1, -1.0, 2.5]], dtype=np.float32)


def softmax_of_row(row):
    """Softmax of one row by its definition. Good for small logits only."""
    powers = [math.exp(v) for v in row.tolist()]
    return np.array([power / sum(powers) for power in powers], dtype=row.dtype)


def softmax_loop(x):
    return np.apply_along_axis(softmax_of_row, -1, x)


print(softmax_loop(LOGITS))

# %% [markdown]
# ### 02-scores · write · 10 min · core
#
# First the refusals, each a `ValueError` of one sentence with the shape in it. The first row that fits decides:
#
# | refused | the message names |
# | --- | --- |
# | integers and booleans: logits are floats | the dtype and the shape |
# | an axis that the array does not have | the axis and the shape |
# | an axis of length 0: no classes | the shape, and the words `no classes` |


# %% nbgrader={"grade": false, "grade_id": "02-scores-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def check_scores(x, axis):
    """Raise a ValueError unless the array x holds floats and has at least one class along `axis`.

    Shapes (3, 5) and (0, 5) are fine along axis 1 or -1; shape () has no axis at all.
    """
    ### BEGIN SOLUTION
    if x.dtype.kind != "f":
        raise ValueError(f"scores must be floats, not {x.dtype} of shape {x.shape}: make them float32")
    if axis not in range(-x.ndim, x.ndim):
        raise ValueError(f"scores of shape {x.shape} have {x.ndim} axes, and no axis {axis}")
    if x.shape[axis] == 0:
        raise ValueError(f"scores of shape {x.shape} have no classes along axis {axis}")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-scores", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
WHOLE, NUMBER, EMPTY = np.array([[3, 1], [0, 2], [7, 7]]), np.array(3.0), np.zeros((0, 5))
check(lambda: check_scores(LOGITS, 1), None, "the last axis")
check(lambda: check_scores(LOGITS, 0), None, "any axis")
check(lambda: check_scores(LOGITS, -2), None, "an axis can be counted from the end")
check(lambda: check_scores(EMPTY, 1), None, "no examples, but five classes")
raises(lambda: check_scores(WHOLE, 1), ValueError, says=[str(WHOLE.dtype), "(3, 2)"])
raises(lambda: check_scores(WHOLE, 5), ValueError, says=[str(WHOLE.dtype), "(3, 2)"])
raises(lambda: check_scores(WHOLE > 1, 1), ValueError, says=["bool", "(3, 2)"])
raises(lambda: check_scores(NUMBER, -1), ValueError, says=["-1", "()"])
raises(lambda: check_scores(LOGITS, 2), ValueError, says=["2", "(3, 5)"])
raises(lambda: check_scores(LOGITS, -3), ValueError, says=["-3", "(3, 5)"])
raises(lambda: check_scores(EMPTY, 0), ValueError, says=["(0, 5)", "no classes"])
raises(lambda: check_scores(EMPTY.T, -1), ValueError, says=["(5, 0)", "no classes"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# An array with 2 axes knows the axes -2, -1, 0 and 1. Which does one with 0 axes know?
# </details>
# <details><summary>Hint 2</summary>
#
# `x.ndim` counts the axes, and `range(-2, 2)` holds four numbers; `x.dtype.kind` is `"f"` for floats.
# </details>

# %% [markdown]
# ### 02-softmax · write · 12 min · core
#
# Adding one number to all logits changes nothing, since $e^{x_i + c} = e^c\,e^{x_i}$ and $e^c$ cancels. So you may
# subtract any number before the exponentials. Choose one with which every finite input works, logits of 1000, of
# -1000 and both in one array; and mind that along any axis each example has its own. A `nan` spoils its whole row,
# and no other. In the class, `self.dim` is the axis: PyTorch says `dim` where NumPy says `axis`.


# %% nbgrader={"grade": false, "grade_id": "02-softmax-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def _dim_is_axis(function):
    """Let an operation with an `axis` take PyTorch's word `dim` for it, too."""

    @wraps(function)
    def with_dim(x, *axis, **options):
        if "dim" in options:
            axis = (*axis, options.pop("dim"))
        return function(x if hasattr(x, "requires_grad") else np.asarray(x), *axis, **options)

    return with_dim


class _AlongDim(_Activation):
    """An activation along one dimension."""

    def __init__(self, dim=-1, *extra, **more):
        self.dim = dim
        super().__init__(*extra, **more)


@_dim_is_axis
@op
def softmax(x, axis=-1):
    """Turn scores into probabilities along `axis` (or `dim`); PyTorch's softmax has no default axis.

    >>> print(softmax(np.array([[1.0, -1.0, 3.0], [0.0, 1000.0, 0.0]])).round(3))
    [[0.117 0.016 0.867]
     [0.    1.    0.   ]]
    """
    check_scores(x, axis)
    ### BEGIN SOLUTION
    powers = x - x.max(axis=axis, keepdims=True)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=axis, keepdims=True)
    return powers
    ### END SOLUTION


class Softmax(_AlongDim):
    """Probabilities from scores along dimension `dim`, for scores of any size.

    >>> from tinytorch import Tensor
    >>> Softmax(dim=-1)(Tensor([[1000.0, 1000.0]])).tolist()
    [[0.5, 0.5]]
    """

    def forward(self, x):
        """Return a Tensor of the shape of x."""
        ### BEGIN SOLUTION
        return apply("softmax", x, axis=self.dim)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-softmax", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def random_block(rng):
    return (3 * rng.normal(size=rng.integers(1, 6, size=3)),)


def softmax_in_the_middle(x):
    return np.apply_along_axis(softmax_of_row, 1, x)


EXTREME = np.float32([[1000, 0, 1000], [-1000, -1001, -2000], [-1000, 0, 1000], [0, 7, 7]])
ODDS, TABLE = math.exp(-7), Tensor(LOGITS, requires_grad=True)
PROBABILITIES = np.float32([[1 / 2, 0, 1 / 2], [0.7310586, 0.2689414, 0], [0, 0, 1], [ODDS, 1, 1]])
PROBABILITIES[3] /= 2 + ODDS
check(lambda: softmax(LOGITS), softmax_loop(LOGITS), "the last axis")
check(lambda: softmax(LOGITS, 0), np.apply_along_axis(softmax_of_row, 0, LOGITS), "any axis")
property_holds(softmax, draw=random_block, law=softmax_in_the_middle, axis=1)
check(lambda: softmax(EXTREME), PROBABILITIES, "which number do you subtract?", tolerance=1e-4)
check(lambda: softmax(EXTREME.T.copy(), 0), PROBABILITIES.T, "each example has its own", tolerance=1e-4)
check(lambda: nans(softmax, np.diag(HOLES)).all(axis=1), np.isnan(HOLES), "a nan spoils its whole row, and no other")
check(lambda: Softmax(dim=1)(TABLE), Tensor(softmax_loop(LOGITS)), "self.dim is the axis")
check(lambda: Softmax(dim=0)(TABLE).origin[::2], ("softmax", {"axis": 0}), "apply, with the axis as its option")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Try the row 1000, 999, 0. Subtracting 0 overflows; with 2000 all three powers vanish. Where between is it safest?
# </details>
# <details><summary>Hint 2</summary>
#
# Make the largest exponent of each example 0. With `keepdims=True` a maximum and a sum keep their axis, with length 1,
# and so they broadcast.
# </details>

# %% [markdown]
# ### 02-fakes · break · 12 min · core
#
# Three versions of softmax that look as safe as yours, and agree on the example. For each, find finite float32 logits
# `(N, C)` for which it is off by more than 1 in 100,000, measured in float64.


# %% nbgrader={"grade": false, "grade_id": "02-fakes-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
def shares(powers):
    return powers / powers.sum(axis=1, keepdims=True)


def by_mean(logits):
    return shares(np.exp(logits - logits.mean(axis=1, keepdims=True)))


def by_size(logits):
    return shares(np.exp(logits - np.abs(logits).max(axis=1, keepdims=True)))


def by_force(logits):
    return shares(np.exp(np.clip(logits, -80, 80)))


for fake in (by_mean, by_size, by_force):
    print(f"{fake.__name__:9s} {fake(LOGITS)[1]}")

# %% nbgrader={"grade": false, "grade_id": "02-fakes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
FOR_BY_MEAN = np.array([[300.0, 0.0, 0.0]], dtype=np.float32)
FOR_BY_SIZE = np.array([[-200.0, -201.0]], dtype=np.float32)
FOR_BY_FORCE = np.array([[100.0, 90.0]], dtype=np.float32)
### STUB FOR_BY_MEAN = ...  # np.float32([[...], ...])
### STUB FOR_BY_SIZE = ...
### STUB FOR_BY_FORCE = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-fakes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def in_float64(logits):
    """One row at a time, in float64, by NumPy's own log of a sum of exponentials."""
    return np.array([np.exp(row - np.logaddexp.reduce(row)) for row in logits.astype(np.float64)])


breaks(by_mean, FOR_BY_MEAN, in_float64, "it subtracts the mean", dtype=np.float32)
breaks(by_size, FOR_BY_SIZE, in_float64, "it subtracts the largest size", dtype=np.float32)
breaks(by_force, FOR_BY_FORCE, in_float64, "it cuts off at -80 and 80", dtype=np.float32)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How far above the mean of its row can a logit lie? What if the logit of the largest size is negative? Which different
# logits does the third take for equal?
# </details>
# <details><summary>Hint 2</summary>
#
# A float32 overflows at $e^{89}$ and vanishes below $e^{-104}$. Seek rows that reach past these, after the subtraction.
# </details>

# %% [markdown]
# ### 02-log-softmax · write · 10 min · core
#
# Losses need the logarithm of a probability. For logits 0 and -200 the second is -200, to many digits, but the
# probability itself is rounded to 0 before `np.log` sees it, and gives $-\infty$. So take the logarithm on paper first:
# what is left of $\log \big( e^{x_i} / \sum_j e^{x_j} \big)$? Finite logits of any size must give finite results.


# %% nbgrader={"grade": false, "grade_id": "02-log-softmax-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@_dim_is_axis
@op
def log_softmax(x, axis=-1):
    """Return the logarithm of softmax along `axis` (or `dim`); PyTorch's log_softmax has no default axis.

    >>> print(log_softmax(np.array([[1.0, -1.0, 3.0], [0.0, -200.0, 0.0]])).round(3))
    [[  -2.143   -4.143   -0.143]
     [  -0.693 -200.693   -0.693]]
    """
    check_scores(x, axis)
    ### BEGIN SOLUTION
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    ### END SOLUTION


class LogSoftmax(_AlongDim):
    """Logarithms of softmax probabilities along dimension `dim`, finite for finite scores.

    >>> from tinytorch import Tensor
    >>> LogSoftmax()(Tensor([0.0, -200.0])).tolist()
    [0.0, -200.0]
    """

    def forward(self, x):
        """Return a Tensor of the shape of x."""
        ### BEGIN SOLUTION
        return apply("log_softmax", x, axis=self.dim)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-log-softmax", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def log_softmax_in_the_middle(x):
    return np.log(softmax_in_the_middle(x))


LOGARITHMS = np.float32([[-math.log(2), -1000 - math.log(2), -math.log(2)], [-0.3132617, -1.3132617, -1000.3132617]])
check(lambda: log_softmax(LOGITS), np.log(softmax_loop(LOGITS)), "the logarithm")
property_holds(log_softmax, draw=random_block, law=log_softmax_in_the_middle, axis=1)
check(lambda: log_softmax(EXTREME)[:2], LOGARITHMS, "logits of any size", tolerance=1e-4)
check(lambda: log_softmax(EXTREME.T.copy(), 0).T[:2], LOGARITHMS, "any axis", tolerance=1e-4)
check(lambda: nans(log_softmax, np.diag(HOLES)).all(axis=1), np.isnan(HOLES), "a nan spoils its whole row, and no other")
check(lambda: LogSoftmax(dim=0)(TABLE).origin[::2], ("log_softmax", {"axis": 0}), "the same pattern")
check(lambda: LogSoftmax(dim=1)(TABLE), Tensor(np.log(softmax_loop(LOGITS))), "the same pattern")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The logarithm of a fraction is a difference. Which half needs no exponential at all?
# </details>
# <details><summary>Hint 2</summary>
#
# Shift as in softmax, and give the shifted logits a name: you need them twice.
# </details>

# %% [markdown]
# ### 02-temperature · write · 12 min · core
#
# Divided by a **temperature** before softmax, the same logits decide more or less firmly. Module 14 uses it to let a
# language model write more or less freely. For logits `(N, C)`:
#
# | temperature | result |
# | --- | --- |
# | above 0 | softmax of the logits, divided by it; at infinity all classes are equal |
# | exactly 0 | everything to the largest logit; equal largest ones share it, and no others |
# | below 0, or `nan` | a `ValueError` that names the temperature |


# %% nbgrader={"grade": false, "grade_id": "02-temperature-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax_at(logits, temperature):
    """Probabilities (N, C) of logits (N, C) at a temperature, a number from 0 to infinity."""
    ### BEGIN SOLUTION
    if not temperature >= 0:
        raise ValueError(f"the temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        largest = logits == logits.max(axis=-1, keepdims=True)  # (N, C)
        return largest.astype(logits.dtype) / largest.sum(axis=-1, keepdims=True).astype(logits.dtype)
    return softmax(logits / temperature)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-temperature", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
TIES, CLOSE = np.array([[2.0, 7.0, -1.0, 7.0, 7.0], [0.5, 0.1, 0.0, -3.0, 0.5 - 1e-12]]), np.array([[0.3, 0.2999, 0.0]])
check(lambda: softmax_at(LOGITS, 0.4), softmax_loop(LOGITS / np.float32(0.4)), "above 0")
check(lambda: softmax_at(LOGITS, 10), softmax_loop(LOGITS / np.float32(10)), "above 0")
check(lambda: softmax_at(CLOSE, 1e-4), softmax_loop((CLOSE - 0.3) / 1e-4), "above 0, by however little")
check(lambda: softmax_at(LOGITS, math.inf), np.full((3, 5), 0.2, np.float32), "at infinity")
check(lambda: softmax_at(LOGITS, 0), np.float32(np.eye(5)[[2, 4, 0]]), "exactly 0")
check(lambda: softmax_at(TIES, 0), np.array([[0, 1 / 3, 0, 1 / 3, 1 / 3], [1, 0, 0, 0, 0]]), "and no others")
check(lambda: softmax_at(HUGE[None], 0), np.float32([[1, 0]]), "exactly 0, for logits of any size")
check(lambda: softmax_at(EXTREME, 0.5)[:2], np.float32([[1 / 2, 0, 1 / 2], [0.8807971, 0.1192029, 0]]), "above 0, logits of 1000")
raises(lambda: softmax_at(LOGITS, -0.5), ValueError, says=["-0.5"])
raises(lambda: softmax_at(LOGITS, math.nan), ValueError, says=["nan"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# At 0 you cannot divide. A tiny temperature in its place nearly works: for which two logits does it not?
# </details>
# <details><summary>Hint 2</summary>
#
# `logits == logits.max(axis=-1, keepdims=True)` marks the largest. Is `nan < 0` true? Is `nan >= 0`?
# </details>

# %% [markdown]
# ## 7. Two layers draw a zero
#
# Back to the white sheet. A unit of the first layer can measure how far a place lies beyond a straight line: with
# $w = (\cos t, \sin t)$ and $b = -r$, the number $w \cdot (x, y) + b$ grows in direction $t$ and is 0 at distance $r$.
# Put $n$ such lines around the middle and bend with `relu`: inside all of them every unit is 0, and outside the sum
# grows. To make an oval of the circle, measure $x$ in units of `width` and $y$ in units of `height`.
#
# ### 02-sides · write · 10 min · core
#
# Write that layer for $n$ lines in the directions $t_k = 2 \pi k / n$, $k$ from 0 to $n - 1$.


# %% nbgrader={"grade": false, "grade_id": "02-sides-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sides(n, width, height, radius):
    """A layer (w, b), shapes (n, 2) and (n,): how far a place (x, y) lies beyond each of n lines."""
    ### BEGIN SOLUTION
    t = 2 * np.pi * np.arange(n) / n
    w = np.column_stack([np.cos(t) / width, np.sin(t) / height])
    return w, np.full(n, -radius)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-sides", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def beyond(x, y, k, n, width, height, radius):
    t = 2 * math.pi * k / n
    return x / width * math.cos(t) + y / height * math.sin(t) - radius


SEVEN = np.array([[beyond(x, y, k, 7, 2.0, 3.5, 0.6) for k in range(7)] for x, y in PLACES])  # (64, 7)
THREE = np.array([[beyond(x, y, k, 3, 5.0, 1.4, 1.1) for k in range(3)] for x, y in PLACES])  # (64, 3)
check(lambda: run([sides(7, 2.0, 3.5, 0.6)], PLACES), SEVEN, "how far each place lies beyond each line")
check(lambda: run([sides(3, 5.0, 1.4, 1.1)], PLACES), THREE, "any n, width, height and radius")
check(lambda: [part.shape for part in sides(7, 2.0, 3.5, 0.6)], [(7, 2), (7,)], "a layer (w, b)")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# For `n=4` and `radius=1`: which four lines are these, and which row of `w` belongs to the one on the right?
# </details>
# <details><summary>Hint 2</summary>
#
# `np.arange(n)` holds all $k$ at once, and `np.column_stack` puts two columns side by side.
# </details>

# %% [markdown]
# **Why?** Without `relu`, all $n$ units of this layer together give $-n\,r$ at every place, whatever the place. Why?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# The directions go all the way round and cancel: what a place gains beyond one line, it loses on the other side. That
# is `collapse` again, with $W = 0$, and the sheet is one grey. A bend keeps the gain and drops the loss.
# </details>

# %% [markdown]
# ### 02-zero · write · 20 min · core
#
# The ink of our zero lies between two ovals of width 2 and height 3.5: beyond the one of radius 0.5, not beyond the one
# of radius 1. So the first layer holds both, $2n$ lines, and the second weighs what `relu` leaves of them. Choose its
# $2n$ weights and its bias such that the answer is above 0 exactly where the ink is, at all 64 places, and for any $n$
# from 7 to 50. Then write `draw`, the network as you will write networks from module 03 on.


# %% nbgrader={"grade": false, "grade_id": "02-zero-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def zero_layers(n):
    """Two layers, [(w1, b1), (w2, b2)], of shapes (2n, 2), (2n,), (1, 2n), (1,)."""
    ### BEGIN SOLUTION
    inner_w, inner_b = sides(n, 2.0, 3.5, 0.5)
    outer_w, outer_b = sides(n, 2.0, 3.5, 1.0)
    first = np.concatenate([inner_w, outer_w]), np.concatenate([inner_b, outer_b])
    weights = np.concatenate([np.full(n, 300 / n), np.full(n, -1800 / n)])  # of the means: one adds, one takes away
    return [first, (weights[None], np.array([-10.0]))]
    ### END SOLUTION


def draw(layers, places, bend):
    """The share of ink, a Tensor (N,), at places (N, 2): two layers, a bend between them, a Sigmoid at the end."""
    (w1, b1), (w2, b2) = layers
    ### BEGIN SOLUTION
    answers = bend(Tensor(places) @ w1.T + b1) @ w2.T + b2  # (N, 1)
    return Sigmoid()(answers).reshape(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-zero", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def inked(layers):
    """Where the answer of two layers, with relu between them, is above 0."""
    (w1, b1), (w2, b2) = layers
    return (np.maximum(PLACES @ w1.T + b1, 0) @ w2.T + b2 > 0).reshape(-1)


SHAPES = [(22, 2), (22,), (1, 22), (1,)]
check(lambda: [part.shape for layer in zero_layers(11) for part in layer], SHAPES, "the shapes of both layers")
check(lambda: inked(zero_layers(11)), INK, "above 0 exactly where the ink is")
check(lambda: zero_layers(7)[0][0].shape, (14, 2), "the shapes, for another n")
check(lambda: inked(zero_layers(7)), INK, "from n = 7")
check(lambda: inked(zero_layers(50)), INK, "to n = 50")
W1, B1, W2, B2 = (p.astype("f4") for layer in random_layers([2, 5, 1], np.random.default_rng(2)) for p in layer)
SOME = PLACES[5:18].astype("f4")  # (13, 2)
BY_HAND = sigmoid_loop(tanh_loop(SOME @ W1.T + B1) @ W2.T + B2).reshape(-1)
check(lambda: draw([(W1, B1), (W2, B2)], SOME, Tanh()), Tensor(BY_HAND), "draw, with any two layers and any bend")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Print `relu(run([sides(12, 2.0, 3.5, 0.5)], PLACES)).mean(axis=1).reshape(8, 8)`. Which weight on this mean, and which
# bias, tell hole from ink? The same with radius 1: how large is it on the paper just beside the zero?
# </details>
# <details><summary>Hint 2</summary>
#
# Work with means, weights divided by $n$: then all $n$ are alike. Start from a bias of -1 and 30 times the first mean;
# the second mean must count several times more, with a minus. `np.concatenate` joins.
# </details>

# %% [markdown]
# A network that draws places is not bound to 64 of them. First without the bend, then with it:

# %%
fine = (np.indices((96, 96)).reshape(2, -1).T[:, ::-1] + 0.5) / 12 - 4  # (9216, 2): the same sheet, 96 by 96 pixels
straight = draw(zero_layers(24), PLACES, lambda x: x).numpy()
bent = draw(zero_layers(24), PLACES, ReLU()).numpy()
for name, ink in (("straight", straight), ("bent", bent)):
    print(f"{name:8s}: {((ink > 0.5) == INK).sum()} of 64 pixels right, ink from {ink.min():.3f} to {ink.max():.3f}")
large = [draw(zero_layers(n), fine, ReLU()).numpy().reshape(96, 96) for n in (24, 7)]
small = [ZERO / 16, straight.reshape(8, 8), bent.reshape(8, 8)]
show_pictures([*small, *large], ["the average", "straight", "bent", "96 by 96", "of 7 lines"])
check(lambda: np.ptp(straight) < 1e-6 and ((bent > 0.5) == INK).all(), True, "what the text says below")

# %% [markdown]
# Without the bend the sheet has one shade, and no shade is right for more than the 44 pixels of white paper. With it the
# 44 of section 1 comes home as 64, all of them, from two layers with 193 numbers in place of 14,880. In milestone 1 such
# numbers are no longer set by hand: training finds them.

# %% [markdown]
# ### 02-stream · write · 20 min · challenge
#
# The module is complete without it. The logits of a large language model may not fit into memory, and attention on long
# texts has the same trouble (module 12). `pieces` gives one array after another, each only once. Write
# $\log \sum e^x$ over all their numbers, of any size, and never hold more than one piece.


# %% nbgrader={"grade": false, "grade_id": "02-stream-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_sum_of_stream(pieces):
    """The logarithm of the sum of e^x over all numbers of an iterable of arrays, which is read once."""
    ### BEGIN SOLUTION
    largest, total = -math.inf, 0.0  # the sum so far is total * e^largest
    for piece in pieces:
        new = max(largest, piece.max())
        total = total * math.exp(largest - new) + np.exp(piece - new).sum()
        largest = new
    return largest + np.log(total)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-stream", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
FIRST, SECOND, THIRD = np.array([0.5, -2.0, 1.0]), np.array([900.0, 1000.0, 3.0, 999.0, 7.0]), np.array([1001.0, -1000.0])
DEEP, MILLION = np.array([-2000.0, -2001.0]), 1_000_000
check(lambda: log_sum_of_stream(iter([FIRST])), float(np.logaddexp.reduce(FIRST)), "one piece")
check(lambda: log_sum_of_stream(iter([FIRST, SECOND])), 1000.3132617, "a larger one after it", tolerance=1e-9)
check(lambda: log_sum_of_stream(iter([FIRST, SECOND, THIRD])), 1001.4076060, "three pieces", tolerance=1e-9)
check(lambda: log_sum_of_stream(iter([THIRD, FIRST, DEEP])), 1001.0, "smaller ones after it", tolerance=1e-9)
check(lambda: log_sum_of_stream(iter([DEEP])), float(np.logaddexp.reduce(DEEP)), "numbers of any size")
check(lambda: log_sum_of_stream(np.full(1000, 0.1) for _ in range(1000)), 0.1 + math.log(MILLION), "many pieces")
most = peak_bytes(lambda: log_sum_of_stream(np.full(10_000, 0.1) for _ in range(100)))  # of 8 MB, 80 kB each
check(lambda: most < 500_000, True, "no more than one piece at a time")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You keep the sum divided by $e^m$, with $m$ the largest so far. A larger $m'$ arrives: by what must the sum be
# multiplied?
# </details>
# <details><summary>Hint 2</summary>
#
# By $e^{m - m'}$, which never overflows. Start with $m = -\infty$ and a sum of 0: `math.exp(-math.inf)` is 0.
# </details>

# %% [markdown]
# ## What you have now
#
# Six activations that take numbers of any size, and the reason for having them: without a bend, depth is worth nothing.
#
# **Why?** Softmax of two logits $a$ and $b$ is another activation in disguise. Which one, and of what?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# $e^a / (e^a + e^b) = 1 / (1 + e^{-(a - b)})$: the sigmoid of the difference. Two classes need one number, and so
# `BCEWithLogitsLoss` in module 04 takes one logit.
# </details>

# %% [markdown]
# In a terminal: `tito module complete 02`
