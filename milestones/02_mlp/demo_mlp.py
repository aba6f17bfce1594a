"""Milestone 2 at work: the student's own framework learns handwritten digits and reads three that it has never seen.

Run by ``tito milestone demo mlp`` in a process of its own, where ``tinytorch`` is what the student exported:
``demo_mlp.py WIDTH [--ascii]``. It prints the pictures, and leaves its figures in ``figures.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from tinytorch.activations import ReLU, Softmax
from tinytorch.layers import Linear, Module
from tinytorch.losses import CrossEntropyLoss
from tinytorch.optimizers import Adam
from tinytorch.tensor import Tensor, no_grad
from tito import datasets

HIDDEN, EPOCHS, BATCH, RATE = 64, 12, 50, 0.005
PLAIN = {"shades": " .:-=+*#%@", "bar": "#"}
PRETTY = {"shades": " ░▒▓█", "bar": "█"}
BAR_WIDTH = 20


class TwoLayers(Module):
    """The pixels of a digit, a hidden layer of ReLU units, ten logits."""

    def __init__(self, pixels, rng):
        super().__init__()
        self.hidden = Linear(pixels, HIDDEN, rng=rng)
        self.output = Linear(HIDDEN, 10, rng=rng)
        self.activation = ReLU()

    def forward(self, x):
        return self.output(self.activation(self.hidden(x)))


def rows(images, pixel_max):
    """Images (N, height, width) as float32 rows from 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(pixel_max)


def train(x, labels, rng):
    """A network trained with the framework's own gradients, and the mean loss of its last epoch."""
    model = TwoLayers(x.shape[1], rng)
    loss_function, optimizer = CrossEntropyLoss(), Adam(model.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        order, losses = rng.permutation(len(x)), []
        for begin in range(0, len(x), BATCH):
            batch = order[begin : begin + BATCH]
            optimizer.zero_grad()
            loss = loss_function(model(Tensor(x[batch])), Tensor(labels[batch]))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return model, float(np.mean(losses))


def probabilities_of(model, x):
    """What the network believes of each row: (N, 10)."""
    with no_grad():
        return np.asarray(Softmax()(model(Tensor(x))).data)


def picture(image, pixel_max, shades):
    """A digit, two characters a pixel."""
    level = np.rint(image / pixel_max * (len(shades) - 1)).astype(int)
    return ["".join(shades[value] * 2 for value in row) for row in level]


def bars(probabilities, bar):
    """One line for each digit: a bar and a number."""
    lengths = [round(share * BAR_WIDTH) for share in probabilities]
    return [f"{digit} {probabilities[digit]:6.1%} {bar * length}".rstrip() for digit, length in enumerate(lengths)]


def side_by_side(left, right):
    width = max(map(len, left)) + 2
    left = left + [""] * (len(right) - len(left))
    return [f"  {a:<{width}}{b}".rstrip() for a, b in zip(left, right, strict=True)]


def chosen(probabilities, labels):
    """The digit read with most certainty, the one with least, and the worst mistake if there is one."""
    sure, read = probabilities.max(axis=1), probabilities.argmax(axis=1)
    found = [("the surest", int(sure.argmax())), ("the least sure", int(sure.argmin()))]
    wrong = np.flatnonzero(read != labels)
    if len(wrong):
        found.append(("the surest mistake", int(wrong[sure[wrong].argmax()])))
    return found


def main(width, plain):
    signs, rng = PLAIN if plain else PRETTY, np.random.default_rng(1986)
    data = datasets.digits()
    model, loss = train(rows(data.train_images, data.pixel_max), data.train_labels, rng)
    probabilities = probabilities_of(model, rows(data.test_images, data.pixel_max))
    share = float(np.mean(probabilities.argmax(axis=1) == data.test_labels))
    print(f"{EPOCHS} epochs over {len(data.train_labels)} digits, loss {loss:.3f} at the end.")
    print(f"{share:.1%} of {len(data.test_labels)} digits that it never saw are read right.")
    for title, place in chosen(probabilities, data.test_labels):
        read, label = int(probabilities[place].argmax()), int(data.test_labels[place])
        print(f"\n{title}: your network reads {read}, the label says {label}")
        image = picture(data.test_images[place], data.pixel_max, signs["shades"])
        print("\n".join(side_by_side(image, bars(probabilities[place], signs["bar"]))), flush=True)
    figures = {"loss of the last epoch": loss, "share of test digits read": share}
    Path("figures.json").write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]), "--ascii" in sys.argv)
