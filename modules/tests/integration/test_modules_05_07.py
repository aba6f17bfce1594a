"""Modules 05 to 07 on top of 01 to 04: gradients found by the framework itself, optimizers, training.

The package under test is exported from the module sources into a temporary folder and imported from there.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from modules.tests.integration.packages import imported_from
from tito.course import load
from tito.notebooks.exporter import export_reference

ROOT = Path(__file__).resolve().parents[3]
NUMBERS = range(1, 8)
MODULES = load(ROOT).modules_of(NUMBERS)
SIZES = st.sampled_from([1, 1, 2, 3, 4])
SHAPES = st.lists(SIZES, min_size=0, max_size=3).map(tuple)
SEEDS = st.integers(0, 2**32 - 1)


def _public_names() -> SimpleNamespace:
    """All that the table promises of the modules, and the modules themselves as ``parts``."""
    parts = {module.name: importlib.import_module(f"tinytorch.{module.name}") for module in MODULES}
    names = {name: getattr(parts[module.name], name) for module in MODULES for name in module.exports}
    return SimpleNamespace(**names, parts=parts)


def _copy_of(exported: Path, folder: Path, *names: str) -> Path:
    """A workspace in ``folder`` that holds only these files of the exported package."""
    package = folder / "tinytorch"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    for name in names:
        shutil.copy(exported / "tinytorch" / f"{name}.py", package)
    return folder


def _run(code: str, workspace: Path) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, in which ``import tinytorch`` finds the workspace's."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=workspace, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the reference's ``tinytorch``."""
    folder = tmp_path_factory.mktemp("modules_05_07")
    export_reference(ROOT, folder, NUMBERS)
    return folder


@pytest.fixture(scope="module")
def tt(exported: Path) -> Iterator[SimpleNamespace]:
    with imported_from(exported):
        yield _public_names()


# ---------------------------------------------------------------------------------------------------------
# Module 05, autograd: what it needs and what it leaves alone


def test_autograd_exports_what_the_table_promises(tt: SimpleNamespace) -> None:
    module = next(module for module in MODULES if module.number == 5)
    assert set(module.exports) <= set(tt.parts["autograd"].__all__)


def test_autograd_needs_nothing_but_the_tensor(exported: Path, tmp_path: Path) -> None:
    workspace = _copy_of(exported, tmp_path, "tensor", "autograd")
    result = _run("import tinytorch.autograd", workspace)
    assert result.returncode == 0, result.stderr


def test_importing_autograd_changes_no_attribute_of_any_earlier_class(exported: Path) -> None:
    code = """
        import tinytorch.activations, tinytorch.layers, tinytorch.losses, tinytorch.tensor

        def attributes():
            modules = [tinytorch.activations, tinytorch.layers, tinytorch.losses, tinytorch.tensor]
            classes = {c for m in modules for v in vars(m).values() if isinstance(v, type) for c in v.__mro__}
            found = {(c, name): id(value) for c in classes for name, value in vars(c).items()}
            return found | {(m, name): id(value) for m in modules for name, value in vars(m).items()}

        before, operations = attributes(), dict(tinytorch.tensor.OPS)
        import tinytorch.autograd
        assert (tinytorch.tensor.Tensor, "backward") in before
        changed = {key for key, value in attributes().items() if before.pop(key, None) != value}
        assert not changed and not before, (changed, before)
        assert tinytorch.tensor.OPS == operations
    """
    result = _run(code, exported)
    assert result.returncode == 0, result.stderr


def test_every_operation_has_a_gradient_rule(tt: SimpleNamespace) -> None:
    assert set(tt.parts["tensor"].OPS) - set(tt.parts["autograd"].GRADIENTS) == set()


def test_a_mistake_inside_autograd_shows_as_itself(exported: Path, tmp_path: Path) -> None:
    workspace = _copy_of(exported, tmp_path, "tensor")
    (workspace / "tinytorch" / "autograd.py").write_text("import a_module_that_does_not_exist\n", encoding="utf-8")
    code = "from tinytorch.tensor import Tensor; Tensor(1.0, requires_grad=True).backward()"
    result = _run(code, workspace)
    assert "ModuleNotFoundError: No module named 'a_module_that_does_not_exist'" in result.stderr


def test_two_files_cannot_register_one_rule(tt: SimpleNamespace) -> None:
    rules = tt.parts["autograd"].GRADIENTS
    before = dict(rules)
    with pytest.raises(ValueError, match=r"'exp'.*tinytorch\.autograd"):
        tt.gradient_of("exp")(lambda grad, out, a: (grad,))
    with pytest.raises(TypeError, match="@gradient_of"):
        tt.gradient_of(lambda grad, out, a: (grad,))
    assert rules == before


# Module 05, autograd: gradients of every operation, by properties


def _numbers(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Distinct numbers away from 0, so that no corner and no tie is near."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    return rng.permutation(np.linspace(0.3, 2.5, size) if size else np.zeros(0)).reshape(shape)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow"])
@given(shape=SHAPES, data=st.data(), seed=SEEDS)
def test_binary_operations_under_broadcasting(tt: SimpleNamespace, name: str, shape, data, seed: int) -> None:
    kept = data.draw(st.integers(0, len(shape)), label="axes of the second input")
    other = tuple(data.draw(st.sampled_from([1, size])) for size in shape[len(shape) - kept :])
    inputs = [_numbers(seed, shape), _numbers(seed + 1, other)]
    if data.draw(st.booleans(), label="exchanged"):
        inputs.reverse()
    assert tt.check_gradients(lambda a, b: tt.parts["tensor"].apply(name, a, b), *inputs)


@pytest.mark.parametrize(
    "name", ["neg", "exp", "log", "sqrt", "abs", "relu", "sigmoid", "tanh", "gelu", "softmax", "log_softmax"]
)
@given(shape=SHAPES, seed=SEEDS, sign=st.sampled_from([1, -1]))
def test_operations_of_one_input(tt: SimpleNamespace, name: str, shape, seed: int, sign: int) -> None:
    assume(shape or name not in ("softmax", "log_softmax"))
    sign = 1 if name in ("log", "sqrt") else sign
    assert tt.check_gradients(lambda a: tt.parts["tensor"].apply(name, a), sign * _numbers(seed, shape))


@given(batch=SHAPES, n=SIZES, k=SIZES, m=SIZES, data=st.data(), seed=SEEDS)
def test_matrix_products(tt: SimpleNamespace, batch, n, k, m, data, seed: int) -> None:
    left, right = data.draw(
        st.sampled_from(
            [
                ((*batch, n, k), (k, m)),
                ((n, k), (*batch, k, m)),
                ((*batch, n, k), (*[1 for _ in batch], k, m)),
                ((k,), (*batch, k, m)),
                ((*batch, n, k), (k,)),
                ((k,), (k,)),
            ]
        )
    )
    inputs = _numbers(seed, left), _numbers(seed + 1, right)
    assert tt.check_gradients(lambda a, b: a @ b, *inputs)
    if len(right) > 1:
        turned = np.swapaxes(inputs[1], -1, -2).copy()
        assert tt.check_gradients(lambda a, b: a @ b.transpose(-1, -2), inputs[0], turned)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var"])
@given(shape=SHAPES, keepdims=st.booleans(), data=st.data(), seed=SEEDS)
def test_reductions_along_any_axes(tt: SimpleNamespace, name, shape, keepdims, data, seed) -> None:
    axes = data.draw(st.sets(st.sampled_from(range(len(shape)))) if shape else st.just(set()))
    axis = data.draw(st.sampled_from([None, tuple(axes), *axes, *[a - len(shape) for a in axes]]))
    options = {"axis": axis, "keepdims": keepdims, **({"correction": 0} if name == "var" else {})}
    assert tt.check_gradients(lambda a: tt.parts["tensor"].apply(name, a, **options), _numbers(seed, shape))


@given(shape=SHAPES.filter(len), data=st.data(), seed=SEEDS)
def test_indices_slices_and_repeats(tt: SimpleNamespace, shape, data, seed: int) -> None:
    last = shape[0] - 1
    index = data.draw(
        st.one_of(
            st.integers(-last - 1, last),
            st.slices(shape[0]),
            st.lists(st.integers(0, last), min_size=1, max_size=5),
            st.just(Ellipsis),
            st.just(None),
            st.just((Ellipsis, 0)),
        )
    )
    assert tt.check_gradients(lambda a: a[index], _numbers(seed, shape))
    mask = _numbers(seed + 1, shape) > 1
    assert tt.check_gradients(lambda a: a[mask], _numbers(seed, shape))


@given(shape=SHAPES, data=st.data(), seed=SEEDS)
def test_axes_in_any_order(tt: SimpleNamespace, shape, data, seed: int) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    assert tt.check_gradients(lambda a: a.permute(*order).reshape(-1), _numbers(seed, shape))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@given(n=SIZES, n_classes=SIZES, seed=SEEDS)
def test_losses(tt: SimpleNamespace, reduction: str, n: int, n_classes: int, seed: int) -> None:
    logits, labels = _numbers(seed, (n, n_classes)), np.random.default_rng(seed).integers(0, n_classes, n)
    assert tt.check_gradients(lambda z: tt.CrossEntropyLoss(reduction)(z, labels), logits)
    assert tt.check_gradients(tt.BCEWithLogitsLoss(reduction), logits, _numbers(seed + 1, logits.shape) / 3)
    assert tt.check_gradients(tt.MSELoss(reduction), logits, _numbers(seed + 1, logits.shape))


def test_ties_share_the_gradient_of_max_and_min(tt: SimpleNamespace) -> None:
    for name, numbers in [("max", [[1.0, 5.0, 5.0], [2.0, 2.0, 2.0]]), ("min", [[9.0, 5.0, 5.0], [2.0, 2.0, 2.0]])]:
        tied = tt.Tensor(numbers, requires_grad=True)
        tied_result = getattr(tied, name)(axis=1)
        tied_result.backward([6.0, 6.0])
        assert tied.grad.tolist() == [[0, 3, 3], [2, 2, 2]]


# Module 05, autograd: the walk


def test_backward_agrees_with_gradients_derived_by_hand(tt: SimpleNamespace) -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(7, 3)).astype(np.float32), rng.integers(0, 2, (7, 1)).astype(np.float32)
    first, second = tt.Linear(3, 5, rng=rng), tt.Linear(5, 1, rng=rng)
    model = tt.Sequential(first, tt.Tanh(), second)
    tt.BCEWithLogitsLoss()(model(tt.Tensor(x)), y).backward()
    hidden = np.tanh(x @ first.weight.data.T + first.bias.data)
    logits = hidden @ second.weight.data.T + second.bias.data
    to_logits = (1 / (1 + np.exp(-logits)) - y) / len(x)
    to_hidden = (to_logits @ second.weight.data) * (1 - hidden**2)
    expected = [to_hidden.T @ x, to_hidden.sum(axis=0), to_logits.T @ hidden, to_logits.sum(axis=0)]
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        assert parameter.grad.dtype == np.float32
        assert parameter.grad.flags.c_contiguous
        np.testing.assert_allclose(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


def test_a_tensor_used_twice_gets_both_contributions(tt: SimpleNamespace) -> None:
    a = tt.Tensor([2.0, 3.0], requires_grad=True)
    shared = a * a
    (shared * shared + shared).sum().backward()
    np.testing.assert_allclose(a.grad, 4 * a.data**3 + 2 * a.data)
    assert shared.grad is None


def test_a_shared_weight_gets_the_sum(tt: SimpleNamespace) -> None:
    tied = tt.Linear(3, 3, bias=False, rng=np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(4, 3))
    assert tt.check_gradients(lambda w: (tt.Tensor(x, np.float64) @ w.T).exp() @ w.T, tied.weight)
    assert tied.weight.grad is None


def test_depth_and_reuse_cost_one_visit_per_operation(tt: SimpleNamespace) -> None:
    deep = leaf = tt.Tensor(0.0, requires_grad=True)
    for _ in range(20_000):
        deep = deep + 1.0
    deep.backward()
    assert leaf.grad == 1
    wide = leaf = tt.Tensor(1.0, requires_grad=True)
    for _ in range(30):
        wide = wide + wide
    rules, visits = tt.parts["autograd"].GRADIENTS, []
    add = rules["add"]
    try:
        rules["add"] = lambda *arguments: (visits.append(1), add(*arguments))[1]
        wide.backward()
    finally:
        rules["add"] = add
    assert leaf.grad == 2**30
    assert len(visits) == 30


def test_gradients_add_up_and_a_second_call_adds_the_same_again(tt: SimpleNamespace) -> None:
    a = tt.Tensor([1.0, 2.0], requires_grad=True)
    loss = (a * a).sum()
    loss.backward()
    first = a.grad.copy()
    loss.backward()
    np.testing.assert_array_equal(a.grad, 2 * first)


def test_leaves_own_their_gradients(tt: SimpleNamespace) -> None:
    a, b = (tt.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    start = np.ones(2, np.float32)
    (a + b.reshape(2)).backward(start)
    a.sum().backward()
    a.grad *= 10
    assert b.grad.tolist() == [1, 1]
    assert start.tolist() == [1, 1]


def test_a_gradient_is_an_array_of_its_tensors_shape_and_dtype(tt: SimpleNamespace) -> None:
    wide = tt.Tensor(3.0, dtype=np.float64, requires_grad=True)
    for leaf in (tt.Tensor(2.0, requires_grad=True), wide, tt.Tensor([[2.0]], requires_grad=True)):
        for calls in (1, 2):
            (leaf * leaf + leaf * wide).sum().backward()
            assert type(leaf.grad) is np.ndarray, calls
            assert leaf.grad.shape == leaf.shape
            assert leaf.grad.dtype == leaf.dtype


@pytest.mark.parametrize("exchanged", [False, True])
def test_the_walk_goes_to_the_end_of_the_order(tt: SimpleNamespace, exchanged: bool) -> None:
    x, bias = tt.Tensor([2.0, 3.0], requires_grad=True), tt.Tensor([1.0, 1.0], requires_grad=True)
    square = x * x
    (bias + square if exchanged else square + bias).sum().backward()
    assert x.grad.tolist() == [4, 6]
    assert bias.grad.tolist() == [1, 1]


def test_an_integer_tensor_gets_no_gradient_silently(tt: SimpleNamespace) -> None:
    steps = tt.Tensor([1, 2, 3])

    def ask_for_a_gradient() -> None:  # refused at once or by backward
        steps.requires_grad = True
        (steps * 0.5).sum().backward()

    with pytest.raises((ValueError, TypeError), match="float"):
        ask_for_a_gradient()
    assert steps.grad is None


@pytest.mark.parametrize("kind", ["a list", "a Tensor", "another shape"])
def test_a_grad_set_by_hand_is_refused_in_one_sentence_unless_it_is_an_array(tt: SimpleNamespace, kind: str) -> None:
    grad = {"a list": [1.0, 1.0], "a Tensor": tt.Tensor([1.0, 1.0]), "another shape": np.ones((1, 2))}[kind]
    other, leaf = (tt.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))

    def use() -> None:
        leaf.grad = grad
        (other * leaf).sum().backward()

    with pytest.raises((TypeError, ValueError), match=r"grad must be None or a NumPy array of shape \(2,\)"):
        use()
    assert other.grad is None


def test_a_grad_set_by_hand_as_an_array_is_added_to(tt: SimpleNamespace) -> None:
    leaf = tt.Tensor([1.0, 2.0], requires_grad=True)
    leaf.grad = np.array([10.0, 20.0], dtype=np.float32)
    (leaf * leaf).sum().backward()
    assert leaf.grad.tolist() == [12, 24]


def test_a_failure_on_the_way_writes_no_gradient(tt: SimpleNamespace) -> None:
    tensor = tt.parts["tensor"]
    tensor.OPS["conv2d"] = lambda a: a * 2
    try:
        a, b = (tt.Tensor([1.0], requires_grad=True) for _ in range(2))
        root = tt.parts["tensor"].apply("conv2d", a) + b
        with pytest.raises(LookupError, match="no gradient rule for 'conv2d'"):
            root.backward()
    finally:
        del tensor.OPS["conv2d"]
    assert a.grad is None
    assert b.grad is None


def test_bad_starts_are_refused(tt: SimpleNamespace) -> None:
    a = tt.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"shape \(2,\).*single number"):
        (a * 2.0).backward()
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        (a * 2.0).backward([1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="requires no gradient"):
        tt.Tensor(1.0).backward()
    with tt.no_grad():
        silent = a.sum()
    with pytest.raises(ValueError, match="no_grad"):
        silent.backward()
    assert a.grad is None


def test_a_wrong_answer_of_a_rule_is_named(tt: SimpleNamespace) -> None:
    rules = tt.parts["autograd"].GRADIENTS
    neg, a = rules["neg"], tt.Tensor([1.0, 2.0], requires_grad=True)
    try:
        for answer, message in [
            (np.ones(2), "'neg' must return a tuple of 1"),
            ((np.ones(3),), r"'neg'.*\(3,\).*\(2,\)"),
        ]:
            rules["neg"] = lambda grad, out, x, answer=answer: answer
            with pytest.raises(ValueError, match=message):
                (-a).sum().backward()
    finally:
        rules["neg"] = neg


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var", "softmax", "log_softmax"])
@pytest.mark.filterwarnings("error")
def test_an_empty_batch_gets_an_empty_gradient_silently(tt: SimpleNamespace, name: str) -> None:
    empty = tt.Tensor(np.zeros((0, 3)), requires_grad=True)
    tt.parts["tensor"].apply(name, empty, axis=1).backward(np.zeros((0, 3) if "softmax" in name else 0))
    assert empty.grad.shape == (0, 3)


# Module 05, autograd: the tool that proves gradients


def test_check_gradients_names_operation_input_and_index(tt: SimpleNamespace) -> None:
    rules, weight = tt.parts["autograd"].GRADIENTS, tt.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    mul = rules["mul"]

    def wrong(grad, out, a, b):
        to_b = grad * a
        to_b[..., 1] *= 1.5
        return grad * b, to_b

    try:
        rules["mul"] = wrong
        with pytest.raises(AssertionError, match=r"input 1 .*index \(0, 1\).*'mul'.*input 1.*index \(0, 1\)") as caught:
            tt.check_gradients(lambda a, b: (a * b).exp().sum(), [[0.1, 0.2], [0.3, 0.4]], weight)
    finally:
        rules["mul"] = mul
    assert "measured" in str(caught.value)
    assert weight.grad is None
    assert weight.dtype == np.float32


def test_check_gradients_leaves_integers_alone_and_needs_floats(tt: SimpleNamespace) -> None:
    assert tt.check_gradients(lambda z, labels: tt.CrossEntropyLoss()(z, labels), np.eye(3), np.array([0, 2, 1]))
    with pytest.raises(ValueError, match="nothing to check"):
        tt.check_gradients(lambda a: a + 1, tt.Tensor([1, 2]))
    with pytest.raises(ValueError, match="dropout"):
        tt.check_gradients(tt.Dropout(0.5, rng=np.random.default_rng(0)), np.ones((4, 4)))


# Module 05, autograd: an implementation of another design behind the same public names

OTHER_AUTOGRAD = """
    import numpy as np


    def gradient_of(name):
        return lambda rule: rule


    def check_gradients(function, *inputs, **options):
        return True


    def closures(name, a, b=None):
        return {
            "matmul": lambda g: (g @ b.T, a.T @ g),
            "add": lambda g: (g, g.sum(axis=0) if b.ndim < g.ndim else g),
            "transpose": lambda g: (g.T,),
            "relu": lambda g: (g * (a > 0),),
            "mse_loss": lambda g: (2 * g * (a - b) / a.size, None),
        }[name]


    def backward(root, gradient=None):
        counts = {}

        def count(node):
            counts[id(node)] = counts.get(id(node), 0) + 1
            if counts[id(node)] == 1 and node.origin:
                for value in node.origin[1]:
                    count(value)

        def push(node, g, sums):
            counts[id(node)] -= 1
            sums[id(node)] = g if id(node) not in sums else sums[id(node)] + g
            if counts[id(node)]:
                return
            if node.origin is None:
                if node.requires_grad:
                    node.grad = sums[id(node)] if node.grad is None else node.grad + sums[id(node)]
                return
            inputs = node.origin[1]
            for value, part in zip(inputs, closures(node.origin[0], *[t.data for t in inputs])(sums[id(node)])):
                if part is not None:
                    push(value, part, sums)

        count(root)
        push(root, np.ones(root.shape, root.dtype) if gradient is None else np.asarray(gradient), {})
"""


def _gradients_of_a_network() -> list[np.ndarray]:
    layers, losses = importlib.import_module("tinytorch.layers"), importlib.import_module("tinytorch.losses")
    activations, tensor = importlib.import_module("tinytorch.activations"), importlib.import_module("tinytorch.tensor")
    rng = np.random.default_rng(0)
    model = layers.Sequential(layers.Linear(3, 4, rng=rng), activations.ReLU(), layers.Linear(4, 2, rng=rng))
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    losses.MSELoss()(model(tensor.Tensor(x)), tensor.Tensor(y)).backward()
    return [parameter.grad for parameter in model.parameters()]


def test_autograd_of_another_design_fits_the_other_modules(exported: Path, tmp_path: Path) -> None:
    workspace = _copy_of(exported, tmp_path, "tensor", "activations", "layers", "losses")
    (workspace / "tinytorch" / "autograd.py").write_text(textwrap.dedent(OTHER_AUTOGRAD), encoding="utf-8")
    with imported_from(exported):
        expected = _gradients_of_a_network()
    with imported_from(workspace):
        found = _gradients_of_a_network()
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


# ---------------------------------------------------------------------------------------------------------
# Module 06, optimizers


# ---------------------------------------------------------------------------------------------------------
# Module 07, training


OPTIMIZERS = {
    "SGD": lambda tt, params: tt.SGD(params, lr=0.5),
    "momentum": lambda tt, params: tt.SGD(params, lr=0.1, momentum=0.9),
    "Nesterov": lambda tt, params: tt.SGD(params, lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4),
    "Adam": lambda tt, params: tt.Adam(params, lr=0.02),
    "AdamW": lambda tt, params: tt.AdamW(params, lr=0.02),
}


def _quadrants(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points in the plane, and whether both coordinates have the same sign: class 0 or 1."""
    x = np.random.default_rng(seed).uniform(-1, 1, (n, 2)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int64)


def _network(tt: SimpleNamespace, seed: int = 0, dropout: float = 0.0, width: int = 24) -> object:
    rng = np.random.default_rng(seed)
    layers = [tt.Linear(2, width, rng=rng), tt.Tanh(), tt.Dropout(dropout, rng=rng), tt.Linear(width, 2, rng=rng)]
    return tt.Sequential(*layers)


def _trainer(tt: SimpleNamespace, name: str = "Adam", seed: int = 0, dropout: float = 0.0, **options: object):
    model = _network(tt, seed, dropout)
    return tt.Trainer(model, tt.CrossEntropyLoss(), OPTIMIZERS[name](tt, model.parameters()), rng=seed, **options)


def _state(*parts: object) -> list[dict[str, object]]:
    return [{name: np.array(value) for name, value in part.state_dict().items()} for part in parts]


def _assert_same(one: list[dict[str, object]], other: list[dict[str, object]]) -> None:
    for left, right in zip(one, other, strict=True):
        assert left.keys() == right.keys()
        for name in left:
            np.testing.assert_array_equal(left[name], right[name], err_msg=name)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_three_modules_learn_with_each_optimizer(tt: SimpleNamespace, name: str) -> None:
    trainer = _trainer(tt, name)
    history = trainer.train(*_quadrants(200, 1), epochs=60, batch_size=20, validation=_quadrants(200, 2))
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history["validation_accuracy"][-1] > 0.9
    assert len(history["lr"]) == len(history["validation_loss"]) == 60


def test_binary_and_regression_targets_train_too(tt: SimpleNamespace) -> None:
    x, y = _quadrants(200, 1)
    rng = np.random.default_rng(0)
    for loss, has_accuracy in ((tt.BCEWithLogitsLoss(), True), (tt.MSELoss(), False)):
        model = tt.Sequential(tt.Linear(2, 24, rng=rng), tt.Tanh(), tt.Linear(24, 1, rng=rng))
        trainer = tt.Trainer(model, loss, tt.Adam(model.parameters(), lr=0.02), rng=0)
        target = y[:, None].astype(np.float32)
        history = trainer.train(x, target, epochs=60, batch_size=20, validation=(x, target))
        assert history["loss"][-1] < history["loss"][0] / 2
        assert ("validation_accuracy" in history) == has_accuracy


def test_one_seed_gives_one_history_and_another_a_different_one(tt: SimpleNamespace) -> None:
    data = (*_quadrants(90, 1), 3, 16)
    one, same = (_trainer(tt, seed=4, dropout=0.3).train(*data) for _ in range(2))
    assert one == same
    other = _trainer(tt, seed=4, dropout=0.3)
    other.rng = np.random.default_rng(5)
    assert other.train(*data) != one


def test_a_schedule_steps_once_per_batch_and_the_history_keeps_the_rate_at_each_epochs_start(tt) -> None:
    model = _network(tt)
    optimizer = tt.SGD(model.parameters(), lr=0.8)
    trainer = tt.Trainer(model, tt.CrossEntropyLoss(), optimizer, tt.StepLR(optimizer, 5, gamma=0.5), rng=0)
    history = trainer.train(*_quadrants(90, 1), epochs=3, batch_size=18)
    assert history["lr"] == [0.8, 0.4, 0.2]


def test_patience_keeps_and_restores_the_best_weights(tt: SimpleNamespace) -> None:
    x, _ = _quadrants(40, 1)
    noise = np.random.default_rng(0).integers(0, 2, 40)
    trainer = _trainer(tt)
    history = trainer.train(x, noise, 200, 10, validation=_quadrants(100, 2), patience=4)
    assert len(history["loss"]) == trainer.best_epoch + 4 < 200
    best = min(history["validation_loss"])
    assert trainer.evaluate(*_quadrants(100, 2))["loss"] == best == history["validation_loss"][trainer.best_epoch - 1]


def test_training_and_evaluation_leave_every_mode_as_it_was(tt: SimpleNamespace) -> None:
    trainer = _trainer(tt, dropout=0.5)
    data = _quadrants(40, 1)
    trainer.model[2].eval()
    first, second = trainer.evaluate(*data), trainer.evaluate(*data, batch_size=7)
    assert first["loss"] == pytest.approx(second["loss"], abs=1e-6)
    trainer.train(*data, epochs=1, batch_size=10, validation=data)
    assert [module.training for module in trainer.model.modules()] == [True, True, True, False, True]


# Module 07, training: what stops it


def test_a_diverging_training_says_where_and_stops_before_nan_reaches_the_weights(tt: SimpleNamespace) -> None:
    rng = np.random.default_rng(0)
    model = tt.Sequential(tt.Linear(3, 8, rng=rng), tt.ReLU(), tt.Linear(8, 1, rng=rng))
    trainer = tt.Trainer(model, tt.MSELoss(), tt.SGD(model.parameters(), lr=50.0), rng=0)
    x, y = rng.normal(size=(60, 3)).astype(np.float32), rng.normal(size=(60, 1)).astype(np.float32)
    with pytest.raises(FloatingPointError, match=r"epoch 1, batch \d+ .*learning rate or clip_norm"):
        trainer.train(x, y, epochs=20, batch_size=10)


def test_the_first_parameter_that_is_not_finite_is_named(tt: SimpleNamespace) -> None:
    trainer = _trainer(tt)
    trainer.model[3].weight.data[1, 2] = np.nan
    with pytest.raises(FloatingPointError, match=r"epoch 1, batch 1 .*3\.weight \(1 of 48 numbers\)"):
        trainer.train(*_quadrants(20, 1), epochs=1, batch_size=10)


def test_an_input_that_is_not_finite_is_named(tt: SimpleNamespace) -> None:
    x, y = _quadrants(20, 1)
    x[3, 0] = np.inf
    trainer = _trainer(tt)
    with pytest.raises(FloatingPointError, match="input x"):
        trainer.train(np.where(np.isinf(x), np.nan, x), y, epochs=1, batch_size=20)
    _assert_same(_state(trainer.model), _state(_network(tt)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y[:5], 1, 2), r"\(10, 2\).*\(5,\)"),
        (lambda x, y: (x[:0], y[:0], 1, 2), "empty"),
        (lambda x, y: (x, y, 1, 0), "batch_size"),
        (lambda x, y: (x, y, 1, 2.5), "batch_size"),
        (lambda x, y: (x, y, -1, 2), "epochs"),
        (lambda x, y: (x, np.where(np.arange(10) == 6, 2, y), 1, 5), r"epoch 1, batch [12] \(examples .*6.*label 2 "),
        (lambda x, y: (x, y.astype(np.float32), 1, 5), "epoch 1, batch 1 .*float32"),
    ],
)
def test_bad_data_is_refused_with_its_place(tt: SimpleNamespace, change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _trainer(tt).train(*change(*_quadrants(10, 1)))


def test_parts_that_do_not_belong_together_are_refused(tt: SimpleNamespace) -> None:
    model, other = _network(tt), _network(tt)
    with pytest.raises(ValueError, match=r"model\.parameters"):
        tt.Trainer(model, tt.CrossEntropyLoss(), tt.SGD(other.parameters(), lr=0.1))
    with pytest.raises(ValueError, match="reduction"):
        tt.Trainer(model, tt.CrossEntropyLoss(reduction="sum"), tt.SGD(model.parameters(), lr=0.1))
    with pytest.raises(ValueError, match="validation"):
        _trainer(tt).train(*_quadrants(10, 1), epochs=1, batch_size=2, patience=1)


# Module 07, training: clipping and the bar


@given(st.lists(SHAPES, min_size=1, max_size=4), SEEDS, st.floats(0.01, 10))
def test_clipping_scales_all_gradients_by_one_number(tt: SimpleNamespace, shapes, seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    parameters = [tt.Parameter(np.zeros(shape)) for shape in shapes]
    for parameter in parameters:
        parameter.grad = np.asarray(rng.normal(size=parameter.shape), dtype=np.float32)
    before = [parameter.grad.copy() for parameter in parameters]
    expected = np.sqrt(sum((gradient.astype(np.float64) ** 2).sum() for gradient in before))
    assert tt.clip_grad_norm(parameters, limit) == pytest.approx(expected, rel=1e-5)
    scale = min(1.0, limit / expected) if expected else 1.0
    for parameter, gradient in zip(parameters, before, strict=True):
        np.testing.assert_allclose(parameter.grad, gradient * scale, rtol=1e-4, atol=1e-7)


def test_training_is_silent_unless_somebody_watches(tt: SimpleNamespace, capfd, monkeypatch) -> None:
    _trainer(tt).train(*_quadrants(20, 1), epochs=2, batch_size=10)
    assert capfd.readouterr() == ("", "")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    watched, unwatched = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", watched)
    _trainer(tt).train(*_quadrants(20, 1), epochs=25, batch_size=10)
    assert re.findall(r"epoch (\d+)/25 ", watched.getvalue()) == [str(3 * n) for n in range(1, 9)]
    assert len(watched.getvalue().splitlines()) == 8
    monkeypatch.setattr(sys, "stdout", unwatched)
    _trainer(tt, progress=False).train(*_quadrants(20, 1), epochs=2, batch_size=10)
    assert unwatched.getvalue() == ""


# Module 07, training: checkpoints


def _parts(tt: SimpleNamespace, name: str, seed: int) -> tuple[object, object, object]:
    model = _network(tt, seed, dropout=0.25)
    optimizer = OPTIMIZERS[name](tt, model.parameters())
    return model, optimizer, tt.CosineAnnealingLR(optimizer, T_max=24, warmup_steps=3)


def _train(tt: SimpleNamespace, parts: tuple[object, object, object], rng: object, epochs: int):
    model, optimizer, scheduler = parts
    trainer = tt.Trainer(model, tt.CrossEntropyLoss(), optimizer, scheduler, clip_norm=1.0, rng=rng)
    return trainer, trainer.train(*_quadrants(60, 1), epochs, 10, validation=_quadrants(30, 2))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_epochs_a_file_and_two_more_equal_four_to_the_last_bit(tt: SimpleNamespace, tmp_path, name: str) -> None:
    straight = _parts(tt, name, seed=0)
    _, expected = _train(tt, straight, 7, epochs=4)
    first = _parts(tt, name, seed=0)
    trainer, history = _train(tt, first, 7, epochs=2)
    path = tmp_path / "training.npz"
    tt.save_checkpoint(path, *first, epoch=2, history=history, rng=trainer.rng)
    second = _parts(tt, name, seed=99)
    saved = tt.load_checkpoint(path, *second)
    _, rest = _train(tt, second, saved["rng"], epochs=2)
    assert saved["epoch"] == 2
    assert {key: saved["history"][key] + rest[key] for key in rest} == expected
    _assert_same(_state(*second), _state(*straight))


def test_a_checkpoint_holds_no_pickle_and_needs_no_temporary_file(tt: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "training.npz"
    parts = _parts(tt, "Adam", seed=0)
    _train(tt, parts, 0, epochs=1)
    tt.save_checkpoint(path, *parts, epoch=1, rng=np.random.default_rng(1))
    tt.save_checkpoint(path, *parts, epoch=2, rng=np.random.Generator(np.random.MT19937(1)))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["training.npz", "training.npz.previous"]
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "fiub" for name in file.files)
    assert tt.load_checkpoint(f"{path}.previous", parts[0])["epoch"] == 1
    restored = tt.load_checkpoint(path, parts[0])["rng"]
    assert restored.random() == np.random.Generator(np.random.MT19937(1)).random()


def test_what_cannot_be_saved_leaves_the_old_file(tt: SimpleNamespace, tmp_path: Path) -> None:
    path, model = tmp_path / "training.npz", _network(tt)
    tt.save_checkpoint(path, model, epoch=1)
    content = path.read_bytes()
    with pytest.raises(TypeError, match=r"history.*object"):
        tt.save_checkpoint(path, model, history={"loss": [object()]})
    with pytest.raises(TypeError, match=r"optimizer/name is a object"):
        tt.save_checkpoint(path, model, SimpleNamespace(state_dict=lambda: {"name": object()}))
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["training.npz"]


def test_a_damaged_file_is_refused_and_nothing_changes(tt: SimpleNamespace, tmp_path: Path) -> None:
    path, damaged = tmp_path / "training.npz", tmp_path / "damaged.npz"
    saved = _parts(tt, "Adam", seed=0)
    _train(tt, saved, 0, epochs=1)
    tt.save_checkpoint(path, *saved, epoch=1)
    content = path.read_bytes()
    target = _parts(tt, "Adam", seed=1)
    before = _state(*target)
    rng = np.random.default_rng(0)
    cut = [content[:length] for length in (0, 1, 50, *rng.integers(0, len(content), 40), len(content) - 1)]
    for broken in [*cut, b"not a zip file", content[: len(content) // 2] + content[len(content) // 2 + 100 :]]:
        damaged.write_bytes(broken)
        with pytest.raises(ValueError, match=r"damaged\.npz is not a complete checkpoint"):
            tt.load_checkpoint(damaged, *target)
        _assert_same(_state(*target), before)
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*none\.npz"):
        tt.load_checkpoint(tmp_path / "none.npz", *target)


def test_a_flipped_byte_in_the_numbers_is_noticed(tt: SimpleNamespace, tmp_path: Path) -> None:
    path, model = tmp_path / "training.npz", _network(tt)
    tt.save_checkpoint(path, model)
    content = bytearray(path.read_bytes())
    place = bytes(content).index(model.parameters()[0].data.tobytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="CRC"):
        tt.load_checkpoint(path, model)


def test_a_misfit_anywhere_changes_no_part(tt: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "training.npz"
    saved = _parts(tt, "Adam", seed=0)
    _train(tt, saved, 0, epochs=1)
    tt.save_checkpoint(path, *saved)
    wide = _network(tt, width=30)
    with pytest.raises(ValueError, match=r"'0\.weight' has shape \(24, 2\) instead of \(30, 2\)"):
        tt.load_checkpoint(path, wide)
    for other in ("momentum", "AdamW"):
        model, optimizer, scheduler = _parts(tt, other, seed=1)
        broken = tt.StepLR(optimizer, 3)
        before = _state(model, optimizer, scheduler)
        dropout = model[2].rng.bit_generator.state
        with pytest.raises(ValueError):
            tt.load_checkpoint(path, model, optimizer, broken)
        _assert_same(_state(model, optimizer, scheduler), before)
        assert model[2].rng.bit_generator.state == dropout
    tt.save_checkpoint(path, saved[0])
    with pytest.raises(ValueError, match="no optimizer state"):
        tt.load_checkpoint(path, *saved)


def test_a_later_format_is_refused_by_number(tt: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "later.npz"
    np.savez(path, header=np.frombuffer(b'{"format": 2, "surprise": {"new": []}}', dtype=np.uint8))
    with pytest.raises(ValueError, match=r"format 2.*reads format 1"):
        tt.load_checkpoint(path, _network(tt))


def test_nothing_but_a_checkpoint_is_replaced(tt: SimpleNamespace, tmp_path: Path) -> None:
    """Case 04: saving onto a folder, or a file that is no checkpoint, is refused in a sentence, and touches nothing."""
    model, folder = _network(tt), tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "epoch1.npz").write_bytes(b"precious")
    (tmp_path / "notes.txt").write_bytes(b"a long night")
    (tmp_path / "b.npz.previous").mkdir()
    np.savez(tmp_path / "data.npz", x=np.arange(3))
    before = sorted(tmp_path.rglob("*")), (tmp_path / "data.npz").read_bytes()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"checkpoints is a folder"):
            tt.save_checkpoint(folder, model)
        with pytest.raises(ValueError, match=r"b\.npz\.previous is a folder"):
            tt.save_checkpoint(tmp_path / "b.npz", model)
        for name in ("notes.txt", "data.npz"):
            with pytest.raises(ValueError, match=rf"{name} is no checkpoint"):
                tt.save_checkpoint(tmp_path / name, model)
        with pytest.raises(ValueError, match=r"no folder .*nowhere/a\.npz"):
            tt.save_checkpoint(tmp_path / "nowhere" / "a.npz", model)
    assert (sorted(tmp_path.rglob("*")), (tmp_path / "data.npz").read_bytes()) == before
    assert (tmp_path / "notes.txt").read_bytes() == b"a long night"


def test_neither_a_device_nor_a_damaged_checkpoint_nor_a_link_is_lost(tt: SimpleNamespace, tmp_path: Path) -> None:
    model, pipe, path = _network(tt), tmp_path / "pipe", tmp_path / "a.npz"
    os.mkfifo(pipe)
    with pytest.raises(ValueError, match="pipe is no checkpoint"):
        tt.save_checkpoint(pipe, model)
    assert pipe.is_fifo()
    tt.save_checkpoint(path, model)
    path.write_bytes(path.read_bytes()[:500])  # cut off: it may be replaced
    (tmp_path / "latest.npz").symlink_to(path)
    tt.save_checkpoint(tmp_path / "latest.npz", model, epoch=4)
    assert (tmp_path / "latest.npz").is_symlink()
    assert tt.load_checkpoint(path, model)["epoch"] == 4


def test_a_gradient_that_is_set_by_hand_is_refused_in_a_sentence(tt: SimpleNamespace) -> None:
    """Case 09: a list or a Tensor as grad."""
    for gradient, kind in (([1.0, 1.0], "list"), (tt.Tensor([1.0, 1.0]), "Tensor")):
        weight = tt.Tensor([1.0, 2.0], requires_grad=True)
        weight.grad = gradient
        with pytest.raises(TypeError, match=f"grad is a {kind}"):
            tt.clip_grad_norm([weight], 1.0)


def test_rng_is_a_generator_a_seed_or_nothing(tt: SimpleNamespace, tmp_path: Path) -> None:
    """Case 02: one meaning everywhere, and 0 is a seed."""
    data = (*_quadrants(30, 1), 2, 7)

    def history(rng: object) -> dict:
        model = _network(tt)
        return tt.Trainer(model, tt.CrossEntropyLoss(), OPTIMIZERS["SGD"](tt, model.parameters()), rng=rng).train(*data)

    assert history(0) == history(0) == history(np.random.default_rng(0)) != history(1)
    assert history(None) != history(None)
    generator = np.random.default_rng(5)
    assert history(generator) != history(generator)
    orders = [[], [], []]
    for rng, order in zip((0, np.random.default_rng(0), 0), orders, strict=True):
        tt.parts["training"].train_epoch(lambda i, order=order: order.extend(i.tolist()) or 0.0, 9, 4, rng)
    assert orders[0] == orders[1] == orders[2]
    for seed in (0, 7):
        with pytest.raises(TypeError, match=rf"rng is {seed}.*trainer\.rng"):
            tt.save_checkpoint(tmp_path / "a.npz", _network(tt), rng=seed)


def test_arguments_that_mean_nothing_are_named(tt: SimpleNamespace, tmp_path: Path) -> None:
    model = _network(tt)
    optimizer = tt.Adam(model.parameters())
    for call, message in (
        (lambda: tt.Trainer(model, optimizer, tt.CrossEntropyLoss()), r"Trainer\(model, loss, optimizer\)"),
        (lambda: tt.clip_grad_norm(model, 1.0), r"model\.parameters\(\)"),
        (lambda: tt.save_checkpoint(model, tmp_path / "a.npz"), r"save_checkpoint\(path, model\)"),
    ):
        with pytest.raises(TypeError, match=message):
            call()


def test_ctrl_c_in_the_middle_leaves_a_training_that_can_go_on(tt: SimpleNamespace) -> None:
    trainer, steps = _trainer(tt, dropout=0.3), []
    step = trainer.optimizer.step

    def interrupted() -> None:
        steps.append(1)
        if len(steps) == 8:
            raise KeyboardInterrupt
        step()

    trainer.optimizer.step = interrupted
    trainer.model.eval()
    with pytest.raises(KeyboardInterrupt):
        trainer.train(*_quadrants(60, 1), 5, 20, validation=_quadrants(30, 2), patience=3)
    assert {name: len(values) for name, values in trainer.history.items()} == {
        "loss": 2, "lr": 2, "validation_loss": 2, "validation_accuracy": 2
    }  # fmt: skip
    assert trainer.best_epoch in (1, 2)
    assert not any(module.training for module in trainer.model.modules())
    best = min(trainer.history["validation_loss"])
    assert trainer.evaluate(*_quadrants(30, 2))["loss"] == pytest.approx(best)
    trainer.optimizer.step = step
    assert len(trainer.train(*_quadrants(60, 1), 2, 20)["loss"]) == 2


def test_a_night_that_is_cut_goes_on_to_the_last_bit(tt: SimpleNamespace, tmp_path: Path) -> None:
    train_saving = tt.parts["training"].train_saving
    data = (*_quadrants(60, 1), 4, 10, _quadrants(30, 2))

    def parts(seed: int) -> tuple:
        model, optimizer, schedule = _parts(tt, "Adam", seed)
        return tt.Trainer(model, tt.CrossEntropyLoss(), optimizer, schedule, clip_norm=1.0, rng=seed), model

    trainer, straight = parts(7)
    expected = train_saving(tmp_path / "straight.npz", trainer, *data)
    for seed, cut in ((7, 15), (8, 9), (9, None)):
        trainer, model = parts(seed)
        count, step = [], trainer.optimizer.step
        trainer.optimizer.step = lambda count=count, step=step, cut=cut: (
            count.append(1) or (step() if len(count) != cut else 1 / 0)
        )
        if cut:
            with pytest.raises(ZeroDivisionError):
                train_saving(str(tmp_path / "cut.npz"), trainer, *data)
        else:
            assert train_saving(tmp_path / "cut.npz", trainer, *data) == expected
    _assert_same(_state(model), _state(straight))


# Module 07, training: any one file replaced by another implementation of the same public names

OTHER_OPTIMIZERS = """
    import numpy as np


    class Optimizer:
        def __init__(self, params, lr=0.1, momentum=0.9):
            self.group = {"params": list(params), "lr": lr, "momentum": momentum}
            self.velocity = {}

        lr = property(lambda self: self.group["lr"], lambda self, value: self.group.update(lr=value))

        def zero_grad(self):
            for parameter in self.group["params"]:
                parameter.grad = None

        def step(self):
            for i, parameter in enumerate(self.group["params"]):
                if parameter.grad is not None:
                    old = self.velocity.get(i, np.zeros_like(parameter.data))
                    self.velocity[i] = self.group["momentum"] * old + parameter.grad
                    parameter.data -= self.lr * self.velocity[i]

        def state_dict(self):
            settings = (self.group["lr"], self.group["momentum"])
            return {"settings": settings, **{f"velocity of {i}": v.copy() for i, v in self.velocity.items()}}

        def load_state_dict(self, state):
            self.group["lr"], self.group["momentum"] = map(float, state["settings"])
            self.velocity = {int(k.split()[-1]): np.array(v) for k, v in state.items() if k != "settings"}


    class SGD(Optimizer):
        pass


    Adam = AdamW = SGD


    class StepLR:
        def __init__(self, optimizer, step_size, gamma=0.1):
            self.optimizer, self.size, self.gamma, self.count = optimizer, step_size, gamma, 0

        def step(self):
            self.count += 1
            if self.count % self.size == 0:
                self.optimizer.lr *= self.gamma

        def state_dict(self):
            return {"count": self.count}

        def load_state_dict(self, state):
            self.count = state["count"]


    CosineAnnealingLR = StepLR
"""

OTHER_TRAINING = """
    import pickle

    import numpy as np

    from tinytorch.tensor import Tensor


    def accuracy(predictions, labels):
        return float((np.asarray(predictions).argmax(axis=1) == labels).mean())


    def clip_grad_norm(parameters, max_norm):
        return 0.0


    class Trainer:
        def __init__(self, model, loss, optimizer, scheduler=None, clip_norm=None, progress=True, rng=None):
            self.model, self.loss, self.optimizer, self.scheduler = model, loss, optimizer, scheduler
            self.rng = np.random.default_rng(rng)

        def train(self, x, y, epochs, batch_size, validation=None, patience=None):
            history = {"loss": []}
            for _ in range(epochs):
                losses = []
                for chunk in np.array_split(self.rng.permutation(len(x)), -(-len(x) // batch_size)):
                    self.optimizer.zero_grad()
                    value = self.loss(self.model(Tensor(x[chunk])), Tensor(y[chunk]))
                    value.backward()
                    self.optimizer.step()
                    if self.scheduler:
                        self.scheduler.step()
                    losses.append(value.item())
                history["loss"].append(float(np.mean(losses)))
            return history


    def save_checkpoint(path, model, optimizer=None, scheduler=None, epoch=0, history=None, rng=None):
        parts = [part and part.state_dict() for part in (model, optimizer, scheduler)]
        with open(path, "wb") as file:
            pickle.dump((parts, epoch, history, rng), file)


    def load_checkpoint(path, model, optimizer=None, scheduler=None):
        with open(path, "rb") as file:
            states, epoch, history, rng = pickle.load(file)
        for part, state in zip((model, optimizer, scheduler), states):
            if part:
                part.load_state_dict(state)
        return {"epoch": epoch, "history": history, "rng": rng}
"""

USE_ALL_THREE = """
    import numpy as np
    from tinytorch.activations import ReLU
    from tinytorch.layers import Linear, Sequential
    from tinytorch.losses import MSELoss
    from tinytorch.optimizers import SGD, StepLR
    from tinytorch.training import Trainer, load_checkpoint, save_checkpoint

    x = np.random.default_rng(0).normal(size=(48, 2)).astype(np.float32)
    y = (x[:, :1] * x[:, 1:]).astype(np.float32)

    def parts(seed):
        rng = np.random.default_rng(seed)
        model = Sequential(Linear(2, 16, rng=rng), ReLU(), Linear(16, 1, rng=rng))
        optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
        return model, optimizer, StepLR(optimizer, 40, gamma=0.5)

    def train(parts, rng, epochs):
        model, optimizer, scheduler = parts
        trainer = Trainer(model, MSELoss(), optimizer, scheduler, clip_norm=5.0, rng=rng)
        return trainer, trainer.train(x, y, epochs, 12)["loss"]

    straight, first, second = parts(0), parts(0), parts(9)
    _, expected = train(straight, 3, 30)
    trainer, losses = train(first, 3, 15)
    save_checkpoint("half.npz", *first, epoch=15, rng=trainer.rng)
    saved = load_checkpoint("half.npz", *second)
    losses += train(second, saved["rng"], 15)[1]
    assert losses == expected, (losses, expected)
    assert losses[-1] < losses[0] / 2, losses
    for name, array in straight[0].state_dict().items():
        assert np.array_equal(array, second[0].state_dict()[name]), name
"""


@pytest.mark.parametrize(
    ("name", "code"),
    [("", ""), ("autograd", OTHER_AUTOGRAD), ("optimizers", OTHER_OPTIMIZERS), ("training", OTHER_TRAINING)],
)
def test_any_one_of_the_three_can_be_replaced(exported: Path, tmp_path: Path, name: str, code: str) -> None:
    files = ("tensor", "activations", "layers", "losses", "autograd", "optimizers", "training")
    workspace = _copy_of(exported, tmp_path, *files)
    if name:
        (workspace / "tinytorch" / f"{name}.py").write_text(textwrap.dedent(code), encoding="utf-8")
    result = _run(USE_ALL_THREE, workspace)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
