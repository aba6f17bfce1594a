"""Hidden tests stay hidden: what a submission put out is searched for them before a student reads it.

While a hidden test runs, a student's function can read it; nothing prevents that. So whatever repeats a hidden line, as
it is or in one of the usual disguises, is taken out. A disguise of one's own is not found.
"""

from __future__ import annotations

import ast
import base64
import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from nbformat import NotebookNode

from tito.notebooks.reading import HIDDEN

REGION = re.compile(rf"[ \t]*{HIDDEN[0]}.*?(?:{HIDDEN[1]}|\Z)", re.DOTALL)
LEFT_OUT = "(left out: it repeats hidden tests)"
TAG = re.compile(r"<[^<>]*>")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
LEAST = 12  # letters and digits that a line must have to be told from ordinary text
WINDOW = 24  # letters and digits in a row that give a line away


@dataclass(frozen=True)
class Secrets:
    """The cores of hidden lines, and pieces of them and of their disguises that give one away."""

    lines: frozenset[str]
    pieces: frozenset[str]

    def redacted(self, text: str) -> str:
        """The text without lines that are secret; a mere note when it still gives one away."""
        kept = "".join(line for line in text.splitlines(True) if _core(ANSI.sub("", line)) not in self.lines)
        return LEFT_OUT if self.betrayed_by(kept) else kept

    def betrayed_by(self, text: str) -> bool:
        """Whether a text holds a secret line, as it is or in disguise."""
        bare = ANSI.sub("", text)
        return any(self._in(core) for core in {_core(bare), _core(TAG.sub("", bare))})

    def _in(self, core: str) -> bool:
        short = any(piece in core for piece in self.pieces if len(piece) < WINDOW)
        return short or any(core[at : at + WINDOW] in self.pieces for at in range(len(core) - WINDOW + 1))


def secrets_of(notebook: NotebookNode) -> Secrets:
    """The hidden lines of a notebook, less what is said elsewhere in it and what its assertions say when they fail."""
    hidden: set[str] = set()
    public: list[str] = []
    for cell in notebook.cells:
        regions = REGION.findall(cell.source) if cell.cell_type == "code" else []
        hidden |= {line.strip() for region in regions for line in region.split("\n")}
        public += [REGION.sub("", cell.source), *(_messages(cell.source) if regions else ())]
    everywhere = "\n".join(map(_core, public))
    lines = {line for line in hidden - set(HIDDEN) if len(_core(line)) >= LEAST and _core(line) not in everywhere}
    pieces = {piece for line in lines for disguise in _disguises(line) for piece in _pieces(disguise)}
    return Secrets(frozenset(map(_core, lines)), frozenset(piece for piece in pieces if piece not in everywhere))


def _messages(source: str) -> Iterator[str]:
    """The texts that a cell's assertions and errors say."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        said = node.msg if isinstance(node, ast.Assert) else node.exc if isinstance(node, ast.Raise) else None
        for part in ast.walk(said) if said else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def without_secrets(cell: NotebookNode, secrets: Secrets) -> None:
    """Take what is secret out of a cell's outputs."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            output.text = secrets.redacted(output.text)
        elif output.output_type == "error":
            output.ename, output.evalue = (secrets.redacted(text) for text in (output.ename, output.evalue))
            if secrets.betrayed_by("\n".join(output.traceback)):
                output.traceback = [f"{output.ename}: {output.evalue}"]
        else:
            output.data = {kind: _shown(kind, value, secrets) for kind, value in output.data.items()}
            if secrets.betrayed_by(json.dumps(output.get("metadata", {}), ensure_ascii=False)):
                output.metadata = NotebookNode()


def _shown(kind: str, value: object, secrets: Secrets) -> object:
    if kind.startswith("image/") and kind != "image/svg+xml":
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    redacted = secrets.redacted(text)
    return value if redacted == text else redacted


def _core(text: str) -> str:
    """Only the letters and digits of a text: case, quotes, escapes, spaces and line breaks hide nothing."""
    return re.sub(r"[\W_]+", "", text).lower()


def _disguises(line: str) -> Iterator[str]:
    """A line as it is, reversed, rotated, and in the usual encodings."""
    core, encoded = _core(line), line.encode()
    yield from (core, core[::-1], codecs.encode(core, "rot13"), encoded.hex(), _core(quote(line, safe="")))
    yield "".join(str(code) for code in encoded)
    for shift in range(3):  # within a longer text a line may begin at any place of a group of three bytes
        yield _core(base64.b64encode(b"\0" * shift + encoded).decode()[4:].rstrip("=")[:-1])


def _pieces(text: str) -> Iterator[str]:
    """Windows over a text, so close that a longer part of it holds one; a short text is one piece."""
    if len(text) <= WINDOW:
        return iter([text] if len(text) >= LEAST else [])
    return (text[at : at + WINDOW] for at in range(0, len(text) - WINDOW + 1, 6))
