"""tito milestone celebrate, and the panel that a run which earned it shows."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from tito.cli.milestone.live import beautiful
from tito.cli.names import MILESTONE
from tito.cli.show import console, json_option, next_command, print_json
from tito.course import Milestone, the_course
from tito.student import milestones
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.certificate.celebration import Celebration
    from tito.student.examination import Examination

WIDEST = 88
SIGNS = {"badge": "🏅", "goal": "🎯", "parts": "🧱"}


@click.command(epilog="Example: tito milestone celebrate perceptron")
@click.argument("name", type=MILESTONE)
@json_option
def celebrate(name: str, as_json: bool) -> None:
    """Show the badge of the completed milestone NAME, what was measured for it, and which module brought what."""
    from tito.certificate.celebration import celebration

    course, workspace = the_course(), Workspace.find()
    wanted = course.milestone(name)
    found = celebration(workspace, course, wanted)
    if as_json:
        print_json(found)
        return
    show_panel(found)
    next_command(f"tito milestone {'certificate' if found.verified_at else 'test'} {wanted.id}")


def show_reached(result: Examination, milestone: Milestone, workspace: Workspace) -> None:
    """Celebrate what a run measured for the first time: the milestone, or single achievements."""
    from tito.certificate.celebration import reached

    if result.verified_now:
        show_panel(reached(workspace, the_course(), milestone), milestones.VERIFIED)
        return
    titles = {goal.id: goal for goal in result.verification.achievements}
    new = [titles[id] for id in result.reached_now]
    if new:
        lines = [f"{goal.title}: measured {goal.measured:.4g}, needed {goal.threshold:g}" for goal in new]
        _framed(
            "Achievement unlocked" if len(new) == 1 else "Achievements unlocked", [("goal", line) for line in lines]
        )
    elif result.verified:
        click.echo(f"{milestone.label} was verified before, and is measured again with these modules.")


def show_panel(found: Celebration, state: str = milestones.COMPLETED) -> None:
    """What a milestone has to show that is completed, or verified: the badge comes with completion."""
    badge = [("badge", f"Badge: {found.badge}"), ("", f'"{found.ability}"'), ("", "")]
    handed_in = f"Handed in on {_moment(found.completed_at)} with a notebook that passes its checks."
    measured = f"Measured on {_moment(found.verified_at)}, exports {found.package_sha256[:12]}."
    lines = [
        *(badge if found.completed_at else ()),
        ("", f"Victory condition: {found.victory}"),
        *(("goal", _goal(goal)) for goal in found.goals),
        ("", measured if found.verified_at else "Your framework was not measured for it yet."),
        *([("", handed_in)] if found.completed_at else ()),
        ("", ""),
        ("parts", "What your modules brought:"),
        *(("", f"  {part.number:02d} {part.name}: {part.gives}") for part in found.parts),
    ]
    _framed(f"Milestone {found.number} {state}: {found.title}, {found.year}", lines)


def _moment(at: str) -> str:
    return f"{at[:10]} at {at[11:16]} UTC"


def _goal(goal: object) -> str:
    return f"{goal.title}: measured {goal.measured:.4g}, needed {goal.threshold:g}"


def _framed(title: str, lines: Iterable[tuple[str, str]]) -> None:
    """A framed text on a terminal that can draw one; the same words without a frame elsewhere."""
    screen = console()
    width = min(screen.width, WIDEST)
    decorated = sys.stdout.isatty() and beautiful()
    wrapped = [part for sign, line in lines for part in _wrapped(sign, line, width - 6, decorated)]
    if not decorated:
        click.echo("\n".join(["", title, *wrapped, ""]))
        return
    from rich.panel import Panel
    from rich.text import Text

    screen.print(Panel(Text("\n".join(wrapped)), title=title, width=width, padding=(1, 2), border_style="green"))


def _wrapped(sign: str, line: str, room: int, decorated: bool) -> list[str]:
    lead = f"{SIGNS[sign]} " if decorated and sign else ""
    indent = " " * (len(line) - len(line.lstrip()) + (5 if line.startswith("  ") else 0))
    return textwrap.wrap(lead + line, room, subsequent_indent=indent) or [""]
