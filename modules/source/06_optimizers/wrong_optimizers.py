"""Wrong answers to module 06 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# 06-limit

slip("06-limit", "the gradient without its curvature", "wrong | one step, on paper", "1 - lr * h", "1 - lr + 0 * h")
slip("06-limit", "climbs", "wrong | one step, on paper", "1 - lr * h", "1 + lr * h")
slip("06-limit", "the step instead of the factor", "one step, on paper", "1 - lr * h", "-lr * h")
slip("06-limit", "only the size of the factor", "wrong | one step, on paper", "1 - lr * h", "abs(1 - lr * h)")
slip("06-limit", "stops at 0 and not at -1", "too small | when does a coordinate grow", "2 / h.max()", "1 / h.max()")
slip("06-limit", "the flattest sets the limit", "too large | when does a coordinate grow", "2 / h.max()", "2 / h.min()")
slip("06-limit", "a limit for each direction", "shape is (3,) | one number belongs here", "2 / h.max()", "2 / h")
slip("06-limit", "the first direction sets the limit", "when does a coordinate grow", "2 / h.max()", "2 / h[0]")
slip("06-limit", "the mean of all curvatures", "the slowest of all coordinates", "2 / (h.min() + h.max())", "1 / h.mean()")
slip("06-limit", "all curvatures in the sum", "the slowest of all coordinates", "2 / (h.min() + h.max())", "2 / h.sum()")
slip("06-limit", "half of the best rate", "too small | the slowest of all", "2 / (h.min() + h.max())", "1 / (h.min() + h.max())")
slip("06-limit", "kills the steepest at once", "the slowest of all", "2 / (h.min() + h.max())", "1 / h.max()")
slip("06-limit", "rounds down", "does not hold | every coordinate", "math.ceil", "math.floor")
slip("06-limit", "one step more", "does not hold | not a step more", "abs(factor(lr, h)).max()))", "abs(factor(lr, h)).max())) + 1")
slip("06-limit", "a factor's sign is forgotten", "every coordinate", "abs(factor(lr, h)).max()", "factor(lr, h).max()")
slip("06-limit", "waits for the fastest", "every coordinate", "abs(factor(lr, h)).max()", "abs(factor(lr, h)).min()")
slip("06-limit", "the quotient upside down", "every coordinate", "math.log(share) / math.log(abs(factor(lr, h)).max())", "math.log(abs(factor(lr, h)).max()) / math.log(share)")
wrong("06-limit", "blanks", "blank", "return ...", "return ...", "return ...", "return math.ceil(...)")
wrong("06-limit", "the last is left blank", "blank", "return 1 - lr * h", "return 2 / h.max()", "return 2 / (h.min() + h.max())", "return math.ceil(...)")

# 06-in-place

slip("06-in-place", "a new array under the old name", "`data` itself", "np.subtract(data, work, out=data)", "data = data - work")
slip("06-in-place", "the product is a new array", "no new array", "np.multiply(direction, lr, out=work)", "work = direction * lr")
slip("06-in-place", "the direction is scaled in place", "changed its input B", "np.multiply(direction, lr, out=work)", "work[...] = direction\n    direction *= lr\n    work[...] = direction".replace("    ", ""))
slip("06-in-place", "climbs", "wrong | `data` itself", "np.subtract(data, work, out=data)", "np.add(data, work, out=data)")
slip("06-in-place", "the result lands in work", "`data` itself", "np.subtract(data, work, out=data)", "np.subtract(data, work, out=work)")
slip("06-in-place", "the step without lr", "`data` itself", "np.multiply(direction, lr, out=work)", "work[...] = direction")
slip("06-in-place", "the average is forgotten", "`average` itself", "average *= keep", "average *= 0")
slip("06-in-place", "keep is forgotten", "`average` itself", "average *= keep", "pass")
slip("06-in-place", "keep after the sum", "`average` itself", "average *= keep\naverage += value if add == 1 else np.multiply(value, add, out=work)", "average += np.multiply(value, add, out=work)\naverage *= keep")
slip("06-in-place", "add is forgotten", "`average` itself", "value if add == 1 else np.multiply(value, add, out=work)", "value")
slip("06-in-place", "add stands for 1 - keep", "`average` itself", "value if add == 1 else np.multiply(value, add, out=work)", "np.multiply(value, 1 - keep, out=work)")
slip("06-in-place", "a new array for the second product", "no new array", "np.multiply(value, add, out=work)", "value * add")
wrong(
    "06-in-place",
    "work is filled before the second array is read",
    "the second array may be `work`",
    "np.multiply(direction, lr, out=work)\ndata -= work",
    "np.multiply(average, keep, out=work)\naverage[...] = work\nnp.multiply(value, add, out=work)\naverage += work",
)
wrong("06-in-place", "returns new arrays", "`data` itself", "return data - lr * direction", "return keep * average + add * value")
wrong("06-in-place", "straight from the table", "no new array", "data -= lr * direction", "average[...] = keep * average + add * value")
wrong(
    "06-in-place",
    "the value is scaled in place",
    "changed its input B",
    "np.multiply(direction, lr, out=work)\ndata -= work",
    "average *= keep\nvalue *= add\naverage += value",
)
wrong("06-in-place", "a misspelt function", "multipy | line", "np.multipy(direction, lr, out=work)\ndata -= work", "average *= keep")
wrong("06-in-place", "work is used as it is", "`data` itself", "data -= lr * work", "average *= keep\naverage += add * work")

wrong("06-in-place", "slices, which shape () has none of", "IndexError | any shape", "np.multiply(direction, lr, out=work)\ndata[:] -= work", "np.multiply(value, add, out=work)\naverage[:] *= keep\naverage[:] += work")

# 06-params

slip("06-params", "what asks for a gradient and is no Parameter is a result", "NoneType | what it is given", "if parameter.origin is not None:", 'if parameter.requires_grad and type(parameter).__name__ != "Parameter":')
slip("06-params", "only float32", "float64 | what it is given", 'parameter.dtype.kind != "f"', "parameter.dtype != np.float32")
slip("06-params", "only lists and generators", "dict_values | any iterable", 'not hasattr(params, "__iter__")', 'not isinstance(params, (list, tuple, type(i for i in ())))')

slip("06-params", "a single parameter is walked through", "Expected a TypeError that you raise yourself | getitem", "isinstance(params, Tensor) or ", "")
slip("06-params", "a model raises Python's own error", "that you raise yourself", ' or not hasattr(params, "__iter__")', "")
slip("06-params", "the type is not named", "should name Parameter", "not a {type(params).__name__}: use", "not this: use")
slip("06-params", "asks a generator for its length", "Expected 'list', got 'tuple'", "params, positions = list(params), {}\nif not params:", "positions = {}\nif len(params) == 0:")
slip("06-params", "the generator is used up", "expected | what it is given", "return params", "return list(positions)")
slip("06-params", "nothing is enough", "Nothing was raised", "if not params:", "if params is None:")
slip("06-params", "entries are not looked at", "that you raise yourself | 'tuple' object", "if not isinstance(parameter, Tensor):", "if parameter is None:")
slip("06-params", "positions count from 1", "should name parameter 1", "{position} is a {type(parameter).__name__}", "{position + 1} is a {type(parameter).__name__}")
slip("06-params", "integers are let in", "Nothing was raised", 'parameter.dtype.kind != "f"', 'parameter.dtype.kind == "b"')
slip("06-params", "any dtype", "Nothing was raised | COUNTS is int64", 'parameter.dtype.kind != "f"', 'parameter.dtype.kind == "x"')
slip("06-params", "results are let in", "Nothing was raised", "if parameter.origin is not None:", "if False:")
slip("06-params", "the operation is not named", "should name mul", "the operation {parameter.origin[0]!r}", "an operation")
slip("06-params", "everything that asks for a gradient is a result", "NoneType | parameter.origin[0]", "if parameter.origin is not None:", "if parameter.requires_grad:")
slip("06-params", "only Parameters are leaves", "NoneType | parameter.origin[0]", "if parameter.origin is not None:", 'if type(parameter).__name__ != "Parameter":')
slip("06-params", "twins count as one", "equal numbers", "id(parameter) in positions:\n        first = positions[id(parameter)]", "any(np.array_equal(parameter.data, other.data) for other in params[:position]):\n        first = 0")
slip("06-params", "only one position is named", "parameters 0 and 2", "parameters {first} and {position} are", "parameter {position} is")
slip("06-params", "the second twice", "parameters 0 and 2", "{first} and {position}", "{position} and {position}")
slip("06-params", "twice is fine", "Nothing was raised", "if id(parameter) in positions:", "if False:")
slip("06-params", "no return", "None | return", "return params", "params")
wrong(
    "06-params",
    "compares Tensors with `in`",
    "broadcast | if parameter in seen",
    """
    if isinstance(params, Tensor) or not hasattr(params, "__iter__"):
        raise TypeError(f"{type(params).__name__}: model.parameters()")
    params = list(params)
    seen = []
    for position, parameter in enumerate(params):
        if parameter in seen:
            raise ValueError(f"parameters {seen.index(parameter)} and {position}")
        seen.append(parameter)
    return params
    """,
)
wrong(
    "06-params",
    "asserts",
    "that you raise yourself | AssertionError",
    """
    assert not isinstance(params, Tensor), "Parameter: use model.parameters()"
    return list(params)
    """,
)

# 06-settings

slip("06-settings", "nan slips through", "Nothing was raised | nan", "not low <= number < high", "number < low or number >= high")
slip("06-settings", "high is let in", "Nothing was raised", "low <= number < high", "low <= number <= high")
slip("06-settings", "low is not let in", "ValueError: ", "low <= number < high", "low < number < high")
slip("06-settings", "only low is looked at", "Nothing was raised", "not low <= number < high", "not low <= number")
slip("06-settings", "True is a number", "Nothing was raised", '"iuf"', '"iufb"')
slip("06-settings", "text is a number", "Nothing was raised", 'np.asarray(value).dtype.kind in "iuf"', 'np.asarray(value).dtype.kind in "iufU"')
slip("06-settings", "integers are refused", "ValueError: lr", '"iuf"', '"f"')
slip("06-settings", "several numbers", "that you raise yourself", "np.ndim(value) == 0 and ", "")
slip("06-settings", "the setting is not named", "should name beta", "{name} must be", "this must be")
slip("06-settings", "the value is not named", "should name -0.5", "got {value!r}", "got another")
slip("06-settings", "the number as it was given", "as a float", "return number", "return value")
slip("06-settings", "nothing is returned", "None", "return number", "number")
slip("06-settings", "refuses by returning", "Nothing was raised", "raise ValueError(f", "return (f")
wrong("06-settings", "compares at once", "that you raise yourself | TypeError", "if not low <= value < high:\n    raise ValueError(f'{name}: {value}')\nreturn float(value)")
wrong("06-settings", "float() judges", "Nothing was raised", "try:\n    number = float(value)\nexcept (TypeError, ValueError):\n    number = math.nan\nif not low <= number < high:\n    raise ValueError(f'{name}: {value}')\nreturn number")

wrong("06-settings", "one number in an array", "Nothing was raised", "if isinstance(value, (str, bool)) or value is None or np.size(value) != 1 or not low <= np.asarray(value).item() < high:\n    raise ValueError(f'{name}: {value}')\nreturn float(np.asarray(value).item())")

# 06-step

slip("06-step", "the gradients are cleared after the step", "gradients stay until zero_grad", "self.update(parameter.data, grad, state)", "self.update(parameter.data, grad, state)\n        parameter.grad = None")
slip("06-step", "decays by itself", "through self.decay", "self.decay(parameter.data, parameter.grad)", "parameter.grad + self.weight_decay * parameter.data")

slip("06-step", "the decay is subtracted", "wrong", "np.add(total, grad, out=total)", "np.subtract(grad, total, out=total)")
slip("06-step", "the decay changes the gradient", "changed its input", "return np.add(total, grad, out=total)", "grad += total\nreturn grad")
slip("06-step", "the decay without its strength", "wrong", "np.multiply(data, self.weight_decay, out=total)", "total[...] = data")
slip("06-step", "the gradient decays", "wrong", "np.multiply(data, self.weight_decay, out=total)", "np.multiply(grad, self.weight_decay, out=total)")
slip("06-step", "a new array for the decay", "no new array", "return np.add(total, grad, out=total)", "return total + grad")
slip("06-step", "the spare array of update", "a spare array that `update` does not use", 'self.work_array(data, "decay")', "self.work_array(data)")
slip("06-step", "the decay is returned alone", "wrong", "return np.add(total, grad, out=total)", "return total")
slip("06-step", "the parameter in the place of its array", "its array", "self.update(parameter.data, grad, state)", "self.update(parameter, grad, state)")
slip("06-step", "a copy of the array", "its array", "self.update(parameter.data, grad, state)", "self.update(parameter.data.copy(), grad, state)")
slip("06-step", "every parameter is updated", "AttributeError | NoneType", "if parameter.grad is not None:", "if True:")
slip("06-step", "zeros are skipped", "zeros are one", "if parameter.grad is not None:", "if parameter.grad is not None and np.any(parameter.grad):")
slip("06-step", "asks for the truth of an array", "ambiguous", "if parameter.grad is not None:", "if parameter.grad:")
slip("06-step", "the first without a gradient ends it", "each that has a gradient", "if parameter.grad is not None:", "if parameter.grad is None:\n        break\n    else:")
slip("06-step", "all share one dict", "its own dict", "self.update(parameter.data, grad, state)", "self.update(parameter.data, grad, self.states[0])")
slip("06-step", "the decay is forgotten", "wrong", "if self.weight_decay else", "if False else")
slip("06-step", "gradients of 0 in the place of None", "every grad", "parameter.grad = None", "parameter.grad = np.zeros(parameter.shape)")
slip("06-step", "only the first is cleared", "every grad", "parameter.grad = None", "parameter.grad = None\n    break")
wrong(
    "06-step",
    "skips shift the dicts",
    "its own dict",
    "return grad + self.weight_decay * data",
    "params = [parameter for parameter in self.params if parameter.grad is not None]\nfor parameter, state in zip(params, self.states):\n    self.update(parameter.data, parameter.grad, state)",
    "for parameter in self.params:\n    parameter.grad = None",
)

# 06-sgd

slip("06-sgd", "momentum below 1 only", "no limit above", 'check_range("momentum", momentum, 0.0)', 'check_range("momentum", momentum, 0.0, 1.0)')
slip("06-sgd", "a negative momentum", "Nothing was raised", 'check_range("momentum", momentum, 0.0)', "float(momentum)")
slip("06-sgd", "a negative dampening", "Nothing was raised", 'check_range("dampening", dampening, 0.0)', "float(dampening)")
slip("06-sgd", "Nesterov without momentum", "Nothing was raised", "self.momentum == 0 or self.dampening != 0", "self.dampening != 0")
slip("06-sgd", "Nesterov with dampening", "Nothing was raised", "self.momentum == 0 or self.dampening != 0", "self.momentum == 0")
slip("06-sgd", "momentum is not kept", "AttributeError | momentum", 'self.momentum = check_range("momentum", momentum, 0.0)', 'check_range("momentum", momentum, 0.0)')
slip("06-sgd", "climbs", "wrong | momentum=0", "if self.momentum == 0:\n    descend(data, grad, self.lr, work)", "if self.momentum == 0:\n    descend(data, grad, -self.lr, work)")
slip("06-sgd", "the velocity is the gradient's array", "changed its input GRADIENTS", "grad.copy()", "grad")
slip("06-sgd", "dampens the first step too", "the first update", "grad.copy()", "grad.copy() * data.dtype.type(1 - self.dampening)")
slip("06-sgd", "dampening is forgotten", "wrong | dampening", "1.0 - self.dampening", "1.0")
slip("06-sgd", "dampening for 1 - dampening", "wrong", "1.0 - self.dampening", "self.dampening")
slip("06-sgd", "a moving average", "wrong", "1.0 - self.dampening", "1.0 - self.momentum")
slip("06-sgd", "the velocity is made anew", "first v, then the step", 'if "velocity" in state:', "if False:")
slip("06-sgd", "along the gradient", "wrong", '    descend(data, state["velocity"], self.lr, work)', "    descend(data, grad, self.lr, work)")
slip("06-sgd", "Nesterov is plain momentum", "nesterov=True", "if self.nesterov:\n    descend", "if False:\n    descend")
slip("06-sgd", "Nesterov without the gradient", "nesterov=True", "if self.nesterov:\n    descend(data, grad, self.lr, work)\n", "if self.nesterov:\n")
slip("06-sgd", "Nesterov without mu", "nesterov=True", 'descend(data, state["velocity"], self.lr * self.momentum, work)', 'descend(data, state["velocity"], self.lr, work)')
slip("06-sgd", "a memory without momentum", "without momentum it stays empty", "if self.momentum == 0:\n    descend(data, grad, self.lr, work)", 'if self.momentum == 0:\n    state["velocity"] = grad.copy()\n    descend(data, grad, self.lr, work)')
slip("06-sgd", "the memory under another name", "what the dict holds", 'state["velocity"] = grad.copy()', 'state["velocity"] = grad.copy()\n    state["v"] = 1')
wrong(
    "06-sgd",
    "from the table, with new arrays",
    "no new array",
    "self.momentum = check_range('momentum', momentum, 0.0)\nself.dampening = check_range('dampening', dampening, 0.0)\nself.nesterov = nesterov\nif nesterov and (momentum == 0 or dampening):\n    raise ValueError('nesterov')",
    """
    if self.momentum == 0:
        data -= self.lr * grad
        return
    grad = grad.copy()
    v = state["velocity"] = self.momentum * state["velocity"] + (1 - self.dampening) * grad if state else grad
    data -= self.lr * (grad + self.momentum * v if self.nesterov else v)
    """,
)
wrong(
    "06-sgd",
    "one velocity for all",
    "each parameter has its own dict | line",
    "self.momentum = check_range('momentum', momentum, 0.0)\nself.dampening = check_range('dampening', dampening, 0.0)\nself.nesterov = nesterov\nself.v = None\nif nesterov and (momentum == 0 or dampening):\n    raise ValueError('nesterov')",
    """
    if self.momentum == 0:
        data -= self.lr * grad
        return
    self.v = grad.copy() if self.v is None else self.momentum * self.v + (1 - self.dampening) * grad
    data -= self.lr * (grad + self.momentum * self.v if self.nesterov else self.v)
    """,
)
wrong(
    "06-sgd",
    "a new name for data",
    "momentum=0",
    "self.momentum = check_range('momentum', momentum, 0.0)\nself.dampening = check_range('dampening', dampening, 0.0)\nself.nesterov = nesterov\nif nesterov and (momentum == 0 or dampening):\n    raise ValueError('nesterov')",
    "data = data - self.lr * grad",
)
wrong(
    "06-sgd",
    "decays once more",
    "`grad` holds the decay already",
    "self.momentum = check_range('momentum', momentum, 0.0)\nself.dampening = check_range('dampening', dampening, 0.0)\nself.nesterov = nesterov\nif nesterov and (momentum == 0 or dampening):\n    raise ValueError('nesterov')",
    """
    grad = grad + self.weight_decay * data
    if self.momentum == 0:
        data -= self.lr * grad
        return
    v = state["velocity"] = self.momentum * state["velocity"] + (1 - self.dampening) * grad if state else grad.copy()
    data -= self.lr * (grad + self.momentum * v if self.nesterov else v)
    """,
)
wrong(
    "06-sgd",
    "starts the velocity at zeros",
    "the first update",
    "self.momentum = check_range('momentum', momentum, 0.0)\nself.dampening = check_range('dampening', dampening, 0.0)\nself.nesterov = nesterov\nif nesterov and (momentum == 0 or dampening):\n    raise ValueError('nesterov')",
    """
    work = self.work_array(data)
    if self.momentum == 0:
        descend(data, grad, self.lr, work)
        return
    v = state.setdefault("velocity", np.zeros_like(data))
    blend(v, grad, self.momentum, 1 - self.dampening, work)
    if self.nesterov:
        descend(data, grad, self.lr, work)
    descend(data, v, self.lr * self.momentum if self.nesterov else self.lr, work)
    """,
)

# 06-average

slip("06-average", "the newest first", "right numbers in the wrong places | oldest first", "np.arange(t)[::-1]", "np.arange(t)")
slip("06-average", "the share of the new value is forgotten", "5.00 times | oldest first", "(1 - beta) * beta **", "beta **")
slip("06-average", "beta for 1 - beta", "oldest first", "(1 - beta) * beta **", "beta * beta **")
slip("06-average", "the newest has faded too", "0.80 times", "np.arange(t)[::-1]", "np.arange(1, t + 1)[::-1]")
slip("06-average", "a weight too many", "shape is (6,)", "np.arange(t)[::-1]", "np.arange(t + 1)[::-1]")
slip("06-average", "what is missing", "wrong | what an average of ones would hold", "1 - beta**t", "beta**t + 0 * t")
slip("06-average", "the sum is always 1", "a Python int | what an average", "1 - beta**t", "1")
slip("06-average", "one step late", "what an average", "1 - beta**t", "1 - beta ** (t - 1)")
slip("06-average", "t times", "what an average", "1 - beta**t", "(1 - beta) * t")
slip("06-average", "no root", "m is that sum times g", "np.sqrt(sum_of_weights(beta2, t))", "sum_of_weights(beta2, t)")
slip("06-average", "the betas exchanged", "m is that sum times g", "sum_of_weights(beta1, t) / np.sqrt(sum_of_weights(beta2, t))", "sum_of_weights(beta2, t) / np.sqrt(sum_of_weights(beta1, t))")
slip("06-average", "upside down", "m is that sum times g", "sum_of_weights(beta1, t) / np.sqrt(sum_of_weights(beta2, t))", "np.sqrt(sum_of_weights(beta2, t)) / sum_of_weights(beta1, t)")
slip("06-average", "the corrected one", "m is that sum times g", "sum_of_weights(beta1, t) / np.sqrt(sum_of_weights(beta2, t))", "np.ones(len(t))")
slip("06-average", "always lr", "a Python float | over its sum", "lr * abs(g) / (abs(g) + eps)", "lr")
slip("06-average", "a plain step", "wrong", "lr * abs(g) / (abs(g) + eps)", "lr * abs(g)")
slip("06-average", "eps inside the root", "over its sum", "lr * abs(g) / (abs(g) + eps)", "lr * abs(g) / np.sqrt(g * g + eps)")
slip("06-average", "with the sign", "wrong | over its sum", "lr * abs(g) / (abs(g) + eps)", "lr * g / (abs(g) + eps)")
slip("06-average", "eps above as well", "wrong | over its sum", "lr * abs(g) / (abs(g) + eps)", "lr * (abs(g) + eps) / (abs(g) + eps)")
wrong("06-average", "blanks", "blank", "return ...", "return ...", "return ...", "return ...")

# 06-adam

slip("06-adam", "any number of betas", "Nothing was raised", "if np.shape(betas) != (2,):", "if np.ndim(betas) != 1:")
slip("06-adam", "a single beta raises Python's own error", "that you raise yourself", "if np.shape(betas) != (2,):", "if np.shape(betas) == (3,):")
slip("06-adam", "a beta of 1", "Nothing was raised", "beta, 0.0, 1.0)", "beta, 0.0)")
slip("06-adam", "betas as they are given", "Expected '(0.5, 0.75)' | a tuple", "self.betas = tuple(", "self.betas = list(")
slip("06-adam", "a negative eps", "Nothing was raised", 'check_range("eps", eps, 0.0)', "eps")
slip("06-adam", "t stays 0", "ZeroDivisionError | t counts from 1", 'state["steps"] += 1', 'state["steps"] += 0')
slip("06-adam", "t starts at 1 before it counts", "t counts from 1", "steps=0", "steps=1")
slip("06-adam", "the averages start at the gradient", "t counts from 1", "mean=np.zeros_like(data)", "mean=grad.copy()")
slip("06-adam", "both averages are one array", "t counts from 1", "state.update(steps=0, mean=np.zeros_like(data), mean_square=np.zeros_like(data))", "zeros = np.zeros_like(data)\n    state.update(steps=0, mean=zeros, mean_square=zeros)")
slip("06-adam", "the betas exchanged", "the averages stay from step to step", "beta1, beta2 = self.betas", "beta2, beta1 = self.betas")
slip("06-adam", "the mean is a sum", "wrong | t counts from 1", "blend(mean, grad, beta1, 1 - beta1, work)", "blend(mean, grad, beta1, 1, work)")
slip("06-adam", "the mean square of the mean", "t counts from 1", "np.multiply(grad, grad, out=work)", "np.multiply(mean, mean, out=work)")
slip("06-adam", "the gradient is squared in place", "changed its input GRADIENTS", "np.multiply(grad, grad, out=work)", "np.multiply(grad, grad, out=grad)")
slip("06-adam", "a new array for the square", "no new array", "np.multiply(grad, grad, out=work)", "grad * grad")
slip("06-adam", "no square", "invalid value | sqrt", "np.multiply(grad, grad, out=work)", "grad")
slip("06-adam", "eps inside the root", "eps is outside the root", "np.sqrt(mean_square, out=work)\nnp.add(work, self.eps * c, out=work)", "np.add(mean_square, self.eps * c * c, out=work)\nnp.sqrt(work, out=work)")
slip("06-adam", "eps before the correction", "eps is outside the root", "self.eps * c", "self.eps")
slip("06-adam", "no root", "t counts from 1", "np.sqrt(mean_square, out=work)", "work[...] = mean_square")
slip("06-adam", "the mean square is not corrected", "t counts from 1", 'c = math.sqrt(1 - beta2 ** state["steps"])', "c = 1")
slip("06-adam", "the mean is not corrected", "t counts from 1", 'self.lr * c / (1 - beta1 ** state["steps"])', "self.lr * c")
slip("06-adam", "corrected for the first step only", "the averages stay", 'self.lr * c / (1 - beta1 ** state["steps"])', "self.lr * c / (1 - beta1)")
slip("06-adam", "beta2 corrects both", "t counts from 1", "1 - beta1 ** state", "1 - beta2 ** state")
slip("06-adam", "climbs", "wrong", "descend(data, work, self.lr", "descend(data, work, -self.lr")
slip("06-adam", "divides the root by the mean", "wrong | t counts", "np.divide(mean, work, out=work)", "np.divide(work, mean, out=work)")
slip("06-adam", "the mean is overwritten", "the averages stay", "np.divide(mean, work, out=work)\ndescend(data, work,", "np.divide(mean, work, out=mean)\ndescend(data, mean,")
slip("06-adam", "the root is overwritten", "the averages stay", "np.sqrt(mean_square, out=work)", "np.sqrt(mean_square, out=mean_square)\nwork[...] = mean_square")
slip("06-adam", "another name", "what the dict holds", "if not state:\n    state.update(", "if not state:\n    state['t'] = 0\n    state.update(")
slip("06-adam", "averages in float64", "float32 | zeros like `data`", "mean_square=np.zeros_like(data)", "mean_square=np.zeros(data.shape)")
ADAM_INIT = "if np.shape(betas) != (2,):\n    raise ValueError('two numbers')\nself.betas = tuple(check_range(f'betas[{i}]', b, 0, 1) for i, b in enumerate(betas))\nself.eps = check_range('eps', eps, 0)"
wrong(
    "06-adam",
    "from the formula, with new arrays",
    "no new array",
    ADAM_INIT,
    """
    (b1, b2), t = self.betas, state.get("steps", 0) + 1
    m = b1 * state.get("mean", np.zeros_like(data)) + (1 - b1) * grad.copy()
    s = b2 * state.get("mean_square", np.zeros_like(data)) + (1 - b2) * grad.copy() ** 2
    data -= self.lr * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + self.eps)
    state.update(steps=t, mean=m, mean_square=s)
    """,
)
wrong(
    "06-adam",
    "keeps the corrected averages",
    "the averages stay",
    ADAM_INIT,
    """
    (b1, b2), t = self.betas, state.get("steps", 0) + 1
    m = (b1 * state.get("mean", 0 * data) + (1 - b1) * grad) / (1 - b1**t)
    s = (b2 * state.get("mean_square", 0 * data) + (1 - b2) * grad**2) / (1 - b2**t)
    data -= (self.lr * m / (np.sqrt(s) + self.eps)).astype(data.dtype)
    state.update(steps=t, mean=m, mean_square=s)
    """,
)
wrong(
    "06-adam",
    "counts the calls for all",
    "each parameter has its own dict",
    ADAM_INIT + "\nself.t = 0",
    """
    if not state:
        state.update(steps=0, mean=np.zeros_like(data), mean_square=np.zeros_like(data))
    self.t += 1
    state["steps"] += 1
    b1, b2 = self.betas
    work = self.work_array(data)
    blend(state["mean"], grad, b1, 1 - b1, work)
    blend(state["mean_square"], grad * grad, b2, 1 - b2, work)
    data -= self.lr * (state["mean"] / (1 - b1**self.t)) / (np.sqrt(state["mean_square"] / (1 - b2**self.t)) + self.eps)
    """,
)

wrong(
    "06-adam",
    "the spare array of the decay",
    "with decay in `grad`",
    ADAM_INIT,
    """
    if not state:
        state.update(steps=0, mean=np.zeros_like(data), mean_square=np.zeros_like(data))
    state["steps"] += 1
    (b1, b2), t = self.betas, state["steps"]
    square, work = self.work_array(data, "decay"), self.work_array(data)
    np.multiply(grad, grad, out=square)
    blend(state["mean_square"], square, b2, 1 - b2, work)
    blend(state["mean"], grad, b1, 1 - b1, work)
    np.sqrt(state["mean_square"], out=work)
    work /= math.sqrt(1 - b2**t)
    work += self.eps
    np.divide(state["mean"], work, out=work)
    descend(data, work, self.lr / (1 - b1**t), work)
    """,
)

# 06-adamw

slip("06-adamw", "the gradient is not returned", "UFuncTypeError | dtype('O')", "return grad", "grad")
slip("06-adamw", "shrinks a new array", "the weights shrink", "data *= 1 - self.lr * self.weight_decay", "data = data * (1 - self.lr * self.weight_decay)")
slip("06-adamw", "without lr", "the weights shrink", "self.lr * self.weight_decay", "self.weight_decay")
slip("06-adamw", "without the decay's strength", "the weights shrink", "self.lr * self.weight_decay", "self.lr")
slip("06-adamw", "grows", "the weights shrink", "1 - self.lr", "1 + self.lr")
slip("06-adamw", "what is taken away, and not what is left", "the weights shrink", "1 - self.lr * self.weight_decay", "self.lr * self.weight_decay")
slip("06-adamw", "decays twice", "wrong", "return grad", "return super().decay(data, grad)")
slip("06-adamw", "returns the weights", "the weights shrink | wrong", "return grad", "return data")
slip("06-adamw", "shrinks the gradient", "the weights shrink", "data *= 1 - self.lr * self.weight_decay", "grad *= 1 - self.lr * self.weight_decay")
slip("06-adamw", "remembers the first lr", "with lr 0 nothing shrinks", "data *= 1 - self.lr * self.weight_decay", "self.first = getattr(self, 'first', self.lr)\ndata *= 1 - self.first * self.weight_decay")
slip("06-adamw", "shrinks once", "it shrinks in every step", "data *= 1 - self.lr * self.weight_decay", "if not any(self.states):\n    data *= 1 - self.lr * self.weight_decay")
slip("06-adamw", "subtracts a number", "the weights shrink", "data *= 1 - self.lr * self.weight_decay", "data -= self.lr * self.weight_decay")
slip("06-adamw", "a new array", "no new array", "data *= 1 - self.lr * self.weight_decay", "data -= self.lr * self.weight_decay * data")
slip("06-adamw", "leaves it to Adam", "the weights shrink", "data *= 1 - self.lr * self.weight_decay\nreturn grad", "return super().decay(data, grad)")

# 06-fakes

FAKES = "FOR_COUPLED = {}\nFOR_EPS_INSIDE = {}\nFOR_ONE_FOR_ALL = {}"
GOOD = (
    "(np.array([1.0, 2.0]), np.array([3.0, 3.0]))",
    "(np.array([0.0, 0.0]), np.array([0.001, 0.001]))",
    "(np.array([0.0, 0.0]), np.array([1.0, 5.0]))",
)
wrong("06-fakes", "left blank", "No inputs yet", FAKES.format("(..., ...)", "(..., ...)", "(..., ...)"))
wrong("06-fakes", "weights of 0 do not decay", "Not broken | when does the decay matter", FAKES.format("(np.zeros(2), np.array([3.0, 3.0]))", *GOOD[1:]))
wrong("06-fakes", "breaks two at once", "one_for_all | it alone", FAKES.format("(np.array([1.0, 2.0]), np.array([3.0, 4.0]))", *GOOD[1:]))
wrong("06-fakes", "the second with weights", "coupled | it alone", FAKES.format(GOOD[0], "(np.array([1.0, 2.0]), np.array([0.001, 0.001]))", GOOD[2]))
wrong("06-fakes", "gradients that are not small", "Not broken | when does a small number matter", FAKES.format(GOOD[0], "(np.zeros(2), np.array([5.0, 5.0]))", GOOD[2]))
wrong("06-fakes", "gradients of one size", "Not broken | when is a mean not each number", FAKES.format(*GOOD[:2], "(np.zeros(3), np.array([2.0, -2.0, 2.0]))"))
wrong("06-fakes", "one weight", "Not broken", FAKES.format(*GOOD[:2], "(np.zeros(1), np.array([2.0]))"))
wrong("06-fakes", "lists", "a list, where an array belongs", FAKES.format("([1.0], [3.0])", *GOOD[1:]))
wrong("06-fakes", "not finite", "holds inf", FAKES.format("(np.array([np.inf]), np.array([3.0]))", *GOOD[1:]))
wrong("06-fakes", "different lengths", "refuses them", FAKES.format("(np.array([1.0, 2.0]), np.array([3.0]))", *GOOD[1:]))
wrong("06-fakes", "the third with small gradients", "eps_inside | it alone", FAKES.format(*GOOD[:2], "(np.zeros(2), np.array([0.001, 0.005]))"))

# 06-schedules

slip("06-schedules", "the rate is not set at once", "warm-up", "optimizer.lr = self.lr_at(0)", "pass")
slip("06-schedules", "anything is an optimizer", "that you raise yourself | 'list' object", 'if not hasattr(optimizer, "lr"):', "if optimizer is None:")
slip("06-schedules", "the rate is not kept", "AttributeError | base_lr", "self.base_lr = float(optimizer.lr)\n", "")
slip("06-schedules", "counts from 1", "wrong", "self.steps = 0", "self.steps = 1")
slip("06-schedules", "never counts", "wrong", "self.steps += 1", "pass")
slip("06-schedules", "sets the rate of the step before", "wrong", "self.steps += 1\nself.optimizer.lr = self.lr_at(self.steps)", "self.optimizer.lr = self.lr_at(self.steps)\nself.steps += 1")
slip("06-schedules", "the new rate is not set", "wrong", "self.optimizer.lr = self.lr_at(self.steps)", "self.lr_at(self.steps)")
slip("06-schedules", "rounds silently", "Nothing was raised", "if check_range(name, value, low) % 1:", "if check_range(name, value, low) < low:")
slip("06-schedules", "a whole float stays a float", "as an int", "return int(value)", "return value")
slip("06-schedules", "only ints are whole", "ValueError | a whole number", "if check_range(name, value, low) % 1:", "if not isinstance(value, int) or value < low:")
slip("06-schedules", "a step size of 0", "that you raise yourself | ZeroDivisionError", 'check_whole("step_size", step_size, 1)', 'check_whole("step_size", step_size, 0)')
slip("06-schedules", "a negative gamma", "Nothing was raised", 'check_range("gamma", gamma, 0.0)', "gamma")
slip("06-schedules", "no stairs", "after every step_size steps", "t // self.step_size", "(t / self.step_size)")
slip("06-schedules", "one stair too early", "after every step_size steps", "t // self.step_size", "((t + 1) // self.step_size)")
slip("06-schedules", "gamma for the base rate", "after every step_size steps", "self.base_lr * self.gamma **", "self.gamma **")
slip("06-schedules", "multiplies instead of a power", "after every step_size steps", "self.base_lr * self.gamma ** (t // self.step_size)", "self.base_lr * self.gamma * (t // self.step_size)")
slip("06-schedules", "the present rate for the base rate", "after every step_size steps", "self.base_lr * self.gamma ** (t // self.step_size)", "self.optimizer.lr * self.gamma ** (t // self.step_size)")
slip("06-schedules", "multiplies whenever a stair ends", "it depends on t alone", "return self.base_lr * self.gamma ** (t // self.step_size)", "return self.optimizer.lr * (self.gamma if t and t % self.step_size == 0 else 1)")
slip("06-schedules", "warm-up as long as everything", "Nothing was raised", "self.warmup_steps >= self.T_max", "self.warmup_steps > self.T_max")
slip("06-schedules", "a negative eta_min", "Nothing was raised", 'check_range("eta_min", eta_min, 0.0)', "eta_min")
slip("06-schedules", "the warm-up starts at 0", "the warm-up", "self.base_lr * (t + 1) / (self.warmup_steps + 1)", "self.base_lr * t / self.warmup_steps")
slip("06-schedules", "full one step early", "the warm-up", "self.base_lr * (t + 1) / (self.warmup_steps + 1)", "self.base_lr * (t + 1) / self.warmup_steps")
slip("06-schedules", "no warm-up", "the warm-up", "if t < self.warmup_steps:", "if False:")
slip("06-schedules", "eta_min is a floor of the warm-up", "eta_min is no floor", "return self.base_lr * (t + 1) / (self.warmup_steps + 1)", "return max(self.eta_min, self.base_lr * (t + 1) / (self.warmup_steps + 1))")
slip("06-schedules", "the wave starts at step 0", "u is 0 at step W", "(t - self.warmup_steps) / (self.T_max - self.warmup_steps)", "t / self.T_max")
slip("06-schedules", "the wave ends W steps late", "u is 0 at step W and 1 at step T", "/ (self.T_max - self.warmup_steps)", "/ self.T_max")
slip("06-schedules", "a straight line", "half a wave", "(1 + math.cos(math.pi * share)) / 2", "(1 - share)")
slip("06-schedules", "a whole wave", "half a wave", "math.pi * share", "2 * math.pi * share")
slip("06-schedules", "degrees", "half a wave", "math.pi * share", "180 * share")
slip("06-schedules", "not halved", "half a wave", "(1 + math.cos(math.pi * share)) / 2", "(1 + math.cos(math.pi * share))")
slip("06-schedules", "eta_min is forgotten", "down to eta_min", "self.eta_min + (self.base_lr - self.eta_min) *", "self.base_lr *")
slip("06-schedules", "eta_min is only added", "down to eta_min", "(self.base_lr - self.eta_min)", "self.base_lr")
slip("06-schedules", "stays at the bottom after T", "beyond T as the formula says", "math.cos(math.pi * share)", "math.cos(math.pi * min(share, 1))")
slip("06-schedules", "the sine", "half a wave", "math.cos", "math.sin")

# 06-remember

slip("06-remember", "no copies", "Expected False | training goes on", "value.copy() if isinstance(value, np.ndarray) else value", "value")
slip("06-remember", "everything is copied", "AttributeError | copy", "value.copy() if isinstance(value, np.ndarray) else value", "value.copy()")
slip("06-remember", "no options", "one flat dict", "{name: getattr(optimizer, name) for name in optimizer.option_names}", "{}")
slip("06-remember", "lr alone", "one flat dict", "for name in optimizer.option_names}", 'for name in ("lr",)}')
slip("06-remember", "the names as values", "expected", "name: getattr(optimizer, name)", "name: name")
slip("06-remember", "no positions", "one flat dict", 'saved[f"{position}.{name}"]', "saved[name]")
slip("06-remember", "positions count from 1", "one flat dict", "enumerate(optimizer.states)", "enumerate(optimizer.states, start=1)")
slip("06-remember", "another separator", "one flat dict", '{position}.{name}"', '{position}_{name}"')
slip("06-remember", "positions of what has a memory", "one flat dict", "enumerate(optimizer.states)", "enumerate(filter(None, optimizer.states))")
slip("06-remember", "a dict of dicts", "one flat dict", '    for name, value in state.items():\n        saved[f"{position}.{name}"] = value.copy() if isinstance(value, np.ndarray) else value', "    saved[str(position)] = dict(state)")
slip("06-remember", "nothing is returned", "None", "return saved", "saved")
slip("06-remember", "returned too early", "one flat dict", "return saved", "    return saved")
slip("06-remember", "arrays only", "one flat dict", "        saved[f", "        if isinstance(value, np.ndarray):\n            saved[f")
slip("06-remember", "numbers as arrays", "shape is (1,)", "else value", "else np.array([value])")

# 06-home

slip("06-home", "gradients pile up", "gradients from before", "optimizer.zero_grad()", "pass")
slip("06-home", "cleared between backward and step", "gradients from before | wrong", "    loss.backward()\n", "    loss.backward()\n    optimizer.zero_grad()\n")
slip("06-home", "no backward", "wrong", "    loss.backward()\n", "")
slip("06-home", "no step", "wrong", "    optimizer.step()\n", "")
slip("06-home", "one step too many", "wrong", "range(limit)", "range(limit + 1)")
slip("06-home", "one step too few", "wrong", "range(limit)", "range(1, limit)")
slip("06-home", "counts from 1", "how many steps were taken", "return steps\n", "return steps + 1\n")
slip("06-home", "returns the loss", "how many steps", "return steps\n", "return loss.item()\n")
slip("06-home", "looks after the step", "no step after that", "    if loss.item() < goal:\n        return steps\n    loss.backward()\n    optimizer.step()\n", "    loss.backward()\n    optimizer.step()\n    if loss.item() < goal:\n        return steps\n")
slip("06-home", "0 is below 0", "0 is not below 0", "loss.item() < goal", "loss.item() <= goal")
slip("06-home", "above", "wrong", "loss.item() < goal", "loss.item() > goal")
slip("06-home", "the limit is an answer", "where nothing belongs", "return None", "return limit")
slip("06-home", "never steps the schedule", "the schedule steps", "schedule.step()", "pass")
slip("06-home", "the schedule first", "the schedule steps", "    optimizer.step()\n    if schedule is not None:\n        schedule.step()\n", "    if schedule is not None:\n        schedule.step()\n    optimizer.step()\n")
slip("06-home", "there is always a schedule", "NoneType | step", "if schedule is not None:\n        schedule.step()", "schedule.step()")
slip("06-home", "its own loss function", "wrong", "loss_function(model(x), y)", "MSELoss()(model(x), y)")
slip("06-home", "predictions and targets exchanged", "wrong", "loss_function(model(x), y)", "loss_function(y, model(x))")
slip("06-home", "one model for all rates", "on a fresh model", "for lr in rates:\n    model = new_model()\n", "model = new_model()\nfor lr in rates:\n")
slip("06-home", "the most steps", "wrong | the fewest steps", "min(found", "max(found")
slip("06-home", "the smallest rate", "wrong | the fewest steps", "found.append((steps, lr))", "found.append((lr, steps))")
slip("06-home", "the first rate that arrives", "wrong | the fewest steps", "found.append((steps, lr))", "return steps, lr")
slip("06-home", "rates that fail are compared", "TypeError | NoneType", "if steps is not None:", "if True:")
slip("06-home", "0 steps are no success", "0 steps are the fewest", "if steps is not None:", "if steps:")
slip("06-home", "nothing to compare", "ValueError | empty", "min(found, default=None)", "min(found)")
slip("06-home", "the steps alone", "expected", "found.append((steps, lr))", "found.append(steps)")
slip("06-home", "all parameters of nothing", "parameters | TypeError", "make(model.parameters(), lr)", "make(model, lr)")

ADAM_SETDEFAULT = """
m, s = state.setdefault("mean", np.zeros_like(data)), state.setdefault("mean_square", np.zeros_like(data))
t = state["steps"] = state.get("steps", 0) + 1
(b1, b2), work = self.betas, self.work_array(data)
np.square(grad, out=work)
blend(s, work, b2, 1 - b2, work)
blend(m, grad, b1, 1 - b1, work)
np.sqrt(s, out=work)
work /= (1 - b2**t) ** 0.5
work += self.eps
np.divide(m, work, out=work)
descend(data, work, self.lr / (1 - b1**t), work)
"""
wrong("06-adam", "makes zeros in every step", "no new array", ADAM_INIT, ADAM_SETDEFAULT)

equivalent("06-limit", "factor(h, lr)")  # 1 - lr * h is the same, whichever way round
equivalent("06-in-place", "np.multiply(lr, direction")  # a product, the other way round
equivalent("06-in-place", "np.multiply(add, value")  # a product, the other way round
equivalent("06-in-place", "value if add == 1 else")  # a short cut for speed
equivalent("06-in-place", "'add == 1'")  # a short cut for speed
equivalent("06-params", "no parameters")  # more words than the text asks for
equivalent("06-settings", "bounds")  # more words than the text asks for
equivalent("06-settings", "high == math.inf")  # more words than the text asks for
equivalent("06-settings", "'iuf'")  # no dtype has the kind x
equivalent("06-step", "self.weight_decay, data")  # a product, the other way round
equivalent("06-step", "np.add(grad, total")  # a sum, the other way round
equivalent("06-step", "'decayx'")  # any name that update does not use
equivalent("06-step", "strict")  # the two lists are of one length
equivalent("06-sgd", "bool(nesterov)")  # true is true
equivalent("06-sgd", "no dampening")  # more words than the text asks for
equivalent("06-in-place", "'1' -> '0'")  # the short cut is never taken
equivalent("06-step", "'True' -> 'False'")  # strict: the two lists are of one length
equivalent("06-adam", "self.eps * c, work")  # a sum, the other way round
equivalent("06-schedules", "float(optimizer.lr)")  # an optimizer's lr is a float
equivalent("06-schedules", "'t < self.warmup_steps' -> 't <= self.warmup_steps'")  # at step W both formulas give the full rate
equivalent("06-schedules", "-> 'self.warmup_steps - t'")  # the cosine is even
equivalent("06-schedules", "-> 'self.warmup_steps - self.T_max'")  # the cosine is even
equivalent("06-home", "'return None'")  # None is what a function returns without a word
equivalent("06-home", "'loss.item()' -> 'loss'")  # a Tensor compares as its number does
equivalent("06-adam", "'np.multiply(grad, grad, out=work)' -> 'np.multiply(grad, grad, out=work)'")  # exchanged with itself
