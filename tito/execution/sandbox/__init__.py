"""Kernels that see their own scratch folder, Python, its packages and the data sets, and nothing else of the machine.

Both kinds live in bubblewrap: ``bubblewrap`` starts each kernel cold, ``forked`` forks them from a warm template.
"""

from __future__ import annotations

from tito.execution.sandbox.limits import Limits
from tito.execution.sandbox.record import Probe
from tito.execution.sandbox.unavailable import SandboxUnavailable

NONE, BUBBLEWRAP, FORKED = "none", "bubblewrap", "forked"
KINDS = (FORKED, BUBBLEWRAP, NONE)

__all__ = [
    "BUBBLEWRAP",
    "FORKED",
    "KINDS",
    "NONE",
    "Limits",
    "Probe",
    "SandboxUnavailable",
    "for_own_code",
    "probe",
    "require",
]


def require(kind: str) -> None:
    """Raise SandboxUnavailable, with what to install, unless kernels of this kind can be had."""
    from tito.execution.sandbox import bubblewrap

    if kind not in KINDS:
        raise ValueError(f"no sandbox is called {kind!r}; there are {', '.join(KINDS)}")
    if kind != NONE:
        bubblewrap.program()


def probe(kind: str = FORKED) -> Probe:
    """Try kernels of this kind out; the record says whether they are shut in, and if not, why."""
    from tito.execution.sandbox import trial

    return trial.probe(kind)


def for_own_code() -> tuple[str, str]:
    """The kind for notebooks that the course itself wrote (samples, proofs), and why where it is none.

    Students' submissions never take this way: without a sandbox they are not graded unless told so.
    """
    found = probe()
    return (FORKED, "") if found.ok else (NONE, found.sentence)
