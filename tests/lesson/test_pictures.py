"""The pictures that notebooks share: what is drawn, and that no figure stays open."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tito.lesson import pictures, show_descent, show_valley


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[plt.Axes]:
    """The axes of each picture, as they were when it was shown."""
    axes: list[plt.Axes] = []
    monkeypatch.setattr(plt, "show", lambda: axes.extend(plt.gcf().axes))
    return axes


def test_a_valley_holds_every_path_and_its_name(shown: list[plt.Axes]) -> None:
    paths = {"one": np.array([[2.0, 1.0], [0.5, -0.5], [0.0, 0.0]]), "other": np.array([[-2.0, 1.0], [0.0, 0.0]])}
    show_valley(lambda points: (points**2).sum(axis=-1), paths, (3, 2), "a bowl")
    (axis,) = shown
    for line, (name, path) in zip(axis.lines, paths.items(), strict=False):
        assert line.get_label() == name
        assert np.array_equal(line.get_xydata(), path)
    assert axis.get_xlim() == (-3, 3)
    assert axis.get_title() == "a bowl"
    assert not plt.get_fignums()


def test_a_descent_counts_steps_from_0_and_marks_the_goal(shown: list[plt.Axes]) -> None:
    show_descent({"slow": [8.0, 7.0, 6.0], "fast": [8.0, 0.1]}, "loss", goal=0.2)
    slow, fast, goal = shown[0].lines
    assert slow.get_xydata().tolist() == [[0, 8], [1, 7], [2, 6]]
    assert fast.get_label() == "fast"
    assert set(goal.get_ydata()) == {0.2}
    assert shown[0].get_yscale() == "log"
    assert not plt.get_fignums()


def test_points_keep_their_classes_apart(shown: list[plt.Axes]) -> None:
    x, y = np.float32([[0, 0], [1, 2], [3, 1]]), np.float32([[0], [1], [0]])
    pictures.show_points({"A": (x, y), "B": (x[:2], y[:2])})
    (first, second), (axis, other) = axis_points(shown[0]), shown
    assert (first, second) == ([[0, 0], [3, 1]], [[1, 2]])
    assert [axis.get_title(), other.get_title()] == ["A", "B"]


def test_a_grid_reaches_around_all_points() -> None:
    gx, gy, points = pictures.grid_around(np.float32([[-1, 0], [2, 5]]), steps=7, margin=0.5)
    assert gx.shape == gy.shape == (7, 7) and points.shape == (49, 2) and points.dtype == np.float32
    assert (points.min(), points.max()) == (-1.5, 5.5)
    assert np.array_equal(points, np.stack([gx.ravel(), gy.ravel()], axis=1).astype(np.float32))


def test_a_units_line_lies_where_its_sum_is_0(shown: list[plt.Axes]) -> None:
    state = {
        "hidden.weight": np.float32([[1, 2], [0, 0], [0, -3]]),
        "hidden.bias": np.float32([-1, 1, 0.5]),
        "output.weight": np.float32([[1, -2, 1]]),
        "output.bias": np.float32([0.1]),
    }
    x, y = np.float32([[-1, -1], [2, 1]]), np.float32([[0], [1]])
    pictures.show_units({0: state, 9: state}, 2, x, y)
    assert [axis.get_title() for axis in shown] == ["epoch 0, unit 2 picked out", "epoch 9, unit 2 picked out"]
    lines = shown[0].get_lines()
    assert [line.get_linewidth() for line in lines] == [0.6, 2.5]  # unit 1, without weights, has no line
    for line, unit in zip(lines, (0, 2), strict=True):
        ends = np.array([line.get_xy1(), line.get_xy2()])
        assert np.allclose(ends @ state["hidden.weight"][unit] + state["hidden.bias"][unit], 0, atol=1e-5)


def test_without_a_live_kernel_the_sliders_say_what_they_need(capsys: pytest.CaptureFixture[str]) -> None:
    state = {"hidden.bias": np.zeros(3, np.float32)}
    pictures.explore_units({0: state}, np.zeros((2, 2), np.float32), np.zeros((2, 1), np.float32))
    assert "a live kernel" in capsys.readouterr().out


def test_pictures_move_turn_and_get_noise() -> None:
    image = np.zeros((1, 3, 3), np.float32)
    image[0, 0, 1] = 1
    assert pictures.perturb(image, right=1)[0].argmax() == 2
    assert pictures.perturb(image, down=2)[0].argmax() == 7
    assert pictures.perturb(image, turns=1)[0].argmax() == 5
    noisy = pictures.perturb(image, noise=0.5)
    assert noisy.min() >= 0 and noisy.max() <= 1 and np.array_equal(noisy, pictures.perturb(image, noise=0.5))


def axis_points(axis: plt.Axes) -> list[list[list[float]]]:
    """The points of each scatter of an axis."""
    return [scatter.get_offsets().tolist() for scatter in axis.collections]
