"""A verification as it runs: what it tells while it runs, what it selects, and what is left when its process dies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tito.course import REPOSITORY, Course, Milestone, load
from tito.execution.follow import Event
from tito.notebooks.exporter import export_reference
from tito.student import verification
from tito.student.verification import Verification, selection, verify_package

COURSE = load(REPOSITORY)
MILESTONES = pytest.mark.parametrize("milestone", COURSE.milestones, ids=lambda milestone: milestone.id)
AFTER_SOME_CALLS = """
import os, signal, subprocess, time
_calls, _whole = [0], ReLU.__call__
def _counted(self, *inputs):
    _calls[0] += 1
    if _calls[0] == 40:
        {trap}
    return _whole(self, *inputs)
ReLU.__call__ = _counted
"""


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory, course: Course) -> dict[str, bytes]:
    """The reference's package."""
    folder = tmp_path_factory.mktemp("reference")
    export_reference(REPOSITORY, folder, [module.number for module in course.modules])
    return {path.name: path.read_bytes() for path in (folder / "tinytorch").glob("*.py")}


@pytest.fixture
def trapped(reference: dict[str, bytes], course: Course) -> Callable[..., Verification]:
    """Verify milestone 1 with a ReLU that does something else in its fortieth call."""

    def verify(trap: str, budget_s: float = 30.0, on_event: Callable | None = None) -> Verification:
        more = AFTER_SOME_CALLS.format(trap=trap).encode()
        package = reference | {"activations.py": reference["activations.py"] + more}
        milestone = replace(course.milestone("perceptron"), budget_seconds=budget_s)
        return verify_package(package, milestone, on_event=on_event)

    return verify


@pytest.fixture
def heard() -> list[Event]:
    return []


class TestSelection:
    @MILESTONES
    def test_the_proofs_of_a_milestone_share_out_its_checks(self, milestone: Milestone, reference: dict[str, bytes]):
        """Each check belongs to exactly one proof, so that all of them together are the whole verification."""
        whole = {check.name for check in verify_package(reference, milestone).checks}
        parts = [
            {check.name for check in verify_package(reference, milestone, [proof]).checks}
            for proof in milestone.verifications
        ]
        assert set.union(*parts) == whole
        assert sum(map(len, parts)) == len(whole)

    def test_several_proofs_together(self, course: Course):
        xor, digits = course.milestone("mlp").verifications
        assert selection([]) == ""
        assert selection([xor]) == "(xor)"
        assert selection([xor, digits]) == "(xor) or (not xor)"
        assert selection([xor, course.milestone("perceptron").verifications[0]]) == ""

    def test_a_selection_of_nothing_is_no_success(self, reference: dict[str, bytes], course: Course):
        nothing = replace(course.milestone("mlp").verifications[0], tests="no_such_check")
        result = verify_package(reference, course.milestone("mlp"), [nothing])
        assert not result.ok
        assert [(check.name, check.state) for check in result.checks] == [("test_mlp", "not tried")]


class TestWhatIsTold:
    def test_each_check_and_each_figure_in_its_order(self, reference, course, heard):
        milestone = course.milestone("perceptron")
        result = verify_package(reference, milestone, on_event=heard.append, modules=("tensor", "losses"))
        assert result.ok
        kinds = [event.kind for event in heard]
        assert kinds[:4] == ["importing", "imported", "importing", "imported"]
        assert kinds[-1] == "ended"
        finished = [event.name for event in heard if event.kind == "finished"]
        assert finished == [check.name for check in result.checks]
        assert {event.name: event.value for event in heard if event.kind == "figure"} == result.figures
        assert [check.name for check in result.imports] == ["tensor", "losses"]

    def test_figures_arrive_while_their_check_is_running(self, reference, course, heard):
        verify_package(reference, course.milestone("perceptron"), on_event=heard.append)
        begun = next(n for n, e in enumerate(heard) if e.kind == "started" and "spiral" in e.name)
        ended = next(n for n, e in enumerate(heard) if e.kind == "finished" and "spiral" in e.name)
        losses = [event.value for event in heard[begun:ended] if event.kind == "progress"]
        assert len(losses) == 120
        assert losses[-1] < 0.5 * losses[0]
        assert [e.name for e in heard[begun:ended] if e.kind == "figure"][-1] == "spiral_accuracy"

    def test_what_the_student_writes_into_the_stream_counts_for_nothing(self, trapped, heard):
        lies = [
            "nonsense",
            json.dumps({"kind": "stopped", "name": "", "message": "a lie"}),
            json.dumps({"kind": "finished", "name": 7, "state": "passed"}),
            json.dumps({"kind": "finished", "name": "test_lie", "state": "perfect"}),
            json.dumps(["finished"]),
        ]
        text = "".join(line + "\n" for line in lies)
        result = trapped(f"open('events.jsonl', 'a').write({text!r})", on_event=heard.append)
        assert result.ok
        assert "lie" not in str(heard)

    def test_a_figure_that_is_no_number_is_a_text(self, reference, course):
        more = (
            b"\n\ndef _nan(self, *inputs):\n    from tinytorch.tensor import Tensor\n    return Tensor(float('nan'))\n"
        )
        package = reference | {"losses.py": reference["losses.py"] + more + b"BCEWithLogitsLoss.__call__ = _nan\n"}
        result = verify_package(package, course.milestone("perceptron"))
        assert result.figures["moons_loss_last"] == "nan"
        assert "NaN" not in json.dumps(result.figures)
        failed = {check.name for check in result.checks if check.state == "failed"}
        assert "test_loss_falls_by_more_than_half" in failed


class TestAProcessThatEnds:
    def states(self, result: Verification) -> list[str]:
        return [check.state for check in result.checks]

    def test_what_had_finished_is_kept_and_what_was_running_is_named(self, trapped, heard):
        result = trapped("os._exit(7)", on_event=heard.append)
        assert result.stopped == "the Python process ended: exit code 7"
        assert not result.ok
        states = self.states(result)
        assert len(states) == 16
        at = states.index("failed")
        assert at > 2
        assert set(states[:at]) == {"passed"}
        assert set(states[at + 1 :]) == {"not tried"}
        assert result.checks[at].message == "it did not finish: the Python process ended: exit code 7"
        assert result.checks[at].name in result.checks[-1].message
        assert [event.name for event in heard if event.kind == "finished"] == [check.name for check in result.checks]

    @pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
    def test_by_a_signal(self, trapped):
        result = trapped("os.kill(os.getpid(), signal.SIGSEGV)")
        assert result.stopped.startswith("the Python process ended: ")
        assert "SIGSEGV" in result.stopped
        assert self.states(result).count("failed") == 1

    @pytest.mark.slow
    def test_by_its_time_limit_with_all_that_it_started(self, trapped, tmp_path: Path):
        note = tmp_path / "child"
        trap = f"open({str(note)!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid)); time.sleep(600)"
        result = trapped(trap, budget_s=2.0)
        assert result.stopped == "it was stopped after 8 s; look for a loop that never ends"
        states = self.states(result)
        assert states.count("failed") == 1
        assert states.index("failed") > 2
        with pytest.raises(ProcessLookupError):
            _alive(int(note.read_text()))

    def test_during_an_import(self, reference, course, heard):
        package = reference | {"tensor.py": b"import os\nos._exit(3)\n"}
        milestone = course.milestone("perceptron")
        result = verify_package(package, milestone, on_event=heard.append, modules=("tensor", "losses"))
        assert result.stopped == "the Python process ended while importing tinytorch/tensor.py: exit code 3"
        assert [(check.name, check.state) for check in result.checks] == [("test_perceptron", "not tried")]
        assert result.imports == ()

    def test_an_import_that_fails(self, reference, course):
        package = reference | {"layers.py": b"def broken(:\n"}
        result = verify_package(package, course.milestone("perceptron"), modules=("tensor", "layers"))
        assert [(check.name, check.state) for check in result.imports] == [("tensor", "passed"), ("layers", "failed")]
        assert "SyntaxError" in result.imports[1].message
        assert [(check.name, check.state) for check in result.checks] == [("test_perceptron", "not tried")]
        assert not result.stopped


def test_achievements_are_measured_or_not(course: Course):
    moons, spiral = verification._achievements(course.milestone("perceptron"), {"moons_accuracy": 0.97})
    assert moons.reached
    assert spiral.measured is None
    assert not spiral.reached


def _alive(pid: int) -> None:
    """Raise ProcessLookupError when there is no such process, or only what is left of one."""
    os.kill(pid, 0)
    state = Path(f"/proc/{pid}/stat")
    if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
        raise ProcessLookupError(pid)
