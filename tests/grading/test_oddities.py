"""A class of honest submissions, each with its oddity: all find what the plain one gives, and earn the same."""

from __future__ import annotations

import logging
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from demo import oddities
from demo.oddities import ODDITIES, Oddity
from demo.samples import Materials, without_markers
from tito.build.trees import build_release, build_source
from tito.course import REPOSITORY, the_course
from tito.grading.classroom import CONFIG_NAME, Classroom
from tito.grading.graft import graft_handed_in
from tito.grading.ingest import broken_files, find_submission
from tito.grading.reports.report import StudentScore, report
from tito.notebooks.exporter import export_reference
from tito.notebooks.grafting import graft
from tito.notebooks.reading import nbgrader_metadata, parse_notebook

PERCEPTRON = the_course().milestone("perceptron")
RUN_AFTER = ("the answer below the stub", "the answer in the test")  # the stub stays, and the answer runs after it
QUESTION_MARKS = "Latin-1"  # has no Greek letters: they were lost on the way


@pytest.fixture(scope="session")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("oddities")
    build_source(REPOSITORY, PERCEPTRON, the_course(), root / "source")
    build_release(root / "source", PERCEPTRON, root / "release")
    export_reference(REPOSITORY, root / "reference", PERCEPTRON.needs)
    return root


@pytest.fixture(scope="session")
def materials(trees: Path) -> Materials:
    name = f"{PERCEPTRON.id}/{PERCEPTRON.notebook}.ipynb"
    source, released = (nbformat.read(trees / tree / name, as_version=4) for tree in ("source", "release"))
    package = {path.name: path.read_bytes() for path in (trees / "reference" / "tinytorch").glob("*.py")}
    return Materials(without_markers(graft(source, released)), released, package)


def taken(folder: Path, materials: Materials) -> tuple[NotebookNode, dict[str, bytes] | None]:
    found = find_submission(folder, PERCEPTRON, materials.released)
    assert found.notebook is not None, found.reason
    notebook = parse_notebook(found.notebook, found.name)
    return graft_handed_in(notebook, materials.released, found.notes, found.reason), found.package


def released_cells(notebook: NotebookNode, materials: Materials) -> dict[str, str]:
    """The code of the released cells, and the written answers, as they would be graded."""
    ours = {cell.id for cell in materials.released.cells}
    return {c.id: c.source for c in notebook.cells if c.id in ours and (c.cell_type == "code" or nbgrader_metadata(c))}


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity.what)
def test_every_oddity_gives_what_the_plain_submission_gives(oddity: Oddity, materials: Materials, tmp_path: Path):
    (tmp_path / "plain").mkdir()
    oddities.lay_out(tmp_path / "plain", oddities.plain(materials))
    expected, package = taken(tmp_path / "plain", materials)
    (tmp_path / "odd").mkdir()
    oddity.write(tmp_path / "odd", materials)
    notebook, odd_package = taken(tmp_path / "odd", materials)
    wanted, found = released_cells(expected, materials), released_cells(notebook, materials)
    differing = {key for key in wanted if wanted[key] != found.get(key)}
    if oddity.what in RUN_AFTER:
        answer = next(
            cell for cell in materials.solved.cells if nbgrader_metadata(cell).get("grade_id") == oddities.ANSWER
        )
        assert differing == {answer.id}
        place = [cell.id for cell in notebook.cells].index(answer.id)
        assert answer.source in notebook.cells[place + 1].source
    elif oddity.what == QUESTION_MARKS:
        plain = {key: wanted[key].encode("latin-1", "replace").decode("latin-1") for key in wanted}
        assert {key for key in differing if plain[key] != found[key]} == set()
    else:
        assert differing == set()
    shared = {name: odd_package[name] for name in package}
    assert shared == package and "__init__.py" not in odd_package
    strange = set(odd_package) - set(package)
    assert strange <= {"numpy.py"} and not broken_files(odd_package)


def test_there_are_enough_of_them_and_each_says_another_thing():
    assert len(ODDITIES) >= 25 and len({oddity.what for oddity in ODDITIES}) == len(ODDITIES)


@pytest.mark.slow
def test_as_one_class_they_all_earn_the_same(trees: Path, materials: Materials, tmp_path: Path):
    root = tmp_path / "course"
    build_source(REPOSITORY, PERCEPTRON, the_course(), root / "source")
    (root / CONFIG_NAME).write_bytes((REPOSITORY / CONFIG_NAME).read_bytes())
    classroom = Classroom(root, log_level=logging.CRITICAL)
    classroom.generate(PERCEPTRON)
    students = {f"student_{number:02d}": oddity for number, oddity in enumerate(ODDITIES, start=1)}
    for student, oddity in students.items():
        folder = root / "submitted" / student / PERCEPTRON.id
        folder.mkdir(parents=True)
        oddity.write(folder, materials)
    classroom.autograde(PERCEPTRON)
    scores = {score.student: score for score in report(root, PERCEPTRON).students}
    wrong = {students[name].what: points(score) for name, score in scores.items() if points(score) != (60.0, 40.0)}
    assert not wrong
    assert set(scores) == set(students)
    assert not (root / "autograded" / "student_01" / PERCEPTRON.id / "perceptron.zip").exists()
    left = {path.name for path in root.glob("autograded/*/*/*")}
    assert left == {f"{PERCEPTRON.notebook}.ipynb", "tinytorch"}


def points(score: StudentScore) -> tuple[float, float]:
    return score.earned, score.awaiting
