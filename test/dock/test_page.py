"""The pages of the dock: laid out by files of Designer that Qt 5 and Qt 6 both read."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from hsi_film_plugin.icons import PLUGIN_ROOT

UI = PLUGIN_ROOT / "hsi_film_plugin" / "dock" / "ui"
PAGES = sorted(path.stem for path in UI.glob("*.ui"))
BUTTONS = ("QPushButton", "QToolButton", "QCheckBox")


def widgets_of(page):
    """Each widget's class, name and texts, as Designer wrote them."""
    for widget in ET.parse(UI / f"{page}.ui").iter("widget"):  # noqa: S314 - our own file
        texts = {p.get("name"): "".join(p.itertext()).strip() for p in widget.findall("property")}
        yield widget.get("class"), widget.get("name"), texts


def test_there_is_a_page_for_each_step():
    assert PAGES == [
        "dock",
        "finish_page",
        "label_page",
        "map_page",
        "scene_page",
        "synthetic_page",
    ]


@pytest.mark.parametrize("page", PAGES)
def test_its_widgets_are_attributes(qgis, page):
    from hsi_film_plugin.dock.page import Page

    loaded = Page(page)
    for kind, name, _ in list(widgets_of(page))[1:]:
        assert type(getattr(loaded, name)).__name__ == kind


@pytest.mark.parametrize("page", PAGES)
def test_each_button_says_what_it_is_for(page):
    for kind, name, texts in widgets_of(page):
        if kind in BUTTONS:
            assert texts.get("text"), name
            # a mere sign or icon needs a tooltip
            if len(texts["text"]) < 2 or kind == "QToolButton":
                assert texts.get("toolTip"), name


@pytest.mark.parametrize("page", PAGES)
def test_each_input_can_be_reached_by_its_label_or_explains_itself(page):
    widgets = list(widgets_of(page))
    labelled = {texts["buddy"] for _, _, texts in widgets if "buddy" in texts}
    for kind, name, texts in widgets:
        if kind in ("QComboBox", "QSpinBox", "QDoubleSpinBox", "QSlider", "QLineEdit"):
            assert name in labelled or texts.get("toolTip"), name
        if "buddy" in texts:
            assert "&" in texts["text"], name
    keys = [t["text"][t["text"].index("&") + 1].lower() for _, _, t in widgets if "buddy" in t]
    assert len(keys) == len(set(keys)), "two labels have the same key"


@pytest.mark.parametrize("page", PAGES)
def test_a_label_whose_text_comes_from_layers_is_plain(page):
    """A class called <b> must not turn the sentence bold."""
    for kind, name, texts in widgets_of(page):
        if kind == "QLabel" and (not texts.get("text") or name == "result"):
            assert texts.get("textFormat") == "Qt::PlainText", name


def test_a_widget_of_our_own_is_put_where_designer_left_room(qgis):
    from qgis.PyQt.QtWidgets import QLabel

    from hsi_film_plugin.dock.page import Page

    page = Page("label_page")
    label = QLabel()
    assert page.put(page.plotLayout, label) is label
    assert page.plotLayout.itemAt(0).widget() is label
