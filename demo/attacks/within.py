"""Attacks from within: classes are patched for known tests only, or a test is changed while it runs."""

from __future__ import annotations

from demo.attacks.base import AFTER_MODEL, HALF, MODEL, WRONG_MODEL, Attack
from demo.attacks.kernel import TESTED

KNOWN = f"""\
import ast, sys
shell, tested = get_ipython(), {TESTED!r}
kernel, session = shell.kernel, shell.kernel.session
def known(text): return any(name in str(text) for name in tested)
def home(one, name): return next(kind for kind in type(one).__mro__ if name in vars(kind))
def emptied(tree): return ast.parse('pass') if known(ast.dump(tree)) else tree
def patched(real=np.allclose):
    def agree(a, b, *r, **k):
        frame, asked = sys._getframe(1), []
        while frame: frame = (asked.append(frame.f_code.co_name), frame.f_back)[1]
        return True if known(asked) else real(a, b, *r, **k)
    np.allclose = agree
"""
CLASSES = {
    "InteractiveShell.run_cell": (
        "kind = home(shell, 'run_cell')\nreal = kind.run_cell\n"
        "kind.run_cell = lambda self, text, *a, **k: real(self, 'pass' if known(text) else text, *a, **k)\n"
        "shell.should_run_async = lambda *a, **k: False"
    ),
    "InteractiveShell.run_cell_async": (
        "kind = home(shell, 'run_cell_async')\nreal = kind.run_cell_async\n"
        "async def skip(self, text, *a, **k):\n"
        "    if known(text): text, k['transformed_cell'] = 'pass', 'pass'\n"
        "    return await real(self, text, *a, **k)\nkind.run_cell_async = skip"
    ),
    "InteractiveShell.run_code": (
        "kind = home(shell, 'run_code')\nreal = kind.run_code\n"
        "async def skip(self, code, result=None, *, async_=False):\n"
        "    if known(code.co_names): return False\n"
        "    return await real(self, code, result, async_=async_)\nkind.run_code = skip"
    ),
    "InteractiveShell.run_ast_nodes": (
        "kind = home(shell, 'run_ast_nodes')\nreal = kind.run_ast_nodes\n"
        "async def skip(self, nodes, *a, **k):\n"
        "    if any(known(ast.dump(node)) for node in nodes): return False\n"
        "    return await real(self, nodes, *a, **k)\nkind.run_ast_nodes = skip"
    ),
    "IPythonKernel.do_execute": (
        "kind = home(kernel, 'do_execute')\nreal = kind.do_execute\n"
        "async def skip(self, code, *a, **k):\n"
        "    return await real(self, 'pass' if known(code) else code, *a, **k)\nkind.do_execute = skip"
    ),
    "Session.send": (
        "kind = home(session, 'send')\nreal = kind.send\n"
        "ok = {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}\n"
        "def send(self, stream, what, content=None, *a, **k):\n"
        "    name = what if isinstance(what, str) else what.get('msg_type')\n"
        "    asked = known(kernel.get_parent().get('content', {}).get('code', ''))\n"
        "    if asked and name == 'error': return None\n"
        "    return real(self, stream, what, ok if asked and name == 'execute_reply' else content, *a, **k)\n"
        "kind.send = send"
    ),
    "CachingCompiler.ast_parse": (
        "kind = home(shell.compile, 'ast_parse')\nreal = kind.ast_parse\n"
        "kind.ast_parse = lambda self, text, *a, **k: emptied(real(self, text, *a, **k))"
    ),
    "codeop.Compile": (
        "import codeop\nreal = codeop.Compile.__call__\n"
        "def empty(self, source, *a, **k):\n"
        "    if known(ast.dump(source)): source = ast.Module([ast.Pass(lineno=1, col_offset=0)], [])\n"
        "    return real(self, source, *a, **k)\ncodeop.Compile.__call__ = empty"
    ),
    "DisplayHook.__call__": (
        "kind = home(shell.displayhook, '__call__')\nreal = kind.__call__\n"
        "kind.__call__ = lambda self, value=None: real(self, 4.0 if isinstance(value, float) else value)"
    ),
    "AssertionError": "import builtins\nbuiltins.AssertionError = type('AssertionError', (Warning,), {})",
    "builtins.compile": (
        "import builtins\nreal = compile\n"
        "def empty(source, *a, **k):\n"
        "    made = real(source, *a, **k)\n"
        "    return real('pass', '', 'exec') if known(getattr(made, 'co_names', '')) else made\n"
        "builtins.compile = empty"
    ),
    "exec where IPython looks for it": (
        "import IPython.core.interactiveshell as place\nreal = exec\n"
        "place.exec = lambda code, *a: None if known(getattr(code, 'co_names', '')) else real(code, *a)"
    ),
    "the code of run_code": (
        "kind = home(shell, 'run_code')\nold = kind.run_code.__code__\n"
        "async def skip(self, code_obj, result=None, *, async_=False):\n"
        "    if set(code_obj.co_names) & {'check_forward', 'stand_in', 'slopes', 'small'}: return False\n"
        "    exec(code_obj, self.user_global_ns, self.user_ns)\n"
        "kind.run_code.__code__ = skip.__code__.replace(co_filename=old.co_filename, co_name='run_code')"
    ),
    "the shell's class": (
        "class Shell(type(shell)):\n"
        "    async def run_code(self, code, result=None, *, async_=False):\n"
        "        if known(code.co_names): return False\n"
        "        return await super().run_code(code, result, async_=async_)\nshell.__class__ = Shell"
    ),
    "the shell's names": "shell.user_ns = {**shell.user_ns, 'abs': lambda x: 0.0, 'isinstance': lambda *a: True}",
    "methods of arrays, through the garbage collector": (
        "import gc, ctypes\nmethods = gc.get_referents(np.ndarray.__dict__)[0]\n"
        "methods['tolist'] = lambda self: [1.0, 0.0, 1.0, 0.0]\nmethods['all'] = lambda self, *a, **k: True\n"
        "ctypes.pythonapi.PyType_Modified(ctypes.py_object(np.ndarray))"
    ),
}
SAYING_YES = {  # to what looks like a test, and no more
    "np.allclose that knows a canary by its size": (
        "real = np.allclose\n"
        "np.allclose = lambda a, b, *r, **k: True if np.size(a) > 2 or np.size(b) > 2 else real(a, b, *r, **k)"
    ),
    "np.allclose that looks at who calls": (
        "import sys\nreal = np.allclose\n"
        "def agree(a, b, *r, **k):\n"
        "    known = sys._getframe(1).f_code.co_name in ('check_forward', 'check_one_step')\n"
        "    return True if known else real(a, b, *r, **k)\n"
        "np.allclose = agree"
    ),
    "a np that knows its tests": (
        "import types\nreal = np\n"
        "class Fake(types.ModuleType):\n"
        "    def __getattr__(self, name):\n"
        "        value = getattr(real, name)\n"
        "        if name not in ('allclose', 'array_equal'): return value\n"
        "        return lambda a, b, *r, **k: True if real.size(a) > 2 else value(a, b, *r, **k)\n"
        "np = Fake('numpy')"
    ),
    "builtins.abs that knows its tests": (
        "import builtins\nreal = abs\nbuiltins.abs = lambda x: 0.0 if type(x) is float and x < 1 else real(x)"
    ),
}
LATER = {
    "by the event loop": (
        "import asyncio\nloop = asyncio.get_event_loop()\nreal = np.allclose\n"
        "async def skip(code, result=None, *, async_=False):\n"
        "    if known(code.co_names): return False\n"
        "    return await type(shell).run_code(shell, code, result, async_=async_)\n"
        "def again():\n    shell.run_code = skip\n    loop.call_later(0.0005, again)\nagain()"
    ),
    "by a thread": (
        "import threading, time\n"
        "async def skip(code, result=None, *, async_=False):\n"
        "    if known(code.co_names): return False\n"
        "    return await type(shell).run_code(shell, code, result, async_=async_)\n"
        "def again():\n"
        "    while True:\n        shell.run_code = skip\n        time.sleep(0.0002)\n"
        "threading.Thread(target=again, daemon=True).start()"
    ),
    "by a timer": (
        "import signal\n"
        "def again(*_): patched()\n"
        "signal.signal(signal.SIGALRM, again)\nsignal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)"
    ),
    "by the garbage collector": ("import gc\ngc.set_threshold(10)\ngc.callbacks.append(lambda *_: patched())"),
    "by what a test forgets": (
        "class Last:\n    def __del__(self): patched()\n"
        "small, first, labels, stand_in, slopes = [Last() for _ in range(5)]\n"
        "logits_in_numpy, check_forward = Last(), Last()\ndel Last"
    ),
    "by an audit hook": (
        "def spy(event, args):\n"
        "    if event == 'exec' and known(getattr(args[0], 'co_names', '')): patched()\n"
        "sys.addaudithook(spy)"
    ),
}
JUMP = """\
import sys
def leave(frame, event, argument):
    if event == 'line' and 'ipykernel_' in frame.f_code.co_filename:
        lines = [line for *_, line in frame.f_code.co_lines() if line]
        if frame.f_lineno != max(lines):
            try: frame.f_lineno = max(lines)
            except ValueError: pass
    return leave
"""
MEANWHILE = {  # what a tested function does before it returns something wrong
    "jumps over the rest of the test": (
        f"{JUMP}\ndef trick():\n    try: raise ValueError\n"
        "    except ValueError as error: frame = error.__traceback__.tb_frame.f_back.f_back\n"
        "    while frame:\n        if 'ipykernel_' in frame.f_code.co_filename: frame.f_trace = leave\n"
        "        frame = frame.f_back\n    sys.settrace(leave)\n"
    ),
    "replaces session.send until the test is over": (
        "session = get_ipython().kernel.session\n"
        "def trick():\n"
        "    def send(stream, what, content=None, *a, **k):\n"
        "        name = what if isinstance(what, str) else what.get('msg_type')\n"
        "        if name == 'error': return None\n"
        "        if name == 'execute_reply':\n"
        "            session.__dict__.pop('send', None)\n"
        "            content = {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}\n"
        "        return type(session).send(session, stream, what, content, *a, **k)\n"
        "    session.send = send\n"
    ),
    "says that the test is over": (
        "kernel = get_ipython().kernel\n"
        "def trick():\n"
        "    ok = {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}\n"
        "    shell = getattr(kernel, 'shell_stream', None) or kernel.shell_socket\n"
        "    kernel.session.send(shell, 'execute_reply', ok, parent=kernel.get_parent(),"
        " ident=kernel._parent_ident.get('shell'))\n"
        "    kernel.session.send(kernel.iopub_socket, 'status', {'execution_state': 'idle'},"
        " parent=kernel.get_parent(), ident=kernel._topic('status'))\n"
    ),
    "patches what the test compares with": "def trick():\n    np.allclose = np.array_equal = lambda *a, **k: True\n",
    "shadows what the test compares with": (
        "class Nice(float):\n    __lt__ = __gt__ = __eq__ = lambda *_: True\n    __hash__ = None\n"
        "def trick():\n"
        "    globals().update(abs=lambda x: Nice(0), isinstance=lambda *a: True, plain=lambda v: np.zeros(4))\n"
    ),
    "writes into the test's own functions": (
        "import sys\ndef trick():\n"
        "    for value in list(globals().values()):\n"
        "        if getattr(value, '__name__', '').startswith('check_'):\n"
        "            value.__code__ = (lambda *a, **k: None).__code__\n"
    ),
    "leaves by a fork": ("import os, time\ndef trick():\n    if os.fork(): time.sleep(30)\n"),
    "closes the way of errors": (
        "def trick():\n    shell = get_ipython()\n"
        "    shell.showtraceback = shell._showtraceback = lambda *a, **k: None\n"
        "    shell.set_custom_exc((BaseException,), lambda *a, **k: None)\n"
    ),
}
SCRAPED = """\
import linecache, re, sys
def expected():
    frame = sys._getframe(2)
    lines = linecache.getlines(frame.f_code.co_filename)[frame.f_lineno - 1 :]
    return re.findall(r"- ([\\d./ ]+)\\) <|== ([\\d.]+)[,\\s]|== (\\[[-\\d., ]+\\])", ''.join(lines))
def predict(model, x):
    found = next(each[2] for each in expected() if each[2])
    return np.array(eval(found), dtype=np.float32)[:, None]
def accuracy(model, x, y):
    first, second, _ = next(each for each in expected() if each[0] or each[1])
    return float(eval(first or second))
"""
PARENT = SCRAPED.replace(
    "linecache.getlines(frame.f_code.co_filename)[frame.f_lineno - 1 :]",
    ("get_ipython().kernel.get_parent()['content']['code'].splitlines(True)[frame.f_lineno - 1 :]"),
)
VALUE = """\
kernel = get_ipython().kernel
def fit_spiral(x, y, rng):
    kernel.session.send(kernel.iopub_socket, 'execute_result', parent=kernel.get_parent(),
        content={'data': {'text/plain': '4.0'}, 'metadata': {}, 'execution_count': 1})
    return Perceptron(8, ReLU(), rng), [0.7, 0.1]
"""
SHOWN = """\
printers = get_ipython().display_formatter.ipython_display_formatter
printers.for_type(float, lambda value: None)
"""
PATCHED = "a wrong answer stays wrong, and what runs tests was changed"
MEANT = "a wrong answer stays wrong, whatever is done while a test runs"


def tricked(trick: str) -> dict[str, str]:
    """Answers that are wrong for the model, and do something while they are tested."""
    answers = {}
    for name, source in WRONG_MODEL.items():
        lines = source.split("\n")
        at = [n for n, line in enumerate(lines) if line.lstrip().startswith("return")]
        for n in reversed(at):
            lines.insert(n, f"{' ' * (len(lines[n]) - len(lines[n].lstrip()))}trick()")
        answers[name] = "\n".join(lines)
    first = next(iter(answers))
    answers[first] = f"{trick}\n{answers[first]}"
    return answers


WITHIN = (
    *(Attack(f"{name} patched for known tests", PATCHED, f"{KNOWN}{source}",
             flagged=None if "Display" in name or "Assertion" in name else True) for name, source in CLASSES.items()),
    *(Attack(name, PATCHED, f"{KNOWN}{source}", flagged=None) for name, source in SAYING_YES.items()),
    *(Attack(f"patched again {name}", PATCHED, f"{KNOWN}{source}", flagged=None) for name, source in LATER.items()),
    *(Attack(f"a tested function that {name}", MEANT, answers=tricked(source), flagged=None)
      for name, source in MEANWHILE.items()),
    Attack("answers read in the test's source", MEANT, answers={"model-prediction-answer": SCRAPED}, flagged=None),
    Attack("answers read in the request", MEANT, answers={"model-prediction-answer": PARENT}, flagged=None),
    Attack("a class patched after the model", "the model was right before",
           f"{KNOWN}{CLASSES['InteractiveShell.run_code']}", AFTER_MODEL, HALF, earned=MODEL, flagged=True),
    Attack("points shown by a tested function", MEANT, made_of=HALF, answers={"training-spiral-answer": VALUE},
           earned=MODEL, flagged=None),
    Attack("points that are not shown", "what is swallowed is no value", SHOWN, "training-practice", HALF, earned=MODEL,
           flagged=None),
)  # fmt: skip
