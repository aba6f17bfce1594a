"""Wrong answers to milestone 1 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# model-architecture

LAYERS = "self.hidden = Linear(2, hidden_size, rng=rng)\nself.output = Linear(hidden_size, 1, rng=rng)"
FORWARD = "return self.output(self.activation(self.hidden(x)))"


def layers(name: str, says: str, made: str, forward: str = FORWARD) -> None:
    wrong("model-architecture", name, says, made, forward)


layers(
    "inputs and outputs swapped",
    "a weight is (outputs, inputs)",
    LAYERS.replace("Linear(2, hidden_size", "Linear(hidden_size, 2").replace(
        "Linear(hidden_size, 1", "Linear(1, hidden_size"
    ),
)
layers("the generator is not handed on", "hand rng on", LAYERS.replace(", rng=rng", ""))
layers("only one layer gets the generator", "hand rng on", LAYERS.replace("1, rng=rng", "1"))
layers(
    "a generator of its own",
    "hand rng on",
    "rng = np.random.default_rng(0)\n" + LAYERS,
)
layers(
    "the output layer first",
    "hidden first",
    "self.output = Linear(hidden_size, 1, rng=rng)\nself.hidden = Linear(2, hidden_size, rng=rng)",
)
layers("one output for each class", "a weight is (outputs, inputs)", LAYERS.replace("hidden_size, 1", "hidden_size, 2"))
layers("one unit too many", "a weight is (outputs, inputs)", LAYERS.replace("hidden_size", "hidden_size + 1"))
layers("other names", "self.hidden", LAYERS.replace("self.hidden", "self.first"), FORWARD.replace("hidden", "first"))
layers(
    "layers without a place",
    "self.hidden and self.output",
    LAYERS.replace("self.", ""),
)
layers("no activation", "hidden, activation, output", LAYERS, "return self.output(self.hidden(x))")
layers(
    "the activation comes last", "no sigmoid at the end", LAYERS, "return self.activation(self.output(self.hidden(x)))"
)
layers(
    "the activation twice",
    "no sigmoid at the end",
    LAYERS,
    "return self.activation(self.output(self.activation(self.hidden(x))))",
)
layers(
    "a sigmoid at the end",
    "no sigmoid at the end",
    LAYERS,
    "return Sigmoid()(self.output(self.activation(self.hidden(x))))",
)
layers("always ReLU", "hidden, activation, output", LAYERS, "return self.output(ReLU()(self.hidden(x)))")
layers(
    "the activation of the inputs",
    "hidden, activation, output",
    LAYERS,
    "return self.output(self.hidden(self.activation(x)))",
)
layers("nothing is returned", "None", LAYERS, "self.output(self.activation(self.hidden(x)))")
layers(
    "no biases",
    "hidden, activation, output",
    LAYERS,
    "return self.activation(x @ self.hidden.weight.T) @ self.output.weight.T",
)

# model-prediction


def labels(name: str, says: str, prediction: str, score: str = "return float(np.mean(predict(model, x) == y))") -> None:
    wrong("model-prediction", name, says, prediction, score)


LOGITS = "logits = model(Tensor(x)).data\n"
LABELS = LOGITS + "return (logits > 0).astype(np.float32)"
labels(
    "one half is asked of the logit",
    "a probability above one half",
    LOGITS + "return (logits > 0.5).astype(np.float32)",
)
labels("the edge is class 1", "exactly one half is class 0", LOGITS + "return (logits >= 0).astype(np.float32)")
labels(
    "the mean of the logits",
    "exactly one half is class 0",
    LOGITS + "return (logits > logits.mean()).astype(np.float32)",
)
labels("booleans", "bool", LOGITS + "return logits > 0")
labels("float64", "float64", LOGITS + "return (logits > 0).astype(float)")
labels("integers", "float32", LOGITS + "return (logits > 0).astype(int)")
labels("the other class", "a probability above one half", LOGITS + "return (logits < 0).astype(np.float32)")
labels("the sign", "a probability above one half", LOGITS + "return np.sign(logits)")
labels("flat", "(4,)", LOGITS + "return (logits > 0).astype(np.float32).ravel()")
labels("probabilities", "a probability above one half", "return Sigmoid()(model(Tensor(x))).data")
labels("rounded logits", "a probability above one half", LOGITS + "return np.round(logits).astype(np.float32)")
labels("a Tensor", "Tensor", LOGITS + "return Tensor((logits > 0).astype(np.float32))")
labels("nothing is returned", "None", LOGITS + "(logits > 0).astype(np.float32)")
labels(
    "argmax of one column",
    "a probability above one half",
    LOGITS + "return logits.argmax(axis=1)[:, None].astype(np.float32)",
)
labels("a sum", "3 of 4 are right", LABELS, "return float(np.sum(predict(model, x) == y))")
labels("a percentage", "3 of 4 are right", LABELS, "return float(100 * np.mean(predict(model, x) == y))")
labels("flat against a column", "3 of 4 are right", LABELS, "return float(np.mean(predict(model, x).ravel() == y))")
labels("the share that is wrong", "3 of 4 are right", LABELS, "return float(np.mean(predict(model, x) != y))")
labels("the share of ones", "3 of 4 are right", LABELS, "return float(np.mean(predict(model, x)))")
labels("right ones only", "3 of 4 are right", LABELS, "return float(np.mean(predict(model, x) * y))")
labels("a NumPy number", "a Python float", LABELS, "return np.float32(np.mean(predict(model, x) == y))")
labels("an array", "compare (n, 1) with (n, 1)", LABELS, "return predict(model, x) == y")
labels("all or nothing", "3 of 4 are right", LABELS, "return float(np.all(predict(model, x) == y))")

# model-slope

RELU = "return (z > 0).astype(z.dtype)"
SIGMOID = "probability = activation(Tensor(z)).data\nreturn probability * (1 - probability)"
SMOOTH = "steepest at 0, with 0.25"


def slopes(name: str, says: str, relu: str = RELU, sigmoid: str = SIGMOID) -> None:
    wrong("model-slope", name, says, relu, sigmoid)


slopes("1 at the corner", "0 at the corner", "return (z >= 0).astype(z.dtype)")
slopes("booleans", "bool", "return z > 0")
slopes("float64", "float64", "return (z > 0).astype(float)")
slopes("ReLU itself", "flat below 0", "return np.maximum(z, 0)")
slopes("the sign", "flat below 0", "return np.sign(z)")
slopes("ones everywhere", "flat below 0", "return np.ones_like(z)")
slopes("the other side", "flat below 0", "return (z < 0).astype(z.dtype)")
slopes("one number", "()", "return float((z > 0).mean())")
slopes("nothing is returned", "None", "(z > 0).astype(z.dtype)")
slopes("z is changed", "changed its input", "z[z > 0] = 1\nz[z <= 0] = 0\nreturn z")
slopes("z times 1 - z", SMOOTH, sigmoid="return z * (1 - z)")
slopes("the sigmoid itself", SMOOTH, sigmoid="return activation(Tensor(z)).data")
slopes("one minus sigmoid", SMOOTH, sigmoid="return 1 - activation(Tensor(z)).data")
slopes("squared", SMOOTH, sigmoid="probability = activation(Tensor(z)).data\nreturn probability * (1 - probability**2)")
slopes("a sign", SMOOTH, sigmoid="probability = activation(Tensor(z)).data\nreturn probability * (probability - 1)")
slopes("tanh's slope", SMOOTH, sigmoid="return 1 - activation(Tensor(z)).data ** 2")
slopes("a Tensor", "Tensor", sigmoid="probability = activation(Tensor(z))\nreturn probability * (1 - probability)")
slopes(
    "a Tensor is forgotten",
    "Tensor",
    sigmoid="probability = Tensor(z).data\nreturn Tensor(probability * (1 - probability))",
)
slopes("it overflows", "overflow", sigmoid="return np.exp(-z) / (1 + np.exp(-z)) ** 2")
slopes("the sigmoid of the sigmoid", SMOOTH, sigmoid="p = activation(activation(Tensor(z))).data\nreturn p * (1 - p)")

# training-gradients

OUTPUT = """\
logits_grad = (probability - y) / len(x)
model.output.weight.grad = logits_grad.T @ h
model.output.bias.grad = logits_grad.sum(axis=0)"""
HIDDEN = """\
h_grad = logits_grad @ model.output.weight.data
slope = activation_slope(model.activation, z)
z_grad = h_grad * slope
model.hidden.weight.grad = z_grad.T @ x
model.hidden.bias.grad = z_grad.sum(axis=0)"""


def gradient(name: str, says: str, old: str, new: str) -> None:
    """An answer in which one place of one part is different."""
    assert (OUTPUT + HIDDEN).count(old) >= 1, old
    wrong("training-gradients", name, says, OUTPUT.replace(old, new), HIDDEN.replace(old, new))


gradient("a sum instead of the mean", "a mean over the 4 examples", "(probability - y) / len(x)", "probability - y")
gradient("uphill", "The sign is turned round", "(probability - y)", "(y - probability)")
gradient("the logits instead of probabilities", "steps 1 and 2", "(probability - y)", "(logits - y)")
gradient("divided by the units", "a mean over the 4 examples", "/ len(x)", "/ h.shape[1]")
gradient("divided twice", "a mean over the 4 examples", "/ len(x)", "/ len(x) ** 2")
gradient(
    "times the sigmoid's slope",
    "steps 1 and 2",
    "(probability - y) / len(x)",
    "(probability - y) * probability * (1 - probability) / len(x)",
)
gradient("z instead of h", "output.weight: steps 1 and 2", "logits_grad.T @ h", "logits_grad.T @ z")
gradient("transposed", "shape (1, 3), not of shape (3, 1)", "logits_grad.T @ h", "h.T @ logits_grad")
gradient("a mean of means", "output.bias: steps 1 and 2", "logits_grad.sum(axis=0)", "logits_grad.mean(axis=0)")
gradient("a bias summed over everything", "shape (1,), not of shape ()", "logits_grad.sum(axis=0)", "logits_grad.sum()")
gradient(
    "a bias for each example", "shape (1,), not of shape (4,)", "logits_grad.sum(axis=0)", "logits_grad.sum(axis=1)"
)
gradient(
    "a bias with two axes",
    "shape (1,), not of shape (1, 1)",
    "logits_grad.sum(axis=0)",
    "logits_grad.sum(axis=0, keepdims=True)",
)
gradient(
    "added to what is there",
    "write, do not add",
    "model.hidden.bias.grad = z_grad.sum(axis=0)",
    """\
old = model.hidden.bias.grad
model.hidden.bias.grad = z_grad.sum(axis=0) + (0 if old is None else old)""",
)
gradient("the output bias is forgotten", "None", "model.output.bias.grad = logits_grad.sum(axis=0)", "")
gradient("the hidden bias is forgotten", "None", "model.hidden.bias.grad = z_grad.sum(axis=0)", "")
gradient("the slope is left out", "hidden.weight, steps 3 to 5", "h_grad * slope", "h_grad")
gradient(
    "the slope at h",
    "hidden.weight, steps 3 to 5",
    "activation_slope(model.activation, z)",
    "activation_slope(model.activation, h)",
)
gradient(
    "always ReLU's slope",
    "hidden.weight, steps 3 to 5",
    "activation_slope(model.activation, z)",
    "(z > 0).astype(z.dtype)",
)
gradient(
    "the hidden weights on the way back", "h_grad = logits_grad", "model.output.weight.data", "model.hidden.weight.data"
)
gradient("z's gradient for x", "hidden.weight, steps 3 to 5", "z_grad.T @ x", "h_grad.T @ x")
gradient("the hidden bias of h", "hidden.bias, steps 3 to 5", "z_grad.sum(axis=0)", "h_grad.sum(axis=0)")
gradient("the hidden bias as a mean", "hidden.bias, steps 3 to 5", "z_grad.sum(axis=0)", "z_grad.mean(axis=0)")
gradient("a Tensor as a gradient", "Tensor", "= z_grad.T @ x", "= Tensor(z_grad.T @ x)")
gradient("float64", "float64", "(probability - y) / len(x)", "(probability.astype(float) - y) / len(x)")
gradient(
    "a step at once",
    "parameters stay as they are",
    "model.hidden.bias.grad = z_grad.sum(axis=0)",
    """\
model.hidden.bias.grad = z_grad.sum(axis=0)
for parameter in model.parameters():
    parameter.data -= np.float32(1e-9) + 0.001 * 0 * parameter.grad""",
)

# training-loop

TRAIN = """\
history = []
for _ in range(epochs):
    order = rng.permutation(len(x))
    losses = []
    for start in range(0, len(x), batch_size):
        batch = order[start:start + batch_size]
        losses.append(backward_by_hand(model, x[batch], y[batch]))
        for parameter in model.parameters():
            parameter.data -= learning_rate * parameter.grad
    history.append(float(np.mean(losses)))
return history"""
MEANS = "mean losses before the steps"


def loop(name: str, says: str, *changes: str) -> None:
    """The loop with some of its lines replaced."""
    code = TRAIN
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in code, old
        code = code.replace(old, new)
    wrong("training-loop", name, says, code)


loop("uphill", "one step a batch", "parameter.data -= learning_rate", "parameter.data += learning_rate")
loop("no learning rate", "one step a batch", "learning_rate * parameter.grad", "parameter.grad")
loop(
    "one order for all epochs",
    MEANS,
    "history = []\nfor _ in range(epochs):\n    order = rng.permutation(len(x))",
    "history = []\norder = rng.permutation(len(x))\nfor _ in range(epochs):",
)
loop("no shuffling", MEANS, "order = rng.permutation(len(x))", "order = np.arange(len(x))")
loop("a generator of its own", MEANS, "rng.permutation", "np.random.default_rng(0).permutation")
loop(
    "the last batch is dropped", MEANS, "range(0, len(x), batch_size)", "range(0, len(x) - batch_size + 1, batch_size)"
)
loop("labels out of order", MEANS, "y[batch]", "y[start:start + batch_size]")
loop("points out of order", MEANS, "x[batch]", "x[start:start + batch_size]")
loop(
    "only the weights move",
    "one step a batch",
    "for parameter in model.parameters():",
    "for parameter in (model.hidden.weight, model.output.weight):",
)
loop("only the output layer moves", "one step a batch", "model.parameters()", "model.output.parameters()")
loop(
    "one step an epoch",
    MEANS,
    "        for parameter in model.parameters():\n            parameter.data -= learning_rate * parameter.grad",
    "    for parameter in model.parameters():\n        parameter.data -= learning_rate * parameter.grad",
)
loop("the whole set each time", "one step a batch", "x[batch], y[batch]", "x, y")
loop("a step of one example", MEANS, "order[start:start + batch_size]", "order[start:start + 1]")
loop("one example too many", MEANS, "start + batch_size]", "start + batch_size + 1]")
loop("a sum of losses", MEANS, "np.mean(losses)", "np.sum(losses)")
loop("the last loss", MEANS, "float(np.mean(losses))", "losses[-1]")
loop("losses of all epochs together", MEANS, "    losses = []\n", "", "history = []", "history, losses = [], []")
loop("a loss for each batch", MEANS, "    history.append(float(np.mean(losses)))", "    history += losses")
loop(
    "losses after the step",
    MEANS,
    "        losses.append(backward_by_hand(model, x[batch], y[batch]))\n",
    "        backward_by_hand(model, x[batch], y[batch])\n",
    "parameter.grad\n",
    "parameter.grad\n        losses.append(backward_by_hand(model, x[batch], y[batch]))\n",
)
loop("returned after one epoch", "expected (3,)", "return history", "    return history")
loop("nothing is returned", "the history is a list", "\nreturn history", "")
loop("an array", "the history is a list", "return history", "return np.array(history)")
loop("the last epoch only", "the history is a list", "return history", "return history[-1]")
loop("an epoch too few", MEANS, "range(epochs)", "range(1, epochs)")
loop(
    "a new array each step",
    "in place",
    "parameter.data -= learning_rate * parameter.grad",
    "parameter = parameter - learning_rate * parameter.grad",
)
loop(
    "gradients are forgotten",
    "None",
    "losses.append(backward_by_hand(model, x[batch], y[batch]))",
    "losses.append(loss_function(model(Tensor(x[batch])), Tensor(y[batch])).item())",
)

# training-spiral

TRY_OTHERS = "more units, more epochs"
wrong(
    "training-spiral",
    "the settings of the moons with few units",
    TRY_OTHERS,
    "model = Perceptron(4, ReLU(), rng)\nreturn model, train(model, x, y, 40, 0.3, 20, rng)",
)
wrong(
    "training-spiral",
    "no training",
    "the model and its history",
    "model = Perceptron(64, ReLU(), rng)\nreturn model, train(model, x, y, 0, 0.3, 20, rng)",
)
wrong(
    "training-spiral",
    "hardly any training",
    "falls by more than half",
    "model = Perceptron(64, ReLU(), rng)\nreturn model, train(model, x, y, 5, 0.3, 20, rng)",
)
wrong(
    "training-spiral",
    "a rate far too small",
    "falls by more than half",
    "model = Perceptron(64, ReLU(), rng)\nreturn model, train(model, x, y, 20, 0.001, 20, rng)",
)
wrong(
    "training-spiral",
    "the history is missing",
    "the model and its history",
    "model = Perceptron(64, ReLU(), rng)\ntrain(model, x, y, 5, 0.3, 20, rng)\nreturn model",
)
wrong(
    "training-spiral",
    "history first",
    "the model and its history",
    "model = Perceptron(64, ReLU(), rng)\nreturn train(model, x, y, 5, 0.3, 20, rng), model",
)
wrong(
    "training-spiral",
    "this spiral only",
    "learn from x and y",
    "model = Perceptron(64, ReLU(), np.random.default_rng(0))\nreturn model, train(model, spiral_x, spiral_y, 200, 0.3, 20, np.random.default_rng(0))",
)
wrong(
    "training-spiral",
    "nothing is returned",
    "the model and its history",
    "model = Perceptron(64, ReLU(), rng)\ntrain(model, x, y, 5, 0.3, 20, rng)",
)

# comparison-activations

RUN = """\
losses, accuracies = [], []
for _ in range(epochs):
    losses += train(model, x, y, 1, learning_rate, batch_size, shuffle_rng)
    accuracies.append(accuracy(model, x, y))
reached = [epoch for epoch, value in enumerate(accuracies, start=1) if value >= 0.9]
records[name] = {
    "losses": losses, "accuracies": accuracies, "final_loss": losses[-1], "accuracy": accuracies[-1],
    "epochs_to_90": reached[0] if reached else None,
}"""


def comparison(name: str, says: str, *changes: str) -> None:
    """The comparison with some of its lines replaced."""
    code = RUN
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in code, old
        code = code.replace(old, new)
    wrong("comparison-activations", name, says, code)


comparison("counted from 0", "from 1", "start=1", "start=0")
comparison("more than 0.9 of a percentage", "epochs_to_90", ">= 0.9", ">= 90")
comparison("the last epoch with 0.9", "the first epoch", "reached[0]", "reached[-1]")
comparison("0 if never", "epochs_to_90", "else None", "else 0")
comparison("a list of epochs", "epochs_to_90", "reached[0] if reached else None", "reached")
comparison("how many epochs reach it", "epochs_to_90", "reached[0] if reached else None", "len(reached)")
comparison("the first loss", "final_loss: the last", "losses[-1]", "losses[0]")
comparison("the smallest loss", "final_loss: the last", "losses[-1]", "min(losses) - 1e-2")
comparison("the best accuracy", "accuracy: the last", "accuracies[-1]", "1.0 + 0 * max(accuracies)")
comparison(
    "a generator for each epoch",
    "losses: one epoch at a time",
    "batch_size, shuffle_rng",
    "batch_size, np.random.default_rng(seed)",
)
comparison(
    "no generator in common",
    "losses: one epoch at a time",
    "batch_size, shuffle_rng",
    "batch_size, np.random.default_rng()",
)
comparison(
    "a fresh model each epoch",
    "losses: one epoch at a time",
    "for _ in range(epochs):",
    "for _ in range(epochs):\n    model = Perceptron(hidden_size, activation, np.random.default_rng(seed))",
)
comparison(
    "accuracy before the epoch",
    "accuracies: after each epoch",
    "    losses += train(model, x, y, 1, learning_rate, batch_size, shuffle_rng)\n    accuracies.append(accuracy(model, x, y))",
    "    accuracies.append(accuracy(model, x, y))\n    losses += train(model, x, y, 1, learning_rate, batch_size, shuffle_rng)",
)
comparison("all epochs in one call each time", "losses", "x, y, 1, learning_rate", "x, y, epochs, learning_rate")
comparison(
    "lists in lists",
    "losses",
    "losses += train(model, x, y, 1, learning_rate, batch_size, shuffle_rng)",
    "losses.append(train(model, x, y, 1, learning_rate, batch_size, shuffle_rng))",
)
comparison("a key is missing", "the keys", '"final_loss": losses[-1], ', "")
comparison("another name for a key", "the keys", '"epochs_to_90"', '"epochs to 90"')
comparison("only one record", "a record for each name", "records[name] =", 'records["ReLU"] =')
comparison("nothing is filled in", "a record for each name", "records[name] =", "record =")
comparison("always the given spiral", "losses", "train(model, x, y", "train(model, spiral_x[:120], spiral_y[:120]")

equivalent("model-slope", "'Tensor(z)' -> 'z'")  # activations take arrays too
equivalent("training-gradients", "'logits_grad * model.output.weight.data'")  # (N, 1) times (1, H): one product each
equivalent("training-loop", "'float(np.mean(losses))' -> 'np.mean(losses)'")  # a float64 is a float
equivalent("training-spiral", "")  # settings are a choice: no mutant is tried
