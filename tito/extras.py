"""Packages that only some commands need: without them, say which extra brings them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tito.errors import MissingExtra

OUR_OWN = ("tito", "tinytorch")


@contextlib.contextmanager
def needs_extra(name: str) -> Iterator[None]:
    """Turn a missing package into one sentence and the command that installs the extra ``name``."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if not package or package in OUR_OWN:
            raise
        raise MissingExtra(
            f"This command needs {package}, which the [{name}] extra brings.",
            f"pip install 'tinytorch-course[{name}]'",
        ) from error
