"""The tables of modules and milestones against their schemas and their own rules."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tito.build.tables import MILESTONES, MODULES, check_tables
from tito.build.trees import build
from tito.course import REPOSITORY, load
from tito.errors import BuildError

Edit = Callable[[dict], object]


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str, Edit], str]:
    """What ``check_tables`` says of the course's tables after an edit of one of them."""

    def after(table: str, edit: Edit) -> str:
        for name in (MODULES, MILESTONES):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, tmp_path / name)
        content = yaml.safe_load((tmp_path / table).read_text(encoding="utf-8"))
        edit(content)
        (tmp_path / table).write_text(yaml.safe_dump(content), encoding="utf-8")
        with pytest.raises(BuildError) as caught:
            check_tables(tmp_path)
        assert all(
            finding.startswith(("modules/modules.yml: ", "milestones/mile")) for finding in caught.value.findings
        )
        return str(caught.value)

    return after


def test_the_course_s_tables_are_sound():
    check_tables(REPOSITORY)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t.update(extra=1), r"Additional properties are not allowed \('extra' was unexpected\)"),
        (lambda t: t["modules"][0].update(teacher="x"), r"\$\.modules\[0\]: Additional properties are not allowed"),
        (lambda t: t["modules"][0].pop("exports"), r"\$\.modules\[0\]: 'exports' is a required property"),
        (lambda t: t["modules"][0].update(number="1"), r"\$\.modules\[0\]\.number: '1' is not of type 'integer'"),
        (lambda t: t["modules"][0].update(number=20), r"20 is greater than the maximum of 19"),
        (lambda t: t["modules"][0].update(name="Tensor"), r"\.name: 'Tensor' does not match"),
        (lambda t: t["modules"][0].update(name="../x"), r"does not match"),
        (lambda t: t["modules"][0].update(title=" "), r"\.title"),
        (lambda t: t["modules"][0].update(exports=[]), r"\.exports"),
        (lambda t: t["modules"][0].update(exports=["op", "op"]), r"has non-unique elements"),
        (lambda t: t["course"].update(repository="git@somewhere"), r"\.course\.repository"),
        (lambda t: t["modules"][1].update(number=1, needs=[]), r"number 1 stands more than once"),
        (lambda t: t["modules"][1].update(name="tensor"), r"name 'tensor' stands more than once"),
        (lambda t: t["modules"][1]["exports"].append("Tensor"), r"export 'Tensor' stands more than once"),
        (lambda t: t["modules"][1].update(needs=[2]), r"module 02 needs 2, which is no earlier module"),
        (lambda t: t["modules"][1].update(needs=[3]), r"module 02 needs 3, which is no earlier module"),
        (lambda t: t["modules"][3].update(needs=[1, 1]), r"has non-unique elements"),
        (lambda t: t.clear(), r"'course' is a required property"),
    ],
)
def test_a_wrong_table_of_modules_is_refused(refused, edit: Edit, message: str):
    assert re.search(message, refused(MODULES, edit))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m.update(prize=1), r"Additional properties are not allowed"),
        (lambda m: m.pop("budget_seconds"), r"'budget_seconds' is a required property"),
        (lambda m: m.update(budget_seconds=0), r"\.budget_seconds"),
        (lambda m: m["rubric"][0].update(points=24), r"the rubric of milestone 'perceptron' sums to 99, not 100"),
        (lambda m: m["rubric"][0].update(graded="maybe"), r"'maybe' is not one of \['auto', 'manual'\]"),
        (lambda m: m["rubric"][0].update(weight=1), r"\.rubric\[0\]: Additional properties"),
        (lambda m: m["rubric"][0].update(id="training"), r"'training' stands more than once"),
        (lambda m: m["rubric"][0].update(id="a-b"), r"'a-b' does not match"),
        (lambda m: m.update(needs=[]), r"\.needs"),
        (lambda m: m.update(needs=[1, 19]), r"needs 19, which is only planned"),
        (lambda m: m.update(folder="02_perceptron"), r"folder .* is '02_perceptron', not its number and id"),
        (lambda m: m["achievements"][1].update(id="moons_95"), r"achievement 'moons_95' stands more than once"),
        (lambda m: m["achievements"][0].update(threshold="high"), r"\.threshold: 'high' is not of type 'number'"),
    ],
)
def test_a_wrong_table_of_milestones_is_refused(refused, edit: Edit, message: str):
    assert re.search(message, refused(MILESTONES, lambda table: edit(table["milestones"][0])))


def test_a_milestone_that_stands_twice_is_refused(refused):
    found = refused(MILESTONES, lambda table: table["milestones"].__setitem__(1, dict(table["milestones"][0])))
    assert "number 1 stands more than once" in found and "id 'perceptron' stands more than once" in found


def test_a_table_that_is_no_yaml_is_refused(tmp_path):
    (tmp_path / "modules").mkdir()
    (tmp_path / MODULES).write_text("modules: [1, 2", encoding="utf-8")
    with pytest.raises(BuildError, match=r"^modules/modules\.yml: cannot be read"):
        check_tables(tmp_path)


def test_the_build_checks_the_tables_before_it_writes(tmp_path):
    for name in (MODULES, MILESTONES):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copyfile(REPOSITORY / name, tmp_path / name)
    course = load(tmp_path)
    text = (tmp_path / MODULES).read_text(encoding="utf-8")
    (tmp_path / MODULES).write_text(text.replace("needs: [1]", "needs: [7]"), encoding="utf-8")
    with pytest.raises(BuildError, match="needs 7, which is no earlier module"):
        build(tmp_path, course.assignments, course)
    assert not (tmp_path / "source").exists() and not (tmp_path / "release").exists()
