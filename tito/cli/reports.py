"""tito assessment report, export and audit: what the gradebook of a class holds, for people and for other programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from tito.cli.show import json_option, points, say, table, working
from tito.course import the_course
from tito.errors import TitoError, UnknownName
from tito.extras import needs_extra
from tito.files import typed, write_atomically

CLASS_HELP = "A course directory: a path, or the name of a folder here. Without it, the folder you are in."
OUTPUT = click.Path(path_type=Path, dir_okay=False)
HASH_SHOWN = 8
class_option = click.option("--class", "name", default=".", metavar="NAME|DIR", help=CLASS_HELP)
milestones_option = click.option(
    "--milestones", default="", metavar="1,2,...", help="Only these; without it, all that the class has."
)


@click.command(epilog="Example: tito assessment report --class spring --format html --output spring.html")
@class_option
@milestones_option
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "html"]), default="table")
@click.option("--output", type=OUTPUT, help="Write to this file.")
def report(name: str, milestones: str, form: str, output: Path | None) -> None:
    """Show the points of a class: all its milestones beside each other, or every figure of them on one page."""
    if output and form == "table":
        raise click.UsageError("--output needs --format csv, json or html.")
    with needs_extra("instructor"), working("Reading the gradebook", form == "json"):
        from tito.grading.batch.course import resolve_class
        from tito.grading.reports.class_report import class_report
        from tito.grading.reports.page import page

        course_dir = resolve_class(name)
        result = class_report(course_dir, chosen(course_dir, milestones))
    if form == "table":
        _show(result)
    else:
        made = {
            "csv": result.as_csv,
            "json": result.as_json,
            "html": lambda: page(result.reports, f"Class {result.name}"),
        }
        text = made[form]()
        write(text if text.endswith("\n") else text + "\n", output)
    if result.ungraded:
        words = "; ".join(f"{assignment}: {', '.join(names)}" for assignment, names in result.ungraded.items())
        raise TitoError(f"Handed in, but not graded: {words}.", f"tito assessment batch --class {typed(course_dir)}")


@click.command(epilog="Example: tito assessment export --lms canvas --milestones 1 --output grades.csv")
@click.option("--lms", type=click.Choice(["canvas", "moodle", "csv"]), required=True, help="Who will read it.")
@class_option
@milestones_option
@click.option("--output", type=OUTPUT, required=True, help="Write to this file.")
@click.option("--provisional", is_flag=True, help="Also grades to which a person may still add points.")
@click.option("--column", "columns", multiple=True, metavar="MILESTONE=HEADING", help="How the LMS calls a milestone.")
@click.option("--bom", is_flag=True, help="Begin with a byte order mark, by which Excel sees UTF-8.")
def export(
    lms: str, name: str, milestones: str, output: Path, provisional: bool, columns: tuple[str, ...], bom: bool
) -> None:
    """Write the grades in the form that Canvas or Moodle imports, late penalties included.

    Canvas finds an assignment by the number behind its title: --column "perceptron=Perceptron (4711)", as the gradebook
    exported from Canvas has it.
    """
    headings = dict(_heading(text) for text in columns)
    with needs_extra("instructor"), working("Reading the gradebook"):
        from tito.grading.batch.course import resolve_class
        from tito.grading.reports.lms import export as make

        course_dir = resolve_class(name)
        assignments = chosen(course_dir, milestones)
        made = make(course_dir, assignments, lms, provisional=provisional, columns=headings, bom=bom)
    write(made.text, output)
    say(f"{len(made.students)} students, {made.grades} grades")
    for note in made.notes:
        say(note)


@click.command(epilog="Example: tito assessment audit --class spring --student student_01")
@class_option
@click.option("--student", default="", metavar="ID", help="Only this student.")
@click.option("--milestone", "milestone", default="", metavar="N|ID", help="Only this milestone.")
@json_option
def audit(name: str, student: str, milestone: str, as_json: bool) -> None:
    """Show what was graded when, by which version of which tests, in which sandbox, and with what score.

    The tests' version is the beginning of a hash; --json has it whole, with those of the submission and of the grader.
    """
    assignments = (the_course().milestone(milestone).id,) if milestone else ()
    with needs_extra("instructor"):
        from tito.grading.audit import read_audit
        from tito.grading.batch.course import resolve_class

        found = read_audit(resolve_class(name), student, assignments)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    if not found.entries:
        say("The audit log has no such line.")
    else:
        table(("when (UTC)", "student", "assignment", "points", "tests", "sandbox"), _lines(found), 3)
    if found.damaged:
        say(f"{len(found.damaged)} lines of the audit log were cut off and cannot be read: {found.damaged}.")


def chosen(course_dir: Path, milestones: str) -> list:
    """The milestones of a comma-separated list; all assignments that the class has, without one."""
    from tito.grading.batch.course import assignments_of

    parts = dict.fromkeys(part.strip() for part in milestones.split(",") if part.strip())
    return [the_course().milestone(part) for part in parts] or assignments_of(course_dir)


def write(text: str, output: Path | None) -> None:
    """Write to a file and say so, or to standard output."""
    if output is None:
        click.echo(text, nl=False)
        return
    write_atomically(output, text)
    say(f"written  {output}")


def concerns(result: object) -> list[str]:
    """What must not go unread in a report: tampering, and what ran without a sandbox."""
    lines = []
    if result.unprotected:
        lines.append(
            f"NO SANDBOX: {', '.join(result.unprotected)} ran with the grader's own rights (--no-sandbox) and could "
            "change any score. Grade again with the sandbox."
        )
    flagged = [each for each in result.evidence if each.tampering]
    lines += [
        f"{each.student}: flagged for tampering ({'; '.join(each.tampering)}); a person has to look."
        for each in flagged
    ]
    return lines


def _show(result: object) -> None:
    headings = [f"{each.assignment}\nof {points(each.maximum)}" for each in result.reports]
    rows = [(student, *map(_cell, result.scores(student))) for student in result.students]
    medians = ["" if value is None else points(round(value, 2)) for value in result.medians()]
    table(("student", *headings), [*rows, ("median", *medians)], widest=len(headings))
    for each in result.reports:
        for line in concerns(each):
            say(f"{each.assignment}: {line}")


def _cell(score: object) -> str:
    if not score.categories:
        return score.state
    late = f" (late: -{points(score.late_penalty)})" if score.late_penalty else ""
    return points(score.total) + (f", awaits {points(score.awaiting)}" if score.awaiting else "") + late


def _heading(text: str) -> tuple[str, str]:
    name, sign, heading = text.partition("=")
    if not sign or not heading.strip():
        raise click.UsageError(f"--column {text!r} is not of the form MILESTONE=HEADING.")
    course = the_course()
    try:
        return course.milestone(name.strip()).id, heading.strip()
    except UnknownName:
        return course.assignment(name.strip()).id, heading.strip()


def _lines(found: object) -> list[tuple[str, ...]]:
    rows = []
    for entry in found.entries:
        by_category = ", ".join(f"{category} {points(value)}" for category, value in entry.scores.items())
        score = f"not graded: {entry.failed}" if entry.failed else f"{points(entry.earned)} ({by_category})"
        when = entry.when[:16].replace("T", " ")
        rows.append((when, entry.student, entry.assignment, score, entry.tests[:HASH_SHOWN], entry.sandbox))
    return rows
