"""The course as data: the modules and milestones of the two tables, found by number, name or id."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tito.errors import NotTaughtYet, TitoError, UnknownName

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGED = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True)
class Module:
    """One of the nineteen modules: a notebook that becomes one file of ``tinytorch/``."""

    number: int
    name: str
    title: str
    exports: tuple[str, ...]
    needs: tuple[int, ...]
    ability: str
    minutes: int = 0  # a student's, by the headings of the notebook
    planned: bool = False

    @property
    def id(self) -> str:
        return f"{self.number:02d}_{self.name}"

    @property
    def notebook(self) -> str:
        return self.name

    @property
    def source(self) -> Path:
        return Path("modules/source") / self.id / f"{self.name}.py"

    @property
    def workplace(self) -> Path:
        """The folder of a workspace in which the student's notebook lies."""
        return Path("modules") / self.id

    @property
    def label(self) -> str:
        return f"module {self.number:02d} ({self.name})"


@dataclass(frozen=True)
class Category:
    """One line of a rubric: points for one ability, graded by tests (auto) or by a person (manual)."""

    id: str
    title: str
    points: float
    graded: str


@dataclass(frozen=True)
class Achievement:
    """A victory condition on a measured figure."""

    id: str
    title: str
    metric: str
    threshold: float


@dataclass(frozen=True)
class Contribution:
    """What one module brings to a milestone."""

    module: int
    gives: str


@dataclass(frozen=True)
class Proof:
    """One of a milestone's historical verifications: ``tests`` selects its test functions, as pytest's ``-k`` does."""

    id: str
    title: str
    year: int
    condition: str
    tests: str
    history: str


@dataclass(frozen=True)
class Milestone:
    """One of the five graded notebooks that use the student's own ``tinytorch``."""

    number: int
    id: str
    folder: str
    title: str
    year: int
    needs: tuple[int, ...]
    ability: str
    victory: str
    badge: str
    history: str
    data: str
    budget_seconds: float = 0.0
    rubric: tuple[Category, ...] = ()
    achievements: tuple[Achievement, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    verifications: tuple[Proof, ...] = ()
    planned: bool = False

    @property
    def notebook(self) -> str:
        return f"{self.id}_milestone"

    @property
    def source(self) -> Path:
        return Path("milestones") / self.folder / f"{self.notebook}.py"

    @property
    def verification(self) -> Path:
        return Path("milestones") / self.folder / f"test_{self.id}.py"

    @property
    def demo(self) -> Path:
        """The script that shows a student's framework at work."""
        return Path("milestones") / self.folder / f"demo_{self.id}.py"

    @property
    def workplace(self) -> Path:
        return Path("milestones") / self.folder

    @property
    def label(self) -> str:
        return f"milestone {self.number} ({self.id})"

    def category_of(self, grade_id: str) -> Category | None:
        """The rubric line that a graded cell belongs to: the part of its id before the first hyphen."""
        prefix = grade_id.split("-", 1)[0]
        return next((category for category in self.rubric if category.id == prefix), None)


Assignment = Module | Milestone
Numbered = TypeVar("Numbered", Module, Milestone)


@dataclass(frozen=True)
class Course:
    """Both tables, and where the course is published. What is planned can be named, and is not taught yet."""

    title: str
    repository: str
    branch: str
    modules: tuple[Module, ...]
    milestones: tuple[Milestone, ...]
    planned_modules: tuple[Module, ...] = ()
    planned_milestones: tuple[Milestone, ...] = ()
    environment: str = ""

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        return (*self.modules, *self.milestones)

    def module(self, text: str | int) -> Module:
        """Find a module by number (``1``, ``01``), name (``tensor``) or id (``01_tensor``)."""
        return _find(str(text), (*self.modules, *self.planned_modules), "module", "tito module status")

    def milestone(self, text: str | int) -> Milestone:
        """Find a milestone by number (``1``), id (``perceptron``) or one of its verifications (``xor``)."""
        return _find(str(text), (*self.milestones, *self.planned_milestones), "milestone", "tito milestone status")

    def proofs(self, text: str | int) -> tuple[Milestone, tuple[Proof, ...]]:
        """The verifications that a name means: one by its own name, all of a milestone by its number or id.

        Planned ones are found too.
        """
        milestones = (*self.milestones, *self.planned_milestones)
        by_id = {proof.id: (milestone, (proof,)) for milestone in milestones for proof in milestone.verifications}
        wanted = str(text).strip().lower()
        if wanted in by_id:
            return by_id[wanted]
        found = _search(wanted, milestones)
        if found is None:
            raise _unknown("verification", str(text), [*by_id, *_all_names(milestones)], "tito milestone list")
        return found, found.verifications

    def assignment(self, text: str) -> Assignment:
        """Find an assignment by the id that nbgrader uses, or by a module's number or name."""
        for assignment in self.assignments:
            if text == assignment.id:
                return assignment
        names = [name for assignment in self.assignments for name in _names(assignment)]
        for module in self.modules:
            if _matches(module, text):
                return module
        raise _unknown("assignment", text, names, "tito course check --help")

    def modules_of(self, numbers: Iterable[int]) -> list[Module]:
        wanted = set(numbers)
        return [module for module in (*self.modules, *self.planned_modules) if module.number in wanted]

    def required_by(self, assignment: Assignment) -> list[Module]:
        """The modules whose exports an assignment may use, in order."""
        return self.modules_of(assignment.needs)

    def unlocked_by(self, completed: Iterable[int]) -> list[Milestone]:
        """The milestones all of whose needs are among the completed modules."""
        done = set(completed)
        return [milestone for milestone in self.milestones if done.issuperset(milestone.needs)]


def _names(item: Assignment) -> list[str]:
    if isinstance(item, Module):
        return [f"{item.number:02d}", str(item.number), item.name, item.id]
    return [str(item.number), item.id, item.notebook, *(proof.id for proof in item.verifications)]


def _all_names(items: Iterable[Assignment]) -> list[str]:
    return [name for item in items for name in _names(item)]


def _matches(item: Assignment, text: str) -> bool:
    return Path(text.strip().lower()).name.removesuffix(".ipynb") in _names(item)


def _search(text: str, items: Iterable[Numbered]) -> Numbered | None:
    return next((item for item in items if _matches(item, text)), None)


def _find(text: str, items: tuple[Numbered, ...], kind: str, overview: str) -> Numbered:
    found = _search(text, items)
    if found is None:
        raise _unknown(kind, text, _all_names(items), overview)
    if found.planned:
        raise NotTaughtYet(f"{found.label} is planned, and not part of this course yet.", overview)
    return found


def _unknown(kind: str, text: str, names: list[str], overview: str) -> UnknownName:
    named = any(letter.isalpha() for letter in text)  # a number resembles others without meaning one of them
    near = difflib.get_close_matches(text.strip().lower(), names, n=1, cutoff=0.5) if named else []
    question = f" Did you mean {near[0]!r}?" if near else ""
    return UnknownName(f"There is no {kind} {text!r}.{question}", overview)


def in_short(numbers: Sequence[int], digits: int = 2) -> str:
    """Module numbers (other ones with their ``digits``), runs of them in short: ``01-03, 05``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    ends = [(run[0], run[-1]) if len(run) > 1 else (run[0],) for run in runs]
    return ", ".join("-".join(f"{number:0{digits}d}" for number in end) for end in ends)


def data_root() -> Path:
    """The folder with the two tables and ``release/``: the course repository, else the installed data."""
    if (REPOSITORY / "modules" / "modules.yml").is_file():
        return REPOSITORY
    return PACKAGED


def release_root() -> Path:
    """The folder with the released notebooks, one folder for each assignment."""
    return data_root() / "release"


def load(root: Path) -> Course:
    """Read both tables below ``root``; raise TitoError where one cannot be read."""
    path = root / "modules" / "modules.yml"
    try:
        table = _read_yaml(path)
        about, modules = table["course"], [_module(entry) for entry in table["modules"]]
        path = root / "milestones" / "milestones.yml"
        milestones = [_milestone(entry) for entry in _read_yaml(path)["milestones"]]
        return Course(
            title=about["title"],
            repository=about["repository"],
            branch=about["branch"],
            modules=tuple(module for module in modules if not module.planned),
            milestones=tuple(milestone for milestone in milestones if not milestone.planned),
            planned_modules=tuple(module for module in modules if module.planned),
            planned_milestones=tuple(milestone for milestone in milestones if milestone.planned),
            environment=about.get("environment", ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TitoError(
            f"The table {path} is malformed: {type(error).__name__}: {error}.",
            "tito course build (in the course repository) names every mistake; elsewhere reinstall the course",
        ) from error


@functools.cache
def the_course() -> Course:
    """The course that this installation carries."""
    return load(data_root())


def _read_yaml(path: Path) -> Any:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, yaml.YAMLError) as error:
        raise TitoError(f"The table {path} cannot be read: {error}", "reinstall the course") from error


def _module(entry: dict[str, Any]) -> Module:
    return Module(**{**entry, "exports": tuple(entry["exports"]), "needs": tuple(entry["needs"])})


def _milestone(entry: dict[str, Any]) -> Milestone:
    fields = dict(entry)
    fields["needs"] = tuple(entry["needs"])
    fields["rubric"] = tuple(Category(**category) for category in entry.get("rubric", ()))
    fields["achievements"] = tuple(Achievement(**achievement) for achievement in entry.get("achievements", ()))
    fields["contributions"] = tuple(Contribution(**part) for part in entry.get("contributions", ()))
    fields["verifications"] = tuple(Proof(**proof) for proof in entry.get("verifications", ()))
    return Milestone(**fields)
