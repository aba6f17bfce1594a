"""Modules 01 to 04 together: the forward pass, recorded as plain data, trained by gradients derived by hand.

The package under test is exported from the module sources into a temporary folder and imported from there.
"""

from __future__ import annotations

import importlib
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.tests.integration.packages import imported_from
from tito.course import Module, load
from tito.notebooks.exporter import export_reference

ROOT = Path(__file__).resolve().parents[3]
NUMBERS = (1, 2, 3, 4)
MODULES = load(ROOT).modules_of(NUMBERS)
SIZES = st.sampled_from([1, 1, 2, 3, 5])
SHAPES = st.lists(SIZES, min_size=1, max_size=3).map(tuple)
SEEDS = st.integers(0, 2**32 - 1)


def _public_names() -> SimpleNamespace:
    """All that the table promises of the four modules, and the modules themselves as ``parts``."""
    parts = {module.name: importlib.import_module(f"tinytorch.{module.name}") for module in MODULES}
    names = {name: getattr(parts[module.name], name) for module in MODULES for name in module.exports}
    return SimpleNamespace(**names, parts=parts)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the reference's ``tinytorch`` of modules 01 to 04."""
    folder = tmp_path_factory.mktemp("modules_01_04")
    export_reference(ROOT, folder, NUMBERS)
    return folder


@pytest.fixture(scope="module")
def tt(exported: Path) -> Iterator[SimpleNamespace]:
    with imported_from(exported):
        yield _public_names()


# The export and the table


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)
def test_a_module_exports_what_the_table_promises(tt: SimpleNamespace, exported: Path, module: Module) -> None:
    part = tt.parts[module.name]
    assert Path(part.__file__).parent == exported / "tinytorch"
    assert set(module.exports) <= set(part.__all__)
    for name in module.exports:
        assert getattr(part, name).__module__ == f"tinytorch.{module.name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)
def test_a_module_imports_with_nothing_but_its_needs(exported: Path, tmp_path: Path, module: Module) -> None:
    package = tmp_path / "tinytorch"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    for other in MODULES:
        if other.number in {*module.needs, module.number}:
            shutil.copy(exported / "tinytorch" / f"{other.name}.py", package)
    with imported_from(tmp_path):
        importlib.import_module(f"tinytorch.{module.name}")


# Learning, with gradients derived by hand


def _same_sign(rng: np.random.Generator, n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Points of a square, and whether both coordinates have the same sign: no straight line divides them."""
    x = rng.uniform(-1, 1, size=(n, 2)).astype(np.float32)
    return x, (x[:, :1] * x[:, 1:] > 0).astype(np.float32)


def _train_by_hand(tt: SimpleNamespace, steps: int = 400, learning_rate: float = 2.0) -> tuple[list[float], float]:
    """Train Linear, Tanh, Linear by full-batch gradient descent; return the losses and the final accuracy."""
    rng = np.random.default_rng(3)
    x, y = _same_sign(rng)
    first, second = tt.Linear(2, 16, rng=rng), tt.Linear(16, 1, rng=rng)
    model = tt.Sequential(first, tt.Tanh(), second)
    loss_of, losses = tt.BCEWithLogitsLoss(), []
    with tt.no_grad():
        for _ in range(steps):
            hidden = tt.Tanh()(first(tt.Tensor(x)))  # (n, 16)
            logits = second(hidden)  # (n, 1)
            losses.append(loss_of(logits, tt.Tensor(y)).item())
            to_logits = (tt.Sigmoid()(logits).data - y) / len(y)  # (n, 1)
            to_hidden = (to_logits @ second.weight.data) * (1 - hidden.data**2)  # (n, 16)
            second.weight.grad, second.bias.grad = to_logits.T @ hidden.data, to_logits.sum(axis=0)
            first.weight.grad, first.bias.grad = to_hidden.T @ x, to_hidden.sum(axis=0)
            for parameter in model.parameters():
                assert parameter.grad.shape == parameter.shape
                parameter.data -= learning_rate * parameter.grad
        accuracy = float(((model(tt.Tensor(x)).data > 0) == (y > 0)).mean())
    return losses, accuracy


def test_a_two_layer_network_learns_by_hand_derived_gradients(tt: SimpleNamespace) -> None:
    losses, accuracy = _train_by_hand(tt)
    assert losses[-1] < losses[0] / 2
    assert accuracy > 0.95


# Dtypes


def test_float32_stays_float32_from_data_to_loss(tt: SimpleNamespace) -> None:
    x = tt.Tensor(np.random.default_rng(0).normal(size=(4, 6)))
    model = tt.Sequential(tt.Linear(6, 5), tt.ReLU(), tt.Linear(5, 5), tt.GELU(), tt.Dropout(0.5), tt.Linear(5, 3))
    logits = model(x)
    answers = {
        tt.CrossEntropyLoss: np.array([0, 1, 2, 0]),
        tt.BCEWithLogitsLoss: np.zeros((4, 3), dtype=int),
        tt.MSELoss: np.zeros((4, 3)),
    }
    assert x.dtype == np.float32
    assert {parameter.dtype for parameter in model.parameters()} == {np.dtype(np.float32)}
    assert logits.dtype == np.float32
    for loss, target in answers.items():
        assert loss()(logits, target).dtype == np.float32, loss.__name__
    for activation in (tt.Sigmoid(), tt.Tanh(), tt.Softmax(), tt.LogSoftmax()):
        assert activation(logits).dtype == np.float32, activation


# Recording: the graph as plain data


def _leaves(root) -> dict[int, object]:
    """By identity: the Tensors that require a gradient, have no origin, and that ``root`` was made from."""
    leaves, stack, seen = {}, [root], set()
    while stack:
        tensor = stack.pop()
        if id(tensor) in seen or not tensor.requires_grad:
            continue
        seen.add(id(tensor))
        if tensor.origin is None:
            leaves[id(tensor)] = tensor
        else:
            name, inputs, options = tensor.origin
            assert isinstance(name, str)
            assert isinstance(inputs, tuple)
            assert isinstance(options, dict)
            stack.extend(inputs)
    return leaves


def _classifier(tt: SimpleNamespace):
    return tt.Sequential(tt.Flatten(), tt.Linear(4, 5), tt.Tanh(), tt.Linear(5, 3))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "BCEWithLogitsLoss", "MSELoss"])
def test_the_origins_lead_from_the_loss_to_every_parameter(tt: SimpleNamespace, loss: str, reduction: str) -> None:
    model = _classifier(tt)
    target = np.array([0, 2]) if loss == "CrossEntropyLoss" else np.ones((2, 3))
    root = getattr(tt, loss)(reduction=reduction)(model(tt.Tensor.ones(2, 2, 2)), target)
    assert root.origin[2] == {"reduction": reduction}
    assert _leaves(root).keys() == {id(parameter) for parameter in model.parameters()}


def test_the_origins_lead_through_every_layer_to_the_input(tt: SimpleNamespace) -> None:
    x = tt.Tensor(np.ones((2, 2, 2)), requires_grad=True)
    for model in (_classifier(tt), tt.Sequential(tt.Dropout(0.5, rng=0)), tt.Sequential(tt.Flatten(), tt.Dropout(1.0))):
        expected = {id(x), *(id(parameter) for parameter in model.parameters())}
        assert _leaves(model(x)).keys() == expected
        assert _leaves(model.eval()(x)).keys() == expected


# Models, as PyTorch has them


def test_a_model_prints_and_names_its_numbers_as_in_pytorch(tt: SimpleNamespace) -> None:
    model = tt.Sequential(tt.Linear(3, 4), tt.ReLU(), tt.Sequential(tt.Dropout(0.25), tt.Linear(4, 2, bias=False)))
    printed = """Sequential(
  (0): Linear(in_features=3, out_features=4, bias=True)
  (1): ReLU()
  (2): Sequential(
    (0): Dropout(p=0.25)
    (1): Linear(in_features=4, out_features=2, bias=False)
  )
)"""
    assert repr(model) == printed
    assert repr(model.eval()) == printed
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.1.weight"]
    assert [name for name, _ in model.named_modules()] == ["", "0", "1", "2", "2.0", "2.1"]
    assert isinstance(model[1], tt.Module)
    assert not isinstance(tt.Tensor(1.0), tt.Module)
    assert not isinstance(tt.ReLU(), tt.Linear)


def test_what_surrounds_the_children_of_a_model_is_printed_too(tt: SimpleNamespace) -> None:
    class Scaled(tt.Module):
        def __init__(self):
            self.body = [tt.Linear(1, 1)]

        def extra_repr(self):
            return "scale=2"

    assert repr(Scaled()).split("\n") == [
        "Scaled(",
        "  scale=2",
        "  (body.0): Linear(in_features=1, out_features=1, bias=True)",
        ")",
    ]


@pytest.mark.parametrize("seed", [0, 1])
def test_a_number_seeds_and_none_does_not(tt: SimpleNamespace, seed: int) -> None:
    x = tt.Tensor(np.ones(50))
    for make in (lambda rng: tt.Linear(50, 3, rng=rng), lambda rng: tt.Dropout(0.5, rng=rng)):
        assert np.array_equal(make(seed)(x).data, make(seed)(x).data)
        assert np.array_equal(make(seed)(x).data, make(np.random.default_rng(seed))(x).data)
        assert not np.array_equal(make(None)(x).data, make(None)(x).data)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda tt: tt.Linear(2, 3, in_channels=4), r"Linear has no argument 'in_channels': use in_features"),
        (lambda tt: tt.Linear(2, 3, seed=4), r"'seed': use rng"),
        (lambda tt: tt.Linear(2, 3, dtype=np.float64), r"'dtype': use in_features or out_features or bias or rng"),
        (lambda tt: tt.Linear(2, 3, device="cpu"), r"'device'"),
        (lambda tt: tt.Dropout(inplace=True), r"Dropout has no argument 'inplace': use p or rng"),
        (lambda tt: tt.Flatten(axis=1), r"'axis': use start_dim or end_dim"),
    ],
)
def test_an_argument_that_means_nothing_is_refused_by_name(tt: SimpleNamespace, call, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        call(tt)


def test_buffers_are_saved_and_loaded_and_no_parameters(tt: SimpleNamespace) -> None:
    class Counter(tt.Module):
        def __init__(self):
            self.register_buffer("seen", np.zeros(2))

    model, other = tt.Sequential(Counter()), tt.Sequential(Counter())
    assert model.parameters() == []
    model[0].seen = model[0].seen + 3
    other.load_state_dict(model.state_dict())
    assert other[0].seen.data.tolist() == [3.0, 3.0]
    assert other[0].seen.dtype == np.float32


def test_a_state_that_does_not_fit_is_named_part_by_part(tt: SimpleNamespace) -> None:
    model = tt.Sequential(tt.Linear(2, 3))
    with pytest.raises(
        ValueError, match=r"missing '0.bias'; unexpected '0.bais'; '0.weight' has shape \(3,\) instead of"
    ):
        model.load_state_dict({"0.weight": np.zeros(3), "0.bais": np.zeros(3)})


def test_replaying_the_origins_gives_the_same_loss(tt: SimpleNamespace) -> None:
    """The recorded names, inputs and options are all that it takes to compute again what was computed."""
    model = _classifier(tt)
    root = tt.CrossEntropyLoss()(model(tt.Tensor.ones(2, 2, 2)), np.array([0, 2]))

    def replay(tensor):
        if tensor.origin is None:
            return tensor
        name, inputs, options = tensor.origin
        return tt.apply(name, *map(replay, inputs), **options)

    assert replay(root).item() == root.item()


def test_nothing_is_recorded_inside_no_grad(tt: SimpleNamespace) -> None:
    model, loss = _classifier(tt), tt.CrossEntropyLoss()
    x, labels = tt.Tensor.ones(2, 2, 2), np.array([0, 2])
    with tt.no_grad():
        silent = loss(model(x), labels)
    recorded = loss(model(x), labels)
    assert silent.origin is None
    assert not silent.requires_grad
    assert recorded.origin[0] == "cross_entropy"
    assert recorded.requires_grad
    assert silent.item() == recorded.item()


def test_backward_says_in_which_module_it_arrives(tt: SimpleNamespace) -> None:
    loss = tt.MSELoss()(_classifier(tt)(tt.Tensor.ones(2, 4)), tt.Tensor.zeros(2, 3))
    with pytest.raises(RuntimeError, match="05"):
        loss.backward()


# Numbers, against formulas in float64 that share no code with the modules


def _softmax(z: np.ndarray) -> np.ndarray:
    exponentials = np.exp(z - z.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "ReLU": lambda z: np.where(z > 0, z, 0),
    "Sigmoid": lambda z: 0.5 * (1 + np.tanh(z / 2)),
    "Tanh": lambda z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1),
    "GELU": lambda z: 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    "Softmax": _softmax,
    "LogSoftmax": lambda z: np.log(_softmax(z)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(shape=SHAPES, seed=SEEDS)
def test_activations_agree_with_their_formulas(tt: SimpleNamespace, name: str, shape, seed: int) -> None:
    z = 3 * np.random.default_rng(seed).normal(size=shape)
    expected = ACTIVATIONS[name](z)
    exact = getattr(tt, name)()(tt.Tensor(z, dtype=np.float64)).data
    rounded = getattr(tt, name)()(tt.Tensor(z)).data
    np.testing.assert_allclose(exact, expected, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(rounded, expected, rtol=1e-4, atol=1e-5)


@given(leading=SHAPES, n_in=SIZES, n_out=SIZES, bias=st.booleans(), seed=SEEDS)
def test_linear_is_an_affine_map_of_the_last_axis(tt: SimpleNamespace, leading, n_in, n_out, bias, seed) -> None:
    rng = np.random.default_rng(seed)
    layer = tt.Linear(n_in, n_out, bias=bias, rng=rng)
    x = rng.normal(size=(*leading, n_in))
    expected = np.einsum("...i,oi->...o", x, layer.weight.data.astype(np.float64))
    expected += layer.bias.data if bias else 0.0
    np.testing.assert_allclose(layer(tt.Tensor(x)).data, expected, rtol=1e-4, atol=1e-5)


@given(n=SIZES, n_classes=SIZES, offset=st.sampled_from([0.0, 1000.0, -1000.0]), seed=SEEDS)
def test_cross_entropy_is_the_mean_surprise(tt: SimpleNamespace, n, n_classes, offset, seed) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = 3 * rng.normal(size=(n, n_classes)), rng.integers(0, n_classes, size=n)
    surprises = np.array([-np.log(_softmax(row)[label]) for row, label in zip(logits, labels, strict=True)])
    moved = tt.Tensor(logits + offset, dtype=np.float64)
    for reduction, expected in [("mean", surprises.mean()), ("sum", surprises.sum()), ("none", surprises)]:
        loss = tt.CrossEntropyLoss(reduction=reduction)(moved, labels)
        np.testing.assert_allclose(loss.data, expected, rtol=1e-9, atol=1e-11)


@given(shape=SHAPES, seed=SEEDS)
def test_elementwise_losses_agree_with_their_formulas(tt: SimpleNamespace, shape, seed: int) -> None:
    rng = np.random.default_rng(seed)
    z, target = 3 * rng.normal(size=shape), rng.random(size=shape)
    p = 1 / (1 + np.exp(-z))
    formulas = {
        "MSELoss": z**2 - 2 * z * target + target**2,
        "BCEWithLogitsLoss": -target * np.log(p) - (1 - target) * np.log1p(-p),
    }
    for name, each in formulas.items():
        for reduction, expected in [("mean", each.mean()), ("sum", each.sum()), ("none", each)]:
            loss = getattr(tt, name)(reduction=reduction)(tt.Tensor(z, dtype=np.float64), target)
            np.testing.assert_allclose(loss.data, expected, rtol=1e-8, atol=1e-10, err_msg=f"{name} {reduction}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_logits_give_finite_losses_without_warnings(tt: SimpleNamespace, dtype: type) -> None:
    """Warnings are errors in this test run, so an overflow would fail here."""
    logits = tt.Tensor([[1000.0, -1000.0], [-1000.0, 1000.0]], dtype=dtype)
    cross_entropies = tt.CrossEntropyLoss(reduction="none")(logits, np.array([0, 0])).data
    binary = tt.BCEWithLogitsLoss(reduction="none")(logits, np.ones((2, 2))).data
    assert cross_entropies.tolist() == [0, 2000]
    assert binary.tolist() == [[0, 1000], [1000, 0]]


# Mistakes


@pytest.mark.parametrize(
    ("loss", "target", "message"),
    [
        ("MSELoss", np.zeros(3), r"\(3, 1\).*\(3,\).*reshape\(3, 1\)"),
        ("BCEWithLogitsLoss", np.zeros(3), r"\(3, 1\).*\(3,\).*reshape\(3, 1\)"),
        ("BCEWithLogitsLoss", -np.ones((3, 1)), r"0\.\.1"),
        ("CrossEntropyLoss", np.array([0.0, 0.0, 0.0]), "integers.*float"),
        ("CrossEntropyLoss", np.array([0, 1, 0]), r"label 1 at position 1.*0\.\.0"),
        ("CrossEntropyLoss", np.array([0, 0, -1]), "label -1 at position 2"),
        ("CrossEntropyLoss", np.ones((3, 1), dtype=int), "one-hot.*argmax"),
        ("CrossEntropyLoss", np.zeros(2, dtype=int), r"\(3,\).*\(2,\)"),
    ],
)
def test_a_wrong_target_is_refused_with_the_fix(tt: SimpleNamespace, loss: str, target, message: str) -> None:
    logits = tt.Linear(2, 1)(tt.Tensor.ones(3, 2))
    with pytest.raises(ValueError, match=message):
        getattr(tt, loss)()(logits, target)


@pytest.mark.parametrize("loss", ["MSELoss", "BCEWithLogitsLoss", "CrossEntropyLoss"])
def test_an_empty_batch_and_a_wrong_reduction_are_refused(tt: SimpleNamespace, loss: str) -> None:
    target = np.zeros(0, dtype=int) if loss == "CrossEntropyLoss" else np.zeros((0, 4))
    with pytest.raises(ValueError, match="empty"):
        getattr(tt, loss)()(tt.Tensor.zeros(0, 4), target)
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none'"):
        getattr(tt, loss)(reduction="average")


# One module at a time replaced by somebody else's

OTHER_TENSOR = """
    import contextlib

    import numpy as np

    TABLE, RECORDING = {}, [True]


    def op(function):
        TABLE[function.__name__] = function
        return function


    for _name, _function in {
        "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative,
        "matmul": np.matmul, "sum": np.sum, "max": np.max, "reshape": np.reshape, "transpose": np.transpose,
    }.items():
        TABLE[_name] = _function


    @contextlib.contextmanager
    def no_grad():
        RECORDING.append(False)
        try:
            yield
        finally:
            RECORDING.pop()


    class Tensor:
        __array_ufunc__ = None

        def __init__(self, data, dtype=None, requires_grad=False):
            array = np.asarray(data, dtype=dtype)
            shrink = dtype is None and array.dtype == np.float64
            self.data = array.astype(np.float32) if shrink else array
            self.grad, self.origin, self.requires_grad = None, None, requires_grad

        shape = property(lambda self: self.data.shape)
        ndim = property(lambda self: self.data.ndim)
        size = property(lambda self: self.data.size)
        dtype = property(lambda self: self.data.dtype)
        T = property(lambda self: apply("transpose", self))
        numpy = lambda self: self.data
        item = lambda self: self.data.item()
        reshape = lambda self, *shape: apply("reshape", self, shape=shape)
        __add__ = __radd__ = lambda self, other: apply("add", self, other)
        __mul__ = __rmul__ = lambda self, other: apply("mul", self, other)
        __matmul__ = lambda self, other: apply("matmul", self, other)


    def apply(name, *inputs, **options):
        inputs = tuple(value if isinstance(value, Tensor) else Tensor(value) for value in inputs)
        data = TABLE[name](*(value.data for value in inputs), **options)
        out = Tensor(data, dtype=np.asarray(data).dtype)
        if RECORDING[-1] and any(value.requires_grad for value in inputs):
            out.requires_grad, out.origin = True, (name, inputs, options)
        return out
"""

OTHER_ACTIVATIONS = """
    import numpy as np

    from tinytorch.tensor import apply, op


    @op
    def bend(x, kind, axis=-1):
        shifted = x - x.max(axis=axis, keepdims=True)
        log_softmax = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
        return {
            "ReLU": lambda: x * (x > 0),
            "Sigmoid": lambda: (1 + np.tanh(x / 2)) / 2,
            "Tanh": lambda: np.tanh(x),
            "GELU": lambda: x * (1 + np.tanh(x * 0.7978846 * (1 + 0.044715 * x * x))) / 2,
            "Softmax": lambda: np.exp(log_softmax),
            "LogSoftmax": lambda: log_softmax,
        }[kind]()


    class _Bend:
        def __init__(self, dim=-1):
            self.dim = dim

        def __call__(self, x):
            return apply("bend", x, kind=type(self).__name__, axis=self.dim)


    class ReLU(_Bend): pass
    class Sigmoid(_Bend): pass
    class Tanh(_Bend): pass
    class GELU(_Bend): pass
    class Softmax(_Bend): pass
    class LogSoftmax(_Bend): pass
"""

OTHER_LAYERS = """
    import numpy as np

    from tinytorch.tensor import Tensor


    class Parameter(Tensor):
        def __init__(self, data):
            super().__init__(np.array(data), requires_grad=True)


    class Module:
        def __call__(self, *inputs):
            return self.forward(*inputs)

        def parameters(self):
            found = []
            for value in vars(self).values():
                for part in value if isinstance(value, (list, tuple)) else [value]:
                    found += [part] if isinstance(part, Parameter) else []
                    found += part.parameters() if isinstance(part, Module) else []
            return found


    class Linear(Module):
        def __init__(self, in_features, out_features, bias=True, rng=None):
            rng = rng or np.random.default_rng()
            self.weight = Parameter(rng.uniform(-1, 1, size=(out_features, in_features)) / in_features**0.5)
            self.bias = Parameter(np.zeros(out_features)) if bias else None

        def forward(self, x):
            y = x @ self.weight.T
            return y if self.bias is None else y + self.bias


    class Dropout(Module):
        def forward(self, x):
            return x


    class Flatten(Module):
        def forward(self, x):
            return x.reshape(x.shape[0], -1)


    class Sequential(Module):
        def __init__(self, *layers):
            self.layers = layers

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x
"""

OTHER_LOSSES = """
    import numpy as np

    from tinytorch.tensor import apply, op


    @op
    def mse_loss(p, t, reduction="mean"):
        return (abs(p - t) ** 2).mean()


    @op
    def cross_entropy(z, y, reduction="mean"):
        return (np.logaddexp.reduce(z, axis=1) - np.choose(y, z.T)).mean()


    @op
    def bce_with_logits(z, y, reduction="mean"):
        return (np.logaddexp(0, z).astype(z.dtype) - y * z).mean()


    class _Named:
        def __call__(self, output, target):
            return apply(self.name, output, target, reduction="mean")


    class MSELoss(_Named): name = "mse_loss"
    class CrossEntropyLoss(_Named): name = "cross_entropy"
    class BCEWithLogitsLoss(_Named): name = "bce_with_logits"
"""

OTHERS = {
    "tensor": OTHER_TENSOR,
    "activations": OTHER_ACTIVATIONS,
    "layers": OTHER_LAYERS,
    "losses": OTHER_LOSSES,
}


@pytest.mark.parametrize("replaced", OTHERS)
def test_the_rest_works_with_one_module_replaced(exported: Path, tmp_path: Path, replaced: str) -> None:
    """Nothing in a module relies on more of another than its public names, `apply` and `origin`."""
    shutil.copytree(exported / "tinytorch", tmp_path / "tinytorch", ignore=shutil.ignore_patterns("__pycache__"))
    source = textwrap.dedent(OTHERS[replaced])
    tmp_path.joinpath("tinytorch", f"{replaced}.py").write_text(source, encoding="utf-8")
    with imported_from(tmp_path):
        names = _public_names()
        losses, accuracy = _train_by_hand(names)
        assert losses[-1] < losses[0] / 2
        assert accuracy > 0.95
        model = _classifier(names)
        x = names.Tensor(np.ones((2, 2, 2)))
        for loss, target in [
            (names.CrossEntropyLoss(), np.array([0, 2])),
            (names.MSELoss(), np.ones((2, 3))),
        ]:
            root = loss(model(x), target)
            assert root.dtype == np.float32
            assert _leaves(root).keys() == {id(parameter) for parameter in model.parameters()}
