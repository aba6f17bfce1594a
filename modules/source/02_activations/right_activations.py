"""Right answers to module 02, written differently: none of them may fail a check."""

from __future__ import annotations

JOIN = "return w2 @ w1, w2 @ b1 + b2"
SIGMOID = 'return apply("sigmoid", x)'
TANH = 'return apply("tanh", x)'
GELU = """
if approximate != "tanh":
    raise ValueError(f"approximate='tanh' is all there is, not {approximate!r}")
self.approximate = approximate
"""
FORWARD = 'return apply("gelu", x)'
SOFTMAX = 'return apply("softmax", x, axis=self.dim)'
LOG_SOFTMAX = 'return apply("log_softmax", x, axis=self.dim)'
SLOPES = [
    "return (x > 0).astype(x.dtype)",
    "return -np.exp(-x)",
    "return -slopes_of_bottom(x) / (1 + np.exp(-x)) ** 2",
    "return s * (1 - s)",
    "return 1 - t**2",
]
DRAW = "return Sigmoid()(bend(Tensor(places) @ w1.T + b1) @ w2.T + b2).reshape(-1)"
FAKES = "FOR_BY_MEAN = np.float32({})\nFOR_BY_SIZE = np.float32({})\nFOR_BY_FORCE = np.float32({})"

RIGHT: dict[str, dict[str, list[str]]] = {
    "02-collapse": {
        "reduce": [
            "return np.matmul(w2, w1), np.dot(w2, b1) + b2",
            "import functools\nreturn functools.reduce(join, layers)",
        ],
        "from the back": [
            "w = w2.dot(w1)\nb = b2 + (w2 * b1).sum(axis=1)\nreturn (w, b)",
            """
last = layers[-1]
for layer in reversed(layers[:-1]):
    last = join(layer, last)
return last
""",
        ],
        "recursion": [
            "return (w1.T @ w2.T).T, w2 @ b1 + b2",
            "return layers[0] if len(layers) == 1 else join(collapse(layers[:-1]), layers[-1])",
        ],
        "what it does to the axes": [
            JOIN,
            """
inputs = layers[0][0].shape[1]
b = run(layers, np.zeros((1, inputs)))[0]
return (run(layers, np.eye(inputs)) - b).T, b
""",
        ],
    },
    "02-corners": {
        "a loop over the pieces": [
            """
weights, before = [], 0.0
for i in range(len(knees) - 1):
    steep = (heights[i + 1] - heights[i]) / (knees[i + 1] - knees[i])
    weights.append(steep - before)
    before = steep
return np.array(weights)
"""
        ],
        "concatenated": [
            """
s = (heights[1:] - heights[:-1]) / (knees[1:] - knees[:-1])
return np.concatenate([s[:1], s[1:] - s[:-1]])
"""
        ],
        "a linear system": [
            "return np.linalg.solve(np.maximum(knees[1:, None] - knees[:-1], 0), heights[1:] - heights[0])"
        ],
        "minus a shifted copy": [
            """
slopes = np.diff(heights) / np.diff(knees)
weights = slopes.copy()
weights[1:] -= slopes[:-1]
return weights
"""
        ],
    },
    "02-sigmoid": {
        "where, both halves safe": [
            "small = np.exp(-np.abs(x))\nreturn np.where(x >= 0, 1 / (1 + small), small / (1 + small))",
            SIGMOID,
        ],
        "the function itself": ["z = np.exp(-abs(x))\nreturn np.where(x < 0, z, 1) / (1 + z)", "return sigmoid(x)"],
        "the first form, told to be silent: right but for the smallest numbers that there are": [
            'with np.errstate(over="ignore"):\n    return 1 / (1 + np.exp(-x))',
            SIGMOID,
        ],
        "by masks": [
            """
out = np.empty_like(x)
right = x >= 0
out[right] = 1 / (1 + np.exp(-x[right]))
powers = np.exp(x[~right])
out[~right] = powers / (1 + powers)
return out
""",
            SIGMOID,
        ],
    },
    "02-slopes": {
        "where": [
            "return np.where(x > 0, 1, 0).astype(x.dtype)",
            "return -1 / np.exp(x)",
            "return np.exp(-x) / np.square(1 + np.exp(-x))",
            "return s - s**2",
            "return (1 + t) * (1 - t)",
        ],
        "heaviside": [
            "return np.heaviside(x, 0).astype(x.dtype)",
            "return -np.exp(-x)",
            "return slopes_of_bottom(x) / -((1 + np.exp(-x)) ** 2)",
            "return s * 1 - s * s",
            "s = (t + 1) / 2\nreturn 4 * slopes_from_sigmoid(s)",
        ],
        "filled in": [
            "slopes = np.zeros_like(x)\nslopes[x > 0] = 1\nreturn slopes",
            "return np.negative(np.exp(-x))",
            "u = 1 + np.exp(-x)\nreturn (u - 1) / u / u",
            "return np.multiply(s, 1 - s)",
            "return 1 - np.square(t)",
        ],
    },
    "02-chain": {
        "outputs first": [
            """
outputs = []
for _ in range(times):
    x = function(x)
    outputs.append(x)
return np.prod([np.ones(x.shape), *map(slope_from, outputs)], axis=0)
"""
        ],
        "recursion": [
            """
if times == 0:
    return x * 0 + 1
out = function(x)
return slope_from(out) * slope_of_chain(function, slope_from, out, times - 1)
"""
        ],
        "while": [
            """
total, value = 1.0, x
while times > 0:
    value = function(value)
    total = slope_from(value) * total
    times -= 1
return total * np.ones(len(x))
"""
        ],
    },
    "02-tanh": {
        "the method of the name": ["return np.tanh(x)", "return tanh(x)"],
        "expm1": ["e = np.expm1(-2 * np.abs(x))\nreturn -np.sign(x) * e / (2 + e)", TANH],
        "from the definition, near zero apart": [
            """
near = np.clip(x, -0.01, 0.01)
far = 2 * sigmoid(2 * x) - 1
return np.where(np.abs(x) < 0.01, near - near**3 / 3, far)
""",
            TANH,
        ],
    },
    "02-gelu": {
        "through the sigmoid": [
            "c = np.clip(x, -20, 20)\nreturn x * sigmoid(2 * math.sqrt(2 / math.pi) * c * (1 + 0.044715 * c * c))",
            GELU,
            FORWARD,
        ],
        "the cube as papers print it": [
            """
limited = np.maximum(np.minimum(x, 8), -8)
return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (limited + 0.044715 * limited**3)))
""",
            GELU,
            "return gelu(x)",
        ],
        "the answer in three parts": [
            """
c = np.where(np.abs(x) > 9, 0, x)
inner = c / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (c + 0.044715 * c * c * c)))
return np.where(x >= 9, x, np.where(x <= -9, 0, inner))
""",
            """
if approximate == "tanh":
    self.approximate = "tanh"
else:
    raise ValueError("no approximate=" + repr(approximate) + ", only 'tanh'")
""",
            FORWARD,
        ],
        "a bound far out": [
            "c = x.clip(-1000, 1000)\nreturn x / 2 + x / 2 * np.tanh(math.sqrt(2 / math.pi) * c * (1 + 0.044715 * c**2))",
            GELU,
            FORWARD,
        ],
    },
    "02-scores": {
        "number by number": [
            """
if not np.issubdtype(x.dtype, np.floating):
    raise ValueError(f"float scores, please: {x.dtype}, {x.shape}")
if axis < -len(x.shape) or axis >= len(x.shape):
    raise ValueError("axis " + str(axis) + " of shape " + str(x.shape))
if not x.shape[axis]:
    raise ValueError(f"{x.shape}: no classes")
"""
        ],
        "normalised": [
            """
if x.dtype.kind in "biu":
    raise ValueError(f"{x.shape} of {x.dtype}")
place = axis + x.ndim if axis < 0 else axis
if not 0 <= place < x.ndim:
    raise ValueError(f"shape {x.shape} lacks axis {axis}")
if x.shape[place] < 1:
    raise ValueError(f"no classes in {x.shape}")
"""
        ],
        "tried out": [
            """
if x.dtype not in (np.float16, np.float32, np.float64):
    raise ValueError(f"scores of {x.shape} are {x.dtype}")
try:
    classes = x.shape[axis]
except IndexError:
    raise ValueError(f"axis {axis}, shape {x.shape}") from None
if classes == 0:
    raise ValueError(f"no classes: {x.shape}")
"""
        ],
    },
    "02-softmax": {
        "straight": [
            """
powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
return powers / powers.sum(axis=axis, keepdims=True)
""",
            SOFTMAX,
        ],
        "moved axes": [
            """
rows = np.moveaxis(x, axis, -1)
rows = np.exp(rows - rows.max(axis=-1)[..., None])
return np.moveaxis(rows / rows.sum(axis=-1)[..., None], -1, axis)
""",
            "return softmax(x, axis=self.dim)",
        ],
        "one above the largest": [
            """
top = x.max(axis=axis, keepdims=True) + 1
return np.exp(x - top) / np.sum(np.exp(x - top), axis, keepdims=True)
""",
            "return softmax(x, dim=self.dim)",
        ],
    },
    "02-fakes": {
        "two rows": [FAKES.format("[[1000, 0], [0, 0]]", "[[-1000, -1001], [1, 1]]", "[[200, 100], [0, 0]]")],
        "low ones": [FAKES.format("[[0, -900, -900]]", "[[-500, -500]]", "[[-90, -100]]")],
        "many classes": [FAKES.format("[[120] + [0] * 9]", "[[50, -200, 40]]", "[[81, 80.5]]")],
    },
    "02-log-softmax": {
        "along the last axis, and back": [
            """
z = np.moveaxis(x, axis, 0)
z = z - z.max(axis=0)
return np.moveaxis(z - np.log(np.exp(z).sum(axis=0)), 0, axis)
""",
            LOG_SOFTMAX,
        ],
        "there and back": [
            """
m = x.max(axis=axis, keepdims=True)
return x - (m + np.log(np.exp(x - m).sum(axis=axis, keepdims=True)))
""",
            LOG_SOFTMAX,
        ],
        "by minus the log": [
            """
z = x - np.max(x, axis, keepdims=True)
z -= np.log(np.sum(np.exp(z), axis, keepdims=True))
return z
""",
            "return log_softmax(x, self.dim)",
        ],
    },
    "02-temperature": {
        "shares counted": [
            """
if temperature < 0 or math.isnan(temperature):
    raise ValueError(f"temperature {temperature}")
if temperature > 0:
    return softmax(logits / temperature, axis=1)
top = logits == logits.max(axis=1, keepdims=True)
return np.where(top, 1 / top.sum(axis=1, keepdims=True), 0).astype(logits.dtype)
"""
        ],
        "minus infinity for the others": [
            """
if not 0 <= temperature <= math.inf:
    raise ValueError(f"not a temperature: {temperature}")
shifted = logits - logits.max(axis=-1, keepdims=True)
if temperature == 0:
    return softmax(np.where(shifted == 0, shifted, -np.inf))
return softmax(shifted / temperature)
"""
        ],
        "row by row": [
            """
if temperature != temperature or temperature < 0:
    raise ValueError(temperature)
result = np.zeros_like(logits)
for row, out in zip(logits, result):
    if temperature == 0:
        winners = np.flatnonzero(row == row.max())
        out[winners] = 1 / len(winners)
    else:
        out[:] = softmax(row / temperature)
return result
"""
        ],
    },
    "02-sides": {
        "a list of directions": [
            """
w = [(math.cos(2 * math.pi * k / n) / width, math.sin(2 * math.pi * k / n) / height) for k in range(n)]
return np.array(w), np.array([-radius] * n)
"""
        ],
        "divided at the end": [
            """
angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
w = np.stack([np.cos(angles), np.sin(angles)], axis=1) / [width, height]
return w, -radius * np.ones(n)
"""
        ],
        "filled in": [
            """
w, b = np.empty((n, 2)), np.zeros(n) - radius
for k in range(n):
    w[k] = np.cos(2 * np.pi * k / n) / width, np.sin(2 * np.pi * k / n) / height
return w, b
"""
        ],
    },
    "02-zero": {
        "stacked, other numbers": [
            """
(w, inner), (_, outer) = sides(n, 2, 3.5, 0.5), sides(n, 2, 3.5, 1)
w1, b1 = np.vstack([w, w]), np.hstack([inner, outer])
w2 = np.array([[28.0] * n + [-150.0] * n]) / n
return [(w1, b1), (w2, np.array([-1.0]))]
""",
            DRAW,
        ],
        "no bias: nothing is left of the hole": [
            """
a, b = sides(n, 2.0, 3.5, 0.5), sides(n, 2.0, 3.5, 1.0)
weights = np.append(np.full(n, 30 / n), np.full(n, -180 / n))
return [(np.append(a[0], b[0], axis=0), np.append(a[1], b[1])), (weights.reshape(1, 2 * n), np.zeros(1))]
""",
            DRAW,
        ],
        "twice as sharp": [
            """
one, two = sides(n, 2.0, 3.5, 0.5), sides(n, 2.0, 3.5, 1.0)
first = tuple(np.concatenate(pair) for pair in zip(one, two))
second = np.repeat([600 / n, -3600 / n], n).reshape(1, -1), np.full(1, -20.0)
return [first, second]
""",
            """
hidden = bend(Tensor(places) @ w1.T + b1)
return Sigmoid()(hidden @ w2.T + b2)[:, 0]
""",
        ],
        "a list of tuples, functions": [
            """
a, b = sides(n, 2.0, 3.5, 0.5), sides(n, 2.0, 3.5, 1.0)
return [(np.r_[a[0], b[0]], np.r_[a[1], b[1]]), (np.r_[np.ones(n), -6 * np.ones(n)][None] * 30 / n, -np.ones(1))]
""",
            """
x = Tensor(places)
x = bend(x @ Tensor(w1).T + Tensor(b1))
x = sigmoid(x @ Tensor(w2).T + Tensor(b2))
return x.reshape(len(places))
""",
        ],
    },
    "02-stream": {
        "logaddexp": [
            """
result = -math.inf
for piece in pieces:
    result = np.logaddexp(result, np.logaddexp.reduce(piece))
return result
"""
        ],
        "the first piece apart": [
            """
pieces = iter(pieces)
first = next(pieces)
m = first.max()
s = np.sum(np.exp(first - m))
for piece in pieces:
    if piece.max() > m:
        s = s * np.exp(m - piece.max())
        m = piece.max()
    s += np.sum(np.exp(piece - m))
return m + math.log(s)
"""
        ],
        "number by number": [
            """
m, s = -math.inf, 0.0
for piece in pieces:
    for x in piece.tolist():
        if x > m:
            s, m = s * math.exp(m - x) + 1, x
        else:
            s += math.exp(x - m)
return m + math.log(s)
"""
        ],
    },
}
