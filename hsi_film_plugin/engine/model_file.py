"""The file of a trained classifier: safetensors with one JSON entry in its header.

It holds numbers and texts only, so a model from elsewhere can be wrong but never harmful.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from .choice import Part
from .context import SceneContext
from .described_file import Description, FileKind, Tensors, read_described
from .errors import ModelFileError
from .file_checks import MOST_COUNT, check_float32, checked_bands, checked_classes, require
from .heads import KINDS as HEAD_KINDS
from .heads import SPATIAL_KINDS, HeadShape
from .job_facts import class_facts
from .model import HeadStack, Model, SpatialPath
from .novelty import Novelty
from .outputs import atomic_output
from .pseudo_image import KINDS as PICTURE_KINDS
from .pseudo_image import PseudoImage
from .spectral_inputs import SpectralInputs
from .statistics import AffineMap

KIND = FileKind(
    key="hsifilm_model",
    schema=2,
    noun="model file",
    maker="Train classifier",
    remake="Train the model again",
    error=ModelFileError,
)


def save_model(model: Model, path: Path) -> None:
    """Write a model file, whole or not at all."""
    tensors: dict[str, np.ndarray] = {}
    header: dict[str, Any] = {
        KIND.schema_entry: KIND.schema,
        "classes": class_facts(model.classes),
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
        partial.write_bytes(save(contiguous, {KIND.key: json.dumps(header, sort_keys=True)}))


def load_model(path: Path) -> Model:
    """Read a model file.

    Raises:
        ModelFileError: if it is missing, truncated, of another schema, or no model.
    """
    return read_described(path, KIND, _model)


def _model(header: Description, tensors: Tensors) -> Model:
    check_float32(tensors)
    classes = checked_classes(header["classes"])
    bands = header["bands"]
    stacks = []
    for number, head in enumerate(header["heads"]):
        shape = HeadShape(
            str(head["kind"]),
            int(head["spectral"]),
            int(head["spatial"]),
            len(classes),
            int(head["width"]),
        )
        require(isinstance(head["snv"], bool), f"snv {head['snv']!r}")
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
    model = Model(
        classes,
        # a model is of what it was trained on, however many bands that had
        checked_bands(bands["count"], bands["used"], bands["wavelengths_nm"], most=MOST_COUNT),
        spatial,
        tuple(stacks),
        float(header["temperature"]),
        {str(key): str(value) for key, value in header["provenance"].items()},
        _novelty(header["novelty"], tensors),
    )
    _check(model)
    return model


def _novelty(described: Description | None, tensors: Tensors) -> Novelty | None:
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
    used = len(model.bands.used)
    require(0 < model.temperature < math.inf, f"temperature {model.temperature}")
    if model.spatial is not None:
        _check_spatial(model.spatial, used)
    if model.novelty is not None:
        _check_novelty(model.novelty, used)
    require(len(model.heads) > 0, "no head")
    for stack in model.heads:
        _check_stack(stack, model)


def _check_map(name: str, found: AffineMap, inputs: int, outputs: int | None = None) -> None:
    matrix, mean = found.matrix, found.mean
    require(matrix.ndim == 2 and matrix.shape[0] == inputs, f"{name} of {matrix.shape}")
    require(outputs is None or matrix.shape[1] == outputs, f"{name} of {matrix.shape}")
    require(mean.shape == (inputs,), f"{name} with means of {mean.shape}")


def _check_spatial(spatial: SpatialPath, used: int) -> None:
    picture = spatial.pseudo_image
    require(picture.kind in PICTURE_KINDS, f"picture of kind {picture.kind!r}")
    _check_map("picture", picture.projection, used, 3)
    require(picture.low.shape == picture.high.shape == (3,), "stretch of another size")
    require(0 < picture.gamma < math.inf, f"gamma {picture.gamma}")
    _check_map("compression", spatial.compression, len(spatial.compression.mean))
    context = spatial.context
    _check_map("context", context.projection, used)
    _check_map("context scale", context.scale, context.count, context.count)


def _check_novelty(novelty: Novelty, used: int) -> None:
    known = novelty.prototypes
    require(known.ndim == 2 and len(known) > 0, f"labelled pixels of {known.shape}")
    _check_map("novelty", novelty.space, used, known.shape[1])
    require(0 < novelty.radius < math.inf, f"radius {novelty.radius}")


def _check_stack(stack: HeadStack, model: Model) -> None:
    shape, part = stack.shape, stack.part
    require(shape.kind in HEAD_KINDS, f"head of kind {shape.kind!r}")
    layers = shape.layers()
    require(len(stack.parameters) == 2 * len(layers), "layers of another head")
    members = len(stack.parameters["classes.weight"])
    require(members > 0, "no head")
    for name, (rows, cols, _) in layers.items():
        weight, bias = stack.parameters[f"{name}.weight"], stack.parameters[f"{name}.bias"]
        fits = weight.shape == (members, rows, cols) and bias.shape == (members, 1, cols)
        require(fits, f"layer {name} of {weight.shape}")
    _check_map("spectral inputs", stack.inputs.affine, len(model.bands.used), shape.spectral)
    if shape.kind in SPATIAL_KINDS:
        require(model.spatial is not None, "spatial head without its features")
    if model.spatial is not None and shape.kind in SPATIAL_KINDS:
        require(shape.spatial == model.spatial.inputs, "spatial inputs")
    require(0 < part.temperature < math.inf, f"temperature {part.temperature}")
    require(0 < part.weight <= 1, f"weight {part.weight}")
