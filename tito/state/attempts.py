"""Attempts at a milestone, in the record of the milestone: how one is added, and which of them are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tito.state.progress import Record, now

VERIFICATION = "verification"
SUBMISSION = "submission"
KEPT_ATTEMPTS = 200

Figures = dict[str, float | str]


@dataclass(frozen=True)
class Attempt:
    """One run of a milestone's verification or submission; ``score`` is the percentage that passed."""

    at: str
    kind: str
    seconds: float
    passed: int
    total: int
    score: float
    figures: Figures
    package_sha256: str

    @classmethod
    def of(
        cls, kind: str, seconds: float, passed: int, total: int, figures: Mapping[str, float | str], package_sha256: str
    ) -> Attempt:
        """An attempt that ended now, with its score."""
        score = round(100 * passed / total, 2) if total else 0.0
        return cls(now(), kind, round(seconds, 2), passed, total, score, dict(figures), package_sha256)

    @property
    def whole(self) -> bool:
        """Whether there were checks and each of them passed."""
        return 0 < self.total == self.passed


@dataclass(frozen=True)
class MeasuredAchievement:
    """A victory condition beside the figure that a run measured; None when it measured none."""

    id: str
    title: str
    metric: str
    threshold: float
    measured: float | None

    @property
    def reached(self) -> bool:
        return self.measured is not None and self.measured >= self.threshold


def add_attempt(record: Record, attempt: Attempt) -> None:
    """Add an attempt to a milestone's record, its score to the best one, and drop what is too old."""
    plain = {**vars(attempt), "figures": finite(attempt.figures)}
    record["attempts"] = [*record.get("attempts", ()), plain]
    if attempt.kind == VERIFICATION:
        record["best_score"] = max(record.get("best_score", 0.0), attempt.score)
    _trim(record)


def _trim(record: Record) -> None:
    """Drop the oldest attempts above the limit, and keep what the statistics need to know of them."""
    attempts = record["attempts"]
    old, recent = attempts[:-KEPT_ATTEMPTS], attempts[-KEPT_ATTEMPTS:]
    kept = [run for run in old if run is _best(attempts) or _decided_by(record, run)]
    dropped = [run for run in old if not any(run is one for one in kept)]
    if not dropped:
        return
    earlier = record.setdefault("earlier_attempts", {})
    for run in dropped:
        verified = run["kind"] == VERIFICATION
        kind = "verifications" if verified else "submissions"
        earlier[kind] = earlier.get(kind, 0) + 1
        earlier["seconds"] = round(earlier.get("seconds", 0.0) + run["seconds"], 2)
        if verified:
            earlier.setdefault("first_score", run["score"])
    record["attempts"] = [*kept, *recent]


def _best(attempts: list[Record]) -> Record | None:
    """The first of the verifications with the highest score."""
    verified = [run for run in attempts if run["kind"] == VERIFICATION]
    return max(verified, key=lambda run: run["score"], default=None)


def _decided_by(record: Record, run: Record) -> bool:
    """Whether a run is the one that verified the milestone, or the one that completed it."""
    if run["kind"] != VERIFICATION:
        return run["at"] == record.get("completed_at")
    verified = (record.get("verified_at"), record.get("package_sha256"))
    return 0 < run["total"] == run["passed"] and (run["at"], run["package_sha256"]) == verified


def finite(figures: Mapping[str, float | str]) -> Figures:
    """Figures as JSON can hold them: what is no finite number becomes a text."""
    return {
        name: value if isinstance(value, str) or math.isfinite(value) else str(value) for name, value in figures.items()
    }


def counts(record: Mapping[str, Any]) -> tuple[int, int]:
    """How many verifications and submissions there were, those no longer kept included."""
    earlier = record.get("earlier_attempts", {})
    kinds = [run["kind"] for run in record.get("attempts", ())]
    return (
        earlier.get("verifications", 0) + kinds.count(VERIFICATION),
        earlier.get("submissions", 0) + len(kinds) - kinds.count(VERIFICATION),
    )
