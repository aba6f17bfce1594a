"""The benchmarks measure what they say: samples in turns, a split that adds up, tables that fit a narrow terminal."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console

from benchmarks import __main__ as benchmarks
from benchmarks import batch, build, grading
from benchmarks.timeline import AFTER, BEFORE, CELLS, IMPORTS, KERNEL, PARTS, SHUTDOWN, timeline
from benchmarks.timing import Row, Section, Sizes, as_record, in_turns, render
from tito.course import REPOSITORY, the_course

BEGAN = 1_800_000_000.0
SECTION = Section(
    "Title", "How.", ("base", "other"), (Row("a", {"base": [0.1, 0.2, 0.3], "other": [0.5, 0.4, 0.3]}),), ("A note.",)
)


def shown(section: Section, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    render(section, console)
    return console.file.getvalue()


def executed_notebook(path, busy_s: list[float], end_s: float):
    """A notebook whose cells (setup, imports, one that the assignment marks, one more) began at these seconds."""
    cells = [new_code_cell("pass") for _ in busy_s]
    cells[0].metadata["nbgrader"] = {"grade_id": "setup"}
    cells[2].metadata["nbgrader"] = {"grade_id": "answer"}
    for cell, start, end in zip(cells, busy_s, [*busy_s[1:], end_s], strict=True):
        stamp = {"iopub.status.busy": start, "shell.execute_reply": end}
        cell.metadata["execution"] = {event: f"2027-01-15T08:00:{second:09.6f}Z" for event, second in stamp.items()}
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_works_are_taken_in_turns():
    said = []
    in_turns({"a": lambda: said.append("a"), "b": lambda: said.append("b")}, 3)
    assert "".join(said) == "abbaab"


def test_a_section_shows_medians_and_their_ratio_at_any_width():
    for width in (60, 200):
        text = shown(SECTION, width)
        assert "200 (100-300)" in text
        assert "400 (300-500)" in text
        assert "2.00" in text
        assert max(map(len, text.splitlines())) <= width


def test_a_section_as_data_keeps_every_sample():
    record = as_record(SECTION)
    assert record["rows"][0]["ratio"] == {"other": 2.0}
    assert record["rows"][0]["samples_s"]["base"] == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("step", ["Execute", "ExecuteSubmission"])
def test_the_parts_of_a_run_add_up_to_its_wall_time(tmp_path, step):
    notebook = executed_notebook(tmp_path / "a.ipynb", [3.0, 3.5, 4.0, 5.0], 6.0)
    log = "\n".join(
        f"{BEGAN + second:.6f} {message}"
        for second, message in [
            (1.0, "Looking for nbgrader_config"),
            (1.5, "Copying a -> b"),
            (2.0, "Applying preprocessor: OverwriteCells"),
            (2.5, f"Applying preprocessor: {step}"),
            (6.25, "Applying preprocessor: SaveAutoGrades"),
            (6.5, "Applying preprocessor: AssignLatePenalties"),
            (7.0, "Setting destination file permissions to 664"),
        ]
    )
    made = timeline(f"not a log line\n{log}\n", [notebook], BEGAN, BEGAN + 7.5)
    expected = {BEFORE: 1.0, KERNEL: 0.5, IMPORTS: 1.0, CELLS: 2.0, SHUTDOWN: 0.25, AFTER: 0.75}
    assert made.submissions == (pytest.approx(expected, abs=1e-5),)
    assert (made.start_s, made.exit_s, made.wall_s) == pytest.approx((1.5, 0.5, 7.5), abs=1e-5)
    assert made.remainder_s == pytest.approx(0.0, abs=1e-5)


def test_a_log_without_the_submission_is_refused(tmp_path):
    with pytest.raises(ValueError, match="0 graded submissions, not of 1"):
        timeline("", [tmp_path / "a.ipynb"], BEGAN, BEGAN + 1)


def test_an_unknown_benchmark_is_named(capsys):
    with pytest.raises(SystemExit) as stopped:
        benchmarks.main(["gradign"])
    assert stopped.value.code == 2
    assert "no benchmark 'gradign'" in capsys.readouterr().err


def test_every_topic_writes_its_samples(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "measure", lambda sizes: [SECTION] * sizes.rounds)
    benchmarks.main(["build", "--rounds", "2", "--json", str(tmp_path / "out.json")])
    assert len(json.loads((tmp_path / "out.json").read_text())["sections"]) == 2
    assert "Title" in capsys.readouterr().out


@pytest.mark.slow
def test_building_a_notebook_is_measured():
    row = build.notebook(the_course().assignment("perceptron"), rounds=1)
    assert set(row.samples) == set(build.VARIANTS)
    assert all(sample > 0 for samples in row.samples.values() for sample in samples)


@pytest.mark.slow
def test_both_roads_are_measured_and_give_the_same_points():
    section = grading.tiny(Sizes(rounds=1, submissions=1))
    rows = {row.name: row.samples for row in section.rows}
    for name in grading.VARIANTS:
        assert all(len(rows[part][name]) == 1 for part in PARTS)
        assert all(sample > 0 for part in PARTS for sample in rows[part][name])
        assert abs(rows["remainder, once"][name][0]) < 0.5
    assert len(section.notes) == 2


SMALLEST = (
    "import sys\nfrom benchmarks import __main__, batch\nbatch.WORKS = batch.WORKS[:1]\n__main__.main(sys.argv[1:])"
)


@pytest.mark.slow
def test_a_class_at_once_is_measured_against_plain_nbgrader(tmp_path):
    arguments = ["batch", "--class-size", "1", "--rounds", "1", "--big-class", "2", "--json", str(tmp_path / "a.json")]
    command = [sys.executable, "-c", SMALLEST, *arguments]  # without the class that computes something
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    compared, big = json.loads((tmp_path / "a.json").read_text())["sections"]
    walls, overheads = (row["samples_s"] for row in compared["rows"])
    assert set(walls) == {batch.STOCK, batch.POOL, batch.DASK}
    assert all(len(walls[name]) == 1 and walls[name][0] > 0.1 for name in walls)
    assert overheads == walls  # there is nothing to compute
    stock, pool, dask = (walls[name][0] for name in (batch.STOCK, batch.POOL, batch.DASK))
    assert compared["notes"] == [
        f"throughput: {stock / pool:.1f} times nbgrader's",
        f"overhead: {pool / stock:.3f} of nbgrader's",
        f"dask: {dask / pool:.2f} times as long as the pool",
    ]
    early, late = (row["samples_bytes"][batch.POOL] for row in big["rows"])
    assert len(early) == len(late) == 1 and min(early + late) > 20e6
    said = "\n".join(big["notes"])
    assert all(float(figure) > 0 for figure in re.findall(r"(?:throughput|overhead): ([\d.]+) ", said))
    assert re.search(r"^\d+\.\d s for 2 submissions; the same points as plain nbgrader's$", said, re.M)
    assert re.search(r"^open files and sockets: [1-9]\d* early, [1-9]\d* at the end$", said, re.M)
    assert re.search(r"^left behind: \d+ processes and folders", said, re.M)  # those of others count, too


@pytest.mark.slow
def test_runs_that_gave_other_points_are_not_compared():
    work = batch.WORKS[0]
    with batch.rooms(work, 2) as (stock, ours):
        batch.batch(ours, work, "1")
        assert grading.scores(ours, work.assignment) == {"student_00": 1, "student_01": 1}
        batch.same_points(ours, ours, work)
        with pytest.raises(ValueError, match="gave different points"):
            batch.same_points(stock, ours, work)
