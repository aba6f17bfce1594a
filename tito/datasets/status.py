"""What is there of each data set: the record behind ``tito data status`` and ``tito data get``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from tito.datasets.cache import Found, ensure, look, place
from tito.datasets.catalog import DATASETS, DataSet
from tito.errors import UnknownName

READY = "ready"
MISSING = "missing"
WRONG = "wrong"


@dataclass(frozen=True)
class FileStatus:
    """One published file: ``ready``, ``missing``, or ``wrong`` when another file lies in its place."""

    name: str
    state: str
    path: str
    size_bytes: int
    note: str


@dataclass(frozen=True)
class DataSetStatus:
    """A data set: ``ready`` when all of its files are."""

    name: str
    title: str
    state: str
    folder: str
    size_bytes: int
    files: tuple[FileStatus, ...]
    licence: str
    citation: str
    next: str


def find(name: str) -> DataSet:
    """The data set of that name; raises UnknownName with the nearest one."""
    if name in DATASETS:
        return DATASETS[name]
    near = difflib.get_close_matches(name.strip().lower(), DATASETS, n=1, cutoff=0.5)
    question = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownName(f"There is no data set {name!r}.{question}", "tito data status")


def get(name: str) -> DataSetStatus:
    """Fetch what is missing of a data set; raises DataError when it cannot be had."""
    ensure(find(name))
    return status(name)


def status(name: str) -> DataSetStatus:
    """What is there of one data set; nothing is fetched."""
    dataset = find(name)
    files = tuple(_file_status(dataset, entry) for entry in look(dataset))
    states = {file.state for file in files}
    state = next((state for state in (WRONG, MISSING) if state in states), READY)
    return DataSetStatus(
        name=dataset.name,
        title=dataset.title,
        state=state,
        folder=str(place(dataset)),
        size_bytes=dataset.size_bytes,
        files=files,
        licence=dataset.licence,
        citation=dataset.citation,
        next="" if state == READY else "reinstall the course" if dataset.shipped else f"tito data get {dataset.name}",
    )


def statuses() -> list[DataSetStatus]:
    """What is there of every data set."""
    return [status(name) for name in DATASETS]


def _file_status(dataset: DataSet, entry: Found) -> FileStatus:
    state = READY if entry.path else WRONG if entry.wrong else MISSING
    path = entry.path or place(dataset) / entry.file.name
    note = "; ".join(f"{wrong.path.name} is not the published file: {wrong.reason}" for wrong in entry.wrong)
    return FileStatus(entry.file.name, state, str(path), entry.file.size_bytes, note)
