"""The one layer of the project that shows the newest preview: modes, opacity, before and after."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsLayerTreeLayer,
    QgsLayerTreeNode,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterRenderer,
)
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument, QDomElement

from ..layers.layer_styles import CONFIDENCE_RAMP, MapClass, share_renderer
from .engine_task import discard_output

#: Custom property by which the layer is known for ours.
PROPERTY = "hsi_film/preview"
#: Custom property of a picture that was made of a scene: the id of the scene's layer.
PICTURE_OF = "hsi_film/picture_of"

# From pale to dark red: no colour of the confidence's ramp, so that the two are not mixed up.
DISAGREEMENT_RAMP = (
    (0.0, "#fff5eb"),
    (0.25, "#fdbe85"),
    (0.5, "#fd8d3c"),
    (0.75, "#d94701"),
    (1.0, "#7f2704"),
)

# What a project file holds in the preview's place: it opens anywhere, and shows nothing.
_NOTHING = (
    '<VRTDataset rasterXSize="1" rasterYSize="1"><GeoTransform>0, 1, 0, 0, 0, -1</GeoTransform>'
    '<VRTRasterBand dataType="Byte" band="1">'
    "<NoDataValue>0</NoDataValue></VRTRasterBand></VRTDataset>"
)


class PreviewMode(str, enum.Enum):
    """What the layer shows of a preview; the bands are those of the engine's file."""

    CLASSES = "classes"
    CONFIDENCE = "confidence"
    DISAGREEMENT = "disagreement"


class PreviewLayer(QObject):
    """Shows one preview at a time in one layer, and removes the files of older ones.

    The layer is the dock's own: it does not make the project unsaved, is not saved with it, and
    comes back with the next preview when the user has removed it.
    """

    shownChanged = pyqtSignal(bool)  # noqa: N815 - the user has a check box for it, too

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = QgsProject.instance()
        self._layer: QgsRasterLayer | None = None
        self._path = ""
        self._old_paths: list[str] = []
        self._mode = PreviewMode.CLASSES
        self._opacity = 1.0
        self._visible = True
        self._classes: tuple[MapClass, ...] = ()
        self._remove_timer = QTimer(self)
        self._remove_timer.setSingleShot(True)
        self._remove_timer.timeout.connect(self.remove)
        self._clean_timer = QTimer(self)
        self._clean_timer.setSingleShot(True)
        self._clean_timer.timeout.connect(self._clean)
        self._project.readProject.connect(self._remove_strays)
        self._project.writeMapLayer.connect(self._keep_out_of_file)

    @property
    def layer(self) -> QgsRasterLayer | None:
        """The layer in the project, if there is a preview."""
        return self._layer

    @property
    def mode(self) -> PreviewMode:
        """What is shown."""
        return self._mode

    @property
    def visible(self) -> bool:
        """Whether the layer is switched on, or will be when it comes."""
        return self._visible

    def show(self, path: str, classes: Sequence[MapClass], scene: QgsRasterLayer) -> bool:
        """Show another preview.

        Args:
            path: The engine's file, which this object owns from now on.
            classes: Of the map.
            scene: The layer that it is shown above.

        Returns:
            Whether QGIS can open the file.
        """
        self._remove_timer.stop()
        self._classes = tuple(classes)
        self._old_paths.append(self._path)
        self._path = path
        with QgsProject.blockDirtying(self._project):
            if self._layer is None:
                self._add(path, scene)
            else:
                self._layer.setDataSource(path, self._layer.name(), "gdal")
            shown = self._layer is not None and self._layer.isValid()
            if shown:
                self._layer.setCrs(scene.crs())
                self._style()
                self._layer.triggerRepaint()
        self._clean()
        return shown

    def set_mode(self, mode: PreviewMode) -> None:
        """Show classes, confidence or disagreement."""
        self._mode = PreviewMode(mode)
        if self._layer is not None:
            with QgsProject.blockDirtying(self._project):
                self._style()
                self._layer.triggerRepaint()

    def set_classes(self, classes: Sequence[MapClass]) -> None:
        """Show the classes that the preview has in these colours, with these names."""
        known = {entry.value: entry for entry in classes}
        changed = tuple(known.get(entry.value, entry) for entry in self._classes)
        if changed == self._classes:
            return
        self._classes = changed
        if self._layer is not None and self._mode is PreviewMode.CLASSES:
            with QgsProject.blockDirtying(self._project):
                self._style()
                self._layer.triggerRepaint()

    def set_opacity(self, opacity: float) -> None:
        """Let the scene shine through: 0 is invisible, 1 opaque."""
        self._opacity = min(max(float(opacity), 0.0), 1.0)
        if self._layer is not None:
            with QgsProject.blockDirtying(self._project):
                self._layer.setOpacity(self._opacity)
                self._layer.triggerRepaint()

    def set_visible(self, visible: bool) -> None:
        """Switch the layer on or off.

        It is done in the layer tree: the canvas then puts its cached pictures together anew and
        draws nothing, and the user's check box agrees.
        """
        self._visible = bool(visible)
        node = self._node()
        if node is not None:
            with QgsProject.blockDirtying(self._project):
                node.setItemVisibilityChecked(self._visible)

    def set_crs(self, crs: QgsCoordinateReferenceSystem) -> None:
        """Lie where the scene lies after the user has given it another CRS."""
        if self._layer is not None:
            with QgsProject.blockDirtying(self._project):
                self._layer.setCrs(crs)
                self._layer.triggerRepaint()

    def remove_soon(self) -> None:
        """Remove the layer from the event loop.

        QGIS may just be removing several layers, and bears no change to them meanwhile.
        """
        self._remove_timer.start(0)

    def remove(self) -> None:
        """Take the layer out of the project and remove its file."""
        self._remove_timer.stop()
        layer = self._layer
        if layer is not None:
            with QgsProject.blockDirtying(self._project):
                self._project.removeMapLayer(layer.id())
        self._forget()
        self._clean()

    def close(self) -> None:
        """Remove the layer, and listen no more."""
        self._project.readProject.disconnect(self._remove_strays)
        self._project.writeMapLayer.disconnect(self._keep_out_of_file)
        self.remove()

    def _add(self, path: str, scene: QgsRasterLayer) -> None:
        options = QgsRasterLayer.LayerOptions()
        options.loadDefaultStyle = False
        options.skipCrsValidation = True  # nobody is to be asked for the CRS of a preview
        name = self.tr("HSI FiLM preview")
        # A new layer reads its raster for a style that nobody wants; one that exists does not.
        layer = QgsRasterLayer(_NOTHING, name, "gdal", options)
        layer.setDataSource(path, name, "gdal")
        if not layer.isValid():
            return
        layer.setCustomProperty(PROPERTY, True)
        # It is nothing to lose: QGIS need not warn of it when it closes.
        layer.setCustomProperty("skipMemoryLayersCheck", 1)
        layer.setOpacity(self._opacity)
        self._layer = layer
        layer.willBeDeleted.connect(self._forget)
        self._project.addMapLayer(layer, False)
        node = self._insert_above(layer, scene)
        node.setItemVisibilityChecked(self._visible)
        node.setExpanded(False)
        node.visibilityChanged.connect(self._on_visibility)

    def _insert_above(self, layer: QgsRasterLayer, scene: QgsRasterLayer) -> QgsLayerTreeLayer:
        root = self._project.layerTreeRoot()
        below = root.findLayer(scene.id())
        group = root if below is None else below.parent()
        place = 0 if below is None else _above(group.children(), scene)
        node = group.insertLayer(place, layer)
        order = [other for other in root.customLayerOrder() if other.id() != layer.id()]
        if root.hasCustomLayerOrder() and scene in order:
            order.insert(order.index(scene), layer)
            root.setCustomLayerOrder(order)
        return node

    def _node(self) -> QgsLayerTreeLayer | None:
        if self._layer is None:
            return None
        return self._project.layerTreeRoot().findLayer(self._layer.id())

    def _on_visibility(self) -> None:
        node = self._node()
        if node is not None and node.itemVisibilityChecked() != self._visible:
            self._visible = node.itemVisibilityChecked()
            self.shownChanged.emit(self._visible)

    def _forget(self) -> None:
        """The layer is going, and lets go of its file a little later."""
        self._layer = None
        self._old_paths.append(self._path)
        self._path = ""
        self._clean_timer.start(0)

    def _clean(self) -> None:
        """Remove the files of old previews; one that is still being painted, the next time."""
        self._clean_timer.stop()
        self._old_paths = [path for path in self._old_paths if not discard_output(path)]

    def _style(self) -> None:
        if self._mode is PreviewMode.CLASSES:
            entries = [
                QgsPalettedRasterRenderer.Class(entry.value, QColor(entry.color), entry.name)
                for entry in self._classes
            ]
            renderer: QgsRasterRenderer = QgsPalettedRasterRenderer(
                self._layer.dataProvider(), 1, entries
            )
        elif self._mode is PreviewMode.CONFIDENCE:
            renderer = share_renderer(self._layer, 2, CONFIDENCE_RAMP)
        else:
            renderer = share_renderer(self._layer, 3, DISAGREEMENT_RAMP)
        self._layer.setRenderer(renderer)
        self._layer.setOpacity(self._opacity)  # which QGIS keeps in the renderer

    def _remove_strays(self) -> None:
        """A project that was saved with a preview has lost its file."""
        strays = [
            layer.id()
            for layer in self._project.mapLayers().values()
            if layer.customProperty(PROPERTY) and layer is not self._layer
        ]
        if strays:
            with QgsProject.blockDirtying(self._project):
                self._project.removeMapLayers(strays)

    def _keep_out_of_file(
        self, layer: QgsMapLayer, element: QDomElement, document: QDomDocument
    ) -> None:
        """Save nothing in place of a file that will be gone when the project is opened."""
        if not layer.customProperty(PROPERTY):
            return
        source = element.firstChildElement("datasource")
        while not source.firstChild().isNull():
            source.removeChild(source.firstChild())
        source.appendChild(document.createTextNode(_NOTHING))


def _above(nodes: Sequence[QgsLayerTreeNode], scene: QgsRasterLayer) -> int:
    """Return the place above a scene, and above the pictures that were made of it."""
    for place, node in enumerate(nodes):
        layer = node.layer() if isinstance(node, QgsLayerTreeLayer) else None
        if layer is not None and scene.id() in (layer.id(), layer.customProperty(PICTURE_OF)):
            return place
    return 0
