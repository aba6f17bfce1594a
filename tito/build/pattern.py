"""The pattern of every notebook, as far as a program can see it: headings, kinds, lengths, checks in sight."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tito.build.authored import Authored, AuthoredCell
from tito.build.figures import IMPORTANCE, KINDS, figures, headings
from tito.course import Course, Module
from tito.notebooks.reading import HIDDEN

FEWEST_OWN = 40
MOST_GIVEN = 170
MOST_WORDS = 1_900
FEWEST_KINDS = 2
POINTS = re.compile(r"^#+ .*\((\d+(?:\.\d+)?) points?\b", re.MULTILINE)
LIST_INSIDE = re.compile(r"^(?!\s|[-*] |\d+\. |\||>|#|<).+\n(?:1\. |- )", re.MULTILINE)

Finding = tuple[AuthoredCell | None, int, str]


def headings_say_what_stands_below(authored: Authored, course: Course) -> Iterator[Finding]:
    """Each exercise has one heading with its id, kind, minutes and importance, before its answer; and the reverse."""
    announced = {heading.id: heading for heading in headings(authored)}
    answers = {cell.grade_id.removesuffix("-answer"): cell for cell in authored.cells if _is_answer(cell)}
    tests = {cell.grade_id for cell in authored.cells if cell.is_test}
    for heading in announced.values():
        if heading.kind not in KINDS:
            yield None, heading.line, f"{heading.id}: the kind {heading.kind!r} is none of {', '.join(KINDS)}"
        if heading.importance not in IMPORTANCE:
            yield None, heading.line, f"{heading.id}: {heading.importance!r} is none of {', '.join(IMPORTANCE)}"
        if heading.id not in answers:
            yield None, heading.line, f"{heading.id}: no answer cell {heading.id}-answer stands below this heading"
    for name, cell in answers.items():
        if name not in announced:
            yield (
                cell,
                cell.line,
                f"{name}: no heading '### {name} · kind · minutes min · core' stands above its answer",
            )
        elif announced[name].line > cell.line:
            yield cell, cell.line, f"{name}: its heading stands below its answer, in line {announced[name].line}"
        elif name not in tests and announced[name].kind != "predict":
            yield cell, cell.line, f"{name}: the exercise has no check cell {name}"


def modules_hide_nothing(authored: Authored, course: Course) -> Iterator[Finding]:
    """A module has no hidden tests: it is formative, and every rule that is checked stands in sight."""
    for cell in authored.cells:
        if isinstance(authored.assignment, Module) and HIDDEN[0] in cell.cell.source:
            yield cell, cell.line, f"{cell.grade_id!r} hides tests; all checks of a module are visible"


def figures_fit_the_pattern(authored: Authored, course: Course) -> Iterator[Finding]:
    """Enough of a module is the student's own, and a notebook is not too long to read."""
    found = figures(authored)
    if found.own_lines < FEWEST_OWN:
        yield None, 1, f"{found.own_lines} lines are the student's own; at least {FEWEST_OWN} belong to a notebook"
    if isinstance(authored.assignment, Module) and found.own_lines <= 2 * found.longest_check:
        yield None, 1, f"the longest check cell has {found.longest_check} lines, more than half of the student's own"
    if found.given_lines > MOST_GIVEN:
        yield None, 1, f"{found.given_lines} lines are given; at most {MOST_GIVEN} leave room for the student's"
    if found.words > MOST_WORDS:
        yield None, 1, f"{found.words} words outside folded text; at most {MOST_WORDS}"
    if sum(1 for count in found.kinds.values() if count) < FEWEST_KINDS:
        yield None, 1, f"exercises of one kind only; at least {FEWEST_KINDS} kinds keep a notebook awake"


def minutes_match_the_table(authored: Authored, course: Course) -> Iterator[Finding]:
    """The minutes of the headings sum to what the table says."""
    minutes = figures(authored).minutes
    if isinstance(authored.assignment, Module) and authored.assignment.minutes != minutes:
        yield None, 1, f"the headings sum to {minutes} minutes; modules.yml says {authored.assignment.minutes}"


def text_renders(authored: Authored, course: Course) -> Iterator[Finding]:
    """No line inside a paragraph begins like a list, and no formula holds an escaped underscore in ``\\text``."""
    for cell in authored.cells:
        if cell.cell.cell_type != "markdown":
            continue
        source = cell.cell.source
        for match in LIST_INSIDE.finditer(source):
            line = cell.first_source_line + source.count("\n", 0, match.end() - 1)
            yield cell, line, "a list begins inside a paragraph: leave a blank line before it"
        for match in re.finditer(r"\\text\{[^}]*\\_", source):
            line = cell.first_source_line + source.count("\n", 0, match.start())
            yield cell, line, r"\_ inside \text{...} is shown as it stands; write a space or a name without it"


def points_in_headings_are_the_cells(authored: Authored, course: Course) -> Iterator[Finding]:
    """A heading that names points, as in ``(10 points, graded by a person)``, names those of the next graded cell."""
    announced: tuple[AuthoredCell, int, float] | None = None
    for cell in authored.cells:
        for match in POINTS.finditer(cell.cell.source) if cell.cell.cell_type == "markdown" else ():
            announced = cell, cell.first_source_line + cell.cell.source.count("\n", 0, match.start()), float(match[1])
        if cell.is_graded and announced is not None:
            where, line, said = announced
            announced = None
            if said != cell.nbgrader.get("points"):
                yield (
                    where,
                    line,
                    f"the heading says {said:g} points, the cell {cell.grade_id!r} has {cell.nbgrader.get('points')}",
                )


PATTERN = (
    headings_say_what_stands_below,
    modules_hide_nothing,
    figures_fit_the_pattern,
    minutes_match_the_table,
    text_renders,
    points_in_headings_are_the_cells,
)


def _is_answer(cell: AuthoredCell) -> bool:
    """An answer that a check belongs to; what a person grades is its own exercise."""
    return cell.is_solution and not cell.is_graded and cell.grade_id.endswith("-answer")
