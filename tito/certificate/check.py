"""Check a certificate offline: is it whole, does it show what its record says, do its figures meet the thresholds?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tito import __version__
from tito.certificate import pictures, svg
from tito.certificate.page import figure
from tito.certificate.record import NAME_IT, Certificate, NoCertificate, digest_of, results_hash
from tito.course import Course, Milestone
from tito.errors import TitoError
from tito.workspace import Workspace

HOLDS = "holds"
BROKEN = "broken"
NOT_KNOWN = "not known"
LARGEST_BYTES = 5_000_000
PROVES = (
    "A hash without a key shows integrity, not identity: that file, record and figures belong together. Anybody can "
    "compute such hashes, so they do not show who built the package or who made this file; measuring the package does."
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: it holds, does not hold, or was cannot be known here, and why."""

    what: str
    state: str
    words: str


@dataclass(frozen=True)
class Checked:
    """What a certificate says, and what of it holds."""

    file: str
    kind: str
    name: str
    milestone: str
    title: str
    measured_at: str
    figures: dict[str, float | str]
    made_with: str
    checked_with: str
    package_sha256: str
    findings: tuple[Finding, ...]
    proves: str = PROVES

    @property
    def ok(self) -> bool:
        return all(finding.state != BROKEN for finding in self.findings)


def check(path: Path, course: Course, workspace: Workspace | None = None, measure: bool = False) -> Checked:
    """Check the certificate in a file; in a workspace also its package, and with ``measure`` measure that again.

    Raises NoCertificate for a file that holds none or is damaged, and TitoError when it cannot be measured.
    """
    content = _bytes(path)
    kind, certificate = read(content)
    findings = [_digest(certificate), _results(certificate), _shown(kind, content, certificate)]
    milestone = _milestone(course, certificate)
    findings += _thresholds(certificate, milestone)
    findings += _texts(certificate, milestone, course)
    if workspace is not None and milestone is not None:
        findings.append(_package(certificate, milestone, workspace, course))
    if measure:
        findings += _measured(certificate, milestone, workspace, course)
    return Checked(
        file=str(path),
        kind=kind,
        name=certificate.name,
        milestone=certificate.milestone,
        title=certificate.title,
        measured_at=certificate.measured_at,
        figures=certificate.figures,
        made_with=certificate.tito,
        checked_with=__version__,
        package_sha256=certificate.package_sha256,
        findings=tuple(findings),
    )


def read(content: bytes) -> tuple[str, Certificate]:
    """The kind of a certificate's file, and its record; raise NoCertificate when it is none."""
    if content.startswith(pictures.PNG):
        return "png", pictures.read(content)
    if content.startswith(b"%PDF-"):
        return "pdf", pictures.read(content)
    if b"<svg" in content[:2000]:
        return "svg", svg.read(content)
    raise NoCertificate("This file is no SVG, PDF or PNG.", NAME_IT)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise NoCertificate(f"{path} is larger than any certificate.", "name the file that tito wrote")
        return path.read_bytes()
    except OSError as error:
        raise NoCertificate(f"{path} cannot be read: {error.strerror}.", "ls shows what is in this folder") from error


def _finding(what: str, holds: bool, yes: str, no: str) -> Finding:
    return Finding(what, HOLDS if holds else BROKEN, yes if holds else no)


def _digest(certificate: Certificate) -> Finding:
    return _finding(
        "record",
        digest_of(certificate) == certificate.digest,
        "its digest fits what it says",
        "its digest is another one: something in it was changed",
    )


def _results(certificate: Certificate) -> Finding:
    right = results_hash(certificate.figures, certificate.goals, certificate.checks)
    agree = all(certificate.figures.get(goal.metric) == goal.measured for goal in certificate.goals)
    return _finding(
        "results",
        right == certificate.results_sha256 and agree,
        "their hash fits the figures",
        "their hash does not fit the figures: one of them was changed",
    )


def _shown(kind: str, content: bytes, certificate: Certificate) -> Finding:
    module = svg if kind == "svg" else pictures
    found = module.differences(content, certificate)
    if found is None:
        reason = "the picture was drawn with another matplotlib than this machine has; only its record was checked"
        return Finding("page", NOT_KNOWN, reason)
    if found == [svg.DRAWING] and certificate.tito != __version__:
        return Finding("page", NOT_KNOWN, f"{svg.DRAWING}; tito {certificate.tito} made it")
    return _finding("page", not found, "it shows what the record says, and nothing else", "; ".join(found))


def _milestone(course: Course, certificate: Certificate) -> Milestone | None:
    milestones = (*course.milestones, *course.planned_milestones)
    return next((entry for entry in milestones if entry.id == certificate.milestone), None)


def _thresholds(certificate: Certificate, milestone: Milestone | None) -> list[Finding]:
    """Each achievement of this course's table beside the certificate's figure."""
    if milestone is None:
        return [Finding("milestone", BROKEN, f"this course (tito {__version__}) has no {certificate.milestone!r}")]
    found = []
    for goal in milestone.achievements:
        value = certificate.figures.get(goal.metric)
        reached = isinstance(value, float | int) and value >= goal.threshold
        words = f"measured {_figure(certificate, goal.metric)}, needed {goal.threshold:g} in tito {__version__}"
        found.append(_finding(goal.title, reached, words, words))
    return found


def _texts(certificate: Certificate, milestone: Milestone | None, course: Course) -> list[Finding]:
    """Whether title, capability and badge are this course's."""
    if milestone is None:
        return []
    said = (certificate.number, certificate.title, certificate.year, certificate.ability, certificate.badge)
    ours = (milestone.number, milestone.title, milestone.year, milestone.ability, milestone.badge)
    same_course = (certificate.course, certificate.repository) == (course.title, course.repository)
    return [
        _finding(
            "milestone",
            said == ours and same_course,
            f"its texts are those of {course.title} (tito {__version__}; made with tito {certificate.tito})",
            f"its texts are not those of this course (tito {__version__}; made with tito {certificate.tito})",
        )
    ]


def _package(certificate: Certificate, milestone: Milestone, workspace: Workspace, course: Course) -> Finding:
    """Whether the package that was measured is the one that this workspace has exported now."""
    if _hash_here(milestone, workspace, course) == certificate.package_sha256:
        return Finding("package", HOLDS, "it is this workspace's export, byte for byte")
    return Finding("package", NOT_KNOWN, "it is not this workspace's export as it is now; measure it where it is")


def _measured(
    certificate: Certificate, milestone: Milestone | None, workspace: Workspace | None, course: Course
) -> Sequence[Finding]:
    """Run the verification again, on this workspace's export, when that is what the certificate is about."""
    from tito.student.verification import verify

    if workspace is None or milestone is None or milestone.planned:
        raise TitoError("Only a workspace's package can be measured again.", "cd into the workspace it was made in")
    if _hash_here(milestone, workspace, course) != certificate.package_sha256:
        raise TitoError(
            "This workspace's export is not the package of the certificate; measuring it shows nothing about that.",
            f"tito milestone test {milestone.id}, then tito milestone certificate {milestone.id}",
        )
    result = verify(workspace, course, milestone)
    words = f"{result.passed} of {len(result.checks)} checks passed now"
    found = [_finding("measured again", result.ok, words, words)]
    for goal in result.achievements:
        shown = "nothing" if goal.measured is None else f"{goal.measured:.4g}"
        text = f"measured {shown} now, {_figure(certificate, goal.metric)} in the certificate"
        found.append(_finding(f"{goal.title}, again", goal.reached, text, text))
    return found


def _figure(certificate: Certificate, metric: str) -> str:
    return figure(certificate.figures.get(metric, "nothing"))


def _hash_here(milestone: Milestone, workspace: Workspace, course: Course) -> str:
    """The hash of what this workspace has exported for a milestone; empty when a part of it is missing."""
    from tito.student.exports import exports_hash

    return exports_hash(workspace, course, milestone)
