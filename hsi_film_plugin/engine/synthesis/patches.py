"""Patches of scenes: the labelled ones, others, and some that no training sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..classification import match_bands
from ..errors import InputError, ModelFileError
from ..label_classes import LabelClass
from ..labels import Labels
from ..model import ModelBands
from ..progress import Progress
from ..scene import Scene
from ..statistics import SceneSample, sample_scene
from ..training_pixels import read_pixels, thinned
from .draft_map import DraftMap, fit_draft_map
from .patch_facts import WordScale, fit_word_scale, wetness_kind
from .patch_reader import Patches as Patches
from .patch_reader import PatchReader, joined, tiles
from .settings import SynthesizerSettings
from .spectral_code import SpectralCode, fit_spectral_code

MOST_LABELLED = 3000
MOST_UNLABELLED = 4000
#: Of the first scene, whatever others there are, so that judging finds the same patches ...
MOST_HELD_OUT = 200
#: ... and of all others together.
MOST_HELD_OUT_FURTHER = 100
#: Labelled pixels that the draft map is fitted to, at most.
MOST_DRAFT_PIXELS = 20_000
#: Share of a patch that has to hold data ...
LEAST_VALID = 0.75
#: ... unless its class has no more than so many patches that do.
FEW_PATCHES = 10
#: Tiles of a large scene that unlabelled patches are taken from, if they suffice.
TILES_ENOUGH = 96
#: One block of a scene in seven is held out; a patch lies in one with this much to spare.
HELD_OUT_EVERY = 7
HELD_OUT_SPARE = 7
#: Which labels are taken of very many, and what is held out, do not depend on the user's seed: so
#: judging finds the same patches.
LABELS_SEED = 5
HELD_OUT_SEED = 7
#: Blocks of a large scene that are tried.
MOST_BLOCKS = 60
#: Pixels of a further scene that its part in the spectral code is learnt from.
PIXELS_OF_FURTHER = 4000


@dataclass(frozen=True)
class PatchData:
    """All that a synthesizer is trained on.

    Attributes:
        labelled: Patches around labelled pixels.
        unlabelled: Patches anywhere else.
        held_out: Patches that overlap none of the others; may be empty.
        code: Between spectra and components.
        bands: In use, of the first scene.
        classes: Of the labels.
        draft: Says the rough class of any pixel.
        scale: Of the words in prompts.
        warnings: Sentences for the user.
        counts: Labelled pixels with data of each class, before any are left out.
        held_out_bands: float32 ``(held out, bands, side, side)``: what the scenes hold in the
            held-out patches, which components only come near to; 0 without data.
    """

    labelled: Patches
    unlabelled: Patches
    held_out: Patches
    code: SpectralCode
    bands: ModelBands
    classes: tuple[LabelClass, ...]
    draft: DraftMap
    scale: WordScale
    warnings: tuple[str, ...]
    counts: tuple[int, ...]
    held_out_bands: np.ndarray


def read_patches(
    scenes: Sequence[Scene], labels: Labels, settings: SynthesizerSettings, progress: Progress
) -> PatchData:
    """Read the patches of one or several scenes.

    Args:
        scenes: The labels lie on the first; others give unlabelled patches only.
        labels: Labelled pixels of the first scene.
        settings: What the user decided.
        progress: For a progress bar, and to cancel.

    Raises:
        InputError: if a scene is smaller than a patch or lacks bands, or a class has no
            labelled pixel with data.
    """
    for scene in scenes:
        _require_size(scene, settings.patch)
    first, draws = scenes[0], np.random.default_rng(settings.seed)
    sample = sample_scene(first, progress.part(0.0, 0.2), (labels.rows, labels.cols))
    bands = _bands(first, sample)
    pixels, counts, warnings = _labelled_pixels(first, labels, settings)
    used = [bands.used]
    for scene in scenes[1:]:
        seen, notes = _matched(bands, scene)
        used.append(seen)
        warnings += notes
    progress.report(0.2, "Reading the labelled pixels")
    spectra, _ = read_pixels(first, labels.rows[pixels], labels.cols[pixels], bands.used)
    further = [_spectra_of(*pair, draws) for pair in zip(scenes[1:], used[1:])]
    # labelled pixels lie in it, too: the lattice of a large scene may miss rare classes
    learnt = np.concatenate([sample.spectra, spectra, *further])
    code = fit_spectral_code(learnt, min(settings.components, len(bands.used)))
    draft = fit_draft_map(code.encode(spectra), labels.classes_of[pixels], len(labels.classes))
    wavelengths = None if bands.wavelengths is None else np.asarray(bands.wavelengths)
    readers = [
        PatchReader(
            scene,
            number,
            seen,
            wavelengths,
            code,
            draft,
            labels if number == 0 else None,
            settings.patch,
        )
        for number, (scene, seen) in enumerate(zip(scenes, used))
    ]
    labelled, notes = _labelled(readers[0], labels, pixels, progress.part(0.2, 0.5))
    warnings += notes
    held_draws = np.random.default_rng(HELD_OUT_SEED)
    held_out, held_out_bands = _held_out(readers, labelled, held_draws, progress.part(0.5, 0.6))
    if not len(held_out):
        warnings.append(
            "No patch could be held out: the scene is small, or labels lie everywhere. How well "
            "unseen patches are reconstructed is not known."
        )
    unlabelled = _unlabelled(readers, labels, held_out, draws, progress.part(0.6, 1.0))
    judged = unlabelled if len(unlabelled) else labelled
    scale = fit_word_scale(judged.draft, judged.indices, wetness_kind(wavelengths))
    if wavelengths is None:
        warnings.append(
            f"'{first.path.name}' has no wavelengths, so that prompts say nothing of greenness "
            "and wetness."
        )
    progress.report(1.0, "Reading the patches")
    return PatchData(
        labelled,
        unlabelled,
        held_out,
        code,
        bands,
        labels.classes,
        draft,
        scale,
        tuple(warnings),
        counts,
        held_out_bands,
    )


def _require_size(scene: Scene, patch: int) -> None:
    side = patch + 1
    if scene.width < side or scene.height < side:
        raise InputError(
            f"'{scene.path.name}' has {scene.width} x {scene.height} pixels, and a patch takes "
            f"{side} x {side}. Choose a larger scene, or a smaller PATCH_SIZE than {patch}."
        )


def _bands(scene: Scene, sample: SceneSample) -> ModelBands:
    known = scene.bands.wavelengths
    wavelengths = None if known is None else tuple(float(known[band]) for band in sample.bands)
    return ModelBands(scene.count, sample.bands, wavelengths)


def _matched(bands: ModelBands, scene: Scene) -> tuple[tuple[int, ...], list[str]]:
    try:
        seen, notes = match_bands(bands, scene)
    except ModelFileError as error:
        raise InputError(
            f"The scene '{scene.path.name}' cannot be added: it does not have the bands of the "
            "first scene. Choose scenes of one sensor, all with their wavelengths."
        ) from error
    return seen, [note.replace("the model", "the first scene") for note in notes]


def _spectra_of(scene: Scene, bands: tuple[int, ...], draws: np.random.Generator) -> np.ndarray:
    """Return spectra from places all over a scene, float32 ``(n, bands)``."""
    looked_at = draws.permutation(tiles(scene))[:TILES_ENOUGH]
    each = -(-PIXELS_OF_FURTHER // len(looked_at))
    rows = np.concatenate([draws.integers(top, bottom, each) for top, bottom, _, _ in looked_at])
    cols = np.concatenate([draws.integers(left, right, each) for _, _, left, right in looked_at])
    spectra, valid = read_pixels(scene, rows, cols, bands)
    return np.asarray(spectra[valid])


def _labelled_pixels(
    scene: Scene, labels: Labels, settings: SynthesizerSettings
) -> tuple[np.ndarray, tuple[int, ...], list[str]]:
    """Return which labelled pixels hold data, thinned if very many; all by class; warnings."""
    _, valid = read_pixels(scene, labels.rows, labels.cols, ())
    if not valid.any():
        raise InputError(
            f"Every labelled pixel of '{scene.path.name}' is nodata, NaN or infinite. Draw labels "
            "where the scene holds data."
        )
    counts = np.bincount(labels.classes_of[valid], minlength=len(labels.classes))
    for known, count in zip(labels.classes, counts):
        if not count:
            raise InputError(
                f"Class '{known.name}' has no labelled pixel with data. Draw some of it where the "
                "scene holds data, or leave the class out."
            )
    warnings = []
    if not valid.all():
        warnings.append(
            f"{int((~valid).sum())} labelled pixels are nodata in the scene and were left out."
        )
    if len(labels.classes) == 1:
        warnings.append(
            f"The labels hold one class only ('{labels.classes[0].name}'), so that prompts can "
            "say nothing of neighbours."
        )
    spans = [int(np.ptp(places[valid])) for places in (labels.rows, labels.cols)]
    if max(spans) < settings.patch:
        warnings.append(
            f"All labels lie within one patch of {settings.patch} x {settings.patch} pixels: the "
            "samples will be copies of it. Draw labels in several places."
        )
    keep = np.flatnonzero(valid)
    if len(keep) > MOST_DRAFT_PIXELS:
        keep = keep[_thinned(labels, keep, MOST_DRAFT_PIXELS)]
    return keep, tuple(counts.tolist()), warnings


def _thinned(labels: Labels, keep: np.ndarray, most: int) -> np.ndarray:
    return thinned(labels.classes_of[keep], labels.polygons[keep], LABELS_SEED, most)


def _labelled(
    reader: PatchReader,
    labels: Labels,
    pixels: np.ndarray,
    progress: Progress,
) -> tuple[Patches, list[str]]:
    """Return the labelled patches, rare classes and polygons first if they are very many."""
    warnings = []
    if len(pixels) > MOST_LABELLED:
        warnings.append(
            f"{len(pixels)} pixels are labelled; patches around {MOST_LABELLED} of them, spread "
            "evenly over classes and polygons, were trained on."
        )
        pixels = pixels[_thinned(labels, pixels, MOST_LABELLED)]
    patches, share = reader.cut(labels.rows[pixels], labels.cols[pixels], progress)
    classes = labels.classes_of[pixels]
    whole = share >= LEAST_VALID
    counts = np.bincount(classes[whole], minlength=len(labels.classes))
    keep = whole | (counts[classes] < FEW_PATCHES)
    if not keep.all():
        warnings.append(
            f"{int((~keep).sum())} labelled pixels have less than {LEAST_VALID:.0%} data around "
            "them, at nodata or the scene's edge; no patches were made of them."
        )
    named = Patches(
        patches.values,
        classes,
        labels.polygons[pixels],
        patches.rows,
        patches.cols,
        patches.scenes,
        patches.draft,
        patches.indices,
    )
    return named.taken(keep), warnings


def _held_out(
    readers: Sequence[PatchReader],
    labelled: Patches,
    draws: np.random.Generator,
    progress: Progress,
) -> tuple[Patches, np.ndarray]:
    """Return patches in blocks of their own that overlap no labelled patch, and their bands."""
    found, bands = [], []
    for reader, part in zip(readers, progress.parts(len(readers))):
        first = reader.number == 0
        near = labelled if first else labelled.taken(np.zeros(len(labelled), bool))
        most = MOST_HELD_OUT if first else -(-MOST_HELD_OUT_FURTHER // (len(readers) - 1))
        places = _held_out_places(reader, near, draws)
        rows, cols = places[draws.permutation(len(places))[:most]].T
        found.append(reader.cut(rows, cols, part.part(0.0, 0.5))[0])
        bands.append(reader.cut_bands(rows, cols, part.part(0.5, 1.0)))
    return joined(found), np.concatenate(bands)


def _held_out_places(
    reader: PatchReader, labelled: Patches, draws: np.random.Generator
) -> np.ndarray:
    """Return centres in a seventh of a scene's blocks, those first where labels leave most."""
    block = reader.side + HELD_OUT_SPARE
    down, across = reader.scene.height // block, reader.scene.width // block
    if down * across < 2 * HELD_OUT_EVERY:
        return np.empty((0, 2), np.int64)
    inside = np.mgrid[: HELD_OUT_SPARE + 1, : HELD_OUT_SPARE + 1].reshape(2, -1).T
    blocks = draws.permutation(down * across)[: HELD_OUT_EVERY * MOST_BLOCKS]
    corners = np.stack([blocks // across, blocks % across], axis=1) * block
    places = corners[:, None] + inside + reader.half
    apart = _apart(places.reshape(-1, 2), labelled, reader.side).reshape(places.shape[:2])
    chosen = [np.empty((0, 2), np.int64)]
    for best in np.argsort(-apart.sum(axis=1), kind="stable"):
        if not apart[best].any() or len(chosen) > len(blocks) // HELD_OUT_EVERY:
            break
        top, left = places[best][0].tolist()
        share = reader.valid_share(top, left, HELD_OUT_SPARE + 1, HELD_OUT_SPARE + 1)
        found = places[best][apart[best] & (share.ravel() >= LEAST_VALID)]
        if len(found):
            chosen.append(found)
    return np.concatenate(chosen)


def _unlabelled(
    readers: Sequence[PatchReader],
    labels: Labels,
    held_out: Patches,
    draws: np.random.Generator,
    progress: Progress,
) -> Patches:
    """Return patches from all over the scenes that overlap none that is held out."""
    each = MOST_UNLABELLED // len(readers)
    found = []
    for reader, part in zip(readers, progress.parts(len(readers))):
        order = draws.permutation(tiles(reader.scene))
        quota = -(-each // min(len(order), TILES_ENOUGH))
        places: list[np.ndarray] = []
        missing = each
        for done, (top, bottom, left, right) in enumerate(order):
            part.report(0.3 * done / len(order), "Choosing patches")
            share = reader.valid_share(top, left, bottom - top, right - left)
            free = np.argwhere(share >= LEAST_VALID) + np.array([top, left])
            if reader.number == 0:
                free = free[~_labelled_at(free, labels, reader.scene.width)]
            free = free[draws.permutation(len(free))]
            free = free[_apart(free, held_out.taken(held_out.scenes == reader.number), reader.side)]
            places.append(free[: min(quota, missing)])
            missing -= len(places[-1])
            if not missing:
                break
        chosen = np.concatenate(places)
        found.append(reader.cut(chosen[:, 0], chosen[:, 1], part.part(0.3, 1.0))[0])
    return joined(found)


def _labelled_at(places: np.ndarray, labels: Labels, width: int) -> np.ndarray:
    """Return which pixels, (n, 2), are labelled; labels come in the order of their pixels."""
    labelled = labels.rows * width + labels.cols
    pixels = places[:, 0] * width + places[:, 1]
    found = np.searchsorted(labelled, pixels)
    return np.asarray(labelled[np.minimum(found, len(labelled) - 1)] == pixels)


def _apart(places: np.ndarray, others: Patches, side: int) -> np.ndarray:
    """Return which patches, of centres (n, 2), overlap none of others of the same scene."""
    if not len(others) or not len(places):
        return np.ones(len(places), bool)
    tree = cKDTree(np.stack([others.rows, others.cols], axis=1))
    distance, _ = tree.query(places, p=np.inf, distance_upper_bound=side)
    return np.asarray(distance >= side)  # infinite where none is so near
