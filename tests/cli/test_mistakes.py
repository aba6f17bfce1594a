"""Bad input that a person makes: one sentence, an exit code, and a next command that leads on when it is typed."""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from tito.course import in_short, release_root
from tito.notebooks.reading import nbgrader_metadata
from tito.student import checks
from tito.workspace import Workspace

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24
ASCII_ONLY = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
VIEWS = [
    "status --milestones", "module status", "checkpoint status", "checkpoint timeline", "milestone status",
    "milestone status --detailed", "milestone timeline", "milestone timeline --horizontal", "milestone list",
    "milestone next", "milestone start",
]  # fmt: skip


@pytest.fixture
def passing(monkeypatch):
    """Stand in for the run of a notebook: its one test passed. What follows from it is real."""

    def check(grafted, submitted, assignment, package, shown):
        return checks.NotebookCheck(
            assignment.id, shown, (checks.Outcome("a", 1, "passed"),), (), (), (), "", 1.0
        )  # fmt: skip

    monkeypatch.setattr("tito.student.checks.check", check)
    monkeypatch.setattr("tito.student.modules._refuse_unimportable", lambda *arguments: None)


def next_of(result):
    """The words of the command that a refusal suggests."""
    lines = [line.removeprefix("Next: ") for line in (result.err or result.out).splitlines() if "Next: " in line]
    assert lines, (result.out, result.err)
    words = shlex.split(lines[-1])
    assert words[0] == "tito", lines
    return words[1:]


def follow(tito, result, most=3):
    """Type what each refusal suggests, until something works; how many commands that took."""
    for count in range(1, most + 1):
        result = tito(*next_of(result))
        assert "Traceback" not in result.err
        if result.code == 0:
            return count
    pytest.fail(f"still stuck after {most} suggestions: {result.err}")


def obey_permission_bits():
    """Let permission bits bite a process of root's too."""
    library = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        library.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@contextmanager
def read_only(*folders):
    for folder in folders:
        folder.chmod(0o555)
    try:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o755)


def command(*arguments, cwd, **options):
    """A process of its own, with options that the fixture does not have."""
    return subprocess.run(
        [sys.executable, "-m", "tito", *arguments], cwd=cwd, capture_output=True, text=True, check=False, **options
    )


class TestNames:
    @pytest.mark.parametrize(
        "name", ["01", "1", " 1", "tensor", "Tensor", "01_tensor", "tensor.ipynb", "modules/01_tensor/tensor.ipynb"]
    )
    def test_each_way_to_name_a_module(self, tito, workspace, name):
        assert tito("module", "start", name, "--json").record["assignment"] == "01_tensor"

    @pytest.mark.parametrize("name", ["1", "perceptron", "Perceptron", "perceptron_milestone.ipynb"])
    def test_each_way_to_name_a_milestone(self, tito, completed, name):
        assert tito("milestone", "start", name, "--json").record["assignment"] == "perceptron"

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ("module start tensro", "There is no module 'tensro'. Did you mean 'tensor'?"),
            ("module complete 02-activation", "There is no module '02-activation'. Did you mean '02_activations'?"),
            ("module test ''", "There is no module ''."),
            ("module start 99", "There is no module '99'."),
            ("module start 0", "There is no module '0'."),
            ("checkpoint test optimiser", "There is no module 'optimiser'. Did you mean 'optimizers'?"),
            ("milestone start percepton", "There is no milestone 'percepton'. Did you mean 'perceptron'?"),
            ("milestone submit ''", "There is no milestone ''."),
            ("milestone test 9", "There is no milestone '9'."),
            ("milestone run mlp_digit", "There is no verification 'mlp_digit'. Did you mean 'mlp_digits'?"),
            ("data get mnits", "There is no data set 'mnits'. Did you mean 'mnist'?"),
        ],
        ids=lambda value: value.replace(" ", "-") if value.islower() and "'" not in value else None,
    )
    def test_a_typo_gets_the_nearest_name_and_a_command_that_lists_them(self, tito, workspace, words, sentence):
        result = tito(*shlex.split(words))
        assert (result.code, result.out, result.err.splitlines()[0]) == (1, "", sentence)
        assert follow(tito, result) == 1

    @pytest.mark.parametrize(
        ("words", "error"),
        [
            ("statsu", "There is no command 'statsu'. Did you mean 'status'?"),
            ("STATUS", "There is no command 'STATUS'. Did you mean 'status'?"),
            ("''", "There is no command ''."),
            ("module complet 01", "There is no command 'complet'. Did you mean 'complete'?"),
            ("milestone cerificate mlp", "There is no command 'cerificate'. Did you mean 'certificate'?"),
            ("module complete --force 01", "No such option '--force'."),
            ("module start", "Missing argument 'NN'."),
            ("module start 01 02", "Got unexpected extra argument (02)"),
            ("completion tcsh", "'tcsh' is not one of"),
            ("portfolio --output progress.json", "'progress.json' is a file"),
        ],
        ids=[
            "command", "case", "empty", "module", "milestone", "option", "no-argument", "two", "shell", "folder",
        ],
    )  # fmt: skip
    def test_a_wrong_call_names_the_help(self, tito, workspace, words, error):
        workspace.progress.write_text('{"version": 2, "modules": {}}')
        result = tito(*shlex.split(words))
        assert (result.code, result.out) == (2, "")
        assert error in result.err.splitlines()[-1]
        help_line = next(line for line in result.err.splitlines() if line.startswith("Try 'tito "))
        assert tito(*help_line.split("'")[1].split()[1:]).code == 0


class TestOrder:
    @pytest.mark.parametrize(
        "words",
        ["module start 03", "module complete 03", "module test 03", "module reset 03 --yes", "checkpoint test 03",
         "milestone start 1", "milestone test perceptron", "milestone run xor", "milestone run mlp",
         "milestone submit 2", "milestone demo 1", "milestone celebrate 1", "milestone certificate 1"],
    )  # fmt: skip
    def test_what_is_too_early_leads_to_the_first_module(self, tito, workspace, words):
        result = tito(*words.split())
        assert (result.code, result.out) == (1, "")
        assert follow(tito, result) <= 3
        assert (workspace.root / "modules" / "01_tensor" / "tensor.ipynb").is_file()
        assert "is unchanged since it was released" in tito("module", "complete", "01").err

    def test_what_is_planned_says_so(self, tito, workspace, course):
        commands = [("module start", module.name) for module in course.planned_modules]
        commands += [("checkpoint test", f"{module.number:02d}") for module in course.planned_modules]
        for verb in ("start", "test", "run", "submit", "demo", "celebrate", "certificate"):
            commands += [(f"milestone {verb}", stone.id) for stone in course.planned_milestones]
        for words, name in commands:
            result = tito(*words.split(), name)
            assert (result.code, result.out) == (1, ""), words
            assert "not part of this course yet" in result.err.splitlines()[0]
            assert follow(tito, result) == 1


class TestNotebooks:
    def test_no_notebook_at_all_can_be_begun_again(self, tito, completed, course, passing):
        path = completed.notebook(course.module("losses"))
        path.write_text("<html>404</html>")
        assert next_of(tito("status")) == ["module", "complete", "04"]
        result = tito("module", "complete", "04")
        assert result.code == 1
        assert "modules/04_losses/losses.ipynb is not a notebook: it is a web page" in result.err
        assert result.err.endswith("or begin again: tito module reset 04\n")
        asked = tito("module", "reset", "04")
        assert "nobody is here to confirm it; nothing was changed." in asked.err
        assert follow(tito, asked) == 1
        assert path.read_bytes() == (release_root() / "04_losses" / "losses.ipynb").read_bytes()
        (backup,) = completed.backups.iterdir()
        assert backup.read_text() == "<html>404</html>"

    def test_a_milestones_notebook_that_is_none(self, tito, completed, course):
        path = completed.notebook(course.milestone("perceptron"))
        path.parent.mkdir(parents=True)
        path.write_text("{}")
        result = tito("milestone", "submit", "perceptron")
        assert result.code == 1
        assert "is JSON, but not a notebook" in result.err
        assert result.err.endswith("or begin again: move it away, then tito milestone start perceptron\n")
        path.rename(path.with_suffix(".old"))
        assert tito("milestone", "start", "perceptron").code == 0

    @pytest.mark.slow
    def test_an_unfinished_stub(self, tito, completed, course, solve):
        path = completed.notebook(course.module("losses"))
        released = nbformat.read(release_root() / "04_losses" / "losses.ipynb", as_version=4)
        stubs = {nbgrader_metadata(cell).get("grade_id"): cell.source for cell in released.cells}
        notebook = nbformat.read(path, as_version=4)
        stub = next(
            cell for cell in notebook.cells
            if nbgrader_metadata(cell).get("solution") and nbgrader_metadata(cell)["grade_id"].startswith("04-bce")
        )  # fmt: skip
        stub.source = stubs[nbgrader_metadata(stub)["grade_id"]]
        nbformat.write(notebook, path)
        before = completed.export(course.module("losses")).read_bytes()
        result = tito("module", "complete", "04")
        words = " ".join(result.out.split())
        assert (result.code, result.err) == (1, "")
        assert "exercise 04-bce is not written yet" in words
        assert "Nothing was exported; tinytorch/losses.py is as it was." in words
        assert completed.export(course.module("losses")).read_bytes() == before
        solve(completed, "04")
        assert "tito module complete 04" in result.out
        assert tito("module", "complete", "04").code == 0


class TestExports:
    def test_a_milestone_is_unlocked_once(self, tito, completed, course, passing):
        completed.export(course.module("losses")).unlink()
        assert "Unlocked milestone 1" in tito("module", "complete", "04").out
        assert "Unlocked" not in tito("module", "complete", "04").out

    def test_one_that_no_longer_imports_is_exported_again(self, tito, completed, course, passing):
        export = completed.export(course.module("activations"))
        good = export.read_bytes()
        export.write_bytes(good + b"\nimport not_installed\n")
        said = tito("status")
        assert "02 activations: tinytorch/activations.py changed after its export." in said.out
        refused = tito("milestone", "submit", "perceptron")
        assert (refused.code, "is stale" in refused.err) == (1, True)
        assert next_of(said) == next_of(refused) == ["module", "complete", "02"]
        assert follow(tito, refused) == 1
        assert b"not_installed" not in export.read_bytes()

    @pytest.mark.slow
    def test_one_that_breaks_a_later_module(self, tito, completed, course, passing):
        """Module 01 imports, but lacks what module 02 takes from it: every view of it names module 01 first."""
        export = completed.export(course.module("tensor"))
        good = export.read_text()
        export.write_text(good + "\ndel apply\n")
        doctor = tito("system", "doctor", "--json")
        (found,) = [finding for finding in doctor.record["findings"] if finding["name"] == "exports"]
        assert (doctor.code, found["state"]) == (1, "failed")
        checkpoint = tito("checkpoint", "test", "02")
        assert checkpoint.code == 1
        assert "cannot import name 'apply'" in " ".join(checkpoint.out.split())
        proof = tito("milestone", "run", "perceptron")
        assert proof.code == 1
        assert next_of(tito("status")) == next_of(proof) == ["module", "complete", "01"]
        assert follow(tito, proof) == 1
        assert "del apply" not in export.read_text()
        assert tito("checkpoint", "test", "02").code == 0


class TestPlaces:
    @pytest.mark.parametrize(
        "words",
        ["status", "module status", "module start 01", "module complete 01", "module test 01", "module reset 01",
         "checkpoint status", "checkpoint test 01", "milestone status", "milestone timeline", "milestone list",
         "milestone next", "milestone start", "milestone test 1", "milestone run xor", "milestone demo 1",
         "milestone submit 1", "milestone celebrate 1", "milestone certificate 1", "portfolio"],
    )  # fmt: skip
    def test_outside_a_workspace(self, tito, tmp_path, monkeypatch, words):
        monkeypatch.chdir(tmp_path)
        result = tito(*words.split())
        assert (result.code, result.out) == (1, "")
        assert result.err == f"{tmp_path} is in no workspace.\nNext: cd into yours, or make one: tito init FOLDER\n"
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["-dash", "-", "o'neil", "$HOME", "a;b", "~", "(2026)", "a&b", "a\\b", "*"])
    def test_what_to_type_finds_a_folder_of_any_name(self, tito, tmp_path, monkeypatch, name):
        monkeypatch.chdir(tmp_path)
        line = tito("init", "--", name).out.splitlines()[-1]
        typed = line.removeprefix("Next: ").split(" && tito")[0] + " && pwd"
        assert subprocess.check_output(["sh", "-c", typed], text=True) == f"{tmp_path / name}\n"

    def test_a_folder_with_spaces_and_umlauts_is_quoted_in_what_to_type(self, tito, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        made = tito("init", "mein Kürs")
        cd, folder, _, *following = shlex.split(made.out.splitlines()[-1].removeprefix("Next: "))
        assert (made.code, cd, folder, following) == (0, "cd", "mein Kürs", ["tito", "module", "start", "01"])
        monkeypatch.chdir(tmp_path / folder)
        assert tito(*following[1:]).code == 0
        assert next_of(tito("status")) == ["module", "complete", "01"]

    @pytest.mark.parametrize("inside", ["modules/04_losses", "tinytorch", ".tito", "milestones"])
    def test_from_any_folder_inside(self, tito, completed, monkeypatch, inside):
        said = [tito(*words).record for words in (("status", "--json"), ("module", "status", "--json"))]
        monkeypatch.chdir(completed.root / inside)
        assert [tito(*words).record for words in (("status", "--json"), ("module", "status", "--json"))] == said
        assert follow(tito, tito("status")) == 1
        assert (completed.root / "milestones" / "01_perceptron" / "perceptron_milestone.ipynb").is_file()

    def test_a_certificate_is_found_from_inside_by_the_name_that_tito_gave_it(self, tito, completed, monkeypatch):
        (completed.root / "certificates").mkdir()
        (completed.root / "certificates" / "a.svg").write_text("no picture")
        name = "certificates/a.svg"
        from_the_root = tito("milestone", "verify", name)
        monkeypatch.chdir(completed.root / "modules")
        assert tito("milestone", "verify", name).err == from_the_root.err
        assert "cannot be read" not in from_the_root.err
        assert "cannot be read" in tito("milestone", "verify", "certificates/b.svg").err

    def test_a_moved_workspace(self, tito, completed, course, monkeypatch, passing):
        assert tito("milestone", "start", "perceptron").code == 0
        moved = completed.root.with_name("anderswo, später")
        completed.root.rename(moved)
        for words in ("status", "module complete 04", "milestone submit 1"):
            lost = tito(*words.split())  # the shell still stands in the folder by its old name
            assert "Traceback" not in lost.err
        monkeypatch.chdir(moved)
        states = {place["number"]: place["state"] for place in tito("status", "--json").record["modules"]}
        assert {states[number] for number in course.milestones[0].needs} == {"completed"}
        assert tito("milestone", "status", "--json").record[0]["state"] == "started"
        assert tito("module", "complete", "04").code == 0
        assert Workspace(moved).export(course.module("losses")).is_file()


class TestHome:
    def test_a_home_that_is_not_there_is_made(self, tito_process, completed, tmp_path):
        home = tmp_path / "not" / "there"
        assert tito_process("status", cwd=completed.root, HOME=str(home)).code == 0
        assert not home.exists()
        assert tito_process("milestone", "start", "1", cwd=completed.root, HOME=str(home)).code == 0
        assert (
            "started_at" in json.loads((home / ".tinytorch" / "progress.json").read_text())["milestones"]["perceptron"]
        )

    @pytest.mark.parametrize("words", ["status", "milestone start 1", "milestone test 1"])
    def test_a_home_that_is_a_file(self, tito_process, completed, tmp_path, words):
        home = tmp_path / "home"
        home.write_text("")
        result = tito_process(*words.split(), cwd=completed.root, HOME=str(home))
        assert result.code == 1
        assert str(home) in result.err.splitlines()[0]
        assert result.err.splitlines()[-1].endswith("or set HOME to a folder that is")
        home.unlink()
        home.mkdir()
        assert tito_process("milestone", "start", "1", cwd=completed.root, HOME=str(home)).code == 0

    @pytest.mark.skipif(sys.platform != "linux", reason="takes a capability away from root")
    def test_a_home_that_may_not_be_written(self, completed, home, course):
        notebook = completed.notebook(course.milestone("perceptron"))
        with read_only(home):
            looked = command("status", cwd=completed.root, preexec_fn=obey_permission_bits)
            refused = command("milestone", "start", "1", cwd=completed.root, preexec_fn=obey_permission_bits)
        assert (looked.returncode, looked.stderr) == (0, "")
        assert refused.returncode == 1
        assert "may not be written (no permission)." in refused.stderr
        assert f"Next: make {home} writable, or set HOME to a folder that is" in refused.stderr
        assert not notebook.exists()
        assert command("milestone", "start", "1", cwd=completed.root, preexec_fn=obey_permission_bits).returncode == 0

    @pytest.mark.skipif(sys.platform != "linux", reason="takes a capability away from root")
    @pytest.mark.parametrize("words", ["module start 05", "module complete 04", "milestone submit 1"])
    def test_a_workspace_that_may_not_be_written(self, completed, course, solve, words):
        solve(completed, "perceptron")
        before = completed.progress.read_bytes()
        with read_only(completed.root, completed.root / "modules", completed.root / ".tito"):
            looked = command("status", cwd=completed.root, preexec_fn=obey_permission_bits)
            refused = command(*words.split(), cwd=completed.root, preexec_fn=obey_permission_bits)
        assert (looked.returncode, looked.stderr) == (0, "")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "may not be written (no permission)." in refused.stderr
        assert "Next: make " in refused.stderr
        assert completed.progress.read_bytes() == before
        assert command("module", "start", "05", cwd=completed.root, preexec_fn=obey_permission_bits).returncode == 0


class TestProgressFiles:
    @pytest.mark.parametrize("place", ["workspace", "home"])
    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b'{"version": 2, "modules": 3, "milestones": 3}', b"\xff\xfe\x00", b"[" * 9999],
        ids=["empty", "cut", "list", "wrong", "bytes", "deep"],
    )  # fmt: skip
    def test_a_damaged_one_is_kept_and_the_same_command_then_works(self, tito, completed, home, place, content):
        assert tito("milestone", "start", "perceptron").code == 0
        path = completed.progress if place == "workspace" else home / ".tinytorch" / "progress.json"
        path.write_bytes(content)
        result = tito("status")
        assert (result.code, result.out) == (1, "")
        assert f"{path} was damaged" in result.err
        assert result.err.endswith("Next: run the same command again\n")
        (kept,) = path.parent.glob("progress.json.corrupt-*")
        assert kept.read_bytes() == content
        again = tito("status", "--json").record
        assert [place["state"] for place in again["modules"]][:4] == ["completed"] * 4
        assert again["milestones"][0]["state"] == "started"

    @pytest.mark.parametrize("words", ["status", "module start 05", "milestone start 1"])
    def test_a_newer_one_is_left_alone(self, tito, completed, words):
        completed.progress.write_text('{"version": 99, "modules": {"more": true}}')
        before = completed.progress.read_bytes()
        result = tito(*words.split())
        assert (result.code, result.out) == (1, "")
        assert "was written by a newer tito (version 99;" in result.err
        assert result.err.endswith("Next: pip install --upgrade tinytorch-course\n")
        assert completed.progress.read_bytes() == before

    def test_an_older_one_is_taken_over(self, tito, completed):
        old = json.loads(completed.progress.read_text()) | {"version": 1}
        completed.progress.write_text(json.dumps(old))
        states = [entry["state"] for entry in tito("module", "status", "--json").record]
        assert states[:4] == ["completed"] * 4
        assert tito("module", "start", "05").code == 0
        assert json.loads(completed.progress.read_text())["version"] == 2
        assert json.loads(completed.progress.with_name("progress.json.v1").read_text()) == old


class TestInterrupted:
    def test_two_at_once(self, completed, course):
        starts = [sys.executable, "-m", "tito", "module", "start", "05", "--json"]
        both = [subprocess.Popen(starts, cwd=completed.root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = [json.loads(process.communicate(timeout=120)[0]) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert sorted(record["new"] for record in said) == [False, True]
        assert "started_at" in json.loads(completed.progress.read_text())["modules"]["05_autograd"]

    @pytest.mark.slow
    def test_ctrl_c_while_a_module_is_completed(self, completed, course, tmp_path, tito):
        """130, nothing half-written, no kernel and no lock left; and the same command works afterwards."""
        completed.export(course.module("losses")).unlink()
        before = completed.progress.read_bytes()
        scratch = tmp_path / "slurm-job-12345678" / ("u" * 60) / "t"  # too long for a socket's path
        scratch.mkdir(parents=True)
        with subprocess.Popen(
            [sys.executable, "-m", "tito", "module", "complete", "04"],
            cwd=completed.root, env=os.environ | {"TMPDIR": str(scratch)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            wait_for(lambda: inside(scratch, process.pid))
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        assert (process.returncode, out) == (130, "")
        assert "Interrupted" in err.splitlines()
        assert "Traceback" not in err
        wait_for(lambda: not inside(scratch, process.pid))
        assert completed.progress.read_bytes() == before
        assert not completed.export(course.module("losses")).exists()
        assert not [path for path in completed.root.rglob("*.part")]
        with completed.locked():
            pass
        assert next_of(tito("status")) == ["module", "complete", "04"]

    @pytest.mark.parametrize("words", VIEWS)
    def test_a_closed_pipe_is_no_traceback(self, completed, words):
        script = f"{shlex.quote(sys.executable)} -m tito {words} | true"
        done = subprocess.run(script, shell=True, cwd=completed.root, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert "Exception" not in done.stderr

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
    def test_streams_that_whoever_started_it_has_closed(self, tito, workspace, closed):
        """What is written to a file meanwhile is all that is in it."""
        script = f"{shlex.quote(sys.executable)} -m tito module start 01 {closed}"
        done = subprocess.run(["bash", "-c", script], cwd=workspace.root, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        released = release_root() / "01_tensor" / "tensor.ipynb"
        assert (workspace.root / "modules" / "01_tensor" / "tensor.ipynb").read_bytes() == released.read_bytes()
        assert tito("module", "status", "--json").record[0]["state"] == "started"


class TestTerminals:
    def test_what_a_run_proves_has_room(self, tito_process, workspace, course):
        result = tito_process("milestone", "list", cwd=workspace.root, COLUMNS="100")
        assert max(map(len, result.out.splitlines())) <= 100
        for stone in course.planned_milestones:
            planned = [module.number for module in course.required_by(stone) if module.planned]
            assert not stone.verifications or f"awaits {in_short(planned)} (planned)" in result.out
        shown = {" ".join(line.split()) for line in result.out.splitlines()}
        assert any(line.startswith("xor 1986 A network with one hidden layer answers all four") for line in shown)

    @pytest.mark.parametrize("columns", ["0", "00", "-5", "²", "999999999", "wide"])
    def test_a_width_that_is_none(self, tito, workspace, monkeypatch, columns):
        usual = tito("module", "status").out
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("LINES", columns)
        assert tito("module", "status").out == usual
        assert max(map(len, usual.splitlines())) >= 40

    @pytest.mark.parametrize("columns", ["1", "7"])
    @pytest.mark.parametrize("words", VIEWS)
    def test_a_width_that_nobody_has(self, tito, completed, monkeypatch, words, columns):
        wide = tito(*words.split()).out
        monkeypatch.setenv("COLUMNS", columns)
        result = tito(*words.split())
        assert (result.code, result.err) == (0, "")
        squeezed, letters = ("".join(filter(str.isalpha, text)) for text in (result.out, wide))
        assert "completed" in squeezed or "completed" not in letters
        assert len(max(result.out.split(), key=len)) > 7

    @pytest.mark.parametrize("words", VIEWS)
    def test_a_terminal_without_umlauts(self, tito_process, course, solve, tmp_path, words):
        root = tmp_path / "mein Kürs"
        assert tito_process("init", str(root)).code == 0
        result = tito_process(*words.split(), cwd=root, **ASCII_ONLY)
        assert (result.code, result.err) == (0, "")
        assert result.out.isascii() or words.startswith("status")
        assert "Traceback" not in result.out

    @pytest.mark.slow
    def test_a_module_in_a_folder_with_an_umlaut(self, tito_process, course, solve, tmp_path):
        root = tmp_path / "mein Kürs"
        assert tito_process("init", str(root)).code == 0
        solve(Workspace(root), "01")
        result = tito_process("module", "complete", "01", cwd=root, **ASCII_ONLY)
        assert (result.code, result.err) == (0, "")
        assert "to tinytorch/tensor.py." in result.out
        assert tito_process("module", "status", "--json", cwd=root).record[0]["state"] == "completed"


def inside(folder: Path, *but: int) -> list[int]:
    """The processes that work in a folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            known = process.name.isdigit() and int(process.name) not in but
            if known and os.readlink(process / "cwd").startswith(str(folder)):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
