"""Synthetic samples made ready for the final heads: their spectra, surroundings and weights.

Only the pixels in the middle of samples are trained on. What surrounds a sample is real: it is
laid over the surroundings of a labelled pixel of its class. Windows filled up by mirroring the
sample look like nothing in a scene: heads trained on real patches that were treated like that
know half as much of real pixels (Indian Pines, backbone's features: 19 % right, with real
surroundings 36 %, with the pixels themselves 39 %).

Synthetic pixels of a class together count at most ``MOST_SHARE`` times what its real pixels
count, and one of them never more than a real one. So however many samples are made, the real
labels keep a third of the say, and a class's weight in the final heads, whose temperatures were
calibrated without samples, grows by the square root of three at most. Samples that look like
another class are used as well: leaving them out would leave a class's rim to its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .backbone import Backbone
from .classification import SAME_NM, band_tolerance
from .context import MARGIN, SceneContext
from .errors import InputError
from .features import Cube, FeatureMaps, read_cube
from .label_classes import LabelClass
from .labels import Labels
from .progress import Progress
from .pseudo_image import fill_invalid
from .scene import Scene
from .spatial_candidates import SpatialSetting
from .statistics import SceneSample
from .synthesis.sample_set import SampleSet
from .training_pixels import TrainingPixels
from .windows import WINDOW, Block

#: What the synthetic pixels of a class count together, beside its real ones.
MOST_SHARE = 2.0
#: More synthetic pixels than this for each real one of the class are left out.
MOST_PER_REAL = 20
#: Windows that go through the backbone at a time.
BATCH = 8


@dataclass(frozen=True)
class SyntheticPixels:
    """Synthetic samples as pixels to train with.

    Attributes:
        samples: Those that are used.
        classes: int64 ``(n,)``, index into the labels' classes.
        bands: int64, which of the samples' bands are the scene's bands in use.
        spectra: float32 ``(n, bands in use)``.
    """

    samples: SampleSet
    classes: np.ndarray
    bands: np.ndarray
    spectra: np.ndarray


@dataclass(frozen=True)
class SyntheticUse:
    """Which synthetic samples final heads were trained with.

    Attributes:
        counts: int64 ``(classes,)``, samples used of each class.
        recognised: int64 ``(classes,)``, those among them that look like their class.
        synthesizer_sha256: Of the synthesizer's file.
        sha256: Of the samples' file; empty if they come from none.
    """

    counts: np.ndarray
    recognised: np.ndarray
    synthesizer_sha256: str
    sha256: str

    @classmethod
    def of(cls, synthetic: SyntheticPixels, n_classes: int) -> SyntheticUse:
        """Count what is used."""
        samples, classes = synthetic.samples, synthetic.classes
        return cls(
            np.bincount(classes, minlength=n_classes),
            np.bincount(classes[samples.recognised], minlength=n_classes),
            samples.synthesizer_sha256,
            samples.sha256,
        )

    def in_words(self, classes: Sequence[LabelClass]) -> str:
        """Say which samples were used, and for what."""
        counts = ", ".join(
            f"{count} of {known.name} ({alike} look like it)"
            for known, count, alike in zip(classes, self.counts.tolist(), self.recognised.tolist())
            if count
        )
        return (
            "Beside these labels, the final heads were trained with "
            f"{int(self.counts.sum())} synthetic samples: {counts}; synthesizer "
            f"{self.synthesizer_sha256[:12]}. Those of a class together count at most "
            f"{MOST_SHARE:g} times as much as its labelled pixels. Nothing was chosen, calibrated "
            "or validated on them, nor on heads that had seen them."
        )

    def provenance(self) -> dict[str, str]:
        """Return what a model has to tell of them."""
        origin = f", sha256 {self.sha256}" if self.sha256 else ""
        return {
            "Synthetic samples": f"{int(self.counts.sum())} in the final heads only{origin}",
            "Synthesizer sha256": self.synthesizer_sha256,
        }


def synthetic_pixels(
    samples: SampleSet, scene: Scene, labels: Labels, sample: SceneSample, pixels: TrainingPixels
) -> tuple[SyntheticPixels, list[str]]:
    """Match samples with the classes and bands of a training.

    Args:
        samples: Made for the same classes and bands.
        scene: What is trained on.
        labels: Its labels.
        sample: Says which of its bands are in use.
        pixels: The labelled pixels that are trained on.

    Returns:
        The pixels, and sentences for the user.

    Raises:
        InputError: if a class is unknown to the labels, or a band to the samples.
    """
    classes = _matched_classes(samples, labels.classes)[samples.class_indices]
    bands = _matched_bands(samples, scene, sample)
    warnings = []
    if samples.label_sha256 != labels.sha256:
        warnings.append(
            "The synthetic samples were made from other labels than these. If these hold less, "
            "or were drawn for validation, make the samples again from these."
        )
    kept = _kept(classes, pixels.classes)
    if len(kept) < len(classes):
        crowded = np.unique(np.delete(classes, kept))
        names = ", ".join(labels.classes[index].name for index in crowded)
        warnings.append(
            f"More than {MOST_PER_REAL} synthetic samples for each labelled pixel were given of "
            f"{names}; {len(classes) - len(kept)} were left out. More samples know no more of a "
            "class than its labels: label more of it."
        )
    used = samples.subset(kept)
    spectra = used.spectra(bands)
    return SyntheticPixels(used, classes[kept], bands, spectra), warnings


def shares(real: np.ndarray, synthetic: np.ndarray, n_classes: int) -> np.ndarray:
    """Return what each pixel counts beside a real one, float32: the real ones, then the others.

    Args:
        real: int64 ``(n,)``, class indices.
        synthetic: int64 ``(m,)``, class indices, each one among the real ones.
        n_classes: Number of classes.
    """
    there = np.bincount(real, minlength=n_classes)
    made = np.bincount(synthetic, minlength=n_classes)
    each = np.minimum(1.0, MOST_SHARE * there / np.maximum(made, 1))
    return np.concatenate([np.ones(len(real)), each[synthetic]]).astype(np.float32)


def joined(pixels: TrainingPixels, synthetic: SyntheticPixels) -> TrainingPixels:
    """Return real pixels, then synthetic ones, which lie nowhere: rows, columns, polygons -1."""
    nowhere = np.full(len(synthetic.classes), -1, np.int64)
    return TrainingPixels(
        np.concatenate([pixels.rows, nowhere]),
        np.concatenate([pixels.cols, nowhere]),
        np.concatenate([pixels.classes, synthetic.classes]),
        np.concatenate([pixels.polygons, nowhere]),
        np.concatenate([pixels.spectra, synthetic.spectra]),
    )


def synthetic_features(
    synthetic: SyntheticPixels,
    scene: Scene,
    sample: SceneSample,
    pixels: TrainingPixels,
    setting: SpatialSetting,
    backbone: Backbone,
    progress: Progress,
) -> np.ndarray:
    """Return the spatial features of synthetic pixels, float32 ``(n, spatial inputs)``.

    Args:
        synthetic: The pixels.
        scene: Where their surroundings are taken from.
        sample: Says which bands are in use.
        pixels: The labelled pixels whose surroundings they get.
        setting: Which features.
        backbone: The frozen network.
        progress: For a progress bar, and to cancel.
    """
    maps = FeatureMaps(backbone, setting.timestep, setting.blocks, setting.compression)
    count = len(synthetic.classes)
    hosts = _hosts(synthetic.classes, pixels.classes)
    order = np.argsort(hosts, kind="stable")
    found = np.zeros((count, setting.features.shape[1]), np.float32)
    ground: tuple[int, Cube] | None = None
    for start in range(0, count, BATCH):
        progress.report(start / count, "Computing spatial features of the synthetic samples")
        some = order[start : start + BATCH]
        patches = synthetic.samples.cubes(some, synthetic.bands)
        windows = np.zeros((BATCH, 3, WINDOW, WINDOW), np.float32)
        around = []
        for place, (index, patch) in enumerate(zip(some, patches)):
            host = int(hosts[index])
            if ground is None or ground[0] != host:
                ground = host, _around(scene, sample, pixels, host)
            cube = _laid_over(ground[1], patch)
            picture = cube.picture(setting.picture)
            windows[place] = fill_invalid(picture.channels, picture.valid)
            around.append(_context_at_centre(setting.context, cube))
        seen = maps.centres(windows)[: len(some)]
        found[some] = np.concatenate([seen, np.stack(around)], axis=1)
    return found


def _matched_classes(samples: SampleSet, classes: Sequence[LabelClass]) -> np.ndarray:
    """Return, for each class of the samples, its index among the labels' classes; or -1."""
    place = {(known.value, known.name): index for index, known in enumerate(classes)}
    found = np.full(len(samples.classes), -1, np.int64)
    for index, known in enumerate(samples.classes):
        found[index] = place.get((known.value, known.name), -1)
    unknown = [
        f"{known.value} '{known.name}'"
        for known, count, index in zip(samples.classes, samples.counts(), found)
        if count and index < 0
    ]
    if unknown:
        theirs = ", ".join(f"{known.value} '{known.name}'" for known in classes[:6])
        more = ", …" if len(classes) > 6 else ""
        raise InputError(
            f"The synthetic samples are of {', '.join(unknown[:6])}, which the labels do not have; "
            f"they have {theirs}{more}. Make the samples from these labels, or train with the "
            "labels that they were made from."
        )
    return found


def _matched_bands(samples: SampleSet, scene: Scene, sample: SceneSample) -> np.ndarray:
    """Return which of the samples' bands are the scene's bands in use, int64."""
    theirs, mine = samples.bands, scene.bands.wavelengths
    numbers = {band: place for place, band in enumerate(theirs.used)}
    there = scene.count == theirs.count and all(band in numbers for band in sample.bands)
    by_number = np.array([numbers[band] for band in sample.bands]) if there else None
    if theirs.wavelengths is None or mine is None:
        if by_number is None:
            raise InputError(
                f"The synthetic samples have {len(theirs.used)} of {theirs.count} bands, and "
                f"'{scene.path.name}' uses {len(sample.bands)} of {scene.count}; without "
                "wavelengths in both they cannot be matched. Make samples of this scene."
            )
        return by_number
    wanted, given = mine[list(sample.bands)], np.asarray(theirs.wavelengths)
    if by_number is not None and np.abs(given[by_number] - wanted).max() < SAME_NM:
        return by_number
    distance = np.abs(wanted[:, None] - given[None, :])
    missing = distance.min(axis=1) > band_tolerance(wanted)
    if missing.any():
        named = ", ".join(f"{wavelength:.0f}" for wavelength in wanted[missing][:8])
        more = ", …" if missing.sum() > 8 else ""
        raise InputError(
            f"The synthetic samples lack {int(missing.sum())} of the {len(wanted)} bands that "
            f"'{scene.path.name}' uses (near {named}{more} nm). Make samples of this scene, or of "
            "one of the same sensor."
        )
    nearest: np.ndarray = distance.argmin(axis=1)
    return nearest


def _kept(synthetic: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return the samples to use, int64: the first ones of each class, as many as are allowed."""
    most = MOST_PER_REAL * np.bincount(real, minlength=int(synthetic.max()) + 1)
    return np.flatnonzero(_rank(synthetic) < most[synthetic])


def _hosts(synthetic: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return a labelled pixel of the class for each sample, int64, all of them in turn."""
    hosts = np.zeros(len(synthetic), np.int64)
    rank = _rank(synthetic)
    for index in np.unique(synthetic):
        mine, ground = synthetic == index, np.flatnonzero(real == index)
        count = int(mine.sum())
        # few samples are spread over all labelled pixels, many go round
        step = max(1, len(ground) // count)
        hosts[mine] = ground[(rank[mine] * step) % len(ground)]
    return hosts


def _rank(classes: np.ndarray) -> np.ndarray:
    """Return how many of its class stand before each one, int64."""
    rank = np.zeros(len(classes), np.int64)
    for index in np.unique(classes):
        mine = classes == index
        rank[mine] = np.arange(int(mine.sum()))
    return rank


def _around(scene: Scene, sample: SceneSample, pixels: TrainingPixels, host: int) -> Cube:
    """Return the 64x64 pixels with a labelled one at ``[32, 32]``, placed at 0, 0."""
    row, col = int(pixels.rows[host]) - WINDOW // 2, int(pixels.cols[host]) - WINDOW // 2
    cube = read_cube(scene, Block(row, col, WINDOW, WINDOW), sample.bands)
    return Cube(Block(0, 0, WINDOW, WINDOW), cube.spectra, cube.valid)


def _laid_over(ground: Cube, patch: np.ndarray) -> Cube:
    """Return the ground with a patch ``(bands, side, side)`` in its middle."""
    side = patch.shape[-1]
    start = WINDOW // 2 - side // 2
    inside = np.s_[start : start + side, start : start + side]
    spectra, valid = ground.spectra.copy(), ground.valid.copy()
    spectra[(slice(None), *inside)], valid[inside] = patch, True
    return Cube(ground.block, spectra, valid)


def _context_at_centre(context: SceneContext, cube: Cube) -> np.ndarray:
    middle = WINDOW // 2 - MARGIN
    found: np.ndarray = context.cell(cube, MARGIN, MARGIN)[middle, middle]
    return found
