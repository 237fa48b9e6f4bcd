"""Which pixels of a scene a view shows."""

from __future__ import annotations

import pytest


@pytest.fixture
def utm(qgis):
    from qgis.core import QgsCoordinateReferenceSystem

    return QgsCoordinateReferenceSystem("EPSG:32633")


@pytest.fixture
def grid(utm):
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    return PixelGrid(100, 80, (500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0), utm)


def seen(view, crs, grid, most_pixels=10**6):
    from qgis.core import QgsRectangle

    from hsi_film_plugin.dock.visible_part import visible_part

    return visible_part(QgsRectangle(*view), crs, grid, most_pixels)


def test_pixels_that_are_touched_are_visible(utm, grid):
    part = seen((500015, 5799985, 500031, 5799999), utm, grid)
    assert part.box == (500010, 5799980, 500040, 5800000)
    assert (part.cols, part.rows) == (3, 2)
    assert not part.is_cut


def test_view_that_is_larger_than_the_scene_shows_all_of_it(utm, grid):
    part = seen((0, 0, 9e6, 9e6), utm, grid)
    assert part.box == (500000, 5799200, 501000, 5800000)


def test_view_on_pixel_edges_shows_no_pixel_more(utm, grid):
    part = seen((500010, 5799900, 500030, 5799950), utm, grid)
    assert (part.cols, part.rows) == (2, 5)


def test_view_beside_the_scene_shows_nothing(utm, grid):
    assert seen((600000, 5799000, 600100, 5799100), utm, grid) is None


def test_too_large_a_part_is_cut_around_its_middle(utm, grid):
    part = seen((0, 0, 9e6, 9e6), utm, grid, most_pixels=20 * 16)
    assert part.cols * part.rows <= 20 * 16
    assert (part.cols, part.rows) == (20, 16)
    assert part.box == (500400, 5799520, 500600, 5799680)
    assert part.is_cut
    assert (part.seen_cols, part.seen_rows) == (100, 80)


@pytest.mark.parametrize("most_pixels", [1, 2, 7, 99])
def test_cut_never_exceeds_its_limit_nor_vanishes(utm, grid, most_pixels):
    part = seen((0, 0, 9e6, 9e6), utm, grid, most_pixels)
    assert 1 <= part.cols * part.rows <= most_pixels


def test_view_of_the_whole_world_shows_the_scene(qgis, grid):
    from qgis.core import QgsCoordinateReferenceSystem

    world = QgsCoordinateReferenceSystem("EPSG:4326")
    part = seen((-180, -90, 180, 90), world, grid)
    assert part.box == pytest.approx((500000, 5799200, 501000, 5800000))


def test_view_without_a_crs_is_taken_for_the_scenes(qgis, grid):
    from qgis.core import QgsCoordinateReferenceSystem

    part = seen((500010, 5799900, 500030, 5799950), QgsCoordinateReferenceSystem(), grid)
    assert (part.cols, part.rows) == (2, 5)


def test_rotated_scene_is_cut_in_its_own_pixels(utm):
    from hsi_film_plugin.dock.pixel_grid import PixelGrid

    rotated = PixelGrid(100, 80, (500000.0, 6.0, 8.0, 5800000.0, 8.0, -6.0), utm)
    middle = rotated.point_at(40, 50)
    view = (middle.x() - 20, middle.y() - 20, middle.x() + 20, middle.y() + 20)
    part = seen(view, utm, rotated)
    assert part.cols < 10
    assert part.rows < 10
    assert part.box[0] <= view[0]
    assert part.box[3] >= view[3]


def test_part_lies_in_a_box_that_differs_by_rounding(utm, grid):
    part = seen((500010, 5799900, 500030, 5799950), utm, grid)
    assert part.lies_in((500010.001, 5799900, 500030, 5799949.999))
    assert not part.lies_in((500015, 5799900, 500030, 5799950))
