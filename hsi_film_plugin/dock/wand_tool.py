"""A wand that takes the neighbours of a pixel whose spectra are like its own."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from qgis.core import QgsGeometry, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsRubberBand
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent, QWheelEvent

from ..translation import tr
from .label_tool import LabelTool, ends_drawing
from .spectral_growth import growth, region

if TYPE_CHECKING:
    from .spectrum_reader import WindowCube

FIRST_RADIUS = 64
LARGEST_RADIUS = 192  # of 200 bands, 120 MB
LEAST, MOST = 0.1, 60.0
STEP, FINE_STEP = 0.5, 0.1
_NOTCH = 120  # what Qt says of one step of a wheel
_LOOK_MS = 10


class WandTool(LabelTool):
    """Click, turn the wheel until the region fits, and accept it.

    Signals:
        wanted: The spectra around (row, column) are wanted, so many pixels in each direction;
            `show` takes them.
        toleranceChanged: The largest spectral angle to the clicked pixel, degrees.
    """

    wanted = pyqtSignal(int, int, int)
    toleranceChanged = pyqtSignal(float)  # noqa: N815

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._tolerance = 4.0
        self._seed: tuple[int, int] | None = None
        self._radius = FIRST_RADIUS
        self._cube: WindowCube | None = None
        self._growing: tuple[WindowCube, Future[np.ndarray]] | None = None
        self._surface: np.ndarray | None = None
        self._region: QgsGeometry | None = None
        self._waiting = False  # for a cube
        self._accept_when_grown = False
        # Not a QgsTask: those of the engine may have taken all of QGIS's threads.
        self._thread: ThreadPoolExecutor | None = None
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._take_surface)

    @property
    def tolerance(self) -> float:
        """The largest spectral angle to the clicked pixel, degrees."""
        return self._tolerance

    @tolerance.setter
    def tolerance(self, degrees: float) -> None:
        degrees = round(min(max(float(degrees), LEAST), MOST), 2)
        if degrees != self._tolerance:
            self._tolerance = degrees
            self.toleranceChanged.emit(degrees)
            self._grow_region()

    def hint(self) -> str:
        """Return what to do next with this tool."""
        return tr("Click a pixel: its neighbours with like spectra are taken.")

    def cancel(self) -> None:
        """Drop the region, and what is being computed."""
        self._look.stop()
        if self._growing is not None:
            self._growing[1].cancel()
        self._seed = self._growing = self._cube = self._surface = self._region = None
        self._waiting = self._accept_when_grown = False
        super().cancel()

    def deactivate(self) -> None:
        """Put the tool down, and its thread."""
        super().deactivate()
        if self._thread is not None:
            self._thread.shutdown(wait=False)
            self._thread = None

    def show(self, cube: WindowCube) -> None:
        """Grow the region in the spectra that were wanted; others are ignored."""
        if self._grid is None or self._seed is None or tuple(cube.seed) != self._seed:
            return
        if self._growing is not None:
            self._growing[1].cancel()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wand")
        row, col = self._seed[0] - cube.row, self._seed[1] - cube.col
        future = self._thread.submit(growth, cube.cube, cube.valid, row, col)
        self._growing = (cube, future)
        self._look.start()

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Accept the region by a click into it, or begin another one."""
        if event.button() == Qt.MouseButton.RightButton:
            self._accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = self._clicked_point(event)
        if point is None:
            return
        pixel = self._grid.pixel_at(point)
        if self._holds(pixel):
            self._accept()
        else:
            self._begin(pixel)

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """Accept the region, even if the click before has only just begun it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Accept by Enter; [ and ] change the tolerance like the wheel."""
        if ends_drawing(event):
            self._accept()
            event.ignore()
        elif event.text() in ("[", "]") and self._region is not None:
            self.tolerance += STEP if event.text() == "]" else -STEP
            event.ignore()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the tolerance while a region is shown, finely with Ctrl or Shift."""
        if self._region is None:
            event.ignore()
            return
        fine = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        # Some systems turn the wheel sideways while a key is held.
        turned = event.angleDelta().y() or event.angleDelta().x()
        step = FINE_STEP if event.modifiers() & fine else STEP
        self.tolerance += step * turned / _NOTCH
        event.accept()

    def _begin(self, pixel: tuple[int, int]) -> None:
        self.cancel()
        self._seed, self._radius = pixel, FIRST_RADIUS
        self._waiting = True
        self._draw_seed()
        self.message.emit(tr("Reading the spectra around…"))
        self.wanted.emit(*pixel, self._radius)

    def _holds(self, pixel: tuple[int, int]) -> bool:
        if self._cube is None or self._surface is None:
            return False
        row, col = pixel[0] - self._cube.row, pixel[1] - self._cube.col
        height, width = self._surface.shape
        if not (0 <= row < height and 0 <= col < width):
            return False
        return bool(region(self._surface, self._tolerance)[row, col])

    def _take_surface(self) -> None:
        """Show the region once its thread is done."""
        if self._growing is None or not self._growing[1].done():
            return
        self._look.stop()
        cube, future = self._growing
        self._growing = None
        self._waiting = False
        surface = future.result()
        if not np.isfinite(surface).any():
            self.cancel()
            self.message.emit(tr("There are no data at that pixel. Click another one."))
            return
        self._cube, self._surface = cube, surface
        self._grow_region()
        if self._accept_when_grown and not self._waiting:
            self._accept()

    def _grow_region(self) -> None:
        if self._grid is None or self._surface is None or self._cube is None:
            return
        inside = region(self._surface, self._tolerance)
        rows, cols = np.nonzero(inside)
        self._region = self._grid.geometry_of(rows + self._cube.row, cols + self._cube.col)
        self._redraw()
        shown = tr(
            "{pixels} pixels within {angle}°. The wheel changes the angle, a click into the "
            "region or Enter accepts it, Esc cancels."
        ).format(pixels=rows.size, angle=f"{self._tolerance:g}")
        self.message.emit(" ".join([shown, self._beyond(inside)]).strip())

    def _beyond(self, inside: np.ndarray) -> str:
        """Ask for a larger cube if the region leaves this one; return what to say of it."""
        cube, grid, (height, width) = self._cube, self._grid, inside.shape
        left_out = (
            (cube.row > 0 and inside[0].any())
            or (cube.col > 0 and inside[:, 0].any())
            or (cube.row + height < grid.height and inside[-1].any())
            or (cube.col + width < grid.width and inside[:, -1].any())
        )
        if not left_out:
            return ""
        reading = tr("It goes on: reading more of the image…")
        if self._radius >= LARGEST_RADIUS:
            if self._waiting:
                return reading
            return tr("It goes on farther than the wand reads: click there for the rest.")
        if not self._waiting:
            self._waiting = True
            self._radius = min(2 * self._radius, LARGEST_RADIUS)
            self.wanted.emit(*self._seed, self._radius)
        return reading

    def _accept(self) -> None:
        if self._region is None:
            self._accept_when_grown = self._seed is not None
            return
        accepted = self._region
        self.cancel()
        self.message.emit(self.hint())
        self.drawn.emit(accepted, "wand")

    def _draw_seed(self) -> None:
        if self._grid is None or self._seed is None:
            return
        here = self._on_canvas(QgsGeometry.fromPointXY(self._grid.centre(*self._seed)))
        kind = QgsWkbTypes.GeometryType.PointGeometry
        self._band("seed", kind, _cross).setToGeometry(here)

    def _redraw(self) -> None:
        if self._region is not None:
            self._band("region").setToGeometry(self._on_canvas(self._region))
        self._draw_seed()


def _cross(band: QgsRubberBand) -> None:
    band.setIcon(QgsRubberBand.IconType.ICON_X)
    band.setIconSize(9)
