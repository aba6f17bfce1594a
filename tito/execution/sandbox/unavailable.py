"""Why a sandbox cannot be had, and what helps."""

from __future__ import annotations

from tito.errors import TitoError

UNPROTECTED = "--no-sandbox (ExecuteSubmission.sandbox = 'none') grades without any protection"


class SandboxUnavailable(TitoError):
    """Submissions cannot be shut in on this machine, so nothing is graded."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message, f"{remedy}; {UNPROTECTED}")
