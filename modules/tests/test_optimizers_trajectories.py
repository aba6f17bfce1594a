"""Module 06 against PyTorch: 100 steps of every optimizer, stored and (where torch is installed) live.

Also its state round trips, the errors that it promises, and that parameters keep their arrays.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import math
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from tito.course import load
from tito.notebooks.exporter import export_reference

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "data"
STORED = json.loads((DATA / "optimizer_trajectories.json").read_text(encoding="utf-8"))
OPTIMIZERS = [(case["name"], case["options"]) for case in STORED["optimizers"]]
DTYPES = [(np.float32, 1e-5), (np.float64, 1e-9)]


def _label(value: object) -> str | None:
    return "-".join(f"{key}{item}" for key, item in value.items()) or "defaults" if isinstance(value, dict) else None


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """tinytorch.optimizers and tinytorch.layers, exported from the sources with what module 06 really imports."""
    folder = tmp_path_factory.mktemp("optimizers")
    course = load(ROOT)
    export_reference(ROOT, folder, [module.number for module in course.modules if module.number in (1, 2, 3, 6)])
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "tinytorch"}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    names = ("optimizers", "layers", "tensor")
    yield SimpleNamespace(**{name: importlib.import_module(f"tinytorch.{name}") for name in names})
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "tinytorch"]:
        del sys.modules[name]
    sys.modules.update(before)


def push(index: int, step: int) -> float | None:
    """What is added to the gradient curvature * p; None: no gradient in this step. As in the script that made DATA."""
    return None if index == 1 and step % 3 == 0 else math.sin(0.3 * step + index)


def parameters_of(tiny: SimpleNamespace, dtype: type) -> list:
    return [tiny.layers.Parameter(np.array(start, dtype=dtype), dtype=dtype) for start in STORED["starts"]]


def advance(optimizer, first: int, last: int) -> list:
    """Take the steps first .. last - 1; return copies of all parameters after each."""
    points = []
    for step in range(first, last):
        for index, parameter in enumerate(optimizer.params):
            added = push(index, step)
            gradient = None if added is None else STORED["curvatures"][index] * parameter.data + added
            parameter.grad = None if gradient is None else np.asarray(gradient, dtype=parameter.dtype)
        optimizer.step()
        points.append([parameter.data.copy() for parameter in optimizer.params])
    return points


def make(tiny: SimpleNamespace, name: str, options: dict, parameters: list):
    return getattr(tiny.optimizers, name)(parameters, **options)


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("case", STORED["optimizers"], ids=lambda case: f"{case['name']}-{_label(case['options'])}")
def test_stored_trajectory_of_pytorch(tiny, case, dtype, tolerance):
    parameters = parameters_of(tiny, dtype)
    arrays = [parameter.data for parameter in parameters]
    points = advance(make(tiny, case["name"], case["options"], parameters), 0, 100)
    for step, expected in zip(STORED["steps"], case["points"], strict=True):
        for got, target in zip(points[step - 1], expected, strict=True):
            np.testing.assert_allclose(got, target, rtol=tolerance, atol=tolerance, err_msg=f"step {step}")
    for parameter, array in zip(parameters, arrays, strict=True):
        assert parameter.data is array
        assert parameter.data.dtype == dtype


def live_script() -> ModuleType:
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("make_trajectories", DATA / "make_optimizer_trajectories.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=_label)
def test_live_trajectory_of_pytorch(tiny, name, options):
    script = live_script()
    assert [[name, options] for name, options in OPTIMIZERS] == script.CASES
    points = advance(make(tiny, name, options, parameters_of(tiny, np.float32)), 0, 100)
    for step, (mine, theirs) in enumerate(zip(points, script.trajectory(name, options), strict=True), start=1):
        for got, target in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(got, target, rtol=1e-5, atol=1e-5, err_msg=f"step {step}")


@pytest.mark.parametrize("case", STORED["schedules"], ids=lambda case: f"{case['name']}-{_label(case['options'])}")
def test_stored_rates_of_pytorch(tiny, case):
    optimizer = tiny.optimizers.SGD([tiny.layers.Parameter([0.0])], lr=0.1)
    schedule, rates = make(tiny, case["name"], case["options"], optimizer), []
    for _ in range(100):
        rates.append(optimizer.lr)
        schedule.step()
    np.testing.assert_allclose(rates, case["rates"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("through_file", [False, True])
@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=_label)
def test_state_survives_a_round_trip(tiny, name, options, through_file):
    straight = advance(make(tiny, name, options, parameters_of(tiny, np.float32)), 0, 40)
    parameters = parameters_of(tiny, np.float32)
    optimizer = make(tiny, name, options, parameters)
    advance(optimizer, 0, 17)
    saved = optimizer.state_dict()
    frozen = {key: np.array(value) for key, value in saved.items()}
    advance(make(tiny, name, options, [tiny.layers.Parameter(p.data) for p in parameters]), 17, 20)
    if through_file:
        file = io.BytesIO()
        np.savez(file, **saved)
        file.seek(0)
        with np.load(file, allow_pickle=False) as loaded:
            saved = dict(loaded)
    again = getattr(tiny.optimizers, name)(parameters, lr=9.0)  # every setting comes from the state
    again.load_state_dict(saved)
    assert type(again.lr) is float
    points = advance(again, 17, 40)
    for mine, target in zip(points, straight[17:], strict=True):
        assert all(np.array_equal(got, wanted) for got, wanted in zip(mine, target, strict=True))
    assert all(np.array_equal(frozen[key], saved[key]) for key in frozen), "the saved state moved with the training"


def test_schedule_survives_a_round_trip(tiny):
    def begin():
        optimizer = tiny.optimizers.SGD([tiny.layers.Parameter([0.0])], lr=0.1)
        return optimizer, tiny.optimizers.CosineAnnealingLR(optimizer, 20, eta_min=0.01, warmup_steps=3)

    optimizer, schedule = begin()
    for _ in range(5):
        schedule.step()
    saved, rate = schedule.state_dict(), optimizer.lr
    fresh_optimizer, fresh = begin()
    fresh.load_state_dict({key: np.array(value) for key, value in saved.items()})
    assert fresh_optimizer.lr == rate
    schedule.step()
    fresh.step()
    assert fresh_optimizer.lr == optimizer.lr
    with pytest.raises(ValueError, match="StepLR saves"):
        tiny.optimizers.StepLR(optimizer, 3).load_state_dict(saved)


def test_a_refused_state_changes_nothing(tiny):
    optimizer = tiny.optimizers.Adam(parameters_of(tiny, np.float32), lr=0.1)
    advance(optimizer, 0, 3)
    before = optimizer.state_dict()
    broken = {**before, "lr": 0.5, "0.mean": np.zeros(7), "9.mean": np.zeros(1)}
    del broken["2.mean_square"]
    with pytest.raises(ValueError, match=r"9\.mean.*") as caught:
        optimizer.load_state_dict(broken)
    for part in ("(7,)", "(2, 3)", "2.mean_square"):
        assert part in str(caught.value)
    after = optimizer.state_dict()
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key], after[key]) for key in before)


def test_views_and_gradients_stay(tiny):
    for name in ("SGD", "Adam", "AdamW"):
        parameter = tiny.layers.Parameter([[1.0, 2.0], [3.0, 4.0]])
        view, parameter.grad = parameter.data[1], np.ones((2, 2), dtype=np.float32)
        optimizer = getattr(tiny.optimizers, name)(iter([parameter]), lr=0.1, weight_decay=0.1)
        optimizer.step()
        assert np.array_equal(view, parameter.data[1])
        assert view[0] < 3.0
        assert np.array_equal(parameter.grad, np.ones((2, 2)))
        optimizer.zero_grad()
        assert parameter.grad is None


@pytest.mark.parametrize(
    ("error", "match", "build"),
    [
        (ValueError, "no parameters", lambda o, p: o.SGD([])),
        (ValueError, "no parameters", lambda o, p: o.Adam(iter(()))),
        (ValueError, "parameters 0 and 1 are the same", lambda o, p: o.SGD([p, p])),
        (TypeError, "model.parameters", lambda o, p: o.SGD(p)),
        (TypeError, "model.parameters", lambda o, p: o.SGD(None)),
        (TypeError, "parameter 0 is a tuple", lambda o, p: o.SGD([("weight", p)])),
        (ValueError, "lr must be", lambda o, p: o.SGD([p], lr=-0.1)),
        (ValueError, "lr must be", lambda o, p: o.Adam([p], lr=math.nan)),
        (ValueError, "momentum must be", lambda o, p: o.SGD([p], momentum=-1)),
        (ValueError, "weight_decay must be", lambda o, p: o.AdamW([p], weight_decay=-1)),
        (ValueError, r"betas\[0\] must be in \[0, 1\)", lambda o, p: o.Adam([p], betas=(1.0, 0.9))),
        (ValueError, r"betas\[1\]", lambda o, p: o.Adam([p], betas=(0.9, -0.1))),
        (ValueError, "two numbers", lambda o, p: o.Adam([p], betas=0.9)),
        (ValueError, "eps must be", lambda o, p: o.Adam([p], eps=-1e-8)),
        (ValueError, "nesterov", lambda o, p: o.SGD([p], nesterov=True)),
        (ValueError, "nesterov", lambda o, p: o.SGD([p], momentum=0.9, dampening=0.1, nesterov=True)),
        (ValueError, "step_size", lambda o, p: o.StepLR(o.SGD([p]), 0)),
        (ValueError, "warmup_steps < T_max", lambda o, p: o.CosineAnnealingLR(o.SGD([p]), 5, warmup_steps=5)),
        (ValueError, "warmup_steps < T_max", lambda o, p: o.CosineAnnealingLR(o.SGD([p]), 0)),
        (TypeError, "needs an optimizer", lambda o, p: o.StepLR([p], 1)),
        (TypeError, "SGD has no option learning_rate: did you mean lr", lambda o, p: o.SGD([p], learning_rate=0.1)),
        (TypeError, "SGD has no option momentun: did you mean momentum", lambda o, p: o.SGD([p], momentun=0.9)),
        (TypeError, "no option maximize: its options are lr, momentum", lambda o, p: o.SGD([p], maximize=True)),
        (TypeError, "Adam has no option amsgrad: its options are lr, betas", lambda o, p: o.Adam([p], amsgrad=True)),
        (TypeError, "AdamW has no option decay", lambda o, p: o.AdamW([p], decay=0.1)),
        (TypeError, "StepLR has no option step: did you mean step_size", lambda o, p: o.StepLR(o.SGD([p]), 1, step=2)),
        (TypeError, "did you mean T_max", lambda o, p: o.CosineAnnealingLR(o.SGD([p]), 5, t_max=2)),
        (TypeError, "no option last_epoch", lambda o, p: o.CosineAnnealingLR(o.SGD([p]), 5, last_epoch=2)),
        (ValueError, "lr must be .*'0.1'", lambda o, p: o.SGD([p], lr="0.1")),
        (ValueError, "lr must be .*True", lambda o, p: o.SGD([p], lr=True)),
        (ValueError, "lr must be .*None", lambda o, p: o.SGD([p], lr=None)),
        (ValueError, "weight_decay must be .*None", lambda o, p: o.Adam([p], weight_decay=None)),
        (ValueError, "step_size must be a whole number", lambda o, p: o.StepLR(o.SGD([p]), 2.5)),
        (ValueError, "T_max must be .*nan", lambda o, p: o.CosineAnnealingLR(o.SGD([p]), math.nan)),
    ],
)
def test_mistakes_are_named(tiny, error, match, build):
    with pytest.raises(error, match=match):
        build(tiny.optimizers, tiny.layers.Parameter([1.0]))


def test_a_gradient_of_another_shape_is_refused(tiny):
    parameter = tiny.layers.Parameter([[1.0], [2.0]])
    with pytest.raises(ValueError, match=r"\(2, 1\).*\(2,\)"):
        parameter.grad = np.ones(2, dtype=np.float32)


@pytest.mark.parametrize(
    ("grad", "kind"), [([1.0, 1.0], "list"), (1.0, "float"), ("Tensor", "Tensor"), ((1.0, 1.0), "tuple")]
)
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_a_gradient_that_is_no_array_is_refused(tiny, name, grad, kind):
    parameter = tiny.layers.Parameter([1.0, 2.0])
    optimizer = getattr(tiny.optimizers, name)([parameter])
    with pytest.raises(TypeError, match=f"grad must be None or a NumPy array.*a {kind}"):
        parameter.grad = tiny.tensor.Tensor([1.0, 1.0]) if grad == "Tensor" else grad
    optimizer.step()  # nothing was set
    assert parameter.data.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_a_number_of_numpy_is_the_gradient_of_a_single_weight(tiny, name):
    weights = [tiny.layers.Parameter(2.0) for _ in range(2)]
    for weight, kind in zip(weights, (np.float32, np.array), strict=True):
        optimizer = getattr(tiny.optimizers, name)([weight], lr=0.1, **({"momentum": 0.9} if name == "SGD" else {}))
        for _ in range(3):
            weight.grad = kind(0.5)
            optimizer.step()
    assert weights[0].data < 2.0
    assert np.array_equal(weights[0].data, weights[1].data)


@pytest.mark.parametrize("make", [lambda w: w * 0.01, lambda w: w.reshape(2, 3), lambda w: w[0], lambda w: w.sum()])
def test_the_result_of_an_operation_is_no_parameter(tiny, make):
    result = make(tiny.tensor.Tensor(np.ones((3, 2)), requires_grad=True))
    for name in ("SGD", "Adam", "AdamW"):
        with pytest.raises(ValueError, match=rf"parameter 0 is the result of the operation '{result.origin[0]}'"):
            getattr(tiny.optimizers, name)([result], lr=0.5)
    getattr(tiny.optimizers, name)([result.detach()])  # a result that was cut off is a leaf again


def test_optimizers_print_their_settings(tiny):
    parameter = tiny.layers.Parameter([1.0])
    shown = "SGD(lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=True)"
    assert repr(tiny.optimizers.SGD([parameter], lr=0.1, momentum=0.9, nesterov=True)) == shown
    assert repr(tiny.optimizers.Adam([parameter])) == "Adam(lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0)"


def test_no_step_makes_new_arrays(tiny):
    for name, options in OPTIMIZERS:
        parameter = tiny.layers.Parameter(np.ones(100_000))
        parameter.grad = np.full(100_000, 0.5, dtype=np.float32)
        optimizer = getattr(tiny.optimizers, name)([parameter], **options)
        optimizer.step()
        tracemalloc.start()
        optimizer.step()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20_000, (name, options, peak)


def test_lr_can_be_set_between_steps(tiny):
    optimizer = tiny.optimizers.SGD([tiny.layers.Parameter([1.0])], lr=0.1)
    optimizer.lr = np.float64(0.2)
    assert type(optimizer.lr) is float
    with pytest.raises(ValueError, match="lr must be"):
        optimizer.lr = -1.0
    assert optimizer.lr == 0.2
