"""tito system doctor: what was really tried, who needs it, and what to do."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tito.course import REPOSITORY
from tito.notebooks.exporter import export_reference
from tito.student import doctor

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


@pytest.fixture
def quick(monkeypatch):
    """No kernel: it says what a kernel would."""
    outcome = SimpleNamespace(output_type="stream", text="3.11.0 2.0.0\n")
    monkeypatch.setattr(doctor, "_run_cell", lambda source: (outcome, 0.5))


def findings(result):
    return {finding["name"]: finding for finding in result.record["findings"]}


@pytest.mark.slow
def test_a_machine_that_works(tito, workspace, course):
    export_reference(REPOSITORY, workspace.root, [1, 2])
    result = tito("system", "doctor", "--json")
    found = findings(result)
    assert result.code == 0, result.out
    assert result.record["ok"] is True
    assert found["kernel"]["state"] == "passed"
    assert f"Python {'.'.join(map(str, sys.version_info[:3]))}" in found["kernel"]["sentence"]
    assert found["exports"]["sentence"] == "imported tensor, activations"
    assert found["data, digits"]["state"] == "passed"
    assert (found["data, mnist"]["state"], found["data, mnist"]["next"]) == ("not tried", "tito data get mnist")
    assert all(found[name]["state"] == "passed" for name in ("Python", "packages", "writing", "lock", "disk"))
    assert {finding["state"] for finding in found.values()} <= {"passed", "failed", "not tried"}
    assert not list(workspace.root.rglob(".tito-doctor*"))


@pytest.mark.slow
def test_a_kernel_that_cannot_start(tito, workspace, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    result = tito("system", "doctor", "--json")
    kernel = findings(result)["kernel"]
    assert (result.code, kernel["state"]) == (1, "failed")
    assert "no kernel could run: " in kernel["sentence"]
    assert "-m pip install" in kernel["next"]
    assert result.record["next"] == kernel["next"]


class TestFindings:
    @pytest.fixture(autouse=True)
    def _quick(self, quick):
        pass

    @pytest.mark.parametrize("columns", [60, 99, 200])
    def test_lines_fit_and_say_the_state_in_words(self, tito, workspace, monkeypatch, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        result = tito("system", "doctor")
        assert result.code == 0
        assert max(map(len, result.out.splitlines())) <= columns
        assert "passed  Python" in " ".join(result.out.split("\n")) or "passed     Python" in result.out
        assert "(instructors only)" in " ".join(result.out.split())
        assert result.out.endswith("Nothing stands in a student's way.\n")

    def test_outside_a_workspace_it_tries_what_it_can(self, tito, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        result = tito("system", "doctor", "--json")
        found = findings(result)
        assert result.code == 0
        assert found["workspace"]["state"] == "not tried"
        assert "tito init" in found["workspace"]["next"]
        assert "lock" not in found and "kernel" in found

    def test_a_missing_package_names_the_extra(self, tito, workspace, monkeypatch):
        real = doctor._version
        monkeypatch.setattr(doctor, "_version", lambda name: "" if name == "papermill" else real(name))
        result = tito("system", "doctor", "--json")
        found = findings(result)["packages [student]"]
        assert (result.code, found["state"]) == (1, "failed")
        assert "papermill is missing (needed: >=2.6)" in found["sentence"]
        assert found["next"] == "pip install --upgrade 'tinytorch-course[student]'"
        assert tito("system", "doctor").out.endswith(f"Next: {found['next']}\n")

    def test_an_old_package_is_no_better(self, tito, workspace, monkeypatch):
        real = doctor._version
        monkeypatch.setattr(doctor, "_version", lambda name: "1.9.5" if name == "numpy" else real(name))
        assert (
            "numpy 1.9.5 (needed: >=1.26)"
            in findings(tito("system", "doctor", "--json"))["packages [student]"]["sentence"]
        )

    def test_what_only_instructors_need_does_not_fail(self, tito, workspace, monkeypatch):
        real = doctor._version
        monkeypatch.setattr(doctor, "_version", lambda name: "" if name == "nbgrader" else real(name))
        result = tito("system", "doctor", "--json")
        found = findings(result)["packages [instructor]"]
        assert (result.code, found["state"], found["who"]) == (0, "failed", "instructors")

    @pytest.mark.parametrize(("ok", "state"), [(True, "passed"), (False, "failed")])
    def test_the_sandbox_is_probed(self, tito, workspace, monkeypatch, ok, state):
        probed = SimpleNamespace(ok=ok, kind="bubblewrap", sentence="it holds.", details={})
        monkeypatch.setitem(sys.modules, "tito.execution.trial", SimpleNamespace(probe=lambda: probed))
        result = tito("system", "doctor", "--json")
        found = findings(result)["sandbox"]
        assert (result.code, found["state"], found["who"]) == (0, state, "instructors")
        assert found["sentence"] == "bubblewrap: it holds"

    def test_a_tito_without_a_sandbox_claims_nothing(self, tito, workspace, monkeypatch):
        monkeypatch.setitem(sys.modules, "tito.execution.trial", None)
        found = findings(tito("system", "doctor", "--json"))["sandbox"]
        assert (found["state"], found["sentence"]) == ("not tried", "not part of this tito")

    def test_an_export_that_no_longer_imports(self, tito, workspace, course):
        export_reference(REPOSITORY, workspace.root, [1, 2])
        path = workspace.export(course.module("activations"))
        path.write_text(path.read_text() + "\nimport nunpy\n")
        result = tito("system", "doctor", "--json")
        found = findings(result)["exports"]
        assert (result.code, found["state"], found["next"]) == (1, "failed", "tito module complete 02")
        assert "tinytorch/activations.py cannot be imported: ModuleNotFoundError" in found["sentence"]

    def test_damaged_progress_is_named(self, tito, workspace):
        workspace.progress.write_text("{")
        result = tito("system", "doctor", "--json")
        found = findings(result)["progress, modules"]
        assert (result.code, found["state"]) == (1, "failed")
        assert "was damaged" in found["sentence"]
        assert tito("system", "doctor").code == 0

    def test_a_held_lock_is_named(self, tito, workspace):
        hold = (
            "import sys, time\nfrom tito.workspace import Workspace\n"
            "with Workspace.find().locked():\n    print('held', flush=True)\n    time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", hold], cwd=workspace.root, stdout=subprocess.PIPE) as holder:
            assert holder.stdout.readline() == b"held\n"
            result = tito("system", "doctor", "--json")
            holder.kill()
        assert (result.code, findings(result)["lock"]["state"]) == (1, "failed")
        assert "Another tito is working here" in findings(result)["lock"]["sentence"]

    def test_a_full_disk_is_named(self, tito, workspace, monkeypatch):
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: SimpleNamespace(free=1_000_000))
        result = tito("system", "doctor", "--json")
        assert (result.code, findings(result)["disk"]["state"]) == (1, "failed")
        assert "free some space" in result.record["next"]

    def test_a_wrong_data_file_hinders_nobody(self, tito, workspace, home):
        folder = home / ".tinytorch" / "datasets" / "mnist"
        folder.mkdir(parents=True)
        (folder / "train-images-idx3-ubyte.gz").write_bytes(b"no images")
        result = tito("system", "doctor", "--json")
        found = findings(result)["data, mnist"]
        assert (result.code, found["state"], found["optional"]) == (0, "failed", True)
        assert "is not the published file" in found["sentence"]


@pytest.mark.skipif(sys.platform != "linux", reason="takes a capability away from root")
def test_a_workspace_that_may_not_be_written(workspace):
    """Permission bits bite root too, once the capability to override them is gone."""
    program = (
        "import json\nfrom pathlib import Path\nfrom tito.course import the_course\nfrom tito.student import doctor\n"
        "from tito.workspace import Workspace\n"
        "print(json.dumps(doctor._writable(Workspace.find(), the_course()).__dict__))\n"
    )
    workspace.root.chmod(0o555)
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=workspace.root, env={**os.environ}, preexec_fn=obey_permission_bits,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    finally:
        workspace.root.chmod(0o755)
    found = json.loads(done.stdout)
    assert found["state"] == "failed"
    assert "may not be written (no permission)" in found["sentence"]
    assert f"make {workspace.root} writable" in found["next"]


def obey_permission_bits():
    library = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        library.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
