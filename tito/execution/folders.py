"""Folders in the temporary folder whose names tell whose they are, so that what a killed process left can go."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import tempfile
import zlib
from pathlib import Path


def own_prefix(kind: str = "") -> str:
    """How the name of such a folder begins: with the machine and the process that it belongs to.

    What processes of the same user have left behind when they were killed is removed before a process's first one.
    """
    if os.name != "posix":
        return f"tt-{kind}"
    _remove_left_behind()
    return f"tt-{kind}{_here()}-{os.getpid()}-"


@functools.cache
def _here() -> str:
    """Stands for this machine, or container: process ids of another one, with the same folder, say nothing here."""
    name, processes = os.uname().nodename, ""
    with contextlib.suppress(OSError):
        processes = os.readlink("/proc/self/ns/pid")
    return f"{zlib.crc32(f'{name} {processes}'.encode()):08x}"


@functools.cache
def _remove_left_behind() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"tt-*{_here()}-*"):
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
