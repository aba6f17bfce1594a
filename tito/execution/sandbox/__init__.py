"""Kernels that see their own scratch folder, Python, its packages and the data sets, and nothing else of the machine.

Both kinds live in bubblewrap: ``bubblewrap`` starts each kernel cold, ``forked`` forks them from a warm template.
"""

from __future__ import annotations

from tito.execution.sandbox.limits import Limits
from tito.execution.sandbox.unavailable import SandboxUnavailable

NONE, BUBBLEWRAP, FORKED = "none", "bubblewrap", "forked"
KINDS = (FORKED, BUBBLEWRAP, NONE)

__all__ = [
    "BUBBLEWRAP",
    "FORKED",
    "KINDS",
    "NONE",
    "Limits",
    "SandboxUnavailable",
    "require",
]


def require(kind: str) -> None:
    """Raise SandboxUnavailable, with what to install, unless kernels of this kind can be had."""
    from tito.execution.sandbox import bubblewrap

    if kind not in KINDS:
        raise ValueError(f"no sandbox is called {kind!r}; there are {', '.join(KINDS)}")
    if kind != NONE:
        bubblewrap.program()
