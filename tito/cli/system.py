"""tito system doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tito.cli.groups import HelpfulGroup
from tito.cli.show import COLORS, console, json_option, next_command, outcomes, print_json, say, working
from tito.course import the_course

if TYPE_CHECKING:
    from tito.student.doctor import Finding

WIDE = 100  # columns from which names and findings stand side by side


@click.group(cls=HelpfulGroup, epilog="Example: tito system doctor")
def system() -> None:
    """This machine: what works, and what to do about the rest."""


@system.command(epilog="Example: tito system doctor --json")
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Try Python, packages, a kernel, your workspace, the data cache, the sandbox and the disk.

    Fails only for what keeps a student from working; what only instructors need is marked.
    """
    from tito.student.doctor import diagnose

    with working("Trying each part", as_json):
        found = diagnose(the_course())
    if as_json:
        print_json(found)
    else:
        show_findings(found.findings)
        say("Nothing stands in a student's way." if found.ok else "Not ready: see what failed above.")
        next_command(found.next)
    ctx.exit(0 if found.ok else 1)


def show_findings(findings: tuple[Finding, ...]) -> None:
    """Show how each thing went and what to do; what was found stands below its name where the terminal is narrow."""
    rows = [(finding.state, _name(finding), _words(finding)) for finding in findings]
    screen = console()
    if screen.width >= WIDE:
        outcomes(rows)
        return
    from rich.padding import Padding
    from rich.text import Text

    for state, name, words in rows:
        screen.print(Text.assemble((state, COLORS.get(state, "")), "  ", name))
        screen.print(Padding(Text(words, overflow="fold"), (0, 0, 0, 4)))


def _name(finding: Finding) -> str:
    return f"{finding.name} ({finding.who} only)" if finding.who else finding.name


def _words(finding: Finding) -> str:
    return f"{finding.sentence}. Next: {finding.next}" if finding.next else finding.sentence
