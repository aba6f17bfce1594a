"""tito assessment setup and batch; report, export and audit are in ``reports``."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from tito.cli import reports
from tito.cli.follow import follower
from tito.cli.groups import HelpfulGroup
from tito.cli.show import json_option, next_command, points, print_json, say, table, working
from tito.course import Assignment, the_course
from tito.extras import needs_extra
from tito.files import typed

COURSE_DIR = click.Path(path_type=Path, file_okay=False)
NAME_HELP = (
    "A course directory: a path, the name of a folder here, or the name or course id of the folder you are in. "
    "Without it, the folder you are in."
)


@click.group(cls=HelpfulGroup, epilog="Example: tito assessment batch --class spring --milestones 1")
def assessment() -> None:
    """For instructors: set a class up, grade all of it at once, and see what came of it."""


for command in (reports.report, reports.export, reports.audit):
    assessment.add_command(command)


@assessment.command(epilog="Example: tito assessment setup --milestones 1,2 --roster roster.csv --course-dir spring")
@click.option("--milestones", default="", metavar="1,2,...", help="Milestones to prepare, by number or id.")
@click.option("--modules", default="", metavar="1,2,...", help="Modules to prepare, by number or name.")
@click.option("--roster", type=click.Path(path_type=Path), metavar="FILE", help="Students, as CSV.")
@click.option("--course-dir", default=".", type=COURSE_DIR, help="The folder to make or complete (default: .).")
@click.option("--db", default="", metavar="URL", help="The gradebook, where it is not gradebook.db in that folder.")
@json_option
def setup(milestones: str, modules: str, roster: Path | None, course_dir: Path, db: str, as_json: bool) -> None:
    """Make a course directory, or add assignments and students to one. Nothing is ever dropped."""
    assignments = _chosen(milestones, modules)
    with needs_extra("instructor"), working("Setting the class up", as_json):
        from tito.grading.roster import read_roster
        from tito.grading.setup import set_up

        students = read_roster(roster) if roster else []
        made = set_up(course_dir, assignments, students, db)
    if as_json:
        return print_json(made)
    say(f"{made.course_dir}: configuration {made.config}")
    for name, what in made.assignments.items():
        say(f"  {name}: {what}")
    added, updated = len(made.students_added), len(made.students_updated)
    say(f"{made.students} students, {added} of them new, {updated} with new particulars")
    if made.assignments:
        place = f"submitted/STUDENT/{next(iter(made.assignments))}/"
        next_command(f"put what students hand in into {place}, then: tito assessment batch --class {typed(course_dir)}")


@assessment.command(epilog="Example: tito assessment batch --class spring --milestones 1,2 --workers 4")
@click.option("--class", "name", default=".", metavar="NAME|DIR", help=NAME_HELP)
@click.option("--milestones", default="", metavar="1,2,...", help="Only these; without it, all that the class has.")
@click.option("--modules", default="", metavar="1,2,...", help="Only these.")
@click.option("--student", "students", multiple=True, metavar="ID", help="Only this student; more than once for more.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes on this machine (default: its cores).")
@click.option("--scheduler", metavar="ADDRESS", help="A dask.distributed scheduler that runs the notebooks instead.")
@click.option("--regrade", is_flag=True, help="Take over tests corrected in source/, and grade again by them.")
@click.option("--no-sandbox", is_flag=True, help="Run students' code with nothing between it and this machine.")
@json_option
@click.pass_context
def batch(
    ctx: click.Context,
    name: str,
    milestones: str,
    modules: str,
    students: tuple[str, ...],
    workers: int | None,
    scheduler: str | None,
    regrade: bool,
    no_sandbox: bool,
    as_json: bool,
) -> None:
    """Grade what a class handed in: everything new or changed, or graded by other tests than today's.

    It can be interrupted at any moment; the next run goes on where it ended. A submission that cannot be graded keeps
    no other from being graded, and makes the exit code 1.
    """
    if workers and scheduler:
        raise click.UsageError("--workers and --scheduler exclude each other: a cluster has its own workers.")
    chosen = _chosen(milestones, modules)
    if no_sandbox:
        click.echo("Warning: --no-sandbox runs students' code with your rights on this machine.", err=True)
    with contextlib.ExitStack() as stack:
        make_pool = stack.enter_context(_jobs_run(workers, scheduler, not no_sandbox))
        with needs_extra("instructor"), working("Looking at the class", as_json):
            from tito.grading.batch.course import grade_course, resolve_class

            course_dir = resolve_class(name)
        watch = stack.enter_context(follower())
        result = grade_course(course_dir, chosen, make_pool, watch, students, regrade=regrade, sandboxed=not no_sandbox)
    if as_json:
        click.echo(json.dumps({**asdict(result), "ok": result.ok}, indent=2, ensure_ascii=False))
    else:
        _show(result, regrade)
    ctx.exit(0 if result.ok else 1)


def _jobs_run(workers: int | None, scheduler: str | None, sandboxed: bool) -> contextlib.AbstractContextManager:
    """Where jobs run. The processes here start at once: importing nbgrader, meanwhile, takes as long as they do."""
    from tito.grading.batch.cluster import on_cluster, started_here

    return contextlib.nullcontext(on_cluster(scheduler)) if scheduler else started_here(workers or _cores(), sandboxed)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _chosen(milestones: str, modules: str) -> list[Assignment]:
    course = the_course()
    chosen = [course.module(text) for text in _parts(modules)]
    return [*chosen, *(course.milestone(text) for text in _parts(milestones))]


def _parts(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _show(result: object, regrade: bool) -> None:
    names = list(dict.fromkeys(row.assignment for row in result.rows))
    if not names:
        say("Nothing was handed in yet.")
        return
    cells = {(row.student, row.assignment): row for row in result.rows}
    students = sorted({row.student for row in result.rows})
    table(
        ("student", *names),
        [(student, *(_cell(cells.get((student, name))) for name in names)) for student in students],
        widest=len(names),
    )
    for row in result.rows:
        if row.reason:
            say(f"{row.student}, {row.assignment}: {row.reason}")
    changes = [row for row in result.regraded if regrade or row.before != row.score.total]
    for row in changes:
        say(f"{row.student}, {row.assignment}: {points(row.before)} before, {points(row.score.total)} now")
    say(_summary(result))


def _cell(row: object) -> str:
    if row is None:
        return "not handed in"
    if row.score is None:
        return row.state
    awaiting = f", awaits {points(row.score.awaiting)}" if row.score.awaiting else ""
    return f"{points(row.score.total)}{awaiting}"


def _summary(result: object) -> str:
    failed = sum(row.score is None for row in result.rows)
    fresh = sum(row.fresh for row in result.rows)
    words = f"{fresh} graded in {result.seconds:.0f} s, {result.already} there already"
    return f"{words}, {failed} not graded" if failed else words
