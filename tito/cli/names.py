"""Names that a shell completes: modules, milestones, their verifications. A command still looks them up itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from tito.course import Course, Milestone, the_course
from tito.errors import TitoError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Named = Iterable[tuple[str, str]]


class CourseName(click.ParamType):
    """A name out of the course's tables: ``names`` gives each with its title."""

    name = "name"

    def __init__(self, names: Callable[[Course], Named]) -> None:
        self.names = names

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        wanted = incomplete.lower()
        try:
            return [
                CompletionItem(name, help=title) for name, title in self.names(the_course()) if name.startswith(wanted)
            ]
        except TitoError:  # a table that cannot be read: the command itself says so
            return []


def _modules(course: Course) -> Named:
    """Numbers first; names are offered to whoever begins to type one."""
    yield from ((f"{module.number:02d}", module.title) for module in course.modules)
    yield from ((module.name, module.title) for module in course.modules)


def _milestones(course: Course) -> Named:
    return ((milestone.id, _title(milestone)) for milestone in course.milestones)


def _verifications(course: Course) -> Named:
    """Each milestone and each of its historical verifications, once."""
    found: dict[str, str] = {}
    for milestone in course.milestones:
        found[milestone.id] = _title(milestone)
        for proof in milestone.verifications:
            found.setdefault(proof.id, f"{proof.title}, {proof.year}")
    return found.items()


def _assignments(course: Course) -> Named:
    yield from ((module.id, module.title) for module in course.modules)
    yield from _milestones(course)


def _title(milestone: Milestone) -> str:
    return f"{milestone.title}, {milestone.year}"


MODULE = CourseName(_modules)
MILESTONE = CourseName(_milestones)
VERIFICATION = CourseName(_verifications)
ASSIGNMENT = CourseName(_assignments)
