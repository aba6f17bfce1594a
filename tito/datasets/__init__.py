"""Data sets for the milestones, as NumPy arrays: fetched once, verified, and read from the cache from then on.

from tito import datasets
data = datasets.mnist() if datasets.available("mnist") else datasets.digits()
data.train_images.shape, data.pixel_max
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tito.datasets.cache import DataError, ensure, folder, forget, look
from tito.datasets.catalog import DATASETS, DataSet
from tito.datasets.status import find, get, status, statuses

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "DataError",
    "LabelledImages",
    "available",
    "digits",
    "folder",
    "get",
    "mnist",
    "status",
    "statuses",
    "trained_reader",
]

TEST_EVERY = 5


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Grey images with the number of the class that each shows.

    Images are uint8 (N, height, width) with values from 0 to ``pixel_max``; labels are int64 (N,).
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    pixel_max: int

    def __repr__(self) -> str:
        sizes = f"train_images {self.train_images.shape}, test_images {self.test_images.shape}"
        return f"LabelledImages({self.name}: {sizes}, values 0 to {self.pixel_max})"


def available(name: str) -> bool:
    """Whether a data set can be read at once, without the network. ``digits`` always can."""
    return all(entry.path for entry in look(find(name)))


def mnist() -> LabelledImages:
    """MNIST: 60,000 training and 10,000 test images of handwritten digits, 28x28, values 0 to 255.

    The files are fetched when they are not in the cache. Raises DataError when they cannot be had.
    """
    dataset = DATASETS["mnist"]
    try:
        arrays = _read_all(dataset)
    except ValueError:  # damaged since it was verified, and its time of change kept
        forget(dataset)
        arrays = _read_all(dataset)
    train_images, train_labels, test_images, test_labels = arrays
    return LabelledImages(
        "mnist", train_images, train_labels.astype("int64"), test_images, test_labels.astype("int64"), pixel_max=255
    )


def digits() -> LabelledImages:
    """1,797 handwritten digits of 8x8 pixels, values 0 to 16, which come with the course: no network, no cache.

    Of each class every fifth image is for testing: 1,442 training and 355 test images, the same ones always.
    """
    import numpy as np

    (path,) = ensure(DATASETS["digits"]).values()
    with np.load(path, allow_pickle=False) as stored:
        images, labels = stored["images"], stored["labels"].astype("int64")
    test = np.zeros(len(labels), dtype=bool)
    for label in range(10):
        test[np.flatnonzero(labels == label)[TEST_EVERY - 1 :: TEST_EVERY]] = True
    return LabelledImages("digits", images[~test], labels[~test], images[test], labels[test], pixel_max=16)


def trained_reader() -> dict[str, np.ndarray]:
    """The weights of a reader of those digits, nine layers deep, by name, in float16. See data/README.md."""
    from pathlib import Path

    import numpy as np

    with np.load(Path(__file__).parent / "data" / "reader.npz", allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _read_all(dataset: DataSet) -> list[np.ndarray]:
    """The arrays of a data set's idx files, in the catalog's order."""
    from tito.datasets.idx import read_idx

    paths = ensure(dataset)
    return [read_idx(paths[file.name]) for file in dataset.files]
