"""The window of backbones: what it lists, that it asks, and what runs for it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
import time
from functools import partial

import pytest

if importlib.util.find_spec("qgis") is None:
    pytest.skip("QGIS is not installed for this Python", allow_module_level=True)

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QMenu, QMessageBox
from qgis.testing import start_app

from hsi_film_plugin import backbone_list, network
from hsi_film_plugin.backbone_menu import BackboneMenu
from hsi_film_plugin.bridge import backbone_catalogue, backbone_install, backbone_store
from hsi_film_plugin.bridge.backbone_catalogue import CatalogueFile, Entry, Kind
from hsi_film_plugin.bridge.backbone_store import BackboneFailure, installed_backbones

CONTENT = bytes(range(256)) * 20_000
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module", autouse=True)
def app():
    return start_app()


class Window:
    """As much of QGIS's interface as the menu uses."""

    def __init__(self):
        self.menu = QMenu()
        self.messages = []

    def addPluginToMenu(self, name, action):
        self.menu.addAction(action)

    def removePluginMenu(self, name, action):
        self.menu.removeAction(action)

    def mainWindow(self):
        return None

    def messageBar(self):
        return self

    def pushMessage(self, title, text, level, duration):
        self.messages.append(text)


@pytest.fixture
def window():
    return Window()


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(backbone_store.folders, "data_folder", lambda: tmp_path / "data")
    return backbone_store.store_folder()


@pytest.fixture
def menu(window, store):
    entries = BackboneMenu(window)
    yield entries
    entries.remove()


@pytest.fixture
def asked(monkeypatch):
    """What was asked; the answer is yes unless `asked.answer` says otherwise."""

    class Asked(list):
        answer = QMessageBox.StandardButton.Yes

    asked = Asked()

    def question(parent, title, text, buttons, default):
        asked.append(text)
        return asked.answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


@pytest.fixture
def engine(monkeypatch):
    """Converts by copying."""

    def convert(checkpoint, folder, on_progress, is_cancelled):
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        (folder / "weights").write_bytes(checkpoint.read_bytes())

    monkeypatch.setattr(backbone_install, "engine_converter", lambda setting: convert)


@pytest.fixture
def tiny(server, monkeypatch):
    """One more backbone in the catalogue, which the stand-in server has."""
    server.files["tiny.pt"] = CONTENT
    server.tags["tiny.pt"] = '"one"'
    files = (CatalogueFile("tiny.pt", len(CONTENT), SUM, server.address("tiny.pt")),)
    licence = "https://example.org/licence"
    entry = Entry("tiny", Kind.CHECKPOINT, "Tiny", "What.", "MIT", licence, None, None, files)
    entries = (*backbone_catalogue.catalogue(), entry)
    for module in (backbone_catalogue, backbone_list):
        monkeypatch.setattr(module, "catalogue", lambda: entries)
    monkeypatch.setattr(network, "get", partial(network.get, schemes=("http",)))
    return entry


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition() and time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.01)
    assert condition()


def idle(menu):
    return lambda: menu._task is None


def cells(dialog, backbone):
    row = [row.id for row in dialog._rows].index(backbone)
    columns = range(dialog._table.columnCount())
    return [dialog._table.item(row, column).text().strip() for column in columns]


def enabled(dialog, backbone):
    dialog.select(backbone)
    buttons = dialog._download, dialog._remove
    return [*(button.isEnabled() for button in buttons), dialog._add_selected.isVisible()]


def diffusers_folder(folder):
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"_class_name": "UNet2DModel"}))
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(CONTENT)
    return str(folder)


def test_entry_opens_a_window_and_goes_with_the_plugin(window, store):
    menu = BackboneMenu(window)
    (action,) = window.menu.actions()
    assert action.text() == "Backbones…"
    action.trigger()
    assert menu._dialog.isVisible()
    dialog = menu._dialog
    action.trigger()
    assert menu._dialog is dialog
    menu.remove()
    assert not dialog.isVisible()
    assert window.menu.actions() == []


def test_window_lists_the_catalogue(menu):
    menu.open()
    dialog = menu._dialog
    assert cells(dialog, "bundled")[1:] == ["17 MB", "GPL-2.0-or-later", "With the plugin"]
    assert cells(dialog, "openai-64") == ["OpenAI guided diffusion 64×64", "unknown", "MIT", "No"]
    assert cells(dialog, "openai-256-unconditional")[1] == "2.2 GB"
    assert len(dialog._rows) == len(backbone_catalogue.catalogue())


def test_buttons_offer_only_what_can_be_done(menu, asked, tmp_path):
    menu.open()
    menu.add(diffusers_folder(tmp_path / "mine"), "")
    wait_for(lambda: len(menu._dialog._rows) > len(backbone_catalogue.catalogue()))
    wait_for(idle(menu))
    dialog = menu._dialog
    assert enabled(dialog, "bundled") == [False, False, False]
    assert enabled(dialog, "openai-64") == [False, False, True]
    assert enabled(dialog, "openai-256-unconditional") == [True, False, True]
    assert enabled(dialog, "own-mine") == [False, True, False]
    dialog.show_progress(0.5, "Downloading")
    assert not dialog._download.isEnabled()
    assert not dialog._add.isEnabled()


def test_details_say_what_the_licence_is_and_take_no_markup(menu, store):
    menu.open()
    menu._dialog.select("openai-64")
    details = menu._dialog._details
    assert "blob/main/LICENSE" in details.toHtml()
    assert "No sha256 of this backbone is known" in details.toPlainText()
    row = backbone_list.rows(store)[1]
    hostile = backbone_list.Row(**{**vars(row), "name": "<b>bold</b>", "licence": "<i>x</i>"})
    menu._dialog.show_rows([hostile])
    assert "<b>bold</b>" in details.toPlainText()
    assert "<i>x</i>" in details.toPlainText()


def test_own_backbone_s_licence_is_shown_in_the_language_of_the_window(
    menu, window, asked, tmp_path, monkeypatch
):
    monkeypatch.setattr(backbone_list, "tr", lambda text: f"«{text}»")
    menu.open()
    menu.add(diffusers_folder(tmp_path / "mine"), "")
    wait_for(lambda: window.messages)
    assert "«that of its author»" in cells(menu._dialog, "own-mine")


def test_keyboard_leads_from_the_table_to_the_buttons(menu):
    menu.open()
    dialog = menu._dialog
    dialog._table.setFocus()
    passed = []
    for _ in range(6):
        dialog.focusNextChild()
        passed.append(dialog.focusWidget())
    assert dialog._details in passed
    assert dialog._add in passed


def test_nothing_is_downloaded_without_a_yes(menu, asked, tiny, engine, server, store):
    asked.answer = QMessageBox.StandardButton.No
    menu.open()
    menu._dialog.select("tiny")
    menu._dialog._download.click()
    (question,) = asked
    for part in ("Tiny", "5 MB", "MIT", "example.org/licence", server.address("tiny.pt")):
        assert part in question
    assert str(store / "tiny") in question
    assert menu._task is None
    assert server.requests == []


def test_download_is_installed_and_shown(menu, window, asked, tiny, engine, store):
    menu.open()
    menu.download("tiny")
    wait_for(idle(menu))
    assert window.messages == ["Installed. Write tiny into the parameter Backbone to use it."]
    assert cells(menu._dialog, "tiny") == ["Tiny", "5 MB", "MIT", "Yes"]
    assert menu._dialog._status.text() == window.messages[0]
    assert (installed_backbones(store)["tiny"].folder / "weights").read_bytes() == CONTENT


def test_missing_engine_is_told_before_anything_is_asked(
    menu, window, asked, tiny, server, monkeypatch
):
    def missing(setting):
        raise BackboneFailure("The engine is not installed.")

    monkeypatch.setattr(backbone_install, "engine_converter", missing)
    menu.open()
    menu.download("tiny")
    assert window.messages == ["The engine is not installed."]
    assert asked == []
    assert server.requests == []


def test_exchanged_file_is_told_and_not_installed(menu, window, asked, tiny, engine, server, store):
    server.files["tiny.pt"] = CONTENT[:-1] + b"?"
    menu.open()
    menu.download("tiny")
    wait_for(idle(menu))
    assert "damaged or was exchanged" in window.messages[0]
    assert cells(menu._dialog, "tiny")[-1] == "No"
    assert installed_backbones(store) == {}


@pytest.mark.parametrize("way", ["cancel", "unload"])
def test_cancelled_download_keeps_what_arrived(
    menu, window, asked, tiny, engine, store, monkeypatch, way
):
    came, get = threading.Event(), network.get

    def slow(address, headers, receiver):
        class Slowly:
            started = receiver.started
            waiting = receiver.waiting

            def received(self, piece):
                receiver.received(piece[:1000])
                came.set()
                while True:  # until the cancelling is seen
                    receiver.waiting()
                    time.sleep(0.01)

        get(address, headers, Slowly())

    monkeypatch.setattr(network, "get", slow)
    menu.open()
    menu.download("tiny")
    task = menu._task
    wait_for(came.is_set)
    if way == "cancel":
        wait_for(menu._dialog._progress.isVisible)
        menu._dialog.cancelWanted.emit()
        wait_for(idle(menu))
        assert "goes on from there" in window.messages[0]
        assert cells(menu._dialog, "tiny")[-1] == "0 % downloaded"
    else:
        menu.remove()
        wait_for(lambda: task.status() == task.TaskStatus.Terminated)
        assert window.messages == []
    (partial_file,) = store.rglob("*.partial")
    wait_for(lambda: partial_file.stat().st_size == 1000)
    assert installed_backbones(store) == {}


def test_added_file_shows_its_sum_before_it_is_taken(menu, window, asked, engine, tmp_path, store):
    path = tmp_path / "64x64_diffusion.pt"
    path.write_bytes(CONTENT)
    asked.answer = QMessageBox.StandardButton.No
    menu.open()
    menu.add(str(path), "openai-64")
    wait_for(lambda: asked)
    wait_for(idle(menu))
    assert SUM in asked[0]
    assert "No sha256 is known to compare it with" in asked[0]
    assert installed_backbones(store) == {}
    asked.answer = QMessageBox.StandardButton.Yes
    menu.add(str(path), "openai-64")
    wait_for(lambda: installed_backbones(store))
    wait_for(idle(menu))
    assert cells(menu._dialog, "openai-64")[-1] == "Yes"


def test_wrong_file_for_an_entry_is_refused_without_a_question(
    menu, window, asked, engine, tmp_path
):
    path = tmp_path / "256x256_diffusion.pt"
    path.write_bytes(CONTENT)
    menu.open()
    menu.add(str(path), "openai-256")
    wait_for(lambda: window.messages)
    assert "was not downloaded completely" in window.messages[0]
    assert asked == []


def test_changed_file_is_asked_about_with_no_as_the_answer_of_enter(
    menu, window, tmp_path, store, monkeypatch
):
    defaults = []

    def question(parent, title, text, buttons, default):
        defaults.append((default, "CAUTION" in text))
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", question)
    folder = diffusers_folder(tmp_path / "mine")
    menu.open()
    menu.add(folder, "")
    wait_for(lambda: len(window.messages) == 1)
    backbone_store.remove_backbone("own-mine", store)
    (tmp_path / "mine" / "config.json").write_text('{"_class_name": "UNet2DModel", "x": 1}')
    menu.add(folder, "")
    wait_for(lambda: len(window.messages) == 2)
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    assert defaults == [(yes, False), (no, True)]


def test_removing_asks_first(menu, window, asked, tmp_path, store):
    menu.open()
    menu.add(diffusers_folder(tmp_path / "mine"), "")
    wait_for(lambda: window.messages)
    asked.answer = QMessageBox.StandardButton.No
    menu._dialog.select("own-mine")
    menu._dialog._remove.click()
    assert "Remove mine (5 MB)?" in asked[-1]
    assert "own-mine" in installed_backbones(store)
    asked.answer = QMessageBox.StandardButton.Yes
    menu._dialog._remove.click()
    assert installed_backbones(store) == {}
    assert "own-mine" not in [row.id for row in menu._dialog._rows]
