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
# A layer of a neural network is a linear map: it scales, adds and shifts. Linear maps draw straight lines
# only. An **activation** is a small function, applied after a layer, that bends the line. In this module you
# build six:
#
# | name | what it is for |
# | --- | --- |
# | `ReLU`, `GELU` | between the layers of today's networks |
# | `Sigmoid`, `Tanh` | squeeze a number into (0, 1) or (-1, 1) |
# | `Softmax`, `LogSoftmax` | turn scores into probabilities, or their logarithms |
#
# Each formula fits on one line. The work lies in computing it without overflow.

# %% [markdown]
# ## Setup
#
# You need your `Tensor` from module 01, and two functions from there. `op` registers a function on arrays
# under its name. `apply` runs a registered function on Tensors and records what it did.

# %% nbgrader={"grade": false, "grade_id": "02-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import math
from collections.abc import Callable
from functools import wraps

import numpy as np

from tinytorch.tensor import Tensor, apply, op

# %% [markdown]
# These five numbers are the running example. You will see them at every stage: two negative, zero, two
# positive.

# %% nbgrader={"grade": false, "grade_id": "02-example", "locked": true, "schema_version": 3, "solution": false, "task": false}
np.set_printoptions(precision=4, suppress=True)

x = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
print("x =", x.numpy(), x.dtype)

# %% [markdown]
# Three helpers for the tests. You do not have to read their code. `warnings_of` calls a function and collects
# NumPy's warnings; `quietly` insists that there are none; `check` compares a Tensor with what was expected.

# %% nbgrader={"grade": false, "grade_id": "02-helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
import io
import warnings


def warnings_of(function, *inputs):
    """Return function(*inputs) and the list of NumPy's warning messages."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(*inputs)
    return result, [str(warning.message) for warning in caught if warning.category is RuntimeWarning]


def quietly(function, *inputs):
    """Return function(*inputs); fail if NumPy warned on the way."""
    result, messages = warnings_of(function, *inputs)
    assert not messages, (
        f"expected no warning from NumPy, got {messages}. Look at: what gets too large, or 0 in a log"
    )
    return result


def check(got, expected, look_at, rtol=1e-5, atol=1e-6):
    """Fail unless the Tensor `got` holds `expected`; `look_at` says where to look."""
    assert isinstance(got, Tensor), f"expected a Tensor, got {type(got).__name__}. Look at: {look_at}"
    expected = np.asarray(expected)
    shapes = f"expected shape {expected.shape}, got {got.shape}"
    assert got.shape == expected.shape, f"{shapes}. Look at: {look_at}"
    assert np.allclose(got.numpy().astype(np.float64), expected, rtol=rtol, atol=atol), (
        f"expected {np.array2string(expected, precision=7, suppress_small=False)}, "
        f"got {np.array2string(got.numpy(), precision=7, suppress_small=False)}. Look at: {look_at}"
    )

# %% [markdown]
# ## 1. Why a network needs a bend
#
# Start without any activation. The first map doubles its input and adds 1. The second multiplies by -3 and
# adds 4. Does the pair do anything that one map could not do?

# %%
hidden = 2 * x + 1
output = -3 * hidden + 4
print("x      =", x.numpy())
print("hidden =", hidden.numpy())
print("output =", output.numpy())
print("one map, -6 x + 1 =", (-6 * x + 1).numpy())

# %% [markdown]
# One map does the work of both. This holds for vectors too. With weights $W$ of shape (outputs, inputs):
#
# $$W_2 (W_1 x + b_1) + b_2 = W x + b$$
#
# where $x$ has shape `(n_in,)`, $W_1$ `(n_hidden, n_in)`, $b_1$ `(n_hidden,)`, $W_2$ `(n_out, n_hidden)`,
# $b_2$ `(n_out,)`.
#
# **Exercise `02-collapse`.** Multiply the left side out. Which single $W$ and $b$ stand on the right?

# %% nbgrader={"grade": false, "grade_id": "02-collapse-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def collapse(w1, b1, w2, b2):
    """Return (w, b), so that w @ x + b equals w2 @ (w1 @ x + b1) + b2 for every x.

    Shapes: w1 (n_hidden, n_in), b1 (n_hidden,), w2 (n_out, n_hidden), b2 (n_out,); the result is
    w (n_out, n_in), b (n_out,). All are NumPy arrays.
    Example: [[2.]], [1.], [[-3.]], [4.] gives [[-6.]], [1.]. About 2 lines.
    """
    ### BEGIN SOLUTION
    return w2 @ w1, w2 @ b1 + b2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-collapse", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
w, b = collapse(np.array([[2.0]]), np.array([1.0]), np.array([[-3.0]]), np.array([4.0]))
assert np.allclose(w, [[-6.0]]), f"expected w = [[-6.]], got {w}. Look at: what multiplies x in the end"
assert np.allclose(b, [1.0]), f"expected b = [1.] = -3 * 1 + 4, got {b}. Look at: b1 passes through map 2"

rng = np.random.default_rng(0)
w1, b1, w2, b2 = rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=(4, 3)), rng.normal(size=4)
point = rng.normal(size=2)
w, b = collapse(w1, b1, w2, b2)
assert w.shape == (4, 2), f"expected w of shape (4, 2), (outputs, inputs); got {w.shape}. Look at: the order"
assert np.allclose(w @ point + b, w2 @ (w1 @ point + b1) + b2), (
    f"two maps give {w2 @ (w1 @ point + b1) + b2}, your single map gives {w @ point + b}. Look at: the bias"
)
### BEGIN HIDDEN TESTS
for n_in, n_hidden, n_out in [(1, 1, 1), (1, 5, 2), (3, 1, 3), (4, 4, 4)]:
    w1, b1 = rng.normal(size=(n_hidden, n_in)), rng.normal(size=n_hidden)
    w2, b2 = rng.normal(size=(n_out, n_hidden)), rng.normal(size=n_out)
    w, b = collapse(w1, b1, w2, b2)
    point = rng.normal(size=n_in)
    assert np.shape(w) == (n_out, n_in), f"expected w of shape {(n_out, n_in)}, got {np.shape(w)}"
    assert np.shape(b) == (n_out,), f"expected b of shape {(n_out,)}, got {np.shape(b)}: b is a vector"
    assert np.allclose(w @ point + b, w2 @ (w1 @ point + b1) + b2), "one map and two maps must agree"
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# $W_2 (W_1 x + b_1) = (W_2 W_1) x + W_2 b_1$. The product of matrices is `@`, and its order matters.
# </details>

# %% [markdown]
# So a hundred stacked linear layers are one linear layer, only slower. Something that is not linear must
# stand between them. The simplest choice sets negative numbers to zero. Watch the steps between equally
# spaced inputs: a straight line has equal steps.

# %%
steps = np.arange(-3.0, 4.0)
straight = -3 * (2 * steps + 1) + 4
bent = -3 * np.maximum(2 * steps + 1, 0) + 4
print("inputs             ", steps)
print("without a bend     ", straight, " steps:", np.diff(straight))
print("with max(0, .)     ", bent, " steps:", np.diff(bent))

# %% [markdown]
# ## 2. ReLU, and how an activation is made
#
# The *rectified linear unit*: $\mathrm{relu}(x) = \max(0, x)$, for each element on its own; the shape stays
# as it is.
#
# Every activation in this module has the same two parts:
#
# 1. an **operation**, a pure function on arrays, registered with `@op`. Module 05 looks it up by name.
# 2. a small **class** without parameters. Its objects can be called, so a network can hold them in a list.

# %% [markdown]
# What all six share is written once. `_on_floats` hands integers over as float32 and returns the same float
# type that came in. `_Activation` only prints itself, as PyTorch's layers do.

# %% nbgrader={"grade": false, "grade_id": "02-shared", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _on_floats(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Let `function` see floats only (integers become float32), and keep their dtype in its result."""

    @wraps(function)
    def on_floats(x: np.ndarray, **options) -> np.ndarray:
        x = np.asarray(x)
        x = x if x.dtype.kind == "f" else x.astype(np.float32)
        return np.asarray(function(x, **options), dtype=x.dtype)

    return on_floats


class _Activation:
    """A layer without parameters. Its only state is its settings, which it shows when printed."""

    training = True  # the switch by which module 03 knows a module

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if name != "training")
        return f"{type(self).__name__}({settings})"

# %% [markdown]
# Here is ReLU complete. It is the pattern for all the others: the operation does the arithmetic on arrays,
# the class calls `apply` with the operation's name.

# %% nbgrader={"grade": false, "grade_id": "02-relu", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@op
@_on_floats
def relu(x: np.ndarray) -> np.ndarray:
    """Replace negative elements by zero."""
    return np.maximum(x, 0)


class ReLU(_Activation):
    """The rectified linear unit, max(0, x), element by element (Nair and Hinton, 2010).

    >>> ReLU()(Tensor([-2.0, 3.0])).numpy()
    array([0., 3.], dtype=float32)
    """

    def __call__(self, x: Tensor) -> Tensor:
        return apply("relu", x)

# %%
print("x       =", x.numpy())
print("ReLU(x) =", ReLU()(x).numpy())
print("printed:", ReLU())

recorded = ReLU()(Tensor([-1.0, 1.0], requires_grad=True))
print("name on record, for module 05:", recorded.origin[0])

# %% [markdown]
# How much can one bend buy? Each term `relu(x - knee)` is flat up to its knee and rises after it. A weighted
# sum of such terms is a line with corners. Below, least squares picks the weights that come closest to a
# sine.

# %%
import matplotlib.pyplot as plt

grid = np.linspace(-3, 3, 200)
target = np.sin(2 * grid)

fig, axes = plt.subplots(1, 3, figsize=(11, 3), sharey=True)
for axis, bends in zip(axes, [0, 4, 12], strict=True):
    knees = np.linspace(-3, 3, bends + 2)[1:-1]
    bent = ReLU()(Tensor(grid[:, None] - knees, dtype=np.float64)).numpy()  # (200, bends)
    features = np.column_stack([np.ones(200), grid, bent])
    fitted = features @ np.linalg.lstsq(features, target, rcond=None)[0]
    axis.plot(grid, target, color="0.7", linewidth=4, label="target")
    axis.plot(grid, fitted, color="tab:blue", label="sum of ReLUs")
    axis.set_title(f"{bends} bends, worst error {np.abs(fitted - target).max():.2f}")
    axis.set_xlabel("x")
axes[0].legend(loc="lower right")
fig.tight_layout()
plt.show()

# %% [markdown]
# ## 3. Sigmoid, and the first overflow
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^{x}}{1 + e^{x}}$$
#
# It squeezes every number into (0, 1), so the result can be read as a probability. Both forms are the same on
# paper. On a computer both can fail. Look at what NumPy says:

# %%
large = np.array([-1000.0, 0.0, 1000.0], dtype=np.float32)
for label, form in [
    ("1 / (1 + exp(-x))     ", lambda v: 1 / (1 + np.exp(-v))),
    ("exp(x) / (1 + exp(x)) ", lambda v: np.exp(v) / (1 + np.exp(v))),
]:
    values, messages = warnings_of(form, large)
    print(label, values, messages)

for dtype in (np.float16, np.float32, np.float64):
    print(f"{dtype.__name__}: exp overflows above x = {np.log(float(np.finfo(dtype).max)):.1f}")

# %% [markdown]
# An exponential overflows early, but only for positive arguments. For $x \le 0$, $e^{x}$ lies between 0 and
# 1. So let the exponential see only $-|x|$. With $z = e^{-|x|}$:
#
# $$\sigma(x) = \frac{1}{1 + z} \ \text{ for } x \ge 0,
# \qquad \sigma(x) = \frac{z}{1 + z} \ \text{ for } x < 0$$
#
# The running example, one number at a time:

# %%
for value in x.numpy().tolist():
    z = math.exp(-abs(value))
    top = 1.0 if value >= 0 else z
    print(f"x = {value:4.1f}   z = {z:.4f}   sigmoid = {top:.4f} / {1 + z:.4f} = {top / (1 + z):.4f}")

# %% [markdown]
# **Exercise `02-sigmoid`.** Write the operation for whole arrays, without a loop. It works for any size of
# `x` and in each float type, and NumPy does not warn. Small results survive: $\sigma(-20)$ is about `2e-9`,
# not 0.

# %% nbgrader={"grade": false, "grade_id": "02-sigmoid-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
@_on_floats
def sigmoid(x: np.ndarray) -> np.ndarray:
    """Squeeze each element into (0, 1); x of any shape, the result has the same shape.

    Example: [-2.0, 0.0, 2.0] gives [0.1192, 0.5, 0.8808]. About 2 lines.
    """
    ### BEGIN SOLUTION
    top = np.exp(np.minimum(x, 0))  # 1 for x >= 0, z for x < 0, without a choice per element
    return top / (1 + np.exp(-np.abs(x)))
    ### END SOLUTION


class Sigmoid(_Activation):
    """The logistic function 1 / (1 + exp(-x)), element by element, stable for every x.

    >>> Sigmoid()(Tensor([-1000.0, 0.0])).numpy()
    array([0. , 0.5], dtype=float32)
    """

    def __call__(self, x: Tensor) -> Tensor:
        return apply("sigmoid", x)

# %% nbgrader={"grade": true, "grade_id": "02-sigmoid", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
given = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
expected = [1 / (1 + math.exp(-value)) for value in given.numpy().tolist()]
result = quietly(Sigmoid(), given)
assert np.array_equal(given.numpy(), [-2, -0.5, 0, 0.5, 2]), "the input changed: avoid x[...] = and x -= ..."
check(result, expected, "the two cases of the formula")
check(quietly(Sigmoid(), Tensor([-1000.0, 1000.0])), [0.0, 1.0], "both signs of a large x")
check(
    quietly(Sigmoid(), Tensor([-20.0, -40.0])), [math.exp(-20), math.exp(-40)],
    "a small result is z / (1 + z), never 1 minus something close to 1", rtol=1e-4, atol=0,
)
### BEGIN HIDDEN TESTS
for dtype in (np.float16, np.float32, np.float64):
    limit = float(np.finfo(dtype).max)
    result = quietly(Sigmoid(), Tensor([[-limit, -1000.0, 1000.0, limit]], dtype=dtype))
    assert result.dtype == dtype, f"{np.dtype(dtype)} came in, {result.dtype} came out"
    check(result, [[0.0, 0.0, 1.0, 1.0]], "the exponential may only see -|x|")
check(quietly(Sigmoid(), Tensor([[[-3]], [[0]]])), [[[1 / (1 + math.exp(3))]], [[0.5]]], "integers")
assert Sigmoid()(Tensor([1, 2])).dtype == np.float32, "integers must give float32"
assert Sigmoid()(Tensor.zeros(0, 3)).shape == (0, 3), "an empty batch must keep its shape"
check(quietly(Sigmoid(), Tensor(2.0)), 1 / (1 + math.exp(-2)), "a single number, without any axis")
assert Sigmoid()(Tensor([1.0], requires_grad=True)).origin[0] == "sigmoid", "the call must go through apply"
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.where(condition, a, b)` chooses per element, but it computes both `a` and `b` for all elements first. If
# one of them overflows, NumPy warns even where it is not chosen. So choose between two things that are both
# harmless, or find one expression for the numerator that is right on both sides of 0.
# </details>

# %% [markdown]
# ## 4. Tanh, and precision near zero
#
# $$\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}} = 2\,\sigma(2x) - 1$$
#
# It has the sigmoid's shape, stretched to (-1, 1), with its middle at 0. The second form looks like free
# work: you have a stable sigmoid already. Near zero $\tanh(x)$ is almost equal to $x$. Compare:

# %%
small = np.array([1.0, 1e-2, 1e-4, 1e-6, 1e-8], dtype=np.float32)
borrowed = 2 / (1 + np.exp(-2 * small)) - 1
for value, from_sigmoid in zip(small, borrowed, strict=True):
    exact = math.tanh(value)
    print(f"tanh({value:.0e}) = {exact:.6e}   2 sigmoid(2x) - 1 = {from_sigmoid:.6e}   "
          f"relative error {abs(from_sigmoid / exact - 1):.0e}")

# %% [markdown]
# Subtracting two numbers that are almost equal leaves only their rounding errors. This is called
# *cancellation*. NumPy's own `np.tanh` avoids it, and the overflow too.
#
# **Exercise `02-tanh`.** Your first activation with both parts: write the operation, then the call. The
# relative error stays below `1e-5`, near zero too.

# %% nbgrader={"grade": false, "grade_id": "02-tanh-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
@_on_floats
def tanh(x: np.ndarray) -> np.ndarray:
    """Squeeze each element into (-1, 1); x of any shape, the result has the same shape.

    Example: [-2.0, 0.0, 2.0] gives [-0.964, 0.0, 0.964]. About 1 line.
    """
    ### BEGIN SOLUTION
    return np.tanh(x)
    ### END SOLUTION


class Tanh(_Activation):
    """The hyperbolic tangent, element by element.

    >>> Tanh()(Tensor([-1000.0, 0.0])).numpy()
    array([-1.,  0.], dtype=float32)
    """

    def __call__(self, x: Tensor) -> Tensor:
        """Run the operation named "tanh" on the Tensor x. About 1 line."""
        ### BEGIN SOLUTION
        return apply("tanh", x)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-tanh", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
given = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
expected = [math.tanh(value) for value in given.numpy().tolist()]
result = quietly(Tanh(), given)
assert np.array_equal(given.numpy(), [-2, -0.5, 0, 0.5, 2]), "the input changed: avoid x[...] = and x -= ..."
check(result, expected, "the formula; and __call__ must return what apply returns")
check(quietly(Tanh(), Tensor([-1000.0, 1000.0])), [-1.0, 1.0], "both signs of a large x")
check(quietly(Tanh(), Tensor([1e-4, -1e-6])), [1e-4, -1e-6], "cancellation near zero: use np.tanh", atol=0)
recorded = Tanh()(Tensor([1.0], requires_grad=True)).origin
assert recorded, "nothing is on record. Look at: __call__ must use apply"
assert recorded[0] == "tanh", f"expected 'tanh' on record, got {recorded[0]!r}: the name given to apply"
### BEGIN HIDDEN TESTS
for dtype in (np.float16, np.float32, np.float64):
    original = Tensor([[-3.0, 0.0, 1.0]], dtype=dtype)
    result = quietly(Tanh(), original)
    assert result.dtype == dtype, f"{np.dtype(dtype)} came in, {result.dtype} came out"
    rtol = 2e-3 if dtype == np.float16 else 1e-5
    check(result, [[math.tanh(-3), 0.0, math.tanh(1)]], "the formula", rtol=rtol)
    assert np.array_equal(original.numpy(), [[-3.0, 0.0, 1.0]]), "the input changed"
check(quietly(Tanh(), Tensor([[[1]], [[0]]])), [[[math.tanh(1)]], [[0.0]]], "integers")
assert Tanh()(Tensor([1, 2])).dtype == np.float32, "integers must give float32"
assert Tanh()(Tensor.zeros(0, 3)).shape == (0, 3), "an empty batch must keep its shape"
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Compare with `ReLU`. Inside the operation you have an array; inside `__call__` you have a Tensor and only
# pass it on to `apply`.
# </details>

# %% [markdown]
# ## 5. GELU, a smooth ReLU
#
# ReLU multiplies $x$ by 0 or by 1. The *Gaussian error linear unit* multiplies it by something in between:
# $\mathrm{gelu}(x) = x \, \Phi(x)$. Here $\Phi(x)$ is the probability that a standard normal random number is
# smaller than $x$. The integral behind $\Phi$ is called `erf`. Python's `math` has it for single numbers:

# %%
def gelu_exact(value):
    """The exact GELU of one Python number: slow, but it serves as the specification."""
    probability = 0.5 * (1 + math.erf(value / math.sqrt(2)))
    return value * probability


for value in x.numpy().tolist():
    probability = 0.5 * (1 + math.erf(value / math.sqrt(2)))
    print(f"x = {value:4.1f}   Phi(x) = {probability:.4f}   gelu(x) = {gelu_exact(value):7.4f}")

# %% [markdown]
# NumPy has no `erf`. GPT-2 used an approximation built on tanh (Hendrycks and Gimpel, 2016), and so do we:
#
# $$\mathrm{gelu}(x) \approx \tfrac{1}{2}\, x \left(1 + \tanh(u)\right), \qquad
# u = \sqrt{2/\pi}\,\left(x + 0.044715\, x^3\right)$$
#
# In PyTorch it is `GELU(approximate="tanh")`; PyTorch's default, `"none"`, is the exact form. Ours refuses
# that word, so that nobody gets other numbers than they asked for.

# %% [markdown]
# One trap is left: the cube. In half precision it overflows while $x$ itself is still small. Yet a large cube
# is never needed, since the tanh has long reached its limit:

# %%
for value in (5, 10, 40, 41):
    cube = float(value) ** 3
    u = math.sqrt(2 / math.pi) * (value + 0.044715 * cube)
    fits = cube <= float(np.finfo(np.float16).max)
    missing = 1 - math.tanh(u)
    print(f"x = {value:2d}   x cubed = {cube:5.0f}   fits in float16: {fits!s:5}   1 - tanh = {missing:.0e}")

# %% [markdown]
# **Exercise `02-gelu`.** Write the operation. NumPy does not warn, however large `x` is, in each float type:
# for a large positive `x` the result is `x`, for a large negative one it is 0.

# %% nbgrader={"grade": false, "grade_id": "02-gelu-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
@_on_floats
def gelu(x: np.ndarray) -> np.ndarray:
    """Weigh each element by the chance that a standard normal number is smaller (tanh form); any shape.

    Example: [-2.0, -0.5, 2.0] gives [-0.0454, -0.1543, 1.9546]. About 3 lines.
    """
    ### BEGIN SOLUTION
    clipped = np.clip(x, -10, 10)  # beyond 10, tanh(u) is 1 to the last digit
    u = math.sqrt(2 / math.pi) * clipped * (1 + 0.044715 * clipped * clipped)
    return 0.5 * x * (1 + np.tanh(u))
    ### END SOLUTION


class GELU(_Activation):
    """The Gaussian error linear unit in its tanh form (Hendrycks and Gimpel, 2016), element by element.

    >>> GELU()(Tensor([-1000.0, 0.0, 1000.0])).numpy().tolist()
    [-0.0, 0.0, 1000.0]
    """

    def __init__(self, approximate: str = "tanh") -> None:
        if approximate != "tanh":
            raise ValueError(f"GELU has no approximate={approximate!r} here; use approximate='tanh'")
        self.approximate = approximate

    def __call__(self, x: Tensor) -> Tensor:
        return apply("gelu", x)

# %% nbgrader={"grade": true, "grade_id": "02-gelu", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def gelu_tanh(value):
    """The tanh form for one Python number: the specification."""
    return 0.5 * value * (1 + math.tanh(math.sqrt(2 / math.pi) * (value + 0.044715 * value**3)))


given = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
expected = [gelu_tanh(value) for value in given.numpy().tolist()]
result = quietly(GELU(), given)
assert np.array_equal(given.numpy(), [-2, -0.5, 0, 0.5, 2]), "the input changed: avoid x[...] = and x -= ..."
check(result, expected, "the factor 1/2, the cube, the square root of 2/pi")
check(quietly(GELU(), Tensor([-1000.0, 1000.0])), [0.0, 1000.0], "1 + tanh(u) for a large x of either sign")
half = Tensor([-60000.0, -100.0, 100.0, 60000.0], dtype=np.float16)
check(quietly(GELU(), half), [0.0, 0.0, 100.0, 60000.0], "float16: limit what you cube", rtol=1e-3)
### BEGIN HIDDEN TESTS
values = np.linspace(-8, 8, 41)
for dtype in (np.float32, np.float64):
    result = quietly(GELU(), Tensor(values, dtype=dtype))
    assert result.dtype == dtype, f"{np.dtype(dtype)} came in, {result.dtype} came out"
    check(result, [gelu_tanh(value) for value in values], "the formula")
    huge = quietly(GELU(), Tensor([[-1e15, 1e15]], dtype=dtype))
    check(huge, [[0.0, 1e15]], "huge numbers of both signs")
check(quietly(GELU(), Tensor([[[1]], [[-1]]])), [[[gelu_tanh(1)]], [[gelu_tanh(-1)]]], "integers")
assert GELU()(Tensor.zeros(0, 3)).shape == (0, 3), "an empty batch must keep its shape"
assert GELU()(Tensor([1.0], requires_grad=True)).origin[0] == "gelu", "the call must go through apply"
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.clip(x, low, high)` limits every element. Use the limited `x` inside `u` only: the factor in front stays
# the true `x`. `math.sqrt` and `math.pi` are at hand.
# </details>

# %% [markdown]
# How much does the approximation cost? The loop over `math.erf` is the exact answer:

# %%
grid = np.linspace(-6, 6, 1201)
exact = np.array([gelu_exact(value) for value in grid.tolist()])
difference = np.abs(GELU()(Tensor(grid, dtype=np.float64)).numpy() - exact)
worst = grid[difference.argmax()]
print(f"largest difference from the exact form: {difference.max():.1e}, at x = {worst:.2f}")
try:
    GELU(approximate="none")
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# ## 6. Slopes, and why sigmoids saturate
#
# Training asks one question of each activation: if its input moves a little, how much does its output move?
# That is its *slope*. You can measure it without any calculus rules, by the **central difference**:
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}$$
#
# The size of $h$ matters. Here for $f(x) = x^3$ at $x = 1$, where the slope is exactly 3:

# %%
for h in (1e-1, 1e-3, 1e-5):
    for dtype in (np.float32, np.float64):
        above, below = np.array([1 + h, 1 - h], dtype=dtype) ** 3
        estimate = float(above - below) / (2 * h)
        print(f"h = {h:.0e}   {dtype.__name__}: {estimate:.10f}   error {abs(estimate - 3):.0e}")

# %% [markdown]
# A large `h` measures too far away. A small `h` subtracts almost equal numbers, and float32 has too few
# digits for that: cancellation again. In float64, `h = 1e-5` serves well.
#
# **Exercise `02-slope`.** Measure the slope of any activation. Remember that `Tensor(...)` makes float32
# unless told otherwise.

# %% nbgrader={"grade": false, "grade_id": "02-slope-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def slope(activation, x, h=1e-5):
    """Estimate the slope of `activation` at each element of x by central differences, in float64.

    `activation` takes a Tensor and returns a Tensor of the same shape. x is a float64 NumPy array of any
    shape; the result is one too, of the same shape.
    Example: slope(ReLU(), np.array([-1.0, 3.0])) gives [0.0, 1.0]. About 3 lines.
    """
    ### BEGIN SOLUTION
    above = activation(Tensor(x + h, dtype=np.float64)).numpy()
    below = activation(Tensor(x - h, dtype=np.float64)).numpy()
    return (above - below) / (2 * h)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-slope", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
points = np.array([-1.0, 0.5, 2.0])
estimate = slope(lambda t: t * t * t, points)
assert isinstance(estimate, np.ndarray), f"expected an array, got {type(estimate).__name__}: use .numpy()"
error = np.abs(estimate - 3 * points**2).max()
assert error < 1e-2, (
    f"the slope of x cubed is {3 * points**2}, got {estimate}. Look at: the 2 in 2h; dtype=np.float64"
)
assert error < 1e-7, f"expected an error below 1e-7, got {error:.0e}. Look at: f on both sides of x"
flat, rising = slope(ReLU(), np.array([-1.0, 3.0]))
assert abs(flat) < 1e-7 and abs(rising - 1) < 1e-7, (
    f"expected slopes 0 and 1 of ReLU, got {flat} and {rising}. Look at: wrap x + h in a float64 Tensor"
)
### BEGIN HIDDEN TESTS
assert np.array_equal(points, [-1.0, 0.5, 2.0]), "slope must not change x"
wide = slope(lambda t: t * t * t, np.array([[1.0], [2.0]]), h=0.1)
assert np.shape(wide) == (2, 1), f"expected shape (2, 1), got {np.shape(wide)}"
assert np.allclose(wide, [[3.01], [12.01]]), f"h = 0.1 must give [[3.01], [12.01]], got {wide}: use h"
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Build two Tensors with `dtype=np.float64`, one at `x + h` and one at `x - h`. The estimate is a NumPy array,
# so take `.numpy()` of both results before subtracting.
# </details>

# %% [markdown]
# The four curves with their slopes. Where the slope is within 0.05 of zero the background is grey. In the
# wide grey regions the activation is **saturated**: moving its input hardly moves its output. (The thin band
# in GELU's picture is only its lowest point.)

# %%
grid = np.linspace(-6, 6, 601)
fig, axes = plt.subplots(2, 2, figsize=(10, 6.5), sharex=True)
for axis, activation in zip(axes.flat, [ReLU(), GELU(), Sigmoid(), Tanh()], strict=True):
    slopes = slope(activation, grid)
    flat = np.abs(slopes) < 0.05
    axis.fill_between(grid, -2, 4, where=flat, color="0.9", label="slope near 0")
    axis.plot(grid, activation(Tensor(grid)).numpy(), color="tab:blue", linewidth=2, label="value")
    axis.plot(grid, slopes, color="tab:orange", linestyle="--", label="slope")
    axis.axhline(0, color="0.5", linewidth=0.5)
    axis.set_ylim(-1.3, 3 if isinstance(activation, ReLU | GELU) else 1.3)
    axis.set_title(f"{activation!r}: largest slope {slopes.max():.2f}")
    axis.set_xlabel("x")
axes[0, 0].legend(loc="upper left")
fig.tight_layout()
plt.show()
print("slope of ReLU measured exactly at its corner, x = 0:", slope(ReLU(), np.array([0.0])))

# %% [markdown]
# At the corner of ReLU the measurement gives the mean of the two sides. Mathematics has no slope there;
# frameworks simply choose 0.
#
# In a deep network slopes multiply, layer after layer. Below each activation is applied to its own output
# again and again, starting at 0.5. Your `slope` measures the whole stack. Real networks have weights in
# between; this isolates the activation.

# %%
def stack(activation, depth):
    """Return a function that applies `activation` depth times."""
    def stacked(values):
        for _ in range(depth):
            values = activation(values)
        return values
    return stacked


depths = range(1, 11)
fig, axis = plt.subplots(figsize=(6.5, 3.6))
for activation in (ReLU(), Tanh(), GELU(), Sigmoid()):
    slopes = [slope(stack(activation, depth), np.array([0.5]))[0] for depth in depths]
    axis.semilogy(depths, slopes, marker="o", label=type(activation).__name__)
    print(f"{type(activation).__name__:8s} after 10 layers: slope {slopes[-1]:.1e}")
axis.set(xlabel="activations in the stack", ylabel="slope of the whole stack")
axis.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# ## 7. Softmax: scores to probabilities
#
# A classifier gives one score, a *logit*, per class. Softmax turns a row of scores into positive numbers that
# sum to 1:
#
# $$p_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# It is the first activation here that looks at more than one element. Read the running example as the scores
# of five classes. The loop version is the specification:

# %%
def softmax_loop(scores):
    """Softmax of a list of Python numbers, term by term."""
    exponentials = [math.exp(score) for score in scores]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]


scores = x.numpy().tolist()
print("scores           ", np.array(scores))
print("probabilities    ", np.array(softmax_loop(scores)), " sum:", round(sum(softmax_loop(scores)), 12))
print("all scores + 100 ", np.array(softmax_loop([score + 100 for score in scores])))

# %% [markdown]
# Adding the same number to all scores changes nothing, since $e^{x_i + c} = e^{c} e^{x_i}$ and $e^{c}$
# cancels. That freedom is the way out of overflow. With $m = \max_j x_j$ the largest exponent is 0:
#
# $$p_i = \frac{e^{x_i - m}}{\sum_j e^{x_j - m}}$$

# %%
def naive_softmax(values):
    """The formula as it stands, for one row."""
    exponentials = np.exp(values)
    return exponentials / exponentials.sum()


for row in ([1000.0, 1000.0], [-1000.0, -1000.0]):
    row = np.array(row, dtype=np.float32)
    print(row, "naive:", *warnings_of(naive_softmax, row))
    print(row, "shifted by its maximum:", *warnings_of(naive_softmax, row - row.max()))

# %% [markdown]
# A batch holds one row of scores per example, so softmax needs to know along which axis the numbers sum to 1.
# Every slice along that axis has its own maximum and its own sum. `keepdims=True` keeps the axis with size 1,
# so that the result broadcasts back:

# %%
batch = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 600.0]], dtype=np.float32)
for axis in (0, 1):
    highest = batch.max(axis=axis, keepdims=True)
    print(f"axis {axis}: maxima of shape {highest.shape}; batch - maxima =\n{batch - highest}")

# %% [markdown]
# **Exercise `02-softmax`.** Write the operation for any axis, and the call. PyTorch names the axis `dim`,
# NumPy `axis`; so the class takes `dim` and hands it to `apply` as the option `axis`. Finite scores of any
# size work, and NumPy does not warn.

# %% nbgrader={"grade": false, "grade_id": "02-softmax-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
@_on_floats
def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities along `axis`; x of any shape with at least one axis, same shape out.

    Example: [[1.0, 1.0], [0.0, 1000.0]] with axis=-1 gives [[0.5, 0.5], [0.0, 1.0]]. About 3 lines.
    """
    ### BEGIN SOLUTION
    weights = x - x.max(axis=axis, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=axis, keepdims=True)
    return weights
    ### END SOLUTION


class Softmax(_Activation):
    """Probabilities from scores along dimension `dim`, stable for large scores.

    >>> Softmax(dim=-1)(Tensor([[1000.0, 1000.0]])).numpy()
    array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def __call__(self, x: Tensor) -> Tensor:
        """Run the operation named "softmax" along the axis self.dim. About 1 line."""
        ### BEGIN SOLUTION
        return apply("softmax", x, axis=self.dim)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-softmax", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
given = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
exponentials = [math.exp(value) for value in given.numpy().tolist()]
expected = [exponential / sum(exponentials) for exponential in exponentials]
result = quietly(Softmax(), given)
assert np.array_equal(given.numpy(), [-2, -0.5, 0, 0.5, 2]), "the input changed: avoid x[...] = and x -= ..."
check(result, expected, "exp divided by the sum of all exps")
check(quietly(Softmax(), Tensor([1000.0, 1000.0])), [0.5, 0.5], "subtract the maximum before exp")
table = Tensor([[0.0, 1.0], [1000.0, 1001.0]])
pair = [1 / (1 + math.e), math.e / (1 + math.e)]
check(quietly(Softmax(dim=1), table), [pair, pair], "each row has its own maximum and sum; keepdims=True")
check(quietly(Softmax(dim=0), table), [[0.0, 0.0], [1.0, 1.0]], "the axis: self.dim must reach the operation")
recorded = Softmax(dim=0)(Tensor([[1.0]], requires_grad=True)).origin
assert recorded, "nothing is on record. Look at: __call__ must use apply"
assert (recorded[0], recorded[2]) == ("softmax", {"axis": 0}), (
    f"expected 'softmax' with {{'axis': 0}} on record, got {recorded}. Look at: apply(..., axis=...)"
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
shapes = [((3, 4), 0), ((3, 4), 1), ((2, 3, 4), 1), ((2, 3, 4), -2), ((1, 5), 0), ((5, 1), -1), ((0, 3), 1)]
for shape, axis in shapes:
    values = rng.normal(scale=3, size=shape)
    expected = np.exp(values) / np.exp(values).sum(axis=axis, keepdims=True)
    check(quietly(Softmax(dim=axis), Tensor(values)), expected, f"shape {shape}, axis {axis}")
for dtype in (np.float16, np.float32, np.float64):
    original = np.array([[-1000.0, 0.0, 1000.0], [-1000.0, -1000.0, -1000.0]])
    scores = Tensor(original, dtype=dtype)
    result = quietly(Softmax(), scores)
    assert result.dtype == dtype, f"{np.dtype(dtype)} came in, {result.dtype} came out"
    atol = 1e-3 if dtype == np.float16 else 1e-6
    check(result, [[0, 0, 1], [1 / 3] * 3], "large scores of both signs", atol=atol)
    assert np.array_equal(scores.numpy(), original), "the input changed"
assert Softmax()(Tensor([[1, 1]])).dtype == np.float32, "integers must give float32"
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Three steps: subtract the maximum along the axis, take `np.exp`, divide by the sum along the axis. Both
# reductions need `axis=axis, keepdims=True`. Subtracting makes a new array, so the input stays as it was.
# </details>

# %% [markdown]
# ### Temperature
#
# Dividing all scores by a *temperature* $T$ before softmax changes how decided the result is. Module 14 uses
# it to let a language model write more or less freely. Before you run the cell, guess: does a high
# temperature make the bars more or less equal?

# %%
def draw_temperature(axis, temperature):
    """Draw softmax(x / temperature) of the running example as bars."""
    probabilities = Softmax()(x / temperature).numpy()
    bars = axis.bar([f"{score:g}" for score in x.numpy()], probabilities, color="tab:blue")
    axis.bar_label(bars, fmt="%.2f", fontsize=9)
    axis.set(ylim=(0, 1.08), xlabel="score", title=f"T = {temperature:g}")


fig, axes = plt.subplots(1, 3, figsize=(11, 3.2), sharey=True)
for axis, temperature in zip(axes, [0.25, 1.0, 4.0], strict=True):
    draw_temperature(axis, temperature)
axes[0].set_ylabel("probability")
fig.tight_layout()
plt.show()

# %% [markdown]
# With a running kernel you can move the temperature yourself. The pictures above show the same without one.

# %%
def picture(temperature):
    """The bars at one temperature, as the bytes of a PNG file."""
    figure, axis = plt.subplots(figsize=(4.5, 3.2))
    draw_temperature(axis, temperature)
    content = io.BytesIO()
    figure.savefig(content, format="png", bbox_inches="tight")
    plt.close(figure)
    return content.getvalue()


try:
    import ipywidgets
    from IPython.display import display
except ImportError:
    print("No slider here: ipywidgets is not installed. The three pictures above show what it would.")
else:
    slider = ipywidgets.FloatSlider(value=1.0, min=0.1, max=5.0, step=0.1, description="temperature")
    image = ipywidgets.Image(value=picture(slider.value), format="png")
    slider.observe(lambda change: setattr(image, "value", picture(change["new"])), names="value")
    display(ipywidgets.VBox([slider, image]))

# %% [markdown]
# ### Masks
#
# In attention (module 12) some positions must not be looked at. Their score is set to $-\infty$, and
# $e^{-\infty} = 0$ gives them exactly no weight. Your softmax can do this already. But a row in which
# *nothing* is allowed has no probabilities: $0/0$.

# %%
masked = Tensor([[1.0, 2.0, -np.inf], [-np.inf, -np.inf, -np.inf], [0.0, -np.inf, -np.inf]])
probabilities, messages = warnings_of(Softmax(), masked)
print(masked.numpy(), "\n becomes\n", probabilities.numpy())
print("NumPy says:", messages)

# %% [markdown]
# A row of nothing but $-\infty$ becomes NaN ("not a number"), as in PyTorch, and NumPy warns. The other rows
# are untouched. This is honest: no answer would be right. A mask must leave at least one entry per row.

# %% [markdown]
# ## 8. LogSoftmax
#
# Losses need the logarithm of a probability. Taking `np.log` of the softmax looks natural. Try it on two
# scores that are 200 apart; the true answer for the second is -200, to many digits:

# %%
far = np.array([0.0, -200.0], dtype=np.float32)
print("softmax           ", naive_softmax(far))
print("log of the softmax", *warnings_of(np.log, naive_softmax(far)))

# %% [markdown]
# The probability was rounded to 0 before the logarithm saw it, and $-\infty$ is no loss to learn from. So
# take the logarithm on paper first. The exponential of the numerator cancels, and only the sum keeps one:
#
# $$\log p_i = (x_i - m) - \log \sum_j e^{x_j - m}, \qquad m = \max_j x_j$$
#
# The largest term of the sum is $e^0 = 1$. So the logarithm never sees 0, and nothing overflows.

# %%
scores = x.numpy().astype(np.float64)
shifted = scores - scores.max()
print("x - m         =", shifted)
print("log of sum    =", np.log(np.exp(shifted).sum()))
print("log p         =", shifted - np.log(np.exp(shifted).sum()))
print("log of loop p =", np.log(softmax_loop(scores.tolist())))

# %% [markdown]
# **Exercise `02-log-softmax`.** Write the operation for any axis, and the call. Finite scores of any size
# give finite results, and NumPy does not warn.

# %% nbgrader={"grade": false, "grade_id": "02-log-softmax-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
@_on_floats
def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the logarithm of softmax along `axis`, without computing softmax; same shape as x.

    Example: [[0.0, -200.0], [5.0, 5.0]] with axis=-1 gives [[0.0, -200.0], [-0.6931, -0.6931]].
    About 2 lines.
    """
    ### BEGIN SOLUTION
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    ### END SOLUTION


class LogSoftmax(_Activation):
    """Logarithms of softmax probabilities along dimension `dim`, finite for finite scores.

    >>> LogSoftmax()(Tensor([0.0, -200.0])).numpy().tolist()
    [0.0, -200.0]
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def __call__(self, x: Tensor) -> Tensor:
        """Run the operation named "log_softmax" along the axis self.dim. About 1 line."""
        ### BEGIN SOLUTION
        return apply("log_softmax", x, axis=self.dim)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-log-softmax", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
given = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
log_total = math.log(sum(math.exp(value) for value in given.numpy().tolist()))
expected = given.numpy() - log_total
result = quietly(LogSoftmax(), given)
assert np.array_equal(given.numpy(), [-2, -0.5, 0, 0.5, 2]), "the input changed: avoid x[...] = and x -= ..."
check(result, expected, "(x - m) minus the log of the sum")
check(quietly(LogSoftmax(), Tensor([0.0, -200.0])), [0.0, -200.0], "no log of a softmax: it may be 0")
table = Tensor([[0.0, 1.0], [1000.0, 1001.0]])
pair = [-math.log(1 + math.e), 1 - math.log(1 + math.e)]
own = "each row has its own maximum and sum; keepdims=True"
check(quietly(LogSoftmax(dim=1), table), [pair, pair], own, atol=2e-4)
check(quietly(LogSoftmax(dim=0), table), [[-1000.0, -1000.0], [0.0, 0.0]], "the axis: hand self.dim on")
recorded = LogSoftmax(dim=0)(Tensor([[1.0]], requires_grad=True)).origin
assert recorded, "nothing is on record. Look at: __call__ must use apply"
assert (recorded[0], recorded[2]) == ("log_softmax", {"axis": 0}), (
    f"expected 'log_softmax' with {{'axis': 0}} on record, got {recorded}. Look at: apply(..., axis=...)"
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(2)
shapes = [((3, 4), 0), ((3, 4), 1), ((2, 3, 4), 1), ((2, 3, 4), -2), ((1, 5), 0), ((5, 1), -1), ((0, 3), 1)]
for shape, axis in shapes:
    values = rng.normal(scale=3, size=shape)
    expected = values - np.log(np.exp(values).sum(axis=axis, keepdims=True))
    check(quietly(LogSoftmax(dim=axis), Tensor(values)), expected, f"shape {shape}, axis {axis}")
for dtype in (np.float16, np.float32, np.float64):
    result = quietly(LogSoftmax(), Tensor([[-1000.0, 0.0, 1000.0]], dtype=dtype))
    assert result.dtype == dtype, f"{np.dtype(dtype)} came in, {result.dtype} came out"
    check(result, [[-2000.0, -1000.0, 0.0]], "large scores of both signs")
assert LogSoftmax()(Tensor([[1, 1]])).dtype == np.float32, "integers must give float32"
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Begin as in softmax: subtract the maximum and keep the result under a name, since the formula uses it twice.
# The `exp` happens only inside the sum.
# </details>

# %% [markdown]
# One picture of the difference, in float32: two scores that lie further and further apart. The log of the
# softmax follows the truth for a while, then it breaks off.

# %%
gaps = np.linspace(0, 140, 281).astype(np.float32)
pairs = np.column_stack([np.zeros_like(gaps), -gaps])  # (281, 2)
stable = LogSoftmax()(Tensor(pairs)).numpy()[:, 1]
with np.errstate(divide="ignore"):
    naive = np.log(Softmax()(Tensor(pairs)).numpy()[:, 1])

last = gaps[np.isfinite(naive)].max()
fig, axis = plt.subplots(figsize=(6.5, 3.4))
axis.plot(gaps, stable, color="tab:blue", label="LogSoftmax")
axis.plot(gaps, naive, color="tab:orange", linestyle="--", linewidth=3, label="log of Softmax")
axis.axvline(last, color="0.5", linewidth=1)
axis.annotate(f"-inf beyond {last:g}", (last, -20), xytext=(5, 0), textcoords="offset points")
axis.set(xlabel="gap between the two scores", ylabel="log p of the lower one")
axis.legend(loc="lower left")
fig.tight_layout()
plt.show()

# %% [markdown]
# ## 9. Systems: what does a bend cost?
#
# All these operations go over every element. Do they cost the same? Guess an order first: `relu`, `sigmoid`,
# `tanh`, `gelu`, `softmax`. The cell takes the best of several runs, since the best is the least disturbed.
# The unit is one `relu`: absolute times say more about the machine than about the operation.

# %%
import timeit

rng = np.random.default_rng(0)
block = rng.normal(size=(250, 400)).astype(np.float32)


def best_time_s(function, array=block):
    return min(timeit.repeat(lambda: function(array), number=3, repeat=7)) / 3


times = {f.__name__: best_time_s(f) for f in (relu, tanh, sigmoid, gelu, softmax, log_softmax)}
times["np.exp"] = best_time_s(np.exp)
times["x * x * x"] = best_time_s(lambda values: values * values * values)
times["x ** 3"] = best_time_s(lambda values: values**3)
ratios = {name: time / times["relu"] for name, time in sorted(times.items(), key=lambda item: item[1])}

fig, axis = plt.subplots(figsize=(7, 3.4))
bars = axis.barh(list(ratios), list(ratios.values()), color="tab:blue")
axis.bar_label(bars, fmt="%.1f", padding=3)
axis.set(xlabel="time, in units of one relu", xlim=(0, 1.12 * max(ratios.values())))
fig.tight_layout()
plt.show()

# %% [markdown]
# A comparison or a product is one instruction of the processor. `exp` and `tanh` are small programs. `x ** 3`
# calls a routine that can raise to any power: compare its bar with that of `x * x * x`.
#
# Memory is the other price. Each step of a NumPy expression makes a new array, a *temporary*. `tracemalloc`
# sees the peak:

# %%
import tracemalloc


def peak_bytes(function, array):
    """Return the largest amount of memory that function(array) holds at one time, its result included."""
    tracemalloc.start()
    function(array)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


print(f"input: {block.nbytes:,} bytes. Peak beside the input, in units of the input:")
for function in (relu, tanh, sigmoid, gelu, softmax, log_softmax):
    print(f"{function.__name__:12s} {peak_bytes(function, block) / block.nbytes:.2f}")

# %% [markdown]
# A result of the same size counts as 1.00; what is above it are temporaries, thrown away at once. They need
# not be large. Below, the same `gelu` works through a larger array a few rows at a time. The numbers stay the
# same.

# %%
def in_pieces(function, array, rows):
    """Apply an element-wise operation to `rows` rows at a time."""
    result = np.empty_like(array)
    for start in range(0, len(array), rows):
        result[start : start + rows] = function(array[start : start + rows])
    return result


large = rng.normal(size=(2000, 1000)).astype(np.float32)
whole_s = best_time_s(gelu, large)
assert np.allclose(in_pieces(gelu, large, 20), gelu(large))
for rows in (2000, 200, 20, 1):
    pieces = lambda array, rows=rows: in_pieces(gelu, array, rows)
    peak = peak_bytes(pieces, large) / large.nbytes
    time = best_time_s(pieces, large) / whole_s
    print(f"{rows:4d} rows at a time: peak {peak:.2f} x input, time {time:.2f}")

# %% [markdown]
# The time is in units of the whole array at once. Two effects pull in opposite directions: small temporaries
# can stay in the processor's cache, while each further piece costs another turn of the Python loop. Which one
# wins depends on your machine and the size of the pieces. Module 16 builds on this trade.

# %% [markdown]
# ## Questions
#
# Answer each before you open it.
#
# <details><summary>1. Why can the pieces not be cut anywhere for <code>softmax</code>?</summary>
#
# Every output depends on all scores along its axis. Pieces must hold whole rows, or the maximum and the sum
# must be collected over the pieces first.
# </details>
#
# <details><summary>2. A ReLU gets negative input for every example. What can training change?</summary>
#
# Nothing, as far as it goes through this ReLU: its slope is 0 at every example. Such a unit is called dead.
# GELU's slope is not exactly 0 there, unless the input is far below zero.
# </details>
#
# <details><summary>3. Softmax of two scores, a and b: which activation is it in disguise?</summary>
#
# Divide the numerator and the denominator by the exponential of a: the first probability is the sigmoid of a
# - b.
# </details>

# %% [markdown]
# ## What you have built
#
# Six activations, each an operation on arrays plus a small class. They keep the float type, leave their input
# alone, and do not overflow. The tricks will return: let an exponential see only $x \le 0$; subtract the
# maximum; take logarithms on paper; do not subtract almost equal numbers.
#
# Save the notebook and run `tito module complete 02`. Your activations then live in
# `tinytorch/activations.py`. Module 03 puts them between layers.
