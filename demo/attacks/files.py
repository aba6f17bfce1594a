"""Attacks by what is handed in: files that shadow others, links, and notebooks that say what they are not."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

from nbformat import NotebookNode

from demo.attacks.base import FULL, HALF, MODEL, RIGHT, WRONG, WRONG_MODEL, Attack, answered
from demo.oddities import NAME, lay_out, package, with_odd_files
from demo.samples import Materials, as_bytes, grade_id_of
from tito.notebooks.reading import nbgrader_metadata

EVIL = b"import sys\nprint('loaded')\nimport builtins\nbuiltins.abs = lambda x: 0.0\n"
Files = dict[str, bytes]


def _wrong(edit: Callable[[NotebookNode], object]) -> Callable[[Path, Materials], None]:
    """Wrong answers in a notebook that ``edit`` changes."""

    def write(folder: Path, materials: Materials) -> None:
        notebook = deepcopy(answered(materials, WRONG))
        edit(notebook)
        lay_out(folder, {**package(materials), NAME: as_bytes(notebook)})

    return write


def _weakened(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if nbgrader_metadata(cell).get("grade") and cell.cell_type == "code":
            cell.source = "assert True"


def _tests_are_solutions(notebook: NotebookNode) -> None:
    for cell in filter(nbgrader_metadata, notebook.cells):
        cell.metadata.nbgrader.update(solution=True, locked=False, points=1000, schema_version=3)
    _weakened(notebook)


def _markdown_tests(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if nbgrader_metadata(cell).get("grade"):
            cell.cell_type = "markdown"
            cell.pop("outputs", None)
            cell.pop("execution_count", None)


def _swapped(notebook: NotebookNode) -> None:
    """The easiest test bears the names of all others."""
    for cell in notebook.cells:
        if nbgrader_metadata(cell).get("grade"):
            cell.metadata.nbgrader.grade_id = "training-moons"


def _shadow_names(notebook: NotebookNode) -> None:
    """Cells of the student's own with a test's name and schema 1, before and after the real one."""
    tests = [cell for cell in notebook.cells if nbgrader_metadata(cell).get("grade") and cell.cell_type == "code"]
    for number, cell in enumerate(deepcopy(tests)):
        cell.source, cell.id = f"{number}.0 * 0 + 25", f"shadow-{number}"
        cell.metadata.nbgrader.schema_version = (1, 99)[number % 2]
        notebook.cells.insert(number, cell)
        notebook.cells.append(deepcopy(cell))


def _kernelspec(notebook: NotebookNode) -> None:
    notebook.metadata.kernelspec = NotebookNode(name="bash", language="bash", display_name="../../bin/sh")
    notebook.metadata.papermill = NotebookNode(parameters={"x": 1}, output_path="/tmp/tito-attack-out.ipynb")
    notebook.metadata.tito = NotebookNode(grading={"problems": "none", "tampering": 7, "sandbox": "none"})
    for cell in notebook.cells:
        cell.metadata.papermill = NotebookNode(status="completed", duration="x")
        cell.metadata.tito = NotebookNode(sealed=False)
        cell.metadata.tags = ["skip-execution", "raises-exception", "parameters", "remove_cell"]


def _outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
            cell.outputs = [
                {"output_type": "execute_result", "data": {"text/plain": "25"}, "metadata": {}, "execution_count": 1}
            ]


def _comment_out(notebook: NotebookNode) -> None:
    """Answers that open a string, a block or a marker for what comes after."""
    for cell in notebook.cells:
        if grade_id_of(cell) in WRONG_MODEL:
            cell.source += "\n### BEGIN HIDDEN TESTS\n'''\n### BEGIN SOLUTION\nif False:"


def _format_99(notebook: NotebookNode) -> None:
    notebook.nbformat = 99


def _pipes(folder: Path, materials: Materials) -> None:
    with_odd_files(folder, materials)
    (folder / NAME).unlink()
    os.mkfifo(folder / NAME)
    os.mkfifo(folder / "tinytorch" / "losses2.py")


def _links(folder: Path, materials: Materials) -> None:
    lay_out(folder, package(materials))
    (folder / NAME).symlink_to(folder.parents[2] / "source" / "perceptron" / NAME)
    (folder / "gradebook.db").symlink_to(folder.parents[2] / "gradebook.db")


def _linked_package(folder: Path, materials: Materials) -> None:
    """A package that is a link to the reference beside the course."""
    lay_out(folder, {NAME: as_bytes(answered(materials, RIGHT))})
    (folder / "tinytorch").symlink_to(folder.parents[2] / "reference" / "tinytorch")


def _linked_folder(folder: Path, materials: Materials) -> None:
    """The whole hand-in is a link to somebody else's."""
    folder.rmdir()
    folder.symlink_to(folder.parents[2] / "reference")


def _bomb(folder: Path, materials: Materials) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, b"0" * 200_000_000)
        archive.writestr("../../../../escaped.py", b"gone")
        archive.writestr("/tmp/tito-attack-escaped", b"gone")
    lay_out(folder, {"perceptron.zip": buffer.getvalue()})


def _huge(folder: Path, materials: Materials) -> None:
    notebook = answered(materials, RIGHT)
    notebook.cells[0].source = "x" * 30_000_000
    lay_out(folder, {**package(materials), NAME: as_bytes(notebook)})


def _deep(folder: Path, materials: Materials) -> None:
    content = json.dumps(answered(materials, WRONG)).replace('"metadata": {', '"metadata": {"x": ' + "[" * 5000, 1)
    lay_out(folder, {**package(materials), NAME: content.encode()})


def _with(made_of: str, files: Files) -> Callable[[Path, Materials], None]:
    def write(folder: Path, materials: Materials) -> None:
        lay_out(folder, {**package(materials), **files, NAME: as_bytes(answered(materials, made_of))})

    return write


STRANGERS = (
    "numpy.py", "random.py", "IPython.py", "ipykernel/__init__.py", "sitecustomize.py", "usercustomize.py",
    "nbgrader_config.py", "jupyter_config.py", "ipython_config.py", "conftest.py", "matplotlibrc", "evil.pth",
    "tito/__init__.py", "nbformat.py", ".ipython/profile_default/startup/00.py", "pip.conf", ".env",
)  # fmt: skip
NOT_THEIRS = "what the cell is called, and what stands in its metadata, is the release's"
NOT_TAKEN = "only the notebook and tinytorch/*.py are taken"

FILES = (
    Attack("weakened tests", NOT_THEIRS, write=_wrong(_weakened)),
    Attack("tests flagged as solutions, with points raised", NOT_THEIRS, write=_wrong(_tests_are_solutions)),
    Attack("tests made Markdown", NOT_THEIRS, write=_wrong(_markdown_tests)),
    Attack("tests with each other's names", NOT_THEIRS, write=_wrong(_swapped)),
    Attack("copies of tests with schemas 1 and 99", NOT_THEIRS, write=_wrong(_shadow_names)),
    Attack("metadata for the kernel, papermill and grading", NOT_THEIRS, write=_wrong(_kernelspec)),
    Attack("outputs that say full points", "outputs handed in are not read", write=_wrong(_outputs)),
    Attack("answers that open strings and markers", "a broken answer is none", write=_wrong(_comment_out)),
    Attack("a link to the source notebook", "a link is no file", write=_links),
    Attack("a package that links to the reference", "a link is no file", write=_linked_package),
    Attack("a hand-in that is a link", "a link is no folder", write=_linked_folder),
    Attack("a zip bomb with places outside", "what is too large is not read", write=_bomb),
    Attack("a format that does not exist", "what cannot be read is a zero", write=_wrong(_format_99)),
    Attack("pipes and links beside wrong answers", "only regular files are opened", write=_pipes),
    Attack("a notebook of 30 MB", "what is too large is not read", write=_huge),
    Attack("a notebook of 5,000 levels", "what cannot be read is a zero", write=_deep),
    Attack("files that shadow others, wrong answers", NOT_TAKEN, write=_with(WRONG, dict.fromkeys(STRANGERS, EVIL))),
    Attack("files that shadow others, right answers", NOT_TAKEN, earned=FULL,
           write=_with(RIGHT, dict.fromkeys(STRANGERS, EVIL))),
    Attack("modules that shadow others in tinytorch/", "a file that nobody imports does nothing", earned=MODEL,
           write=_with(HALF, {f"tinytorch/{name}.py": EVIL for name in ("numpy", "random", "os", "IPython")})),
    Attack("a package with an __init__.py of its own", "__init__.py is the course's", earned=MODEL,
           write=_with(HALF, {"tinytorch/__init__.py": EVIL})),
    Attack("modules of 1 MB and of no encoding", "what is left out is not needed", earned=MODEL,
           write=_with(HALF, {"tinytorch/big.py": b"#" * 2_000_000, "tinytorch/odd.py": b"\xff\xfe\x00",
                              "tinytorch/no-name.py": b"", "tinytorch/nul.py": b"a = '\0'"})),
)  # fmt: skip
