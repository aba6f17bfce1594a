"""How points are distributed over a class: quartiles, and for each graded cell how many met it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from tito.course import Category
from tito.grading.reports.report import CellScore, Report

FEWEST = 5  # of fewer students quartiles say nothing that their points do not say better
SHOWN = 3


@dataclass(frozen=True)
class Summary:
    """Where points lie; the quartiles are None in a class too small for them."""

    count: int
    lowest: float
    median: float
    highest: float
    quartiles: tuple[float, float] | None


@dataclass(frozen=True)
class CellOutcome:
    """One graded cell over the class: how many got all of its points, some, none, and how many await a person."""

    cell: str
    category: str
    by_hand: bool
    maximum: float
    full: int
    part: int
    none: int
    awaits: int

    @property
    def scored(self) -> int:
        return self.full + self.part + self.none

    @property
    def missed(self) -> float:
        """The share of scored submissions without all points."""
        return (self.part + self.none) / self.scored if self.scored else 0.0


def summary(values: Sequence[float]) -> Summary | None:
    """Median and quartiles; None without a value.

    >>> summary([1, 2, 3, 4, 5]).quartiles
    (2.0, 4.0)
    >>> summary([1, 2]).quartiles is None
    True
    """
    if not values:
        return None
    lower, _, upper = quantiles(values, n=4, method="inclusive") if len(values) >= FEWEST else (0.0, 0.0, 0.0)
    return Summary(
        len(values), min(values), median(values), max(values), (lower, upper) if len(values) >= FEWEST else None
    )


def final_totals(report: Report) -> dict[str, float]:
    """Totals that no person has to complete any more."""
    return {each.student: each.total for each in report.students if each.categories and not each.awaiting}


def provisional_totals(report: Report) -> dict[str, float]:
    """Totals to which a person may still add."""
    return {each.student: each.total for each in report.students if each.categories and each.awaiting}


def totals_so_far(report: Report) -> Summary | None:
    """Where the totals lie; provisional ones count as they are now."""
    return summary([each.total for each in report.students if each.categories])


def category_shares(report: Report, category: str) -> tuple[dict[str, float], int]:
    """Each student's share of a category's points, in percent, and of how many a person has to score it first."""
    found = [(each.student, own) for each in report.students for own in each.categories if own.id == category]
    shares = {student: 100 * own.earned / own.maximum for student, own in found if not own.awaiting and own.maximum}
    return shares, sum(bool(own.awaiting) for _, own in found)


def cell_outcomes(report: Report) -> list[CellOutcome]:
    """Every graded cell, in the order of the notebook."""
    cells: dict[str, list[CellScore]] = {}
    for each in report.evidence:
        for cell in each.cells:
            cells.setdefault(cell.cell, []).append(cell)
    return [_outcome(name, found, _category(name, report.categories)) for name, found in cells.items()]


def hardest(outcomes: Sequence[CellOutcome]) -> list[CellOutcome]:
    """The tests that at least half of the class did not fully meet, the most missed first."""
    missed = [each for each in outcomes if each.missed >= 0.5 and not each.by_hand]
    return sorted(missed, key=lambda each: (-each.missed, each.cell))[:SHOWN]


def _outcome(name: str, cells: Sequence[CellScore], category: Category) -> CellOutcome:
    scored = [cell for cell in cells if not cell.awaits]
    full = sum(cell.earned >= cell.maximum for cell in scored)
    none = sum(cell.earned <= 0 < cell.maximum for cell in scored)
    maximum = max(cell.maximum for cell in cells)
    counts = (full, len(scored) - full - none, none, len(cells) - len(scored))
    return CellOutcome(name, category.title, category.graded == "manual", maximum, *counts)


def _category(cell: str, categories: Sequence[Category]) -> Category:
    prefix = cell.split("-", 1)[0]
    return next((category for category in categories if category.id == prefix), categories[0])
