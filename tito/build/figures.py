"""What a notebook asks of a student, counted: lines of their own and given ones, words, minutes, kinds of exercise."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass

from tito.build.authored import Authored, AuthoredCell
from tito.notebooks.reading import SOLUTION

KINDS = ("write", "derive", "predict", "break")
IMPORTANCE = ("core", "challenge")
HEADING = re.compile(r"^#+ +(?P<id>[\w-]+) · (?P<kind>\w+) · (?P<minutes>\d+) min · (?P<importance>\w+)$", re.MULTILINE)
STUB = "### STUB "  # a line of a solution that the release shows in its place
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
FORMULA_OR_CODE = re.compile(r"\$\$?[^$]*\$\$?|`[^`]*`")
WORD = re.compile(r"[A-Za-z][\w'-]*")


@dataclass(frozen=True)
class Heading:
    """An exercise as its heading announces it: ``### 04-reduce · write · 8 min · core``."""

    id: str
    kind: str
    minutes: int
    importance: str
    line: int


@dataclass(frozen=True)
class Figures:
    """Lines are lines of code, without blanks, comments and docstrings; words stand outside formulas and code."""

    own_lines: int
    given_lines: int
    check_lines: int
    longest_check: int
    words: int
    folded_words: int
    minutes: int
    kinds: dict[str, int]


def headings(authored: Authored) -> list[Heading]:
    """The headings of all exercises, in order."""
    found = []
    for cell in authored.cells:
        for match in HEADING.finditer(cell.cell.source) if cell.cell.cell_type == "markdown" else ():
            line = cell.first_source_line + cell.cell.source.count("\n", 0, match.start())
            found.append(Heading(match["id"], match["kind"], int(match["minutes"]), match["importance"], line))
    return found


def figures(authored: Authored) -> Figures:
    """Count an authored notebook."""
    texts = [
        FORMULA_OR_CODE.sub(" x ", cell.cell.source) for cell in authored.cells if cell.cell.cell_type == "markdown"
    ]
    folded = [" ".join(FOLDED.findall(text)) for text in texts]
    words, folded_words = (sum(map(_words, part)) for part in (texts, folded))
    own = given = 0
    checks = [0]
    for cell in authored.cells:
        if cell.cell.cell_type != "code":
            continue
        mine, kept = _split(cell)
        own += sum(1 for line in mine if line.strip() and not line.strip().startswith("#"))
        if cell.is_test:
            checks.append(_code_lines("\n".join(kept)))
        else:
            given += _code_lines("\n".join(kept))
    announced = headings(authored)
    kinds = Counter(heading.kind for heading in announced)
    return Figures(
        own_lines=own,
        given_lines=given,
        check_lines=sum(checks),
        longest_check=max(checks),
        words=words - folded_words,
        folded_words=folded_words,
        minutes=sum(heading.minutes for heading in announced),
        kinds={kind: kinds[kind] for kind in KINDS},
    )


def _words(text: str) -> int:
    return len(WORD.findall(re.sub(r"<[^>]*>", " ", text)))


def _split(cell: AuthoredCell) -> tuple[list[str], list[str]]:
    """The lines of a cell that a student writes, and the others."""
    mine, kept, inside = [], [], False
    for line in cell.cell.source.split("\n"):
        if line.strip() in SOLUTION:
            inside = line.strip() == SOLUTION[0]
        elif not line.strip().startswith(STUB.strip()):
            (mine if inside else kept).append(line)
    return mine, kept


def _code_lines(source: str) -> int:
    """Lines of code without blanks, comments and docstrings."""
    docstrings: set[int] = set()
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a magic, or one whose solution was all of a block
        tree = ast.Module([], [])
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            docstrings |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    numbered = enumerate(source.split("\n"), start=1)
    return sum(1 for n, line in numbered if line.strip() and not line.strip().startswith("#") and n not in docstrings)
