"""Stable Diffusion as a backbone: windows are encoded by its VAE and noised there.

Source: Rombach et al. 2022 (arXiv 2112.10752). The decoder is read as in pictures'
networks; the text that steers it is the empty one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file
from torch.nn import functional

from .backbone_files import (
    CONFIG,
    PIPELINE,
    SCHEDULER,
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

#: Beside ``model_index.json``: the text encoder's answer to the empty text.
PROMPT_FILE: Final = "empty_prompt.safetensors"
PROMPT: Final = "empty_prompt"
#: CLIP's tokens, where a tokenizer does not name its own.
_BEGINNING: Final = "<|startoftext|>"
_END: Final = "<|endoftext|>"
_TEXT_WEIGHTS: Final = ("model.safetensors", "model.fp16.safetensors")
#: Entries of a UNet's config that ask for more than a text.
_MORE: Final = ("addition_embed_type", "class_embed_type", "num_class_embeds", "encoder_hid_dim")


class LatentDenoiser(Denoiser):
    """A text-steered UNet behind the encoder of a VAE.

    Windows are enlarged (bilinearly) as often as the VAE reduces them, by 8 in Stable
    Diffusion: one pixel of the scene is one place of the latent map, and 64 x 64 of them
    are what the network was trained on (512 pixels).

    Args:
        unet: A ``UNet2DConditionModel``.
        vae: An ``AutoencoderKL``.
        prompt: The embedded empty text, float32 ``(tokens, width)``.
    """

    def __init__(self, unet: Any, vae: Any, prompt: torch.Tensor) -> None:
        super().__init__(unet, list(unet.up_blocks), vae.config.latent_channels)
        self.vae = vae
        del vae.decoder, vae.post_quant_conv  # only encoded is here
        self.enlargement = 2 ** (len(vae.config.block_out_channels) - 1)
        self.prompt: torch.Tensor
        self.register_buffer("prompt", prompt[None].float())

    def encoded(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the means of the latent distributions, scaled as in training."""
        # one by one: at full width, a batch would hold gigabytes
        return torch.cat([self._latent(picture) for picture in pictures[:, None]])

    def _latent(self, picture: torch.Tensor) -> torch.Tensor:
        size = WINDOW * self.enlargement
        large = functional.interpolate(
            picture, size=(size, size), mode="bilinear", align_corners=False
        )
        config = self.vae.config
        mean = self.vae.encode(large).latent_dist.mode().float()
        latent: torch.Tensor = (mean - (config.shift_factor or 0.0)) * config.scaling_factor
        return latent

    def forward(self, noised: torch.Tensor, timestep: int) -> None:
        """Compute the decoder's blocks under the empty text."""
        self.unet(noised, timestep, encoder_hidden_states=self.prompt.expand(len(noised), -1, -1))


def read_latent_diffusion(folder: Path, index: dict[str, Any]) -> Network:
    """Read a Stable Diffusion folder as diffusers saves it.

    Its schedule is that of ``scheduler/``. The embedded empty text comes from
    ``empty_prompt.safetensors`` (a tensor ``empty_prompt`` of ``(tokens, width)``), else
    from ``text_encoder/`` and ``tokenizer/`` if the package transformers is installed.

    Args:
        folder: Holds ``model_index.json``.
        index: Its content.

    Raises:
        InputError: if a part is missing, damaged, or of another kind.
    """
    for part, wanted in (("vae", "AutoencoderKL"), ("unet", "UNet2DConditionModel")):
        found = read_json(folder / part / CONFIG).get("_class_name") if part in index else None
        if found != wanted:
            there = f"a {found}" if found else "nothing"
            raise InputError(
                f"Backbone '{folder}' has {there} as '{part}' where Stable Diffusion has a "
                f"{wanted}. Choose a folder of Stable Diffusion 1 or 2."
            )
    config = read_json(folder / "unet" / CONFIG)
    more = next((name for name in _MORE if config.get(name)), None)
    if more:
        raise InputError(
            f"Backbone '{folder}' wants more than a text ('{more}' is {config[more]!r}). Choose a "
            "folder of Stable Diffusion 1 or 2."
        )
    if not (folder / "scheduler" / SCHEDULER).is_file():
        raise InputError(f"Backbone '{folder}' has no 'scheduler/{SCHEDULER}'. Copy it again.")
    prompt, prompt_sha256 = _empty_prompt(folder)
    vae = read_module(AutoencoderKL, folder / "vae")
    unet = read_module(UNet2DConditionModel, folder / "unet")
    taken, given = unet.config.in_channels, vae.config.latent_channels
    if taken != given:
        raise InputError(
            f"Backbone '{folder}': its UNet takes {taken} channels and its VAE gives {given}. "
            "Choose a folder that makes pictures from text, none that fills gaps or enlarges."
        )
    if prompt.shape[-1] != unet.config.cross_attention_dim:
        raise InputError(
            f"Backbone '{folder}': the empty text is embedded in {prompt.shape[-1]} numbers a "
            f"token, and its UNet reads {unet.config.cross_attention_dim}. Use the text encoder "
            "that belongs to it."
        )
    parts = [file_sha256(weights_of(folder / part)) for part in ("vae", "unet")]
    return Network(
        loaded(folder, lambda: LatentDenoiser(unet, vae, prompt)),
        read_alphas_cumprod(folder / "scheduler"),
        hashlib.sha256("\n".join([*parts, prompt_sha256]).encode()).hexdigest(),
        ((-2,), (-2, -3)),
        "Windows are enlarged to the size that the VAE reduces to 64 x 64 latents.",
    )


def _empty_prompt(folder: Path) -> tuple[torch.Tensor, str]:
    """Return the embedded empty text, float32 ``(tokens, width)``, and what identifies it."""
    stored = folder / PROMPT_FILE
    if stored.is_file():
        return loaded(folder, lambda: _stored_prompt(stored)), file_sha256(stored)
    weights = [folder / "text_encoder" / name for name in _TEXT_WEIGHTS]
    present = next((path for path in weights if path.is_file()), None)
    if present is None or not (folder / "tokenizer" / "vocab.json").is_file():
        lacking = "a 'text_encoder' with safetensors" if present is None else "'tokenizer'"
        raise InputError(_no_prompt(folder, lacking))
    try:
        from transformers import CLIPTextModel
    except ImportError as error:
        raise InputError(
            _no_prompt(folder, "the Python package transformers in the engine's environment")
        ) from error
    return (
        loaded(folder, lambda: _computed_prompt(folder, present, CLIPTextModel)),
        # of the weights: what is computed from them rounds differently elsewhere
        file_sha256(present),
    )


def _no_prompt(folder: Path, lacking: str) -> str:
    return (
        f"Backbone '{folder}' cannot embed the empty text: there is neither '{PROMPT_FILE}' nor "
        f"{lacking}. Put '{PROMPT_FILE}' beside '{PIPELINE}' (one tensor '{PROMPT}' of "
        "(tokens, width), the text encoder's last hidden state for ''), or add what is missing."
    )


def _stored_prompt(path: Path) -> torch.Tensor:
    tensors = load_file(path)
    if PROMPT not in tensors:
        raise ValueError(f"'{path.name}' holds {sorted(tensors)[:5]} and no '{PROMPT}'")
    prompt = tensors[PROMPT]
    if prompt.dim() == 3 and len(prompt) == 1:
        prompt = prompt[0]
    if prompt.dim() != 2 or not prompt.is_floating_point() or not bool(prompt.isfinite().all()):
        raise ValueError(f"'{PROMPT}' is no finite (tokens, width) but {tuple(prompt.shape)}")
    return prompt.float()


def _computed_prompt(folder: Path, weights: Path, encoder: Any) -> torch.Tensor:
    model, found = encoder.from_pretrained(
        str(folder / "text_encoder"),
        local_files_only=True,
        use_safetensors=True,
        variant="fp16" if weights.name == _TEXT_WEIGHTS[1] else None,
        output_loading_info=True,
    )
    lacking = sorted(found["missing_keys"])
    if lacking:
        raise ValueError(f"'{weights.name}' lacks {len(lacking)} weights, such as '{lacking[0]}'")
    tokens = _empty_tokens(folder / "tokenizer", model.config.max_position_embeddings)
    with torch.inference_mode():
        embedded: torch.Tensor = model.float().eval()(torch.tensor([tokens])).last_hidden_state[0]
    return embedded.clone()


def _empty_tokens(folder: Path, length: int) -> list[int]:
    """Return the tokens of the empty text: beginning, end, and what fills the rest."""
    vocabulary = read_json(folder / "vocab.json")
    named: dict[str, Any] = {}
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).is_file():
            named |= read_json(folder / name)

    def token(name: str, otherwise: str) -> int:
        text = named.get(name) or otherwise
        return int(vocabulary[text["content"] if isinstance(text, dict) else text])

    end = token("eos_token", _END)
    filler = token("pad_token", named.get("eos_token") or _END)
    return [token("bos_token", _BEGINNING), end, *[filler] * (length - 2)]
