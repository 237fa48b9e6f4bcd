"""hsifilm:createsamplescene: files whose truth fits, and nothing left of a cancelled run."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def outputs(tmp_path):
    return {
        "OUTPUT": str(tmp_path / "scene.tif"),
        "TRAINING": str(tmp_path / "training.gpkg"),
        "REFERENCE": str(tmp_path / "reference.gpkg"),
    }


@pytest.fixture
def no_engine(monkeypatch, tmp_path):
    monkeypatch.setenv("HSIFILM_ENGINE_PYTHON", str(tmp_path / "none"))


def test_the_scene_carries_its_bands_metadata(run, outputs, no_engine):
    from osgeo import gdal

    assert run("createsamplescene", WIDTH=70, HEIGHT=40, SEED=3, **outputs) == outputs
    raster = gdal.Open(outputs["OUTPUT"])
    assert (raster.RasterXSize, raster.RasterYSize, raster.RasterCount) == (70, 40, 100)
    assert "32633" in raster.GetProjection()
    first, last = (raster.GetRasterBand(number) for number in (1, 100))
    assert float(first.GetMetadataItem("wavelength")) == pytest.approx(420)
    assert float(last.GetMetadataItem("wavelength")) == pytest.approx(2450)
    assert first.GetMetadataItem("wavelength_units") == "nm"
    assert float(first.GetMetadataItem("fwhm")) > 0
    assert first.GetScale() == pytest.approx(1e-4)
    flags = {raster.GetRasterBand(number).GetMetadataItem("bbl") for number in range(1, 101)}
    assert flags == {"0", "1"}


def test_the_reference_is_the_truth_of_every_pixel(run, outputs, no_engine):
    import numpy as np
    from osgeo import gdal

    from hsi_film_plugin.engine.sample_scene import SampleScene

    run("createsamplescene", WIDTH=70, HEIGHT=40, SEED=3, **outputs)
    burned = gdal.Rasterize(
        "",
        outputs["REFERENCE"],
        format="MEM",
        attribute="class_id",
        outputBounds=(368000, 5808000 - 40 * 5, 368000 + 70 * 5, 5808000),
        xRes=5,
        yRes=5,
        outputType=gdal.GDT_Byte,
    ).ReadAsArray()
    assert np.array_equal(burned, SampleScene(70, 40, 3).truth(0, 0, 40, 70))


def test_polygons_name_their_classes(run, outputs, no_engine):
    from qgis.core import QgsVectorLayer

    run("createsamplescene", WIDTH=70, HEIGHT=40, SEED=3, **outputs)
    for name in ("TRAINING", "REFERENCE"):
        layer = QgsVectorLayer(outputs[name], name, "ogr")
        pairs = {(f["class_id"], f["class_name"]) for f in layer.getFeatures()}
        assert len(pairs) == len({number for number, _ in pairs}) >= 2
        assert layer.crs().authid() == "EPSG:32633"


def test_the_same_seed_gives_the_same_scene(run, outputs, no_engine, tmp_path):
    from osgeo import gdal

    again = {
        name: path.replace(str(tmp_path), str(tmp_path / "b")) for name, path in outputs.items()
    }
    (tmp_path / "b").mkdir()
    run("createsamplescene", WIDTH=32, HEIGHT=32, SEED=4, **outputs)
    run("createsamplescene", WIDTH=32, HEIGHT=32, SEED=4, **again)
    first, second = (
        gdal.Open(files["OUTPUT"]).ReadAsArray().tobytes() for files in (outputs, again)
    )
    assert first == second


def test_polygons_can_be_geojson(run, outputs, no_engine, tmp_path):
    outputs["REFERENCE"] = str(tmp_path / "reference.geojson")
    run("createsamplescene", WIDTH=32, HEIGHT=32, **outputs)
    assert "class_name" in Path(outputs["REFERENCE"]).read_text()


def test_other_vector_formats_are_refused_and_nothing_is_left(run, outputs, no_engine, tmp_path):
    from qgis.core import QgsProcessingException

    outputs["REFERENCE"] = str(tmp_path / "reference.shp")
    with pytest.raises(QgsProcessingException, match=r"\.gpkg or \.geojson"):
        run("createsamplescene", WIDTH=32, HEIGHT=32, **outputs)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(run, outputs, no_engine, tmp_path):
    from qgis.core import QgsProcessingException

    from hsi_film_plugin.engine.sample_scene import SampleScene
    from hsi_film_plugin.processing.sample_files import write_sample

    path = tmp_path / "nowhere" / "scene.tif"
    with pytest.raises(QgsProcessingException, match="nowhere"):
        write_sample(
            SampleScene(16, 16),
            path,
            Path(outputs["TRAINING"]),
            Path(outputs["REFERENCE"]),
            lambda fraction: True,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("at", [0.0, 0.5, 0.95, 1.0])
def test_a_cancelled_run_leaves_nothing_and_keeps_what_was_there(provider, outputs, at):
    from hsi_film_plugin.engine.sample_scene import SampleScene
    from hsi_film_plugin.processing.sample_files import Stopped, write_sample

    paths = [Path(path) for path in outputs.values()]
    paths[0].write_text("an older file")
    with pytest.raises(Stopped):
        write_sample(SampleScene(200, 150), *paths, lambda fraction: fraction < at)
    assert list(paths[0].parent.iterdir()) == [paths[0]]
    assert paths[0].read_text() == "an older file"


def test_cancelling_through_the_feedback_gives_no_outputs(run, outputs, feedback, tmp_path):
    feedback.cancel()
    assert run("createsamplescene", WIDTH=64, HEIGHT=64, **outputs) == {}
    assert list(tmp_path.iterdir()) == []
