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
# # Module 01: Tensor
#
# Images, sentences, weights and gradients have one thing in common: inside a deep-learning framework each
# of them is a **tensor**, an array of numbers with a shape. In this module you build TinyTorch's `Tensor`
# on top of NumPy.
#
# You will be able to
#
# - say what shape and dtype a calculation has before you run it,
# - write operations as pure functions on whole arrays, without loops,
# - explain how a framework remembers a calculation, so that it can be differentiated later,
# - measure what memory and time an operation costs.

# %% [markdown]
# ## How this notebook works
#
# Each exercise is a function with a missing body. Fill it in, run it, and run the test cell right below. A
# test that passes prints one line. Cells marked `#| export` later become your own file
# `tinytorch/tensor.py`, which every following module imports.
#
# You need Python functions, lists, tuples, exceptions and a first look at classes. Decorators and `with`
# blocks are explained where they appear.

# %% nbgrader={"grade": false, "grade_id": "01-helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
import statistics
import time

import matplotlib.pyplot as plt
import numpy as np

np.set_printoptions(precision=4, suppress=True)


def error_of(function, *arguments, **options):
    """Call the function and return the exception that it raised, or None. The tests below use it."""
    try:
        function(*arguments, **options)
    except Exception as error:
        return error
    return None


def same(got, expected):
    """True if both have the same shape and (nearly) the same numbers."""
    return np.shape(got) == np.shape(expected) and np.allclose(got, expected, rtol=1e-5, atol=1e-6)


# %% [markdown]
# The cell above holds tools for this notebook only. The next one is the first that goes into your package:
# what `tinytorch/tensor.py` imports. Besides NumPy it needs only what Python brings along.

# %%
#| export
import importlib
import importlib.util
import inspect
import math
import operator
from contextlib import ContextDecorator
from functools import wraps

import numpy as np

# %% [markdown]
# ## 1. Numbers with a shape and a type
#
# One small table stays with us through the whole notebook: the points of two students (rows) in three
# quizzes (columns). Its **shape** is `(2, 3)`: two rows, three columns. It has two **axes**: axis 0 runs
# down the rows, axis 1 runs across the columns. Every number in it has the same type, its **dtype**.

# %% nbgrader={"grade": false, "grade_id": "01-scores", "locked": true, "schema_version": 3, "solution": false, "task": false}
scores = np.array([[6, 8, 10], [4, 6, 5]], dtype=np.float32)
print(scores)
print("shape", scores.shape, " axes", scores.ndim, " numbers", scores.size, " dtype", scores.dtype)

# %% [markdown]
# NumPy stores a Python float in 8 bytes (`float64`). Deep-learning frameworks use 4 bytes (`float32`): half
# the memory, about seven decimal digits, and enough for training. So a framework needs a rule that says
# which dtype numbers get. The next cell shows what NumPy does without one.

# %%
for data in (1.5, [1, 2], [True, False], [0.1, 2], np.float16(0.1)):
    print(f"{str(data):16} NumPy chooses {np.asarray(data).dtype}")
print("0.1 in float64:", format(np.float64(0.1), ".20f"))
print("0.1 in float32:", format(np.float32(0.1), ".20f"))

# %% [markdown]
# ### Exercise `01-dtype`: the dtype rule
#
# TinyTorch's rule, which later decides about every number in your framework:
#
# 1. If `dtype` is given, it is used.
# 2. Otherwise floats of any size become `float32`.
# 3. Integers and booleans stay what they are.
# 4. Anything else (text, complex numbers, objects) raises a `TypeError`.
#
# An array that already has the right dtype is used as it is, without a copy. NumPy describes a dtype's
# family by one letter in `dtype.kind`: `"f"` float, `"i"` integer, `"u"` unsigned integer, `"b"` boolean.


# %% nbgrader={"grade": false, "grade_id": "01-dtype-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def _to_numpy(data, dtype=None) -> np.ndarray:
    """np.asarray, with a clear error for rows of different lengths."""
    try:
        return np.asarray(data, dtype=dtype)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        sizes = [len(row) if isinstance(row, (list, tuple)) else "no list" for row in data]
        raise ValueError(
            f"the nested list is ragged (its rows have sizes {sizes}): "
            "make all rows equally long, e.g. pad with 0"
        ) from None


def as_array(data, dtype=None) -> np.ndarray:
    """Turn numbers, nested lists or arrays into an array that follows the dtype rule. About 5 lines.

    >>> as_array([1.5, 2]).dtype
    dtype('float32')
    >>> as_array([1, 2]).dtype.kind
    'i'
    """
    array = _to_numpy(data, dtype)
    ### BEGIN SOLUTION
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a Tensor holds numbers or booleans, not {array.dtype}")
    if dtype is None and array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    return array
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-dtype", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
for data, expected in [(1.5, "float32"), ([[0.1, 2]], "float32"), ([True], "bool"), (np.ones(2), "float32")]:
    got = as_array(data)
    assert got.dtype == expected, (
        f"as_array({data!r}) should have dtype {expected}, yours has {got.dtype}: see rules 2 and 3"
    )
assert as_array([1, 2]).dtype.kind == "i", "integers stay integers: only floats become float32"
assert as_array([0.1], dtype=np.float64).dtype == np.float64, (
    "a dtype that is given wins over the rule: see rule 1"
)
assert isinstance(error_of(as_array, ["six", "eight"]), TypeError), (
    "text is not numbers: raise a TypeError, see rule 4"
)
assert np.shares_memory(as_array(scores), scores), (
    "a float32 array is right already: return it without a copy"
)
### BEGIN HIDDEN TESTS
assert as_array(np.zeros((0, 3))).shape == (0, 3), "an empty batch keeps its shape (0, 3)"
assert as_array(np.zeros((0, 3))).dtype == np.float32, "an empty float batch becomes float32 too"
assert as_array(np.float16(3)).dtype == np.float32, (
    "float16 without a dtype becomes float32: floats of any size do"
)
assert as_array(np.ones(2, np.int8)).dtype == np.int8, "int8 stays int8"
assert as_array(np.ones(2, np.uint8)).dtype == np.uint8, "uint8 (unsigned) stays uint8"
assert as_array([1, 2], dtype="float32").dtype == np.float32, "integers with dtype float32 become float32"
assert as_array(2.0).shape == (), "a single number has the shape ()"
assert same(as_array([1e30, -3.0]), [1e30, -3.0]), "large numbers keep their value"
assert isinstance(error_of(as_array, [1 + 2j]), TypeError), "complex numbers raise a TypeError"
### END HIDDEN TESTS
print("01-dtype: floats become float32, the rest stays")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `array` exists already. Two questions remain: is `array.dtype.kind` one of the four letters, and is it a
# float for which nobody asked for a dtype? `array.astype(np.float32, copy=False)` copies only when it must.
#
# </details>

# %% [markdown]
# ## 2. Operations are data
#
# A framework has to know its operations by name: to record them, to differentiate them, to replace one by a
# faster one. So every operation is a **pure function on arrays** (same inputs, same output, nothing
# changed) and stands in one table, `OPS`.
#
# A **decorator** is a function that receives a function. Writing `@op` above `def add` means
# `add = op(add)`. Ours writes the function into the table and hands it back unchanged.

# %% nbgrader={"grade": false, "grade_id": "01-table", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
OPS = {}


def op(function):
    """Register a pure function on arrays as an operation, under its name without trailing underscores.

    The underscore lets `max_` be the operation "max" without hiding Python's own `max`. Running a cell
    again replaces the operation; a second one of the same name from another file raises a ValueError.

    >>> @op
    ... def double_(a):
    ...     return 2 * a
    >>> float(OPS.pop("double")(3.0))
    6.0
    """
    name = function.__name__.rstrip("_")
    parameters = inspect.signature(function).parameters.values()
    inputs = [each.name for each in parameters if each.default is each.empty and each.kind is not each.KEYWORD_ONLY]

    @wraps(function)
    def on_arrays_or_tensors(*values, **options):
        if not any(hasattr(value, "requires_grad") for value in (*values, *options.values())):
            return function(*values, **options)
        given = inspect.signature(function).bind(*values, **options).arguments
        return apply(name, *(given.pop(each) for each in inputs), **given)

    known = OPS.get(name, function)
    if (known.__module__, known.__qualname__) != (function.__module__, function.__qualname__):
        owner = f"{known.__module__}.{known.__qualname__}"
        raise ValueError(f"operation {name!r} is already registered by {owner}: choose another name")
    OPS[name] = function
    return on_arrays_or_tensors


# %% [markdown]
# The first operation, solved. NumPy adds all pairs of numbers at once; a Python loop would take one pair at
# a time. The result is a new array, and both inputs stay as they were.


# %% nbgrader={"grade": false, "grade_id": "01-add", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@op
def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Add elementwise; the shapes broadcast.

    >>> add(np.array([1, 2]), np.array([10, 20]))
    array([11, 22])
    """
    return a + b


# %%
bonus = np.array([[1, 0, 0], [0, 2, 1]], dtype=np.float32)
print("scores + bonus =", add(scores, bonus).tolist())
print("by name        =", OPS["add"](scores, bonus).tolist())
print("the table      =", list(OPS))

# %% [markdown]
# ### Exercise `01-arithmetic`: the rest of the family
#
# Elementwise means: each number of the result depends on the two numbers in the same place,
# $c_{ij} = a_{ij} - b_{ij}$, and likewise for $\cdot$ and $/$. Inputs of shape `(2, 3)` give a result of
# shape `(2, 3)`. Each function must return a new array and leave its inputs alone.


# %% nbgrader={"grade": false, "grade_id": "01-arithmetic-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
def sub(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Subtract b from a elementwise. One line: sub([5, 7], [1, 2]) gives [4, 5]."""
    ### BEGIN SOLUTION
    return a - b
    ### END SOLUTION


@op
def mul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply elementwise (not the matrix product). One line: mul([5, 7], [1, 2]) gives [5, 14]."""
    ### BEGIN SOLUTION
    return a * b
    ### END SOLUTION


@op
def div(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Divide a by b elementwise, with fractions. One line: div([5, 7], [1, 2]) gives [5.0, 3.5]."""
    ### BEGIN SOLUTION
    return a / b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-arithmetic", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
a, b = np.array([[5.0, 7.0]], dtype=np.float32), np.array([[1.0, 2.0]], dtype=np.float32)
for function, expected in [(sub, [[4, 5]]), (mul, [[5, 14]]), (div, [[5, 3.5]])]:
    got = function(a, b)
    assert same(got, expected), (
        f"{function.__name__}([[5, 7]], [[1, 2]]) should be {expected}, yours is {got}"
    )
    assert got.dtype == np.float32, (
        f"{function.__name__} of float32 arrays should stay float32, yours is {got.dtype}"
    )
assert a.tolist() == [[5, 7]], f"{a.tolist()} was [[5, 7]] before: an operation must not change its inputs"
### BEGIN HIDDEN TESTS
row, column = np.array([[1.0, 2.0, 4.0]]), np.array([[8.0], [2.0]])
assert same(sub(row, column), [[-7, -6, -4], [-1, 0, 2]]), (
    "sub of shapes (1, 3) and (2, 1) should broadcast to (2, 3)"
)
assert same(mul(column, row), [[8, 16, 32], [2, 4, 8]]), (
    "mul of shapes (2, 1) and (1, 3) should broadcast to (2, 3)"
)
assert same(div(column, row), [[8, 4, 2], [2, 1, 0.5]]), (
    "div of shapes (2, 1) and (1, 3) should broadcast to (2, 3)"
)
assert same(div(np.array([7, -7]), np.array([2, 2])), [3.5, -3.5]), (
    "div of integers keeps the fraction: 7 / 2 is 3.5"
)
assert mul(np.ones((0, 3)), np.ones((1, 3))).shape == (0, 3), "an empty batch of shape (0, 3) stays (0, 3)"
assert np.asarray(sub(np.array(1e30), np.array(1.0))).shape == (), "two numbers of shape () give shape ()"
### END HIDDEN TESTS
print("01-arithmetic: sub, mul and div work on whole arrays")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `add` above is the pattern. `a -= b` would change the array that the caller still owns; `a - b` makes a
# new one.
#
# </details>

# %% [markdown]
# The other elementwise operations follow the same pattern, so they are given. Note `pow`: general powers go
# through a slow routine, and squares are so common in machine learning (errors, variances, lengths) that
# they get the short way.
#
# Note also what the docstring of `exp` says. Large inputs **overflow** to infinity, and module 02 has to
# work around that.


# %% nbgrader={"grade": false, "grade_id": "01-unary", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@op
def pow_(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Raise a to the power b elementwise.

    >>> pow_(np.array([1.0, 3.0]), np.array(2.0))
    array([1., 9.])
    """
    if b.ndim == 0 and a.dtype == b.dtype and b == 2:
        return a * a
    return a**b


@op
def neg(a: np.ndarray) -> np.ndarray:
    """Flip the sign of every number."""
    return -a


@op
def exp(a: np.ndarray) -> np.ndarray:
    """e to the power of every number. In float32 the largest input without overflow is about 88.7."""
    return np.exp(a)


@op
def log(a: np.ndarray) -> np.ndarray:
    """The natural logarithm of every number."""
    return np.log(a)


@op
def sqrt(a: np.ndarray) -> np.ndarray:
    """The square root of every number."""
    return np.sqrt(a)


@op
def abs_(a: np.ndarray) -> np.ndarray:
    """The distance of every number from zero."""
    return np.abs(a)


# %%
with np.errstate(over="ignore"):
    for value in (1, 88, 89):
        print(f"exp({value}) in float32: {exp(np.float32(value)):.4g}")

# %% [markdown]
# ## 3. Broadcasting
#
# Adding one bonus row to every student, or one offset per student to every quiz, needs no loop and no copy.
# NumPy **broadcasts**: it writes both shapes right-aligned, puts a 1 wherever the shorter one has nothing,
# and stretches every axis of size 1 to the other's size. Stretched means read again, not copied in memory.

# %%
per_quiz = np.array([1, 0, 2], dtype=np.float32)  # (3,)   is read as (1, 3)
per_student = np.array([[10], [20]], dtype=np.float32)  # (2, 1)
print("scores (2, 3) + per_quiz (3,)       =", add(scores, per_quiz).tolist())
print("scores (2, 3) + per_student (2, 1)  =", add(scores, per_student).tolist())
print("per_student (2, 1) + per_quiz (3,)  =", add(per_student, per_quiz).tolist())

# %% [markdown]
# The last line in a picture. Dark cells exist in memory, pale cells are the same numbers read again.


# %%
def draw_grid(axes, values, real, title):
    """Draw a table of numbers; cells where `real` is False are pale."""
    axes.imshow(np.where(real, 1.0, 0.25), cmap="Blues", vmin=0, vmax=1.6)
    for (i, j), value in np.ndenumerate(values):
        axes.text(j, i, f"{value:g}", ha="center", va="center")
    axes.set_title(title, fontsize=10)
    axes.set_xticks(np.arange(values.shape[1] + 1) - 0.5, [])
    axes.set_yticks(np.arange(values.shape[0] + 1) - 0.5, [])
    axes.grid(color="white", linewidth=2)
    axes.tick_params(length=0)


figure, panels = plt.subplots(1, 3, figsize=(9, 2))
left, right = np.broadcast_arrays(per_student, per_quiz)
draw_grid(panels[0], left, np.arange(3) < np.ones((2, 1)), "(2, 1) read as (2, 3)")
draw_grid(panels[1], right, np.arange(2)[:, None] < np.ones(3), "+  (3,) read as (2, 3)")
draw_grid(panels[2], left + right, np.ones((2, 3)), "=  (2, 3), all in memory")
plt.show()

# %% [markdown]
# ### Exercise `01-broadcast`: the shape of the result
#
# Write the rule as a function of two shapes. Compare the sizes from the right; a missing size counts as 1.
# For each pair:
#
# - equal sizes: that size,
# - one of them is 1: **the other size** (even if that is 0, the size of an empty batch),
# - otherwise: a `ValueError` whose message names both shapes.
#
# | a | b | result |
# | --- | --- | --- |
# | `(2, 3)` | `(3,)` | `(2, 3)` |
# | `(2, 1)` | `(3,)` | `(2, 3)` |
# | `(5, 1, 4)` | `(3, 1)` | `(5, 3, 4)` |
# | `(2, 3)` | `(2,)` | ValueError: 3 meets 2 |


# %% nbgrader={"grade": false, "grade_id": "01-broadcast-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def broadcast_shape(a: tuple, b: tuple) -> tuple:
    """The shape that two shapes broadcast to, or a ValueError that names both. About 10 lines.

    >>> broadcast_shape((2, 1), (3,))
    (2, 3)
    """
    ### BEGIN SOLUTION
    ndim = max(len(a), len(b))
    result = []
    for m, n in zip((1,) * (ndim - len(a)) + tuple(a), (1,) * (ndim - len(b)) + tuple(b), strict=True):
        if m != n and m != 1 and n != 1:
            raise ValueError(
                f"shapes {a} and {b} do not broadcast: sizes {m} and {n} meet, and neither is 1. "
                "Aligned from the right, sizes must be equal or 1; reshape or unsqueeze one of them"
            )
        result.append(n if m == 1 else m)
    return tuple(result)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-broadcast", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
for a, b, expected in [((2, 3), (3,), (2, 3)), ((2, 1), (3,), (2, 3)), ((5, 1, 4), (3, 1), (5, 3, 4))]:
    got = broadcast_shape(a, b)
    assert tuple(got) == expected, f"{a} with {b} should give {expected}, yours gives {got}"
error = error_of(broadcast_shape, (2, 3), (2,))
assert isinstance(error, ValueError), f"(2, 3) with (2,): 3 meets 2, expected a ValueError, got {error!r}"
assert "(2, 3)" in str(error) and "(2,)" in str(error), (
    f"the message should name both shapes, yours says: {error}"
)
### BEGIN HIDDEN TESTS
for a, b, expected in [((), (2, 3), (2, 3)), ((3,), (2, 1), (2, 3)), ((), (), ()), ((1, 1), (1,), (1, 1))]:
    assert tuple(broadcast_shape(a, b)) == expected, (
        f"{a} with {b} should give {expected}: a missing size counts as 1"
    )
for a, b, expected in [((0, 3), (1, 3), (0, 3)), ((1,), (0,), (0,)), ((0, 3), (3,), (0, 3))]:
    assert tuple(broadcast_shape(a, b)) == expected, (
        f"{a} with {b} should give {expected}: a 1 takes the other size, even 0"
    )
for a, b in [((0,), (2,)), ((4, 2, 3), (3, 2, 3)), ((3,), (2, 2))]:
    assert isinstance(error_of(broadcast_shape, a, b), ValueError), f"{a} with {b} should raise a ValueError"
assert tuple(broadcast_shape((10**9, 1), (10**9,))) == (10**9, 10**9), (
    "work on the shapes only: make no arrays of that size"
)
### END HIDDEN TESTS
print("01-broadcast: the result's shape is known before anything is computed")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Fill the shorter shape up on its left first: `(1,) * 2 + (3,)` is `(1, 1, 3)`. Then `zip` walks over both.
# `max(m, n)` is not the rule: think of 1 and 0.
#
# </details>

# %% [markdown]
# ## 4. The matrix product
#
# Two grading schemes weigh the quizzes differently. Each student's result in each scheme is a weighted sum:
#
# $$c_{ij} = \sum_k a_{ik} \, b_{kj} \qquad (n, k) \; @ \; (k, m) \rightarrow (n, m)$$
#
# The **inner sizes** must agree. Written as loops, the formula is easy to trust and slow to run. We keep
# the loop version as an executable specification: the fast version must give the same numbers.


# %% nbgrader={"grade": false, "grade_id": "01-loop", "locked": true, "schema_version": 3, "solution": false, "task": false}
def loop_matmul(a, b):
    """The definition of the matrix product: (n, k) @ (k, m) -> (n, m), one number at a time."""
    result = np.zeros((a.shape[0], b.shape[1]), dtype=a.dtype)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                result[i, j] += a[i, k] * b[k, j]
    return result


# %% nbgrader={"grade": false, "grade_id": "01-weights", "locked": true, "schema_version": 3, "solution": false, "task": false}
weights = np.array([[0.2, 0.5], [0.3, 0.5], [0.5, 0.0]], dtype=np.float32)  # (3, 2): quizzes, schemes
print("scores (2, 3) @ weights (3, 2) =")
print(loop_matmul(scores, weights).round(2))
print(f"first entry by hand: 6*0.2 + 8*0.3 + 10*0.5 = {6 * 0.2 + 8 * 0.3 + 10 * 0.5:.2f}")

# %% [markdown]
# NumPy's `a @ b` hands the work to a library written for exactly this. Further axes on the left are a
# **batch**: `(8, 2, 3)` holds eight tables, and `(8, 2, 3) @ (3, 4)` is `(8, 2, 4)`. NumPy then computes
# eight small products. The rows do not know of each other, so one large product of a `(16, 3)` table gives
# the same numbers. `product` does that; section 11 measures whether it pays.


# %% nbgrader={"grade": false, "grade_id": "01-product", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b; a batch of tables times one table is computed as one large product.

    >>> product(np.ones((8, 2, 3)), np.ones((3, 4))).shape
    (8, 2, 4)
    """
    if a.ndim < 3 or b.ndim != 2:
        return a @ b
    rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])  # (batch * n, k)
    return (rows @ b).reshape(*a.shape[:-1], b.shape[1])  # (batch, n, m)


# %%
print("NumPy's error:", error_of(product, np.ones((2, 3)), np.ones((2, 4))))

# %% [markdown]
# ### Exercise `01-matmul`: the fast product and a helpful error
#
# Return `product(a, b)`, but check the inner sizes first, because NumPy's message above is hard to read.
# The inner size of `a` is its last one. The inner size of `b` is its last but one, or its only one if `b`
# is a vector of shape `(k,)`.
#
# When they differ, raise a `ValueError` that names both shapes and a fix. A single number, shape `()`, has
# no inner size and raises a `ValueError` too.


# %% nbgrader={"grade": false, "grade_id": "01-matmul-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Matrix product (..., n, k) @ (..., k, m) -> (..., n, m). About 8 lines.

    >>> matmul(np.array([[1, 2, 3]]), np.array([[1], [0], [2]]))
    array([[7]])
    """
    ### BEGIN SOLUTION
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(f"{a.shape} @ {b.shape}: a matrix product needs axes; multiply by a number with *")
    inner_a, inner_b = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if inner_a != inner_b:
        raise ValueError(
            f"{a.shape} @ {b.shape}: the inner sizes {inner_a} and {inner_b} differ; "
            "transpose one, e.g. a.T @ b"
        )
    return product(a, b)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-matmul", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
got, expected = matmul(scores, weights), loop_matmul(scores, weights)
assert same(got, expected), (
    f"scores @ weights should be {expected.tolist()}, yours is {np.asarray(got).tolist()}"
)
error = error_of(matmul, np.ones((8, 2, 3)), np.ones((3, 4)))
assert error is None, (
    f"(8, 2, 3) @ (3, 4) fits, 3 meets 3, but yours raises {error!r}: a's inner size is its last"
)
got = matmul(np.ones((8, 2, 3)), np.ones((3, 4)))
assert got.shape == (8, 2, 4), f"(8, 2, 3) @ (3, 4) should have shape (8, 2, 4), yours has {got.shape}"
error = error_of(matmul, np.ones((2, 3)), np.ones((2, 4)))
assert isinstance(error, ValueError), f"(2, 3) @ (2, 4) should raise a ValueError, got {error!r}"
assert "(2, 3)" in str(error) and "(2, 4)" in str(error), (
    f"the message should name both shapes, yours says: {error}"
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
for n, k, m in [(1, 1, 1), (4, 1, 3), (1, 5, 1), (3, 4, 2)]:
    a, b = rng.normal(size=(n, k)), rng.normal(size=(k, m))
    assert same(matmul(a, b), loop_matmul(a, b)), f"({n}, {k}) @ ({k}, {m}) differs from loop_matmul"
for left, right in [((2, 3), (3,)), ((2,), (2, 3)), ((3,), (3,)), ((4, 2, 3), (4, 3, 2)), ((0, 3), (3, 2))]:
    error = error_of(matmul, np.ones(left), np.ones(right))
    assert error is None, (
        f"{left} @ {right} fits, but yours raises {error!r}: look at how you find b's inner size"
    )
assert matmul(np.ones((0, 3)), np.ones((3, 2))).shape == (0, 2), (
    "an empty batch (0, 3) @ (3, 2) has shape (0, 2)"
)
assert same(matmul(scores, np.ones(3)), [24, 15]), (
    "(2, 3) @ (3,) has shape (2,): the inner size of a vector is its only one"
)
assert same(matmul(np.ones(2), scores), [10, 14, 15]), "(2,) @ (2, 3) has shape (3,)"
assert same(matmul(np.ones(3), np.ones(3)), 3), "(3,) @ (3,) is one number"
assert same(matmul(scores * np.float32(1e30), weights), loop_matmul(scores * np.float32(1e30), weights)), (
    "large values"
)
a, b = rng.normal(size=(5, 1, 2, 3)), rng.normal(size=(4, 3, 2))
assert same(matmul(a, b)[2, 3], loop_matmul(a[2, 0], b[3])), (
    "(5, 1, 2, 3) @ (4, 3, 2): the batch axes broadcast to (5, 4)"
)
for left, right in [((2, 3), (2,)), ((3, 2), (3, 2)), ((2, 3), ()), ((), (2, 3))]:
    error = error_of(matmul, np.ones(left), np.ones(right))
    assert isinstance(error, ValueError), f"{left} @ {right} should raise a ValueError, got {error!r}"
### END HIDDEN TESTS
print("01-matmul: the fast product agrees with the loops")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `a.shape[-1]` is the last size. For `b`, ask `b.ndim` whether there is a last but one. Check for shape
# `()` before you read any size, since `()` has none.
#
# </details>

# %% [markdown]
# ## 5. Reductions
#
# A reduction makes one number out of many along an **axis**, and that axis disappears: `(2, 3)` summed over
# axis 0 is `(3,)`, over axis 1 is `(2,)`, over all axes is `()`. With `keepdims=True` the axis stays with
# size 1, so that the result broadcasts against the original. Axes may be negative: -1 is the last one.
# `sum`, `max` and `min` are solved.


# %% nbgrader={"grade": false, "grade_id": "01-sum", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@op
def sum_(a: np.ndarray, axis=None, keepdims: bool = False) -> np.ndarray:
    """Sum along an axis, several axes (a tuple), or all of them (None).

    >>> sum_(np.array([[1, 2], [3, 4]]), axis=0)
    array([4, 6])
    """
    return a.sum(axis=axis, keepdims=keepdims)


@op
def max_(a: np.ndarray, axis=None, keepdims: bool = False) -> np.ndarray:
    """The largest number along an axis."""
    return a.max(axis=axis, keepdims=keepdims)


@op
def min_(a: np.ndarray, axis=None, keepdims: bool = False) -> np.ndarray:
    """The smallest number along an axis."""
    return a.min(axis=axis, keepdims=keepdims)


def count_along(a: np.ndarray, axis=None) -> int:
    """How many numbers a reduction over `axis` takes together.

    >>> count_along(np.ones((2, 3)), axis=0), count_along(np.ones((2, 3)))
    (2, 6)
    """
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod(a.shape[i] for i in axes)


# %%
print("all       ", sum_(scores), np.shape(sum_(scores)))
print("axis 0    ", sum_(scores, axis=0), sum_(scores, axis=0).shape, " one sum per quiz")
print("axis -1   ", sum_(scores, axis=-1), sum_(scores, axis=-1).shape, "   one sum per student")
print("keepdims  ", sum_(scores, axis=1, keepdims=True).tolist(), sum_(scores, axis=1, keepdims=True).shape)
print("share of each quiz in a student's points:")
print((scores / sum_(scores, axis=1, keepdims=True)).round(2))

# %% [markdown]
# The mean is the sum divided by the count $n$. The **variance** is the mean squared distance from the mean
# $\mu$, and there is a shortcut that is equal on paper:
#
# $$\mathrm{var} = \frac{1}{n} \sum_i (x_i - \mu)^2 = \frac{1}{n} \sum_i x_i^2 - \mu^2$$
#
# On a computer it is not equal. With large numbers the shortcut subtracts two huge, nearly equal numbers,
# and the digits that mattered are gone. Look at three numbers around ten thousand:

# %%
high = np.array([10000, 10001, 10002], dtype=np.float32)
print("distance from the mean first:", np.mean((high - np.mean(high)) ** 2))
print("shortcut                    :", np.mean(high**2) - np.mean(high) ** 2)

# %% [markdown]
# ### Exercise `01-reductions`: mean and variance
#
# $$\mu = \frac{1}{n}\sum_i x_i \qquad \mathrm{var} = \frac{1}{n - c} \sum_i (x_i - \mu)^2$$
#
# The **correction** $c$ is 1 by default, as in PyTorch: the estimate for a sample. `correction=0` divides
# by $n$; NumPy's default is that one. When $n - c$ is not positive (one number and correction 1), raise a
# `ValueError`. Subtract the mean before squaring. `axis` and `keepdims` work as in `sum_`; integers give
# fractions. `count_along(a, axis)` is $n$.


# %% nbgrader={"grade": false, "grade_id": "01-reductions-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
def mean(a: np.ndarray, axis=None, keepdims: bool = False) -> np.ndarray:
    """The average along an axis. One line.

    >>> mean(np.array([[1, 2], [3, 6]]), axis=0)
    array([2., 4.])
    """
    ### BEGIN SOLUTION
    return a.sum(axis=axis, keepdims=keepdims) / count_along(a, axis)
    ### END SOLUTION


@op
def var(a: np.ndarray, axis=None, keepdims: bool = False, correction: int = 1) -> np.ndarray:
    """The variance along an axis: squared distances from the mean, divided by n - correction. About 5 lines.

    >>> var(np.array([[1.0, 2.0, 3.0]]), axis=1)
    array([1.])
    """
    ### BEGIN SOLUTION
    count = count_along(a, axis)
    if count <= correction:
        raise ValueError(
            f"var of {count} number(s) along axis {axis} of shape {a.shape} with correction={correction} "
            "divides by zero: use correction=0"
        )
    centred = a - a.sum(axis=axis, keepdims=True) / count
    return (centred * centred).sum(axis=axis, keepdims=keepdims) / (count - correction)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-reductions", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
for axis, expected in [(0, [5, 7, 7.5]), (1, [8, 5]), (None, 6.5)]:
    got = mean(scores, axis=axis)
    assert same(got, expected), f"mean of scores over axis {axis} should be {expected}, yours is {got}"
error = error_of(var, scores, axis=1)
assert error is None, f"var over axis 1 raises {error!r}: the mean inside needs keepdims=True"
for correction, expected in [(1, [4, 1]), (0, [8 / 3, 2 / 3])]:
    got = var(scores, axis=1, correction=correction)
    assert same(got, expected), (
        f"var over axis 1 with correction={correction} should be {expected}, yours is {got}"
    )
assert same(var(scores, axis=1), [4, 1]), "without being told otherwise, var should use correction=1"
assert mean(scores, axis=1, keepdims=True).shape == (2, 1), (
    "mean with keepdims=True should keep the axis with size 1"
)
assert var(scores, axis=0, keepdims=True).shape == (1, 3), (
    "var with keepdims=True should keep the axis with size 1"
)
got = var(np.array([10000, 10001, 10002], dtype=np.float32), correction=0)
assert same(got, 2 / 3), (
    f"var of 10000, 10001, 10002 should be 0.667, yours is {got}: subtract the mean first"
)
assert isinstance(error_of(var, np.ones(1)), ValueError), (
    "var of one number with correction=1 should raise a ValueError"
)
### BEGIN HIDDEN TESTS
cube = np.random.default_rng(2).normal(size=(3, 4, 5))
for axis in (None, 0, -1, -2, (0, 2), (-1, 0)):
    for keepdims in (False, True):
        expected = np.mean(cube, axis=axis, keepdims=keepdims)
        assert same(mean(cube, axis=axis, keepdims=keepdims), expected), (
            f"mean with axis={axis}, keepdims={keepdims}"
        )
        expected = np.var(cube, axis=axis, keepdims=keepdims, ddof=1)
        assert same(var(cube, axis=axis, keepdims=keepdims), expected), (
            f"var with axis={axis}, keepdims={keepdims}"
        )
assert same(mean(np.array([1, 2])), 1.5), "the mean of the integers 1 and 2 is 1.5"
assert same(var(np.array([1, 2])), 0.5), "the variance of the integers 1 and 2 is 0.5"
assert mean(np.ones((0, 3)), axis=1).shape == (0,), (
    "an empty batch: the mean of (0, 3) over axis 1 has shape (0,)"
)
assert var(np.ones((0, 3)), axis=1).shape == (0,), (
    "an empty batch: the variance of (0, 3) over axis 1 has shape (0,)"
)
got = var(np.array([1e6, 1e6 + 1, 1e6 + 2], dtype=np.float32))
assert same(got, 1), (
    f"var of three numbers above a million should be 1, yours is {got}: subtract the mean first"
)
assert same(var(np.ones((3, 1)), axis=1, correction=0), [0, 0, 0]), (
    "one number has variance 0 when correction=0"
)
assert isinstance(error_of(var, np.ones((3, 1)), axis=1), ValueError), "n is the count along the axis, here 1"
assert mean(scores, axis=0).dtype == np.float32, "mean of float32 should stay float32"
### END HIDDEN TESTS
print("01-reductions: mean and var along any axis, stable for large numbers")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Inside `var`, subtract a mean that still has its axis (`keepdims=True`), so that it broadcasts against
# `a`. The caller's `keepdims` belongs to the last sum only.
#
# </details>

# %% [markdown]
# ## 6. Shapes
#
# Memory is one long strip of numbers; a shape says how to read it. **Reshape** keeps the strip and changes
# the reading, so the number of elements must stay: 6 numbers can be `(2, 3)`, `(3, 2)`, `(6,)`,
# `(2, 3, 1)`, never `(4, 2)`. One size may be -1: work it out. **Transpose** exchanges axes. **Getitem**
# picks a part. None of these calculates anything, so all three are given.


# %% nbgrader={"grade": false, "grade_id": "01-views", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@op
def reshape(a: np.ndarray, *, shape: tuple) -> np.ndarray:
    """Read the same numbers with another shape.

    >>> reshape(np.arange(6), shape=(3, -1)).shape
    (3, 2)
    """
    try:
        return a.reshape(shape)
    except ValueError:
        fix = "the sizes must multiply to the same count, and at most one may be -1"
        raise ValueError(f"cannot reshape {a.shape} ({a.size} numbers) to {shape}: {fix}") from None


@op
def transpose(a: np.ndarray, *, axes: tuple) -> np.ndarray:
    """Put the axes in a new order: axis i of the result is axis axes[i] of the input.

    >>> transpose(np.ones((2, 3, 4)), axes=(2, 0, 1)).shape
    (4, 2, 3)
    """
    return a.transpose(axes)


@op
def getitem(a: np.ndarray, *, index) -> np.ndarray:
    """The part of the array that an index, a slice, an index array or a mask selects."""
    return a[index]


# %% [markdown]
# Reshape and transpose both turn `(2, 3)` into `(3, 2)`, and the results differ. The picture numbers the
# six places of the memory strip. Reshape reads the strip in order. Transpose jumps: neighbours in a row of
# the result are three places apart.

# %%
strip = np.arange(6).reshape(2, 3)
figure, panels = plt.subplots(1, 4, figsize=(10, 2.2), width_ratios=[6, 3, 2, 2])
drawings = [
    ("memory", strip.reshape(1, 6)),
    ("a: (2, 3)", strip),
    ("reshape: (3, 2)", reshape(strip, shape=(3, 2))),
    ("transpose: (3, 2)", transpose(strip, axes=(1, 0))),
]
for axes, (title, places) in zip(panels, drawings, strict=True):
    draw_grid(axes, places, np.ones(places.shape), title)
    axes.imshow(places, cmap="YlGnBu", vmin=-1, vmax=8)
plt.show()

# %% [markdown]
# ### Exercise `01-shapes`: swap, insert and remove axes
#
# Three small functions on shapes do the rest of the shape family, since the numbers do not move:
#
# - `swapped(ndim, dim0, dim1)`: the order of axes in which two have changed places. With 3 axes, 0 and 2
#   swapped: `(2, 1, 0)`.
# - `unsqueezed(shape, dim)`: the shape with a new 1 that stands at position `dim` **of the result**.
# - `squeezed(shape, dim)`: the shape without the axis `dim` if its size is 1, else unchanged. `dim=None`
#   removes every 1.
#
# Axes may be negative. `axis_number(dim, ndim)` is given and turns -1 into the last axis.


# %% nbgrader={"grade": false, "grade_id": "01-shapes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def axis_number(dim: int, ndim: int) -> int:
    """The position of an axis that may be counted from the end: axis_number(-1, 3) is 2."""
    if not -ndim <= dim < ndim:
        raise ValueError(f"axis {dim} does not exist: {ndim} axes are numbered {-ndim} to {ndim - 1}")
    return dim % ndim


def swapped(ndim: int, dim0: int, dim1: int) -> tuple:
    """The axes 0..ndim-1 with two exchanged. About 4 lines: swapped(3, 0, -1) gives (2, 1, 0)."""
    ### BEGIN SOLUTION
    axes = list(range(ndim))
    dim0, dim1 = axis_number(dim0, ndim), axis_number(dim1, ndim)
    axes[dim0], axes[dim1] = dim1, dim0
    return tuple(axes)
    ### END SOLUTION


def unsqueezed(shape: tuple, dim: int) -> tuple:
    """The shape with a new 1 at position dim of the result. About 2 lines.

    unsqueezed((2, 3), -1) gives (2, 3, 1).
    """
    ### BEGIN SOLUTION
    dim = axis_number(dim, len(shape) + 1)
    return (*shape[:dim], 1, *shape[dim:])
    ### END SOLUTION


def squeezed(shape: tuple, dim=None) -> tuple:
    """The shape without the 1 at dim, or without any 1. About 4 lines.

    squeezed((1, 2, 1), 0) gives (2, 1).
    """
    ### BEGIN SOLUTION
    if dim is None:
        return tuple(size for size in shape if size != 1)
    dim = axis_number(dim, len(shape))
    return tuple(size for i, size in enumerate(shape) if i != dim or size != 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-shapes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
checks = [
    (swapped, (3, 0, 2), (2, 1, 0)),
    (swapped, (4, -2, -1), (0, 1, 3, 2)),
    (unsqueezed, ((2, 3), 0), (1, 2, 3)),
    (unsqueezed, ((2, 3), 1), (2, 1, 3)),
    (squeezed, ((1, 2, 1), 0), (2, 1)),
    (squeezed, ((2, 3), 0), (2, 3)),
    (squeezed, ((1, 2, 1),), (2,)),
]
for function, arguments, expected in checks:
    got = function(*arguments)
    call = f"{function.__name__}{arguments}"
    assert tuple(got) == expected, f"{call} should give {expected}, yours gives {got}"
### BEGIN HIDDEN TESTS
assert tuple(unsqueezed((2, 3), -1)) == (2, 3, 1), (
    "unsqueezed((2, 3), -1): -1 is the last position of the result"
)
assert tuple(unsqueezed((2, 3), -2)) == (2, 1, 3), (
    "unsqueezed((2, 3), -2) should give (2, 1, 3): count in the result"
)
assert tuple(unsqueezed((), 0)) == (1,), "unsqueezed((), 0) should give (1,)"
assert tuple(squeezed((1, 2, 1), -1)) == (1, 2), "squeezed((1, 2, 1), -1) removes the last axis"
assert tuple(squeezed((0, 1))) == (0,), "an axis of size 0 is not of size 1: an empty batch stays"
assert tuple(squeezed((1, 1))) == (), "squeezed((1, 1)) should give ()"
assert tuple(swapped(2, 1, 1)) == (0, 1), "swapping an axis with itself changes nothing"
for function, arguments in [(swapped, (2, 0, 2)), (unsqueezed, ((2, 3), 3)), (squeezed, ((2, 3), 2))]:
    assert isinstance(error_of(function, *arguments), ValueError), (
        f"{function.__name__}{arguments}: no such axis, ValueError"
    )
### END HIDDEN TESTS
print("01-shapes: axes are swapped, inserted and removed without touching a number")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Tuples cannot be changed, but sliced and joined: `shape[:1] + (1,) + shape[1:]`. The result of
# `unsqueezed` has one axis more than `shape`, so `dim` is counted in `len(shape) + 1` axes.
#
# </details>

# %% [markdown]
# ## 7. Recording, and how to pause it
#
# Training needs to know how a result came about, and that costs memory. Where nobody will ask (evaluation,
# updates), the recording is paused. A **context manager** does it: Python calls `__enter__` when a `with`
# block begins and `__exit__` when it ends, even when an exception ends it.


# %%
class Announce:
    """A context manager that only says when it is called."""

    def __enter__(self):
        print("enter")
        return self

    def __exit__(self, kind, error, traceback):
        print("exit", "after an exception" if kind else "")


try:
    with Announce():
        raise KeyError("lost")
except KeyError as error:
    print("the exception goes on:", repr(error))

# %% [markdown]
# ### Exercise `01-nograd`: pausing that nests
#
# A flag that `__exit__` sets back to "recording" breaks when blocks are nested: the inner block would
# switch the recording on while the outer one is still running. So **count**: `_state["paused"]` is the
# number of `no_grad` blocks we are inside of, and recording is on when it is 0. Write `__enter__` and
# `__exit__`.
#
# The base class `ContextDecorator` makes `@no_grad()` work above a function: its whole body runs inside the
# block. The given `__new__` lets you leave out the parentheses. The count is shared by all threads.

# %% nbgrader={"grade": false, "grade_id": "01-nograd-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
_state = {"paused": 0}


def is_recording() -> bool:
    """True when operations note where their results come from."""
    return _state["paused"] == 0


class no_grad(ContextDecorator):
    """Pause recording in a `with no_grad():` block or a function under `@no_grad`. Not thread-safe.

    >>> with no_grad():
    ...     is_recording()
    False
    >>> is_recording()
    True
    """

    def __new__(cls, function=None):
        return super().__new__(cls) if function is None else cls()(function)

    def __enter__(self):
        """Begin a pause. Two lines; the last one returns self."""
        ### BEGIN SOLUTION
        _state["paused"] += 1
        return self
        ### END SOLUTION

    def __exit__(self, kind, error, traceback):
        """End a pause. One line that returns nothing, so that an exception goes on."""
        ### BEGIN SOLUTION
        _state["paused"] -= 1
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-nograd", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def pause_and_fail():
    with no_grad():
        raise KeyError("lost")


@no_grad
def recording_inside():
    return is_recording()


_state["paused"] = 0
with no_grad():
    assert not is_recording(), "inside `with no_grad():` recording should be off: look at __enter__"
    with no_grad():
        pass
    assert not is_recording(), "after an inner block the outer one is still running: count, do not set a flag"
assert is_recording(), "after the block recording should be on again: look at __exit__"
assert isinstance(error_of(pause_and_fail), KeyError), (
    "an exception inside the block should go on: __exit__ returns nothing"
)
assert is_recording(), "after an exception recording should be on again"
assert not recording_inside() and is_recording(), (
    "@no_grad should pause while the function runs, and only then"
)
### BEGIN HIDDEN TESTS
pause = no_grad()
with pause, pause:
    assert not is_recording(), "the same object may be entered twice"
assert is_recording(), "the same object may be entered twice and left twice"


@no_grad()
def countdown(n):
    """Return what is_recording() says at each level of a recursion."""
    return [is_recording()] + (countdown(n - 1) if n else [])


assert countdown(3) == [False] * 4 and is_recording(), (
    "@no_grad() should work for a function that calls itself"
)
assert countdown.__name__ == "countdown", "a decorated function keeps its name"
### END HIDDEN TESTS
print("01-nograd: recording pauses, nests, and comes back after an exception")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `_state["paused"] += 1` in one method, and its opposite in the other. A dictionary is used because a
# function may change its entries without a `global` statement.
#
# </details>

# %% [markdown]
# ## 8. The Tensor
#
# A `Tensor` wraps one array and four facts: `data`, `grad` (nothing until backward runs), `requires_grad`,
# and `origin`: how it was made. It calculates nothing itself. Each operator asks `apply` to run an
# operation by name, and `apply` is your last big exercise.
#
# The class is put together from small **mixins**: classes that only hold methods and are joined by
# inheritance. Here is the first: Python turns `a + b` into `a.__add__(b)`, and `5 + b` into
# `b.__radd__(5)`.


# %% nbgrader={"grade": false, "grade_id": "01-operators", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Arithmetic:
    """Operators: each one names an operation."""

    def __add__(self, other):
        return apply("add", self, other)

    def __sub__(self, other):
        return apply("sub", self, other)

    def __rsub__(self, other):
        return apply("sub", other, self)

    def __mul__(self, other):
        return apply("mul", self, other)

    def __truediv__(self, other):
        return apply("div", self, other)

    def __rtruediv__(self, other):
        return apply("div", other, self)

    def __pow__(self, other):
        return apply("pow", self, other)

    def __rpow__(self, other):
        return apply("pow", other, self)

    def __matmul__(self, other):
        return apply("matmul", self, other)

    def __rmatmul__(self, other):
        return apply("matmul", other, self)

    def __neg__(self):
        return apply("neg", self)

    __radd__, __rmul__ = __add__, __mul__


# %% [markdown]
# Comparisons give boolean Tensors. They are steps, flat everywhere except where they jump, so no gradient
# will ever flow through them and they are never recorded. Defining `__eq__` takes away Python's default
# `__hash__`; the last line keeps it, so that a Tensor can be a dictionary key by identity.


# %% nbgrader={"grade": false, "grade_id": "01-comparisons", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _compare(function, a, b):
    """Compare elementwise; what is not numbers (None, text) is left to Python, for which it is not equal."""
    if not isinstance(b, (Tensor, np.ndarray, np.generic, bool, int, float, list, tuple)):
        return NotImplemented
    a, b = (tensor.data for tensor in _as_tensors((a, b)))
    try:
        return Tensor(function(a, b))
    except ValueError as error:
        raise _shape_error("comparison", (a, b), error) from None


class _Comparisons:
    """Comparisons: boolean results, never recorded."""

    def __eq__(self, other):
        return _compare(operator.eq, self, other)

    def __ne__(self, other):
        return _compare(operator.ne, self, other)

    def __lt__(self, other):
        return _compare(operator.lt, self, other)

    def __le__(self, other):
        return _compare(operator.le, self, other)

    def __gt__(self, other):
        return _compare(operator.gt, self, other)

    def __ge__(self, other):
        return _compare(operator.ge, self, other)

    __hash__ = object.__hash__


# %% [markdown]
# Reductions and the functions of one Tensor. `max` returns the values only; in PyTorch `max` with an axis
# returns positions as well. `argmax` returns positions, which are integers, so it is not recorded either.


# %% nbgrader={"grade": false, "grade_id": "01-methods", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Reductions:
    """Reductions and elementwise functions as methods."""

    def sum(self, axis=None, keepdims=False):
        return apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        return apply("mean", self, axis=axis, keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        return apply("max", self, axis=axis, keepdims=keepdims)

    def min(self, axis=None, keepdims=False):
        return apply("min", self, axis=axis, keepdims=keepdims)

    def var(self, axis=None, keepdims=False, correction=1):
        return apply("var", self, axis=axis, keepdims=keepdims, correction=correction)

    def argmax(self, axis=None, keepdims=False):
        return Tensor(np.argmax(self.data, axis=axis, keepdims=keepdims))

    def exp(self):
        return apply("exp", self)

    def log(self):
        return apply("log", self)

    def sqrt(self):
        return apply("sqrt", self)

    def abs(self):
        return apply("abs", self)


# %% [markdown]
# The shape family needs three operations only: `reshape`, `transpose` and `getitem`. Your functions from
# `01-shapes` work out the new shape or the new order of the axes; everything else is one of the three.


# %% nbgrader={"grade": false, "grade_id": "01-shape-methods", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _sizes(shape) -> tuple:
    """Let reshape(2, 3) and reshape((2, 3)) mean the same."""
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else tuple(shape)


def _plain_index(index):
    """An index in which every Tensor has become an array."""
    if isinstance(index, tuple):
        return tuple(_plain_index(part) for part in index)
    return index.data if isinstance(index, Tensor) else index


# %% nbgrader={"grade": false, "grade_id": "01-shape-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Shapes:
    """Methods that change the shape or pick a part."""

    def reshape(self, *shape):
        return apply("reshape", self, shape=_sizes(shape))

    def permute(self, *dims):
        dims = tuple(axis_number(dim, self.ndim) for dim in _sizes(dims))
        if sorted(dims) != list(range(self.ndim)):
            raise ValueError(f"permute{dims} of shape {self.shape}: name each of the {self.ndim} axes once")
        return apply("transpose", self, axes=dims)

    def transpose(self, dim0, dim1):
        return apply("transpose", self, axes=swapped(self.ndim, dim0, dim1))

    @property
    def T(self):
        if self.ndim > 2:
            raise ValueError(
                f"T is for tables, shape {self.shape} has {self.ndim} axes: use permute or transpose(-2, -1)"
            )
        return apply("transpose", self, axes=tuple(range(self.ndim))[::-1])

    def squeeze(self, dim=None):
        return apply("reshape", self, shape=squeezed(self.shape, dim))

    def unsqueeze(self, dim):
        return apply("reshape", self, shape=unsqueezed(self.shape, dim))

    def flatten(self, start_dim=0, end_dim=-1):
        shape = self.shape or (1,)
        start, end = axis_number(start_dim, len(shape)), axis_number(end_dim, len(shape))
        middle = math.prod(shape[start : end + 1])
        return apply("reshape", self, shape=(*shape[:start], middle, *shape[end + 1 :]))

    def __getitem__(self, index):
        return apply("getitem", self, index=_plain_index(index))


# %% [markdown]
# Constructors make Tensors from nothing. Random ones take the generator `rng` explicitly: the same seed
# gives the same numbers, here and in every later module. A framework with one hidden global generator
# cannot promise that.


# %% nbgrader={"grade": false, "grade_id": "01-constructors", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Constructors:
    """Tensors made from a shape: Tensor.zeros(2, 3) or Tensor.zeros((2, 3))."""

    @staticmethod
    def zeros(*shape, dtype=np.float32, requires_grad=False):
        return Tensor(np.zeros(_sizes(shape), dtype), dtype, requires_grad)

    @staticmethod
    def ones(*shape, dtype=np.float32, requires_grad=False):
        return Tensor(np.ones(_sizes(shape), dtype), dtype, requires_grad)

    @staticmethod
    def full(shape, value, dtype=None, requires_grad=False):
        return Tensor(np.full(shape, value, dtype), dtype, requires_grad)

    @staticmethod
    def arange(start, stop=None, step=1, dtype=None, requires_grad=False):
        start, stop = (0, start) if stop is None else (start, stop)
        return Tensor(np.arange(start, stop, step, dtype), dtype, requires_grad)

    @staticmethod
    def randn(*shape, rng=None, dtype=np.float32, requires_grad=False):
        rng = rng or np.random.default_rng()
        return Tensor(rng.standard_normal(_sizes(shape), dtype), dtype, requires_grad)

    @staticmethod
    def rand(*shape, rng=None, dtype=np.float32, requires_grad=False):
        rng = rng or np.random.default_rng()
        return Tensor(rng.random(_sizes(shape), dtype), dtype, requires_grad)


# %% [markdown]
# Ways out of the Tensor world. `numpy()` and `detach()` share the memory of `data`; `detach()` gives a
# Tensor without a past. `item()` turns a single number into a Python number. `__array__` lets NumPy and
# matplotlib accept a Tensor as an argument.


# %% nbgrader={"grade": false, "grade_id": "01-conversions", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Conversions:
    """Ways out of a Tensor."""

    def numpy(self):
        """The array itself, not a copy."""
        return self.data

    def item(self):
        """The one number of a Tensor of size 1, as a Python number."""
        if self.size != 1:
            raise ValueError(
                f"item() needs exactly one number, shape {self.shape} has {self.size}: index or reduce first"
            )
        return self.data.item()

    def detach(self):
        """The same numbers, sharing memory, without the note where they come from."""
        return _wrap(self.data)

    def astype(self, dtype):
        """A copy with another dtype, without the note where it comes from."""
        return Tensor(self.data.astype(dtype), dtype)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.data, dtype) if copy else np.asarray(self.data, dtype)

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())


# %% [markdown]
# Python's own questions: `len`, `for`, `if` and `print`. Whether a table of many numbers is true has no
# answer, so `if` on one is an error and not a guess.


# %% nbgrader={"grade": false, "grade_id": "01-protocols", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Protocols:
    """What Python asks of every container."""

    def __len__(self):
        if self.ndim == 0:
            raise TypeError("a Tensor of shape () has no length")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __bool__(self):
        if self.size != 1:
            raise ValueError(
                f"shape {self.shape} has no single truth value: ask (a == b).data.all() or .any()"
            )
        return bool(self.item())

    def __repr__(self):
        text = np.array2string(self.data, separator=", ", prefix="Tensor(")
        dtype = "" if self.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.dtype}"
        return f"Tensor({text}{dtype}{', requires_grad=True' if self.requires_grad else ''})"


# %% [markdown]
# And the class itself. `backward` belongs to module 05: until you have built that, it says so. It looks for
# the module before importing it, so that a mistake inside your own `autograd.py` shows up as what it is.


# %% nbgrader={"grade": false, "grade_id": "01-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Tensor(_Arithmetic, _Comparisons, _Reductions, _Shapes, _Constructors, _Conversions, _Protocols):
    """An array of numbers that knows how it was made. `data` is shared, not copied, when its dtype is right.

    >>> Tensor([[1, 2], [3, 4]]) + 0.5
    Tensor([[1.5, 2.5],
            [3.5, 4.5]])
    """

    __array_ufunc__ = None  # makes `array + tensor` call Tensor.__radd__ instead of NumPy's add

    def __init__(self, data, dtype=None, requires_grad=False):
        self.data = as_array(data, dtype)
        if requires_grad and self.data.dtype.kind != "f":
            raise ValueError(
                f"only floats have gradients, not {self.data.dtype}: write 1.0 or dtype=np.float32"
            )
        self.grad = None
        self.requires_grad = requires_grad
        self.origin = None

    shape = property(lambda self: self.data.shape)
    ndim = property(lambda self: self.data.ndim)
    size = property(lambda self: self.data.size)
    dtype = property(lambda self: self.data.dtype)

    def backward(self, gradient=None):
        """Compute the gradient of this Tensor for everything it was made from (module 05)."""
        name = "tinytorch.autograd"
        if importlib.util.find_spec("tinytorch") is None or importlib.util.find_spec(name) is None:
            raise RuntimeError(
                "backward() arrives in module 05 (autograd): build and export that module first"
            )
        importlib.import_module(name).backward(self, gradient)


# %% [markdown]
# ## 9. Apply: compute and note
#
# `apply(name, *inputs, **options)` is the one place where Tensors meet operations. Three helpers are given.
# `_as_tensors` turns arrays and numbers into Tensors: a number beside a Tensor takes that Tensor's dtype,
# so that `0.1` does not turn a `float32` calculation into `float64`. `_compute` looks the operation up and
# runs it on arrays. `_wrap` makes a Tensor of an array as it is.


# %% nbgrader={"grade": false, "grade_id": "01-promotion", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _wrap(data: np.ndarray) -> Tensor:
    """A Tensor around an array as it is, without the dtype rule."""
    tensor = Tensor.__new__(Tensor)
    tensor.data, tensor.grad, tensor.requires_grad, tensor.origin = data, None, False, None
    return tensor


def _number_dtype(value, dtypes):
    """The dtype of a number beside Tensors of these dtypes (None: the dtype rule decides)."""
    dtypes = [dtype for dtype in dtypes if dtype.kind == "f"] or dtypes
    if not dtypes:
        return None
    dtype = dtypes[0] if len(dtypes) == 1 else np.result_type(*dtypes)
    if dtype.kind in "iu" and isinstance(value, (int, np.integer)):
        return dtype if np.iinfo(dtype).min <= value <= np.iinfo(dtype).max else None
    return dtype if dtype.kind == "f" else None


# %% nbgrader={"grade": false, "grade_id": "01-as-tensors", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
_FLOAT64 = np.dtype(np.float64)


def _as_tensors(inputs: tuple) -> tuple:
    """Turn arrays and numbers into Tensors whose dtype suits the Tensors beside them."""
    for value in inputs:
        if not isinstance(value, Tensor):
            break
    else:  # the usual case, all are Tensors
        return inputs
    dtypes = [value.dtype for value in inputs if isinstance(value, Tensor)]
    tensors = []
    for value in inputs:
        if isinstance(value, (bool, int, float, np.generic)):
            value = _wrap(as_array(value, _number_dtype(value, dtypes)))
        elif not isinstance(value, Tensor):
            array = _to_numpy(value)
            wide = array.dtype.kind == "f" and _FLOAT64 in dtypes
            value = _wrap(as_array(array, _FLOAT64 if wide else None))
        tensors.append(value)
    return tuple(tensors)


# %% nbgrader={"grade": false, "grade_id": "01-compute", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _compute(name: str, arrays: list, options: dict) -> np.ndarray:
    """Run an operation on arrays; float64 comes out only where float64 went in."""
    function = OPS.get(name)
    if function is None:
        raise ValueError(_unknown(name))
    try:
        data = np.asarray(function(*arrays, **options))
    except ValueError as error:
        raise _shape_error(name, arrays, error) from None
    if data.dtype == _FLOAT64 and all(array.dtype != _FLOAT64 for array in arrays):
        data = data.astype(np.float32)
    return data


def _shape_error(name: str, arrays, error: ValueError) -> ValueError:
    """The error itself or, when two shapes do not broadcast, one that names them and the fix."""
    if "could not be broadcast" in str(error) and len(arrays) == 2:
        a, b = arrays[0].shape, arrays[1].shape
        if name == "matmul":
            return ValueError(
                f"{a} @ {b}: the batch axes {a[:-2]} and {b[:-2]} do not broadcast; make them equal or 1"
            )
        try:
            broadcast_shape(a, b)
        except ValueError as clearer:
            return clearer
    return error


def _unknown(name: str) -> str:
    """The message for a name that is not in the table, with the nearest one that is."""
    import difflib

    near = difflib.get_close_matches(name, OPS, n=1)
    return f"there is no operation {name!r}" + (
        f"; did you mean {near[0]!r}?" if near else f"; known: {sorted(OPS)}"
    )


# %% [markdown]
# ### Exercise `01-apply`: the heart of the framework
#
# 1. Turn the inputs into Tensors, and compute on their arrays.
# 2. Wrap the result.
# 3. Note where it came from if **all three** hold: recording is on, at least one input requires a gradient,
#    and the result is floating (kind `"f"`). Then `requires_grad` is `True` and `origin` is the tuple
#    `(name, tensors, options)`, in which `tensors` is a tuple of Tensors.
#
# Otherwise `requires_grad` stays `False` and `origin` stays `None`. That note is all that module 05 needs
# to find every gradient of a network.


# %% nbgrader={"grade": false, "grade_id": "01-apply-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def apply(name: str, *inputs, **options) -> Tensor:
    """Run the operation `name` on Tensors, arrays or numbers, and note it on the result. About 8 lines.

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = apply("sum", w, axis=0)
    >>> y.item(), y.origin[0], y.origin[1][0] is w, y.origin[2]
    (3.0, 'sum', True, {'axis': 0})
    """
    ### BEGIN SOLUTION
    tensors = _as_tensors(inputs)
    result = _wrap(_compute(name, [tensor.data for tensor in tensors], options))
    if is_recording() and result.data.dtype.kind == "f":
        for tensor in tensors:
            if tensor.requires_grad:
                result.requires_grad = True
                result.origin = (name, tensors, options)
                break
    return result
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-apply", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
_state["paused"] = 0
w, x = Tensor([1.0, 2.0], requires_grad=True), Tensor([10.0, 20.0])
y = apply("add", w, x)
assert isinstance(y, Tensor) and same(y.data, [11, 22]), (
    f"add of [1, 2] and [10, 20] should be a Tensor [11, 22], not {y}"
)
assert y.requires_grad, "an input requires a gradient, so the result does"
assert y.origin is not None, "the result should note its origin: (name, tensors, options)"
name, tensors, options = y.origin
assert name == "add" and options == {}, (
    f"origin should start with 'add' and end with {{}}, yours is {y.origin}"
)
assert isinstance(tensors, tuple) and tensors[0] is w and tensors[1] is x, (
    "origin should hold the input Tensors themselves"
)
assert apply("sum", w, axis=0).origin[2] == {"axis": 0}, "origin should keep the options: here {'axis': 0}"
assert isinstance(apply("add", 5, w).origin[1][0], Tensor), (
    "a number is noted as a Tensor too: use _as_tensors first"
)
plain = apply("add", x, x)
assert not plain.requires_grad and plain.origin is None, "no input requires a gradient: nothing to note"
_state["paused"] += 1  # what no_grad does
paused = apply("add", w, x)
_state["paused"] -= 1
assert not paused.requires_grad and paused.origin is None, "recording is paused: nothing to note"
### BEGIN HIDDEN TESTS
row = np.array([[1.0, 2.0]])
assert isinstance(row + x, Tensor) and (row + x).origin is None, "an array on the left gives a Tensor"
assert same((row + w).data, [[2, 4]]) and (row + w).shape == (1, 2), "array + Tensor broadcasts"
assert (row + w).dtype == np.float32, "a float64 array beside a float32 Tensor gives float32"
precise = Tensor([0.0], dtype=np.float64, requires_grad=True)
assert (precise + 0.1).dtype == np.float64, "a float64 Tensor + 0.1 stays float64: wrap the result as it is"
assert (precise + 0.1).item() == 0.1, "0.1 beside a float64 Tensor keeps all its digits"
assert (w + 0.1).dtype == np.float32, "0.1 beside a float32 Tensor is float32"
assert (Tensor([1, 2]) + 0.5).dtype == np.float32, "an integer Tensor + 0.5 is float32"
assert (Tensor([1, 2]) + 1).dtype.kind == "i", "an integer Tensor + 1 stays an integer Tensor"
assert apply("exp", Tensor([1, 2])).dtype == np.float32, "exp of integers is float32"
assert apply("sum", Tensor.zeros(0, 3, requires_grad=True), axis=0).requires_grad, (
    "an empty batch is recorded too"
)
picked = apply("getitem", w, index=0)
assert isinstance(picked.data, np.ndarray) and picked.shape == () and picked.origin[2] == {"index": 0}, (
    "one number of w"
)
assert (x > w).origin is None and not (x > w).requires_grad, "comparisons are never recorded"
OPS["above_one"] = lambda a: a > 1
above = apply("above_one", w)
del OPS["above_one"]
assert not above.requires_grad and above.origin is None, "a boolean result has no gradient: check the kind"
error = error_of(apply, "matmull", w, x)
assert isinstance(error, ValueError) and "'matmul'" in str(error), (
    "an unknown name should be a ValueError: let _compute run"
)
### END HIDDEN TESTS
print("01-apply: results know where they come from")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `_compute` wants a list of arrays: `[tensor.data for tensor in tensors]`. Whether any input requires a
# gradient: `any(tensor.requires_grad for tensor in tensors)`. The result's family of numbers:
# `result.dtype.kind`.
#
# </details>

# %% [markdown]
# ## 10. Everything together
#
# The table again, now as a Tensor. Every line below runs through your `apply`.

# %%
table = Tensor(scores)
schemes = Tensor(weights, requires_grad=True)
print("both schemes     ", table @ schemes.detach())
print("mean per student ", table.mean(axis=1), "  per quiz", table.mean(axis=0))
print("best quiz        ", table.argmax(axis=1), "  all above 6:", table[table > 6])
print("missing share    ", 1 - table / 10)

# %% [markdown]
# Each Tensor points to its inputs, they point to theirs, and so on: a **graph**. Walking it backwards shows
# the whole calculation, as data that a program can read.


# %%
def show_origin(tensor, depth=0):
    """Print how a Tensor was made, inputs indented below."""
    if tensor.origin is None:
        print(
            "    " * depth
            + f"given {tensor.shape}"
            + (", requires a gradient" if tensor.requires_grad else "")
        )
        return
    name, inputs, options = tensor.origin
    print("    " * depth + f"{name} {options or ''}".strip() + f" -> {tensor.shape}")
    for value in inputs:
        show_origin(value, depth + 1)


loss = ((table @ schemes - 7.0) ** 2).mean()
show_origin(loss)

# %% [markdown]
# Wrong shapes say what to do.

# %%
for attempt in (
    lambda: table @ table,
    lambda: table + Tensor.ones(2),
    lambda: table.reshape(4, 2),
    lambda: Tensor([[1], [2, 3]]),
    lambda: apply("matmull", table, table.T),
):
    print(f"- {error_of(attempt)}")

# %% [markdown]
# ## 11. Systems: what does it cost?
#
# ### Bytes
#
# The memory of an array is its count of numbers times the bytes per number, nothing more. The dtype alone
# decides whether a model fits.

# %%
parameters = np.ones(1_000_000)
for dtype in (np.float64, np.float32, np.float16, np.int8):
    array = parameters.astype(dtype)
    print(
        f"a million numbers in {array.dtype.name:8} {array.itemsize} bytes each, {array.nbytes / 1e6:.0f} MB"
    )

# %% [markdown]
# ### View or copy
#
# A **view** is a second reading of the same memory: free to make, and writing into it changes the original.
# A **copy** costs time and memory and is safe. NumPy can tell which one you have. Its **strides** say how
# many bytes to jump to reach the next number along each axis; a transposed view only exchanges them.

# %%
parts = {
    "a.reshape(3, 2)": scores.reshape(3, 2),
    "a.T": scores.T,
    "a[:, 1:]": scores[:, 1:],
    "a.T.reshape(6)": scores.T.reshape(6),
    "a[[0, 1]]": scores[[0, 1]],
    "a[a > 0]": scores[scores > 0],
}
print(f"{'a':16} {'':4} strides {scores.strides}")
for text, part in parts.items():
    print(f"{text:16} {'view' if np.shares_memory(scores, part) else 'copy'} strides {part.strides}")

# %%
original = Tensor([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
view, safe = original.T, original.T.data.copy()
view.data[0, 1] = 100
print("original after writing into its transpose:", original.data.tolist())
print("the copy made before:                     ", safe.tolist())

# %% [markdown]
# ### What a recording holds
#
# A recorded result points to its inputs, so Python cannot free them. Ten steps with recording keep all ten
# results alive; inside `no_grad` only the last one stays. The next cell adds up the arrays that can be
# reached from the result.


# %%
def bytes_reachable(tensor):
    """Bytes of all arrays that the origin of a Tensor leads to, the Tensor itself included."""
    waiting, seen = [tensor], {}
    while waiting:
        current = waiting.pop()
        if id(current) not in seen:
            seen[id(current)] = current.data.nbytes
            waiting.extend(current.origin[1] if current.origin else ())
    return sum(seen.values())


def ten_steps(value):
    for _ in range(10):
        value = value + 1.0
    return value


start = Tensor.zeros(1_000_000, requires_grad=True)
print(f"recorded:       {bytes_reachable(ten_steps(start)) / 1e6:.1f} MB")
with no_grad():
    print(f"inside no_grad: {bytes_reachable(ten_steps(start)) / 1e6:.1f} MB")

# %% [markdown]
# ### Exercise `01-measure`: a stopwatch that can be trusted
#
# One measurement of time says little: the first call pays for loading, and any call can be interrupted. So:
#
# 1. call the function once without timing it (the warm-up),
# 2. call it `repeats` times and time each call alone: the clock after minus the clock before,
# 3. return the **median** of these times in seconds, which ignores a single slow one.
#
# `clock()` returns the time in seconds. It is a parameter so that the test can replace it by a clock that
# does what the test wants.


# %% nbgrader={"grade": false, "grade_id": "01-measure-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def measure(function, repeats=5, clock=time.perf_counter):
    """Median time of one call in seconds, after a warm-up. About 7 lines; statistics.median helps.

    Call times 3, 1 and 8 after a warm-up give 3.
    """
    ### BEGIN SOLUTION
    function()
    times = []
    for _ in range(repeats):
        start = clock()
        function()
        times.append(clock() - start)
    return statistics.median(times)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-measure", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def measure_scripted(durations):
    """Measure a function whose calls take the given times on a clock that only it moves."""
    now, calls = [0.0], []

    def scripted():
        calls.append(1)
        now[0] += durations[len(calls) - 1] if len(calls) <= len(durations) else 0

    return measure(scripted, repeats=len(durations) - 1, clock=lambda: now[0]), len(calls)


got, calls = measure_scripted([50, 3, 1, 8])
assert calls == 4, f"repeats=3 should make 4 calls (one warm-up, three timed), yours makes {calls}"
assert got == 3, f"call times 50 (warm-up), 3, 1, 8 should give the median 3, yours gives {got}"
### BEGIN HIDDEN TESTS
got, _ = measure_scripted([0, 1, 1, 1000, 1, 1])
assert got == 1, f"one slow call among five should not count: expected 1, yours gives {got}"
assert measure_scripted([9, 4])[0] == 4, (
    "one timed call of 4 seconds should give 4: the warm-up of 9 does not count"
)
got = measure(lambda: time.sleep(0.002), repeats=3)
assert 0.001 < got < 1, f"with the default clock a sleep of 2 ms gave {got} seconds"
### END HIDDEN TESTS
print("01-measure: warm-up, then the median")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Read the clock inside the loop, before and after each call, and collect the differences in a list.
#
# </details>

# %% [markdown]
# ### Loops against whole arrays
#
# Now your stopwatch, on your product. Both versions make the same $n^3$ multiplications. The loop pays
# Python's price for each one of them; the array version pays it once.

# %%
rng = np.random.default_rng(0)
sizes = [2, 4, 8, 16, 32, 48]
loop_s, array_s = [], []
for n in sizes:
    a, b = rng.random((n, n), dtype=np.float32), rng.random((n, n), dtype=np.float32)
    loop_s.append(measure(lambda a=a, b=b: loop_matmul(a, b), repeats=3))
    array_s.append(measure(lambda a=a, b=b: matmul(a, b), repeats=51))
plt.figure(figsize=(6, 3.2))
plt.loglog(sizes, loop_s, "o-", base=2, label="three loops")
plt.loglog(sizes, array_s, "s-", base=2, label="whole arrays")
plt.yscale("log")
plt.xlabel("n, for (n, n) @ (n, n)")
plt.ylabel("seconds for one product")
plt.legend()
plt.show()
print(f"at n = {sizes[-1]} the loop takes {loop_s[-1] / array_s[-1]:.0f} times as long")

# %% [markdown]
# ### The price of a Tensor
#
# Your `apply` adds a little work to each operation: it checks the inputs, makes a Tensor, and writes a
# note. That costs the same for ten numbers as for ten million. So the question is not whether it is slow
# but **from which size on it no longer matters**.

# %%
sizes = [10, 100, 1_000, 10_000, 100_000, 1_000_000]
ratios = []
for n in sizes:
    array = rng.random(n, dtype=np.float32)
    tensor = Tensor(array, requires_grad=True)
    bare_s = measure(lambda array=array: array + array, repeats=101)
    ratios.append(measure(lambda tensor=tensor: tensor + tensor, repeats=101) / bare_s)
plt.figure(figsize=(6, 3))
plt.semilogx(sizes, ratios, "o-")
plt.axhline(1, color="gray", linestyle=":")
plt.ylim(bottom=0)
plt.xlabel("numbers in the array")
plt.ylabel("Tensor time / array time")
plt.show()
print("ratio by size:", {n: round(ratio, 1) for n, ratio in zip(sizes, ratios, strict=True)})

# %% [markdown]
# ### The order of memory
#
# The processor fetches memory in blocks of neighbouring bytes. In NumPy's usual order the numbers of a row
# are neighbours; those of a column are a whole row apart. Summing a table row by row or column by column
# adds the same numbers, and yet:

# %%
big = rng.random((3000, 3000), dtype=np.float32)
rows_s = measure(lambda: [big[i].sum() for i in range(len(big))])
columns_s = measure(lambda: [big[:, i].sum() for i in range(len(big))])
print(f"strides {big.strides}: the next number in a row is 4 bytes away, in a column {big.strides[0]}")
print(f"column by column takes {columns_s / rows_s:.1f} times as long as row by row")

# %% [markdown]
# ### Many small products or one large one
#
# Section 4 left a question open: does folding a batch into one large table pay? Here are 64 tables times
# one table, as 64 products and as one. A ratio above 1 speaks for the large product.

# %%
batch, one = rng.random((64, 32, 64), dtype=np.float32), rng.random((64, 64), dtype=np.float32)
assert same(batch @ one, product(batch, one))
small_s, large_s = measure(lambda: batch @ one, repeats=51), measure(lambda: product(batch, one), repeats=51)
print(f"64 products of (32, 64) @ (64, 64): {small_s * 1e6:.0f} microseconds")
print(f"one product (2048, 64) @ (64, 64):  {large_s * 1e6:.0f} microseconds, ratio {small_s / large_s:.2f}")

# %% [markdown]
# ## 12. What you have now
#
# - A `Tensor` that calculates with Tensors, arrays and numbers, and keeps to one dtype rule.
# - A table of operations, each a pure function on arrays. Later modules add their own with the same `@op`.
# - `apply`, which runs any of them and notes where a result comes from.
# - Errors that name both shapes and a way out.
# - A stopwatch, and a feeling for views, copies, memory order and overhead.
#
# Export the module with `tito module complete 01`. Module 02 registers its first own operations: the
# activations that let a network bend.

# %% [markdown]
# ## Questions to think about
#
# 1. `table + per_quiz` broadcasts `(3,)` over two rows. Which single number of the result does
#    `per_quiz[0]` influence, or is it more than one? (Module 05 turns the answer into a rule.)
# 2. An activation of shape `(64, 128, 32, 32)` in `float32` is recorded. How many MB does it hold?
# 3. Which of `reshape`, `transpose` and `getitem` can return a view, and when does one of them have to
#    copy?
