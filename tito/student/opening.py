"""How a student opens a notebook here; where Jupyter is missing, also the command that installs it.

The student extra runs notebooks and does not show them: JupyterLab is large, and Colab or an editor does as well.
"""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

from tito.files import typed

LAB = "jupyterlab"
OUR_OWN = "'tinytorch-course[student]'"


def open_command(notebook: str) -> str:
    """How to open a notebook, as one command: in JupyterLab, which it installs first where it is missing."""
    file, python = typed(notebook), shlex.quote(sys.executable)
    if shutil.which("jupyter-lab"):
        return f"jupyter lab {file}"
    if importlib.util.find_spec(LAB):
        return f"{python} -m {LAB} {file}"
    if _is_managed_from_outside():  # pip refuses to change it, and so do we
        folder = "tinytorch-env"
        install = f"{python} -m venv {folder} && {folder}/bin/pip install {LAB} {OUR_OWN}"
        return f"{install} && {folder}/bin/jupyter lab {file}"
    if _has_pip_at_hand():
        return f"pip install {LAB} && jupyter lab {file}"
    return f"{_install(python)} && {python} -m {LAB} {file}"


def _install(python: str) -> str:
    """The command that installs JupyterLab beside tito, by the tool that made this environment."""
    prefix = Path(sys.prefix)
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx inject tinytorch-course {LAB}"
    if (prefix / "uv-receipt.toml").is_file():
        return f"uv tool install --with {LAB} {OUR_OWN}"
    if (prefix / "conda-meta").is_dir():
        return f"conda install --prefix {shlex.quote(str(prefix))} -c conda-forge {LAB}"
    if importlib.util.find_spec("pip"):
        return f"{python} -m pip install {LAB}"
    if shutil.which("uv"):
        return f"uv pip install --python {python} {LAB}"
    return f"{python} -m ensurepip && {python} -m pip install {LAB}"


def _has_pip_at_hand() -> bool:
    """Whether the shell's pip is that of the environment which runs tito, and no other tool made that."""
    found = shutil.which("pip")
    tools = ("pipx_metadata.json", "uv-receipt.toml", "conda-meta")
    is_ours = found is not None and Path(found).parent == Path(sys.executable).parent
    return is_ours and not any((Path(sys.prefix) / name).exists() for name in tools)


def _is_managed_from_outside() -> bool:
    """Whether the operating system manages this Python (PEP 668): outside a virtual environment."""
    mark = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
    return sys.prefix == sys.base_prefix and mark.is_file()
