"""The portfolio as one HTML page: no script, no request, readable in words, in light and in dark."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from tito.certificate.badges import GOLD, GREY, badge_of
from tito.certificate.drawing import svg_shapes
from tito.certificate.page import day, figure
from tito.course import Milestone
from tito.portfolio.plots import Plot
from tito.portfolio.record import Badge, Checkpoint, Goal, Portfolio

STYLE = Path(__file__).with_name("style.css")
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def html(portfolio: Portfolio) -> str:
    """The whole page."""
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        *_head(portfolio),
        "<body>",
        *_header(portfolio),
        "<main>",
        *_badges(portfolio),
        *_measured(portfolio),
        *_checkpoints(portfolio.checkpoints),
        *_timeline(portfolio),
        "</main>",
        *_footer(portfolio),
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _title(portfolio: Portfolio) -> str:
    return f"{portfolio.name}: {portfolio.course}" if portfolio.name else f"My {portfolio.course}"


def _head(portfolio: Portfolio) -> Iterator[str]:
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f"<title>{escape(_title(portfolio))}</title>"
    yield f"<style>\n{STYLE.read_text(encoding='utf-8').strip()}\n</style>"
    yield "</head>"


def _header(portfolio: Portfolio) -> Iterator[str]:
    taught = [badge for badge in portfolio.badges if not badge.milestone.planned]
    reached = sum(bool(badge.completed_at) for badge in taught)
    done = sum(bool(entry.completed_at) for entry in portfolio.checkpoints)
    modules = sum(entry.words != "planned" for entry in portfolio.checkpoints)
    yield "<header><div>"
    yield f'<p class="over">{escape(portfolio.course)} portfolio</p>'
    yield f"<h1>{escape(portfolio.name or 'A deep-learning framework, built from scratch')}</h1>"
    if portfolio.name:
        yield '<p class="lead">A deep-learning framework, built from scratch on NumPy.</p>'
    yield '<dl class="counts">'
    yield from _count(f"{reached} of {len(taught)}", "milestones completed")
    yield from _count(f"{done} of {modules}", "modules completed")
    yield "</dl>"
    yield "</div></header>"


def _count(value: str, label: str) -> Iterator[str]:
    yield f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>"


def _badges(portfolio: Portfolio) -> Iterator[str]:
    yield '<section aria-labelledby="badges">'
    yield '<h2 id="badges">Badges</h2>'
    yield '<ul class="badges">'
    for badge in portfolio.badges:
        milestone, reached = badge.milestone, bool(badge.completed_at)
        yield f'<li class="{"reached" if reached else "locked"}">'
        yield _badge_svg(badge)
        yield f"<h3>{escape(milestone.badge)}</h3>"
        yield f'<p class="what">Milestone {milestone.number}: {escape(milestone.title)}, {milestone.year}</p>'
        if reached:
            yield f'<p class="ability">{escape(milestone.ability)}</p>'
        yield f'<p class="state">{escape(_state(badge))}</p>'
        yield "</li>"
    yield "</ul>"
    yield "</section>"


def _badge_svg(badge: Badge) -> str:
    colors, word = (GOLD, "completed") if badge.completed_at else (GREY, "not completed")
    shapes = "".join(svg_shapes(badge_of(badge.milestone, (50, 50), 49, colors)))
    label = escape(f"Badge {badge.milestone.badge}, {word}", quote=True)
    return f'<svg viewBox="0 0 100 100" role="img" aria-label="{label}">{shapes}</svg>'


def _state(badge: Badge) -> str:
    words = badge.words[0].upper() + badge.words[1:]
    for word, at in (("Completed", badge.completed_at), ("Verified", badge.verified_at)):
        words = words.replace(word, f"{word} on {day(at)}", 1) if at else words
    return words


def _measured(portfolio: Portfolio) -> Iterator[str]:
    """A part for each milestone that has a figure or a plot to show."""
    shown = [badge for badge in portfolio.badges if badge.verified_at or badge.plots or badge.goals]
    if not shown:
        return
    yield '<section aria-labelledby="measured">'
    yield '<h2 id="measured">What was measured</h2>'
    for badge in shown:
        milestone = badge.milestone
        yield '<article class="milestone">'
        yield f"<h3>{escape(milestone.title)}</h3>"
        yield f'<p class="victory">{escape(milestone.victory)}</p>'
        yield from _goals(badge.goals)
        yield from _figures(badge)
        yield from _plots(badge.plots)
        yield "</article>"
    yield "</section>"


def _goals(goals: Iterable[Goal]) -> Iterator[str]:
    found = list(goals)
    if not found:
        return
    yield '<dl class="goals">'
    for goal in found:
        yield f"<div><dt>{escape(goal.title)}</dt><dd>{figure(goal.measured)}</dd>"
        words = f"needed {figure(goal.threshold)}; measured on {escape(day(goal.measured_at))}"
        yield f'<dd class="note">{words}</dd></div>'
    yield "</dl>"


def _figures(badge: Badge) -> Iterator[str]:
    if not badge.figures:
        return
    yield f"<details><summary>All figures of the run of {escape(day(badge.verified_at))}</summary>"
    yield '<table><thead><tr><th scope="col">figure</th><th scope="col">measured</th></tr></thead><tbody>'
    for name, value in sorted(badge.figures.items()):
        yield f'<tr><th scope="row">{escape(name.replace("_", " "))}</th><td>{escape(figure(value))}</td></tr>'
    yield "</tbody></table></details>"


def _plots(plots: Iterable[Plot]) -> Iterator[str]:
    found = list(plots)
    if not found:
        return
    yield '<p class="note">Drawn by the milestone\'s notebook, as it was last saved:</p>'
    yield '<div class="plots">'
    for plot in found:
        source = f"data:image/png;base64,{base64.b64encode(plot.png).decode()}"
        alt = escape(f"Plot of the notebook's part: {plot.caption}", quote=True)
        wide = ' class="wide"' if plot.width > 2 * plot.height else ""
        yield (
            f'<figure{wide}><img src="{source}" width="{plot.width}" height="{plot.height}" alt="{alt}">'
            f"<figcaption>{escape(plot.caption)}</figcaption></figure>"
        )
    yield "</div>"


def _checkpoints(checkpoints: Iterable[Checkpoint]) -> Iterator[str]:
    entries = list(checkpoints)
    yield '<section aria-labelledby="modules">'
    yield '<h2 id="modules">What I can do</h2>'
    yield '<ol class="modules">'
    for entry in (entry for entry in entries if entry.completed_at):
        note = f"; {entry.words}" if entry.words else ""
        yield f'<li><span class="number">{entry.number:02d}</span><div><h3>{escape(entry.title)}</h3>'
        yield f"<p>{escape(entry.ability)}</p>"
        yield f'<p class="note">Completed on {escape(day(entry.completed_at))}{escape(note)}</p></div></li>'
    yield "</ol>"
    rest = [entry for entry in entries if not entry.completed_at]
    if rest:
        names = ", ".join(f"{entry.number:02d} {entry.title.lower()}" for entry in rest)
        yield f'<p class="note">Not completed: {escape(names)}.</p>'
    yield "</section>"


def _timeline(portfolio: Portfolio) -> Iterator[str]:
    """The history that the milestones walk through, year by year."""
    yield '<section aria-labelledby="history">'
    yield '<h2 id="history">The road through history</h2>'
    yield '<ol class="timeline">'
    for badge in sorted(portfolio.badges, key=lambda entry: entry.milestone.year):
        milestone, reached = badge.milestone, bool(badge.verified_at)
        word = f"Shown again with this framework on {day(badge.verified_at)}" if reached else "Not shown again yet"
        yield f'<li class="{"reached" if reached else "locked"}"><p class="year">{milestone.year}</p><div>'
        yield f"<h3>{escape(milestone.title)}</h3>"
        yield f"<p>{escape(' '.join(milestone.history.split()))}</p>"
        yield from _proofs(milestone)
        yield f'<p class="state">{escape(word)}</p></div></li>'
    yield "</ol>"
    yield "</section>"


def _proofs(milestone: Milestone) -> Iterator[str]:
    """What is shown again, and of which year it is."""
    if milestone.verifications:
        yield "<ul>"
        for proof in milestone.verifications:
            yield f"<li>{escape(proof.title)}, {proof.year}: {escape(proof.condition)}</li>"
        yield "</ul>"


def _footer(portfolio: Portfolio) -> Iterator[str]:
    yield "<footer>"
    made = f"Made on {escape(day(portfolio.made_at))} with tito {escape(portfolio.tito)}"
    yield f"<p>{made} from what its tests measured. Only what was measured is shown as reached.</p>"
    yield f'<p>The course: <a href="{escape(portfolio.repository, quote=True)}">{escape(portfolio.repository)}</a></p>'
    yield "</footer>"
