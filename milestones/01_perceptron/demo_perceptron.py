"""Milestone 1 at work: the student's own framework bends a boundary around two moons, drawn with characters.

Run by ``tito milestone demo perceptron`` in a process of its own, where ``tinytorch`` is what the student exported:
``demo_perceptron.py WIDTH [--ascii]``. It prints the picture, and leaves its figures in ``figures.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from tinytorch.activations import ReLU
from tinytorch.layers import Linear, Module
from tinytorch.losses import BCEWithLogitsLoss
from tinytorch.tensor import Tensor, no_grad

POINTS, HIDDEN, EPOCHS, BATCH, RATE = 200, 32, 60, 20, 0.3
LEFT, RIGHT, LOW, HIGH = -1.9, 1.9, -1.25, 1.25
ROWS, WIDEST = 15, 72
PLAIN = {"lower": " ", "upper": ":", "point 0": "o", "point 1": "x"}
PRETTY = {"lower": " ", "upper": "░", "point 0": "○", "point 1": "●"}


class TwoLayers(Module):
    """Two inputs, a hidden layer of ReLU units, one logit."""

    def __init__(self, rng):
        super().__init__()
        self.hidden = Linear(2, HIDDEN, rng=rng)
        self.output = Linear(HIDDEN, 1, rng=rng)
        self.activation = ReLU()

    def forward(self, x):
        return self.output(self.activation(self.hidden(x)))


def make_moons(n, rng):
    """Two interleaved half circles: points (n, 2) and labels (n, 1), float32."""
    label = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    points = np.where(label[:, None] == 0, upper, -upper) + rng.normal(0, 0.1, (n, 2))
    return points.astype(np.float32), label[:, None].astype(np.float32)


def step_by_hand(model, x, y):
    """One step down the loss: the framework's forward pass, and the gradients that milestone 1 derives."""
    with no_grad():
        z = model.hidden(Tensor(x))
        h = model.activation(z)
        logits = model.output(h)
    logits_grad = (0.5 * (1 + np.tanh(logits.data / 2)) - y) / np.float32(len(x))  # (N, 1)
    z_grad = logits_grad @ model.output.weight.data * (z.data > 0)  # (N, H)
    model.output.weight.data -= RATE * (logits_grad.T @ h.data)
    model.output.bias.data -= RATE * logits_grad.sum(axis=0)
    model.hidden.weight.data -= RATE * (z_grad.T @ x)
    model.hidden.bias.data -= RATE * z_grad.sum(axis=0)


def measure(model, x, y):
    """Loss and share of points on the right side."""
    with no_grad():
        logits = model(Tensor(x))
        return BCEWithLogitsLoss()(logits, Tensor(y)).item(), float(np.mean((logits.data > 0) == (y > 0.5)))


def picture(model, x, y, width, signs):
    """The plane with the model's two sides, and the points on it."""
    across, down = np.meshgrid(np.linspace(LEFT, RIGHT, width), np.linspace(HIGH, LOW, ROWS))
    with no_grad():
        sides = model(Tensor(np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float32))).data > 0
    drawn = np.where(sides.reshape(ROWS, width), signs["upper"], signs["lower"])
    columns = np.clip(np.rint((x[:, 0] - LEFT) / (RIGHT - LEFT) * (width - 1)), 0, width - 1).astype(int)
    rows = np.clip(np.rint((HIGH - x[:, 1]) / (HIGH - LOW) * (ROWS - 1)), 0, ROWS - 1).astype(int)
    drawn[rows, columns] = np.where(y[:, 0] > 0.5, signs["point 1"], signs["point 0"])
    return [("  " + "".join(row)).rstrip() for row in drawn]


def main(width, plain):
    signs, rng = PLAIN if plain else PRETTY, np.random.default_rng(1957)
    x, y = make_moons(POINTS, rng)
    model, figures = TwoLayers(rng), {}
    print(f"{POINTS} points of two moons: {signs['point 0']} is one moon, {signs['point 1']} the other;")
    print(f"{signs['upper']} marks where your network answers {signs['point 1']}.")
    for when, epochs in (("before training", 0), (f"after {EPOCHS} epochs", EPOCHS)):
        for _ in range(epochs):
            order = rng.permutation(POINTS)
            for begin in range(0, POINTS, BATCH):
                step_by_hand(model, x[order[begin : begin + BATCH]], y[order[begin : begin + BATCH]])
        loss, share = measure(model, x, y)
        figures |= {f"loss {when}": loss, f"share right {when}": share}
        print(f"\n{when}: loss {loss:.3f}, {share:.1%} on the right side")
        print("\n".join(picture(model, x, y, min(width, WIDEST) - 4, signs)), flush=True)
    Path("figures.json").write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]), "--ascii" in sys.argv)
