"""Checks of functions that return several arrays, numbers that an input explains, measured gradients, drawn graphs."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tito.lesson import CheckFailed, check, draw_graph, measured_gradients, property_holds, seconds_of

G = np.array([[1.0, -2.0, 0.5], [3.0, 0.7, -1.5]])
A = np.array([[0.4, 1.5, -2.0], [0.9, 2.5, 1.1]])
B = np.array([[1.4, 0.6, 1.7], [-0.8, 3.1, 2.2]])


def cell(source: str, **names: Any) -> dict[str, Any]:
    """Run a cell as a notebook does, so that checks find its text."""
    file = f"<cell {len(linecache.cache)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    variables = {"check": check, "np": np, "G": G, "A": A, "B": B, "measured_gradients": measured_gradients, **names}
    exec(compile(source, file, "exec"), variables)
    return variables


CHECK = "check(lambda: rule(G, A, B), measured_gradients(np.multiply, G, A, B), 'the slopes')"


@pytest.mark.parametrize(
    "rule",
    [lambda g, a, b: (g * b, g * a), lambda g, a, b: (lambda: g * b, lambda: a * g)],
    ids=["arrays", "postponed"],
)
def test_a_tuple_of_right_arrays_passes(rule: Callable, capsys: pytest.CaptureFixture[str]) -> None:
    cell(CHECK, rule=rule)
    assert capsys.readouterr().out.startswith("ok  rule(G, A, B) gives (")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (lambda g, a, b: g * b, "an array, where a tuple of 2 belongs"),
        (lambda g, a, b: (g * b,), "The tuple has 1 entry; expected 2"),
        (lambda g, a, b: None, "It gave None"),
        (lambda g, a, b: ..., "blank `...` is still there"),
        (lambda g, a, b: (g * b, -g * a), "Entry 1 of the tuple: The sign is turned round"),
        (lambda g, a, b: (b, g * a), "numbers are wrong. Yours times G would be right"),
        (lambda g, a, b: (g * b, lambda: g * a / b), "Yours times B would be right"),
        (lambda g, a, b: (g * b * a, g * a), "Yours divided by A would be right"),
        (lambda g, a, b: (g * b + a, g * a), "Yours minus A would be right"),
        (lambda g, a, b: (g * b - g, g * a), "Yours plus G would be right"),
        (lambda g, a, b: ((g * b).round(4) + 3e-5, g * a), "Entry 0 of the tuple: Nearly: yours is off by"),
        (lambda g, a, b: (g * b, None), "Entry 1 of the tuple: It gave None"),
        (lambda g, a, b: (np.multiply(g, b, out=g), g * a), "It changed its input G (put back now)"),
    ],
)
def test_a_wrong_tuple_is_told_which_entry_and_why(rule: Callable, says: str) -> None:
    before = G.copy()
    with pytest.raises(CheckFailed) as failed:
        cell(CHECK, rule=rule)
    assert says in str(failed.value)
    np.testing.assert_array_equal(G, before)


def test_a_tuple_of_one_asks_for_the_comma() -> None:
    with pytest.raises(CheckFailed, match=r"tuple of 1 belongs. Mind the comma"):
        cell("check(lambda: rule(G, A), measured_gradients(np.exp, G, A))", rule=lambda g, a: g * np.exp(a))


def test_a_shape_is_no_tuple_of_results() -> None:
    cell("check(lambda: G.shape, (2, 3))")


def test_what_a_check_prints_stays_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    cell(CHECK, rule=lambda g, a, b: (g * b, g * a))
    assert len(capsys.readouterr().out) < 140


def test_a_property_shows_what_is_no_array_in_the_call() -> None:
    def scaled(a: np.ndarray, times: int) -> np.ndarray:
        return a * 2

    with pytest.raises(CheckFailed, match=r"scaled\(a, times=3\), which should equal right"):
        property_holds(scaled, draw=lambda rng: (rng.normal(size=2), 3), law=right)


def right(a: np.ndarray, times: int) -> np.ndarray:
    return a * times


def test_a_check_that_looks_inside_none_says_so() -> None:
    with pytest.raises(CheckFailed, match="It gave None"):
        cell("check(lambda: len(rule(G)), 2)", rule=lambda g: None)


def test_measured_gradients_leave_integers_out() -> None:
    labels = np.array([2, 0])
    picked = measured_gradients(lambda a, index: a[np.arange(2), index], np.array([5.0, 7.0]), A, labels)
    np.testing.assert_allclose(picked[0], [[0, 0, 5], [7, 0, 0]], atol=1e-8)
    assert picked[1] is None


def test_measured_gradients_pass_options_on() -> None:
    (found,) = measured_gradients(np.mean, np.array([5.0, 7.0]), A, axis=1)
    np.testing.assert_allclose(found, [[5 / 3] * 3, [7 / 3] * 3])


def test_seconds_are_those_of_the_fastest_run() -> None:
    calls: list[int] = []
    assert seconds_of(lambda: calls.append(1), tries=4) > 0
    assert len(calls) == 4


def tensor(value: float, origin: tuple | None = None, requires_grad: bool = True, shape: tuple = ()) -> SimpleNamespace:
    return SimpleNamespace(
        shape=shape, size=1, item=lambda: value, data=np.array(value), origin=origin, requires_grad=requires_grad
    )


def test_a_drawn_graph_names_every_tensor_and_has_an_arrow_for_every_input(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    monkeypatch.setattr(plt, "show", lambda: texts.extend(each.get_text() for each in plt.gca().texts))
    a, two = tensor(3.0), tensor(2.0, requires_grad=False)
    p = tensor(6.0, ("mul", (a, two), {}))
    draw_graph(tensor(9.0, ("add", (p, a), {}), shape=(3,)), {"a": a, "p": p}, {"p": "grad 14"})
    assert sorted(filter(None, texts)) == ["2", "a", "add\n(3,)", "p = mul\ngrad 14"]
    assert texts.count("") == 4
    assert not plt.get_fignums()


NUDGED = "def f(a):\n    a[0] += 1e-6\n    return a.sum()\n"
FOUND_NOTHING = "def f(a):\n    if a.size > 100:\n        return (0, 0)\n    return None if a.any() else (1, 1)\n"
NO_KEY = "def f(a):\n    return {}[id(a)]\n"


@pytest.mark.parametrize(
    ("source", "expected", "says"),
    [
        (NUDGED, 5.2, "changed its input A by 1e-06 (put back now). Keep the old number"),
        (FOUND_NOTHING, (0, 1), "It gave None, where (0, 1) belongs."),
        ("def f(a):\n    if a.size > 100:\n        return (0, 1)\n", (0, 1), "Does every way"),
        ("def f(a):\n    return (1, 0)\n", (0, 1), "Expected (0, 1), got (1, 0)."),
        ("def f(a):\n    return [False]\n", [True], "Expected [True], got [False]."),
        ("def f(a):\n    return (a, None)\n", (A, B), "Entry 1 of the tuple: It gave None, where an array belongs."),
        (NO_KEY, 5.2, "KeyError: nothing stands under this `id`."),
    ],
)
def test_a_message_names_the_fault_and_does_not_guess(source: str, expected: Any, says: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        cell(f"{source}check(lambda: f(A), expected)", expected=expected)
    assert says in str(failed.value)


def test_axes_in_another_order_are_named() -> None:
    with pytest.raises(CheckFailed, match="in the wrong order: look at the order of the axes"):
        cell("check(lambda: np.zeros((2, 3, 4)), np.zeros((4, 2, 3)))")
