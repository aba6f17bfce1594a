"""Files of students' frameworks and answers to milestone 2 that differ from the reference: right ones and wrong ones."""

CLOSURES = '''\
"""Autograd of another design: each operation makes a function that hands its gradient on to its inputs."""

import numpy as np

from tinytorch.tensor import Tensor

MAKERS = {}
RULES = {}


def gradient_of(name):
    def keep(rule):
        RULES[name] = rule
        return rule

    return keep


def closure(name):
    def keep(make):
        MAKERS[name] = make
        return make

    return keep


def fit(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and gradient.shape[axis] != 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


def spread(gradient, a, axis, keepdims):
    if axis is not None and not keepdims:
        gradient = np.expand_dims(gradient, axis)
    return np.broadcast_to(gradient, a.shape)


@closure("add")
def make_add(out, a, b):
    return lambda g: (g, g)


@closure("sub")
def make_sub(out, a, b):
    return lambda g: (g, -g)


@closure("neg")
def make_neg(out, a):
    return lambda g: (-g,)


@closure("mul")
def make_mul(out, a, b):
    return lambda g: (g * b, g * a)


@closure("div")
def make_div(out, a, b):
    return lambda g: (g / b, -g * out / b)


@closure("pow")
def make_pow(out, a, b):
    return lambda g: (g * b * a ** (b - 1), None)


@closure("matmul")
def make_matmul(out, a, b):
    return lambda g: (g @ np.swapaxes(b, -1, -2), np.swapaxes(a, -1, -2) @ g)


@closure("transpose")
def make_transpose(out, a, axes):
    return lambda g: (np.transpose(g, np.argsort(axes)),)


@closure("reshape")
def make_reshape(out, a, shape):
    return lambda g: (g.reshape(a.shape),)


@closure("getitem")
def make_getitem(out, a, index):
    def push(g):
        whole = np.zeros_like(a)
        np.add.at(whole, index, g)
        return (whole,)

    return push


@closure("sum")
def make_sum(out, a, axis=None, keepdims=False):
    return lambda g: (spread(g, a, axis, keepdims),)


@closure("mean")
def make_mean(out, a, axis=None, keepdims=False):
    return lambda g: (spread(g, a, axis, keepdims) * (out.size / a.size),)


@closure("exp")
def make_exp(out, a):
    return lambda g: (g * out,)


@closure("log")
def make_log(out, a):
    return lambda g: (g / a,)


@closure("relu")
def make_relu(out, a):
    return lambda g: (g * (a > 0),)


@closure("tanh")
def make_tanh(out, a):
    return lambda g: (g * (1 - out**2),)


@closure("sigmoid")
def make_sigmoid(out, a):
    return lambda g: (g * out * (1 - out),)


def per_example(g, out, n, reduction):
    return g / n if reduction == "mean" else g


@closure("mse_loss")
def make_mse(out, a, b, reduction="mean"):
    return lambda g: (per_example(g, out, a.size, reduction) * 2 * (a - b), None)


@closure("bce_with_logits")
def make_bce(out, z, y, reduction="mean"):
    return lambda g: (per_example(g, out, z.size, reduction) * (0.5 * (1 + np.tanh(z / 2)) - y), None)


@closure("cross_entropy")
def make_cross_entropy(out, logits, labels, reduction="mean"):
    def push(g):
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(labels)), labels] -= 1
        scale = per_example(g, out, len(labels), reduction)
        return (shares * (scale[:, None] if np.ndim(scale) else scale)).astype(logits.dtype), None

    return push


def closure_of(node):
    name, inputs, options = node.origin
    arrays = [tensor.data for tensor in inputs]
    if name in MAKERS:
        return MAKERS[name](node.data, *arrays, **options)
    if name in RULES:
        return lambda g: RULES[name](g, node.data, *arrays, **options)
    raise LookupError(f"no gradient is known for {name!r}")


def backward(root, gradient=None):
    if not root.requires_grad:
        raise ValueError("backward needs a Tensor that requires a gradient")
    if gradient is None and root.size != 1:
        raise ValueError(f"backward on a Tensor of shape {root.shape} needs a gradient of that shape")
    users, stack = {}, [root]
    while stack:
        node = stack.pop()
        users[id(node)] = users.get(id(node), 0) + 1
        if users[id(node)] == 1 and node.origin is not None:
            stack.extend(node.origin[1])
    start = np.ones(root.shape, root.data.dtype) if gradient is None else np.asarray(gradient, root.data.dtype)
    sums, ready = {}, [(root, start)]
    while ready:
        node, part = ready.pop()
        users[id(node)] -= 1
        if part is not None:
            sums[id(node)] = part if id(node) not in sums else sums[id(node)] + part
        if users[id(node)]:
            continue
        total = sums.pop(id(node), None)
        if node.origin is None:
            if node.requires_grad and total is not None:
                node.grad = np.array(total) if node.grad is None else node.grad + total
            continue
        inputs = node.origin[1]
        parts = [None] * len(inputs) if total is None else closure_of(node)(total)
        for tensor, piece in zip(inputs, parts):
            ready.append((tensor, None if piece is None or callable(piece) else fit(piece, tensor.shape)))


def check_gradients(function, *inputs, epsilon=1e-6, tolerance=1e-5):
    wide = [Tensor(np.array(tensor.data, dtype=np.float64), dtype=np.float64, requires_grad=True) for tensor in inputs]
    backward(function(*wide).sum())
    for number, tensor in enumerate(wide):
        for index in np.ndindex(tensor.shape):
            kept = tensor.data[index]
            tensor.data[index] = kept + epsilon
            above = float(function(*wide).sum().data)
            tensor.data[index] = kept - epsilon
            below = float(function(*wide).sum().data)
            tensor.data[index] = kept
            expected, found = (above - below) / (2 * epsilon), tensor.grad[index]
            if abs(expected - found) > tolerance * max(1.0, abs(expected)):
                raise AssertionError(f"input {number}, index {index}: {found}, but differences say {expected}")
'''

# The reference's line that sums what reaches a Tensor on several ways, and the mistake of keeping only the last one.
SUMMED = "waiting[id(tensor)] = part if known is None else known + part"
DROPPED = "waiting[id(tensor)] = part"

OTHER_FRAMEWORK = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
"""

DIFFERENT = {
    "model-architecture-answer": """\
class MLP(Module):
    def __init__(self, sizes, rng):
        super().__init__()
        parts = [Linear(sizes[0], sizes[1], rng=rng)]
        for inputs, outputs in zip(sizes[1:-1], sizes[2:]):
            parts += [ReLU(), Linear(inputs, outputs, rng=rng)]
        self.body = Sequential(*parts)

    def forward(self, x):
        return self.body(x)
""",
    "model-probabilities-answer": """\
def probabilities(model, x):
    with no_grad():
        logits = model(Tensor(x)).numpy()
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
""",
    "training-step-answer": """\
def train_step(model, loss_function, optimizer, x, y):
    inputs, targets = Tensor(x), Tensor(y)
    loss = loss_function(model(inputs), targets)
    for parameter in model.parameters():
        parameter.grad = None
    loss.backward()
    optimizer.step()
    return float(loss.data)
""",
}

ACCUMULATED = {"training-step-answer": [("    optimizer.zero_grad()\n", "")]}
