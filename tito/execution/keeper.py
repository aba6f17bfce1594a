"""Stands between a grader and one kernel: ``python keeper.py COMMAND...`` runs the command and ends with it.

A kernel that kills its parent kills this process and no grader. Told to end (SIGTERM), it ends the kernel first; when
the grader itself is gone, the kernel and whatever it started. Imports little, since it starts before each kernel.
"""

import os
import signal
import sys
import time

PARENT_CHECK_S = 1.0


def main(command: list[str]) -> None:
    grader = os.getppid()
    signal.signal(signal.SIGINT, lambda *_: None)  # an interrupt goes to the whole group, and means the kernel
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # by which the kernel notices that its parent is gone
    kernel = os.posix_spawn(command[0], command, os.environ, setsigmask=())
    signal.signal(signal.SIGCHLD, lambda *_: _leave_with(kernel))
    signal.signal(signal.SIGTERM, lambda *_: os.kill(kernel, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    while os.getppid() == grader:
        time.sleep(PARENT_CHECK_S)
    os.killpg(0, signal.SIGKILL)


def _leave_with(kernel: int) -> None:
    """End as the kernel did, if it has ended."""
    ended, status = os.waitpid(kernel, os.WNOHANG)
    if ended:
        os._exit(abs(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main(sys.argv[1:])
