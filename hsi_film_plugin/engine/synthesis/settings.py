"""What a user may decide of a synthesizer's training, with the defaults that the bench chose."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import InputError

PROMPTS = ("fine", "coarse")
LEAST_PATCH, MOST_PATCH = 8, 32
REDUCTIONS = (1, 2)
MOST_LATENT_CHANNELS = 32
MOST_COMPONENTS = 128
LEAST_EFFORT, MOST_EFFORT = 0.01, 20.0
#: So that every random generator takes it.
MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class SynthesizerSettings:
    """What a synthesizer is trained with.

    Attributes:
        patch: Side of a patch in pixels; even.
        reduction: By how much the autoencoder reduces a patch's side: 1 or 2.
        latent_channels: Of the autoencoder; no more than there are components.
        components: Spectral components that the autoencoder sees, at most. Held-out patches of a
            real EnMAP scene came back at 2.2° with 32 of them in 16 channels, at 1.9° with 64 in
            24, and at 1.8° with 64 in 32.
        prompts: ``fine`` or ``coarse``.
        prompt_dropout: Share of the labelled patches that lose their prompt.
        unlabelled: Whether patches without labels are learnt from (semi-supervised).
        clipping: Whether patches are mixed in random polygons (RPSC).
        uncertainty: Whether the latents' statistics are perturbed (LF-UE).
        effort: Multiplies the steps of both trainings.
        seed: Of everything drawn at random.
    """

    patch: int = 16
    reduction: int = 1
    latent_channels: int = 24
    components: int = 64
    prompts: str = "fine"
    prompt_dropout: float = 0.15
    unlabelled: bool = True
    clipping: bool = True
    uncertainty: bool = True
    effort: float = 1.0
    seed: int = 0


def check_settings(settings: SynthesizerSettings) -> None:
    """Refuse settings that nothing can be trained with.

    Raises:
        InputError: if so.
    """
    multiple = 2 * settings.reduction
    if settings.reduction not in REDUCTIONS:
        raise InputError(f"The reduction is {settings.reduction}. Choose 1 or 2.")
    if not LEAST_PATCH <= settings.patch <= MOST_PATCH or settings.patch % multiple:
        raise InputError(
            f"The patch size is {settings.patch}. Choose a multiple of {multiple} from "
            f"{LEAST_PATCH} to {MOST_PATCH} pixels."
        )
    if not 1 <= settings.latent_channels <= MOST_LATENT_CHANNELS:
        raise InputError(
            f"The latent channels are {settings.latent_channels}. Choose 1 to "
            f"{MOST_LATENT_CHANNELS}."
        )
    if not 1 <= settings.components <= MOST_COMPONENTS:
        raise InputError(
            f"The spectral components are {settings.components}. Choose 1 to {MOST_COMPONENTS}."
        )
    if settings.prompts not in PROMPTS:
        raise InputError(
            f"The prompts '{settings.prompts}' are unknown. Choose 'fine' or 'coarse'."
        )
    if not 0 <= settings.prompt_dropout < 1:
        raise InputError(
            f"The prompt dropout is {settings.prompt_dropout:g}. Choose a value from 0 to below 1."
        )
    # the comparison is written so that NaN fails it, too
    if not (math.isfinite(settings.effort) and LEAST_EFFORT <= settings.effort <= MOST_EFFORT):
        raise InputError(
            f"The effort is {settings.effort:g}. Choose a value from {LEAST_EFFORT:g} to "
            f"{MOST_EFFORT:g}; 1 is the usual."
        )
    if not 0 <= settings.seed <= MOST_SEED:
        raise InputError(f"The seed is {settings.seed}. Choose a number from 0 to {MOST_SEED}.")
