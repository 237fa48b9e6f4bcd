"""One class: completed, told apart, drawn."""

from __future__ import annotations

import pytest


def test_missing_names_and_colours_are_filled_in(qgis):
    from hsi_film_plugin.dock.label_class import LabelClass, completed

    first, second = completed([LabelClass(3, "", ""), LabelClass(1, "a\nb", "#0072B2")])
    assert (first.name, second.name) == ("Class 3", "a b")
    assert second.color == "#0072b2"
    assert first.color != second.color, "colours that others chose are not given away"


def test_colours_do_not_run_out(qgis):
    from hsi_film_plugin.dock.label_class import LabelClass, completed

    classes = completed(LabelClass(number, "", "") for number in range(1, 61))
    assert len({known.color for known in classes}) == 60


def test_the_first_colours_are_apart_for_the_colour_blind(qgis):
    import numpy as np
    from qgis.PyQt.QtGui import QColor

    from hsi_film_plugin.dock.label_class import distinct_color

    colors = []
    for _ in range(8):
        colors.append(distinct_color(colors))
    # Viénot et al. 1999, on linear light: what a deuteranope sees
    linear = np.array([QColor(c).getRgbF()[:3] for c in colors]) ** 2.2
    lms = (
        linear
        @ np.array(
            [[17.8824, 43.5161, 4.1193], [3.4557, 27.1554, 3.8671], [0.02996, 0.18431, 1.4670]]
        ).T
    )
    lms[:, 1] = 0.494207 * lms[:, 0] + 1.24827 * lms[:, 2]
    seen = lms[:, [1, 2]] / lms[:, [1, 2]].max(axis=0)
    apart = np.abs(seen[:, None] - seen[None]).max(axis=2) + np.eye(len(colors))
    assert apart.min() > 0.02


def test_names_that_differ_by_capitals_only_are_the_same(qgis):
    from hsi_film_plugin.dock.label_class import unique_name

    assert unique_name("Straße", ["STRASSE"]) == "Straße (2)"
    assert unique_name("a", ["A", "a (2)"]) == "a (3)"
    assert unique_name("b", ["a"]) == "b"


def test_a_recoloured_symbol_stays_as_it_is_otherwise(qgis):
    from hsi_film_plugin.dock.label_class import FILL_ALPHA, class_symbol, recoloured

    symbol = recoloured(class_symbol("#0072b2"), "#ff8800")
    assert symbol.symbolLayer(1).color().name() == "#ffffff", "the line along the outline stays"
    drawn = symbol.symbolLayer(0)
    assert (drawn.fillColor().name(), drawn.fillColor().alpha()) == ("#ff8800", FILL_ALPHA)
    assert (drawn.strokeColor().name(), drawn.strokeColor().alpha()) == ("#ff8800", 255)


@pytest.mark.parametrize("color", ["nothing", "#12", "12,3"])
def test_what_is_no_colour_is_refused(qgis, color):
    from hsi_film_plugin.dock.label_class import LabelClass, completed
    from hsi_film_plugin.dock.label_file import LabelLayerError

    with pytest.raises(LabelLayerError, match="no colour"):
        completed([LabelClass(1, "a", color)])
