"""Writing the sample scene with what QGIS ships: a GeoTIFF and two polygon layers.

Every file is written under a hidden name beside its own and renamed when all are complete,
so that a cancelled or failed run leaves nothing behind.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from osgeo import gdal, ogr, osr
from qgis.core import QgsProcessingException

from ..engine.partials import MARK, remove_partials
from ..engine.sample_scene import SampleScene
from ..translation import tr

# Side, in pixels, of the windows rendered at a time, and of the tiles of the GeoTIFF.
WINDOW = 128

VECTOR_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON"}
CLASS_ID = "class_id"
CLASS_NAME = "class_name"

# Told how much is done (0 to 1); answers whether to go on.
GoOn = Callable[[float], bool]


class Stopped(Exception):
    """The user cancelled; nothing is left behind."""


def write_sample(
    scene: SampleScene, output: Path, training: Path, reference: Path, go_on: GoOn
) -> None:
    """Write the scene, its training polygons and its complete reference.

    Raises:
        QgsProcessingException: a file cannot be written.
        Stopped: `go_on` said so.
    """
    with ExitStack() as stack, TemporaryDirectory(prefix="hsifilm_") as folder:
        hidden = {
            path: stack.enter_context(_hidden(path)) for path in (output, training, reference)
        }
        truth = Path(folder) / "truth.tif"
        _write_rasters(scene, hidden[output], truth, _share(go_on, 0.0, 0.85))
        polygons = _polygonized(scene, truth, Path(folder) / "truth.gpkg", _share(go_on, 0.85, 0.9))
        _write_polygons(scene, hidden[reference], reference.stem, polygons)
        _write_polygons(scene, hidden[training], training.stem, _training_polygons(scene))
        if not go_on(1.0):
            raise Stopped
        for path, partial in hidden.items():
            with _writing(path):
                partial.replace(path)


@contextmanager
def _hidden(path: Path) -> Iterator[Path]:
    """Yield a hidden name beside `path`; on leaving, nothing of that name is left."""
    partial = path.with_name(f".{path.stem}{MARK}{uuid.uuid4().hex}{path.suffix}")
    try:
        yield partial
    finally:
        remove_partials([path])


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what GDAL or the system says about `path` into a sentence."""
    gdal.ErrorReset()
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        yield
        reason = gdal.GetLastErrorMsg() if gdal.GetLastErrorType() >= gdal.CE_Failure else ""
    except (OSError, RuntimeError) as error:  # GDAL raises RuntimeError where it is asked to
        reason = str(error)
    finally:
        gdal.PopErrorHandler()
    if reason:
        raise QgsProcessingException(
            tr("“{path}” cannot be written ({reason}). Choose another place for it.").format(
                path=path, reason=reason
            )
        )


def _share(go_on: GoOn, start: float, end: float) -> GoOn:
    return lambda fraction: go_on(start + (end - start) * fraction)


def _write_rasters(scene: SampleScene, path: Path, truth_path: Path, go_on: GoOn) -> None:
    windows = [
        (row, col, min(WINDOW, scene.height - row), min(WINDOW, scene.width - col))
        for row in range(0, scene.height, WINDOW)
        for col in range(0, scene.width, WINDOW)
    ]
    with _writing(path):
        raster = _create_raster(scene, path, scene.bands, gdal.GDT_UInt16)
        truth = _create_raster(scene, truth_path, 1, gdal.GDT_Byte)
        if raster is None or truth is None:
            return
        _describe_bands(scene, raster)
        for done, (row, col, height, width) in enumerate(windows):
            if not go_on(done / len(windows)):
                raise Stopped
            raster.WriteArray(scene.render(row, col, height, width), col, row)
            truth.WriteArray(scene.truth(row, col, height, width), col, row)
        raster.FlushCache()
        truth.FlushCache()
        del raster, truth  # closes the files, which may still fail


def _create_raster(
    scene: SampleScene, path: Path, bands: int, data_type: int
) -> gdal.Dataset | None:
    raster = gdal.GetDriverByName("GTiff").Create(
        str(path),
        scene.width,
        scene.height,
        bands,
        data_type,
        [
            "TILED=YES",
            "INTERLEAVE=BAND",
            f"BLOCKXSIZE={WINDOW}",
            f"BLOCKYSIZE={WINDOW}",
            "COMPRESS=DEFLATE",
            "PREDICTOR=2",
            "BIGTIFF=IF_SAFER",
        ],
    )
    if raster is not None:
        raster.SetGeoTransform(scene.transform)
        raster.SetProjection(_srs(scene).ExportToWkt())
    return raster


def _srs(scene: SampleScene) -> osr.SpatialReference:
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(scene.epsg)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


def _describe_bands(scene: SampleScene, raster: gdal.Dataset) -> None:
    columns = zip(scene.wavelengths, scene.fwhm, scene.good)
    for index, (wavelength, fwhm, good) in enumerate(columns, start=1):
        band = raster.GetRasterBand(index)
        band.SetDescription(f"{wavelength:.1f} nm")
        band.SetScale(scene.scale)
        band.SetOffset(0.0)
        band.SetMetadata(
            {
                "wavelength": f"{wavelength:.3f}",
                "wavelength_units": "nm",
                "fwhm": f"{fwhm:.3f}",
                "bbl": str(int(good)),
            }
        )


# A polygon in map coordinates and the value of its class.
Polygon = tuple[int, ogr.Geometry]


def _polygonized(scene: SampleScene, truth: Path, scratch: Path, go_on: GoOn) -> Iterator[Polygon]:
    """Yield the connected areas of one class, by way of a scratch file."""
    with _writing(scratch):
        raster = gdal.Open(str(truth))
        vector = ogr.GetDriverByName("GPKG").CreateDataSource(str(scratch))
        layer = vector.CreateLayer("truth", _srs(scene), ogr.wkbPolygon)
        layer.CreateField(ogr.FieldDefn(CLASS_ID, ogr.OFTInteger))
        band = raster.GetRasterBand(1)
        stopped = False

        def report(fraction: float, message: str, data: object) -> int:
            nonlocal stopped
            stopped = not go_on(fraction)
            return int(not stopped)

        gdal.Polygonize(band, band, layer, 0, [], callback=report)
        if stopped:
            gdal.ErrorReset()  # GDAL calls it an error of the user
            raise Stopped
    layer.ResetReading()
    for feature in layer:
        yield feature.GetField(CLASS_ID), feature.GetGeometryRef().Clone()


def _training_polygons(scene: SampleScene) -> Iterator[Polygon]:
    for polygon in scene.training_polygons():
        geometry = ogr.Geometry(ogr.wkbPolygon)
        for points in polygon.rings:
            ring = ogr.Geometry(ogr.wkbLinearRing)
            for x, y in points:
                ring.AddPoint_2D(x, y)
            geometry.AddGeometry(ring)
        yield polygon.value, geometry


def _write_polygons(
    scene: SampleScene, path: Path, layer_name: str, polygons: Iterable[Polygon]
) -> None:
    driver = VECTOR_DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise QgsProcessingException(
            tr(
                "Polygons are written as .gpkg or .geojson, not “{suffix}”. Choose another name "
                "for “{name}”."
            ).format(suffix=path.suffix, name=layer_name)
        )
    names = {entry.value: entry.name for entry in scene.classes}
    with _writing(path):
        vector = ogr.GetDriverByName(driver).CreateDataSource(str(path))
        if vector is None:
            return
        layer = vector.CreateLayer(layer_name, _srs(scene), ogr.wkbPolygon)
        layer.CreateField(ogr.FieldDefn(CLASS_ID, ogr.OFTInteger))
        layer.CreateField(ogr.FieldDefn(CLASS_NAME, ogr.OFTString))
        layer.StartTransaction()
        for value, geometry in polygons:
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetField(CLASS_ID, value)
            feature.SetField(CLASS_NAME, names[value])
            feature.SetGeometry(geometry)
            layer.CreateFeature(feature)
        layer.CommitTransaction()
        del layer, vector  # closes the file, which may still fail
