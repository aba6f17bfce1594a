"""What the build refuses. Each rule yields findings: a file, a line, and what is wrong there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tito.build.authored import Authored, AuthoredCell
from tito.build.figures import headings
from tito.build.pattern import PATTERN
from tito.course import Course, Milestone, Module
from tito.errors import BuildError
from tito.notebooks.exporter import DIRECTIVE, MAGIC, is_export_cell
from tito.notebooks.reading import HIDDEN, SOLUTION

GRADE_ID = re.compile(r"^[A-Za-z0-9_-]+$")
MARKER = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", re.IGNORECASE)
RESERVED_ID = "setup"  # the build's own setup cell
ASSERTING_CALL = re.compile(r"^(assert|check|expect|raises$|property_holds$|breaks$|fail$)", re.IGNORECASE)

Finding = tuple[AuthoredCell | None, int, str]
Functions = dict[str, ast.FunctionDef]
Rule = Callable[[Authored, Course], Iterator[Finding]]


def refuse(authored: Authored, course: Course) -> None:
    """Raise BuildError with every finding of every rule, in the order of the file."""
    rules = (*RULES, *PATTERN) if headings(authored) else RULES
    findings = [finding for rule in rules for finding in rule(authored, course)]
    if findings:
        findings.sort(key=lambda finding: finding[1])
        raise BuildError([f"{authored.path}:{line}: {message}" for _, line, message in findings])


def metadata_is_whole(authored: Authored, course: Course) -> Iterator[Finding]:
    """Every nbgrader cell has schema_version 3, a usable id of its own, and points where it is graded."""
    first_use: dict[str, int] = {}
    for cell in authored.cells:
        if "nbgrader" not in cell.cell.metadata:
            continue
        if cell.nbgrader.get("schema_version") != 3:
            yield cell, cell.line, 'the nbgrader metadata has no "schema_version": 3'
        if not GRADE_ID.match(cell.grade_id):
            message = "may contain only letters, digits, '-' and '_' (formgrader uses it as a selector)"
            yield cell, cell.line, f"grade_id {cell.grade_id!r} {message}"
        if cell.grade_id == RESERVED_ID:
            yield cell, cell.line, f"grade_id {RESERVED_ID!r} belongs to the setup cell that the build adds"
        if cell.grade_id in first_use:
            yield (
                cell,
                cell.line,
                f"grade_id {cell.grade_id!r} stands already in line {first_use[cell.grade_id]}",
            )
        first_use.setdefault(cell.grade_id, cell.line)
        points = cell.nbgrader.get("points")
        if cell.is_graded and (not isinstance(points, int | float) or isinstance(points, bool) or not points > 0):
            yield cell, cell.line, f"graded cell {cell.grade_id!r} has no points"


def markers_are_balanced(authored: Authored, course: Course) -> Iterator[Finding]:
    """BEGIN and END alternate, solutions stand in solution cells, hidden tests in test cells."""
    for cell in authored.cells:
        for begin, end in (SOLUTION, HIDDEN):
            marks = [line.strip() for line in cell.cell.source.split("\n") if line.strip() in (begin, end)]
            if marks != [begin, end] * (len(marks) // 2):
                yield cell, cell.line, f"unbalanced {begin!r} and {end!r}"
        for offset, line in enumerate(cell.cell.source.split("\n")):
            if MARKER.search(line) and line.strip() not in (*SOLUTION, *HIDDEN):
                yield cell, cell.first_source_line + offset, f"{line.strip()!r} is nearly a marker; write it exactly"
        if SOLUTION[0] in cell.cell.source and not cell.is_solution:
            yield cell, cell.line, f"{SOLUTION[0]!r} in a cell that is not a solution cell"
        if HIDDEN[0] in cell.cell.source and not cell.is_test:
            yield cell, cell.line, f"{HIDDEN[0]!r} in a cell that is not a test cell"


def solutions_are_marked(authored: Authored, course: Course) -> Iterator[Finding]:
    """A solution cell holds a marked solution: otherwise the release would give the answer away."""
    for cell in authored.cells:
        if cell.is_solution and SOLUTION[0] not in cell.cell.source:
            yield (
                cell,
                cell.line,
                f"solution cell {cell.grade_id!r} has no {SOLUTION[0]!r} and {SOLUTION[1]!r}",
            )


def tests_assert(authored: Authored, course: Course) -> Iterator[Finding]:
    """A graded test runs an assert that can fail: in what the student sees, and in its hidden part if it has one."""
    for cell in authored.cells:
        tree = _parse(cell) if cell.is_test else None
        if tree is None:
            continue
        hidden = _hidden_lines(cell.cell.source)
        lines = set(_assert_lines(tree.body, _functions(tree)))
        which = (
            ""
            if not lines
            else "visible"
            if not lines - hidden
            else "hidden"
            if hidden and not lines & hidden
            else None
        )
        if which is not None:
            part = f"in its {which} part " if which else ""
            message = f"never runs an assert {part}(is a function defined and not called?)"
            yield cell, cell.line, f"graded test {cell.grade_id!r} {message}"


def tests_have_no_value(authored: Authored, course: Course) -> Iterator[Finding]:
    """A test cell does not end in an expression with a value: nbgrader would read that as partial credit."""
    for cell in authored.cells:
        tree = _parse(cell) if cell.is_test else None
        if tree is None or not tree.body:
            continue
        last = tree.body[-1]
        if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call):
            yield cell, _line(cell, last), f"graded test {cell.grade_id!r} ends in an expression"


def imports_are_earlier(authored: Authored, course: Course) -> Iterator[Finding]:
    """No cell imports a module of ``tinytorch`` that the assignment does not need; in a test not even on demand."""
    allowed = {module.name for module in course.required_by(authored.assignment)}
    known = {module.name: module for module in course.modules}
    bringer = {name: module.name for module in course.modules for name in module.exports}
    for cell in authored.cells:
        tree = _parse(cell)
        for node, imported in _tinytorch_imports(tree) if tree else []:
            name = bringer.get(imported, imported)
            if name not in allowed and (cell.is_test or not _guarded(tree, node)):
                what = known[name].label if name in known else f"unknown module {name!r}"
                yield (
                    cell,
                    _line(cell, node),
                    f"imports {what}, which {authored.assignment.label} does not need",
                )


def exports_are_plain(authored: Authored, course: Course) -> Iterator[Finding]:
    """Export cells hold no magics; a module defines what the table promises."""
    defined: set[str] = set()
    for cell in authored.cells:
        if not is_export_cell(cell.cell):
            continue
        if isinstance(authored.assignment, Milestone):
            yield cell, cell.line, "a milestone exports nothing"
        elif cell.is_graded:
            yield cell, cell.line, f"graded cell {cell.grade_id!r} is exported; a test never is"
        for offset, line in enumerate(cell.cell.source.split("\n")):
            if MAGIC.match(line) and not DIRECTIVE.match(line):
                yield cell, cell.first_source_line + offset, f"export cell with a magic: {line.strip()}"
        tree = _parse(cell)
        defined |= {node.name for node in tree.body if hasattr(node, "name")} if tree else set()
    if isinstance(authored.assignment, Module):
        missing = [name for name in authored.assignment.exports if name not in defined]
        if missing:
            yield None, 1, f"modules.yml promises {', '.join(missing)}, which no export cell defines"


def points_match_the_rubric(authored: Authored, course: Course) -> Iterator[Finding]:
    """Each graded cell of a milestone belongs to a rubric category; the points of each sum to the rubric's."""
    if not isinstance(authored.assignment, Milestone):
        if not authored.graded:
            yield None, 1, "no graded cell"
        return
    sums = {category.id: 0.0 for category in authored.assignment.rubric}
    for cell in authored.graded:
        category = authored.assignment.category_of(cell.grade_id)
        if category is None:
            yield (
                cell,
                cell.line,
                f"{cell.grade_id!r} begins with no category of the rubric ({', '.join(sums)})",
            )
            continue
        sums[category.id] += cell.nbgrader.get("points", 0)
        if (category.graded == "manual") != cell.is_solution:
            yield (
                cell,
                cell.line,
                f"{cell.grade_id!r} is in {category.id!r}, which is graded {category.graded}",
            )
    for category in authored.assignment.rubric:
        if sums[category.id] != category.points:
            message = f"the cells of {category.id!r} sum to {sums[category.id]:g} points, the rubric says"
            yield None, 1, f"{message} {category.points:g}"


def notebook_parses(authored: Authored, course: Course) -> Iterator[Finding]:
    """Every code cell is Python that parses (magics stand for themselves)."""
    for cell in authored.cells:
        if cell.cell.cell_type != "code" or any(MAGIC.match(line) for line in cell.cell.source.split("\n")):
            continue
        try:
            ast.parse(cell.cell.source)
        except SyntaxError as error:
            yield cell, cell.first_source_line + (error.lineno or 1) - 1, f"syntax error: {error.msg}"


RULES: tuple[Rule, ...] = (
    notebook_parses,
    metadata_is_whole,
    markers_are_balanced,
    solutions_are_marked,
    tests_assert,
    tests_have_no_value,
    imports_are_earlier,
    exports_are_plain,
    points_match_the_rubric,
)


def _parse(cell: AuthoredCell) -> ast.Module | None:
    if cell.cell.cell_type != "code":
        return None
    lines = ["pass" if MAGIC.match(line) else line for line in cell.cell.source.split("\n")]
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError:
        return None


def _line(cell: AuthoredCell, node: ast.AST) -> int:
    return cell.first_source_line + getattr(node, "lineno", 1) - 1


def _functions(tree: ast.Module) -> Functions:
    """The functions of a cell by name; a method is no function."""
    methods = {part for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for part in node.body}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node not in methods]
    return {node.name: node for node in found}


def _hidden_lines(source: str) -> set[int]:
    """The numbers, from 1, of a cell's lines that stand between the markers of hidden tests."""
    lines, inside = set(), False
    for number, line in enumerate(source.split("\n"), start=1):
        inside = line.strip() == HIDDEN[0] or (inside and line.strip() != HIDDEN[1])
        if inside:
            lines.add(number)
    return lines


def _assert_lines(body: list[ast.stmt], functions: Functions, seen: frozenset[str] = frozenset()) -> Iterator[int]:
    """The lines of the asserts that running these statements reaches, and of the calls by which it reaches them."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if _is_assert(statement):
            yield statement.lineno
        for call in _calls(statement):
            yield from _lines_of_call(call, functions, seen)
        for block in _blocks(statement):
            yield from _assert_lines(block, functions, seen)
        if isinstance(statement, ast.Return | ast.Raise | ast.Break | ast.Continue):
            return


def _is_assert(statement: ast.stmt) -> bool:
    """Whether a statement is an assert that can fail, or raises AssertionError itself."""
    if isinstance(statement, ast.Raise):
        error = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return getattr(error, "id", "") == "AssertionError"
    if not isinstance(statement, ast.Assert):
        return False
    always_true = isinstance(statement.test, ast.Tuple) and statement.test.elts
    return not isinstance(statement.test, ast.Constant) and not always_true


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks inside a statement that can run."""
    if isinstance(statement, ast.If | ast.While) and isinstance(statement.test, ast.Constant):
        yield statement.body if statement.test.value else statement.orelse
        return
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
        yield part.body


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """The calls that a statement makes itself: not those of the blocks inside it, nor of a lambda."""
    waiting: list[ast.AST] = [
        part
        for field, value in ast.iter_fields(statement)
        if field not in ("body", "orelse", "finalbody", "handlers", "cases")
        for part in (value if isinstance(value, list) else [value])
        if isinstance(part, ast.AST)
    ]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _lines_of_call(call: ast.Call, functions: Functions, seen: frozenset[str]) -> Iterator[int]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if isinstance(call.func, ast.Name) and name in functions:
        inner = [] if name in seen else list(_assert_lines(functions[name].body, functions, seen | {name}))
        yield from [call.lineno, *inner] if inner else []
    elif ASSERTING_CALL.match(name):
        yield call.lineno


def _tinytorch_imports(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "tinytorch":
            parts = (node.module or "").split(".")
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
            yield from ((node, name) for name in names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == "tinytorch" and len(parts) > 1:
                    yield node, parts[1]


def _guarded(tree: ast.Module | None, node: ast.AST) -> bool:
    """Whether an import stands inside a function, where it runs only on demand (``Tensor.backward`` does that)."""
    functions = [inner for inner in ast.walk(tree) if isinstance(inner, ast.FunctionDef)] if tree else []
    return any(node in ast.walk(function) for function in functions)
