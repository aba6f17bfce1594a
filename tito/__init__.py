"""Carry a student from module to milestone, and an instructor from roster to gradebook."""

__version__ = "0.1.0"


def load_ipython_extension(ipython: object) -> None:
    """What ``%load_ext tito`` in a notebook runs: ``%tito`` is every command of the command line."""
    from tito.jupyter.magic import load

    load(ipython)


def unload_ipython_extension(ipython: object) -> None:
    """What ``%unload_ext tito`` runs."""
    from tito.jupyter.magic import unload

    unload(ipython)
