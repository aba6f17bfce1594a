"""Verification of milestone 1: a two-layer perceptron on the student's framework really learns.

Imports only ``tinytorch`` (modules 01 to 04), never the notebook. The gradients are derived by hand below, so
a failure points at the framework. ``tito milestone test perceptron`` runs it and shows the recorded figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from tinytorch.activations import ReLU, Sigmoid
from tinytorch.layers import Linear, Module
from tinytorch.losses import BCEWithLogitsLoss
from tinytorch.tensor import Tensor, no_grad

PARAMETER_NAMES = ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]


class TwoLayers(Module):
    """2 inputs, ``hidden_size`` hidden units, 1 logit."""

    def __init__(self, hidden_size, activation, rng):
        super().__init__()
        self.hidden = Linear(2, hidden_size, rng=rng)
        self.output = Linear(hidden_size, 1, rng=rng)
        self.activation = activation

    def forward(self, x):
        return self.output(self.activation(self.hidden(x)))


@dataclass
class Run:
    """One training run and what was measured in it."""

    model: TwoLayers
    losses: list[float]
    accuracy: float
    start: list[np.ndarray]
    largest_gradient: dict[str, float] = field(default_factory=dict)


def make_moons(n, rng):
    """Two interleaved half circles: points (n, 2) and labels (n, 1), float32."""
    label = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    points = np.where(label[:, None] == 0, upper, -upper) + rng.normal(0, 0.1, (n, 2))
    return points.astype(np.float32), label[:, None].astype(np.float32)


def make_spiral(n, rng):
    """Two spiral arms of one and a quarter turns: points (n, 2) and labels (n, 1), float32."""
    label = np.arange(n) % 2
    along = np.sqrt(rng.uniform(0, 1, n))
    radius, angle = 0.3 + 2.7 * along, 2.5 * np.pi * along + np.pi * label
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + rng.normal(0, 0.1, (n, 2))
    return points.astype(np.float32), label[:, None].astype(np.float32)


def parameters_of(model):
    """W, b, V and c, in the order of PARAMETER_NAMES."""
    return [model.hidden.weight, model.hidden.bias, model.output.weight, model.output.bias]


def slope_of(activation, z):
    """The activation's slope by its formula, independent of the student's activation."""
    if isinstance(activation, ReLU):
        return (z > 0).astype(np.float32)
    return 0.25 / np.cosh(np.clip(z, -80, 80) / 2) ** 2


def step_by_hand(model, x, y):
    """One forward pass of the framework, gradients by hand into ``.grad``; returns the loss."""
    with no_grad():
        z = model.hidden(Tensor(x))
        h = model.activation(z)
        logits = model.output(h)
        loss = BCEWithLogitsLoss()(logits, Tensor(y)).item()
    logits_grad = (0.5 * (1 + np.tanh(logits.data / 2)) - y) / np.float32(len(x))  # (N, 1)
    z_grad = logits_grad @ model.output.weight.data * slope_of(model.activation, z.data)  # (N, H)
    model.output.weight.grad = logits_grad.T @ h.data  # (1, H)
    model.output.bias.grad = logits_grad.sum(axis=0)  # (1,)
    model.hidden.weight.grad = z_grad.T @ x  # (H, 2)
    model.hidden.bias.grad = z_grad.sum(axis=0)  # (H,)
    return loss


def numeric_gradients(model, x, y, epsilon):
    """Central differences of the framework's own forward pass and loss, one per parameter."""
    gradients = []
    for parameter in parameters_of(model):
        gradient = np.zeros(parameter.shape)
        for index in np.ndindex(*parameter.shape):
            kept = parameter.data[index].copy()
            sides = []
            for moved in (kept + epsilon, kept - epsilon):
                parameter.data[index] = moved
                with no_grad():
                    sides.append(BCEWithLogitsLoss()(model(Tensor(x)), Tensor(y)).item())
            parameter.data[index] = kept
            gradient[index] = (sides[0] - sides[1]) / (2 * epsilon)
        gradients.append(gradient)
    return gradients


def train(x, y, hidden_size, epochs, after_epoch, batch_size=20, learning_rate=0.3):
    """Train a fresh model with mini-batches of seed 0; ``after_epoch`` hears the mean loss of each epoch."""
    rng = np.random.default_rng(0)
    model = TwoLayers(hidden_size, ReLU(), rng)
    run = Run(model, [], 0.0, [parameter.data.copy() for parameter in parameters_of(model)])
    for _ in range(epochs):
        order = rng.permutation(len(x))
        losses = []
        for begin in range(0, len(x), batch_size):
            batch = order[begin : begin + batch_size]
            losses.append(step_by_hand(model, x[batch], y[batch]))
            for name, parameter in zip(PARAMETER_NAMES, parameters_of(model), strict=True):
                size = float(np.max(np.abs(parameter.grad)))
                run.largest_gradient[name] = float(np.maximum(size, run.largest_gradient.get(name, 0.0)))
                parameter.data -= learning_rate * parameter.grad
        run.losses.append(float(np.mean(losses)))
        after_epoch(run.losses[-1])
    with no_grad():
        run.accuracy = float(np.mean((model(Tensor(x)).data > 0) == (y > 0.5)))
    return run


@pytest.fixture(scope="module")
def moons_run(record_testsuite_property):
    """The run on the moons that several tests look at."""
    note_loss = partial(record_testsuite_property, "moons_loss")
    return train(*make_moons(400, np.random.default_rng(1957)), hidden_size=32, epochs=60, after_epoch=note_loss)


def test_parameters_are_found():
    """A Module finds the four parameters of its two layers."""
    shapes = [tuple(p.shape) for p in TwoLayers(5, ReLU(), np.random.default_rng(0)).parameters()]
    assert sorted(shapes) == sorted([(5, 2), (5,), (1, 5), (1,)]), (
        f"parameters() should find shapes (5, 2), (5,), (1, 5) and (1,), but found {shapes}. "
        "Look at Module.parameters in module 03 (layers)."
    )


@pytest.mark.parametrize("activation", [Sigmoid(), ReLU()], ids=["sigmoid", "relu"])
def test_forward_pass_and_loss_agree_with_numpy(activation):
    """The framework computes what the formulas say, in float64 NumPy."""
    rng = np.random.default_rng(3)
    model = TwoLayers(4, activation, rng)
    for parameter in parameters_of(model):
        parameter.data[...] = rng.normal(0, 1, parameter.shape)
    x, y = make_moons(6, rng)
    w, b, v, c = (parameter.data.astype(np.float64) for parameter in parameters_of(model))
    z = x @ w.T + b
    found_z = model.hidden(Tensor(x)).data
    worst = np.unravel_index(np.argmax(np.abs(found_z - z)), z.shape)
    assert np.allclose(found_z, z, atol=1e-4), (
        f"Linear should give x @ weight.T + bias, here {z[worst]:.4f}, but gave {found_z[worst]:.4f}. "
        "Look at Linear in module 03 (layers)."
    )
    h = np.maximum(z, 0) if isinstance(activation, ReLU) else 0.5 * (1 + np.tanh(z / 2))
    found_h = activation(Tensor(z)).data
    name = type(activation).__name__
    worst = np.unravel_index(np.argmax(np.abs(found_h - h)), h.shape)
    assert np.allclose(found_h, h, atol=1e-4), (
        f"{name} of {z[worst]:.4f} should be {h[worst]:.4f}, but came as {found_h[worst]:.4f}. "
        f"Look at {name} in module 02 (activations)."
    )
    logits = h @ v.T + c
    expected = np.mean(np.logaddexp(0, logits) - y * logits)
    found = BCEWithLogitsLoss()(Tensor(logits), Tensor(y)).item()
    assert abs(found - expected) < 1e-4, (
        f"BCEWithLogitsLoss should be {expected:.5f}, but came as {found:.5f}. Look at module 04 (losses)."
    )


@pytest.mark.parametrize("activation", [Sigmoid(), ReLU()], ids=["sigmoid", "relu"])
def test_gradients_by_hand_agree_with_differences(activation):
    """The derivation holds for the student's forward pass and loss (float32, so with a wide tolerance)."""
    rng = np.random.default_rng(5)
    model = TwoLayers(3, activation, rng)
    x, y = make_moons(4, rng)
    step_by_hand(model, x, y)
    differences = numeric_gradients(model, x, y, epsilon=5e-3)
    for name, parameter, expected in zip(PARAMETER_NAMES, parameters_of(model), differences, strict=True):
        assert parameter.grad.shape == parameter.shape, (
            f"{name} has shape {parameter.shape}, its gradient {parameter.grad.shape}. "
            "Linear.weight should be (out_features, in_features): look at module 03 (layers)."
        )
        assert np.allclose(parameter.grad, expected, atol=2e-3), (
            f"{name}: the gradient by formula is {parameter.grad.ravel().round(4)}, by differences "
            f"{expected.ravel().round(4)}. Look at modules 02 (activations) and 03 (layers)."
        )


def test_loss_falls_by_more_than_half(moons_run, record_property):
    """The mean loss of the last epoch on the moons is below half of the first epoch's."""
    first, last = moons_run.losses[0], moons_run.losses[-1]
    record_property("moons_loss_first", first)
    record_property("moons_loss_last", last)
    assert last < 0.5 * first, (
        f"The loss on the moons should fall below half of {first:.3f}, but ended at {last:.3f}. "
        "Look at BCEWithLogitsLoss in module 04 (losses), then Linear in module 03 (layers)."
    )


def test_accuracy_on_the_moons(moons_run, record_property):
    """More than 90 % of the moons are right after training."""
    record_property("moons_accuracy", moons_run.accuracy)
    assert moons_run.accuracy > 0.9, (
        f"Accuracy on the moons should be above 90 %, but is {moons_run.accuracy:.1%}. "
        "Look at ReLU in module 02 (activations) and Linear in module 03 (layers)."
    )


@pytest.mark.parametrize("name", PARAMETER_NAMES)
def test_gradients_reach_every_parameter(moons_run, name):
    """Each parameter's gradient is finite in every step and was not always zero."""
    largest = moons_run.largest_gradient[name]
    assert np.isfinite(largest), (
        f"The gradient of {name} should be finite, but became {largest}. "
        "Look at module 02 (activations) and module 04 (losses) for an overflow."
    )
    assert largest > 0, (
        f"The gradient of {name} should not be zero in every step, but was. "
        "Look at module 02 (activations) and at Linear in module 03 (layers)."
    )


@pytest.mark.parametrize("position", range(4), ids=PARAMETER_NAMES)
def test_every_parameter_moves(moons_run, position):
    """Training changed each parameter in place."""
    before, after = moons_run.start[position], parameters_of(moons_run.model)[position].data
    moved = float(np.max(np.abs(after - before)))
    assert moved > 1e-4, (
        f"{PARAMETER_NAMES[position]} should move during training, but its largest change is {moved:.2g}. "
        "parameter.data must be an array that changes in place: look at Parameter in module 03 (layers)."
    )


def test_accuracy_on_the_spiral(record_property, record_testsuite_property):
    """64 hidden units learn the spiral."""
    note_loss = partial(record_testsuite_property, "spiral_loss")
    run = train(*make_spiral(400, np.random.default_rng(1958)), hidden_size=64, epochs=120, after_epoch=note_loss)
    record_property("spiral_loss_first", run.losses[0])
    record_property("spiral_loss_last", run.losses[-1])
    record_property("spiral_accuracy", run.accuracy)
    assert run.accuracy > 0.9, (
        f"Accuracy on the spiral should be above 90 %, but is {run.accuracy:.1%}. "
        "Look at ReLU in module 02 (activations) and Linear in module 03 (layers)."
    )
