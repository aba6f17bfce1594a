"""Run a verification by pytest in a process of its own, and hear of each check and figure while it runs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

OPTIONS = ("-q", "-p", "no:cacheprovider", "--assert=plain", "--tb=short")
WATCH = Path(__file__).with_name("watch.py")
POLL_S = 0.03
KINDS = ("importing", "imported", "found", "started", "figure", "progress", "finished", "ended", "stopped")
STATES = {"finished": ("passed", "failed", "not tried"), "imported": ("passed", "failed")}


@dataclass(frozen=True)
class Event:
    """One thing that happened: a check was found, started or finished, a figure was measured, the run was stopped."""

    kind: str
    name: str
    check: str = ""
    value: float | str = ""
    state: str = ""
    message: str = ""
    seconds: float = 0.0


def follow_pytest(
    test: Path,
    package: Mapping[str, bytes],
    scratch: Path,
    limit_s: float,
    options: Sequence[str] = (),
    modules: Sequence[str] = (),
) -> Iterator[Event]:
    """Yield what happens while pytest runs ``test`` with ``package``.

    A run that did not end by itself ends in one event ``stopped``, with the reason.
    """
    from tito.execution.kernel import clean_environment
    from tito.execution.scratch import lay_out

    lay_out(package, scratch)
    (scratch / test.name).write_bytes(test.read_bytes())
    (scratch / "conftest.py").write_bytes(WATCH.read_bytes())
    (scratch / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    environment = clean_environment(scratch) | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "MPLBACKEND": "Agg",
        "TITO_MODULES": " ".join(modules),
    }
    command = [sys.executable, "-m", "pytest", *OPTIONS, *options, test.name]
    yield from _follow(command, scratch, environment, limit_s)


def _follow(command: list[str], scratch: Path, environment: dict[str, str], limit_s: float) -> Iterator[Event]:
    said, events = scratch / "errors.txt", scratch / "events.jsonl"
    events.touch()
    last = None
    with said.open("wb") as sink, events.open("rb") as stream, _process(command, scratch, environment, sink) as process:
        for last in _events(process, stream, time.monotonic() + limit_s):
            yield last
        running = process.poll() is None
    if running or last is None or last.kind != "ended":
        where = f" while importing tinytorch/{last.name}.py" if last and last.kind == "importing" else ""
        ended = f"the Python process ended{where}: {_last_words(said, process.returncode)}"
        late = f"it was stopped after {limit_s:g} s{where}; look for a loop that never ends"
        yield Event("stopped", "", message=late if running else ended)


def _events(process: subprocess.Popen, stream: Any, deadline: float) -> Iterator[Event]:
    """The events of a process until it ends or its time is over."""
    rest = b""
    while True:
        over = process.poll() is not None
        *lines, rest = (rest + stream.read()).split(b"\n")
        yield from filter(None, map(_event, lines))
        if over or time.monotonic() > deadline:
            return
        time.sleep(POLL_S)


def _event(line: bytes) -> Event | None:
    """One line as an event; None for what the student's process may have written there itself."""
    try:
        record = json.loads(line)
        known = {field.name: record[field.name] for field in fields(Event) if field.name in record}
        event = Event(**known)
    except (ValueError, TypeError):
        return None
    return event if _is_sound(event) else None


def _is_sound(event: Event) -> bool:
    texts = (event.name, event.check, event.state, event.message)
    return (
        event.kind in KINDS[:-1]
        and all(isinstance(text, str) for text in texts)
        and event.state in STATES.get(event.kind, (event.state,))
        and isinstance(event.value, float | str)
        and isinstance(event.seconds, float | int)
    )


@contextlib.contextmanager
def _process(command: list[str], scratch: Path, environment: dict[str, str], sink: Any) -> Iterator[subprocess.Popen]:
    """A process in a group of its own; whatever ends the block, nothing of it is left running."""
    process = subprocess.Popen(
        command,
        cwd=scratch,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=sink,
        start_new_session=os.name == "posix",
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _last_words(said: Path, code: int) -> str:
    """How a process ended: by a signal, with the last line that it left on stderr, or with its exit code."""
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(-code).name}"
    return lines[-1] if lines else f"exit code {code}"
