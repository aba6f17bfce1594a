"""The pictures that a student's own milestone notebook shows, made safe to publish.

Of an output only the picture itself is taken: it is decoded, made smaller where it is large, and encoded anew without
any metadata. Captions are the headings of the released notebook.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tito.course import Milestone, release_root
from tito.workspace import Workspace

MOST = 12
WIDEST = 900
LARGEST_BYTES, LARGEST_PIXELS = 12_000_000, 25_000_000
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


@dataclass(frozen=True)
class Plot:
    """A picture, and the heading that it stands under."""

    caption: str
    width: int
    height: int
    png: bytes = field(repr=False)


def plots_of(workspace: Workspace, milestone: Milestone) -> tuple[tuple[Plot, ...], str]:
    """The pictures of a milestone's notebook as it was last saved, and a note on what was left out."""
    released = release_root() / milestone.id / f"{milestone.notebook}.ipynb"
    headings = {_source(cell) for cell in _cells(released) if cell.get("cell_type") == "markdown"}
    pictures = list(_pictures(_cells(workspace.notebook(milestone)), headings, milestone.title))
    if not pictures:
        return (), ""
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        return (), f"The plots of {milestone.id} are left out: reading them needs pillow ([student] extra)."
    encoded = [plot for caption, text in pictures[:MOST] if (plot := _encoded(caption, text))]
    left = len(pictures) - len(encoded)
    return tuple(encoded), f"{left} of the {len(pictures)} plots of {milestone.id} are left out." if left else ""


def _cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook file; none when it is not there or cannot be read."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return [cell for cell in cells if isinstance(cell, dict)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def _source(cell: dict[str, Any]) -> str:
    return _joined(cell.get("source", ""))


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""


def _pictures(cells: list[dict[str, Any]], released: set[str], title: str) -> Iterator[tuple[str, str]]:
    """Each PNG output as base64, with the last heading above it that the course wrote."""
    caption = title
    for cell in cells:
        source = _source(cell)
        if cell.get("cell_type") == "markdown" and source in released:
            caption = next((_plain(found) for found in reversed(HEADING.findall(source))), caption)
        for output in cell.get("outputs") or ():
            data = output.get("data") if isinstance(output, dict) else None
            text = _joined(data.get("image/png", "")) if isinstance(data, dict) else ""
            if text:
                yield caption, text


def _plain(heading: str) -> str:
    """A heading without Markdown's marks, its kind ("Exercise:"), its minutes and its points; an id becomes words."""
    text = re.sub(r"[*`$\\]|\[|\]\([^)]*\)", "", heading)
    text, *rest = text.split(" · ")
    text = text.replace("-", " ") if rest else text
    text = re.sub(r"^(?:Exercise|Part \d+|\d+)[:.]\s+|\s*\([^)]*points?[^)]*\)$", "", text.strip())
    return text[:1].upper() + text[1:]


def _encoded(caption: str, text: str) -> Plot | None:
    """The picture anew; None for what is none."""
    from PIL import Image

    try:
        content = base64.b64decode("".join(text.split()), validate=True)
        if len(content) > LARGEST_BYTES:
            return None
        with Image.open(io.BytesIO(content), formats=["PNG"]) as opened:
            if opened.width * opened.height > LARGEST_PIXELS:
                return None
            picture = Image.new("RGB", opened.size, "white")
            layer = opened.convert("RGBA")
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    picture.paste(layer, mask=layer)
    if picture.width > WIDEST:
        picture = picture.resize((WIDEST, max(1, round(picture.height * WIDEST / picture.width))))
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return Plot(caption, picture.width, picture.height, stream.getvalue())
