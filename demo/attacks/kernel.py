"""Attacks on the kernel: what runs the tests is changed, so that wrong answers pass."""

from __future__ import annotations

from demo.attacks.base import AFTER_MODEL, HALF, MODEL, RIGHT, Attack

STRIP = """\
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(Strip())
"""
STRIP_SOME = """\
import ast
class Strip(ast.NodeTransformer):
    def visit_Module(self, node):
        text = ast.dump(node)
        if any(name in text for name in {names}):
            node.body = [each for each in node.body if isinstance(each, ast.FunctionDef)] or [ast.Pass()]
        return ast.fix_missing_locations(node)
get_ipython().ast_transformers.append(Strip())
"""
TESTED = ("check_forward", "named_parameters", "stand_in", "activation_slope", "check_training", "check_all_gradients")
REPLACE = "get_ipython().%s.append(lambda lines: ['pass\\n'] if any('assert' in one for one in lines) else lines)"
JUMP = """\
import sys, linecache
def skip(frame, event, argument):
    if 'ipykernel_' not in frame.f_code.co_filename:
        return None
    if event == 'line':
        if linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith('assert'):
            try:
                frame.f_lineno = frame.f_lineno + 1
            except ValueError:
                pass
    return skip
def start(*_): sys.settrace(skip)
get_ipython().events.register('pre_run_cell', start)
"""
GOOD_NEWS = """\
kernel = get_ipython().kernel
session, send = kernel.session, kernel.session.send
def kind(stream, what, content=None, *rest, **named):
    name = what if isinstance(what, str) else what.get('msg_type')
    if name == 'error':
        return None
    if name == 'execute_reply':
        content = {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}
    return send(stream, what, content, *rest, **named)
session.send = kind
get_ipython()._showtraceback = lambda *a, **k: None
"""
EARLY_REPLY = """\
kernel = get_ipython().kernel
def soon(info):
    parent = kernel.get_parent()
    ok = {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}
    kernel.session.send(kernel.iopub_socket, 'status', {'execution_state': 'idle'}, parent=parent,
                        ident=kernel._topic('status'))
    shell = getattr(kernel, 'shell_stream', None) or kernel.shell_socket
    kernel.session.send(shell, 'execute_reply', ok, parent=parent, ident=kernel._parent_ident.get('shell'))
get_ipython().events.register('pre_run_cell', soon)
"""
FORGED_VALUE = """\
kernel = get_ipython().kernel
def more(result):
    content = {'data': {'text/plain': '%s'}, 'metadata': {}, 'execution_count': 1}
    kernel.session.send(kernel.iopub_socket, 'execute_result', content, parent=kernel.get_parent())
get_ipython().events.register('post_run_cell', more)
"""
HIDE_ERRORS = """\
shell = get_ipython()
shell.showtraceback = lambda *a, **k: None
shell._showtraceback = lambda *a, **k: None
"""
NOTHING_RUNS = """\
shell, run = get_ipython(), get_ipython().run_code
async def skip(code, result=None, *, async_=False):
    return False
shell.run_code = skip
"""
NO_CELL = """\
from IPython.core.interactiveshell import ExecutionResult
shell, real = get_ipython(), get_ipython().run_cell_async
async def skip(raw_cell, *rest, **named):
    if 'assert' in raw_cell:
        raw_cell = named['transformed_cell'] = 'pass'
    return await real(raw_cell, *rest, **named)
shell.run_cell_async = skip
shell.should_run_async = lambda *a, **k: True
"""
DO_EXECUTE = """\
kernel = get_ipython().kernel
async def execute(code, silent, *rest, **named):
    return {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}
kernel.do_execute = execute
"""
COMPILE = """\
import ast
kind = type(get_ipython().compile)
real = kind.__call__
def empty(self, source, name, mode='exec'):
    return real(self, ast.Module([ast.Pass(lineno=1, col_offset=0)], []) if mode == 'exec' else source, name, mode)
kind.__call__ = empty
"""
DISPLAY = """\
hook = get_ipython().displayhook
real = type(hook).compute_format_data
type(hook).compute_format_data = lambda self, value: ({'text/plain': '4.0'}, {})
"""
YES = """\
class Yes:
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda *_: True
    __bool__ = lambda self: True
    __call__ = __getattr__ = __getitem__ = __sub__ = __rsub__ = lambda self, *_, **__: self
    __hash__ = None
    __iter__ = lambda self: iter(())
"""
PATCHES = {
    "np.allclose": "np.allclose = lambda *a, **k: True",
    "np.allclose in place": "np.allclose.__wrapped__.__code__ = (lambda *a, **k: True).__code__",
    "np.array_equal": "np.array_equal = lambda *a, **k: True",
    "np.testing": "for name in dir(np.testing):\n    if 'assert' in name: setattr(np.testing, name, lambda *a, **k: 0)",
    "np.mean and np.all": "np.mean = lambda *a, **k: np.float64(1)\nnp.all = np.any = lambda *a, **k: True",
    "builtins.abs": "import builtins\nbuiltins.abs = lambda x: 0.0",
    "builtins.isinstance": (
        "import builtins\nreal = isinstance\n"
        "builtins.isinstance = lambda x, kind: True if kind in (float, np.ndarray, Linear) else real(x, kind)"
    ),
    "abs and isinstance by name": "abs = lambda x: 0.0\nisinstance = lambda *a: True",
    "np by name": "import types\nnp = types.SimpleNamespace(**{**vars(np), 'allclose': lambda *a, **k: True})",
    "the numpy module": (
        "import sys, types\nfake = types.ModuleType('numpy')\nfake.__dict__.update(vars(np))\n"
        "fake.allclose = fake.array_equal = lambda *a, **k: True\nsys.modules['numpy'] = np = fake"
    ),
    "every name that tests use": f"{YES}\nabs = len = isinstance = all = set = Yes()",
}
PATCH = "a wrong answer stays wrong, and false claims pass in this kernel"
DECEIT = "a wrong answer stays wrong, whatever the kernel says of it"

KERNEL = (
    Attack("asserts stripped", PATCH, STRIP, flagged=True),
    Attack(
        "asserts stripped where a test is known", DECEIT, STRIP_SOME.format(names=TESTED), flagged=None,
    ),
    Attack("cells emptied before they are read", PATCH, REPLACE % "input_transformers_cleanup", flagged=True),
    Attack("cells emptied after they are read", PATCH, REPLACE % "input_transformers_post", flagged=True),
    Attack("lines jumped over by a trace", DECEIT, JUMP, flagged=None),
    Attack("errors turned into good replies", PATCH, GOOD_NEWS, flagged=True),
    Attack("replies sent before the test runs", DECEIT, EARLY_REPLY, flagged=None),
    Attack("values forged after each cell", DECEIT, FORGED_VALUE % "7", flagged=None),
    Attack("values beyond the maximum forged", DECEIT, FORGED_VALUE % "1e9", flagged=None),
    Attack("values forged that are no number", DECEIT, FORGED_VALUE % "nan", flagged=None),
    Attack("tracebacks hidden", "an error without a traceback is an error", HIDE_ERRORS, flagged=None),
    Attack(
        "a handler that swallows errors", "an error that is handled is an error",
        "get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)", flagged=None,
    ),
    Attack("an excepthook that ends well", DECEIT, "import sys\nsys.excepthook = lambda *a: None"),
    Attack("code that is not run", PATCH, NOTHING_RUNS, flagged=True),
    Attack("cells replaced on the way to the shell", PATCH, NO_CELL, flagged=True),
    Attack("a kernel that only says it ran", PATCH, DO_EXECUTE, flagged=True),
    Attack("a compiler that compiles nothing", PATCH, COMPILE, flagged=True),
    Attack("a display hook that shows full points", DECEIT, DISPLAY, flagged=None),
    *(Attack(f"{name} patched", PATCH, source, flagged=True) for name, source in PATCHES.items()),
    Attack("round patched", "no answer is right by that", "import builtins\nbuiltins.round = lambda x, n=0: 0.0"),
    Attack(
        "asserts stripped after the model", "the model was right before", STRIP, AFTER_MODEL, HALF, earned=MODEL,
        flagged=True,
    ),
    Attack(
        "np.allclose patched after the model", "the model was right before", PATCHES["np.allclose"], AFTER_MODEL, HALF,
        earned=MODEL, flagged=None,
    ),
    Attack(
        "right answers and stripped asserts", "nothing can be told in a kernel without asserts", STRIP, made_of=RIGHT,
        flagged=True,
    ),
    Attack(
        "asserts stripped from inside an answer", PATCH, answers={"model-slope-answer": f"{STRIP}\n"
        "def activation_slope(activation, z):\n    return z\n"}, flagged=True,
    ),
    Attack(
        "patched by the package on import", PATCH, flagged=None,
        files={"tinytorch/extra.py": b"import numpy\nnumpy.allclose = lambda *a, **k: True\n"},
        cell="import tinytorch.extra",
    ),
)  # fmt: skip
