"""Run PyTorch's documented examples and store what they need and give: ``documented_examples.npz``.

python modules/tests/data/make_documented_examples.py, with an interpreter that has PyTorch (made with 2.13).
"""

from __future__ import annotations

import ast
import doctest
import io
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from modules.tests.documented_examples import EXAMPLES, Example

STORED = Path(__file__).with_name("documented_examples.npz")


def documented(of: str) -> list[str]:
    """The statements of a name's docstring."""
    found = torch
    for part in of.split(".")[1:]:
        found = getattr(found, part)
    return [example.source for example in doctest.DocTestParser().get_examples(found.__doc__ or "")]


def recorded(example: Example) -> dict[str, np.ndarray]:
    """What PyTorch's run of an example has: arrays by variable, and ``NAME?`` where it requires a gradient."""
    import math

    torch.manual_seed(0)
    space = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "math": math}
    begin, end = example.statements
    statements = documented(example.of)
    for number, source in enumerate(statements[:end]):
        tree, value = ast.parse(source), None
        earlier = (Exception,) if number < begin else ()  # what an earlier example needs may be missing: a GPU
        with redirect_stdout(io.StringIO()), suppress(*earlier):
            if isinstance(tree.body[0], ast.Expr):
                value = eval(source.strip(), space)
            else:
                exec(source, space)
        if number >= begin:
            space[f"r{number - begin}"] = value
    found: dict[str, np.ndarray] = {}
    for name in (*example.takes.split(), *example.gives.split()):
        value = eval(name, space)
        if isinstance(value, torch.nn.Module):
            found |= {f"{name}.{key}": tensor.numpy() for key, tensor in value.state_dict().items()}
        elif isinstance(value, torch.Tensor):
            found[name] = value.detach().numpy().copy()
            found[f"{name}?"] = np.array(value.requires_grad)
        else:
            found[name] = np.array(value)
    return found


def record() -> dict[str, np.ndarray]:
    """All of them, by ``key/variable``."""
    runs = [example for example in EXAMPLES if not example.reason]
    return {f"{each.key}/{name}": array for each in runs for name, array in recorded(each).items()}


if __name__ == "__main__":
    np.savez_compressed(STORED, **record())
    print(f"{STORED.name}: {STORED.stat().st_size:,} bytes, PyTorch {torch.__version__}")
