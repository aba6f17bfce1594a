"""Harmless oddities of a real class: what became of a right solution on its way, which deserves the same score."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from demo.samples import Materials, as_bytes, grade_id_of
from tito.notebooks.reading import nbgrader_metadata
from tito.student.submission import zipped

NAME = "perceptron_milestone.ipynb"
Files = dict[str, bytes]
ANSWER = "model-prediction-answer"


@dataclass(frozen=True)
class Oddity:
    """What happened to a hand-in, and how to bring it about in an empty folder."""

    what: str
    write: Callable[[Path, Materials], None]


def lay_out(folder: Path, files: Files) -> None:
    """Write files into a folder, with the folders that their names ask for."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def plain(materials: Materials) -> Files:
    """The hand-in to which nothing happened."""
    return {NAME: as_bytes(materials.solved), **package(materials)}


def package(materials: Materials, prefix: str = "tinytorch") -> Files:
    return {f"{prefix}/{name}": content for name, content in materials.package.items()}


def _edited(edit: Callable[[NotebookNode], object]) -> Callable[[Path, Materials], None]:
    """An oddity of the notebook: ``edit`` changes a copy of it, or returns another."""

    def write(folder: Path, materials: Materials) -> None:
        notebook = deepcopy(materials.solved)
        lay_out(folder, {**plain(materials), NAME: as_bytes(edit(notebook) or notebook)})

    return write


def _filed(make: Callable[[Materials], Files]) -> Callable[[Path, Materials], None]:
    """An oddity of the files."""
    return lambda folder, materials: lay_out(folder, make(materials))


def _encoded(encode: Callable[[str], bytes]) -> Callable[[Path, Materials], None]:
    return _filed(lambda m: {**plain(m), NAME: encode(as_bytes(m.solved).decode())})


def _strip_everything(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = NotebookNode(), f"fresh-{number}"


def _strip_half(notebook: NotebookNode) -> None:
    for cell in notebook.cells[::2]:
        cell.metadata = NotebookNode()


def _new_ids(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell.id = f"new-{number}"


def _same_id(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.id = "same"


def _colab(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = NotebookNode(id=cell.pop("id"), outputId="0")
    notebook.nbformat_minor = 0
    notebook.metadata = NotebookNode(
        colab={"provenance": []}, kernelspec={"name": "python3", "display_name": "Python 3"}
    )


def _without_ids(minor: int) -> Callable[[NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        notebook.nbformat_minor = minor
        for cell in notebook.cells:
            del cell["id"]

    return edit


def _format_3(notebook: NotebookNode) -> NotebookNode:
    cells = []
    for cell in notebook.cells:
        old = NotebookNode(cell_type=cell.cell_type, metadata=cell.metadata)
        old["input" if cell.cell_type == "code" else "source"] = cell.source.splitlines(True)
        cells.append(old | ({"outputs": [], "language": "python"} if cell.cell_type == "code" else {}))
    return NotebookNode(
        nbformat=3, nbformat_minor=0, metadata={"name": ""}, worksheets=[{"cells": cells, "metadata": {}}]
    )


def _retyped(kinds: dict[str, str]) -> Callable[[NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            if nbgrader_metadata(cell):
                cell.cell_type = kinds.get(cell.cell_type, cell.cell_type)
                cell.pop("outputs", None)
                cell.pop("execution_count", None)

    return edit


def _reflagged(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        flags = nbgrader_metadata(cell)
        if flags:
            flags.update(grade=not flags["grade"], solution=not flags["solution"], locked=True, points=1000, task=True)


def _schema(version: int) -> Callable[[NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        for cell in filter(nbgrader_metadata, notebook.cells):
            cell.metadata.nbgrader.schema_version = version

    return edit


def _reversed(notebook: NotebookNode) -> None:
    notebook.cells.reverse()


def _without_tests(notebook: NotebookNode) -> None:
    notebook.cells = [
        c
        for c in notebook.cells
        if not (nbgrader_metadata(c).get("grade") and not nbgrader_metadata(c).get("solution"))
    ]


def _answers_only(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if nbgrader_metadata(cell).get("solution")]


def _twice(notebook: NotebookNode) -> None:
    notebook.cells += deepcopy(notebook.cells)


def _place(notebook: NotebookNode, grade_id: str) -> int:
    return next(at for at, cell in enumerate(notebook.cells) if grade_id_of(cell) == grade_id)


def _swapped_ids(notebook: NotebookNode) -> None:
    first, second = (
        nbgrader_metadata(notebook.cells[_place(notebook, name)]) for name in (ANSWER, "model-slope-answer")
    )
    first.grade_id, second.grade_id = second.grade_id, first.grade_id
    _new_ids(notebook)


def _notes_between(notebook: NotebookNode) -> None:
    notebook.cells = [
        each
        for number, cell in enumerate(notebook.cells)
        for each in (new_code_cell(f"scratch = {number}\nscratch + 1"), new_markdown_cell("to do"), cell)
    ]


def _odd_values(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata.update(tags="none", deep=json.loads("[" * 60 + "]" * 60), collapsed={})
        cell.source = cell.source.splitlines(True)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [{"output_type": "odd"}], "7"


def _windows(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")


def _elsewhere(notebook: NotebookNode) -> None:
    going = "import os, tempfile\nwith tempfile.TemporaryDirectory() as gone:\n    os.chdir(gone)"
    notebook.cells.insert(_place(notebook, "setup") + 1, new_code_cell(going))


def _in_the_text(notebook: NotebookNode) -> None:
    """The text is code now, and the answer's own cell is gone."""
    answer = notebook.cells.pop(_place(notebook, ANSWER))
    above = max(at for at in range(_place(notebook, "model-prediction")) if notebook.cells[at].cell_type == "markdown")
    text = notebook.cells[above]
    notebook.cells[above] = new_code_cell(answer.source, id=text.id, metadata=text.metadata)


def below_the_stub(materials: Materials) -> Files:
    """The answer stands in a new cell; the stub above it was left as it came."""
    notebook = deepcopy(materials.solved)
    place = _place(notebook, ANSWER)
    notebook.cells.insert(place + 1, new_code_cell(notebook.cells[place].source))
    notebook.cells[place].source = next(c.source for c in materials.released.cells if grade_id_of(c) == ANSWER)
    return {**plain(materials), NAME: as_bytes(notebook)}


def in_the_test(materials: Materials) -> Files:
    """The answer was pasted above the asserts of its test; the stub was left as it came."""
    notebook = deepcopy(materials.solved)
    place, test = _place(notebook, ANSWER), notebook.cells[_place(notebook, "model-prediction")]
    test.source = f"{notebook.cells[place].source}\n\n{test.source}"
    notebook.cells[place].source = next(c.source for c in materials.released.cells if grade_id_of(c) == ANSWER)
    return {**plain(materials), NAME: as_bytes(notebook)}


def _backslashes(materials: Materials) -> Files:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in plain(materials).items():
            entry = zipfile.ZipInfo("x/y")
            entry.filename = f"perceptron\\{name}".replace("/", "\\")
            archive.writestr(entry, content)
    return {"perceptron.zip": buffer.getvalue()}


def _with_strangers(materials: Materials) -> Files:
    strangers = (
        "numpy.py", "random.py", "tinytorch/numpy.py", "tinytorch/sub/os.py", "sitecustomize.py", "conftest.py",
        "tinytorch/__init__.py", "usercustomize.py", "numpy/__init__.py", "ipython_config.py",
    )  # fmt: skip
    return {**plain(materials), **dict.fromkeys(strangers, b"raise SystemExit('found me')")}


def with_odd_files(folder: Path, materials: Materials) -> None:
    """A FIFO, links to nowhere and to elsewhere, and a time that is none, beside a right solution."""
    lay_out(folder, {**plain(materials), "timestamp.txt": b"yesterday"})
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "tinytorch" / "pipe.txt")
    (folder / "gone").symlink_to("nowhere")
    (folder / "etc").symlink_to("/etc")
    (folder / "loop").symlink_to("loop")


def _older_copy(materials: Materials) -> Files:
    return {
        **plain(materials),
        NAME: as_bytes(materials.released),
        NAME.replace(".", " (1)."): as_bytes(materials.solved),
    }


FILES = {
    "the zip of tito milestone submit": lambda m: {"perceptron.zip": zipped("perceptron", plain(m))},
    "the notebook, and the package in a zip": lambda m: {
        NAME: as_bytes(m.solved), "tinytorch.zip": zipped("tinytorch", dict(m.package)),
    },
    "a zip made on Windows": _backslashes,
    "everything in a folder of a folder": lambda m: {f"term/perceptron/{name}": c for name, c in plain(m).items()},
    "a file named (1) by the browser": lambda m: {NAME.replace(".", " (1)."): as_bytes(m.solved), **package(m)},
    "a copy of Colab": lambda m: {f"Copy of {NAME}": as_bytes(m.solved), **package(m)},
    "another name": lambda m: {"final version.ipynb": as_bytes(m.solved), **package(m)},
    "an ending of the mail program": lambda m: {f"{NAME}.txt": as_bytes(m.solved), **package(m)},
    "the blank notebook beside the solved one": _older_copy,
    "a truncated copy beside the solved one": lambda m: {
        **plain(m), NAME: as_bytes(m.solved)[:900], f"Copy of {NAME}": as_bytes(m.solved),
    },
    "the modules beside the notebook": lambda m: {NAME: as_bytes(m.solved), **package(m, ".")},
    "files of editors and systems": lambda m: {
        **plain(m), ".DS_Store": b"\0", f".ipynb_checkpoints/{NAME}": b"{", f"__MACOSX/._{NAME}": b"\0", "a.db": b"",
    },
    "files that shadow the standard library and NumPy": _with_strangers,
    "the answer below the stub": below_the_stub,
    "the answer in the test": in_the_test,
}  # fmt: skip
TEXT = {
    "a byte-order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "Latin-1": lambda text: text.encode("latin-1", "replace"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "zeros after the end": lambda text: text.encode() + b"\0" * 512,
    "half a character": lambda text: text.replace('"metadata": {', '"metadata": {"x": "\\ud83d", ', 1).encode(),
}
NOTEBOOK = {
    "all metadata and ids lost": _strip_everything,
    "half of the metadata lost": _strip_half,
    "new ids": _new_ids,
    "one id for all": _same_id,
    "saved by Colab": _colab,
    "format 4.0": _without_ids(0),
    "format 4.4": _without_ids(4),
    "format 4.5 without ids": _without_ids(5),
    "format 4.99": lambda notebook: notebook.update(nbformat_minor=99),
    "format 3": _format_3,
    "answers and tests made text": _retyped({"code": "markdown"}),
    "answers and tests made raw": _retyped({"code": "raw", "markdown": "raw"}),
    "an unknown cell type": _retyped({"code": "video"}),
    "flags and points changed": _reflagged,
    "an old schema": _schema(1),
    "a schema of the future": _schema(99),
    "cells in reverse": _reversed,
    "tests deleted": _without_tests,
    "answers alone": _answers_only,
    "everything twice": _twice,
    "two answers with each other's names": _swapped_ids,
    "notes between all cells": _notes_between,
    "values that no notebook has": _odd_values,
    "cells with line ends of Windows": _windows,
    "a cell that goes to another folder": _elsewhere,
    "an answer in the text above it": _in_the_text,
}

ODDITIES = (
    *(Oddity(what, _filed(make)) for what, make in FILES.items()),
    *(Oddity(what, _encoded(encode)) for what, encode in TEXT.items()),
    *(Oddity(what, _edited(edit)) for what, edit in NOTEBOOK.items()),
    Oddity("pipes and links beside the notebook", with_odd_files),
)
