"""What a source that runs beside a notebook's cells put out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What one follow-up put out, as plain JSON; ``ran`` is False when the kernel was gone, or the time was up."""

    outputs: list[dict]
    ran: bool
