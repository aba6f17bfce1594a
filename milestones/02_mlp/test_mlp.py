"""Verification of milestone 2: the student's framework, with its own gradients, learns XOR and handwritten digits.

Imports only ``tinytorch`` (modules 01 to 07) and ``tito.datasets``, never the notebook. The digits are MNIST when its
files are in the cache, else the 8x8 digits that come with the course. ``tito milestone test mlp`` runs it and shows the
recorded figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from tinytorch.activations import ReLU
from tinytorch.layers import Linear, Module
from tinytorch.losses import BCEWithLogitsLoss, CrossEntropyLoss
from tinytorch.optimizers import SGD, Adam
from tinytorch.tensor import Tensor, no_grad
from tinytorch.training import accuracy
from tito import datasets

PARAMETER_NAMES = ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]
XOR_X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
XOR_Y = np.array([[0], [1], [1], [0]], dtype=np.float32)
DIGIT_STEPS, DIGIT_BATCH = 1500, 100


class TwoLayers(Module):
    """``inputs`` inputs, ``hidden_size`` ReLU units, ``outputs`` logits."""

    def __init__(self, inputs, hidden_size, outputs, rng):
        super().__init__()
        self.hidden = Linear(inputs, hidden_size, rng=rng)
        self.output = Linear(hidden_size, outputs, rng=rng)
        self.activation = ReLU()

    def forward(self, x):
        return self.output(self.activation(self.hidden(x)))


@dataclass
class Run:
    """One training run and what was measured in it."""

    model: TwoLayers
    losses: list[float]  # the first batch's loss, then the mean of each epoch
    start: list[np.ndarray]
    largest_gradient: dict[str, float] = field(default_factory=dict)


def parameters_of(model):
    """The four parameters, in the order of PARAMETER_NAMES."""
    return [model.hidden.weight, model.hidden.bias, model.output.weight, model.output.bias]


def note_gradients(run):
    """Keep the largest size that each parameter's gradient has had; NaN stays."""
    for name, parameter in zip(PARAMETER_NAMES, parameters_of(run.model), strict=True):
        size = 0.0 if parameter.grad is None else float(np.max(np.abs(parameter.grad)))
        run.largest_gradient[name] = float(np.maximum(size, run.largest_gradient.get(name, 0.0)))


def train(model, loss_function, x, y, epochs, batch_size, learning_rate, after_epoch):
    """Train with Adam and mini-batches of seed 0; ``after_epoch`` hears the mean loss of each epoch."""
    rng = np.random.default_rng(0)
    optimizer = Adam(model.parameters(), lr=learning_rate)
    run = Run(model, [], [parameter.data.copy() for parameter in parameters_of(model)])
    for _ in range(epochs):
        order, losses = rng.permutation(len(x)), []
        for begin in range(0, len(x), batch_size):
            batch = order[begin : begin + batch_size]
            optimizer.zero_grad()
            loss = loss_function(model(Tensor(x[batch])), Tensor(y[batch]))
            loss.backward()
            note_gradients(run)
            optimizer.step()
            losses.append(loss.item())
        run.losses += [losses[0]] * (not run.losses) + [float(np.mean(losses))]
        after_epoch(run.losses[-1])
    return run


def share_right(model, x, y):
    """The share of the rows x whose largest logit stands at the label y."""
    with no_grad():
        return float(np.mean(model(Tensor(x)).data.argmax(axis=1) == y))


def loss_and_gradients(values, x, labels):
    """Mean cross entropy of TwoLayers in float64 NumPy, and the gradients of W, b, V, c by the chain rule."""
    w, b, v, c = values
    z = x @ w.T + b  # (N, H)
    h = np.maximum(z, 0)
    logits = h @ v.T + c  # (N, C)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    logits_grad = (np.exp(log_p) - np.eye(logits.shape[1])[labels]) / len(x)  # (N, C)
    z_grad = logits_grad @ v * (z > 0)  # (N, H)
    loss = -log_p[np.arange(len(x)), labels].mean()
    return loss, [z_grad.T @ x, z_grad.sum(axis=0), logits_grad.T @ h, logits_grad.sum(axis=0)]


def rows(images, pixel_max):
    """Images (N, height, width) as float32 rows from 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(pixel_max)


@pytest.fixture(scope="module")
def digits():
    """Training and test digits: four arrays, and the name of the data set."""
    data = datasets.mnist() if datasets.available("mnist") else datasets.digits()
    train_x, test_x = rows(data.train_images, data.pixel_max), rows(data.test_images, data.pixel_max)
    return train_x, data.train_labels, test_x, data.test_labels, data.name


@pytest.fixture(scope="module")
def digits_run(digits, record_testsuite_property):
    """The run on the digits that several tests look at."""
    note_loss = partial(record_testsuite_property, "digits_loss")
    train_x, train_y, *_ = digits
    model = TwoLayers(train_x.shape[1], 96, 10, np.random.default_rng(0))
    epochs = max(1, round(DIGIT_STEPS * DIGIT_BATCH / len(train_x)))
    return train(model, CrossEntropyLoss(), train_x, train_y, epochs, DIGIT_BATCH, 0.003, note_loss)


def test_parameters_are_found():
    """A Module finds the four parameters of its two layers."""
    shapes = [tuple(p.shape) for p in TwoLayers(3, 5, 2, np.random.default_rng(0)).parameters()]
    assert sorted(shapes) == sorted([(5, 3), (5,), (2, 5), (2,)]), (
        f"parameters() should find shapes (5, 3), (5,), (2, 5) and (2,), but found {shapes}. "
        "Look at Module.parameters in module 03 (layers)."
    )


def test_loss_and_gradients_agree_with_numpy():
    """Loss and all four gradients of a small network are what the formulas say, in float64 NumPy."""
    rng = np.random.default_rng(1)
    model = TwoLayers(4, 5, 3, rng)
    x, labels = rng.normal(0, 1, (6, 4)).astype(np.float32), rng.integers(0, 3, 6)
    expected, gradients = loss_and_gradients([p.data.astype(np.float64) for p in parameters_of(model)], x, labels)
    loss = CrossEntropyLoss()(model(Tensor(x)), Tensor(labels))
    assert abs(loss.item() - expected) < 1e-4, (
        f"The loss should be {expected:.5f}, but came as {loss.item():.5f}. "
        "Look at CrossEntropyLoss in module 04 (losses) and Linear in module 03 (layers)."
    )
    loss.backward()
    for name, parameter, gradient in zip(PARAMETER_NAMES, parameters_of(model), gradients, strict=True):
        assert parameter.grad is not None, f"No gradient reached {name}. Look at backward in module 05 (autograd)."
        assert np.shape(parameter.grad) == gradient.shape, (
            f"The gradient of {name} should have shape {gradient.shape}, but has {np.shape(parameter.grad)}. "
            "Look at how module 05 (autograd) undoes broadcasting."
        )
        assert np.allclose(parameter.grad, gradient, atol=1e-4), (
            f"The gradient of {name} should begin with {gradient.flat[0]:.5f}, but begins with "
            f"{np.ravel(parameter.grad)[0]:.5f}. Look at the gradient rules in module 05 (autograd)."
        )


def tensor_used(expression, value):
    """The gradient at ``value`` of the sum of an expression in one Tensor."""
    tensor = Tensor(np.array(value, dtype=np.float32), requires_grad=True)
    expression(tensor).sum().backward()
    return np.zeros(np.shape(value)) if tensor.grad is None else np.asarray(tensor.grad)


@pytest.mark.parametrize(
    ("expression", "slope"),
    [
        (lambda t: t * t, lambda v: 2 * v),
        (lambda t: t + t, lambda v: 2 + 0 * v),
        (lambda t: t * 3 + t * t, lambda v: 3 + 2 * v),
        (lambda t: (t * 2) * (t * 2), lambda v: 8 * v),
        (lambda t: (t * t) * (t * t), lambda v: 4 * v**3),
    ],
    ids=["t*t", "t+t", "3t+t*t", "(2t)*(2t)", "(t*t)*(t*t)"],
)
def test_contributions_are_summed(expression, slope):
    """A Tensor that is used twice gets the sum of both contributions, a leaf and an intermediate result alike."""
    value = np.array([1.0, -2.0, 0.5])
    found, expected = tensor_used(expression, value), slope(value)
    assert np.allclose(found, expected, atol=1e-4), (
        f"A tensor that is used twice should get the gradient {expected.tolist()}, but got {found.tolist()}: "
        "a contribution was dropped or counted twice. "
        "Look at how backward in module 05 (autograd) sums the contributions."
    )


def test_a_layer_used_twice():
    """The gradient of a layer that stands in two places is the sum over both, and a step follows it."""
    rng = np.random.default_rng(2)
    layer, x = Linear(3, 3, rng=rng), rng.normal(0, 1, (5, 3)).astype(np.float32)
    w, b = layer.weight.data.astype(np.float64), layer.bias.data.astype(np.float64)
    z = x @ w.T + b
    h = np.maximum(z, 0)
    z_grad = np.ones((5, 3)) @ w * (z > 0)
    expected = np.ones((3, 5)) @ h + z_grad.T @ x  # second use, then first use
    layer(ReLU()(layer(Tensor(x)))).sum().backward()
    found = layer.weight.grad
    assert found is not None, "No gradient reached the layer's weight. Look at backward in module 05 (autograd)."
    assert np.allclose(found, expected, atol=1e-3), (
        f"The gradient of a layer that is used twice should begin with {expected[0, 0]:.4f}, but begins with "
        f"{found[0, 0]:.4f}: backward must sum the contributions of both uses. Look at module 05 (autograd)."
    )
    SGD([layer.weight], lr=0.1).step()
    assert np.allclose(layer.weight.data, w - 0.1 * expected, atol=1e-3), (
        "SGD should move the weight by -lr * gradient. Look at SGD in module 06 (optimizers)."
    )


def test_gradients_add_up_until_they_are_cleared():
    """Two calls of backward add up; zero_grad begins anew."""
    tensor = Tensor(np.float32([1.0, 2.0]), requires_grad=True)
    optimizer = SGD([tensor], lr=0.1)
    for _ in range(2):
        (tensor * 3).sum().backward()
    assert np.allclose(tensor.grad, 6), (
        f"Two calls of backward on 3t should give 3 + 3 = 6, but gave {np.asarray(tensor.grad).tolist()}. "
        "Look at backward in module 05 (autograd)."
    )
    optimizer.zero_grad()
    (tensor * 3).sum().backward()
    assert np.allclose(tensor.grad, 3), (
        f"After zero_grad the gradient of 3t should be 3, but is {np.asarray(tensor.grad).tolist()}. "
        "Look at Optimizer.zero_grad in module 06 (optimizers)."
    )


def test_xor(record_property, record_testsuite_property):
    """A hidden layer solves XOR, which no single layer can."""
    runs, note_loss = [], partial(record_testsuite_property, "xor_loss")
    for seed in range(3):  # a start can be unlucky, three in a row cannot
        model = TwoLayers(2, 16, 1, np.random.default_rng(seed))
        run = train(model, BCEWithLogitsLoss(), XOR_X, XOR_Y, 250, 4, 0.05, note_loss)
        with no_grad():
            share = float(np.mean((model(Tensor(XOR_X)).data > 0) == (XOR_Y > 0.5)))
        runs.append((share, -run.losses[-1], run.losses[0]))
        if share == 1.0:
            break
    share, negative_loss, first = max(runs)
    record_property("xor_accuracy", share)
    record_property("xor_loss_first", first)
    record_property("xor_loss_last", -negative_loss)
    assert share > 0.9, (
        f"Accuracy on XOR should be above 90 %, but is {share:.0%} at best. "
        "Look at backward in module 05 (autograd), then at Adam in module 06 (optimizers)."
    )


def test_loss_falls_by_more_than_half(digits_run, record_property):
    """The mean loss of the last epoch on the digits is below half of the untrained network's."""
    first, last = digits_run.losses[0], digits_run.losses[-1]
    record_property("digits_loss_first", first)
    record_property("digits_loss_last", last)
    assert last < 0.5 * first, (
        f"The loss on the digits should fall below half of {first:.3f}, but ended at {last:.3f}. "
        "Look at module 05 (autograd) and Adam in module 06 (optimizers)."
    )


def test_accuracy_on_the_digits(digits, digits_run, record_property):
    """More than 80 % of test digits that were never trained on are read correctly."""
    _, _, test_x, test_y, name = digits
    share = share_right(digits_run.model, test_x, test_y)
    record_property("digits_accuracy", share)
    record_property("digits_data", name)
    assert share > 0.8, (
        f"Accuracy on the test digits ({name}) should be above 80 %, but is {share:.1%}. "
        "Look at module 05 (autograd) and Adam in module 06 (optimizers)."
    )


def test_accuracy_counts_right(digits, digits_run):
    """The student's ``accuracy`` agrees with counting."""
    _, _, test_x, test_y, _ = digits
    with no_grad():
        logits = digits_run.model(Tensor(test_x))
    found, expected = accuracy(logits, test_y), float(np.mean(logits.data.argmax(axis=1) == test_y))
    assert abs(found - expected) < 1e-6, (
        f"accuracy should give {expected:.4f} on the test digits, but gave {found:.4f}. Look at module 07 (training)."
    )


@pytest.mark.parametrize("name", PARAMETER_NAMES)
def test_gradients_reach_every_parameter(digits_run, name):
    """Each parameter's gradient is finite in every step and was not always zero."""
    largest = digits_run.largest_gradient[name]
    assert np.isfinite(largest), (
        f"The gradient of {name} should be finite, but became {largest}. "
        "Look at cross entropy in module 04 (losses) and its rule in module 05 (autograd) for an overflow."
    )
    assert largest > 0, (
        f"The gradient of {name} should not be zero in every step, but was. Look at backward in module 05 (autograd)."
    )


@pytest.mark.parametrize("position", range(4), ids=PARAMETER_NAMES)
def test_every_parameter_moves(digits_run, position):
    """Training changed each parameter in place."""
    before, after = digits_run.start[position], parameters_of(digits_run.model)[position].data
    moved = float(np.max(np.abs(after - before)))
    assert moved > 1e-4, (
        f"{PARAMETER_NAMES[position]} should move during training, but its largest change is {moved:.2g}. "
        "Look at step() in module 06 (optimizers): it changes parameter.data in place."
    )
