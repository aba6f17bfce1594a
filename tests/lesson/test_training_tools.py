"""The tools that module 07 uses: curves, files of a folder, and a look after each line."""

from __future__ import annotations

import linecache
from pathlib import Path

import matplotlib.pyplot as plt

from tito import datasets
from tito.lesson import after_each_line, files_in, fresh_folder, hurried_digits, show_histories


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
    show_histories({"training": [2.0, 1.0, 0.5], "validation": [2.0, 1.5, 1.7]}, mark=2)
    assert drawn == [[3, 3, 2]]
    assert not plt.get_fignums()


def test_a_fresh_folder_holds_what_it_is_given_and_nothing_else() -> None:
    one, other = fresh_folder({"a.txt": b"one"}), fresh_folder()
    assert (files_in(one), files_in(other)) == ({"a.txt": b"one"}, {})


def test_of_the_hurried_labels_about_a_third_are_wrong_and_of_the_others_none() -> None:
    digits = datasets.digits()
    train_x, hurried, valid_x, valid_y, test_x, test_y = hurried_digits()
    assert (train_x.shape, valid_x.shape, test_x.shape) == ((600, 64), (300, 64), (355, 64))
    assert {str(x.dtype) for x in (train_x, valid_x, test_x)} == {"float32"}
    assert 0.3 < (hurried != digits.train_labels[:600]).mean() < 0.4
    assert (valid_y == digits.train_labels[600:900]).all()
    assert (test_y == digits.test_labels).all()
