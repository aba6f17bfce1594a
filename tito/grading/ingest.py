"""Ingest: take what a student handed in, by allowlist. What is no notebook becomes a graded zero with a reason."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets import Integer

from tito.course import Assignment, release_root, the_course
from tito.errors import NotebookError, TitoError
from tito.execution.run import without_lone_surrogates
from tito.grading.handin import SAME_TIME_S, Member, attempt_number, by_place, is_notebook, members, read_regular
from tito.notebooks.exporter import MAX_BYTES as MAX_PACKAGE_FILE_BYTES
from tito.notebooks.grafting import answered, is_related, released_notebook
from tito.notebooks.reading import MAX_BYTES, parse_notebook

UNREADABLE = "unreadable"
MISSING_PACKAGE = "missing-package"
LEFT_OUT = "left-out"
BROKEN_FILE = "broken-file"
TAKEN = "taken"
STAMP = "timestamp.txt"
MAX_NOTEBOOK_BYTES = MAX_BYTES
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Found:
    """What a hand-in holds: the notebook's bytes (or None, and the reason), the package, and what is to be said.

    ``name`` is the notebook's place in the hand-in, ``stamp`` the time of handing in as ``timestamp.txt`` says it.
    """

    notebook: bytes | None
    package: dict[str, bytes] | None
    notes: tuple[str, ...] = ()
    reason: str = ""
    name: str = ""
    stamp: bytes | None = None


def find_submission(
    folder: Path,
    assignment: Assignment,
    released: NotebookNode | None = None,
    max_notebook_bytes: int = MAX_NOTEBOOK_BYTES,
) -> Found:
    """Look through the folder of a hand-in, whatever lies in it and however deep, and through a zip in it.

    Of several notebooks that can be read, the one with the most answered cells counts; among equals the newest, then
    the one with the highest number behind its name, then the one with the assignment's own name. Package and time are
    those that lie beside it. No link is followed. Nothing is raised: ``reason`` says what is wrong.
    """
    files, notes = members(folder)
    wanted = f"{assignment.notebook}.ipynb"
    if folder.is_symlink():
        return Found(None, None, reason=f"{folder.name} is a link, not a folder. Next: hand in the files themselves.")
    candidates = [member for member in files if is_notebook(member)]
    if not candidates:
        reason = f"There is no notebook {wanted} in what was handed in{_instead(files, notes)}."
        package, _, _ = _package(files)
        stamp, unread = _stamp(files)
        return Found(None, package, (*notes, *unread), f"{reason} Next: tito milestone submit.", stamp=stamp)
    released = released or _released(assignment)
    readable, errors = _read(candidates, wanted, released, max_notebook_bytes)
    if not readable:
        exact = [member for member in by_place(candidates) if member.name == wanted]
        first = (exact or list(by_place(candidates)))[0]
        package, _, _ = _package(files, first)
        stamp, unread = _stamp(files, first)
        return Found(None, package, (*notes, *unread), errors[first.archive, first.path], stamp=stamp)
    chosen, because = _choose(readable, wanted)
    member = chosen.member
    if str(member.path) != wanted:
        notes = [*notes, f"{member.path} was taken as {wanted}."]
    if because:
        which = f"{member.path} in {member.archive}" if member.archive else str(member.path)
        notes = [*notes, f"Of {len(readable)} notebooks {which} was taken: {because}."]
    package, from_where, left_out = _package(files, member)
    notes = list(dict.fromkeys([*notes, *left_out]))
    if package and from_where != member.archive:
        notes = [*notes, f"tinytorch/ was taken from {from_where or 'beside ' + member.archive}."]
    stamp, unread = _stamp(files, member)
    return Found(chosen.content, package, (*notes, *unread), name=str(member.path), stamp=stamp)


def _package(files: list[Member], near: Member | None = None) -> tuple[dict[str, bytes] | None, str, list[str]]:
    """The package that lies nearest to a notebook, the zip that it is in, and what was left out of it."""
    package, left_out = _read_package(files, near)
    return package, next((member.archive for member in _package_members(files, near)), ""), left_out


def read_package(
    submission: Path, max_file_bytes: int = MAX_PACKAGE_FILE_BYTES, max_files: int = 40
) -> tuple[dict[str, bytes] | None, list[str]]:
    """The student's ``tinytorch/*.py`` by name, and a sentence for each file that was left out.

    Of several such folders the one nearest to the hand-in's root counts; without one, files with the names of the
    course's modules do. Only regular UTF-8 files count, never a link, and ``__init__.py`` is the course's own. Returns
    None for the package when there is no such file.
    """
    found, notes = members(submission)
    left_out = [note for note in notes if note.split(" was left out")[0].startswith("tinytorch/")]
    files, more = _read_package(found, None, max_file_bytes, max_files)
    return files, sorted([*left_out, *more])


def _read_package(
    found: list[Member], near: Member | None, max_file_bytes: int = MAX_PACKAGE_FILE_BYTES, max_files: int = 40
) -> tuple[dict[str, bytes] | None, list[str]]:
    left_out: list[str] = []
    files: dict[str, bytes] = {}
    for member in _package_members(found, near):
        reason = "there are too many files" if len(files) >= max_files else ""
        try:
            content = _python(member.read(max_file_bytes))
            reason = reason or ("" if member.name[:-3].isidentifier() else "no module can have this name")
        except (NotebookError, UnicodeError) as error:
            reason = reason or _why(error, max_file_bytes)
        if reason:
            left_out.append(f"tinytorch/{member.name} was left out: {reason}.")
        else:
            files[member.name] = content
    return files or None, left_out


def broken_files(package: Mapping[str, bytes]) -> list[str]:
    """A sentence for each file of a package that is no Python."""
    sentences = []
    for name, content in sorted(package.items()):
        try:
            compile(content, f"tinytorch/{name}", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            where = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
            module = name.removesuffix(".py")
            sentences.append(
                f"tinytorch/{name} cannot be imported ({where}), and neither can what needs it. "
                f"Next: correct it in its notebook, then tito module complete {module}."
            )
    return sentences


class HandIns(CourseDirectory):
    """nbgrader's course directory for autograding: nothing is copied out of a hand-in but what ingest takes."""

    @classmethod
    def like(cls, other: CourseDirectory) -> HandIns:
        """The same course directory. Every file is ignored when nbgrader copies: SubmissionExporter takes the few."""
        values = {name: getattr(other, name) for name in other.trait_names(config=True)}
        return cls(parent=other.parent, **{**values, "ignore": ["*", ".*"]})

    def get_existing_timestamp(self, dest_path: str) -> datetime | None:
        """When something was handed in; None when nothing says so in a way that can be read."""
        stamp, _ = _stamp(members(Path(dest_path))[0])
        return parse_utc(stamp.decode()) if stamp else None


class SubmissionExporter(NotebookExporter):
    """nbgrader's reader of submissions: forgiving where that is harmless, and never a crash.

    nbgrader lets its ``exporter_class`` read each file. This one reads the hand-in's folder instead, and passes on the
    package and the time beside the notebook. An unreadable hand-in is replaced by an empty notebook that says why in
    ``resources["unreadable"]``; Graft then puts the released cells into it, and none of them is run.
    """

    max_notebook_bytes = Integer(MAX_NOTEBOOK_BYTES, help="A larger notebook file is not read.").tag(config=True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        if isinstance(self.parent, Autograde):
            self._take_over(self.parent)

    def from_filename(self, filename: str, resources: dict | None = None, **kwargs: object) -> tuple[str, dict]:
        path = Path(filename)
        resources = {**(resources or {}), "metadata": {"path": str(path.parent), "name": path.stem}}
        try:
            content = self._handed_in(path, resources)
            if content is None:
                content = read_regular(path, self.max_notebook_bytes)
            notebook = without_lone_surrogates(parse_notebook(content, path.name))
        except NotebookError as error:
            self.log.warning("%s counts as a zero: %s", filename, error.message)
            notebook = NotebookNode(cells=[], metadata=NotebookNode(), nbformat=4, nbformat_minor=5)
            resources["unreadable"] = f"{error.message} Next: {error.hint}." if error.hint else error.message
        return self.from_notebook_node(notebook, resources=resources, **kwargs)

    def _take_over(self, converter: Autograde) -> None:
        """Have every folder of the assignment graded, with or without a notebook that nbgrader would find in it."""
        directory = converter.coursedir
        assignment = _known(directory.assignment_id)
        if assignment is None:
            return
        converter.coursedir = HandIns.like(directory)
        pattern = directory.format_path(directory.submitted_directory, directory.student_id, assignment.id)
        for folder in glob.glob(pattern):
            converter.assignments[folder] = [str(Path(folder) / f"{assignment.notebook}.ipynb")]

    def _handed_in(self, path: Path, resources: dict) -> bytes | None:
        """The notebook of a hand-in; None when ``path`` is a file of another tree. Raises NotebookError."""
        directory, where = getattr(self.parent, "coursedir", None), resources.get("nbgrader")
        if directory is None or where is None:
            return None
        folder = directory.format_path(directory.submitted_directory, where["student"], where["assignment"])
        assignment = _known(where["assignment"])
        if assignment is None or path.parent != Path(folder):
            return None
        released = _released(assignment, Path(directory.root) / directory.release_directory)
        found = find_submission(path.parent, assignment, released, self.max_notebook_bytes)
        package = {f"tinytorch/{name}": content for name, content in (found.package or {}).items()}
        resources["outputs"] = {**package, **({STAMP: found.stamp} if found.stamp else {})}
        resources["taken"] = found.notes
        if found.notebook is None:
            raise NotebookError(found.reason)
        return found.notebook


@dataclass(frozen=True)
class _Candidate:
    member: Member
    content: bytes
    answers: int


def _choose(readable: list[_Candidate], wanted: str) -> tuple[_Candidate, str]:
    """The one of several notebooks that counts, and why; nothing is to be said of a single one."""
    left, reasons = readable, []

    def keep(rank: Callable[[_Candidate], float], reason: str, apart: float = 0.0) -> None:
        nonlocal left
        best = max(map(rank, left))
        kept = [each for each in left if rank(each) >= best - apart]
        if len(kept) < len(left):
            reasons.append(reason)
        left = kept

    keep(lambda each: each.answers, "it has the most answers")
    keep(lambda each: each.member.changed, "it is the newest", SAME_TIME_S)
    if len({each.member.archive for each in left}) == 1:
        keep(lambda each: each.member.inside, "it is the newest", SAME_TIME_S)
    keep(lambda each: attempt_number(each.member.name), "it has the highest number behind its name")
    keep(lambda each: each.member.name == wanted, "it has the assignment's own name")
    first = next(by_place([each.member for each in left]))
    if len(left) > 1:
        reasons.append("it comes first")
    because = ", and among equals ".join(dict.fromkeys(reasons))
    return next(each for each in left if each.member is first), because


def _read(
    candidates: list[Member], wanted: str, released: NotebookNode | None, limit: int
) -> tuple[list[_Candidate], dict[tuple[str, PurePosixPath], str]]:
    """The candidates that are notebooks of this assignment, and why each of the others is none."""
    readable: list[_Candidate] = []
    errors: dict[tuple[str, PurePosixPath], str] = {}
    for member in candidates:
        try:
            content = member.read(limit)
            notebook = parse_notebook(content, member.name)
        except NotebookError as error:
            errors[member.archive, member.path] = f"{error.message} Next: {error.hint}."
            continue
        named = member.name == wanted or wanted.removesuffix(".ipynb") in member.name
        if not named and released is not None and not is_related(notebook, released):
            errors[member.archive, member.path] = (
                f"{member.name} is another notebook, not {wanted}. Next: tito milestone submit."
            )
            continue
        answers = answered(notebook, released) if released is not None and len(candidates) > 1 else 0
        readable.append(_Candidate(member, content, answers))
    return readable, errors


def _known(name: str) -> Assignment | None:
    """The course's assignment of this name; None for one that an instructor has added."""
    try:
        return the_course().assignment(name)
    except TitoError:
        return None


def _released(assignment: Assignment, root: Path | None = None) -> NotebookNode | None:
    for place in (root, release_root()):
        if place is not None and (place / assignment.id / f"{assignment.notebook}.ipynb").is_file():
            return released_notebook(assignment.id, assignment.notebook, place)
    return None


def _instead(files: list[Member], notes: list[str]) -> str:
    """What there is when there is no notebook."""
    names = [str(member.path) for member in by_place(files) if not member.name.endswith((".py", STAMP))]
    if notes:
        return f" ({notes[0].rstrip('.')})"
    return f", but {', '.join(names[:3])}" if names else ""


def _package_members(found: list[Member], near: Member | None) -> list[Member]:
    pythons = [member for member in found if member.path.suffix == ".py" and member.name != "__init__.py"]
    files = list(by_place(pythons, near))
    modules = {f"{module.name}.py" for module in the_course().modules}
    inside = [member for member in files if member.path.parent.name == "tinytorch"]
    taken = inside or [member for member in files if member.name in modules]
    places = [(member.archive, member.path.parent) for member in taken]
    return [member for member, place in zip(taken, places, strict=True) if place == places[0]]


def _python(content: bytes) -> bytes:
    """A file of Python as UTF-8 without a byte-order mark. Raises UnicodeError when it is another encoding's."""
    if content.startswith(UTF16):
        return content.decode("utf-16").encode()
    content.decode("utf-8")
    return content.removeprefix(b"\xef\xbb\xbf")


def _why(error: Exception, limit: int) -> str:
    if isinstance(error, UnicodeError):
        return "it is not UTF-8 text"
    if " is larger than " in str(error):
        return f"it is larger than {limit / 1e6:g} MB"
    if " cannot be read" in str(error):
        return f"it cannot be read{str(error).partition(' cannot be read')[2].replace(': ', ' (', 1).rstrip('.')})"
    return "it is not a regular file"


def _stamp(files: list[Member], near: Member | None = None) -> tuple[bytes | None, tuple[str, ...]]:
    """The first ``timestamp.txt`` that says a time, and a note where none of several or of one can be read.

    Beside a zip, without a notebook of its own, it was written where hand-ins were collected, and counts before the
    student's own word in the zip.
    """
    collected = not any(is_notebook(member) and not member.archive for member in files)
    seen: set[PurePosixPath] = set()
    unread: list[str] = []
    found = by_place([member for member in files if member.name == STAMP], near)
    for member in sorted(found, key=lambda member: collected and bool(member.archive)):
        if member.path in seen:  # the one that stands in its place says none
            continue
        seen.add(member.path)
        try:
            if stamp := _time_in(member.read(200)):
                return stamp, ()
        except (NotebookError, ValueError, OverflowError, OSError):
            unread.append(
                f"The time in {member.path} cannot be read, so nobody knows whether this is late. Next: write it there "
                "as 2026-03-02 12:00:00 UTC."
            )
    return None, tuple(unread)


def _time_in(content: bytes) -> bytes:
    """A time as nbgrader reads it, from text of an editor or a shell or from seconds since 1970; empty for no text.

    Raises ValueError for what says no time.

    >>> _time_in("2026-03-02 12:00:00 UTC\\r\\n".encode("utf-16")), _time_in(b"1772452800")
    (b'2026-03-02 12:00:00 UTC', b'2026-03-02 12:00:00 UTC')
    """
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if wide else "utf-8-sig").strip()
    if text.isdecimal() and len(text) in (10, 13):  # seconds or milliseconds
        return f"{datetime.fromtimestamp(int(text[:10]), timezone.utc):%Y-%m-%d %H:%M:%S} UTC".encode()
    if text:
        parse_utc(text)
    return text.encode()
