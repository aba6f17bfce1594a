"""A worker process of the pool: calls come in on standard input, and answers leave on standard output."""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

from tito.grading.batch.pool import END_GRACE_S, ERROR, RESULT, read_frame, write_frame


def main() -> None:
    """Serve until standard input ends: the grader is done, or gone."""
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # what a library prints is no answer
    signal.signal(signal.SIGTERM, _leave)
    calls: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_read, args=[sys.stdin.buffer, calls], daemon=True).start()
    try:
        import tito.execution.engine  # noqa: F401  (a second, once, and not when the first job comes)
        from tito.execution.sandbox import warm

        for template in sys.argv[1:]:
            warm.share(int(template))

        write_frame(answers, RESULT)  # ready
        while (call := calls.get()) is not None:
            write_frame(answers, _answer(call))
    except (KeyboardInterrupt, BrokenPipeError):
        pass


def _answer(call: bytes) -> bytes:
    module, name, *arguments = json.loads(call)
    try:
        result = getattr(importlib.import_module(module), name)(*arguments)
        return RESULT + result.encode()
    except Exception as error:
        return ERROR + f"{type(error).__name__}: {error}".encode("utf-8", "replace")


def _read(stream: BinaryIO, calls: queue.SimpleQueue) -> None:
    try:
        while True:
            calls.put(read_frame(stream))
    except (EOFError, OSError, ValueError):
        calls.put(None)
        _leave()


def _leave(*_: object) -> None:
    """Interrupt the job that runs, so that its kernel and folders go; leave without it when that takes too long."""
    timer = threading.Timer(END_GRACE_S / 2, os._exit, args=[1])
    timer.daemon = True
    timer.start()
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
