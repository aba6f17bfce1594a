"""A class on dask.distributed over real TLS: who names no certificate, or another's, is told what to name."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import dask.config
import pytest
import trustme

from tests.grading.test_batch_cluster import cluster
from tito.errors import TitoError
from tito.grading.batch import cluster as module
from tito.grading.batch.cluster import CERTIFICATES, on_cluster
from tito.grading.batch.grade import grade_class

pytestmark = pytest.mark.slow
PREFIX = "DASK_DISTRIBUTED__COMM__"
STUDENTS = 2


class Silent:
    """A watch that says nothing."""

    def begin(self, *words: object) -> None:
        """Nothing."""

    def done(self, *words: object) -> None:
        """Nothing."""


def certificates(folder: Path) -> dict[str, str]:
    """A certificate by an authority of its own; the files by the names in ``export`` that tell a client of them."""
    folder.mkdir()
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    return {name: str(folder / file) for name, file in re.findall(r"(\w+)=(\w+\.pem)", CERTIFICATES)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return certificates(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def address(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and a worker that talk over TLS only."""
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(f"{PREFIX}DEFAULT_SCHEME", "tls")
            patch.setenv(f"{PREFIX}REQUIRE_ENCRYPTION", "true")
            for name, file in files.items():
                for role in ("SCHEDULER", "WORKER", "CLIENT"):
                    patch.setenv(name.replace("CLIENT", role), file)
            open_address, _ = stack.enter_context(cluster(tmp_path_factory.mktemp("tls") / "cluster", 1))
        yield open_address.replace("tcp://", "tls://")


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Environment variables, which dask reads again before and after the test."""
    yield monkeypatch
    monkeypatch.undo()
    dask.config.refresh()


def connect_with(named: pytest.MonkeyPatch, files: dict[str, str]) -> None:
    for name, file in files.items():
        named.setenv(name, file)
    dask.config.refresh()


def test_a_class_is_graded_by_who_names_the_certificates_as_the_sentence_says(small, address, files, named):
    for number in range(STUDENTS):
        small.hand_in(f"student_{number:02d}")
    connect_with(named, files)
    until_there_is_a_worker(address)
    result = grade_class(small.classroom, [small.milestone], on_cluster(address), Silent())
    assert result.ok and result.executed == STUDENTS
    assert {row.score.earned for row in result.rows} == {60}


def until_there_is_a_worker(address: str) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=90)


def test_nobody_is_let_in_without_encryption(small, address, monkeypatch):
    small.hand_in("student_01")
    monkeypatch.setattr(module, "CONNECT_S", 2)
    with pytest.raises(TitoError, match="no scheduler at tcp") as refused:
        grade_class(small.classroom, [small.milestone], on_cluster(address.replace("tls:", "tcp:")), Silent())
    assert refused.value.hint == "start one with: dask scheduler"


@pytest.mark.parametrize("whose", ["nobody's", "another's", "missing"])
def test_a_client_without_a_certificate_of_the_clusters_grades_nothing(small, address, files, named, tmp_path, whose):
    small.hand_in("student_01")
    if whose == "another's":
        connect_with(
            named, certificates(tmp_path / "other") | {f"{PREFIX}TLS__CA_FILE": files[f"{PREFIX}TLS__CA_FILE"]}
        )
    elif whose == "missing":
        connect_with(named, {name: f"{file}.missing" for name, file in files.items()})
    with pytest.raises(TitoError, match="no scheduler at tls://127") as refused:
        grade_class(small.classroom, [small.milestone], on_cluster(address), Silent())
    assert refused.value.hint == CERTIFICATES and set(files) <= set(re.findall(r"\w+", CERTIFICATES))
    assert not (small.root / "autograded").exists()
