"""What notebooks draw to explain arrays: how shapes broadcast, and how a Tensor was made."""

from __future__ import annotations

from typing import Any

import numpy as np


def show_broadcast(left: np.ndarray, right: np.ndarray) -> None:
    """Draw the sum of two arrays that broadcast to one table. Dark cells exist in memory, pale ones are read again.

    >>> show_broadcast(np.array([[10], [20]]), np.array([1, 0, 2]))  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    total = np.atleast_2d(left + right)
    figure, panels = plt.subplots(1, 3, figsize=(3 * total.shape[1], 0.7 + 0.5 * total.shape[0]), layout="constrained")
    titles = (f"{left.shape}", f"+ {right.shape}", f"= {(left + right).shape}")
    for axes, array, title in zip(panels, (left, right, left + right), titles, strict=True):
        values = np.broadcast_to(array, total.shape)
        exists = np.ones(total.shape, dtype=bool)
        for axis, stride in enumerate(values.strides):
            if stride == 0 and total.shape[axis] > 1:
                exists &= np.arange(total.shape[axis]).reshape(-1, *[1] * (total.ndim - 1 - axis)) == 0
        axes.imshow(np.where(exists, 1.0, 0.25), cmap="Blues", vmin=0, vmax=1.6)
        for (i, j), value in np.ndenumerate(values):
            axes.text(j, i, f"{value:g}", ha="center", va="center")
        axes.set_title(title, fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
    plt.show()
    plt.close(figure)


def show_origin(tensor: Any) -> None:
    """Print how a Tensor was made: each operation with its options and shape, and what went in indented below.

    >>> show_origin(Tensor([1.0, 2.0], requires_grad=True).sum())  # doctest: +SKIP
    sum -> ()
        given (2,), requires a gradient
    """
    waiting, seen = [(tensor, 0)], set()
    while waiting:
        current, depth = waiting.pop()
        if current.origin is None:
            value = f" {current.data.item():g}" if current.data.size == 1 else ""
            said = f"given{value} {current.shape}" + (", requires a gradient" if current.requires_grad else "")
        else:
            name, inputs, options = current.origin
            again = id(current) in seen
            said = f"{name}{f' {options}' if options else ''} -> {current.shape}" + (", as above" if again else "")
            waiting += [] if again else [(each, depth + 1) for each in reversed(inputs)]
            seen.add(id(current))
        print("    " * depth + said)
