"""The gallery: every student's plots of a cell on one page, from a real gradebook, and nothing on it that runs."""

from __future__ import annotations

import re

import pytest

from tito.errors import TitoError, UnknownName
from tito.grading.reports.gallery import gallery

pytestmark = pytest.mark.slow
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()\nprint('unsure near the middle')"
EVIL = (
    "from IPython.display import display\n"
    "display({'text/html': '<img src=x onerror=alert(1)>', 'image/svg+xml': '<svg onload=\"alert(1)\"/>'}, raw=True)\n"
    "print('<script>alert(2)</script>')\nraise ValueError('</pre><script>alert(3)</script>')"
)
WRITTEN = "It *doubles*: $2x$. <script>alert(4)</script>[x](javascript:alert(5))"


@pytest.fixture
def graded(small):
    small.hand_in("student_01", small.solved(visualization_plot=PLOT))
    small.hand_in("student_02", small.solved(visualization_plot=EVIL, systems_why=WRITTEN))
    (small.hand_in("student_03") / small.name).write_bytes(b"{")
    small.grade()
    small.hand_in("student_04")
    with small.classroom.gradebook() as gradebook:
        gradebook.update_or_create_student("student_05")
        grade = gradebook.find_grade("visualization-plot", small.milestone.notebook, small.milestone.id, "student_01")
        grade.manual_score, grade.needs_manual_grade = 12.5, False
        comment = gradebook.find_comment(
            "visualization-plot", small.milestone.notebook, small.milestone.id, "student_01"
        )
        comment.manual_comment = "clear <axes>"
        gradebook.db.commit()
    return small


def test_the_page_shows_everyone_s_plot_score_and_link(graded, tito, tmp_path):
    made = gallery(graded.root, graded.milestone, base_url="https://grading.example.org/")
    assert [section.cell for section in made.sections] == ["visualization-plot", "systems-why"]
    assert made.missing == (("student_04", "handed in, not graded"), ("student_05", "not handed in"))
    plots = {entry.student: entry for entry in made.sections[0].entries}
    assert set(plots) == {"student_01", "student_02", "student_03"}
    assert (plots["student_01"].points, plots["student_02"].points, plots["student_03"].points) == (12.5, None, 0.0)
    assert "data:image/png;base64,iVBOR" in plots["student_01"].html and "unsure near" in plots["student_01"].html
    with graded.classroom.gradebook() as gradebook:
        for entry in plots.values():
            found = gradebook.find_submission_notebook(graded.milestone.notebook, graded.milestone.id, entry.student)
            assert entry.url == f"https://grading.example.org/formgrader/submissions/{found.id}/"
    page = made.as_html()
    assert "12.5 of 20" in page and page.count("awaits 20") == 3 and "clear &lt;axes&gt;" in page
    assert "student_05 (not handed in)" in page
    assert not re.search(r"<script|onerror=|onload=|javascript:|src=\"(?!data:)", page)
    assert "data:image/svg+xml;base64," in page and "<em>doubles</em>" in page
    assert "Content-Security-Policy" in page and "http-equiv" in page

    result = tito("grade", "gallery", "perceptron", "--course-dir", str(graded.root), "--cell", "systems-why",
                  "--output", str(tmp_path / "page.html"))  # fmt: skip
    assert result.code == 0, result.err
    assert "systems-why: 3 students, 2 await points" in result.out
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "systems-why" in text and "visualization-plot" not in text and "http://localhost:8888/formgrader/" in text


def test_an_unknown_cell_and_an_ungraded_class_are_refused(graded, small, tito):
    with pytest.raises(UnknownName, match="has no manually graded cell 'model-double'"):
        gallery(graded.root, graded.milestone, "model-double")
    refused = tito("grade", "gallery", "perceptron", "--course-dir", str(graded.root), "--url", "javascript:alert(1)")
    assert refused.code == 2
    for folder in (graded.root / "autograded").glob("*/*/*.ipynb"):
        folder.chmod(0o644)
        folder.unlink()
    with pytest.raises(TitoError, match="Nothing of perceptron is graded yet"):
        gallery(graded.root, graded.milestone)
