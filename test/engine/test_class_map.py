"""Class maps, confidences and probabilities: what the files hold, and reading maps back."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS

from hsi_film_plugin.engine import raster_writer
from hsi_film_plugin.engine.class_map import (
    CONFIDENCE_BANDS,
    ClassMapWriter,
    confidence_writer,
    probability_writer,
    read_class_map,
)
from hsi_film_plugin.engine.errors import Cancelled, InputError, OutputError
from hsi_film_plugin.engine.grid import GridWindow
from hsi_film_plugin.engine.labels import LabelClass, read_labels
from hsi_film_plugin.engine.progress import Progress

RasterMaker = Callable[..., Path]

NORTH_UP = Affine(10, 0, 400000, 0, -10, 5000000)
SOUTH_UP = Affine(10, 0, 400000, 0, 10, 5000000)
ROTATED = Affine.translation(400000, 5000000) @ Affine.rotation(30) @ Affine.scale(10, -10)
CLASSES = (
    LabelClass(7, "oak & <ash>", "#00ff00"),
    LabelClass(1, "Dächer", "#ff0000"),
    LabelClass(3, "water", "#0000ff"),
)


def grid(height: int = 300, width: int = 400, transform: Affine = NORTH_UP) -> GridWindow:
    return GridWindow(Path("scene.tif"), width, height, CRS.from_epsg(32633), transform, True)


def map_values(height: int = 300, width: int = 400) -> np.ndarray:
    coarse = np.random.default_rng(0).choice([0, 1, 3, 7], (height // 10 + 1, width // 10 + 1))
    return np.kron(coarse, np.ones((10, 10)))[:height, :width].astype("uint8")


def write_map(
    path: Path, values: np.ndarray, block: int = 128, backwards: bool = False, **options: object
) -> ClassMapWriter:
    height, width = values.shape
    provenance = {"HSIFILM_SEED": "0", "HSIFILM_MODEL_SHA256": "ab"}
    places = [(r, c) for r in range(0, height, block) for c in range(0, width, block)]
    with ClassMapWriter(path, grid(height, width, **options), CLASSES, provenance) as writer:
        for row, col in reversed(places) if backwards else places:
            writer.write(row, col, values[row : row + block, col : col + block])
    return writer


def files(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


@pytest.mark.parametrize("transform", [NORTH_UP, SOUTH_UP, ROTATED])
def test_a_map_holds_its_pixels_place_and_legend(tmp_path: Path, transform: Affine):
    values = map_values()
    writer = write_map(tmp_path / "map.tif", values, transform=transform)
    with rasterio.open(tmp_path / "map.tif") as dataset:
        assert np.array_equal(dataset.read(1), values)
        assert dataset.dtypes == ("uint8",)
        assert dataset.nodata == 0
        assert dataset.crs.to_epsg() == 32633
        assert dataset.transform.almost_equals(transform)
        assert dataset.block_shapes == [(256, 256)]
        assert dataset.compression.value == "DEFLATE"
        assert dataset.overviews(1) == [2]
        assert dataset.colormap(1)[7] == (0, 255, 0, 255)
        assert dataset.tags()["HSIFILM_MODEL_SHA256"] == "ab"
    expected = {int(value): int(np.sum(values == value)) for value in np.unique(values)}
    assert writer.counts == expected
    assert files(tmp_path) == ["map.qml", "map.tif", "map.tif.aux.xml"]


def test_a_map_reads_back_with_names_colours_and_counts(tmp_path: Path):
    values = map_values()
    write_map(tmp_path / "map.tif", values)
    found = read_class_map(tmp_path / "map.tif")
    assert found.classes == tuple(sorted(CLASSES, key=lambda item: item.value))
    assert np.array_equal(found.values, values)
    assert found.counts.tolist() == [np.sum(values == value) for value in (1, 3, 7)]
    assert found.tags["HSIFILM_SEED"] == "0"
    assert (found.width, found.height, found.transform) == (400, 300, NORTH_UP)


def test_the_bytes_do_not_depend_on_how_a_map_was_written(tmp_path: Path):
    values = map_values()
    for name, block, backwards in (("a", 128, False), ("b", 77, True), ("c", 1000, False)):
        (tmp_path / name).mkdir()
        write_map(tmp_path / name / "map.tif", values, block, backwards)
    for file in ("map.tif", "map.tif.aux.xml", "map.qml"):
        assert len({(tmp_path / name / file).read_bytes() for name in "abc"}) == 1


def test_pixels_that_are_never_written_are_nodata(tmp_path: Path):
    with ClassMapWriter(tmp_path / "map.tif", grid(), CLASSES) as writer:
        writer.write(10, 20, np.full((5, 6), 3, "uint8"))
    assert writer.counts == {0: 300 * 400 - 30, 3: 30}
    with confidence_writer(tmp_path / "c.tif", grid()) as confidence:
        confidence.write(10, 20, np.full((2, 5, 6), 0.5, "float32"))
    with rasterio.open(tmp_path / "c.tif") as dataset:
        values = dataset.read(masked=True)
        assert dataset.descriptions == CONFIDENCE_BANDS
    assert values.count() == 2 * 30
    assert (values.compressed() == 0.5).all()


def test_large_class_values_take_two_bytes_and_keep_their_legend(tmp_path: Path):
    classes = [LabelClass(5, "low", "#112233"), LabelClass(40000, "high", "#445566")]
    with ClassMapWriter(tmp_path / "map.tif", grid(4, 4), classes) as writer:
        writer.write(0, 0, np.array([[5, 40000]], "uint16"))
    with rasterio.open(tmp_path / "map.tif") as dataset:
        assert dataset.dtypes == ("uint16",)
    found = read_class_map(tmp_path / "map.tif")
    assert found.classes == tuple(classes)
    assert found.values[0].tolist() == [5, 40000, 0, 0]
    assert "<CategoryNames>" not in (tmp_path / "map.tif.aux.xml").read_text()


def test_probabilities_have_a_named_band_for_each_class(tmp_path: Path):
    values = np.random.default_rng(0).random((3, 300, 400), dtype=np.float32)
    with probability_writer(tmp_path / "p.tif", grid(), CLASSES) as writer:
        writer.write(0, 200, values[:, :, 200:])
        writer.write(0, 0, values[:, :, :200])
    with rasterio.open(tmp_path / "p.tif") as dataset:
        assert np.array_equal(dataset.read(), values)
        assert dataset.descriptions == ("oak & <ash>", "Dächer", "water")
        assert dataset.nodata == -1


def test_a_value_that_is_no_class_is_a_mistake_that_leaves_nothing(tmp_path: Path):
    with (
        pytest.raises(ValueError, match=r"\[9\] are not among"),
        ClassMapWriter(tmp_path / "map.tif", grid(), CLASSES) as writer,
    ):
        writer.write(0, 0, np.full((2, 2), 9, "uint8"))
    assert files(tmp_path) == []


@pytest.mark.parametrize(("row", "col"), [(299, 0), (0, 399), (-1, 0)])
def test_a_block_outside_the_raster_is_a_mistake(tmp_path: Path, row: int, col: int):
    with (
        pytest.raises(ValueError, match="is not in the raster"),
        ClassMapWriter(tmp_path / "map.tif", grid(), CLASSES) as writer,
    ):
        writer.write(row, col, np.ones((2, 2), "uint8"))
    assert files(tmp_path) == []


def test_cancelling_leaves_nothing_and_keeps_the_earlier_map(tmp_path: Path):
    write_map(tmp_path / "map.tif", map_values())
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    progress = Progress()
    writer = ClassMapWriter(tmp_path / "map.tif", grid(), CLASSES)
    writer.write(0, 0, np.ones((2, 2), "uint8"))
    progress.cancelled.set()
    with pytest.raises(Cancelled):
        writer.close(progress)
    with pytest.raises(InputError), ClassMapWriter(tmp_path / "map.tif", grid(), CLASSES):
        raise InputError("something else went wrong")
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


def test_closing_reports_progress_to_the_end(tmp_path: Path):
    heard: list[float] = []
    with ClassMapWriter(tmp_path / "map.tif", grid(), CLASSES) as writer:
        writer.close(Progress(lambda fraction, _: heard.append(fraction)))
    assert heard == sorted(heard)
    assert heard[0] == 0
    assert heard[-1] > 0.8


def test_a_disk_too_small_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(OutputError, match=r"disk is full.*16\.0 MB are needed, 1\.0 MB are free"):
        ClassMapWriter(tmp_path / "map.tif", grid(4000, 4000), CLASSES)
    assert files(tmp_path) == []


def test_a_disk_that_fills_while_the_map_is_compressed_leaves_nothing(tmp_path: Path):
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a small disk is not allowed here")
    try:
        noise = np.random.default_rng(0).random((2, 300, 400), dtype=np.float32)
        full = pytest.raises(OutputError, match=r"The disk is full: .*c\.tif")
        with full, confidence_writer(folder / "c.tif", grid()) as writer:
            writer.write(0, 0, noise)
        assert files(folder) == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_map_that_does_not_read_back_is_not_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def damage(self: raster_writer.RasterWriter, progress: Progress) -> None:
        with rasterio.open(self._partial, "r+") as dataset:
            dataset.write(np.full((1, 1), 3, "uint8"), 1, window=((0, 1), (0, 1)))

    monkeypatch.setattr(raster_writer.RasterWriter, "_add_overviews", damage)
    with pytest.raises(OutputError, match="does not read back"):
        write_map(tmp_path / "map.tif", np.ones((300, 400), "uint8"))
    assert files(tmp_path) == []


def test_a_missing_folder_is_an_error_of_the_output(tmp_path: Path):
    with pytest.raises(OutputError, match=r"map\.tif' could not be written"):
        ClassMapWriter(tmp_path / "none" / "map.tif", grid(), CLASSES)


@pytest.mark.filterwarnings("error")
def test_the_map_of_a_raster_without_place_has_none_either(tmp_path: Path):
    bare = GridWindow(Path("s.tif"), 40, 30, None, Affine.identity(), False)
    for name, place in (("a", bare), ("part", GridWindow.of(bare, 10, 20, 5, 5))):
        with ClassMapWriter(tmp_path / f"{name}.tif", place, CLASSES) as writer:
            writer.write(0, 0, np.ones((5, 5), "uint8"))
    whole = read_class_map(tmp_path / "a.tif")
    assert whole.crs is None
    assert not whole.georeferenced
    # QGIS draws rasters without a place downwards from 0, so a part of it lies at negative y
    part = read_class_map(tmp_path / "part.tif")
    assert part.crs is None
    assert part.transform == Affine(1, 0, 20, 0, -1, -10)


def test_a_part_of_a_grid_stays_where_it_was():
    part = GridWindow.of(grid(transform=ROTATED), 10, 20, 5, 6)
    assert (part.height, part.width) == (5, 6)
    assert part.transform @ (0, 0) == pytest.approx(ROTATED @ (20, 10))
    assert part.transform @ (6, 5) == pytest.approx(ROTATED @ (26, 15))


def test_labels_can_be_burned_onto_a_class_map(tmp_path: Path):
    values = map_values()
    write_map(tmp_path / "map.tif", values)
    found = read_class_map(tmp_path / "map.tif")
    labels = read_labels(tmp_path / "map.tif", found, None)
    assert labels.classes == found.classes
    assert labels.rows.size == np.count_nonzero(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((2, 4, 4), "uint8"), "'m.tif' has 2 bands"),
        (np.full((4, 4), -3, "int16"), "'m.tif' holds values that are not whole numbers from 0"),
        (np.full((4, 4), 0.5, "float32"), "'m.tif' holds values that are not whole numbers"),
        (np.full((4, 4), 70000, "int32"), "'m.tif' holds values that are not whole numbers"),
        (np.ones((4, 4), "complex64"), "'m.tif' holds complex numbers"),
        (np.zeros((4, 4), "uint8"), "'m.tif' has no classified pixel"),
    ],
)
def test_rasters_that_are_no_class_maps_are_refused(
    make_raster: RasterMaker, values: np.ndarray, message: str
):
    path = make_raster("m.tif", values)
    with pytest.raises(InputError, match=message):
        read_class_map(path)


def test_any_map_of_whole_numbers_is_read_without_its_nodata(make_raster: RasterMaker):
    values = np.array([[1, 2, -9999], [2, 0, np.nan]], dtype="float32")
    found = read_class_map(make_raster("m.tif", values, nodata=-9999))
    assert found.values.tolist() == [[1, 2, 0], [2, 0, 0]]
    assert [item.name for item in found.classes] == ["Class 1", "Class 2"]
    assert found.counts.tolist() == [1, 2]


QGIS_PYTHON = shutil.which("python3", path="/usr/bin")
READ_IN_QGIS = """
import json, sys
from osgeo import gdal
from qgis.core import QgsApplication, QgsRasterLayer
app = QgsApplication([], False)
app.initQgis()
dataset = gdal.Open(sys.argv[1])
band = dataset.GetRasterBand(1)
band.GetMetadata()  # GDAL 3.6 forgets the sidecar's categories if nothing else was asked first
table = band.GetDefaultRAT()
columns = range(table.GetColumnCount())
layer = QgsRasterLayer(sys.argv[1], "map")
style = layer.loadNamedStyle(sys.argv[2])
print(json.dumps({
    "categories": band.GetCategoryNames(),
    "table": [[table.GetValueAsString(row, column) for column in columns]
              for row in range(table.GetRowCount())],
    "usages": [table.GetUsageOfCol(column) for column in columns],
    "style": style[1],
    "renderer": layer.renderer().type(),
    "legend": [[item.value, item.label, item.color.name()] for item in layer.renderer().classes()],
}))
"""


def qgis_is_here() -> bool:
    if QGIS_PYTHON is None:
        return False
    command = [QGIS_PYTHON, "-c", "import osgeo.gdal, qgis.core"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not qgis_is_here(), reason="there is no Python with QGIS here")
def test_gdal_and_qgis_show_the_classes(tmp_path: Path):
    values = map_values()
    write_map(tmp_path / "map.tif", values)
    done = subprocess.run(
        [QGIS_PYTHON, "-c", READ_IN_QGIS, tmp_path / "map.tif", tmp_path / "map.qml"],
        capture_output=True,
        text=True,
        check=True,
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    names = ["unclassified", "Dächer", "", "water", "", "", "", "oak & <ash>"]
    assert seen["categories"] == names
    counts = {value: str(int(np.sum(values == value))) for value in (0, 1, 3, 7)}
    assert seen["table"] == [
        ["0", "unclassified", "0", "0", "0", counts[0]],
        ["1", "Dächer", "255", "0", "0", counts[1]],
        ["3", "water", "0", "0", "255", counts[3]],
        ["7", "oak & <ash>", "0", "255", "0", counts[7]],
    ]
    assert seen["usages"] == [5, 2, 6, 7, 8, 1]  # value, name, red, green, blue, pixel count
    assert seen["style"] is True
    assert seen["renderer"] == "paletted"
    assert sorted(seen["legend"]) == [
        [1, "Dächer", "#ff0000"],
        [3, "water", "#0000ff"],
        [7, "oak & <ash>", "#00ff00"],
    ]
