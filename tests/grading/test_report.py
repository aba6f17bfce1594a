"""Reports: evidence beside the points, distributions that fit the class's size, and a page that shows them all."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tito.course import the_course
from tito.grading.reports.class_report import ClassReport
from tito.grading.reports.distributions import category_shares, cell_outcomes, hardest, summary, totals_so_far
from tito.grading.reports.page import page
from tito.grading.reports.report import (
    AWAITING,
    GRADED,
    NOT_GRADED,
    NOT_SUBMITTED,
    CategoryScore,
    CellScore,
    Evidence,
    Report,
    StudentScore,
    report,
)
from tito.notebooks.problems import note_sandbox, note_tampering

RUBRIC = the_course().milestone("perceptron").rubric
EVIL = "<script>alert(1)</script>"


def made(student: str, auto: float, manual: float | None, **more: object) -> tuple[StudentScore, Evidence]:
    """A student with a share of the tests' points, and of the manual ones unless they await a person."""
    categories, cells = [], []
    for each in RUBRIC:
        by_hand = each.graded == "manual"
        share = manual if by_hand else auto
        earned, awaits = (0.0, True) if share is None else (share * each.points, False)
        categories.append(CategoryScore(each.id, earned, each.points, each.points if awaits else 0.0))
        cells.append(CellScore(f"{each.id}-cell", earned, each.points, awaits))
    state = AWAITING if manual is None else GRADED
    evidence = Evidence(student, tuple(cells), more.pop("sandbox", "forked"), more.pop("tampering", ()))
    return StudentScore(student, state, tuple(categories), 0.0, more.pop("problems", ())), evidence


def of(*pairs: tuple[StudentScore, Evidence]) -> Report:
    return Report("perceptron", "Perceptron", RUBRIC, tuple(s for s, _ in pairs), tuple(e for _, e in pairs))


def page_of(*pairs: tuple[StudentScore, Evidence]) -> str:
    one = of(*pairs)
    return page([one], one.title)


def without_score(student: str, state: str, reason: str = "") -> tuple[StudentScore, Evidence]:
    return StudentScore(student, state, (), 0.0, ()), Evidence(student, reason=reason)


class Structure(HTMLParser):
    """The tags of a page and its words, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs), (tag, attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


class TestDistributions:
    def test_quartiles_from_five_students_on(self):
        assert summary([]) is None
        assert summary([40.0]).median == 40 and summary([1, 2, 3, 4]).quartiles is None
        assert summary([1, 2, 3, 4, 5]).quartiles == (2, 4)

    def test_who_awaits_a_person_is_counted_and_not_drawn_as_zero(self):
        found = of(made("a", 1, None), made("b", 0.5, 1), made("c", 0, 0.5))
        assert category_shares(found, "visualization") == ({"b": 100, "c": 50}, 1)
        assert category_shares(found, "model") == ({"a": 100, "b": 50, "c": 0}, 0)
        assert totals_so_far(found).median == 60

    def test_each_cell_counts_full_part_none_and_awaiting(self):
        outcomes = {
            each.cell: each for each in cell_outcomes(of(made("a", 1, None), made("b", 0.5, 0), made("c", 0, 1)))
        }
        model, plot = outcomes["model-cell"], outcomes["visualization-cell"]
        assert (model.full, model.part, model.none, model.awaits, model.scored) == (1, 1, 1, 0, 3)
        assert (plot.full, plot.part, plot.none, plot.awaits, plot.by_hand) == (1, 0, 1, 1, True)
        assert model.missed == pytest.approx(2 / 3)

    def test_only_tests_that_half_of_the_class_missed_are_hardest(self):
        found = of(made("a", 1, 0), made("b", 1, 0), made("c", 0, 0))
        assert hardest(cell_outcomes(found)) == []
        found = of(made("a", 1, 0), made("b", 0.5, 0))
        assert [each.cell for each in hardest(cell_outcomes(found))] == [
            "comparison-cell",
            "model-cell",
            "training-cell",
        ]


class TestPage:
    def test_nothing_in_it_runs_or_is_fetched_whatever_names_and_reasons_say(self):
        score, more = made(EVIL, 1, 1, problems=(f"a file {EVIL}.py",), tampering=(f"model-cell: {EVIL}",))
        text = page_of((score, more), without_score(f"{EVIL}2", NOT_GRADED, EVIL))
        found = Structure(text)
        assert not {"script", "img", "link", "iframe", "object", "a"} & set(found.tags)
        assert found.words.count(EVIL) >= 4 and "default-src 'none'" in text

    def test_says_loudly_what_ran_without_a_sandbox_and_what_was_tampered_with(self):
        bad = made("student_01", 1, 1, sandbox="none", tampering=("model-cell: np.allclose passed",))
        words = Structure(page_of(bad, made("student_02", 1, 1))).words
        assert "GRADED WITHOUT A SANDBOX" in words and "--no-sandbox" in words
        assert "Flagged for tampering" in words and "student_01: model-cell: np.allclose passed" in words
        calm = Structure(page_of(made("student_02", 1, 1))).words
        assert "SANDBOX" not in calm and "tampering" not in calm

    def test_says_who_is_not_graded_and_why(self):
        words = Structure(
            page_of(
                made("student_01", 1, None),
                without_score("student_02", NOT_GRADED, "the grader failed: OSError"),
                without_score("student_03", NOT_GRADED),
                without_score("student_04", NOT_SUBMITTED),
            )
        ).words
        assert "student_02: the grader failed: OSError" in words and "student_03: no reason was kept" in words
        assert "visualization-cell (Visualization): 1 of 1" in words and "not handed in" in words

    @pytest.mark.parametrize("size", [1, 3, 4, 5, 14, 200])
    def test_every_student_is_drawn_once_in_each_figure_in_a_class_of_any_size(self, size):
        text = page_of(*(made(f"student_{n:03d}", (n % 5) / 4, (n % 3) / 2) for n in range(size)))
        totals, by_category, by_cell = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
        assert sum(map(int, re.findall(r"<title>(\d+): ", totals))) == size
        dots = len(re.findall("<circle", by_category))
        drawn = sum(map(int, re.findall(r"<title>(\d+): ", by_category)))
        assert (dots if 4 < size <= 40 else drawn) == (len(RUBRIC) * size if size > 4 else 0)
        if size <= 4:
            assert all(by_category.count(f"student_{n:03d}") for n in range(size))
        counts = re.findall(r"<title>[a-z]+-cell: (\d+) ", by_cell)
        assert sum(map(int, counts)) == len(RUBRIC) * size
        assert ("middle half of the class" in text) == (size >= 5)
        assert not re.search(r"\b(nan|inf)\b", text) and ("<details>" in text) == (size > 40)
        for x, width in re.findall(r'<rect x="([-\d.]+)" y="[-\d.]+" width="([-\d.]+)"', text):
            assert 0 <= float(x) <= float(x) + float(width) <= 761

    def test_a_class_in_which_nothing_is_graded_has_a_page(self):
        words = Structure(page_of(without_score("student_01", NOT_SUBMITTED))).words
        assert "Nothing is graded yet" in words and "0 of 1" in words


class TestClass:
    def test_assignments_stand_side_by_side(self):
        first = of(made("a", 1, None), made("=b", 1, 1))
        second = replace(of(made("c", 0.5, 0.5)), assignment="mlp", title="Multi-layer perceptron")
        both = ClassReport("spring", (first, second))
        assert both.students == ["=b", "a", "c"] and both.medians() == [80, 50]
        rows = list(csv.DictReader(io.StringIO(both.as_csv())))
        assert [row["student"] for row in rows] == ["'=b", "a", "c"]
        assert (rows[1]["perceptron"], rows[1]["perceptron_awaiting"], rows[1]["mlp_state"]) == (
            "60",
            "40",
            NOT_SUBMITTED,
        )
        assert [each["assignment"] for each in json.loads(both.as_json())["reports"]] == ["perceptron", "mlp"]
        text = page(both.reports, f"Class {both.name}")
        assert "Totals side by side" in text and text.count("<section") == 2

    def test_the_page_of_one_assignment_has_no_table_of_several(self):
        assert "side by side" not in page([of(made("a", 1, 1))], "Class", "today")


@pytest.mark.slow
def test_reads_evidence_from_graded_notebooks_and_the_log(small):
    import nbformat

    small.hand_in("student_01")
    small.hand_in("student_02")
    small.grade()
    small.hand_in("student_03")
    found = report(small.root, small.milestone)
    assert [each.sandbox for each in found.evidence][2] == "" and found.evidence[0].sandbox in ("forked", "bubblewrap")
    names = [cell.cell for cell in found.evidence[0].cells]
    assert names == ["model-double", "training-import", "comparison-text", "visualization-plot", "systems-why"]
    assert [cell.awaits for cell in found.evidence[0].cells] == [False, False, False, True, True]
    path = small.root / "autograded" / "student_02" / small.milestone.id / small.name
    path.chmod(0o644)
    notebook = nbformat.read(path, as_version=4)
    note_sandbox(notebook, "none")
    note_tampering(notebook, [{"after": "model-double", "evidence": "round passed", "passed": ["round"]}])
    nbformat.write(notebook, path)
    with (small.root / ".tito" / "audit.jsonl").open("a") as log:
        log.write(json.dumps({"when": "", "student": "student_03", "assignment": "perceptron", "failed": "why"}) + "\n")
    found = report(small.root, small.milestone)
    assert (found.unprotected, found.tampering, found.ungraded) == (["student_02"], ["student_02"], ["student_03"])
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(found.as_csv()))}
    assert (rows["student_02"]["sandbox"], rows["student_02"]["tampering"]) == ("none", "yes")
    assert rows["student_03"]["problems"] == "why"
