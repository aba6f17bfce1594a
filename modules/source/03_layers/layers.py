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
# A tensor holds numbers and an activation bends them. A **layer** does what neither can: it *owns* numbers
# that training will change. Those numbers are its **parameters**.
#
# In this module you build `Linear`, `Dropout`, `Flatten` and `Sequential`, and the base class `Module` under
# them. Every network of this course, from the perceptron to the GPT, is a subclass of the `Module` that you
# finish here.
#
# You need modules 01 (`Tensor`) and 02 (activations). A test cell that stays silent has passed.

# %% nbgrader={"grade": false, "grade_id": "03-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import math

import numpy as np

from tinytorch.tensor import Tensor

# %% nbgrader={"grade": false, "grade_id": "03-setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import io
import time

import matplotlib.pyplot as plt

from tinytorch.activations import ReLU, Tanh
from tinytorch.tensor import no_grad

np.set_printoptions(precision=3, suppress=True)


def refusal(call):
    """Run call() and return the text of the ValueError that it raises, or None if it raises nothing."""
    try:
        call()
    except ValueError as error:
        return str(error)
    except (AssertionError, LookupError, TypeError, AttributeError) as error:
        raise AssertionError(f"Expected a ValueError with a message; this came instead: {error!r}") from error
    return None


# %% [markdown]
# ## 1. One layer, number by number
#
# A **linear layer** takes `in_features` numbers per example and returns `out_features` numbers. Each output
# is a weighted sum of all inputs, plus a constant called the **bias**:
#
# $$y_{no} = \sum_i x_{ni}\, w_{oi} + b_o$$
#
# Here $n$ counts examples, $i$ inputs and $o$ outputs. Our running example has a batch of 2 examples, 3
# inputs and 2 outputs. The loops below follow the formula letter by letter.


# %% nbgrader={"grade": false, "grade_id": "03-oracle", "locked": true, "schema_version": 3, "solution": false, "task": false}
def linear_by_loops(x, weight, bias):
    """The formula as loops: x (batch, in), weight (out, in), bias (out,) -> (batch, out)."""
    batch, in_features = x.shape
    out_features = weight.shape[0]
    y = np.zeros((batch, out_features))
    for n in range(batch):
        for o in range(out_features):
            total = float(bias[o])
            for i in range(in_features):
                total += float(x[n, i]) * float(weight[o, i])
            y[n, o] = total
    return y


# %%
x_example = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]], dtype=np.float32)  # (batch 2, in 3)
w_example = np.array([[1.0, 0.0, 1.0], [0.5, -1.0, 0.0]], dtype=np.float32)  # (out 2, in 3)
b_example = np.array([0.0, 10.0], dtype=np.float32)  # (out 2,)

print("by loops:\n", linear_by_loops(x_example, w_example, b_example))
print("example 0, output 1:  0.5*1 - 1*2 + 0*3 + 10 =", 0.5 * 1 - 1 * 2 + 0 * 3 + 10)

# %% [markdown]
# The triple loop is a matrix product. Row $o$ of the weight holds the weights of output $o$, so the weight
# has shape `(out_features, in_features)`, as in PyTorch. The product needs the inputs on the inner axis of
# both sides, hence the transpose:
#
# $$\underset{(2,\,2)}{y} \;=\; \underset{(2,\,3)}{x}\;\underset{(3,\,2)}{W^T} \;+\; \underset{(2,)}{b}$$

# %%
x = Tensor(x_example)
y = x @ Tensor(w_example).T + Tensor(b_example)  # (2, 3) @ (3, 2) + (2,) -> (2, 2)

print("shapes:", x.shape, "@", w_example.T.shape, "+", b_example.shape, "->", y.shape)
print(y.numpy())
assert np.allclose(y.numpy(), linear_by_loops(x_example, w_example, b_example)), "the two ways must agree"

# %% [markdown]
# ## 2. Parameter: a Tensor that training may change
#
# `x` and `weight` are both Tensors, but they play different roles. Data comes and goes with each batch. A
# weight stays, and training changes it. A framework must tell the two apart, and PyTorch's answer is a
# subclass with nothing new in it but its type: `Parameter`.
#
# Two details matter. A Parameter always asks for a gradient. And it *copies* what it is given, so that two
# Parameters made from one array never change each other by accident.


# %% nbgrader={"grade": false, "grade_id": "03-parameter", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Parameter(Tensor):
    """A Tensor that belongs to a layer and that training changes in place, through its `.data`.

    It holds its own copy of `data` and always requires a gradient. Whole numbers become float32, because a
    gradient step changes a parameter by fractions.

    >>> Parameter([1, 2]).requires_grad
    True
    """

    def __init__(self, data, dtype=None):
        array = np.array(data.data if isinstance(data, Tensor) else data, dtype=dtype)  # always a copy
        super().__init__(array, dtype=dtype if array.dtype.kind == "f" else np.float32, requires_grad=True)

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"


# %%
weight = Parameter(w_example)
result = x @ weight.T
print("weight:", type(weight).__name__, " requires_grad:", weight.requires_grad)
print("result:", type(result).__name__, "    requires_grad:", result.requires_grad)
print("the result was made by:", result.origin[0])

# %% [markdown]
# The result of an operation is a plain Tensor: it is computed, not owned. But it remembers that a Parameter
# went into it. Module 05 will walk back along these notes to find the gradient.
#
# ## 3. A model is a tree
#
# A model holds layers, and a layer may hold layers. An optimizer needs one flat list of all parameters. We
# read it off the objects' attributes.
#
# `members()` below lists what an object holds **directly**. It looks into lists, tuples and dicts: a layer
# that is overlooked would never be trained, and no error would say so.

# %% nbgrader={"grade": false, "grade_id": "03-node", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def _unpack(name, value):
    """List the (name, part) pairs in an attribute's value: itself, or what a container holds."""
    if isinstance(value, (Parameter, Node)):
        return [(name, value)]
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return []
    return [pair for key, item in items for pair in _unpack(f"{name}.{key}", item)]


class Node:
    """Anything that keeps Parameters and other Nodes in its attributes."""

    def members(self):
        """Return [(name, part), ...] for what is held directly, in the order of assignment."""
        return [pair for name, value in vars(self).items() for pair in _unpack(name, value)]


# %% nbgrader={"grade": false, "grade_id": "03-tower", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Block(Node):
    def __init__(self, start):
        self.scale = Parameter([start])
        self.note = "a text is no part"


class Tower(Node):
    def __init__(self):
        self.blocks = [Block(1.0), Block(2.0)]
        self.bias = Parameter([0.5])


tower = Tower()
print("tower holds: ", [name for name, _ in tower.members()])
print("block 0 holds:", [name for name, _ in tower.blocks[0].members()])

# %% [markdown]
# ### Exercise 03.tree: find every part
#
# `members()` sees one level. `named_parts(root)` must see all of them. For the tower it returns six pairs,
# each name being the path from the root, joined by dots:
#
# | name | part |
# | --- | --- |
# | `""` | the tower itself |
# | `blocks.0` | the first Block |
# | `blocks.0.scale` | its Parameter |
# | `blocks.1` | the second Block |
# | `blocks.1.scale` | its Parameter |
# | `bias` | the tower's own Parameter |
#
# Two layers may share one weight, and an optimizer that met it twice would take two steps with it. So we need
# to know whether two names mean the same **object**. `==` cannot tell us, because it compares values. `id()`
# can: it is a number that no two living objects share.

# %%
one, same, equal = tower.bias, tower.bias, Parameter([0.5])
print("one == same: ", (one == same).numpy(), "  same id:", id(one) == id(same))
print("one == equal:", (one == equal).numpy(), "  same id:", id(one) == id(equal))

# %% [markdown]
# Three rules:
#
# 1. A part comes before what it holds, and members come in the order of `members()`.
# 2. Each **object** appears once, under the first name that reaches it. Two different Parameters with equal
#    values both appear.
# 3. A child may point back to its parent. The search must still end. (Rule 2 gives you this for free.)


# %% nbgrader={"grade": false, "grade_id": "03-tree-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def named_parts(root):
    """Return [(dotted name, part), ...] for root and each Node and Parameter below it, each object once.

    The root's own name is "". A Parameter holds nothing: only a Node has `members()`.

    Example: [name for name, _ in named_parts(tower)]
        -> ["", "blocks.0", "blocks.0.scale", "blocks.1", "blocks.1.scale", "bias"]

    About 9 lines. A function inside this one that calls itself is a good way.
    """
    ### BEGIN SOLUTION
    found, seen = [], set()

    def visit(name, part):
        if id(part) in seen:
            return
        seen.add(id(part))
        found.append((name, part))
        if isinstance(part, Node):
            for key, member in part.members():
                visit(f"{name}.{key}" if name else key, member)

    visit("", root)
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-tree", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
test_tower = Tower()
names = [name for name, _ in named_parts(test_tower)]
expected = ["", "blocks.0", "blocks.0.scale", "blocks.1", "blocks.1.scale", "bias"]
assert names == expected, (
    f"Expected the names {expected}, got {names}. Look at the order and at how names are joined."
)
assert len(named_parts(test_tower)) == 6, "A second call gives the same list: keep nothing between calls."
parts = dict(named_parts(test_tower))
assert parts["blocks.1.scale"] is test_tower.blocks[1].scale, "Return the part itself, not a copy of it."

shared = Tower()
shared.blocks[1].scale = shared.blocks[0].scale
names = [name for name, _ in named_parts(shared)]
assert "blocks.1.scale" not in names, (
    f"A shared Parameter must appear once, under its first name; got {names}."
)

equal = Tower()
equal.blocks[1].scale = Parameter([1.0])
count = len(named_parts(equal))
assert count == 6, (
    f"Two Parameters with equal values are two objects: expected 6 parts, got {count}. Compare ids."
)
### BEGIN HIDDEN TESTS
deep = Tower()
deep.blocks[0].inner = {"left": Block(3.0), "right": (Block(4.0), Parameter([1.0]))}
names = [name for name, _ in named_parts(deep)]
expected = [
    "",
    "blocks.0",
    "blocks.0.scale",
    "blocks.0.inner.left",
    "blocks.0.inner.left.scale",
    "blocks.0.inner.right.0",
    "blocks.0.inner.right.0.scale",
    "blocks.0.inner.right.1",
    "blocks.1",
    "blocks.1.scale",
    "bias",
]
assert names == expected, f"Expected {expected} for three levels, got {names}."
deep.blocks[0].parent = deep
assert len(named_parts(deep)) == 11, (
    "A child that points to its parent adds no part and must not loop for ever."
)
same_block = Tower()
same_block.blocks = [same_block.blocks[0]] * 3
count = len(named_parts(same_block))
assert count == 4, f"One Block held three times is one Block: expected 4 parts, got {count}."
assert [name for name, _ in named_parts(Node())] == [""], "A Node without members has one part: itself."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Write `visit(name, part)`. It stops when `id(part)` is in a set of ids seen. Otherwise it notes the pair and
# calls itself for each member. The name of a member is `key` below the root, and `name + "." + key`
# everywhere else. Make the list and the set inside `named_parts`, so that each call starts afresh.
#
# </details>

# %% [markdown]
# ## 4. Module: the base of every layer
#
# `Module` is a `Node` that can also be called, switched, saved and printed. First come the questions that
# your `named_parts` answers: which modules, which children, which parameters. (`_shown` and `__repr__` print
# the tree.)


# %% nbgrader={"grade": false, "grade_id": "03-listing", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Tree(Node):
    """What a Module can say about its tree: lists in the order of assignment, each object once."""

    def named_modules(self):
        """Return [(dotted name, module), ...] for this module, whose name is "", and all modules below it."""
        return [(name, part) for name, part in named_parts(self) if isinstance(part, Node)]

    def modules(self):
        """Return this module and all modules below it."""
        return [module for _, module in self.named_modules()]

    def children(self):
        """Return the modules that this one holds directly."""
        return list({id(part): part for _, part in self.members() if isinstance(part, Node)}.values())

    def named_parameters(self):
        """Return [(dotted name, Parameter), ...] of the whole tree."""
        return [(name, part) for name, part in named_parts(self) if isinstance(part, Parameter)]

    def parameters(self):
        """Return the Parameters of the whole tree: the list that an optimizer wants."""
        return [parameter for _, parameter in self.named_parameters()]

    def extra_repr(self):
        """Return what a layer wants to show between its parentheses; subclasses override this."""
        return ""

    def _shown(self):
        return [(name, part) for name, part in self.members() if isinstance(part, Node)]

    def __repr__(self):
        lines = "".join(f"\n({name}): {part!r}" for name, part in self._shown()).replace("\n", "\n  ")
        return f"{type(self).__name__}({self.extra_repr()}{lines}" + ("\n)" if lines else ")")


# %%
class Garden(_Tree):
    def __init__(self):
        self.towers = [tower]
        self.weight = Parameter([[1.0, 2.0]])


garden = Garden()
print("parameters:", {name: parameter.shape for name, parameter in garden.named_parameters()})
print("children:", [type(child).__name__ for child in garden.children()], "  modules:", len(garden.modules()))

# %% [markdown]
# ### Exercise 03.module: switches for a whole tree
#
# Calling a module runs the `forward` of its subclass. Two methods are yours:
#
# - `zero_grad()` sets `grad` of **every** parameter to `None`. Gradients add up over calls of `backward`, so
#   each step starts by clearing the old ones.
# - `train(mode)` sets `training` on this module and **every** module below it, and returns the module itself.
#   `eval()` is `train(False)`.
#
# A **buffer** is an array that is saved with the model but never trained. `read_state` and `write_state` come
# in exercise 03.state. Unlike PyTorch's, this class needs no `super().__init__()`.

# %% nbgrader={"grade": false, "grade_id": "03-module-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Module(_Tree):
    """Base class of every layer and model: a subclass assigns its parts to `self` and writes `forward`."""

    training = True  # class attributes: a subclass need not call super().__init__()
    _buffer_names = ()

    def forward(self, x):
        raise TypeError(f"{type(self).__name__} has no forward method: define forward(self, x).")

    def __call__(self, *inputs, **options):
        return self.forward(*inputs, **options)

    def zero_grad(self):
        """Set the gradient of every parameter in the tree to None. One or two lines."""
        ### BEGIN SOLUTION
        for parameter in self.parameters():
            parameter.grad = None
        ### END SOLUTION

    def train(self, mode=True):
        """Set `training` to mode on every module of the tree; return self. About three lines."""
        ### BEGIN SOLUTION
        for module in self.modules():
            module.training = mode
        return self
        ### END SOLUTION

    def eval(self):
        return self.train(False)

    def register_buffer(self, name, array):
        """Keep a copy of array as attribute `name`: saved with the model, but not a parameter."""
        setattr(self, name, np.array(array.data if isinstance(array, Tensor) else array))
        self._buffer_names = (*(n for n in self._buffer_names if n != name), name)

    def state_dict(self):
        return read_state(self)

    def load_state_dict(self, state):
        write_state(self, state)


# %% nbgrader={"grade": true, "grade_id": "03-module", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
class Leaf(Module):
    def __init__(self):
        self.weight = Parameter([1.0, 2.0])


class Plant(Module):
    def __init__(self):
        self.leaves = [Leaf(), Leaf()]
        self.bias = Parameter([0.0])


plant = Plant()
for parameter in plant.parameters():
    parameter.grad = np.ones_like(parameter.data)
plant.zero_grad()
left = [name for name, parameter in plant.named_parameters() if parameter.grad is not None]
assert not left, f"After zero_grad every grad must be None, not zeros; these still hold something: {left}."

returned = plant.eval()
modes = [module.training for module in plant.modules()]
assert modes == [False] * 3, (
    f"After eval() training must be False on the module and on all below it; got {modes}."
)
assert returned is plant, (
    "train and eval return the module itself, so that model.eval() can stand in an expression."
)
plant.train()
modes = [module.training for module in plant.modules()]
assert modes == [True] * 3, f"After train() training must be True everywhere; got {modes}."
### BEGIN HIDDEN TESTS
nested = Plant()
nested.leaves[0].deeper = Plant()
nested.train(False)
modes = [module.training for module in nested.modules()]
assert modes == [False] * 6, f"train(False) must reach every level; got {modes}."
nested.leaves[0].train()
modes = [module.training for module in nested.modules()]
assert sum(modes) == 4, f"train() of a part must not touch its parent or its neighbour; got {modes}."
assert Plant().training is True, "The mode belongs to one object: a new module must start in training mode."
nested.leaves[0].deeper.leaves[1].weight.grad = np.ones(2)
nested.zero_grad()
assert nested.leaves[0].deeper.leaves[1].weight.grad is None, (
    "zero_grad must reach parameters three levels down."
)
assert Module().train() is not None, "A module without parts can be switched too, and train returns it."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Loop over `self.parameters()` in the one and over `self.modules()` in the other. `self` is itself in
# `self.modules()`, so it needs no line of its own. Do not forget `return self`.
#
# </details>

# %% [markdown]
# ## 5. Linear
#
# Which numbers should a fresh weight hold? Not zeros: all outputs would be equal, get equal gradients, and
# stay equal for ever. So they are random. But how large?
#
# An output sums `fan_in` terms, one for each input. With random signs, a sum of $n$ terms grows like
# $\sqrt{n}$. To keep the output from growing with the number of inputs, the weights must shrink like
# $1/\sqrt{n}$. The next cell shows it.

# %%
rng = np.random.default_rng(0)
print("inputs   spread of the output with weights in [-1, 1]   ... divided by sqrt(inputs)")
for fan_in in [1, 100, 10000]:
    inputs = rng.standard_normal((500, fan_in))
    raw = rng.uniform(-1, 1, fan_in)
    print(f"{fan_in:6d}   {(inputs @ raw).std():30.2f}   {(inputs @ (raw / math.sqrt(fan_in))).std():31.2f}")

# %% [markdown]
# ### Exercise 03.init: the first weights
#
# PyTorch's `Linear` draws its weights **and** its bias from a uniform distribution:
#
# $$w \sim U\!\left[-\frac{1}{\sqrt{\text{fan\_in}}},\; +\frac{1}{\sqrt{\text{fan\_in}}}\right]$$
#
# A uniform distribution on $[-a, a]$ has the variance $a^2/3$, so here
# $\text{Var}(w) = 1/(3\,\text{fan\_in})$. Section 9 puts this choice to the test in a deep network, next to
# the one of He et al. (2015), known as Kaiming initialization.
#
# Draw from the generator `rng` that you are given. Then the same seed gives the same network.


# %% nbgrader={"grade": false, "grade_id": "03-init-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def uniform_fan_in(shape, fan_in, rng):
    """Return an array of the given shape, drawn from rng, uniform in +-1/sqrt(fan_in).

    Example: uniform_fan_in((2, 4), 4, np.random.default_rng(0)) -> 8 numbers between -0.5 and 0.5.

    About 2 lines.
    """
    ### BEGIN SOLUTION
    bound = 1.0 / math.sqrt(fan_in)
    return rng.uniform(-bound, bound, shape)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-init", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
drawn = np.asarray(uniform_fan_in((300, 100), 100, np.random.default_rng(1)))
assert drawn.shape == (300, 100), f"Expected the shape (300, 100), got {drawn.shape}."
low, high = float(drawn.min()), float(drawn.max())
assert -0.1 <= low < -0.099 and 0.099 < high <= 0.1, (
    f"With fan_in 100 the numbers must fill -0.1 to 0.1; they run from {low:.4f} to {high:.4f}. "
    "The bound is 1/sqrt(fan_in)."
)
inner = float((np.abs(drawn) < 0.05).mean())
assert abs(inner - 0.5) < 0.02, (
    f"Uniform means half of the numbers lie in the inner half of the range; got {inner:.2f}."
)

again = np.asarray(uniform_fan_in((300, 100), 100, np.random.default_rng(1)))
assert np.array_equal(drawn, again), (
    "The same seed must give the same numbers: draw from rng, not from np.random."
)
### BEGIN HIDDEN TESTS
bias = np.asarray(uniform_fan_in((5000,), 4, np.random.default_rng(2)))
assert bias.shape == (5000,) and 0.49 < bias.max() <= 0.5, (
    "The bound depends on fan_in (4 here) and not on the shape."
)
one = np.asarray(uniform_fan_in((2000, 1), 1, np.random.default_rng(3)))
assert 0.99 < one.max() <= 1.0 and -1.0 <= one.min() < -0.99, "With fan_in 1 the numbers fill -1 to 1."
generator = np.random.default_rng(4)
first, second = uniform_fan_in((3,), 3, generator), uniform_fan_in((3,), 3, generator)
assert not np.array_equal(first, second), (
    "Two draws from one generator must differ: do not make a new one inside."
)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# A NumPy generator has the method `rng.uniform(low, high, size)`, and `size` can be a shape.
#
# </details>

# %% [markdown]
# ### Exercise 03.linear: the layer
#
# The input may have any number of leading axes, and only the last one is transformed:
#
# | `x` | `Linear(3, 2)(x)` |
# | --- | --- |
# | `(3,)` one example | `(2,)` |
# | `(2, 3)` a batch | `(2, 2)` |
# | `(4, 5, 3)` a batch of 4 texts of 5 words | `(4, 5, 2)` |
#
# The next cell computes one product in two ways. The numbers agree, but only one result remembers the weight.

# %%
as_tensors = x @ weight.T
as_arrays = Tensor(x.data @ weight.data.T)
print("equal numbers:", np.array_equal(as_tensors.numpy(), as_arrays.numpy()))
print("with Tensors: made by", as_tensors.origin[0], " requires_grad:", as_tensors.requires_grad)
print("with .data:   made by", as_arrays.origin, "   requires_grad:", as_arrays.requires_grad)

# %% [markdown]
# So compute with Tensors, never with `.data`: an operation on bare arrays leaves no note, and no gradient
# could ever reach the weight.
#
# When the last axis of `x` is not `in_features`, raise a `ValueError` whose message contains **both** shapes,
# that of the input and that of the weight, and says what to do. With `bias=False`, `self.bias` is `None` and
# nothing is added.


# %% nbgrader={"grade": false, "grade_id": "03-linear-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Linear(Module):
    """y = x @ weight.T + bias, on the last axis of x.

    weight has the shape (out_features, in_features) and bias (out_features,), or it is None. Both start
    uniform in +-1/sqrt(in_features), as in PyTorch.

    >>> Linear(3, 2, rng=np.random.default_rng(0))(Tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])).shape
    (2, 2)
    """

    def __init__(self, in_features, out_features, bias=True, rng=None):
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear({in_features}, {out_features}): both sizes must be at least 1.")
        rng = np.random.default_rng() if rng is None else rng
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(
            uniform_fan_in((out_features, in_features), in_features, rng), dtype=np.float32
        )
        self.bias = (
            Parameter(uniform_fan_in((out_features,), in_features, rng), dtype=np.float32) if bias else None
        )

    def forward(self, x):
        """x (..., in_features) -> (..., out_features). About 6 lines with the error."""
        ### BEGIN SOLUTION
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            raise ValueError(
                f"Linear got an input of shape {x.shape} for a weight of shape {self.weight.shape}: the last "
                f"axis must be {self.in_features}. Reshape the input, or change in_features."
            )
        y = x @ self.weight.T  # (..., in_features) @ (in_features, out_features) -> (..., out_features)
        return y if self.bias is None else y + self.bias
        ### END SOLUTION

    def extra_repr(self):
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


# %% nbgrader={"grade": true, "grade_id": "03-linear", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
layer = Linear(3, 2, rng=np.random.default_rng(0))
batch = Tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
y = layer(batch)
expected = linear_by_loops(batch.data, layer.weight.data, layer.bias.data)
assert y.shape == (2, 2), (
    f"(2, 3) through Linear(3, 2) gives (2, 2); got {y.shape}. Is the weight transposed?"
)
assert np.allclose(y.data, expected, atol=1e-5), (
    f"Expected, by loops, {expected.tolist()}; got {y.data.tolist()}."
)
assert y.requires_grad, (
    "The result carries no note of the weight. Use Tensors in forward, not .data or numpy()."
)

words = Tensor(np.random.default_rng(1).standard_normal((4, 5, 3)))
assert layer(words).shape == (4, 5, 2), f"(4, 5, 3) must give (4, 5, 2); got {layer(words).shape}."
assert np.allclose(layer(words).data[3], layer(Tensor(words.data[3])).data, atol=1e-5), (
    "Each text is treated alike."
)
plain = Linear(3, 2, bias=False, rng=np.random.default_rng(0))
assert np.allclose(plain(batch).data, batch.data @ plain.weight.data.T, atol=1e-5), "bias=False adds nothing."

message = refusal(lambda: layer(Tensor([[1.0, 2.0, 3.0, 4.0]])))
assert message is not None, "An input of shape (1, 4) does not fit Linear(3, 2): raise a ValueError."
assert "(1, 4)" in message and "(2, 3)" in message, (
    f"Name both shapes, (1, 4) and (2, 3); your message: {message}"
)
### BEGIN HIDDEN TESTS
single = layer(Tensor([1.0, 2.0, 3.0]))
assert single.shape == (2,) and np.allclose(single.data, expected[0], atol=1e-5), (
    "One example (3,) gives (2,)."
)
assert layer(Tensor(np.zeros((0, 3)))).shape == (0, 2), "An empty batch (0, 3) gives (0, 2)."
tiny = Linear(1, 1, rng=np.random.default_rng(5))
value = float(tiny(Tensor([[2.0]])).data[0, 0])
assert abs(value - (2 * float(tiny.weight.data[0, 0]) + float(tiny.bias.data[0]))) < 1e-5, (
    "Linear(1, 1) is w*x + b."
)
square = Linear(3, 3, rng=np.random.default_rng(6))
expected = linear_by_loops(batch.data, square.weight.data, square.bias.data)
assert np.allclose(square(batch).data, expected, atol=1e-5), (
    "With equal sizes only the values show a missing transpose."
)
message = refusal(lambda: square(Tensor([[1.0]])))
assert message is not None and "(1, 1)" in message, (
    "A last axis of 1 must be refused, not stretched by broadcasting."
)
assert y.dtype == np.float32, f"float32 in, float32 out; got {y.dtype}."
before = layer(batch).data.copy()
layer.bias.data += 1.0
assert np.allclose(layer(batch).data, before + 1.0, atol=1e-5), (
    "forward must use the present values of the parameters."
)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# The formula in the heading is one line: `x @ self.weight.T + self.bias`. Matrix product and broadcasting
# take care of all leading axes. Compare `x.shape[-1]` with `self.in_features` before it, and put `{x.shape}`
# and `{self.weight.shape}` into the message. Test `self.bias is None` and not `if self.bias`: the latter asks
# for the truth of a whole Tensor.
#
# </details>

# %% [markdown]
# ## 6. Dropout
#
# A network can lean on a few strong units and fit the noise in its training data. **Dropout** (Srivastava et
# al., 2014) makes that hard: while training, each number is set to zero with probability $p$, drawn anew in
# every call.
#
# If a share $p$ of the numbers vanishes, sums become smaller by the factor $1-p$. *Inverted* dropout repairs
# this at once, by dividing the survivors by $1-p$. The expected value of each number stays what it was:
#
# $$E[y] = p \cdot 0 + (1-p) \cdot \frac{x}{1-p} = x$$

# %%
rng = np.random.default_rng(0)
p = 0.25
keep = rng.random(x_example.shape) >= p  # True with probability 1 - p, one draw for each number
print("x:\n", x_example)
print("keep:\n", keep)
print("one call:\n", x_example * keep / (1 - p))

calls = [x_example * (rng.random(x_example.shape) >= p) / (1 - p) for _ in range(5000)]
print("mean of 5000 calls:\n", np.mean(calls, axis=0))

# %% [markdown]
# ### Exercise 03.dropout
#
# Write `forward`, with `x` and the result of equal shape:
#
# - `self.training` is `False`, or `p` is 0: the result equals `x`. A trained network must give one answer,
#   not a random one.
# - `p` is 1: everything is zero. (Mind the division by $1-p$.)
# - Otherwise each number is dropped with probability `p`, independently of all others, and the rest is
#   divided by `1 - p`.
#
# Draw from `self.rng`. Never change `x` itself. Multiply with Tensor operations, so that the result still
# remembers `x`.


# %% nbgrader={"grade": false, "grade_id": "03-dropout-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Dropout(Module):
    """Set each number to zero with probability p while training, and divide the rest by 1 - p.

    >>> layer = Dropout(0.5, rng=np.random.default_rng(0))
    >>> sorted(set(layer(Tensor(np.ones(20))).data.tolist()))
    [0.0, 2.0]
    >>> layer.eval()(Tensor([1.0, 2.0])).data.tolist()
    [1.0, 2.0]
    """

    def __init__(self, p=0.5, rng=None):
        if not 0.0 <= p <= 1.0:
            raise ValueError(
                f"Dropout(p={p}): p is the probability of dropping a number and must lie between 0 and 1."
            )
        self.p = p
        self.rng = np.random.default_rng() if rng is None else rng

    def forward(self, x):
        """x of any shape -> the same shape. About 6 lines."""
        ### BEGIN SOLUTION
        if not self.training or self.p == 0.0:
            return x
        keep = self.rng.random(x.shape) >= self.p
        scale = 0.0 if self.p == 1.0 else 1.0 / (1.0 - self.p)
        return x * (keep * scale).astype(np.float32)
        ### END SOLUTION

    def extra_repr(self):
        return f"p={self.p}"


# %% nbgrader={"grade": true, "grade_id": "03-dropout", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
ones = Tensor(np.ones((200, 100)), requires_grad=True)
layer = Dropout(0.2, rng=np.random.default_rng(0))
y = layer(ones)
assert y.shape == (200, 100), f"Dropout keeps the shape (200, 100); got {y.shape}."
dropped = float((y.data == 0).mean())
assert abs(dropped - 0.2) < 0.02, f"With p=0.2 about 0.20 of the numbers are zero; got {dropped:.2f}."
kept = float(y.data.max())
assert abs(kept - 1.25) < 1e-4, f"A kept 1.0 becomes 1/(1-0.2) = 1.25; got {kept:.4f}."
mean = float(y.data.mean())
assert abs(mean - 1.0) < 0.02, f"The mean of many ones must stay near 1; got {mean:.3f}."
assert y.requires_grad, (
    "The result carries no note of x. Multiply the Tensor by the mask; do not compute on x.data."
)

layer.training = False
assert np.array_equal(layer(ones).data, ones.data), "When training is False the result equals x."
assert np.all(Dropout(1.0)(ones).data == 0), "With p=1 everything is zero; NaN means that 0 was divided by 0."
same = Dropout(0.2, rng=np.random.default_rng(0))(ones)
assert np.array_equal(same.data, y.data), "Equal seeds must give equal masks: draw from self.rng."
### BEGIN HIDDEN TESTS
for row_or_column in (y.data[:, 0], y.data[0]):
    assert 0 < (row_or_column == 0).mean() < 1, (
        "Each number is dropped on its own, not a whole row or column."
    )
assert (y.data == 0).all(axis=0).sum() == 0 and len(np.unique(y.data == 0, axis=0)) == 200, (
    "Each row has its own mask."
)
layer.training = True
assert not np.array_equal(layer(ones).data, layer(ones).data), "Each call draws a new mask."
assert np.array_equal(Dropout(0.0)(ones).data, ones.data), "With p=0 the result equals x."
assert np.all(ones.data == 1), "Dropout must not change its input."
values = Tensor([[-3.0, 0.5]])
mean = np.mean([layer(values).data for _ in range(4000)], axis=0)
assert np.allclose(mean, values.data, atol=0.15), (
    f"The mean of 4000 calls should be near {values.data}; got {mean}."
)
assert layer(Tensor(np.zeros((0, 3)))).shape == (0, 3), "An empty batch (0, 3) stays (0, 3)."
assert layer(ones).dtype == np.float32, "float32 in, float32 out."
mostly = Dropout(0.9, rng=np.random.default_rng(3))(ones).data
assert abs((mostly == 0).mean() - 0.9) < 0.02 and abs(mostly.max() - 10) < 1e-3, (
    "With p=0.9 a tenth survives, as 10.0."
)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# The worked example above holds the two lines that matter: `self.rng.random(x.shape) >= p` is True with
# probability `1 - p`. Handle the two special cases first, each with its own `return`. For `p = 1` you can
# return `x * 0.0`.
#
# </details>

# %% [markdown]
# ## 7. Flatten
#
# An image has the axes `(batch, channel, height, width)`. `Linear` wants one row of numbers per example.
# `Flatten` joins neighbouring axes into one and leaves the numbers in their order. By default it joins all
# but the first:
#
# $$(8, 3, 4, 4) \to (8,\; 3 \cdot 4 \cdot 4) = (8, 48)$$

# %%
two_images = np.arange(2 * 2 * 3).reshape(2, 2, 3)  # (batch 2, height 2, width 3)
print("image 0:\n", two_images[0])
print("one row per image:\n", two_images.reshape(2, 2 * 3))

# %% [markdown]
# ### Exercise 03.flatten
#
# `Flatten(start_dim, end_dim)` joins the axes from `start_dim` to `end_dim`, both included. Negative numbers
# count from the end.
#
# | `x` | layer | result |
# | --- | --- | --- |
# | `(8, 3, 4, 4)` | `Flatten()` | `(8, 48)` |
# | `(8, 3, 4, 4)` | `Flatten(0, 1)` | `(24, 4, 4)` |
# | `(8, 3, 4, 4)` | `Flatten(-2)` | `(8, 3, 16)` |
# | `(0, 3, 4, 4)` an empty batch | `Flatten()` | `(0, 48)` |
#
# If `x` lacks one of the two axes, or if `end_dim` comes before `start_dim`, raise a `ValueError` that names
# the shape of `x`.


# %% nbgrader={"grade": false, "grade_id": "03-flatten-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Flatten(Module):
    """Join the axes from start_dim to end_dim, both included, into one.

    >>> Flatten()(Tensor(np.zeros((8, 3, 4, 4)))).shape
    (8, 48)
    """

    def __init__(self, start_dim=1, end_dim=-1):
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x):
        """x of any shape -> the same numbers with fewer axes. About 7 lines, or fewer."""
        ### BEGIN SOLUTION
        start = self.start_dim + (x.ndim if self.start_dim < 0 else 0)
        end = self.end_dim + (x.ndim if self.end_dim < 0 else 0)
        if not 0 <= start <= end < x.ndim:
            raise ValueError(
                f"{self!r} does not fit an input of shape {x.shape}: both axes must exist, in this order. "
                f"Choose start_dim and end_dim between {-x.ndim} and {x.ndim - 1}."
            )
        joined = math.prod(x.shape[start : end + 1])
        return x.reshape(*x.shape[:start], joined, *x.shape[end + 1 :])
        ### END SOLUTION

    def extra_repr(self):
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


# %% nbgrader={"grade": true, "grade_id": "03-flatten", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
images = Tensor(np.arange(8 * 3 * 4 * 4, dtype=np.float32).reshape(8, 3, 4, 4), requires_grad=True)
for layer, shape in [(Flatten(), (8, 48)), (Flatten(0, 1), (24, 4, 4)), (Flatten(-2), (8, 3, 16))]:
    y = layer(images)
    assert y.shape == shape, f"{layer!r} on (8, 3, 4, 4) gives {shape}; got {y.shape}."
    assert np.array_equal(y.data.ravel(), images.data.ravel()), (
        f"{layer!r} must leave the numbers in their order."
    )
assert y.requires_grad, "The result carries no note of x. Use x.reshape, not x.data."
assert Flatten()(Tensor(np.zeros((0, 3, 4, 4)))).shape == (0, 48), (
    "An empty batch (0, 3, 4, 4) gives (0, 48)."
)

message = refusal(lambda: Flatten()(Tensor([1.0, 2.0])))
assert message is not None, "A shape (2,) has no axis 1: raise a ValueError."
assert "(2,)" in message, f"Name the shape of the input, (2,); your message: {message}"
### BEGIN HIDDEN TESTS
assert Flatten(0)(images).shape == (384,), "Flatten(0) joins everything."
assert Flatten(2, 2)(images).shape == (8, 3, 4, 4), "One axis joined with itself changes nothing."
assert Flatten(-3, -2)(images).shape == (8, 12, 4), "Both ends may be negative."
assert Flatten(0, -1)(Tensor([5.0])).shape == (1,), "A shape (1,) stays (1,)."
assert Flatten()(Tensor(np.zeros((4, 3)))).shape == (4, 3), "(4, 3) is flat already."
assert Flatten()(Tensor(np.zeros((1, 1, 1)))).shape == (1, 1), "1-sized axes are axes too."
for layer in (Flatten(2, 1), Flatten(1, 4), Flatten(-5)):
    assert "(8, 3, 4, 4)" in (refusal(lambda layer=layer: layer(images)) or ""), (
        f"{layer!r} must refuse four axes and name them."
    )
assert images.shape == (8, 3, 4, 4), "The input keeps its shape."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Turn a negative axis into a positive one by adding `x.ndim`. The new shape has three pieces: the axes before
# `start`, the product of the sizes from `start` to `end`, and the axes after `end`. `math.prod` multiplies
# the sizes. The `-1` of `reshape` cannot replace it: with an empty batch there is no way to guess the missing
# size.
#
# </details>

# %% [markdown]
# ## 8. Sequential
#
# Most networks are chains: the output of one layer is the input of the next. `Sequential` holds the layers
# and runs them in order. It is a `Module` itself, so chains nest.
#
# A chain may hold anything that can be called with one Tensor: a layer, an activation of module 02, a plain
# function. By hand, for our running example:

# %%
first, last = Linear(3, 4, rng=np.random.default_rng(0)), Linear(4, 2, rng=np.random.default_rng(1))
hidden = first(x)
active = ReLU()(hidden)
output = last(active)
print("x (2, 3):\n", x.numpy(), "\nfirst linear (2, 4):\n", hidden.numpy())
print("ReLU (2, 4):\n", active.numpy(), "\nsecond linear (2, 2):\n", output.numpy())

# %% [markdown]
# ### Exercise 03.sequential
#
# - `forward(x)` passes `x` through all layers, in order. An empty chain returns `x`.
# - `model[i]` returns layer `i`, and a negative `i` counts from the end. A slice such as `model[1:3]` returns
#   a new `Sequential` that holds the **same** layer objects: it shares their parameters.
#
# The rest is given. `__init__` refuses two slips that everybody makes once: a list instead of layers, and
# `ReLU` instead of `ReLU()`.


# %% nbgrader={"grade": false, "grade_id": "03-sequential-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Sequential(Module):
    """A chain: Sequential(a, b, c)(x) is c(b(a(x))). Holds Modules and any other callables.

    >>> len(Sequential(Linear(3, 4), np.abs, Linear(4, 2))[:2])
    2
    """

    def __init__(self, *layers):
        for position, layer in enumerate(layers):
            if isinstance(layer, type):
                raise TypeError(
                    f"Layer {position} is the class {layer.__name__}: write {layer.__name__}(...)."
                )
            if not callable(layer):
                raise TypeError(
                    f"Layer {position} is a {type(layer).__name__}, which cannot be called: "
                    "write Sequential(a, b) or Sequential(*layers)."
                )
        self.layers = list(layers)

    def forward(self, x):
        """Pass x through all layers. About 3 lines."""
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer(x)
        return x
        ### END SOLUTION

    def __getitem__(self, index):
        """Return one layer for a number, a Sequential of the same layers for a slice. About 3 lines."""
        ### BEGIN SOLUTION
        if isinstance(index, slice):
            return Sequential(*self.layers[index])
        return self.layers[index]
        ### END SOLUTION

    def __len__(self):
        return len(self.layers)

    def __iter__(self):
        return iter(self.layers)

    def _shown(self):
        return list(enumerate(self.layers))


# %% nbgrader={"grade": true, "grade_id": "03-sequential", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def add_one(x):
    return x + 1.0


def double(x):
    return x * 2.0


start = Tensor([1.0, 2.0])
chain = Sequential(add_one, double)
assert chain(start).data.tolist() == [4.0, 6.0], (
    f"(x+1)*2 of [1, 2] is [4, 6]; got {chain(start).data.tolist()}."
)
assert Sequential(double, add_one)(start).data.tolist() == [3.0, 5.0], (
    "Run the layers from first to last: 2*x+1 here."
)
assert Sequential()(start).data.tolist() == [1.0, 2.0], "An empty chain returns x."

inner = Leaf()
chain = Sequential(add_one, inner, double)
assert chain[1] is inner and chain[-1] is double, "model[i] returns the layer itself."
part = chain[1:]
assert isinstance(part, Sequential), (
    f"A slice is a Sequential again, so that it can be called; got {type(part).__name__}."
)
assert len(part) == 2 and part[0] is inner, "A slice holds the same layers, not copies."
assert len(chain) == 3, "Taking a slice must leave the chain itself as it was."
### BEGIN HIDDEN TESTS
nested = Sequential(Sequential(add_one, double), add_one)
assert nested(start).data.tolist() == [5.0, 7.0], "A chain inside a chain is a layer like any other."
assert nested(start).data.tolist() == [5.0, 7.0], (
    "A second call gives the same result: forward must change nothing."
)
assert start.data.tolist() == [1.0, 2.0], "The input must not change."
assert len(chain[0:2]) == 2, "chain[0:2] holds two layers."
assert len(chain[5:]) == 0 and isinstance(chain[5:], Sequential), "An empty slice is an empty Sequential."
assert [layer is other for layer, other in zip(chain[::-1], [double, inner, add_one], strict=True)] == [
    True
] * 3, "Steps work too."
try:
    chain[3]
    reached = True
except IndexError:
    reached = False
assert not reached, "An index past the end raises an IndexError, as for a list."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# In `forward`, let the name `x` stand for the present value and replace it in each round. In `__getitem__`,
# Python hands you a `slice` object for `model[1:3]`; check with `isinstance(index, slice)`. A list
# understands numbers and slices alike.
#
# </details>

# %% [markdown]
# ### Look at what you have built
#
# A whole network is now one expression. It prints itself, knows its parameters by name, and switches its mode
# in one call. Only `Dropout` takes notice of the mode.

# %%
rng = np.random.default_rng(0)
model = Sequential(Flatten(), Linear(3, 4, rng=rng), ReLU(), Dropout(0.5, rng=rng), Linear(4, 2, rng=rng))
print(model)
for name, parameter in model.named_parameters():
    print(f"{name:18s} {parameter.shape!s:8s} {parameter.size:3d} numbers")

print("training, call 1:", model(x).numpy()[0], "  call 2:", model(x).numpy()[0])
model.eval()
print("eval,     call 1:", model(x).numpy()[0], "  call 2:", model(x).numpy()[0])

# %% [markdown]
# Training will write to `.data` of these parameters, in place. Below we do one such step by hand, with a
# made-up gradient, and the output moves. Then two layers are made to share one weight: the tree lists it
# once, so it is also stepped once.

# %%
before = model(x).numpy()[0].copy()
bias = model[-1].bias
bias.grad = np.array([1.0, -1.0], dtype=np.float32)
bias.data -= 0.1 * bias.grad
print("before:", before, "  after:", model(x).numpy()[0])
model.zero_grad()

tied = Sequential(Linear(3, 3), Linear(3, 3))
print("parameters, separate weights:", len(tied.parameters()))
tied[1].weight = tied[0].weight
print("parameters, shared weight:   ", len(tied.parameters()), [name for name, _ in tied.named_parameters()])

# %% [markdown]
# ### Exercise 03.state: save and load
#
# To save a model means to save its numbers under their names. The code builds the tree again, and the numbers
# go back into it. `model.state_dict()` calls your `read_state`, `model.load_state_dict(state)` your
# `write_state`.
#
# What belongs to the state is given below: every Parameter and every buffer, each under its dotted name.


# %% nbgrader={"grade": false, "grade_id": "03-arrays", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def state_arrays(module):
    """Return {dotted name: array} of all parameters and buffers: the arrays themselves, not copies."""
    arrays = {name: parameter.data for name, parameter in module.named_parameters()}
    for prefix, part in module.named_modules():
        for name in part._buffer_names:
            arrays[f"{prefix}.{name}" if prefix else name] = getattr(part, name)
    return arrays


# %% nbgrader={"grade": false, "grade_id": "03-counter", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Counter(Module):
    def __init__(self):
        self.weight = Parameter([1.0, 2.0])
        self.register_buffer("calls", np.zeros(1))


counter = Counter()
print(
    "parameters:", [name for name, _ in counter.named_parameters()], "  state:", list(state_arrays(counter))
)
saved_too_simply = state_arrays(counter)
counter.weight.data += 5.0
print("saved without a copy, after one more step:", saved_too_simply["weight"])

# %% [markdown]
# The last line shows the trap: without a copy, what you saved goes on changing. So the rules are:
#
# - `read_state(module)` returns a dict of **copies**.
# - `write_state(module, state)` copies each array **into the existing one**: `old[...] = new`. An optimizer
#   that holds the old array then still holds the right one.
# - The names must match exactly, and so must the shapes. Otherwise raise a `ValueError` whose message names
#   every missing name, every unexpected name, and every name with a wrong shape together with both shapes.
# - A refused state changes nothing, so check everything first.


# %% nbgrader={"grade": false, "grade_id": "03-state-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def read_state(module):
    """Return {dotted name: copy of the array} of all parameters and buffers. One or two lines.

    Example: list(read_state(Linear(3, 2))) -> ["weight", "bias"]
    """
    ### BEGIN SOLUTION
    return {name: array.copy() for name, array in state_arrays(module).items()}
    ### END SOLUTION


def write_state(module, state):
    """Copy the arrays of state into the module's own; ValueError if they do not fit. About 10 lines."""
    ### BEGIN SOLUTION
    own = state_arrays(module)
    problems = [f"missing {name!r}" for name in own if name not in state]
    problems += [f"unexpected {name!r}" for name in state if name not in own]
    for name in own:
        if name in state and np.shape(state[name]) != own[name].shape:
            problems.append(f"{name!r} has shape {np.shape(state[name])} instead of {own[name].shape}")
    if problems:
        raise ValueError(f"The state does not fit this {type(module).__name__}: {'; '.join(problems)}.")
    for name, array in own.items():
        array[...] = state[name]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-state", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
source, target = Counter(), Counter()
source.weight.data[...] = [7.0, 8.0]
source.calls[...] = 3.0
state = source.state_dict()
assert sorted(state) == ["calls", "weight"], f"Expected the names 'weight' and 'calls'; got {sorted(state)}."
source.weight.data += 1.0
assert state["weight"].tolist() == [7.0, 8.0], "The saved array changed with the model: save a copy."

array_before = target.weight.data
target.load_state_dict(state)
assert target.weight.data.tolist() == [7.0, 8.0], (
    f"Expected the weight [7, 8]; got {target.weight.data.tolist()}."
)
assert target.calls.tolist() == [3.0], "Buffers are loaded too."
assert target.weight.data is array_before, "Write into the existing array: old[...] = new."

message = refusal(lambda: target.load_state_dict({"weight": np.zeros(3), "wieght": np.zeros(2)}))
assert message is not None, "One name missing, one unexpected, one wrong shape: raise a ValueError."
for word in ("calls", "wieght", "(3,)", "(2,)"):
    assert word in message, f"The message must contain {word}; yours: {message}"
assert target.weight.data.tolist() == [7.0, 8.0], (
    "A refused state must change nothing: check all before writing any."
)
### BEGIN HIDDEN TESTS
target.load_state_dict(state)
target.weight.data += 1.0
assert state["weight"].tolist() == [7.0, 8.0], "After loading, model and state must not share memory."
one = Counter()
message = refusal(lambda: one.load_state_dict({"weight": np.zeros(1), "calls": np.zeros(1)}))
assert message is not None and "(1,)" in message, (
    "A shape (1,) would broadcast into (2,): it must be refused."
)
message = refusal(lambda: one.load_state_dict({"weight": np.zeros((1, 2)), "calls": np.zeros(1)}))
assert message is not None and "(1, 2)" in message, (
    "A shape (1, 2) would broadcast into (2,): it must be refused."
)
message = refusal(lambda: one.load_state_dict({"weight": np.zeros(2)}))
assert message is not None and "calls" in message, "A missing buffer alone is refused."
message = refusal(
    lambda: one.load_state_dict({"weight": np.zeros(2), "calls": np.ones(1), "extra": np.ones(1)})
)
assert message is not None and "extra" in message, "An unexpected name alone is refused."
assert one.weight.data.tolist() == [1.0, 2.0] and one.calls.tolist() == [0.0], (
    "Nothing may change on refusal."
)
one.load_state_dict({"weight": np.array([0.5, 0.25], dtype=np.float64), "calls": np.ones(1)})
assert one.weight.data.dtype == np.float32 and one.weight.data.tolist() == [0.5, 0.25], (
    "The parameter keeps its dtype."
)
pair = Plant()
other = Plant()
other.leaves[1].weight.data[...] = [5.0, 6.0]
other.leaves[1].register_buffer("mean", np.array(2.0))
assert "leaves.1.mean" in other.state_dict(), "A buffer two levels down has a dotted name."
assert "leaves.1.mean" in (refusal(lambda: pair.load_state_dict(other.state_dict())) or ""), (
    "An extra buffer is refused."
)
pair.leaves[1].register_buffer("mean", np.array(0.0))
pair.load_state_dict(other.state_dict())
assert pair.leaves[1].weight.data.tolist() == [5.0, 6.0] and float(pair.leaves[1].mean) == 2.0, (
    "Nested values load."
)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `state_arrays(module)` gives you everything. `read_state` copies each array. In `write_state`, build a list
# of problems in three steps: names only in the model, names only in `state`, names in both with different
# shapes. Raise if the list is not empty, and only then write.
#
# </details>

# %% [markdown]
# A state is a dict of arrays, so NumPy can already store it in a file. Here the "file" lies in memory. Two
# networks with different random weights give different outputs; after loading they agree.


# %%
def make_mlp(seed):
    rng = np.random.default_rng(seed)
    return Sequential(Linear(3, 4, rng=rng), ReLU(), Linear(4, 2, rng=rng))


trained, fresh = make_mlp(1), make_mlp(2)
print("before:", trained(x).numpy()[0], fresh(x).numpy()[0])
file = io.BytesIO()
np.savez(file, **trained.state_dict())
file.seek(0)
fresh.load_state_dict(np.load(file))
print("after: ", trained(x).numpy()[0], fresh(x).numpy()[0])
assert np.array_equal(trained(x).numpy(), fresh(x).numpy())
print("refused:", refusal(lambda: Linear(3, 2).load_state_dict(trained[0].state_dict())))

# %% [markdown]
# ## 9. How large should the first weights be?
#
# One layer forgives a bad choice. Ten layers multiply it ten times. We send random data through a stack of
# ten layers of 256 units with `Tanh` between them, and look at what comes out of the layers 1, 4, 7 and 10.
#
# The weights are normal with the standard deviation $g/\sqrt{\text{fan\_in}}$. Only $g$ differs between the
# rows. Before you run the cell: what should happen for $g = 0.3$, and what for $g = 3$?


# %%
def deep_stack(spread, activation, depth=10, width=256, seed=0):
    """Sequential of (Linear, activation) pairs; weights normal with this spread, biases zero."""
    rng = np.random.default_rng(seed)
    stack = Sequential(*[part for _ in range(depth) for part in (Linear(width, width, rng=rng), activation)])
    for layer in stack[::2]:
        layer.weight.data[...] = spread * rng.standard_normal(layer.weight.shape)
        layer.bias.data[...] = 0.0
    return stack


def outputs_of(stack, step, start=1, batch=256, width=256):
    """Return the outputs of the layers start, start + step, ... of the chain, for normal data."""
    x = Tensor(np.random.default_rng(1).standard_normal((batch, width)))
    outputs = []
    with no_grad():
        for layer in stack:
            x = layer(x)
            outputs.append(x.numpy())
    return outputs[start::step]


# %%
gains = {0.3: "too small", 1.0: "right", 3.0: "too large"}
figure, axes = plt.subplots(3, 4, figsize=(10, 5.5), sharex=True)
for row, (gain, verdict) in zip(axes, gains.items(), strict=True):
    outputs = outputs_of(deep_stack(gain / math.sqrt(256), Tanh()), step=2)
    for axis, depth in zip(row, [1, 4, 7, 10], strict=True):
        values = outputs[depth - 1].ravel()
        axis.hist(values, bins=60, range=(-1, 1), color="tab:blue")
        axis.set_title(f"layer {depth}, std {values.std():.1e}", fontsize=9)
        axis.set_yticks([])
    row[0].set_ylabel(f"g = {gain}\n{verdict}")
figure.supxlabel("output of Tanh")
figure.suptitle("Ten layers, three sizes of the first weights")
figure.tight_layout()
plt.show()

# %% [markdown]
# Top row: the numbers shrink with each layer until every example gives almost the same output, zero. Bottom
# row: they pile up at -1 and 1, where the slope of `Tanh` is almost zero, so almost no gradient would pass.
# Middle row: the last layer still tells the examples apart and is not saturated.

# %% [markdown]
# ### ReLU, and what PyTorch's default does
#
# `ReLU` sets about half of its inputs to zero. What does that do to their mean square?

# %%
z = Tensor(np.random.default_rng(3).standard_normal(100_000))
print(f"mean square before ReLU: {np.mean(z.data**2):.3f}   after: {np.mean(ReLU()(z).data ** 2):.3f}")

# %% [markdown]
# Each ReLU halves it. He et al. (2015) make up for this with twice the variance,
# $\text{Var}(w) = 2/\text{fan\_in}$.
#
# PyTorch's default, which you built, has the variance $1/(3\,\text{fan\_in})$: one sixth of that. It is a
# habit kept for compatibility, not the best choice for deep ReLU networks. The plot shows the root mean
# square of each layer's output. Its vertical axis is logarithmic.


# %%
def root_mean_square(array):
    return float(np.sqrt(np.mean(np.square(array, dtype=np.float64))))


spreads = {
    "Var = 0.1/fan_in": (0.1, "tab:gray"),
    "PyTorch default, 1/(3 fan_in)": (1 / 3, "tab:orange"),
    "He et al., 2/fan_in": (2.0, "tab:green"),
    "Var = 8/fan_in": (8.0, "tab:red"),
}
plt.figure(figsize=(7, 4))
for label, (factor, color) in spreads.items():
    stack = deep_stack(math.sqrt(factor / 256), ReLU())
    curve = [root_mean_square(output) for output in outputs_of(stack, step=2)]
    plt.semilogy(range(1, 11), curve, marker="o", color=color, label=label)
    print(f"{label:30s} layer 1: {curve[0]:.2e}   layer 10: {curve[-1]:.2e}")
plt.xlabel("layer")
plt.ylabel("root mean square of the output")
plt.title("Signal through ten ReLU layers (biases zero)")
plt.legend(fontsize=8)
plt.tight_layout()
plt.show()

# %% [markdown]
# Only one line is level. For networks of two or three layers the default does no harm, because the optimizer
# can repair a small factor. For deep ones, people use He's variance, or they rescale the signal inside the
# network. That is what normalization layers do (modules 09 and 13).
#
# **Try it:** change `ReLU()` to `Tanh()` in the cell above. Why can no line rise above 1 any more? And why
# does a level line no longer prove that the weights are well chosen? (Look at the bottom row of the
# histograms.)

# %% [markdown]
# ## 10. Systems: what does a network cost?
#
# Three questions decide whether a model fits a machine: how many parameters it has, how many bytes they take,
# and how many bytes its intermediate results take. Parameters can be counted by hand. A `Linear(in, out)`
# holds $\text{in} \cdot \text{out} + \text{out}$ numbers, of 4 bytes each in float32.

# %%
rng = np.random.default_rng(0)
mlp = Sequential(
    Flatten(), Linear(784, 512, rng=rng), ReLU(), Linear(512, 256, rng=rng), ReLU(), Linear(256, 10, rng=rng)
)

print(f"{'parameter':17s} {'shape':>11s} {'numbers':>9s} {'bytes':>10s}")
for name, parameter in mlp.named_parameters():
    print(f"{name:17s} {parameter.shape!s:>11s} {parameter.size:9,d} {parameter.data.nbytes:10,d}")
count = sum(parameter.size for parameter in mlp.parameters())
parameter_bytes = sum(parameter.data.nbytes for parameter in mlp.parameters())
by_hand = (784 * 512 + 512) + (512 * 256 + 256) + (256 * 10 + 10)
print(f"{'together':17s} {'':11s} {count:9,d} {parameter_bytes:10,d}    by hand: {by_hand:,d}")
assert count == by_hand

# %% [markdown]
# Most of the numbers sit in the first weight. The biases hardly count.
#
# ### Time and memory against the batch size
#
# The parameters are there once, however many examples pass through. The **activations**, the outputs of the
# layers, are there once per example. While training, all of them must be kept, since the gradient needs them.
# We measure both, and the time of a forward pass.


# %%
def activation_bytes(model, x):
    """Bytes of the outputs of all layers in a chain; an output that only views its input adds none."""
    total = 0
    with no_grad():
        for layer in model:
            y = layer(x)
            total += 0 if np.shares_memory(x.data, y.data) else y.data.nbytes
            x = y
    return total


def forward_seconds(model, x, budget_s=0.2):
    """The fastest of the forward passes in budget_s seconds: other programs slow some down."""
    best = float("inf")
    end = time.perf_counter() + budget_s
    with no_grad():
        while time.perf_counter() < end:
            start = time.perf_counter()
            model(x)
            best = min(best, time.perf_counter() - start)
    return best


# %%
batch_sizes = [1, 4, 16, 64, 256, 1024]
mlp.eval()
rates, memory = [], []
print("batch   ms per pass   examples per s   activation bytes")
for batch in batch_sizes:
    data = Tensor(np.random.default_rng(2).standard_normal((batch, 28, 28)))
    seconds = forward_seconds(mlp, data)
    rates.append(batch / seconds)
    memory.append(activation_bytes(mlp, data))
    print(f"{batch:5d} {seconds * 1000:13.3f} {rates[-1]:16,.0f} {memory[-1]:18,d}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8))
left.loglog(batch_sizes, rates, marker="o", label="measured")
same_cost = [rates[0] * batch for batch in batch_sizes]
left.loglog(batch_sizes, same_cost, ":", color="gray", label="if a pass cost the same for any batch")
left.set(xlabel="batch size", ylabel="examples per second", title="Throughput of a forward pass")
right.loglog(batch_sizes, np.array(memory) / 1e6, marker="o", label="activations")
right.axhline(parameter_bytes / 1e6, color="tab:red", label="parameters")
right.set(xlabel="batch size", ylabel="megabytes", title="Memory")
left.legend(fontsize=8)
right.legend(fontsize=8)
figure.tight_layout()
plt.show()

crossing = parameter_bytes / (memory[-1] / batch_sizes[-1])
print(f"Activations outweigh the parameters from a batch of about {math.ceil(crossing)} on.")

# %% [markdown]
# **Think about it,** then check with the cells above.
#
# 1. One example alone must still read every weight from memory. Why does a larger batch raise the throughput,
#    and why does the gain end?
# 2. Training keeps the parameters, one gradient per parameter and all activations. For Adam (module 06) add
#    two more numbers per parameter. What dominates at batch 1, and what at batch 1024?
# 3. Double the width of all hidden layers. By what factor do the parameters grow, and by what factor the
#    activations?

# %% [markdown]
# ## What you built
#
# - `Parameter` marks the numbers that training changes.
# - `Module` finds them in any tree of objects, switches modes, saves and loads.
# - `Linear`, `Dropout` and `Flatten` transform, and `Sequential` chains them.
#
# You export this notebook with `tito module complete 03`. In module 04 you measure how wrong a network's
# answer is.
#
# **Sources.** K. He, X. Zhang, S. Ren, J. Sun: *Delving Deep into Rectifiers* (2015). X. Glorot, Y. Bengio:
# *Understanding the difficulty of training deep feedforward neural networks* (2010), with histograms like
# those of section 9. N. Srivastava et al.: *Dropout: A Simple Way to Prevent Neural Networks from
# Overfitting* (2014).
