"""How tito/datasets/data/reader.npz came about: a reader of the 8x8 digits, nine layers deep, trained by the reference.

    python -m benchmarks.trained_reader            train it and write the file
    python -m benchmarks.trained_reader --depths   how much the spread of the first weights decides

Needs the reference's package in the checkout (`make export`). The spread is that of He et al., "Delving Deep into
Rectifiers" (2015), unless PyTorch's default is asked for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from tito import datasets

FILE = Path(datasets.__file__).parent / "data" / "reader.npz"
WIDTH, EPOCHS, BATCH, LEARNING_RATE = 32, 60, 32, 2e-3


def images() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images, their digits, test images, their digits; ink from 0 to 1."""
    digits = datasets.digits()
    train, test = (np.float32(part) / 16 for part in (digits.train_images, digits.test_images))
    return train, digits.train_labels, test, digits.test_labels


def reader(depth: int, he: bool, rng: np.random.Generator) -> Any:
    """An untrained network: ``depth`` hidden layers with ReLU, a Dropout, and the head."""
    from tinytorch.activations import ReLU
    from tinytorch.layers import Dropout, Flatten, Linear, Module, Sequential

    class Reader(Module):
        def __init__(self) -> None:
            parts: list[Any] = [Flatten()]
            for inputs in [64] + [WIDTH] * (depth - 1):
                layer = Linear(inputs, WIDTH, rng=rng)
                if he:
                    layer.weight.data[...] = rng.normal(size=layer.weight.shape) * np.sqrt(2 / inputs)
                    layer.bias.data[...] = 0
                parts += [layer, ReLU()]
            self.body = Sequential(*parts, Dropout(0.5, rng=rng))
            self.head = Linear(WIDTH, 10, rng=rng)

        def forward(self, x: Any) -> Any:
            return self.head(self.body(x))

    return Reader()


def trained(depth: int, he: bool, seed: int) -> tuple[Any, float]:
    """A trained reader and the share of test images that it reads right."""
    from tinytorch.losses import CrossEntropyLoss
    from tinytorch.optimizers import AdamW
    from tinytorch.tensor import Tensor, no_grad

    x, y, test_x, test_y = images()
    rng = np.random.default_rng(seed)
    model = reader(depth, he, rng)
    optimizer, loss_of = AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01), CrossEntropyLoss()
    for epoch in range(EPOCHS):
        optimizer.lr = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            rows = order[start : start + BATCH]
            optimizer.zero_grad()
            loss_of(model(Tensor(x[rows])), y[rows]).backward()
            optimizer.step()
    model.eval()
    with no_grad():
        return model, float((model(Tensor(test_x)).data.argmax(axis=1) == test_y).mean())


def main() -> None:
    if "--depths" in sys.argv:
        for depth in (8, 20):
            for he in (True, False):
                shares = [trained(depth, he, seed)[1] for seed in range(5)]
                print(f"{depth} hidden layers, {'He' if he else 'PyTorch'}:", [f"{share:.1%}" for share in shares])
        return
    model, share = trained(depth=8, he=True, seed=0)
    state = {name: array.astype(np.float16) for name, array in model.state_dict().items()}
    np.savez_compressed(FILE, **state)
    print(f"{share:.1%} right; {FILE.stat().st_size:,d} bytes in {FILE}")


if __name__ == "__main__":
    main()
