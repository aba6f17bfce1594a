"""Attacks on the machine and on the grader's time: ends, bombs, loops that nothing interrupts, what is left behind."""

from __future__ import annotations

from demo.attacks.base import AFTER_MODEL, FULL, HALF, MODEL, NONE, RIGHT, Attack

DAEMON = """\
import os, time
if not os.fork():
    os.setsid()
    if os.fork(): os._exit(0)
    for number in range(3, 64):
        try: os.close(number)
        except OSError: pass
    import signal
    for number in (1, 2, 15): signal.signal(number, signal.SIG_IGN)
    while True: time.sleep(1)
"""
KILL_ALL = """\
import os, signal
for number in (os.getppid(), 1, -1, *range(2, 300)):
    if number != os.getpid():
        try: os.kill(number, signal.SIGKILL)
        except OSError as error: pass
"""
FORK_BOMB = """\
import os, time
for _ in range(2000):
    try:
        if not os.fork():
            time.sleep(600)
    except OSError: pass
"""
FORKS_FORKS = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n"
THREADS = """\
import threading, time
for _ in range(500):
    threading.Thread(target=time.sleep, args=[600]).start()
"""
DEAF = """\
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try: time.sleep(60)
    except BaseException: pass
"""
IN_C = "big = 9 ** (9 ** 8)\nlen(str(big))\n"
SWALLOWS = "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n"
AT_EXIT = """\
import atexit, time
class Last:
    def __del__(self):
        while True: time.sleep(1)
last = Last()
@atexit.register
def forever():
    while True: time.sleep(1)
"""
IN_A_THREAD = """\
import threading
def forever():
    while True: pass
for _ in range(2): threading.Thread(target=forever).start()
"""
OUTPUT_MANY = "for number in range(10**7): print('all work and no play', number)"
OUTPUT_FLUSHED = "import sys\nfor number in range(200_000):\n    print(number); sys.stdout.flush()"
OUTPUT_BIG = "print('x' * 400_000_000)"
OUTPUT_DISPLAYS = "for number in range(30_000): display(number)"
OUTPUT_ODD = r"""
import os, sys
print('\x1b[2J\x1b]0;owned\x07' * 1000, '\0\x08\x7f' * 1000, '\ud800', '\u202e\u2066' * 50)
os.write(1, os.urandom(100_000))
os.write(2, bytes(range(256)) * 100)
display({'text/html': '<script>document.body.remove()</script>', 'application/javascript': 'alert(1)'}, raw=True)
"""
COMMS = """\
from comm import create_comm
for number in range(3000):
    one = create_comm(target_name='jupyter.widget', data={'state': {'_model_name': 'OutputModel', 'x': 'y' * 1000}})
    one.send({'method': 'update', 'state': {'outputs': [{'output_type': 'stream', 'text': 'x'}]}})
    one.close()
kernel = get_ipython().kernel
for content in ({}, {'comm_id': None}, {'data': 7}, [], {'comm_id': 'a', 'target_name': 'x', 'data': {'state': 5}}):
    for kind in ('comm_open', 'comm_msg', 'comm_close', 'update_display_data', 'clear_output', 'stream', 'no_such'):
        kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
"""
NO_MESSAGES = """\
kernel = get_ipython().kernel
session, where = kernel.session, getattr(kernel.iopub_socket, 'socket', kernel.iopub_socket)
shell = getattr(kernel, 'shell_stream', None) or kernel.shell_socket
good = session.msg('stream', {'name': 'stdout', 'text': 'x'}, parent=kernel.get_parent())
for each in ({'parent_header': 5}, {'parent_header': None}, {'content': 'text'}, {'header': []}, {'content': None}):
    for socket in (kernel.iopub_socket, shell):
        ident = kernel._parent_ident.get('shell') if socket is shell else b''
        frames = session.serialize({**good, **each}, ident=ident)
        socket.send_multipart(frames)
        socket.send_multipart([*frames[:-1], b'{' * 3000])
        socket.send_multipart([b'a', b'b'])
"""
INPUT = "name = input('your password: ')\nimport getpass\ngetpass.getpass()"
DISK = """\
import os
try:
    with open('big', 'wb') as file:
        for _ in range(2000): file.write(bytes(1_000_000))
except OSError as error: print(error)
for number in range(200):
    with open(f'/tmp/tito-attack-{number}', 'wb') as file: file.write(bytes(1_000_000))
"""
INODES = "import os\nfor number in range(10**6):\n    os.makedirs(f'd/{number}')"
STOP = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"
SLOW = "import time\ntime.sleep(3.5)"
SOCKETS = """\
import os, socket
for number in range(3, 200):
    try: os.close(number)
    except OSError: pass
"""
BLOCKED = "import os\nos.mkfifo('pipe')\nopen('pipe').read()"
RESET = "%reset -f\nimport numpy as np"
MAGICS = r"""
%%script bash
echo 'assert True' > sitecustomize.py; cat /etc/shadow; (setsid sleep 600 &) ; kill -9 $PPID
"""
ENDS = "the process ended, so nothing after it was confirmed"
BOMB = "nothing is right, and the others are graded"
TIME = "what ran before the time was up is right"
NO_MODEL_LEFT = {**NONE, "model": 20.0}

MACHINE = (
    Attack("sys.exit", "a cell that leaves ends nothing but itself", "import sys\nsys.exit(0)"),
    Attack("quit", BOMB, "quit()", flagged=None),
    Attack("os._exit", ENDS, "import os\nos._exit(0)", AFTER_MODEL, HALF, earned=MODEL),
    Attack("os._exit with right answers", ENDS, "import os\nos._exit(0)", made_of=RIGHT),
    Attack("os._exit in a tested function", ENDS, made_of=RIGHT, earned=NO_MODEL_LEFT, answers={
        "model-slope-answer": "import os\ndef activation_slope(activation, z):\n    os._exit(0)\n"}),
    Attack("another program takes the kernel's place", ENDS, "import os\nos.execv('/bin/sleep', ['sleep', '600'])",
           AFTER_MODEL, HALF, earned=MODEL),
    Attack("a crash in C", ENDS, "import ctypes\nctypes.string_at(0)", AFTER_MODEL, HALF, earned=MODEL),
    Attack("kills its parent, process 1 and all others", BOMB, KILL_ALL, flagged=None),
    Attack("stops itself", TIME, STOP, AFTER_MODEL, HALF, earned=MODEL),
    Attack("a daemon that outlives its cell", BOMB, DAEMON),
    Attack("a daemon beside right answers", "a process left behind costs nothing", DAEMON, made_of=RIGHT, earned=FULL),
    Attack("a thousand processes", BOMB, FORK_BOMB, flagged=None),
    Attack("processes that make processes", BOMB, FORKS_FORKS, flagged=None),
    Attack("hundreds of threads", BOMB, THREADS, flagged=None),
    Attack("all memory", BOMB, "held = []\nwhile True: held.append(np.ones(10**8))"),
    Attack("memory by halves", BOMB, "held = 'x'\nwhile True: held += held"),
    Attack("the disk", BOMB, DISK),
    Attack("a million folders", BOMB, INODES),
    Attack("much output in small pieces", BOMB, OUTPUT_MANY),
    Attack("much output, each piece sent", BOMB, OUTPUT_FLUSHED),
    Attack("one big output", BOMB, OUTPUT_BIG),
    Attack("thousands of displays", BOMB, OUTPUT_DISPLAYS),
    Attack("control characters, bytes and scripts", BOMB, OUTPUT_ODD),
    Attack("a flood of comms, and messages that are none", BOMB, COMMS, flagged=None),
    Attack("frames that are no messages", BOMB, NO_MESSAGES, flagged=None),
    Attack("frames that are no messages, after the model", "the rest goes on", NO_MESSAGES, AFTER_MODEL, HALF,
           earned=MODEL, flagged=None),
    Attack("asks for a password", "nobody answers", INPUT, made_of=HALF, earned=MODEL),
    Attack("a loop", TIME, "while True: pass", AFTER_MODEL, HALF, earned=MODEL),
    Attack("a loop deaf to interrupts", TIME, DEAF, AFTER_MODEL, HALF, earned=MODEL),
    Attack("a loop that swallows interrupts", TIME, SWALLOWS, AFTER_MODEL, HALF, earned=MODEL),
    Attack("a loop in C", TIME, IN_C, AFTER_MODEL, HALF, earned=MODEL),
    Attack("waits for a pipe", TIME, BLOCKED, AFTER_MODEL, HALF, earned=MODEL),
    Attack("loops at exit and in a finalizer", BOMB, AT_EXIT),
    Attack("loops in threads", BOMB, IN_A_THREAD),
    Attack("a little under the limit, again and again", TIME, SLOW, AFTER_MODEL, HALF, earned=MODEL, answers={
        "training-gradients-answer": SLOW, "training-loop-answer": SLOW, "training-spiral-answer": SLOW,
        "comparison-activations-answer": SLOW, "visualization-boundary": SLOW, "visualization-history": SLOW,
        "systems-memory": SLOW}),
    Attack("closes the kernel's sockets", ENDS, SOCKETS, AFTER_MODEL, HALF, earned=MODEL, flagged=None),
    Attack("everything forgotten", "names are gone, and wrong as before", RESET),
    Attack("names deleted", "the model was right before", "%xdel np\n%xdel Tensor\n%xdel batch_of", AFTER_MODEL, HALF,
           earned=MODEL),
    Attack("scripts for the page", "a page runs none", "%%javascript\ndocument.body.remove()", AFTER_MODEL, HALF,
           earned=MODEL),
    Attack("a script in bash", BOMB, MAGICS.lstrip()),
)  # fmt: skip
