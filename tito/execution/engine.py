"""Papermill's engine for this course: it goes on after a failing cell, and every cell that did not run says why."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from traitlets import Bool, Dict, Float, Integer, Unicode, default

from tito.execution.answer import Answer
from tito.execution.kernel import CourseKernelManager
from tito.execution.sandbox.unavailable import SandboxLost
from tito.notebooks.reading import is_test

TIMED_OUT = "CellTimeoutError"
NOT_RUN = "NotRun"
TOO_MUCH_OUTPUT = "OutputLimitExceeded"
BAD_MESSAGE = "BadMessage"
NOBODY_THERE = "NobodyThere"
OUTPUTS = ("stream", "display_data", "execute_result", "update_display_data", "error")
AFTERTHOUGHTS = ("clear_output", "update_display_data")
MESSAGE_BYTES = 64  # what an output weighs in the notebook, however little it says
OUTPUT_WAIT_S = 30  # for a cell's output to arrive after its reply
INTERRUPT_GRACE_S = 10  # for an interrupted cell to end
END_GRACE_S = 2  # for a kernel's process to end
FOLLOW_UP_S = 10  # at least, for each follow-up, however little of the notebook's time is left


def error_output(name: str, message: str) -> NotebookNode:
    """An error as a notebook's output; nbgrader gives a cell that holds one no points."""
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


def failed(cell: NotebookNode) -> bool:
    """Whether a cell's outputs hold an error."""
    return any(output.output_type == "error" for output in cell.get("outputs", []))


class CourseClient(PapermillNotebookClient):
    """Runs every cell within the limits on time and output, whatever the cells before it did.

    A cell's follow-ups run right after it, down the same path; what they put out are answers, and no part of the
    notebook. A test is kept out of the kernel's input history, and so is a follow-up.
    """

    cell_seconds = Float(60.0, help="Time for one cell.")
    notebook_seconds = Float(600.0, help="Time for all cells together.")
    output_bytes = Integer(2_000_000, help="Bytes of output that one cell may make.")
    ends_at_timeout = Bool(False, help="Whether nothing runs after a cell that used up its time.")
    follow_ups = Dict(help="Sources to run after a cell, by the cell's id.")
    answers = Dict(help="What they put out, by the cell's id.")
    status = Integer(None, allow_none=True, help="The exit status of a process that ended by itself.")
    stopped = Unicode("", help="Why the remaining cells did not run; empty when all did.")
    kernel_ready_s = Float(0.0, help="Seconds from the request for a kernel until it answered.")
    _asking = False  # a follow-up runs

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
            try:
                self.papermill_execute_cells()
                self.set_widgets_metadata()
            finally:
                self._end_kernel()
        return self.nb

    def _end_kernel(self) -> None:
        """End the kernel and the processes that its cells left behind, the kernel itself being dead or not."""
        process, group = self.km.provisioner.process, self.km.provisioner.pgid
        self.status = process.poll()
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_GRACE_S)
        if group:
            with contextlib.suppress(OSError):
                os.killpg(group, signal.SIGKILL)

    def _run_cell(self, cell: NotebookNode, index: int) -> None:
        if self.stopped:
            if cell.cell_type == "code" and cell.source.strip():
                cell.outputs = [error_output(NOT_RUN, f"This cell did not run: {self.stopped}.")]
                self.nb_man.cell_exception(cell, cell_index=index)
        else:
            self.nb_man.cell_start(cell, index)
            self._run(cell, index)
            if failed(cell):
                self.nb_man.cell_exception(cell, cell_index=index)
            self.nb_man.cell_complete(cell, cell_index=index)
        sources = self.follow_ups.get(cell.get("id", ""), ())
        if sources:
            self.answers[cell.id] = tuple(self._answer(source, index) for source in sources)

    def _answer(self, source: str, index: int) -> Answer:
        """Run a follow-up of the cell at ``index``, unless there is no kernel any more."""
        if self.stopped:
            return Answer([], ran=False)
        asked, own = new_code_cell(source), self.nb.cells[index]
        self._asking = True
        try:
            self._run(asked, index)
        finally:
            self._asking = False
            self.nb.cells[index] = own  # nbclient puts what it ran in its place
        return Answer(
            json.loads(json.dumps(asked.outputs)), ran=self._idle and not self.stopped and not self._timed_out
        )

    def _run(self, cell: NotebookNode, index: int) -> None:
        """Run one cell or follow-up; note why nothing can run after it, if nothing can."""
        self._output_left = self.output_bytes
        self.iopub_timeout = OUTPUT_WAIT_S
        self._timed_out = self._idle = self._asked_to_exit = False
        self._is_test = self._asking or is_test(cell)
        try:
            self.execute_cell(cell, index, store_history=not self._is_test)
            if self.km.provisioner.process.poll() is not None:
                raise DeadKernelError("Kernel died")
            if self._asked_to_exit:
                self._stop(cell, index, "exit() or quit() ended the Python process while this cell ran; take it out.")
        except DeadKernelError:
            if getattr(self.km.provisioner.process, "lost", False):
                raise SandboxLost from None  # no score says anything about what did not run
            self._stop(cell, index, "The Python process ended while this cell ran (os._exit, or out of memory).")
        except CellExecutionError:
            pass  # a SystemExit, say: the error is among the outputs
        finally:
            _explain_questions(cell)
            if self._timed_out and not self._idle and not self.stopped:
                self.stopped = f"cell {index + 1} went on after it was interrupted, so the Python process was ended"
            elif self._timed_out and self.ends_at_timeout and not self._asking and not self.stopped:
                self.stopped = f"cell {index + 1} used up its time"

    def _stop(self, cell: NotebookNode, index: int, message: str) -> None:
        """Note in a cell that the kernel ended in it: nothing can run after it."""
        self.stopped = f"the Python process ended in cell {index + 1}"
        cell.outputs = [error_output("DeadKernelError", message), *cell.get("outputs", [])]

    @default("on_cell_executed")
    def _default_on_cell_executed(self) -> Callable[..., None]:
        return self._replied

    def _replied(self, cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
        """Look at how a cell ended. After exit() a kernel goes on for a moment, and would end in a later cell."""
        _record_lost_error(cell, execute_reply)
        payload = execute_reply["content"].get("payload")
        asked = [each for each in payload if isinstance(each, dict)] if isinstance(payload, list) else []
        self._asked_to_exit = any(each.get("source") == "ask_exit" and not each.get("keepkernel") for each in asked)

    def _seconds_for(self, cell: NotebookNode) -> float:
        least = FOLLOW_UP_S if self._asking else 0.1
        return max(least, min(self.cell_seconds, self._deadline - time.monotonic()))

    async def _async_handle_timeout(self, timeout: float, cell: NotebookNode | None = None) -> dict | None:
        """Interrupt a cell that used up its time or the notebook's, and give it a moment to end."""
        whose = "" if timeout >= self.cell_seconds else f": the notebook's {self.notebook_seconds:g} s were used up"
        self._timed_out = True
        self.iopub_timeout = INTERRUPT_GRACE_S
        self.error_on_timeout = {
            "ename": TIMED_OUT,
            "evalue": f"This cell was stopped after {timeout:.3g} s{whose}; a loop in it may never end.",
            "traceback": [],
        }
        return await super()._async_handle_timeout(timeout, cell)

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Pass a kernel's message on, unless the cell has already said more than it may."""
        try:
            if msg["msg_type"] in OUTPUTS and not self._has_room(msg["content"]):
                limit = f"This cell printed more than {self.output_bytes:,} bytes; the rest was cut off."
                return _add_error_once(cell, TOO_MUCH_OUTPUT, limit)
            if self._is_test and self._is_afterthought(msg):
                return None
            return super().process_message(msg, cell, cell_index)
        except CellControlSignal:
            self._idle = True
            raise
        except Exception as error:  # no kernel sends such a message by itself
            return _add_error_once(cell, BAD_MESSAGE, f"A cell sent what is no output: {error!r}.")

    @staticmethod
    def _is_afterthought(msg: dict) -> bool:
        """Whether a message of a test changes what was put out before; without ids, nothing can change it later."""
        msg["content"].pop("transient", None)
        return msg["msg_type"] in AFTERTHOUGHTS or msg["msg_type"].startswith("comm")

    def on_comm_open_jupyter_widget(self, msg: dict) -> None:
        """Let what an Output widget holds (``interact``'s picture) stand among its cell's outputs, for a person to see.

        nbclient would play the widget and answer the kernel while it waits on the same socket. Sending there takes away
        the signal that a reply has come (the socket's file descriptor is edge-triggered), and now and then a cell that
        had long ended was waited for until its time limit.
        """

    def _has_room(self, content: dict) -> bool:
        texts = [content.get("text", ""), *content.get("data", {}).values(), *content.get("traceback", [])]
        self._output_left -= MESSAGE_BYTES + sum(len(str(text).encode("utf-8", "replace")) for text in texts)
        return self._output_left >= 0


def _add_error_once(cell: NotebookNode, name: str, message: str) -> None:
    if not any(output.get("ename") == name for output in cell.outputs):
        cell.outputs.insert(0, error_output(name, message))


def _explain_questions(cell: NotebookNode) -> None:
    """Say of a cell that asked for input, in place of the kernel's own words, that nobody is there to answer."""
    for output in cell.get("outputs", []):
        if output.get("ename") == "StdinNotImplementedError":
            trace = "\n".join(output.traceback)
            who = "A debugger" if "cmdloop" in trace else "getpass()" if "getpass" in output.evalue else "input()"
            mend = "take it out" if who == "A debugger" else "write the value into the cell instead"
            output.ename = NOBODY_THERE
            output.evalue = f"{who} waits for a person, and nobody is there when a whole notebook is run; {mend}."
            output.traceback = [*output.traceback[:-1], f"{NOBODY_THERE}: {output.evalue}"]


def _record_lost_error(cell: NotebookNode, execute_reply: dict) -> None:
    """Turn an error reply without its error output (a timeout, a silenced traceback) into the cell's first output."""
    content = execute_reply["content"]
    if content["status"] == "error" and not (failed(cell) and content["ename"] != TIMED_OUT):
        cell.outputs.insert(0, error_output(content["ename"], content["evalue"]))


class CourseEngine(NBClientEngine):
    """Papermill's engine, with this course's client and kernel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
        start, measured = kwargs.pop("start"), kwargs.pop("measured")
        client = CourseClient(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=CourseKernelManager,
            allow_errors=True,
            interrupt_on_timeout=True,
            raise_on_iopub_timeout=False,
            shutdown_kernel="immediate",
            skip_cells_with_tag="",
            coalesce_streams=True,
            startup_timeout=kwargs.pop("start_seconds"),
            cell_seconds=kwargs["cell_seconds"],
            notebook_seconds=kwargs["notebook_seconds"],
            output_bytes=kwargs["output_bytes"],
            follow_ups=kwargs.pop("follow_ups"),
            ends_at_timeout=kwargs.pop("ends_at_timeout"),
        )
        client.execute(**start)
        measured.update(stopped=client.stopped, kernel_ready_s=client.kernel_ready_s, answers=client.answers)
        measured["status"] = client.status


papermill_engines.register("tito", CourseEngine)
