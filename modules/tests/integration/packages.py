"""What the integration tests share: an exported package, imported in the place of any other."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _forget_tinytorch() -> dict[str, object]:
    names = [name for name in sys.modules if name.split(".")[0] == "tinytorch"]
    return {name: sys.modules.pop(name) for name in names}


@contextmanager
def imported_from(folder: Path) -> Iterator[None]:
    """Let ``import tinytorch`` find ``folder/tinytorch``; put back afterwards what was imported before."""
    before = _forget_tinytorch()
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _forget_tinytorch()
        sys.modules.update(before)
