"""Import one exported module by itself: ``python import_alone.py NAME`` in a folder that holds ``tinytorch/``.

Prints what is wrong and the line of the exported file, separated by a tab, and exits with 1. A name that a function
uses and nothing defines is found too: it would fail only when the function is called.
"""

from __future__ import annotations

import builtins
import dis
import importlib
import os
import sys
import traceback
import types
from collections.abc import Iterator
from pathlib import Path


def problem(name: str) -> tuple[str, int | str]:
    """What is wrong with ``tinytorch/<name>.py``, and where; two empty strings when nothing is."""
    path = Path("tinytorch") / f"{name}.py"
    try:
        module = importlib.import_module(f"tinytorch.{name}")
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename.endswith(str(path))]
        return f"{type(error).__name__}: {error}".splitlines()[0], (lines or [""])[-1] or ""
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    for used, line in _globals_of_functions(code):
        if not hasattr(module, used) and not hasattr(builtins, used):
            return f"{used!r} is defined in no export cell", line
    return "", ""


def _globals_of_functions(code: types.CodeType) -> Iterator[tuple[str, int]]:
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            line = inner.co_firstlineno
            for step in dis.get_instructions(inner):
                line = _line(step) or line
                if step.opname == "LOAD_GLOBAL":
                    yield step.argval, line
            yield from _globals_of_functions(inner)


def _line(step: dis.Instruction) -> int | None:
    if hasattr(step, "line_number"):  # Python 3.13; before, starts_line is the number
        return step.line_number
    return step.starts_line


if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    reason, where = problem(sys.argv[1])
    if reason:
        print(f"{reason}\t{where}")
        sys.exit(1)
