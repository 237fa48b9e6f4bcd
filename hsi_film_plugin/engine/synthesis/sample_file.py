"""The file of synthetic samples: safetensors with one JSON entry in its header.

It holds numbers and texts only, so a file from elsewhere can be wrong but never harmful.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ..errors import InputError
from ..label_classes import MAX_CLASS_VALUE, LabelClass
from ..model import ModelBands
from ..outputs import atomic_output
from .sample_set import SampleSet, SampleWord
from .spectral_code import SpectralCode

HEADER_KEY = "hsifilm"
KIND = "samples"
SCHEMA = 1
#: A sample has to fit into a window of the backbone.
LEAST_SIDE, MOST_SIDE = 2, 64
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
#: The tensors, their types, and how many dimensions they have.
_TENSORS = {
    "components": (np.float16, 4),
    "mean": (np.float32, 1),
    "matrix": (np.float32, 2),
    "inverse": (np.float32, 2),
    "class_index": (np.int64, 1),
    "labelled": (np.uint8, 3),
    "recognised": (np.uint8, 1),
    "prompt": (np.int64, 1),
}
_ATTENTION = (np.uint8, 4)


def write_samples(samples: SampleSet, path: Path) -> None:
    """Write a file of samples, whole or not at all; equal samples give equal bytes.

    Raises:
        OutputError: if it cannot be written.
    """
    tensors = {
        "components": samples.components.astype(np.float16),
        "mean": samples.code.mean.astype(np.float32),
        "matrix": samples.code.matrix.astype(np.float32),
        "inverse": samples.code.inverse.astype(np.float32),
        "class_index": samples.class_indices.astype(np.int64),
        "labelled": samples.labelled.astype(np.uint8),
        "recognised": samples.recognised.astype(np.uint8),
        "prompt": samples.prompt_of.astype(np.int64),
    }
    if samples.attention is not None:
        tensors["attention"] = samples.attention.astype(np.uint8)
    header = json.dumps(_header(samples), sort_keys=True, ensure_ascii=True, allow_nan=False)
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    with atomic_output(path) as partial:
        partial.write_bytes(save(contiguous, {HEADER_KEY: header}))


def _header(samples: SampleSet) -> dict[str, Any]:
    bands = samples.bands
    unknown = [None] * len(bands.used)
    return {
        "kind": KIND,
        "schema": SCHEMA,
        "synthetic": True,
        "classes": [{"value": c.value, "name": c.name, "color": c.color} for c in samples.classes],
        "patch": samples.side,
        "scene_bands": bands.count,
        "used_bands": list(bands.used),
        "wavelengths": unknown if bands.wavelengths is None else list(bands.wavelengths),
        "prompts": list(samples.prompts),
        "tokens": [[[t.text, t.start, t.end] for t in words] for words in samples.tokens],
        "synthesizer_sha256": samples.synthesizer_sha256,
        "label_sha256": samples.label_sha256,
        "scenes": list(samples.scene_names),
        "guidance": samples.guidance,
        "steps": samples.steps,
        "seed": samples.seed,
        "negative": samples.negative,
    }


def read_samples(path: Path) -> SampleSet:
    """Read a file of samples.

    Raises:
        InputError: if it is missing, damaged, of another schema, or no file of samples.
    """
    content = _content(path)
    header, tensors = _parts(path, content)
    try:
        samples = _samples(header, tensors, hashlib.sha256(content).hexdigest())
        _check(samples)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InputError(
            f"'{path.name}' is a damaged file of synthetic samples ({error}). Make the samples "
            "again, or copy the file again."
        ) from error
    return samples


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(
            f"The file of synthetic samples '{path}' does not exist. Check its path, or make "
            "samples with 'Synthesize samples'."
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be read: {error.strerror or error}. Check the file's permissions."
        ) from error


def _parts(path: Path, content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the header and the tensors of a file that says that it holds samples."""
    try:
        tensors = load(content)
        size = int.from_bytes(content[:8], "little")
        described = json.loads(content[8 : 8 + size]).get("__metadata__") or {}
    except (SafetensorError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"'{path.name}' is no whole file of synthetic samples ({error}). It may be truncated "
            "or of another program: choose a file that 'Synthesize samples' has written to "
            "SAMPLES."
        ) from error
    try:
        header = json.loads(described.get(HEADER_KEY, "null"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"'{path.name}' is a damaged file of synthetic samples ({error}). Make the samples "
            "again, or copy the file again."
        ) from error
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise InputError(
            f"'{path.name}' is a safetensors file, but holds no synthetic samples. Choose a file "
            "that 'Synthesize samples' has written to SAMPLES."
        )
    if header.get("schema") != SCHEMA:
        raise InputError(
            f"'{path.name}' was written by another HSI FiLM (schema {header.get('schema')}; this "
            f"one reads {SCHEMA}). Make the samples again, or update the plugin."
        )
    return header, tensors


def _samples(
    header: Mapping[str, Any], tensors: Mapping[str, np.ndarray], sha256: str
) -> SampleSet:
    wanted = _TENSORS | ({"attention": _ATTENTION} if "attention" in tensors else {})
    for name, (kind, dimensions) in wanted.items():
        array = tensors[name]
        _require(array.dtype == kind, f"tensor {name} of {array.dtype}")
        _require(array.ndim == dimensions, f"tensor {name} of {array.shape}")
    _require(header["synthetic"] is True, "it does not say that it is synthetic")
    wavelengths = header["wavelengths"]
    known = None
    if any(item is not None for item in wavelengths):
        known = tuple(float(item) for item in wavelengths)
    _require(len(wavelengths) == len(header["used_bands"]), "wavelengths of other bands")
    _require(header["patch"] == tensors["components"].shape[-1], f"patch {header['patch']!r}")
    return SampleSet(
        components=tensors["components"],
        code=SpectralCode(tensors["mean"], tensors["matrix"], tensors["inverse"]),
        bands=ModelBands(
            int(header["scene_bands"]), tuple(int(band) for band in header["used_bands"]), known
        ),
        classes=tuple(
            LabelClass(int(c["value"]), _text(c["name"]), _text(c["color"]))
            for c in header["classes"]
        ),
        class_indices=tensors["class_index"],
        labelled=tensors["labelled"] != 0,
        recognised=tensors["recognised"] != 0,
        prompts=tuple(_text(prompt) for prompt in header["prompts"]),
        prompt_of=tensors["prompt"],
        tokens=tuple(
            tuple(SampleWord(_text(text), int(start), int(end)) for text, start, end in words)
            for words in header["tokens"]
        ),
        attention=tensors.get("attention"),
        synthesizer_sha256=_text(header["synthesizer_sha256"]),
        label_sha256=_text(header["label_sha256"]),
        scene_names=tuple(_text(name) for name in header["scenes"]),
        guidance=float(header["guidance"]),
        steps=int(header["steps"]),
        seed=int(header["seed"]),
        negative=_text(header["negative"]),
        sha256=sha256,
    )


def _check(samples: SampleSet) -> None:
    """Check that what a file says fits together, so that nothing fails later or elsewhere.

    Raises:
        ValueError: if it does not.
    """
    count, components, height, width = samples.components.shape
    _require(count > 0, "no sample")
    _require(height == width and LEAST_SIDE <= width <= MOST_SIDE, f"samples of {height} × {width}")
    bands, code = samples.bands, samples.code
    used = len(bands.used)
    _require(used > 0 and code.mean.shape == (used,), f"means of {code.mean.shape}")
    _require(code.matrix.shape == (used, components), f"a matrix of {code.matrix.shape}")
    _require(code.inverse.shape == (components, used), f"an inverse of {code.inverse.shape}")
    _require(
        all(0 <= band < bands.count for band in bands.used) and len(set(bands.used)) == used,
        f"bands {bands.used[:8]} of {bands.count}",
    )
    if bands.wavelengths is not None:
        _require(all(0 < w < math.inf for w in bands.wavelengths), "a wavelength out of range")
    for name in ("mean", "matrix", "inverse"):
        _require(bool(np.isfinite(getattr(code, name)).all()), f"a {name} that is not finite")
    _require(bool(np.isfinite(samples.components).all()), "components that are not finite")
    _check_classes(samples, count)
    _check_prompts(samples, count)


def _check_classes(samples: SampleSet, count: int) -> None:
    values = [known.value for known in samples.classes]
    _require(len(set(values)) == len(values) >= 1, f"class values {values[:8]}")
    _require(all(0 < value <= MAX_CLASS_VALUE for value in values), f"class values {values[:8]}")
    for known in samples.classes:
        _require(_COLOR.fullmatch(known.color) is not None, f"colour {known.color!r}")
    _require(
        _indices(samples.class_indices, count, len(values)), "class indices that are out of range"
    )
    shape = (count, samples.side, samples.side)
    _require(samples.labelled.shape == shape, f"labels of {samples.labelled.shape}")
    _require(samples.recognised.shape == (count,), f"recognised {samples.recognised.shape}")


def _check_prompts(samples: SampleSet, count: int) -> None:
    prompts, tokens = samples.prompts, samples.tokens
    _require(_indices(samples.prompt_of, count, len(prompts)), "prompts that are out of range")
    _require(len(tokens) == len(prompts), f"tokens of {len(tokens)} prompts")
    for prompt, words in zip(prompts, tokens):
        inside = all(0 <= word.start <= word.end <= len(prompt) for word in words)
        _require(inside, f"tokens outside the prompt {prompt[:40]!r}")
    attention = samples.attention
    if attention is not None:
        longest = max(len(words) for words in tokens)
        fits = len(attention) == count and attention.shape[1] >= longest
        square = 0 < attention.shape[2] == attention.shape[3]
        _require(fits and square, f"attention of {attention.shape}")
    _require(0 <= samples.guidance < math.inf, f"guidance {samples.guidance}")
    _require(samples.steps > 0, f"steps {samples.steps}")


def _indices(found: np.ndarray, count: int, most: int) -> bool:
    """Return whether there are so many indices, all from 0 to below ``most``."""
    return found.shape == (count,) and bool(((found >= 0) & (found < most)).all())


def _text(value: object) -> str:
    _require(isinstance(value, str), f"{value!r} in the place of a text")
    return str(value)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)
