"""One notebook, one package, one kernel: what execution promises, whatever the cells do."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tito.course import REPOSITORY
from tito.execution.run import Execution, Limits, execute

pytestmark = pytest.mark.slow

PACKAGE = {"tensor.py": b"whose = 'the one handed in'\n"}
POISON = "whose = 'poison'\n"
Run = Callable[..., Execution]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Execute cells, with temporary files in a folder of the test's own; nothing may be left behind."""
    scratch = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))  # short: sockets lie in it
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = {process.pid for process in psutil.process_iter()}

    def of(
        *cells: str | NotebookNode,
        package: Mapping[str, bytes] | None = PACKAGE,
        metadata: dict | None = None,
        **limits: float,
    ) -> Execution:
        made = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        notebook = new_notebook(cells=made, metadata=metadata or {})
        sources = [cell.source for cell in made]
        ran = execute(notebook, package, Limits(**{"cell_seconds": 20.0, **limits}))
        assert [cell.source for cell in notebook.cells] == sources and not notebook.metadata.get("papermill")
        return ran

    yield of
    left = list(scratch.iterdir())
    scratch.rmdir() if not left else None
    assert not left, "files were left behind"
    assert not _descendants(before, str(scratch)), "a process was left behind"


def _descendants(before: set[int], marker: str) -> list[psutil.Process]:
    """Processes that a kernel of this test started: they have its scratch folder in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in before and process.status() != psutil.STATUS_ZOMBIE:
                found += [process] if marker in process.environ().get("HOME", "") else []
        except psutil.Error:
            continue
    return found


def errors(cell: NotebookNode) -> list[str]:
    return [output.ename for output in cell.outputs if output.output_type == "error"]


def first_error(cell: NotebookNode) -> str:
    """The error that stands first among a cell's outputs: nbgrader's scoring stops there."""
    return cell.outputs[0].get("ename", "") if cell.outputs else ""


def shown(cell: NotebookNode) -> str:
    return "".join(o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in cell.outputs)


def test_it_goes_on_after_an_error_and_keeps_times(run: Run):
    ran = run("x = 1", new_markdown_cell("text"), "1 / 0", "print(x)", "")
    one, _, two, three, empty = ran.notebook.cells
    assert not one.outputs and first_error(two) == "ZeroDivisionError" and shown(three) == "1\n"
    assert not ran.stopped and empty.outputs == []
    for cell in (one, two, three):
        assert cell.metadata.papermill["duration"] >= 0 and cell.metadata.papermill["start_time"]
    assert two.metadata.papermill["exception"] and not three.metadata.papermill["exception"]
    assert 0 < ran.kernel_s < ran.total_s and 0 < ran.cells_s < ran.total_s
    assert set(ran.times()) == {"kernel_s", "cells_s", "total_s"}
    nbformat.validate(ran.notebook)


def test_a_cell_over_its_time_is_interrupted_and_the_next_one_runs(run: Run):
    ran = run("while True: pass", "print('next')", cell_seconds=1.0)
    assert first_error(ran.notebook.cells[0]) == "CellTimeoutError"
    assert "after 1 s" in ran.notebook.cells[0].outputs[0].evalue
    assert shown(ran.notebook.cells[1]) == "next\n" and not ran.stopped


def test_a_notebook_over_its_time_stops_and_says_so_in_every_cell(run: Run):
    ran = run("import time; time.sleep(60)", "print(1)", new_markdown_cell("text"), "print(2)", notebook_seconds=1.0)
    slow, second, _, third = ran.notebook.cells
    assert first_error(slow) == "CellTimeoutError" and "the notebook's 1 s were used up" in slow.outputs[0].evalue
    assert first_error(second) == first_error(third) == "NotRun"
    assert "the notebook's 1 s were used up" in ran.stopped and ran.stopped in third.outputs[0].evalue


def test_a_loop_that_catches_its_interrupt_is_ended_and_does_not_cost_the_time_of_each_later_cell(run: Run):
    loop = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass"
    ran = run(loop, "print(1)", "print(2)", cell_seconds=1.0)
    assert [first_error(cell) for cell in ran.notebook.cells] == ["CellTimeoutError", "NotRun", "NotRun"]
    assert "went on after it was interrupted" in ran.stopped


def test_output_over_the_limit_is_cut_off_and_fails_only_its_cell(run: Run):
    ran = run("print('x' * 50_000)", "for i in range(500): print(i, flush=True)", "print('ä' * 6_000)", "print('fine')",
              output_bytes=10_000)  # fmt: skip
    much, many, wide, fine = ran.notebook.cells
    assert first_error(much) == first_error(many) == first_error(wide) == "OutputLimitExceeded"
    assert all(len(str(cell.outputs)) < 60_000 for cell in ran.notebook.cells)
    assert shown(fine) == "fine\n" and not errors(fine)


def test_leaving_by_an_exception_is_an_error_of_its_cell(run: Run):
    ran = run("import sys; sys.exit(0)", "raise SystemExit", "import sys; sys.exit('no')", "print('next')")
    *left, last = ran.notebook.cells
    assert [first_error(cell) for cell in left] == ["SystemExit"] * 3 and shown(last) == "next\n"


@pytest.mark.parametrize(
    "kill",
    [
        "exit()",  # after which a kernel goes on for 0.1 s
        "def leave():\n    quit()\nleave()",
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import subprocess, os; subprocess.Popen(['sleep', '987']); os._exit(1)",
        "import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(5)",
        "import os, signal, time; os.kill(os.getppid(), signal.SIGTERM); time.sleep(5)",
        "import os, signal; os.killpg(0, signal.SIGKILL)",
        "import os, signal; os.kill(int(os.environ['JPY_PARENT_PID']), signal.SIGKILL)\nwhile True: pass",
    ],
)
def test_a_cell_that_ends_the_process_or_its_parent_ends_no_more_than_its_own_run(run: Run, kill: str):
    ran = run("x = 1", "print('before')\n" + kill, "assert x == 1", "print(x)")
    fine, killer, *later = ran.notebook.cells
    assert not errors(fine) and first_error(killer) == "DeadKernelError"
    assert [first_error(cell) for cell in later] == ["NotRun", "NotRun"]
    assert ran.stopped == "the Python process ended in cell 2"


def test_a_question_says_that_nobody_is_there(run: Run):
    asking = ["x = input('Who? ')", "import getpass\ngetpass.getpass()", "import pdb\npdb.set_trace()\nx = 1"]
    ran = run(*asking, "def ask():\n    return int(input())\nask()", "exit(keep_kernel=True)", "print('next')")
    *asked, kept, last = ran.notebook.cells
    for who, cell in zip(("input()", "getpass()", "A debugger", "input()"), asked, strict=True):
        error = cell.outputs[-1]
        assert f"{who} waits for a person, and nobody is there" in error.evalue
        assert error.traceback[-1] == f"{error.ename}: {error.evalue}" == f"NobodyThere: {error.evalue}"
    assert not errors(kept) and shown(last) == "next\n" and not ran.stopped


@pytest.mark.parametrize(
    "silence",
    [
        "get_ipython().showtraceback = lambda *a, **k: None",
        "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
        "get_ipython()._showtraceback = lambda *a, **k: None",
        "from IPython.display import clear_output as c\nget_ipython().events.register('post_run_cell', lambda r: c())",
    ],
)
def test_a_silenced_traceback_is_an_error_all_the_same(run: Run, silence: str):
    ran = run(silence, "assert False, 'wrong'")
    assert first_error(ran.notebook.cells[1])


def test_messages_that_no_kernel_sends_fail_their_cell_and_not_the_run(run: Run):
    forge = (
        "k = get_ipython().kernel\n"
        "k.session.send(k.iopub_socket, 'stream', {}, parent=k.get_parent())\n"
        "k.session.send(k.iopub_socket, 'display_data', {'data': None}, parent=k.get_parent());"
    )
    ran = run(forge, "display({'text/plain': 5}, raw=True)", "print('fine')")
    assert [first_error(cell) for cell in ran.notebook.cells] == ["BadMessage", "BadMessage", ""]


def test_a_skip_tag_and_old_outputs_do_not_stand_in_for_a_run(run: Run):
    tagged = new_code_cell("assert False", metadata={"tags": ["skip-execution", "raises-exception"]})
    ran = run(tagged)
    assert first_error(ran.notebook.cells[0]) == "AssertionError"


def test_text_beyond_ascii_and_braces_pass_through_and_half_characters_do_no_harm(run: Run):
    ran = run(
        "print('größer 你好 🙂 {x} {0} %s')",
        "d = {'a': {'b': 1}}; f'{d}'",
        "# half of a character: \ud800\nprint('after')",
        "print('\\ud800')",
        "print('still here')",
        metadata={"title": "{not_a_field}"},
    )
    cells = ran.notebook.cells
    assert shown(cells[0]) == "größer 你好 🙂 {x} {0} %s\n" and "{'a': {'b': 1}}" in shown(cells[1])
    assert shown(cells[2]) == "after\n" and shown(cells[4]) == "still here\n"
    nbformat.writes(ran.notebook).encode()


def test_widgets_and_plots_run(run: Run):
    pytest.importorskip("ipywidgets")
    ran = run(
        "import ipywidgets\nslider = ipywidgets.IntSlider(3)\nslider",
        "out = ipywidgets.Output()\nwith out:\n    print('inside')\nout",
        "ipywidgets.interact(lambda n: print(n), n=(0, 5));",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        cell_seconds=60.0,
    )
    assert not any(errors(cell) for cell in ran.notebook.cells)
    assert any("image/png" in output.get("data", {}) for output in ran.notebook.cells[3].outputs)
    assert ran.notebook.metadata.widgets
    nbformat.validate(ran.notebook)


def test_the_environment_is_clean(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_SECRET", "hidden")
    monkeypatch.setenv("PYTHONSTARTUP", str(home / "start.py"))
    for folder in (home / ".ipython/profile_default/startup", home / ".config/ipython/profile_default/startup"):
        folder.mkdir(parents=True)
        (folder / "00.py").write_text("startup_ran = True\nprint('startup')", encoding="utf-8")
    ran = run(
        "import os\nprint('COURSE_SECRET' in os.environ, 'PYTHONSTARTUP' in os.environ, 'startup_ran' in globals())",
        "from pathlib import Path\nprint(Path.home() == Path.cwd(), sorted(p.name for p in Path('.').iterdir() "
        "if p.is_dir() and not p.name.startswith('.')))",
        "import tempfile; print(Path(tempfile.gettempdir()) == Path.cwd()); Path(tempfile.mkstemp()[1]).exists()",
    )
    assert [shown(cell) for cell in ran.notebook.cells] == [
        "False False False\n", "True ['tinytorch']\n", "True\nTrue",
    ]  # fmt: skip


def test_the_package_is_found_from_any_folder_that_a_cell_goes_to(run: Run):
    """In a student's Jupyter it is: the setup cell puts the workspace's absolute path first."""
    ran = run(
        "import os, sys, tempfile\nwith tempfile.TemporaryDirectory() as gone:\n    os.chdir(gone)",
        "import tinytorch.tensor\nprint(tinytorch.tensor.whose)\ndel sys.modules['tinytorch.tensor']",
        "%cd -q /\nsys.path.remove('')\nfrom tinytorch.tensor import whose\nprint(whose)",
        "!{sys.executable} -c 'import tinytorch.tensor as found; print(found.whose)'",
    )
    gone, *later = ran.notebook.cells
    assert not errors(gone) and [shown(cell).strip() for cell in later] == ["the one handed in"] * 3


def test_a_missing_package_is_named_as_the_reason(run: Run):
    ran = run("import tinytorch", "from tinytorch.tensor import Tensor", package=None)
    for cell in ran.notebook.cells:
        assert first_error(cell) == "ModuleNotFoundError"
        assert "the submission holds no tinytorch/ folder with your exported modules" in cell.outputs[0].evalue


def test_a_missing_file_fails_alone(run: Run):
    ran = run("import tinytorch.tensor", "import tinytorch.losses", "print(tinytorch.tensor.whose)")
    whole, missing, after = ran.notebook.cells
    assert not errors(whole) and shown(after) == "the one handed in\n"
    assert first_error(missing) == "ModuleNotFoundError"
    assert missing.outputs[0].evalue == "No module named 'tinytorch.losses'"


def poisoned(folder: Path) -> Path:
    """A tinytorch that must never be found."""
    package = folder / "tinytorch"
    package.mkdir(parents=True)
    for name in ("__init__.py", "tensor.py", "losses.py"):
        (package / name).write_text(POISON, encoding="utf-8")
    return folder


def test_a_tinytorch_of_the_grader_is_never_found(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(poisoned(tmp_path / "cwd"))
    monkeypatch.setenv("PYTHONPATH", str(poisoned(tmp_path / "path")))
    ran = run("import tinytorch.tensor as t; print(t.whose, t.__file__)", "import tinytorch.losses")
    whose = shown(ran.notebook.cells[0])
    assert whose.startswith("the one handed in") and str(tmp_path) not in whose
    assert ran.notebook.cells[1].outputs[0].evalue == "No module named 'tinytorch.losses'"
    ran = run("import tinytorch", package=None)
    assert "the submission holds no tinytorch/ folder" in ran.notebook.cells[0].outputs[0].evalue


def test_an_installed_tinytorch_is_never_found(tmp_path: Path):
    """In an environment where one is installed, one is in the user's packages, and one in a checkout on a path."""
    venv.create(tmp_path / "env", with_pip=False, system_site_packages=True, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    ask = "import site, sysconfig; print(sysconfig.get_path('purelib')); print(site.getusersitepackages())"
    environment = {**os.environ, "PYTHONUSERBASE": str(tmp_path / "user")}
    answer = subprocess.run([python, "-c", ask], env=environment, capture_output=True, text=True, check=True)
    installed, user = map(Path, answer.stdout.split())
    here = [entry for entry in sys.path if entry.endswith("site-packages")]
    (installed / "here.pth").write_text("\n".join([*here, str(REPOSITORY), str(poisoned(tmp_path / "editable"))]))
    poisoned(installed)
    poisoned(user)
    script = tmp_path / "grade.py"
    script.write_text(
        "from nbformat.v4 import new_code_cell, new_notebook\n"
        "from tito.execution.run import execute\n"
        "sources = ['import tinytorch.tensor as t; print(t.whose)', 'import tinytorch.losses',\n"
        "           'import site; print(site.ENABLE_USER_SITE)']\n"
        "notebook = new_notebook(cells=[new_code_cell(source) for source in sources])\n"
        "ran = execute(notebook, {'tensor.py': b\"whose = 'the one handed in'\"}).notebook\n"
        "print(ran.cells[0].outputs[0].text, ran.cells[1].outputs[0].evalue, ran.cells[2].outputs[0].text)\n"
        "print(execute(notebook, None).notebook.cells[0].outputs[0].evalue)\n",
        encoding="utf-8",
    )
    done = subprocess.run([python, script], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("the one handed in\n No module named 'tinytorch.losses' True\n"), done.stderr
    assert "there is no tinytorch here: the submission holds no tinytorch/ folder" in done.stdout


def test_two_runs_side_by_side_do_not_meet(run: Run):
    results: dict[int, str] = {}

    def one(number: int) -> None:
        ran = run(
            f"x = {number}", "import time; time.sleep(0.5)", "print(x)", package={"tensor.py": b"n = %d" % number}
        )
        results[number] = shown(ran.notebook.cells[2])

    threads = [threading.Thread(target=one, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {1: "1\n", 2: "2\n"}


def test_a_kernel_ends_with_its_grader(tmp_path: Path):
    script, told = tmp_path / "grade.py", tmp_path / "pid"
    script.write_text(
        "import sys\n"
        "from nbformat.v4 import new_code_cell, new_notebook\n"
        "from tito.execution.run import execute\n"
        "c = f'import os, pathlib, time; pathlib.Path({sys.argv[1]!r}).write_text(str(os.getpid())); time.sleep(90)'\n"
        "execute(new_notebook(cells=[new_code_cell(c)]), None)\n",
        encoding="utf-8",
    )
    grader = subprocess.Popen([sys.executable, script, told], env={**os.environ, "TMPDIR": "/tmp"})
    deadline = time.monotonic() + 60
    while not (told.exists() and told.read_text()) and grader.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    kernel = psutil.Process(int(told.read_text()))
    folders = [Path(kernel.cwd()), Path(kernel.cmdline()[-1]).parent]
    grader.kill()
    grader.wait()
    try:
        _, alive = psutil.wait_procs([kernel], timeout=15)
        assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    finally:
        for folder in folders:  # a killed grader cannot take its own folders away
            subprocess.run(["rm", "-rf", folder], check=False)


def test_another_framework_is_refused_with_a_reason(run: Run):
    cells = ("import torch", "from sklearn.datasets import load_digits", "import tinytorch.tensor")
    done = run(*cells, package={"tensor.py": b"import jax\n"})
    said = [cell.outputs[0].evalue.partition(" is refused here: ") for cell in done.notebook.cells]
    assert [name for name, refused, _ in said if refused] == ["torch", "sklearn", "jax"]
