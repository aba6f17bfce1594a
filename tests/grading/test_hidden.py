"""Hidden tests: not there before they run, and in nothing that a student reads afterwards."""

from __future__ import annotations

import base64
import codecs
import re
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tito.execution.run import execute
from tito.grading.feedback import MESSAGE_CHARACTERS, shorten
from tito.grading.secrecy import LEFT_OUT, secrets_of, without_secrets

OUTPUT_AREA = 'class="output_area'
LINE = "assert double(10) == 20, 'doubling ten'"  # the hidden test of the small milestone
SECRET_LINES = ("assert frobnicate(17, depth=4) == 'quux-90210', f'with depth 4 came {frobnicate(17)}'",)
HIDDEN_CELL = "assert frobnicate(1)\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS".format("\n".join(SECRET_LINES))

# Reads the test that calls it, in the ways in which a function can: by frame, by request, by the lines that are kept.
SPY = """
import inspect
seen = []
def double(x):
    frame = inspect.currentframe()
    while frame and 'raw_cell' not in frame.f_locals:
        frame = frame.f_back
    seen.append(frame.f_locals['raw_cell'])
    return 'aa' if x == 'a' else 2 * x if x < 10 else 0
get_ipython().events.register('pre_run_cell', lambda info: seen.append(info.raw_cell))
"""
# What shows what was read, in one disguise after the other.
TELL = {
    "as it is": "print('\\n'.join(seen))",
    "as a list": "print(seen)",
    "as a value": "seen",
    "on stderr": "import sys; print(seen, file=sys.stderr)",
    "backwards": "print('\\n'.join(seen)[::-1])",
    "letter by letter": "print(' '.join('\\n'.join(seen)))",
    "one letter a line": "print('\\n'.join('|'.join(seen)))",
    "in capitals": "print('\\n'.join(seen).upper())",
    "base64": "import base64; print(base64.b64encode('\\n'.join(seen).encode()).decode())",
    "base64 in lines": "import base64; print(base64.encodebytes('\\n'.join(seen).encode()).decode())",
    "hex": "print('\\n'.join(seen).encode().hex())",
    "code points": "print([ord(letter) for letter in '\\n'.join(seen)])",
    "rotated": "import codecs; print(codecs.encode('\\n'.join(seen), 'rot13'))",
    "quoted": "from urllib.parse import quote; print(quote('\\n'.join(seen)))",
    "an error": "raise ValueError('\\n'.join(seen))",
    "an error's name": "raise type('\\n'.join(seen).replace('\\0', ''), (Exception,), {})",
    "HTML": "from IPython.display import HTML; HTML('<pre>' + '\\n'.join(seen) + '</pre>')",
    "HTML, each letter in tags": (
        "from IPython.display import HTML; HTML(''.join(f'<i>{letter}</i>' for letter in '\\n'.join(seen)))"
    ),
    "JSON": "from IPython.display import JSON; JSON({'seen': seen})",
    "a time limit": "class CellTimeoutError(Exception): pass\nraise CellTimeoutError('This cell ' + '\\n'.join(seen))",
    "a refusal": "raise ImportError('\\n'.join(seen) + ' is refused here: this notebook runs on your own tinytorch')",
}


def notebook_with(*outputs: NotebookNode, source: str = "print('mine')") -> NotebookNode:
    cells = [new_code_cell(HIDDEN_CELL), new_code_cell(source, outputs=list(outputs))]
    return new_notebook(cells=cells)


def stream(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def shown(text: str) -> str:
    notebook = notebook_with(stream(text))
    without_secrets(notebook.cells[1], secrets_of(notebook))
    return notebook.cells[1].outputs[0].text


@pytest.mark.parametrize(
    "disguise",
    [
        str, repr, lambda line: repr(repr(line)), lambda line: line[::-1], lambda line: "  ".join(line),
        lambda line: line.encode().hex(), lambda line: line.encode().hex(" "), lambda line: line.upper(),
        lambda line: base64.b64encode(line.encode()).decode(), lambda line: codecs.encode(line, "rot13"),
        lambda line: base64.b64encode(f"12{line}".encode()).decode(),
        lambda line: base64.b64encode(f"1{line}\n".encode()).decode(), lambda line: str(list(line.encode())),
        lambda line: f"\x1b[31m{line[:20]}\x1b[0m{line[20:]}", lambda line: line[5:60],
    ],
    ids=["plain", "repr", "repr of repr", "reversed", "spaced", "hex", "hex spaced", "upper", "base64", "rot13",
         "base64 at 2", "base64 at 1", "bytes", "colours", "a part"],
)  # fmt: skip
def test_each_usual_disguise_of_a_hidden_line_is_taken_out(disguise):
    assert "mine" in shown("mine\n")
    text = shown(f"before {disguise(SECRET_LINES[0])} after\n")
    assert text == LEFT_OUT


def test_a_line_of_its_own_goes_and_the_rest_of_the_output_stays():
    assert shown(f"loss 0.5\n    {SECRET_LINES[0]}\nloss 0.4\n") == "loss 0.5\nloss 0.4\n"


def test_what_is_no_secret_stays():
    for text in ("assert frobnicate(1)\n", "with depth 4 came None\n", "### END HIDDEN TESTS\n", "0.123 " * 500):
        assert shown(text) == text
    own = notebook_with(stream(SECRET_LINES[0]), source=SECRET_LINES[0])
    without_secrets(own.cells[1], secrets_of(own))
    assert own.cells[1].outputs[0].text == SECRET_LINES[0], "a student's own line is none"
    plain = new_notebook(cells=[new_code_cell("x", outputs=[stream("anything")])])
    without_secrets(plain.cells[0], secrets_of(plain))
    assert plain.cells[0].outputs[0].text == "anything"


def test_a_message_is_capped():
    assert shorten("short") == "short"
    assert len(shorten("x" * 10_000)) < MESSAGE_CHARACTERS + 10


@pytest.mark.slow
def test_nothing_of_a_test_is_there_before_it_runs():
    marker = "".join(["zq", "7v", "k4", "xw"] * 3)
    hunt = """
import gc, os, re, sys
wanted = "".join(["zq", "7v", "k4", "xw"])
found = [line for line in In if wanted * 3 in line]
found += [o for o in gc.get_objects() if isinstance(o, (list, tuple, dict)) and wanted * 3 in repr(o)[:10**6]]
for folder, _, names in os.walk(os.getcwd()):
    for name in names:
        with open(os.path.join(folder, name), "rb") as stream:
            found += [name] if (wanted * 3).encode() in stream.read() else []
needle, hits = (wanted * 2).encode() + wanted[:4].encode(), 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        start, end, rights = re.match(r"(\\w+)-(\\w+) (\\S+)", line).groups()
        if "r" in rights and int(end, 16) < 2**63 and "vvar" not in line and "vsyscall" not in line:
            try:
                memory.seek(int(start, 16))
                hits += memory.read(int(end, 16) - int(start, 16)).count(needle + wanted[4:].encode() + b"_end")
            except (OSError, OverflowError, MemoryError):
                pass
print("searched", len(found), hits)
"""
    meta = {"grade": True, "solution": False, "grade_id": "t", "points": 1, "schema_version": 3}
    test = new_code_cell(f"secret = '{marker}_end'\nassert secret", id="t", metadata={"nbgrader": meta})
    after = hunt.replace("print(", "print('then', ")
    notebook = new_notebook(cells=[new_code_cell(hunt, id="before"), test, new_code_cell(after, id="after")])
    run = execute(notebook, {"tensor.py": b"one = 1\n"})
    before, _, later = run.notebook.cells
    assert before.outputs[0].text == "searched 0 0\n"
    _, memory = map(int, re.findall(r"\d+", later.outputs[0].text))
    assert memory > 0, "the search in memory finds what is there"


@pytest.mark.slow
def test_feedback_repeats_no_hidden_test_however_it_was_read_and_told(small, tmp_path: Path):
    """One submission reads the hidden test while it runs, and tells it in every disguise."""
    notebook = small.solved(model_double_answer=SPY)
    notebook.cells += [new_code_cell(source, id=f"tell-{number}") for number, source in enumerate(TELL.values())]
    small.hand_in("student_01", notebook)
    score = small.grade()["student_01"]
    assert score.earned == 35, "the spy's answer is wrong where only the hidden test looks"
    graded = (small.root / "autograded" / "student_01" / small.milestone.id / small.name).read_text(encoding="utf-8")
    told = sum("double(10)" in line for line in graded.split("\n"))
    assert told > len(TELL) / 3, "the spy did read it"
    page = small.feedback("student_01")
    bare = re.sub(r"<[^<>]*>|[\W_]+", "", page).lower()
    core = re.sub(r"[\W_]+", "", LINE.split(",")[0]).lower()
    raw = LINE.split(",")[0].encode()
    for form in (core, core[::-1], raw.hex(), codecs.encode(core, "rot13"), "".join(map(str, raw))):
        assert form not in bare
    assert all(base64.b64encode(b"\0" * at + raw)[4:-4].decode() not in page for at in range(3))
    assert "doubling ten" in page and LEFT_OUT in page


@pytest.mark.slow
def test_feedback_on_tampering_shows_reasons_and_no_output(small):
    attack = "def double(x):\n    return 7\nprint('my own output')\nabs = round = isinstance = lambda *a: True"
    small.hand_in("student_01", small.solved(model_double_answer=attack))
    score = small.grade()["student_01"]
    assert score.earned == 0 and any("Tampering" in problem for problem in score.problems)
    page = small.feedback("student_01")
    assert "Tampering" in page and OUTPUT_AREA not in page
    small.hand_in("student_02", small.solved())
    small.grade("student_02")
    assert OUTPUT_AREA in small.feedback("student_02")
