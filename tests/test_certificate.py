"""Certificates: only for what was measured, and every change of one is found."""

from __future__ import annotations

import io
import json
import re
import struct
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tito.certificate import pictures, svg
from tito.certificate.check import PROVES, check
from tito.certificate.record import Certificate, Measurement, NoCertificate, digest_of, make, parse, results_hash
from tito.course import REPOSITORY, load
from tito.state.attempts import Attempt, MeasuredAchievement
from tito.state.tracker import MilestoneTracker
from tito.student.exports import exports_hash

FIGURES = {"moons_accuracy": 0.9975, "moons_loss_last": 0.0213, "spiral_accuracy": 0.985, "backend": "numpy"}
KINDS = ("svg", "pdf", "png")


@pytest.fixture
def certified(completed, course):
    """A workspace whose milestone 1 is completed, and verified with these figures and the exports that lie there."""
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


def made(name="Ada Lovelace", figures=FIGURES) -> Certificate:
    course = load(REPOSITORY)
    measurement = Measurement("2026-01-02T03:04:05Z", 9, figures, "ab" * 32, ("tensor.py", "losses.py"))
    return make(course, course.milestone("perceptron"), measurement, name)


def forged(**changes) -> Certificate:
    """A record whose figures were changed by somebody who also computed all hashes anew."""
    changed = replace(made(), **changes)
    changed = replace(changed, results_sha256=results_hash(changed.figures, changed.goals, changed.checks))
    return replace(changed, digest=digest_of(changed))


def check_bytes(content: bytes, folder: Path, name: str = "c"):
    path = folder / name
    path.write_bytes(content)
    return check(path, load(REPOSITORY))


def broken(result) -> list[str]:
    return [finding.what for finding in result.findings if finding.state == "broken"]


class TestIssue:
    def test_writes_svg_pdf_and_png_with_what_was_measured(self, tito, certified):
        result = tito("milestone", "certificate", "perceptron", "--name", "Ada Lovelace")
        assert result.code == 0, result.err
        for kind in KINDS:
            assert f"written  certificates/perceptron-certificate.{kind}\n" in result.out
            assert (certified.root / "certificates" / f"perceptron-certificate.{kind}").is_file()
        assert "measured  Moons above 95 %: 0.9975 (needed 0.95)" in result.out
        assert result.out.endswith("Next: tito milestone verify certificates/perceptron-certificate.svg\n")

    def test_as_json_and_elsewhere(self, tito, certified, tmp_path):
        result = tito("milestone", "certificate", "1", "--output", str(tmp_path / "out"), "--json")
        assert result.record["certificate"]["figures"] == FIGURES
        assert result.record["certificate"]["name"] == ""
        assert {Path(name).suffix for name in result.record["files"]} == {".svg", ".pdf", ".png"}
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
            f"perceptron-certificate.{kind}" for kind in sorted(KINDS)
        ]

    def test_refuses_what_was_not_handed_in_or_not_measured(self, tito, completed, course):
        result = tito("milestone", "certificate", "perceptron")
        assert result.code == 1
        assert result.err == (
            "milestone 1 (perceptron) is not completed: no notebook that passes its checks was handed in.\n"
            "Next: tito milestone submit perceptron\n"
        )
        handed_in = Attempt.of("submission", 1, 1, 1, {}, "a" * 64)
        MilestoneTracker(completed, course).record_submission("perceptron", handed_in, "b" * 64, passed=True)
        result = tito("milestone", "certificate", "perceptron")
        assert result.err == (
            "milestone 1 (perceptron) is not verified: no run has passed all its checks and reached all its "
            "achievements.\nNext: tito milestone test perceptron\n"
        )
        assert not (completed.root / "certificates").exists()

    @pytest.mark.parametrize("change", ["changed", "gone"])
    def test_refuses_when_the_exports_are_others_now(self, tito, certified, course, change):
        path = certified.export(course.module("losses"))
        path.unlink() if change == "gone" else path.write_text(path.read_text() + "\n# mine\n")
        result = tito("milestone", "certificate", "perceptron")
        assert result.code == 1
        assert result.err == (
            "The exports changed since milestone 1 (perceptron) was measured.\nNext: tito milestone test perceptron\n"
        )

    def test_refuses_a_planned_and_an_unknown_milestone(self, tito, certified):
        assert "is planned" in tito("milestone", "certificate", "cnn").err
        assert "Did you mean 'perceptron'?" in tito("milestone", "certificate", "perseptron").err

    @pytest.mark.parametrize("name", ["x" * 81, "Ada\u202eecalevoL", "Ada\u0007"], ids=["long", "turned", "control"])
    def test_refuses_a_name_that_a_page_cannot_show(self, tito, certified, name):
        result = tito("milestone", "certificate", "perceptron", "--name", name)
        assert result.code == 1
        assert result.err.startswith("The name h")
        assert "Next: tito milestone certificate" in result.err

    def test_letters_that_the_pictures_font_lacks_leave_the_svg(self, tito, certified):
        result = tito("milestone", "certificate", "perceptron", "--name", "李小龍")
        assert result.code == 0
        assert "No PDF or PNG: their font lacks letters of the name; the SVG shows them." in result.out
        written = list((certified.root / "certificates").iterdir())
        assert [path.suffix for path in written] == [".svg"]
        assert "李小龍" in written[0].read_text(encoding="utf-8")

    def test_without_matplotlib_there_is_the_svg(self, tito, certified, monkeypatch):
        real = sys.modules["importlib.util"].find_spec
        monkeypatch.setattr(
            "importlib.util.find_spec", lambda name, *rest: None if name == "matplotlib" else real(name)
        )
        result = tito("milestone", "certificate", "perceptron")
        assert result.code == 0
        assert "No PDF or PNG: they need matplotlib" in result.out
        assert [path.suffix for path in (certified.root / "certificates").iterdir()] == [".svg"]


class TestPage:
    def test_every_text_is_text_and_nothing_outside_is_named(self):
        content = svg.write(made()).decode()
        root = ElementTree.fromstring(content)
        shown = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
        for text in ("Ada Lovelace", "First Light", "0.9975", "0.985", "Measured on 2 January 2026", "ab" * 32):
            assert text in shown
        assert any("are no signature" in text for text in shown)
        without_record = re.sub(r"<metadata.*?</metadata>", "", content)
        assert set(re.findall(r"https?://[^\"'<\s]+", without_record)) == {"http://www.w3.org/2000/svg"}
        assert not re.search(r"href|url\(|<style|<script|<image|<foreignObject|@import", without_record)

    def test_a_name_is_a_name_and_no_markup(self):
        name = '<script>alert("1")</script> & ]]> $x^2$'
        content = svg.write(made(name))
        root = ElementTree.fromstring(content)
        assert "{http://www.w3.org/2000/svg}script" not in {node.tag for node in root.iter()}
        assert svg.read(content).name == name
        for kind in ("pdf", "png"):
            assert pictures.read(pictures.write(made(name), kind)).name == name

    def test_the_longest_name_and_many_figures_stay_on_the_page(self):
        from tito.certificate.drawing import Text, text_width
        from tito.certificate.page import HEIGHT, LEFT, RIGHT, WIDTH, page

        figures = FIGURES | {f"another_long_figure_{n}": 123456.789 * n for n in range(60)}
        for shape in page(made("W" * 80, figures)):
            if isinstance(shape, Text):
                x, y = shape.at
                assert 8 < y < HEIGHT - 8
                if shape.anchor == "start" and x >= LEFT:
                    assert x + text_width(shape.text, shape.size, shape.family) <= max(RIGHT + 0.5, x)
                assert 0 < x < WIDTH

    def test_a_figure_below_its_threshold_gets_no_certificate(self):
        from tito.errors import TitoError

        with pytest.raises(TitoError, match="Spiral above 95 % was not reached"):
            made(figures=FIGURES | {"spiral_accuracy": 0.9})

    @pytest.mark.parametrize("number", range(1, 8))
    def test_each_number_has_a_badge_of_its_own(self, number):
        from tito.certificate.badges import GOLD, badge
        from tito.certificate.drawing import svg_shapes

        lines = [text for text in svg_shapes(badge(number, "1957", (0, 0), 1, GOLD)) if text.startswith("<polyline")]
        nodes = number + 2
        assert len(lines) == len(set(lines)) == nodes * (nodes - 1) // 2


class TestVerify:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_whole_one_holds_anywhere(self, tito, certified, kind, tmp_path, monkeypatch):
        assert tito("milestone", "certificate", "perceptron", "--name", "Ada").code == 0
        path = certified.root / "certificates" / f"perceptron-certificate.{kind}"
        here = tito("milestone", "verify", str(path))
        assert here.code == 0, here.out
        words = " ".join(here.out.split())
        assert "Certificate of Ada: Perceptron (perceptron), measured" in words
        assert "holds package it is this workspace's export, byte for byte" in words
        assert "measured 0.9975, needed 0.95 in tito" in words
        assert "A hash without a key shows integrity, not identity" in words
        monkeypatch.chdir(tmp_path)
        record = tito("milestone", "verify", str(path), "--json").record
        states = {finding["what"]: finding["state"] for finding in record["findings"]}
        assert set(states.values()) == {"holds"}
        assert "package" not in states
        assert record["proves"] == PROVES

    def test_another_package_is_said_and_not_measured_here(self, tito, certified, course):
        assert tito("milestone", "certificate", "perceptron").code == 0
        path = certified.export(course.module("losses"))
        path.write_text(path.read_text() + "\n# mine\n")
        name = "certificates/perceptron-certificate.svg"
        result = tito("milestone", "verify", name)
        assert result.code == 0
        assert "not known" in result.out
        assert "it is not this workspace's export as it is now" in " ".join(result.out.split())
        refused = tito("milestone", "verify", name, "--measure")
        assert refused.code == 1
        assert refused.err.startswith("This workspace's export is not the package of the certificate")

    def test_a_figure_changed_on_the_page_is_found(self, tito, certified):
        assert tito("milestone", "certificate", "perceptron").code == 0
        path = certified.root / "certificates" / "perceptron-certificate.svg"
        path.write_text(path.read_text().replace(">0.9975<", ">0.9999<"))
        result = tito("milestone", "verify", str(path))
        assert result.code == 1
        words = " ".join(result.out.split())
        assert "broken page the page shows '0.9999', which its record does not say" in words
        assert "Do not rely on it" in words

    def test_a_figure_changed_in_the_record_is_found(self, tmp_path):
        content = svg.write(made()).decode()
        changed = content.replace('"moons_accuracy":0.9975', '"moons_accuracy":0.9999')
        assert changed != content
        assert broken(check_bytes(changed.encode(), tmp_path)) == ["record", "results"]

    def test_hashes_made_anew_do_not_change_the_page(self, tmp_path):
        goals = tuple(replace(goal, measured=0.9999) for goal in made().goals)
        other = forged(goals=goals, figures={goal.metric: 0.9999 for goal in goals})
        content = svg.write(made()).decode()
        record = re.compile(r"(<metadata[^>]*>).*?(</metadata>)")
        from tito.certificate.record import canonical

        swapped = record.sub(lambda found: found[1] + canonical(other) + found[2], content)
        assert broken(check_bytes(swapped.encode(), tmp_path)) == ["page"]

    def test_what_a_hash_cannot_show_is_said(self, tmp_path):
        """Somebody who makes a whole certificate anew makes a whole one: the text says that it shows no identity."""
        result = check_bytes(svg.write(forged(name="Somebody Else")), tmp_path)
        assert result.ok
        assert "do not show who built the package or who made this file" in result.proves

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("</svg>", '<text x="1" y="1">Summa cum laude</text></svg>', "shows 'Summa cum laude'"),
            ("</svg>", '<text x="1" y="1">0.9975</text></svg>', "more than once"),
            ('fill="#15253f"', 'fill="#ff0000"', "the drawing is not the one"),
            (">First Light<", "><", "lacks 'First Light'"),
            ("</title>", " with honours</title>", "with honours"),
        ],
        ids=["added", "doubled", "color", "removed", "title"],
    )
    def test_other_changes_of_the_page_are_found(self, tmp_path, old, new, said):
        content = svg.write(made()).decode()
        assert old in content
        result = check_bytes(content.replace(old, new, 1).encode(), tmp_path)
        assert broken(result) == ["page"]
        assert said in next(finding.words for finding in result.findings if finding.what == "page")

    def test_a_drawing_of_another_tito_is_not_called_broken(self, tmp_path):
        content = svg.write(forged(tito="0.0.1")).replace(b'fill="#15253f"', b'fill="#15253e"')
        result = check_bytes(content, tmp_path)
        page = next(finding for finding in result.findings if finding.what == "page")
        assert (page.state, "tito 0.0.1 made it" in page.words) == ("not known", True)

    def test_figures_below_this_courses_thresholds_are_found(self, tmp_path):
        goals = tuple(replace(goal, measured=0.5, threshold=0.4) for goal in made().goals)
        low = forged(goals=goals, figures={goal.metric: 0.5 for goal in goals})
        assert broken(check_bytes(svg.write(low), tmp_path)) == [goal.title for goal in goals]

    def test_a_milestone_or_text_of_another_course_is_found(self, tmp_path):
        assert broken(check_bytes(svg.write(forged(milestone="juggling")), tmp_path)) == ["milestone"]
        assert broken(check_bytes(svg.write(forged(badge="Nobel Prize")), tmp_path)) == ["milestone"]

    def test_a_changed_pixel_and_a_changed_pdf_are_found(self, tmp_path):
        assert broken(check_bytes(_with_other_pixels(pictures.write(made(), "png")), tmp_path)) == ["page"]
        pdf = pictures.write(made(), "pdf")
        place = pdf.index(b"stream\n") + 400
        changed = pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
        assert broken(check_bytes(changed, tmp_path)) == ["page"]

    def test_a_picture_of_another_matplotlib_is_not_called_whole(self, tmp_path, monkeypatch):
        content = pictures.write(made(), "pdf")
        monkeypatch.setattr(pictures, "drawer", lambda: "matplotlib 0.0, FreeType 0.0")
        result = check_bytes(content, tmp_path)
        assert result.ok
        page = next(finding for finding in result.findings if finding.what == "page")
        assert (page.state, "only its record was checked" in page.words) == ("not known", True)

    @settings(max_examples=60)
    @given(st.data())
    def test_no_single_byte_of_the_svg_can_change(self, tmp_path_factory, data):
        content = svg.write(made())
        place = data.draw(st.integers(0, len(content) - 1))
        other = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
        changed = content[:place] + bytes([other]) + content[place + 1 :]
        try:
            result = check_bytes(changed, tmp_path_factory.getbasetemp(), "flipped")
        except NoCertificate:
            return
        assert not result.ok

    @pytest.mark.slow
    def test_measured_again_end_to_end(self, tito_process, completed, course):
        tested = tito_process("milestone", "test", "perceptron", cwd=completed.root)
        assert tested.code == 0, tested.out + tested.err
        handed_in = Attempt.of("submission", 1, 1, 1, {}, "a" * 64)
        MilestoneTracker(completed, course).record_submission("perceptron", handed_in, "b" * 64, passed=True)
        assert tito_process("milestone", "certificate", "perceptron", cwd=completed.root).code == 0
        name = "certificates/perceptron-certificate.pdf"
        result = tito_process("milestone", "verify", name, "--measure", "--json", cwd=completed.root)
        assert result.code == 0, result.out + result.err
        found = {finding["what"]: finding for finding in result.record["findings"]}
        assert found["measured again"]["state"] == "holds"
        assert found["Moons above 95 %, again"]["state"] == "holds"


def _svg_with(record: str) -> bytes:
    return re.sub(rb"(<metadata[^>]*>).*?(</metadata>)", lambda f: f[1] + record.encode() + f[2], svg.write(made()))


FOREIGN = {
    "empty": b"",
    "text": b"hello",
    "another-svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "no-xml": b"<svg <<<",
    "entities": b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    "another-png": b"\x89PNG\r\n\x1a\n",
    "cut-png": pictures.PNG + b"\0\0\0\rIHDR\0\0",
    "another-pdf": b"%PDF-1.4\n%%EOF",
    "pdf-with-rubbish": b"%PDF-1.4\ntito-certificate:e30=\n",
    "pdf-with-no-base64": b"%PDF-1.4\ntito-certificate:abc\n",
    "record-no-json": _svg_with("{"),
    "record-a-list": _svg_with("[]"),
    "record-deep": _svg_with("[" * 100_000),
    "record-newer": _svg_with('{"format": 99}'),
    "record-nan": _svg_with(json.dumps(made().facts | {"digest": "", "figures": {"a": float("nan")}})),
    "record-number-as-text": _svg_with(json.dumps(made().facts | {"digest": "", "year": "1957"})),
    "record-goal": _svg_with(json.dumps(made().facts | {"digest": "", "goals": [1]})),
    "two-records": svg.write(made()).replace(b"</svg>", b'<metadata id="tito-certificate">{}</metadata></svg>'),
    "huge": b"<svg" + b" " * 6_000_000,
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_or_damaged_file_is_one_sentence(tito, workspace, content):
    (workspace.root / "file").write_bytes(content)
    result = tito("milestone", "verify", "file")
    assert (result.code, result.out) == (1, "")
    sentence, following = result.err.splitlines()
    assert sentence.endswith(".")
    assert following.startswith("Next: ")


def test_a_missing_file_and_a_folder(tito, workspace):
    assert tito("milestone", "verify", "nothing.svg").err.startswith("nothing.svg cannot be read: ")
    assert tito("milestone", "verify", ".").code == 2


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_cut_off_anywhere_it_is_damaged_or_broken(kind, tmp_path):
    content = pictures.write(made(), kind)
    for share in (0.01, 0.3, 0.6, 0.99):
        try:
            assert not check_bytes(content[: int(len(content) * share)], tmp_path).ok
        except NoCertificate:
            continue


def test_the_record_reads_back_whatever_the_name():
    from tito.certificate.record import canonical

    for name in ("", "Ada", "Åsa Ægir", 'O\'Neil \\ "x"', "Nguyễn 李 🎓", "a &amp; b"):
        certificate = made(name)
        assert parse(canonical(certificate)) == certificate
        assert svg.read(svg.write(certificate)) == certificate


@pytest.mark.parametrize("columns", ["60", "200"])
def test_what_verify_says_fits(tito_process, tmp_path, columns):
    path = tmp_path / "c.svg"
    path.write_bytes(svg.write(made()))
    result = tito_process("milestone", "verify", "c.svg", cwd=tmp_path, COLUMNS=columns)
    assert result.code == 0
    rows = [line for line in result.out.splitlines() if line.startswith(("holds", " "))]
    assert max(map(len, rows)) <= int(columns)
    assert "\x1b" not in result.out


def _with_other_pixels(content: bytes) -> bytes:
    """A PNG with all its metadata, in which a dark bar covers a part."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    picture = Image.open(io.BytesIO(content))
    info = PngInfo()
    for key, value in picture.text.items():
        info.add_text(key, value)
    picture.paste((0, 0, 0, 255), (900, 700, 960, 720))
    stream = io.BytesIO()
    picture.save(stream, "PNG", pnginfo=info)
    picture.close()
    changed = stream.getvalue()
    assert struct.pack(">I", zlib.crc32(b"IEND")) in changed
    return changed
