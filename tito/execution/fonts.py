"""Matplotlib's list of fonts, for each kernel its own copy: making it takes seconds, and sharing it is a way in."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from tito.execution.folders import own_prefix

FONTS = ".matplotlib"
KEPT_VARIABLES = ("PATH", "LANG", "SYSTEMROOT", "TEMP", "TMP")


@functools.cache
def font_files() -> dict[str, bytes]:
    """The files that matplotlib keeps its list in, by their path in a scratch folder. Made here when there are none.

    Empty where matplotlib is not installed.
    """
    import platformdirs

    try:
        name = f"matplotlib-{metadata.version('matplotlib')}"
    except metadata.PackageNotFoundError:
        return {}
    with tempfile.TemporaryDirectory(prefix=own_prefix()) as home:
        folder = Path(platformdirs.user_cache_dir("tinytorch"), name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            folder = Path(home)
        if not list(folder.glob("fontlist-*.json")):
            _make_list(folder, home)
        return {f"{FONTS}/{path.name}": path.read_bytes() for path in folder.glob("fontlist-*.json")}


def _make_list(folder: Path, home: str) -> None:
    """Have matplotlib write its list, in a process with an empty home: no fonts of this person's count."""
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    packages = os.pathsep.join(entry for entry in sys.path if entry.endswith("-packages"))
    environment |= {"HOME": home, "MPLCONFIGDIR": str(folder), "MPLBACKEND": "agg", "PYTHONPATH": packages}
    command = [sys.executable, "-c", "import matplotlib.font_manager"]
    subprocess.run(command, env=environment, capture_output=True, check=False)
