"""The answers beside a notebook that prove its checks: ``wrong_<name>.py`` and ``right_<name>.py``."""

from __future__ import annotations

import runpy
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tito.course import Assignment

Right = dict[str, dict[str, list[str]]]  # by exercise, by name: code for each region of the solution


@dataclass(frozen=True)
class WrongAnswer:
    """One wrong answer: a change (old, new) of the solution, or code for each of its regions."""

    name: str
    says: tuple[str, ...]
    change: tuple[str, str] | None = None
    code: tuple[str, ...] = ()

    def applied(self, regions: list[str]) -> list[str]:
        """The regions of the solution with this mistake in them; ValueError where the solution has moved on."""
        if self.change is None:
            if len(self.code) != len(regions):
                raise ValueError(f"{self.name!r} has {len(self.code)} regions, the solution has {len(regions)}")
            return list(self.code)
        old, new = self.change
        if sum(region.count(old) for region in regions) != 1:
            raise ValueError(f"{self.name!r}: {old!r} does not stand exactly once in the solution")
        return [region.replace(old, new) for region in regions]


@dataclass
class WrongAnswers:
    """What ``wrong_<name>.py`` lists. Words are separated by `` | `` and compared without case.

    >>> answers = WrongAnswers()
    >>> answers.slip("04-reduce", "adds up", "6.00 times", "losses.mean()", "losses.sum()")
    >>> answers.by_exercise["04-reduce"][0].applied(["return losses.mean()"])
    ['return losses.sum()']
    """

    by_exercise: dict[str, list[WrongAnswer]] = field(default_factory=lambda: defaultdict(list))
    equivalents: list[tuple[str, str]] = field(default_factory=list)

    def slip(self, exercise: str, name: str, says: str, old: str, new: str) -> None:
        """A slip: ``old``, which stands once in the solution, became ``new``; the message holds the words ``says``."""
        self.by_exercise[exercise].append(WrongAnswer(name, tuple(says.split(" | ")), change=(old, new)))

    def wrong(self, exercise: str, name: str, says: str, *code: str) -> None:
        """A wrong answer of its own: code for each region of the solution."""
        self.by_exercise[exercise].append(WrongAnswer(name, tuple(says.split(" | ")), code=code))

    def equivalent(self, exercise: str, part: str) -> None:
        """Mutants of an exercise whose description holds ``part`` do the same as the solution: say why beside it.

        With an empty ``part`` none is made: the exercise asks for settings, and many others are as good.
        """
        self.equivalents.append((exercise, part))


def read_answers(root: Path, assignment: Assignment) -> tuple[WrongAnswers, Right]:
    """The wrong and right answers beside an authored notebook; empty where there are none."""
    authored = root / assignment.source
    name = authored.stem.removesuffix("_milestone")
    wrong, right = (authored.parent / f"{kind}_{name}.py" for kind in ("wrong", "right"))
    return (
        runpy.run_path(str(wrong))["answers"] if wrong.is_file() else WrongAnswers(),
        runpy.run_path(str(right))["RIGHT"] if right.is_file() else {},
    )
