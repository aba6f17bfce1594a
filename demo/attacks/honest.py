"""Honest submissions that do odd things, and keep every point."""

from __future__ import annotations

from demo.attacks.base import FULL, RIGHT, TOP, Attack

CELLS = {
    "nothing odd": "",
    "hooks that time cells": (
        "import time\nbegan = []\nip = get_ipython()\n"
        "ip.events.register('pre_run_cell', lambda info: began.append(time.time()))\n"
        "ip.events.register('post_run_cell', lambda result: print('took a while'))"
    ),
    "autoreload": "%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'svg'",
    "capture, shell and time": "%%capture\n!echo hello\n%timeit -n 1 -r 1 sum(range(10))",
    "another locale and time zone": (
        "import locale, os, time\nos.environ['TZ'] = 'Asia/Kathmandu'; time.tzset()\n"
        "locale.setlocale(locale.LC_ALL, '')\nnp.set_printoptions(precision=2, suppress=True)"
    ),
    "Greek names and emoji in print": "λ, β, ﬁ = 1, 2, 3\nprint('π ≈ 3', '\\U0001f600', '\\uff46ull')",
    "half characters and zeros printed": "print('\\ud83d', 'a\\0b', '\\x1b[31mred')",
    "warnings everywhere": "import warnings\nwarnings.simplefilter('always')\nwarnings.warn('careful')",
    "logging set up": "import logging\nlogging.basicConfig(level=logging.INFO)\nlogging.warning('to stderr')",
    "own names for builtins": "sum = max = min = list = input = id = 3\ndel sum, max, min, list",
    "NumPy strict": "np.seterr(all='raise', under='ignore')\nnp.random.seed(7)",
    "progress written over itself": "import sys\nfor i in range(50):\n    print(f'\\r{i} %', end='', file=sys.stderr)",
    "threads and a subprocess": (
        "import concurrent.futures, subprocess\n"
        "with concurrent.futures.ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, 2])))\n"
        "print(subprocess.run(['echo', 'hello'], capture_output=True).stdout)"
    ),
    "files of its own": "with open('notes.txt', 'w') as file: file.write('0.3')\nprint(open('notes.txt').read())",
    "a handler of its own": "import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\n1 / 0",
    "an unfinished cell": "def later(:\n    pass",
}  # fmt: skip

HONEST = tuple(Attack(what, "nothing dishonest in it", cell, TOP, RIGHT, earned=FULL) for what, cell in CELLS.items())
