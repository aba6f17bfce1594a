"""What a course directory holds after grading, in a form in which two of them can be compared."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Row, Table, create_engine, select

Label = tuple[Any, ...]
RANDOM_ID = re.compile("[0-9a-f]{32}")


def tables(url: str) -> dict[str, list[Label]]:
    """Every table of a gradebook, row by row; nbgrader's random ids are replaced by what they stand for."""
    engine = create_engine(url)
    try:
        found = MetaData()
        found.reflect(engine)
        labels: dict[str, Label] = {}
        made: dict[str, list[Label]] = {}
        with engine.connect() as connection:
            for table in found.sorted_tables:
                rows = connection.execute(select(table)).all()
                for row in rows:
                    if RANDOM_ID.fullmatch(str(row._mapping.get("id"))):
                        labels.setdefault(*_labelled(table, row, labels))
                made[table.name] = sorted((_plain(table, row, labels) for row in rows), key=repr)
        return made
    finally:
        engine.dispose()


def _labelled(table: Table, row: Row, labels: dict[str, Label]) -> tuple[str, Label]:
    """A row's id, and its name together with the rows that it belongs to."""
    record = row._mapping
    owners = [str(labels.get(record[column.name], record[column.name])) for column in table.c if column.foreign_keys]
    return str(record.get("id")), (table.name, str(record.get("name", "")), *owners)


def _plain(table: Table, row: Row, labels: dict[str, Label]) -> Label:
    return tuple((column.name, labels.get(row._mapping[column.name], row._mapping[column.name])) for column in table.c)


def tree(course_dir: Path) -> dict[str, Any]:
    """The graded tree: each file's permissions, and its content without the times and figures of one run."""
    root = course_dir / "autograded"
    return {
        path.relative_to(root).as_posix(): (stat.S_IMODE(path.stat().st_mode), _content(path))
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _content(path: Path) -> Any:
    if path.suffix != ".ipynb":
        return path.read_bytes()
    notebook = json.loads(path.read_text(encoding="utf-8"))
    grading = notebook["metadata"].get("tito", {}).get("grading", {})
    cells = [
        (cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("nbgrader"), _kinds(cell))
        for cell in notebook["cells"]
    ]
    return sorted(notebook["metadata"]), sorted(grading), grading.get("problems"), cells


def _kinds(cell: dict[str, Any]) -> list[tuple[str, str]]:
    return [(output["output_type"], output.get("ename", "")) for output in cell.get("outputs", [])]
