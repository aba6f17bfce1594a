"""A class of attackers, graded in one run: each gets what its honest part deserves, and nothing else is touched."""

from __future__ import annotations

import ctypes
import hashlib
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
import pytest

from demo.attacks import ATTACKS, HONEST, Attack
from demo.samples import Materials, without_markers
from tito.build.trees import build_release, build_source
from tito.course import REPOSITORY, the_course
from tito.grading.canaries import _is_rounding_of
from tito.grading.classroom import CONFIG_NAME, Classroom
from tito.grading.reports.report import StudentScore, report
from tito.notebooks.exporter import export_reference
from tito.notebooks.grafting import graft

PERCEPTRON = the_course().milestone("perceptron")
NOTEBOOK = f"{PERCEPTRON.notebook}.ipynb"
LIMITS = """
c.ExecuteSubmission.cell_seconds = 5.0
c.ExecuteSubmission.notebook_seconds = 30.0
c.ExecuteSubmission.memory_bytes = 1_000_000_000
c.ExecuteSubmission.scratch_bytes = 50_000_000
"""
IN_PLAIN_NBGRADER = (
    "asserts stripped", "asserts stripped where a test is known", "replies sent before the test runs",
    "values forged that are no number", "np.allclose patched", "labels and a score equal to everything",
    "moons by a formula", "hidden tests in later outputs", "writes into the gradebook and every notebook",
    "kills its parent, process 1 and all others", "a daemon that outlives its cell", "hundreds of threads",
    "frames that are no messages", "copies of tests with schemas 1 and 99", "a link to the source notebook",
    "a hand-in that is a link", "a notebook of 5,000 levels", "nothing odd", "files that shadow others, right answers",
    "InteractiveShell.run_code patched for known tests", "Session.send patched for known tests",
    "a tested function that says that the test is over", "answers read in the request",
)  # fmt: skip
SUBREAPER = 36  # prctl's PR_SET_CHILD_SUBREAPER
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL)
SPY = "spy"  # how students are called whose pages are searched for hidden tests
LONG = 25  # characters of a line that nobody writes by chance


@dataclass
class AttackedClass:
    """A course directory in which some handed in what they should not have."""

    root: Path
    submissions: dict[str, Attack]

    def run(self, *command: str) -> subprocess.CompletedProcess:
        """Run a command there, with a home and a folder for temporary files of its own."""
        environment = {
            **os.environ,
            "HOME": str(self.root.parent / "home"),
            "TMPDIR": str(self.root.parent / "t"),
            "XDG_CACHE_HOME": str(self.root.parent / "cache"),  # the grader's own
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1",
        }
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=1500,
        )

    def scores(self) -> dict[str, StudentScore]:
        return {score.student: score for score in report(self.root, PERCEPTRON).students}

    def around(self) -> dict[str, str]:
        """What no submission may change, by path: a hash, or where a link goes."""
        watched = ("source", "release", "submitted", "reference", CONFIG_NAME)
        places = [*(self.root / name for name in watched), self.root.parent / "home"]
        files = [path for place in places for path in [place, *sorted(place.rglob("*"))]]
        return {str(path): _print_of(path) for path in files if path.is_symlink() or not path.is_dir()}

    def undeserved(self) -> list[str]:
        """A sentence for each submission whose score or flag is not what it deserves."""
        found = self.scores()
        return [
            f"{student}, {attack.what}: {wrong}"
            for student, attack in self.submissions.items()
            if (wrong := _wrong_with(found[student], attack))
        ]

    def pages(self, students: str) -> dict[str, str]:
        """The text of the feedback pages."""
        Classroom(self.root).feedback(PERCEPTRON, students)
        pages = self.root.glob(f"feedback/{students}/{PERCEPTRON.id}/{PERCEPTRON.notebook}.html")
        return {page.parts[-3]: html.unescape(re.sub("<[^>]*>", "", page.read_text("utf-8"))) for page in pages}

    def hidden_lines(self) -> set[str]:
        """The lines of hidden tests that stand nowhere else."""
        cells = nbformat.read(self.root / "source" / PERCEPTRON.id / NOTEBOOK, as_version=4).cells
        hidden = {line.strip() for cell in cells for part in HIDDEN.findall(cell.source) for line in part.split("\n")}
        public = "\n".join(HIDDEN.sub("", cell.source) for cell in cells)
        return {line for line in hidden if len(line) >= LONG and line not in public}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Materials]:
    """A course directory with the milestone generated, and what submissions are made from."""
    root = tmp_path_factory.mktemp("attacked") / "course"
    build_source(REPOSITORY, PERCEPTRON, the_course(), root / "source")
    build_release(root / "source", PERCEPTRON, root / "release")
    (root / CONFIG_NAME).write_text((REPOSITORY / CONFIG_NAME).read_text("utf-8") + LIMITS, encoding="utf-8")
    Classroom(root).generate(PERCEPTRON)
    export_reference(REPOSITORY, root / "reference", PERCEPTRON.needs)
    source, released = (
        nbformat.read(root / tree / PERCEPTRON.id / NOTEBOOK, as_version=4) for tree in ("source", "release")
    )
    package = {path.name: path.read_bytes() for path in (root / "reference" / "tinytorch").glob("*.py")}
    return root, Materials(without_markers(graft(source, released)), released, package)


def attacked(built: tuple[Path, Materials], folder: Path, attacks: Sequence[Attack]) -> AttackedClass:
    """The course directory below ``folder``, with a home beside it, and everything handed in."""
    root, materials = built
    made = AttackedClass(folder / "course", {})
    subprocess.run(["cp", "-a", str(root), str(made.root)], check=True)
    for name in ("home", "t"):
        (folder / name).mkdir()
    (folder / "home" / "diary.txt").write_text("SPY: not for you", encoding="utf-8")
    for number, attack in enumerate(attacks, start=1):
        student = f"{SPY if attack.tells else 'student'}_{number:03}"
        made.submissions[student] = attack
        place = made.root / "submitted" / student / PERCEPTRON.id
        place.mkdir(parents=True)
        attack.hand_in(place, materials)
    return made


@pytest.fixture
def no_process_left() -> Iterator[None]:
    """Every orphan below this process becomes its child, so that none escapes the count at the end."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    yield
    after = psutil.Process().children(recursive=True)
    left = [process for process in after if process.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=10)
    ctypes.CDLL(None).prctl(SUBREAPER, 0, 0, 0, 0)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def _print_of(path: Path) -> str:
    if path.is_symlink():
        return os.readlink(path)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else str(path.stat().st_mode)


def _wrong_with(score: StudentScore, attack: Attack) -> str:
    """What is wrong with a score; a flagged submission may have less than its honest part deserves, never more."""
    earned = {category.id: category.earned for category in score.categories}
    flagged = any(problem.startswith("Tampering:") for problem in score.problems)
    over = {name: points for name, points in earned.items() if points > attack.earned[name]}
    under = {name: points for name, points in earned.items() if points < attack.earned[name]}
    if over or (under and not flagged) or len(earned) != len(attack.earned):
        return f"deserves {dict(attack.earned)}, has {earned}, {score.problems}"
    if attack.flagged is not None and attack.flagged != flagged:
        return f"should {'' if attack.flagged else 'not '}be flagged: {score.problems}"
    return ""


def _betrayed(pages: dict[str, str], lines: set[str]) -> dict[str, list[str]]:
    return {student: told for student, text in pages.items() if (told := [line for line in lines if line in text])}


def test_there_are_enough_of_them_with_points_that_make_sense():
    every = (*ATTACKS, *HONEST)
    assert len(ATTACKS) >= 160 and len(HONEST) >= 25
    assert len({attack.what for attack in every}) == len(every) and all(attack.why for attack in every)
    categories = {category.id: category.points for category in PERCEPTRON.rubric}
    for attack in every:
        assert set(attack.earned) == set(categories)
        assert all(0 <= attack.earned[name] <= most for name, most in categories.items())
    assert sum(attack.flagged is True for attack in ATTACKS) >= 20
    assert sum(attack.tells for attack in ATTACKS) >= 10
    assert {attack.what for attack in every} >= set(IN_PLAIN_NBGRADER)


def test_a_canarys_number_that_came_back_as_it_was_is_never_held_against_anyone():
    values = [0.04 + place * 1.1111111e-6 for place in range(50_000)]
    assert all(_is_rounding_of(value, repr(value)) for value in values)


@pytest.mark.slow
def test_in_one_batch_each_gets_what_it_deserves_and_nothing_around_is_touched(
    built: tuple[Path, Materials], tmp_path: Path, no_process_left: None
):
    made = attacked(built, tmp_path, (*ATTACKS, *HONEST))
    before = made.around()
    done = made.run("tito", "assessment", "batch", "--class", str(made.root), "--milestones", "1", "--json")
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    result = json.loads(done.stdout)
    assert result["ok"] and len(result["rows"]) == len(made.submissions)
    assert made.undeserved() == []
    assert made.around() == before
    assert not list((tmp_path / "t").iterdir())
    assert not list(Path("/tmp").glob("tito-attack*"))
    written = [path for path in (made.root / "autograded").rglob("*.ipynb")]
    assert all("SPY: not for you" not in path.read_text("utf-8") for path in written)
    assert _betrayed(made.pages(f"{SPY}_*"), made.hidden_lines()) == {}


@pytest.mark.slow
def test_plain_autograde_gives_a_selection_the_same(
    built: tuple[Path, Materials], tmp_path: Path, no_process_left: None
):
    chosen = [attack for attack in (*ATTACKS, *HONEST) if attack.what in IN_PLAIN_NBGRADER]
    made = attacked(built, tmp_path, chosen)
    before = made.around()
    done = made.run("nbgrader", "autograde", PERCEPTRON.id)
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    assert made.undeserved() == []
    assert made.around() == before
    assert not list((tmp_path / "t").iterdir()) and not list(Path("/tmp").glob("tito-attack*"))
