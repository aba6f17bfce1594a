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
# alone. You build those that most networks are trained with; names and results are PyTorch's.
#
# | optimizer | idea |
# | --- | --- |
# | `SGD` | go against the gradient; with momentum, keep rolling |
# | `Adam` | a step size of its own for every weight |
# | `AdamW` | Adam, with weights that fade |
# | `StepLR`, `CosineAnnealingLR` | start with long steps, end with short ones |

# %% [markdown]
# You **write** code, **derive** formulas by filling in blanks, **predict** numbers before you see them, and **break**
# code that looks right. No check is hidden. Everywhere parameters change *in place* and nothing else that goes in
# changes, float32 stays float32, and NumPy has nothing to warn about.

# %% nbgrader={"grade": false, "grade_id": "06-imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
import difflib
import math

import numpy as np

from tinytorch.tensor import Tensor

# %% nbgrader={"grade": false, "grade_id": "06-tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
from tinytorch import CrossEntropyLoss, Linear, MSELoss, Parameter, Sequential, Tanh
from tito import datasets
from tito.lesson import Valley, after, arrival, breaks, check, peak_bytes, predict, raises, slope, step_bytes, take_steps

# %% [markdown]
# ## 1. A valley in which walking is slow
#
# Two numbers $p = (x, y)$ and a height, to be made small:
#
# $$f(p) = \tfrac12 (1 \cdot x^2 + 1000 \cdot y^2)$$
#
# $$\text{gradient} = (1 \cdot x,\; 1000 \cdot y)$$
#
# The factors 1 and 1000 are the **curvatures**: along $x$ the valley is flat, along $y$ steep. Gradient descent steps
# against the gradient, times the **learning rate** (`lr`). How many steps lead from $(4, 0.1)$ to within 0.01 of
# the bottom, $(0, 0)$, for good, with `lr` 0.001998? (`arrival` counts.)

# %% nbgrader={"grade": false, "grade_id": "06-valley", "locked": true, "schema_version": 3, "solution": false, "task": false}
VALLEY = Valley((1, 1000), start=(4, 0.1))
plain_path = [VALLEY.start]
for _ in range(3100):
    plain_path.append(plain_path[-1] - 0.001998 * VALLEY.gradient(plain_path[-1]))
VALLEY.show({"the first 50 of 2996 steps": np.array(plain_path[:51])}, (4.8, 0.16), "To and fro, hardly on")
assert arrival(np.array(plain_path)) == 2996

# %% [markdown]
# Three thousand steps for two numbers, and no other rate does better. At the end this number comes home.
#
# ## 2. How long may a step be?
#
# ### 06-limit · derive · 15 min · core
#
# Along a direction of curvature $h$ the gradient is $h$ times the coordinate, and all directions share one `lr`. Work
# out on paper what a step does to a coordinate. When does it grow? At which rate does the slowest coordinate shrink
# as fast as it can? Try the curvatures 1 and 3; the numbers are folded below.


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
    return max(lr for lr in np.arange(0, 3, 1e-3) if abs(walked(lr, h)).max() <= 1 + 1e-9)


def best_by_trying(h):
    return min(np.arange(0, 3, 1e-3), key=lambda lr: abs(walked(lr, h)).max())


CURVED, FLAT, RATE = np.array([0.7, 11.0, 3.0]), np.array([0.9, 0.25, 0.4, 1.6, 0.5]), 0.13
check(lambda: factor(RATE, CURVED), walked(RATE, CURVED), "one step, on paper")
check(lambda: largest_rate(CURVED), largest_by_trying(CURVED), "when does a coordinate grow?", tolerance=1e-2)
check(lambda: largest_rate(FLAT), largest_by_trying(FLAT), "when does a coordinate grow?", tolerance=1e-2)
check(lambda: best_rate(CURVED), best_by_trying(CURVED), "the slowest of all coordinates", tolerance=1e-2)
check(lambda: best_rate(FLAT), best_by_trying(FLAT), "the slowest of all coordinates", tolerance=1e-2)
check(lambda: abs(walked(RATE, CURVED, steps_needed(RATE, CURVED, 0.01))).max() <= 0.01, True, "every coordinate")
check(lambda: abs(walked(RATE, CURVED, steps_needed(RATE, CURVED, 0.01) - 1)).max() > 0.01, True, "not a step more")
check(lambda: abs(walked(1.2, FLAT, steps_needed(1.2, FLAT, 0.3))).max() <= 0.3, True, "every coordinate")
check(lambda: abs(walked(1.2, FLAT, steps_needed(1.2, FLAT, 0.3) - 1)).max() > 0.3, True, "not a step more")
check(lambda: steps_needed(0.001998, VALLEY.curvatures, 0.01 / 4), arrival(np.array(plain_path)), "what section 1 counted")

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
# Curvatures 1 and 3: the factors are $1 - lr$ and $1 - 3\,lr$, the largest rate is $2/3$, the best one $1/2$. There
# the factors are $1/2$ and $-1/2$, and 4 steps leave at most a tenth.
# </details>

# %% [markdown]
# The ratio of the curvatures decides. At a thousand to one the best factor is 0.998, and no rate helps.
#
# ## 3. In place
#
# ### 06-in-place · write · 15 min · core
#
# Others hold a parameter's array too: a layer, a view. `data = data - 1` makes a new one, and they never hear of it;
# so an optimizer writes into *that* array. And since it may hold millions of numbers, it makes no other one either.
# NumPy can put a result into memory that is there: `np.multiply(a, 10, out=work)`.
#
# Write the two updates that all optimizers are made of, for arrays of any shape, `()` included:
#
# | function | afterwards holds |
# | --- | --- |
# | `descend` | `data`: data - lr * direction |
# | `blend` | `average`: keep * average + add * value |
#
# `work` is a spare array with any contents. The second array stays unchanged, unless it *is* `work`; that must give
# the right result too.


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
    array, work = np.array(array), np.full_like(array, 3)
    update(array, work if isinstance(second, str) else second, *numbers, work)
    return array


def new_bytes_of(update, *numbers):
    array, second, work = (np.ones(200_000, dtype=np.float32) for _ in range(3))  # 800,000 bytes each
    return peak_bytes(lambda: update(array, second, *numbers, work))


A = np.array([[4.0, 1.0, -2.0], [0.5, 8.0, 3.0]], dtype=np.float32)
B = np.array([[4.0, 20.0, 1.5], [-6.0, 0.3, 2.0]], dtype=np.float32)
check(lambda: changed(descend, A, B, 0.25), A - np.float32(0.25) * B, "`data` itself holds the result")
check(lambda: changed(descend, A[0, 1], B[0, 1], 0.25), np.float32(-4), "any shape, `()` included")
check(lambda: changed(descend, A, "work", 0.25), A - np.float32(0.75), "the second array may be `work`")
check(lambda: new_bytes_of(descend, 0.25) < 100_000, True, "no new array")
check(lambda: changed(blend, A, B, 0.5, 2.0), np.float32(0.5) * A + 2 * B, "`average` itself holds the result")
check(lambda: changed(blend, A, B, 0.5, 1.0), np.float32(0.5) * A + B, "an `add` of 1 is like any other")
check(lambda: changed(blend, A[0, 1], B[0, 1], 0.5, 2.0), np.float32(40.5), "any shape, `()` included")
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
# Somebody wants small first weights:

# %%
small = Parameter([[1.0, 2.0, 3.0]]) * 0.01
(small * small).sum().backward()
print("made by:", small.origin[0], "  gradient:", small.grad)

# %% [markdown]
# `small` is no parameter but the *result* of an operation. It gets no gradient, and an optimizer that holds it does
# nothing, in silence.
#
# ### 06-params · write · 15 min · core
#
# `check_parameters` returns what it is given (a list, a generator, any iterable) as a list, or refuses it. The first
# row that fits decides:
#
# | refused | with | the message names |
# | --- | --- | --- |
# | a Tensor, or what is not iterable, like a model | `TypeError` | its type, and the fix `model.parameters()` |
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
PLAIN, COUNTS, LEAF = Tensor([5.0]), Tensor([3, 1, 2]), Tensor([0.5], dtype=np.float64, requires_grad=True)


def named(params):
    """The names of parameters, in order."""
    names = {"one": ONE, "twin": TWIN, "other": OTHER, "plain": PLAIN, "leaf": LEAF}
    return [name for parameter in params for name in names if names[name] is parameter]


check(lambda: type(check_parameters((OTHER, ONE))).__name__, "list", "returns a list")
check(lambda: named(check_parameters([OTHER, ONE, PLAIN, LEAF])), ["other", "one", "plain", "leaf"], "what it is given")
check(lambda: named(check_parameters({"w": ONE, "b": LEAF}.values())), ["one", "leaf"], "any iterable")
check(lambda: named(check_parameters(p for p in (ONE, OTHER))), ["one", "other"], "a generator")
check(lambda: named(check_parameters([ONE, TWIN, OTHER])), ["one", "twin", "other"], "equal numbers are not the same")
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
# Make the list first. `hasattr(params, "__iter__")` tells what is iterable. `id(parameter)` is a number that
# only this object has; `parameter.origin` is None or starts with the operation's name.
# </details>

# %% [markdown]
# ### 06-settings · write · 8 min · core
#
# `check_range` returns a single number with low <= number < high as a float. Everything else is a `ValueError` that
# names the setting and the value: also `nan`, infinity, None, True, text, and several numbers at once.


# %% nbgrader={"grade": false, "grade_id": "06-settings-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def check_range(name, value, low, high=math.inf):
    """Return the setting `name` as a float, or raise a ValueError unless it is one number with low <= value < high.

    check_range("momentum", 0.9, 0) gives 0.9.
    """
    ### BEGIN SOLUTION
    number = float(value) if np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf" else math.nan
    if not low <= number < high:
        bounds = f"a finite number of at least {low:g}" if high == math.inf else f"in [{low:g}, {high:g})"
        raise ValueError(f"{name} must be {bounds}, got {value!r}")
    return number
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-settings", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check(lambda: check_range("lr", 0.5, 0), 0.5)
check(lambda: [check_range("lr", value, 0) for value in (0, np.float32(0.5), np.array(7))], [0.0, 0.5, 7.0])
check(lambda: {type(check_range("lr", value, 0)) for value in (1, np.float64(2))}, {float}, "as a float")
check(lambda: check_range("beta", 0.25, 0.25, 0.75), 0.25, "low is allowed, high is not")
raises(lambda: check_range("beta", 0.75, 0.25, 0.75), ValueError, says=["beta", "0.75"])
raises(lambda: check_range("lr", -0.5, 0), ValueError, says=["lr", "-0.5"])
raises(lambda: check_range("lr", math.nan, 0), ValueError, says=["lr", "nan"])
raises(lambda: check_range("lr", math.inf, 0), ValueError, says=["lr", "inf"])
raises(lambda: check_range("lr", None, 0), ValueError, says=["lr", "None"])
raises(lambda: check_range("eps", True, 0), ValueError, says=["eps", "True"])
raises(lambda: check_range("lr", "0.5", 0), ValueError, says=["lr", "0.5"])
raises(lambda: check_range("lr", [0.5, 0.25], 0), ValueError, says=["lr", "0.5", "0.25"])
raises(lambda: check_range("lr", np.array([0.5]), 0), ValueError, says=["lr", "0.5"])

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What do `nan < 0` and `nan >= 0` say? Ask for what is allowed, and refuse the rest.
# </details>
# <details><summary>Hint 2</summary>
#
# `np.ndim(value)` is 0 for a single number. `np.asarray(value).dtype.kind` is `"i"`, `"u"` or `"f"` for numbers,
# `"b"` for True, `"U"` for text, `"O"` for None.
# </details>

# %% [markdown]
# ### What every optimizer holds, given
#
# One dict of memory for each parameter, and spare arrays (`work_array`). An option that does not exist is refused.


# %% nbgrader={"grade": false, "grade_id": "06-holder", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def refuse_options(owner, options):
    """Raise a TypeError if there are options that the owner does not have; name the nearest one that it has."""
    for name in options:
        near = difflib.get_close_matches({"learning_rate": "lr"}.get(name, name), owner.option_names)
        fix = f"did you mean {near[0]}?" if near else f"its options are {', '.join(owner.option_names)}"
        raise TypeError(f"{type(owner).__name__} has no option {name}: {fix}")


class _Holder:
    """What every optimizer holds: parameters, a dict of memory for each, checked settings, spare arrays."""

    option_names = ("lr", "weight_decay")  # what state_dict() saves besides the memory
    state_names = ()  # what a parameter's memory holds once it has been updated

    def __init__(self, params, lr=1e-3, weight_decay=0.0, **unknown):
        refuse_options(self, unknown)
        self.params = check_parameters(params)
        self.states, self._spare = [{} for _ in self.params], {}
        self.lr, self.weight_decay = lr, check_range("weight_decay", weight_decay, 0.0)

    lr = property(lambda self: self._lr, doc="The learning rate, free to change; PyTorch: param_groups[0]['lr'].")

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
        return read_state(self)

    def load_state_dict(self, state):
        """Take over what state_dict returned, or raise a ValueError and change nothing."""
        write_state(self, state)

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.option_names)})"


# %% [markdown]
# ### 06-step · write · 15 min · core
#
# `Optimizer` is the base of all others; a subclass writes only `update`, the rule for one parameter. The rest:
#
# | function | what it does |
# | --- | --- |
# | `decay` | **weight decay**, a pull towards 0: returns grad + weight_decay * data, leaves both as they are, and makes no new array: `work_array(data, "decay")` is spare, and `update` does not use it |
# | `step` | calls `self.update(data, gradient, state)` for each parameter that has a gradient: its array, its gradient (through `self.decay` if there is weight decay), its own dict of `self.states` |
# | `zero_grad` | makes every `grad` None |
#
# A `grad` of None means "took no part", and is skipped. A gradient of zeros counts. Gradients stay until `zero_grad`.


# %% nbgrader={"grade": false, "grade_id": "06-step-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
        for parameter, state in zip(self.params, self.states, strict=True):
            if parameter.grad is not None:
                grad = self.decay(parameter.data, parameter.grad) if self.weight_decay else parameter.grad
                self.update(parameter.data, grad, state)
        ### END SOLUTION

    def zero_grad(self):
        """Set the gradient of every parameter to None."""
        ### BEGIN SOLUTION
        for parameter in self.params:
            parameter.grad = None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-step", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
class Recorder(Optimizer):
    """Moves nothing and notes what it was asked to do."""

    def update(self, data, grad, state):
        self.calls = [*getattr(self, "calls", []), (data, grad.copy(), state)]
        state["calls"] = state.get("calls", 0) + 1


class Halving(Recorder):
    def decay(self, data, grad):
        return grad / 2


def recorded(grads, kind=Recorder, **options):
    """The parameters and the Recorder after one step with these gradients."""
    params = [Parameter([1.0, 2.0]), Parameter([[3.0, 0.5, 7.0]]), Parameter(4.0)]
    for parameter, grad in zip(params, grads, strict=True):
        parameter.grad = grad
    recorder = kind(params, lr=0.1, **options)
    recorder.step()
    return params, recorder


def arrays_met(grads):
    """The numbers of the parameters whose own arrays update got."""
    params, recorder = recorded(grads)
    return [str(i) for data, _, _ in recorder.calls for i, p in enumerate(params) if p.data is data]


def cleared(grads):
    """How many gradients are None after zero_grad."""
    params, recorder = recorded(grads)
    recorder.zero_grad()
    return sum(parameter.grad is None for parameter in params)


def used_later(grad):
    """What decay returned, after an update has used its own spare array."""
    params, recorder = recorded([None, None, None], weight_decay=0.5)
    decayed = recorder.decay(params[0].data, grad)
    recorder.work_array(params[0].data)[...] = 99
    return decayed


def decay_bytes():
    """The bytes of new arrays in a second decay."""
    recorder = recorded([None, None, None], weight_decay=0.5)[1]
    recorder.decay(WIDE, WIDE)
    return peak_bytes(lambda: recorder.decay(WIDE, WIDE))


WIDE = np.ones(100_000, dtype=np.float32)
FIRST, SECOND = np.array([0.1, 0.2], dtype=np.float32), np.array([[0.3, -0.6, 0.9]], dtype=np.float32)
ZERO, NUMBER = np.array(0, dtype=np.float32), np.float32(0.7)
check(lambda: len(recorded([FIRST, None, ZERO])[1].calls), 2, "each that has a gradient; zeros are one")
check(lambda: arrays_met([FIRST, None, ZERO]), ["0", "2"], "its array")
check(lambda: recorded([FIRST, None, ZERO])[1].calls[0][1], FIRST, "its gradient")
check(lambda: recorded([FIRST, None, ZERO])[0][0].grad, FIRST, "gradients stay until zero_grad")
check(lambda: recorded([FIRST, None, ZERO])[1].states, [{"calls": 1}, {}, {"calls": 1}], "its own dict of self.states")
check(lambda: recorded([None, SECOND, NUMBER], weight_decay=0.5)[1].calls[0][1], SECOND + np.float32([[1.5, 0.25, 3.5]]))
check(lambda: recorded([None, None, NUMBER], weight_decay=0.5)[1].calls[0][1], np.array(2.7, np.float32), "decay")
check(lambda: Recorder([PLAIN], weight_decay=0.5).decay(SECOND, WIDE[:3]), WIDE[:3] + SECOND / 2, "leaves both as they are")
check(lambda: recorded([FIRST, None, None], Halving)[1].calls[0][1], FIRST, "if there is weight decay")
check(lambda: recorded([FIRST, None, None], Halving, weight_decay=0.5)[1].calls[0][1], FIRST / 2, "through self.decay")
check(lambda: used_later(FIRST), FIRST + np.float32([0.5, 1.0]), "a spare array that `update` does not use")
check(lambda: decay_bytes() < WIDE.nbytes, True, "no new array")
check(lambda: cleared([FIRST, SECOND, ZERO]), 3, "every grad")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# If you skip the second parameter, which dict belongs to the third? Why is `if parameter.grad:` no good question?
# </details>
# <details><summary>Hint 2</summary>
#
# `zip(self.params, self.states)` walks through both. `np.multiply` and `np.add` know `out=`.
# </details>

# %% nbgrader={"grade": false, "grade_id": "06-gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
P, Q, BIG = np.float32([2.0, -1.0]), np.float32([-10.0]), np.ones(200_000, dtype=np.float32)  # where parameters start
G1, G2, G3 = GRADIENTS = np.array([[0.4, -3.0], [-1.0, 0.5], [0.25, 2.0]], dtype=np.float32)  # for P, one a step


def both(make, rate=None):
    """Two steps of make([P, Q]); rate becomes the lr of the second."""
    return take_steps(make, [Parameter(P), Parameter(Q)], [(G1, G1[1:]), (G2, G2[1:])], rate)


# %% [markdown]
# ## 5. SGD: keep rolling
#
# Across the valley the gradients alternate, along it they agree. **Momentum** (Polyak, 1964) adds them up in a
# **velocity** $v$, in which old ones fade by the factor `momentum`, $\mu$: what alternates cancels, what agrees
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
# Keep the settings: momentum and dampening at least 0, and nesterov, which needs momentum and no dampening (else a
# `ValueError` says `nesterov`). Then write `update`. `state` is this parameter's dict, empty before its first update;
# the velocity is its `"velocity"`. Without momentum it stays empty. A changed `lr` counts
# from the next step on. There is one spare array, `self.work_array(data)`, and no new one: how do you make $g + \mu
# v$?


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
        ### BEGIN SOLUTION
        self.momentum = check_range("momentum", momentum, 0.0)
        self.dampening = check_range("dampening", dampening, 0.0)
        self.nesterov = bool(nesterov)
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError("nesterov=True needs a momentum above 0, for example 0.9, and no dampening")
        ### END SOLUTION

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
            state["velocity"] = grad.copy()
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


check(lambda: repr(sgd(momentum=0)([Parameter(P)])).split(", ")[1:3], ["momentum=0.0", "dampening=0.0"], "settings")
check(lambda: sgd(momentum=1.5)([Parameter(P)]).momentum, 1.5, "at least 0, and no limit above")
raises(lambda: sgd(momentum=-0.5)([Parameter(P)]), ValueError, says=["momentum", "-0.5"])
raises(lambda: sgd(dampening=-0.5)([Parameter(P)]), ValueError, says=["dampening", "-0.5"])
raises(lambda: sgd(nesterov=True)([Parameter(P)]), ValueError, says=["nesterov"])
raises(lambda: sgd(momentum=0.8, dampening=0.25, nesterov=True)([Parameter(P)]), ValueError, says=["nesterov"])
check(lambda: after(sgd(), Parameter(P), GRADIENTS[:1]), P - LR * G1, "momentum=0")
check(lambda: after(sgd(), Parameter(P), GRADIENTS), P - LR * (G1 + G2 + G3), "momentum=0")
V2, V2D = MU * G1 + G2, MU * G1 + (1 - D) * G2
V3, V3D = MU * V2 + G3, MU * V2D + (1 - D) * G3
check(lambda: after(sgd(momentum=0.8), Parameter(P), GRADIENTS[:1]), P - LR * G1, "the first update: v is g")
check(lambda: after(sgd(momentum=0.8), Parameter(P), GRADIENTS[:2]), P - LR * (G1 + V2), "first v, then the step")
check(lambda: after(sgd(momentum=0.8), Parameter(P), GRADIENTS), P - LR * (G1 + V2 + V3), "v remembers all gradients")
check(lambda: after(sgd(momentum=0.8), Parameter(P), [G1, None, G2]), P - LR * (G1 + V2), "a skipped step changes nothing")
check(lambda: after(sgd(momentum=0.8, dampening=0.25), Parameter(P), GRADIENTS[:1]), P - LR * G1, "the first update: whatever d is")
check(lambda: after(sgd(momentum=0.8, dampening=0.25), Parameter(P), GRADIENTS[:2]), P - LR * (G1 + V2D), "dampening")
check(lambda: after(sgd(momentum=0.8, dampening=0.25), Parameter(P), GRADIENTS), P - LR * (G1 + V2D + V3D), "dampening")
check(lambda: after(sgd(momentum=0.8, nesterov=True), Parameter(P), GRADIENTS[:1]), P - LR * (G1 + MU * G1), "nesterov=True")
AHEAD_2, AHEAD_3 = P - LR * (G1 + G2 + MU * (G1 + V2)), P - LR * (G1 + G2 + G3 + MU * (G1 + V2 + V3))
check(lambda: after(sgd(momentum=0.8, nesterov=True), Parameter(P), GRADIENTS[:2]), AHEAD_2, "nesterov=True")
check(lambda: after(sgd(momentum=0.8, nesterov=True), Parameter(P), GRADIENTS), AHEAD_3, "nesterov=True")
P1 = P - LR * (G1 + DECAY * P)
P2 = P1 - LR * (MU * (G1 + DECAY * P) + G2 + DECAY * P1)
check(lambda: after(sgd(momentum=0.8, weight_decay=0.7), Parameter(P), GRADIENTS[:1]), P1, "`grad` holds the decay already")
check(lambda: after(sgd(momentum=0.8, weight_decay=0.7), Parameter(P), GRADIENTS[:2]), P2, "`grad` will not be there in the next step")
check(lambda: both(sgd(momentum=0.8)).params[1].data, Q - LR * (G1 + V2)[1:], "each parameter has its own dict")
check(lambda: both(sgd(momentum=0.8), rate=0.0).params[0].data, P - LR * G1, "a changed lr")
check(lambda: sorted(both(sgd(momentum=0.8)).states[0]), ["velocity"], "what the dict holds")
check(lambda: both(sgd(momentum=0.8)).states[0]["velocity"], V2, "what the dict holds")
check(lambda: both(sgd()).states, [{}, {}], "without momentum it stays empty")
check(lambda: step_bytes(sgd(momentum=0.8, nesterov=True, weight_decay=0.7), Parameter(BIG)) < 100_000, True, "no new array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# If the velocity *is* the gradient's array, what happens to the gradient in the second step? And $\eta\,(g + \mu v)$
# is a sum of two terms: must they be subtracted at once?
# </details>
# <details><summary>Hint 2</summary>
#
# `grad.copy()` is another array. Then `blend` for the velocity, and one or two calls of `descend`.
# </details>

# %% [markdown]
# ### 06-swing · predict · 5 min · core
#
# Guess before you run the second cell. The first walker starts at 1 above a parabola of curvature 1, with `lr=0.1`;
# plain descent creeps up to 0 and never crosses it. The others walk through the valley at section 1's best rate.

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
bowl = Valley((1, 1), (1, 0)).walk(lambda p: SGD(p, lr=0.1, momentum=0.9), Parameter(P), 100)
path_90 = VALLEY.walk(lambda p: SGD(p, lr=0.001998, momentum=0.9), Parameter(P), 1300)
path_99 = VALLEY.walk(lambda p: SGD(p, lr=0.001998, momentum=0.99), Parameter(P), 1300)
predict(lowest, bowl[:, 0].min(), "the lowest point, momentum 0.9")
predict(with_90, arrival(path_90), "through the valley, momentum 0.9")
predict(with_99, arrival(path_99), "through the valley, momentum 0.99")

# %% [markdown]
# A ball that started at 1 rolls on to -0.6. Where gradients agree, the velocity grows to $1 + \mu + \mu^2 + \dots = 1
# / (1 - \mu)$ of them: ten with 0.9, and 239 steps do for 2,996. With 0.99 it is a hundred, but hardly anything
# brakes: the walker shoots past the bottom again and again.

# %%
VALLEY.show_heights({"momentum 0.9": path_90, "momentum 0.99": path_99})
assert -0.65 < bowl[:, 0].min() < -0.55 and 4 * arrival(path_90) < 1000 < arrival(path_99)
assert 2900 < arrival(VALLEY.walk(lambda p: SGD(p, lr=0.0001998, momentum=0.9), Parameter(P), 3100)) < 3000

# %% [markdown]
# **Why?** With a tenth of the rate, 0.0001998, momentum 0.9 needs 2,950 steps, about as many as plain descent. Why?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# After a few steps the velocity is the sum of some ten gradients that hardly differ, so each step is ten times as
# long as `lr` says. What momentum gains is what it allows: with it the full rate works too, and then each step along
# the valley is as long as plain descent's would be at ten times that rate, where it flies apart.
# </details>

# %% [markdown]
# ## 6. Adam: a step size for every weight
#
# SGD has one rate for all directions. **Adam** (Kingma and Ba, 2014) divides each weight's step by the usual size of
# its own gradient. It keeps two **moving averages**, of the gradient and of its square:
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g$$
#
# $$s \leftarrow \beta_2 s + (1-\beta_2)\, g^2$$
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
    """How long lr * m / (sqrt(s) + eps) is after one step with g (an array), m and s over their sums of weights."""
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
FIRST_STEPS = [
    0.3 * abs(average_of([g], 0.8) / 0.2) / ((average_of([g * g], 0.95) / 0.05) ** 0.5 + 0.1) for g in SIZES
]
check(lambda: weights_of_average(0.8, 5), slope(lambda values: average_of(values, 0.8), VALUES), "oldest first")
check(lambda: weights_of_average(0.3, 1), slope(lambda values: average_of(values, 0.3), VALUES[:1]), "one value")
check(lambda: sum_of_weights(0.8, TIMES), np.array(ONES), "what an average of ones would hold")
check(lambda: uncorrected(0.8, 0.95, TIMES), np.abs(RATIOS), "m is that sum times g; and s?")
check(lambda: uncorrected(0.9, 0.999, np.array([1, 2, 4, 10])).round(2), np.array([3.16, 4.25, 5.44, 6.53]))
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

# %% [markdown]
# Uncorrected, $s$ lags behind $m$, and the first ten steps are 3 to 7 times too *long*. Divided by their sums of
# weights the averages are right from the start, and the first step has length `lr`, for a gradient of 0.001 as for
# one of 1000:
#
# $$\hat m = \frac{m}{1 - \beta_1^t}, \quad \hat s = \frac{s}{1 - \beta_2^t}$$
#
# $$p \leftarrow p - \eta\, \frac{\hat m}{\sqrt{\hat s} + \varepsilon}$$
#
# $\varepsilon$ (`eps`), outside the root, prevents a division by 0.
#
# ### 06-adam · write · 22 min · core
#
# Keep `betas`, a tuple of two numbers from 0 to below 1 (else a `ValueError` says `two numbers`, or `betas[1]`), and
# `eps`, at least 0. `state` holds `"steps"`, how often *this* parameter was updated, and the uncorrected averages
# `"mean"` and `"mean_square"`, zeros like `data` at first. Arrays change in place; again there is one spare array and
# no new one.


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
        ### BEGIN SOLUTION
        if np.shape(betas) != (2,):
            raise ValueError(f"betas must be two numbers, for example (0.9, 0.999), got {betas!r}")
        self.betas = tuple(check_range(f"betas[{i}]", beta, 0.0, 1.0) for i, beta in enumerate(betas))
        self.eps = check_range("eps", eps, 0.0)
        ### END SOLUTION

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
def adam(params, weight_decay=0.0):
    return Adam(params, lr=0.3, betas=(0.7, 0.9), eps=0.25, weight_decay=weight_decay)


def adam_oracle(gradients, weight_decay=0.0):
    """The formula, in float64: where P ends."""
    p, m, s = P.astype(np.float64), 0.0, 0.0
    for t, g in enumerate(np.float64(gradients), start=1):
        g = g + weight_decay * p
        m, s = 0.7 * m + 0.3 * g, 0.9 * s + 0.1 * g * g
        p = p - 0.3 * (m / (1 - 0.7**t)) / (np.sqrt(s / (1 - 0.9**t)) + 0.25)
    return p.astype(np.float32)


MEAN_2 = np.float32(0.21) * G1 + np.float32(0.3) * G2
check(lambda: str(Adam([Parameter(P)], betas=[0.5, 0.75]).betas), "(0.5, 0.75)", "a tuple")
raises(lambda: Adam([Parameter(P)], betas=0.9), ValueError, says=["two numbers"])
raises(lambda: Adam([Parameter(P)], betas=(0.9, 0.99, 0.5)), ValueError, says=["two numbers"])
raises(lambda: Adam([Parameter(P)], betas=(0.9, 1.0)), ValueError, says=["betas[1]", "1.0"])
raises(lambda: Adam([Parameter(P)], betas=(-0.5, 0.9)), ValueError, says=["betas[0]", "-0.5"])
raises(lambda: Adam([Parameter(P)], eps=-1), ValueError, says=["eps", "-1"])
check(lambda: after(adam, Parameter(P), GRADIENTS[:1]), adam_oracle(GRADIENTS[:1]), "t counts from 1; eps is outside the root")
check(lambda: after(adam, Parameter(P), GRADIENTS[:2]), adam_oracle(GRADIENTS[:2]), "the averages stay from step to step")
check(lambda: after(adam, Parameter(P), GRADIENTS), adam_oracle(GRADIENTS), "the averages stay, uncorrected")
check(lambda: after(adam, Parameter(P), [G1, None, G2]), adam_oracle(GRADIENTS[:2]), "t counts this parameter's updates")
check(lambda: after(lambda p: adam(p, 0.7), Parameter(P), GRADIENTS), adam_oracle(GRADIENTS, 0.7), "with decay in `grad`")
check(lambda: after(Adam, Parameter(P), [0 * G1, 0 * G1]), P, "a gradient of 0 moves nothing")
check(lambda: both(adam).params[1].data, Q + (adam_oracle(GRADIENTS[:2]) - P)[1:], "each parameter has its own dict")
check(lambda: both(adam, rate=0.0).params[0].data, adam_oracle(GRADIENTS[:1]), "a changed lr counts from the next step on")
check(lambda: sorted(both(adam).states[0]), ["mean", "mean_square", "steps"], "what the dict holds")
check(lambda: both(adam).states[0]["steps"], 2, "how often this parameter was updated")
check(lambda: both(adam).states[0]["mean"], MEAN_2, "the dict holds the uncorrected averages")
check(lambda: str(both(adam).states[1]["mean_square"].dtype), "float32", "zeros like `data`")
check(lambda: step_bytes(adam, Parameter(BIG)) < 100_000, True, "no new array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The spare array can hold $g^2$, then $\sqrt{s}$ and more, then the quotient: what is needed last, and what is no
# longer needed by then? Which parts of the formula are single numbers?
# </details>
# <details><summary>Hint 2</summary>
#
# `blend` and `descend` take `work` as their second array too. `np.sqrt` and `np.divide` know `out=work`, and `work +=
# 1` is in place. The factor $1/(1-\beta_1^t)$ can join `lr`.
# </details>

# %%
adam_path = VALLEY.walk(lambda params: Adam(params, lr=0.05), Parameter(P), 4000)
VALLEY.show({f"{arrival(adam_path[:401])} steps of Adam": adam_path[:401]}, (4.8, 0.16), "Both numbers start alike")
assert arrival(adam_path[:401]) < 250 and np.allclose(adam_path[1] - adam_path[0], -0.05, atol=1e-4)

# %% [markdown]
# The curvatures differ by a thousand, and both numbers make the same first step, of length `lr`.
#
# ## 7. AdamW: weights that fade
#
# Your `decay` adds $\lambda p$ to the gradient, with $\lambda$ for `weight_decay`. In Adam that term is then divided by
# $\sqrt{\hat s}$ too. **AdamW** (Loshchilov and Hutter, 2017) first takes the share $\eta \lambda$ off every weight, and
# then makes Adam's step with a gradient that knows nothing of it.
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


def adamw_oracle(gradients):
    """The two parts of a step, in float64: where P ends."""
    p, m, s = P.astype(np.float64), 0.0, 0.0
    for t, g in enumerate(np.float64(gradients), start=1):
        p = p * (1 - 0.3 * 0.7)
        m, s = 0.7 * m + 0.3 * g, 0.9 * s + 0.1 * g * g
        p = p - 0.3 * (m / (1 - 0.7**t)) / (np.sqrt(s / (1 - 0.9**t)) + 0.25)
    return p.astype(np.float32)


check(lambda: after(adamw, Parameter(P), [0 * G1]), np.float32(0.79) * P, "a gradient of 0: the weights shrink")
check(lambda: after(adamw, Parameter(P), GRADIENTS[:1]), adamw_oracle(GRADIENTS[:1]), "first shrink, then Adam's step")
check(lambda: after(adamw, Parameter(P), GRADIENTS[:2]), adamw_oracle(GRADIENTS[:2]), "it shrinks in every step")
check(lambda: after(adamw, Parameter(P), GRADIENTS), adamw_oracle(GRADIENTS), "it shrinks in every step")
check(lambda: after(adamw, Parameter(P), [None, None]), P, "no gradient, no step")
check(lambda: both(adamw, rate=0.0).params[0].data, adamw_oracle(GRADIENTS[:1]), "with lr 0 nothing shrinks either")
check(lambda: both(adamw).states[0]["mean"], np.float32(0.21) * G1 + np.float32(0.3) * G2, "the averages know nothing of the decay")
check(lambda: step_bytes(adamw, Parameter(BIG)) < 100_000, True, "no new array")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the two arrays changes, and what does `decay` return when the gradient is to stay what it is?
# </details>
# <details><summary>Hint 2</summary>
#
# `data *= ...` changes data itself. The present `lr` is `self.lr`.
# </details>

# %% [markdown]
# **Why?** Two weights of the same size, one with loud gradients, one with quiet ones: which does the decay pull more
# in `Adam`, and which in `AdamW`?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# In Adam the quiet one: its $\lambda p$ is divided by a small root, that of the loud one by a large root. What should
# depend on the weight alone comes to depend on its noise. In AdamW both alike.
# </details>

# %% [markdown]
# ### 06-fakes · break · 12 min · core
#
# Three first steps of AdamW (`lr` 0.1, `weight_decay` 0.1) that agree with the right one on the example. For each,
# find finite `weights` and a `gradient`, both `(n,)`, on which *it alone* is wrong, by more than 1 in 100,000; the
# other two must still be right there.


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


print(*(fake(np.zeros(3), np.array([2.0, -2.0, 2.0])) for fake in (coupled, eps_inside, one_for_all)), sep="\n")

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


def also_wrong(fake, inputs):
    """The other fakes that are wrong on these inputs."""
    others = [other for other in (coupled, eps_inside, one_for_all) if other is not fake]
    right = first_adamw(*inputs)
    wrong = [other.__name__ for other in others if not np.allclose(other(*inputs), right, rtol=1e-5, atol=1e-5)]
    return " and ".join(wrong) or "none"


breaks(coupled, FOR_COUPLED, first_adamw, "when does the decay matter?")
check(lambda: also_wrong(coupled, FOR_COUPLED), "none", "it alone is wrong")
breaks(eps_inside, FOR_EPS_INSIDE, first_adamw, "when does a small number matter?")
check(lambda: also_wrong(eps_inside, FOR_EPS_INSIDE), "none", "it alone is wrong")
breaks(one_for_all, FOR_ONE_FOR_ALL, first_adamw, "when is a mean not each number?")
check(lambda: also_wrong(one_for_all, FOR_ONE_FOR_ALL), "none", "it alone is wrong")

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
VALLEY.show_heights({"Adam, lr 0.05": adam_path})
check(lambda: arrival(adam_path) > 3000, True, "what the text says below")

# %% [markdown]
# After 3,000 quiet steps it is thrown out: $s$ has forgotten how large gradients were, and its small root makes steps
# too long for section 2's limit. A **schedule** helps: it begins with a large rate and ends with a small one.
#
# ### 06-schedules · write · 20 min · core
#
# `Schedule`, the base, keeps the `optimizer` (which has an `lr`; else a `TypeError` names its type), its rate as
# `base_lr`, and the number of `steps`, and sets the optimizer's rate to `lr_at(0)` at once; each `step()` counts, and
# sets the next.
#
# The others keep their settings under their own names, and each has a rule `lr_at(t)`, which depends on `t` alone and
# sets nothing. `check_whole` does for whole numbers what `check_range` does for numbers: 4.0 gives the int 4, 2.5 is
# refused. `StepLR` multiplies by `gamma` (at least 0) after every `step_size` (whole, at least 1) steps: 0.1, 0.1, 0.1,
# 0.05, 0.05, 0.05, 0.025 for `step_size=3` and `gamma=0.5`.
#
# `CosineAnnealingLR` first warms up, in equal rises of which step 0 has made one, so that step $W$ = `warmup_steps`
# has the full rate $\eta_0$. Then it glides down half a wave: with $u$ from 0 at step $W$ to 1 at step $T$ = `T_max`,
#
# $$\eta_t = \eta_{\min} + \tfrac12\, (\eta_0 - \eta_{\min})\, (1 + \cos \pi u)$$
#
# and beyond $T$ as the formula says. For $W = 4$ the warm-up has 0.2, 0.4, 0.6 and 0.8 of $\eta_0$. Both numbers of
# steps are whole; `warmup_steps < T_max`, or a `ValueError` says so. $\eta_{\min}$ is at least 0.


# %% nbgrader={"grade": false, "grade_id": "06-schedules-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Schedule:
    """Base of the schedules: sets optimizer.lr to lr_at(steps), where steps counts the calls of step()."""

    option_names = ()

    def __init__(self, optimizer, **unknown):
        refuse_options(self, unknown)
        ### BEGIN SOLUTION
        if not hasattr(optimizer, "lr"):
            raise TypeError(f"a schedule needs an optimizer, not a {type(optimizer).__name__}")
        self.optimizer = optimizer
        self.base_lr = float(optimizer.lr)
        self.steps = 0
        optimizer.lr = self.lr_at(0)
        ### END SOLUTION

    def lr_at(self, t):
        """Return the learning rate of the optimizer's step number t, counted from 0: a float."""
        raise TypeError(f"{type(self).__name__} has no rule: define lr_at(self, t)")

    def step(self):
        """Count one step of the optimizer, and set the rate of the next one."""
        ### BEGIN SOLUTION
        self.steps += 1
        self.optimizer.lr = self.lr_at(self.steps)
        ### END SOLUTION

    def state_dict(self):
        """Return all settings and the count as {name: number}."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state):
        """Take over settings and count from a state_dict, and set the optimizer's lr accordingly."""
        own = self.state_dict()
        if set(state) != set(own):
            raise ValueError(f"{type(self).__name__} saves {sorted(own)}, but this state has {sorted(state)}")
        vars(self).update({name: type(value)(state[name]) for name, value in own.items()})
        self.optimizer.lr = self.lr_at(self.steps)


def check_whole(name, value, low=0):
    """Return the setting `name` as an int, or raise a ValueError unless it is a whole number of at least low."""
    ### BEGIN SOLUTION
    if check_range(name, value, low) % 1:
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return int(value)
    ### END SOLUTION


class StepLR(Schedule):
    """Multiply the learning rate by gamma after every step_size calls of step()."""

    option_names = ("step_size", "gamma")

    def __init__(self, optimizer, step_size, gamma=0.1, **unknown):
        ### BEGIN SOLUTION
        self.step_size, self.gamma = check_whole("step_size", step_size, 1), check_range("gamma", gamma, 0.0)
        ### END SOLUTION
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
        ### BEGIN SOLUTION
        self.T_max, self.warmup_steps = check_whole("T_max", T_max), check_whole("warmup_steps", warmup_steps)
        if self.warmup_steps >= self.T_max:
            raise ValueError(f"warmup_steps < T_max is needed, got {warmup_steps} and {T_max}")
        self.eta_min = check_range("eta_min", eta_min, 0.0)
        ### END SOLUTION
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
raises(lambda: StepLR([0.1], 3), TypeError, says=["list"])
raises(lambda: check_whole("steps", 2.5, 0), ValueError, says=["steps", "2.5"])
check(lambda: [check_whole("steps", value, 0) for value in (0, 4.0, np.int64(7))], [0, 4, 7], "a whole number")
check(lambda: {type(check_whole("steps", value, 0)) for value in (0, 4.0, np.int64(7))}, {int}, "as an int")
raises(lambda: rates(StepLR, 1, 0), ValueError, says=["step_size", "0"])
raises(lambda: rates(StepLR, 1, 2.5), ValueError, says=["step_size", "2.5"])
raises(lambda: rates(StepLR, 1, 2, -0.5), ValueError, says=["gamma", "-0.5"])
raises(lambda: rates(CosineAnnealingLR, 1, 2.5), ValueError, says=["T_max", "2.5"])
raises(lambda: rates(CosineAnnealingLR, 1, 4, warmup_steps=2.5), ValueError, says=["warmup_steps", "2.5"])
raises(lambda: rates(CosineAnnealingLR, 1, 4, warmup_steps=4), ValueError, says=["warmup_steps < T_max"])
raises(lambda: rates(CosineAnnealingLR, 1, 4, -0.5), ValueError, says=["eta_min", "-0.5"])
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
# How many whole stairs lie behind step 7, if each is 3 long? Between which two steps does the wave run, and how long
# is it?
# </details>
# <details><summary>Hint 2</summary>
#
# `7 // 3` is 2. The warm-up has its own `return`; its last rate is one rise short of full. `math.cos`, `math.pi`.
# </details>

# %% [markdown]
# ### 06-remember · write · 10 min · core
#
# A training that stops and goes on needs the optimizer's memory too. `read_state` returns it as one flat dict: each
# of `optimizer.option_names` with its value, and what `optimizer.states` holds, `"velocity"` of the third parameter
# as `"2.velocity"`. Training goes on, and must not change what was saved. `write_state`, the way back, is given; what
# does not fit is refused.


# %% nbgrader={"grade": false, "grade_id": "06-remember-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def read_state(optimizer):
    """Return {option: value} and {"position.name": memory} of an optimizer, in one flat dict of numbers and arrays."""
    ### BEGIN SOLUTION
    saved = {name: getattr(optimizer, name) for name in optimizer.option_names}
    for position, state in enumerate(optimizer.states):
        for name, value in state.items():
            saved[f"{position}.{name}"] = value.copy() if isinstance(value, np.ndarray) else value
    return saved
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "06-write-state", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def write_state(optimizer, saved):
    """Take over what read_state returned, or raise a ValueError and change nothing."""
    options, names, params = optimizer.option_names, optimizer.state_names, list(enumerate(optimizer.params))
    shapes = {f"{i}.{name}": () if name == "steps" else p.shape for i, p in params for name in names}
    begun = {i for i, _ in params if any(f"{i}.{name}" in saved for name in names)}
    faults = [f"missing {key!r}" for key in [*options, *(f"{i}.{n}" for i in begun for n in names)] if key not in saved]
    faults += [f"unexpected {key!r}" for key in saved if key not in options and key not in shapes]
    got = {key: np.shape(saved[key]) for key in shapes if key in saved}
    faults += [f"{key!r} has shape {shape} instead of {shapes[key]}" for key, shape in got.items() if shape != shapes[key]]
    if faults:
        raise ValueError(f"The state does not fit this {type(optimizer).__name__}: {'; '.join(faults)}.")
    for key in options:
        value = np.asarray(saved[key]).tolist()
        setattr(optimizer, key, tuple(value) if isinstance(value, list) else value)
    for i, p in params:
        memory = {name: saved[f"{i}.{name}"] for name in names if i in begun}
        optimizer.states[i] = {n: int(m) if n == "steps" else np.array(m, dtype=p.dtype) for n, m in memory.items()}


# %% nbgrader={"grade": true, "grade_id": "06-remember", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
class Diary(Optimizer):
    option_names, state_names = ("lr", "colour"), ("steps", "page")


def diary():
    optimizer = Diary([Parameter(Q), Parameter(P), Parameter(P)], lr=0.25)
    optimizer.colour, optimizer.states = "green", [{}, {"steps": 3, "page": G1}, {"steps": 5, "page": G2}]
    return optimizer


SAVED = {"lr", "colour", "1.steps", "1.page", "2.steps", "2.page"}
check(lambda: set(read_state(diary())), SAVED, "one flat dict")
check(lambda: [read_state(diary())[key] for key in ("lr", "colour")], [0.25, "green"], "each option with its value")
check(lambda: read_state(diary())["2.steps"], 5, "what optimizer.states holds")
check(lambda: read_state(diary())["1.page"], G1, "what optimizer.states holds")
check(lambda: read_state(diary())["2.page"], G2, "what optimizer.states holds")
check(lambda: np.shares_memory(read_state(diary())["2.page"], G2), False, "training goes on")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Somebody saves the dict, and the next step changes an array in place. What does the dict hold then?
# </details>
# <details><summary>Hint 2</summary>
#
# `getattr(optimizer, "lr")` is `optimizer.lr`. Only arrays have a `.copy()`.
# </details>

# %% [markdown]
# ## 9. Home
#
# ### 06-home · write · 20 min · core
#
# The loop in which all parts meet. It looks at the loss before each of at most `limit` steps and returns how many
# steps were taken when the loss is found below `goal`, or None. Gradients from before must not count. A schedule, if
# there is one, steps after the optimizer.
#
# Each optimizer needs its own learning rate. `fastest` tries several, each on a fresh model and with a fresh
# optimizer `make(parameters, lr)`, and returns the fewest steps with their rate; None if no rate reaches the goal.


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


def fastest(new_model, loss_function, make, rates, x, y, goal, limit):
    """The fewest steps and the rate that they took, as (steps, rate), or None."""
    ### BEGIN SOLUTION
    found = []
    for lr in rates:
        model = new_model()
        steps = train_until(model, loss_function, make(model.parameters(), lr), x, y, goal, limit)
        if steps is not None:
            found.append((steps, lr))
    return min(found, default=None)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-home", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
X, Y = Tensor([[1.0, 0.5], [-0.25, 2.0], [0.75, 0.125]]), Tensor([[2.0], [-4.0], [0.8]])
W0 = np.array([[0.5, 0.25]], dtype=np.float32)
RIGHT_AT_W0 = Tensor(2 * X.data @ W0.T)


def doubled(predictions, targets):
    return MSELoss()(predictions * 2, targets)


def loss_at(w):
    return ((2 * X.data @ w.T - Y.data) ** 2).mean()


def run(limit, goal=0.0, stair=None, y=Y):
    """The weights after a training from W0, and what it returned."""
    line = Linear(2, 1, bias=False)
    line.weight.data[...], line.weight.grad = W0, np.full((1, 2), 100, dtype=np.float32)  # a gradient from before
    optimizer = SGD(line.parameters(), lr=0.1)
    schedule = None if stair is None else StepLR(optimizer, stair, gamma=0.5)
    steps = train_until(line, doubled, optimizer, X, y, goal, limit, schedule)
    return line.weight.data.astype(np.float64), steps


W1 = W0 - 0.1 * slope(loss_at, W0)
W2 = W1 - 0.1 * slope(loss_at, W1)
W3 = W2 - 0.1 * slope(loss_at, W2)
W2_SLOWER = W1 - 0.05 * slope(loss_at, W1)
W3_SLOWER = W2_SLOWER - 0.05 * slope(loss_at, W2_SLOWER)
check(lambda: run(1)[0], W1, "gradients from before must not count", tolerance=1e-4)
check(lambda: run(2)[0], W2, "nor those of the step before", tolerance=1e-4)
check(lambda: run(3)[0], W3, "nor those of the step before", tolerance=1e-4)
check(lambda: run(3, stair=1)[0], W2_SLOWER - 0.025 * slope(loss_at, W2_SLOWER), "the schedule steps", tolerance=1e-4)
check(lambda: run(3, stair=2)[0], W2 - 0.05 * slope(loss_at, W2), "the schedule steps after each step", tolerance=1e-4)
check(lambda: run(9, goal=(loss_at(W1) + loss_at(W2)) / 2)[1], 2, "how many steps were taken when it is below")
check(lambda: run(9, goal=(loss_at(W1) + loss_at(W2)) / 2)[0], W2, "no step after that", tolerance=1e-4)
check(lambda: run(9, goal=99.0)[1], 0, "it looks before each step")
check(lambda: run(1, goal=0.0, y=RIGHT_AT_W0)[1], None, "0 is not below 0")
check(lambda: run(2, goal=(loss_at(W1) + loss_at(W2)) / 2)[1], None, "it looks before each of at most `limit` steps")


def by_trying(lr, goal, limit):
    w, steps = W0, 0
    while steps < limit and loss_at(w) >= goal:
        w, steps = w - lr * slope(loss_at, w), steps + 1
    return steps if steps < limit else None


def tried(rates, goal, limit, made):
    def new_line():
        made.append(Linear(2, 1, bias=False))
        made[-1].weight.data[...] = W0
        return made[-1]

    return fastest(new_line, doubled, lambda params, lr: SGD(params, lr=lr), rates, X, Y, goal, limit)


RATES = (0.02, 0.1, 0.19, 0.05)
check(lambda: tried(RATES[:2], 0.5, 40, []), (by_trying(0.1, 0.5, 40), 0.1), "each on a fresh model; the fewest steps with their rate")
check(lambda: tried(RATES, 0.5, 40, []), (by_trying(0.1, 0.5, 40), 0.1), "the fewest steps with their rate")
check(lambda: tried(RATES[3:0:-1], 0.5, 40, []), (by_trying(0.1, 0.5, 40), 0.1), "each on a fresh model")
check(lambda: tried(RATES, 99.0, 40, []), (0, 0.02), "0 steps are the fewest")
check(lambda: tried(RATES[:1], 0.5, 40, []), (by_trying(0.02, 0.5, 40), 0.02), "the fewest steps with their rate")
check(lambda: tried(RATES[2:3], 0.5, 7, []), None, "no rate reaches the goal")

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
# First the valley, and the same valley turned, so that its steep direction is no longer one of the coordinates.

# %%
def home(make, schedule=None):
    """Steps through the valley, and through the turned one."""
    valleys = VALLEY, Valley((1, 1000), start=(4, 0.1), turned=True)
    return [arrival(valley.walk(make, Parameter(P), 3100, schedule)) for valley in valleys]


PLAIN, MOMENTUM = home(lambda p: SGD(p, lr=0.001998)), home(lambda p: SGD(p, lr=0.003, momentum=0.9))
ADAM = home(lambda p: Adam(p, lr=0.2), lambda optimizer: CosineAnnealingLR(optimizer, 3100))
print("straight, turned:  plain", PLAIN, "  momentum 0.9", MOMENTUM, "  Adam with a schedule", ADAM)
assert min(PLAIN) > 20 * max(MOMENTUM + ADAM[:1]) and MOMENTUM[0] == MOMENTUM[1] and ADAM[1] > 3 * ADAM[0]

# %% [markdown]
# 2,996 steps became 118 with momentum, and 103 with Adam and a schedule. The turn costs momentum nothing. Adam needs
# four times as long: it scales *coordinates*, and now both share the steep direction. And a network that reads
# digits, until its loss is below 0.02:


# %% nbgrader={"grade": false, "grade_id": "06-digits", "locked": true, "schema_version": 3, "solution": false, "task": false}
INK = Tensor(datasets.digits().train_images[:700].reshape(-1, 64) / np.float32(16))  # (700, 64), from 0 to 1
LABELS = datasets.digits().train_labels[:700]


def new_reader():
    rng = np.random.default_rng(0)
    return Sequential(Linear(64, 32, rng=rng), Tanh(), Linear(32, 10, rng=rng))


# %%
task = {"x": INK, "y": LABELS, "goal": 0.02, "limit": 600}
BEST = {
    "plain": fastest(new_reader, CrossEntropyLoss(), lambda p, lr: SGD(p, lr=lr), (1.0, 2.0), **task),
    "momentum 0.9": fastest(new_reader, CrossEntropyLoss(), lambda p, lr: SGD(p, lr, 0.9), (0.5, 1.0), **task),
    "Adam": fastest(new_reader, CrossEntropyLoss(), lambda p, lr: Adam(p, lr=lr), (0.03, 0.1), **task),
}
print("fewest steps, and their rate:", BEST)
check(lambda: BEST["plain"][0] > 7 * max(BEST["momentum 0.9"][0], BEST["Adam"][0]), True, "what the text says below")

# %% [markdown]
# 249 steps became about 27, on real handwriting.

# %% [markdown]
# ## What you have now
#
# Optimizers with PyTorch's names and results. Adam keeps two numbers beside each weight and its gradient: 16 bytes a
# weight, before anything is computed.
#
# **Why?** Adam suffered when the valley turned. Inputs that rise and fall together turn a network's valleys. What
# could you do to the *inputs*?
#
# *Your answer, in a sentence or two:*

# %% [markdown]
# <details><summary>Compare</summary>
#
# Subtract each input's mean, divide by its spread and, if you can, combine inputs so that they no longer rise and
# fall together. Then the steep directions are coordinates again, or there are none.
# </details>

# %% [markdown]
# In a terminal: `tito module complete 06`
