"""The command line. Each command parses, calls one function that returns a record, and shows the record."""

from __future__ import annotations

import errno
import os
import sys

import click

from tito import __version__
from tito.cli.groups import LazyGroup
from tito.errors import TitoError

MOST_COLUMNS = 10_000  # of a terminal; a table of more would fill the memory with spaces
SECTIONS = {
    "Your work": {
        "init": ("tito.cli.init:init", "Make a workspace: the folder you work in."),
        "status": ("tito.cli.status:status", "Where am I: modules, milestones, the next step."),
        "module": ("tito.cli.module:module", "Work on a module: status, start, test, complete, reset."),
        "checkpoint": ("tito.cli.checkpoint:checkpoint", "What you can do so far, tested on what you exported."),
        "milestone": ("tito.cli.milestone:milestone", "Prove it: status, start, test, submit."),
        "portfolio": ("tito.cli.portfolio:portfolio", "One page to publish: badges, figures, plots."),
        "data": ("tito.cli.data:data", "The data sets: what is there, and fetch the rest."),
        "system": ("tito.cli.system:system", "This machine: what works, and what to do."),
        "completion": ("tito.cli.completion:completion", "Let your shell complete commands and names."),
    },
    "For instructors": {
        "course": ("tito.cli.course:course", "Build the assignments, and prove that they grade right."),
        "assessment": ("tito.cli.assessment:assessment", "A whole class: set it up, and grade it at once."),
        "grade": ("tito.cli.grade:grade", "Grade a milestone; points by rubric category."),
    },
}


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with: tito init my-tinytorch",
)
@click.version_option(__version__, "-V", "--version", prog_name="tito", message="%(prog)s %(version)s")
def cli() -> None:
    """Build your own TinyTorch: from module to milestone to grade."""


def main() -> None:
    """What ``tito`` on the command line runs."""
    open_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code: 0, 1 for a refusal, 2 for a wrong call, 130 when interrupted."""
    forget_sizes_that_are_none()
    try:
        return cli.main(arguments, prog_name="tito", standalone_mode=False) or 0
    except TitoError as error:
        return refuse(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted", err=True)
        return 130
    except BrokenPipeError:  # `tito ... | head`
        sys.stdout = None
        return 1
    except OSError as error:
        if "No usable temporary directory" in str(error):
            return refuse(TitoError("No folder for temporary files may be written.", "set TMPDIR to one that may be"))
        if error.errno != errno.ENOSPC:
            raise
        return refuse(TitoError("The disk is full.", "free some space and run the same command again"))


def open_streams() -> None:
    """Open the standard streams that whoever started this process had closed (a service, ``>&-``): on nothing.

    Python has None in their place; and the next file that is opened would get their number, and what is printed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def forget_sizes_that_are_none() -> None:
    """Take a size of the terminal that is none (``COLUMNS=0``, as in a fresh container) for one that is not known."""
    for name in ("COLUMNS", "LINES"):
        text = os.environ.get(name, "")
        if name in os.environ and not (text.isdecimal() and 0 < int(text) < MOST_COLUMNS):
            del os.environ[name]


def refuse(error: TitoError) -> int:
    """Say on stderr what is wrong and what to do next; return the exit code."""
    click.echo(error.message, err=True)
    if error.hint:
        click.echo(f"Next: {error.hint}", err=True)
    return error.exit_code
