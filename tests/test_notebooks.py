"""Everything that can be wrong with a notebook file gets one sentence."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tito.errors import NotebookError
from tito.notebooks.exporter import export_hash, export_hash_of_cells
from tito.notebooks.reading import MAX_CELLS, parse_notebook, plain_cells, read_notebook, same_sources

CASES = [
    (b"", "is empty: it was never saved"),
    (b"  \n", "is empty: it was never saved"),
    (b"{", "its end is missing"),
    (b'{"cells": [{"cell_type": "code", "sour', "its end is missing"),
    (b"hello", "it is not JSON"),
    (b'{"cells": [],}', "it is not JSON"),
    (
        b'{\n "cells": [\n<<<<<<< HEAD\n 1\n=======\n 2\n>>>>>>> main\n]}',
        "merge conflict stand in it, the first in line 3",
    ),
    (b"{\r\n||||||| 1a2b3c4\r\n}", "merge conflict stand in it"),
    (b"<!DOCTYPE html><html><head><title>tensor.ipynb</title>", "it is a web page"),
    ("<!-- saved from url -->\n<HTML lang='de'>".encode("utf-16"), "it is a web page"),
    (b"MIME-Version: 1.0\nContent-Type: multipart/related", "it is a web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "it is a pointer of Git LFS"),
    (b"../.git/annex/objects/x1/SHA256E-s9--0.ipynb", "it is a pointer of git-annex"),
    (b"404: Not Found", "it is the answer that nothing was found"),
    (b"PK\x03\x04\x14\0", "it is a zip file"),
    (b"%PDF-1.7\n%\xe2\xe3", "it is a PDF"),
    (b"{\\rtf1\\ansi {}}", "it is a document of a word processor"),
    (b"# %%\nimport numpy as np\n", "it is a Python file"),
    (b"\xff\xfe\x00", "is empty: it was never saved"),
    (b"[" * 100_000, "it is nested too deeply"),
    (b"[1]", "it has no 'nbformat'"),
    (b'{"nbformat": 1, "cells": [], "metadata": {}}', "has notebook format 1"),
    (b'{"nbformat": 5, "cells": [], "metadata": {}}', "has notebook format 5"),
    (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}', "is not a valid notebook"),
]


@pytest.mark.parametrize(("content", "sentence"), CASES)
def test_what_is_no_notebook(content, sentence):
    with pytest.raises(NotebookError, match=sentence) as caught:
        parse_notebook(content, "tensor.ipynb")
    assert caught.value.message.startswith("tensor.ipynb")
    assert caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_any_encoding_is_read(encoding):
    text = json.dumps(new_notebook(cells=[new_code_cell("x = 'größer'")]), ensure_ascii=False)
    for ending in ("", "\r\n", "\0\0"):
        notebook = parse_notebook((text.replace("\n", ending or "\n") + ending).encode(encoding), "x")
        assert notebook.cells[0].source == "x = 'größer'"


ODD_CELLS = [
    {"cell_type": "code", "source": ["a\r\n", "b"], "outputs": "none", "metadata": None},
    {"cell_type": "video", "source": "a\rb", "id": "spaces are wrong"},
    {"cell_type": "markdown", "source": "a\nb", "attachments": {"x": 1}, "id": "twice"},
    {"cell_type": "code", "source": "a\nb", "id": "twice", "outputs": [{"output_type": "odd"}], "execution_count": "x"},
    {"cell_type": "code", "source": "a\nb", "id": "x" * 99, "metadata": {"nbgrader": [1], "tags": 5}},
    {"cell_type": "code", "source": "a\nb", "metadata": {"nbgrader": {"grade_id": ["x"]}, "tito": 3}},
]


@pytest.mark.parametrize("head", [{"nbformat": 4, "nbformat_minor": 99}, {"nbformat": "4"}, {}, {"metadata": 7}])
def test_cells_that_no_notebook_has_keep_their_text(head):
    raw = {**head, "cells": [*ODD_CELLS, 7, None, {}]}
    notebook = parse_notebook(json.dumps(raw).encode(), "x")
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == ["a\nb"] * 6 + [""]
    assert notebook.cells[3].metadata.id == "twice"  # where graft still finds it
    json.dumps(notebook)


def test_a_notebook_of_format_3_is_read():
    sheet = {"cells": [
        {"cell_type": "heading", "level": 2, "source": ["Part"], "metadata": {}},
        {"cell_type": "code", "input": ["x = 1\n", "y"], "outputs": [{"output_type": "pyout"}], "language": "python"},
    ]}  # fmt: skip
    raw = {"nbformat": 3, "nbformat_minor": 0, "worksheets": [sheet], "metadata": {"name": "x"}}
    notebook = parse_notebook(json.dumps(raw).encode(), "x")
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [("markdown", "## Part"), ("code", "x = 1\ny")]
    nbformat.validate(notebook)


def test_what_is_nested_without_reason_is_left_out():
    deep = json.loads("[" * 400 + "]" * 400)
    cell = {"cell_type": "code", "source": "x", "metadata": {"a": deep}, "outputs": deep}
    notebook = parse_notebook(json.dumps({"nbformat": 4, "cells": [cell], "metadata": {"b": deep}}).encode(), "x")
    assert notebook.cells[0].source == "x" and not notebook.metadata and not notebook.cells[0].metadata


def test_more_cells_than_anybody_writes_are_refused():
    with pytest.raises(NotebookError, match="holds more than"):
        parse_notebook(json.dumps({"cells": [{}] * (MAX_CELLS + 1)}).encode(), "x")


def test_a_conflict_ends_with_a_command_that_can_be_pasted():
    with pytest.raises(NotebookError) as caught:
        parse_notebook(b"{\n>>>>>>> main\n", "my notebook.ipynb")
    assert "git checkout --ours -- 'my notebook.ipynb'" in caught.value.hint


def test_missing(tmp_path):
    with pytest.raises(NotebookError, match="does not exist"):
        read_notebook(tmp_path / "tensor.ipynb")


def test_a_byte_order_mark_is_forgiven():
    content = b"\xef\xbb\xbf" + nbformat.writes(new_notebook(cells=[new_code_cell("1")])).encode()
    assert parse_notebook(content, "x").cells[0].source == "1"


def test_jupytext_is_read_as_a_notebook(tmp_path):
    (tmp_path / "tensor.py").write_text("# %% [markdown]\n# Text\n\n# %%\nx = 1\n")
    assert [cell.source for cell in read_notebook(tmp_path / "tensor.py").cells] == ["Text", "x = 1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_plain_cells_hash_as_the_notebook_does(tmp_path, encoding):
    """Else a module is stale from the moment on in which it is completed."""
    cells = [new_code_cell("#| export\r\nx = 'ä'\r\ny = 'HALF'"), new_markdown_cell("text"), new_code_cell("")]
    text = json.dumps(new_notebook(cells=cells), ensure_ascii=False).replace("HALF", "\\ud83d")
    (tmp_path / "a.ipynb").write_bytes(text.encode(encoding))
    assert export_hash_of_cells(plain_cells(tmp_path / "a.ipynb")) == export_hash(read_notebook(tmp_path / "a.ipynb"))
    assert read_notebook(tmp_path / "a.ipynb").cells[0].source == "#| export\nx = 'ä'\ny = '?'"


def test_a_file_that_may_not_be_read_is_said_so(tmp_path, monkeypatch):
    (tmp_path / "a.ipynb").write_text("{}")

    def refuse(path):  # as root every file may be read
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(NotebookError, match="cannot be read: Permission denied"):
        read_notebook(tmp_path / "a.ipynb")


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"cells": [{}]}), json.dumps({"cells": 1})])
def test_plain_cells_of_what_is_no_notebook(tmp_path, content):
    (tmp_path / "a.ipynb").write_text(content)
    assert plain_cells(tmp_path / "a.ipynb") is None


def test_outputs_do_not_make_a_notebook_different():
    first, second = new_notebook(cells=[new_code_cell("1")]), new_notebook(cells=[new_code_cell("1")])
    second.cells[0].execution_count = 5
    assert same_sources(first, second)
    second.cells[0].source = "2"
    assert not same_sources(first, second)


def test_a_pasted_picture_and_honest_outputs_stay():
    text = new_markdown_cell("![p](attachment:p.png)", attachments={"p.png": {"image/png": "iVBORw0KGgo="}})
    code = new_code_cell(
        "1", outputs=[nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=1)]
    )
    parsed = parse_notebook(nbformat.writes(new_notebook(cells=[text, code])).encode(), "x")
    assert parsed.cells[0].attachments == text.attachments and parsed.cells[1].outputs == code.outputs
