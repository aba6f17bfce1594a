"""Wrong answers to module 01 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# 01-dtype

slip("01-dtype", "float64 stays", "float64 | floats of any size", 'np.float32 if array.dtype.kind == "f" else array.dtype', "array.dtype")
slip("01-dtype", "only float64 is looked at", "float16 | floats of any size", 'array.dtype.kind == "f"', "array.dtype == np.float64")
slip("01-dtype", "everything becomes float32", "uint8 | integers stay", 'np.float32 if array.dtype.kind == "f" else array.dtype', "np.float32")
slip("01-dtype", "the dtype that is given does not count", "a dtype that is given", "if dtype is None:", "if True:")
slip("01-dtype", "always a copy", "does not hold | not as a copy", ", copy=False", "")
slip("01-dtype", "unsigned integers are refused", "TypeError | uint8", '"fiub"', '"fib"')
slip("01-dtype", "booleans are refused", "TypeError | bool", '"fiub"', '"fiu"')
slip("01-dtype", "complex numbers are let in", "Nothing was raised | TypeError", '"fiub"', '"fiubc"')
slip("01-dtype", "looks at the dtype that is wanted only", "with or without a dtype", "(array.dtype, np.dtype(dtype))", "(np.dtype(dtype),)")
slip("01-dtype", "looks at the dtype that came only", "a dtype of numbers or booleans", "(array.dtype, np.dtype(dtype))", "(array.dtype,)")
slip("01-dtype", "a ValueError for text", "Expected a TypeError", "raise TypeError", "raise ValueError")
slip("01-dtype", "does not name the dtype", "<U3", "not {each}", "not this")
slip("01-dtype", "the error without lengths", "should name", "have {lengths} numbers", "differ")
slip("01-dtype", "gives the error back", "it gave ValueError | Nothing was raised", 'raise ValueError(f"the rows have {lengths} numbers: give all rows the same length") from None', 'return ValueError(f"the rows have {lengths}")')
wrong("01-dtype", "NumPy's dtype at once", "with or without a dtype | TypeError", "if dtype is None and np.asarray(data).dtype.kind == 'f':\n    dtype = np.float32\narray = np.asarray(data, dtype=dtype)\nif array.dtype.kind not in 'fiub':\n    raise TypeError(str(array.dtype))\nreturn array")
wrong("01-dtype", "no word about rows", "that you raise yourself | inhomogeneous", "array = np.asarray(data)\nif array.dtype.kind not in 'fiub' or np.dtype(dtype or float).kind not in 'fiub':\n    raise TypeError(f'{array.dtype} {np.dtype(dtype or float)}')\nif dtype is None and array.dtype.kind == 'f':\n    dtype = np.float32\nreturn array if dtype is None else array.astype(dtype, copy=False)")
slip("01-dtype", "no return", "None | return", "return array.astype", "array.astype")
slip("01-dtype", "a dtype counts for integers alone", "Digits are lost | a dtype that is given", 'if dtype is None:\n    dtype = np.float32 if array.dtype.kind == "f" else array.dtype', 'if dtype is None or array.dtype.kind == "f":\n    dtype = np.float32')

# 01-broadcast

slip("01-broadcast", "the larger one", "(1, 3) | whatever that is", "n if m == 1 else m", "max(m, n)")
slip("01-broadcast", "left-aligned", "2 meets 3 | ValueError", "(1,) * (ndim - len(b)) + b", "b + (1,) * (ndim - len(b))")
slip("01-broadcast", "a list", "Expected 'tuple', got 'list'", "return tuple(result)", "return result")
slip("01-broadcast", "looks at n only", "ValueError | line", "m != n and m != 1 and n != 1", "m != n and n != 1")
slip("01-broadcast", "never refuses", "Nothing was raised | (2,)", "m != n and m != 1 and n != 1", "False")
slip("01-broadcast", "returns inside the loop", "Expected (2, 3), got", "    result.append(n if m == 1 else m)\n", "    result.append(n if m == 1 else m)\n    return tuple(result)\n")
slip("01-broadcast", "names one shape", "(2,)", "{a} and {b} do", "{a} do")
slip("01-broadcast", "0 counts as 1", "Nothing was raised", "m != n and m != 1 and n != 1", "m != n and m > 1 and n > 1")
slip("01-broadcast", "takes m", "Expected (2, 3), got", "n if m == 1 else m", "m")
wrong("01-broadcast", "zip without filling up", "ValueError: (2, 1) (3,)", "result = []\nfor m, n in zip(a, b):\n    if m != n and 1 not in (m, n):\n        raise ValueError(f'{a} {b}')\n    result.append(n if m == 1 else m)\nreturn tuple(result)")
wrong("01-broadcast", "from the right, and left so", "Expected (2, 3), got (3, 2)", "result = []\nn = max(len(a), len(b))\na, b = (1,) * (n - len(a)) + tuple(a), (1,) * (n - len(b)) + tuple(b)\nfor i, j in zip(a[::-1], b[::-1]):\n    if i != j and 1 not in (i, j):\n        raise ValueError(f'{a} {b}')\n    result.append(j if i == 1 else i)\nreturn tuple(result)")
wrong("01-broadcast", "NumPy makes the arrays", "no trouble | Unable to allocate", "try:\n    return (np.ones(a) + np.ones(b)).shape\nexcept ValueError:\n    raise ValueError(f'{a} {b}')")
wrong("01-broadcast", "NumPy's own error", "that you raise yourself", "return np.broadcast_shapes(a, b)")
wrong("01-broadcast", "the filled-up shapes in the message", "(2,)", "n = max(len(a), len(b))\na, b = (1,) * (n - len(a)) + tuple(a), (1,) * (n - len(b)) + tuple(b)\nif any(i != j and 1 not in (i, j) for i, j in zip(a, b)):\n    raise ValueError(f'{a} {b}')\nreturn tuple(j if i == 1 else i for i, j in zip(a, b))")

# 01-compute

slip("01-compute", "numbers stay numbers", "float32 | an array always", "result = np.asarray(OPS[name](*arrays, **options))", "result = OPS[name](*arrays, **options)")
slip("01-compute", "float64 always becomes float32", "float32 | one input is float64", "result.dtype == np.float64 and all(array.dtype != np.float64 for array in arrays)", "result.dtype == np.float64")
slip("01-compute", "looks at the first input only", "one input is float64", "all(array.dtype != np.float64 for array in arrays)", "arrays[0].dtype != np.float64")
slip("01-compute", "any instead of all", "one input is float64", "all(array", "any(array")
slip("01-compute", "everything becomes float32", "only float64 changes | float32", "if result.dtype == np.float64 and", "if")
slip("01-compute", "float64 stays", "float64 | no input is float64", "return result.astype(np.float32)", "return result")
slip("01-compute", "no options", "options | shape", ", **options)", ")")
slip("01-compute", "the options as one argument", "TypeError | line", "**options", "options")
slip("01-compute", "the list as one argument", "TypeError | line", "*arrays, **", "arrays, **")
slip("01-compute", "NumPy's words", "that you raise yourself | could not be broadcast", "    if isinstance(OPS[name], np.ufunc):\n        broadcast_shape(arrays[0].shape, arrays[1].shape)\n", "")
slip("01-compute", "all errors are of shapes", "should name 2 rows beside 3 rows?", "isinstance(OPS[name], np.ufunc)", "True")
slip("01-compute", "swallows other errors", "UnboundLocalError | other errors", "    raise\n", "    pass\n")
slip("01-compute", "a KeyError for the name", "KeyError | that you raise yourself", "if name not in OPS:", "if False:")
slip("01-compute", "does not quote the name", "'matmull'", "operation {name!r}", "such operation")
slip("01-compute", "no return at the end", "None | return", "return result\n", "result\n")

# 01-matmul

slip("01-matmul", "the first size of b", "ValueError | two batches", "b.shape[-2 if b.ndim > 1 else 0]", "b.shape[0]")
slip("01-matmul", "always the last but one", "IndexError | a vector", "b.shape[-2 if b.ndim > 1 else 0]", "b.shape[-2]")
slip("01-matmul", "the last of b", "ValueError | inner", "b.shape[-2 if b.ndim > 1 else 0]", "b.shape[-1]")
slip("01-matmul", "second of a", "the inner sizes 2 and 3 differ | a batch", "a.shape[-1], b", "a.shape[1], b")
slip("01-matmul", "elementwise", "broadcast | line", "return a @ b\n", "return a * b\n")
slip("01-matmul", "always a.T", "a @ b.T", "a.ndim == b.ndim == 2 and a.shape[0] == b.shape[0]", "True")
slip("01-matmul", "a.T for batches too", "not speak of .T", "a.ndim == b.ndim == 2 and a.shape[0] == b.shape[0]", "a.shape[0] == b.shape[0]")
slip("01-matmul", "no fix", "a.T @ b", 'fix = "; a.T @ b would fit"', 'fix = ""')
slip("01-matmul", "the fixes exchanged", "a.T @ b", 'fix = "; a.T @ b would fit"', 'fix = "; a @ b.T would fit"' )
slip("01-matmul", "numbers first touched", "IndexError | that you raise yourself", "a.ndim == 0 or b.ndim == 0", "False")
slip("01-matmul", "and for or", "IndexError | that you raise yourself", "a.ndim == 0 or b.ndim == 0", "a.ndim == 0 and b.ndim == 0")
slip("01-matmul", "does not say what to use", "*", "use *", "reduce it")
slip("01-matmul", "one shape", "(2, 5)", "{a.shape} @ {b.shape}: the inner", "{a.shape}: the inner")
slip("01-matmul", "never looks", "that you raise yourself | matmul", "inner_a != inner_b", "False")
slip("01-matmul", "returns the message", "Nothing was raised", 'raise ValueError(f"{a.shape} @ {b.shape}: the inner', 'return (f"{a.shape} @ {b.shape}: the inner')
wrong("01-matmul", "three loops for tables", "expected (7, 2, 5) | a batch", "if a.ndim == 0 or b.ndim == 0:\n    raise ValueError(f'{a.shape} {b.shape} *')\nresult = np.zeros((a.shape[0], b.shape[1]), a.dtype)\nfor i in range(a.shape[0]):\n    for j in range(b.shape[1]):\n        result[i, j] = (a[i] * b[:, j]).sum()\nreturn result")
wrong("01-matmul", "np.dot", "shape is (7, 2, 7, 4) | two batches", "if a.ndim == 0 or b.ndim == 0:\n    raise ValueError(f'{a.shape} @ {b.shape}: *')\nk = b.shape[-2] if b.ndim > 1 else b.shape[0]\nif a.shape[-1] != k:\n    fix = ' a.T @ b' if a.ndim == b.ndim == 2 and len(a) == len(b) else ' a @ b.T' if a.ndim == b.ndim == 2 and a.shape[1] == b.shape[1] else ''\n    raise ValueError(f'{a.shape} @ {b.shape}{fix}')\nreturn np.dot(a, b)")

# 01-axes

slip("01-axes", "a number for one axis", "does not hold | a tuple", "return tuple(numbers)", "return tuple(numbers) if len(numbers) > 1 else numbers[0]")
slip("01-axes", "negative ones stay", "counts from the end", "numbers.append(each % len(shape))", "numbers.append(each)")
slip("01-axes", "sorted", "in the order given", "return tuple(numbers)", "return tuple(sorted(numbers))")
slip("01-axes", "lists are not known", "TypeError | a list", "(tuple, list)", "tuple")
slip("01-axes", "no negative axes", "ValueError | counts from the end", "-len(shape) <= each", "0 <= each")
slip("01-axes", "one axis too many", "Nothing was raised", "each < len(shape)", "each <= len(shape)")
slip("01-axes", "wraps round", "Nothing was raised", "not -len(shape) <= each < len(shape)", "False")
slip("01-axes", "twice is fine", "Nothing was raised", "each % len(shape) in numbers", "False")
slip("01-axes", "twice as it was given", "Nothing was raised | -2", "if each % len(shape) in numbers", "if each in numbers")
slip("01-axes", "Python's integers alone", "TypeError | NumPy", "(int, np.integer)", "int")
slip("01-axes", "floats are let in", "Nothing was raised | 1.0", "(int, np.integer)", "(int, float, np.integer)")
slip("01-axes", "None is axis 0", "all of them", "tuple(range(len(shape)))", "(0,)")
slip("01-axes", "does not quote", "'rows'", "{each!r}", "{each}")
slip("01-axes", "the axis counted from 0", "-4", "no axis {each}", "no axis {each % 3}")
slip("01-axes", "a set of axes", "does not hold | tuple", "return tuple(numbers)", "return set(numbers)")
slip("01-axes", "returns after the first", "in the order given | Expected (", "    numbers.append(each % len(shape))\n", "    numbers.append(each % len(shape))\n    return tuple(numbers)\n")

# 01-reductions

slip("01-reductions", "divides by all numbers", "mean | times the expected", "/ count_along(a, axis)\n", "/ a.size\n")
slip("01-reductions", "divides by the rows", "mean", "/ count_along(a, axis)\n", "/ len(a)\n")
slip("01-reductions", "the mean without its axis", "broadcast | line", "a.sum(axis=axes, keepdims=True) / n", "a.sum(axis=axes) / n")
slip("01-reductions", "no correction", "var | times", "(n - correction)", "n")
slip("01-reductions", "correction 1 always", "the correction", "(n - correction)", "(n - 1)")
slip("01-reductions", "the correction is added", "var", "(n - correction)", "(n + correction)")
slip("01-reductions", "keepdims is forgotten in var", "keepdims | shape", ".sum(axis=axes, keepdims=keepdims)", ".sum(axis=axes)")
slip("01-reductions", "least is not looked at", "Nothing was raised", "if n < least:", "if n < 1:")
slip("01-reductions", "not more than least", "ValueError | three are not fewer", "if n < least:", "if n <= least:")
slip("01-reductions", "the sum of the sizes", "the numbers taken together", "math.prod(", "sum(")
slip("01-reductions", "counts the axes", "the numbers taken together", "math.prod(a.shape[each] for each in axis_numbers(axis, a.shape))", "len(axis_numbers(axis, a.shape))")
slip("01-reductions", "var of one number", "Nothing was raised, it gave [[inf", "least=correction + 1", "least=correction")
slip("01-reductions", "the standard deviation", "var", "return (centred * centred).sum(axis=axes, keepdims=keepdims) / (n - correction)", "return np.sqrt((centred * centred).sum(axis=axes, keepdims=keepdims) / (n - correction))")
slip("01-reductions", "absolute distances", "var", "(centred * centred)", "np.abs(centred)")
slip("01-reductions", "min gives max", "min_", "a.min(axis", "a.max(axis")
slip("01-reductions", "whole division", "mean", "keepdims=keepdims) / count", "keepdims=keepdims) // count")
wrong(
    "01-reductions",
    "the shortcut",
    "before you square",
    "n = math.prod(a.shape[each] for each in axis_numbers(axis, a.shape))\nif n < least:\n    raise ValueError(f'{a.shape}')\nreturn n",
    "return a.sum(axis=axis_numbers(axis, a.shape), keepdims=keepdims) / count_along(a, axis)",
    "n, axes = count_along(a, axis, correction + 1), axis_numbers(axis, a.shape)\nmu = a.sum(axis=axes, keepdims=keepdims) / n\nreturn ((a * a).sum(axis=axes, keepdims=keepdims) / n - mu * mu) * n / (n - correction)",
    "@op\ndef max_(a, axis=None, keepdims=False):\n    count_along(a, axis)\n    return a.max(axis=axis_numbers(axis, a.shape), keepdims=keepdims)\n\n\n@op\ndef min_(a, axis=None, keepdims=False):\n    count_along(a, axis)\n    return a.min(axis=axis_numbers(axis, a.shape), keepdims=keepdims)",
)
wrong(
    "01-reductions",
    "NumPy does it all",
    "Nothing was raised, it gave [[inf",
    "n = math.prod(a.shape[each] for each in axis_numbers(axis, a.shape))\nif n < least:\n    raise ValueError(f'{a.shape}')\nreturn n",
    "return a.mean(axis=axis_numbers(axis, a.shape), keepdims=keepdims)",
    "return a.var(axis=axis_numbers(axis, a.shape), keepdims=keepdims, ddof=correction)",
    "@op\ndef max_(a, axis=None, keepdims=False):\n    return a.max(axis=axis_numbers(axis, a.shape), keepdims=keepdims)\n\n\n@op\ndef min_(a, axis=None, keepdims=False):\n    return a.min(axis=axis_numbers(axis, a.shape), keepdims=keepdims)",
)

# 01-fakes

FAKES = "FOR_SHORTCUT = {}\nFOR_BY_LENGTH = {}\nFOR_BY_ROW = {}"
GOOD = ("np.array([[1e9, 1e9 + 1]])", "np.array([[1.0, 2.0, 6.0]])", "np.array([[1.0, 3.0], [5.0, 9.0]])")
wrong("01-fakes", "left blank", "No inputs yet", FAKES.format("...", "...", "..."))
wrong("01-fakes", "numbers that are large but far apart", "Not broken", FAKES.format("np.array([[1e9, 3e9]])", *GOOD[1:]))
wrong("01-fakes", "small numbers", "Not broken", FAKES.format("np.array([[1.0, 2.0]])", *GOOD[1:]))
wrong("01-fakes", "equal numbers", "Not broken", FAKES.format(GOOD[0], "np.ones((2, 3))", GOOD[2]))
wrong("01-fakes", "a square for the second", "Not broken", FAKES.format(GOOD[0], "np.array([[1.0, 3.0], [5.0, 9.0]])", GOOD[2]))
wrong("01-fakes", "rows of equal mean", "Not broken", FAKES.format(*GOOD[:2], "np.array([[1.0, 3.0], [2.0, 2.0]])"))
wrong("01-fakes", "not square for the third", "by_row refuses them", FAKES.format(*GOOD[:2], "np.array([[1.0, 3.0, 5.0], [2.0, 7.0, 1.0]])"))
wrong("01-fakes", "a list", "is a list, where an array belongs", FAKES.format("[[1e9, 1e9 + 1]]", *GOOD[1:]))
wrong("01-fakes", "infinity", "holds inf | finite", FAKES.format("np.array([[np.inf, 1.0]])", *GOOD[1:]))
wrong("01-fakes", "one axis", "a table has two axes", FAKES.format("np.array([1e9, 1e9 + 1])", *GOOD[1:]))

# 01-facts

DATA, GRAD, WANTS = (
    """
if isinstance(value, np.generic):
    value = np.asarray(value, self._data.dtype)
if not isinstance(value, np.ndarray):
    raise TypeError(f"data is an array, not {type(value).__name__}")
if self._requires_grad and value.dtype.kind != "f":
    raise ValueError(f"{value.dtype}")
self._data = value
""",
    """
if isinstance(value, np.generic):
    value = np.asarray(value, self._data.dtype)
if value is not None:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"grad is an array, not {type(value).__name__}")
    if value.shape != self._data.shape:
        raise ValueError(f"{value.shape} {self._data.shape}")
self._grad = value
""",
    """
if value and self._data.dtype.kind != "f":
    raise ValueError(f"{self._data.dtype}")
self._requires_grad = bool(value)
""",
)
wrong("01-facts", "sets and does not ask", "the dtype that the Tensor has", "self._data = value", GRAD, WANTS)
wrong("01-facts", "sets data itself", "RecursionError", DATA.replace("self._data = value", "self.data = value"), GRAD, WANTS)
wrong("01-facts", "asks and does not set", "an array of any shape", DATA.replace("self._data = value", ""), GRAD, WANTS)
wrong("01-facts", "numbers are refused", "TypeError | the dtype that the Tensor has", DATA.split("if not isinstance")[0].replace("value = np", "pass  # np") + "if not isinstance" + DATA.split("if not isinstance")[1], GRAD, WANTS)
wrong("01-facts", "numbers keep their dtype", "float64 | the dtype that the Tensor has", DATA.replace(", self._data.dtype)", ")"), GRAD, WANTS)
wrong("01-facts", "numbers stay numbers", "as an array", DATA.replace("value = np.asarray(value, self._data.dtype)", "value = self._data.dtype.type(value)\n    self._data = value\n    return"), GRAD, WANTS)
wrong("01-facts", "None for data", "Nothing was raised", DATA.replace("if not isinstance(value, np.ndarray)", "if value is not None and not isinstance(value, np.ndarray)").replace("if self._req", "if value is not None and self._req"), GRAD, WANTS)
wrong("01-facts", "only floats ever", "integers, while requires_grad is False", DATA.replace("self._requires_grad and ", ""), GRAD, WANTS)
wrong("01-facts", "float32 alone", "ValueError | requires_grad", DATA, GRAD, WANTS.replace('self._data.dtype.kind != "f"', "self._data.dtype == np.float32"))
wrong("01-facts", "copies what is set", "does not hold | the array itself", DATA.replace("self._data = value", "self._data = np.array(value)"), GRAD, WANTS)
wrong("01-facts", "None is no array", "NoneType", DATA, GRAD.replace("if value is not None:", "if True:"), WANTS)
wrong("01-facts", "as many numbers are enough", "Nothing was raised", DATA, GRAD.replace("value.shape != self._data.shape", "value.size != self._data.size"), WANTS)
wrong("01-facts", "the number of axes is enough", "Nothing was raised", DATA, GRAD.replace("value.shape != self._data.shape", "value.ndim != self._data.ndim"), WANTS)
wrong("01-facts", "makes arrays of lists", "float64 | the dtype that the Tensor has", DATA, "self._grad = value if value is None else np.asarray(value)", WANTS)
wrong("01-facts", "one shape in the message", "(2, 3)", DATA, GRAD.replace("{value.shape} {self._data.shape}", "{value.shape}"), WANTS)
wrong("01-facts", "True is always good", "Nothing was raised | int64", DATA, GRAD, "self._requires_grad = bool(value)")
wrong("01-facts", "False is asked too", "ValueError | False is always good", DATA, GRAD, WANTS.replace("value and ", ""))
wrong("01-facts", "keeps it as it is", "does not hold | True or False", DATA, GRAD, WANTS.replace("bool(value)", "value"))
wrong("01-facts", "refuses in silence", "Nothing was raised", DATA, GRAD, "self._requires_grad = False")

# 01-nograd

FLAG = ('_state = {"recording": True}', 'return _state["recording"]', '_state["recording"] = False\nreturn self', '_state["recording"] = True')
wrong("01-nograd", "a flag", "blocks inside other blocks", *FLAG)
wrong("01-nograd", "a flag that turns round", "blocks inside other blocks", FLAG[0], FLAG[1], '_state["recording"] = not _state["recording"]\nreturn self', '_state["recording"] = not _state["recording"]')
COUNT = ('_state = {"paused": 0}', 'return _state["paused"] == 0', '_state["paused"] += 1\nreturn self', '_state["paused"] -= 1')
wrong("01-nograd", "does not return self", "did not return self", *COUNT[:2], '_state["paused"] += 1', COUNT[3])
wrong("01-nograd", "swallows the exception", "the exception is lost", *COUNT[:3], '_state["paused"] -= 1\nreturn True')
wrong("01-nograd", "never ends", "expected", *COUNT[:3], "pass")
wrong("01-nograd", "ends at 0", "blocks inside other blocks", *COUNT[:3], '_state["paused"] = 0')
wrong("01-nograd", "the wrong way round", "recording is on to begin with", COUNT[0], 'return _state["paused"] > 0', *COUNT[2:])
wrong("01-nograd", "only without an exception", "even by an exception", *COUNT[:3], 'if kind is None:\n    _state["paused"] -= 1')
wrong("01-nograd", "on the object", "blocks inside other blocks", *FLAG[:2], 'self.before = True\n_state["recording"] = False\nreturn self', '_state["recording"] = self.before')
wrong("01-nograd", "a copy of the number", "UnboundLocalError | line", "_state = 0", "return _state == 0", "_state = _state + 1\nreturn self", "_state = _state - 1")
wrong("01-nograd", "left as it was", "_state | KeyError", '_state = {"recording": True}', *COUNT[1:])

# 01-beside

slip("01-beside", "float32 always", "float64 | a single number", "return dtype if array.ndim == 0 or array.dtype.kind == \"f\" else None", "return np.dtype('float32') if array.ndim == 0 or array.dtype.kind == \"f\" else None")
slip("01-beside", "labels become floats", "labels", 'array.ndim == 0 or array.dtype.kind == "f"', "True")
slip("01-beside", "numbers alone", "more numbers", 'array.ndim == 0 or array.dtype.kind == "f"', "array.ndim == 0")
slip("01-beside", "floats alone", "a single number", 'array.ndim == 0 or array.dtype.kind == "f"', 'array.dtype.kind == "f"')
slip("01-beside", "does not ask whether it fits", "256 does not fit", "return dtype if np.iinfo(dtype).min <= array <= np.iinfo(dtype).max else None", "return dtype")
slip("01-beside", "255 does not fit", "255 fits", "array <= np.iinfo(dtype).max", "array < np.iinfo(dtype).max")
slip("01-beside", "0 does not fit", "0 fits", "np.iinfo(dtype).min <= array", "np.iinfo(dtype).min < array")
slip("01-beside", "the upper end only", "-1 does not fit", "np.iinfo(dtype).min <= array <= np.iinfo(dtype).max", "array <= np.iinfo(dtype).max")
slip("01-beside", "unsigned ones forgotten", "uint8 | integers", 'dtype.kind in "iu" and', 'dtype.kind == "i" and')
slip("01-beside", "booleans are no whole numbers", "a boolean", '"iub"', '"iu"')
slip("01-beside", "2.0 is whole enough", "not whole", 'array.dtype.kind in "iub"', "array == np.round(array)")
slip("01-beside", "booleans like integers", "booleans | line", 'if dtype.kind in "iu" and', 'if dtype.kind in "iub" and')
slip("01-beside", "the first Tensor, whatever it is", "the first floating Tensor", '[dtype for dtype in dtypes if dtype.kind == "f"] or dtypes', "dtypes")
slip("01-beside", "no Tensor at all", "IndexError | no Tensor at all", " or [np.dtype(bool)]", "")
slip("01-beside", "a list of Tensors", "list | tuple", "return tuple(value if isinstance(value, _Facts) else tensor_of(value) for value in inputs)", "return [value if isinstance(value, _Facts) else tensor_of(value) for value in inputs]")
slip("01-beside", "by the dtype rule at once", "keeps its digits", "array = np.asarray(value)", "array = as_array(value)")
slip("01-beside", "forgets the dtype", "keeps its digits", "as_array(array, dtype_beside(array, beside))", "as_array(array)")
slip("01-beside", "forgets to wrap", "an array where a Tensor belongs", "return wrap(as_array(array, dtype_beside(array, beside)))", "return as_array(array, dtype_beside(array, beside))")

# 01-apply

slip("01-apply", "notes always", "no input requires a gradient", "        if tensor._requires_grad:\n", "        if True:\n")
slip("01-apply", "notes inside no_grad", "recording is off", 'is_recording() and result._data.dtype.kind == "f"', 'result._data.dtype.kind == "f"')
slip("01-apply", "notes what is not floating", "the result is not floating", 'is_recording() and result._data.dtype.kind == "f"', "is_recording()")
slip("01-apply", "asks for floats of 32 bits only", "requires_grad", 'result._data.dtype.kind == "f"', "result._data.dtype == np.float64")
slip("01-apply", "notes what was given", "Tensor | a number went in", "(name, tensors, options)", "(name, inputs, options)")
slip("01-apply", "forgets the options", "axis", "(name, tensors, options)", "(name, tensors, {})")
slip("01-apply", "another order", "sub | the name", "(name, tensors, options)", "(tensors, name, options)")
slip("01-apply", "a list of Tensors", "list | tuple", "(name, tensors, options)", "(name, list(tensors), options)")
slip("01-apply", "options as they were given", "unexpected keyword argument 'dim' | options", "options = by_name(name, _TAKES.get(name, options), options)", "pass")
slip("01-apply", "the options are not handed on", "options | shape", "[tensor._data for tensor in tensors], options)", "[tensor._data for tensor in tensors], {})")
slip("01-apply", "an array comes back", "an array where a Tensor belongs", "result = wrap(compute(name, [tensor._data for tensor in tensors], options))", "result = compute(name, [tensor._data for tensor in tensors], options)\nreturn result")
slip("01-apply", "Tensors go into the operation", "operand 'Tensor' does not support | line", "[tensor._data for tensor in tensors]", "tensors")
slip("01-apply", "origin alone", "requires_grad | does not hold", "result._requires_grad, result.origin = True, (name, tensors, options)", "result.origin = (name, tensors, options)")
slip("01-apply", "requires_grad alone", "`apply('sub', 1, W).origin` is None", "result._requires_grad, result.origin = True, (name, tensors, options)", "result._requires_grad = True")
slip("01-apply", "all of them must want it", "the second input", "    for tensor in tensors:\n        if tensor._requires_grad:\n", "    for tensor in tensors[:1]:\n        if tensor._requires_grad:\n")
slip("01-apply", "no return", "None | return", "return result\n", "result\n")

# 01-operators

slip("01-operators", "5 - a as a - 5", "sign is turned round | order of the formula", 'return apply("sub", other, self)', 'return apply("sub", self, other)  # r')
slip("01-operators", "5 / a as a / 5", "order of the formula", 'return apply("div", other, self)', 'return apply("div", self, other)  # r')
slip("01-operators", "2 ** a as a ** 2", "order of the formula", 'return apply("pow", other, self)', 'return apply("pow", self, other)  # r')
slip("01-operators", "b @ a as a @ b", "an array on the left | (2, 5)", 'return apply("matmul", other, self)', 'return apply("matmul", self, other)  # r')
slip("01-operators", "no __radd__", "unsupported operand | the Tensor on the right", "__radd__, __rmul__ = __add__, __mul__", "__rmul__ = __mul__")
slip("01-operators", "no __rmul__", "unsupported operand | the Tensor on the right", "__radd__, __rmul__ = __add__, __mul__", "__radd__ = __add__")
slip("01-operators", "__div__", "unsupported operand", "def __truediv__", "def __div__")
slip("01-operators", "minus as 0 - a", "sub | by name", 'return apply("neg", self)', 'return apply("sub", 0, self)')
slip("01-operators", "forgets the return", "None | return", 'return apply("add", self, other)', 'apply("add", self, other)')
slip("01-operators", "mul for matmul", "broadcast", 'return apply("matmul", self, other)', 'return apply("mul", self, other)')
slip("01-operators", "the symbol as the name", "no operation '+'", 'apply("add", self, other)', 'apply("+", self, other)')
slip("01-operators", "arrays instead of apply", "an array where a Tensor belongs | where a Tensor belongs", 'return apply("div", self, other)', "return self.data / other.data")
slip("01-operators", "wrap instead of apply", "`", 'return apply("pow", self, other)', "return wrap(self.data ** getattr(other, 'data', other))")
slip("01-operators", "calls itself", "RecursionError", 'return apply("mul", self, other)', "return self * other")
slip("01-operators", "a blank left", "blank", 'return apply("neg", self)', "return ...")

# 01-shapes

slip("01-shapes", "NumPy's error", "that you raise yourself | cannot reshape", "raise ValueError(f\"{a.size} numbers of shape {a.shape} do not fit into shape {shape}\") from None", "raise")
slip("01-shapes", "no tuple as a shape", "line | a tuple as well", "shape=sizes(shape)", "shape=shape")
slip("01-shapes", "the other order", "shape is (2, 3, 5); expected (5, 3, 2)", "axes[first], axes[second] = second, first", "axes[first], axes[second] = first, second")
slip("01-shapes", "one axis overwritten", "line | repeated axis", "axes[first], axes[second] = second, first", "axes[first] = second; axes[second] = axes[first]")
slip("01-shapes", "negative axes not counted", "that you raise yourself | IndexError", "(first,), (second,) = axis_numbers(dim0, self.shape), axis_numbers(dim1, self.shape)", "first, second = dim0, dim1")
slip("01-shapes", "permute does not count", "that you raise yourself | axes don't match", "if len(axes) != self.ndim:", "if False:")
slip("01-shapes", "reshape for transpose", "right numbers in the wrong places", 'return apply("transpose", self, axes=axes)', 'return apply("reshape", self, shape=tuple(self.shape[i] for i in axes))')
slip("01-shapes", "squeezes whatever is named", "do not fit into shape () | line", "axis not in gone or size != 1", "axis not in gone")
slip("01-shapes", "squeezes every 1", "shape is (2, 5)", "axis not in gone or size != 1", "size != 1")
slip("01-shapes", "and instead of or", "shape", "axis not in gone or size != 1", "axis not in gone and size != 1")
slip("01-shapes", "squeeze without @named", "unexpected keyword | @named", "@named\ndef squeeze", "def squeeze")
slip("01-shapes", "unsqueeze without @named", "unexpected keyword | @named", "@named\ndef unsqueeze", "def unsqueeze")
slip("01-shapes", "counted in the shape", "shape is (2, 3, 1, 5) | in the result", "axis_numbers(dim, (*self.shape, 1))", "axis_numbers(dim, self.shape)")
slip("01-shapes", "one place too late", "shape", "(*self.shape[:place], 1, *self.shape[place:])", "(*self.shape[: place + 1], 1, *self.shape[place + 1 :])")
slip("01-shapes", "end_dim left out", "do not fit into shape (6,)", "math.prod(shape[start : end + 1])", "math.prod(shape[start:end])")
slip("01-shapes", "always flattens everything", "shape is (30,)", "shape=(*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])", "shape=(-1,)")
slip("01-shapes", "a number stays one", "a single number", "shape = self.shape or (1,)", "shape = self.shape")
slip("01-shapes", "T of three axes", "Nothing was raised | (2, 3, 5)", "if self.ndim > 2:", "if self.ndim > 3:")
slip("01-shapes", "T as a method", "T is a property", "@property\ndef T", "def T")
slip("01-shapes", "Tensors in an index", "line | a Tensor as the index", "index=index.data if isinstance(index, _Facts) else index)", "index=index)")

# 01-python

HOLDS = 'if self.size != 1:\n        raise ValueError(f"shape {self.shape} holds'
TRUTH = (
    'if self.size != 1:\n        raise ValueError(f"shape {self.shape} has no single truth value: ask (a == b).data.all() or .any()")\n'
    "    return bool(self.item())"
)

slip("01-python", "only shape ()", "ValueError", HOLDS, HOLDS.replace("self.size != 1", "self.ndim != 0"))
slip("01-python", "the first of many", "that you raise yourself", HOLDS, HOLDS.replace("!= 1", "< 1"))
slip("01-python", "a NumPy number", "float32 | a Python number", "return self.data.item()", "return self.data.reshape(-1)[0]")
slip("01-python", "a Python float always", "a Python number", "return self.data.item()", "return float(self.data.item())")
slip("01-python", "bool of the object", "whether it is not zero", "return bool(self.item())", "return True")
slip("01-python", "bool of the array", "ambiguous | that you raise yourself", TRUTH, "return bool(self.data)")
slip("01-python", "rounds for an index", "Nothing was raised | float32", "self.dtype.kind not in \"iub\"", "False")
slip("01-python", "no booleans", "TypeError | a boolean", '"iub"', '"iu"')
slip("01-python", "no unsigned", "TypeError | an integer of any size", '"iub"', '"ib"')
slip("01-python", "int64 only", "TypeError | line", "self.dtype.kind not in \"iub\"", "self.dtype != np.int64")
slip("01-python", "a ValueError for floats", "Expected a TypeError", "raise TypeError(f\"an index", "raise ValueError(f\"an index")
slip("01-python", "the form is not used", "Expected '0.693'", "return format(self.item(), spec) if spec else str(self)", "return str(self)")
slip("01-python", "a form always", "without a form", "return format(self.item(), spec) if spec else str(self)", "return format(self.item(), spec)")
slip("01-python", "formats the array", "TypeError | unsupported format string", "format(self.item(), spec)", "format(self.data, spec)")
slip("01-python", "len counts all numbers", "the first size", "return self.shape[0]", "return self.size")
slip("01-python", "len of a number is 0", "Nothing was raised", "raise TypeError(f\"a Tensor of shape {self.shape} has no length\")", "return 0")
slip("01-python", "len fails by itself", "IndexError | that you raise yourself", "if self.ndim == 0:", "if False:")
slip("01-python", "iterates over arrays", "one part", "return (self[i] for i in range(len(self)))", "return iter(self.data.reshape(-1))")
slip("01-python", "int gives a float", "__int__ returned non-int", "def __int__(self):\n    return int(self.item())", "def __int__(self):\n    return self.item()")

# 01-copies

slip("01-copies", "numpy copies", "does not hold | shared", "return self.data\n", "return self.data.copy()\n")
slip("01-copies", "an array for a list", "iteration over a 0-d array", "return self.data.tolist()", "return list(self.data)")
slip("01-copies", "the shape for the count", "It gave a list, [(2, 3), ()]", "return self.size", "return self.shape")
slip("01-copies", "the rows for the count", "len() of unsized object", "return self.size", "return len(self.data)")
slip("01-copies", "detach gives itself", "shared, without its origin", "return wrap(self.data)\n", "return self\n")
slip("01-copies", "detach copies", "shared, without its origin", "return wrap(self.data)\n", "return wrap(self.data.copy())\n")
slip("01-copies", "detach by the dtype rule", "float32 | the dtype stays", "return wrap(self.data)\n", "return Tensor(self.data)\n")
slip("01-copies", "clone without a past", "its own, with its origin", 'return apply("mul", self, 1) if self.dtype.kind == "f" else wrap(self.data.copy())', "return wrap(self.data.copy())")
slip("01-copies", "clone of booleans by mul", "int64 | the same dtype", 'apply("mul", self, 1) if self.dtype.kind == "f" else wrap(self.data.copy())', 'apply("mul", self, 1)')
slip("01-copies", "clone by add", "'add' | mul", 'apply("mul", self, 1)', 'apply("add", self, 0)')
slip("01-copies", "clone is the same", "its own", 'return apply("mul", self, 1) if self.dtype.kind == "f" else wrap(self.data.copy())', "return self")
slip("01-copies", "astype shares", "its own", "self.data.astype(dtype)", "self.data.astype(dtype, copy=False)")
slip("01-copies", "astype without the dtype", "float32 | of that dtype", "Tensor(self.data.astype(dtype), dtype)", "Tensor(self.data.astype(dtype))")
slip("01-copies", "astype gives an array", "an array where a Tensor belongs", "return Tensor(self.data.astype(dtype), dtype)", "return self.data.astype(dtype)")

# 01-constructors

slip("01-constructors", "or None", "0 is an integer too", "return np.random.default_rng(rng)", "return np.random.default_rng(rng or None)")
slip("01-constructors", "always new", "the same numbers each time", "return np.random.default_rng(rng)", "return np.random.default_rng()")
slip("01-constructors", "booleans are integers", "Nothing was raised | False", "isinstance(rng, bool) or ", "")
slip("01-constructors", "Python's integers alone", "TypeError | NumPy", "(int, np.integer)", "int")
slip("01-constructors", "a new one from a generator", "goes on where it is", "return rng\n", "return np.random.default_rng(rng.integers(10))\n")
slip("01-constructors", "None is refused", "TypeError | None", "rng is not None and ", "")
slip("01-constructors", "a ValueError", "Expected a TypeError", "raise TypeError", "raise ValueError")
slip("01-constructors", "does not quote", "'seven'", "{rng!r}", "this")
slip("01-constructors", "ones are zeros", "expected", "np.ones(sizes(shape), dtype)", "np.zeros(sizes(shape), dtype)")
slip("01-constructors", "full is always float32", "by the rule | 'f'", "def full(shape, value, dtype=None", "def full(shape, value, dtype=np.float32")
slip("01-constructors", "forgets the dtype in full", "dtype by name", "np.full(shape, value), dtype, requires_grad", "np.full(shape, value), None, requires_grad")
slip("01-constructors", "step is forgotten", "expected", "np.arange(start, stop, step)", "np.arange(start, stop)")
slip("01-constructors", "stop included", "expected | Tensor.arange", "np.arange(start, stop, step)", "np.arange(start, stop and stop + 1, step)")
slip("01-constructors", "random for standard_normal", "randn", ".standard_normal(", ".random(")
slip("01-constructors", "normal with no rng", "rand", "as_generator(rng).random(", "np.random.default_rng().random(")
slip("01-constructors", "drawn in float64 first", "rand", "as_generator(rng).random(sizes(shape), dtype)", "as_generator(rng).random(sizes(shape))")

# 01-reader

UNIT, READ = "x = x / 1.0\nreturn x / (x * x).sum(dim=1, keepdim=True).sqrt()", "return labels[(unit(new) @ unit(known).T).argmax(dim=1)]"
wrong("01-reader", "bytes are squared", "pictures may come as bytes", "return x / (x * x).sum(dim=1, keepdim=True).sqrt()", READ)
wrong("01-reader", "the column falls over", "(3, 4) | (3,) | broadcast", UNIT.replace(", keepdim=True", ""), READ)
wrong("01-reader", "no square root", "wrong", UNIT.replace(".sqrt()", ""), READ)
wrong("01-reader", "the columns' lengths", "wrong", UNIT.replace("dim=1", "dim=0"), READ)
wrong("01-reader", "one length for all", "unit", UNIT.replace("dim=1, ", ""), READ)
wrong("01-reader", "divided by the sum", "wrong", "x = x / 1.0\nreturn x / x.sum(dim=1, keepdim=True)", READ)
wrong("01-reader", "NumPy does it", "only what a Tensor can do", "x = x.data.astype(np.float32)\nreturn Tensor(x / np.sqrt((x * x).sum(axis=1, keepdims=True)))", READ)
wrong("01-reader", "positions instead of labels", "wrong", UNIT, READ.replace("labels[", "(").replace("dim=1)]", "dim=1))"))
wrong("01-reader", "the most alike new one", "shape is (5,)", UNIT, READ.replace("dim=1)]", "dim=0)]"))
wrong("01-reader", "not transposed", "(3, 4) | (5, 4)", UNIT, READ.replace(".T)", ")"))
wrong("01-reader", "the known are not made unit", "wrong | read", UNIT, READ.replace("unit(known)", "(known / 1.0)"))
wrong("01-reader", "no axis", "out of bounds | line", UNIT, READ.replace("dim=1", ""))
wrong("01-reader", "an array of labels", "an array where a Tensor belongs", UNIT, READ.replace("labels[", "labels.data[").replace("dim=1)]", "dim=1).data]"))

# 01-replay

REPLAY = """
done = {}

def array_of(tensor):
    if id(tensor) not in done:
        if tensor.origin is None:
            done[id(tensor)] = tensor.data.astype(dtype if tensor.dtype.kind == "f" else tensor.dtype)
        else:
            name, inputs, options = tensor.origin
            done[id(tensor)] = compute(name, [array_of(each) for each in inputs], options)
    return done[id(tensor)]

return array_of(result)
"""
wrong("01-replay", "nothing is kept", "computed once", REPLAY.replace("if id(tensor) not in done:", "if True:"))
wrong("01-replay", "casts the result", "expected", "return result.data.astype(dtype)")
wrong("01-replay", "labels become floats", "got 'f' | other leaves stay", REPLAY.replace('dtype if tensor.dtype.kind == "f" else tensor.dtype', "dtype"))
wrong("01-replay", "leaves stay", "float32 | in another dtype", REPLAY.replace('tensor.data.astype(dtype if tensor.dtype.kind == "f" else tensor.dtype)', "tensor.data"))
wrong("01-replay", "options are forgotten", "TypeError | line", REPLAY.replace("inputs], options)", "inputs], {})"))
wrong("01-replay", "a Tensor comes back", "a Tensor where plain numbers belong", REPLAY.replace("return array_of(result)", "return wrap(array_of(result))"))
wrong("01-replay", "the results are cast again", "options", REPLAY.replace("options)\n    return", "options).astype(np.float32).astype(dtype)\n    return"))
wrong("01-replay", "no return", "None | return", REPLAY.replace("return array_of(result)", "array_of(result)"))

# Answers that passed an earlier version of the checks

slip("01-dtype", "refuses what it knows to be no numbers (passed)", "Nothing was raised | datetime64", 'each.kind not in "fiub"', 'each.kind in "OUSc"')
slip("01-matmul", "axes compared for tables alone in one branch (passed)", "not speak of .T", "elif a.ndim == b.ndim == 2 and a.shape[1] == b.shape[1]", "elif a.ndim == b.ndim and a.shape[1] == b.shape[1]")
slip("01-matmul", "batches of as many axes (passed)", "not speak of .T", "a.ndim == b.ndim == 2 and a.shape[0] == b.shape[0]", "a.ndim == b.ndim and a.shape[0] == b.shape[0]")
slip("01-reductions", "at least two, if there is a correction (passed)", "Nothing was raised, it gave [[inf", "least=correction + 1", "least=2 if correction else 1")
slip("01-reductions", "corrects by 1 or not at all (passed)", "times the expected | the correction", "(n - correction)", "(n - bool(correction))")
slip("01-shapes", "flatten forgets the past (passed)", "got [True, True, False]", 'return apply("reshape", self, shape=(*shape[:start]', 'return (lambda name, tensor, shape: wrap(tensor.data.reshape(shape)))("reshape", self, shape=(*shape[:start]')
slip("01-python", "iterates over arrays (passed)", "an array where a Tensor belongs", "return (self[i] for i in range(len(self)))", "len(self)\n    return iter(self.data)")

# Mutants that are right answers too, by a part of their description

equivalent("01-dtype", "'fiubx'")  # there is no kind "x"
equivalent("01-broadcast", "max(len(b), len(a))")  # the larger of two, in either order
equivalent("01-broadcast", "line 3: 'zip(")  # equally long, and the rule is the same from both sides
equivalent("01-broadcast", "line 3: 'True' -> 'False'")  # equally long
equivalent("01-compute", "broadcast_shape(arrays[1].shape, arrays[0].shape)")  # both shapes are named
equivalent("01-compute", "line 2: ")  # names to choose from, which nobody prescribes
equivalent("01-compute", "line 3: ")  # the same
equivalent("01-matmul", "line 11: ")  # whether a batch becomes one tall table changes the time, not the numbers
equivalent("01-matmul", "line 13: 'a.reshape(math.prod(a.shape[:-1]), a.shape[-1])' -> 'a'")  # the same
equivalent("01-matmul", "fitx'")  # words that nobody prescribes
equivalent("01-matmul", "\"''\" -> \"'x'\"")  # words that nobody prescribes
equivalent("01-matmul", "line 3: '0' -> '-1'")  # a vector has one size
equivalent("01-matmul", "line 3: '1' -> '2'")  # of a table, the last but one is the first
equivalent("01-reductions", "' -> 'a.sum(axis=axes, keepdims=True) / n - a'")  # squared next
equivalent("01-beside", "'return None' -> 'return'")  # the same
equivalent("01-beside", "x'\"")  # there is no kind "x"
equivalent("01-beside", "'for value in inputs:\\n    if not isinstance(value, _Facts):\\n        break\\nelse:\\n    return inputs' -> 'pass'")  # saves time
equivalent("01-apply", "'break' -> 'continue'")  # notes the same again
equivalent("01-shapes", "line 31: '1' ->")  # the place counts, not the size there
equivalent("01-python", "'iubx'")  # there is no kind "x"
equivalent("01-python", "'self.item()' -> 'self'")  # int(t) asks item
equivalent("01-constructors", "sizes(shape))'")  # float64 first, and then the dtype: equal numbers
equivalent("01-reader", "'x / 1.0' -> 'x * 1.0'")  # floats as well
equivalent("01-reader", "'1.0' -> '2.0'")  # the length is divided away
equivalent("01-reader", "'unit(new)' -> 'new'")  # the length of a new picture changes no order
equivalent("01-python", "line 14: ")  # item refuses as well, in other words
equivalent("01-python", "line 15: ")  # the same
