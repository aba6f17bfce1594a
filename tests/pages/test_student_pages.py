"""What a student sees in JupyterLab: an untouched module, and the milestone with its explorer."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from tito import lab
from tito.build.trees import build_source
from tito.course import REPOSITORY, release_root, the_course
from tito.notebooks.exporter import export_reference
from tito.notebooks.grafting import graft
from tito.workspace import Workspace, make_workspace

pytestmark = pytest.mark.slow
TENSOR = the_course().module("tensor")
PERCEPTRON = the_course().milestone("perceptron")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A student's workspace: module 01 as released, and milestone 1 finished with the reference's answers."""
    root = tmp_path_factory.mktemp("student") / "tinytorch-course"
    make_workspace(root)
    made = Workspace(root)
    export_reference(REPOSITORY, root, PERCEPTRON.needs)
    for assignment in (TENSOR, PERCEPTRON):
        place = made.notebook(assignment)
        place.parent.mkdir(parents=True)
        shutil.copyfile(release_root() / assignment.id / place.name, place)
    milestone = made.notebook(PERCEPTRON)
    solved = nbformat.read(
        build_source(REPOSITORY, PERCEPTRON, the_course(), tmp_path_factory.mktemp("built")), as_version=4
    )
    nbformat.write(graft(solved, nbformat.read(milestone, as_version=4)), milestone)
    return made


@pytest.fixture(scope="module")
def server(home: Path, workspace: Workspace) -> Iterator[lab.Server]:
    with lab.serve(workspace.root) as running:
        yield running


def test_an_untouched_module_says_which_exercise_is_unfinished(
    page: Page, server: lab.Server, workspace: Workspace, tmp_path: Path
) -> None:
    _open(page, server, workspace.notebook(TENSOR).relative_to(workspace.root))
    _run_all(page)
    error = page.locator(".jp-OutputArea-output", has_text="waits for exercise").first
    expect(error).to_be_attached(timeout=60_000)
    error.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "error.png")
    said = error.inner_text().strip()
    assert "Traceback" not in said
    exercise = said.removeprefix("This cell waits for exercise ").removesuffix(".")
    released = nbformat.read(workspace.notebook(TENSOR), as_version=4)
    assert f"{exercise}-answer" in {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in released.cells}
    setup = page.locator(".jp-CodeCell").first
    setup.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "setup.png")
    expect(setup).to_contain_text(f"Workspace: {workspace.root}")


def test_the_milestone_runs_and_its_explorer_shows_sliders(
    page: Page, server: lab.Server, workspace: Workspace, tmp_path: Path
) -> None:
    _open(page, server, workspace.notebook(PERCEPTRON).relative_to(workspace.root))
    _run_all(page)
    explorer = page.locator(".jp-OutputArea .widget-vbox", has=page.locator(".noUi-handle"))
    expect(explorer).to_be_attached(timeout=120_000)
    explorer.scroll_into_view_if_needed()
    handles = explorer.locator(".noUi-handle")
    expect(handles).to_have_count(2)
    picture = explorer.locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 300
    page.screenshot(path=tmp_path / "explorer.png")
    before = picture.get_attribute("src")
    handles.first.focus()
    handles.first.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before)
    page.screenshot(path=tmp_path / "explorer-moved.png")


def _open(page: Page, server: lab.Server, notebook: Path) -> None:
    page.goto(server.url(f"lab/tree/{notebook.as_posix()}") + "&reset")  # no tab of an earlier page
    expect(page.locator(".jp-Notebook")).to_be_visible(timeout=60_000)
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=60_000)


def _run_all(page: Page) -> None:
    """Run all cells. JupyterLab forgets the wish when it comes while the kernel's connection is being made."""
    first = page.locator(".jp-CodeCell .jp-InputPrompt").first
    for _ in range(3):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with contextlib.suppress(AssertionError):
            expect(first).to_have_text("[1]:", timeout=20_000)
            return
    raise AssertionError("the first cell did not run")
