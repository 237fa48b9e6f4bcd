"""Small rasters and vector layers, made where a test needs them."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import rasterio
from affine import Affine

UTM = "EPSG:32633"
GRID = Affine(10, 0, 400000, 0, -10, 5000000)

RasterMaker = Callable[..., Path]
VectorMaker = Callable[..., Path]
FieldsMaker = Callable[..., "Fields"]


@pytest.fixture
def make_raster(tmp_path: Path) -> RasterMaker:
    """Return a function that writes (bands, height, width) or (height, width) arrays."""

    def make(
        name: str,
        values: np.ndarray,
        *,
        crs: str | None = UTM,
        transform: Affine | None = GRID,
        band_tags: Sequence[Mapping[str, str]] = (),
        imagery_tags: Sequence[Mapping[str, str]] = (),
        scales: Sequence[float] = (),
        offsets: Sequence[float] = (),
        mask: np.ndarray | None = None,
        colormap: Mapping[int, tuple[int, ...]] | None = None,
        **options: Any,
    ) -> Path:
        bands = values if values.ndim == 3 else values[None]
        path = tmp_path / name
        profile = {"driver": "GTiff", "count": len(bands), "dtype": bands.dtype, **options}
        profile.update(height=bands.shape[1], width=bands.shape[2])
        if crs is not None:
            profile["crs"] = crs
        if transform is not None:
            profile["transform"] = transform
        with warnings.catch_warnings(), rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(path, "w", **profile) as dataset:
                if colormap is not None:
                    dataset.write_colormap(1, dict(colormap))
                dataset.write(bands)
                for index, tags in enumerate(band_tags):
                    dataset.update_tags(index + 1, **tags)
                for index, tags in enumerate(imagery_tags):
                    dataset.update_tags(index + 1, ns="IMAGERY", **tags)
                if scales:
                    dataset.scales = scales
                if offsets:
                    dataset.offsets = offsets
                if mask is not None:
                    dataset.write_mask(mask)
        return path

    return make


@pytest.fixture
def make_vector(tmp_path: Path) -> VectorMaker:
    """Return a function that writes GeoJSON-like geometries with fields as a layer."""

    def make(
        name: str,
        geometries: Sequence[Mapping[str, Any] | None],
        /,
        *,
        crs: str | None = UTM,
        layer: str = "labels",
        geometry_type: str = "Unknown",
        append: bool = False,
        **fields: Sequence[Any],
    ) -> Path:
        path = tmp_path / name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # pyogrio warns of a missing CRS
            pyogrio.raw.write(
                str(path),
                geometry=np.array(
                    [None if item is None else wkb(item) for item in geometries], dtype=object
                ),
                field_data=[_column(values) for values in fields.values()],
                fields=list(fields),
                geometry_type=geometry_type,
                crs=crs,
                driver="GPKG",
                layer=layer,
                append=append,
            )
        return path

    return make


@dataclass(frozen=True)
class Fields:
    """A scene of square fields of known classes, and polygons drawn in some of them."""

    raster: Path
    labels: Path
    truth: np.ndarray


@pytest.fixture
def make_fields(make_raster: RasterMaker, make_vector: VectorMaker) -> FieldsMaker:
    """Return a function that makes a scene of fields and labels the middle of some.

    ``spectra`` (classes, bands) are the fields' means; ``noise`` is added to each value.
    Fields ``every``-th from one another are labelled; ``truth`` holds class indices.
    """

    def make(
        size: int = 96,
        *,
        name: str = "fields",
        field: int = 12,
        bands: int = 8,
        classes: int = 3,
        noise: float = 0.02,
        every: int = 2,
        values: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
        **options: Any,
    ) -> Fields:
        rng = np.random.default_rng(7)
        row, col = np.divmod(np.arange(size * size).reshape(size, size), size)
        truth = (row // field + 2 * (col // field)) % classes
        if values is None:
            spectra = 0.2 + 0.6 * rng.random((classes, bands))
            cube = spectra[truth].transpose(2, 0, 1) + rng.normal(0, noise, (bands, size, size))
        else:
            cube = values(truth, rng)
        if "band_tags" not in options:
            options["band_tags"] = [
                {"wavelength": str(450 + 40 * band), "wavelength_units": "nm"}
                for band in range(len(cube))
            ]
        raster = make_raster(f"{name}.tif", cube.astype(np.float32), **options)
        transform = options.get("transform", GRID)
        places = [
            (top, left)
            for top in range(0, size - field + 1, field)
            for left in range(0, size - field + 1, field)
            if (top // field + left // field) % every == 0
        ]
        labels = make_vector(
            f"{name}.gpkg",
            [square(top + 4, left + 4, field - 8, transform) for top, left in places],
            class_name=[f"class {truth[place] + 1}" for place in places],
            crs=options.get("crs", UTM),
        )
        return Fields(raster, labels, truth)

    return make


def square(row: int, col: int, side: int, transform: Affine = GRID) -> dict[str, Any]:
    """Return the polygon of ``side`` x ``side`` pixels that begins at (row, col)."""
    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    ring = [transform @ (col + right, row + down) for right, down in corners]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a very small network of random weights."""
    import torch
    from diffusers import UNet2DModel

    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=64,
        block_out_channels=(8, 16, 16),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 3,
        up_block_types=("UpBlock2D",) * 3,
    )
    folder = tmp_path_factory.mktemp("backbones") / "tiny"
    unet.save_pretrained(folder, safe_serialization=True)
    return folder


@pytest.fixture
def make_model(tiny_backbone: Path) -> Callable[..., Any]:
    """Return a function that makes a model of random heads for a scene, without training."""
    import torch

    from hsi_film_plugin.engine import heads, model, pseudo_image, statistics
    from hsi_film_plugin.engine.choice import Part
    from hsi_film_plugin.engine.label_classes import LabelClass
    from hsi_film_plugin.engine.progress import Progress
    from hsi_film_plugin.engine.scene import Scene
    from hsi_film_plugin.engine.spectral_inputs import SpectralInputs

    def stack(kind: str, inputs: SpectralInputs, spatial: int, classes: int, weight: float) -> Any:
        shape = heads.HeadShape(kind, inputs.count, spatial, classes, width=16)
        generator = torch.Generator().manual_seed(len(kind))
        parameters = {
            name: (2 * torch.randn(tensor.shape, generator=generator) / 16**0.5).numpy()
            for name, tensor in heads.initial_parameters(shape, [0, 1]).items()
        }
        part = Part(kind, "gentle", inputs.name, 0.7, weight)
        return model.HeadStack(shape, inputs, parameters, part)

    def make(
        raster: Path,
        *,
        spatial: bool = True,
        classes: Sequence[LabelClass] = (
            LabelClass(3, "forest", "#117733"),
            LabelClass(7, "water & ice", "#0072b2"),
            LabelClass(200, "Straße", "#cc6677"),
        ),
        picture: str = "rgb",
        backbone: str | None = None,
    ) -> model.Model:
        with Scene.open(raster) as scene:
            sample = statistics.sample_scene(scene, Progress())
            known = scene.bands.wavelengths
            count = scene.count
        standardised = statistics.standardisation(sample.spectra)
        inputs = SpectralInputs("standardised bands", False, standardised)
        path, parts = None, [("spectral", 1.0)]
        if spatial:
            path = _spatial_path(sample, known, picture, backbone or str(tiny_backbone))
            parts = [("spectral", 0.2), ("film", 0.8)]
        used = tuple(sample.bands)
        wavelengths = None if known is None else tuple(float(known[band]) for band in used)
        return model.Model(
            tuple(classes),
            model.ModelBands(count, used, wavelengths),
            path,
            tuple(
                stack(kind, inputs, 0 if path is None else path.inputs, len(classes), weight)
                for kind, weight in parts
            ),
            1.3,
            {"Seed": "0", "Scene": raster.name},
        )

    def _spatial_path(sample: Any, known: Any, picture: str, backbone: str) -> Any:
        from hsi_film_plugin.engine import context
        from hsi_film_plugin.engine.backbone import Backbone
        from hsi_film_plugin.engine.device import Device

        network = Backbone(Path(backbone), Device("cpu", "a test", bfloat16=False))
        channels = network.activations(torch.zeros(1, 3, 64, 64), 0, (-2, -3))
        inputs = sum(found.shape[1] for found in channels)
        rng = np.random.default_rng(0)
        compression = statistics.AffineMap(
            rng.normal(size=inputs).astype(np.float32),
            (3 * rng.normal(size=(inputs, 6)) / inputs**0.5).astype(np.float32),
        )
        image = pseudo_image.fit_pseudo_image(picture, sample, known)
        projection = statistics.whitening(sample.spectra, 2)
        count = context.feature_count(projection.matrix.shape[1])
        around = context.SceneContext(
            projection,
            statistics.AffineMap(
                rng.normal(size=count).astype(np.float32), np.eye(count, dtype=np.float32) / 3
            ),
        )
        sha256 = network.info.sha256
        return model.SpatialPath(image, 0, (-2, -3), compression, around, backbone, sha256)

    return make


@pytest.fixture
def mixed_model(make_fields: FieldsMaker, make_model: Callable[..., Any]) -> Any:
    """Return a model whose first head is linear, on other inputs than the rest."""
    from hsi_film_plugin.engine.choice import Part
    from hsi_film_plugin.engine.heads import HeadShape
    from hsi_film_plugin.engine.model import HeadStack
    from hsi_film_plugin.engine.spectral_inputs import SpectralInputs
    from hsi_film_plugin.engine.statistics import AffineMap

    model = make_model(make_fields(48).raster)
    rng = np.random.default_rng(4)
    used, classes = len(model.bands.used), len(model.classes)
    affine = AffineMap(
        rng.random(used).astype(np.float32), rng.normal(size=(used, 4)).astype(np.float32)
    )
    linear = HeadStack(
        HeadShape("linear", 4, 6, classes),
        SpectralInputs("standard normal variate", True, affine),
        {
            "classes.weight": rng.normal(size=(1, 4, classes)).astype(np.float32),
            "classes.bias": rng.normal(size=(1, 1, classes)).astype(np.float32),
        },
        Part("linear", "closed form", "standard normal variate", 1.4, 0.5),
    )
    return replace(model, heads=(linear, *model.heads))


@pytest.fixture
def make_sample_set() -> Callable[..., Any]:
    """Return a function that makes synthetic samples of known spectra."""
    from hsi_film_plugin.engine.label_classes import LabelClass
    from hsi_film_plugin.engine.model import ModelBands
    from hsi_film_plugin.engine.synthesis.sample_set import SampleSet, SampleWord
    from hsi_film_plugin.engine.synthesis.spectral_code import SpectralCode

    def make(
        class_indices: Sequence[int] = (0, 0, 1, 1, 1),
        spectra: np.ndarray | None = None,
        *,
        bands: int = 8,
        side: int = 4,
        classes: Sequence[LabelClass] = (
            LabelClass(1, "class 1", "#0072b2"),
            LabelClass(2, "class 2", "#e69f00"),
            LabelClass(3, "class 3", "#009e73"),
        ),
        wavelengths: Sequence[float] | None = tuple(450.0 + 40 * band for band in range(8)),
        noise: float = 0.01,
        **options: Any,
    ) -> SampleSet:
        """Make samples whose pixels all have their spectrum, but for the noise."""
        rng = np.random.default_rng(0)
        index, count = np.asarray(class_indices, np.int64), len(class_indices)
        if spectra is None:
            spectra = 0.2 + 0.1 * index[:, None] + 0.05 * rng.random((count, bands))
        bands = spectra.shape[1]
        turned = np.linalg.qr(rng.normal(size=(bands, bands)))[0]
        mean = spectra.mean(axis=0)
        code = SpectralCode(*(x.astype(np.float32) for x in (mean, turned / 0.1, 0.1 * turned.T)))
        pixels = spectra[:, None, None, :] + rng.normal(0, noise, (count, side, side, bands))
        pixels[:, side // 2, side // 2] = spectra
        made = np.moveaxis(code.encode(pixels.astype(np.float32)), -1, 1)
        labelled = np.zeros((count, side, side), bool)
        labelled[:, side // 2, side // 2 :] = True
        prompts = tuple(f"{known.name}, bright" for known in classes)
        words = tuple(
            (
                SampleWord("[CLS]", 0, 0),
                SampleWord(prompt[:5], 0, 5),
                SampleWord("bright", len(prompt) - 6, len(prompt)),
            )
            for prompt in prompts
        )
        given = {
            "components": made.astype(np.float16),
            "code": code,
            "bands": ModelBands(
                bands, tuple(range(bands)), None if wavelengths is None else tuple(wavelengths)
            ),
            "classes": tuple(classes),
            "class_indices": index,
            "labelled": labelled,
            "recognised": np.arange(count) % 4 != 3,
            "prompts": prompts,
            "prompt_of": index,
            "tokens": words,
            "attention": rng.integers(0, 256, (count, 3, side, side), dtype=np.uint8),
            "synthesizer_sha256": "5e" * 32,
            "label_sha256": "1a" * 32,
            "scene_names": ("fields.tif",),
            "guidance": 2.5,
            "steps": 20,
            "seed": 7,
            "negative": "water",
        }
        return SampleSet(**(given | options))

    return make


@pytest.fixture
def gpu() -> Any:
    """Return the GPU of this machine; a test that wants one is skipped where there is none."""
    from hsi_film_plugin.engine.device import choose_device

    device = choose_device("auto")
    if device.kind == "cpu":
        pytest.skip(f"not run on a GPU: {device.reason}")
    return device


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train heads for a moment only."""
    from hsi_film_plugin.engine import training, trial
    from hsi_film_plugin.engine.heads import Fitting

    efforts = {"gentle": Fitting(steps=40, learning_rate=1e-2, dropout=0.1)}
    monkeypatch.setattr(trial, "EFFORTS", efforts)
    for module in (trial, training):
        monkeypatch.setattr(module, "MEMBERS_PER_FOLD", 1)


def predictions(model: Any) -> np.ndarray:
    """Return what a model says of fifty random pixels."""
    from hsi_film_plugin.engine.model import Predictor

    rng = np.random.default_rng(1)
    spectra = rng.random((50, len(model.bands.used))).astype(np.float32)
    inputs = 0 if model.spatial is None else model.spatial.inputs
    return Predictor(model)(spectra, rng.normal(size=(50, inputs)).astype(np.float32))


def wkb(geometry: Mapping[str, Any]) -> bytes:
    """Return a GeoJSON-like geometry as little-endian well-known binary."""
    kind, parts = geometry["type"], geometry.get("coordinates", ())
    if kind == "Point":
        return struct.pack("<BIdd", 1, 1, *parts)
    if kind == "LineString":
        return struct.pack("<BII", 1, 2, len(parts)) + _vertices(parts)
    if kind == "Polygon":
        rings = [struct.pack("<I", len(ring)) + _vertices(ring) for ring in parts]
        return struct.pack("<BII", 1, 3, len(parts)) + b"".join(rings)
    code, single = {"MultiPoint": (4, "Point"), "MultiPolygon": (6, "Polygon")}[kind]
    members = [wkb({"type": single, "coordinates": part}) for part in parts]
    return struct.pack("<BII", 1, code, len(members)) + b"".join(members)


def _vertices(ring: Sequence[tuple[float, float]]) -> bytes:
    return b"".join(struct.pack("<dd", *vertex) for vertex in ring)


def _column(values: Sequence[Any]) -> np.ndarray:
    if all(isinstance(value, (bool, int, float)) for value in values):
        return np.array(values)
    return np.array(values, dtype=object)
