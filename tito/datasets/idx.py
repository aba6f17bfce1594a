"""MNIST's file format: a header of big-endian numbers, then the bytes of one array in row-major order."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import numpy as np

UINT8 = 0x08
PIECE_BYTES = 1 << 20


def read_idx(path: Path) -> np.ndarray:
    """Read an ``idx`` file of unsigned bytes, packed (``.gz``) or not, as an array.

    Raises ValueError when the file is damaged or of another type.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            return _array(stream, path.name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error


def _array(stream: BinaryIO, name: str) -> np.ndarray:
    import numpy as np

    magic = stream.read(4)
    if len(magic) < 4 or magic[:3] != bytes([0, 0, UINT8]):
        raise ValueError(f"{name} is not an idx file of unsigned bytes: it begins with {magic.hex(' ') or 'nothing'}.")
    header_bytes = 4 * magic[3]
    sizes = stream.read(header_bytes)
    shape = tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, len(sizes), 4))
    content = np.empty(math.prod(shape), np.uint8)
    room, filled = memoryview(content), 0
    while count := stream.readinto(room[filled : filled + PIECE_BYTES]):
        filled += count
    if len(sizes) < header_bytes or filled < len(content) or stream.read(1):
        raise ValueError(f"{name} does not have the length that its header announces for an array of shape {shape}.")
    return content.reshape(shape)
