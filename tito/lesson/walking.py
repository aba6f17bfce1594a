"""Where optimizers are tried: a valley to walk through, and steps with gradients that are fixed beforehand.

Nothing here knows an optimizer: ``make`` takes a list of parameters and returns an object with ``params``, ``lr``
and ``step()``, which reads each parameter's ``grad`` and changes its ``data``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tito.lesson.pictures import show_descent, show_valley
from tito.lesson.tools import peak_bytes


class Valley:
    """The height (a x^2 + b y^2) / 2 over the plane, with its bottom at (0, 0); ``turned``: by about 37 degrees.

    >>> Valley((1, 20), start=(4, 1)).gradient(np.array([4.0, 1.0])).tolist()
    [4.0, 20.0]
    """

    def __init__(self, curvatures: Sequence[float], start: Sequence[float], turned: bool = False) -> None:
        turn = np.array([[0.8, -0.6], [0.6, 0.8]]) if turned else np.eye(2)
        self.curvatures = np.array(curvatures, dtype=np.float64)
        self.matrix = turn @ np.diag(self.curvatures) @ turn.T  # (2, 2)
        self.start = turn @ np.array(start, dtype=np.float64)

    def height(self, points: np.ndarray) -> np.ndarray:
        """The height at points (..., 2)."""
        return ((points @ self.matrix) * points).sum(axis=-1) / 2

    def gradient(self, points: np.ndarray) -> np.ndarray:
        """The gradient at points (..., 2)."""
        return points @ self.matrix

    def walk(self, make: Callable, walker: Any, steps: int, schedule: Callable | None = None) -> np.ndarray:
        """The path (steps + 1, 2) of a parameter from the start, under make([walker]) and, if wanted, a schedule."""
        walker.data[...] = self.start
        optimizer, path = make([walker]), [self.start]
        rates = None if schedule is None else schedule(optimizer)
        for _ in range(steps):
            walker.grad = self.gradient(walker.data).astype(walker.data.dtype)
            optimizer.step()
            path.append(walker.data.astype(np.float64))
            if rates is not None:
                rates.step()
        return np.array(path)

    def show(self, paths: dict[str, np.ndarray], reach: tuple[float, float], title: str = "") -> None:
        """Draw paths over lines of equal height."""
        show_valley(self.height, paths, reach, title)

    def show_heights(self, paths: dict[str, np.ndarray]) -> None:
        """Draw how high paths are after each step, on a logarithmic axis."""
        show_descent({name: self.height(path) for name, path in paths.items()}, "height")


def arrival(path: np.ndarray, within: float = 0.01) -> int | None:
    """The first step from which on a path (steps + 1, 2) stays so close to (0, 0); None if it does not.

    >>> arrival(np.array([[1.0, 0.0], [0.0, 0.0], [0.5, 0.0], [0.001, 0.0]]))
    3
    """
    outside = np.flatnonzero(~(np.linalg.norm(path, axis=1) < within))
    first = int(outside[-1]) + 1 if outside.size else 0
    return first if first < len(path) else None


def take_steps(
    make: Callable, parameters: Sequence[Any], gradients: Sequence[Sequence], rate: float | None = None
) -> Any:
    """The optimizer make(parameters) after one step for each entry of ``gradients``, one for each parameter.

    None stands for no gradient. With ``rate``, ``lr`` becomes that after the first step.
    """
    optimizer = make(list(parameters))
    for entry in gradients:
        for parameter, gradient in zip(parameters, entry, strict=True):
            parameter.grad = gradient
        optimizer.step()
        optimizer.lr = optimizer.lr if rate is None else rate
    return optimizer


def after(make: Callable, parameter: Any, gradients: Sequence) -> np.ndarray:
    """The array that a parameter had at first, after one step of make([parameter]) for each of the gradients."""
    array = parameter.data
    take_steps(make, [parameter], [[gradient] for gradient in gradients])
    return array


def step_bytes(make: Callable, parameter: Any) -> int:
    """The bytes of new arrays that the third step of make([parameter]) holds at one time."""
    parameter.grad = np.full_like(parameter.data, 0.5)
    optimizer = make([parameter])
    optimizer.step()
    optimizer.step()
    return peak_bytes(optimizer.step)
