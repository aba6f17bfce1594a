"""The two proofs, for every assignment: the reference earns every autograded point, an untouched release earns none."""

from __future__ import annotations

import pytest

from tito.build.proofs import CellProof, Proof, prove
from tito.course import REPOSITORY, Assignment, load

COURSE = load(REPOSITORY)


def cell(**changed: object) -> CellProof:
    fields = {"grade_id": "x", "points": 2.0, "manual": False, "reference_earned": 2.0, "untouched_earned": 0.0}
    return CellProof(**{**fields, "message": "", **changed})


def test_a_proof_fails_where_points_are_lost_or_given_away():
    assert cell().ok and cell(manual=True, reference_earned=0.0).ok
    assert not cell(reference_earned=1.0).ok
    assert not cell(untouched_earned=0.5).ok and not cell(manual=True, untouched_earned=0.5).ok
    assert Proof("x", (cell(), cell())).ok
    assert not Proof("x", (cell(), cell(untouched_earned=1.0))).ok and not Proof("x", ()).ok


@pytest.mark.slow
@pytest.mark.parametrize("assignment", COURSE.assignments, ids=lambda assignment: assignment.id)
def test_the_reference_earns_everything_and_an_untouched_release_nothing(assignment: Assignment):
    proof = prove(REPOSITORY, assignment, COURSE)
    assert {one.grade_id for one in proof.cells if one.manual} == {
        one.grade_id for one in proof.cells if one.grade_id.startswith(("visualization-", "systems-"))
    }
    lost = [
        f"{one.grade_id}: {one.reference_earned} of {one.points} ({one.message})"
        for one in proof.cells
        if not one.manual and one.reference_earned != one.points
    ]
    given = [f"{one.grade_id}: {one.untouched_earned}" for one in proof.cells if one.untouched_earned]
    assert proof.cells and not lost and not given
    assert proof.ok
