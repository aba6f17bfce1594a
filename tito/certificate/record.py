"""What a certificate says, as data: who, which milestone, what was measured, and the hashes that hold it together.

The digest is a hash without a key. It shows that a record is whole; anybody can compute one, so it does not show who
wrote the record.
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from tito import __version__
from tito.course import Course, Milestone
from tito.errors import TitoError

FORMAT = 1
MARK = "tito-certificate"
NAME_IT = "name the file that tito milestone certificate wrote"
ASK_AGAIN = "ask for the file as tito wrote it"
LONGEST_NAME = 80
LONGEST_TEXT = 2000
TURNING = set(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
)  # change the direction of what follows


class NoCertificate(TitoError):
    """A file that holds no certificate, or a damaged one."""


@dataclass(frozen=True)
class Goal:
    """A victory condition, and the figure that was measured for it."""

    id: str
    title: str
    metric: str
    threshold: float
    measured: float


@dataclass(frozen=True)
class Certificate:
    """Everything that a certificate shows; ``digest`` is the SHA-256 of all the rest."""

    format: int
    course: str
    repository: str
    tito: str
    name: str
    milestone: str
    number: int
    title: str
    year: int
    ability: str
    badge: str
    measured_at: str
    checks: int
    figures: dict[str, float | str]
    goals: tuple[Goal, ...]
    files: tuple[str, ...]
    package_sha256: str
    results_sha256: str
    digest: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """Everything but the digest, as plain data."""
        plain = asdict(self)
        del plain["digest"]
        return plain


@dataclass(frozen=True)
class Measurement:
    """The run that verified a milestone: when, how many checks passed, its figures, and what was measured."""

    at: str
    checks: int
    figures: Mapping[str, float | str]
    package_sha256: str
    files: tuple[str, ...]


def make(course: Course, milestone: Milestone, measurement: Measurement, name: str) -> Certificate:
    """The certificate of a milestone whose achievements this measurement reached.

    Raises TitoError when it holds a goal's figure not at all, or one that is too low.
    """
    figures = {metric: _plain(value) for metric, value in sorted(measurement.figures.items())}
    goals = tuple(_goal(milestone, goal, figures) for goal in milestone.achievements)
    made = Certificate(
        format=FORMAT,
        course=course.title,
        repository=course.repository,
        tito=__version__,
        name=clean_name(name),
        milestone=milestone.id,
        number=milestone.number,
        title=milestone.title,
        year=milestone.year,
        ability=milestone.ability,
        badge=milestone.badge,
        measured_at=measurement.at,
        checks=measurement.checks,
        figures=figures,
        goals=goals,
        files=tuple(sorted(measurement.files)),
        package_sha256=measurement.package_sha256,
        results_sha256=results_hash(figures, goals, measurement.checks),
    )
    return replace(made, digest=digest_of(made))


def results_hash(figures: Mapping[str, float | str], goals: tuple[Goal, ...], checks: int) -> str:
    """The SHA-256 of what was measured."""
    return _sha256({"figures": dict(figures), "goals": [asdict(goal) for goal in goals], "checks": checks})


def digest_of(certificate: Certificate) -> str:
    """The SHA-256 of everything that a certificate's record says."""
    return _sha256(certificate.facts)


def canonical(certificate: Certificate) -> str:
    """The record as JSON, always in the same characters."""
    return _canonical(asdict(certificate))


def parse(text: str) -> Certificate:
    """Read a record; raise NoCertificate when it is none, damaged, or of a newer tito."""
    try:
        plain = json.loads(text)
        if isinstance(plain, dict) and isinstance(plain.get("format"), int) and plain["format"] > FORMAT:
            raise NoCertificate(
                f"The certificate was made by a newer tito (format {plain['format']}).",
                "pip install --upgrade tinytorch-course",
            )
        return _checked(plain)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NoCertificate(f"The certificate's record is damaged: {_reason(error)}.", ASK_AGAIN) from error


def clean_name(name: str) -> str:
    """A person's name in one line; raise TitoError for one that a page cannot show."""
    tidy = unicodedata.normalize("NFC", " ".join(name.split()))
    if len(tidy) > LONGEST_NAME:
        raise TitoError(
            f"The name has {len(tidy)} characters; a certificate has room for {LONGEST_NAME}.",
            'tito milestone certificate MILESTONE --name "A SHORTER NAME"',
        )
    if any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") or c in TURNING for c in tidy):
        raise TitoError(
            "The name holds a control character, which a page cannot show.",
            'tito milestone certificate MILESTONE --name "NAME"',
        )
    return tidy


def _goal(milestone: Milestone, goal: Any, figures: Mapping[str, float | str]) -> Goal:
    value = figures.get(goal.metric)
    if isinstance(value, str) or value is None or value < goal.threshold:
        raise TitoError(
            f"{goal.title} was not reached in the run that is on record for {milestone.label}.",
            f"tito milestone test {milestone.id}",
        )
    return Goal(goal.id, goal.title, goal.metric, goal.threshold, value)


def _plain(value: float | str) -> float | str:
    """A figure that JSON can hold."""
    if isinstance(value, str):
        return value
    return float(value) if math.isfinite(value) else str(value)


def _checked(plain: Any) -> Certificate:
    if not isinstance(plain, dict) or set(plain) != {field.name for field in fields(Certificate)}:
        raise ValueError("it does not hold what a certificate holds")
    goals = tuple(Goal(**goal) for goal in plain["goals"])
    made = Certificate(**{**plain, "goals": goals, "files": tuple(plain["files"])})
    whole = ("format", "number", "year", "checks")
    texts = [getattr(made, f.name) for f in fields(made) if f.name not in {*whole, "figures", "goals", "files"}]
    texts += [*made.files, *made.figures, *(text for goal in goals for text in (goal.id, goal.title, goal.metric))]
    numbers = [value for goal in goals for value in (goal.threshold, goal.measured)]
    numbers += [value for value in made.figures.values() if not isinstance(value, str)]
    texts += [value for value in made.figures.values() if isinstance(value, str)]
    if not all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts):
        raise ValueError("a text in it is none")
    if not all(type(value) in (int, float) and math.isfinite(value) for value in numbers):
        raise ValueError("a figure in it is no number")
    if not all(type(getattr(made, name)) is int and 0 <= getattr(made, name) < 10_000 for name in whole):
        raise ValueError("a number in it is none")
    if len(goals) > 24 or len(made.figures) > 200:
        raise ValueError("it holds more figures than a page does")
    return made


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return "it is not JSON"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error) or type(error).__name__


def _canonical(plain: Any) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _sha256(plain: Any) -> str:
    return hashlib.sha256(_canonical(plain).encode("utf-8", "surrogatepass")).hexdigest()
