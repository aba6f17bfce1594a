"""The files of a hand-in: regular ones only, in its folder or in the zip that lies there, each read within a limit."""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tito.errors import NotebookError

MAX_ENTRIES = 5_000  # of a folder or a zip
MAX_LEVELS = 6
MAX_ZIP_BYTES = 100_000_000
MAX_ZIPS = 5
SAME_TIME_S = 2.0  # what zips and some file systems round to
NOTEBOOK_ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # what browsers and mail programs make of the first
ATTEMPT = re.compile(r"(?:-(\d{1,3})| ?\((\d{1,3})\))(?:\.\w+)+$")
DAMAGE = (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError)  # of zips; RuntimeError: locked
SKIPPED = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv"}


@dataclass(frozen=True)
class Member:
    """One file of a hand-in: its place in it, when it was changed, its size, and how to read it.

    A file in a zip is as old as the zip: the dates within (of no time zone, and 1980 in those that tito writes) can be
    compared with each other only. ``inside`` is such a date, and ``archive`` the zip's place.
    """

    path: PurePosixPath
    changed: float
    size: int
    read: Callable[[int], bytes]
    archive: str = ""
    inside: float = 0.0

    @property
    def name(self) -> str:
        return self.path.name


def members(folder: Path) -> tuple[list[Member], list[str]]:
    """The regular files of a hand-in, those in a zip after those in the folder, and what is to be said.

    Of several zips the newest with a notebook in it counts. No link is followed, nothing is unpacked, and nothing that
    is not a file (a FIFO, say) is opened.
    """
    found, notes = _of_folder(folder)
    zips = _newest_first([member for member in found if member.name.lower().endswith(".zip")])
    for number, archive in enumerate(zips, start=1):
        try:
            inside, more = _of_zip(archive)
        except NotebookError as error:
            notes.append(error.message)
            continue
        found, notes = [*found, *inside], [*notes, *more]
        if any(is_notebook(member) for member in inside):
            notes += [f"{other.path} was not opened, since {archive.path} counts." for other in zips[number:]]
            break
    return found, notes


def is_notebook(member: Member) -> bool:
    """Whether a file is called as a notebook is."""
    return member.name.lower().endswith(NOTEBOOK_ENDINGS)


def attempt_number(name: str) -> int:
    """The number that a learning platform or a browser put behind a name that was there already; 0 without one.

    >>> attempt_number("mlp-2.ipynb"), attempt_number("mlp (1).zip"), attempt_number("mlp-Copy1.ipynb")
    (2, 1, 0)
    """
    found = ATTEMPT.search(name)
    return int(found[1] or found[2]) if found else 0


def _newest_first(zips: list[Member]) -> list[Member]:
    """Zips nearest to the hand-in's root first, of these the newest, of those the one with the highest number."""

    def order(member: Member) -> tuple:
        seconds = member.changed // SAME_TIME_S
        return -len(member.path.parts), seconds, attempt_number(member.name), member.name

    return sorted(zips, key=order, reverse=True)[:MAX_ZIPS]


def read_regular(path: Path, limit: int) -> bytes:
    """The bytes of a regular file. Raises NotebookError for anything else, and for one larger than ``limit``."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if path.is_symlink():
            raise NotebookError(f"{path.name} is not a regular file.", "hand in the file itself")
        with os.fdopen(os.open(path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise NotebookError(f"{path.name} is not a regular file.", "hand in the file itself")
            return _within(stream, limit, path.name)
    except OSError as error:
        if isinstance(error, FileNotFoundError | IsADirectoryError):
            raise NotebookError(f"{path.name} is not a regular file.", "hand in the file itself") from error
        raise NotebookError(f"{path.name} cannot be read: {error.strerror}.", "hand it in again") from error


def _within(stream: io.BufferedIOBase, limit: int, name: str) -> bytes:
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise NotebookError(
            f"{name} is larger than {limit / 1e6:g} MB.",
            "clear its outputs (Kernel > Restart and Clear Outputs), save it, and hand it in again",
        )
    return content


def _of_folder(folder: Path) -> tuple[list[Member], list[str]]:
    found: list[Member] = []
    notes: list[str] = []
    level = [folder] if not folder.is_symlink() else []
    for _ in range(MAX_LEVELS):
        below: list[Path] = []
        for entry in (entry for place in level for entry in _entries(place)):
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif len(found) >= MAX_ENTRIES:
                return found, [*notes, f"Only the first {MAX_ENTRIES} files were looked at."]
            elif entry.is_file(follow_symlinks=False):
                found.append(_member(path, folder, entry.stat(follow_symlinks=False)))
            elif path.suffix.lower() in (".ipynb", ".py", ".zip"):
                notes.append(f"{path.relative_to(folder)} was left out: it is not a regular file.")
        level = below
    return found, notes


def _member(path: Path, folder: Path, facts: os.stat_result) -> Member:
    def read(limit: int) -> bytes:
        return read_regular(path, limit)

    return Member(PurePosixPath(path.relative_to(folder).as_posix()), facts.st_mtime, facts.st_size, read)


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            return sorted((entry for entry in entries if not _is_skipped(entry.name)), key=lambda entry: entry.name)
    except OSError:  # a folder that may not be read holds nothing
        return []


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name in SKIPPED


def _of_zip(archive: Member) -> tuple[list[Member], list[str]]:
    """The files of a zip with harmless names. Raises NotebookError when it is none, or too large."""
    content = archive.read(MAX_ZIP_BYTES)
    hint = "hand in the zip that tito milestone submit writes"
    try:
        opened = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGE as error:
        raise NotebookError(f"{archive.name} is not a zip file that can be read.", hint) from error
    entries = opened.infolist()
    if len(entries) > MAX_ENTRIES:
        raise NotebookError(f"{archive.name} holds more than {MAX_ENTRIES} files.", hint)
    notes = []
    found: dict[PurePosixPath, Member] = {}
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if entry.is_dir() or (any(map(_is_skipped, path.parts)) and not {"..", "/"} & set(path.parts)):
            continue
        if _is_dangerous(entry, path):
            notes.append(f"{entry.filename[:80]!r} in {archive.name} was left out: it points out of the zip.")
        elif len(path.parts) <= MAX_LEVELS:
            found[path] = _zipped(opened, entry, path, archive)
    return list(found.values()), notes


def _is_dangerous(entry: zipfile.ZipInfo, path: PurePosixPath) -> bool:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    odd = kind not in (0, stat.S_IFREG)
    return odd or path.is_absolute() or ".." in path.parts or bool(re.match(r"[A-Za-z]:", str(path)))


def _zipped(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: PurePosixPath, archive: Member) -> Member:
    def read(limit: int) -> bytes:
        try:
            with opened.open(entry) as stream:
                return _within(stream, limit, path.name)
        except DAMAGE as error:
            hint = "make the zip again without a password (tito milestone submit does)"
            raise NotebookError(f"{path.name} in the zip cannot be read: it is damaged or locked.", hint) from error

    return Member(path, archive.changed, entry.file_size, read, str(archive.path), _moment(entry))


def _moment(entry: zipfile.ZipInfo) -> float:
    """A number that orders the files of one zip by their dates."""
    with contextlib.suppress(ValueError, TypeError):
        year, month, day, hour, minute, second = entry.date_time
        return ((((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute) * 60.0 + second
    return 0.0


def by_place(found: list[Member], near: Member | None = None) -> Iterator[Member]:
    """Files nearest to the hand-in's root first, else in the order of their names.

    With ``near``, those first that lie in the folder of this file or below it, and those that came in the same zip.
    """

    def order(member: Member) -> tuple:
        apart = near is not None and (member.archive, near.path.parent) not in {
            (near.archive, parent) for parent in member.path.parents
        }
        other = near is not None and member.archive != near.archive
        return apart, other, len(member.path.parts), bool(member.archive), str(member.path), member.archive

    yield from sorted(found, key=order)
