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
# # Module 05: Autograd
#
# In milestone 1 you derived four gradients by hand. A network with a hundred layers has hundreds of them, and
# nobody derives those. A framework does it by itself, with two ingredients:
#
# - a small **gradient rule** for each operation: `mul`, `matmul`, `exp` and so on,
# - one function, `backward`, that walks the recorded calculation from its end to its start and asks the rule
#   of each operation on the way.
#
# You build both. At the end `loss.backward()` works for every network that modules 01 to 04 can express, and
# a tool of yours proves that the gradients are right.

# %% [markdown]
# ## How this notebook works
#
# There are nine exercises. Most answers are one to ten lines. Each test cell stands right below its exercise
# and prints one line when it passes. Cells marked `#| export` become your file `tinytorch/autograd.py`.
#
# You need `Tensor`, `apply` and `no_grad` from module 01. Modules 02 to 04 bring the operations that need
# rules: activations and losses. You also need one fact from calculus, the chain rule, and section 1 shows it
# in numbers.

# %% nbgrader={"grade": false, "grade_id": "05-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import math

import numpy as np

from tinytorch.tensor import Tensor, apply, no_grad

# %% [markdown]
# The exported file needs nothing else: no rule depends on the code of modules 02 to 04. This notebook itself
# also uses your layers, activations and losses, and the table `OPS` in which all operations are registered.

# %% nbgrader={"grade": false, "grade_id": "05-setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import time
import tracemalloc
from contextlib import contextmanager

import matplotlib.pyplot as plt

from tinytorch.activations import GELU, ReLU, Tanh
from tinytorch.layers import Linear, Sequential
from tinytorch.losses import BCEWithLogitsLoss
from tinytorch.tensor import OPS

np.set_printoptions(precision=4, suppress=True)
TENSOR_BEFORE = {part: dict(vars(part)) for part in Tensor.__mro__}  # section 12 compares


def error_of(function, *arguments, **options):
    """Call the function and return the exception that it raised, or None. The tests below use it."""
    try:
        function(*arguments, **options)
    except Exception as error:
        return error
    return None


# %% [markdown]
# ## 1. One gradient by hand
#
# The running example is the smallest network there is: one linear layer with 2 inputs and 1 output, three
# examples, and the mean squared error. The names are those of module 03, but the weight is written as
# `(2, 1)`, so that no transpose is needed.
#
# $$L = \frac{1}{3} \sum_n r_n^2 \qquad r = xW + b - y$$

# %% nbgrader={"grade": false, "grade_id": "05-example", "locked": true, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1.0, 2.0], [0.0, 1.0], [-1.0, 1.0]])  # (3 examples, 2 inputs)
y = Tensor([[1.0], [2.0], [0.0]])  # (3, 1): the right answers
W = Tensor([[0.5], [1.0]], requires_grad=True)  # (2, 1)
b = Tensor([0.5], requires_grad=True)  # (1,)


def running_example():
    """The loss of the running example, computed and recorded afresh."""
    return ((x @ W + b - y) ** 2).mean()


# %%
r = x.data @ W.data + b.data - y.data  # (3, 1)
print("prediction", (x.data @ W.data + b.data).ravel(), "  residual r", r.ravel())
print("loss by hand       ", np.mean(r**2))
print("loss by your Tensor", running_example().item())

# %% [markdown]
# Now backwards. The **chain rule** says: to learn how $L$ depends on an early quantity, multiply the slopes
# along the way. We start at $L$ itself, whose slope with respect to $L$ is 1, and go back one operation at a
# time. Read each line as "what I know about the result gives what I know about the input".

# %%
to_loss = np.float32(1.0)  # dL/dL
to_squares = np.full((3, 1), to_loss / 3)  # mean: each of 3 squares has a share of 1/3
to_r = to_squares * 2 * r  # square: the slope of r^2 is 2r
to_product = to_r  # adding b and subtracting y: slope 1
to_b = to_r.sum(axis=0)  # b was added to each of the three rows, so the three slopes add up
to_W = x.data.T @ to_product  # matrix product: (2, 3) @ (3, 1) -> (2, 1)
for name, value in [("squares", to_squares), ("r", to_r), ("b", to_b), ("W", to_W)]:
    print(f"dL/d{name:8} shape {value.shape!s:7} {value.ravel()}")

# %% [markdown]
# Each gradient has the shape of what it belongs to. Every line used only three things: the gradient of the
# operation's **result**, and the operation's inputs or result. None of them needed to know the rest of the
# network. That is what makes automation possible.
#
# A witness that knows no calculus agrees: the central difference, in float64.


# %% nbgrader={"grade": false, "grade_id": "05-witness", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def central_differences(value, array, epsilon=1e-6):
    """The slope of value(), a number, with respect to each number of a float64 array that it reads.

    Each number is moved up and down by epsilon in place, and put back. Two calls of value() per number.

    >>> a = np.array([1.0, 3.0])
    >>> central_differences(lambda: (a**2).sum(), a).round(4)
    array([2., 6.])
    """
    slopes = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + epsilon
        above = value()
        array[index] = kept - epsilon
        below = value()
        array[index] = kept
        slopes[index] = (above - below) / (2 * epsilon)
    return slopes


# %%
W64, b64 = W.data.astype(np.float64), b.data.astype(np.float64)


def loss64():
    return np.mean((x.data @ W64 + b64 - y.data) ** 2)


print("dL/dW by hand", to_W.ravel(), "  measured", central_differences(loss64, W64).ravel())
print("dL/db by hand", to_b.ravel(), "  measured", central_differences(loss64, b64).ravel())

# %% [markdown]
# ## 2. The recorded calculation is a graph
#
# Your `apply` noted on each result where it came from: `origin = (name, inputs, options)`. Following these
# notes gives a **graph**: Tensors are the nodes, and an arrow leads from each input to its result. The next
# cell draws it. You do not have to read its code.


# %% nbgrader={"grade": false, "grade_id": "05-draw", "locked": true, "schema_version": 3, "solution": false, "task": false}
def columns_of(root):
    """Lists of Tensors: column 0 holds the root, and each input stands left of everything made from it."""
    level, waiting = {id(root): 0}, [root]
    tensors = {id(root): root}
    while waiting:
        node = waiting.pop()
        for value in node.origin[1] if node.origin else ():
            if level.get(id(value), -1) <= level[id(node)]:
                level[id(value)] = level[id(node)] + 1
                tensors[id(value)] = value
                waiting.append(value)
    columns = [[] for _ in range(max(level.values()) + 1)]
    for key, tensor in sorted(tensors.items(), key=lambda item: item[1].origin is None):
        columns[level[key]].append(tensor)
    return columns


def draw_graph(root, names, notes=None, axis=None):
    """Draw how `root` was made. `names` maps text to Tensors; `notes` maps id(tensor) to a further line."""
    columns, titles = columns_of(root), {id(tensor): name for name, tensor in names.items()}
    axis = axis or plt.subplots(figsize=(1.55 * len(columns), 2.6), layout="constrained")[1]
    at = {id(t): (-i, -j) for i, column in enumerate(columns) for j, t in enumerate(column)}
    for tensor in (tensor for column in columns for tensor in column):
        title = tensor.origin[0] if tensor.origin else titles.get(id(tensor)) or f"{tensor.item():g}"
        text = "\n".join([title, str(tensor.shape), *filter(None, [(notes or {}).get(id(tensor))])])
        color = "#cfe2f3" if tensor.origin else "#fce5cd" if tensor.requires_grad else "#eeeeee"
        box = {"boxstyle": "round,pad=0.4", "facecolor": color, "edgecolor": "0.5"}
        axis.text(*at[id(tensor)], text, ha="center", va="center", fontsize=9, bbox=box, zorder=3)
        for value in tensor.origin[1] if tensor.origin else ():
            far = at[id(tensor)][0] - at[id(value)][0] > 1  # an arrow past another node makes a bow
            style = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": 22, "shrinkB": 24}
            style["connectionstyle"] = f"arc3,rad={-0.4 if far else 0}"
            axis.annotate("", at[id(tensor)], at[id(value)], arrowprops=style)
    deepest = max(len(column) for column in columns)
    axis.set(xlim=(0.6 - len(columns), 0.45), ylim=(0.45 - deepest, 0.75))
    axis.axis("off")


# %%
draw_graph(running_example(), {"x": x, "W": W, "b": b, "y": y})
plt.show()

# %% [markdown]
# Blue Tensors are results. Orange ones are **leaves that require a gradient**: nobody computed them, and
# their `grad` is what we are after. Grey ones are data and constants, and they need none. Forward goes with
# the arrows; `backward` will go against them.

# %% [markdown]
# ## 3. A rule for each operation
#
# A **gradient rule** is a pure function on arrays:
#
# `rule(grad, out, *inputs, **options)` returns a tuple with one gradient per input.
#
# `grad` is the gradient of the loss with respect to the operation's result `out`, and has its shape. The
# inputs and options are those of the operation. Rules stand in a table, as operations do, and the decorator
# `@gradient_of("add")` enters one.


# %% nbgrader={"grade": false, "grade_id": "05-table", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
GRADIENTS = {}


def gradient_of(name):
    """Register a gradient rule for the operation `name`.

    The rule is called as rule(grad, out, *inputs, **options) and returns a tuple with one entry per input:
    an array, or None where the input gets no gradient, or a function without arguments that makes the
    array, which is called only if it is needed. It changes none of the arrays that it is given.

    Running a cell again replaces the rule; a second rule from another file raises a ValueError.
    """
    if not isinstance(name, str):
        raise TypeError('gradient_of needs the name of an operation: write @gradient_of("add")')

    def register(rule):
        known = GRADIENTS.get(name, rule)
        if getattr(known, "__module__", None) != getattr(rule, "__module__", None):
            raise ValueError(f"operation {name!r} already has a gradient rule, from {known.__module__}")
        GRADIENTS[name] = rule
        return rule

    return register


# %% [markdown]
# The first family, solved. If $c = a + b$, raising $a$ by a little raises $c$ by as much: slope 1, so both
# inputs receive `grad` as it is. For $c = a - b$ the second slope is $-1$.
#
# Note the `lambda` in `sub`. Often an input needs no gradient: the targets `y`, for example. Then `-grad`
# would be computed for nothing. A function without arguments **postpones** the work, and `backward` calls it
# only if somebody wants the result.


# %% nbgrader={"grade": false, "grade_id": "05-add", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@gradient_of("add")
def add_gradient(grad, out, a, b):
    """c = a + b: both slopes are 1."""
    return grad, grad


@gradient_of("sub")
def sub_gradient(grad, out, a, b):
    """c = a - b: the slopes are 1 and -1."""
    return grad, lambda: -grad


@gradient_of("neg")
def neg_gradient(grad, out, a):
    """c = -a. One input, so a tuple of one: mind the comma."""
    return (-grad,)


# %% [markdown]
# The tests compare your rules with central differences of the operation itself. The next cell holds this
# comparison. It also sees whether a rule returns a tuple, and whether it writes into arrays that it must not
# touch.


# %% nbgrader={"grade": false, "grade_id": "05-check-rule", "locked": true, "schema_version": 3, "solution": false, "task": false}
def unbroadcast_by_loops(grad, shape):
    """Give each number of grad back to the place of `shape` that broadcasting read it from. Slow, but plain."""
    result = np.zeros(shape)
    places = np.broadcast_to(np.arange(result.size).reshape(shape), grad.shape)
    for place, number in zip(places.ravel(), grad.ravel(), strict=True):
        result.flat[place] += number
    return result


def rule_gradients(name, grad, *inputs, skip=(), hint="the shapes", **options):
    """Call a rule on copies, as backward will: the list of its gradients, postponed ones computed."""
    inputs = [np.array(value) for value in inputs]
    out = np.array(OPS[name](*inputs, **options))
    grad = np.ones(out.shape) if grad is None else np.array(grad)
    for array in (grad, out, *inputs):
        array.flags.writeable = False
    try:
        answer = GRADIENTS[name](grad, out, *inputs, **options)
        assert isinstance(answer, tuple) and len(answer) == len(inputs), (
            f"the rule of {name!r} must return a tuple of {len(inputs)}, one per input; mind the comma in "
            f"`return (..., )` when there is only one. Yours returned a {type(answer).__name__}"
        )
        return [part() if callable(part) and i not in skip else part for i, part in enumerate(answer)]
    except ValueError as error:
        if "read-only" in str(error):
            problem = "writes into grad, out or an input, which belong to others: make a new array"
        else:
            problem = f"failed ({error}) with grad {grad.shape} and inputs {[a.shape for a in inputs]}. Look at {hint}"
        raise AssertionError(f"the rule of {name!r} {problem}") from error


# %% nbgrader={"grade": false, "grade_id": "05-check-rule-call", "locked": true, "schema_version": 3, "solution": false, "task": false}
def check_rule(name, *inputs, hint="the slope of the operation", skip=(), **options):
    """Fail unless the rule of `name` agrees with central differences, for a random grad."""
    inputs = [np.array(a, dtype=np.float64) if np.asarray(a).dtype.kind == "f" else np.array(a) for a in inputs]
    out = np.asarray(OPS[name](*inputs, **options))
    grad = np.asarray(np.random.default_rng(out.size).uniform(0.5, 2.0, out.shape))
    found = rule_gradients(name, grad, *inputs, skip=skip, hint=hint, **options)
    for number, (array, gradient) in enumerate(zip(inputs, found, strict=True)):
        if array.dtype.kind != "f" or number in skip:
            continue
        where = f"{name!r}, input {number} of shape {array.shape}, options {options}"
        assert gradient is not None, f"{where}: the gradient is None. Look at {hint}"
        gradient = np.asarray(gradient, dtype=np.float64)
        reachable = gradient.ndim >= array.ndim and all(
            m in (1, n) for m, n in zip(array.shape[::-1], gradient.shape[::-1], strict=False)
        )
        assert reachable, f"{where}: the gradient has shape {gradient.shape}. Look at {hint}"
        gradient = unbroadcast_by_loops(gradient, array.shape)
        measured = central_differences(lambda: np.sum(OPS[name](*inputs, **options) * grad), array)
        wrong = ~np.isclose(gradient, measured, rtol=1e-4, atol=1e-6)
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(wrong)[0])
            numbers = f"expected {measured[index]:.5f}, got {gradient[index]:.5f}"
            raise AssertionError(f"{where}, index {index}: {numbers}. Look at {hint}")


# %%
print("add:", [part.tolist() for part in rule_gradients("add", None, np.array([1.0, 2.0]), np.array([5.0, 5.0]))])
print("sub:", [part.tolist() for part in rule_gradients("sub", None, np.array([1.0, 2.0]), np.array([5.0, 5.0]))])
for name, inputs in [("add", ([1.0], [2.0])), ("sub", ([1.0], [2.0])), ("neg", ([3.0],))]:
    check_rule(name, *inputs)
print("the rules of add, sub and neg agree with central differences")

# %% [markdown]
# ### Exercise `05-elementwise`: six rules of one line
#
# In an elementwise operation each number of `out` depends on one number of each input, so the chain rule is a
# product, number by number: `grad` times the slope.
#
# | operation | slopes |
# | --- | --- |
# | $c = a\,b$ | $\partial c/\partial a = b$, $\ \partial c/\partial b = a$ |
# | $c = a/b$ | $\partial c/\partial a = 1/b$, $\ \partial c/\partial b = -a/b^2$ |
# | $c = e^a$ | $e^a$, which is `out` |
# | $c = \log a$ | $1/a$ |
# | $c = \sigma(a)$ | $c\,(1 - c)$ |
# | $c = \tanh a$ | $1 - c^2$ |

# %%
a, c = np.array([0.0, 1.0, 2.0]), np.tanh(np.array([0.0, 1.0, 2.0]))
print("a                        ", a)
print("tanh(a)                  ", c)
print("slope 1 - c^2            ", 1 - c**2)
print("measured                 ", (np.tanh(a + 1e-6) - np.tanh(a - 1e-6)) / 2e-6)
print("times a grad of [1, 1, 5]", np.array([1, 1, 5]) * (1 - c**2))

# %% [markdown]
# Where the slope can be written with `out`, do so: `exp` and `tanh` are expensive, and the result is already
# there. Three traps: a missing factor `grad`, a missing comma in a tuple of one, and writing into an array
# that belongs to somebody else (`grad *= b` changes `grad` for everyone).


# %% nbgrader={"grade": false, "grade_id": "05-elementwise-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of("mul")
def mul_gradient(grad, out, a, b):
    """c = a * b. One line: grad [1, 1], a [2, 3], b [5, 7] gives [5, 7] and [2, 3]."""
    ### BEGIN SOLUTION
    return lambda: grad * b, lambda: grad * a
    ### END SOLUTION


@gradient_of("div")
def div_gradient(grad, out, a, b):
    """c = a / b. One line: grad [1], a [6], b [2] gives [0.5] and [-1.5]."""
    ### BEGIN SOLUTION
    return lambda: grad / b, lambda: -grad * out / b
    ### END SOLUTION


@gradient_of("exp")
def exp_gradient(grad, out, a):
    """c = e^a. One line: grad [2], a [0] gives [2]."""
    ### BEGIN SOLUTION
    return (grad * out,)
    ### END SOLUTION


@gradient_of("log")
def log_gradient(grad, out, a):
    """c = log a. One line: grad [2], a [4] gives [0.5]."""
    ### BEGIN SOLUTION
    return (grad / a,)
    ### END SOLUTION


@gradient_of("sigmoid")
def sigmoid_gradient(grad, out, a):
    """c = 1 / (1 + e^-a). One line: grad [2], a [0] gives [0.5]."""
    ### BEGIN SOLUTION
    return (grad * out * (1 - out),)
    ### END SOLUTION


@gradient_of("tanh")
def tanh_gradient(grad, out, a):
    """c = tanh a. One line: grad [2], a [0] gives [2]."""
    ### BEGIN SOLUTION
    return (grad * (1 - out * out),)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-elementwise", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
for name, inputs, grad, expected in [
    ("mul", ([2.0, 3.0], [5.0, 7.0]), [1.0, 1.0], ([5, 7], [2, 3])),
    ("mul", ([2.0, 3.0], [5.0, 7.0]), [10.0, 0.0], ([50, 0], [20, 0])),
    ("div", ([6.0], [2.0]), [1.0], ([0.5], [-1.5])),
    ("exp", ([0.0, 1.0],), [2.0, 1.0], ([2, math.e],)),
    ("log", ([4.0, 0.5],), [2.0, 1.0], ([0.5, 2],)),
    ("sigmoid", ([0.0],), [2.0], ([0.5],)),
    ("tanh", ([0.0],), [2.0], ([2],)),
]:
    found = rule_gradients(name, np.array(grad), *map(np.array, inputs))
    for number, (got, wanted) in enumerate(zip(found, expected, strict=True)):
        assert got is not None and np.allclose(got, wanted), (
            f"{name} of {inputs} with grad {grad}: expected {wanted} for input {number}, got {got}. "
            "Look at the slope, and at the factor grad"
        )
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(5)
for shape in [(), (1,), (2, 3), (0, 3)]:
    positive, other = rng.uniform(0.5, 2, shape), rng.uniform(0.5, 2, shape)
    for name in ("mul", "div"):
        check_rule(name, positive, -other, hint="both slopes, and their signs")
    for name in ("exp", "log", "sigmoid", "tanh"):
        check_rule(name, positive, hint="the slope of " + name)
for name in ("exp", "sigmoid", "tanh"):
    check_rule(name, -rng.uniform(0.5, 2, (4,)), hint="negative inputs")
check_rule("mul", rng.normal(size=(2, 3)), rng.normal(size=(3,)), hint="broadcasting: give grad times the slope")
check_rule("div", rng.normal(size=(2, 1)), np.array([1.0, -2.0, 3.0]), hint="broadcasting: grad times the slope")
for value in (-1000.0, 1000.0):
    for name in ("sigmoid", "tanh"):
        got = rule_gradients(name, None, np.array([value]))[0]
        assert np.allclose(got, 0), f"{name} at {value} is flat: expected gradient 0, got {got}. Use out, not exp"
### END HIDDEN TESTS
print("05-elementwise: mul, div, exp, log, sigmoid and tanh have their rules")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `return grad * b, grad * a` is a tuple of two. For one input write `return (grad * out,)` with the comma.
# You may postpone the work with `lambda: grad * b`, but you need not.
#
# </details>

# %% [markdown]
# The rest of the elementwise family is given. `abs` and `relu` have a corner at 0, where no slope exists; both
# rules choose 0 there. `pow` shows what postponing is good for: the gradient of the exponent needs
# $\log a$, which does not exist for negative $a$. The exponent is nearly always a constant, so that logarithm
# is never taken.


# %% nbgrader={"grade": false, "grade_id": "05-given-elementwise", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@gradient_of("pow")
def pow_gradient(grad, out, a, b):
    """c = a^b: the slopes are b a^(b-1) and c log a."""

    def to_base():
        if b.ndim == 0 and b == 2:
            return grad * a * 2
        return grad * b * a ** np.where(b == 0, 1, b - 1)  # a^0 is constant, at a = 0 too

    def to_exponent():
        return grad * out * np.log(np.where(a == 0, 1, a))  # 0^b is constant for b > 0

    return to_base, to_exponent


@gradient_of("sqrt")
def sqrt_gradient(grad, out, a):
    """c = a^(1/2): the slope is 1 / (2c)."""
    return (grad / (2 * out),)


@gradient_of("abs")
def abs_gradient(grad, out, a):
    """c = |a|: the slope is the sign of a, and 0 at the corner."""
    return (grad * np.sign(a),)


@gradient_of("relu")
def relu_gradient(grad, out, a):
    """c = max(0, a): the slope is 1 where c > 0, else 0."""
    return (grad * (out > 0),)


# %% [markdown]
# GELU is $\tfrac12 a\,(1 + \tanh u)$ with $u = k\,(a + 0.044715\,a^3)$ and $k = \sqrt{2/\pi}$: a product, so
# its slope is a sum of two terms, and the second one needs the chain rule once more. Where $|a| > 10$ the
# tanh is flat, so `a` may be clipped inside, as in module 02.


# %% nbgrader={"grade": false, "grade_id": "05-given-gelu", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@gradient_of("gelu")
def gelu_gradient(grad, out, a):
    """The tanh form of GELU: (1 + t) / 2 + a (1 - t^2) u' / 2, where t = tanh u."""
    k = math.sqrt(2 / math.pi)
    clipped = np.clip(a, -10, 10)
    squares = clipped * clipped
    t = np.tanh(k * clipped * (1 + 0.044715 * squares))
    u_slope = k * (1 + 3 * 0.044715 * squares)
    return (grad * 0.5 * (1 + t + clipped * (1 - t * t) * u_slope),)


# %%
values = np.array([-2.0, -0.5, 0.5, 2.0])
for name in ("abs", "relu", "gelu"):
    check_rule(name, values)
    print(f"{name:12} slopes at {values.tolist()}:", rule_gradients(name, None, values)[0])
check_rule("pow", values, 3.0, skip=(1,))  # only the base: the logarithm of -2 does not exist
print(f"{'pow, b = 3':12} slopes at {values.tolist()}:", rule_gradients("pow", None, values, 3.0, skip=(1,))[0])

# %% [markdown]
# ## 4. Broadcasting backwards
#
# In the running example `b` has shape `(1,)` and was added to `(3, 1)`. Broadcasting read its one number
# three times. Raising it by a little raises all three results, so its gradient is the **sum** of three. This
# is the rule: what was read several times forward is summed backward.
#
# | forward | backward |
# | --- | --- |
# | a missing axis was added on the left | sum over that axis, and it disappears |
# | an axis of size 1 was stretched | sum over that axis, and it stays with size 1 |

# %%
grad = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # the gradient of a result of shape (2, 3)
for shape in [(2, 3), (3,), (2, 1), (1, 3), ()]:
    print(f"an input of shape {shape!s:6} gets {unbroadcast_by_loops(grad, shape).tolist()}")

# %% [markdown]
# ### Exercise `05-unbroadcast`: in one place
#
# No rule above cares about broadcasting: the rule of `mul` returns `grad * b`, which may be larger than `a`.
# One function repairs all of them, and `backward` calls it in one place.
#
# Write it without loops over numbers. `grad` may have more axes than `shape`, never fewer. If the shapes are
# equal, return `grad` itself: nothing must be copied in the usual case.


# %% nbgrader={"grade": false, "grade_id": "05-unbroadcast-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def unbroadcast(grad, shape):
    """Sum a gradient over the axes that broadcasting added or stretched; the result has this shape.

    About 5 lines. A grad of ones of shape (2, 3) gives [2, 2, 2] for (3,) and [[3], [3]] for (2, 1).
    """
    ### BEGIN SOLUTION
    if grad.shape == shape:
        return grad
    added = grad.ndim - len(shape)
    stretched = [added + i for i, size in enumerate(shape) if size == 1 and grad.shape[added + i] != 1]
    return grad.sum(axis=(*range(added), *stretched)).reshape(shape)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-unbroadcast", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def check_unbroadcast(big, shape):
    grad = np.random.default_rng(len(big)).normal(size=big)
    kept, expected = grad.copy(), unbroadcast_by_loops(grad, shape)
    try:
        got = unbroadcast(grad, shape)
    except ValueError as error:
        raise AssertionError(
            f"grad of shape {big}, input of shape {shape}: {error}. Sum over added axes and over stretched ones; "
            "compare the sizes from the right"
        ) from error
    assert np.shape(got) == shape, (
        f"grad of shape {big}, input of shape {shape}: the result must have shape {shape}, yours has "
        f"{np.shape(got)}. A stretched axis stays with size 1, an added one disappears"
    )
    assert np.allclose(got, expected), (
        f"grad of shape {big}, input of shape {shape}: expected {expected.tolist()}, got {np.asarray(got).tolist()}"
        ". Compare the sizes from the right; sum, do not average"
    )
    assert np.array_equal(grad, kept), "unbroadcast must not change grad"


for big, shape in [((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (1, 3)), ((2, 3), ()), ((4, 2, 3), (2, 1))]:
    check_unbroadcast(big, shape)
ones = np.ones((2, 3))
assert unbroadcast(ones, (2, 3)) is ones, "with equal shapes return grad itself, without a copy"
### BEGIN HIDDEN TESTS
for big, shape in [
    ((3, 3), (3, 1)), ((3, 3), (3,)), ((2, 3), (1, 1)), ((5, 4, 3), (1, 4, 1)), ((5, 4, 3), (4, 3)), ((1, 3), (3,)),
    ((5, 4, 3), (1, 3)), ((2, 1), (1, 1)), ((1, 1), (1,)), ((1,), ()), ((6,), (1,)), ((7, 1, 1), ()),
    ((0, 3), (3,)), ((0, 3), (1, 3)), ((0,), (1,)), ((0, 3), (1,)), ((2, 2, 2, 2), (2, 1, 2)),
]:
    check_unbroadcast(big, shape)
assert unbroadcast(np.ones((8, 3), np.float32), (3,)).dtype == np.float32, "float32 stays float32"
### END HIDDEN TESTS
print("05-unbroadcast: what was read several times is summed")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `added = grad.ndim - len(shape)` axes stand on the left of `grad` only. Sum over them first, and `grad` has
# as many axes as `shape`. Then sum over each axis where `shape` has a 1, with `keepdims=True`. `sum` takes a
# tuple of axes, but the empty tuple and `None` mean different things to it.
#
# </details>

# %% [markdown]
# The running example's bias, at this stage: the gradient of the sum has shape `(3, 1)`, and the input `b` has
# shape `(1,)`.

# %%
print("gradient of x @ W + b:", to_r.ravel(), " shape", to_r.shape)
print("summed for b:         ", unbroadcast(to_r, b.shape), " shape", b.shape, "  by hand:", to_b)

# %% [markdown]
# ## 5. In which order?
#
# Running backwards along a chain is easy. But a Tensor may be used more than once, and then its gradient has
# several contributions. It must not be passed on before **all** of them have arrived.


# %% nbgrader={"grade": false, "grade_id": "05-diamond", "locked": true, "schema_version": 3, "solution": false, "task": false}
def diamond():
    """A small expression in which a, b and p are used twice: returns a, b, p, q and the result."""
    a, b = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    p = a * b
    q = p + a
    return a, b, p, q, q * p


# %%
a, b_, p, q, out = diamond()
draw_graph(out, {"a = 2": a, "b = 3": b_}, {id(p): "p = 6", id(q): "q = 8", id(out): "48"})
plt.show()
print("dL/dq =", p.item(), "  dL/dp = q + dL/dq =", q.item() + p.item(), "and not", q.item())
print("dL/da = dL/dq + b dL/dp =", 6 + 3 * 14, "  dL/db = a dL/dp =", 2 * 14)

# %% [markdown]
# Whoever visits `p` before `q` passes on 8 instead of 14. The remedy is a **topological order**: a list in
# which each Tensor stands after all its inputs. Read from its end, it reaches a Tensor only after everything
# that was made from it.
#
# A short recursion finds one: list the inputs first, then yourself, and remember whom you have seen. Without
# remembering, shared Tensors are walked again and again:


# %% nbgrader={"grade": false, "grade_id": "05-recursion", "locked": true, "schema_version": 3, "solution": false, "task": false}
def recursive_order(root, remember=True):
    """A topological order by recursion, and the number of visits it took."""
    order, seen, visits = [], set(), 0

    def visit(node):
        nonlocal visits
        visits += 1
        if remember and id(node) in seen:
            return
        seen.add(id(node))
        for value in node.origin[1] if node.origin else ():
            visit(value)
        order.append(node)

    visit(root)
    return order, visits


def doubled(times):
    """x + x, added to itself again, and so on: `times` additions in a row."""
    value = Tensor(1.0, requires_grad=True)
    for _ in range(times):
        value = value + value
    return value


def chain(length):
    """One number, to which 1 is added `length` times."""
    value, one = Tensor(0.0, requires_grad=True), Tensor(1.0)
    for _ in range(length):
        value = value + one
    return value


# %%
times = list(range(1, 16))
forgetful = [recursive_order(doubled(n), remember=False)[1] for n in times]
careful = [recursive_order(doubled(n))[1] for n in times]
plt.figure(figsize=(6, 3), layout="constrained")
plt.semilogy(times, forgetful, "o-", label="without remembering")
plt.semilogy(times, careful, "s-", label="each Tensor expanded once")
plt.xlabel("additions x + x in a row")
plt.ylabel("visits")
plt.legend()
plt.show()
print(f"{times[-1]} additions: {forgetful[-1]} visits against {careful[-1]}; 30 would take {2**31 - 1:,}")
for length in (500, 20_000):
    error = error_of(recursive_order, chain(length))
    print(f"a chain of {length:6} operations, recursively:", type(error).__name__ if error else "works")

# %% [markdown]
# Remembering repairs the first problem. The second stays: Python limits how deeply functions may call each
# other, and a network unrolled over time is deeper. So replace the call stack by a list of your own: a
# **stack** with `append` and `pop`. It can grow as long as memory lasts.
#
# One more trap lies in "remember whom you have seen":

# %%
u, v = Tensor([1.0]), Tensor([1.0])  # two Tensors that happen to hold the same number
print("is v in the list [u]?       ", v in [u], "  because == compares numbers")
print("is id(v) in the set {id(u)}?", id(v) in {id(u)}, " because an id belongs to one object")
stack = ["a", "b"]
stack.append("c")
print("a stack: what was appended last is popped first:", stack.pop(), stack.pop(), stack.pop())

# %% [markdown]
# ### Exercise `05-order`: topological order without recursion
#
# Return a list of Tensors:
#
# 1. exactly those that **require a gradient** and that `root` was made from, `root` included,
# 2. each once,
# 3. each after all of its inputs that are in the list, so `root` is last.
#
# Tensors without `requires_grad` are left out: nothing flows into them.
#
# One way: put pairs `(node, inputs_done)` on the stack. A node is met twice: first to put its inputs on top
# of it, later, when they are finished, to be listed.


# %% nbgrader={"grade": false, "grade_id": "05-order-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def topological_order(root):
    """The Tensors that need a gradient and that root was made from, inputs before results; root is last.

    About 12 lines, no recursion. For a * b + a it is [a, b, a * b, root], or the same with b before a.
    """
    ### BEGIN SOLUTION
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            if node.origin is not None:
                for value in node.origin[1]:
                    if value.requires_grad:
                        stack.append((value, False))
    return order
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-order", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def check_order(root, count):
    order = topological_order(root)
    assert order is not None, "topological_order must return a list"
    order = list(order)
    place = {id(node): i for i, node in enumerate(order)}
    assert len(place) == len(order), f"each Tensor must appear once: {len(order)} entries, {len(place)} Tensors"
    assert len(order) == count, (
        f"expected {count} Tensors that require a gradient, got {len(order)}. Leave out data and constants only"
    )
    assert order[-1] is root, "the root must be last: every Tensor stands after its inputs"
    for node in order:
        for value in (node.origin[1] if node.origin else ()):
            before = not value.requires_grad or place.get(id(value), count) < place[id(node)]
            assert before, f"an input of {node.origin[0]!r} is missing, or stands after its result"


check_order(diamond()[-1], 5)
check_order(running_example(), 7)
error = error_of(check_order, chain(20_000), 20_001)
assert not isinstance(error, RecursionError), "a chain of 20,000 operations: use a list as a stack, no recursion"
assert error is None, f"a chain of 20,000 operations: {error}"
### BEGIN HIDDEN TESTS
check_order(Tensor(1.0, requires_grad=True), 1)
check_order(doubled(30), 31)
start = Tensor([1.0], requires_grad=True)
total = start
for _ in range(30):
    total = total + start
check_order(total, 31)
late = Tensor(1.0, requires_grad=True)
first = late * 2.0
second = first * 3.0
check_order(first + second * first + late, 6)
check_order((second + late) * first, 5)
u, v = Tensor(1.0, requires_grad=True), Tensor(1.0, requires_grad=True)  # equal numbers, two Tensors
check_order((u + v) * (v + u), 5)
wide = Tensor(1.0, requires_grad=True)
parts = [wide * 2.0 for _ in range(200)]
total = parts[0]
for part in parts[1:]:
    total = total + part
check_order(total, 400)
again = [id(node) for node in topological_order(total)]
assert len(again) == 400, "a second call must give the same: keep nothing between calls"
### END HIDDEN TESTS
print("05-order: inputs before results, each Tensor once, at any depth")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Start with `stack = [(root, False)]`. Pop a pair. If `inputs_done` is true, append the node to the order. If
# not, and its id is new: remember the id, push `(node, True)`, then push `(value, False)` for each input that
# requires a gradient. What is pushed last is popped first, so the inputs are finished before the node.
#
# </details>

# %% [markdown]
# Your order of the running example. Read it from right to left: that is the way `backward` will go.

# %%
titles = {id(W): "W", id(b): "b"}
print(" < ".join(node.origin[0] if node.origin else titles[id(node)] for node in topological_order(running_example())))

# %% [markdown]
# ## 6. Backward
#
# Where does it start? The loss is one number, and its slope with respect to itself is 1. A result with many
# numbers has no single slope: somebody must say how much each of its numbers counts, as a `gradient` of the
# same shape. (It is the gradient of whatever comes after.) The start is given, with its three errors.


# %% nbgrader={"grade": false, "grade_id": "05-start", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def starting_gradient(root, gradient=None):
    """The gradient to begin with: 1 for a single number, else the given one, as an array of its own."""
    if not root.requires_grad:
        raise ValueError(
            f"backward on a Tensor of shape {root.shape} that requires no gradient: no input of it had "
            "requires_grad=True, or it was computed inside no_grad"
        )
    if gradient is None:
        if root.size != 1:
            raise ValueError(
                f"backward on shape {root.shape}: only a single number can start alone. Reduce it first, "
                f"e.g. .mean(), or give backward a gradient of shape {root.shape}"
            )
        return np.ones(root.shape, root.dtype)
    gradient = np.array(gradient.data if isinstance(gradient, Tensor) else gradient, dtype=root.dtype)
    if gradient.shape != root.shape:
        raise ValueError(f"the gradient has shape {gradient.shape}, the Tensor {root.shape}: make them equal")
    return gradient


# %% [markdown]
# The step is given too. `input_gradients(node, gradient)` asks the rule of the operation that made `node`,
# and returns pairs `(input, its gradient)` for those inputs that need one. Here, and nowhere else, gradients
# are fitted to their inputs: your `unbroadcast` for the shape, and the input's dtype. Here a missing rule is
# named.


# %% nbgrader={"grade": false, "grade_id": "05-step", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _fitted(gradient, tensor, name, number):
    """A rule's gradient as an array with the shape and dtype of the input that it belongs to."""
    gradient, shape = np.asarray(gradient), tensor.data.shape
    if gradient.shape != shape:
        sizes = zip(gradient.shape[::-1], shape[::-1], strict=False)
        if gradient.ndim < len(shape) or any(n not in (m, 1) for m, n in sizes):
            raise ValueError(
                f"the gradient rule of {name!r} gives shape {gradient.shape} for input {number}, "
                f"which has shape {shape}"
            )
        gradient = unbroadcast(gradient, shape)
    return gradient if gradient.dtype == tensor.data.dtype else gradient.astype(tensor.data.dtype)


def input_gradients(node, gradient):
    """Pairs (input, gradient) for the inputs of a recorded result that require one."""
    name, inputs, options = node.origin
    rule = GRADIENTS.get(name)
    if rule is None:
        raise LookupError(f'no gradient rule for {name!r}: write one under @gradient_of("{name}")')
    parts = rule(gradient, node.data, *[tensor.data for tensor in inputs], **options)
    if not isinstance(parts, tuple) or len(parts) != len(inputs):
        raise ValueError(f"the gradient rule of {name!r} must return a tuple of {len(inputs)}, one per input")
    pairs = []
    for number, tensor in enumerate(inputs):
        part = parts[number]
        if part is not None and tensor.requires_grad:
            part = part() if callable(part) else part
            pairs.append((tensor, _fitted(part, tensor, name, number)))
    return pairs


# %%
a, b_, p, q, out = diamond()
print("from the result:", [(name, float(g)) for name, (_, g) in zip("qp", input_gradients(out, np.float32(1)), strict=True)])
print("from q, given 6:", [(name, float(g)) for name, (_, g) in zip("pa", input_gradients(q, np.float32(6)), strict=True)])
print("from p, given 14:", [(name, float(g)) for name, (_, g) in zip("ab", input_gradients(p, np.float32(14)), strict=True)])

# %% [markdown]
# The diamond, worked with these steps. Contributions meet in a dictionary from `id(tensor)` to the gradient
# so far:
#
# | step | the dictionary afterwards |
# | --- | --- |
# | start | out: 1 |
# | out: take 1, give 6 to q and 8 to p | q: 6, p: 8 |
# | q: take 6, give 6 to p and 6 to a | p: 14, a: 6 |
# | p: take 14, give 42 to a and 28 to b | a: 48, b: 28 |
#
# At the end only the leaves are left.
#
# One trap: two entries of the dictionary may be the **same array**.

# %%
to_left, to_right = add_gradient(np.array([1.0, 10.0]), None, None, None)
print("the rule of add gives one array twice:", to_left is to_right)
to_left += 1
print("after to_left += 1, to_right is", to_right)

# %% [markdown]
# ### Exercise `05-backward`: the walk
#
# 1. Go through the order from its end. Take each computed Tensor's gradient **out of** the dictionary, so
#    that its memory is freed, and add what `input_gradients` returns to its inputs' entries. (It may have no
#    entry, when a rule gave None for it: skip it.)
# 2. Then write the leaves: `tensor.grad` becomes an array of **its own** if it was `None`; otherwise the new
#    gradient is **added** to it. Computed Tensors keep `grad = None`.
#
# So never add in place (`+=` on an array): write `old + new`. And a leaf takes a copy, since an optimizer may
# change it in place.

# %% [markdown]
# What about a second `backward` on the same graph? PyTorch raises an error, because it has thrown parts of
# the graph away. Our graph is plain data and stays. So the sentence is: **a second call on the same graph
# adds the same gradients once more.** Clear them with `zero_grad` in between, or compute the loss afresh.


# %% nbgrader={"grade": false, "grade_id": "05-backward-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def backward(root, gradient=None):
    """Add the gradient of root to `.grad` of every leaf that requires one.

    A root of more than one number needs a `gradient` of its shape. The graph stays as it is: a second call
    adds the same gradients once more. About 12 lines after the first two.

    >>> a = Tensor([2.0, 3.0], requires_grad=True)
    >>> backward(a + a, gradient=[1.0, 10.0])
    >>> a.grad
    array([ 2., 20.], dtype=float32)
    """
    waiting = {id(root): starting_gradient(root, gradient)}
    order = topological_order(root)
    ### BEGIN SOLUTION
    for node in reversed(order):
        if node.origin is None or id(node) not in waiting:
            continue
        for tensor, part in input_gradients(node, waiting.pop(id(node))):
            known = waiting.get(id(tensor))
            waiting[id(tensor)] = part if known is None else known + part
    for leaf in order:
        if leaf.origin is None and id(leaf) in waiting:
            part = waiting[id(leaf)]
            leaf.grad = np.array(part) if leaf.grad is None else leaf.grad + part
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "05-trusted", "locked": true, "schema_version": 3, "solution": false, "task": false}
@contextmanager
def trusted_rules(**more):
    """Inside the block only these rules exist, so that a test of backward tests backward alone."""
    saved = dict(GRADIENTS)
    GRADIENTS.clear()
    GRADIENTS.update(
        add=lambda grad, out, a, b: (grad, grad),
        mul=lambda grad, out, a, b: (grad * b, grad * a),
        sum=lambda grad, out, a, **options: (np.broadcast_to(grad, a.shape),),
        **more,
    )
    try:
        yield
    finally:
        GRADIENTS.clear()
        GRADIENTS.update(saved)


# %% nbgrader={"grade": true, "grade_id": "05-backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
with trusted_rules():
    a, b_, p, q, out = diamond()
    backward(out)
    assert a.grad is not None and b_.grad is not None, "the leaves a and b must have a grad after backward(out)"
    assert np.allclose(a.grad, 48), f"the diamond: a.grad should be 48, is {a.grad}. Add all contributions"
    assert np.allclose(b_.grad, 28), f"the diamond: b.grad should be 28, is {b_.grad}. Look at p: 14, not 8 or 6"
    assert p.grad is None and q.grad is None and out.grad is None, "computed Tensors keep grad = None"
    backward(out)
    assert np.allclose(a.grad, 96), f"a second call adds the same again: a.grad should be 96, is {a.grad}"

    one, two = Tensor([1.0, 1.0], requires_grad=True), Tensor([1.0, 1.0], requires_grad=True)
    backward((one + two) + one, gradient=[1.0, 10.0])
    assert np.allclose(one.grad, [2, 20]), f"(one + two) + one: one.grad should be [2, 20], is {one.grad}"
    assert np.allclose(two.grad, [1, 10]), (
        f"(one + two) + one: two.grad should be [1, 10], is {two.grad}. add gives the same array twice: no +="
    )
    three, four = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    backward(three + four)
    shared = np.shares_memory(three.grad, four.grad)
    assert not shared, "in three + four both leaves hold the same array as grad: each needs a copy of its own"
    weight, data = Tensor([2.0], requires_grad=True), Tensor([3.0, 5.0])
    backward((weight * data).sum())
    assert weight.grad.shape == (1,) and np.allclose(weight.grad, [8]), f"expected grad [8], got {weight.grad}"
    assert data.grad is None, "data that requires no gradient gets none"
### BEGIN HIDDEN TESTS
with trusted_rules():
    left, right = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    backward((left + right).sum())
    assert left.grad.flags.writeable, "an optimizer must be able to change a grad in place: copy what you write"
    left.grad *= 5
    assert np.allclose(right.grad, 1), "left and right share one array as grad: each leaf needs its own"
    total = left.sum()
    backward(total)
    assert np.allclose(left.grad, [6, 6]), "a gradient that is there already is added to"
    assert np.allclose(right.grad, [1, 1]), "a leaf that the second root was not made from keeps its grad"
    single = Tensor(3.0, requires_grad=True)
    backward(single)
    assert np.allclose(single.grad, 1), "a leaf as the root has the gradient 1"
    given = np.ones(2, np.float32)
    backward(left + right, given)
    left.grad *= 2
    assert np.allclose(given, 1), "the gradient given by the caller must not change or be shared"
    many = Tensor([1.0], requires_grad=True)
    total = many
    for _ in range(29):
        total = total + many
    backward(total)
    assert np.allclose(many.grad, 30), f"used 30 times: grad should be 30, is {many.grad}"
    root = doubled(30)
    leaf = topological_order(root)[0]
    backward(root)
    assert np.allclose(leaf.grad, 2.0**30), f"doubled 30 times: grad should be 2**30, is {leaf.grad}"
    root = chain(20_000)
    leaf = topological_order(root)[0]
    backward(root)
    assert np.allclose(leaf.grad, 1), f"a chain of 20,000 additions: grad should be 1, is {leaf.grad}"

    calls = []

    def counted(grad, out, a, b):
        calls.append(1)
        return grad, grad

with trusted_rules(sub=lambda grad, out, a, b: (grad, None)):
    GRADIENTS["add"] = counted
    backward(doubled(30))
    assert len(calls) == 30, f"30 additions: each rule is asked once, yours asked {len(calls)} times"
    left, right = Tensor([2.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    error = error_of(backward, left - right * 2.0)
    assert error is None, f"a rule gave None, so right * 2 has no entry in the dictionary: skip it. Yours: {error!r}"
    assert right.grad is None and np.allclose(left.grad, 1), "a rule may give None: nothing flows there"
    wide = Tensor([1.0], dtype=np.float64, requires_grad=True)
    narrow = Tensor([1.0], requires_grad=True)
    backward(wide * narrow)
    assert narrow.grad.dtype == np.float32 and wide.grad.dtype == np.float64, "a grad has the dtype of its Tensor"

with trusted_rules():
    several = Tensor([1.0, 2.0], requires_grad=True)
    for root, gradient in [(Tensor(1.0), None), (several + several, None), (several + several, [1.0])]:
        error = error_of(backward, root, gradient)
        assert isinstance(error, ValueError), f"a bad start: expected a ValueError, got {error!r}: keep the given lines"
    error = error_of(backward, ((several - 1.0) * several).sum())
    assert isinstance(error, LookupError) and "'sub'" in str(error), f"a missing rule is named, got {error!r}"
### END HIDDEN TESTS
print("05-backward: every contribution counts, each rule is asked once, leaves own their gradients")

# %% [markdown]
# <details><summary>Hint</summary>
#
# The loop is `for node in reversed(order):`, and a node with `origin is None` is a leaf: leave it for the
# second loop. `waiting.pop(id(node))` returns the gradient and forgets it. `waiting.get(key)` returns `None`
# when there is no entry; ask `is None`, since an array has no single truth value.
#
# </details>

# %% [markdown]
# The diamond once more, with what your `backward` finds. It frees the gradients in between. To see one of
# them, cut the graph there: begin with `p`, or with `q`, as a leaf.

# %%
a, b_, p, q, out = diamond()
backward(out)
cut_p, cut_q = Tensor(p.data, requires_grad=True), Tensor(q.data, requires_grad=True)
backward((cut_p + a.detach()) * cut_p)
backward(cut_q * p.detach())
found = [(a, a.grad), (b_, b_.grad), (p, cut_p.grad), (q, cut_q.grad), (out, 1.0)]
draw_graph(out, {"a = 2": a, "b = 3": b_}, {id(tensor): f"grad {gradient:g}" for tensor, gradient in found})
plt.show()

# %% [markdown]
# And the bad starts, and the running example. It does not get through yet: the table has no rule for all of
# its operations.

# %%
pair = Tensor([1.0, 2.0], requires_grad=True)
for attempt in (
    lambda: backward(pair * 2.0),
    lambda: backward(Tensor([1.0]) * 2.0),
    lambda: backward(pair * 2.0, gradient=[1.0, 1.0, 1.0]),
    lambda: backward(running_example()),
):
    print(f"- {error_of(attempt)}")

# %%
def missing_rules(root):
    """Names of the operations that root was made by and that have no gradient rule yet."""
    return sorted({node.origin[0] for node in topological_order(root) if node.origin} - set(GRADIENTS))


print("the running example still needs rules for", missing_rules(running_example()))

# %% [markdown]
# ## 7. A tool that proves gradients
#
# A wrong gradient rarely crashes. Training just gets worse, and nobody knows why. So before the next rules,
# build the tool that finds the wrong one: `check_gradients(function, *inputs)` compares `backward` with
# central differences, in float64, for every number of every input.
#
# The two never agree to the last digit. They **differ** at a place when
#
# $$|\text{found} - \text{measured}| > \text{tolerance} \cdot \max(1, |\text{measured}|)$$

# %%
found, measured = np.array([1.0, 2.0, np.nan]), np.array([1.0000001, 2.5, 3.0])
print("distance     ", np.abs(found - measured))
print("allowed      ", 1e-5 * np.maximum(1, np.abs(measured)))
print("too far      ", np.abs(found - measured) > 1e-5 * np.maximum(1, np.abs(measured)))
print("not near     ", ~(np.abs(found - measured) <= 1e-5 * np.maximum(1, np.abs(measured))))

# %% [markdown]
# Look at the last number. Every comparison with NaN ("not a number") is false, so "too far" overlooks the
# worst error of all, and "not near" catches it.
#
# ### Exercise `05-difference`: where do they differ?
#
# Return the index of the **first** place (in the order of `np.ndindex`, row by row) at which two arrays of the
# same shape differ, as a tuple of Python integers, or `None` if there is none. NaN in either array counts as a
# difference.


# %% nbgrader={"grade": false, "grade_id": "05-difference-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def first_difference(found, measured, tolerance):
    """The index of the first place where two arrays differ by more than tolerance * max(1, |measured|), or None.

    About 4 lines. [[1, 2], [3, 9]] and [[1, 2], [3, 4]] give (1, 1).
    """
    ### BEGIN SOLUTION
    near = np.abs(found - measured) <= tolerance * np.maximum(1, np.abs(measured))
    if np.all(near):
        return None
    return tuple(int(i) for i in np.argwhere(~near)[0])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-difference", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
table = np.array([[1.0, 2.0], [3.0, 4.0]])
for changed, expected in [((1, 1), (1, 1)), ((0, 1), (0, 1)), (None, None)]:
    other = table.copy()
    if changed:
        other[changed] += 0.5
    got = first_difference(other, table, 1e-5)
    assert got is None or isinstance(got, tuple), f"the index must be a tuple of integers or None, got {got!r}"
    assert got == expected, f"{other.tolist()} against {table.tolist()}: expected {expected}, got {got}"
assert first_difference(table + 1e-7, table, 1e-5) is None, "a difference below the tolerance does not count"
assert first_difference(table - 0.5, table, 1e-5) is not None, "too small is as wrong as too large: use np.abs"
assert first_difference(table + 1, table, 1e-5) == (0, 0), "of several differences return the first, row by row"
assert first_difference(np.array([1.0, np.nan]), np.ones(2), 1e-5) == (1,), "NaN must count as a difference"
### BEGIN HIDDEN TESTS
assert first_difference(np.array(1.0), np.array(2.0), 1e-5) == (), "one number of shape () differs at the index ()"
assert first_difference(np.array(2.0), np.array(2.0), 1e-5) is None, "one number of shape () may agree too"
assert first_difference(np.zeros((0, 3)), np.zeros((0, 3)), 1e-5) is None, "without numbers nothing differs"
assert first_difference(np.array([1.0]), np.array([np.nan]), 1e-5) == (0,), "NaN counts in either array"
assert first_difference(np.array([1000.005]), np.array([1000.0]), 1e-5) is None, "large numbers: relative tolerance"
assert first_difference(np.array([1000.05]), np.array([1000.0]), 1e-5) == (0,), "1000.05 against 1000 is too far"
assert first_difference(np.array([5e-6]), np.array([0.0]), 1e-5) is None, "near zero the tolerance is absolute"
got = first_difference(np.ones((2, 1, 3)), np.arange(6.0).reshape(2, 1, 3), 1e-5)
assert got == (0, 0, 0) and all(type(i) is int for i in got), f"expected a tuple of Python integers, got {got!r}"
### END HIDDEN TESTS
print("05-difference: the first disagreement is found, NaN included")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Build a boolean array `near` with `<=`, and look for its first `False`. `np.argwhere(~near)` lists the indices
# of all of them. Handle "none" first.
#
# </details>

# %% [markdown]
# The tool around it is given. A result with many numbers is turned into one by fixed random weights, which
# serve as the gradient to start from. Random ones, because with weights of 1 some errors cancel: the rows of
# a softmax sum to 1 whatever happens.
#
# When the whole calculation fails, `_wrong_rule` repeats the comparison for each recorded operation alone, so
# that the message can name the culprit.


# %% nbgrader={"grade": false, "grade_id": "05-wrong-rule", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _disagreement(value, tensor, found, epsilon, tolerance):
    """One phrase on the first place where found and the measured slope of value() differ, or an empty text."""
    found = np.zeros(tensor.shape) if found is None else found
    measured = central_differences(value, tensor.data, epsilon)
    index = first_difference(found, measured, tolerance)
    return "" if index is None else f"index {index}: gradient {found[index]:.6g}, measured {measured[index]:.6g}"


def _weighted(function, inputs, weights):
    """A function without arguments: the weighted sum of function(*inputs), as a number, recording nothing."""

    def value():
        with no_grad():
            return float(np.sum(function(*inputs).data * weights))

    return value


def _wrong_rule(root, epsilon, tolerance):
    """Check each recorded operation alone: one phrase that names the first wrong one."""
    for node in topological_order(root):
        if node.origin is not None:
            name, inputs, options = node.origin
            inputs = tuple(Tensor(t.data.copy(), t.dtype, t.requires_grad) for t in inputs)
            weights = np.random.default_rng(0).uniform(0.5, 1.5, node.shape)
            value = _weighted(lambda *a, name=name, options=options: apply(name, *a, **options), inputs, weights)
            fresh = apply(name, *inputs, **options)
            found = {id(tensor): gradient for tensor, gradient in input_gradients(fresh, weights)}
            for number, tensor in enumerate(inputs):
                if tensor.requires_grad:
                    text = _disagreement(value, tensor, found.get(id(tensor)), epsilon, tolerance)
                    if text:
                        return f"the rule of operation {name!r} is wrong for its input {number} at {text}"
    return "each rule alone is right: look at how backward adds up and at how it orders"


# %% nbgrader={"grade": false, "grade_id": "05-check-gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _for_checking(value):
    """A float64 leaf for floats; integers and booleans, and what is no array, stay as they are."""
    array = value.data if isinstance(value, Tensor) else value
    if isinstance(array, (list, tuple, np.ndarray, np.generic, float)) and np.asarray(array).dtype.kind == "f":
        return Tensor(np.array(array, dtype=np.float64), np.float64, requires_grad=True)
    return value


def check_gradients(function, *inputs, epsilon=1e-6, tolerance=1e-5):
    """True if backward through function(*inputs) agrees with central differences, else an AssertionError.

    `function` takes Tensors and returns one Tensor. Floats (Tensors, arrays, numbers) become float64 leaves,
    copies of what was given; integers are left alone. The message names the operation, the input's number
    and the index, with both values. At a corner, such as relu at 0 or a tie of max, nothing can be measured.

    >>> check_gradients(lambda a, b: a * b + a, [1.0, 2.0], 3.0)
    True
    """
    inputs = tuple(_for_checking(value) for value in inputs)
    out = function(*inputs)
    if not out.requires_grad:
        raise ValueError("nothing to check: the result depends on no float input, or Tensor operations were left")
    weights = np.random.default_rng(0).uniform(0.5, 1.5, out.shape)
    value = _weighted(function, inputs, weights)
    if out.dtype != np.float64 or value() != value():
        raise ValueError("cannot measure: the function gives float32, or another result at each call (dropout?)")
    backward(out, weights)
    for number, tensor in enumerate(inputs):
        if isinstance(tensor, Tensor) and tensor.requires_grad:
            text = _disagreement(value, tensor, tensor.grad, epsilon, tolerance)
            if text:
                culprit = _wrong_rule(out, epsilon, tolerance)
                raise AssertionError(f"input {number} of the function at {text}; {culprit}")
    return True


# %%
print("a * exp(b) / a.tanh():", check_gradients(lambda a, b: a * b.exp() / apply("tanh", a), [1.0, 2.0], [[0.5], [1.5]]))
right_rule = GRADIENTS["tanh"]
GRADIENTS["tanh"] = lambda grad, out, a: (grad * (1 - out),)  # the square was forgotten
print("with a wrong rule:\n ", error_of(check_gradients, lambda a: apply("tanh", a * 2.0) + a, [[0.1, 0.2]]))
GRADIENTS["tanh"] = right_rule

# %% [markdown]
# ## 8. The matrix product
#
# Nearly all the time of training goes into this rule. Take one entry of $C = AB$, $\;c_{ij} = \sum_k
# a_{ik}\,b_{kj}$. The number $a_{ik}$ appears in all entries of row $i$, each time multiplied by $b_{kj}$.
# With $G = \partial L/\partial C$:
#
# $$\frac{\partial L}{\partial a_{ik}} = \sum_j G_{ij}\, b_{kj} \qquad
# \frac{\partial L}{\partial b_{kj}} = \sum_i a_{ik}\, G_{ij}$$
#
# Both sums are matrix products again. Which factor has to be transposed can be read off the shapes:
#
# | | shape |
# | --- | --- |
# | A, B, C and G | `(n, k)`, `(k, m)`, `(n, m)`, `(n, m)` |
# | gradient of A | `(n, k)` |
# | gradient of B | `(k, m)` |


# %% nbgrader={"grade": false, "grade_id": "05-matmul-loops", "locked": true, "schema_version": 3, "solution": false, "task": false}
def matmul_gradients_by_loops(grad, a, b):
    """Both sums as they stand above, for tables: the specification."""
    to_a, to_b = np.zeros(a.shape), np.zeros(b.shape)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                to_a[i, k] += grad[i, j] * b[k, j]
                to_b[k, j] += a[i, k] * grad[i, j]
    return to_a, to_b


# %%
to_x_loops, to_W_loops = matmul_gradients_by_loops(to_product, x.data, W.data)
print("running example, gradient of x by loops (3, 2):", to_x_loops.tolist())
print("                 gradient of W by loops (2, 1):", to_W_loops.tolist(), "  in section 1:", to_W.tolist())

# %% [markdown]
# ### Exercise `05-matmul`: two products
#
# Write both gradients for inputs of at least two axes. Leading axes are a batch, so transposing means
# exchanging the **last two** axes: `np.swapaxes(a, -1, -2)`, which copies nothing. Should the batch axes of
# `a` and `b` differ, the results are too large, and `unbroadcast` sums them later. That is not your concern
# here.


# %% nbgrader={"grade": false, "grade_id": "05-matmul-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def left_gradient(grad, b):
    """Gradient of a in c = a @ b: grad (..., n, m), b (..., k, m) -> (..., n, k). One line.

    grad [[1, 0]] and b [[5, 6], [7, 8]] give [[5, 7]].
    """
    ### BEGIN SOLUTION
    return grad @ np.swapaxes(b, -1, -2)
    ### END SOLUTION


def right_gradient(a, grad):
    """Gradient of b in c = a @ b: a (..., n, k), grad (..., n, m) -> (..., k, m). One line.

    a [[1, 2]] and grad [[1, 0]] give [[1, 0], [2, 0]].
    """
    ### BEGIN SOLUTION
    return np.swapaxes(a, -1, -2) @ grad
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-matmul", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def check_matmul(n, k, m):
    rng = np.random.default_rng(n + 10 * k + 100 * m)
    a, b, grad = rng.normal(size=(n, k)), rng.normal(size=(k, m)), rng.normal(size=(n, m))
    to_a, to_b = matmul_gradients_by_loops(grad, a, b)
    for function, left, right, expected in [(left_gradient, grad, b, to_a), (right_gradient, a, grad, to_b)]:
        got = product_of(function, left, right, expected.shape)
        assert np.allclose(got, expected), (
            f"{function.__name__} for ({n}, {k}) @ ({k}, {m}): expected, by loops, {expected.tolist()}, "
            f"got {got.tolist()}. Which factor is transposed?"
        )


def product_of(function, left, right, shape):
    call = f"{function.__name__} of shapes {left.shape} and {right.shape}"
    try:
        got = function(left, right)
    except ValueError as error:
        raise AssertionError(f"{call}: {error}. Transpose one factor, by exchanging its last two axes") from error
    assert np.shape(got) == shape, f"{call} must have shape {shape}, yours has {np.shape(got)}: order and transpose"
    return got


check_matmul(2, 3, 4)
check_matmul(3, 3, 3)
product_of(left_gradient, np.ones((5, 2, 4)), np.ones((5, 3, 4)), (5, 2, 3))
product_of(right_gradient, np.ones((5, 2, 3)), np.ones((5, 2, 4)), (5, 3, 4))
### BEGIN HIDDEN TESTS
for sizes in [(1, 1, 1), (1, 4, 1), (4, 1, 3), (2, 2, 2)]:
    check_matmul(*sizes)
rng = np.random.default_rng(7)
tables, others, grads = (rng.normal(size=(2, 3, 3, 3)) for _ in range(3))
expected = matmul_gradients_by_loops(grads[1, 2], tables[1, 2], others[1, 2])
look = "two batch axes: each table by itself, the last two axes swapped"
assert np.allclose(left_gradient(grads, others)[1, 2], expected[0]), look
assert np.allclose(right_gradient(tables, grads)[1, 2], expected[1]), look
product_of(right_gradient, np.ones((0, 3)), np.ones((0, 2)), (3, 2))
product_of(left_gradient, np.ones((5, 2, 4)), np.ones((3, 4)), (5, 2, 3))
### END HIDDEN TESTS
print("05-matmul: two products, as the loops say")

# %% [markdown]
# <details><summary>Hint</summary>
#
# The gradient of a has shape `(n, k)`, and you have `grad (n, m)` and `b (k, m)`. Only one product of the two,
# with one of them transposed, has the shape `(n, k)`. The other one goes the same way.
#
# </details>

# %% [markdown]
# The rule around your two functions is given, since it is about speed and about vectors. Two ideas in it:
#
# - **A batch times one table**, as in `Linear`: folding the batch axes into one makes a single large product.
#   Otherwise there would be one weight gradient per example, to be summed afterwards.
# - **Memory order.** `weight.T` is a view in which columns are neighbours. Its gradient is computed in the
#   same order, so that after the transpose back it lies in memory as `weight` does.


# %% nbgrader={"grade": false, "grade_id": "05-matmul-rule", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _right_gradient_in_order(a, grad, b):
    """right_gradient(a, grad) in the memory order of b: the transpose of grad.T @ a is a.T @ grad."""
    if b.flags.c_contiguous:
        return right_gradient(a, grad)
    return np.swapaxes(right_gradient(grad, a), -1, -2)


def _vector_gradients(grad, a, b):
    """The rule of a product with a vector: a row (1, k) on the left, a column (k, 1) on the right."""
    row, column = a if a.ndim > 1 else a[None, :], b if b.ndim > 1 else b[:, None]
    grad = grad if b.ndim > 1 else grad[..., None]  # (..., n, 1), or (1,) if a is a vector too
    grad = grad if a.ndim > 1 else grad[..., None, :]  # (..., 1, m)
    to_row, to_column = left_gradient(grad, column), right_gradient(row, grad)
    return to_row if a.ndim > 1 else to_row[..., 0, :], to_column if b.ndim > 1 else to_column[..., 0]


@gradient_of("matmul")
def matmul_gradient(grad, out, a, b):
    """c = a @ b for vectors, tables and batches; the result may be larger than the input by batch axes."""
    if a.ndim == 1 or b.ndim == 1:
        return _vector_gradients(grad, a, b)
    rows, slopes = a, grad
    if a.ndim > 2 and b.ndim == 2:
        rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])  # (batch * n, k)
        slopes = grad.reshape(len(rows), grad.shape[-1])  # (batch * n, m)
    return (
        lambda: left_gradient(slopes, b).reshape(*grad.shape[:-1], b.shape[-2]),
        lambda: _right_gradient_in_order(rows, slopes, b),
    )


# %%
rng = np.random.default_rng(0)
for left, right in [((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((4, 2, 3), (3, 2)),
                    ((5, 1, 2, 3), (4, 3, 2)), ((2, 3), (4, 3, 2)), ((4, 2, 3), (3,))]:
    agree = check_gradients(lambda a, b: a @ b, rng.normal(size=left), rng.normal(size=right))
    print(f"{left!s:13} @ {right!s:10} agrees with central differences: {agree}")
print("the running example still needs rules for", missing_rules(running_example()))

# %% [markdown]
# ## 9. Reductions
#
# A reduction makes few numbers out of many, so its rule spreads few gradients over many places. For a `sum`
# every number counted with slope 1: each receives the gradient of the sum that it went into. If the axis
# disappeared, it must come back with size 1 first, so that broadcasting finds the right places.


# %% nbgrader={"grade": false, "grade_id": "05-sum", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def spread(reduced, a, axis, keepdims):
    """A reduction's result (or its gradient), broadcast back to the shape of a, without copying: read-only.

    >>> spread(np.array([10, 20]), np.zeros((2, 3)), axis=1, keepdims=False).tolist()
    [[10, 10, 10], [20, 20, 20]]
    """
    if axis is not None and not keepdims:
        reduced = np.expand_dims(reduced, axis)
    return np.broadcast_to(reduced, a.shape)


@gradient_of("sum")
def sum_gradient(grad, out, a, axis=None, keepdims=False):
    """c = the sum along an axis: each number has slope 1."""
    return (spread(grad, a, axis, keepdims),)


# %%
points = np.array([[6.0, 8.0, 10.0], [4.0, 6.0, 6.0]])  # (2, 3)
print("per row, grad [1, 5]:     ", rule_gradients("sum", np.array([1.0, 5.0]), points, axis=1)[0].tolist())
print("per column, grad [1, 2, 3]", rule_gradients("sum", np.array([1.0, 2.0, 3.0]), points, axis=0)[0].tolist())
largest = points.max(axis=1)
print("is it the row's largest?  ", (points == spread(largest, points, axis=1, keepdims=False)).tolist())

# %% [markdown]
# ### Exercise `05-reductions`: mean and max
#
# - `mean`: as `sum`, but each number counts $1/n$, where $n$ is how many numbers went into each mean.
# - `max`: only the largest number matters, slope 1 for it and 0 for all others. In the second row above two
#   numbers share the maximum: a **tie**. Our rule: those that tie **share the gradient equally**, so each of
#   two gets half. (PyTorch's `amax` does the same.)
# - `min`: the same with the smallest. Write one function, `extreme_gradient`, for both: all it needs is `out`.
#
# Inputs: `a` of any shape, `grad` and `out` of the reduced shape. `axis` is None, a number or a tuple.


# %% nbgrader={"grade": false, "grade_id": "05-reductions-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of("mean")
def mean_gradient(grad, out, a, axis=None, keepdims=False):
    """About 2 lines. a [[1, 3], [5, 7]], axis 1 and grad [2, 4] give [[1, 1], [2, 2]]."""
    ### BEGIN SOLUTION
    count = a.size // max(out.size, 1)
    return (spread(grad / max(count, 1), a, axis, keepdims),)
    ### END SOLUTION


def extreme_gradient(grad, out, a, axis=None, keepdims=False):
    """The rule of max and min; ties share equally. About 3 lines.

    a [[1, 3], [5, 5]] with max over axis 1 and grad [2, 4] gives [[0, 2], [2, 2]].
    """
    ### BEGIN SOLUTION
    chosen = a == spread(out, a, axis, keepdims)
    return (chosen * spread(grad, a, axis, keepdims) / chosen.sum(axis=axis, keepdims=True),)
    ### END SOLUTION


gradient_of("max")(extreme_gradient)
gradient_of("min")(extreme_gradient)


# %% nbgrader={"grade": true, "grade_id": "05-reductions", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
for name, inputs, expected in [
    ("mean", [[1.0, 3.0], [5.0, 7.0]], [[1, 1], [2, 2]]),
    ("max", [[1.0, 3.0], [7.0, 5.0]], [[0, 2], [4, 0]]),
    ("min", [[1.0, 3.0], [7.0, 5.0]], [[2, 0], [0, 4]]),
    ("max", [[1.0, 3.0], [5.0, 5.0]], [[0, 2], [2, 2]]),
    ("min", [[3.0, 3.0], [1.0, 5.0]], [[1, 1], [4, 0]]),
]:
    got = rule_gradients(name, np.array([2.0, 4.0]), np.array(inputs), axis=1)[0]
    assert got is not None and np.allclose(got, expected), (
        f"{name} of {inputs} along axis 1, grad [2, 4]: expected {expected}, got {np.asarray(got).tolist()}. "
        "Look at the count for mean, and at ties for max and min"
    )
for name in ("mean", "max", "min"):
    got = rule_gradients(name, None, np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0, keepdims=True)[0]
    assert np.shape(got) == (2, 2), f"{name} with keepdims=True: expected shape (2, 2), got {np.shape(got)}"
    check_rule(name, [[1.0, 4.0], [3.0, 2.0]], hint="axis=None: one number for the whole table")
### BEGIN HIDDEN TESTS
cube = np.random.default_rng(9).permutation(24).reshape(2, 3, 4) / 3.0  # no ties
for name in ("sum", "mean", "max", "min"):
    for axis in (None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2)):
        for keepdims in (False, True):
            check_rule(name, cube, axis=axis, keepdims=keepdims, hint="expand the axis, then broadcast: spread does")
    check_rule(name, [[1.0], [2.0], [3.0]], axis=1, hint="an axis of size 1")
    check_rule(name, 5.0, hint="a single number of shape ()")
got = rule_gradients("max", np.array([[6.0]]), np.full((2, 3), 7.0), axis=(0, 1), keepdims=True)[0]
assert np.allclose(got, 1), f"six equal numbers share a grad of 6: expected all 1, got {got.tolist()}"
got = rule_gradients("min", np.array([3.0, 4.0]), np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 2.0]]), axis=0)[0]
assert np.allclose(got, [[1, 4], [1, 0], [1, 0]]), f"ties are counted along the axis, got {got.tolist()}"
got = rule_gradients("mean", None, np.zeros((0, 3)), axis=1)[0]
assert np.shape(got) == (0, 3), "an empty batch: the gradient has shape (0, 3)"
### END HIDDEN TESTS
print("05-reductions: gradients are spread to where the numbers came from")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `n` is `a.size` divided by `out.size`. For `max`: `chosen = a == spread(out, a, axis, keepdims)` marks the
# places, and `chosen.sum(axis=axis, keepdims=True)` counts them. `True` counts as 1 in a product.
#
# </details>

# %% [markdown]
# `var` is given. With $\mu$ the mean, the slope of $\frac{1}{n-c}\sum_i (a_i - \mu)^2$ is
# $\frac{2}{n-c}(a_i - \mu)$. That $\mu$ depends on $a_i$ too adds nothing, because the distances from the
# mean sum to zero.


# %% nbgrader={"grade": false, "grade_id": "05-var", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@gradient_of("var")
def var_gradient(grad, out, a, axis=None, keepdims=False, correction=1):
    """c = the variance along an axis: the slope is 2 (a - mean) / (n - correction)."""
    count = a.size // max(out.size, 1)
    distance = a - a.sum(axis=axis, keepdims=True) / max(count, 1)
    return (distance * spread(grad * (2 / max(count - correction, 1)), a, axis, keepdims),)


# %% [markdown]
# With that, the running example gets through. `backward` against section 1:

# %%
check_rule("var", points, axis=1, correction=0)
W.grad = b.grad = None
backward(running_example())
print("W.grad", W.grad.ravel(), "  by hand", to_W.ravel())
print("b.grad", b.grad.ravel(), "    by hand", to_b.ravel())

# %% [markdown]
# ## 10. Shapes
#
# `reshape` and `transpose` only move numbers, so their rules move the gradients back. `reshape` is solved: the
# gradient is read with the input's shape.


# %% nbgrader={"grade": false, "grade_id": "05-reshape", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@gradient_of("reshape")
def reshape_gradient(grad, out, a, shape):
    """The same numbers in the input's shape."""
    return (grad.reshape(a.shape),)


# %%
axes = (2, 0, 1)  # axis i of the result is axis axes[i] of the input
moved = np.zeros((2, 3, 4)).transpose(axes)
print("(2, 3, 4) transposed by", axes, "is", moved.shape)
print("transposed by", axes, "once more:", moved.transpose(axes).shape, "  that is not the way back")
index = np.array([0, 2, 2])
print("a[[0, 2, 2]] of [10, 20, 30]:", np.array([10, 20, 30])[index])
assigned, added = np.zeros(3), np.zeros(3)
assigned[index] += [1.0, 5.0, 7.0]
np.add.at(added, index, [1.0, 5.0, 7.0])
print("its grad [1, 5, 7] sent back with +=:", assigned, "  with np.add.at:", added)

# %% [markdown]
# ### Exercise `05-shapes`: transpose and getitem
#
# **Transpose.** Axis `axes[i]` of the input became axis `i`. Find the order that undoes it; `axes` may count
# from the end (negative).
#
# **Getitem** picks a part, `out = a[index]`. Its rule puts `grad` where the part came from and zeros
# elsewhere. An index array may pick the same place **twice**, and then its gradients add up. As the cell
# above shows, `result[index] += grad` forgets all but the last one; `np.add.at(result, index, grad)` adds
# them all.


# %% nbgrader={"grade": false, "grade_id": "05-shapes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of("transpose")
def transpose_gradient(grad, out, a, axes):
    """Undo the transpose. About 4 lines: grad of shape (4, 2, 3) and axes (2, 0, 1) give shape (2, 3, 4)."""
    ### BEGIN SOLUTION
    back = [0] * len(axes)
    for i, axis in enumerate(axes):
        back[axis] = i
    return (grad.transpose(back),)
    ### END SOLUTION


@gradient_of("getitem")
def getitem_gradient(grad, out, a, index):
    """Put grad where a[index] came from, adding where a place was picked twice. About 3 lines.

    a of shape (3,), index [0, 2, 2] and grad [1, 5, 7] give [1, 0, 12].
    """
    ### BEGIN SOLUTION
    result = np.zeros_like(a)
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is Ellipsis or isinstance(part, (int, slice, np.integer)) for part in parts):
        result[index] = grad  # a plain slice picks each place once, and assigning is much faster
    else:
        np.add.at(result, index, grad)
    return (result,)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-shapes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
got = rule_gradients("transpose", np.zeros((4, 2, 3)), np.zeros((2, 3, 4)), axes=(2, 0, 1))[0]
assert np.shape(got) == (2, 3, 4), f"transpose by (2, 0, 1): expected shape (2, 3, 4) back, got {np.shape(got)}"
check_rule("transpose", np.arange(6.0).reshape(2, 3), axes=(1, 0), hint="the order that undoes axes")
check_rule("transpose", np.arange(8.0).reshape(2, 2, 2), axes=(1, 2, 0), hint="undo, do not repeat")
got = rule_gradients("getitem", np.array([1.0, 5.0, 7.0]), np.zeros(3), index=[0, 2, 2])[0]
assert np.allclose(got, [1, 0, 12]), f"index [0, 2, 2], grad [1, 5, 7]: expected [1, 0, 12], got {got}: np.add.at"
for index in (1, slice(0, 2), (slice(None), 1), np.array([True, False, True])):
    check_rule("getitem", np.arange(12.0).reshape(3, 4), index=index, hint="zeros everywhere else")
### BEGIN HIDDEN TESTS
cube = np.random.default_rng(3).normal(size=(2, 3, 4))
for axes in [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (-1, 0, 1), (1, -1, -3), (0, 2, 1)]:
    check_rule("transpose", cube, axes=axes, hint=f"axes {axes}: where did axis axes[i] go?")
check_rule("transpose", 5.0, axes=(), hint="a single number has no axes")
for index in [
    (0, 1, 2), Ellipsis, (Ellipsis, 1), (slice(None, None, 2), None), -1, slice(2, 0), (slice(None), [2, 0, 2]),
    (np.array([0, 1, 1]), np.array([2, 2, 2])), np.array([[0, 0], [1, 0]]), cube > 0, (0, slice(None), [1, 1]),
    (slice(None), slice(None, None, -1)), np.int64(1), (np.array(1), 2), [True, False],
]:
    check_rule("getitem", cube, index=index, hint=f"index {index!r}")
check_rule("reshape", cube, shape=(4, -1), hint="the given rule of reshape")
got = rule_gradients("getitem", None, np.zeros((3, 2), np.float32), index=1)[0]
assert got.dtype == np.float32, f"float32 in, a float32 gradient out, got {got.dtype}: use np.zeros_like(a)"
assert np.shape(rule_gradients("getitem", None, np.zeros((3, 2)), index=slice(0, 0))[0]) == (3, 2), "an empty slice"
### END HIDDEN TESTS
print("05-shapes: every gradient goes back to where its number came from")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `back[axes[i]] = i` for each `i` says where every axis has to go, and a list understands negative places. For
# getitem start with `np.zeros_like(a)`.
#
# </details>

# %% [markdown]
# ## 11. Softmax and the losses
#
# Softmax is the first operation in which every result depends on every input of its row. Raising one score
# raises its probability and lowers all others: $\partial p_i / \partial z_j = p_i\,([i = j] - p_j)$. Multiplied
# by `grad` and summed over $i$:
#
# $$\frac{\partial L}{\partial z_j} = p_j \Big(g_j - \sum_i g_i\, p_i\Big)$$
#
# For the logarithm of softmax, with $p_j = e^{c_j}$, the sum becomes $g_j - p_j \sum_i g_i$.

# %%
p = np.array([0.7, 0.2, 0.1])
g = np.array([1.0, 0.0, 0.0])  # only the first probability matters
jacobian = np.diag(p) - np.outer(p, p)  # row i: how p_i depends on each score
print(jacobian)
print("as a matrix product:", jacobian.T @ g)
print("as the formula:     ", p * (g - (g * p).sum()))

# %% [markdown]
# The matrix is never built: for 50,000 classes it would have 2.5 billion entries per row. The formula needs
# one row.
#
# The rule of `log_softmax` is solved, and so is the mean squared error. Each loss has the option `reduction`:
# with `"mean"` each single loss counts $1/n$, with `"sum"` it counts 1, and with `"none"` there is one `grad`
# for each.


# %% nbgrader={"grade": false, "grade_id": "05-mse", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@gradient_of("log_softmax")
def log_softmax_gradient(grad, out, a, axis=-1):
    """c = log softmax(a): grad - p * (the sum of grad), where p = e^c."""
    return (grad - np.exp(out) * grad.sum(axis=axis, keepdims=True),)


def per_loss(grad, reduction, count):
    """The gradient of each of `count` single losses, from the gradient of the reduced loss."""
    return grad / count if reduction == "mean" else grad


@gradient_of("mse_loss")
def mse_loss_gradient(grad, out, prediction, target, reduction="mean"):
    """Squared errors (p - t)^2: the slopes are 2 (p - t) and its opposite."""
    slopes = (2 * per_loss(grad, reduction, prediction.size)) * (prediction - target)
    return slopes, lambda: -slopes


# %% [markdown]
# You derived the other two gradients in module 04: probability minus truth.
#
# $$\frac{\partial \ell_n}{\partial z_{nj}} = p_{nj} - [\,j = y_n\,] \qquad
# \frac{\partial \ell_j}{\partial z_j} = \sigma(z_j) - y_j$$
#
# Two functions on arrays that survive large logits are given, so that this file needs no code of module 02.


# %% nbgrader={"grade": false, "grade_id": "05-probabilities", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _softmax(logits):
    """Probabilities along the last axis; the largest exponent is 0."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def _sigmoid(logits):
    """Probabilities of yes, number by number; only exp of -|z| and of min(z, 0) is taken."""
    return np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits)))


# %%
logits, labels = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 0.0]]), np.array([0, 2])
print("probabilities\n", _softmax(logits))
print("the truth\n", np.eye(3)[labels])
print("one grad per row, [1, 10], must be read as a column to meet (2, 3):", np.array([1, 10])[:, None].tolist())

# %% [markdown]
# ### Exercise `05-losses`: softmax and two losses
#
# - `softmax` along any `axis`: the formula above, without building a matrix.
# - `cross_entropy`: logits `(N, C)` and labels `(N,)`. There is one loss per **row**. With `"mean"` or `"sum"`
#   the shape of `grad` is `()`; with `"none"` it is `(N,)`. Labels are integers: their gradient is None.
# - `bce_with_logits`: logits and targets of equal shape, one loss per **number**. A target may be a
#   probability and need a gradient too: its slope is $-z$.


# %% nbgrader={"grade": false, "grade_id": "05-losses-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of("softmax")
def softmax_gradient(grad, out, a, axis=-1):
    """out holds the probabilities. About 2 lines: out [0.7, 0.2, 0.1], grad [1, 0, 0] give [0.21, -0.14, -0.07]."""
    ### BEGIN SOLUTION
    weighted = grad * out
    return (weighted - out * weighted.sum(axis=axis, keepdims=True),)
    ### END SOLUTION


@gradient_of("cross_entropy")
def cross_entropy_gradient(grad, out, logits, labels, reduction="mean"):
    """About 5 lines; _softmax(logits) is a new array. Logits of zeros (2, 2), labels [0, 1], grad 1, "mean":
    [[-0.25, 0.25], [0.25, -0.25]].
    """
    ### BEGIN SOLUTION
    grad = per_loss(grad, reduction, len(labels))
    slopes = _softmax(logits)  # (N, C)
    slopes[np.arange(len(labels)), labels] -= 1
    slopes *= grad[:, None] if grad.ndim else grad
    return slopes, None
    ### END SOLUTION


@gradient_of("bce_with_logits")
def bce_with_logits_gradient(grad, out, logits, targets, reduction="mean"):
    """About 2 lines. Logits [0, 0], targets [1, 0], grad 1, "mean": [-0.25, 0.25]."""
    ### BEGIN SOLUTION
    grad = per_loss(grad, reduction, logits.size)
    return grad * (_sigmoid(logits) - targets), lambda: -grad * logits
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-losses", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
got = rule_gradients("softmax", np.array([1.0, 0.0, 0.0]), np.log([0.7, 0.2, 0.1]))[0]
assert np.allclose(got, [0.21, -0.14, -0.07]), f"softmax: expected [0.21, -0.14, -0.07], got {got}"
got = rule_gradients("cross_entropy", None, np.zeros((2, 2)), np.array([0, 1]))
assert got[0] is not None and np.allclose(got[0], [[-0.25, 0.25], [0.25, -0.25]]), (
    f"cross_entropy, two rows of equal logits: expected [[-0.25, 0.25], [0.25, -0.25]], got {got[0]}"
)
assert got[1] is None, "labels are integers: their gradient is None"
got = rule_gradients("bce_with_logits", None, np.zeros(2), np.array([1.0, 0.0]))[0]
assert np.allclose(got, [-0.25, 0.25]), f"bce_with_logits: expected [-0.25, 0.25], got {got}"
rng = np.random.default_rng(11)
for reduction in ("mean", "sum", "none"):
    hint = f"reduction {reduction!r}: what one single loss counts"
    check_rule("cross_entropy", rng.normal(size=(3, 4)), np.array([0, 3, 3]), reduction=reduction, hint=hint)
    check_rule("bce_with_logits", rng.normal(size=(3, 2)), rng.uniform(0.2, 0.8, (3, 2)), reduction=reduction, hint=hint)
for axis in (0, 1):
    check_rule("softmax", rng.normal(size=(3, 4)), axis=axis, hint="the sum goes along the axis, with keepdims")
### BEGIN HIDDEN TESTS
for reduction in ("mean", "sum", "none"):
    check_rule("cross_entropy", rng.normal(size=(4, 4)), np.array([1, 0, 2, 2]), reduction=reduction, hint="square logits")
    check_rule("cross_entropy", rng.normal(size=(1, 3)), np.array([2]), reduction=reduction, hint="a batch of one")
    check_rule("mse_loss", rng.normal(size=(3, 2)), rng.normal(size=(3, 2)), reduction=reduction, hint="the given rule")
    check_rule("bce_with_logits", 0.3, 0.5, reduction=reduction, hint="a single logit")
    with np.errstate(all="raise", under="ignore"):
        big = np.array([[1000.0, -1000.0], [-1000.0, 1000.0]])
        got = rule_gradients("cross_entropy", None, big, np.array([0, 0]), reduction=reduction)[0]
        count = 2 if reduction == "mean" else 1
        assert np.allclose(got * count, [[0, 0], [-1, 1]]), f"logits of 1000: expected [[0, 0], [-1, 1]], got {got}"
        got = rule_gradients("bce_with_logits", None, big, np.zeros((2, 2)), reduction=reduction)[0]
        count = 4 if reduction == "mean" else 1
        assert np.allclose(got * count, [[1, 0], [0, 1]]), f"logits of 1000: expected [[1, 0], [0, 1]], got {got}"
cube = rng.normal(size=(2, 3, 4))
for axis in (0, 1, 2, -1, -2):
    check_rule("softmax", cube, axis=axis, hint=f"axis {axis}")
    check_rule("log_softmax", cube, axis=axis, hint="the given rule of log_softmax")
got = rule_gradients("softmax", None, cube)[0]
assert np.allclose(got, 0), "probabilities sum to 1 whatever the scores: with grad 1 everywhere the gradient is 0"
### END HIDDEN TESTS
print("05-losses: probability minus truth, for every reduction")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `per_loss(grad, reduction, count)` deals with the reductions: for cross entropy the count is the number of
# rows, for BCE the number of all logits. A `grad` of shape `(N,)` needs `grad[:, None]` to meet `(N, C)`; a
# `grad` of shape `()` has `ndim` 0. In cross entropy subtract 1 at `[np.arange(N), labels]`.
#
# </details>

# %% [markdown]
# ## 12. The whole table
#
# Modules 01 to 04 have registered all operations in `OPS`. Is there one without a rule?

# %%
print("operations:", len(OPS), "  without a rule:", sorted(set(OPS) - set(GRADIENTS)) or "none")

# %% [markdown]
# There is nothing to write for the next test. It runs every operation through `apply`, your `backward`, your
# rules and `check_gradients`, which is how they will be used from now on. And it looks whether this notebook
# has changed anything about `Tensor`: it must not, since nothing but the table connects the two.


# %% nbgrader={"grade": false, "grade_id": "05-samples", "locked": true, "schema_version": 3, "solution": false, "task": false}
_far = np.array([[0.9, -1.7, 0.4], [2.1, -0.6, 1.3]])  # no zeros, no ties
SAMPLES = {
    name: [((_far, _far[0] + 3), {}), ((_far + 3, np.array([[2.0], [3.0]])), {})] for name in ("add", "sub", "mul", "div")
}
SAMPLES |= {name: [((_far,), {})] for name in ("neg", "exp", "abs", "relu", "sigmoid", "tanh", "gelu")}
SAMPLES |= {name: [((np.abs(_far),), {})] for name in ("log", "sqrt")}
SAMPLES |= {name: [((_far,), {}), ((_far,), {"axis": 0})] for name in ("softmax", "log_softmax")}
SAMPLES |= {
    name: [((_far,), {"axis": axis, "keepdims": keep}) for axis in (None, 0, (0, 1)) for keep in (False, True)]
    for name in ("sum", "mean", "max", "min", "var")
}
SAMPLES |= {
    name: [((_far, other), {"reduction": r}) for r in ("mean", "sum", "none")]
    for name, other in [
        ("mse_loss", _far[::-1].copy()), ("cross_entropy", np.array([2, 0])), ("bce_with_logits", np.abs(_far) / 3)
    ]
}
SAMPLES |= {
    "pow": [((np.abs(_far), 2.5), {}), ((_far + 3, _far[0]), {})],
    "matmul": [((_far, _far.T), {}), ((_far, _far[0]), {}), ((np.stack([_far, -_far]), _far.T), {})],
    "reshape": [((_far,), {"shape": (3, 2)})],
    "transpose": [((_far,), {"axes": (1, 0)})],
    "getitem": [((_far,), {"index": ([0, 1, 1], [2, 2, 2])}), ((_far,), {"index": 1})],
}


# %% nbgrader={"grade": true, "grade_id": "05-complete", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
unknown = sorted(set(OPS) - set(GRADIENTS))
assert not unknown, f"these operations have no gradient rule: {unknown}. Run the cells above from the top"
for name, calls in SAMPLES.items():
    for inputs, options in calls:
        assert check_gradients(lambda *tensors, name=name, options=options: apply(name, *tensors, **options), *inputs)
for part, before in TENSOR_BEFORE.items():
    changed = [key for key, value in vars(part).items() if before.get(key) is not value]
    assert not changed, f"Tensor has changed: {changed}. Autograd only registers; assign nothing to the class"
### BEGIN HIDDEN TESTS
untested = sorted(set(OPS) - set(SAMPLES))
assert not untested, f"operations without a sample: {untested}"
half = Tensor([[1.0, -2.0]], requires_grad=True)
for name in ("exp", "sigmoid", "softmax", "relu", "mean"):
    half.grad = None
    backward(apply(name, half).sum())
    assert half.grad.dtype == np.float32, f"float32 data must get float32 gradients, {name} gives {half.grad.dtype}"
tied = Tensor([[3.0, 3.0, 1.0]], requires_grad=True)
backward(tied.max())
assert np.allclose(tied.grad, [[0.5, 0.5, 0]]), f"ties share equally: expected [0.5, 0.5, 0], got {tied.grad}"
base = Tensor([-2.0, 3.0], requires_grad=True)
with np.errstate(all="raise"):
    backward((base**2).sum() + (base**3).sum())
assert np.allclose(base.grad, [8, 33]), f"x^2 + x^3 at [-2, 3]: expected [8, 33], got {base.grad}"
probe = error_of(check_gradients, lambda a: Tensor(a.data * 2, np.float64), [1.0])
assert isinstance(probe, ValueError), "check_gradients: a function that leaves Tensors has nothing to check"
### END HIDDEN TESTS
print("05-complete: every operation of modules 01 to 04 has a right rule, and Tensor is as it was")

# %% [markdown]
# ## 13. What you no longer have to do
#
# Milestone 1 trained a two-layer perceptron with gradients derived by hand. Here is that derivation once
# more, for a ReLU network, next to one call of `backward`.


# %%
def perceptron_gradients_by_hand(model, x, y):
    """Gradients of the mean BCE loss for Linear, ReLU, Linear, by the formulas of milestone 1."""
    first, _, second = model
    z = x @ first.weight.data.T + first.bias.data  # (N, H)
    h = np.maximum(z, 0)
    logits = h @ second.weight.data.T + second.bias.data  # (N, 1)
    logits_grad = (_sigmoid(logits) - y) / len(x)  # (N, 1)
    z_grad = (logits_grad @ second.weight.data) * (z > 0)  # (N, H)
    return [z_grad.T @ x, z_grad.sum(axis=0), logits_grad.T @ h, logits_grad.sum(axis=0)]


rng = np.random.default_rng(1957)
angle, label = rng.uniform(0, 2 * np.pi, 200), np.arange(200) % 2
ring_x = ((1 + label) * np.array([np.cos(angle), np.sin(angle)])).T + rng.normal(0, 0.15, (200, 2))
ring_x, ring_y = ring_x.astype(np.float32), label[:, None].astype(np.float32)  # two rings, one inside the other

model = Sequential(Linear(2, 16, rng=rng), ReLU(), Linear(16, 1, rng=rng))
loss = BCEWithLogitsLoss()(model(Tensor(ring_x)), Tensor(ring_y))
backward(loss)
by_hand = perceptron_gradients_by_hand(model, ring_x, ring_y)
for (name, parameter), expected in zip(model.named_parameters(), by_hand, strict=True):
    gap = np.abs(parameter.grad - expected).max()
    print(f"{name:15} shape {parameter.grad.shape!s:8} largest difference from the hand-derived one {gap:.1e}")

# %% [markdown]
# The same numbers, up to rounding, and nobody derived anything. So the model may now be changed at will.
# Below three networks are trained with the same loop; for the deeper two, milestone 1 would have needed a new
# derivation each. `zero_grad` comes before every `backward`, because gradients add up.


# %%
def train(model, steps=300, rate=0.3):
    """Full-batch gradient descent on the two rings; the list of losses."""
    losses = []
    for _ in range(steps):
        loss = BCEWithLogitsLoss()(model(Tensor(ring_x)), Tensor(ring_y))
        model.zero_grad()
        backward(loss)
        for parameter in model.parameters():
            parameter.data -= rate * parameter.grad
        losses.append(loss.item())
    return losses


networks = {
    "ReLU": Sequential(Linear(2, 16, rng=rng), ReLU(), Linear(16, 1, rng=rng)),
    "Tanh, Tanh": Sequential(Linear(2, 16, rng=rng), Tanh(), Linear(16, 16, rng=rng), Tanh(), Linear(16, 1, rng=rng)),
    "GELU, GELU": Sequential(Linear(2, 16, rng=rng), GELU(), Linear(16, 16, rng=rng), GELU(), Linear(16, 1, rng=rng)),
}
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
for name, network in networks.items():
    losses = train(network)
    correct = ((network(Tensor(ring_x)).data > 0) == (ring_y > 0)).mean()
    left.plot(losses, label=f"{name}: {correct:.0%} right")
left.set(xlabel="step", ylabel="loss", title="Gradients by backward")
left.legend()
grid = np.stack(np.meshgrid(np.linspace(-3, 3, 80), np.linspace(-3, 3, 80)), axis=-1)  # (80, 80, 2)
with no_grad():
    surface = networks["Tanh, Tanh"](Tensor(grid)).data[..., 0]
right.contourf(grid[..., 0], grid[..., 1], surface, levels=[-1e9, 0, 1e9], colors=["#cfe2f3", "#fce5cd"])
right.scatter(*ring_x.T, c=np.where(ring_y[:, 0] > 0, "#d1600a", "#1f5fa8"), s=8)
right.set(title="Tanh, Tanh: what it says where", aspect="equal")
plt.show()

# %% [markdown]
# ### Adding up is useful
#
# Why are gradients added to `.grad` instead of replacing it? A loss over a batch is a sum over its parts, and
# the gradient of a sum is the sum of the gradients. So a batch that does not fit into memory can be taken in
# pieces, with one `backward` for each.

# %%
model.zero_grad()
for part in (slice(0, 50), slice(50, 200)):
    logits = model(Tensor(ring_x[part]))
    backward(BCEWithLogitsLoss("sum")(logits, Tensor(ring_y[part])) / 200.0)
for (name, parameter), expected in zip(model.named_parameters(), by_hand, strict=True):
    print(f"{name:15} two pieces against one batch: largest difference {np.abs(parameter.grad - expected).max():.1e}")

# %% [markdown]
# ## 14. Systems: what does a gradient cost?
#
# ### Time per operation
#
# On small arrays nearly all time is bookkeeping. We run chains of `y * w` on 16 numbers: without recording,
# with recording, and with `backward` on top.


# %%
def run_chain(length, recorded, with_backward=False):
    """`length` products in a row; seconds per operation of this program's own work, the best of some runs."""
    w, best = Tensor(np.full(16, 0.999), requires_grad=recorded), math.inf
    for _ in range(3 + 1000 // length):
        begin = time.process_time()
        value = w
        for _ in range(length):
            value = value * w
        if with_backward:
            backward(value.sum())
        best = min(best, time.process_time() - begin)
    return best / length


lengths = [10, 30, 100, 300, 1000, 3000, 10_000]
costs = {
    "forward, nothing recorded": [run_chain(n, False) for n in lengths],
    "forward, recorded": [run_chain(n, True) for n in lengths],
    "forward and backward": [run_chain(n, True, with_backward=True) for n in lengths],
}
plt.figure(figsize=(6.5, 3.3), layout="constrained")
for (name, seconds), style in zip(costs.items(), ("o-", "s--", "^-"), strict=True):
    plt.semilogx(lengths, np.array(seconds) * 1e6, style, label=name)
plt.ylim(bottom=0)
plt.xlabel("operations in the graph")
plt.ylabel("microseconds per operation")
plt.legend()
plt.show()
for name, seconds in costs.items():
    each = "   ".join(f"{lengths[i]:6,}: {seconds[i] * 1e6:5.2f}" for i in (2, 4, 6))
    print(f"{name:26} microseconds per operation for graphs of {each}")

# %% [markdown]
# Compare the middle and the right end of each curve. Where it is level, the cost is proportional to the number
# of operations, whatever the depth. In this chain `w` is used at every step, so its gradient has as many
# contributions as there are operations, and each is added once.
#
# ### Memory
#
# A recorded result keeps its inputs alive. `tracemalloc` counts what NumPy holds while a chain of `tanh` on
# 100,000 numbers runs: with recording every result stays until the loss is dropped.


# %%
def peak_megabytes(depth, recorded, with_backward=False):
    """The most memory held at one time by `depth` tanh operations on 100,000 float32 numbers."""
    start = Tensor(np.linspace(-1, 1, 100_000), requires_grad=recorded)
    tracemalloc.start()
    value = start
    for _ in range(depth):
        value = apply("tanh", value)
    if with_backward:
        backward(value.sum())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


depths = [1, 5, 10, 20, 40]
plt.figure(figsize=(6.5, 3.3), layout="constrained")
for name, arguments, style in [
    ("forward and backward", (True, True), "^-"), ("forward, recorded", (True,), "s--"), ("no recording", (False,), "o-")
]:
    peaks = [peak_megabytes(depth, *arguments) for depth in depths]
    plt.plot(depths, peaks, style, label=name)
    print(f"{name:21} depth {depths[0]}: {peaks[0]:5.1f} MB   depth {depths[-1]}: {peaks[-1]:5.1f} MB")
plt.xlabel("operations in a row")
plt.ylabel("peak megabytes")
plt.legend()
plt.show()

# %% [markdown]
# Recording grows with depth; without it only the present result and its input exist. `backward` adds a small
# constant on top, because each intermediate gradient is freed as soon as it has been passed on. The memory of
# training is the memory of the recorded results.
#
# ### Two savings, measured
#
# The rule of `matmul` postpones its two products, and it folds a batch into one table. What do they buy?


# %%
def best_seconds(call, tries=15):
    """The fastest of several runs: the others were disturbed."""
    times = []
    for _ in range(tries):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


rng = np.random.default_rng(0)
pixels = rng.random((64, 784), dtype=np.float32)
layer = Linear(784, 128, rng=rng)
wanted, unwanted = (layer(Tensor(pixels, requires_grad=needs)).sum() for needs in (True, False))
both, one = best_seconds(lambda: backward(wanted)), best_seconds(lambda: backward(unwanted))
print(f"first layer, gradient for the pixels too: {both / one:.2f} times the time without it")

batch, grad = (rng.random(shape, dtype=np.float32) for shape in [(32, 64, 128), (32, 64, 96)])
separate = best_seconds(lambda: right_gradient(batch, grad).sum(axis=0))
folded = best_seconds(lambda: right_gradient(batch.reshape(-1, 128), grad.reshape(-1, 96)))
print(f"weight gradient of 32 tables, one by one and summed: {separate / folded:.1f} times the time of one product")

# %% [markdown]
# ## 15. What you have now
#
# - `backward`, which finds every gradient of any calculation that your framework can record, in a time
#   proportional to its length and at any depth.
# - A table of rules. Later modules add an operation and its rule side by side, and `backward` stays as it is.
# - `check_gradients`, which names the operation, the input and the index where a gradient is wrong. Use it on
#   every rule you write from now on.
#
# Export the module with `tito module complete 05`. From then on `loss.backward()` works everywhere. Module 06
# takes the gradients and decides how far to walk.

# %% [markdown]
# ## Questions to think about
#
# 1. `x * x` uses one Tensor twice. Which two contributions does `x` receive, and what would a rule give that
#    overwrote the first one?
# 2. The rule of `exp` uses `out`, that of `log` uses `a`. Which arrays could a framework free early if it knew
#    this?
# 3. Forward-mode differentiation carries slopes from the inputs to the result. For 1,000,000 weights and one
#    loss, how many walks would it need, and how many does `backward` need?
# 4. Why can `check_gradients` say nothing about `relu` at exactly 0?
