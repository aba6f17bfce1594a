"""Wrong answers to module 03 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# 03-linear

slip("03-linear", "no transpose", "a @ b.T would fit | x @ weight", "x @ weight.T", "x @ weight")
slip("03-linear", "the other way round", "(4, 5) and (4,) | the formula", "x @ weight.T", "weight @ x.T")
slip("03-linear", "on bare arrays", "expected ['x', 'weight', 'bias'] | `.data`", "x @ weight.T", "Tensor(x.data @ weight.data.T)")
slip("03-linear", "the weight's bare array", "expected ['x', 'weight', 'bias'], got ['x', 'bias'] | `.data`", "x @ weight.T", "x @ weight.data.T")
slip("03-linear", "x's bare array", "got ['weight', 'bias'] | `.data`", "x @ weight.T", "Tensor(x.data) @ weight.T")
slip("03-linear", "the bias's bare array", "got ['x', 'weight'] | `.data`", "y + bias", "y + bias.data")
slip("03-linear", "minus the bias", "wrong", "y + bias", "y - bias")
slip("03-linear", "the bias is forgotten", "wrong", "y if bias is None else y + bias", "y")
slip("03-linear", "if bias", "no single truth value | if bias", "y if bias is None else y + bias", "y + bias if bias else y")
slip("03-linear", "always adds", "y + bias | without a bias", "y if bias is None else y + bias", "y + bias")
slip("03-linear", "no return without a bias", "None | return", "return y if bias is None else y + bias", "if bias is not None:\n    return y + bias")
slip("03-linear", "never refuses", "should name (4, 3)", "x.shape[-1:] != weight.shape[1:]", "False")
slip("03-linear", "compares the first axis", "ValueError | does not fit", "x.shape[-1:] != weight.shape[1:]", "x.shape[0] != weight.shape[1]")
slip("03-linear", "compares with the outputs", "ValueError | does not fit", "weight.shape[1:]", "weight.shape[:1]")
slip("03-linear", "asks axis 1 of x", "ValueError | (7, 5, 3)", "x.shape[-1:] != weight.shape[1:]", "x.shape[1:] != weight.shape[1:]")
slip("03-linear", "an error of another kind", "TypeError | ValueError that you raise", "raise ValueError", "raise TypeError")
slip("03-linear", "one shape in the message", "should name (4, 3)", "weight {weight.shape}", "the weight")
slip("03-linear", "the message is returned", "Nothing was raised", "raise ValueError(f", "return str(f")
slip("03-linear", "the message is printed", "should name (4, 3)", "raise ValueError(f", "print(f")
wrong("03-linear", "an assert", "AssertionError | that you raise yourself", "assert x.shape[-1] == weight.shape[1], (x.shape, weight.shape)\ny = x @ weight.T\nreturn y if bias is None else y + bias")
wrong(
    "03-linear",
    "NumPy's dot",
    "an array | Tensor belongs",
    """
    if x.shape[-1] != weight.shape[1]:
        raise ValueError(f"{x.shape} {weight.shape}")
    y = np.dot(x.data, weight.data.T)
    return y if bias is None else y + bias.data
    """,
)
wrong(
    "03-linear",
    "a batch is taken for granted",
    "shape is (35, 4) | any number of axes",
    """
    if x.shape[-1] != weight.shape[1]:
        raise ValueError(f"{x.shape} {weight.shape}")
    rows = x.reshape(-1, x.shape[-1]) @ weight.T
    return rows if bias is None else rows + bias  # for row in x, flat
    """,
)

# 03-spread

slip("03-spread", "the spread grows with the root of n", "too small | the first fact", "return n * v * s\n", "return n**0.5 * v * s\n")
slip("03-spread", "n forgotten", "multiply by N = 5 | first fact", "return n * v * s\n", "return v * s\n")
slip("03-spread", "n twice", "divide by N = 5 | first fact", "return n * v * s\n", "return n * n * v * s\n")
slip("03-spread", "v squared", "Divide by V = 0.49 | the first fact", "return n * v * s\n", "return n * v**2 * s\n")
slip("03-spread", "a mean in place of a sum", "multiply by N = 5", "return n * v * s\n", "return v * s / 1\n")
slip("03-spread", "ReLU changes nothing", "2.00 times the expected | the second fact", "mean_square_of_sum(n, v, s) / 2", "mean_square_of_sum(n, v, s)")
slip("03-spread", "a quarter", "too small | the second fact", "mean_square_of_sum(n, v, s) / 2", "mean_square_of_sum(n, v, s) / 4")
slip("03-spread", "the root is halved", "too large | the second fact", "mean_square_of_sum(n, v, s) / 2", "mean_square_of_sum(n, v, s) / 2**0.5")
slip("03-spread", "without the ReLU", "too small | stays at s", "return 2 / n", "return 1 / n")
slip("03-spread", "PyTorch's", "stays at s", "return 2 / n", "return 1 / (3 * n)")
slip("03-spread", "the spread, not the variance", "stays at s", "return 2 / n", "return (2 / n) ** 0.5")
slip("03-spread", "the width is 2a", "4.00 times | mean of the squares", "a**2 / 3", "(2 * a) ** 2 / 3")
slip("03-spread", "the mean of |x|, squared", "too small | the mean of the squares", "a**2 / 3", "a**2 / 4")
slip("03-spread", "not divided by the length", "too large | the mean of the squares", "a**2 / 3", "2 * a**3 / 3")
slip("03-spread", "the mean square, not its root", "the root", "** (layers / 2)", "** layers")
slip("03-spread", "no ReLU in between", "too large | the root", "(n * v / 2) **", "(n * v) **")
slip("03-spread", "layers add up", "so many layers", "(n * v / 2) ** (layers / 2)", "(n * v / 2) ** 0.5 * layers")
slip("03-spread", "a blank left", "blank", "return 2 / n", "return ...")

# 03-parameter

slip("03-parameter", "no copy", "it owns its numbers", "np.array(data,", "np.asarray(data,")
slip("03-parameter", "copies arrays only", "it owns its numbers", "np.array(data, dtype=dtype or np.float32)", "data.data if isinstance(data, Tensor) else np.array(data, dtype=dtype or np.float32)")
slip("03-parameter", "asks for no gradient", "does not hold | it learns", "requires_grad=True", "requires_grad=False")
slip("03-parameter", "whatever it was made from", "it learns", "requires_grad=True", "requires_grad=getattr(data, 'requires_grad', False)")
slip("03-parameter", "whole numbers stay whole", "only floats have gradients", "dtype=dtype or np.float32)", "dtype=dtype)")
slip("03-parameter", "always float32", "unless another dtype is asked for", "dtype=dtype or np.float32)", "dtype=np.float32)")
slip("03-parameter", "float64 by way of float32", "all digits of a float64", "np.array(data, dtype=dtype or np.float32)  # a copy, of a Tensor too\nsuper().__init__(array, dtype=array.dtype", "np.array(data, dtype=np.float32)\nsuper().__init__(array, dtype=dtype")
slip("03-parameter", "always float64", "float64 | float32", "dtype=dtype or np.float32)", "dtype=np.float64)")
wrong("03-parameter", "the data alone", "without `requires_grad` | super().__init__", "self.data = np.array(data, dtype=dtype or np.float32)")
wrong("03-parameter", "super().__init__ forgotten", "without `data` | super().__init__", "self.array = np.array(data)\nself.requires_grad = True")
wrong("03-parameter", "a Tensor inside", "without `data` | super().__init__", "self.tensor = Tensor(data, dtype=dtype, requires_grad=True)")
wrong("03-parameter", "handed on as it is", "it owns its numbers", "super().__init__(data.data if isinstance(data, Tensor) else data, dtype=dtype or np.float32, requires_grad=True)")
wrong("03-parameter", "a method of arrays only", "has no attribute 'copy' | line", "super().__init__(data.copy(), dtype=dtype, requires_grad=True)")

slip("03-parameter", "the dtype of a Tensor is kept", "expected 'float32', got 'float64' | unless another dtype", "dtype=dtype or np.float32)", "dtype=dtype or (data.dtype if isinstance(data, Tensor) else np.float32))")

# 03-tree

wrong(
    "03-tree",
    "containers inside containers are forgotten",
    "also inside each other",
    """found = []
for name, value in vars(module).items():
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    for key, part in [("", value), *((f".{key}", part) for key, part in inside)]:
        if isinstance(part, Parameter) or is_module(part):
            found.append((name + key, part))
return found""",
    """found, seen = [], set()

def visit(name, part):
    if id(part) not in seen:
        seen.add(id(part))
        found.append((name, part))
        for key, member in members(part) if is_module(part) else ():
            visit(f"{name}.{key}" if name else key, member)

visit("", root)
return found""",
)
slip("03-tree", "every Tensor counts", "what is held directly", "isinstance(value, Parameter) or is_module(value)", "isinstance(value, Tensor) or is_module(value)")
slip("03-tree", "tuples are forgotten", "expected 'parts.left.0.inner.0' | lists, tuples and dicts", "(list, tuple, dict)", "(list, dict)")
slip("03-tree", "no dicts", "also inside each other", "(list, tuple, dict)", "(list, tuple)")
slip("03-tree", "a dict's keys instead of its values", "also inside each other", "value.items() if isinstance(value, dict) else enumerate(value)", "enumerate(value)")
slip("03-tree", "Parameters only", "what is held directly", "isinstance(value, Parameter) or is_module(value)", "isinstance(value, Parameter)")
slip("03-tree", "modules only", "what is held directly", "isinstance(value, Parameter) or is_module(value)", "is_module(value)")
slip("03-tree", "the name of the container is lost", "what is held directly | ['0', '1', 'bias']", 'look_at(f"{name}.{key}", item)', 'look_at(f"{key}", item)')
slip("03-tree", "an underscore", "blocks_0", 'look_at(f"{name}.{key}", item)', 'look_at(f"{name}_{key}", item)')
slip("03-tree", "counts from 1", "blocks.2", "else enumerate(value)", "else enumerate(value, 1)")
slip("03-tree", "sorted by name", "got ['bias', 'blocks.0', 'blocks.1']", "for name, value in vars(module).items():", "for name, value in sorted(vars(module).items()):")
slip("03-tree", "compares with ==", "no single truth value | (a == b)", "id(part) in seen", "any(part == other for _, other in found)")
slip("03-tree", "by the numbers", "equal numbers do not make", "    if id(part) in seen:\n        return\n    seen.add(id(part))\n", "    key = part.data.tobytes() if isinstance(part, Parameter) else id(part)\n    if key in seen:\n        return\n    seen.add(key)\n")
slip("03-tree", "each way anew", "each object once", "    if id(part) in seen:\n        return\n", "    if id(part) in seen and is_module(part):\n        return\n")
slip("03-tree", "nothing is remembered", "'blocks.1.scale' | each object once", "seen.add(id(part))", "pass")
slip("03-tree", "remembers Parameters only", "each object once, a module too", "seen.add(id(part))", "if isinstance(part, Parameter):\n        seen.add(id(part))")
slip("03-tree", "the root is left out", "got ['blocks.0'", "found.append((name, part))\n    if is_module", "if name:\n        found.append((name, part))\n    if is_module")
slip("03-tree", "children before their parent", "a part comes before what it holds", "    found.append((name, part))\n    if is_module(part):\n        for key, member in members(part):\n            visit(f\"{name}.{key}\" if name else key, member)\n", "    if is_module(part):\n        for key, member in members(part):\n            visit(f\"{name}.{key}\" if name else key, member)\n    found.append((name, part))\n")
slip("03-tree", "a dot in front", "'.blocks.0'", 'f"{name}.{key}" if name else key', 'f"{name}.{key}"')
slip("03-tree", "only the last name", "got ['', 'blocks.0', 'scale'", 'f"{name}.{key}" if name else key', "key")
slip("03-tree", "not deeper than one level", "got ['', 'blocks.0', 'blocks.1', 'bias']", "visit(f\"{name}.{key}\" if name else key, member)", "found.append((key, member))")
slip("03-tree", "copies of the parts", "does not hold | the part itself", "found.append((name, value))", "found.append((name, Parameter(value) if isinstance(value, Parameter) else Box(**vars(value))))")
slip("03-tree", "no return", "None | return", 'visit("", root)\nreturn found', 'visit("", root)')
slip("03-tree", "what was seen is kept between calls", "a second call gives the same", "found, seen = [], set()", "found, seen = [], vars(named_parts).setdefault('seen', set())")
wrong(
    "03-tree",
    "one level of lists",
    "also inside each other",
    """
    found = []
    for name, value in vars(module).items():
        items = [(name, value)]
        if isinstance(value, (list, tuple)):
            items = [(f"{name}.{i}", item) for i, item in enumerate(value)]
        if isinstance(value, dict):
            items = [(f"{name}.{k}", item) for k, item in value.items()]
        found += [(k, v) for k, v in items if isinstance(v, Parameter) or is_module(v)]
    return found
    """,
    """
    found, seen = [], set()

    def visit(name, part):
        if id(part) not in seen:
            seen.add(id(part))
            found.append((name, part))
            if is_module(part):
                for key, member in members(part):
                    visit(f"{name}.{key}" if name else key, member)

    visit("", root)
    return found
    """,
)

slip("03-tree", "only ancestors and Parameters are remembered", "each object once, a module too", "            visit(f\"{name}.{key}\" if name else key, member)\n", "            visit(f\"{name}.{key}\" if name else key, member)\n        seen.discard(id(part))\n")

# 03-lost

LOST = "FOR_ON_EVERY_WAY = {}\nFOR_LISTS_ONLY = {}\nFOR_BY_VALUE = {}"
W = "(lambda w: Box(a=w, b=w))(Parameter([1.0]))"
D = "Box(a={'x': Parameter([1.0])})"
E = "Box(a=Parameter([0.0]), b=Parameter([0.0]))"
wrong("03-lost", "left blank", "No inputs yet | a Box", LOST.format("...", "...", "..."))
wrong("03-lost", "a tower", "Not broken | two steps", LOST.format("make_tower()", D, E))
wrong("03-lost", "equal but not shared", "Not broken | two steps", LOST.format(E, D, E))
wrong("03-lost", "a Parameter alone", "is a Parameter, where a Box belongs", LOST.format("Parameter([1.0])", D, E))
wrong("03-lost", "a list of Boxes", "is a list, where a Box belongs", LOST.format(W, "[Box(w=Parameter([1.0]))]", E))
wrong("03-lost", "a list in a list", "Not broken | what else", LOST.format(W, "Box(a=[[Parameter([1.0])]])", E))
wrong("03-lost", "numbers that differ", "Not broken | equal numbers", LOST.format(W, D, "Box(a=Parameter([0.0]), b=Parameter([1.0]))"))
wrong("03-lost", "shared, so counted once rightly", "Not broken | equal numbers", LOST.format(W, D, W))

# 03-module

slip("03-module", "the Parameters among the modules", "got ['', 'weight'", "named_parts(self) if is_module(part)", "named_parts(self)")
slip("03-module", "the modules among the Parameters", "'weight'", "named_parts(self) if isinstance(part, Parameter)", "named_parts(self)")
slip("03-module", "Tensors that ask for a gradient, directly held", "got", "for name, part in named_parts(self) if isinstance(part, Parameter)", "for name, part in members(self) if isinstance(part, Parameter)")
slip("03-module", "without itself", "got ['parts.0'", "for name, part in named_parts(self) if is_module(part)", "for name, part in named_parts(self)[1:] if is_module(part)")
slip("03-module", "direct children only", "got ['parts.0', 'parts.1']", "for name, part in named_parts(self) if is_module(part)", "for name, part in members(self) if is_module(part)")
slip("03-module", "parts without names", "unpack | names_of", "return [(name, part) for name, part in named_parts(self) if isinstance(part, Parameter)]", "return [part for name, part in named_parts(self) if isinstance(part, Parameter)]")
slip("03-module", "zeros in place of None", "every Parameter, None", "parameter.grad = None", "parameter.grad = np.zeros_like(parameter.data)")
slip("03-module", "the number 0", "every Parameter, None", "parameter.grad = None", "parameter.grad = 0")
slip("03-module", "its own gradients only", "every Parameter, None", "for parameter in self.parameters():", "for _, parameter in members(self):")
slip("03-module", "the mode of itself only", "Expected [False | all below it", "for module in self.modules():\n    module.training = mode", "self.training = mode")
slip("03-module", "all classes at once", "nowhere else", "module.training = mode", "type(module).training = mode")
slip("03-module", "always True", "all below it", "module.training = mode", "module.training = True")
slip("03-module", "no return", "NoneType | no attribute 'train'", "return self", "pass")
slip("03-module", "returns in the loop", "all below it", "    module.training = mode\nreturn self", "    module.training = mode\n    return self")
slip("03-module", "returns the mode", "bool | no attribute 'train'", "return self", "return mode")
slip("03-module", "pairs are no modules", "tuple | has no attribute", "for module in self.modules():", "for module in self.named_modules():")

slip("03-module", "names in place of Parameters", "does not hold | the Parameters alone", "[parameter for _, parameter in self.named_parameters()]", "[parameter for parameter, _ in self.named_parameters()]")
slip("03-module", "pairs in place of modules", "does not hold | the modules alone", "[module for _, module in self.named_modules()]", "self.named_modules()")
slip("03-module", "the modules without itself", "this module and all below it", "[module for _, module in self.named_modules()]", "[module for name, module in self.named_modules() if name]")

# 03-layer

slip("03-layer", "0 counts as no seed", "a whole number, 0 too", "np.random.default_rng(rng), 1 / math", "np.random.default_rng(rng or None), 1 / math")
slip("03-layer", "a generator only", "has no attribute 'uniform' | line", "np.random.default_rng(rng), 1 / math", "(np.random.default_rng() if rng is None else rng), 1 / math")
slip("03-layer", "numbers only", "generator | line | int", "np.random.default_rng(rng), 1 / math", "np.random.default_rng(None if rng is None else int(rng)), 1 / math")
slip("03-layer", "always the same seed", "wrong | by the generator", "np.random.default_rng(rng), 1 / math", "np.random.default_rng(0), 1 / math")
slip("03-layer", "None is seed 0", "other numbers each time", "np.random.default_rng(rng), 1 / math", "np.random.default_rng(0 if rng is None else rng), 1 / math")
slip("03-layer", "not the root", "0.58 times | from -a to a", "1 / math.sqrt(in_features)", "1 / in_features")
slip("03-layer", "the outputs' root", "0.77 times | from -a to a", "1 / math.sqrt(in_features)", "1 / math.sqrt(out_features)")
slip("03-layer", "from 0 to a", "from -a to a", "rng.uniform(-bound, bound, (out_features", "rng.uniform(0, bound, (out_features")
slip("03-layer", "normal numbers", "evenly", "rng.uniform(-bound, bound, (out_features, in_features))", "bound * rng.normal(size=(out_features, in_features))")
slip("03-layer", "inputs first", "shape is (3, 5) | transposed", "(out_features, in_features))", "(in_features, out_features))")
slip("03-layer", "a bias of zeros", "first the weight, then the bias", "Parameter(rng.uniform(-bound, bound, out_features)) if bias", "Parameter(np.zeros(out_features)) if bias")
slip("03-layer", "a column of biases", "shape is (5, 1) | axis of length 1", "rng.uniform(-bound, bound, out_features)", "rng.uniform(-bound, bound, (out_features, 1))")
slip("03-layer", "bias=False is ignored", "with bias=False", " if bias else None", "")
slip("03-layer", "zeros for bias=False", "with bias=False", " if bias else None", " if bias else Parameter(np.zeros(out_features))")
slip("03-layer", "a Tensor weight", "['weight', 'bias'], got ['bias'] | two Parameters", "self.weight = Parameter(", "self.weight = Tensor(")
slip("03-layer", "arrays", "an array where a Tensor belongs", "self.weight = Parameter(rng.uniform(-bound, bound, (out_features, in_features)))", "self.weight = rng.uniform(-bound, bound, (out_features, in_features))")
slip("03-layer", "no return", "None | return", "return linear(x, self.weight, self.bias)", "linear(x, self.weight, self.bias)")
slip("03-layer", "on bare arrays", "notes by which module 05", "return linear(x, self.weight, self.bias)", "return Tensor(linear(x, self.weight, self.bias).data)")
slip("03-layer", "the weight's array", "got ['x', 'bias'] | notes by which", "return linear(x, self.weight, self.bias)", "return linear(x, Tensor(self.weight.data), self.bias)")
slip("03-layer", "the bias is forgotten", "wrong | called with x", "return linear(x, self.weight, self.bias)", "return linear(x, self.weight)")
slip("03-layer", "itself again", "RecursionError | forward", "return linear(x, self.weight, self.bias)", "return self(x)")
slip("03-layer", "sizes are not looked at", "ZeroDivisionError | that you raise yourself", "if in_features < 1 or out_features < 1:", "if False:")
slip("03-layer", "and for or", "ZeroDivisionError | that you raise yourself", "in_features < 1 or out_features < 1", "in_features < 1 and out_features < 1")
slip("03-layer", "a size of 1 is refused", "ValueError | a size of 1 is fine", "in_features < 1 or out_features < 1", "in_features < 2 or out_features < 2")
wrong(
    "03-layer",
    "the bias first",
    "evenly from -a to a",
    """
    if min(in_features, out_features) < 1:
        raise ValueError(f"{in_features} {out_features}")
    rng, bound = np.random.default_rng(rng), in_features**-0.5
    self.bias = Parameter(rng.uniform(-bound, bound, out_features)) if bias else None
    self.weight = Parameter(rng.uniform(-bound, bound, (out_features, in_features)))
    """,
    "return linear(x, self.weight, self.bias)",
)

slip("03-layer", "no refusal of its own", "should name (5, 3) | what `linear` refuses", "return linear(x, self.weight, self.bias)", "y = x @ self.weight.T\nreturn y if self.bias is None else y + self.bias")

# 03-dropout

slip("03-dropout", "exactly a share of p is dropped", "how many is chance too", "self.rng.random(x.shape) >= self.p", "self.rng.permutation(x.size).reshape(x.shape) >= self.p * x.size")
slip("03-dropout", "nothing is multiplied", "too small | the average over many", " / (1 - self.p)).astype", ").astype")
slip("03-dropout", "divided by p", "too large | the average over many", "keep / (1 - self.p)", "keep / self.p")
slip("03-dropout", "multiplied by 1 - p", "too small | the average over many", "keep / (1 - self.p)", "keep * (1 - self.p)")
slip("03-dropout", "p is the probability to stay", "too large | with probability p", ">= self.p", "< self.p")
slip("03-dropout", "whole rows", "not whole rows", "self.rng.random(x.shape)", "self.rng.random((len(x.data), 1))")
slip("03-dropout", "whole columns", "not whole columns", "self.rng.random(x.shape)", "self.rng.random(x.shape[1:])")
slip("03-dropout", "one draw for all", "too small | with probability p", "self.rng.random(x.shape)", "self.rng.random((1,) * x.ndim)")
slip("03-dropout", "drops in use too", "in use nothing is dropped | wrong", "if not self.training:", "if False:")
slip("03-dropout", "never drops", "with probability p", "if not self.training:", "if True:")
slip("03-dropout", "the switch is turned round", "with probability p", "if not self.training:", "if self.training:")
slip("03-dropout", "p = 1 divides by 0", "NumPy warned | 1 - self.p | p = 1", "if self.p == 1:", "if False:")
slip("03-dropout", "p = 1 gives None", "None | return", "    return x * 0.0", "    return")
slip("03-dropout", "p = 1 gives a new Tensor", "[['x'], ['x']], got [['x'], []] | `.data`", "return x * 0.0", "return Tensor(np.zeros(x.shape), dtype=x.dtype)")
slip("03-dropout", "on the bare array", "[['x'], ['x']], got [[], ['x']] | `.data`", "return x * (keep", "return Tensor(x.data) * (keep")
slip("03-dropout", "always float32", "expected [['x'], ['x']], got [[], ['x']] | `.data`", "return x * (keep / (1 - self.p)).astype(x.dtype)", "return Tensor((x.data * keep / (1 - self.p)).astype(np.float32))")
slip("03-dropout", "a mask kept for ever", "anew", "keep = self.rng.random(x.shape) >= self.p", "self.mask = getattr(self, 'mask', None)\nif self.mask is None:\n    self.mask = self.rng.random(x.shape) >= self.p\nkeep = self.mask")
slip("03-dropout", "NumPy's global numbers", "rng: 0 is a seed", "keep = self.rng.random(x.shape)", "keep = np.random.random(x.shape)")
slip("03-dropout", "a new generator in each call", "anew", "keep = self.rng.random(x.shape)", "keep = np.random.default_rng(0).random(x.shape)")
slip("03-dropout", "0 counts as no seed", "0 is a seed", "np.random.default_rng(rng)", "np.random.default_rng(rng or None)")
slip("03-dropout", "None is a seed", "rng: None", "np.random.default_rng(rng)", "np.random.default_rng(0 if rng is None else rng)")
slip("03-dropout", "rng as it is", "no attribute 'random' | line", "np.random.default_rng(rng)", "rng")
slip("03-dropout", "any p is taken", "Nothing was raised", "not 0 <= p <= 1", "False")
slip("03-dropout", "p below 0 is taken", "Nothing was raised | Dropout(-0.1)", "not 0 <= p <= 1", "p > 1")
slip("03-dropout", "p = 0 and 1 are refused", "ValueError | Dropout(0)", "not 0 <= p <= 1", "not 0 < p < 1")
slip("03-dropout", "the message names no p", "1.5", "Dropout(p={p}): p is", "p is")
slip("03-dropout", "p is not kept", "has no attribute 'p'", "self.p, self.rng = p, np", "self.rate, self.rng = p, np")
slip("03-dropout", "exactly that many", "average over many", "keep / (1 - self.p)", "keep * x.size / x.size")
wrong(
    "03-dropout",
    "in place",
    "changed its input PLAIN",
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p={p}")
    self.p, self.rng = p, np.random.default_rng(rng)
    """,
    """
    if not self.training:
        return x
    x.data[self.rng.random(x.shape) < self.p] = 0
    return x / (1 - self.p) if self.p < 1 else x
    """,
)
wrong(
    "03-dropout",
    "scaled in use instead of in training",
    "average over many",
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p={p}")
    self.p, self.rng = p, np.random.default_rng(rng)
    """,
    """
    if not self.training:
        return x * (1 - self.p)
    return x * (self.rng.random(x.shape) >= self.p).astype(x.dtype)
    """,
)

slip("03-dropout", "a new Tensor in use", "in use too", "    return x\nif self.p == 1", "    return Tensor(x.data, dtype=x.dtype)\nif self.p == 1")

# 03-sequential

slip("03-sequential", "x is not handed on", "c(b(a(x)))", "x = layer(x)", "y = layer(x)")
slip("03-sequential", "returns after the first", "c(b(a(x)))", "    x = layer(x)\nreturn x", "    x = layer(x)\n    return x")
slip("03-sequential", "backwards", "c(b(a(x)))", "for layer in self:", "for layer in list(self)[::-1]:")
slip("03-sequential", "forward of each", "has no attribute 'forward' | line", "x = layer(x)", "x = layer.forward(x)")
slip("03-sequential", "no return from append", "append gives the model itself", "return self", "pass")
slip("03-sequential", "a slice is a list", "'list' object is not callable | a new Sequential", "Sequential(*layers[index]) if isinstance(index, slice) else layers[index]", "layers[index]")
slip("03-sequential", "a list in the chain", "Sequential(*layers) | line", "Sequential(*layers[index])", "Sequential(layers[index])")
slip("03-sequential", "always a chain", "does not hold | model[1]", "Sequential(*layers[index]) if isinstance(index, slice) else layers[index]", "Sequential(layers[index])")
slip("03-sequential", "counts all attributes", "len, after eval", "sum(1 for _ in self)", "len(vars(self))")
slip("03-sequential", "iterates over all attributes", "1 too large | after eval", "if name.isdigit()", "")
slip("03-sequential", "iterates over names", "line | str", "iter([value for name", "iter([name for name")
slip("03-sequential", "counts from 1", "1.weight", "str(len(self))", "str(len(self) + 1)")
slip("03-sequential", "classes are let in", "Nothing was raised", "isinstance(layer, type)", "False")
slip("03-sequential", "a list is let in", "Nothing was raised", "not callable(layer)", "False")
slip("03-sequential", "only layers are let in", "TypeError: layer 0, a function", "not callable(layer)", "not isinstance(layer, Module)")
slip("03-sequential", "does not name the class", "ReLU()", "write {layer.__name__}()", "make an object of it")
slip("03-sequential", "does not name the mend", "Sequential(*layers)", "write Sequential(*layers)", "give layers")
slip("03-sequential", "a ValueError", "TypeError that you raise", 'raise TypeError(f"layer {len(self)} is a class', 'raise ValueError(f"layer {len(self)} is a class')
slip("03-sequential", "append puts it in front", "c(b(a(x)))", "setattr(self, str(len(self)), layer)", "for place, each in enumerate([layer, *self]):\n    setattr(self, str(place), each)")
slip("03-sequential", "len from a list of itself", "RecursionError", "sum(1 for _ in self)", "len(list(self))")
SEQUENTIAL_REST = (
    "return iter(self.layers)",
    "return len(self.layers)",
    "return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]",
    "for layer in self.layers:\n    x = layer(x)\nreturn x",
)
REFUSE = """
if isinstance(layer, type):
    raise TypeError(f"write {layer.__name__}()")
if not callable(layer):
    raise TypeError("write Sequential(*layers)")
"""
wrong(
    "03-sequential",
    "an attribute called layers",
    "layers.0.weight | 0.weight",
    "self.layers = []\nfor layer in layers:\n    self.append(layer)",
    REFUSE + "self.layers.append(layer)\nreturn self",
    *SEQUENTIAL_REST,
)
wrong(
    "03-sequential",
    "append refuses nothing",
    "Nothing was raised | append(ReLU)",
    """
    for layer in layers:
        if isinstance(layer, type):
            raise TypeError(f"write {layer.__name__}()")
        if not callable(layer):
            raise TypeError("write Sequential(*layers)")
        self.append(layer)
    """,
    "setattr(self, str(len(self)), layer)\nreturn self",
    "return iter([value for name, value in vars(self).items() if name.isdigit()])",
    "return sum(1 for _ in self)",
    "layers = list(self)\nreturn Sequential(*layers[index]) if isinstance(index, slice) else layers[index]",
    "for layer in self:\n    x = layer(x)\nreturn x",
)
wrong(
    "03-sequential",
    "by the alphabet: 10 before 2",
    "a new Sequential, in order",
    "for layer in layers:\n    self.append(layer)",
    REFUSE + "setattr(self, str(len(self)), layer)\nreturn self",
    "return iter([vars(self)[name] for name in sorted(vars(self)) if name.isdigit()])",
    "return sum(1 for _ in self)",
    "layers = list(self)\nreturn Sequential(*layers[index]) if isinstance(index, slice) else layers[index]",
    "for layer in self:\n    x = layer(x)\nreturn x",
)
wrong(
    "03-sequential",
    "a class attribute shared by all chains",
    "may come twice",
    "for layer in layers:\n    self.append(layer)",
    REFUSE + "Module.shared_layers = [*getattr(Module, 'shared_layers', []), layer]\nreturn self",
    "return iter(getattr(Module, 'shared_layers', []))",
    "return sum(1 for _ in self)",
    "layers = list(self)\nreturn Sequential(*layers[index]) if isinstance(index, slice) else layers[index]",
    "for layer in self:\n    x = layer(x)\nreturn x",
)

# 03-state

slip("03-state", "written in the order of the file", "in any order", "for name, array in own.items():\n    array[...] = state[name]", "for array, new in zip(own.values(), state.values()):\n    array[...] = new")
slip("03-state", "no copies", "stay as they are", "tensor.data.copy() for", "tensor.data for")
slip("03-state", "the Tensors themselves", "a Tensor where plain numbers belong | .data", "tensor.data.copy() for", "tensor for")
slip("03-state", "buffers are not saved", "all buffers", "return {name: tensor.data.copy() for name, tensor in module.named_parameters() + module.named_buffers()}", "return {name: tensor.data.copy() for name, tensor in module.named_parameters()}")
slip("03-state", "its own parameters only", "all Parameters", "return {name: tensor.data.copy() for name, tensor in module.named_parameters() + module.named_buffers()}", "return {name: part.data.copy() for name, part in members(module) if isinstance(part, Parameter)}")
slip("03-state", "lists of numbers", "list | dtype", "tensor.data.copy() for", "tensor.data.tolist() for")
slip("03-state", "new arrays in place of the old", "into the arrays that the model has", "for name, array in own.items():\n    array[...] = state[name]", "for name, tensor in module.named_parameters() + module.named_buffers():\n    tensor.data = np.array(state[name], dtype=tensor.dtype)")
slip("03-state", "the file's array itself", "the arrays that the model has", "for name, array in own.items():\n    array[...] = state[name]", "for name, tensor in module.named_parameters() + module.named_buffers():\n    tensor.data = state[name]")
slip("03-state", "a name in place of an array", "the numbers arrive", "    array[...] = state[name]", "    array = state[name]")
slip("03-state", "buffers are not loaded", "buffers too", "for name, array in own.items():\n    array[...] = state[name]", "for name, parameter in module.named_parameters():\n    parameter.data[...] = state[name]")
slip("03-state", "what is missing is let through", "KeyError: 'seen' | that you raise yourself", 'problems = [f"missing {name!r}" for name in own if name not in state]', "problems = []")
slip("03-state", "what is unexpected is let through", "Nothing was raised", 'problems += [f"unexpected {name!r}" for name in state if name not in own]\n', "")
slip("03-state", "shapes are not looked at", "Nothing was raised", "np.shape(state[name]) != own[name].shape", "False")
slip("03-state", "sizes in place of shapes", "Nothing was raised", "np.shape(state[name]) != own[name].shape", "np.size(state[name]) != own[name].size")
slip("03-state", "one shape in the message", "(4,)", " instead of {own[name].shape}", "")
slip("03-state", "names all names", "missing 'parts.0.weight' | in `write_state`", "for name in own if name not in state]", "for name in own]")
slip("03-state", "prints and goes on", "KeyError: 'seen' | that you raise yourself", "raise ValueError(f", "print(f")
slip("03-state", "a KeyError", "KeyError | ValueError that you raise", "raise ValueError(f", "raise KeyError(f")
slip("03-state", "only the first complaint", "should name", "'; '.join(problems)", "problems[0]")
wrong(
    "03-state",
    "writes while it checks",
    "a refused state",
    "return {name: tensor.data.copy() for name, tensor in module.named_parameters() + module.named_buffers()}",
    """
    own = dict(module.named_parameters() + module.named_buffers())
    problems = [f"missing {name}" for name in own if name not in state] + [f"unexpected {name}" for name in state if name not in own]
    for name, tensor in own.items():
        if name in state and np.shape(state[name]) != tensor.shape:
            problems.append(f"{name} {np.shape(state[name])} {tensor.shape}")
        elif name in state:
            tensor.data[...] = state[name]
    if problems:
        raise ValueError(", ".join(problems))
    """,
)
wrong(
    "03-state",
    "stops at the first",
    "should name",
    "return {name: tensor.data.copy() for name, tensor in module.named_parameters() + module.named_buffers()}",
    """
    own = dict(module.named_parameters() + module.named_buffers())
    for name in state:
        if name not in own:
            raise ValueError(f"unexpected {name}")
    for name, tensor in own.items():
        if name not in state:
            raise ValueError(f"missing {name}")
        if np.shape(state[name]) != tensor.shape:
            raise ValueError(f"{name}: {np.shape(state[name])} is not {tensor.shape}")
    for name, tensor in own.items():
        tensor.data[...] = state[name]
    """,
)
wrong(
    "03-state",
    "in the order of the file",
    "broadcast | tensor.data[...] = state[key]",
    "return {name: tensor.data.copy() for name, tensor in module.named_parameters() + module.named_buffers()}",
    """
    for (name, tensor), key in zip(module.named_parameters() + module.named_buffers(), sorted(state)):
        tensor.data[...] = state[key]
    """,
)

wrong(
    "03-state",
    "looks for unexpected names last",
    "a refused state",
    "return {name: tensor.data.copy() for name, tensor in module.named_parameters() + module.named_buffers()}",
    """
    own = dict(module.named_parameters() + module.named_buffers())
    problems = [f"missing {name}" for name in own if name not in state]
    problems += [f"{n} {np.shape(state[n])} {t.shape}" for n, t in own.items() if n in state and np.shape(state[n]) != t.shape]
    if problems and set(state) <= set(own):
        raise ValueError(", ".join(problems))
    if not problems:
        for name, tensor in own.items():
            tensor.data[...] = state[name]
    problems += [f"unexpected {name}" for name in state if name not in own]
    if problems:
        raise ValueError(", ".join(problems))
    """,
)
slip("03-state", "one unexpected name", "should name", 'problems += [f"unexpected {name!r}" for name in state if name not in own]', 'problems += [f"unexpected {name!r}" for name in state if name not in own][:1]')

# 03-reader

slip("03-reader", "probabilities", "scores, not probabilities", "return self.head(self.body(pictures))", "scores = self.head(self.body(pictures)).data\nreturn Tensor(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))")
slip("03-reader", "no Flatten", "expected 'body.1.weight | names and shapes", "layers = [Flatten()]", "layers = []")
slip("03-reader", "no ReLU", "names and shapes", "layers += [Linear(inputs, 32, rng=rng), ReLU()]", "layers += [Linear(inputs, 32, rng=rng)]")
slip("03-reader", "seven layers", "names and shapes", "[32] * 7", "[32] * 6")
slip("03-reader", "64 everywhere", "names and shapes", "[64] + [32] * 7", "[64] * 8")
slip("03-reader", "no Dropout", "what is where", "Sequential(*layers, Dropout(0.5, rng=rng))", "Sequential(*layers)")
slip("03-reader", "Dropout in front", "expected 'body.1.weight | names and shapes", "Sequential(*layers, Dropout(0.5, rng=rng))", "Sequential(Dropout(0.5, rng=rng), *layers)")
slip("03-reader", "another p", "p = 0.5", "Dropout(0.5, rng=rng)", "Dropout(0.2, rng=rng)")
slip("03-reader", "Sigmoid's neighbour", "what is where", "ReLU()]", "Tanh()]")
slip("03-reader", "a seed for each layer", "no two start alike", "rng = np.random.default_rng(rng)\n", "")
slip("03-reader", "seeds of its own", "no two start alike", "Linear(inputs, 32, rng=rng)", "Linear(inputs, 32, rng=0)")
slip("03-reader", "rng is not used", "one generator", "np.random.default_rng(rng)", "np.random.default_rng()")
slip("03-reader", "the head is forgotten", "scores (N, 10)", "self.head(self.body(pictures))", "self.body(pictures)")
slip("03-reader", "the body is forgotten", "ValueError | does not fit", "self.head(self.body(pictures))", "self.head(pictures)")
slip("03-reader", "no return", "None | return", "return self.head(self.body(pictures))", "self.head(self.body(pictures))")
slip("03-reader", "the same layer eight times", "names and shapes", "for inputs in [64] + [32] * 7:\n    layers += [Linear(inputs, 32, rng=rng), ReLU()]", "layers += [Linear(64, 32, rng=rng), ReLU()] + [Linear(32, 32, rng=rng), ReLU()] * 7")
slip("03-reader", "the list is not unpacked", "Sequential(*layers)", "Sequential(*layers, Dropout", "Sequential(layers, Dropout")
slip("03-reader", "a class for an object", "ReLU()", "ReLU()]", "ReLU]")
slip("03-reader", "softmax in the body", "scores | pictures become", "self.head(self.body(pictures))", "self.head(self.body(pictures) * 0.0)")
slip("03-reader", "on bare arrays", "all 18 parameters", "self.head(self.body(pictures))", "self.head(Tensor(self.body(pictures).data))")
slip("03-reader", "another name for the head", "names and shapes", "self.head = Linear(32, 10, rng=rng)", "self.head = self.top = None\nself.last = Linear(32, 10, rng=rng)")

slip("03-reader", "the Dropout is left out", "the Dropout takes part", "self.head(self.body(pictures))", "self.head(self.body[:-1](pictures))")
slip("03-reader", "always in use", "the Dropout takes part", "return self.head(self.body(pictures))", "self.eval()\nreturn self.head(self.body(pictures))")

# 03-level

slip("03-level", "multiplied", "size 1", "/= np.sqrt", "*= np.sqrt")
slip("03-level", "not the root", "size 1", "np.sqrt((layer(x).data ** 2).mean())", "(layer(x).data ** 2).mean()")
slip("03-level", "the spread", "size 1", "np.sqrt((layer(x).data ** 2).mean())", "layer(x).data.std()")
slip("03-level", "the bias stays", "size 1", "    layer.bias.data[...] = 0\n", "")
slip("03-level", "the bias after the measuring", "size 1", "layer.bias.data[...] = 0\n        layer.weight.data /= np.sqrt((layer(x).data ** 2).mean())", "layer.weight.data /= np.sqrt((layer(x).data ** 2).mean())\n        layer.bias.data[...] = 0")
slip("03-level", "x stays where it is", "line | size 1", "    x = layer(x)", "    layer(x)")
slip("03-level", "only behind a Linear", "size 1", "    x = layer(x)", "    x = layer(x) if isinstance(layer, Linear) else x")
slip("03-level", "a new array", "change the arrays in place", "layer.weight.data /= np.sqrt((layer(x).data ** 2).mean())", "layer.weight.data = layer.weight.data / np.sqrt((layer(x).data ** 2).mean())")
slip("03-level", "a new Parameter", "change the arrays in place", "layer.bias.data[...] = 0", "layer.bias = Parameter(np.zeros(layer.bias.shape))")
slip("03-level", "all layers", "no attribute | line", "if isinstance(layer, Linear):", "if True:")
slip("03-level", "the formula for ReLU", "12 of 12 | size 1", "np.sqrt((layer(x).data ** 2).mean())", "(layer.weight.data.std() * np.sqrt(60 / 2))")
slip("03-level", "before the weight is changed", "size 1", "        layer.weight.data /= np.sqrt((layer(x).data ** 2).mean())\n    x = layer(x)", "        y = layer(x)\n        layer.weight.data /= np.sqrt((y.data ** 2).mean())\n        x = y\n    else:\n        x = layer(x)")

# Mutants that change nothing that the text promises

equivalent("03-linear", "region 1, line 2: '1' -> '0'")  # the message goes beyond what is asked
equivalent("03-spread", "'mean_square_of_sum(n, v, s)' -> 'mean_square_of_sum(v, n, s)'")  # the factors of a product
equivalent("03-dropout", "'self.rng.random(x.shape) >= self.p' -> 'self.rng.random(x.shape) > self.p'")  # equal once in 2**53
equivalent("03-dropout", "'(keep / (1 - self.p)).astype(x.dtype)' -> 'keep / (1 - self.p)'")  # the Tensor decides the dtype
equivalent("03-sequential", "'len(self)' -> 'self'")  # the position in the message goes beyond what is asked
equivalent("03-state", "\"'; '.join(problems)\" -> 'problems'")  # a list of complaints names them all, too
equivalent("03-state", "\"'; '\" -> \"'; x'\"")  # what stands between the complaints is free

# What a reader who saw only the release came up with, and an earlier version of the checks let pass

slip("03-linear", "a bias of zeros is left out", "any axes, any bias", "return y if bias is None else y + bias", "return y if bias is None or not bias.data.any() else y + bias")
slip("03-linear", "three axes by their bare data", "any axes, any bias", "return y if bias is None else y + bias", "y = Tensor(y.data) if x.ndim == 3 else y\nreturn y if bias is None else y + bias")
slip("03-parameter", "a copy only without a dtype", "it owns its numbers", "array = np.array(data, dtype=dtype or np.float32)", "array = np.array(data, dtype=np.float32) if dtype is None else np.asarray(data, dtype=dtype)")
slip("03-parameter", "the source learns now, too", "stays as it is", "super().__init__(", "if isinstance(data, Tensor):\n    data.requires_grad = True\nsuper().__init__(")
slip("03-tree", "no subclass of a Parameter", "also inside each other", "isinstance(value, Parameter) or is_module(value)", "type(value) is Parameter or is_module(value)")
slip("03-tree", "no subclass of a container", "also inside each other", "isinstance(value, (list, tuple, dict))", "type(value) in (list, tuple, dict)")
slip("03-tree", "keys must be text", "concatenate", 'look_at(f"{name}.{key}", item)', 'look_at(name + "." + (key if isinstance(value, dict) else str(key)), item)')
slip("03-tree", "Tensors that require a gradient", "what is held directly", "isinstance(value, Parameter) or is_module(value)", "isinstance(value, Tensor) and value.requires_grad or is_module(value)")
slip("03-module", "the switch is turned over", "`mode`, in a ReLU too", "module.training = mode", "module.training = not module.training if mode is False else True")
slip("03-layer", "the product of the sizes", "you raise yourself", "if in_features < 1 or out_features < 1:", "if in_features * out_features < 1:")
slip("03-layer", "right for three inputs only", "a for another n", "1 / math.sqrt(in_features)", "math.sqrt(3) / in_features")
slip("03-sequential", "the step of a slice is ignored", "a slice with a step", "Sequential(*layers[index]) if", "Sequential(*layers[index.start : index.stop]) if")
slip("03-sequential", "positions wrap around", "IndexError", "else layers[index]", "else layers[index % len(layers)]")
slip("03-sequential", "append takes a list", "Nothing was raised", "if not callable(layer):", "if not callable(layer) and not len(self) == 0 and False:")
slip("03-state", "lengths are compared, not shapes", "Nothing was raised", "np.shape(state[name]) != own[name].shape", "(np.ndim(state[name]), np.shape(state[name])[:1]) != (own[name].ndim, own[name].shape[:1])")
