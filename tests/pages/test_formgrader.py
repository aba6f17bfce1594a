"""What a TA sees in formgrader: an autograded class, its manual cells, and where points and comments end up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from demo import term
from demo.perceptron_class import SAMPLES
from tito import lab
from tito.course import the_course
from tito.grading.classroom import Classroom
from tito.grading.reports.report import NOT_GRADED, StudentScore, report

pytestmark = pytest.mark.slow
PERCEPTRON = the_course().milestone("perceptron")
MANUAL = ("visualization-boundary", "visualization-history", "systems-memory", "systems-analysis")
FINISHED, BLANK = "student_01", "student_03"


@pytest.fixture(scope="module")
def course_dir(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course directory of `make lab`, with one finished submission (autograded) and a blank one (not yet)."""
    folder = tmp_path_factory.mktemp("course")
    lab.set_up(folder, print)
    samples = {sample.student: sample for sample in SAMPLES}
    term.hand_in(folder, PERCEPTRON, [samples[FINISHED]])
    assert term.nbgrader(folder, ["autograde", PERCEPTRON.id], check=False) == 0
    term.hand_in(folder, PERCEPTRON, [samples[BLANK]])
    return folder


@pytest.fixture(scope="module")
def server(home: Path, course_dir: Path) -> Iterator[lab.Server]:
    with lab.serve(course_dir) as running:
        yield running


def test_setting_up_again_keeps_what_is_there(course_dir: Path) -> None:
    said: list[str] = []
    before = {path: path.read_bytes() for path in course_dir.rglob("*.ipynb")}
    lab.set_up(course_dir, said.append)
    assert not said
    assert {path: path.read_bytes() for path in course_dir.rglob("*.ipynb")} == before


def test_formgrader_and_assignment_list_open_from_jupyterlabs_menu(
    page: Page, server: lab.Server, tmp_path: Path
) -> None:
    page.goto(server.url())
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click(timeout=60_000)
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    formgrader = page.frame_locator("iframe").locator("body")
    for assignment in the_course().assignments:
        expect(formgrader).to_contain_text(assignment.id)
    page.screenshot(path=tmp_path / "formgrader.png")
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.get_by_role("menuitem", name="Assignment List", exact=True).click()
    expect(page.locator("#jp-main-dock-panel")).to_contain_text("There are no assignments to fetch.")


def test_a_ta_finds_the_plot_and_the_scale_and_gives_points_and_a_comment(
    page: Page, server: lab.Server, course_dir: Path, tmp_path: Path
) -> None:
    _go(page, server, f"formgrader/gradebook/{PERCEPTRON.id}/{PERCEPTRON.notebook}")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator(".needs-manual-grade .glyphicon-ok")).to_be_visible()
    page.screenshot(path=tmp_path / "submissions.png")
    row.get_by_role("link", name="Submission #1").click()

    waiting = page.locator("input.score.needs_manual_grade")
    expect(waiting).to_have_count(len(MANUAL))
    assert [field.get_attribute("id") for field in waiting.all()] == list(MANUAL)
    boundary = page.locator(".cell", has=page.locator("#visualization-boundary"))
    picture = boundary.locator("img").first
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("image => image.naturalWidth") > 300
    expect(picture).to_have_css("border-style", "none")
    page.screenshot(path=tmp_path / "boundary.png")
    expect(page.get_by_role("cell", name="all five, drawn from the trained models")).to_be_visible()

    assert _score(course_dir, FINISHED).awaiting == 40
    _type(page, page.locator("#visualization-boundary"), "7.5", "grade")
    assert _points(course_dir)["visualization"] == (7.5, 10)
    _click(
        page, page.locator(".nbgrader_cell", has=page.locator("#systems-analysis")).get_by_text("Full credit"), "grade"
    )
    assert _points(course_dir)["systems"] == (10, 10)
    comment = "The slope is right; say which arrays it counts."
    _type(page, page.locator("#systems-analysis-comment"), comment, "comment")
    page.screenshot(path=tmp_path / "graded.png")

    score = _score(course_dir, FINISHED)
    assert (score.awaiting, score.total) == (20, 77.5)
    with Classroom(course_dir).gradebook() as gradebook:
        found = gradebook.find_comment("systems-analysis", PERCEPTRON.notebook, PERCEPTRON.id, FINISHED)
        assert found.manual_comment == comment
    page.reload()
    expect(page.locator("#visualization-boundary")).to_have_value("7.5")
    expect(page.locator("#systems-analysis-comment")).to_have_value(comment)
    expect(waiting).to_have_count(2)


def test_formgraders_autograde_button_takes_the_courses_road(
    page: Page, server: lab.Server, course_dir: Path, tmp_path: Path
) -> None:
    assert _score(course_dir, BLANK).state == NOT_GRADED
    _go(page, server, f"formgrader/manage_submissions/{PERCEPTRON.id}")
    row = page.locator("tbody tr", has_text=BLANK)
    row.locator(".autograde a").click()
    dialog = page.locator(".modal-dialog")
    expect(dialog).to_contain_text("Success", timeout=90_000)
    page.screenshot(path=tmp_path / "autograded.png")
    score = _score(course_dir, BLANK)
    assert (score.awaiting, score.total) == (0, 0)


def _go(page: Page, server: lab.Server, path: str) -> None:
    """Open a page of formgrader in a browser that JupyterLab has let in."""
    page.goto(server.url())
    page.goto(server.url(path))


def _score(course_dir: Path, student: str) -> StudentScore:
    return next(score for score in report(course_dir, PERCEPTRON).students if score.student == student)


def _points(course_dir: Path) -> dict[str, tuple[float, float]]:
    """Points earned and points awaited, by category."""
    return {category.id: (category.earned, category.awaiting) for category in _score(course_dir, FINISHED).categories}


def _type(page: Page, field: Locator, text: str, what: str) -> None:
    with page.expect_response(lambda answer: f"/formgrader/api/{what}/" in answer.url) as saved:
        field.fill(text)
        field.press("Tab")
    assert saved.value.ok


def _click(page: Page, button: Locator, what: str) -> None:
    with page.expect_response(lambda answer: f"/formgrader/api/{what}/" in answer.url) as saved:
        button.click()
    assert saved.value.ok
