"""Module 02 as a library: how activations print, what they take and refuse, and which floats come out."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from modules.tests.integration.packages import imported_from
from tito.notebooks.exporter import export_reference

ROOT = Path(__file__).resolve().parents[3]
ELEMENTWISE = ("relu", "sigmoid", "tanh", "gelu")
ALONG_AN_AXIS = ("softmax", "log_softmax")


@pytest.fixture(scope="module")
def tt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    folder = tmp_path_factory.mktemp("module_02")
    export_reference(ROOT, folder, (1, 2, 3, 4, 5))
    with imported_from(folder):
        from tinytorch import activations, autograd, layers, tensor

        assert autograd.backward
        yield SimpleNamespace(activations=activations, Tensor=tensor.Tensor, Sequential=layers.Sequential)


@pytest.fixture
def activations(tt: SimpleNamespace) -> ModuleType:
    return tt.activations


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("ReLU()", "ReLU()"),
        ("Sigmoid()", "Sigmoid()"),
        ("Tanh()", "Tanh()"),
        ("GELU()", "GELU(approximate='tanh')"),
        ("Softmax()", "Softmax(dim=-1)"),
        ("Softmax(1)", "Softmax(dim=1)"),
        ("LogSoftmax(dim=0)", "LogSoftmax(dim=0)"),
    ],
)
def test_activations_print_as_in_pytorch(activations: ModuleType, text: str, printed: str) -> None:
    assert repr(eval(text, vars(activations))) == printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ReLU(inplace=True)", "ReLU takes no inplace=True: write ReLU()"),
        ("ReLU(True)", "ReLU takes no True: write ReLU()"),
        ("Softmax(axis=1)", "Softmax takes no axis=1: write Softmax(dim=-1)"),
        ("LogSoftmax(0, dtype='f4')", "LogSoftmax takes no dtype='f4': write LogSoftmax(dim=0)"),
        ("GELU(inplace=True)", "GELU takes no inplace=True: write GELU(approximate='tanh')"),
        ("relu([1.0], inplace=True)", "relu takes x: 'inplace' is none of them"),
        ("softmax([1.0], 0, dim=0)", "softmax() takes from 1 to 2 positional arguments but 3 were given"),
        ("softmax([1.0], dim=0, axis=0)", "softmax() got multiple values for argument 'axis'"),
    ],
)
def test_an_argument_that_means_nothing_is_refused(activations: ModuleType, text: str, message: str) -> None:
    with pytest.raises(TypeError) as refused:
        eval(text, vars(activations))
    assert str(refused.value) == message


def test_gelu_refuses_the_exact_form(activations: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"'none'.*approximate='tanh'"):
        activations.GELU(approximate="none")


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 1, 4)])
def test_floats_and_shapes_stay_as_they_are(tt: SimpleNamespace, name: str, dtype: type, shape: tuple) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    x = np.asarray(x)
    before = x.copy()
    function = getattr(tt.activations, name)
    for out in (function(x), function(tt.Tensor(x, dtype=dtype)).data):
        assert isinstance(out, np.ndarray)
        assert (out.dtype, out.shape) == (dtype, shape)
    assert np.array_equal(x, before)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_integers_become_float32_and_nan_stays(activations: ModuleType, name: str) -> None:
    function = getattr(activations, name)
    assert function(np.arange(3)).dtype == np.float32
    assert np.isnan(function(np.array([np.nan, 1.0]))).tolist() == [True, False]


@pytest.mark.parametrize("name", [*ELEMENTWISE, *ALONG_AN_AXIS])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_floats_are_taken_in_silence(activations: ModuleType, name: str, dtype: type) -> None:
    """Warnings are errors in this test run, so an overflow would fail here. A difference of logits must fit, though."""
    limit = np.finfo(dtype).max / (2 if name in ALONG_AN_AXIS else 1)
    out = getattr(activations, name)(np.array([-limit, 0, limit], dtype=dtype))
    assert out.dtype == dtype
    assert np.isfinite(out).all()


@pytest.mark.parametrize("name", [*ELEMENTWISE, *ALONG_AN_AXIS])
def test_a_function_of_a_tensor_stays_in_the_graph(tt: SimpleNamespace, name: str) -> None:
    x = tt.Tensor([[1.0, -2.0, 0.5]], requires_grad=True)
    out = getattr(tt.activations, name)(x)
    assert out.origin[0] == name
    (out * tt.Tensor([[1.0, 2.0, 3.0]])).sum().backward()
    assert x.grad.shape == (1, 3)


@pytest.mark.parametrize("name", ALONG_AN_AXIS)
def test_dim_is_another_word_for_axis(tt: SimpleNamespace, name: str) -> None:
    function, values = getattr(tt.activations, name), np.random.default_rng(0).normal(size=(2, 3, 4))
    assert list(inspect.signature(function).parameters) == ["x", "axis"]
    for axis in (0, 1, -1):
        assert np.array_equal(function(values, dim=axis), function(values, axis=axis))
        x = tt.Tensor(values, requires_grad=True)
        for out in (function(x, dim=axis), function(x, axis), getattr(tt.activations, CLASSES[name])(axis)(x)):
            assert out.origin[2] == {"axis": axis}


CLASSES = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}


@pytest.mark.parametrize("name", ALONG_AN_AXIS)
@pytest.mark.parametrize(
    ("values", "axis", "message"),
    [
        (np.array(3.0), -1, "scores of shape () have 0 axes, and no axis -1"),
        (np.zeros((2, 3)), 2, "scores of shape (2, 3) have 2 axes, and no axis 2"),
        (np.zeros((2, 3)), (0, 1), "scores of shape (2, 3) have 2 axes, and no axis (0, 1)"),
        (np.zeros((2, 0)), -1, "scores of shape (2, 0) have no classes along axis -1"),
        (np.array([1, 2]), -1, f"scores must be floats, not {np.dtype(int)} of shape (2,): make them float32"),
        (np.array([True]), 0, "scores must be floats, not bool of shape (1,): make them float32"),
    ],
)
def test_wrong_scores_are_refused_in_one_sentence(tt: SimpleNamespace, name: str, values, axis, message: str) -> None:
    for call in (
        lambda: getattr(tt.activations, name)(values, axis),
        lambda: getattr(tt.activations, CLASSES[name])(axis)(tt.Tensor(values)),
    ):
        with pytest.raises(ValueError) as refused:
            call()
        assert str(refused.value) == message


def test_an_empty_batch_of_scores_keeps_its_shape(activations: ModuleType) -> None:
    assert activations.softmax(np.zeros((0, 3))).shape == (0, 3)
    assert activations.log_softmax(np.zeros((0, 3))).shape == (0, 3)


def test_minus_infinity_takes_no_share(activations: ModuleType) -> None:
    masked = np.array([[1.0, -np.inf, 1.0]])
    assert activations.softmax(masked).tolist() == [[0.5, 0.0, 0.5]]
    assert activations.log_softmax(masked)[0, 1] == -np.inf


def test_a_model_prints_its_activations(tt: SimpleNamespace) -> None:
    text = repr(tt.Sequential(tt.activations.ReLU(), tt.activations.Softmax(dim=1)))
    assert "ReLU()" in text
    assert "Softmax(dim=1)" in text
