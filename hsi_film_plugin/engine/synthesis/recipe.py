"""How a synthesizer's networks are built and trained: what no user has to decide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Sizes, steps and weights of both trainings.

    Attributes:
        autoencoder_width: Channels of the autoencoder.
        autoencoder_layers: Residual blocks a level.
        autoencoder_steps: At effort 1.
        autoencoder_batch: Patches a step.
        autoencoder_rate: Highest learning rate.
        autoencoder_decay: Of the running mean of its weights.
        angle_weight: Of the spectral angle, in radians, beside the L1 of the components.
        kl_weight: Of the divergence from the normal distribution, per latent number.
        bank: Labelled items of the denoiser's bank.
        bank_unlabelled: Unlabelled items of it, at most.
        clipped_share: Share of the items that are mixed in polygons.
        coarse_share: Share of the items that a class name alone describes.
        untold_share: Share of the adjectives that a prompt leaves out.
        unlabelled_share: Of a batch.
        width: Of the denoiser.
        head_width: Of one of its attention heads.
        layers: Of the denoiser.
        steps: At effort 1.
        batch: Items a step.
        rate: Highest learning rate.
        warm_up: Steps until it is reached.
        decay: Of the running mean of the weights.
        centre_weight: Of the centre pixel's error, beside pixels far from it.
        perturbed_share: Share of the items whose latent statistics are perturbed.
    """

    autoencoder_width: int = 64
    autoencoder_layers: int = 1
    autoencoder_steps: int = 1000
    autoencoder_batch: int = 8
    autoencoder_rate: float = 1e-3
    autoencoder_decay: float = 0.99
    angle_weight: float = 10.0
    kl_weight: float = 1e-3
    bank: int = 3000
    bank_unlabelled: int = 1500
    clipped_share: float = 0.5
    coarse_share: float = 0.2
    untold_share: float = 0.4
    unlabelled_share: float = 0.2
    width: int = 128
    head_width: int = 32
    layers: int = 6
    steps: int = 1200
    batch: int = 48
    rate: float = 1e-3
    warm_up: int = 50
    decay: float = 0.998
    centre_weight: float = 12.0
    perturbed_share: float = 0.3
