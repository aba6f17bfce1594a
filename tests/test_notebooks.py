"""Everything that can be wrong with a notebook file gets one sentence."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tito.errors import NotebookError
from tito.exporter import export_hash, export_hash_of_cells
from tito.notebooks import parse_notebook, plain_cells, read_notebook, same_sources

CASES = [
    (b"", "is empty: it was never saved"),
    (b"  \n", "is empty: it was never saved"),
    (b"{", "it is not JSON"),
    (b"\xff\xfe\x00", "it is not UTF-8 text"),
    (b"[" * 100_000, "it is nested too deeply"),
    (b"[1]", "it has no 'nbformat'"),
    (b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}', "has notebook format 3"),
    (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}', "is not a valid notebook"),
]


@pytest.mark.parametrize(("content", "sentence"), CASES)
def test_what_is_no_notebook(content, sentence):
    with pytest.raises(NotebookError, match=sentence) as caught:
        parse_notebook(content, "tensor.ipynb")
    assert caught.value.message.startswith("tensor.ipynb")
    assert caught.value.hint


def test_missing(tmp_path):
    with pytest.raises(NotebookError, match="does not exist"):
        read_notebook(tmp_path / "tensor.ipynb")


def test_a_byte_order_mark_is_forgiven():
    content = b"\xef\xbb\xbf" + nbformat.writes(new_notebook(cells=[new_code_cell("1")])).encode()
    assert parse_notebook(content, "x").cells[0].source == "1"


def test_jupytext_is_read_as_a_notebook(tmp_path):
    (tmp_path / "tensor.py").write_text("# %% [markdown]\n# Text\n\n# %%\nx = 1\n")
    assert [cell.source for cell in read_notebook(tmp_path / "tensor.py").cells] == ["Text", "x = 1"]


def test_plain_cells_hash_as_the_notebook_does(tmp_path):
    notebook = new_notebook(
        cells=[new_code_cell("#| export\nx = 'ä'\ny = 2"), new_markdown_cell("text"), new_code_cell("")]
    )
    nbformat.write(notebook, tmp_path / "a.ipynb")
    assert export_hash_of_cells(plain_cells(tmp_path / "a.ipynb")) == export_hash(notebook)


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
