"""What PyTorch documents holds for TinyTorch, too: its examples, run on ours by a translation table.

Where PyTorch is installed they are taken from its docstrings as they stand there; elsewhere stored results stand in.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from modules.tests.documented_examples import COUNTERPARTS, EXAMPLES, Example
from modules.tests.integration.packages import imported_from
from tito.notebooks.exporter import export_reference

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).with_name("data")
RUN = [example for example in EXAMPLES if not example.reason]
DOCUMENTED = sorted({name for names in COUNTERPARTS.values() if isinstance(names, tuple) for name in names})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("documented")
    export_reference(ROOT, folder, range(1, 8))
    with imported_from(folder):
        yield importlib.import_module("tinytorch")


@pytest.fixture(scope="module")
def stored() -> Mapping[str, np.ndarray]:
    with np.load(DATA / "documented_examples.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("make_documented", DATA / "make_documented_examples.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def holds(tiny: ModuleType, example: Example, known: Mapping[str, np.ndarray]) -> None:
    """Run an example on TinyTorch, from what PyTorch's run had, and compare what it gives."""
    space = {name: getattr(tiny, name) for name in tiny.__all__} | {"np": np, "math": math}
    for name in example.takes.split():
        if name in known:
            needs = bool(known[f"{name}?"])
            space[name] = tiny.Tensor(known[name], dtype=known[name].dtype, requires_grad=needs)
        else:  # the state of a layer
            space[name] = {key.removeprefix(f"{name}."): known[key] for key in known if key.startswith(f"{name}.")}
    exec(example.ours, space)
    for name in example.gives.split():
        ours, theirs = eval(name, space), known[name]
        if isinstance(ours, tiny.Tensor):
            assert ours.requires_grad == known[f"{name}?"], f"{name} requires a gradient in one of them only"
        array = np.asarray(ours.data if isinstance(ours, tiny.Tensor) else ours)
        assert array.shape == theirs.shape, name
        assert array.dtype.kind == theirs.dtype.kind, name
        np.testing.assert_allclose(array, theirs, rtol=1e-5, atol=1e-6, err_msg=name)
    assert not example.holds or eval(example.holds, space)


def of(example: Example, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {key.partition("]/")[2]: array for key, array in arrays.items() if key.startswith(f"{example.key}/")}


@pytest.mark.parametrize("example", RUN, ids=lambda example: example.key)
def test_a_documented_example_by_its_stored_results(
    tiny: ModuleType, stored: Mapping[str, np.ndarray], example: Example
) -> None:
    holds(tiny, example, of(example, stored))


@pytest.mark.parametrize("example", RUN, ids=lambda example: example.key)
def test_a_documented_example_as_it_stands_in_the_docstring(
    tiny: ModuleType, script: ModuleType, example: Example
) -> None:
    holds(tiny, example, script.recorded(example))


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_statement_is_translated_or_has_a_reason(script: ModuleType, name: str) -> None:
    ranges = sorted(example.statements for example in EXAMPLES if example.of == name)
    assert [begin for begin, _ in ranges] == [0, *(end for _, end in ranges[:-1])]
    assert ranges[-1][1] == len(script.documented(name))


def test_every_name_that_is_imported_has_a_counterpart_or_a_reason(tiny: ModuleType) -> None:
    assert set(tiny.__all__) <= set(COUNTERPARTS)
    assert {example.of for example in EXAMPLES} == set(DOCUMENTED)
    assert all(example.reason or example.ours for example in EXAMPLES)
