"""Where sockets lie: in a folder whose name is short enough, whatever the temporary folder is called."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from tito.execution import folders
from tito.execution.kernel import CourseKernelManager


@pytest.fixture(params=["u" * 120, "ä" * 60, "a b/" + "v" * 100, "no sockets"])
def odd_folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder in which no socket can be made."""
    folder = tmp_path / request.param
    folder.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    if request.param == "no sockets":  # a network drive, say
        monkeypatch.setattr(socket, "socket", _no_socket_in(folder))
    return folder


def _no_socket_in(folder: Path) -> type:
    class Socket(socket.socket):
        def bind(self, address: str) -> None:
            if address.startswith(str(folder)):
                raise PermissionError(1, "Operation not permitted")
            super().bind(address)

    return Socket


def test_another_place_is_found(odd_folder: Path):
    folder = Path(folders.socket_folder())
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / folders.LONGEST_SOCKET))
    assert odd_folder not in folder.parents and not list(odd_folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0
    (folder / folders.LONGEST_SOCKET).unlink()
    folder.rmdir()


def test_without_any_such_place_a_kernel_listens_on_the_loopback(odd_folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folders, "SHORT", ())
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert folders.socket_folder() == "" and not list(odd_folder.iterdir())
    manager = CourseKernelManager()
    assert Path(manager.connection_file).parent.parent == odd_folder
    assert (manager.transport, manager.ip) == ("tcp", "127.0.0.1")


def test_what_a_killed_process_left_is_removed_from_each_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    places = [tmp_path / name for name in ("one", "two")]
    monkeypatch.setattr(tempfile, "tempdir", str(places[0]))
    monkeypatch.setattr(folders, "SHORT", (str(places[1]),))
    gone = next(number for number in range(2**22 - 1, 0, -1) if not folders._is_running(number))
    for place in places:
        for number in (gone, os.getpid()):
            (place / f"tt-k{folders._here()}-{number}-x").mkdir(parents=True)
    folders._remove_left_behind.__wrapped__()
    left = [folder.name for place in places for folder in place.iterdir()]
    assert left == [f"tt-k{folders._here()}-{os.getpid()}-x"] * 2
