"""The portfolio: only what was measured is reached, nothing private is on it, and it needs nothing but itself."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tito.portfolio.plots import plots_of
from tito.state.attempts import Attempt, MeasuredAchievement
from tito.state.tracker import MilestoneTracker
from tito.student.exports import exports_hash

FIGURES = {"moons_accuracy": 0.9975, "spiral_accuracy": 0.985, "moons_loss_last": 0.0213}
VOID = {"meta", "img", "link", "br", "hr", "input"}


class Page(HTMLParser):
    """The tags, attributes and text of a page; unbalanced tags are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def measured(completed, course):
    """Milestone 1 verified with these figures, and completed."""
    milestone = course.milestone("perceptron")
    attempt = Attempt.of("verification", 4.0, 9, 9, FIGURES, exports_hash(completed, course, milestone))
    goals = [
        MeasuredAchievement(goal.id, goal.title, goal.metric, goal.threshold, FIGURES[goal.metric])
        for goal in milestone.achievements
    ]
    tracker = MilestoneTracker(completed, course)
    assert tracker.record_verification("perceptron", attempt, goals)
    assert tracker.record_submission("perceptron", replace(attempt, kind="submission"), "b" * 64, passed=True)
    return completed


@pytest.fixture
def page(tito):
    def make(workspace, *arguments: str) -> Page:
        result = tito("portfolio", *arguments)
        assert result.code == 0, result.err
        return Page((workspace.root / "portfolio" / "index.html").read_text(encoding="utf-8"))

    return make


def png(size=(60, 40), text="") -> str:
    info = PngInfo()
    info.add_text("Comment", text)
    stream = io.BytesIO()
    Image.new("RGBA", size, (200, 30, 30, 128)).save(stream, "PNG", pnginfo=info)
    return base64.b64encode(stream.getvalue()).decode()


def show(workspace, course, cells, name="perceptron") -> Path:
    """Put these cells at the end of a student's milestone notebook."""
    from tito.course import release_root

    milestone = course.milestone(name)
    path = workspace.notebook(milestone)
    notebook = nbformat.read(release_root() / milestone.id / path.name, as_version=4)
    notebook.cells += cells
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def drawing(data: str | list[str], **more) -> nbformat.NotebookNode:
    return new_code_cell("x", outputs=[new_output("display_data", data={"image/png": data, **more})])


class TestReached:
    def test_nothing_measured_is_nothing_reached(self, page, workspace, course):
        made = page(workspace)
        assert f"0 of {len(course.milestones)}" in made.text
        labels = [svg["aria-label"] for svg in made.all("svg")]
        assert len(labels) == len(course.milestones) + len(course.planned_milestones)
        assert all(label.endswith(", not completed") for label in labels)
        assert "Completed on" not in made.text
        assert "What was measured" not in made.text
        assert not [entry for entry in made.all("li") if entry.get("class") == "reached"]
        assert "Locked: needs modules 01-04" in made.text
        assert "which are not part of this course yet" in made.text

    def test_what_was_measured_stands_there_with_its_date(self, page, measured, course):
        made = page(measured, "--name", "Ada Lovelace")
        first, *rest = [svg["aria-label"] for svg in made.all("svg")]
        assert first == "Badge First Light, completed"
        assert all(label.endswith("not completed") for label in rest)
        for text in ("0.9975", "0.985", "Completed on", "Ada Lovelace", course.milestone("perceptron").ability):
            assert text in made.text
        for module in course.modules:
            assert (module.ability in made.text) == (module.number in course.milestones[0].needs)
        assert "Completed on 1 January 2026" in made.text

    def test_a_framework_that_changed_since_is_said(self, page, measured, course):
        path = measured.export(course.module("losses"))
        path.write_text(path.read_text() + "\n# mine\n")
        assert "the framework has changed since it was measured" in page(measured).text

    def test_as_json_and_elsewhere(self, tito, measured, tmp_path):
        record = tito("portfolio", "--output", str(tmp_path / "out"), "--json").record
        assert record["milestones"] == ["perceptron"]
        assert record["modules"] == [1, 2, 3, 4]
        assert (tmp_path / "out" / "index.html").stat().st_size == record["size_bytes"]


class TestSelfContained:
    def test_no_script_no_request_and_words_for_everything(self, page, measured, course):
        show(measured, course, [drawing(png())])
        made = page(measured)
        assert not {name for name, _ in made.tags} & {"script", "link", "iframe", "object", "form"}
        assert not [name for _, attributes in made.tags for name in attributes if name.startswith("on")]
        pictures = made.all("img")
        assert pictures and all(picture["src"].startswith("data:image/png;base64,") for picture in pictures)
        assert all(picture["alt"] and picture["width"] and picture["height"] for picture in pictures)
        assert all(svg["role"] == "img" and svg["aria-label"] for svg in made.all("svg"))
        style = re.search(r"<style>(.*?)</style>", (measured.root / "portfolio/index.html").read_text(), re.DOTALL)[1]
        assert "@import" not in style and "url(" not in style
        assert "prefers-color-scheme: dark" in style
        policies = [meta["content"] for meta in made.all("meta") if "http-equiv" in meta]
        assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
        assert made.all("html") == [{"lang": "en"}]

    def test_headings_come_in_order(self, page, measured):
        levels = [int(name[1]) for name, _ in page(measured).tags if re.fullmatch(r"h[1-6]", name)]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    def test_nothing_private_is_on_it(self, page, measured, course, home):
        secret = "my-secret-note"
        cells = [
            new_markdown_cell(f"# {secret}"),
            drawing(png(text=secret), **{"text/html": secret, "text/plain": secret}),
            new_code_cell(f"# {secret}", outputs=[new_output("stream", text=f"{secret} {measured.root}")]),
        ]
        show(measured, course, cells)
        assert page(measured).all("img")
        content = (measured.root / "portfolio" / "index.html").read_text()
        for private in (secret, str(measured.root), str(home), str(measured.root.parent)):
            assert private not in content
        for found in re.findall(r"base64,([A-Za-z0-9+/=]+)", content):
            assert secret.encode() not in base64.b64decode(found)

    def test_a_name_is_a_name_and_no_markup(self, page, workspace):
        name = '<img src=x onerror="alert(1)"> & co'
        made = page(workspace, "--name", name)
        assert made.all("img") == []
        assert name in made.text


class TestPlots:
    def test_captions_are_the_courses_headings_without_their_points(self, page, measured, course):
        path = show(measured, course, [])
        notebook = nbformat.read(path, as_version=4)
        for heading in ("### model-prediction · ", "### Exercise: the decision boundary ("):
            place = next(n for n, cell in enumerate(notebook.cells) if heading in cell.source)
            notebook.cells.insert(place + 1, drawing([png()[:20], png()[20:]]))
        nbformat.write(notebook, path)
        captions = [plot.caption for plot in plots_of(measured, course.milestone("perceptron"))[0]]
        assert captions == ["Model prediction", "The decision boundary"]
        assert "Plot of the notebook's part: Model prediction" in page(measured).all("img")[0]["alt"]

    def test_large_ones_are_made_smaller_and_encoded_anew(self, measured, course):
        original = png((1800, 900), "private")
        show(measured, course, [drawing(original)])
        (plot,), note = plots_of(measured, course.milestone("perceptron"))
        assert (plot.width, plot.height, note) == (900, 450, "")
        picture = Image.open(io.BytesIO(plot.png))
        assert (picture.size, picture.info.get("Comment")) == ((900, 450), None)

    def test_what_is_no_picture_is_left_out_and_said(self, tito, measured, course):
        jpeg = io.BytesIO()
        Image.new("RGB", (4, 4)).save(jpeg, "JPEG")
        wrong = ["no base64!", base64.b64encode(b"no png").decode(), base64.b64encode(jpeg.getvalue()).decode()]
        show(measured, course, [drawing(data) for data in [*wrong, png()]])
        result = tito("portfolio")
        assert result.code == 0
        assert "plots: 1." in result.out
        assert "3 of the 4 plots of perceptron are left out." in result.out

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3}', '{"cells": [1, {"outputs": [2]}]}'])
    def test_a_damaged_notebook_has_no_plots(self, tito, measured, course, content):
        path = measured.notebook(course.milestone("perceptron"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        result = tito("portfolio", "--json")
        assert (result.code, json.loads(result.out)["plots"]) == (0, 0)

    def test_at_most_a_dozen(self, measured, course):
        show(measured, course, [drawing(png()) for _ in range(20)])
        plots, note = plots_of(measured, course.milestone("perceptron"))
        assert (len(plots), note) == (12, "8 of the 20 plots of perceptron are left out.")
