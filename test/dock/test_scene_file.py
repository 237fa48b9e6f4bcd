"""Reading rasters on QGIS's side: values, validity and refusals, as the engine has them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from hsi_film_plugin.dock.scene_file import SceneFile, SceneFileError

ROOT = Path(__file__).resolve().parent.parent.parent

ENGINE_READS = """
import json, sys
sys.path.insert(0, sys.argv[2])
from hsi_film_plugin.engine.scene import Scene
with Scene.open(sys.argv[1]) as scene:
    values, valid = scene.read(0, 0, scene.height, scene.width)
    waves = scene.bands.wavelengths
    json.dump({"values": values.tolist(), "valid": valid.tolist(),
               "good": scene.bands.good.tolist(), "names": scene.bands.names,
               "waves": None if waves is None else waves.tolist()}, sys.stdout)
"""


def write_gtiff(path, cube, *, nodata=None, scale=None, alpha=False, bad=(), mask=None):
    bands, height, width = cube.shape
    kind = {"float32": gdal.GDT_Float32, "int16": gdal.GDT_Int16, "uint8": gdal.GDT_Byte}
    options = ["ALPHA=YES"] if alpha else []
    driver = gdal.GetDriverByName("GTiff")
    raster = driver.Create(str(path), width, height, bands, kind[str(cube.dtype)], options)
    for index in range(bands):
        band = raster.GetRasterBand(index + 1)
        band.WriteArray(cube[index])
        band.SetMetadata({"wavelength": str(0.4 + 0.1 * index), "wavelength_units": "um"})
        if index in bad:
            band.SetMetadataItem("bbl", "0")
        if nodata is not None:
            band.SetNoDataValue(nodata)
        if scale is not None:
            band.SetScale(scale[0])
            band.SetOffset(scale[1])
    if mask is not None:
        raster.CreateMaskBand(gdal.GMF_PER_DATASET)
        raster.GetRasterBand(1).GetMaskBand().WriteArray(mask)
    raster.FlushCache()
    return str(path)


def write_envi(path, cube, header=""):
    np.ascontiguousarray(cube).tofile(str(path))
    bands, height, width = cube.shape
    codes = {"uint8": 1, "int16": 2, "float32": 4}
    Path(f"{path}.hdr").write_text(
        f"ENVI\nsamples = {width}\nlines = {height}\nbands = {bands}\nheader offset = 0\n"
        f"data type = {codes[str(cube.dtype)]}\ninterleave = bsq\nbyte order = 0\n{header}"
    )
    return str(path)


def numbers(bands=3, height=4, width=5, dtype="int16"):
    return np.arange(1, bands * height * width + 1).reshape(bands, height, width).astype(dtype)


def everything(scene):
    return scene.read(0, 0, scene.height, scene.width, np.arange(scene.bands.count))


def test_values_are_scaled_as_the_bands_say(tmp_path):
    path = write_gtiff(tmp_path / "a.tif", numbers(), scale=(0.5, 2.0))
    with SceneFile(path) as scene:
        values, valid = scene.read(1, 2, 2, 3, [2, 0])
    assert np.allclose(values, numbers()[[2, 0], 1:3, 2:5] * 0.5 + 2.0)
    assert valid.all()
    assert scene.header_scale == 1


def test_the_reflectance_scale_factor_of_an_envi_header_divides(tmp_path):
    path = write_envi(
        tmp_path / "a.img",
        numbers(),
        "reflectance scale factor = 10\nwavelength units = Nanometers\n"
        "wavelength = {400, 500, 600}\nbbl = {1, 0, 1}\n",
    )
    with SceneFile(path) as scene:
        values, _ = everything(scene)
        assert scene.bands.wavelengths.tolist() == [400, 500, 600]
        assert scene.bands.good.tolist() == [True, False, True]
        assert scene.header_scale == pytest.approx(0.1)
    assert np.allclose(values, numbers() / 10)


def test_nodata_nan_and_infinity_of_good_bands_make_a_pixel_invalid(tmp_path):
    cube = numbers(dtype="float32")
    cube[0, 0, 0], cube[1, 0, 1], cube[2, 0, 2] = -9, np.nan, np.inf
    path = write_gtiff(tmp_path / "a.tif", cube, nodata=-9, bad=(2,))
    with SceneFile(path) as scene:
        values, valid = everything(scene)
    assert valid[0].tolist() == [False, False, True, True, True]
    assert np.isnan([values[0, 0, 0], values[1, 0, 1], values[2, 0, 2]]).all()


def test_a_nodata_value_that_the_pixel_type_cannot_hold_marks_none(tmp_path):
    path = write_gtiff(tmp_path / "a.tif", numbers(dtype="uint8"), nodata=-9999)
    with SceneFile(path) as scene:
        assert everything(scene)[1].all()


def test_a_mask_makes_pixels_invalid(tmp_path):
    mask = np.full((4, 5), 255, np.uint8)
    mask[3, 4] = 0
    path = write_gtiff(tmp_path / "a.tif", numbers(), mask=mask)
    with SceneFile(path) as scene:
        valid = everything(scene)[1]
    assert not valid[3, 4]
    assert valid.sum() == 19


def test_an_alpha_band_is_no_spectral_band_and_masks(tmp_path):
    cube = numbers(4, dtype="uint8")
    cube[3] = 255
    cube[3, 0, 0] = 0
    path = write_gtiff(tmp_path / "a.tif", cube, alpha=True)
    with SceneFile(path) as scene:
        assert scene.bands.good.tolist() == [True, True, True, False]
        assert any("alpha" in text for text in scene.bands.warnings)
        assert not everything(scene)[1][0, 0]


@pytest.mark.parametrize("kind", ["gtiff", "envi"])
def test_it_agrees_with_the_engines_reader(tmp_path, kind):
    python = os.environ.get("HSIFILM_ENGINE_PYTHON")
    if not python:
        pytest.skip("HSIFILM_ENGINE_PYTHON names no engine")
    if kind == "gtiff":
        cube = numbers(dtype="float32")
        cube[0, 0, 0], cube[1, 1, 1] = -9, np.nan
        path = write_gtiff(tmp_path / "a.tif", cube, nodata=-9, scale=(0.1, 1.0), bad=(2,))
    else:
        header = "data ignore value = 7\nreflectance scale factor = 100\nbbl = {1, 1, 0}\n"
        path = write_envi(tmp_path / "a.img", numbers(), header)
    done = subprocess.run(
        [python, "-c", ENGINE_READS, path, str(ROOT)], check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    with SceneFile(path) as scene:
        values, valid = everything(scene)
        assert scene.bands.good.tolist() == told["good"]
        assert list(scene.bands.names) == told["names"]
        waves = scene.bands.wavelengths
        assert (None if waves is None else waves.tolist()) == told["waves"]
    assert valid.tolist() == told["valid"]
    assert np.array_equal(values[:, valid], np.array(told["values"], np.float32)[:, valid])


def test_complex_palette_and_missing_files_are_refused_with_a_sentence(tmp_path):
    driver = gdal.GetDriverByName("GTiff")
    driver.Create(str(tmp_path / "c.tif"), 4, 4, 9, gdal.GDT_CFloat32).FlushCache()
    with pytest.raises(SceneFileError, match="complex"):
        SceneFile(str(tmp_path / "c.tif"))
    raster = driver.Create(str(tmp_path / "p.tif"), 4, 4, 1, gdal.GDT_Byte)
    table = gdal.ColorTable()
    table.SetColorEntry(1, (255, 0, 0, 255))
    raster.GetRasterBand(1).SetColorTable(table)
    raster.FlushCache()
    with pytest.raises(SceneFileError, match="palette"):
        SceneFile(str(tmp_path / "p.tif"))
    with pytest.raises(SceneFileError, match="gone"):
        SceneFile(str(tmp_path / "none.tif"))
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(SceneFileError, match=r"text\.tif"):
        SceneFile(str(tmp_path / "text.tif"))


def test_a_raw_file_shorter_than_its_header_says_is_refused(tmp_path):
    path = write_envi(tmp_path / "a.img", numbers())
    os.truncate(path, 50)
    with pytest.raises(SceneFileError, match="incomplete"):
        SceneFile(path)


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path):
    path = write_envi(tmp_path / "a.img", numbers())
    with SceneFile(path) as scene:
        os.truncate(path, 50)
        with pytest.raises(SceneFileError, match="smaller"):
            everything(scene)


def test_failures_are_sentences_too_when_gdal_raises(tmp_path):
    before = gdal.GetUseExceptions()
    gdal.UseExceptions()
    try:
        (tmp_path / "text.tif").write_text("no raster")
        with pytest.raises(SceneFileError, match=r"text\.tif"):
            SceneFile(str(tmp_path / "text.tif"))
    finally:
        if not before:
            gdal.DontUseExceptions()
