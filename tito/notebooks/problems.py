"""What went wrong with a submission, as data in its notebook: for the student's feedback, the TA and the report."""

from __future__ import annotations

from nbformat import NotebookNode


def add_problem(notebook: NotebookNode, code: str, message: str) -> None:
    """Note a problem (a short code, and a sentence that a student understands) on a submission's notebook."""
    problems = _record(notebook).setdefault("problems", [])
    if {"code": code, "message": message} not in problems:
        problems.append({"code": code, "message": message})


def problems_of(notebook: NotebookNode) -> list[dict[str, str]]:
    """The problems noted on a notebook, in the order in which they were met."""
    return list(notebook.metadata.get("tito", {}).get("grading", {}).get("problems", []))


def has_problem(notebook: NotebookNode, code: str) -> bool:
    """Whether a problem of this code was noted."""
    return any(problem["code"] == code for problem in problems_of(notebook))


def note_times(notebook: NotebookNode, times: dict[str, float]) -> None:
    """Keep where the seconds of an execution went."""
    _record(notebook)["times"] = times


def times_of(notebook: NotebookNode) -> dict[str, float]:
    """Where the seconds of a submission's execution went; empty when it was not executed."""
    return dict(notebook.metadata.get("tito", {}).get("grading", {}).get("times", {}))


def note_sandbox(notebook: NotebookNode, kind: str) -> None:
    """Keep what a submission was shut in with."""
    _record(notebook)["sandbox"] = kind


def sandbox_of(notebook: NotebookNode) -> str:
    """What a submission was shut in with: "none" when with nothing, empty when it was not executed."""
    return notebook.metadata.get("tito", {}).get("grading", {}).get("sandbox", "")


def note_tampering(notebook: NotebookNode, evidence: list[dict]) -> None:
    """Keep, for a person, what canaries found and where."""
    _record(notebook)["tampering"] = evidence


def tampering_of(notebook: NotebookNode) -> list[dict]:
    """What canaries found in a submission, and after which cell; empty when they found nothing."""
    return list(notebook.metadata.get("tito", {}).get("grading", {}).get("tampering", []))


def _record(notebook: NotebookNode) -> NotebookNode:
    course = notebook.metadata.setdefault("tito", NotebookNode())
    return course.setdefault("grading", NotebookNode())
