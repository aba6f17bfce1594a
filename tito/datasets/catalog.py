"""The data sets as data: their files with sizes and checksums, where they are published, licence, citation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataFile:
    """A published file; ``unpacked`` is the same file after decompression, which is as good."""

    name: str
    size_bytes: int
    sha256: str
    unpacked: DataFile | None = None

    @property
    def forms(self) -> tuple[DataFile, ...]:
        """The forms in which the file may lie in the cache, the fastest to read first."""
        return (self.unpacked, self) if self.unpacked else (self,)


@dataclass(frozen=True)
class DataSet:
    """A data set: each of its files is at every one of its addresses, or all are shipped with the course."""

    name: str
    title: str
    files: tuple[DataFile, ...]
    addresses: tuple[str, ...]
    licence: str
    citation: str
    instead: str = ""  # what to use where the files cannot be had

    @property
    def shipped(self) -> bool:
        return not self.addresses

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


DIGITS = DataSet(
    name="digits",
    title="8x8 handwritten digits",
    files=(DataFile("digits.npz", 45_394, "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"),),
    addresses=(),
    licence="CC BY 4.0",
    citation="E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits. UCI Machine Learning Repository, 1998."
    " https://doi.org/10.24432/C50P49",
)

MNIST = DataSet(
    name="mnist",
    title="MNIST handwritten digits",
    files=(
        DataFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            DataFile(
                "train-images-idx3-ubyte",
                47_040_016,
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
        ),
        DataFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            DataFile(
                "train-labels-idx1-ubyte",
                60_008,
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
        ),
        DataFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            DataFile(
                "t10k-images-idx3-ubyte",
                7_840_016,
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
        ),
        DataFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            DataFile(
                "t10k-labels-idx1-ubyte",
                10_008,
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
    ),
    addresses=("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
    licence="CC BY-SA 3.0",
    citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based Learning Applied to Document Recognition."
    " Proceedings of the IEEE 86(11), 1998.",
    instead="tito.datasets.digits(), smaller digits that need no network",
)

DATASETS = {dataset.name: dataset for dataset in (DIGITS, MNIST)}


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's contents, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
