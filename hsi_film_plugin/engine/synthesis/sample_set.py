"""Synthetic samples as they travel: patches of components, their classes, prompts and origin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ..label_classes import LabelClass
from ..model import ModelBands
from .spectral_code import SpectralCode


class Word(Protocol):
    """A piece of a prompt as the text encoder read it, by its characters there."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def start(self) -> int:
        """Its first character."""

    @property
    def end(self) -> int:
        """The character after its last one; the same as ``start`` for special tokens."""


@dataclass(frozen=True)
class SampleWord:
    """A ``Word`` read from a file."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class SampleSet:
    """All that a file of synthetic samples holds.

    A sample is a square of ``side`` pixels; the class is that of the pixel in its middle, at
    ``[side // 2, side // 2]``.

    Attributes:
        components: float16 or float32 ``(n, components, side, side)``.
        code: Makes bands of components.
        bands: The bands in use, those of the spectra.
        classes: Of the labels that the synthesizer was trained with.
        class_indices: int64 ``(n,)``, index into ``classes``.
        labelled: bool ``(n, side, side)``: pixels that carry the class: the centre, and what is
            connected to it and looks like the class.
        recognised: bool ``(n,)``: whether the centre looks like its class.
        prompts: Each text once.
        prompt_of: int64 ``(n,)``, index into ``prompts``.
        tokens: Of each prompt.
        attention: uint8 ``(n, tokens, g, g)``: where each token of the prompt was attended to,
            255 the token's own maximum in the sample; None where it was not kept.
        synthesizer_sha256: Of the synthesizer's file.
        label_sha256: Of the labels that it was trained with.
        scene_names: Files of the scenes that it was trained on.
        guidance: Weight ω of the prompt.
        steps: Of denoising.
        seed: Of the noise.
        negative: What to keep away from.
        sha256: Of the file that the samples were read from; empty before they are written.
        training_seed: That the synthesizer was trained with; None where it is not known.
        scene_sha256: Fingerprint of the scene that its labels lie on; empty if not known.
    """

    components: np.ndarray
    code: SpectralCode
    bands: ModelBands
    classes: tuple[LabelClass, ...]
    class_indices: np.ndarray
    labelled: np.ndarray
    recognised: np.ndarray
    prompts: tuple[str, ...]
    prompt_of: np.ndarray
    tokens: tuple[tuple[Word, ...], ...]
    attention: np.ndarray | None
    synthesizer_sha256: str
    label_sha256: str
    scene_names: tuple[str, ...]
    guidance: float
    steps: int
    seed: int
    negative: str = ""
    sha256: str = ""
    training_seed: int | None = None
    scene_sha256: str = ""

    @property
    def count(self) -> int:
        """The number of samples."""
        return len(self.components)

    @property
    def side(self) -> int:
        """Pixels along a sample's side."""
        return int(self.components.shape[-1])

    def counts(self) -> np.ndarray:
        """Return the number of samples of each class, int64 ``(len(classes),)``."""
        return np.bincount(self.class_indices, minlength=len(self.classes))

    def spectra(self, bands: np.ndarray | None = None) -> np.ndarray:
        """Return the spectra of the samples' centres, float32 ``(n, bands)``.

        Args:
            bands: int64, indices of the bands; None for all.
        """
        middle = self.side // 2
        return self._bands(self.components[:, :, middle, middle], bands)

    def cubes(self, which: slice | np.ndarray, bands: np.ndarray | None = None) -> np.ndarray:
        """Return whole samples in physical values, float32 ``(m, bands, side, side)``.

        Args:
            which: The samples.
            bands: int64, indices of the bands; None for all.
        """
        found = self._bands(np.moveaxis(self.components[which], 1, -1), bands)
        return np.ascontiguousarray(np.moveaxis(found, -1, 1))

    def subset(self, which: np.ndarray) -> SampleSet:
        """Return the samples of a bool ``(n,)`` or of indices, int64 ``(m,)``."""
        return replace(
            self,
            components=self.components[which],
            class_indices=self.class_indices[which],
            labelled=self.labelled[which],
            recognised=self.recognised[which],
            prompt_of=self.prompt_of[which],
            attention=None if self.attention is None else self.attention[which],
        )

    def _bands(self, components: np.ndarray, bands: np.ndarray | None) -> np.ndarray:
        code = self.code
        if bands is not None:
            # a scene may use few of very many bands
            code = SpectralCode(code.mean[bands], code.matrix[bands], code.inverse[:, bands])
        spectra = code.decode(components.astype(np.float32, copy=False))
        return spectra.astype(np.float32, copy=False)
