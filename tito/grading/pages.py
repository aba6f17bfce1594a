"""The pages that a TA and a student read: nbgrader's style frames every picture in red and leaves tables unspaced."""

from __future__ import annotations

import base64
import hashlib
import re

import nbformat
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from tito.grading.sanitize import trust

STYLE = """\
<style>
#notebook img { border: none; max-width: 100%; height: auto; }
#notebook .text_cell_render table { margin: 0.6em 0; }
#notebook .text_cell_render th, #notebook .text_cell_render td { padding: 0.2em 0.8em; border: 1px solid #ddd; }
</style>"""
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data: {mathjax}; base-uri 'none';"
    " form-action 'none'; script-src {mathjax} 'unsafe-eval' {scripts}"
)
# MathJax evaluates the part of the page that configures it; nothing else in the page calls eval.
SCRIPT = re.compile(r"<script(?:\s[^>]*)?>(.*?)</script>", re.DOTALL)


SCALE = "<details><summary>What earns the points</summary>"  # folded for a student, open for who gives the points


class ReadablePages(NbGraderPreprocessor):
    """Puts this course's style at the end of a page of formgrader or feedback, and opens what says who gets points.

    The templates of these pages have no other place for it.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = cell.source.replace(SCALE, SCALE.replace("<details>", "<details open>"))
        nb.cells.append(trust(new_markdown_cell(STYLE), resources))
        return nb, resources


class FeedbackExporter(HTMLExporter):
    """nbconvert's exporter, whose page allows no script but those of its own template, and MathJax.

    formgrader makes its pages with ``HTMLExporter`` itself, and works by scripts in the page: there is no such policy.
    """

    def from_notebook_node(self, nb: NotebookNode, resources: dict | None = None, **kwargs: object) -> tuple[str, dict]:
        page, resources = super().from_notebook_node(nb, resources, **kwargs)
        return page.replace("<head>", f"<head>\n{self._policy()}", 1), resources

    def _policy(self) -> str:
        """The policy as an element of the page's head, with the scripts that stand in a page without any cell."""
        empty = HTMLExporter(
            template_name=self.template_name,
            extra_template_basedirs=self.extra_template_basedirs,
            extra_template_paths=self.extra_template_paths,
        )
        nothing = {"nbgrader": {"notebook": "", "score": 0, "max_score": 0, "late_penalty": 0}}
        page, _ = empty.from_notebook_node(nbformat.v4.new_notebook(), nothing)
        scripts = [script for script in SCRIPT.findall(page) if script.strip()]
        content = POLICY.format(mathjax=MATHJAX, scripts=" ".join(map(_hash, scripts)))
        return f'<meta http-equiv="Content-Security-Policy" content="{" ".join(content.split())}">'


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
