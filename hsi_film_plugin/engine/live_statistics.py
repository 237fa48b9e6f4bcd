"""What the live map knows of a whole scene: learnt once, whatever is shown and labelled.

As in training, nothing that scales or projects pixels may depend on the part of the scene that
happens to be shown, or else the map would change at the edges of what was prepared at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from .backbone import Backbone
from .context import COMPONENTS, SceneContext, feature_count, raw_cell
from .features import Cube, FeatureMaps, read_cube
from .outputs import atomic_output
from .progress import Progress
from .pseudo_image import PseudoImage, fit_pseudo_image
from .scene import Scene
from .spectral_inputs import standard_normal_variate
from .statistics import AffineMap, SceneSample, sample_scene, standardisation, whitening
from .windows import RUN, STRIDE, WINDOW, Block, blend_weights

#: Whitened components of the spectra, and of their shapes (without their brightness).
SPECTRAL = 30
SHAPE = 15
#: Components of the backbone's channels.
SPATIAL = 32
LEAST_BANDS = 8
#: Spectra that the components are learnt from.
MOST_SPECTRA = 30_000
#: Runs of windows that teach the scale of what surrounds pixels.
RUNS = 8
LATTICE = 12
#: Share of a run that must hold data.
LEAST_DATA = 0.25
HEADER_KEY = "hsifilm_live"


@dataclass(frozen=True)
class LiveSettings:
    """What decides the features of the live map, beside the scene.

    Attributes:
        backbone: A backbone's folder; None for the bundled one.
        use_backbone: Whether there is one at all; without it, preparing takes a moment.
        pseudo_image: The picture that the backbone sees, ``rgb`` or ``pca``.
        timestep: How far windows are noised.
        blocks: Decoder blocks, negative, counted from the last.
    """

    backbone: Path | None = None
    use_backbone: bool = True
    pseudo_image: str = "pca"
    timestep: int = 0
    blocks: tuple[int, ...] = (-2, -3)


@dataclass(frozen=True)
class LiveStatistics:
    """How pixels of a scene become features.

    A *reduced* pixel is its whitened components, and the three channels of the picture before
    they are stretched. All else is made from these, but for the shape of its spectrum.

    Attributes:
        bands: Zero-based indices of the bands in use.
        spectrum: From the bands in use to whitened components.
        shape: From spectra of zero mean and unit deviation to theirs; None for few bands.
        channels: From the bands in use to the channels of the picture.
        picture: From reduced pixels to the picture.
        context: Of the first whitened components.
        compression: From the backbone's channels to components; None without a backbone.
    """

    bands: tuple[int, ...]
    spectrum: AffineMap
    shape: AffineMap | None
    channels: AffineMap
    picture: PseudoImage
    context: SceneContext
    compression: AffineMap | None

    def groups(self) -> dict[str, slice]:
        """Return which features of a pixel are its spectrum, shape, context and backbone's."""
        shape, compression = self.shape, self.compression
        sizes = {
            "spectrum": self.spectrum.matrix.shape[1],
            "shape": 0 if shape is None else shape.matrix.shape[1],
            "context": self.context.count,
            "backbone": 0 if compression is None else compression.matrix.shape[1],
        }
        edges = np.cumsum([0, *sizes.values()]).tolist()
        return {name: slice(a, b) for name, a, b in zip(sizes, edges, edges[1:]) if b > a}

    @property
    def count(self) -> int:
        """The number of features."""
        return max(int(place.stop) for place in self.groups().values())

    def reduced(self, spectra: np.ndarray) -> np.ndarray:
        """Return reduced pixels, float32 ``(n, components + 3)``, of ``(n, bands)``."""
        return np.concatenate([self.spectrum(spectra), self.channels(spectra)], axis=1)


def learn_statistics(
    scene: Scene,
    settings: LiveSettings,
    backbone: Backbone | None,
    progress: Progress,
    fallback: tuple[np.ndarray, np.ndarray] | None = None,
) -> LiveStatistics:
    """Learn from a sample of the scene and from a few places strewn over it.

    Args:
        scene: The scene.
        settings: What was decided.
        backbone: None where there shall be none.
        progress: For a progress bar, and to cancel.
        fallback: Rows and columns where to look if all that is nodata.

    Raises:
        InputError: if the scene has no valid pixel or no band that varies.
    """
    sample = sample_scene(scene, progress.part(0.0, 0.3), fallback)
    step = -(-len(sample.spectra) // MOST_SPECTRA)
    spectra = sample.spectra[::step]
    sample = SceneSample(sample.bands, sample.constant, spectra, sample.valid_share)
    spectrum = whitening(spectra, SPECTRAL)
    shape = None
    if spectra.shape[1] >= LEAST_BANDS:
        shape = whitening(standard_normal_variate(spectra), SHAPE)
    picture = fit_pseudo_image(settings.pseudo_image, sample, scene.bands.wavelengths)
    components = spectrum.matrix.shape[1]
    narrow = LiveStatistics(
        sample.bands,
        spectrum,
        shape,
        picture.projection,
        PseudoImage(
            picture.kind,
            _picked(components, 3, components),
            picture.low,
            picture.high,
            picture.gamma,
        ),
        SceneContext(_picked(0, min(COMPONENTS, components), components), _nothing(0)),
        None,
    )
    context, compression = _surroundings(
        scene, narrow, settings, backbone, progress.part(0.3, 1.0), fallback
    )
    return LiveStatistics(
        narrow.bands, spectrum, shape, narrow.channels, narrow.picture, context, compression
    )


def _picked(first: int, count: int, components: int) -> AffineMap:
    """Return the map of a reduced pixel to ``count`` of its values from ``first`` on."""
    matrix = np.zeros((components + 3, count), np.float32)
    matrix[first + np.arange(count), np.arange(count)] = 1
    return AffineMap(np.zeros(components + 3, np.float32), matrix)


def _nothing(count: int) -> AffineMap:
    return AffineMap(np.zeros(count, np.float32), np.eye(count, dtype=np.float32))


def reduced_cube(statistics: LiveStatistics, cube: Cube) -> Cube:
    """Return the cube of reduced pixels, cell by cell, so that rounding is always the same."""
    bands, height, width = cube.spectra.shape
    values = np.empty((statistics.spectrum.matrix.shape[1] + 3, height, width), np.float32)
    for top in range(0, height, STRIDE):
        for left in range(0, width, STRIDE):
            cut = np.s_[:, top : top + STRIDE, left : left + STRIDE]
            pixels = np.ascontiguousarray(cube.spectra[cut].reshape(bands, -1).T)
            values[cut] = statistics.reduced(pixels).T.reshape(-1, STRIDE, STRIDE)
    return Cube(cube.block, values, cube.valid)


def _surroundings(
    scene: Scene,
    statistics: LiveStatistics,
    settings: LiveSettings,
    backbone: Backbone | None,
    progress: Progress,
    fallback: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[SceneContext, AffineMap | None]:
    """Learn the scale of the context, and the compression of the backbone's channels."""
    maps = None
    if backbone is not None:
        maps = FeatureMaps(backbone, settings.timestep, settings.blocks)
    inner = np.arange(8, WINDOW - 8, 6)
    weights = blend_weights()[np.ix_(inner, inner)].ravel()
    contexts, channels = [], []
    for i, first, cube in _cubes(scene, statistics.bands, progress, fallback):
        reduced = reduced_cube(statistics, cube)
        contexts += _contexts(scene, statistics.context, reduced, i, first)
        if maps is not None:
            run = maps.run(reduced.picture(statistics.picture), i, first)
            for window in run:
                if window is not None:
                    values = window[:, inner][:, :, inner].flatten(1).cpu().numpy() / weights
                    channels.append(values.T)
    count = feature_count(statistics.context.projection.matrix.shape[1])
    scale = standardisation(np.concatenate(contexts)) if contexts else _nothing(count)
    context = SceneContext(statistics.context.projection, scale)
    if maps is None or not channels:
        return context, None
    return context, whitening(np.concatenate(channels), SPATIAL)


def _cubes(
    scene: Scene,
    bands: tuple[int, ...],
    progress: Progress,
    fallback: tuple[np.ndarray, np.ndarray] | None,
) -> Iterator[tuple[int, int, Cube]]:
    """Yield the runs of windows to learn from: first window, and what lies around them.

    Places of little data only where there is no better one, and others than those strewn over
    the scene only where these hold nothing.
    """
    found = 0
    strewn = _places(scene)
    elsewhere = [] if fallback is None else _places_at(*fallback)
    for places, least in ((strewn, LEAST_DATA), (strewn, 0.0), (elsewhere, 0.0)):
        for i, first in places:
            progress.report(found / RUNS, "Learning about the scene")
            block = Block((i - 1) * STRIDE, (first - 1) * STRIDE, 4 * STRIDE, (RUN + 3) * STRIDE)
            cube = read_cube(scene, block, bands)
            if cube.valid.mean() > least:
                found += 1
                yield i, first, cube
            if found == RUNS:
                return
        if found:
            return


def _places(scene: Scene) -> list[tuple[int, int]]:
    """Return the first windows of runs strewn over the scene, in a fixed random order."""
    rows = -(-scene.height // STRIDE)
    runs = -(-scene.width // (RUN * STRIDE))
    tops = np.unique(np.linspace(0, max(0, rows - 2), LATTICE).round().astype(int))
    firsts = np.unique(np.linspace(0, runs - 1, LATTICE).round().astype(int)) * RUN - 1
    return _shuffled([(int(i), int(first)) for i in tops for first in firsts])


def _places_at(rows: np.ndarray, cols: np.ndarray) -> list[tuple[int, int]]:
    """Return the first windows of the runs that pixels lie in, in a fixed random order."""
    runs = np.unique(np.stack([rows // STRIDE, cols // (RUN * STRIDE)], axis=1), axis=0)
    return _shuffled([(int(i), int(run) * RUN - 1) for i, run in runs])


def _shuffled(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    order = np.random.default_rng(0).permutation(len(places))
    return [places[place] for place in order]


def _contexts(
    scene: Scene, context: SceneContext, reduced: Cube, i: int, first: int
) -> list[np.ndarray]:
    """Return unscaled contexts of valid pixels of every second cell of a run."""
    found = []
    for number in range(0, 2 * (RUN + 1), 2):
        row, col = i + number // (RUN + 1), first + number % (RUN + 1)
        inside = 0 <= row * STRIDE < scene.height and 0 <= col * STRIDE < scene.width
        top, left = row * STRIDE - reduced.block.row, col * STRIDE - reduced.block.col
        valid = reduced.valid[top : top + STRIDE : 4, left : left + STRIDE : 4]
        if inside and valid.any():
            raw = raw_cell(context.projection, reduced, row * STRIDE, col * STRIDE)
            found.append(raw[::4, ::4][valid])
    return found


def save_statistics(statistics: LiveStatistics, path: Path) -> None:
    """Write the statistics, whole or not at all."""
    picture, context = statistics.picture, statistics.context
    maps = {
        "spectrum": statistics.spectrum,
        "shape": statistics.shape,
        "channels": statistics.channels,
        "picture": picture.projection,
        "context": context.projection,
        "scale": context.scale,
        "compression": statistics.compression,
    }
    arrays = {"low": picture.low, "high": picture.high}
    for name, affine in maps.items():
        if affine is not None:
            arrays[f"{name}.mean"] = np.ascontiguousarray(affine.mean)
            arrays[f"{name}.matrix"] = np.ascontiguousarray(affine.matrix)
    header = {"bands": statistics.bands, "kind": picture.kind, "gamma": picture.gamma}
    content = save(arrays, {HEADER_KEY: json.dumps(header)})
    with atomic_output(path) as hidden:
        hidden.write_bytes(content)


def load_statistics(path: Path) -> LiveStatistics | None:
    """Return the statistics, None where there are none or their file is damaged."""
    try:
        with safe_open(str(path), "np") as file:
            header = json.loads(file.metadata()[HEADER_KEY])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        maps = {
            name: AffineMap(arrays[f"{name}.mean"], arrays[f"{name}.matrix"])
            for name in {key.partition(".")[0] for key in arrays if "." in key}
        }
        return LiveStatistics(
            tuple(int(band) for band in header["bands"]),
            maps["spectrum"],
            maps.get("shape"),
            maps["channels"],
            PseudoImage(
                header["kind"],
                maps["picture"],
                arrays["low"],
                arrays["high"],
                float(header["gamma"]),
            ),
            SceneContext(maps["context"], maps["scale"]),
            maps.get("compression"),
        )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None  # it is made anew
