"""The entry Plugins ▸ HSI FiLM ▸ Backbones…: asks, and gets, adds or removes in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import Qgis
from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal

from .background_task import BackgroundTask, Outcome
from .plugin_menu import PluginMenu
from .settings import engine_python

# The bridge is imported when the entry is used: a start of QGIS need not pay for it.
if TYPE_CHECKING:
    from .backbone_dialog import BackboneDialog
    from .bridge.backbone_catalogue import Entry
    from .bridge.backbone_install import Convert, Means
    from .bridge.backbone_source import Offer


class _Reporter(QObject):
    """Brings progress from the task's thread to the window's."""

    told = pyqtSignal(float, str)


class BackboneMenu(PluginMenu):
    """The entry about backbones, its window, and what runs for it."""

    def __init__(self, iface: Any) -> None:
        super().__init__(iface)
        self._dialog: BackboneDialog | None = None
        self._reporter = _Reporter()
        self._reporter.told.connect(self._show_progress)
        self.add_entry(self.tr("Backbones…"), self.open)

    def remove(self) -> None:
        """Take the entry away, cancel what runs and close the window."""
        super().remove()
        if self._dialog is not None:
            self._dialog.close()
            self._dialog.deleteLater()
            self._dialog = None

    def tr(self, text: str) -> str:
        """Translate `text` in the context of this class."""
        return QCoreApplication.translate("BackboneMenu", text)

    def open(self) -> None:
        """Show the window."""
        from .backbone_dialog import BackboneDialog

        if self._dialog is None:
            self._dialog = BackboneDialog(self._iface.mainWindow())
            self._dialog.downloadWanted.connect(self.download)
            self._dialog.addWanted.connect(self.add)
            self._dialog.removeWanted.connect(self.delete)
            self._dialog.cancelWanted.connect(self.cancel)
        self._refresh()
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def download(self, backbone: str) -> None:
        """Ask, and download a backbone of the catalogue."""
        from .backbone_list import size_text
        from .bridge.backbone_catalogue import Kind, find_entry
        from .bridge.backbone_install import download_backbone
        from .bridge.backbone_store import store_folder

        entry = find_entry(backbone)
        if entry is None:
            return
        convert = self._converter(entry.kind is Kind.CHECKPOINT)
        if convert is None:
            return
        question = self.tr(
            "Download {name}?\n\nSize: {size}\nLicence: {licence}\nFrom: {addresses}\n"
            "To: {folder}\n\n{remark}\n\nThe download is checked, can be cancelled and goes on "
            "later where it stopped. QGIS stays usable meanwhile."
        ).format(
            name=entry.name,
            size=size_text(entry.size),
            licence=f"{entry.licence} ({entry.licence_address})",
            addresses="\n".join(file.address for file in entry.files),
            folder=store_folder() / entry.id,
            remark=entry.remark or entry.what,
        )
        if not self.confirmed(question):
            return

        def work(means: Means) -> str:
            return self._is_installed(download_backbone(entry, means).id)

        self._run(self.tr("Downloading {}").format(entry.name), convert, work)

    def add(self, path: str, backbone: str) -> None:
        """Look at a file or folder, ask, and add it; as the user's own if `backbone` is empty."""
        from .bridge.backbone_catalogue import find_entry
        from .bridge.backbone_source import look_at

        entry = find_entry(backbone) if backbone else None
        offers: list[Offer] = []

        def work(means: Means) -> str:
            offers.append(look_at(Path(path), means.on_progress, means.is_cancelled))
            return ""

        def on_done(text: str) -> None:
            self._add_offer(offers[0], entry)

        self._run(self.tr("Looking at {}").format(Path(path).name), _unneeded(), work, on_done)

    def delete(self, backbone: str) -> None:
        """Ask, and remove an installed backbone."""
        from .backbone_list import size_text
        from .bridge.backbone_store import (
            BackboneFailure,
            installed_backbones,
            remove_backbone,
            store_folder,
        )

        store = store_folder()
        installed = installed_backbones(store).get(backbone)
        if installed is None or self._task is not None:
            return
        question = self.tr(
            "Remove {name} ({size})?\n\n{folder}\n\nModels that were trained with it cannot map "
            "any more until it is installed again."
        ).format(
            name=installed.origin.name,
            size=size_text(installed.size),
            folder=installed.folder,
        )
        if not self.confirmed(question, default=False):
            return
        try:
            remove_backbone(backbone, store)
            self._end(self.tr("{} was removed.").format(installed.origin.name))
        except BackboneFailure as failure:
            self._end(str(failure))

    def cancel(self) -> None:
        """Cancel what runs."""
        if self._task is not None:
            self._task.cancel()

    def tell(self, text: str, level: Qgis.MessageLevel) -> None:
        """Show a message in the window too, if it is open."""
        super().tell(text, level)
        self._end(text)

    def ended(self) -> None:
        """Show what is installed now."""
        if self._task is None:
            self._refresh()

    def _add_offer(self, offer: Offer, entry: Entry | None) -> None:
        from .bridge.backbone_catalogue import Kind
        from .bridge.backbone_install import add_backbone
        from .bridge.backbone_source import judge
        from .bridge.backbone_store import BackboneFailure, new_own_id, store_folder

        store = store_folder()
        backbone = entry.id if entry else new_own_id(offer.source.stem, store)
        self._end("")
        try:
            trust = judge(backbone, entry, offer, store)
        except BackboneFailure as failure:
            self.tell(str(failure), Qgis.MessageLevel.Warning)
            return
        convert = self._converter(offer.kind is Kind.CHECKPOINT)
        if convert is None or not self._trusted(trust, offer, entry, backbone):
            return

        def work(means: Means) -> str:
            return self._is_installed(add_backbone(backbone, entry, offer, means, trusted=True).id)

        self._run(self.tr("Adding {}").format(entry.name if entry else backbone), convert, work)

    def _trusted(self, trust: Any, offer: Offer, entry: Entry | None, backbone: str) -> bool:
        """Ask whether to add it, and tell what speaks for it."""
        from .backbone_list import size_text
        from .bridge.backbone_source import Trust

        reasons = {
            Trust.PUBLISHED: self.tr("Its sha256 is the known one."),
            Trust.KNOWN: self.tr("Its sha256 is the one that you trusted before."),
            Trust.FIRST: self.tr(
                "No sha256 is known to compare it with. If you go on, this one is remembered, and "
                "other files are not taken for this backbone without another question. Compare it "
                "with what the publisher states, if it does."
            ),
            Trust.CHANGED: self.tr(
                "CAUTION: these are not the files that you trusted before for this backbone. Go on "
                "only if you know why."
            ),
        }
        question = self.tr(
            "Add this as {name}?\n\n{source}\nSize: {size}\nLicence: {licence}\n\nsha256:\n{sums}"
            "\n\n{reason}"
        ).format(
            name=f"“{entry.name}”" if entry else self.tr("your own backbone “{}”").format(backbone),
            source=offer.source,
            size=size_text(offer.size),
            licence=entry.licence if entry else self.tr("that of its author"),
            sums="\n".join(f"{value}  {name}" for name, value in offer.sha256.items()),
            reason=reasons[trust],
        )
        return self.confirmed(question, default=trust is not Trust.CHANGED)

    def _run(
        self,
        description: str,
        convert: Convert,
        work: Callable[[Means], str],
        on_done: Callable[[str], None] | None = None,
    ) -> None:
        """Do something about backbones in the background; `work` returns what to tell."""
        from .bridge.backbone_install import Means
        from .bridge.backbone_store import BackboneFailure, BackboneStopped, store_folder
        from .network import get

        reporter = self._reporter

        def do(task: BackgroundTask) -> Outcome:
            def on_progress(fraction: float, message: str) -> None:
                task.setProgress(100.0 * fraction)
                if not task.isCanceled():
                    reporter.told.emit(fraction, message)

            means = Means(store_folder(), get, convert, on_progress, task.isCanceled)
            try:
                return Outcome(True, work(means))
            except (BackboneFailure, BackboneStopped) as failure:
                return Outcome(False, str(failure))

        if self.start(description, do, on_done):
            self._show_progress(0.0, description)

    def _converter(self, wanted: bool) -> Convert | None:
        """What converts checkpoints, if that is wanted; None if the engine is missing."""
        from .bridge.backbone_install import engine_converter
        from .bridge.backbone_store import BackboneFailure

        if not wanted:
            return _unneeded()
        try:
            return engine_converter(engine_python())
        except BackboneFailure as failure:
            self.tell(str(failure), Qgis.MessageLevel.Warning)
            return None

    def _is_installed(self, backbone: str) -> str:
        return self.tr("Installed. Write {} into the parameter Backbone to use it.").format(
            backbone
        )

    def _show_progress(self, fraction: float, message: str) -> None:
        # what was told just before the end may arrive after it
        if self._dialog is not None and self._task is not None:
            self._dialog.show_progress(fraction, message)

    def _end(self, text: str) -> None:
        if self._dialog is not None and self._task is None:
            self._dialog.show_end(text)
            self._refresh()

    def _refresh(self) -> None:
        from .backbone_list import rows
        from .bridge.backbone_store import store_folder

        if self._dialog is not None:
            self._dialog.show_rows(rows(store_folder()))


def _unneeded() -> Convert:
    from .bridge.backbone_install import no_converter

    return no_converter
