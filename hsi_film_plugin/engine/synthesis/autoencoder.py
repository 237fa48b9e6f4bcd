"""The autoencoder of patches: components to a small latent, and back."""

from __future__ import annotations

from typing import Any

from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import nn

from .settings import SynthesizerSettings

#: Channels that are normalised together: many, so that their ratios outlive it.
NORM_GROUPS = 4
#: Logarithm of the latents' variance that training starts from.
FIRST_LOG_VARIANCE = -5.0


def build_autoencoder(
    components: int, settings: SynthesizerSettings, width: int, layers: int
) -> AutoencoderKL:
    """Return an autoencoder that, untrained, keeps the first components and loses the others.

    As the components are principal ones, training starts from the best linear code of each
    pixel and can only better it; from random weights it took many times longer to get there.
    For this both ends are linear: their normalisation, which taken over a patch would also wipe
    out how bright the patch is, and their activation are left out. A patch has no objects that
    attention would have to find, so that the middle has none.

    Args:
        components: Channels in and out.
        settings: Its patch size, reduction and latent channels.
        width: Channels inside.
        layers: Residual blocks a level.
    """
    levels = settings.reduction
    least = max(width, components, settings.latent_channels)
    wide = -(-least // NORM_GROUPS) * NORM_GROUPS
    network: Any = AutoencoderKL(
        in_channels=components,
        out_channels=components,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=(wide,) * levels,
        layers_per_block=layers,
        latent_channels=settings.latent_channels,
        norm_num_groups=NORM_GROUPS,
        sample_size=settings.patch,
        mid_block_add_attention=False,
    )
    for end in (network.encoder, network.decoder):
        end.conv_norm_out, end.conv_act = nn.Identity(), nn.Identity()
    _start_linear(network, components, settings.latent_channels)
    built: AutoencoderKL = network
    return built


def _start_linear(network: Any, components: int, latent_channels: int) -> None:
    """Make the network pass each pixel's first components on, and its residual blocks idle."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d) and module.bias is not None and "conv1" not in name:
            nn.init.zeros_(module.bias)
            if name.endswith("conv2"):
                nn.init.zeros_(module.weight)
            elif name.endswith("conv_in"):
                # channels beyond these keep their random weights: they feed the residual blocks
                passed = max(components, module.in_channels)
                nn.init.dirac_(module.weight[:passed].detach())
            else:
                nn.init.dirac_(module.weight)
    # the second half of the encoder's output is the logarithm of the variance
    last = network.encoder.conv_out
    nn.init.zeros_(last.weight[latent_channels:].detach())
    nn.init.constant_(last.bias[latent_channels:].detach(), FIRST_LOG_VARIANCE)
