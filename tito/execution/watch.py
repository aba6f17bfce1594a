"""Laid beside a verification as its conftest.py: writes what happens, one JSON object a line, the moment it happens.

Uses pytest's public hooks only, and nothing of tito: the process that it runs in is the student's.
"""

from __future__ import annotations

import importlib
import json
import math
import os
from collections.abc import Callable, Iterator

import pytest

EVENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "events.jsonl")
MODULES = os.environ.get("TITO_MODULES", "").split()
outcomes: dict[str, dict] = {}


def tell(kind: str, name: str, **fields: object) -> None:
    """Write one event; the file is closed each time, so that nothing is lost when the process dies."""
    with open(EVENTS, "a", encoding="utf-8") as stream:
        stream.write(json.dumps({"kind": kind, "name": name, **fields}) + "\n")


def plain(value: object) -> float | str:
    """A figure as JSON carries it: a finite number, else its text."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)
    return number if math.isfinite(number) else str(number)


def sentence(error: BaseException) -> str:
    """What an error says; a failed assertion says it without its name."""
    name = type(error).__name__
    text = str(error)
    if isinstance(error, AssertionError):
        return text or "an assertion failed, and says no more"
    return f"{name}: {text}" if text else name


def pytest_sessionstart() -> None:
    """Import each of the modules that the milestone needs: does the export hold by itself?"""
    for name in MODULES:
        tell("importing", name)
        try:
            importlib.import_module(f"tinytorch.{name}")
        except Exception as error:
            tell("imported", name, state="failed", message=sentence(error))
        else:
            tell("imported", name, state="passed")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        lines = [line[1:].strip() for line in report.longreprtext.splitlines() if line.startswith("E ")]
        name = report.nodeid.split("/")[-1].removesuffix(".py")
        message = (lines or report.longreprtext.strip().splitlines() or ["it could not be read"])[-1]
        tell("finished", name, state="not tried", message=message)


def pytest_collection_finish(session: pytest.Session) -> None:
    for item in session.items:
        tell("found", item.name)


def pytest_runtest_logstart(nodeid: str) -> None:
    tell("started", nodeid.split("::", 1)[-1])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    report = yield
    found = outcomes.setdefault(item.name, {"state": "passed", "message": "", "seconds": 0.0})
    found["seconds"] += call.duration
    if report.skipped:
        found |= {"state": "not tried", "message": str(getattr(call.excinfo.value, "msg", "it was skipped"))}
    elif report.failed and found["state"] == "passed":
        state = "failed" if call.when == "call" else "not tried"
        found |= {"state": state, "message": sentence(call.excinfo.value)}
    return report


def pytest_runtest_logfinish(nodeid: str) -> None:
    name = nodeid.split("::", 1)[-1]
    tell("finished", name, **outcomes.pop(name, {"state": "not tried", "message": "it did not report", "seconds": 0.0}))


def pytest_sessionfinish() -> None:
    tell("ended", "")


@pytest.fixture
def record_property(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """pytest's own name: a figure that this check measured."""
    return lambda name, value: tell("figure", name, check=request.node.name, value=plain(value))


@pytest.fixture(scope="session")
def record_testsuite_property() -> Callable[[str, object], None]:
    """pytest's own name: a figure on the way, such as the loss of an epoch."""
    return lambda name, value: tell("progress", name, value=plain(value))
