"""The denoiser reads prompts where they have tokens, on every device alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.synthesis.encoded_prompts import EncodedPrompts
from hsi_film_plugin.engine.synthesis.linear_denoiser import LinearShape
from hsi_film_plugin.engine.synthesis.text_denoiser import (
    TIMESTEPS,
    AttentionRecorder,
    DenoiserShape,
    build_denoiser,
    noise_levels,
    sampler,
    standardise_text,
    use_attention_of,
    velocity,
)

SHAPE = DenoiserShape(
    channels=3, side=8, token_side=2, width=32, head_width=16, layers=2, text_width=12
)
TIMES = torch.tensor([10, 900])


@pytest.fixture
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    built = build_denoiser(SHAPE).eval()
    # an untrained denoiser says nothing, whatever it is asked
    torch.nn.init.normal_(built.proj_out.weight)
    return built


def prompts() -> EncodedPrompts:
    generator = torch.Generator().manual_seed(1)
    mask = torch.tensor([[True] * 5 + [False] * 3, [True] * 8])
    tokens = torch.randn(2, 8, 12, generator=generator) * mask[..., None]
    return EncodedPrompts(tokens, mask, torch.eye(2, 3))


def noisy() -> torch.Tensor:
    return torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(2))


def test_untrained_it_predicts_nothing() -> None:
    with torch.no_grad():
        assert not velocity(build_denoiser(SHAPE), noisy(), TIMES, prompts()).any()


def test_padding_makes_no_difference(network: torch.nn.Module) -> None:
    said = prompts()
    padded = replace(
        said,
        tokens=torch.nn.functional.pad(said.tokens, (0, 0, 0, 8), value=3.0),
        mask=torch.nn.functional.pad(said.mask, (0, 8), value=False),
    )
    with torch.no_grad():
        first = velocity(network, noisy(), TIMES, said)
        second = velocity(network, noisy(), TIMES, padded)

    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-4)


def test_other_words_give_other_predictions(network: torch.nn.Module) -> None:
    with torch.no_grad():
        first = velocity(network, noisy(), TIMES, prompts())
        second = velocity(network, noisy(), TIMES, prompts().taken(torch.tensor([1, 0])))

    assert (first - second).abs().max() > 0.01


def test_attention_of_every_device_agrees_also_while_recorded(network: torch.nn.Module) -> None:
    found = []
    with torch.no_grad():
        for kind in ("cpu", "cuda"):
            use_attention_of(network, kind)
            found.append(velocity(network, noisy(), TIMES, prompts()))
        recorder = AttentionRecorder(network, 1)
        recorder.listening = True
        found.append(velocity(network, noisy(), TIMES, prompts()))

    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found[0], found[2], rtol=1e-4, atol=1e-4)
    maps = recorder.maps()
    assert maps.shape == (1, 8, 16)
    torch.testing.assert_close(maps.sum(1), torch.ones(1, 16))
    assert maps[0, 5:].max() < 1e-6


def test_nothing_recorded_is_an_error(network: torch.nn.Module) -> None:
    with pytest.raises(ValueError, match="no block"):
        AttentionRecorder(network, 1).maps()


def test_text_is_standardised_to_begin_with(network: torch.nn.Module) -> None:
    tokens = 5 + 0.1 * torch.randn(40, 8, 12)
    mask = torch.ones(40, 8, dtype=torch.bool)
    said = EncodedPrompts(tokens, mask, torch.zeros(40, 3))
    standardise_text(network, said)
    plain = build_denoiser(SHAPE)
    for layer, other, seen in (
        (
            network.caption_projection.linear_1,
            plain.caption_projection.linear_1,
            tokens[mask],
        ),
        (
            network.adaln_single.emb.text.linear_1,
            plain.adaln_single.emb.text.linear_1,
            said.means(),
        ),
    ):
        with torch.no_grad():
            assert layer(seen).std(0).mean() > 4 * other(seen).std(0).mean()


def test_next_to_nothing_is_left_at_the_last_timestep() -> None:
    levels = noise_levels()

    assert levels.shape == (TIMESTEPS,)
    assert levels[0] > 0.999
    assert levels[-1] < 1e-4
    assert (levels.diff() < 0).all()


def test_a_denoiser_has_the_noise_levels_with_it_and_its_weights_do_not() -> None:
    network = build_denoiser(SHAPE)

    assert network.noise_levels.equal(noise_levels())
    assert "noise_levels" not in network.state_dict()
    assert network.to("meta").noise_levels.device.type == "meta"


def test_the_sampler_finds_the_answer_that_a_perfect_denoiser_gives() -> None:
    answer = torch.linspace(-1, 1, 48).reshape(1, 3, 4, 4)
    levels = noise_levels()
    solver = sampler(12)
    x = torch.randn(answer.shape, generator=torch.Generator().manual_seed(0))
    for timestep in solver.timesteps:
        kept = levels[int(timestep)]
        noise = (x - kept.sqrt() * answer) / (1 - kept).sqrt()
        v = kept.sqrt() * noise - (1 - kept).sqrt() * answer
        x = solver.step(v, timestep, x, return_dict=False)[0]

    np.testing.assert_allclose(x.numpy(), answer.numpy(), atol=0.02)


def test_one_latent_pixel_may_be_a_token() -> None:
    shape = replace(SHAPE, token_side=1, side=4)
    with torch.no_grad():
        found = velocity(build_denoiser(shape), noisy()[..., :4, :4], TIMES, prompts())

    assert found.shape == (2, 3, 4, 4)


def test_what_the_reading_says_moves_the_prediction_of_one_with_a_linear_part() -> None:
    shape = replace(SHAPE, linear=LinearShape(components=4, reading=3, means=2))
    network = build_denoiser(shape)
    torch.nn.init.normal_(network.linear_part.reads)
    torch.nn.init.normal_(network.linear_part.shows)
    said = prompts()
    others = replace(said, readings=said.readings.flip(0))
    with torch.no_grad():
        first = velocity(network, noisy(), TIMES, said)
        second = velocity(network, noisy(), TIMES, others)

    assert (first - second).abs().max() > 0.01
