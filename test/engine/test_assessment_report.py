"""The assessment of any class map: areas, units, pictures and warnings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine

from hsi_film_plugin.engine.assessment_report import assess_map
from hsi_film_plugin.engine.errors import Cancelled, InputError
from hsi_film_plugin.engine.parameters import LabelSource
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.report import Report, render_report

MAP = np.repeat(np.array([1, 2, 3], np.uint8), [20, 15, 5])[None].repeat(40, axis=0)


def assessed(
    path: Path, reference: Path, field: str | None = None
) -> tuple[Report, dict[str, Any], list[str]]:
    return assess_map(path, LabelSource(reference, None, field, ()), Progress())


def reference_of(values: np.ndarray, share: float = 0.1) -> np.ndarray:
    """Return a reference that is the map itself in squares of two pixels, else nothing."""
    rng = np.random.default_rng(0)
    chosen = np.kron(rng.random((20, 20)) < share, np.ones((2, 2), bool))
    return np.where(chosen, values, 0).astype(np.uint8)


def test_a_perfect_map_is_perfect_and_its_areas_are_those_mapped(make_raster):
    path = make_raster("map.tif", MAP)
    report, table, warnings = assessed(path, make_raster("r.tif", reference_of(MAP, 0.4), nodata=0))
    assert table["accuracy"]["overall_accuracy"] == 1
    assert table["accuracy"]["kappa"] == 1
    assert table["areas"]["unit"] == "m²"
    mapped = [entry["mapped_area"] for entry in table["areas"]["classes"]]
    assert mapped == [20 * 40 * 100, 15 * 40 * 100, 5 * 40 * 100]
    assert [entry["area"] for entry in table["areas"]["classes"]] == pytest.approx(mapped)
    assert warnings == []
    assert report.accuracy is not None
    np.testing.assert_array_equal(report.accuracy.matrix, table["confusion_matrix"]["pixels"])


def test_rows_are_the_map_and_columns_the_reference(make_raster):
    truth = reference_of(MAP)
    truth[truth == 1] = 2  # what the map calls 1 is 2 on the ground
    _, table, _ = assessed(make_raster("map.tif", MAP), make_raster("r.tif", truth, nodata=0))
    assert table["confusion_matrix"]["rows"] == "map"
    matrix = np.array(table["confusion_matrix"]["pixels"])
    assert matrix[0, 1] > 0
    assert matrix[1, 0] == 0


@pytest.mark.parametrize(
    ("crs", "transform"),
    [("EPSG:4326", Affine(1e-4, 0, 13, 0, -1e-4, 52)), (None, Affine(10, 0, 0, 0, -10, 0))],
)
def test_without_a_metric_grid_areas_are_counted_in_pixels(make_raster, crs, transform):
    options = {"crs": crs, "transform": transform}
    path = make_raster("map.tif", MAP, **options)
    reference = make_raster("r.tif", reference_of(MAP), nodata=0, **options)
    _, table, _ = assessed(path, reference)
    assert table["areas"]["unit"] == "pixels"
    assert table["areas"]["total_area"] == MAP.size


def test_feet_become_metres(make_raster):
    path = make_raster("map.tif", MAP, crs="EPSG:2263")
    _, table, _ = assessed(path, make_raster("r.tif", reference_of(MAP), nodata=0, crs="EPSG:2263"))
    assert table["areas"]["total_area"] == pytest.approx(MAP.size * 100 * 0.3048006**2, rel=1e-5)


def test_few_reference_pixels_are_a_warning(make_raster):
    truth = np.zeros_like(MAP)
    truth[0, :40:5] = MAP[0, ::5]
    _, _, warnings = assessed(make_raster("map.tif", MAP), make_raster("r.tif", truth, nodata=0))
    assert "Only 8 reference pixels: the figures are rough." in warnings


def test_a_class_of_the_map_that_the_reference_lacks_is_a_warning(make_raster):
    truth = np.where(MAP == 3, 1, reference_of(MAP))
    _, _, warnings = assessed(make_raster("map.tif", MAP), make_raster("r.tif", truth, nodata=0))
    assert "In the map but not in the reference, so always counted wrong: Class 3." in warnings


def test_the_page_shows_map_and_reference_and_says_what_it_was_measured_on(make_raster):
    path = make_raster("map.tif", MAP)
    truth = reference_of(MAP)
    report, _, _ = assessed(path, make_raster("r.tif", truth, nodata=0))
    assert report.scene is not None
    assert [picture.caption for picture in report.scene.pictures] == ["Class map", "Reference"]
    page = render_report(report)
    assert f"{int((truth > 0).sum())} reference pixels" in page
    assert "Reference sha256" in page
    assert "Whole polygons count as the sample" in page


def test_the_same_assessment_gives_the_same_table_and_page(make_raster):
    path = make_raster("map.tif", MAP)
    reference = make_raster("r.tif", reference_of(MAP), nodata=0)
    first, second = (assessed(path, reference) for _ in range(2))
    assert first[1] == second[1]
    assert render_report(first[0]) == render_report(second[0])


def test_a_reference_elsewhere_is_refused(make_raster):
    far = Affine(10, 0, 900000, 0, -10, 5000000)
    reference = make_raster("far.tif", reference_of(MAP), nodata=0, transform=far)
    with pytest.raises(InputError, match=r"No label of 'far\.tif' lies on 'map\.tif'"):
        assessed(make_raster("map.tif", MAP), reference)


def test_an_assessment_can_be_cancelled(make_raster):
    progress = Progress()
    progress.cancelled.set()
    path = make_raster("map.tif", MAP)
    with pytest.raises(Cancelled):
        assess_map(path, LabelSource(path, None, None, ()), progress)
