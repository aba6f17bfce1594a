"""A student's machine: the wheel with its [student] extra in a fresh environment, and nothing else of the course."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from tito import __version__
from tito.course import REPOSITORY, Course, release_root
from tito.workspace import Workspace

pytestmark = pytest.mark.slow
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


@dataclass(frozen=True)
class Student:
    """The fresh environment, and the wheel that was installed into it."""

    environment: Path
    wheel: Path

    def run(self, command: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's own commands, with nothing of this one's in sight."""
        scripts = self.environment / SCRIPTS
        variables = {name: os.environ[name] for name in ("HOME", "LANG", "SYSTEMROOT") if name in os.environ}
        variables["PATH"] = os.pathsep.join([str(scripts), os.defpath])
        return subprocess.run(
            [str(scripts / command), *arguments],
            cwd=cwd,
            env=variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Student:
    """Build the wheel and install it with the student extra, as `pip install tinytorch-course[student]` does."""
    folder = tmp_path_factory.mktemp("student")
    environment = folder / "environment"
    python = str(environment / SCRIPTS / "python")
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run([python, "-m", "pip", "wheel", *quiet, "--no-deps", "-w", folder, str(REPOSITORY)], check=True)
    wheel = next(folder.glob("*.whl"))
    subprocess.run([python, "-m", "pip", "install", *quiet, f"{wheel}[student]"], check=True)
    return Student(environment, wheel)


def test_the_wheel_holds_the_course_and_no_answers(student: Student, course: Course) -> None:
    with zipfile.ZipFile(student.wheel) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist() if not name.endswith(".npz")}
    data = {name for name in files if name.startswith("tito/data/")}
    assert data == {
        "tito/data/modules/modules.yml",
        "tito/data/milestones/milestones.yml",
        *(f"tito/data/{milestone.verification.as_posix()}" for milestone in course.milestones),
        *(f"tito/data/{milestone.demo.as_posix()}" for milestone in course.milestones),
        *(f"tito/data/release/{each.id}/{each.notebook}.ipynb" for each in course.assignments),
    }
    assert {name.split("/")[0] for name in files} == {"tito", f"tinytorch_course-{__version__}.dist-info"}
    schemas = {"modules", "milestones", "progress", "milestone-progress"}
    assert {f"tito/schemas/{name}.schema.json" for name in schemas} <= set(files)
    assert not [name for name in data if "BEGIN SOLUTION" in files[name] or "BEGIN HIDDEN" in files[name]]


def test_only_what_a_student_needs_is_there(student: Student, tmp_path: Path) -> None:
    version = student.run("tito", "--version", cwd=tmp_path)
    assert (version.returncode, version.stderr) == (0, "")
    assert __version__ in version.stdout
    for package in ("nbgrader", "jupytext", "nbconvert", "tinytorch"):
        found = student.run("python", "-c", f"import {package}", cwd=tmp_path)
        assert f"No module named '{package}'" in found.stderr


def test_an_untouched_notebook_names_its_first_exercise_and_a_finished_one_is_exported(
    student: Student, course: Course, solve: Callable[[Workspace, str], Path], tmp_path: Path
) -> None:
    module = course.modules[0]
    assert student.run("tito", "init", "work", cwd=tmp_path).returncode == 0
    root = tmp_path / "work"
    assert "teach, and leave the answers to them" in (root / "AGENTS.md").read_text()
    started = student.run("tito", "module", "start", str(module.number), cwd=root)
    assert started.returncode == 0
    assert f"Open it: pip install jupyterlab && jupyter lab {root}" in started.stdout
    notebook = Workspace(root).notebook(module)
    assert notebook.read_bytes() == (release_root() / module.id / notebook.name).read_bytes()
    done = student.run("jupyter-execute", "--allow-errors", "--inplace", notebook.name, cwd=notebook.parent)
    assert done.returncode == 0, done.stderr
    outputs = [output for cell in nbformat.read(notebook, as_version=4).cells for output in cell.get("outputs", [])]
    assert outputs[0].text.startswith(f"Workspace: {root}")
    first = next(output for output in outputs if output.output_type == "error")
    assert first.ename == "NotImplementedError"
    for saved, code in ((False, 1), (True, 0)):
        if saved:
            solve(Workspace(root), module.id)
        done = student.run("tito", "module", "complete", str(module.number), cwd=root)
        assert done.returncode == code, done.stdout + done.stderr
        assert (root / "tinytorch" / f"{module.name}.py").is_file() == saved


def test_finished_notebooks_run_without_an_error(student: Student, completed: Workspace, course: Course) -> None:
    for module in course.modules_of(course.milestones[0].needs):
        notebook = completed.notebook(module)
        copy = shutil.copyfile(notebook, notebook.with_name("run.ipynb"))
        done = student.run("jupyter-execute", copy.name, cwd=notebook.parent)
        assert done.returncode == 0, done.stderr


def test_the_milestone_is_verified_and_handed_in(
    student: Student, completed: Workspace, course: Course, solve: Callable[[Workspace, str], Path]
) -> None:
    milestone = course.milestones[0]
    assert student.run("tito", "milestone", "start", milestone.id, cwd=completed.root).returncode == 0
    solve(completed, milestone.id)
    for command in ("test", "submit"):
        done = student.run("tito", "milestone", command, milestone.id, cwd=completed.root)
        assert done.returncode == 0, done.stdout + done.stderr
    handed_in = completed.submission(milestone)
    assert (handed_in / f"{milestone.notebook}.ipynb").is_file()
    assert {path.name for path in (handed_in / "tinytorch").iterdir()} >= {
        f"{module.name}.py" for module in course.required_by(milestone)
    }
