"""What of the machine a sandbox shows, read-only: the system's programs, this Python and its packages, the data."""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from tito import datasets
from tito.execution.sandbox.confine import SCRATCH

SYSTEM = (
    "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/share/fonts", "/usr/share/zoneinfo",
    "/usr/share/dict", "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime",
)  # fmt: skip
LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
OF_PYTHON = ("bin", "lib", "lib64", "pyvenv.cfg")
PACKAGE_FOLDERS = ("site-packages", "dist-packages")
DATA = "/data"
TITO = Path(__file__).resolve().parents[2]


def folders() -> list[Path]:
    """Every file and folder of the machine to show at its own place; a later one may lie in an earlier one."""
    found = [Path(path) for path in SYSTEM]
    for prefix in (sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix):
        if Path(prefix) != Path("/usr"):
            found += [Path(prefix, part) for part in OF_PYTHON]
    found += [Path(path) for path in package_folders() if Path(path).is_dir()]
    if not any(TITO.is_relative_to(path) for path in package_folders()):
        found.append(TITO)
    shown = dict.fromkeys(path for path in found if path.exists())
    return [path for path in shown if not any(other in path.parents for other in shown)]


def links() -> Iterator[tuple[str, str]]:
    """The system's folders at the root, where they are links into /usr; elsewhere they are shown as they are."""
    for link in map(Path, LINKS):
        if link.is_symlink():
            yield str(link.readlink()), str(link)


def root_folders() -> list[Path]:
    """The system's folders at the root of a machine that keeps them apart from /usr."""
    return [Path(path) for path in LINKS if Path(path).is_dir() and not Path(path).is_symlink()]


def package_folders() -> list[str]:
    """The folders with installed packages that this process looks in, a user's own included."""
    return list(dict.fromkeys(str(Path(entry).resolve()) for entry in sys.path if Path(entry).name in PACKAGE_FOLDERS))


def other_package_folders() -> list[str]:
    """The folders with packages that lie among what is shown, and that this process does not look in."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    prefixes = dict.fromkeys((sys.base_prefix, sys.prefix, "/usr", "/usr/local"))
    candidates = [
        Path(prefix, "lib", python, name)
        for prefix in prefixes
        for python in (version, "python3")
        for name in PACKAGE_FOLDERS
    ]
    candidates.append(Path(sysconfig.get_path("purelib", vars={"base": sys.base_prefix})))
    used = package_folders()
    there = [path for path in dict.fromkeys(candidates) if path.is_dir() and str(path.resolve()) not in used]
    return [str(path) for path in there if any(shown in path.parents for shown in folders())]


def path_to_add() -> list[str]:
    """What has to be added to a fresh interpreter's path for it to find the packages that this process finds."""
    own = {str(Path(path).resolve()) for path in site.getsitepackages()}
    extra = [path for path in package_folders() if path not in own]
    return [*extra, *([] if str(TITO.parent) in package_folders() else [str(TITO.parent)])]


def masked(names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Where packages of these names are installed: the name, and its folder or file."""
    for name in names:
        for folder in map(Path, package_folders()):
            for path in (folder / name, folder / f"{name}.py", *folder.glob(f"{name}.*.so")):
                if path.exists():
                    yield name, path


def data_folder() -> Path | None:
    """The folder with the data sets; None where there is none yet."""
    folder = datasets.folder()
    return folder.resolve() if folder.is_dir() else None


def environment() -> dict[str, str]:
    """The variables of every process inside."""
    python = Path(sys.executable).parent
    return {
        "PATH": f"{python}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "USER": "student",
        "LOGNAME": "student",
        "HOME": SCRATCH,
        "TMPDIR": SCRATCH,
        "IPYTHONDIR": f"{SCRATCH}/.ipython",
        "JUPYTER_PLATFORM_DIRS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": f"{SCRATCH}/.matplotlib",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": ":".join([SCRATCH, *path_to_add()]),
        "TINYTORCH_DATA": DATA,
        "TITO_RUN": "1",
    }
