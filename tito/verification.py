"""A milestone's verification: does the student's framework really learn? pytest, alone with their ``tinytorch``."""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from tito.checks import FAILED, NOT_TRIED, PASSED
from tito.course import Course, Milestone, data_root
from tito.errors import TitoError
from tito.milestones import needed_exports
from tito.workspace import Workspace

OPTIONS = ("-q", "-p", "no:cacheprovider", "--assert=plain", "--tb=short", "-o", "junit_family=xunit1")
SHARE_OF_BUDGET = 4


@dataclass(frozen=True)
class Check:
    """One test of the verification: passed, failed with its message, or not tried and why."""

    name: str
    state: str
    message: str
    seconds: float


@dataclass(frozen=True)
class MeasuredAchievement:
    """A victory condition beside the figure that this run measured; None when it measured none."""

    id: str
    title: str
    metric: str
    threshold: float
    measured: float | None

    @property
    def reached(self) -> bool:
        return self.measured is not None and self.measured >= self.threshold


@dataclass(frozen=True)
class Verification:
    """What one run of a milestone's verification showed."""

    milestone: str
    checks: tuple[Check, ...]
    figures: dict[str, float | str]
    achievements: tuple[MeasuredAchievement, ...]
    stopped: str

    @property
    def ok(self) -> bool:
        return not self.stopped and bool(self.checks) and all(c.state == PASSED for c in self.checks)

    @property
    def passed(self) -> int:
        return sum(check.state == PASSED for check in self.checks)


def verify(workspace: Workspace, course: Course, milestone: Milestone) -> Verification:
    """Run a milestone's verification against a copy of what the workspace has exported."""
    return verify_package(needed_exports(workspace, course, milestone), milestone)


def verify_package(package: dict[str, bytes], milestone: Milestone) -> Verification:
    """Run a milestone's verification against the files of a ``tinytorch``, within a multiple of its time budget."""
    test = data_root() / milestone.verification
    if not test.is_file():
        raise TitoError(
            f"The verification of {milestone.label} is not part of this course yet.",
            "pip install --upgrade tinytorch-course",
        )
    limit_s = milestone.budget_seconds * SHARE_OF_BUDGET
    with tempfile.TemporaryDirectory(prefix="tt-", ignore_cleanup_errors=True) as folder:
        stopped, report = _run_pytest(test, package, Path(folder), limit_s)
    found, figures = _read(report) if report else ((), {})
    if not found:
        reason = stopped or "pytest could not start"
        found = tuple(Check(name, NOT_TRIED, reason, 0.0) for name in _test_names(test))
    return Verification(milestone.id, tuple(found), figures, _achievements(milestone, figures), stopped)


def _run_pytest(test: Path, package: dict[str, bytes], scratch: Path, limit_s: float) -> tuple[str, str]:
    """Why pytest was stopped (empty when it was not), and its report as XML (empty when it wrote none)."""
    from tito.execution.kernel import clean_environment
    from tito.execution.run import lay_out

    lay_out(package, scratch)
    (scratch / test.name).write_bytes(test.read_bytes())
    (scratch / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    report = scratch / "report.xml"
    command = [sys.executable, "-m", "pytest", *OPTIONS, f"--junitxml={report}", test.name]
    environment = clean_environment(scratch) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "MPLBACKEND": "Agg"}
    try:
        done = subprocess.run(
            command,
            cwd=scratch,
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it was stopped after {limit_s:g} s; look for a loop that never ends", ""
    if not report.is_file():
        lines = (done.stderr or done.stdout).strip().splitlines()
        return f"the Python process ended: {lines[-1] if lines else f'exit code {done.returncode}'}", ""
    return "", report.read_text(encoding="utf-8")


def _read(report: str) -> tuple[tuple[Check, ...], dict[str, float | str]]:
    found, figures = [], {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        for entry in case.iter("property"):
            figures[entry.get("name", "")] = _number(entry.get("value", ""))
        found.append(_check(case))
    return tuple(found), figures


def _check(case: ElementTree.Element) -> Check:
    name, seconds = case.get("name", ""), float(case.get("time") or 0)
    failure, error, skipped = case.find("failure"), case.find("error"), case.find("skipped")
    if failure is not None:
        return Check(name, FAILED, _sentence(failure.get("message", "")), seconds)
    if error is not None:
        return Check(name, NOT_TRIED, _reason(error), seconds)
    if skipped is not None:
        return Check(name, NOT_TRIED, _sentence(skipped.get("message", "")), seconds)
    return Check(name, PASSED, "", seconds)


def _sentence(message: str) -> str:
    return " ".join(message.removeprefix("AssertionError: ").split())


def _reason(error: ElementTree.Element) -> str:
    """Why a test could not begin: the last error line of its traceback."""
    lines = [line[1:].strip() for line in (error.text or "").splitlines() if line.startswith("E ")]
    return _sentence(lines[-1] if lines else error.get("message", ""))


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _achievements(milestone: Milestone, figures: dict[str, float | str]) -> tuple[MeasuredAchievement, ...]:
    found = []
    for goal in milestone.achievements:
        value = figures.get(goal.metric)
        measured = value if isinstance(value, float) else None
        found.append(MeasuredAchievement(goal.id, goal.title, goal.metric, goal.threshold, measured))
    return tuple(found)


def _test_names(test: Path) -> list[str]:
    tree = ast.parse(test.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
