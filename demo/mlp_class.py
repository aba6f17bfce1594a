"""The class that hands in milestone 2: what can go wrong with a whole framework, and the score that each deserves."""

from __future__ import annotations

from demo import mlp_answers as answers
from demo.samples import HandedIn, Materials, Sample, SampleClass, as_bytes, edited, replaced, submission

FULL = {"model": 20.0, "training": 30.0, "visualization": 0.0, "systems": 0.0, "comparison": 10.0}
NOTHING = dict.fromkeys(FULL, 0.0)
WRITTEN = {"visualization": 20.0, "systems": 20.0}


def full(materials: Materials) -> HandedIn:
    return submission(materials.solved, materials)


def different(materials: Materials) -> HandedIn:
    return submission(replaced(materials.solved, answers.DIFFERENT), materials)


def blank(materials: Materials) -> HandedIn:
    return submission(materials.released, materials)


def closures(materials: Materials) -> HandedIn:
    """An autograd of another design: only the public surface counts."""
    return _with(materials, "autograd.py", answers.CLOSURES)


def dropped_contribution(materials: Materials) -> HandedIn:
    """An autograd that keeps only the last of several gradients that reach a Tensor."""
    source = materials.package["autograd.py"].decode()
    if answers.SUMMED not in source:
        raise KeyError("autograd.py sums gradients elsewhere; the sample class is out of date")
    return _with(materials, "autograd.py", source.replace(answers.SUMMED, answers.DROPPED))


def other_framework(materials: Materials) -> HandedIn:
    answer = {"model-architecture-answer": answers.OTHER_FRAMEWORK}
    return submission(replaced(materials.solved, answer), materials)


def accumulated(materials: Materials) -> HandedIn:
    """Gradients are never reset, so each step follows the sum of all that came before."""
    return submission(edited(materials.solved, answers.ACCUMULATED), materials)


def no_optimizers(materials: Materials) -> HandedIn:
    package = {name: content for name, content in materials.package.items() if name != "optimizers.py"}
    return HandedIn(as_bytes(materials.solved), package)


SAMPLES = (
    Sample("student_01", "full solution", full, FULL, WRITTEN),
    Sample("student_02", "correct, written quite differently", different, FULL, WRITTEN),
    Sample("student_03", "blank", blank, NOTHING),
    Sample("student_04", "autograd of closures", closures, FULL, WRITTEN),
    Sample("student_05", "autograd drops a contribution", dropped_contribution, {**FULL, "training": 28.0}, WRITTEN),
    Sample(
        "student_06", "imports another framework", other_framework,
        {**NOTHING, "model": 7.0, "training": 2.0, "comparison": 4.0}, WRITTEN, reason="torch is refused here",
    ),
    Sample("student_07", "gradients are never reset", accumulated, {**FULL, "training": 10.0}, WRITTEN),
    Sample("student_08", "no optimizers.py", no_optimizers, {**NOTHING, "comparison": 4.0}, WRITTEN),
)  # fmt: skip

CLASS = SampleClass("mlp", SAMPLES)


def _with(materials: Materials, name: str, source: str) -> HandedIn:
    """The full solution, with one file of the framework replaced."""
    return HandedIn(as_bytes(materials.solved), {**materials.package, name: source.encode()})
