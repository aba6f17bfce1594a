"""The grader's part of milestone 2: digits as no submission has seen them. Never released, never packaged.

The 8x8 digits that come with the course, divided anew, with a little noise, their pixels in a secret order and their
classes renamed: knowing that a ring is a zero says nothing about the labels here. To an MLP the order of the pixels
makes no difference. Images and labels to learn from go to the student's ``fit_digits``; of the others only the images.
"""

from __future__ import annotations

import numpy as np

from tito import datasets

LEARN, VALIDATE = 1300, 140  # of 1,797; the rest is asked for
PIXEL_MAX = 16
NOISE = 1


def make(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The arrays to hand over (labelled ones, and the images asked for), and the labels of the latter, which stay."""
    data = datasets.digits()
    images = np.concatenate([data.train_images, data.test_images]).astype(np.int64)
    labels = np.concatenate([data.train_labels, data.test_labels])
    order = rng.permutation(len(labels))
    rows = images.reshape(len(images), -1)[order][:, rng.permutation(64)]
    rows = np.clip(rows + rng.integers(-NOISE, NOISE + 1, rows.shape), 0, PIXEL_MAX).astype(np.uint8)
    labels = rng.permutation(10)[labels[order]].astype(np.uint8)
    known, last = LEARN + VALIDATE, len(labels)
    given = {
        "learn_rows": rows[:LEARN], "learn_labels": labels[:LEARN], "valid_rows": rows[LEARN:known],
        "valid_labels": labels[LEARN:known], "rows": rows[known:last],
    }  # fmt: skip
    return given, labels[known:last]


ASKED = f"""
if "practice_share" not in globals():
    raise RuntimeError("the practice digits were not learned, so these were not tried")
learn_x, valid_x, x = (part.astype("float32") / {PIXEL_MAX} for part in (learn_rows, valid_rows, rows))
learn_y, valid_y = learn_labels.astype("int64"), valid_labels.astype("int64")
model, _ = fit_digits(learn_x, learn_y, (valid_x, valid_y), numpy.random.default_rng(0))
answer = numpy.asarray(probabilities(model, x)).argmax(axis=1)
"""

ITEMS = {"training-digits": {"make": make, "ask": ASKED, "lowest": 0.83, "highest": 0.93}}
