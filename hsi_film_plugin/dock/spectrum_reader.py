"""Reads spectra of a scene in a thread of its own, so that the mouse never waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qgis.PyQt.QtCore import QObject, pyqtSignal, pyqtSlot

from ..translation import tr
from .label_sample import sampled_windows
from .scene_file import SceneBands, SceneFile, SceneFileError

_WINDOW_BYTES = 64 * 2**20
_BANDS_AT_A_TIME = 16  # between two looks at what is wanted now
_BATCH = 32  # labels told at a time
_PATIENCE_SECONDS = 0.1  # for the thread's end; it closes the file by itself if that takes longer


@dataclass(frozen=True)
class PixelSpectrum:
    """One pixel.

    Attributes:
        row: In the scene, from 0.
        col: In the scene, from 0.
        values: Physical values, float32 (bands,); NaN where a band holds none.
        valid: Whether all good bands hold a value and the scene's mask leaves it.
    """

    row: int
    col: int
    values: np.ndarray
    valid: bool


@dataclass(frozen=True)
class WindowCube:
    """The good bands of a part of the scene.

    Attributes:
        row: First row, in the scene.
        col: First column, in the scene.
        cube: Physical values, float32 (good bands, height, width); 0 where invalid.
        valid: bool (height, width).
        seed: The row and column in the scene around which it was read.
    """

    row: int
    col: int
    cube: np.ndarray
    valid: np.ndarray
    seed: tuple[int, int]


@dataclass(frozen=True)
class LabelSpectra:
    """What the valid pixels of one label have in common.

    Attributes:
        fid: The label.
        class_id: Its class when it was asked for.
        count: Valid pixels that were read.
        mean: float64 (bands,); NaN where a bad band holds no value, and where count is 0.
        m2: Sums of squared deviations from the mean, float64 (bands,).
    """

    fid: object
    class_id: int
    count: int
    mean: np.ndarray
    m2: np.ndarray


LabelPixels = tuple[object, int, np.ndarray, np.ndarray]  # fid, class_id, rows, cols


class SpectrumReader(QObject):
    """Answers with spectra, in the thread that made it.

    Of pixels and of windows, the latest request wins. Labels are all answered, those asked
    for again with their newest pixels; pixels and windows go before them.

    Args:
        path: The scene's file.
        bands: What it said of its bands when it was chosen.
        parent: Qt's owner.
    """

    pixelRead = pyqtSignal(object)  # noqa: N815
    windowRead = pyqtSignal(object)  # noqa: N815
    labelsRead = pyqtSignal(object)  # noqa: N815
    failed = pyqtSignal(str)

    def __init__(self, path: str, bands: SceneBands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        self._told = False
        bell = _Bell()
        bell.rung.connect(self._pass_on)
        self._wishes = _Wishes()
        self.destroyed.connect(self._wishes.close)
        # a daemon, so that a disk that does not answer cannot keep QGIS from quitting
        self._thread = threading.Thread(
            target=_Work(path, bands, self._wishes, bell).run,
            name="hsifilm-spectra",
            daemon=True,
        )
        self._thread.start()

    def ask_pixel(self, row: int, col: int) -> None:
        """Ask for a pixel; a request that still waits is dropped."""
        self._wishes.put_pixel((int(row), int(col)))

    def ask_window(self, row: int, col: int, radius: int) -> None:
        """Ask for the pixels within `radius` rows and columns, clipped to the scene.

        What would not fit into a bounded piece of memory is read with a smaller radius.
        """
        self._wishes.put_window((int(row), int(col), max(0, int(radius))))

    def ask_labels(self, pixels: Sequence[LabelPixels]) -> None:
        """Ask for labels by their fid, class, rows and columns.

        Of each, only a sample of its pixels is read.
        """
        self._wishes.put_labels(pixels)

    def forget_labels(self) -> None:
        """Drop the labels that were asked for and are not read yet."""
        self._wishes.forget_labels()

    def close(self) -> None:
        """Stop, answer nothing more, and let go of the file."""
        self._closed = True
        self._wishes.close()
        self._thread.join(_PATIENCE_SECONDS)

    @pyqtSlot(str, object)
    def _pass_on(self, kind: str, answer: object) -> None:
        """Emit an answer (in the thread of this object), unless it came too late."""
        if self._closed:
            return
        if kind == "pixel":
            self.pixelRead.emit(answer)
        elif kind == "window":
            self.windowRead.emit(answer)
        elif kind == "labels":
            series, labels = answer
            if series == self._wishes.series:
                self.labelsRead.emit(labels)
        elif kind == "recovered":
            self._told = False
        # somebody clicked for a window and waits; the mouse's every move is another matter
        elif kind == "window failed" or not self._told:
            self._told = True
            self.failed.emit(str(answer))


class _Bell(QObject):
    """Carries answers from the thread: it outlives a reader that goes with its parent."""

    rung = pyqtSignal(str, object)


class _Wishes:
    """What is wanted of the thread; safe to use from any."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pixel: tuple[int, int] | None = None
        self._window: tuple[int, int, int] | None = None
        self._labels: dict[object, LabelPixels] = {}
        self.series = 0  # of labels; a new one begins when they are forgotten
        self.closed = False

    def put_pixel(self, wish: tuple[int, int]) -> None:
        with self._changed:
            self._pixel = wish
            self._changed.notify()

    def put_window(self, wish: tuple[int, int, int]) -> None:
        with self._changed:
            self._window = wish
            self._changed.notify()

    def put_labels(self, wishes: Sequence[LabelPixels]) -> None:
        with self._changed:
            self._labels.update((wish[0], wish) for wish in wishes)
            self._changed.notify()

    def forget_labels(self) -> None:
        with self._changed:
            self._labels.clear()
            self.series += 1

    def close(self, *_: object) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify()

    def window_is_stale(self) -> bool:
        return self.closed or self._window is not None

    def labels_wait(self) -> bool:
        return bool(self._labels)

    def take(self) -> tuple[str, tuple]:
        """Wait for the next thing to do: what people see at once comes first."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.closed or self._pixel or self._window or self._labels
            )
            if self.closed:
                return "close", ()
            if self._pixel is not None:
                pixel, self._pixel = self._pixel, None
                return "pixel", pixel
            if self._window is not None:
                window, self._window = self._window, None
                return "window", window
            return "label", (self.series, *self._labels.pop(next(iter(self._labels))))


class _StaleError(Exception):
    """Nobody waits any more for what is being read."""


class _Work:
    """What the thread does."""

    def __init__(
        self,
        path: str,
        bands: SceneBands,
        wishes: _Wishes,
        bell: _Bell,
    ) -> None:
        self._path, self._bands = path, bands
        self._wishes = wishes
        self._bell = bell  # kept alive: a bound signal does not do that
        self._scene: SceneFile | None = None
        self._sizes: tuple[tuple[str, int], ...] = ()
        self._unreachable = False
        self._labels: list[LabelSpectra] = []
        self._series = 0

    def run(self) -> None:
        try:
            while True:
                kind, wish = self._wishes.take()
                if kind == "close":
                    return
                self._fulfil(kind, wish)
        finally:
            self._release()

    def _fulfil(self, kind: str, wish: tuple) -> None:
        work = {"pixel": self._pixel, "window": self._window, "label": self._label}[kind]
        try:
            work(*wish)
        except _StaleError:
            return
        except (SceneFileError, MemoryError) as error:
            self._release()
            text = str(error) or tr("There is not enough memory to read the spectra.")
            self._answer("window failed" if kind == "window" else "failed", text)
        finally:
            self._tell_labels()

    def _answer(self, kind: str, answer: object) -> None:
        self._bell.rung.emit(kind, answer)

    def _release(self) -> None:
        if self._scene is not None:
            self._scene.close()
            self._scene = None

    def _opened(self) -> SceneFile:
        if self._scene is not None:
            return self._scene
        scene = None
        try:
            scene = SceneFile(self._path)
            # while the thread held no file, another program may have replaced it
            scene.require_sizes(self._sizes)
            self._require_bands(scene)
        except SceneFileError:
            self._unreachable = True
            if scene is not None:
                scene.close()
            raise
        if self._unreachable:
            self._unreachable = False
            self._answer("recovered", None)
        self._scene, self._sizes = scene, self._sizes or scene.sizes
        return scene

    def _require_bands(self, scene: SceneFile) -> None:
        if scene.bands.count != self._bands.count:
            raise SceneFileError(
                tr(
                    "“{file}” has {found} bands now, and had {expected} when it was chosen. "
                    "Choose the layer again."
                ).format(file=self._path, found=scene.bands.count, expected=self._bands.count)
            )

    def _pixel(self, row: int, col: int) -> None:
        scene = self._opened()
        values = np.full(scene.bands.count, np.nan, dtype=np.float32)
        valid = 0 <= row < scene.height and 0 <= col < scene.width
        if valid:
            cube, inside = scene.read(row, col, 1, 1, np.arange(scene.bands.count))
            values, valid = cube[:, 0, 0], bool(inside[0, 0])
        self._answer("pixel", PixelSpectrum(row, col, values, valid))

    def _window(self, row: int, col: int, radius: int) -> None:
        scene = self._opened()
        bands = np.flatnonzero(scene.bands.good)
        radius = min(radius, _largest_radius(4 * bands.size))
        top, bottom = max(0, row - radius), min(scene.height, row + radius + 1)
        left, right = max(0, col - radius), min(scene.width, col + radius + 1)
        height, width = max(0, bottom - top), max(0, right - left)
        cube = np.zeros((bands.size, height, width), dtype=np.float32)
        valid = np.ones((height, width), dtype=bool)
        for first in range(0, bands.size if cube.size else 0, _BANDS_AT_A_TIME):
            if self._wishes.window_is_stale():
                raise _StaleError
            part = slice(first, first + _BANDS_AT_A_TIME)
            cube[part], usable = scene.read(top, left, height, width, bands[part])
            valid &= usable
        np.copyto(cube, 0, where=~valid)
        self._answer("window", WindowCube(top, left, cube, valid, (row, col)))

    def _label(
        self, series: int, fid: object, class_id: int, rows: np.ndarray, cols: np.ndarray
    ) -> None:
        if series != self._series:
            self._series, self._labels = series, []
        scene = self._opened()
        everything = np.arange(scene.bands.count)
        found: list[np.ndarray] = []
        for near_rows, near_cols in sampled_windows(
            rows, cols, (scene.height, scene.width), scene.bands.count
        ):
            if self._wishes.closed:
                raise _StaleError
            top, left = int(near_rows.min()), int(near_cols.min())
            height, width = int(near_rows.max()) - top + 1, int(near_cols.max()) - left + 1
            cube, valid = scene.read(top, left, height, width, everything)
            places = near_rows - top, near_cols - left
            found.append(cube[(slice(None), *places)].T[valid[places]])
        spectra = np.concatenate(found) if found else np.empty((0, scene.bands.count))
        spectra = spectra.astype(np.float64)
        mean = spectra.mean(axis=0) if spectra.size else np.full(scene.bands.count, np.nan)
        m2 = ((spectra - mean) ** 2).sum(axis=0)
        self._labels.append(LabelSpectra(fid, class_id, len(spectra), mean, m2))

    def _tell_labels(self) -> None:
        if self._labels and (len(self._labels) >= _BATCH or not self._wishes.labels_wait()):
            told, self._labels = tuple(self._labels), []
            self._answer("labels", (self._series, told))


def _largest_radius(bytes_per_pixel: int) -> int:
    side = int((_WINDOW_BYTES / max(1, bytes_per_pixel)) ** 0.5)
    return max(0, (side - 1) // 2)
