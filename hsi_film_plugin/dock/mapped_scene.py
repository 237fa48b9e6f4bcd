"""What a live map is made from, and the engine's tasks on the part of it that is visible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingException, QgsRasterLayer
from qgis.gui import QgsMapCanvas

from ..bridge.backbone_store import BackboneFailure, backbone_folder
from ..bridge.folders import cache_folder
from ..layers.label_export import CapturedLabels, capture_labels
from ..layers.raster_source import raster_file
from ..translation import tr
from .engine_task import Client, EngineTask
from .live_state import PreviewSettings
from .pixel_grid import PixelGrid
from .visible_part import VisiblePart, visible_part

if TYPE_CHECKING:
    from .label_layer import LabelLayer

#: Of how many classes there must be labels.
FEWEST_CLASSES = 2


class MappedScene:
    """A scene, its labels, and how previews of it are made; for the main thread only."""

    def __init__(
        self,
        canvas: QgsMapCanvas,
        settings: PreviewSettings,
        client: Callable[[], Client] | None = None,
    ) -> None:
        self._canvas = canvas
        self._client = client
        self.settings = settings
        self.layer: QgsRasterLayer | None = None
        self.grid: PixelGrid | None = None
        self.labels: LabelLayer | None = None

    def part(self) -> VisiblePart | None:
        """The part that is visible now; None if there is none."""
        if self.layer is None or self.grid is None:
            return None
        view = self._canvas.mapSettings()
        return visible_part(
            view.visibleExtent(), view.destinationCrs(), self.grid, self.settings.most_pixels
        )

    def lack(self) -> str:
        """What is missing for any work, as a sentence; empty if nothing."""
        if self.layer is None:
            return tr("Choose a hyperspectral image to begin.")
        if self.part() is None:
            return tr("“{}” is not in view. Zoom to the layer to map it.").format(self.layer.name())
        return ""

    def label_lack(self) -> str:
        """What the labels lack for a map, as a sentence; empty if nothing."""
        labelled = self._labelled_classes()
        if labelled >= FEWEST_CLASSES:
            return ""
        if labelled:
            return tr("Draw a polygon of a second class: a map needs two.")
        return tr("Draw a polygon of a first class, then one of a second: a map needs two.")

    def prepare_task(self, part: VisiblePart) -> EngineTask:
        """Make a task that computes the features of `part`.

        Raises:
            QgsProcessingException: the scene cannot be used.
        """
        params = self._params(part)
        return EngineTask(
            tr("HSI FiLM: preparing the visible part"),
            "prepare",
            lambda: _with_backbone_found(params),
            self._client,
        )

    def preview_task(self) -> EngineTask:
        """Make a task that maps the visible part.

        Raises:
            QgsProcessingException: the scene or the labels cannot be used.
        """
        description = tr("HSI FiLM: mapping the visible part")
        return self._task(description, "preview", {}, output="preview.tif")

    def suggest_task(self, more: Mapping[str, Any]) -> EngineTask:
        """Make a task that looks for places to label in the visible part.

        Args:
            more: Parameters of the job besides scene, extent, labels and settings.

        Raises:
            QgsProcessingException: the scene or the labels cannot be used.
        """
        return self._task(tr("HSI FiLM: looking for places to label"), "suggest", more)

    def _task(
        self, description: str, method: str, more: Mapping[str, Any], output: str | None = None
    ) -> EngineTask:
        part = self.part()
        if part is None:
            raise QgsProcessingException(self.lack())
        params = {**self._params(part), **more}
        return EngineTask(
            description,
            method,
            lambda: _with_backbone_found(params),
            self._client,
            labels=self._captured(),
            output=output,
        )

    def _params(self, part: VisiblePart) -> dict[str, Any]:
        settings = self.settings
        return {
            "input": raster_file(self.layer, tr("Hyperspectral image")).path,
            "extent": list(part.box),
            "cache": settings.cache or str(cache_folder() / "features"),
            "backbone": settings.backbone or None,
            "pseudo_image": settings.pseudo_image or None,
            "timestep": settings.timestep,
            "blocks": list(settings.blocks) or None,
            "device": settings.device or None,
        }

    def _captured(self) -> CapturedLabels | None:
        if self.labels is None or not self._labelled_classes():
            return None
        return capture_labels(self.labels.layer, "class_id", tr("Labels"), tr("Class field"))

    def _labelled_classes(self) -> int:
        counts = {} if self.labels is None else self.labels.counts()
        return sum(1 for count in counts.values() if count)


def _with_backbone_found(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with the folder of the backbone that they name; reads the disk.

    Raises:
        QgsProcessingException: there is no such backbone any more.
    """
    try:
        folder = backbone_folder(str(params.get("backbone") or ""))
    except BackboneFailure as failure:
        raise QgsProcessingException(str(failure)) from failure
    return {**params, "backbone": None if folder is None else str(folder)}
