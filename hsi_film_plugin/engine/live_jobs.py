"""The jobs of the dock: features kept on disk, the live map, suggestions, a picture to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyogrio

from . import parameters as given
from .classification import TILE, extent_block
from .device import Device, device_facts
from .errors import InputError
from .grid import Grid
from .job_facts import chosen_device, class_facts
from .label_vector import vector_layers
from .labels import Labels, read_labels
from .live_cache import LIMIT_BYTES
from .live_scene import LiveScene
from .live_statistics import LiveSettings
from .outputs import atomic_output, check_outputs
from .parameters import LabelSource, Parameters
from .preview import preview, write_preview
from .progress import Progress
from .pseudo_image import KINDS
from .pseudo_image_raster import write_pseudo_image
from .registry import Job
from .scene import Scene
from .suggestion import suggest
from .windows import Block

Result = dict[str, Any]
MOST_SUGGESTIONS = 100


def prepare_job(params: Parameters, progress: Progress) -> Result:
    """Compute the features of an extent, unless the cache has them."""
    with Scene.open(given.required_path(params, "input")) as scene:
        device = chosen_device(params)
        live = _live_scene(params, scene, device)
        tiles = live.prepare(extent_block(scene, given.extent(params)), progress)
        progress.report(1.0, "Done")
        return device_facts(device) | {
            "tiles": len(tiles),
            "computed": live.computed,
            "extent": _extent_of(live, tiles),
            "bytes": live.cache.bytes(),
            "warnings": list(scene.warnings),
        }


def preview_job(params: Parameters, progress: Progress) -> Result:
    """Fit to the labels, and paint what is shown."""
    output, source = given.required_path(params, "output"), LabelSource.of(params, "labels")
    path = given.required_path(params, "input")
    check_outputs({"OUTPUT": output}, [path, source.path])
    with Scene.open(path) as scene:
        device = chosen_device(params)
        shown = extent_block(scene, given.extent(params))
        labels = _labels(source, scene, progress)
        live = _live_scene(params, scene, device)
        found = preview(live, labels, shown, progress.part(0.02, 0.98))
        tags = {"HSIFILM_SCENE": path.name, "HSIFILM_HEADS": found.heads}
        with atomic_output(output) as hidden:
            write_preview(hidden, found.values, scene, shown, tags)
            progress.report(1.0, "Done")
        return device_facts(device) | {
            "output": str(output),
            "classes": class_facts(labels.classes),
            "counts": found.counts,
            "accuracy": found.accuracy,
            "label_pixels": found.pixels,
            "label_polygons": found.polygons,
            "heads": found.heads,
            "computed": live.computed,
            "extent": _extent(live, shown),
            "warnings": [*scene.warnings, *labels.warnings, *found.warnings],
        }


def suggest_job(params: Parameters, progress: Progress) -> Result:
    """Say where labels would help most."""
    with Scene.open(given.required_path(params, "input")) as scene:
        device = chosen_device(params)
        count = given.integer(params, "count", 5)
        if not 1 <= count <= MOST_SUGGESTIONS:
            raise InputError(f"COUNT is {count}. Ask for 1 to {MOST_SUGGESTIONS} places.")
        shown = extent_block(scene, given.extent(params))
        labels = None
        if _has_labels(params):
            labels = _labels(LabelSource.of(params, "labels"), scene, progress)
        live = _live_scene(params, scene, device)
        found, warnings = suggest(
            live, labels, shown, count, _points(params), progress.part(0.02, 1.0)
        )
        progress.report(1.0, "Done")
        return device_facts(device) | {
            "suggestions": [
                {
                    "x": one.x,
                    "y": one.y,
                    "row": one.row,
                    "col": one.col,
                    "wkt": one.wkt,
                    "pixels": one.pixels,
                    "class_value": None if one.known is None else one.known.value,
                    "class_name": None if one.known is None else one.known.name,
                    "confidence": one.confidence,
                    "score": one.score,
                    "reason": one.reason,
                }
                for one in found
            ],
            "computed": live.computed,
            "warnings": [
                *scene.warnings,
                *(() if labels is None else labels.warnings),
                *warnings,
            ],
        }


def pseudo_image_job(params: Parameters, progress: Progress) -> Result:
    """Write a picture of a scene to look at."""
    path, output = given.required_path(params, "input"), given.required_path(params, "output")
    kind = given.text(params, "kind") or "pca"
    if kind not in KINDS:
        raise InputError(f"KIND is '{kind}'. Choose {' or '.join(KINDS)}.")
    check_outputs({"OUTPUT": output}, [path])
    with Scene.open(path) as scene:
        with atomic_output(output) as hidden:
            write_pseudo_image(scene, kind, hidden, progress)
            progress.report(1.0, "Done")
        return {"output": str(output), "warnings": list(scene.warnings)}


LIVE_JOBS: Mapping[str, Job] = {
    "prepare": prepare_job,
    "preview": preview_job,
    "suggest": suggest_job,
    "pseudo_image": pseudo_image_job,
}


def _labels(source: LabelSource, scene: Grid, progress: Progress) -> Labels:
    progress.report(0.0, "Reading the labels")
    labels = read_labels(
        source.path, scene, source.class_field, layer=source.layer, styles=source.styles
    )
    progress.check()
    return labels


def _has_labels(params: Parameters) -> bool:
    """Return whether there are labels: a layer may be empty before the first one is drawn."""
    path = given.optional_path(params, "labels")
    if path is None:
        return False
    layers = vector_layers(path) if path.exists() else []
    layer = given.text(params, "labels_layer") or (layers[0] if len(layers) == 1 else None)
    if layer is None:
        return True
    return layer not in layers or bool(pyogrio.read_info(path, layer=layer)["features"])


def _points(params: Parameters) -> list[tuple[float, float]]:
    """Return the places to avoid."""
    found = params.get("avoid") or ()
    try:
        points = [(float(x), float(y)) for x, y in found]
    except (TypeError, ValueError) as error:
        raise InputError(f"Parameter 'avoid' is no list of x and y ({error}).") from error
    if not np.isfinite(points).all():
        raise InputError("Parameter 'avoid' holds a coordinate that is no number.")
    return points


def _live_scene(params: Parameters, scene: Scene, device: Device) -> LiveScene:
    picture = given.text(params, "pseudo_image") or "auto"
    if picture not in ("auto", *KINDS):
        raise InputError(f"PSEUDO_IMAGE is '{picture}'. Choose auto, {' or '.join(KINDS)}.")
    defaults = LiveSettings()
    settings = LiveSettings(
        given.optional_path(params, "backbone"),
        given.boolean(params, "use_backbone", defaults.use_backbone),
        defaults.pseudo_image if picture == "auto" else picture,
        given.integer(params, "timestep", defaults.timestep),
        given.integers(params, "blocks") or defaults.blocks,
    )
    limit = given.integer(params, "cache_limit", LIMIT_BYTES)
    return LiveScene(scene, settings, device, given.required_path(params, "cache"), limit)


def _extent_of(live: LiveScene, tiles: list[tuple[int, int]]) -> list[float]:
    """Return the extent of whole tiles, cut to the scene."""
    rows, cols = [row for row, _ in tiles], [col for _, col in tiles]
    top, left = min(rows) * TILE[0], min(cols) * TILE[1]
    bottom = min((max(rows) + 1) * TILE[0], live.scene.height)
    right = min((max(cols) + 1) * TILE[1], live.scene.width)
    return _extent(live, Block(top, left, bottom - top, right - left))


def _extent(live: LiveScene, block: Block) -> list[float]:
    """Return xmin, ymin, xmax, ymax of pixels."""
    corners = [
        live.transform @ (block.col + right, block.row + down)
        for right in (0, block.width)
        for down in (0, block.height)
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return [min(xs), min(ys), max(xs), max(ys)]
