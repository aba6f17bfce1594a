"""Execute: run a grafted submission with papermill against the student's own ``tinytorch``."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer

from tito.execution.engine import NOT_RUN, TIMED_OUT, error_output
from tito.execution.run import REFUSED, Limits, execute
from tito.grading.coursedir import coursedir_of
from tito.grading.ingest import (
    BROKEN_FILE,
    LEFT_OUT,
    MISSING_PACKAGE,
    UNREADABLE,
    broken_files,
    read_package,
)
from tito.grading.problems import add_problem, has_problem, note_times, problems_of
from tito.notebooks import nbgrader_metadata

STOPPED = "stopped"
TIMEOUT = "timeout"
OTHER_FRAMEWORK = "other-framework"


class ExecuteSubmission(NbGraderPreprocessor):
    """nbgrader's execution step for this course: papermill, a clean kernel, limits, and times kept on each cell."""

    start_seconds = Float(60.0, help="Time for a kernel to start.").tag(config=True)
    cell_seconds = Float(60.0, help="Time for one cell.").tag(config=True)
    notebook_seconds = Float(600.0, help="Time for all cells of a notebook together.").tag(config=True)
    output_bytes = Integer(2_000_000, help="Bytes of output that one cell may make.").tag(config=True)
    package_file_bytes = Integer(1_000_000, help="A larger file of tinytorch/ is left out.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        if has_problem(nb, UNREADABLE):
            reason = next(problem["message"] for problem in problems_of(nb) if problem["code"] == UNREADABLE)
            return _not_run(nb, reason), resources
        package, left_out = read_package(self._submission(resources), self.package_file_bytes)
        for sentence in left_out:
            add_problem(nb, LEFT_OUT, sentence)
        for sentence in broken_files(package or {}):
            add_problem(nb, BROKEN_FILE, sentence)
        if package is None:
            message = "The submission holds no tinytorch/ folder with exported modules, so nothing could import it."
            add_problem(nb, MISSING_PACKAGE, f"{message} Next: tito milestone submit.")
        run = execute(nb, package, self._limits())
        self.log.info("Executed in %.2f s (kernel %.2f s, cells %.2f s)", run.total_s, run.kernel_s, run.cells_s)
        if run.stopped:
            add_problem(run.notebook, STOPPED, f"Not every cell ran: {run.stopped}.")
        for number, cell in enumerate(run.notebook.cells, start=1):
            for output in cell.get("outputs", []):
                _note_reason(run.notebook, f"Cell {number} ({_name(cell)})", output)
        note_times(run.notebook, run.times())
        return run.notebook, resources

    def _submission(self, resources: dict) -> Path:
        """The folder as it was handed in: nbgrader's own copy of it has links already followed."""
        coursedir = coursedir_of(self)
        if coursedir is None:
            return Path(resources["metadata"]["path"])
        where = resources["nbgrader"]
        return Path(coursedir.format_path(coursedir.submitted_directory, where["student"], where["assignment"]))

    def _limits(self) -> Limits:
        return Limits(self.start_seconds, self.cell_seconds, self.notebook_seconds, self.output_bytes)


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
