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
    assert set(first.made) == {"tinytorch/", "modules/", "milestones/", ".tito/", "tinytorch/__init__.py", "AGENTS.md"}
    assert (root / "tinytorch" / "__init__.py").read_text() == package_init()
    (root / "tinytorch" / "__init__.py").write_text("# mine\n")
    (root / "AGENTS.md").write_text("mine")
    assert make_workspace(root).made == ()
    assert (root / "AGENTS.md").read_text() == "mine"
    assert (root / "tinytorch" / "__init__.py").read_text() == "# mine\n"


def test_ai_helpers_are_asked_to_teach_in_the_words_of_the_course(tmp_path):
    make_workspace(tmp_path)
    said = (tmp_path / "AGENTS.md").read_text(encoding="utf-8")
    for words in ("Ask before you tell", "Name an invariant", "Suggest a test to write", "Explain an error message"):
        assert f"**{words}" in said
    assert "leave the answers to them" in said
    for kind in ("derive", "predict", "break", "...", "tito module complete", "tito milestone submit"):
        assert f"`{kind}`" in said


@pytest.mark.parametrize("target", ["there.md", "gone.md"])
def test_a_link_in_its_place_is_left_alone(tmp_path, target):
    (tmp_path / "there.md").write_text("mine")
    (tmp_path / "AGENTS.md").symlink_to(target)
    assert "AGENTS.md" not in make_workspace(tmp_path).made
    assert (tmp_path / "there.md").read_text() == "mine"
    assert not (tmp_path / "gone.md").exists()


def test_the_course_repository_gets_none(tmp_path):
    make_workspace(tmp_path)
    (tmp_path / "AGENTS.md").unlink()
    (tmp_path / "modules" / "modules.yml").write_text("")
    assert "AGENTS.md" not in make_workspace(tmp_path).made


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
