"""How a notebook is opened: one command, which installs JupyterLab where it is missing, in each kind of environment."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from tito.student.opening import open_command

NOTEBOOK = "modules/01_tensor/my tensor.ipynb"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """An environment with these commands and packages, and files that say which tool made it."""

    def make(*made: str, commands=(), packages=(), is_system=False) -> str:
        prefix = tmp_path / "env"
        for name in made:
            (prefix / name).parent.mkdir(parents=True, exist_ok=True)
            (prefix / name).write_text("")
        python = str(prefix / "bin" / "python")
        monkeypatch.setattr(sys, "executable", python)
        monkeypatch.setattr(sys, "prefix", str(prefix))
        monkeypatch.setattr(sys, "base_prefix", str(prefix) if is_system else "/usr")
        monkeypatch.setattr(sysconfig, "get_path", lambda name: str(prefix / "lib"))
        found = {Path(command).name: str(prefix / "bin" / command) for command in commands}
        monkeypatch.setattr(shutil, "which", found.get)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name in packages else None)
        return python

    return make


def test_where_jupyterlab_is_at_hand(machine):
    machine(commands=("jupyter-lab",))
    assert open_command(NOTEBOOK) == f"jupyter lab '{NOTEBOOK}'"


def test_in_an_environment_that_is_not_on_the_path(machine):
    python = machine(packages=("jupyterlab", "pip"))
    assert open_command(NOTEBOOK) == f"{python} -m jupyterlab '{NOTEBOOK}'"


def test_jupyter_alone_does_not_bring_the_lab(machine):
    machine(commands=("jupyter", "pip"), packages=("pip",))
    assert open_command(NOTEBOOK) == f"pip install jupyterlab && jupyter lab '{NOTEBOOK}'"


@pytest.mark.parametrize(
    ("made", "commands", "packages", "install"),
    [
        ((), ("/usr/bin/pip",), ("pip",), "{python} -m pip install jupyterlab"),
        ((), ("/usr/bin/uv",), (), "uv pip install --python {python} jupyterlab"),
        ((), (), (), "{python} -m ensurepip && {python} -m pip install jupyterlab"),
        (("pipx_metadata.json",), ("pip",), ("pip",), "pipx inject tinytorch-course jupyterlab"),
        (("uv-receipt.toml",), (), (), "uv tool install --with jupyterlab 'tinytorch-course[student]'"),
        (("conda-meta/history",), ("pip",), ("pip",), "conda install --prefix {prefix} -c conda-forge jupyterlab"),
    ],
    ids=["another pip", "uv", "no tool", "pipx", "uv tool", "conda"],
)
def test_the_tool_that_made_the_environment_installs_it(machine, made, commands, packages, install):
    python = machine(*made, commands=commands, packages=packages)
    expected = install.format(python=python, prefix=Path(python).parent.parent)
    assert open_command("a.ipynb") == f"{expected} && {python} -m jupyterlab a.ipynb"


def test_a_python_that_is_managed_from_outside_is_left_alone(machine):
    python = machine("lib/EXTERNALLY-MANAGED", commands=("pip",), packages=("pip",), is_system=True)
    assert open_command("a.ipynb") == (
        f"{python} -m venv tinytorch-env && tinytorch-env/bin/pip install jupyterlab 'tinytorch-course[student]'"
        " && tinytorch-env/bin/jupyter lab a.ipynb"
    )
