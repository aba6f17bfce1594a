"""Late penalty: a percentage of what was earned for each day begun, after a period of grace, up to a maximum."""

from __future__ import annotations

import math

from nbgrader.plugins import BasePlugin
from traitlets import Float

SECONDS_PER_DAY = 86_400


class LatePenalty(BasePlugin):
    """Takes ``percent_per_day`` of the score for each day begun after the grace period, at most ``maximum_percent``."""

    grace_minutes = Float(15.0, help="A submission this late is on time.").tag(config=True)
    percent_per_day = Float(10.0, help="Percent of the earned score for each day begun.").tag(config=True)
    maximum_percent = Float(50.0, help="The most that lateness costs, in percent of the earned score.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """The points to take off ``score``; None when the submission is on time."""
        late_s = total_seconds_late - self.grace_minutes * 60
        if late_s <= 0:
            return None
        days = math.ceil(late_s / SECONDS_PER_DAY)
        percent = min(days * self.percent_per_day, self.maximum_percent)
        return round(score * percent / 100, 2)
