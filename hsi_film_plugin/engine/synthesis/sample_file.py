"""The file of synthetic samples: safetensors with one JSON entry in its header.

It holds numbers and texts only, so a file from elsewhere can be wrong but never harmful.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from ..backbone_files import file_sha256
from ..described_file import FileKind, read_described
from ..file_checks import checked_bands, checked_classes, checked_count, checked_text, require
from ..job_facts import class_facts
from ..outputs import atomic_output
from .sample_set import SampleSet, SampleWord
from .spectral_code import SpectralCode

KIND = FileKind(
    key="hsifilm",
    schema=1,
    noun="file of synthetic samples",
    maker="Synthesize samples",
    remake="Make the samples again",
    mark="samples",
    schema_entry="schema",
)
#: A sample has to fit into a window of the backbone.
LEAST_SIDE, MOST_SIDE = 2, 64
#: Ten times what one order makes: more is no honest file.
MOST_SAMPLES = 100_000
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
        partial.write_bytes(save(contiguous, {KIND.key: header}))


def _header(samples: SampleSet) -> dict[str, Any]:
    bands = samples.bands
    unknown = [None] * len(bands.used)
    return {
        "kind": KIND.mark,
        KIND.schema_entry: KIND.schema,
        "synthetic": True,
        "classes": class_facts(samples.classes),
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
        "training_seed": samples.training_seed,
        "scene_sha256": samples.scene_sha256,
    }


def read_samples(path: Path) -> SampleSet:
    """Read a file of samples.

    Raises:
        InputError: if it is missing, damaged, of another schema, or no file of samples.
    """
    return read_described(
        path, KIND, lambda header, tensors: _samples(header, tensors, file_sha256(path))
    )


def _samples(
    header: Mapping[str, Any], tensors: Mapping[str, np.ndarray], sha256: str
) -> SampleSet:
    wanted = _TENSORS | ({"attention": _ATTENTION} if "attention" in tensors else {})
    for name, (kind, dimensions) in wanted.items():
        array = tensors[name]
        require(array.dtype == kind, f"tensor {name} of {array.dtype}")
        require(array.ndim == dimensions, f"tensor {name} of {array.shape}")
    require(header["synthetic"] is True, "it does not say that it is synthetic")
    wavelengths, used = header["wavelengths"], header["used_bands"]
    require(len(wavelengths) == len(used), "wavelengths of other bands")
    known = any(item is not None for item in wavelengths)
    require(header["patch"] == tensors["components"].shape[-1], f"patch {header['patch']!r}")
    training_seed = header.get("training_seed")
    samples = SampleSet(
        components=tensors["components"],
        code=SpectralCode(tensors["mean"], tensors["matrix"], tensors["inverse"]),
        bands=checked_bands(header["scene_bands"], used, wavelengths if known else None),
        classes=checked_classes(header["classes"]),
        class_indices=tensors["class_index"],
        labelled=tensors["labelled"] != 0,
        recognised=tensors["recognised"] != 0,
        prompts=tuple(checked_text(prompt) for prompt in header["prompts"]),
        prompt_of=tensors["prompt"],
        tokens=tuple(
            tuple(
                SampleWord(checked_text(text), int(start), int(end)) for text, start, end in words
            )
            for words in header["tokens"]
        ),
        attention=tensors.get("attention"),
        synthesizer_sha256=checked_text(header["synthesizer_sha256"]),
        label_sha256=checked_text(header["label_sha256"]),
        scene_names=tuple(checked_text(name) for name in header["scenes"]),
        guidance=float(header["guidance"]),
        steps=int(header["steps"]),
        seed=int(header["seed"]),
        negative=checked_text(header["negative"]),
        sha256=sha256,
        # files of earlier versions do not tell
        training_seed=None if training_seed is None else checked_count(training_seed),
        scene_sha256=checked_text(header.get("scene_sha256", "")),
    )
    _check(samples)
    return samples


def _check(samples: SampleSet) -> None:
    """Check that what a file says fits together, so that nothing fails later or elsewhere.

    Raises:
        ValueError: if it does not.
    """
    count, components, height, width = samples.components.shape
    require(0 < count <= MOST_SAMPLES, "no sample" if not count else f"{count} samples")
    sized = height == width and LEAST_SIDE <= width <= MOST_SIDE
    # the centre of an odd patch lies elsewhere than that of the patches it is judged by
    require(sized and width % 2 == 0, f"samples of {height} × {width}")
    code, used = samples.code, len(samples.bands.used)
    require(code.mean.shape == (used,), f"means of {code.mean.shape}")
    require(code.matrix.shape == (used, components), f"a matrix of {code.matrix.shape}")
    require(code.inverse.shape == (components, used), f"an inverse of {code.inverse.shape}")
    for name in ("mean", "matrix", "inverse"):
        require(bool(np.isfinite(getattr(code, name)).all()), f"a {name} that is not finite")
    require(bool(np.isfinite(samples.components).all()), "components that are not finite")
    _check_classes(samples, count)
    _check_prompts(samples, count)


def _check_classes(samples: SampleSet, count: int) -> None:
    require(
        _indices(samples.class_indices, count, len(samples.classes)),
        "class indices that are out of range",
    )
    shape = (count, samples.side, samples.side)
    require(samples.labelled.shape == shape, f"labels of {samples.labelled.shape}")
    require(samples.recognised.shape == (count,), f"recognised {samples.recognised.shape}")


def _check_prompts(samples: SampleSet, count: int) -> None:
    prompts, tokens = samples.prompts, samples.tokens
    require(_indices(samples.prompt_of, count, len(prompts)), "prompts that are out of range")
    require(len(tokens) == len(prompts), f"tokens of {len(tokens)} prompts")
    for prompt, words in zip(prompts, tokens):
        inside = all(0 <= word.start <= word.end <= len(prompt) for word in words)
        require(inside, f"tokens outside the prompt {prompt[:40]!r}")
    attention = samples.attention
    if attention is not None:
        longest = max(len(words) for words in tokens)
        fits = len(attention) == count and attention.shape[1] >= longest
        square = 0 < attention.shape[2] == attention.shape[3]
        require(fits and square, f"attention of {attention.shape}")
    require(0 <= samples.guidance < math.inf, f"guidance {samples.guidance}")
    require(samples.steps > 0, f"steps {samples.steps}")


def _indices(found: np.ndarray, count: int, most: int) -> bool:
    """Return whether there are so many indices, all from 0 to below ``most``."""
    return found.shape == (count,) and bool(((found >= 0) & (found < most)).all())
