"""Data sets: fetched over a bad network, verified, kept, and read without one. The server is real and on loopback."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import io
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tito import cli, datasets
from tito.datasets import cache, catalog, download
from tito.datasets.catalog import DATASETS, DataFile
from tito.datasets.idx import read_idx
from tito.errors import TitoError

REAL = os.environ.get("TINYTORCH_DATA")
HAS_REAL = bool(REAL) and (Path(REAL) / "mnist").is_dir()
NAMES = [file.name for file in catalog.MNIST.files]
IMAGES = NAMES[0]


def idx(array: np.ndarray) -> bytes:
    """An array of bytes in MNIST's format."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@functools.cache
def small() -> tuple[dict[str, np.ndarray], dict[str, bytes]]:
    """A small MNIST of noise, which does not compress: its arrays and its published files, by name."""
    rng = np.random.default_rng(0)
    shapes = ((400, 28, 28), (400,), (50, 28, 28), (50,))
    limits = (256, 10, 256, 10)
    arrays = {
        name: rng.integers(0, limit, shape).astype(np.uint8)
        for name, shape, limit in zip(NAMES, shapes, limits, strict=True)
    }
    return arrays, {name: gzip.compress(idx(array), mtime=0) for name, array in arrays.items()}


class Handler(BaseHTTPRequestHandler):
    """Serves the files, with Range; before that, does what the next fault says."""

    def do_GET(self) -> None:
        server = self.server
        name = self.path.rsplit("/", 1)[-1]
        server.requests.append((self.path, self.headers.get("Range")))
        fault, amount = server.faults.pop(0) if server.faults else ("", 0)
        content = server.files[name]
        if fault == "status":
            self.send_error(amount)
            return
        if fault == "wrong bytes":
            content = bytes(len(content))
        if fault == "another length":
            content = b"<html>log in first</html>"
        start = 0
        asked = self.headers.get("Range")
        if asked and fault not in ("no range", "another length"):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if fault == "too long":
            content += b"more"
        else:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self._send(content[start:], fault, amount)

    def _send(self, body: bytes, fault: str, amount: float) -> None:
        if fault == "drop":
            self.wfile.write(body[: int(amount)])
        elif fault == "hang":
            self.wfile.write(body[:100_000])
            self.wfile.flush()
            self.server.released.wait(amount)
        elif fault == "slow":
            for at in range(0, len(body), 20_000):
                self.wfile.write(body[at : at + 20_000])
                time.sleep(amount)
        else:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = small()[1]
        self.requests: list[tuple[str, str | None]] = []
        self.faults: list[tuple[str, float]] = []
        self.released = threading.Event()

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no error here."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/mnist/"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    """A server, and MNIST replaced by the small one at its address."""
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    use(monkeypatch, running.address)
    monkeypatch.setattr(download, "PAUSE_S", 0.01)
    yield running
    running.released.set()
    running.shutdown()
    thread.join()
    running.server_close()


def use(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let MNIST be the small one, at these addresses."""
    monkeypatch.setitem(DATASETS, "mnist", small_catalog(*addresses))


def small_catalog(*addresses: str) -> catalog.DataSet:
    arrays, files = small()
    rows = []
    for name, content in files.items():
        raw = idx(arrays[name])
        unpacked = DataFile(name.removesuffix(".gz"), len(raw), sha256(raw))
        rows.append(DataFile(name, len(content), sha256(content), unpacked))
    return dataclasses.replace(catalog.MNIST, files=tuple(rows), addresses=addresses)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no proxy between the test and its server."""
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("TITO_RUN", raising=False)
    return tmp_path / "cache"


def fill(root: Path) -> Path:
    """Put the small MNIST into the cache."""
    place = root / "mnist"
    place.mkdir(parents=True)
    for name, content in small()[1].items():
        (place / name).write_bytes(content)
    return place


def check(data: datasets.LabelledImages) -> None:
    got = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    for array, expected in zip(got, small()[0].values(), strict=True):
        np.testing.assert_array_equal(array, expected)


def listing(place: Path) -> set[str]:
    """What a person sees in a folder."""
    return {path.name for path in place.iterdir() if not path.name.startswith(".")}


# A network that works


def test_fetches_once_and_needs_no_network_from_then_on(server, root, capsys):
    data = datasets.mnist()
    check(data)
    assert (data.train_images.dtype, data.train_labels.dtype, data.pixel_max) == (np.uint8, np.int64, 255)
    assert [path for path, _ in server.requests] == [f"/mnist/{name}" for name in NAMES]
    assert listing(root / "mnist") == set(NAMES)
    assert f"into {root / 'mnist'}" in capsys.readouterr().err
    server.shutdown()
    check(datasets.mnist())
    assert len(server.requests) == len(NAMES)
    assert capsys.readouterr() == ("", "")


def test_only_what_is_missing_is_fetched(server, root):
    place = fill(root)
    (place / NAMES[1]).unlink()
    check(datasets.mnist())
    assert [path for path, _ in server.requests] == [f"/mnist/{NAMES[1]}"]


def test_arrays_are_the_callers_own(server):
    first = datasets.mnist()
    first.train_images[:] = 0
    check(datasets.mnist())


# A network that does not


def test_a_dropped_connection_goes_on_where_it_broke(server):
    server.faults = [("drop", 100_000), ("drop", 70_000)]
    check(datasets.mnist())
    ranges = [asked for path, asked in server.requests if path.endswith(IMAGES)]
    assert ranges == [None, "bytes=100000-", "bytes=170000-"]


def test_a_download_that_hangs_is_broken_off_and_goes_on(server, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT_S", 0.3)
    server.faults = [("hang", 30)]
    begun = time.monotonic()
    check(datasets.mnist())
    assert time.monotonic() - begun < 15
    assert server.requests[1] == (f"/mnist/{IMAGES}", "bytes=100000-")


def test_a_killed_process_leaves_what_it_had(server, root):
    server.faults = [("slow", 0.2)]
    with process(server) as killed:
        part = root / "mnist" / f"{IMAGES}.part"
        wait_for(lambda: part.exists() and part.stat().st_size > 50_000)
        killed.send_signal(signal.SIGKILL)
    kept = part.stat().st_size
    check(datasets.mnist())
    asked = server.requests[1][1]
    assert asked == f"bytes={kept}-"


@pytest.mark.parametrize("size", [1, 100_000, 10**9])
def test_a_part_with_other_bytes_is_fetched_again_from_the_first(server, root, size):
    part = root / "mnist" / f"{IMAGES}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(min(size, len(small()[1][IMAGES]) + 1)))
    check(datasets.mnist())
    assert [asked for path, asked in server.requests if path.endswith(IMAGES)][-1] is None
    assert listing(root / "mnist") == set(NAMES)


def test_a_whole_part_is_not_fetched_again(server, root):
    part = root / "mnist" / f"{IMAGES}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(small()[1][IMAGES])
    check(datasets.mnist())
    assert not [path for path, _ in server.requests if path.endswith(IMAGES)]


def test_a_server_without_ranges_sends_all_of_it(server):
    server.faults = [("drop", 100_000), ("no range", 0)]
    check(datasets.mnist())


@pytest.mark.parametrize(
    "fault", [("status", 404), ("status", 403), ("wrong bytes", 0), ("another length", 0), ("too long", 0)]
)
def test_the_second_address_helps_where_the_first_fails(server, monkeypatch, fault):
    use(monkeypatch, server.address.replace("mnist", "first"), server.address)
    server.faults = [fault]
    check(datasets.mnist())
    assert [path for path, _ in server.requests[:3]] == [f"/first/{IMAGES}", f"/mnist/{IMAGES}", f"/first/{NAMES[1]}"]


def test_a_server_that_sends_without_end_fills_no_disk(server, root):
    server.faults = [("too long", 0)]
    with pytest.raises(datasets.DataError, match="sends more than the"):
        datasets.mnist()
    assert (root / "mnist" / f"{IMAGES}.part").stat().st_size <= len(small()[1][IMAGES])


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again(server, code):
    server.faults = [("status", code)] * 2
    check(datasets.mnist())


def test_a_log_in_page_does_not_touch_what_was_fetched(server, root):
    server.faults = [("drop", 100_000), ("another length", 0)]
    with pytest.raises(datasets.DataError, match="offers 25 bytes where the published file has"):
        datasets.mnist()
    part = root / "mnist" / f"{IMAGES}.part"
    assert part.read_bytes() == small()[1][IMAGES][:100_000]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (("status", 404), "answers 404 Not Found"),
        (("status", 503), "answers 503 Service Unavailable"),
        (("wrong bytes", 0), "sends other bytes than the published ones"),
        (("drop", 0), "stopped after 0 of"),
    ],
)
def test_what_cannot_be_had_is_a_sentence_with_the_ways_out(server, root, fault, reason):
    server.faults = [fault] * 9
    with pytest.raises(datasets.DataError) as caught:
        datasets.mnist()
    assert all(name in caught.value.message for name in NAMES)
    assert f"127.0.0.1 {reason}" in caught.value.message
    assert f"put the files into {root / 'mnist'}" in caught.value.hint
    assert "tito.datasets.digits()" in caught.value.hint
    assert caught.value.hint in str(caught.value)


def test_no_network_at_all_is_said_at_once(monkeypatch, root):
    use(monkeypatch, "http://127.0.0.1:9/mnist/", "http://name.invalid/mnist/")
    begun = time.monotonic()
    with pytest.raises(datasets.DataError, match=r"127\.0\.0\.1 cannot be reached .*; name\.invalid cannot be reached"):
        datasets.mnist()
    assert time.monotonic() - begun < 10


def test_what_was_fetched_before_the_network_went_stays(server, root):
    server.faults = [("", 0), ("", 0), ("status", 404)]
    with pytest.raises(datasets.DataError) as caught:
        datasets.mnist()
    assert listing(root / "mnist") == {IMAGES, NAMES[1]}
    assert IMAGES not in caught.value.message
    check(datasets.mnist())


# Files that are not the published ones


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: bytes(len(content)), lambda _: b""])
def test_a_wrong_file_is_named_kept_and_fetched_beside_it(server, root, capsys, damage):
    place = fill(root)
    bad = damage(small()[1][IMAGES])
    (place / IMAGES).write_bytes(bad)
    check(datasets.mnist())
    assert (place / f"{IMAGES}.wrong").read_bytes() == bad
    assert f"{place / IMAGES} is not the published file" in capsys.readouterr().err
    (place / IMAGES).write_bytes(b"again")
    check(datasets.mnist())
    assert (place / f"{IMAGES}.wrong").read_bytes() == bad
    assert (place / f"{IMAGES}.wrong2").read_bytes() == b"again"


def test_a_wrong_file_stays_in_its_place_while_the_right_one_cannot_be_had(server, root):
    place = fill(root)
    (place / IMAGES).write_bytes(b"mine")
    server.faults = [("status", 404)]
    with pytest.raises(datasets.DataError, match="it has 4 bytes instead of"):
        datasets.mnist()
    assert (place / IMAGES).read_bytes() == b"mine"
    assert listing(place) == set(NAMES)


def test_a_file_damaged_behind_the_notes_is_found_when_it_is_read(server, root):
    place = fill(root)
    check(datasets.mnist())
    before = (place / IMAGES).stat()
    content = bytearray(small()[1][IMAGES])
    content[50_000] ^= 1
    (place / IMAGES).write_bytes(content)
    os.utime(place / IMAGES, ns=(before.st_atime_ns, before.st_mtime_ns))
    check(datasets.mnist())
    assert (place / f"{IMAGES}.wrong").read_bytes() == content


def test_an_unpacked_file_is_as_good(server, root):
    place = fill(root)
    for name in NAMES[:2]:
        (place / name).unlink()
        (place / name.removesuffix(".gz")).write_bytes(idx(small()[0][name]))
    check(datasets.mnist())
    assert not server.requests


def test_a_wrong_unpacked_file_does_not_hide_the_right_packed_one(server, root):
    place = fill(root)
    (place / IMAGES.removesuffix(".gz")).write_bytes(b"half")
    check(datasets.mnist())
    assert not server.requests
    (file, *_) = datasets.status("mnist").files
    assert (file.state, "it has 4 bytes" in file.note) == ("ready", True)


# Verified once


def test_files_are_verified_once_and_again_after_a_change(server, root, monkeypatch):
    hashed = []

    def counted(path):
        hashed.append(path.name)
        return catalog.sha256_of(path)

    monkeypatch.setattr(cache, "sha256_of", counted)
    place = fill(root)
    datasets.mnist()
    assert hashed == NAMES
    datasets.mnist()
    assert hashed == NAMES
    os.utime(place / IMAGES, (1, 1))
    datasets.mnist()
    assert hashed == [*NAMES, IMAGES]


@pytest.mark.parametrize("notes", ["", "[]", "{", '{"train-images-idx3-ubyte.gz": 3}', "[" * 100_000])
def test_damaged_notes_are_made_anew(server, root, notes):
    place = fill(root)
    (place / ".verified.json").write_text(notes)
    check(datasets.mnist())
    assert set(json.loads((place / ".verified.json").read_text())) == set(NAMES)


# Folders


def snapshot(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in [root, *root.rglob("*")]}


@pytest.fixture
def read_only(root: Path):
    """Take every write permission from the cache for the rest of the test."""

    def freeze() -> None:
        for path in [root, *root.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)

    yield freeze
    for path in [root, *root.rglob("*")]:
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def test_a_read_only_cache_is_read_and_left_alone_even_by_root(server, root, read_only):
    fill(root)
    read_only()
    before = snapshot(root)
    check(datasets.mnist())
    assert datasets.status("mnist").state == "ready"
    assert snapshot(root) == before


def test_a_read_only_cache_that_lacks_a_file_says_so(server, root, read_only):
    (fill(root) / IMAGES).unlink()
    read_only()
    before = snapshot(root)
    with pytest.raises(datasets.DataError, match="it may not be written") as caught:
        datasets.mnist()
    assert "TINYTORCH_DATA" in caught.value.hint
    assert snapshot(root) == before
    assert not server.requests


def test_the_folder_is_the_variable_else_home(tmp_path, monkeypatch):
    assert datasets.folder() == tmp_path / "cache"
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    for unset in ("", None):
        monkeypatch.setenv("TINYTORCH_DATA", "") if unset == "" else monkeypatch.delenv("TINYTORCH_DATA")
        assert datasets.folder() == tmp_path / "me" / ".tinytorch" / "datasets"
    monkeypatch.setenv("TINYTORCH_DATA", "~/data")
    assert datasets.folder() == tmp_path / "me" / "data"


def test_a_folder_that_is_a_file_is_a_sentence(server, root, capsys):
    root.write_text("not a folder")
    with pytest.raises(TitoError, match="may not be written"):
        datasets.mnist()
    assert capsys.readouterr().err == ""


def test_a_checked_run_fetches_nothing(server, root, monkeypatch):
    monkeypatch.setenv("TITO_RUN", "1")
    with pytest.raises(datasets.DataError, match="fetches nothing") as caught:
        datasets.mnist()
    assert "tito data get mnist" in caught.value.hint
    assert not server.requests
    fill(root)
    check(datasets.mnist())


def test_a_full_disk_keeps_what_came(server, root, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TitoError, match="The disk is full"):
        datasets.mnist()
    monkeypatch.undo()
    assert (root / "mnist" / f"{IMAGES}.part").stat().st_size > 0


def test_a_really_full_disk(server, root):
    root.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(root)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a file system of a known size cannot be mounted here")
    try:
        with pytest.raises(TitoError, match="The disk is full"):
            datasets.mnist()
        part = root / "mnist" / f"{IMAGES}.part"
        kept = part.stat().st_size
        assert part.read_bytes() == small()[1][IMAGES][:kept]
        subprocess.run(["mount", "-o", "remount,size=4m", str(root)], check=True)
        check(datasets.mnist())
        assert server.requests[1][1] == f"bytes={kept}-"
    finally:
        subprocess.run(["umount", str(root)], check=True)


# Processes

FETCH = """
import sys
sys.path.insert(0, sys.argv[1])
from test_datasets import DATASETS, check, datasets, small_catalog
DATASETS["mnist"] = small_catalog(sys.argv[2])
check(datasets.mnist())
"""


def process(server: Server) -> subprocess.Popen:
    """Another Python that reads the small MNIST."""
    command = [sys.executable, "-c", FETCH, str(Path(__file__).parent), server.address]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.01)


def test_two_processes_fetch_each_file_once(server, root):
    server.faults = [("slow", 0.1)]
    both = [process(server) for _ in range(2)]
    said = [one.communicate(timeout=60)[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert sorted(path for path, _ in server.requests) == sorted(f"/mnist/{name}" for name in NAMES)
    assert listing(root / "mnist") == set(NAMES)


def test_importing_and_reading_digits_loads_neither_network_nor_console():
    code = (
        "import sys; from tito import datasets; before = set(sys.modules); datasets.digits();"
        "print([name for name in ('numpy',) if name in before]"
        " + [name for name in ('urllib.request', 'rich', 'sklearn', 'filelock') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The bar


def test_the_bar_counts_bytes_on_a_terminal_and_says_nothing_elsewhere(server, monkeypatch):
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(cache, "_screen", lambda: screen)
    server.faults = [("drop", 100_000)]
    check(datasets.mnist())
    assert "MNIST handwritten digits" in screen.file.getvalue()


def test_every_byte_is_counted_once_whatever_happens(server, tmp_path):
    (file, *_) = DATASETS["mnist"].files
    part = tmp_path / "file.part"
    part.write_bytes(bytes(50_000))
    server.faults = [("drop", 100_000), ("", 0), ("drop", 80_000), ("no range", 0)]
    counted = []
    download.download(file, [server.address], part, counted.append)
    assert sum(counted) == file.size_bytes
    assert part.read_bytes() == small()[1][IMAGES]


# The format


@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple), packed=st.booleans(), data=st.data())
def test_idx_files_are_read_as_written(tmp_path_factory, shape, packed, data):
    size = int(np.prod(shape))
    content = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), np.uint8).reshape(shape)
    path = tmp_path_factory.mktemp("idx") / ("file.gz" if packed else "file")
    path.write_bytes(gzip.compress(idx(content)) if packed else idx(content))
    got = read_idx(path)
    np.testing.assert_array_equal(got, content)
    assert got.flags.writeable


WHOLE = idx(np.arange(12, dtype=np.uint8).reshape(3, 4))
PACKED = gzip.compress(WHOLE, mtime=0)  # without the time of day, so that every test process names its cases alike


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty", b""),
        ("short", WHOLE[:2]),
        ("header", WHOLE[:9]),
        ("one_less", WHOLE[:-1]),
        ("one_more", WHOLE + b"x"),
        ("floats", b"\0\0\x0d" + WHOLE[3:]),
        ("text", b"<html>"),
        ("not.gz", WHOLE),
        ("half.gz", PACKED[:20]),
        ("sum.gz", PACKED[:-8] + bytes(8)),
        ("bits.gz", PACKED[:12] + b"\xff" * 8 + PACKED[20:]),
    ],
)
def test_damaged_idx_files_are_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name):
        read_idx(tmp_path / name)


# The shipped digits and the table


def test_digits_come_with_the_course(monkeypatch):
    monkeypatch.setenv("TITO_RUN", "1")
    data = datasets.digits()
    images = np.concatenate([data.train_images, data.test_images])
    labels = np.concatenate([data.train_labels, data.test_labels])
    assert (data.train_images.shape, data.test_images.shape) == ((1442, 8, 8), (355, 8, 8))
    assert (images.dtype, labels.dtype, images.min(), images.max(), data.pixel_max) == (np.uint8, np.int64, 0, 16, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(data.test_labels).tolist() == [35, 36, 35, 36, 36, 36, 36, 35, 34, 36]
    assert data.train_labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    np.testing.assert_array_equal(data.train_images[0, 0], [0, 0, 5, 13, 9, 1, 0, 0])
    assert len({image.tobytes() for image in images}) == len(images)
    assert datasets.available("digits")


def test_damaged_digits_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "SHIPPED", tmp_path)
    (tmp_path / "digits.npz").write_bytes(b"PK")
    with pytest.raises(datasets.DataError, match="it has 2 bytes instead of") as caught:
        datasets.digits()
    assert caught.value.hint == "reinstall the course"


def test_digits_are_those_of_scikit_learn():
    sklearn_datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    theirs, ours = sklearn_datasets.load_digits(), datasets.digits()
    for label in range(10):
        images = theirs.images[theirs.target == label]
        np.testing.assert_array_equal(ours.test_images[ours.test_labels == label], images[4::5])


def test_the_table_is_consistent_and_the_shipped_files_are_those_it_names():
    for name, dataset in DATASETS.items():
        assert dataset.name == name
        assert dataset.licence
        assert dataset.citation
        for form in (form for file in dataset.files for form in file.forms):
            assert len(form.sha256) == 64
        if dataset.shipped:
            assert datasets.status(name).state == "ready"
        else:
            assert all(address.endswith("/") for address in dataset.addresses)
            assert all(file.unpacked.name == file.name.removesuffix(".gz") for file in dataset.files if file.unpacked)


# The commands


def test_status_shows_every_state_and_fetches_nothing(server, root, capsys):
    assert cli.run(["data", "status", "--json"]) == 0
    digits, mnist = json.loads(capsys.readouterr().out)
    assert (digits["state"], mnist["state"], mnist["next"]) == ("ready", "missing", "tito data get mnist")
    place = fill(root)
    (place / IMAGES).write_bytes(b"mine")
    assert cli.run(["data", "status"]) == 0
    shown = capsys.readouterr().out
    assert "wrong" in shown
    assert f"{IMAGES} is not the published file: it has 4 bytes" in " ".join(shown.split())
    assert not server.requests


def test_get_fetches_and_says_where(server, root, capsys):
    assert cli.run(["data", "get", "mnist"]) == 0
    said = capsys.readouterr()
    assert str(root / "mnist") in said.out
    assert "CC BY-SA 3.0" in said.out
    assert cli.run(["data", "get", "mnist", "--json"]) == 0
    again = capsys.readouterr()
    assert (json.loads(again.out)["state"], again.err) == ("ready", "")


def test_get_that_fails_says_what_to_do(server, capsys):
    server.faults = [("status", 404)]
    assert cli.run(["data", "get", "mnist"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "Next: put the files into" in said.err
    assert said.err.count("tito.datasets.digits()") == 1


def test_an_unknown_data_set_gets_the_nearest_name(capsys):
    assert cli.run(["data", "get", "minst"]) == 1
    assert "Did you mean 'mnist'?" in capsys.readouterr().err


# The real files


@pytest.mark.skipif(not HAS_REAL, reason="TINYTORCH_DATA does not name a folder with mnist/")
def test_real_mnist(monkeypatch):
    monkeypatch.setenv("TINYTORCH_DATA", REAL)
    monkeypatch.setenv("TITO_RUN", "1")
    data = datasets.mnist()
    assert (data.train_images.shape, data.test_images.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert np.bincount(data.train_labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.train_labels[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert data.test_labels[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
    squares = (np.arange(256) ** 2).astype(np.uint16)
    mean = data.train_images.sum(dtype=np.int64) / data.train_images.size
    variance = squares[data.train_images].sum(dtype=np.int64) / data.train_images.size - mean**2
    assert mean / 255 == pytest.approx(0.1307, abs=5e-5)
    assert variance**0.5 / 255 == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.skipif(not HAS_REAL, reason="TINYTORCH_DATA does not name a folder with mnist/")
def test_the_tables_unpacked_checksums_are_those_of_the_real_files():
    for file in catalog.MNIST.files:
        raw = Path(REAL, "mnist", file.name.removesuffix(".gz"))
        packed = Path(REAL, "mnist", file.name)
        content = gzip.decompress(packed.read_bytes()) if packed.is_file() else raw.read_bytes()
        assert (len(content), sha256(content)) == (file.unpacked.size_bytes, file.unpacked.sha256)
