"""A contact sheet for a TA: what every student put into one manually graded cell, side by side, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import nbformat
from nbconvert.filters import ansi2html
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from tito.course import Assignment
from tito.errors import TitoError, UnknownName
from tito.grading.classroom import Classroom
from tito.grading.reports.report import graded_notebook, report
from tito.grading.sanitize import markdown_to_safe_html, safe_data
from tito.notebooks.reading import nbgrader_metadata

DEFAULT_URL = "http://localhost:8888"
MAX_TEXT = 1_500  # characters of printed text of one student
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c1c1c; margin: 24px auto; max-width: 1400px; padding: 0 20px; }
h1 { font-size: 1.5em; margin-bottom: 0.2em; } h2 { font-size: 1.25em; margin: 1.6em 0 0.4em; }
.scale { background: #f4f6f8; border-left: 4px solid #1f5fa8; padding: 2px 16px; margin-bottom: 16px; }
.scale h3 { font-size: 1em; } .missing, .note { color: #555; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(360px, 1fr)); gap: 16px; }
.student { border: 1px solid #cfd6dd; border-radius: 4px; padding: 10px 12px; overflow: hidden; break-inside: avoid; }
.student header { display: flex; justify-content: space-between; gap: 8px; margin-bottom: 6px; }
.score { color: #2b6a2f; } .awaits { color: #8a5300; font-weight: 600; }
img { max-width: 100%; height: auto; display: block; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; margin: 6px 0; }
pre { max-height: 22em; overflow: auto; }
.answer { overflow-wrap: anywhere; } .error { color: #9d1c1c; }
table { border-collapse: collapse; margin: 0.6em 0; } td, th { border: 1px solid #cfd6dd; padding: 2px 8px; }
.comment { border-top: 1px solid #cfd6dd; color: #555; margin-top: 8px; padding-top: 4px; }
@media print {
  body { margin: 0; max-width: none; font-size: 11px; } pre { max-height: none; overflow: visible; }
  section + section { break-before: page; } .sheet { grid-template-columns: 1fr 1fr; } a { color: inherit; }
}
"""


@dataclass(frozen=True)
class Entry:
    """One student's part of a section: what the cell shows as safe HTML, and where its points stand."""

    student: str
    url: str
    html: str
    points: float | None
    maximum: float
    comment: str


@dataclass(frozen=True)
class Section:
    """One manually graded cell: its scale as safe HTML, and everyone who handed it in."""

    cell: str
    scale: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Gallery:
    """An assignment's manually graded cells, and the students of whom there is nothing to show, with the reason."""

    assignment: str
    title: str
    sections: tuple[Section, ...]
    missing: tuple[tuple[str, str], ...]

    def as_html(self) -> str:
        """One page that needs no other file, runs no script, and can be printed."""
        head = (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            f'<meta name="viewport" content="width=device-width"><title>{escape(self.title)}</title>'
            f"<style>{STYLE}</style></head><body>"
        )
        missing = ", ".join(f"{escape(student)} ({escape(why)})" for student, why in self.missing)
        lines = [head, f"<h1>{escape(self.title)}</h1>"]
        lines.append(
            f'<p class="missing">Not shown: {missing}.</p>' if missing else '<p class="note">Nobody is missing.</p>'
        )
        lines += [_section(section) for section in self.sections]
        return "\n".join([*lines, "</body></html>\n"])


def gallery(course_dir: Path, assignment: Assignment, cell: str | None = None, base_url: str = DEFAULT_URL) -> Gallery:
    """Collect what every student put into the manually graded cells of an assignment, or into one of them.

    Raises TitoError when there is no gradebook, no such cell, or nothing graded yet.
    """
    scores = report(course_dir, assignment)  # refuses a folder without this assignment's gradebook
    classroom = Classroom(course_dir)
    graded = {
        score.student: nbformat.read(graded_notebook(classroom, score.student, assignment), as_version=4)
        for score in scores.students
        if score.categories
    }
    if not graded:
        raise TitoError(f"Nothing of {assignment.id} is graded yet.", f"nbgrader autograde {assignment.id}")
    manual = _manual_cells(next(iter(graded.values())))
    if cell is not None and cell not in manual:
        raise UnknownName(f"{assignment.id} has no manually graded cell {cell!r}.", f"choose of {', '.join(manual)}")
    with classroom.gradebook() as gradebook:
        sections = tuple(
            Section(name, scale, tuple(_entries(gradebook, assignment, name, graded, base_url.rstrip("/"))))
            for name, scale in manual.items()
            if cell in (None, name)
        )
    missing = tuple((score.student, score.state) for score in scores.students if score.student not in graded)
    return Gallery(assignment.id, f"{assignment.title}: {cell or 'the cells that a person grades'}", sections, missing)


def _manual_cells(notebook: NotebookNode) -> dict[str, str]:
    """The manually graded cells, each with the scale: the text right above it, which the release has put there."""
    found, above = {}, ""
    for each in notebook.cells:
        meta = nbgrader_metadata(each)
        if meta.get("task") or (meta.get("grade") and meta.get("solution")):
            found[meta["grade_id"]] = markdown_to_safe_html(above)
        if each.cell_type == "markdown" and not meta and not each.id.startswith("extra-"):
            above = each.source
    return found


def _entries(
    gradebook: Gradebook, assignment: Assignment, name: str, graded: dict[str, NotebookNode], base_url: str
) -> list[Entry]:
    entries = []
    for student, notebook in graded.items():
        submission = gradebook.find_submission_notebook(assignment.notebook, assignment.id, student)
        grade = next(each for each in submission.grades if each.name == name)
        comment = next((each.comment for each in submission.comments if each.name == name), None)
        shown = next(each for each in notebook.cells if nbgrader_metadata(each).get("grade_id") == name)
        points = None if grade.needs_manual_grade else grade.score
        url = f"{base_url}/formgrader/submissions/{submission.id}/"
        entries.append(Entry(student, url, _shown(shown), points, grade.max_score, comment or ""))
    return entries


def _shown(cell: NotebookNode) -> str:
    """What a cell shows: its text when it is written, else its pictures, its tables and what it printed."""
    if cell.cell_type != "code":
        return f'<div class="answer">{markdown_to_safe_html(cell.source, cell.get("attachments"))}</div>'
    pictures, texts = [], []
    for output in cell.outputs:
        if output.output_type == "stream":
            texts.append(_text(output.text))
        elif output.output_type == "error":
            texts.append(f'<pre class="error">{ansi2html(f"{output.ename}: {output.evalue}"[:MAX_TEXT])}</pre>')
        else:
            data = safe_data(output.data)
            pictures += [_image(kind, data[kind]) for kind in ("image/png", "image/jpeg") if kind in data][:1]
            if not {"image/png", "image/jpeg"} & set(data):
                texts.append(data.get("text/html") or _text(data.get("text/plain", "")))
    return "\n".join([*pictures, *texts]) or '<p class="note">The cell shows nothing.</p>'


def _image(kind: str, data: str) -> str:
    return f'<img alt="plot" src="data:{kind};base64,{data}">'


def _text(text: str) -> str:
    cut = f"{text[:MAX_TEXT]}\n[...]" if len(text) > MAX_TEXT else text
    return f"<pre>{ansi2html(cut)}</pre>" if cut.strip() else ""


def _section(section: Section) -> str:
    entries = "\n".join(map(_entry, section.entries))
    return (
        f'<section id="{escape(section.cell)}"><h2>{escape(section.cell)}</h2>\n'
        f'<div class="scale">{section.scale}</div>\n'
        f'<div class="sheet">\n{entries}\n</div></section>'
    )


def _entry(entry: Entry) -> str:
    if entry.points is None:
        score = f'<span class="awaits">awaits {entry.maximum:g}</span>'
    else:
        score = f'<span class="score">{entry.points:g} of {entry.maximum:g}</span>'
    comment = f'<div class="comment">{escape(entry.comment)}</div>' if entry.comment else ""
    link = f'<a href="{escape(entry.url)}">{escape(entry.student)}</a>'
    return f'<article class="student"><header>{link}{score}</header>\n{entry.html}\n{comment}</article>'
