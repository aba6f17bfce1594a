"""The checks of a notebook: each reads as a specification, and says in plain words what is wrong.

    check(lambda: reduce_losses(LOSSES, "sum"), 10.2)
    raises(lambda: reduce_losses(LOSSES, "average"), ValueError, says=["'average'"])
    property_holds(cross_entropy, draw=random_batch, law=cross_entropy_loop)

A check that holds prints one line. One that does not raises CheckFailed, which a notebook shows without a traceback.
"""

from __future__ import annotations

import inspect
import linecache
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from tito.lesson.faults import (
    MANY,
    about_error,
    changed_fault,
    difference,
    ends_in_return,
    frames_of,
    holds_arrays,
    input_fault,
    is_array,
    is_exact,
    is_number,
    is_numeric,
    number_fault,
    numbers,
    one_line,
    shortened,
    show,
    text_of,
    tuple_fault,
    type_fault,
)
from tito.lesson.tools import WAITING, show_pictures


class CheckFailed(AssertionError):
    """A check that does not hold. A notebook shows its message and nothing else."""

    def _render_traceback_(self) -> list[str]:
        return str(self).split("\n")


@dataclass(frozen=True)
class Call:
    """What is checked: a call, how it reads, the arrays that go into it, and where to look if it fails."""

    run: Callable[[], Any]
    text: str
    inputs: dict[str, Any]
    hint: str = ""
    random: bool = False  # nobody has seen these inputs: show their numbers
    scalars: dict[str, Any] = field(default_factory=dict)  # single numbers that the call names: they explain factors

    @classmethod
    def of(cls, function: Callable[[], Any], hint: str) -> Call:
        """The call that a lambda of the notebook makes."""
        variables = inspect.getclosurevars(function)
        named = {**variables.globals, **variables.nonlocals}
        inputs = {name: value for name, value in named.items() if is_array(value)}
        scalars = {name: value for name, value in named.items() if is_number(value) and not isinstance(value, bool)}
        return cls(function, text_of(function), inputs, hint, scalars=scalars)


# What notebooks call


def check(call: Callable[[], Any], expected: Any, hint: str = "", *, tolerance: float = 1e-5) -> None:
    """Check what ``call`` gives: type, shape, dtype, numbers; and that NumPy is silent and the inputs stay unchanged.

    An ``expected`` Tensor or array wants a Tensor or an array; a plain number or list leaves that open. Where the
    arrays named in ``call`` are float32, floats that come out must be float32 too. A tuple with arrays wants a tuple,
    entry by entry; a function without arguments among the entries is called for what it makes.
    """
    asked = Call.of(call, hint)
    _judge(asked, expected, tolerance)
    print(f"ok  {asked.text}" + ("" if expected is True else f" gives {shortened(one_line(expected))}"))


def raises(
    call: Callable[[], Any], error: type[Exception], says: Sequence[str], hint: str = "", *, lacks: Sequence[str] = ()
) -> None:
    """Check that ``call`` raises ``error`` with a message that holds all of ``says`` and none of ``lacks``."""
    asked = Call.of(call, hint)
    try:
        got = call()
    except NotImplementedError:  # the exercise is not written yet, and the notebook says so in one line
        raise
    except Exception as raised:
        missing = [word for word in says if not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", str(raised))]
        unwanted = [word for word in lacks if word in str(raised)]
        if isinstance(raised, error) and not missing and not unwanted:
            return print(f"ok  {asked.text} raises {error.__name__}: {raised}")
        frames = frames_of(raised, call)
        if not isinstance(raised, error) or not frames or "raise" not in frames[-1].line:
            fault = f"Expected {_a(error)} that you raise yourself with `raise`.\n{about_error(raised, call)}"
        else:
            verb = "name" if missing else "not speak of"
            fault = f"The message should {verb} {' and '.join(missing or unwanted)}. Yours says:\n    {raised}"
            if any(word.strip("'") in str(raised) for word in missing if word.startswith("'")):
                fault += "\nThe word is there, its quotes are not."
    else:
        fault = f"Nothing was raised, it gave {one_line(got)}. Expected {_a(error)}."
    _fail(asked, fault)


def property_holds(
    function: Callable, draw: Callable, law: Callable, hint: str = "", *, cases: int = 40, **options: Any
) -> None:
    """Check that ``function(*inputs, **options)`` equals ``law(*inputs)`` for many ``draw(rng)``, smallest first."""
    names = list(inspect.signature(function).parameters)
    drawn = [draw(np.random.default_rng(seed)) for seed in range(cases)]
    for inputs in sorted(drawn, key=lambda each: sum(np.size(value) for value in each)):
        given = zip(names, inputs, strict=False)
        shown = [name if is_array(value) else f"{name}={value!r}" for name, value in (*given, *options.items())]
        arrays = {name: value for name, value in zip(names, inputs, strict=False) if is_array(value)}
        asked = Call(
            lambda inputs=inputs: function(*inputs, **options),
            f"{function.__name__}({', '.join(shown)}), which should equal {law.__name__}",
            arrays,
            hint,
            random=True,
        )
        _judge(asked, law(*inputs), tolerance=1e-5)
    print(f"ok  {function.__name__} equals {law.__name__} on {cases} random inputs")


def breaks(
    wrong: Callable,
    inputs: Sequence[Any],
    truth: Callable,
    hint: str = "",
    *,
    dtype: Any = None,
    kind: type = np.ndarray,
) -> None:
    """Check that the given function ``wrong`` misses, on ``inputs``, what the trusted function ``truth`` says.

    The inputs are finite arrays; floats among them have the ``dtype`` that the text asks for, if it asks for one.
    They may be of another ``kind``, for example models.
    """
    inputs = inputs if isinstance(inputs, tuple | list) else (inputs,)
    names = list(inspect.signature(wrong).parameters)
    arrays = {name: value for name, value in zip(names, inputs, strict=False) if is_array(value)}
    asked = Call(lambda: wrong(*inputs), f"{wrong.__name__} on your inputs", arrays, hint, random=True)
    if any(value is ... for value in inputs):
        things = "arrays" if kind is np.ndarray else f"a {kind.__name__}"
        _fail(asked, f"No inputs yet: put {things} in the place of `...`.")
    if len(inputs) != len(names):
        _fail(asked, f"It takes {len(names)} inputs, {' and '.join(names)}; you gave {len(inputs)}.")
    for name, value in zip(names, inputs, strict=True):
        if fault := input_fault(name, value, dtype, kind):
            _fail(asked, fault)
    results = []
    for function in (truth, wrong):
        copies = [np.array(value) if kind is np.ndarray else value for value in inputs]
        try:
            with np.errstate(all="ignore"):
                results.append(function(*copies))
        except Exception as error:
            refused = f"{function.__name__} refuses them: {error}"
            _fail(asked, f"{refused}\nFind inputs that mean something and still come out wrong.")
    right, got = results
    if np.shape(got) == np.shape(right) and np.allclose(got, right, rtol=1e-5, atol=1e-5):
        _fail(asked, f"Not broken: it gives {one_line(got)}, and that is right.")
    print(f"ok  {wrong.__name__} is broken: it gives {one_line(got)}, right is {one_line(right)}")


def predict(guess: Any, truth: Any, what: str) -> None:
    """Say how far a guess is from the truth. Nothing depends on it."""
    said = one_line(truth)
    if guess is ...:
        verdict = "you made no guess; one made beforehand makes the answer stick"
    elif not is_number(guess) or not is_number(truth):
        verdict = "as you said" if guess == truth else f"you said {guess}"
    elif np.isclose(guess, truth, rtol=0.05):
        verdict = f"you said {guess:.4g}, and that is close"
    elif float(guess) * float(truth) > 0:
        guess, truth = float(guess), float(truth)  # bytes would wrap around
        factor = max(guess / truth, truth / guess)
        verdict = f"you said {guess:.4g}, {factor:.1f} times too {'large' if abs(guess) > abs(truth) else 'small'}"
    else:
        verdict = f"you said {guess:.4g}"
    print(f"{what}: {said} ({verdict})")


# What all of them share


def _judge(asked: Call, expected: Any, tolerance: float) -> None:
    before = {name: np.array(numbers(value)) for name, value in asked.inputs.items()}
    got, error = None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            got = asked.run()
            if holds_arrays(expected) and isinstance(got, tuple):
                got = tuple(entry() if callable(entry) else entry for entry in got)
        except NotImplementedError:  # the exercise is not written yet, and the notebook says so in one line
            raise
        except Exception as raised:
            if getattr(raised, "name", None) in WAITING:  # a cell above waits for an exercise, and so does this one
                raise
            error = raised
    changed = []
    for name, kept in before.items():
        array = numbers(asked.inputs[name])
        if not np.array_equal(kept, array, equal_nan=kept.dtype.kind == "f"):
            changed.append(changed_fault(name, kept, array))
            array[...] = kept
    if error is not None:
        _fail(asked, about_error(error, asked.run))
    if changed:
        _fail(asked, changed[0])
    fault, pair = _fault(asked, got, expected, tolerance)
    loud = [warning for warning in caught if issubclass(warning.category, RuntimeWarning)]
    if loud:
        line = linecache.getline(loud[0].filename, loud[0].lineno).strip()
        warned = f"NumPy warned, {loud[0].message}, in the line\n    {line}"
        _fail(asked, warned if fault else f"{warned}\nThe numbers are right, but every call would warn.")
    if fault:
        _fail(asked, fault, pair)


def _fault(asked: Call, got: Any, expected: Any, tolerance: float) -> tuple[str, tuple[Any, Any] | None]:
    """What is wrong with a result, or an empty text; and what to show beside it, expected and yours."""
    if holds_arrays(expected):
        fault = tuple_fault(got, expected)
        for place, (mine, right) in enumerate(zip(got, expected, strict=True) if not fault else ()):
            fault, pair = _fault(asked, mine, right, tolerance)
            if mine is None and right is not None:
                fault = f"It gave None, where {'an array' if is_array(right) else one_line(right)} belongs."
            if fault:
                return f"Entry {place} of the tuple: {fault}", pair
        return fault, None
    fault = type_fault(got, expected)
    if got is None and fault and ends_in_return(asked.run):
        return f"It gave None, where {one_line(expected)} belongs.", None
    if fault or isinstance(expected, bool) or not is_numeric(expected):
        return fault, None
    fault = number_fault(got, expected, asked.inputs, asked.scalars, tolerance)
    return (difference(got, expected), None) if fault and is_exact(expected) else (fault, (expected, got))


def _a(error: type[Exception]) -> str:
    return f"{'an' if error.__name__[0] in 'AEIOU' else 'a'} {error.__name__}"


def _fail(asked: Call, fault: str, pair: tuple[Any, Any] | None = None) -> NoReturn:
    lines = [f"Not yet: {asked.text}", *fault.split("\n")]
    for name, value in zip(("expected", "yours"), pair or (), strict=False):
        lines.append(f"    {name:9s} {show(value)}".replace("\n", "\n" + " " * 14))
    lines += [f"Look here: {asked.hint}"] if asked.hint else []
    lines += [f"    {name} is {one_line(value)}" for name, value in asked.scalars.items() if "not hold" in fault]
    for name, value in asked.inputs.items():
        array = numbers(value)
        seen = asked.random or array.ndim < 2
        values = f": {show(array)}".replace("\n", "\n" + " " * 8) if seen and array.size <= MANY else ""
        lines.append(f"    {name} is {array.dtype} of shape {array.shape}{values}")
    tables = [numbers(value) for value in pair or ()]
    if tables and all(table.ndim == 2 and table.size > MANY for table in tables):
        show_pictures(tables, ["expected", "yours"], signed=True)
    raise CheckFailed("\n".join(lines)) from None
