"""Wrong answers to module 05 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# 05-differences

slip("05-differences", "never puts it back", "changed its input P by 1e-06 | Keep the old number", "    array[index] = kept\n", "")
slip("05-differences", "divides by epsilon alone", "2.00 times", "(2 * epsilon)", "epsilon")
slip("05-differences", "below minus above", "sign is turned round", "(above - below)", "(below - above)")
slip("05-differences", "down only half as far", "0.50 times", "array[index] = kept - epsilon\n    below", "array[index] = kept\n    below")
slip("05-differences", "a step of its own", "up and down, by epsilon", "slopes = np.zeros_like(array)", "epsilon, slopes = 1e-6, np.zeros_like(array)")
slip("05-differences", "asks for no value", "TypeError | function", "above = value()", "above = value")
slip("05-differences", "returns in the loop", "wrong | one slope for each number", "return slopes", "    return slopes")
slip("05-differences", "returns nothing", "It gave None", "return slopes", "slopes")
slip("05-differences", "indices of the first axis", "wrong | one slope for each number", "np.ndindex(array.shape)", "range(len(array))")
slip("05-differences", "a copy is moved", "wrong | one slope for each number", "slopes = np.zeros_like(array)", "array = array.copy()\nslopes = np.zeros_like(array)")
slip("05-differences", "two axes built in", "IndexError | line", "np.ndindex(array.shape)", "((i, j) for i in range(array.shape[0]) for j in range(array.shape[1]))")
wrong(
    "05-differences",
    "up only",
    "up and down, by epsilon",
    """
    slopes, before = np.zeros_like(array), value()
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + epsilon
        slopes[index] = (value() - before) / epsilon
        array[index] = kept
    return slopes
    """,
)
wrong(
    "05-differences",
    "adds and subtracts in place",
    "changed its input P by | adding and subtracting loses the last bits",
    """
    slopes = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        array[index] += epsilon
        above = value()
        array[index] -= 2 * epsilon
        below = value()
        array[index] += epsilon
        slopes[index] = (above - below) / (2 * epsilon)
    return slopes
    """,
)

# 05-arithmetic

slip("05-arithmetic", "sub without the sign", "Entry 1 of the tuple: The sign is turned round", "grad, lambda: -grad", "grad, grad")
slip("05-arithmetic", "sub with both signs", "Entry 0 of the tuple: The sign is turned round", "grad, lambda: -grad", "-grad, -grad")
slip("05-arithmetic", "the other way round in mul", "Entry 0 of the tuple | wrong", "lambda: grad * b, lambda: grad * a", "lambda: grad * a, lambda: grad * b")
slip("05-arithmetic", "slopes without grad", "Yours times G would be right", "lambda: grad * b, lambda: grad * a", "b, a")
slip("05-arithmetic", "one array in the place of two", "an array, where a tuple of 2 belongs", "return lambda: grad * b, lambda: grad * a", "return grad * (a + b)")
slip("05-arithmetic", "mul in place", "changed its input G", "lambda: grad * b,", "np.multiply(grad, b, out=grad),")
slip("05-arithmetic", "sums over the batch", "shape is (5,)", "lambda: grad * a", "(grad * a).sum(axis=0)")
slip("05-arithmetic", "a sum where broadcasting was", "shape is (5,) | in the shape of grad", "lambda: grad * a", "(grad * a).sum(axis=0) if a.shape != b.shape else grad * a")
slip("05-arithmetic", "in float64", "dtype is float64", "lambda: grad * b,", "lambda: grad.astype(float) * b,")
slip("05-arithmetic", "div without the sign", "Entry 1 of the tuple: The sign is turned round", "-grad * out / b", "grad * out / b")
slip("05-arithmetic", "div without a square", "Entry 1 of the tuple | Yours divided by B would be right", "-grad * out / b", "-grad * out")
slip("05-arithmetic", "div without a", "Entry 1 of the tuple | Yours times A would be right", "-grad * out / b", "-grad / b**2")
slip("05-arithmetic", "div by a", "Entry 0 of the tuple", "lambda: grad / b,", "lambda: grad / a,")
slip("05-arithmetic", "the result in the place of its slope", "Entry 0 of the tuple | Yours divided by A would be right", "lambda: grad / b,", "lambda: grad * out,")
slip("05-arithmetic", "no return", "It gave None", "return grad, lambda: -grad", "grad, lambda: -grad")
slip("05-arithmetic", "not registered", "got 'mul'", '@gradient_of("mul")\n', "")
slip("05-arithmetic", "registered under the function's name", "got 'div'", '@gradient_of("div")', '@gradient_of("div_gradient")')
slip("05-arithmetic", "one name twice", "got 'mul div'", '@gradient_of("div")', '@gradient_of("mul")')
slip("05-arithmetic", "three inputs", "TypeError", "def mul_gradient(grad, out, a, b)", "def mul_gradient(grad, a, b)")
wrong("05-arithmetic", "left blank", "A blank `...` is still there", "sub_gradient = ...\nmul_gradient = ...\ndiv_gradient = ...")
wrong("05-arithmetic", "one rule missing", "There is no `mul_gradient` yet", '@gradient_of("sub")\ndef sub_gradient(grad, out, a, b):\n    return grad, -grad')

# 05-functions

FUNCTION = 'elementwise("{}", lambda out, a: {})'


def slope_slip(name, what, says, right, instead):
    slip("05-functions", what, says, FUNCTION.format(name, right), FUNCTION.format(name, instead))


slope_slip("neg", "neg with slope 1", 'rule_of("neg" | The sign is turned round', "-1", "1")
slope_slip("neg", "neg itself", 'rule_of("neg"', "-1", "-a")
slope_slip("exp", "the rule for powers", 'rule_of("exp" | e to the a is its own slope', "out", "a * np.exp(a - 1)")
slope_slip("exp", "times grad once more", "grad", "out", "grad * out")
slope_slip("log", "1 over the logarithm", 'rule_of("log" | 1 / a is the slope of log a', "1 / a", "1 / out")
slope_slip("log", "e^a again", 'rule_of("log"', "1 / a", "out")
slope_slip("sqrt", "without the 2", "2.00 times", "0.5 / out", "1 / out")
slope_slip("sqrt", "2 times the root", 'rule_of("sqrt" | times itself', "0.5 / out", "2 * out")
slope_slip("sqrt", "the root of the root", 'rule_of("sqrt"', "0.5 / out", "0.5 / np.sqrt(out)")
slope_slip("abs", "slope 1 everywhere", 'rule_of("abs" | down on the left', "np.sign(a)", "1")
slope_slip("abs", "a over |a|", "invalid value | 0 at the corner", "np.sign(a)", "a / out")
slope_slip("abs", "1 at the corner", "0 at the corner", "np.sign(a)", "np.where(a < 0, -1, 1).astype(a.dtype)")
slope_slip("relu", "1 where it is flat", 'rule_of("relu" | where is it flat?', "out > 0", "out >= 0")
slope_slip("relu", "1 at the corner", "0 at the corner", "out > 0", "a >= 0")
slope_slip("relu", "the result", 'rule_of("relu"', "out > 0", "out")
slope_slip("relu", "whole numbers", "dtype is float64", "out > 0", "np.where(a > 0, 1, 0)")
slope_slip("relu", "Python's if", "ambiguous", "out > 0", "1 if a > 0 else 0")
slope_slip("sigmoid", "from a, as derived", "overflow | 1000 and -1000", "out * (1 - out)", "np.exp(-a) / (1 + np.exp(-a)) ** 2")
slope_slip("sigmoid", "a in the place of out", 'rule_of("sigmoid"', "out * (1 - out)", "a * (1 - a)")
slope_slip("sigmoid", "one factor", 'rule_of("sigmoid"', "out * (1 - out)", "1 - out")
slope_slip("sigmoid", "the sign of the exponent forgotten", "The sign is turned round", "out * (1 - out)", "out * (out - 1)")
slope_slip("sigmoid", "sigmoid once more", 'rule_of("sigmoid"', "out * (1 - out)", "1 / (1 + np.exp(-out)) * (1 - 1 / (1 + np.exp(-out)))")
slope_slip("tanh", "without the square", 'rule_of("tanh" | the relation to sigma', "1 - out * out", "1 - out")
slope_slip("tanh", "a in the place of out", 'rule_of("tanh"', "1 - out * out", "1 - a * a")
slope_slip("tanh", "as for sigmoid", 'rule_of("tanh"', "1 - out * out", "out * (1 - out)")
slope_slip("tanh", "without the inner 2", "0.50 times", "1 - out * out", "(1 - out * out) / 2")
slope_slip("tanh", "by cosh", "overflow", "1 - out * out", "1 / np.cosh(a) ** 2")
slip("05-functions", "another name", "no rule is registered for 'tanh'", 'elementwise("tanh",', 'elementwise("tangent",')
wrong("05-functions", "left blank", "A blank `...` is still there", "\n".join(FUNCTION.format(name, "...") for name in ("neg", "exp", "log", "sqrt", "abs", "relu", "sigmoid", "tanh")))

# 05-pow

slip("05-pow", "the exponent is not lowered", "Yours divided by A would be right | negative numbers", "a ** np.where(b == 0, 1, b - 1)", "a ** b")
slip("05-pow", "the exponent is not a factor", "0.25 times", "grad * b * a **", "grad * a **")
slip("05-pow", "0 to the power of -1", "divide by zero | is 1 for every a", "np.where(b == 0, 1, b - 1)", "(b - 1)")
slip("05-pow", "out over a", "invalid value | is 1 for every a", "grad * b * a ** np.where(b == 0, 1, b - 1)", "grad * b * out / a")
slip("05-pow", "the logarithm of 0", "divide by zero | 0 to the power of b", "np.log(np.where(a == 0, 1, a))", "np.log(a)")
slip("05-pow", "both at once", "invalid value | negative numbers", "return to_base, to_exponent", "return to_base(), to_exponent()")
slip("05-pow", "the two mixed up", "invalid value | negative numbers", "return to_base, to_exponent", "return to_exponent, to_base")
slip("05-pow", "the logarithm alone", "Entry 1 of the tuple | two slopes", "grad * out * np.log", "grad * np.log")
slip("05-pow", "b in the place of c", "Entry 1 of the tuple | two slopes", "grad * out * np.log", "grad * b * np.log")
slip("05-pow", "the logarithm of the exponent", "invalid value", "np.log(np.where(a == 0, 1, a))", "np.log(b)")
slip("05-pow", "no gradient for the exponent", "Entry 1 of the tuple: It gave None", "return to_base, to_exponent", "return to_base, None")
slip("05-pow", "the square in a hurry", "0.50 times", "grad * a * 2", "grad * a")
slip("05-pow", "absolute values", "the first at", "grad * b * a **", "grad * b * np.abs(a) **")
slip("05-pow", "the sum over what was broadcast", "shape is (5,) | the shape of grad", "return grad * out * np.log(np.where(a == 0, 1, a))", "found = grad * out * np.log(np.where(a == 0, 1, a))\n        return found if b.shape == a.shape else found.sum(axis=0)")
slip("05-pow", "not registered", "got 'pow'", '@gradient_of("pow")\n', "")
wrong("05-pow", "left blank", "A blank `...` is still there", "pow_gradient = ...")

# 05-gelu

slip("05-gelu", "not clipped", "overflow | every finite number", "np.clip(a, -10, 10)", "a")
slip("05-gelu", "the first term alone", "a product has two terms", " + near * (1 - t * t) * u_slope", "")
slip("05-gelu", "the second term alone", "a product has two terms", "1 + t + near", "near")
slip("05-gelu", "without a", "a product has two terms", "near * (1 - t * t) * u_slope", "(1 - t * t) * u_slope")
slip("05-gelu", "t in the place of its slope", "a product has two terms", "(1 - t * t) * u_slope", "t * u_slope")
slip("05-gelu", "the chain rule once", "a product has two terms", "(1 - t * t) * u_slope", "(1 - t * t)")
slip("05-gelu", "u in the place of its slope", "a product has two terms", "1 + 3 * 0.044715 * squares", "near + 0.044715 * near * squares")
slip("05-gelu", "the 3 forgotten", "a product has two terms", "1 + 3 * 0.044715", "1 + 0.044715")
slip("05-gelu", "k forgotten", "a product has two terms", "u_slope = k * (", "u_slope = (")
slip("05-gelu", "one half forgotten", "2.00 times", "return 0.5 *", "return")
slip("05-gelu", "grad once more", "grad", "return 0.5 *", "return grad * 0.5 *")
slip("05-gelu", "clipped at 1", "a product has two terms", "np.clip(a, -10, 10)", "np.clip(a, -1, 1)")
slip("05-gelu", "0 beyond 10", "every finite number", "np.clip(a, -10, 10)", "np.where(np.abs(a) > 10, 0, a)")
slip("05-gelu", "not registered", "no rule is registered for 'gelu'", 'elementwise("gelu", gelu_slope)', "gelu_slope")
wrong("05-gelu", "left blank", "A blank `...` is still there", 'elementwise("gelu", ...)')

# 05-unbroadcast

slip("05-unbroadcast", "the mean", "0.33 times", "grad.sum(", "grad.mean(")
slip("05-unbroadcast", "axes counted from the left", "ValueError | line", "[added + axis for", "[axis for")
slip("05-unbroadcast", "the axis is lost", "keepdims", ".reshape(shape)", "")
slip("05-unbroadcast", "added axes only", "ValueError: cannot reshape", "(*range(added), *stretched)", "tuple(range(added))")
slip("05-unbroadcast", "stretched axes only", "ValueError: cannot reshape", "(*range(added), *stretched)", "tuple(stretched)")
slip("05-unbroadcast", "a copy for equal shapes", "does not hold | without a copy", "return grad\n", "return grad.copy()\n")
slip("05-unbroadcast", "everything summed", "ValueError: cannot reshape", "grad.sum(axis=(*range(added), *stretched))", "grad.sum()")
slip("05-unbroadcast", "equal numbers of axes are enough", "(3, 5)", "grad.shape == shape", "grad.ndim == len(shape)")
slip("05-unbroadcast", "one axis at most", "ValueError: cannot reshape", "(*range(added), *stretched)", "(*range(added), *stretched)[:1]")
slip("05-unbroadcast", "nothing is returned", "It gave None", "return grad.sum", "grad.sum")
slip("05-unbroadcast", "a number for shape ()", "Python float", "return grad.sum", 'if shape == ():\n    return float(grad.sum())\nreturn grad.sum')
slip("05-unbroadcast", "the largest", "wrong | all rows move", "grad.sum(", "grad.max(")
wrong("05-unbroadcast", "by reshaping", "wrong | which of them stay?", "return grad if grad.shape == shape else grad.reshape(-1, *shape).sum(axis=0)")
wrong("05-unbroadcast", "the corner that fits", "wrong | all rows move", "return grad if grad.shape == shape else np.resize(grad, shape)")
wrong(
    "05-unbroadcast",
    "in place",
    "changed its input",
    """
    if grad.shape == shape:
        return grad
    while grad.ndim > len(shape):
        grad[0] += grad[1:].sum(axis=0)
        grad = grad[0]
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad
    """,
)
wrong(
    "05-unbroadcast",
    "axes of equal length first",
    "wrong | all rows move",
    """
    if grad.shape == shape:
        return grad
    shape_left = list(shape) + [1] * (grad.ndim - len(shape))
    axes = tuple(axis for axis in range(grad.ndim) if shape_left[axis] != grad.shape[axis])
    return np.resize(grad.sum(axis=axes), shape)
    """,
)

# 05-order

slip("05-order", "constants too", "too many", "if value.requires_grad:", "if True:")
slip("05-order", "leaves left out", "missing:", "if value.requires_grad:", "if value.requires_grad and value.origin:")
slip("05-order", "nobody is remembered", "a Tensor stands in it twice", "elif id(node) not in seen:", "else:")
slip("05-order", "root first", "stands before one of its inputs", "return order", "return order[::-1]")
slip("05-order", "root left out", "missing: 1", "return order", "return order[:-1]")
slip("05-order", "listed when met and when finished", "a Tensor stands in it twice", "seen.add(id(node))", "seen.add(id(node)); order.append(node)")
slip("05-order", "only the first input", "missing:", "in node.origin[1]:", "in node.origin[1][:1]:")
slip("05-order", "ids in the place of Tensors", "too many: 5, missing: 5", "order.append(node)", "order.append(id(node))")
slip("05-order", "returns in the loop", "missing:", "return order", "    return order")
slip("05-order", "nothing is returned", "None, which is no list", "return order", "order")
slip("05-order", "a generator", "which is no list", "return order", "return reversed(order[::-1])")
slip("05-order", "leaves have no origin", "'NoneType' object", "if node.origin is not None:", "if True:")
wrong(
    "05-order",
    "by recursion",
    "RecursionError | no recursion",
    """
    order, seen = [], set()
    def visit(node):
        if node.requires_grad and id(node) not in seen:
            seen.add(id(node))
            for value in node.origin[1] if node.origin else ():
                visit(value)
            order.append(node)
    visit(root)
    return order
    """,
)
wrong(
    "05-order",
    "remembered when pushed",
    "stands before one of its inputs",
    """
    order, seen, stack = [], {id(root)}, [(root, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
            continue
        stack.append((node, True))
        for value in node.origin[1] if node.origin else ():
            if value.requires_grad and id(value) not in seen:
                seen.add(id(value))
                stack.append((value, False))
    return order
    """,
)
wrong(
    "05-order",
    "nearest first, turned round",
    "stands before one of its inputs",
    """
    order, seen = [root], {id(root)}
    for node in order:
        for value in node.origin[1] if node.origin else ():
            if value.requires_grad and id(value) not in seen:
                seen.add(id(value))
                order.append(value)
    return order[::-1]
    """,
)
wrong(
    "05-order",
    "each node before its inputs, turned round",
    "stands before one of its inputs",
    """
    order, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            order.append(node)
            stack += [value for value in (node.origin[1] if node.origin else ()) if value.requires_grad]
    return order[::-1]
    """,
)
wrong(
    "05-order",
    "equal numbers are taken for one",
    "missing: | equal numbers",
    """
    order, seen, stack = [], [], [(root, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif not any(bool(node == known) for known in seen if known.shape == node.shape):
            seen.append(node)
            stack.append((node, True))
            for value in node.origin[1] if node.origin else ():
                if value.requires_grad:
                    stack.append((value, False))
    return order
    """,
)
# 05-step

slip("05-step", "only a leaf's postponed entry is called", "a pair for each input, computed or not", "part = part() if callable(part) else part", "part = part() if callable(part) and tensor.origin is None else part")
slip("05-step", "the name without quotes", "should name 'conv2d'", "{name!r}: write one under", "{name}: write one under")
slip("05-step", "no error for a missing rule", "TypeError", "if rule is None:", "if rule == 0:")
slip("05-step", "a ValueError for a missing rule", "Expected a LookupError", "raise LookupError", "raise ValueError")
slip("05-step", "the options forgotten", "TypeError | times", ", **options)", ")")
slip("05-step", "grad and out exchanged", "wrong", "rule(gradient, node.data,", "rule(node.data, gradient,")
slip("05-step", "Tensors in the place of arrays", "TypeError | rule(grad, out, *inputs, **options)", "*[tensor.data for tensor in inputs]", "*inputs")
slip("05-step", "the result as a Tensor", "TypeError | rule(grad, out, *inputs, **options)", "rule(gradient, node.data,", "rule(gradient, node,")
slip("05-step", "one list of inputs", "TypeError", "*[tensor.data for tensor in inputs]", "[tensor.data for tensor in inputs]")
slip("05-step", "data gets a gradient too", "The tuple has 2 entries; expected 1", "if tensor.requires_grad and part is not None:", "if part is not None:")
slip("05-step", "None is fitted", "ValueError | 'picky'", "if tensor.requires_grad and part is not None:", "if tensor.requires_grad:")
slip("05-step", "postponed entries are not called", "shape () | 'mul'", "part() if callable(part) else part", "part")
slip("05-step", "all are called", "ZeroDivisionError | nothing called in vain", "if tensor.requires_grad and part is not None:", "part = part() if callable(part) else part\n    if tensor.requires_grad and part is not None:")
slip("05-step", "all entries are functions", "not callable", "part() if callable(part) else part", "part()")
slip("05-step", "not fitted", "(3, 5); expected (5,) | the shape of the input", "_fitted(part, tensor, name)", "part")
slip("05-step", "pairs the wrong way round", "It gave a Tensor where plain numbers belong", "(tensor, _fitted(part, tensor, name))", "(_fitted(part, tensor, name), tensor)")
slip("05-step", "only the last input", "expected  2 | pairs (input, gradient)", "pairs.append((tensor, _fitted(part, tensor, name)))", "pairs = [(tensor, _fitted(part, tensor, name))]")
slip("05-step", "returns in the loop", "pairs (input, gradient)", "return pairs", "    return pairs")
slip("05-step", "nothing is returned", "It gave None", "return pairs", "pairs")
slip("05-step", "any answer of a rule will do", "Nothing was raised", "if not isinstance(parts, tuple) or len(parts) != len(inputs):", "if False:")
slip("05-step", "lists will do", "Nothing was raised", "not isinstance(parts, tuple) or ", "")
slip("05-step", "the length is not looked at", "IndexError", " or len(parts) != len(inputs):", ":")
slip("05-step", "fitted to the result", "expected (5,)", "_fitted(part, tensor, name)", "_fitted(part, node, name)")

# 05-start

slip("05-start", "1 in float64", "dtype is float64", "np.ones(root.shape, root.dtype)", "np.ones(root.shape)")
slip("05-start", "a plain number", "a Python float", "np.ones(root.shape, root.dtype)", "1.0")
slip("05-start", "always shape ()", "(); expected (1, 1)", "np.ones(root.shape, root.dtype)", "np.array(1, root.dtype)")
slip("05-start", "zeros", "too small", "np.ones(root.shape, root.dtype)", "np.zeros(root.shape, root.dtype)")
slip("05-start", "only shape () may start alone", "ValueError | a single number of any shape", "root.size != 1", "root.ndim > 0")
slip("05-start", "anybody may start alone", "Nothing was raised", "if gradient is None and root.size != 1:", "if False:")
slip("05-start", "the array itself", "an array of its own", "np.array(gradient.data", "np.asarray(gradient.data")
slip("05-start", "requires_grad is not looked at", "should name requires no gradient", "if not root.requires_grad:", "if False:")
slip("05-start", "looked at only without a gradient", "Nothing was raised", "if not root.requires_grad:", "if not root.requires_grad and gradient is None:")
slip("05-start", "the shapes are not compared", "Nothing was raised", "if start.shape != root.shape:", "if False:")
slip("05-start", "only the sizes are compared", "Nothing was raised", "start.shape != root.shape", "start.size != root.size")
slip("05-start", "one shape in the message", "(5,)", "{start.shape}, the Tensor", "another shape than")
slip("05-start", "without the fix", ".mean()", "e.g. with .mean(), or", "or")
slip("05-start", "the gradient of whole numbers", "int64", "dtype=root.dtype)", ")")
slip("05-start", "nothing is returned", "It gave None | the given gradient", "return start", "start")
slip("05-start", "a list is not made an array", "AttributeError | shape", "np.array(gradient.data if isinstance(gradient, Tensor) else gradient, dtype=root.dtype)", "gradient.data.copy() if isinstance(gradient, Tensor) else gradient.copy() if hasattr(gradient, 'copy') else gradient")
slip("05-start", "asserts", "AssertionError | that you raise yourself", "if not root.requires_grad:", 'assert root.requires_grad, "requires no gradient"\nif not root.requires_grad:')

# 05-backward

slip("05-backward", "break in the place of continue", "to the end of the order", "continue", "break")
slip("05-backward", "the last contribution counts", "Entry 0 of the tuple: Yours is too small | the table", "part if known is None else known + part", "part")
slip("05-backward", "the first contribution counts", "Entry 0 of the tuple: Yours is too small | the table", "part if known is None else known + part", "part if known is None else known")
slip("05-backward", "from the leaves to the root", "It gave None | the table", "in reversed(order)", "in order")
slip("05-backward", "nothing is forgotten", "its memory is freed", "waiting.pop(id(node))", "waiting[id(node)]")
slip("05-backward", "overwrites what is there", "0.50 times | the same once more", "np.array(part) if leaf.grad is None else np.asarray(leaf.grad + part)", "np.array(part)")
slip("05-backward", "leaves share an array", "an array of its own", "np.array(part) if", "part if")
slip("05-backward", "where nothing came in", "KeyError: nothing stands under this `id` | nothing may have come in", " or id(node) not in waiting:", ":")
slip("05-backward", "zeros are needed first", "NoneType", "np.array(part) if leaf.grad is None else np.asarray(leaf.grad + part)", "leaf.grad + part")
slip("05-backward", "a sum where nothing was", "NoneType", "part if known is None else known + part", "known + part")
slip("05-backward", "the mean of the contributions", "too small | the table", "known + part", "(known + part) / 2")
slip("05-backward", "the walk without the leaves", "It gave None | the table", "for leaf in order:", "for leaf in []:")
slip("05-backward", "asks for the Tensor, not its id", "too small | the table", "known = waiting.get(id(tensor))", "known = waiting.get(tensor)")
wrong(
    "05-backward",
    "adds in place",
    "2.00 times | one and the same array",
    """
    for node in reversed(order):
        if node.origin is None or id(node) not in waiting:
            continue
        for tensor, part in input_gradients(node, waiting.pop(id(node))):
            if id(tensor) in waiting:
                waiting[id(tensor)] += part
            else:
                waiting[id(tensor)] = part
    for leaf in order:
        if leaf.origin is None and id(leaf) in waiting:
            part = waiting[id(leaf)]
            leaf.grad = np.array(part) if leaf.grad is None else np.asarray(leaf.grad + part)
    """,
)
wrong(
    "05-backward",
    "leaves are written on the way",
    "at the end, and not before",
    """
    for node in reversed(order):
        if id(node) not in waiting:
            continue
        gradient = waiting.pop(id(node))
        if node.origin is None:
            node.grad = np.array(gradient) if node.grad is None else np.asarray(node.grad + gradient)
            continue
        for tensor, part in input_gradients(node, gradient):
            known = waiting.get(id(tensor))
            waiting[id(tensor)] = part if known is None else known + part
    """,
)
wrong(
    "05-backward",
    "computed Tensors get a grad",
    "computed Tensors keep None",
    """
    for node in reversed(order):
        if node.origin is None or id(node) not in waiting:
            continue
        node.grad = waiting.pop(id(node))
        for tensor, part in input_gradients(node, node.grad):
            known = waiting.get(id(tensor))
            waiting[id(tensor)] = part if known is None else known + part
    for leaf in order:
        if leaf.origin is None and id(leaf) in waiting:
            part = waiting[id(leaf)]
            leaf.grad = np.array(part) if leaf.grad is None else np.asarray(leaf.grad + part)
    """,
)
wrong(
    "05-backward",
    "each call begins anew",
    "0.50 times | the same once more",
    """
    for leaf in order:
        leaf.grad = None
    for node in reversed(order):
        if node.origin is None or id(node) not in waiting:
            continue
        for tensor, part in input_gradients(node, waiting.pop(id(node))):
            known = waiting.get(id(tensor))
            waiting[id(tensor)] = part if known is None else known + part
    for leaf in order:
        if leaf.origin is None and id(leaf) in waiting:
            leaf.grad = np.array(waiting[id(leaf)])
    """,
)
wrong(
    "05-backward",
    "by recursion",
    "RecursionError | 5,000 operations",
    """
    found = {}
    def pass_on(node, gradient):
        if node.origin is None:
            found[id(node)] = found.get(id(node), 0) + gradient
        else:
            for tensor, part in input_gradients(node, gradient):
                pass_on(tensor, part)
    pass_on(root, waiting[id(root)])
    for leaf in order:
        if id(leaf) in found:
            part = np.asarray(found[id(leaf)])
            leaf.grad = np.array(part) if leaf.grad is None else np.asarray(leaf.grad + part)
    """,
)

# 05-walks

WALKS = "def for_adds_in_place(a):\n    return {}\n\ndef for_nearest_first(a):\n    return {}\n\ndef for_by_numbers(a):\n    return {}"
GOOD = ("(lambda x, y: (x + y) + x)(a * 2.0, a * 3.0)", "(lambda x: x * (x + a))(a * a)", "(a * 2.0) * (a + a)")
wrong("05-walks", "left blank", "for_adds_in_place must return a Tensor", WALKS.format("...", "...", "..."))
wrong("05-walks", "the leaf twice", "Not broken | when is an old array still in use?", WALKS.format("a + a", *GOOD[1:]))
wrong("05-walks", "a chain", "Not broken | who is met too early?", WALKS.format(GOOD[0], "a * a * a", GOOD[2]))
wrong("05-walks", "a sum that is only late", "Not broken | who is met too early?", WALKS.format(GOOD[0], "(a * a + a) * (a * a)", GOOD[2]))
wrong("05-walks", "different numbers", "Not broken | who holds the same numbers?", WALKS.format(*GOOD[:2], "(a * 2.0) * (a * 3.0)"))
wrong("05-walks", "one Tensor twice", "Not broken | who holds the same numbers?", WALKS.format(*GOOD[:2], "(lambda x: x * x)(a * 2.0)"))
wrong("05-walks", "a number", "must return a Tensor that was computed from the Tensor a", WALKS.format("7.0", *GOOD[1:]))
wrong("05-walks", "an array", "must return a Tensor that was computed from the Tensor a", WALKS.format("a.data * 2", *GOOD[1:]))
wrong("05-walks", "out of the graph", "must return a Tensor that was computed from the Tensor a", WALKS.format("Tensor(a.data * 2)", *GOOD[1:]))
wrong("05-walks", "half of it out of the graph", "with + - * on the Tensor a", WALKS.format(*GOOD[:2], "a * Tensor(a.data)"))
wrong("05-walks", "no rule yet", "no gradient rule for 'max'", WALKS.format("a.max() + a", *GOOD[1:]))

# 05-matmul

LEFT, RIGHT = "grad @ np.swapaxes(b, -1, -2)", "np.swapaxes(a, -1, -2) @ grad"
slip("05-matmul", "left: nothing transposed", "ValueError: matmul | line", LEFT, "grad @ b")
slip("05-matmul", "left: grad transposed too", "ValueError: matmul", LEFT, "np.swapaxes(grad, -1, -2) @ np.swapaxes(b, -1, -2)")
slip("05-matmul", "left: the factors exchanged", "transposed", LEFT, "b @ np.swapaxes(grad, -1, -2)")
slip("05-matmul", "left: .T", "more axes in front are a batch", LEFT, "grad @ b.T")
slip("05-matmul", "right: nothing transposed", "ValueError: matmul | line", RIGHT, "a @ grad")
slip("05-matmul", "right: the factors exchanged", "transposed", RIGHT, "np.swapaxes(grad, -1, -2) @ a")
slip("05-matmul", "right: .T", "more axes in front are a batch", RIGHT, "a.T @ grad")
slip("05-matmul", "right: grad first", "ValueError: matmul", RIGHT, "grad @ np.swapaxes(a, -1, -2)")
slip("05-matmul", "left: number by number", "ValueError: operands", LEFT, "grad * np.swapaxes(b, -1, -2)")
slip("05-matmul", "axes 0 and 1", "more axes in front are a batch", "np.swapaxes(b, -1, -2)", "np.swapaxes(b, 0, 1)")
slip("05-matmul", "the sign", "The sign is turned round", "return grad @", "return -grad @")
slip("05-matmul", "the mean over rows", "0.33 times", RIGHT, RIGHT + " / a.shape[-2]")
wrong("05-matmul", "left blank", "A blank `...` is still there", "def left_gradient(grad, b):\n    return ...\n\ndef right_gradient(a, grad):\n    return ...")
wrong("05-matmul", "a sum over the batch", "(5, 7); expected (4, 5, 7) | a batch", f"def left_gradient(grad, b):\n    return {LEFT}\n\ndef right_gradient(a, grad):\n    return a.reshape(-1, a.shape[-1]).T @ grad.reshape(-1, grad.shape[-1])")

# 05-batches

slip("05-batches", "one product for each entry", "(4, 5, 7); expected (5, 7)", "if left.ndim > 2 and right.ndim == 2:", "if False:")
slip("05-batches", "every batch is folded", "ValueError | two batches", "if left.ndim > 2 and right.ndim == 2:", "if left.ndim > 2:")
slip("05-batches", "no row on the left", "a row on the left", "else a[None, :])", "else a)")
slip("05-batches", "no column on the right", "a column on the right", "else b[:, None])", "else b)")
slip("05-batches", "a vector on the right as a row", "a column on the right", "b[:, None]", "b[None, :]")
slip("05-batches", "grad gets no row", "a row on the left", "else grad[..., None, :]", "else grad")
slip("05-batches", "grad gets no column", "a column on the right", "else grad[..., None]  # (..., n, 1)", "else grad  # (..., n, 1)")
slip("05-batches", "a row as the gradient of a vector", "(1, 5); expected (5,) | a row on the left", "found if a.ndim > 1 else found[..., 0, :]", "found")
slip("05-batches", "a column as the gradient of a vector", "(5, 1); expected (5,) | a column on the right", "found if b.ndim > 1 else found[..., 0]", "found")
slip("05-batches", "stays folded", "(12, 5); expected (4, 3, 5)", ".reshape(*grad.shape[:-1], right.shape[-2])", "")
slip("05-batches", "only the last axis of the batch is folded", "a batch of batches and a table", "math.prod(left.shape[:-1])", "left.shape[0] * left.shape[1]")
slip("05-batches", "the transpose forgotten", "expected (5,)", "np.swapaxes(right_gradient(slopes, rows), -1, -2)", "right_gradient(slopes, rows)")
slip("05-batches", "computed at once", "Expected [True, True], got [False, False] | postponed", "return to_left, to_right", "return to_left(), to_right()")
slip("05-batches", "the two exchanged", "Entry 0 of the tuple", "return to_left, to_right", "return to_right, to_left")
slip("05-batches", "not registered", "got 'matmul'", '@gradient_of("matmul")\n', "")
wrong("05-batches", "tables only", "AxisError | a row on the left", '@gradient_of("matmul")\ndef matmul_gradient(grad, out, a, b):\n    return lambda: left_gradient(grad, b), lambda: right_gradient(a, grad)')
wrong("05-batches", "left blank", "A blank `...` is still there", "matmul_gradient = ...")
wrong(
    "05-batches",
    "all tables, then their sum",
    "does not hold | no gradient for each entry",
    """
@gradient_of("matmul")
def matmul_gradient(grad, out, a, b):
    row, column = a.ndim == 1, b.ndim == 1
    left, right = (a[None, :] if row else a), (b[:, None] if column else b)
    g = grad[..., None] if column else grad
    g = g[..., None, :] if row else g
    def to_left():
        found = left_gradient(g, right)
        return found[..., 0, :] if row else found
    def to_right():
        found = right_gradient(left, g)
        while found.ndim > right.ndim:
            found = found.sum(axis=0)
        return found[..., 0] if column else found
    return to_left, to_right
    """,
)

# 05-reductions

MEAN = "count = a.size // max(out.size, 1)\n    return"
slip("05-reductions", "sum: not spread", "(3,); expected (3, 5)", "return (spread(grad, a, axis, keepdims),)", "return (grad,)")
slip("05-reductions", "sum: the sum itself", "what belongs to its result", "return (spread(grad, a, axis, keepdims),)", "return (spread(out, a, axis, keepdims),)")
slip("05-reductions", "sum: keepdims forgotten", "sum_gradient(grad", "return (spread(grad, a, axis, keepdims),)", "return (spread(grad, a, axis, False),)")
slip("05-reductions", "mean: all numbers", "0.33 times | Do not divide by", MEAN, "count = a.size\n    return")
slip("05-reductions", "mean: the number of rows", "1.67 times", MEAN, "count = len(a)\n    return")
slip("05-reductions", "mean: an empty batch", "ZeroDivisionError | an empty batch", MEAN, "count = a.size // out.size\n    return")
slip("05-reductions", "mean: as sum", "5.00 times | Divide by A.shape[1] = 5", "grad / max(count, 1)", "grad")
slip("05-reductions", "mean: not spread", "(3,); expected (3, 5)", "spread(grad / max(count, 1), a, axis, keepdims)", "grad / max(count, 1)")
slip("05-reductions", "mean: axis -1 only", "mean_gradient", MEAN, "count = a.shape[-1]\n    return")
slip("05-reductions", "mean: no tuple", "Mind the comma", "return (spread(grad / max(count, 1), a, axis, keepdims),)", "return spread(grad / max(count, 1), a, axis, keepdims)")
slip("05-reductions", "max: each of several gets all", "share equally", "spread(grad, a, axis, keepdims) / count", "spread(grad, a, axis, keepdims)")
slip("05-reductions", "max: counted over the whole table", "0.33 times", "chosen.sum(axis=axis, keepdims=True, dtype=grad.dtype)", "chosen.sum(dtype=grad.dtype)")
slip("05-reductions", "max: counted in whole numbers", "dtype is float64", ", dtype=grad.dtype)", ")")
slip("05-reductions", "max: the axis is lost", "broadcast | line", "chosen.sum(axis=axis, keepdims=True, dtype", "chosen.sum(axis=axis, dtype")
slip("05-reductions", "max: out is not spread", "broadcast | chosen = a == out", "a == spread(out, a, axis, keepdims)", "a == out")
slip("05-reductions", "max: min forgotten", "min too", "a == spread(out, a, axis, keepdims)", "a == a.max(axis=axis, keepdims=True)")
slip("05-reductions", "max: slopes without grad", "only those count that are the result", "chosen * spread(grad, a, axis, keepdims)", "chosen.astype(grad.dtype)")
slip("05-reductions", "max: everybody but the largest", "only those count that are the result", "a == spread", "a != spread")
slip("05-reductions", "min not registered", "got 'min'", '@gradient_of("min")\n', "")
slip("05-reductions", "var: without the 2", "0.50 times | the formula", "grad * (2 / max(count - correction, 1))", "grad * (1 / max(count - correction, 1))")
slip("05-reductions", "var: by n", "0.80 times", "count - correction", "count")
slip("05-reductions", "var: always by n - 1", "1.25 times | n - c, not always n - 1", "count - correction", "count - 1")
slip("05-reductions", "var: not from the mean", "the formula", "distance = a - a.sum(axis=axis, keepdims=True) / max(count, 1)", "distance = a")
slip("05-reductions", "var: from the sum", "the formula", "a.sum(axis=axis, keepdims=True) / max(count, 1)", "a.sum(axis=axis, keepdims=True)")
slip("05-reductions", "var: from the mean of all", "the formula", "a - a.sum(axis=axis, keepdims=True) / max(count, 1)", "a - a.sum() / max(a.size, 1)")
slip("05-reductions", "var: the axis is lost", "broadcast | line", "a.sum(axis=axis, keepdims=True) /", "a.sum(axis=axis) /")
slip("05-reductions", "var: squared distances", "the formula", "(distance * spread", "(distance**2 * spread")
slip("05-reductions", "var: the mean's share", "the formula", "max(count - correction, 1)), a", "max(count - correction, 1) * (1 - 1 / max(count, 1))), a")
wrong("05-reductions", "left blank", "A blank `...` is still there", "sum_gradient = ...\nmean_gradient = ...\nextreme_gradient = ...\nvar_gradient = ...")

# 05-moves

slip("05-moves", "reshape: the shape of the result", "reshape_gradient | expected (4, 3, 5)", "grad.reshape(a.shape)", "grad.reshape(shape)")
slip("05-moves", "transpose: once more", "undo it, do not repeat it", "grad.transpose(back)", "grad.transpose(axes)")
slip("05-moves", "transpose: all axes turned round", "undo it", "grad.transpose(back)", "grad.transpose()")
slip("05-moves", "transpose: reshaped", "undo it", "grad.transpose(back)", "grad.reshape(a.shape)")
slip("05-moves", "transpose: read the other way", "undo it", "back[axis] = place", "back[place] = axis")
slip("05-moves", "transpose: the order sorted", "axes may count from the end", "back = [0] * len(axes)\n    for place, axis in enumerate(axes):\n        back[axis] = place", "back = np.argsort(axes)")
slip("05-moves", "transpose: the table is turned back in place", "tuple of 1", "return (grad.transpose(back),)", "return grad.transpose(back)")
slip("05-moves", "getitem: the last one wins", "the same number twice", "np.add.at(result, index, grad)", "result[index] += grad")
slip("05-moves", "getitem: in float64", "dtype is float64", "np.zeros_like(a)", "np.zeros(a.shape)")
slip("05-moves", "getitem: the input's numbers stay", "0 where nothing was picked", "np.zeros_like(a)", "a.copy()")
slip("05-moves", "getitem: ones elsewhere", "0 where nothing was picked", "np.zeros_like(a)", "np.ones_like(a)")
slip("05-moves", "getitem: into the input", "changed its input", "result = np.zeros_like(a)", "result = a\n    result[...] = 0")
slip("05-moves", "getitem: no tuple", "Mind the comma", "return (result,)", "return result")
slip("05-moves", "getitem: one slice makes it plain", "the same number twice", "if all(part", "if any(part")
slip("05-moves", "getitem: the part alone", "expected (3, 5)", "return (result,)", "return (grad,)")
slip("05-moves", "getitem: nothing is returned", "It gave None", "return (result,)", "result")
slip("05-moves", "getitem: not registered", "got 'getitem'", '@gradient_of("getitem")\n', "")
wrong("05-moves", "left blank", "A blank `...` is still there", "reshape_gradient = ...\ntranspose_gradient = ...\ngetitem_gradient = ...")

# 05-softmax

LOG_SOFTMAX, SOFTMAX = "grad - np.exp(out) * grad.sum(axis=axis, keepdims=True)", "weighted - out * weighted.sum(axis=axis, keepdims=True)"
slip("05-softmax", "log: its own c alone", "its own c, and all of them", LOG_SOFTMAX, "grad")
slip("05-softmax", "log: its own g alone", "its own c, and all of them", LOG_SOFTMAX, "grad - np.exp(out) * grad")
slip("05-softmax", "log: plus", "its own c, and all of them", LOG_SOFTMAX, "grad + np.exp(out) * grad.sum(axis=axis, keepdims=True)")
slip("05-softmax", "log: logarithms in the place of probabilities", "its own c, and all of them", LOG_SOFTMAX, "grad - out * grad.sum(axis=axis, keepdims=True)")
slip("05-softmax", "log: the sum of all rows", "its own c, and all of them", LOG_SOFTMAX, "grad - np.exp(out) * grad.sum()")
slip("05-softmax", "log: the axis is lost", "broadcast | line", LOG_SOFTMAX, "grad - np.exp(out) * grad.sum(axis=axis)")
slip("05-softmax", "log: always the last axis", "any axis", LOG_SOFTMAX, "grad - np.exp(out) * grad.sum(axis=-1, keepdims=True)")
slip("05-softmax", "log: the sum is one", "its own c, and all of them", LOG_SOFTMAX, "grad - np.exp(out)")
slip("05-softmax", "log: from the logits", "overflow | logits of 1000", LOG_SOFTMAX, "grad - np.exp(a) / np.exp(a).sum(axis=axis, keepdims=True) * grad.sum(axis=axis, keepdims=True)")
slip("05-softmax", "log: the default is axis 1", "the last axis", "def log_softmax_gradient(grad, out, a, axis=-1)", "def log_softmax_gradient(grad, out, a, axis=1)")
slip("05-softmax", "softmax: as sigmoid", "the rule of exp first", SOFTMAX, "weighted * (1 - out)")
slip("05-softmax", "softmax: the rule of exp alone", "the rule of exp first", SOFTMAX, "weighted")
slip("05-softmax", "softmax: the sum of g", "the rule of exp first", SOFTMAX, "weighted - out * grad.sum(axis=axis, keepdims=True)")
slip("05-softmax", "softmax: p forgotten in the sum", "the rule of exp first", SOFTMAX, "weighted - weighted.sum(axis=axis, keepdims=True)")
slip("05-softmax", "softmax: always the last axis", "any axis", SOFTMAX, "weighted - out * weighted.sum(axis=-1, keepdims=True)")
slip("05-softmax", "softmax: in place", "changed its input G", "weighted = grad * out", "grad *= out\n    weighted = grad")
slip("05-softmax", "softmax: no tuple", "Mind the comma", f"return ({SOFTMAX},)", f"return {SOFTMAX}")
slip("05-softmax", "softmax: e^out", "the rule of exp first", "weighted = grad * out", "weighted = grad * np.exp(out)")
slip("05-softmax", "softmax: not registered", "got 'softmax'", '@gradient_of("softmax")\n', "")
wrong("05-softmax", "left blank", "A blank `...` is still there", "log_softmax_gradient = ...\nsoftmax_gradient = ...")

# 05-losses

PER_LOSS = 'grad / count if reduction == "mean" else grad'
slip("05-losses", "always the mean", "0.07 times | the reduction", PER_LOSS, "grad / count")
slip("05-losses", "always the sum", "15.00 times", PER_LOSS, "grad")
slip("05-losses", "only sum is not divided", "0.07 times | a gradient for each loss", PER_LOSS, 'grad if reduction == "sum" else grad / count')
slip("05-losses", "mse: without the 2", "0.50 times", "(2 * _per_loss(grad, reduction, predictions.size))", "_per_loss(grad, reduction, predictions.size)")
slip("05-losses", "mse: one sign for both", "Entry 1 of the tuple: The sign is turned round", "slopes, lambda: -slopes", "slopes, slopes")
slip("05-losses", "mse: both signs", "Entry 0 of the tuple: The sign is turned round", "(predictions - targets)", "(targets - predictions)")
slip("05-losses", "mse: by rows", "5.00 times | Divide by A.shape[1] = 5", "predictions.size", "len(predictions)")
slip("05-losses", "mse: without grad", "1.43 times", "(2 * _per_loss(grad, reduction, predictions.size))", '2 / (predictions.size if reduction == "mean" else 1)')
slip("05-losses", "mse: targets get none", "Entry 1 of the tuple: It gave None", "slopes, lambda: -slopes", "slopes, None")
slip("05-losses", "mse: the loss itself", "opposite ways", "(predictions - targets)", "(predictions - targets) ** 2")
slip("05-losses", "ce: by numbers", "0.20 times", "reduction, len(labels)", "reduction, logits.size")
slip("05-losses", "ce: by classes", "0.60 times", "reduction, len(labels)", "reduction, logits.shape[1]")
slip("05-losses", "ce: the truth is added", "module 04, section 5", "labels] -= 1", "labels] += 1")
slip("05-losses", "ce: 1 from all rows", "module 04, section 5", "slopes[np.arange(len(labels)), labels]", "slopes[:, labels]")
slip("05-losses", "ce: one row of grads", "broadcast | one loss for each row", "grad[:, None] if grad.ndim else grad", "grad")
slip("05-losses", "ce: always a column", "IndexError | slopes *= grad[:, None]", "grad[:, None] if grad.ndim else grad", "grad[:, None]")
slip("05-losses", "ce: grad before the truth", "module 04, section 5", "    slopes[np.arange(len(labels)), labels] -= 1\n    slopes *= grad[:, None] if grad.ndim else grad", "    slopes *= grad[:, None] if grad.ndim else grad\n    slopes[np.arange(len(labels)), labels] -= 1")
slip("05-losses", "ce: labels get zeros", "Entry 1 of the tuple | where nothing belongs", "return slopes, None", "return slopes, 0 * labels")
slip("05-losses", "ce: no tuple", "where a tuple of 2 belongs", "return slopes, None", "return slopes")
slip("05-losses", "ce: overflow", "overflow | logits of 1000", "np.exp(logits - logits.max(axis=1, keepdims=True))", "np.exp(logits)")
slip("05-losses", "ce: one maximum for all", "invalid value | logits of 1000", "logits.max(axis=1, keepdims=True)", "logits.max()")
slip("05-losses", "ce: softmax over the rows", "module 04, section 5", "slopes.sum(axis=1, keepdims=True)", "slopes.sum(axis=0, keepdims=True)")
slip("05-losses", "ce: in place", "changed its input A", "slopes = np.exp(logits - logits.max(axis=1, keepdims=True))", "logits -= logits.max(axis=1, keepdims=True)\n    slopes = np.exp(logits)")
slip("05-losses", "bce: overflow", "overflow | logits of 1000", "np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits)))", "1 / (1 + np.exp(-logits))")
slip("05-losses", "bce: truth minus probability", "Entry 0 of the tuple: The sign is turned round", "(probabilities - targets)", "(targets - probabilities)")
slip("05-losses", "bce: the sign of the targets", "Entry 1 of the tuple: The sign is turned round", "-grad * logits", "grad * logits")
slip("05-losses", "bce: targets get none", "Entry 1 of the tuple: It gave None", "lambda: -grad * logits", "None")
slip("05-losses", "bce: by rows", "5.00 times | Divide by A.shape[1] = 5", "reduction, logits.size", "reduction, len(logits)")
slip("05-losses", "bce: y times p", "module 04, section 6", "(probabilities - targets)", "(probabilities - targets * probabilities)")
slip("05-losses", "bce: logits in the place of probabilities", "module 04, section 6", "(probabilities - targets)", "(logits - targets)")
slip("05-losses", "bce: not registered", "got 'bce_with_logits'", '@gradient_of("bce_with_logits")\n', "")
wrong("05-losses", "left blank", "A blank `...` is still there", "mse_loss_gradient = ...\ncross_entropy_gradient = ...\nbce_with_logits_gradient = ...")

# 05-reader

MOVE = "parameter.data = parameter.data - learning_rate * parameter.grad"
slip("05-reader", "old gradients stay", "Entry 0 of the tuple | what is there from the step before?", "    reader.zero_grad()\n", "")
slip("05-reader", "forgotten too late", "TypeError | NoneType", "    reader.zero_grad()\n    backward(loss)\n", "    backward(loss)\n    reader.zero_grad()\n")
slip("05-reader", "uphill", "one step against the gradient", "- learning_rate", "+ learning_rate")
slip("05-reader", "without the rate", "one step against the gradient", "learning_rate * parameter.grad", "parameter.grad")
slip("05-reader", "the name is moved, not the data", "one step against the gradient", MOVE, "parameter = parameter.data - learning_rate * parameter.grad")
slip("05-reader", "the data becomes the step", "one step against the gradient", MOVE, "parameter.data = -learning_rate * parameter.grad")
slip("05-reader", "never moved", "one step against the gradient", MOVE, "parameter.data - learning_rate * parameter.grad")
slip("05-reader", "only the last layer", "one step against the gradient", "in reader.parameters():", "in list(reader.parameters())[-2:]:")
slip("05-reader", "a Tensor is noted", "as a number", "losses.append(loss.item())", "losses.append(loss)")
slip("05-reader", "the last loss alone", "a loss for each of the steps", "losses.append(loss.item())", "losses = [loss.item()]")
slip("05-reader", "all pictures, always", "ValueError | line", "loss_of(reader, ink, labels)", "loss_of(reader)")
slip("05-reader", "no walk back", "TypeError | NoneType", "    backward(loss)\n", "")
slip("05-reader", "one step too many", "a loss for each of the steps", "range(steps)", "range(steps + 1)")
slip("05-reader", "nothing is returned", "It gave None", "return losses", "losses")
slip("05-reader", "a smaller rate each time", "what is there from the step before?", MOVE, MOVE + "\n    learning_rate = learning_rate / 2")
wrong(
    "05-reader",
    "the loss of before the loop",
    "what is there from the step before?",
    """
    loss, losses = loss_of(reader, ink, labels), []
    for _ in range(steps):
        losses.append(loss.item())
        reader.zero_grad()
        backward(loss)
        for parameter in reader.parameters():
            parameter.data = parameter.data - learning_rate * parameter.grad
    return losses
    """,
)
wrong(
    "05-reader",
    "noted after the step",
    "each before its step",
    """
    losses = []
    for _ in range(steps):
        reader.zero_grad()
        backward(loss_of(reader, ink, labels))
        for parameter in reader.parameters():
            parameter.data = parameter.data - learning_rate * parameter.grad
        losses.append(loss_of(reader, ink, labels).item())
    return losses
    """,
)

# 05-compare

NEAR = "np.abs(found - measured) <= tolerance * np.maximum(1, np.abs(measured))"
slip("05-compare", "too far, in the place of not near", "nan in either", NEAR, "~(np.abs(found - measured) > tolerance * np.maximum(1, np.abs(measured)))")
slip("05-compare", "only what is too large", "too small is as wrong as too large", "np.abs(found - measured)", "(found - measured)")
slip("05-compare", "an absolute tolerance", "tolerance times the larger", "tolerance * np.maximum(1, np.abs(measured))", "tolerance")
slip("05-compare", "a relative tolerance", "the larger of 1 and |measured|", "tolerance * np.maximum(1, np.abs(measured))", "tolerance * np.abs(measured)")
slip("05-compare", "a sum of tolerances", "the index ()", "np.maximum(1, np.abs(measured))", "(1 + np.abs(measured))")
slip("05-compare", "the sign of measured", "tolerance times the larger", "np.maximum(1, np.abs(measured))", "np.maximum(1, measured)")
slip("05-compare", "NumPy's integers", "Python's integers", "int(place) for place", "place for place")
slip("05-compare", "a list", "tuple", "tuple(int(place) for place in np.argwhere(~near)[0])", "[int(place) for place in np.argwhere(~near)[0]]")
slip("05-compare", "the last place", "Expected (1, 0)", "[0])", "[-1])")
slip("05-compare", "all places", "Expected (0, 1), got", "tuple(int(place) for place in np.argwhere(~near)[0])", "np.argwhere(~near).tolist()")
slip("05-compare", "always an index", "IndexError | line", "if near.all():", "if False:")
slip("05-compare", "one near place is enough", "the first, row by row", "near.all()", "near.any()")
slip("05-compare", "True and False", "first_difference(OFF", "return None", "return False")
slip("05-compare", "a flat index", "the first, row by row", "tuple(int(place) for place in np.argwhere(~near)[0])", "(int(near.argmin()),)")
slip("05-compare", "NumPy's own tolerance", "the index ()", NEAR, "np.isclose(found, measured, rtol=tolerance, atol=tolerance)")
slip("05-compare", "the largest difference", "Expected (1, 0)", "tuple(int(place) for place in np.argwhere(~near)[0])", "tuple(int(place) for place in np.unravel_index(np.abs(found - measured).argmax(), found.shape))")
slip("05-compare", "nan equals nan", "nan in either", NEAR, "np.abs(np.nan_to_num(found - measured)) <= tolerance * np.maximum(1, np.abs(measured))")

# 05-check

slip("05-check", "always True", "Nothing was raised", "if not whole:", "if True:")
slip("05-check", "one array for the old leaf and the new", "'tanh' | on new leaves", "tensor.data.copy()", "tensor.data")
slip("05-check", "the options forgotten", "TypeError", "apply(name, *new, **options)", "apply(name, *new)")
slip("05-check", "a ValueError", "Expected an AssertionError", 'raise AssertionError(f"{whole}; the rule', 'raise ValueError(f"{whole}; the rule')
slip("05-check", "without the fault of the whole", "gradient 0.103491", '{whole}; the rule of', "the rule of")
slip("05-check", "without the fault of the operation", "input 0", "is wrong for its {text}", "is wrong")
slip("05-check", "the name without quotes", "'tanh'", "{name!r}", "{name}")
slip("05-check", "silent where each rule is right", "Nothing was raised", 'raise AssertionError(f"{whole}; each', '(f"{whole}; each')
slip("05-check", "leaves are asked, too", "TypeError | NoneType", "if node.origin is not None:", "if True:")
slip("05-check", "returns the words", "Nothing was raised", 'raise AssertionError(f"{whole}; the rule of {name!r} is wrong for its {text}")', 'return f"{whole}; the rule of {name!r} is wrong for its {text}"')
slip("05-check", "every operation is blamed", "should name the rule of 'tanh'", "if text:", "if True:")
slip("05-check", "only the last operation", "the rule of 'tanh'", "topological_order(function(*leaves))", "topological_order(function(*leaves))[-1:]")
slip("05-check", "no new leaves", "the rule of 'tanh'", "[Tensor(tensor.data.copy(), tensor.dtype, tensor.requires_grad) for tensor in tensors]", "list(tensors)")
wrong("05-check", "the whole alone", "the rule of 'tanh'", "if not whole:\n    return True\nraise AssertionError(f\"{whole}; each rule alone is right\")")

# 05-fool

slip("05-fool", "uphill", "against the gradient for the picture", "picture - rate", "picture + rate")
slip("05-fool", "not clipped", "fool(FROZEN, DOT", "np.clip(picture - rate * ink.grad[0], 0, 1)", "picture - rate * ink.grad[0]")
slip("05-fool", "no gradient asked for", "NoneType", ", requires_grad=True)", ")")
slip("05-fool", "a table comes out", "(1, 5); expected (5,)", "ink.grad[0]", "ink.grad")
slip("05-fool", "the label of another row", "fool(FROZEN, DOT", "np.array([label])", "np.array([0])")
slip("05-fool", "one step only", "after each step", "    picture = np.clip", "    return np.clip")
slip("05-fool", "nothing is returned", "It gave None", "return picture", "picture")
slip("05-fool", "ink up to 16", "fool(FROZEN, DOT", ", 0, 1)", ", 0, 16)")
wrong(
    "05-fool",
    "in place",
    "changed its input DOT",
    """
    for _ in range(steps):
        ink = Tensor(picture[None, :], requires_grad=True)
        backward(loss_of(reader, ink, np.array([label])))
        picture -= rate * ink.grad[0]
        np.clip(picture, 0, 1, out=picture)
    return picture
    """,
)
wrong(
    "05-fool",
    "clipped at the end",
    "after each step, between 0 and 1",
    """
    for _ in range(steps):
        ink = Tensor(picture[None, :], requires_grad=True)
        backward(loss_of(reader, ink, np.array([label])))
        picture = picture - rate * ink.grad[0]
    return np.clip(picture, 0, 1)
    """,
)
wrong(
    "05-fool",
    "gradients add up",
    "after each step, between 0 and 1",
    """
    ink = Tensor(picture[None, :].copy(), requires_grad=True)
    for _ in range(steps):
        backward(loss_of(reader, ink, np.array([label])))
        ink.data = np.clip(ink.data - rate * ink.grad, 0, 1)
    return ink.data[0]
    """,
)
wrong(
    "05-fool",
    "moves the weights",
    "fool(FROZEN, DOT",
    """
    for _ in range(steps):
        reader.zero_grad()
        backward(loss_of(reader, Tensor(picture[None, :]), np.array([label])))
        for parameter in reader.parameters():
            parameter.data = parameter.data - rate * parameter.grad
    return picture
    """,
)

# What passed an earlier version of the checks

slip("05-differences", "rounded (passed)", "Digits are lost | one slope for each number", "return slopes", "return slopes.round(4)")
slip("05-arithmetic", "the notebook's B built in (passed)", "Entry 0 of the tuple | in the shape of grad", "lambda: grad * b,", "lambda: grad * B,")
slip("05-arithmetic", "the notebook's A built in (passed)", "Entry 1 of the tuple | in the shape of grad", "lambda: grad * a\n", "lambda: grad * A\n")
slip("05-arithmetic", "out over a (passed)", "invalid value | 0 is a number, too", "lambda: grad * b,", "lambda: grad * out / a,")
slip("05-arithmetic", "a sum for the smaller input (passed)", "shape is (5,) | in the shape of grad", "lambda: grad * a\n", "(grad * a).sum(axis=0) if b.ndim < a.ndim else grad * a\n")
slope_slip("relu", "flat up to 0.1 (passed)", "0 at the corner", "out > 0", "a > 0.1")
slope_slip("abs", "a pinch below the line (passed)", "0 at the corner", "np.sign(a)", "a / (out + 1e-6)")
slope_slip("sqrt", "a pinch below the line (passed)", "small numbers, too", "0.5 / out", "0.5 / (out + 1e-6)")
slope_slip("log", "a pinch below the line (passed)", "small numbers, too", "1 / a", "1 / (a + 1e-6)")
slip("05-pow", "a single exponent gets none (passed)", "Entry 1 of the tuple: It gave None | a single exponent", "return to_base, to_exponent", "return to_base, None if b.ndim == 0 else to_exponent")
slip("05-order", "a higher limit (passed)", "a higher limit for recursion", "return order", "sys.setrecursionlimit(20_000)\nreturn order")
slip("05-step", "leaves only (passed)", "computed or not", "if tensor.requires_grad and part is not None:", "if tensor.requires_grad and part is not None and tensor.origin is None:")
slip("05-step", "one pair for a Tensor used twice (passed)", "The tuple has 1 entry; expected 2 | a pair for each input", "return pairs", "return list(dict(pairs).items())")
slip("05-start", "root over root (passed)", "invalid value", "np.ones(root.shape, root.dtype)", "root.data / root.data")
slip("05-start", "float32 whatever root is (passed)", "Expected 'float64', got 'float32' | in its dtype", "dtype=root.dtype)", "dtype=np.float32)")
slip("05-start", "a Tensor's own array (passed)", "an array of its own", "np.array(gradient.data if isinstance(gradient, Tensor) else gradient, dtype=root.dtype)", "gradient.data if isinstance(gradient, Tensor) else np.array(gradient, dtype=root.dtype)")
slip("05-backward", "gradients of 0 are left out (passed)", "It gave None | gradients of 0 are gradients", "if leaf.origin is None and id(leaf) in waiting:", "if leaf.origin is None and id(leaf) in waiting and waiting[id(leaf)].any():")
wrong(
    "05-backward",
    "a root that is a leaf (passed)",
    "It gave None | a leaf as the root",
    """
    found = {}
    for node in reversed(order):
        if node.origin is None or id(node) not in waiting:
            continue
        for tensor, part in input_gradients(node, waiting.pop(id(node))):
            store = found if tensor.origin is None else waiting
            store[id(tensor)] = store[id(tensor)] + part if id(tensor) in store else part
    for leaf in order:
        if id(leaf) in found:
            part = found[id(leaf)]
            leaf.grad = np.array(part) if leaf.grad is None else np.asarray(leaf.grad + part)
    """,
)
slip("05-reductions", "mean: one axis only (passed)", "TypeError | tuple", MEAN, "count = a.shape[axis] if axis is not None else a.size\n    return")
slip("05-reductions", "mean: several axes are all (passed)", "0.33 times | axis is a tuple", MEAN, "count = a.shape[axis] if isinstance(axis, int) else a.size\n    return")
slip("05-reductions", "max: nearly equal is equal (passed)", "share equally", "a == spread(out, a, axis, keepdims)", "np.isclose(a, spread(out, a, axis, keepdims))")
slip("05-moves", "reshape: the result's numbers (passed)", "0.50 times | moved back", "grad.reshape(a.shape)", "out.reshape(a.shape)")
slip("05-softmax", "softmax: into out (passed)", "changed its input P_OF_A", "weighted = grad * out", "weighted = np.multiply(grad, out, out=out)")
slip("05-reader", "stops when it is good (passed)", "a loss for each of the steps", "losses.append(loss.item())", "losses.append(loss.item())\n    if len(losses) > 2 and losses[-1] < losses[0] / 3:\n        break")
slip("05-reader", "weights in float64 (passed)", "float32 in gives float32 out", MOVE, "parameter.data = parameter.data.astype(float) - learning_rate * parameter.grad")
slip("05-compare", "the larger of 1 and |found| (passed)", "|measured|, not |found|", "np.maximum(1, np.abs(measured))", "np.maximum(1, np.abs(found))")
slip("05-compare", "column by column (passed)", "Expected (0, 2) | row by row", "np.argwhere(~near)[0])", "np.argwhere(~near.T)[0][::-1])")
slip("05-check", "everything requires a gradient (passed)", "ValueError | labels require no gradient", "tensor.dtype, tensor.requires_grad)", "tensor.dtype, True)")
slip("05-check", "other numbers on the new leaves (passed)", "gradient 1.03491", "tensor.data.copy()", "tensor.data + 1")
slip("05-check", "a tolerance of its own (passed)", "the rule of | the tolerance", "alone, epsilon, tolerance)", "alone, 1e-6, 1e-5)")

# Mutants that are right answers too, by a part of their description

equivalent("05-differences", "'np.zeros_like' -> 'np.ones_like'")  # every number is overwritten
equivalent("05-pow", "return grad * a * 2' -> 'pass'")  # the short way for squares is only faster
equivalent("05-pow", "'b.ndim == 0' -> 'False'")  # the same
equivalent("05-pow", "'b == 2' -> 'False'")  # the same
equivalent("05-pow", "line 6: '0' -> '-1'")  # the same
equivalent("05-pow", "line 8: '1' -> '")  # any harmless exponent will do: b, which is 0 there, multiplies it
equivalent("05-pow", "line 11: '1' -> '2'")  # any number will do: c, which is 0 there, multiplies its logarithm
equivalent("05-gelu", "'10' -> '")  # tanh u is 1 to the last digit beyond 6 already
equivalent("05-step", "line 6: 'len(inputs)' -> 'inputs'")  # words that nobody prescribes
equivalent("05-start", "computed inside no_gradx")  # words that nobody prescribes
equivalent("05-start", "'gradient.data if isinstance(gradient, Tensor) else gradient' -> 'gradient'")  # NumPy reads Tensors
equivalent("05-backward", "'leaf.origin is None and id(leaf) in waiting' -> 'id(leaf) in waiting'")  # others were popped
equivalent("05-backward", "'leaf.origin is None' -> 'True'")  # the same
equivalent("05-batches", "'left.ndim > 2 and right.ndim == 2' -> 'right.ndim == 2'")  # folding a table changes nothing
equivalent("05-batches", "'left.ndim > 2' -> 'left.ndim >= 2'")  # the same
equivalent("05-batches", "'left.ndim > 2' -> 'True'")  # the same
equivalent("05-batches", "line 8: '2' -> '1'")  # the same
equivalent("05-batches", "'if not right.flags.c_contiguous:")  # the order in memory is speed, not numbers
equivalent("05-batches", "line 4: '1' -> '2'")  # a table as a batch of one is folded again
equivalent("05-batches", "line 20: '-1' -> '1'")  # of a table the last axis is axis 1
equivalent("05-batches", "line 14: '0' -> '-1'")  # an axis of length 1
equivalent("05-batches", "line 21: '0' -> '-1'")  # an axis of length 1
equivalent("05-reductions", "'a.size // max(out.size, 1)' -> 'a.size / max(out.size, 1)'")  # there is no remainder
equivalent("05-reductions", "'max(out.size, 1)' -> 'max(1, out.size)'")  # the larger of two, in either order
equivalent("05-reductions", "'max(count, 1)' -> 'max(1, count)'")  # the same
equivalent("05-reductions", "'max(count - correction, 1)' -> 'max(1, count - correction)'")  # the same
equivalent("05-moves", "'index if isinstance(index, tuple) else (index,)' -> '(index,)'")  # the slow way, for all
equivalent("05-moves", "line 10: '0' -> '")  # every place is overwritten
equivalent("05-moves", "isinstance(part, (int, np.integer, slice))' -> '")  # the slow way, for more kinds of index
equivalent("05-moves", "'part is None' -> 'False'")  # the same
equivalent("05-moves", "'part is ...' -> 'False'")  # the same
equivalent("05-losses", "'np.minimum(logits, 0)' -> 'np.minimum(0, logits)'")  # the smaller of two, in either order
equivalent("05-compare", "'return None' -> 'return'")  # the same to Python
equivalent("05-compare", "'found - measured' -> 'measured - found'")  # its absolute value is taken
equivalent("05-compare", "'np.maximum(1, np.abs(measured))' -> 'np.maximum(np.abs(measured), 1)'")  # in either order
equivalent("05-fool", "'np.array([label])' -> '[label]'")  # the loss makes an array of it
equivalent("05-fool", "line 4: '0' -> '-1'")  # of one row, the last is the first
equivalent("05-backward", "'np.asarray(leaf.grad + part)' -> 'leaf.grad + part'")  # a Tensor makes an array of a number

# What a reader who saw only the release came up with, and an earlier version of the checks let pass

slip("05-backward", "a second call doubles what is there", "added to what is there", "np.asarray(leaf.grad + part)", "np.asarray(part * 2)")

# What another cold reader tried (31 that passed then), and more of the same kinds

wrong(
    "05-step",
    "the table's own error",
    "Expected a LookupError that you raise yourself",
    """
    rule = GRADIENTS[name]
    arrays = [each.data for each in inputs]
    entries = rule(gradient, node.data, *arrays, **options)
    if type(entries) is not tuple:
        raise ValueError(f"{name!r} gives no tuple")
    if len(entries) != len(arrays):
        raise ValueError(f"{name!r}: {len(entries)} entries, {len(arrays)} inputs")
    found = []
    for tensor, entry in zip(inputs, entries):
        if not tensor.requires_grad or entry is None:
            continue
        if callable(entry):
            entry = entry()
        found.append((tensor, _fitted(entry, tensor, name)))
    return found
    """,
)
wrong(
    "05-differences",
    "moves a flat copy",
    "in place, wherever it lies in memory",
    """
    slopes, numbers = np.zeros(array.size), array.reshape(-1)
    for i in range(array.size):
        kept = numbers[i]
        numbers[i] = kept + epsilon
        above = value()
        numbers[i] = kept - epsilon
        below = value()
        numbers[i] = kept
        slopes[i] = (above - below) / (2 * epsilon)
    return slopes.reshape(array.shape)
    """,
)
slope_slip("tanh", "squares out in place", "changed its input TANH_A", "1 - out * out", "1 - np.square(out, out=out)")
slope_slip("relu", "marks in place", "changed its input RELU_A", "out > 0", "np.greater(a, 0, out=out)")
slope_slip("sigmoid", "multiplies in place", "changed its input SIGMA_A", "out * (1 - out)", "np.multiply(out, 1 - out, out=out)")
slope_slip("sqrt", "doubles in place", "changed its input ROOTS", "0.5 / out", "1 / np.multiply(out, 2, out=out)")
slope_slip("sqrt", "a little more than 0", "small numbers, too", "0.5 / out", "0.5 / (out + 1e-8)")
slope_slip("log", "a little more than 0", "small numbers, too", "1 / a", "1 / (a + 1e-8)")
slip("05-arithmetic", "div in place of the result", "changed its input QUOTIENT", "-grad * out / b", "np.multiply(-grad, out, out=out) / b")
slip("05-pow", "a little more than 0 in the logarithm", "0 to the power of b", "np.log(np.where(a == 0, 1, a))", "np.log(a + np.float32(1e-8) * (a < 1e-7))")
slip("05-pow", "in place of the result", "changed its input POWER", "grad * out * np.log", "np.multiply(grad, out, out=out) * np.log")
slip("05-step", "sets the grad of every input", "no grad is set yet", "pairs.append((tensor, _fitted(part, tensor, name)))", "pairs.append((tensor, _fitted(part, tensor, name)))\n        tensor.grad = pairs[-1][1]")
slip("05-step", "zeros make no pair", "gradients of 0 are gradients", "part is not None:", "part is not None and (callable(part) or part.any()):")
slip("05-backward", "an old grad is lost where nothing came in", "its old grad stays", "for leaf in order:", "for leaf in order:\n    if leaf.origin is None and id(leaf) not in waiting:\n        leaf.grad = None")
slip("05-backward", "two leaves at most", "every leaf", "for leaf in order:", "for leaf in [each for each in order if each.origin is None][:2]:")
slip("05-backward", "the options are forgotten after the walk", "the graph stays as it was", "for leaf in order:", "for node in order:\n    if node.origin is not None:\n        node.origin = (*node.origin[:2], {})\nfor leaf in order:")
slip("05-backward", "the graph is taken apart", "the same once more", "for leaf in order:", "for node in order[:-1]:\n    if node.origin is not None:\n        node.origin = None\nfor leaf in order:")
slip("05-batches", "what was found is kept by shape", "other numbers, other gradients", "def to_right():\n", "def to_right():\n        key = a.shape + b.shape\n        return matmul_gradient.__dict__.setdefault(key, found_right())\n\n    def found_right():\n")
slip("05-reader", "the rate of the check", "what was given", "learning_rate * parameter.grad", "RATE * parameter.grad")
slip("05-reader", "the rate built in", "what was given", "learning_rate * parameter.grad", "0.7 * parameter.grad")
slip("05-reader", "the labels of the check", "what was given", "loss_of(reader, ink, labels)", "loss_of(reader, ink, DOT_LABELS)")
slip("05-reader", "the ink of the check", "what was given", "loss_of(reader, ink, labels)", "loss_of(reader, DOTS, labels)")
slip("05-compare", "nan in both is equal", "nan in both", "if near.all():", "near |= np.isnan(found) & np.isnan(measured)\nif near.all():")
slip("05-compare", "infinite in both is equal", "infinite in both", "if near.all():", "near |= found == measured\nif near.all():")
slip("05-compare", "an infinite slope allows everything", "infinite in either", "np.isfinite(measured) & ", "")
slip("05-check", "an epsilon of its own for single operations", "the epsilon", "alone, epsilon, tolerance)", "alone, 1e-6, tolerance)")
slip("05-check", "epsilon and tolerance exchanged", "the rule of", "alone, epsilon, tolerance)", "alone, tolerance, epsilon)")
slip("05-check", "epsilon and tolerance left to the default", "the rule of", "alone, epsilon, tolerance)", "alone, 1e-6, 1e-5)")
slip("05-fool", "the rate of the check", "the label and the rate that were given", "rate * ink.grad", "RATE * ink.grad")
slip("05-fool", "the label of the check", "the label and the rate that were given", "[label]", "[2]")
slip("05-fool", "the reader of the check", "the reader that was given", "loss_of(reader", "loss_of(FROZEN")
slip("05-start", "no number may start alone", "Nothing was raised", "root.size != 1", "root.size > 1")

# Fresh ones that passed once

slip("05-differences", "rounds", "small slopes, too", "(above - below) / (2 * epsilon)", "round((above - below) / (2 * epsilon), 6)")
slip("05-arithmetic", "div: the result over a", "0 is a number, too", "lambda: grad / b,", "lambda: grad * out / a,")
slip("05-arithmetic", "div: a little more than b", "0 is a number, too", "lambda: grad / b,", "lambda: grad / (b + 1e-6),")
slope_slip("abs", "flat near 0", "0 at the corner", "np.sign(a)", "a / np.maximum(out, 1e-3)")
slip("05-pow", "the first exponent decides", "0 to the power of b", "if b.ndim == 0 and b == 2:", "if b.flat[0] == 2:")
slip("05-order", "one array is taken for one Tensor", "missing: 1 | or one array", "elif id(node) not in seen:\n        seen.add(id(node))", "elif id(node.data) not in seen:\n        seen.add(id(node.data))")
slip("05-step", "sets the grad of the result", "no grad is set yet", "pairs = []", "pairs, node.grad = [], gradient")
slip("05-start", "a single number is repeated", "Nothing was raised", "if start.shape != root.shape:", "start = start if start.ndim else np.full_like(root.data, start)\nif start.shape != root.shape:")
slip("05-backward", "float32 from the second call on", "in the dtype of the leaf", "np.asarray(leaf.grad + part)", "np.asarray(leaf.grad + part, dtype=np.float32)")
slip("05-backward", "float32 for single numbers", "in the dtype of the leaf", "part = waiting[id(leaf)]", "part = waiting[id(leaf)] if leaf.shape else np.float32(waiting[id(leaf)])")
slip("05-losses", "ce: the truth of several rows only", "a single row", "slopes[np.arange(len(labels)), labels] -= 1", "slopes[np.arange(len(labels)), labels] -= len(labels) > 1")
slip("05-compare", "relative above 10", "|measured| is the larger", "np.maximum(1, np.abs(measured))", "np.where(np.abs(measured) > 10, np.abs(measured), 1)")

# Fresh ones of a second round

slip("05-differences", "leaves zeros out", "one slope for each number", "kept = array[index]\n", "kept = array[index]\n    if kept == 0:\n        continue\n")
slip("05-pow", "negative exponents with another sign", "The sign is turned round | negative exponents", "return grad * b * a **", "return grad * abs(b) * a **")
slip("05-order", "two inputs, always", "ValueError | line", "for value in node.origin[1]:", "left, right = node.origin[1]\n            for value in (left, right):")
slip("05-order", "two inputs at most", "however many inputs", "in node.origin[1]:", "in node.origin[1][:2]:")
slip("05-step", "fitted only where the shape differs", "dtype is float64", "_fitted(part, tensor, name)", "part if np.shape(part) == tensor.shape else _fitted(part, tensor, name)")
slip("05-step", "too many entries will do", "Nothing was raised", "len(parts) != len(inputs)", "len(parts) < len(inputs)")
slip("05-step", "an array of as many rows will do", "Nothing was raised | a tuple, no array", "not isinstance(parts, tuple)", "isinstance(parts, list)")
slip("05-step", "the rule is asked in float32", "float64 loses nothing", "rule(gradient, node.data,", "rule(np.float32(gradient), node.data,")
slip("05-step", "inputs in float32", "float64 loses nothing", "*[tensor.data for", "*[tensor.data.astype(np.float32) for")
slip("05-start", "0 is no gradient", "0 is a gradient, too", "if gradient is None:\n", "if gradient is None or np.size(gradient) == 1 and not gradient:\n")
slip("05-backward", "adds only where a gradient is given", "0.50 times | the same once more", "leaf.grad is None else", "leaf.grad is None or gradient is None else")
slip("05-matmul", "three axes at most", "more axes in front are a batch", "grad @ np.swapaxes(b, -1, -2)", "grad @ (b.T if b.ndim == 2 else b.transpose(0, 2, 1))")
slip("05-matmul", "always in float32", "dtype is float32 | floats keep their dtype", "np.swapaxes(a, -1, -2) @ grad", "(np.swapaxes(a, -1, -2) @ grad).astype(np.float32)")
slip("05-reductions", "max: negative axes in a tuple", "extreme_gradient", "a == spread(out, a, axis, keepdims)", "a == spread(out, a, tuple(map(abs, axis)) if isinstance(axis, tuple) else axis, keepdims)")
slip("05-fool", "freezes the reader", "and can still be trained", "    backward(loss_of(", "    for parameter in reader.parameters():\n        parameter.requires_grad = False\n    backward(loss_of(")
slip("05-differences", "no step below 1e-6", "up and down, by epsilon", "(2 * epsilon)", "max(2 * epsilon, 1e-6)")
slope_slip("relu", "far below is far", "1000 and -1000", "out > 0", "np.abs(a) > np.where(a > 0, 0, 500)")
slip("05-step", "asks a postponed entry twice", "called once", "part = part() if callable(part) else part", "part = part() if callable(part) and part() is not None else part")
slip("05-start", "one array for all", "an array of its own", "return np.ones(root.shape, root.dtype)", "return starting_gradient.__dict__.setdefault((root.shape, root.dtype), np.ones(root.shape, root.dtype))")
slip("05-reader", "three pictures are enough", "what was given", "loss_of(reader, ink, labels)", "loss_of(reader, Tensor(ink.data[:3]), labels[:3])")
slip("05-check", "the first operations alone", "each recorded operation", "in topological_order(function(*leaves)):", "in topological_order(function(*leaves))[:5]:")
