"""Labels: vector layers and label rasters on a grid, classes, and labels that fail."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio.warp
from affine import Affine
from skimage.measure import points_in_poly

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import default_colors
from hsi_film_plugin.engine.label_vector import representative_point
from hsi_film_plugin.engine.labels import ClassStyle, LabelClass, Labels, read_labels
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.wkb import Part, parts_of

RasterMaker = Callable[..., Path]
VectorMaker = Callable[..., Path]
SceneMaker = Callable[..., Scene]

NORTH_UP = Affine(10, 0, 400000, 0, -10, 5000000)
SOUTH_UP = Affine(10, 0, 400000, 0, 10, 5000000)
ROTATED = Affine.translation(400000, 5000000) @ Affine.rotation(30) @ Affine.scale(10, -10)


@pytest.fixture
def make_scene(make_raster: RasterMaker, request: pytest.FixtureRequest) -> SceneMaker:
    def make(height: int = 20, width: int = 30, **options: Any) -> Scene:
        values = np.ones((1, height, width), dtype="float32")
        scene = Scene.open(make_raster("scene.tif", values, **options))
        request.addfinalizer(scene.close)
        return scene

    return make


def picture(labels: Labels, height: int = 20, width: int = 30) -> np.ndarray:
    """Return the labels as a map of class values."""
    values = np.array([item.value for item in labels.classes])
    result = np.zeros((height, width), dtype=int)
    result[labels.rows, labels.cols] = values[labels.classes_of]
    return result


def polygon(*rings: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return a polygon of an outer ring and holes."""
    return {"type": "Polygon", "coordinates": rings}


def box(left: float, bottom: float, right: float, top: float) -> dict[str, Any]:
    """Return a rectangle."""
    return polygon([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])


def pixel_box(
    row: float, col: float, height: float, width: float, transform: Affine = NORTH_UP
) -> dict[str, Any]:
    """Return the outline of a block of pixels, in coordinates."""
    corners = [(col, row), (col + width, row), (col + width, row + height), (col, row + height)]
    return polygon([transform @ corner for corner in [*corners, corners[0]]])


def point(x: float, y: float) -> dict[str, Any]:
    """Return a point."""
    return {"type": "Point", "coordinates": (x, y)}


def pixel_point(row: float, col: float, transform: Affine = NORTH_UP) -> dict[str, Any]:
    """Return the centre of a pixel, in coordinates."""
    return point(*(transform @ (col + 0.5, row + 0.5)))


@pytest.mark.parametrize("transform", [NORTH_UP, SOUTH_UP, ROTATED])
def test_polygons_take_the_pixels_whose_centres_they_hold(
    make_scene: SceneMaker, make_vector: VectorMaker, transform: Affine
):
    scene = make_scene(transform=transform)
    # from the 3rd row and 5th column, by hand: 2 rows and 3 columns, and a nudge that holds
    # no further centre
    path = make_vector("a.gpkg", [pixel_box(2.6, 4.6, 2.3, 3.3, transform)], kind=[7])
    labels = read_labels(path, scene, "kind")
    truth = np.zeros((20, 30), dtype=int)
    truth[3:5, 5:8] = 7
    truth[2, 4:4] = 7
    assert np.array_equal(picture(labels), truth)
    assert labels.warnings == ()


@pytest.mark.parametrize("transform", [NORTH_UP, SOUTH_UP, ROTATED])
def test_any_polygon_agrees_with_testing_every_centre(
    make_scene: SceneMaker, make_vector: VectorMaker, transform: Affine
):
    rng = np.random.default_rng(3)
    scene = make_scene(transform=transform)
    rows, cols = np.mgrid[:20, :30] + 0.5
    centres = np.column_stack([cols.ravel(), rows.ravel()])
    for trial in range(10):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radii = rng.uniform(2, 14, 9)
        ring = np.column_stack([15 + radii * np.cos(angles), 10 + radii * np.sin(angles)])
        outline = [transform @ (x, y) for x, y in [*ring, ring[0]]]
        path = make_vector(f"{trial}.gpkg", [polygon(outline)], kind=[1])
        truth = points_in_poly(centres, ring).reshape(20, 30)
        assert np.array_equal(picture(read_labels(path, scene, "kind")) == 1, truth)


def test_holes_and_parts_of_multipolygons_are_respected(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    outer, hole = pixel_box(1, 1, 6, 6)["coordinates"][0], pixel_box(3, 3, 2, 2)["coordinates"][0]
    island = pixel_box(10, 20, 2, 2)["coordinates"][0]
    shape = {"type": "MultiPolygon", "coordinates": [[outer, hole], [island]]}
    labels = read_labels(make_vector("a.gpkg", [shape], kind=[1]), make_scene(), "kind")
    truth = np.zeros((20, 30), dtype=int)
    truth[1:7, 1:7] = 1
    truth[3:5, 3:5] = 0
    truth[10:12, 20:22] = 1
    assert np.array_equal(picture(labels), truth)
    assert np.unique(labels.polygons).size == 2


def test_a_polygon_without_any_centre_takes_the_pixel_it_lies_in(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    path = make_vector("a.gpkg", [pixel_box(4.1, 7.1, 0.2, 0.2)], kind=[1])
    labels = read_labels(path, make_scene(), "kind")
    assert (labels.rows.tolist(), labels.cols.tolist()) == ([4], [7])


def test_the_representative_point_of_a_concave_polygon_lies_inside():
    horseshoe = np.array([(0, 0), (5, 0), (5, 5), (4, 5), (4, 1), (1, 1), (1, 5), (0, 5)], float)
    inside = representative_point(Part((horseshoe,)))
    assert points_in_poly([inside], horseshoe)[0]


def test_points_take_the_pixel_they_lie_in_once(make_scene: SceneMaker, make_vector: VectorMaker):
    several = {
        "type": "MultiPoint",
        "coordinates": [pixel_point(1, 2)["coordinates"], pixel_point(5, 6)["coordinates"]],
    }
    path = make_vector("a.gpkg", [pixel_point(1, 2), several], kind=["x", "x"])
    labels = read_labels(path, make_scene(), "kind")
    assert (labels.rows.tolist(), labels.cols.tolist()) == ([1, 5], [2, 6])
    assert np.unique(labels.polygons).size == 2


def test_labels_are_brought_from_any_crs(make_scene: SceneMaker, make_vector: VectorMaker):
    scene = make_scene()
    outline = pixel_box(3, 4, 5, 6)["coordinates"][0]
    xs, ys = zip(*outline)
    degrees = list(zip(*rasterio.warp.transform("EPSG:32633", "EPSG:4326", xs, ys)))
    # corners on pixel edges may fall on either side by rounding: shrink a little
    centre = np.mean(degrees[:4], axis=0)
    degrees = [tuple(centre + (np.array(corner) - centre) * 0.99) for corner in degrees]
    path = make_vector("a.gpkg", [polygon(degrees)], crs="EPSG:4326", kind=[1])
    truth = np.zeros((20, 30), dtype=int)
    truth[3:8, 4:10] = 1
    assert np.array_equal(picture(read_labels(path, scene, "kind")), truth)


def test_a_polygon_that_cannot_be_projected_is_left_out_with_a_warning(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    (x,), (y,) = rasterio.warp.transform("EPSG:32633", "EPSG:4326", [400045], [4999955])
    shapes = [point(x, y), point(500, 1000)]
    path = make_vector("a.gpkg", shapes, crs="EPSG:4326", kind=[1, 2])
    labels = read_labels(path, make_scene(), "kind")
    assert (labels.rows.tolist(), labels.cols.tolist()) == ([4], [4])
    assert any("1 polygon or point" in text for text in labels.warnings)


def test_pixels_of_two_classes_are_dropped_and_of_one_class_counted_once(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    shapes = [pixel_box(0, 0, 4, 4), pixel_box(0, 2, 4, 4), pixel_box(2, 0, 4, 4)]
    path = make_vector("a.gpkg", shapes, kind=[1, 2, 1])
    labels = read_labels(path, make_scene(), "kind")
    truth = np.zeros((20, 30), dtype=int)
    truth[:6, :4] = 1
    truth[:4, 4:6] = 2
    truth[:4, 2:4] = 0
    assert np.array_equal(picture(labels), truth)
    assert labels.rows.size == np.count_nonzero(truth)
    assert any("8 pixels claimed by more than one class" in text for text in labels.warnings)


def test_labels_partly_outside_are_clipped_and_those_outside_counted(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    shapes = [pixel_box(-2, -2, 4, 4), pixel_box(100, 100, 4, 4), pixel_box(-9, 3, 4, 4)]
    path = make_vector("a.gpkg", shapes, kind=[1, 1, 2])
    labels = read_labels(path, make_scene(), "kind")
    assert picture(labels)[:2, :2].tolist() == [[1, 1], [1, 1]]
    assert labels.rows.size == 4
    assert [item.value for item in labels.classes] == [1]
    assert any(text.startswith("2 polygons or points") for text in labels.warnings)
    assert any("'Class 2' has no pixel" in text for text in labels.warnings)


def values_and_names(labels: Labels) -> list[tuple[int, str]]:
    return [(item.value, item.name) for item in labels.classes]


def boxes(count: int) -> list[dict[str, Any]]:
    """Return single pixels that do not touch."""
    return [pixel_box(0, 2 * index, 1, 1) for index in range(count)]


@pytest.mark.parametrize(
    ("fields", "class_field", "expected"),
    [
        ({"kind": [300, 5, 5]}, "kind", [(5, "Class 5"), (300, "Class 300")]),
        ({"kind": [5.0, np.nan, 7.0]}, "kind", [(5, "Class 5"), (7, "Class 7")]),
        ({"kind": ["wood", "ash", "wood"]}, "kind", [(1, "ash"), (2, "wood")]),
        ({"kind": ["10", "9", "10"]}, "kind", [(9, "Class 9"), (10, "Class 10")]),
        ({"kind": [0, -4, 70000]}, "kind", [(1, "Class -4"), (2, "Class 0"), (3, "Class 70000")]),
        (
            {"class_id": [4, 2, 4], "class_name": ["ash", "wood", "ash"]},
            "class_id",
            [(2, "wood"), (4, "ash")],
        ),
        (
            {"class_id": [4, 2, 4], "class_name": ["ash", "wood", "ash"]},
            "class_name",
            [(2, "wood"), (4, "ash")],
        ),
        ({"id": [4, 2, 4], "name": ["ash", "wood", "ash"]}, "id", [(2, "wood"), (4, "ash")]),
        ({"id": [1, 2, 3], "name": ["wood", "ash", "wood"]}, "name", [(1, "ash"), (2, "wood")]),
        # not one-to-one, so not the name of the class
        ({"class_id": [4, 2, 4], "name": ["a", "b", "c"]}, "class_id", None),
        ({"class_id": [4, 2, 3], "name": ["a", "a", "c"]}, "class_id", None),
        # one-to-one by chance: nothing says that it names the class
        ({"kind": [4, 2, 3], "surveyor": ["a", "b", "c"]}, "kind", None),
    ],
)
def test_class_values_and_names_survive(
    make_scene: SceneMaker,
    make_vector: VectorMaker,
    fields: dict[str, Sequence[Any]],
    class_field: str,
    expected: list[tuple[int, str]] | None,
):
    labels = read_labels(make_vector("a.gpkg", boxes(3), **fields), make_scene(), class_field)
    if expected is None:
        expected = [(value, f"Class {value}") for value in sorted(set(fields[class_field]))]
    assert values_and_names(labels) == expected


def test_each_polygon_keeps_its_class_when_ids_and_names_sort_differently(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    path = make_vector("a.gpkg", boxes(3), class_id=[9, 2, 5], class_name=["ash", "wood", "moor"])
    for field in ("class_id", "class_name"):
        labels = read_labels(path, make_scene(), field)
        named = [
            (labels.classes[index].value, labels.classes[index].name) for index in labels.classes_of
        ]
        assert named == [(9, "ash"), (2, "wood"), (5, "moor")]


def test_the_style_of_the_layer_gives_names_and_colours(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    path = make_vector("a.gpkg", boxes(3), class_id=[1, 2, 3], class_name=["ash", "wood", "moor"])
    styles = [
        ClassStyle("1", "Ash tree", "#AA0000"),
        ClassStyle("2", "2", "#00bb00"),  # QGIS's own label of a category: no name
        ClassStyle("moor", "", "#0000cc"),  # a style by the other field
    ]
    assert read_labels(path, make_scene(), "class_id", styles=styles).classes == (
        LabelClass(1, "Ash tree", "#aa0000"),
        LabelClass(2, "wood", "#00bb00"),
        LabelClass(3, "moor", "#0000cc"),
    )


def test_names_are_unique_even_if_the_style_repeats_them(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    styles = [ClassStyle("1", "wood", ""), ClassStyle("2", "wood", "")]
    path = make_vector("a.gpkg", boxes(2), kind=[1, 2])
    labels = read_labels(path, make_scene(), "kind", styles=styles)
    assert values_and_names(labels) == [(1, "wood (1)"), (2, "wood (2)")]


def test_a_colour_that_is_none_is_refused(make_scene: SceneMaker, make_vector: VectorMaker):
    path = make_vector("a.gpkg", boxes(1), kind=[1])
    with pytest.raises(InputError, match="colour 'red' of the class 'wood'"):
        read_labels(path, make_scene(), "kind", styles=[ClassStyle("1", "wood", "red")])


def test_default_colours_differ_and_leave_out_those_of_the_style(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    first = next(default_colors())
    path = make_vector("a.gpkg", boxes(15), kind=list(range(1, 16)))
    labels = read_labels(path, make_scene(), "kind", styles=[ClassStyle("9", "", first)])
    colors = [item.color for item in labels.classes]
    assert len(set(colors)) == 15
    assert colors[8] == first
    endless = default_colors()
    assert len({next(endless) for _ in range(200)}) == 200


def test_features_without_class_or_geometry_are_left_out_with_warnings(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    shapes = [*boxes(3), None]
    path = make_vector("a.gpkg", shapes, kind=["ash", None, "  ", "ash"])
    labels = read_labels(path, make_scene(), "kind")
    assert labels.cols.tolist() == [0]
    assert any("2 features" in text and "'kind'" in text for text in labels.warnings)
    assert any("1 feature of" in text and "geometry" in text for text in labels.warnings)


@pytest.mark.parametrize("values", [[None, None], ["", " "]])
def test_an_empty_class_field_is_refused(
    make_scene: SceneMaker, make_vector: VectorMaker, values: list[str | None]
):
    path = make_vector("a.gpkg", boxes(2), kind=values)
    with pytest.raises(InputError, match=r"'kind' of 'a.gpkg' is empty in every feature"):
        read_labels(path, make_scene(), "kind")


@pytest.mark.parametrize("field", ["missing", None])
def test_a_missing_class_field_is_refused_with_the_fields_there_are(
    make_scene: SceneMaker, make_vector: VectorMaker, field: str | None
):
    path = make_vector("a.gpkg", boxes(1), kind=[1], other=["x"])
    with pytest.raises(InputError, match="one of its fields: kind, other"):
        read_labels(path, make_scene(), field)


def test_labels_beside_the_raster_are_refused(make_scene: SceneMaker, make_vector: VectorMaker):
    path = make_vector("a.gpkg", [pixel_box(500, 500, 3, 3)], kind=[1])
    with pytest.raises(InputError, match=r"No label of 'a.gpkg' lies on 'scene.tif'"):
        read_labels(path, make_scene(), "kind")


def test_labels_that_all_contradict_each_other_are_refused(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    path = make_vector("a.gpkg", [pixel_box(1, 1, 2, 2)] * 2, kind=[1, 2])
    with pytest.raises(InputError, match="more than one class"):
        read_labels(path, make_scene(), "kind")


def test_a_layer_without_crs_is_refused_with_the_way_to_set_it(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    path = make_vector("a.gpkg", boxes(1), crs=None, kind=[1])
    with pytest.raises(InputError, match=r"'a.gpkg' has no CRS.*EPSG:32633.*Set Layer CRS"):
        read_labels(path, make_scene(), "kind")


def test_on_a_scene_without_crs_coordinates_are_taken_as_they_are(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    scene = make_scene(crs=None)
    bare = read_labels(make_vector("a.gpkg", boxes(2), crs=None, kind=[1, 2]), scene, "kind")
    known = read_labels(make_vector("b.gpkg", boxes(2), kind=[1, 2]), scene, "kind")
    assert bare.warnings == ()
    assert "has no CRS" in known.warnings[0]
    assert np.array_equal(picture(bare), picture(known))
    assert picture(bare)[0, :4].tolist() == [1, 0, 2, 0]


@pytest.mark.parametrize("sign", [1, -1])
def test_labels_drawn_over_an_ungeoreferenced_scene_fall_in_place(
    make_scene: SceneMaker, make_vector: VectorMaker, sign: int
):
    # QGIS draws such a scene downwards from y = 0; elsewhere y is the row
    scene = make_scene(crs=None, transform=None)
    path = make_vector("a.gpkg", [point(4.5, sign * 7.5)], crs=None, kind=[1])
    labels = read_labels(path, scene, "kind")
    assert (labels.rows.tolist(), labels.cols.tolist()) == ([7], [4])


def test_lines_are_refused(make_scene: SceneMaker, make_vector: VectorMaker):
    line = {"type": "LineString", "coordinates": [(400000, 4999900), (400100, 4999900)]}
    path = make_vector("a.gpkg", [line], kind=[1])
    with pytest.raises(InputError, match=r"'a.gpkg' holds .*neither polygons nor points"):
        read_labels(path, make_scene(), "kind")


def test_a_layer_without_features_is_refused(make_scene: SceneMaker, make_vector: VectorMaker):
    path = make_vector("a.gpkg", [], kind=[])
    with pytest.raises(InputError, match=r"'a.gpkg' has no features"):
        read_labels(path, make_scene(), "kind")


def test_one_of_several_layers_must_be_named(make_scene: SceneMaker, make_vector: VectorMaker):
    make_vector("a.gpkg", boxes(1), kind=[1], layer="first")
    path = make_vector("a.gpkg", boxes(2), kind=[1, 2], layer="second", append=True)
    scene = make_scene()
    with pytest.raises(InputError, match=r"several layers.*first, second"):
        read_labels(path, scene, "kind")
    with pytest.raises(InputError, match=r"no layer 'third'.*first, second"):
        read_labels(path, scene, "kind", layer="third")
    assert len(read_labels(path, scene, "kind", layer="second").classes) == 2


def test_files_that_are_missing_or_no_labels_are_refused(make_scene: SceneMaker, tmp_path: Path):
    scene = make_scene()
    with pytest.raises(InputError, match=r"none\.gpkg' do not exist"):
        read_labels(tmp_path / "none.gpkg", scene, "kind")
    (tmp_path / "a.gpkg").write_text("nothing of the kind")
    with pytest.raises(InputError, match=r"a\.gpkg"):
        read_labels(tmp_path / "a.gpkg", scene, "kind")


def test_the_same_labels_have_the_same_hash_and_others_another(
    make_scene: SceneMaker, make_vector: VectorMaker
):
    scene = make_scene()

    def digest(name: str, kinds: list[str], count: int = 3) -> str:
        path = make_vector(name, boxes(count), kind=kinds)
        return read_labels(path, scene, "kind").sha256

    first = digest("a.gpkg", ["x", "y", "x"])
    assert digest("b.gpkg", ["x", "y", "x"]) == first
    assert digest("c.gpkg", ["x", "x", "y"]) != first
    assert digest("d.gpkg", ["x", "z", "x"]) != first


def test_geometries_with_heights_and_measures_are_read():
    import struct

    ring = [(0.0, 0.0, 9.0, 1.0), (4.0, 0.0, 9.0, 1.0), (4.0, 4.0, 9.0, 1.0), (0.0, 0.0, 9.0, 1.0)]
    numbers = b"".join(struct.pack(">dddd", *vertex) for vertex in ring)
    (part,) = parts_of(struct.pack(">BIII", 0, 3003, 1, 4) + numbers)
    assert part.rings[0].tolist() == [[0, 0], [4, 0], [4, 4], [0, 0]]
    with pytest.raises(ValueError, match="cut short"):
        parts_of(struct.pack(">BIII", 0, 3003, 1, 4) + numbers[:-8])


# label rasters


def test_an_aligned_label_raster_is_taken_pixel_by_pixel(
    make_scene: SceneMaker, make_raster: RasterMaker
):
    values = np.zeros((20, 30), dtype="uint8")
    values[2:4, 3:6] = 4
    values[10, 10] = 9
    values[11, 11] = 9  # touches by the corner: the same group
    values[15, 20] = 9
    values[4, 3] = 9  # touches another class: a group of its own
    labels = read_labels(make_raster("l.tif", values, nodata=255), make_scene(), None)
    assert np.array_equal(picture(labels), values)
    assert values_and_names(labels) == [(4, "Class 4"), (9, "Class 9")]
    groups = np.zeros((20, 30), dtype=int)
    groups[labels.rows, labels.cols] = labels.polygons + 1
    assert np.unique(groups[2:4, 3:6]).size == 1
    assert groups[10, 10] == groups[11, 11]
    assert len({groups[2, 3], groups[10, 10], groups[15, 20], groups[4, 3]}) == 4


def test_nodata_and_the_mask_of_a_label_raster_are_unlabelled(
    make_scene: SceneMaker, make_raster: RasterMaker
):
    values = np.full((20, 30), 255, dtype="uint8")
    values[0, 0] = 3
    labels = read_labels(make_raster("l.tif", values, nodata=255), make_scene(), None)
    assert labels.rows.size == 1
    values[:] = 3
    mask = np.zeros((20, 30), dtype="uint8")
    mask[5, 6] = 255
    labels = read_labels(make_raster("m.tif", values, mask=mask), make_scene(), None)
    assert (labels.rows.tolist(), labels.cols.tolist()) == ([5], [6])


@pytest.mark.parametrize("transform", [NORTH_UP, SOUTH_UP, ROTATED])
def test_a_label_raster_on_another_grid_is_taken_by_nearest_neighbour(
    make_scene: SceneMaker, make_raster: RasterMaker, transform: Affine
):
    scene = make_scene(transform=transform)
    grid = Affine(7, 0, 400000, 0, -7, 5000200)
    values = np.random.default_rng(0).integers(1, 5, (60, 70)).astype("int32")
    labels = read_labels(make_raster("l.tif", values, transform=grid), scene, None)
    truth = np.zeros((20, 30), dtype=int)
    for row in range(20):
        for col in range(30):
            x, y = ~grid @ (transform @ (col + 0.5, row + 0.5))
            if 0 <= x < 70 and 0 <= y < 60:
                truth[row, col] = values[int(y), int(x)]
    assert np.count_nonzero(truth) > 100
    assert np.array_equal(picture(labels), truth)


@pytest.mark.parametrize("transform", [NORTH_UP, SOUTH_UP, ROTATED])
def test_a_label_raster_in_another_crs_falls_in_place(
    make_scene: SceneMaker, make_raster: RasterMaker, transform: Affine
):
    scene = make_scene(transform=transform)
    (west, east), (south, north) = rasterio.warp.transform(
        "EPSG:32633", "EPSG:4326", [399500, 400700], [4999500, 5000500]
    )
    grid = Affine((east - west) / 12, 0, west, 0, (south - north) / 10, north)
    values = np.arange(1, 121).reshape(10, 12).astype("uint8")
    path = make_raster("l.tif", values, crs="EPSG:4326", transform=grid)
    found = picture(read_labels(path, scene, None))
    rows, cols = np.mgrid[:20, :30]
    xs, ys = transform @ (cols.ravel() + 0.5, rows.ravel() + 0.5)
    lons, lats = rasterio.warp.transform("EPSG:32633", "EPSG:4326", xs, ys)
    columns, lines = ~grid @ (np.array(lons), np.array(lats))
    truth = values[np.floor(lines).astype(int), np.floor(columns).astype(int)]
    assert np.array_equal(found, truth.reshape(20, 30))


def test_names_and_colours_of_a_label_raster_are_kept(
    make_scene: SceneMaker, make_raster: RasterMaker
):
    values = np.zeros((20, 30), dtype="uint8")
    values[0, :3] = [1, 2, 3]
    colors = {1: (255, 0, 0, 255), 2: (0, 255, 0, 255), 3: (0, 0, 255, 255)}
    path = make_raster("l.tif", values, colormap=colors)
    Path(f"{path}.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><CategoryNames><Category>none</Category>'
        "<Category>oak &amp; ash</Category><Category/><Category>moor</Category>"
        "</CategoryNames></PAMRasterBand></PAMDataset>"
    )
    assert read_labels(path, make_scene(), None).classes == (
        LabelClass(1, "oak & ash", "#ff0000"),
        LabelClass(2, "Class 2", "#00ff00"),
        LabelClass(3, "moor", "#0000ff"),
    )


def test_a_label_raster_and_a_scene_without_georeference_match_by_row_and_column(
    make_scene: SceneMaker, make_raster: RasterMaker
):
    values = np.zeros((20, 30), dtype="uint8")
    values[3, 4] = 1
    bare = make_raster("l.tif", values, crs=None, transform=None)
    assert picture(read_labels(bare, make_scene(crs=None, transform=None), None))[3, 4] == 1
    labels = read_labels(bare, make_scene(), None)
    assert picture(labels)[3, 4] == 1
    assert "matched by row and column" in labels.warnings[0]
    small = make_raster("s.tif", values[:5, :6], crs=None, transform=None)
    with pytest.raises(InputError, match=r"'s.tif' is not georeferenced and has 6 × 5 pixels"):
        read_labels(small, make_scene(), None)


def test_a_label_raster_without_crs_elsewhere_is_refused(
    make_scene: SceneMaker, make_raster: RasterMaker
):
    values = np.ones((20, 30), dtype="uint8")
    path = make_raster("l.tif", values, crs=None, transform=Affine(5, 0, 0, 0, -5, 0))
    with pytest.raises(InputError, match=r"'l.tif' has no CRS"):
        read_labels(path, make_scene(), None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((3, 20, 30), "uint8"), "'l.tif' has 3 bands"),
        (np.full((20, 30), 1.5, "float32"), "'l.tif' holds values that are not whole numbers"),
        (np.ones((20, 30), "complex64"), "'l.tif' holds complex numbers"),
        (np.zeros((20, 30), "uint8"), "No label of 'l.tif' lies on 'scene.tif'"),
    ],
)
def test_rasters_that_are_no_labels_are_refused(
    make_scene: SceneMaker, make_raster: RasterMaker, values: np.ndarray, message: str
):
    path = make_raster("l.tif", values)
    with pytest.raises(InputError, match=message):
        read_labels(path, make_scene(), None)


@pytest.mark.filterwarnings("error")
def test_reading_labels_makes_no_noise(
    make_scene: SceneMaker, make_vector: VectorMaker, make_raster: RasterMaker
):
    scene = make_scene(crs=None, transform=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        vector = make_vector("a.gpkg", [point(1.5, 1.5)], crs=None, kind=[1])
    raster = make_raster("l.tif", np.ones((20, 30), "uint8"), crs=None, transform=None)
    assert read_labels(vector, scene, "kind").rows.size == 1
    assert read_labels(raster, scene, None).rows.size == 600


def test_the_mask_of_a_label_raster_in_another_crs_is_respected(
    make_scene: SceneMaker, make_raster: RasterMaker
):
    (west, east), (south, north) = rasterio.warp.transform(
        "EPSG:32633", "EPSG:4326", [399500, 400700], [4999500, 5000500]
    )
    grid = Affine((east - west) / 2, 0, west, 0, south - north, north)
    values = np.array([[3, 4]], dtype="uint8")
    mask = np.array([[0, 255]], dtype="uint8")
    path = make_raster("l.tif", values, crs="EPSG:4326", transform=grid, mask=mask)
    found = picture(read_labels(path, make_scene(), None))
    assert np.unique(found).tolist() == [0, 4]
    assert (found[:, -1] == 4).all()
    assert (found[:, 0] == 0).all()
