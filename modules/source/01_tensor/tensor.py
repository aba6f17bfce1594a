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
# Pictures, sentences, weights: to a deep-learning framework they are all **tensors**, arrays of numbers with a shape.
# Here you build TinyTorch's `Tensor` on NumPy, and it will read handwritten digits.
#
# Each heading names the kind of exercise: **write** code, **predict** a number, or **break** code that looks right.
# *Core* exercises are needed later; a *challenge* is extra. A check is the exact specification: read it before you
# write. Three rules hold throughout: inputs stay unchanged, float32 in gives float32 out, and NumPy has nothing to warn
# about. What is refused is refused by a `ValueError` of your own, unless the text names another. Cells marked `#| export`
# become your `tinytorch/tensor.py`.

# %% nbgrader={"grade": false, "grade_id": "01-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import importlib.util
import inspect
import math
import operator
from contextlib import ContextDecorator
from functools import wraps

import numpy as np

# %% nbgrader={"grade": false, "grade_id": "01-tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
from tito import datasets
from tito.lesson import breaks, check, predict, property_holds, raises, show_broadcast, show_origin, show_pictures

# check: a call gives what it should. raises: it refuses. property_holds: it is right on random inputs.
# breaks: your inputs make a function go wrong. predict: how far off your guess was. The rest draws.

# %% [markdown]
# ## 1. A reader that cannot read
#
# The simplest reader of digits knows 1,442 pictures of 64 pixels, with their answers. It says of a new picture what
# the *most alike* of them shows. How alike two are is one number: multiply them pixel by pixel and add up, so that ink on
# ink counts. NumPy's `@` does that for all pairs.

# %% nbgrader={"grade": false, "grade_id": "01-digits", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits = datasets.digits()
KNOWN, NEW = digits.train_images.reshape(-1, 64), digits.test_images.reshape(-1, 64)  # (1442, 64) and (355, 64)
DIGITS, NEW_DIGITS = digits.train_labels, digits.test_labels  # (1442,) and (355,), from 0 to 9


def percent_right(alike):
    """How many of 100 new pictures are read right, when alike[i, j] says how alike new i and known j are."""
    return 100 * (DIGITS[alike.argmax(axis=1)] == NEW_DIGITS).mean()

# %%
show_pictures(list(NEW[:5].reshape(-1, 8, 8)), [f"new, a {digit}" for digit in NEW_DIGITS[:5]])
print(f"read right: {percent_right(NEW @ KNOWN.T):.1f} of 100")

# %% [markdown]
# Eleven of 100. Guessing gives ten. There was no error and no warning, and the idea is sound: at the end it reads 98.
# Two things are wrong, and both are about tensors.

# %% [markdown]
# ## 2. What kind of number?
#
# An array has a **shape**, its lengths along its **axes**, and a **dtype**, the kind of its numbers:
#
# | dtype | bytes | holds | `dtype.kind` |
# | --- | --- | --- | --- |
# | `bool` | 1 | True or False | `"b"` |
# | `uint8` | 1 | whole numbers from 0 to 255 | `"u"` |
# | `int64` | 8 | whole numbers | `"i"` |
# | `float32` | 4 | about 7 digits | `"f"` |
# | `float64` | 8 | about 16 digits | `"f"` |
#
# ### 01-dtype · write · 12 min · core
#
# NumPy takes float64 for numbers with a point. Training needs only float32, in half the memory. So `as_array` has a
# rule of its own:
#
# | given | what comes back |
# | --- | --- |
# | numbers and a `dtype` of numbers or booleans | that dtype |
# | floats of any size | float32 |
# | integers, booleans | what they are |
# | text, `None`, anything else, with or without a `dtype` | a `TypeError` that names the dtype NumPy finds |
# | a list whose rows differ in length | refused; the message says `rows` and gives all lengths, 1 for a bare number |
#
# An array whose dtype is right comes back itself, not as a copy.


# %% nbgrader={"grade": false, "grade_id": "01-dtype-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def as_array(data, dtype=None):
    """Return numbers, nested lists or an array as an array that follows the dtype rule.

    >>> as_array([1.5, 2]).dtype, as_array([1.5, 2], np.float64).dtype
    (dtype('float32'), dtype('float64'))
    """
    ### BEGIN SOLUTION
    try:
        array = np.asarray(data)
    except ValueError:
        lengths = [len(row) if isinstance(row, (list, tuple)) else 1 for row in data]
        raise ValueError(f"the rows have {lengths} numbers: give all rows the same length") from None
    if dtype is None:
        dtype = np.float32 if array.dtype.kind == "f" else array.dtype
    for each in (array.dtype, np.dtype(dtype)):
        if each.kind not in "fiub":
            raise TypeError(f"a Tensor holds numbers or booleans, not {each}")
    return array.astype(dtype, copy=False)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-dtype", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
TABLE = np.array([[6, 8, 10], [4, 6, 5]], dtype=np.float32)  # (2, 3)
HALVES, BYTES, NO_ROWS = np.array([0.5, 2.0], dtype=np.float16), np.array([7, 200], dtype=np.uint8), np.zeros((0, 3))
check(lambda: as_array([[0.5, 2]]), np.array([[0.5, 2]]))
check(lambda: float(as_array(0.1, np.float64)), 0.1, "a dtype that is given: all digits stay", tolerance=1e-12)
check(lambda: as_array([7, 200], np.float32).dtype.name, "float32", "a dtype that is given")
check(lambda: as_array(HALVES, np.float16).dtype.name, "float16", "a dtype that is given")
check(lambda: as_array(0.1).dtype.name, "float32", "floats of any size")
check(lambda: as_array(HALVES).dtype.name, "float32", "floats of any size")
check(lambda: as_array(NO_ROWS).dtype.name, "float32", "floats, even if there are none")
check(lambda: as_array(BYTES).dtype.name, "uint8", "integers stay what they are")
check(lambda: as_array([3, -1]).dtype.kind, "i", "integers stay what they are")
check(lambda: as_array([True, False]).dtype.name, "bool", "booleans stay what they are")
raises(lambda: as_array(["six"]), TypeError, says=["<U3"])
raises(lambda: as_array([1 + 2j]), TypeError, says=["complex128"])
raises(lambda: as_array(np.datetime64("2026-01-01")), TypeError, says=["datetime64[D]"])
raises(lambda: as_array(["6"], np.float32), TypeError, says=["<U1"], hint="with or without a dtype")
raises(lambda: as_array([None, 1.0], np.float32), TypeError, says=["object"], hint="with or without a dtype")
raises(lambda: as_array([6], np.str_), TypeError, says=["<U0"], hint="a dtype of numbers or booleans")
raises(lambda: as_array([[1, 2], [3, 4, 5]]), ValueError, says=["rows", "2", "3"])
raises(lambda: as_array([[6, 7], (6, 7, 8, 9), 6]), ValueError, says=["rows", "2", "4", "1"])
check(lambda: np.shares_memory(as_array(TABLE), TABLE), True, "itself, not as a copy")
check(lambda: np.shares_memory(as_array(BYTES), BYTES), True, "itself, not as a copy")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does NumPy make of the data if you ask for no dtype? Which questions about that dtype, and about the one that is
# wanted, remain?
# </details>
# <details><summary>Hint 2</summary>
#
# `"fiub"` holds the four kinds. `array.astype(dtype, copy=False)` copies only where it must. Put NumPy's call into `try`,
# and raise a sentence of your own.
# </details>

# %% [markdown]
# ### 01-bytes · predict · 4 min · core
#
# Guess before you run the second cell. Nothing depends on it.

# %% nbgrader={"grade": false, "grade_id": "01-bytes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
sum_in_bytes = 300
back_again = 1
percent_in_float32 = 98
### STUB sum_in_bytes = ...  # 200 + 100, both uint8
### STUB back_again = ...  # (16,777,216 + 1) - 16,777,216, all float32
### STUB percent_in_float32 = ...  # how many of 100 the reader reads right when its pictures are float32
### END SOLUTION

# %%
ALIKE = as_array(NEW, np.float32) @ as_array(KNOWN, np.float32).T  # (355, 1442)
predict(sum_in_bytes, (np.uint8([200]) + np.uint8([100]))[0], "200 + 100 in bytes")
predict(back_again, (np.float32([2**24]) + np.float32(1) - np.float32(2**24))[0], "to 16,777,217 and back")
predict(percent_in_float32, percent_right(ALIKE), "read right of 100, in float32")

# %% [markdown]
# A byte that passes 255 starts again at 0, so $200 + 100$ is 44. The pictures are bytes; the first pair makes
# 2,614, and the reader saw $2614 - 10 \cdot 256 = 54$. A float32 rounds instead, at the seventh digit; 16,777,217 has eight.
#
# In float32, 73 are read right. The other fault stays: a picture with much ink is alike to everything. Each must be
# divided by *its own* length. For that you build broadcasting and reductions.

# %%
check(lambda: [ALIKE[0, 0], 2614 - 10 * 256, round(percent_right(ALIKE))], [2614, 54, 73], "what the text says")

# %% [markdown]
# **Why?** Bytes have just ruined a reader, and still integers stay what they are. What would break if `as_array` made
# floats of them all?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# Integers are also labels, positions and counts. NumPy takes no float as an index, and float32 has seven digits: word
# number 16,777,217 would become word number 16,777,216. Whether a number is a measurement or a name only you know, so
# you say `dtype=np.float32` where you calculate.
# </details>

# %% [markdown]
# ## 3. Shapes that fit
#
# NumPy **broadcasts**: it writes two shapes right-aligned, puts a 1 wherever the shorter has nothing, and stretches
# axes of size 1. Dark cells exist, pale ones are only read again:

# %%
show_broadcast(np.array([[10], [20]]), np.array([1, 0, 2]))  # (2, 1) with (3,)

# %% [markdown]
# ### 01-broadcast · write · 12 min · core
#
# Write the rule for two shapes. Sizes that meet must be equal, or one of them 1, which takes the size of the other,
# whatever that is. Everything else is refused, with both shapes. Make no arrays: a million rows must be no trouble.


# %% nbgrader={"grade": false, "grade_id": "01-broadcast-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def broadcast_shape(a, b):
    """Return the shape, a tuple, to which two shapes broadcast, or raise a ValueError that names both.

    >>> broadcast_shape((2, 1), (3,))
    (2, 3)
    """
    ### BEGIN SOLUTION
    ndim = max(len(a), len(b))
    result = []
    for m, n in zip((1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b, strict=True):
        if m != n and m != 1 and n != 1:
            raise ValueError(f"shapes {a} and {b} do not broadcast: {m} meets {n}, and neither is 1; reshape one")
        result.append(n if m == 1 else m)
    return tuple(result)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-broadcast", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def shapes_that_fit(rng):
    whole = rng.choice([2, 3, 5, 7], size=rng.integers(1, 5))
    cut = [tuple(int(n) for n in np.where(rng.random(whole.shape) < 0.3, 1, whole)) for _ in range(2)]
    return cut[0][rng.integers(0, len(whole)) :], cut[1][rng.integers(0, len(whole)) :]


check(lambda: broadcast_shape((2, 1), (3,)), (2, 3))
check(lambda: broadcast_shape((5, 1, 4), (3, 1)), (5, 3, 4), "right-aligned")
check(lambda: broadcast_shape((3,), (5, 1, 1)), (5, 1, 3), "right-aligned")
check(lambda: broadcast_shape((), (2, 3)), (2, 3), "a 1 wherever the shorter has nothing")
check(lambda: broadcast_shape((1, 3), (0, 3)), (0, 3), "whatever that is")
check(lambda: broadcast_shape((0,), (1,)), (0,), "whatever that is")
raises(lambda: broadcast_shape((2, 3), (2,)), ValueError, says=["(2, 3)", "(2,)"], lacks=["Mismatch is"])
raises(lambda: broadcast_shape((4, 2, 3), (5, 2, 3)), ValueError, says=["(4, 2, 3)", "(5, 2, 3)"])
raises(lambda: broadcast_shape((0,), (2,)), ValueError, says=["(0,)", "(2,)"])
check(lambda: broadcast_shape((10**6, 1), (10**6,)), (10**6, 10**6), "a million rows must be no trouble")
check(lambda: type(broadcast_shape((2, 1), (3,))).__name__, "tuple", "its docstring")
property_holds(broadcast_shape, draw=shapes_that_fit, law=np.broadcast_shapes)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write `(5, 1, 4)` above `(3, 1)`. Which sizes meet, and what would you have to add on the left of the second?
# </details>
# <details><summary>Hint 2</summary>
#
# `(1,) * 2 + (3,)` is `(1, 1, 3)`; then `zip` walks over both. What is the larger of 0 and 1, and is that what the rule
# says?
# </details>

# %% [markdown]
# ## 4. Operations are data
#
# A framework knows its operations by name: to record them, to find their slopes (module 05), to replace one by a faster
# one. Each is a **pure function on arrays** in a table, `OPS`. Its **inputs** are the parameters without a default; the
# rest, such as an axis, are **options**.
#
# `@op` above `def mean` means `mean = op(mean)`. This **decorator** puts the function into the table, and gives back one that
# also takes Tensors. `by_name` lets options have PyTorch's names as well as NumPy's (`dim` or `axis`).

# %% nbgrader={"grade": false, "grade_id": "01-table", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
OPS = {}  # the operations, by name
_TAKES = {}  # what each takes: inputs and options
_SAME = {"dim": "axis", "axis": "dim", "keepdim": "keepdims", "keepdims": "keepdim"}


def by_name(what, takes, given):
    """Return the options given to `what` under the names that it takes, or raise a TypeError that lists these.

    >>> by_name("sum", {"axis": None, "keepdims": False}, {"dim": [0, 1]})
    {'axis': (0, 1)}
    """
    if given.keys() <= takes.keys() and type(given.get("axis")) is not list:
        return given
    options = {}
    for name, value in given.items():
        own = name if name in takes else _SAME.get(name)
        if own not in takes or own in options:
            raise TypeError(f"{what} takes {', '.join(takes)}: {name!r} is {'one too many' if own in takes else 'none of them'}")
        options[own] = tuple(value) if own == "axis" and isinstance(value, list) else value
    return options


def op(function):
    """Register a pure function on arrays as an operation, under its name without trailing underscores.

    The function that comes back computes on arrays; as soon as an input is a Tensor, it goes through `apply`. The inputs
    are the parameters without a default that are not keyword-only, everything else is an option. A second operation
    of the same name from another file is a ValueError.

    >>> @op
    ... def double_(a):
    ...     return 2 * a
    >>> OPS.pop("double")(3.0), double_.__name__
    (6.0, 'double_')
    """
    name, parameters = function.__name__.rstrip("_"), inspect.signature(function).parameters
    inputs = [p.name for p in parameters.values() if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
    if name in OPS and OPS[name].__module__ != function.__module__:
        raise ValueError(f"{OPS[name].__module__} has an operation {name!r} already: choose another name")
    OPS[name], _TAKES[name] = function, parameters

    @wraps(function)
    def on_arrays_or_tensors(*values, **given):
        given = by_name(name, parameters, given)
        on_arrays = not any(hasattr(value, "requires_grad") for value in (*values, *given.values()))
        if on_arrays and not isinstance(result := function(*values, **given), np.generic):
            return result
        options = inspect.signature(function).bind(*values, **given).arguments
        values = [options.pop(each) for each in inputs]
        return compute(name, [*map(np.asarray, values)], options) if on_arrays else apply(name, *values, **options)

    return on_arrays_or_tensors

# %% [markdown]
# Elementwise operations are NumPy's own, but for `pow`: squares have a shorter way.

# %% nbgrader={"grade": false, "grade_id": "01-elementwise", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
OPS |= {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide, "neg": np.negative}
OPS |= {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs}


@op
def pow_(a, b):
    """Raise a to the power b elementwise."""
    return a * a if b.ndim == 0 and a.dtype == b.dtype and b == 2 else a**b

# %% [markdown]
# ### 01-compute · write · 12 min · core
#
# `compute` runs an operation by its name, and mends four things:
#
# | what happens | what `compute` does |
# | --- | --- |
# | the name is not in the table | refuses it, in quotes |
# | one number comes back as a NumPy *number*, no array | gives an array |
# | float64 comes back although no input is float64 | gives float32 |
# | an `np.ufunc` raises a `ValueError` over two shapes | raises that of `broadcast_shape`; other errors go on |


# %% nbgrader={"grade": false, "grade_id": "01-compute-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def compute(name, arrays, options):
    """Run an operation on arrays: an array comes back, of shape () too, and float64 only where float64 went in.

    >>> compute("add", [np.array([1, 2]), np.array([10, 20])], {})
    array([11, 22])
    """
    ### BEGIN SOLUTION
    if name not in OPS:
        near = [known for known in OPS if known[:3] == str(name)[:3]]
        raise ValueError(f"there is no operation {name!r}; did you mean {' or '.join(near or OPS)}?")
    try:
        result = np.asarray(OPS[name](*arrays, **options))
    except ValueError:
        if isinstance(OPS[name], np.ufunc):
            broadcast_shape(arrays[0].shape, arrays[1].shape)
        raise
    if result.dtype == np.float64 and all(array.dtype != np.float64 for array in arrays):
        return result.astype(np.float32)
    return result
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-compute", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
WEIGHTS = np.array([[0.2, 0.5, 1, -1, 0], [0.3, 0.4, 2, 0, 3], [0.5, 0.1, 0, 4, 1]], dtype=np.float32)  # (3, 5)
POINT, EXACT, LABELS = np.array(2.0, dtype=np.float32), np.array([0.1]), np.array([3, 1], dtype=np.int64)


@op
def side_by_side(a, b, gap=0):
    if len(a) != len(b):
        raise ValueError(f"{len(a)} rows beside {len(b)} rows?")
    return np.concatenate([a, np.zeros((len(a), gap), a.dtype), b], axis=1)


check(lambda: compute("sub", [TABLE, WEIGHTS[:2, :3]], {}), TABLE - WEIGHTS[:2, :3])
check(lambda: compute("side_by_side", [TABLE, TABLE], {"gap": 1}), np.insert(np.tile(TABLE, 2), 3, 0, axis=1), "options")
check(lambda: type(compute("mul", [POINT, POINT], {})).__name__, "ndarray", "an array always comes back")
check(lambda: compute("mul", [POINT, POINT], {}).dtype.name, "float32", "float32 stays")
check(lambda: compute("sqrt", [LABELS], {}).dtype.name, "float32", "no input is float64")
check(lambda: compute("div", [LABELS, np.array(2)], {}), np.float32([1.5, 0.5]), "no input is float64")
check(lambda: compute("mul", [LABELS, EXACT], {}).dtype.name, "float64", "one input is float64")
check(lambda: compute("mul", [EXACT, LABELS], {}).dtype.name, "float64", "one input is float64")
check(lambda: compute("add", [LABELS, LABELS], {}).dtype.name, "int64", "only float64 changes")
raises(lambda: compute("matmull", [TABLE, WEIGHTS], {}), ValueError, says=["'matmull'"])
raises(lambda: compute("add", [TABLE, LABELS], {}), ValueError, says=["(2, 3)", "(2,)"], hint="broadcast_shape")
raises(lambda: compute("side_by_side", [TABLE, WEIGHTS], {}), ValueError, says=["2 rows beside 3 rows?"], hint="other errors")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which rows of the table can you answer before the operation runs, which while, and which only afterwards?
# </details>
# <details><summary>Hint 2</summary>
#
# `np.asarray` makes an array of a NumPy number. In `except ValueError:` call `broadcast_shape`, which raises by itself,
# and end with a bare `raise`.
# </details>

# %% [markdown]
# ## 5. The matrix product
#
# It compared all pairs of pictures, $(n, k) \,@\, (k, m) \rightarrow (n, m)$:
#
# $$c_{ij} = \sum_k a_{ik} \, b_{kj}$$
#
# The **inner sizes**, both $k$, must agree. `(8, 2, 3)` is a **batch** of eight tables, each of which is multiplied.

# %% [markdown]
# ### 01-matmul · write · 15 min · core
#
# Return NumPy's `a @ b`, but first refuse, with both shapes:
#
# - inner sizes that differ: the last of `a`, and the last but one of `b`, or its only one. If both are tables and a
#   transpose makes them fit, the message names it: `a.T @ b` or `a @ b.T`. If none does, it must not speak of `.T`.
# - a single number, shape `()`. The message says to use `*`.


# %% nbgrader={"grade": false, "grade_id": "01-matmul-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
def matmul(a, b):
    """Multiply matrices, (..., n, k) @ (..., k, m) -> (..., n, m); each may be a vector (k,) too.

    >>> matmul(np.array([[1, 2, 3]]), np.array([[1], [0], [2]]))
    array([[7]])
    """
    ### BEGIN SOLUTION
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(f"{a.shape} @ {b.shape}: a number has no axes to multiply along; use *")
    inner_a, inner_b = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if inner_a != inner_b:
        fix = ""
        if a.ndim == b.ndim == 2 and a.shape[0] == b.shape[0]:
            fix = "; a.T @ b would fit"
        elif a.ndim == b.ndim == 2 and a.shape[1] == b.shape[1]:
            fix = "; a @ b.T would fit"
        raise ValueError(f"{a.shape} @ {b.shape}: the inner sizes {inner_a} and {inner_b} differ{fix}")
    if a.ndim < 3 or b.ndim != 2:
        return a @ b
    rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])  # (batch * n, k): one tall table is faster than a batch
    return (rows @ b).reshape(*a.shape[:-1], b.shape[1])  # (batch, n, m)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-matmul", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def matmul_loop(a, b):
    """The matrix product by its definition, one number at a time: (n, k) @ (k, m) -> (n, m)."""
    result = np.zeros((len(a), b.shape[1]), dtype=a.dtype)
    for i, j in np.ndindex(result.shape):
        result[i, j] = sum(a[i, k] * b[k, j] for k in range(len(b)))
    return result


TABLES, VECTOR, PAIR = np.stack([TABLE, TABLE + 1, TABLE * 2, -TABLE] * 2)[:7], WEIGHTS[:, 1], np.float32([3, -1])
RIGHTS = np.arange(7 * 3 * 4, dtype=np.float32).reshape(7, 3, 4) % 5
NONE_YET, ALONE = np.zeros((0, 3), dtype=np.float32), np.array(7, dtype=np.float32)
check(lambda: matmul(TABLE, WEIGHTS), matmul_loop(TABLE, WEIGHTS))
check(lambda: matmul(TABLES, WEIGHTS), np.stack([matmul_loop(each, WEIGHTS) for each in TABLES]), "a batch")
check(lambda: matmul(TABLES, RIGHTS), np.stack([matmul_loop(*pair) for pair in zip(TABLES, RIGHTS, strict=True)]), "two batches")
check(lambda: matmul(TABLE, VECTOR), matmul_loop(TABLE, VECTOR[:, None])[:, 0], "b may be a vector")
check(lambda: matmul(PAIR, TABLE), matmul_loop(PAIR[None], TABLE)[0], "a may be a vector")
check(lambda: matmul(NONE_YET, WEIGHTS).shape, (0, 5), "an empty batch fits too")
raises(lambda: matmul(TABLE, WEIGHTS[:2]), ValueError, says=["(2, 3)", "(2, 5)", "a.T @ b"], lacks=["b.T"])
raises(lambda: matmul(TABLE, WEIGHTS.T), ValueError, says=["(2, 3)", "(5, 3)", "a @ b.T"], lacks=["a.T"])
raises(lambda: matmul(TABLE, WEIGHTS.T[:4, :2]), ValueError, says=["(2, 3)", "(4, 2)"], lacks=[".T"])
raises(lambda: matmul(TABLES, WEIGHTS[:2]), ValueError, says=["(7, 2, 3)", "(2, 5)"], lacks=[".T"])
raises(lambda: matmul(TABLES, RIGHTS[:, :2]), ValueError, says=["(7, 2, 3)", "(7, 2, 4)"], lacks=[".T"])
raises(lambda: matmul(PAIR, VECTOR), ValueError, says=["(2,)", "(3,)"], lacks=[".T"])
raises(lambda: matmul(TABLE, PAIR), ValueError, says=["(2, 3)", "(2,)"], lacks=[".T"])
raises(lambda: matmul(PAIR, WEIGHTS), ValueError, says=["(2,)", "(3, 5)"], lacks=[".T"])
raises(lambda: matmul(TABLE, ALONE), ValueError, says=["(2, 3)", "()", "*"])
raises(lambda: matmul(ALONE, TABLE), ValueError, says=["(2, 3)", "()", "*"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write the two shapes side by side. Which sizes touch? Which would touch if you turned the first round, or the second?
# </details>
# <details><summary>Hint 2</summary>
#
# Ask for shape `()` first, since it has no sizes to read. `a.T @ b` fits where `a.shape[0] == b.shape[0]`.
# </details>

# %% [markdown]
# ## 6. Many numbers into one
#
# A **reduction** makes one number of many along an axis, which disappears: `(2, 3)` summed over axis 0 is `(3,)`, over both
# `()`. With `keepdims=True` it stays with size 1, so that the result broadcasts against what it came from.
#
# ### 01-axes · write · 12 min · core
#
# An axis may be `None` (all), a number, or a tuple or list of numbers; negative ones count from the end. `axis_numbers` makes
# of all these a tuple of numbers from 0, in the order given. It refuses
#
# - an axis that does not exist or is named twice, with the axis as given, and the shape;
# - anything but whole numbers, by a `TypeError` that says `axis` and quotes it, as in `'rows'`.


# %% nbgrader={"grade": false, "grade_id": "01-axes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def axis_numbers(axis, shape):
    """Return the axes of a shape that `axis` names, None (all), a number or several, as a tuple of numbers from 0.

    >>> axis_numbers([-1, 0], (2, 3, 5))
    (2, 0)
    """
    ### BEGIN SOLUTION
    if axis is None:
        return tuple(range(len(shape)))
    numbers = []
    for each in axis if isinstance(axis, (tuple, list)) else [axis]:
        if not isinstance(each, (int, np.integer)):
            raise TypeError(f"an axis is a whole number, not {each!r}")
        if not -len(shape) <= each < len(shape):
            raise ValueError(f"there is no axis {each} in shape {shape}")
        if each % len(shape) in numbers:
            raise ValueError(f"axis {each} of shape {shape} is named twice")
        numbers.append(each % len(shape))
    return tuple(numbers)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-axes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(lambda: axis_numbers(1, (2, 3, 5)) == (1,), True, "a tuple, for one axis as well")
check(lambda: axis_numbers(0, (2, 3, 5)), (0,))
check(lambda: axis_numbers(-1, (2, 3, 5)), (2,), "counts from the end")
check(lambda: axis_numbers(-3, (2, 3, 5)), (0,), "counts from the end")
check(lambda: axis_numbers(None, (2, 3, 5)), (0, 1, 2), "all of them")
check(lambda: axis_numbers((2, -3), (2, 3, 5)), (2, 0), "in the order given")
check(lambda: axis_numbers([0, -1], (2, 3, 5)), (0, 2), "a list")
check(lambda: axis_numbers([], (2, 3, 5)) == (), True, "an empty list names none")
check(lambda: axis_numbers(None, ()) == (), True, "a shape without axes")
check(lambda: axis_numbers(np.int64(-2), (2, 3, 5)), (1,), "whole numbers of NumPy too")
raises(lambda: axis_numbers(3, (2, 3, 5)), ValueError, says=["3", "(2, 3, 5)"])
raises(lambda: axis_numbers((0, -4), (2, 3, 5)), ValueError, says=["-4", "(2, 3, 5)"])
raises(lambda: axis_numbers(0, ()), ValueError, says=["0", "()"])
raises(lambda: axis_numbers((1, -2), (2, 3, 5)), ValueError, says=["-2", "(2, 3, 5)"])
raises(lambda: axis_numbers("rows", (2, 3, 5)), TypeError, says=["axis", "'rows'"])
raises(lambda: axis_numbers((0, 1.0), (2, 3, 5)), TypeError, says=["axis", "1.0"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How can one axis and several go through the same loop? Which numbers may an axis of three have, at least and at most?
# </details>
# <details><summary>Hint 2</summary>
#
# `-1 % 3` is 2. `isinstance(each, (int, np.integer))` asks for whole numbers. `(1, -2)` names one axis twice: compare after
# the `%`.
# </details>

# %% [markdown]
# ### 01-reductions · write · 18 min · core
#
# The sum is solved. Write the count $n$ of the numbers taken together, and then
#
# $$\mu = \frac{1}{n}\sum_i x_i \qquad \mathrm{var} = \frac{1}{n - c} \sum_i (x_i - \mu)^2$$
#
# The **correction** $c$ is 1 unless given, as in PyTorch (NumPy's is 0). There is no mean and no maximum of 0 numbers, and
# no variance of $c$ or fewer: `count_along` refuses fewer than `least`, with the shape. Subtract $\mu$ before you square.


# %% nbgrader={"grade": false, "grade_id": "01-sum", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@op
def sum_(a, axis=None, keepdims=False):
    """Add up along an axis, several axes, or all of them (None).

    >>> sum_(np.array([[1, 2], [3, 4]]), axis=0)
    array([4, 6])
    """
    return a.sum(axis=axis_numbers(axis, a.shape), keepdims=keepdims)


# %% nbgrader={"grade": false, "grade_id": "01-reductions-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def count_along(a, axis=None, least=1):
    """Return how many numbers a reduction takes together; fewer than `least` are a ValueError.

    >>> count_along(np.ones((2, 3)), axis=0), count_along(np.ones((2, 3)))
    (2, 6)
    """
    ### BEGIN SOLUTION
    n = math.prod(a.shape[each] for each in axis_numbers(axis, a.shape))
    if n < least:
        raise ValueError(f"{n} numbers along axis {axis} of shape {a.shape}; at least {least} are needed")
    return n
    ### END SOLUTION


@op
def mean(a, axis=None, keepdims=False):
    """Return the average along an axis.

    >>> mean(np.array([[1.0, 2.0], [3.0, 6.0]]), axis=0)
    array([2., 4.])
    """
    ### BEGIN SOLUTION
    return a.sum(axis=axis_numbers(axis, a.shape), keepdims=keepdims) / count_along(a, axis)
    ### END SOLUTION


@op
def var(a, axis=None, keepdims=False, correction=1):
    """Return the variance along an axis: squared distances from the mean, added up, divided by n - correction.

    >>> var(np.array([[1.0, 2.0, 3.0]]), axis=1)
    array([1.])
    """
    ### BEGIN SOLUTION
    n, axes = count_along(a, axis, least=correction + 1), axis_numbers(axis, a.shape)
    centred = a - a.sum(axis=axes, keepdims=True) / n
    return (centred * centred).sum(axis=axes, keepdims=keepdims) / (n - correction)
    ### END SOLUTION


### BEGIN SOLUTION
@op
def max_(a, axis=None, keepdims=False):
    """Return the largest number along an axis: PyTorch's amax."""
    count_along(a, axis)
    return a.max(axis=axis_numbers(axis, a.shape), keepdims=keepdims)


@op
def min_(a, axis=None, keepdims=False):
    """Return the smallest number along an axis: PyTorch's amin."""
    count_along(a, axis)
    return a.min(axis=axis_numbers(axis, a.shape), keepdims=keepdims)


### STUB # the largest number, and the smallest
### STUB @op
### STUB def max_(a, axis=None, keepdims=False): raise NotImplementedError("01-reductions")
### STUB @op
### STUB def min_(a, axis=None, keepdims=False): raise NotImplementedError("01-reductions")
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-reductions", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
CUBE = np.random.default_rng(2).normal(size=(2, 3, 5)).astype(np.float32)
HIGH, WHOLE = np.array([10000, 10001, 10003], dtype=np.float32), np.array([1, 2, 7])


def table_and_axis(rng):
    shape = rng.choice([2, 3, 5, 7], size=rng.integers(1, 4), replace=False)
    axes = rng.permutation(len(shape))[: rng.integers(1, len(shape) + 1)] - rng.integers(0, 2) * len(shape)
    return rng.normal(size=shape), [None, int(axes[0]), tuple(axes.tolist())][rng.integers(0, 3)]


def variance(a, axis):
    return a.var(axis, ddof=1)


check(lambda: count_along(CUBE, (0, -1)), 10, "the numbers taken together")
check(lambda: count_along(CUBE), 30, "the numbers taken together")
check(lambda: count_along(CUBE, 1, least=3), 3, "three are not fewer than three")
raises(lambda: count_along(CUBE, -2, least=4), ValueError, says=["(2, 3, 5)"])
property_holds(mean, draw=table_and_axis, law=np.mean)
property_holds(var, draw=table_and_axis, law=variance)
property_holds(max_, draw=table_and_axis, law=np.max)
property_holds(min_, draw=table_and_axis, law=np.min)
check(lambda: mean(CUBE, [-1, 0]), CUBE.mean((0, 2)), "a list of axes")
check(lambda: var(CUBE, [-1, 0]), CUBE.var((0, 2), ddof=1), "a list of axes")
check(lambda: max_(CUBE, [-1, 0]), CUBE.max((0, 2)), "a list of axes")
check(lambda: min_(CUBE, [-1, 0]), CUBE.min((0, 2)), "a list of axes")
check(lambda: mean(CUBE, 1, keepdims=True), CUBE.mean(1, keepdims=True), "keepdims")
check(lambda: var(CUBE, 1, keepdims=True), CUBE.var(1, ddof=1, keepdims=True), "keepdims")
check(lambda: max_(CUBE, 1, keepdims=True), CUBE.max(1, keepdims=True), "keepdims")
check(lambda: min_(CUBE, 1, keepdims=True), CUBE.min(1, keepdims=True), "keepdims")
check(lambda: [f(CUBE, keepdims=True).shape for f in (mean, var, max_, min_)], [(1, 1, 1)] * 4, "keepdims")
check(lambda: var(CUBE, 2, correction=0), CUBE.var(2), "the correction")
check(lambda: var(CUBE, 2, correction=2), CUBE.var(2, ddof=2), "the correction")
raises(lambda: var(CUBE[:2], 0, correction=2), ValueError, says=["(2, 3, 5)"])
check(lambda: var(HIGH), np.float32(7 / 3), "before you square")
check(lambda: mean(WHOLE), np.float32(10 / 3), "integers have a mean too")
raises(lambda: mean(CUBE[:0], 0), ValueError, says=["(0, 3, 5)"])
raises(lambda: max_(CUBE[:0]), ValueError, says=["(0, 3, 5)"])
raises(lambda: min_(CUBE[:0]), ValueError, says=["(0, 3, 5)"])
raises(lambda: var(CUBE[:1], 0), ValueError, says=["(1, 3, 5)"])
check(lambda: var(CUBE[:1], 0, correction=0), np.zeros((3, 5), dtype=np.float32), "one is more than no correction")
check(lambda: [max_(CUBE[:0], 1).shape, min_(CUBE[:0], 1).shape], [(0, 5), (0, 5)], "three numbers along axis 1")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The mean inside `var` meets all of `a` again. Which shape must it have for that, whatever the caller wants?
# </details>
# <details><summary>Hint 2</summary>
#
# `math.prod` multiplies sizes. The caller's `keepdims` belongs to the last sum alone. `max_` and `min_` call `count_along`
# for its refusal.
# </details>

# %% [markdown]
# ### 01-fakes · break · 15 min · core
#
# Three ways to compute `var(a, axis=1, correction=0)`, all found in real code. On the example they agree. For each, find a
# finite table `(n, m)` for which it is off by more than 1 in 100,000.


# %% nbgrader={"grade": false, "grade_id": "01-fakes-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
def shortcut(a):
    """The mean of the squares minus the square of the mean: equal on paper."""
    return (a * a).mean(axis=1) - a.mean(axis=1) ** 2


def by_length(a):
    """Divides by how many there are."""
    return ((a - a.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / len(a)


def by_row(a):
    """Subtracts from each row its mean."""
    return ((a - a.mean(axis=1)) ** 2).mean(axis=1)


SQUARE = np.array([[1.0, 2.0, 6.0], [4.0, 5.0, 0.0], [3.0, 3.0, 3.0]])
print(*[fake(SQUARE).round(3) for fake in (shortcut, by_length, by_row)])

# %% nbgrader={"grade": false, "grade_id": "01-fakes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
FOR_SHORTCUT = np.array([[1e9, 1e9 + 1, 1e9 + 3]])
FOR_BY_LENGTH = np.array([[1.0, 2.0, 6.0]])
FOR_BY_ROW = np.array([[1.0, 3.0], [5.0, 9.0]])
### STUB FOR_SHORTCUT = ...  # np.array([[...], ...])
### STUB FOR_BY_LENGTH = ...
### STUB FOR_BY_ROW = ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-fakes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def variance_of_rows(a):
    """The definition, one row at a time, in float64."""
    assert a.ndim == 2, f"a table has two axes, this has shape {a.shape}"
    rows = [row.astype(np.float64) for row in a]
    return np.array([((row - row.mean()) ** 2).mean() for row in rows])


breaks(shortcut, FOR_SHORTCUT, variance_of_rows, "which digits are left after the subtraction?")
breaks(by_length, FOR_BY_LENGTH, variance_of_rows, "how many numbers does a row have?")
breaks(by_row, FOR_BY_ROW, variance_of_rows, "which numbers meet in the subtraction?")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What have the sizes of `SQUARE` in common, and what the means of its rows? What is 1,000,000,001 squared, to 16 digits?
# </details>
# <details><summary>Hint 2</summary>
#
# The first: large numbers close together. The second: not square. The third: square, or NumPy refuses; `a.mean(axis=1)` then
# lies down as a row, and meets the columns.
# </details>

# %% [markdown]
# ## 7. What a Tensor holds
#
# Four facts: `data`, an array; `grad`, the slopes that module 05 puts there; `requires_grad`, whether it wants any; and
# `origin`, how it was made. Whoever sets one to nonsense should hear it there and not three modules later, so a **property**
# calls your function whenever somebody sets it.
#
# ### 01-facts · write · 15 min · core
#
# The docstrings say what is good and what is refused. One trap: arithmetic at shape `()` makes NumPy *numbers* (`np.generic`).
# Take these for `data` and `grad`, as arrays in the dtype that the Tensor has.


# %% nbgrader={"grade": false, "grade_id": "01-facts-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class _Facts:
    """What a Tensor holds. Whatever is set is checked when it is set."""

    __array_ufunc__ = None  # `array + tensor` asks the Tensor, not NumPy

    def __init__(self, data, dtype=None, requires_grad=False, **others):
        by_name("Tensor", {"data": 0, "dtype": 0, "requires_grad": 0}, others)
        self._data, self._grad, self._requires_grad, self.origin = as_array(data, dtype), None, False, None
        self.requires_grad = requires_grad

    def _set_data(self, value):
        """Set an array. Another type is a TypeError that says data and the type.

        Numbers that are no floats are a ValueError with their dtype while requires_grad is True.
        """
        ### BEGIN SOLUTION
        if isinstance(value, np.generic):
            value = np.asarray(value, self._data.dtype)
        if not isinstance(value, np.ndarray):
            raise TypeError(f"data must be a NumPy array, not a {type(value).__name__}; a Tensor has one in its .data")
        if self._requires_grad and value.dtype.kind != "f":
            raise ValueError(f"a Tensor that requires a gradient holds floats, not {value.dtype}")
        self._data = value
        ### END SOLUTION

    def _set_grad(self, value):
        """Set None, or an array of the shape of data; another shape is a ValueError with both.

        Another type is a TypeError that says grad and the type.
        """
        ### BEGIN SOLUTION
        if isinstance(value, np.generic):
            value = np.asarray(value, self._data.dtype)
        if value is not None and not isinstance(value, np.ndarray):
            raise TypeError(f"grad must be None or a NumPy array of shape {self.shape}, not a {type(value).__name__}")
        if value is not None and value.shape != self._data.shape:
            raise ValueError(f"grad must be None or a NumPy array of shape {self.shape}, not of shape {value.shape}")
        self._grad = value
        ### END SOLUTION

    def _set_requires_grad(self, value):
        """Set it, as True or False; True for numbers that are no floats is a ValueError with their dtype."""
        ### BEGIN SOLUTION
        if value and self._data.dtype.kind != "f":
            raise ValueError(f"only floats have gradients, not {self._data.dtype}: write 1.0 or dtype=np.float32")
        self._requires_grad = bool(value)
        ### END SOLUTION

    data = property(operator.attrgetter("_data"), _set_data)
    grad = property(operator.attrgetter("_grad"), _set_grad)
    requires_grad = property(operator.attrgetter("_requires_grad"), _set_requires_grad)
    shape, ndim = property(operator.attrgetter("_data.shape")), property(operator.attrgetter("_data.ndim"))
    size, dtype = property(operator.attrgetter("_data.size")), property(operator.attrgetter("_data.dtype"))


# %% nbgrader={"grade": true, "grade_id": "01-facts", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def after(name, value, data=TABLE, requires_grad=False):
    """What a fact is after it was set."""
    tensor = _Facts(data, data.dtype, requires_grad)
    setattr(tensor, name, value)
    return getattr(tensor, name)


SCALAR = np.float64(0.25)
check(lambda: after("data", TABLE) is TABLE, True, "the array itself")
check(lambda: after("data", WEIGHTS).shape, (3, 5), "an array of any shape")
check(lambda: after("data", WEIGHTS, requires_grad=True) is WEIGHTS, True, "floats, while requires_grad is True")
check(lambda: after("data", LABELS) is LABELS, True, "integers, while requires_grad is False")
check(lambda: after("data", SCALAR, POINT).dtype.name, "float32", "the dtype that the Tensor has")
check(lambda: type(after("data", SCALAR, POINT)).__name__, "ndarray", "as an array")
raises(lambda: after("data", [1.0]), TypeError, says=["data", "list"])
raises(lambda: after("data", None), TypeError, says=["data", "NoneType"])
raises(lambda: after("data", _Facts(TABLE)), TypeError, says=["data", "_Facts"])
raises(lambda: after("data", LABELS, requires_grad=True), ValueError, says=["int64"])
check(lambda: after("grad", TABLE) is TABLE, True, "the array itself")
check(lambda: after("grad", None), None)
check(lambda: after("grad", SCALAR, POINT).dtype.name, "float32", "the dtype that the Tensor has")
check(lambda: type(after("grad", SCALAR, POINT)).__name__, "ndarray", "as an array")
raises(lambda: after("grad", [1.0]), TypeError, says=["grad", "list"])
raises(lambda: after("grad", 0), TypeError, says=["grad", "int"])
raises(lambda: after("grad", _Facts(TABLE)), TypeError, says=["grad", "_Facts"])
raises(lambda: after("grad", TABLE.T), ValueError, says=["(3, 2)", "(2, 3)"])
raises(lambda: after("grad", SCALAR), ValueError, says=["()", "(2, 3)"])
check(lambda: after("requires_grad", True), True)
check(lambda: after("requires_grad", 1) is True, True, "as True or False")
check(lambda: after("requires_grad", False, LABELS), False, "False is always good")
raises(lambda: after("requires_grad", True, LABELS), ValueError, says=["int64"])
raises(lambda: after("grad", None, LABELS, requires_grad=True), ValueError, says=["int64"], hint="the constructor sets it too")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# In which order must the questions come, so that `np.float32(3)` is not refused and `None` is not asked for its shape?
# </details>
# <details><summary>Hint 2</summary>
#
# Inside the class the facts are `self._data`, `self._grad` and `self._requires_grad`. `np.asarray(value, dtype)` makes an
# array of a number; `type(value).__name__` names a type.
# </details>

# %% [markdown]
# ### 01-nograd · write · 8 min · core
#
# Remembering costs memory, so it pauses inside `with no_grad():`. Python calls `__enter__` when such a block begins, and
# `__exit__` when it ends, even by an exception, which must go on.
#
# Blocks stand inside other blocks. A flag that the inner one sets back to "on" would end the outer pause too: put something
# better into `_state`. (The other lines allow `@no_grad` above a function.)

# %% nbgrader={"grade": false, "grade_id": "01-nograd-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
_state = {"paused": 0}
### STUB _state = {"recording": True}  # a flag, which is not good enough
### END SOLUTION


def is_recording():
    """Return True when operations note where their results come from."""
    ### BEGIN SOLUTION
    return _state["paused"] == 0
    ### END SOLUTION


class no_grad(ContextDecorator):
    """Pause recording in a `with no_grad():` block or a function under `@no_grad`, for all threads.

    >>> with no_grad():
    ...     is_recording()
    False
    """

    def __new__(cls, function=None):
        return super().__new__(cls) if function is None else cls()(function)

    def __enter__(self):
        """Begin a pause."""
        ### BEGIN SOLUTION
        _state["paused"] += 1
        return self
        ### END SOLUTION

    def __exit__(self, kind, error, traceback):
        """End it."""
        ### BEGIN SOLUTION
        _state["paused"] -= 1
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-nograd", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def seen(steps):
    """What is_recording() says after each step: ( begins a block, ) ends it, ! ends it by an exception."""
    blocks, said = [], []
    for step in steps:
        if step == "(":
            blocks.append(no_grad())
            said.append(is_recording() if blocks[-1].__enter__() is blocks[-1] else "__enter__ did not return self")
        else:
            swallowed = blocks.pop().__exit__(*((KeyError, KeyError("lost"), None) if step == "!" else (None,) * 3))
            said.append("the exception is lost" if swallowed else is_recording())
    return said


@no_grad
def countdown(n):
    return [is_recording(), *(countdown(n - 1) if n else [])]


check(lambda: is_recording(), True, "recording is on to begin with")
check(lambda: seen("()"), [False, True])
check(lambda: seen("(())"), [False, False, False, True], "blocks inside other blocks")
check(lambda: seen("((()()))"), [False] * 7 + [True], "blocks inside other blocks")
check(lambda: seen("((!!()"), [False, False, False, True, False, True], "even by an exception")
check(lambda: countdown(2), [False] * 3, "a function that calls itself")
check(lambda: is_recording(), True, "after the function")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Several people use a room with one lamp. How does the last one know that it is time to switch it off?
# </details>
# <details><summary>Hint 2</summary>
#
# Count the blocks that you are inside of. `_state` is a dictionary since a function may change its entries without `global`.
# </details>

# %% [markdown]
# ## 8. Apply: compute and remember
#
# `apply` is the one place where Tensors meet operations. `wrap` makes a Tensor of an array as it is:


# %% nbgrader={"grade": false, "grade_id": "01-wrap", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def wrap(array):
    """Return a Tensor around an array as it is, without the dtype rule."""
    tensor = Tensor.__new__(Tensor)
    tensor._data, tensor._grad, tensor._requires_grad, tensor.origin = array, None, False, None
    return tensor

# %% [markdown]
# ### 01-beside · write · 18 min · core
#
# Which dtype should `0.1` have in `0.1 * w`? By section 2 alone it would lose nine digits beside float64, and 2 beside
# bytes would make int64 of them. So `dtype_beside` looks at an array and at the dtype of the Tensor beside it. `None` leaves
# it to `as_array`:
#
# | beside a Tensor of | a single number, shape `()` | more numbers |
# | --- | --- | --- |
# | floats | the Tensor's dtype | floats: the Tensor's dtype; others: `None` |
# | integers | a whole number or boolean that fits into that dtype (`np.iinfo` knows): that dtype; others: `None` | `None` |
# | booleans | `None` | `None` |
#
# Then `as_tensors` makes Tensors of all inputs. One that is a Tensor stays itself; of any other make an array, find its dtype
# beside the first *floating* Tensor, or else the first Tensor, if there is one, and `wrap` it.


# %% nbgrader={"grade": false, "grade_id": "01-beside-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def dtype_beside(array, dtype):
    """Return the dtype that an array takes beside a Tensor of this dtype; None leaves it to the dtype rule.

    >>> dtype_beside(np.array(0.1), np.dtype("float32")), dtype_beside(np.array(300), np.dtype("uint8"))
    (dtype('float32'), None)
    """
    ### BEGIN SOLUTION
    if dtype.kind == "f":
        return dtype if array.ndim == 0 or array.dtype.kind == "f" else None
    if dtype.kind in "iu" and array.ndim == 0 and array.dtype.kind in "iub":
        return dtype if np.iinfo(dtype).min <= array <= np.iinfo(dtype).max else None
    return None
    ### END SOLUTION


def as_tensors(inputs):
    """Return a tuple of Tensors; what is none yet takes a dtype that suits the Tensors beside it."""
    ### BEGIN SOLUTION
    for value in inputs:
        if not isinstance(value, _Facts):
            break
    else:
        return inputs
    dtypes = [value._data.dtype for value in inputs if isinstance(value, _Facts)]
    beside = ([dtype for dtype in dtypes if dtype.kind == "f"] or dtypes or [np.dtype(bool)])[0]

    def tensor_of(value):
        array = np.asarray(value)
        return wrap(as_array(array, dtype_beside(array, beside)))

    return tuple(value if isinstance(value, _Facts) else tensor_of(value) for value in inputs)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-beside", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def beside(value, dtype):
    found = dtype_beside(np.asarray(value), np.dtype(dtype))
    return found if found is None else found.name


class Tensor(_Facts):
    """What there is of a Tensor so far."""


T, FLOATING, WHOLES = Tensor(TABLE), Tensor(EXACT, dtype=np.float64), Tensor(BYTES)


check(lambda: beside(0.1, "float64"), "float64", "floats, a single number")
check(lambda: beside(2, "float32"), "float32", "floats, a single number")
check(lambda: beside(True, "float16"), "float16", "floats, a single number")
check(lambda: beside([0.1, 3.0], "float64"), "float64", "floats, more numbers")
check(lambda: beside([2, 3], "float32"), None, "floats, more numbers: these may be labels")
check(lambda: beside(2, "uint8"), "uint8", "integers, a single number that fits")
check(lambda: beside(-1, "int64"), "int64", "integers, a single number that fits")
check(lambda: beside(True, "uint8"), "uint8", "integers, a boolean")
check(lambda: beside(255, "uint8"), "uint8", "255 fits")
check(lambda: beside(256, "uint8"), None, "256 does not fit")
check(lambda: beside(0, "uint8"), "uint8", "0 fits")
check(lambda: beside(-1, "uint8"), None, "-1 does not fit")
check(lambda: beside(2.0, "int64"), None, "integers, a number that is not whole")
check(lambda: beside([2, 3], "uint8"), None, "integers, more numbers")
check(lambda: beside(True, "bool"), None, "booleans")
check(lambda: beside([0.5], "bool"), None, "booleans")
check(lambda: as_tensors((FLOATING, WHOLES))[1] is WHOLES, True, "a Tensor stays itself")
check(lambda: [type(as_tensors(each)).__name__ for each in ((T, 2), (T, T))], ["tuple", "tuple"])
check(lambda: as_tensors((T, 2))[1], Tensor(2.0), "a number becomes a Tensor")
check(lambda: float(as_tensors((FLOATING, 0.1))[1].data), 0.1, "a number beside float64 keeps its digits", tolerance=1e-12)
check(lambda: float(as_tensors((0.1, FLOATING))[0].data), 0.1, "on the left as well", tolerance=1e-12)
check(lambda: as_tensors((WHOLES, FLOATING, 0.1))[2].dtype.name, "float64", "the first floating Tensor")
check(lambda: as_tensors((T, FLOATING, 0.1))[2].dtype.name, "float32", "the first floating Tensor")
check(lambda: as_tensors((WHOLES, 2))[1].dtype.name, "uint8", "or else the first Tensor")
check(lambda: as_tensors((WHOLES, 0.5))[1].dtype.name, "float32", "None leaves it to as_array")
check(lambda: as_tensors(([0.5, 2.0], 3))[0], Tensor([0.5, 2.0]), "no Tensor at all")
raises(lambda: as_tensors((T, None)), TypeError, says=["object"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Cover all rows of the table but one. Which question about the array separates the two columns?
# </details>
# <details><summary>Hint 2</summary>
#
# A number has `array.ndim == 0`. The kinds of whole numbers are `"i"` and `"u"`, that of booleans is `"b"`.
# </details>

# %% [markdown]
# ### 01-apply · write · 12 min · core
#
# `as_tensors(inputs)` gives a tuple of Tensors, `wrap(array)` a Tensor that remembers nothing. Compute, wrap, and note where
# the result came from if *all three* hold: recording is on, an input requires a gradient, and the result is
# floating. Then its `requires_grad` is True and its `origin` the tuple `(name, tensors, options)`: the Tensors that went in, and
# the options under their own names, by `by_name(name, _TAKES.get(name, options), options)`.


# %% nbgrader={"grade": false, "grade_id": "01-apply-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def apply(name, *inputs, **options):
    """Run an operation on Tensors, arrays or numbers, and note on the result where it came from.

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = apply("sum", w, axis=0)
    >>> y.item(), y.origin[0], y.origin[1][0] is w, y.origin[2]
    (3.0, 'sum', True, {'axis': 0})
    """
    ### BEGIN SOLUTION
    tensors = as_tensors(inputs)
    if options:
        options = by_name(name, _TAKES.get(name, options), options)
    result = wrap(compute(name, [tensor._data for tensor in tensors], options))
    if is_recording() and result._data.dtype.kind == "f":
        for tensor in tensors:
            if tensor._requires_grad:
                result._requires_grad, result.origin = True, (name, tensors, options)
                break
    return result
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-apply", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
W, STEPS = Tensor(TABLE, requires_grad=True), Tensor(LABELS)


def paused(*call):
    with no_grad():
        return apply(*call)


check(lambda: apply("add", T, W), Tensor(TABLE + TABLE))
check(lambda: apply("matmul", W, WEIGHTS), Tensor(TABLE @ WEIGHTS), "an array as an input")
check(lambda: apply("sub", 1, W), Tensor(1 - TABLE), "a number as an input")
check(lambda: apply("sum", W, dim=1, keepdim=True), Tensor(TABLE.sum(axis=1, keepdims=True)), "options")
check(lambda: apply("add", T, W).requires_grad, True, "the second input requires a gradient")
check(lambda: apply("add", W, T).requires_grad, True, "the first input requires a gradient")
check(lambda: apply("sub", 1, W).origin[0], "sub", "the name")
check(lambda: [value is W for value in apply("add", T, W).origin[1]], [False, True], "the Tensors that went in")
check(lambda: type(apply("sub", 1, W).origin[1]).__name__, "tuple", "the Tensors that went in")
check(lambda: apply("sub", 1, W).origin[1][0], Tensor(1.0), "a number went in as a Tensor")
check(lambda: apply("sum", W, dim=1).origin[2], {"axis": 1}, "options under their own names")
check(lambda: apply("exp", W).origin[2], {}, "no options")
check(lambda: apply("add", T, 1).origin, None, "no input requires a gradient")
check(lambda: apply("add", T, 1).requires_grad, False, "no input requires a gradient")
check(lambda: paused("add", T, W).origin, None, "recording is off")
check(lambda: paused("add", T, W).requires_grad, False, "recording is off")
OPS["above"] = np.greater
check(lambda: apply("above", W, 5).origin, None, "the result is not floating")
check(lambda: apply("above", W, 5).requires_grad, False, "the result is not floating")
check(lambda: apply("add", STEPS, 1), Tensor(LABELS + 1), "integers stay integers")
OPS["scale"] = lambda a, by: a * by
check(lambda: apply("scale", W, by=3), Tensor(3 * TABLE), "an operation that is not in _TAKES")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the three conditions can you ask only after computing? Which object stands in `origin` for a number?
# </details>
# <details><summary>Hint 2</summary>
#
# `compute(name, [tensor.data for tensor in tensors], options)` gives an array. `any(...)` over the inputs answers one condition,
# `result.dtype.kind == "f"` another.
# </details>

# %% [markdown]
# ## 9. What Python asks
#
# For `a + b` Python calls `a.__add__(b)`. If `a` cannot do it, as a number cannot, it asks the other side:
# `b.__radd__(a)`, where `b` stands on the right.
#
# ### 01-operators · write · 15 min · core
#
# Write a method for each place of a Tensor: on both sides of `+ - * / ** @`, and after a single minus. All ask `apply` for an
# operation by name, and the inputs keep the order of the formula. Comparisons are given.


# %% nbgrader={"grade": false, "grade_id": "01-operators-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class _Operators:
    """Operators, on either side: each runs an operation."""

    ### BEGIN SOLUTION
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
    ### STUB # a + b; the others likewise, on both sides
    ### STUB def __add__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __radd__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __sub__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __rsub__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __mul__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __rmul__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __truediv__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __rtruediv__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __pow__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __rpow__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __matmul__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __rmatmul__(self, other): raise NotImplementedError("01-operators")
    ### STUB def __neg__(self): raise NotImplementedError("01-operators")
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "01-comparisons", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _comparison(function):
    """Return a method that compares elementwise and is never recorded; what is not numbers is left to Python."""

    def compare(self, *others):
        if not all(isinstance(other, (_Facts, np.ndarray, np.generic, int, float, list, tuple)) for other in others):
            return NotImplemented
        return wrap(np.asarray(function(*(tensor.data for tensor in as_tensors((self, *others))))))

    return compare


class _Comparisons:
    """Comparisons and logic, elementwise."""

    __eq__, __ne__, __lt__ = map(_comparison, (np.equal, np.not_equal, np.less))
    __le__, __gt__, __ge__ = map(_comparison, (np.less_equal, np.greater, np.greater_equal))
    __and__, __or__, __xor__ = map(_comparison, (np.bitwise_and, np.bitwise_or, np.bitwise_xor))
    __invert__ = _comparison(np.invert)
    __hash__ = object.__hash__  # as a key a Tensor is itself, whatever == says


# %% nbgrader={"grade": true, "grade_id": "01-operators", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
class Tensor(_Operators, _Comparisons, _Facts):
    """What there is of a Tensor so far."""


A, B = Tensor(WEIGHTS[:2] + 3, requires_grad=True), Tensor(WEIGHTS[1:] + 2)  # (2, 5), all above zero
LEFT, RIGHT = A.data, B.data
check(lambda: A + B, Tensor(LEFT + RIGHT))
check(lambda: A - B, Tensor(LEFT - RIGHT))
check(lambda: A * B, Tensor(LEFT * RIGHT))
check(lambda: A / B, Tensor(LEFT / RIGHT))
check(lambda: A**B, Tensor(LEFT**RIGHT))
check(lambda: A @ RIGHT.T, Tensor(LEFT @ RIGHT.T))
check(lambda: -A, Tensor(-LEFT))
check(lambda: 7 + A, Tensor(7 + LEFT), "the Tensor on the right")
check(lambda: 7 - A, Tensor(7 - LEFT), "the order of the formula")
check(lambda: 7 * A, Tensor(7 * LEFT), "the Tensor on the right")
check(lambda: 7 / A, Tensor(7 / LEFT), "the order of the formula")
check(lambda: 1.5**A, Tensor(np.float32(1.5) ** LEFT), "the order of the formula")
check(lambda: RIGHT.T @ A, Tensor(RIGHT.T @ LEFT), "an array on the left")
check(lambda: RIGHT - A, Tensor(RIGHT - LEFT), "an array on the left")
check(lambda: [(7 - A).origin[0], (A**2).origin[0], (-A).origin[0]], ["sub", "pow", "neg"], "an operation by name")
check(lambda: [(A / B).origin[0], (RIGHT.T @ A).origin[0], (7 * A).origin[0]], ["div", "matmul", "mul"], "by name")
raises(lambda: A + VECTOR, ValueError, says=["(2, 5)", "(3,)"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# In `7 - A` Python calls `A.__rsub__(7)`. Which of the two is `self`, and which comes first in the formula?
# </details>
# <details><summary>Hint 2</summary>
#
# The methods are `__add__ __sub__ __mul__ __truediv__ __pow__ __matmul__`, the same with an `r`, and `__neg__`. Where the order
# does not matter, `__radd__ = __add__` inside the class is enough.
# </details>

# %% [markdown]
# ### 01-shapes · write · 18 min · core
#
# Memory is one long strip of numbers, and a shape says how to read it. `reshape` reads it otherwise, `transpose` jumps in
# it; all other changes of shape are one of these two.

# %% nbgrader={"grade": false, "grade_id": "01-views", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
OPS |= {"transpose": lambda a, axes: a.transpose(axes), "getitem": lambda a, index: a[index]}


def named(function):
    """Let a function take the other names of its arguments, and list its own for any that means nothing.

    One without `self` becomes a static method.
    """
    parameters = inspect.signature(function).parameters.values()
    takes = {each.name: each for each in parameters if each.kind is not each.VAR_POSITIONAL and each.name != "self"}

    @wraps(function)
    def call(*values, **given):
        return function(*values, **by_name(function.__name__, takes, given))

    return call if any(each.name == "self" for each in parameters) else staticmethod(call)


def sizes(shape):
    """Let reshape(2, 3) and reshape((2, 3)) mean the same: return the tuple."""
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape

# %% [markdown]
# Write the operation `reshape` and the methods. Axes may be negative; `axis_numbers` refuses those that do not exist. Under
# `@named`, `squeeze` and `unsqueeze` also take `axis=`.


# %% nbgrader={"grade": false, "grade_id": "01-shapes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@op
def reshape(a, *, shape):
    """Read the same numbers with another shape; one that does not fit is a ValueError with both shapes.

    >>> reshape(np.arange(6), shape=(3, -1)).shape
    (3, 2)
    """
    ### BEGIN SOLUTION
    try:
        return a.reshape(shape)
    except ValueError:
        raise ValueError(f"{a.size} numbers of shape {a.shape} do not fit into shape {shape}") from None
    ### END SOLUTION


class _Shapes:
    """Methods that change the shape or pick a part."""

    ### BEGIN SOLUTION
    def reshape(self, *shape):
        """The same numbers in another shape, sharing memory where that can be."""
        return apply("reshape", self, shape=sizes(shape))

    view = reshape

    def transpose(self, dim0, dim1):
        """Two axes exchanged."""
        axes = list(range(self.ndim))
        (first,), (second,) = axis_numbers(dim0, self.shape), axis_numbers(dim1, self.shape)
        axes[first], axes[second] = second, first
        return apply("transpose", self, axes=tuple(axes))

    def permute(self, *dims):
        """All axes in a new order."""
        axes = axis_numbers(sizes(dims), self.shape)
        if len(axes) != self.ndim:
            raise ValueError(f"permute{dims} of shape {self.shape}: name each axis once")
        return apply("transpose", self, axes=axes)

    @named
    def squeeze(self, dim=None):
        """Without the axes of size 1 that `dim` names; None means all."""
        gone = axis_numbers(dim, self.shape)
        shape = [size for axis, size in enumerate(self.shape) if axis not in gone or size != 1]
        return apply("reshape", self, shape=tuple(shape))

    @named
    def unsqueeze(self, dim):
        """With a new axis of size 1, at `dim` in the result."""
        (place,) = axis_numbers(dim, (*self.shape, 1))
        return apply("reshape", self, shape=(*self.shape[:place], 1, *self.shape[place:]))

    def flatten(self, start_dim=0, end_dim=-1):
        """The axes from start_dim to end_dim as one."""
        shape = self.shape or (1,)
        (start,), (end,) = axis_numbers(start_dim, shape), axis_numbers(end_dim, shape)
        return apply("reshape", self, shape=(*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))

    @property
    def T(self):
        """A table with its axes exchanged."""
        if self.ndim > 2:
            raise ValueError(f"T is for tables; for shape {self.shape} use permute or transpose(-2, -1)")
        return apply("transpose", self, axes=tuple(range(self.ndim))[::-1])

    def __getitem__(self, index):
        """A part, by numbers, slices, masks, arrays or Tensors."""
        if isinstance(index, tuple):
            index = tuple(part.data if isinstance(part, _Facts) else part for part in index)
        return apply("getitem", self, index=index.data if isinstance(index, _Facts) else index)

    ### STUB # reshape(3, 2) or reshape((3, 2)), by `sizes`
    ### STUB def reshape(self, *shape): raise NotImplementedError("01-shapes")
    ### STUB view = reshape
    ### STUB # two axes exchanged
    ### STUB def transpose(self, dim0, dim1): raise NotImplementedError("01-shapes")
    ### STUB # permute(2, 0, 1): all axes in a new order; a ValueError with the shape unless each is named once
    ### STUB def permute(self, *dims): raise NotImplementedError("01-shapes")
    ### STUB # a table transposed, a vector or a number as it is; a ValueError with the shape for more axes
    ### STUB @property
    ### STUB def T(self): raise NotImplementedError("01-shapes")
    ### STUB # without the axes that dim names (None: all) and whose size is 1; under @named
    ### STUB def squeeze(self, dim=None): raise NotImplementedError("01-shapes")
    ### STUB # with an axis of size 1 more, which stands at dim in the result; under @named
    ### STUB def unsqueeze(self, dim): raise NotImplementedError("01-shapes")
    ### STUB # these axes and all between as one; shape () becomes (1,)
    ### STUB def flatten(self, start_dim=0, end_dim=-1): raise NotImplementedError("01-shapes")
    ### STUB # t[index]: a part; a Tensor as the index, or in a tuple of several, becomes an array first
    ### STUB def __getitem__(self, index): raise NotImplementedError("01-shapes")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-shapes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
class Tensor(_Operators, _Comparisons, _Shapes, _Facts):
    """What there is of a Tensor so far."""


BLOCK, THIN = Tensor(CUBE, requires_grad=True), Tensor(CUBE[:, :1, :, None, None])  # (2, 3, 5) and (2, 1, 5, 1, 1)
check(lambda: reshape(CUBE, shape=(5, -1)), CUBE.reshape(5, 6), "the operation")
check(lambda: BLOCK.reshape(5, -1), Tensor(CUBE.reshape(5, 6)))
check(lambda: BLOCK.reshape((3, 10)), Tensor(CUBE.reshape(3, 10)), "a tuple as well")
check(lambda: BLOCK.view(5, -1), Tensor(CUBE.reshape(5, 6)), "the same under another name")
raises(lambda: BLOCK.reshape(7, -1), ValueError, says=["(2, 3, 5)", "(7, -1)"])
check(lambda: BLOCK.transpose(0, 2), Tensor(CUBE.transpose(2, 1, 0)))
check(lambda: BLOCK.transpose(-1, -2), Tensor(CUBE.transpose(0, 2, 1)), "axes may be negative")
check(lambda: BLOCK.permute(2, 0, 1), Tensor(CUBE.transpose(2, 0, 1)))
check(lambda: BLOCK.permute((1, -1, 0)), Tensor(CUBE.transpose(1, 2, 0)), "axes may be negative")
check(lambda: BLOCK.permute(2, 0, 1).origin[2], {"axes": (2, 0, 1)}, "one of these two operations")
raises(lambda: BLOCK.permute(0, 1), ValueError, says=["(2, 3, 5)"])
raises(lambda: BLOCK.permute(0, 1, -2), ValueError, says=["(2, 3, 5)"])
raises(lambda: BLOCK.transpose(0, 3), ValueError, says=["3", "(2, 3, 5)"])
check(lambda: [Tensor(WEIGHTS).T.shape, Tensor(VECTOR).T.shape, Tensor(POINT).T.shape], [(5, 3), (3,), ()], "T is a property")
check(lambda: Tensor(WEIGHTS).T, Tensor(WEIGHTS.T), "T is a property")
raises(lambda: BLOCK.T, ValueError, says=["(2, 3, 5)"])
check(lambda: THIN.squeeze(), Tensor(CUBE[:, 0]), "None means all")
check(lambda: THIN.squeeze(1), Tensor(CUBE[:, 0, :, None, None]))
check(lambda: THIN.squeeze(axis=-1), Tensor(CUBE[:, :1, :, None]), "@named, and axes may be negative")
check(lambda: THIN.squeeze((3, 0)), Tensor(CUBE[:, :1, :, None]), "axis 0 has size 2 and stays")
raises(lambda: THIN.squeeze(5), ValueError, says=["5", "(2, 1, 5, 1, 1)"])
raises(lambda: THIN.squeeze(dims=1), TypeError, says=["'dims'", "dim"], hint="@named")
check(lambda: BLOCK.unsqueeze(0), Tensor(CUBE[None]))
check(lambda: BLOCK.unsqueeze(axis=1), Tensor(CUBE[:, None]), "@named")
check(lambda: BLOCK.unsqueeze(-1), Tensor(CUBE[..., None]), "in the result: -1 is its last axis")
check(lambda: BLOCK.unsqueeze(-2), Tensor(CUBE[:, :, None]), "in the result")
check(lambda: BLOCK.unsqueeze(3).origin[0], "reshape", "one of these two operations")
raises(lambda: BLOCK.unsqueeze(4), ValueError, says=["4"])
check(lambda: BLOCK.flatten(), Tensor(CUBE.reshape(30)))
check(lambda: BLOCK.flatten(1), Tensor(CUBE.reshape(2, 15)))
check(lambda: BLOCK.flatten(-3, 1), Tensor(CUBE.reshape(6, 5)), "this one included")
check(lambda: [each.requires_grad for each in (BLOCK.view(30), BLOCK.reshape(30), BLOCK.flatten())], [True] * 3)
check(lambda: BLOCK.flatten(start_dim=1, end_dim=1), Tensor(CUBE), "one axis as one")
check(lambda: Tensor(POINT).flatten(), Tensor([2.0]), "a single number")
check(lambda: BLOCK.transpose(0, 1).origin[2], {"axes": (1, 0, 2)}, "one of these two operations, with a tuple")
check(lambda: BLOCK[0].T.origin[2], {"axes": (1, 0)}, "one of these two operations, with a tuple")
check(lambda: BLOCK[:1].squeeze().origin[2], {"shape": (3, 5)}, "one of these two operations, with a tuple")
check(lambda: BLOCK[1, :, -1], Tensor(CUBE[1, :, -1]))
check(lambda: BLOCK[0, 1, 2], Tensor(CUBE[0, 1, 2]))
check(lambda: BLOCK[Tensor([1, 0])], Tensor(CUBE[[1, 0]]), "a Tensor as the index")
check(lambda: BLOCK[:, Tensor(LABELS - 1), 1:], Tensor(CUBE[:, LABELS - 1, 1:]), "a Tensor in a tuple")
check(lambda: BLOCK[BLOCK > 0], Tensor(CUBE[CUBE > 0]), "a mask")
check(lambda: BLOCK[Tensor([1, 0])].origin[2]["index"], np.array([1, 0]), "becomes an array first")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How many axes has the result of `unsqueeze`? Which numbers may `dim` be, therefore?
# </details>
# <details><summary>Hint 2</summary>
#
# Work out a tuple only, by slicing and joining: `(*shape[:1], 1, *shape[1:])`. `axis_numbers` takes any shape, one with an axis
# more as well. It refuses an axis named twice; `permute` must still count them.
# </details>

# %% [markdown]
# ### 01-python · write · 15 min · core
#
# A Tensor of one number should do wherever Python wants a number. Write the methods that Python calls:


# %% nbgrader={"grade": false, "grade_id": "01-python-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class _Python:
    """What Python asks of numbers and containers."""

    ### BEGIN SOLUTION
    def item(self):
        """The one number of a Tensor, as a Python number."""
        if self.size != 1:
            raise ValueError(f"shape {self.shape} holds {self.size} numbers, not one: index or reduce it first")
        return self.data.item()

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __bool__(self):
        if self.size != 1:
            raise ValueError(f"shape {self.shape} has no single truth value: ask (a == b).data.all() or .any()")
        return bool(self.item())

    def __index__(self):
        if self.dtype.kind not in "iub":
            raise TypeError(f"an index is an integer, not {self.dtype}")
        return int(self.item())

    def __format__(self, spec):
        return format(self.item(), spec) if spec else str(self)

    def __len__(self):
        if self.ndim == 0:
            raise TypeError(f"a Tensor of shape {self.shape} has no length")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    ### STUB # t.item(): the one number as a Python number, at any shape; for more or fewer a ValueError with the shape
    ### STUB def item(self): raise NotImplementedError("01-python")
    ### STUB # float(t), int(t): the same as a float, as an int
    ### STUB def __float__(self): raise NotImplementedError("01-python")
    ### STUB def __int__(self): raise NotImplementedError("01-python")
    ### STUB # if t: whether that number is not zero
    ### STUB def __bool__(self): raise NotImplementedError("01-python")
    ### STUB # digits[t]: the number as an int if it is an integer or boolean, else a TypeError with the dtype
    ### STUB def __index__(self): raise NotImplementedError("01-python")
    ### STUB # f"{t:.3f}", where spec is ".3f": the number in that form; for "" what str(t) gives
    ### STUB def __format__(self, spec): raise NotImplementedError("01-python")
    ### STUB # len(t): the first size; for shape () a TypeError with it
    ### STUB def __len__(self): raise NotImplementedError("01-python")
    ### STUB # for row in t: one part after the other
    ### STUB def __iter__(self): raise NotImplementedError("01-python")
    ### END SOLUTION

    def __repr__(self):
        dtype = "" if self.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.dtype}"
        text = np.array2string(self.data, separator=", ", prefix="Tensor(") + dtype
        return f"Tensor({text}{', requires_grad=True' if self.requires_grad else ''})"

    def __array__(self, dtype=None, copy=None):
        return np.array(self.data, dtype) if copy else np.asarray(self.data, dtype)


# %% nbgrader={"grade": true, "grade_id": "01-python", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
class Tensor(_Operators, _Comparisons, _Shapes, _Python, _Facts):
    """What there is of a Tensor so far."""


LOSS, PLACE, NAMES = Tensor([[0.69315]]), Tensor(2), ["cat", "dog", "bird"]
NOTHING, MANY = Tensor(NO_ROWS), Tensor(LABELS)
check(lambda: LOSS.item(), float(np.float32(0.69315)), "whatever the shape")
check(lambda: [type(LOSS.item()).__name__, type(PLACE.item()).__name__], ["float", "int"], "a Python number")
raises(lambda: MANY.item(), ValueError, says=["(2,)"])
raises(lambda: NOTHING.item(), ValueError, says=["(0, 3)"])
check(lambda: [float(PLACE), float(LOSS)], [2.0, float(np.float32(0.69315))])
check(lambda: [int(Tensor(-3.75)), int(PLACE)], [-3, 2])
check(lambda: [bool(LOSS), bool(Tensor(0.0)), bool(PLACE == 2)], [True, False, True], "whether it is not zero")
raises(lambda: bool(MANY), ValueError, says=["(2,)"])
check(lambda: NAMES[PLACE], "bird")
check(lambda: NAMES[Tensor([True])], "dog", "a boolean")
check(lambda: type(Tensor([True]).__index__()).__name__, "int", "as an int")
check(lambda: NAMES[Tensor(np.uint8([1]))], "dog", "an integer of any size")
raises(lambda: NAMES[LOSS], TypeError, says=["float32"])
raises(lambda: NAMES[MANY], ValueError, says=["(2,)"])
check(lambda: f"{LOSS:.3f}", "0.693")
check(lambda: f"{PLACE:03d} {PLACE}", "002 Tensor(2)", "without a form")
raises(lambda: f"{MANY:.3f}", ValueError, says=["(2,)"])
check(lambda: f"{MANY}", "Tensor([3, 1])", "without a form")
check(lambda: [len(MANY), len(NOTHING), len(Tensor(WEIGHTS))], [2, 0, 3], "the first size")
raises(lambda: len(PLACE), TypeError, says=["()"])
check(lambda: [row.data.tolist() for row in Tensor(TABLE)], TABLE.tolist(), "one part after the other")
check(lambda: list(Tensor(TABLE))[1], Tensor(TABLE[1]), "one part after the other")
raises(lambda: list(PLACE), TypeError, says=["()"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Once `item` is written, most of the others are one short line. Which two need a question of their own?
# </details>
# <details><summary>Hint 2</summary>
#
# An array of one number has `.item()` too. `format(2.5, ".1f")` gives a text.
# </details>

# %% [markdown]
# ### 01-copies · write · 10 min · core
#
# An array can be a **view** of another's memory: free to make, and writing into it changes both. A **copy** costs memory and
# is safe.


# %% nbgrader={"grade": false, "grade_id": "01-copies-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class _Copies:
    """Ways out of a Tensor, and copies of it."""

    ### BEGIN SOLUTION
    def numpy(self):
        """The array itself, not a copy."""
        return self.data

    def tolist(self):
        """The numbers as nested lists."""
        return self.data.tolist()

    def numel(self):
        """How many numbers there are; NumPy calls it size."""
        return self.size

    def detach(self):
        """The same memory, without the note where it comes from."""
        return wrap(self.data)

    def clone(self):
        """A copy from which slopes flow back."""
        return apply("mul", self, 1) if self.dtype.kind == "f" else wrap(self.data.copy())

    def astype(self, dtype):
        """A copy of another dtype, without a note; PyTorch's to(dtype)."""
        return Tensor(self.data.astype(dtype), dtype)

    ### STUB # an array, sharing memory
    ### STUB def numpy(self): raise NotImplementedError("01-copies")
    ### STUB # nested lists of Python, or one number
    ### STUB def tolist(self): raise NotImplementedError("01-copies")
    ### STUB # how many numbers there are
    ### STUB def numel(self): raise NotImplementedError("01-copies")
    ### STUB # a Tensor that shares memory and has no origin
    ### STUB def detach(self): raise NotImplementedError("01-copies")
    ### STUB # a copy of the same dtype; if it holds floats, it has an origin: it is a result of "mul"
    ### STUB def clone(self): raise NotImplementedError("01-copies")
    ### STUB # a copy in that dtype, always with memory of its own, without an origin
    ### STUB def astype(self, dtype): raise NotImplementedError("01-copies")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-copies", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
class Tensor(_Operators, _Comparisons, _Shapes, _Python, _Copies, _Facts):
    """What there is of a Tensor so far."""


PAST, TRUTHS = Tensor(TABLE, requires_grad=True), Tensor(TABLE > 5)
LONG = Tensor(EXACT, dtype=np.float64)


def shares(part, whole):
    return np.shares_memory(part.data, whole.data)


check(lambda: PAST.numpy() is PAST.data, True, "shared")
check(lambda: [TRUTHS.tolist(), Tensor(2).tolist()], [[[True, True, True], [False, True, False]], 2])
check(lambda: [PAST.numel(), Tensor(2).numel()], [6, 1])
check(lambda: PAST.detach(), Tensor(TABLE))
check(lambda: [shares(PAST.detach(), PAST), PAST.detach().requires_grad], [True, False], "shared, without its origin")
check(lambda: LONG.detach().dtype.name, "float64", "the dtype stays")
check(lambda: PAST.clone(), Tensor(TABLE))
check(lambda: [shares(PAST.clone(), PAST), PAST.clone().requires_grad], [False, True], "its own, with its origin")
check(lambda: PAST.clone().origin[0], "mul", "as a result of mul")
check(lambda: [LONG.clone().dtype.name, TRUTHS.clone().dtype.name], ["float64", "bool"], "the same dtype")
check(lambda: TRUTHS.clone(), Tensor(TABLE > 5), "a copy")
check(lambda: shares(TRUTHS.clone(), TRUTHS), False, "a copy")
check(lambda: PAST.astype(np.float64).dtype.name, "float64", "of that dtype")
check(lambda: PAST.astype(np.int64), Tensor(TABLE.astype(np.int64)))
check(lambda: [shares(PAST.astype(np.float32), PAST), PAST.astype(np.float32).requires_grad], [False, False], "its own")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# By what can you multiply floats so that nothing changes? And what would that make of booleans?
# </details>
# <details><summary>Hint 2</summary>
#
# `wrap` makes a Tensor without an origin. `array.copy()` and `array.astype(dtype)` always make new memory.
# </details>

# %% [markdown]
# ### 01-constructors · write · 15 min · core
#
# Random numbers come from a **generator**. All of TinyTorch takes one as `rng`, or an integer that gives the same numbers
# each time, or `None`. Many frameworks write `np.random.default_rng(rng or None)`, and whoever chose seed 0 can repeat nothing.
# Write `as_generator` without that mistake; anything else (a boolean too) is a `TypeError` that says `rng` and quotes it.
#
# Then write the constructors. `@named` makes static methods of them.


# %% nbgrader={"grade": false, "grade_id": "01-constructors-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def as_generator(rng=None):
    """Return a generator: `rng` itself, one that starts from the integer `rng`, or for None one that is always new.

    >>> as_generator(0).random() == as_generator(0).random()
    True
    """
    ### BEGIN SOLUTION
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is not None and (isinstance(rng, bool) or not isinstance(rng, (int, np.integer))):
        raise TypeError(f"rng is a generator, an integer or None, not {rng!r}")
    return np.random.default_rng(rng)
    ### END SOLUTION


class _Constructors:
    """Tensors made from a shape, a range, or by chance."""

    ### BEGIN SOLUTION
    @named
    def zeros(*shape, dtype=np.float32, requires_grad=False):
        """Zeros: Tensor.zeros(2, 3) or Tensor.zeros((2, 3))."""
        return Tensor(np.zeros(sizes(shape), dtype), dtype, requires_grad)

    @named
    def ones(*shape, dtype=np.float32, requires_grad=False):
        """Ones."""
        return Tensor(np.ones(sizes(shape), dtype), dtype, requires_grad)

    @named
    def full(shape, value, dtype=None, requires_grad=False):
        """One value everywhere."""
        return Tensor(np.full(shape, value), dtype, requires_grad)

    @named
    def arange(start, stop=None, step=1, dtype=None, requires_grad=False):
        """Numbers from start (0 if only stop is given) in steps, without stop."""
        return Tensor(np.arange(start, stop, step), dtype, requires_grad)

    @named
    def rand(*shape, rng=None, dtype=np.float32, requires_grad=False):
        """Numbers from 0 up to 1, all equally likely."""
        return Tensor(as_generator(rng).random(sizes(shape), dtype), dtype, requires_grad)

    @named
    def randn(*shape, rng=None, dtype=np.float32, requires_grad=False):
        """Normal numbers, with mean 0 and variance 1."""
        return Tensor(as_generator(rng).standard_normal(sizes(shape), dtype), dtype, requires_grad)

    ### STUB # zeros(2, 3) or zeros((2, 3)), in float32 unless told otherwise; ones likewise
    ### STUB @named
    ### STUB def zeros(*shape, dtype=np.float32, requires_grad=False): raise NotImplementedError("01-constructors")
    ### STUB @named
    ### STUB def ones(*shape, dtype=np.float32, requires_grad=False): raise NotImplementedError("01-constructors")
    ### STUB # full((2, 3), value): by the dtype rule
    ### STUB @named
    ### STUB def full(shape, value, dtype=None, requires_grad=False): raise NotImplementedError("01-constructors")
    ### STUB # arange(stop) or arange(start, stop, step): what np.arange gives, by the dtype rule
    ### STUB @named
    ### STUB def arange(start, stop=None, step=1, dtype=None, requires_grad=False): raise NotImplementedError("01-constructors")
    ### STUB # rand(2, 3, rng=0): what the generator's random gives; randn that of its standard_normal
    ### STUB @named
    ### STUB def rand(*shape, rng=None, dtype=np.float32, requires_grad=False): raise NotImplementedError("01-constructors")
    ### STUB @named
    ### STUB def randn(*shape, rng=None, dtype=np.float32, requires_grad=False): raise NotImplementedError("01-constructors")
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "01-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _method(name):
    """Return a method that runs an operation of one input, and takes its options, by place or by name."""
    order = list(_TAKES.get(name, ()))[1:]

    def method(self, *values, **options):
        if len(values) > len(order):
            raise TypeError(f"{name} takes {', '.join(order) or 'no options'}, not {len(values)} values")
        return apply(name, self, **dict(zip(order, values)), **options)  # noqa: B905

    return wraps(OPS[name])(method) if order else method


class _Methods:
    """Operations as methods. `max` and `min` give values alone, as PyTorch's amax and amin do."""

    sum, mean, max, min, var = map(_method, ("sum", "mean", "max", "min", "var"))
    exp, log, sqrt, abs = map(_method, ("exp", "log", "sqrt", "abs"))

    @named
    def argmax(self, axis=None, keepdims=False):
        """Where the largest number is, counted in the flattened Tensor if no axis is named; never recorded."""
        count_along(self.data, axis)
        return wrap(np.asarray(np.argmax(self.data, axis=axis, keepdims=keepdims)))


class Tensor(_Operators, _Comparisons, _Shapes, _Python, _Copies, _Constructors, _Methods, _Facts):
    """An array of numbers that knows how it was made. An array of the right dtype is shared, as by torch.as_tensor.

    >>> Tensor([[1, 2], [3, 4]]) + 0.5
    Tensor([[1.5, 2.5],
            [3.5, 4.5]])
    """

    def backward(self, gradient=None):
        """Compute the gradient of this Tensor for everything that it was made from (module 05)."""
        name = "tinytorch.autograd"
        if importlib.util.find_spec("tinytorch") is None or importlib.util.find_spec(name) is None:
            raise RuntimeError("backward() arrives in module 05 (autograd): build and export that module first")
        importlib.import_module(name).backward(self, gradient)

# %% nbgrader={"grade": true, "grade_id": "01-constructors", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
GENERATOR, WISHES = np.random.default_rng(5), {"dtype": np.float64, "requires_grad": True}
SIZED = (Tensor.zeros, Tensor.ones, Tensor.rand, Tensor.randn)


def all_of_them():
    sized = [make(5, 2, **WISHES) for make in SIZED]
    return [*sized, Tensor.full((5, 2), 3, **WISHES), Tensor.arange(3, **WISHES)]


check(lambda: as_generator(GENERATOR) is GENERATOR, True, "a generator goes on where it is")
check(lambda: as_generator(7).random(), np.random.default_rng(7).random(), "the same numbers each time")
check(lambda: as_generator(0).random(), np.random.default_rng(0).random(), "0 is an integer too")
check(lambda: as_generator(np.int64(3)).random(), np.random.default_rng(3).random(), "integers of NumPy too")
check(lambda: as_generator().random() != as_generator().random(), True, "None")
raises(lambda: as_generator("seven"), TypeError, says=["rng", "'seven'"])
raises(lambda: as_generator(1.5), TypeError, says=["rng", "1.5"])
raises(lambda: as_generator(False), TypeError, says=["rng", "False"])
check(lambda: Tensor.zeros(2, 3), Tensor(np.zeros((2, 3))))
check(lambda: Tensor.ones(3, 5), Tensor(np.ones((3, 5))))
check(lambda: [make((3, 5)).shape for make in SIZED], [(3, 5)] * 4, "or zeros((2, 3))")
check(lambda: [make().shape for make in SIZED], [()] * 4, "a single number")
check(lambda: Tensor.full((2, 3), 0.5), Tensor(np.full((2, 3), 0.5)))
check(lambda: Tensor.full((2, 3), 7).dtype.kind, "i", "by the rule")
check(lambda: Tensor.arange(3), Tensor([0, 1, 2]))
check(lambda: Tensor.arange(2, 9, 3), Tensor([2, 5, 8]))
check(lambda: Tensor.arange(2, 8, 3), Tensor([2, 5]))
check(lambda: Tensor.arange(0.5, 2).dtype.name, "float32", "by the rule")
check(lambda: Tensor.rand(2, 3, rng=7), Tensor(np.random.default_rng(7).random((2, 3), np.float32)))
check(lambda: Tensor.randn((3, 5), rng=0), Tensor(np.random.default_rng(0).standard_normal((3, 5), np.float32)))
check(lambda: [make(5, 2).dtype.name for make in SIZED], ["float32"] * 4, "unless told otherwise")
check(lambda: [make(5, 2).requires_grad for make in SIZED], [False] * 4, "unless told otherwise")
check(lambda: [made.dtype.name for made in all_of_them()], ["float64"] * 6, "dtype by name")
check(lambda: [made.requires_grad for made in all_of_them()], [True] * 6, "requires_grad by name")
raises(lambda: Tensor.randn(2, seed=0), TypeError, says=["'seed'", "rng"])
raises(lambda: Tensor.arange(3, device="cpu"), TypeError, says=["'device'", "dtype"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does Python make of `0 or None`? And what does `is not None` ask that `or` does not?
# </details>
# <details><summary>Hint 2</summary>
#
# Three questions with `isinstance`: `np.random.Generator`, `(int, np.integer)`, and `bool`, which Python counts among the
# integers. A parameter `*shape` collects the sizes.
# </details>

# %% [markdown]
# ## 10. The reader reads
#
# Eleven of 100 in bytes, 73 in float32, since much ink was still alike to everything.
#
# ### 01-reader · write · 12 min · core
#
# `unit` divides each row by its length, $\sqrt{x_1^2 + x_2^2 + \dots}$. `read` then says of each new picture what the most
# alike of the known ones shows. Use only what a Tensor can do, and no loop. Pictures may come as bytes; none is blank.


# %% nbgrader={"grade": false, "grade_id": "01-reader-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def unit(x):
    """The rows of a Tensor (N, P), each divided by its length: floats (N, P)."""
    ### BEGIN SOLUTION
    x = x / 1.0
    return x / (x * x).sum(dim=1, keepdim=True).sqrt()
    ### END SOLUTION


def read(new, known, labels):
    """What each picture of new (N, P) shows, by known (M, P) with labels (M,): a Tensor (N,) of labels."""
    ### BEGIN SOLUTION
    alike = unit(new) @ unit(known).T  # (N, M)
    return labels[alike.argmax(dim=1)]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-reader", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
FAINT = Tensor([[1.0, 0, 2, 0], [0, 3, 0.5, 1], [0.2, 0.2, 0, 0.4]])  # three new pictures of four pixels
INKED = Tensor(np.uint8([[200, 0, 250, 0], [90, 250, 80, 99], [16, 15, 3, 40], [250, 250, 250, 250], [0, 17, 3, 5]]))
SHOWS = Tensor([7, 4, 1, 8, 4])


def unit_loop(array):
    rows = [row.astype(np.float64) / math.sqrt(sum(float(ink) ** 2 for ink in row)) for row in array]
    return np.array(rows, dtype=np.float32)


def read_loop(new, known, labels):
    best = [max(range(len(known)), key=lambda j: float(row @ unit_loop(known)[j])) for row in unit_loop(new)]
    return labels[best]


check(lambda: unit(FAINT), Tensor(unit_loop(FAINT.data)))
check(lambda: unit(INKED), Tensor(unit_loop(INKED.data)), "pictures may come as bytes")
check(lambda: read(FAINT, INKED, SHOWS), Tensor(read_loop(FAINT.data, INKED.data, SHOWS.data)))
check(lambda: read(INKED, FAINT, SHOWS[:3]), Tensor(read_loop(INKED.data, FAINT.data, SHOWS.data[:3])), "bytes")
check(lambda: unit(Tensor(TABLE, requires_grad=True)).origin is not None, True, "only what a Tensor can do")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The lengths have to stay a column, `(N, 1)`. And what is the square of a byte that holds 200?
# </details>
# <details><summary>Hint 2</summary>
#
# `x / 1.0` makes floats of bytes. `argmax(dim=1)` gives positions, and `labels[positions]` picks a label for each.
# </details>

# %%
answers = read(Tensor(NEW), Tensor(KNOWN), Tensor(DIGITS))
missed = np.flatnonzero(answers.data != NEW_DIGITS)
print(f"read right: {100 - 100 * len(missed) / len(NEW):.1f} of 100")
show_pictures(list(NEW[missed].reshape(-1, 8, 8)), [f"{NEW_DIGITS[i]}, read as {answers[i]:d}" for i in missed])
check(lambda: len(missed), 6, "what the text says")

# %% [markdown]
# Eleven, 73, and now 98 of 100, with nothing but your own Tensor. The six above are all that it misses. And every result
# knows how it was made:

# %%
show_origin(unit(Tensor(KNOWN, dtype=np.float32, requires_grad=True)))

# %% [markdown]
# ### 01-replay · write · 20 min · challenge
#
# The module is complete without it. Which digits did float32 cost? Play a recording again in another dtype: leaves (Tensors
# without an origin) take it if they hold floats, other leaves stay, and every operation runs again with its options. What is
# used twice is computed once: `w = w + w`, forty times over, has $2^{40}$ paths.


# %% nbgrader={"grade": false, "grade_id": "01-replay-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def replay(result, dtype):
    """The array of a recorded Tensor, computed again from its leaves in another dtype."""
    ### BEGIN SOLUTION
    done = {}

    def array_of(tensor):
        if id(tensor) not in done:
            if tensor.origin is None:
                done[id(tensor)] = tensor.data.astype(dtype if tensor.dtype.kind == "f" else tensor.dtype)
            else:
                name, inputs, options = tensor.origin
                done[id(tensor)] = compute(name, [array_of(each) for each in inputs], options)
        return done[id(tensor)]

    return array_of(result)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-replay", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
COUNTED = []
OPS["counted"] = lambda a, b: COUNTED.append(1) or a + b
FOUND, WHICH = Tensor(TABLE, requires_grad=True), Tensor(LABELS)
EXACTLY = TABLE.astype(np.float64) / 3


def doubled():
    result = FOUND
    for _ in range(12):
        result = apply("counted", result, result)
    COUNTED.clear()
    return result


def picked():
    return apply("sum", (FOUND / 3)[WHICH - 2] * WHICH.unsqueeze(1), axis=0)


check(lambda: replay(doubled(), np.float64), 4096 * TABLE.astype(np.float64))
check(lambda: len(COUNTED), 12, "computed once")
check(lambda: replay(picked(), np.float64).dtype.name, "float64", "in another dtype")
check(lambda: replay(picked(), np.float64), (EXACTLY[LABELS - 2] * LABELS[:, None]).sum(axis=0), "options", tolerance=1e-14)
check(lambda: replay(WHICH, np.float64).dtype.kind, "i", "other leaves stay")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The array of a result needs those of its inputs first. Where could you look whether you have one already?
# </details>
# <details><summary>Hint 2</summary>
#
# A function that calls itself, a dictionary from `id(tensor)` to its array, and your `compute`.
# </details>

# %% [markdown]
# ## What you have now
#
# A Tensor with one rule for dtypes and one for shapes, operations as data, and results that remember. In module 02 you
# register operations that bend straight lines.
#
# **Why?** `total = total + loss` fills the memory in a long training, and `total + loss.item()` does not. What is it that
# the first keeps?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# Each sum points to its inputs: the sum before it and the loss, which points to all that it was made from. So no array of
# any step can be freed. A Python number points to nothing. `no_grad` and `detach` help in the same way.
# </details>

# %% [markdown]
# In a terminal: `tito module complete 01`
