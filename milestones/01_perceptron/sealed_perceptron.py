"""The grader's part of milestone 1: a spiral that no submission has seen. Never released, never packaged.

A spiral like the notebook's, wound a little more or less, turned by a secret angle, perhaps mirrored, perhaps with its
classes swapped, and so that the formula of ``make_spiral`` says nothing about its labels. Points and labels to learn
from go to the student's ``fit_spiral``; of the others only the points do, in a random order.
"""

from __future__ import annotations

import numpy as np

LEARN, ASK = 400, 1000
NOISE = 0.1
KNOWN_TURNS = 1.25  # the notebook's spiral
GUESSING = 0.3, 0.7  # what the notebook's formula may get right


def make(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The arrays to hand over (train_x, train_y, x), and the labels of x, which stay here."""
    while True:
        x, y = _spiral(rng)
        shares = [np.mean(_by_formula(x * side) == y) for side in ((1, 1), (1, -1))]
        if all(GUESSING[0] < share < GUESSING[1] for share in shares):
            return {"train_x": x[:LEARN], "train_y": y[:LEARN, None], "x": x[LEARN:]}, y[LEARN:]


def _spiral(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    arm = rng.permutation(np.arange(LEARN + ASK) % 2)
    along = np.sqrt(rng.uniform(0, 1, len(arm)))
    radius = 0.3 + 2.7 * along
    angle = 2 * np.pi * rng.uniform(1.05, 1.45) * along + np.pi * arm + rng.uniform(0, 2 * np.pi)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) * (1, rng.choice([-1, 1]))
    x = (points + rng.normal(0, NOISE, points.shape)).astype(np.float32)
    return x, (arm ^ rng.integers(2)).astype(np.float32)


def _by_formula(x: np.ndarray) -> np.ndarray:
    """The labels that the points would have in the notebook's own spiral."""
    along = (np.hypot(*x.T) - 0.3) / 2.7
    return np.cos(np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * KNOWN_TURNS * along) < 0


ASKED = """
if "practice_share" not in globals():
    raise RuntimeError("the practice spiral was not learned, so this one was not tried")
model, _ = fit_spiral(train_x, train_y, numpy.random.default_rng(0))
answer = numpy.asarray(predict(model, x)).reshape(-1)
"""

ITEMS = {"training-spiral": {"make": make, "ask": ASKED, "lowest": 0.85, "highest": 0.95}}
