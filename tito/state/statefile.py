"""A small JSON file of records by id that survives: kills, two writers, a full disk, damage, older and newer versions.

A change is one read, one edit and one atomic replacement under a lock. Fields that this tito does not know are kept.
A damaged file is set aside, never lost: its whole records stay, the others are made again from what is on the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tito.errors import StateRepaired, TitoError
from tito.files import NotWritable, locked, write_atomically

PARTS = ".{name}.*.part"  # what a killed writer leaves; see write_atomically

Record = dict[str, Any]
Whole = dict[str, Any]
Migration = Callable[[Whole], Whole]


def _to_2(whole: Whole) -> Whole:
    """Version 2 adds attempts, achievements and the summary; each comes with the first change that makes it."""
    return {**whole, "version": 2}


# From each older version to the next, for every file. A file may go further: a new version of it is one function more.
MIGRATIONS: dict[int, Migration] = {1: _to_2}


class Damaged(ValueError):
    """The content of a file is not what this tito, or an older one, writes; ``whole`` is what could be read."""

    def __init__(self, reason: str, whole: Whole | None = None) -> None:
        super().__init__(reason)
        self.whole = whole


@dataclass(frozen=True)
class Content:
    """A file's content in the present version, and the bytes that an older version had (None otherwise)."""

    whole: Whole
    version: int
    older: bytes | None = None


@dataclass(frozen=True)
class StateFile:
    """A file of records by id.

    ``rebuild`` makes the records again from what lies on the disk, and ``lost`` says what it cannot make; ``problem``
    says what is wrong with one record; ``corrections`` are fields that no longer fit where the workspace is;
    ``summary`` makes top-level fields from the records. ``hint`` is what to do where the file may not be written.
    """

    path: Path
    lock: Path
    section: str
    rebuild: Callable[[], dict[str, Record]]
    problem: Callable[[Record], str] = lambda record: ""
    summary: Callable[[Mapping[str, Record]], dict[str, Any]] = lambda records: {}
    corrections: Callable[[Mapping[str, Record]], dict[str, Record]] = lambda records: {}
    lost: str = ""
    hint: str = ""
    migrations: Mapping[int, Migration] = field(default_factory=lambda: MIGRATIONS)

    @property
    def version(self) -> int:
        """The version that this tito writes."""
        return max(self.migrations) + 1

    def read(self) -> dict[str, Record]:
        """The records by id; none when the file does not exist yet.

        Raises StateRepaired after a damaged file was set aside and rebuilt: the next read succeeds.
        """
        records = self._content().whole[self.section]
        corrections = self.corrections(records)
        if corrections:
            with contextlib.suppress(TitoError):  # a file that may not be written now is corrected another time
                self._change(lambda found: _merge(found, self.corrections(found)), timeout_s=0)
            _merge(records, corrections)
        return records

    def update(self, id: str, **fields: Any) -> None:
        """Change these fields of one record and leave all others as they are."""
        self.change(id, lambda record: record.update(fields))

    def change(self, id: str, change: Callable[[Record], None]) -> None:
        """Let ``change`` edit one record (an empty one where there is none) while no other tito can."""
        self._change(lambda records: change(records.setdefault(id, {})))

    def refuse_unwritable(self) -> None:
        """Raise TitoError when a change could not be written, before work begins whose result would be lost."""
        with self._writing():
            pass

    def _change(self, change: Callable[[dict[str, Record]], None], timeout_s: float = 5.0) -> None:
        with self._writing(timeout_s):
            content = self._content()
            records = content.whole[self.section]
            change(records)
            _merge(records, self.corrections(records))
            self._keep_older(content)
            self._write(content.whole)

    @contextlib.contextmanager
    def _writing(self, timeout_s: float = 5.0) -> Iterator[None]:
        try:
            with locked(self.lock, timeout_s):
                if not os.access(self.path.parent, os.W_OK | os.X_OK):
                    raise NotWritable(self.path)
                yield
        except NotWritable as error:
            raise TitoError(error.message, self.hint or error.hint) from error

    def _write(self, whole: Whole) -> None:
        for left in self.path.parent.glob(PARTS.format(name=self.path.name)):
            left.unlink(missing_ok=True)  # under the lock nobody else is writing
        whole.update(self.summary(whole[self.section]))
        write_atomically(self.path, _text(whole))

    def _content(self) -> Content:
        try:
            return self._parse(self._bytes())
        except (ValueError, RecursionError) as error:
            return self._repair(error)

    def _bytes(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            hint = self.hint if isinstance(error, NotADirectoryError) else "make it readable, or move it away"
            raise TitoError(f"{self.path} cannot be read: {error.strerror}.", hint) from error

    def _parse(self, data: bytes | None) -> Content:
        if data is None:
            return Content({"version": self.version, self.section: {}}, self.version)
        whole = json.loads(data)
        version = self._version_of(whole)
        for step in range(version, self.version):
            whole = self.migrations[step](whole)
        self._check(whole)
        return Content(whole, version, data if version < self.version else None)

    def _version_of(self, whole: Any) -> int:
        version = whole.get("version") if isinstance(whole, dict) else None
        if type(version) is not int:
            raise Damaged("it has no version")
        if version > self.version:
            raise TitoError(
                f"{self.path} was written by a newer tito (version {version}; this one knows {self.version}).",
                "pip install --upgrade tinytorch-course",
            )
        if any(step not in self.migrations for step in range(version, self.version)):
            raise Damaged(f"there never was a version {version}")
        return version

    def _check(self, whole: Whole) -> None:
        records = whole.setdefault(self.section, {})
        if not isinstance(records, dict):
            raise Damaged(f"its {self.section!r} are no records")
        for id, record in records.items():
            problem = self._problem(record)
            if problem:
                raise Damaged(f"in {id!r}, {problem}", whole)

    def _problem(self, record: Any) -> str:
        return self.problem(record) if isinstance(record, dict) else "there is no record"

    def _keep_older(self, content: Content) -> None:
        """Keep the file that an older version wrote, once, beside the new one."""
        if content.older is None:
            return
        for name in _names(f"{self.path.name}.v{content.version}"):
            place = self.path.with_name(name)
            if not place.exists():
                write_atomically(place, content.older)
                return
            if place.read_bytes() == content.older:
                return

    def _repair(self, damage: Exception) -> Content:
        try:
            with self._writing():
                data = self._bytes()
                try:
                    return self._parse(data)  # another tito has repaired it meanwhile
                except (ValueError, RecursionError) as error:
                    aside = self._set_aside(data or b"")
                    whole = self._rebuilt(error)
                    self._write(whole)
        except TitoError as error:
            reason = error.message[:1].lower() + error.message[1:]
            raise TitoError(
                f"{self.path} is damaged ({_reason(damage)}) and cannot be repaired: {reason}", error.hint
            ) from error
        raise self._repaired(damage, aside, whole) from damage

    def _set_aside(self, data: bytes) -> Path:
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        places = map(self.path.with_name, _names(f"{self.path.name}.corrupt-{stamp}"))
        aside = next(place for place in places if not place.exists())
        write_atomically(aside, data)
        return aside

    def _rebuilt(self, error: Exception) -> Whole:
        """The whole records of a damaged file, and the others made again from the disk."""
        read = error.whole if isinstance(error, Damaged) else None
        if read is None:
            return {"version": self.version, self.section: self.rebuild()}
        records = read[self.section]
        whole = {id: record for id, record in records.items() if not self._problem(record)}
        again = {id: record for id, record in self.rebuild().items() if id in records and id not in whole}
        return {**read, self.section: {**whole, **again}}

    def _repaired(self, damage: Exception, aside: Path, whole: Whole) -> StateRepaired:
        found = ", ".join(sorted(whole[self.section])) or "nothing"
        return StateRepaired(
            f"{self.path} was damaged ({_reason(damage)}). It is kept as {aside.name}, and a new one was made from "
            f"what is on the disk: {found}.{self.lost and f' {self.lost}'}",
            "run the same command again",
        )


def _merge(records: dict[str, Record], changes: Mapping[str, Record]) -> None:
    for id, fields in changes.items():
        records[id].update(fields)


def _names(name: str) -> Iterator[str]:
    """A name, and then ever more like it."""
    yield name
    yield from (f"{name}-{n}" for n in range(2, 10_000))


def _reason(damage: Exception) -> str:
    if isinstance(damage, Damaged):
        return str(damage)
    return "it is nested too deeply" if isinstance(damage, RecursionError) else f"it is no JSON: {damage}"


def _text(whole: Whole) -> bytes:
    try:
        return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:  # a path that is no UTF-8
        return (json.dumps(whole, indent=2) + "\n").encode()
