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
        taught = {module["number"]: not module.get("planned") for module in modules["modules"]}
        findings += [f"{MILESTONES}: {finding}" for finding in _of_milestones(milestones["milestones"], taught)]
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
    taught = {module["number"]: not module.get("planned") for module in modules}
    for module in modules:
        for need in module["needs"]:
            if need not in taught or need >= module["number"]:
                yield f"module {module['number']:02d} needs {need}, which is no earlier module"
            elif not taught[need] and not module.get("planned"):
                yield f"module {module['number']:02d} needs {need}, which is only planned"


def _of_milestones(milestones: list[dict], taught: dict[int, bool]) -> Iterator[str]:
    for key in ("number", "id", "folder"):
        yield from _repeated(key, [milestone[key] for milestone in milestones])
    for key in ("achievements", "verifications"):
        named = [entry["id"] for milestone in milestones for entry in milestone.get(key, [])]
        yield from _repeated(key.removesuffix("s"), named)
    for milestone in milestones:
        who = f"milestone {milestone['id']!r}"
        rubric = milestone.get("rubric", [])
        yield from _repeated(f"category of {who}", [category["id"] for category in rubric])
        points = sum(category["points"] for category in rubric)
        if rubric and points != RUBRIC_POINTS:
            yield f"the rubric of {who} sums to {points:g}, not {RUBRIC_POINTS}"
        named = [part["module"] for part in milestone["contributions"]]
        yield from _repeated(f"contribution to {who}: module", named)
        for number in set(named) - set(milestone["needs"]):
            yield f"{who} says what module {number} contributes, and does not need it"
        if milestone["folder"] != f"{milestone['number']:02d}_{milestone['id']}":
            yield f"the folder of {who} is {milestone['folder']!r}, not its number and id"
        for need in milestone["needs"]:
            if need not in taught:
                yield f"{who} needs {need}, which is no module"
            elif not taught[need] and not milestone.get("planned"):
                yield f"{who} needs {need}, which is only planned"


def _repeated(what: str, values: list) -> Iterator[str]:
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"{what} {value!r} stands more than once"
