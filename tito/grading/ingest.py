"""Ingest: take what a student handed in, by allowlist. What is no notebook becomes a graded zero with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from traitlets import Integer

from tito.errors import NotebookError
from tito.execution.run import without_lone_surrogates
from tito.notebooks import parse_notebook

UNREADABLE = "unreadable"
MISSING_PACKAGE = "missing-package"
LEFT_OUT = "left-out"
BROKEN_FILE = "broken-file"
MAX_DEPTH = 100  # a notebook has ten levels; copying one of some hundred ends in a RecursionError


class SubmissionExporter(NotebookExporter):
    """nbgrader's reader of submissions: forgiving where that is harmless, and never a crash.

    nbgrader lets its ``exporter_class`` read each file. An unreadable one is replaced by an empty notebook that says
    why in ``resources["unreadable"]``; Graft then puts the released cells into it, and none of them is run.
    """

    max_notebook_bytes = Integer(20_000_000, help="A larger notebook file is not read.").tag(config=True)

    def from_filename(self, filename: str, resources: dict | None = None, **kwargs: object) -> tuple[str, dict]:
        path = Path(filename)
        resources = {**(resources or {}), "metadata": {"path": str(path.parent), "name": path.stem}}
        try:
            notebook = self._read(path)
        except NotebookError as error:
            self.log.warning("%s counts as a zero: %s", filename, error.message)
            notebook = NotebookNode(cells=[], metadata=NotebookNode(), nbformat=4, nbformat_minor=5)
            resources["unreadable"] = f"{error.message} Next: {error.hint}."
        return self.from_notebook_node(notebook, resources=resources, **kwargs)

    def _read(self, path: Path) -> NotebookNode:
        if path.is_symlink() or not path.is_file():
            raise NotebookError(f"{path.name} is not a regular file.", "hand in the notebook itself")
        if path.stat().st_size > self.max_notebook_bytes:
            raise NotebookError(
                f"{path.name} is larger than {self.max_notebook_bytes / 1e6:.0f} MB.",
                "clear its outputs (Kernel > Restart and Clear Outputs), save it, and submit again",
            )
        try:
            notebook = parse_notebook(path.read_bytes(), path.name)
        except OSError as error:
            raise NotebookError(f"{path.name} cannot be read: {error.strerror}.", "submit it again") from error
        if _is_deeper(notebook, MAX_DEPTH):
            raise NotebookError(
                f"{path.name} is nested too deeply.", "download it again from Jupyter or Colab as .ipynb"
            )
        return without_lone_surrogates(notebook)


def read_package(
    submission: Path, max_file_bytes: int = 1_000_000, max_files: int = 40
) -> tuple[dict[str, bytes] | None, list[str]]:
    """The student's ``tinytorch/*.py`` by name, and a sentence for each file that was left out.

    Only regular UTF-8 files count, never a link. Returns None for the package when the folder holds no such file.
    """
    folder = submission / "tinytorch"
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    if folder.is_symlink() or not folder.is_dir():
        return None, left_out
    for path in sorted(folder.glob("*.py")):
        reason = _refusal(path, max_file_bytes) or ("there are too many files" if len(files) >= max_files else "")
        if reason:
            left_out.append(f"tinytorch/{path.name} was left out: {reason}.")
            continue
        files[path.name] = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    modules = set(files) - {"__init__.py"}
    return (files if modules else None), left_out


def broken_files(package: Mapping[str, bytes]) -> list[str]:
    """A sentence for each file of a package that is no Python."""
    sentences = []
    for name, content in sorted(package.items()):
        try:
            compile(content, f"tinytorch/{name}", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            where = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
            module = name.removesuffix(".py")
            sentences.append(
                f"tinytorch/{name} cannot be imported ({where}), and neither can what needs it. "
                f"Next: correct it in its notebook, then tito module complete {module}."
            )
    return sentences


def _is_deeper(value: object, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _refusal(path: Path, max_bytes: int) -> str:
    try:
        if path.is_symlink() or not path.is_file():
            return "it is not a regular file"
        if path.stat().st_size > max_bytes:
            return f"it is larger than {max_bytes / 1e6:g} MB"
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return "it is not UTF-8 text"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    return ""
