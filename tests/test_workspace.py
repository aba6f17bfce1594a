"""A workspace is found from anywhere in it, and made without touching what is there."""

from __future__ import annotations

import pytest

from tito.course import REPOSITORY
from tito.errors import NotInWorkspace, TitoError
from tito.notebooks.front_door import package_init
from tito.workspace import Workspace, make_workspace


def test_found_from_a_folder_deep_inside(workspace, monkeypatch):
    inside = workspace.root / "modules" / "somewhere"
    inside.mkdir()
    monkeypatch.chdir(inside)
    assert Workspace.find() == workspace
    assert Workspace.find(inside) == workspace


def test_the_course_repository_is_a_workspace():
    assert Workspace.find(REPOSITORY / "docs").root == REPOSITORY


def test_elsewhere_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(NotInWorkspace, match="is in no workspace") as caught:
        Workspace.find(tmp_path)
    assert caught.value.hint == "cd into yours, or make one: tito init FOLDER"


def test_made_twice_changes_nothing(tmp_path):
    root = tmp_path / "new"
    first = make_workspace(root)
    assert set(first.made) == {"tinytorch/", "modules/", "milestones/", ".tito/", "tinytorch/__init__.py"}
    assert (root / "tinytorch" / "__init__.py").read_text() == package_init()
    (root / "tinytorch" / "__init__.py").write_text("# mine\n")
    assert make_workspace(root).made == ()
    assert (root / "tinytorch" / "__init__.py").read_text() == "# mine\n"


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "modules").write_text("mine")
    with pytest.raises(TitoError, match="modules is a file"):
        make_workspace(tmp_path)
    assert (tmp_path / "modules").read_text() == "mine"


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(TitoError):
        make_workspace(tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_paths_are_shown_as_seen_from_the_workspace(workspace, tmp_path):
    assert workspace.shown(workspace.package / "tensor.py") == "tinytorch/tensor.py"
    assert workspace.shown(tmp_path / "elsewhere.ipynb") == str(tmp_path / "elsewhere.ipynb")
