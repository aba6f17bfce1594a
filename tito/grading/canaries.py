"""Canaries: checks that must fail, sent down the path of the tests, so that a kernel where they pass is found out.

A canary makes a few dozen false claims in the forms in which tests make true ones, by the names that tests use, and
ends in an AssertionError that lists, under a nonce, the claims that failed as they should. On its way it hands out a
number that has to come back. Numbers, names and order are drawn anew each time. It detects; it proves nothing.
"""

from __future__ import annotations

import random
import secrets
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tito.execution.run import Answer

# What must not hold, by what it leans on. {a}, {b}, {c} are numbers with a < b < c; {s} and {t} are unlike words.
EXPRESSIONS = {
    "comparison": "{a} == {b}",
    "chained comparison": "{a} < {c} < {b}",
    "and": "{a} < {b} and {c} < {b}",
    "or": "{b} < {a} or {c} == {b}",
    "not": "not {a} < {b}",
    "in": "{a} in ({b}, {c})",
    "is": "np is None",
    "text": "'{s}' == '{t}'",
    "abs": "abs({a} - {c}) < 0.5",
    "all": "all([{a} < {c}, {c} < {b}])",
    "any": "any([{b} < {a}, {c} == {b}])",
    "bool": "bool([])",
    "callable": "callable({b})",
    "dict": "dict({s}={a}) == dict({s}={b})",
    "float": "float('{a}.25') == {b}.25",
    "getattr": "getattr({b}, 'real') == {c}",
    "globals": "'{name}_{t}' in globals()",
    "hasattr": "hasattr({a}, '{s}')",
    "int": "int('{c}') == {b}",
    "isinstance": "isinstance('{s}', (int, float))",
    "issubclass": "issubclass(str, float)",
    "len": "len([{a}, {b}, {c}]) == 2",
    "list": "list(range(3)) == [{a}, {b}, {c}]",
    "max": "max({a}, {c}, {b}) == {b}",
    "min": "min({b}, {a}, {c}) == {c}",
    "repr": "repr({a}) == repr({b})",
    "round": "round({a}.26, 1) == {b}.3",
    "set": "set([{a}, {b}]) == set([{b}, {c}])",
    "sorted": "sorted([{c}, {a}, {b}]) == [{c}, {b}, {a}]",
    "sum": "sum([{a}, {b}]) == {c} + {c}",
    "tuple": "tuple([{a}, {b}]) == ({b}, {a})",
    "type": "type({a}) is str",
    "np.all": "np.all(np.array([{a}, {c}]) < {b})",
    "np.allclose": "np.allclose(np.array([{a}.0, {b}.0]), np.array([{a}.0, {c}.0]))",
    "np.allclose with tolerances": "np.allclose(np.float32([[{b}], [{a}]]), [[{b}], [{c}]], rtol=1e-3, atol=1e-3)",
    "np.abs": "np.abs(np.array([{a}.0]) - {c}).max() < 0.5",
    "np.any": "np.any(np.array([{b}, {c}]) < {a})",
    "np.array_equal": "np.array_equal(np.array([{a}, {b}]), np.array([{a}, {c}]))",
    "np.isclose": "np.isclose({a}, {c})",
    "np.isfinite": "np.isfinite(np.array([{a}, np.nan])).all()",
    "np.linalg.norm": "np.linalg.norm(np.array([{a}.0, {b}.0])) > {c} * 99",
    "np.max": "np.max(np.array([{a}, {b}])) == {c}",
    "np.mean": "np.mean(np.array([{a}, {b}]) == np.array([{a}, {c}])) > 0.6",
    "np.ndarray": "isinstance([{a}], np.ndarray)",
    "np.shape": "np.shape(np.zeros((3, 1))) == (1, 3)",
    "np.sum": "np.sum(np.array([{a}, {b}])) == {a}",
}
STATEMENTS = {
    "an assert": "assert {b} < {a}",
    "an assert with a message": "assert {b} == {c}, f'expected {b}, came {{{c}}}'",
    "an assert in a function": "def {name}(x):\n    assert x == {b}, '{s}'\n{name}({a})",
    "an assert in a loop": "for {name} in ({a}, {b}, {c}):\n    assert {name} < {c}, '{t}'",
    "an assert in a with": "with np.errstate(all='ignore'):\n    assert not {a} < {c}",
    "an error that is raised": "raise ValueError('{s}')",
    "an AssertionError that is raised": "if {a} != {b}:\n    raise AssertionError('{t}')",
    "an error that is expected": (
        "try:\n    int('{a}')\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('{s}')"
    ),
    "exec": "exec('raise ValueError')",
    "zip": "list(zip([{a}], [{b}, {c}], strict=True))",
    "np.testing.assert_allclose": "np.testing.assert_allclose([{a}.0, {c}.0], [{a}.0, {b}.0], rtol=1e-3)",
    "np.testing.assert_array_equal": "np.testing.assert_array_equal(np.array([{a}, {b}]), np.array([{b}, {a}]))",
}
CAME_CHARACTERS = 1000  # of what came back, for a person to judge
WORDS = ("loss", "shape", "bias", "logit", "epoch", "batch", "slope", "layer", "units", "seed", "order", "label")


@dataclass(frozen=True)
class Canary:
    """What to send, one source after the other, and what has to come back.

    The last source raises with ``message``; between ``claims`` it says what the tokens in it stand for. A whole canary
    has two sources before that one, which end in ``value``.
    """

    sources: tuple[str, ...]
    message: str
    claims: dict[str, str]
    value: float | None = None


@dataclass(frozen=True)
class Finding:
    """What a canary's answers say against the kernel that gave them: which false claims passed, and what came back."""

    evidence: str
    passed: tuple[str, ...] = ()
    came: str = ""


def make_canary(points: float, whole: bool, test: str = "") -> Canary:
    """A canary that nobody has seen, for a test of so many points; its value is below half of them.

    A whole one ends in a value, and then raises by an assert. Another one raises by itself, which saves most of the
    time: IPython takes long to make a traceback. The source ``test`` stands in it, never run, so that it looks like it.
    """
    draw = secrets.SystemRandom()
    tokens = (f"{number:06x}" for number in draw.sample(range(16**6), len(STATEMENTS) + len(EXPRESSIONS)))
    statements, expressions = _drawn(STATEMENTS, tokens, draw), _drawn(EXPRESSIONS, tokens, draw)
    failed, nonce, half = _name(draw), secrets.token_hex(8), len(statements) // 2
    parts = [f"{failed} = []", *_never_run(test, draw), *(_one(claim, failed) for claim in statements[:half])]
    parts += [_loop(expressions, failed, draw), *(_one(claim, failed) for claim in statements[half:])]
    parts += [f"{failed} = ' '.join(['{nonce}'] + {failed})"]
    claims = {claim.token: claim.what for claim in (*statements[:half], *expressions, *statements[half:])}
    message = f"{nonce} {' '.join(claims)}"
    if not whole:
        return Canary(("\n".join([*parts, _quick_raise(failed, draw)]),), message, claims)
    (plain, numpy_s), value = _value(points, draw)
    return Canary(("\n".join([*parts, plain]), numpy_s, f"assert not {failed}, {failed}"), message, claims, value)


def finding(canary: Canary, answers: Sequence[Answer]) -> Finding | None:
    """What the answers to a canary's sources say; None when they are clean.

    Only answers that ran say anything: a dead or a busy kernel was, for all we know, not tampered with.
    """
    if not all(answer.ran for answer in answers):
        return None
    found = _of_message(canary, answers[-1].outputs)
    if found is None and canary.value is not None:
        values = (_of_value(canary.value, answer.outputs) for answer in answers[:-1])
        found = next((each for each in values if each), None)
    return found


def _of_message(canary: Canary, outputs: list[dict]) -> Finding | None:
    errors = [output for output in outputs if output.get("output_type") == "error"]
    if not errors:
        return Finding("a check that must fail ended without an error")
    message = str(errors[0].get("evalue", ""))
    if errors[0].get("ename") == "AssertionError" and message == canary.message:
        return None
    nonce, *came = message.split(" ")
    said = f"{errors[0].get('ename')}: {message}"[:CAME_CHARACTERS]
    if nonce != canary.message.split(" ")[0]:
        return Finding("a check that must fail ended with another error than its own", came=said)
    passed = tuple(what for token, what in canary.claims.items() if token not in came)
    if not passed:
        return Finding("the message of a check was altered", came=said)
    return Finding(f"claims that are false passed as true: {', '.join(passed)}", passed)


def _of_value(value: float, outputs: list[dict]) -> Finding | None:
    values = [output for output in outputs if output.get("output_type") == "execute_result"]
    shown = [str(output.get("data", {}).get("text/plain", "")) for output in values]
    if len(shown) == 1 and _is_rounding_of(value, shown[0]):
        return None
    said = f"{value} as {shown}"[:CAME_CHARACTERS]
    return Finding("the number that a check ended with did not come back as it was", came=said)


def _is_rounding_of(value: float, text: str) -> bool:
    """Whether a text shows the value, whole or with fewer digits (``%precision 3``)."""
    text = text.strip().removeprefix("np.float64(").removesuffix(")")
    try:
        return any(float(text) == shown for shown in (value, *(round(value, digits) for digits in range(18))))
    except ValueError:
        return False


@dataclass(frozen=True)
class _Claim:
    token: str
    what: str
    source: str


def _drawn(forms: Mapping[str, str], tokens: Iterator[str], draw: random.Random) -> list[_Claim]:
    """A claim of each of these forms, in an order of their own."""
    chosen = draw.sample(list(forms.items()), len(forms))
    return [_Claim(next(tokens), what, _filled(form, draw)) for what, form in chosen]


def _filled(form: str, draw: random.Random) -> str:
    a = draw.randrange(1, 30)
    b = a + draw.randrange(1, 30)
    c = b + draw.randrange(1, 30)
    s, t = draw.sample(WORDS, 2)
    return form.format(a=a, b=b, c=c, s=s, t=t, name=_name(draw))


def _never_run(test: str, draw: random.Random) -> list[str]:
    """A branch with a test's source in it; none when that is no plain Python."""
    try:
        compile(test, "", "exec")
    except SyntaxError:
        return []
    return [f"if {_filled('{b} < {a}', draw)}:\n{textwrap.indent(test, '    ')}"] if test else []


def _one(claim: _Claim, failed: str) -> str:
    body = textwrap.indent(claim.source, "    ")
    return f"try:\n{body}\nexcept:\n    {failed}.append('{claim.token}')"


def _loop(claims: list[_Claim], failed: str, draw: random.Random) -> str:
    """Evaluate claims in the notebook's namespace; as one string, since IPython takes its time for each token."""
    line = _name(draw)
    text = "\n".join(f"{claim.token} {claim.source}" for claim in claims)
    return (
        f"for {line} in {text!r}.split('\\n'):\n    try:\n        assert eval({line}[7:])\n"
        f"    except:\n        {failed}.append({line}[:6])"
    )


def _quick_raise(message: str, draw: random.Random) -> str:
    """Raise an AssertionError that IPython asks for its traceback, instead of making one of the source."""
    name = _name(draw)
    return (
        f"class {name}(AssertionError):\n    def _render_traceback_(self):\n        return [str(self)]\n"
        f"{name}.__name__ = 'AssertionError'\nif {message}:\n    raise {name}({message})"
    )


def _name(draw: random.Random) -> str:
    """A name that stands in no notebook."""
    return f"_{draw.choice(WORDS)}_{draw.randrange(16**6):06x}"


def _value(points: float, draw: random.Random) -> tuple[tuple[str, str], float]:
    """The sources of two last expressions, one of Python's floats and one of NumPy's, and the value of both."""
    part, other = (draw.uniform(0.02, 0.2) * points for _ in range(2))
    name = _name(draw)
    numpy_s = f"try:\n    {name} = np.float64({part!r})\nexcept:\n    {name} = {part!r}\n"  # there may be no np
    return (f"{name} = {part!r}\n{name} + {other!r}", f"{numpy_s}{name} + {other!r}"), part + other
