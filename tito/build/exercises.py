"""An authored notebook, run in this process: each exercise can be tried with any answer, as often as wanted.

Runs in a process of its own (``tito.build.answer_proofs``): it takes the place of ``__main__`` and imports the
reference's ``tinytorch``.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import linecache
import re
import signal
import sys
import textwrap
import time
import types
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tito.build.authored import AuthoredCell, read_authored
from tito.build.figures import STUB, headings
from tito.build.stubs import released_answer
from tito.course import Assignment
from tito.lesson import CheckFailed
from tito.lesson.faults import is_array, numbers
from tito.lesson.tools import quiet_stubs
from tito.notebooks.exporter import DIRECTIVE, MAGIC
from tito.notebooks.reading import HIDDEN, SOLUTION

REGION = re.compile(rf"^([ \t]*){SOLUTION[0]}\n(.*?)^[ \t]*{SOLUTION[1]}$", re.DOTALL | re.MULTILINE)
STUB_LINE = re.compile(rf"^[ \t]*{STUB}.*\n?", re.MULTILINE)
HIDDEN_PART = re.compile(rf"^[ \t]*{HIDDEN[0]}\n.*?^[ \t]*{HIDDEN[1]}$\n?", re.DOTALL | re.MULTILINE)
LARGE_BYTES = 4_000_000  # arrays above are shared between tries, not copied
ASLEEP_S = 60.0  # for an answer that waits and computes nothing
RAW = "RAW "  # before an error that is not a check's
Variables = dict[str, Any]


class TooSlow(BaseException):
    """An answer that does not come to an end; no ``except Exception`` of an answer swallows it."""


@dataclass
class Exercise:
    """An answer cell, the cells from there to its check, and everything as it was before them."""

    id: str
    kind: str
    answer: str
    released: str = ""  # what an untouched notebook has in the answer's place
    cells: list[str] = field(default_factory=list)  # from the answer to its check, and checks right after that one
    before: Variables = field(default_factory=dict)
    tables: list[tuple[Any, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def checks(self) -> str:
        return self.cells[-1] if self.cells else ""

    def regions(self) -> list[str]:
        """The solution's own lines, region by region."""
        return [
            textwrap.dedent(STUB_LINE.sub("", match[2])).rstrip("\n") + "\n" for match in REGION.finditer(self.answer)
        ]

    def with_regions(self, codes: list[str]) -> str:
        """The answer cell with other code in its regions."""
        waiting = iter(codes)
        return REGION.sub(
            lambda match: textwrap.indent(textwrap.dedent(next(waiting)).strip("\n"), match[1]), self.answer
        )


class Trials:
    """The exercises of a notebook, run once with their solutions; ``verdict`` tries another answer."""

    def __init__(self, root: Path, assignment: Assignment) -> None:
        self.authored = read_authored(root, assignment)
        self._main = types.ModuleType("__main__")
        self.variables: Variables = vars(self._main)
        sys.modules["__main__"] = self._main
        self.exercises: dict[str, Exercise] = {}
        self._read()

    def _read(self) -> None:
        kinds = {heading.id: heading.kind for heading in headings(self.authored)}
        answers = {cell.grade_id.removesuffix("-answer") for cell in self.authored.cells if cell.is_solution}
        waiting: list[Exercise] = []
        last: Exercise | None = None  # whose check was the cell before, so that another check may follow it
        for number, cell in enumerate(self.authored.cells):
            if cell.cell.cell_type != "code":
                continue
            source = _visible(cell)
            name = cell.grade_id or f"cell-{number}"
            if cell.is_solution and name.endswith("-answer"):
                exercise = Exercise(name.removesuffix("-answer"), "", cell.cell.source)
                exercise.kind = kinds.get(exercise.id, "")
                exercise.released = released_answer(cell.cell).source
                exercise.before, exercise.tables = _copied(self.variables), _tables()
                waiting.append(exercise)
                last = None
            elif last is not None and cell.is_test and name not in answers:
                last.cells.append(source)
            else:
                for exercise in waiting:
                    exercise.cells.append(source)
                done = [exercise for exercise in waiting if exercise.id == name and cell.is_test]
                self.exercises |= {exercise.id: exercise for exercise in done}
                waiting = [exercise for exercise in waiting if exercise not in done]
                last = done[0] if done else None
            started = time.process_time()
            _run(cell.cell.source if cell.is_solution else source, name, self.variables)
            for exercise in [*waiting, *([self.exercises[name]] if name in self.exercises else [])]:
                exercise.seconds += time.process_time() - started

    def verdict(self, exercise: Exercise, answer: str) -> str | None:
        """The message of the first check that an answer fails, with RAW before it where it is no check's.

        None: the answer passes every check that a student sees.
        """
        self.variables.clear()
        self.variables.update(_copied(exercise.before))
        for table, kept in exercise.tables:
            _put_back(table, kept)
        signal.setitimer(signal.ITIMER_PROF, max(4.0, 20 * exercise.seconds))  # of processor time: machines are busy
        signal.setitimer(signal.ITIMER_REAL, ASLEEP_S)
        try:
            _run(answer, f"{exercise.id}-answer, tried", self.variables)
            for number, cell in enumerate(exercise.cells):
                _run(cell, f"{exercise.id}, tried, {number}", self.variables)
        except CheckFailed as failed:
            return str(failed)
        except NotImplementedError as missing:
            return f"{missing}" if str(missing) == exercise.id else f"{RAW}NotImplementedError: {missing}"
        except (Exception, TooSlow, SystemExit) as error:
            return f"{RAW}{type(error).__name__}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _close_figures()
        return None

    def untouched(self) -> list[str]:
        """What an untouched release shows that it should not: a raw error, with the cell that shows it."""
        from IPython.core.interactiveshell import InteractiveShell

        shell = InteractiveShell.instance()
        shell.user_ns.clear()
        shell.user_ns.update({"__name__": "__main__"})
        quiet_stubs()
        found = []
        for cell in self.authored.cells:
            if cell.cell.cell_type != "code":
                continue
            source = released_answer(cell.cell).source if cell.is_solution else _visible(cell)
            with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.redirect_stderr(io.StringIO()):
                result = shell.run_cell(source)
            _close_figures()
            error = result.error_in_exec or result.error_before_exec
            quiet = error is None or isinstance(error, CheckFailed) or "waits for exercise" in shown.getvalue()
            if not quiet:
                found.append(f"{cell.grade_id or f'the cell in line {cell.line}'}: {type(error).__name__}: {error}")
        return found


def _visible(cell: AuthoredCell) -> str:
    """What a student sees of a cell, without directives and magics."""
    lines = HIDDEN_PART.sub("", cell.cell.source).split("\n")
    return "\n".join("pass" if MAGIC.match(line) and not DIRECTIVE.match(line) else line for line in lines)


def _run(source: str, name: str, variables: Variables) -> None:
    """Run one cell as a notebook does, so that tracebacks and lambdas find its text."""
    file = f"<{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, file, "exec"), variables)
    _close_figures()


def _close_figures() -> None:
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def _copied(variables: Variables) -> Variables:
    """Variables as they are now: what holds state is copied, so that no try finds what another one left."""
    memo: dict[int, Any] = {}
    return {name: _copy(value, memo) for name, value in variables.items()}


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, type | types.FunctionType | types.ModuleType):
        return value
    if isinstance(value, np.ndarray) and value.nbytes > LARGE_BYTES:
        return memo.setdefault(id(value), value)
    if type(value).__module__.startswith(("matplotlib", "IPython", "tito.datasets")):
        return value
    try:
        return copy.deepcopy(value, memo)
    except (Exception, RecursionError):  # what cannot be copied is shared
        return value


def _tables() -> list[tuple[Any, Any]]:
    """The tables of the imported framework (operations, gradients) with what stands in them now."""
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "tinytorch"]
    values = (value for module in modules for name, value in vars(module).items() if not name.startswith("__"))
    return [(value, copy.copy(value)) for value in values if isinstance(value, dict | list | set)]


def _put_back(table: Any, kept: Any) -> None:
    if table != kept:
        table.clear()
        (table.extend if isinstance(table, list) else table.update)(kept)


def too_slow(*_: Any) -> None:
    """The handler of the timers in the process that tries answers."""
    raise TooSlow("it does not come to an end")


def ambiguous_arrays(exercise: Exercise, variables: Variables) -> list[str]:
    """Arrays that a check names and whose sizes could hide a fault: equal lengths, or one the ratio of two others."""
    remarks = []
    lambdas = [node for node in ast.walk(ast.parse(exercise.checks)) if isinstance(node, ast.Lambda)]
    names = {part.id for node in lambdas for part in ast.walk(node) if isinstance(part, ast.Name)}
    arrays = {name: numbers(variables[name]) for name in sorted(names & set(variables)) if is_array(variables[name])}
    for name, array in arrays.items():
        shape = array.shape
        lengths = [length for length in shape if length > 1]
        if len(set(lengths)) < len(lengths):
            remarks.append(f"{exercise.id}: {name} of shape {shape} has two equal lengths")
        elif any(a * b == c for a in lengths for b in lengths for c in lengths if a != b):
            remarks.append(f"{exercise.id}: of {name}, shape {shape}, one length is the ratio of two others")
    return remarks
