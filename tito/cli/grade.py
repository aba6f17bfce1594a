"""tito grade report, milestone and gallery."""

from __future__ import annotations

from pathlib import Path

import click

from tito.cli.groups import HelpfulGroup
from tito.cli.names import MILESTONE
from tito.cli.reports import concerns
from tito.cli.show import json_option, points, say, table, working
from tito.course import the_course
from tito.errors import TitoError
from tito.extras import needs_extra
from tito.files import write_atomically


@click.group(cls=HelpfulGroup, epilog="Example: tito grade report perceptron")
def grade() -> None:
    """For instructors: grade a milestone, and see what the gradebook holds."""


@grade.command(epilog="Example: tito grade report perceptron --format csv --output perceptron.csv")
@click.argument("name", metavar="MILESTONE", type=MILESTONE)
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "html"]), default="table")
@click.option(
    "--course-dir",
    default=".",
    type=click.Path(path_type=Path),
    help="The nbgrader course directory; the current folder, without it.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def report(name: str, form: str, course_dir: Path, output: Path | None) -> None:
    """Show each student's points by rubric category, and what awaits manual grading."""
    if output and form == "table":
        raise click.UsageError("--output needs --format csv, json or html.")
    assignment = the_course().assignment(name)
    with needs_extra("instructor"), working("Reading the gradebook"):
        from tito.grading.reports.report import report as read_report

        result = read_report(course_dir, assignment)
    if form == "table":
        _show(result)
    else:
        _write(result, form, output)
    if result.ungraded:
        raise TitoError(
            f"Handed in, but not graded: {', '.join(result.ungraded)}.", f"nbgrader autograde {result.assignment}"
        )


@grade.command(epilog="Example: tito grade gallery perceptron --cell visualization-boundary")
@click.argument("name", metavar="MILESTONE", type=MILESTONE)
@click.option("--cell", metavar="GRADE_ID", help="One manually graded cell; without it, each in a section.")
@click.option(
    "--course-dir",
    default=".",
    type=click.Path(path_type=Path),
    help="The nbgrader course directory; the current folder, without it.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: gallery-MILESTONE.html.")
@click.option(
    "--url", default="http://localhost:8888", show_default=True, help="Where JupyterLab with formgrader runs."
)
def gallery(name: str, cell: str | None, course_dir: Path, output: Path | None, url: str) -> None:
    """Show what every student put into the manually graded cells, side by side, on one page."""
    assignment = the_course().assignment(name)
    if not url.startswith(("http://", "https://")):
        raise click.UsageError("--url begins with http:// or https://.")
    with needs_extra("instructor"), working("Reading the graded notebooks"):
        from tito.grading.reports.gallery import gallery as collect

        made = collect(course_dir, assignment, cell, url)
    output = output or Path(f"gallery-{made.assignment}.html")
    write_atomically(output, made.as_html())
    for section in made.sections:
        waiting = sum(entry.points is None for entry in section.entries)
        say(f"{section.cell}: {len(section.entries)} students, {waiting} await points")
    say(f"written  {output}")


@grade.command(epilog="Example: tito grade milestone -m perceptron --student student_01")
@click.option("-m", "--milestone", "name", required=True, help="Number, id, or the name of a verification.")
@click.option("--student", help="Only this student's submission; everyone's, without it.")
@click.option(
    "--course-dir",
    default=".",
    type=click.Path(path_type=Path),
    help="The nbgrader course directory; the current folder, without it.",
)
@json_option
def milestone(name: str, student: str | None, course_dir: Path, as_json: bool) -> None:
    """Autograde a milestone, and show the points by rubric category."""
    wanted = the_course().milestone(name)
    whose = student or "everyone"
    with needs_extra("instructor"), working(f"Autograding {wanted.label} of {whose}", as_json):
        from tito.grading.milestones import grade_milestone

        result = grade_milestone(course_dir, wanted, student)
    if as_json:
        click.echo(result.as_json())
    else:
        _show(result)
    if result.ungraded:
        raise TitoError(
            f"Handed in, but not graded: {', '.join(result.ungraded)}.", f"nbgrader autograde {result.assignment}"
        )


def _write(result: object, form: str, output: Path | None) -> None:
    from tito.grading.reports.page import page

    made = {
        "csv": result.as_csv,
        "json": lambda: result.as_json() + "\n",
        "html": lambda: page([result], result.title),
    }
    text = made[form]()
    if output is None:
        click.echo(text, nl=False)
        return
    write_atomically(output, text)
    say(f"written  {output}")


def _show(result: object) -> None:
    say(f"{result.title} ({result.assignment})")
    if not result.students:
        say("The gradebook knows no student yet.")
        return
    rows = [(student.student, *_cells(student, len(result.categories))) for student in result.students]
    table(("student", "total", *map(_heading, result.categories)), rows, widest=1)
    for student in result.students:
        if student.late_penalty:
            lost, earned = points(student.late_penalty), points(student.earned)
            say(f"{student.student}: handed in late, which costs {lost} of {earned} points.")
        for problem in student.problems:
            say(f"{student.student}: {problem}")
    for line in concerns(result):
        say(line)


def _heading(category: object) -> str:
    words = category.title.split()
    return "\n".join([*words, f"of {points(category.points)}"] if category.points else words)


def _cells(student: object, categories: int) -> list[str]:
    if not student.categories:
        return [student.state, *[""] * categories]
    return [points(student.total), *(_score(category) for category in student.categories)]


def _score(category: object) -> str:
    if category.awaiting == category.maximum and category.awaiting:
        return f"awaits {points(category.awaiting)}"
    words = points(category.earned)
    return f"{words}, awaits {points(category.awaiting)}" if category.awaiting else words
