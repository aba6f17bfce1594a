"""What a process does to itself, for good, before it runs anything of a student's. Runs inside; standard library only.

``new_namespaces`` is for kernels forked from the template; bubblewrap has done the same for those started cold.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import socket
import struct
from typing import Any

from tito.execution.sandbox import seccomp

SCRATCH = "/submission"
STUDENT = 1000  # the user inside, where the kernel has user namespaces

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, REC, PRIVATE = 0x2, 0x4, 0x8, 0x4000, 0x40000
SET_PDEATHSIG, SET_DUMPABLE, SET_SECCOMP, CAPBSET_DROP = 1, 4, 22, 24
SET_NO_NEW_PRIVS, CAP_AMBIENT, CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
SECCOMP_FILTER = 2
KILL = 9
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40
CAPABILITY_VERSION = 0x20080522
LAST_CAPABILITY = 63
OPEN_FILES = 512
OVERHEAD_BYTES = 4_000_000_000  # addresses that threads and allocators reserve, and mostly never touch
SHARED_PART, PTYS = 4, 16

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """End when the parent ends, whatever ends it."""
    _call("prctl", SET_PDEATHSIG, KILL, 0, 0, 0)


def new_namespaces(user: int | None) -> None:
    """Leave every namespace of the template; the next child is process 1 of a new one."""
    flags = NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET
    _call("unshare", flags if user is not None else flags | NEWUSER)
    if user is None:
        _map_user()
    _call("mount", None, b"/", None, REC | PRIVATE, None)
    _loopback()


def new_mounts(limits: dict[str, Any]) -> None:
    """A fresh scratch folder, shared memory, terminals and view of processes, over those of the template."""
    flags = NOSUID | NODEV
    scratch, shared = limits["scratch_bytes"], limits["scratch_bytes"] // SHARED_PART
    _call("mount", b"proc", b"/proc", b"proc", flags | NOEXEC, None)
    _call("mount", b"tmpfs", SCRATCH.encode(), b"tmpfs", flags, _tmpfs(scratch))
    _call("mount", b"tmpfs", b"/dev/shm", b"tmpfs", flags | NOEXEC, _tmpfs(shared))
    _call("mount", b"devpts", b"/dev/pts", b"devpts", NOSUID | NOEXEC, b"newinstance,ptmxmode=0666,max=%d" % PTYS)


def confine(limits: dict[str, Any], user: int | None) -> None:
    """Take on the limits, an own user, no capability, no way to new ones, and the filter of system calls."""
    _write("/proc/self/oom_score_adj", "1000")  # when memory runs out, this process goes and not the grader
    _set_limits(limits)
    _drop_bounds()
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    else:
        with contextlib.suppress(OSError):
            _write("/proc/sys/user/max_user_namespaces", "0")
    os.umask(0o077)
    _call("capset", struct.pack("=Ii", CAPABILITY_VERSION, 0), bytes(24))
    _call("prctl", SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _filter_calls()


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may look into this one."""
    _call("prctl", SET_DUMPABLE, int(value), 0, 0, 0)


def _map_user() -> None:
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{STUDENT} {STUDENT} 1")
    _write("/proc/self/gid_map", f"{STUDENT} {STUDENT} 1")


def _loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP | IFF_RUNNING))


def _set_limits(limits: dict[str, Any]) -> None:
    memory, seconds = limits["memory_bytes"], max(1, int(limits["cpu_seconds"]))
    with open("/proc/self/statm", encoding="ascii") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    wanted = {
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_AS: mapped + memory + OVERHEAD_BYTES,
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        _lower(kind, value, value)
    _lower(resource.RLIMIT_CPU, seconds, seconds + 5)


def _lower(kind: int, soft: int, hard: int) -> None:
    _, allowed = resource.getrlimit(kind)
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(kind, (soft, hard))


def _drop_bounds() -> None:
    """No program that is started later can bring capabilities with it."""
    _call("prctl", CAP_AMBIENT, CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(LAST_CAPABILITY + 1):
        with contextlib.suppress(OSError):  # one that this system does not know, or no right to: then there is none
            _call("prctl", CAPBSET_DROP, capability, 0, 0, 0)


def _filter_calls() -> None:
    code = seccomp.program()
    kept = ctypes.create_string_buffer(code, len(code))
    pointer = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(kept))
    _call("prctl", SET_SECCOMP, SECCOMP_FILTER, pointer, 0, 0)


def _tmpfs(size: int) -> bytes:
    return b"mode=0777,size=%d,nr_inodes=%d" % (size, max(1000, size // 4096))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _call(name: str, *arguments: Any) -> None:
    """A function of the C library; what goes wrong is an OSError that names it."""
    given = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if getattr(_libc, name)(*given):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
