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
# Training needs the **gradient** of the loss: its slope for every weight. In module 04 you derived one on paper. Here
# you build the machine that finds it for any network, `loss.backward()`. It trains a reader of digits with two layers,
# and you measure what a gradient costs.

# %% [markdown]
# Headings name the kind of exercise: **write** code, **derive** a formula, **predict** a number, or **break** code that
# looks right. *Core* is needed later; a *challenge* is extra. No check is hidden. Everywhere inputs stay unchanged, floats
# keep their dtype, and NumPy has nothing to warn about.

# %% nbgrader={"grade": false, "grade_id": "05-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import math

import numpy as np

from tinytorch.tensor import Tensor, apply, no_grad

# %% nbgrader={"grade": false, "grade_id": "05-tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
import operator
import sys

from tinytorch import CrossEntropyLoss, Linear, Sequential, Tanh
from tito import datasets
from tito.lesson import breaks, check, draw_graph, measured_gradients, peak_bytes, predict, property_holds, raises
from tito.lesson import seconds_of, show_pictures, slope

# New here: measured_gradients, the slopes of a function for each of its inputs; draw_graph, a picture of a recorded
# calculation; seconds_of, the time that a call takes.

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## 1. What a gradient costs
#
# This reader of digits has a **hidden layer**: 64 pixels in, 32 numbers in between, 10 logits out. To measure the slopes
# of its loss, each weight moves a little up and a little down. Computing the loss once is a **forward pass**.

# %% nbgrader={"grade": false, "grade_id": "05-digits", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits = datasets.digits()
INK, DIGITS = Tensor(digits.train_images.reshape(-1, 64) / 16), digits.train_labels  # (1442, 64) and (1442,)
NEW_INK, NEW_DIGITS = Tensor(digits.test_images.reshape(-1, 64) / 16), digits.test_labels


def new_reader(hidden=32):
    rng = np.random.default_rng(5)
    return Sequential(Linear(64, hidden, rng=rng), Tanh(), Linear(hidden, 10, rng=rng))


def loss_of(reader, ink=INK, labels=DIGITS):
    return CrossEntropyLoss()(reader(ink), labels)


reader = new_reader()
N_WEIGHTS = sum(parameter.size for parameter in reader.parameters())
FORWARD = seconds_of(lambda: loss_of(reader))
print(f"one forward pass: {1000 * FORWARD:.2f} ms;  {N_WEIGHTS:,} weights, so one gradient takes {2 * N_WEIGHTS:,} of them")

# %% [markdown]
# **4,820 forward passes for one gradient.**
#
# ### 05-differences · write · 12 min · core
#
# `slope` of module 04 also copies all weights. Write a thriftier one: it moves one number of `array`, of any
# shape, up and down by `epsilon`, *in place*, and asks `value()`. The slope is half the difference over `epsilon`. Then the
# number is put back, to the last bit.


# %% nbgrader={"grade": false, "grade_id": "05-differences-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def central_differences(value, array, epsilon=1e-6):
    """The slope of value(), a number, for each number of the float64 array that value reads.

    >>> a = np.array([1.0, 3.0])
    >>> print(central_differences(lambda: (a**2).sum(), a).round(4))
    [2. 6.]
    """
    ### BEGIN SOLUTION
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
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-differences", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
P = np.array([[0.3, 1.1, -0.7, 2.9, 0.0], [1.7, -1.3, 0.6, 0.2, 2.3], [-0.4, 1.9, 2.6, -0.8, 0.5]])
PART = P[:, 1:]  # (3, 4), as it lies in P
ONE_NUMBER, NOTHING = np.array(1.7), np.zeros((0, 5))
check(lambda: central_differences(lambda: np.sin(P).sum(), P), np.cos(P), "one slope for each number: half the difference over epsilon")
check(lambda: central_differences(lambda: (P * P[::-1]).sum(), P), 2 * P[::-1], "the other numbers stand where they were")
check(lambda: central_differences(lambda: (P**3).sum(), P, 2.0), 3 * P**2 + 4, "up and down, by epsilon")
check(lambda: central_differences(lambda: (P**2).sum(), P, 1e-7), 2 * P, "up and down, by epsilon")
check(lambda: central_differences(lambda: np.sin(P).sum() / 1e6, P), np.cos(P) / 1e6, "small slopes, too")
check(lambda: central_differences(lambda: ONE_NUMBER**2, ONE_NUMBER), np.array(3.4), "any shape")
check(lambda: central_differences(lambda: 1.0, NOTHING), NOTHING, "any shape")
check(lambda: central_differences(lambda: np.sin(PART).sum(), PART), np.cos(PART), "in place, wherever it lies in memory")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Is `0.3 + 1e-6 - 2e-6 + 1e-6` equal to `0.3` on a computer? Try it.
# </details>
# <details><summary>Hint 2</summary>
#
# `np.ndindex(array.shape)` gives all indices, whatever the shape. Keep the old number in a variable. (`reshape` and
# `ravel` may make a copy: `value` would not see what moves in it.)
# </details>

# %%
# Now the reader, on 128 pictures, and in float64, because small differences need many digits.
PRECISE, SOME = new_reader(), (Tensor(INK.data[:128], dtype=np.float64), DIGITS[:128])
for parameter in PRECISE.parameters():
    parameter.data = parameter.data.astype(np.float64)

MEASURED = [central_differences(lambda: loss_of(PRECISE, *SOME).item(), weights.data) for weights in PRECISE.parameters()]
print("slopes of the last ten weights:", MEASURED[-1])
print(f"300 steps on all pictures would take {300 * 2 * N_WEIGHTS * FORWARD / 60:.0f} minutes")

# %% [markdown]
# ## 2. A rule for each operation
#
# Your `apply` noted on every result where it came from: `origin = (name, inputs, options)`. These notes form a **graph**.

# %% nbgrader={"grade": false, "grade_id": "05-diamond", "locked": true, "schema_version": 3, "solution": false, "task": false}
a, b = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
p = a * b  # 6
q = p + a  # 8
DIAMOND = q * p  # 48
draw_graph(DIAMOND, {"a": a, "b": b, "p": p, "q": q, "out": DIAMOND}, {"a": "2", "b": "3", "p": "6", "q": "8", "out": "48"})

# %% [markdown]
# Orange Tensors are **leaves**: nobody computed them. The **chain rule** leads to them, from the right: *how fast the
# loss grows with an input = how fast it grows with the result, times how fast the result grows with the input*. The
# last factor depends on the operation alone. So each gets a **gradient rule** on arrays:
#
# `rule(grad, out, *inputs, **options)`
#
# `out` is the result; `grad`, of its shape, says how fast the loss grows with each number of it. The rule returns a tuple,
# with an entry for each input: its gradient, or `None` (labels), or a function without arguments that makes it. Such a
# **postponed** gradient costs nothing when nobody wants it.
#
# The first rule: $c = a + b$ grows as fast as $a$, and as fast as $b$.


# %% nbgrader={"grade": false, "grade_id": "05-table", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
GRADIENTS = {}


def gradient_of(name):
    """Register a gradient rule for the operation `name`: a decorator.

    The rule is called as rule(grad, out, *inputs, **options) and returns a tuple with one entry per input: an array,
    or None where the input gets no gradient, or a function without arguments that makes the array if it is wanted. It
    changes none of its arrays. Running a cell again replaces the rule; another file's rule raises a ValueError.
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


@gradient_of("add")
def add_gradient(grad, out, a, b):
    """c = a + b."""
    return grad, grad


# %% [markdown]
# ### 05-arithmetic · derive · 15 min · core
#
# Write and register `sub_gradient`, `mul_gradient` and `div_gradient`. Each number of `out` depends on one number of each
# input: how far does it move with that one, and in which direction? An input that was broadcast is smaller than `out`:
# answer in the shape of `grad` all the same. Section 3 deals with it.


# %% nbgrader={"grade": false, "grade_id": "05-arithmetic-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
@gradient_of("sub")
def sub_gradient(grad, out, a, b):
    """c = a - b."""
    return grad, lambda: -grad


@gradient_of("mul")
def mul_gradient(grad, out, a, b):
    """c = a * b."""
    return lambda: grad * b, lambda: grad * a


@gradient_of("div")
def div_gradient(grad, out, a, b):
    """c = a / b."""
    return lambda: grad / b, lambda: -grad * out / b


### STUB sub_gradient = ...
### STUB mul_gradient = ...
### STUB div_gradient = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-arithmetic", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def not_registered(**rules):
    """The names under which the table does not hold these rules."""
    return " ".join(name for name, rule in rules.items() if GRADIENTS.get(name) is not rule)


G = np.float32([[0.3, -1.7, 2.9, 0.8, 1.3], [-0.6, 2.1, 0.4, -2.3, 1.9], [1.7, -0.9, 3.4, 0.6, -1.2]])  # (3, 5), like these:
A = np.float32([[1.2, -0.7, 2.4, -1.9, 0.5], [-2.8, 1.6, -0.2, 3.1, -1.1], [0.9, 2.3, -1.5, -0.4, 1.8]])
B = np.float32([[0.9, 2.2, -1.4, 1.5, -2.6], [1.8, -0.8, 3.3, 0.7, 2.7], [-1.3, 0.4, 1.9, -2.1, 2.5]])
ROW = np.float32([1.1, -2.5, 0.6, 3.7, -1.6])  # (5,)
AS_TABLE = np.stack([ROW, ROW, ROW])  # what broadcasting makes of it
CORNER, BELOW_A, G4 = np.float32([-2, 0, 1e-6, 3]), np.float32([-0.001, 0.5, 2, -3]), np.float32([5, 7, 11, 13])
PRODUCT, QUOTIENT = A * B, A / B
check(lambda: sub_gradient(G, A - B, A, B), measured_gradients(np.subtract, G, A, B), "in which direction?")
check(
    lambda: mul_gradient(G, PRODUCT, A, B),
    measured_gradients(np.multiply, G, A, B), "how far does c move, per step of a?",
)
check(lambda: div_gradient(G, QUOTIENT, A, B), measured_gradients(np.divide, G, A, B), "c times b is a")
check(lambda: mul_gradient(G, A * ROW, A, ROW), measured_gradients(np.multiply, G, A, AS_TABLE), "in the shape of grad")
check(lambda: mul_gradient(G, ROW * A, ROW, A), measured_gradients(np.multiply, G, AS_TABLE, A), "in the shape of grad")
check(lambda: mul_gradient(G4, 0 * G4, CORNER, 0 * G4), (0 * G4, G4 * CORNER), "0 is a number, too")
check(lambda: div_gradient(G4, 0 * G4, 0 * G4, BELOW_A), (G4 / BELOW_A, 0 * G4), "0 is a number, too")
check(lambda: div_gradient(G, A / ROW, A, ROW), measured_gradients(np.divide, G, A, AS_TABLE), "in the shape of grad")
check(lambda: div_gradient(G, ROW / A, ROW, A), measured_gradients(np.divide, G, AS_TABLE, A), "in the shape of grad")
check(lambda: not_registered(sub=sub_gradient, mul=mul_gradient, div=div_gradient), "", "@gradient_of, with its name")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Put numbers in: 6 / 2 is 3, and 6 / 2.002 is about 2.997. By what was the 0.002 multiplied?
# </details>
# <details><summary>Hint 2</summary>
#
# Let $b$ grow by a little $h$. Then $\frac{a}{b + h} - \frac{a}{b} = \frac{-a h}{b (b + h)}$. What is left of it, per
# $h$, when $h$ is tiny?
# </details>
# <details><summary>Compare your paper</summary>
#
# For $a = 6$, $b = 2$, `grad` 1: `mul` gives 2 and 6, `div` gives $\frac12$ and $-\frac32$.
# </details>

# %% [markdown]
# ### 05-functions · derive · 15 min · core
#
# `elementwise` multiplies by `grad` and registers; you give the **slope** of eight functions, from result `out` and input
# `a`. You need that of $e^a$, which is $e^a$, that of $\log a$, which is $1 / a$, and two relations: $\sqrt a$ times itself
# is $a$, and $\tanh a = 2 \sigma(2a) - 1$. Inputs of 1000 and -1000 must not overflow; `out` survived them. At the corner
# of `abs` and `relu` there is no slope: answer 0.


# %% nbgrader={"grade": false, "grade_id": "05-functions-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def elementwise(name, slope):
    """Register the rule of an operation each of whose results depends on one number, with the given slope(out, a)."""

    @gradient_of(name)
    def rule(grad, out, a):
        return (grad * slope(out, a),)


### BEGIN SOLUTION
elementwise("neg", lambda out, a: -1)
elementwise("exp", lambda out, a: out)
elementwise("log", lambda out, a: 1 / a)
elementwise("sqrt", lambda out, a: 0.5 / out)
elementwise("abs", lambda out, a: np.sign(a))
elementwise("relu", lambda out, a: out > 0)
elementwise("sigmoid", lambda out, a: out * (1 - out))
elementwise("tanh", lambda out, a: 1 - out * out)
### STUB elementwise("neg", lambda out, a: ...)
### STUB elementwise("exp", lambda out, a: ...)
### STUB elementwise("log", lambda out, a: ...)
### STUB elementwise("sqrt", lambda out, a: ...)
### STUB elementwise("abs", lambda out, a: ...)
### STUB elementwise("relu", lambda out, a: ...)
### STUB elementwise("sigmoid", lambda out, a: ...)
### STUB elementwise("tanh", lambda out, a: ...)
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-functions", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def sigma(a):
    return 1 / (1 + np.exp(-a))


def rule_of(name, grad, out, a):
    if name not in GRADIENTS:
        raise LookupError(f"no rule is registered for {name!r}")
    return GRADIENTS[name](grad, out, a)


POSITIVE = np.abs(A)
EXP_A, LOG_A, ROOTS, RELU_A, SIGMA_A, TANH_A = np.exp(A), np.log(POSITIVE), np.sqrt(POSITIVE), np.maximum(A, 0), sigma(A), np.tanh(A)
FAR, TINY, G3 = np.float32([-1000, 0.4, 1000]), np.float32([1e-10, 4, 9]), np.float32([5, 7, 11])
FAR_SIGMA = np.float32([0, sigma(0.4), 1])
check(lambda: rule_of("neg", G, -A, A), measured_gradients(np.negative, G, A), "how far, and in which direction?")
check(lambda: rule_of("exp", G, EXP_A, A), measured_gradients(np.exp, G, A), "e to the a is its own slope")
check(lambda: rule_of("log", G, LOG_A, POSITIVE), measured_gradients(np.log, G, POSITIVE), "1 / a is the slope of log a")
check(lambda: rule_of("sqrt", G, ROOTS, POSITIVE), measured_gradients(np.sqrt, G, POSITIVE), "times itself")
check(lambda: rule_of("abs", G, POSITIVE, A), measured_gradients(np.abs, G, A), "up on the right, down on the left")
check(
    lambda: rule_of("relu", G, RELU_A, A),
    measured_gradients(lambda a: np.maximum(a, 0), G, A), "where is it flat?",
)
check(lambda: rule_of("sigmoid", G, SIGMA_A, A), measured_gradients(sigma, G, A), "e to the -a, and the chain rule")
check(lambda: rule_of("tanh", G, TANH_A, A), measured_gradients(np.tanh, G, A), "the relation to sigma")
check(lambda: rule_of("log", G3, np.log(TINY), TINY), (np.float32([5e10, 1.75, 11 / 9]),), "small numbers, too")
check(lambda: rule_of("sqrt", G3, np.sqrt(TINY), TINY), (np.float32([250_000, 1.75, 11 / 6]),), "small numbers, too")
check(lambda: rule_of("abs", G4, np.abs(CORNER), CORNER), (np.float32([-5, 0, 11, 13]),), "0 at the corner")
check(lambda: rule_of("relu", G4, np.maximum(CORNER, 0), CORNER), (np.float32([0, 0, 11, 13]),), "0 at the corner")
check(lambda: rule_of("relu", G3, np.maximum(FAR, 0), FAR), (np.float32([0, 7, 11]),), "1000 and -1000")
check(
    lambda: rule_of("sigmoid", G3, FAR_SIGMA, FAR),
    (7 * FAR_SIGMA * np.float32([0, sigma(-0.4), 0]),), "1000 and -1000",
)
check(lambda: rule_of("tanh", G3, np.tanh(FAR), FAR), (np.float32([0, 7 / np.cosh(0.4) ** 2, 0]),), "1000 and -1000")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write $\sigma(a)$ as 1 divided by $u$ with $u = 1 + e^{-a}$. How fast does $1 / u$ move with $u$, and $u$ with $a$?
# </details>
# <details><summary>Hint 2</summary>
#
# The slope of $\sigma$ is $e^{-a} / (1 + e^{-a})^2$. One factor is $\sigma$; what is the other, in terms of $\sigma$?
# </details>
# <details><summary>Compare your paper</summary>
#
# At $a = 4$ `log` and `sqrt` both have the slope $\frac14$. At $a = 0$ sigmoid has $\frac14$ and tanh 1.
# </details>

# %% [markdown]
# ### 05-pow · derive · 14 min · core
#
# Write and register `pow_gradient`. $c = a^b$ has two slopes: one from school, one from $a^b = e^{b \log a}$. Three traps:
#
# - $a^0$ is 1 for every $a$, also for 0: there the slope for $a$ is 0.
# - $0^b$ is 0 for every $b > 0$: there the slope for $b$ is 0.
# - $(-1.9)^2$ needs its first gradient without a warning, though $-1.9$ has no logarithm. Hardly anybody wants the second.


# %% nbgrader={"grade": false, "grade_id": "05-pow-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
@gradient_of("pow")
def pow_gradient(grad, out, a, b):
    """c = a ** b. The slope of a ** 0 for a is 0, and that of 0 ** b for b too."""

    def to_base():
        if b.ndim == 0 and b == 2:  # by far the most frequent exponent, and a general power is slow
            return grad * a * 2
        return grad * b * a ** np.where(b == 0, 1, b - 1)

    def to_exponent():
        return grad * out * np.log(np.where(a == 0, 1, a))

    return to_base, to_exponent


### STUB pow_gradient = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-pow", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def base_only(*arguments):
    """What the rule gives when nobody wants the exponent's gradient."""
    first = pow_gradient(*arguments)[0]
    return first() if callable(first) else first


ONE, TWO, THREE, FOUR, LESS = (np.array(number, dtype=np.float32) for number in (1, 2, 3, 4, -2))
EDGE, POWERS, THREES = np.float32([0, 0, 0, 2]), np.float32([0, 1, 3, 0]), 0 * A + 3
NEAR_0, ABOVE_0, POWER = np.float32([2, 0, 0, 1e-10]), np.float32([2, 1, 3, 0.1]), POSITIVE**B
check(lambda: base_only(G, A**TWO, A, TWO), slope(lambda a: (G * a**2).sum(), A).astype(np.float32), "negative numbers")
check(
    lambda: base_only(G, A**FOUR, A, FOUR),
    slope(lambda a: (G * a**4).sum(), A).astype(np.float32), "negative numbers",
)
check(
    lambda: base_only(G, A**THREE, A, THREE),
    slope(lambda a: (G * a**3).sum(), A).astype(np.float32), "negative numbers",
)
check(lambda: base_only(G, A, A, ONE), G, "a to the power of 1 is a")
check(lambda: base_only(G, A**LESS, A, LESS), slope(lambda a: (G / a**2).sum(), A).astype(np.float32), "negative exponents")
check(lambda: pow_gradient(G, POWER, POSITIVE, B), measured_gradients(np.power, G, POSITIVE, B), "two slopes")
check(
    lambda: pow_gradient(G, POSITIVE**ROW, POSITIVE, ROW),
    measured_gradients(np.power, G, POSITIVE, AS_TABLE), "the shape of grad",
)
check(
    lambda: pow_gradient(G, POSITIVE**THREE, POSITIVE, THREE),
    measured_gradients(np.power, G, POSITIVE, THREES), "a single exponent, in the shape of grad",
)
check(
    lambda: base_only(G4, EDGE**POWERS, EDGE, POWERS),
    np.float32([0, 7, 0, 0]), "a to the power of 0 is 1 for every a",
)
check(
    lambda: pow_gradient(G4, NEAR_0**ABOVE_0, NEAR_0, ABOVE_0),
    (np.float32([20, 7, 0, 1.3e9]), np.float32([20 * np.log(2), 0, 0, 1.3 * np.log(1e-10)])), "0 to the power of b is 0",
)
check(lambda: not_registered(pow=pow_gradient), "", "@gradient_of, with its name")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which two numbers make trouble inside the logarithm and inside $a^{b-1}$, and only where? `np.where` can put a
# harmless number there.
# </details>
# <details><summary>Hint 2</summary>
#
# $b \, a^{b-1}$ and $c \log a$. With $b = 0$ any exponent will do, since $b$ multiplies it; with $a = 0$ any number will
# do inside the logarithm, since $c$ is 0. Return functions: `lambda: ...`.
# </details>

# %% [markdown]
# ### 05-gelu · derive · 12 min · core
#
# GELU is $c = \frac12 a (1 + t)$ with $t = \tanh u$, $u = k\,(a + 0.044715\,a^3)$ and $k = \sqrt{2 / \pi}$: a product,
# whose second factor needs the chain rule twice. The slope must survive every finite number, though $10^{30}$ has no third
# power in float32. What is $t$ when $a$ is beyond 10?


# %% nbgrader={"grade": false, "grade_id": "05-gelu-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
def gelu_slope(out, a):
    """The slope of a (1 + tanh u) / 2 with u = k (a + 0.044715 a ** 3) and k = sqrt(2 / pi)."""
    near = np.clip(a, -10, 10)  # beyond, tanh u is 1 or -1 to the last digit
    squares, k = near * near, math.sqrt(2 / math.pi)
    t = np.tanh(k * near * (1 + 0.044715 * squares))
    u_slope = k * (1 + 3 * 0.044715 * squares)
    return 0.5 * (1 + t + near * (1 - t * t) * u_slope)


elementwise("gelu", gelu_slope)
### STUB elementwise("gelu", ...)
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-gelu", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def gelu_by_formula(a):
    return a / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a**3)))


GELU_A, ENORMOUS, GELU_FAR = gelu_by_formula(A).astype(np.float32), np.float32([-1e30, 0, 1e30]), np.float32([0, 0, 1e30])
check(lambda: rule_of("gelu", G, GELU_A, A), measured_gradients(gelu_by_formula, G, A), "a product has two terms")
check(lambda: rule_of("gelu", G3, GELU_FAR, ENORMOUS), (np.float32([0, 3.5, 11]),), "every finite number")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Product: slope of $a$ times $\frac12 (1 + t)$, plus $\frac12 a$ times the slope of $t$. In the latter, who moves $t$,
# and who moves $u$?
# </details>
# <details><summary>Hint 2</summary>
#
# The slope of $t$ for $u$ is $1 - t^2$, and of $u$ for $a$ it is $k (1 + 3 \cdot 0.044715\,a^2)$. `np.clip(a, -10, 10)`
# keeps all of it finite.
# </details>

# %% [markdown]
# ## 3. Broadcasting backwards
#
# ### 05-unbroadcast · write · 15 min · core
#
# A bias `(5,)` added to `(3, 5)` is read once for each row. When it moves, all rows move, so its gradient is the
# **sum** over the rows. Over which axes must you sum in general, and which of them stay, with length 1? (NumPy lines up
# shapes at their *ends*.) For equal shapes return `grad` itself, without a copy.


# %% nbgrader={"grade": false, "grade_id": "05-unbroadcast-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def unbroadcast(grad, shape):
    """Sum a gradient over the axes that broadcasting an array of this shape added or stretched.

    >>> unbroadcast(np.ones((2, 3)), (2, 1)).tolist()
    [[3.0], [3.0]]
    """
    ### BEGIN SOLUTION
    if grad.shape == shape:
        return grad
    added = grad.ndim - len(shape)
    stretched = [added + axis for axis, size in enumerate(shape) if size == 1]
    return grad.sum(axis=(*range(added), *stretched)).reshape(shape)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-unbroadcast", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def by_loops(grad, shape):
    """Each number of grad goes back to the place that broadcasting read it from."""
    result = np.zeros(shape)
    places = np.broadcast_to(np.arange(result.size).reshape(shape), grad.shape)
    for place, number in zip(places.ravel(), grad.ravel(), strict=True):
        result.flat[place] += number
    return result


def random_shapes(rng):
    big = tuple(rng.integers(1, 4, size=rng.integers(0, 4)))
    kept = big[rng.integers(0, len(big) + 1) :]
    return rng.normal(size=big), tuple(int(rng.choice([1, size])) for size in kept)


BATCH = np.stack([G, B, A * G, A - B])  # (4, 3, 5)
EMPTY = BATCH[:0]  # (0, 3, 5)
check(lambda: unbroadcast(G, (5,)), G[0] + G[1] + G[2], "all rows move")
check(lambda: unbroadcast(G, (3, 1)), G.sum(axis=1).reshape(3, 1), "which of them stay?")
check(lambda: unbroadcast(BATCH, (3, 5)), by_loops(BATCH, (3, 5)), "shapes are lined up at their ends")
check(lambda: unbroadcast(BATCH, (4, 1, 5)), by_loops(BATCH, (4, 1, 5)), "which of them stay?")
check(lambda: unbroadcast(BATCH, (3, 1)), by_loops(BATCH, (3, 1)), "added and stretched at once")
check(lambda: unbroadcast(BATCH, (1, 1, 1)), BATCH.sum().reshape(1, 1, 1), "which of them stay?")
check(lambda: unbroadcast(BATCH, ()), np.array(BATCH.sum()), "a single number, read 60 times")
check(lambda: unbroadcast(EMPTY, (3, 5)), np.zeros((3, 5)), "an empty batch never read it")
check(lambda: unbroadcast(G, (3, 5)) is G, True, "without a copy")
property_holds(unbroadcast, draw=random_shapes, law=by_loops)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write `(4, 3, 5)` above `(3, 1)`, flush right. Which axes stand above nothing, and which above a 1?
# </details>
# <details><summary>Hint 2</summary>
#
# `grad.ndim - len(shape)` axes were added on the left. `sum` takes a tuple of axes; `reshape(shape)` brings back those
# of length 1.
# </details>

# %% [markdown]
# ## 4. The way back
#
# In the picture `p` is used twice, so its gradient has two parts: 8 through the product, 6 through `q`. Whoever passes on
# the 8 before the 6 has come in gets `a` wrong. In a **topological order** every Tensor stands after its inputs; from its
# end, each comes after everything made from it.
#
# This recursion finds one. It compares with `is`, because two Tensors may hold equal numbers.


# %% nbgrader={"grade": false, "grade_id": "05-recursion", "locked": true, "schema_version": 3, "solution": false, "task": false}
def recursive_order(node, order):
    if node.requires_grad and not any(node is known for known in order):
        for value in node.origin[1] if node.origin else ():
            recursive_order(value, order)
        order.append(node)
    return order


LIMIT = sys.getrecursionlimit()


def additions(leaf, count=5_000):
    for _ in range(count):
        leaf = leaf + 1.0
    return leaf


try:
    recursive_order(additions(a), [])
except RecursionError as error:
    print("5,000 additions in a row: RecursionError:", error)

# %% [markdown]
# ### 05-order · write · 20 min · core
#
# Write it without recursion: a list of your own as the stack (`append` and `pop`) has no limit. Each Tensor that requires
# a gradient and that `root` was made from stands in the list once, after its inputs; `root` is last.


# %% nbgrader={"grade": false, "grade_id": "05-order-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def topological_order(root):
    """The Tensors that require a gradient and that root was made from, inputs before results; root is last."""
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
def about(order, root):
    """Whether an order of root's Tensors is right, in words."""
    if not isinstance(order, list):
        return f"{order!r}, which is no list"
    wanted, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node.requires_grad and id(node) not in wanted:
            wanted.add(id(node))
            waiting += node.origin[1] if node.origin else ()
    place = {id(node): number for number, node in enumerate(order)}
    if len(place) < len(order):
        return "a Tensor stands in it twice"
    if set(place) != wanted:
        return f"Tensors too many: {len(set(place) - wanted)}, missing: {len(wanted - set(place))}"
    for node in order:
        if any(place.get(id(value), -1) > place[id(node)] for value in (node.origin[1] if node.origin else ())):
            return f"the result of {node.origin[0]!r} stands before one of its inputs"
    return "right"


def about_a_long_one():
    root = additions(a)
    sys.setrecursionlimit(LIMIT)
    order = topological_order(root)
    if sys.getrecursionlimit() != LIMIT:
        sys.setrecursionlimit(LIMIT)
        return "a higher limit for recursion"
    return about(order, root)


SWAPPED = p * (p + 1.0) * a
TWIN, EQUAL = Tensor(2.0, requires_grad=True), Tensor(2.0, requires_grad=True)
EQUAL.data = TWIN.data
TWINS = (TWIN * EQUAL) * (EQUAL * TWIN)
DOUBLED, OF_THREE = TWIN, Tensor(1.0, requires_grad=True)
OF_THREE.origin = ("of three", (-p, q, p * a), {})
for _ in range(40):
    DOUBLED = DOUBLED + DOUBLED
check(lambda: about(topological_order(DIAMOND), DIAMOND), "right", "each Tensor once, after its inputs, root last")
check(lambda: about(topological_order(TWINS), TWINS), "right", "two Tensors may hold equal numbers, or one array")
check(lambda: about(topological_order(TWIN), TWIN), "right", "a leaf as the root")
check(lambda: about(topological_order(DOUBLED), DOUBLED), "right", "once each, or 40 doublings take a trillion visits")
check(lambda: about(topological_order(SWAPPED), SWAPPED), "right", "each Tensor after its inputs")
check(lambda: about(topological_order(OF_THREE), OF_THREE), "right", "however many inputs an operation has")
check(lambda: about_a_long_one(), "right", "no recursion")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What did the recursion remember for you while it visited the inputs? Two kinds of things can lie on the stack: "look at
# this Tensor" and "its inputs are finished, list it".
# </details>
# <details><summary>Hint 2</summary>
#
# Put pairs on it, `(node, False)` and `(node, True)`. A new node first pushes itself as finished, then its inputs on top,
# which are therefore popped before it. Remember `id(node)` in a set.
# </details>

# %% [markdown]
# ### 05-step · write · 15 min · core
#
# One step back: from a result and its gradient to a list of pairs (input, gradient), for inputs that require one. `None`
# makes no pair, and a postponed entry is called only for a pair. `_fitted` gives an entry its input's shape and dtype, with
# your `unbroadcast`. No `grad` is set yet. An operation without a rule is a `LookupError` with the word `rule`, a rule
# without a tuple of one entry per input a `ValueError`; both name the operation, in quotes.


# %% nbgrader={"grade": false, "grade_id": "05-step-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def _fitted(gradient, tensor, name):
    """A rule's gradient as an array with the shape and dtype of the input that it belongs to."""
    gradient, data = np.asarray(gradient), tensor.data
    if gradient.shape != data.shape:
        sizes = zip(gradient.shape[::-1], data.shape[::-1], strict=False)
        if gradient.ndim < data.ndim or any(n not in (m, 1) for m, n in sizes):
            raise ValueError(f"the rule of {name!r} gives shape {gradient.shape} for an input of shape {data.shape}")
        gradient = np.asarray(unbroadcast(gradient, data.shape))
    if gradient.dtype == data.dtype:
        return gradient
    if data.dtype.kind != "f":
        raise ValueError(f"a Tensor of {data.dtype} has no gradient: make it with dtype=np.float32")
    return gradient.astype(data.dtype)


def input_gradients(node, gradient):
    """Pairs (input, gradient) for the inputs of a computed Tensor that require one, from the gradient of the Tensor."""
    name, inputs, options = node.origin
    ### BEGIN SOLUTION
    rule = GRADIENTS.get(name)
    if rule is None:
        raise LookupError(f'no gradient rule for {name!r}: write one under @gradient_of("{name}")')
    parts = rule(gradient, node.data, *[tensor.data for tensor in inputs], **options)
    if not isinstance(parts, tuple) or len(parts) != len(inputs):
        raise ValueError(f"the gradient rule of {name!r} must return a tuple of {len(inputs)}, one entry per input")
    pairs = []
    for place, tensor in enumerate(inputs):
        part = parts[place]
        if tensor.requires_grad and part is not None:
            part = part() if callable(part) else part
            pairs.append((tensor, _fitted(part, tensor, name)))
    return pairs
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "05-step", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def made_by(name, *inputs, **options):
    """A Tensor that says it was computed so."""
    result = Tensor(G, requires_grad=True)
    result.origin = (name, inputs, options)
    return result


def arrays_of(pairs):
    return tuple(gradient for tensor, gradient in pairs)


def calls_of_a_postponed():
    calls = []
    GRADIENTS["counted"] = lambda grad, out, a: (lambda: [calls.append(1), grad][1],)
    input_gradients(made_by("counted", TABLE), G)
    return len(calls)


GRADIENTS["tripled"] = lambda grad, out, a, *, times: (np.multiply(grad, out) * times + np.subtract(a, a),)
GRADIENTS["picky"] = lambda grad, out, a, b: (None, lambda: 1 / 0)
GRADIENTS["later"] = lambda grad, out, a, b: (lambda: grad * 2, lambda: grad * 3)
GRADIENTS["odd"] = lambda grad, out, a: [grad]
GRADIENTS["single"] = lambda grad, out, a, b: (grad,)
GRADIENTS["triple"] = lambda grad, out, a, b: (grad, grad, grad)
GRADIENTS["bare"] = lambda grad, out, a, b, c: grad
GRADIENTS["wide"] = lambda grad, out, a: (grad.astype(np.float64),)
TABLE, LINE, PLAIN = Tensor(A, requires_grad=True), Tensor(ROW, requires_grad=True), Tensor(B)
TIMES, TRIPLED, WITH_DATA = TABLE * LINE, made_by("tripled", TABLE, times=3), TABLE * PLAIN
THIRDS, G_THIRDS = Tensor(A / np.float64(3), np.float64, requires_grad=True), G / np.float64(3)
OF_COMPUTED, SQUARE = (TABLE + 1.0) * (LINE + 1.0), TABLE * TABLE
check(lambda: len(input_gradients(TIMES, G)), 2, "pairs (input, gradient)")
check(lambda: arrays_of(input_gradients(TIMES, G)), (G * ROW, (G * A).sum(axis=0)), "the shape of the input")
check(lambda: [tensor is TABLE for tensor, _ in input_gradients(TIMES, G)], [True, False], "pairs (input, gradient)")
check(lambda: arrays_of(input_gradients(SQUARE, G)), (G * A, G * A), "a pair for each input")
check(lambda: arrays_of(input_gradients(TABLE + LINE, 0 * G)), (0 * G, 0 * ROW), "gradients of 0 are gradients")
check(lambda: len(input_gradients(OF_COMPUTED, G)), 2, "a pair for each input, computed or not")
check(lambda: arrays_of(input_gradients(WITH_DATA, G)), (G * B,), "only inputs that require a gradient")
check(lambda: arrays_of(input_gradients(made_by("wide", TABLE), G)), (G,), "the dtype of the input")
check(
    lambda: arrays_of(input_gradients(THIRDS + THIRDS, G_THIRDS)), (G_THIRDS,) * 2,
    "the dtype of the input: float64 loses nothing", tolerance=1e-12,
)
check(
    lambda: arrays_of(input_gradients(THIRDS * THIRDS, G_THIRDS)), (G_THIRDS * (A / np.float64(3)),) * 2,
    "the dtype of the input: float64 loses nothing", tolerance=1e-12,
)
check(lambda: arrays_of(input_gradients(TRIPLED, G)), (G * G * 3,), "rule(grad, out, *inputs, **options)")
check(lambda: arrays_of(input_gradients(made_by("later", TABLE, SQUARE), G)), (2 * G, 3 * G), "postponed entries are called")
check(lambda: calls_of_a_postponed(), 1, "called once")
check(lambda: input_gradients(made_by("picky", TABLE, PLAIN), G), [], "None is left out, and nothing called in vain")
check(lambda: [TABLE.grad, LINE.grad, TIMES.grad], [None] * 3, "no grad is set yet")
raises(lambda: input_gradients(made_by("conv2d", TABLE), G), LookupError, says=["rule", "'conv2d'"])
raises(lambda: input_gradients(made_by("odd", TABLE), G), ValueError, says=["'odd'"])
raises(lambda: input_gradients(made_by("single", TABLE, LINE), G), ValueError, says=["'single'"])
raises(lambda: input_gradients(made_by("triple", TABLE, LINE), G), ValueError, says=["'triple'"])
raises(lambda: input_gradients(made_by("bare", LINE, LINE, LINE), G), ValueError, says=["'bare'"], hint="a tuple, no array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does the rule of `mul` return as its entries: arrays, or functions? `callable` tells.
# </details>
# <details><summary>Hint 2</summary>
#
# `rule(gradient, node.data, *arrays, **options)`, where `arrays` are the `data` of the inputs; then
# `zip(inputs, parts)`. `GRADIENTS.get(name)` is `None` where there is no rule.
# </details>

# %% [markdown]
# ### 05-start · write · 8 min · core
#
# The walk begins with the gradient of `root` for itself, an array in its shape and dtype: 1, if `root` is a single number,
# of any shape. Otherwise somebody gives a `gradient` (a Tensor, an array or a list); the walk needs a copy. A `ValueError`
# names
#
# - `requires no gradient`, where `root` requires none;
# - the shape and the fix `.mean()`, where a `gradient` is missing;
# - both shapes, where they differ.


# %% nbgrader={"grade": false, "grade_id": "05-start-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def starting_gradient(root, gradient=None):
    """The gradient of root to begin with: 1 for a single number, else the given one, as an array of its own."""
    ### BEGIN SOLUTION
    if not root.requires_grad:
        why = "no input of it had requires_grad=True, or it was computed inside no_grad"
        raise ValueError(f"backward on a Tensor of shape {root.shape} that requires no gradient: {why}")
    if gradient is None and root.size != 1:
        fix = f"reduce it first, e.g. with .mean(), or give a gradient of shape {root.shape}"
        raise ValueError(f"backward on shape {root.shape}: only a single number can start alone; {fix}")
    if gradient is None:
        return np.ones(root.shape, root.dtype)
    start = np.array(gradient.data if isinstance(gradient, Tensor) else gradient, dtype=root.dtype)
    if start.shape != root.shape:
        raise ValueError(f"the gradient has shape {start.shape}, the Tensor {root.shape}: make them equal")
    return start
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-start", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
ONE_TABLE, WIDE = Tensor([[0.0]], requires_grad=True), Tensor(A, dtype=np.float64, requires_grad=True)
AS_TENSOR, NO_NUMBERS = Tensor(G), Tensor(NOTHING, requires_grad=True)
check(lambda: starting_gradient(ONE_TABLE), np.float32([[1]]), "a single number of any shape")
check(lambda: starting_gradient(DIAMOND), np.array(1, dtype=np.float32), "a single number of any shape")
check(lambda: starting_gradient(DIAMOND).shape, (), "in its shape: an array, no number")
check(lambda: str(starting_gradient(WIDE.mean()).dtype), "float64", "in its dtype")
check(lambda: starting_gradient(TABLE, G), G, "the given gradient")
check(lambda: str(starting_gradient(LINE, [1, 2, 3, 4, 0]).dtype), "float32", "in its dtype")
check(lambda: np.shares_memory(starting_gradient(TABLE, G), G), False, "an array of its own")
check(lambda: np.shares_memory(starting_gradient(TABLE, AS_TENSOR), G), False, "an array of its own")
check(lambda: np.shares_memory(starting_gradient(DIAMOND), starting_gradient(DIAMOND)), False, "an array of its own")
check(lambda: starting_gradient(TABLE, AS_TENSOR), G, "a Tensor, an array or a list")
check(lambda: starting_gradient(LINE, [1, 2, 3, 4, 0]), np.float32([1, 2, 3, 4, 0]), "a Tensor, an array or a list")
check(lambda: starting_gradient(DIAMOND, 0.0), np.array(0, dtype=np.float32), "0 is a gradient, too")
check(lambda: str(starting_gradient(WIDE, G).dtype), "float64", "in its dtype")
raises(lambda: starting_gradient(PLAIN), ValueError, says=["requires no gradient"])
raises(lambda: starting_gradient(PLAIN, G), ValueError, says=["requires no gradient"])
raises(lambda: starting_gradient(TABLE), ValueError, says=["(3, 5)", ".mean()"])
raises(lambda: starting_gradient(NO_NUMBERS), ValueError, says=["(0, 5)", ".mean()"])
raises(lambda: starting_gradient(TABLE, ROW), ValueError, says=["(3, 5)", "(5,)"])
raises(lambda: starting_gradient(TABLE, 1.0), ValueError, says=["(3, 5)", "()"])
raises(lambda: starting_gradient(DIAMOND, [1.0]), ValueError, says=["(1,)", "()"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `root.size` counts numbers. Which of `np.array(x)` and `np.asarray(x)` makes a copy?
# </details>
# <details><summary>Hint 2</summary>
#
# `np.array(gradient, dtype=root.dtype)`; of a Tensor take `gradient.data`, which `isinstance(gradient, Tensor)` tells.
# </details>

# %% [markdown]
# ### 05-backward · write · 20 min · core
#
# `waiting` holds what has come in so far, under the `id` of each Tensor. The diamond:
#
# | step | `waiting` afterwards |
# | --- | --- |
# | start | out: 1 |
# | out takes its 1, gives 6 to q and 8 to p | q: 6, p: 8 |
# | q takes its 6, gives 6 to p and 6 to a | p: 14, a: 6 |
# | p takes its 14, gives 42 to a and 28 to b | a: 48, b: 28 |
#
# What a computed Tensor takes is forgotten, so that its memory is freed; its `grad` stays `None`. Where a rule said `None`,
# nothing comes in. At the end, and not before, since a rule may be missing, leaves receive their `grad`: an array of their
# own, which an optimizer may change in place, added to one that is there. Two entries may be one array: see the rule of `add`.


# %% nbgrader={"grade": false, "grade_id": "05-backward-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def check_leaves(order):
    """Refuse leaves whose grad somebody has set to anything but an array of their shape."""
    for leaf in order:
        grad = leaf.grad if leaf.origin is None else None
        if grad is not None and (not isinstance(grad, (np.ndarray, np.generic)) or grad.shape != leaf.shape):
            raise TypeError(f"grad must be None or a NumPy array of shape {leaf.shape}, not {grad!r}")


def backward(root, gradient=None):
    """Add the gradient of root to `grad` of every leaf that requires one.

    A root of several numbers needs a `gradient` of its shape. The graph stays: a second call adds the same once more.

    >>> a = Tensor([2.0, 3.0], requires_grad=True)
    >>> backward(a + a, gradient=[1.0, 10.0])
    >>> a.grad.tolist()
    [2.0, 20.0]
    """
    waiting = {id(root): starting_gradient(root, gradient)}
    order = topological_order(root)
    check_leaves(order)
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
            leaf.grad = np.array(part) if leaf.grad is None else np.asarray(leaf.grad + part)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def leaf_gradients(formula, *arrays, gradients=(None,)):
    """The gradients of new leaves that hold these arrays, after a call of backward with each of the gradients."""
    leaves = [Tensor(array, array.dtype, requires_grad=True) for array in arrays]
    root = formula(*leaves)
    for gradient in gradients:
        backward(root, gradient)
    return tuple(leaf.grad for leaf in leaves)


def diamond(a, b):
    return (a * b + a) * (a * b)


def diamond_of_one(a, b):
    product = a * b
    return (product + a) * product


def leaf_first(a, b):
    return b + a * a


def leaf_last(a, b):
    return a * a + b


def itself(a):
    return a


def plus(a, b):
    return a + b


def same_twice(a, b):
    return (a + b) + a


def three(a, b, c):
    return a * b - c * 1.5


def with_options(a):
    return made_by("tripled", a * 1.0, times=3)


def failing():
    leaves = [Tensor(A, requires_grad=True) for _ in range(3)]
    try:
        backward((leaves[0] + made_by("conv2d", leaves[1] * 2.0)) + leaves[2], G)
    except LookupError:
        return f"{sum(leaf.grad is not None for leaf in leaves)} leaves have a grad"


def grad_of_computed():
    product = TABLE * Tensor(ROW, requires_grad=True)
    backward(product, G)
    return product.grad


def with_a_none(old):
    left, right = Tensor(A, requires_grad=True), Tensor(A, requires_grad=True)
    left.grad = old
    backward(made_by("picky", left * 1.5, PLAIN) + right, G)
    return left.grad, right.grad


def long_way():
    leaf = Tensor(0.5, requires_grad=True)
    backward(additions(leaf))
    return leaf.grad


def recorded(calculation, a):
    """A leaf that holds a, and what the calculation makes of it."""
    leaf = Tensor(a, dtype=np.float64, requires_grad=True)
    root = calculation(leaf)
    if not getattr(root, "requires_grad", False):
        raise ValueError(f"{calculation.__name__} must return a Tensor that was computed from the Tensor a, not {root!r}")
    return leaf, root


def gradient_by(way, calculation):
    """The gradient that a walk finds for a leaf, as a function of the leaf's numbers."""

    def found(a):
        leaf, root = recorded(calculation, a)
        way(root)
        return leaf.grad

    found.__name__ = way.__name__
    return found


WIDE_A, WIDE_2 = A.astype(np.float64), np.array(2.0)
TWO_0D, THREE_0D = np.array(2, dtype=np.float32), np.array(3, dtype=np.float32)
AB, ONE = (np.array(48, dtype=np.float32), np.array(28, dtype=np.float32)), np.array(1, dtype=np.float32)
LONG = LONGER = Tensor(np.ones(100_000), requires_grad=True)
for _ in range(30):
    LONGER = LONGER * 1.5
check(lambda: leaf_gradients(diamond_of_one, TWO_0D, THREE_0D), AB, "the table")
check(
    lambda: leaf_gradients(diamond, A, B, gradients=[G]),
    measured_gradients(diamond, G, A, B), "all that comes in counts",
)
check(lambda: leaf_gradients(same_twice, A, B, gradients=[G]), (2 * G, G), "one and the same array")
check(
    lambda: leaf_gradients(leaf_first, A, B, gradients=[G]),
    measured_gradients(leaf_first, G, A, B), "to the end of the order",
)
check(
    lambda: leaf_gradients(leaf_last, A, B, gradients=[G]),
    measured_gradients(leaf_last, G, A, B), "to the end of the order",
)
check(lambda: leaf_gradients(plus, A, B, gradients=[0 * G]), (0 * G, 0 * G), "gradients of 0 are gradients")
check(lambda: leaf_gradients(itself, TWO_0D), (ONE,), "a leaf as the root")
check(lambda: leaf_gradients(plus, A, ROW, gradients=[G]), (G, G.sum(axis=0)), "broadcast inputs")
check(lambda: leaf_gradients(three, A, B, ROW, gradients=[G]), measured_gradients(three, G, A, B, AS_TABLE)[:2] + ((-1.5 * G).sum(axis=0),), "every leaf")
check(lambda: leaf_gradients(same_twice, A, B, gradients=[G, G]), (4 * G, 2 * G), "the same once more")
check(lambda: leaf_gradients(same_twice, A, B, gradients=[G, B, A]), (2 * (G + B + A), G + B + A), "added to what is there")
check(lambda: leaf_gradients(with_options, A, gradients=[G, G]), (6 * G * G,), "the graph stays as it was")
check(lambda: leaf_gradients(diamond_of_one, TWO_0D, THREE_0D, gradients=[None, None]), (2 * AB[0], 2 * AB[1]), "the same once more")
check(
    lambda: [type(part).__name__ for part in leaf_gradients(same_twice, TWO_0D, THREE_0D, gradients=[None, None])],
    ["ndarray"] * 2, "an array",
)
check(
    lambda: [str(part.dtype) for part in leaf_gradients(plus, WIDE_A, WIDE_2, gradients=[G, G])],
    ["float64"] * 2, "in the dtype of the leaf",
)
check(lambda: np.shares_memory(*leaf_gradients(plus, A, B, gradients=[G])), False, "an array of its own")
check(lambda: with_a_none(None), (None, G), "nothing may have come in for one")
check(lambda: with_a_none(B), (B, G), "nothing may have come in for one: its old grad stays")
check(lambda: failing(), "0 leaves have a grad", "at the end, and not before")
check(lambda: grad_of_computed(), None, "computed Tensors keep None")
check(lambda: long_way(), ONE, "5,000 operations in a row")
check(lambda: peak_bytes(lambda: backward(LONGER, LONG)) < 6 * LONG.data.nbytes, True, "its memory is freed")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which line of the table belongs to which turn of a loop over `reversed(order)`? What happens in the turn of a leaf?
# </details>
# <details><summary>Hint 2</summary>
#
# `waiting.pop(key)` returns an entry and forgets it. `old + new` makes a new array, `old += new` does not.
# `np.array(part)` copies; `np.asarray(number)` makes an array of what became a number.
# </details>

# %% [markdown]
# ### 05-walks · break · 15 min · core
#
# Three other walks. All agree with yours on $(a \cdot a + a) \cdot 3$. For each, write a calculation with `+ - *` on the
# Tensor `a`, which holds 3, 5, 2, for which it finds a wrong gradient.


# %% nbgrader={"grade": false, "grade_id": "05-walks-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
def walk(order, add=operator.add):
    """Walk an order from its end, where the root stands; `add` joins what comes in."""
    waiting = {id(order[-1]): np.ones(order[-1].shape)}
    for node in reversed(order):
        gradient = waiting.get(id(node))
        if node.origin is None:
            node.grad = gradient
        elif gradient is not None:
            for tensor, part in input_gradients(node, gradient):
                known = waiting.get(id(tensor))
                waiting[id(tensor)] = part if known is None else add(known, part)


def adds_in_place(root):
    """The recursion's order, but new += in the place of +."""
    walk(recursive_order(root, []), operator.iadd)


def nearest_first(root):
    """The root, then its inputs, then their inputs: each Tensor when it is met first."""
    near = [root]
    for node in near:
        for tensor in node.origin[1] if node.origin else ():
            near += [tensor] if tensor.requires_grad and all(tensor is not known for known in near) else []
    walk(near[::-1])


def by_numbers(root):
    """The recursion's order, but a Tensor that holds the same numbers as an earlier one is taken for it."""
    different = {node.data.tobytes(): node for node in reversed(recursive_order(root, []))}
    walk([*different.values()][::-1])


START = np.array([3.0, 5.0, 2.0])
for way in (adds_in_place, nearest_first, by_numbers):
    print(f"{way.__name__:15s}", gradient_by(way, lambda a: (a * a + a) * 3.0)(START))

# %% nbgrader={"grade": false, "grade_id": "05-walks-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def for_adds_in_place(a):
    double, triple = a * 2.0, a * 3.0
    return (double + triple) + double


def for_nearest_first(a):
    square = a * a
    return square * (square + a)


def for_by_numbers(a):
    return (a * 2.0) * (a + a)


### STUB def for_adds_in_place(a):  # with + - *
### STUB     return ...
### STUB
### STUB def for_nearest_first(a):  # with + - *
### STUB     return ...
### STUB
### STUB def for_by_numbers(a):  # with + - *
### STUB     return ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-walks", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def your_own(root):
    backward(root, np.ones(root.shape))


def by_differences(calculation):
    """The gradient of a calculation for its input a, as a function of a's numbers."""

    def measured(a):
        return slope(lambda numbers: recorded(calculation, numbers)[1].data.sum(), a)

    return measured


breaks(gradient_by(adds_in_place, for_adds_in_place), START, by_differences(for_adds_in_place), "when is an old array still in use?")
breaks(gradient_by(nearest_first, for_nearest_first), START, by_differences(for_nearest_first), "who is met too early?")
breaks(gradient_by(by_numbers, for_by_numbers), START, by_differences(for_by_numbers), "who holds the same numbers?")
check(
    lambda: gradient_by(your_own, for_adds_in_place)(START),
    by_differences(for_adds_in_place)(START), "with + - * on the Tensor a",
)
check(
    lambda: gradient_by(your_own, for_nearest_first)(START),
    by_differences(for_nearest_first)(START), "with + - * on the Tensor a",
)
check(
    lambda: gradient_by(your_own, for_by_numbers)(START),
    by_differences(for_by_numbers)(START), "with + - * on the Tensor a",
)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The first: the rule of `add` hands one array to two Tensors; let one of them receive something more. The second: give a
# computed Tensor a short way and a long way to the result, and write the short one first, on the left.
# </details>
# <details><summary>Hint 2</summary>
#
# `x = a * 2.0`, `y = a * 3.0`, and `x` is needed twice. A square, times a sum that the square is part of. Two
# ways to write twice $a$.
# </details>

# %% [markdown]
# ## 5. The matrix product
#
# ### 05-matmul · derive · 15 min · core
#
# In $C = A B$, $c_{ij} = \sum_k a_{ik}\, b_{kj}$. The number $a_{ik}$ takes part in
# every number of row $i$ of $C$, times a $b_{kj}$; with $G$ for `grad`, its gradient is $\sum_j G_{ij}\, b_{kj}$. Find the
# sum for $b_{kj}$ yourself, and write both as matrix products. $A$ is `(n, k)`, $B$ is `(k, m)`, $G$ is `(n, m)`. More axes
# in front are a batch; `np.swapaxes(x, -1, -2)` exchanges the last two.


# %% nbgrader={"grade": false, "grade_id": "05-matmul-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
def left_gradient(grad, b):
    """The gradient of a in c = a @ b: grad (..., n, m) and b (..., k, m) give (..., n, k)."""
    return grad @ np.swapaxes(b, -1, -2)


def right_gradient(a, grad):
    """The gradient of b in c = a @ b: a (..., n, k) and grad (..., n, m) give (..., k, m)."""
    return np.swapaxes(a, -1, -2) @ grad


### STUB def left_gradient(grad, b):  # of A
### STUB     return ...
### STUB def right_gradient(a, grad):  # of B
### STUB     return ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-matmul", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
G_OF_PRODUCT = np.float32([[0.1, 2, -1, 3, 0.7, 1, -2], [1.5, 0.3, 2, -1, 0.4, 5, 1.2], [2.2, -3, 0.6, 1.1, -2.7, 0.9, 4]])  # (3, 7)
RIGHT = B.T @ (G_OF_PRODUCT - 0.8) / 4  # (5, 7)
BATCHES = np.stack([RIGHT, 1 - RIGHT, RIGHT**2, RIGHT + 0.3])  # (4, 5, 7)
G_OF_BATCHES = np.stack([G_OF_PRODUCT, -G_OF_PRODUCT, G_OF_PRODUCT - 1, 2 * G_OF_PRODUCT])  # (4, 3, 7)
DEEP, G_DEEP = np.stack([BATCHES, BATCHES - 1]), np.stack([1 - G_OF_BATCHES, G_OF_BATCHES])  # (2, 4, 5, 7), (2, 4, 3, 7)
WIDE_RIGHT, WIDE_G = RIGHT.astype(np.float64), G_OF_PRODUCT.astype(np.float64)
FLIPPED = np.array(RIGHT.T).T  # the same numbers in another order of memory
check(
    lambda: (left_gradient(G_OF_PRODUCT, RIGHT), right_gradient(A, G_OF_PRODUCT)),
    measured_gradients(np.matmul, G_OF_PRODUCT, A, RIGHT), "which of the two must be transposed?",
)
check(
    lambda: (left_gradient(G_OF_BATCHES, BATCHES), right_gradient(BATCH, G_OF_BATCHES)),
    measured_gradients(np.matmul, G_OF_BATCHES, BATCH, BATCHES), "more axes in front are a batch",
)
check(lambda: left_gradient(G_DEEP, DEEP), np.einsum("xynm,xykm->xynk", G_DEEP, DEEP), "more axes in front are a batch")
check(lambda: right_gradient(DEEP, DEEP), np.einsum("xykn,xykm->xynm", DEEP, DEEP), "more axes in front are a batch")
check(lambda: left_gradient(WIDE_G, WIDE_RIGHT), WIDE_G @ WIDE_RIGHT.T, "floats keep their dtype")
check(lambda: right_gradient(WIDE_RIGHT, WIDE_RIGHT), WIDE_RIGHT.T @ WIDE_RIGHT, "floats keep their dtype")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `G` is `(3, 7)`, `B` is `(5, 7)`, the answer `(3, 5)`. Over which length is summed, and where must it stand in the two
# factors of a product?
# </details>
# <details><summary>Hint 2</summary>
#
# $b_{kj}$ takes part in column $j$, each time multiplied by an $a_{ik}$: $\sum_i a_{ik}\, G_{ij}$. In a product the inner
# lengths must be equal, so $A$ comes first, transposed.
# </details>

# %% [markdown]
# ### 05-batches · write · 20 min · core
#
# Now `matmul_gradient`, for all shapes, from these two; both entries postponed.
#
# - A vector is a row `(1, k)` on the left, a column `(k, 1)` on the right; its gradient is a vector.
# - A batch times one table, as in `Linear`: $B$ would get a gradient for each entry of the batch, to be summed. How can
#   *one* product of two tables give that sum? An empty batch gives zeros.


# %% nbgrader={"grade": false, "grade_id": "05-batches-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
@gradient_of("matmul")
def matmul_gradient(grad, out, a, b):
    """c = a @ b for vectors, tables and batches; a result may be larger than its input by axes of a batch."""
    left, right = (a if a.ndim > 1 else a[None, :]), (b if b.ndim > 1 else b[:, None])
    grad = grad if b.ndim > 1 else grad[..., None]  # (..., n, 1), or (1,) if a is a vector too
    grad = grad if a.ndim > 1 else grad[..., None, :]  # (..., 1, m)
    rows, slopes = left, grad
    if left.ndim > 2 and right.ndim == 2:
        rows = left.reshape(math.prod(left.shape[:-1]), left.shape[-1])  # (batch * n, k)
        slopes = grad.reshape(len(rows), grad.shape[-1])  # (batch * n, m)

    def to_left():
        found = left_gradient(slopes, right).reshape(*grad.shape[:-1], right.shape[-2])
        return found if a.ndim > 1 else found[..., 0, :]

    def to_right():
        if right.flags.c_contiguous:
            found = right_gradient(rows, slopes)
        else:  # the same, in the memory order of a transposed weight
            found = np.swapaxes(right_gradient(slopes, rows), -1, -2)
        return found if b.ndim > 1 else found[..., 0]

    return to_left, to_right


### STUB matmul_gradient = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-batches", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def answer(a, b):
    """What the rule answers for a grad of 1, 2, 3, ..."""
    out = np.asarray(a @ b)
    grad = np.arange(1, 1 + out.size, dtype=np.float32).reshape(out.shape)
    return tuple(entry() if callable(entry) else entry for entry in matmul_gradient(grad, out, a, b))


def for_the_table():
    return matmul_gradient(TALL_G, TALL_G, TALL, RIGHT)[1]()


def summed(a, b):
    """The same, summed over axes of a batch that an input lacks, as your unbroadcast does it later."""
    return tuple(by_loops(entry, each.shape).astype(entry.dtype) for entry, each in zip(answer(a, b), (a, b), strict=True))


def measured_for(a, b):
    out = np.asarray(a @ b)
    return measured_gradients(np.matmul, np.arange(1.0, 1 + out.size).reshape(out.shape), a, b)


TALL, TALL_G = np.ones((1000, 3, 5), dtype=np.float32), np.ones((1000, 3, 7), dtype=np.float32)
BELOW = RIGHT - 1
VECTOR, SEVEN = RIGHT[:, 0], np.stack([BATCH - n for n in range(7)])  # (5,) and (7, 4, 3, 5)
check(lambda: answer(A, RIGHT), measured_for(A, RIGHT), "two tables")
check(lambda: answer(B, BELOW), measured_for(B, BELOW), "other numbers, other gradients")
check(lambda: answer(A, FLIPPED), measured_for(A, FLIPPED), "two tables, one of them transposed")
check(lambda: answer(ROW, RIGHT), measured_for(ROW, RIGHT), "a row on the left")
check(lambda: answer(A, VECTOR), measured_for(A, VECTOR), "a column on the right")
check(lambda: answer(ROW, VECTOR), measured_for(ROW, VECTOR), "a row and a column")
check(lambda: answer(BATCH, RIGHT), measured_for(BATCH, RIGHT), "a batch and a table: one product gives the sum")
check(lambda: answer(BATCH, FLIPPED), measured_for(BATCH, FLIPPED), "a batch and a transposed table")
check(lambda: answer(SEVEN, RIGHT), measured_for(SEVEN, RIGHT), "a batch of batches and a table")
check(lambda: answer(BATCH, VECTOR), measured_for(BATCH, VECTOR), "a batch and a column")
check(lambda: answer(BATCH, BATCHES), measured_for(BATCH, BATCHES), "two batches")
check(lambda: answer(EMPTY, RIGHT), (EMPTY, 0 * RIGHT), "an empty batch")
check(lambda: summed(ROW, BATCHES), measured_for(ROW, BATCHES), "a row and a batch")
check(lambda: summed(A, BATCHES), measured_for(A, BATCHES), "a table and a batch")
check(lambda: summed(SEVEN, BATCHES), measured_for(SEVEN, BATCHES), "a batch of batches and a batch")
check(
    lambda: [callable(entry) for entry in matmul_gradient(G_OF_PRODUCT, G_OF_PRODUCT, A, RIGHT)],
    [True, True], "postponed",
)
check(lambda: peak_bytes(for_the_table) < TALL.nbytes, True, "one product of two tables: no gradient for each entry")
check(lambda: not_registered(matmul=matmul_gradient), "", "@gradient_of, with its name")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# $\sum_i a_{ik}\, G_{ij}$ sums over rows. Does it matter from which entry of the batch a row comes?
# </details>
# <details><summary>Hint 2</summary>
#
# Fold `(batch, n, k)` into `(batch * n, k)`, and `grad` alike, when `b.ndim == 2`. `v[None, :]` is a row, `v[:, None]` a
# column; `grad` needs the same axis: `grad[..., None, :]` or `grad[..., None]`.
# </details>

# %% [markdown]
# ## 6. Many to few, and moving about
#
# A reduction makes few numbers out of many. On the way back `spread` gives each of the many what belongs to its result. An
# axis that disappeared comes back first, with length 1.


# %% nbgrader={"grade": false, "grade_id": "05-sum", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def spread(reduced, a, axis, keepdims):
    """What a reduction gave, or its gradient, for each number of a: a view that must not be changed.

    >>> spread(np.array([10, 20]), np.zeros((2, 3)), axis=1, keepdims=False).tolist()
    [[10, 10, 10], [20, 20, 20]]
    """
    if axis is not None and not keepdims:
        reduced = np.expand_dims(reduced, axis)
    return np.broadcast_to(reduced, a.shape)


# %% [markdown]
# ### 05-reductions · derive · 20 min · core
#
# Write and register, with the options of the operations, `axis=None` and `keepdims=False`:
#
# - `sum_gradient`, and `mean_gradient`: how far does a mean of $n$ numbers move when one of them moves?
# - `extreme_gradient`, for `max` and `min`: only numbers equal to the result `out` count. Several share the gradient
#   equally.
# - `var_gradient`, with `correction=1` ($c$) besides: $\frac{1}{n - c} \sum_i (a_i - \mu)^2$. $\mu$ moves too when $a_i$
#   moves: what does that add?
#
# `axis` is `None`, a number, or a tuple. An empty batch `(0, 5)` gets `(0, 5)`, silently.


# %% nbgrader={"grade": false, "grade_id": "05-reductions-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
@gradient_of("sum")
def sum_gradient(grad, out, a, axis=None, keepdims=False):
    """c = the sum along an axis, several axes, or all."""
    return (spread(grad, a, axis, keepdims),)


@gradient_of("mean")
def mean_gradient(grad, out, a, axis=None, keepdims=False):
    """c = the mean along an axis, several axes, or all."""
    count = a.size // max(out.size, 1)
    return (spread(grad / max(count, 1), a, axis, keepdims),)


@gradient_of("max")
@gradient_of("min")
def extreme_gradient(grad, out, a, axis=None, keepdims=False):
    """c = the largest or smallest number along axes; those that tie share equally, as in PyTorch's amax."""
    chosen = a == spread(out, a, axis, keepdims)
    count = chosen.sum(axis=axis, keepdims=True, dtype=grad.dtype)
    return (chosen * spread(grad, a, axis, keepdims) / count,)


@gradient_of("var")
def var_gradient(grad, out, a, axis=None, keepdims=False, correction=1):
    """c = the variance along an axis, several axes, or all, with n - correction below the line."""
    count = a.size // max(out.size, 1)
    distance = a - a.sum(axis=axis, keepdims=True) / max(count, 1)
    return (distance * spread(grad * (2 / max(count - correction, 1)), a, axis, keepdims),)


### STUB sum_gradient = ...
### STUB mean_gradient = ...
### STUB extreme_gradient = ...
### STUB var_gradient = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-reductions", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
G_ROWS, G_KEPT, G_ALL = G[:, 3], G[:, 3:4], np.array(0.7)
TIED = np.float32([[4, 1, 4, 3.99999, 4], [3, 3, 3, 3, 3], [7, 6, 5, 7, 2]])
SHARED = G_KEPT * np.float32([[1 / 3, 0, 1 / 3, 0, 1 / 3], [0.2, 0.2, 0.2, 0.2, 0.2], [0.5, 0, 0, 0.5, 0]])
SMALLEST = 0 * TIED
SMALLEST[0, 1] = 0.7
EMPTY_ROWS, NO_ROWS, FIVE_ZEROS = np.zeros((0, 5)), np.zeros(0), np.zeros(5)


def variance(a, **options):
    return np.var(a, ddof=1, **options)


def along_axes(operation, shortest=1):
    """Two functions: draw inputs of the operation's rule, and measure what it should answer."""

    def draw(rng):
        shape = rng.integers(shortest, 4, size=rng.integers(1, 4))
        a = rng.permutation(np.prod(shape)).reshape(shape) / 3  # no ties
        axis = [None, 0, -1, tuple(range(a.ndim)), (-1, -2)[: a.ndim]][rng.integers(5)]
        keepdims = bool(rng.integers(2))
        out = np.asarray(operation(a, axis=axis, keepdims=keepdims))
        return rng.normal(size=out.shape), out, a, axis, keepdims

    def measured_slopes(grad, out, a, axis, keepdims):
        return measured_gradients(operation, grad, a, axis=axis, keepdims=keepdims)

    return {"draw": draw, "law": measured_slopes, "cases": 15}


check(
    lambda: sum_gradient(G_ROWS, A.sum(axis=1), A, axis=1),
    measured_gradients(np.sum, G_ROWS, A, axis=1), "what belongs to its result",
)
property_holds(sum_gradient, **along_axes(np.sum))
check(
    lambda: mean_gradient(G_ROWS, A.mean(axis=1), A, axis=1),
    measured_gradients(np.mean, G_ROWS, A, axis=1), "how far does a mean move?",
)
check(lambda: mean_gradient(G_ALL, A.mean(), A), measured_gradients(np.mean, G_ALL, A), "axis is None")
check(
    lambda: mean_gradient(ROW[:3], BATCH.mean(axis=(0, 2)), BATCH, axis=(0, 2)),
    measured_gradients(np.mean, ROW[:3], BATCH, axis=(0, 2)), "axis is a tuple",
)
property_holds(mean_gradient, **along_axes(np.mean))
check(
    lambda: extreme_gradient(G_ROWS, A.max(axis=1), A, axis=1),
    measured_gradients(np.max, G_ROWS, A, axis=1), "only those count that are the result",
)
check(lambda: extreme_gradient(G_ROWS, TIED.max(axis=1), TIED, axis=1), (SHARED,), "those that tie share equally")
check(
    lambda: extreme_gradient(G_KEPT, TIED.max(axis=1, keepdims=True), TIED, axis=1, keepdims=True),
    (SHARED,), "those that tie share equally",
)
check(lambda: extreme_gradient(G_ALL, TIED.min(), TIED), (SMALLEST,), "min too")
property_holds(extreme_gradient, **along_axes(np.max))
property_holds(extreme_gradient, **along_axes(np.min))
check(
    lambda: var_gradient(G_ROWS, A.var(axis=1, ddof=1), A, axis=1),
    measured_gradients(np.var, G_ROWS, A, axis=1, ddof=1), "the formula",
)
check(
    lambda: var_gradient(G_ROWS, A.var(axis=1), A, axis=1, correction=0),
    measured_gradients(np.var, G_ROWS, A, axis=1), "n - c, not always n - 1",
)
property_holds(var_gradient, **along_axes(variance, shortest=2))
check(
    lambda: not_registered(sum=sum_gradient, mean=mean_gradient, max=extreme_gradient, min=extreme_gradient, var=var_gradient),
    "",
)
check(
    lambda: var_gradient(G_ROWS, 0 * G_ROWS, A[:, :1], axis=1, correction=0),
    (0 * A[:, :1],), "a single number does not vary",
)
check(lambda: mean_gradient(NO_ROWS, NO_ROWS, EMPTY_ROWS, axis=1), (EMPTY_ROWS,), "an empty batch")
check(lambda: extreme_gradient(NO_ROWS, NO_ROWS, EMPTY_ROWS, axis=1), (EMPTY_ROWS,), "an empty batch")
check(lambda: var_gradient(NO_ROWS, NO_ROWS, EMPTY_ROWS, axis=1), (EMPTY_ROWS,), "an empty batch")
check(lambda: mean_gradient(FIVE_ZEROS, FIVE_ZEROS, EMPTY_ROWS, axis=0), (EMPTY_ROWS,), "an empty batch, silently")
check(
    lambda: var_gradient(FIVE_ZEROS, FIVE_ZEROS, EMPTY_ROWS, axis=0, correction=0),
    (EMPTY_ROWS,), "an empty batch, silently",
)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How many numbers go into each result? `a.size` divided by `out.size` says it, unless both are 0. What is the sum of all
# distances from their mean?
# </details>
# <details><summary>Hint 2</summary>
#
# `a == spread(out, a, axis, keepdims)` marks those that are the result; a sum along `axis` with `keepdims=True` counts
# them. Use `max(out.size, 1)` as the denominator.
# </details>

# %% [markdown]
# ### 05-moves · write · 15 min · core
#
# Operations that only move numbers, with one option each, by keyword:
#
# - `reshape_gradient`, with `shape`.
# - `transpose_gradient`, with `axes`: axis `axes[i]` of the input became axis `i`. Undo it; `axes` may count from the end,
#   as in `(-1, 0, 1)`.
# - `getitem_gradient`, with `index`. Where nothing was picked, the gradient is 0. An array as an index may pick the same
#   number *twice*.


# %% nbgrader={"grade": false, "grade_id": "05-moves-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
@gradient_of("reshape")
def reshape_gradient(grad, out, a, *, shape):
    """The same numbers in the input's shape."""
    return (grad.reshape(a.shape),)


@gradient_of("transpose")
def transpose_gradient(grad, out, a, *, axes):
    """Every axis goes back to where it was."""
    back = [0] * len(axes)
    for place, axis in enumerate(axes):
        back[axis] = place
    return (grad.transpose(back),)


@gradient_of("getitem")
def getitem_gradient(grad, out, a, *, index):
    """grad where a[index] came from, added up where it was picked more than once, and zeros elsewhere."""
    result = np.zeros_like(a)
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is ... or isinstance(part, (int, np.integer, slice)) for part in parts):
        result[index] = grad  # such an index picks each number once, and this is much faster
    else:
        np.add.at(result, index, grad)
    return (result,)


### STUB reshape_gradient = ...
### STUB transpose_gradient = ...
### STUB getitem_gradient = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-moves", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def taken(a, index):
    return a[index]


def turned(array, axes):
    grad = array.transpose(axes) * 2
    return transpose_gradient(grad, array.transpose(axes), array, axes=axes)


def picked(array, index):
    return getitem_gradient(array[index] * 2, array[index], array, index=index)


def twice(array, index):
    return measured_gradients(taken, array[index] * 2, array, index=index)


AGAIN, MASK, PAIRS = [0, 1, 1], A > 0, (np.array([0, 2, 0]), np.array([4, 1, 4]))
check(lambda: reshape_gradient(2 * BATCH.reshape(12, 5), BATCH.reshape(12, 5), BATCH, shape=(12, -1)), (2 * BATCH,), "moved back")
check(lambda: turned(BATCH, (2, 0, 1)), (BATCH * 2,), "undo it, do not repeat it")
check(lambda: turned(BATCH, (1, 2, 0)), (BATCH * 2,), "undo it, do not repeat it")
check(lambda: turned(BATCH, (-1, 0, 1)), (BATCH * 2,), "axes may count from the end")
check(lambda: turned(BATCH, (0, -1, -2)), (BATCH * 2,), "axes may count from the end")
check(lambda: picked(A, 1), twice(A, 1), "0 where nothing was picked")
check(lambda: picked(A, (slice(None), slice(1, 4))), twice(A, (slice(None), slice(1, 4))), "0 where nothing was picked")
check(lambda: picked(A, (..., 1, None)), twice(A, (..., 1, None)), "whatever can be an index")
check(lambda: picked(A, MASK), twice(A, MASK), "whatever can be an index")
check(lambda: picked(A, AGAIN), twice(A, AGAIN), "the same number twice")
check(lambda: picked(A, PAIRS), twice(A, PAIRS), "the same number twice")
check(lambda: picked(A, (slice(None), [3, 0, 3])), twice(A, (slice(None), [3, 0, 3])), "the same number twice")
check(lambda: picked(A, (0, [3, 0, 3])), twice(A, (0, [3, 0, 3])), "the same number twice")
check(lambda: picked(A, (np.array(1), 2)), twice(A, (np.array(1), 2)), "whatever can be an index")
check(lambda: picked(A, slice(1, 1)), (0 * A,), "nothing was picked at all")
check(lambda: not_registered(reshape=reshape_gradient, transpose=transpose_gradient, getitem=getitem_gradient), "")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Try `r = np.zeros(3); r[[0, 2, 2]] += [1, 5, 7]`. What is `r[2]`, and what should it be? For `transpose`: axis 0 of
# the result of (2, 0, 1) was axis 2. Where does it go back to?
# </details>
# <details><summary>Hint 2</summary>
#
# `np.add.at(result, index, grad)` forgets nobody. `back[axes[i]] = i` for every `i`, in a list, which understands
# negative places.
# </details>

# %% [markdown]
# ## 7. Softmax and the losses
#
# ### 05-softmax · derive · 15 min · core
#
# Write and register `log_softmax_gradient` and `softmax_gradient`, with the option `axis=-1`. Here every result depends on
# every logit of its row. Begin with $c_i = z_i - \log \sum_k e^{z_k}$: you found the slopes of that logarithm in module
# 04. Each $z_j$ moves its own $c_j$, and through the logarithm *all* $c_i$, whose gradients $g_i$ may differ.
#
# Then softmax, $p_i = e^{c_i}$: the rule of `exp` first; what it gives are the $g_i$ of `log_softmax`. Use `out`.


# %% nbgrader={"grade": false, "grade_id": "05-softmax-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
@gradient_of("log_softmax")
def log_softmax_gradient(grad, out, a, axis=-1):
    """c = log of softmax(a) along an axis."""
    return (grad - np.exp(out) * grad.sum(axis=axis, keepdims=True),)


@gradient_of("softmax")
def softmax_gradient(grad, out, a, axis=-1):
    """c = softmax(a) along an axis."""
    weighted = grad * out
    return (weighted - out * weighted.sum(axis=axis, keepdims=True),)


### STUB log_softmax_gradient = ...
### STUB softmax_gradient = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-softmax", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def p_of(z, axis=-1):
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


def log_p_of(z, axis=-1):
    return np.log(p_of(z, axis))


LOG_P, P_OF_A = log_p_of(A), p_of(A)
FAR_Z, FAR_P, FAR_LOG_P = np.float32([[1000, 0, -1000]]), np.float32([[1, 0, 0]]), np.float32([[0, -1000, -2000]])
G_FAR = np.float32([[5, 7, 11]])
check(lambda: log_softmax_gradient(G, LOG_P, A), measured_gradients(log_p_of, G, A), "its own c, and all of them")
check(
    lambda: log_softmax_gradient(G, log_p_of(A, 0), A, axis=0),
    measured_gradients(log_p_of, G, A, axis=0), "any axis",
)
check(lambda: softmax_gradient(G, P_OF_A, A), measured_gradients(p_of, G, A), "the rule of exp first")
check(lambda: softmax_gradient(G, p_of(A, 0), A, axis=0), measured_gradients(p_of, G, A, axis=0), "any axis")
check(
    lambda: log_softmax_gradient(BATCH, log_p_of(BATCH), BATCH),
    measured_gradients(log_p_of, BATCH, BATCH), "the last axis",
)
check(lambda: softmax_gradient(BATCH, p_of(BATCH), BATCH), measured_gradients(p_of, BATCH, BATCH), "the last axis")
check(
    lambda: softmax_gradient(BATCH, p_of(BATCH / 9, 1), BATCH / 9, axis=1),
    measured_gradients(p_of, BATCH, BATCH / 9, axis=1), "any axis",
)
check(lambda: log_softmax_gradient(G_FAR, FAR_LOG_P, FAR_Z), (np.float32([[-18, 7, 11]]),), "logits of 1000")
check(lambda: softmax_gradient(G_FAR, FAR_P, FAR_Z), (np.float32([[0, 0, 0]]),), "logits of 1000")
check(
    lambda: not_registered(log_softmax=log_softmax_gradient, softmax=softmax_gradient),
    "", "@gradient_of, with its name",
)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# If $z_j$ rises by $h$, the logarithm rises by $p_j h$, and every $c_i$ falls by as much. What does the loss lose by that,
# with $g_i$ for each?
# </details>
# <details><summary>Hint 2</summary>
#
# $g_j - p_j \sum_i g_i$. With $g_i p_i$ in the place of $g_i$ this is the rule of `softmax`. Each sum needs
# `keepdims=True`.
# </details>
# <details><summary>Compare your paper</summary>
#
# $p = (\frac16, \frac13, \frac12)$, $g = (1, 0, 0)$: `log_softmax` $(\frac56, -\frac13, -\frac12)$, `softmax`
# $(\frac{5}{36}, -\frac{1}{18}, -\frac{1}{12})$.
# </details>

# %% [markdown]
# ### 05-losses · derive · 20 min · core
#
# Each has the option `reduction="mean"`, one of `"mean"`, `"sum"` and `"none"`. What is `grad` for each?
#
# - `mse_loss_gradient` of `predictions` and `targets`: $(p - t)^2$. Both may need one.
# - `cross_entropy_gradient` of `logits` and `labels`: one loss for each *row*, whose slopes you derived. Labels have none.
# - `bce_with_logits_gradient` of `logits` and `targets`: $\log(1 + e^z) - y z$. Both may need one.
#
# Logits of 1000 must not overflow.


# %% nbgrader={"grade": false, "grade_id": "05-losses-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
def _per_loss(grad, reduction, count):
    """The gradient of each of `count` losses, from that of the reduced loss."""
    return grad / count if reduction == "mean" else grad


@gradient_of("mse_loss")
def mse_loss_gradient(grad, out, predictions, targets, reduction="mean"):
    """c = (p - t) ** 2, reduced."""
    slopes = (2 * _per_loss(grad, reduction, predictions.size)) * (predictions - targets)
    return slopes, lambda: -slopes


@gradient_of("cross_entropy")
def cross_entropy_gradient(grad, out, logits, labels, reduction="mean"):
    """c = log of the sum of e ** z, minus the z of the label, for each row; reduced."""
    grad = _per_loss(grad, reduction, len(labels))
    slopes = np.exp(logits - logits.max(axis=1, keepdims=True))
    slopes /= slopes.sum(axis=1, keepdims=True)
    slopes[np.arange(len(labels)), labels] -= 1
    slopes *= grad[:, None] if grad.ndim else grad
    return slopes, None


@gradient_of("bce_with_logits")
def bce_with_logits_gradient(grad, out, logits, targets, reduction="mean"):
    """c = log(1 + e ** z) - y z, reduced."""
    grad = _per_loss(grad, reduction, logits.size)
    probabilities = np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits)))
    return grad * (probabilities - targets), lambda: -grad * logits


### STUB mse_loss_gradient = ...
### STUB cross_entropy_gradient = ...
### STUB bce_with_logits_gradient = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-losses", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def reduced(losses, reduction):
    return losses if reduction == "none" else getattr(losses, reduction)()


def squares(p, t, reduction="mean"):
    return reduced((p - t) ** 2, reduction)


def surprise(z, labels, reduction="mean"):
    return reduced(-log_p_of(z)[np.arange(len(labels)), labels], reduction)


def yes_or_no(z, y, reduction="mean"):
    return reduced(np.log(1 + np.exp(z)) - y * z, reduction)


Y = np.float32([[1, 0, 0.3, 0.8, 1], [0, 0.1, 1, 0, 0.6], [0.4, 1, 0, 0.9, 0.2]])
LABELS, FAR_LABELS, LOSS = np.array([3, 0, 4]), np.array([1, 0]), np.array(1.9, dtype=np.float32)
FAR_Y, TIMES_2, APART_Z = np.float32([[0, 0, 1]]), np.array(2.0), np.float32([[1000, 0, -1000], [-1000, -1000, -1000]])
check(
    lambda: mse_loss_gradient(G_ALL, LOSS, A, B),
    measured_gradients(squares, G_ALL, A, B), "p and t move it in opposite ways",
)
check(
    lambda: mse_loss_gradient(G_ALL, LOSS, A, B, "sum"),
    measured_gradients(squares, G_ALL, A, B, reduction="sum"), "the reduction",
)
check(
    lambda: mse_loss_gradient(G, (A - B) ** 2, A, B, "none"),
    measured_gradients(squares, G, A, B, reduction="none"), "a gradient for each loss",
)
check(
    lambda: cross_entropy_gradient(G_ALL, LOSS, A, LABELS),
    measured_gradients(surprise, G_ALL, A, LABELS), "module 04, section 5",
)
check(
    lambda: cross_entropy_gradient(G_ALL, LOSS, A, LABELS, "sum"),
    measured_gradients(surprise, G_ALL, A, LABELS, reduction="sum"), "the reduction",
)
check(
    lambda: cross_entropy_gradient(G_ROWS, G_ROWS, A, LABELS, "none"),
    measured_gradients(surprise, G_ROWS, A, LABELS, reduction="none"), "one loss for each row",
)
check(
    lambda: cross_entropy_gradient(G_ALL, LOSS, A[:1], LABELS[:1]),
    measured_gradients(surprise, G_ALL, A[:1], LABELS[:1]), "a single row",
)
check(
    lambda: bce_with_logits_gradient(G_ALL, LOSS, A, Y),
    measured_gradients(yes_or_no, G_ALL, A, Y), "module 04, section 6",
)
check(
    lambda: bce_with_logits_gradient(G_ALL, LOSS, A, Y, "sum"),
    measured_gradients(yes_or_no, G_ALL, A, Y, reduction="sum"), "the reduction",
)
check(
    lambda: bce_with_logits_gradient(G, LOSS, A, Y, "none"),
    measured_gradients(yes_or_no, G, A, Y, reduction="none"), "a gradient for each loss",
)
check(
    lambda: cross_entropy_gradient(TIMES_2, LOSS, APART_Z, FAR_LABELS),
    (np.float32([[1, -1, 0], [-2 / 3, 1 / 3, 1 / 3]]), None), "logits of 1000",
)
check(
    lambda: bce_with_logits_gradient(TIMES_2, LOSS, FAR_Z, FAR_Y, "sum"),
    (np.float32([[2, 1, -2]]), -2 * FAR_Z), "logits of 1000",
)
check(
    lambda: not_registered(mse_loss=mse_loss_gradient, cross_entropy=cross_entropy_gradient, bce_with_logits=bce_with_logits_gradient),
    "",
)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# With `"none"` cross entropy has `grad` of shape `(N,)`, and each row of the slopes belongs to one of its numbers. With
# the other two, `grad.ndim` is 0.
# </details>
# <details><summary>Hint 2</summary>
#
# $2 (p - t)$ and its opposite; probability minus truth; $\sigma(z) - y$ and $-z$. `grad[:, None]` makes a column of a
# row. `np.exp(-np.abs(z))` never overflows.
# </details>

# %% [markdown]
# ## 8. A reader with a hidden layer
#
# Once the module is exported, `loss.backward()` finds your `backward`; in this notebook, call `backward(loss)`.
#
# ### 05-reader · write · 12 min · core
#
# Train a reader with `loss_of`: in each step note the loss as a number, find the gradient, and move the `data` of each of
# `reader.parameters()` against it, times `learning_rate`. What does `backward` do with an old `grad`?
# (`reader.zero_grad()` forgets it.)


# %% nbgrader={"grade": false, "grade_id": "05-reader-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(reader, ink, labels, steps, learning_rate):
    """Train a reader on ink (N, pixels) with labels (N,): return the list of losses, each before its step."""
    ### BEGIN SOLUTION
    losses = []
    for _ in range(steps):
        loss = loss_of(reader, ink, labels)
        losses.append(loss.item())
        reader.zero_grad()
        backward(loss)
        for parameter in reader.parameters():
            parameter.data = parameter.data - learning_rate * parameter.grad
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-reader", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
RATE, DOTS, DOT_LABELS = 0.7, Tensor(A / 3), np.array([1, 0, 1])  # (3, 5): three pictures of five pixels
SHAPES = [(2, 5), (2,), (4, 2), (4,)]  # two hidden numbers, four classes
DRAWN = np.random.default_rng(7)
STARTS = [DRAWN.normal(size=shape).astype(np.float32) for shape in SHAPES]


def small_reader():
    layers = Sequential(Linear(5, 2), Tanh(), Linear(2, 4))
    for parameter, start in zip(layers.parameters(), STARTS, strict=True):
        parameter.data = start.copy()
    return layers


def loss_by_formula(w, b, v, c, ink=DOTS, labels=DOT_LABELS):
    return surprise(np.tanh(ink.data @ w.T + b) @ v.T + c, labels)


def stepped(weights, rate=RATE, **data):
    slopes = measured_gradients(loss_by_formula, np.array(1.0), *weights, **data)
    return tuple(weight - rate * each for weight, each in zip(weights, slopes, strict=True))


def weights_after(steps, rate=RATE, ink=DOTS, labels=DOT_LABELS):
    layers = small_reader()
    train(layers, ink, labels, steps, rate)
    return tuple(parameter.data for parameter in layers.parameters())


ONCE = stepped([start.astype(np.float64) for start in STARTS])
TWICE = stepped(ONCE)
THRICE = stepped(TWICE)
MORE, MORE_LABELS = Tensor(np.concatenate([B, G, A[:1]])), np.array([2, 3, 0, 1, 1, 3, 2])
ELSEWHERE = stepped([start.astype(np.float64) for start in STARTS], 0.2, ink=MORE, labels=MORE_LABELS)
check(lambda: len(train(small_reader(), DOTS, DOT_LABELS, 9, RATE)), 9, "a loss for each of the steps asked for")
check(lambda: weights_after(1), ONCE, "one step against the gradient, times the learning rate")
check(lambda: {str(weights.dtype) for weights in weights_after(1)}, {"float32"}, "float32 in gives float32 out")
check(lambda: weights_after(1, 0.2, MORE, MORE_LABELS), ELSEWHERE, "what was given: the rate, the ink, the labels")
check(lambda: weights_after(2), TWICE, "what is there from the step before?")
check(lambda: weights_after(3), THRICE, "what is there from the steps before?")
check(
    lambda: train(small_reader(), DOTS, DOT_LABELS, 3, RATE),
    [float(loss_by_formula(*weights)) for weights in (STARTS, ONCE, TWICE)], "each before its step",
)
check(
    lambda: [hasattr(loss, "data") and hasattr(loss, "grad") for loss in train(small_reader(), DOTS, DOT_LABELS, 1, RATE)],
    [False], "as a number",
)
check(lambda: train(small_reader(), DOTS, DOT_LABELS, 0, RATE), [], "no step, no loss")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Six things happen in a step. Which of them must happen before which?
# </details>
# <details><summary>Hint 2</summary>
#
# `loss_of(reader, ink, labels)`, `loss.item()` into the list, `zero_grad`, `backward`, and a loop over the parameters:
# `parameter.data = parameter.data - ...`.
# </details>

# %%
def share_right(reader):
    return (reader(NEW_INK).data.argmax(axis=1) == NEW_DIGITS).mean()


seconds = seconds_of(lambda: train(reader, INK, DIGITS, steps=300, learning_rate=1.0), tries=1)
print(f"{seconds:.1f} seconds; loss {loss_of(reader).item():.3f}; new pictures: {share_right(reader):.1%} right")
show_pictures(list(reader[0].weight.data[:10].reshape(10, 8, 8)), [f"hidden {n}" for n in range(10)], signed=True)
check(lambda: share_right(reader) > 0.966, True, "what the text says below")

# %% [markdown]
# Seconds in place of minutes, and 97 % of *new* pictures; module 04's reader had 96.6 %. Each hidden number looks for
# strokes (red) and gaps (blue).
#
# Now somebody mistypes the rule of `tanh`: an absolute value for a square.

# %%
RIGHT_RULE, GRADIENTS["tanh"] = GRADIENTS["tanh"], lambda grad, out, a: (grad * (1 - np.abs(out)),)
mistaken = new_reader()
train(mistaken, INK, DIGITS, steps=300, learning_rate=1.0)
GRADIENTS["tanh"] = RIGHT_RULE
print(f"with the wrong rule: {share_right(mistaken):.1%} right")
check(lambda: share_right(mistaken) > 0.966, True, "what the text says below")

# %% [markdown]
# No error, and as good a reader: nobody notices, until a harder problem fails. So trust no rule before it agrees with
# measured slopes.
#
# ### 05-compare · write · 10 min · core
#
# Arrays differ where they are further apart than `tolerance` times $\max(1, |\text{measured}|)$, or where either is `nan`
# or infinite.
# (What do `nan > 1` and `nan <= 1` give?) Return the index of the first such place, row by row, as a tuple of Python's
# integers, or `None`.


# %% nbgrader={"grade": false, "grade_id": "05-compare-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def first_difference(found, measured, tolerance):
    """The index of the first place where arrays differ by more than tolerance * max(1, |measured|), or None.

    >>> first_difference(np.array([[1.0, 2.0], [3.0, 9.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), 1e-5)
    (1, 1)
    """
    ### BEGIN SOLUTION
    near = np.isfinite(measured) & (np.abs(found - measured) <= tolerance * np.maximum(1, np.abs(measured)))
    if near.all():
        return None
    return tuple(int(place) for place in np.argwhere(~near)[0])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-compare", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def both_infinite():
    with np.errstate(invalid="ignore"):
        return first_difference(INFINITE, INFINITE, 1e-5)


HUNDREDS = np.array([[100.0, 200.0, 150.0], [300.0, -400.0, 700.0]])
OFF, LOW, HIGH, CROSS = HUNDREDS.copy(), HUNDREDS.copy(), HUNDREDS.copy(), HUNDREDS.copy()
OFF[:, 1] += 0.0019
LOW[1, :2] -= 0.1, 0.3
HIGH[1, 1] += 0.1
CROSS[0, 2], CROSS[1, 0] = 0, 0
CLOSE_0, CLOSE_1, NAN = np.array(1e-7), np.array(1.5 + 1.8e-5), np.array([1.0, np.nan, np.nan])
INFINITE = np.array([1.0, 1.0, -np.inf])
check(lambda: first_difference(OFF, HUNDREDS, 1e-5), None, "tolerance times the larger of 1 and |measured|")
check(lambda: first_difference(OFF, HUNDREDS, 0.9e-5), (0, 1), "the first, row by row")
check(lambda: first_difference(LOW, HUNDREDS, 1e-5), (1, 0), "too small is as wrong as too large")
check(lambda: first_difference(HIGH, HUNDREDS, 1e-5), (1, 1), "too large")
check(lambda: first_difference(HUNDREDS, HUNDREDS, 0), None, "not further apart")
check(lambda: first_difference(CLOSE_1, np.array(1.5), 1.3e-5), None, "|measured| is the larger")
check(lambda: first_difference(CLOSE_1, np.array(1.5), 1e-5), (), "a single number has the index ()")
check(lambda: first_difference(CROSS, HUNDREDS, 1e-5), (0, 2), "row by row")
check(lambda: first_difference(np.array([3.1, 1.9]), np.array([2.0, 4.0]), 0.5), (0,), "|measured|, not |found|")
check(lambda: first_difference(CLOSE_0, 0 * CLOSE_0, 1e-6), None, "the larger of 1 and |measured|")
check(lambda: first_difference(CLOSE_0, 0 * CLOSE_0, 1e-8), (), "a single number has the index ()")
check(lambda: first_difference(np.ones(3), NAN, 1e-5), (1,), "nan in either")
check(lambda: first_difference(NAN, np.ones(3), 1e-5), (1,), "nan in either")
check(lambda: first_difference(NAN, NAN, 1e-5), (1,), "nan in both")
check(lambda: first_difference(INFINITE, np.ones(3), 1e-5), (2,), "infinite in either")
check(lambda: first_difference(np.ones(3), INFINITE, 1e-5), (2,), "infinite in either")
check(lambda: both_infinite(), (2,), "infinite in both")
check(lambda: first_difference(np.zeros((0, 5)), np.zeros((0, 5)), 1e-5), None, "without numbers nothing differs")
check(lambda: type(first_difference(HIGH, HUNDREDS, 1e-5)).__name__, "tuple", "as a tuple")
check(lambda: [type(part) for part in first_difference(HIGH, HUNDREDS, 1e-5)], [int, int], "Python's integers")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Every comparison with `nan` is false. So should you look for "too far", or for "not near"?
# </details>
# <details><summary>Hint 2</summary>
#
# `near = np.abs(...) <= ...`, and `np.isfinite(measured)`, since infinity times a tolerance allows everything; then the
# first `False`: `np.argwhere(~near)` lists the indices of all of them.
# </details>

# %% [markdown]
# ### 05-check · write · 15 min · core
#
# `_fault`, given, lets `backward` work, and returns the first difference from measured slopes in words, or `""`. Write
# `check_gradients`. If the whole agrees, it returns `True`. If not, it tries each recorded operation alone, on *new* leaves,
# and raises an `AssertionError`. This holds the fault of the whole, and `the rule of 'tanh' is wrong for its ` followed by
# the operation's own fault; or, if every rule alone is right, `each rule alone is right`.


# %% nbgrader={"grade": false, "grade_id": "05-check-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def _new_leaf(value):
    """A float64 leaf of its own for floats; what is no float as a Tensor that requires no gradient."""
    array = np.array(value.data if isinstance(value, Tensor) else value)
    return Tensor(array, np.float64, requires_grad=True) if array.dtype.kind == "f" else Tensor(array)


def _fault(function, leaves, epsilon, tolerance):
    """Where backward through function(*leaves) differs from central differences, in words, or ""."""
    root = function(*leaves)
    if not root.requires_grad:
        raise ValueError("nothing to check: the result depends on no float input, or Tensor operations were left")
    weights = np.random.default_rng(0).uniform(0.5, 1.5, root.shape)

    @no_grad
    def value():
        return float((function(*leaves).data * weights).sum())

    if root.dtype != np.float64 or value() != value():
        raise ValueError("cannot measure: the function gives float32, or another result at each call (dropout?)")
    backward(root, weights)
    for number, leaf in enumerate(leaves):
        if leaf.requires_grad:
            measured = central_differences(value, leaf.data, epsilon)
            found = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
            place = first_difference(found, measured, tolerance)
            if place is not None:
                return f"input {number} at index {place}: gradient {found[place]:.6g}, measured {measured[place]:.6g}"
    return ""


def check_gradients(function, *inputs, epsilon=1e-6, tolerance=1e-5):
    """True if backward through function(*inputs) agrees with central differences, else an AssertionError.

    `function` takes Tensors and returns one; PyTorch's equivalent is torch.autograd.gradcheck. Inputs that hold floats
    become float64 leaves, copies of what was given. The message names the operation, the input's number and the index.
    At a corner, such as relu at 0 or a tie of max, nothing can be measured.

    >>> check_gradients(lambda a, b: a * b + a, [1.0, 2.0], 3.0)
    True
    """
    leaves = [_new_leaf(value) for value in inputs]
    whole = _fault(function, leaves, epsilon, tolerance)
    ### BEGIN SOLUTION
    if not whole:
        return True
    for node in topological_order(function(*leaves)):
        if node.origin is not None:
            name, tensors, options = node.origin
            alone = [Tensor(tensor.data.copy(), tensor.dtype, tensor.requires_grad) for tensor in tensors]
            text = _fault(lambda *new, name=name, options=options: apply(name, *new, **options), alone, epsilon, tolerance)
            if text:
                raise AssertionError(f"{whole}; the rule of {name!r} is wrong for its {text}")
    raise AssertionError(f"{whole}; each rule alone is right: look at how backward adds up and at how it orders")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def mistaken_rule(grad, out, a):
    return (grad * (1 - np.abs(out)),)


def too_long(root, gradient):
    """backward, which counts double what comes over more than two operations."""
    RIGHT_BACKWARD(root, gradient)
    for leaf in topological_order(root) if len(topological_order(root)) > 3 else ():
        leaf.grad = None if leaf.grad is None else 2 * leaf.grad


def judged(function, *inputs, way=backward, **rules):
    """What check_gradients says, with these rules and this backward."""
    kept = {name: GRADIENTS[name] for name in rules}
    GRADIENTS.update(rules)
    check_gradients.__globals__["backward"] = way
    try:
        return check_gradients(function, *inputs)
    finally:
        check_gradients.__globals__["backward"] = RIGHT_BACKWARD
        GRADIENTS.update(kept)


RIGHT_BACKWARD, X, W = backward, [[0.5, -0.2]], [[0.1], [0.7]]
LABEL = np.array([1])
SIGNED = {"mul": lambda grad, out, a, b: (grad * b, -grad * a)}
check(lambda: judged(lambda x, w: Tanh()(x @ w).sum(), X, W), True)
raises(
    lambda: judged(lambda x, w: Tanh()(x @ w).sum(), X, W, tanh=mistaken_rule),
    AssertionError,
    says=["input 0 at index (0, 0): gradient 0.103491", "the rule of 'tanh' is wrong for its input 0 at index (0, 0): gradient 1.03491"],
)
raises(
    lambda: judged(lambda x: Tanh()(x * x) + x, X, tanh=mistaken_rule),
    AssertionError, says=["the rule of 'tanh' is wrong for its input 0"], hint="on new leaves",
)
raises(
    lambda: judged(lambda z: Tanh()(CrossEntropyLoss()(z, LABEL)), X, tanh=mistaken_rule),
    AssertionError, says=["the rule of 'tanh' is wrong for its input 0"], hint="labels require no gradient",
)
raises(lambda: check_gradients(lambda x: (x * x).exp(), X, tolerance=1e-15), AssertionError, says=["the rule of"], hint="the tolerance")
raises(lambda: check_gradients(lambda x: (x * x).exp(), X, epsilon=0.1), AssertionError, says=["the rule of 'exp'"], hint="the epsilon")
raises(
    lambda: judged(lambda x: Tanh()(x.reshape(2, 1)), X, tanh=mistaken_rule),
    AssertionError, says=["the rule of 'tanh' is wrong for its input 0"], hint="with its options",
)
raises(
    lambda: judged(lambda x: Tanh()(((x * x) * 2.0 + 1.0) * 0.1), X, tanh=mistaken_rule),
    AssertionError, says=["the rule of 'tanh' is wrong for its input 0"], hint="each recorded operation",
)
raises(
    lambda: judged(lambda x: (x * x).exp(), X, **SIGNED),
    AssertionError, says=["the rule of 'mul' is wrong for its input 1"], hint="the operation's own fault",
)
raises(
    lambda: judged(lambda x: Tanh()(x * 2.0) * x, X, way=too_long),
    AssertionError, says=["each rule alone is right"], lacks=["the rule of"],
)

# %% [markdown]
# ## 9. What a gradient costs now
#
# ### 05-cost · predict · 4 min · core
#
# By differences it took 4,820 forward passes. How many is your `backward` worth, in time?

# %% nbgrader={"grade": false, "grade_id": "05-cost-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
two_thousand_weights = 50
quarter_million_weights = 5000
### STUB two_thousand_weights = ...  # how many forward passes, for this reader
### STUB quarter_million_weights = ...  # for a reader with 3,200 hidden numbers, 240,010 weights in all
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "05-cost", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def passes(reader):
    """The time of backward, in forward passes."""
    loss = loss_of(reader)
    return seconds_of(lambda: backward(loss)) / seconds_of(lambda: loss_of(reader))


PRECISE.zero_grad()
backward(loss_of(PRECISE, *SOME))
APART = max(np.abs(weights.grad - slopes).max() for weights, slopes in zip(PRECISE.parameters(), MEASURED, strict=True))
check(lambda: APART < 1e-7, True, "the slopes of section 1, measured and by backward")
SMALL, LARGE = passes(new_reader()), passes(new_reader(hidden=3200))
predict(two_thousand_weights, SMALL, "2,410 weights")
predict(quarter_million_weights, LARGE, "240,010 weights")

# %% [markdown]
# **4,820 forward passes have become one or two**, for the same slopes. A hundred times as many weights change nothing.

# %%
check(lambda: max(SMALL, LARGE) < 20, True, "what the text says")

# %% [markdown]
# **Why?** Each weight has its own slope, and there are 2,410 of them. Why does `backward` not need 2,410 times as
# long as the loss?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# What is known about a result serves everything before it: the gradient of the hidden layer is computed once, and used
# for all 2,048 weights that lead there. Every operation is visited once, and its rule costs about as much as one or two
# of it: the gradients of a matrix product are two matrix products. Differences throw all that away and begin anew
# for each weight.
# </details>

# %% [markdown]
# ### 05-fool · write · 15 min · challenge
#
# The module is complete without it. `backward` finds the gradient of the *picture*, too. Walk the ink, not the weights,
# against the gradient of the loss for a label of your choice; after each step keep it between 0 and 1. Weights and the given
# picture stay as they are.


# %% nbgrader={"grade": false, "grade_id": "05-fool-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fool(reader, picture, label, steps, rate):
    """Change a picture (pixels,), a float32 array of ink from 0 to 1, so that the reader takes it for the label."""
    ### BEGIN SOLUTION
    for _ in range(steps):
        ink = Tensor(picture[None, :], requires_grad=True)
        backward(loss_of(reader, ink, np.array([label])))
        picture = np.clip(picture - rate * ink.grad[0], 0, 1)
    return picture
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-fool", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
DOT = np.float32([0.97, 0.03, 0.96, 0.02, 0.5])
FROZEN = small_reader()


OTHER = small_reader()
OTHER[0].weight.data *= -2


def dot_after(steps, layers=FROZEN, label=2, rate=RATE):
    w, b, v, c = (parameter.data for parameter in layers.parameters())
    dot = DOT.astype(np.float64)
    for _ in range(steps):
        slopes = slope(lambda x: surprise(np.tanh(x @ w.T + b)[None] @ v.T + c, np.array([label])), dot)
        dot = np.clip(dot - rate * slopes, 0, 1)
    return dot.astype(np.float32)


check(lambda: fool(FROZEN, DOT, 2, 1, RATE), dot_after(1), "against the gradient for the picture")
check(lambda: fool(FROZEN, DOT, 2, 3, RATE), dot_after(3), "after each step, between 0 and 1")
check(lambda: fool(FROZEN, DOT, 3, 2, 0.2), dot_after(2, label=3, rate=0.2), "the label and the rate that were given")
check(lambda: fool(OTHER, DOT, 2, 2, RATE), dot_after(2, OTHER), "the reader that was given")
check(lambda: tuple(parameter.data for parameter in FROZEN.parameters()), tuple(STARTS), "the weights stay")
check(lambda: [parameter.requires_grad for parameter in FROZEN.parameters()], [True] * 4, "and can still be trained")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which Tensor has to say `requires_grad=True` this time, and which shape does the reader want?
# </details>
# <details><summary>Hint 2</summary>
#
# `Tensor(picture[None, :], requires_grad=True)`, anew in each step, and `np.array([label])`. `np.clip(new, 0, 1)`.
# </details>

# %%
three = NEW_INK.data[NEW_DIGITS == 3][0]
both = np.stack([three, fool(reader, three, 8, steps=20, rate=0.5)])
show_pictures(list(both.reshape(2, 8, 8)), [f"read as {digit}" for digit in reader(Tensor(both)).data.argmax(axis=1)])

# %% [markdown]
# In a terminal: `tito module complete 05`
