"""The witness: runs in the kernel before anything of a student's, sees how tests are run, and puts right what changed.

It runs in names and builtins of its own, and imports nothing of this course. What it relies on it takes before a
student's code can change it. It hears of code that is run by an audit hook, which nothing in Python takes away again.
It answers when it is asked (``sys.audit(ASKED, box)``), and signs what it says with a key that it made and told once.
"""

import ast
import builtins
import contextlib
import gc
import hashlib
import inspect
import linecache
import operator
import os
import secrets
import signal
import sys
import threading
import types

RUNNING = "witness"  # its name there
ASKED = "tito.witness"
TRACING = ("sys.settrace", "sys.monitoring.register_callback")
WRITING = ("ctypes.cdata", "ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function", "ctypes.memoryview_at")
FRAMES = "sys._getframe"
HEARD = frozenset((ASKED, FRAMES, "exec", "object.__setattr__", "sys.addaudithook", *TRACING, *WRITING))
LEANED_ON = (  # by tests: looked at before each of their statements
    "abs", "all", "any", "bool", "callable", "dict", "float", "getattr", "hasattr", "int", "isinstance",
    "issubclass", "len", "list", "max", "min", "repr", "round", "set", "sorted", "sum", "tuple", "type", "zip",
)  # fmt: skip
IN_NUMPY = (  # and these of NumPy
    "abs", "all", "allclose", "any", "array", "array_equal", "asarray", "isclose", "isfinite", "max", "maximum",
    "mean", "shape", "sum", "zeros",
)  # fmt: skip
KINDS = ("ndarray", "generic", "float64", "float32", "int64", "bool")  # of NumPy's
RESULTS = ("ExecutionInfo", "ExecutionResult")  # of IPython's
RUNNING_CODE = ("compile", "exec")  # of the builtins
TYPES = (bool, dict, float, int, list, object, set, str, tuple)
MODULES = ("ast", "codeop", "math", "numpy", "numpy.linalg", "numpy.testing")
FUNCTION, METHOD, CODE = types.FunctionType, types.MethodType, types.CodeType
FRAME, THREAD = sys._getframe, threading.get_ident
INSPECT = inspect.getsourcefile(inspect.getsource)
DISPATCHER = type(getattr(sys.modules.get("numpy"), "allclose", len))  # of NumPy's own
PUT, TAKE = type.__setattr__, object.__setattr__


def functions_in(value: object) -> list:
    """The functions that something callable is made of; none when it is of another kind."""
    kind = type(value)
    if kind is FUNCTION:
        inner = value.__dict__.get("__wrapped__")
        return [value] if inner is None else [value, *functions_in(inner)]
    if kind is METHOD or kind is classmethod or kind is staticmethod:
        return functions_in(value.__func__)
    if kind is property:
        return [each for part in (value.fget, value.fset) if part is not None for each in functions_in(part)]
    if kind is DISPATCHER:
        return functions_in(value.__wrapped__) if hasattr(value, "__wrapped__") else []
    return []


class Report(AssertionError):
    """What is raised: IPython asks it for its traceback, and need not make one."""

    def _render_traceback_(self) -> list:
        return []


Report.__name__ = Report.__qualname__ = "AssertionError"
Report._render_traceback_ = FUNCTION(Report._render_traceback_.__code__, {})  # its globals lead nowhere


class Hidden(list):
    """The lines of a test, for whoever shows a traceback: empty where a student's code asks for them."""

    def __getitem__(self, at: object) -> object:
        return seen(self)[at]

    def __len__(self) -> int:
        return len(seen(self))

    def __iter__(self) -> object:
        return iter(seen(self))


def seen(hidden: Hidden, known: frozenset = frozenset(), places: tuple = ()) -> list:
    frame = FRAME(2)
    while frame is not None:
        if frame.f_code not in known and not frame.f_code.co_filename.startswith(places):
            return []
        frame = frame.f_back
    return hidden.lines


class Witness:
    """What stood in the kernel at first, and what was run since a test was announced."""

    def __init__(self, shell: object = None, key: bytes = b"") -> None:
        self.shell, self.key = shell, key
        self.open = False
        self.ran: list = []  # the code that the shell ran, and what was wrong just then
        self.heard: list = []
        self.stood: list = []  # an owner of names, how to look them up, the names, their values
        self.written: dict = {}  # installed functions that were written into, and what they were
        self.at_hand: list = []
        self.numpy = sys.modules.get("numpy")
        self.interactivity = ""
        self.parts = self._parts() if shell is not None else []
        self.links = [(one, name, value) for one, name, value in self._links() if value is not None]
        self.own = [(one, frozenset(vars(one))) for one in self.parts]
        self.kinds = [(one, type(one)) for one in self.parts]
        self.places = self._places()
        self.known = self._codes_on(FRAME())
        self.harmless = {None, seen.__code__}
        self._remember()
        self.runs = type(shell).run_code.__code__ if shell is not None else None
        self.modules = {name: sys.modules[name] for name in (*MODULES, "builtins", "sys") if name in sys.modules}

    # What stood there at first

    def _parts(self) -> list:
        shell = self.shell
        kernel, shown = getattr(shell, "kernel", None), shell.display_formatter
        parts = [shell, shell.displayhook, shell.compile, shell.events, shown, shell.display_pub, shell.InteractiveTB]
        parts += [shown.formatters["text/plain"], shown.ipython_display_formatter, shown.mimebundle_formatter]
        return parts + ([kernel, kernel.session] if kernel is not None else [])

    def _links(self) -> list:
        shell = self.shell
        kernel = getattr(shell, "kernel", None)
        names = ("displayhook", "compile", "events", "display_formatter", "user_ns")
        found = [(shell, name, getattr(shell, name)) for name in names] if shell is not None else []
        return found + ([(kernel, "shell", shell), (kernel, "session", kernel.session)] if kernel is not None else [])

    def _places(self) -> tuple:
        """The folders of Python and of installed packages: what comes from there is nothing of a student's."""
        packages = [each for each in map(sys.modules.get, ("numpy", "IPython", "ipykernel")) if each is not None]
        folders = {os.path.dirname(os.path.dirname(each.__file__)) for each in packages}
        folders |= {entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
        folders.add(os.path.dirname(os.__file__))
        return ("<frozen ", *(folder + os.sep for folder in folders))

    def _codes_on(self, frame: object) -> set:
        found = set()
        while frame is not None:
            found.add(frame.f_code)
            frame = frame.f_back
        return found

    def _remember(self) -> None:
        """The attributes of all classes and modules that running and testing code takes, and the code of each."""
        classes = {each for part in self.parts for each in type(part).__mro__ if each is not object}
        modules = {sys.modules[each.__module__] for each in classes if each.__module__ in sys.modules}
        classes |= {vars(each)[name] for each in modules for name in RESULTS if name in vars(each)}
        scalars = [vars(self.numpy)[name] for name in KINDS] if self.numpy else []
        for owner in (*classes, *TYPES, *scalars):
            self._keep(owner, [name for name, value in vars(owner).items() if hasattr(type(value), "__get__")])
        tested = [builtins, *(sys.modules[name] for name in MODULES if name in sys.modules)]
        for module in {*modules, *tested}:
            self._keep(module, [name for name, value in vars(module).items() if callable(value) and name[:2] != "__"])
        self.silent = {each for each in tested if each.__name__ not in ("ast", "codeop")}
        hot = [(builtins, LEANED_ON), (self.numpy, IN_NUMPY)]
        self.hot = [(vars(one).get, name, vars(one)[name]) for one, names in hot if one for name in names]

    def _keep(self, owner: object, names: list) -> None:
        values = tuple(map(vars(owner).__getitem__, names))
        self.stood.append((owner, vars(owner).get, names, values))

    # Whether it still stands

    def is_trusted(self, value: object) -> bool:
        """Whether a callable is made of functions that were installed, and of nothing else."""
        found = functions_in(value)
        return bool(found) and all(each.__code__.co_filename.startswith(self.places) for each in found)

    def put_right(self) -> list:
        """The names of what was replaced since, each of it as it was again; tests' own functions are not named."""
        found = []
        for one, kind in self.kinds:
            if type(one) is not kind:
                found.append(kind.__name__)
                TAKE(one, "__class__", kind)
        for one, name, value in self.links:
            if getattr(one, name, None) is not value:
                found.append(name)
                setattr(one, name, value)
        for owner, get, names, values in self.stood:
            if not all(map(operator.is_, map(get, names), values)):
                found += self._put_back(owner, get, zip(names, values, strict=True))
        for function, (code, defaults, named) in self.written.items():
            if function.__code__ is not code:
                function.__code__ = code
                found.append(function.__qualname__)
            function.__defaults__, function.__kwdefaults__ = defaults, named
        self.written.clear()
        return found + [name for one, before in self.own for name in self._own_of(one, before)]

    def _put_back(self, owner: object, get: object, stood: object) -> list:
        found = []
        for name, value in stood:
            now = get(name)
            if now is value or self.is_trusted(now):
                continue
            if (owner not in self.silent or name in RUNNING_CODE) and "traceback" not in name.lower():
                found.append(f"{owner.__name__}.{name}")
            with contextlib.suppress(TypeError):  # a type of C's, which was written into
                PUT(owner, name, value) if isinstance(owner, type) else setattr(owner, name, value)
        return found

    def _own_of(self, one: object, before: frozenset) -> list:
        """Take away what an object was given in place of its class's methods; other tracebacks are not told of."""
        found = []
        for name in [each for each in vars(one) if each not in before]:
            value = vars(one)[name]
            if callable(value) and callable(getattr(type(one), name, None)) and not self.is_trusted(value):
                del vars(one)[name]
                if "traceback" not in name.lower() and name != "CustomTB":
                    found.append(f"{type(one).__name__}.{name}")
        return found

    def clear(self) -> list:
        """Take hooks, traces, timers and transformers away; the names of what is never honest."""
        sys.settrace(None)
        sys.setprofile(None)
        for number in range(6) if hasattr(sys, "monitoring") else ():
            if sys.monitoring.get_tool(number):
                sys.monitoring.set_events(number, 0)
        for timer in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF"):
            if hasattr(signal, timer):
                signal.setitimer(getattr(signal, timer), 0)
        gc.callbacks[:] = [each for each in gc.callbacks if self.is_trusted(each)]
        sys.modules.update(self.modules)
        return self._clear_shell() if self.shell is not None else []

    def _clear_shell(self) -> list:
        shell, found = self.shell, []
        fresh, used = self.transformers(), shell.input_transformer_manager
        if shell.ast_transformers or shell.input_transformers_post or kinds(fresh) != kinds(used):
            found.append("transformers of code")
        shell.ast_transformers, shell.input_transformers_post = [], []
        shell.input_transformer_manager, shell.call_pdb = fresh, False
        for called in shell.events.callbacks.values():
            called[:] = [each for each in called if self.is_trusted(each)]
        shown = shell.display_formatter
        plain = shown.formatters["text/plain"]
        for one in (*shown.formatters.values(), shown.ipython_display_formatter, shown.mimebundle_formatter):
            for printers in (one.type_printers, one.singleton_printers, one.deferred_printers):
                for kind in [kind for kind, printer in printers.items() if self._is_own(printer)]:
                    if one is plain or (isinstance(kind, type) and kind.__module__ in ("builtins", "numpy")):
                        del printers[kind]
        names = shell.user_ns
        if self.numpy is not None and names.get("np", self.numpy) is not self.numpy:
            names["np"] = self.numpy
        return found

    def _is_own(self, printer: object) -> bool:
        return any(not each.__code__.co_filename.startswith(self.places) for each in functions_in(printer))

    # What happens in between

    def hear(self, event: str, args: tuple, frame: object) -> None:
        """Note what runs a test, and what is done meanwhile; answer."""
        if event == "exec":
            if frame.f_code is self.runs and type(args[0]) is CODE:
                self.ran.append((args[0], self._wrong_with(frame)))
                if self.open:
                    with contextlib.suppress(Exception):  # nothing of a student's is to end in here
                        self._hide(args[0].co_filename)
        elif event == ASKED:
            self.answer(args[0])
        elif event == FRAMES:
            while frame is not None and frame.f_code.co_filename == INSPECT:
                frame = frame.f_back
            asks = frame.f_code if frame is not None else None
            others = not args or args[0] is not frame
            if self.open and others and asks not in self.harmless and not asks.co_filename.startswith(self.places):
                raise RuntimeError("The frames of callers are not to be had while a test runs.")
        elif event == "sys.addaudithook":
            raise RuntimeError("one is enough")  # which Python takes for a no, and says nothing
        elif event == "object.__setattr__":
            function, name = args[:2]
            installed = type(function) is FUNCTION and function.__code__.co_filename.startswith(self.places)
            if installed and not frame.f_code.co_filename.startswith(self.places):
                kept = function.__code__, function.__defaults__, function.__kwdefaults__
                self.written.setdefault(function, kept)
            if name == "__code__":
                self._note(event, frame)
        else:
            self._note(event, frame)

    def _hide(self, name: str) -> None:
        """Keep the source of a test from the code that it tests."""
        lines = linecache.cache.get(name, ())[2:3]
        if lines and type(lines[0]) is list:
            hidden = Hidden()
            hidden.lines = lines[0]
            linecache.cache[name] = (1, None, hidden, name)
        kernel = getattr(self.shell, "kernel", None)
        content = kernel.get_parent().get("content", {}) if kernel is not None else {}
        if content.get("code"):
            content["code"] = ""

    def _note(self, event: str, frame: object) -> None:
        """Note what a student's own code does while a test runs."""
        asks = frame.f_code.co_filename
        if self.open and (not asks.startswith(self.places) or asks.endswith(("bdb.py", "pdb.py", "threading.py"))):
            self.heard.append(event)

    def _wrong_with(self, frame: object) -> str:
        """What stands between the kernel and the code that it is about to run; empty when nothing does."""
        while frame is not None:
            code = frame.f_code
            if code not in self.known:
                if not code.co_filename.startswith(self.places):
                    return f"{code.co_name} in between"
                self.known.add(code)
            frame = frame.f_back
        for get, name, value in self.at_hand:
            if get(name) is not value:
                return name
        return ""

    # What is said of it

    def answer(self, box: list) -> None:
        """Put a signed report into a box that asks: nonce, claims that failed, a test that ran, whether one comes."""
        nonce, failed, test, opens = box
        said = [*self.clear(), *self.put_right()]
        seen, how, value = self._how(test) if test else ("", "", "")
        if self.open:
            said += self.heard
        told = ", ".join(dict.fromkeys(said)).replace("\t", " ")
        text = "\t".join((" ".join([nonce, *failed]), told, seen, how, value))
        box[:] = [Report(f"{text}\t{self.signature(text)}")]
        self._turn(opens)

    def signature(self, text: str) -> str:
        return hashlib.blake2b(text.encode("utf-8", "replace"), key=self.key, digest_size=8).hexdigest()

    def _turn(self, opens: bool) -> None:
        """From here on a test is run, or none."""
        shell, self.open = self.shell, opens
        self.ran.clear()
        self.heard.clear()
        self.at_hand = []
        if shell is None:
            return
        if opens:
            names = shell.user_ns
            self.at_hand = [*self.hot, *((names.get, name, names.get(name)) for name in (*LEANED_ON, "np"))]
            self.interactivity = self.interactivity or shell.ast_node_interactivity
            shell.ast_node_interactivity = "last_expr"
        elif self.interactivity:
            shell.ast_node_interactivity, self.interactivity = self.interactivity, ""

    def _how(self, test: str) -> tuple:
        """Whether a test's code ran as it stands, how it ended, and the number that it gave."""
        last = getattr(self.shell, "last_execution_result", None)
        about = vars(last) if last is not None else {}
        info = about.get("info")
        how, value = "", ""
        if info is not None and info.raw_cell == test:
            errors = (about.get("error_before_exec"), about.get("error_in_exec"))
            how, value = ("well" if errors == (None, None) else "ill"), number(about.get("result"))
        try:
            wanted = list(self._codes_of(test))
        except SyntaxError:  # a magic
            return "", how, value
        ran = [(shape(code), wrong) for code, wrong in self.ran]
        for at in range(len(ran) - len(wanted) + 1):
            if [code for code, _ in ran[at : at + len(wanted)]] == wanted:
                wrong = [each for _, each in ran[at : at + len(wanted) + 1] if each]  # and right after it
                return (wrong[0] if wrong else "whole"), how, value
        return "not run", how, value

    def _codes_of(self, test: str) -> object:
        """The shapes of a test's statements, compiled as IPython does it."""
        flags = self.shell.compile.flags | getattr(ast, "PyCF_ALLOW_TOP_LEVEL_AWAIT", 0)
        nodes = compile(test, "", "exec", flags | ast.PyCF_ONLY_AST, True).body
        for at, node in enumerate(nodes, start=1):
            single = at == len(nodes) and isinstance(node, ast.Expr)
            made = ast.Interactive([node]) if single else ast.Module([node], [])
            yield shape(compile(made, "", "single" if single else "exec", flags, True))


def kinds(manager: object) -> list:
    """The kinds of transformers that a manager of them has."""
    each = (manager.cleanup_transforms, manager.line_transforms, manager.token_transformers)
    return [list(map(type, transformers)) for transformers in each]


def number(value: object) -> str:
    """A number as it is, whatever it says of itself; empty when it is none."""
    kind = type(value)
    if float in kind.__mro__:
        return float.__repr__(value)
    if int in kind.__mro__:
        return int.__repr__(value)
    return repr(value.item()) if kind.__module__ == "numpy" and hasattr(value, "item") and not value.shape else ""


def shape(code: object) -> tuple:
    """What a code object does, without the places that it stands at."""
    inner = [shape(each) if type(each) is CODE else (type(each), repr(each)) for each in code.co_consts]
    return code.co_code, inner, code.co_names, code.co_varnames


def hook_of(witness: Witness) -> object:
    """The audit hook, which is called often, and mostly for nothing."""
    busy = set()  # the threads that are in here: what one of them does for this is no news, what another does is

    def hook(event: str, args: tuple) -> None:
        if event in HEARD and (thread := THREAD()) not in busy:
            busy.add(thread)
            try:
                witness.hear(event, args, FRAME(1))
            finally:
                busy.discard(thread)

    return hook


def sealed(witness: Witness) -> object:
    """The hook of a witness all of whose functions are copies, in names that nobody finds who finds its class."""
    names = dict(globals())
    for name, value in globals().items():
        if type(value) is FUNCTION:
            names[name] = FUNCTION(value.__code__, names, name, value.__defaults__)
    for name, value in list(vars(Witness).items()):
        if type(value) is FUNCTION:
            vars(witness)[name] = METHOD(FUNCTION(value.__code__, names, name, value.__defaults__), witness)
            delattr(Witness, name)
    open_to_all = {"FRAME": FRAME, "iter": iter, "len": len}
    trusted = (frozenset(witness.known), witness.places)
    open_to_all["seen"] = FUNCTION(seen.__code__, open_to_all, "seen", trusted)
    for name in ("__getitem__", "__len__", "__iter__"):
        setattr(Hidden, name, FUNCTION(vars(Hidden)[name].__code__, open_to_all, name))
    return names["hook_of"](witness)


def arm() -> None:
    """Begin to watch, and tell the key: nobody else is there yet."""
    from IPython import get_ipython
    from IPython.core.inputtransformer2 import TransformerManager

    Witness.transformers = TransformerManager
    key = secrets.token_bytes(16)
    sys.addaudithook(sealed(Witness(get_ipython(), key)))
    gc.collect(0)
    gc.freeze()  # what is frozen is in no list of objects
    print(f"{ASKED} {key.hex()}")


if __name__ == RUNNING:
    arm()
