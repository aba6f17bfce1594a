"""A class of honest submissions, each with its oddity: all find what the plain one gives, and earn the same."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from demo import oddities
from demo.attacks.base import QUICK
from demo.oddities import ODDITIES, Oddity
from demo.samples import Materials, replaced, without_markers
from tito.build.trees import build_release, build_source
from tito.course import REPOSITORY, the_course
from tito.grading.batch.cluster import on_this_machine
from tito.grading.batch.grade import grade_class
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
IN_PLAIN_NBGRADER = (  # an archive, a decoding, two copies, files to leave out, ids found again, what nbgrader rejects
    "the zip of tito milestone submit", "UTF-16", "a truncated copy beside the solved one",
    "pipes and links beside the notebook", "saved by Colab", "a schema of the future",
)  # fmt: skip


class Silent:
    def begin(self, *words: object) -> None:
        """Say nothing."""

    def done(self, *words: object) -> None:
        """Say nothing."""


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
    return Materials(replaced(without_markers(graft(source, released)), QUICK), released, package)


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


@dataclass
class OddClass:
    """A course directory in which each student handed in another oddity."""

    root: Path
    students: dict[str, Oddity]
    classroom: Classroom

    def all_earn_the_same(self) -> None:
        scores = {score.student: score for score in report(self.root, PERCEPTRON).students}
        wrong = {
            self.students[name].what: points(each) for name, each in scores.items() if points(each) != (60.0, 40.0)
        }
        assert not wrong
        assert set(scores) == set(self.students)
        left = {path.name for path in self.root.glob("autograded/*/*/*")}
        assert left == {f"{PERCEPTRON.notebook}.ipynb", "tinytorch"}


def odd_class(root: Path, trees: Path, materials: Materials, chosen: Sequence[Oddity]) -> OddClass:
    """A course directory, with each of these handed in by a student of its own."""
    shutil.copytree(trees / "source", root / "source")
    (root / CONFIG_NAME).write_bytes((REPOSITORY / CONFIG_NAME).read_bytes())
    made = OddClass(root, {}, Classroom(root, log_level=logging.CRITICAL))
    made.classroom.generate(PERCEPTRON)
    for number, oddity in enumerate(chosen, start=1):
        made.students[f"student_{number:02d}"] = oddity
        folder = root / "submitted" / f"student_{number:02d}" / PERCEPTRON.id
        folder.mkdir(parents=True)
        oddity.write(folder, materials)
    return made


@pytest.mark.slow
@pytest.mark.long
def test_as_one_class_they_all_earn_the_same(trees: Path, materials: Materials, tmp_path: Path):
    made = odd_class(tmp_path / "course", trees, materials, ODDITIES)
    result = grade_class(made.classroom, [PERCEPTRON], on_this_machine(2), Silent())
    assert result.ok and result.executed == len(ODDITIES)
    made.all_earn_the_same()


@pytest.mark.slow
@pytest.mark.long
def test_plain_autograde_gives_a_selection_the_same(trees: Path, materials: Materials, tmp_path: Path):
    chosen = [oddity for oddity in ODDITIES if oddity.what in IN_PLAIN_NBGRADER]
    assert len(chosen) == len(IN_PLAIN_NBGRADER)
    made = odd_class(tmp_path / "course", trees, materials, chosen)
    made.classroom.autograde(PERCEPTRON)
    made.all_earn_the_same()


def points(score: StudentScore) -> tuple[float, float]:
    return score.earned, score.awaiting
