"""Right answers to module 03, written differently: none of them may fail a check."""

from __future__ import annotations

DROPOUT = """
if p < 0 or p > 1:
    raise ValueError(f"p must lie in 0..1, not {p}")
self.p = p
self.rng = np.random.default_rng(rng)
"""
REFUSE = """
if isinstance(layer, type):
    raise TypeError("an object, please: " + layer.__name__ + "()")
if not hasattr(layer, "__call__"):
    raise TypeError(f"{layer!r} is no layer: Sequential(*layers)")
"""
SAME_LAYERS = "if isinstance(index, slice):\n    return Sequential(*list(self)[index])\nreturn list(self)[index]"
STATE = "module.named_parameters() + module.named_buffers()"

RIGHT: dict[str, dict[str, list[str]]] = {
    "03-linear": {
        "in one line, after the refusal": [
            """
if x.ndim == 0 or x.shape[-1] != weight.shape[-1]:
    raise ValueError(f"{x.shape} @ {weight.shape}.T: the last axes differ")
return x @ weight.T if bias is None else x @ weight.T + bias
"""
        ],
        "with transpose, bias added to the left": [
            """
n_in = weight.shape[1]
if tuple(x.shape)[-1] != n_in:
    raise ValueError(f"x is {x.shape}, weight {weight.shape}: reshape x to (..., {n_in})")
result = x @ weight.transpose(0, 1)
if bias is not None:
    result = bias + result
return result
"""
        ],
        "flat, and back": [
            """
*before, last = x.shape
if last != weight.shape[1]:
    raise ValueError("input %s, weight %s" % (x.shape, weight.shape))
rows = x.reshape(math.prod(before), last) @ weight.T
rows = rows if bias is None else rows + bias
return rows.reshape(*before, weight.shape[0])
"""
        ],
        "the weight from the left": [
            """
if x.shape[-1] != weight.shape[1]:
    raise ValueError(f"{x.shape} does not fit {weight.shape}")
y = (weight @ x.unsqueeze(-1)).squeeze(-1)
return y if bias is None else y + bias
"""
        ],
    },
    "03-spread": {
        "in other orders": [
            "return v * (n * s)",
            "return mean_square_of_sum(n, v, s) * 0.5",
            "return 1 / (0.5 * n)",
            "return a * a / 3",
            "return math.sqrt(n * v / 2) ** layers",
        ],
        "from each other": [
            "return sum(v * s for _ in range(n))",
            "return mean_square_of_sum(n, v, s) / 2",
            "return 1 / mean_square_after_relu(n, 1, 1)",
            "return (a**3 - (-a) ** 3) / 3 / (2 * a)",
            "return mean_square_after_relu(n, v, 1) ** (0.5 * layers)",
        ],
        "layer by layer": [
            "return s * n * v",
            "return (mean_square_of_sum(n, v, s) + 0) / 2",
            "return 2.0 * n**-1",
            "return (2 * a) ** 2 / 12",
            "square = 1\nfor _ in range(layers):\n    square = mean_square_after_relu(n, v, square)\nreturn np.sqrt(square)",
        ],
    },
    "03-parameter": {
        "Tensor or not": [
            """
if isinstance(data, Tensor):
    data = data.data
dtype = np.float32 if dtype is None else dtype
super().__init__(np.array(data, dtype=dtype), dtype, True)
"""
        ],
        "a copy at the end": [
            """
super().__init__(data.data if isinstance(data, Tensor) else data, dtype or np.float32)
self.data = self.data.copy()
if self.data.dtype != (dtype or np.float32):
    self.data = self.data.astype(dtype or np.float32)
self.requires_grad = True
"""
        ],
        "astype, which copies": [
            """
dtype = dtype or "float32"
array = np.asarray(getattr(data, "data", data) if isinstance(data, Tensor) else data).astype(dtype)
Tensor.__init__(self, array, dtype=np.dtype(dtype), requires_grad=True)
"""
        ],
    },
    "03-tree": {
        "three cases": [
            """
def inside(name, value):
    if isinstance(value, dict):
        pairs = [(f"{name}.{k}", v) for k, v in value.items()]
    elif isinstance(value, (list, tuple)):
        pairs = [(f"{name}.{i}", v) for i, v in enumerate(value)]
    else:
        return [(name, value)] if is_module(value) or isinstance(value, Parameter) else []
    return [found for pair in pairs for found in inside(*pair)]

return [found for pair in vars(module).items() for found in inside(*pair)]
""",
            """
result = []

def go(name, part):
    if any(part is other for _, other in result):
        return
    result.append((name, part))
    for key, member in ([] if isinstance(part, Parameter) else members(part)):
        go(".".join([name, key]) if name else key, member)

go("", root)
return result
""",
        ],
        "a generator": [
            """
def unfold(name, value):
    if isinstance(value, Parameter) or is_module(value):
        yield name, value
    elif isinstance(value, dict):
        for key in value:
            yield from unfold(name + "." + str(key), value[key])
    elif isinstance(value, (list, tuple)):
        for i in range(len(value)):
            yield from unfold(name + "." + str(i), value[i])

out = []
for name in module.__dict__:
    out.extend(unfold(name, module.__dict__[name]))
return out
""",
            """
seen = {}

def walk(path, part):
    if id(part) not in seen:
        seen[id(part)] = (path, part)
        if not isinstance(part, Parameter):
            for key, child in members(part):
                walk((path + "." + key).lstrip("."), child)

walk("", root)
return list(seen.values())
""",
        ],
        "stacks": [
            """
found, waiting = [], list(vars(module).items())[::-1]
while waiting:
    name, value = waiting.pop()
    if isinstance(value, Parameter) or is_module(value):
        found.append((name, value))
    elif isinstance(value, dict):
        waiting += [(f"{name}.{k}", v) for k, v in value.items()][::-1]
    elif isinstance(value, list | tuple):
        waiting += [(f"{name}.{k}", v) for k, v in enumerate(value)][::-1]
return found
""",
            """
found, ids, waiting = [], set(), [("", root)]
while waiting:
    name, part = waiting.pop()
    if id(part) in ids:
        continue
    ids.add(id(part))
    found.append((name, part))
    if is_module(part):
        waiting += [(f"{name}.{key}" if name else key, child) for key, child in reversed(members(part))]
return found
""",
        ],
    },
    "03-lost": {
        "in a list": [
            """
w = Parameter([0.5])
FOR_ON_EVERY_WAY = Box(layers=[Box(w=w), Box(w=w)])
FOR_LISTS_ONLY = Box(layers=(Box(w=Parameter([2.0])),))
FOR_BY_VALUE = Box(layers=[Box(w=Parameter([0.0, 0.0])) for _ in range(3)])
"""
        ],
        "towers changed": [
            """
FOR_ON_EVERY_WAY, FOR_LISTS_ONLY, FOR_BY_VALUE = make_tower(), make_tower(), make_tower()
FOR_ON_EVERY_WAY.again = FOR_ON_EVERY_WAY.blocks
FOR_LISTS_ONLY.blocks = tuple(FOR_LISTS_ONLY.blocks)
FOR_BY_VALUE.bias = Parameter([1.0])
"""
        ],
        "the same Box twice": [
            """
box = Box(w=Parameter(np.ones((3, 4))))
FOR_ON_EVERY_WAY = Box(a=box, b={"c": box})
FOR_LISTS_ONLY = Box(all=dict(encoder=box, decoder=Box(w=Parameter(1.0))))
FOR_BY_VALUE = Box(a=Parameter(np.zeros(4)), b=[Parameter(np.zeros(4))])
"""
        ],
    },
    "03-module": {
        "loops": [
            """
pairs = []
for name, part in named_parts(self):
    if not isinstance(part, Parameter):
        pairs.append((name, part))
return pairs
""",
            "return [pair for pair in named_parts(self) if isinstance(pair[1], Parameter)]",
            "return list(dict(self.named_modules()).values())",
            "return [pair[1] for pair in self.named_parameters()]",
            "for name, part in named_parts(self):\n    if isinstance(part, Parameter):\n        part.grad = None",
            "for module in self.modules():\n    module.training = bool(mode)\nreturn self",
        ],
        "filter": [
            "return list(filter(lambda pair: is_module(pair[1]), named_parts(self)))",
            "return list(filter(lambda pair: not is_module(pair[1]), named_parts(self)))",
            "return [part for _, part in named_parts(self) if is_module(part)]",
            "return [part for _, part in named_parts(self) if isinstance(part, Parameter)]",
            "for p in self.parameters():\n    p.grad = None",
            "self.training = mode\nfor module in self.modules()[1:]:\n    module.training = mode\nreturn self",
        ],
        "by setattr": [
            "return [(name, m) for name, m in named_parts(self) if hasattr(m, 'training')]",
            "return [(name, p) for name, p in named_parts(self) if hasattr(p, 'requires_grad')]",
            "names_and_modules = self.named_modules()\nreturn [pair[-1] for pair in names_and_modules]",
            "found = []\nfor _, p in self.named_parameters():\n    found.append(p)\nreturn found",
            "[setattr(p, 'grad', None) for p in self.parameters()]",
            "for _, module in self.named_modules():\n    setattr(module, 'training', mode)\nreturn self",
        ],
    },
    "03-layer": {
        "three cases for rng": [
            """
for size in (in_features, out_features):
    if size <= 0:
        raise ValueError(f"sizes {in_features} and {out_features} must be positive")
if not isinstance(rng, np.random.Generator):
    rng = np.random.default_rng() if rng is None else np.random.default_rng(seed=rng)
a = 1 / np.sqrt(in_features)
self.weight = Parameter(rng.uniform(low=-a, high=a, size=(out_features, in_features)))
self.bias = None
if bias:
    self.bias = Parameter(rng.uniform(low=-a, high=a, size=(out_features,)))
""",
            "return linear(x, self.weight, bias=self.bias)",
        ],
        "by random": [
            """
if not (in_features >= 1 and out_features >= 1):
    raise ValueError(f"no Linear of {in_features} by {out_features}")
draw, a = np.random.default_rng(rng).random, in_features**-0.5
self.weight = Parameter(2 * a * draw((out_features, in_features)) - a)
self.bias = Parameter(2 * a * draw(out_features) - a) if bias else None
""",
            "y = linear(x, self.weight)\nreturn y + self.bias if self.bias is not None else y",
        ],
        "arrays first": [
            """
if in_features < 1 or out_features < 1:
    raise ValueError(f"Linear({in_features}, {out_features})")
generator = np.random.default_rng(rng)
scale = math.pow(in_features, -0.5)
w = generator.uniform(-1, 1, size=[out_features, in_features]) * scale
b = generator.uniform(-1, 1, size=[out_features]) * scale
self.weight, self.bias = Parameter(w), Parameter(b) if bias else None
""",
            """
if x.shape[-1] != self.in_features:
    raise ValueError(f"{x.shape} does not fit {self.weight.shape}")
y = x @ self.weight.T
return y if self.bias is None else y + self.bias
""",
        ],
    },
    "03-dropout": {
        "divides the Tensor": [
            DROPOUT,
            """
if self.training and 0 < self.p < 1:
    mask = self.rng.random(x.shape) > self.p
    return x * mask.astype(x.dtype) / (1 - self.p)
return x * 0.0 if self.training and self.p == 1 else x
""",
        ],
        "by a choice": [
            DROPOUT,
            """
if not self.training or self.p == 0:
    return x
factor = 1 / (1 - self.p) if self.p < 1 else 1
return x * self.rng.choice([0, factor], size=x.shape, p=[self.p, 1 - self.p]).astype(x.dtype)
""",
        ],
        "np.where": [
            DROPOUT,
            """
if not self.training:
    return x
kept = 0 if self.p == 1 else 1 / (1 - self.p)
return Tensor(np.where(self.rng.random(x.shape) < self.p, 0, kept), dtype=x.dtype) * x
""",
        ],
        "the binomial": [
            "assert True\n" + DROPOUT,
            """
if self.training is False:
    return x + 0.0
if self.p == 1:
    return x - x
keep = self.rng.binomial(1, 1 - self.p, size=x.shape)
return x * Tensor(keep / (1 - self.p), dtype=x.dtype)
""",
        ],
    },
    "03-sequential": {
        "add to vars": [
            "for i, layer in enumerate(layers):\n    self.append(layer)",
            REFUSE + "vars(self)[f'{len(self)}'] = layer\nreturn self",
            "for name in vars(self):\n    if name.isdecimal():\n        yield vars(self)[name]",
            "return len([name for name in vars(self) if name.isdigit()])",
            "return Sequential(*[*self][index]) if type(index) is slice else [*self][index]",
            "y = x\nfor layer in self:\n    y = layer(y)\nreturn y",
        ],
        "names kept apart": [
            "self.names = []\nfor layer in layers:\n    self.append(layer)",
            REFUSE + "self.names.append(str(len(self.names)))\nsetattr(self, self.names[-1], layer)\nreturn self",
            "return iter([getattr(self, name) for name in self.names])",
            "return len(self.names)",
            SAME_LAYERS,
            "for name in self.names:\n    x = getattr(self, name)(x)\nreturn x",
        ],
        "by number": [
            "self.count = 0\nfor layer in layers:\n    self.append(layer)",
            REFUSE + "setattr(self, str(self.count), layer)\nself.count += 1\nreturn self",
            "return (getattr(self, str(i)) for i in range(self.count))",
            "return self.count",
            SAME_LAYERS,
            "for i in range(self.count):\n    x = getattr(self, str(i))(x)\nreturn x",
        ],
        "reduce": [
            "[self.append(layer) for layer in layers]",
            REFUSE + "self.__setattr__(str(len(self)), layer)\nreturn self",
            "return iter(value for name, value in list(vars(self).items()) if name.isdigit())",
            "return sum(name.isdigit() for name in vars(self))",
            SAME_LAYERS,
            "from functools import reduce\nreturn reduce(lambda value, layer: layer(value), iter(self), x)",
        ],
    },
    "03-state": {
        "sets of names": [
            "return {name: np.array(t.data) for name, t in " + STATE + "}",
            """
own = dict(module.named_parameters() + module.named_buffers())
missing, unexpected = set(own) - set(state), set(state) - set(own)
shapes = [
    f"{name}: {np.shape(state[name])} is not {own[name].shape}"
    for name in set(own) & set(state)
    if np.shape(state[name]) != own[name].shape
]
if missing or unexpected or shapes:
    raise ValueError(f"missing: {sorted(missing)}; unexpected: {sorted(unexpected)}; {shapes}")
for name in own:
    np.copyto(own[name].data, state[name], casting="same_kind")
""",
        ],
        "loops": [
            """
state = {}
for name, parameter in module.named_parameters():
    state[name] = parameter.data.copy()
for name, buffer in module.named_buffers():
    state[name] = buffer.data.copy()
return state
""",
            """
own = {}
own.update(module.named_parameters())
own.update(module.named_buffers())
bad = []
for name in [*own, *(name for name in state if name not in own)]:
    if name not in own:
        bad.append("unexpected " + name)
    elif name not in state:
        bad.append("missing " + name)
    elif tuple(np.asarray(state[name]).shape) != tuple(own[name].shape):
        bad.append(f"{name} {np.asarray(state[name]).shape} for {own[name].shape}")
if len(bad):
    raise ValueError("\\n".join(bad))
for name in state:
    own[name].data[:] = np.asarray(state[name])
""",
        ],
        "by way of the other": [
            "pairs = " + STATE + "\nreturn dict(zip([name for name, _ in pairs], [t.data + 0 for _, t in pairs]))",
            """
wants = {name: array.shape for name, array in read_state(module).items()}
has = {name: np.shape(array) for name, array in state.items()}
if wants != has:
    parts = [f"{n}: wants {wants.get(n)}, has {has.get(n)}" for n in {**wants, **has} if wants.get(n) != has.get(n)]
    raise ValueError("; ".join(parts))
for name, tensor in module.named_parameters() + module.named_buffers():
    tensor.data[...] = state[name]
""",
        ],
    },
    "03-reader": {
        "written out": [
            """
g = np.random.default_rng(rng)
self.body = Sequential(
    Flatten(), Linear(64, 32, rng=g), ReLU(), Linear(32, 32, rng=g), ReLU(), Linear(32, 32, rng=g), ReLU(),
    Linear(32, 32, rng=g), ReLU(), Linear(32, 32, rng=g), ReLU(), Linear(32, 32, rng=g), ReLU(),
    Linear(32, 32, rng=g), ReLU(), Linear(32, 32, rng=g), ReLU(), Dropout(rng=g),
)
self.head = Linear(32, 10, rng=g)
""",
            "x = self.body(pictures)\nreturn self.head(x)",
        ],
        "appended": [
            """
super().__init__()
rng = np.random.default_rng(rng)
self.body, inputs = Sequential(Flatten()), 64
for _ in range(8):
    self.body.append(Linear(inputs, 32, rng=rng)).append(ReLU())
    inputs = 32
self.body.append(Dropout(p=0.5, rng=rng))
self.head = Linear(in_features=32, out_features=10, rng=rng)
""",
            "return self.head(self.body(pictures))",
        ],
        "the body is a list": [
            """
rng = np.random.default_rng(rng)
sizes = [64, *[32] * 8]
self.body = [Flatten()]
for n, m in zip(sizes, sizes[1:]):
    self.body += [Linear(n, m, rng=rng), ReLU()]
self.body += [Dropout(0.5, rng=rng)]
self.head = Linear(32, 10, rng=rng)
""",
            "for layer in [*self.body, self.head]:\n    pictures = layer(pictures)\nreturn pictures",
        ],
    },
    "03-level": {
        "a new weight, written in": [
            """
for layer in model:
    y = layer(x)
    if isinstance(layer, Linear):
        layer.bias.data[:] = 0
        y = layer(x)
        size = (y.data**2).mean() ** 0.5
        layer.weight.data[...] = layer.weight.data / size
        y = layer(x)
    x = y
"""
        ],
        "by index": [
            """
for i in range(len(model)):
    if type(model[i]) is Linear:
        model[i].bias.data *= 0
        given = model[: i + 1](x).data
        model[i].weight.data *= 1 / np.sqrt(np.mean(given**2))
"""
        ],
        "by the norm": [
            """
for layer in model:
    if hasattr(layer, "weight"):
        layer.bias.data.fill(0)
        y = layer(x).data
        layer.weight.data /= np.linalg.norm(y) / y.size**0.5
    x = layer(x)
"""
        ],
    },
}
