"""A pool of worker processes that outlives the death of any of them."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import tito

ATTEMPTS = 2
END_GRACE_S = 10  # for a worker to end the kernel that it is running
COMMAND = "from tito.grading.batch.worker import main; main()"
RESULT, ERROR = b"R", b"E"


@dataclass(frozen=True)
class Pool:
    """Where jobs run, how many at a time, and whether that is this machine."""

    executor: Executor
    width: int
    local: bool = True


class WorkerLost(RuntimeError):
    """The processes that ran a job ended before it did, one after the other."""


class WorkerError(RuntimeError):
    """What a job raised in its worker."""


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """Write a message: its length in eight bytes, then itself."""
    stream.write(len(content).to_bytes(8, "big") + content)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes:
    """Read a message; raise EOFError when the other side is gone."""
    size = int.from_bytes(_exactly(stream, 8), "big")
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content


class Worker:
    """One process. It reads calls from its standard input, and ends with that."""

    def __init__(self, template: int | None = None) -> None:
        shared = [] if template is None else [template]
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *map(str, shared)],
            pass_fds=shared,
            cwd=Path(tito.__file__).parents[1],  # Python looks for modules here first, and finds only what is installed
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt at the terminal is the grader's to handle
        )
        self._ready = False

    def ask(self, call: bytes, deadline_s: float | None) -> bytes:
        """Send a call and wait for its answer; raise EOFError or OSError when the process ends or is too slow."""
        if not self._ready:
            self._ready = read_frame(self.process.stdout) == RESULT
        timer = threading.Timer(deadline_s or 0, self.process.kill)
        if deadline_s:
            timer.start()
        try:
            write_frame(self.process.stdin, call)
            return read_frame(self.process.stdout)
        finally:
            timer.cancel()

    def end(self) -> str:
        """Close the connection, wait for the process, and say how it ended."""
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # what was not sent yet cannot be sent any more
                stream.close()
        try:
            code = self.process.wait(END_GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class WorkerPool(Executor):
    """Calls of module-level functions with text arguments, each in one of ``workers`` processes that stay warm.

    A worker that dies is replaced and its call tried once more; when that fails too, the call's future holds
    WorkerLost, and everything else goes on. ``deadline_s`` is the longest that one call may take. ``template`` is the
    descriptor of a warm template (``tito.execution.sandbox.warm.begin``) that all workers share.
    """

    def __init__(self, workers: int, deadline_s: float | None = None, template: int | None = None) -> None:
        self.workers = workers
        self.deadline_s = deadline_s
        self.template = template
        self._calls: queue.SimpleQueue = queue.SimpleQueue()
        self._alive: dict[int, Worker] = {}
        self._closing = False
        self._threads = [threading.Thread(target=self._serve, args=[n], daemon=True) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., str], /, *args: Any, **kwargs: Any) -> Future:
        if kwargs or self._closing:
            raise RuntimeError("the pool is closed" if self._closing else "the pool takes positional arguments only")
        future: Future = Future()
        self._calls.put((future, json.dumps([fn.__module__, fn.__qualname__, *args]).encode()))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the workers finish, or with ``cancel_futures`` end them as they are."""
        self._closing = True
        if cancel_futures:
            self._cancel()
        for _ in self._threads:
            self._calls.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def pids(self) -> list[int]:
        """The process ids of the workers that were started."""
        return [worker.process.pid for worker in list(self._alive.values())]

    def _cancel(self) -> None:
        while True:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                break
            if call is not None:
                call[0].cancel()
        for worker in list(self._alive.values()):
            worker.process.terminate()

    def _serve(self, number: int) -> None:
        self._alive[number] = Worker(self.template)
        while (call := self._calls.get()) is not None:
            future, content = call
            if future.set_running_or_notify_cancel():
                self._answer(number, future, content)
        self._alive.pop(number).end()

    def _answer(self, number: int, future: Future, content: bytes) -> None:
        ends = []
        for _ in range(ATTEMPTS):
            try:
                answer = self._alive[number].ask(content, self.deadline_s)
            except (EOFError, OSError):
                ends.append(self._alive[number].end())
                if self._closing:
                    break
                self._alive[number] = Worker(self.template)
            else:
                return _settle(future, answer)
        times = "" if len(ends) == 1 else f" {len(ends)} times"
        future.set_exception(WorkerLost(f"the process that ran it ended{times} ({', '.join(ends)})"))


def _settle(future: Future, answer: bytes) -> None:
    if answer.startswith(RESULT):
        future.set_result(answer[1:].decode())
    else:
        future.set_exception(WorkerError(answer[1:].decode()))
