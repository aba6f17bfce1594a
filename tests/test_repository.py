"""The repository's own promises: what the README names exists, and tables, extras and environments agree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import yaml

from tito.course import load

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def test_conda_environment_installs_only_this_projects_extras() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip_sections = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert len(pip_sections) == 1
    for requirement in pip_sections[0]:
        found = re.fullmatch(r"-e \.\[([a-z,]+)\]", requirement)
        assert found, f"environment.yml installs {requirement!r} beside the project; put it into an extra"
        assert set(found[1].split(",")) <= set(EXTRAS)


def test_conda_environment_and_package_want_the_same_python() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python = next(entry for entry in environment["dependencies"] if str(entry).startswith("python"))
    lowest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert f">={lowest}" in python
    newest = max(
        int(classifier.rsplit(".", 1)[1])
        for classifier in PYPROJECT["project"]["classifiers"]
        if re.search(r"Python :: 3\.\d+$", classifier)
    )
    assert f"<3.{newest + 1}" in python


def test_numpy_is_never_pinned() -> None:
    (numpy,) = [entry for entry in EXTRAS["student"] if entry.startswith("numpy")]
    assert re.fullmatch(r"numpy>=1\.26", numpy)


def test_readme_commands_are_targets_and_every_target_has_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z-]+)", readme + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert named <= targets
    helped = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert targets - helped <= {"clean"}
    first_screen = readme.split("\n")[:24]
    assert any(line.startswith("make demo") for line in first_screen)
    assert any(line.startswith("make test") for line in first_screen)


def test_every_top_level_folder_has_its_line_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = {path.relative_to(ROOT).parts[0] for path in tracked_files() if path.parent != ROOT}
    for folder in sorted(name for name in folders if not name.startswith(".")):
        assert f"| `{folder}/` |" in readme, f"{folder}/ has no line in the README's table"


def test_links_in_documents_lead_somewhere() -> None:
    for document in [path for path in tracked_files() if path.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_ci_calls_the_readmes_test_command() -> None:
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_authored_notebook_is_in_a_table_and_the_other_way_round() -> None:
    course = load(ROOT)
    authored = {path for path in ROOT.glob("modules/source/*/*.py") if not path.name.startswith(("wrong_", "right_"))}
    authored |= set(ROOT.glob("milestones/*/*_milestone.py"))
    assert authored == {ROOT / assignment.source for assignment in course.assignments}
    for milestone in course.milestones:
        for name in ("README.md", "requirements.txt", milestone.verification.name):
            assert (ROOT / milestone.workplace / name).is_file()


def test_generated_package_is_not_committed() -> None:
    committed = [path.relative_to(ROOT).as_posix() for path in tracked_files()]
    assert [name for name in committed if name.startswith("tinytorch/")] == ["tinytorch/__init__.py"]
    assert [name for name in committed if name.startswith("source/")] == ["source/README.md"]


def imports_of(path: Path, known: set[str]) -> set[str]:
    """The modules of ``tito`` that a file imports, inside functions too; ``tito/__init__.py`` itself does not count."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names} & known
            named |= below or {node.module}
    return named & known - {"tito"}


def test_no_file_of_tito_imports_in_a_circle() -> None:
    files = [path for path in tracked_files() if path.suffix == ".py" and (ROOT / "tito") in path.parents]
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}
    order = TopologicalSorter({name: imports_of(path, set(modules)) for name, path in modules.items()})
    assert set(order.static_order()) >= {"tito.cli", "tito.course"}  # a circle raises CycleError, which names it
