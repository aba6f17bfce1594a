"""Ingest: every kind of bad file becomes a sentence, and never a crash."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from nbformat import NotebookNode

from tito.grading.ingest import SubmissionExporter, broken_files, read_package

CELL = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": "x = 1"}
NOTEBOOK = {"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
GOOD = json.dumps(NOTEBOOK).encode()


def deep(levels: int) -> bytes:
    return (
        b'{"cells": [], "metadata": {"x": ' + b"[" * levels + b"]" * levels + b'}, "nbformat": 4, "nbformat_minor": 5}'
    )


def take(path: Path) -> tuple[NotebookNode, str]:
    """What the exporter makes of a file: the notebook, and the reason why it is unreadable."""
    seen: dict = {}

    class Spy(SubmissionExporter):
        def from_notebook_node(self, nb: NotebookNode, resources: dict | None = None, **kwargs: object):
            seen.update(notebook=nb, reason=(resources or {}).get("unreadable", ""))
            return super().from_notebook_node(nb, resources=resources, **kwargs)

    text, resources = Spy().from_filename(str(path))
    json.loads(text)
    text.encode()
    assert resources["metadata"]["name"] == path.stem
    return seen["notebook"], seen["reason"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty: it was never saved"),
        (b" \n", "is empty: it was never saved"),
        (GOOD[:-30], "is not a notebook: its end is missing"),
        (b"hello", "is not a notebook: it is not JSON"),
        (b"<html></html>", "is not a notebook: it is a web page"),
        (b"[1, 2]", "is JSON, but not a notebook"),
        (b"null", "is JSON, but not a notebook"),
        (b'{"a": 1}', "is JSON, but not a notebook"),
        (GOOD.replace(b'"nbformat": 4', b'"nbformat": 5'), "has notebook format 5"),
        (GOOD.replace(b'"cells": [', b'"cells": {"a":[').replace(b"}], ", b"}]}, "), "is not a valid notebook"),
        (b"\0" * 1000, "is empty: it was never saved"),
        (b"\xff\xfe{\0\xd8", "is not a notebook: it is not JSON"),
        (deep(100_000), "nested too deeply"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "is not a notebook"),
    ],
)
def test_what_is_no_notebook_is_an_empty_one_with_a_reason(tmp_path: Path, content: bytes, reason: str):
    path = tmp_path / "peak_milestone.ipynb"
    path.write_bytes(content)
    notebook, why = take(path)
    assert notebook.cells == [] and reason in why and "peak_milestone.ipynb" in why and " Next: " in why
    assert "\n" not in why and "Traceback" not in why


def test_what_is_harmless_is_forgiven(tmp_path: Path):
    path = tmp_path / "n.ipynb"
    minor = GOOD.replace(b'"nbformat_minor": 5', b'"nbformat_minor": 99')
    odd = (minor, GOOD.decode().encode("utf-16"), GOOD.replace(b"\n", b"\r\n"), GOOD + b"\0\0\0")
    for content in (
        GOOD,
        *odd,
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b'"id": "a", ', b"").replace(b'or": 5', b'or": 2'),
    ):
        path.write_bytes(content)
        notebook, why = take(path)
        assert not why and [cell.source for cell in notebook.cells] == ["x = 1"]


def test_half_a_character_becomes_a_question_mark(tmp_path: Path):
    path = tmp_path / "n.ipynb"
    path.write_bytes(GOOD.replace(b"x = 1", rb"x = '\ud800'"))
    assert take(path)[0].cells[0].source == "x = '?'"


def test_links_folders_and_giants_are_no_notebooks(tmp_path: Path):
    (tmp_path / "real.ipynb").write_bytes(GOOD)
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "real.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name in ("link", "folder", "pipe", "none"):
        assert "is not a regular file" in take(tmp_path / f"{name}.ipynb")[1]
    with (tmp_path / "big.ipynb").open("wb") as stream:
        stream.truncate(20_000_001)
    assert "is larger than 20 MB" in take(tmp_path / "big.ipynb")[1]


def test_a_file_that_may_not_be_read_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "n.ipynb"
    path.write_bytes(GOOD)

    def refuse(path: Path, flags: int) -> int:  # as root every file may be read
        raise PermissionError(13, "Permission denied")

    (tmp_path / "tinytorch").mkdir()
    (tmp_path / "tinytorch" / "tensor.py").write_text("x = 1")
    monkeypatch.setattr(os, "open", refuse)
    assert "cannot be read: Permission denied" in take(path)[1]
    package, left_out = read_package(tmp_path)
    assert package is None
    assert left_out == ["tinytorch/tensor.py was left out: it cannot be read (Permission denied)."]


def test_a_package_is_its_regular_utf8_python_files(tmp_path: Path):
    folder = tmp_path / "tinytorch"
    folder.mkdir()
    (folder / "tensor.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    (folder / "__init__.py").write_text("")
    (folder / "os.py").write_bytes("x = 2\n".encode("utf-16"))
    (folder / "not a name.py").write_text("x = 1")
    (folder / "latin.py").write_bytes("x = 'ü'".encode("latin-1"))
    (folder / "big.py").write_bytes(b"#" * 1001)
    (folder / "secret.py").symlink_to("/etc/hostname")
    (folder / "gone.py").symlink_to(tmp_path / "nowhere")
    (folder / "folder.py").mkdir()
    (folder / "notes.txt").write_text("x")
    (folder / "data.so").write_bytes(b"x")
    (folder / "numpy").mkdir()
    (folder / "numpy" / "__init__.py").write_text("x = 1")
    package, left_out = read_package(tmp_path, max_file_bytes=1000)
    assert package == {"tensor.py": b"x = 1\n", "os.py": b"x = 2\n"}  # and not __init__.py, which is the course's
    assert left_out == [
        "tinytorch/big.py was left out: it is larger than 0.001 MB.",
        "tinytorch/gone.py was left out: it is not a regular file.",
        "tinytorch/latin.py was left out: it is not UTF-8 text.",
        "tinytorch/not a name.py was left out: no module can have this name.",
        "tinytorch/secret.py was left out: it is not a regular file.",
    ]


def test_more_files_than_a_package_has_are_left_out(tmp_path: Path):
    (tmp_path / "tinytorch").mkdir()
    for number in range(5):
        (tmp_path / "tinytorch" / f"m{number}.py").write_text("")
    package, left_out = read_package(tmp_path, max_files=3)
    assert sorted(package) == ["m0.py", "m1.py", "m2.py"]
    assert left_out == [f"tinytorch/m{number}.py was left out: there are too many files." for number in (3, 4)]


def test_no_package_is_none(tmp_path: Path):
    assert read_package(tmp_path) == (None, [])
    (tmp_path / "tinytorch").write_text("a file")
    assert read_package(tmp_path) == (None, [])
    (tmp_path / "tinytorch").unlink()
    (tmp_path / "tinytorch").mkdir()
    (tmp_path / "tinytorch" / "__init__.py").write_text("")
    assert read_package(tmp_path) == (None, [])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "tensor.py").write_text("")
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / "tinytorch").symlink_to(tmp_path / "other")
    assert read_package(tmp_path / "student") == (None, [])


def test_a_broken_file_is_named_with_its_line():
    sentences = broken_files(
        {"layers.py": b"x = 1\ndef f(:\n", "nul.py": b"x = 1\0", "fine.py": b"from __future__ import annotations\n"}
    )
    assert len(sentences) == 2
    assert "tinytorch/layers.py cannot be imported (line 2: " in sentences[0]
    assert "tito module complete layers" in sentences[0] and "tinytorch/nul.py cannot be imported" in sentences[1]
