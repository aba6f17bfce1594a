"""What module 03 uses: a past of Tensors, models as inputs of `breaks`, and what checks say of lists and the like."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tito.lesson import CheckFailed, breaks, check, remembers


class Tensor:
    """As much of a Tensor as a check looks at."""

    def __init__(self, data, origin=None):
        self.data, self.requires_grad, self.origin = np.asarray(data), True, origin


def test_a_result_remembers_what_its_notes_lead_to() -> None:
    x, w, lost = Tensor(1.0), Tensor(2.0), Tensor(3.0)
    y = Tensor(2.0, ("mul", (x, w), {}))
    z = Tensor(5.0, ("add", (y, Tensor(lost.data)), {}))
    assert remembers(z, x=x, lost=lost, w=w) == ["x", "w"]
    assert remembers(x, x=x) == ["x"]
    assert remembers(z.data, x=x) == []


def test_breaks_takes_models_and_refuses_what_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    def careless(model):
        return sum(model.numbers)

    def right(model):
        return sum(set(model.numbers))

    breaks(careless, [SimpleNamespace(numbers=[1, 1])], right, kind=SimpleNamespace)
    assert "careless is broken" in capsys.readouterr().out
    for given, said in [
        (SimpleNamespace(numbers=[1, 2]), "Not broken"),
        ([1, 1], "model is a list, where a SimpleNamespace belongs"),
        (..., "put a SimpleNamespace in the place"),
    ]:
        with pytest.raises(CheckFailed, match=said):
            breaks(careless, [given], right, kind=SimpleNamespace)


def test_a_long_list_is_compared_part_by_part() -> None:
    expected = [f"layer {number}" for number in range(9)]
    for got, said in [
        ([*expected[:4], "other", *expected[5:]], "At position 4 of 9: expected 'layer 4', got 'other'"),
        (expected[:8], "At position 8 of 9: expected 'layer 8', got 'nothing'"),
        ([*expected, "more"], "At position 9 of 9: expected 'nothing', got 'more'"),
    ]:
        with pytest.raises(CheckFailed, match=said):
            check(lambda got=got: got, expected)


def test_arrays_in_a_list_are_a_difference_and_no_error_of_the_check() -> None:
    with pytest.raises(CheckFailed, match="Expected"):
        check(lambda: [np.zeros(2), "a"], ["b", "a"])


def test_a_tensor_that_was_never_set_up_is_named() -> None:
    class Parameter(Tensor):
        def __init__(self):
            self.requires_grad = True

    with pytest.raises(CheckFailed, match=r"a Parameter without `data`. Did its `__init__` call"):
        check(lambda: Parameter(), Tensor([1.0]))
