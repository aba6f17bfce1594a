"""The pictures that notebooks share: what is drawn, and that no figure stays open."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tito.lesson import show_descent, show_valley


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[plt.Axes]:
    """The axes of each picture, as they were when it was shown."""
    axes: list[plt.Axes] = []
    monkeypatch.setattr(plt, "show", lambda: axes.append(plt.gca()))
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
