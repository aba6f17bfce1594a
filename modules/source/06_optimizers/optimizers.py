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
# # Module 06: Optimizers
#
# Autograd says which way is downhill. An **optimizer** decides how far to go, and whether to trust the last
# gradient alone or all gradients so far. That decision is often the difference between a network that learns
# in minutes and one that never does.
#
# You build `SGD` with momentum and Nesterov's variant, `Adam`, `AdamW`, and two schedules for the step size.
# Signatures and results follow PyTorch's.
#
# You need modules 01 to 05; only the last demonstration uses autograd. A test cell that stays silent has
# passed.

# %% nbgrader={"grade": false, "grade_id": "06-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import math

import numpy as np

from tinytorch.tensor import Tensor

# %% nbgrader={"grade": false, "grade_id": "06-setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import time
import tracemalloc

import matplotlib.pyplot as plt

from tinytorch.activations import Tanh
from tinytorch.layers import Linear, Parameter, Sequential
from tinytorch.losses import BCEWithLogitsLoss

np.set_printoptions(precision=4, suppress=True)


def refusal(call, kind=ValueError):
    """Run call() and return the text of the error of this kind that it raises, or None if it raises nothing."""
    try:
        call()
    except kind as error:
        return str(error)
    return None


def new_bytes(call):
    """The most memory in bytes that call() held at one time, beyond what was there before."""
    call()  # once without counting: what is made only at first use does not count
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# %% [markdown]
# ## 1. The running example: a valley
#
# Two parameters $p = (x, y)$ and a loss that we can draw:
#
# $$f(p) = \tfrac{1}{2}\, p^T H p = \tfrac{1}{2}\,(1 \cdot x^2 + 20 \cdot y^2),
# \qquad \nabla f(p) = H p = (1 \cdot x,\; 20 \cdot y)$$
#
# The numbers 1 and 20 are the **curvatures**: along $x$ the valley is flat, along $y$ it is steep. The losses
# of real networks have such directions too, with ratios of thousands. The lowest point is $(0, 0)$, and every
# optimizer of this notebook starts at $(4, 1)$.


# %% nbgrader={"grade": false, "grade_id": "06-valley", "locked": true, "schema_version": 3, "solution": false, "task": false}
VALLEY = np.diag([1.0, 20.0])  # H, (2, 2)
START = np.array([4.0, 1.0])


def height(points, valley=VALLEY):
    """f at points (..., 2): an array (...)."""
    return 0.5 * ((points @ valley) * points).sum(axis=-1)


def slope(point, valley=VALLEY):
    """The gradient of f at one point: (2,) -> (2,)."""
    return point @ valley


def show_path(path, steps):
    """Print the points of a path (steps + 1, 2) at the given steps."""
    print("step        x        y     height")
    for step in steps:
        print(f"{step:4d} {path[step, 0]:8.4f} {path[step, 1]:8.4f} {height(path[step]):10.5f}")


# %%
print("height at the start:  ", height(START))
print("gradient at the start:", slope(START))
print("straight to the minimum, per unit of length:", -START / np.linalg.norm(START))
print("downhill, per unit of length:               ", -slope(START) / np.linalg.norm(slope(START)))

# %% [markdown]
# The two directions differ a lot. The gradient is the steepest way *down*, which is mostly across the valley
# and hardly along it. The picture shows both. The lines are contours: all points of one line have the same
# height.


# %% nbgrader={"grade": false, "grade_id": "06-draw", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_valley(axis, paths, valley=VALLEY, title="", limits=(4.8, 2.0)):
    """Draw contour lines and, over them, paths: {label: array (steps + 1, 2)}."""
    x, y = np.meshgrid(np.linspace(-limits[0], limits[0], 161), np.linspace(-limits[1], limits[1], 121))
    levels = 20.0 * 0.4 ** np.arange(9, -2, -1)  # each line 2.5 times as high as the one inside it
    axis.contour(x, y, height(np.stack([x, y], axis=-1), valley), levels, colors="#b5bcc6", linewidths=0.8)
    for (label, path), color in zip(paths.items(), plt.get_cmap("tab10").colors, strict=False):
        axis.plot(*path.T, "o-", color=color, markersize=2.5, linewidth=1.1, label=label)
    axis.plot(0, 0, "k+", markersize=10)
    axis.set(xlim=(-limits[0], limits[0]), ylim=(-limits[1], limits[1]), xlabel="x", ylabel="y", title=title)
    if paths:
        axis.legend(fontsize=8, loc="lower left")


# %%
figure, axis = plt.subplots(figsize=(8, 3.6), layout="constrained")
draw_valley(axis, {}, title="Downhill is not towards the minimum")
for target, color, label in [
    (-slope(START) / 16, "tab:red", "downhill: minus the gradient"),
    (-START / 3, "tab:green", "towards the minimum"),
]:
    axis.annotate("", START + target, START, arrowprops={"arrowstyle": "->", "color": color, "lw": 2})
    axis.plot([], [], color=color, label=label)
axis.legend(fontsize=8, loc="lower left")
plt.show()

# %% [markdown]
# ## 2. Gradient descent
#
# Take a step against the gradient. The **learning rate** $\eta$ (`lr`) says how long it is:
#
# $$p \;\leftarrow\; p - \eta\, \nabla f(p)$$
#
# Three steps by hand, with $\eta = 0.09$:

# %%
point = START.copy()
for step in range(3):
    print(f"step {step + 1}: ({point[0]:.4f}, {point[1]:.4f}) - 0.09 * ({slope(point)[0]:.4f}, {slope(point)[1]:.4f})")
    point = point - 0.09 * slope(point)
print(f"after 3: ({point[0]:.4f}, {point[1]:.4f})")

# %% [markdown]
# In $y$ the walker jumps to the other side each time; in $x$ it creeps. Along a direction of curvature $h$ the
# gradient is $h$ times the coordinate, so one step multiplies that coordinate by a fixed factor:
#
# $$x \leftarrow x - \eta\, h\, x = (1 - \eta h)\, x$$
#
# Here the factors are $1 - 0.09 = 0.91$ and $1 - 1.8 = -0.8$. A factor below $-1$ makes the jumps grow. So
# gradient descent is stable only while $\eta < 2/h$ for the **largest** curvature, and the smallest curvature
# has to live with it.

# %%
for lr in (0.01, 0.05, 0.09, 0.105):
    factors = 1 - lr * np.diag(VALLEY)
    after = factors**50 * START
    print(f"lr {lr:5.3f}: factors {factors}   after 50 steps x = {after[0]:7.4f}, y = {after[1]:9.4f}")
print("the limit 2 / 20 =", 2 / 20)

# %% [markdown]
# ### In place, and without new arrays
#
# A parameter may hold millions of numbers, and other code holds its array too: a view of it, a layer that
# shares it. So an optimizer never makes a new array; it writes into the old one. The cell shows the
# difference, and NumPy's `out=`, which puts a result into memory that is already there.

# %%
data = np.array([4.0, 1.0])
view = data[:1]  # some other code holds this
data = data - 0.5  # a NEW array under the old name
print("data - 0.5:       data", data, "  the view still says", view)

data = np.array([4.0, 1.0])
view = data[:1]
data -= 0.5  # the same array, changed
print("data -= 0.5:      data", data, "  the view says", view)

work = np.empty_like(data)
np.multiply(data, 10.0, out=work)  # no new array: the result goes into work
print("multiply, out=:   work", work)

# %% [markdown]
# ### Exercise 06.descend: one step
#
# `data` ← `data - lr * direction`, all arrays of one shape.
#
# `data -= lr * direction` is right and still wasteful: Python first makes a new array for the product. Use
# `work` for it. It is a spare array of the same shape and dtype whose contents nobody needs. The test counts
# bytes: no new array of that size may appear. `direction` stays as it is, unless the caller passes `work`
# itself as the direction, which must work too.


# %% nbgrader={"grade": false, "grade_id": "06-descend-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def descend(data, direction, lr, work):
    """Change data in place to data - lr * direction; work is a spare array of data's shape and dtype.

    Example: data [4, 1], direction [4, 20], lr 0.09 -> data becomes [3.64, -0.8].

    2 lines.
    """
    ### BEGIN SOLUTION
    np.multiply(direction, lr, out=work)
    np.subtract(data, work, out=data)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-descend", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
data = np.array([4.0, 1.0], dtype=np.float32)
direction = np.array([4.0, 20.0], dtype=np.float32)
descend(data, direction, 0.09, np.empty_like(data))
assert not np.array_equal(data, [4.0, 1.0]), (
    "data did not change. `data = ...` only renames inside the function: write into the array, "
    "as `data -= ...` does."
)
assert np.allclose(data, [3.64, -0.8], atol=1e-6), (
    f"[4, 1] - 0.09 * [4, 20] is [3.64, -0.8]; yours gives {data}."
)
assert direction.tolist() == [4.0, 20.0], f"The direction was changed to {direction}: leave it as it is."

big, ones = np.zeros(200_000, dtype=np.float32), np.ones(200_000, dtype=np.float32)
spare = np.empty_like(big)
made = new_bytes(lambda: descend(big, ones, 0.5, spare))
assert made < 100_000, (
    f"A step on an array of 800,000 bytes made {made:,} bytes of new arrays. "
    "Let np.multiply write into work, with out=work."
)
### BEGIN HIDDEN TESTS
assert np.allclose(big, -1.0), "Two steps of 0.5 * 1 from 0 give -1 everywhere: each call takes exactly one step."
spare[...] = 2.0
descend(big, spare, 1.0, spare)
assert np.allclose(big, -3.0), "When direction is the work array itself, the step must still be right."
table = np.arange(12.0).reshape(3, 4)
expected = table.copy()
expected[:, ::2] -= 0.5
descend(table[:, ::2], np.ones((3, 2)), 0.5, np.empty((3, 2)))
assert np.allclose(table, expected), "A view of every second column must be changed in the table itself."
for shape in [(), (1,), (0,), (2, 1, 3)]:
    data = np.ones(shape, dtype=np.float64)
    descend(data, np.full(shape, 2.0), 0.25, np.empty(shape))
    assert np.allclose(data, 0.5), f"1 - 0.25 * 2 = 0.5 must also hold for the shape {shape}; got {data}."
data = np.ones(3, dtype=np.float32)
descend(data, np.ones(3, dtype=np.float64), 0.5, np.empty(3, dtype=np.float32))
assert data.tolist() == [0.5] * 3, "A float64 direction for float32 data must work: the result has data's dtype."
descend(data, np.ones(3, dtype=np.float32), 0.0, np.empty(3, dtype=np.float32))
assert data.tolist() == [0.5] * 3, "With lr 0 nothing moves."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.multiply(a, b, out=c)` writes the product into `c`. For the second line, `data -= work` or
# `np.subtract(data, work, out=data)`: both write into `data`.
#
# </details>

# %% [markdown]
# ### Your first paths
#
# The next cell walks with your `descend`. Three learning rates: one too small, one near the best, one beyond
# the limit of 0.1.


# %%
def plain_path(lr, steps):
    """The path (steps + 1, 2) of gradient descent."""
    point, work, path = START.copy(), np.empty(2), [START.copy()]
    for _ in range(steps):
        descend(point, slope(point), lr, work)
        path.append(point.copy())
    return np.array(path)


figure, axes = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained", sharey=True)
for axis, (lr, verdict) in zip(axes, {0.01: "too small", 0.09: "good", 0.102: "too large"}.items(), strict=True):
    path = plain_path(lr, 30)
    draw_valley(axis, {f"30 steps, height {height(path[-1]):.3g}": path}, title=f"lr = {lr}: {verdict}")
plt.show()
show_path(plain_path(0.09, 30), [0, 1, 2, 3, 10, 20, 30])

# %% [markdown]
# ## 3. The optimizer: who walks
#
# A network has many parameters. The optimizer holds the list, the learning rate, and for each parameter a
# dict `state` with whatever it must remember from step to step. First the checks, which are given. Each stands
# for a mistake that would otherwise pass in silence: an optimizer of nothing trains nothing, and a parameter
# listed twice is moved twice.


# %% nbgrader={"grade": false, "grade_id": "06-checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def check_parameters(params):
    """Return params (a list, a generator, any iterable of Tensors) as a list, or say what is wrong with it."""
    if isinstance(params, Tensor) or not hasattr(params, "__iter__"):
        raise TypeError(
            f"params must be an iterable of parameters, not a {type(params).__name__}: "
            "write [parameter] or model.parameters()"
        )
    params, first_position = list(params), {}
    if not params:
        raise ValueError("the optimizer got no parameters: does the model have any, or was a generator used up?")
    for position, parameter in enumerate(params):
        if not isinstance(parameter, Tensor):
            raise TypeError(f"parameter {position} is a {type(parameter).__name__}: write model.parameters()")
        if parameter.dtype.kind != "f":
            raise ValueError(f"parameter {position} has dtype {parameter.dtype}: only floats can be optimized")
        if id(parameter) in first_position:
            first = first_position[id(parameter)]
            raise ValueError(f"parameters {first} and {position} are the same object: it would be moved twice")
        first_position[id(parameter)] = position
    return params


def check_range(name, value, low, high=math.inf):
    """Return value as a float, or raise a ValueError if it is not finite and in low <= value < high."""
    if value is None or not (low <= value < high and math.isfinite(value)):
        bounds = f"a finite number of at least {low:g}" if high == math.inf else f"in [{low:g}, {high:g})"
        raise ValueError(f"{name} must be {bounds}, got {value}")
    return float(value)


# %%
weight = Parameter([1.0, 2.0])
print(refusal(lambda: check_parameters([])))
print(refusal(lambda: check_parameters([weight, Parameter([0.0]), weight])))
print(refusal(lambda: check_parameters(weight), TypeError))
print(refusal(lambda: check_parameters(Sequential(Linear(2, 3))), TypeError))
print(refusal(lambda: check_range("lr", -0.1, 0.0)))

# %% [markdown]
# Next, what every optimizer holds. You need not know each line. Two things matter: `lr` may be changed at any time,
# and `work_array(data)` gives a spare array like `data`. One memory, as large as the largest parameter, serves all of
# them in turn.


# %% nbgrader={"grade": false, "grade_id": "06-holder", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Holder:
    """What every optimizer holds: parameters, one state dict for each, the learning rate, spare memory."""

    option_names = ("lr", "weight_decay")  # what state_dict() saves besides the states
    state_names = ()  # what a parameter's state holds once it has been updated

    def __init__(self, params, lr, weight_decay=0.0):
        self.params = check_parameters(params)
        self.states = [{} for _ in self.params]
        self.lr = lr
        self.weight_decay = check_range("weight_decay", weight_decay, 0.0)
        self._spare = {}

    lr = property(lambda self: self._lr, doc="The learning rate; a schedule or you may set it between steps.")

    @lr.setter
    def lr(self, value):
        self._lr = check_range("lr", value, 0.0)

    def work_array(self, data, purpose="update"):
        """Return a spare array like data, with any contents; each purpose has one memory for all parameters."""
        spare = self._spare.get((purpose, data.dtype))
        if spare is None or spare.size < data.size:
            spare = self._spare[purpose, data.dtype] = np.empty(data.size, dtype=data.dtype)
        return spare[: data.size].reshape(data.shape)

    def state_dict(self):
        """Return all settings and memories as a flat dict of numbers and arrays (section 9)."""
        return read_optimizer_state(self)

    def load_state_dict(self, state):
        write_optimizer_state(self, state)


# %% nbgrader={"grade": false, "grade_id": "06-prepared", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Prepared(_Holder):
    """A holder that hands out gradients: checked, and with weight decay if there is any."""

    def prepare(self, parameter):
        """Return the gradient to use for a parameter that has one."""
        data, grad = parameter.data, parameter.grad
        if grad is None:
            raise ValueError("this parameter has no gradient (grad is None): skip it")
        if grad.shape != data.shape:
            raise ValueError(f"a parameter of shape {data.shape} has a gradient of shape {grad.shape}")
        return self.decay(data, grad) if self.weight_decay else grad

    def decay(self, data, grad):
        """L2 weight decay: return grad + weight_decay * data, and leave both as they are."""
        total = self.work_array(data, "decay")
        np.multiply(data, self.weight_decay, out=total)
        return np.add(total, grad, out=total)


# %% [markdown]
# ### Exercise 06.step: visit every parameter
#
# `Optimizer` is the base of all others. A subclass only writes `update(data, grad, state)`, the rule for one
# parameter. From the two classes above it has:
#
# | member | what it is |
# | --- | --- |
# | `params`, `states` | the list of parameters, and one dict for each, empty at first |
# | `prepare(parameter)` | returns its gradient, checked, with weight decay (section 5) |
# | `work_array(data)` | a spare array like `data`; one memory serves all parameters in turn |
#
# You write `step` and `zero_grad`.

# %% [markdown]
# `step()` calls `self.update(data, gradient, state)` once for every parameter that has a gradient, in order:
# its array `parameter.data`, the result of `self.prepare(parameter)`, and its own dict.
#
# A parameter whose `grad` is `None` took no part in the loss. It is **skipped**, as in PyTorch. A gradient of
# zeros is something else: with momentum, a parameter keeps moving on it.
#
# `zero_grad()` sets `grad` of every parameter to `None`, since `backward` adds to what is there.


# %% nbgrader={"grade": false, "grade_id": "06-step-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Optimizer(_Prepared):
    """Base of all optimizers: holds parameters, lr and one state dict per parameter; changes .data in place."""

    def update(self, data, grad, state):
        """Move one parameter, an array, in place. Each optimizer has its own rule."""
        raise TypeError(f"{type(self).__name__} has no rule: define update(self, data, grad, state)")

    def step(self):
        """Update every parameter that has a gradient, in order. About 4 lines."""
        ### BEGIN SOLUTION
        for parameter, state in zip(self.params, self.states, strict=True):
            if parameter.grad is not None:
                self.update(parameter.data, self.prepare(parameter), state)
        ### END SOLUTION

    def zero_grad(self):
        """Set the gradient of every parameter to None. 2 lines."""
        ### BEGIN SOLUTION
        for parameter in self.params:
            parameter.grad = None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-step", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
class Recorder(Optimizer):
    """An optimizer that moves nothing and writes down what it was asked to do."""

    def update(self, data, grad, state):
        self.calls = [*getattr(self, "calls", []), (data, grad.copy(), state)]


first, second, third = Parameter([1.0, 2.0]), Parameter([[3.0]]), Parameter([4.0])
first.grad, third.grad = np.array([0.1, 0.2], dtype=np.float32), np.zeros(1, dtype=np.float32)
recorder = Recorder([first, second, third], lr=0.1)
recorder.step()
calls = getattr(recorder, "calls", [])
assert all(isinstance(call[0], np.ndarray) for call in calls), "update gets the array parameter.data, no Parameter."
visited = [call[0].tolist() for call in calls]
assert visited == [[1.0, 2.0], [4.0]], (
    f"The first and the third parameter have gradients (the third one's is zero, which is not None), so update "
    f"gets [1, 2], then [4]; yours got {visited}."
)
assert recorder.calls[0][0] is first.data, "update needs the parameter's own array, parameter.data, not a copy."
assert np.allclose(recorder.calls[0][1], [0.1, 0.2]), f"Expected the gradient [0.1, 0.2], got {recorder.calls[0][1]}."
assert recorder.calls[1][2] is recorder.states[2], (
    "The third parameter has the third dict of self.states, even when the second was skipped."
)
recorder.zero_grad()
left = [parameter.grad for parameter in recorder.params]
assert all(grad is None for grad in left), f"After zero_grad every grad is None (not zeros); yours: {left}."
### BEGIN HIDDEN TESTS
recorder.step()
assert len(recorder.calls) == 2, "Without any gradient, step calls nothing."
second.grad = np.array([[1.0]], dtype=np.float32)
recorder.step()
assert len(recorder.calls) == 3 and recorder.calls[2][0] is second.data, "A later gradient is used in a later step."
decayed = Recorder([first], lr=0.1, weight_decay=0.5)
first.grad = np.array([0.1, 0.2], dtype=np.float32)
decayed.step()
assert np.allclose(decayed.calls[0][1], [0.6, 1.2]), (
    f"With weight_decay 0.5 the gradient is [0.1, 0.2] + 0.5 * [1, 2] = [0.6, 1.2]; update got "
    f"{decayed.calls[0][1]}. Pass on what self.prepare(parameter) returns."
)
assert np.allclose(first.grad, [0.1, 0.2]), "step must leave the gradients as they are."
first.grad = np.ones(3, dtype=np.float32)
message = refusal(decayed.step)
assert message is not None and "(3,)" in message and "(2,)" in message, "A gradient of another shape is refused."
from_generator = Recorder((parameter for parameter in [second, third]), lr=0.1)
second.grad = np.array([[1.0]], dtype=np.float32)
from_generator.step()
from_generator.step()
assert len(from_generator.calls) == 2, "Every step visits the parameters again, also when they came from a generator."
from_generator.zero_grad()
assert second.grad is None, "zero_grad reaches the parameters that came from a generator."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `zip(self.params, self.states)` walks through both lists together. Ask `if parameter.grad is not None`; a
# bare `if parameter.grad` would ask for the truth of a whole array.
#
# </details>

# %% [markdown]
# ### A first optimizer, solved
#
# The smallest subclass: its rule is your `descend`. `walk` lets any optimizer go through the valley: it writes
# the gradient, calls `step`, and notes the point. From here on all walkers are real Parameters.


# %% nbgrader={"grade": false, "grade_id": "06-walk", "locked": true, "schema_version": 3, "solution": false, "task": false}
def go(optimizer, steps, valley=VALLEY, noise=0.0, rng=None):
    """Let the optimizer take steps with its one parameter: the points (steps, 2) that it reaches."""
    walker, points = optimizer.params[0], np.empty((steps, 2))
    for step in range(steps):
        gradient = slope(walker.data, valley) + (noise * rng.standard_normal(2) if noise else 0)
        walker.grad = gradient.astype(np.float32)
        optimizer.step()
        points[step] = walker.data
    return points


def walk(make, steps, valley=VALLEY, start=START, noise=0.0, seed=0):
    """The path (steps + 1, 2) of the optimizer make([parameter]), with noise added to each gradient if wanted."""
    optimizer = make([Parameter(start)])
    return np.vstack([start, go(optimizer, steps, valley, noise, np.random.default_rng(seed))])


# %%
class Plain(Optimizer):
    def update(self, data, grad, state):
        descend(data, grad, self.lr, self.work_array(data))


path = walk(lambda params: Plain(params, lr=0.09), 30)
show_path(path, [0, 1, 2, 3, 30])
print("the same path as by hand:", np.allclose(path, plain_path(0.09, 30), atol=1e-5))

# %% [markdown]
# ## 4. Momentum
#
# In $y$ the gradients alternate: plus, minus, plus. In $x$ they all agree. A sum over the last gradients
# would cancel the quarrel and keep the agreement. **Momentum** (Polyak, 1964) keeps such a sum, the
# **velocity** $v$, in which older gradients count less and less:
#
# $$v \leftarrow \mu\, v + g \qquad\qquad p \leftarrow p - \eta\, v$$
#
# Unrolled, $v = g_t + \mu\, g_{t-1} + \mu^2 g_{t-2} + \dots$ The weights fade exponentially.

# %%
mu = 0.8
agreeing, alternating = np.ones(30), (-1.0) ** np.arange(30)
for name, gradients in {"agreeing": agreeing, "alternating": alternating}.items():
    v, history = 0.0, []
    for g in gradients:
        v = mu * v + g
        history.append(v)
    print(f"{name:12s} first velocities {np.array(history[:5])}   after 30: {v:.4f}")
print("1 / (1 - mu) =", round(1 / (1 - mu), 4), "   1 / (1 + mu) =", round(1 / (1 + mu), 4))

# %% [markdown]
# Gradients that agree add up to $1/(1-\mu)$ times one of them. Gradients that alternate almost cancel. So
# momentum lengthens the steps along the valley and shortens those across it, and nobody had to say which
# direction is which.
#
# The same sum with other weights is an **exponential moving average**: $m \leftarrow \beta m + (1-\beta)\, g$.
# Its weights sum to 1, so it stays on the scale of $g$. Adam needs two of those. Both are one function.

# %%
rng = np.random.default_rng(0)
signal = 1.0 + rng.normal(0, 0.6, 120)  # a gradient of 1, measured with noise
figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
axis.plot(signal, ".", color="#b5bcc6", label="noisy gradients, mean 1")
for beta in (0.5, 0.9, 0.98):
    mean, means = 0.0, []
    for g in signal:
        mean = beta * mean + (1 - beta) * g
        means.append(mean)
    axis.plot(means, label=f"average, beta = {beta}: over about {1 / (1 - beta):.0f} steps")
axis.set(xlabel="step", ylabel="value", title="Exponential moving averages that start at 0", ylim=(-1.2, 2.4))
axis.legend(fontsize=8, loc="lower right", ncols=2)
plt.show()

# %% [markdown]
# A larger $\beta$ is smoother and slower. All curves start too low, because the average starts at 0. Keep that
# in mind: Adam repairs it.
#
# ### Exercise 06.blend: the fading sum
#
# `average` ← `keep * average + add * value`, in place. Momentum calls it with `keep` $= \mu$ and `add` $= 1$,
# Adam with $\beta$ and $1 - \beta$.
#
# The rules are those of `descend`: write into `average`, use `work` for the product, make no new array. Leave
# `value` as it is, unless it is `work` itself, which must work too.


# %% nbgrader={"grade": false, "grade_id": "06-blend-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def blend(average, value, keep, add, work):
    """Change average in place to keep * average + add * value; work is a spare array of average's shape.

    Example: average [1, 0], value [4, 20], keep 0.5, add 1 -> average becomes [4.5, 20].

    About 3 lines.
    """
    ### BEGIN SOLUTION
    average *= keep
    average += value if add == 1 else np.multiply(value, add, out=work)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-blend", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
average = np.array([1.0, 0.0], dtype=np.float32)
value = np.array([4.0, 20.0], dtype=np.float32)
blend(average, value, 0.5, 1.0, np.empty_like(average))
assert not np.array_equal(average, [1.0, 0.0]), (
    "average did not change: write into the array, as `average *= ...` does."
)
assert np.allclose(average, [4.5, 20.0]), f"0.5 * [1, 0] + [4, 20] is [4.5, 20]; yours gives {average}."
assert value.tolist() == [4.0, 20.0], f"value was changed to {value}. It is the gradient, and others need it."
blend(average, value, 0.9, 0.1, np.empty_like(average))
assert np.allclose(average, [4.45, 20.0]), f"0.9 * [4.5, 20] + 0.1 * [4, 20] is [4.45, 20]; yours gives {average}."
assert value.tolist() == [4.0, 20.0], f"value was changed to {value}: put add * value into work."
big, ones = np.zeros(200_000, dtype=np.float32), np.ones(200_000, dtype=np.float32)
spare = np.empty_like(big)
made = new_bytes(lambda: blend(big, ones, 0.5, 0.5, spare))
assert made < 100_000, f"A call on 800,000 bytes made {made:,} bytes of new arrays: use out=work for the product."
### BEGIN HIDDEN TESTS
assert np.allclose(big, 0.75), "Two calls with keep = add = 0.5 on ones give 0.75, starting from 0."
spare[...] = 2.0
blend(big, spare, 1.0, 0.5, spare)
assert np.allclose(big, 1.75), (
    f"When value is the work array itself, 1.0 * 0.75 + 0.5 * 2 = 1.75 must come; got {big[0]}. "
    "Scale value into work before you write anything else there."
)
for shape in [(), (1,), (0,), (2, 1, 3)]:
    average = np.ones(shape)
    blend(average, np.full(shape, 2.0), 0.25, 3.0, np.empty(shape))
    assert np.allclose(average, 6.25), f"0.25 * 1 + 3 * 2 = 6.25 must also hold for the shape {shape}; got {average}."
average, value = np.ones(3, dtype=np.float32), np.full(3, 2.0)
blend(average, value, 0.0, 1.0, np.empty(3, dtype=np.float32))
assert average.tolist() == [2.0] * 3, "keep = 0 and add = 1 make average a copy of value."
assert value.tolist() == [2.0] * 3 and average is not value, "value must stay as it is."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# First scale `value` into `work`, with `np.multiply(value, add, out=work)`. Then two statements that change
# `average` in place: one with `*=`, one with `+=`.
#
# </details>

# %% [markdown]
# ## 5. SGD: momentum, Nesterov, weight decay
#
# `SGD` is gradient descent with three additions. (The S stands for *stochastic*: in training, each gradient
# comes from a batch drawn at random.) With $g$ the gradient that `prepare` returns:
#
# | settings | step |
# | --- | --- |
# | `momentum=0` | $p \leftarrow p - \eta\, g$ |
# | `momentum=mu` | $v \leftarrow \mu\, v + (1 - d)\, g$, then $p \leftarrow p - \eta\, v$ |
# | `momentum=mu, nesterov=True` | the same $v$, then $p \leftarrow p - \eta\, (g + \mu\, v)$ |
#
# $d$ is `dampening`, usually 0. On a parameter's first step there is no past, and $v$ starts as a **copy of
# $g$**, whatever $d$ is. All this is PyTorch's rule.

# %% [markdown]
# **Nesterov's idea** (1983): the velocity carries the walker on anyway, so look at where it is *about to be*.
# In this form the step uses $g + \mu v$: the velocity as it will be one step later if the same gradient came
# again. It brakes earlier and swings less. By hand, for a single weight on a parabola of curvature 10:

# %%
def swing(nesterov, lr=0.05, mu=0.9, curvature=10.0, steps=6):
    p, v, points = 1.0, 0.0, [1.0]
    for _ in range(steps):
        g = curvature * p
        v = mu * v + g
        p -= lr * ((g + mu * v) if nesterov else v)
        points.append(p)
    return np.array(points)


print("momentum:", swing(nesterov=False))
print("nesterov:", swing(nesterov=True))

# %% [markdown]
# **Weight decay** adds $\lambda p$ to the gradient: the gradient of $\frac{\lambda}{2}\lVert p \rVert^2$, hence
# *L2*. It pulls every weight towards 0 unless the data object. The base class does it for you in `decay`.
#
# ### Exercise 06.sgd
#
# Write the rule. `state` is this parameter's dict, empty at the first step. Keep the velocity there, under the
# name `"velocity"`. Without momentum nothing is remembered, and `state` stays empty. You have `descend`,
# `blend` and `self.work_array(data)`. Leave `grad` as it is.


# %% nbgrader={"grade": false, "grade_id": "06-sgd-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class SGD(Optimizer):
    """Gradient descent with momentum (Polyak, 1964), Nesterov's variant (1983) and L2 weight decay.

    >>> weight = Tensor([4.0, 1.0], requires_grad=True)
    >>> weight.grad = np.array([4.0, 20.0], dtype=np.float32)
    >>> SGD([weight], lr=0.25).step()
    >>> weight.data.tolist()
    [3.0, -4.0]
    """

    option_names = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
    state_names = ("velocity",)

    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
        super().__init__(params, lr, weight_decay)
        self.momentum = check_range("momentum", momentum, 0.0)
        self.dampening = float(dampening)
        self.nesterov = bool(nesterov)
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError("nesterov=True needs a momentum above 0, for example 0.9, and no dampening")

    def update(self, data, grad, state):
        """Move data in place by one of the three rules of the table. About 12 lines."""
        ### BEGIN SOLUTION
        work = self.work_array(data)
        if self.momentum == 0:
            descend(data, grad, self.lr, work)
            return
        if "velocity" in state:
            blend(state["velocity"], grad, self.momentum, 1.0 - self.dampening, work)
        else:
            state["velocity"] = grad.astype(data.dtype)  # a copy
        if self.nesterov:  # lr * (g + mu * v) in two parts: no second spare array is needed
            descend(data, grad, self.lr, work)
            descend(data, state["velocity"], self.lr * self.momentum, work)
        else:
            descend(data, state["velocity"], self.lr, work)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-sgd", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def check_sgd(expected, look_at, **options):
    """Three steps through the valley must end at this point."""
    got = walk(lambda params: SGD(params, **options), 3)[-1]
    assert np.allclose(got, expected, atol=2e-4), (
        f"SGD({options}): after 3 steps from (4, 1) expected {expected}, got {got}. {look_at}"
    )


check_sgd([3.5389, 0.008], "Without momentum the step is lr * grad.", lr=0.04)
check_sgd([3.1329, -0.928], "The order is: new velocity first, then the step.", lr=0.04, momentum=0.9)
check_sgd([2.7994, -0.0499], "The step is lr * (grad + momentum * velocity).", lr=0.04, momentum=0.9, nesterov=True)
check_sgd([2.5442, 0.001], "Use the grad you are given: decay is in it already.", lr=0.04, weight_decay=2.5)
check_sgd([3.3481, -1.08], "From the second step on: (1 - dampening) * grad.", lr=0.04, momentum=0.9, dampening=0.5)

walker = Parameter(START)
optimizer = SGD([walker], lr=0.05, momentum=0.9)
array, walker.grad = walker.data, np.array([4.0, 20.0], dtype=np.float32)
optimizer.step()
assert walker.data is array, "The parameter must keep its array: write into data."
assert set(optimizer.states[0]) == {"velocity"}, f"The state holds 'velocity'; yours: {sorted(optimizer.states[0])}."
optimizer.step()
assert walker.grad.tolist() == [4.0, 20.0], (
    f"The gradient was changed from [4, 20] to {walker.grad}. The velocity starts as a COPY of it."
)
plain = SGD([walker], lr=0.05)
plain.step()
assert plain.states[0] == {}, f"Without momentum the state stays empty; yours holds {sorted(plain.states[0])}."
### BEGIN HIDDEN TESTS
def sgd_oracle(p, gradient, steps, lr, momentum, dampening, weight_decay, nesterov):
    """One number in Python floats; gradient(p, step) may be None, and then the step is skipped."""
    v = None
    for t in range(steps):
        g = gradient(p, t)
        if g is None:
            continue
        g += weight_decay * p
        v = g if v is None else momentum * v + (1 - dampening) * g
        p -= lr * (g if momentum == 0 else g + momentum * v if nesterov else v)
    return p


for options in [
    {"momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False},
    {"momentum": 0.0, "dampening": 0.5, "weight_decay": 0.1, "nesterov": False},
    {"momentum": 0.9, "dampening": 0.0, "weight_decay": 0.1, "nesterov": False},
    {"momentum": 0.8, "dampening": 0.8, "weight_decay": 0.05, "nesterov": False},
    {"momentum": 0.9, "dampening": 0.0, "weight_decay": 0.1, "nesterov": True},
]:
    small, table = Parameter(1.5, dtype=np.float64), Parameter([[-2.0, 0.5, 3.0]], dtype=np.float64)
    optimizer = SGD([small, table], lr=0.1, **options)
    expected_small = sgd_oracle(1.5, lambda p, t: 2 * p - t, 20, lr=0.1, **options)
    expected_table = [
        sgd_oracle(start, lambda p, t: None if t % 3 == 0 else 0.5 * p, 20, lr=0.1, **options)
        for start in [-2.0, 0.5, 3.0]
    ]
    for t in range(20):
        small.grad = np.asarray(2 * small.data - t)
        table.grad = None if t % 3 == 0 else 0.5 * table.data
        optimizer.step()
    assert np.allclose(small.data, expected_small), (
        f"{options}: a single number must end at {expected_small}, got {small.data}. "
        "Does each parameter keep its own memory, in its own state?"
    )
    assert np.allclose(table.data, [expected_table]), (
        f"{options}: with every third gradient None, expected {expected_table}, got {table.data}. "
        "Each parameter has its own velocity, in state."
    )
    assert table.data.dtype == np.float64, "float64 parameters stay float64."
half = Parameter([1.0], dtype=np.float16)
half.grad = np.ones(1, dtype=np.float16)
optimizer = SGD([half], lr=0.5, momentum=0.5)
optimizer.step()
optimizer.step()
assert half.data.dtype == np.float16 and half.data.tolist() == [-0.25], f"float16: expected -0.25, got {half.data}."
walker = Parameter(START)
optimizer = SGD([walker], lr=1.0, momentum=0.5)
walker.grad = np.ones(2, dtype=np.float32)
optimizer.step()
optimizer.lr = 0.0
optimizer.step()
assert walker.data.tolist() == [3.0, 0.0], "A new lr holds from the next step on: read self.lr in each step."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Three cases, one after the other. (1) No momentum: one call of `descend`. (2) The velocity: make it with
# `grad.copy()` if `"velocity"` is not in `state`, else `blend`. (3) The step: along the velocity, or for
# Nesterov along $g + \mu v$. That one can be two calls of `descend`, one for each term.
#
# </details>

# %% [markdown]
# ### What momentum changes
#
# The same valley and the same learning rate for all three.

# %%
rules = {
    "plain": lambda params: SGD(params, lr=0.02),
    "momentum 0.8": lambda params: SGD(params, lr=0.02, momentum=0.8),
    "Nesterov 0.8": lambda params: SGD(params, lr=0.02, momentum=0.8, nesterov=True),
}
sgd_paths = {name: walk(make, 60) for name, make in rules.items()}
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained", width_ratios=(3, 2))
draw_valley(left, {name: path[:31] for name, path in sgd_paths.items()}, title="30 steps, lr = 0.02")
for name, path in sgd_paths.items():
    right.semilogy(height(path), label=name)
right.set(xlabel="step", ylabel="height", title="Height against step")
right.legend(fontsize=8)
plt.show()
for name, path in sgd_paths.items():
    print(f"{name:13s} height after 10 steps {height(path[10]):.1e}, after 30 {height(path[30]):.1e}, "
          f"after 60 {height(path[60]):.1e}")


# %% [markdown]
# How much momentum is right? We count the steps until the height stays below 0.001, for every momentum from 0
# to 0.98. What do you expect at the right end?


# %%
def steps_to_reach(path, goal=1e-3):
    """The first step from which on the height stays below the goal; NaN if the path is too short."""
    above = np.flatnonzero(~(height(path) < goal))
    return above[-1] + 1 if above[-1] + 1 < len(path) else math.nan


momenta = np.arange(0, 0.99, 0.02)
figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
for nesterov, color in [(False, "tab:orange"), (True, "tab:green")]:
    counts = [
        steps_to_reach(walk(lambda p, m=m, n=nesterov: SGD(p, lr=0.02, momentum=m, nesterov=n and m > 0), 700))
        for m in momenta
    ]
    axis.plot(momenta, counts, ".-", color=color, label="Nesterov" if nesterov else "momentum")
    best = int(np.nanargmin(counts))
    print(f"{'Nesterov' if nesterov else 'momentum':9s} without: {counts[0]} steps, "
          f"best at {momenta[best]:.2f}: {counts[best]} steps")
axis.set(
    xlabel="momentum", ylabel="steps until height < 0.001", title="Too little creeps, too much swings", ylim=(0, None)
)
axis.legend()
plt.show()

# %% [markdown]
# The curve has a lowest point. Left of it the walker creeps along the valley; right of it the walker overshoots
# and swings back and forth like a ball without friction.
#
# **Explore.** With a live kernel the next cell shows two sliders. Find a learning rate above 0.1 that is stable
# *with* momentum and not without: heavy balls tolerate longer steps. Then switch Nesterov on. Does it tolerate more or
# less?


# %%
def explore(lr, momentum, nesterov):
    """One picture for the sliders."""
    path = walk(lambda params: SGD(params, lr=lr, momentum=momentum, nesterov=nesterov and momentum > 0), 60)
    path = path[np.abs(path).max(axis=1) < 1e3]
    axis = plt.figure(figsize=(8, 3.6), layout="constrained").add_subplot()
    label, title = f"60 steps, height {height(path[-1]):.2g}", f"lr = {lr:.3f}, momentum = {momentum:.2f}"
    draw_valley(axis, {label: path}, title=title)
    plt.show()


try:
    import ipywidgets
    from IPython import get_ipython

    live = get_ipython() is not None
except ImportError:
    live = False
if live:
    ipywidgets.interact(
        explore,
        lr=ipywidgets.FloatSlider(value=0.09, min=0.005, max=0.2, step=0.005, readout_format=".3f"),
        momentum=ipywidgets.FloatSlider(value=0.0, min=0.0, max=0.98, step=0.02),
        nesterov=False,
    )
else:
    print("The sliders need a live kernel and ipywidgets; the next picture shows four of their positions.")

# %%
figure, axes = plt.subplots(2, 2, figsize=(11, 5.2), layout="constrained", sharex=True, sharey=True)
for axis, (lr, momentum) in zip(axes.flat, [(0.02, 0.0), (0.02, 0.9), (0.13, 0.0), (0.13, 0.6)], strict=True):
    path = walk(lambda p, lr=lr, m=momentum: SGD(p, lr=lr, momentum=m), 40)
    draw_valley(axis, {f"40 steps, height {height(path[-1]):.2g}": path}, title=f"lr = {lr}, momentum = {momentum}")
    axis.label_outer()
plt.show()

# %% [markdown]
# ## 6. Adam: a step size for each parameter
#
# SGD has one $\eta$ for all directions, and the steepest one sets it. **Adam** (Kingma and Ba, 2014) divides
# each coordinate by the usual size of its own gradient. It keeps two moving averages per number, of the
# gradient and of its square:
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad\qquad s \leftarrow \beta_2 s + (1-\beta_2)\, g^2$$
#
# Then $m / \sqrt{s}$ has no scale any more: gradients 1000 times as large give the same step. The defaults are
# $\beta_1 = 0.9$ and $\beta_2 = 0.999$.

# %% [markdown]
# ### Why the averages must be corrected
#
# Both averages start at 0 and are too small at first. With a constant gradient of 2, the truth would be $m = 2$
# and $s = 4$, and the ratio $m / \sqrt{s} = 1$:

# %%
m = s = 0.0
print("step       m        s   m / sqrt(s)     corrected m, s")
for t in range(1, 11):
    m, s = 0.9 * m + 0.1 * 2.0, 0.999 * s + 0.001 * 2.0**2
    if t <= 4 or t == 10:
        corrected = m / (1 - 0.9**t), s / (1 - 0.999**t)
        print(f"{t:4d} {m:8.4f} {s:8.4f} {m / math.sqrt(s):12.4f}    {corrected[0]:8.4f} {corrected[1]:8.4f}")

# %% [markdown]
# Both are too small, but not equally: $s$ fills up a hundred times as slowly. So the uncorrected ratio is too
# **large**, several times, just when the gradients are worth least.
#
# After $t$ steps the weights in $m$ sum to $1 - \beta_1^t$ instead of 1 (a geometric series). Divide by that
# sum, and the average is right from the first step. The rule:
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad \hat s = \frac{s}{1 - \beta_2^t} \qquad
# p \leftarrow p - \eta\, \frac{\hat m}{\sqrt{\hat s} + \varepsilon}$$

# %% [markdown]
# $\varepsilon$ (`eps`) stands **outside** the root. It prevents a division by 0 where all gradients were 0.
#
# ### Exercise 06.adam
#
# Write the rule. The state of a parameter holds three things: `"steps"`, how often **this** parameter was
# updated ($t$, an int), and the arrays `"mean"` ($m$) and `"mean_square"` ($s$), which start as zeros like
# `data`. Change `data`, `m` and `s` in place, and leave `grad` as it is. `np.sqrt` and `np.divide` take `out=`
# too.


# %% nbgrader={"grade": false, "grade_id": "06-adam-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Adam(Optimizer):
    """Adam (Kingma and Ba, 2014): moving averages of gradient and square, corrected; L2 weight decay.

    >>> weight = Tensor([4.0, 1.0], requires_grad=True)
    >>> weight.grad = np.array([0.001, 1000.0], dtype=np.float32)
    >>> Adam([weight], lr=0.5).step()
    >>> weight.data.round(2).tolist()
    [3.5, 0.5]
    """

    option_names = ("lr", "betas", "eps", "weight_decay")
    state_names = ("steps", "mean", "mean_square")

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        if np.shape(betas) != (2,):
            raise ValueError(f"betas must be two numbers, for example (0.9, 0.999), got {betas!r}")
        self.betas = tuple(check_range(f"betas[{i}]", beta, 0.0, 1.0) for i, beta in enumerate(betas))
        self.eps = check_range("eps", eps, 0.0)

    def update(self, data, grad, state):
        """Move data in place by lr * corrected mean / (root of corrected mean square + eps). About 12 lines."""
        ### BEGIN SOLUTION
        if not state:
            state.update(steps=0, mean=np.zeros_like(data), mean_square=np.zeros_like(data))
        state["steps"] += 1
        beta1, beta2 = self.betas
        mean, mean_square, work = state["mean"], state["mean_square"], self.work_array(data)
        blend(mean, grad, beta1, 1 - beta1, work)
        blend(mean_square, np.multiply(grad, grad, out=work), beta2, 1 - beta2, work)
        # numerator and denominator times c = sqrt(1 - beta2^t): then s needs no correction of its own
        c = math.sqrt(1 - beta2 ** state["steps"])
        np.sqrt(mean_square, out=work)
        np.add(work, self.eps * c, out=work)
        np.divide(mean, work, out=work)
        descend(data, work, self.lr * c / (1 - beta1 ** state["steps"]), work)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-adam", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
first = Parameter([1.0, 1.0, 1.0])
first.grad = np.array([0.001, 5.0, -1000.0], dtype=np.float32)
Adam([first], lr=0.1).step()
assert np.allclose(first.data, [0.9, 0.9, 1.1], atol=1e-4), (
    f"With both averages corrected, the first step is lr = 0.1 against the sign of each gradient, whatever its "
    f"size: expected [0.9, 0.9, 1.1], got {first.data}. (A step of 0.3162 means: nothing corrected.)"
)


def check_adam(expected, look_at, steps=3, **options):
    got = walk(lambda params: Adam(params, **options), steps)[-1]
    assert np.allclose(got, expected, atol=2e-4), (
        f"Adam({options}): after {steps} steps from (4, 1) expected {expected}, got {got}. {look_at}"
    )


check_adam([3.4012, 0.4097], "The steps count from 1, and each average has its own beta.", lr=0.2)
check_adam([0.4449, 0.1064], "Averages are kept between the steps, in state.", steps=20, lr=0.2)
check_adam([3.5227, 0.4398], "eps is added to the root, after the correction.", lr=0.2, eps=1.0)

optimizer, array, gradient = Adam([first], lr=0.1), first.data, first.grad.copy()
optimizer.step()
optimizer.step()
assert first.data is array, "The parameter must keep its array: write into data."
assert np.array_equal(first.grad, gradient), "The gradient was changed: its square needs an array of its own."
state = optimizer.states[0]
assert set(state) == {"steps", "mean", "mean_square"}, f"Expected steps, mean, mean_square; got {sorted(state)}."
assert state["steps"] == 2, f"After two updates steps is 2; yours: {state['steps']}."
assert np.allclose(state["mean"], 0.19 * gradient), "Keep the UNcorrected mean: after two equal gradients 0.19 * grad."
### BEGIN HIDDEN TESTS
def adam_oracle(p, gradient, steps, lr, betas, eps, weight_decay):
    """One number in Python floats; gradient(p, step) may be None, and then the step is skipped."""
    m = s = t = 0
    for step in range(steps):
        g = gradient(p, step)
        if g is None:
            continue
        t += 1
        g += weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        s = betas[1] * s + (1 - betas[1]) * g * g
        p -= lr * (m / (1 - betas[0] ** t)) / (math.sqrt(s / (1 - betas[1] ** t)) + eps)
    return p


for options in [
    {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
    {"betas": (0.5, 0.9), "eps": 0.3, "weight_decay": 0.1},
    {"betas": (0.0, 0.99), "eps": 1e-8, "weight_decay": 0.0},
    {"betas": (0.9, 0.0), "eps": 1e-3, "weight_decay": 0.5},
]:
    small, table = Parameter(1.5, dtype=np.float64), Parameter([[-2.0, 0.5, 3.0]], dtype=np.float64)
    optimizer = Adam([small, table], lr=0.05, **options)
    expected_small = adam_oracle(1.5, lambda p, t: 2 * p - t, 20, lr=0.05, **options)
    expected_table = [
        adam_oracle(start, lambda p, t: None if t % 3 == 0 else 0.5 * p, 20, lr=0.05, **options)
        for start in [-2.0, 0.5, 3.0]
    ]
    for t in range(20):
        small.grad = np.asarray(2 * small.data - t)
        table.grad = None if t % 3 == 0 else 0.5 * table.data
        optimizer.step()
    assert np.allclose(small.data, expected_small), (
        f"{options}: a single number must end at {expected_small}, got {small.data}. "
        "Does each parameter keep its own memory, in its own state?"
    )
    assert np.allclose(table.data, [expected_table]), (
        f"{options}: with every third gradient None, expected {expected_table}, got {table.data}. "
        "t counts the updates of this parameter, not the calls of step()."
    )
    assert table.data.dtype == np.float64 and state["mean"].dtype == np.float32, "Averages have the dtype of data."
still = Parameter([1.0])
optimizer = Adam([still], lr=0.1)
still.grad = np.zeros(1, dtype=np.float32)
optimizer.step()
assert still.data.tolist() == [1.0], f"A gradient of 0 moves nothing, and eps avoids 0 / 0; got {still.data}."
one, other = Parameter([1.0]), Parameter([1.0])
optimizer = Adam([one, other], lr=0.1)
one.grad, other.grad = np.ones(1, dtype=np.float32), -np.ones(1, dtype=np.float32)
optimizer.step()
assert optimizer.states[0]["mean"] is not optimizer.states[1]["mean"], "Each parameter has averages of its own."
assert np.allclose(other.data, 1.1, atol=1e-5), "The second parameter also takes its first step as step 1."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Fill an empty `state` with `np.zeros_like(data)` and a count of 0; then count. Each average is one `blend`; the
# square of the gradient can go into `work` first. Then build $\sqrt{\hat s} + \varepsilon$ in `work`, divide $m$ by
# it with `np.divide(mean, work, out=work)`, and let `descend` do the rest. The factor $1/(1-\beta_1^t)$ can join
# the learning rate.
#
# </details>

# %% [markdown]
# ### Adam in the valley
#
# What do the corrections change? We compare with a walk that uses both averages as they are. Apart from
# $\varepsilon$, its steps are your Adam's times $(1-\beta_1^t)/\sqrt{1-\beta_2^t}$, so it only needs another learning
# rate.


# %%
class Uncorrected(Adam):
    def update(self, data, grad, state):
        t, lr = state.get("steps", 0) + 1, self.lr
        self.lr = lr * (1 - self.betas[0] ** t) / math.sqrt(1 - self.betas[1] ** t)
        super().update(data, grad, state)
        self.lr = lr


adam_paths = {
    "corrected": walk(lambda params: Adam(params, lr=0.2), 40),
    "uncorrected": walk(lambda params: Uncorrected(params, lr=0.2), 40),
}
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained", width_ratios=(3, 2))
draw_valley(left, adam_paths, title="Adam, lr = 0.2, 40 steps")
for name, path in adam_paths.items():
    right.plot(range(1, 11), np.abs(np.diff(path[:11, 0])), "o-", label=name)
right.axhline(0.2, color="gray", linestyle=":")
right.set(xlabel="step", ylabel="distance moved in x", title="Length of the first steps (dotted: lr)", ylim=(0, None))
right.legend(fontsize=8)
plt.show()
show_path(adam_paths["corrected"], [0, 1, 2, 3, 10, 40])

# %% [markdown]
# The corrected walk moves $x$ and $y$ by nearly the same distance per step although their gradients differ by a
# factor of five at the start. With Adam, `lr` is roughly **the distance that each number moves in one step**.
# That is why one value, 0.001, works for so many networks.
#
# ## 7. AdamW: weight decay that decays
#
# In Adam, `weight_decay` adds $\lambda p$ to the gradient, as in SGD. But then $\lambda p$ is divided by $\sqrt{\hat
# s}$ too. A weight whose gradients are large gets almost no decay, one whose gradients are small gets a lot. The
# experiment: two weights, pure noise as gradients, one 100 times as loud.


# %%
def decay_curves(make, steps=300):
    """Two weights that start at 1; gradients are noise of size 0.05 and 5: their values (steps + 1, 2)."""
    rng = np.random.default_rng(0)
    weights = Parameter([1.0, 1.0])
    optimizer, curve = make([weights]), [weights.data.copy()]
    for _ in range(steps):
        weights.grad = (rng.standard_normal() * np.array([0.05, 5.0])).astype(np.float32)
        optimizer.step()
        curve.append(weights.data.copy())
    return np.array(curve)


without = decay_curves(lambda params: Adam(params, lr=0.002))
with_l2 = decay_curves(lambda params: Adam(params, lr=0.002, weight_decay=0.5))
pulled = without[-1] - with_l2[-1]
print(f"quiet weight: L2 in Adam changed it by {pulled[0]:.4f} in 300 steps")
print(f"loud weight:  L2 in Adam changed it by {pulled[1]:.4f}")
print(f"the formula (1 - lr * decay)^300 says {1 - (1 - 0.002 * 0.5) ** 300:.4f} for both")

# %% [markdown]
# **AdamW** (Loshchilov and Hutter, 2017) keeps the two apart. The weights shrink by a fixed factor, and the
# gradient knows nothing of it:
#
# $$p \leftarrow (1 - \eta \lambda)\, p \qquad\text{then Adam's step with the plain gradient } g$$
#
# ### Exercise 06.adamw
#
# `prepare` calls `decay(data, grad)` before each update, and goes on with the gradient that it returns. The base
# class returns $g + \lambda p$. Write AdamW's `decay`: it changes `data` in place and returns the gradient to use.


# %% nbgrader={"grade": false, "grade_id": "06-adamw-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2017)."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)

    def decay(self, data, grad):
        """Shrink data in place by the factor 1 - lr * weight_decay; return the gradient to use. 2 lines.

        Example: lr 0.1, weight_decay 0.5, data [2, 4], grad [1, 1] -> data becomes [1.9, 3.8], returns [1, 1].
        """
        ### BEGIN SOLUTION
        data *= 1 - self.lr * self.weight_decay
        return grad
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-adamw", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
weights = Parameter([2.0, 4.0])
weights.grad = np.ones(2, dtype=np.float32)
array, optimizer = weights.data, AdamW([weights], lr=0.1, weight_decay=0.5)
returned = optimizer.decay(weights.data, weights.grad)
assert returned is not None, "decay must return the gradient that the update is to use."
assert np.allclose(returned, 1.0), f"The gradient knows nothing of the decay: expected [1, 1], returned {returned}."
assert np.allclose(weights.data, [1.9, 3.8]), (
    f"[2, 4] * (1 - 0.1 * 0.5) is [1.9, 3.8]; yours gives {weights.data}. Change data in place."
)
assert weights.data is array and weights.grad.tolist() == [1.0, 1.0], "Write into data, and leave the gradient alone."

weights.grad = np.zeros(2, dtype=np.float32)
optimizer.step()
assert np.allclose(weights.data, [1.805, 3.61]), (
    f"With a gradient of 0, a step only shrinks: expected [1.805, 3.61], got {weights.data}."
)
optimizer.lr = 0.0
optimizer.step()
assert np.allclose(weights.data, [1.805, 3.61]), "With lr 0 nothing decays either: the factor uses the present self.lr."
### BEGIN HIDDEN TESTS
for options in [{"weight_decay": 0.3}, {"weight_decay": 0.0}, {}]:
    weights = Parameter([1.5, -2.0, 0.0], dtype=np.float64)
    optimizer, array = AdamW([weights], lr=0.05, betas=(0.8, 0.9), **options), weights.data
    expected, m, s = weights.data.copy(), 0.0, 0.0
    for t in range(1, 16):
        g = 2 * expected - t
        expected = expected * (1 - 0.05 * options.get("weight_decay", 0.01))
        m, s = 0.8 * m + 0.2 * g, 0.9 * s + 0.1 * g * g
        expected = expected - 0.05 * (m / (1 - 0.8**t)) / (np.sqrt(s / (1 - 0.9**t)) + 1e-8)
        weights.grad = 2 * weights.data - t
        optimizer.step()
    assert np.allclose(weights.data, expected), (
        f"AdamW({options}): expected {expected} after 15 steps, got {weights.data}."
    )
    assert weights.data is array and weights.data.dtype == np.float64, "The array and its dtype stay."
idle = Parameter([1.0])
AdamW([idle], lr=0.1, weight_decay=0.5).step()
assert idle.data.tolist() == [1.0], "A parameter without a gradient is skipped: it does not decay either."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `data *= factor` writes into the array. Return `grad` itself, unchanged.
#
# </details>

# %% [markdown]
# The experiment again, now with all three. Full lines: with decay; thin lines: the same noise without. The shaded
# gap is what the decay did. Is it the same for the quiet and the loud weight? (Under AdamW the two curves lie on top
# of each other.)

# %%
figure, axes = plt.subplots(1, 3, figsize=(12, 3.3), layout="constrained", sharey=True)
experiments = {"SGD, L2": SGD, "Adam, L2": Adam, "AdamW, decoupled": AdamW}
for axis, (title, kind) in zip(axes, experiments.items(), strict=True):
    free = decay_curves(lambda params, kind=kind: kind(params, lr=0.002, weight_decay=0.0))
    held = decay_curves(lambda params, kind=kind: kind(params, lr=0.002, weight_decay=0.5))
    for column, (name, color, width) in enumerate([("quiet weight", "tab:blue", 4), ("loud weight", "tab:red", 1.5)]):
        axis.plot(free[:, column], color=color, linewidth=0.6)
        axis.plot(held[:, column], color=color, linewidth=width, label=name)
        axis.fill_between(range(301), held[:, column], free[:, column], color=color, alpha=0.15)
    axis.set(title=title, xlabel="step")
    gap = free[-1] - held[-1]
    print(f"{title:17s} pulled the quiet weight by {gap[0]:.4f} and the loud one by {gap[1]:.4f}")
axes[0].set_ylabel("value of the weight")
axes[0].legend(fontsize=8)
plt.show()

# %% [markdown]
# ## 8. Schedules: a learning rate that changes
#
# Gradients from batches are noisy. With a fixed learning rate the walker never settles: it keeps being pushed
# about, at a distance that grows with `lr`. A small rate settles lower and takes longer. A **schedule** starts
# large and ends small.
#
# The base class is given. A schedule only says which rate belongs to step $t$. It is set for $t = 0$ at once, and
# for the next $t$ by every `step()`, which you call after the optimizer's.


# %% nbgrader={"grade": false, "grade_id": "06-schedule", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Schedule:
    """Base of the schedules: sets optimizer.lr to lr_at(steps), where steps counts the calls of step()."""

    def __init__(self, optimizer):
        if not hasattr(optimizer, "lr"):
            raise TypeError(f"a schedule needs an optimizer, not a {type(optimizer).__name__}")
        self.optimizer = optimizer
        self.base_lr = float(optimizer.lr)
        self.steps = 0
        optimizer.lr = self.lr_at(0)

    def lr_at(self, t):
        """Return the learning rate of the optimizer's step number t, counted from 0: a float."""
        raise TypeError(f"{type(self).__name__} has no rule: define lr_at(self, t)")

    def step(self):
        self.steps += 1
        self.optimizer.lr = self.lr_at(self.steps)

    def state_dict(self):
        """Return all settings and the count as {name: number}."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state):
        """Take over settings and count from a state_dict, and set the optimizer's lr accordingly."""
        own = self.state_dict()
        if set(state) != set(own):
            raise ValueError(f"{type(self).__name__} saves {sorted(own)}, but this state has {sorted(state)}")
        for name, value in own.items():
            setattr(self, name, type(value)(state[name]))
        self.optimizer.lr = self.lr_at(self.steps)


# %% nbgrader={"grade": false, "grade_id": "06-rates", "locked": true, "schema_version": 3, "solution": false, "task": false}
def rates(make, steps, lr=0.1):
    """The learning rates of the steps 0, 1, ..., steps - 1 under the schedule make(optimizer)."""
    optimizer = SGD([Parameter([0.0])], lr=lr)
    schedule, found = make(optimizer), []
    for _ in range(steps):
        found.append(optimizer.lr)
        schedule.step()
    return found


# %%
class Halving(Schedule):  # the pattern, solved: half the rate after every step
    def lr_at(self, t):
        return self.base_lr * 0.5**t


print("Halving:", rates(Halving, 5))

# %% [markdown]
# ### Exercise 06.steplr: stairs
#
# Every `step_size` steps the rate is multiplied by `gamma`. With $\lfloor \cdot \rfloor$ for rounding down:
#
# $$\eta_t = \eta_0 \cdot \gamma^{\lfloor t / \text{step\_size} \rfloor}$$
#
# For $\eta_0 = 0.1$, `step_size=3` and `gamma=0.5` the rates are 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025.


# %% nbgrader={"grade": false, "grade_id": "06-steplr-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class StepLR(Schedule):
    """Multiply the learning rate by gamma after every step_size calls of step()."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        if int(step_size) != step_size or step_size < 1:
            raise ValueError(f"step_size must be a whole number of at least 1, got {step_size}")
        self.step_size = int(step_size)
        self.gamma = check_range("gamma", gamma, 0.0)
        super().__init__(optimizer)

    def lr_at(self, t):
        """Return the rate of step t. 1 line."""
        ### BEGIN SOLUTION
        return self.base_lr * self.gamma ** (t // self.step_size)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-steplr", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
got = rates(lambda optimizer: StepLR(optimizer, step_size=3, gamma=0.5), 7)
expected = [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025]
assert np.allclose(got, expected), (
    f"Expected the rates {expected}, got {np.round(got, 4).tolist()}. Round t / step_size down."
)
got = rates(lambda optimizer: StepLR(optimizer, step_size=1), 3, lr=1.0)
assert np.allclose(got, [1.0, 0.1, 0.01]), f"step_size=1 multiplies by gamma = 0.1 each time: 1, 0.1, 0.01; got {got}."
### BEGIN HIDDEN TESTS
schedule = StepLR(SGD([Parameter([0.0])], lr=0.1), step_size=3, gamma=0.5)
asked = [schedule.lr_at(t) for t in (7, 0, 7)]
assert np.allclose(asked, [0.025, 0.1, 0.025]), f"lr_at(t) depends on t alone, not on earlier calls; got {asked}."
assert math.isclose(schedule.optimizer.lr, 0.1), "Asking for a rate must not set it."
assert np.allclose(rates(lambda optimizer: StepLR(optimizer, 100), 90), 0.1), "Before step_size steps nothing changes."
assert np.allclose(rates(lambda optimizer: StepLR(optimizer, 2, gamma=1.0), 9), 0.1), "gamma = 1 changes nothing."
got = rates(lambda optimizer: StepLR(optimizer, 2, gamma=2.0), 4)
assert np.allclose(got, [0.1, 0.1, 0.2, 0.2]), f"gamma may exceed 1: expected 0.1, 0.1, 0.2, 0.2, got {got}."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `7 // 3` is 2: division rounded down. The rate at the beginning is `self.base_lr`.
#
# </details>

# %% [markdown]
# ### Exercise 06.cosine: warm up, then glide down
#
# Large models start gently, since the first gradients are the wildest, and then follow half a wave of the cosine
# (Loshchilov and Hutter, 2016). With $W$ = `warmup_steps` and $T$ = `T_max`, the number of **all** steps, warm-up
# included:
#
# $$\eta_t = \eta_0\, \frac{t + 1}{W + 1} \;\text{ for } t < W, \qquad
# \eta_t = \eta_{\min} + \frac{\eta_0 - \eta_{\min}}{2} \left(1 + \cos \frac{\pi\,(t - W)}{T - W}\right)
# \;\text{ for } t \ge W$$
#
# PyTorch's class has no warm-up; with $W = 0$ the two agree. After $T$ steps the cosine rises again, there as here.

# %%
W, T = 4, 12
for t in [0, 1, 3]:
    print(f"t = {t:2d}: warm-up, (t + 1) / (W + 1) = {(t + 1) / (W + 1):.2f} of the rate")
for t in [4, 8, 12]:
    done = (t - W) / (T - W)
    wave = (1 + math.cos(math.pi * done)) / 2
    print(f"t = {t:2d}: share of the way {done:.2f}, (1 + cos(pi * share)) / 2 = {wave:.2f}")


# %% nbgrader={"grade": false, "grade_id": "06-cosine-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class CosineAnnealingLR(Schedule):
    """Linear warm-up over warmup_steps, then half a cosine wave from the base rate to eta_min at step T_max."""

    def __init__(self, optimizer, T_max, eta_min=0.0, warmup_steps=0):
        if int(T_max) != T_max or int(warmup_steps) != warmup_steps or not 0 <= warmup_steps < T_max:
            raise ValueError(f"whole numbers with 0 <= warmup_steps < T_max are needed, got {warmup_steps} and {T_max}")
        self.T_max, self.warmup_steps = int(T_max), int(warmup_steps)
        self.eta_min = check_range("eta_min", eta_min, 0.0)
        super().__init__(optimizer)

    def lr_at(self, t):
        """Return the rate of step t: one formula for the warm-up, one for the rest. About 5 lines."""
        ### BEGIN SOLUTION
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / (self.warmup_steps + 1)
        share = (t - self.warmup_steps) / (self.T_max - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * share)) / 2
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-cosine", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def check_rates(expected, look_at, steps, lr=0.1, **options):
    every = (steps - 1) // (len(expected) - 1)
    got = rates(lambda optimizer: CosineAnnealingLR(optimizer, **options), steps, lr=lr)[::every]
    assert np.allclose(got, expected, atol=1e-6), (
        f"CosineAnnealingLR({options}) from lr {lr}: expected {expected}, got {np.round(got, 4).tolist()}. {look_at}"
    )


check_rates([0.1, 0.05, 0.0], "Start, middle and end of half a wave.", 9, T_max=8)
check_rates([0.1, 0.06, 0.02], "The wave ends at eta_min and starts at the base rate.", 9, T_max=8, eta_min=0.02)
check_rates(
    [0.02, 0.04, 0.06, 0.08, 0.1], "Warm-up: (t + 1) / (W + 1), full at t = W.", 5, T_max=12, warmup_steps=4
)
check_rates([0.02, 0.1, 0.05, 0.0], "After the warm-up the wave has T_max - W steps.", 13, T_max=12, warmup_steps=4)
### BEGIN HIDDEN TESTS
check_rates([1.0, 0.5, 0.0, 0.5, 1.0], "After T_max the cosine rises again, as the formula says.", 41, lr=1.0, T_max=20)
check_rates([0.05, 0.1, 0.0], "T_max 2 with one step of warm-up.", 3, T_max=2, warmup_steps=1)
check_rates([0.01, 0.03, 0.05], "eta_min above the base rate: the wave rises.", 5, lr=0.01, T_max=4, eta_min=0.05)
check_rates([0.05, 0.1, 0.055, 0.01], "eta_min does not enter the warm-up.", 4, T_max=3, warmup_steps=1, eta_min=0.01)
schedule = CosineAnnealingLR(SGD([Parameter([0.0])], lr=0.1), T_max=8)
asked = [schedule.lr_at(t) for t in (8, 0, 4)]
assert np.allclose(asked, [0.0, 0.1, 0.05]), f"lr_at(t) depends on t alone, not on earlier calls; got {asked}."
assert math.isclose(schedule.optimizer.lr, 0.1), "Asking for a rate must not set it."
assert all(type(float(rate)) is float and rate >= 0 for rate in asked), "A rate is a number of at least 0."
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `if t < self.warmup_steps:` with its own `return`. Then compute the share of the way that is done, from 0 to 1,
# as in the cell above, and put it into `math.cos(math.pi * share)`.
#
# </details>

# %% [markdown]
# ### What a schedule buys
#
# Left: the rates. Right: noisy gradients in the valley, averaged over 20 random seeds. The constant rates reach a
# floor; the smaller one has the lower floor and needs longer. The schedules get both.

# %%
schedules = {
    "constant 0.05": (0.05, lambda optimizer: StepLR(optimizer, 1000)),
    "constant 0.01": (0.01, lambda optimizer: StepLR(optimizer, 1000)),
    "StepLR, a third every 75": (0.05, lambda optimizer: StepLR(optimizer, 75, gamma=1 / 3)),
    "cosine, warm-up 20": (0.05, lambda optimizer: CosineAnnealingLR(optimizer, 300, warmup_steps=20)),
}


class Scheduled(SGD):  # steps its schedule along with itself, so that walk() can use it
    def __init__(self, params, lr, make):
        super().__init__(params, lr=lr)
        self.schedule = make(self)

    def step(self):
        super().step()
        self.schedule.step()


figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained")
for name, (lr, make) in schedules.items():
    left.plot(rates(make, 300, lr=lr), label=name)
    paths = [walk(lambda p, lr=lr, m=make: Scheduled(p, lr, m), 300, noise=2.0, seed=seed) for seed in range(20)]
    heights = np.mean([height(path) for path in paths], axis=0)
    right.semilogy(heights, label=name)
    print(f"{name:25s} mean height at step 50: {heights[50]:.4f}   over the last 20 steps: {heights[-20:].mean():.4f}")
left.set(xlabel="step", ylabel="learning rate", title="Schedules")
right.set(xlabel="step", ylabel="height, mean of 20 walks", title="Noisy gradients")
left.legend(fontsize=8)
plt.show()

# %% [markdown]
# ## 9. All together
#
# All optimizers, the same valley, 40 steps. Below it the same valley **turned by 45 degrees**: the loss is the same
# landscape, but its steep direction is no longer one of the coordinates.

# %%
turn = np.array([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)  # rotates by 45 degrees
TURNED = turn @ VALLEY @ turn.T
contest = {
    "SGD": lambda params: SGD(params, lr=0.06),
    "momentum": lambda params: SGD(params, lr=0.06, momentum=0.7),
    "Nesterov": lambda params: SGD(params, lr=0.06, momentum=0.7, nesterov=True),
    "Adam": lambda params: Adam(params, lr=0.1),
    "AdamW": lambda params: AdamW(params, lr=0.1, weight_decay=0.1),
}
figure, axes = plt.subplots(2, 1, figsize=(9, 8.5), layout="constrained", height_ratios=(1, 1.7))
print("height after 40 steps  ", "".join(f"{name:>11s}" for name in contest))
for axis, title, valley, start, limits in [
    (axes[0], "straight", VALLEY, START, (4.8, 2.0)),
    (axes[1], "turned by 45 degrees", TURNED, turn @ START, (4.8, 4.0)),
]:
    paths = {name: walk(make, 40, valley, start) for name, make in contest.items()}
    draw_valley(axis, paths, valley, f"The valley, {title}", limits)
    print(f"{title:23s}", "".join(f"{height(path[-1], valley):11.2e}" for path in paths.values()))
plt.show()

# %% [markdown]
# SGD and its momentum do not notice the turn: their heights agree. Adam does. It scales each *coordinate*, and now
# both coordinates share the steep direction. Adam helps when steepness and coordinates go together. In networks they
# often do: the gradients of different layers have very different sizes.
#
# One contest in one valley ranks nothing. AdamW's decay pulls towards 0, which here happens to be the minimum. And
# with `lr=0.4` Adam hardly notices the turn: try it.

# %% [markdown]
# ### Stop and go on
#
# A long training is interrupted sooner or later. To go on as if nothing had happened, one needs the parameters
# *and* the optimizer's memory. `state_dict()` is given: a flat dict of numbers and arrays, so that NumPy can put it
# into a file (module 07 does). `"0.velocity"` is the velocity of parameter 0.


# %% nbgrader={"grade": false, "grade_id": "06-state", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def read_optimizer_state(optimizer):
    """Return {option: value} and {"position.name": copy} of all states, in one flat dict."""
    saved = {name: getattr(optimizer, name) for name in optimizer.option_names}
    for position, state in enumerate(optimizer.states):
        for name, value in state.items():
            saved[f"{position}.{name}"] = value.copy() if isinstance(value, np.ndarray) else value
    return saved


def write_optimizer_state(optimizer, saved):
    """Take over what read_optimizer_state returned, or raise a ValueError and change nothing."""
    kind, states = type(optimizer).__name__, [{} for _ in optimizer.params]
    problems = [f"missing {name!r}" for name in optimizer.option_names if name not in saved]
    for key in saved:
        position, _, name = key.partition(".")
        if key in optimizer.option_names:
            continue
        if not position.isdecimal() or int(position) >= len(states) or name not in optimizer.state_names:
            problems.append(f"unexpected {key!r}")
            continue
        data, value = optimizer.params[int(position)].data, np.asarray(saved[key])
        if name != "steps" and value.shape != data.shape:
            problems.append(f"{key!r} has shape {value.shape} instead of {data.shape}")
        else:
            states[int(position)][name] = int(value) if name == "steps" else value.astype(data.dtype)
    for position, state in enumerate(states):
        problems += [f"missing '{position}.{name}'" for name in optimizer.state_names if state and name not in state]
    if problems:
        raise ValueError(f"The state does not fit this {kind}: {'; '.join(problems)}.")
    for name in optimizer.option_names:
        value = np.asarray(saved[name])
        setattr(optimizer, name, tuple(value.tolist()) if value.ndim else value.item())
    optimizer.states[:] = states


# %%
def restarted(make, remember):
    """15 steps, then a new optimizer as after a restart, with or without the old one's state, and 15 more."""
    walker = Parameter(START)
    optimizer = make([walker])
    before, saved = go(optimizer, 15), optimizer.state_dict()
    optimizer = make([walker])
    if remember:
        optimizer.load_state_dict(saved)
    return np.vstack([START, before, go(optimizer, 15)]), saved


to_restart = {
    "momentum": lambda params: SGD(params, lr=0.02, momentum=0.9),
    "Adam": lambda params: Adam(params, lr=0.1),
}
print("momentum saves", restarted(to_restart["momentum"], remember=True)[1])
figure, axes = plt.subplots(1, 2, figsize=(12, 3.2), layout="constrained", sharey=True)
for axis, (name, make) in zip(axes, to_restart.items(), strict=True):
    straight = walk(make, 30)
    with_state, without_state = (restarted(make, remember)[0] for remember in (True, False))
    paths = {"state forgotten": without_state, "state loaded": with_state}
    draw_valley(axis, paths, title=f"{name}, restarted after 15 steps")
    apart = [np.abs(path - straight).max() for path in (with_state, without_state)]
    print(f"{name:8s} largest difference to 30 steps in one go: with the state {apart[0]}, without {apart[1]:.4f}")
plt.show()

# %% [markdown]
# What does not fit is refused, and nothing is changed: Adam cannot use a velocity.

# %%
velocity_state = restarted(to_restart["momentum"], remember=True)[1]
print(refusal(lambda: Adam([Parameter(START)]).load_state_dict(velocity_state)))
print(refusal(lambda: SGD([Parameter([1.0, 2.0, 3.0])], momentum=0.8).load_state_dict(velocity_state)))

# %% [markdown]
# ### A network, at last
#
# Gradients now come from your autograd. The task: tell whether two coordinates have the same sign, with one hidden
# layer of 32 units. The training loop has the same four lines for every optimizer.

# %%
rng = np.random.default_rng(6)
inputs = Tensor(rng.uniform(-1, 1, (128, 2)))
answers = Tensor((inputs.data[:, :1] * inputs.data[:, 1:] > 0).astype(np.float32))  # (128, 1)
criterion = BCEWithLogitsLoss()


def losses_of(make, steps=100, seed=0):
    """The loss before each step and after the last one, for a fresh network."""
    start_rng = np.random.default_rng(seed)
    model = Sequential(Linear(2, 32, rng=start_rng), Tanh(), Linear(32, 1, rng=start_rng))
    optimizer, losses = make(model.parameters()), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(inputs), answers)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [*losses, criterion(model(inputs), answers).item()]


# %% [markdown]
# Which optimizer is best? The question is not fair before each has had its own learning rate. So we try eleven
# rates for each, from 0.001 to 100. The score is the mean loss over 100 steps: creeping costs, and so does
# a wild start.

# %%
families = {
    "SGD": lambda lr: lambda params: SGD(params, lr=lr),
    "momentum 0.9": lambda lr: lambda params: SGD(params, lr=lr, momentum=0.9),
    "Nesterov 0.9": lambda lr: lambda params: SGD(params, lr=lr, momentum=0.9, nesterov=True),
    "Adam": lambda lr: lambda params: Adam(params, lr=lr),
    "AdamW": lambda lr: lambda params: AdamW(params, lr=lr),
}
lrs = np.geomspace(0.001, 100, 11)
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.8), layout="constrained")
for name, family in families.items():
    curves = [losses_of(family(lr)) for lr in lrs]
    scores = [np.mean(curve) for curve in curves]
    best = int(np.argmin(scores))
    left.semilogx(lrs, np.minimum(scores, 1.0), "o-", label=name)
    right.plot(curves[best], label=f"{name}, lr = {lrs[best]:.3g}")
    print(f"{name:13s} best rate {lrs[best]:6.3g}: mean loss {scores[best]:.3f}, last loss {curves[best][-1]:.3f}")
left.set(xlabel="learning rate", ylabel="mean loss of 100 steps (cut at 1)", title="Each optimizer has its own rate")
right.set(xlabel="step", ylabel="loss", title="Each at its best rate of the eleven", ylim=(0, 1))
left.legend(fontsize=8)
right.legend(fontsize=8)
plt.show()

# %% [markdown]
# Each curve on the left has a valley of its own, and not all lie at the same rate. At 0.01 Adam looks far better than
# SGD with momentum; at its own best rate momentum is as good. Swapping the optimizer without looking for a new rate
# compares nothing. How wide a valley is matters too: a wide one forgives a careless choice.
#
# ## 10. Systems: what does an optimizer cost?
#
# ### Bytes
#
# The state lives as long as the training. How many bytes is it, per byte of parameters? We take one step with each
# optimizer and add up the arrays. The spare array is counted apart: one, as large as the largest parameter, serves
# all of them.


# %%
def a_network(rng):
    """The parameters of a 784-128-10 network, with random gradients."""
    model = Sequential(Linear(784, 128, rng=rng), Tanh(), Linear(128, 10, rng=rng))
    for parameter in model.parameters():
        parameter.grad = rng.standard_normal(parameter.shape, dtype=np.float32)
    return model.parameters()


def state_bytes(optimizer):
    return sum(array.nbytes for state in optimizer.states for array in state.values() if isinstance(array, np.ndarray))


parameters = a_network(np.random.default_rng(0))
parameter_bytes = sum(parameter.data.nbytes for parameter in parameters)
print(f"parameters: {parameter_bytes:,} bytes, gradients: {sum(p.grad.nbytes for p in parameters):,} bytes")
for name, family in families.items():
    optimizer = family(0.0)(parameters)
    optimizer.step()
    spare = sum(array.nbytes for array in optimizer._spare.values())
    state = state_bytes(optimizer)
    print(f"{name:13s} state {state:9,d} bytes = {state / parameter_bytes:.1f} x parameters   spare {spare:,}")

# %% [markdown]
# So training with Adam keeps four numbers per parameter: itself, its gradient, and two averages. In float32 that
# is 16 bytes, before a single activation is stored. For large models this decides how many machines are needed.
#
# ### Time: in place against new arrays
#
# `WithTemporaries` is Adam as one would write it from the formula. Every operation makes a new array. The numbers
# that come out are the same; what do the new arrays cost?


# %%
class WithTemporaries(Adam):
    def update(self, data, grad, state):
        (beta1, beta2), t = self.betas, state.get("steps", 0) + 1
        m = beta1 * state.get("mean", 0.0) + (1 - beta1) * grad
        s = beta2 * state.get("mean_square", 0.0) + (1 - beta2) * grad**2
        data[...] = data - self.lr * (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + self.eps)
        state.update(steps=t, mean=m, mean_square=s)


def one_of_size(make, size):
    parameter = Parameter(np.ones(size))
    parameter.grad = np.full(size, 0.5, dtype=np.float32)
    return make([parameter])


def fastest_s(*steps, rounds=15):
    """The fastest time in seconds of each of the calls, measured in turns: other programs disturb all alike."""
    best = [math.inf] * len(steps)
    for _ in range(rounds):
        for i, step in enumerate(steps):
            start = time.perf_counter()
            step()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


# %%
sizes = [10, 100, 1_000, 10_000, 100_000, 1_000_000, 4_000_000]
ratios, made = [], []
for size in sizes:
    in_place, fresh = one_of_size(Adam, size), one_of_size(WithTemporaries, size)
    in_place.step()
    fresh.step()
    assert np.allclose(in_place.params[0].data, fresh.params[0].data, atol=1e-6)
    lean_s, fresh_s = fastest_s(in_place.step, fresh.step)
    ratios.append(fresh_s / lean_s)
    made.append([new_bytes(optimizer.step) / (4 * size) for optimizer in (in_place, fresh)])
figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
axis.semilogx(sizes, ratios, "o-")
axis.axhline(1, color="gray", linestyle=":")
axis.set(xlabel="numbers in the parameter", ylabel="time with temporaries / in place", ylim=(0, None),
         title="One step of Adam")
plt.show()
print("ratio by size:", {size: round(ratio, 2) for size, ratio in zip(sizes, ratios, strict=True)})
print(f"new memory in one step on {sizes[-1]:,} numbers, in arrays of that size: "
      f"in place {made[-1][0]:.2f}, with temporaries {made[-1][1]:.2f}")

# %% [markdown]
# Small parameters pay for Python's calls, whichever way. Large ones pay for memory: each new array must be fetched
# from the operating system or the cache, filled, and thrown away.
#
# And between the optimizers? One step on the 784-128-10 network, in units of plain SGD's step:

# %%
optimizers = [family(0.0)(parameters) for family in families.values()]
times_s = fastest_s(*[optimizer.step for optimizer in optimizers], rounds=40)
for name, step_s in zip(families, times_s, strict=True):
    print(f"{name:13s} {step_s / times_s[0]:5.1f} x  " + "#" * round(4 * step_s / times_s[0]))

# %% [markdown]
# Adam reads and writes more arrays per step. How much that matters depends on what stands beside it: the forward and
# backward pass grow with the batch, the optimizer's step does not. In module 07 you measure the shares.
#
# ## What you built
#
# - `descend` and `blend`, which write into memory that is already there.
# - `SGD` with momentum and Nesterov's variant, `Adam` with corrected averages, `AdamW` with decay that stays apart.
# - `StepLR` and `CosineAnnealingLR`, which change one number, `optimizer.lr`.
#
# You export this notebook with `tito module complete 06`. PyTorch's optimizers have the same names and arguments.
# There the rate stands in `optimizer.param_groups[0]["lr"]`, and the state uses the names `momentum_buffer`,
# `exp_avg` and `exp_avg_sq`.

# %% [markdown]
# ## Questions to think about
#
# 1. With momentum 0.9 and gradients that agree, how far does a long run of steps go per step, compared with plain
#    SGD? What does that say about choosing `lr` for one after the other?
# 2. A model has 100 million float32 parameters. How many bytes do parameters, gradients and state take, for each
#    optimizer?
# 3. You freeze half of a network by never computing its gradients. What do SGD with weight decay and AdamW do to
#    those weights, and why?
# 4. The valley turned by 45 degrees made Adam slower. Which change of the *network's inputs* would turn a valley
#    straight?
#
# **Sources.** B. Polyak: *Some methods of speeding up the convergence of iteration methods* (1964). Y. Nesterov:
# *A method for solving the convex programming problem with convergence rate O(1/k^2)* (1983). D. Kingma, J. Ba:
# *Adam: A Method for Stochastic Optimization* (2014). I. Loshchilov, F. Hutter: *SGDR: Stochastic Gradient Descent
# with Warm Restarts* (2016) and *Decoupled Weight Decay Regularization* (2017).
