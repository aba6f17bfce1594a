"""One execution as text: what ``execute`` takes and gives, so that only JSON crosses a process or network boundary."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from tito import __version__
from tito.execution import run
from tito.execution.run import Execution, Limits
from tito.execution.sandbox.unavailable import SandboxLost


class OtherVersion(RuntimeError):
    """A worker whose tito is not the grader's own would run a submission in another way."""


@dataclass(frozen=True)
class Job:
    """Everything that ``tito.execution.run.execute`` takes."""

    notebook: NotebookNode
    package: Mapping[str, bytes] | None
    limits: Limits = field(default_factory=Limits)
    sandbox: str = "none"
    follow_ups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_text(self) -> str:
        """The job as JSON; it names the code that it was made for."""
        package = self.package
        files = None if package is None else {name: base64.b64encode(data).decode() for name, data in package.items()}
        record = {
            "code": code_hash(),
            "notebook": self.notebook,
            "package": files,
            "limits": asdict(self.limits),
            "sandbox": self.sandbox,
            "follow_ups": {cell: list(sources) for cell, sources in self.follow_ups.items()},
        }
        return json.dumps(record, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Job:
        """Raises OtherVersion when the text was made by another version of this code."""
        record = json.loads(text)
        if record["code"] != code_hash():
            raise OtherVersion(f"This worker's tito ({__version__}) is not the one that sent the job.")
        files = record["package"]
        return cls(
            nbformat.from_dict(record["notebook"]),
            None if files is None else {name: base64.b64decode(data) for name, data in files.items()},
            Limits(**record["limits"]),
            record["sandbox"],
            record["follow_ups"],
        )


def run_job(text: str) -> str:
    """Run a job given as text; return its Execution as text."""
    return execution_text(run_here(Job.from_text(text)))


def run_here(job: Job) -> Execution:
    """Run a job in this process, and once more when its sandbox was lost."""
    parts = (job.notebook, job.package, job.limits, job.sandbox, job.follow_ups)
    try:
        return run.execute(*parts)
    except SandboxLost:
        return run.execute(*parts)


def execution_text(execution: Execution) -> str:
    """An execution as JSON."""
    record = {each.name: getattr(execution, each.name) for each in fields(execution)}
    return json.dumps(record, ensure_ascii=False, default=asdict)


def execution_from(text: str) -> Execution:
    """The execution that ``execution_text`` wrote."""
    record = json.loads(text)
    record["notebook"] = nbformat.from_dict(record["notebook"])
    record["answers"] = _answers(record.get("answers", {}))
    return Execution(**record)


def _answers(record: Mapping[str, list[dict[str, Any]]]) -> dict[str, tuple[run.Answer, ...]]:
    return {cell: tuple(run.Answer(**answer) for answer in answers) for cell, answers in record.items()}


@functools.cache
def code_hash() -> str:
    """What stands for the code of this package: the same in the grader and in every worker that may serve it."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()
