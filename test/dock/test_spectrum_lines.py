"""Spectra as lines: their order, their gaps, and how far a place is from them."""

from __future__ import annotations

import numpy as np
import pytest
from qgis.PyQt.QtCore import QPointF

from hsi_film_plugin.dock.class_curves import Scale
from hsi_film_plugin.dock.scene_file import SceneBands
from hsi_film_plugin.dock.spectrum_lines import BandAxis, distance, line


def axis_of(wavelengths, bad=()):
    count = len(wavelengths)
    good = np.ones(count, dtype=bool)
    good[list(bad)] = False
    return BandAxis(
        SceneBands(
            count=count,
            wavelengths=np.array(wavelengths, dtype=float),
            good=good,
            names=("",) * count,
            scales=np.ones(count),
            offsets=np.zeros(count),
            nodata=(None,) * count,
            warnings=(),
        )
    )


def points(polygon):
    return [(polygon[n].x(), polygon[n].y()) for n in range(len(polygon))]


def test_bands_are_put_into_the_order_of_their_wavelengths():
    axis = axis_of([500, 400, 600])
    drawn = line("a", np.array([5.0, 4.0, 6.0]), None, axis, Scale.VALUES)
    assert points(drawn.pieces[0]) == [(400, 4), (500, 5), (600, 6)]


def test_a_line_is_torn_at_bad_bands_and_single_bands_become_dots():
    axis = axis_of(range(7), bad=(2, 4))
    drawn = line("a", np.arange(7.0), None, axis, Scale.VALUES)
    assert [points(piece) for piece in drawn.pieces] == [[(0, 0), (1, 1)], [(5, 5), (6, 6)]]
    assert [(dot.x(), dot.y()) for dot in drawn.dots] == [(3, 3)]


def test_a_line_is_torn_where_a_dense_scene_leaves_wavelengths_out():
    dense = [*range(400, 700, 10), *range(1000, 1300, 10)]
    assert len(line("a", np.ones(60), None, axis_of(dense), Scale.VALUES).pieces) == 2
    sparse = [490, 560, 665, 705, 740, 783, 842, 865, 1610, 2190]
    assert len(line("a", np.ones(10), None, axis_of(sparse), Scale.VALUES).pieces) == 1


def test_the_deviation_is_shown_of_values_only():
    axis, values, spread = axis_of(range(5)), np.full(5, 10.0), np.full(5, 2.0)
    drawn = line("a", values, spread, axis, Scale.VALUES)
    assert drawn.limits == (8, 12)
    assert len(drawn.ribbon[0]) == 10
    shape = line("a", values, spread, axis, Scale.MEAN)
    assert shape.ribbon == ()
    assert shape.limits == (1, 1)


def test_a_line_of_gaps_has_no_limits_and_is_infinitely_far():
    axis = axis_of(range(5))
    drawn = line("a", np.full(5, np.nan), None, axis, Scale.VALUES)
    assert drawn.limits is None
    assert distance(drawn, axis, 1, 1, QPointF(0, 0)) == float("inf")


def test_the_distance_is_to_the_line_and_not_only_to_its_bands():
    axis = axis_of([0, 100], bad=())
    drawn = line("a", np.array([0.0, 0.0]), None, axis, Scale.VALUES)
    assert distance(drawn, axis, 2, -3, QPointF(50, 4)) == pytest.approx(12)
    assert distance(drawn, axis, 2, -3, QPointF(-5, 0)) == pytest.approx(10)


def test_no_line_is_near_in_a_gap():
    axis = axis_of(range(0, 500, 100), bad=(2,))
    drawn = line("a", np.zeros(5), None, axis, Scale.VALUES)
    assert distance(drawn, axis, 1, 1, QPointF(200, 0)) == pytest.approx(100)


def test_bad_stretches_reach_half_way_to_their_neighbours():
    assert axis_of([0, 10, 20, 40], bad=(1, 2)).bad_stretches() == [(5, 30)]
    assert axis_of([0, 10, 20], bad=(0,)).bad_stretches() == [(-5, 5)]
    assert axis_of([0, 10, 20], bad=(2,)).bad_stretches() == [(15, 25)]
    assert axis_of([0, 10, 20]).bad_stretches() == []


def test_the_nearest_band_is_found():
    axis = axis_of([500, 400, 700])
    assert axis.order[axis.nearest(430)] == 1
    assert axis.order[axis.nearest(9999)] == 2
