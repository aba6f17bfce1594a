"""What a kernel in the sandbox can see, reach and change: nothing but its own folder, as root and as a user."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.execution.sandboxed import Ran, run
from tito.course import REPOSITORY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.exists("/usr/bin/bwrap"), reason="bubblewrap is not installed"),
]


@dataclass(frozen=True)
class Try:
    """What a cell tries, the error that it must end in, or the text that it must print."""

    source: str
    error: str | tuple[str, ...] = ""
    text: str = ""


START = """
import contextlib, ctypes, errno, os, random, signal, socket, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)
def connect(address, family=socket.AF_INET):
    with socket.socket(family) as one:
        one.settimeout(3)
        one.connect(address)
def write(path):
    with open(path, "w") as file:
        file.write("x")
"""
TRIES = {
    "network-loopback": Try("connect(('127.0.0.1', {port}))", "ConnectionRefusedError"),
    "network-beyond": Try("connect(('192.0.2.1', 80))", "OSError: [Errno 101]"),
    "network-abstract": Try("connect('\\0{name}', socket.AF_UNIX)", "ConnectionRefusedError"),
    "network-unix-path": Try("connect('{path}', socket.AF_UNIX)", "FileNotFoundError"),
    "network-vsock": Try("socket.socket(40, socket.SOCK_STREAM)", "OSError: [Errno 97]"),
    "network-packet": Try("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", "OSError: [Errno 97]"),
    "network-interfaces": Try("print([name for _, name in socket.if_nameindex()])", text="['lo']\n"),
    "user-not-root": Try("print(0 in (os.getuid(), os.geteuid(), os.getgid(), *os.getgroups()))", text="False\n"),
    "user-become-root": Try("os.setuid(0)", ("PermissionError", "OSError: [Errno 22]")),
    "user-capabilities": Try(
        "lines = [line.split() for line in open('/proc/self/status')]\n"
        "print([line[1].strip('0') for line in lines if line[0] in ('CapEff:', 'CapPrm:', 'CapBnd:')])",
        text="['', '', '']\n",
    ),
    "user-setuid-program": Try(
        "print(subprocess.run(['su', '-c', 'id'], capture_output=True, input=b'').returncode != 0)", text="True\n"
    ),
    "view-home": Try("print(os.path.exists('{secret}'), os.path.exists('{folder}'))", text="False False\n"),
    "view-course": Try(
        "names = ('modules', 'milestones', 'source', '.git', 'tests')\n"
        "print([n for n in names if os.path.exists('{repository}/' + n)])",
        text="[]\n",
    ),
    "view-etc": Try("print(sorted(set(os.listdir('/etc')) - {etc}))", text="[]\n"),
    "view-root": Try(
        "print([n for n in ('sys', 'run', 'var', 'boot', 'mnt', 'home') if os.path.exists('/' + n)])", text="[]\n"
    ),
    "view-tito": Try("import tito.datasets; print(tito.datasets.digits())", text="LabelledImages(digits"),
    "view-processes": Try(
        "print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()), os.getpid())", text="[1, 2] 2\n"
    ),
    "view-environment-1": Try("print('COURSE_SECRET' in os.environ)", text="False\n"),
    "view-environment-2": Try("open('/proc/1/environ').read()", "PermissionError"),
    "view-memory-of-1": Try("open('/proc/1/mem', 'r+b')", "PermissionError"),
    "view-sockets": Try("print([n for n in os.listdir('.') if 'sock' in n])", text="[]\n"),
    "kill-process-1": Try("for n in (9, 19, 15, 2, 1, 17): os.kill(1, n)\nprint('alive')", text="alive\n"),
    "kill-all": Try("os.kill(os.getppid(), signal.SIGTERM); print(2)", text="2\n"),
    "ptrace": Try("call('ptrace', 16, 1, 0, 0)", "PermissionError"),
    "mount": Try("call('mount', b'none', b'/submission', b'tmpfs', 0, None)", "PermissionError"),
    "remount": Try("call('mount', None, b'/usr/lib', None, 32, None)", "PermissionError"),
    "unmount": Try("call('umount2', b'/proc', 2)", "PermissionError"),
    "namespace": Try("call('unshare', 0x10000000)", "PermissionError"),
    "namespace-by-clone": Try("call('syscall', {clone}, 0x10000011, 0, 0, 0, 0)", "PermissionError"),
    "keyring": Try("call('syscall', {keyctl}, 0, -3, 1)", "PermissionError"),
    "memory-file": Try("os.memfd_create('a')", "PermissionError"),
    "write-root": Try("write('/left')", "OSError: [Errno 30]"),
    "write-usr": Try("write('/usr/bin/left')", "OSError: [Errno 30]"),
    "write-dev": Try("write('/dev/left')", "OSError: [Errno 30]"),
    "write-data": Try("write('/data/left')", "OSError: [Errno 30]"),
    "write-etc": Try("write('/etc/left')", "OSError: [Errno 30]"),
    "write-tito": Try("import tito; write(os.path.dirname(tito.__file__) + '/left.py')", "OSError: [Errno 30]"),
    "write-packages": Try("import numpy; write(os.path.dirname(numpy.__file__) + '/left.py')", "OSError: [Errno 30]"),
    "write-sysctl": Try("write('/proc/sys/kernel/core_pattern')", ("PermissionError", "OSError: [Errno 30]")),
    "hostname": Try("socket.sethostname('mine')", "PermissionError"),
    "memory": Try("bytearray(10**11)", "MemoryError"),
    "memory-shared": Try("import mmap; mmap.mmap(-1, 10**11)", "OSError: [Errno 12]"),
    "file-size": Try("open('large', 'wb').write(bytes(3_000_000))", "OSError: [Errno 27]"),
    "scratch-size": Try(
        "try:\n    for n in range(50): open(f'part{n}', 'wb').write(bytes(1_500_000))\n"
        "finally:\n    [os.unlink(n) for n in os.listdir('.') if n.startswith('part')]", "OSError: [Errno 28]",
    ),
    "many-files": Try(
        "os.mkdir('many')\ntry:\n    for n in range(100_000): open(f'many/{n}', 'w').close()\n"
        "finally:\n    import shutil; shutil.rmtree('many')", "OSError: [Errno 28]",
    ),
    "fork-bomb": Try(
        "children = []\ntry:\n    while True:\n        child = os.fork()\n        if not child:\n"
        "            time.sleep(60); os._exit(0)\n        children.append(child)\n"
        "finally:\n    for child in children: os.kill(child, 9), os.waitpid(child, 0)\n    print(len(children) < 64)",
        "BlockingIOError", "True\n",
    ),
    "threads": Try(
        "stop = threading.Event()\ntry:\n    while True: threading.Thread(target=stop.wait, daemon=True).start()\n"
        "finally: stop.set()", "RuntimeError: can't start new thread",
    ),
    "processes-work": Try(
        "time.sleep(1); print(subprocess.run(['echo', 'a'], capture_output=True).stdout)", text="b'a\\n'\n"
    ),
    "shell-works": Try("!echo out", text="out\r\n"),
    "pool-works": Try(
        "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, 2]))",
        text="[1, 2]\n",
    ),
    "plots-work": Try("import matplotlib.pyplot as plt; plt.plot([1, 2])", text="[<matplotlib.lines.Line2D"),
    "torch-refused": Try("import torch", "ImportError: torch is refused here"),
}  # fmt: skip
SUM = {"file_bytes": 2_000_000, "scratch_bytes": 8_000_000, "processes": 64}
ETC = {"passwd", "group", "hosts", "nsswitch.conf", "ld.so.cache", "alternatives", "localtime"}


@pytest.fixture(scope="module", params=["forked", "bubblewrap", "forked-ordinary-user", "bubblewrap-ordinary-user"])
def looked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One kernel of each kind that tried everything, beside a machine that listens."""
    kind, _, ordinary = request.param.partition("-")
    folder = tmp_path_factory.mktemp("m")
    (folder / "secret").write_text("hidden", encoding="utf-8")
    name, path = f"tt-{os.getpid()}-{request.param}", f"/tmp/tt-{os.getpid()}-{request.param}.s"
    machine = {"x86_64": (56, 250), "aarch64": (220, 219)}[os.uname().machine]
    with socket.socket() as near, socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as named:
        near.bind(("127.0.0.1", 0))
        abstract.bind(f"\0{name}")
        named.bind(path)
        for one in (near, abstract, named):
            one.listen()
        known = {
            "port": near.getsockname()[1],
            "name": name,
            "path": path,
            "secret": folder / "secret",
            "folder": folder,
            "etc": ETC,
        }
        known |= {"repository": REPOSITORY, "clone": machine[0], "keyctl": machine[1]}
        cells = [START, *(_filled(attempt.source, known) for attempt in TRIES.values())]
        try:
            yield run(kind, *cells, ordinary=bool(ordinary), **SUM)
        finally:
            os.unlink(path)


def _filled(source: str, known: dict) -> str:
    for name, value in known.items():
        source = source.replace("{" + name + "}", str(value))
    return source


@pytest.mark.parametrize("name", TRIES)
def test_a_kernel_reaches_nothing_but_its_own_folder(looked: Ran, name: str):
    attempt, at = TRIES[name], 1 + list(TRIES).index(name)
    assert not looked.stopped
    if name == "many-files" and looked.kind == "bubblewrap":
        pytest.skip("bubblewrap can limit the bytes of a folder, and not the number of its files")
    if attempt.error:
        assert looked.errors[at].startswith(attempt.error), looked.texts[at]
    else:
        assert not looked.errors[at]
    assert looked.texts[at].startswith(attempt.text)


def test_each_limit_that_struck_is_told_in_one_sentence(looked: Ran):
    said = " ".join(looked.limits_hit)
    for sentence in (
        "used more than 2 GB of memory.", "wrote a file of more than 2 MB.", "wrote more than 8 MB into its folder.",
        "had more than 64 processes and threads at once.",
    ):  # fmt: skip
        assert sentence in said
