"""Fetching one file over HTTP: goes on where a broken download ended, and ends with a file that is proven whole."""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tito import __version__
from tito.datasets.catalog import DataFile, sha256_of
from tito.files import explained

CHUNK_BYTES = 1 << 16
TIMEOUT_S = 20.0  # without a single byte
TRIES = 3  # in a row that bring less than a chunk
PAUSE_S = 1.0  # before the second try, then twice that, ...
TRY_AGAIN = (408, 416, 425, 429, 500, 502, 503, 504)


class Unavailable(Exception):
    """No address gave the file; ``reasons`` has one sentence for each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


class _Refused(Exception):
    """This address does not have the file."""


class _Broken(Exception):
    """The connection ended early; another try may bring the rest."""


def download(file: DataFile, addresses: Sequence[str], part: Path, advance: Callable[[int], None]) -> None:
    """Bring ``file`` whole into ``part``, from the first address that has it.

    What ``part`` already holds is not fetched again. ``advance`` is told how many bytes came; less than zero when
    they have to be fetched once more. Raises Unavailable, and TitoError when the disk is full or may not be written.
    """
    reasons = []
    for address in addresses:
        try:
            _from_address(address + file.name, file, part, advance)
        except (_Refused, _Broken) as error:
            reasons.append(f"{urlsplit(address).hostname} {error}")
        else:
            return
    raise Unavailable(reasons)


def _from_address(url: str, file: DataFile, part: Path, advance: Callable[[int], None]) -> None:
    advance(_size(part))
    begun_before = _size(part) > 0
    while True:
        _patiently(url, file, part, advance)
        if sha256_of(part) == file.sha256:
            return
        _start_over(part, advance)
        if not begun_before:
            raise _Refused("sends other bytes than the published ones")
        begun_before = False  # what lay there may have been wrong: one fetch from the first byte decides


def _patiently(url: str, file: DataFile, part: Path, advance: Callable[[int], None]) -> None:
    """Fetch until ``part`` has its full size; give up after TRIES that bring next to nothing."""
    failures = 0
    while True:
        before = _size(part)
        try:
            return _receive(url, file, part, advance)
        except _Broken:
            failures = 0 if _size(part) - before >= CHUNK_BYTES else failures + 1
            if failures == TRIES:
                raise
            time.sleep(PAUSE_S * failures)


def _receive(url: str, file: DataFile, part: Path, advance: Callable[[int], None]) -> None:
    """Append to ``part`` what one request brings, up to the file's size."""
    if _size(part) > file.size_bytes:
        _start_over(part, advance)
    start = _size(part)
    if start == file.size_bytes:
        return
    with _opened(url, start) as response:
        if response.status != http.client.PARTIAL_CONTENT:
            start = 0
        _refuse_another_length(response, file.size_bytes - start)
        if not start:
            _start_over(part, advance)
        with explained(part), part.open("ab") as stream:
            for chunk in _chunks(response):
                start += len(chunk)
                if start > file.size_bytes:
                    break
                stream.write(chunk)
                advance(len(chunk))
            stream.flush()
            os.fsync(stream.fileno())
    if start > file.size_bytes:
        raise _Refused(f"sends more than the {file.size_bytes:,} bytes of the published file")
    if start < file.size_bytes:
        raise _Broken(f"stopped after {start:,} of {file.size_bytes:,} bytes")


def _opened(url: str, start: int) -> http.client.HTTPResponse:
    """The answer to a request for ``url`` from byte ``start`` on."""
    headers = {"User-Agent": f"tinytorch-course/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        kind = _Broken if error.code in TRY_AGAIN else _Refused
        raise kind(f"answers {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise _Refused(f"cannot be reached ({_words(error.reason)})") from None
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(f"does not answer ({_words(error)})") from None


def _refuse_another_length(response: http.client.HTTPResponse, expected: int) -> None:
    """An error page or a log-in page of the network shows by its length, before any of it is kept."""
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) != expected:
        raise _Refused(f"offers {int(announced):,} bytes where the published file has {expected:,}")


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body as it arrives; a network's errors become _Broken, so that a disk's can be told from them."""
    while True:
        try:
            chunk = response.read1(CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _Broken(f"broke off ({_words(error)})") from None
        if not chunk:
            return
        yield chunk


def _start_over(part: Path, advance: Callable[[int], None]) -> None:
    advance(-_size(part))
    with explained(part):
        part.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _words(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return f"nothing came for {TIMEOUT_S:g} s"
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
