"""What plain ``nbgrader`` commands do in this course. Copy this file into a course directory, and change what you need.

nbgrader only logs an error in this file and goes on with its defaults, which would run submissions without the steps
below. Set TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR=1 to have it stop instead (the Makefile does).
"""

import warnings

from tito.grading.classroom import NOISE
from tito.grading.config import grading_config

warnings.filterwarnings("ignore", NOISE)

c = get_config()  # noqa: F821
c.merge(grading_config())

# Limits of one submission.
c.ExecuteSubmission.cell_seconds = 60.0
c.ExecuteSubmission.notebook_seconds = 600.0
c.ExecuteSubmission.output_bytes = 2_000_000

# Lateness: percent of the earned score for each day begun after the grace period, up to a maximum.
c.LatePenalty.grace_minutes = 15.0
c.LatePenalty.percent_per_day = 10.0
c.LatePenalty.maximum_percent = 50.0
