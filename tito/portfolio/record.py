"""What stands on a portfolio's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tito.course import Milestone
from tito.portfolio.plots import Plot


@dataclass(frozen=True)
class Goal:
    """An achievement that was reached, with the best figure measured for it, and when."""

    title: str
    threshold: float
    measured: float
    measured_at: str


@dataclass(frozen=True)
class Badge:
    """A milestone on the page: its badge is locked while ``completed_at`` is empty; ``words`` says where it stands."""

    milestone: Milestone
    completed_at: str
    verified_at: str
    words: str
    figures: Mapping[str, float | str]
    goals: tuple[Goal, ...]
    plots: tuple[Plot, ...]


@dataclass(frozen=True)
class Checkpoint:
    """A module with its statement: ``completed_at`` is empty while it is not completed."""

    number: int
    title: str
    ability: str
    completed_at: str
    words: str


@dataclass(frozen=True)
class Portfolio:
    """Everything on the page."""

    course: str
    repository: str
    name: str
    made_at: str
    tito: str
    badges: tuple[Badge, ...]
    checkpoints: tuple[Checkpoint, ...]
