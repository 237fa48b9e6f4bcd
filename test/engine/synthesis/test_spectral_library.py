"""The spectral library: an ENVI file that other programs open, and its table."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.outputs import atomic_output
from hsi_film_plugin.engine.raster_file import open_raster
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.synthesis.spectral_library import write_library


def header_of(path: Path) -> dict[str, str]:
    """Read an ENVI header the way simple readers do: a name, an equals sign, a value."""
    text = path.with_suffix(".hdr").read_text(encoding="utf-8")
    assert text.startswith("ENVI\n")
    return {
        name.strip(): value.strip()
        for name, value in re.findall(r"^([^=\n]+)=\s*(\{[^}]*\}|[^\n]*)$", text, re.MULTILINE)
    }


def items(text: str) -> list[str]:
    return [item.strip() for item in text.strip("{}").split(",")]


def test_it_holds_mean_and_deviation_of_every_class_that_has_samples(
    make_sample_set, tmp_path: Path
):
    samples = make_sample_set()
    assert write_library(samples, tmp_path / "mean.sli") == tmp_path / "mean_spectra.csv"
    header = header_of(tmp_path / "mean.sli")
    assert header["file type"] == "ENVI Spectral Library"
    assert (header["samples"], header["lines"], header["bands"]) == ("8", "6", "1")
    assert (header["data type"], header["byte order"], header["interleave"]) == ("4", "0", "bsq")
    assert header["wavelength units"] == "Nanometers"
    assert [float(w) for w in items(header["wavelength"])] == list(samples.bands.wavelengths)
    assert items(header["spectra names"])[:4] == [
        "class 1 (synthetic)",
        "class 1 + sd (synthetic)",
        "class 1 - sd (synthetic)",
        "class 2 (synthetic)",
    ]
    found = np.fromfile(tmp_path / "mean.sli", "<f4").reshape(6, 8)
    spectra = samples.spectra()
    np.testing.assert_allclose(found[0], spectra[:2].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found[4] - found[3], spectra[2:].std(axis=0), atol=1e-6)
    np.testing.assert_allclose(found[3] - found[5], spectra[2:].std(axis=0), atol=1e-6)


RAW = """<VRTDataset rasterXSize="8" rasterYSize="6">
<VRTRasterBand dataType="Float32" band="1" subClass="VRTRawRasterBand">
<SourceFilename relativetoVRT="1">mean.sli</SourceFilename><ImageOffset>0</ImageOffset>
<PixelOffset>4</PixelOffset><LineOffset>32</LineOffset><ByteOrder>LSB</ByteOrder>
</VRTRasterBand></VRTDataset>"""


def test_gdal_reads_it_as_a_raw_raster_like_enmap_box_does(make_sample_set, tmp_path: Path):
    write_library(make_sample_set(), tmp_path / "mean.sli")
    (tmp_path / "mean.vrt").write_text(RAW)
    with open_raster(tmp_path / "mean.vrt") as dataset:
        found = dataset.read(1)
    expected = np.fromfile(tmp_path / "mean.sli", "<f4").reshape(6, 8)
    np.testing.assert_array_equal(found, expected)


def test_as_a_standard_file_it_is_a_raster_that_carries_the_mark(make_sample_set, tmp_path: Path):
    # GDAL opens no file whose header says that it is a spectral library
    write_library(make_sample_set(), tmp_path / "mean.sli")
    header = tmp_path / "mean.hdr"
    header.write_text(header.read_text().replace("ENVI Spectral Library", "ENVI Standard"))
    with open_raster(tmp_path / "mean.sli") as dataset:
        assert (dataset.width, dataset.height, dataset.count) == (8, 6, 1)
        assert "SYNTHETIC" in dataset.tags(ns="ENVI")["description"]
    with Scene.open(tmp_path / "mean.sli") as scene:
        assert scene.synthetic


def test_enmap_box_finds_the_attributes_of_every_spectrum_beside_it(
    make_sample_set, tmp_path: Path
):
    # it reads a row of the table of the same name for each spectrum, and stops where one lacks
    write_library(make_sample_set(), tmp_path / "mean.sli")
    with open(tmp_path / "mean.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = items(header_of(tmp_path / "mean.sli")["spectra names"])
    assert [row["spectra names"] for row in rows] == names
    assert {row["synthetic"] for row in rows} == {"1"}
    assert [row["samples"] for row in rows] == ["2", "2", "2", "3", "3", "3"]
    assert [row["statistic"] for row in rows[:3]] == ["mean", "mean + sd", "mean - sd"]
    assert {row["class_value"] for row in rows[3:]} == {"2"}


def test_names_that_would_end_a_list_of_the_header_do_not(make_sample_set, tmp_path: Path):
    classes = (LabelClass(1, "wet, {reed}\n= x", "#0072b2"), LabelClass(2, "Dächer", "#e69f00"))
    write_library(make_sample_set((0, 1), classes=classes), tmp_path / "mean.sli")
    names = items(header_of(tmp_path / "mean.sli")["spectra names"])
    assert len(names) == 6
    assert names[0] == "wet; (reed) - x (synthetic)"
    assert names[3] == "Dächer (synthetic)"


def test_the_table_says_in_its_first_column_that_it_is_synthetic(make_sample_set, tmp_path: Path):
    samples = make_sample_set()
    write_library(samples, tmp_path / "mean.sli")
    with open(tmp_path / "mean_spectra.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "synthetic",
        "band",
        "wavelength_nm",
        "class 1 mean",
        "class 1 sd",
        "class 2 mean",
        "class 2 sd",
    ]
    assert {row["synthetic"] for row in rows} == {"1"}
    assert [float(row["wavelength_nm"]) for row in rows] == list(samples.bands.wavelengths)
    mean = samples.spectra()[2:].mean(axis=0)
    np.testing.assert_allclose([float(row["class 2 mean"]) for row in rows], mean, rtol=1e-5)


def test_without_wavelengths_none_are_claimed(make_sample_set, tmp_path: Path):
    write_library(make_sample_set(wavelengths=None), tmp_path / "mean.sli")
    header = header_of(tmp_path / "mean.sli")
    assert not {"wavelength", "wavelength units"} & set(header)
    with open(tmp_path / "mean_spectra.csv", encoding="utf-8", newline="") as file:
        assert {row["wavelength_nm"] for row in csv.DictReader(file)} == {""}


def test_equal_samples_give_equal_files(make_sample_set, tmp_path: Path):
    for name in ("a", "b"):
        write_library(make_sample_set(), tmp_path / f"{name}.sli")
    for suffix in (".sli", ".hdr", ".csv", "_spectra.csv"):
        first, second = (tmp_path / f"{name}{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
    assert len(list(tmp_path.iterdir())) == 8


@pytest.mark.parametrize("name", ["mean.csv", "mean.hdr", "mean"])
def test_a_library_is_not_written_over_its_own_tables(make_sample_set, tmp_path: Path, name: str):
    with pytest.raises(InputError, match=re.escape(f"'{name}'") + r".*\.sli"):
        write_library(make_sample_set(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("taken", ["mean.hdr", "mean.csv", "mean_spectra.csv"])
def test_files_of_no_library_are_not_replaced(make_sample_set, tmp_path: Path, taken: str):
    (tmp_path / taken).write_text("mine")
    with pytest.raises(InputError, match=f"would replace '{re.escape(taken)}'"):
        write_library(make_sample_set(), tmp_path / "mean.sli")
    assert [path.name for path in tmp_path.iterdir()] == [taken]


def test_a_library_is_replaced_as_a_whole(make_sample_set, tmp_path: Path):
    write_library(make_sample_set(), tmp_path / "mean.sli")
    before = (tmp_path / "mean_spectra.csv").read_bytes()
    write_library(make_sample_set((0, 1)), tmp_path / "mean.sli")
    assert (tmp_path / "mean_spectra.csv").read_bytes() != before
    assert len(list(tmp_path.iterdir())) == 4


def test_all_its_files_appear_with_a_job_s_other_outputs(make_sample_set, tmp_path: Path):
    with atomic_output(tmp_path / "mean.sli") as hidden:
        write_library(make_sample_set(), hidden)
        assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mean.csv",
        "mean.hdr",
        "mean.sli",
        "mean_spectra.csv",
    ]
