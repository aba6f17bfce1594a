"""Files that survive being interrupted: written beside their place and moved there whole."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tito.errors import TitoError


class NotWritable(TitoError):
    """A file or folder that this person may not write."""

    def __init__(self, path: Path, reason: str = "no permission") -> None:
        super().__init__(
            f"{path} may not be written ({reason}).",
            f"make {path.parent} writable, or work in a folder of your own: tito init FOLDER",
        )


def typed(path: Path | str) -> str:
    """A path as it is typed in a shell: quoted where it must be, and never taken for an option.

    >>> typed("spring"), typed("spring (2026)"), typed("-spring")
    ('spring', "'spring (2026)'", './-spring')
    """
    text = f"./{path}" if str(path).startswith("-") else str(path)
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replace ``path`` by ``content``; whatever goes wrong, the old file stays whole.

    Raises TitoError when the disk is full or the folder may not be written.
    """
    data = content.encode() if isinstance(content, str) else content
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(0o644)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the system says about writing ``path`` into a sentence that helps."""
    try:
        yield
    except OSError as error:
        raise _explain(error, path) from error


def make_folder(path: Path) -> bool:
    """Make a folder and those above it; False when it exists. Raises TitoError when it may not be made."""
    if path.is_dir():
        return False
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)
    return True


def refuse_unwritable(path: Path) -> None:
    """Raise NotWritable when ``path`` could not be written, before work begins whose result would be lost."""
    folder = next(parent for parent in path.parents if parent.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotWritable(path)


def _explain(error: OSError, path: Path) -> TitoError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TitoError(
            f"The disk is full: {path} was not written and its old content is intact.",
            "free some space and run the same command again",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return NotWritable(path)
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return NotWritable(path, "a file lies where its folder should be")
    return TitoError(f"{path} could not be written: {error.strerror}.", "run the same command again")


@contextlib.contextmanager
def locked(path: Path, timeout_s: float = 5.0) -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs; raise TitoError when another tito holds it.

    A block inside another that holds the same lock in this thread goes ahead.
    """
    import filelock

    make_folder(path.parent)
    lock = filelock.FileLock(path, is_singleton=True)
    try:
        lock.acquire(timeout=timeout_s, poll_interval=0.01)
    except filelock.Timeout:
        raise TitoError(
            f"Another tito is working here (it holds {path}).",
            "wait until it has finished, then run the same command again",
        ) from None
    except NotImplementedError:  # a file system without locks (Google Drive in Colab) has one user at a time
        pass
    except OSError as error:
        raise _explain(error, path) from error
    try:
        yield
    finally:
        if lock.is_locked:
            lock.release()
