"""Training with the reference against PyTorch on the CPU: steps, MNIST, the gradient of a long graph, and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import training_figures
from benchmarks.timing import Row, Section, Sizes, in_turns
from tito import datasets
from tito.course import REPOSITORY
from tito.notebooks.exporter import export_reference

PYTORCH, FUSED, TINYTORCH = "PyTorch", "PyTorch, fused optimizer", "TinyTorch"
MODULES = range(1, 8)
LAYERS = (784, 128, 10)
BATCH = 64
TARGET = 0.975
Curve = list[tuple[float, float]]  # seconds and test accuracy of each epoch
WORKER = Path(__file__).with_name("training_worker.py")
NO_TORCH = (
    "PyTorch is missing, so TinyTorch stands alone: python -m venv /tmp/torch && /tmp/torch/bin/pip install "
    "torch numpy, then add --torch-python /tmp/torch/bin/python ({reason})."
)
STEP_HOW = """\
One step of the MLP 784-128-10 on a batch of 64: zero_grad, forward, cross entropy, backward, optimizer step. Same
initial weights, same data, checked for equal losses first; a process each with the same number of threads, in turns;
a sample is the mean of {steps} steps. "Fused optimizer" is PyTorch with fused=True, which is not its default."""
MNIST_HOW = """\
The MLP 784-128-10 with Adam at 0.001, batch 64, pixels 0 to 1, until {target:.1%} of the 10,000 test images are
right after an epoch (tests included in the time, reading the files not). TinyTorch by module 07's Trainer,
PyTorch by a plain loop over the same batches from the same weights, epoch by epoch in turns; one sample a seed."""
GRAPH_HOW = """\
A chain of {length} operations (times, plus) on 16 numbers, 1 thread: nearly all of it is bookkeeping. Time per
operation; gradient is backward alone."""
MEMORY_HOW = """\
One step with Adam, {threads} threads, beyond model, optimizer state, data and what a first such step left behind.
Resident: Linux's peak counter (VmHWM), reset before three steps, minus the resident set then, after malloc_trim; a
fresh process for each sample. It moves in pages and counts what malloc holds back, so small batches say little.
Traced: tracemalloc's peak, which sees NumPy's arrays; for PyTorch's there is no such counter."""


@dataclass(frozen=True)
class Work:
    """How much is done; the tests make all of it tiny."""

    threads: tuple[int, ...] = (1, 2)
    steps: int = 100
    samples_per_round: int = 6
    length: int = 1000
    graphs: int = 20
    batches: tuple[int, ...] = (64, 1024, 8192)
    most_epochs: int = 20
    warm_up_s: float = 0.5


@dataclass(frozen=True)
class Place:
    """Where the workers find the reference and the data, and which interpreter runs PyTorch (None: none does)."""

    folder: Path
    torch_python: str | None
    version: str = ""

    def frameworks(self) -> tuple[str, ...]:
        return (PYTORCH, TINYTORCH) if self.torch_python else (TINYTORCH,)


class WorkerError(Exception):
    """A worker that ended; the message is the last line that it said."""


class Worker:
    """A process with one framework and a fixed number of threads, used as a context manager."""

    def __init__(self, place: Place, framework: str, threads: int) -> None:
        kind = "tinytorch" if framework == TINYTORCH else "pytorch"
        python = sys.executable if framework == TINYTORCH else place.torch_python
        count = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        self.process = subprocess.Popen(
            [str(python), str(WORKER), kind, str(threads), str(place.folder)],
            env={**os.environ, **count, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Worker:
        self.about = self._answer()
        return self

    def __exit__(self, *error: object) -> None:
        self.process.communicate()  # closes its input, which ends it

    def ask(self, task: str, **options: Any) -> Any:
        """Let it do one task of training_worker.Tasks, and wait for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([task, options]) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            said = (self.process.communicate()[1].strip().splitlines() or ["it said nothing"])[-1]
            raise WorkerError(said)
        return json.loads(line)


def measure(sizes: Sizes, work: Work | None = None) -> Iterator[Section]:
    """Measure steps, MNIST, the gradient of a graph, and memory; draw them when a folder for figures is given."""
    work = work or Work(threads=tuple(n for n in (1, 2) if n <= (os.cpu_count() or 1)))
    with prepared(sizes.torch_python) as (place, notes):
        stamp = training_figures.stamp(place.version)
        notes = (*notes, stamp)
        for part in (steps, mnist, graph, memory):
            section = part(place, work, sizes)
            yield replace(section, notes=(*section.notes, *notes, training_figures.load()))
            if sizes.figures and section.rows:
                sizes.figures.mkdir(parents=True, exist_ok=True)
                training_figures.draw(part.__name__, section, sizes.figures / f"{part.__name__}.png", stamp)


@contextmanager
def prepared(torch_python: str) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """The exported reference and the common initial weights in a scratch folder, and a note if PyTorch is missing."""
    with tempfile.TemporaryDirectory(prefix="tt-bench-") as folder:
        export_reference(REPOSITORY, Path(folder), MODULES)
        np.savez(Path(folder) / "weights.npz", *initial_weights())
        place = Place(Path(folder), torch_python)
        try:
            with Worker(place, PYTORCH, 1) as worker:
                place, notes = replace(place, version=worker.about["version"]), ()
        except (WorkerError, OSError) as error:
            place, notes = replace(place, torch_python=None), (NO_TORCH.format(reason=error),)
        yield place, notes


def initial_weights() -> list[np.ndarray]:
    """Weight and bias of each layer, uniform in +-1/sqrt(inputs), as both frameworks begin."""
    rng, weights = np.random.default_rng(0), []
    for inputs, outputs in pairwise(LAYERS):
        for shape in ((outputs, inputs), (outputs,)):
            weights.append((rng.uniform(-1, 1, shape) / np.sqrt(inputs)).astype(np.float32))
    return weights


@contextmanager
def workers(place: Place, threads: int) -> Iterator[dict[str, Worker]]:
    """A worker for each framework."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(Worker(place, name, threads)) for name in place.frameworks()}


def steps(place: Place, work: Work, sizes: Sizes) -> Section:
    """Time of one training step, by optimizer and number of threads."""
    rows = []
    for threads in work.threads:
        with workers(place, threads) as each:
            for optimizer in ("SGD", "Adam"):
                samples = step_samples(each, optimizer, work, sizes.rounds * work.samples_per_round)
                rows.append(Row(f"{optimizer}, {threads} thread{'' if threads == 1 else 's'}", samples))
    names = (PYTORCH, FUSED, TINYTORCH) if place.torch_python else (TINYTORCH,)
    return Section("Training step", flat(STEP_HOW, steps=work.steps), names, tuple(rows), unit="µs")


def step_samples(each: Mapping[str, Worker], optimizer: str, work: Work, count: int) -> dict[str, list[float]]:
    """Seconds per step of each worker, in turns, once their losses have been found equal."""
    options = {"optimizer": optimizer, "batch": BATCH}
    same_losses({name: worker.ask("losses", count=20, **options) for name, worker in each.items()})
    for worker in each.values():
        worker.ask("warm_up", seconds=work.warm_up_s, **options)
    options["count"] = work.steps
    calls = {name: lambda worker=worker: worker.ask("step", **options) for name, worker in each.items()}
    if PYTORCH in each:
        calls[FUSED] = lambda: each[PYTORCH].ask("step", fused=True, **options)
    in_turns(calls, 1)  # not counted: the first call warms up
    return in_turns(calls, count)


def same_losses(losses: Mapping[str, Sequence[float]]) -> None:
    """Refuse to compare two that do not compute the same."""
    first, *others = losses.values()
    if any(not np.allclose(first, other, rtol=1e-3) for other in others):
        raise ValueError(f"the frameworks' losses differ, so their times do not compare: {losses}")


def mnist(place: Place, work: Work, sizes: Sizes) -> Section:
    """Seconds to the target on MNIST; the accuracies after each epoch are in the notes."""
    title = f"MNIST to {TARGET:.1%}"
    if not datasets.available("mnist"):
        return Section(title, "", place.frameworks(), (), ("Skipped: tito data get mnist fetches the files.",), "s")
    save_mnist(place.folder)
    rows, notes = [], []
    for threads in work.threads:
        runs = [one_training(place, work, threads, seed) for seed in range(sizes.rounds)]
        found = {name: [run[name] for run in runs] for name in place.frameworks()}
        rows += mnist_rows(f"{threads} thread{'' if threads == 1 else 's'}", found)
        if threads == max(work.threads):  # the accuracies of the others are the same up to rounding
            notes += [accuracies(name, seed, curve) for name in found for seed, curve in enumerate(found[name])]
    how = flat(MNIST_HOW, target=TARGET)
    return Section(title, how, place.frameworks(), tuple(rows), tuple(notes), "s")


def mnist_rows(threads: str, found: Mapping[str, Sequence[Curve]]) -> tuple[Row, Row]:
    """Seconds of whole trainings, and of single epochs: the number of epochs differs by chance, the time of one not."""
    return (
        Row(
            f"{threads}, to {TARGET:.1%}", {name: [sum(s for s, _ in curve) for curve in found[name]] for name in found}
        ),
        Row(f"{threads}, one epoch", {name: [s for curve in found[name] for s, _ in curve] for name in found}),
    )


def save_mnist(folder: Path) -> None:
    data = datasets.mnist()
    x, test_x = (
        (images.reshape(len(images), -1) / data.pixel_max).astype(np.float32)
        for images in (data.train_images, data.test_images)
    )
    np.savez(folder / "mnist.npz", x=x, y=data.train_labels, test_x=test_x, test_y=data.test_labels)


def one_training(place: Place, work: Work, threads: int, seed: int) -> dict[str, Curve]:
    """Train both in turns until each has reached the target: (seconds, accuracy) of every epoch."""
    curves: dict[str, Curve] = {name: [] for name in place.frameworks()}
    with workers(place, threads) as each:
        for worker in each.values():
            worker.ask("start_mnist", seed=seed, batch=BATCH)
        for epoch in range(work.most_epochs):
            for name in list(each) if (epoch + seed) % 2 == 0 else list(each)[::-1]:
                if not curves[name] or curves[name][-1][1] < TARGET:
                    curves[name].append(tuple(each[name].ask("mnist_epoch")))
    return curves


def accuracies(name: str, seed: int, curve: Curve) -> str:
    """One line on a training, with a word if it never got there."""
    shown = ", ".join(f"{right:.2%}" for _, right in curve)
    return f"{name}, seed {seed}: {shown}" + ("" if curve[-1][1] >= TARGET else f"; {TARGET:.1%} was not reached")


def graph(place: Place, work: Work, sizes: Sizes) -> Section:
    """Time per operation to record a long graph and to find its gradients."""
    with workers(place, 1) as each:
        calls = {
            name: lambda worker=worker: worker.ask("graph", length=work.length, count=work.graphs)
            for name, worker in each.items()
        }
        found = in_turns(calls, sizes.rounds * work.samples_per_round)
    rows = tuple(
        Row(title, {name: [sample[part] / work.length for sample in samples] for name, samples in found.items()})
        for part, title in enumerate(("recording", "gradient"))
    )
    how = flat(GRAPH_HOW, length=f"{work.length:,}")
    return Section(f"A graph of {work.length:,} operations", how, place.frameworks(), rows, unit="µs")


def memory(place: Place, work: Work, sizes: Sizes) -> Section:
    """Peak memory of a training step."""
    title, threads = "Peak memory of a training step", max(work.threads)
    if not Path("/proc/self/clear_refs").exists():
        return Section(title, "", place.frameworks(), (), ("Skipped: it needs Linux's /proc.",), "MB")
    rows = []
    for batch in work.batches:
        calls = {name: lambda name=name, batch=batch: peak(place, name, threads, batch) for name in place.frameworks()}
        found = in_turns(calls, sizes.rounds)
        resident = {name: [sample["resident"] for sample in samples] for name, samples in found.items()}
        traced = {TINYTORCH: [sample["traced"] for sample in found[TINYTORCH]]}
        rows += [Row(f"batch {batch:,}, resident", resident), Row(f"batch {batch:,}, traced", traced)]
    return Section(title, flat(MEMORY_HOW, threads=threads), place.frameworks(), tuple(rows), unit="MB")


def peak(place: Place, framework: str, threads: int, batch: int) -> dict[str, int]:
    with Worker(place, framework, threads) as worker:
        return worker.ask("memory", batch=batch)


def flat(text: str, **values: object) -> str:
    """A text of several lines as one line, with its values put in."""
    return text.format(**values).replace("\n", " ")
