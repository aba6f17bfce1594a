"""tito milestone: the commands lie in modules of their own and are imported when they are called."""

from __future__ import annotations

import click

from tito.cli.groups import LazyGroup

HERE = "tito.cli.milestone"
SECTIONS = {
    "Where you stand": {
        "status": (f"{HERE}.overview:status", "Each milestone: its state, its points, what comes next."),
        "timeline": (f"{HERE}.timeline:timeline", "The history as a road, and how far you are on it."),
        "list": (f"{HERE}.overview:list_runs", "What can be run now, and what the others await."),
        "next": (f"{HERE}.overview:next_milestone", "The one next milestone and the one next command."),
    },
    "Your work": {
        "start": (f"{HERE}.work:start", "Put a milestone's notebook into your workspace."),
        "test": (f"{HERE}.proving:test", "Requirements and achievements of a milestone, measured."),
        "run": (f"{HERE}.proving:run", "A historical verification, with its metrics shown live."),
        "demo": (f"{HERE}.demo:demo", "Your own framework at work, in seconds."),
        "submit": (f"{HERE}.work:submit", "Run your notebook and write what you hand in."),
    },
    "What you keep": {
        "celebrate": (f"{HERE}.panel:celebrate", "The badge of a completed milestone, and what was measured."),
        "certificate": ("tito.cli.certificate:certificate", "A page to print, with the figures and their hashes."),
        "verify": ("tito.cli.certificate:verify", "Check a certificate, offline."),
    },
}


@click.group(cls=LazyGroup, sections=SECTIONS, epilog="Example: tito milestone status")
def milestone() -> None:
    """Prove what you built: see where you stand, start a milestone, test it, submit it."""
