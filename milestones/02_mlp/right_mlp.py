"""Right answers to milestone 2, written differently: every check must let them pass."""

RIGHT = {
    "model-architecture": {
        "one Sequential": [
            "parts = []\nfor a, b in zip(sizes, sizes[1:]):\n    parts += [Linear(a, b, rng=rng), ReLU()]\nself.body = Sequential(*parts[:-1])",
            "return self.body(x)",
        ],
        "a ReLU before all layers but the first": [
            "self.layers = [Linear(sizes[i], sizes[i + 1], rng=rng) for i in range(len(sizes) - 1)]",
            "for i, layer in enumerate(self.layers):\n    x = layer(ReLU()(x) if i else x)\nreturn x",
        ],
        "recursion": [
            "self.first = Linear(sizes[0], sizes[1], rng=rng)\nself.rest = MLP(sizes[1:], rng) if len(sizes) > 2 else None",
            "x = self.first(x)\nreturn x if self.rest is None else self.rest(ReLU()(x))",
        ],
    },
    "model-xor": {
        "two differences": [
            "hidden_weight.data[...] = [[1, -1], [-1, 1]]\nhidden_bias.data[...] = 0\noutput_weight.data[...] = 1\noutput_bias.data[...] = -0.5",
        ],
        "the output counts down": [
            "hidden_weight.data[...] = 1\nhidden_bias.data[...] = [-1, 0]\noutput_weight.data[...] = [[-20, 10]]\noutput_bias.data[...] = [-5]",
        ],
        "neither and both": [
            "hidden_weight.data[...] = [[-1, -1], [1, 1]]\nhidden_bias.data[...] = [1, -1]\noutput_weight.data[...] = [[-2, -2]]\noutput_bias.data[...] = [1]",
        ],
    },
    "model-probabilities": {
        "its own softmax": [
            "with no_grad():\n    logits = model(Tensor(x)).data\npowers = np.exp(logits - logits.max(axis=1, keepdims=True))\nreturn powers / powers.sum(axis=1, keepdims=True)",
        ],
        "softmax outside": ["with no_grad():\n    logits = model(Tensor(x))\nreturn Softmax()(logits).data"],
        "through numpy()": [
            "with no_grad():\n    chances = Softmax()(model(Tensor(x)))\nreturn np.asarray(chances.numpy())"
        ],
    },
    "training-step": {
        "cleared by hand, late": [
            "loss = loss_function(model(Tensor(x)), Tensor(y))\nfor parameter in model.parameters():\n    parameter.grad = None\nloss.backward()\noptimizer.step()\nreturn float(loss.data)",
        ],
        "the loss is kept first": [
            "loss = loss_function(model(Tensor(x)), Tensor(y))\nvalue = loss.item()\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()\nreturn value",
        ],
        "in one line": [
            "optimizer.zero_grad()\n(loss := loss_function(model(Tensor(x)), Tensor(y))).backward()\noptimizer.step()\nreturn float(loss.item())",
        ],
    },
    "training-loop": {
        "lists of pieces": [
            "for _ in range(epochs):\n    order = rng.permutation(len(x))\n    pieces = np.split(order, range(batch_size, len(x), batch_size))\n    losses = [train_step(model, loss_function, optimizer, x[p], y[p]) for p in pieces]\n    history['loss'].append(float(np.average(losses, weights=[len(p) for p in pieces])))\n    if validation:\n        with no_grad():\n            history['accuracy'].append(accuracy(model(Tensor(validation[0])), validation[1]))",
        ],
        "shuffles in place": [
            "order = np.arange(len(x))\nfor _ in range(epochs):\n    rng.shuffle(order)\n    total = 0\n    for i in range(0, len(order), batch_size):\n        p = order[i:i + batch_size]\n        total += len(p) * train_step(model, loss_function, optimizer, x[p], y[p])\n    history['loss'].append(total / len(order))\n    if validation is not None:\n        with no_grad():\n            history['accuracy'].append(accuracy(model(Tensor(validation[0])), validation[1]))",
        ],
        "copies in the new order": [
            "for epoch in range(epochs):\n    order = rng.permutation(x.shape[0])\n    shuffled_x, shuffled_y = x[order], y[order]\n    losses, start = 0.0, 0\n    while start < len(x):\n        xs, ys = shuffled_x[start:start + batch_size], shuffled_y[start:start + batch_size]\n        losses += train_step(model, loss_function, optimizer, xs, ys) * len(xs) / len(x)\n        start += batch_size\n    history['loss'].append(losses)\n    if validation is not None:\n        inputs, labels = validation\n        with no_grad():\n            history['accuracy'].append(accuracy(model(Tensor(inputs)), labels))",
        ],
    },
    "training-xor": {
        "SGD": [
            "xor_model = MLP((2, 16, 1), xor_rng)\nxor_history = train(xor_model, BCEWithLogitsLoss(), SGD(xor_model.parameters(), lr=0.5), xor_x, xor_y, 600, 4, xor_rng)",
        ],
        "two hidden layers": [
            "xor_model = MLP((2, 8, 8, 1), xor_rng)\nxor_history = train(xor_model, BCEWithLogitsLoss(), Adam(xor_model.parameters(), lr=0.03), xor_x, xor_y, 300, 4, xor_rng)",
        ],
        "squared errors": [
            "xor_model = MLP((2, 16, 1), xor_rng)\nxor_history = train(xor_model, MSELoss(), Adam(xor_model.parameters(), lr=0.05), xor_x, 2 * xor_y - 1, 300, 4, xor_rng)",
        ],
    },
    "training-digits": {
        "two hidden layers": [
            "model = MLP((x.shape[1], 64, 32, 10), rng)\nadam = Adam(model.parameters(), lr=0.003)\nhistory = train(model, CrossEntropyLoss(), adam, x, y, epochs_for(1500, 50, len(x)), 50, rng, validation)\nreturn model, history",
        ],
        "SGD with momentum": [
            "model = MLP((x.shape[1], 80, 10), rng)\nsgd = SGD(model.parameters(), lr=0.1, momentum=0.9)\nhistory = train(model, CrossEntropyLoss(), sgd, x, y, epochs_for(1500, 100, len(x)), 100, rng, validation)\nreturn model, history",
        ],
    },
    "training-accuracy": {
        "by hand": ["digits_accuracy = float((probabilities(digits_model, test_x).argmax(axis=1) == test_y).mean())"],
        "of the logits": ["with no_grad():\n    digits_accuracy = accuracy(digits_model(Tensor(test_x)), test_y)"],
        "counted": [
            "hits = sum(int(np.argmax(p)) == int(t) for p, t in zip(probabilities(digits_model, test_x), test_y))\ndigits_accuracy = hits / len(test_y)",
        ],
    },
    "comparison-budget": {
        "from above": [
            "total = 0\nfor i in range(1, len(sizes)):\n    total += (sizes[i - 1] + 1) * sizes[i]\nreturn total",
            "for width in range(budget, 0, -1):\n    sizes = (inputs,) + (width,) * depth + (outputs,)\n    if parameters_in(sizes) <= budget:\n        return sizes\nraise ValueError('too small')",
        ],
        "NumPy": [
            "sizes = np.array(sizes)\nreturn int(((sizes[:-1] + 1) * sizes[1:]).sum())",
            "fits = [w for w in range(1, budget) if parameters_in((inputs, *[w] * depth, outputs)) <= budget]\nif not fits:\n    raise ValueError(budget)\nreturn (inputs, *[fits[-1]] * depth, outputs)",
        ],
    },
    "comparison-depth": {
        "comprehensions": [
            "runs = []\nfor seed in seeds:\n    model = MLP(sizes, np.random.default_rng(seed))\n    runs.append(train(model, CrossEntropyLoss(), Adam(model.parameters(), lr=lr), x, y, epochs, batch_size, rng=np.random.default_rng(seed), validation=validation))\nrecords[depth] = dict(sizes=sizes, parameters=sum(p.size for p in model.parameters()), losses=[run['loss'][-1] for run in runs], accuracies=[run['accuracy'][-1] for run in runs])",
        ],
        "a helper": [
            "def run(seed):\n    model = MLP(sizes, np.random.default_rng(seed))\n    adam = Adam(model.parameters(), lr=lr)\n    history = train(model, CrossEntropyLoss(), adam, x, y, epochs, batch_size, np.random.default_rng(seed), validation)\n    return history['loss'][-1], history['accuracy'][-1]\nlosses, accuracies = zip(*map(run, seeds))\nrecords[depth] = {'sizes': sizes, 'parameters': parameters_in(sizes), 'losses': list(losses), 'accuracies': list(accuracies)}",
        ],
    },
}
