"""Published checkpoints become backbones: told by shapes, equal to the original network.

The original network stands below as it is described in its paper (Dhariwal and Nichol
2021, arXiv 2105.05233): a plan of layers, and plain functions of a dict of tensors that
carry the published checkpoints' names.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from safetensors.torch import load_file, save_file

from hsi_film_plugin.engine import adm_checkpoint, adm_unet
from hsi_film_plugin.engine.backbone import WEIGHTS, Backbone
from hsi_film_plugin.engine.backbone_conversion import ConversionSettings, convert_backbone
from hsi_film_plugin.engine.device import Device
from hsi_film_plugin.engine.errors import Cancelled, EngineError, InputError, OutputError
from hsi_film_plugin.engine.jobs import JOBS
from hsi_film_plugin.engine.progress import Progress

CPU = Device("cpu", "a test", bfloat16=False)
Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Flags:
    """A network as its authors' flags describe it."""

    channels: int
    multipliers: tuple[float, ...]
    res_blocks: int
    attention: tuple[int, ...]  # levels
    classes: int = 0
    heads: int = 0
    head_channels: int = 0
    new_order: bool = False
    cosine: bool = False

    def width(self, level: int) -> int:
        return int(self.multipliers[level] * self.channels)


ADM_64 = Flags(192, (1, 2, 3, 4), 3, (1, 2, 3), 1000, 0, 64, new_order=True, cosine=True)
ADM_128 = Flags(256, (1, 1, 2, 3, 4), 2, (2, 3, 4), 1000, 4)
ADM_256 = Flags(256, (1, 1, 2, 2, 4, 4), 2, (3, 4, 5), 1000, 0, 64)
ADM_256_UNCONDITIONAL = Flags(256, (1, 1, 2, 2, 4, 4), 2, (3, 4, 5), 0, 0, 64)
ADM_512 = Flags(256, (0.5, 1, 1, 2, 2, 4, 4), 2, (4, 5, 6), 1000, 0, 64)

NEW = Flags(32, (1, 2, 3), 1, (1, 2), 10, 0, 32, new_order=True, cosine=True)
LEGACY = Flags(32, (1, 2, 2), 1, (2,), 0, 4)
LEGACY_LABELLED = Flags(64, (0.5, 1), 2, (1,), 7, 0, 16, cosine=True)


def plan(flags: Flags) -> dict[str, list[tuple[str, int, int]]]:
    """Return each block's layers: kind, channels in, channels out."""
    blocks = {"input_blocks.0": [("conv", 3, flags.width(0))]}
    width, kept = flags.width(0), [flags.width(0)]
    levels = range(len(flags.multipliers))

    def attended(level: int, layers: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
        here = flags.width(level)
        return [*layers, ("attention", here, here)] if level in flags.attention else layers

    for level in levels:
        for _ in range(flags.res_blocks):
            layers = attended(level, [("res", width, flags.width(level))])
            blocks[f"input_blocks.{len(kept)}"] = layers
            width = flags.width(level)
            kept.append(width)
        if level != levels[-1]:
            blocks[f"input_blocks.{len(kept)}"] = [("down", width, width)]
            kept.append(width)
    blocks["middle_block"] = [("res", width, width), ("attention", width, width)]
    blocks["middle_block"].append(("res", width, width))
    number = 0
    for level in reversed(levels):
        for repeat in range(flags.res_blocks + 1):
            layers = attended(level, [("res", width + kept.pop(), flags.width(level))])
            width = flags.width(level)
            if level and repeat == flags.res_blocks:
                layers.append(("up", width, width))
            blocks[f"output_blocks.{number}"] = layers
            number += 1
    return blocks


def named_shapes(flags: Flags) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a checkpoint's tensors in the order of its file."""
    embedding = 4 * flags.channels
    shapes: dict[str, tuple[int, ...]] = {}

    def layer(name: str, *weight: int) -> None:
        shapes[f"{name}.weight"] = weight
        shapes[f"{name}.bias"] = weight[:1]

    layer("time_embed.0", embedding, flags.channels)
    layer("time_embed.2", embedding, embedding)
    if flags.classes:
        shapes["label_emb.weight"] = (flags.classes, embedding)
    for block, layers in plan(flags).items():
        for place, (kind, taken, given) in enumerate(layers):
            name = f"{block}.{place}"
            if kind == "conv":
                layer(name, given, taken, 3, 3)
            elif kind == "attention":
                layer(f"{name}.norm", given)
                layer(f"{name}.qkv", 3 * given, given, 1)
                layer(f"{name}.proj_out", given, given, 1)
            else:
                layer(f"{name}.in_layers.0", taken)
                layer(f"{name}.in_layers.2", given, taken, 3, 3)
                layer(f"{name}.emb_layers.1", 2 * given, embedding)
                layer(f"{name}.out_layers.0", given)
                layer(f"{name}.out_layers.3", given, given, 3, 3)
                if taken != given:
                    layer(f"{name}.skip_connection", given, taken, 1, 1)
    layer("out.0", flags.width(0))
    layer("out.2", 6, flags.width(0), 3, 3)
    return shapes


def random_weights(flags: Flags) -> Tensors:
    """Return weights that keep maps near unit size, with nothing left at 0 or 1."""
    generator = torch.Generator().manual_seed(5)
    weights = {}
    for name, shape in named_shapes(flags).items():
        drawn = torch.randn(shape, generator=generator)
        if len(shape) == 1:
            weights[name] = 0.1 * drawn + (1.0 if name.endswith("weight") else 0.0)
        else:
            weights[name] = drawn / math.prod(shape[1:]) ** 0.5
    return weights


def reference_blocks(
    flags: Flags, weights: Tensors, x: torch.Tensor, timestep: int
) -> list[torch.Tensor]:
    """Return the decoder blocks' maps of the original network under the mean label."""

    def affine(name: str, function: Any, h: torch.Tensor, **options: Any) -> torch.Tensor:
        return function(h, weights[f"{name}.weight"], weights[f"{name}.bias"], **options)

    def norm(name: str, h: torch.Tensor) -> torch.Tensor:
        return F.group_norm(h, 32, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def residual(name: str, kind: str, h: torch.Tensor) -> torch.Tensor:
        inner = F.silu(norm(f"{name}.in_layers.0", h))
        if kind == "down":
            inner, h = F.avg_pool2d(inner, 2, 2), F.avg_pool2d(h, 2, 2)
        if kind == "up":
            inner, h = (m.repeat_interleave(2, 2).repeat_interleave(2, 3) for m in (inner, h))
        inner = affine(f"{name}.in_layers.2", F.conv2d, inner, padding=1)
        steering = affine(f"{name}.emb_layers.1", F.linear, F.silu(emb))
        scale, shift = steering[:, : inner.shape[1]], steering[:, inner.shape[1] :]
        inner = norm(f"{name}.out_layers.0", inner)
        inner = inner * (1 + scale[:, :, None, None]) + shift[:, :, None, None]
        inner = affine(f"{name}.out_layers.3", F.conv2d, F.silu(inner), padding=1)
        if f"{name}.skip_connection.weight" in weights:
            h = affine(f"{name}.skip_connection", F.conv2d, h)
        return h + inner

    def attention(name: str, h: torch.Tensor) -> torch.Tensor:
        n, width, rows, cols = h.shape
        heads = flags.heads or width // flags.head_channels
        deep = width // heads
        qkv = affine(f"{name}.qkv", F.conv1d, norm(f"{name}.norm", h.reshape(n, width, -1)))
        seen = []
        for head in range(heads):
            if flags.new_order:  # Q of all heads, K of all heads, V of all heads
                starts = [kind * width + head * deep for kind in range(3)]
            else:  # Q, K and V of the first head, then of the second ...
                starts = [(3 * head + kind) * deep for kind in range(3)]
            q, k, v = (qkv[:, start : start + deep] for start in starts)
            looks = torch.softmax(q.transpose(1, 2) @ k / deep**0.5, dim=-1)
            seen.append(v @ looks.transpose(1, 2))
        out = affine(f"{name}.proj_out", F.conv1d, torch.cat(seen, 1))
        return h + out.reshape(n, width, rows, cols)

    half = flags.channels // 2
    angles = [timestep * 10000 ** (-k / half) for k in range(half)]
    sines = torch.tensor([[*map(math.cos, angles), *map(math.sin, angles)]])
    emb = affine("time_embed.0", F.linear, sines)
    emb = affine("time_embed.2", F.linear, F.silu(emb))
    if flags.classes:
        emb = emb + weights["label_emb.weight"].mean(0)
    kept, found, h = [], [], x
    for block, layers in plan(flags).items():
        if block.startswith("output"):
            h = torch.cat([h, kept.pop()], 1)
        for place, (kind, _, _) in enumerate(layers):
            name = f"{block}.{place}"
            if kind == "conv":
                h = affine(name, F.conv2d, h, padding=1)
            else:
                h = attention(name, h) if kind == "attention" else residual(name, kind, h)
        if block.startswith("input"):
            kept.append(h)
        if block.startswith("output"):
            found.append(h)
    return found


def kept_variance(flags: Flags, timestep: int) -> float:
    """Return alpha-bar as the two schedules' papers define it."""
    if flags.cosine:
        curve = [math.cos((t / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2 for t in range(1001)]
        betas = [min(1 - after / before, 0.999) for before, after in zip(curve, curve[1:])]
    else:
        betas = [1e-4 + (0.02 - 1e-4) * t / 999 for t in range(1000)]
    return math.prod(1 - beta for beta in betas[: timestep + 1])


def asked(flags: Flags, **others: Any) -> dict[str, Any]:
    """Return the parameters that tell what shapes do not."""
    return {
        "noise_schedule": "cosine" if flags.cosine else "linear",
        "attention_order": "new" if flags.new_order else "legacy",
        "heads": flags.heads or None,
        "head_channels": flags.head_channels or None,
    } | others


def settings(flags: Flags, precision: str = "float32") -> ConversionSettings:
    given = asked(flags)
    return ConversionSettings(
        precision,
        given["noise_schedule"],
        given["attention_order"],
        given["heads"],
        given["head_channels"],
    )


def checkpoint(path: Path, weights: Tensors) -> Path:
    torch.save(weights, path)
    return path


def pictures(count: int = 2) -> torch.Tensor:
    return torch.rand((count, 3, 64, 64), generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture
def converted(tmp_path: Path) -> Iterator[Path]:
    """Return a small network with labels as a folder."""
    source = checkpoint(tmp_path / "small.pt", random_weights(NEW))
    convert_backbone(source, tmp_path / "small", settings(NEW), Progress())
    return tmp_path / "small"


# ---- parity


@pytest.mark.parametrize(
    ("flags", "timestep"),
    [(NEW, 0), (NEW, 700), (LEGACY, 50), (LEGACY_LABELLED, 300)],
    ids=["new", "new, noisy", "legacy", "legacy labelled"],
)
def test_every_decoder_block_is_that_of_the_original_network(
    flags: Flags, timestep: int, tmp_path: Path
):
    weights = random_weights(flags)
    source = checkpoint(tmp_path / "a.pt", weights)
    convert_backbone(source, tmp_path / "a", settings(flags), Progress())
    backbone = Backbone(tmp_path / "a", CPU)
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    kept = kept_variance(flags, timestep)
    noised = kept**0.5 * pictures() + (1 - kept) ** 0.5 * noise
    expected = reference_blocks(flags, weights, noised, timestep)
    assert backbone.info.blocks == len(expected)
    found = backbone.activations(pictures(), timestep, range(-len(expected), 0))
    for ours, theirs in zip(found, expected):
        assert 0.3 < theirs.std() < 30
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


def test_the_prediction_is_that_of_the_original_network(tmp_path: Path):
    weights = random_weights(LEGACY)
    source = checkpoint(tmp_path / "a.pt", weights)
    convert_backbone(source, tmp_path / "a", settings(LEGACY), Progress())
    last = reference_blocks(LEGACY, weights, pictures(), 9)[-1]
    normed = F.silu(F.group_norm(last, 32, weights["out.0.weight"], weights["out.0.bias"]))
    expected = F.conv2d(normed, weights["out.2.weight"], weights["out.2.bias"], padding=1)
    with torch.inference_mode():
        found = Backbone(tmp_path / "a", CPU).unet(pictures(), 9)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_the_label_of_every_window_is_the_mean_label_and_is_said(converted: Path):
    weights = random_weights(NEW)
    other = weights | {"label_emb.weight": weights["label_emb.weight"].flip(0)}
    last = reference_blocks(NEW, weights, pictures(), 0)[-1]
    torch.testing.assert_close(reference_blocks(NEW, other, pictures(), 0)[-1], last)
    no_label = weights | {"label_emb.weight": torch.zeros(10, 128)}
    without = reference_blocks(NEW, no_label, pictures(), 0)[-1]
    assert (without - last).abs().max() > 1e-2  # the mean matters, and parity holds with it
    note = Backbone(converted, CPU).info.note
    assert "10 class labels" in note
    assert "mean of the label embeddings" in note
    assert json.loads((converted / "config.json").read_text())["note"] == note


def test_half_precision_halves_the_file_and_hardly_moves_features(tmp_path: Path):
    source = checkpoint(tmp_path / "a.pt", random_weights(NEW))
    for precision in ("float16", "float32"):
        convert_backbone(source, tmp_path / precision, settings(NEW, precision), Progress())
    half, full = (tmp_path / name / WEIGHTS for name in ("float16", "float32"))
    assert half.stat().st_size < 0.55 * full.stat().st_size
    assert {tensor.dtype for tensor in load_file(half).values()} == {torch.float16}
    (rounded,) = Backbone(tmp_path / "float16", CPU).activations(pictures(), 0, (-2,))
    (exact,) = Backbone(tmp_path / "float32", CPU).activations(pictures(), 0, (-2,))
    assert 0 < (rounded - exact).abs().max() < 0.02 * exact.std()


def test_bfloat16_hardly_moves_features(converted: Path):
    (exact,) = Backbone(converted, CPU).activations(pictures(), 0, (-2,))
    rounding = Backbone(converted, Device("cpu", "a test", bfloat16=True))
    (rounded,) = rounding.activations(pictures(), 0, (-2,))
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - exact).abs().mean() < 0.05 * exact.std()


@pytest.mark.gpu
def test_on_a_gpu_features_are_those_of_the_cpu(converted: Path, gpu: Device):
    exact = Device(gpu.kind, "a test", bfloat16=False)
    (here,) = Backbone(converted, CPU).activations(pictures(), 25, (-2,))
    (there,) = Backbone(converted, exact).activations(pictures(), 25, (-2,))
    assert (there.cpu() - here).abs().max() < 0.02 * here.std()


# ---- the published networks


def published(flags: Flags) -> adm_unet.AdmArchitecture:
    """Return what a checkpoint of these flags is taken for."""
    shapes = named_shapes(flags)
    outline = adm_checkpoint.outline_of(shapes)
    return adm_checkpoint.architecture_of(shapes, outline, adm_checkpoint.PUBLISHED[outline])


@pytest.mark.parametrize(
    ("flags", "millions", "heads", "schedule", "order"),
    [
        (ADM_64, 296, (0, 6, 9, 12), "cosine", "new"),
        (ADM_128, 422, (0, 0, 4, 4, 4), "linear", "legacy"),
        (ADM_256, 554, (0, 0, 0, 8, 16, 16), "linear", "legacy"),
        (ADM_256_UNCONDITIONAL, 553, (0, 0, 0, 8, 16, 16), "linear", "legacy"),
        (ADM_512, 559, (0, 0, 0, 0, 8, 16, 16), "linear", "legacy"),
    ],
)
def test_published_checkpoints_are_known_by_their_shapes(
    flags: Flags, millions: int, heads: tuple[int, ...], schedule: str, order: str
):
    shapes = named_shapes(flags)
    assert round(sum(map(math.prod, shapes.values())) / 1e6) == millions  # as their paper says
    known = adm_checkpoint.PUBLISHED[adm_checkpoint.outline_of(shapes)]
    assert (known.schedule, known.order) == (schedule, order)
    architecture = published(flags)
    assert architecture.heads == heads
    assert architecture.middle_heads == heads[-1]
    assert architecture.labelled == bool(flags.classes)


def decoder_shapes(flags: Flags) -> list[tuple[int, ...]]:
    """Return the decoder blocks' maps of a whole published network, without computing."""
    found: list[tuple[int, ...]] = []
    with torch.device("meta"):
        network = adm_unet.AdmUNet(published(flags))
        for block in network.output_blocks:
            block.register_forward_hook(lambda *call: found.append(tuple(call[2].shape[1:])))
        network(torch.empty(1, 3, 64, 64), 0)
    return found


def test_the_decoder_of_the_authors_backbone_has_the_blocks_of_the_table():
    table = {
        range(0, 3): (768, 8, 8),
        range(3, 4): (768, 16, 16),
        range(4, 7): (576, 16, 16),
        range(7, 8): (576, 32, 32),
        range(8, 11): (384, 32, 32),
        range(11, 12): (384, 64, 64),
        range(12, 16): (192, 64, 64),
    }
    expected = [shape for blocks, shape in table.items() for _ in blocks]
    assert decoder_shapes(ADM_64) == expected


@pytest.mark.parametrize("flags", [ADM_128, ADM_256, ADM_512])
def test_networks_of_larger_pictures_take_windows_of_64(flags: Flags):
    shapes = decoder_shapes(flags)
    assert len(shapes) == 3 * len(flags.multipliers)
    assert shapes[0] == (1024, *2 * (64 // 2 ** (len(flags.multipliers) - 1),))
    assert shapes[-1] == (flags.width(0), 64, 64)


def test_blocks_around_the_last_enlargement_are_suggested(converted: Path):
    suggested = Backbone(converted, CPU).info.suggested_blocks
    assert suggested == ((-3,), (-4,), (-3, -4))  # of 64 pixels: 11 and 10 of 16
    found = Backbone(converted, CPU).activations(pictures(), 0, (-3, -4))
    assert [tuple(block.shape[1:]) for block in found] == [(64, 64, 64), (64, 32, 32)]


# ---- the folder


def test_the_folder_says_what_it_is_and_where_from(converted: Path):
    config = json.loads((converted / "config.json").read_text())
    source = converted.with_suffix(".pt")
    assert config["_class_name"] == "AdmUNet"
    assert config["source"] == {
        "name": "small.pt",
        "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
    }
    assert sorted(os.listdir(converted)) == ["config.json", WEIGHTS, "scheduler_config.json"]
    assert len({path.stat().st_mode for path in converted.iterdir()}) == 1
    info = Backbone(converted, CPU).info
    assert info.sha256 == hashlib.sha256((converted / WEIGHTS).read_bytes()).hexdigest()
    assert (info.name, info.blocks) == ("small", 6)


def test_converting_twice_gives_the_same_bytes(converted: Path, tmp_path: Path):
    convert_backbone(tmp_path / "small.pt", tmp_path / "again", settings(NEW), Progress())
    assert (tmp_path / "again" / WEIGHTS).read_bytes() == (converted / WEIGHTS).read_bytes()


def test_the_old_layout_of_checkpoints_converts_to_the_same_bytes(converted: Path, tmp_path: Path):
    old = tmp_path / "old.pt"
    torch.save(random_weights(NEW), old, _use_new_zipfile_serialization=False)
    convert_backbone(old, tmp_path / "again", settings(NEW), Progress())
    assert (tmp_path / "again" / WEIGHTS).read_bytes() == (converted / WEIGHTS).read_bytes()


def test_the_job_converts_with_progress(tmp_path: Path):
    source, seen = checkpoint(tmp_path / "a.pt", random_weights(LEGACY_LABELLED)), []
    params = asked(LEGACY_LABELLED, input=str(source), output=str(tmp_path / "made"))
    result = JOBS["convert_backbone"](params, Progress(lambda done, _: seen.append(done)))
    assert result["output"] == str(tmp_path / "made")
    assert result["blocks"] == Backbone(tmp_path / "made", CPU).info.blocks == 6
    assert "7 class labels" in result["note"]
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize("moment", [0.0, 0.4, 0.9])
def test_cancelling_leaves_nothing(moment: float, tmp_path: Path):
    source = checkpoint(tmp_path / "a.pt", random_weights(LEGACY))
    progress = Progress(lambda done, _: done >= moment and progress.cancelled.set())
    with pytest.raises(Cancelled):
        convert_backbone(source, tmp_path / "made", settings(LEGACY), progress)
    assert os.listdir(tmp_path) == ["a.pt"]


def test_what_a_killed_run_left_is_removed(tmp_path: Path):
    left = tmp_path / ".made.partial-12345678"
    left.mkdir()
    (left / WEIGHTS).write_bytes(b"half")
    source = checkpoint(tmp_path / "a.pt", random_weights(LEGACY))
    convert_backbone(source, tmp_path / "made", settings(LEGACY), Progress())
    assert sorted(os.listdir(tmp_path)) == ["a.pt", "made"]


def test_a_converted_backbone_trains_and_classifies(make_fields, few_steps, tmp_path: Path):
    source = checkpoint(tmp_path / "a.pt", random_weights(LEGACY))
    convert_backbone(source, tmp_path / "made", settings(LEGACY), Progress())
    fields = make_fields(64)
    params = {
        "input": str(fields.raster),
        "labels": str(fields.labels),
        "class_field": "class_name",
        "backbone": str(tmp_path / "made"),
        "device": "cpu",
        "ensemble": 1,
        "pseudo_image": "rgb",
        "timestep": 0,
        "blocks": [-3, -4],
        "output": str(tmp_path / "map.tif"),
        "model": str(tmp_path / "model.safetensors"),
    }
    result = JOBS["train_and_classify"](params, Progress())
    assert [known["name"] for known in result["classes"]] == ["class 1", "class 2", "class 3"]
    assert (tmp_path / "map.tif").is_file()


# ---- what is refused


def refused(source: Path, sentence: str, flags: Flags = LEGACY, **others: Any) -> None:
    """Check that a conversion is refused with a sentence, and leaves nothing."""
    params = asked(flags, input=str(source), output=str(source.parent / "made")) | others
    before = sorted(os.listdir(source.parent))
    with pytest.raises(EngineError, match=sentence) as caught:
        JOBS["convert_backbone"](params, Progress())
    assert str(caught.value).endswith(".")
    assert sorted(os.listdir(source.parent)) == before


def without(weights: Tensors, *parts: str) -> Tensors:
    return {name: t for name, t in weights.items() if not any(part in name for part in parts)}


def test_weights_that_are_missing_are_named(tmp_path: Path):
    weights = without(random_weights(LEGACY), "middle_block.1.norm.bias")
    source = checkpoint(tmp_path / "a.pt", weights)
    refused(source, r"lacks 1 weights, such as 'middle_block\.1\.norm\.bias'")


def test_weights_that_are_unknown_are_named(tmp_path: Path):
    weights = random_weights(LEGACY) | {"label_encoder.weight": torch.zeros(3)}
    refused(checkpoint(tmp_path / "a.pt", weights), "unknown weights, such as 'label_encoder")


def test_weights_of_another_shape_are_named(tmp_path: Path):
    weights = random_weights(LEGACY)
    weights["input_blocks.1.0.in_layers.2.weight"] = torch.zeros(32, 32, 1, 1)
    source = checkpoint(tmp_path / "a.pt", weights)
    refused(source, r"has 'input_blocks\.1\.0\.in_layers\.2\.weight' of \(32, 32, 1, 1\)")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_named(tmp_path: Path, value: float):
    weights = random_weights(LEGACY)
    weights["out.0.bias"][3] = value
    refused(checkpoint(tmp_path / "a.pt", weights), r"no finite numbers, in 'out\.0\.bias'")


def test_weights_too_large_for_half_precision_are_named(tmp_path: Path):
    weights = random_weights(LEGACY)
    weights["out.0.bias"][3] = 1e6
    source = checkpoint(tmp_path / "a.pt", weights)
    refused(source, r"'out\.0\.bias' holds values too large for float16.*PRECISION float32")
    convert_backbone(source, tmp_path / "made", settings(LEGACY), Progress())


def other_networks() -> dict[str, tuple[Tensors, str]]:
    """Return checkpoints of networks that are no backbones, and what is said of each."""
    weights = random_weights(LEGACY)
    enlarging = weights | {"input_blocks.0.0.weight": torch.zeros(32, 6, 3, 3)}
    resampling = without(weights, "output_blocks.1.2.") | {
        "output_blocks.1.2.conv.weight": torch.zeros(64, 64, 3, 3)
    }
    flat = without(weights, "output_blocks.1.2.", "output_blocks.3.1.")
    return {
        "another": ({"weight": torch.zeros(3)}, r"lacks 'time_embed\.0\.weight'"),
        "classifier": (without(weights, "output_blocks."), "decoder 'output_blocks' is missing"),
        "upsampler": (enlarging, "takes 6 channels, as networks that enlarge do"),
        "gap": (without(weights, "output_blocks.2."), "is missing or has gaps"),
        "convolutions": (resampling, "resamples by single convolutions"),
        "one level": (flat, "decoder has 6 blocks and enlarges 0 times"),
    }


@pytest.mark.parametrize("kind", list(other_networks()))
def test_other_networks_are_refused_with_what_they_are(kind: str, tmp_path: Path):
    weights, sentence = other_networks()[kind]
    refused(checkpoint(tmp_path / "a.pt", weights), sentence)


def test_an_unpublished_network_needs_what_shapes_do_not_tell(tmp_path: Path):
    source = checkpoint(tmp_path / "a.pt", random_weights(NEW))
    sentence = r"levels of 32, 64, 96 channels, 1 residual.*Give NOISE_SCHEDULE, ATTENTION_ORDER"
    for missing in ("noise_schedule", "attention_order", "head_channels"):
        refused(source, sentence, NEW, **{missing: None})


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"precision": "float8"}, "PRECISION is 'float8'. Choose float16 or float32"),
        ({"noise_schedule": "steep"}, "NOISE_SCHEDULE is 'steep'"),
        ({"attention_order": "old"}, "ATTENTION_ORDER is 'old'"),
        ({"heads": 0}, "HEADS is 0"),
        ({"heads": 4, "head_channels": 8}, "HEADS and HEAD_CHANNELS are both given"),
        ({"heads": 7}, "7 heads share 64 channels"),
        ({"heads": None, "head_channels": 48}, "heads of 48 channels do not share its 64"),
        ({"input": ""}, "Parameter 'input' is missing"),
    ],
)
def test_parameters_out_of_range_are_named(wrong: dict[str, Any], sentence: str, tmp_path: Path):
    refused(checkpoint(tmp_path / "a.pt", random_weights(LEGACY)), sentence, **wrong)


def test_an_output_that_is_there_is_left_alone(tmp_path: Path):
    source = checkpoint(tmp_path / "a.pt", random_weights(LEGACY))
    (tmp_path / "made").mkdir()
    with pytest.raises(OutputError, match="is there already"):
        convert_backbone(source, tmp_path / "made", settings(LEGACY), Progress())
    with pytest.raises(OutputError, match=r"does not exist\. Create it"):
        convert_backbone(source, tmp_path / "no" / "made", settings(LEGACY), Progress())


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"levels": [32, 64]}, "2 levels and heads for 3"),
        ({"levels": [32, 64, 97]}, "cannot be loaded"),
        ({"levels": "wide"}, "cannot be loaded"),
        ({"res_blocks": 10**9}, "cannot be loaded"),
        ({"res_blocks": 2}, "lacks .* weights, such as 'input_blocks"),
        ({"heads": [0, 5, 3]}, "5 heads share 64 channels"),
        ({"in_channels": 4}, "cannot be loaded"),
        ({"labelled": False}, "unknown weights, such as 'label_embedding'"),
    ],
)
def test_a_changed_config_is_refused(entries: dict[str, Any], sentence: str, converted: Path):
    config = json.loads((converted / "config.json").read_text())
    (converted / "config.json").write_text(json.dumps(config | entries))
    with pytest.raises(InputError, match=sentence):
        Backbone(converted, CPU)


def test_changed_weights_are_refused(converted: Path):
    tensors = load_file(converted / WEIGHTS)
    tensors["out.2.bias"] = tensors["out.2.bias"][:3].clone()
    save_file(tensors, converted / WEIGHTS)
    with pytest.raises(InputError, match=r"has 'out\.2\.bias' of \(3,\) where \(6,\) is needed"):
        Backbone(converted, CPU)


def test_a_checkpoint_given_as_backbone_is_told_to_be_converted(tmp_path: Path):
    source = checkpoint(tmp_path / "a.pt", random_weights(LEGACY))
    with pytest.raises(InputError, match=r"is a file.*'convert-backbone'"):
        Backbone(source, CPU)
