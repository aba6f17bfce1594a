"""What a kernel is made of, as JSON in a file without a name that crosses into the sandbox. Standard library only."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOCKETS = ("shell", "iopub", "stdin", "control")


@dataclass(frozen=True)
class Request:
    """Files for the scratch folder, limits, environment, the user (None: that of the sandbox), the session's key."""

    files: Mapping[str, bytes]
    limits: Mapping[str, Any]
    environment: Mapping[str, str]
    user: int | None
    key: str
    signature_scheme: str

    def to_json(self) -> str:
        return json.dumps({**vars(self), "files": _as_text(self.files)})

    @classmethod
    def from_json(cls, text: bytes | str) -> Request:
        record = json.loads(text)
        return cls(**record | {"files": _as_bytes(record["files"])})

    @contextlib.contextmanager
    def as_descriptor(self) -> Iterator[int]:
        """An open file that holds this request, for a process that is started or asked meanwhile."""
        with memory_file("request", self.to_json().encode()) as number:
            yield number


@contextlib.contextmanager
def memory_file(name: str, content: bytes) -> Iterator[int]:
    """An open file in memory, to be read from its start."""
    number = os.memfd_create(name)
    try:
        with open(number, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(number, 0, os.SEEK_SET)
        yield number
    finally:
        os.close(number)


def read_request(number: int) -> Request:
    """Read and close the file."""
    with open(number, "rb") as file:
        return Request.from_json(file.read())


def files_descriptor(files: Mapping[str, bytes]) -> contextlib.AbstractContextManager[int]:
    """An open file that holds these files."""
    return memory_file("files", json.dumps(_as_text(files)).encode())


def read_files(number: int) -> dict[str, bytes]:
    """Read and close what ``files_descriptor`` made."""
    with open(number, "rb") as file:
        return _as_bytes(json.load(file))


def write_files(files: Mapping[str, bytes], folder: str) -> None:
    """Write files and the folders that they lie in."""
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _as_text(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(content).decode("ascii") for name, content in files.items()}


def _as_bytes(files: Mapping[str, str]) -> dict[str, bytes]:
    return {name: base64.b64decode(content) for name, content in files.items()}
