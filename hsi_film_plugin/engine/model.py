"""A trained classifier: what it is, what it says of pixels, and its file.

A model file is safetensors with one JSON entry in its header. It holds numbers
only, so a model from elsewhere can be wrong but never harmful.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from .choice import Part, blended
from .context import SceneContext
from .errors import ModelFileError
from .heads import KINDS as HEAD_KINDS
from .heads import SPATIAL_KINDS, HeadShape, logits
from .label_classes import MAX_CLASS_VALUE, LabelClass
from .novelty import Novelty
from .outputs import atomic_output
from .pseudo_image import KINDS as PICTURE_KINDS
from .pseudo_image import PseudoImage
from .spectral_inputs import SpectralInputs
from .statistics import AffineMap

SCHEMA_VERSION = 2
HEADER_KEY = "hsifilm_model"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


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
        compression: Maps the blocks' channels to the first spatial inputs of the heads.
        context: Makes the other spatial inputs.
        backbone: The folder's path; empty for the bundled one.
        backbone_sha256: Of its weights.
    """

    pseudo_image: PseudoImage
    timestep: int
    blocks: tuple[int, ...]
    compression: AffineMap
    context: SceneContext
    backbone: str
    backbone_sha256: str

    @property
    def inputs(self) -> int:
        """The number of spatial inputs of the heads."""
        return int(self.compression.matrix.shape[1]) + self.context.count


@dataclass(frozen=True)
class HeadStack:
    """Heads of one kind, an ensemble, and their part in the blend.

    Attributes:
        shape: Their sizes.
        inputs: Makes their spectral inputs of the used bands.
        parameters: float32 arrays ``(members, ...)``.
        part: Their share and calibration.
    """

    shape: HeadShape
    inputs: SpectralInputs
    parameters: Mapping[str, np.ndarray]
    part: Part


@dataclass(frozen=True)
class Model:
    """A trained classifier.

    Attributes:
        classes: In the order of the heads' outputs.
        bands: What it reads.
        spatial: None where the choice fell on spectra alone.
        heads: The blend.
        temperature: Of the blend; each part has one of its own, too.
        provenance: Versions, hashes, seed, time; text to text.
        novelty: Tells pixels that are like nothing labelled; None where that is not known.
    """

    classes: tuple[LabelClass, ...]
    bands: ModelBands
    spatial: SpatialPath | None
    heads: tuple[HeadStack, ...]
    temperature: float
    provenance: Mapping[str, str] = field(default_factory=dict)
    novelty: Novelty | None = None


class Predictor:
    """Class probabilities of pixels, on the CPU: the heads are small."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._parameters = [
            {name: torch.from_numpy(array) for name, array in stack.parameters.items()}
            for stack in model.heads
        ]
        #: For each stack the first one with the same spectral inputs, which are made once.
        self._same_inputs = [
            next(n for n, other in enumerate(model.heads) if _alike(other.inputs, stack.inputs))
            for stack in model.heads
        ]

    def __call__(self, spectra: np.ndarray, features: np.ndarray | None) -> np.ndarray:
        """Return probabilities, float32 ``(n, classes)``.

        Args:
            spectra: float32 ``(n, used bands)``.
            features: float32 ``(n, spatial inputs)``; None counts as zeros.
        """
        model = self._model
        spatial = [s.shape.spatial for s in model.heads if s.shape.kind in SPATIAL_KINDS]
        surroundings = (
            torch.zeros((len(spectra), max(spatial, default=0)))
            if features is None
            else torch.from_numpy(features)
        )
        inputs = {
            n: torch.from_numpy(model.heads[n].inputs(spectra)) for n in set(self._same_inputs)
        }
        with torch.inference_mode():
            said = [
                logits(stack.shape, parameters, inputs[same], surroundings)
                .softmax(-1)
                .mean(0)
                .numpy()
                for stack, parameters, same in zip(model.heads, self._parameters, self._same_inputs)
            ]
        return blended([stack.part for stack in model.heads], said, model.temperature)


def _alike(first: SpectralInputs, second: SpectralInputs) -> bool:
    """Return whether both make the same of any spectrum."""
    return (
        first.snv == second.snv
        and np.array_equal(first.affine.mean, second.affine.mean)
        and np.array_equal(first.affine.matrix, second.affine.matrix)
    )


def save_model(model: Model, path: Path) -> None:
    """Write a model file, whole or not at all."""
    tensors: dict[str, np.ndarray] = {}
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
        "novelty": None,
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
                "inputs": stack.inputs.name,
                "snv": stack.inputs.snv,
                "temperature": stack.part.temperature,
                "weight": stack.part.weight,
            }
        )
        tensors |= {f"head{number}.{name}": array for name, array in stack.parameters.items()}
        tensors |= {
            f"inputs{number}.mean": stack.inputs.affine.mean,
            f"inputs{number}.matrix": stack.inputs.affine.matrix,
        }
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
            "context.mean": model.spatial.context.projection.mean,
            "context.matrix": model.spatial.context.projection.matrix,
            "context_scale.mean": model.spatial.context.scale.mean,
            "context_scale.matrix": model.spatial.context.scale.matrix,
        }
    if model.novelty is not None:
        header["novelty"] = {"radius": model.novelty.radius}
        tensors |= {
            "novelty.mean": model.novelty.space.mean,
            "novelty.matrix": model.novelty.space.matrix,
            "novelty.prototypes": model.novelty.prototypes,
        }
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    with atomic_output(path) as partial:
        partial.write_bytes(save(contiguous, {HEADER_KEY: json.dumps(header, sort_keys=True)}))


def load_model(path: Path) -> Model:
    """Read a model file.

    Raises:
        ModelFileError: if it is missing, truncated, of another schema, or no model.
    """
    if not path.is_file():
        raise ModelFileError(f"Model file '{path}' does not exist.")
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
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
        if version < SCHEMA_VERSION:
            raise ModelFileError(
                f"'{path.name}' was written by an older HSI FiLM (schema {version}; this one reads "
                f"{SCHEMA_VERSION}). Train the model again."
            )
        if version > SCHEMA_VERSION:
            raise ModelFileError(
                f"'{path.name}' was written by a newer HSI FiLM (schema {version}; this one reads "
                f"up to {SCHEMA_VERSION}). Update the plugin."
            )
        for name, array in tensors.items():
            numbers = array.dtype == np.float32 and bool(np.isfinite(array).all())
            _require(numbers, f"tensor {name} of {array.dtype}, or not finite")
        model = _model(header, tensors)
        _check(model)
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
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
        _require(isinstance(head["snv"], bool), f"snv {head['snv']!r}")
        prefix = f"head{number}."
        affine = AffineMap(tensors[f"inputs{number}.mean"], tensors[f"inputs{number}.matrix"])
        stacks.append(
            HeadStack(
                shape,
                SpectralInputs(str(head["inputs"]), head["snv"], affine),
                {n[len(prefix) :]: t for n, t in tensors.items() if n.startswith(prefix)},
                Part(
                    shape.kind,
                    str(head["effort"]),
                    str(head["inputs"]),
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
            SceneContext(
                AffineMap(tensors["context.mean"], tensors["context.matrix"]),
                AffineMap(tensors["context_scale.mean"], tensors["context_scale.matrix"]),
            ),
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
        spatial,
        tuple(stacks),
        float(header["temperature"]),
        {str(key): str(value) for key, value in header["provenance"].items()},
        _novelty(header["novelty"], tensors),
    )


def _novelty(described: dict[str, Any] | None, tensors: dict[str, np.ndarray]) -> Novelty | None:
    """Return what tells unlike pixels, None where that is not known."""
    if described is None:
        return None
    return Novelty(
        AffineMap(tensors["novelty.mean"], tensors["novelty.matrix"]),
        tensors["novelty.prototypes"],
        float(described["radius"]),
    )


def _check(model: Model) -> None:
    """Check that what a file says fits together, so that nothing fails later or elsewhere.

    Raises:
        ValueError: if it does not.
    """
    _check_classes(model.classes)
    bands, used = model.bands, len(model.bands.used)
    _require(all(0 <= band < bands.count for band in bands.used), f"bands {bands.used}")
    known = bands.wavelengths
    _require(known is None or len(known) == used, f"{used} bands and other wavelengths")
    _require(0 < model.temperature < math.inf, f"temperature {model.temperature}")
    if model.spatial is not None:
        _check_spatial(model.spatial, used)
    if model.novelty is not None:
        _check_novelty(model.novelty, used)
    _require(len(model.heads) > 0, "no head")
    for stack in model.heads:
        _check_stack(stack, model)


def _check_classes(classes: tuple[LabelClass, ...]) -> None:
    values = [known.value for known in classes]
    _require(len(set(values)) == len(values) >= 1, f"class values {values}")
    _require(all(0 < value <= MAX_CLASS_VALUE for value in values), f"class values {values}")
    for known in classes:
        _require(_COLOR.fullmatch(known.color) is not None, f"colour {known.color!r}")


def _check_map(name: str, found: AffineMap, inputs: int, outputs: int | None = None) -> None:
    matrix, mean = found.matrix, found.mean
    _require(matrix.ndim == 2 and matrix.shape[0] == inputs, f"{name} of {matrix.shape}")
    _require(outputs is None or matrix.shape[1] == outputs, f"{name} of {matrix.shape}")
    _require(mean.shape == (inputs,), f"{name} with means of {mean.shape}")


def _check_spatial(spatial: SpatialPath, used: int) -> None:
    picture = spatial.pseudo_image
    _require(picture.kind in PICTURE_KINDS, f"picture of kind {picture.kind!r}")
    _check_map("picture", picture.projection, used, 3)
    _require(picture.low.shape == picture.high.shape == (3,), "stretch of another size")
    _require(0 < picture.gamma < math.inf, f"gamma {picture.gamma}")
    _check_map("compression", spatial.compression, len(spatial.compression.mean))
    context = spatial.context
    _check_map("context", context.projection, used)
    _check_map("context scale", context.scale, context.count, context.count)


def _check_novelty(novelty: Novelty, used: int) -> None:
    known = novelty.prototypes
    _require(known.ndim == 2 and len(known) > 0, f"labelled pixels of {known.shape}")
    _check_map("novelty", novelty.space, used, known.shape[1])
    _require(0 < novelty.radius < math.inf, f"radius {novelty.radius}")


def _check_stack(stack: HeadStack, model: Model) -> None:
    shape, part = stack.shape, stack.part
    _require(shape.kind in HEAD_KINDS, f"head of kind {shape.kind!r}")
    layers = shape.layers()
    _require(len(stack.parameters) == 2 * len(layers), "layers of another head")
    members = len(stack.parameters["classes.weight"])
    _require(members > 0, "no head")
    for name, (rows, cols, _) in layers.items():
        weight, bias = stack.parameters[f"{name}.weight"], stack.parameters[f"{name}.bias"]
        fits = weight.shape == (members, rows, cols) and bias.shape == (members, 1, cols)
        _require(fits, f"layer {name} of {weight.shape}")
    _check_map("spectral inputs", stack.inputs.affine, len(model.bands.used), shape.spectral)
    if shape.kind in SPATIAL_KINDS:
        _require(model.spatial is not None, "spatial head without its features")
    if model.spatial is not None and shape.kind in SPATIAL_KINDS:
        _require(shape.spatial == model.spatial.inputs, "spatial inputs")
    _require(0 < part.temperature < math.inf, f"temperature {part.temperature}")
    _require(0 < part.weight <= 1, f"weight {part.weight}")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)
