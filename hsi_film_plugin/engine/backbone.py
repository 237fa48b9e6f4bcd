"""The frozen diffusion network whose decoder activations are the spatial features.

Source: Hu, Banerjee, Prasad 2025 (arXiv 2512.03430): one noising and one pass of
a UNet pretrained on natural images, read at its high-resolution decoder blocks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import DDPMScheduler, UNet2DModel
from safetensors import SafetensorError
from torch import nn

from .device import Device
from .errors import InputError
from .windows import WINDOW

BUNDLED = Path(__file__).resolve().parents[2] / "resources" / "backbone"
WEIGHTS = "diffusion_pytorch_model.safetensors"
#: One noise tensor, drawn from this seed, serves all windows and timesteps.
NOISE_SEED = 0


@dataclass(frozen=True)
class BackboneInfo:
    """What tells one backbone from another.

    Attributes:
        name: The folder's name, or ``bundled``.
        sha256: Of the weights file.
        blocks: Number of decoder blocks; they are counted from the end, -1 the last.
    """

    name: str
    sha256: str
    blocks: int


class _Enough(Exception):
    """Raised in a hook once the last wanted block has been computed."""


class Backbone:
    """A diffusers ``UNet2DModel`` folder, read at chosen decoder blocks.

    Args:
        folder: Holds ``config.json``, the safetensors weights and, if its noise
            schedule is not the cosine one, ``scheduler_config.json``. ``None``
            or an empty path is the bundled backbone.
        device: Where to compute.

    Raises:
        InputError: if the folder is no such network or does not fit.
    """

    def __init__(self, folder: Path | None, device: Device) -> None:
        self.folder = folder or BUNDLED
        self.device = device
        config = _read_config(self.folder)
        weights = self.folder / WEIGHTS
        if not weights.is_file():
            raise InputError(
                f"Backbone folder '{self.folder}' has no '{WEIGHTS}'. Choose a folder that "
                "diffusers has saved with safetensors."
            )
        if config.get("_class_name") != "UNet2DModel" or config.get("in_channels") != 3:
            raise InputError(
                f"Backbone '{self.folder}' is a {config.get('_class_name')} of "
                f"{config.get('in_channels')} channels; a UNet2DModel of 3 channels is needed."
            )
        if config.get("num_class_embeds") or config.get("class_embed_type"):
            raise InputError(
                f"Backbone '{self.folder}' wants to be told what a picture shows; choose an "
                "unconditional one."
            )
        unet = _loaded(self.folder, lambda: _unet(self.folder))
        self.unet = unet.float().eval().requires_grad_(False).to(device.torch)
        scheduler = _loaded(self.folder, lambda: _scheduler(self.folder))
        self.alphas_cumprod: torch.Tensor = scheduler.alphas_cumprod
        name = "bundled" if self.folder == BUNDLED else self.folder.name
        self.info = BackboneInfo(name, _sha256(weights), len(self.unet.up_blocks))
        generator = torch.Generator().manual_seed(NOISE_SEED)
        self.noise = torch.randn((1, 3, WINDOW, WINDOW), generator=generator).to(device.torch)

    def check(self, timestep: int, blocks: Sequence[int]) -> None:
        """Check a timestep and blocks against the network.

        Raises:
            InputError: if one is out of range.
        """
        last = len(self.alphas_cumprod) - 1
        if not 0 <= timestep <= last:
            raise InputError(f"TIMESTEP is {timestep}; this backbone has 0 to {last}.")
        wrong = [block for block in blocks if not -self.info.blocks <= block <= -1]
        if wrong or not blocks:
            raise InputError(
                f"BLOCKS is {list(blocks)}; this backbone's decoder blocks are "
                f"-1 (the last) to {-self.info.blocks}."
            )

    @torch.inference_mode()
    def activations(
        self, pictures: torch.Tensor, timestep: int, blocks: Sequence[int]
    ) -> list[torch.Tensor]:
        """Return the outputs of decoder blocks for noised pictures.

        Args:
            pictures: float32 ``(n, 3, 64, 64)`` in [-1, 1].
            timestep: How far to noise, 0 hardly at all.
            blocks: Decoder blocks, negative, counted from the last.

        Returns:
            For each block, in the order given, float32 ``(n, channels, h, w)``.
        """
        found: dict[int, torch.Tensor] = {}
        latest = max(blocks)
        hooks = [
            self.unet.up_blocks[block].register_forward_hook(_keep(found, block, block == latest))
            for block in blocks
        ]
        alpha = self.alphas_cumprod[timestep].item()
        noised = alpha**0.5 * pictures.to(self.device.torch) + (1 - alpha) ** 0.5 * self.noise
        try:
            with torch.autocast(self.device.kind, torch.bfloat16, enabled=self.device.bfloat16):
                self.unet(noised, timestep)
        except _Enough:
            return [found[block] for block in blocks]
        finally:
            for hook in hooks:
                hook.remove()
        raise InputError(f"Backbone '{self.folder}' did not reach its decoder block {latest}.")


def _keep(found: dict[int, torch.Tensor], block: int, last: bool):  # type: ignore[no-untyped-def]
    """Return a forward hook that keeps a block's output and may stop the pass."""

    def hook(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        found[block] = output.float()
        if last:
            raise _Enough

    return hook


def _read_config(folder: Path) -> dict[str, object]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"Backbone folder '{folder}' has no 'config.json'. Choose a folder that diffusers "
            "has saved, or leave BACKBONE empty for the bundled one."
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"Backbone '{folder}/config.json' cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise InputError(f"Backbone '{folder}/config.json' does not describe a network.")
    return config


def _loaded(folder: Path, load: Callable[[], Any]) -> Any:
    """Return what ``load`` reads from a backbone's folder, or say that it cannot be read."""
    try:
        return load()
    except (
        OSError,
        ValueError,
        RuntimeError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        SafetensorError,
    ) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(
            f"Backbone '{folder}' cannot be loaded: {reason}. Copy it again, or leave BACKBONE "
            "empty for the bundled one."
        ) from error


def _unet(folder: Path) -> Any:
    unet, found = UNet2DModel.from_pretrained(  # type: ignore[no-untyped-call]
        str(folder),
        local_files_only=True,
        use_safetensors=True,
        low_cpu_mem_usage=False,
        output_loading_info=True,
    )
    # diffusers leaves weights that a file lacks random, with a warning only
    lacking = [*found["missing_keys"], *found["mismatched_keys"]]
    if lacking:
        raise ValueError(f"'{WEIGHTS}' lacks {len(lacking)} weights, such as '{lacking[0]}'")
    return unet


def _scheduler(folder: Path) -> Any:
    if (folder / "scheduler_config.json").is_file():
        return DDPMScheduler.from_pretrained(  # type: ignore[no-untyped-call]
            str(folder), local_files_only=True
        )
    return DDPMScheduler(beta_schedule="squaredcos_cap_v2")  # type: ignore[no-untyped-call]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
