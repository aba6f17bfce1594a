"""Grade a class: what is there already stays, the rest is prepared here, executed in a pool, and recorded here."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from nbgrader.api import SubmittedAssignment

from tito.course import Assignment
from tito.errors import TitoError
from tito.execution.job import execution_from, run_job
from tito.execution.sandbox import require
from tito.files import locked
from tito.grading.batch import keys
from tito.grading.batch.audit import audit_record, tests_hash
from tito.grading.batch.pool import Pool
from tito.grading.batch.road import Prepared, Road, new_road
from tito.grading.batch.scores import scores
from tito.grading.batch.store import Recorded, Result, Store
from tito.grading.classroom import NOISE, Classroom, scripts_on_path
from tito.grading.execute import conclude
from tito.grading.gradebook import ClassGradebook
from tito.grading.reports.report import StudentScore
from tito.grading.setup import setup_command
from tito.notebooks.problems import problems_of

NOT_GRADED = "not graded"


@dataclass(frozen=True)
class Row:
    """One submission after the run: its score, or why there is none. ``fresh`` says that it was graded in this run."""

    student: str
    assignment: str
    state: str
    reason: str = ""
    score: StudentScore | None = None
    before: float | None = None
    fresh: bool = False


@dataclass(frozen=True)
class ClassResult:
    """What a run did: every submission of the class, and how many were there already."""

    course_dir: str
    rows: tuple[Row, ...]
    already: int
    executed: int
    seconds: float

    @property
    def ok(self) -> bool:
        return all(row.state != NOT_GRADED for row in self.rows)

    @property
    def regraded(self) -> tuple[Row, ...]:
        """Who had a score before."""
        return tuple(row for row in self.rows if row.fresh and row.before is not None and row.score)


class Watch(Protocol):
    """Whoever follows a run."""

    def begin(self, total: int, already: int, kept: int) -> None: ...

    def done(self, student: str, assignment: str, words: str) -> None: ...


@dataclass
class Task:
    """One submission on its way."""

    road: Road
    student: str
    submission: str
    key: str
    entry: str
    prepared: Prepared | None = None

    @property
    def names(self) -> tuple[str, str]:
        return self.road.assignment.id, self.student


def grade_class(
    classroom: Classroom,
    assignments: Sequence[Assignment],
    make_pool: Callable[[float], contextlib.AbstractContextManager[Pool]],
    watch: Watch,
    students: Sequence[str] = (),
) -> ClassResult:
    """Grade what was handed in and is not graded yet, or was graded from other files or by other tests.

    ``make_pool`` takes the longest that a job may last. Raises TitoError when another run holds the course directory,
    or nothing can be graded at all; what is wrong with one submission is in its row.
    """
    store = Store(classroom.root)
    with locked(store.lock, 0), warnings.catch_warnings(), scripts_on_path(), contextlib.closing(store):
        warnings.filterwarnings("ignore", NOISE)
        with classroom.class_gradebook() as gradebook:
            run = _Run(classroom, gradebook, store, watch)
            run.take_stock(assignments, students)
            run.grade(make_pool)
            return run.result()


@dataclass
class _Run:
    classroom: Classroom
    gradebook: ClassGradebook
    store: Store
    watch: Watch
    began: float = field(default_factory=time.monotonic)
    roads: list[Road] = field(default_factory=list)
    tasks: deque[Task] = field(default_factory=deque)
    before: dict[tuple[str, str], StudentScore] = field(default_factory=dict)
    handed_in: list[tuple[str, str]] = field(default_factory=list)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)
    fresh: set[tuple[str, str]] = field(default_factory=set)
    executed: int = 0

    # What is there

    def take_stock(self, assignments: Sequence[Assignment], students: Sequence[str]) -> None:
        """Find what was handed in, and what of it has to be graded."""
        for assignment in assignments:
            road = self._road(assignment)
            self.roads.append(road)
            self._known_scores(road)
            tests = tests_hash(self.gradebook, road.coursedir, assignment)
            grader = keys.digest(keys.grader_version(), keys.configuration_hash(road.config, road.options), tests)
            for student, entry in self._submissions(road, students):
                self.handed_in.append((assignment.id, student))
                self._add(road, student, grader, entry)
        _refuse_unknown(students, {student for _, student in self.handed_in}, self.classroom)

    def _road(self, assignment: Assignment) -> Road:
        _refuse_ungenerated(assignment, self.gradebook, self.classroom)

        def staging(student: str) -> Path:
            return self.store.staging(assignment.id, student)

        coursedir = self.classroom.coursedir(assignment)
        parts = {"coursedir": coursedir, "config": self.classroom.config, "log": self.classroom.log}
        return new_road(assignment, gradebook=self.gradebook, staging=staging, **parts)

    def _known_scores(self, road: Road) -> None:
        for student, known in scores(self.gradebook, road.assignment, {}).items():
            self.before[road.assignment.id, student] = known

    def _submissions(self, road: Road, students: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Who handed in, and what else the gradebook's row depends on."""
        pattern = road.submitted("*")
        folders = sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
        parts = pattern.parts
        excluded = (road.coursedir.student_id_exclude or "").split(",")
        dates = self._dates(road.assignment)
        for folder in folders:
            student = folder.parts[parts.index("*")]
            if student not in excluded and (not students or student in students) and folder.is_dir():
                yield student, keys.late_hash(road.config, dates.get(student, dates[""]))

    def _dates(self, assignment: Assignment) -> dict[str, str]:
        due = self.gradebook.find_assignment(assignment.id).duedate
        query = self.gradebook.db.query(SubmittedAssignment.student_id, SubmittedAssignment.extension)
        extensions = query.filter(SubmittedAssignment.assignment.has(name=assignment.id))
        return {"": f"{due} None", **{student: f"{due} {extension}" for student, extension in extensions}}

    def _add(self, road: Road, student: str, grader: str, entry: str) -> None:
        submission = keys.submission_hash(road.submitted(student))
        task = Task(road, student, submission, keys.digest(grader, submission), entry)
        recorded = self.store.recorded(*task.names)
        there = task.names in self.before and (road.graded(student) / f"{road.assignment.notebook}.ipynb").is_file()
        if not (there and (recorded.key, recorded.entry) == (task.key, task.entry)):
            self.tasks.append(task)

    # Grade

    def grade(self, make_pool: Callable[[float], contextlib.AbstractContextManager[Pool]]) -> None:
        """Keep the pool full, and record each result as it comes."""
        waiting = self._take_kept()
        todo = len(self.tasks) + len(waiting)
        self.watch.begin(todo, len(self.handed_in) - todo, len(waiting))
        for task in waiting:
            self._finish(task, lambda task: self._record(task, self.store.result(*task.names, task.key)))
        if not self.tasks:
            return
        with make_pool(max(_longest(road) for road in self.roads)) as pool:
            for kind in {road.options.sandbox for road in self.roads if pool.local}:
                require(kind)
            running: dict[Future, Task] = {}
            while self.tasks or running:
                while self.tasks and len(running) < 2 * pool.width:
                    self._send(self.tasks.popleft(), pool, running)
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    self._finish(running.pop(future), lambda task, future=future: self._conclude(task, future))

    def _take_kept(self) -> list[Task]:
        """The tasks whose results an earlier run kept, but did not record."""
        kept = [task for task in self.tasks if self.store.has_result(*task.names, task.key)]
        self.tasks = deque(task for task in self.tasks if task not in kept)
        return kept

    def _send(self, task: Task, pool: Pool, running: dict[Future, Task]) -> None:
        def send(task: Task) -> None:
            task.prepared = task.road.prepare(task.student)
            if task.prepared.job is None:
                notebook = conclude(task.prepared.notebook, task.prepared.private)
                self._keep_and_record(task, Result(notebook, task.prepared.files))
            else:
                running[pool.executor.submit(run_job, task.prepared.job.to_text())] = task

        self._finish(task, send, over=lambda: task.prepared is None or task.prepared.job is None)

    def _conclude(self, task: Task, future: Future) -> None:
        execution = execution_from(future.result())
        self.executed += 1
        self._keep_and_record(task, Result(conclude(execution, task.prepared.private), task.prepared.files))

    def _keep_and_record(self, task: Task, result: Result) -> None:
        self.store.keep_result(*task.names, task.key, result)
        self._record(task, result)

    def _record(self, task: Task, result: Result) -> None:
        last = self.store.recorded(*task.names)
        self.store.note(*task.names, Recorded(submission=last.submission))  # from here on, to be done again
        notebook, cells = task.road.record(task.student, result, unchanged=last.submission == task.submission)
        problems = problems_of(notebook)
        self.store.note(*task.names, Recorded(task.key, task.entry, task.submission, problems))
        self.fresh.add(task.names)
        parts = (self.gradebook, task.road.coursedir, task.road.assignment, task.student, notebook, cells)
        self.store.audit(audit_record(*parts))

    def _finish(self, task: Task, work: Callable[[Task], None], over: Callable[[], bool] = lambda: True) -> None:
        """Do a piece of work; whatever goes wrong becomes the submission's reason, and the class goes on."""
        try:
            work(task)
        except (Exception, CancelledError) as error:
            self.gradebook.drop()
            self.failed[task.names] = _sentence(error)
            self._audit_failure(task)
        if over() or task.names in self.failed:
            self.watch.done(task.student, task.road.assignment.id, self.failed.get(task.names, "graded"))

    def _audit_failure(self, task: Task) -> None:
        names = {"student": task.student, "assignment": task.road.assignment.id, "submission": task.submission}
        with contextlib.suppress(OSError, TitoError):  # on a full disk the reason is still in the run's result
            self.store.audit({**names, "failed": self.failed[task.names]})

    # Afterwards

    def result(self) -> ClassResult:
        """The class as the gradebook has it now."""
        rows = []
        for road in self.roads:
            name = road.assignment.id
            students = [student for assignment, student in self.handed_in if assignment == name]
            problems = {student: self.store.recorded(name, student).problems for student in students}
            sentences = {student: tuple(each["message"] for each in found) for student, found in problems.items()}
            after = scores(self.gradebook, road.assignment, sentences)
            rows += [self._row(name, student, after.get(student)) for student in students]
        seconds = time.monotonic() - self.began
        already = len(self.handed_in) - len(self.fresh | set(self.failed))
        return ClassResult(str(self.classroom.root), tuple(rows), already, self.executed, seconds)

    def _row(self, assignment: str, student: str, score: StudentScore | None) -> Row:
        names = (assignment, student)
        before = self.before[names].total if names in self.before else None
        if names in self.failed or score is None:
            return Row(student, assignment, NOT_GRADED, self.failed.get(names, ""), None, before)
        return Row(student, assignment, score.state, " ".join(score.problems), score, before, names in self.fresh)


def _refuse_ungenerated(assignment: Assignment, gradebook: ClassGradebook, classroom: Classroom) -> None:
    if not gradebook.source_cells(assignment.notebook, assignment.id):
        raise TitoError(
            f"The gradebook in {classroom.root} has no assignment {assignment.id!r}.",
            setup_command(classroom.root, assignment),
        )


def _longest(road: Road) -> float:
    """Seconds after which a job can only hang."""
    limits = road.options.limits
    return 2 * (limits.start_seconds + limits.notebook_seconds) + 60


def _sentence(error: BaseException) -> str:
    if isinstance(error, TitoError):
        return error.message
    first = str(error).strip().split("\n")[0]
    return f"the grader failed: {type(error).__name__}: {first}".rstrip(": ")


def _refuse_unknown(students: Sequence[str], known: set[str], classroom: Classroom) -> None:
    missing = sorted(set(students) - known)
    if missing:
        raise TitoError(
            f"{', '.join(missing)} handed in none of these in {classroom.root}.", "tito assessment batch --help"
        )
