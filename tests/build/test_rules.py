"""Each refusal of the build, with its file and line, and the near misses that it accepts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tito.build.authored import Authored, read_authored
from tito.build.rules import refuse
from tito.course import Assignment, Category, Course, Milestone, Module
from tito.errors import BuildError

HEADER = "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       format_name: percent\n# ---\n\n"
ALPHA = Module(1, "alpha", "Alpha", ("double",), (), "I can double.")
BETA = Module(2, "beta", "Beta", ("halve",), (1,), "I can halve.")
PEAK = Milestone(
    number=1, id="peak", folder="01_peak", title="Peak", year=1957, needs=(1,), ability="I can climb.", victory="Up.",
    badge="Top", history="Once.", data="none", budget_seconds=1.0,
    rubric=(Category("model", "Model", 60, "auto"), Category("systems", "Systems", 40, "manual")),
    achievements=(),
)  # fmt: skip
COURSE = Course("Tiny", "https://github.com/someone/tiny", "main", (ALPHA, BETA), (PEAK,))

EXPORT = "# %%\n#| export\ndef double(x):\n    return 2 * x\n"


def meta(grade_id: str, *, grade: bool = False, solution: bool = False, points: float | None = None) -> str:
    """The nbgrader metadata of a cell's header."""
    fields = {"grade": grade, "grade_id": grade_id, "locked": not solution, "schema_version": 3}
    if points is not None:
        fields["points"] = points
    return "nbgrader=" + json.dumps({**fields, "solution": solution, "task": False})


def answer(body: str = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION", grade_id: str = "01-x-answer") -> str:
    return f"# %% {meta(grade_id, solution=True)}\n{body}\n"


def check(body: str, grade_id: str = "01-x", points: float = 2) -> str:
    return f"# %% {meta(grade_id, grade=True, points=points)}\n{body}\n"


@pytest.fixture
def author(tmp_path: Path) -> Callable[..., Authored]:
    """Write the cells of an assignment's authored file below ``tmp_path`` and read it."""

    def write(*cells: str, assignment: Assignment = ALPHA) -> Authored:
        path = tmp_path / assignment.source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER + "\n".join(cells), encoding="utf-8")
        return read_authored(tmp_path, assignment)

    return write


@pytest.fixture
def findings(author: Callable[..., Authored]) -> Callable[..., list[str]]:
    """What the build refuses in a file of these cells: each finding as ``line: message``, the file checked here."""

    def of(*cells: str, assignment: Assignment = ALPHA) -> list[str]:
        authored = author(*cells, assignment=assignment)
        try:
            refuse(authored, COURSE)
        except BuildError as error:
            where = f"{assignment.source}:"
            return [finding.split(where, 1)[1] if finding.startswith(where) else "?" for finding in error.findings]
        return []

    return of


HEADER_LINES = HEADER.count("\n")
FIRST = HEADER_LINES + 1  # the line of the first cell's header
SECOND = FIRST + EXPORT.count("\n") + 1  # of the cell after EXPORT


def test_a_sound_module_and_a_sound_milestone_are_accepted(findings):
    assert findings(EXPORT, answer(), check("assert x == 1")) == []
    cells = [
        answer(grade_id="model-x-answer"),
        check("assert x == 1", "model-x", 60),
        f"# %% {meta('systems-why', grade=True, solution=True, points=40)}\n"
        "### BEGIN SOLUTION\nplot = 1\n### END SOLUTION\n",
    ]
    assert findings(*cells, assignment=PEAK) == []


@pytest.mark.parametrize(
    ("body", "offset", "message"),
    [
        ("assert True", 0, "graded test '01-x' never runs an assert (is a function defined and not called?)"),
        (
            "assert 1, 'one is true'",
            0,
            "graded test '01-x' never runs an assert (is a function defined and not called?)",
        ),
        ("def test():\n    assert x == 1", 0, "never runs an assert"),
        ("def test():\n    def inner():\n        assert x == 1\ntest()", 0, "never runs an assert"),
        ("def test():\n    return\n    assert x == 1\ntest()", 0, "never runs an assert"),
        ("test = lambda: np.testing.assert_allclose(x, 1)", 0, "never runs an assert"),
        ("class Test:\n    def test(self):\n        assert x == 1", 0, "never runs an assert"),
        ("if False:\n    assert x == 1", 0, "never runs an assert"),
        ("while 0:\n    assert x == 1", 0, "never runs an assert"),
        ("if True:\n    y = 1\nelse:\n    assert x == 1", 0, "never runs an assert"),
        ("assert (x == 1, 'x is 1')", 0, "never runs an assert"),
        ("def check_x():\n    return x == 1\ncheck_x()", 0, "never runs an assert"),
        ("x == 1", 1, "graded test '01-x' ends in an expression"),
        ("assert x == 1\nx", 2, "graded test '01-x' ends in an expression"),
        ("### BEGIN HIDDEN TESTS\nassert x == 1\n### END HIDDEN TESTS", 0, "never runs an assert in its visible part"),
        (
            "assert x\n### BEGIN HIDDEN TESTS\ndef corner():\n    assert x == 1\n### END HIDDEN TESTS",
            0,
            "never runs an assert in its hidden part",
        ),
        ("assert x == (", 1, "syntax error: '(' was never closed"),
        ("assert x\nimport tinytorch.beta", 2, "imports module 02 (beta), which module 01 (alpha) does not need"),
        ("assert x\nfrom tinytorch import gamma", 2, "imports unknown module 'gamma', which module 01"),
        ("def f():\n    from tinytorch.beta import halve\n    assert halve(2)\nf()", 2, "imports module 02 (beta)"),
        ("assert x\n### BEGIN HIDDEN TESTS\nassert x == 1", 0, "unbalanced '### BEGIN HIDDEN TESTS'"),
        (
            "assert x\n## BEGIN HIDDEN TESTS\nassert x == 1\n## END HIDDEN TESTS",
            2,
            "is nearly a marker; write it exactly",
        ),
        ("assert x\n### BEGIN SOLUTION\n### END SOLUTION", 0, "in a cell that is not a solution cell"),
        ("#| export\nassert x", 0, "graded cell '01-x' is exported; a test never is"),
    ],
)
def test_a_test_cell_is_refused_with_its_line(findings, body: str, offset: int, message: str):
    found = findings(EXPORT, check(body))
    assert any(one.startswith(f"{SECOND + offset}: ") and message in one for one in found), found


@pytest.mark.parametrize(
    "body",
    [
        "def test():\n    assert x == 1\ntest()",
        "def test():\n    def inner():\n        assert x == 1\n    inner()\ntest()",
        "with np.errstate(all='raise'):\n    assert x == 1",
        "for i in range(3):\n    assert x == 1",
        "if x:\n    assert x == 1",
        "if False:\n    pass\nelse:\n    assert x == 1",
        "while True:\n    assert x == 1\n    break",
        "try:\n    f()\nexcept ValueError as error:\n    assert 'shape' in str(error)",
        "try:\n    f()\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('a ValueError was expected')",
        "match x:\n    case 1:\n        assert True is x",
        "np.testing.assert_allclose(x, 1)",
        "with pytest.raises(ValueError):\n    f()",
        "with raises(ValueError, match='shape'):\n    f()",
        "values = [check_value(v) for v in range(3)]",
        "assert x == 1\n%timeit -n1 x",
        "def late():\n    return x\nassert late() == 1\nprint('checked')",
        "assert x\n### BEGIN HIDDEN TESTS\nfor i in (1, 2):\n    assert x == 1\n### END HIDDEN TESTS",
        "def same(a):\n    assert a == 1\nsame(x)\n### BEGIN HIDDEN TESTS\nsame(x + 0)\n### END HIDDEN TESTS",
    ],
)
def test_a_test_cell_that_asserts_is_accepted(findings, body: str):
    assert findings(EXPORT, check(body)) == []


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (answer("x = 1"), "0: solution cell '01-x-answer' has no '### BEGIN SOLUTION' and '### END SOLUTION'"),
        (answer("### BEGIN SOLUTION\nx = 1"), "0: unbalanced '### BEGIN SOLUTION' and '### END SOLUTION'"),
        (answer("### END SOLUTION\n### BEGIN SOLUTION"), "0: unbalanced '### BEGIN SOLUTION' and '### END SOLUTION'"),
        (
            answer("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"),
            "0: '### BEGIN HIDDEN TESTS' in a cell that is not a test cell",
        ),
        (
            answer(grade_id="01.x"),
            "0: grade_id '01.x' may contain only letters, digits, '-' and '_' ",
        ),
        (answer(grade_id="01-ok"), f"0: grade_id '01-ok' stands already in line {SECOND}"),
        (answer(grade_id="setup"), "0: grade_id 'setup' belongs to the setup cell that the build adds"),
        (answer().replace('"schema_version": 3, ', ""), '0: the nbgrader metadata has no "schema_version": 3'),
        (answer().replace('"schema_version": 3, ', '"schema_version": 2, '), '0: the nbgrader metadata has no "schema'),
        (check("assert x").replace(', "points": 2', ""), "0: graded cell '01-x' has no points"),
        (check("assert x", points=-1), "0: graded cell '01-x' has no points"),
        (check("assert x").replace('"points": 2', '"points": true'), "0: graded cell '01-x' has no points"),
        ("# %%\n#| export\n%matplotlib inline\ny = 1\n", "2: export cell with a magic: %matplotlib inline"),
        ("# %%\n#| export\ny = 1\n!pip install torch\n", "3: export cell with a magic: !pip install torch"),
        ("# %%\ny = 1\n\nfrom tinytorch.beta import halve\n", "3: imports module 02 (beta), which module 01 (alpha)"),
        ("# %%\nimport tinytorch.beta as b\n", "1: imports module 02 (beta), which module 01 (alpha) does not need"),
        ("# %%\ny = 1\nz = = 2\n", "2: syntax error: invalid syntax"),
    ],
)
def test_a_cell_is_refused_with_its_line(findings, cell: str, message: str):
    found = findings(EXPORT, check("assert True is x", "01-ok"), cell)
    header = SECOND + check("assert True is x", "01-ok").count("\n") + 1
    offset, text = message.split(": ", 1)
    assert found[0].startswith(f"{header + int(offset)}: {text}"), found


@pytest.mark.parametrize(
    "cell",
    [
        "# %%\n%matplotlib inline\ny = 1\n",
        "# %%\n#| export\nrest = 7 % 4\nshout = 'stop !'\nname = f'{rest!r}'\n",
        "# %%\n#| export\ndef backward(x):\n    from tinytorch.beta import halve\n    return halve(x)\n",
        "# %% [markdown]\n# `from tinytorch.beta import halve` arrives in module 02.\n",
        answer(
            "y = 0\n### BEGIN SOLUTION\ny = 1\n### END SOLUTION\nz = 0\n### BEGIN SOLUTION\nz = 1\n### END SOLUTION"
        ),
    ],
)
def test_a_cell_that_only_looks_wrong_is_accepted(findings, cell: str):
    assert findings(EXPORT, check("assert x"), cell) == []


def test_lines_are_those_of_the_file_below_text_and_blank_lines(findings):
    text = "# %% [markdown]\n# Text\n#\n# of four lines\n"
    code = "# %%\n\n\ny = 1\nz = = 2\n"
    found = findings(EXPORT, text, code, check("assert x"))
    expected = (HEADER + "\n".join([EXPORT, text, code])).split("\n").index("z = = 2") + 1
    assert found == [f"{expected}: syntax error: invalid syntax"]


def test_the_table_s_exports_must_be_defined_by_export_cells(findings):
    unexported = EXPORT.replace("#| export\n", "")
    assert findings(unexported, check("assert x")) == ["1: modules.yml promises double, which no export cell defines"]
    assert findings(EXPORT, "# %%\nprint(1)\n") == ["1: no graded cell"]


def test_a_later_module_may_use_an_earlier_one(findings):
    cells = [
        "# %%\n#| export\nfrom tinytorch.alpha import double\n\n\ndef halve(x):\n    return x / 2\n",
        check("assert x"),
    ]
    assert findings(*cells, assignment=BETA) == []


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([("model-x", 60, False)], "1: the cells of 'systems' sum to 0 points, the rubric says 40"),
        (
            [("model-x", 59, False), ("systems-y", 40, True)],
            "1: the cells of 'model' sum to 59 points, the rubric says 60",
        ),
        ([("model-x", 60, False), ("systems-y", 40, False)], "'systems-y' is in 'systems', which is graded manual"),
        ([("model-x", 60, True), ("systems-y", 40, True)], "'model-x' is in 'model', which is graded auto"),
        ([("speed-x", 60, False)], "'speed-x' begins with no category of the rubric (model, systems)"),
    ],
)
def test_points_follow_the_rubric(findings, cells: list[tuple[str, float, bool]], message: str):
    texts = [
        f"# %% {meta(grade_id, grade=True, solution=manual, points=points)}\n"
        + ("### BEGIN SOLUTION\ny = 1\n### END SOLUTION\n" if manual else "assert x == 1\n")
        for grade_id, points, manual in cells
    ]
    assert any(message in finding for finding in findings(*texts, assignment=PEAK))


def test_a_milestone_exports_nothing(findings):
    found = findings(EXPORT, assignment=PEAK)
    assert f"{FIRST}: a milestone exports nothing" in found


def test_every_finding_is_told_at_once_in_the_order_of_the_file(findings):
    found = findings(answer("x = 1"), check("assert True"), "# %%\ny = = 1\n")
    lines = [int(finding.split(":")[0]) for finding in found]
    assert len(found) == 4 and lines == sorted(lines)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BuildError, match=r"alpha\.py: the table names this file, but it does not exist"):
        read_authored(tmp_path, ALPHA)
