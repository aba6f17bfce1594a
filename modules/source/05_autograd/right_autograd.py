"""Right answers to module 05, written differently: none of them may fail a check."""

from __future__ import annotations

ARITHMETIC = '''
@gradient_of("sub")
def sub_gradient(grad, out, a, b):
    return {}

@gradient_of("mul")
def mul_gradient(grad, out, a, b):
    return {}

@gradient_of("div")
def div_gradient(grad, out, a, b):
    return {}
'''
FUNCTIONS = "\n".join(
    f'elementwise("{name}", lambda out, a: {{}})'
    for name in ("neg", "exp", "log", "sqrt", "abs", "relu", "sigmoid", "tanh")
)
WALKS = '''
def for_adds_in_place(a):
    return {}

def for_nearest_first(a):
    return {}

def for_by_numbers(a):
    return {}
'''
MATMUL = '''
def left_gradient(grad, b):
    return {}

def right_gradient(a, grad):
    return {}
'''
WRITE_LEAVES = """
for leaf in order:
    if leaf.origin is None and id(leaf) in waiting:
        part = waiting[id(leaf)]
        leaf.grad = np.array(part) if leaf.grad is None else np.asarray(leaf.grad + part)
"""

RIGHT: dict[str, dict[str, list[str]]] = {
    "05-differences": {
        "over all numbers": [
            """
slopes = np.zeros(array.shape)
numbers, found = array.flat, slopes.reshape(-1)
for i in range(array.size):
    before = float(numbers[i])
    numbers[i] = before + epsilon
    up = value()
    numbers[i] = before - epsilon
    down = value()
    numbers[i] = before
    found[i] = (up - down) / 2 / epsilon
return slopes
"""
        ],
        "with .flat": [
            """
slopes = []
for i, kept in enumerate(array.flatten()):
    array.flat[i] = kept + epsilon
    high = value()
    array.flat[i] = kept - epsilon
    low = value()
    array.flat[i] = kept
    slopes.append((high - low) / (2.0 * epsilon))
return np.array(slopes).reshape(array.shape)
"""
        ],
        "two halves": [
            """
slopes = np.empty_like(array)
for index, kept in np.ndenumerate(array.copy()):
    total = 0.0
    for sign in (1, -1):
        array[index] = kept + sign * epsilon
        total += sign * value()
    array[index] = kept
    slopes[index] = 0.5 * total / epsilon
return slopes
"""
        ],
    },
    "05-arithmetic": {
        "arrays at once": [ARITHMETIC.format("grad, -grad", "grad * b, grad * a", "grad / b, -grad * a / (b * b)")],
        "without out": [
            ARITHMETIC.format(
                "1 * grad, lambda: -1 * grad", "lambda: b * grad, lambda: a * grad", "lambda: grad / b, lambda: -grad * a / b**2"
            )
        ],
        "by other rules": [
            ARITHMETIC.format(
                "grad, np.negative(grad)", "np.multiply(grad, b), np.multiply(a, grad)", "grad * (1 / b), lambda: -out * (grad / b)"
            )
        ],
        "copies of grad": [
            ARITHMETIC.format("grad.copy(), 0 - grad", "(lambda: grad * b), (lambda: grad * a)", "lambda: grad / b, lambda: 0 - grad / b * out")
        ],
    },
    "05-functions": {
        "from a where that is safe": [
            FUNCTIONS.format(
                "-np.ones_like(a)", "np.exp(a)", "a**-1", "1 / (2 * np.sqrt(a))", "(a > 0).astype(a.dtype) - (a < 0)",
                "(a > 0).astype(a.dtype)", "out - out**2", "1 - np.tanh(a) ** 2",
            )
        ],
        "by NumPy": [
            FUNCTIONS.format(
                "-1.0", "np.array(out)", "np.reciprocal(a)", "np.reciprocal(out + out)", "np.sign(a)",
                "np.heaviside(a, np.zeros_like(a))", "out * (1 - out)", "(1 - out) * (1 + out)",
            )
        ],
        "where": [
            FUNCTIONS.format(
                "-1", "out", "1 / a", "out / a / 2", "np.where(a > 0, 1, np.where(a < 0, -1, 0)).astype(a.dtype)",
                "np.where(out > 0, 1, 0).astype(a.dtype)", "(1 - out) * out", "1 - np.square(out)",
            )
        ],
    },
    "05-pow": {
        "masks": [
            '''
@gradient_of("pow")
def pow_gradient(grad, out, a, b):
    def first():
        a_full, b_full = np.broadcast_arrays(a, b)
        powers = np.zeros(out.shape, dtype=out.dtype)
        chosen = b_full != 0
        powers[chosen] = b_full[chosen] * a_full[chosen] ** (b_full[chosen] - 1)
        return grad * powers

    def second():
        a_full = np.broadcast_to(a, out.shape)
        logs = np.zeros(out.shape, dtype=out.dtype)
        logs[a_full > 0] = np.log(a_full[a_full > 0])
        return grad * out * logs

    return first, second
'''
        ],
        "lambdas": [
            '''
@gradient_of("pow")
def pow_gradient(grad, out, a, b):
    return (
        lambda: grad * b * np.power(a, np.where(b == 0, b, b - 1)),
        lambda: np.where(a == 0, 0, 1).astype(out.dtype) * grad * out * np.log(a + (a == 0)),
    )
'''
        ],
        "the first at once": [
            '''
@gradient_of("pow")
def pow_gradient(grad, out, a, b):
    lowered = np.where(b == 0, 2, b) - 1
    return grad * b * a**lowered.astype(a.dtype), lambda: grad * (out * np.log(np.where(a == 0, 3, a)))
'''
        ],
    },
    "05-gelu": {
        "term by term": [
            """
def gelu_slope(out, a):
    a = np.minimum(np.maximum(a, -12), 12)
    k = math.sqrt(2 / math.pi)
    u = k * (a + 0.044715 * a**3)
    t = np.tanh(u)
    first = 0.5 * (1 + t)
    second = 0.5 * a * (1 - t**2) * k * (1 + 0.134145 * a**2)
    return first + second

elementwise("gelu", gelu_slope)
"""
        ],
        "flat beyond 10": [
            """
def gelu_slope(out, a):
    far = np.abs(a) > 10
    x = np.where(far, 0, a)
    t = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))
    near = (1 + t) / 2 + x * (1 + t) * (1 - t) / 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
    return np.where(far, a > 0, near).astype(a.dtype)

elementwise("gelu", gelu_slope)
"""
        ],
        "a lambda": [
            """
elementwise(
    "gelu",
    lambda out, a: (lambda x, k: (lambda t: 0.5 * ((1 + t) + x * (1 - t * t) * k * (1 + 3 * 0.044715 * x * x)))(
        np.tanh(k * x * (1 + 0.044715 * x * x))))(np.clip(a, -10.0, 10.0), math.sqrt(2 / math.pi)),
)
"""
        ],
    },
    "05-unbroadcast": {
        "two steps": [
            """
if grad.shape == shape:
    return grad
while grad.ndim > len(shape):
    grad = grad.sum(axis=0)
for axis, size in enumerate(shape):
    if size == 1:
        grad = grad.sum(axis=axis, keepdims=True)
return np.asarray(grad)
"""
        ],
        "a longer shape": [
            """
if grad.shape == shape:
    return grad
longer = (1,) * (grad.ndim - len(shape)) + shape
axes = tuple(axis for axis in range(grad.ndim) if longer[axis] == 1)
return grad.sum(axis=axes, keepdims=True).reshape(shape)
"""
        ],
        "from the end": [
            """
if tuple(grad.shape) == tuple(shape):
    return grad
axes = []
for place in range(1, grad.ndim + 1):
    if place > len(shape) or shape[-place] != grad.shape[-place]:
        axes.append(-place)
return np.sum(grad, axis=tuple(axes)).reshape(shape)
"""
        ],
        "zeros that take up": [
            """
if grad.shape == shape:
    return grad
result = np.zeros(shape, dtype=grad.dtype)
np.add.at(result, tuple(np.minimum(index, size - 1) if size else index for index, size in zip(
    np.indices(grad.shape)[grad.ndim - len(shape):], shape)), grad) if shape else None
return result if shape else np.asarray(grad.sum())
"""
        ],
    },
    "05-order": {
        "remembered when listed": [
            """
order, seen, stack = [], set(), [(root, False)]
while stack:
    node, inputs_done = stack.pop()
    if id(node) in seen:
        continue
    if inputs_done:
        seen.add(id(node))
        order.append(node)
        continue
    stack.append((node, True))
    for value in node.origin[1] if node.origin else ():
        if value.requires_grad and id(value) not in seen:
            stack.append((value, False))
return order
"""
        ],
        "iterators": [
            """
order, seen = [], {id(root)}
stack = [(root, iter(root.origin[1] if root.origin else ()))]
while stack:
    node, rest = stack[-1]
    for value in rest:
        if value.requires_grad and id(value) not in seen:
            seen.add(id(value))
            stack.append((value, iter(value.origin[1] if value.origin else ())))
            break
    else:
        order.append(node)
        stack.pop()
return order
"""
        ],
        "counting users, from the root": [
            """
users, waiting = {}, [root]
seen = {id(root)}
while waiting:
    node = waiting.pop()
    for value in node.origin[1] if node.origin else ():
        if value.requires_grad:
            users[id(value)] = users.get(id(value), 0) + 1
            if id(value) not in seen:
                seen.add(id(value))
                waiting.append(value)
order, ready = [], [root]
while ready:
    node = ready.pop()
    order.append(node)
    for value in node.origin[1] if node.origin else ():
        if value.requires_grad:
            users[id(value)] -= 1
            if users[id(value)] == 0:
                ready.append(value)
order.reverse()
return order
"""
        ],
        "two stacks": [
            """
listed, finished, order, todo = set(), set(), [], [root]
while todo:
    node = todo[-1]
    if id(node) in finished:
        todo.pop()
        continue
    inputs = [] if node.origin is None else [v for v in node.origin[1] if v.requires_grad and id(v) not in finished]
    if inputs:
        todo.extend(inputs)
    else:
        finished.add(id(todo.pop()))
        order.append(node)
return order
"""
        ],
    },
    "05-step": {
        "a comprehension": [
            """
if name not in GRADIENTS:
    raise LookupError(f"no rule for {name!r}")
entries = GRADIENTS[name](gradient, node.data, *(tensor.data for tensor in inputs), **options)
if not (isinstance(entries, tuple) and len(entries) == len(inputs)):
    raise ValueError(f"the rule of {name!r} must return {len(inputs)} entries")
return [
    (tensor, _fitted(entry() if callable(entry) else entry, tensor, name))
    for tensor, entry in zip(inputs, entries)
    if tensor.requires_grad and entry is not None
]
"""
        ],
        "try": [
            """
try:
    rule = GRADIENTS[name]
except KeyError:
    raise LookupError("there is no rule for '" + name + "' yet") from None
entries = rule(gradient, node.data, *map(lambda t: t.data, inputs), **options)
if not isinstance(entries, tuple) or len(entries) - len(inputs):
    raise ValueError("rule of '%s'" % name)
pairs = []
for i in range(len(inputs)):
    if inputs[i].requires_grad and entries[i] is not None:
        made = entries[i]() if callable(entries[i]) else entries[i]
        pairs.append((inputs[i], _fitted(made, inputs[i], name)))
return pairs
"""
        ],
    },
    "05-start": {
        "another order": [
            """
if not root.requires_grad:
    raise ValueError("this Tensor requires no gradient")
if gradient is not None:
    start = np.array(getattr(gradient, "data", gradient) if isinstance(gradient, Tensor) else gradient).astype(root.dtype)
    if start.shape == root.shape:
        return start
    raise ValueError(f"{start.shape} is not {root.shape}")
if root.data.size == 1:
    return np.ones_like(root.data)
raise ValueError(f"{root.shape} holds several numbers: .mean() first")
"""
        ],
        "full": [
            """
if root.requires_grad is False:
    raise ValueError("root requires no gradient")
if gradient is None:
    if math.prod(root.shape) != 1:
        raise ValueError(f"shape {root.shape}: try .mean()")
    return np.full(root.shape, 1, dtype=root.dtype)
found = np.array(gradient, dtype=root.dtype)
if found.shape != root.shape:
    raise ValueError(f"gradient {found.shape}, root {root.shape}")
return found
"""
        ],
        "copies": [
            """
if not root.requires_grad:
    raise ValueError(f"{root!r} requires no gradient")
if gradient is None and root.size != 1:
    raise ValueError("several numbers, shape " + str(root.shape) + ", use .mean()")
start = np.empty(root.shape, dtype=root.dtype)
if gradient is None:
    start[...] = 1
    return start
given = np.asarray(gradient.data if isinstance(gradient, Tensor) else gradient)
if given.shape != start.shape:
    raise ValueError(f"shapes {given.shape} and {start.shape}")
start[...] = given
return start
"""
        ],
    },
    "05-backward": {
        "one loop for both": [
            """
leaves = []
for node in order[::-1]:
    if id(node) not in waiting:
        continue
    gradient = waiting.pop(id(node))
    if node.origin is None:
        leaves.append((node, gradient))
        continue
    for tensor, part in input_gradients(node, gradient):
        if id(tensor) in waiting:
            waiting[id(tensor)] = waiting[id(tensor)] + part
        else:
            waiting[id(tensor)] = part
for leaf, gradient in leaves:
    leaf.grad = np.array(gradient) if leaf.grad is None else np.array(leaf.grad + gradient)
"""
        ],
        "from the end, by pop": [
            """
left = list(order)
while left:
    node = left.pop()
    if node.origin is not None:
        gradient = waiting.pop(id(node), None)
        if gradient is not None:
            for tensor, part in input_gradients(node, gradient):
                waiting[id(tensor)] = np.add(waiting[id(tensor)], part) if id(tensor) in waiting else part
for leaf in order:
    gradient = waiting.get(id(leaf))
    if leaf.origin is None and gradient is not None:
        leaf.grad = np.asarray(np.array(gradient) if leaf.grad is None else leaf.grad + gradient)
"""
        ],
        "lists of contributions": [
            """
lists = {key: [value] for key, value in waiting.items()}
for node in reversed(order):
    parts = lists.pop(id(node), []) if node.origin is not None else []
    if parts:
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        for tensor, part in input_gradients(node, total):
            lists.setdefault(id(tensor), []).append(part)
for leaf in order:
    for part in lists.get(id(leaf), []):
        leaf.grad = np.array(part) if leaf.grad is None else np.array(leaf.grad + part)
"""
        ],
        "the dtype kept by hand": [
            """
for node in reversed(order):
    if node.origin and id(node) in waiting:
        gradient = waiting.pop(id(node))
        for tensor, part in input_gradients(node, gradient):
            waiting[id(tensor)] = np.asarray(waiting.get(id(tensor), 0) + part, dtype=tensor.dtype)
"""
            + WRITE_LEAVES
        ],
    },
    "05-walks": {
        "longer": [
            WALKS.format("(lambda x, y: x + (x + y))(a * 4.0, a - 1.0)", "(lambda x: (x * 2.0 + x) * x)(a - 3.0)", "(a + 2.0) + (a - 0.0 + 2.0)")
        ],
        "squares": [
            WALKS.format("(lambda x, y: (y + x) + y)(a * a, a * 2.0)", "(lambda x: x * x * a + x * 2.0)(a + a)", "a * a * (a * a)")
        ],
        "the second one twice": [
            WALKS.format("(lambda x, y: (x + y) + y)(a - 1.0, a * a)", "(lambda x: x * (x * a))(a * a)", "(a * 2.0 - 1.0) * (a + a - 1.0)")
        ],
    },
    "05-matmul": {
        ".mT of newer NumPys, by swapaxes": [MATMUL.format("np.matmul(grad, b.swapaxes(-1, -2))", "np.matmul(a.swapaxes(-2, -1), grad)")],
        "einsum": [MATMUL.format('np.einsum("...nm,...km->...nk", grad, b)', 'np.einsum("...nk,...nm->...km", a, grad)')],
        "moved axes": [MATMUL.format("grad @ np.moveaxis(b, -1, -2)", "np.moveaxis(a, -2, -1) @ grad")],
        "the transpose of the other": [
            MATMUL.format("np.swapaxes(b @ np.swapaxes(grad, -1, -2), -1, -2)", "np.swapaxes(np.swapaxes(grad, -1, -2) @ a, -1, -2)")
        ],
    },
    "05-batches": {
        "case by case": [
            '''
@gradient_of("matmul")
def matmul_gradient(grad, out, a, b):
    if a.ndim == 1 and b.ndim == 1:
        return lambda: grad * b, lambda: grad * a
    if a.ndim == 1:
        return lambda: left_gradient(grad[..., None, :], b)[..., 0, :], lambda: right_gradient(a[None, :], grad[..., None, :])
    if b.ndim == 1:
        column, g = b[:, None], grad[..., None]
        rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])
        return lambda: left_gradient(g, column), lambda: right_gradient(rows, g.reshape(len(rows), 1))[:, 0]
    if a.ndim > 2 and b.ndim == 2:
        rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])
        return lambda: left_gradient(grad, b), lambda: right_gradient(rows, grad.reshape(len(rows), grad.shape[-1]))
    return lambda: left_gradient(grad, b), lambda: right_gradient(a, grad)
'''
        ],
        "tensordot": [
            '''
@gradient_of("matmul")
def matmul_gradient(grad, out, a, b):
    row, column = a.ndim == 1, b.ndim == 1
    left = np.expand_dims(a, 0) if row else a
    right = np.expand_dims(b, 1) if column else b
    g = np.expand_dims(grad, -1) if column else grad
    g = np.expand_dims(g, -2) if row else g

    def first():
        answer = left_gradient(g, right)
        return answer[..., 0, :] if row else answer

    def second():
        if right.ndim == 2 and left.ndim > 2:
            axes = list(range(left.ndim - 1))
            answer = np.tensordot(left, g, axes=(axes, axes))
        else:
            answer = right_gradient(left, g)
        return answer[..., 0] if column else answer

    return first, second
'''
        ],
        "einsum for the batch": [
            '''
@gradient_of("matmul")
def matmul_gradient(grad, out, a, b):
    a2, b2 = np.atleast_2d(a), b if b.ndim > 1 else b.reshape(-1, 1)
    g = grad.reshape(grad.shape[:grad.ndim - (a.ndim > 1) + (b.ndim > 1) * 0 - (b.ndim > 1)] + (a2.shape[-2], b2.shape[-1]))

    def of_b():
        if b2.ndim == 2 and a2.ndim > 2:
            found = np.einsum("ik,ij->kj", a2.reshape(math.prod(a2.shape[:-1]), a2.shape[-1]),
                              g.reshape(math.prod(g.shape[:-1]), g.shape[-1]))
        else:
            found = right_gradient(a2, g)
        return found if b.ndim > 1 else found[..., 0]

    return lambda: left_gradient(g, b2) if a.ndim > 1 else left_gradient(g, b2)[..., 0, :], of_b
'''
        ],
    },
    "05-reductions": {
        "the product of lengths": [
            '''
def lengths(a, axis):
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return max(math.prod(a.shape[each] for each in axes), 1)

@gradient_of("sum")
def sum_gradient(grad, out, a, axis=None, keepdims=False):
    return (spread(grad, a, axis, keepdims) + 0,)

@gradient_of("mean")
def mean_gradient(grad, out, a, axis=None, keepdims=False):
    return (spread(grad, a, axis, keepdims) / lengths(a, axis),)

def extreme_gradient(grad, out, a, axis=None, keepdims=False):
    best = (a == spread(out, a, axis, keepdims)).astype(a.dtype)
    return (best / best.sum(axis=axis, keepdims=True) * spread(grad, a, axis, keepdims),)

gradient_of("max")(extreme_gradient)
gradient_of("min")(extreme_gradient)

@gradient_of("var")
def var_gradient(grad, out, a, axis=None, keepdims=False, correction=1):
    n = lengths(a, axis)
    mean = a.sum(axis=axis, keepdims=True) / n
    return (2 * (a - mean) * spread(grad, a, axis, keepdims) / max(n - correction, 1),)
'''
        ],
        "counted by a sum of ones": [
            '''
@gradient_of("sum")
def sum_gradient(grad, out, a, axis=None, keepdims=False):
    return (spread(grad, a, axis, keepdims) + 0,)

@gradient_of("mean")
def mean_gradient(grad, out, a, axis=None, keepdims=False):
    n = np.maximum(np.ones_like(a).sum(axis=axis, keepdims=True), 1)
    return (spread(grad, a, axis, keepdims) / n,)

@gradient_of("min")
@gradient_of("max")
def extreme_gradient(grad, out, a, axis=None, keepdims=False):
    chosen = np.where(a == spread(out, a, axis, keepdims), 1, 0).astype(grad.dtype)
    return (spread(grad, a, axis, keepdims) * chosen / chosen.sum(axis, keepdims=True),)

@gradient_of("var")
def var_gradient(grad, out, a, axis=None, keepdims=False, correction=1):
    n = np.maximum(np.ones_like(a).sum(axis=axis, keepdims=True), 1)
    centred = a - a.sum(axis=axis, keepdims=True) / n
    return (spread(grad, a, axis, keepdims) * 2 * centred / np.maximum(n - correction, 1),)
'''
        ],
        "the old way, with a guard": [
            '''
@gradient_of("sum")
def sum_gradient(grad, out, a, axis=None, keepdims=False):
    return (spread(grad, a, axis, keepdims) + 0,)

@gradient_of("mean")
def mean_gradient(grad, out, a, axis=None, keepdims=False):
    if a.size == 0:
        return (np.zeros_like(a),)
    return (spread(grad / (a.size // out.size), a, axis, keepdims),)

@gradient_of("max")
@gradient_of("min")
def extreme_gradient(grad, out, a, axis=None, keepdims=False):
    same = np.equal(a, spread(out, a, axis, keepdims))
    share = grad if axis is None or keepdims else np.expand_dims(grad, axis)
    return (same * (share / same.sum(axis=axis, keepdims=True).astype(grad.dtype)),)

@gradient_of("var")
def var_gradient(grad, out, a, axis=None, keepdims=False, correction=1):
    if a.size == 0:
        return (np.zeros_like(a),)
    n = a.size // out.size
    slope_of_each = 2 * (a - a.mean(axis=axis, keepdims=True)) / max(n - correction, 1)
    return (slope_of_each * spread(grad, a, axis, keepdims),)
'''
        ],
    },
    "05-moves": {
        "argsort, after counting from the front": [
            '''
@gradient_of("reshape")
def reshape_gradient(grad, out, a, shape):
    return (np.reshape(grad, a.shape),)

@gradient_of("transpose")
def transpose_gradient(grad, out, a, axes):
    return (np.transpose(grad, np.argsort([axis % a.ndim for axis in axes])),)

@gradient_of("getitem")
def getitem_gradient(grad, out, a, index):
    result = np.zeros(a.shape, dtype=a.dtype)
    np.add.at(result, index, grad)
    return (result,)
'''
        ],
        "places, sorted": [
            '''
@gradient_of("reshape")
def reshape_gradient(grad, out, a, *, shape):
    return (grad.reshape(*a.shape),)

@gradient_of("transpose")
def transpose_gradient(grad, out, a, *, axes):
    positive = [axis if axis >= 0 else axis + len(axes) for axis in axes]
    return (grad.transpose([positive.index(axis) for axis in range(len(axes))]),)

@gradient_of("getitem")
def getitem_gradient(grad, out, a, *, index):
    places = np.arange(a.size).reshape(a.shape)[index]
    summed = np.bincount(places.reshape(-1), weights=grad.reshape(-1), minlength=a.size)
    return (summed.reshape(a.shape).astype(a.dtype),)
'''
        ],
        "moved axis by axis": [
            '''
@gradient_of("reshape")
def reshape_gradient(grad, out, a, *, shape):
    return (grad.ravel().reshape(a.shape),)

@gradient_of("transpose")
def transpose_gradient(grad, out, a, *, axes):
    return (np.moveaxis(grad, range(len(axes)), axes),)

@gradient_of("getitem")
def getitem_gradient(grad, out, a, *, index):
    result = a * 0
    np.add.at(result, index, grad)
    return (result,)
'''
        ],
    },
    "05-softmax": {
        "in other words": [
            '''
@gradient_of("log_softmax")
def log_softmax_gradient(grad, out, a, axis=-1):
    p = np.exp(out)
    total = np.sum(grad, axis=axis, keepdims=True)
    return (grad - p * total,)

@gradient_of("softmax")
def softmax_gradient(grad, out, a, axis=-1):
    mean = (grad * out).sum(axis=axis, keepdims=True)
    return (out * (grad - mean),)
'''
        ],
        "softmax through log_softmax": [
            '''
@gradient_of("log_softmax")
def log_softmax_gradient(grad, out, a, axis=-1):
    return (grad - np.exp(out) * np.expand_dims(grad.sum(axis), axis),)

@gradient_of("softmax")
def softmax_gradient(grad, out, a, axis=-1):
    g = grad * out
    return (g - out * np.expand_dims(g.sum(axis), axis),)
'''
        ],
        "shifted logits": [
            '''
@gradient_of("log_softmax")
def log_softmax_gradient(grad, out, a, axis=-1):
    e = np.exp(a - a.max(axis=axis, keepdims=True))
    return (grad - e / e.sum(axis=axis, keepdims=True) * grad.sum(axis=axis, keepdims=True),)

@gradient_of("softmax")
def softmax_gradient(grad, out, a, axis=-1):
    return (out * grad - out * (out * grad).sum(axis=axis, keepdims=True),)
'''
        ],
    },
    "05-losses": {
        "one-hot": [
            '''
@gradient_of("mse_loss")
def mse_loss_gradient(grad, out, predictions, targets, reduction="mean"):
    n = predictions.size if reduction == "mean" else 1
    return grad * 2 * (predictions - targets) / n, lambda: grad * 2 * (targets - predictions) / n

@gradient_of("cross_entropy")
def cross_entropy_gradient(grad, out, logits, labels, reduction="mean"):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    truth = (np.arange(logits.shape[1]) == labels[:, None]).astype(logits.dtype)
    weights = np.broadcast_to(grad, labels.shape) / (len(labels) if reduction == "mean" else 1)
    return weights[:, None] * (p - truth), None

@gradient_of("bce_with_logits")
def bce_with_logits_gradient(grad, out, logits, targets, reduction="mean"):
    n = logits.size if reduction == "mean" else 1
    p = 0.5 * (1 + np.tanh(logits / 2))
    return (p - targets) * grad / n, -logits * grad / n
'''
        ],
        "masks": [
            '''
def share(grad, reduction, n):
    return grad / n if reduction == "mean" else grad

@gradient_of("mse_loss")
def mse_loss_gradient(grad, out, predictions, targets, reduction="mean"):
    d = predictions - targets
    g = share(grad, reduction, d.size)
    return lambda: g * (d + d), lambda: -g * (d + d)

@gradient_of("cross_entropy")
def cross_entropy_gradient(grad, out, logits, labels, reduction="mean"):
    shifted = logits - np.max(logits, axis=1)[:, None]
    p = np.exp(shifted - np.log(np.exp(shifted).sum(axis=1))[:, None])
    np.subtract.at(p, (np.arange(len(labels)), labels), 1)
    g = np.asarray(share(grad, reduction, labels.size))
    return p * g.reshape(-1, 1), None

@gradient_of("bce_with_logits")
def bce_with_logits_gradient(grad, out, logits, targets, reduction="mean"):
    e = np.exp(-np.abs(logits))
    p = np.where(logits >= 0, 1, e) / (1 + e)
    g = share(grad, reduction, logits.size)
    return lambda: g * (p - targets), lambda: -logits * g
'''
        ],
        "loops over rows": [
            '''
@gradient_of("mse_loss")
def mse_loss_gradient(grad, out, predictions, targets, reduction="mean"):
    if reduction == "mean":
        grad = grad / predictions.size
    first = 2 * grad * (predictions - targets)
    return first, -first

@gradient_of("cross_entropy")
def cross_entropy_gradient(grad, out, logits, labels, reduction="mean"):
    slopes = np.empty_like(logits)
    for i, (row, label) in enumerate(zip(logits, labels)):
        e = np.exp(row - row.max())
        slopes[i] = e / e.sum()
        slopes[i, label] -= 1
        slopes[i] *= grad[i] if reduction == "none" else grad / len(labels) if reduction == "mean" else grad
    return slopes, None

@gradient_of("bce_with_logits")
def bce_with_logits_gradient(grad, out, logits, targets, reduction="mean"):
    scale = grad / logits.size if reduction == "mean" else grad
    p = np.exp(-np.logaddexp(0, -logits))
    return scale * (p - targets), lambda: scale * -logits
'''
        ],
    },
    "05-reader": {
        "in place": [
            """
history = []
for step in range(steps):
    reader.zero_grad()
    loss = loss_of(reader, ink, labels)
    history.append(float(loss.data))
    backward(loss)
    for weights in reader.parameters():
        weights.data -= learning_rate * weights.grad
return history
"""
        ],
        "None by hand": [
            """
losses, parameters = [], list(reader.parameters())
while len(losses) < steps:
    for parameter in parameters:
        parameter.grad = None
    loss = loss_of(reader, ink, labels)
    backward(loss)
    losses.append(float(loss))
    for parameter in parameters:
        parameter.data = parameter.data + parameter.grad * -learning_rate
return losses
"""
        ],
        "forgotten afterwards": [
            """
losses = []
reader.zero_grad()
for _ in range(steps):
    loss = loss_of(reader, ink, labels)
    losses += [loss.item()]
    backward(loss)
    for parameter in reader.parameters():
        parameter.data[...] = parameter.data - learning_rate * parameter.grad
    reader.zero_grad()
return losses
"""
        ],
        "zeros to add to": [
            """
losses = []
for _ in range(steps):
    loss = loss_of(reader, ink, labels)
    losses.append(loss.data.item())
    for parameter in reader.parameters():
        parameter.grad = np.zeros_like(parameter.data)
    backward(loss)
    for parameter in reader.parameters():
        parameter.data = parameter.data - learning_rate * parameter.grad
return losses
"""
        ],
    },
    "05-compare": {
        "a loop": [
            """
for index in np.ndindex(found.shape):
    near = abs(found[index] - measured[index]) <= tolerance * max(1, abs(measured[index]))
    near = near and abs(measured[index]) < math.inf
    if not near:
        return index
return None
"""
        ],
        "far or nan": [
            """
far = np.abs(found - measured) > tolerance * np.maximum(np.abs(measured), 1)
bad = far | ~np.isfinite(found) | ~np.isfinite(measured)
if not bad.any():
    return None
return tuple(np.argwhere(bad)[0].tolist())
"""
        ],
        "unravelled": [
            """
near = np.less_equal(abs(measured - found), tolerance * np.where(np.abs(measured) > 1, np.abs(measured), 1))
near = near & (abs(measured) != np.inf)
if np.all(near):
    return
flat = int(np.flatnonzero(~near.reshape(-1))[0]) if near.ndim else 0
return tuple(int(i) for i in np.unravel_index(flat, found.shape)) if found.shape else ()
"""
        ],
    },
    "05-check": {
        "a loop that breaks": [
            """
if whole == "":
    return True
guilty = ""
for node in topological_order(function(*leaves)):
    if node.origin is None:
        continue
    name, tensors, options = node.origin
    new = [Tensor(np.array(t.data), t.dtype, t.requires_grad) for t in tensors]
    found = _fault(lambda *inputs: apply(name, *inputs, **options), new, epsilon, tolerance)
    if found:
        guilty = f"the rule of {name!r} is wrong for its {found}"
        break
raise AssertionError(whole + "; " + (guilty or "each rule alone is right"))
"""
        ],
        "_new_leaf": [
            """
if whole:
    for node in [n for n in topological_order(function(*leaves)) if n.origin]:
        name, inputs, options = node.origin
        new = [_new_leaf(t) for t in inputs]
        said = _fault(lambda *a: apply(name, *a, **options), new, epsilon, tolerance)
        if said:
            raise AssertionError(f"{whole}\\nthe rule of '{name}' is wrong for its {said}")
    raise AssertionError(f"{whole} (each rule alone is right)")
return True
"""
        ],
        "a list of faults": [
            """
if not whole:
    return True
faults = []
for node in reversed(topological_order(function(*leaves))):
    if node.origin:
        name, tensors, options = node.origin
        fresh = [Tensor(t.data + 0, dtype=t.dtype, requires_grad=t.requires_grad) for t in tensors]
        said = _fault(lambda *a: apply(name, *a, **options), fresh, epsilon, tolerance)
        faults += [f"the rule of {name!r} is wrong for its {said}"] if said else []
raise AssertionError("; ".join([whole, *(faults or ["each rule alone is right"])]))
"""
        ],
    },
    "05-fool": {
        "one Tensor, cleared": [
            """
ink = Tensor(picture.copy()[None, :], requires_grad=True)
for _ in range(steps):
    ink.grad = None
    backward(loss_of(reader, ink, np.array([label])))
    ink.data = np.clip(ink.data - rate * ink.grad, 0, 1)
return ink.data[0]
"""
        ],
        "minimum and maximum": [
            """
new = picture.copy()
for _ in range(steps):
    leaf = Tensor(new.reshape(1, -1), requires_grad=True)
    backward(loss_of(reader, leaf, np.array([label])))
    new = np.minimum(np.maximum(new - rate * leaf.grad.reshape(-1), 0), 1)
return new
"""
        ],
        "a leaf without the axis": [
            """
now = np.array(picture)
for step in range(steps):
    leaf = Tensor(now, requires_grad=True)
    backward(loss_of(reader, leaf.reshape(1, len(now)), [label]))
    now = (now - rate * leaf.grad).clip(0, 1)
return now
"""
        ],
    },
}
