"""The widget of `CLASS_FIELD` in dialogs: the fields of the label layer, if it is a vector.

QGIS's own widget takes for granted that a field's layer is a vector layer, and QGIS 3.22
crashes when a raster is chosen. Imported by QGIS when it builds a dialog, and only then.
"""

from __future__ import annotations

from typing import Any

from processing.gui.wrappers import DIALOG_MODELER, WidgetWrapper, dialogTypes
from processing.tools import dataobjects
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsProcessingParameterField,
    QgsProcessingUtils,
    QgsVectorLayer,
)
from qgis.gui import QgsFieldComboBox, QgsGui
from qgis.PyQt.QtWidgets import QWidget


class ClassFieldWidget:
    """What the parameter's metadata names; QGIS calls it to get the widget for a dialog."""

    def __new__(
        cls, parameter: QgsProcessingParameterField, dialog: QWidget, row: int = 0, col: int = 0
    ) -> Any:
        """QGIS's own widget in the model designer, where there is no layer yet; else ours."""
        if dialogTypes.get(type(dialog).__name__) == DIALOG_MODELER:
            widget = QgsGui.processingGuiRegistry().createModelerParameterWidget(
                dialog.model, dialog.childId, parameter, dialog.context
            )
            widget.setDialog(dialog)
            return widget
        return FieldOfLayer(parameter, dialog, row, col)


class FieldOfLayer(WidgetWrapper):
    """A list of the fields of the layer that the parameter's parent holds."""

    def createWidget(self) -> QWidget:
        """Make the list (called by QGIS)."""
        # Layers named by a path live as long as this context.
        self._context = dataobjects.createContext()
        self._wanted = ""
        fields = QgsFieldComboBox()
        fields.setAllowEmptyFieldName(True)
        fields.fieldChanged.connect(lambda name: self.widgetValueHasChanged.emit(self))
        return fields

    def postInitialize(self, wrappers: list[Any]) -> None:
        """Follow the parent's value from now on (called by QGIS)."""
        parent = self.parameterDefinition().parentLayerParameterName()
        for wrapper in wrappers:
            if wrapper.parameterDefinition().name() == parent:
                wrapper.widgetValueHasChanged.connect(self.follow)
                self.follow(wrapper)

    def follow(self, parent: Any) -> None:
        """Show the fields of the parent's layer, and choose the one that it is styled by."""
        layer = self._layer(parent.parameterValue())
        self.widget.setLayer(layer)
        self.widget.setEnabled(layer is not None)
        if layer is None:
            return
        names = [field.name() for field in layer.fields()]
        renderer = layer.renderer()
        styled = (
            renderer.classAttribute().strip('"')
            if isinstance(renderer, QgsCategorizedSymbolRenderer)
            else ""
        )
        for name in (self._wanted, styled):
            if name in names:
                self.widget.setField(name)
                return

    def setValue(self, value: Any) -> None:
        """Choose a field, also one whose layer is only going to be chosen (called by QGIS)."""
        self._wanted = str(value) if value else ""
        self.widget.setField(self._wanted)

    def value(self) -> str | None:
        """The field's name, None where there is none (called by QGIS)."""
        return self.widget.currentField() or None

    def _layer(self, value: Any) -> QgsVectorLayer | None:
        layer = value
        if isinstance(value, str) and value:
            layer = QgsProcessingUtils.mapLayerFromString(value, self._context)
        return layer if isinstance(layer, QgsVectorLayer) and layer.isValid() else None
