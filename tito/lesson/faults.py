"""How a check finds out what is wrong with an answer, the most specific fault first, and how it says so."""

from __future__ import annotations

import ast
import linecache
import sysconfig
import traceback
from collections.abc import Callable
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

LONG = 6  # parts of a list: a longer one is compared part by part
MANY = 24  # numbers: up to here they are shown as text
OURS = str(Path(__file__).parent)
LIBRARIES = tuple({*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), "<__array_function__", OURS})


def type_fault(got: Any, expected: Any) -> str:
    if got is ...:
        return "A blank `...` is still there: put your own expression in its place."
    if got is None and expected is not None:
        return "It gave None. Does every way through the function end in `return`?"
    if expected is None and got is not None:
        return f"It gave {one_line(got)}, where nothing belongs."
    if hasattr(expected, "requires_grad") and isinstance(got, type(expected)):
        missing = [name for name in ("data", "requires_grad") if not hasattr(got, name)]
        if missing:
            return f"It gave a {type(got).__name__} without `{missing[0]}`. Did its `__init__` call `super().__init__`?"
    if hasattr(expected, "requires_grad") and not hasattr(got, "requires_grad"):
        return f"It gave {_kind(got)} where a Tensor belongs."
    if hasattr(got, "requires_grad") and not hasattr(expected, "requires_grad"):
        return "It gave a Tensor where plain numbers belong; a Tensor's array is its `.data`."
    if expected is True:
        return "" if _equal(got, expected) else "It does not hold."
    if isinstance(expected, bool) or not is_numeric(expected):
        return "" if _equal(got, expected) else difference(got, expected)
    if isinstance(got, list | tuple) and None in got and is_numeric(expected):
        return f"None is among what it gave, {got}. Does every way through the function end in `return`?"
    if not is_numeric(got):
        shown = f", {one_line(got)}," if isinstance(got, list | tuple) else ","
        return f"It gave {_kind(got)}{shown} where numbers belong."
    if isinstance(expected, np.ndarray | np.generic) and not isinstance(got, np.ndarray | np.generic):
        return f"It gave {_kind(got)}, which has no dtype; an array or a number of NumPy belongs here."
    return ""


def tuple_fault(got: Any, expected: tuple) -> str:
    """Why a result is not a tuple of as many entries as were expected."""
    if got is None or got is ...:
        return type_fault(got, expected)
    if not isinstance(got, tuple):
        comma = " Mind the comma in `return (result,)`." if len(expected) == 1 else ""
        return f"It gave {_kind(got)}, where a tuple of {len(expected)} belongs.{comma}"
    entries = "1 entry" if len(got) == 1 else f"{len(got)} entries"
    return "" if len(got) == len(expected) else f"The tuple has {entries}; expected {len(expected)}."


def _equal(got: Any, expected: Any) -> bool:
    try:
        return bool(got == expected)
    except ValueError:  # arrays inside: their comparison has no single truth
        return False


def difference(got: Any, expected: Any) -> str:
    """What was expected and what came; for long lists the first place where they part."""
    if isinstance(got, list) and isinstance(expected, list) and len(expected) > LONG:
        for place, (mine, right) in enumerate(zip_longest(got, expected, fillvalue="nothing")):
            if not _equal(mine, right):
                return f"At position {place} of {len(expected)}: expected {right!r}, got {mine!r}."
    shown = repr(got) if isinstance(got, type(expected)) else one_line(got)
    return f"Expected {expected!r}, got {shown}."


def changed_fault(name: str, kept: np.ndarray, array: np.ndarray) -> str:
    """What to say of an input that a call changed: by much, or by what it forgot to put back."""
    if kept.dtype.kind == "f" and np.allclose(kept, array, rtol=1e-5, atol=1e-5, equal_nan=True):
        most = np.nanmax(np.abs(array - kept))
        return (
            f"It changed its input {name} by {most:.1g} (put back now). Keep the old number in a variable, and put that"
            " back: adding and subtracting loses the last bits."
        )
    return f"It changed its input {name} (put back now). Make a new array: no `-=`, no `x[...] =`."


def number_fault(got: Any, expected: Any, inputs: dict[str, Any], scalars: dict[str, Any], tolerance: float) -> str:
    mine, right = numbers(got), numbers(expected)
    if mine.shape != right.shape:
        return f"The shape is {mine.shape}; expected {right.shape}. {_about_shapes(mine, right)}"
    bad = ~np.isfinite(mine) & np.isfinite(right)
    if bad.any():
        return f"It gave {mine[bad][0]}{_first(bad)}."
    floats = {numbers(value).dtype for value in inputs.values() if numbers(value).dtype.kind == "f"}
    has_dtype = isinstance(got, np.ndarray | np.generic) or hasattr(got, "requires_grad")
    fault = ""
    if not _close(mine.astype(np.float64), right.astype(np.float64), tolerance):
        fault = _pattern(mine.astype(np.float64), right.astype(np.float64), {**inputs, **scalars}, tolerance)
    marks = mine.dtype.kind == "b" and right.dtype.kind == "f"  # True and False in the place of 1.0 and 0.0
    if floats and has_dtype and (mine.dtype.kind == "f" or marks) and mine.dtype not in floats:
        rule = f"The dtype is {mine.dtype}; {floats.pop()} in should give the same out."
        return f"{fault}\nBesides: {rule}" if fault else rule
    return fault


def input_fault(name: str, value: Any, dtype: Any, kind: type = np.ndarray) -> str:
    """Why an input of `breaks` does not count: no array, not finite, or of another dtype than was asked for."""
    if kind is not np.ndarray:
        return "" if isinstance(value, kind) else f"{name} is {_kind(value)}, where a {kind.__name__} belongs."
    if not isinstance(value, np.ndarray):
        return f"{name} is {_kind(value)}, where an array belongs."
    if value.dtype.kind not in "iuf":
        return f"{name} holds {value.dtype}, where numbers belong."
    if not np.isfinite(value).all():
        return f"{name} holds {value[~np.isfinite(value)][0]}. Find finite numbers: what should come out of nan or inf?"
    if dtype is not None and name == "logits" and value.dtype != dtype:
        return f"{name} are {value.dtype}; the text asks for {np.dtype(dtype)}."
    return ""


def _about_shapes(mine: np.ndarray, right: np.ndarray) -> str:
    if mine.ndim == 2 and mine.T.shape == right.shape:
        return "It is the right result, transposed." if _close(mine.T, right, 1e-4) else "Transposed?"
    if right.shape == ():
        return "One number belongs here: average or add up over all axes."
    if mine.shape == ():
        return "Everything was averaged or added up into one number."
    if np.squeeze(mine).shape == np.squeeze(right).shape:
        return "There are as many numbers: an axis of length 1 was kept or lost (`keepdims`)."
    if sorted(mine.shape) == sorted(right.shape):
        return "The lengths are right, in the wrong order: look at the order of the axes."
    if mine.size == right.size:
        return "There are as many numbers: the table was flattened, or put into another shape."
    if mine.shape == (right.size, right.size):
        return "Each met every other: (N, 1) against (N,), or `[:, labels]`."
    return ""


def _pattern(mine: np.ndarray, right: np.ndarray, inputs: dict[str, Any], tolerance: float) -> str:
    """What all the wrong numbers have in common; else the first of them."""
    side = "large" if mine.flat[0] > right.flat[0] else "small"
    largest = np.abs(right).argmax()
    factor = mine.flat[largest] / (right.flat[largest] or np.nan)
    if factor and abs(factor - 1) > 5e-3 and _close(mine, factor * right, 1e-4):
        reason = _reason(factor, inputs)
        if abs(factor + 1) < 1e-4:
            return "The sign is turned round."
        if mine.size > 1 or reason or abs(factor - round(factor)) < 1e-4:
            return f"Yours is {factor:.2f} times the expected.{reason}"
    if mine.size == 1 and abs(factor - 1) <= 2e-4:
        return f"Nearly: yours is too {side} by {abs(mine.flat[0] - right.flat[0]):.2g}. Digits are lost on the way."
    if mine.size > 1 and _close(mine, right, 2e-4):
        return f"Nearly: yours is off by {np.abs(mine - right).max():.2g} at most. Digits are lost on the way."
    if mine.size == 1:
        return f"Yours is too {side}."
    if _close(mine - (mine.flat[0] - right.flat[0]), right, 1e-4):
        return f"Yours is {abs(mine.flat[0] - right.flat[0]):.4g} too {side}, everywhere."
    wrong = np.abs(mine - right) > tolerance * np.maximum(np.abs(right), 1e-3)
    if said := _by_an_input(mine, right, inputs):
        return f"{wrong.sum()} of {wrong.size} numbers are wrong. {said}"
    if _close(np.sort(mine, axis=None), np.sort(right, axis=None), 1e-4):
        return "The right numbers in the wrong places: look at the axis, and at the order."
    return f"{wrong.sum()} of {wrong.size} numbers are wrong, the first{_first(wrong)}."


def _by_an_input(mine: np.ndarray, right: np.ndarray, inputs: dict[str, Any]) -> str:
    """Which of the named inputs is missing, or is one too many, number by number."""
    for name, value in inputs.items():
        array = np.squeeze(numbers(value).astype(np.float64))
        if array.shape != np.squeeze(right).shape or array.size < 2:
            continue
        array = array.reshape(right.shape)
        if _close(mine * array, right, 1e-4):
            return f"Yours times {name} would be right."
        if _close(mine, right * array, 1e-4):
            return f"Yours divided by {name} would be right."
        if _close(mine + array, right, 1e-4):
            return f"Yours plus {name} would be right."
        if _close(mine - array, right, 1e-4):
            return f"Yours minus {name} would be right."
    return ""


def _reason(factor: float, inputs: dict[str, Any]) -> str:
    """Which lengths of the inputs explain a factor, named as briefly as can be."""
    lengths = {"": 1}
    for name, value in inputs.items():
        if is_number(value):
            lengths[f"{name} = {value}"] = value
            continue
        shape = np.shape(numbers(value))
        lengths |= {f"{name}.shape[{axis}] = {length}": length for axis, length in enumerate(shape)}
        lengths |= {f"{name}.size = {np.prod(shape)}": int(np.prod(shape))} if len(shape) > 1 else {}
    found = [
        (above, below)
        for above, length in lengths.items()
        for below, divisor in lengths.items()
        if divisor and length != divisor and np.isclose(factor, length / divisor, rtol=1e-3)
    ]
    above, below = min(found, key=lambda names: sum(map(bool, names)), default=("", ""))
    if not above and below and ".s" not in below:
        return f" Multiply by {below}?"
    if above:
        return f" Divide by {above}" + (f", not by {below}?" if below else "?")
    return f" Do not divide by {below}?" if below else ""


# How it is said


def about_error(error: Exception, call: Callable) -> str:
    """What was raised: in which line of the function that was called, and how deep below it."""
    said = f"{type(error).__name__}: {error}"
    if "ellipsis" in str(error):
        said = "A blank `...` is still there: put your own expression in its place."
    if isinstance(error, KeyError) and all(isinstance(key, int) and key > 2**32 for key in error.args):
        said = "KeyError: nothing stands under this `id`."
    if isinstance(error, AttributeError) and error.name in ("_data", "_grad", "_requires_grad"):
        said = f"It is without `{error.name[1:]}`. Did its `__init__` call `super().__init__`?"
    frames = frames_of(error, call)
    mine = [frame for frame in frames if "tinytorch" not in Path(frame.filename).parts]
    if not mine and isinstance(error, NameError):
        return f"There is no `{error.name}` yet. Write it, under exactly this name, and run its cell."
    if not mine and "'NoneType'" in said:
        return _what_is_none(text_of(call))
    if not frames:
        return said if said.startswith("A blank") else f"The call did not work. {said}"
    for frame in [mine[0], frames[-1]] if mine and frames[-1] is not mine[0] else frames[-1:]:
        where = "its cell" if frame in mine else f"tinytorch/{Path(frame.filename).name}"
        said += f"\nin `{frame.name}`, line {frame.lineno} of {where}:\n    {frame.line}"
    return said


def _what_is_none(text: str) -> str:
    """A check looked inside a result that is None: was it the call's, or an attribute of it?"""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
            return f"`{ast.unparse(node.value)}` is None."
    return "It gave None. Does every way through the function end in `return`, after the loop and not inside it?"


def frames_of(error: Exception, call: Callable) -> list[traceback.FrameSummary]:
    """The frames of an error that lie in a notebook or in tinytorch, without the check's own."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((place + 1 for place, frame in enumerate(frames) if frame.name == call.__code__.co_name), 0)
    return [frame for frame in frames[first:] if not frame.filename.startswith(LIBRARIES)]


def text_of(function: Callable) -> str:
    """The body of a lambda as it stands in the notebook."""
    source = "".join(linecache.getlines(function.__code__.co_filename))
    return _lambdas_of(source).get(function.__code__.co_firstlineno, "the call")


@lru_cache(maxsize=64)
def _lambdas_of(source: str) -> dict[int, str]:
    """The bodies of a cell's lambdas by line; where a line has several, that of the outermost."""
    found: dict[int, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, " ".join((ast.get_source_segment(source, node.body) or "").split()))
    return found


def ends_in_return(call: Callable) -> bool:
    """Whether the function that a check calls ends in `return` in every way, so that it gave None on purpose."""
    try:
        asked = ast.parse(text_of(call), mode="eval").body
        function = call.__globals__[asked.func.id] if isinstance(asked, ast.Call) else None
        source = ast.parse("".join(linecache.getlines(function.__code__.co_filename)))
    except (AttributeError, KeyError, SyntaxError):  # no function whose text can be seen
        return False
    bodies = [node.body for node in ast.walk(source) if getattr(node, "name", "") == function.__name__]
    return bool(bodies) and _returns(bodies[-1])


def _returns(body: list[ast.stmt]) -> bool:
    last = body[-1] if body else None
    if isinstance(last, ast.If):
        return _returns(last.body) and _returns(last.orelse)
    if isinstance(last, ast.With):
        return _returns(last.body)
    return isinstance(last, ast.Raise) or (isinstance(last, ast.Return) and last.value is not None)


def is_exact(value: Any) -> bool:
    """Whether a value is an index, a shape or a list of truths: shown as it is, not measured."""
    kinds = bool | int | np.bool_ if isinstance(value, tuple) else bool | np.bool_
    return isinstance(value, tuple | list) and all(isinstance(part, kinds) for part in value) and value != []


def is_array(value: Any) -> bool:
    """Whether it is an array or a Tensor; the class Tensor itself is neither."""
    return isinstance(value, np.ndarray) or (hasattr(value, "requires_grad") and not isinstance(value, type))


def numbers(value: Any) -> np.ndarray:
    return np.asarray(value.data if hasattr(value, "requires_grad") else value)


def holds_arrays(value: Any) -> bool:
    """Whether a value is a tuple of results, and not a shape or an index."""
    return isinstance(value, tuple) and any(is_array(entry) for entry in value)


def is_numeric(value: Any) -> bool:
    try:
        return numbers(value).dtype.kind in "biuf"
    except ValueError:  # a ragged list
        return False


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number)


def _close(mine: np.ndarray, right: np.ndarray, tolerance: float) -> bool:
    return np.allclose(mine, right, rtol=tolerance, atol=tolerance * (min(1, np.abs(right).max(initial=0)) or 1))


def _kind(value: Any) -> str:
    name = type(value).__name__
    return {"ndarray": "an array", "float": "a Python float", "int": "a Python int"}.get(name, f"a {name}")


def _first(where: np.ndarray) -> str:
    return f" at {np.argwhere(where)[0].tolist()}" if where.ndim and where.any() else ""


def show(value: Any) -> str:
    """A small array in full, a large one by its shape, anything else as Python shows it."""
    if holds_arrays(value):
        return f"({', '.join(map(show, value))}{',' if len(value) == 1 else ''})"
    if not is_numeric(value) or isinstance(value, tuple | bool):
        return repr(value)
    array = numbers(value)
    if array.size > MANY:
        return f"{array.dtype} of shape {array.shape}"
    array = array + 0 if array.dtype.kind == "f" else array  # no -0
    text = np.array2string(array, formatter={"float_kind": lambda number: f"{number:.4g}"})
    return f"Tensor({text})" if hasattr(value, "requires_grad") else text


def one_line(value: Any) -> str:
    return " ".join(show(value).split())


def shortened(text: str, longest: int = 100) -> str:
    return text if len(text) <= longest else f"{text[:longest].rstrip()} ..."
