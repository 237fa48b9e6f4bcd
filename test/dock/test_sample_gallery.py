"""The gallery: samples are opened off the main thread, and drawn when they come into view."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def gallery(qgis, empty_project):
    from qgis.PyQt import sip
    from qgis.PyQt.QtWidgets import QListView

    from hsi_film_plugin.dock.sample_gallery import SampleGallery

    view = QListView()
    view.resize(300, 200)
    gallery = SampleGallery(view)
    gallery.view, gallery.told, gallery.picked, gallery.ready = view, [], [], []
    gallery.failed.connect(gallery.told.append)
    gallery.chosen.connect(gallery.picked.append)
    gallery.opened.connect(lambda: gallery.ready.append(True))
    view.show()
    yield gallery
    gallery.close()
    sip.delete(view)
    sip.delete(gallery)


def role(name):
    from qgis.PyQt.QtCore import Qt

    return int(getattr(Qt.ItemDataRole, f"{name}Role"))


def test_the_samples_of_a_file_are_shown_and_the_first_is_picked(
    gallery, write_samples, tmp_path, until
):
    gallery.open(write_samples(tmp_path / "s.safetensors"))
    until(lambda: gallery.ready)
    assert gallery.model.rowCount() == 6
    assert gallery.picked[-1] == 0
    image = gallery.model.data(gallery.model.index(0, 0), role("Decoration"))
    assert (image.width(), image.height()) == (16, 16)


def test_the_sample_that_is_picked_has_a_frame_in_no_colour_of_a_class(
    gallery, write_samples, tmp_path, until
):
    from qgis.PyQt.QtCore import QPoint
    from qgis.PyQt.QtGui import QPalette

    gallery.open(write_samples(tmp_path / "s.safetensors"))
    until(lambda: gallery.ready)
    text = gallery.view.palette().color(QPalette.ColorRole.Text)

    def frames():
        shown = gallery.view.viewport().grab().toImage()
        corners = [gallery.view.visualRect(gallery.model.index(row, 0)) for row in range(2)]
        return [shown.pixelColor(corner.topLeft() + QPoint(1, 1)) == text for corner in corners]

    until(lambda: frames() == [True, False])
    gallery.view.setCurrentIndex(gallery.model.index(1, 0))
    until(lambda: frames() == [False, True])


def test_only_what_is_in_view_is_drawn(gallery, write_samples, tmp_path, until):
    tensors = {"attention": None}
    gallery.open(write_samples(tmp_path / "s.safetensors", count=3000, tensors=tensors))
    until(lambda: len(gallery.model._pictures) > 3)
    assert len(gallery.model._pictures) < 60

    def at_the_end():
        gallery.view.scrollToBottom()  # which the layout, done in parts, makes possible later
        return 2999 in gallery.model._pictures

    until(at_the_end)
    assert len(gallery.model._pictures) < 300


def test_thumbnails_out_of_view_are_forgotten_in_the_end(
    gallery, write_samples, tmp_path, until, monkeypatch
):
    from hsi_film_plugin.dock import sample_gallery

    monkeypatch.setattr(sample_gallery, "_KEPT", 3)
    gallery.open(write_samples(tmp_path / "s.safetensors"))
    until(lambda: gallery.ready)
    for row in range(6):
        gallery.model.data(gallery.model.index(row, 0), role("Decoration"))
    assert list(gallery.model._pictures) == [3, 4, 5]


def test_a_thumbnail_has_the_frame_of_its_class_and_a_mark_if_not_recognised(
    gallery, write_samples, tmp_path, until
):
    from qgis.PyQt.QtGui import QColor

    gallery.open(write_samples(tmp_path / "s.safetensors"))
    until(lambda: gallery.ready)
    shown = gallery.view.grab().toImage()

    def at(row, dx, dy):
        box = gallery.view.visualRect(gallery.model.index(row, 0)).translated(1, 1)
        return shown.pixelColor(box.left() + dx, box.top() + dy)

    assert at(2, 4, 20) == QColor("#228b22")
    assert at(1, 4, 20) == QColor("#1e90ff")
    window = gallery.view.palette().window().color()
    assert at(5, 64, 64) == window
    assert at(3, 64, 64) != window


def test_a_tooltip_tells_the_prompt_and_keeps_to_plain_text(
    gallery, write_samples, tmp_path, until
):
    header = {"prompts": ["<b>forest</b>", "water"]}
    gallery.open(write_samples(tmp_path / "s.safetensors", header=header))
    until(lambda: gallery.ready)
    tip = gallery.model.data(gallery.model.index(0, 0), role("ToolTip"))
    assert "&lt;b&gt;forest" in tip
    assert "not recognised" not in tip
    assert "not recognised" in gallery.model.data(gallery.model.index(5, 0), role("ToolTip"))
    spoken = gallery.model.data(gallery.model.index(0, 0), role("AccessibleText"))
    assert spoken == "Forest: <b>forest</b>"


def test_a_word_tints_the_samples_that_have_it(gallery, write_samples, tmp_path, until):
    gallery.open(write_samples(tmp_path / "s.safetensors"))
    until(lambda: gallery.ready)

    def pictures():
        return [
            gallery.model.data(gallery.model.index(row, 0), role("Decoration")) for row in (0, 1)
        ]

    plain = pictures()
    gallery.tint("Bright")
    tinted = pictures()
    assert tinted[0] != plain[0]
    assert tinted[1] == plain[1]  # its prompt has no such word
    assert tinted[0].pixelColor(3, 12).lightness() < plain[0].pixelColor(3, 2).lightness()
    gallery.tint("")
    assert pictures() == plain


def test_a_file_that_is_no_gallery_is_told(gallery, tmp_path, until):
    (tmp_path / "odd").write_text("text")
    gallery.open(str(tmp_path / "odd"))
    until(lambda: gallery.told)
    assert "odd" in gallery.told[0]
    assert gallery.samples is None


def test_of_two_files_the_later_one_is_shown(gallery, write_samples, tmp_path, until, end_of_tasks):
    gallery.open(write_samples(tmp_path / "a.safetensors", count=4))
    gallery.open(write_samples(tmp_path / "b.safetensors", count=2))
    until(lambda: gallery.ready)
    end_of_tasks()
    assert gallery.samples.path == Path(tmp_path / "b.safetensors")
    assert gallery.ready == [True]


def test_a_gallery_that_is_cleared_shows_none(gallery, write_samples, tmp_path, until):
    gallery.open(write_samples(tmp_path / "a.safetensors"))
    until(lambda: gallery.ready)
    gallery.clear()
    assert gallery.model.rowCount() == 0
    assert gallery.picked[-1] == -1
    assert gallery.view.grab() is not None


def test_a_file_that_vanishes_while_it_is_shown_stays_shown(
    gallery, write_samples, tmp_path, until
):
    path = Path(write_samples(tmp_path / "a.safetensors"))
    gallery.open(str(path))
    until(lambda: gallery.ready)
    path.unlink()
    assert gallery.model.data(gallery.model.index(5, 0), role("Decoration")) is not None
