"""bubblewrap's command line, and a process that runs under it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tito.execution.sandbox import seccomp, visible
from tito.execution.sandbox.confine import SCRATCH, STUDENT
from tito.execution.sandbox.unavailable import SandboxUnavailable
from tito.execution.scratch import MISSING_PACKAGE, OTHER_FRAMEWORKS, REFUSED

INSTALL = "install it (Debian, Ubuntu: sudo apt-get install bubblewrap; Fedora: sudo dnf install bubblewrap)"
NAMESPACES = (
    "allow them (Debian: sysctl kernel.unprivileged_userns_clone=1; Ubuntu: sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container: run it with --security-opt seccomp=unconfined)"
)
MAKING = ("bwrap: ", "unshare: ", "mount: ")
FORBIDDEN = ("namespace", "uid map", "gid map", "Operation not permitted", "Permission denied", "setting up loopback")
ETC = {
    "/etc/passwd": f"root:x:0:0:root:/:/bin/false\nstudent:x:{STUDENT}:{STUDENT}:student:{SCRATCH}:/bin/sh\n",
    "/etc/group": f"root:x:0:\nstudent:x:{STUDENT}:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
REFUSAL = "raise ImportError({sentence!r}, name={name!r})\n"


def program() -> str:
    """Where bubblewrap is installed. Raises SandboxUnavailable where it cannot be."""
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"Graded kernels are shut in with bubblewrap, which exists on Linux only and not on {sys.platform}.",
            "grade on Linux (a virtual machine or container will do)",
        )
    if not seccomp.supported():
        raise SandboxUnavailable(
            f"No filter of system calls is known for this processor ({os.uname().machine}).",
            "grade on x86_64 or aarch64",
        )
    found = shutil.which("bwrap")
    if not found:
        raise SandboxUnavailable("Graded kernels are shut in with bubblewrap, and bwrap is not installed.", INSTALL)
    return found


class Confined:
    """A program under bubblewrap: ended with everything that it has started, and never before that."""

    def __init__(self, command: Sequence[str], passed: Sequence[int] = (), *, template: bool, scratch: int) -> None:
        """Start it; ``template`` leaves a root's program the rights to make namespaces of its own."""
        with contextlib.ExitStack() as stack:
            texts = {path: stack.enter_context(_file(text)) for path, text in (ETC | _refusals()).items()}
            told, tell = os.pipe()
            stack.callback(os.close, told)
            arguments = _arguments(texts, tell, template=template, scratch=scratch)
            self.errors = stack.enter_context(_file(""))
            try:
                self.process = subprocess.Popen(
                    [program(), *arguments, "--", *command],
                    env={},  # process 1's, for whoever looks at it from inside
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self.errors,
                    pass_fds=[*texts.values(), *passed, tell],
                )
            finally:
                os.close(tell)
            self.said = os.dup(self.errors)
            self.first = _first_process(told)

    def end(self) -> None:
        """End it, and wait until all that it has started has ended."""
        if self.process.poll() is None:
            if self.first is None:
                self.process.kill()
            else:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self.first, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        for name in ("first", "said"):
            number = getattr(self, name)
            if number is not None:
                setattr(self, name, None)
                os.close(number)

    def complaint(self) -> SandboxUnavailable:
        """What bubblewrap or the program said when it failed."""
        said = os.pread(self.said, 10_000, 0).decode("utf-8", "replace").strip() if self.said is not None else ""
        return not_started(said or f"it ended with status {self.process.poll()} and said nothing")


def not_started(said: str) -> SandboxUnavailable:
    """What a failed start said on its last line, and what helps."""
    last = said.strip().splitlines()[-1]
    if any(call in last for call in MAKING) and any(word in last for word in FORBIDDEN):
        return SandboxUnavailable(f"This machine does not let {_who()} make a sandbox ({last}).", NAMESPACES)
    return SandboxUnavailable(f"The sandbox did not start: {last}", "see `tito system doctor`")


def arguments_of_python(module: str, *rest: object) -> list[str]:
    """A command that runs a module of ``tito`` with this Python."""
    return [sys.executable, "-s", "-m", module, *map(str, rest)]


def is_root() -> bool:
    return os.geteuid() == 0


def _who() -> str:
    return "root" if is_root() else "an ordinary user"


@contextlib.contextmanager
def _file(text: str) -> Iterator[int]:
    number = os.memfd_create("sandbox")
    try:
        os.write(number, text.encode())
        os.lseek(number, 0, os.SEEK_SET)
        yield number
    finally:
        os.close(number)


def _refusals() -> dict[str, str]:
    """What stands where another framework, or some tinytorch, is installed: a file that refuses to be imported."""
    texts = {"tinytorch": MISSING_PACKAGE}
    for name in OTHER_FRAMEWORKS:
        texts[name] = REFUSAL.format(sentence=REFUSED.format(name=name), name=name)
    return {str(path): texts[name] for name, path in visible.masked(texts)}


def _arguments(texts: Mapping[str, int], tell: int, *, template: bool, scratch: int) -> list[str]:
    return [
        *_namespaces(template=template),
        "--info-fd", str(tell),
        *_system(),
        *[part for path in visible.other_package_folders() for part in ("--tmpfs", path, "--remount-ro", path)],
        *[part for path, number in texts.items() for part in _text_at(path, number)],
        *_data(),
        "--proc", "/proc", "--dev", "/dev",
        "--perms", "0777", "--size", str(scratch), "--tmpfs", SCRATCH,
        "--perms", "0777", "--size", str(scratch // 4), "--tmpfs", "/dev/shm",
        *_temporary(),
        "--remount-ro", "/dev", "--remount-ro", "/",
        "--chdir", "/", "--clearenv",
        *[part for name, value in visible.environment().items() for part in ("--setenv", name, value)],
    ]  # fmt: skip


def _namespaces(*, template: bool) -> list[str]:
    """An own world for all that the system can share; a root has no need of a user namespace, and leaves being root."""
    every = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    life = [] if template else ["--die-with-parent"]  # a template outlives the thread that started it
    common = ["--new-session", "--hostname", "kernel", "--as-pid-1", *life, *every]
    if not is_root():
        return ["--unshare-user", "--uid", str(STUDENT), "--gid", str(STUDENT), *common]
    kept = [
        "CAP_SETUID",
        "CAP_SETGID",
        "CAP_SETPCAP",
        *(["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_KILL"] if template else []),
    ]
    return [*common, "--cap-drop", "ALL", *[part for name in kept for part in ("--cap-add", name)]]


def _system() -> list[str]:
    """The folders shown, in folders that whoever runs inside may enter."""
    shown = [*visible.folders(), *visible.root_folders()]
    above = sorted({folder for path in (*shown, *map(Path, ETC)) for folder in path.parents if folder != Path("/")})
    arguments = [part for folder in above for part in ("--perms", "0755", "--dir", str(folder))]
    arguments += [part for path in shown for part in ("--ro-bind", str(path), str(path))]
    return arguments + [part for target, link in visible.links() for part in ("--symlink", target, link)]


def _temporary() -> list[str]:
    """/tmp is the scratch folder, unless something shown lies below it (then it is read-only)."""
    below = any(Path("/tmp") in path.parents for path in visible.folders())
    return [] if below else ["--symlink", SCRATCH.lstrip("/"), "/tmp"]


def _text_at(path: str, number: int) -> list[str]:
    """A text in place of a file, or of a folder with a package: then as all that there is of it."""
    text = ["--perms", "0444", "--ro-bind-data", str(number)]
    if Path(path).is_dir():
        return ["--tmpfs", path, *text, f"{path}/__init__.py", "--remount-ro", path]
    return [*text, path]


def _data() -> list[str]:
    folder = visible.data_folder()
    return ["--ro-bind", str(folder), visible.DATA] if folder else ["--dir", visible.DATA]


def _first_process(told: int) -> int | None:
    """A descriptor of process 1 inside; None when bubblewrap failed before there was one."""
    with open(told, encoding="ascii", closefd=False) as file:
        said = file.read()
    with contextlib.suppress(ValueError, KeyError, ProcessLookupError):
        return os.pidfd_open(json.loads(said)["child-pid"])
    return None
