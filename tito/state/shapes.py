"""What a record must look like for tito to work with it: the run-time side of the schemas in ``tito/schemas``.

Fields that are not named here belong to a later tito, and are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_time(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_percent(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 100


def _is_record(value: Any) -> bool:
    return isinstance(value, dict)


def _are_figures(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(figure) or _is_number(figure) for figure in value.values())


def _is_attempt(value: Any) -> bool:
    return isinstance(value, dict) and set(ATTEMPT) <= set(value) and not _problem(value, ATTEMPT)


def _are_attempts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_attempt, value))


def _is_achievement(value: Any) -> bool:
    needed = {"measured", "threshold", "reached_at"}
    return isinstance(value, dict) and needed <= set(value) and not _problem(value, ACHIEVEMENT)


def _are_achievements(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_achievement, value.values()))


def _is_earlier(value: Any) -> bool:
    return isinstance(value, dict) and not _problem(value, EARLIER)


MODULE: dict[str, Test] = {
    "started_at": _is_text,
    "completed_at": _is_text,
    "reset_at": _is_text,
    "notebook": _is_text,
    "notebook_sha256": _is_text,
    "export_sha256": _is_text,
    "tests_passed": _is_count,
    "checkpoint": _is_record,
    "rebuilt": _is_flag,
}
ATTEMPT: dict[str, Test] = {
    "at": _is_text,
    "kind": _is_text,
    "seconds": _is_time,
    "passed": _is_count,
    "total": _is_count,
    "score": _is_percent,
    "figures": _are_figures,
    "package_sha256": _is_text,
}
ACHIEVEMENT: dict[str, Test] = {
    "measured": _is_number,
    "threshold": _is_number,
    "reached_at": _is_text,
    "measured_at": _is_text,
}
EARLIER: dict[str, Test] = {
    "verifications": _is_count,
    "submissions": _is_count,
    "seconds": _is_time,
    "first_score": _is_percent,
}
MILESTONE: dict[str, Test] = {
    "started_at": _is_text,
    "verified_at": _is_text,
    "first_verified_at": _is_text,
    "completed_at": _is_text,
    "completed_notebook_sha256": _is_text,
    "submitted_at": _is_text,
    "workspace": _is_text,
    "notebook_sha256": _is_text,
    "package_sha256": _is_text,
    "tests_passed": _is_count,
    "tests": _is_count,
    "figures": _are_figures,
    "achievements": _are_achievements,
    "best_score": _is_percent,
    "attempts": _are_attempts,
    "attempts_until_verification": _is_count,
    "earlier_attempts": _is_earlier,
    "rebuilt": _is_flag,
}


def module_problem(record: Mapping[str, Any]) -> str:
    """What is wrong with the record of a module; empty when nothing is."""
    return _problem(record, MODULE)


def milestone_problem(record: Mapping[str, Any]) -> str:
    """What is wrong with the record of a milestone; empty when nothing is."""
    return _problem(record, MILESTONE)


def _problem(record: Mapping[str, Any], tests: Mapping[str, Test]) -> str:
    for name, test in tests.items():
        if name in record and not test(record[name]):
            return f"{name!r} is not what tito writes"
    return ""
