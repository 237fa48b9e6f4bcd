"""The drawing tools of the dock: which one is in hand, its class, and its keys on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsGeometry
from qgis.gui import QgsMapCanvas, QgsMapTool
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QEvent, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

from .brush_tool import BrushTool
from .class_list import ClassList
from .edit_tool import EditTool
from .label_layer import LabelLayerError
from .label_tool import LabelTool
from .labelling import Labelling
from .polygon_tool import HoleTool, PolygonTool
from .rectangle_tool import RectangleTool
from .spectrum_reader import SpectrumReader
from .wand_tool import WandTool

#: Half the side of the square of pixels that the wand sees at first.
WAND_RADIUS = 64
#: How far from a label, in pixels of the screen, a click still takes it.
REACH = 4
#: The tool of each letter.
LETTERS = {"P": "polygon", "R": "rectangle", "B": "brush", "W": "wand", "H": "hole", "E": "edit"}


class Drawing(QObject):
    """Draws labels of the current class with the tool in hand.

    Signals:
        toolChanged: The name of the tool in hand, empty for none of ours.
        classChanged: The current class's id, None for none.
        hint: What to do next with the tool.
        keyPressed: A key that no tool knows, upper case, for the other pages.
    """

    toolChanged = pyqtSignal(str)  # noqa: N815
    classChanged = pyqtSignal(object)  # noqa: N815
    hint = pyqtSignal(str)
    keyPressed = pyqtSignal(str)  # noqa: N815

    def __init__(self, canvas: QgsMapCanvas, labelling: Labelling, parent: QObject) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self._labelling = labelling
        self._class: int | None = None
        self._previous: QgsMapTool | None = None
        self._selected: object | None = None
        self._classes: ClassList | None = None
        self._reader: SpectrumReader | None = None
        self.keys_wanted: Callable[[], bool] = lambda: False
        self.wand = WandTool(canvas)
        self.brush = BrushTool(canvas)
        self.edit = EditTool(canvas)
        self.tools: dict[str, LabelTool] = {
            "polygon": PolygonTool(canvas),
            "rectangle": RectangleTool(canvas),
            "brush": self.brush,
            "wand": self.wand,
            "hole": HoleTool(canvas),
            "edit": self.edit,
        }
        for tool in self.tools.values():
            tool.drawn.connect(self._drawn)
            tool.message.connect(self.hint)
        self.wand.wanted.connect(self._read_window)
        self.edit.selected.connect(self._select)
        self.edit.reshaped.connect(self._reshape)
        self.edit.deleteWanted.connect(self._delete)
        labelling.sceneChanged.connect(self._scene_changed)
        labelling.labelsChanged.connect(self._labels_changed)
        canvas.mapToolSet.connect(self._tool_set)
        canvas.installEventFilter(self)
        self._scene_changed()
        self._labels_changed()

    @property
    def current_class(self) -> int | None:
        """The id of the class that labels are drawn with."""
        return self._class

    @property
    def tool(self) -> str:
        """The name of the tool in hand, empty for none of ours."""
        in_hand = self.canvas.mapTool()
        return next((name for name, tool in self.tools.items() if tool is in_hand), "")

    @property
    def busy(self) -> bool:
        """Whether the tool in hand has begun something."""
        tool = self.tools.get(self.tool)
        return tool is not None and tool.drawing

    def take(self, name: str) -> None:
        """Take a tool in hand; an empty name gives back the tool before."""
        if not name:
            self._put_down()
            return
        if self._labelling.grid is None:
            self.hint.emit(self.tr("Choose a hyperspectral image first."))
            self.toolChanged.emit(self.tool)
            return
        if not self.tool:
            self._previous = self.canvas.mapTool()
        self.canvas.setMapTool(self.tools[name])
        self.canvas.setFocus()  # where the tool and the classes have their keys

    def set_snapping(self, on: bool) -> None:
        """Give labels the outlines of the pixels that they hold, or leave them as drawn."""
        for tool in self.tools.values():
            tool.snap_to_pixels = on

    def choose_class(self, class_id: int | None) -> None:
        """Draw labels of this class from now on."""
        labels = self._labelling.labels
        known = None if labels is None or class_id is None else labels.classes.find(class_id)
        self._class = None if known is None else known.class_id
        self._show_colour()
        self.classChanged.emit(self._class)

    def undo(self) -> None:
        """Undo the last change of the labels."""
        if self._labelling.labels is not None:
            self._labelling.labels.undo_stack.undo()

    def redo(self) -> None:
        """Redo the change that was undone last."""
        if self._labelling.labels is not None:
            self._labelling.labels.undo_stack.redo()

    def close(self) -> None:
        """Put the tools away for good."""
        self.canvas.removeEventFilter(self)
        self.canvas.mapToolSet.disconnect(self._tool_set)
        self._put_down()
        for tool in self.tools.values():
            tool.cancel()
            tool.deleteLater()
        self.tools = {}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hear the keys of the dock on the canvas before QGIS does."""
        kinds = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if event.type() not in kinds or not (self.tool or self.keys_wanted()):
            return False
        action = self._action_of(event)
        if action is None:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        else:
            action()
        return True

    def _action_of(self, event: Any) -> Callable[[], None] | None:
        control = Qt.KeyboardModifier.ControlModifier
        shift = Qt.KeyboardModifier.ShiftModifier
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = event.key()
        if held in (control, control | shift):
            again = held != control
            if key == Qt.Key.Key_Z and self.tool:
                return self.redo if again else self.undo
            return self.redo if key == Qt.Key.Key_Y and self.tool else None
        if held != Qt.KeyboardModifier.NoModifier:
            return None
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            number = int(key) - int(Qt.Key.Key_1)
            return lambda: self._class_key(number)
        letter = chr(key) if Qt.Key.Key_A <= key <= Qt.Key.Key_Z else ""
        if letter in LETTERS:
            return lambda: self.take(LETTERS[letter])
        if letter in ("F", "N", "S", "U", "X"):
            return lambda: self.keyPressed.emit(letter)
        return None

    def _class_key(self, place: int) -> None:
        labels = self._labelling.labels
        classes = () if labels is None else labels.classes.classes()
        if place >= len(classes):
            return
        self.choose_class(classes[place].class_id)
        if labels is not None and self.tool == "edit" and self._selected is not None:
            self._tried(labels.assign, [self._selected], classes[place].class_id)
        else:
            self.keyPressed.emit(str(place + 1))

    def _drawn(self, geometry: QgsGeometry, source: str) -> None:
        if source == "hole":
            changed = self._labelling.cut(geometry)
            if not changed:
                self.hint.emit(self.tr("There is no label to cut into."))
            return
        labels = self._labelling.ensure_labels()
        if labels is None:
            return
        if self._class is None:  # what was drawn must not be lost for want of a name
            self._tried(labels.classes.add)
            made = labels.classes.classes()
            if not made:
                return
            self.choose_class(made[-1].class_id)
            self.hint.emit(
                self.tr("“{}” was made for it. Give it a name in the table.").format(made[-1].name)
            )
        if self._class is not None:
            self._labelling.add_label(geometry, self._class, source)

    def _read_window(self, row: int, col: int, radius: int = WAND_RADIUS) -> None:
        if self._labelling.reader is not None:
            self._labelling.reader.ask_window(row, col, radius)

    def _select(self, fid: object) -> None:
        self._selected = fid

    def _reshape(self, fid: object, geometry: QgsGeometry) -> None:
        if self._labelling.labels is not None:
            self._tried(self._labelling.labels.reshape, fid, geometry)

    def _delete(self, fid: object) -> None:
        if self._labelling.labels is not None:
            self._tried(self._labelling.labels.remove, [fid])
            self._selected = None

    def _tried(self, change: Callable[..., object], *arguments: object) -> None:
        """Change labels, or say why that is refused."""
        try:
            change(*arguments)
        except LabelLayerError as error:
            self._labelling.problem.emit(str(error))

    def _scene_changed(self) -> None:
        for tool in self.tools.values():
            tool.cancel()
            tool.set_grid(self._labelling.grid)
        reader = self._labelling.reader
        if reader is not None and reader is not self._reader:
            reader.windowRead.connect(self.wand.show)
        self._reader = reader
        if self._labelling.grid is None:
            self._put_down()

    def _labels_changed(self) -> None:
        labels = self._labelling.labels
        self.edit.set_labels(labels)
        if self._classes is not None:
            self._classes.changed.disconnect(self._classes_changed)
        self._classes = None if labels is None else labels.classes
        if self._classes is not None:
            self._classes.changed.connect(self._classes_changed)
        self._classes_changed()

    def _classes_changed(self) -> None:
        """Draw another class if the current one is gone, in the colour that it has now."""
        classes = () if self._classes is None else self._classes.classes()
        if any(known.class_id == self._class for known in classes):
            self._show_colour()
        elif classes or self._class is not None:
            self.choose_class(classes[0].class_id if classes else None)

    def _show_colour(self) -> None:
        classes = () if self._classes is None else self._classes.classes()
        for known in classes:
            if known.class_id == self._class:
                for tool in self.tools.values():
                    tool.set_colour(QColor(known.color))

    def _put_down(self) -> None:
        if not self.tool:
            return
        if self._previous is not None and not sip.isdeleted(self._previous):
            self.canvas.setMapTool(self._previous)
        else:
            self.canvas.unsetMapTool(self.canvas.mapTool())

    def _tool_set(self, new: QgsMapTool | None, old: QgsMapTool | None = None) -> None:
        self.toolChanged.emit(self.tool)
