"""tito course build and check."""

from __future__ import annotations

import click

from tito import course as tables
from tito.cli.groups import HelpfulGroup
from tito.cli.names import ASSIGNMENT
from tito.cli.show import json_option, outcomes, points, print_json, say, table, working
from tito.course import Assignment, Course
from tito.errors import TitoError
from tito.extras import needs_extra


@click.group(cls=HelpfulGroup, epilog="Example: tito course check 01_tensor")
def course() -> None:
    """For instructors: build the assignments, and prove that they grade as they should."""


@course.command(epilog="Example: tito course build 01_tensor perceptron")
@click.argument("names", metavar="[ASSIGNMENT]...", nargs=-1, type=ASSIGNMENT)
@click.option(
    "--draft", is_flag=True, help="Do not prove the checks first: to look at a notebook that is being written."
)
def build(names: tuple[str, ...], draft: bool) -> None:
    """Write source/ and release/ from the authored notebooks (all of them, without a name).

    A notebook whose checks have a hole is refused; a proof is made again only when something that it rests on changed.
    """
    tables_here = _repository()
    chosen = _chosen(tables_here, names)
    with needs_extra("instructor"), working("Building"):
        from tito.build.answer_proofs import refuse_holes
        from tito.build.trees import build as build_trees

        if not draft:
            refuse_holes(tables.REPOSITORY, chosen, tables_here)
        written = build_trees(tables.REPOSITORY, chosen, tables_here)
    for path in written:
        say(f"written  {path.relative_to(tables.REPOSITORY)}")


@course.command(epilog="Example: tito course check 04 --answers --exercise 04-reduce")
@click.argument("names", metavar="[ASSIGNMENT]...", nargs=-1, type=ASSIGNMENT)
@click.option(
    "--answers", "only_answers", is_flag=True, help="Try the listed answers and the mutants, and grade nothing."
)
@click.option("exercises", "--exercise", metavar="ID", multiple=True, help="Only this exercise, with every message.")
@json_option
@click.pass_context
def check(
    ctx: click.Context, names: tuple[str, ...], only_answers: bool, exercises: tuple[str, ...], as_json: bool
) -> None:
    """Prove the checks of a notebook with wrong and right answers and mutants, and grade its reference.

    The reference earns every autograded point, and an untouched release none.
    """
    tables_here = _repository()
    proofs: list = []
    for assignment in _chosen(tables_here, names):
        with needs_extra("instructor"), working(f"Trying the answers to {assignment.id}", as_json):
            from tito.build.answer_proofs import prove_answers

            proofs.append(prove_answers(tables.REPOSITORY, assignment, tables_here, exercises))
        if not as_json:
            _show_answers(proofs[-1], bool(exercises))
        if only_answers or exercises:
            continue
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


def _show_answers(proof: object, in_full: bool) -> None:
    """The table of a notebook's answers; with ``in_full`` every message that a listed answer meets."""
    say(f"{proof.assignment}: the checks {'hold' if proof.ok else 'have holes'} ({proof.seconds:g} s)")
    rows = [
        (
            each.id,
            each.kind,
            f"{sum(tried.ok for tried in each.right)}/{len(each.right)}",
            f"{each.caught}/{len(each.wrong)}",
            f"{sum(tried.ok for tried in each.wrong)}/{len(each.wrong)}",
            f"{each.mutants - len(each.survivors)}/{each.mutants}",
            f"{each.equivalent}",
        )
        for each in proof.exercises
    ]
    table(["exercise", "kind", "right", "wrong", "named", "mutants", "same"], rows, 0)
    for each in proof.exercises:
        for tried in (*each.right, *each.wrong) if in_full else ():
            say(f"\n[{tried.name}]\n{tried.message or 'passes'}")
        for mutant in each.survivors:
            say(f"{each.id}: a mutant passes\n{mutant.diff}")
    for text in (*proof.holes, *proof.remarks):
        say(text)


def _show_proof(proof: object) -> None:
    say(f"{proof.assignment}: {'proved' if proof.ok else 'not proved'}")
    outcomes([("passed" if cell.ok else "failed", cell.grade_id, _cell_words(cell)) for cell in proof.cells])


def _cell_words(cell: object) -> str:
    of = f"of {points(cell.points)}"
    if cell.manual:
        return f"graded by a person, {points(cell.points)} points; untouched earns {points(cell.untouched_earned)}"
    words = f"reference {points(cell.reference_earned)} {of}, untouched {points(cell.untouched_earned)} {of}"
    return f"{words}. {cell.message}" if cell.message else words
