"""What a check says of numbers that are nearly right, or of another kind."""

import numpy as np
import pytest

from tito.lesson import CheckFailed, check, show_curves

X = np.array([0.5, -2.0, 3.0], dtype=np.float32)
SLOPES = np.array([1, 0, 1], dtype=np.float32)


def message(call, expected) -> str:
    with pytest.raises(CheckFailed) as failed:
        check(call, expected)
    return str(failed.value)


def test_floats_in_and_marks_out() -> None:
    assert "The dtype is bool; float32 in should give the same out." in message(lambda: X > 0, SLOPES)
    check(lambda: (X > 0).astype(int), SLOPES)


def test_marks_and_counts_of_floats_are_fine() -> None:
    check(lambda: X > 0, np.array([True, False, True]))
    check(lambda: (X > 0).sum(), 2)
    check(lambda: X.argmax(), np.int64(2))


def test_numbers_that_lose_digits_are_nearly_right() -> None:
    tiny = np.array([3e-4, -1e-6])
    said = message(lambda: tiny - np.array([0, 1e-8]), tiny)
    assert "Nearly: yours is off by 1e-08 at most. Digits are lost on the way." in said
    said = message(lambda: tiny[::-1].copy(), tiny)
    assert "The right numbers in the wrong places" in said
    said = message(lambda: tiny + 1, tiny)
    assert "Yours is 1 too large, everywhere." in said


def test_curves_are_drawn_and_closed(monkeypatch) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append([line.get_label() for line in plt.gca().get_lines()]))
    show_curves(X, {"x": X, "twice": 2 * X}, "two lines")
    assert shown == [["x", "twice"]]
    assert plt.get_fignums() == []
