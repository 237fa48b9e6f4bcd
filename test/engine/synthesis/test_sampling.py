"""Samples follow their class and prompt, and depend on nothing but seed and index."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.synthesis import sampling
from hsi_film_plugin.engine.synthesis.patches import PatchData
from hsi_film_plugin.engine.synthesis.sampling import (
    BATCH,
    SampleOrder,
    balance_counts,
    class_order,
    reconstruct_with_noise,
    sample_patches,
)
from hsi_film_plugin.engine.synthesis.synthesizer import Synthesizer
from hsi_film_plugin.engine.synthesis.text_denoiser import velocity

from .conftest import SpellingEncoder


def sampled(
    synthesizer: Synthesizer, order: SampleOrder, attention: bool = False
) -> tuple[np.ndarray, list[np.ndarray | None]]:
    cpu = Device("cpu", "A test asked for it.", bfloat16=False)
    batches = list(
        sample_patches(
            synthesizer,
            order,
            SpellingEncoder(),
            cpu,
            Progress(),
            attention,  # type: ignore[arg-type]
        )
    )
    return np.concatenate([b.components for b in batches]), [b.attention for b in batches]


def draft_of(synthesizer: Synthesizer, components: np.ndarray) -> np.ndarray:
    return synthesizer.draft.of(np.moveaxis(components, 1, -1))[0]


def test_samples_are_of_the_class_that_their_prompt_names(synthesizer: Synthesizer) -> None:
    order = class_order(synthesizer, [16, 16], steps=12, guidance=3.0)
    components, _ = sampled(synthesizer, order)
    centres = draft_of(synthesizer, components)[:, 4, 4]

    assert components.shape == (32, 4, 8, 8)
    assert (centres == order.class_indices).mean() > 0.85


def test_a_sample_depends_on_seed_and_index_only(synthesizer: Synthesizer) -> None:
    order = SampleOrder(np.zeros(BATCH + 3, np.int64), ("meadow",) * (BATCH + 3), steps=4)
    many, _ = sampled(synthesizer, order)
    few, _ = sampled(synthesizer, replace(order, prompts=order.prompts[:5]))
    other, _ = sampled(synthesizer, replace(order, prompts=order.prompts[:5], seed=1))

    assert len(many) == BATCH + 3
    np.testing.assert_array_equal(many[:5], few)
    assert np.abs(many[:5] - other).max() > 0.1
    assert np.abs(many[BATCH] - many[0]).max() > 0.1


def test_guidance_of_one_is_the_prompt_alone_and_more_moves_away_from_none(
    synthesizer: Synthesizer,
) -> None:
    order = SampleOrder(np.ones(4, np.int64), ("lake",) * 4, guidance=1.0, steps=6)
    plain, _ = sampled(synthesizer, order)
    guided, _ = sampled(synthesizer, replace(order, guidance=3.0))
    unmoved, _ = sampled(synthesizer, replace(order, guidance=3.0, negative="lake"))

    assert np.abs(guided - plain).max() > 0.01
    np.testing.assert_allclose(unmoved, plain, atol=1e-3)


@pytest.mark.parametrize(("guidance", "guided"), [(3.0, 6), (1.0, 0)])
def test_only_the_noisiest_steps_are_guided(
    synthesizer: Synthesizer, guidance: float, guided: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[int] = []

    def listening(network: Any, noisy: Any, *others: Any) -> Any:
        rows.append(len(noisy))
        return velocity(network, noisy, *others)

    monkeypatch.setattr(sampling, "velocity", listening)
    sampled(synthesizer, SampleOrder(np.ones(2, np.int64), ("lake",) * 2, "", guidance, 10))

    assert rows == [2 * BATCH] * guided + [BATCH] * (10 - guided)


def test_a_word_is_shown_where_it_acts(synthesizer: Synthesizer) -> None:
    prompts = ("mostly meadow, with lake to the east", "mostly meadow, with lake to the west")
    order = SampleOrder(np.zeros(2, np.int64), prompts, steps=6)
    _, (maps,) = sampled(synthesizer, order, attention=True)
    assert maps is not None
    spelt = [token.text for token in SpellingEncoder().tokens(prompts[0])]
    east, west = maps[:, spelt.index("lake")].astype(np.float32)

    to_the_east = [word[:, 5:].sum() / word.sum() for word in (east, west)]

    assert to_the_east[0] > 1.1 * to_the_east[1]


def test_attention_has_a_map_for_every_token(synthesizer: Synthesizer) -> None:
    prompts = ("lake", "mostly meadow, with lake to the east")
    order = SampleOrder(np.array([1, 0]), prompts, steps=6)
    with_maps, (maps,) = sampled(synthesizer, order, attention=True)
    without, _ = sampled(synthesizer, order)

    assert maps is not None
    assert maps.dtype == np.float16
    assert maps.shape == (2, 9, 8, 8)
    assert maps.min() >= 0
    assert maps.sum(axis=1).max() < 1.02
    assert maps[0, 3:].max() < 1e-3  # beyond the first prompt's three tokens
    np.testing.assert_array_equal(with_maps, without)


def test_another_text_encoder_is_refused(synthesizer: Synthesizer) -> None:
    with pytest.raises(InputError, match="trained with the text encoder 'spelling'"):
        sampled(
            replace(synthesizer, encoder_sha256="6" * 64),
            SampleOrder(np.array([0]), ("meadow",), steps=4),
        )


def test_sampling_can_be_cancelled(
    synthesizer: Synthesizer, text_encoder: Any, cpu: Device
) -> None:
    progress = Progress()
    progress.cancelled.set()
    order = SampleOrder(np.array([0]), ("meadow",), steps=4)

    with pytest.raises(Cancelled):
        next(sample_patches(synthesizer, order, text_encoder, cpu, progress))


def test_orders_draw_prompts_of_real_patches_or_coarse_ones(synthesizer: Synthesizer) -> None:
    fine = class_order(synthesizer, [3, 5], seed=2)
    coarse = class_order(synthesizer, [3, 5], coarse=True, guidance=4.0)

    assert fine.class_indices.tolist() == [0] * 3 + [1] * 5
    assert set(fine.prompts[3:]) <= set(synthesizer.prompts[1])
    assert coarse.prompts == ("meadow",) * 3 + ("lake",) * 5
    assert coarse.guidance == 4.0


def test_balance_brings_classes_to_the_largest() -> None:
    assert balance_counts([100, 10, 3], 0.0).tolist() == [0, 0, 0]
    assert balance_counts([100, 10, 3], 0.5).tolist() == [0, 45, 49]
    assert balance_counts([100, 10, 3], 1.0).tolist() == [0, 90, 97]


def test_samples_of_the_autoencoder_alone_are_near_real_patches(
    synthesizer: Synthesizer, patch_data: PatchData
) -> None:
    near, far = (
        reconstruct_with_noise(synthesizer, patch_data.labelled, 6, 1, 0, spread)
        for spread in (0.0, 1.0)
    )
    again = reconstruct_with_noise(synthesizer, patch_data.labelled, 6, 1, 0, 0.0)
    real = patch_data.labelled.values[patch_data.labelled.classes == 1][:, :, :8, :8]
    distance = np.abs(near[:, None] - real[None]).mean(axis=(2, 3, 4)).min(axis=1)

    assert near.shape == (6, 4, 8, 8)
    assert distance.max() < 0.3
    np.testing.assert_array_equal(near, again)
    assert np.abs(far - near).mean() > 0.1


def test_a_class_without_patches_is_a_sentence(
    synthesizer: Synthesizer, patch_data: PatchData
) -> None:
    none = patch_data.labelled.taken(patch_data.labelled.classes == 0)

    with pytest.raises(InputError, match="'lake'"):
        reconstruct_with_noise(synthesizer, none, 2, 1, 0, 0.1)
