"""A trained classifier: what it is, what it says of pixels, and its file.

A model file is safetensors with one JSON entry in its header. It holds numbers
only, so a model from elsewhere can be wrong but never harmful.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from .choice import Part, blended
from .errors import ModelFileError
from .heads import KINDS as HEAD_KINDS
from .heads import HeadShape, logits
from .labels import LabelClass
from .outputs import atomic_output
from .pseudo_image import PseudoImage
from .statistics import AffineMap

SCHEMA_VERSION = 1
HEADER_KEY = "hsifilm_model"


@dataclass(frozen=True)
class ModelBands:
    """The bands that a model reads.

    Attributes:
        count: Bands of the training scene.
        used: Zero-based indices there.
        wavelengths: In nm, of the used bands; None when unknown.
    """

    count: int
    used: tuple[int, ...]
    wavelengths: tuple[float, ...] | None


@dataclass(frozen=True)
class SpatialPath:
    """How a model sees a pixel's surroundings.

    Attributes:
        pseudo_image: How the scene becomes a picture.
        timestep: How far windows are noised.
        blocks: Decoder blocks, negative, counted from the last.
        compression: Maps the blocks' channels to the spatial inputs of the heads.
        backbone: The folder's path; empty for the bundled one.
        backbone_sha256: Of its weights.
    """

    pseudo_image: PseudoImage
    timestep: int
    blocks: tuple[int, ...]
    compression: AffineMap
    backbone: str
    backbone_sha256: str


@dataclass(frozen=True)
class HeadStack:
    """Heads of one kind, an ensemble, and their part in the blend.

    Attributes:
        shape: Their sizes.
        parameters: float32 arrays ``(members, ...)``.
        part: Their share and calibration.
    """

    shape: HeadShape
    parameters: Mapping[str, np.ndarray]
    part: Part


@dataclass(frozen=True)
class Model:
    """A trained classifier.

    Attributes:
        classes: In the order of the heads' outputs.
        bands: What it reads.
        spectral: Maps the used bands to the heads' spectral inputs.
        spatial: None where the choice fell on spectra alone.
        heads: The blend.
        temperature: Of the blend; each part has one of its own, too.
        provenance: Versions, hashes, seed, time; text to text.
    """

    classes: tuple[LabelClass, ...]
    bands: ModelBands
    spectral: AffineMap
    spatial: SpatialPath | None
    heads: tuple[HeadStack, ...]
    temperature: float
    provenance: Mapping[str, str] = field(default_factory=dict)


class Predictor:
    """Class probabilities of pixels, on the CPU: the heads are small."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._parameters = [
            {name: torch.from_numpy(array) for name, array in stack.parameters.items()}
            for stack in model.heads
        ]

    def __call__(self, spectra: np.ndarray, features: np.ndarray | None) -> np.ndarray:
        """Return probabilities, float32 ``(n, classes)``.

        Args:
            spectra: float32 ``(n, used bands)``.
            features: float32 ``(n, spatial inputs)``; None counts as zeros.
        """
        model = self._model
        inputs = torch.from_numpy(model.spectral(spectra))
        width = max(stack.shape.spatial for stack in model.heads)
        surroundings = (
            torch.zeros((len(spectra), width)) if features is None else torch.from_numpy(features)
        )
        with torch.inference_mode():
            said = [
                logits(stack.shape, parameters, inputs, surroundings).softmax(-1).mean(0).numpy()
                for stack, parameters in zip(model.heads, self._parameters)
            ]
        return blended([stack.part for stack in model.heads], said, model.temperature)


def save_model(model: Model, path: Path) -> None:
    """Write a model file, whole or not at all."""
    tensors = {"spectral.mean": model.spectral.mean, "spectral.matrix": model.spectral.matrix}
    header: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "classes": [{"value": c.value, "name": c.name, "color": c.color} for c in model.classes],
        "bands": {
            "count": model.bands.count,
            "used": list(model.bands.used),
            "wavelengths_nm": model.bands.wavelengths and list(model.bands.wavelengths),
        },
        "temperature": model.temperature,
        "heads": [],
        "spatial": None,
        "provenance": dict(model.provenance),
    }
    for number, stack in enumerate(model.heads):
        shape = stack.shape
        header["heads"].append(
            {
                "kind": shape.kind,
                "spectral": shape.spectral,
                "spatial": shape.spatial,
                "width": shape.width,
                "effort": stack.part.effort,
                "temperature": stack.part.temperature,
                "weight": stack.part.weight,
            }
        )
        tensors |= {f"head{number}.{name}": array for name, array in stack.parameters.items()}
    if model.spatial is not None:
        picture = model.spatial.pseudo_image
        header["spatial"] = {
            "pseudo_image": picture.kind,
            "gamma": picture.gamma,
            "timestep": model.spatial.timestep,
            "blocks": list(model.spatial.blocks),
            "backbone": model.spatial.backbone,
            "backbone_sha256": model.spatial.backbone_sha256,
        }
        tensors |= {
            "picture.mean": picture.projection.mean,
            "picture.matrix": picture.projection.matrix,
            "picture.low": picture.low,
            "picture.high": picture.high,
            "compression.mean": model.spatial.compression.mean,
            "compression.matrix": model.spatial.compression.matrix,
        }
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    with atomic_output(path) as partial:
        partial.write_bytes(save(contiguous, {HEADER_KEY: json.dumps(header, sort_keys=True)}))


def load_model(path: Path) -> Model:
    """Read a model file.

    Raises:
        ModelFileError: if it is missing, truncated, of a newer schema, or no model.
    """
    if not path.is_file():
        raise ModelFileError(f"Model file '{path}' does not exist.")
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFileError(
            f"'{path.name}' is not a whole model file ({error}). It may be truncated or of "
            "another program: train the model again, or copy the file again."
        ) from error
    if HEADER_KEY not in metadata:
        raise ModelFileError(
            f"'{path.name}' is a safetensors file, but not a model of HSI FiLM. "
            "Choose a file that 'Train classifier' has written."
        )
    try:
        header = json.loads(metadata[HEADER_KEY])
        version = header["schema_version"]
        if version > SCHEMA_VERSION:
            raise ModelFileError(
                f"'{path.name}' was written by a newer HSI FiLM (schema {version}; this one reads "
                f"up to {SCHEMA_VERSION}). Update the plugin."
            )
        model = _model(header, tensors)
        _check(model)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(
            f"'{path.name}' is a damaged model of HSI FiLM ({error!r}). Train it again."
        ) from error
    return model


def _model(header: dict[str, Any], tensors: dict[str, np.ndarray]) -> Model:
    classes = tuple(
        LabelClass(int(c["value"]), str(c["name"]), str(c["color"])) for c in header["classes"]
    )
    bands = header["bands"]
    wavelengths = bands["wavelengths_nm"]
    stacks = []
    for number, head in enumerate(header["heads"]):
        shape = HeadShape(
            str(head["kind"]),
            int(head["spectral"]),
            int(head["spatial"]),
            len(classes),
            int(head["width"]),
        )
        prefix = f"head{number}."
        stacks.append(
            HeadStack(
                shape,
                {n[len(prefix) :]: t for n, t in tensors.items() if n.startswith(prefix)},
                Part(
                    shape.kind,
                    str(head["effort"]),
                    float(head["temperature"]),
                    float(head["weight"]),
                ),
            )
        )
    spatial = None
    if header["spatial"] is not None:
        described = header["spatial"]
        spatial = SpatialPath(
            PseudoImage(
                str(described["pseudo_image"]),
                AffineMap(tensors["picture.mean"], tensors["picture.matrix"]),
                tensors["picture.low"],
                tensors["picture.high"],
                float(described["gamma"]),
            ),
            int(described["timestep"]),
            tuple(int(block) for block in described["blocks"]),
            AffineMap(tensors["compression.mean"], tensors["compression.matrix"]),
            str(described["backbone"]),
            str(described["backbone_sha256"]),
        )
    return Model(
        classes,
        ModelBands(
            int(bands["count"]),
            tuple(int(band) for band in bands["used"]),
            None if wavelengths is None else tuple(float(w) for w in wavelengths),
        ),
        AffineMap(tensors["spectral.mean"], tensors["spectral.matrix"]),
        spatial,
        tuple(stacks),
        float(header["temperature"]),
        {str(key): str(value) for key, value in header["provenance"].items()},
    )


def _check(model: Model) -> None:
    """Check that the sizes in a file fit together.

    Raises:
        ValueError: if they don't.
    """
    used, inputs = len(model.bands.used), model.spectral.matrix.shape
    if inputs[0] != used or model.spectral.mean.shape != (used,):
        raise ValueError(f"{used} bands, but a spectral map of {inputs}")
    if model.bands.wavelengths is not None and len(model.bands.wavelengths) != used:
        raise ValueError(f"{used} bands, but {len(model.bands.wavelengths)} wavelengths")
    if not model.heads or not model.classes or not model.temperature > 0:
        raise ValueError("no head, no class or no temperature")
    for stack in model.heads:
        if stack.shape.kind not in HEAD_KINDS:
            raise ValueError(f"head of unknown kind {stack.shape.kind}")
        for name, (rows, cols, _) in stack.shape.layers().items():
            weight, bias = stack.parameters[f"{name}.weight"], stack.parameters[f"{name}.bias"]
            if weight.shape[1:] != (rows, cols) or bias.shape[1:] != (1, cols):
                raise ValueError(f"layer {name} of shape {weight.shape}")
        if stack.shape.kind != "spatial" and stack.shape.spectral != inputs[1]:
            raise ValueError(f"spectral inputs {stack.shape.spectral}")
        if stack.shape.kind != "spectral" and (
            model.spatial is None
            or model.spatial.compression.matrix.shape[1] != stack.shape.spatial
        ):
            raise ValueError(f"spatial inputs {stack.shape.spatial}")
