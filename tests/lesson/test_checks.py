"""The checker of all notebooks: what holds prints one line, and each fault that it claims to recognise is named."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from tito.lesson import CheckFailed, breaks, check, predict, property_holds, raises
from tito.lesson.faults import input_fault, one_line, show

TABLE = np.array([[1.0, 5.0, 3.0], [4.0, 0.5, 7.0]], dtype=np.float32)  # (2, 3)
WIDE = np.array([[2.0, 9.0, 4.0, 1.0, 6.5]])  # (1, 5)
RATE = 0.3


def tensor(data: object) -> SimpleNamespace:
    """What a check takes for a Tensor: it has data and requires_grad."""
    return SimpleNamespace(data=np.asarray(data), requires_grad=False)


def said(kind: Callable[..., None], *arguments: object, **options: object) -> str:
    """The message of a check that fails."""
    with pytest.raises(CheckFailed) as failed:
        kind(*arguments, **options)
    return str(failed.value)


def test_a_check_that_holds_prints_the_call_and_what_it_gives(capsys):
    check(lambda: TABLE.sum(axis=0), np.float32([5, 5.5, 10]))
    assert capsys.readouterr().out == "ok  TABLE.sum(axis=0) gives [5 5.5 10]\n"
    check(lambda: TABLE.max() > 6, True)
    assert capsys.readouterr().out == "ok  TABLE.max() > 6\n"


def answer(table: np.ndarray) -> object:
    """Stands for a student's function; each test puts another one in its place."""
    raise NotImplementedError


RIGHT = np.float32([[2, 10, 6], [8, 1, 14]])


def _returns_nothing(table):
    table * 2


def _in_place(table):
    table *= 2
    return table


def _warns(table):
    return np.log(table - table) * 0 + table * 2


def _misspelt(table):
    return table.maen()


FAULTS = {
    "a blank": (lambda table: ..., "A blank `...` is still there"),
    "no return": (_returns_nothing, "It gave None. Does every way through the function end in `return`?"),
    "a list": (lambda table: (table * 2).tolist(), "a list, which has no dtype"),
    "a Tensor for an array": (lambda table: tensor(table * 2), "a Tensor where plain numbers belong"),
    "text": (lambda table: "twelve", "where numbers belong"),
    "transposed": (lambda table: (table * 2).T, "It is the right result, transposed."),
    "flattened": (lambda table: (table * 2).reshape(-1), "the table was flattened"),
    "an axis more": (lambda table: (table * 2)[:, None], "an axis of length 1 was kept or lost"),
    "one number": (lambda table: np.float32(table.sum()), "Everything was averaged or added up into one number."),
    "a factor": (lambda table: table * 6, "3.00 times the expected. Divide by TABLE.shape[1] = 3?"),
    "a sign": (lambda table: -2 * table, "The sign is turned round."),
    "a constant": (lambda table: table * 2 + np.float32(0.7), "Yours is 0.7 too large, everywhere."),
    "another order": (lambda table: (table * 2)[:, ::-1], "The right numbers in the wrong places"),
    "digits lost": (lambda table: table * np.float32(2.0001), "Nearly: yours is off by"),
    "nan": (lambda table: np.where(table > 6, np.float32(np.nan), table * 2), "It gave nan at [1, 2]."),
    "float64": (
        lambda table: table.astype(np.float64) * 2,
        "The dtype is float64; float32 in should give the same out.",
    ),
    "some numbers": (
        lambda table: np.where(table > 6, table, table * 2),
        "1 of 6 numbers are wrong, the first at [1, 2].",
    ),
    "in place": (_in_place, "It changed its input TABLE (put back now)."),
    "a warning": (_warns, "NumPy warned"),
    "an exception": (_misspelt, "in `_misspelt`, line"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named(name: str, monkeypatch: pytest.MonkeyPatch):
    wrong, words = FAULTS[name]
    monkeypatch.setitem(globals(), "answer", wrong)
    before = TABLE.copy()
    message = said(check, lambda: answer(TABLE), RIGHT, "the rule")
    assert words in message
    assert message.startswith("Not yet: answer(TABLE)")
    assert "Look here: the rule" in message
    assert np.array_equal(TABLE, before)


def test_a_factor_that_a_named_number_explains_is_named():
    assert "0.30 times the expected. Divide by RATE" in said(check, lambda: TABLE * np.float32(RATE) ** 1, TABLE)


def test_where_a_tensor_belongs_an_array_is_a_fault():
    assert "an array where a Tensor belongs" in said(check, lambda: TABLE * 2, tensor(RIGHT))
    check(lambda: tensor(TABLE * 2), tensor(RIGHT))


def test_a_message_shows_no_traceback_in_a_notebook():
    failure = CheckFailed("Not yet: f(x)\nIt gave None.")
    assert failure._render_traceback_() == ["Not yet: f(x)", "It gave None."]


def test_numpys_warnings_are_seen_whatever_was_silenced_before():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "divide by zero" in said(check, lambda: np.log(WIDE * 0), np.full((1, 5), -np.inf))


def _checked(values: np.ndarray) -> float:
    if values.size == 0:
        raise ValueError("an empty batch, shape (0,), has no mean")
    return values.mean()


def _asserting(values: np.ndarray) -> float:
    assert values.size, "an empty batch"
    return values.mean()


def test_raises_wants_the_students_own_error_with_whole_words(capsys):
    nothing = np.zeros(0)
    raises(lambda: _checked(nothing), ValueError, says=["empty", "(0,)"])
    assert "raises ValueError" in capsys.readouterr().out
    assert "should name full" in said(raises, lambda: _checked(nothing), ValueError, says=["full"])
    assert "should not speak of mean" in said(
        lambda: raises(lambda: _checked(nothing), ValueError, ["empty"], lacks=["mean"])
    )
    assert "Nothing was raised" in said(raises, lambda: _checked(WIDE), ValueError, says=["empty"])
    assert "that you raise yourself" in said(raises, lambda: _asserting(nothing), ValueError, says=["empty"])
    numpys = said(raises, lambda: TABLE @ WIDE, ValueError, says=["shape"])
    assert "that you raise yourself" in numpys


def test_an_exercise_that_is_not_written_passes_through():
    with pytest.raises(NotImplementedError):
        check(lambda: answer(TABLE), RIGHT)
    with pytest.raises(NotImplementedError):
        raises(lambda: answer(TABLE), ValueError, says=["x"])


def _doubles_small(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) > 2, values, values * 2)


def _doubles(values: np.ndarray) -> np.ndarray:
    return values * 2


def _drawn(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (3 * rng.normal(size=rng.integers(1, 6)),)


def test_a_property_shows_its_smallest_failing_case(capsys):
    property_holds(_doubles, draw=_drawn, law=lambda values: values + values)
    assert "40 random inputs" in capsys.readouterr().out
    message = said(property_holds, _doubles_small, draw=_drawn, law=_doubles)
    assert "which should equal _doubles" in message
    assert "expected" in message
    assert "yours" in message


def test_breaks_wants_inputs_that_mean_something_and_come_out_wrong(capsys):
    breaks(_doubles_small, np.array([5.0]), _doubles)
    assert "is broken" in capsys.readouterr().out
    assert "Not broken" in said(breaks, _doubles_small, np.array([0.5]), _doubles)
    assert "No inputs yet" in said(breaks, _doubles_small, ..., _doubles)
    assert "It takes 1 input" in said(breaks, _doubles_small, (WIDE, WIDE), _doubles)
    assert "Find finite numbers" in said(breaks, _doubles_small, np.array([np.inf]), _doubles)
    assert "a list" in input_fault("values", [1.0], None)
    assert "holds" in input_fault("values", np.array(["a"]), None)


def test_a_guess_is_told_how_far_off_it_was(capsys):
    for guess in (..., 2.0, 20.0, 0.2, -2.0):
        predict(guess, 2.0, "the loss")
    no_guess, close, large, small, opposite = capsys.readouterr().out.splitlines()
    assert "no guess" in no_guess
    assert "close" in close
    assert "10.0 times too large" in large
    assert "10.0 times too small" in small
    assert "you said -2" in opposite
    predict("(2, 3)", "(2, 3)", "the shape")
    assert "as you said" in capsys.readouterr().out


def test_small_arrays_are_shown_in_full_and_large_ones_by_their_shape():
    assert one_line(TABLE) == "[[1 5 3] [4 0.5 7]]"
    assert show(np.zeros((5, 6))) == "float64 of shape (5, 6)"
    assert one_line(tensor([1.5])) == "Tensor([1.5])"
