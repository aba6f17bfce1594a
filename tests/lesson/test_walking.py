"""The valley and the fixed steps in which optimizers are tried, with a plain optimizer written here."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tito.lesson import Valley, after, arrival, step_bytes, take_steps


class Plain:
    """Gradient descent, with or without new arrays."""

    def __init__(self, params: list, lr: float = 0.05, wasteful: bool = False) -> None:
        self.params, self.lr, self.wasteful = params, lr, wasteful

    def step(self) -> None:
        for parameter in self.params:
            if parameter.grad is not None:
                parameter.data -= (
                    self.lr * parameter.grad
                    if self.wasteful
                    else np.multiply(parameter.grad, self.lr, out=parameter.grad)
                )


def parameter(*numbers: float) -> SimpleNamespace:
    return SimpleNamespace(data=np.array(numbers, dtype=np.float32), grad=None)


@pytest.mark.parametrize("turned", [False, True])
def test_a_walk_follows_the_gradient(turned: bool) -> None:
    valley = Valley((1, 20), (4, 1), turned)
    assert np.isclose(valley.height(valley.start), 18)
    path = valley.walk(Plain, parameter(0, 0), 3)
    by_hand = [valley.start]
    for _ in range(3):
        by_hand.append(by_hand[-1] - 0.05 * valley.gradient(by_hand[-1]))
    np.testing.assert_allclose(path, by_hand, rtol=1e-5, atol=1e-6)


def test_a_turn_changes_no_height() -> None:
    straight, turned = (Valley((1, 20), (4, 1), turn) for turn in (False, True))
    heights = [valley.height(valley.walk(Plain, parameter(0, 0), 30)) for valley in (straight, turned)]
    np.testing.assert_allclose(*heights, rtol=1e-4)


def test_a_schedule_steps_after_the_optimizer() -> None:
    class Stop:
        def __init__(self, optimizer: Plain) -> None:
            self.optimizer = optimizer

        def step(self) -> None:
            self.optimizer.lr = 0.0

    path = Valley((1, 20), (4, 1)).walk(Plain, parameter(0, 0), 3, schedule=Stop)
    assert not np.array_equal(path[0], path[1])
    assert np.array_equal(path[1], path[3])


@pytest.mark.parametrize(
    ("distances", "step"),
    [([1, 0.5, 0.001, 0], 2), ([1, 0, 1, 0], 3), ([0, 0], 0), ([1, 1], None), ([1, 0, np.nan], None)],
)
def test_arrival_is_for_good(distances: list[float], step: int | None) -> None:
    assert arrival(np.array([[0.0, distance] for distance in distances])) == step


def test_the_heights_of_a_path_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(plt, "show", lambda: drawn.extend(plt.gca().lines))
    valley = Valley((1, 20), (4, 1))
    path = valley.walk(Plain, parameter(0, 0), 3)
    valley.show_heights({"plain": path})
    valley.show({"plain": path}, (5, 2), "a walk")
    np.testing.assert_allclose(drawn[0].get_ydata(), valley.height(path))
    np.testing.assert_allclose(drawn[1].get_xydata(), path)


def test_steps_with_fixed_gradients() -> None:
    one, two = parameter(1, 2), parameter(3)
    gradients = [(np.float32([1, 1]), None), (np.float32([1, 1]), np.float32([2]))]
    optimizer = take_steps(Plain, [one, two], gradients)
    np.testing.assert_allclose(optimizer.params[0].data, [0.9, 1.9], rtol=1e-6)
    np.testing.assert_allclose(two.data, [2.9], rtol=1e-6)
    stopped = parameter(1, 2)
    take_steps(Plain, [stopped], [[np.float32([1, 1])], [np.float32([1, 1])]], rate=0.0)
    np.testing.assert_allclose(stopped.data, [0.95, 1.95], rtol=1e-6)


def test_after_looks_at_the_first_array() -> None:
    class Renamer(Plain):
        def step(self) -> None:
            self.params[0].data = self.params[0].data - self.params[0].grad

    gradients = [np.float32([1, 1]), None]
    np.testing.assert_allclose(after(Plain, parameter(1, 2), gradients), [0.95, 1.95], rtol=1e-6)
    assert after(Renamer, parameter(1, 2), gradients[:1]).tolist() == [1, 2]


def test_new_arrays_are_counted() -> None:
    big = SimpleNamespace(data=np.ones(100_000, dtype=np.float32), grad=None)
    assert step_bytes(Plain, big) < 10_000
    assert step_bytes(lambda params: Plain(params, wasteful=True), big) >= 400_000
