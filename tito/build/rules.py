"""What the build refuses. Each rule yields findings: a file, a line, and what is wrong there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tito.build.authored import Authored, AuthoredCell
from tito.course import Course, Milestone, Module
from tito.errors import BuildError
from tito.exporter import DIRECTIVE, MAGIC, is_export_cell

GRADE_ID = re.compile(r"^[A-Za-z0-9_-]+$")
SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
ASSERTING_CALL = re.compile(r"^(assert|check|expect)", re.IGNORECASE)

Finding = tuple[AuthoredCell | None, int, str]
Rule = Callable[[Authored, Course], Iterator[Finding]]


def refuse(authored: Authored, course: Course) -> None:
    """Raise BuildError with every finding of every rule, in the order of the file."""
    findings = [finding for rule in RULES for finding in rule(authored, course)]
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
        if cell.grade_id in first_use:
            yield (
                cell,
                cell.line,
                f"grade_id {cell.grade_id!r} stands already in line {first_use[cell.grade_id]}",
            )
        first_use.setdefault(cell.grade_id, cell.line)
        if cell.is_graded and not isinstance(cell.nbgrader.get("points"), int | float):
            yield cell, cell.line, f"graded cell {cell.grade_id!r} has no points"


def markers_are_balanced(authored: Authored, course: Course) -> Iterator[Finding]:
    """BEGIN and END alternate, solutions stand in solution cells, hidden tests in test cells."""
    for cell in authored.cells:
        for begin, end in (SOLUTION, HIDDEN):
            marks = [line.strip() for line in cell.cell.source.split("\n") if line.strip() in (begin, end)]
            if marks != [begin, end] * (len(marks) // 2):
                yield cell, cell.line, f"unbalanced {begin!r} and {end!r}"
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
    """A graded test runs at least one assert that can fail, in its visible part and in its hidden part."""
    for cell in authored.cells:
        if not cell.is_test:
            continue
        tree = _parse(cell)
        if tree is not None and not _asserts(tree.body, _functions(tree)):
            message = "never runs an assert (is a function defined and not called?)"
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
    """No cell imports a module of ``tinytorch`` that the assignment does not need."""
    allowed = {module.name for module in course.required_by(authored.assignment)}
    known = {module.name: module for module in course.modules}
    for cell in authored.cells:
        tree = _parse(cell)
        for node, name in _tinytorch_imports(tree) if tree else []:
            if name not in allowed and not _guarded(tree, node):
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


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _asserts(body: list[ast.stmt], functions: dict[str, ast.FunctionDef], seen: frozenset[str] = frozenset()) -> bool:
    """Whether running these statements reaches an assert: here, in a branch, or in a function that is called."""
    for statement in body:
        if isinstance(statement, ast.Assert):
            if not isinstance(statement.test, ast.Constant):
                return True
            continue
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Constant) and not statement.test.value:
            continue
        if any(_asserting_call(call, functions, seen) for call in _calls(statement)):
            return True
        inner = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
        inner += [handler.body for handler in getattr(statement, "handlers", [])]
        if any(_asserts(part, functions, seen) for part in inner if part):
            return True
    return False


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """The calls that a statement makes itself, not those of the blocks inside it."""
    for field, value in ast.iter_fields(statement):
        if field in ("body", "orelse", "finalbody", "handlers"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from (node for node in ast.walk(part) if isinstance(node, ast.Call))


def _asserting_call(call: ast.Call, functions: dict[str, ast.FunctionDef], seen: frozenset[str]) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if isinstance(call.func, ast.Name) and name in functions:
        return name not in seen and _asserts(functions[name].body, functions, seen | {name})
    return bool(ASSERTING_CALL.match(name))


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
