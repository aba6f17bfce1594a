"""A person's mistakes: each is one sentence that says what is wrong, and the next thing to do."""

from __future__ import annotations


class TitoError(Exception):
    """Something that a person can put right; ``hint`` is the next command to type or thing to do."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UnknownName(TitoError):
    """No module, milestone or assignment has this name."""


class NotTaughtYet(TitoError):
    """A module or milestone that the tables only plan."""


class NotInWorkspace(TitoError):
    """The current folder lies in no workspace."""


class StateRepaired(TitoError):
    """A progress file was damaged; it is kept aside and a new one was made from what is there."""


class NotebookError(TitoError):
    """A notebook cannot be found or read."""


class ExportError(TitoError):
    """A notebook's export cells cannot become a module."""


class BuildError(TitoError):
    """An authored notebook breaks a rule of the build; ``findings`` lists every place."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings), "see docs/authoring.md for each rule")
        self.findings = findings


class MissingExtra(TitoError):
    """A command needs packages of an extra that is not installed."""
