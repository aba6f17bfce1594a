"""A certificate as PDF and as PNG: the same shapes, drawn by matplotlib, with the record in the file's metadata."""

from __future__ import annotations

import base64
import binascii
import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tito.certificate.drawing import ANCHORS, MONO, SANS, SERIF, Circle, Line, Polygon, Shape, Text
from tito.certificate.page import HEIGHT, WIDTH, page
from tito.certificate.record import ASK_AGAIN, MARK, NAME_IT, Certificate, NoCertificate, canonical, parse
from tito.certificate.svg import alternatives

INCH, POINTS = 25.4, 72
DPI = 150
FONTS = {SERIF: "DejaVu Serif", SANS: "DejaVu Sans", MONO: "DejaVu Sans Mono"}  # they come with matplotlib
PNG = b"\x89PNG\r\n\x1a\n"
PDF_RECORD = re.compile(rb"tito-certificate:([A-Za-z0-9+/=]+)")
DRAWN_BY = "drawn with "
PIXEL_DIFFERENCE = 24  # of 255: less is a rounding of another machine, no other letter


def write(certificate: Certificate, kind: str) -> bytes:
    """The file of a certificate as ``pdf`` or ``png``; needs matplotlib."""
    title, description = alternatives(certificate)
    stream = io.BytesIO()
    with _settings():
        figure = _figure(page(certificate))
        if kind == "pdf":
            keywords = f"{MARK}:{base64.b64encode(canonical(certificate).encode()).decode()}"
            about = {"Title": title, "Subject": f"{description} {DRAWN_BY}{drawer()}", "Keywords": keywords}
            figure.savefig(stream, format="pdf", metadata={**about, "Creator": "tito", "CreationDate": None})
        else:
            about = {"Title": _ascii(title), "Description": _ascii(description), "Software": DRAWN_BY + drawer()}
            figure.savefig(stream, format="png", dpi=DPI, metadata={**about, MARK: _ascii(canonical(certificate))})
    return stream.getvalue()


def lacks_letters(certificate: Certificate) -> bool:
    """Whether matplotlib's fonts have no letters for a part of the page (the SVG shows it with the reader's fonts)."""
    with _settings() as caught:
        _figure(page(certificate)).canvas.draw()
    return any("missing from" in str(warning.message) for warning in caught)


def drawer() -> str:
    """What draws here; the same drawer makes the same picture."""
    import matplotlib
    from matplotlib import ft2font

    return f"matplotlib {matplotlib.__version__}, FreeType {ft2font.__freetype_version__}"


def read(content: bytes) -> Certificate:
    """The record in a PDF or PNG file; raise NoCertificate when there is none."""
    return _read_png(content) if content.startswith(PNG) else _read_pdf(content)


def differences(content: bytes, certificate: Certificate) -> list[str] | None:
    """How the picture differs from what its record gives, drawn anew; None when it cannot be compared here."""
    try:
        same_drawer = (DRAWN_BY + drawer()).encode() in content
    except ImportError:
        return None
    if not same_drawer:
        return None
    if content.startswith(PNG):
        agrees = _same_pixels(content, write(certificate, "png"))
    else:
        agrees = content == write(certificate, "pdf")
    return [] if agrees else ["the picture is not the one that its record gives when it is drawn again"]


@contextmanager
def _settings() -> Iterator[list[Any]]:
    """matplotlib as it comes, whatever a user has configured; what it warns of is collected."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        matplotlib.rcdefaults()
        matplotlib.rcParams["pdf.compression"] = 0
        yield caught


def _figure(shapes: list[Shape]) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / INCH, HEIGHT / INCH))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    for order, shape in enumerate(shapes):
        _DRAW[type(shape)](axes, shape, order)
    return figure


def _draw_polygon(axes: Any, shape: Polygon, order: int) -> None:
    from matplotlib.patches import Polygon as Patch

    axes.add_patch(Patch(shape.points, closed=True, zorder=order, joinstyle="miter", **_paint(shape)))


def _draw_circle(axes: Any, shape: Circle, order: int) -> None:
    from matplotlib.patches import Circle as Patch

    axes.add_patch(Patch(shape.center, shape.radius, zorder=order, **_paint(shape)))


def _draw_line(axes: Any, shape: Line, order: int) -> None:
    xs, ys = zip(*shape.points, strict=True)
    axes.plot(xs, ys, color=shape.stroke, linewidth=_points(shape.width), zorder=order, solid_capstyle="butt")


def _draw_text(axes: Any, shape: Text, order: int) -> None:
    axes.text(
        *shape.at,
        shape.text,
        fontsize=_points(shape.size) * 0.94,  # DejaVu is wide
        color=shape.color,
        family=FONTS[shape.family],
        horizontalalignment=ANCHORS[shape.anchor],
        verticalalignment="baseline",
        fontweight="bold" if shape.bold else "normal",
        fontstyle="italic" if shape.italic else "normal",
        zorder=order,
        parse_math=False,
    )


_DRAW = {Polygon: _draw_polygon, Circle: _draw_circle, Line: _draw_line, Text: _draw_text}


def _paint(shape: Polygon | Circle) -> dict[str, Any]:
    return {"facecolor": shape.fill, "edgecolor": shape.stroke, "linewidth": _points(shape.width)}


def _points(millimetres: float) -> float:
    return millimetres / INCH * POINTS


def _ascii(text: str) -> str:
    """A text for a PNG's Latin-1 fields: JSON stays JSON, with other letters as ``\\uXXXX``."""
    return re.sub(r"[^\x20-\x7e]", lambda found: _escaped(found[0]), text)


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))


def _read_pdf(content: bytes) -> Certificate:
    found = PDF_RECORD.findall(content)
    if len(found) != 1:
        raise NoCertificate("This PDF holds no certificate of tito.", NAME_IT)
    try:
        return parse(base64.b64decode(found[0], validate=True).decode())
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NoCertificate("The certificate's record is damaged.", ASK_AGAIN) from error


def _read_png(content: bytes) -> Certificate:
    found = [body for name, body in _chunks(content) if name == b"tEXt" and body.startswith(MARK.encode() + b"\0")]
    if len(found) != 1:
        raise NoCertificate("This PNG holds no certificate of tito.", NAME_IT)
    return parse(found[0].split(b"\0", 1)[1].decode("latin-1"))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of a PNG file; raise NoCertificate where one is cut off or changed."""
    place = len(PNG)
    while place < len(content):
        if place + 12 > len(content):
            raise _damaged_png()
        (size,) = struct.unpack(">I", content[place : place + 4])
        name, body = content[place + 4 : place + 8], content[place + 8 : place + 8 + size]
        if content[place + 8 + size : place + 12 + size] != struct.pack(">I", zlib.crc32(name + body)):
            raise _damaged_png()
        yield name, body
        place += 12 + size


def _damaged_png() -> NoCertificate:
    return NoCertificate("This PNG is damaged: its checksums do not fit.", ASK_AGAIN)


def _same_pixels(first: bytes, second: bytes) -> bool:
    import numpy as np
    from matplotlib.image import imread

    try:
        one, other = (imread(io.BytesIO(content), format="png") for content in (first, second))
    except (OSError, ValueError, SyntaxError, RuntimeError):
        return False
    return one.shape == other.shape and float(np.max(np.abs(one - other))) * 255 <= PIXEL_DIFFERENCE
