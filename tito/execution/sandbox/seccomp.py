"""The system calls that no notebook needs, as a filter in the kernel's classic BPF. Imports little: it runs inside.

They reach what namespaces do not shut off (keyrings, vsock sockets, the terminal's input), take memory that no limit
counts, or only widen the surface for an attack.
"""

from __future__ import annotations

import errno
import platform
import struct

# name: number on x86_64, on aarch64
DENIED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "syslog": (103, 116),
    "fanotify_init": (300, 262), "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "sethostname": (170, 161), "setdomainname": (171, 162),
}  # fmt: skip
CLONE, CLONE3, SOCKET, IOCTL = (56, 220), (435, 435), (41, 198), (16, 29)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

CLONE_NEW = 0x7E020000  # every flag of clone that makes a namespace
FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink: those that a network namespace shuts off
TERMINAL_INPUT = (0x5412, 0x541C)
INTERFACES = (0x8910, 0x89FF)  # ioctls about network interfaces: the sockets passed in were made outside

LOAD, EQUAL, AT_LEAST, SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
X32 = 0x40000000


def supported() -> bool:
    """Whether the numbers of this machine's system calls are known here."""
    return platform.machine() in MACHINES


def program() -> bytes:
    """The filter: an array of ``struct sock_filter``."""
    column, architecture = MACHINES[platform.machine()]
    steps = [_step(LOAD, ARCHITECTURE), _step(EQUAL, architecture, 1, 0), _step(RETURN, KILL), _step(LOAD, NUMBER)]
    steps += [_step(AT_LEAST, X32, 0, 1), _deny(errno.EPERM)]
    for numbers in DENIED.values():
        steps += [_step(EQUAL, numbers[column], 0, 1), _deny(errno.EPERM)]
    steps += [_step(EQUAL, CLONE3[column], 0, 1), _deny(errno.ENOSYS)]  # its flags lie in memory: libc takes clone
    clone = [_step(SET, CLONE_NEW, 0, 1), _deny(errno.EPERM)]
    families = [_step(EQUAL, family, len(FAMILIES) - at, 0) for at, family in enumerate(FAMILIES)]
    ioctls = [part for code in TERMINAL_INPUT for part in (_step(EQUAL, code, 0, 1), _deny(errno.EPERM))]
    ioctls += [_step(AT_LEAST, INTERFACES[0], 0, 2), _step(AT_LEAST, INTERFACES[1] + 1, 1, 0), _deny(errno.EPERM)]
    steps += _on(CLONE[column], 0, clone)
    steps += _on(SOCKET[column], 0, [*families, _deny(errno.EAFNOSUPPORT)])
    steps += _on(IOCTL[column], 1, ioctls)
    return b"".join([*steps, _step(RETURN, ALLOW)])


def _on(number: int, argument: int, steps: list[bytes]) -> list[bytes]:
    """Steps about one argument of one call, after which the call is allowed."""
    body = [_step(LOAD, ARGUMENTS + 8 * argument), *steps, _step(RETURN, ALLOW)]
    return [_step(EQUAL, number, 0, len(body)), *body]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _deny(number: int) -> bytes:
    return _step(RETURN, ERROR | number)
