"""Tampering: where the canaries stand in a notebook, and what follows from what they found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from nbformat import NotebookNode

from tito.execution.engine import error_output, failed
from tito.execution.run import Answer
from tito.execution.sandbox.limits import MEMORY_ERRORS
from tito.grading.canaries import Canary, Finding, finding, make_canary
from tito.grading.restoring import Restoring, replaced
from tito.notebooks.problems import add_problem, note_tampering
from tito.notebooks.reading import is_test, nbgrader_metadata

TAMPERING = "tampering"
TAMPERED, UNCONFIRMED = "Tampering", "NotConfirmed"
STILL_RUNNING = "This test ended, but Python did not answer the check after it, so nothing confirms what it found."


@dataclass(frozen=True)
class Watch:
    """A canary after the cell ``cell``: the test ``test``, or (``test`` empty) the cell before the first test."""

    cell: str
    test: str
    canary: Canary

    @classmethod
    def from_record(cls, record: Mapping) -> Watch:
        """The watch that ``dataclasses.asdict`` made a record of."""
        return cls(record["cell"], record["test"], Canary(**record["canary"]))


def watches(notebook: NotebookNode) -> list[Watch]:
    """A canary for the cell before the first test, and one for each test."""
    tests = [index for index, cell in enumerate(notebook.cells) if is_test(cell)]
    found = []
    if tests and tests[0] > 0:
        found.append(Watch(notebook.cells[tests[0] - 1].id, "", make_canary()))
    for cell in (notebook.cells[index] for index in tests):
        found.append(Watch(cell.id, nbgrader_metadata(cell)["grade_id"], make_canary(cell.source)))
    return found


def judge(
    notebook: NotebookNode,
    placed: Sequence[Watch],
    answers: Mapping[str, Sequence[Answer]],
    restored: Sequence[Restoring] = (),
    key: bytes | None = None,
) -> None:
    """Let no test count that a tampered kernel ran, or that no canary confirms; say so, with the evidence.

    ``key`` is the witness's own: with it, what it said is known to be from it.
    """
    answers = {cell: [_unless_out_of_memory(answer) for answer in each] for cell, each in answers.items()}
    cells = {cell.get("id"): cell for cell in notebook.cells}
    heard = [next(iter(answers.get(watch.cell, ())), Answer([], ran=False)) for watch in placed]
    before = {each.test: replaced(each, answers, key) for each in restored}
    findings = [
        finding(watch.canary, answer, cells[watch.cell].get("outputs", ()), key) or before.get(watch.test)
        for watch, answer in zip(placed, heard, strict=True)
    ]
    for watch, answer in zip(placed, heard, strict=True):
        if watch.test and not answer.ran and not failed(cells[watch.cell]):
            cells[watch.cell].outputs.insert(0, error_output(UNCONFIRMED, STILL_RUNNING))
    if any(findings):
        _condemn(notebook, placed, findings, cells)


def _condemn(
    notebook: NotebookNode, placed: Sequence[Watch], findings: Sequence[Finding | None], cells: Mapping
) -> None:
    first = next(at for at, found in enumerate(findings) if found)
    touched = [watch.test for watch in placed[first:] if watch.test]
    number = 1 + next(at for at, cell in enumerate(notebook.cells) if cell.id == placed[first].cell)
    where = f"{'from' if placed[first].test else 'after'} cell {number} ({placed[first].test or 'before the tests'}) on"
    said = "; ".join(dict.fromkeys(found.evidence for found in findings if found))
    sentence = (
        f"Tampering: {where}, what tests rely on was changed ({said}). These tests count as zero: {', '.join(touched)}."
    )
    for watch in placed[first:]:
        if watch.test:
            cells[watch.cell].outputs.insert(0, error_output(TAMPERED, sentence))
    add_problem(notebook, TAMPERING, f"{sentence} A person will look at it.")
    note_tampering(notebook, [_evidence(watch, found) for watch, found in zip(placed, findings, strict=True) if found])


def _unless_out_of_memory(answer: Answer) -> Answer:
    """An answer that says something: what ended for want of memory neither confirms nor accuses."""
    errors = [output for output in answer.outputs if output.get("output_type") == "error"]
    short = bool(errors) and errors[0].get("ename") in MEMORY_ERRORS
    return Answer(answer.outputs, ran=False) if short else answer


def _evidence(watch: Watch, found: Finding) -> dict:
    return {"after": watch.test or "the cell before the first test", **asdict(found)}
