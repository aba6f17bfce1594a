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
c.ExecuteSubmission.memory_bytes = 2_000_000_000  # of each process; so are the next two
c.ExecuteSubmission.cpu_seconds = 900.0
c.ExecuteSubmission.file_bytes = 100_000_000
c.ExecuteSubmission.scratch_bytes = 200_000_000  # of all its files together
c.ExecuteSubmission.processes = 64  # threads included

# What shuts submissions in: "forked" (bubblewrap, kernels from a warm template), "bubblewrap" (a cold kernel each), or
# "none": then a submission can read and change the gradebook, and every file of yours.
c.ExecuteSubmission.sandbox = "forked"

# Lateness: percent of the earned score for each day begun after the grace period, up to a maximum.
c.LatePenalty.grace_minutes = 15.0
c.LatePenalty.percent_per_day = 10.0
c.LatePenalty.maximum_percent = 50.0
