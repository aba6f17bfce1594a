"""Prove the checks of a notebook: right answers pass; wrong answers and mutants fail, in the words that they should.

    python -m tito.build.answer_proofs REPOSITORY 04_losses [EXERCISE...]

prints the record as JSON. ``prove_answers`` runs that in a process of its own, since an answer may do anything, and
keeps what came of it until the notebook, its answers or the checker change.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tito.course import Assignment, Course, Module, load
from tito.errors import BuildError
from tito.files import write_atomically
from tito.notebooks.exporter import export_reference

if TYPE_CHECKING:
    from tito.build.exercises import Exercise, Trials

FEWEST_WRONG = 5
SURVIVORS = 0.05  # of the mutants that are not equivalent
LIMIT_S = 900


@dataclass(frozen=True)
class Tried:
    """One listed answer, and the message that it got (None: every check passed)."""

    name: str
    message: str | None
    ok: bool


@dataclass(frozen=True)
class Survivor:
    """A mutant that passes every check in sight."""

    what: str
    diff: str


@dataclass(frozen=True)
class ExerciseProof:
    """What came of the answers to one exercise; ``mutants`` counts those that are not equivalent."""

    id: str
    kind: str
    right: tuple[Tried, ...]
    wrong: tuple[Tried, ...]
    mutants: int
    equivalent: int
    survivors: tuple[Survivor, ...]
    problems: tuple[str, ...]

    @property
    def caught(self) -> int:
        return sum(tried.message is not None for tried in self.wrong)


@dataclass(frozen=True)
class AnswerProof:
    """What came of all listed answers of a notebook, and the problems that refuse its release."""

    assignment: str
    exercises: tuple[ExerciseProof, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    seconds: float

    @property
    def mutants(self) -> int:
        return sum(each.mutants for each in self.exercises)

    @property
    def survivors(self) -> int:
        return sum(len(each.survivors) for each in self.exercises)

    @property
    def holes(self) -> tuple[str, ...]:
        """Everything for which a release is refused."""
        alive = self.survivors
        too_many = [f"{alive} of {self.mutants} mutants pass the checks"] if alive > SURVIVORS * self.mutants else []
        return (*self.problems, *(p for each in self.exercises for p in each.problems), *too_many)

    @property
    def ok(self) -> bool:
        return bool(self.exercises) and not self.holes


def prove_answers(root: Path, assignment: Assignment, course: Course, only: Iterable[str] = ()) -> AnswerProof:
    """Try every listed answer and every mutant of an assignment; a proof that is on record is not made again."""
    wanted = list(only)
    kept = root / ".tito" / "proofs" / f"{assignment.id}.json"
    key = _key(root, assignment, course)
    if not wanted and (known := _on_record(kept, key)) is not None:
        return known
    command = [sys.executable, "-m", "tito.build.answer_proofs", str(root), assignment.id, *wanted]
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=LIMIT_S)
    if done.returncode != 0:
        raise BuildError([f"{assignment.source}: the notebook does not run with its solutions:\n{done.stderr.strip()}"])
    record = json.loads(done.stdout.splitlines()[-1])
    proof = _proof(record)
    if not wanted and proof.ok:
        write_atomically(kept, json.dumps({"key": key, "proof": record}))
    return proof


def refuse_holes(root: Path, assignments: Iterable[Assignment], course: Course) -> None:
    """Raise BuildError with every hole in the checks of these assignments; two are proved at a time."""
    provable = [assignment for assignment in assignments if lists_answers(root, assignment)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        proofs = list(pool.map(lambda assignment: prove_answers(root, assignment, course), provable))
    holes = [f"{proof.assignment}: {hole}" for proof in proofs for hole in proof.holes]
    if holes:
        raise BuildError(holes)


def lists_answers(root: Path, assignment: Assignment) -> bool:
    """Whether wrong answers must be listed for an assignment: for each module, and for a milestone that has some."""
    name = (root / assignment.source).stem.removesuffix("_milestone")
    return isinstance(assignment, Module) or (root / assignment.source).with_name(f"wrong_{name}.py").is_file()


def _on_record(path: Path, key: str) -> AnswerProof | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return _proof(record["proof"]) if record["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key(root: Path, assignment: Assignment, course: Course) -> str:
    """A hash of all that a proof depends on."""
    sources = [root / assignment.source, *(root / module.source for module in course.required_by(assignment))]
    beside = sorted((root / assignment.source).parent.glob("*.py"))
    ours = [*sorted((root / "tito" / "lesson").glob("*.py")), *sorted((root / "tito" / "build").glob("*.py"))]
    digest = hashlib.sha256(sys.version.encode())
    for path in [*sources, *beside, *ours]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _proof(record: dict) -> AnswerProof:
    exercises = tuple(
        ExerciseProof(
            **{
                **each,
                "right": tuple(Tried(**tried) for tried in each["right"]),
                "wrong": tuple(Tried(**tried) for tried in each["wrong"]),
                "survivors": tuple(Survivor(**mutant) for mutant in each["survivors"]),
                "problems": tuple(each["problems"]),
            }
        )
        for each in record["exercises"]
    )
    rest = {"problems": tuple(record["problems"]), "remarks": tuple(record["remarks"])}
    return AnswerProof(**{**record, "exercises": exercises, **rest})


# In the process that tries answers


def _try_all(root: Path, assignment: Assignment, only: list[str]) -> AnswerProof:
    from tito.build.answers import read_answers
    from tito.build.exercises import Trials, ambiguous_arrays

    started = time.perf_counter()
    wrong, right = read_answers(root, assignment)
    trials = Trials(root, assignment)
    remarks = [r for each in trials.exercises.values() for r in ambiguous_arrays(each, trials.variables)]
    unknown = sorted({*wrong.by_exercise, *right} - set(trials.exercises))
    problems = [f"answers are listed for {name}, which is no exercise" for name in unknown]
    proofs = []
    for exercise in trials.exercises.values():
        if not only or exercise.id in only:
            listed = wrong.by_exercise.get(exercise.id, [])
            equivalents = [part for name, part in wrong.equivalents if name == exercise.id]
            proofs.append(_prove(trials, exercise, listed, right.get(exercise.id, {}), equivalents))
    problems += [] if only else [f"untouched, it shows a raw error: {raw}" for raw in trials.untouched()]
    if isinstance(assignment, Module) and not only:
        problems += list(_failing_examples(assignment))
    seconds = round(time.perf_counter() - started, 1)
    return AnswerProof(assignment.id, tuple(proofs), tuple(problems), tuple(remarks), seconds)


def _prove(trials: Trials, exercise: Exercise, listed: list, right: dict, equivalents: list[str]) -> ExerciseProof:
    from tito.build.exercises import RAW
    from tito.build.mutants import mutants

    problems = []
    regions = exercise.regions()
    passed = [("the solution", exercise.answer)]
    passed += [(name, exercise.with_regions(codes)) for name, codes in right.items()]
    tried_right = []
    for name, answer in passed:
        said = trials.verdict(exercise, answer)
        tried_right.append(Tried(name, said, said is None))
        problems += [f"{exercise.id}: the right answer {name!r} fails: {said}"] if said else []
    if exercise.kind != "predict" and trials.verdict(exercise, exercise.released) is None:
        problems.append(f"{exercise.id}: untouched, it passes")
    tried_wrong = []
    for answer in listed:
        try:
            said = trials.verdict(exercise, exercise.with_regions(answer.applied(regions)))
        except ValueError as moved_on:
            problems.append(f"{exercise.id}: {moved_on}")
            continue
        lacking = [word for word in answer.says if word.lower() not in (said or "").lower()]
        ok = said is not None and not lacking and not said.startswith(RAW)
        tried_wrong.append(Tried(answer.name, said, ok))
        if not ok:
            problems.append(f"{exercise.id}: the wrong answer {answer.name!r} should say {lacking}, says: {said}")
    if exercise.kind != "predict" and len(listed) < FEWEST_WRONG:
        problems.append(f"{exercise.id}: {len(listed)} wrong answers are listed; at least {FEWEST_WRONG} belong there")
    born = same = 0
    survivors = []
    for mutant in mutants(regions) if exercise.kind in ("write", "derive") and "" not in equivalents else ():
        born += 1
        if trials.verdict(exercise, exercise.with_regions(mutant.regions)) is None:
            if any(part in mutant.what for part in equivalents):
                same += 1
            else:
                survivors.append(Survivor(mutant.what, mutant.diff))
    return ExerciseProof(
        exercise.id, exercise.kind, tuple(tried_right), tuple(tried_wrong), born - same, same,
        tuple(survivors), tuple(problems),
    )  # fmt: skip


def _failing_examples(module: Module) -> Iterator[str]:
    """The examples in docstrings of the exported file that do not give what they say."""
    import doctest
    import importlib

    for name in [name for name in sys.modules if name.split(".")[0] == "tinytorch"]:
        del sys.modules[name]  # its operations are registered by the notebook now: begin afresh
    exported = importlib.import_module(f"tinytorch.{module.name}")
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder(recurse=True).find(exported):
        said: list[str] = []
        if runner.run(test, out=said.append).failed:
            yield f"the example of {test.name} does not run:\n{''.join(said).strip()}"


def main(arguments: list[str]) -> None:
    """Try the answers of an assignment and print the record."""
    import signal

    import matplotlib

    from tito.build.exercises import too_slow

    root = Path(arguments[0])
    course = load(root)
    assignment = course.assignment(arguments[1])
    matplotlib.use("Agg")
    for timer in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(timer, too_slow)
    with tempfile.TemporaryDirectory() as folder:
        own = [assignment.number] if isinstance(assignment, Module) else []
        export_reference(root, Path(folder), [*assignment.needs, *own])
        sys.path.insert(0, folder)
        print(json.dumps(asdict(_try_all(root, assignment, arguments[2:]))))


if __name__ == "__main__":
    main(sys.argv[1:])
