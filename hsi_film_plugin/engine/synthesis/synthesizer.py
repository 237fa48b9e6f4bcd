"""A trained synthesizer: all that is needed to make samples, without the scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.pixart_transformer_2d import PixArtTransformer2DModel

from ..label_classes import LabelClass
from ..model import ModelBands
from .draft_map import DraftMap
from .prompt_reading import PromptReader
from .prompts import PromptWriter
from .settings import SynthesizerSettings
from .spectral_code import SpectralCode


@dataclass(frozen=True)
class Synthesizer:
    """Networks, statistics and words.

    Attributes:
        settings: What it was trained with.
        classes: Of the labels.
        counts: Labelled pixels with data of each class.
        bands: That it makes, of the first scene.
        code: Between bands and components.
        draft: Says the rough class of a pixel.
        autoencoder: Between components and latents; on the CPU.
        denoiser: Of latents, by prompts; on the CPU.
        latent_mean: float32 ``(latent channels,)``.
        latent_std: float32 ``(latent channels,)``.
        descriptions: Of each class, at least one.
        prompts: Of each class, those of its real patches; the same may come several times.
        words_read: What of the words the denoiser's linear part reads, in its order.
        words: All words that training prompts held.
        encoder_name: The text encoder.
        encoder_sha256: Of its weights.
        scene_names: File names.
        label_sha256: Of the labels.
        provenance: Versions, hashes, seed; text to text.
    """

    settings: SynthesizerSettings
    classes: tuple[LabelClass, ...]
    counts: tuple[int, ...]
    bands: ModelBands
    code: SpectralCode
    draft: DraftMap
    autoencoder: AutoencoderKL
    denoiser: PixArtTransformer2DModel
    latent_mean: np.ndarray
    latent_std: np.ndarray
    descriptions: tuple[tuple[str, ...], ...]
    prompts: tuple[tuple[str, ...], ...]
    words_read: tuple[str, ...]
    words: frozenset[str]
    encoder_name: str
    encoder_sha256: str
    scene_names: tuple[str, ...] = ()
    label_sha256: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def writer(self) -> PromptWriter:
        """Return what writes prompts of its classes, as in training."""
        return PromptWriter(self.classes, dict(enumerate(self.descriptions)))

    @property
    def reader(self) -> PromptReader:
        """Return what reads prompts, as in training."""
        return PromptReader(self.writer, self.words_read)
