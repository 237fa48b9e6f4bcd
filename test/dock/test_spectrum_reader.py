"""Spectra of pixels, windows and labels from a thread that follows the mouse."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
from osgeo import gdal
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QObject

from hsi_film_plugin.dock import label_sample, spectrum_reader
from hsi_film_plugin.dock.scene_layer import read_scene_bands
from hsi_film_plugin.dock.spectrum_reader import SpectrumReader


def wait_until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.002)
    assert condition()


def let_pass(seconds=0.15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.002)


class Heard:
    """A reader and everything that it said."""

    def __init__(self, path):
        self.reader = SpectrumReader(path, read_scene_bands(path))
        self.pixels, self.windows, self.labels, self.batches, self.failures = [], [], [], [], []
        self.reader.pixelRead.connect(self.pixels.append)
        self.reader.windowRead.connect(self.windows.append)
        self.reader.labelsRead.connect(self.labels.extend)
        self.reader.labelsRead.connect(lambda told: self.batches.append(len(told)))
        self.reader.failed.connect(self.failures.append)


@pytest.fixture
def listen(qgis):
    heard = []

    def start(path):
        heard.append(Heard(path))
        return heard[-1]

    yield start
    for one in heard:
        one.reader.close()


@pytest.fixture
def held_back(monkeypatch):
    """Lets no read begin before the test says so, and counts them."""

    class Gate:
        def __init__(self):
            self.opened, self.entered, self.reads = threading.Event(), threading.Event(), []

    gate = Gate()

    class SlowFile(spectrum_reader.SceneFile):
        def read(self, row, col, height, width, wanted):
            gate.reads.append((row, col))
            gate.entered.set()
            gate.opened.wait(120)
            return super().read(row, col, height, width, wanted)

    monkeypatch.setattr(spectrum_reader, "SceneFile", SlowFile)
    yield gate
    gate.opened.set()


def block(row, col, size):
    rows, cols = np.mgrid[row : row + size, col : col + size]
    return rows.ravel(), cols.ravel()


def test_a_pixel_is_read_with_all_bands(listen, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif", bands=12)
    heard = listen(path)
    heard.reader.ask_pixel(7, 11)
    wait_until(lambda: heard.pixels)
    (pixel,) = heard.pixels
    assert (pixel.row, pixel.col, pixel.valid) == (7, 11, True)
    assert pixel.values.dtype == np.float32
    assert np.array_equal(pixel.values, gdal.Open(path).ReadAsArray()[:, 7, 11])


def test_pixels_without_data_and_outside_are_invalid(listen, make_scene, tmp_path):
    heard = listen(make_scene(tmp_path / "scene.tif", nodata_corner=True))
    for row, col in ((0, 0), (-1, 5), (5, 64)):
        heard.pixels.clear()
        heard.reader.ask_pixel(row, col)
        wait_until(lambda: heard.pixels)
        assert not heard.pixels[0].valid
        assert np.isnan(heard.pixels[0].values).all()
    assert not heard.failures


def test_of_pixels_asked_for_while_one_is_read_only_the_last_is_read(
    listen, make_scene, tmp_path, held_back
):
    heard = listen(make_scene(tmp_path / "scene.tif"))
    heard.reader.ask_pixel(0, 0)
    assert held_back.entered.wait(120)
    for col in range(1, 60):
        heard.reader.ask_pixel(0, col)
    held_back.opened.set()
    wait_until(lambda: len(heard.pixels) == 2)
    let_pass()
    assert held_back.reads == [(0, 0), (0, 59)]


def test_a_window_holds_the_good_bands_around_the_seed(listen, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif", bands=20)
    raster = gdal.Open(path, gdal.GA_Update)
    raster.GetRasterBand(3).SetMetadataItem("bbl", "0")
    del raster
    heard = listen(path)
    heard.reader.ask_window(30, 20, 4)
    wait_until(lambda: heard.windows)
    window = heard.windows[0]
    values = np.delete(gdal.Open(path).ReadAsArray(), 2, axis=0)
    assert (window.row, window.col, window.seed) == (26, 16, (30, 20))
    assert np.array_equal(window.cube, values[:, 26:35, 16:25])
    assert window.valid.all()


def test_a_window_is_clipped_to_the_scene_and_empty_where_there_is_no_data(
    listen, make_scene, tmp_path
):
    heard = listen(make_scene(tmp_path / "scene.tif", nodata_corner=True))
    heard.reader.ask_window(2, 2, 5)
    wait_until(lambda: heard.windows)
    window = heard.windows[0]
    assert (window.row, window.col) == (0, 0)
    assert window.cube.shape == (20, 8, 8)
    assert not window.valid[:4, :4].any()
    assert window.valid.sum() == 64 - 16
    assert (window.cube[:, :4, :4] == 0).all()


def test_a_huge_window_is_read_with_a_smaller_radius(listen, make_scene, tmp_path, monkeypatch):
    monkeypatch.setattr(spectrum_reader, "_WINDOW_BYTES", 20 * 4 * 11 * 11)
    heard = listen(make_scene(tmp_path / "scene.tif", bands=20))
    heard.reader.ask_window(30, 30, 1000)
    wait_until(lambda: heard.windows)
    assert heard.windows[0].cube.shape == (20, 11, 11)
    assert (heard.windows[0].row, heard.windows[0].col) == (25, 25)


def test_a_newer_window_ends_the_reading_of_an_older_one(listen, make_scene, tmp_path, held_back):
    heard = listen(make_scene(tmp_path / "scene.tif", bands=40))
    heard.reader.ask_window(10, 10, 3)
    assert held_back.entered.wait(120)
    heard.reader.ask_window(40, 40, 3)
    held_back.opened.set()
    wait_until(lambda: heard.windows)
    let_pass()
    assert [window.seed for window in heard.windows] == [(40, 40)]
    assert held_back.reads.count((7, 7)) == 1  # of three parts


def test_labels_are_summed_up_over_their_valid_pixels(listen, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif", nodata_corner=True)
    heard = listen(path)
    rows, cols = block(0, 0, 6)
    heard.reader.ask_labels([("a", 3, rows, cols)])
    wait_until(lambda: heard.labels)
    (label,) = heard.labels
    spectra = gdal.Open(path).ReadAsArray()[:, rows, cols].astype(float)
    spectra = spectra[:, spectra[0] != -9999]
    assert (label.fid, label.class_id, label.count) == ("a", 3, 20)
    assert np.allclose(label.mean, spectra.mean(axis=1))
    assert np.allclose(label.m2, ((spectra.T - spectra.mean(axis=1)) ** 2).sum(axis=0))


def test_of_a_large_label_a_bounded_number_of_pixels_is_read(
    listen, make_scene, tmp_path, monkeypatch
):
    monkeypatch.setattr(label_sample, "_WINDOW_BYTES", 4 * 20 * 64)
    path = make_scene(tmp_path / "scene.tif", width=128, height=128)
    heard = listen(path)
    heard.reader.ask_labels([(1, 1, *block(0, 0, 128))])
    wait_until(lambda: heard.labels)
    assert 30 <= heard.labels[0].count <= label_sample.MOST_PIXELS
    assert np.allclose(
        heard.labels[0].mean, gdal.Open(path).ReadAsArray().mean(axis=(1, 2)), atol=80
    )


def test_a_label_without_valid_pixels_counts_none(listen, make_scene, tmp_path):
    heard = listen(make_scene(tmp_path / "scene.tif", nodata_corner=True))
    nothing = np.empty(0, np.int64)
    heard.reader.ask_labels([(1, 1, *block(0, 0, 3)), (2, 1, *block(200, 200, 2))])
    heard.reader.ask_labels([(3, 1, nothing, nothing)])
    wait_until(lambda: len(heard.labels) == 3)
    assert [label.count for label in heard.labels] == [0, 0, 0]
    assert np.isnan(heard.labels[0].mean).all()


def test_all_labels_are_answered_in_batches_and_pixels_go_first(
    listen, make_scene, tmp_path, held_back
):
    heard = listen(make_scene(tmp_path / "scene.tif"))
    heard.reader.ask_labels([(fid, 1, *block(fid % 60, 5, 2)) for fid in range(100)])
    assert held_back.entered.wait(120)
    heard.reader.ask_pixel(63, 63)
    held_back.opened.set()
    wait_until(lambda: len(heard.labels) == 100)
    assert held_back.reads[1] == (63, 63)
    assert {label.fid for label in heard.labels} == set(range(100))
    assert len(heard.batches) < 10


def test_a_label_asked_for_again_is_read_with_its_newest_pixels(
    listen, make_scene, tmp_path, held_back
):
    heard = listen(make_scene(tmp_path / "scene.tif"))
    heard.reader.ask_pixel(0, 0)
    assert held_back.entered.wait(120)
    heard.reader.ask_labels([("a", 1, *block(0, 0, 2))])
    heard.reader.ask_labels([("a", 2, *block(10, 10, 3))])
    held_back.opened.set()
    wait_until(lambda: heard.labels)
    let_pass()
    assert [(label.class_id, label.count) for label in heard.labels] == [(2, 9)]


def test_forgotten_labels_are_not_answered(listen, make_scene, tmp_path, held_back):
    heard = listen(make_scene(tmp_path / "scene.tif"))
    heard.reader.ask_labels([(fid, 1, *block(0, 0, 2)) for fid in range(5)])
    assert held_back.entered.wait(120)
    heard.reader.forget_labels()
    heard.reader.ask_labels([("new", 1, *block(0, 0, 2))])
    held_back.opened.set()
    wait_until(lambda: heard.labels)
    let_pass()
    assert [label.fid for label in heard.labels] == ["new"]


def test_a_deleted_file_is_told_once_and_again_only_after_it_was_back(listen, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif")
    heard = listen(path)
    heard.reader.ask_pixel(1, 1)
    wait_until(lambda: heard.pixels)
    os.rename(path, path + ".away")
    for col in range(10):
        heard.reader.ask_pixel(1, col)
        let_pass(0.02)
    wait_until(lambda: heard.failures)
    assert len(heard.failures) == 1
    assert "scene.tif" in heard.failures[0]
    os.rename(path + ".away", path)
    heard.pixels.clear()
    heard.reader.ask_pixel(2, 2)
    wait_until(lambda: heard.pixels)
    os.remove(path)
    heard.reader.ask_pixel(3, 3)
    wait_until(lambda: len(heard.failures) == 2)


def test_a_truncated_file_is_told_once(listen, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif")
    heard = listen(path)
    heard.reader.ask_pixel(1, 1)
    wait_until(lambda: heard.pixels)
    os.truncate(path, os.stat(path).st_size // 2)
    for col in range(10):
        heard.reader.ask_pixel(60, col)
        let_pass(0.02)
    wait_until(lambda: heard.failures)
    assert len(heard.failures) == 1
    assert "smaller" in heard.failures[0]


def test_every_window_that_fails_is_told(listen, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif")
    heard = listen(path)
    os.remove(path)
    for count in (1, 2):
        heard.reader.ask_window(5, 5, 2)
        wait_until(lambda count=count: len(heard.failures) == count)


def test_a_file_replaced_by_one_with_other_bands_is_refused(listen, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif", bands=20)
    heard = listen(path)
    make_scene(path, bands=30)
    heard.reader.ask_pixel(1, 1)
    wait_until(lambda: heard.failures)
    assert "30" in heard.failures[0]
    assert not heard.pixels


def test_nothing_is_said_after_close_and_the_thread_ends(listen, make_scene, tmp_path):
    heard = listen(make_scene(tmp_path / "scene.tif"))
    heard.reader.ask_pixel(1, 1)
    wait_until(lambda: heard.pixels)
    heard.reader.ask_pixel(2, 2)
    heard.reader.close()
    wait_until(lambda: not heard.reader._thread.is_alive())
    let_pass(0.05)
    assert len(heard.pixels) == 1


def test_close_does_not_wait_for_a_disk_that_does_not_answer(
    listen, make_scene, tmp_path, held_back
):
    heard = listen(make_scene(tmp_path / "scene.tif"))
    heard.reader.ask_pixel(1, 1)
    assert held_back.entered.wait(120)
    heard.reader.close()
    assert heard.reader._thread.is_alive()  # close() came back before the read did
    held_back.opened.set()
    wait_until(lambda: not heard.reader._thread.is_alive())
    assert not heard.pixels


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="reads /proc")
def test_close_lets_go_of_the_file(listen, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif")

    def is_open():
        links = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd"))
        return any(os.path.islink(link) and os.readlink(link) == path for link in links)

    heard = listen(path)
    heard.reader.ask_pixel(1, 1)
    wait_until(lambda: heard.pixels)
    assert is_open()
    heard.reader.close()
    wait_until(lambda: not heard.reader._thread.is_alive())
    assert not is_open()


def test_a_reader_deleted_with_its_parent_ends_its_thread(qgis, make_scene, tmp_path):
    path = make_scene(tmp_path / "scene.tif")
    parent = QObject()
    reader = SpectrumReader(path, read_scene_bands(path), parent)
    thread = reader._thread
    reader.ask_pixel(1, 1)
    parent.deleteLater()
    QCoreApplication.sendPostedEvents(parent, QEvent.Type.DeferredDelete)
    wait_until(lambda: not thread.is_alive())
