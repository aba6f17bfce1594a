"""The two tables, held against their schemas, and against what a schema cannot say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tito.errors import BuildError

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
MODULES = "modules/modules.yml"
MILESTONES = "milestones/milestones.yml"
RUBRIC_POINTS = 100


def check_tables(root: Path) -> None:
    """Raise BuildError with everything that is wrong with the tables below ``root``."""
    modules, milestones = _read(root / MODULES, MODULES), _read(root / MILESTONES, MILESTONES)
    findings = [
        *(f"{MODULES}: {finding}" for finding in _against_schema(modules, "modules")),
        *(f"{MILESTONES}: {finding}" for finding in _against_schema(milestones, "milestones")),
    ]
    if not findings:
        findings += [f"{MODULES}: {finding}" for finding in _of_modules(modules["modules"])]
        numbers = {module["number"] for module in modules["modules"]}
        findings += [f"{MILESTONES}: {finding}" for finding in _of_milestones(milestones["milestones"], numbers)]
    if findings:
        raise BuildError(findings)


def _read(path: Path, name: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BuildError([f"{name}: cannot be read: {error}"]) from error


def _against_schema(table: Any, name: str) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    for error in sorted(Draft202012Validator(schema).iter_errors(table), key=lambda error: list(map(str, error.path))):
        yield f"{error.json_path}: {error.message}"


def _of_modules(modules: list[dict]) -> Iterator[str]:
    yield from _repeated("number", [module["number"] for module in modules])
    yield from _repeated("name", [module["name"] for module in modules])
    yield from _repeated("export", [export for module in modules for export in module["exports"]])
    numbers = {module["number"] for module in modules}
    for module in modules:
        for need in module["needs"]:
            if need not in numbers or need >= module["number"]:
                yield f"module {module['number']:02d} needs {need}, which is no earlier module"


def _of_milestones(milestones: list[dict], modules: set[int]) -> Iterator[str]:
    for key in ("number", "id", "folder"):
        yield from _repeated(key, [milestone[key] for milestone in milestones])
    yield from _repeated(
        "achievement", [entry["id"] for milestone in milestones for entry in milestone["achievements"]]
    )
    for milestone in milestones:
        who = f"milestone {milestone['id']!r}"
        yield from _repeated(f"category of {who}", [category["id"] for category in milestone["rubric"]])
        points = sum(category["points"] for category in milestone["rubric"])
        if points != RUBRIC_POINTS:
            yield f"the rubric of {who} sums to {points:g}, not {RUBRIC_POINTS}"
        if milestone["folder"] != f"{milestone['number']:02d}_{milestone['id']}":
            yield f"the folder of {who} is {milestone['folder']!r}, not its number and id"
        for need in milestone["needs"]:
            if need not in modules:
                yield f"{who} needs {need}, which is no module"


def _repeated(what: str, values: list) -> Iterator[str]:
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"{what} {value!r} stands more than once"
