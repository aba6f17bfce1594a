"""One notebook, one package, one scratch folder: execute and report."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

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
class Limits:
    """What one run may use: seconds for starting, for a cell and for the notebook, and bytes of output a cell."""

    start_seconds: float = 60.0
    cell_seconds: float = 60.0
    notebook_seconds: float = 600.0
    output_bytes: int = 2_000_000


@dataclass(frozen=True)
class Execution:
    """An executed notebook, why it stopped early (empty when it did not), and where the seconds went."""

    notebook: NotebookNode
    stopped: str
    kernel_s: float
    cells_s: float
    total_s: float

    def times(self) -> dict[str, float]:
        return {
            "kernel_s": round(self.kernel_s, 3),
            "cells_s": round(self.cells_s, 3),
            "total_s": round(self.total_s, 3),
        }


def execute(notebook: NotebookNode, package: Mapping[str, bytes] | None, limits: Limits | None = None) -> Execution:
    """Run all cells of a copy of ``notebook`` in a new kernel whose only ``tinytorch`` is made of ``package``.

    ``package`` maps file names to contents; with None, ``import tinytorch`` says that nothing was handed in. The copy's
    cells carry outputs and, in their ``papermill`` metadata, times. Every code cell that did not run holds an error.
    """
    from papermill.engines import papermill_engines

    import tito.execution.engine  # noqa: F401  (registers the engine)
    from tito.execution.kernel import clean_environment

    limits = limits or Limits()
    prepared = _prepared(notebook)
    measured: dict = {}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tt-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        lay_out(package, scratch)
        executed = papermill_engines.execute_notebook_with_engine(
            "tito",
            prepared,
            "tinytorch",
            progress_bar=False,
            scratch=scratch,
            environment=clean_environment(scratch),
            measured=measured,
            start_seconds=limits.start_seconds,
            cell_seconds=limits.cell_seconds,
            notebook_seconds=limits.notebook_seconds,
            output_bytes=limits.output_bytes,
        )
    total_s = time.perf_counter() - started
    executed = without_lone_surrogates(executed)
    cells_s = sum(cell.metadata.papermill.get("duration") or 0.0 for cell in executed.cells)
    return Execution(executed, measured["stopped"], measured["kernel_ready_s"], cells_s, total_s)


def lay_out(package: Mapping[str, bytes] | None, scratch: Path) -> None:
    """Write a submission's package, or one that says it is missing, into the folder that Python looks in first.

    Beside it stands a refusal in the name of each other framework.
    """
    for name in OTHER_FRAMEWORKS:  # found before anything installed, since the scratch folder is looked in first
        sentence = REFUSED.format(name=name)
        (scratch / f"{name}.py").write_text(f"raise ImportError({sentence!r}, name={name!r})\n", encoding="utf-8")
    folder = scratch / "tinytorch"
    folder.mkdir()
    if package is None:
        (folder / "__init__.py").write_text(MISSING_PACKAGE, encoding="utf-8")
        return
    (folder / "__init__.py").write_text(PACKAGE_INIT, encoding="utf-8")
    for name, content in package.items():
        (folder / name).write_bytes(content)


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
