"""Shows a scene in true colour or in a combination of bands that brings out contrast."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from qgis.core import (
    QgsApplication,
    QgsContrastEnhancement,
    QgsMessageLog,
    QgsMultiBandColorRenderer,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsTask,
)

from ..layers.raster_source import raster_file
from ..translation import tr
from .scene_file import SceneBands, SceneFile, SceneFileError
from .scene_layer import alpha_band

_TRUE_COLOUR = ((640.0, 550.0, 460.0),)
_FALSE_COLOUR = ((860.0, 650.0, 550.0),)
# the first that the sensor has
_SHORT_WAVE = ((2200.0, 1650.0, 860.0), (2200.0, 1650.0, 1250.0), (1650.0, 1250.0, 1050.0))
_VISIBLE_REACH_NM = 40.0  # so far may a band lie from the wavelength that is wanted
_INFRARED_REACH_NM = 80.0
_CUT_PERCENT = (2.0, 98.0)
_SAMPLE_WINDOWS = 6  # along each side of the raster
_SAMPLE_SIDE = 24
_SAMPLE_BYTES = 128 * 2**20  # decoded for a sample, in about a second


@dataclass(frozen=True)
class DisplayPreset:
    """Bands to show a scene with.

    Attributes:
        key: What settings and projects call it.
        name: What people call it.
        bands: Numbers (from 1) of the bands shown as red, green and blue; None where the
            picture has to be derived (principal components).
    """

    key: str
    name: str
    bands: tuple[int, int, int] | None


def display_presets(bands: SceneBands) -> tuple[DisplayPreset, ...]:
    """The presets for which a scene has the bands, the most natural one first."""
    presets = []
    offered = (
        ("true_colour", tr("True colour"), _TRUE_COLOUR),
        ("false_colour", tr("False colour (near infrared)"), _FALSE_COLOUR),
        ("short_wave", tr("Short-wave infrared"), _SHORT_WAVE),
    )
    for key, name, choices in offered:
        triples = (_nearest(bands, wanted) for wanted in choices)
        found = next((triple for triple in triples if triple is not None), None)
        if found is not None:
            presets.append(DisplayPreset(key, name, found))
    good = np.flatnonzero(bands.good)
    if not presets and good.size >= 3:
        # long wavelengths as red: files nearly always begin with the shortest
        red, green, blue = (int(good[(good.size - 1) * part // 4]) + 1 for part in (3, 2, 1))
        presets.append(
            DisplayPreset("spread", tr("Bands from the whole range"), (red, green, blue))
        )
    if good.size >= 3:
        presets.append(DisplayPreset("pca", tr("Principal components"), None))
    return tuple(presets)


def show_preset(layer: QgsRasterLayer, preset: DisplayPreset) -> None:
    """Show three bands of `layer`, each stretched from 2 % to 98 % of its values.

    The values are sampled in a task; the layer changes when they are known. A later call for
    the same layer supersedes an earlier one.

    Raises:
        ValueError: the preset needs a picture that is derived first.
        QgsProcessingException: the layer is no plain file.
    """
    if preset.bands is None:
        raise ValueError(f"The preset '{preset.key}' has no bands of its own.")
    layer.setCustomProperty(_WANTED, ",".join(map(str, preset.bands)))
    task = _Stretch(layer, preset.bands)
    _alive.add(task)
    QgsApplication.taskManager().addTask(task)


def shown_preset(layer: QgsRasterLayer, presets: Sequence[DisplayPreset]) -> DisplayPreset | None:
    """The preset whose bands the layer shows now; None if somebody chose other ones."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsMultiBandColorRenderer):
        return None
    shown = (renderer.redBand(), renderer.greenBand(), renderer.blueBand())
    return next((preset for preset in presets if preset.bands == shown), None)


def cumulative_cut(path: str, bands: Sequence[int]) -> tuple[tuple[float, float], ...]:
    """Estimate between which values most pixels of a few bands lie.

    Reads small windows all over the raster: a decimated read, as QGIS does it, decodes the
    whole of a compressed file.

    Args:
        path: The raster.
        bands: Numbers from 1.

    Returns:
        The 2 % and the 98 % quantile of each band, in the values that QGIS shows.

    Raises:
        SceneFileError: the file cannot be read.
    """
    with SceneFile(path) as scene:
        wanted = np.array(bands, dtype=np.int64) - 1
        samples: list[list[np.ndarray]] = [[] for _ in bands]
        for row, col, height, width in _sample_windows(scene):
            values, valid = scene.read(row, col, height, width, wanted)
            for place, band in enumerate(values):
                samples[place].append(band[valid & np.isfinite(band)])
        header_scale = scene.header_scale
    cuts = []
    for sample in samples:
        values = np.concatenate(sample) if sample else np.empty(0, np.float32)
        low, high = np.percentile(values, _CUT_PERCENT) if values.size else (0.0, 1.0)
        # QGIS knows nothing of the scale factor in an ENVI header
        cuts.append((float(low) / header_scale, float(high) / header_scale))
    return tuple(cuts)


def _nearest(bands: SceneBands, wanted: Sequence[float]) -> tuple[int, int, int] | None:
    """Return the numbers of the good bands nearest to three wavelengths, if they are near."""
    if bands.wavelengths is None or not bands.good.any():
        return None
    good = np.flatnonzero(bands.good)
    chosen = []
    for wavelength in wanted:
        distances = np.abs(bands.wavelengths[good] - wavelength)
        reach = _VISIBLE_REACH_NM if wavelength < 1000 else _INFRARED_REACH_NM
        if distances.min() > reach:
            return None
        chosen.append(int(good[distances.argmin()]) + 1)
    red, green, blue = chosen
    return (red, green, blue) if len(set(chosen)) == 3 else None


def _sample_windows(scene: SceneFile) -> Iterator[tuple[int, int, int, int]]:
    """Yield row, column, height and width of windows spread over a raster."""
    decoded = scene.decoded_bytes(_SAMPLE_SIDE, _SAMPLE_SIDE)
    affordable = math.isqrt(_SAMPLE_BYTES // max(1, decoded))
    most = max(2, min(_SAMPLE_WINDOWS, affordable))
    for row, height in _pieces(scene.height, most):
        for col, width in _pieces(scene.width, most):
            yield row, col, height, width


def _pieces(length: int, most: int) -> list[tuple[int, int]]:
    """Return starts and lengths of pieces of a side: all of it, or `most` spread over it."""
    if length <= most * _SAMPLE_SIDE:
        starts = range(0, length, _SAMPLE_SIDE)
        return [(start, min(_SAMPLE_SIDE, length - start)) for start in starts]
    spread = np.linspace(0, length - _SAMPLE_SIDE, most).astype(int)
    return [(start, _SAMPLE_SIDE) for start in spread.tolist()]


_WANTED = "hsifilm/shown_bands"  # tells a task whether another one was started after it

# QGIS keeps a task, but not what Python adds to it
_alive: set[QgsTask] = set()


class _Stretch(QgsTask):
    """Samples a layer's values in a thread, and shows three of its bands in the main one."""

    def __init__(self, layer: QgsRasterLayer, bands: tuple[int, int, int]) -> None:
        super().__init__(
            tr("Sampling the colours of “{}”").format(layer.name()), QgsTask.Flag.CanCancel
        )
        self._layer: QgsRasterLayer | None = layer
        self._bands = bands
        self._path = raster_file(layer, tr("Scene")).path
        self._cuts: tuple[tuple[float, float], ...] = ()
        self._problem = ""
        layer.willBeDeleted.connect(self._forget)

    def run(self) -> bool:
        try:
            self._cuts = cumulative_cut(self._path, self._bands)
        except SceneFileError as error:
            self._problem = str(error)
        return bool(self._cuts)

    def finished(self, result: bool) -> None:
        _alive.discard(self)
        layer = self._layer
        if layer is None:
            return
        layer.willBeDeleted.disconnect(self._forget)
        if self._problem:
            QgsMessageLog.logMessage(self._problem, "HSI FiLM")
        if result and layer.customProperty(_WANTED) == ",".join(map(str, self._bands)):
            _show(layer, self._bands, self._cuts)

    def _forget(self) -> None:
        self._layer = None
        self.cancel()


def _show(
    layer: QgsRasterLayer,
    bands: tuple[int, int, int],
    cuts: Sequence[tuple[float, float]],
) -> None:
    provider, before = layer.dataProvider(), layer.renderer()
    renderer = QgsMultiBandColorRenderer(provider, *bands)
    takers = (
        renderer.setRedContrastEnhancement,
        renderer.setGreenContrastEnhancement,
        renderer.setBlueContrastEnhancement,
    )
    for take, band, (low, high) in zip(takers, bands, cuts):
        stretch = QgsContrastEnhancement(provider.dataType(band))
        stretch.setContrastEnhancementAlgorithm(
            QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
        )
        stretch.setMinimumValue(low)
        stretch.setMaximumValue(high if high > low else low + max(1e-6, abs(low) * 1e-6))
        take(stretch)
        if provider.sourceHasNoDataValue(band):
            provider.setUseSourceNoDataValue(band, True)
    renderer.setAlphaBand(alpha_band(layer))
    renderer.setMinMaxOrigin(_origin())
    if before is not None:
        renderer.setOpacity(before.opacity())
    layer.setRenderer(renderer)
    layer.triggerRepaint()


def _origin() -> QgsRasterMinMaxOrigin:
    """Say in the layer's styling how the limits came about."""
    origin = QgsRasterMinMaxOrigin()
    origin.setLimits(QgsRasterMinMaxOrigin.Limits.CumulativeCut)
    origin.setStatAccuracy(QgsRasterMinMaxOrigin.StatAccuracy.Estimated)
    origin.setCumulativeCutLower(_CUT_PERCENT[0] / 100)
    origin.setCumulativeCutUpper(_CUT_PERCENT[1] / 100)
    return origin
