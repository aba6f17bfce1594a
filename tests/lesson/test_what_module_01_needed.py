"""Faults of the checker that module 01 met: each would have let a wrong answer pass, or said something untrue."""

from __future__ import annotations

import linecache

import matplotlib
import numpy as np
import pytest

from tito.lesson import CheckFailed, check, predict, property_holds, show_broadcast, show_origin
from tito.lesson.faults import is_array, text_of


class Tensor:
    """As module 01 has it: what a Tensor holds are properties of the class."""

    requires_grad = property(lambda self: False)

    def __init__(self, data: object, origin: tuple | None = None) -> None:
        self.data, self.origin = np.asarray(data), origin

    shape = property(lambda self: self.data.shape)


def test_the_class_tensor_is_no_array() -> None:
    assert is_array(Tensor([1.0]))
    assert not is_array(Tensor)


def test_a_property_shows_the_inputs_that_are_no_arrays() -> None:
    def total(a: np.ndarray, axis: int) -> np.ndarray:
        return a.sum()

    def right(a: np.ndarray, axis: int) -> np.ndarray:
        return a.sum(axis)

    with pytest.raises(CheckFailed, match=r"total\(a, axis=1\), which should equal right"):
        property_holds(total, draw=lambda rng: (rng.normal(size=(2, 3)), 1), law=right)


def test_a_list_that_holds_no_numbers_is_shown() -> None:
    with pytest.raises(CheckFailed, match=r"It gave a list, \[True, 'lost'\], where numbers belong"):
        check(lambda: [True, "lost"], [True, False])


@pytest.mark.parametrize("truth", [np.uint8(44), np.float32(44), 44])
def test_a_prediction_of_bytes_does_not_wrap(truth: object, capsys: pytest.CaptureFixture[str]) -> None:
    predict(300, truth, "200 + 100 in bytes")
    assert capsys.readouterr().out == "200 + 100 in bytes: 44 (you said 300, 6.8 times too large)\n"


def test_the_text_of_a_lambda_is_found_when_the_cell_changes() -> None:
    for body in ("1 + 1", "2 + 2"):
        source = f"call = (\n    lambda: {body}\n)"
        linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
        variables: dict = {}
        exec(compile(source, "<cell>", "exec"), variables)
        assert text_of(variables["call"]) == body


def test_broadcasting_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    drawn = []
    monkeypatch.setattr(plt, "show", lambda: drawn.extend(plt.gcf().axes))
    show_broadcast(np.array([[10], [20]]), np.array([1, 0, 2]))
    assert [axes.get_title() for axes in drawn] == ["(2, 1)", "+ (3,)", "= (2, 3)"]
    shades = [axes.images[0].get_array().tolist() for axes in drawn]
    assert shades == [[[1, 0.25, 0.25]] * 2, [[1] * 3, [0.25] * 3], [[1] * 3] * 2]
    assert [text.get_text() for text in drawn[2].texts] == ["11", "10", "12", "21", "20", "22"]


def test_an_origin_is_printed_once_for_what_is_used_twice(capsys: pytest.CaptureFixture[str]) -> None:
    half = Tensor([[1.0, 2.0]], ("div", (Tensor([[2.0, 4.0]]), Tensor(2.0)), {}))
    show_origin(Tensor([4.0], ("sum", (Tensor([[1.0, 4.0]], ("mul", (half, half), {})),), {"axis": 1})))
    assert capsys.readouterr().out.splitlines() == [
        "sum {'axis': 1} -> (1,)",
        "    mul -> (1, 2)",
        "        div -> (1, 2)",
        "            given (1, 2)",
        "            given 2 ()",
        "        div -> (1, 2), as above",
    ]


def test_a_tensor_whose_init_was_forgotten_is_named() -> None:
    class Parameter:
        requires_grad = property(lambda self: self._requires_grad)

        def __init__(self) -> None:
            self.wants = self.requires_grad

    with pytest.raises(CheckFailed, match=r"without `requires_grad`. Did its `__init__` call `super\(\).__init__`"):
        check(lambda: Parameter(), 1.0)
