"""The kinds of folders that a backbone can be, each read into one kind of network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch
from diffusers import UNet2DModel
from safetensors.torch import load_file
from torch import nn

from .adm_unet import AdmArchitecture, AdmUNet, misfit, parameter_shapes
from .backbone_files import (
    CONFIG,
    PIPELINE,
    file_sha256,
    loaded,
    read_alphas_cumprod,
    read_json,
    read_module,
    weights_of,
)
from .denoiser import Denoiser, Network
from .errors import InputError
from .windows import WINDOW

ADM_CLASS: Final = "AdmUNet"
_UNET_CLASS: Final = "UNet2DModel"


def read_network(folder: Path) -> Network:
    """Read a folder: a ``UNet2DModel``, a converted ADM, or a pipeline with either or SD.

    Raises:
        InputError: if it is none, damaged, or does not fit.
    """
    if folder.is_file():
        raise InputError(
            f"Backbone '{folder}' is a file. Choose a folder; a checkpoint (.pt) becomes one by "
            "'convert-backbone'."
        )
    if not (folder / CONFIG).is_file() and (folder / PIPELINE).is_file():
        return _pipeline(folder)
    config = read_json(folder / CONFIG)
    if config.get("_class_name") == ADM_CLASS:
        return _adm(folder, config)
    return _unet(folder, folder, config)


def _pipeline(folder: Path) -> Network:
    index = read_json(folder / PIPELINE)
    if "vae" not in index and "vqvae" not in index:
        return _unet(folder / "unet", folder / "scheduler", read_json(folder / "unet" / CONFIG))
    # its networks take long to import, and few need them
    from .latent_diffusion import read_latent_diffusion

    return read_latent_diffusion(folder, index)


def _unet(folder: Path, scheduler: Path, config: dict[str, Any]) -> Network:
    """Read a ``UNet2DModel`` that takes pictures; labels are replaced by their mean."""
    weights = weights_of(folder)
    if config.get("_class_name") != _UNET_CLASS or config.get("in_channels") != 3:
        raise InputError(
            f"Backbone '{folder}' is a {config.get('_class_name')} of "
            f"{config.get('in_channels')} channels; a {_UNET_CLASS} of 3 channels is needed."
        )
    if config.get("class_embed_type"):
        raise InputError(
            f"Backbone '{folder}' wants to be told what a picture shows; choose an "
            "unconditional one, or one with a table of labels."
        )
    if config.get("time_embedding_type", "positional") != "positional":
        raise InputError(
            f"Backbone '{folder}' counts noise by '{config['time_embedding_type']}' instead of "
            "timesteps; choose one that was trained as a denoising diffusion (DDPM)."
        )
    unet = read_module(UNet2DModel, folder)
    halvings = len(unet.up_blocks) - 1
    if WINDOW % 2**halvings:
        raise InputError(
            f"Backbone '{folder}' halves a window {halvings} times, and {WINDOW} pixels allow "
            f"{WINDOW.bit_length() - 1}. Choose one of fewer levels."
        )
    labels = config.get("num_class_embeds")
    if labels:
        unet.class_embedding = _MeanLabel(unet.class_embedding.weight)
    kind = _LabelledDenoiser if labels else Denoiser
    return Network(
        kind(unet, list(unet.up_blocks)),
        read_alphas_cumprod(scheduler),
        file_sha256(weights),
        ((-2, -3), (-2, -3, -4)),
        mean_label_note(labels) if labels else "",
    )


class _MeanLabel(nn.Module):
    """Answers every label with the mean of all labels' embeddings."""

    def __init__(self, embeddings: torch.Tensor) -> None:
        super().__init__()
        self.mean: torch.Tensor
        self.register_buffer("mean", embeddings.detach().double().mean(dim=0).float())

    def forward(self, labels: torch.Tensor) -> torch.Tensor:
        return self.mean.expand(len(labels), -1)


class _LabelledDenoiser(Denoiser):
    """Gives a ``UNet2DModel`` labels, which it demands and :class:`_MeanLabel` ignores."""

    def forward(self, noised: torch.Tensor, timestep: int) -> None:
        labels = torch.zeros(len(noised), dtype=torch.long, device=noised.device)
        self.unet(noised, timestep, class_labels=labels)


def mean_label_note(labels: int) -> str:
    """Return what is to be said of a network that was trained with labels."""
    return (
        f"The network was trained with one of {labels} class labels for each picture and has no "
        "label for 'any'. The mean of the label embeddings is used for every window."
    )


def _adm(folder: Path, config: dict[str, Any]) -> Network:
    """Read a folder that ``convert_backbone`` has written."""
    weights = weights_of(folder)
    unet = loaded(folder, lambda: _adm_unet(weights, config))
    # the last block before full resolution and the one above it: 11 and 10 of the paper's 16
    rise = -(unet.architecture.res_blocks + 2)
    return Network(
        Denoiser(unet, list(unet.output_blocks)),
        read_alphas_cumprod(folder),
        file_sha256(weights),
        ((rise,), (rise - 1,), (rise, rise - 1)),
        str(config.get("note", "")),
    )


def _adm_unet(weights: Path, config: dict[str, Any]) -> AdmUNet:
    architecture = AdmArchitecture.of(config)
    if architecture.in_channels != 3:
        raise ValueError(f"its network takes {architecture.in_channels} channels instead of 3")
    tensors = load_file(weights)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if difference := misfit(parameter_shapes(architecture), shapes):
        raise ValueError(f"'{weights.name}' {difference}")
    with torch.device("meta"):  # no random weights that are thrown away at once
        unet = AdmUNet(architecture)
    unet.load_state_dict(tensors, assign=True)
    return unet
