"""Wrong answers to module 04 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# 04-reduce

slip("04-reduce", "mean over the rows only", "shape is (3,) | average or add up over all axes", "losses.mean()", "losses.mean(axis=0)")
slip("04-reduce", "divides by len", "3.00 times | Divide by LOSSES.shape[1] = 3", "losses.mean()", "losses.sum() / len(losses)")
slip("04-reduce", "Python's own sum", "shape is (3,)", "losses.sum()", "sum(losses)")
slip("04-reduce", "a Python float", "Python float | dtype", "losses.mean()", "float(losses.mean())")
slip("04-reduce", "mean without a return", "shape is (3,) | One number belongs here", "return losses.mean()", "losses.mean()")
slip("04-reduce", "none gives None", "None | return", "return losses\n", "pass\n")
slip("04-reduce", "a misspelt method", "maen | line", "losses.mean()", "losses.maen()")
slip("04-reduce", "an unknown name gives the losses", "Nothing was raised | ValueError", 'raise ValueError(f"reduction must', 'print(f"reduction must')
slip("04-reduce", "does not quote the name", "'Mean'", "not {reduction!r}", "nothing else")
slip("04-reduce", "only the mean refuses an empty batch", "Nothing was raised", "if losses.size == 0:", 'if losses.size == 0 and reduction == "mean":')
slip("04-reduce", "never looks for an empty batch", "Nothing was raised", "losses.size == 0", "losses is None")
wrong(
    "04-reduce",
    "asserts instead of raising",
    "AssertionError | that you raise yourself",
    """
    assert reduction in ("mean", "sum", "none"), f"'mean', 'sum' or 'none', not {reduction!r}"
    assert losses.size, "empty"
    return {"mean": losses.mean(), "sum": losses.sum(), "none": losses}[reduction]
    """,
)
wrong(
    "04-reduce",
    "sums in place",
    "changed its input once",
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    if losses.size == 0:
        raise ValueError("empty")
    if reduction == "mean":
        losses /= losses.size
    return losses if reduction == "none" else losses.sum()
    """,
)

# 04-blur

BLUR = "BLUR_PREDICTIONS = np.array({})\nBLUR_TARGETS = np.array({})"
wrong("04-blur", "left blank", "No inputs yet", "BLUR_PREDICTIONS = ...\nBLUR_TARGETS = ...")
wrong("04-blur", "equal shapes", "Not broken", BLUR.format("[[1.0], [9.0], [2.0]]", "[[1.0], [9.0], [2.0]]"))
wrong("04-blur", "all targets equal", "Not broken", BLUR.format("[[5.0], [5.0]]", "[5.0, 5.0]"))
wrong("04-blur", "a prediction that is wrong", "every prediction must equal its target", BLUR.format("[[1.0], [9.0], [2.0]]", "[1.0, 2.0, 9.0]"))
wrong("04-blur", "too close", "does not hold | more than 10", BLUR.format("[[1.0], [2.0], [3.0]]", "[1.0, 2.0, 3.0]"))
wrong("04-blur", "different numbers of each", "mse_loop refuses them", BLUR.format("[[1.0], [9.0], [2.0]]", "[1.0, 9.0]"))
wrong("04-blur", "one pair only", "Not broken", BLUR.format("[[7.0]]", "[7.0]"))

# 04-shapes

slip("04-shapes", "looks at the number of axes only", "Nothing was raised", "predictions.shape == targets.shape", "predictions.ndim == targets.ndim")
slip("04-shapes", "looks at the size only", "Nothing was raised", "predictions.shape == targets.shape", "predictions.size == targets.size")
slip("04-shapes", "compares the numbers", "that you raise yourself | ambiguous | if predictions == targets", "predictions.shape == targets.shape", "predictions == targets")
slip("04-shapes", "always names the reshape", "not speak of | reshape", "np.squeeze(predictions).shape == np.squeeze(targets).shape", "True")
slip("04-shapes", "never names the reshape", "targets.reshape(3, 1)", "np.squeeze(predictions).shape == np.squeeze(targets).shape", "False")
slip("04-shapes", "the fix with the targets' shape", "targets.reshape(3, 1)", "map(str, predictions.shape)", "map(str, targets.shape)")
slip("04-shapes", "one shape in the message", "(3,)", "targets {targets.shape}", "targets differ")
slip("04-shapes", "returns a message", "Nothing was raised", "raise ValueError(f\"predictions are {predictions.shape}, targets {targets.shape}: {fix}\")", "return f\"predictions are {predictions.shape}\"")
slip("04-shapes", "returns True when fine", "where nothing belongs", "return\n", "return True\n")
wrong("04-shapes", "asserts", "AssertionError | that you raise yourself", "assert predictions.shape == targets.shape, (predictions.shape, targets.shape)")

# 04-labels

slip("04-labels", "label C slips through", "should name label 4 and position 1", "labels >= logits.shape[1]", "labels > logits.shape[1]")
slip("04-labels", "negative labels slip through", "Nothing was raised", "(labels < 0) | ", "")
slip("04-labels", "counts rows instead of classes", "ValueError: label", "(labels >= logits.shape[1])", "(labels >= logits.shape[0])")
slip("04-labels", "or for |", "ambiguous | line | outside", "(labels < 0) | (", "(labels < 0) or (")
slip("04-labels", "int64 only", "uint8 | ValueError", "not np.issubdtype(labels.dtype, np.integer)", "labels.dtype != np.int64")
slip("04-labels", "booleans are let in", "Nothing was raised", "not np.issubdtype(labels.dtype, np.integer)", 'labels.dtype.kind not in "iub"')
slip("04-labels", "the largest instead of the first", "label 4", "outside.argmax()", "labels.argmax()")
slip("04-labels", "position counted from 1", "position 1", "at position {first}", "at position {first + 1}")
slip("04-labels", "last class off by one", "0..3", "0..{logits.shape[1] - 1}", "0..{logits.shape[1]}")
slip("04-labels", "columns of labels are let in", "Nothing was raised", "labels.shape != logits.shape[:1]", "len(labels) != len(logits)")
slip("04-labels", "one-hot tables are let through to the shapes", "one-hot", "labels.shape == logits.shape", "labels.ndim == 3")
slip("04-labels", "returns the labels", "where nothing belongs", "if outside.any():", "if not outside.any():\n    return labels\nelse:")
wrong(
    "04-labels",
    "tries whether the index works",
    "Nothing was raised",
    """
    if labels.shape == logits.shape:
        raise ValueError("one-hot: use labels.argmax(axis=1)")
    if labels.shape != logits.shape[:1]:
        raise ValueError(f"{logits.shape} {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"integers, not {labels.dtype}")
    for position, label in enumerate(labels):
        try:
            logits[position, label]
        except IndexError:
            raise ValueError(f"label {label} at position {position} is not in 0..{logits.shape[1] - 1}")
    """,
)

# 04-cross-entropy

slip("04-cross-entropy", "no m at all", "overflow | HUGE | np.exp", "logits - logits.max(axis=1, keepdims=True)", "logits")
slip("04-cross-entropy", "one m for the batch", "divide by zero | which m?", "logits.max(axis=1, keepdims=True)", "logits.max()")
slip("04-cross-entropy", "the smallest as m", "overflow", "logits.max(axis=1, keepdims=True)", "logits.min(axis=1, keepdims=True)")
slip("04-cross-entropy", "the mean as m", "overflow", "logits.max(axis=1, keepdims=True)", "logits.mean(axis=1, keepdims=True)")
slip("04-cross-entropy", "no keepdims", "broadcast | line | shifted", "axis=1, keepdims=True", "axis=1")
slip("04-cross-entropy", "max over the photos", "3 of 3 numbers are wrong", "logits.max(axis=1, keepdims=True)", "logits.max(axis=0, keepdims=True)")
slip("04-cross-entropy", "sums over the photos", "broadcast | line", ".sum(axis=1)", ".sum(axis=0)")
slip("04-cross-entropy", "sums over everything", "wrong", ".sum(axis=1)", ".sum()")
slip("04-cross-entropy", "picks all labels from all rows", "each met every other | shape is (3, 3)", "shifted[np.arange(len(labels)), labels]", "shifted[:, labels]")
slip("04-cross-entropy", "m missing in the second term", "wrong", "shifted[np.arange(len(labels)), labels]", "logits[np.arange(len(labels)), labels]")
slip("04-cross-entropy", "a column left over", "shape is (3, 3) | each met every other", ".sum(axis=1)", ".sum(axis=1, keepdims=True)")
slip("04-cross-entropy", "forgets the reduction", "shape is (3,) | One number belongs here", "reduce_losses(losses, reduction)", "losses")
slip("04-cross-entropy", "always the mean", "into one number", "reduce_losses(losses, reduction)", "losses.mean()")
slip("04-cross-entropy", "no return", "None | return", "return reduce_losses", "reduce_losses")
slip("04-cross-entropy", "the sign", "sign is turned round", "log_sums - shifted[np.arange(len(labels)), labels]", "shifted[np.arange(len(labels)), labels] - log_sums")
slip("04-cross-entropy", "log base 2", "wrong", "np.log(np.exp(shifted)", "np.log2(np.exp(shifted)")
wrong(
    "04-cross-entropy",
    "in place",
    "changed its input LOGITS",
    """
    logits -= logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]
    return reduce_losses(losses, reduction)
    """,
)
wrong(
    "04-cross-entropy",
    "minus log of softmax",
    "divide by zero | np.log(p",
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    losses = -np.log(p[np.arange(len(labels)), labels])
    return reduce_losses(losses, reduction)
    """,
)
wrong(
    "04-cross-entropy",
    "a pinch of 1e-9",
    "expected | 1000",
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    losses = -np.log(p[np.arange(len(labels)), labels] + 1e-9)
    return reduce_losses(losses, reduction)
    """,
)
wrong(
    "04-cross-entropy",
    "in float64",
    "dtype is float64 | float32",
    """
    z = logits.astype(np.float64)
    z = z - z.max(axis=1, keepdims=True)
    return reduce_losses(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels], reduction)
    """,
)
wrong(
    "04-cross-entropy",
    "four classes built in",
    "broadcast | np.eye(4)",
    """
    s = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(s).sum(axis=1)) - (np.eye(4)[labels] * s).sum(axis=1)
    return reduce_losses(losses.astype(logits.dtype), reduction)
    """,
)
wrong(
    "04-cross-entropy",
    "a list of losses",
    "list | line",
    """
    losses = []
    for row, label in zip(logits, labels):
        losses.append(np.log(np.exp(row - row.max()).sum()) - (row[label] - row.max()))
    return reduce_losses(losses, reduction)
    """,
)

# 04-fakes

FAKES = "FOR_ONE_FOR_ALL = {}\nFOR_WITH_A_PINCH = {}\nFOR_THERE_AND_BACK = {}"
GOOD = (
    "(np.float32([[1000, 0], [0, 1]]), np.array([0, 1]))",
    "(np.float32([[100, 0]]), np.array([1]))",
    "(np.float32([[1e8, 1e8]]), np.array([1]))",
)
wrong("04-fakes", "left blank", "No inputs yet", FAKES.format("(..., ...)", "(..., ...)", "(..., ...)"))
wrong("04-fakes", "one row", "Not broken | one m for the whole batch", FAKES.format("(np.float32([[1000, 0]]), np.array([1]))", *GOOD[1:]))
wrong("04-fakes", "rows too close", "Not broken", FAKES.format("(np.float32([[50, 0], [0, 1]]), np.array([0, 1]))", *GOOD[1:]))
wrong("04-fakes", "certain and right", "Not broken | a pinch of 1e-9", FAKES.format(GOOD[0], "(np.float32([[100, 0]]), np.array([0]))", GOOD[2]))
wrong("04-fakes", "float64 has too many digits", "float64 | the text asks for float32", FAKES.format(*GOOD[:2], "(np.array([[1e8, 1e8]]), np.array([1]))"))
wrong("04-fakes", "a label that is none", "refuses them | label 2 is not in 0..1", FAKES.format(GOOD[0], "(np.float32([[100, 0]]), np.array([2]))", GOOD[2]))
wrong("04-fakes", "labels as a list", "labels is a list, where an array belongs", FAKES.format(GOOD[0], "(np.float32([[100, 0]]), [1])", GOOD[2]))

# 04-slope

slip("04-slope", "the sum instead of its slopes", "shape is (); expected (5,) | into one number", "return np.exp(z)\n", "return np.exp(z).sum()\n")
slip("04-slope", "the slope of e^z is z e^z", "wrong", "return np.exp(z)\n", "return z * np.exp(z)\n")
slip("04-slope", "divides by its own term", "wrong", "slopes_of_sum(z) / np.exp(z).sum()", "slopes_of_sum(z) / np.exp(z)")
slip("04-slope", "1 / S without the slope of S", "shape is ()", "slopes_of_sum(z) / np.exp(z).sum()", "1 / np.exp(z).sum()")
slip("04-slope", "divides by log S", "times the expected", "slopes_of_sum(z) / np.exp(z).sum()", "slopes_of_sum(z) / np.log(np.exp(z).sum())")
slip("04-slope", "ones for all logits", "wrong", "slopes[y] = 1", "slopes[:] = 1")
slip("04-slope", "z_y where its slope belongs", "0.30 times | its docstring", "slopes[y] = 1", "slopes[y] = z[y]")
slip("04-slope", "the neighbour", "right numbers in the wrong places", "slopes[y] = 1", "slopes[y - 1] = 1")
slip("04-slope", "plus instead of minus", "wrong | log S minus z_y", "slopes_of_log_sum(z) - slopes", "slopes_of_log_sum(z) + slopes")
slip("04-slope", "truth minus probability", "sign is turned round", "slopes_of_log_sum(z) - slopes_of_right_logit(z, y)", "slopes_of_right_logit(z, y) - slopes_of_log_sum(z)")
slip("04-slope", "a blank left", "blank", "slopes_of_sum(z) / np.exp(z).sum()", "slopes_of_sum(z) / ...")
slip("04-slope", "multiplied by z_y", "wrong", "- slopes_of_right_logit(z, y)", "- z[y] * slopes_of_right_logit(z, y)")

# 04-gradient

slip("04-gradient", "no division", "3.00 times | Divide by LOGITS.shape[0] = 3", "gradient / len(labels)", "gradient")
slip("04-gradient", "divides by all numbers", "0.25 times | Do not divide by LOGITS.shape[1] = 4", "gradient / len(labels)", "gradient / logits.size")
slip("04-gradient", "divides by the classes", "0.75 times | Divide by LOGITS.shape[0] = 3, not by LOGITS.shape[1] = 4", "gradient / len(labels)", "gradient / logits.shape[1]")
slip("04-gradient", "1 from all rows", "wrong", "gradient[np.arange(len(labels)), labels]", "gradient[:, labels]")
slip("04-gradient", "the truth is added", "wrong", "-= 1", "+= 1")
slip("04-gradient", "the sign", "sign is turned round", "return gradient", "return -gradient")
slip("04-gradient", "no shift", "overflow | HUGE", "logits - logits.max(axis=1, keepdims=True)", "logits")
slip("04-gradient", "softmax over the photos", "wrong", "powers.sum(axis=1, keepdims=True)", "powers.sum(axis=0, keepdims=True)")
slip("04-gradient", "no keepdims below", "broadcast | line", "powers.sum(axis=1, keepdims=True)", "powers.sum(axis=1)")
slip("04-gradient", "no return", "None | return", "return gradient / len(labels)", "gradient / len(labels)")
slip("04-gradient", "the label's number instead of 1", "wrong", "-= 1", "-= labels")
wrong(
    "04-gradient",
    "writes into the logits",
    "changed its input",
    """
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)
    """,
)
wrong(
    "04-gradient",
    "divides before the truth is subtracted",
    "wrong",
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    gradient = powers / powers.sum(axis=1, keepdims=True) / len(labels)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient
    """,
)
wrong(
    "04-gradient",
    "one-hot in float64",
    "dtype is float64 | float32",
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[labels]) / len(labels)
    """,
)

# 04-softplus

slip("04-softplus", "sp(z) for yes", "wrong", "return sp(-z)", "return sp(z)")
slip("04-softplus", "minus sp", "sign is turned round", "return sp(-z)", "return -sp(-z)")
slip("04-softplus", "1 - sp for no", "wrong", "return sp(z)\n", "return 1 - sp(-z)\n")
slip("04-softplus", "y alone", "wrong", "- y * z", "- y")
slip("04-softplus", "plus y z", "wrong", "- y * z", "+ y * z")
slip("04-softplus", "(1 - y) z", "wrong", "- y * z", "- (1 - y) * z")
slip("04-softplus", "slope without e^z", "wrong | the two rules", "np.exp(z) / (1 + np.exp(z)) - y", "1 / (1 + np.exp(z)) - y")
slip("04-softplus", "slope of y z is z", "wrong", "(1 + np.exp(z)) - y", "(1 + np.exp(z)) - z")
slip("04-softplus", "a blank left", "blank", "return sp(-z)", "return sp(...)")

# 04-bce

slip("04-bce", "log(1 + e^z)", "overflow | np.exp(z)", "np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))", "np.log1p(np.exp(z))")
slip("04-bce", "the wrong sign inside", "overflow", "np.exp(-np.abs(z))", "np.exp(np.abs(z))")
slip("04-bce", "np.max", "out of bounds | line", "np.maximum(z, 0)", "np.max(z, 1)")
slip("04-bce", "Python's max", "ambiguous | line", "np.maximum(z, 0)", "max(z, 0)")
slip("04-bce", "log instead of log1p", "a small loss would be lost", "np.log1p(np.exp(-np.abs(z)))", "np.log(1 + np.exp(-np.abs(z)))")
slip("04-bce", "both branches of np.where", "overflow | np.where", "np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))", "np.where(z > 0, z + np.log1p(np.exp(-z)), np.log1p(np.exp(z)))")
slip("04-bce", "right for positive z only", "1000", "np.maximum(z, 0)", "z")
slip("04-bce", "plus y z", "wrong | yours     [-1000", "- targets * logits", "+ targets * logits")
slip("04-bce", "forgets the reduction", "shape is (5,) | One number", "reduce_losses(softplus(logits) - targets * logits, reduction)", "softplus(logits) - targets * logits")
slip("04-bce", "targets below 0 are let in", "Nothing was raised", "(targets >= 0) & (targets <= 1)", "targets <= 1")
slip("04-bce", "targets above 1 are let in", "Nothing was raised", "(targets >= 0) & (targets <= 1)", "targets >= 0")
slip("04-bce", "the message without its numbers", "-1.0 | 0.0", "not from {targets.min()} to {targets.max()}", "see the text")
slip("04-bce", "no probabilities allowed", "ValueError: targets | line", "((targets >= 0) & (targets <= 1)).all()", "np.isin(targets, (0, 1)).all()")
slip("04-bce", "chained comparison", "ambiguous | line", "((targets >= 0) & (targets <= 1)).all()", "(0 <= targets <= 1)")
slip("04-bce", "no return", "None | return", "return reduce_losses", "reduce_losses")
wrong(
    "04-bce",
    "a softplus that the loss does not use",
    "expected  4.248e-18 | with softplus",
    """
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    """,
    """
    if not ((targets >= 0) & (targets <= 1)).all():
        raise ValueError(f"targets must lie in 0..1, not from {targets.min()} to {targets.max()}")
    losses = np.maximum(logits, 0) - targets * logits + np.log(1 + np.exp(-np.abs(logits)))
    return reduce_losses(losses, reduction)
    """,
)
wrong(
    "04-bce",
    "clips in place",
    "changed its input FAR",
    """
    z[z > 500] = 500
    return np.log1p(np.exp(z))
    """,
    """
    return reduce_losses(softplus(logits) - targets * logits, reduction)
    """,
)
wrong(
    "04-bce",
    "clips at 500",
    "1000 | 500",
    """
    z = np.clip(z.astype(np.float64), -500, 500)
    return np.log1p(np.exp(z)).astype(np.float32)
    """,
    """
    return reduce_losses(softplus(logits) - targets * logits, reduction)
    """,
)

# 04-classes

CLASSES = '''
class CrossEntropyLoss(_Loss):
    def forward(self, logits, labels):
        {}


class BCEWithLogitsLoss(_Loss):
    def forward(self, logits, targets):
        {}
'''
CE = 'return apply("cross_entropy", logits, labels, reduction=self.reduction)'
BCE = 'return apply("bce_with_logits", logits, targets, reduction=self.reduction)'
wrong("04-classes", "left blank", "A blank `...` is still there", "CrossEntropyLoss = ...\nBCEWithLogitsLoss = ...")
wrong("04-classes", "calls the function on arrays", "where a Tensor belongs", CLASSES.format("return cross_entropy(logits.data, labels, self.reduction)", BCE))
wrong("04-classes", "wraps the array in a Tensor", ".origin` is None | apply", CLASSES.format("return Tensor(cross_entropy(logits.data, labels, self.reduction))", BCE))
wrong("04-classes", "forgets the reduction", "into one number | the reduction", CLASSES.format('return apply("cross_entropy", logits, labels)', BCE))
wrong("04-classes", "the second forgets the reduction", "times the expected | the reduction", CLASSES.format(CE, 'return apply("bce_with_logits", logits, targets)'))
wrong("04-classes", "the function instead of its name", "in `forward` | apply(cross_entropy", CLASSES.format("return apply(cross_entropy, logits, labels, reduction=self.reduction)", BCE))
wrong("04-classes", "a name that is not in the table", "there is no operation | did you mean", CLASSES.format('return apply("cross_entropy_loss", logits, labels, reduction=self.reduction)', BCE))
wrong("04-classes", "arguments swapped", "in `forward` | apply(\"cross_entropy\", labels, logits", CLASSES.format('return apply("cross_entropy", labels, logits, reduction=self.reduction)', BCE))
wrong("04-classes", "no return", "None | return", CLASSES.format(CE.removeprefix("return "), BCE))
wrong("04-classes", "inherits from Module", "no attribute 'reduction' | in `forward`", CLASSES.format(CE, BCE).replace("CrossEntropyLoss(_Loss)", "CrossEntropyLoss(Module)"))
wrong("04-classes", "the names mixed up", "ValueError", CLASSES.format(CE, BCE.replace("bce_with_logits", "mse_loss")).replace("cross_entropy", "bce_with_logits"))
wrong("04-classes", "the squared error under a new name", "Yours is | expected", CLASSES.format(CE, BCE.replace("bce_with_logits", "mse_loss")))

# 04-reader

slip("04-reader", "climbs", "sign is turned round", "weights - learning_rate", "weights + learning_rate")
slip("04-reader", "the product turned round", "broadcast together with shapes (3,2) (2,3) | weights = ", "cross_entropy_gradient(logits, labels).T @ x", "(x.T @ cross_entropy_gradient(logits, labels))[:, :]")
slip("04-reader", "forgets the transpose", "matmul | line", "cross_entropy_gradient(logits, labels).T @ x", "cross_entropy_gradient(logits, labels) @ x")
slip("04-reader", "notes the loss after the step", "wrong | note, then move", "weights = weights - learning_rate * cross_entropy_gradient(logits, labels).T @ x", "weights = weights - learning_rate * cross_entropy_gradient(logits, labels).T @ x\n    losses[-1] = float(cross_entropy(x @ weights.T, labels))")
slip("04-reader", "divides once more", "0.20 times | X.shape[0] = 5", "weights - learning_rate * cross_entropy", "weights - learning_rate / len(x) * cross_entropy")
slip("04-reader", "random weights", "wrong | weights of zero", "np.zeros((n_classes, x.shape[1]), dtype=x.dtype)", "np.random.default_rng(0).normal(size=(n_classes, x.shape[1]))")
slip("04-reader", "weights in float64", "float64 | float32", ", dtype=x.dtype", "")
slip("04-reader", "ten classes built in", "shape is (10, 2)", "(n_classes, x.shape[1])", "(10, x.shape[1])")
slip("04-reader", "no learning rate", "3.33 times | Multiply by RATE = 0.3", "learning_rate * cross", "cross")
slip("04-reader", "forgets the weights", "IndexError | did not work", "return weights, losses", "return losses")
slip("04-reader", "returns inside the loop", "expected  3 | the loss before each step", "weights = weights - learning_rate * cross_entropy_gradient(logits, labels).T @ x", "weights = weights - learning_rate * cross_entropy_gradient(logits, labels).T @ x\n    return weights, losses")
slip("04-reader", "one step too many", "wrong | weights of zero", "range(steps)", "range(steps + 1)")
slip("04-reader", "the gradient is computed once", "wrong", "logits = x @ weights.T", "logits = x @ (weights if not losses else 0 * weights).T")

# 04-chunks

slip("04-chunks", "drops the last chunk", "too", "range(0, len(logits), rows)", "range(0, len(logits) - rows, rows)")
slip("04-chunks", "mean of the means", "too", 'total += cross_entropy(logits[part], labels[part], "sum")', "total += cross_entropy(logits[part], labels[part]) * rows")
slip("04-chunks", "divides by the chunks", "too large", "total / len(logits)", "total / rows")
slip("04-chunks", "all rows at once", "does not hold | at most `rows` rows", 'cross_entropy(logits[part], labels[part], "sum")', 'cross_entropy(logits, labels, "none")[part].sum()')
slip("04-chunks", "forgets to slice the labels", "ValueError | line", "labels[part]", "labels")
slip("04-chunks", "no return", "None | return", "return total / len(logits)", "total / len(logits)")
slip("04-chunks", "the sum", "49.00 times | divide by", "return total / len(logits)", "return total")

# By a reader who had the release alone and knew none of the checks: a third of each list. What passed before is marked.

slip("04-reduce", "no losses and no errors confused (passed)", "six losses of 0 are losses too", "losses.size == 0", "not losses.any()")
slip("04-reduce", "looks at the rows only (passed)", "Nothing was raised", "losses.size == 0", "len(losses) == 0")
slip("04-reduce", "the name without quotes", "its quotes are not", "{reduction!r}", "{reduction}")
slip("04-reduce", "the median", "too small", "losses.mean()", "np.median(losses)")
slip("04-reduce", "small letters made of large ones", "Nothing was raised", "if reduction not in", "reduction = reduction.lower()\nif reduction not in")
slip("04-reduce", "a flat table", "flattened", "return losses\n", "return losses.flatten()\n")
wrong("04-reduce", "the error of a dictionary", "KeyError | that you raise yourself", 'return {"mean": np.mean, "sum": np.sum, "none": np.array}[reduction](losses)')

wrong("04-blur", "lists", "predictions is a list, where an array belongs", BLUR.format("0", "0").replace("np.array(0)", "[[0.0], [10.0]]", 1).replace("np.array(0)", "[0.0, 10.0]"))
wrong("04-blur", "two rows of numbers", "Not broken", BLUR.format("[0.0, 10.0]", "[0.0, 10.0]"))
wrong("04-blur", "wrong in the same way", "Not broken: it gives 100, and that is right", BLUR.format("[[0.0], [0.0], [0.0]]", "[10.0, 10.0, 10.0]"))

SAME = "np.squeeze(predictions).shape == np.squeeze(targets).shape"
slip("04-shapes", "equally many numbers are enough (the solution before)", "not speak of reshape", SAME, "predictions.size == targets.size")
slip("04-shapes", "compares the arrays", "ValueError | equal shapes are fine", "predictions.shape == targets.shape", "np.array_equal(predictions, targets)")
slip("04-shapes", "the example as the fix", "targets.reshape(2, 3)", "{', '.join(map(str, predictions.shape))}", "3, 1")
slip("04-shapes", "brackets twice", "targets.reshape(3, 1)", "{', '.join(map(str, predictions.shape))}", "{predictions.shape}")
slip("04-shapes", "mends it in silence", "Nothing was raised", "raise ValueError(", "targets = targets.reshape(predictions.shape) if predictions.size == targets.size else (")
slip("04-shapes", "gives the error back", "Nothing was raised, it gave ValueError", "raise ValueError(", "return ValueError(")

slip("04-labels", "the range before the dtype (passed)", "should name integers", "if not np.issubdtype(labels.dtype, np.integer):", "if (labels < logits.shape[1]).all() and not np.issubdtype(labels.dtype, np.integer):")
slip("04-labels", "NumPy's way to print a number", "should name label 4", "{labels[first]}", "{labels[first]!r}")
slip("04-labels", "the largest label is always fine", "Nothing was raised", "labels >= logits.shape[1]", "labels > labels.max()")
slip("04-labels", "makes a class of -1", "Nothing was raised", "outside = (labels < 0) | ", "labels[labels < 0] = 0\noutside = (labels < 0) | ")
slip("04-labels", "whole numbers are integers", "integers and float32", "not np.issubdtype(labels.dtype, np.integer)", "(labels != labels.astype(int)).any()")
slip("04-labels", "signed ones only", "uint8 | ValueError", "np.integer)", "np.signedinteger)")

RETURN = "return reduce_losses(losses, reduction)"
slip("04-cross-entropy", "sum gives the mean (passed)", "0.33 times | Do not divide by LOGITS.shape[0] = 3", RETURN, 'return losses if reduction == "none" else losses.mean()')
slip("04-cross-entropy", "sum over len (passed)", "0.33 times | Do not divide by LOGITS.shape[0] = 3", RETURN, 'return losses if reduction == "none" else losses.sum() / len(losses)')
slip("04-cross-entropy", "the largest size as m", "divide by zero | which m?", "logits.max(axis=1", "np.abs(logits).max(axis=1")
slip("04-cross-entropy", "88 as m", "overflow | which m?", "logits.max(axis=1, keepdims=True)", "88")
slip("04-cross-entropy", "rows picked by label", "broadcast | line", "shifted[np.arange(len(labels)), labels]", "shifted[labels]")
slip("04-cross-entropy", "the sum of the logarithms", "wrong", "np.log(np.exp(shifted).sum(axis=1))", "np.log(np.exp(shifted)).sum(axis=1)")
slip("04-cross-entropy", "the answer instead of the truth", "wrong", "shifted[np.arange(len(labels)), labels]", "shifted[np.arange(len(labels)), shifted.argmax(axis=1)]")
slip("04-cross-entropy", "squeezed", "into one number", RETURN, "return reduce_losses(losses.squeeze(), reduction)")
slip("04-cross-entropy", "clipped", "1000 | which m?", "logits - logits.max(axis=1, keepdims=True)", "np.clip(logits, -80, 80)")

wrong("04-fakes", "float64 for the first (passed)", "float64 | the text asks for float32", FAKES.format("(np.array([[1000.0, 0], [0, 0]]), np.array([0, 0]))", *GOOD[1:]))
wrong("04-fakes", "integers (passed)", "int64 | the text asks for float32", FAKES.format("(np.array([[1000, 0], [0, 0]]), np.array([0, 0]))", *GOOD[1:]))
wrong("04-fakes", "infinity (passed)", "holds inf | finite", FAKES.format(*GOOD[:2], "(np.float32([[np.inf, 0]]), np.array([0]))"))
wrong("04-fakes", "not a number (passed)", "holds nan | finite", FAKES.format(*GOOD[:2], "(np.float32([[np.nan, 0]]), np.array([0]))"))
wrong("04-fakes", "too large for a float32 (passed)", "holds inf | finite", FAKES.format(*GOOD[:2], "(np.float32([[1e39, 0]]), np.array([0]))"))
wrong("04-fakes", "logits alone", "takes 2 inputs, logits and labels; you gave 1", FAKES.format(*GOOD[:2], "np.float32([[1e8, 1e8]])"))
wrong("04-fakes", "one label, no array", "labels is a Python int, where an array belongs", FAKES.format(*GOOD[:2], "(np.float32([[1e8, 1e8]]), 0)"))
wrong("04-fakes", "the last class as -1", "refuses them | label -1 is not in 0..1", FAKES.format(*GOOD[:2], "(np.float32([[1, 2]]), np.array([-1]))"))

slip("04-slope", "the right class built in (passed)", "any class can be the right one", "slopes[y] = 1", "slopes[3] = 1")
slip("04-slope", "built in one step later (passed)", "wrong", "slopes_of_right_logit(z, y)", "slopes_of_right_logit(z, 3)")
slip("04-slope", "the largest logit is the right one", "right numbers in the wrong places", "slopes[y] = 1", "slopes[z.argmax()] = 1")
slip("04-slope", "the rule for powers", "wrong | the first rule", "return np.exp(z)\n", "return z * np.exp(z - 1)\n")
slip("04-slope", "minus 1 everywhere", "wrong", "- slopes_of_right_logit(z, y)", "- 1")
slip("04-slope", "arguments swapped", "TypeError | line", "slopes_of_right_logit(z, y)", "slopes_of_right_logit(y, z)")

slip("04-gradient", "the size of the example built in", "0.33 times", "gradient / len(labels)", "gradient / 3")
slip("04-gradient", "measured instead", "dtype is float64", "return gradient / len(labels)", "return slope(lambda z: cross_entropy(z, labels), logits)")
slip("04-gradient", "averaged over the photos", "shape is (4,)", "return gradient / len(labels)", "return gradient.mean(axis=0)")
slip("04-gradient", "the answer instead of the truth", "wrong", "gradient[np.arange(len(labels)), labels]", "gradient[np.arange(len(labels)), gradient.argmax(axis=1)]")
slip("04-gradient", "1 from every probability", "wrong", "gradient[np.arange(len(labels)), labels] -= 1", "gradient = gradient - 1")
slip("04-gradient", "the numbers of the labels", "wrong | Besides: The dtype is float64", "gradient[np.arange(len(labels)), labels] -= 1", "gradient = gradient - labels[:, None]")

slip("04-softplus", "1 - z for yes", "wrong", "return sp(-z)", "return sp(1 - z)")
slip("04-softplus", "the cost of yes alone", "wrong", "- y * z", "- y * sp(z)")
slip("04-softplus", "the rule for powers", "wrong | the two rules", "np.exp(z) / (1", "z * np.exp(z - 1) / (1")
slip("04-softplus", "the target times the logit", "wrong", "(1 + np.exp(z)) - y", "(1 + np.exp(z)) - y * z")

slip("04-bce", "sum gives the mean (passed)", "0.20 times | Do not divide by Z.shape[0] = 5", "reduce_losses(softplus(logits) - targets * logits, reduction)", '(lambda l: l if reduction == "none" else l.mean())(softplus(logits) - targets * logits)')
slip("04-bce", "one number at a time, in a row", "ambiguous | line", "np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))", "np.array([max(v, 0) + np.log1p(np.exp(-abs(v))) for v in z], dtype=z.dtype)")
slip("04-bce", "zeros in float64", "dtype is float64", "np.maximum(z, 0)", "np.zeros(z.shape) + np.maximum(z, 0)")
slip("04-bce", "all outside instead of any", "Nothing was raised", "not ((targets >= 0) & (targets <= 1)).all()", "(targets < 0).all() or (targets > 1).all()")
slip("04-bce", "0 and 1 refused", "ValueError: targets | line", "(targets >= 0) & (targets <= 1)", "(targets > 0) & (targets < 1)")
slip("04-bce", "clips the targets", "Nothing was raised", 'raise ValueError(f"targets must lie in 0..1, not from {targets.min()} to {targets.max()}")', "targets = np.clip(targets, 0, 1)")
slip("04-bce", "targets and logits mixed up", "wrong", "softplus(logits)", "softplus(targets)")
slip("04-bce", "the definition", "overflow | sigmoid = ", "reduce_losses(softplus(logits) - targets * logits, reduction)", "reduce_losses(bce_by_definition(logits, targets), reduction)")

wrong("04-classes", "__call__ for forward (passed)", "forward | after the pattern of MSELoss", CLASSES.format(CE, BCE).replace("def forward", "def __call__"))
wrong("04-classes", "an __init__ without super (passed)", "Nothing was raised | 'average'", CLASSES.format(CE, BCE).replace("(_Loss):", '(_Loss):\n    def __init__(self, reduction="mean"):\n        self.reduction = reduction\n', 1))
wrong("04-classes", "one class only", "There is no `BCEWithLogitsLoss` yet", CLASSES.format(CE, BCE).split("\n\n\n")[0])
wrong("04-classes", "another name", "There is no `BCEWithLogitsLoss` yet", CLASSES.format(CE, BCE).replace("BCEWithLogitsLoss", "BCELoss"))
wrong("04-classes", "the reduction without self", "NameError | in `forward`", CLASSES.format(CE.replace("self.reduction", "reduction"), BCE))
wrong("04-classes", "mean built in", "Do not divide by SCORES.size = 12 | the reduction", CLASSES.format(CE, BCE.replace("self.reduction", '"mean"')))

STEP = "weights = weights - learning_rate * cross_entropy_gradient(logits, labels).T @ x"
slip("04-reader", "a gradient from before the loop (passed)", "wrong | where they are now", STEP, "weights = weights - learning_rate * cross_entropy_gradient(0 * logits, labels).T @ x")
slip("04-reader", "weights that never add up (passed)", "wrong | where they are now", "weights = weights - learning_rate", "weights = -learning_rate")
slip("04-reader", "half the rate after each step (passed)", "wrong | where they are now", STEP, STEP + "\n    learning_rate = learning_rate / 2")
slip("04-reader", "the rate over the number of the step (passed)", "wrong | where they are now", "learning_rate * cross", "learning_rate / len(losses) * cross")
slip("04-reader", "classes counted from the labels (passed)", "shape is (2, 2); expected (3, 2)", "(n_classes, x.shape[1])", "(labels.max() + 1, x.shape[1])")
slip("04-reader", "a list with the last loss only", "expected  3 | the loss before each step", "losses.append(float(cross_entropy(logits, labels)))", "losses = [float(cross_entropy(logits, labels))]")
slip("04-reader", "the sum as the loss", "5.00 times | Divide by X.shape[0] = 5", "cross_entropy(logits, labels)))", 'cross_entropy(logits, labels, "sum")))')
slip("04-reader", "results swapped", "a list", "return weights, losses", "return losses, weights")
slip("04-reader", "no return at the end", "It gave None | after the loop and not inside it", "return weights, losses", "    return weights, losses")

slip("04-chunks", "a last single row is lost (passed)", "too small | all 49 rows", "range(0, len(logits), rows)", "range(0, len(logits) - 1, rows)")
slip("04-chunks", "one row too many", "too large", "start + rows", "start + rows + 1")
wrong(
    "04-chunks",
    "16 rows, whatever was asked",
    "does not hold | at most `rows` rows",
    """
    total = 0
    for i in range(0, len(logits), 16):
        total = total + cross_entropy(logits[i : i + 16], labels[i : i + 16], "sum")
    return total / len(logits)
    """,
)
slip("04-chunks", "a copy of everything", "does not hold | at most `rows` rows", "total = 0.0", "logits, total = logits.copy(), 0.0")

# Mutants that are right answers too, by a part of their description

equivalent("04-shapes", "'give one target per prediction'")  # words that nobody prescribes
equivalent("04-labels", "'len(logits)' -> 'logits'")  # the same: both shapes still stand in the message
equivalent("04-bce", "np.maximum(z, 0)' -> 'np.maximum(0, z)'")  # the larger of two, in either order
equivalent("04-reader", "'float(cross_entropy(logits, labels))' -> 'cross_entropy(logits, labels)'")  # equal numbers
