"""A trained classifier: what it is, and what it says of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from .choice import Part, blended
from .context import SceneContext
from .heads import SPATIAL_KINDS, HeadShape, logits
from .label_classes import LabelClass
from .novelty import Novelty
from .pseudo_image import PseudoImage
from .spectral_inputs import SpectralInputs
from .statistics import AffineMap


@dataclass(frozen=True)
class ModelBands:
    """The bands that a model reads.

    Attributes:
        count: Bands of the training scene.
        used: Zero-based indices there.
        wavelengths: In nm, of the used bands; None when unknown.
    """

    count: int
    used: tuple[int, ...]
    wavelengths: tuple[float, ...] | None


@dataclass(frozen=True)
class SpatialPath:
    """How a model sees a pixel's surroundings.

    Attributes:
        pseudo_image: How the scene becomes a picture.
        timestep: How far windows are noised.
        blocks: Decoder blocks, negative, counted from the last.
        compression: Maps the blocks' channels to the first spatial inputs of the heads.
        context: Makes the other spatial inputs.
        backbone: The folder's path; empty for the bundled one.
        backbone_sha256: Of its weights.
    """

    pseudo_image: PseudoImage
    timestep: int
    blocks: tuple[int, ...]
    compression: AffineMap
    context: SceneContext
    backbone: str
    backbone_sha256: str

    @property
    def inputs(self) -> int:
        """The number of spatial inputs of the heads."""
        return int(self.compression.matrix.shape[1]) + self.context.count


@dataclass(frozen=True)
class HeadStack:
    """Heads of one kind, an ensemble, and their part in the blend.

    Attributes:
        shape: Their sizes.
        inputs: Makes their spectral inputs of the used bands.
        parameters: float32 arrays ``(members, ...)``.
        part: Their share and calibration.
    """

    shape: HeadShape
    inputs: SpectralInputs
    parameters: Mapping[str, np.ndarray]
    part: Part


@dataclass(frozen=True)
class Model:
    """A trained classifier.

    Attributes:
        classes: In the order of the heads' outputs.
        bands: What it reads.
        spatial: None where the choice fell on spectra alone.
        heads: The blend.
        temperature: Of the blend; each part has one of its own, too.
        provenance: Versions, hashes, seed, time; text to text.
        novelty: Tells pixels that are like nothing labelled; None where that is not known.
    """

    classes: tuple[LabelClass, ...]
    bands: ModelBands
    spatial: SpatialPath | None
    heads: tuple[HeadStack, ...]
    temperature: float
    provenance: Mapping[str, str] = field(default_factory=dict)
    novelty: Novelty | None = None


class Predictor:
    """Class probabilities of pixels, on the CPU: the heads are small."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._parameters = [
            {name: torch.from_numpy(array) for name, array in stack.parameters.items()}
            for stack in model.heads
        ]
        #: For each stack the first one with the same spectral inputs, which are made once.
        self._same_inputs = [
            next(n for n, other in enumerate(model.heads) if _alike(other.inputs, stack.inputs))
            for stack in model.heads
        ]

    def __call__(self, spectra: np.ndarray, features: np.ndarray | None) -> np.ndarray:
        """Return probabilities, float32 ``(n, classes)``.

        Args:
            spectra: float32 ``(n, used bands)``.
            features: float32 ``(n, spatial inputs)``; None counts as zeros.
        """
        model = self._model
        spatial = [s.shape.spatial for s in model.heads if s.shape.kind in SPATIAL_KINDS]
        surroundings = (
            torch.zeros((len(spectra), max(spatial, default=0)))
            if features is None
            else torch.from_numpy(features)
        )
        inputs = {
            n: torch.from_numpy(model.heads[n].inputs(spectra)) for n in set(self._same_inputs)
        }
        with torch.inference_mode():
            said = [
                logits(stack.shape, parameters, inputs[same], surroundings)
                .softmax(-1)
                .mean(0)
                .numpy()
                for stack, parameters, same in zip(model.heads, self._parameters, self._same_inputs)
            ]
        return blended([stack.part for stack in model.heads], said, model.temperature)


def _alike(first: SpectralInputs, second: SpectralInputs) -> bool:
    """Return whether both make the same of any spectrum."""
    return (
        first.snv == second.snv
        and np.array_equal(first.affine.mean, second.affine.mean)
        and np.array_equal(first.affine.matrix, second.affine.matrix)
    )
