"""From one CRS to another, either of which may be missing."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject


def transform_between(
    source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem
) -> QgsCoordinateTransform:
    """Return the transform that the project asks for; one that changes nothing without a CRS.

    Without a CRS QGIS shows a layer's coordinates as they are; so does a transform without one.
    """
    return QgsCoordinateTransform(source, target, QgsProject.instance().transformContext())
