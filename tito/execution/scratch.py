"""What a submission's scratch folder holds: its package, and a refusal in the name of each other framework."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tito.notebooks.front_door import package_init

MISSING_PACKAGE = '''"""Stands in for the package that was not handed in."""

raise ModuleNotFoundError(
    "there is no tinytorch here: the submission holds no tinytorch/ folder with your exported modules. "
    "Export them (tito module complete) and submit again (tito milestone submit)",
    name="tinytorch",
)
'''

OTHER_FRAMEWORKS = (
    "autograd", "cupy", "flax", "jax", "keras", "mxnet", "paddle", "sklearn", "tensorflow", "theano", "tinygrad",
    "torch",
)  # fmt: skip
REFUSED = "{name} is refused here: this notebook runs on your own tinytorch, and on no other framework"


def lay_out(package: Mapping[str, bytes] | None, scratch: Path) -> None:
    """Write ``scratch_files`` into the folder that Python looks in first."""
    for name, content in scratch_files(package).items():
        (scratch / name).parent.mkdir(exist_ok=True)
        (scratch / name).write_bytes(content)


def scratch_files(package: Mapping[str, bytes] | None) -> dict[str, bytes]:
    """A submission's package, or one that says it is missing, and a refusal in the name of each other framework."""
    files = {  # found before anything installed, since the scratch folder is looked in first
        f"{name}.py": f"raise ImportError({REFUSED.format(name=name)!r}, name={name!r})\n".encode()
        for name in OTHER_FRAMEWORKS
    }
    if package is None:
        return files | {"tinytorch/__init__.py": MISSING_PACKAGE.encode()}
    inside = {"__init__.py": package_init().encode(), **package}
    return files | {f"tinytorch/{name}": content for name, content in inside.items()}
