"""The page where the work begins: the scene, how it is shown, its labels, and the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsMapLayer, QgsMapLayerProxyModel, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from .display_presets import DisplayPreset, display_presets, show_preset, shown_preset
from .engine_panel import EngineMenu, EnginePanel, EngineWidgets
from .labelling import Labelling, new_label_path
from .page import Page
from .preview_layer import PICTURE_OF
from .scene_layer import is_hyperspectral, why_unsuitable


class ScenePage(Page):
    """Chooses the scene and its label layer, shows bands, and tells about the engine.

    Signals:
        pictureWanted: A derived picture of the scene is to be shown, named by its preset's key;
            an empty one: none.
        sampleWanted: The sample scene is to be rendered.
        openWanted: A session is to be opened: its path.
        saveWanted: The session is to be saved: its path.
    """

    pictureWanted = pyqtSignal(str)  # noqa: N815
    sampleWanted = pyqtSignal()  # noqa: N815
    openWanted = pyqtSignal(str)  # noqa: N815
    saveWanted = pyqtSignal(str)  # noqa: N815

    def __init__(
        self, labelling: Labelling, menu: EngineMenu | None, parent: QWidget | None = None
    ) -> None:
        super().__init__("scene_page", parent)
        self._labelling = labelling
        self._suitable: dict[str, bool] = {}
        self._presets: tuple[DisplayPreset, ...] = ()
        self.engine = EnginePanel(
            EngineWidgets(
                self.engineStatus,
                self.deviceStatus,
                self.install,
                self.diagnostics,
                self.device,
                self.backbone,
            ),
            menu,
            self,
        )
        self.sceneLayer.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.sceneLayer.setAllowEmptyLayer(True)
        self.labelLayer.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.labelLayer.setAllowEmptyLayer(True)
        self.list_layers()
        self.sceneLayer.setLayer(None)
        self.sceneLayer.layerChanged.connect(labelling.set_scene)
        self.labelLayer.layerChanged.connect(self._choose_labels)
        self.preset.activated.connect(self._show_preset)
        self.openRaster.clicked.connect(self._open_raster)
        self.sampleScene.clicked.connect(self.sampleWanted)
        self.newLabels.clicked.connect(self._new_labels)
        self.openSession.clicked.connect(self._open_session)
        self.saveSession.clicked.connect(self._save_session)
        labelling.sceneChanged.connect(self._scene_changed)
        labelling.labelsChanged.connect(self._labels_changed)
        project = QgsProject.instance()
        project.layersAdded.connect(self.list_layers)
        project.layersRemoved.connect(self.list_layers)
        self._scene_changed()
        self._labels_changed()

    def list_layers(self, changed: Any = None) -> None:
        """List the layers of the project that can be a scene or hold labels."""
        layers = list(QgsProject.instance().mapLayers().values())
        rasters = [layer for layer in layers if isinstance(layer, QgsRasterLayer)]
        for layer in rasters:
            if layer.id() not in self._suitable:
                self._suitable[layer.id()] = is_hyperspectral(layer)
        self.sceneLayer.setExceptedLayerList(
            [layer for layer in rasters if not self._suitable[layer.id()]]
        )
        self.labelLayer.setExceptedLayerList(
            [layer for layer in layers if isinstance(layer, QgsVectorLayer) and not _fits(layer)]
        )
        some = any(self._suitable[layer.id()] for layer in rasters)
        self.empty.setVisible(not some)

    def choose_first_scene(self) -> None:
        """Choose the scene if the project has just one that suits."""
        found = [
            layer
            for layer in QgsProject.instance().mapLayers().values()
            if self._suitable.get(layer.id())
        ]
        if self._labelling.scene is None and len(found) == 1:
            self._labelling.set_scene(found[0])

    def state(self) -> dict[str, Any]:
        """Return what a project or a session keeps of this page, in JSON's types."""
        scene, key = self._labelling.scene, str(self.preset.currentData() or "")
        preset = self._preset_of(key)
        if scene is None or preset is None:
            key = ""
        elif preset.bands is not None and shown_preset(scene, self._presets) is not preset:
            key = ""  # other bands were chosen in the layer's own styling since
        return {"preset": key}

    def restore(self, state: dict[str, Any]) -> None:
        """Show the scene as it was shown; what a state does not say stays as it is."""
        scene, preset = self._labelling.scene, self._preset_of(state.get("preset"))
        if scene is None or preset is None:
            return
        self.preset.setCurrentIndex(self.preset.findData(preset.key))
        if preset.bands is None:
            # A project brings its picture along, switched on or off.
            if not _has_picture(scene):
                self.pictureWanted.emit(preset.key)
        elif shown_preset(scene, self._presets) is not preset:
            show_preset(scene, preset)

    def close_page(self) -> None:
        """Stop listening to the project."""
        project = QgsProject.instance()
        project.layersAdded.disconnect(self.list_layers)
        project.layersRemoved.disconnect(self.list_layers)
        self.engine.close()

    def _choose_labels(self, layer: QgsMapLayer | None) -> None:
        if self._labelling.scene is not None:
            self._labelling.set_labels(layer)
            self._show_labels()  # those of before, if the layer was refused

    def _scene_changed(self) -> None:
        labelling = self._labelling
        known = labelling.scene is not None
        self.sceneLayer.blockSignals(True)
        self.sceneLayer.setLayer(labelling.scene)
        self.sceneLayer.blockSignals(False)
        self.summary.setText(self._described())
        self.summary.setVisible(known)
        self.preset.clear()
        self._presets = () if labelling.bands is None else display_presets(labelling.bands)
        self.preset.addItem(self.tr("As it is"), "")
        for preset in self._presets:
            self.preset.addItem(preset.name, preset.key)
        for widget in (self.preset, self.labelLayer, self.newLabels, self.saveSession):
            widget.setEnabled(known)
        self._show_labels()

    def _described(self) -> str:
        labelling = self._labelling
        grid, bands = labelling.grid, labelling.bands
        if grid is None or bands is None:
            return ""
        good = int(bands.good.sum())
        parts = [
            self.tr("{width} × {height} pixels, {good} of {count} bands usable").format(
                width=grid.width, height=grid.height, good=good, count=bands.count
            )
        ]
        if bands.wavelengths is None:
            parts.append(self.tr("no wavelengths"))
        else:
            parts.append(f"{bands.wavelengths.min():.0f}–{bands.wavelengths.max():.0f} nm")
        parts.append(grid.crs.authid() if grid.crs.isValid() else self.tr("no CRS"))
        return ", ".join(parts) + "".join(f"\n{text}" for text in bands.warnings)

    def _labels_changed(self) -> None:
        self.list_layers()
        self._show_labels()

    def _show_labels(self) -> None:
        labels = self._labelling.labels
        self.labelLayer.blockSignals(True)
        self.labelLayer.setLayer(None if labels is None else labels.layer)
        self.labelLayer.blockSignals(False)
        if labels is not None:
            self.labelPath.setText(labels.layer.source().split("|")[0])
        elif self._labelling.scene is not None:
            self.labelPath.setText(
                self.tr("None yet: the first class or label makes {}").format(
                    new_label_path(self._labelling.scene)
                )
            )
        else:
            self.labelPath.setText("")
        self.labelPath.setVisible(bool(self.labelPath.text()))

    def _show_preset(self, index: int) -> None:
        key = self.preset.itemData(index)
        preset = self._preset_of(key)
        if self._labelling.scene is None:
            return
        if preset is not None and preset.bands is None:
            self.pictureWanted.emit(preset.key)
            return
        self.pictureWanted.emit("")
        if preset is not None:
            show_preset(self._labelling.scene, preset)

    def _preset_of(self, key: object) -> DisplayPreset | None:
        return next((preset for preset in self._presets if preset.key == key), None)

    def _open_raster(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open a hyperspectral raster"))
        if path:
            self.add_raster(path)

    def add_raster(self, path: str) -> None:
        """Add a raster to the project and choose it if it suits."""
        layer = QgsRasterLayer(path, Path(path).stem)
        reason = why_unsuitable(layer)
        if reason:
            self._labelling.problem.emit(reason)
            return
        QgsProject.instance().addMapLayer(layer)
        self._labelling.set_scene(layer)
        presets = self._presets
        if presets and presets[0].bands is not None:
            show_preset(layer, presets[0])

    def _new_labels(self) -> None:
        scene = self._labelling.scene
        if scene is None:
            return
        path, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("New label layer"),
            str(new_label_path(scene)),
            self.tr("GeoPackage (*.gpkg)"),
        )
        if path:
            self._labelling.new_labels(_geopackage(path))

    def _open_session(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Open a session"), "", self.tr("Labelling session (*.gpkg)")
        )
        if path:
            self.openWanted.emit(path)

    def _save_session(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save the session"), "", self.tr("Labelling session (*.gpkg)")
        )
        if path:
            self.saveWanted.emit(str(_geopackage(path)))


def _geopackage(path: str) -> Path:
    """Return the path with the suffix that it needs; “v1.2” has none yet."""
    return Path(path if path.lower().endswith(".gpkg") else f"{path}.gpkg")


def _has_picture(scene: QgsRasterLayer) -> bool:
    layers = QgsProject.instance().mapLayers().values()
    return any(layer.customProperty(PICTURE_OF) == scene.id() for layer in layers)


def _fits(layer: QgsVectorLayer) -> bool:
    names = {field.name() for field in layer.fields()}
    return {"class_id", "class_name"} <= names
