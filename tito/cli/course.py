"""tito course build and check."""

from __future__ import annotations

import click

from tito import course as tables
from tito.cli.groups import HelpfulGroup
from tito.cli.names import ASSIGNMENT
from tito.cli.show import json_option, outcomes, points, print_json, say, working
from tito.course import Assignment, Course
from tito.errors import TitoError
from tito.extras import needs_extra


@click.group(cls=HelpfulGroup, epilog="Example: tito course check 01_tensor")
def course() -> None:
    """For instructors: build the assignments, and prove that they grade as they should."""


@course.command(epilog="Example: tito course build 01_tensor perceptron")
@click.argument("names", metavar="[ASSIGNMENT]...", nargs=-1, type=ASSIGNMENT)
def build(names: tuple[str, ...]) -> None:
    """Write source/ and release/ from the authored notebooks (all of them, without a name)."""
    tables_here = _repository()
    chosen = _chosen(tables_here, names)
    with needs_extra("instructor"), working("Building"):
        from tito.build.trees import build as build_trees

        written = build_trees(tables.REPOSITORY, chosen, tables_here)
    for path in written:
        say(f"written  {path.relative_to(tables.REPOSITORY)}")


@course.command(epilog="Example: tito course check 01_tensor")
@click.argument("names", metavar="[ASSIGNMENT]...", nargs=-1, type=ASSIGNMENT)
@json_option
@click.pass_context
def check(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Prove that the reference earns every autograded point, and an untouched release earns none."""
    tables_here = _repository()
    proofs = []
    for assignment in _chosen(tables_here, names):
        with needs_extra("instructor"), working(f"Grading the reference of {assignment.id}", as_json):
            from tito.build.proofs import prove

            proofs.append(prove(tables.REPOSITORY, assignment, tables_here))
        if not as_json:
            _show_proof(proofs[-1])
    if as_json:
        print_json(proofs)
    ctx.exit(0 if all(proof.ok for proof in proofs) else 1)


def _repository() -> Course:
    if not (tables.REPOSITORY / "modules" / "source").is_dir():
        raise TitoError(
            "This tito is installed without the authored notebooks; building needs the course repository.",
            f"git clone {tables.the_course().repository}, then make release in it",
        )
    return tables.load(tables.REPOSITORY)


def _chosen(course_tables: Course, names: tuple[str, ...]) -> list[Assignment]:
    if not names:
        return list(course_tables.assignments)
    return [course_tables.assignment(name) for name in names]


def _show_proof(proof: object) -> None:
    say(f"{proof.assignment}: {'proved' if proof.ok else 'not proved'}")
    outcomes([("passed" if cell.ok else "failed", cell.grade_id, _cell_words(cell)) for cell in proof.cells])


def _cell_words(cell: object) -> str:
    of = f"of {points(cell.points)}"
    if cell.manual:
        return f"graded by a person, {points(cell.points)} points; untouched earns {points(cell.untouched_earned)}"
    words = f"reference {points(cell.reference_earned)} {of}, untouched {points(cell.untouched_earned)} {of}"
    return f"{words}. {cell.message}" if cell.message else words
