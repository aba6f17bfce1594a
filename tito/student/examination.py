"""One examination of a milestone: requirements, checks and achievements measured, and what of it was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tito.course import Course, Milestone, Proof
from tito.state.attempts import VERIFICATION, Attempt
from tito.state.tracker import MilestoneTracker
from tito.student import milestones, modules
from tito.student.checks import FAILED, NOT_TRIED, PASSED
from tito.student.exports import package_hash
from tito.student.verification import Check, OnEvent, Verification, verify_package
from tito.workspace import Workspace


@dataclass(frozen=True)
class Requirement:
    """A module that a milestone needs: completed, fresh and importable, or what is the matter with it."""

    number: int
    name: str
    state: str
    message: str


@dataclass(frozen=True)
class Examination:
    """What one run measured, and what it changed in the records.

    ``whole`` says whether it ran all checks of the milestone; ``reached_now`` are the achievements that no earlier run
    had reached; ``verified`` says whether this run verifies the milestone, ``verified_now`` whether it is the first
    with these exports.
    """

    milestone: str
    proofs: tuple[str, ...]
    whole: bool
    requirements: tuple[Requirement, ...]
    verification: Verification
    package_sha256: str
    reached_now: tuple[str, ...]
    verified: bool
    verified_now: bool
    next: str

    @property
    def met(self) -> bool:
        """Whether every module that is needed is completed, fresh and importable."""
        return all(requirement.state == PASSED for requirement in self.requirements)

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for holds: a part passed, or the whole milestone is verified."""
        return self.verified if self.whole else self.verification.ok and self.met


def examine(
    workspace: Workspace,
    course: Course,
    milestone: Milestone,
    proofs: Iterable[Proof] = (),
    on_event: OnEvent | None = None,
) -> Examination:
    """Run a milestone's verification (or some of its proofs) on what is exported, and record what it measured.

    Only a run of all checks counts as an attempt, and only one whose checks pass and whose achievements are all
    reached verifies the milestone. Raises TitoError while the milestone is locked.
    """
    chosen = tuple(proofs) or milestone.verifications
    whole = set(chosen) == set(milestone.verifications)
    package = milestones.needed_exports(workspace, course, milestone)
    tracker = MilestoneTracker(workspace, course)
    tracker.refuse_unwritable()
    names = tuple(module.name for module in course.required_by(milestone))
    result = verify_package(package, milestone, () if whole else chosen, on_event, names)
    needs = requirements(workspace, course, milestone, result)
    earned = whole and result.ok and all(need.state == PASSED for need in needs)
    verified = earned and all(goal.reached for goal in result.achievements)
    before = _verified_package(workspace, course, milestone)
    attempt = _attempt(result, package_hash(package))
    reached_now = _record(tracker, milestone, result, attempt if whole else None, verified)
    return Examination(
        milestone=milestone.id,
        proofs=tuple(proof.id for proof in chosen),
        whole=whole,
        requirements=needs,
        verification=result,
        package_sha256=attempt.package_sha256,
        reached_now=reached_now,
        verified=verified,
        verified_now=verified and before != attempt.package_sha256,
        next=_next(workspace, course, milestone, needs, verified),
    )


def requirements(
    workspace: Workspace, course: Course, milestone: Milestone, result: Verification
) -> tuple[Requirement, ...]:
    """Each module that a milestone needs: is it completed, fresh, and did this run import its export?"""
    imports = {found.name: found for found in result.imports}
    found = []
    for status in modules.statuses(workspace, course):
        if status.number in milestone.needs:
            state, message = _requirement(status, imports.get(status.name))
            found.append(Requirement(status.number, status.name, state, message))
    return tuple(found)


def _requirement(status: modules.ModuleStatus, imported: Check | None) -> tuple[str, str]:
    if imported and imported.state == FAILED:
        return FAILED, f"its export cannot be imported: {imported.message}"
    if status.state == modules.STALE:
        return FAILED, f"stale: {status.note}"
    if not status.done:
        return FAILED, "not completed"
    if imported is None:
        return NOT_TRIED, "the run ended before its export was imported"
    return PASSED, "completed, fresh, imports"


def _attempt(result: Verification, package_sha256: str) -> Attempt:
    return Attempt.of(VERIFICATION, result.seconds, result.passed, len(result.checks), result.figures, package_sha256)


def _verified_package(workspace: Workspace, course: Course, milestone: Milestone) -> str:
    """The hash of the exports for which a milestone is recorded as verified; empty when it is not."""
    record = MilestoneTracker(workspace, course).milestone(milestone.id)
    return record.package_sha256 if record.verified_at else ""


def _record(
    tracker: MilestoneTracker, milestone: Milestone, result: Verification, attempt: Attempt | None, verified: bool
) -> tuple[str, ...]:
    """Write down what a run measured, a part of the milestone without an attempt; return which achievements are new."""
    known = tracker.milestone(milestone.id).achievements
    if attempt and verified:
        tracker.record_verification(milestone.id, attempt, result.achievements)
    else:
        tracker.record_achievements(milestone.id, result.achievements)
        if attempt:
            tracker.record_attempt(milestone.id, attempt)
    return tuple(goal.id for goal in result.achievements if goal.reached and goal.id not in known)


def _next(
    workspace: Workspace,
    course: Course,
    milestone: Milestone,
    needs: tuple[Requirement, ...],
    verified: bool,
) -> str:
    broken = next((need for need in needs if need.state == FAILED), None)
    if broken:
        return f"tito module complete {broken.number:02d}"
    if not verified:
        return f"tito milestone test {milestone.id}"
    found = milestones.statuses(workspace, course)
    mine = next(status for status in found if status.id == milestone.id)
    return mine.next or f"tito milestone celebrate {milestone.id}"
