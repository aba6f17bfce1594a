"""Papermill's engine for this course: it goes on after a failing cell, and every cell that did not run says why."""

from __future__ import annotations

import time
from typing import Any

from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from traitlets import Float, Integer, Unicode

from tito.execution.kernel import CourseKernelManager

TIMED_OUT = "CellTimeoutError"
NOT_RUN = "NotRun"
TOO_MUCH_OUTPUT = "OutputLimitExceeded"


def error_output(name: str, message: str) -> NotebookNode:
    """An error as a notebook's output; nbgrader gives a cell that holds one no points."""
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


def failed(cell: NotebookNode) -> bool:
    """Whether a cell's outputs hold an error."""
    return any(output.output_type == "error" for output in cell.get("outputs", []))


class CourseClient(PapermillNotebookClient):
    """Runs every cell within the limits on time and output, whatever the cells before it did."""

    cell_seconds = Float(60.0, help="Time for one cell.")
    notebook_seconds = Float(600.0, help="Time for all cells together.")
    output_bytes = Integer(2_000_000, help="Bytes of output that one cell may make.")
    stopped = Unicode("", help="Why the remaining cells did not run; empty when all did.")
    kernel_ready_s = Float(0.0, help="Seconds from the request for a kernel until it answered.")

    def papermill_execute_cells(self) -> None:
        self.kernel_ready_s = time.perf_counter() - self._asked_at
        self._deadline = time.monotonic() + self.notebook_seconds
        for index, cell in enumerate(self.nb.cells):
            if not self.stopped and time.monotonic() >= self._deadline:
                self.stopped = f"the notebook's {self.notebook_seconds:.0f} s were used up by the cells before it"
            self._run_cell(cell, index)

    def execute(self, **kwargs: Any) -> NotebookNode:
        self._asked_at = time.perf_counter()
        self.timeout_func = self._seconds_for
        self.reset_execution_trackers()
        with self.setup_kernel(**kwargs):  # papermill asks the kernel once more at the end, and fails on a dead one
            self.papermill_execute_cells()
            self.set_widgets_metadata()
        return self.nb

    def _run_cell(self, cell: NotebookNode, index: int) -> None:
        if self.stopped:
            if cell.cell_type == "code" and cell.source.strip():
                cell.outputs = [error_output(NOT_RUN, f"This cell did not run: {self.stopped}.")]
                self.nb_man.cell_exception(cell, cell_index=index)
            return
        self._output_left = self.output_bytes
        self.nb_man.cell_start(cell, index)
        try:
            self.execute_cell(cell, index)
        except DeadKernelError:
            self.stopped = f"the Python process ended in cell {index + 1}"
            message = "The Python process ended while this cell ran (sys.exit, os._exit, or out of memory)."
            cell.outputs = [error_output("DeadKernelError", message), *cell.get("outputs", [])]
        except CellExecutionError:
            pass  # a SystemExit, say: the error is among the outputs
        finally:
            if failed(cell):
                self.nb_man.cell_exception(cell, cell_index=index)
            self.nb_man.cell_complete(cell, cell_index=index)

    def _seconds_for(self, cell: NotebookNode) -> float:
        return max(0.1, min(self.cell_seconds, self._deadline - time.monotonic()))

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Pass a kernel's message on, unless the cell has already said more than it may."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data", "error"):
            size = sum(len(str(part)) for part in _texts(msg["content"]))
            self._output_left -= size
            if self._output_left < 0:
                if not any(output.get("ename") == TOO_MUCH_OUTPUT for output in cell.outputs):
                    text = f"This cell printed more than {self.output_bytes:,} bytes; the rest was cut off."
                    cell.outputs.insert(0, error_output(TOO_MUCH_OUTPUT, text))
                return None
        return super().process_message(msg, cell, cell_index)


def _texts(content: dict) -> list:
    return [content.get("text", ""), *content.get("data", {}).values(), *content.get("traceback", [])]


def _record_lost_error(cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
    """Turn an error reply without its error output (a timeout, a silenced traceback) into the cell's first output."""
    content = execute_reply["content"]
    if content["status"] == "error" and not (failed(cell) and content["ename"] != TIMED_OUT):
        cell.outputs.insert(0, error_output(content["ename"], content["evalue"]))


class CourseEngine(NBClientEngine):
    """Papermill's engine, with this course's client and kernel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
        environment, scratch = kwargs.pop("environment"), kwargs.pop("scratch")
        measured = kwargs.pop("measured")
        cell_seconds = kwargs["cell_seconds"]
        client = CourseClient(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=CourseKernelManager,
            allow_errors=True,
            interrupt_on_timeout=True,
            error_on_timeout={
                "ename": TIMED_OUT,
                "evalue": f"This cell was stopped after {cell_seconds:g} s; look for a loop that never ends.",
                "traceback": [],
            },
            iopub_timeout=30,
            raise_on_iopub_timeout=False,
            shutdown_kernel="immediate",
            on_cell_executed=_record_lost_error,
            startup_timeout=kwargs.pop("start_seconds"),
            cell_seconds=cell_seconds,
            notebook_seconds=kwargs["notebook_seconds"],
            output_bytes=kwargs["output_bytes"],
        )
        client.execute(cwd=str(scratch), env=environment)
        measured.update(stopped=client.stopped, kernel_ready_s=client.kernel_ready_s)


papermill_engines.register("tito", CourseEngine)
