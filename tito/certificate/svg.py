"""A certificate as SVG: written from its record, and read back with every word that it shows."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tito.certificate.drawing import Text, svg_shapes
from tito.certificate.page import HEIGHT, WIDTH, day, page
from tito.certificate.record import ASK_AGAIN, MARK, NAME_IT, Certificate, NoCertificate, canonical, parse

DRAWING = "the words agree with the record, but the drawing is not the one that this tito makes of it"
SVG = "{http://www.w3.org/2000/svg}"


def write(certificate: Certificate) -> bytes:
    """The SVG file: the record in its metadata, a title and a description for who cannot see it, and the page."""
    title, description = alternatives(certificate)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}mm" height="{HEIGHT:g}mm" '
        f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(description)}</desc>',
        f'<metadata id="{MARK}">{escape(canonical(certificate))}</metadata>',
        *svg_shapes(page(certificate)),
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


def alternatives(certificate: Certificate) -> tuple[str, str]:
    """A title and a description of the page in words."""
    whose = f" of {certificate.name}" if certificate.name else ""
    title = f"{certificate.course} certificate{whose}: milestone {certificate.number}, {certificate.title}"
    measured = "; ".join(f"{goal.title}: {goal.measured:.4g}" for goal in certificate.goals)
    description = f"{certificate.badge}. {certificate.ability} Measured on {day(certificate.measured_at)}: {measured}."
    return title, description


def read(content: bytes) -> Certificate:
    """The record in an SVG file; raise NoCertificate when there is none."""
    found = [node for node in _tree(content).iter(f"{SVG}metadata") if node.get("id") == MARK]
    if len(found) != 1:
        raise NoCertificate("This SVG holds no certificate of tito.", NAME_IT)
    return parse("".join(found[0].itertext()))


def differences(content: bytes, certificate: Certificate) -> list[str]:
    """What the file shows that its record does not say, and the other way round; empty when they agree.

    The file must be what this tito draws from the record; where only the drawing differs, the last line says so.
    """
    expected = write(certificate)
    if content == expected:
        return []
    shown, right = _words(content), _words(expected)
    found = [f"the page shows {text!r}, which its record does not say" for text in shown if text not in right]
    found += [f"the page lacks {text!r}, which its record says" for text in right if text not in shown]
    if not found and sorted(shown) != sorted(right):
        found.append("the page shows a text more than once")
    return found or [DRAWING]


def texts(certificate: Certificate) -> list[str]:
    """Every text on the page."""
    return [shape.text for shape in page(certificate) if isinstance(shape, Text)]


def _words(content: bytes) -> list[str]:
    """Every text of the file but its record, whatever holds it."""
    found = []
    for node in _tree(content).iter():
        if node.tag != f"{SVG}metadata":
            found += [" ".join((node.text or "").split())]
        found += [" ".join((node.tail or "").split())]
    return [text for text in found if text]


def _tree(content: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise NoCertificate("This SVG declares entities, which no certificate does.", ASK_AGAIN)
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise NoCertificate(f"This SVG cannot be read: {error}.", ASK_AGAIN) from error
