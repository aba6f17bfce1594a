"""TinyTorch: your own deep-learning framework. Each other file here is exported from a module notebook.

from tinytorch import Tensor, Linear, Adam
"""

from importlib import import_module
from pathlib import Path

# Which module brings which names, written by tito from the course's table.
MODULES = {}


def _is_here(module):
    return (Path(__file__).parent / f"{module}.py").is_file()


__all__ = [name for module, (_, names) in MODULES.items() if _is_here(module) for name in names.split()]


def __dir__():
    return sorted([*globals(), *__all__])


def __getattr__(name):
    """Import a public name from the module that exports it; say of one that is not there yet when it comes."""
    for module, (number, names) in MODULES.items():
        if name in names.split():
            if not _is_here(module):
                raise ImportError(
                    f"{name} arrives in module {number} ({module}): tito module start {number}, then complete it",
                    name=name,
                )
            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"tinytorch exports no {name!r}; what it exports so far: {', '.join(__all__) or 'nothing'}")
