"""The two cells that the build puts on top of every notebook: the Colab badge and the setup cell."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from tito.course import Assignment, Course

BADGE = """\
[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({url})

Run the next cell first, each time you open this notebook: it finds your workspace and your `tinytorch`."""

SETUP = """\
# Setup for {assignment}: finds your workspace and your own tinytorch, here or in Colab.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("tito") is None:
    course = "tinytorch-course[student] @ git+{repository}@{branch}"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", course], check=True)

import tito.notebook

tito.notebook.setup("{assignment}")"""


def colab_url(assignment: Assignment, course: Course) -> str:
    """Where Colab opens the released notebook."""
    path = course.repository.removeprefix("https://github.com/").removesuffix(".git")
    notebook = f"release/{assignment.id}/{assignment.notebook}.ipynb"
    return f"https://colab.research.google.com/github/{path}/blob/{course.branch}/{notebook}"


def setup_cells(assignment: Assignment, course: Course) -> list[NotebookNode]:
    """The badge and the locked setup cell of an assignment."""
    setup = new_code_cell(
        SETUP.format(assignment=assignment.id, repository=course.repository, branch=course.branch),
        metadata={
            "nbgrader": {
                "grade": False,
                "grade_id": "setup",
                "locked": True,
                "schema_version": 3,
                "solution": False,
                "task": False,
            }
        },
    )
    return [new_markdown_cell(BADGE.format(url=colab_url(assignment, course))), setup]
