"""Answers to milestone 1 that differ from the reference: right ones of another shape, and wrong ones."""

DIFFERENT = {
    "model-architecture-answer": """\
class Perceptron(Module):
    def __init__(self, hidden_size, activation, rng):
        super().__init__()
        self.activation = activation
        layers = [Linear(in_features, out_features, rng=rng) for in_features, out_features in ((2, hidden_size), (hidden_size, 1))]
        self.hidden, self.output = layers

    def forward(self, x):
        z = x @ self.hidden.weight.T + self.hidden.bias
        h = self.activation(z)
        return h @ self.output.weight.T + self.output.bias
""",
    "model-prediction-answer": """\
def predict(model, x):
    with no_grad():
        scores = model(Tensor(x))
    return np.heaviside(scores.numpy(), np.float32(0)).astype("float32")


def accuracy(model, x, y):
    agreements = 0
    for guess, label in zip(predict(model, x).ravel(), np.ravel(y)):
        agreements += int(guess == label)
    return agreements / len(y)
""",
    "model-slope-answer": """\
def activation_slope(activation, z):
    out = activation(Tensor(z)).data
    if isinstance(activation, ReLU):
        return np.sign(out)
    return out - out * out
""",
    "training-gradients-answer": """\
def backward_by_hand(model, x, y):
    n = x.shape[0]
    with no_grad():
        z, h, logits = forward_pieces(model, x)
        # every example on its own, as outer products; the mean comes last
        error = Sigmoid()(Tensor(logits)).data - y
        model.output.weight.grad = np.einsum("no,nh->oh", error, h) / n
        model.output.bias.grad = error.mean(axis=0)
        delta = np.einsum("no,oh->nh", error, model.output.weight.data) * activation_slope(model.activation, z)
        model.hidden.weight.grad = np.einsum("nh,ni->hi", delta, x) / n
        model.hidden.bias.grad = delta.mean(axis=0)
        total = np.maximum(logits, 0) - logits * y + np.log1p(np.exp(-np.abs(logits)))
    return float(total.mean())
""",
    "training-loop-answer": """\
def train(model, x, y, epochs, learning_rate, batch_size, rng):
    history = []
    for epoch in range(epochs):
        shuffled = rng.permutation(len(x))
        pieces = np.split(shuffled, np.arange(batch_size, len(x), batch_size))
        total = 0.0
        for piece in pieces:
            total += backward_by_hand(model, x[piece], y[piece])
            for layer in (model.hidden, model.output):
                layer.weight.data[...] = layer.weight.data - learning_rate * layer.weight.grad
                layer.bias.data[...] = layer.bias.data - learning_rate * layer.bias.grad
        history.append(total / len(pieces))
    return history
""",
    "training-spiral-answer": """\
def fit_spiral(x, y, rng):
    learner, losses = Perceptron(96, ReLU(), rng), []
    while len(losses) < 300 and accuracy(learner, x, y) < 0.99:
        losses.extend(train(learner, x, y, 10, 0.25, 16, rng))
    return learner, losses
""",
    "comparison-activations-answer": """\
def compare_activations(activations, x, y, hidden_size, epochs, learning_rate, batch_size, seed):
    def run(activation):
        model, order = Perceptron(hidden_size, activation, np.random.default_rng(seed)), np.random.default_rng(seed)
        table = [
            (train(model, x, y, 1, learning_rate, batch_size, order)[0], accuracy(model, x, y)) for _ in range(epochs)
        ]
        record = dict(zip(("losses", "accuracies"), map(list, zip(*table))))
        record["final_loss"], record["accuracy"] = table[-1]
        record["epochs_to_90"] = next((1 + i for i, row in enumerate(table) if row[1] >= 0.9), None)
        return record

    return {name: run(activation) for name, activation in activations.items()}
""",
}

ASCENT = {
    "training-gradients-answer": [("(probability - y)", "(y - probability)")],
}

ENDLESS = {
    "training-spiral-answer": """\
def fit_spiral(x, y, rng):
    attempt, losses = Perceptron(4, Sigmoid(), rng), []
    while accuracy(attempt, x, y) < 0.999:
        losses += train(attempt, x, y, 1, 0.1, 50, rng)
    return attempt, losses
""",
}

THRESHOLD_AT_ONE_HALF = {
    "model-prediction-answer": [("(logits > 0)", "(logits > 0.5)")],
}

WEAKENED_TEST = "assert True  # works for me"

BROKEN_LAYERS = b"""\
class Module:
    def forward(self, x)
        return x
"""
