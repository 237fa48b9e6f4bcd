"""Pictures of samples: one stretch for a gallery, and a tint where a word was attended to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def samples(qgis, write_samples, tmp_path):
    from hsi_film_plugin.layers.sample_reader import read_samples

    return read_samples(Path(write_samples(tmp_path / "s.safetensors", count=900)))


def test_what_is_bright_in_the_file_is_bright_in_the_picture(samples):
    from hsi_film_plugin.dock.sample_pictures import picture, stretch_of

    colours = picture(samples, 3, stretch_of(samples))
    assert colours.shape == (16, 16, 3)
    assert colours.dtype == np.uint8
    assert colours[:8].mean() > 200
    assert colours[8:].mean() < 60


def test_all_samples_share_one_stretch(samples):
    from hsi_film_plugin.dock.sample_pictures import stretch_of

    stretch = stretch_of(samples)
    values = samples.colours.reshape(-1, 3)
    expected = np.percentile(values, (2, 98), axis=0)
    assert np.vstack([stretch.low, stretch.high]) == pytest.approx(expected, abs=0.1)


def test_samples_without_contrast_or_finite_values_have_a_picture(qgis, write_samples, tmp_path):
    from hsi_film_plugin.dock.sample_pictures import picture, stretch_of
    from hsi_film_plugin.layers.sample_reader import read_samples

    for name, value in (("flat", 1), ("nan", np.nan), ("inf", np.inf)):
        components = np.full((6, 3, 16, 16), value, "f2")
        path = write_samples(tmp_path / name, tensors={"components": components})
        samples = read_samples(Path(path))
        assert picture(samples, 0, stretch_of(samples)).shape == (16, 16, 3)


def test_a_tint_shines_where_the_attention_is_and_darkens_the_rest():
    from hsi_film_plugin.dock.sample_pictures import tinted

    grey = np.full((16, 16, 3), 100, np.uint8)
    attention = np.zeros((8, 8), np.float32)
    attention[0, 0] = 1
    result = tinted(grey, attention).astype(int)
    assert result[1, 1, 0] > 150  # one cell of attention is two pixels wide
    assert result[1, 1, 0] > result[1, 1, 2]
    assert (result[2:, 2:] < 60).all()


def test_a_tint_may_have_any_number_of_cells():
    from hsi_film_plugin.dock.sample_pictures import tinted

    for cells in (1, 5, 16, 32):
        attention = np.zeros((cells, cells), np.float32)
        attention[0, 0] = 1
        result = tinted(np.zeros((16, 16, 3), np.uint8), attention)
        assert result[0, 0].any() == (cells > 1)
        assert result.shape == (16, 16, 3)


def test_a_word_shows_where_it_was_attended_to_more_than_elsewhere():
    from hsi_film_plugin.dock.sample_pictures import tinted

    grey = np.full((16, 16, 3), 100, np.uint8)
    attention = np.full((8, 8), 0.8, np.float32)
    attention[0] = 1
    shown = tinted(grey, attention).astype(int)
    assert shown[0, 0, 0] > 2 * shown[15, 0, 0]
    everywhere = tinted(grey, np.full((8, 8), 0.99, np.float32)).astype(int)
    assert everywhere.max() < 60  # nowhere more than elsewhere: nothing shines


def test_an_image_has_the_colours_of_its_array(qgis):
    from hsi_film_plugin.dock.sample_pictures import image_of

    colours = np.zeros((3, 5, 3), np.uint8)
    colours[2, 4] = (10, 20, 30)
    image = image_of(colours)
    assert (image.width(), image.height()) == (5, 3)
    assert image.pixelColor(4, 2).getRgb()[:3] == (10, 20, 30)
    assert image.pixelColor(0, 0).getRgb()[:3] == (0, 0, 0)
