"""Stable Diffusion folders as backbones: encoded, noised and read under the empty text."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
from safetensors.torch import load_file, save_file

from hsi_film_plugin.engine.backbone import WEIGHTS, Backbone
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.jobs import JOBS
from hsi_film_plugin.engine.latent_diffusion import PROMPT, PROMPT_FILE
from hsi_film_plugin.engine.progress import Progress

CPU = Device("cpu", "a test", bfloat16=False)
TOKENS, WIDTH = 7, 12


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a very small Stable Diffusion of random weights, whose VAE reduces by 2."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("pipelines") / "small"
    vae = AutoencoderKL(
        block_out_channels=(4, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=2,
        mid_block_add_attention=False,
        latent_channels=4,
        scaling_factor=0.3,
    )
    unet = UNet2DConditionModel(
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=4,
        cross_attention_dim=WIDTH,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )
    vae.save_pretrained(folder / "vae")
    unet.save_pretrained(folder / "unet")
    scheduler = PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True
    )
    scheduler.save_pretrained(folder / "scheduler")
    index = {
        "_class_name": "StableDiffusionPipeline",
        "vae": ["diffusers", "AutoencoderKL"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    save_file({PROMPT: torch.randn(TOKENS, WIDTH)}, folder / PROMPT_FILE)
    return folder


@pytest.fixture
def copied(pipeline: Path, tmp_path: Path) -> Path:
    shutil.copytree(pipeline, tmp_path / "copy")
    return tmp_path / "copy"


def pictures(count: int = 2) -> torch.Tensor:
    return torch.rand((count, 3, 64, 64), generator=torch.Generator().manual_seed(1)) * 2 - 1


def change(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_blocks_are_those_of_the_unet_for_noised_latents_and_the_empty_text(pipeline: Path):
    backbone = Backbone(pipeline, CPU)
    assert backbone.info.blocks == 2
    found = backbone.activations(pictures(), 40, (-2, -1))

    vae = AutoencoderKL.from_pretrained(pipeline / "vae").eval()
    unet = UNet2DConditionModel.from_pretrained(pipeline / "unet").eval()
    seen: list[torch.Tensor] = []
    for block in unet.up_blocks:
        block.register_forward_hook(lambda *call: seen.append(call[2]))
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    kept = (1 - betas).cumprod(0)[40]
    large = torch.nn.functional.interpolate(pictures(), scale_factor=2.0, mode="bilinear")
    noise = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(0))
    prompt = load_file(pipeline / PROMPT_FILE)[PROMPT]
    with torch.inference_mode():
        latents = 0.3 * vae.encode(large).latent_dist.mean
        assert latents.shape == (2, 4, 64, 64)  # one place for each pixel of the window
        noised = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        unet(noised, 40, encoder_hidden_states=prompt.expand(2, TOKENS, WIDTH))
    assert [tuple(block.shape) for block in found] == [(2, 16, 64, 64), (2, 8, 64, 64)]
    for ours, theirs in zip(found, seen):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


def test_the_text_matters(pipeline: Path, copied: Path):
    save_file({PROMPT: torch.zeros(1, TOKENS, WIDTH)}, copied / PROMPT_FILE)
    (one,) = Backbone(pipeline, CPU).activations(pictures(), 0, (-1,))
    (other,) = Backbone(copied, CPU).activations(pictures(), 0, (-1,))
    assert (one - other).abs().max() > 1e-3


def test_a_picture_s_activations_do_not_depend_on_its_neighbours_in_the_batch(pipeline: Path):
    backbone, batch = Backbone(pipeline, CPU), pictures(4)
    (whole,) = backbone.activations(batch, 0, (-1,))
    (partly,) = backbone.activations(torch.cat([batch[:1], torch.zeros(3, 3, 64, 64)]), 0, (-1,))
    assert torch.equal(whole[0], partly[0])


@pytest.mark.parametrize("part", ["vae", "unet", "prompt"])
def test_other_weights_of_any_part_make_another_backbone(pipeline: Path, copied: Path, part: str):
    assert Backbone(copied, CPU).info.sha256 == Backbone(pipeline, CPU).info.sha256
    path = copied / PROMPT_FILE if part == "prompt" else copied / part / WEIGHTS
    tensors = load_file(path)
    name = next(iter(tensors))
    tensors[name] = tensors[name] + 1
    save_file(tensors, path, {"format": "pt"})
    assert Backbone(copied, CPU).info.sha256 != Backbone(pipeline, CPU).info.sha256


def test_half_precision_weights_are_read(copied: Path):
    for part, kind in (("vae", AutoencoderKL), ("unet", UNet2DConditionModel)):
        model = kind.from_pretrained(copied / part).half()
        (copied / part / WEIGHTS).unlink()
        model.save_pretrained(copied / part, variant="fp16")
    (found,) = Backbone(copied, CPU).activations(pictures(), 0, (-1,))
    assert found.dtype == torch.float32
    assert found.isfinite().all()


def test_features_of_a_scene_are_written(make_raster, pipeline: Path, tmp_path: Path):
    import numpy as np
    import rasterio

    bands = np.random.default_rng(0).random((5, 40, 50)).astype(np.float32)
    params = {
        "input": str(make_raster("scene.tif", bands)),
        "backbone": str(pipeline),
        "output": str(tmp_path / "features.tif"),
        "blocks": [-1, -2],
        "components": 4,
        "device": "cpu",
        "pseudo_image": "pca",
    }
    JOBS["extract_features"](params, Progress())
    with rasterio.open(tmp_path / "features.tif") as dataset:
        features = dataset.read()
    assert features.shape == (4, 40, 50)
    assert np.isfinite(features).all()
    assert (features.std(axis=(1, 2)) > 0.1).all()


@pytest.mark.gpu
def test_on_a_gpu_features_are_those_of_the_cpu(pipeline: Path, gpu: Device):
    exact = Device(gpu.kind, "a test", bfloat16=False)
    (here,) = Backbone(pipeline, CPU).activations(pictures(), 25, (-2,))
    (there,) = Backbone(pipeline, exact).activations(pictures(), 25, (-2,))
    assert (there.cpu() - here).abs().max() < 0.02 * here.std()


# ---- the empty text


def spoiled(tensors: dict[str, torch.Tensor]) -> Callable[[Path], None]:
    return lambda folder: save_file(tensors, folder / PROMPT_FILE)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoiled({"text": torch.zeros(TOKENS, WIDTH)}), r"holds \['text'\] and no 'empty_prompt'"),
        (spoiled({PROMPT: torch.zeros(WIDTH)}), r"no finite \(tokens, width\) but \(12,\)"),
        (spoiled({PROMPT: torch.full((TOKENS, WIDTH), torch.nan)}), "no finite"),
        (spoiled({PROMPT: torch.zeros(TOKENS, 5)}), "embedded in 5 numbers.*UNet reads 12"),
        (lambda folder: (folder / PROMPT_FILE).write_bytes(b"no"), "cannot be loaded"),
        (
            lambda folder: (folder / PROMPT_FILE).unlink(),
            "neither 'empty_prompt.* nor a 'text_encoder' with",
        ),
    ],
)
def test_an_empty_text_that_does_not_fit_is_refused(copied: Path, spoil, sentence: str):
    spoil(copied)
    with pytest.raises(InputError, match=sentence):
        Backbone(copied, CPU)


def test_without_transformers_the_way_out_is_said(
    copied: Path, monkeypatch: pytest.MonkeyPatch, text_parts: None
):
    monkeypatch.setitem(sys.modules, "transformers", None)  # as if it were not installed
    with pytest.raises(InputError, match=r"package transformers.*Put 'empty_prompt\.safetensors'"):
        Backbone(copied, CPU)


@pytest.fixture
def text_parts(copied: Path) -> None:
    """Replace the stored text by a tokenizer and what looks like a text encoder."""
    (copied / PROMPT_FILE).unlink()
    tokenizer = copied / "tokenizer"
    tokenizer.mkdir()
    words = ["!", "a</w>", "b</w>", "ab</w>", "<|startoftext|>", "<|endoftext|>"]
    (tokenizer / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}))
    (copied / "text_encoder").mkdir()
    (copied / "text_encoder" / "model.safetensors").write_bytes(b"")


@pytest.fixture
def text_encoder(copied: Path, text_parts: None) -> Any:
    """Return a very small text encoder, saved in its place."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(1)
    config = transformers.CLIPTextConfig(
        vocab_size=6,
        hidden_size=WIDTH,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=TOKENS,
        bos_token_id=4,
        eos_token_id=5,
    )
    encoder = transformers.CLIPTextModel(config).eval()
    encoder.save_pretrained(copied / "text_encoder", safe_serialization=True)
    return encoder


@pytest.mark.parametrize(
    ("special", "filler"),
    [({}, 5), ({"pad_token": "!"}, 0), ({"pad_token": {"content": "!", "lstrip": False}}, 0)],
    ids=["none", "text", "described"],
)
def test_the_empty_text_is_computed_by_the_text_encoder(
    copied: Path, text_encoder: Any, special: dict[str, Any], filler: int
):
    (copied / "tokenizer" / "special_tokens_map.json").write_text(json.dumps(special))
    with torch.inference_mode():
        tokens = torch.tensor([[4, 5] + [filler] * (TOKENS - 2)])
        expected = text_encoder(tokens).last_hidden_state
    (found,) = Backbone(copied, CPU).activations(pictures(), 0, (-1,))
    save_file({PROMPT: expected.clone()}, copied / PROMPT_FILE)
    (stored,) = Backbone(copied, CPU).activations(pictures(), 0, (-1,))
    torch.testing.assert_close(found, stored)


def test_a_text_encoder_that_lacks_weights_is_refused(copied: Path, text_encoder: Any):
    path = copied / "text_encoder" / "model.safetensors"
    tensors = load_file(path)
    name = next(name for name in tensors if name.endswith("q_proj.weight"))
    del tensors[name]
    save_file(tensors, path, {"format": "pt"})
    with pytest.raises(InputError, match=r"lacks 1 weights, such as '.*q_proj"):
        Backbone(copied, CPU)


# ---- what is refused


@pytest.mark.parametrize(
    ("file", "entries", "sentence"),
    [
        ("unet/config.json", {"addition_embed_type": "text_time"}, "wants more than a text"),
        ("unet/config.json", {"num_class_embeds": 1000}, "'num_class_embeds' is 1000"),
        ("unet/config.json", {"_class_name": "Transformer"}, "has a Transformer as 'unet'"),
        ("vae/config.json", {"_class_name": "VQModel"}, "has a VQModel as 'vae'"),
        ("unet/config.json", {"layers_per_block": 2}, "unet' cannot be loaded"),
        ("unet/config.json", {"cross_attention_dim": 16}, "unet' cannot be loaded"),
        ("vae/config.json", {"latent_channels": 2}, "vae' cannot be loaded"),
    ],
)
def test_other_pipelines_are_refused(
    copied: Path, file: str, entries: dict[str, Any], sentence: str
):
    change(copied / file, **entries)
    with pytest.raises(InputError, match=sentence):
        Backbone(copied, CPU)


def test_a_unet_that_fills_gaps_is_refused(copied: Path):
    config = json.loads((copied / "unet" / "config.json").read_text())
    shutil.rmtree(copied / "unet")
    UNet2DConditionModel(**{**config, "in_channels": 9}).save_pretrained(copied / "unet")
    with pytest.raises(InputError, match="its UNet takes 9 channels and its VAE gives 4"):
        Backbone(copied, CPU)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("scheduler", "has no 'scheduler/scheduler_config.json'"),
        ("vae", r"vae' has no 'config\.json'"),
        (f"unet/{WEIGHTS}", f"unet' has no '{WEIGHTS}'"),
    ],
)
def test_parts_that_are_missing_are_named(copied: Path, missing: str, sentence: str):
    path = copied / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(InputError, match=sentence):
        Backbone(copied, CPU)


def test_a_latent_diffusion_without_text_is_refused(copied: Path):
    index = json.loads((copied / "model_index.json").read_text())
    del index["vae"]
    (copied / "model_index.json").write_text(json.dumps(index | {"vqvae": ["diffusers", "VQ"]}))
    with pytest.raises(InputError, match="has nothing as 'vae'"):
        Backbone(copied, CPU)
