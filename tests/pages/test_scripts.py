"""Nothing that a student wrote or put out runs in a TA's or another's browser: real pages, real Chromium."""

from __future__ import annotations

import logging
import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell
from playwright.sync_api import Page, Request
from traitlets.config import Config

from demo.samples import grade_id_of, without_markers
from tests.pages import payloads
from tito import lab
from tito.build.trees import build_source
from tito.course import REPOSITORY, the_course
from tito.grading.classroom import CONFIG_NAME, Classroom
from tito.notebooks.exporter import export_reference
from tito.notebooks.grafting import graft

pytestmark = pytest.mark.slow
PERCEPTRON = the_course().milestone("perceptron")
STUDENT = "student_01"
TABLE = "<table class='dataframe'><tr style='text-align: right'><td>0.98</td></tr></table>"
HONEST = (
    "import numpy as np, matplotlib.pyplot as plt\nfrom IPython.display import display\n"
    "plt.plot(np.arange(9))\nplt.show()\n"
    f"display({{'text/html': {TABLE!r}}}, raw=True)\n"
    'display({\'image/svg+xml\': \'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"></svg>\'}, raw=True)'
)
FORMULA = "The slope is $$\\frac{a}{b} < c & d$$ as **measured**:\n\n| n | bytes |\n| - | - |\n| 1 | 8 |"
WATCH = "window.ran = []; window.addEventListener('load', () => document.body.dataset.loaded = 'yes')"
TOUCH = """() => {
    for (const element of document.querySelectorAll('#notebook *')) {
        for (const kind of ['mouseover', 'focus', 'toggle', 'animationstart', 'load'])
            element.dispatchEvent(new Event(kind));
        if (element.tagName === 'A' && !/^https?:/.test(element.href)) element.click();
    }
}"""
HANDLERS = """() => [...document.querySelectorAll('#notebook *')].flatMap(element =>
    [...element.attributes].filter(a => a.name.startsWith('on') || /^\\s*(java|vb)script:/i.test(a.value))
        .map(a => `${element.tagName} ${a.name}`))"""


@pytest.fixture(scope="module")
def course_dir(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course directory with one graded submission of milestone 1 that holds every payload."""
    folder = tmp_path_factory.mktemp("course")
    (folder / CONFIG_NAME).write_bytes((REPOSITORY / CONFIG_NAME).read_bytes())
    build_source(REPOSITORY, PERCEPTRON, the_course(), folder / "source")
    classroom = Classroom(folder, log_level=logging.CRITICAL)
    classroom.generate(PERCEPTRON)
    name = f"{PERCEPTRON.id}/{PERCEPTRON.notebook}.ipynb"
    source, release = (nbformat.read(folder / tree / name, as_version=4) for tree in ("source", "release"))
    solved = without_markers(graft(source, release))
    written = next(cell for cell in solved.cells if grade_id_of(cell) == "systems-analysis")
    written.source = f"{FORMULA}\n\n<script>ran.push('answer')</script><img src=x onerror=\"ran.push('answer')\">"
    solved.cells += [*payloads.cells(), new_code_cell(HONEST)]
    export_reference(REPOSITORY, folder / "reference", PERCEPTRON.needs)
    package = {path.name: path.read_bytes() for path in (folder / "reference" / "tinytorch").glob("*.py")}
    classroom.hand_in(STUDENT, PERCEPTRON, solved, package)
    classroom.autograde(PERCEPTRON)
    classroom.feedback(PERCEPTRON)
    return folder


@pytest.fixture
def watched(page: Page) -> tuple[Page, list[str]]:
    """A page, and what happened in it that no page of ours does."""
    happened: list[str] = []

    def look(request: Request) -> None:
        if payloads.HOST in request.url:
            happened.append(f"request {request.url}")

    page.add_init_script(WATCH)
    page.on("request", look)
    page.on("dialog", lambda dialog: (happened.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.route(re.compile(r"https?://(?!127\.0\.0\.1[:/])"), lambda route: route.abort())
    return page, happened


def ran(page: Page) -> list[str]:
    """The payloads that ran, once the page was loaded and everything in it was touched."""
    page.wait_for_selector("body[data-loaded=yes]")
    page.evaluate(TOUCH)
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    return sorted(set(page.evaluate("window.ran")))


@pytest.mark.filterwarnings("ignore:Your element with mimetype")
def test_the_payloads_run_in_pages_without_our_steps(watched: tuple[Page, list[str]], course_dir: Path) -> None:
    page, happened = watched
    graded = course_dir / "autograded" / STUDENT / PERCEPTRON.id / f"{PERCEPTRON.notebook}.ipynb"
    notebook = nbformat.read(graded, as_version=4)
    hindrances = ("![y](attachment:gone.png)", payloads.REFRESH)  # one stops nbconvert, and one leaves the page
    for cell in notebook.cells:
        for text in hindrances:
            cell.source = cell.source.replace(text, "")
    html, _ = HTMLExporter(template_name="classic", config=Config()).from_notebook_node(deepcopy(notebook))
    where = course_dir / "plain.html"
    where.write_text(html, encoding="utf-8")
    page.goto(where.as_uri())
    assert len(ran(page)) >= 20, "payloads that never run prove nothing"
    assert len(happened) >= 4


def _check_honest(page: Page) -> None:
    widths = page.evaluate("[...document.querySelectorAll('.output_png img')].map(image => image.naturalWidth)")
    assert len([width for width in widths if width > 200]) >= 5
    assert page.locator("table.dataframe td", has_text="0.98").count() == 1
    assert page.evaluate("[...document.images].some(image => image.src.startsWith('data:image/svg+xml'))")
    text = page.locator("#notebook").first.inner_text()
    assert "$$\\frac{a}{b} < c & d$$" in text and "measured" in text
    assert page.locator("strong", has_text="measured").count() == 1
    assert page.locator("summary", has_text="Hint").count() >= 5
    assert page.locator("#notebook td", has_text="all five, drawn from the trained models").count() == 1


def test_nothing_runs_in_formgrader(
    watched: tuple[Page, list[str]], course_dir: Path, home: Path, tmp_path: Path
) -> None:
    page, happened = watched
    with Classroom(course_dir).gradebook() as gradebook:
        key = gradebook.find_submission_notebook(PERCEPTRON.notebook, PERCEPTRON.id, STUDENT).id
    with lab.serve(course_dir) as server:
        page.goto(server.url())
        page.goto(server.url(f"formgrader/submissions/{key}/"))
        page.wait_for_selector("#systems-analysis")
        assert ran(page) == [] and happened == []
        assert page.evaluate(HANDLERS) == []
        assert page.locator("iframe, object, embed, form, base, meta[http-equiv]").count() == 0
        fields = page.locator("input.score")
        ids = [field.get_attribute("id") for field in fields.all()]
        assert len(ids) == len(set(ids)) and page.locator("[id='systems-analysis']").count() == 1
        _check_honest(page)
        page.screenshot(path=tmp_path / "formgrader.png", full_page=True)


def test_nothing_runs_in_feedback(watched: tuple[Page, list[str]], course_dir: Path, tmp_path: Path) -> None:
    page, happened = watched
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    page.goto((course_dir / "feedback" / STUDENT / PERCEPTRON.id / f"{PERCEPTRON.notebook}.html").as_uri())
    assert ran(page) == [] and happened == []
    assert page.evaluate(HANDLERS) == []
    _check_honest(page)
    assert page.locator(".rubric td", has_text="Visualization").count() == 1
    page.screenshot(path=tmp_path / "feedback.png", full_page=True)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"ran.push(1)\">')")
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    assert page.evaluate("window.ran") == [], "the page's policy is the second line"
    assert any("Content Security Policy" in text for text in blocked)
