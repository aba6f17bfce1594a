"""What the build writes: the same bytes each time, the committed release, and no solution or hidden test in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from tito.build.authored import read_authored
from tito.build.figures import STUB
from tito.build.trees import build, build_release, build_source
from tito.course import REPOSITORY, Assignment, load
from tito.errors import BuildError
from tito.notebooks.reading import HIDDEN, SOLUTION, nbgrader_metadata

COURSE = load(REPOSITORY)
each_assignment = pytest.mark.parametrize("assignment", COURSE.assignments, ids=lambda assignment: assignment.id)

BUILD_ELSEWHERE = """
import sys
from pathlib import Path
from tito.build.trees import build_release, build_source
from tito.course import REPOSITORY, load
course = load(REPOSITORY)
for assignment in course.assignments:
    build_source(REPOSITORY, assignment, course, Path(sys.argv[1]) / "source")
    build_release(Path(sys.argv[1]) / "source", assignment, Path(sys.argv[1]) / "release")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both trees, freshly built."""
    folder = tmp_path_factory.mktemp("built")
    for assignment in COURSE.assignments:
        build_source(REPOSITORY, assignment, COURSE, folder / "source")
        build_release(folder / "source", assignment, folder / "release")
    return folder


def notebook_in(tree: Path, assignment: Assignment) -> Path:
    return tree / assignment.id / f"{assignment.notebook}.ipynb"


def split(source: str) -> tuple[list[str], list[str]]:
    """The lines of a cell outside and inside the marked regions."""
    outside: list[str] = []
    inside: list[str] = []
    lines = outside
    for line in map(str.strip, source.split("\n")):
        if line in (SOLUTION[0], HIDDEN[0]):
            lines = inside
        elif line in (SOLUTION[1], HIDDEN[1]):
            lines = outside
        else:
            lines.append(line)
    return outside, inside


@each_assignment
def test_the_committed_release_is_what_the_authored_notebooks_build(built: Path, assignment: Assignment):
    fresh = notebook_in(built / "release", assignment).read_bytes()
    committed = notebook_in(REPOSITORY / "release", assignment)
    assert committed.is_file() and committed.read_bytes() == fresh, (
        f"{committed.relative_to(REPOSITORY)} is not what {assignment.source} builds: run make release and commit it"
    )


def test_the_release_holds_nothing_else():
    files = {path.relative_to(REPOSITORY / "release") for path in (REPOSITORY / "release").rglob("*") if path.is_file()}
    known = {notebook_in(Path(), assignment) for assignment in COURSE.assignments}
    stray = {path for path in files - known if ".ipynb_checkpoints" not in path.parts and path.name != "README.md"}
    assert not stray


def test_another_process_with_another_hash_seed_zone_and_folder_builds_the_same_bytes(built: Path, tmp_path: Path):
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Pacific/Apia", "LC_ALL": "C", "PYTHONUTF8": "0"}
    elsewhere = tmp_path / "an other folder"
    (elsewhere / "out").mkdir(parents=True)
    command = [sys.executable, "-c", BUILD_ELSEWHERE, str(elsewhere / "out")]
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for tree in ("source", "release"):
        for assignment in COURSE.assignments:
            first, second = notebook_in(built / tree, assignment), notebook_in(elsewhere / "out" / tree, assignment)
            assert first.read_bytes() == second.read_bytes(), f"{tree}/{assignment.id}"


@each_assignment
def test_both_notebooks_are_valid_and_their_ids_unique(built: Path, assignment: Assignment):
    for tree in ("source", "release"):
        notebook = nbformat.read(notebook_in(built / tree, assignment), as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)


@each_assignment
def test_no_solution_and_no_hidden_test_is_in_the_release(built: Path, assignment: Assignment):
    released = json.loads(notebook_in(built / "release", assignment).read_text(encoding="utf-8"))
    text = "".join("".join(cell["source"]) + "\n" for cell in released["cells"])
    shown = {line.strip() for line in text.split("\n")}
    authored = read_authored(REPOSITORY, assignment)
    given: set[str] = set()  # what stands outside the regions is the students' to read
    secret: list[str] = []
    for cell in authored.cells:
        outside, inside = split(cell.cell.source)
        given |= set(outside) | {line.removeprefix(STUB).strip() for line in inside if line.startswith(STUB)}
        secret += [line for line in inside if len(line) > 12 and not line.startswith("#")]
    leaked = [line for line in secret if line not in given and line in shown]
    assert secret, "this test looked for nothing"
    assert not leaked
    for marker in (*SOLUTION, *HIDDEN):
        assert marker not in text


@each_assignment
def test_each_stub_names_its_exercise(built: Path, assignment: Assignment):
    released = nbformat.read(notebook_in(built / "release", assignment), as_version=4)
    stubs = 0
    for cell in released.cells:
        meta = nbgrader_metadata(cell)
        if meta.get("solution") and cell.cell_type == "code":
            stubs += 1
            exercise = meta["grade_id"].removesuffix("-answer")
            named = f'raise NotImplementedError("{exercise}")'
            assert named in cell.source or "..." in cell.source, f"{exercise}: neither a named stub nor a blank"
    assert stubs


@each_assignment
def test_setup_stands_first_and_names_the_assignment(built: Path, assignment: Assignment):
    badge, setup = nbformat.read(notebook_in(built / "release", assignment), as_version=4).cells[:2]
    path = f"release/{assignment.id}/{assignment.notebook}.ipynb"
    assert badge.cell_type == "markdown" and path in badge.source
    assert f'tito.notebook.setup("{assignment.id}")' in setup.source
    assert nbgrader_metadata(setup)["grade_id"] == "setup" and nbgrader_metadata(setup)["locked"]


def test_a_refused_notebook_keeps_every_release_as_it_is(tmp_path: Path):
    wanted = COURSE.assignments[:2]
    for name in ("modules/modules.yml", "milestones/milestones.yml", *(str(a.source) for a in wanted)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    second = tmp_path / wanted[1].source
    second.write_text(second.read_text(encoding="utf-8") + "\n# %%\nx = = 1\n", encoding="utf-8")
    last_line = second.read_text(encoding="utf-8").split("\n").index("x = = 1") + 1
    with pytest.raises(BuildError) as caught:
        build(tmp_path, wanted, COURSE)
    assert caught.value.findings == [f"{wanted[1].source}:{last_line}: syntax error: invalid syntax"]
    assert not (tmp_path / "release").exists()
