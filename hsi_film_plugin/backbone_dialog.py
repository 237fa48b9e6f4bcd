"""The window that lists backbones, tells about each, and offers to get, add or remove them."""

from __future__ import annotations

from html import escape
from pathlib import Path

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QAction,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from .backbone_list import Row, size_text
from .bridge.backbone_catalogue import Kind


class BackboneDialog(QDialog):
    """Shows rows of backbones; what the user wants is told by signals.

    Signals:
        downloadWanted: The id of a backbone to download.
        addWanted: A file or folder, and the id that it is added for; empty for the user's own.
        removeWanted: The id of a backbone to remove.
        cancelWanted: What runs is to be cancelled.
    """

    downloadWanted = pyqtSignal(str)  # noqa: N815
    addWanted = pyqtSignal(str, str)  # noqa: N815
    removeWanted = pyqtSignal(str)  # noqa: N815
    cancelWanted = pyqtSignal()  # noqa: N815

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("HSI FiLM: backbones"))
        self.resize(860, 660)
        self._rows: list[Row] = []
        self._table = self._new_table()
        self._details = QTextBrowser(self)
        self._details.setOpenExternalLinks(True)
        self._details.setAccessibleName(self.tr("About the selected backbone"))
        self._status = QLabel(self)
        self._status.setWordWrap(True)
        self._status.setTextFormat(Qt.TextFormat.PlainText)
        self._status.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._status.hide()
        self._progress = self._new_progress()
        introduction = QLabel(
            self.tr(
                "A backbone is the frozen diffusion model that looks at the scene. The bundled one "
                "needs no download. An installed one is chosen by its id in the parameter Backbone."
            ),
            self,
        )
        introduction.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(introduction)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._details, 1)
        layout.addWidget(self._status)
        layout.addWidget(self._progress)
        layout.addWidget(self._new_buttons())
        self._tell_of_selection()

    def show_rows(self, rows: list[Row]) -> None:
        """Show these backbones, and keep the selection."""
        selected = self._selected()
        self._rows = rows
        self._table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            texts = (row.name, f"{size_text(row.size)}\u2002", row.licence, row.state_text)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if column == _SIZE:
                    item.setTextAlignment(_RIGHT)
                self._table.setItem(number, column, item)
        ids = [row.id for row in rows]
        if rows:
            self._table.selectRow(ids.index(selected.id) if selected and selected.id in ids else 0)
        self._tell_of_selection()

    def select(self, backbone: str) -> None:
        """Select the row of that id."""
        for number, row in enumerate(self._rows):
            if row.id == backbone:
                self._table.selectRow(number)

    def show_progress(self, fraction: float, message: str) -> None:
        """Show that something runs, and how far it is."""
        self._status.hide()
        self._progress.show()
        self._message.setText(message)
        self._bar.setValue(round(1000 * fraction))
        self._enable()

    def show_end(self, text: str) -> None:
        """Show that nothing runs any more, and how it ended."""
        self._progress.hide()
        self._status.setText(text)
        self._status.setVisible(bool(text))
        self._enable()

    def _new_table(self) -> QTableWidget:
        table = QTableWidget(0, len(_COLUMNS), self)
        table.setHorizontalHeaderLabels(
            [
                self.tr("Name"),
                self.tr("Size"),
                self.tr("Licence"),
                self.tr("Installed"),
            ]
        )
        table.horizontalHeaderItem(_SIZE).setTextAlignment(_RIGHT)
        table.setAccessibleName(self.tr("Backbones"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)  # Tab leads on to the buttons, arrows through the rows
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.itemSelectionChanged.connect(self._tell_of_selection)
        return table

    def _new_progress(self) -> QWidget:
        row = QWidget(self)
        self._message = QLabel(row)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar(row)
        self._bar.setRange(0, 1000)
        self._bar.setFormat("%p %")
        cancel = QPushButton(self.tr("Ca&ncel"), row)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(lambda checked=False: self.cancelWanted.emit())
        layout = QVBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._message)
        line = QHBoxLayout()
        line.addWidget(self._bar, 1)
        line.addWidget(cancel)
        layout.addLayout(line)
        row.hide()
        return row

    def _new_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, parent=self)
        action = QDialogButtonBox.ButtonRole.ActionRole
        self._download = buttons.addButton(self.tr("&Download…"), action)
        self._add = buttons.addButton(self.tr("&Add from file"), action)
        self._remove = buttons.addButton(self.tr("&Remove…"), action)
        for button in (self._download, self._add, self._remove):
            button.setAutoDefault(False)
        menu = QMenu(self._add)
        self._add_selected = QAction(menu)
        self._add_selected.triggered.connect(lambda checked=False: self._choose_for_selected())
        own_file = QAction(self.tr("A &checkpoint of my own (.pt)…"), menu)
        own_file.triggered.connect(lambda checked=False: self._choose(Kind.CHECKPOINT, ""))
        own_folder = QAction(self.tr("A &folder of my own, in diffusers format…"), menu)
        own_folder.triggered.connect(lambda checked=False: self._choose(Kind.FOLDER, ""))
        menu.addActions([self._add_selected, own_file, own_folder])
        self._add.setMenu(menu)
        self._download.clicked.connect(lambda: self._emit(self.downloadWanted))
        self._remove.clicked.connect(lambda: self._emit(self.removeWanted))
        buttons.rejected.connect(self.reject)
        return buttons

    def _emit(self, signal: pyqtSignal) -> None:
        row = self._selected()
        if row is not None:
            signal.emit(row.id)

    def _selected(self) -> Row | None:
        numbers = {index.row() for index in self._table.selectedIndexes()}
        return self._rows[min(numbers)] if numbers and max(numbers) < len(self._rows) else None

    def _tell_of_selection(self) -> None:
        row = self._selected()
        self._details.setHtml("" if row is None else self._described(row))
        self._enable()

    def _enable(self) -> None:
        row = self._selected()
        idle = self._progress.isHidden()
        self._download.setEnabled(idle and row is not None and row.downloadable)
        self._remove.setEnabled(idle and row is not None and row.removable)
        self._add.setEnabled(idle)
        addable = row is not None and row.addable
        self._add_selected.setVisible(addable)
        if addable:
            name = row.name.replace("&", "&&")
            text = (
                self.tr("The &file “{}”…")
                if row.kind is Kind.CHECKPOINT
                else self.tr("The &files of “{}”, in one folder…")
            )
            self._add_selected.setText(
                text.format(row.files[0].name if row.kind is Kind.CHECKPOINT else name)
            )

    def _choose_for_selected(self) -> None:
        row = self._selected()
        if row is not None:
            self._choose(row.kind, row.id)

    def _choose(self, kind: Kind, backbone: str) -> None:
        title = self.tr("Add a backbone")
        if kind is Kind.FOLDER:
            path = QFileDialog.getExistingDirectory(self, title, str(Path.home()))
        else:
            kinds = self.tr("Checkpoints (*.pt *.pth *.ckpt);;All files (*)")
            path, _ = QFileDialog.getOpenFileName(self, title, str(Path.home()), kinds)
        if path:
            self.addWanted.emit(path, backbone)

    def _described(self, row: Row) -> str:
        """Return what is known of a backbone, as HTML."""
        parts = [f"<p><b>{escape(row.name)}</b><br>{escape(row.what)}</p>" if row.what else ""]
        if row.way is not None:
            parts.append(f"<p>{escape(row.way)}</p>")
        lines = [(self.tr("Id"), f"<code>{escape(row.id)}</code>")]
        lines.append((self.tr("Licence"), _link(row.licence_address, row.licence)))
        if row.page:
            lines.append((self.tr("From"), _link(row.page, row.page)))
        for file in row.files:
            lines.append((self.tr("File"), _link(file.address, file.name)))
            if file.sha256:
                lines.append((self.tr("sha256"), f"<code>{escape(file.sha256)}</code>"))
        if row.remark:
            lines.append((self.tr("Note"), escape(row.remark)))
        if row.folder is not None:
            lines.append((self.tr("Folder"), escape(str(row.folder))))
        cells = "".join(
            f"<tr><td style='padding-right: 12px'>{escape(title)}</td><td>{value}</td></tr>"
            for title, value in lines
        )
        return "".join([*parts, f"<table>{cells}</table>"])


_COLUMNS = ("name", "size", "licence", "state")
_SIZE = _COLUMNS.index("size")
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _link(address: str | None, text: str) -> str:
    if address is None:
        return escape(text)
    return f"<a href='{escape(address)}'>{escape(text)}</a>"
