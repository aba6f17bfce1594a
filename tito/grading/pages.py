"""The pages that a TA and a student read: nbgrader's style frames every picture in red and leaves tables unspaced."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

STYLE = """\
<style>
#notebook img { border: none; max-width: 100%; height: auto; }
#notebook .text_cell_render table { margin: 0.6em 0; }
#notebook .text_cell_render th, #notebook .text_cell_render td { padding: 0.2em 0.8em; border: 1px solid #ddd; }
</style>"""


class ReadablePages(NbGraderPreprocessor):
    """Puts this course's style at the end of a page of formgrader or feedback: their templates have no other place."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        nb.cells.append(new_markdown_cell(STYLE))
        return nb, resources
