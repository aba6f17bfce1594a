"""What a shell completes: asked as the shell asks, and in a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TITO = Path(sys.executable).with_name("tito")


def offered(line: str, shell: str = "bash") -> list[str]:
    """What ``tito`` answers when a shell asks to complete this line, whose last word is not finished."""
    words = line.split(" ")
    environment = {"_TITO_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run([TITO], env=os.environ | environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


def names(line: str) -> list[str]:
    return [entry.removeprefix("plain,") for entry in offered(line)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_prints_a_script_for_each_shell(tito, shell):
    result = tito("completion", shell)
    assert result.code == 0
    assert f"_TITO_COMPLETE={shell}_complete" in result.out
    assert result.err == ""


def test_its_help_says_how_to_install_it(tito):
    said = tito("completion", "--help").out
    for line in ("bash >> ~/.bashrc", "zsh >> ~/.zshrc", "fish > ~/.config/fish/completions/tito.fish"):
        assert f"  tito completion {line}\n" in said
    refused = tito("completion", "tcsh")
    assert refused.code == 2
    assert "'bash'" in refused.err


def test_commands_and_options():
    assert names("tito mod") == ["module"]
    assert {"status", "start", "complete"} <= set(names("tito module "))
    assert {"certificate", "verify", "celebrate"} <= set(names("tito milestone "))
    assert names("tito module complete --js") == ["--json"]
    assert names("tito completion z") == ["zsh"]


def test_names_of_the_tables(course):
    numbers = [f"{module.number:02d}" for module in course.modules]
    everywhere = [module.name for module in course.modules]
    for command in ("start", "complete"):
        assert names(f"tito module {command} ") == numbers + everywhere
    assert names("tito module complete tens") == ["tensor"]
    assert names("tito module complete 0") == [number for number in numbers if number.startswith("0")]
    milestones = [milestone.id for milestone in course.milestones]
    for command in ("start", "submit", "certificate", "celebrate"):
        assert names(f"tito milestone {command} ") == milestones
    proofs = {proof.id for milestone in course.milestones for proof in milestone.verifications}
    assert set(names("tito milestone run ")) == proofs | set(milestones)
    assert names("tito course check 01") == [course.modules[0].id]


def test_other_shells_get_the_titles_too(course):
    first = course.modules[0]
    assert f"plain\n{first.number:02d}\n{first.title}" in "\n".join(offered("tito module start 0", "zsh"))


def test_completing_a_command_imports_no_command():
    script = (
        "import sys\nfrom tito.cli import run\n"
        "try:\n    run([])\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)"
    )
    environment = {"_TITO_COMPLETE": "bash_complete", "COMP_WORDS": "tito m", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert "plain,milestone" in done.stdout
    loaded = set(done.stderr.split())
    assert "tito.cli" in loaded
    assert not loaded & {"tito.cli.module", "tito.cli.milestone", "tito.course", "yaml", "rich", "numpy", "IPython"}


def test_names_need_no_rich_numpy_or_jupyter():
    script = (
        "import sys\nfrom tito.cli import run\n"
        "try:\n    run([])\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)"
    )
    environment = {"_TITO_COMPLETE": "bash_complete", "COMP_WORDS": "tito module start 0", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert "plain,01" in done.stdout
    assert not set(done.stderr.split()) & {"rich", "numpy", "nbformat", "IPython", "jupyter_client"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_in_a_real_bash(tmp_path):
    script = """
set -e
eval "$(tito completion bash)"
COMP_WORDS=(tito milestone certificate perc) COMP_CWORD=3 COMP_LINE="tito milestone certificate perc"
_tito_completion tito perc certificate
echo "${COMPREPLY[*]}"
complete -p tito
"""
    path = f"{TITO.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "perceptron"
    assert "_tito_completion" in done.stdout.splitlines()[1]
