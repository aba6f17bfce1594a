"""A fault that module 07 met: a function that returns nothing, seen through a list of what it returned."""

from __future__ import annotations

import pytest

from tito.lesson import CheckFailed, check


def test_none_in_a_list_of_results_asks_for_a_return() -> None:
    with pytest.raises(CheckFailed, match=r"None is among what it gave, \[None, None\]\. Does every way .* `return`"):
        check(lambda: [None, None], [False, True])
