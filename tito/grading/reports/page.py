"""A report as one static page: figures, who needs a person's eye and why, and everyone's points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from html import escape

from tito.grading.reports import figures
from tito.grading.reports.distributions import (
    CellOutcome,
    Summary,
    category_shares,
    cell_outcomes,
    final_totals,
    hardest,
    provisional_totals,
    summary,
    totals_so_far,
)
from tito.grading.reports.report import NOT_SUBMITTED, CategoryScore, Evidence, Report, StudentScore

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
OPEN_UP_TO = 40  # rows of a table that is not folded
HOUR_S, DAY_S = 3600, 86_400
UNPROTECTED = (
    "this code ran with the grader's own rights (--no-sandbox) and could read and change the gradebook and other "
    "submissions. Grade again with the sandbox before you rely on any score."
)
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c1c; margin: 28px auto; max-width: 980px; padding: 0 20px; }
h1 { font-size: 1.6em; margin: 0; } h2 { font-size: 1.35em; margin: 2em 0 0.2em; border-top: 2px solid #1f5fa8; }
h2 { padding-top: 0.5em; } h3 { font-size: 1.05em; margin: 1.6em 0 0.3em; } .note, .legend { color: #5a6570; }
.note { margin: 0.2em 0; } .alarm { border-left: 6px solid #c4532f; background: #fdf0eb; padding: 8px 16px; }
.wait { border-left: 6px solid #f0a202; background: #fff8e8; padding: 8px 16px; }
.alarm, .wait { margin: 12px 0; overflow-wrap: anywhere; } .alarm strong { color: #9d3413; }
.alarm ul, .wait ul { margin: 4px 0; padding-left: 20px; }
.figures { display: flex; flex-wrap: wrap; gap: 8px 26px; margin: 14px 0 4px; padding: 0; list-style: none; }
.figures b { display: block; font-size: 1.35em; line-height: 1.2; } .figures span { color: #5a6570; }
svg { width: 100%; max-width: 860px; height: auto; display: block; margin: 6px 0; }
.legend { font-size: 0.9em; margin: 2px 0; } .legend span { margin-right: 18px; white-space: nowrap; }
.legend i { display: inline-block; width: 11px; height: 11px; margin-right: 6px; }
table { border-collapse: collapse; margin: 8px 0; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 12px 3px 0; text-align: right; border-bottom: 1px solid #e3e7eb; vertical-align: top; }
th:first-child, td:first-child { text-align: left; } td { white-space: nowrap; }
th { font-weight: 600; } .late { color: #9d3413; } .noticed { padding-left: 20px; overflow-wrap: anywhere; }
summary { cursor: pointer; color: #1f5fa8; }
@media print {
  body { margin: 0; max-width: none; font-size: 11px; } section + section { break-before: page; }
  svg, .alarm, .wait { break-inside: avoid; }
}
"""


def now() -> str:
    """The time that a page says it was made at."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def page(reports: Sequence[Report], title: str, made: str = "") -> str:
    """One page that needs no other file and runs no script. ``made`` says when the gradebook was read; empty: now."""
    head = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{escape(title)}</h1>"
        f'\n<p class="note">The gradebook as of {escape(made or now())}. Totals include late penalties.</p>'
    )
    beside = [_side_by_side(reports)] if len(reports) > 1 else []
    return "\n".join([head, *beside, *(_section(each) for each in reports), "</body></html>\n"])


def _section(report: Report) -> str:
    outcomes = cell_outcomes(report)
    parts = [f"<h2>{escape(report.title)}</h2>", _key_figures(report), *_warnings(report)]
    if outcomes:
        parts += [*_totals(report), *_categories(report), *_cells(outcomes)]
    else:
        parts.append('<p class="note">Nothing is graded yet, so there is nothing to draw.</p>')
    return f'<section id="{escape(report.assignment)}">' + "\n".join([*parts, _table(report)]) + "</section>"


# Figures


def _key_figures(report: Report) -> str:
    scored = sum(bool(each.categories) for each in report.students)
    late = sum(each.late_penalty > 0 for each in report.students)
    entries = [
        (f"{scored} of {len(report.students)}", "students graded"),
        (str(len(report.awaiting)), "await a person"),
        (str(len(report.ungraded)), "handed in, not graded"),
        (str(late), "with a late penalty"),
    ]
    found, so_far = totals_so_far(report), " so far" if report.awaiting else ""
    if found:
        entries.append((f"{found.median:g}", f"median of {report.maximum:g}{so_far}"))
    if found and found.quartiles:
        entries.append((f"{found.quartiles[0]:.4g} to {found.quartiles[1]:.4g}", f"middle half{so_far}"))
    items = "".join(f"<li><b>{escape(value)}</b><span>{escape(words)}</span></li>" for value, words in entries)
    return f'<ul class="figures">{items}</ul>'


def _totals(report: Report) -> Iterator[str]:
    final, waiting = final_totals(report), provisional_totals(report)
    yield "<h3>Totals</h3>"
    found = totals_so_far(report)
    yield figures.totals(final, waiting, report.maximum, found)
    entries = [(figures.FINAL, f"final ({len(final)})")] if final else []
    if waiting:
        entries.append((figures.PROVISIONAL, f"provisional: a person may still add points ({len(waiting)})"))
    if found and found.quartiles:
        entries.append((figures.BOX, "middle half of the class"))
    yield figures.legend(*entries)


def _categories(report: Report) -> Iterator[str]:
    rows = []
    for category in report.categories:
        shares, awaiting = category_shares(report, category.id)
        found = summary(list(shares.values()))
        title = f"{category.title} ({category.points:g})" if category.points else category.title
        rows.append((title, shares, _of_category(found, awaiting), found))
    yield "<h3>By rubric category</h3>"
    yield '<p class="note">Each student by the share of the category\'s points; who awaits a person is not drawn.</p>'
    yield figures.shares(rows)
    words = ("middle half of the class", "the black mark is the median")
    if any(found and found.quartiles for *_, found in rows):
        yield figures.legend((figures.BOX, words[0]), (figures.TEXT, words[1]))


def _of_category(found: Summary | None, awaiting: int) -> str:
    words = [f"median {found.median:.0f} %"] if found else []
    return ", ".join([*words, f"{awaiting} await"] if awaiting else words)


def _cells(outcomes: Sequence[CellOutcome]) -> Iterator[str]:
    yield "<h3>By graded cell</h3>"
    yield figures.cells(outcomes)
    kinds = (figures.FINAL, "all points"), (figures.PROVISIONAL, "some"), (figures.NONE, "none")
    yield figures.legend(*kinds, (figures.WAITING, "awaiting a person"))
    most = hardest(outcomes)
    if most:
        items = "".join(f"<li>{escape(_missed(each))}</li>" for each in most)
        title = "Tests that half of the class or more did not fully meet"
        yield f'<div class="wait"><strong>{title}</strong><ul>{items}</ul></div>'


def _missed(cell: CellOutcome) -> str:
    of = f"{cell.part + cell.none} of {cell.scored}"
    return f"{cell.cell} ({cell.category}, {cell.maximum:g} points): {of} without all points, {cell.none} without any"


# What needs a person's eye


def _warnings(report: Report) -> Iterator[str]:
    tampering = [each for each in report.evidence if each.tampering]
    if report.unprotected:
        yield _box("alarm", "GRADED WITHOUT A SANDBOX", [f"{_several(report.unprotected)}: {UNPROTECTED}"])
    if tampering:
        lines = [f"{each.student}: {'; '.join(each.tampering)}" for each in tampering]
        yield _box("alarm", "Flagged for tampering: the tests concerned count as zero, and a person has to look", lines)
    reasons = {each.student: each.reason for each in report.evidence}
    if report.ungraded:
        unknown = f"no reason was kept; try: nbgrader autograde {report.assignment} --student STUDENT"
        lines = [f"{student}: {reasons.get(student) or unknown}" for student in report.ungraded]
        yield _box("alarm", "Handed in, not graded", lines)
    waiting = [each for each in cell_outcomes(report) if each.awaits]
    if waiting:
        lines = [f"{each.cell} ({each.category}): {each.awaits} of {each.awaits + each.scored}" for each in waiting]
        yield _box("wait", "Awaiting a person's points", lines)


def _several(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _box(kind: str, title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<div class="{kind}"><strong>{escape(title)}</strong><ul>{items}</ul></div>'


# Tables


def _side_by_side(reports: Sequence[Report]) -> str:
    known = [{each.student: each for each in report.students} for report in reports]
    names = sorted({student for part in known for student in part})
    rows = [[escape(name), *(_total(part.get(name)) for part in known)] for name in names]
    heading = ["student", *(f"{escape(report.title)} (of {report.maximum:g})" for report in reports)]
    return "<h3>Totals side by side</h3>" + _folded(heading, rows)


def _table(report: Report) -> str:
    kept = {each.student: each for each in report.evidence}
    heading = ["student", "total", *(escape(category.title) for category in report.categories), "late", "sandbox"]
    rows = [_row(each, kept.get(each.student, Evidence(each.student)), report) for each in report.students]
    key = '<p class="note">"+ 20?" are points that a person may still give.</p>' if report.awaiting else ""
    return "<h3>Everyone</h3>" + key + _folded(heading, rows) + _noticed(report)


def _noticed(report: Report) -> str:
    """What grading said to the students, in the words of their feedback."""
    lines = [
        f"<li><b>{escape(s.student)}</b>: {escape(' '.join(s.problems))}</li>" for s in report.students if s.problems
    ]
    made = f'<ul class="noticed">{"".join(lines)}</ul>'
    if len(lines) > OPEN_UP_TO:
        made = f"<details><summary>{len(lines)} students</summary>{made}</details>"
    return f"<h3>What grading noticed</h3>{made}" if lines else ""


def _row(student: StudentScore, more: Evidence, report: Report) -> list[str]:
    points = [_points(category) for category in student.categories] or [""] * len(report.categories)
    late = f'<span class="late">-{student.late_penalty:g}</span> {_late(more.late_s)}' if student.late_penalty else ""
    return [escape(student.student), _total(student), *points, late, escape(more.sandbox)]


def _total(student: StudentScore | None) -> str:
    if student is None or not student.categories:
        return escape(student.state if student else NOT_SUBMITTED)
    return f"{student.total:g}" + _maybe(student.awaiting)


def _points(category: CategoryScore) -> str:
    return f"{category.earned:g}" + _maybe(category.awaiting)


def _maybe(awaiting: float) -> str:
    return f' <span class="note">+ {awaiting:g}?</span>' if awaiting else ""


def _late(seconds: float) -> str:
    return f"({seconds / DAY_S:.1f} days)" if seconds >= DAY_S else f"({seconds / HOUR_S:.1f} hours)"


def _folded(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; a long one is folded away. What stands in it is HTML already."""
    head = "".join(f"<th>{cell}</th>" for cell in heading)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    made = f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
    if len(rows) <= OPEN_UP_TO:
        return made
    return f"<details><summary>{len(rows)} students</summary>{made}</details>"
