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
    "printers of its own": (
        "from IPython.display import HTML\nformatters = get_ipython().display_formatter.formatters\n"
        "formatters['text/plain'].for_type(float, lambda value, p, cycle: p.text(f'{value:.2f}'))\n"
        "formatters['text/html'].for_type(Tensor, lambda value: '<b>a tensor</b>')\n%precision 2\n0.123456"
    ),
    "np.allclose made looser": "import functools\nnp.allclose = functools.partial(np.allclose, atol=1e-3)",
    "a print of its own": "import builtins\nbuiltins.print = lambda *a, real=print, **k: real('>', *a, **k)",
    "everything shown, annotations late": (
        "from __future__ import annotations\nget_ipython().ast_node_interactivity = 'all'\n1\n2"
    ),
    "output kept beside": (
        "import sys\nclass Tee:\n    def __init__(self, out): self.out, self.kept = out, []\n"
        "    def write(self, text): self.kept.append(text); return self.out.write(text)\n"
        "    def __getattr__(self, name): return getattr(self.out, name)\nsys.stdout = Tee(sys.stdout)"
    ),
    "subclasses and decorators": (
        "import functools, time\nclass Shape(tuple): pass\nclass Array(np.ndarray): pass\n"
        "def timed(function):\n    @functools.wraps(function)\n    def inner(*a, **k):\n"
        "        began = time.perf_counter()\n        try: return function(*a, **k)\n"
        "        finally: time.perf_counter() - began\n    return inner\n"
        "Linear.forward, Module.__call__ = timed(Linear.forward), timed(Module.__call__)"
    ),
    "tasks on the event loop": (
        "import asyncio\nasync def tick():\n    while True: await asyncio.sleep(0.01)\n"
        "task = asyncio.get_event_loop().create_task(tick())\nawait asyncio.sleep(0.01)"
    ),
    "a debugger and short tracebacks": "%pdb on\n%xmode Minimal\nimport pdb, sys\nsys.settrace(None)",
    "garbage and references looked at": (
        "import ctypes, gc, inspect, weakref\nprint(len(gc.get_objects()) > 0, inspect.currentframe().f_code.co_name)\n"
        "gc.disable(); gc.collect(); weakref.finalize(Tensor(np.zeros(1)), print, 'gone'); ctypes.sizeof(ctypes.c_int)"
    ),
}
PROFILED = """\
import cProfile, inspect, logging
calls = []
def own_slope(activation, z):
    if isinstance(activation, ReLU):
        return (z > 0).astype(z.dtype)
    s = activation(Tensor(z)).data
    return s * (1 - s)
def activation_slope(activation, z):
    calls.append(len(z))
    if len(calls) > 5:
        return own_slope(activation, z)
    logging.getLogger(__name__).warning("in %s", inspect.currentframe().f_code.co_name)
    exec("half = 0.5")
    return cProfile.Profile().runcall(own_slope, activation, z)
"""

HONEST = tuple(Attack(what, "nothing dishonest in it", cell, TOP, RIGHT, earned=FULL) for what, cell in CELLS.items())
HONEST += (
    Attack("an answer that is profiled, and logs", "nothing dishonest in it", made_of=RIGHT, earned=FULL,
           answers={"model-slope-answer": PROFILED}),
    Attack("an answer below magics", "nothing dishonest in it", made_of=RIGHT, earned=FULL,
           answers={"model-slope-answer": "%matplotlib inline\n" + PROFILED}),
)  # fmt: skip
