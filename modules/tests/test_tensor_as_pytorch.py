"""Module 01 as in PyTorch: its names beside NumPy's, what is refused and in which words, and what never gets lost."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from modules.tests.integration.packages import imported_from
from tito.notebooks.exporter import export_reference

ROOT = Path(__file__).resolve().parents[2]
TABLE = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture(scope="module")
def tensor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """tinytorch.tensor, exported from the source."""
    folder = tmp_path_factory.mktemp("tensor")
    export_reference(ROOT, folder, [1])
    with imported_from(folder):
        yield importlib.import_module("tinytorch.tensor")


# PyTorch's names, NumPy's names


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var"])
@pytest.mark.parametrize("axes", [1, -1, (0, 2), [0, -1], None])
def test_reductions_take_both_names_and_lists_of_axes(tensor: ModuleType, name: str, axes: object) -> None:
    x = tensor.Tensor(TABLE, requires_grad=True)
    numpy = getattr(x, name)(axis=axes, keepdims=True)
    torch = getattr(x, name)(dim=axes, keepdim=True)
    by_place = getattr(x, name)(axes, True)
    expected = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min}.get(
        name, lambda a, **o: np.var(a, ddof=1, **o)
    )
    where = tuple(axes) if isinstance(axes, list) else axes
    for result in (numpy, torch, by_place):
        assert result.dtype == np.float32
        assert np.allclose(result.data, expected(TABLE, axis=where, keepdims=True), rtol=1e-5)
        assert result.origin[2] == {"axis": where, "keepdims": True}


def test_operations_take_both_names_too(tensor: ModuleType) -> None:
    assert tensor.sum_(TABLE, dim=0).shape == (3, 4)
    assert tensor.mean(tensor.Tensor(TABLE), dim=[0, 1], keepdim=True).shape == (1, 1, 4)
    assert tensor.apply("sum", TABLE, dim=1, keepdim=True).shape == (2, 1, 4)


def test_pytorchs_methods(tensor: ModuleType) -> None:
    x = tensor.Tensor(TABLE, requires_grad=True)
    assert x.view(4, 6).shape == x.view((4, -1)).shape == (4, 6)
    assert x.numel() == 24
    assert x[0, 1].tolist() == [4.0, 5.0, 6.0, 7.0]
    assert x.argmax().item() == 23
    assert x.argmax(dim=1, keepdim=True).shape == (2, 1, 4)
    assert x.argmax(dim=-1).tolist() == [[3, 3, 3], [3, 3, 3]]
    assert x.squeeze(axis=0).shape == x.shape
    assert x.unsqueeze(axis=-1).shape == (2, 3, 4, 1)
    detached, copy = x.detach(), x.clone()
    assert np.shares_memory(detached.data, x.data)
    assert not detached.requires_grad
    assert detached.origin is None
    assert not np.shares_memory(copy.data, x.data)
    assert copy.requires_grad
    assert np.array_equal(copy.data, x.data)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8, np.bool_])
def test_a_clone_keeps_its_dtype(tensor: ModuleType, dtype: type) -> None:
    original = tensor.Tensor(np.array([0, 1, 1]).astype(dtype), dtype=dtype)
    assert original.clone().dtype == dtype
    assert not np.shares_memory(original.clone().data, original.data)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda t: t.Tensor(TABLE).sum(axes=0), ["'axes'", "axis"]),
        (lambda t: t.Tensor(TABLE).var(unbiased=False), ["'unbiased'", "correction"]),
        (lambda t: t.Tensor(TABLE).var(ddof=0), ["'ddof'", "correction"]),
        (lambda t: t.Tensor(TABLE).argmax(dims=0), ["'dims'", "axis"]),
        (lambda t: t.Tensor(TABLE).sum(0, dim=1), ["'dim'", "axis"]),
        (lambda t: t.Tensor(TABLE).sum(0, True, 1), ["axis, keepdims"]),
        (lambda t: t.Tensor(TABLE).exp(1), ["exp"]),
        (lambda t: t.Tensor(TABLE).squeeze(dims=0), ["'dims'", "dim"]),
        (lambda t: t.Tensor(TABLE, grad=True), ["'grad'", "requires_grad"]),
        (lambda t: t.Tensor.randn(2, seed=0), ["'seed'", "rng"]),
        (lambda t: t.Tensor.rand(2, generator=0), ["'generator'", "rng"]),
        (lambda t: t.Tensor.zeros(2, rng=0), ["'rng'", "dtype"]),
        (lambda t: t.Tensor.full((2,), 1.0, device="cpu"), ["'device'", "dtype"]),
        (lambda t: t.mean(TABLE, axes=0), ["'axes'", "axis"]),
    ],
)
def test_an_argument_that_means_nothing_names_the_right_one(
    tensor: ModuleType, call: Callable, names: list[str]
) -> None:
    with pytest.raises(TypeError) as refused:
        call(tensor)
    assert all(name in str(refused.value) for name in names), refused.value


# One function for arrays and Tensors


def test_an_operation_computes_on_arrays_and_records_on_tensors(tensor: ModuleType) -> None:
    x = tensor.Tensor(TABLE, requires_grad=True)
    assert isinstance(tensor.mean(TABLE, axis=0), np.ndarray)
    recorded = tensor.mean(x, axis=0)
    assert recorded.origin == ("mean", (x,), {"axis": 0})
    assert tensor.matmul(TABLE, tensor.Tensor(np.eye(4))).shape == (2, 3, 4)
    assert tensor.matmul(a=x, b=np.eye(4)).requires_grad
    assert tensor.OPS["mean"](TABLE).shape == ()


def test_a_second_operation_of_the_same_name_from_elsewhere_is_refused(tensor: ModuleType) -> None:
    def mean(a):
        return a

    before = tensor.OPS["mean"]
    with pytest.raises(ValueError, match="mean"):
        tensor.op(mean)
    assert tensor.OPS["mean"] is before


# A result of shape () is an array, in the dtype that went in


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_result_of_shape_0_is_an_array_of_the_same_dtype(tensor: ModuleType, dtype: type) -> None:
    x = tensor.Tensor(TABLE, dtype=dtype, requires_grad=True)
    one = tensor.Tensor(2.0, dtype=dtype, requires_grad=True)
    results = [
        x.sum(),
        x.mean(),
        x.max(),
        x.var(),
        x[0, 0, 0],
        one * one,
        one + 1,
        1 - one,
        one**2,
        one / 3,
        -one,
        one.exp(),
    ]
    for result in results:
        assert type(result.data) is np.ndarray
        assert result.data.dtype == dtype, result
    for array in (tensor.sum_(x.data), tensor.mean(x.data), tensor.var(x.data), tensor.pow_(one.data, one.data)):
        assert type(array) is np.ndarray
        assert array.dtype == dtype


def test_numbers_that_arithmetic_makes_of_0d_arrays_stay_arrays(tensor: ModuleType) -> None:
    w = tensor.Tensor(2.0, requires_grad=True)
    w.grad = np.asarray(0.5, dtype=np.float32) * 3
    w.data = w.data - 0.1 * w.grad
    for value in (w.data, w.grad):
        assert type(value) is np.ndarray
        assert value.dtype == np.float32
        assert value.shape == ()


# Facts are checked where they are set (tinygrad 9723, pytorch 3226 and 76008)


def test_requires_grad_is_refused_for_integers_wherever_it_is_set(tensor: ModuleType) -> None:
    steps = tensor.Tensor([1, 2, 3])
    with pytest.raises(ValueError, match="floats have gradients, not int"):
        steps.requires_grad = True
    assert not steps.requires_grad
    with pytest.raises(ValueError, match="floats have gradients, not int"):
        tensor.Tensor([1, 2, 3], requires_grad=True)
    weights = tensor.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="holds floats, not int"):
        weights.data = np.array([1, 2])
    weights.requires_grad = False
    weights.data = np.array([1, 2])


@pytest.mark.parametrize("value", [[1.0, 2.0], (1.0, 2.0), 1.0, "Tensor"])
@pytest.mark.parametrize("fact", ["data", "grad"])
def test_data_and_grad_are_arrays(tensor: ModuleType, fact: str, value: object) -> None:
    w = tensor.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=f"^{fact} must be .*NumPy array.*, not a "):
        setattr(w, fact, tensor.Tensor([1.0, 2.0]) if value == "Tensor" else value)
    assert w.grad is None
    assert w.data.tolist() == [1.0, 2.0]


def test_an_update_that_makes_a_tensor_is_noticed(tensor: ModuleType) -> None:
    w = tensor.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="not a Tensor"):
        w.data = w.data - 0.1 * tensor.Tensor([1.0, 1.0])


@pytest.mark.parametrize("shape", [(2, 1), (1, 2), (), (3,)])
def test_a_gradient_has_the_shape_of_the_data(tensor: ModuleType, shape: tuple[int, ...]) -> None:
    w = tensor.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"\(2,\)") as refused:
        w.grad = np.zeros(shape, dtype=np.float32)
    assert str(shape) in str(refused.value)
    w.grad = np.zeros(2)
    w.grad = None


# A seed is a seed, 0 too (mlx-lm 1660, PyNN 214, DoubletDetection 154)


@pytest.mark.parametrize("name", ["rand", "randn"])
@pytest.mark.parametrize("seed", [0, 1, np.int64(0)])
def test_an_integer_rng_seeds(tensor: ModuleType, name: str, seed: int) -> None:
    make = getattr(tensor.Tensor, name)
    assert np.array_equal(make(3, rng=seed).data, make(3, rng=np.random.default_rng(seed)).data)
    assert not np.array_equal(make(3).data, make(3).data)


@pytest.mark.parametrize("rng", [True, 1.0, "0", np.random, [1]])
def test_what_is_no_rng_is_refused(tensor: ModuleType, rng: object) -> None:
    with pytest.raises(TypeError, match="rng is a generator, an integer or None"):
        tensor.Tensor.rand(3, rng=rng)
    assert tensor.as_generator(generator := np.random.default_rng(3)) is generator


# A Tensor of one number, wherever Python wants a number (uvadlc 97, tensorflow 18230, PINA 35)


def test_python_takes_one_number(tensor: ModuleType) -> None:
    one = tensor.Tensor([[1.5]], requires_grad=True)
    assert f"{one:.3f} {one:>7.2f}" == "1.500    1.50"
    assert f"{tensor.Tensor(3):04d}" == "0003"
    assert f"{one}" == str(one)
    assert [10, 20, 30][tensor.Tensor([5.0, 9.0]).argmax()] == 20
    assert np.arange(5)[tensor.Tensor(3)] == 3
    assert list(range(tensor.Tensor(2))) == [0, 1]
    assert (~tensor.Tensor([True, False])).tolist() == [False, True]
    assert math.sqrt(tensor.Tensor(9.0)) == 3.0
    with pytest.raises(ValueError, match=r"\(2,\) holds 2 numbers"):
        format(tensor.Tensor([1.0, 2.0]), ".3f")
    with pytest.raises(TypeError, match="float32"):
        [10, 20][tensor.Tensor(1.0)]


def test_comparisons_and_logic_are_never_recorded(tensor: ModuleType) -> None:
    a, b = tensor.Tensor([1.0, 5.0, 3.0], requires_grad=True), tensor.Tensor([2.0, 4.0, 3.0])
    results = [
        a == b,
        a != b,
        a < b,
        a <= b,
        a > b,
        a >= b,
        (a > 1) & (b < 4),
        (a > 1) | (b < 4),
        (a > 1) ^ (b < 4),
        ~(a > 1),
    ]
    assert all(result.dtype == np.bool_ and result.origin is None for result in results)
    assert (a > 1).tolist() == [False, True, True]
    assert (a == None) is False  # noqa: E711
    assert (a != "a") is True
    assert len({a, b, a}) == 2


# Axes that are wrong say so with the shape


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var", "argmax"])
@pytest.mark.parametrize("axis", [3, -4])
def test_an_axis_that_does_not_exist_is_named_with_the_shape(tensor: ModuleType, name: str, axis: int) -> None:
    with pytest.raises(ValueError, match=rf"axis {axis} in shape \(2, 3, 4\)") as refused:
        getattr(tensor.Tensor(TABLE), name)(axis=axis)
    assert not isinstance(refused.value, IndexError)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda x: x.sum(axis=(0, -3)), r"twice"),
        (lambda x: x.squeeze(5), r"axis 5 in shape \(2, 3, 4\)"),
        (lambda x: x.squeeze((0, 7)), r"axis 7 in shape \(2, 3, 4\)"),
        (lambda x: x.unsqueeze(9), r"axis 9"),
        (lambda x: x.transpose(0, 3), r"axis 3 in shape \(2, 3, 4\)"),
        (lambda x: x.flatten(0, 4), r"axis 4 in shape \(2, 3, 4\)"),
        (lambda x: x.permute(0, 1), r"\(2, 3, 4\)"),
        (lambda x: x.reshape(5, 5), r"\(2, 3, 4\).*\(5, 5\)"),
        (lambda x: x[:0].max(), r"\(0, 3, 4\)"),
        (lambda x: x[:0].min(dim=0), r"\(0, 3, 4\)"),
        (lambda x: x[:0].argmax(), r"\(0, 3, 4\)"),
        (lambda x: x[:0].mean(), r"\(0, 3, 4\)"),
        (lambda x: x[:1].var(0), r"\(1, 3, 4\)"),
        (lambda x: x + np.ones(3), r"\(2, 3, 4\).*\(3,\)"),
        (lambda x: x @ np.ones((3, 2)), r"\(2, 3, 4\).*\(3, 2\)"),
    ],
)
def test_wrong_shapes_are_named(tensor: ModuleType, call: Callable, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call(tensor.Tensor(TABLE))


def test_squeeze_takes_several_axes(tensor: ModuleType) -> None:
    assert tensor.Tensor(np.ones((1, 3, 1))).squeeze((0, 2)).shape == (3,)
    assert tensor.Tensor(np.ones((1, 3, 1))).squeeze([0, 1]).shape == (3, 1)


def test_what_is_not_numbers_is_refused_beside_a_tensor(tensor: ModuleType) -> None:
    x = tensor.Tensor(TABLE)
    for value in (None, "3", [None, 1.0]):
        with pytest.raises(TypeError, match="numbers or booleans"):
            x + value
        with pytest.raises(TypeError, match="numbers or booleans"):
            tensor.Tensor(value, dtype=np.float32)
