"""Wrong answers to module 07 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# 07-accuracy

slip("07-accuracy", "the largest of each column", "broadcast | the position of the largest", "predictions.argmax(axis=1)", "predictions.argmax(axis=0)")
slip("07-accuracy", "the smallest", "too small | the position of the largest", "predictions.argmax(axis=1)", "predictions.argmin(axis=1)")
slip("07-accuracy", "yes above one half", "above 0", "predictions.ravel() > 0", "predictions.ravel() > 0.5")
slip("07-accuracy", "yes at 0", "above 0", "predictions.ravel() > 0", "predictions.ravel() >= 0")
slip("07-accuracy", "columns against rows", "too | (N, 1)", "labels = labels.ravel()", "labels = labels")
slip("07-accuracy", "a column of answers against a row", "above 0 | too", "answers = predictions.ravel() > 0", "answers = predictions > 0")
slip("07-accuracy", "integers are logits, too", "integers are answers", 'predictions.dtype.kind == "f"', "True")
slip("07-accuracy", "a number of NumPy", "Expected 'float' | a Python float", "return float(np.mean(answers == labels))", "return np.mean(answers == labels)")
slip("07-accuracy", "how many instead of the share", "7.00 times | divide", "float(np.mean(answers == labels))", "float(np.sum(answers == labels))")
slip("07-accuracy", "the share of wrong ones", "0.8", "answers == labels", "answers != labels")
slip("07-accuracy", "no return", "None | return", "return float(", "float(")
slip("07-accuracy", "takes one-hot labels", "raise yourself | broadcast", "labels.shape not in ((n,), (n, 1))", "len(labels) != n")
slip("07-accuracy", "never names argmax", "labels.argmax(axis=1)", "labels.shape == predictions.shape", "False")
slip("07-accuracy", "always names argmax", "not speak of | argmax", "labels.shape == predictions.shape", "True")
slip("07-accuracy", "labels of yes are not looked at", "Nothing was raised", "if strange.size:", "if False:")
slip("07-accuracy", "only labels above 1 are strange", "Nothing was raised", "(labels != 0) & (labels != 1)", "labels > 1")
slip("07-accuracy", "no predictions at all", "Nothing was raised | nan", "or predictions.size == 0", "")
wrong(
    "07-accuracy",
    "always the position of the largest",
    "integers are answers",
    """
    if labels.shape not in ((len(predictions),), (len(predictions), 1)):
        raise ValueError(f"{predictions.shape} {labels.shape}")
    return float(np.mean(predictions.argmax(axis=1) == labels.reshape(-1)))
    """,
)

# 07-clip

slip("07-clip", "each gradient by its own norm", "one norm for all gradients together | 1.67 times", "gradient *= max_norm / norm", "gradient *= max_norm / np.linalg.norm(gradient)")
slip("07-clip", "a new array", "5.00 times", "gradient *= max_norm / norm", "gradient = gradient * (max_norm / norm)")
slip("07-clip", "squares in float32", "overflow | np.square", "np.square(gradient, dtype=np.float64)", "np.square(gradient)")
slip("07-clip", "the norm after clipping", "the norm before clipping", "return norm", "return min(norm, max_norm)")
slip("07-clip", "returns nothing", "None | return", "return norm", "pass")
slip("07-clip", "scales up as well", "only where the norm is above", "if max_norm < norm < math.inf:", "if 0 < norm < math.inf:")
slip("07-clip", "scales by infinity", "changes nothing", "max_norm < norm < math.inf", "not norm <= max_norm")
slip("07-clip", "forgets the root", "5.00 times | before clipping", "math.sqrt(sum(float(np.sum(np.square(gradient, dtype=np.float64))) for gradient in gradients))", "sum(float(np.sum(np.square(gradient, dtype=np.float64))) for gradient in gradients)")
slip("07-clip", "None is not skipped", "dtype('O')", " if parameter.grad is not None]", "]")
slip("07-clip", "to length 1", "max_norm | 0.17 times", "gradient *= max_norm / norm", "gradient *= 1 / norm")
slip("07-clip", "sums absolute numbers", "the norm before clipping", "np.square(gradient, dtype=np.float64)", "np.square(gradient, dtype=np.float64) ** 0.5")
slip("07-clip", "a negative max_norm is let in", "Nothing was raised | ValueError", "if not max_norm >= 0:", "if max_norm is None:")
slip("07-clip", "max_norm 0 is refused", "max_norm must be | line", "not max_norm >= 0", "not max_norm > 0")
slip("07-clip", "takes a model", "raise yourself | not iterable", 'if hasattr(parameters, "parameters"):', "if False:")
slip("07-clip", "one Tensor is iterated over", "one Tensor", "[parameters] if isinstance(parameters, Tensor) else list(parameters)", "list(parameters)")
wrong(
    "07-clip",
    "the norm of norms in NumPy's number",
    "Expected 'float' | a Python float",
    """
    if hasattr(parameters, "parameters"):
        raise TypeError("model.parameters()")
    if not max_norm >= 0:
        raise ValueError(f"{max_norm}")
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    grads = [p.grad for p in parameters if p.grad is not None]
    for grad in grads:
        if not isinstance(grad, np.ndarray):
            raise TypeError(f"grad: {type(grad).__name__}")
    norm = np.sqrt(sum([(g.astype(np.float64) ** 2).sum() for g in grads], np.float64(0)))
    if norm > max_norm and np.isfinite(norm):
        for g in grads:
            g *= max_norm / norm
    return norm
    """,
)
wrong(
    "07-clip",
    "uses the parameters twice",
    "iterable",
    """
    if hasattr(parameters, "parameters"):
        raise TypeError("model.parameters()")
    if not max_norm >= 0:
        raise ValueError(f"{max_norm}")
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    total = 0.0
    for p in parameters:
        if p.grad is None:
            continue
        if not isinstance(p.grad, np.ndarray):
            raise TypeError(f"grad: {type(p.grad).__name__}")
        total += float((p.grad.astype(np.float64) ** 2).sum())
    norm = math.sqrt(total)
    if norm > max_norm and norm < math.inf:
        count = 0
        for p in parameters:
            if p.grad is not None:
                p.grad *= max_norm / norm
                count += 1
        if not count:
            raise ValueError("an iterable that is used up")
    return norm
    """,
)

# 07-fakes

FAKES = "FOR_EACH_ALONE = {}\nFOR_ALWAYS_TO_ONE = {}\nFOR_IN_FLOAT32 = {}"
GOOD = ("(np.array([3.0, 0.0]), np.array([4.0]))", "(np.array([0.3]), np.array([0.4]))", "(np.array([1e25]), np.array([1e25]))")
wrong("07-fakes", "left blank", "No inputs yet", FAKES.format("(..., ...)", "(..., ...)", "(..., ...)"))
wrong("07-fakes", "the example again", "Not broken", FAKES.format("(np.array([0.0, 3.0]), np.array([0.0]))", *GOOD[1:]))
wrong("07-fakes", "both short", "Not broken | own norm", FAKES.format("(np.array([0.3]), np.array([0.4]))", *GOOD[1:]))
wrong("07-fakes", "long already", "Not broken | always to length 1", FAKES.format(GOOD[0], "(np.array([3.0]), np.array([4.0]))", GOOD[2]))
wrong("07-fakes", "not large enough", "Not broken | float32", FAKES.format(*GOOD[:2], "(np.array([1e15]), np.array([1e15]))"))
wrong("07-fakes", "infinite", "finite", FAKES.format(*GOOD[:2], "(np.array([np.inf]), np.array([1.0]))"))
wrong("07-fakes", "lists", "a list, where an array belongs", FAKES.format("([3.0, 0.0], [4.0])", *GOOD[1:]))

# 07-finite

slip("07-finite", "raises at once", "It returns an error", "return FloatingPointError(\n", "raise FloatingPointError(\n")
slip("07-finite", "looks for nan only", "3 of 10 numbers", "np.isfinite(array).sum()", "(~np.isnan(array)).sum()")
slip("07-finite", "counts the finite ones", "3 of 10 numbers", "{bad} of", "{array.size - bad} of")
slip("07-finite", "counts rows", "3 of 10 numbers", "of {array.size} numbers", "of {len(array)} numbers")
slip("07-finite", "the largest, with its sign", "w2", "np.abs(arrays[name]).max(initial=0)", "arrays[name].max(initial=0)")
slip("07-finite", "an empty array has no maximum", "zero-size | line", ".max(initial=0)", ".max()")
slip("07-finite", "the value is missing", "the loss is nan", "is {value}, {name}", "is bad, {name}")
slip("07-finite", "what is missing", "the norm is inf", "the {what} is {value}, {name}", "the loss is {value}, {name}")
wrong("07-finite", "returns text", "FloatingPointError | str", 'return f"the {what} is {value}"')
wrong(
    "07-finite",
    "the last instead of the first",
    "not speak of | d (1",
    """
    text = ""
    for name, array in arrays.items():
        bad = (~np.isfinite(array)).sum()
        if bad:
            text += f"{name} ({bad} of {array.size} numbers) "
    return FloatingPointError(f"the {what} is {value} {text}")
    """,
)
wrong(
    "07-finite",
    "says nothing where all are finite",
    "FloatingPointError | None",
    """
    for name, array in arrays.items():
        bad = (~np.isfinite(array)).sum()
        if bad:
            return FloatingPointError(f"the {what} is {value}: {name} ({bad} of {array.size} numbers)")
    """,
)

# 07-step

slip("07-step", "never clears", "only this batch counts", "optimizer.zero_grad()\n", "")
slip("07-step", "clears after backward", "wrong | only this batch counts", "result.backward()\n", "result.backward()\noptimizer.zero_grad()\n")
slip("07-step", "never steps", "only this batch counts | wrong", "optimizer.step()\n", "")
slip("07-step", "no backward", "only this batch counts | wrong", "result.backward()\n", "")
wrong(
    "07-step",
    "steps before it clips",
    "is it clipped in time",
    """
    optimizer.zero_grad()
    result = loss(model(Tensor(x)), Tensor(y))
    value, norm = result.item(), None
    result.backward()
    optimizer.step()
    if clip_norm is not None:
        norm = clip_grad_norm(model.parameters(), clip_norm)
    return value, norm
    """,
)
slip("07-step", "the loss is a Tensor", "Tensor | plain numbers", "return value, norm", "return result, norm")
slip("07-step", "returns the loss alone", "subscriptable | the loss before the step", "return value, norm", "return value")
slip("07-step", "no return", "None | return", "return value, norm", "pass")
slip("07-step", "clip_norm 0 is no clipping", "only None means no clipping", "if clip_norm is not None:", "if clip_norm:")
slip("07-step", "looks at nan alone", "Nothing was raised | inf", "if not math.isfinite(norm):", "if math.isnan(norm):")
slip("07-step", "returns the error", "Nothing was raised | FloatingPointError", "raise not_finite(\"loss\"", "return not_finite(\"loss\"")
slip("07-step", "weights before the data", "input x (7 of 21 numbers)", '{"input x": x, "target y": y, **weights}', "weights")
slip("07-step", "never looks at the norm", "Nothing was raised", "if not math.isfinite(norm):", "if False:")
slip("07-step", "no gradient is not skipped", "NoneType", " if parameter.grad is not None}", "}")
slip("07-step", "data instead of gradients", "the gradient norm is inf | line.weight (1 of 3", "{name: parameter.grad for", "{name: parameter.data for")
slip("07-step", "labels as floats", "integers | labels", "Tensor(y))", "Tensor(y * 1.0))")
wrong(
    "07-step",
    "looks at the loss after the step",
    "no parameter may have moved",
    """
    optimizer.zero_grad()
    result = loss(model(Tensor(x)), Tensor(y))
    result.backward()
    norm = None
    if clip_norm is not None:
        norm = clip_grad_norm(model.parameters(), clip_norm)
        if not math.isfinite(norm):
            grads = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
            raise not_finite("gradient norm", norm, grads)
    optimizer.step()
    value = result.item()
    if not math.isfinite(value):
        weights = {n: p.data for n, p in model.named_parameters()}
        raise not_finite("loss", value, {"input x": x, "target y": y, **weights})
    return value, norm
    """,
)
wrong(
    "07-step",
    "the loss after the step",
    "the loss before the step",
    """
    optimizer.zero_grad()
    result = loss(model(Tensor(x)), Tensor(y))
    result.backward()
    norm = None if clip_norm is None else clip_grad_norm(model.parameters(), clip_norm)
    optimizer.step()
    return loss(model(Tensor(x)), Tensor(y)).item(), norm
    """,
)

# 07-epoch

slip("07-epoch", "the mean of the batches", "the mean over the examples", "total += step(batch) * len(batch)\nreturn total / n", "total += step(batch)\nreturn total / len(range(0, n, batch_size))")
slip("07-epoch", "the sum", "times the expected | the mean over the examples", "return total / n", "return total")
slip("07-epoch", "the order as given", "another order", "rng.permutation(n)", "np.arange(n)")
slip("07-epoch", "draws with replacement", "every example once", "rng.permutation(n)", "rng.integers(0, n, n)")
slip("07-epoch", "a generator of its own", "another order in the next epoch", "rng.permutation(n)", "np.random.default_rng(0).permutation(n)")
slip("07-epoch", "NumPy's global generator", "all randomness comes from rng", "rng.permutation(n)", "np.random.permutation(n)")
slip("07-epoch", "leaves the last batch out", "only the last batch may have fewer", "range(0, n, batch_size)", "range(0, n - batch_size + 1, batch_size)")
slip("07-epoch", "an empty batch at the end", "no empty batch | 0", "range(0, n, batch_size)", "range(0, n + 1, batch_size)")
slip("07-epoch", "one too many in a batch", "only the last batch may have fewer", "start + batch_size]", "start + batch_size + 1]")
slip("07-epoch", "weights every loss alike", "the mean over the examples", "step(batch) * len(batch)", "step(batch) * batch_size")
slip("07-epoch", "return inside the loop", "only the last batch may have fewer", "return total / n", "    return total / n")
slip("07-epoch", "positions instead of examples", "another order", "batch = order[start : start + batch_size]", "batch = np.arange(start, min(start + batch_size, n))")
slip("07-epoch", "the first examples again and again", "only the last batch may have fewer", "order[start : start + batch_size]", "order[:batch_size]")

# 07-mode

slip("07-mode", "no finally", "with an error", "try:\n    yield\nfinally:\n    for module, was_training in before:\n        module.training = was_training", "yield\nfor module, was_training in before:\n    module.training = was_training")
slip("07-mode", "back to training, all of it", "each part is in the mode that it had itself | after", "for module, was_training in before:\n        module.training = was_training", "model.train()")
slip("07-mode", "remembers the model's own mode", "each part is in the mode that it had itself | after", "[(module, module.training) for module in model.modules()]", "[(module, model.training) for module in model.modules()]")
slip("07-mode", "the model alone", "FFF | each part", "model.train(training)", "model.training = training")
slip("07-mode", "always evaluates", "TTT", "model.train(training)", "model.eval()")
slip("07-mode", "never back", "after", "module.training = was_training", "pass")
slip("07-mode", "looks too late", "each part is in the mode that it had itself | after", "before = [(module, module.training) for module in model.modules()]\nmodel.train(training)", "model.train(training)\nbefore = [(module, module.training) for module in model.modules()]")
wrong(
    "07-mode",
    "swallows the error",
    "goes on to the caller",
    """
    before = [(m, m.training) for m in model.modules()]
    model.train(training)
    try:
        yield
    except Exception:
        pass
    for m, was in before:
        m.training = was
    """,
)
wrong("07-mode", "no yield", "line | yield", "before = model.training\nmodel.train(training)\nmodel.training = before\nreturn iter([])")

# 07-evaluate

slip("07-evaluate", "stays in training mode", "training | in which mode", "with mode(model, False), no_grad():", "with no_grad():")
slip("07-evaluate", "records", "recorded", "with mode(model, False), no_grad():", "with mode(model, False):")
slip("07-evaluate", "leaves evaluation mode on", "stay", "with mode(model, False), no_grad():", "model.eval()\nwith no_grad():")
slip("07-evaluate", "one batch alone", "the mean over the examples", "range(0, len(x), batch_size)", "range(0, 1)")
slip("07-evaluate", "the mean of the batches", "the mean over the examples", ".item() * len(part_x)", ".item() * batch_size")
slip("07-evaluate", "the accuracy as a mean of batches", "the mean over the examples", "accuracy(outputs, part_y) * len(part_x)", "accuracy(outputs, part_y) * batch_size")
slip("07-evaluate", "the sum of losses", "5.00 times", "total / len(x)", "total")
slip("07-evaluate", "always an accuracy", "['accuracy', 'loss']", 'measured = {"loss": total / len(x)}\nif with_accuracy:', 'measured = {"loss": total / len(x)}\nif True:')
slip("07-evaluate", "soft labels count", "all 0 or 1", " and np.isin(y, (0, 1)).all()", "")
slip("07-evaluate", "an accuracy for MSELoss", "MSELoss", " and not isinstance(loss, MSELoss)", "")
slip("07-evaluate", "an accuracy for floats", "integers or booleans", 'y.dtype.kind in "iub" and', "")
slip("07-evaluate", "one part twice", "the mean over the examples", "x[start : start + batch_size], y[start", "x[:batch_size], y[start")
slip("07-evaluate", "returns numbers of NumPy", "'float' | float64", 'right / len(x)', 'np.float64(right / len(x))')
slip("07-evaluate", "a Tensor of losses", "Tensor", "loss(outputs, Tensor(part_y)).item()", "loss(outputs, Tensor(part_y))")
slip("07-evaluate", "no return", "None", "return measured", "pass")
slip("07-evaluate", "unequal lengths are let in", "Nothing was raised", "or len(x) != len(y) ", "")
slip("07-evaluate", "empty data are let in", "Nothing was raised", " or len(x) == 0", "")
slip("07-evaluate", "clears the gradients", "gradients stay", "total, right = 0.0, 0.0", "total, right = 0.0, 0.0\nmodel.zero_grad()")

# 07-patience

slip("07-patience", "an equal loss is better", "an equal loss is no better | best", "value < self.best", "value <= self.best")
slip("07-patience", "the larger is better", "best and best_epoch", "value < self.best", "value > self.best")
slip("07-patience", "nan is better", "nan is no better", "value < self.best", "not value >= self.best")
slip("07-patience", "one epoch too long", "stop when the best is 3 epochs old", ">= self.patience", "> self.patience")
slip("07-patience", "only at one age", "or older", ">= self.patience", "== self.patience")
slip("07-patience", "keeps the arrays themselves", "as they were then | weights of the best", "model.state_dict()\nreturn", "{name: p.data for name, p in model.named_parameters()}\nreturn")
slip("07-patience", "epochs count from 0", "an equal loss is no better | best_epoch", "value, self.epoch, model", "value, self.epoch - 1, model")
slip("07-patience", "returns nothing", "None", "return self.epoch", "self.epoch")
slip("07-patience", "the latest weights", "weights of the best epoch", "value, self.epoch, model.state_dict()\n", "value, self.epoch, model.state_dict()\nself.best_state = model.state_dict()\n")
slip("07-patience", "restores a state that is not there", "NoneType", "if self.best_state is not None:\n    model", "if True:\n    model")
slip("07-patience", "restores nothing", "weights of the best epoch", "model.load_state_dict(self.best_state)", "pass")
slip("07-patience", "forgets the best loss", "inf | best and best_epoch", "self.best, self.best_epoch, self.best_state = value, self.epoch, model.state_dict()", "self.best_epoch, self.best_state = self.epoch, model.state_dict()")
wrong(
    "07-patience",
    "compares with the epoch before",
    "best and best_epoch",
    """
    worse = value >= getattr(self, "last", math.inf)
    self.last = value
    self.count = getattr(self, "count", 0) + 1 if worse else 0
    if not worse:
        self.best, self.best_epoch, self.best_state = value, self.epoch, model.state_dict()
    return self.count >= self.patience
    """,
    "if self.best_state is not None:\n    model.load_state_dict(self.best_state)",
)

# 07-record

slip("07-record", "swallows the error", "Nothing was raised", 'raise FloatingPointError(f"{place}: {error}") from error', "print(place)")
slip("07-record", "makes a ValueError of everything", "FloatingPointError", "raise FloatingPointError(f\"{place}: {error}\") from error", "raise ValueError(f\"{place}: {error}\") from error")
slip("07-record", "forgets the old message", "label 7", 'raise ValueError(f"{place}: {error}")', "raise ValueError(place)")
slip("07-record", "batches count from 0", "batch 2", "len(norms) + 1, indices", "len(norms), indices")
slip("07-record", "no schedule", "the rate that it began with", "self.scheduler.step()", "pass")
slip("07-record", "the schedule steps once an epoch", "the rate that it began with", "    if self.scheduler is not None:\n        self.scheduler.step()\n    return value\n", "    return value\n\nif self.scheduler is not None:\n    self.scheduler.step()\n")
slip("07-record", "steps a schedule that is not there", "NoneType", "if self.scheduler is not None:", "if True:")
slip("07-record", "the rate at the end", "the rate that it began with", "return record", 'record["lr"] = float(self.optimizer.lr)\nreturn record')
slip("07-record", "the last norm", "the mean over the batches", "float(np.mean(norms))", "norms[-1]")
slip("07-record", "a number of NumPy", "float64 | Python floats", "float(np.mean(norms))", "np.mean(norms)")
slip("07-record", "always a norm", "without clip_norm | NoneType", "if self.clip_norm is not None:", "if True:")
slip("07-record", "never clips", "NoneType | np.mean(norms)", "y[indices], self.clip_norm)", "y[indices])")
slip("07-record", "the whole data in each step", "the mean over the examples", "x[indices], y[indices]", "x, y")
slip("07-record", "step returns nothing", "NoneType | line", "return value\n", "\n")
slip("07-record", "one seed in each epoch", "the mean over the examples", "batch_size, self.rng)", "batch_size, 3)")
slip("07-record", "no located", "epoch 1, batch 2", "with located(epoch, len(norms) + 1, indices):", "if True:")
slip("07-record", "no return", "None", "return record", "pass")

# 07-train

slip("07-train", "epochs from 0", "line | ZeroDivisionError", "range(1, epochs + 1)", "range(epochs)")
slip("07-train", "one epoch too few", "one number per epoch", "range(1, epochs + 1)", "range(1, epochs)")
slip("07-train", "no validation", "validation_loss", "if validation is not None:\n                measured", "if False:\n                measured")
slip("07-train", "validation under the names of training", "validation_loss", 'f"validation_{name}": value', "name: value")
slip("07-train", "keeps the last number", "one number per epoch", "self.history.setdefault(name, []).append(value)", "self.history[name] = [value]")
slip("07-train", "the history before the validation", "call show after each epoch", "            record = self.one_epoch(epoch, x, y, batch_size)\n", "            record = self.one_epoch(epoch, x, y, batch_size)\n            self.history.setdefault('loss', []).append(record.pop('loss'))\n")
slip("07-train", "never shows", "call show after each epoch", "            self.show(epoch, epochs, record)\n", "")
slip("07-train", "does not stop", "patience ends the training", "                break", "                pass")
slip("07-train", "watches the training loss", "patience ends the training", 'record["validation_loss"], self.model', 'record["loss"], self.model')
slip("07-train", "restores only at the stop", "however it ends", "                break\nfinally:", "                stopping.restore(self.model)\n                break\nfinally:\n    stopping = None if stopping is None or not stopping.epoch - stopping.best_epoch >= patience else stopping")
slip("07-train", "never restores", "the best weights are put back", "stopping.restore(self.model)\n", "\n")
slip("07-train", "never says which epoch", "best_epoch", "        self.best_epoch = stopping.best_epoch\n", "")
slip("07-train", "evaluation mode", "training mode", "with mode(self.model, True):", "with mode(self.model, False):")
slip("07-train", "leaves training mode on", "modes are as before", "with mode(self.model, True):", "self.model.train()\n    if True:")
slip("07-train", "no return", "None | one number per epoch", "return self.history", "pass")
slip("07-train", "patience without validation", "raise yourself | validation_loss", "if patience is not None and validation is None:", "if False:")
slip("07-train", "swallows Ctrl-C", "goes on to the caller", "finally:\n    if stopping is not None:\n        stopping.restore(self.model)\n        self.best_epoch = stopping.best_epoch\n", "except KeyboardInterrupt:\n    pass\nif stopping is not None:\n    stopping.restore(self.model)\n    self.best_epoch = stopping.best_epoch\n")
slip("07-train", "no finally", "after Ctrl-C too", "finally:\n    if stopping is not None:\n        stopping.restore(self.model)\n        self.best_epoch = stopping.best_epoch\n", "except ZeroDivisionError:\n    raise\nif stopping is not None:\n    stopping.restore(self.model)\n    self.best_epoch = stopping.best_epoch\n")
wrong(
    "07-train",
    "a history that arrives at the end",
    "all finished epochs",
    """
    if patience is not None and validation is None:
        raise ValueError("validation=(x, y)")
    history = {}
    try:
        with mode(self.model, True):
            for epoch in range(1, epochs + 1):
                record = self.one_epoch(epoch, x, y, batch_size)
                if validation is not None:
                    record.update({f"validation_{name}": value for name, value in self.evaluate(*validation).items()})
                for name, value in record.items():
                    history.setdefault(name, []).append(value)
                self.show(epoch, epochs, record)
                if stopping is not None and stopping.update(record["validation_loss"], self.model):
                    break
    finally:
        if stopping is not None:
            stopping.restore(self.model)
            self.best_epoch = stopping.best_epoch
    self.history = history
    return history
    """,
)
slip("07-train", "validation on the training data", "where there is one", "self.evaluate(*validation)", "self.evaluate(x, y)")

# 07-place

slip("07-place", "folders may be replaced", "no checkpoint | a folder", "if place.is_dir():", "if False:")
slip("07-place", "files may be replaced", "Nothing was raised", "if place.exists() and not is_checkpoint(place):", "if False:")
slip("07-place", "looks at path alone", "Nothing was raised | a.npz.previous", "for place in (path, previous_of(path)):", "for place in (path,):")
slip("07-place", "any file is refused", "ValueError", "if place.exists() and not is_checkpoint(place):", "if place.exists():")
slip("07-place", "what is not there is no checkpoint", "ValueError", "if place.exists() and not is_checkpoint(place):", "if not is_checkpoint(place):")
slip("07-place", "makes the folder", "Nothing was raised", 'raise ValueError(f"there is no folder for {path}: make it first")', "path.parent.mkdir()")
slip("07-place", "names path for previous", "a.npz.previous", 'f"{place} is no checkpoint, and', 'f"{path} is no checkpoint, and')
slip("07-place", "clears the place", "files have changed | Nothing was raised", 'raise ValueError(f"{place} is no checkpoint, and would be replaced: choose another name")', "place.unlink()")
wrong(
    "07-place",
    "returns whether it is fine",
    "where nothing belongs",
    """
    for place in (path, previous_of(path)):
        if place.is_dir() or place.exists() and not is_checkpoint(place):
            return False
    return path.parent.is_dir()
    """,
)
wrong(
    "07-place",
    "the second question never comes",
    "a.npz.previous | Nothing was raised",
    """
    if not path.parent.is_dir():
        raise ValueError(f"no folder for {path}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder")
    for place in (path, previous_of(path)):
        if place.is_file() and not is_checkpoint(place):
            raise ValueError(f"{place} is no checkpoint")
    """,
)

# 07-atomic

wrong(
    "07-atomic",
    "straight into the file",
    "nothing else lies around",
    """
    if path.exists():
        shutil.copyfile(path, spare)
        os.replace(spare, previous)
    with open(path, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    """,
)
slip("07-atomic", "moves the old file away", "os.replace(path, previous) | at every moment", "shutil.copyfile(path, spare)\n        os.replace(spare, previous)", "os.replace(path, previous)")
slip("07-atomic", "copies onto previous", "never half a file", "shutil.copyfile(path, spare)\n        os.replace(spare, previous)", "shutil.copyfile(path, previous)")
slip("07-atomic", "keeps no previous", "previous", "if path.exists():", "if False:")
slip("07-atomic", "no flush", "flush, then fsync", "        file.flush()\n", "")
slip("07-atomic", "no fsync", "wait for the disk", "        os.fsync(file.fileno())\n", "")
slip("07-atomic", "no clearing up", "nothing else lies around", "new.unlink(missing_ok=True)\n", "pass\n")
slip("07-atomic", "forgets the new name", "a.npz", "    os.replace(new, path)\n", "")
slip("07-atomic", "text mode", "must be str", 'open(new, "wb")', 'open(new, "w")')
slip("07-atomic", "previous of the new one", "previous", "shutil.copyfile(path, spare)", "shutil.copyfile(new, spare)")
slip("07-atomic", "copies to path", "at every moment", "os.replace(new, path)", "path.write_bytes(b'')\n    path.write_bytes(new.read_bytes())")
wrong(
    "07-atomic",
    "swallows the error",
    "the error goes on | disk full",
    """
    try:
        with open(new, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copyfile(path, spare)
            os.replace(spare, previous)
        os.replace(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        spare.unlink(missing_ok=True)
    """,
)
wrong(
    "07-atomic",
    "Ctrl-C leaves the file",
    "Ctrl-C included",
    """
    try:
        with open(new, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copyfile(path, spare)
            os.replace(spare, previous)
        os.replace(new, path)
    except Exception:
        new.unlink(missing_ok=True)
        spare.unlink(missing_ok=True)
        raise
    """,
)
wrong(
    "07-atomic",
    "clears the old file first",
    "at every moment | path.unlink()",
    """
    try:
        with open(new, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copyfile(path, spare)
            os.replace(spare, previous)
            path.unlink()
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
        spare.unlink(missing_ok=True)
    """,
)

# 07-save

slip("07-save", "no scheduler", "the names in arrays", ', ("scheduler", scheduler)', "")
slip("07-save", "no optimizer", "the names in arrays", ', ("optimizer", optimizer)', "")
slip("07-save", "asks a part that is not there", "NoneType", "if part is not None:", "if True:")
slip("07-save", "a name for all", "the names in arrays", 'f"{kind}/{name}": value', "name: value")
slip("07-save", "a dot for a slash", "the names in arrays", 'f"{kind}/{name}": value', 'f"{kind}.{name}": value')
slip("07-save", "no epoch", "KeyError | epoch", '"epoch": epoch, ', "")
slip("07-save", "no history", "KeyError | history", '"history": history, ', "")
slip("07-save", "no generators of the layers", "generators", '"generators": _Generators(model).state_dict()', '"generators": {}')
slip("07-save", "the shuffling is lost", "the generator that shuffles", "None if rng is None else rng.bit_generator.state", "None")
slip("07-save", "the generator itself", "Generator", "None if rng is None else rng.bit_generator.state", "rng")
slip("07-save", "a state of nothing", "NoneType", "None if rng is None else rng.bit_generator.state", "rng.bit_generator.state")
slip("07-save", "a seed will do", "raise yourself | rng.bit_generator", "if rng is not None and not isinstance(rng, np.random.Generator):", "if False:")
slip("07-save", "any path will do", "raise yourself | state_dict", "if not isinstance(path, (str, os.PathLike)):", "if False:")
slip("07-save", "parameters without states", "the names in arrays", "part.state_dict().items()", "(part.state_dict() if kind == 'model' else {}).items()")

# 07-read

slip("07-read", "the header stays", "the header's entry is taken out", 'arrays.pop("header")', 'arrays["header"]')
slip("07-read", "only the arrays", "Expected 'tuple' | (header, arrays)", "return header, arrays", "return arrays")
slip("07-read", "a missing file is not complete", "FileNotFoundError that you raise yourself", "except FileNotFoundError:\n    raise FileNotFoundError(f\"there is no checkpoint {path}{hint}\") from None\n", "")
slip("07-read", "expects a ValueError alone", "raise yourself | BadZipFile", "except Exception as error:", "except ValueError as error:")
slip("07-read", "never names the one before", "a.npz.previous", "if previous_of(path).exists()", "if False")
slip("07-read", "always names the one before", "not speak of | previous", "if previous_of(path).exists()", "if True")
slip("07-read", "takes any format", "Nothing was raised", "if version != FORMAT:", "if False:")
slip("07-read", "a format that is missing", "not a complete checkpoint", 'version = header["format"]', 'version = header.get("format")')
slip("07-read", "loads pickles", "Nothing was raised", "allow_pickle=False", "allow_pickle=True")
slip("07-read", "one number alone", "format | 1", "; this TinyTorch reads format {FORMAT}", "")
slip("07-read", "a str has no name", "with_name", "path = Path(path)\n", "")
wrong(
    "07-read",
    "no sentence at all",
    "FileNotFoundError that you raise yourself",
    """
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    header = json.loads(arrays.pop("header").tobytes())
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']}, not {FORMAT}")
    return header, arrays
    """,
)

# 07-load

slip("07-load", "asks too late", "every part", "before = [part.state_dict() for part, _ in pairs]\ntry:\n    for part, state in pairs:\n        part.load_state_dict(state)\nexcept BaseException:\n", "try:\n    for part, state in pairs:\n        part.load_state_dict(state)\nexcept BaseException:\n    before = [part.state_dict() for part, _ in pairs]\n")
slip("07-load", "gives nothing back", "every part", "for (part, _), state in zip(pairs, before, strict=True):\n        part.load_state_dict(state)\n    raise", "raise")
slip("07-load", "swallows the error", "the error goes on", "    raise\n", "    pass\n")
slip("07-load", "Ctrl-C gives nothing back", "whatever is raised", "except BaseException:", "except Exception:")
slip("07-load", "another error", "the error goes on | ValueError", "    raise\n", "    raise ValueError('no')\n")
slip("07-load", "no generators", "what dropout draws next", '[(_Generators(model), header["generators"])]', "[]")
slip("07-load", "no scheduler", "the state scheduler", ', ("scheduler", scheduler)', "")
slip("07-load", "no optimizer", "the state optimizer", ', ("optimizer", optimizer)', "")
slip("07-load", "never says that a part is missing", "no optimizer", "if part is not None and not state:", "if False:")
slip("07-load", "a part that is not wanted is missed", "ValueError | holds no", "if part is not None and not state:", "if not state:")
slip("07-load", "the state instead of a generator", "rng | dict", 'None if header["rng"] is None else generator_from(header["rng"])', 'header["rng"]')
slip("07-load", "a generator of nothing", "NoneType", 'None if header["rng"] is None else generator_from(header["rng"])', 'generator_from(header["rng"])')
slip("07-load", "the names keep their kind", "missing | unexpected | does not fit", 'name.partition("/")[2]', "name")
slip("07-load", "one after the other", "all or none", "load_all(pairs)\n", "for part, state in pairs:\n    part.load_state_dict(state)\n")
slip("07-load", "no history", "what it returns | history", ', "history": header["history"]', "")
slip("07-load", "returns nothing", "None", 'return {"epoch"', '_ = {"epoch"')
wrong(
    "07-load",
    "only those before the error get it back",
    "every part",
    """
    done = []
    for part, state in pairs:
        old = part.state_dict()
        try:
            part.load_state_dict(state)
        except BaseException:
            for each, kept in done:
                each.load_state_dict(kept)
            raise
        done.append((part, old))
    """,
    """
    header, arrays = read_checkpoint(path)
    load_all([(_Generators(model), header["generators"])])
    return {"epoch": header["epoch"], "history": header["history"], "rng": header["rng"]}
    """,
)

# 07-resume

slip("07-resume", "begins anew", "from the file", "if path.exists():", "if False:")
slip("07-resume", "forgets the order", "its order of examples", 'trainer.rng = saved["epoch"], saved["history"], saved["rng"]', '_ = saved["epoch"], saved["history"], saved["rng"]')
slip("07-resume", "forgets the history", "its epoch and history", 'saved["epoch"], saved["history"], saved["rng"]', 'saved["epoch"], {}, saved["rng"]')
slip("07-resume", "forgets the epoch", "its epoch and history", 'saved["epoch"], saved["history"]', '0, saved["history"]')
slip("07-resume", "loads weights alone", "its schedule", "load_checkpoint(path, *parts)", "load_checkpoint(path, parts[0])")
slip("07-resume", "saves weights alone", "no optimizer", "save_checkpoint(path, *parts, epoch", "save_checkpoint(path, parts[0], epoch")
slip("07-resume", "saves no order", "its order of examples", "history=history, rng=trainer.rng)", "history=history)")
slip("07-resume", "saves at the end", "save after each epoch", "    save_checkpoint(path, *parts, epoch=done, history=history, rng=trainer.rng)\n", "save_checkpoint(path, *parts, epoch=done, history=history, rng=trainer.rng)\n")
slip("07-resume", "saves the epoch before", "its epoch and history", "epoch=done,", "epoch=done - 1,")
slip("07-resume", "never counts", "does not end", "    done += 1\n", "")
slip("07-resume", "keeps the last epoch's history", "the history of all epochs", "history.setdefault(name, []).extend(values)", "history[name] = values")
slip("07-resume", "a list of lists", "the history of all epochs", ".extend(values)", ".append(values)")
slip("07-resume", "no validation", "validation", "batch_size, validation)", "batch_size)")
slip("07-resume", "all epochs again", "the history of all epochs | (4,)", "trainer.train(x, y, 1, batch_size, validation)", "trainer.train(x, y, epochs, batch_size, validation)")
slip("07-resume", "no return", "None", "return history", "pass")
slip("07-resume", "saves no history", "NoneType", "history=history, ", "")

equivalent("07-accuracy", "'0' -> '-1'")  # any of the strange labels may be named
equivalent("07-clip", "'max_norm < norm < math.inf' -> 'max_norm <= norm < math.inf'")  # times 1
equivalent("07-clip", "'list(parameters)' -> 'parameters'")  # it is walked through once
equivalent("07-clip", "'float(np.sum(np.square(gradient, dtype=np.float64)))'")  # the root makes a float of it
equivalent("07-finite", "'Clean the data, or try")  # words that nobody prescribes
equivalent("07-finite", "'0' -> '-1'")  # a size is never below 0
equivalent("07-step", "'Tensor(y)' -> 'y'")  # losses take arrays, too
equivalent("07-step", "'Tensor(x)' -> 'x'")  # and so do layers
equivalent("07-evaluate", "'iubx'")  # there is no such kind
equivalent("07-evaluate", "'Tensor(part_x)' -> 'part_x'")
equivalent("07-evaluate", "'Tensor(part_y)' -> 'part_y'")
equivalent("07-record", "'0.0' -> '1.0'")  # replaced before it is read
equivalent("07-record", "'0.0' -> '-1.0'")
equivalent("07-record", "'float(self.optimizer.lr)' -> 'self.optimizer.lr'")  # it is a float
equivalent("07-atomic", "'file.fileno()' -> 'file'")  # fsync takes a file, too
equivalent("07-read", "\"open(path, 'rb')\" -> 'path'")  # np.load takes a path, too
equivalent("07-read", "'np.load(file, allow_pickle=False)' -> 'np.load(file)'")  # False unless one says so
equivalent("07-load", "'zip(pairs, before, strict=True)' -> 'zip(pairs, before)'")  # as many of each
equivalent("07-load", "'True' -> 'False'")
equivalent("07-load", "\"kind + '/'\" -> 'kind'")  # no kind begins with the name of another
