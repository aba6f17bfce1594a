"""The tools that module 07 uses: curves, files of a folder, and a look after each line."""

from __future__ import annotations

import linecache
from pathlib import Path

import matplotlib.pyplot as plt

from tito.lesson import after_each_line, files_in, show_curves


def test_a_folders_files_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"two")
    (tmp_path / "a.txt").write_bytes(b"one")
    (tmp_path / "folder").mkdir()
    assert files_in(tmp_path) == {"a.txt": b"one", "b.txt": b"two"}


def test_a_look_is_taken_after_each_line_of_a_notebook_and_of_no_library(tmp_path: Path) -> None:
    source = "def write(path):\n    path.write_text('one')\n    path.unlink()\n    path.write_text('two')\n"
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    variables: dict = {}
    exec(compile(source, "<cell>", "exec"), variables)
    path = tmp_path / "file"
    seen = after_each_line(lambda: variables["write"](path), path.exists)
    assert [pair for pair in seen if pair[0].startswith("path")] == [
        ("path.write_text('one')", True),
        ("path.unlink()", False),
        ("path.write_text('two')", True),
    ]


def test_curves_are_drawn_and_closed(monkeypatch) -> None:
    drawn = []
    monkeypatch.setattr(plt, "show", lambda: drawn.append([len(line.get_xdata()) for line in plt.gca().lines]))
    show_curves({"training": [2.0, 1.0, 0.5], "validation": [2.0, 1.5, 1.7]}, mark=2)
    assert drawn == [[3, 3, 2]]
    assert not plt.get_fignums()
