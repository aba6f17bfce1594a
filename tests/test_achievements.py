"""The reference passes each milestone's verification and reaches its achievements, on whatever data is cached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tito import datasets
from tito.course import REPOSITORY, Milestone, load
from tito.notebooks.exporter import export_reference
from tito.student.verification import verify_package


@pytest.mark.slow
@pytest.mark.parametrize("milestone", load(REPOSITORY).milestones, ids=lambda milestone: milestone.id)
def test_the_reference_reaches_every_achievement(milestone: Milestone, tmp_path: Path) -> None:
    export_reference(REPOSITORY, tmp_path, milestone.needs)
    package = {path.name: path.read_bytes() for path in (tmp_path / "tinytorch").glob("*.py")}
    measured = verify_package(package, milestone)
    assert measured.ok, [check for check in measured.checks if check.state != "passed"]
    assert [goal.id for goal in measured.achievements if not goal.reached] == []
    if "digits_data" in measured.figures:
        assert measured.figures["digits_data"] == ("mnist" if datasets.available("mnist") else "digits")
