"""Files survive a full disk, a kill in the middle, and two writers at once."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from tito.errors import TitoError
from tito.files import locked, make_folder, write_atomically

LOOP = """
import sys
from pathlib import Path
from tito.files import write_atomically
path = Path(sys.argv[1])
for turn in range(10**9):
    write_atomically(path, str(turn % 10) * 200_000)
    if not turn:
        print("writing", flush=True)
"""

HOLD = """
import sys, time
from pathlib import Path
from tito.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_replaces_the_content_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_atomically(path, "one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_full_disk_leaves_the_old_file(tmp_path, monkeypatch, call):
    path = tmp_path / "file.txt"
    write_atomically(path, "old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(TitoError, match="The disk is full") as caught:
        write_atomically(path, "new")
    assert "free some space" in caught.value.hint
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.txt"]


def test_a_really_full_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a file system of a known size cannot be mounted here")
    try:
        write_atomically(disk / "file.txt", "old")
        with pytest.raises(TitoError, match="The disk is full"):
            write_atomically(disk / "file.txt", "x" * 1_000_000)
        assert (disk / "file.txt").read_text() == "old"
        assert [entry.name for entry in disk.iterdir()] == ["file.txt"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_no_permission_is_a_sentence(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    with pytest.raises(TitoError, match="may not be written"):
        write_atomically(tmp_path / "file.txt", "new")


def test_killed_while_writing_leaves_a_whole_file(tmp_path):
    path = tmp_path / "file.txt"
    for turn in range(8):
        with subprocess.Popen([sys.executable, "-c", LOOP, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"writing\n"
            time.sleep(0.003 * turn)
            process.send_signal(signal.SIGKILL)
        content = path.read_text()
        assert len(content) == 200_000
        assert len(set(content)) == 1


def test_a_second_process_waits_and_then_says_who_is_there(tmp_path):
    lock = tmp_path / ".tito" / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TitoError, match="Another tito is working here"), locked(lock, timeout_s=0.2):
            pytest.fail("the lock was held twice")
        holder.kill()
        holder.wait()
        with locked(lock, timeout_s=5):
            pass


def test_a_lock_may_be_taken_again_inside_itself(tmp_path):
    with locked(tmp_path / "lock"), locked(tmp_path / "lock", timeout_s=0.1):
        pass


def test_make_folder_says_whether_it_made_one(tmp_path):
    assert make_folder(tmp_path / "a" / "b")
    assert not make_folder(tmp_path / "a" / "b")
