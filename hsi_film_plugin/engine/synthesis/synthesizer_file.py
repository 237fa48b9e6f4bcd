"""The file of a synthesizer: safetensors with one JSON entry in its header.

It holds numbers and words only, so a file from elsewhere can be wrong but never harmful.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.pixart_transformer_2d import PixArtTransformer2DModel
from safetensors.torch import save
from torch import nn

from ..described_file import Description, FileKind, Tensors, read_described
from ..errors import InputError, ModelFileError
from ..file_checks import (
    check_float32,
    checked_bands,
    checked_classes,
    checked_count,
    checked_text,
    require,
)
from ..job_facts import class_facts
from ..outputs import atomic_output
from .autoencoder import build_autoencoder
from .draft_map import DraftMap
from .linear_denoiser import LinearShape
from .prompt_reading import MOST_WORDS
from .prompts import words_of
from .settings import MOST_COMPONENTS, SynthesizerSettings, check_settings
from .spectral_code import SpectralCode
from .synthesizer import Synthesizer
from .text_denoiser import DenoiserShape, build_denoiser

KIND = FileKind(
    key="hsifilm_synthesizer",
    schema=2,
    noun="synthesizer file",
    maker="Train synthesizer",
    remake="Train the synthesizer again",
    error=ModelFileError,
)
#: Sizes that no synthesizer has.
_MOST_WIDTH, _MOST_LAYERS = 2048, 48

Network = TypeVar("Network", AutoencoderKL, PixArtTransformer2DModel)


def save_synthesizer(synthesizer: Synthesizer, path: Path) -> None:
    """Write a synthesizer's file, whole or not at all."""
    code, draft = synthesizer.code, synthesizer.draft
    arrays = {
        "code.mean": code.mean,
        "code.matrix": code.matrix,
        "code.inverse": code.inverse,
        "draft.weight": draft.weight,
        "draft.bias": draft.bias,
        "latent_mean": synthesizer.latent_mean,
        "latent_std": synthesizer.latent_std,
    }
    tensors = {
        name: torch.from_numpy(np.array(array, np.float32, order="C"))
        for name, array in arrays.items()
    }
    for prefix, network in _networks(synthesizer.autoencoder, synthesizer.denoiser).items():
        for name, tensor in network.state_dict().items():
            tensors[f"{prefix}.{name}"] = tensor.detach().to("cpu", torch.float32).contiguous()
    # sorted, so that equal synthesizers give equal bytes
    header = json.dumps(_header(synthesizer), sort_keys=True)
    with atomic_output(path) as partial:
        partial.write_bytes(save(dict(sorted(tensors.items())), {KIND.key: header}))


def load_synthesizer(path: Path) -> Synthesizer:
    """Read a synthesizer's file; its networks are on the CPU.

    Raises:
        ModelFileError: if it is missing, truncated, of another schema, or no synthesizer.
    """
    return read_described(path, KIND, _synthesizer)


def _networks(
    autoencoder: AutoencoderKL, denoiser: PixArtTransformer2DModel
) -> dict[str, nn.Module]:
    return {"autoencoder": autoencoder, "denoiser": denoiser}


def _header(synthesizer: Synthesizer) -> dict[str, Any]:
    bands = synthesizer.bands
    built: Any = synthesizer.autoencoder.config
    config: Any = synthesizer.denoiser.config
    return {
        KIND.schema_entry: KIND.schema,
        "settings": asdict(synthesizer.settings),
        "classes": class_facts(synthesizer.classes),
        "counts": list(synthesizer.counts),
        "bands": {
            "count": bands.count,
            "used": list(bands.used),
            "wavelengths_nm": bands.wavelengths and list(bands.wavelengths),
        },
        "autoencoder": {
            "width": int(built.block_out_channels[0]),
            "layers": int(built.layers_per_block),
        },
        "denoiser": {
            "token_side": int(config.patch_size),
            "width": int(config.num_attention_heads * config.attention_head_dim),
            "head_width": int(config.attention_head_dim),
            "layers": int(config.num_layers),
            "text_width": int(config.caption_channels),
        },
        "descriptions": [list(texts) for texts in synthesizer.descriptions],
        "prompts": [list(texts) for texts in synthesizer.prompts],
        "words_read": list(synthesizer.words_read),
        "words": sorted(synthesizer.words),
        "encoder": {"name": synthesizer.encoder_name, "sha256": synthesizer.encoder_sha256},
        "scenes": list(synthesizer.scene_names),
        "label_sha256": synthesizer.label_sha256,
        "provenance": dict(synthesizer.provenance),
    }


def _synthesizer(header: Description, tensors: Tensors) -> Synthesizer:
    check_float32(tensors)
    settings = _settings(header["settings"])
    classes = checked_classes(header["classes"])
    described = header["bands"]
    bands = checked_bands(described["count"], described["used"], described["wavelengths_nm"])
    code = SpectralCode(*(tensors[f"code.{name}"] for name in ("mean", "matrix", "inverse")))
    _check_shape("mean", code.mean, len(bands.used))
    require(code.matrix.ndim == 2, f"code of {code.matrix.shape}")
    components = code.components
    require(1 <= components <= MOST_COMPONENTS, f"{components} components")
    _check_shape("matrix", code.matrix, len(bands.used), components)
    _check_shape("inverse", code.inverse, components, len(bands.used))
    draft = DraftMap(tensors["draft.weight"], tensors["draft.bias"])
    _check_shape("draft map", draft.weight, components, len(classes))
    _check_shape("draft map's bias", draft.bias, len(classes))
    mean, std = tensors["latent_mean"], tensors["latent_std"]
    _check_shape("latent mean", mean, settings.latent_channels)
    _check_shape("latent deviation", std, settings.latent_channels)
    require(bool((std > 0).all()), "a latent channel without deviation")
    descriptions, prompts = (
        tuple(_texts(texts) for texts in header[name]) for name in ("descriptions", "prompts")
    )
    require(len(descriptions) == len(prompts) == len(classes), "prompts of other classes")
    require(all(descriptions) and all(prompts), "a class without a prompt")
    counts = tuple(checked_count(count) for count in header["counts"])
    require(len(counts) == len(classes), f"counts of {len(counts)} classes")
    read = _texts(header["words_read"])
    require(len(set(read)) == len(read) <= MOST_WORDS, f"{len(read)} words to read")
    require(all(words_of(word) == [word] for word in read), "words to read that are none")
    found = Synthesizer(
        settings=settings,
        classes=classes,
        counts=counts,
        bands=bands,
        code=code,
        draft=draft,
        autoencoder=_autoencoder(header["autoencoder"], components, settings, tensors),
        denoiser=_denoiser(header["denoiser"], settings, tensors),
        latent_mean=mean,
        latent_std=std,
        descriptions=descriptions,
        prompts=prompts,
        words_read=read,
        words=frozenset(_texts(header["words"])),
        encoder_name=checked_text(header["encoder"]["name"]),
        encoder_sha256=checked_text(header["encoder"]["sha256"]),
        scene_names=tuple(checked_text(name) for name in header["scenes"]),
        label_sha256=checked_text(header["label_sha256"]),
        provenance={str(key): str(value) for key, value in header["provenance"].items()},
    )
    _check_reading(found, tensors)
    return found


def _texts(described: object) -> tuple[str, ...]:
    require(isinstance(described, list), f"{str(described)[:40]} in the place of texts")
    return tuple(checked_text(text) for text in cast("list[object]", described))


def _settings(described: dict[str, Any]) -> SynthesizerSettings:
    defaults = asdict(SynthesizerSettings())
    require(set(described) == set(defaults), f"settings {sorted(described)}")
    for name, default in defaults.items():
        kind = (int, float) if isinstance(default, float) else type(default)
        require(isinstance(described[name], kind), f"{name} {described[name]!r}")
    settings = SynthesizerSettings(**described)
    try:
        check_settings(settings)
    except InputError as error:
        # advice to change a setting is for those who train
        raise ValueError(str(error)) from error
    return settings


def _autoencoder(
    described: dict[str, Any], components: int, settings: SynthesizerSettings, tensors: Tensors
) -> AutoencoderKL:
    width, layers = _size(described, "width", _MOST_WIDTH), _size(described, "layers", 8)
    return _filled(
        lambda: build_autoencoder(components, settings, width, layers), "autoencoder", tensors
    )


def _denoiser(
    described: dict[str, Any], settings: SynthesizerSettings, tensors: Tensors
) -> PixArtTransformer2DModel:
    side = settings.patch // settings.reduction
    shape = DenoiserShape(
        settings.latent_channels,
        side,
        _size(described, "token_side", 4),
        _size(described, "width", _MOST_WIDTH),
        _size(described, "head_width", _MOST_WIDTH),
        _size(described, "layers", _MOST_LAYERS),
        _size(described, "text_width", 2 * _MOST_WIDTH),
        _linear_shape(tensors),
    )
    require(side % shape.token_side == 0, f"tokens of {shape.token_side} pixels")
    require(shape.width % shape.head_width == 0, f"attention heads of {shape.head_width}")
    return _filled(lambda: build_denoiser(shape), "denoiser", tensors)


def _linear_shape(tensors: Tensors) -> LinearShape:
    for name in ("variance_with", "rest_with", "variance_without", "rest_without"):
        positive = bool((tensors[f"denoiser.linear_part.{name}"] > 0).all())
        require(positive, f"{name} not above 0")
    reads = tensors["denoiser.linear_part.reads"]
    require(reads.ndim == 2, f"readings of {reads.shape}")
    return LinearShape(tensors["denoiser.linear_part.variance_with"].size, *reads.shape)


def _check_reading(synthesizer: Synthesizer, tensors: Tensors) -> None:
    width, held = synthesizer.reader.width, len(tensors["denoiser.linear_part.reads"])
    require(width == held, f"a reading of {held} numbers, not {width}")


def _size(described: dict[str, Any], name: str, most: int) -> int:
    value = described[name]
    require(isinstance(value, int) and 1 <= value <= most, f"{name} {value!r}")
    return int(value)


def _filled(build: Callable[[], Network], prefix: str, tensors: Tensors) -> Network:
    """Return a network with its weights.

    Raises:
        ValueError: if the file does not hold the weights of just this network.
    """
    weights = {
        name.removeprefix(f"{prefix}."): torch.from_numpy(array)
        for name, array in tensors.items()
        if name.startswith(f"{prefix}.")
    }
    # without memory first, so that a header cannot ask for more than the file takes
    with torch.device("meta"):
        wanted = {name: tensor.shape for name, tensor in build().state_dict().items()}
    held = {name: tensor.shape for name, tensor in weights.items()}
    for name in sorted(wanted.keys() | held.keys()):
        shapes = [found.get(name) for found in (wanted, held)]
        require(shapes[0] == shapes[1], f"{prefix}.{name} of {shapes[1]}, not {shapes[0]}")
    network = build()
    network.load_state_dict(weights)
    network.eval()
    return network


def _check_shape(name: str, array: np.ndarray, *shape: int) -> None:
    require(array.shape == shape, f"{name} of {array.shape}, not {shape}")
