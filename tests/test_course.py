"""The tables are found by number, name and id, and an unknown name gets the nearest one."""

from __future__ import annotations

import pytest

from tito.course import REPOSITORY, load
from tito.errors import TitoError, UnknownName


@pytest.mark.parametrize("text", ["1", "01", 1, "tensor", "01_tensor", " Tensor ", "tensor.ipynb"])
def test_a_module_by_any_of_its_names(course, text):
    assert course.module(text).id == "01_tensor"


@pytest.mark.parametrize("text", ["1", "perceptron", "perceptron_milestone", "perceptron_milestone.ipynb"])
def test_a_milestone_by_any_of_its_names(course, text):
    assert course.milestone(text).id == "perceptron"


@pytest.mark.parametrize(
    ("kind", "text", "near"),
    [("module", "tensr", "tensor"), ("milestone", "percpetron", "perceptron"), ("assignment", "01_tensr", "01_tensor")],
)
def test_an_unknown_name_gets_the_nearest(course, kind, text, near):
    with pytest.raises(UnknownName, match=f"There is no {kind} '{text}'. Did you mean '{near}'?"):
        getattr(course, kind)(text)


def test_ids_and_numbers_are_unique(course):
    assert len({assignment.id for assignment in course.assignments}) == len(course.assignments)
    assert [module.number for module in course.modules] == list(range(1, len(course.modules) + 1))


def test_needs_are_earlier_modules(course):
    for module in course.modules:
        assert all(number < module.number for number in module.needs)


def test_exports_belong_to_one_module(course):
    names = [name for module in course.modules for name in module.exports]
    assert len(names) == len(set(names))


def test_rubrics_sum_to_100(course):
    for milestone in course.milestones:
        assert sum(category.points for category in milestone.rubric) == 100


def test_category_of_a_graded_cell(course):
    milestone = course.milestone("perceptron")
    assert milestone.category_of("training-loop").id == "training"
    assert milestone.category_of("bonus-loop") is None


def test_milestones_unlock_when_all_their_needs_are_done(course):
    needs = course.milestone("perceptron").needs
    assert course.unlocked_by(needs[:-1]) == []
    assert [milestone.id for milestone in course.unlocked_by(needs)] == ["perceptron"]


def test_a_table_that_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(TitoError, match="cannot be read"):
        load(tmp_path)


def test_every_source_exists(course):
    for assignment in course.assignments:
        assert (REPOSITORY / assignment.source).is_file(), assignment.source
