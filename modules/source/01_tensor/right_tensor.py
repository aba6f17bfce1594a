"""Right answers to module 01, written differently: none of them may fail a check."""

from __future__ import annotations

COUNT = """
n = 1
for each in axis_numbers(axis, a.shape):
    n *= a.shape[each]
if n < least:
    raise ValueError(f"shape {a.shape} has {n} numbers along {axis}")
return n
"""
EXTREMES = '''
@op
def max_(a, axis=None, keepdims=False):
    """The largest number along an axis."""
    count_along(a, axis)
    return np.amax(a, axis=axis_numbers(axis, a.shape), keepdims=keepdims)


@op
def min_(a, axis=None, keepdims=False):
    """The smallest number along an axis."""
    if count_along(a, axis):
        return np.amin(a, axis_numbers(axis, a.shape), keepdims=keepdims)
'''
FAKES = "FOR_SHORTCUT = {}\nFOR_BY_LENGTH = {}\nFOR_BY_ROW = {}"
DUNDER = "def __{}__(self, other):\n    return apply({!r}, {})\n\n\n"
SYMBOLS = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow", "matmul": "matmul"}

RIGHT: dict[str, dict[str, list[str]]] = {
    "01-dtype": {
        "two questions, one after the other": [
            """
try:
    array = np.array(data, copy=False) if isinstance(data, np.ndarray) else np.asarray(data)
except ValueError:
    raise ValueError(f"rows of {[len(r) if hasattr(r, '__len__') else 1 for r in data]}")
if array.dtype.kind not in ("f", "i", "u", "b"):
    raise TypeError(f"{array.dtype} holds no numbers")
if dtype is not None:
    if np.dtype(dtype).kind not in "fiub":
        raise TypeError(f"no Tensor of {np.dtype(dtype)}")
    return array.astype(dtype, copy=False)
if array.dtype.kind == "f":
    return array.astype("float32", copy=False)
return array
"""
        ],
        "issubdtype": [
            """
def number(dtype):
    return np.issubdtype(dtype, np.floating) or np.issubdtype(dtype, np.integer) or dtype == np.bool_

try:
    array = np.asarray(data)
except ValueError as error:
    raise ValueError("rows differ: " + ", ".join(str(np.size(row)) for row in data)) from error
wanted = array.dtype if dtype is None else np.dtype(dtype)
for each in (array.dtype, wanted):
    if not number(each):
        raise TypeError("not " + str(each))
if dtype is None and np.issubdtype(wanted, np.floating):
    wanted = np.dtype(np.float32)
return array if array.dtype == wanted else array.astype(wanted)
"""
        ],
        "looks at the rows first": [
            """
if isinstance(data, (list, tuple)) and any(isinstance(row, (list, tuple)) for row in data):
    lengths = [len(row) if isinstance(row, (list, tuple)) else 1 for row in data]
    if len(set(lengths)) > 1:
        raise ValueError(f"rows of different lengths, {lengths}")
array = np.asarray(data)
if array.dtype.kind not in "biuf":
    raise TypeError(str(array.dtype))
if dtype is None:
    return np.asarray(array, np.float32) if array.dtype.kind == "f" else array
if np.dtype(dtype).kind not in "biuf":
    raise TypeError(str(np.dtype(dtype)))
return np.asarray(array, dtype)
"""
        ],
    },
    "01-broadcast": {
        "from the right": [
            """
result = ()
for place in range(1, max(len(a), len(b)) + 1):
    m = a[-place] if place <= len(a) else 1
    n = b[-place] if place <= len(b) else 1
    if m == 1:
        result = (n, *result)
    elif n in (1, m):
        result = (m, *result)
    else:
        raise ValueError(f"{a} does not broadcast with {b}")
return result
"""
        ],
        "zip_longest": [
            """
from itertools import zip_longest
sizes = []
for m, n in zip_longest(reversed(a), reversed(b), fillvalue=1):
    if m == n or n == 1:
        sizes.insert(0, m)
    elif m == 1:
        sizes.insert(0, n)
    else:
        raise ValueError(f"cannot broadcast {a} and {b}")
return tuple(sizes)
"""
        ],
        "filled up in a loop": [
            """
x, y = list(a), list(b)
while len(x) < len(y):
    x.insert(0, 1)
while len(y) < len(x):
    y.insert(0, 1)
for m, n in zip(x, y):
    if len({m, n} - {1}) > 1:
        raise ValueError(f"shapes {a}, {b}")
return tuple(n if m == 1 else m for m, n in zip(x, y))
"""
        ],
    },
    "01-compute": {
        "the shapes first": [
            """
function = OPS.get(name)
if function is None:
    raise ValueError(f"{name!r} is unknown")
try:
    out = function(*arrays, **options)
except ValueError:
    if type(function) is np.ufunc:
        broadcast_shape(*[array.shape for array in arrays])
    raise
out = np.asarray(out)
if out.dtype != np.float64 or any(array.dtype == np.float64 for array in arrays):
    return out
return out.astype("float32")
"""
        ],
        "by types": [
            """
if name not in OPS.keys():
    raise ValueError(f"no {name!r}")
if isinstance(OPS[name], np.ufunc) and len(arrays) == 2:
    broadcast_shape(arrays[0].shape, arrays[1].shape)
result = np.asarray(OPS[name](*arrays, **options))
float64 = np.dtype("float64")
came = {array.dtype for array in arrays}
return np.asarray(result, np.float32) if result.dtype == float64 and float64 not in came else result
"""
        ],
        "KeyError": [
            """
try:
    operation = OPS[name]
except KeyError:
    raise ValueError(f"{name!r}?") from None
try:
    result = operation(*arrays, **options)
except ValueError as error:
    if not isinstance(operation, np.ufunc):
        raise
    broadcast_shape(arrays[0].shape, arrays[-1].shape)
    raise error
if not isinstance(result, np.ndarray):
    result = np.array(result)
if result.dtype.name == "float64" and "float64" not in [a.dtype.name for a in arrays]:
    result = result.astype(np.float32)
return result
"""
        ],
    },
    "01-matmul": {
        "plain": [
            """
if () in (a.shape, b.shape):
    raise ValueError(f"shapes {a.shape} and {b.shape}: use * for numbers")
k = b.shape[0] if b.ndim == 1 else b.shape[-2]
if a.shape[-1] == k:
    return np.matmul(a, b)
message = f"shapes {a.shape} and {b.shape}: {a.shape[-1]} is not {k}"
if a.ndim == 2 and b.ndim == 2:
    if a.shape[1] == b.shape[1]:
        message += "; try a @ b.T"
    elif a.shape[0] == b.shape[0]:
        message += "; try a.T @ b"
raise ValueError(message)
"""
        ],
        "tries the transposes": [
            """
if min(a.ndim, b.ndim) == 0:
    raise ValueError(f"{a.shape} times {b.shape}: * multiplies by a number")
inner = lambda a, b: (a.shape[-1], b.shape[max(-2, -b.ndim)])
m, n = inner(a, b)
if m != n:
    tables = a.ndim == 2 == b.ndim
    fits = {"a.T @ b": (a.T, b), "a @ b.T": (a, b.T)} if tables else {}
    fix = [name for name, pair in fits.items() if len(set(inner(*pair))) == 1]
    raise ValueError(f"{a.shape} @ {b.shape}: {m} and {n} differ. {' or '.join(fix)}")
return a @ b
"""
        ],
        "einsum for tables": [
            """
if a.ndim == 0 or b.ndim == 0:
    raise ValueError(f"{a.shape}, {b.shape}: *")
inner = b.shape[-2] if b.ndim > 1 else b.shape[-1]
if a.shape[-1] != inner:
    fix = ""
    if a.ndim == 2 and b.ndim == 2 and inner == a.shape[0]:
        fix = "use a.T @ b"
    if a.ndim == 2 and b.ndim == 2 and b.shape[1] == a.shape[1]:
        fix = "use a @ b.T"
    raise ValueError(f"{a.shape} {b.shape} {fix}")
return np.einsum("nk,km->nm", a, b) if a.ndim == b.ndim == 2 else a @ b
"""
        ],
    },
    "01-axes": {
        "one after the other": [
            """
if axis is None:
    axis = range(len(shape))
elif not isinstance(axis, (list, tuple)):
    axis = (axis,)
found = ()
for i in axis:
    if not isinstance(i, (int, np.integer)):
        raise TypeError(f"axis {i!r} is no whole number")
    n = i + len(shape) if i < 0 else i
    if n < 0 or n >= len(shape) or n in found:
        raise ValueError(f"axis {i} in shape {shape}")
    found += (int(n),)
return found
"""
        ],
        "operator.index": [
            """
ndim = len(shape)
axes = list(range(ndim)) if axis is None else list(axis) if isinstance(axis, (list, tuple)) else [axis]
for place, each in enumerate(axes):
    try:
        operator.index(each)
    except TypeError:
        raise TypeError(f"axis must be whole, not {each!r}") from None
    if each not in range(-ndim, ndim):
        raise ValueError(f"axis {each} is not in shape {shape}")
    axes[place] = each % ndim
    if axes.index(axes[place]) < place:
        raise ValueError(f"axis {each} twice in shape {shape}")
return tuple(axes)
"""
        ],
        "a set of what was seen": [
            """
if axis is None:
    return tuple(range(len(shape)))
if not isinstance(axis, (list, tuple)):
    return axis_numbers((axis,), shape)
seen = set()
for each in axis:
    if isinstance(each, (str, float)):
        raise TypeError(f"axis: {each!r}")
    if each >= len(shape) or each < -len(shape):
        raise ValueError(f"{each} is out of {shape}")
    if each % len(shape) in seen:
        raise ValueError(f"{each} again, {shape}")
    seen.add(each % len(shape))
return tuple(each % len(shape) for each in axis)
"""
        ],
    },
    "01-reductions": {
        "with each other": [
            COUNT,
            "return sum_(a, axis, keepdims) / count_along(a, axis)",
            "n = count_along(a, axis, correction + 1)\nd = a - mean(a, axis, True)\nreturn sum_(d**2, axis=axis, keepdims=keepdims) / (n - correction)",
            EXTREMES,
        ],
        "NumPy's own": [
            COUNT,
            "count_along(a, axis)\nreturn np.mean(a, axis=axis_numbers(axis, a.shape), keepdims=keepdims)",
            "count_along(a, axis, correction + 1)\nreturn np.var(a, axis=axis_numbers(axis, a.shape), keepdims=keepdims, ddof=correction)",
            EXTREMES,
        ],
        "the sum over n times the mean": [
            "sizes = [a.shape[i] for i in axis_numbers(axis, a.shape)]\nn = int(np.prod(sizes))\nif n >= least:\n    return n\nraise ValueError(f'{a.shape} {n}')",
            "n = count_along(a, axis)\nreturn (a / n).sum(axis_numbers(axis, a.shape), keepdims=keepdims)",
            "n = count_along(a, axis, least=1 + correction)\nmu = mean(a, axis, keepdims=True)\nreturn mean(np.square(a - mu), axis, keepdims) * (n / (n - correction))",
            EXTREMES,
        ],
    },
    "01-fakes": {
        "float32": [FAKES.format("np.float32([[10000, 10001, 10003]])", "np.float32([[1, 3]])", "np.float32([[0, 1], [9, 5]])")],
        "tall and negative": [FAKES.format("np.array([[-1e9], [-3e9]]) + [[0.0, 1.0]]", "np.array([[1.0, 2.0]] * 7)", "np.array([[1, 5], [7, 7]])")],
        "large": [FAKES.format("1e8 + np.arange(12.0).reshape(3, 4)", "np.arange(12.0).reshape(3, 4)", "np.arange(16.0).reshape(4, 4)")],
    },
    "01-facts": {
        "one after the other": [
            """
if isinstance(value, np.generic):
    self._data = np.array(value, dtype=self.dtype)
elif not isinstance(value, np.ndarray):
    raise TypeError("data: an array belongs here, not a " + type(value).__name__)
elif self.requires_grad and value.dtype.kind != "f":
    raise ValueError(f"{value.dtype} has no slopes")
else:
    self._data = value
""",
            """
if value is None:
    self._grad = None
    return
if isinstance(value, np.generic):
    value = np.array(value, self._data.dtype)
if not isinstance(value, np.ndarray):
    raise TypeError(f"grad, not {type(value).__name__}")
if np.shape(value) != self.shape:
    raise ValueError(f"{value.shape} is not {self.shape}")
self._grad = value
""",
            """
if not value:
    self._requires_grad = False
elif np.issubdtype(self._data.dtype, np.floating):
    self._requires_grad = True
else:
    raise ValueError(f"{self._data.dtype}: no slopes")
""",
        ],
    },
    "01-nograd": {
        "a list of marks": ["_state = []", "return not _state", "_state.append(self)\nreturn self", "_state.pop()"],
        "a count from 1": [
            '_state = {"open": 1}',
            'return bool(_state["open"] == 1)',
            '_state["open"] = _state["open"] + 1\nreturn self',
            '_state.update(open=_state["open"] - 1)\nreturn None',
        ],
        "a stack of flags": [
            '_state = {"flags": [True]}',
            'return _state["flags"][-1]',
            '_state["flags"].append(False)\nreturn self',
            'del _state["flags"][-1]\nreturn False',
        ],
    },
    "01-beside": {
        "row by row": [
            """
number = array.shape == ()
if dtype.kind == "f":
    if number:
        return dtype
    if array.dtype.kind == "f":
        return dtype
elif number and dtype.kind != "b" and array.dtype.kind != "f":
    limits = np.iinfo(dtype)
    if limits.min <= int(array) and int(array) <= limits.max:
        return dtype
""",
            """
floats = [each for each in inputs if isinstance(each, _Facts) and each.dtype.kind == "f"]
others = [each for each in inputs if isinstance(each, _Facts)]
made = []
for each in inputs:
    if not isinstance(each, _Facts):
        array = np.asarray(each)
        first = (floats + others)[:1]
        each = wrap(as_array(array, dtype_beside(array, first[0].dtype) if first else None))
    made.append(each)
return tuple(made)
""",
        ],
        "sorted": [
            """
if dtype.kind == "f" and (array.ndim == 0 or array.dtype.kind == "f"):
    return dtype
if array.ndim or array.dtype.kind == "f" or dtype.kind not in ("i", "u"):
    return None
info = np.iinfo(dtype)
return dtype if array.item() in range(info.min, info.max + 1) else None
""",
            """
dtypes = sorted((t.dtype for t in inputs if hasattr(t, "requires_grad")), key=lambda d: d.kind != "f")
def make(value):
    if hasattr(value, "requires_grad"):
        return value
    array = np.asarray(value)
    return wrap(as_array(array, dtype_beside(array, dtypes[0]))) if dtypes else wrap(as_array(array))
return tuple(map(make, inputs))
""",
        ],
    },
    "01-apply": {
        "any": [
            """
options = by_name(name, _TAKES.get(name, options), options)
tensors = as_tensors(inputs)
result = wrap(compute(name, [tensor.data for tensor in tensors], options))
wanted = any(tensor.requires_grad for tensor in tensors)
if is_recording() and wanted and result.dtype.kind == "f":
    result.requires_grad = True
    result.origin = (name, tensors, options)
return result
"""
        ],
        "returns early": [
            """
tensors = as_tensors(inputs)
own = by_name(name, _TAKES.get(name, options), options)
out = wrap(compute(name, tuple(t.data for t in tensors), own))
if not is_recording() or out.dtype.kind != "f":
    return out
if True not in [t.requires_grad for t in tensors]:
    return out
out.origin = name, tensors, own
out.requires_grad = True
return out
"""
        ],
    },
    "01-operators": {
        "by hand": [
            "".join(DUNDER.format(key, name, "self, other") for key, name in SYMBOLS.items())
            + "".join(DUNDER.format("r" + key, name, "other, self") for key, name in SYMBOLS.items())
            + "def __neg__(self):\n    return apply('neg', self)\n"
        ],
        "lambdas": [
            "\n".join(f"__{key}__ = lambda self, other: apply({name!r}, self, other)" for key, name in SYMBOLS.items())
            + "\n"
            + "\n".join(f"__r{key}__ = lambda self, other: apply({name!r}, other, self)" for key, name in SYMBOLS.items())
            + "\n__neg__ = lambda self: apply('neg', self)"
        ],
    },
    "01-shapes": {
        "other ways": [
            """
if -1 in shape:
    try:
        return np.reshape(a, shape)
    except ValueError:
        raise ValueError(f"{a.shape} into {shape}?") from None
if math.prod(shape) != a.size:
    raise ValueError(f"{a.shape} into {shape}?")
return np.reshape(a, shape)
""",
            '''
def reshape(self, *shape):
    return apply("reshape", self, shape=tuple(sizes(shape)))

def view(self, *shape):
    return self.reshape(*shape)

def transpose(self, dim0, dim1):
    order = np.arange(self.ndim).tolist()
    i = axis_numbers(dim0, self.shape)[0]
    j = axis_numbers(dim1, self.shape)[0]
    order[i] = j
    order[j] = i
    return self.permute(order)

def permute(self, *dims):
    dims = sizes(dims)
    if len(dims) != len(self.shape):
        raise ValueError(f"{dims} for {self.shape}")
    return apply("transpose", self, axes=axis_numbers(tuple(dims), self.shape))

@property
def T(self):
    if self.ndim < 2:
        return self.permute(*range(self.ndim))
    if self.ndim == 2:
        return self.transpose(0, 1)
    raise ValueError(f"{self.shape} is no table")

@named
def squeeze(self, dim=None):
    numbers = axis_numbers(dim, self.shape)
    shape = list(self.shape)
    for number in sorted(numbers, reverse=True):
        if shape[number] == 1:
            del shape[number]
    return self.reshape(*shape)

@named
def unsqueeze(self, dim):
    shape = list(self.shape)
    shape.insert(axis_numbers(dim, (1, *shape))[0], 1)
    return self.reshape(shape)

def flatten(self, start_dim=0, end_dim=-1):
    shape = self.shape if self.ndim else (1,)
    first = axis_numbers(start_dim, shape)[0]
    last = axis_numbers(end_dim, shape)[0]
    n = 1
    for size in shape[first : last + 1]:
        n = n * size
    return self.reshape(shape[:first] + (n,) + shape[last + 1 :])

def __getitem__(self, index):
    def plain(part):
        return part.data if isinstance(part, _Facts) else part

    if isinstance(index, tuple):
        return apply("getitem", self, index=tuple(map(plain, index)))
    return apply("getitem", self, index=plain(index))
''',
        ],
    },
    "01-python": {
        "from item": [
            '''
def item(self):
    if self.data.size == 1:
        return self.data.reshape(-1).tolist()[0]
    raise ValueError(f"{self.data.shape} is not one number")

def __float__(self):
    return self.item() + 0.0

def __int__(self):
    return math.trunc(self.item())

def __bool__(self):
    return self.item() != 0

def __index__(self):
    if np.issubdtype(self.dtype, np.floating):
        raise TypeError(f"{self.dtype} is no index")
    return int(self)

def __format__(self, form):
    if form == "":
        return repr(self)
    return f"{self.item():{form}}"

def __len__(self):
    if not self.shape:
        raise TypeError(f"shape {self.shape}")
    return len(self.data)

def __iter__(self):
    for i in range(len(self)):
        yield self[i]
'''
        ],
        "a list of parts": [
            '''
def item(self):
    if math.prod(self.shape) != 1:
        raise ValueError("shape " + str(self.shape))
    return self.data.item()

def __float__(self):
    return float(self.item())

def __int__(self):
    return int(float(self))

def __bool__(self):
    return bool(self.item())

def __index__(self):
    if self.dtype.kind == "f":
        raise TypeError("an index of " + str(self.dtype))
    return int(self.item())

def __format__(self, spec):
    return str(self) if not spec else format(self.item(), spec)

def __len__(self):
    if self.shape == ():
        raise TypeError("()")
    return self.shape[0]

def __iter__(self):
    return iter([self[i] for i in range(len(self))])
'''
        ],
    },
    "01-copies": {
        "with each other": [
            '''
def numpy(self):
    return self._data

def tolist(self):
    return self.numpy().tolist()

def numel(self):
    return math.prod(self.shape)

def detach(self):
    return wrap(self.numpy())

def clone(self):
    if self.dtype.kind != "f":
        return wrap(np.array(self.data))
    return apply("mul", self, 1.0)

def astype(self, dtype):
    return wrap(self.data.astype(dtype))
'''
        ],
        "by operators": [
            '''
def numpy(self):
    return self.data

def tolist(self):
    return np.ndarray.tolist(self.data)

def numel(self):
    return int(self.data.size)

def detach(self):
    return Tensor(self.data, self.dtype)

def clone(self):
    return self * 1 if self.dtype.kind == "f" else Tensor(self.data.copy(), self.dtype)

def astype(self, dtype):
    return Tensor(np.array(self.data, dtype=dtype), dtype=dtype)
'''
        ],
    },
    "01-constructors": {
        "other ways": [
            """
if rng is None:
    return np.random.default_rng()
if isinstance(rng, np.random.Generator):
    return rng
if type(rng) is bool or not isinstance(rng, (int, np.integer)):
    raise TypeError(f"rng={rng!r}")
return np.random.default_rng(seed=int(rng))
""",
            '''
@named
def zeros(*shape, dtype=np.float32, requires_grad=False):
    return Tensor(np.zeros(sizes(shape)), dtype=dtype, requires_grad=requires_grad)

@named
def ones(*shape, dtype=np.float32, requires_grad=False):
    return Tensor(np.full(sizes(shape), 1.0), dtype, requires_grad)

@named
def full(shape, value, dtype=None, requires_grad=False):
    return Tensor(np.broadcast_to(np.asarray(value), shape).copy(), dtype, requires_grad)

@named
def arange(*limits, step=None, dtype=None, requires_grad=False):
    numbers = np.arange(*limits) if step is None else np.arange(*limits, step=step)
    return Tensor(numbers, dtype, requires_grad)

@named
def rand(*shape, rng=None, dtype=np.float32, requires_grad=False):
    numbers = as_generator(rng).random(size=sizes(shape), dtype=dtype)
    return Tensor(numbers, dtype, requires_grad)

@named
def randn(*shape, rng=None, dtype=np.float32, requires_grad=False):
    numbers = as_generator(rng).standard_normal(size=sizes(shape), dtype=dtype)
    return Tensor(numbers, dtype, requires_grad)
''',
        ],
    },
    "01-reader": {
        "powers": ["return x / ((x / 1) ** 2).sum(axis=1, keepdims=True) ** 0.5", "return labels[(unit(known) @ unit(new).T).argmax(dim=0)]"],
        "astype": [
            "ink = x if x.dtype.kind == 'f' else x.astype(np.float32)\nlength = (ink * ink).sum(1).sqrt()\nreturn ink / length.unsqueeze(1)",
            "best = (unit(new) @ unit(known).transpose(0, 1)).argmax(-1)\nreturn labels[best]",
        ],
        "the new ones as they are": ["x = x * 1.0\nreturn x / x.__pow__(2).sum(dim=-1, keepdim=True).sqrt()", "return labels[(new @ unit(known).T).argmax(axis=1)]"],
    },
    "01-replay": {
        "a loop over what waits": [
            """
done, waiting = {}, [result]
while waiting:
    tensor = waiting[-1]
    inputs = tensor.origin[1] if tensor.origin else ()
    missing = [each for each in inputs if id(each) not in done]
    if missing:
        waiting += missing
        continue
    waiting.pop()
    if id(tensor) in done:
        continue
    if tensor.origin is None:
        done[id(tensor)] = tensor.data.astype(dtype) if tensor.dtype.kind == "f" else tensor.data
    else:
        name, _, options = tensor.origin
        done[id(tensor)] = np.asarray(OPS[name](*[done[id(each)] for each in inputs], **options))
return done[id(result)]
"""
        ],
        "Tensors as keys": [
            """
def again(tensor, known={}):
    if tensor not in known:
        if tensor.origin:
            name, inputs, options = tensor.origin
            known[tensor] = compute(name, [again(each) for each in inputs], options)
        elif tensor.dtype.kind == "f":
            known[tensor] = np.asarray(tensor.data, dtype)
        else:
            known[tensor] = tensor.data
    return known[tensor]

return again(result)
"""
        ],
    },
}
