"""Feedback: the rubric and the noted problems on top, and no hidden test in it."""

from __future__ import annotations

import re
from html import escape

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from tito.course import the_course
from tito.grading.reports.report import CategoryScore, categories_of, category_scores
from tito.grading.sanitize import trust
from tito.grading.secrecy import REGION, secrets_of, without_secrets
from tito.grading.tampering import TAMPERING
from tito.notebooks.problems import has_problem, problems_of
from tito.notebooks.reading import HIDDEN, is_test

STYLE = (
    "<style>.rubric td:nth-child(2), .rubric td:nth-child(3), .rubric th { text-align: right; }"
    " .rubric td:first-child, .rubric th:first-child, .rubric td:last-child { text-align: left; }"
    " .rubric tr:last-child { font-weight: bold; border-top: 1px solid; }</style>"
)
MESSAGE_CHARACTERS = 400


class ShowRubric(NbGraderPreprocessor):
    """nbgrader's step before feedback is written: a table of points by category, then the reasons."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        where = resources["nbgrader"]
        assignment = the_course().assignment(where["assignment"])
        with Gradebook(where["db_url"]) as gradebook:
            notebook = gradebook.find_submission_notebook(where["notebook"], where["assignment"], where["student"])
            scores = category_scores(assignment, notebook)
        titles = {category.id: category.title for category in categories_of(assignment)}
        _hide_tests(nb)
        summary = new_markdown_cell(_summary(nb, scores, titles, float(where["late_penalty"])))
        nb.cells.insert(0, trust(summary, resources))
        return nb, resources


def _summary(notebook: NotebookNode, scores: tuple[CategoryScore, ...], titles: dict[str, str], late: float) -> str:
    rows = [_row(titles[score.id], score.earned, score.maximum, score.awaiting) for score in scores]
    total = sum(score.earned for score in scores) - late
    if late:
        rows.append(f"<tr><td>Late penalty</td><td>-{late:g}</td><td></td><td></td></tr>")
    rows.append(_row("Total", total, sum(s.maximum for s in scores), sum(s.awaiting for s in scores)))
    lines = ["# Your rubric", "", STYLE + "<table class='rubric'>"]
    lines += ["<tr><th>part</th><th>points</th><th>of</th><th></th></tr>", *rows, "</table>"]
    problems = problems_of(notebook)
    if problems:
        lines += ["", "## What grading noticed", ""]
        lines += [f"- {_plain(problem['message'])}" for problem in problems]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A sentence as Markdown that shows just that: a student chooses the names of files in it."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", escape(" ".join(text.split()), quote=False))


def _row(title: str, earned: float, maximum: float, awaiting: float) -> str:
    outlook = f"{awaiting:g} await manual grading" if awaiting else ""
    return f"<tr><td>{title}</td><td>{earned:g}</td><td>{maximum:g}</td><td>{outlook}</td></tr>"


def _hide_tests(notebook: NotebookNode) -> None:
    """Take hidden tests out of the cells, and of what they put out: an assertion's message stays, the code goes.

    Of a submission that tampered with its kernel no output is shown at all.
    """
    secrets = secrets_of(notebook)
    tampered = has_problem(notebook, TAMPERING)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        hides = HIDDEN[0] in cell.source
        cell.source = REGION.sub("", cell.source).rstrip() if hides else cell.source
        cell.outputs = [] if tampered else cell.outputs
        without_secrets(cell, secrets)
        for output in cell.outputs:
            if hides and output.output_type == "error" and is_test(cell):
                output.evalue = shorten(output.evalue)
                output.traceback = [f"{output.ename}: {output.evalue}"]
    for problem in problems_of(notebook):
        problem["message"] = secrets.redacted(problem["message"])


def shorten(text: str) -> str:
    """The beginning of a message: room for an assertion's, not for a test's source."""
    return text if len(text) <= MESSAGE_CHARACTERS else f"{text[:MESSAGE_CHARACTERS]} ..."
