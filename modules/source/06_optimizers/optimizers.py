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
# Autograd says which way is downhill. An **optimizer** decides how far to go, and whether to trust the last gradient
# alone or all of them. Here you build the optimizers that most networks are trained with, PyTorch's names and
# results included.
#
# | optimizer | idea |
# | --- | --- |
# | `SGD` | go against the gradient; with momentum, keep rolling |
# | `Adam` | a step size of its own for every weight |
# | `AdamW` | Adam, with weights that fade |
# | `StepLR`, `CosineAnnealingLR` | start with long steps, end with short ones |

# %% [markdown]
# You **write** code, **derive** formulas by filling in blanks, **predict** numbers before you see them, and **break**
# code that looks right. *Core* exercises are needed later, a *challenge* is extra. No check is hidden. Everywhere
# parameters change *in place* and nothing else that goes in changes, float32 stays float32, and NumPy has nothing
# to warn about.

# %% nbgrader={"grade": false, "grade_id": "06-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import difflib
import math

import numpy as np

from tinytorch.tensor import Tensor

# %% nbgrader={"grade": false, "grade_id": "06-tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
from tinytorch.activations import Tanh
from tinytorch.layers import Linear, Parameter, Sequential
from tinytorch.losses import CrossEntropyLoss, MSELoss
from tito import datasets
from tito.lesson import breaks, check, peak_bytes, predict, raises, show_descent, show_valley, slope

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## 1. A valley in which walking is slow
#
# Two numbers $p = (x, y)$ and a height, to be made small:
#
# $$f(p) = \tfrac12 (1 \cdot x^2 + 1000 \cdot y^2), \qquad \text{gradient} = (1 \cdot x,\; 1000 \cdot y)$$
#
# The factors 1 and 1000 are the **curvatures**: along $x$ the valley is flat, along $y$ steep. Gradient descent steps
# against the gradient, times the **learning rate** (`lr`). How many steps lead from $(4, 0.1)$ to within 0.01 of
# the bottom, $(0, 0)$, for good?


# %% nbgrader={"grade": false, "grade_id": "06-valley", "locked": true, "schema_version": 3, "solution": false, "task": false}
VALLEY, START = np.diag([1.0, 1000.0]), np.array([4.0, 0.1])


def height(points):
    return ((points @ VALLEY) * points).sum(axis=-1) / 2


def arrival(path):
    """The first step from which on a path (steps + 1, 2) stays within 0.01 of the bottom; None: it does not."""
    outside = np.flatnonzero(~(np.linalg.norm(path, axis=1) < 0.01))
    return int(outside[-1]) + 1 if outside[-1] + 1 < len(path) else None


def plain_path(lr, steps):
    path = [START]
    for _ in range(steps):
        path.append(path[-1] - lr * (path[-1] @ VALLEY))
    return np.array(path)


# %%
PLAIN_STEPS = arrival(plain_path(0.001998, 3100))
print("lr 0.001:   ", arrival(plain_path(0.001, 6000)), "steps")
print("lr 0.001998:", PLAIN_STEPS, "steps")
print("lr 0.0021:   after 100 steps at", plain_path(0.0021, 100)[-1])
show_valley(height, {"lr 0.001998, 200 steps": plain_path(0.001998, 200)}, (4.8, 0.16), "To and fro, and hardly on")
assert PLAIN_STEPS == 2996 and abs(plain_path(0.0021, 100)[-1]).max() > 1000

# %% [markdown]
# Three thousand steps for two numbers, at the best rate there is; a slightly larger one flies apart. A real
# network has thousands of such directions. Here is one that reads handwritten digits, until its loss is below 0.02:


# %% nbgrader={"grade": false, "grade_id": "06-reader", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits = datasets.digits()
INK, TEST_INK = (Tensor(x.reshape(-1, 64) / np.float32(16)) for x in (digits.train_images, digits.test_images))
LABELS, TEST_LABELS = digits.train_labels, digits.test_labels  # (1442,) and (355,), from 0 to 9


def new_reader():
    rng = np.random.default_rng(0)
    return Sequential(Linear(64, 32, rng=rng), Tanh(), Linear(32, 10, rng=rng))


reader, READER_STEPS = new_reader(), 0
while (loss := CrossEntropyLoss()(reader(INK), LABELS)).item() >= 0.02:
    loss.backward()
    for parameter in reader.parameters():
        parameter.data -= 1.0 * parameter.grad
        parameter.grad = None
    READER_STEPS += 1

# %%
print(f"plain descent, lr 1.0: {READER_STEPS} steps to a loss of {loss.item():.4f}")
assert 400 < READER_STEPS < 700

# %% [markdown]
# More than 500. (With `lr=3` it never gets there.) At the end both numbers come home.
#
# ## 2. How long may a step be?
#
# ### 06-limit · derive · 15 min · core
#
# Along a direction of curvature $h$ the gradient is $h$ times the coordinate, and every direction has to live with
# the same `lr`. Work out on paper what one step does to a coordinate. When does it grow, and when does the slowest of
# all coordinates shrink as fast as it can? Try your results on the curvatures 1 and 3; the numbers are folded below.


# %% nbgrader={"grade": false, "grade_id": "06-limit-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def factor(lr, h):
    """By what one step multiplies the coordinates along directions of curvature h, an array."""
    ### BEGIN SOLUTION
    return 1 - lr * h
    ### STUB return ...
    ### END SOLUTION


def largest_rate(h):
    """The rate beyond which at least one coordinate grows."""
    ### BEGIN SOLUTION
    return 2 / h.max()
    ### STUB return ...
    ### END SOLUTION


def best_rate(h):
    """The rate at which the slowest coordinate shrinks as fast as it can."""
    ### BEGIN SOLUTION
    return 2 / (h.min() + h.max())
    ### STUB return ...
    ### END SOLUTION


def steps_needed(lr, h, share):
    """After how many steps every coordinate is at most this share of what it was: a whole number."""
    ### BEGIN SOLUTION
    return math.ceil(math.log(share) / math.log(abs(factor(lr, h)).max()))
    ### STUB return math.ceil(...)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-limit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def walked(lr, h, steps=1):
    """What is left of ones after some steps."""
    p = np.ones_like(h)
    for _ in range(steps):
        p = p - lr * (h * p)
    return p


def largest_by_trying(h):
    return max(lr for lr in np.arange(0, 5, 1e-4) if abs(walked(lr, h)).max() <= 1 + 1e-9)


def best_by_trying(h):
    return min(np.arange(0, 5, 1e-4), key=lambda lr: abs(walked(lr, h)).max())


CURVED, FLAT, RATE = np.array([0.7, 11.0, 3.0]), np.array([0.9, 0.25, 0.4, 1.6, 0.5]), 0.13
check(lambda: factor(RATE, CURVED), walked(RATE, CURVED), "one step, on paper")
check(lambda: largest_rate(CURVED), largest_by_trying(CURVED), "when does a coordinate grow?", tolerance=1e-3)
check(lambda: largest_rate(FLAT), largest_by_trying(FLAT), "when does a coordinate grow?", tolerance=1e-3)
check(lambda: best_rate(CURVED), best_by_trying(CURVED), "the slowest of all coordinates", tolerance=1e-3)
check(lambda: best_rate(FLAT), best_by_trying(FLAT), "the slowest of all coordinates", tolerance=1e-3)
check(lambda: abs(walked(RATE, CURVED, steps_needed(RATE, CURVED, 0.01))).max() <= 0.01, True, "every coordinate")
check(lambda: abs(walked(RATE, CURVED, steps_needed(RATE, CURVED, 0.01) - 1)).max() > 0.01, True, "not a step more")
check(lambda: abs(walked(1.2, FLAT, steps_needed(1.2, FLAT, 0.3))).max() <= 0.3, True, "every coordinate")
check(lambda: abs(walked(1.2, FLAT, steps_needed(1.2, FLAT, 0.3) - 1)).max() > 0.3, True, "not a step more")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Draw the factor against the rate for a flat and for a steep direction: two straight lines from 1 downwards. Where
# does the first leave the band from -1 to 1? Where is the worse of the two closest to 0?
# </details>
# <details><summary>Hint 2</summary>
#
# At the best rate one factor is as far above 0 as the other is below. After $n$ steps a factor $q$ leaves $|q|^n$.
# </details>
# <details><summary>Compare your paper</summary>
#
# Curvatures 1 and 3: the factors are $1 - lr$ and $1 - 3\,lr$, the largest rate is $2/3$, the best one $1/2$. There the
# factors are $1/2$ and $-1/2$, and 4 steps leave at most a tenth.
# </details>

# %%
STEEPNESS = np.diag(VALLEY)
print("factors:", factor(best_rate(STEEPNESS), STEEPNESS), "  steps:", steps_needed(0.001998, STEEPNESS, 0.01 / 4))
check(lambda: steps_needed(0.001998, STEEPNESS, 0.01 / 4), PLAIN_STEPS, "what section 1 counted")

# %% [markdown]
# The ratio of the curvatures decides: a thousand to one, and each step takes off two thousandths. No rate helps.
#
# ## 3. In place
#
# ### 06-in-place · write · 15 min · core
#
# A layer, a view, a colleague's variable: others hold a parameter's array too, so an optimizer writes into *that* array.
# And a parameter may hold millions of numbers, so it makes no new array either. NumPy can put a result into memory
# that is there already: `np.multiply(a, 10, out=work)`.

# %%
held = np.array([4.0, 1.0])
view = held[:1]  # somebody else holds this
held = held - 0.5
print("held = held - 0.5:", held, "  the view still says", view)
assert held[0] != view[0]

# %% [markdown]
# Write the two updates that all optimizers are made of:
#
# | function | afterwards holds |
# | --- | --- |
# | `descend` | `data`: data - lr * direction |
# | `blend` | `average`: keep * average + add * value |
#
# `work` is a spare array whose contents nobody needs. The second array stays unchanged, unless it *is* `work`;
# that must give the right result too.


# %% nbgrader={"grade": false, "grade_id": "06-in-place-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def descend(data, direction, lr, work):
    """Change data in place to data - lr * direction; work is a spare array of its shape and dtype.

    data [4, 1], direction [4, 20] and lr 0.25 make data [3, -4].
    """
    ### BEGIN SOLUTION
    np.multiply(direction, lr, out=work)
    np.subtract(data, work, out=data)
    ### END SOLUTION


def blend(average, value, keep, add, work):
    """Change average in place to keep * average + add * value; work is a spare array of its shape and dtype.

    average [1, 0], value [4, 20], keep 0.5 and add 2 make average [8.5, 40].
    """
    ### BEGIN SOLUTION
    average *= keep
    average += value if add == 1 else np.multiply(value, add, out=work)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-in-place", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def changed(update, array, second, *numbers):
    """A copy of an array after an update in place; second="work": the spare array, holding 3, is the second one."""
    array, work = array.copy(), np.full_like(array, 3)
    update(array, work if isinstance(second, str) else second, *numbers, work)
    return array


def new_bytes_of(update, *numbers):
    array, second, work = (np.ones(200_000, dtype=np.float32) for _ in range(3))  # 800,000 bytes each
    return peak_bytes(lambda: update(array, second, *numbers, work))


A = np.array([[4.0, 1.0, -2.0], [0.5, 8.0, 3.0]], dtype=np.float32)
B = np.array([[4.0, 20.0, 1.5], [-6.0, 0.3, 2.0]], dtype=np.float32)
check(lambda: changed(descend, A, B, 0.25), A - np.float32(0.25) * B, "`data` itself holds the result")
check(lambda: changed(descend, A, "work", 0.25), A - np.float32(0.75), "the second array may be `work`")
check(lambda: new_bytes_of(descend, 0.25) < 100_000, True, "no new array")
check(lambda: changed(blend, A, B, 0.5, 2.0), np.float32(0.5) * A + 2 * B, "`average` itself holds the result")
check(lambda: changed(blend, A, B, 0.5, 1.0), np.float32(0.5) * A + B, "an `add` of 1 is like any other")
check(lambda: changed(blend, A, "work", 0.5, 2.0), np.float32(0.5) * A + 6, "the second array may be `work`")
check(lambda: new_bytes_of(blend, 0.5, 2.0) < 100_000, True, "no new array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which intermediate result does `data -= lr * direction` make, and where could it go instead?
# </details>
# <details><summary>Hint 2</summary>
#
# First the product into `work`, then `data -= work`. As long as nothing else is written to `work` before, it does
# not matter who `work` is.
# </details>

# %% [markdown]
# ## 4. The optimizer
#
# First a mistake that says nothing. Somebody wants small first weights:

# %%
small = Parameter([[1.0, 2.0, 3.0]]) * 0.01
(small * small).sum().backward()
print(type(small).__name__, " made by:", small.origin[0], " gradient:", small.grad)

# %% [markdown]
# `small` is no parameter but the *result* of an operation. It gets no gradient, and an optimizer that holds it moves
# nothing, in silence.
#
# ### 06-params · write · 15 min · core
#
# `check_parameters` returns what it is given (a list, a generator, anything that can be walked through) as a list, or
# refuses it. The first row that fits decides:
#
# | refused | with | the message names |
# | --- | --- | --- |
# | a Tensor, or what cannot be walked through, like a model | `TypeError` | its type, and the fix `model.parameters()` |
# | nothing in it | `ValueError` | `no parameters` |
# | an entry that is no Tensor | `TypeError` | `parameter 1 is a tuple` |
# | a Tensor not of floats | `ValueError` | `parameter 1`, and the dtype |
# | a result of an operation | `ValueError` | `parameter 1`, `result`, and the operation |
# | the same object twice | `ValueError` | both positions: `parameters 0 and 2` |


# %% nbgrader={"grade": false, "grade_id": "06-params-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def check_parameters(params):
    """Return parameters, from any iterable of Tensors, as a list, or say what is wrong with them.

    Two Parameters a and b from a generator give [a, b].
    """
    ### BEGIN SOLUTION
    if isinstance(params, Tensor) or not hasattr(params, "__iter__"):
        raise TypeError(f"params must be a list of parameters, not a {type(params).__name__}: use model.parameters()")
    params, positions = list(params), {}
    if not params:
        raise ValueError("the optimizer got no parameters: has the model any, or was a generator used up?")
    for position, parameter in enumerate(params):
        if not isinstance(parameter, Tensor):
            raise TypeError(f"parameter {position} is a {type(parameter).__name__}: use model.parameters()")
        if parameter.dtype.kind != "f":
            raise ValueError(f"parameter {position} has dtype {parameter.dtype}: only floats can be optimized")
        if parameter.origin is not None:
            made = f"the result of the operation {parameter.origin[0]!r}"
            raise ValueError(f"parameter {position} is {made}, not a parameter: scale its .data, or use Parameter(...)")
        if id(parameter) in positions:
            first = positions[id(parameter)]
            raise ValueError(f"parameters {first} and {position} are the same object: it would be moved twice")
        positions[id(parameter)] = position
    return params
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-params", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
ONE, TWIN, OTHER = Parameter([1.0, 2.0]), Parameter([1.0, 2.0]), Parameter([[3.0, 0.5, 7.0]])
PLAIN, COUNTS = Tensor([5.0]), Tensor([3, 1, 2])
check(lambda: [*map(id, check_parameters([OTHER, ONE, PLAIN]))], [id(OTHER), id(ONE), id(PLAIN)], "returns a list")
check(lambda: [*map(id, check_parameters(p for p in (ONE, OTHER)))], [id(ONE), id(OTHER)], "a generator")
check(lambda: len(check_parameters([ONE, TWIN, OTHER])), 3, "equal numbers are not the same object")
raises(lambda: check_parameters(ONE), TypeError, says=["Parameter", "model.parameters()"])
raises(lambda: check_parameters(Linear(3, 2)), TypeError, says=["Linear", "model.parameters()"])
raises(lambda: check_parameters(None), TypeError, says=["NoneType", "model.parameters()"])
raises(lambda: check_parameters([]), ValueError, says=["no parameters"])
raises(lambda: check_parameters(p for p in ()), ValueError, says=["no parameters"])
raises(lambda: check_parameters([ONE, ("bias", OTHER)]), TypeError, says=["parameter 1", "tuple"])
raises(lambda: check_parameters([ONE, OTHER, COUNTS]), ValueError, says=["parameter 2", str(COUNTS.dtype)])
raises(lambda: check_parameters([ONE * 0.01]), ValueError, says=["parameter 0", "result", "mul"])
raises(lambda: check_parameters([PLAIN, ONE.sum()]), ValueError, says=["parameter 1", "result", "sum"])
raises(lambda: check_parameters([ONE, OTHER, ONE]), ValueError, says=["parameters 0 and 2"])
raises(lambda: check_parameters([PLAIN, ONE, TWIN, TWIN]), ValueError, says=["parameters 2 and 3"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How often can a generator be walked through? And what does `==` say about two Tensors?
# </details>
# <details><summary>Hint 2</summary>
#
# Make the list first. `hasattr(params, "__iter__")` tells what can be walked through. `id(parameter)` is a number that
# only this object has; `parameter.origin` is None or starts with the operation's name.
# </details>

# %% [markdown]
# ### What every optimizer holds, given
#
# Settings that are checked, one dict of memory for each parameter, spare arrays (`work_array`), and saving
# (`state_dict`). An option that does not exist is refused with the nearest one that does.


# %% nbgrader={"grade": false, "grade_id": "06-settings", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def check_range(name, value, low, high=math.inf):
    """Return value as a float, or raise a ValueError unless it is one finite number with low <= value < high."""
    number = float(value) if np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf" else math.nan
    if not (low <= number < high and math.isfinite(number)):
        bounds = f"a finite number of at least {low:g}" if high == math.inf else f"in [{low:g}, {high:g})"
        raise ValueError(f"{name} must be {bounds}, got {value!r}")
    return number


def check_whole(name, value):
    """Return value as an int, or raise a ValueError unless it is a whole number of at least 0."""
    if check_range(name, value, 0) % 1:
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return int(value)


def refuse_options(owner, options):
    """Raise a TypeError if there are options that the owner does not have, with the nearest one that it has."""
    for name in options:
        near = ["lr"] if "rate" in name else difflib.get_close_matches(name, owner.option_names, n=1)
        fix = f"did you mean {near[0]}?" if near else f"its options are {', '.join(owner.option_names)}"
        raise TypeError(f"{type(owner).__name__} has no option {name}: {fix}")


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
    states = [{} for _ in optimizer.params]
    problems = [f"missing {name!r}" for name in optimizer.option_names if name not in saved]
    for key in saved.keys() - set(optimizer.option_names):
        position, _, name = key.partition(".")
        if not position.isdecimal() or int(position) >= len(states) or name not in optimizer.state_names:
            problems.append(f"unexpected {key!r}")
            continue
        data, value = optimizer.params[int(position)].data, np.asarray(saved[key])
        if name != "steps" and value.shape != data.shape:
            problems.append(f"{key!r} has shape {value.shape} instead of {data.shape}")
        states[int(position)][name] = int(value) if name == "steps" else value.astype(data.dtype)
    for position, state in enumerate(states):
        problems += [f"missing '{position}.{name}'" for name in optimizer.state_names if state and name not in state]
    if problems:
        raise ValueError(f"The state does not fit this {type(optimizer).__name__}: {'; '.join(sorted(problems))}.")
    for name in optimizer.option_names:
        value = np.asarray(saved[name])
        setattr(optimizer, name, tuple(value.tolist()) if value.ndim else value.item())
    optimizer.states[:] = states


# %% nbgrader={"grade": false, "grade_id": "06-holder", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class _Holder:
    """What every optimizer holds: parameters, a dict of memory for each, checked settings, spare arrays."""

    option_names = ("lr", "weight_decay")  # what state_dict() saves besides the memory
    state_names = ()  # what a parameter's memory holds once it has been updated

    def __init__(self, params, lr=1e-3, weight_decay=0.0, **unknown):
        refuse_options(self, unknown)
        self.params = check_parameters(params)
        self.states = [{} for _ in self.params]
        self.lr = lr
        self.weight_decay = check_range("weight_decay", weight_decay, 0.0)
        self._spare = {}

    lr = property(lambda self: self._lr, doc="The learning rate, to be set at any time; PyTorch: param_groups[0]['lr'].")

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
        """Return all settings and memory as one flat dict of numbers and arrays."""
        return read_optimizer_state(self)

    def load_state_dict(self, state):
        """Take over a state_dict, or raise a ValueError and change nothing."""
        write_optimizer_state(self, state)

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.option_names)})"


# %% [markdown]
# ### 06-step · write · 18 min · core
#
# `Optimizer` is the base of all others; a subclass writes only `update`, the rule for one parameter. You write the rest:
#
# | function | what it does |
# | --- | --- |
# | `usable_gradient` | returns `parameter.grad` as an array; refuses lists, Tensors and whatever else NumPy did not make (`TypeError`: `parameter 2`, `grad`, its type), and another shape than the parameter's (`ValueError`: both shapes) |
# | `decay` | **weight decay**, a pull towards 0: returns grad + weight_decay * data, leaves both as they are, and makes no new array: `work_array(data, "decay")` is spare |
# | `step` | calls `self.update(data, gradient, state)` for each parameter that has a gradient, in order: with its array, the usable gradient (through `self.decay` if there is any weight decay) and its own dict of `self.states` |
# | `zero_grad` | makes every `grad` None |

# %% [markdown]
# A `grad` of None means: took no part. It is skipped, as in PyTorch. A gradient of zeros is something else: what is
# rolling keeps rolling. A calculation with one weight can leave a plain NumPy number, an `np.generic`; it becomes an
# array of shape `()`.


# %% nbgrader={"grade": false, "grade_id": "06-step-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def usable_gradient(position, parameter):
    """Return the gradient of a parameter as an array of its shape, or say what is wrong with it."""
    ### BEGIN SOLUTION
    grad = parameter.grad
    if not isinstance(grad, np.ndarray | np.generic):
        raise TypeError(f"parameter {position} has a {type(grad).__name__} as grad, where a NumPy array belongs")
    if grad.shape != parameter.shape:
        raise ValueError(f"parameter {position} has shape {parameter.shape}, its grad has {grad.shape}")
    return np.asarray(grad)
    ### END SOLUTION


class Optimizer(_Holder):
    """Base of all optimizers: holds parameters, lr and one state dict per parameter; changes .data in place."""

    def update(self, data, grad, state):
        """Move one parameter, an array, in place. Each optimizer has its own rule."""
        raise TypeError(f"{type(self).__name__} has no rule: define update(self, data, grad, state)")

    def decay(self, data, grad):
        """Return the gradient to use with weight decay: grad + weight_decay * data, in a spare array."""
        ### BEGIN SOLUTION
        total = self.work_array(data, "decay")
        np.multiply(data, self.weight_decay, out=total)
        return np.add(total, grad, out=total)
        ### END SOLUTION

    def step(self):
        """Update every parameter that has a gradient, in order."""
        ### BEGIN SOLUTION
        for position, (parameter, state) in enumerate(zip(self.params, self.states, strict=True)):
            if parameter.grad is not None:
                grad = usable_gradient(position, parameter)
                if self.weight_decay:
                    grad = self.decay(parameter.data, grad)
                self.update(parameter.data, grad, state)
        ### END SOLUTION

    def zero_grad(self):
        """Set the gradient of every parameter to None."""
        ### BEGIN SOLUTION
        for parameter in self.params:
            parameter.grad = None
        ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "06-recorder", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Recorder(Optimizer):
    """Moves nothing and notes what it was asked to do."""

    def update(self, data, grad, state):
        state["calls"] = state.get("calls", 0) + 1
        self.calls = [*getattr(self, "calls", []), (data, grad.copy(), state)]


def recorded(grads, **options):
    """The parameters and the Recorder after one step with these gradients."""
    params = [Parameter([1.0, 2.0]), Parameter([[3.0, 0.5, 7.0]]), Parameter(4.0)]
    for parameter, grad in zip(params, grads, strict=True):
        parameter.grad = grad
    recorder = Recorder(params, lr=0.1, **options)
    recorder.step()
    return params, recorder


# %% nbgrader={"grade": true, "grade_id": "06-step", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
FIRST, SECOND = np.array([0.1, 0.2], dtype=np.float32), np.array([[0.3, -0.6, 0.9]], dtype=np.float32)
ZERO, NUMBER = np.array(0, dtype=np.float32), np.float32(0.7)
params, recorder = recorded([FIRST, None, ZERO])
check(lambda: len(recorder.calls), 2, "each that has a gradient; zeros are one")
check(lambda: [call[0] is p.data for call, p in zip(recorder.calls, params[::2])], [True, True], "with its array")
check(lambda: recorder.calls[0][1], FIRST, "the usable gradient")
check(lambda: [state.get("calls") for state in recorder.states], [1, None, 1], "its own dict of self.states")
check(lambda: type(recorded([None, None, NUMBER])[1].calls[0][1]).__name__, "ndarray", "an array of shape ()")
check(lambda: recorded([None, SECOND, NUMBER], weight_decay=0.5)[1].calls[0][1], SECOND + np.float32([[1.5, 0.25, 3.5]]))
check(lambda: recorded([None, None, NUMBER], weight_decay=0.5)[1].calls[0][1], np.array(2.7, np.float32), "decay")
check(lambda: Recorder(params, weight_decay=2.0).decay(params[0].data, FIRST), np.float32([2.1, 4.2]), "leaves both")
check(lambda: params[0].data, np.float32([1, 2]), "decay leaves data as it is")
check(lambda: (recorder.zero_grad(), [p.grad for p in params])[1], [None, None, None], "every grad")
raises(lambda: recorded([None, [[0.3, 1.0, 2.0]], None]), TypeError, says=["parameter 1", "grad", "list"])
raises(lambda: recorded([Tensor(FIRST), None, None]), TypeError, says=["parameter 0", "grad", "Tensor"])
raises(lambda: recorded([None, None, 0.7]), TypeError, says=["parameter 2", "grad", "float"])
raises(lambda: recorded([FIRST, SECOND[0], None]), ValueError, says=["(1, 3)", "(3,)"])
raises(lambda: recorded([FIRST, None, FIRST[:1]]), ValueError, says=["()", "(1,)"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# If you skip the second parameter, which dict belongs to the third? Why is `if parameter.grad:` no good question?
# </details>
# <details><summary>Hint 2</summary>
#
# `zip(self.params, self.states)` walks through both; `enumerate` counts. `isinstance(x, np.ndarray | np.generic)` asks
# for either. `np.asarray` makes an array of a number.
# </details>

# %% [markdown]
# ### Two ways to try an optimizer, given
#
# `after` hands out gradients that are fixed; `walk` goes through the valley.


# %% nbgrader={"grade": false, "grade_id": "06-walk", "locked": true, "schema_version": 3, "solution": false, "task": false}
def after(make, gradients):
    """Where make([parameter]) takes a parameter from P, with one gradient a step; None: no gradient."""
    parameter = Parameter(P)
    optimizer = make([parameter])
    for parameter.grad in gradients:
        optimizer.step()
    return parameter.data


def new_bytes(make):
    """The bytes of new arrays in the third step of make([parameter]), where a parameter has 800,000 bytes."""
    parameter = Parameter(np.ones(200_000))
    parameter.grad, optimizer = np.full(200_000, 0.5, dtype=np.float32), make([parameter])
    optimizer.step()
    optimizer.step()
    return peak_bytes(optimizer.step)


def pair(make, rate=None):
    """Two parameters after two steps, the second with lr=rate; the optimizer's memory; which arrays were kept."""
    params = [Parameter(P), Parameter(10 * P[:1])]
    arrays, optimizer = [parameter.data for parameter in params], make(params)
    for gradient in (G1, G2):
        params[0].grad, params[1].grad = gradient, gradient[1:].astype(np.float64)
        optimizer.step()
        optimizer.lr = optimizer.lr if rate is None else rate
    kept = all(parameter.data is array for parameter, array in zip(params, arrays, strict=True))
    return [parameter.data for parameter in params], optimizer.states, kept


def walk(make, steps, valley=VALLEY, start=START, schedule=None):
    """The path (steps + 1, 2) of make([parameter]) through a valley."""
    walker, path = Parameter(start, dtype=np.float64), [start]
    optimizer = make([walker])
    schedule = None if schedule is None else schedule(optimizer)
    for _ in range(steps):
        walker.grad = walker.data @ valley
        optimizer.step()
        if schedule is not None:
            schedule.step()
        path.append(walker.data.copy())
    return np.array(path)


P = np.array([2.0, -1.0], dtype=np.float32)
G1, G2, G3 = GRADIENTS = np.array([[0.4, -3.0], [-1.0, 0.5], [0.25, 2.0]], dtype=np.float32)  # one a step

# %% [markdown]
# ## 5. SGD: keep rolling
#
# Across the valley the gradients alternate, along it they agree. **Momentum** (Polyak, 1964) adds them up in a
# **velocity** $v$, in which old gradients fade by the factor `momentum`, $\mu$: what alternates cancels, what agrees
# grows. **Nesterov** (1983) steps as if the same gradient came once more. With $g$ the gradient and $\eta$ for `lr`:
#
# | settings | step |
# | --- | --- |
# | `momentum=0` | $p \leftarrow p - \eta\, g$ |
# | `momentum=mu` | $v \leftarrow \mu\, v + (1 - d)\, g$, then $p \leftarrow p - \eta\, v$ |
# | `nesterov=True` | the same $v$, then $p \leftarrow p - \eta\, (g + \mu\, v)$ |
#
# $d$ is `dampening`. At a parameter's *first* update there is no past: $v$ is $g$, whatever $d$ is.
#
# ### 06-sgd · write · 20 min · core
#
# Write `update`. `state` is this parameter's dict, empty before its first update; keep the velocity there as
# `"velocity"`, in the dtype of `data`. Without momentum it stays empty. A changed `lr` counts from the next step on.
# There is one spare array, `self.work_array(data)`, and no new one: how do you then make $g + \mu v$?


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

    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, **unknown):
        super().__init__(params, lr, weight_decay, **unknown)
        self.momentum = check_range("momentum", momentum, 0.0)
        self.dampening = check_range("dampening", dampening, 0.0)
        self.nesterov = bool(nesterov)
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError("nesterov=True needs a momentum above 0, for example 0.9, and no dampening")

    def update(self, data, grad, state):
        """Move data in place against the gradient, or along the velocity."""
        ### BEGIN SOLUTION
        work = self.work_array(data)
        if self.momentum == 0:
            descend(data, grad, self.lr, work)
            return
        if "velocity" in state:
            blend(state["velocity"], grad, self.momentum, 1.0 - self.dampening, work)
        else:
            state["velocity"] = grad.astype(data.dtype)
        if self.nesterov:
            descend(data, grad, self.lr, work)
            descend(data, state["velocity"], self.lr * self.momentum, work)
        else:
            descend(data, state["velocity"], self.lr, work)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-sgd", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
LR, MU, D, DECAY = (np.float32(number) for number in (0.3, 0.8, 0.25, 0.7))


def sgd(**options):
    return lambda params: SGD(params, lr=0.3, **options)


check(lambda: after(sgd(), GRADIENTS[:1]), P - LR * G1, "momentum=0")
check(lambda: after(sgd(), GRADIENTS), P - LR * (G1 + G2 + G3), "momentum=0")
V2, V2D = MU * G1 + G2, MU * G1 + (1 - D) * G2
V3, V3D = MU * V2 + G3, MU * V2D + (1 - D) * G3
check(lambda: after(sgd(momentum=0.8), GRADIENTS[:1]), P - LR * G1, "the first update: v is g")
check(lambda: after(sgd(momentum=0.8), GRADIENTS[:2]), P - LR * (G1 + V2), "first v, then the step")
check(lambda: after(sgd(momentum=0.8), GRADIENTS), P - LR * (G1 + V2 + V3), "v remembers all gradients")
check(lambda: after(sgd(momentum=0.8), [G1, None, G2]), P - LR * (G1 + V2), "a skipped step changes nothing")
check(lambda: after(sgd(momentum=0.8, dampening=0.25), GRADIENTS[:1]), P - LR * G1, "the first update: whatever d is")
check(lambda: after(sgd(momentum=0.8, dampening=0.25), GRADIENTS[:2]), P - LR * (G1 + V2D), "dampening")
check(lambda: after(sgd(momentum=0.8, dampening=0.25), GRADIENTS), P - LR * (G1 + V2D + V3D), "dampening")
check(lambda: after(sgd(momentum=0.8, nesterov=True), GRADIENTS[:1]), P - LR * (G1 + MU * G1), "nesterov=True")
AHEAD_2, AHEAD_3 = P - LR * (G1 + G2 + MU * (G1 + V2)), P - LR * (G1 + G2 + G3 + MU * (G1 + V2 + V3))
check(lambda: after(sgd(momentum=0.8, nesterov=True), GRADIENTS[:2]), AHEAD_2, "nesterov=True")
check(lambda: after(sgd(momentum=0.8, nesterov=True), GRADIENTS), AHEAD_3, "nesterov=True")
P1 = P - LR * (G1 + DECAY * P)
P2 = P1 - LR * (MU * (G1 + DECAY * P) + G2 + DECAY * P1)
check(lambda: after(sgd(momentum=0.8, weight_decay=0.7), GRADIENTS[:1]), P1, "`grad` holds the decay already")
check(lambda: after(sgd(momentum=0.8, weight_decay=0.7), GRADIENTS[:2]), P2, "`grad` will not be there in the next step")
check(lambda: pair(sgd(momentum=0.8))[0][1], 10 * P[:1] - LR * (G1 + V2)[1:], "each parameter has its own dict")
check(lambda: pair(sgd(momentum=0.8), rate=0.0)[0][0], P - LR * G1, "a changed lr")
check(lambda: sorted(pair(sgd(momentum=0.8))[1][0]), ["velocity"], "what the dict holds")
check(lambda: pair(sgd(momentum=0.8))[1][0]["velocity"], V2, "what the dict holds")
check(lambda: str(pair(sgd(momentum=0.8))[1][1]["velocity"].dtype), "float32", "the dtype of `data`")
check(lambda: pair(sgd())[1], [{}, {}], "without momentum it stays empty")
check(lambda: pair(sgd(momentum=0.8))[2], True, "in place")
check(lambda: new_bytes(sgd(momentum=0.8, nesterov=True, weight_decay=0.7)) < 100_000, True, "no new array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# If the velocity *is* the gradient's array, what happens to the gradient in the second step? And $\eta\,(g + \mu v)$ is
# a sum of two terms: must they be subtracted at once?
# </details>
# <details><summary>Hint 2</summary>
#
# `grad.astype(data.dtype)` is a copy. Then `blend` for the velocity, and one or two calls of `descend`.
# </details>

# %% [markdown]
# ### 06-swing · predict · 5 min · core
#
# Guess before you run the second cell. The first walker starts at 1 above a parabola of curvature 1, with `lr=0.1`; plain
# descent creeps up to 0 and never crosses it. The others walk through the valley at section 1's best rate.

# %% nbgrader={"grade": false, "grade_id": "06-swing-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
lowest = 0.0
with_90 = 300
with_99 = 100
### STUB lowest = ...  # with momentum 0.9, the lowest point that it reaches
### STUB with_90 = ...  # steps through the valley with momentum 0.9 (without: 2996)
### STUB with_99 = ...  # and with momentum 0.99
### END SOLUTION

# %%
bowl_path = walk(lambda params: SGD(params, lr=0.1, momentum=0.9), 100, np.eye(1), np.ones(1))
paths = {f"momentum {mu}": walk(lambda p, mu=mu: SGD(p, lr=0.001998, momentum=mu), 3000) for mu in (0, 0.9, 0.99)}
NINETY_STEPS, MORE_STEPS = arrival(paths["momentum 0.9"]), arrival(paths["momentum 0.99"])
predict(lowest, bowl_path.min(), "the lowest point, momentum 0.9")
predict(with_90, NINETY_STEPS, "through the valley, momentum 0.9")
predict(with_99, MORE_STEPS, "through the valley, momentum 0.99")

# %% [markdown]
# Momentum overshoots: a ball that started at 1 rolls on to -0.6. Along gradients that agree, the velocity grows to
# $1 + \mu + \mu^2 + \dots = 1 / (1 - \mu)$ of them. With 0.9 that is a step ten times as long, and 239 steps do for
# 2,996. With 0.99 it is a hundred times, but hardly anything brakes: the walker shoots past the bottom again and again.

# %%
show_descent({name: np.linalg.norm(path[:1300], axis=1) for name, path in paths.items()}, "distance", goal=0.01)
check(lambda: -0.65 < bowl_path.min() < -0.55, True, "what the text says: -0.6")
check(lambda: (NINETY_STEPS < 250, MORE_STEPS > 4 * NINETY_STEPS), (True, True), "what the text says")

# %% [markdown]
# **Why?** On the digits, momentum 0.9 with `lr=0.1` needs about as many steps as plain descent with `lr=1.0`. Why?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# After a few steps the velocity is the sum of some ten gradients that hardly differ, so each step is ten times as long as
# `lr` says. What momentum gains is what it allows: with it, `lr=1.0` works too, and then each step is as long as plain
# descent's would be at 10, where that flies apart.
# </details>

# %% [markdown]
# ## 6. Adam: a step size for every weight
#
# SGD has one rate for all directions. **Adam** (Kingma and Ba, 2014) divides each weight's step by the usual size of
# its own gradient. It keeps two **moving averages**, of the gradient and of its square:
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad\quad s \leftarrow \beta_2 s + (1-\beta_2)\, g^2$$
#
# In $m / \sqrt{s}$ the scale cancels. But both start at 0, and so are too small at first. How much?
#
# ### 06-average · derive · 15 min · core
#
# Feed an average with the values $g_1, g_2, \dots, g_t$, from 0 on, and write down on paper what it holds: with
# which weight does each value enter? The last two functions use your result. Try $\beta = \frac12$ and $t = 3$.


# %% nbgrader={"grade": false, "grade_id": "06-average-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weights_of_average(beta, t):
    """With which weights t values enter their average, the oldest first: (t,)."""
    ### BEGIN SOLUTION
    return (1 - beta) * beta ** np.arange(t)[::-1]
    ### STUB return ...
    ### END SOLUTION


def sum_of_weights(beta, t):
    """Their sum, for each of the numbers t of steps in an array."""
    ### BEGIN SOLUTION
    return 1 - beta**t
    ### STUB return ...
    ### END SOLUTION


def uncorrected(beta1, beta2, t):
    """How large m / sqrt(s) is after t steps (an array) with always the same gradient, whatever its size."""
    ### BEGIN SOLUTION
    return sum_of_weights(beta1, t) / np.sqrt(sum_of_weights(beta2, t))
    ### STUB return ...
    ### END SOLUTION


def first_step(g, lr, eps):
    """How long lr * m / (sqrt(s) + eps) is after one step with g (an array), m and s divided by their sums of weights."""
    ### BEGIN SOLUTION
    return lr * abs(g) / (abs(g) + eps)
    ### STUB return ...
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-average", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def average_of(values, beta):
    average = 0.0
    for value in values:
        average = beta * average + (1 - beta) * value
    return average


VALUES, TIMES, SIZES = np.array([0.4, -3.0, 2.0, 7.0, 1.5]), np.array([1, 2, 7, 30]), np.array([3.0, -0.02, 500.0])
ONES = [average_of(np.ones(t), 0.8) for t in TIMES]
RATIOS = [average_of(np.full(t, -3.0), 0.8) / average_of(np.full(t, 9.0), 0.95) ** 0.5 for t in TIMES]
FIRST_STEPS = [0.3 * abs(g) * 0.2 / 0.2 / ((g * g * 0.05 / 0.05) ** 0.5 + 0.1) for g in SIZES]
check(lambda: weights_of_average(0.8, 5), slope(lambda values: average_of(values, 0.8), VALUES), "oldest first")
check(lambda: weights_of_average(0.3, 1), slope(lambda values: average_of(values, 0.3), VALUES[:1]), "one value")
check(lambda: sum_of_weights(0.8, TIMES), np.array(ONES), "what an average of ones would hold")
check(lambda: uncorrected(0.8, 0.95, TIMES), np.abs(RATIOS), "m is that sum times g; and s?")
check(lambda: first_step(SIZES, 0.3, 0.1), np.array(FIRST_STEPS), "what is m over its sum after one step?")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One step later, by what is each old weight multiplied, and which new one comes? And how much of 1 is then missing?
# </details>
# <details><summary>Hint 2</summary>
#
# Before the first step the average holds nothing of any value: all of 1 is missing. Each step multiplies what is
# missing by $\beta$.
# </details>
# <details><summary>Compare your paper</summary>
#
# The weights are $(\frac18, \frac14, \frac12)$, their sum is $\frac78$.
# </details>

# %%
print("uncorrected steps 1, 2, 4, 10, in lr:", uncorrected(0.9, 0.999, np.array([1, 2, 4, 10])))
check(lambda: uncorrected(0.9, 0.999, np.array([10]))[0] > 6, True, "what the text says below")

# %% [markdown]
# Uncorrected, $s$ lags behind $m$, and the steps are 3 to 7 times too *long*, when the gradients are worth least. Divided
# by their sums of weights the averages are right from the start, and the first step has length `lr`, for a gradient of
# 0.001 as for one of 1000:
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad \hat s = \frac{s}{1 - \beta_2^t} \qquad
# p \leftarrow p - \eta\, \frac{\hat m}{\sqrt{\hat s} + \varepsilon}$$
#
# $\varepsilon$ (`eps`), outside the root, prevents a division by 0.
#
# ### 06-adam · write · 22 min · core
#
# `state` holds `"steps"`, how often *this* parameter was updated, and the uncorrected averages `"mean"` and
# `"mean_square"`, which start as zeros like `data`. All three arrays change in place. Again there is one spare array and no new one.


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

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, **unknown):
        super().__init__(params, lr, weight_decay, **unknown)
        if np.shape(betas) != (2,):
            raise ValueError(f"betas must be two numbers, for example (0.9, 0.999), got {betas!r}")
        self.betas = tuple(check_range(f"betas[{i}]", beta, 0.0, 1.0) for i, beta in enumerate(betas))
        self.eps = check_range("eps", eps, 0.0)

    def update(self, data, grad, state):
        """Move data in place by lr times the corrected mean, over the root of the corrected mean square plus eps."""
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
def adam(params):
    return Adam(params, lr=0.3, betas=(0.7, 0.9), eps=0.25)


def adam_oracle(gradients):
    """The formula, in float64; one array of points for each number of steps."""
    p, m, s = P.astype(np.float64), 0.0, 0.0
    for t, g in enumerate(np.float64(gradients), start=1):
        m, s = 0.7 * m + 0.3 * g, 0.9 * s + 0.1 * g * g
        p = p - 0.3 * (m / (1 - 0.7**t)) / (np.sqrt(s / (1 - 0.9**t)) + 0.25)
    return p.astype(np.float32)


MEAN_2 = np.float32(0.21) * G1 + np.float32(0.3) * G2
check(lambda: after(adam, GRADIENTS[:1]), adam_oracle(GRADIENTS[:1]), "t counts from 1; eps is outside the root")
check(lambda: after(adam, GRADIENTS[:2]), adam_oracle(GRADIENTS[:2]), "the averages stay from step to step")
check(lambda: after(adam, GRADIENTS), adam_oracle(GRADIENTS), "the averages stay, uncorrected")
check(lambda: after(adam, [G1, None, G2]), adam_oracle(GRADIENTS[:2]), "t counts this parameter's updates")
check(lambda: after(Adam, [0 * G1, 0 * G1]), P, "a gradient of 0 moves nothing")
check(lambda: pair(adam)[0][1], 10 * P[:1] + (adam_oracle(GRADIENTS[:2]) - P)[1:], "each parameter has its own dict")
check(lambda: pair(adam, rate=0.0)[0][0], adam_oracle(GRADIENTS[:1]), "a changed lr counts from the next step on")
check(lambda: sorted(pair(adam)[1][0]), ["mean", "mean_square", "steps"], "what the dict holds")
check(lambda: pair(adam)[1][0]["steps"], 2, "how often this parameter was updated")
check(lambda: pair(adam)[1][0]["mean"], MEAN_2, "the dict holds the uncorrected averages")
check(lambda: str(pair(adam)[1][1]["mean_square"].dtype), "float32", "zeros like `data`")
check(lambda: pair(adam)[2], True, "in place")
check(lambda: new_bytes(adam) < 100_000, True, "no new array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The spare array can hold $g^2$, then $\sqrt{s}$ and more, then the quotient: what is needed last, and what is no longer
# needed by then? Which parts of the formula are single numbers?
# </details>
# <details><summary>Hint 2</summary>
#
# `blend` and `descend` take `work` as their second array too. `np.sqrt` and `np.divide` know `out=work`, and `work += 1` is
# in place. The factor $1/(1-\beta_1^t)$ can join `lr`.
# </details>

# %%
adam_path = walk(lambda params: Adam(params, lr=0.05), 4000)
print(f"Adam, lr 0.05: within 400 steps it arrives after {arrival(adam_path[:401])}, the first of them {adam_path[1] - START}")
show_valley(height, {"Adam, lr 0.05": adam_path[:401]}, (4.8, 0.16), "Both numbers start alike")
assert arrival(adam_path[:401]) < 250 and np.allclose(adam_path[1] - START, -0.05, atol=1e-4)

# %% [markdown]
# The curvatures differ by a thousand, and both numbers make the same first step, of length `lr`. So one `lr` suits many
# weights.
#
# ## 7. AdamW: weights that fade
#
# Your `decay` adds $\lambda p$ to the gradient. In Adam that term is divided by $\sqrt{\hat s}$ too. Two weights start at
# 1, their gradients are noise, one a hundred times as loud; what does the decay alone change?


# %% nbgrader={"grade": false, "grade_id": "06-noise", "locked": true, "schema_version": 3, "solution": false, "task": false}
NOISE = np.random.default_rng(0).normal(size=(300, 1)) * np.array([0.05, 5.0])  # a quiet weight, a loud one


def pulled(kind):
    """By how much a weight decay of 0.5 lowers the two weights in 300 steps."""
    ends = []
    for weight_decay in (0.0, 0.5):
        weights = Parameter([1.0, 1.0])
        optimizer = kind([weights], lr=0.002, weight_decay=weight_decay)
        for noise in NOISE:
            weights.grad = noise.astype(np.float32)
            optimizer.step()
        ends.append(weights.data)
    return ends[0] - ends[1]


# %%
print("Adam pulls the quiet weight by", pulled(Adam)[0], "and the loud one by", pulled(Adam)[1])
assert pulled(Adam)[0] > 5 * pulled(Adam)[1]

# %% [markdown]
# **AdamW** (Loshchilov and Hutter, 2017) first shrinks the weights, and then makes Adam's step with a gradient that
# knows nothing of it: $p \leftarrow (1 - \eta \lambda)\, p$.
#
# ### 06-adamw · write · 8 min · core
#
# `step` calls `decay(data, grad)` before `update`, and goes on with what it returns. Write AdamW's `decay`.


# %% nbgrader={"grade": false, "grade_id": "06-adamw-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2017)."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, **unknown):
        super().__init__(params, lr, betas, eps, weight_decay, **unknown)

    def decay(self, data, grad):
        """Shrink data in place by the factor 1 - lr * weight_decay; return the gradient to use."""
        ### BEGIN SOLUTION
        data *= 1 - self.lr * self.weight_decay
        return grad
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-adamw", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def adamw(params):
    return AdamW(params, lr=0.3, betas=(0.7, 0.9), eps=0.25, weight_decay=0.7)


KEPT = np.float32(1 - 0.3 * 0.7)
STEP_1 = adam_oracle(GRADIENTS[:1]) - P  # Adam's steps do not depend on where the weights are
STEP_2 = adam_oracle(GRADIENTS[:2]) - P - STEP_1
STEP_3 = adam_oracle(GRADIENTS) - P - STEP_1 - STEP_2
check(lambda: after(adamw, [0 * G1]), KEPT * P, "a gradient of 0: the weights shrink")
check(lambda: after(adamw, GRADIENTS[:1]), KEPT * P + STEP_1, "first shrink, then Adam's step")
check(lambda: after(adamw, GRADIENTS[:2]), KEPT * (KEPT * P + STEP_1) + STEP_2, "it shrinks in every step")
check(lambda: after(adamw, GRADIENTS), KEPT * (KEPT * (KEPT * P + STEP_1) + STEP_2) + STEP_3, "in every step")
check(lambda: after(adamw, [None, None]), P, "no gradient, no step")
check(lambda: pair(adamw, rate=0.0)[0][0], KEPT * P + STEP_1, "with lr 0 nothing shrinks either")
check(lambda: pair(adamw)[1][0]["mean"], MEAN_2, "the averages know nothing of the decay")
check(lambda: pair(adamw)[2], True, "in place")
check(lambda: new_bytes(adamw) < 100_000, True, "no new array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the two arrays changes, and what does `decay` return when the gradient is to stay what it is?
# </details>
# <details><summary>Hint 2</summary>
#
# `data *= ...` changes data itself. The present `lr` is `self.lr`.
# </details>

# %%
print("AdamW pulls the quiet weight by", pulled(AdamW)[0], "and the loud one by", pulled(AdamW)[1])
check(lambda: abs(pulled(AdamW)[0] - pulled(AdamW)[1]) < 0.001, True, "what the text says below")

# %% [markdown]
# Both alike. **Why** did Adam with `weight_decay` pull the quiet weight most?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# The decay's term is divided by the root of the mean square: by about 5 for the loud weight, by much less for the quiet
# one. What should depend on the weight alone came to depend on its noise.
# </details>

# %% [markdown]
# ### 06-fakes · break · 12 min · core
#
# Three first steps of AdamW (`lr` 0.1, `weight_decay` 0.1) that agree with the right one on the example. For each, find finite
# `weights` and a `gradient`, both `(n,)`, on which *it alone* is wrong, by more than 1 in 100,000; the other two must
# still be right there.


# %% nbgrader={"grade": false, "grade_id": "06-fakes-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
def coupled(weights, gradient):
    """The decay joins the gradient."""
    g = gradient + 0.1 * weights
    return weights - 0.1 * g / (np.sqrt(g * g) + 1e-8)


def eps_inside(weights, gradient):
    """The small number joins the square."""
    return 0.99 * weights - 0.1 * gradient / np.sqrt(gradient * gradient + 1e-8)


def one_for_all(weights, gradient):
    """One mean square for all weights."""
    return 0.99 * weights - 0.1 * gradient / (np.sqrt((gradient * gradient).mean()) + 1e-8)


for fake in (coupled, eps_inside, one_for_all):
    print(f"{fake.__name__:12s} {fake(np.zeros(3), np.array([2.0, -2.0, 2.0]))}")

# %% nbgrader={"grade": false, "grade_id": "06-fakes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
FOR_COUPLED = np.array([1.0, 2.0]), np.array([3.0, 3.0])
FOR_EPS_INSIDE = np.array([0.0, 0.0]), np.array([0.001, 0.001])
FOR_ONE_FOR_ALL = np.array([0.0, 0.0]), np.array([1.0, 5.0])
### STUB FOR_COUPLED = ..., ...  # np.array([...]), np.array([...])
### STUB FOR_EPS_INSIDE = ..., ...
### STUB FOR_ONE_FOR_ALL = ..., ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-fakes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def first_adamw(weights, gradient):
    """One number at a time, in Python's floats."""
    pairs = zip(weights.tolist(), gradient.tolist(), strict=True)
    return np.array([0.99 * w - 0.1 * g / (abs(g) + 1e-8) for w, g in pairs])


def alone(fake, inputs):
    """The fakes that are wrong on these inputs beside this one."""
    others = [other for other in (coupled, eps_inside, one_for_all) if other is not fake]
    right = first_adamw(*inputs)
    return [other.__name__ for other in others if not np.allclose(other(*inputs), right, rtol=1e-5, atol=1e-5)]


breaks(coupled, FOR_COUPLED, first_adamw, "when does the decay matter?")
check(lambda: alone(coupled, FOR_COUPLED), [], "it alone is wrong")
breaks(eps_inside, FOR_EPS_INSIDE, first_adamw, "when does a small number matter?")
check(lambda: alone(eps_inside, FOR_EPS_INSIDE), [], "it alone is wrong")
breaks(one_for_all, FOR_ONE_FOR_ALL, first_adamw, "when is a mean not each number?")
check(lambda: alone(one_for_all, FOR_ONE_FOR_ALL), [], "it alone is wrong")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does the example hide: which weights, which sizes of gradients? Change one thing at a time.
# </details>
# <details><summary>Hint 2</summary>
#
# Weights of 0 do not decay. Gradients of one size are their own mean. Far above 0.0001 the small number drowns.
# </details>

# %% [markdown]
# ## 8. Schedules: long steps first
#
# Let Adam walk on after it has arrived:

# %%
show_descent({"Adam, lr 0.05": np.linalg.norm(adam_path[1:], axis=1)}, "distance", goal=0.01)
check(lambda: arrival(adam_path) > 3000, True, "what the text says below")

# %% [markdown]
# For 3,000 steps it is quiet, and then it is thrown out: $s$ has forgotten how large the gradients were, and dividing by
# its root makes the steps across the valley too long for section 2's limit. A **schedule** helps: it begins with a large
# rate and ends with a small one. The base class, given, sets `optimizer.lr` to `lr_at(t)` after `t` calls of `step()`.


# %% nbgrader={"grade": false, "grade_id": "06-schedule", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Schedule:
    """Base of the schedules: sets optimizer.lr to lr_at(steps), where steps counts the calls of step()."""

    option_names = ()

    def __init__(self, optimizer, **unknown):
        refuse_options(self, unknown)
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
        """Count one step of the optimizer, and set the rate of the next one."""
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


# %% [markdown]
# ### 06-schedules · write · 15 min · core
#
# Write two rules for `lr_at(t)`, which depends on `t` alone and sets nothing. `StepLR` multiplies the rate by `gamma` after every
# `step_size` steps: 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025 for `step_size=3` and `gamma=0.5`.
#
# `CosineAnnealingLR` first warms up, since the first gradients are the wildest: in $W$ = `warmup_steps` equal rises, of
# which step 0 has made one, it comes so far that step $W$ has the full rate $\eta_0$. Then it glides down along half
# a wave: with $u$ from 0 at step $W$ to 1 at step $T$ = `T_max`,
#
# $$\eta_t = \eta_{\min} + \tfrac12\, (\eta_0 - \eta_{\min})\, (1 + \cos \pi u)$$
#
# and beyond $T$ as the formula says. For $W = 4$ the rates of the warm-up are 0.2, 0.4, 0.6 and 0.8 of $\eta_0$.


# %% nbgrader={"grade": false, "grade_id": "06-schedules-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class StepLR(Schedule):
    """Multiply the learning rate by gamma after every step_size calls of step()."""

    option_names = ("step_size", "gamma")

    def __init__(self, optimizer, step_size, gamma=0.1, **unknown):
        self.step_size, self.gamma = check_whole("step_size", step_size), check_range("gamma", gamma, 0.0)
        if self.step_size == 0:
            raise ValueError("step_size must be at least 1, got 0")
        super().__init__(optimizer, **unknown)

    def lr_at(self, t):
        """Return the rate of step t: a stair."""
        ### BEGIN SOLUTION
        return self.base_lr * self.gamma ** (t // self.step_size)
        ### END SOLUTION


class CosineAnnealingLR(Schedule):
    """Linear warm-up over warmup_steps (PyTorch has none), then half a cosine wave down to eta_min at step T_max."""

    option_names = ("T_max", "eta_min", "warmup_steps")

    def __init__(self, optimizer, T_max, eta_min=0.0, warmup_steps=0, **unknown):
        self.T_max, self.warmup_steps = check_whole("T_max", T_max), check_whole("warmup_steps", warmup_steps)
        if self.warmup_steps >= self.T_max:
            raise ValueError(f"warmup_steps < T_max is needed, got {warmup_steps} and {T_max}")
        self.eta_min = check_range("eta_min", eta_min, 0.0)
        super().__init__(optimizer, **unknown)

    def lr_at(self, t):
        """Return the rate of step t: a slope up, then half a wave down."""
        ### BEGIN SOLUTION
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / (self.warmup_steps + 1)
        share = (t - self.warmup_steps) / (self.T_max - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * share)) / 2
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-schedules", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def rates(kind, steps, *options, lr=0.1, **named):
    """The rates of some first steps."""
    optimizer = SGD([Parameter([0.0])], lr=lr)
    schedule, found = kind(optimizer, *options, **named), []
    for _ in range(steps):
        found.append(optimizer.lr)
        schedule.step()
    return found


def asked(kind, times, *options, **named):
    """What lr_at says of these steps, in this order, and the optimizer's rate afterwards."""
    schedule = kind(SGD([Parameter([0.0])], lr=0.1), *options, **named)
    return [*map(schedule.lr_at, times), schedule.optimizer.lr]


STAIR, DOWN = [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025], [0.1, 0.08535534, 0.05, 0.01464466, 0.0, 0.01464466]
TO_02, WARM = [0.1, 0.08, 0.04, 0.02], [0.02, 0.04, 0.06, 0.08, 0.1, 0.08535534, 0.05, 0.01464466, 0.0]
check(lambda: rates(StepLR, 7, 3, 0.5), STAIR, "after every step_size steps")
check(lambda: rates(StepLR, 3, 1, lr=2.0), [2.0, 0.2, 0.02], "gamma is 0.1 unless it is given")
check(lambda: asked(StepLR, [7, 0, 7], 3, 0.5), [0.025, 0.1, 0.025, 0.1], "it depends on t alone and sets nothing")
check(lambda: rates(CosineAnnealingLR, 6, 4), DOWN, "half a wave; beyond T as the formula says")
check(lambda: rates(CosineAnnealingLR, 4, 3, 0.02), TO_02, "down to eta_min")
check(lambda: rates(CosineAnnealingLR, 9, 8, warmup_steps=4), WARM, "the warm-up; u is 0 at step W and 1 at step T")
check(lambda: asked(CosineAnnealingLR, [0, 1, 2], 5, 0.04, 2), [0.1 / 3, 0.2 / 3, 0.1, 0.1 / 3], "eta_min is no floor")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How many whole stairs lie behind step 7, if each is 3 long? Between which two steps does the wave run, and how long is it?
# </details>
# <details><summary>Hint 2</summary>
#
# `7 // 3` is 2. The warm-up has its own `return`; its last rate is one rise short of full. `math.cos`, `math.pi`.
# </details>

# %% [markdown]
# ### 06-wave · predict · 3 min · core
#
# A cosine schedule over 100 steps, from 1 to 0, without warm-up.

# %% nbgrader={"grade": false, "grade_id": "06-wave-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
rate_at_25 = 0.75
rate_at_200 = 0.0
### STUB rate_at_25 = ...  # the rate of step 25
### STUB rate_at_200 = ...  # the rate of step 200, when somebody trains on
### END SOLUTION

# %%
WAVE = CosineAnnealingLR(SGD([Parameter([0.0])], lr=1.0), 100)
predict(rate_at_25, WAVE.lr_at(25), "step 25")
predict(rate_at_200, WAVE.lr_at(200), "step 200")

# %% [markdown]
# The wave stays high for long. And it comes up again: whoever trains twice as long as `T_max` ends at the full rate.

# %%
check(lambda: WAVE.lr_at(25) > 0.85 and WAVE.lr_at(200) == 1, True, "what the text says")

# %% [markdown]
# ## 9. Home
#
# ### 06-home · write · 15 min · core
#
# The loop in which all parts meet. It looks at the loss before each of at most `limit` steps and returns how many steps were
# taken when the loss is found below `goal`, or None. Gradients from before must not count. A schedule, if there is
# one, steps after the optimizer.


# %% nbgrader={"grade": false, "grade_id": "06-home-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_until(model, loss_function, optimizer, x, y, goal, limit, schedule=None):
    """Train a model on all of x and y until the loss is below goal: the number of steps taken, or None."""
    ### BEGIN SOLUTION
    for steps in range(limit):
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        if loss.item() < goal:
            return steps
        loss.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
    return None
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-home", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
X, Y = Tensor([[1.0, 0.5], [-0.3, 2.0], [0.7, 0.1]]), Tensor([[1.0], [-2.0], [0.4]])
W0 = np.array([[0.5, 0.25]], dtype=np.float32)


def loss_at(w):
    return ((X.data @ w.T - Y.data) ** 2).mean()


def run(limit, goal=0.0, stair=None):
    """The weights after a training from W0, and what it returned."""
    line = Linear(2, 1, bias=False)
    line.weight.data[...], line.weight.grad = W0, np.full((1, 2), 100, dtype=np.float32)  # a gradient from before
    optimizer = SGD(line.parameters(), lr=0.3)
    schedule = None if stair is None else StepLR(optimizer, stair, gamma=0.5)
    steps = train_until(line, MSELoss(), optimizer, X, Y, goal, limit, schedule)
    return line.weight.data.astype(np.float64), steps


W1 = W0 - 0.3 * slope(loss_at, W0)
W2 = W1 - 0.3 * slope(loss_at, W1)
W3 = W2 - 0.3 * slope(loss_at, W2)
W2_SLOWER = W1 - 0.15 * slope(loss_at, W1)
W3_SLOWER = W2_SLOWER - 0.15 * slope(loss_at, W2_SLOWER)
check(lambda: run(1)[0], W1, "gradients from before must not count", tolerance=1e-4)
check(lambda: run(2)[0], W2, "nor those of the step before", tolerance=1e-4)
check(lambda: run(3)[0], W3, "nor those of the step before", tolerance=1e-4)
check(lambda: run(3, stair=1)[0], W2_SLOWER - 0.075 * slope(loss_at, W2_SLOWER), "the schedule steps", tolerance=1e-4)
check(lambda: run(3, stair=2)[0], W2 - 0.15 * slope(loss_at, W2), "the schedule steps after each step", tolerance=1e-4)
check(lambda: run(9, goal=(loss_at(W1) + loss_at(W2)) / 2)[1], 2, "how many steps were taken when it is below")
check(lambda: run(9, goal=(loss_at(W1) + loss_at(W2)) / 2)[0], W2, "no step after that", tolerance=1e-4)
check(lambda: run(9, goal=99.0)[1], 0, "it looks before each step")
check(lambda: run(2, goal=(loss_at(W1) + loss_at(W2)) / 2)[1], None, "it looks before each of at most `limit` steps")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Before which line must the gradients be gone, and what is not needed when the loss is low enough?
# </details>
# <details><summary>Hint 2</summary>
#
# `for steps in range(limit):` with clearing, loss, perhaps `return steps`, `backward`, and the steps.
# </details>

# %% [markdown]
# First the valley, and the same valley turned, so that its steep direction is no longer one of the coordinates:

# %%
turn = np.array([[0.8, -0.6], [0.6, 0.8]])
walkers = {
    "plain": (lambda params: SGD(params, lr=0.001998), None),
    "momentum 0.9": (lambda params: SGD(params, lr=0.003, momentum=0.9), None),
    "Adam, cosine": (lambda params: Adam(params, lr=0.2), lambda optimizer: CosineAnnealingLR(optimizer, 1000)),
}
STRAIGHT, TURNED = {}, {}
for name, (make, schedule) in walkers.items():
    steps = 3100 if schedule is None else 1000
    STRAIGHT[name] = arrival(walk(make, steps, schedule=schedule))
    TURNED[name] = arrival(walk(make, steps, turn @ VALLEY @ turn.T, turn @ START, schedule))
    print(f"{name:13s} {STRAIGHT[name]:5d} steps, turned {TURNED[name]:5d}")

# %% [markdown]
# And the digits. Each optimizer needs a learning rate of its own, so each gets three:

# %%
contest = {
    "plain": (lambda params, lr: SGD(params, lr), (0.3, 1.0, 3.0)),
    "momentum 0.9": (lambda params, lr: SGD(params, lr, momentum=0.9), (0.3, 1.0, 3.0)),
    "Adam": (lambda params, lr: Adam(params, lr), (0.01, 0.03, 0.1)),
}
DIGIT_STEPS = {}
for name, (make, lrs) in contest.items():
    for lr in lrs:
        reader = new_reader()
        steps = train_until(reader, CrossEntropyLoss(), make(reader.parameters(), lr), INK, LABELS, 0.02, limit=600)
        right = (reader(TEST_INK).data.argmax(axis=1) == TEST_LABELS).mean()
        print(f"{name:13s} lr {lr:4}: " + ("not there" if steps is None else f"{steps:4d} steps, {right:.1%} of new digits"))
        DIGIT_STEPS[name] = min(steps or 600, DIGIT_STEPS.get(name, 600))

# %% [markdown]
# The numbers of section 1 come home: 2,996 steps became 118 with momentum and 103 with Adam and a schedule, and on real
# digits 522 became about 40. The turn costs momentum nothing. Adam needs five times as long: it scales
# *coordinates*, and now both share the steep direction.

# %%
check(lambda: STRAIGHT["plain"] > 20 * max(STRAIGHT["momentum 0.9"], STRAIGHT["Adam, cosine"]), True, "the text")
check(lambda: TURNED["momentum 0.9"] == STRAIGHT["momentum 0.9"], True, "the turn costs momentum nothing")
check(lambda: TURNED["Adam, cosine"] > 4 * STRAIGHT["Adam, cosine"], True, "five times")
check(lambda: DIGIT_STEPS["plain"] > 8 * max(DIGIT_STEPS["momentum 0.9"], DIGIT_STEPS["Adam"]), True, "digits")

# %% [markdown]
# ### 06-lion · write · 15 min · challenge
#
# The module is complete without it. In 2023 a program searched for optimizers and found **Lion**. It needs half of
# Adam's memory: one average $m$, from 0 on, and of the step only the sign. With $\lambda$ for `weight_decay`:
#
# $$p \leftarrow (1 - \eta \lambda)\, p, \qquad p \leftarrow p - \eta\; \text{sign}(\beta_1 m + (1-\beta_1)\, g), \qquad
# m \leftarrow \beta_2 m + (1-\beta_2)\, g$$
#
# Write it as an `Optimizer` of your own: `Lion(params, lr, betas, weight_decay)`, `m` kept as `"mean"`, no new array.


# %% nbgrader={"grade": false, "grade_id": "06-lion-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
class Lion(Optimizer):
    """Steps of one length, against the sign of an average (Chen and others, 2023)."""

    state_names = ("mean",)

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.betas = betas

    def decay(self, data, grad):
        data *= 1 - self.lr * self.weight_decay
        return grad

    def update(self, data, grad, state):
        mean = state.setdefault("mean", np.zeros_like(data))
        work, (beta1, beta2) = self.work_array(data), self.betas
        np.subtract(mean, grad, out=work)
        work *= beta1
        work += grad
        np.sign(work, out=work)
        descend(data, work, self.lr, work)
        blend(mean, grad, beta2, 1 - beta2, work)


### STUB Lion = ...  # class Lion(Optimizer): ...
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-lion", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def lion(params):
    return Lion(params, lr=0.3, betas=(0.6, 0.9), weight_decay=0.7)


M1 = np.float32(0.1) * G1
M2 = np.float32(0.9) * M1 + np.float32(0.1) * G2
SIGN_2 = np.sign(np.float32(0.6) * M1 + np.float32(0.4) * G2)
SIGN_3 = np.sign(np.float32(0.6) * M2 + np.float32(0.4) * G3)
L1 = KEPT * P - LR * np.sign(G1)
L2 = KEPT * L1 - LR * SIGN_2
check(lambda: after(lion, GRADIENTS[:1]), L1, "shrink, then a step of length lr")
check(lambda: after(lion, GRADIENTS[:2]), L2, "the sign of beta1 m + (1 - beta1) g")
check(lambda: after(lion, GRADIENTS), KEPT * L2 - LR * SIGN_3, "m is blended with beta2, after the step")
check(lambda: pair(lion)[1][0]["mean"], M2, "m is blended with beta2, after the step")
check(lambda: len(pair(lion)[1][0]), 1, "one average")
check(lambda: pair(lion)[2], True, "in place")
check(lambda: new_bytes(lion) < 100_000, True, "no new array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of your three optimizers has the same decay? And which average is to be signed: must it be kept?
# </details>
# <details><summary>Hint 2</summary>
#
# $\beta_1 m + (1-\beta_1)\, g = \beta_1 (m - g) + g$ needs one spare array. `np.sign` knows `out=`.
# </details>

# %% [markdown]
# ## What you have now
#
# Optimizers with PyTorch's names and results, which make no new arrays. Adam keeps two numbers beside each weight and its
# gradient: 16 bytes a weight, before anything is computed. `state_dict()` returns that memory; module 07 saves it.
#
# **Why?** Section 9 turned the valley, and Adam suffered. Networks whose inputs are all alike shifted or correlated have
# turned valleys. What could you do to the *inputs* instead?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# Subtract each input's mean, divide by its spread, and, if you can, combine inputs so that they no longer rise and fall
# together. Then the steep directions are coordinates again, or there are none. Module 08 normalizes its data for this reason.
# </details>

# %% [markdown]
# In a terminal: `tito module complete 06`
