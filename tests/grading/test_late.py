"""Late penalty over time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets.config import Config

from tito.grading.late import LatePenalty

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("late_s", "points"),
    [
        (-DAY, None),
        (0, None),
        (15 * 60, None),
        (15 * 60 + 1, 6.0),
        (DAY, 6.0),
        (DAY + 15 * 60, 6.0),
        (DAY + 15 * 60 + 1, 12.0),
        (30 * HOUR, 12.0),
        (4 * DAY, 24.0),
        (5 * DAY, 30.0),
        (6 * DAY, 30.0),
        (400 * DAY, 30.0),
    ],
)
def test_ten_percent_for_each_day_begun_after_the_grace_period_up_to_half(late_s: float, points: float | None):
    assert LatePenalty().late_submission_penalty("student", 60.0, late_s) == points


@given(st.floats(0, 100), st.floats(-1e6, 1e8), st.floats(0, 1e6))
def test_it_grows_with_time_and_never_exceeds_the_score(score: float, late_s: float, more_s: float):
    rule = LatePenalty()
    first = rule.late_submission_penalty("s", score, late_s) or 0.0
    second = rule.late_submission_penalty("s", score, late_s + more_s) or 0.0
    assert 0 <= first <= second <= score / 2 + 0.005


def test_the_course_sets_its_own_figures():
    config = Config()
    config.LatePenalty.update(grace_minutes=0.0, percent_per_day=100.0, maximum_percent=100.0)
    assert LatePenalty(config=config).late_submission_penalty("s", 40.0, 1.0) == 40.0
    config.LatePenalty.percent_per_day = 0.0
    assert LatePenalty(config=config).late_submission_penalty("s", 40.0, DAY) == 0.0
