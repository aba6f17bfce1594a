"""Hand-ins that are odd, broken or hostile: what counts of them, and the sentence for what does not."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from tito.course import the_course
from tito.grading.handin import MAX_ENTRIES, members
from tito.grading.ingest import find_submission, read_package

PERCEPTRON = the_course().milestone("perceptron")
NAME = f"{PERCEPTRON.notebook}.ipynb"
STUBS = ("a-answer", "b-answer")


def cell(grade_id: str, source: str) -> NotebookNode:
    meta = {"grade": False, "grade_id": grade_id, "locked": False, "schema_version": 3, "solution": True, "task": False}
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": meta})


RELEASED = new_notebook(cells=[cell(name, f"{name[0]} = None  # YOUR CODE") for name in STUBS])


def notebook(*answers: str) -> bytes:
    cells = [
        cell(name, answers[at] if at < len(answers) else RELEASED.cells[at].source) for at, name in enumerate(STUBS)
    ]
    return json.dumps(new_notebook(cells=cells)).encode()


def lay_out(folder: Path, files: dict[str, bytes]) -> None:
    for moment, (name, content) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_000_000 + moment, 1_000_000 + moment))


def a_zip(entries: dict[str, bytes], kind: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = kind << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


EMPTY = json.dumps(new_notebook()).encode()
COPY, SECOND, THIRD = (NAME.replace(".", f"{number}.") for number in (" (1)", "-2", "-3"))
CHOICES = {
    "the most answers": ({NAME: notebook(), COPY: notebook("a = 1")}, COPY),
    "an older one with more answers": ({COPY: notebook("a = 1", "b = 1"), NAME: notebook("a = 1")}, COPY),
    "its own name, among equals": ({NAME: notebook("a = 1"), f"Copy of {NAME}": notebook("a = 2")}, NAME),
    "the higher number, among equals": ({NAME: notebook("a = 1"), COPY: notebook("a = 2")}, COPY),
    "the highest number": ({THIRD: notebook("a = 3"), NAME: notebook("a = 1"), SECOND: notebook("a = 2")}, THIRD),
    "the one that can be read": ({NAME: b"{", COPY: notebook()}, COPY),
    "the one of this assignment": ({"x.ipynb": EMPTY, f"d/{NAME}": notebook()}, f"d/{NAME}"),
    "not one of an editor": ({NAME: notebook(), f".ipynb_checkpoints/{NAME}": notebook("a = 1", "b = 1")}, NAME),
    "the folder's before the zip's, among equals": ({NAME: notebook("a = 1"), "x.zip": a_zip({NAME: EMPTY})}, NAME),
    "the zip with a notebook": ({"x.zip": a_zip({NAME: notebook("a = 1")}), "y.zip": a_zip({"x": b""})}, NAME),
    "the newest zip's": ({"a.zip": a_zip({"x": b""}), "b.zip": a_zip({f"s/{NAME}": notebook()})}, f"s/{NAME}"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHOICES)
def test_of_several_files_one_counts(case: str, tmp_path: Path):
    files, chosen = CHOICES[case]
    lay_out(tmp_path, files)
    found = find_submission(tmp_path, PERCEPTRON, RELEASED)
    assert (found.name, found.reason) == (chosen, "")
    assert found.notebook == files.get(chosen, found.notebook)
    assert bool(found.notes) == (chosen != NAME or "among equals" in case)


WEEK_S = 7 * 24 * 3600
OLD, NEW = notebook("a = 'OLD'"), notebook("a = 'NEW'")
ATTEMPTS = {
    "an old zip, a new one": ({"x.zip": (a_zip({f"perceptron/{NAME}": OLD}), 1), NAME: (NEW, 0)}, "newest"),
    "an old one, a new zip": ({NAME: (OLD, 1), "x.zip": (a_zip({f"perceptron/{NAME}": NEW}), 0)}, "newest"),
    "of one name, in a new zip": ({NAME: (OLD, 1), "perceptron.zip": (a_zip({NAME: NEW}), 0)}, "newest"),
    "renamed by the platform": ({NAME: (OLD, 1), NAME.replace(".", "-1."): (NEW, 0)}, "newest"),
    "renamed, and of one time": ({NAME: (OLD, 0), NAME.replace(".", "-1."): (NEW, 0)}, "highest number"),
    "an older copy of the editor's": ({NAME: (NEW, 0), NAME.replace(".", "-Copy1."): (OLD, 1)}, "newest"),
    "two digits": ({NAME.replace(".", "-10."): (NEW, 0), NAME.replace(".", "-9."): (OLD, 0)}, "highest number"),
    "in two folders": ({f"first/{NAME}": (OLD, 1), f"second/{NAME}": (NEW, 0)}, "newest"),
    "two zips": ({"a.zip": (a_zip({NAME: OLD}), 1), "a-1.zip": (a_zip({NAME: NEW}), 0)}, "a.zip was not opened"),
    "of one time": ({"a.zip": (a_zip({NAME: OLD}), 0), "a-1.zip": (a_zip({NAME: NEW}), 0)}, "a.zip was not opened"),
    "a damaged newer zip": ({"mlp.zip": (a_zip({NAME: NEW}), 1), "mlp-1.zip": (b"PK", 0)}, "is not a zip file"),
}  # fmt: skip


@pytest.mark.parametrize("case", ATTEMPTS)
def test_of_several_attempts_the_last_counts_and_the_note_is_true(case: str, tmp_path: Path):
    files, because = ATTEMPTS[case]
    for name, (content, weeks) in files.items():
        lay_out(tmp_path, {name: content})
        when = 1_800_000_000 - weeks * WEEK_S
        os.utime(tmp_path / name, (when, when))
    found = find_submission(tmp_path, PERCEPTRON, RELEASED)
    assert found.notebook == NEW
    assert because in " ".join(found.notes)


def test_package_and_time_are_those_beside_the_notebook(tmp_path: Path):
    def attempt(word: str, second: int) -> dict[str, bytes]:
        answer = notebook("a = 1", f"b = '{word}'")
        stamp = f"2026-03-01 10:00:0{second} UTC".encode()
        return {NAME: answer, "tinytorch/tensor.py": f"x = '{word}'".encode(), "timestamp.txt": stamp}

    lay_out(tmp_path, attempt("OLD", 1))
    archive = a_zip({f"perceptron/{name}": content for name, content in attempt("NEW", 2).items()})
    (tmp_path / "perceptron.zip").write_bytes(archive)
    found = find_submission(tmp_path, PERCEPTRON, RELEASED)
    assert b"'NEW'" in found.notebook and found.package == {"tensor.py": b"x = 'NEW'"}
    assert found.stamp == b"2026-03-01 10:00:02 UTC"
    (tmp_path / NAME).write_bytes(attempt("NEWER", 3)[NAME])
    os.utime(tmp_path / "perceptron.zip", (1_500_000_000, 1_500_000_000))
    assert find_submission(tmp_path, PERCEPTRON, RELEASED).package == {"tensor.py": b"x = 'OLD'"}
    (tmp_path / "tinytorch" / "tensor.py").unlink()
    found = find_submission(tmp_path, PERCEPTRON, RELEASED)
    assert b"'NEWER'" in found.notebook and found.package == {"tensor.py": b"x = 'NEW'"}
    assert "tinytorch/ was taken from perceptron.zip." in found.notes


OTHER = json.dumps(new_notebook(cells=[new_code_cell("x")])).encode()
BROKEN = {
    "nothing": ({}, "There is no notebook perceptron_milestone.ipynb in what was handed in. Next:"),
    "a PDF": ({"report.pdf": b"%PDF"}, "but report.pdf"),
    "no zip": ({"x.zip": b"PK\3\4 nonsense"}, "x.zip is not a zip file that can be read"),
    "an archive of another kind": ({"x.rar": b"Rar!"}, "but x.rar"),
    "a truncated one": ({NAME: notebook()[:40]}, "is not a notebook: its end is missing"),
    "an empty one": ({NAME: b""}, "is empty: it was never saved"),
    "no notebook": ({NAME: b"[1]"}, "is JSON, but not a notebook"),
    "another notebook": ({"tensor.ipynb": OTHER}, "is another notebook"),
    "a bomb": ({"x.zip": a_zip({NAME: b" " * 2_000_000})}, "is larger than"),
    "a giant": ({NAME: b" " * 1_000_001}, "is larger than 1 MB"),
    "a zip of too many": ({"x.zip": a_zip(dict.fromkeys(map(str, range(MAX_ENTRIES + 1)), b""))}, "holds more than"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_read_has_its_reason(case: str, tmp_path: Path):
    files, reason = BROKEN[case]
    lay_out(tmp_path, files)
    found = find_submission(tmp_path, PERCEPTRON, RELEASED, max_notebook_bytes=1_000_000)
    assert found.notebook is None and reason in found.reason
    assert "Traceback" not in found.reason and "\n" not in found.reason and str(tmp_path) not in found.reason


ESCAPES = ("../NAME", "/tmp/NAME", "a/../../NAME", "C:/NAME", "..\\NAME", "//server/NAME")


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_zip_cannot_point_out_of_itself(escape: str, tmp_path: Path):
    name = escape.replace("NAME", NAME)
    (tmp_path / "in").mkdir()
    lay_out(tmp_path / "in", {"x.zip": a_zip({name: notebook("a = 1"), "tinytorch/../tensor.py": b"x = 1"})})
    found = find_submission(tmp_path / "in", PERCEPTRON, RELEASED)
    assert found.notebook is None and found.package is None and "points out of the zip" in " ".join(found.notes)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "x.zip"]


def test_links_and_locks_in_a_zip_are_left_out(tmp_path: Path):
    lay_out(tmp_path, {"x.zip": a_zip({NAME: b"/etc/passwd"}, stat.S_IFLNK | 0o777)})
    found = find_submission(tmp_path, PERCEPTRON, RELEASED)
    assert found.notebook is None and "points out of the zip" in found.notes[0]
    locked = bytearray(a_zip({NAME: notebook("a = 1")}))
    for at, flag in ((locked.find(b"PK\3\4"), 6), (locked.find(b"PK\1\2"), 8)):
        locked[at + flag] |= 1
    (tmp_path / "x.zip").write_bytes(locked)
    assert "it is damaged or locked" in find_submission(tmp_path, PERCEPTRON, RELEASED).reason


def test_no_link_is_followed_and_no_pipe_is_opened(tmp_path: Path):
    lay_out(
        tmp_path,
        {"source/real.ipynb": notebook("a = 1"), "other/tensor.py": b"x = 1", "real.zip": a_zip({NAME: notebook()})},
    )
    folder = tmp_path / "student"
    folder.mkdir()
    (folder / NAME).symlink_to(tmp_path / "source" / "real.ipynb")
    (folder / COPY).symlink_to("nowhere")
    (folder / "x.zip").symlink_to(tmp_path / "real.zip")
    (folder / "tinytorch").symlink_to(tmp_path / "other")
    (folder / "deep").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.ipynb")
    os.mkfifo(folder / "timestamp.txt")
    found = find_submission(folder, PERCEPTRON, RELEASED)
    assert found.notebook is None and found.package is None and found.stamp is None
    assert "perceptron_milestone.ipynb was left out: it is not a regular file" in " ".join(found.notes)
    (tmp_path / "linked").symlink_to(folder)
    assert "is a link, not a folder" in find_submission(tmp_path / "linked", PERCEPTRON, RELEASED).reason


def test_a_file_of_the_package_that_does_not_count_is_said_so(tmp_path: Path):
    files = {"tensor.py": b"x = 1", "latin.py": "x = 'ä'".encode("latin-1"), "big.py": b"#" * 1_000_001}
    lay_out(tmp_path, {NAME: notebook("a = 1"), **{f"tinytorch/{name}": content for name, content in files.items()}})
    found = find_submission(tmp_path, PERCEPTRON, RELEASED)
    assert list(found.package) == ["tensor.py"]
    assert found.notes == (
        "tinytorch/big.py was left out: it is larger than 1 MB.",
        "tinytorch/latin.py was left out: it is not UTF-8 text.",
    )


def test_a_time_is_taken_only_when_it_says_one(tmp_path: Path):
    lay_out(
        tmp_path,
        {NAME: notebook(), "timestamp.txt": b"soon", "x.zip": a_zip({"timestamp.txt": b"2026-03-01 10:00:00 UTC\n"})},
    )
    found = find_submission(tmp_path, PERCEPTRON, RELEASED)
    assert found.stamp is None  # the folder's own place is taken
    assert "The time in timestamp.txt cannot be read, so nobody knows whether this is late." in found.notes[-1]
    (tmp_path / "timestamp.txt").unlink()
    assert find_submission(tmp_path, PERCEPTRON, RELEASED).stamp == b"2026-03-01 10:00:00 UTC"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf2026-03-01 10:00:00 UTC",
        "2026-03-01 10:00:00 UTC\r\n".encode("utf-16"),
        "\ufeff2026-03-01 10:00:00 UTC".encode("utf-16-be"),
        b"1772359200",
        b"1772359200000\n",
        b"2026-03-01 10:00:00 UTC",
    ],
)
def test_a_time_is_read_as_editors_and_shells_write_it(tmp_path: Path, content: bytes):
    lay_out(tmp_path, {NAME: notebook(), "timestamp.txt": content})
    found = find_submission(tmp_path, PERCEPTRON, RELEASED)
    assert (found.stamp, found.notes) == (b"2026-03-01 10:00:00 UTC", ())


def test_the_time_beside_a_zip_counts_before_the_one_that_the_student_wrote_into_it(tmp_path: Path):
    inside = {f"perceptron/{NAME}": notebook(), "perceptron/timestamp.txt": b"2026-02-01 10:00:00 UTC"}
    lay_out(tmp_path, {"perceptron.zip": a_zip(inside), "timestamp.txt": b"2026-03-01 10:00:00 UTC"})
    assert find_submission(tmp_path, PERCEPTRON, RELEASED).stamp == b"2026-03-01 10:00:00 UTC"
    (tmp_path / "timestamp.txt").unlink()
    assert find_submission(tmp_path, PERCEPTRON, RELEASED).stamp == b"2026-02-01 10:00:00 UTC"


def test_the_package_nearest_to_the_root_counts(tmp_path: Path):
    lay_out(tmp_path, {"old/tinytorch/tensor.py": b"x = 1", "tinytorch/tensor.py": b"x = 2", "tensor.py": b"x = 3"})
    assert read_package(tmp_path) == ({"tensor.py": b"x = 2"}, [])


def test_deep_and_many_files_end(tmp_path: Path):
    lay_out(
        tmp_path, {f"{'d/' * 12}{NAME}": notebook(), **{f"many/{number}": b"" for number in range(MAX_ENTRIES + 5)}}
    )
    found, notes = members(tmp_path)
    assert len(found) == MAX_ENTRIES and "Only the first" in notes[-1]
    assert find_submission(tmp_path, PERCEPTRON, RELEASED).notebook is None
