"""Submissions are graded in the sandbox unless told otherwise, and without one nothing is graded."""

from __future__ import annotations

import os

import nbformat
import pytest

from tito.errors import TitoError
from tito.notebooks.problems import sandbox_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.exists("/usr/bin/bwrap"), reason="bubblewrap is not installed"),
]
LOOK = "import os\nassert os.getuid() and not os.path.exists({gradebook!r})\ndef double(x):\n    return 2 * x"


def graded(small, student: str = "student_01") -> nbformat.NotebookNode:
    return nbformat.read(small.root / "autograded" / student / small.milestone.id / small.name, as_version=4)


def test_a_submission_is_shut_in_and_that_is_recorded(small):
    gradebook = str(small.root / "gradebook.db")
    small.hand_in("student_01", small.solved(model_double_answer=LOOK.format(gradebook=gradebook)))
    small.hand_in("student_02", small.solved(model_double_answer="bytearray(10**11)"))
    scores = small.grade()
    assert os.path.exists(gradebook) and scores["student_01"].earned == 60
    assert "used more than 2 GB of memory" in " ".join(scores["student_02"].problems)
    assert sandbox_of(graded(small)) == "forked"


def test_limits_and_kind_are_configured_and_no_sandbox_is_loud(small, caplog: pytest.LogCaptureFixture):
    small.classroom.config.ExecuteSubmission.update(sandbox="bubblewrap", memory_bytes=1_000_000_000)
    small.hand_in("student_01", small.solved(model_double_answer="bytearray(1_100_000_000)"))
    assert "used more than 1 GB of memory" in " ".join(small.grade()["student_01"].problems)
    assert sandbox_of(graded(small)) == "bubblewrap" and "NO SANDBOX" not in caplog.text
    small.classroom.config.ExecuteSubmission.sandbox = "none"
    small.hand_in("student_02")
    assert small.grade("student_02")["student_02"].earned == 60
    assert sandbox_of(graded(small, "student_02")) == "none" and "NO SANDBOX" in caplog.text


def test_without_bubblewrap_nothing_is_graded(small, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    small.hand_in("student_01")
    monkeypatch.setattr("shutil.which", lambda name, *_, **__: None)
    with pytest.raises(TitoError):
        small.grade()
    assert "bwrap is not installed" in caplog.text
    assert not (small.root / "autograded" / "student_01" / small.milestone.id / small.name).exists()
