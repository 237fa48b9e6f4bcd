"""The frozen network: loaded whole or refused, and read at its decoder blocks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

from hsi_film_plugin.engine.backbone import BUNDLED, WEIGHTS, Backbone
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import InputError

CPU = Device("cpu", "a test", bfloat16=False)


@pytest.fixture(scope="module")
def backbone(tiny_backbone: Path) -> Backbone:
    return Backbone(tiny_backbone, CPU)


@pytest.fixture
def copied(tiny_backbone: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that copies the tiny backbone with other entries in its config."""

    def copy(**entries: Any) -> Path:
        folder = tmp_path / "copy"
        shutil.copytree(tiny_backbone, folder)
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | entries))
        return folder

    return copy


def pictures(count: int = 2) -> torch.Tensor:
    return torch.rand((count, 3, 64, 64), generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_blocks_come_in_the_order_asked_for_with_the_sizes_of_the_decoder(backbone: Backbone):
    assert backbone.info.blocks == 3
    first, second = backbone.activations(pictures(), 0, (-3, -1))
    assert first.shape == (2, 16, 32, 32)  # the first decoder block ends with an upsampling
    assert second.shape == (2, 8, 64, 64)
    other, _ = backbone.activations(pictures(), 0, (-1, -3))
    torch.testing.assert_close(other, second)


def test_activations_are_those_of_the_whole_network(backbone: Backbone):
    seen = []
    hook = backbone.unet.up_blocks[-2].register_forward_hook(lambda *found: seen.append(found[2]))
    alpha = backbone.alphas_cumprod[25]
    noised = alpha.sqrt() * pictures() + (1 - alpha).sqrt() * backbone.noise
    with torch.inference_mode():
        backbone.unet(noised, 25)
    hook.remove()
    (found,) = backbone.activations(pictures(), 25, (-2,))
    torch.testing.assert_close(found, seen[0])


def test_the_decoder_stops_after_the_last_wanted_block_and_hooks_are_removed(backbone: Backbone):
    reached = []
    hook = backbone.unet.up_blocks[-1].register_forward_hook(lambda *_: reached.append(1))
    backbone.activations(pictures(), 0, (-2, -3))
    assert not reached
    backbone.activations(pictures(), 0, (-1,))
    assert reached == [1]
    hook.remove()
    assert all(not block._forward_hooks for block in backbone.unet.up_blocks)


def test_a_picture_s_activations_do_not_depend_on_its_neighbours_in_the_batch(backbone: Backbone):
    batch = pictures(4)
    (whole,) = backbone.activations(batch, 0, (-2,))
    (partly,) = backbone.activations(torch.cat([batch[:1], torch.zeros(3, 3, 64, 64)]), 0, (-2,))
    assert torch.equal(whole[0], partly[0])


def test_two_loads_give_the_same_bytes_and_the_noise_does_not_touch_the_global_seed(
    tiny_backbone: Path, backbone: Backbone
):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    again = Backbone(tiny_backbone, CPU)
    assert torch.equal(torch.rand(1), expected)
    assert again.info == backbone.info
    assert torch.equal(
        again.activations(pictures(), 50, (-1,))[0], backbone.activations(pictures(), 50, (-1,))[0]
    )


def test_later_timesteps_are_noisier(backbone: Backbone):
    clean, little, much = (backbone.activations(pictures(), t, (-1,))[0] for t in (0, 25, 500))
    assert (clean - little).abs().mean() < (clean - much).abs().mean()


def test_a_noise_schedule_beside_the_weights_is_used(copied: Callable[..., Path]):
    folder = copied()
    cosine = Backbone(folder, CPU).alphas_cumprod
    (folder / "scheduler_config.json").write_text(
        json.dumps({"_class_name": "DDPMScheduler", "beta_schedule": "linear"})
    )
    assert not torch.equal(Backbone(folder, CPU).alphas_cumprod, cosine)


@pytest.mark.parametrize("timestep", [-1, 1000])
def test_a_timestep_out_of_range_is_named(backbone: Backbone, timestep: int):
    with pytest.raises(InputError, match=f"TIMESTEP is {timestep}; this backbone has 0 to 999"):
        backbone.check(timestep, (-1,))


@pytest.mark.parametrize("blocks", [(0,), (-4,), (-1, 2), ()])
def test_blocks_out_of_range_are_named(backbone: Backbone, blocks: tuple[int, ...]):
    with pytest.raises(InputError, match=r"BLOCKS is \[.*\]; .* -1 \(the last\) to -3"):
        backbone.check(0, blocks)


def test_a_folder_without_a_network_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"no 'config\.json'"):
        Backbone(tmp_path, CPU)


def test_a_folder_without_weights_is_refused(copied: Callable[..., Path]):
    folder = copied()
    (folder / WEIGHTS).unlink()
    with pytest.raises(InputError, match=f"has no '{WEIGHTS}'"):
        Backbone(folder, CPU)


@pytest.mark.parametrize("text", ["{", "[]", "3", "\x00\xff"])
def test_a_config_that_describes_no_network_is_refused(copied: Callable[..., Path], text: str):
    folder = copied()
    (folder / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"config\.json"):
        Backbone(folder, CPU)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"_class_name": "UNet2DConditionModel"}, "is a UNet2DConditionModel"),
        ({"in_channels": 4}, "of 4 channels"),
        ({"class_embed_type": "timestep"}, "choose an unconditional one"),
        ({"num_class_embeds": 10}, r"lacks 1 weights, such as 'class_embedding\.weight'"),
        ({"time_embedding_type": "fourier"}, "counts noise by 'fourier'"),
        ({"block_out_channels": [32, 32]}, "cannot be loaded"),
        ({"block_out_channels": "wide"}, "cannot be loaded"),
        ({"block_out_channels": [64, 64, 64]}, "cannot be loaded"),
        ({"down_block_types": ["NoBlock", "DownBlock2D", "DownBlock2D"]}, "cannot be loaded"),
        ({"layers_per_block": 2}, "cannot be loaded"),
    ],
)
def test_another_network_is_refused_with_what_it_is(
    copied: Callable[..., Path], entries: dict[str, Any], sentence: str
):
    with pytest.raises(InputError, match=sentence):
        Backbone(copied(**entries), CPU)


def test_truncated_weights_are_refused(copied: Callable[..., Path]):
    folder = copied()
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"copy' cannot be loaded"):
        Backbone(folder, CPU)


def test_weights_that_are_missing_are_never_random_ones(copied: Callable[..., Path]):
    folder = copied()
    tensors = load_file(folder / WEIGHTS)
    del tensors["conv_in.weight"]
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(InputError, match=r"lacks 1 weights, such as 'conv_in\.weight'"):
        Backbone(folder, CPU)


@pytest.mark.parametrize(
    "text", ["{", '{"beta_schedule": "steep"}', '{"_class_name": "EDMEulerScheduler"}', "[]"]
)
def test_a_damaged_noise_schedule_is_refused(copied: Callable[..., Path], text: str):
    folder = copied()
    (folder / "scheduler_config.json").write_text(text)
    with pytest.raises(InputError, match=r"copy' cannot be loaded"):
        Backbone(folder, CPU)


def small_unet(**options: Any) -> UNet2DModel:
    torch.manual_seed(2)
    return UNet2DModel(
        **{
            "block_out_channels": (8, 16),
            "norm_num_groups": 4,
            "layers_per_block": 1,
            "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
            "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
            "attention_head_dim": 4,
        }
        | options
    )


@pytest.mark.parametrize(
    ("levels", "suggested"),
    [(1, ((-1,),)), (2, ((-1,),)), (3, ((-2, -3),)), (4, ((-2, -3), (-2, -3, -4)))],
)
def test_only_blocks_that_the_network_has_are_suggested(
    tmp_path: Path, levels: int, suggested: tuple[tuple[int, ...], ...]
):
    small_unet(
        block_out_channels=(8,) * levels,
        down_block_types=("DownBlock2D",) * levels,
        up_block_types=("UpBlock2D",) * levels,
    ).save_pretrained(tmp_path / "small")
    assert Backbone(tmp_path / "small", CPU).info.suggested_blocks == suggested


def test_a_network_with_labels_gets_the_mean_of_their_embeddings(tmp_path: Path):
    unet = small_unet(num_class_embeds=3)
    unet.save_pretrained(tmp_path / "labelled")
    backbone = Backbone(tmp_path / "labelled", CPU)
    assert "one of 3 class labels" in backbone.info.note
    assert "mean of the label embeddings" in backbone.info.note
    (found,) = backbone.activations(pictures(), 10, (-1,))
    mean = unet.class_embedding.weight.mean(0, keepdim=True).detach()
    unet.class_embedding.weight.data[:1] = mean
    seen = []
    unet.up_blocks[-1].register_forward_hook(lambda *call: seen.append(call[2]))
    alpha = backbone.alphas_cumprod[10]
    noised = alpha.sqrt() * pictures() + (1 - alpha).sqrt() * backbone.noise
    with torch.inference_mode():
        unet(noised, 10, class_labels=torch.tensor([0, 0]))
        unet(noised, 10, class_labels=torch.tensor([1, 1]))
    torch.testing.assert_close(found, seen[0])
    assert (found - seen[1]).abs().max() > 1e-3


def test_a_pipeline_of_an_unconditional_network_is_read_with_its_schedule(tmp_path: Path):
    pipeline = DDPMPipeline(small_unet(), DDPMScheduler(beta_schedule="linear"))
    pipeline.save_pretrained(tmp_path / "pipeline")
    backbone = Backbone(tmp_path / "pipeline", CPU)
    torch.testing.assert_close(
        backbone.alphas_cumprod, (1 - torch.linspace(1e-4, 0.02, 1000)).cumprod(0)
    )
    assert backbone.activations(pictures(), 0, (-1,))[0].shape == (2, 8, 64, 64)
    assert backbone.info.name == "pipeline"


def test_half_precision_weights_of_a_pipeline_are_read(tmp_path: Path):
    unet = small_unet().half()
    unet.save_pretrained(tmp_path / "half", variant="fp16")
    assert not (tmp_path / "half" / WEIGHTS).exists()
    (found,) = Backbone(tmp_path / "half", CPU).activations(pictures(), 0, (-1,))
    assert found.dtype == torch.float32
    unet.save_pretrained(tmp_path / "plain")
    (again,) = Backbone(tmp_path / "plain", CPU).activations(pictures(), 0, (-1,))
    assert torch.equal(found, again)


def test_a_network_of_too_many_levels_for_a_window_is_refused(tmp_path: Path):
    unet = small_unet(
        block_out_channels=(4,) * 8,
        down_block_types=("DownBlock2D",) * 8,
        up_block_types=("UpBlock2D",) * 8,
    )
    unet.save_pretrained(tmp_path / "deep")
    with pytest.raises(InputError, match="halves a window 7 times, and 64 pixels allow 6"):
        Backbone(tmp_path / "deep", CPU)


def test_blocks_with_a_shortcut_of_their_own_are_read(tmp_path: Path):
    unet = small_unet(
        down_block_types=("SkipDownBlock2D",) * 2,
        up_block_types=("SkipUpBlock2D",) * 2,
        block_out_channels=(16, 16),
    )
    unet.save_pretrained(tmp_path / "skip")
    first, last = Backbone(tmp_path / "skip", CPU).activations(pictures(), 0, (-2, -1))
    assert first.shape[:2] == last.shape[:2] == (2, 16)


@pytest.mark.skipif(not (BUNDLED / WEIGHTS).exists(), reason="no backbone is bundled here")
def test_the_bundled_backbone_loads_and_is_no_random_network():
    bundled = Backbone(None, CPU)
    assert bundled.info.name == "bundled"
    assert bundled.info.blocks >= 3
    # a trained network predicts the noise of a noised picture far better than a guess of none
    ramp = torch.linspace(-0.8, 0.8, 64).expand(1, 3, 64, 64)
    alpha = bundled.alphas_cumprod[300]
    noised = alpha.sqrt() * ramp + (1 - alpha).sqrt() * bundled.noise
    with torch.inference_mode():
        predicted = bundled.unet(noised, 300).sample
    assert (predicted - bundled.noise).square().mean() < 0.5 * bundled.noise.square().mean()
