"""Wrong answers to module 02 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# 02-collapse

LOOP = "whole = layers[0]\nfor layer in layers[1:]:\n    whole = join(whole, layer)\nreturn whole"
JOIN = "return w2 @ w1, w2 @ b1 + b2"
slip("02-collapse", "the product in the wrong order", "line | return w1 @ w2", "return w2 @ w1", "return w1 @ w2")
slip("02-collapse", "the first bias goes through nothing", "line | w2 @ w1, b1 + b2", "w2 @ b1 + b2", "b1 + b2")
slip("02-collapse", "the second bias is lost", "wrong | what comes out at x = 0", "w2 @ b1 + b2", "w2 @ b1")
slip("02-collapse", "the second bias is multiplied too", "line | w2 @ (b1 + b2)", "w2 @ b1 + b2", "w2 @ (b1 + b2)")
slip("02-collapse", "the sign of the bias", "wrong | what comes out at x = 0", "w2 @ b1 + b2", "w2 @ b1 - b2")
slip("02-collapse", "element by element", "line | w2 * w1", "w2 @ w1", "w2 * w1")
slip("02-collapse", "transposed weights", "transposed", "return w2 @ w1,", "return (w2 @ w1).T,")
slip("02-collapse", "joined the wrong way round", "line | in `join`", "join(whole, layer)", "join(layer, whole)")
slip("02-collapse", "starts over with each layer", "line | in `join`", "join(whole, layer)", "join(layers[0], layer)")
slip("02-collapse", "returns inside the loop", "shape is (3, 2); expected (7, 2)", "    whole = join(whole, layer)", "    return join(whole, layer)")
slip("02-collapse", "takes the first layer twice", "line | in `join`", "layers[1:]", "layers")
slip("02-collapse", "no return", "None", "return whole", "whole")
wrong("02-collapse", "two layers only", "shape is (3, 2); expected (7, 2)", JOIN, "return join(layers[0], layers[1])")
wrong("02-collapse", "empties the list", "the list must stay as it was", JOIN, "whole = layers.pop(0)\nwhile layers:\n    whole = join(whole, layers.pop(0))\nreturn whole")
wrong("02-collapse", "left blank", "A blank `...` is still there", "return ..., ...", LOOP)
wrong("02-collapse", "weights and bias swapped", "shape is", "return w2 @ b1 + b2, w2 @ w1", LOOP)
wrong("02-collapse", "breaks with one layer", "one layer is one already", JOIN, "whole = join(layers[0], layers[1]) if len(layers) > 1 else (layers[0][0], 0 * layers[0][1])\nfor layer in layers[2:]:\n    whole = join(whole, layer)\nreturn whole")

# 02-corners

SLOPES = "slopes = np.diff(heights) / np.diff(knees)"
slip("02-corners", "the slopes themselves", "wrong | straight to the next corner", "np.diff(slopes, prepend=0)", "slopes")
slip("02-corners", "no first weight", "(3,) | (4,)", "np.diff(slopes, prepend=0)", "np.diff(slopes)")
slip("02-corners", "pieces of width 1", "wrong | straight to the next corner", " / np.diff(knees)", "")
slip("02-corners", "width over rise", "wrong | straight to the next corner", "np.diff(heights) / np.diff(knees)", "np.diff(knees) / np.diff(heights)")
slip("02-corners", "a 0 at the end", "wrong | straight to the next corner", "prepend=0", "append=0")
slip("02-corners", "the heights as weights", "wrong | straight to the next corner", "return np.diff(slopes, prepend=0)", "return heights[1:]")
slip("02-corners", "no return", "None", "return np.diff", "np.diff")
slip("02-corners", "the change the wrong way round", "wrong | straight to the next corner", "np.diff(slopes, prepend=0)", "-np.diff(slopes, prepend=0)")
slip("02-corners", "the first slope twice", "wrong | straight to the next corner", "prepend=0", "prepend=slopes[0]")
slip("02-corners", "a weight for the last corner too", "(5,) | (4,)", "np.diff(slopes, prepend=0)", "np.diff(slopes, prepend=0, append=0)")
wrong("02-corners", "a list", "list", "s = [(heights[i + 1] - heights[i]) / (knees[i + 1] - knees[i]) for i in range(len(knees) - 1)]\nreturn [s[0]] + [s[i] - s[i - 1] for i in range(1, len(s))]")
wrong("02-corners", "left blank", "A blank `...` is still there", "return ...")

# 02-sigmoid

APPLY = 'return apply("sigmoid", x)'
wrong("02-sigmoid", "the first form", "overflow | np.exp(-x)", "return 1 / (1 + np.exp(-x))", APPLY)
wrong("02-sigmoid", "the second form", "overflow | np.exp(x)", "return np.exp(x) / (1 + np.exp(x))", APPLY)
wrong("02-sigmoid", "where over both forms", "overflow | np.where", "return np.where(x > 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))", APPLY)
wrong("02-sigmoid", "through tanh", "small results survive", "return 0.5 * (1 + np.tanh(x / 2))", APPLY)
wrong("02-sigmoid", "1 minus the other side", "small results survive", "right = 1 / (1 + np.exp(-np.abs(x)))\nreturn np.where(x >= 0, right, 1 - right)", APPLY)
wrong("02-sigmoid", "clipped", "small results survive", "return 1 / (1 + np.exp(-np.clip(x, -80, 80)))", APPLY)
wrong("02-sigmoid", "one number only", "ambiguous | if x >= 0", "if x >= 0:\n    return 1 / (1 + np.exp(-x))\nreturn np.exp(x) / (1 + np.exp(x))", APPLY)
wrong("02-sigmoid", "math in place of NumPy", "line | math.exp(-x)", "return 1 / (1 + math.exp(-x))", APPLY)
wrong("02-sigmoid", "the warning is switched off, nan made 0", "nan stays nan", 'with np.errstate(all="ignore"):\n    return np.nan_to_num(np.where(x > 0, 1 / (1 + np.exp(-x)), np.nan_to_num(np.exp(x)) / (1 + np.nan_to_num(np.exp(x)))))', APPLY)
slip("02-sigmoid", "the left side turned round", "wrong | the formula", "np.minimum(x, 0)", "np.minimum(-x, 0)")
slip("02-sigmoid", "the larger of both", "wrong | the formula", "np.minimum(x, 0)", "np.maximum(x, 0)")
slip("02-sigmoid", "1 is forgotten", "wrong | the formula", "(1 + np.exp(-np.abs(x)))", "np.exp(-np.abs(x))")
slip("02-sigmoid", "no return", "None", "return top / (1", "top / (1")
slip("02-sigmoid", "in place", "changed its input EXAMPLE", "top = np.exp(np.minimum(x, 0))", "np.minimum(x, 0, out=x)\ntop = np.exp(x)")
slip("02-sigmoid", "the name of another operation", "the pattern of ReLU", 'apply("sigmoid", x)', 'apply("relu", x)')
slip("02-sigmoid", "the class's name", "there is no operation 'Sigmoid'", 'apply("sigmoid", x)', 'apply("Sigmoid", x)')
slip("02-sigmoid", "the function in place of its name", "there is no operation | the pattern of ReLU", 'apply("sigmoid", x)', "apply(sigmoid, x)")
slip("02-sigmoid", "an array from forward", "an array where a Tensor belongs", 'apply("sigmoid", x)', "sigmoid(x.data)")
slip("02-sigmoid", "a new Tensor that knows nothing", "origin` is None", 'apply("sigmoid", x)', "Tensor(sigmoid(x.data))")
slip("02-sigmoid", "forward without a return", "None", 'return apply("sigmoid", x)', 'apply("sigmoid", x)')

# 02-slopes

slip("02-slopes", "relu itself", "wrong", "(x > 0).astype(x.dtype)", "np.maximum(x, 0)")
slip("02-slopes", "1 at the corner", "the corner", "(x > 0)", "(x >= 0)")
slip("02-slopes", "True and False", "bool", "(x > 0).astype(x.dtype)", "x > 0")
slip("02-slopes", "float64, whatever comes in", "dtype is float64", "(x > 0).astype(x.dtype)", "(x > 0).astype(float)")
slip("02-slopes", "the sign of e^-x", "sign is turned round | the first rule", "return -np.exp(-x)", "return np.exp(-x)")
slip("02-slopes", "the 1 keeps a slope", "1 too large, everywhere | the first rule", "return -np.exp(-x)", "return 1 - np.exp(-x)")
slip("02-slopes", "the rule for powers", "wrong | the first rule", "return -np.exp(-x)", "return -x * np.exp(-x - 1)")
slip("02-slopes", "the minus of the second rule", "sign is turned round | the second rule", "return -slopes_of_bottom(x)", "return slopes_of_bottom(x)")
slip("02-slopes", "the square is forgotten", "wrong | the second rule", "(1 + np.exp(-x)) ** 2", "(1 + np.exp(-x))")
slip("02-slopes", "1 over the slope", "wrong | the second rule", "return -slopes_of_bottom(x) / (1 + np.exp(-x)) ** 2", "return 1 / slopes_of_bottom(x)")
slip("02-slopes", "s is taken for x", "wrong | from s alone", "s * (1 - s)", "sigmoid(s) * (1 - sigmoid(s))")
slip("02-slopes", "1 - s alone", "wrong | from s alone", "s * (1 - s)", "1 - s")
slip("02-slopes", "s - 1", "sign is turned round | from s alone", "s * (1 - s)", "s * (s - 1)")
slip("02-slopes", "t is taken for x", "wrong | from t alone", "1 - t * t", "1 - np.tanh(t) ** 2")
slip("02-slopes", "as for the sigmoid", "wrong | from t alone", "1 - t * t", "t * (1 - t)")
slip("02-slopes", "not squared", "wrong | from t alone", "1 - t * t", "1 - t")
slip("02-slopes", "the inner 2 is forgotten", "0.50 times | from t alone", "1 - t * t", "2 * slopes_from_sigmoid((t + 1) / 2)")
slip("02-slopes", "no return", "None", "return s * (1 - s)", "s * (1 - s)")

# 02-chain

ROUND = "x = function(x)\n    slopes = slopes * slope_from(x)"
slip("02-chain", "the slope from the input", "wrong | once", ROUND, "slopes = slopes * slope_from(x)\n    x = function(x)")
slip("02-chain", "adds the slopes", "1 too large, everywhere | once", "slopes * slope_from(x)", "slopes + slope_from(x)")
slip("02-chain", "the last slope only", "wrong | twice", "slopes * slope_from(x)", "slope_from(x)")
slip("02-chain", "always the first output", "wrong | twice", ROUND, "out = function(x)\n    slopes = slopes * slope_from(out)")
slip("02-chain", "starts from zeros", "1 too small, everywhere | nothing applied", "np.ones_like(x)", "np.zeros_like(x)")
slip("02-chain", "returns inside the loop", "wrong | twice", "    slopes = slopes * slope_from(x)", "    slopes = slopes * slope_from(x)\n    return slopes")
slip("02-chain", "one round too many", "wrong | nothing applied", "range(times)", "range(times + 1)")
slip("02-chain", "one round too few", "wrong | once", "range(times)", "range(1, times)")
slip("02-chain", "the output instead of the slope", "wrong | nothing applied", "return slopes", "return x")
slip("02-chain", "in place", "changed its input NEAR", "x = function(x)", "x[:] = function(x)")
slip("02-chain", "starts from a single 1", "Python float | shape", "np.ones_like(x)", "1.0")
slip("02-chain", "the slope of the slope", "wrong | once", "slope_from(x)", "slope_from(slope_from(x))")
slip("02-chain", "no return", "None", "return slopes", "slopes")
wrong("02-chain", "to the power of times", "wrong | twice", "return slope_from(function(x)) ** times")

# 02-tanh

TANH = 'return apply("tanh", x)'
wrong("02-tanh", "the sigmoid, stretched", "small inputs", "return 2 * sigmoid(2 * x) - 1", TANH)
wrong("02-tanh", "from the exponentials", "digits are lost | small inputs", "return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))", TANH)
wrong("02-tanh", "one exponential", "small inputs", "z = np.exp(-2 * np.abs(x))\nreturn np.sign(x) * (1 - z) / (1 + z)", TANH)
wrong("02-tanh", "sinh over cosh", "overflow | np.sinh", "return np.sinh(x) / np.cosh(x)", TANH)
wrong("02-tanh", "the inner 2 is forgotten", "wrong | the formula", "return 2 * sigmoid(x) - 1", TANH)
wrong("02-tanh", "x near zero, from too far out", "off by | equal tanh_loop", "return np.where(np.abs(x) < 0.1, x, 2 * sigmoid(2 * x) - 1)", TANH)
wrong("02-tanh", "x near zero, the sigmoid from there on", "digits are lost | small inputs", "return np.where(np.abs(x) < 1e-3, x, 2 * sigmoid(2 * x) - 1)", TANH)
wrong("02-tanh", "of math", "line | math.tanh", "return math.tanh(x)", TANH)
slip("02-tanh", "the tangent", "wrong | the formula", "np.tanh(x)", "np.tan(x)")
slip("02-tanh", "the arc", "invalid value | np.arctanh", "np.tanh(x)", "np.arctanh(x)")
slip("02-tanh", "no return", "None", "return np.tanh(x)", "np.tanh(x)")
slip("02-tanh", "forward without a return", "None", 'return apply("tanh", x)', 'apply("tanh", x)')
slip("02-tanh", "the class before", "the pattern of ReLU", 'apply("tanh", x)', 'apply("sigmoid", x)')
slip("02-tanh", "an array from forward", "an array where a Tensor belongs", 'apply("tanh", x)', "np.tanh(x.data)")
slip("02-tanh", "cuts the graph", "origin` is None", 'apply("tanh", x)', "Tensor(np.tanh(x.data))")

# 02-gelu

INIT = "if approximate != 'tanh':\n    raise ValueError(f\"no {approximate!r}: use 'tanh'\")\nself.approximate = approximate"
FORWARD = 'return apply("gelu", x)'
wrong("02-gelu", "straight from the paper", "overflow | x**3", "return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))", INIT, FORWARD)
wrong("02-gelu", "straight from the formula", "overflow | x**2", "return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x**2)))", INIT, FORWARD)
wrong("02-gelu", "the x in front is limited too", "x itself", "x = np.clip(x, -10, 10)\nreturn 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x**2)))", INIT, FORWARD)
wrong("02-gelu", "u is limited, after the square", "overflow | x**2", "u = np.clip(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x**2), -20, 20)\nreturn 0.5 * x * (1 + np.tanh(u))", INIT, FORWARD)
wrong("02-gelu", "the quick one", "wrong | the formula", "return x * sigmoid(1.702 * x)", INIT, FORWARD)
wrong("02-gelu", "nan becomes 0", "nan stays nan", "c = np.where(np.abs(x) < 9, x, 0)\ninner = c / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (c + 0.044715 * c**3)))\nreturn np.where(x >= 9, x, np.where(x <= -9, 0, inner))", INIT, FORWARD)
slip("02-gelu", "limited too early", "too small | equal gelu_loop", "np.clip(x, -10, 10)", "np.clip(x, -3, 3)")
slip("02-gelu", "a trace is left in float32", "0 on the negative side", "np.clip(x, -10, 10)", "np.clip(x, -5, 5)")
slip("02-gelu", "a trace is left in float64", "where to limit it", "np.clip(x, -10, 10)", "np.clip(x, -6, 6)")
slip("02-gelu", "a trace of 1e-16", "where to limit it", "np.clip(x, -10, 10)", "np.clip(x, -7, 7)")
slip("02-gelu", "limited on the right only", "overflow", "np.clip(x, -10, 10)", "np.minimum(x, 10)")
slip("02-gelu", "the half is forgotten", "2.00 times", "return 0.5 * x", "return x")
slip("02-gelu", "the root is forgotten", "wrong | the formula", "math.sqrt(2 / math.pi)", "2 / math.pi")
slip("02-gelu", "the root of pi over 2", "wrong | the formula", "math.sqrt(2 / math.pi)", "math.sqrt(math.pi / 2)")
slip("02-gelu", "the square is forgotten", "wrong | the formula", "u**2", "u")
slip("02-gelu", "a digit too few", "wrong | the formula", "0.044715", "0.0044715")
slip("02-gelu", "1 - tanh", "wrong | the formula", "(1 + np.tanh(u))", "(1 - np.tanh(u))")
slip("02-gelu", "no return", "None", "return 0.5", "0.5")
slip("02-gelu", "knows 'none' alone", "Nothing was raised", "approximate != \"tanh\"", "approximate == \"none\"")
slip("02-gelu", "does not keep the setting", "GELU(approximate='tanh') | got", "self.approximate = approximate", "pass")
slip("02-gelu", "the word without quotes", "its quotes are not", "{approximate!r} here", "{approximate} here")
slip("02-gelu", "takes any word", "Nothing was raised", "raise ValueError(f", "print(f")
slip("02-gelu", "does not say what is right", "'tanh'", "here: use approximate='tanh'", "here")
slip("02-gelu", "another operation", "forward", 'apply("gelu", x)', 'apply("relu", x)')
slip("02-gelu", "the setting goes along", "line | approximate", 'apply("gelu", x)', 'apply("gelu", x, approximate=self.approximate)')

# 02-scores

slip("02-scores", "integers are let in", "Nothing was raised", 'x.dtype.kind != "f"', 'x.dtype.kind == "b"')
slip("02-scores", "booleans are let in", "Nothing was raised", 'x.dtype.kind != "f"', 'x.dtype.kind == "i"')
slip("02-scores", "float32 only", "ValueError | EMPTY", 'x.dtype.kind != "f"', "x.dtype != np.float32")
slip("02-scores", "float64 only", "ValueError | LOGITS", 'x.dtype.kind != "f"', "x.dtype != np.float64")
slip("02-scores", "isinstance of float", "ValueError", 'x.dtype.kind != "f"', "not isinstance(x, float)")
slip("02-scores", "no axes from the end", "ValueError | counted from the end", "range(-x.ndim, x.ndim)", "range(x.ndim)")
slip("02-scores", "one axis too many", "IndexError | that you raise yourself", "range(-x.ndim, x.ndim)", "range(-x.ndim, x.ndim + 1)")
slip("02-scores", "one axis too many at the other end", "IndexError | that you raise yourself", "range(-x.ndim, x.ndim)", "range(-x.ndim - 1, x.ndim)")
slip("02-scores", "the number of numbers", "ValueError | no examples, but five classes", "x.shape[axis] == 0", "x.size == 0")
slip("02-scores", "the number of rows", "ValueError | no examples, but five classes", "x.shape[axis] == 0", "len(x) == 0")
slip("02-scores", "the last axis always", "Nothing was raised", "x.shape[axis] == 0", "x.shape[-1] == 0")
slip("02-scores", "never looks for the axis", "IndexError | that you raise yourself", "axis not in range(-x.ndim, x.ndim)", "False")
slip("02-scores", "the axis is not named", "should name -1", ", and no axis {axis}", "")
slip("02-scores", "the shape is not named", "(0, 5)", "scores of shape {x.shape} have no classes", "there are no classes")
slip("02-scores", "the dtype is not named", "should name", "not {x.dtype} of", "not whole numbers of")
slip("02-scores", "other words", "no classes", "have no classes", "have nothing")
slip("02-scores", "returns a message", "Nothing was raised", 'raise ValueError(f"scores must', 'return (f"scores must')
slip("02-scores", "returns True", "where nothing belongs", "    raise ValueError(f\"scores of shape {x.shape} have no classes along axis {axis}\")", "    raise ValueError(f\"scores of shape {x.shape} have no classes along axis {axis}\")\nreturn True")
slip("02-scores", "a TypeError", "TypeError | that you raise yourself", 'ValueError(f"scores must', 'TypeError(f"scores must')
slip("02-scores", "a NumPy error", "ValueError | line", 'if x.dtype.kind != "f":', 'if x.max() and x.dtype.kind != "f":')
wrong("02-scores", "the axis before the dtype", "should name", 'if axis not in range(-x.ndim, x.ndim):\n    raise ValueError(f"axis {axis}, shape {x.shape}")\nif x.dtype.kind != "f":\n    raise ValueError(f"{x.dtype} {x.shape}")\nif x.shape[axis] == 0:\n    raise ValueError(f"{x.shape} no classes")')
wrong("02-scores", "asserts", "AssertionError | that you raise yourself", 'assert x.dtype.kind == "f", (x.dtype, x.shape)\nassert axis in range(-x.ndim, x.ndim), (axis, x.shape)\nassert x.shape[axis], f"no classes {x.shape}"')

# 02-softmax

SOFTMAX = 'return apply("softmax", x, axis=self.dim)'
MAX = "x.max(axis=axis, keepdims=True)"
slip("02-softmax", "nothing is subtracted", "overflow | which number do you subtract?", f"x - {MAX}", "x + 0")
slip("02-softmax", "one number for all", "divide | which number do you subtract?", MAX, "x.max()")
slip("02-softmax", "the mean", "overflow | which number do you subtract?", MAX, "x.mean(axis=axis, keepdims=True)")
slip("02-softmax", "the smallest", "overflow | which number do you subtract?", MAX, "x.min(axis=axis, keepdims=True)")
slip("02-softmax", "the largest size", "divide | which number do you subtract?", MAX, "np.abs(x).max(axis=axis, keepdims=True)")
slip("02-softmax", "80", "overflow", MAX, "80")
slip("02-softmax", "cut off", "wrong | which number do you subtract?", f"x - {MAX}", "np.clip(x, -80, 80)")
slip("02-softmax", "no keepdims in the maximum", "broadcast | line", MAX, "x.max(axis=axis)")
slip("02-softmax", "no keepdims in the sum", "broadcast | line", "powers.sum(axis=axis, keepdims=True)", "powers.sum(axis=axis)")
slip("02-softmax", "the sum of everything", "wrong | the last axis", "powers.sum(axis=axis, keepdims=True)", "powers.sum()")
slip("02-softmax", "always the last axis", "any axis", "powers.sum(axis=axis, keepdims=True)", "powers.sum(axis=-1, keepdims=True)")
slip("02-softmax", "the maximum of the last axis", "wrong | any axis", MAX, "x.max(axis=-1, keepdims=True)")
slip("02-softmax", "the mean of the powers", "times", "powers.sum(axis", "powers.mean(axis")
slip("02-softmax", "the sum of the logits", "wrong | the last axis", "powers.sum(axis", "x.sum(axis")
slip("02-softmax", "powers of 2", "wrong | the last axis", "np.exp(powers", "np.exp2(powers")
slip("02-softmax", "in place", "changed its input LOGITS", f"x - {MAX}", f"np.subtract(x, {MAX}, out=x)")
slip("02-softmax", "no return", "None", "return powers", "powers")
slip("02-softmax", "not divided", "wrong | the last axis", "powers /= powers.sum(axis=axis, keepdims=True)\n", "")
slip("02-softmax", "forward forgets the axis", "the axis as its option", 'apply("softmax", x, axis=self.dim)', 'apply("softmax", x)')
slip("02-softmax", "forward with the axis of the check", "'axis': 0", 'apply("softmax", x, axis=self.dim)', 'apply("softmax", x, axis=1)')
slip("02-softmax", "forward without self", "NameError | in `forward`", "axis=self.dim", "axis=dim")
slip("02-softmax", "self.axis", "AttributeError | in `forward`", "axis=self.dim", "axis=self.axis")
slip("02-softmax", "the axis as another input", "TypeError | self.dim is the axis", "x, axis=self.dim", "x, self.dim")
slip("02-softmax", "forward cuts the graph", "origin` is None", 'apply("softmax", x, axis=self.dim)', "Tensor(softmax(x.data, self.dim))")
wrong("02-softmax", "row by row, the last axis only", "wrong | any axis", "rows = [np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in x]\nreturn np.array(rows)", SOFTMAX)
wrong("02-softmax", "a nan is left out of maximum and sum", "a nan spoils its whole row", "powers = np.exp(x - np.nanmax(x, axis=axis, keepdims=True))\nreturn powers / np.nansum(powers, axis=axis, keepdims=True)", SOFTMAX)
wrong("02-softmax", "nan is taken out", "a nan spoils its whole row", f"x = np.nan_to_num(x)\npowers = np.exp(x - {MAX})\nreturn powers / powers.sum(axis=axis, keepdims=True)", SOFTMAX)

# 02-fakes

FAKES = "FOR_BY_MEAN = {}\nFOR_BY_SIZE = {}\nFOR_BY_FORCE = {}"
GOOD = ("np.float32([[300, 0, 0]])", "np.float32([[-200, -201]])", "np.float32([[100, 90]])")
wrong("02-fakes", "left blank", "No inputs yet", FAKES.format("...", "...", "..."))
wrong("02-fakes", "not far from the mean", "Not broken", FAKES.format("np.float32([[50, 0, 0]])", *GOOD[1:]))
wrong("02-fakes", "all far, and equal", "Not broken", FAKES.format("np.float32([[1000, 1000, 1000]])", *GOOD[1:]))
wrong("02-fakes", "two classes are not enough", "Not broken", FAKES.format("np.float32([[150, 0]])", *GOOD[1:]))
wrong("02-fakes", "large and positive", "Not broken", FAKES.format(GOOD[0], "np.float32([[1000, 999]])", GOOD[2]))
wrong("02-fakes", "not low enough", "Not broken", FAKES.format(GOOD[0], "np.float32([[-20, -21]])", GOOD[2]))
wrong("02-fakes", "below 80", "Not broken", FAKES.format(*GOOD[:2], "np.float32([[79, 60]])"))
wrong("02-fakes", "cut off, and right all the same", "Not broken", FAKES.format(*GOOD[:2], "np.float32([[1000, 0]])"))
wrong("02-fakes", "infinity", "holds inf | finite", FAKES.format("np.float32([[np.inf, 0, 0]])", *GOOD[1:]))
wrong("02-fakes", "not a number", "holds nan | finite", FAKES.format(GOOD[0], "np.float32([[np.nan, 0]])", GOOD[2]))
wrong("02-fakes", "float64", "float64 | the text asks for float32", FAKES.format(*GOOD[:2], "np.array([[100.0, 90.0]])"))
wrong("02-fakes", "integers", "int64 | the text asks for float32", FAKES.format("np.array([[300, 0, 0]])", *GOOD[1:]))
wrong("02-fakes", "a list", "a list, where an array belongs", FAKES.format("[[300.0, 0.0, 0.0]]", *GOOD[1:]))
wrong("02-fakes", "a single row", "refuses them", FAKES.format("np.float32([300, 0, 0])", *GOOD[1:]))

# 02-log-softmax

LOG_SOFTMAX = 'return apply("log_softmax", x, axis=self.dim)'
wrong("02-log-softmax", "the log of softmax", "divide by zero | np.log(softmax(x", "return np.log(softmax(x, axis))", LOG_SOFTMAX)
wrong("02-log-softmax", "a pinch of 1e-9", "digits are lost", "return np.log(softmax(x, axis) + 1e-9)", LOG_SOFTMAX)
wrong("02-log-softmax", "no shift", "overflow | np.exp(x)", "return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))", LOG_SOFTMAX)
wrong("02-log-softmax", "the shift is forgotten in front", "wrong | the logarithm", "shifted = x - x.max(axis=axis, keepdims=True)\nreturn x - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))", LOG_SOFTMAX)
wrong("02-log-softmax", "in place", "changed its input LOGITS", "x -= x.max(axis=axis, keepdims=True)\nx -= np.log(np.exp(x).sum(axis=axis, keepdims=True))\nreturn x", LOG_SOFTMAX)
wrong("02-log-softmax", "cut off below", "divide by zero | np.log(", "return np.maximum(np.log(softmax(x, axis)), -100)", LOG_SOFTMAX)
slip("02-log-softmax", "divided", "wrong | the logarithm", "return shifted - np.log", "return shifted / np.log")
slip("02-log-softmax", "the logarithm of each", "wrong | the logarithm", "np.log(np.exp(shifted).sum(axis=axis, keepdims=True))", "np.log(np.exp(shifted)).sum(axis=axis, keepdims=True)")
slip("02-log-softmax", "the sign", "sign is turned round", "return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))", "return np.log(np.exp(shifted).sum(axis=axis, keepdims=True)) - shifted")
slip("02-log-softmax", "log base 2", "wrong | the logarithm", "np.log(", "np.log2(")
slip("02-log-softmax", "log1p", "wrong | the logarithm", "np.log(", "np.log1p(")
slip("02-log-softmax", "one maximum for all", "divide by zero | logits of any size", "x.max(axis=axis, keepdims=True)", "x.max()")
slip("02-log-softmax", "no keepdims in the maximum", "broadcast | line", "x.max(axis=axis, keepdims=True)", "x.max(axis=axis)")
slip("02-log-softmax", "no keepdims in the sum", "broadcast | line", "np.exp(shifted).sum(axis=axis, keepdims=True)", "np.exp(shifted).sum(axis=axis)")
slip("02-log-softmax", "the sum of everything", "wrong | the logarithm", ".sum(axis=axis, keepdims=True)", ".sum()")
slip("02-log-softmax", "the last axis only", "equal log_softmax_in_the_middle", ".sum(axis=axis, keepdims=True)", ".sum(axis=-1, keepdims=True)")
slip("02-log-softmax", "no return", "None", "return shifted -", "shifted -")
slip("02-log-softmax", "the class above", "the same pattern", 'apply("log_softmax", x', 'apply("softmax", x')
slip("02-log-softmax", "forward forgets the axis", "the same pattern", ", axis=self.dim", "")
slip("02-log-softmax", "the class in place of the name", "there is no operation | the same pattern", 'apply("log_softmax"', "apply(LogSoftmax")

# 02-temperature

REFUSE = 'if not temperature >= 0:\n    raise ValueError(f"the temperature is {temperature}")\n'
wrong("02-temperature", "divides by 0", "divide by zero", REFUSE + "return softmax(logits / temperature)")
wrong("02-temperature", "a tiny temperature", "and no others", REFUSE + "return softmax(logits / max(temperature, 1e-9))")
wrong("02-temperature", "the tiniest temperature", "overflow | exactly 0", REFUSE + "return softmax(logits / max(temperature, 1e-37))")
wrong("02-temperature", "the first of equal ones takes all", "and no others", REFUSE + "if temperature == 0:\n    return np.eye(logits.shape[1], dtype=logits.dtype)[logits.argmax(axis=1)]\nreturn softmax(logits / temperature)")
wrong("02-temperature", "ones for all equal ones", "and no others", REFUSE + "if temperature == 0:\n    return (logits == logits.max(axis=1, keepdims=True)).astype(logits.dtype)\nreturn softmax(logits / temperature)")
wrong("02-temperature", "isclose", "and no others", REFUSE + "if temperature == 0:\n    top = np.isclose(logits, logits.max(axis=1, keepdims=True)).astype(logits.dtype)\n    return top / top.sum(axis=1, keepdims=True)\nreturn softmax(logits / temperature)")
wrong("02-temperature", "the textbook's softmax", "overflow | np.exp(logits", REFUSE + "if temperature == 0:\n    top = (logits == logits.max(axis=1, keepdims=True)).astype(logits.dtype)\n    return top / top.sum(axis=1, keepdims=True)\npowers = np.exp(logits / temperature)\nreturn powers / powers.sum(axis=1, keepdims=True)")
wrong("02-temperature", "small is zero", "by however little", REFUSE + "if temperature < 0.001:\n    top = (logits == logits.max(axis=1, keepdims=True)).astype(logits.dtype)\n    return top / top.sum(axis=1, keepdims=True)\nreturn softmax(logits / temperature)")
slip("02-temperature", "multiplied", "wrong | above 0", "softmax(logits / temperature)", "softmax(logits * temperature)")
slip("02-temperature", "softmax first", "wrong | above 0", "softmax(logits / temperature)", "softmax(logits) / temperature")
slip("02-temperature", "nan slips through", "Nothing was raised", "not temperature >= 0", "temperature < 0")
slip("02-temperature", "0 is refused", "ValueError | exactly 0", "not temperature >= 0", "not temperature > 0")
slip("02-temperature", "0 is taken for nothing", "divide by zero", "temperature == 0", "temperature is None")
slip("02-temperature", "does not say which", "-0.5", ", not {temperature}", "")
slip("02-temperature", "the size of the temperature", "Nothing was raised", "if not temperature >= 0:", "temperature = abs(temperature)\nif not temperature >= 0:")
slip("02-temperature", "one maximum for all", "invalid value | exactly 0", "logits.max(axis=-1, keepdims=True)", "logits.max()")
slip("02-temperature", "the maximum of the classes", "invalid value | exactly 0", "logits.max(axis=-1, keepdims=True)", "logits.max(axis=0, keepdims=True)")
slip("02-temperature", "float64 of float32", "dtype is float64", ".astype(logits.dtype) / largest.sum(axis=-1, keepdims=True).astype(logits.dtype)", " / largest.sum(axis=-1, keepdims=True)")
slip("02-temperature", "along the wrong axis", "wrong | above 0", "softmax(logits / temperature)", "softmax(logits / temperature, axis=0)")
slip("02-temperature", "no return", "None", "return softmax", "softmax")
slip("02-temperature", "in place", "changed its input LOGITS", "return softmax(logits / temperature)", "logits /= temperature\nreturn softmax(logits)")

# 02-sides

slip("02-sides", "multiplied by width and height", "wrong", "np.cos(t) / width, np.sin(t) / height", "np.cos(t) * width, np.sin(t) * height")
slip("02-sides", "width and height swapped", "wrong", "np.cos(t) / width, np.sin(t) / height", "np.cos(t) / height, np.sin(t) / width")
slip("02-sides", "sine and cosine swapped", "wrong", "np.cos(t) / width, np.sin(t) / height", "np.sin(t) / width, np.cos(t) / height")
slip("02-sides", "half way round", "wrong", "2 * np.pi * np.arange(n)", "np.pi * np.arange(n)")
slip("02-sides", "degrees", "wrong", "2 * np.pi * np.arange(n)", "360 * np.arange(n)")
slip("02-sides", "k from 1", "right numbers in the wrong places", "np.arange(n)", "np.arange(1, n + 1)")
slip("02-sides", "the first direction twice", "wrong", "2 * np.pi * np.arange(n) / n", "np.linspace(0, 2 * np.pi, n)")
slip("02-sides", "the sign of the radius", "1.2 too large, everywhere", "-radius", "radius")
slip("02-sides", "one bias for all", "[(7, 2), ()] | a layer (w, b)", "np.full(n, -radius)", "np.array(-radius)")
slip("02-sides", "a bias in a column", "line | in `run`", "np.full(n, -radius)", "np.full((n, 1), -radius)")
slip("02-sides", "rows for columns", "line | in `run`", "np.column_stack(", "np.stack(")
slip("02-sides", "the radius is divided too", "0.3 too large, everywhere", "np.full(n, -radius)", "np.full(n, -radius / width)")
slip("02-sides", "bias first", "line | in `run`", "return w, np.full(n, -radius)", "return np.full(n, -radius), w")
slip("02-sides", "the zero's width and height built in", "any n, width, height and radius", "np.cos(t) / width, np.sin(t) / height", "np.cos(t) / 2, np.sin(t) / 3.5")
slip("02-sides", "no return", "None", "return w, np", "w, np")

# 02-zero

DRAW = "return Sigmoid()(bend(Tensor(places) @ w1.T + b1) @ w2.T + b2).reshape(-1)"
LAYERS = "(a, c), (b, d) = sides(n, 2.0, 3.5, 0.5), sides(n, 2.0, 3.5, 1.0)\nreturn [(np.concatenate([a, b]), np.concatenate([c, d])), ({}, np.array([{}]))]"
WEIGHTS = "np.array([[{}] * n + [{}] * n])"
wrong("02-zero", "sums in place of means", "from n = 7", LAYERS.format(WEIGHTS.format("30 / 11", "-180 / 11"), "-1.0"), DRAW)
wrong("02-zero", "the outer oval counts too little", "wrong | where the ink is", LAYERS.format(WEIGHTS.format("30 / n", "-60 / n"), "-1.0"), DRAW)
wrong("02-zero", "the outer oval counts too much", "wrong", LAYERS.format(WEIGHTS.format("30 / n", "-3000 / n"), "-1.0"), DRAW)
wrong("02-zero", "the inner oval counts too little", "wrong", LAYERS.format(WEIGHTS.format("3 / n", "-180 / n"), "-1.0"), DRAW)
wrong("02-zero", "the zero in white", "wrong | where the ink is", LAYERS.format(WEIGHTS.format("-30 / n", "180 / n"), "1.0"), DRAW)
wrong("02-zero", "the order of the ovals", "wrong | where the ink is", LAYERS.format(WEIGHTS.format("-180 / n", "30 / n"), "-1.0"), DRAW)
wrong("02-zero", "weights without their second axis", "(22,)", LAYERS.format("np.array([30 / n] * n + [-180 / n] * n)", "-1.0"), DRAW)
wrong("02-zero", "a disc, not a ring", "(22, 2)", "first = sides(n, 2.0, 3.5, 1.0)\nreturn [first, (np.full((1, n), -30 / n), np.array([1.0]))]", DRAW)
wrong("02-zero", "made for n = 11", "line | from n = 7", LAYERS.format("np.array([[30 / 11] * 11 + [-180 / 11] * 11])", "-1.0"), DRAW)
slip("02-zero", "the ovals swapped", "wrong | where the ink is", "np.full(n, 300 / n), np.full(n, -1800 / n)", "np.full(n, -1800 / n), np.full(n, 300 / n)")
slip("02-zero", "eleven lines, whatever n is", "(22, 2) | for another n", "inner_w, inner_b = sides", "n = 11\ninner_w, inner_b = sides")
slip("02-zero", "always the same places", "shape is (64,); expected (13,)", "Tensor(places)", "Tensor(PLACES)")
slip("02-zero", "the bend is forgotten", "draw, with any two layers", "bend(Tensor(places) @ w1.T + b1)", "(Tensor(places) @ w1.T + b1)")
slip("02-zero", "relu whatever bend is given", "draw, with any two layers", "bend(Tensor(places)", "relu(Tensor(places)")
slip("02-zero", "the sigmoid is forgotten", "draw, with any two layers", "Sigmoid()(answers)", "answers")
slip("02-zero", "a column", "shape is (13, 1)", ".reshape(-1)", "")
slip("02-zero", "the class, not an object", "line | Sigmoid(answers)", "Sigmoid()(answers)", "Sigmoid(answers)")
slip("02-zero", "yes or no", "draw, with any two layers", "Sigmoid()(answers).reshape(-1)", "Tensor((Sigmoid()(answers).data > 0.5).astype(np.float32)).reshape(-1)")
slip("02-zero", "an array", "an array where a Tensor belongs", "return Sigmoid()(answers).reshape(-1)", "return Sigmoid()(answers).numpy().reshape(-1)")
slip("02-zero", "the first bias is forgotten", "draw, with any two layers", "Tensor(places) @ w1.T + b1", "Tensor(places) @ w1.T")
slip("02-zero", "the second bias is forgotten", "draw, with any two layers", "@ w2.T + b2", "@ w2.T")
slip("02-zero", "not transposed", "line | @ w1", "@ w1.T", "@ w1")
slip("02-zero", "a bend at the end too", "draw, with any two layers", "Sigmoid()(answers)", "Sigmoid()(bend(answers))")

# 02-stream

slip("02-stream", "the sum so far is not rescaled", "a larger one after it", "total * math.exp(largest - new)", "total")
slip("02-stream", "rescaled the wrong way", "nan | one piece", "math.exp(largest - new)", "math.exp(new - largest)")
slip("02-stream", "the last maximum", "line | OverflowError", "max(largest, piece.max())", "piece.max()")
slip("02-stream", "forgets to remember the maximum", "-inf | one piece", "largest = new\n", "pass\n")
slip("02-stream", "starts the maximum at 0", "divide by zero | numbers of any size", "-math.inf, 0.0", "0.0, 0.0")
slip("02-stream", "the maximum is not added again", "one piece", "return largest + np.log(total)", "return np.log(total)")
slip("02-stream", "the sum, not its logarithm", "one piece", "return largest + np.log(total)", "return np.exp(largest) * total")
slip("02-stream", "returns inside the loop", "a larger one after it", "    largest = new\n", "    largest = new\n    return largest + np.log(total)\n")
slip("02-stream", "no return", "None", "return largest +", "largest +")
wrong("02-stream", "everything at once", "no more than one piece", "whole = np.concatenate(list(pieces))\nm = whole.max()\nreturn m + np.log(np.exp(whole - m).sum())")
wrong("02-stream", "the textbook", "overflow", "return np.log(sum(np.exp(piece).sum() for piece in pieces))")
wrong("02-stream", "read twice", "divide by zero | m + np.log", "m = max(piece.max() for piece in pieces)\nreturn m + np.log(sum(np.exp(piece - m).sum() for piece in pieces))")
wrong("02-stream", "a list of the logarithms' sum", "too", "return sum(np.logaddexp.reduce(piece) for piece in pieces)")
wrong("02-stream", "the pieces kept for later", "no more than one piece", "kept = [piece for piece in pieces]\nm = max(piece.max() for piece in kept)\nreturn m + np.log(sum(np.exp(piece - m).sum() for piece in kept))")

# Mutants that are right answers too, by a part of their description, and why

equivalent("02-sigmoid", "'np.minimum(x, 0)' -> 'np.minimum(0, x)'")  # the smaller of two, in either order
equivalent("02-gelu", "'np.clip(x, -10, 10)' -> 'np.clip(-10, x, 10)'")  # -10 raised to x and cut at 10: the same
equivalent("02-gelu", "'10' -> '11'")  # any limit from 8 on will do: tanh is 1 to the last digit there
equivalent("02-gelu", "'10' -> '9'")
equivalent("02-temperature", "'largest.astype(logits.dtype)' -> 'largest'")  # True counts as 1, and the divisor has the dtype
equivalent("02-temperature", "'-1' -> '1'")  # tables have two axes
equivalent("02-zero", "'300' -> ")  # the numbers are the student's choice: these are right at all places, too
equivalent("02-zero", "'1800' -> ")
equivalent("02-zero", "'10.0' -> ")
equivalent("02-zero", "region 2, line 2: '1' -> '2'")  # NumPy takes any negative length for "as many as there are"
equivalent("02-zero", "'Tensor(places)' -> 'places'")  # the bend makes a Tensor of it
equivalent("02-stream", "'0.0' -> ")  # the first piece multiplies this by e to the minus infinity
equivalent("02-stream", "'max(largest, piece.max())' -> 'max(piece.max(), largest)'")  # the larger of two
