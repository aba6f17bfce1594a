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

from tito.execution.answer import Answer
from tito.execution.folders import own_prefix
from tito.execution.sandbox import NONE, Limits, require
from tito.execution.scratch import lay_out, scratch_files


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
    ends_at_timeout: bool = False,
) -> Execution:
    """Run all cells of a copy of ``notebook`` in a new kernel whose only ``tinytorch`` is made of ``package``.

    ``package`` maps file names to contents; with None, ``import tinytorch`` says that nothing was handed in. The copy's
    cells carry outputs and, in their ``papermill`` metadata, times. Every code cell that did not run holds an error.
    ``follow_ups`` are sources, by cell id, that run in the kernel right after that cell; what they put out comes back
    in ``Execution.answers``, apart from the notebook. With ``ends_at_timeout`` a cell that used up its time is the
    last one that runs.
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
            ends_at_timeout=ends_at_timeout,
        )
    total_s = time.perf_counter() - started
    executed = without_lone_surrogates(executed)
    cells_s = sum(cell.metadata.papermill.get("duration") or 0.0 for cell in executed.cells)
    return Execution(
        executed, measured["stopped"], measured["kernel_ready_s"], cells_s, total_s, measured["answers"],
        sandbox, _limits_hit(executed, limits, measured["status"]),
    )  # fmt: skip


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
