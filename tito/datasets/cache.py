"""The cache: one folder for each data set, whose files are verified once and fetched where they are missing."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tito.datasets.catalog import DataFile, DataSet, sha256_of
from tito.errors import TitoError
from tito.files import explained, locked, make_folder, write_atomically

SHIPPED = Path(__file__).resolve().parent / "data"
AT_ONCE_S = 0.5
ANOTHER_DOWNLOADS_S = 1800.0


class DataError(TitoError):
    """A data set cannot be had; as text it says what to do next too, for whoever reads it in a notebook."""

    def __str__(self) -> str:
        return f"{self.message}\nNext: {self.hint}"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: nothing in the reader's code is wrong."""
        return str(self).splitlines()


@dataclass(frozen=True)
class Wrong:
    """A file that has a published file's name and is not that file."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Found:
    """What the cache has of one published file: a verified form of it, if any, and the wrong ones."""

    file: DataFile
    path: Path | None
    wrong: tuple[Wrong, ...]


def folder() -> Path:
    """The folder with all data sets: ``TINYTORCH_DATA``, else ``~/.tinytorch/datasets``."""
    named = os.environ.get("TINYTORCH_DATA")
    return Path(named).expanduser().absolute() if named else Path.home() / ".tinytorch" / "datasets"


def place(dataset: DataSet) -> Path:
    """The folder in which the files of ``dataset`` belong."""
    return SHIPPED if dataset.shipped else folder() / dataset.name


def look(dataset: DataSet) -> list[Found]:
    """What is there of each published file; only files that changed since they were verified are read."""
    verified = Verified(place(dataset))
    found = [_look_for(file, place(dataset), verified) for file in dataset.files]
    if not dataset.shipped:
        verified.remember()
    return found


def ensure(dataset: DataSet) -> dict[str, Path]:
    """Where each published file lies, by its name; those that are missing are fetched first.

    Raises DataError when they cannot be had.
    """
    found = look(dataset)
    if _missing(found):
        found = _fetched(dataset, found)
    return {entry.file.name: entry.path for entry in found if entry.path}


def forget(dataset: DataSet) -> None:
    """Let every file be verified anew."""
    if may_write(place(dataset)):
        (place(dataset) / Verified.NAME).unlink(missing_ok=True)


def may_write(path: Path) -> bool:
    """Whether files may be made in a folder. One without any write permission is left alone even by root."""
    existing = next(part for part in (path, *path.parents) if os.path.exists(part))
    return bool(existing.stat().st_mode & 0o222) and os.access(existing, os.W_OK)


class Verified:
    """Which files of a folder were verified, noted there: each one's checksum, size and time of change."""

    NAME = ".verified.json"

    def __init__(self, where: Path) -> None:
        self.path = where / self.NAME
        self.noted = _read_notes(self.path)
        self.changed = False

    def complaint(self, path: Path, form: DataFile) -> str:
        """Why ``path`` is not the published file; empty when it is. Raises OSError when it cannot be read."""
        status = path.stat()
        if status.st_size != form.size_bytes:
            return f"it has {status.st_size:,} bytes instead of {form.size_bytes:,}"
        note = [form.sha256, status.st_size, status.st_mtime_ns]
        if self.noted.get(form.name) == note:
            return ""
        if sha256_of(path) != form.sha256:
            return "its SHA-256 is not the published one"
        self.noted[form.name] = note
        self.changed = True
        return ""

    def remember(self) -> None:
        """Write the notes, if there are new ones and the folder may be written."""
        if self.changed and may_write(self.path.parent):
            with contextlib.suppress(TitoError):
                write_atomically(self.path, json.dumps(self.noted, indent=1) + "\n")


def _read_notes(path: Path) -> dict[str, Any]:
    try:
        notes = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _look_for(file: DataFile, where: Path, verified: Verified) -> Found:
    wrong: list[Wrong] = []
    for form in file.forms:
        path = where / form.name
        try:
            reason = verified.complaint(path, form)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            reason = f"it cannot be read ({error.strerror})"
        if not reason:
            return Found(file, path, tuple(wrong))
        wrong.append(Wrong(path, reason))
    return Found(file, None, tuple(wrong))


def _missing(found: Sequence[Found]) -> list[Found]:
    return [entry for entry in found if not entry.path]


def _fetched(dataset: DataSet, found: Sequence[Found]) -> list[Found]:
    """Fetch what is missing, unless another process does so; then look again."""
    if dataset.shipped:
        raise _unavailable(dataset, found, "It comes with the course.", "reinstall the course")
    if os.environ.get("TITO_RUN"):
        first = f"run `tito data get {dataset.name}` before"
        raise _unavailable(dataset, found, "A checked or graded run fetches nothing.", first)
    if not may_write(place(dataset)):
        first = "let TINYTORCH_DATA name a folder that may be written"
        raise _unavailable(dataset, found, "Nothing can be fetched into it: it may not be written.", first)
    with _alone(dataset):
        missing = _missing(look(dataset))
        if missing:
            _fetch(dataset, missing)
        found = look(dataset)
    if _missing(found):
        raise _unavailable(dataset, found, "They changed while they were fetched.", "try again")
    return list(found)


@contextlib.contextmanager
def _alone(dataset: DataSet) -> Iterator[None]:
    """Hold the data set's lock; wait as long as a download takes when another process has it."""
    make_folder(place(dataset))
    lock = place(dataset) / ".lock"
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(lock, AT_ONCE_S))
        except TitoError:
            say(f"Another process seems to fetch {dataset.title}; waiting for it.")
            held.enter_context(locked(lock, ANOTHER_DOWNLOADS_S))
        yield


def _fetch(dataset: DataSet, missing: Sequence[Found]) -> None:
    from tito.datasets.download import Unavailable, download

    where = place(dataset)
    size_bytes = sum(entry.file.size_bytes for entry in missing)
    say(f"Fetching {dataset.title} ({megabytes(size_bytes)}) into {where}")
    with progress_bar(dataset.title, size_bytes) as advance:
        for entry in missing:
            part = where / f"{entry.file.name}.part"
            try:
                download(entry.file, dataset.addresses, part, advance)
            except Unavailable as error:
                still = _missing(look(dataset))
                raise _unavailable(dataset, still, f"Tried: {error}.") from None
            for wrong in entry.wrong:
                _set_aside(wrong)
            with explained(part):
                os.replace(part, where / entry.file.name)


def _set_aside(wrong: Wrong) -> None:
    names = (f"{wrong.path.name}.wrong{number}" for number in ("", *range(2, 1000)))
    kept = next(path for path in map(wrong.path.with_name, names) if not os.path.lexists(path))
    with explained(kept):
        os.replace(wrong.path, kept)
    say(f"{wrong.path} is not the published file: {wrong.reason}. It is now {kept.name}; the right one was fetched.")


def _unavailable(dataset: DataSet, found: Sequence[Found], why: str, first: str = "") -> DataError:
    """The sentence for files that cannot be had, with the ways out."""
    missing = _missing(found)
    absent = [entry.file.name for entry in missing if not entry.wrong]
    states = [f"{wrong.path} is not the published file ({wrong.reason})" for e in missing for wrong in e.wrong]
    if absent:
        states.insert(0, f"{place(dataset)} lacks {', '.join(absent)}")
    ways = [first, "" if dataset.shipped else f"put the files into {place(dataset)}"]
    ways.append(f"use {dataset.instead}" if dataset.instead else "")
    return DataError(f"{dataset.title}: {'; '.join(states)}. {why}", ", or ".join(filter(None, ways)))


def megabytes(size_bytes: int) -> str:
    """A size for people: ``11.6 MB``."""
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:.0f} kB"


def say(text: str) -> None:
    """Tell a person: in a notebook among its output, elsewhere on stderr."""
    print(text, file=sys.stdout if _screen().is_jupyter else sys.stderr)


@contextlib.contextmanager
def progress_bar(title: str, size_bytes: int) -> Iterator[Callable[[int], None]]:
    """Show how far a download is while the block runs, in a terminal or a notebook; elsewhere nothing.

    Gives the function that is told how many bytes came.
    """
    screen = _screen()
    if not (screen.is_jupyter or screen.is_terminal):
        yield lambda _: None
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
    )
    with progress.Progress(*columns, console=screen, transient=True) as shown:
        yield functools.partial(shown.advance, shown.add_task(title, total=size_bytes))


def _screen() -> Any:
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False)
