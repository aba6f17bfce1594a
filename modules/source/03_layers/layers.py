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
# # Module 03: Layers
#
# A **layer** owns numbers that training will change, its **parameters**. Here you build `Linear`, `Dropout`,
# `Sequential`, and `Module`, the base of every network in this course: it finds all parameters of a model, switches
# it between training and use, saves it and loads it. At the end your own network reads handwriting.

# %% [markdown]
# Each heading names the kind of exercise: **write** code, **derive** a formula by filling in its blanks,
# **predict** a number before you see it, or **break** code that looks right. *Core* exercises are needed later; a
# *challenge* is extra. No check is hidden. Three rules hold throughout: inputs stay unchanged, float32 in gives
# float32 out, and NumPy has nothing to warn about.
#
# `tito.lesson` brings tools that are no lesson of their own: checks, pictures, and a look at a Tensor's past.

# %% nbgrader={"grade": false, "grade_id": "03-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import inspect
import math
from abc import ABC
from functools import wraps

import numpy as np

from tinytorch.tensor import Tensor

# %% nbgrader={"grade": false, "grade_id": "03-tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
from itertools import product

from tinytorch.activations import GELU, ReLU, Tanh
from tito import datasets
from tito.lesson import breaks, check, predict, raises, remembers, show_pictures, show_signal

# check: a call gives what it should. raises: it refuses. breaks: your input makes a function go wrong.
# predict: how far off your guess was. remembers: which Tensors a result was made from.

np.set_printoptions(precision=3, suppress=True)

# %% [markdown]
# ## 1. A file that could read
#
# Somebody trained a network to read digits, pictures of 8 by 8 pixels, and sends you a file with its parameters: nine
# weights and nine biases. Each layer multiplies by its weight and adds its bias; all but the last replace negative
# numbers by 0 (ReLU, module 02). The last one gives ten scores, and the largest is the answer.

# %% nbgrader={"grade": false, "grade_id": "03-file", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits, FILE = datasets.digits(), datasets.trained_reader()  # FILE: 18 arrays by name
PICTURES, DIGITS = Tensor(digits.test_images / 16), digits.test_labels  # (355, 8, 8), ink from 0 to 1, and (355,)

numbers = PICTURES.data.reshape(-1, 64)  # (355, 64)
order = sorted(name for name in FILE if name.endswith("weight"))
for name in order[:-1]:
    numbers = np.maximum(numbers @ FILE[name].T + FILE[name.replace("weight", "bias")], 0)  # (355, 32)
scores = numbers @ FILE["head.weight"].T + FILE["head.bias"]  # (355, 10)

print(*order, f"\nright: {(scores.argmax(axis=1) == DIGITS).mean():.1%} of {len(DIGITS)} pictures")

# %% [markdown]
# Where the file was made, it reads 97.7 % of these pictures. Here it reads one in nine, hardly better than guessing,
# and there is no error. Look at the order: the alphabet puts 11 before 3. Seven of the weights are `(32, 32)`, so
# any order fits.
#
# Loose arrays do not know what comes after what. So we give them an owner, and in section 8 the file another try.

# %% [markdown]
# ## 2. One layer
#
# A **linear layer** makes `out` numbers of `in` numbers. Each is a weighted sum of all inputs, plus a **bias**:
#
# $$y_{no} = \sum_i x_{ni}\, w_{oi} + b_o$$
#
# Here $n$ counts examples, $i$ inputs, $o$ outputs. The weight is `(out, in)`, as in PyTorch: one row an output.


# %% nbgrader={"grade": false, "grade_id": "03-loops", "locked": true, "schema_version": 3, "solution": false, "task": false}
def linear_by_loops(x, weight, bias):
    """The formula, one number at a time: x (n, in), weight (out, in), bias (out,) give (n, out)."""
    y = np.zeros((len(x), len(weight)))
    for n, o in np.ndindex(y.shape):
        y[n, o] = bias[o] + sum(x[n, i] * weight[o, i] for i in range(x.shape[1]))
    return y


# %%
x_example = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])  # two examples of three inputs
w_example = np.array([[1.0, 0.0, 1.0], [0.5, -1.0, 0.0]])  # two outputs
print(linear_by_loops(x_example, w_example, np.array([0.0, 10.0])), "where 8.5 is 0.5 * 1 - 1 * 2 + 0 * 3 + 10")

# %% [markdown]
# ### 03-linear · write · 12 min · core
#
# Write it for Tensors, without loops. Only the last axis of `x` is transformed; before it may stand any number of axes,
# or none: `(7, 5, 3)` becomes `(7, 5, out)`. Without a bias nothing is added. When the last axis does not fit, raise
# a `ValueError` that names the shapes of `x` and of the weight.
#
# The result must *remember* `x`, the weight and the bias. Each operation on Tensors leaves a note of its inputs, by
# which module 05 finds the gradients; an operation on their bare `.data` leaves none, and such a layer never learns.


# %% nbgrader={"grade": false, "grade_id": "03-linear-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def linear(x, weight, bias=None):
    """Weighted sums of the last axis: Tensors x (..., in), weight (out, in), bias (out,) give (..., out).

    PyTorch's torch.nn.functional.linear.

    >>> x, weight = Tensor([[1.0, 2.0, 3.0]]), Tensor([[1.0, 0.0, 1.0], [0.5, -1.0, 0.0]])
    >>> linear(x, weight, Tensor([0.0, 10.0]))
    Tensor([[4. , 8.5]])
    """
    ### BEGIN SOLUTION
    if x.shape[-1:] != weight.shape[1:]:
        raise ValueError(f"input {x.shape} does not fit weight {weight.shape}: its last axis must be {weight.shape[1]}")
    y = x @ weight.T  # (..., in) @ (in, out) -> (..., out)
    return y if bias is None else y + bias
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-linear", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
rng = np.random.default_rng(3)
X, TEXTS = Tensor(rng.normal(size=(5, 3)), requires_grad=True), Tensor(rng.normal(size=(7, 5, 3)))
ONE, EMPTY, WIDE, COLUMN = TEXTS[0, 1], Tensor(np.zeros((0, 3))), Tensor(np.zeros((5, 7))), Tensor(np.ones((5, 1)))
WEIGHT, BIAS = Tensor(rng.normal(size=(4, 3)), requires_grad=True), Tensor(rng.normal(size=4), requires_grad=True)
BY_LOOPS, NO_BIAS = (linear_by_loops(X.data, WEIGHT.data, b) for b in (BIAS.data, np.zeros(4)))
TEXTS_BY_LOOPS = np.stack([linear_by_loops(text, WEIGHT.data, BIAS.data) for text in TEXTS.data])
check(lambda: linear(X, WEIGHT, BIAS), Tensor(BY_LOOPS), "the formula")
check(lambda: linear(X, WEIGHT), Tensor(NO_BIAS), "without a bias")
check(lambda: linear(TEXTS, WEIGHT, BIAS), Tensor(TEXTS_BY_LOOPS), "any number of axes")
check(lambda: linear(ONE, WEIGHT, BIAS), Tensor(TEXTS_BY_LOOPS[0, 1]), "or none")
check(lambda: linear(EMPTY, WEIGHT, BIAS), Tensor(np.zeros((0, 4))), "no examples, no sums")
raises(lambda: linear(WIDE, WEIGHT, BIAS), ValueError, says=["(5, 7)", "(4, 3)"])
raises(lambda: linear(COLUMN, WEIGHT, BIAS), ValueError, says=["(5, 1)", "(4, 3)"])
check(lambda: remembers(linear(X, WEIGHT, BIAS), x=X, weight=WEIGHT, bias=BIAS), ["x", "weight", "bias"], "`.data`")
check(lambda: remembers(linear(X, WEIGHT), x=X, weight=WEIGHT), ["x", "weight"], "`.data`")
NOUGHT = Tensor(np.zeros(4), requires_grad=True)
check(lambda: remembers(linear(TEXTS, WEIGHT, NOUGHT), weight=WEIGHT, bias=NOUGHT), ["weight", "bias"], "any axes, any bias")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write the three shapes below each other. Which axis must disappear, and where does a matrix product want it?
# </details>
# <details><summary>Hint 2</summary>
#
# `x @ weight.T`. Broadcasting adds a bias to the last axis. Ask `bias is None`; `if bias` wants the truth of four
# numbers.
# </details>

# %% [markdown]
# ## 3. How large should the first weights be?
#
# Fresh weights are random. One layer forgives a bad size; twenty multiply it twenty times. Let $n$ inputs
# have the **mean square** $s$ (the mean of $x_i^2$), and draw the weights of $y = w_1 x_1 + \dots + w_n x_n$
# independently, with mean 0 and **variance** $v$ (the mean of $w_i^2$).
#
# ### 03-spread · derive · 15 min · core
#
# How large is $y$, and what becomes of it? Two facts are enough: averaged over many draws, $w_i w_j$ is 0 for two
# different weights; and $y$ is as likely as $-y$. Try your steps on paper with $n = 8$, $v = \frac12$,
# $s = 3$; the numbers are folded below the check.


# %% nbgrader={"grade": false, "grade_id": "03-spread-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mean_square_of_sum(n, v, s):
    """Of y, averaged over all draws."""
    ### BEGIN SOLUTION
    return n * v * s
    ### STUB return ...
    ### END SOLUTION


def mean_square_after_relu(n, v, s):
    """Of max(y, 0)."""
    ### BEGIN SOLUTION
    return mean_square_of_sum(n, v, s) / 2
    ### STUB return mean_square_of_sum(n, v, s) * ...
    ### END SOLUTION


def variance_to_keep(n):
    """The v with which layer and ReLU together leave the mean square at s."""
    ### BEGIN SOLUTION
    return 2 / n
    ### END SOLUTION


def variance_of_even(a):
    """Of numbers that are spread evenly from -a to a (an integral)."""
    ### BEGIN SOLUTION
    return a**2 / 3
    ### END SOLUTION


def growth(n, v, layers):
    """The factor by which the *root* of the mean square changes over so many layers, each with its ReLU."""
    ### BEGIN SOLUTION
    return (n * v / 2) ** (layers / 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-spread", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
N, V, INPUTS = 5, 0.49, np.array([0.5, -1.2, 2.0, 0.3, 1.1])
SUMS = np.array(list(product([-0.7, 0.7], repeat=5))) @ INPUTS  # (32,): each weight is 0.7 or -0.7, in all 32 ways
S, SQUARE, KEPT = (float((each**2).mean()) for each in (INPUTS, SUMS, np.maximum(SUMS, 0)))
A, EVEN = 0.8, 0.8 * (np.arange(-999, 1000, 2) / 1000)  # a thousand numbers from -0.8 to 0.8
check(lambda: mean_square_of_sum(N, V, S), SQUARE, "the first fact")
check(lambda: mean_square_of_sum(2 * N, V, 3 * S), 6 * SQUARE, "twice as many inputs, three times their mean square")
check(lambda: mean_square_after_relu(N, V, S), KEPT, "the second fact")
check(lambda: variance_to_keep(N), V * S / KEPT, "the mean square stays at s")
check(lambda: variance_to_keep(3 * N), V * S / KEPT / 3, "the mean square stays at s")
check(lambda: variance_of_even(A), float((EVEN**2).mean()), "the mean of the squares")
check(lambda: growth(N, V, 1), (KEPT / S) ** 0.5, "the root")
check(lambda: growth(N, V, 3), (KEPT / S * KEPT / S * KEPT / S) ** 0.5, "so many layers")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write $(w_1 x_1 + w_2 x_2)^2$ out. Which terms are left on average? And which part of all draws does a ReLU set to 0?
# </details>
# <details><summary>Hint 2</summary>
#
# The mean of $x^2$ over an interval is its integral, divided by the length. Over several layers the mean squares
# multiply; the root comes last.
# </details>
# <details><summary>Compare your paper</summary>
#
# $12$, then $6$, then $\frac14$. Each layer makes the mean square $6 / 3 = 2$ times as large, so two layers make the
# root $\sqrt{2 \cdot 2} = 2$ times as large.
# </details>

# %% [markdown]
# ### 03-depth · predict · 4 min · core
#
# Twenty layers of 256 with ReLU, and inputs of size 1 (the root of the mean square). How large are the last
# numbers? Guess first, by feel; nothing depends on it.

# %% nbgrader={"grade": false, "grade_id": "03-depth-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
ten_percent = 1.1
pytorch = 0.1
### STUB ten_percent = ...  # all weights are 10 % larger than variance_to_keep wants them
### STUB pytorch = ...  # weights as PyTorch draws them: evenly from -1/sqrt(n) to 1/sqrt(n)
### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "03-signal", "locked": true, "schema_version": 3, "solution": false, "task": false}
def sizes(variance):
    """How large the numbers are behind each of twenty layers of 256."""
    rng, found = np.random.default_rng(1), []
    x = Tensor(rng.normal(size=(100, 256)))
    for _ in range(20):
        x = ReLU()(linear(x, Tensor(rng.normal(size=(256, 256)) * variance**0.5)))
        found.append(float((x.data**2).mean() ** 0.5))
    return found


KEEP = variance_to_keep(256)
SIZES = {"10 % too large": sizes(1.21 * KEEP), "kept": sizes(KEEP), "PyTorch": sizes(variance_of_even(256**-0.5))}
predict(ten_percent, SIZES["10 % too large"][-1], "10 % too large")
predict(pytorch, SIZES["PyTorch"][-1], "PyTorch")
show_signal(SIZES, "size of the numbers")

# %% [markdown]
# Ten percent, twenty times, is $1.1^{20} = 6.7$; the rest is the luck of the draw. PyTorch's default loses a factor of
# $\sqrt 6$ in each layer: of different pictures a hundred-millionth is left. It is a habit, kept for compatibility.
# He et al. (2015) proposed the variance that you derived. We trained the file's network with twenty hidden layers five
# times from each: from theirs it read 94 to 95 % every time, from PyTorch's 10, 72, 10, 10 and 67 %. With
# eight, as in the file, it was 96 to 98 against 85 to 94.

# %%
check(lambda: 6 < SIZES["10 % too large"][-1] < 8 and SIZES["PyTorch"][-1] < 3e-8, True, "what the text says")

# %% [markdown]
# **Why?** Suppose that all weights of all layers start at zero. Training moves a weight by what goes into its output and by
# what becomes of that output. What can never happen to the layer's outputs?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# They can never become different. All outputs start equal and are used alike, so all weights move alike, in every step,
# and the layer has in effect one output. Random weights break the tie.
# </details>

# %% [markdown]
# ## 4. Whose numbers are they?
#
# ### 03-parameter · write · 8 min · core
#
# Data come and go with each batch. A weight stays, and training changes it in place, through its `.data`. So PyTorch
# gives it a class of its own. A `Parameter` differs from a Tensor in three things:
#
# | | |
# | --- | --- |
# | it learns | `requires_grad` is always `True`, whatever it was made from |
# | it owns its numbers | what happens to the array or Tensor that it was made from does not reach it, nor the reverse |
# | it moves by fractions | the numbers are float32, even if whole ones came in, unless another `dtype` is asked for |


# %% nbgrader={"grade": false, "grade_id": "03-parameter-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Parameter(Tensor):
    """A Tensor that belongs to a layer and that training changes in place, through its `.data`.

    >>> Parameter([1, 2])
    Parameter containing:
    Tensor([1., 2.], requires_grad=True)
    """

    def __init__(self, data, dtype=None):
        """Make one of a number, a list, an array or a Tensor."""
        ### BEGIN SOLUTION
        array = np.array(data, dtype=dtype or np.float32)  # a copy, of a Tensor too
        super().__init__(array, dtype=array.dtype, requires_grad=True)
        ### END SOLUTION

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"


# %% nbgrader={"grade": true, "grade_id": "03-parameter", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
ARRAY = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -4.0]], dtype=np.float32)
TENSOR, WIDE_TENSOR, COUNTS = Tensor(ARRAY), Tensor([0.5, 2.0], dtype=np.float64), [3, 1, 2]
check(lambda: Parameter(ARRAY), Tensor(ARRAY))
check(lambda: Parameter(TENSOR), Tensor(ARRAY), "of a Tensor")
check(lambda: Parameter(0.5), Tensor(0.5), "of a number")
check(lambda: Parameter(ARRAY).requires_grad, True, "it learns")
check(lambda: Parameter(TENSOR).requires_grad, True, "whatever it was made from")
check(lambda: np.shares_memory(Parameter(ARRAY).data, ARRAY), False, "it owns its numbers")
check(lambda: np.shares_memory(Parameter(TENSOR).data, TENSOR.data), False, "it owns its numbers")
check(lambda: np.shares_memory(Parameter(ARRAY, dtype=np.float32).data, ARRAY), False, "it owns its numbers")
check(lambda: [Parameter(TENSOR).requires_grad, TENSOR.requires_grad], [True, False], "what it was made from stays as it is")
check(lambda: str(Parameter(COUNTS).dtype), "float32", "even if whole ones came in")
check(lambda: str(Parameter(WIDE_TENSOR).dtype), "float32", "unless another dtype is asked for")
check(lambda: str(Parameter([0.5, 2.0], dtype=np.float64).dtype), "float64", "unless another dtype is asked for")
check(lambda: Parameter([0.1], dtype=np.float64).item() == 0.1, True, "all digits of a float64")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A `Tensor` takes over an array that has the right dtype. What do two Tensors of one array then share?
# </details>
# <details><summary>Hint 2</summary>
#
# `np.array(data, dtype=...)` always copies, `np.asarray` does not. Then let `super().__init__` do the rest.
# </details>

# %% [markdown]
# ### 03-tree · write · 25 min · core
#
# A model holds layers, which may hold layers. Training wants one flat list of all parameters, and a file wants a name
# for each. Both are read off the attributes. A **module** is any object with a switch called `training`, which
# section 5 uses. `Box` is a small one to try things on.


# %% nbgrader={"grade": false, "grade_id": "03-box", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def is_module(value):
    """Whether a value is a module: an object with a switch called `training`, as every layer has."""
    return hasattr(value, "training") and not isinstance(value, type)


# %% nbgrader={"grade": false, "grade_id": "03-tower", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Box:
    """Box(a=1, b=2) has the attributes a and b."""

    training = True

    def __init__(self, **attributes):
        vars(self).update(attributes)


def make_tower():
    blocks = [Box(scale=Parameter([1.0])), Box(scale=Parameter([2.0]))]
    return Box(blocks=blocks, note="neither a module nor a Parameter", table=Tensor([7.0], requires_grad=True), bias=Parameter([0.5]))


# %% [markdown]
# `members` lists what is held directly, `named_parts` everything. For a tower:
#
# | `members(tower)` | `named_parts(tower)` |
# | --- | --- |
# | `blocks.0`, a Box | `""` (no name), the tower itself |
# | `blocks.1`, a Box | `blocks.0`, then `blocks.0.scale`, a Parameter |
# | `bias`, a Parameter | `blocks.1`, then `blocks.1.scale`, then `bias` |
#
# Lists, tuples and dicts are looked into, also inside each other: `parts.left.0` is the first thing in the list
# `parts["left"]`. Attributes come in the order in which they were made, and a part comes before what it holds.
# In `named_parts` each *object* appears once, under the first name that leads to it: an optimizer that met
# a shared weight twice would take two steps with it. Equal numbers do not make two Parameters the same. A child may
# hold its parent, and the search must still end.


# %% nbgrader={"grade": false, "grade_id": "03-tree-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def members(module):
    """List (name, part) for the Parameters and modules that a module holds directly, in containers too.

    A part of the list, tuple or dict `parts` is called parts.0 or parts.key.
    """
    ### BEGIN SOLUTION
    found = []

    def look_at(name, value):
        if isinstance(value, Parameter) or is_module(value):
            found.append((name, value))
        elif isinstance(value, (list, tuple, dict)):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                look_at(f"{name}.{key}", item)

    for name, value in vars(module).items():
        look_at(name, value)
    return found
    ### END SOLUTION


def named_parts(root):
    """List (dotted name, part) for a module and everything below it, each object once; the root's name is ""."""
    ### BEGIN SOLUTION
    found, seen = [], set()

    def visit(name, part):
        if id(part) in seen:
            return
        seen.add(id(part))
        found.append((name, part))
        if is_module(part):
            for key, member in members(part):
                visit(f"{name}.{key}" if name else key, member)

    visit("", root)
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-tree", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
from collections import OrderedDict


def names_of(pairs):
    return [name for name, part in pairs]


TOWER, DEEP, SHARED, TWINS, LOOP, AGAIN = (make_tower() for _ in range(6))
DEEP.parts = {"left": [Box(inner=(Parameter([3.0]), Box(w=Parameter([4.0]))))], "right": Parameter([5.0, 6.0])}
SHARED.blocks[1].scale = SHARED.blocks[0].scale
TWINS.blocks[1].scale = Parameter([1.0])
LOOP.blocks[0].parent, AGAIN.first = LOOP, AGAIN.blocks[0]
SIX = ["", "blocks.0", "blocks.0.scale", "blocks.1", "blocks.1.scale", "bias"]
DEEP.rows = [[type("Scale", (Parameter,), {})([7.0]), Parameter([8.0])], OrderedDict({5: Parameter([9.0])})]
INNER = ["parts.left.0", *("parts.left.0.inner." + name for name in ("0", "1", "1.w")), "parts.right"]
ROWS = ["rows.0.0", "rows.0.1", "rows.1.5"]
check(lambda: names_of(members(TOWER)), ["blocks.0", "blocks.1", "bias"], "what is held directly")
check(lambda: dict(members(TOWER))["blocks.1"] is TOWER.blocks[1], True, "the part itself")
check(lambda: names_of(members(DEEP))[2:], ["bias", "parts.left.0", "parts.right", *ROWS], "also inside each other")
check(lambda: names_of(members(SHARED.blocks[1])), ["scale"])
check(lambda: names_of(named_parts(TOWER)), SIX, "a part comes before what it holds")
check(lambda: names_of(named_parts(TOWER)), SIX, "a second call gives the same")
check(lambda: dict(named_parts(TOWER))["blocks.1.scale"] is TOWER.blocks[1].scale, True, "the part itself")
check(lambda: names_of(named_parts(DEEP)), SIX + INNER + ROWS, "lists, tuples and dicts")
check(lambda: names_of(named_parts(SHARED)), SIX[:4] + SIX[5:], "each object once, under the first name")
check(lambda: names_of(named_parts(AGAIN)), SIX, "each object once, a module too")
check(lambda: names_of(named_parts(TWINS)), SIX, "equal numbers do not make two Parameters the same")
check(lambda: names_of(named_parts(LOOP)), SIX, "the search must still end")
check(lambda: names_of(named_parts(Box())), [""], "a module that holds nothing")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `vars(module)` is the dict of its attributes. Which value of the tower calls for looking further, and what is that
# function's name?
# </details>
# <details><summary>Hint 2</summary>
#
# A function inside the function may call itself. `==` compares numbers; `id(part)` is different for any two objects, and
# a set remembers which ones you met.
# </details>

# %% [markdown]
# ### 03-lost · break · 12 min · core
#
# Three ways to count the numbers that a model trains, all found in real code. On a tower each says 3, as it should. For
# each, build a model of `Box`es and `Parameter`s on which it is wrong.


# %% nbgrader={"grade": false, "grade_id": "03-lost-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
def walk(part, containers=(list, tuple, dict)):
    """Every Parameter, once for each way that leads to it."""
    if isinstance(part, Parameter):
        return [part]
    held = vars(part) if isinstance(part, Box) else part if isinstance(part, containers) else []
    return [p for value in (held.values() if isinstance(held, dict) else held) for p in walk(value, containers)]


def on_every_way(model):
    """Adds up whatever it meets."""
    return sum(p.size for p in walk(model))


def lists_only(model):
    """Looks into lists (PyTorch does not even do that: it wants its own ModuleList)."""
    return sum({id(p): p.size for p in walk(model, containers=(list,))}.values())


def by_value(model):
    """Skips what it has seen before."""
    return sum({p.data.tobytes(): p.size for p in walk(model)}.values())


print([count(make_tower()) for count in (on_every_way, lists_only, by_value)])

# %% nbgrader={"grade": false, "grade_id": "03-lost-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
shared = Parameter([1.0, 2.0])
FOR_ON_EVERY_WAY = Box(a=shared, b=shared)
FOR_LISTS_ONLY = Box(parts={"a": Parameter([1.0, 2.0])})
FOR_BY_VALUE = Box(a=Parameter([0.0]), b=Parameter([0.0]))
### STUB FOR_ON_EVERY_WAY = ...  # Box(...)
### STUB FOR_LISTS_ONLY = ...
### STUB FOR_BY_VALUE = ...
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "03-lost", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def each_once(model):
    return sum({id(p): p.size for p in walk(model)}.values())


breaks(on_every_way, [FOR_ON_EVERY_WAY], each_once, "an optimizer would take two steps with ...?", kind=Box)
breaks(lists_only, [FOR_LISTS_ONLY], each_once, "what else can hold a layer?", kind=Box)
breaks(by_value, [FOR_BY_VALUE], each_once, "equal numbers", kind=Box)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# For each counter, ask which Parameter it would count twice, or never. Two fresh biases often look alike: how?
# </details>
# <details><summary>Hint 2</summary>
#
# A Parameter with a name of its own can stand in two places: `w = Parameter([1.0])`. A dict is no list.
# </details>

# %% [markdown]
# ## 5. The base of all layers
#
# ### 03-module · write · 15 min · core
#
# Layers inherit from `Module`. You write six of its methods, for the whole tree:
#
# | method | gives |
# | --- | --- |
# | `named_modules()`, `modules()` | (name, module) pairs of this module and all below it; the modules alone |
# | `named_parameters()`, `parameters()` | the same for their Parameters |
# | `zero_grad()` | nothing; then the `grad` of every Parameter is `None`, "not computed", not an array of zeros |
# | `train(mode)` | the module itself; then `training` is `mode` in this module and all below it, and nowhere else |


# %% nbgrader={"grade": false, "grade_id": "03-module-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Module(ABC):
    """Base class of every layer and model: a subclass assigns its parts to `self` and writes `forward`.

    PyTorch's torch.nn.Module; but this one needs no super().__init__(), finds parts in lists, tuples and dicts too, and
    answers with lists.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> Scale()(Tensor([3.0])).item()
    6.0
    """

    training = True
    _buffers = ()

    @classmethod
    def __subclasshook__(cls, other):
        """Let isinstance(ReLU(), Module) hold, as in PyTorch: a class with the switch `training` is a module."""
        return True if cls is Module and hasattr(other, "training") else NotImplemented

    def forward(self, *inputs, **options):
        raise TypeError(f"{type(self).__name__} has no forward method: define forward(self, x)")

    def __call__(self, *inputs, **options):
        return self.forward(*inputs, **options)

    def named_modules(self):
        """List (dotted name, module) for this module, whose name is "", and all modules below it."""
        ### BEGIN SOLUTION
        return [(name, part) for name, part in named_parts(self) if is_module(part)]
        ### END SOLUTION

    def named_parameters(self):
        """List (dotted name, Parameter) for the whole tree."""
        ### BEGIN SOLUTION
        return [(name, part) for name, part in named_parts(self) if isinstance(part, Parameter)]
        ### END SOLUTION

    def modules(self):
        """List the modules of the whole tree, this one first."""
        ### BEGIN SOLUTION
        return [module for _, module in self.named_modules()]
        ### END SOLUTION

    def parameters(self):
        """List the Parameters of the whole tree: what an optimizer wants."""
        ### BEGIN SOLUTION
        return [parameter for _, parameter in self.named_parameters()]
        ### END SOLUTION

    def zero_grad(self):
        """Forget the gradient of every parameter of the tree."""
        ### BEGIN SOLUTION
        for parameter in self.parameters():
            parameter.grad = None
        ### END SOLUTION

    def train(self, mode=True):
        """Set `training` in this module and all below it; return this module."""
        ### BEGIN SOLUTION
        for module in self.modules():
            module.training = mode
        return self
        ### END SOLUTION

    def eval(self):
        """Switch this module and all below it from training to use; return this module."""
        return self.train(False)

    def register_buffer(self, name, tensor):
        """Keep a copy of a Tensor or array as attribute `name`: saved with the model, never trained."""
        tensor = tensor if isinstance(tensor, Tensor) else Tensor(tensor)
        setattr(self, name, Tensor(tensor.data.copy(), tensor.dtype))
        self._buffers = tuple(dict.fromkeys([*self._buffers, name]))

    def named_buffers(self):
        """List (dotted name, Tensor) for what register_buffer keeps in the whole tree."""
        kept = [(path, part, name) for path, part in self.named_modules() for name in getattr(part, "_buffers", ())]
        return [(f"{path}.{name}" if path else name, getattr(part, name)) for path, part, name in kept]

    def state_dict(self):
        """Copies of all parameters and buffers: {dotted name: array}."""
        return read_state(self)

    def load_state_dict(self, state_dict):
        """Take over the numbers of such a dict; a ValueError where names or shapes do not fit."""
        write_state(self, state_dict)

    def extra_repr(self):
        """Return what a layer shows between its parentheses; subclasses override this."""
        return ""

    def __repr__(self):
        lines = [f"({name}): {part!r}".replace("\n", "\n  ") for name, part in members(self) if is_module(part)]
        inside = "\n  ".join(["", *filter(None, [self.extra_repr()]), *lines, ""])[:-2] if lines else self.extra_repr()
        return f"{type(self).__name__}({inside})"


# %% nbgrader={"grade": true, "grade_id": "03-module", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
class Part(Module):
    def __init__(self, *parts):
        self.weight, self.parts = Parameter([0.5, -2.0, 3.0]), parts


def make_plant():
    return Part(Part(Part()), Part())


def modes_after(change, plant):
    change(plant)
    return [module.training for module in (plant, plant.parts[0], plant.parts[0].parts[0], plant.parts[1])]


def grads_after(change, plant):
    leaves = [plant.weight, plant.parts[0].weight, plant.parts[0].parts[0].weight, plant.parts[1].weight]
    for leaf in leaves:
        leaf.grad = np.ones(3)
    change(plant)
    return [leaf.grad for leaf in leaves]


PLANT, PATHS = make_plant(), ["", "parts.0", "parts.0.parts.0", "parts.1"]
check(lambda: names_of(PLANT.named_modules()), PATHS)
check(lambda: names_of(PLANT.named_parameters()), ["weight", *(path + ".weight" for path in PATHS[1:])])
check(lambda: PLANT.parameters()[2] is PLANT.parts[0].parts[0].weight, True, "the Parameters alone")
check(lambda: len(PLANT.modules()), 4, "this module and all below it")
check(lambda: PLANT.modules()[3] is PLANT.parts[1], True, "the modules alone")
check(lambda: grads_after(Part.zero_grad, make_plant()), [None] * 4, "every Parameter, None")
check(lambda: modes_after(Part.eval, make_plant()), [False] * 4, "all below it")
check(lambda: modes_after(lambda plant: plant.eval().train(), make_plant()), [True] * 4, "the module itself")
check(lambda: modes_after(lambda plant: plant.parts[0].eval(), make_plant()), [True, False, False, True], "nowhere else")
check(lambda: Part().training, True, "nowhere else: not in all modules of this class")
BENT = Part(ReLU())
check(lambda: [BENT.eval().eval().parts[0].training, BENT.train().parts[0].training], [False, True], "`mode`, in a ReLU too")
check(lambda: [len(BENT.modules()), len(BENT.parameters()), hasattr(BENT.weight, "training")], [2, 1, False], "what is what")
check(lambda: [type(BENT.modules()).__name__, type(BENT.parameters()).__name__], ["list", "list"], "lists")
check(lambda: BENT.zero_grad(), None, "nothing is given back")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `named_parts(self)` holds all that you need. How do you tell the two sorts of parts apart?
# </details>
# <details><summary>Hint 2</summary>
#
# `isinstance(part, Parameter)` and `is_module(part)`. The module itself is among its modules, under the name "".
# </details>

# %% [markdown]
# ## 6. Three layers
#
# A layer is a module with a `forward`. `Flatten` is complete: it joins axes, so that a picture becomes a row.


# %% nbgrader={"grade": false, "grade_id": "03-flatten", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
INSTEAD = {"in_channels": "in_features", "out_channels": "out_features", "generator": "rng", "seed": "rng", "rate": "p"}


def names_the_right_argument(init):
    """Let an __init__ that gets an argument it does not have say which one is right."""
    known = list(inspect.signature(init).parameters)[1:]

    @wraps(init)
    def checked(self, *values, **options):
        for name in filter(lambda name: name not in known, options):
            right = INSTEAD[name] if INSTEAD.get(name) in known else " or ".join(known)
            raise TypeError(f"{type(self).__name__} has no argument {name!r}: use {right}")
        init(self, *values, **options)

    return checked


class Flatten(Module):
    """Join the axes from start_dim to end_dim, both included, into one.

    >>> Flatten()(Tensor(np.zeros((5, 3, 4, 4)))).shape
    (5, 48)
    """

    @names_the_right_argument
    def __init__(self, start_dim=1, end_dim=-1):
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x):
        """x of any shape gives the same numbers, in their order, with fewer axes."""
        start, end = (dim + x.ndim if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not 0 <= start <= end < x.ndim:
            raise ValueError(f"{self!r} does not fit an input of shape {x.shape}: it lacks one of these axes")
        return x.reshape(*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :])

    def extra_repr(self):
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"

# %% [markdown]
# ### 03-layer · write · 15 min · core
#
# `Linear` owns a weight `(out_features, in_features)` and a bias `(out_features,)`; with `bias=False` its `bias` is
# `None`. As in PyTorch, both are drawn evenly from $-a$ to $a$, where $a = 1 / \sqrt n$ for $n$ inputs: first the
# weight, then the bias, by `uniform` of a generator of NumPy. A size below 1 is a `ValueError` that names both. The
# generator depends on `rng`:
#
# | `rng` | means |
# | --- | --- |
# | `None` | other numbers each time |
# | a whole number, 0 too | a seed: the same numbers each time |
# | a generator | this one, from where it stands, so that two layers differ |


# %% nbgrader={"grade": false, "grade_id": "03-layer-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Linear(Module):
    """A linear layer: x (..., in_features) gives x @ weight.T + bias, (..., out_features).

    weight is (out_features, in_features), bias (out_features,) or None; both start evenly spread within
    1/sqrt(in_features), as in PyTorch. rng is a seed, a NumPy generator, or None.

    >>> Linear(3, 2, rng=0)(Tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])).shape
    (2, 2)
    """

    @names_the_right_argument
    def __init__(self, in_features, out_features, bias=True, rng=None):
        """Draw weight and bias."""
        self.in_features, self.out_features = in_features, out_features
        ### BEGIN SOLUTION
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear({in_features}, {out_features}): both sizes must be at least 1")
        rng, bound = np.random.default_rng(rng), 1 / math.sqrt(in_features)
        self.weight = Parameter(rng.uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(rng.uniform(-bound, bound, out_features)) if bias else None
        ### END SOLUTION

    def forward(self, x):
        """x (..., in_features) gives (..., out_features)."""
        ### BEGIN SOLUTION
        return linear(x, self.weight, self.bias)
        ### END SOLUTION

    def extra_repr(self):
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


# %% nbgrader={"grade": true, "grade_id": "03-layer", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def drawn_by(rng, shapes):
    """Numbers of these shapes as a Linear with three inputs draws them, one shape after the other."""
    return [Tensor(rng.uniform(-(3**-0.5), 3**-0.5, shape)) for shape in shapes]


def second_of_two(rng):
    return [Linear(3, 5, rng=rng), Linear(3, 4, rng=rng)][1]


def memory_of(layer, x):
    return remembers(layer(x), x=x, weight=layer.weight, bias=layer.bias)


W_0, B_0, W_NEXT = drawn_by(np.random.default_rng(0), [(5, 3), (5,), (4, 3)])
W_7, B_7 = drawn_by(np.random.default_rng(7), [(5, 3), (5,)])
SEVEN = Tensor(np.random.default_rng(3).normal(size=(7, 3)), requires_grad=True)
OF_SEVEN = Tensor(linear_by_loops(SEVEN.data, W_7.data, B_7.data))
check(lambda: Linear(3, 5, rng=np.random.default_rng(7)).weight, W_7, "by the generator, evenly from -a to a")
check(lambda: Linear(3, 5, rng=np.random.default_rng(7)).bias, B_7, "first the weight, then the bias")
check(lambda: float(abs(Linear(16, 900, rng=0).weight.data).max()), 0.25, "a for another n", tolerance=1e-3)
check(lambda: Linear(3, 5, rng=7).weight, W_7, "a whole number")
check(lambda: Linear(3, 5, rng=0).weight, W_0, "a whole number, 0 too")
check(lambda: second_of_two(np.random.default_rng(0)).weight, W_NEXT, "from where it stands")
check(lambda: np.array_equal(Linear(3, 5).weight.data, Linear(3, 5).weight.data), False, "other numbers each time")
check(lambda: names_of(Linear(3, 5).named_parameters()), ["weight", "bias"], "it owns two Parameters")
check(lambda: names_of(Linear(3, 5, bias=False).named_parameters()), ["weight"], "with bias=False")
check(lambda: Linear(3, 5, rng=7)(SEVEN), OF_SEVEN, "it is called with x")
check(lambda: Linear(3, 5, bias=False, rng=7)(SEVEN), Tensor(OF_SEVEN.data - B_7.data), "with bias=False", tolerance=1e-4)
check(lambda: memory_of(Linear(3, 5), SEVEN), ["x", "weight", "bias"], "the notes by which module 05 finds gradients")
raises(lambda: Linear(3, 5)(WIDE), ValueError, says=["(5, 7)", "(5, 3)"], hint="what `linear` refuses")
check(lambda: repr(Linear(3, 5, bias=False)), "Linear(in_features=3, out_features=5, bias=False)")
raises(lambda: Linear(0, 5), ValueError, says=["0", "5"])
raises(lambda: Linear(3, 0), ValueError, says=["3", "0"])
raises(lambda: Linear(3, -2), ValueError, says=["3", "-2"])
raises(lambda: Linear(-4, -2), ValueError, says=["-4", "-2"])
check(lambda: Linear(1, 1, rng=7).weight.shape, (1, 1), "a size of 1 is fine")
raises(lambda: Linear(in_channels=3, out_channels=5), TypeError, says=["in_channels", "in_features"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `rng or ...` treats 0 like `None`. What does `np.random.default_rng` make of each of the three?
# </details>
# <details><summary>Hint 2</summary>
#
# It seeds with a number, leaves a generator as it is, and makes a fresh one of `None`. `forward` can call a function
# that you have.
# </details>

# %% [markdown]
# ### 03-dropout · write · 15 min · core
#
# A network can lean on a few strong numbers and learn its examples by heart. **Dropout** (Srivastava et al., 2014) makes
# that hard: in training, each number becomes zero with probability `p`, on its own, anew in every call. In use nothing is
# dropped.
#
# In training, then, sums would be smaller than in use. So the numbers that stay are multiplied by a factor, such that the
# average of each over many calls is what it is in use. Which factor?
#
# `Dropout(p, rng)` takes `rng` as `Linear` does, and refuses a `p` outside 0 to 1 with a `ValueError` that names it. Mind
# `p = 1`: all is zero, without a warning. The result has the dtype of `x`, and remembers it.


# %% nbgrader={"grade": false, "grade_id": "03-dropout-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Dropout(Module):
    """While training, set each number to zero with probability p and scale the rest up; else do nothing.

    >>> layer = Dropout(0.5, rng=0)
    >>> sorted(set(layer(Tensor(np.ones(20))).data.tolist()))
    [0.0, 2.0]
    >>> layer.eval()(Tensor([1.0, 2.0])).data.tolist()
    [1.0, 2.0]
    """

    @names_the_right_argument
    def __init__(self, p=0.5, rng=None):
        """Keep the probability and a generator."""
        ### BEGIN SOLUTION
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout(p={p}): p is a probability, from 0 to 1")
        self.p, self.rng = p, np.random.default_rng(rng)
        ### END SOLUTION

    def forward(self, x):
        """x of any shape gives the same shape and dtype."""
        ### BEGIN SOLUTION
        if not self.training:
            return x
        if self.p == 1:
            return x * 0.0
        keep = self.rng.random(x.shape) >= self.p
        return x * (keep / (1 - self.p)).astype(x.dtype)
        ### END SOLUTION

    def extra_repr(self):
        return f"p={self.p}"


# %% nbgrader={"grade": true, "grade_id": "03-dropout", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def dropped(layer, x):
    return layer(x).data == 0


def agree(layers):
    """Whether two layers drop the same numbers."""
    return np.array_equal(*(dropped(layer, PLAIN) for layer in layers))


PLAIN, LONG = Tensor(np.full((170, 230), 3.0), requires_grad=True), Tensor(np.full((70, 30), 3.0), dtype=np.float64)
ZEROS, COPY = Tensor(np.zeros((170, 230))), Tensor(PLAIN.data)
check(lambda: dropped(Dropout(0.2, rng=0), PLAIN).all(axis=1).any(), False, "each number on its own, not whole rows")
check(lambda: dropped(Dropout(0.2, rng=0), PLAIN).all(axis=0).any(), False, "each number on its own, not whole columns")
check(lambda: float(dropped(Dropout(0.2, rng=0), PLAIN).mean()), 0.2, "with probability p", tolerance=0.05)
check(lambda: float(dropped(Dropout(0.7, rng=0), PLAIN).mean()), 0.7, "with probability p", tolerance=0.05)
check(lambda: Dropout(0.2, rng=0)(PLAIN).data.mean(), 3.0, "the average over many is what it is in use", tolerance=0.02)
check(lambda: Dropout(0.7, rng=0)(PLAIN).data.mean(), 3.0, "the average over many is what it is in use", tolerance=0.02)
check(lambda: np.unique(Dropout(0.2, rng=0)(PLAIN).data), np.float32([0, 3.75]), "zero, or multiplied by a factor")
check(lambda: agree([Dropout(0.2, rng=0)] * 2), False, "anew in every call")
check(lambda: agree([Dropout(0.2, rng=0), Dropout(0.2, rng=0)]), True, "rng: 0 is a seed")
check(lambda: agree([Dropout(0.2), Dropout(0.2)]), False, "rng: None")
check(lambda: len({dropped(layer, PLAIN).sum() for layer in [Dropout(0.2, rng=0)] * 5}) > 1, True, "how many is chance too")
check(lambda: agree([Dropout(0.2, rng=g) for g in [np.random.default_rng(0)] * 2]), False, "rng: a generator")
check(lambda: Dropout(0.2).eval()(PLAIN), COPY, "in use nothing is dropped")
check(lambda: Dropout(0)(PLAIN), COPY, "p = 0")
check(lambda: Dropout(1.0)(PLAIN), ZEROS, "p = 1")
check(lambda: Dropout(1.0).eval()(PLAIN), COPY, "in use nothing is dropped")
check(lambda: [remembers(Dropout(p)(PLAIN), x=PLAIN) for p in (0.2, 1.0)], [["x"], ["x"]], "`.data`")
check(lambda: [remembers(Dropout(p).eval()(PLAIN), x=PLAIN) for p in (0.2, 0)], [["x"], ["x"]], "`.data`, in use too")
check(lambda: str(Dropout(0.2)(LONG).dtype), "float64", "the dtype of x")
raises(lambda: Dropout(1.5), ValueError, says=["1.5"])
raises(lambda: Dropout(-0.1), ValueError, says=["-0.1"])
check(lambda: [Dropout(0.25).p, Dropout(0.25)(TEXTS).shape], [0.25, (7, 5, 3)], "any p, any shape")
raises(lambda: Dropout(inplace=True), TypeError, says=["inplace"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A 4.0 is dropped in a quarter of all calls. What must it be in the other calls, so that the average is 4.0?
# </details>
# <details><summary>Hint 2</summary>
#
# `self.rng.random(x.shape)` lies below `p` with probability `p`. Multiply the Tensor by an array of factors that has
# the Tensor's dtype.
# </details>

# %% [markdown]
# ### 03-sequential · write · 20 min · core
#
# Most networks are chains: what one layer gives, the next one takes. A plain function of one Tensor may be a link too.
#
# | | |
# | --- | --- |
# | `Sequential(a, b, c)(x)` | `c(b(a(x)))`; with no layers `x` itself |
# | `model.append(d)` | puts `d` at the end, and gives the model itself |
# | `len(model)`, `for layer in model` | as for a list |
# | `model[1]`, `model[-1]` | the layer; an `IndexError` where there is none |
# | `model[1:3]` | a new `Sequential` of the same layers, not copies |
# | names of parameters | as in PyTorch: `0.weight`, `2.bias` |
# | a class, as in `Sequential(ReLU)` | a `TypeError` that says `ReLU()`, from `append` too |
# | what cannot be called, as a list of layers | a `TypeError` that says `Sequential(*layers)` |


# %% nbgrader={"grade": false, "grade_id": "03-sequential-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Sequential(Module):
    """A chain of layers and other functions of one Tensor: Sequential(a, b, c)(x) is c(b(a(x))).

    >>> model = Sequential(Linear(3, 4, rng=0), abs)
    >>> len(model.append(Linear(4, 2)))
    3
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *layers):
        """Make a chain of these layers."""
        ### BEGIN SOLUTION
        for layer in layers:
            self.append(layer)
        ### END SOLUTION

    def append(self, layer):
        """Put a layer at the end; return the chain."""
        ### BEGIN SOLUTION
        if isinstance(layer, type):
            raise TypeError(f"layer {len(self)} is a class: write {layer.__name__}()")
        if not callable(layer):
            raise TypeError(f"layer {len(self)}, a {type(layer).__name__}, cannot be called: write Sequential(*layers)")
        setattr(self, str(len(self)), layer)
        return self
        ### END SOLUTION

    def __iter__(self):
        """Go through the layers, from first to last."""
        ### BEGIN SOLUTION
        return iter([value for name, value in vars(self).items() if name.isdigit()])
        ### END SOLUTION

    def __len__(self):
        """Count the layers."""
        ### BEGIN SOLUTION
        return sum(1 for _ in self)
        ### END SOLUTION

    def __getitem__(self, index):
        """Return a layer for a number, a chain of the same layers for a slice."""
        ### BEGIN SOLUTION
        layers = list(self)
        return Sequential(*layers[index]) if isinstance(index, slice) else layers[index]
        ### END SOLUTION

    def forward(self, x):
        """Send x through all layers."""
        ### BEGIN SOLUTION
        for layer in self:
            x = layer(x)
        return x
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-sequential", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def plus_one(x):
    return x + 1.0


def doubled(x):
    return x * 2.0


def appended(layer, *layers):
    model = Sequential(*layers)
    return [model.append(layer) is model, len(model), model[-1] is layer, model(START).data.tolist()]


def error_of(call):
    try:
        call()
    except Exception as error:
        return type(error).__name__


START, MIDDLE, MIDDLE_2 = Tensor([1.5, -2.0, 4.0], requires_grad=True), Linear(3, 5, rng=7), Linear(5, 4)
NAMES = ["0.weight", "0.bias", "2.weight", "2.bias"]
TWELVE = [plus_one, *[doubled] * 5, plus_one, *[doubled] * 5]
check(lambda: Sequential(plus_one, doubled)(START), Tensor([5.0, -2.0, 10.0]), "c(b(a(x)))")
check(lambda: Sequential(plus_one, doubled, plus_one)(START), Tensor([6.0, -1.0, 11.0]), "one function may come twice")
check(lambda: Sequential()(START), Tensor(START.data), "with no layers")
check(lambda: Sequential(Sequential(doubled), plus_one)(START), Tensor([4.0, -3.0, 9.0]), "a chain is a layer too")
check(lambda: list(Sequential(plus_one, MIDDLE, doubled)) == [plus_one, MIDDLE, doubled], True, "for layer in model")
check(lambda: [len(Sequential(*[doubled] * count)) for count in (0, 1, 12)], [0, 1, 12], "len(model)")
check(lambda: [len(Sequential(plus_one, doubled).eval()), len(Sequential(plus_one).train())], [2, 1], "len, after eval")
check(lambda: Sequential(plus_one, MIDDLE)[1] is MIDDLE, True, "model[1]")
check(lambda: Sequential(MIDDLE, plus_one)[-2] is MIDDLE, True, "model[-2]")
check(lambda: Sequential(plus_one, MIDDLE, doubled)[1:][0] is MIDDLE, True, "the same layers, not copies")
check(lambda: Sequential(*TWELVE)[1:-2](START), Tensor((START.data * 2**5 + 1) * 2**3), "a new Sequential, in order")
check(lambda: names_of(Sequential(plus_one, MIDDLE)[1:].named_parameters()), NAMES[:2], "a new Sequential")
check(lambda: error_of(lambda: Sequential(plus_one, doubled)[2]), "IndexError", "an IndexError where there is none")
check(lambda: names_of(Sequential(MIDDLE, abs, MIDDLE_2).named_parameters()), NAMES, "as in PyTorch")
check(lambda: remembers(Sequential(MIDDLE, ReLU())(START), x=START, w=MIDDLE.weight), ["x", "w"], "`.data`")
check(lambda: repr(Sequential(Sequential(Dropout()))).split("\n")[1:3], ["  (0): Sequential(", "    (0): Dropout(p=0.5)"])
check(lambda: appended(doubled, plus_one), [True, 2, True, [5.0, -2.0, 10.0]], "append gives the model itself")
check(lambda: appended(plus_one), [True, 1, True, [2.5, -1.0, 5.0]], "append to an empty chain")
check(lambda: names_of(Sequential(plus_one).append(MIDDLE).named_parameters()), ["1.weight", "1.bias"], "appended, too")
check(lambda: len(Sequential(*TWELVE)[::3]), 4, "a slice with a step")
check(lambda: error_of(lambda: Sequential(plus_one, doubled)[-3]), "IndexError", "an IndexError where there is none")
raises(lambda: Sequential(MIDDLE, ReLU), TypeError, says=["ReLU()"])
raises(lambda: Sequential().append(ReLU), TypeError, says=["ReLU()"])
raises(lambda: Sequential().append([plus_one]), TypeError, says=["Sequential(*layers)"])
raises(lambda: Sequential([plus_one, doubled]), TypeError, says=["Sequential(*layers)"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `members` names a part after its attribute. What must the attribute of the first layer be called, so that its weight is
# `0.weight`?
# </details>
# <details><summary>Hint 2</summary>
#
# `setattr(self, "0", layer)` makes such an attribute, and `"0".isdigit()` finds it in `vars(self)`. A list understands
# numbers and slices: `isinstance(index, slice)`.
# </details>

# %% [markdown]
# ## 7. Save and load
#
# ### 03-state · write · 20 min · core
#
# To save a model is to save its numbers under their names: all Parameters, and all **buffers**, Tensors that are saved
# and never trained (see `register_buffer`). `model.state_dict()` calls your `read_state`, and
# `model.load_state_dict(state)` your `write_state`.
#
# | | |
# | --- | --- |
# | `read_state` | gives a dict of arrays that stay as they are while the model goes on learning |
# | `write_state` | writes by name into the arrays that the model has; they keep their dtype, and afterwards share no memory with `state` |
# | names and shapes | must be exactly the model's, else a `ValueError` names *every* missing name, every unexpected one, and every wrong shape beside the right one |
# | a refused state | has changed nothing |


# %% nbgrader={"grade": false, "grade_id": "03-state-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def read_state(module):
    """Copies of all parameters and buffers of a module: {dotted name: array}.

    >>> {name: array.shape for name, array in read_state(Linear(3, 2)).items()}
    {'weight': (2, 3), 'bias': (2,)}
    """
    ### BEGIN SOLUTION
    return {name: tensor.data.copy() for name, tensor in module.named_parameters() + module.named_buffers()}
    ### END SOLUTION


def write_state(module, state):
    """Copy such numbers into the module's own arrays; a ValueError, and no change, if they do not fit."""
    ### BEGIN SOLUTION
    own = {name: tensor.data for name, tensor in module.named_parameters() + module.named_buffers()}
    problems = [f"missing {name!r}" for name in own if name not in state]
    problems += [f"unexpected {name!r}" for name in state if name not in own]
    for name in own:
        if name in state and np.shape(state[name]) != own[name].shape:
            problems.append(f"{name!r} has shape {np.shape(state[name])} instead of {own[name].shape}")
    if problems:
        raise ValueError(f"this state does not fit {type(module).__name__}: {'; '.join(problems)}")
    for name, array in own.items():
        array[...] = state[name]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-state", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
class Gauge(Module):
    def __init__(self):
        self.parts = [Linear(3, 2, rng=1)]
        self.register_buffer("seen", [0.5, -1.0, 4.0, 2.0])


def loaded(state):
    """A Gauge that has taken over a state, and the arrays that it had before."""
    gauge = Gauge()
    arrays = [gauge.parts[0].weight.data, gauge.parts[0].bias.data, gauge.seen.data]
    write_state(gauge, state)
    return gauge, arrays


def after_refusal(state):
    gauge = Gauge()
    error_of(lambda: write_state(gauge, state))
    return gauge.parts[0].weight


WEIGHTS, BIASES = np.array([[3.0, -1.5, 0.25], [8.0, 2.5, -4.0]]), np.array([6.0, -7.0])
SEEN = np.array([9.0, 1.0, 5.0, 3.5])
NEW = {"parts.0.weight": WEIGHTS, "parts.0.bias": BIASES, "seen": SEEN}  # in float64
IN_FLOAT32, ONE_COLUMN = {k: a.astype("f4") for k, a in NEW.items()}, {**NEW, "parts.0.weight": WEIGHTS[:, :1]}
WITHOUT_SEEN, WITH_MORE = {"parts.0.weight": WEIGHTS, "parts.0.bias": BIASES}, {**NEW, "sene": SEEN}
ONE_NUMBER, ROW_FOR_BIAS = {**NEW, "seen": SEEN[:1]}, {**NEW, "parts.0.bias": BIASES[None]}
ALL_WRONG = {"seen": SEEN[:3], "sene": SEEN, "seem": SEEN}
EACH = ["sene", "seem", "parts.0.weight", "parts.0.bias", "seen", "(3,)"]
TRANSPOSED = {**NEW, "parts.0.weight": WEIGHTS.T, "seen": SEEN[:3]}
OLD = Gauge()
check(lambda: sorted(read_state(Gauge())), ["parts.0.bias", "parts.0.weight", "seen"], "all Parameters and all buffers")
check(lambda: read_state(Gauge())["seen"], np.float32([0.5, -1.0, 4.0, 2.0]), "a dict of arrays")
check(lambda: read_state(OLD)["parts.0.weight"], OLD.parts[0].weight.data, "a dict of arrays")
check(lambda: np.shares_memory(read_state(OLD)["parts.0.weight"], OLD.parts[0].weight.data), False, "stay as they are")
check(lambda: np.shares_memory(read_state(OLD)["seen"], OLD.seen.data), False, "stay as they are")
check(lambda: loaded(NEW)[0].parts[0].weight, Tensor(WEIGHTS), "the numbers arrive")
check(lambda: loaded(NEW)[0].seen, Tensor(SEEN), "buffers too")
check(lambda: loaded(dict(reversed(NEW.items())))[0].seen, Tensor(SEEN), "by their names, in any order")
check(lambda: [array.dtype.name for array in loaded(NEW)[1]], ["float32"] * 3, "they keep their dtype")
check(lambda: [array.sum() for array in loaded(NEW)[1]], [8.25, -1.0, 18.5], "into the arrays that the model has")
check(lambda: np.shares_memory(loaded(IN_FLOAT32)[0].seen.data, IN_FLOAT32["seen"]), False, "share no memory with state")
check(lambda: [loaded(NEW)[0].seen.dtype.name, NEW["seen"].dtype.name], ["float32", "float64"], "`state` stays as it is")
raises(lambda: write_state(Gauge(), WITHOUT_SEEN), ValueError, says=["seen"], lacks=["parts"])
raises(lambda: write_state(Gauge(), WITH_MORE), ValueError, says=["sene"], lacks=["parts"])
raises(lambda: write_state(Gauge(), ONE_NUMBER), ValueError, says=["seen", "(1,)", "(4,)"], lacks=["parts"])
raises(lambda: write_state(Gauge(), ROW_FOR_BIAS), ValueError, says=["parts.0.bias", "(1, 2)", "(2,)"])
raises(lambda: write_state(Gauge(), ONE_COLUMN), ValueError, says=["parts.0.weight", "(2, 1)", "(2, 3)"])
raises(lambda: write_state(Gauge(), ALL_WRONG), ValueError, says=EACH)
raises(lambda: write_state(Gauge(), TRANSPOSED), ValueError, says=["(3, 2)", "(2, 3)", "(3,)", "(4,)"])
check(lambda: after_refusal(ONE_NUMBER), Tensor(OLD.parts[0].weight.data), "a refused state")
check(lambda: after_refusal(WITH_MORE), Tensor(OLD.parts[0].weight.data), "a refused state")
check(lambda: after_refusal(WITHOUT_SEEN), Tensor(OLD.parts[0].weight.data), "a refused state")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does `array[...] = new` do that `tensor.data = new` does not? And what does NumPy do with a `new` of shape `(1,)`?
# </details>
# <details><summary>Hint 2</summary>
#
# Collect complaints in a list: names that only the model has, names that only `state` has, shapes. Raise if there are
# any; only then write.
# </details>

# %% [markdown]
# **Why?** Why does `write_state` fill the arrays that are there, rather than give each Parameter the array from the file?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# Others may hold the same array: an optimizer, or a view of a part of it. They would go on with the old numbers. And
# the model's dtype would silently become that of the file, here float16.
# </details>

# %% [markdown]
# ## 8. Your reader
#
# Now the network for the file. These are its names and shapes:

# %% nbgrader={"grade": false, "grade_id": "03-share", "locked": true, "schema_version": 3, "solution": false, "task": false}
for name, array in FILE.items():
    print(f"{name:15s} {array.shape}", end="\n" if name.endswith("bias") else "     ")


def share_right(reader):
    """The share of the pictures that a network reads right."""
    return float((reader(PICTURES).data.argmax(axis=1) == DIGITS).mean())


# %% [markdown]
# ### 03-reader · write · 15 min · core
#
# Write `Reader`, with a `body` and a `head`, so that pictures `(N, 8, 8)` become scores `(N, 10)`. The names tell what is
# where: a number left out belongs to a layer without parameters. In front of the first `Linear` pictures become
# rows; behind every `Linear` of the body comes a `ReLU`; last in the body, 17, is a `Dropout` with `p = 0.5`. One
# generator draws for all layers, so that no two start alike.


# %% nbgrader={"grade": false, "grade_id": "03-reader-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Reader(Module):
    """A reader of pictures (N, 8, 8): scores (N, 10)."""

    def __init__(self, rng=None):
        """Make body and head."""
        ### BEGIN SOLUTION
        rng = np.random.default_rng(rng)
        layers = [Flatten()]
        for inputs in [64] + [32] * 7:
            layers += [Linear(inputs, 32, rng=rng), ReLU()]
        self.body = Sequential(*layers, Dropout(0.5, rng=rng))
        self.head = Linear(32, 10, rng=rng)
        ### END SOLUTION

    def forward(self, pictures):
        """Send pictures through both."""
        ### BEGIN SOLUTION
        return self.head(self.body(pictures))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-reader", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def kinds(reader):
    return [type(layer).__name__ for layer in reader.body]


def names_and_shapes(state):
    return [f"{name} {array.shape}" for name, array in state.items()]


def after_loading(mode):
    reader = Reader(rng=0)
    reader.load_state_dict(FILE)
    return reader.train(mode)


def scores_of(reader):
    return reader(PICTURES).data


def what_it_remembers(reader):
    return len(remembers(reader(PICTURES[:3]), **dict(reader.named_parameters())))


check(lambda: names_and_shapes(Reader().state_dict()), names_and_shapes(FILE), "the names and shapes above")
check(lambda: kinds(Reader()), ["Flatten", *["Linear", "ReLU"] * 8, "Dropout"], "what is where")
check(lambda: scores_of(Reader()).shape, (355, 10), "scores (N, 10)")
check(lambda: Reader().body[17].p, 0.5, "a Dropout with p = 0.5")
check(lambda: scores_of(Reader(3)).min() < 0, True, "scores, not probabilities")
check(lambda: share_right(after_loading(False)) > 0.97, True, "pictures become scores, by way of body and head")
check(lambda: np.array_equal(*map(scores_of, [after_loading(True)] * 2)), False, "in training the Dropout takes part")
check(lambda: what_it_remembers(Reader()), 18, "all 18 parameters take part")
check(lambda: np.array_equal(scores_of(Reader(3)), scores_of(Reader(3))), True, "one generator, for the Dropout too")
check(lambda: np.array_equal(Reader(3).body[3].weight.data, Reader(3).body[5].weight.data), False, "no two start alike")
check(lambda: np.array_equal(Reader(3).head.weight.data, Reader(4).head.weight.data), False, "the head, too")
check(lambda: np.array_equal(Reader(3).body[1].weight.data, Reader(4).body[1].weight.data), False, "the first, too")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which number has the first `Linear`, and what must then stand at 0? How many inputs has it, and how many have the
# other seven?
# </details>
# <details><summary>Hint 2</summary>
#
# Make a list in a loop, then `Sequential(*layers, Dropout(...))`. If all layers get the number `rng`, each starts from the
# same seed; `np.random.default_rng(rng)` makes one generator.
# </details>

# %% [markdown]
# ### 03-left-on · predict · 3 min · core
#
# Everybody forgets `eval()` once. What share of the pictures does your loaded reader then get right, with half of the
# last 32 numbers thrown away?

# %% nbgrader={"grade": false, "grade_id": "03-left-on-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
left_on = 0.6
### STUB left_on = ...  # between 0 and 1
### END SOLUTION

# %%
reader = Reader(rng=0)
print(f"before loading:            {share_right(reader.eval()):.1%} right")
reader.load_state_dict(FILE)
IN_USE, LEFT_ON = share_right(reader), float(np.mean([share_right(reader.train()) for _ in range(20)]))
print(f"loaded, in eval mode:      {IN_USE:.1%} right")
predict(left_on, LEFT_ON, "loaded, in training mode")
check(lambda: 0.9 < LEFT_ON < IN_USE - 0.01, True, "what the text says: three percent")

# %% [markdown]
# The number of section 1 has come home: 11 % from loose arrays, 97.7 % from the same file with owners and names. And a
# forgotten `eval()` breaks nothing: it costs three percent, which nobody notices. So look at the mode when a network is
# a little worse than it should be.

# %%
said = reader.eval()(PICTURES).data.argmax(axis=1)
some = [*np.flatnonzero(said == DIGITS)[:5], *np.flatnonzero(said != DIGITS)[:5]]
show_pictures(list(PICTURES.data[some]), [f"{DIGITS[i]}, read as {said[i]}" for i in some])
print(reader)

# %% [markdown]
# ### 03-level · write · 15 min · challenge
#
# The module is complete without it. `variance_to_keep` is for ReLU; other functions need another. Rather than derive
# each, measure (Mishkin and Matas, 2016): send data through a `Sequential`, and at each `Linear` set its bias to 0 and
# scale its weight, so that what it gives has size 1, before you go on. Change the arrays in place.


# %% nbgrader={"grade": false, "grade_id": "03-level-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def level(model, x):
    """Scale the weights of a Sequential's Linear layers, biases 0, so that each gives numbers of size 1 for the Tensor x."""
    ### BEGIN SOLUTION
    for layer in model:
        if isinstance(layer, Linear):
            layer.bias.data[...] = 0
            layer.weight.data /= np.sqrt((layer(x).data ** 2).mean())
        x = layer(x)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-level", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def sizes_in(function):
    """The size behind each Linear of a levelled chain; and whether its arrays are still the same."""
    model = Sequential(*(layer for seed in range(12) for layer in (Linear(60, 60, rng=seed), function)))
    arrays = [parameter.data for parameter in model.parameters()]
    level(model, NOISE)
    x, found = NOISE, []
    for layer in model:
        x = layer(x)
        found += [float((x.data**2).mean() ** 0.5)] if isinstance(layer, Linear) else []
    return [*found, all(p.data is array for p, array in zip(model.parameters(), arrays, strict=True))]


NOISE = Tensor(3 * np.random.default_rng(0).normal(size=(70, 60)))
check(lambda: sizes_in(ReLU())[:-1], [1.0] * 12, "size 1 behind each Linear", tolerance=1e-3)
check(lambda: sizes_in(Tanh())[:-1], [1.0] * 12, "measured, for any function", tolerance=1e-3)
check(lambda: sizes_in(GELU())[:-1], [1.0] * 12, "measured, for any function", tolerance=1e-3)
check(lambda: sizes_in(Tanh())[-1], True, "change the arrays in place")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# If a layer gives numbers of size 0.4, by what must its weight be divided? And what goes into the next layer: the
# numbers of before or of after?
# </details>
# <details><summary>Hint 2</summary>
#
# `for layer in model`, `isinstance(layer, Linear)`, then `layer.weight.data /= ...`, and in any case `x = layer(x)`.
# </details>

# %% [markdown]
# ## What you have now
#
# Layers that own their parameters, a base class that finds each of them in any tree, and a network that reads. Module 04
# measures how wrong it is; module 05 finds, along the notes that your layers leave, which way each parameter must move.

# %% [markdown]
# In a terminal: `tito module complete 03`
