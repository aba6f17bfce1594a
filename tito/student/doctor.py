"""What works on this machine and what to do about the rest. Each finding is of something that was really tried."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from tito.course import Course
from tito.errors import MissingExtra, NotInWorkspace, StateRepaired, TitoError
from tito.extras import needs_extra
from tito.files import locked, typed, write_atomically
from tito.student.checks import FAILED, NOT_TRIED, PASSED
from tito.workspace import DRIVE, Workspace

DISTRIBUTION = "tinytorch-course"
EXTRAS = {"": "", "student": "", "instructor": "instructors"}
REQUIREMENT = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?\s*([^;]*)(?:;\s*(.*))?$")
FREE_BYTES = 200_000_000
START_SECONDS = 60.0


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: passed, failed or not tried, what came of it, and what to do next.

    ``who`` is empty for what everybody needs, else says who alone needs it; ``optional`` marks what nobody must have.
    """

    name: str
    state: str
    sentence: str
    next: str = ""
    who: str = ""
    optional: bool = False

    @property
    def blocks(self) -> bool:
        """Whether a student cannot go on."""
        return self.state == FAILED and not self.who and not self.optional


@dataclass(frozen=True)
class Diagnosis:
    """All findings of one run; ``next`` is the first thing to do."""

    ok: bool
    findings: tuple[Finding, ...]
    next: str


@dataclass(frozen=True)
class Package:
    """A package that the course asks for, and the version that is installed (empty: none)."""

    name: str
    wanted: str
    installed: str
    extra: str

    @property
    def fits(self) -> bool:
        return bool(self.installed) and all(map(self._meets, filter(None, self.wanted.split(","))))

    def _meets(self, clause: str) -> bool:
        match = re.match(r"\s*(>=|<)\s*([\d.]+)", clause)
        if not match:
            return True
        installed, wanted = _numbers(self.installed), _numbers(match[2])
        return installed >= wanted if match[1] == ">=" else installed < wanted


def diagnose(course: Course, for_instructors: bool = True) -> Diagnosis:
    """Try everything that the course needs, from Python to the disk; only what a student needs, if told so."""
    findings = tuple(_student_findings(course))
    if for_instructors:
        findings += (_packages("instructor"), _sandbox())
    blocking = [finding for finding in findings if finding.blocks]
    return Diagnosis(not blocking, findings, blocking[0].next if blocking else "")


def environment_facts() -> dict[str, str]:
    """What a result of this diagnosis depends on: this interpreter, and the versions of the packages that it uses."""
    installed = {package.name: package.installed for package in packages() if package.extra in ("", "student")}
    return {"python": sys.version, "prefix": sys.prefix, **installed}


def packages() -> list[Package]:
    """The packages that the installed course asks for; none when it is not installed as a distribution."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    found = []
    for name, wanted, marker in (match.groups() for match in map(REQUIREMENT.match, lines) if match):
        extra = re.search(r"extra\s*==\s*['\"](\w+)['\"]", marker or "")
        which = extra[1] if extra else ""
        if which in EXTRAS and name != DISTRIBUTION:
            found.append(Package(name, wanted.strip(), _version(name), which))
    first_named = {package.name: package for package in sorted(found, key=_order, reverse=True)}
    return sorted(first_named.values(), key=_order)


def _student_findings(course: Course) -> Iterator[Finding]:
    yield _python()
    yield _packages("")
    yield _packages("student")
    yield from _colab()
    workspace, finding = _workspace()
    yield _kernel()
    yield finding
    if workspace is not None:
        yield _writable(workspace, course)
        yield _lock(workspace)
        yield from _progress(workspace, course)
        yield _exports(workspace, course)
    yield from _data()
    yield _disk(workspace)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    found = f"{version} at {sys.executable}"
    try:
        about = metadata.metadata(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return Finding("Python", NOT_TRIED, f"{found}; tito is not installed as a package, so its needs are not known")
    wanted = about.get("Requires-Python") or ""
    if not Package("python", wanted, version, "").fits:
        words = f"{found}; the course needs {wanted}"
        return Finding("Python", FAILED, words, "install a newer Python, and tito in it")
    minor = "{}.{}".format(*sys.version_info)
    known = any(line.endswith(f":: {minor}") for line in about.get_all("Classifier") or [])
    return Finding("Python", PASSED, found if known else f"{found}; the course was not tried with {minor}")


def _packages(extra: str) -> Finding:
    name = f"packages [{extra}]" if extra else "packages"
    asked = [package for package in packages() if package.extra == extra]
    if not asked:
        return Finding(name, NOT_TRIED, "tito is not installed as a package", who=EXTRAS[extra])
    wrong = [package for package in asked if not package.fits]
    if not wrong:
        words = "installed: " + ", ".join(f"{p.name} {p.installed}" for p in asked)
        return Finding(name, PASSED, words, who=EXTRAS[extra])
    words = [f"{p.name} {p.installed or 'is missing'} (needed: {p.wanted or 'any version'})" for p in wrong]
    target = f"{DISTRIBUTION}[{extra}]" if extra else DISTRIBUTION
    return Finding(name, FAILED, "; ".join(words), f"pip install --upgrade '{target}'", EXTRAS[extra])


def _colab() -> Iterator[Finding]:
    """In Colab, whether Drive is there: without it nothing lasts. Elsewhere nothing."""
    if "google" in sys.modules and importlib.util.find_spec("google.colab") is not None:
        mounted = (DRIVE / "MyDrive").is_dir()
        words = "is mounted" if mounted else "is not mounted: what you write is lost when Colab ends"
        yield Finding("Colab's Drive", PASSED if mounted else FAILED, words, "" if mounted else "run the setup cell")


def _kernel() -> Finding:
    """Start a kernel as a module's check does, and run one cell in it."""
    try:
        with needs_extra("student"):
            outcome, seconds = _run_cell("import sys, numpy\nprint(sys.version.split()[0], numpy.__version__)")
    except MissingExtra as missing:
        return Finding("kernel", NOT_TRIED, missing.message, missing.hint)
    except Exception as error:
        return Finding("kernel", FAILED, f"no kernel could run: {error}", _reinstall())
    if outcome.output_type == "error":
        return Finding("kernel", FAILED, f"a cell failed: {outcome.ename}: {outcome.evalue}", _reinstall())
    python, numpy = outcome.text.split()
    return Finding("kernel", PASSED, f"ran a cell with Python {python} and NumPy {numpy} in {seconds:.1f} s")


def _run_cell(source: str) -> tuple[Any, float]:
    import nbformat

    from tito.execution.run import Limits, execute

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    run = execute(notebook, {}, Limits(start_seconds=START_SECONDS, cell_seconds=START_SECONDS))
    return run.notebook.cells[0].outputs[0], run.total_s


def _reinstall() -> str:
    return f"{typed(sys.executable)} -m pip install --upgrade --force-reinstall ipykernel"


def _workspace() -> tuple[Workspace | None, Finding]:
    try:
        workspace = Workspace.find()
    except NotInWorkspace as missing:
        return None, Finding("workspace", NOT_TRIED, missing.message.rstrip("."), missing.hint)
    if not (workspace.package / "__init__.py").is_file():
        words = f"{workspace.root} has no tinytorch/__init__.py"
        return workspace, Finding("workspace", FAILED, words, f"tito init {typed(workspace.root)}")
    return workspace, Finding("workspace", PASSED, f"{workspace.root}, with the package tinytorch/")


def _writable(workspace: Workspace, course: Course) -> Finding:
    """Write a file where tito writes, and take it away again."""
    from tito.state.progress import milestone_progress

    home = milestone_progress(workspace, course).path.parent
    folders = (workspace.root, workspace.package, workspace.lock.parent, home)

    def write_and_remove() -> str:
        for folder in folders:
            probe = folder / ".tito-doctor"
            write_atomically(probe, "")
            probe.unlink()
        return f"wrote a file to {', '.join(map(str, folders))}"

    return _tried("writing", write_and_remove)


def _lock(workspace: Workspace) -> Finding:
    def take() -> str:
        with locked(workspace.lock, timeout_s=0.5):
            return "taken and given back"

    return _tried("lock", take)


def _progress(workspace: Workspace, course: Course) -> Iterator[Finding]:
    from tito.state.progress import milestone_progress, module_progress

    for name, state in (
        ("progress, modules", module_progress(workspace, course)),
        ("progress, milestones", milestone_progress(workspace, course)),
    ):
        yield _tried(name, lambda state=state: f"{state.path}: {_records(len(state.read()))}")


def _records(count: int) -> str:
    return f"{count} record{'' if count == 1 else 's'}" if count else "nothing recorded yet"


def _tried(name: str, attempt: Callable[[], str]) -> Finding:
    """A finding from something that says how it went, or raises TitoError."""
    try:
        return Finding(name, PASSED, attempt())
    except StateRepaired as repaired:
        return Finding(name, FAILED, repaired.message.rstrip("."), repaired.hint)
    except TitoError as error:
        return Finding(name, FAILED, error.message.rstrip("."), error.hint)


def _exports(workspace: Workspace, course: Course) -> Finding:
    """Import each exported module by itself, as a notebook does."""
    from tito.execution.imports import import_problem

    exported = [module for module in course.modules if workspace.export(module).is_file()]
    if not exported:
        return Finding("exports", NOT_TRIED, "nothing is exported yet")
    package = {f"{module.name}.py": workspace.export(module).read_bytes() for module in exported}
    try:
        with needs_extra("student"):
            for module in exported:
                problem = import_problem(package, module.name)
                if problem.reason:
                    words = f"tinytorch/{module.name}.py cannot be imported: {problem.shown}"
                    return Finding("exports", FAILED, words, f"tito module complete {module.number:02d}")
    except MissingExtra as missing:
        return Finding("exports", NOT_TRIED, missing.message, missing.hint)
    return Finding("exports", PASSED, f"imported {', '.join(module.name for module in exported)}")


def _data() -> Iterator[Finding]:
    from tito import datasets
    from tito.datasets.status import MISSING, WRONG

    for entry in datasets.statuses():
        shipped = datasets.DATASETS[entry.name].shipped
        if entry.state == WRONG or (shipped and entry.state == MISSING):
            notes = "; ".join(file.note for file in entry.files if file.note) or f"missing in {entry.folder}"
            yield Finding(f"data, {entry.name}", FAILED, notes, entry.next, optional=not shipped)
        elif entry.state == MISSING and not shipped:
            yield Finding(f"data, {entry.name}", NOT_TRIED, f"not fetched to {entry.folder}", entry.next, optional=True)
        else:
            yield Finding(f"data, {entry.name}", PASSED, f"verified in {entry.folder}")


def _disk(workspace: Workspace | None) -> Finding:
    places = [workspace.root if workspace else Path.cwd(), Path(tempfile.gettempdir())]
    free = {place: shutil.disk_usage(place).free for place in places}
    words = ", ".join(f"{size / 1e9:.1f} GB free in {place}" for place, size in free.items())
    if min(free.values()) < FREE_BYTES:
        return Finding("disk", FAILED, words, f"free some space: at least {FREE_BYTES / 1e6:.0f} MB")
    return Finding("disk", PASSED, words)


def _sandbox() -> Finding:
    who = EXTRAS["instructor"]
    try:
        from tito.execution.trial import probe
    except ModuleNotFoundError as missing:
        if missing.name != "tito.execution.trial":
            return Finding("sandbox", NOT_TRIED, f"it needs {missing.name}", f"pip install {missing.name}", who)
        return Finding("sandbox", NOT_TRIED, "not part of this tito", who=who)
    found = probe()
    words = f"{found.kind}: {found.sentence}" if found.kind else found.sentence
    return Finding("sandbox", PASSED if found.ok else FAILED, words.rstrip("."), who=who)


def _order(package: Package) -> tuple[int, str]:
    return list(EXTRAS).index(package.extra), package.name


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
