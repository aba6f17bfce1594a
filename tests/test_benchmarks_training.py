"""The training benchmark measures what it says, here with tiny sizes, with PyTorch where it can be imported."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from benchmarks import training
from benchmarks.timing import Row, Section, Sizes, as_record
from benchmarks.training_figures import draw, stamp
from tito import datasets

HAS_TORCH = importlib.util.find_spec("torch") is not None
TINY = training.Work(
    threads=(1,), steps=2, samples_per_round=1, length=10, graphs=1, batches=(8,), most_epochs=1, warm_up_s=0.0
)


@pytest.mark.slow
def test_everything_is_measured_and_drawn(tmp_path, monkeypatch):
    digits = datasets.digits()
    monkeypatch.setattr(training, "LAYERS", (64, 16, 10))
    monkeypatch.setattr(training.datasets, "available", lambda name: True)
    monkeypatch.setattr(training.datasets, "mnist", lambda: digits)
    sections = list(training.measure(Sizes(rounds=1, figures=tmp_path), TINY))
    assert [section.unit for section in sections] == ["µs", "s", "µs", "MB"]
    for section in sections:
        assert (training.PYTORCH in section.variants) == HAS_TORCH
        assert section.rows
        assert all(row.samples[training.TINYTORCH] for row in section.rows)
    pictures = sorted(tmp_path.glob("*.png"))
    assert [picture.stem for picture in pictures] == ["graph", "memory", "mnist", "steps"]
    assert all(picture.stat().st_size < 100_000 for picture in pictures)


@pytest.mark.slow
def test_without_pytorch_one_sentence_says_how_to_get_it(tmp_path):
    with training.prepared(str(tmp_path / "no-python")) as (place, notes):
        assert place.frameworks() == (training.TINYTORCH,)
    (note,) = notes
    assert "pip install torch" in note
    assert "--torch-python" in note


@pytest.mark.slow
def test_a_worker_that_ends_says_why(tmp_path):
    place = training.Place(tmp_path, sys.executable)
    with (
        pytest.raises(training.WorkerError, match="No module named 'tinytorch'"),
        training.Worker(place, "TinyTorch", 1),
    ):
        pass


def test_frameworks_that_compute_different_things_are_not_compared():
    training.same_losses({"a": [2.0, 1.0], "b": [2.0, 1.0 + 1e-6]})
    with pytest.raises(ValueError, match="do not compare"):
        training.same_losses({"a": [2.0, 1.0], "b": [2.0, 1.5]})


def test_the_initial_weights_are_the_same_each_time():
    for first, second in zip(training.initial_weights(), training.initial_weights(), strict=True):
        assert np.array_equal(first, second)


def test_bytes_are_shown_and_kept_as_bytes(tmp_path):
    rows = (Row("batch 8", {"PyTorch": [2e6], "TinyTorch": [3e6]}),)
    section = Section("Memory", "", ("PyTorch", "TinyTorch"), rows, unit="MB")
    (row,) = as_record(section)["rows"]
    assert row["samples_bytes"] == {"PyTorch": [2e6], "TinyTorch": [3e6]}
    assert row["ratio"] == {"TinyTorch": 1.5}
    draw("memory", section, tmp_path / "memory.png", stamp(""))
    assert (tmp_path / "memory.png").read_bytes().startswith(b"\x89PNG")
