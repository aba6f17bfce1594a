"""One framework in a process of its own, which does what lines of JSON say: it needs NumPy and that framework only.

`python training_worker.py tinytorch|pytorch THREADS FOLDER`: the folder holds the exported reference and the data.
Both frameworks run the same `train_step`, because TinyTorch has PyTorch's names.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RATES = {"SGD": 0.01, "Adam": 0.001}
SEEN = 256  # test images in one batch


class TinyTorch:
    """The exported reference."""

    def __init__(self, threads: int) -> None:
        from tinytorch import activations, layers, losses, optimizers, tensor, training

        self.version = "reference"
        self.layers, self.optimizers, self.training = layers, optimizers, training
        self.relu, self.loss, self.tensor = activations.ReLU, losses.CrossEntropyLoss(), tensor.Tensor

    def model(self, weights: list[np.ndarray]) -> Any:
        first, second = (self.layers.Linear(*shape.shape[::-1]) for shape in weights[::2])
        model = self.layers.Sequential(first, self.relu(), second)
        for parameter, values in zip(model.parameters(), weights, strict=True):
            parameter.data[...] = values
        return model

    def optimizer(self, name: str, model: Any, fused: bool = False) -> Any:
        return getattr(self.optimizers, name)(model.parameters(), lr=RATES[name])

    def leaf(self, values: np.ndarray) -> Any:
        return self.tensor(values, requires_grad=True)

    def trainer(self, model: Any, x: np.ndarray, y: np.ndarray, batch: int, seed: int) -> Callable[[], object]:
        """One epoch as a student trains: module 07's Trainer."""
        trainer = self.training.Trainer(model, self.loss, self.optimizer("Adam", model), progress=False, rng=seed)
        return lambda: trainer.train(x, y, epochs=1, batch_size=batch)

    def accuracy(self, model: Any, x: np.ndarray, y: np.ndarray) -> float:
        return self.training.evaluate_model(model, self.loss, x, y, SEEN)["accuracy"]


class PyTorch:
    """PyTorch on the CPU, as its users write it."""

    def __init__(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self.torch, self.version = torch, torch.__version__
        self.loss, self.tensor = torch.nn.CrossEntropyLoss(), torch.from_numpy

    def model(self, weights: list[np.ndarray]) -> Any:
        nn = self.torch.nn
        first, second = (nn.Linear(*shape.shape[::-1]) for shape in weights[::2])
        model = nn.Sequential(first, nn.ReLU(), second)
        with self.torch.no_grad():
            for parameter, values in zip(model.parameters(), weights, strict=True):
                parameter.copy_(self.torch.from_numpy(values))
        return model

    def optimizer(self, name: str, model: Any, fused: bool = False) -> Any:
        return getattr(self.torch.optim, name)(model.parameters(), lr=RATES[name], fused=fused or None)

    def leaf(self, values: np.ndarray) -> Any:
        return self.torch.tensor(values, requires_grad=True)

    def trainer(self, model: Any, x: np.ndarray, y: np.ndarray, batch: int, seed: int) -> Callable[[], object]:
        """One epoch, with the batches that TinyTorch's Trainer draws from this seed."""
        rng, optimizer = np.random.default_rng(seed), self.optimizer("Adam", model)
        images, labels = self.tensor(x), self.tensor(y)

        def epoch() -> None:
            order = self.tensor(rng.permutation(len(x)))
            for chosen in order.split(batch):
                train_step(model, self.loss, optimizer, images[chosen], labels[chosen]).item()

        return epoch

    def accuracy(self, model: Any, x: np.ndarray, y: np.ndarray) -> float:
        with self.torch.no_grad():
            parts = [model(part).argmax(1) for part in self.tensor(x).split(SEEN)]
        return float((self.torch.cat(parts) == self.tensor(y)).float().mean())


def train_step(model: Any, loss: Any, optimizer: Any, x: Any, y: Any) -> Any:
    """The whole training step, the same lines for both frameworks."""
    optimizer.zero_grad()
    value = loss(model(x), y)
    value.backward()
    optimizer.step()
    return value


class Tasks:
    """What can be asked for; each method is one task, its arguments and its answer are JSON."""

    def __init__(self, framework: TinyTorch | PyTorch, folder: Path) -> None:
        self.framework, self.folder = framework, folder
        self.steppers: dict[tuple, Callable[[], Any]] = {}

    def losses(self, optimizer: str, batch: int, count: int) -> list[float]:
        """The losses of the first steps, from the common initial weights."""
        step = self._stepper(optimizer, batch)
        return [step().item() for _ in range(count)]

    def warm_up(self, optimizer: str, batch: int, seconds: float) -> None:
        """Run steps for so long."""
        step, until = self._kept_stepper(optimizer, batch, False), time.perf_counter() + seconds
        while time.perf_counter() < until:
            step()

    def step(self, optimizer: str, batch: int, count: int, fused: bool = False) -> float:
        """Seconds per step, the mean of `count` steps in a row."""
        step = self._kept_stepper(optimizer, batch, fused)
        began = time.perf_counter()
        for _ in range(count):
            step()
        return (time.perf_counter() - began) / count

    def graph(self, length: int, count: int) -> tuple[float, float]:
        """Seconds to record a graph of `length` operations on 16 numbers, and to find its gradients."""
        times = []
        for _ in range(count + 1):
            w, b = (self.framework.leaf(np.full(16, size, np.float32)) for size in (0.999, 0.001))
            began = time.perf_counter()
            value = w
            for _ in range(length // 2):
                value = value * w
                value = value + b
            total = value.sum()
            recorded = time.perf_counter()
            total.backward()
            times.append((recorded - began, time.perf_counter() - recorded))
        recording, gradient = np.mean(times[1:], axis=0)  # the first one warms up
        return float(recording), float(gradient)

    def memory(self, batch: int) -> dict[str, int]:
        """Bytes that steps need at their peak, beyond model, optimizer state and data."""
        step = self._stepper("Adam", batch, clear=True)
        step()
        found = {"resident": _resident_growth(step)}
        if isinstance(self.framework, TinyTorch):
            found["traced"] = _traced_growth(step)
        return found

    def start_mnist(self, seed: int, batch: int) -> None:
        """Load the data, and set a model and its training up."""
        with np.load(self.folder / "mnist.npz") as stored:
            x, y, *self.test = (stored[name] for name in ("x", "y", "test_x", "test_y"))
        self.network = self.framework.model(self._weights())
        self.epoch = self.framework.trainer(self.network, x, y, batch, seed)

    def mnist_epoch(self) -> tuple[float, float]:
        """Seconds of one epoch and of the test after it, and the test's accuracy."""
        began = time.perf_counter()
        self.epoch()
        right = self.framework.accuracy(self.network, *self.test)
        return time.perf_counter() - began, right

    def _weights(self) -> list[np.ndarray]:
        with np.load(self.folder / "weights.npz") as stored:
            return [stored[name] for name in stored.files]

    def _kept_stepper(self, *key: Any) -> Callable[[], Any]:
        if key not in self.steppers:
            self.steppers[key] = self._stepper(*key)
        return self.steppers[key]

    def _stepper(self, optimizer: str, batch: int, fused: bool = False, clear: bool = False) -> Callable[[], Any]:
        rng = np.random.default_rng(batch)
        weights = self._weights()
        x = self.framework.tensor(rng.random((batch, weights[0].shape[1]), dtype=np.float32))
        y = self.framework.tensor(rng.integers(0, len(weights[-1]), batch))
        model = self.framework.model(weights)
        steps = self.framework.optimizer(optimizer, model, fused)

        def step() -> Any:
            value = train_step(model, self.framework.loss, steps, x, y)
            if clear:
                steps.zero_grad()
            return value

        return step


def _resident_growth(step: Callable[[], object]) -> int:
    """How far the resident set grows during three steps: Linux's peak, reset before; freed memory given back first."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    for _ in range(3):
        step()
    return _status("VmHWM") - before


def _status(field: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def _traced_growth(step: Callable[[], object]) -> int:
    """The peak of what NumPy and Python allocate during three steps."""
    tracemalloc.start()
    for _ in range(3):
        step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main(framework: str, threads: str, folder: str) -> None:
    sys.path[0] = folder  # where tinytorch lies; the benchmarks' own modules are not to be imported by accident
    chosen = {"tinytorch": TinyTorch, "pytorch": PyTorch}[framework](int(threads))
    tasks = Tasks(chosen, Path(folder))
    answer: object = {"version": chosen.version, "numpy": np.__version__}
    print(json.dumps(answer), flush=True)
    for line in sys.stdin:
        task, options = json.loads(line)
        print(json.dumps(getattr(tasks, task)(**options)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
