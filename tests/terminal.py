"""A real pseudo-terminal, for tests of what a command prints on one."""

from __future__ import annotations

import os
import pty
import select
import subprocess


def on_a_terminal(args, cwd, env):
    """What a command prints on a real pseudo-terminal."""
    main_end, terminal = pty.openpty()
    with subprocess.Popen(args, cwd=cwd, env=env, stdin=terminal, stdout=terminal, stderr=terminal):
        os.close(terminal)
        said = b""
        while select.select([main_end], [], [], 60)[0]:
            try:
                part = os.read(main_end, 4096)
            except OSError:
                break
            if not part:
                break
            said += part
    os.close(main_end)
    return said.decode()
