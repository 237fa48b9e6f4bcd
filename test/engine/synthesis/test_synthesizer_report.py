"""The report of a synthesizer's training, from what training leaves behind."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.report import render_report
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.synthesis.synthesizer_report import synthesizer_report

from .judging_scene import BANDS, PROMPT, SIZE, code, patch_data


class Rebuilding(torch.nn.Module):
    """Gives patches back as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(1))

    def encode(self, patches):
        return SimpleNamespace(latent_dist=SimpleNamespace(mean=patches))

    def decode(self, latents):
        return SimpleNamespace(sample=latents)


@pytest.fixture
def scene(make_raster):
    values = np.random.default_rng(0).integers(1, 90, (BANDS, 30, 30)).astype(np.float32)
    with Scene.open(make_raster("<scene>.tif", values)) as opened:
        yield opened


@pytest.fixture
def labels(make_raster, scene):
    burned = np.zeros((30, 30), np.uint8)
    burned[2:6, 2:6], burned[10:14, 2:6], burned[20:22, 2:6] = 1, 2, 5
    return read_labels(make_raster("labels.tif", burned), scene, None)


def made(scene, labels, held_out=9, **changes):
    data = patch_data(held_out=held_out)
    names = ("meadow", "<b>water", "roof")
    synthesizer = SimpleNamespace(
        settings=SynthesizerSettings(patch=SIZE, clipping=False),
        classes=tuple(LabelClass(k.value, n, k.color) for k, n in zip(labels.classes, names)),
        counts=(16, 16, 8),
        bands=data.bands,
        code=code(),
        autoencoder=Rebuilding(),
        prompts=((PROMPT, PROMPT, "<i>meadow"), ("water",), ()),
        words=frozenset({"meadow", "water"}),
        encoder_name="all-MiniLM-L6-v2",
        scene_names=("<scene>.tif", "other.tif"),
        provenance={"Seed": "0"},
    )
    record = {
        "autoencoder_losses": ((0, 1.0, 20.0, 3.0), (50, 0.05, 2.0, 4.0)),
        "denoiser_losses": ((0, 1.0), (50, 0.4)),
        "reconstruction_degrees": 1.5,
        "reconstruction_rmse": 0.02,
        "code_degrees": 0.56,
        "autoencoder_seconds": 30.0,
        "denoiser_seconds": 400.0,
        "resumed": False,
    }
    report = synthesizer_report(
        synthesizer,
        SimpleNamespace(**(record | changes)),
        data,
        scene,
        labels,
        Device("cpu", "The CPU was asked for.", False),
        ("Few <labels>.",),
        444.0,
    )
    return render_report(report)


def test_it_says_what_was_trained_on_how_and_what_is_reconstruction(scene, labels):
    html = made(scene, labels)
    for words in (
        "a reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp; Xu 2025)",
        "What it learnt from, and how",
        "What the autoencoder can rebuild",
        "Prompts that were made from the data",
        f"{PROMPT} (2 ×)",
        "1.50°",
        "0.56°",
        "7 min",
        "30 s",
        "other.tif",
        "The CPU was asked for.",
    ):
        assert words in html


def test_parts_that_were_switched_off_are_told(scene, labels):
    html = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", made(scene, labels)))
    assert "Polygon clipping (RPSC) off" in html
    assert "Feature uncertainty (LF-UE) on" in html


def test_a_perfect_autoencoder_is_shown_as_one(scene, labels):
    html = made(scene, labels)
    assert html.count("Centre of patch") == 3
    assert "Centre of patch 1: 0.00°" in html
    sources = re.findall(r'<img src="([^"]*)" alt="(\d), (real|rebuilt)"', html)
    assert len(sources) == 12
    assert sources[0][0] == sources[1][0]


def test_texts_are_escaped_and_ids_unique(scene, labels):
    html = made(scene, labels)
    assert "<b>water" not in html
    assert "<i>meadow" not in html
    assert "Few &lt;labels&gt;." in html
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))


def test_nothing_held_out_and_no_losses_leave_their_parts_out(scene, labels):
    unknown = float("nan")
    html = made(
        scene,
        labels,
        held_out=0,
        autoencoder_losses=(),
        denoiser_losses=(),
        reconstruction_degrees=unknown,
        reconstruction_rmse=unknown,
        resumed=True,
    )
    assert "What the autoencoder can rebuild" not in html
    assert 'aria-label="Losses' not in html
    assert "Resumed" in html
    assert "nan" not in re.sub("<[^>]*>", " ", html).split()


def test_equal_content_gives_equal_bytes(scene, labels):
    assert made(scene, labels) == made(scene, labels)
