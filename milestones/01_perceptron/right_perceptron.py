"""Right answers to milestone 1, written differently: every check must let them pass."""

LAYERS = "self.hidden, self.output = Linear(2, hidden_size, rng=rng), Linear(hidden_size, 1, rng=rng)"
STEP = "for p in model.parameters():\n            p.data[...] = p.data - learning_rate * p.grad"

RIGHT = {
    "model-architecture": {
        "by the formula": [
            LAYERS,
            "h = self.activation(x @ self.hidden.weight.T + self.hidden.bias)\nreturn h @ self.output.weight.T + self.output.bias",
        ],
        "step by step": [
            "sizes = (2, hidden_size, 1)\nself.hidden, self.output = (Linear(a, b, rng=rng) for a, b in zip(sizes, sizes[1:]))",
            "z = self.hidden(x)\nh = self.activation(z)\nlogits = self.output(h)\nreturn logits",
        ],
        "a loop over the layers": [
            "for name, inputs, outputs in (('hidden', 2, hidden_size), ('output', hidden_size, 1)):\n    setattr(self, name, Linear(inputs, outputs, rng=rng))",
            "for part in (self.hidden, self.activation, self.output):\n    x = part(x)\nreturn x",
        ],
    },
    "model-prediction": {
        "through the sigmoid": [
            "chances = Sigmoid()(model(Tensor(x))).data\nreturn np.where(chances > 0.5, 1, 0).astype(np.float32)",
            "right = predict(model, x) == y\nreturn float(right.sum() / len(x))",
        ],
        "by a step function": [
            "return np.heaviside(model(Tensor(x)).numpy(), 0).astype('float32')",
            "return sum(int(a == b) for a, b in zip(predict(model, x).ravel(), np.ravel(y))) / len(y)",
        ],
        "by absolute differences": [
            "out = model(Tensor(x)).data\nlabels = np.zeros(out.shape, np.float32)\nlabels[out > 0] = 1\nreturn labels",
            "return 1 - float(np.abs(predict(model, x) - y).mean())",
        ],
    },
    "model-slope": {
        "by the outputs": [
            "return np.sign(activation(Tensor(z)).data)",
            "p = activation(Tensor(z)).data\nreturn p - p * p",
        ],
        "where and a second sigmoid": [
            "return np.where(z > 0, np.ones_like(z), np.zeros_like(z))",
            "return activation(Tensor(z)).data * activation(Tensor(-z)).data",
        ],
        "by cosh": ["return np.float32(z > 0)", "return (0.25 * (1 - np.tanh(z / 2) ** 2)).astype(z.dtype)"],
    },
    "training-gradients": {
        "sums over outer products": [
            "n = len(x)\nerror = probability - y\nmodel.output.weight.grad = np.einsum('no,nh->oh', error, h) / n\nmodel.output.bias.grad = error.mean(axis=0)",
            "delta = np.einsum('no,oh->nh', error, model.output.weight.data) * activation_slope(model.activation, z)\n"
            "model.hidden.weight.grad = np.einsum('nh,ni->hi', delta, x) / n\nmodel.hidden.bias.grad = delta.mean(axis=0)",
        ],
        "one example at a time": [
            "g = (probability - y) / len(x)\nmodel.output.weight.grad = sum(g[i, 0] * h[i:i + 1] for i in range(len(x)))\nmodel.output.bias.grad = g.sum(0)",
            "slopes = activation_slope(model.activation, z)\ndelta = g * model.output.weight.data * slopes\n"
            "model.hidden.weight.grad = sum(np.outer(delta[i], x[i]) for i in range(len(x)))\nmodel.hidden.bias.grad = delta.sum(0)",
        ],
        "the mean at the end": [
            "error = probability - y\nmodel.output.weight.grad = error.T @ h / len(y)\nmodel.output.bias.grad = np.sum(error, axis=0) / len(y)",
            "back = (error @ model.output.weight.data) * activation_slope(model.activation, z)\n"
            "model.hidden.weight.grad = (x.T @ back).T / len(y)\nmodel.hidden.bias.grad = back.sum(axis=0) / len(y)",
        ],
        "a column of ones for the biases": [
            "g = (probability - y) / x.shape[0]\nones = np.ones((len(x), 1), dtype=g.dtype)\n"
            "model.output.weight.grad, model.output.bias.grad = g.T @ h, (g.T @ ones)[:, 0]",
            "d = np.matmul(g, model.output.weight.data) * activation_slope(model.activation, z)\n"
            "model.hidden.weight.grad, model.hidden.bias.grad = d.T @ x, (d.T @ ones)[:, 0]",
        ],
    },
    "training-loop": {
        "np.split": [
            "history = []\nfor epoch in range(epochs):\n    pieces = np.split(rng.permutation(len(x)), np.arange(batch_size, len(x), batch_size))\n    total = 0.0\n"
            f"    for piece in pieces:\n        total += backward_by_hand(model, x[piece], y[piece])\n        {STEP}\n"
            "    history.append(total / len(pieces))\nreturn history",
        ],
        "shuffled copies and a while": [
            "means = []\nwhile len(means) < epochs:\n    order = rng.permutation(len(x))\n    xs, ys, start, seen = x[order], y[order], 0, []\n"
            "    while start < len(xs):\n        seen.append(backward_by_hand(model, xs[start:start + batch_size], ys[start:start + batch_size]))\n"
            f"        {STEP}\n        start += batch_size\n    means.append(sum(seen) / len(seen))\nreturn means",
        ],
        "a helper and a comprehension": [
            "def step(batch):\n    loss = backward_by_hand(model, x[batch], y[batch])\n"
            "    for layer in (model.hidden, model.output):\n        layer.weight.data -= learning_rate * layer.weight.grad\n        layer.bias.data -= learning_rate * layer.bias.grad\n"
            "    return loss\n\n\ndef epoch():\n    order = rng.permutation(len(x))\n"
            "    return float(np.mean([step(order[i:i + batch_size]) for i in range(0, len(x), batch_size)]))\n\n\nreturn [epoch() for _ in range(epochs)]",
        ],
        "a new array for each step": [
            "history = []\nfor _ in range(epochs):\n    order, losses = rng.permutation(len(x)), []\n    for start in range(0, len(x), batch_size):\n"
            "        batch = order[start:start + batch_size]\n        losses.append(backward_by_hand(model, x[batch], y[batch]))\n"
            "        for p in model.parameters():\n            p.data = p.data - np.float32(learning_rate) * p.grad\n    history.append(float(np.mean(losses)))\nreturn history",
        ],
    },
    "training-spiral": {
        "until it is right": [
            "model, history = Perceptron(64, ReLU(), rng), []\nwhile len(history) < 300 and (not history or accuracy(model, x, y) < 0.99):\n    history += train(model, x, y, 20, 0.4, 20, rng)\nreturn model, history",
        ],
        "more units, smaller batches": [
            "learner = Perceptron(96, ReLU(), rng)\nlosses = train(learner, x, y, 120, 0.2, 10, rng)\nreturn learner, losses",
        ],
    },
    "comparison-activations": {
        "rows of a table": [
            "table = [(train(model, x, y, 1, learning_rate, batch_size, shuffle_rng)[0], accuracy(model, x, y)) for _ in range(epochs)]\n"
            "losses, accuracies = map(list, zip(*table))\n"
            "first = next((i + 1 for i, value in enumerate(accuracies) if value >= 0.9), None)\n"
            "records[name] = dict(losses=losses, accuracies=accuracies, final_loss=losses[-1], accuracy=accuracies[-1], epochs_to_90=first)",
        ],
        "a record that grows": [
            "record = records[name] = {'losses': [], 'accuracies': [], 'epochs_to_90': None}\nfor epoch in range(1, epochs + 1):\n"
            "    record['losses'].extend(train(model, x, y, 1, learning_rate, batch_size, shuffle_rng))\n"
            "    record['accuracies'].append(accuracy(model, x, y))\n"
            "    if record['epochs_to_90'] is None and record['accuracies'][-1] >= 0.9:\n        record['epochs_to_90'] = epoch\n"
            "record['final_loss'], record['accuracy'] = record['losses'][-1], record['accuracies'][-1]",
        ],
        "argmax of booleans": [
            "losses, right = [], np.zeros(epochs)\nfor i in range(epochs):\n    losses += train(model, x, y, 1, learning_rate, batch_size, shuffle_rng)\n    right[i] = accuracy(model, x, y)\n"
            "hit = right >= 0.9\nrecords[name] = {'losses': losses, 'accuracies': right.tolist(), 'final_loss': losses[-1], 'accuracy': float(right[-1]),\n"
            "                 'epochs_to_90': int(hit.argmax()) + 1 if hit.any() else None}",
        ],
    },
}
