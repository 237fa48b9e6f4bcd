"""The plot of spectra: under the cursor, pinned, of classes and of single labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from qgis.PyQt.QtCore import QPointF, QRectF, Qt, pyqtSignal
from qgis.PyQt.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPen,
)
from qgis.PyQt.QtWidgets import QMenu, QWidget

from .class_curves import ClassCurve as ClassCurve
from .class_curves import LabelCurve as LabelCurve
from .class_curves import Scale as Scale
from .class_curves import class_curve as class_curve
from .curve_pens import WIDTH, class_pens, label_pen, pin_pen
from .plot_axis import Span
from .plot_legend import Entry, legend_rows, paint_entry
from .plot_widget import PlotWidget
from .scene_file import SceneBands
from .spectra_table import csv_text
from .spectrum_lines import BandAxis, Line, distance, line
from .spectrum_reader import PixelSpectrum

MOST_PINS = 8
_CLICK_PIXELS = 7.0
_HOVER_PIXELS = 14.0


class SpectraPlot(PlotWidget):
    """Spectra over wavelength, or over the band's number where wavelengths are unknown.

    Signals:
        curveClicked: A curve was clicked: the label's fid (None for a class's mean), and the
            class id.
    """

    curveClicked = pyqtSignal(object, object)  # noqa: N815

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Spectra"))
        self._bands: SceneBands | None = None
        self._axis: BandAxis | None = None
        self._cursor: PixelSpectrum | None = None
        self._pins: list[tuple[int, PixelSpectrum]] = []
        self._classes: tuple[ClassCurve, ...] = ()
        self._labels: tuple[LabelCurve, ...] = ()
        self._scale = Scale.VALUES
        self._lines: dict[Hashable, Line] = {}

    def set_bands(self, bands: SceneBands | None) -> None:
        """Use the bands of another scene; what was shown of the last one is dropped."""
        self._bands = bands
        self._axis = None if bands is None else BandAxis(bands)
        self._cursor, self._pins, self._classes, self._labels = None, [], (), ()
        if self._axis is not None:
            known = self._axis.wavelengths_known
            self.x_title = self.tr("Wavelength (nm)") if known else self.tr("Band")
            self.set_x_span(self._axis.span())
            self.show_all()
        self._rebuild()

    def set_cursor(self, spectrum: PixelSpectrum | None) -> None:
        """Show the spectrum under the cursor, or none."""
        self._cursor = spectrum if spectrum is not None and self._fits(spectrum.values) else None
        self._lines.pop("cursor", None)
        if self._cursor is not None and self._cursor.valid:
            self._add("cursor", self._cursor.values)
        self._fit_values(keep=True)

    def pin(self) -> None:
        """Keep the spectrum under the cursor in the plot."""
        if self._cursor is None or not self._cursor.valid:
            return
        taken = {number for number, _ in self._pins}
        free = next((n for n in range(1, MOST_PINS + 1) if n not in taken), None)
        if free is None:  # the oldest makes room
            free = self._pins.pop(0)[0]
        self._pins.append((free, self._cursor))
        self._add(("pin", free), self._cursor.values)
        self._fit_values(keep=True)

    def unpin(self, number: int) -> None:
        """Drop the pinned spectrum with this number."""
        self._pins = [(own, spectrum) for own, spectrum in self._pins if own != number]
        self._rebuild()

    def clear_pins(self) -> None:
        """Drop all pinned spectra."""
        self._pins = []
        self._rebuild()

    def pins(self) -> tuple[tuple[int, PixelSpectrum], ...]:
        """The numbers and spectra that are pinned, the oldest first."""
        return tuple(self._pins)

    def set_classes(self, curves: Sequence[ClassCurve]) -> None:
        """Show the classes' means, each with a standard deviation to both sides."""
        self._classes = tuple(curve for curve in curves if self._fits(curve.mean))
        self._rebuild()

    def set_labels(self, curves: Sequence[LabelCurve]) -> None:
        """Show single labels, faintly."""
        self._labels = tuple(curve for curve in curves if self._fits(curve.mean))
        self._rebuild()

    @property
    def scale(self) -> Scale:
        """What is shown of the spectra."""
        return self._scale

    def set_scale(self, scale: Scale) -> None:
        """Show values, or spectra that were made comparable."""
        self._scale = scale
        self.y_title = {
            Scale.VALUES: "",
            Scale.MEAN: self.tr("Divided by the mean"),
            Scale.CONTINUUM: self.tr("Continuum removed"),
        }[scale]
        self._rebuild(keep=False)

    def csv_text(self) -> str:
        """The scene's values of all curves but single labels, a row for each band."""
        if self._bands is None:
            return ""
        columns: list[tuple[str, np.ndarray]] = []
        if self._cursor is not None and self._cursor.valid:
            columns.append((self._place(self.tr("Cursor"), self._cursor), self._cursor.values))
        for number, spectrum in self._pins:
            columns.append((self._place(self._pin_name(number), spectrum), spectrum.values))
        for curve in self._classes:
            columns.append((self.tr("{} mean").format(curve.name), curve.mean))
            columns.append((self.tr("{} sd").format(curve.name), curve.sd))
        return csv_text(self._bands, columns)

    def copy_values(self) -> None:
        """Put the values into the clipboard, as CSV."""
        QGuiApplication.clipboard().setText(self.csv_text())

    def context_menu(self) -> QMenu:
        """What can be done with what is shown."""
        menu = QMenu(self)
        pin = menu.addAction(self.tr("Pin the spectrum under the cursor"), self.pin)
        pin.setEnabled(self._cursor is not None and self._cursor.valid)
        for number, spectrum in self._pins:
            text = self.tr("Remove {}").format(self._place(self._pin_name(number), spectrum))
            menu.addAction(text).triggered.connect(
                lambda checked=False, own=number: self.unpin(own)
            )
        if len(self._pins) > 1:
            menu.addAction(self.tr("Remove all pins"), self.clear_pins)
        menu.addSeparator()
        for scale, text in (
            (Scale.VALUES, self.tr("Values")),
            (Scale.MEAN, self.tr("Divided by their mean (compares shapes)")),
            (Scale.CONTINUUM, self.tr("Continuum removed (compares absorptions)")),
        ):
            choice = menu.addAction(text)
            choice.setCheckable(True)
            choice.setChecked(scale is self._scale)
            choice.triggered.connect(lambda checked=False, own=scale: self.set_scale(own))
        menu.addSeparator()
        copy = menu.addAction(self.tr("Copy values as CSV"), self.copy_values)
        copy.setEnabled(self._bands is not None)
        menu.addAction(self.tr("Show all wavelengths"), self.show_all)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu (called by Qt)."""
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy; the rest is every plot's (called by Qt)."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_values()
        else:
            super().keyPressEvent(event)

    def empty_text(self) -> str:
        """What to do to see spectra."""
        if self._axis is None:
            return self.tr("Choose a scene to see its spectra.")
        if self._lines:
            return ""
        if self._cursor is not None:
            return self.tr("No data at this pixel.")
        return self.tr("Move the mouse over the scene to see spectra.")

    def readout(self) -> str:
        """The band under the pointer, and the value of the curve next to it."""
        if self._axis is None or self.pointer is None:
            if self._cursor is None or self._cursor.valid:
                return ""
            return self.tr("No data at this pixel.")
        place = self._axis.nearest(self.x_at(self.pointer))
        text = self.tr("band {}").format(int(self._axis.order[place]) + 1)
        if self._axis.wavelengths_known:
            text = f"{self._axis.x[place]:.1f} nm, {text}"
        if not self._axis.good[place]:
            return self.tr("{}: bad").format(text)
        near = self._near_value(place, self.pointer)
        return text if near is None else f"{text}: {self._value_text(near, place)}"

    def clicked(self, position: QPointF) -> None:
        """Tell whose curve lies where the mouse was clicked."""
        inverse, known = self.to_screen().inverted()
        if not known or self._axis is None:
            return
        at, transform = inverse.map(position), self.to_screen()
        best, found = _CLICK_PIXELS, None
        for curve in (*self._labels, *self._classes):
            drawn = self._lines[_key(curve)]
            far = distance(drawn, self._axis, transform.m11(), transform.m22(), at)
            if far < best:
                best, found = far, curve
        if found is not None:
            self.curveClicked.emit(getattr(found, "fid", None), found.class_id)

    def header_height(self) -> float:
        """The legend's rows."""
        return self._row_height() * len(self._legend_rows())

    def paint_header(self, painter: QPainter, area: QRectF) -> None:
        """Draw the legend."""
        height = self._row_height()
        for row, entries in enumerate(self._legend_rows()):
            for entry in entries:
                pens = [] if entry.key is None else self._pens(entry.key)
                painter.setPen(self.ink())
                paint_entry(painter, entry, pens, row * height, height)

    def paint_data(self, painter: QPainter) -> None:
        """Draw bad bands, and curves from the faintest to the one under the cursor."""
        if self._axis is None:
            return
        transform = self.to_screen()
        for low, high in self._axis.bad_stretches():
            box = QRectF(QPointF(low, self.y_span.low), QPointF(high, self.y_span.high))
            painter.fillRect(transform.mapRect(box.normalized()), self.ink(30))
        for curve in self._classes:
            fill = QColor(curve.color)
            fill.setAlpha(60)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(fill))
            for outline in self._lines[_key(curve)].ribbon:
                painter.drawPolygon(transform.map(outline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        keys: list[Hashable] = [_key(curve) for curve in (*self._labels, *self._classes)]
        keys += [("pin", number) for number, _ in self._pins]
        for key in (*keys, "cursor"):
            if key in self._lines:
                self._paint_line(painter, key)
        self._paint_pointer(painter)

    def _paint_line(self, painter: QPainter, key: Hashable) -> None:
        drawn, transform = self._lines[key], self.to_screen()
        for pen in self._pens(key):
            painter.setPen(pen)
            for piece in drawn.pieces:
                painter.drawPolyline(transform.map(piece))
            for dot in drawn.dots:
                painter.drawEllipse(transform.map(dot), 1.2, 1.2)

    def _paint_pointer(self, painter: QPainter) -> None:
        """Mark the band under the pointer, and the value that is read out."""
        if self._axis is None or self.pointer is None:
            return
        place = self._axis.nearest(self.x_at(self.pointer))
        x = self.to_screen().map(QPointF(float(self._axis.x[place]), 0.0)).x()
        painter.setPen(QPen(self.ink(110), 1))
        painter.drawLine(QPointF(x, self.frame.top()), QPointF(x, self.frame.bottom()))
        near = self._near_value(place, self.pointer)
        if near is not None:
            painter.setBrush(QBrush(self.paper()))
            painter.setPen(QPen(self._pens(near)[-1].color(), 1.5))
            value = float(self._lines[near].values[place])
            painter.drawEllipse(self.to_screen().map(QPointF(self._axis.x[place], value)), 3, 3)

    def _near_value(self, place: int, pointer: QPointF) -> Hashable | None:
        """The curve whose value at a band is next to the pointer, or else the cursor's."""
        transform = self.to_screen()
        best, found = _HOVER_PIXELS, None
        for key, drawn in self._lines.items():
            value = float(drawn.values[place])
            far = abs(transform.map(QPointF(0.0, value)).y() - pointer.y())
            if np.isfinite(value) and far < best:
                best, found = far, key
        cursor = self._lines.get("cursor")
        if found is None and cursor is not None and np.isfinite(cursor.values[place]):
            return "cursor"
        return found

    def _value_text(self, key: Hashable, place: int) -> str:
        drawn = self._lines[key]
        text = f"{self._name(key)} {drawn.values[place]:.4g}"
        if drawn.spread is not None and np.isfinite(drawn.spread[place]):
            text += f" ± {drawn.spread[place]:.2g}"
        return text

    def _rebuild(self, *, keep: bool = True) -> None:
        self._lines = {}
        for curve in self._labels:
            self._add(_key(curve), curve.mean)
        for curve in self._classes:
            self._add(_key(curve), curve.mean, curve.sd)
        for number, spectrum in self._pins:
            self._add(("pin", number), spectrum.values)
        if self._cursor is not None and self._cursor.valid:
            self._add("cursor", self._cursor.values)
        self._fit_values(keep=keep)

    def _add(self, key: Hashable, values: np.ndarray, spread: np.ndarray | None = None) -> None:
        if self._axis is not None:
            self._lines[key] = line(key, values, spread, self._axis, self._scale)

    def _fit_values(self, *, keep: bool) -> None:
        """Let the y axis hold all curves; `keep` it where it is if it holds them well."""
        limits = [drawn.limits for drawn in self._lines.values() if drawn.limits is not None]
        if not limits:
            self.update()
            return
        low, high = min(low for low, _ in limits), max(high for _, high in limits)
        air = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        wanted = Span(0.0 if 0 <= low < 0.35 * high else low - air, high + air)
        now = self.y_span
        # an axis that follows every move of the mouse cannot be read
        holds = now.low <= low and high <= now.high
        if not (keep and holds and wanted.length > 0.6 * now.length):
            self.set_y_span(wanted)
        self.update()

    def _fits(self, values: np.ndarray) -> bool:
        return self._bands is not None and len(values) == self._bands.count

    def _pens(self, key: Hashable) -> list[QPen]:
        """The pens that draw a curve, one after the other."""
        if key == "cursor":
            return [QPen(self.ink(), WIDTH)]
        kind, own = key
        if kind == "pin":
            return [pin_pen(own, dark=self.is_dark())]
        if kind == "class":
            color = next(curve.color for curve in self._classes if curve.class_id == own)
            return class_pens(QColor(color), self.ink(), self.paper())
        return [label_pen(QColor(next(c.color for c in self._labels if c.fid == own)))]

    def _name(self, key: Hashable) -> str:
        if key == "cursor":
            return self.tr("Cursor")
        kind, own = key
        if kind == "pin":
            return self._pin_name(own)
        if kind == "class":
            return next(curve.name for curve in self._classes if curve.class_id == own)
        label = next(curve for curve in self._labels if curve.fid == own)
        names = {curve.class_id: curve.name for curve in self._classes}
        return self.tr("Label {}").format(names.get(label.class_id, label.class_id))

    def _pin_name(self, number: int) -> str:
        return self.tr("Pin {}").format(number)

    def _place(self, name: str, spectrum: PixelSpectrum) -> str:
        return self.tr("{name} (row {row}, column {col})").format(
            name=name, row=spectrum.row + 1, col=spectrum.col + 1
        )

    def _row_height(self) -> float:
        return self.metrics().height() + 1

    def _legend_rows(self) -> list[list[Entry]]:
        keys: list[Hashable] = ["cursor"] if "cursor" in self._lines else []
        keys += [("pin", number) for number, _ in self._pins]
        keys += [_key(curve) for curve in self._classes]
        named = [(key, self._name(key)) for key in keys]
        most_rows = 1 if self.height() < 240 else 2
        return legend_rows(named, self.metrics(), self.width(), most_rows)


def _key(curve: ClassCurve | LabelCurve) -> Hashable:
    if isinstance(curve, ClassCurve):
        return "class", curve.class_id
    return "label", curve.fid
