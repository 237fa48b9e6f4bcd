"""Result layers when QGIS loads them: named, styled, switched on or off."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)


def load_styled(
    context: QgsProcessingContext,
    path: str,
    name: str,
    style: Callable[[QgsMapLayer], None],
    *,
    shown: bool = True,
) -> None:
    """Call the layer at `path` `name` and style it, if QGIS is going to load it.

    Args:
        context: of the run.
        path: the output as the algorithm returns it.
        name: what the layer is called in the project.
        style: called with the layer once it is loaded.
        shown: whether it is switched on; QGIS 3.22 stacks a run's layers in no useful order,
            and a side product must not cover the map.
    """
    if not context.willLoadLayerOnCompletion(path):
        return
    details = context.layerToLoadOnCompletionDetails(path)
    details.name = name
    details.setPostProcessor(_kept(_Styler(style, shown)))


class _Styler(QgsProcessingLayerPostProcessorInterface):
    """Applies one style to one layer, on the main thread, once it is loaded."""

    def __init__(self, style: Callable[[QgsMapLayer], None], shown: bool) -> None:
        super().__init__()
        self._style = style
        self._shown = shown
        self.done = False

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        self._style(layer)
        layer.triggerRepaint()
        root = context.project().layerTreeRoot() if context.project() is not None else None
        node = root.findLayer(layer.id()) if root is not None else None
        if node is not None:
            node.setItemVisibilityChecked(self._shown)
            node.setExpanded(self._shown)
        self.done = True


# QGIS keeps a bare pointer to a post-processor; without this it would point at nothing.
_alive: list[_Styler] = []


def _kept(styler: _Styler) -> _Styler:
    _alive[:] = [waiting for waiting in _alive if not waiting.done]
    _alive.append(styler)
    return styler
