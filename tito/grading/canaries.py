"""Canaries: checks that must fail, sent down the path of the tests, so that a kernel where they pass is found out.

A canary makes a few dozen false claims in the forms in which tests make true ones, by the names that tests use, and
ends in an AssertionError that lists, under a nonce, the claims that failed as they should. The witness in the kernel
makes that error and signs it; it says, too, how the test before it ran. Numbers, names and order are drawn anew each
time. It detects; it proves nothing.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tito.execution.run import Answer
from tito.grading.check import NUMPY_SCALAR
from tito.grading.witness import ASKED

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
TESTING = "import sys\nif 'numpy.testing' not in sys.modules:\n    raise ImportError\n"  # imported for no canary
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
    "np.testing.assert_allclose": TESTING + "np.testing.assert_allclose({a}.0, {c}.0, rtol=1e-3, verbose=False)",
    "np.testing.assert_array_equal": TESTING + "np.testing.assert_array_equal({a}, {b}, verbose=False)",
}
PLAIN = {  # as IPython reads the statements of a test
    "a plain assert": "assert {b} < {a}, '{s}'",
    "a plain error": "raise ValueError('{t}')",
}
ALTERED = "the message of a check was altered"
CAME_CHARACTERS = 1000  # of what came back, for a person to judge
WORDS = ("loss", "shape", "bias", "logit", "epoch", "batch", "slope", "layer", "units", "seed", "order", "label")


@dataclass(frozen=True)
class Canary:
    """What to send, and what has to come back: an error that begins with ``message``, signed by the witness.

    Between ``claims`` it says what the tokens in it stand for. ``claiming`` is the source that makes the claims, and
    ``test`` that of the test which ran before it; empty when none did.
    """

    message: str
    claims: dict[str, str]
    claiming: str
    test: str = ""

    @property
    def nonce(self) -> str:
        return self.message.split(" ")[0]

    def source(self, opens: bool = False, given: str = "") -> str:
        """What to send; ``opens``: a test comes next, and ``given`` is to run before it."""
        return request(self.nonce, self.claiming, self.test, opens, given)


@dataclass(frozen=True)
class Finding:
    """What a canary's answer says against the kernel that gave it: which false claims passed, and what came back."""

    evidence: str
    passed: tuple[str, ...] = ()
    came: str = ""


def make_canary(test: str = "") -> Canary:
    """A canary that nobody has seen, to send after a test of this source."""
    draw = random.Random(secrets.randbits(256))
    tokens = (f"{number:06x}" for number in draw.sample(range(16**6), len(PLAIN) + len(STATEMENTS) + len(EXPRESSIONS)))
    claims = [_drawn(forms, tokens, draw) for forms in (PLAIN, STATEMENTS, EXPRESSIONS)]
    plain, *others = claims
    failed, nonce = _name(draw), secrets.token_hex(8)
    parts = [*(_one(claim, failed) for claim in plain), *(_loop(each, failed, draw) for each in others)]
    named = {claim.token: claim.what for each in claims for claim in each}
    return Canary(f"{nonce} {' '.join(named)}", named, "\n".join([f"{failed} = []", *parts]), test)


def request(nonce: str, claiming: str, test: str, opens: bool, given: str = "") -> str:
    """A source that asks the witness and raises its report, after it ran what is given."""
    failed = claiming.partition(" ")[0] or "[]"
    box = f"_{nonce}"
    raising = f"raise {box}[0]"
    if given:
        lines = f"{box}.append({given!r})\nlinecache.cache['<given>'] = (1, None, {box}[1].splitlines(True), '<given>')"
        run = "exec(compile({box}[1], '<given>', 'exec'))"
        raising = f"import linecache\n{lines}\ntry:\n    {run.format(box=box)}\nfinally:\n    {raising}"
    asking = f"import sys\n{box} = ['{nonce}', {failed}, {test!r}, {opens}]\nsys.audit('{ASKED}', {box})\n{raising}"
    return f"{claiming}\n{asking}" if claiming else asking


@dataclass(frozen=True)
class Report:
    """What the witness said: the claims that failed, what was replaced, and how a test ran, ended, and was valued."""

    failed: tuple[str, ...]
    replaced: str
    ran: str
    ended: str
    value: str


def heard(nonce: str, answer: Answer, key: bytes | None) -> Report | Finding:
    """The report that an answer holds, or what speaks against it; without a key, nobody knows who signed."""
    errors = [output for output in answer.outputs if output.get("output_type") == "error"]
    if not errors:
        return Finding("a check that must fail ended without an error")
    name, message = errors[0].get("ename"), str(errors[0].get("evalue", ""))
    came = f"{name}: {message}"[:CAME_CHARACTERS]
    text, _, signature = message.rpartition("\t")
    said, *fields = text.split("\t")
    first, *failed = said.split(" ")
    if first != nonce:
        return Finding("a check that must fail ended with another error than its own", came=came)
    signed = hashlib.blake2b(text.encode("utf-8", "replace"), key=key or b"", digest_size=8).hexdigest()
    if name != "AssertionError" or len(fields) != 4 or (key is not None and signature != signed):
        return Finding(ALTERED, came=came)
    return Report(tuple(failed), *fields)


def finding(
    canary: Canary, answer: Answer, outputs: Sequence[Mapping] = (), key: bytes | None = None
) -> Finding | None:
    """What the answer to a canary says, and what it says against the outputs of the test; None when it is clean.

    Only an answer that ran says anything: a dead or a busy kernel was, for all we know, not tampered with.
    """
    if not answer.ran:
        return None
    report = heard(canary.nonce, answer, key)
    if isinstance(report, Finding):
        return report
    if report.failed != tuple(canary.claims):
        passed = tuple(what for token, what in canary.claims.items() if token not in report.failed)
        said = (
            f"claims that are false passed as true: {', '.join(passed)}" if passed else "a check's claims were altered"
        )
        return Finding(said, passed, " ".join(report.failed)[:CAME_CHARACTERS])
    return of_replaced(report.replaced) or (_of_test(report, outputs) if canary.test else None)


def of_replaced(names: str) -> Finding | None:
    """What follows from the names of what the witness found replaced."""
    return Finding(f"how code is run was replaced: {names[:200]}") if names else None


def _of_test(report: Report, outputs: Sequence[Mapping]) -> Finding | None:
    """Whether a test that shows no error ran and ended as the witness saw it."""
    if any(output.get("output_type") == "error" for output in outputs):
        return None
    if report.ran not in ("", "whole"):
        return Finding("a test did not run as it stands", came=report.ran[:CAME_CHARACTERS])
    if report.ended == "ill":
        return Finding("a test ended in an error, and shows none")
    values = [output for output in outputs if output.get("output_type") == "execute_result"]
    shown = [str(output.get("data", {}).get("text/plain", "")) for output in values]
    if report.ended and any(_is_number(each) and not _shows(each, report.value) for each in shown):
        return Finding(
            "the number that a test shows is not the one that it gave", came=f"{report.value} as {shown}"[:200]
        )
    return None


def _shows(text: str, value: str) -> bool:
    return bool(value) and (NUMPY_SCALAR.sub(r"\1", text.strip()) == value or _is_rounding_of(float(value), text))


def _is_number(text: str) -> bool:
    try:
        float(NUMPY_SCALAR.sub(r"\1", text.strip()))
    except ValueError:
        return False
    return True


def _is_rounding_of(value: float, text: str) -> bool:
    """Whether a text shows the value, whole or with fewer digits (``%precision 3``)."""
    text = NUMPY_SCALAR.sub(r"\1", text.strip())
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


def _one(claim: _Claim, failed: str) -> str:
    body = textwrap.indent(claim.source, "    ")
    return f"try:\n{body}\nexcept:\n    {failed}.append('{claim.token}')"


def _loop(claims: list[_Claim], failed: str, draw: random.Random) -> str:
    """Try claims in the notebook's namespace; as one string, since IPython takes its time for each token."""
    line, listed = _name(draw), [(claim.token, claim.source) for claim in claims]
    test = f"exec({line}[1])" if any("\n" in claim.source for claim in claims) else f"assert eval({line}[1])"
    text = f"for {line} in {listed!r}:\n try:\n  {test}\n except:\n  {failed}.append({line}[0])"
    return f"exec({text!r})"


def _name(draw: random.Random) -> str:
    """A name that stands in no notebook."""
    return f"_{draw.choice(WORDS)}_{draw.randrange(16**6):06x}"
