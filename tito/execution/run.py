"""One notebook, one package, one scratch folder: execute and report."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from tito.execution.folders import own_prefix
from tito.execution.sandbox import NONE, Limits, require
from tito.exporter import PACKAGE_INIT

MISSING_PACKAGE = '''"""Stands in for the package that was not handed in."""

raise ModuleNotFoundError(
    "there is no tinytorch here: the submission holds no tinytorch/ folder with your exported modules. "
    "Export them (tito module complete) and submit again (tito milestone submit)",
    name="tinytorch",
)
'''


OTHER_FRAMEWORKS = (
    "autograd", "cupy", "flax", "jax", "keras", "mxnet", "paddle", "sklearn", "tensorflow", "theano", "tinygrad",
    "torch",
)  # fmt: skip
REFUSED = "{name} is refused here: this notebook runs on your own tinytorch, and on no other framework"


@dataclass(frozen=True)
class Answer:
    """What one follow-up put out, as plain JSON; ``ran`` is False when the kernel was gone, or the time was up."""

    outputs: list[dict]
    ran: bool


@dataclass(frozen=True)
class Execution:
    """An executed notebook, why it stopped early (empty when it did not), and where the seconds went.

    ``answers`` holds, by cell id, one answer for each of the cell's follow-ups; ``limits_hit`` a sentence for each
    limit of the sandbox that struck.
    """

    notebook: NotebookNode
    stopped: str
    kernel_s: float
    cells_s: float
    total_s: float
    answers: dict[str, tuple[Answer, ...]] = field(default_factory=dict)
    sandbox: str = NONE
    limits_hit: tuple[str, ...] = ()

    def times(self) -> dict[str, float]:
        return {
            "kernel_s": round(self.kernel_s, 3),
            "cells_s": round(self.cells_s, 3),
            "total_s": round(self.total_s, 3),
        }


def execute(
    notebook: NotebookNode,
    package: Mapping[str, bytes] | None,
    limits: Limits | None = None,
    sandbox: str = "none",
    follow_ups: Mapping[str, Sequence[str]] | None = None,
) -> Execution:
    """Run all cells of a copy of ``notebook`` in a new kernel whose only ``tinytorch`` is made of ``package``.

    ``package`` maps file names to contents; with None, ``import tinytorch`` says that nothing was handed in. The copy's
    cells carry outputs and, in their ``papermill`` metadata, times. Every code cell that did not run holds an error.
    ``follow_ups`` are sources, by cell id, that run in the kernel right after that cell; what they put out comes back
    in ``Execution.answers``, apart from the notebook.
    """
    from papermill.engines import papermill_engines

    import tito.execution.engine  # noqa: F401  (registers the engine)

    require(sandbox)
    limits = limits or Limits()
    prepared = _prepared(notebook)
    measured: dict = {}
    started = time.perf_counter()
    with _to_start_with(package, limits, sandbox) as start:
        executed = papermill_engines.execute_notebook_with_engine(
            "tito",
            prepared,
            sandbox,
            progress_bar=False,
            start=start,
            measured=measured,
            start_seconds=limits.start_seconds,
            cell_seconds=limits.cell_seconds,
            notebook_seconds=limits.notebook_seconds,
            output_bytes=limits.output_bytes,
            follow_ups=dict(follow_ups or {}),
        )
    total_s = time.perf_counter() - started
    executed = without_lone_surrogates(executed)
    cells_s = sum(cell.metadata.papermill.get("duration") or 0.0 for cell in executed.cells)
    return Execution(
        executed, measured["stopped"], measured["kernel_ready_s"], cells_s, total_s, measured["answers"],
        sandbox, _limits_hit(executed, limits, measured["status"]),
    )  # fmt: skip


def lay_out(package: Mapping[str, bytes] | None, scratch: Path) -> None:
    """Write ``scratch_files`` into the folder that Python looks in first."""
    for name, content in scratch_files(package).items():
        (scratch / name).parent.mkdir(exist_ok=True)
        (scratch / name).write_bytes(content)


def scratch_files(package: Mapping[str, bytes] | None) -> dict[str, bytes]:
    """A submission's package, or one that says it is missing, and a refusal in the name of each other framework."""
    files = {  # found before anything installed, since the scratch folder is looked in first
        f"{name}.py": f"raise ImportError({REFUSED.format(name=name)!r}, name={name!r})\n".encode()
        for name in OTHER_FRAMEWORKS
    }
    if package is None:
        return files | {"tinytorch/__init__.py": MISSING_PACKAGE.encode()}
    inside = {"__init__.py": PACKAGE_INIT.encode(), **package}
    return files | {f"tinytorch/{name}": content for name, content in inside.items()}


@contextlib.contextmanager
def _to_start_with(package: Mapping[str, bytes] | None, limits: Limits, sandbox: str) -> Iterator[dict[str, Any]]:
    """What a kernel's start is given: files and limits for a sandbox, else a folder and an environment."""
    from tito.execution.fonts import font_files
    from tito.execution.kernel import clean_environment

    if sandbox != NONE:
        yield {"files": font_files() | scratch_files(package), "limits": limits}
        return
    with tempfile.TemporaryDirectory(prefix=own_prefix(), ignore_cleanup_errors=True) as folder:
        lay_out(package, Path(folder))
        # What cells print comes as messages; the process itself has nothing to say to whoever started it.
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        yield {"cwd": folder, "env": clean_environment(Path(folder)), **silent}


def _limits_hit(notebook: NotebookNode, limits: Limits, status: int | None) -> tuple[str, ...]:
    """A sentence for each limit that an error, or the end of the process, tells of."""
    sentences = []
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            said = limits.sentence(output) if output.output_type == "error" else ""
            if output.get("ename") == "DeadKernelError":
                said = limits.end_sentence(status)
            sentences += [f"Cell {number} {said}."] if said else []
    return tuple(dict.fromkeys(sentences))


def without_lone_surrogates(notebook: NotebookNode) -> NotebookNode:
    """The notebook, with "?" for each half of a character that no file could hold (``"\\ud800"``)."""
    text = json.dumps(notebook, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return nbformat.from_dict(json.loads(text.encode("utf-8", "replace")))
    return notebook


def _prepared(notebook: NotebookNode) -> NotebookNode:
    """A copy with the metadata that papermill writes into."""
    copy = without_lone_surrogates(deepcopy(notebook))
    copy.metadata["papermill"] = NotebookNode()
    for cell in copy.cells:
        cell.metadata.setdefault("tags", [])
    return copy
