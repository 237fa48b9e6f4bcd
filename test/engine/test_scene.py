"""Scenes: bands, values, validity, windows, and files that fail."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from hsi_film_plugin.engine import scene as scene_module
from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.scene import Scene

RasterMaker = Callable[..., Path]

# 10 m pixels, as the rasters of the tests have them unless they say otherwise
NORTH_UP = Affine(10, 0, 400000, 0, -10, 5000000)
SOUTH_UP = Affine(10, 0, 400000, 0, 10, 5000000)
ROTATED = Affine.translation(400000, 5000000) @ Affine.rotation(30) @ Affine.scale(10, -10)


def ramp(count: int = 3, height: int = 6, width: int = 5, dtype: str = "float32") -> np.ndarray:
    return np.arange(1, count * height * width + 1).reshape(count, height, width).astype(dtype)


def write_envi(path: Path, values: np.ndarray, header: str, interleave: str = "bil") -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            path,
            "w",
            driver="ENVI",
            count=len(values),
            height=values.shape[1],
            width=values.shape[2],
            dtype=values.dtype,
            interleave=interleave,
            crs="EPSG:32633",
            transform=NORTH_UP,
        ) as dataset:
            dataset.write(values)
    with path.with_suffix(".hdr").open("a") as file:
        file.write(header)
    return path


def test_reads_wavelengths_widths_and_bad_bands_from_band_metadata(make_raster: RasterMaker):
    tags = [
        {"wavelength": "450.5", "wavelength_units": "Nanometers", "fwhm": "6.5", "bbl": "1"},
        {"wavelength": "1380", "wavelength_units": "Nanometers", "fwhm": "8", "bbl": "0"},
    ]
    with Scene.open(make_raster("a.tif", ramp(2), band_tags=tags)) as scene:
        assert scene.bands.wavelengths.tolist() == [450.5, 1380]
        assert scene.bands.fwhm.tolist() == [6.5, 8]
        assert scene.bands.good.tolist() == [True, False]
        assert scene.good_bands().tolist() == [0]
        assert scene.warnings == ()


@pytest.mark.parametrize(
    ("unit", "values", "expected"),
    [
        ("Micrometers", ["0.45", "2.5"], [450, 2500]),
        ("µm", ["0.45", "2.5"], [450, 2500]),
        ("nm", ["450", "2500"], [450, 2500]),
        ("Unknown", ["0.45", "2.5"], [450, 2500]),
        ("", ["450", "2500"], [450, 2500]),
    ],
)
def test_wavelengths_are_in_nm_whatever_the_unit(
    make_raster: RasterMaker, unit: str, values: list[str], expected: list[float]
):
    tags = [{"wavelength": value, "wavelength_units": unit} for value in values]
    with Scene.open(make_raster("a.tif", ramp(2), band_tags=tags)) as scene:
        assert scene.bands.wavelengths == pytest.approx(expected)


def test_widths_follow_the_unit_of_the_wavelengths(make_raster: RasterMaker):
    tags = [{"wavelength": "0.5", "wavelength_units": "um", "fwhm": "0.01"}]
    with Scene.open(make_raster("a.tif", ramp(1), band_tags=tags)) as scene:
        assert scene.bands.fwhm == pytest.approx([10])


def test_reads_the_imagery_domain(make_raster: RasterMaker):
    tags = [{"CENTRAL_WAVELENGTH_UM": "0.45", "FWHM_UM": "0.01"}] * 2
    with Scene.open(make_raster("a.tif", ramp(2), imagery_tags=tags)) as scene:
        assert scene.bands.wavelengths == pytest.approx([450, 450])
        assert scene.bands.fwhm == pytest.approx([10, 10])


def test_partly_missing_wavelengths_are_unknown_with_a_warning(make_raster: RasterMaker):
    with Scene.open(make_raster("a.tif", ramp(3), band_tags=[{"wavelength": "450"}])) as scene:
        assert scene.bands.wavelengths is None
        assert scene.bands.fwhm is None
        assert "Only 1 of 3 bands" in scene.warnings[0]


def test_a_wavelength_unit_that_is_no_length_is_not_believed(make_raster: RasterMaker):
    tags = [{"wavelength": "9000", "wavelength_units": "Wavenumber"}]
    with Scene.open(make_raster("a.tif", ramp(1), band_tags=tags)) as scene:
        assert scene.bands.wavelengths is None
        assert "wavenumber" in scene.warnings[0]


def test_a_bad_band_list_that_leaves_nothing_is_ignored_with_a_warning(make_raster: RasterMaker):
    with Scene.open(make_raster("a.tif", ramp(2), band_tags=[{"bbl": "0"}] * 2)) as scene:
        assert scene.bands.good.all()
        assert "every band" in scene.warnings[0]


@pytest.mark.parametrize("interleave", ["bsq", "bil", "bip"])
def test_reads_an_envi_header(tmp_path: Path, interleave: str):
    values = ramp(3, dtype="int16") * 100
    values[2, 1, 1] = -1
    values[1, 0, 0] = -1
    header = (
        "wavelength units = Micrometers\nwavelength = {0.45, 0.55, 0.65}\n"
        "fwhm = {0.01, 0.02, 0.03}\nbbl = {1, 0, 1}\n"
        "reflectance scale factor = 10000\ndata ignore value = -1\n"
    )
    with Scene.open(write_envi(tmp_path / "e.img", values, header, interleave)) as scene:
        assert scene.bands.wavelengths == pytest.approx([450, 550, 650])
        assert scene.bands.fwhm == pytest.approx([10, 20, 30])
        assert scene.bands.good.tolist() == [True, False, True]
        read, valid = scene.read(0, 0, 6, 5)
        assert read[0, 2, 2] == pytest.approx(values[0, 2, 2] / 10000)
        assert not valid[1, 1]
        assert valid[0, 0]  # nodata in the bad band only
        assert valid.sum() == 29


def test_the_header_of_an_envi_file_is_refused_with_the_way_out(tmp_path: Path):
    write_envi(tmp_path / "e.img", ramp(), "")
    with pytest.raises(InputError, match=r"e\.hdr.*data file should be selected"):
        Scene.open(tmp_path / "e.hdr")


def test_applies_scale_and_offset_to_integers(make_raster: RasterMaker):
    values = ramp(2, dtype="uint16")
    path = make_raster("a.tif", values, scales=[0.5, 0.25], offsets=[1, -2])
    with Scene.open(path) as scene:
        read, valid = scene.read(0, 0, 6, 5)
    assert read.dtype == np.float32
    assert valid.all()
    assert np.array_equal(read[0], values[0] * 0.5 + 1)
    assert np.array_equal(read[1], values[1] * 0.25 - 2)


def test_nodata_is_judged_before_scaling(make_raster: RasterMaker):
    values = np.array([[[0, 10]], [[7, 8]]], dtype="int16")
    path = make_raster("a.tif", values, nodata=10, scales=[1, 1], offsets=[10, 10])
    with Scene.open(path) as scene:
        read, valid = scene.read(0, 0, 1, 2)
    assert valid.tolist() == [[True, False]]
    assert read[:, 0, 0].tolist() == [10, 17]
    assert read[:, 0, 1].tolist() == [0, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -9999.0])
def test_one_unusable_value_makes_the_pixel_invalid_and_zero(make_raster: RasterMaker, bad: float):
    values = ramp()
    values[1, 2, 3] = bad
    with Scene.open(make_raster("a.tif", values, nodata=-9999)) as scene:
        read, valid = scene.read(0, 0, 6, 5)
        only_first, valid_for_first = scene.read(0, 0, 6, 5, [0])
    assert not valid[2, 3]
    assert valid.sum() == 29
    assert (read[:, 2, 3] == 0).all()
    assert np.array_equal(valid, valid_for_first)
    assert np.array_equal(only_first[0], read[0])


def test_unusable_values_of_a_declared_bad_band_do_not_count(make_raster: RasterMaker):
    values = ramp(2)
    values[1] = np.nan
    path = make_raster("a.tif", values, band_tags=[{"bbl": "1"}, {"bbl": "0"}])
    with Scene.open(path) as scene:
        read, valid = scene.read(0, 0, 6, 5)
    assert valid.all()
    assert np.array_equal(read[0], values[0])
    assert (read[1] == 0).all()


def test_nodata_beyond_the_integer_type_matches_nothing(make_raster: RasterMaker, tmp_path: Path):
    path = make_raster("a.tif", ramp(1, dtype="uint8"))
    vrt = tmp_path / "a.vrt"
    vrt.write_text(
        '<VRTDataset rasterXSize="5" rasterYSize="6"><VRTRasterBand dataType="Byte" band="1">'
        "<NoDataValue>-9999</NoDataValue><SimpleSource><SourceFilename>"
        f"{path}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    with Scene.open(vrt) as scene:
        assert scene.read(0, 0, 6, 5)[1].all()


def test_float_nodata_is_compared_in_the_file_type(make_raster: RasterMaker):
    values = ramp(1)
    values[0, 0, 0] = np.float32(0.1)
    with Scene.open(make_raster("a.tif", values, nodata=0.1)) as scene:
        assert scene.read(0, 0, 6, 5)[1].sum() == 29


def test_the_dataset_mask_makes_pixels_invalid(make_raster: RasterMaker):
    mask = np.full((6, 5), 255, dtype="uint8")
    mask[0] = 0
    with Scene.open(make_raster("a.tif", ramp(dtype="uint16"), mask=mask)) as scene:
        read, valid = scene.read(-1, 0, 3, 5)
    assert valid.tolist() == [[False] * 5, [False] * 5, [True] * 5]
    assert (read[:, 1] == 0).all()


def test_an_alpha_band_masks_pixels_and_is_no_spectral_band(make_raster: RasterMaker):
    values = ramp(4, dtype="uint8")
    values[3] = 255
    values[3, 0, 0] = 0
    path = make_raster("a.tif", values, photometric="rgb", alpha="yes")
    with Scene.open(path) as scene:
        assert scene.good_bands().tolist() == [0, 1, 2]
        assert "alpha" in scene.warnings[0]
        valid = scene.read(0, 0, 6, 5)[1]
    assert not valid[0, 0]
    assert valid.sum() == 29


def test_a_window_may_reach_outside_the_raster(make_raster: RasterMaker):
    values = ramp()
    with Scene.open(make_raster("a.tif", values)) as scene:
        read, valid = scene.read(-2, -1, 10, 8, [2, 0])
        nothing, none_valid = scene.read(100, 100, 2, 2)
    assert read.shape == (2, 10, 8)
    assert np.array_equal(read[:, 2:8, 1:6], values[[2, 0]])
    assert valid.sum() == 30
    assert valid[2:8, 1:6].all()
    assert read.sum() == values[[2, 0]].sum()
    assert nothing.shape == (3, 2, 2)
    assert not none_valid.any()


def test_bands_come_in_the_order_asked_for_even_twice(make_raster: RasterMaker):
    values = ramp()
    with Scene.open(make_raster("a.tif", values)) as scene:
        read, _ = scene.read(0, 0, 6, 5, [2, 0, 2])
    assert np.array_equal(read, values[[2, 0, 2]])


@pytest.mark.parametrize("tiled", [True, False])
def test_reading_in_strips_changes_nothing(
    make_raster: RasterMaker, monkeypatch: pytest.MonkeyPatch, tiled: bool
):
    values = np.random.default_rng(0).normal(size=(4, 70, 40)).astype("float32")
    values[1, 33, 7] = np.nan
    options = {"tiled": True, "blockxsize": 16, "blockysize": 16} if tiled else {}
    with Scene.open(make_raster("a.tif", values, **options)) as scene:
        whole = scene.read(-3, 5, 80, 20)
        monkeypatch.setattr(scene_module, "_STRIP_BYTES", 1)
        strips = scene.read(-3, 5, 80, 20)
    assert np.array_equal(whole[0], strips[0])
    assert np.array_equal(whole[1], strips[1])


@pytest.mark.parametrize("count", [1, 2, 3, 500])
@pytest.mark.parametrize("interleave", ["band", "pixel"])
def test_scenes_of_any_number_of_bands_open(make_raster: RasterMaker, count: int, interleave: str):
    values = ramp(count, 4, 3)
    with Scene.open(make_raster("a.tif", values, interleave=interleave)) as scene:
        read, valid = scene.read(0, 0, 4, 3)
        assert scene.count == count
        assert len(scene.bands.names) == count
    assert np.array_equal(read, values)
    assert valid.all()


def test_a_scene_of_nothing_but_nodata_reads_as_invalid(make_raster: RasterMaker):
    with Scene.open(make_raster("a.tif", np.full((2, 4, 4), -1, "int16"), nodata=-1)) as scene:
        read, valid = scene.read(0, 0, 4, 4)
    assert not valid.any()
    assert not read.any()


@pytest.mark.filterwarnings("error")
def test_a_raster_without_crs_opens_without_noise(make_raster: RasterMaker):
    with Scene.open(make_raster("a.tif", ramp(), crs=None, transform=None)) as scene:
        assert scene.crs is None
        assert not scene.georeferenced
        assert scene.transform == Affine.identity()


def test_complex_values_are_refused(make_raster: RasterMaker):
    path = make_raster("radar.tif", ramp(2, dtype="complex64"))
    with pytest.raises(InputError, match=r"Band 1 of 'radar.tif' holds complex"):
        Scene.open(path)


def test_a_palette_image_is_refused(make_raster: RasterMaker):
    path = make_raster("map.tif", ramp(1, dtype="uint8"), colormap={1: (255, 0, 0, 255)})
    with pytest.raises(InputError, match=r"'map.tif' is a palette image"):
        Scene.open(path)


def test_a_scale_of_zero_is_refused_by_band(make_raster: RasterMaker):
    path = make_raster("a.tif", ramp(2, dtype="uint8"), scales=[1, 0])
    with pytest.raises(InputError, match=r"Band 2 of 'a.tif' declares the scale 0"):
        Scene.open(path)


def test_a_missing_file_and_a_file_that_is_no_raster_are_told_apart(tmp_path: Path):
    with pytest.raises(InputError, match="does not exist"):
        Scene.open(tmp_path / "none.tif")
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    with pytest.raises(InputError, match=r"Could not open .*text\.tif"):
        Scene.open(text)


@pytest.mark.parametrize("compress", ["none", "deflate"])
def test_a_tiff_that_shrinks_while_it_is_read_is_named(make_raster: RasterMaker, compress: str):
    values = np.random.default_rng(0).integers(0, 9999, (4, 400, 300)).astype("uint16")
    path = make_raster("shrinks.tif", values, compress=compress, tiled=True)
    with Scene.open(path) as scene:
        scene.read(0, 0, 10, 10)
        os.truncate(path, path.stat().st_size // 3)
        with pytest.raises(InputError, match=r"shrinks\.tif"):
            scene.read(300, 0, 100, 300)


def test_an_envi_file_that_shrinks_while_it_is_read_is_named_with_its_row(tmp_path: Path):
    path = write_envi(tmp_path / "e.img", ramp(), "")
    with Scene.open(path) as scene:
        os.truncate(path, 40)
        with pytest.raises(InputError, match=r"e\.img' shrank from 360 to 40 bytes .*row 2"):
            scene.read(2, 0, 2, 2)


def test_an_envi_file_shorter_than_its_header_says_is_refused(tmp_path: Path):
    path = write_envi(tmp_path / "e.img", ramp(), "")
    os.truncate(path, 100)
    with pytest.raises(InputError, match="holds 100 bytes, but its header describes 360"):
        Scene.open(path)


@pytest.mark.parametrize("transform", [NORTH_UP, SOUTH_UP, ROTATED])
def test_an_extent_becomes_the_pixels_that_it_touches(make_raster: RasterMaker, transform: Affine):
    with Scene.open(make_raster("a.tif", ramp(1, 40, 30), transform=transform)) as scene:
        x, y = transform @ (10.5, 20.5)
        assert scene.window((x - 0.1, y - 0.1, x + 0.1, y + 0.1)) == (20, 10, 1, 1)
        everything = (-1e7, -1e7, 1e7, 1e7)
        assert scene.window(everything) == (0, 0, 40, 30)


def test_an_extent_along_pixel_edges_takes_no_neighbours(make_raster: RasterMaker):
    with Scene.open(make_raster("a.tif", ramp(1, 40, 30))) as scene:
        assert scene.window((400050, 4999800, 400100, 4999900)) == (10, 5, 10, 5)
        with pytest.raises(InputError, match=r"does not overlap 'a\.tif'"):
            scene.window((0, 0, 10, 10))


def test_an_extent_of_an_ungeoreferenced_raster_may_be_as_in_qgis(make_raster: RasterMaker):
    path = make_raster("a.tif", ramp(1, 40, 30), crs=None, transform=None)
    with Scene.open(path) as scene:
        assert scene.window((2, -20, 12, -10)) == (10, 2, 10, 10)
        assert scene.window((2, 10, 12, 20)) == (10, 2, 10, 10)


def test_the_fingerprint_knows_pixels_grid_and_bands(make_raster: RasterMaker, tmp_path: Path):
    def fingerprint(path: Path) -> str:
        with Scene.open(path) as scene:
            return scene.fingerprint()

    values = ramp()
    path = make_raster("a.tif", values)
    first = fingerprint(path)
    assert fingerprint(Path(shutil.copy(path, tmp_path / "copy.tif"))) == first
    changed = values.copy()
    changed[0, 0, 0] += 1
    others = [
        make_raster("b.tif", changed),
        make_raster("c.tif", values, transform=SOUTH_UP),
        make_raster("d.tif", values, band_tags=[{"wavelength": "500"}] * 3),
        make_raster("e.tif", values, crs="EPSG:32634"),
        make_raster("f.tif", values, nodata=-1),
        make_raster("g.tif", values.astype("float64")),
    ]
    assert len({first, *(fingerprint(other) for other in others)}) == 7


def test_describes_itself(make_raster: RasterMaker):
    tags = [{"wavelength": "450", "bbl": "1"}, {"wavelength": "2500", "bbl": "0"}]
    path = make_raster("a.tif", ramp(2), transform=ROTATED, band_tags=tags, nodata=-1)
    with Scene.open(path) as scene:
        about = scene.describe()
    assert (about.name, about.width, about.height, about.count) == ("a.tif", 5, 6, 2)
    assert about.crs == "EPSG:32633"
    assert (about.pixel_width, about.pixel_height) == pytest.approx((10, 10))
    assert about.wavelength_range == (450, 2500)
    assert about.bad_bands == (2,)
    assert about.good_count == 1
    assert (about.dtype, about.nodata) == ("float32", -1)


def test_reading_leaves_no_file_behind(make_raster: RasterMaker):
    path = make_raster("a.tif", ramp())
    with Scene.open(path) as scene:
        scene.read(0, 0, 6, 5)
        scene.fingerprint()
    assert os.listdir(path.parent) == ["a.tif"]


def test_ground_control_points_alone_are_warned_of(make_raster: RasterMaker):
    path = make_raster("a.tif", ramp(), crs=None, transform=None)
    points = [
        rasterio.control.GroundControlPoint(0, 0, 10, 10),
        rasterio.control.GroundControlPoint(0, 5, 20, 10),
        rasterio.control.GroundControlPoint(6, 0, 10, 0),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, "r+") as dataset:
            dataset.gcps = (points, rasterio.CRS.from_epsg(32633))
    with Scene.open(path) as scene:
        assert "ground control points" in scene.warnings[0]


@pytest.mark.parametrize("layout", [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
@pytest.mark.parametrize("step", [1, 3, 7, 600])
def test_a_thumbnail_holds_every_so_many_rows_and_columns(make_raster, monkeypatch, layout, step):
    monkeypatch.setattr(scene_module, "_THUMBNAIL_PIXELS", 20)
    cube = np.random.default_rng(0).random((4, 70, 90)).astype(np.float32)
    cube[1, 0, 0] = cube[1, 21, 42] = np.nan
    cube[2, 30:] = -1  # nodata of a band that is not shown
    path = make_raster("a.tif", cube, nodata=-1, **layout)
    with Scene.open(path) as scene:
        values, valid = scene.thumbnail([3, 1, 1], step)
    expected = cube[[3, 1, 1], ::step, ::step]
    np.testing.assert_array_equal(valid, np.isfinite(expected).all(axis=0))
    np.testing.assert_array_equal(values, np.where(valid, expected, 0))


def test_a_thumbnail_respects_the_mask_scale_and_offset(make_raster):
    raw = np.arange(200, dtype=np.uint16).reshape(2, 10, 10)
    mask = np.full((10, 10), 255, np.uint8)
    mask[:4] = 0
    path = make_raster("a.tif", raw, scales=[0.5, 0.5], offsets=[1, 1], mask=mask)
    with Scene.open(path) as scene:
        values, valid = scene.thumbnail([1], 2)
    np.testing.assert_array_equal(valid, mask[::2, ::2] > 0)
    np.testing.assert_allclose(values[0][valid], (raw[1, ::2, ::2] * 0.5 + 1)[valid])


def test_no_bands_may_be_asked_for_to_learn_what_is_valid(make_raster):
    path = make_raster("a.tif", np.ones((2, 5, 5), np.uint8))
    with Scene.open(path) as scene:
        values, valid = scene.read(-1, 0, 4, 4, ())
    assert values.shape == (0, 4, 4)
    np.testing.assert_array_equal(valid.all(axis=1), [False, True, True, True])
