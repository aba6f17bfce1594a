"""A class on dask.distributed: a real scheduler and workers, and which connections are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tito.errors import TitoError
from tito.grading.batch.cluster import on_cluster, refuse_open_network
from tito.grading.batch.grade import grade_class

WAIT_S = 90
STUDENTS = 6


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786", "tls://far.example:8786"]
)
def test_connections_on_this_machine_and_encrypted_ones_are_taken(address):
    refuse_open_network(address)


@pytest.mark.parametrize("address", ["tcp://far.example:8786", "10.0.0.7:8786", "tcp://192.168.1.2:1"])
def test_an_open_connection_to_another_machine_is_refused(address):
    with pytest.raises(TitoError, match="is not encrypted") as refused:
        on_cluster(address)
    assert "--tls-ca-file" in refused.value.hint and f"tls://{address.split('://')[-1]}" in refused.value.hint


@pytest.mark.parametrize("address", ["http://127.0.0.1:8786", "tcp://", "ucx://127.0.0.1:1"])
def test_what_is_no_scheduler_is_refused(address):
    with pytest.raises(TitoError, match="no address of a scheduler"):
        on_cluster(address)


class KillsOne:
    """A watch that kills a worker process as soon as the first submission is done."""

    def __init__(self, workers: list[subprocess.Popen]) -> None:
        self.workers = workers

    def begin(self, *words: object) -> None:
        """Wait for the first."""

    def done(self, *words: object) -> None:
        """Kill, once."""
        if all(worker.poll() is None for worker in self.workers):
            self.workers[0].send_signal(signal.SIGKILL)
            self.workers[0].wait()


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A scheduler on this machine, and worker processes of one thread each."""
    address_file = folder / "scheduler.json"
    folder.mkdir()
    common = ["--no-dashboard", "--scheduler-file", str(address_file)]
    started: list[subprocess.Popen] = []

    def start(*command: str) -> subprocess.Popen:
        log = (folder / f"{len(started)}.log").open("w")
        arguments = [sys.executable, "-m", *command, *common]
        started.append(subprocess.Popen(arguments, cwd=folder, stdout=log, stderr=log, env=os.environ))
        log.close()
        return started[-1]

    try:
        start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        _wait_for(address_file)
        options = ("--no-nanny", "--nthreads", "1", "--local-directory", str(folder))
        yield (
            f"tcp://{_address(address_file)}",
            [start("distributed.cli.dask_worker", *options) for _ in range(workers)],
        )
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while not (path.is_file() and path.read_text()):
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.05)


def _address(path: Path) -> str:
    return json.loads(path.read_text())["address"].split("://")[1]


@pytest.mark.slow
def test_a_class_is_graded_although_a_worker_is_killed_in_the_middle(small, tmp_path):
    for number in range(STUDENTS):
        small.hand_in(f"student_{number:02d}")
    with cluster(tmp_path / "cluster", 2) as (address, workers):
        _until_there_are(address, 2)
        result = grade_class(small.classroom, [small.milestone], on_cluster(address), KillsOne(workers))
        assert workers[0].poll() == -signal.SIGKILL and workers[1].poll() is None
    assert result.ok and result.executed == STUDENTS
    assert {row.score.earned for row in result.rows} == {60}


def _until_there_are(address: str, workers: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=WAIT_S)


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_or_has_no_worker_is_a_sentence(small, tmp_path, monkeypatch):
    from tito.grading.batch import cluster as module

    small.hand_in("student_01")
    with cluster(tmp_path / "cluster", 0) as (address, _), pytest.raises(TitoError, match="has no worker"):
        grade_class(small.classroom, [small.milestone], on_cluster(address), KillsOne([]))
    monkeypatch.setattr(module, "CONNECT_S", 1)
    with pytest.raises(TitoError, match="no scheduler at tcp"):
        grade_class(small.classroom, [small.milestone], on_cluster("tcp://127.0.0.1:9"), KillsOne([]))
