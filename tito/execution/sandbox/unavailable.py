"""Why a sandbox cannot be had or did not last, and what helps."""

from __future__ import annotations

from tito.errors import TitoError

UNPROTECTED = "--no-sandbox (ExecuteSubmission.sandbox = 'none') grades without any protection"


class SandboxUnavailable(TitoError):
    """Submissions cannot be shut in on this machine, so nothing is graded."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message, f"{remedy}; {UNPROTECTED}")


class SandboxLost(SandboxUnavailable):
    """A sandbox was ended from outside while something ran in it, which is nothing that what ran could do."""

    def __init__(self) -> None:
        super().__init__(
            "The sandbox was ended from outside while a submission ran in it, perhaps for want of memory.",
            "grade it again, with fewer workers if memory is short",
        )
