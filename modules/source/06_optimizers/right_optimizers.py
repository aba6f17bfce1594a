"""Right answers to module 06, written differently: none of them may fail a check."""

from __future__ import annotations

PARAMS_LOOP = """
if isinstance(params, Tensor):
    raise TypeError(f"a {type(params).__name__} alone: write model.parameters()")
try:
    params = [*params]
except TypeError:
    raise TypeError(f"{type(params).__name__} is no list: write model.parameters()") from None
"""

CLEAR = """
for i in range(len(self.params)):
    self.params[i].grad = None
"""

SGD_INIT = """
for name, value in (("momentum", momentum), ("dampening", dampening)):
    setattr(self, name, check_range(name, value, 0))
self.nesterov = nesterov
if nesterov and (dampening > 0 or momentum == 0):
    raise ValueError("nesterov: give a momentum and no dampening")
"""

ADAM_INIT = """
if not isinstance(betas, (tuple, list)) or len(betas) != 2:
    raise ValueError(f"betas: two numbers please, not {betas}")
self.betas = (check_range("betas[0]", betas[0], 0, 1), check_range("betas[1]", betas[1], 0, 1))
self.eps = check_range("eps", eps, 0)
"""

SCHEDULE = [
    "if isinstance(optimizer, Optimizer):\n    pass\nelse:\n    raise TypeError(f'{type(optimizer).__name__} is no optimizer')\nself.optimizer, self.base_lr, self.steps = optimizer, optimizer.lr, 0\nself.optimizer.lr = self.lr_at(self.steps)",
    "self.steps = self.steps + 1\nself.optimizer.lr = self.lr_at(self.steps)",
]

LOOP = """
for taken in range(limit):
    loss = loss_function(model(x), y)
    if loss.item() < goal:
        return taken
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if schedule:
        schedule.step()
"""

RIGHT: dict[str, dict[str, list[str]]] = {
    "06-limit": {
        "another order": [
            "return -lr * h + 1",
            "return 2 / max(h)",
            "return 1 / ((max(h) + min(h)) / 2)",
            "return math.ceil(np.log(share) / np.log(np.max(np.abs(factor(lr, h)))))",
        ],
        "by walking": [
            "return np.ones_like(h) - lr * h",
            "return 2 * (1 / h).min()",
            "return 2 / (np.sort(h)[0] + np.sort(h)[-1])",
            """
steps, left = 0, 1.0
while left > share:
    left *= abs(factor(lr, h)).max()
    steps += 1
return steps
""",
        ],
        "direction by direction": [
            "return np.array([1 - lr * curvature for curvature in h])",
            "return min(2 / curvature for curvature in h)",
            "return 2 / (np.amax(h) + np.amin(h))",
            "return max(math.ceil(math.log(share, abs(q))) for q in factor(lr, h))",
        ],
    },
    "06-in-place": {
        "with operators": [
            "np.multiply(direction, lr, out=work)\ndata -= work",
            "np.multiply(value, add, out=work)\naverage *= keep\naverage += work",
        ],
        "with slices": [
            "work[...] = direction\nwork *= lr\ndata -= work",
            "work[...] = value\nwork *= add\naverage *= keep\naverage += work",
        ],
        "climbing backwards": [
            "np.multiply(direction, -lr, out=work)\nnp.add(data, work, out=data)",
            "np.multiply(average, keep, out=average)\nnp.add(average, np.multiply(add, value, out=work), out=average)",
        ],
    },
    "06-params": {
        "tries to make a list": [
            PARAMS_LOOP
            + """
if len(params) == 0:
    raise ValueError("no parameters")
seen = []
for i, p in enumerate(params):
    if not hasattr(p, "requires_grad"):
        raise TypeError(f"parameter {i} is a {type(p).__name__}")
    if not np.issubdtype(p.dtype, np.floating):
        raise ValueError(f"parameter {i} is of {p.dtype}")
    if p.origin:
        raise ValueError(f"parameter {i} is the result of {p.origin[0]}")
    for j, q in enumerate(seen):
        if q is p:
            raise ValueError(f"parameters {j} and {i} are one")
    seen.append(p)
return seen
"""
        ],
        "one rule after the other, per entry": [
            PARAMS_LOOP
            + """
if params == []:
    raise ValueError("there are no parameters")
ids = [id(p) for p in params]
for i, p in enumerate(params):
    if not isinstance(p, Tensor):
        raise TypeError(f"parameter {i} is a {type(p).__name__}: model.parameters()")
    elif p.data.dtype not in (np.float16, np.float32, np.float64):
        raise ValueError(f"parameter {i}: {p.dtype}")
    elif p.origin is not None:
        raise ValueError(f"parameter {i} is no parameter but a result ({p.origin[0]})")
    elif ids.index(id(p)) < i:
        raise ValueError(f"parameters {ids.index(id(p))} and {i}")
return params
"""
        ],
        "iter": [
            """
try:
    walk = None if isinstance(params, Tensor) else iter(params)
except TypeError:
    walk = None
if walk is None:
    raise TypeError("not " + type(params).__name__ + ", use model.parameters()")
found, where = [], {}
for parameter in walk:
    i = len(found)
    if not isinstance(parameter, Tensor):
        raise TypeError(f"parameter {i} is a {type(parameter).__name__}")
    if parameter.dtype.kind in "iub":
        raise ValueError(f"parameter {i}: {parameter.dtype} has no gradients")
    if parameter.origin is not None:
        raise ValueError(f"parameter {i} is a result, made by {parameter.origin[0]}")
    if where.setdefault(id(parameter), i) != i:
        raise ValueError(f"the same object: parameters {where[id(parameter)]} and {i}")
    found.append(parameter)
if not found:
    raise ValueError("no parameters")
return found
"""
        ],
    },
    "06-settings": {
        "by types": [
            """
array = np.asarray(value)
if array.shape != () or array.dtype.kind not in "fiu" or not (array >= low and array < high):
    raise ValueError(f"{name}: {value!r}")
return float(value)
"""
        ],
        "isinstance": [
            """
value = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
if good and low <= value < high:
    return float(value)
raise ValueError(f"the setting {name} cannot be {value}")
"""
        ],
        "nan first": [
            """
if isinstance(value, (str, bool, np.bool_)) or value is None or np.size(value) != 1 or np.ndim(value) > 0:
    raise ValueError(f"{name} is no number: {value!r}")
if np.isnan(value) or np.isinf(value):
    raise ValueError(f"{name} is not finite: {value}")
if value < low or value >= high:
    raise ValueError(f"{name} is outside: {value}")
return float(value)
"""
        ],
    },
    "06-step": {
        "by index": [
            'total = self.work_array(data, "decay")\ntotal[...] = data\ntotal *= self.weight_decay\ntotal += grad\nreturn total',
            """
for i in range(len(self.params)):
    p = self.params[i]
    if p.grad is None:
        continue
    g = p.grad
    self.update(p.data, self.decay(p.data, g) if self.weight_decay > 0 else g, self.states[i])
""",
            CLEAR,
        ],
        "decay multiplies in one call": [
            'spare = self.work_array(data, "decay")\nspare[...] = np.multiply(self.weight_decay, data, out=spare)\nspare += grad\nreturn spare',
            """
for parameter, state in zip(self.params, self.states):
    if parameter.grad is not None:
        gradient = parameter.grad
        if self.weight_decay != 0:
            gradient = self.decay(parameter.data, gradient)
        self.update(data=parameter.data, grad=gradient, state=state)
""",
            CLEAR,
        ],
        "decay through blend": [
            'total = self.work_array(data, "decay")\nnp.copyto(total, grad)\nblend(total, data, 1, self.weight_decay, self.work_array(data, "more"))\nreturn total',
            """
pairs = [(p, s) for p, s in zip(self.params, self.states) if p.grad is not None]
for p, s in pairs:
    g = p.grad
    if self.weight_decay:
        g = self.decay(p.data, g)
    self.update(p.data, g, s)
""",
            CLEAR,
        ],
    },
    "06-sgd": {
        "zeros at first, and its own rule for the first step": [
            SGD_INIT,
            """
work = self.work_array(data)
if not self.momentum:
    return descend(data, grad, self.lr, work)
if not state:
    state["velocity"] = np.zeros_like(data)
    state["velocity"] += grad
else:
    blend(state["velocity"], grad, self.momentum, 1 - self.dampening, work)
v = state["velocity"]
if not self.nesterov:
    descend(data, v, self.lr, work)
else:
    descend(data, v, self.momentum * self.lr, work)
    descend(data, grad, self.lr, work)
""",
        ],
        "the sum in the spare array": [
            SGD_INIT,
            """
work = self.work_array(data)
if self.momentum == 0:
    np.multiply(grad, self.lr, out=work)
    data -= work
    return
v = state.get("velocity")
if v is None:
    v = state["velocity"] = np.array(grad, dtype=data.dtype)
else:
    v *= self.momentum
    np.multiply(grad, 1 - self.dampening, out=work)
    v += work
if self.nesterov:
    np.multiply(v, self.momentum, out=work)
    work += grad
    descend(data, work, self.lr, work)
else:
    descend(data, v, self.lr, work)
""",
        ],
        "one way for all": [
            SGD_INIT,
            """
step, work = grad, self.work_array(data)
if self.momentum:
    if "velocity" in state:
        blend(state["velocity"], grad, self.momentum, 1 - self.dampening, work)
    else:
        state["velocity"] = grad.astype(data.dtype, copy=True)
    step = state["velocity"]
    if self.nesterov:
        step = work
        np.multiply(state["velocity"], self.momentum, out=step)
        np.add(step, grad, out=step)
descend(data, step, self.lr, work)
""",
        ],
    },
    "06-average": {
        "ages": [
            "age = np.arange(t - 1, -1, -1)\nreturn beta**age * (1 - beta)",
            "return 1 - np.power(beta, t)",
            "return (1 - beta1**t) / (1 - beta2**t) ** 0.5",
            "return lr / (1 + eps / np.abs(g))",
        ],
        "a loop": [
            "weights = []\nfor _ in range(t):\n    weights = [w * beta for w in weights] + [1 - beta]\nreturn np.array(weights)",
            "return np.array([weights_of_average(beta, n).sum() for n in t])",
            "return np.sqrt(sum_of_weights(beta1, t) ** 2 / sum_of_weights(beta2, t))",
            "return np.array([lr * abs(one) / (abs(one) + eps) for one in g])",
        ],
        "flipped": [
            "return np.flip(np.power(beta, np.arange(t))) * (1 - beta)",
            "return -(beta**t) + 1",
            "return (1 - beta1**t) * (1 - beta2**t) ** -0.5",
            "return lr * np.sqrt(g * g) / (np.sqrt(g * g) + eps)",
        ],
    },
    "06-adam": {
        "in the order of the formula": [
            ADAM_INIT.replace("not isinstance(betas, (tuple, list)) or len(betas) != 2", "np.size(betas) != 2"),
            """
if "steps" not in state:
    state["steps"] = 0
    state["mean"], state["mean_square"] = np.zeros_like(data), np.zeros_like(data)
state["steps"] += 1
t, m, s, work = state["steps"], state["mean"], state["mean_square"], self.work_array(data)
m *= self.betas[0]
np.multiply(grad, 1 - self.betas[0], out=work)
m += work
s *= self.betas[1]
np.multiply(grad, grad, out=work)
work *= 1 - self.betas[1]
s += work
np.divide(s, 1 - self.betas[1] ** t, out=work)
np.sqrt(work, out=work)
work += self.eps
np.divide(m, work, out=work)
work *= self.lr / (1 - self.betas[0] ** t)
data -= work
""",
        ],
        "the root of the correction outside": [
            ADAM_INIT,
            """
if len(state) == 0:
    state["mean"], state["mean_square"] = np.zeros_like(data), np.zeros(data.shape, dtype=data.dtype)
m, s = state["mean"], state["mean_square"]
t = state["steps"] = state.get("steps", 0) + 1
b1, b2 = self.betas
work = self.work_array(data)
np.square(grad, out=work)
blend(s, work, b2, 1 - b2, work)
blend(m, grad, b1, 1 - b1, work)
np.sqrt(s, out=work)
work /= (1 - b2**t) ** 0.5
work += self.eps
np.divide(m, work, out=work)
descend(data, work, self.lr / (1 - b1**t), work)
""",
        ],
        "a spare array of its own": [
            ADAM_INIT,
            """
if not state:
    state["steps"], state["mean"], state["mean_square"] = 1, 0 * data, 0 * data
else:
    state["steps"] += 1
square, work = self.work_array(data, "square"), self.work_array(data)
np.power(grad, 2, out=square)
blend(state["mean"], grad, self.betas[0], 1 - self.betas[0], work)
blend(state["mean_square"], square, self.betas[1], 1 - self.betas[1], work)
np.multiply(state["mean_square"], 1 / (1 - self.betas[1] ** state["steps"]), out=square)
np.sqrt(square, out=square)
square += self.eps
np.multiply(state["mean"], 1 / (1 - self.betas[0] ** state["steps"]), out=work)
work /= square
descend(data, work, self.lr, work)
""",
        ],
    },
    "06-adamw": {
        "out=": ["np.multiply(data, 1 - self.lr * self.weight_decay, out=data)\nreturn grad"],
        "descend": ["descend(data, data, self.lr * self.weight_decay, self.work_array(data))\nreturn grad"],
        "minus a part": ["work = self.work_array(data, 'decay')\nnp.multiply(data, self.weight_decay * self.lr, out=work)\ndata -= work\nreturn grad"],
        "a slice": ["data[...] *= 1 - self.weight_decay * self.lr\nreturn grad"],
    },
    "06-fakes": {
        "one weight": [
            """
FOR_COUPLED = np.array([100.0]), np.array([3.0])
FOR_EPS_INSIDE = np.array([0.0]), np.array([-1e-5])
FOR_ONE_FOR_ALL = np.zeros(3), np.array([2.0, -2.0, 8.0])
"""
        ],
        "float32": [
            """
FOR_COUPLED = np.float32([3, -3, 1]), np.float32([-10, 10, 10])
FOR_EPS_INSIDE = np.zeros(4, dtype=np.float32), np.float32([1e-4, 1e-4, -1e-4, 1e-4])
FOR_ONE_FOR_ALL = np.zeros(2, dtype=np.float32), np.float32([1e3, 1e6])
"""
        ],
        "lists of two": [
            """
FOR_COUPLED = [np.full(5, 0.5), np.full(5, 1.0)]
FOR_EPS_INSIDE = [np.zeros(5), np.full(5, 2e-3)]
FOR_ONE_FOR_ALL = [np.zeros(5), np.arange(1.0, 6.0)]
"""
        ],
    },
    "06-schedules": {
        "divmod": [
            *SCHEDULE,
            "number = check_range(name, value, low)\nif number != int(number):\n    raise ValueError(f'{name}: {value}')\nreturn int(number)",
            "self.gamma = check_range('gamma', gamma, 0)\nself.step_size = check_whole('step_size', step_size, 1)",
            "stairs, _ = divmod(t, self.step_size)\nreturn self.base_lr * self.gamma**stairs",
            """
self.T_max = check_whole("T_max", T_max)
self.warmup_steps = check_whole("warmup_steps", warmup_steps)
if not self.warmup_steps < self.T_max:
    raise ValueError("warmup_steps < T_max, please")
self.eta_min = check_range("eta_min", eta_min, 0)
""",
            """
W, T = self.warmup_steps, self.T_max
if t < W:
    return (t + 1) / (W + 1) * self.base_lr
half = 0.5 * (1 + math.cos(math.pi * (t - W) / (T - W)))
return half * self.base_lr + (1 - half) * self.eta_min
""",
        ],
        "loops, and the sine of a half": [
            *SCHEDULE,
            "check_range(name, value, low)\nif float(value).is_integer():\n    return int(value)\nraise ValueError(f'{name} is not whole: {value}')",
            "self.step_size = check_whole('step_size', step_size, 1)\nself.gamma = check_range('gamma', gamma, 0)",
            "rate = self.base_lr\nfor _ in range(t // self.step_size):\n    rate *= self.gamma\nreturn rate",
            """
self.warmup_steps, self.T_max = check_whole("warmup_steps", warmup_steps), check_whole("T_max", T_max, 1)
self.eta_min = check_range("eta_min", eta_min, 0)
if self.warmup_steps > self.T_max - 1:
    raise ValueError(f"warmup_steps < T_max does not hold: {warmup_steps}, {T_max}")
""",
            """
if t <= self.warmup_steps:
    return self.base_lr * (t + 1) / (self.warmup_steps + 1)
u = (t - self.warmup_steps) / (self.T_max - self.warmup_steps)
return self.base_lr - (self.base_lr - self.eta_min) * math.sin(math.pi * u / 2) ** 2
""",
        ],
        "numpy": [
            *SCHEDULE,
            "if np.floor(check_range(name, value, low)) != value:\n    raise ValueError(f'{name} is {value}, not whole')\nreturn int(value)",
            "self.step_size, self.gamma = check_whole('step_size', step_size, 1), check_range('gamma', gamma, 0)",
            "return self.base_lr * np.power(self.gamma, np.floor(t / self.step_size))",
            """
self.T_max, self.warmup_steps, self.eta_min = check_whole("T_max", T_max), check_whole("warmup_steps", warmup_steps), eta_min
check_range("eta_min", eta_min, 0)
if self.T_max <= self.warmup_steps:
    raise ValueError("it must be that warmup_steps < T_max")
""",
            """
if t < self.warmup_steps:
    return np.linspace(0, self.base_lr, self.warmup_steps + 2)[t + 1]
u = (t - self.warmup_steps) / (self.T_max - self.warmup_steps)
return self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + np.cos(np.pi * u))
""",
        ],
    },
    "06-remember": {
        "try to copy": [
            """
saved = {}
for name in optimizer.option_names:
    saved[name] = getattr(optimizer, name)
for i in range(len(optimizer.states)):
    for name in optimizer.states[i]:
        value = optimizer.states[i][name]
        saved[f"{i}.{name}"] = np.array(value) if hasattr(value, "shape") else value
return saved
"""
        ],
        "two dicts": [
            """
settings = {name: vars(optimizer).get(name, getattr(optimizer, name)) for name in optimizer.option_names}
memory = {
    f"{i}.{name}": value.copy() if hasattr(value, "copy") else value
    for i, state in enumerate(optimizer.states)
    for name, value in state.items()
}
return settings | memory
"""
        ],
        "deepcopy": [
            """
import copy

saved = {name: getattr(optimizer, name) for name in optimizer.option_names}
for i, state in enumerate(optimizer.states):
    saved.update({str(i) + "." + name: copy.deepcopy(value) for name, value in state.items()})
return saved
"""
        ],
    },
    "06-home": {
        "cleared late": [
            LOOP,
            """
best = None
for lr in rates:
    model = new_model()
    steps = train_until(model, loss_function, make(model.parameters(), lr), x, y, goal, limit)
    if steps is not None and (best is None or steps < best[0]):
        best = steps, lr
return best
""",
        ],
        "while": [
            """
steps = 0
while steps < limit:
    optimizer.zero_grad()
    loss = loss_function(model(x), y)
    if float(loss.data) < goal:
        break
    loss.backward()
    optimizer.step()
    if schedule is not None:
        schedule.step()
    steps += 1
return steps if steps < limit else None
""",
            """
def try_one(lr):
    model = new_model()
    return train_until(model, loss_function, make(model.parameters(), lr), x, y, goal, limit)

results = [(try_one(lr), lr) for lr in rates]
return min([pair for pair in results if pair[0] is not None], default=None)
""",
        ],
        "a dict of rates": [
            LOOP + "return None",
            """
steps = {}
for lr in rates:
    model = new_model()
    optimizer = make(model.parameters(), lr)
    steps[lr] = train_until(model, loss_function, optimizer, x, y, goal, limit)
arrived = [lr for lr in rates if steps[lr] is not None]
if not arrived:
    return None
best = min(arrived, key=steps.get)
return steps[best], best
""",
        ],
    },
}
