"""One cold kernel in a bubblewrap of its own.

``python -m tito.execution.sandbox.cold REQUEST LEASH SOCKET...``, as process 1.
"""

from __future__ import annotations

import sys

from tito.execution.sandbox.inside import run_process_one
from tito.execution.sandbox.request import read_request


def main(numbers: list[int]) -> None:
    request, leash, *sockets = numbers
    run_process_one(read_request(request), sockets, leash)


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]])
