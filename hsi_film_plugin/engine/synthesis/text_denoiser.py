"""The denoiser of latents that reads a prompt, and the noise that it learnt to remove.

It predicts v = √ᾱ ε − √(1−ᾱ) x₀ (Salimans and Ho 2022). At a given noisy latent, v is linear in
ε, so that v(∅) + ω (v(text) − v(∅)) guides as the same formula does for ε.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor, AttnProcessor2_0
from diffusers.models.embeddings import PixArtAlphaTextProjection
from diffusers.models.transformers.pixart_transformer_2d import PixArtTransformer2DModel
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from torch import nn

from .encoded_prompts import EncodedPrompts
from .linear_denoiser import LinearDenoiser, LinearShape

TIMESTEPS = 1000
#: Linear, as PixArt's: at the last step next to nothing is left of a patch's mean, which is what
#: tells its class; with the betas of Stable Diffusion 7 % of it would be.
FIRST_BETA, LAST_BETA = 1e-4, 0.02
#: Of a latent's side, so that 16 x 16 gives 64 tokens.
TOKEN_SIDE = 2


@dataclass(frozen=True)
class DenoiserShape:
    """The sizes of a denoiser.

    Attributes:
        channels: Of the latents.
        side: Of the latents.
        token_side: Latent pixels along one side of a token.
        width: Inside.
        head_width: Of one attention head.
        layers: Transformer blocks.
        text_width: Of the text encoder's tokens.
        linear: Of the linear denoiser that it adds to; None for none.
    """

    channels: int
    side: int
    token_side: int
    width: int
    head_width: int
    layers: int
    text_width: int
    linear: LinearShape | None = None


def build_denoiser(shape: DenoiserShape) -> PixArtTransformer2DModel:
    """Return an untrained denoiser with random weights from torch's generator."""
    network: Any = PixArtTransformer2DModel(
        num_attention_heads=shape.width // shape.head_width,
        attention_head_dim=shape.head_width,
        in_channels=shape.channels,
        out_channels=shape.channels,
        num_layers=shape.layers,
        cross_attention_dim=shape.width,
        sample_size=shape.side,
        patch_size=shape.token_side,
        caption_channels=shape.text_width,
        use_additional_conditions=False,
    )
    network.adaln_single.emb = PromptedTimestep(
        network.adaln_single.emb, shape.text_width, shape.width
    )
    for block in network.transformer_blocks:
        # rows 2 and 5 open the gates behind attention and feed-forward: as they come, they are
        # nearly closed, which thousands of steps would have to open
        nn.init.ones_(block.scale_shift_table[2].detach())
        nn.init.ones_(block.scale_shift_table[5].detach())
    nn.init.zeros_(network.proj_out.weight)
    nn.init.zeros_(network.proj_out.bias)
    network.linear_part = (
        None
        if shape.linear is None
        else LinearDenoiser(shape.channels * shape.side**2, shape.linear)
    )
    network.register_buffer("noise_levels", noise_levels(), persistent=False)
    built: PixArtTransformer2DModel = network
    return built


class PromptedTimestep(nn.Module):
    """The embedding of a timestep with the mean of its prompt's tokens added.

    Blocks are shifted and scaled by it, which reaches every latent pixel at once; through
    cross-attention alone, the class of a patch took thousands of steps to learn. It takes the
    place of PixArt's embedding of the picture's size, and gets the tokens' mean as that.
    """

    def __init__(self, timestep: nn.Module, text_width: int, width: int) -> None:
        super().__init__()
        self.timestep = timestep
        self.text: nn.Module = PixArtAlphaTextProjection(text_width, width)  # type: ignore[no-untyped-call]

    def forward(
        self,
        timestep: torch.Tensor,
        resolution: torch.Tensor,
        aspect_ratio: None,
        batch_size: int,
        hidden_dtype: torch.dtype,
    ) -> torch.Tensor:
        """Return ``(n, width)`` of timesteps ``(n,)`` and means ``(n, text width)``."""
        embedded: torch.Tensor = self.timestep(
            timestep, None, None, batch_size=batch_size, hidden_dtype=hidden_dtype
        )
        said: torch.Tensor = self.text(resolution)
        return embedded + said


def standardise_text(network: Any, prompts: EncodedPrompts) -> None:
    """Let the layers that read the text begin with standardised numbers.

    The prompts of one scene are alike, and so are their tokens; without this, the network spends
    its first hundreds of steps on what they have in common.

    Args:
        network: Untrained.
        prompts: All of them, the null prompt last.
    """
    means = prompts.means()
    # the null prompt comes often, and must not lie far outside
    means = torch.cat([means, means[-1:].expand(len(means) // 3 + 1, -1)])
    for layer, seen in (
        (network.caption_projection.linear_1, prompts.tokens[prompts.mask].float()),
        (network.adaln_single.emb.text.linear_1, means),
    ):
        mean, deviation = seen.mean(0), seen.std(0, correction=0).clamp_min(1e-3)
        with torch.no_grad():
            layer.weight.div_(deviation)
            layer.bias.sub_(layer.weight @ mean)


def use_attention_of(network: PixArtTransformer2DModel, kind: str) -> None:
    """Choose how attention is computed on a kind of device.

    On a CPU the fused kernel's backward pass in bfloat16 is slow: plain products took 40 % less
    time for a whole step.
    """
    fused: Any = AttnProcessor2_0
    network.set_attn_processor(AttnProcessor() if kind == "cpu" else fused())


def velocity(
    network: PixArtTransformer2DModel,
    noisy: torch.Tensor,
    timesteps: torch.Tensor,
    prompts: EncodedPrompts,
) -> torch.Tensor:
    """Return the predicted v, of the shape of the latents.

    Args:
        network: The denoiser.
        noisy: ``(n, channels, side, side)``.
        timesteps: int64 ``(n,)``.
        prompts: Of each item.
    """
    predicted: torch.Tensor = network(
        noisy,
        encoder_hidden_states=prompts.tokens,
        timestep=timesteps,
        encoder_attention_mask=prompts.mask,
        added_cond_kwargs={"resolution": prompts.means(), "aspect_ratio": None},
        return_dict=False,
    )[0]
    linear: Any = network.linear_part
    if linear is None:
        return predicted
    levels: Any = network.noise_levels
    added: torch.Tensor = predicted.float() + linear(noisy, levels[timesteps], prompts.readings)
    return added


def noise_levels() -> torch.Tensor:
    """Return ᾱ of every timestep, float32 ``(1000,)``; a denoiser has it on its device."""
    betas = torch.linspace(FIRST_BETA, LAST_BETA, TIMESTEPS, dtype=torch.float32)
    return torch.cumprod(1 - betas, dim=0)


def sampler(steps: int) -> Any:
    """Return a DPM-Solver++ of second order, set to so many steps (Lu et al. 2022)."""
    solver: Any = DPMSolverMultistepScheduler(
        num_train_timesteps=TIMESTEPS,
        beta_start=FIRST_BETA,
        beta_end=LAST_BETA,
        beta_schedule="linear",
        prediction_type="v_prediction",
        algorithm_type="dpmsolver++",
        solver_order=2,
        timestep_spacing="linspace",
    )
    solver.set_timesteps(steps)
    return solver


class AttentionRecorder:
    """Takes down how much each token of the prompt was attended to, from every block.

    Args:
        network: Whose cross-attention to listen to, while ``listening``.
        count: Items at the batch's beginning that are listened to: those with their prompt.
    """

    def __init__(self, network: Any, count: int) -> None:
        self.listening = False
        self._sum: torch.Tensor | None = None
        self._heard = 0
        self._count = count
        for block in network.transformer_blocks:
            block.attn2.set_processor(_Listening(self))

    def hear(self, scores: torch.Tensor) -> None:
        """Add the scores ``(n, heads, queries, tokens)`` of one block."""
        found = scores[: self._count].float().mean(1)
        self._sum = found if self._sum is None else self._sum + found
        self._heard += 1

    def maps(self) -> torch.Tensor:
        """Return the mean, float32 ``(count, tokens, queries)``.

        Raises:
            ValueError: if nothing was heard.
        """
        if self._sum is None:
            raise ValueError("no block was listened to")
        return (self._sum / self._heard).transpose(1, 2)


class _Listening:
    """Plain cross-attention that shows its scores; as diffusers' ``AttnProcessor`` computes."""

    def __init__(self, recorder: AttentionRecorder) -> None:
        self._recorder = recorder

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> torch.Tensor:
        if encoder_hidden_states is None:
            raise ValueError("cross-attention without a prompt")
        count, length, _ = encoder_hidden_states.shape
        mask = attn.prepare_attention_mask(attention_mask, length, count)
        query = attn.head_to_batch_dim(attn.to_q(hidden_states))
        key = attn.head_to_batch_dim(attn.to_k(encoder_hidden_states))
        value = attn.head_to_batch_dim(attn.to_v(encoder_hidden_states))
        scores = attn.get_attention_scores(query, key, mask)
        if self._recorder.listening:
            self._recorder.hear(scores.reshape(count, attn.heads, *scores.shape[1:]))
        attended = attn.batch_to_head_dim(torch.bmm(scores, value))
        result: torch.Tensor = attn.to_out[1](attn.to_out[0](attended))
        return result
