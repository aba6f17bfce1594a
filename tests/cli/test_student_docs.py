"""What the documents tell a student to type: each command is there, and the road of docs/student.md really is one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from tito.cli import cli
from tito.course import REPOSITORY

DOCUMENTS = ["README.md", "docs/student.md", "docs/state.md", "docs/datasets.md"]
STUDENT = REPOSITORY / "docs" / "student.md"
NOT_HERE = ("tito data get",)  # a test fetches nothing


def commands(path: Path, everywhere: bool = False) -> list[list[str]]:
    """The words of each `tito` command of a document's code blocks; with ``everywhere`` those in its prose, too."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    if everywhere:
        lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    found = [shlex.split(line.split(">>")[0].removeprefix("%"), comments=True) for line in lines if "tito " in line]
    return [words[1:] for words in found if words and words[0] == "tito" and words[1:]]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_command_of_a_document_exists_with_its_options(name):
    typed = commands(REPOSITORY / name, everywhere=True)
    assert typed
    for words in typed:
        command, context = cli, click.Context(cli, info_name="tito")
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            inner = command.get_command(context, words[0])
            assert inner is not None, f"{name}: there is no {words[0]!r} in {context.command_path}"
            command, context, words = inner, click.Context(inner, info_name=words[0], parent=context), words[1:]
        known = {flag for option in command.get_params(context) for flag in option.opts}
        assert {word for word in words if word.startswith("-")} <= known, f"{name}: {context.command_path} {words}"


@pytest.mark.slow
@pytest.mark.long
def test_the_road_of_the_student_document(tito, all_completed, solve, course):
    """Each command in the order of the document, in a workspace whose notebooks are solved."""
    road = commands(STUDENT)
    assert len(road) > 20
    for words in road:
        if f"tito {' '.join(words)}".startswith(NOT_HERE):
            continue
        result = tito(*words)
        assert (result.code, result.err) == (0, ""), (words, result.out, result.err)
        if words[:2] == ["milestone", "start"]:
            solve(all_completed, words[2])
    assert {path.name for path in all_completed.submissions.iterdir()} == {"perceptron", "perceptron.zip"}
    assert (all_completed.root / "certificates" / "perceptron-certificate.svg").is_file()
    assert (all_completed.root / "portfolio" / "index.html").is_file()


def test_the_manual_is_as_generated():
    from tito.cli.manual import MANUAL, manual

    assert MANUAL.read_text(encoding="utf-8") == manual(), "run: python -m tito.cli.manual"
