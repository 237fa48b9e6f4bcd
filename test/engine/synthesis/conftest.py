"""Made-up patches of two classes, and a text encoder that knows words by their spelling."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.model import ModelBands
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis.draft_map import fit_draft_map
from hsi_film_plugin.engine.synthesis.patch_facts import WordScale
from hsi_film_plugin.engine.synthesis.patches import PatchData, Patches
from hsi_film_plugin.engine.synthesis.prompts import PromptWriter
from hsi_film_plugin.engine.synthesis.recipe import Recipe
from hsi_film_plugin.engine.synthesis.settings import SynthesizerSettings
from hsi_film_plugin.engine.synthesis.spectral_code import fit_spectral_code
from hsi_film_plugin.engine.synthesis.synthesizer import Synthesizer
from hsi_film_plugin.engine.synthesis.text_encoder import MAX_TOKENS, Token
from hsi_film_plugin.engine.synthesis.training import train_synthesizer

CLASSES = (LabelClass(1, "meadow", "#00ff00"), LabelClass(7, "lake", "#0000ff"))
BANDS = 12
SIDE = 9


class SpellingEncoder:
    """Gives each word a random vector of its own."""

    name = "spelling"
    sha256 = "5" * 64
    width = 16

    def encode(self, prompts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        words = [["<s>", *prompt.split(), "</s>"][:MAX_TOKENS] for prompt in prompts]
        longest = -(-max(map(len, words)) // 8) * 8
        tokens = torch.zeros(len(words), longest, self.width)
        mask = torch.zeros(len(words), longest, dtype=torch.bool)
        for row, spelt in enumerate(words):
            for place, word in enumerate(spelt):
                draws = np.random.default_rng(zlib.crc32(word.encode()))
                tokens[row, place] = torch.from_numpy(draws.standard_normal(self.width))
            mask[row, : len(spelt)] = True
        return tokens, mask

    def tokens(self, prompt: str) -> list[Token]:
        found, start = [Token("<s>", 0, 0)], 0
        for word in prompt.split():
            start = prompt.index(word, start)
            found.append(Token(word, start, start + len(word)))
            start += len(word)
        return [*found, Token("</s>", len(prompt), len(prompt))]


def made_up_data(seed: int = 0, per_class: Sequence[int] = (12, 3)) -> PatchData:
    """Return patches of a meadow in the west and a lake in the east, with different spectra."""
    draws = np.random.default_rng(seed)
    shape = np.linspace(0, 1, BANDS)
    spectra = np.stack([200 + 900 * shape, 500 - 350 * shape])

    def cubes(count: int) -> tuple[np.ndarray, np.ndarray]:
        edges = draws.integers(1, SIDE, count)
        lake = np.arange(SIDE)[None, None, :] >= edges[:, None, None]
        lake = np.repeat(lake, SIDE, axis=1).astype(int)
        level = draws.uniform(0.8, 1.2, (count, 1, 1, 1))
        noise = draws.normal(0, 8, (count, SIDE, SIDE, BANDS))
        return spectra[lake] * level + noise, lake

    parts = []
    pool, _ = cubes(40)
    code = fit_spectral_code(pool.reshape(-1, BANDS), 4)

    def patches(values: np.ndarray, lake: np.ndarray, classes: np.ndarray) -> Patches:
        count = len(values)
        indices = np.full((count, 3, SIDE, SIDE), np.nan, np.float32)
        indices[:, 0] = values.mean(-1)
        return Patches(
            values=np.ascontiguousarray(np.moveaxis(code.encode(values), -1, 1)),
            classes=classes,
            polygons=np.where(classes >= 0, np.arange(count), -1),
            rows=np.arange(count) + 4,
            cols=np.arange(count) + 4,
            scenes=np.zeros(count, np.int64),
            draft=lake.astype(np.int16),
            indices=indices,
        )

    values, lake = cubes(400)
    centres = lake[:, SIDE // 2, SIDE // 2]
    chosen = np.concatenate([np.flatnonzero(centres == k)[:n] for k, n in enumerate(per_class)])
    parts.append(patches(values[chosen], lake[chosen], centres[chosen].astype(np.int64)))
    for count in (20, 6):
        values, lake = cubes(count)
        parts.append(patches(values, lake, np.full(count, -1, np.int64)))
    draft = fit_draft_map(
        np.moveaxis(parts[0].values, 1, -1).reshape(-1, code.components),
        parts[0].draft.reshape(-1).astype(np.int64),
        2,
    )
    return PatchData(
        *parts,
        code=code,
        bands=ModelBands(BANDS, tuple(range(BANDS)), tuple(np.linspace(450.0, 2200.0, BANDS))),
        classes=CLASSES,
        draft=draft,
        scale=WordScale((400.0, 600.0), (20.0, 60.0), ""),
        warnings=(),
        # patches were made around a tenth of the labelled pixels
        counts=tuple(10 * count for count in per_class),
        held_out_bands=np.ascontiguousarray(np.moveaxis(values, -1, 1), np.float32),
    )


@pytest.fixture
def patch_data() -> PatchData:
    return made_up_data()


@pytest.fixture
def text_encoder() -> SpellingEncoder:
    return SpellingEncoder()


@pytest.fixture
def writer() -> PromptWriter:
    return PromptWriter(CLASSES, {})


@pytest.fixture
def cpu() -> Device:
    return Device("cpu", "A test asked for it.", bfloat16=False)


@pytest.fixture
def tiny_settings() -> SynthesizerSettings:
    return SynthesizerSettings(patch=8, latent_channels=3, components=4)


@pytest.fixture
def tiny_recipe() -> Recipe:
    return Recipe(
        autoencoder_width=16,
        autoencoder_steps=20,
        bank=48,
        bank_unlabelled=16,
        width=32,
        head_width=16,
        layers=2,
        steps=20,
        batch=16,
        warm_up=4,
    )


@pytest.fixture(scope="session")
def synthesizer() -> Synthesizer:
    """Return a synthesizer that has learnt just enough to tell meadow and lake apart."""
    made, _ = train_synthesizer(
        made_up_data(per_class=(20, 20)),
        PromptWriter(CLASSES, {}),
        SpellingEncoder(),  # type: ignore[arg-type]
        SynthesizerSettings(patch=8, latent_channels=3, components=4),
        Device("cpu", "A test asked for it.", bfloat16=False),
        Progress(),
        recipe=Recipe(
            autoencoder_width=16,
            autoencoder_steps=20,
            bank=96,
            bank_unlabelled=16,
            width=64,
            head_width=16,
            layers=2,
            steps=40,
            batch=32,
            warm_up=10,
            rate=3e-3,
        ),
    )
    return replace(made, scene_names=("scene.tif",), label_sha256="ab", provenance={"Seed": "0"})
