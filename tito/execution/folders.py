"""Folders in the temporary folder whose names tell whose they are, so that what a killed process left can go."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import socket
import tempfile
import zlib
from pathlib import Path

LONGEST_SOCKET = "k-5"  # the kernel's five, as jupyter_client names them
SHORT = ("/tmp", "/var/tmp", "/dev/shm")


def own_prefix(kind: str = "") -> str:
    """How the name of such a folder begins: with the machine and the process that it belongs to.

    What processes of the same user have left behind when they were killed is removed before a process's first one.
    """
    if os.name != "posix":
        return f"tt-{kind}"
    _remove_left_behind()
    return f"tt-{kind}{_here()}-{os.getpid()}-"


def socket_folder() -> str:
    """A new folder of this process's own in which a socket can be made; empty when there is none.

    A socket's path holds about 100 bytes, and some file systems have no sockets; so other places than the temporary
    folder are tried too.
    """
    for place in _places():
        with contextlib.suppress(OSError):
            folder = tempfile.mkdtemp(prefix=own_prefix("k"), dir=place)
            try:
                with socket.socket(socket.AF_UNIX) as one:
                    one.bind(f"{folder}/{LONGEST_SOCKET}")
                os.unlink(f"{folder}/{LONGEST_SOCKET}")
                return folder
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)
    return ""


def _places() -> list[str]:
    """Where folders may lie, the temporary folder first."""
    return list(dict.fromkeys([tempfile.gettempdir(), *filter(None, [os.environ.get("XDG_RUNTIME_DIR")]), *SHORT]))


@functools.cache
def _here() -> str:
    """Stands for this machine, or container: process ids of another one, with the same folder, say nothing here."""
    name, processes = os.uname().nodename, ""
    with contextlib.suppress(OSError):
        processes = os.readlink("/proc/self/ns/pid")
    return f"{zlib.crc32(f'{name} {processes}'.encode()):08x}"


@functools.cache
def _remove_left_behind() -> None:
    for folder in (folder for place in _places() for folder in Path(place).glob(f"tt-*{_here()}-*")):
        named = re.fullmatch(rf"tt-[a-z-]*{_here()}-(\d+)-\w+", folder.name)
        with contextlib.suppress(OSError):
            if named and not _is_running(int(named[1])) and folder.lstat().st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
