"""Values of shared parameters on their way to the engine."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "blocks"),
    [("", None), ("  ", None), ("-2", [-2]), ("-2,-3", [-2, -3]), ("[0; 1]", [0, 1])],
)
def test_blocks_are_read_as_people_write_them(qgis, text, blocks):
    from hsi_film_plugin.processing.parameters import parse_blocks

    assert parse_blocks(text) == blocks


@pytest.mark.parametrize("text", ["up", "1.5", "-2,x", "--2"])
def test_what_is_no_list_of_blocks_is_quoted(qgis, text):
    from qgis.core import QgsProcessingException

    from hsi_film_plugin.processing.parameters import parse_blocks

    with pytest.raises(QgsProcessingException, match="Decoder blocks") as problem:
        parse_blocks(text)
    assert text in str(problem.value)


def test_the_choices_shown_are_those_the_engine_knows(provider):
    from hsi_film_plugin.processing.parameters import DEVICES, PSEUDO_IMAGES

    algorithm = provider.algorithm("trainclassifier")
    assert len(algorithm.parameterDefinition("DEVICE").options()) == len(DEVICES)
    assert len(algorithm.parameterDefinition("PSEUDO_IMAGE").options()) == len(PSEUDO_IMAGES)
