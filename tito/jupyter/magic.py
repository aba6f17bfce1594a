"""``%tito`` in a notebook: every command of the command line, in this process, with its output in the cell."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class

from tito import cli
from tito.cli.completion import VARIABLE
from tito.course import the_course
from tito.errors import NotInWorkspace, TitoError
from tito.jupyter import frontend
from tito.jupyter.executed import Executed

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

NAME = "tito"
NEEDS_NOTEBOOK = (["module", "complete"], ["module", "test"])
QUIET = "%tito does nothing in a checked run."


class Journal:
    """What this kernel has run: its history, with the time and the cell's id of what ran after ``%load_ext tito``."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.since = time.time()
        self.noted: dict[str, tuple[float, str]] = {}
        shell.events.register("pre_run_cell", self.note)

    def note(self, info: ExecutionInfo) -> None:
        """Remember when a cell was run, and which it was."""
        self.noted[info.raw_cell.strip()] = (time.time(), getattr(info, "cell_id", None) or "")

    def executed(self) -> list[Executed]:
        """Every cell that was run in this session, oldest first."""
        history = self.shell.history_manager
        sources = history.input_hist_raw if history else []
        return [Executed(source, *self.noted.get(source.strip(), (self.since, ""))) for source in sources if source]

    def close(self) -> None:
        self.shell.events.unregister("pre_run_cell", self.note)


@magics_class
class TitoMagics(Magics):
    """The line magic, bound to one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.journal = Journal(shell)

    @line_magic(NAME)
    def tito(self, line: str) -> None:
        """Run a command of tito: %tito module complete 01. Without one: %tito status."""
        if os.environ.get("TITO_RUN"):  # a student's notebook that is being run with its tests: not again in itself
            print(QUIET)
            return
        try:
            arguments = shlex.split(line) or ["status"]
        except ValueError as error:
            print(f"%tito cannot read its line: {error}.", file=sys.stderr)
            return
        self.shell.user_ns["_exit_code"] = self.run(arguments)

    def run(self, arguments: list[str]) -> int:
        """Run a command where its workspace is, with the notebook that it needs; return its exit code."""
        try:
            opened = frontend.notebook_of_kernel(self.shell.user_ns)
            with _in_workspace(opened) if arguments[0] != "init" else contextlib.nullcontext():
                return cli.run(self._with_notebook(arguments, opened))
        except TitoError as error:
            return cli.refuse(error)

    def _with_notebook(self, arguments: list[str], opened: Path | None) -> list[str]:
        """The arguments, with the notebook that the command reads when it is not the one at the usual place."""
        names = [word for word in arguments[2:] if not word.startswith("-")]
        asks = any(word.split("=")[0] in ("--notebook", "--help", "-h") for word in arguments)
        if arguments[:2] not in NEEDS_NOTEBOOK or asks or len(names) != 1:
            return arguments
        module, workspace = the_course().module(names[0]), frontend.find_workspace(opened)
        source = frontend.find_source(workspace, module, opened, self.journal.executed())
        if source.words:
            print(source.words, file=sys.stderr if "--json" in arguments else sys.stdout)
        same = source.path == workspace.notebook(module)
        return arguments if same else [*arguments, "--notebook", str(source.path)]


def load(shell: InteractiveShell) -> None:
    """Register ``%tito`` and the completion of its line."""
    unload(shell)
    magics = TitoMagics(shell)
    shell.register_magics(magics)
    shell.set_hook("complete_command", complete, str_key=f"%{NAME}")
    shell.tito_magics = magics


def unload(shell: InteractiveShell) -> None:
    """Take ``%tito`` away again."""
    magics = getattr(shell, "tito_magics", None)
    if magics is not None:
        magics.journal.close()
        shell.magics_manager.magics["line"].pop(NAME, None)
        shell.tito_magics = None


def complete(_: Any, event: Any) -> list[str]:
    """What can stand next on a ``%tito`` line, as a shell would offer it."""
    from click.shell_completion import ShellComplete, split_arg_string

    words = split_arg_string(event.text_until_cursor.lstrip())[1:]
    incomplete = "" if event.text_until_cursor.endswith(" ") or not words else words.pop()
    found = ShellComplete(cli.cli, {}, NAME, VARIABLE).get_completions(words, incomplete)
    return [item.value for item in found if item.type == "plain"]


@contextlib.contextmanager
def _in_workspace(opened: Path | None) -> Iterator[None]:
    """Stand in the notebook's workspace while the block runs, unless the current folder lies in it."""
    before = Path.cwd()
    with contextlib.suppress(NotInWorkspace):
        root = frontend.find_workspace(opened).root
        if root != before and root not in before.parents:
            os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
