"""Pictures that notebooks draw beside their numbers: curves, landscapes with paths, and how arrays come about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def show_curves(x: np.ndarray, curves: Mapping[str, np.ndarray], title: str = "") -> None:
    """Draw curves over the same x, each with its name: the first one wide and grey, as what the others compare with.

    show_curves(x, {"sin x": np.sin(x), "a line": x})
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.5, 3), layout="constrained")
    for place, (name, y) in enumerate(curves.items()):
        axis.plot(x, y, label=name, **({} if place else {"color": "0.75", "linewidth": 5}))
    axis.set_title(title)
    axis.legend(fontsize=9)
    plt.show()
    plt.close(figure)


def show_valley(
    height: Callable[[np.ndarray], np.ndarray],
    paths: Mapping[str, np.ndarray],
    reach: tuple[float, float],
    title: str = "",
) -> None:
    """Draw lines of equal height and, over them, named paths of points (steps + 1, 2).

    ``height`` takes points (..., 2); the picture reaches from -reach to reach along both axes.

    >>> bowl = lambda points: (points**2).sum(axis=-1)
    >>> show_valley(bowl, {"straight": np.array([[2.0, 1.0], [0.0, 0.0]])}, (3, 2))  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
    x, y = np.meshgrid(*(np.linspace(-end, end, 161) for end in reach))
    heights = height(np.stack([x, y], axis=-1))
    axis.contour(x, y, heights, heights.max() * 0.4 ** np.arange(9.0, 0, -1), colors="#b5bcc6", linewidths=0.8)
    for name, path in paths.items():
        axis.plot(*path.T, "o-", markersize=2.5, linewidth=1, label=name)
    axis.plot(0, 0, "k+", markersize=10)
    axis.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]), xlabel="x", ylabel="y", title=title)
    axis.legend(fontsize=8, loc="lower left")
    plt.show()
    plt.close(figure)


def show_descent(curves: Mapping[str, Sequence[float]], ylabel: str, goal: float | None = None) -> None:
    """Draw named curves that count from step 0 on a logarithmic axis, and a dotted line at ``goal``.

    >>> show_descent({"slow": [8.0, 7.9, 7.8], "fast": [8.0, 2.0, 0.1]}, "loss", goal=0.2)  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.5, 3), layout="constrained")
    for name, values in curves.items():
        axis.semilogy(range(len(values)), values, label=name)
    if goal is not None:
        axis.axhline(goal, color="gray", linestyle=":")
    axis.set(xlabel="step", ylabel=ylabel)
    axis.legend(fontsize=8)
    plt.show()
    plt.close(figure)


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
