"""The gradebook on a PostgreSQL server: the same rows as in a file. Run by `make test-postgres`."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from demo.tables import tables
from tito.grading.batch.cluster import on_this_machine
from tito.grading.batch.course import grade_course
from tito.grading.batch.grade import ClassResult
from tito.grading.roster import Student
from tito.grading.setup import set_up

SERVER = os.environ.get("TITO_TEST_POSTGRES", "")
WRONG = "def double(x):\n    return x"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SERVER, reason="TITO_TEST_POSTGRES names no server; make test-postgres starts one"),
]


class Silent:
    def begin(self, *words: object) -> None:
        """Say nothing."""

    def done(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def database() -> Iterator[str]:
    """A database of the test's own on that server."""
    name = f"tito_{uuid.uuid4().hex}"
    server = create_engine(f"{SERVER}/postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield f"{SERVER}/{name}"
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


def batch(small) -> ClassResult:
    return grade_course(small.root, [small.milestone], on_this_machine(1), Silent())


def _both(served, filed) -> list[tuple[int, int, int]]:
    """Grade the same hand-ins in both; how many there were, how many ran, and how many were graded already."""
    shutil.copytree(served.root / "submitted", filed.root / "submitted", dirs_exist_ok=True)
    results = [batch(room) for room in (served, filed)]
    assert all(result.ok for result in results)
    return [(len(result.rows), result.executed, result.already) for result in results]


def test_a_class_has_the_same_rows_there_as_in_a_file(small, tmp_path, database):
    roster = [Student("student_01", "Ada"), Student("student_02", email="two@example.org")]
    filed = type(small)(Path(shutil.copytree(small.root, tmp_path / "filed")))
    (small.root / "gradebook.db").unlink()
    assert set_up(small.root, [small.milestone], roster, database).assignments == {"perceptron": "new"}
    set_up(filed.root, [filed.milestone], roster)
    served = type(small)(small.root)
    served.classroom.generate(served.milestone)  # again: nbgrader removes the notebook's rows, and a server checks keys
    served.hand_in("student_01")
    served.hand_in("student_02", served.solved(model_double_answer=WRONG))
    (served.hand_in("student_03") / served.name).write_bytes(b"{")
    assert _both(served, filed) == [(3, 2, 0), (3, 2, 0)]
    served.hand_in("student_02")
    assert _both(served, filed) == [(3, 1, 2), (3, 1, 2)]
    assert not (served.root / "gradebook.db").exists()
    assert tables(database) == tables(f"sqlite:///{filed.root}/gradebook.db")
    assert served.scores()["student_02"].earned == 60
    assert "Your rubric" in served.feedback("student_01")
    assert served.grade("student_01")["student_01"].earned == 60  # plain nbgrader, on the same server
