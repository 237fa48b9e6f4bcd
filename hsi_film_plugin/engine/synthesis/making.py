"""Making a set of samples: sampled, laid out in labels, and recognised or not."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label as connected_parts

from ..device import Device
from ..errors import EngineError
from ..progress import Progress
from .draft_map import DraftMap
from .sample_set import SampleSet
from .sampling import SampleOrder, sample_patches
from .synthesizer import Synthesizer
from .text_encoder import TextEncoder

#: The synthesizer's provenance names the fingerprints of its scenes by this, the labelled first.
SCENES_SHA256 = "Scenes sha256"


def make_samples(
    synthesizer: Synthesizer,
    synthesizer_sha256: str,
    order: SampleOrder,
    encoder: TextEncoder,
    device: Device,
    progress: Progress,
    attention: bool = True,
) -> SampleSet:
    """Return the samples of an order.

    Args:
        synthesizer: What makes them.
        synthesizer_sha256: Of its file, by which the samples are known later.
        order: What to make.
        encoder: The text encoder that the synthesizer was trained with.
        device: Where to compute.
        progress: For a progress bar, and to cancel.
        attention: Whether to keep how each word was attended to.

    Raises:
        EngineError: if numbers are made that a file cannot hold.
    """
    prompts = tuple(dict.fromkeys(order.prompts))
    tokens = tuple(tuple(encoder.tokens(prompt)) for prompt in prompts)
    number = {prompt: index for index, prompt in enumerate(prompts)}
    components, labelled, recognised, maps = [], [], [], []
    start = 0
    for batch in sample_patches(synthesizer, order, encoder, device, progress, attention):
        # as they will be read again, so that their labels are those of the file
        with np.errstate(over="ignore"):  # is looked for
            made = batch.components.astype(np.float16)
        if not np.isfinite(made).all():
            raise EngineError(
                "The synthesizer makes numbers without bound: it is damaged, or GUIDANCE is too "
                "strong for it. Lower GUIDANCE, or train the synthesizer again."
            )
        classes = order.class_indices[start : start + len(made)]
        carrying, alike = laid_out(made, classes, synthesizer.draft)
        components.append(made)
        labelled.append(carrying)
        recognised.append(alike)
        if batch.attention is not None:
            maps.append(batch.attention)
        start += len(made)
    return SampleSet(
        components=np.concatenate(components),
        code=synthesizer.code,
        bands=synthesizer.bands,
        classes=synthesizer.classes,
        class_indices=order.class_indices,
        labelled=np.concatenate(labelled),
        recognised=np.concatenate(recognised),
        prompts=prompts,
        prompt_of=np.array([number[prompt] for prompt in order.prompts], np.int64),
        tokens=tokens,
        attention=joined_maps(maps) if attention else None,
        synthesizer_sha256=synthesizer_sha256,
        label_sha256=synthesizer.label_sha256,
        scene_names=synthesizer.scene_names,
        guidance=order.guidance,
        steps=order.steps,
        seed=order.seed,
        negative=order.negative,
        training_seed=synthesizer.settings.seed,
        scene_sha256=labelled_scene(synthesizer),
    )


def labelled_scene(synthesizer: Synthesizer) -> str:
    """Return the fingerprint of the scene that the training's labels lie on; empty if unknown."""
    return synthesizer.provenance.get(SCENES_SHA256, "").partition(", ")[0]


def laid_out(
    components: np.ndarray, class_indices: np.ndarray, draft: DraftMap
) -> tuple[np.ndarray, np.ndarray]:
    """Return which pixels carry the samples' classes, and which samples are recognised.

    A pixel carries the class if it is the centre, or is connected to it and the draft map
    gives it to the same class.

    Args:
        components: float ``(n, components, side, side)``.
        class_indices: int64 ``(n,)``.
        draft: Says the class of a pixel by its components.

    Returns:
        bool ``(n, side, side)`` and bool ``(n,)``: whether the draft map gives the centre to
        the class.
    """
    side = components.shape[-1]
    centre = (side // 2, side // 2)
    labelled = np.zeros((len(components), side, side), bool)
    recognised = np.zeros(len(components), bool)
    for index, patch in enumerate(components):
        found, _ = draft.of(np.moveaxis(patch.astype(np.float32), 0, -1))
        alike = found == class_indices[index]
        recognised[index] = alike[centre]
        alike[centre] = True
        parts, _ = connected_parts(alike)
        labelled[index] = parts == parts[centre]
    return labelled, recognised


def joined_maps(maps: list[np.ndarray]) -> np.ndarray:
    """Return the batches' attention as one uint8 array, padded to the longest prompt.

    Each token's map of a sample is stretched to its own maximum, 255.
    """
    longest = max(batch.shape[1] for batch in maps)
    joined = []
    for batch in maps:
        values = batch.astype(np.float32)
        peak = np.maximum(values.max(axis=(2, 3), keepdims=True), 1e-12)
        stretched = np.rint(255 * values / peak).astype(np.uint8)
        joined.append(np.pad(stretched, ((0, 0), (0, longest - batch.shape[1]), (0, 0), (0, 0))))
    return np.concatenate(joined)
