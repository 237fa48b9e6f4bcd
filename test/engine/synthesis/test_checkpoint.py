"""A training goes on where it stopped, or starts anew where the file does not fit."""

from __future__ import annotations

import json
import logging
import os
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from hsi_film_plugin.engine.synthesis.checkpoint import HEADER_KEY, Checkpoints, Standing

STANDING = Standing(7, ((5.0, 0.5, 0.25),), {"weight0": torch.arange(4.0)})


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    first = Checkpoints(path, "abc")
    first.keep("autoencoder", STANDING)
    first.keep("denoiser", Standing(1, (), {"weight0": torch.ones(2)}))
    second = Checkpoints(path, "abc")
    found = second.standing("autoencoder")

    assert second.resumed
    assert not first.resumed
    assert found is not None
    assert (found.step, found.losses) == (7, STANDING.losses)
    assert found.tensors["weight0"].equal(STANDING.tensors["weight0"])
    other = second.standing("denoiser")
    assert other is not None
    assert other.tensors["weight0"].equal(torch.ones(2))


def test_another_fingerprint_starts_anew_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "run.checkpoint"
    Checkpoints(path, "abc").keep("autoencoder", STANDING)
    with caplog.at_level(logging.INFO):
        other = Checkpoints(path, "xyz")

    assert not other.resumed
    assert other.standing("autoencoder") is None
    assert "other data or settings" in caplog.text


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\xff" * 64])
def test_a_damaged_file_starts_anew_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path = tmp_path / "run.checkpoint"
    path.write_bytes(content)

    assert not Checkpoints(path, "abc").resumed
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize(
    "header",
    [
        "null",
        "[]",
        "[" * 100_000,
        json.dumps({"fingerprint": "abc", "stages": []}),
        json.dumps({"fingerprint": "abc", "stages": {"denoiser": 3}}),
        json.dumps({"fingerprint": "abc", "stages": {"denoiser": {"step": 1e999, "losses": []}}}),
    ],
)
def test_a_header_of_another_shape_starts_anew_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, header: str
) -> None:
    path = tmp_path / "run.checkpoint"
    save_file({"denoiser/weight0": torch.ones(2)}, path, {HEADER_KEY: header})

    assert not Checkpoints(path, "abc").resumed
    assert "cannot be read" in caplog.text


def test_what_does_not_fit_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    Checkpoints(path, "abc").keep("autoencoder", STANDING)
    found = Checkpoints(path, "abc")
    found.refuse("autoencoder")

    assert found.standing("autoencoder") is None
    assert not found.resumed


def test_a_checkpoint_that_cannot_be_written_is_told_once_and_training_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Checkpoints(tmp_path / "no folder" / "run.checkpoint", "abc")
    kept.keep("autoencoder", STANDING)
    kept.keep("autoencoder", STANDING)

    assert caplog.text.count("No checkpoint could be kept") == 1


def test_what_a_killed_run_left_long_ago_is_removed(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".other.partial-1", tmp_path / ".another.partial-2"
    for path in (old, fresh):
        path.write_bytes(b"half")
    long_ago = time.time() - 3 * 86_400
    os.utime(old, (long_ago, long_ago))
    Checkpoints(tmp_path / "run.checkpoint", "abc")

    assert not old.exists()
    assert fresh.exists()


def test_without_a_path_nothing_is_written(tmp_path: Path) -> None:
    kept = Checkpoints(None, "abc")
    kept.keep("autoencoder", STANDING)

    assert not kept.resumed
    assert not kept.due
    assert list(tmp_path.iterdir()) == []
