"""What trying a sandbox out found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Probe:
    """Whether kernels of one kind are shut in here, in one sentence, and what was looked at."""

    ok: bool
    kind: str
    sentence: str
    details: dict[str, bool] = field(default_factory=dict)
