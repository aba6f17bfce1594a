"""Issue a certificate: only for a completed milestone, verified with the exports that are still there."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from tito.certificate import svg
from tito.certificate.record import Certificate, Measurement, make
from tito.course import Course, Milestone
from tito.errors import TitoError
from tito.files import typed, write_atomically
from tito.state.tracker import MilestoneTracker
from tito.student.exports import exports_hash, needed_package
from tito.workspace import Workspace

FOLDER = "certificates"


@dataclass(frozen=True)
class Issued:
    """A certificate, the files that were written, and why one was not (empty when all were)."""

    certificate: Certificate
    files: tuple[str, ...]
    note: str
    next: str


def issue(
    workspace: Workspace, course: Course, milestone: Milestone, name: str = "", output: Path | None = None
) -> Issued:
    """Write the certificate of a milestone as SVG, and as PDF and PNG where matplotlib can.

    Raises TitoError when the milestone is not completed, not verified, or its exports changed since they were measured.
    """
    certificate = make(course, milestone, measurement(workspace, course, milestone), name)
    folder = output.resolve() if output else workspace.root / FOLDER
    contents = {"svg": svg.write(certificate)}
    pictures, note = _pictures(certificate)
    written = []
    for kind, content in (contents | pictures).items():
        path = folder / f"{milestone.id}-certificate.{kind}"
        write_atomically(path, content)
        written.append(workspace.shown(path))
    return Issued(certificate, tuple(written), note, f"tito milestone verify {typed(written[0])}")


def measurement(workspace: Workspace, course: Course, milestone: Milestone) -> Measurement:
    """The run that verified a completed milestone, as it is on record; raise TitoError when there is none."""
    record = MilestoneTracker(workspace, course).milestone(milestone.id)
    again = f"tito milestone test {milestone.id}"
    if not record.completed_at:
        raise TitoError(
            f"{milestone.label} is not completed: no notebook that passes its checks was handed in.",
            f"tito milestone submit {milestone.id}",
        )
    if not record.verified_at:
        raise TitoError(
            f"{milestone.label} is not verified: no run has passed all its checks and reached all its achievements.",
            again,
        )
    if exports_hash(workspace, course, milestone) != record.package_sha256:
        raise TitoError(f"The exports changed since {milestone.label} was measured.", again)
    checks = [
        run.total
        for run in record.attempts
        if run.whole and (run.at, run.package_sha256) == (record.verified_at, record.package_sha256)
    ]
    if not checks:
        raise TitoError(f"The run that verified {milestone.label} is not on record any more.", again)
    files = tuple(needed_package(workspace, milestone, course))
    return Measurement(record.verified_at, checks[-1], record.figures, record.package_sha256, files)


def _pictures(certificate: Certificate) -> tuple[dict[str, bytes], str]:
    """The PDF and the PNG; none, and why, where they cannot be drawn."""
    if importlib.util.find_spec("matplotlib") is None:
        return {}, "No PDF or PNG: they need matplotlib, which the [student] extra brings."
    from tito.certificate import pictures

    if pictures.lacks_letters(certificate):
        return (
            {},
            "No PDF or PNG: their font lacks letters of the name; the SVG shows them.",
        )
    return {kind: pictures.write(certificate, kind) for kind in ("pdf", "png")}, ""
