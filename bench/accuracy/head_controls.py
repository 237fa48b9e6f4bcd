"""FiLM heads alone, alike but for their spatial features: pretrained, random or smoothed.

So that what is compared is the features and nothing else, timestep, blocks and
picture are fixed, the spectral inputs are the same, features are whitened to the
same number of components, and the heads are trained by the engine in the same way.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch

from hsi_film_plugin.engine.backbone import Backbone
from hsi_film_plugin.engine.features import FeatureMaps, FeatureSettings, features_at
from hsi_film_plugin.engine.heads import HeadShape, Parameters, fit, logits
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.pseudo_image import fit_pseudo_image
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.spatial_candidates import SPATIAL_COMPONENTS
from hsi_film_plugin.engine.statistics import sample_scene, standardisation, whitening
from hsi_film_plugin.engine.trial import EFFORTS

from .benchmark import Benchmark, Outcome, Pixels
from .engine_runs import device
from .spatial_inputs import smoothed

TIMESTEP = 25
BLOCKS = (-2, -3)
PICTURE = "rgb"
SWEPT_TIMESTEPS = (0, 10, 25, 50, 100)
SWEPT_BLOCKS = ((-1,), (-2,), (-3,), (-1, -2), (-2, -3), (-2, -3, -4))
EFFORT = "gentle"
MEMBERS = 5
_LATTICE = 8
_MOST_REMEMBERED = 6


class BackboneFeatures:
    """Raw decoder channels at a benchmark's pixels; the latest few are remembered."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[object, ...], tuple[dict[int, np.ndarray], float]] = (
            OrderedDict()
        )

    def at(
        self, benchmark: Benchmark, pixels: Pixels, folder: Path | None, timestep: int
    ) -> tuple[dict[int, np.ndarray], float]:
        """Return the channels of each decoder block, float32 ``(n, channels)``, and the seconds.

        Args:
            benchmark: The scene.
            pixels: Where.
            folder: The backbone's; None for the bundled one.
            timestep: How far windows are noised.
        """
        where = (pixels.rows.tobytes(), pixels.cols.tobytes())
        key = (str(benchmark.files.raster), *where, folder, timestep)
        if key not in self._found:
            started = time.perf_counter()
            channels = _channels(benchmark, pixels, folder, timestep)
            self._found[key] = (channels, time.perf_counter() - started)
        self._found.move_to_end(key)
        while len(self._found) > _MOST_REMEMBERED:
            self._found.popitem(last=False)
        return self._found[key]


def _channels(
    benchmark: Benchmark, pixels: Pixels, folder: Path | None, timestep: int
) -> dict[int, np.ndarray]:
    backbone = Backbone(folder, device())
    blocks = tuple(range(-1, -1 - min(4, backbone.info.blocks), -1))
    maps = FeatureMaps(backbone, timestep, blocks)
    with Scene.open(benchmark.files.raster) as scene:
        sample = sample_scene(scene, Progress())
        picture = fit_pseudo_image(PICTURE, sample, scene.bands.wavelengths)
        settings = FeatureSettings(picture, sample.bands, timestep, blocks)
        found = features_at(scene, settings, maps, pixels.rows, pixels.cols, Progress())
    edges = np.cumsum([0, *maps.channels])
    return {block: found[:, edges[k] : edges[k + 1]] for k, block in enumerate(blocks)}


def head_on_backbone(
    benchmark: Benchmark,
    seed: int,
    features: BackboneFeatures,
    folder: Path | None,
    timestep: int,
    blocks: tuple[int, ...],
) -> Outcome:
    """Train FiLM heads on decoder channels."""
    pixels = _pixels(benchmark)
    channels, seconds = features.at(benchmark, pixels, folder, timestep)
    raw = np.concatenate([channels[block] for block in blocks], axis=1)
    return _head(benchmark, seed, raw, seconds)


def head_on_smoothed(benchmark: Benchmark, seed: int, sigmas: tuple[float, ...]) -> Outcome:
    """Train FiLM heads on Gaussian-smoothed bands, of several widths side by side."""
    started = time.perf_counter()
    pixels = _pixels(benchmark)
    bands = [pixels.of(smoothed(benchmark.cube, benchmark.valid, sigma)) for sigma in sigmas]
    raw = np.concatenate(bands, axis=1)
    return _head(benchmark, seed, raw, time.perf_counter() - started)


def _pixels(benchmark: Benchmark) -> Pixels:
    """Return the training pixels, a lattice over the scene, then the test pixels."""
    lattice = np.zeros(benchmark.valid.shape, bool)
    lattice[_LATTICE // 2 :: _LATTICE, _LATTICE // 2 :: _LATTICE] = True
    rows, cols = np.nonzero(lattice & benchmark.valid)
    train, test = benchmark.train, benchmark.test
    return Pixels(
        np.concatenate([train.rows, rows, test.rows]),
        np.concatenate([train.cols, cols, test.cols]),
        np.concatenate([train.classes, np.full(len(rows), -1), test.classes]),
    )


def _head(benchmark: Benchmark, seed: int, raw: np.ndarray, seconds: float) -> Outcome:
    """Train heads on ``raw``, float32 ``(pixels, channels)``, and judge them on the test pixels."""
    started = time.perf_counter()
    train, test = benchmark.train, benchmark.test
    known = len(raw) - len(test)
    features = whitening(raw[:known], SPATIAL_COMPONENTS)(raw)
    spectral = standardisation(benchmark.spectra())
    inputs = torch.from_numpy(spectral(train.of(benchmark.cube)))
    classes = torch.from_numpy(train.classes)
    shape = HeadShape("film", inputs.shape[1], features.shape[1], benchmark.n_classes)
    # A class counts with the square root of its pixels, as in the engine's own training.
    counts = torch.bincount(classes, minlength=benchmark.n_classes).clamp(min=1)
    weights = (counts[classes] ** -0.5).repeat(MEMBERS, 1)
    seeds = [1000 * seed + member for member in range(MEMBERS)]
    known_features = torch.from_numpy(features[: len(train)])
    heads: Parameters = {}
    for _, parameters in fit(
        shape, inputs, known_features, classes, weights, seeds, EFFORTS[EFFORT]
    ):
        heads = parameters
    trained = time.perf_counter()
    with torch.inference_mode():
        said = logits(
            shape,
            heads,
            torch.from_numpy(spectral(test.of(benchmark.cube))),
            torch.from_numpy(features[known:]),
        )
        predicted = said.softmax(-1).mean(0).argmax(-1).numpy()
    spent = time.perf_counter() - trained
    return Outcome(predicted, trained - started + seconds, spent)
