"""Execute: run a grafted submission with papermill against the student's own ``tinytorch``.

The step is made of two plain functions, between which the job may travel: ``prepare`` makes it of a submission, and
``conclude`` reads what came back by what never left the grader.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum, Float, Integer

from tito.execution.engine import NOT_RUN, TIMED_OUT, error_output
from tito.execution.job import Job, run_here
from tito.execution.run import Answer, Execution, Limits
from tito.execution.sandbox import FORKED, KINDS, NONE
from tito.execution.scratch import REFUSED
from tito.grading.coursedir import coursedir_of
from tito.grading.ingest import (
    BROKEN_FILE,
    LEFT_OUT,
    MISSING_PACKAGE,
    UNREADABLE,
    broken_files,
    read_package,
)
from tito.grading.restoring import Restoring, arming, key_in, restorings, with_first_cell, without_first_cell
from tito.grading.sealed import Question, course_secret, questions, score
from tito.grading.tampering import Watch, judge, watches
from tito.notebooks.problems import add_problem, has_problem, note_sandbox, note_times, problems_of
from tito.notebooks.reading import nbgrader_metadata

STOPPED = "stopped"
TIMEOUT = "timeout"
LIMIT = "limit"
OTHER_FRAMEWORK = "other-framework"
UNPROTECTED = (
    "NO SANDBOX: this submission runs with your rights. It can read and change the gradebook and every file of yours."
)


@dataclass(frozen=True)
class ExecuteOptions:
    """How submissions are run: what the traits of ``ExecuteSubmission`` say, and the course directory they lie in."""

    limits: Limits = field(default_factory=Limits)
    sandbox: str = FORKED
    package_file_bytes: int = 1_000_000
    course_dir: str = ""


@dataclass(frozen=True)
class Private:
    """What the grader keeps while a job runs elsewhere: which canaries it sent, and the labels of sealed data.

    Plain JSON (``as_record``, ``Private(**record)``); it never travels with the job.
    """

    assignment: str
    unreadable: str = ""
    watches: list[dict] = field(default_factory=list)
    questions: list[dict] = field(default_factory=list)
    restorings: list[dict] = field(default_factory=list)

    def as_record(self) -> dict:
        return asdict(self)


class ExecuteSubmission(NbGraderPreprocessor):
    """nbgrader's execution step for this course: papermill, a clean kernel, limits, and times kept on each cell."""

    start_seconds = Float(60.0, help="Time for a kernel to start.").tag(config=True)
    cell_seconds = Float(60.0, help="Time for one cell.").tag(config=True)
    notebook_seconds = Float(600.0, help="Time for all cells of a notebook together.").tag(config=True)
    output_bytes = Integer(2_000_000, help="Bytes of output that one cell may make.").tag(config=True)
    memory_bytes = Integer(2_000_000_000, help="Bytes of memory of all processes together.").tag(config=True)
    processes = Integer(64, help="Processes and threads at the same time.").tag(config=True)
    cpu_seconds = Float(900.0, help="Processor time of all processes together.").tag(config=True)
    file_bytes = Integer(100_000_000, help="Bytes of one file that a submission writes.").tag(config=True)
    scratch_bytes = Integer(200_000_000, help="Bytes of all files that a submission writes.").tag(config=True)
    sandbox = Enum(KINDS, FORKED, help="forked, bubblewrap (a cold kernel each), or none: no protection at all.").tag(
        config=True
    )
    package_file_bytes = Integer(1_000_000, help="A larger file of tinytorch/ is left out.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        job, private = prepare(nb, self._submission(resources), resources["nbgrader"]["assignment"], self.options())
        if job is None:
            return conclude(nb, private), resources
        if job.sandbox == NONE:
            self.log.error(UNPROTECTED)
        run = run_here(job)
        self.log.info("Executed in %.2f s (kernel %.2f s, cells %.2f s)", run.total_s, run.kernel_s, run.cells_s)
        return conclude(run, private), resources

    def options(self) -> ExecuteOptions:
        """What this step's configuration says, as data."""
        limits = Limits(**{each.name: getattr(self, each.name) for each in fields(Limits)})
        coursedir = coursedir_of(self)
        return ExecuteOptions(
            limits=limits,
            sandbox=self.sandbox,
            package_file_bytes=self.package_file_bytes,
            course_dir=coursedir.root if coursedir is not None else "",
        )

    def _submission(self, resources: dict) -> Path:
        """The folder as it was handed in: nbgrader's own copy of it has links already followed."""
        coursedir = coursedir_of(self)
        if coursedir is None:
            return Path(resources["metadata"]["path"])
        where = resources["nbgrader"]
        return Path(coursedir.format_path(coursedir.submitted_directory, where["student"], where["assignment"]))


def prepare(
    nb: NotebookNode, submission: Path, assignment_id: str, options: ExecuteOptions
) -> tuple[Job | None, Private]:
    """The job that runs a grafted notebook with the package handed in beside it, and what the grader keeps to itself.

    ``submission`` is the folder as it was handed in. There is no job for an unreadable submission.
    """
    if has_problem(nb, UNREADABLE):
        reason = next(problem["message"] for problem in problems_of(nb) if problem["code"] == UNREADABLE)
        return None, Private(assignment_id, unreadable=reason)
    package = _package(nb, submission, options.package_file_bytes)
    placed, before = watches(nb), {each.cell: each for each in restorings(nb)}
    asked = {question.cell: question for question in questions(nb, assignment_id, lambda: _secret(options.course_dir))}
    follow_ups: dict[str, list[str]] = {}
    for watch in placed:  # the answer to a canary is the first of a cell, the answer to a question comes next
        together = before.pop(watch.cell) if watch.cell in before and watch.cell not in asked else None
        source = watch.canary.source(together is not None, together.given if together else "")
        follow_ups.setdefault(watch.cell, []).append(source)
    for question in asked.values():
        follow_ups[question.cell].append(question.source)
    for restoring in before.values():
        follow_ups.setdefault(restoring.cell, []).append(restoring.source)
    if placed:
        nb = with_first_cell(nb)
        follow_ups.setdefault(nb.cells[0].id, []).insert(0, arming())
    kinds = (placed, asked.values(), before.values())
    kept = Private(assignment_id, "", *([asdict(each) for each in kind] for kind in kinds))
    return Job(nb, package, options.limits, options.sandbox, follow_ups), kept


def conclude(nb_or_execution: NotebookNode | Execution, private: Private) -> NotebookNode:
    """The executed notebook with what grading noticed; given the notebook itself, the one that could not be run."""
    if not isinstance(nb_or_execution, Execution):
        return _not_run(nb_or_execution, private.unreadable)
    run, notebook = nb_or_execution, nb_or_execution.notebook
    key = _began(run)
    if run.stopped:
        add_problem(notebook, STOPPED, f"Not every cell ran: {run.stopped}.")
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            _note_reason(notebook, f"Cell {number} ({_name(cell)})", output)
    placed = [Watch.from_record(record) for record in private.watches]
    asked = [Question(**record) for record in private.questions]
    restored = [Restoring(**record) for record in private.restorings]
    judge(notebook, placed, run.answers, restored, key)  # before sealed points take the place of what a test shows
    score(notebook, asked, {question.cell: _answer(question, placed, run) for question in asked}, private.assignment)
    for sentence in run.limits_hit:
        add_problem(notebook, LIMIT, sentence)
    note_times(notebook, run.times())
    note_sandbox(notebook, run.sandbox)
    return notebook


def _began(run: Execution) -> bytes | None:
    """The witness's key, from the first of the first cell's answers, which is thereby taken away; so is its cell."""
    first = run.notebook.cells[0].get("id") if run.notebook.cells else None
    key = key_in(run.answers.get(first, ()))
    if first in run.answers:
        run.answers[first] = run.answers[first][1:]
    without_first_cell(run.notebook)
    return key


def _answer(question: Question, placed: list[Watch], run: Execution) -> Answer:
    """The answer to a question: it comes after that to the cell's canary."""
    before = sum(watch.cell == question.cell for watch in placed)
    heard = run.answers.get(question.cell, ())
    return heard[before] if before < len(heard) else Answer([], ran=False)


def _secret(course_dir: str) -> bytes:
    """The course directory's secret; outside of one, a secret of this run's own."""
    return course_secret(Path(course_dir)) if course_dir else secrets.token_bytes(32)


def _package(nb: NotebookNode, submission: Path, max_file_bytes: int) -> dict[str, bytes] | None:
    """The package handed in; what is wrong with it is noted on the notebook."""
    package, left_out = read_package(submission, max_file_bytes)
    for sentence in left_out:
        add_problem(nb, LEFT_OUT, sentence)
    for sentence in broken_files(package or {}):
        add_problem(nb, BROKEN_FILE, sentence)
    if package is None:
        message = "The submission holds no tinytorch/ folder with exported modules, so nothing could import it."
        add_problem(nb, MISSING_PACKAGE, f"{message} Next: tito milestone submit.")
    return package


def _not_run(notebook: NotebookNode, reason: str) -> NotebookNode:
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.strip():
            cell.outputs = [error_output(NOT_RUN, reason)]
    return notebook


def _note_reason(notebook: NotebookNode, cell: str, output: NotebookNode) -> None:
    """Note what a student should read on top of the feedback, beside the error in the cell itself."""
    if output.get("ename") == TIMED_OUT:
        add_problem(notebook, TIMEOUT, output.evalue.replace("This cell", cell))
    elif output.get("ename") == "ImportError" and REFUSED.partition("{name}")[2] in output.evalue:
        add_problem(notebook, OTHER_FRAMEWORK, f"{output.evalue}.")


def _name(cell: NotebookNode) -> str:
    return nbgrader_metadata(cell).get("grade_id", "of your own")
