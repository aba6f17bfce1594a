"""Try the sandbox out: what a confined Python finds out about itself, and what it should find."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook

from tito.execution.run import execute
from tito.execution.sandbox import FORKED, NONE, Limits, bubblewrap
from tito.execution.sandbox.unavailable import SandboxUnavailable

LOOK = """
import ctypes, json, os, socket
def tries(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"
def status(name):
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith(name + ":"))
def connect(address, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(2)
        one.connect(address)
print(json.dumps({
    "not root": os.getuid() != 0 and os.geteuid() != 0,
    "no capabilities": int(status("CapEff"), 16) == int(status("CapBnd"), 16) == 0,
    "no new rights": status("NoNewPrivs") == "1",
    "system calls filtered": status("Seccomp") == "2",
    "no network of the machine's": tries(lambda: connect(("127.0.0.1", PORT))) != "done",
    "no network beyond": tries(lambda: connect(("192.0.2.1", 80))) != "done",
    "the machine's abstract sockets out of sight":
        tries(lambda: connect(chr(0) + NAME, socket.AF_UNIX)) != "done",
    "home out of sight": not any(os.path.exists(path) for path in HIDDEN),
    "only own processes": len([name for name in os.listdir("/proc") if name.isdigit()]) <= 3,
    "system read-only": tries(lambda: open("/usr/bin/tito-probe", "w")) != "done"
        and tries(lambda: open("/tito-probe", "w")) != "done",
    "own scratch folder": tries(lambda: open("probe", "w").close()) == "done",
}))
"""


@dataclass(frozen=True)
class Probe:
    """Whether kernels of one kind are shut in here, in one sentence, and what was looked at."""

    ok: bool
    kind: str
    sentence: str
    details: dict[str, bool] = field(default_factory=dict)


def probe(kind: str = FORKED) -> Probe:
    """Start a kernel of this kind and have it look around. Never raises: what is wrong is the sentence."""
    try:
        details = _looked_around(kind)
    except SandboxUnavailable as error:
        return Probe(False, kind, f"{error.message} Next: {error.hint}.")
    open_ = [what for what, shut in details.items() if not shut]
    if open_:
        return Probe(False, kind, f"The sandbox is not tight; missing: {', '.join(open_)}.", details)
    who = "each kernel as a user of its own" if bubblewrap.is_root() else "in a user namespace"
    return Probe(True, kind, f"Kernels are shut in ({kind}, {who}).", details)


def for_own_code() -> tuple[str, str]:
    """The kind for notebooks that the course itself wrote (samples, proofs), and why where it is none.

    Students' submissions never take this way: without a sandbox they are not graded unless told so.
    """
    found = probe()
    return (FORKED, "") if found.ok else (NONE, found.sentence)


def _looked_around(kind: str) -> dict[str, bool]:
    name = f"tito-probe-{os.urandom(8).hex()}"
    with socket.socket() as near, socket.socket(socket.AF_UNIX) as abstract:
        near.bind(("127.0.0.1", 0))
        near.listen()
        abstract.bind(f"\0{name}")
        abstract.listen()
        hidden = [str(path) for path in _hidden() if path.is_file()]
        known = f"PORT, NAME, HIDDEN = {near.getsockname()[1]}, {name!r}, {hidden!r}\n"
        ran = execute(new_notebook(cells=[new_code_cell(known + LOOK)]), {}, Limits(), kind)
    outputs = ran.notebook.cells[0].outputs
    if not outputs or outputs[0].output_type != "stream":
        raise SandboxUnavailable(f"A kernel in the sandbox cannot look around: {outputs}", "report this as a bug")
    return json.loads(outputs[0].text)


def _hidden() -> list[Path]:
    """Files that must not be seen: some of this person's home, the machine's, the current folder's."""
    home, here = Path.home(), Path.cwd()
    listed = [path for folder in (home, here) if os.access(folder, os.R_OK) for path in sorted(folder.iterdir())[:50]]
    return [*listed, Path("/etc/shadow"), Path("/etc/hostname"), Path("/etc/machine-id")]
