"""Wrong answers to milestone 2 that real students write, each with the words that its message must hold.

``slip`` changes one place of the solution; ``wrong`` is an answer of its own. A message is compared without case.
"""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
slip, wrong, equivalent = answers.slip, answers.wrong, answers.equivalent

# model-architecture

slip(
    "model-architecture",
    "ReLU after the last layer too",
    "no ReLU after the last layer",
    "return self.layers[-1](x)",
    "return self.activation(self.layers[-1](x))",
)
slip(
    "model-architecture",
    "no ReLU at all",
    "one ReLU between each two layers",
    "x = self.activation(layer(x))",
    "x = layer(x)",
)
slip(
    "model-architecture",
    "a softmax at the end",
    "without a softmax",
    "return self.layers[-1](x)",
    "return Softmax()(self.layers[-1](x))",
)
slip(
    "model-architecture",
    "ReLU before the first layer",
    "one ReLU between each two layers",
    "for layer in self.layers[:-1]:\n",
    "x = self.activation(x)\nfor layer in self.layers[:-1]:\n",
)
slip(
    "model-architecture",
    "the generator is not handed on",
    "every layer draws from rng",
    "Linear(inputs, outputs, rng=rng)",
    "Linear(inputs, outputs)",
)
slip(
    "model-architecture",
    "inputs and outputs swapped",
    "weight and bias of each layer",
    "Linear(inputs, outputs, rng=rng)",
    "Linear(outputs, inputs, rng=rng)",
)
slip(
    "model-architecture",
    "one layer too few",
    "weight and bias of each layer",
    "zip(sizes[:-1], sizes[1:], strict=True)",
    "zip(sizes[:-2], sizes[1:-1], strict=True)",
)
slip("model-architecture", "no return", "return", "return self.layers[-1](x)", "self.layers[-1](x)")
slip(
    "model-architecture",
    "a fixed seed in each layer",
    "do not begin with the same weights",
    "rng=rng) for",
    "rng=np.random.default_rng(int(rng.integers(9)) * 0)) for",
)
slip(
    "model-architecture", "the last layer twice", "line", "for layer in self.layers[:-1]:", "for layer in self.layers:"
)
slip(
    "model-architecture",
    "sigmoid-like tanh in the place of ReLU",
    "one ReLU between each two layers",
    "x = self.activation(layer(x))",
    "x = layer(x).tanh() if hasattr(x, 'tanh') else layer(x) * 1",
)
wrong(
    "model-architecture",
    "layers in a tuple of its own that parameters() does not find",
    "weight and bias of each layer",
    "super().__init__()\nself.layers = {'all': lambda: [Linear(a, b, rng=rng) for a, b in zip(sizes[:-1], sizes[1:])]}\nself.activation = ReLU()",
    "return x",
)
wrong(
    "model-architecture",
    "two layers, whatever the sizes",
    "weight and bias of each layer",
    "self.one, self.two = Linear(sizes[0], sizes[1], rng=rng), Linear(sizes[1], sizes[-1], rng=rng)",
    "return self.two(ReLU()(self.one(x)))",
)

# model-xor

slip("model-xor", "both units alike", "your hidden units give [1.0, 1.0]", "[0, -1]", "[0, 0]")
slip("model-xor", "the second unit is on too early", "your hidden units give", "[0, -1]", "[0, 0.5]")
slip("model-xor", "subtracts the both-unit once", "at [1, 1]", "[[1, -2]]", "[[1, -1]]")
slip("model-xor", "adds the both-unit", "at [1, 1]", "[[1, -2]]", "[[1, 2]]")
slip("model-xor", "no bias at the output", "at [0, 0]", "[-0.5]", "[0]")
slip("model-xor", "too large a bias", "at [0, 1]", "[-0.5]", "[-1]")
slip(
    "model-xor",
    "the classes turned round",
    "at [0, 0]",
    "[[1, -2]]",
    "[[-1, 2]]\noutput_bias.data[...] = [0.5]\nreturn model",
)
slip("model-xor", "the difference of the bits", "at [1, 0]", "[[1, 1], [1, 1]]", "[[-1, 1], [-1, 1]]")
slip(
    "model-xor",
    "another array in the place of the numbers",
    "keep the sizes",
    "hidden_bias.data[...] = [0, -1]",
    "hidden_bias.data = np.float32([[0, -1]])",
)
slip(
    "model-xor",
    "returns the parameters",
    "an MLP comes back",
    "output_bias.data[...] = [-0.5]",
    "return [hidden_weight, hidden_bias]",
)

# model-probabilities

slip(
    "model-probabilities",
    "recorded",
    "the model's result was recorded",
    "with no_grad():\n    return Softmax()(model(Tensor(x))).data",
    "return Softmax()(model(Tensor(x))).data",
)
slip("model-probabilities", "a Tensor comes back", "a Tensor where plain numbers belong", ".data", "")
slip(
    "model-probabilities", "no softmax", "one softmax of the logits", "Softmax()(model(Tensor(x)))", "model(Tensor(x))"
)
slip(
    "model-probabilities",
    "softmax twice",
    "one softmax of the logits",
    "Softmax()(model(Tensor(x)))",
    "Softmax()(Softmax()(model(Tensor(x))))",
)
slip(
    "model-probabilities",
    "softmax of the inputs of the model",
    "one softmax of the logits",
    "Softmax()(model(Tensor(x)))",
    "model(Softmax()(Tensor(x * 2)))",
)
slip("model-probabilities", "in float64", "dtype is float64", ".data", ".data.astype(np.float64)")
slip("model-probabilities", "no return", "return", "return Softmax", "Softmax")
slip("model-probabilities", "the answers in the place of the chances", "shape", ".data", ".data.argmax(axis=1)")
wrong(
    "model-probabilities",
    "the formula as it stands",
    "overflow",
    "with no_grad():\n    powers = np.exp(model(Tensor(x)).data)\nreturn powers / powers.sum(axis=1, keepdims=True)",
)
wrong(
    "model-probabilities",
    "over the images",
    "over the classes of each row",
    "with no_grad():\n    z = model(Tensor(x)).data\npowers = np.exp(z - z.max(axis=0))\nreturn powers / powers.sum(axis=0)",
)
wrong(
    "model-probabilities",
    "recording is off for the softmax only",
    "recorded",
    "logits = model(Tensor(x))\nwith no_grad():\n    return Softmax()(logits).data",
)

# training-step

slip("training-step", "old gradients count", "old gradients of 0.5", "optimizer.zero_grad()\n", "")
slip(
    "training-step",
    "cleared after backward",
    "nothing moved | optimizer.step()",
    "optimizer.zero_grad()\nloss = loss_function(model(Tensor(x)), Tensor(y))\nloss.backward()\n",
    "loss = loss_function(model(Tensor(x)), Tensor(y))\nloss.backward()\noptimizer.zero_grad()\n",
)
slip("training-step", "no step", "nothing moved | optimizer.step()", "optimizer.step()\n", "")
slip("training-step", "no backward", "nothing moved", "loss.backward()\n", "")
slip(
    "training-step",
    "two steps",
    "2.00 times | step() once",
    "optimizer.step()\n",
    "optimizer.step()\noptimizer.step()\n",
)
slip(
    "training-step",
    "backward twice",
    "2.00 times | backward() once",
    "loss.backward()\n",
    "loss.backward()\nloss_function(model(Tensor(x)), Tensor(y)).backward()\n",
)
slip("training-step", "a Tensor comes back", "a Tensor where plain numbers belong", "return loss.item()", "return loss")
slip(
    "training-step",
    "the loss after the step",
    "the loss before the step",
    "return loss.item()",
    "return loss_function(model(Tensor(x)), Tensor(y)).item()",
)
slip("training-step", "no return", "return", "return loss.item()", "loss.item()")
slip(
    "training-step",
    "a number of NumPy",
    "return a Python float",
    "return loss.item()",
    "return np.float32(loss.item())",
)
slip(
    "training-step",
    "a softmax before the loss",
    "the loss before the step",
    "model(Tensor(x))",
    "Softmax()(model(Tensor(x)))",
)
slip(
    "training-step",
    "the targets first",
    "line",
    "loss_function(model(Tensor(x)), Tensor(y))",
    "loss_function(Tensor(y), model(Tensor(x)))",
)
slip(
    "training-step",
    "inside no_grad",
    "line",
    "loss = loss_function(model(Tensor(x)), Tensor(y))",
    "with no_grad():\n    loss = loss_function(model(Tensor(x)), Tensor(y))",
)
slip(
    "training-step",
    "only the weights are cleared",
    "old gradients of 0.5",
    "optimizer.zero_grad()",
    "model.parameters()[0].grad = None",
)

# training-loop

slip(
    "training-loop",
    "the accuracy is measured while recording",
    "only steps of training are recorded",
    "with no_grad():\n            logits",
    "if True:\n            logits",
)
slip("training-loop", "no shuffling", "a new random order", "rng.permutation(len(x))", "np.arange(len(x))")
slip(
    "training-loop",
    "one order for all epochs",
    "a new random order",
    "order = rng.permutation(len(x))",
    "order = np.random.default_rng(0).permutation(len(x))",
)
slip("training-loop", "a generator of its own", "draw from rng only", "rng.permutation", "np.random.permutation")
slip(
    "training-loop",
    "the last batch is left out",
    "the mean over all examples",
    "range(0, len(x), batch_size)",
    "range(0, len(x) - batch_size + 1, batch_size)",
)
slip("training-loop", "the mean of the batch means", "the mean over all examples", "* len(batch)", "* batch_size")
slip("training-loop", "divided by the batches", "the mean over all examples", "total / len(x)", "total / batch_size")
slip("training-loop", "the sum of the losses", "10.00 times | Divide by x.", "total / len(x)", "total")
slip("training-loop", "labels in their old order", "by the same indices", "y[batch]", "y[start:start + batch_size]")
slip(
    "training-loop",
    "both in their old order",
    "a new random order",
    "batch = order[start:start + batch_size]",
    "batch = np.arange(len(x))[start:start + batch_size]",
)
slip(
    "training-loop",
    "total is never set back",
    "the mean over all examples",
    "order = rng.permutation(len(x))\n    total = 0.0",
    "order = rng.permutation(len(x))\n    total = total if _ else 0.0",
)
slip(
    "training-loop",
    "with replacement",
    "the mean over all examples",
    "rng.permutation(len(x))",
    "rng.integers(0, len(x), len(x))",
)
slip(
    "training-loop",
    "the accuracy is noted twice",
    "one accuracy after each epoch",
    "accuracy(logits, validation[1]))",
    "accuracy(logits, validation[1]))\n        history['accuracy'].append(history['accuracy'][-1])",
)
slip(
    "training-loop",
    "the accuracy of the training data",
    "the accuracy on the validation pair",
    "validation[0]",
    "x[:len(validation[0])]",
)
slip("training-loop", "one epoch too many", "expected", "range(epochs)", "range(epochs + 1)")
slip("training-loop", "always 0", "the accuracy on the validation pair", "accuracy(logits, validation[1])", "0.0")
slip("training-loop", "the loss of the last batch", "the mean over all examples", "total += ", "total = ")
slip(
    "training-loop",
    "an optimizer of its own",
    "the mean over all examples",
    "train_step(model, loss_function, optimizer, ",
    "train_step(model, loss_function, SGD(model.parameters(), lr=0.1), ",
)

# training-xor

XOR = "xor_model = MLP({}, xor_rng)\nxor_history = train(xor_model, BCEWithLogitsLoss(), {}, xor_x, xor_y, {}, 4, xor_rng)"
ADAM = "Adam(xor_model.parameters(), lr=0.05)"
wrong("training-xor", "no hidden layer", "falls by more than half", XOR.format("(2, 1)", ADAM, 300))
wrong("training-xor", "too few epochs", "falls by more than half", XOR.format("(2, 8, 1)", ADAM, 3))
wrong(
    "training-xor",
    "a tiny learning rate",
    "falls by more than half",
    XOR.format("(2, 8, 1)", "SGD(xor_model.parameters(), lr=1e-4)", 300),
)
wrong(
    "training-xor",
    "another model's optimizer",
    "falls by more than half",
    XOR.format("(2, 8, 1)", "Adam(MLP((2, 8, 1), xor_rng).parameters(), lr=0.05)", 300),
)
wrong(
    "training-xor",
    "trained, then made anew",
    "which points are of class 1",
    XOR.format("(2, 8, 1)", ADAM, 300) + "\nxor_model = MLP((2, 1), xor_rng)",
)
wrong(
    "training-xor",
    "only the last epoch is kept",
    "xor_history is what train returned",
    "\n".join([XOR.format("(2, 8, 1)", ADAM, 300), XOR.format("(2, 8, 1)", ADAM, 1)]),
)

# training-digits

slip("training-digits", "hardly trained", "half of it should be reached", "epochs_for(1600, 100, len(x))", "1")
slip("training-digits", "a learning rate of 3", "half of it should be reached", "lr=0.003", "lr=3.0")
slip("training-digits", "eleven logits", "ten digits, ten logits", "96, 10)", "96, 11)")
slip(
    "training-digits",
    "learns from the global training set",
    "learn from x and y, not from train_x",
    "optimizer, x, y, epochs",
    "optimizer, train_x, train_y, epochs",
)
slip(
    "training-digits",
    "the optimizer of another model",
    "half of it should be reached",
    "Adam(model.parameters(), lr=0.003)",
    "Adam(MLP((2, 2), rng).parameters(), lr=0.003)",
)
slip("training-digits", "no rate at all", "half of it should be reached", "lr=0.003", "lr=1e-7")

# training-accuracy

wrong(
    "training-accuracy",
    "on the training data",
    "the accuracy on the training data",
    "digits_accuracy = accuracy(probabilities(digits_model, train_x), train_y)",
)
wrong(
    "training-accuracy",
    "on the validation data",
    "the accuracy on the validation data",
    "digits_accuracy = accuracy(probabilities(digits_model, valid_x), valid_y)",
)
wrong(
    "training-accuracy",
    "the last of the history",
    "the accuracy on the validation data",
    "digits_accuracy = float(digits_history['accuracy'][-1])",
)
wrong(
    "training-accuracy",
    "in percent",
    "100.00 times",
    "digits_accuracy = 100 * accuracy(probabilities(digits_model, test_x), test_y)",
)
wrong(
    "training-accuracy",
    "the errors",
    "the share of all test images",
    "digits_accuracy = 1 - accuracy(probabilities(digits_model, test_x), test_y)",
)
wrong(
    "training-accuracy",
    "the first hundred",
    "the share of all test images",
    "digits_accuracy = accuracy(probabilities(digits_model, test_x[20:120]), test_y[20:120])",
)
wrong(
    "training-accuracy",
    "the mean largest probability",
    "the share of all test images",
    "digits_accuracy = float(probabilities(digits_model, test_x).max(axis=1).mean())",
)
wrong(
    "training-accuracy",
    "a number of NumPy",
    "a Python float",
    "digits_accuracy = np.float32(accuracy(probabilities(digits_model, test_x), test_y))",
)

# comparison-budget

slip(
    "comparison-budget",
    "no biases",
    "every layer has weights and biases",
    "inputs * outputs + outputs",
    "inputs * outputs",
)
slip(
    "comparison-budget",
    "a bias for each input",
    "every layer has weights and biases",
    "inputs * outputs + outputs",
    "inputs * outputs + inputs",
)
slip(
    "comparison-budget",
    "one bias per layer",
    "every layer has weights and biases",
    "inputs * outputs + outputs",
    "inputs * outputs + 1",
)
slip(
    "comparison-budget",
    "the last layer is left out",
    "every layer has weights and biases",
    "zip(sizes[:-1], sizes[1:], strict=True)",
    "zip(sizes[:-2], sizes[1:-1], strict=True)",
)
slip("comparison-budget", "less than the budget only", "and fits", "<= budget", "< budget")
slip(
    "comparison-budget",
    "one too wide",
    "and fits, width",
    "return (inputs, *[width] * depth, outputs)",
    "return (inputs, *[width + 1] * depth, outputs)",
)
slip(
    "comparison-budget",
    "a list",
    "sizes are a tuple",
    "return (inputs, *[width] * depth, outputs)",
    "return [inputs, *[width] * depth, outputs]",
)
slip(
    "comparison-budget",
    "one hidden layer, whatever the depth",
    "Expected (",
    "return (inputs, *[width] * depth, outputs)",
    "return (inputs, width, outputs)",
)
slip("comparison-budget", "width 0", "Nothing was raised | width 1 needs 5", "if width == 0:", "if width < 0:")
slip("comparison-budget", "asserts", "that you raise yourself", "if width == 0:\n", "assert width\nif width == 0:\n")

# comparison-depth

slip(
    "comparison-depth",
    "other orders than those of the seed",
    "two generators of its seed",
    "np.random.default_rng(seed), validation)",
    "np.random.default_rng(seed + 1), validation)",
)
slip(
    "comparison-depth",
    "the model is made once per depth",
    "a fresh MLP",
    "for seed in seeds:\n    model = MLP(sizes, np.random.default_rng(seed))",
    "model = MLP(sizes, np.random.default_rng(seeds[0]))\nfor seed in seeds:",
)
slip("comparison-depth", "the first epoch's loss", "keeps the last epoch", 'history["loss"][-1]', 'history["loss"][0]')
slip(
    "comparison-depth",
    "the best accuracy of all epochs",
    "keeps the last epoch",
    'history["accuracy"][-1]',
    'max(history["accuracy"]) + 0.05',
)
slip("comparison-depth", "Adam with its own rate", "a fresh Adam", "lr=lr", "lr=0.05")
slip(
    "comparison-depth",
    "the same seed for all",
    "of its seed",
    "model = MLP(sizes, np.random.default_rng(seed))",
    "model = MLP(sizes, np.random.default_rng(0))",
)
slip("comparison-depth", "the budget in the place of the count", "the parameters of", "parameters_in(sizes)", "budget")
slip(
    "comparison-depth",
    "sizes of the hidden layers only",
    "the sizes at depth",
    '"sizes": sizes',
    '"sizes": sizes[1:-1]',
)
slip(
    "comparison-depth",
    "losses and accuracies swapped",
    "keeps the last epoch",
    'record["losses"].append(history["loss"][-1])',
    'record["losses"].append(history["accuracy"][-1])',
)
slip(
    "comparison-depth",
    "one record for all",
    "a record for each depth",
    "records[depth] = record",
    "records[depths[0]] = record",
)
slip(
    "comparison-depth",
    "all losses",
    "shape is (6,) | keeps the last epoch",
    'record["losses"].append(history["loss"][-1])',
    'record["losses"] += history["loss"]',
)

wrong(
    "training-xor",
    "the weights that were set by hand",
    "trained, not the weights of xor_by_hand",
    "xor_model = xor_by_hand()\nxor_history = {'loss': [0.7, 0.1], 'accuracy': []}",
)

# Mutants that are no mistakes

for exercise in ("model-architecture", "comparison-budget"):  # strict=True is a seat belt: the lengths are equal
    equivalent(exercise, "sizes[1:], strict=True)' -> ")
    equivalent(exercise, "'True' -> 'False'")
equivalent("model-xor", "'2' -> '3'")  # the logit at (1, 1) becomes -1.5: as right
equivalent("model-probabilities", "'Tensor(x)' -> 'x'")  # layers take arrays too
equivalent("training-step", "'Tensor(x)' -> 'x'")
equivalent("training-step", "'Tensor(y)' -> 'y'")  # and so do losses
equivalent("training-loop", "'Tensor(validation[0])' -> 'validation[0]'")
for exercise in ("training-xor", "training-digits"):
    equivalent(exercise, "")  # settings are a choice: no mutant is tried
