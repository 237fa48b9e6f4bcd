"""Changes of labels that are written at once, and undone and redone as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsTransaction,
    QgsVectorDataProvider,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

try:
    from qgis.PyQt.QtGui import QUndoCommand
except ImportError:  # Qt 5 has it elsewhere
    from qgis.PyQt.QtWidgets import QUndoCommand

from ..translation import tr
from .class_list import ClassList
from .label_file import CLASS_ID, CLASS_NAME, LabelLayerError, class_id_of, path_of

_NEEDED = (
    QgsVectorDataProvider.Capability.AddFeatures,
    QgsVectorDataProvider.Capability.DeleteFeatures,
    QgsVectorDataProvider.Capability.ChangeAttributeValues,
    QgsVectorDataProvider.Capability.ChangeGeometries,
)


class LabelRef:
    """One label, whatever feature id it has at the moment."""

    def __init__(self, fid: int | None = None) -> None:
        self.fid = fid


class LabelRefs:
    """Follows labels whose feature ids change: saved edits and restored labels get new ones."""

    def __init__(self) -> None:
        self._refs: WeakValueDictionary[int, LabelRef] = WeakValueDictionary()

    def of(self, fid: int) -> LabelRef:
        """Return the label that has this feature id now."""
        ref = self._refs.get(fid)
        if ref is None or ref.fid != fid:
            ref = LabelRef(fid)
            self._refs[fid] = ref
        return ref

    def became(self, old: int, new: int) -> None:
        """Note that the label `old` has another feature id now."""
        ref = self._refs.pop(old, None)
        if ref is not None:
            self.settle(ref, new)

    def settle(self, ref: LabelRef, fid: int) -> None:
        """Note under which feature id a label has come (back) into the layer."""
        ref.fid = fid
        self._refs[fid] = ref


@dataclass(frozen=True)
class Content:
    """A label's fields and shape; for a change, only what changes."""

    values: Mapping[str, Any] = field(default_factory=dict)
    geometry: QgsGeometry | None = None


@dataclass
class LabelChange:
    """What happens to one label: it is added without `before`, removed without `after`."""

    ref: LabelRef
    before: Content | None
    after: Content | None

    def take(self, content: Content, forward: bool) -> None:
        """Note what a label is as it goes."""
        if forward:
            self.before = content
        else:
            self.after = content


@dataclass(frozen=True)
class _Work:
    """What is written at once: labels, feature ids, fields by their number, and shapes."""

    additions: Sequence[tuple[LabelRef, Content]]
    removals: list[int]
    values: dict[int, dict[int, Any]]
    geometries: dict[int, QgsGeometry]


class LabelCommand(QUndoCommand):
    """Some changes that belong together.

    It is carried out by `apply` before it is pushed, where an error can still reach the caller.

    Args:
        writer: writes into the layer.
        text: what the undo button says.
        changes: of the labels.
        also: called after the labels are written, with whether they went forward.
    """

    def __init__(
        self,
        writer: LabelWriter,
        text: str,
        changes: Sequence[LabelChange],
        also: Callable[[bool], None] | None = None,
    ) -> None:
        super().__init__(text)
        self._writer = writer
        self._changes = changes
        self._also = also
        self._done = False
        self._fresh = True  # the labels were just read

    def redo(self) -> None:
        """Do it again; nothing if it is done already (called by Qt)."""
        self._go(True)

    def undo(self) -> None:
        """Take it back (called by Qt)."""
        self._go(False)

    def apply(self, forward: bool) -> None:
        """Write the changes, or what was before them.

        Raises:
            LabelLayerError: if they cannot be written.
        """
        additions: list[tuple[LabelRef, Content]] = []
        removals: list[int] = []
        changes: dict[int, Content] = {}
        fids = [change.ref.fid for change in self._changes]
        here = None if self._fresh else self._writer.features(fids)
        for change in self._changes:
            old, new = change.before, change.after
            if not forward:
                old, new = new, old
            fid = change.ref.fid
            if old is None and new is not None:
                additions.append((change.ref, new))
            elif fid is None or (here is not None and fid not in here):
                continue
            elif new is not None:
                changes[fid] = new
            else:
                if here is not None:
                    # It may have been reshaped since: what comes back is what goes now.
                    change.take(content_of(here[fid]), forward)
                removals.append(fid)
        self._fresh = False
        if self._changes and not (additions or removals or changes):
            self._writer.problem.emit(
                tr("“{}”: the label is no longer there, so nothing was changed.").format(
                    self.text()
                )
            )
            # With classes to bring back, there is something left to do and undo.
            self.setObsolete(self._also is None)
        else:
            self._writer.write(self.text(), additions, removals, changes)
        self._done = forward
        if self._also is not None:
            self._also(forward)

    def _go(self, forward: bool) -> None:
        if self._done == forward:
            return
        try:
            self.apply(forward)
        except LabelLayerError as error:
            self._writer.problem.emit(str(error))


class LabelWriter(QObject):
    """Writes into a label layer.

    It writes straight into the file, or into QGIS's edit buffer while the user is editing.

    Attributes:
        layer: The layer; None once it is gone.
        refs: Follows the feature ids.

    Args:
        layer: of the labels.
        classes: their present names.
        parent: owns it.

    Signals:
        problem: A sentence when an undo or redo finds nothing, or cannot be written.
        written: The class fields of labels that were written into the file, by feature id, and
            the feature ids of those that were removed.
    """

    problem = pyqtSignal(str)
    written = pyqtSignal(object, object)

    def __init__(self, layer: QgsVectorLayer, classes: ClassList, parent: QObject) -> None:
        super().__init__(parent)
        self.layer: QgsVectorLayer | None = layer
        self.refs = LabelRefs()
        self._writing = False
        self._classes = classes
        self._places: dict[str, int] = {}

    @property
    def writing(self) -> bool:
        """Whether what the layer tells at the moment comes from here."""
        return self._writing or self._classes.writing

    def features(self, fids: Iterable[int | None]) -> dict[int | None, QgsFeature]:
        """Return the labels with these feature ids that are there.

        Raises:
            LabelLayerError: if the layer is gone.
        """
        if self.layer is None:
            raise LabelLayerError(tr("The label layer was removed. Choose or make another."))
        known = [fid for fid in fids if fid is not None]
        if not known:
            return {}
        self._refuse_missing()
        request = QgsFeatureRequest().setFilterFids(known)
        return {feature.id(): feature for feature in self.layer.getFeatures(request)}

    def write(
        self,
        text: str,
        additions: Sequence[tuple[LabelRef, Content]],
        removals: Sequence[int],
        changes: Mapping[int, Content],
    ) -> None:
        """Write all; it is on disk when this returns, unless the user edits the layer.

        Raises:
            LabelLayerError: if it cannot be written.
        """
        if not (additions or removals or changes):
            return
        self._refuse_unwritable()
        self._places = {
            entry.name().lower(): place for place, entry in enumerate(self.layer.fields())
        }
        values = {fid: self._by_index(content.values) for fid, content in changes.items()}
        values = {fid: entries for fid, entries in values.items() if entries}
        geometries = {
            fid: content.geometry
            for fid, content in changes.items()
            if content.geometry is not None
        }
        work = _Work(additions, list(removals), values, geometries)
        if self.layer.isEditable():
            self._into_buffer(text, work)
            self.layer.triggerRepaint()
            return
        self._into_file(work)
        place = self._places.get(CLASS_ID)
        classes = {fid: entries[place] for fid, entries in values.items() if place in entries}
        classes.update((ref.fid, content.values.get(CLASS_ID)) for ref, content in additions)
        self.written.emit(classes, removals)
        self._writing = True
        try:
            # Attribute tables, the canvas and whoever else looks at the layer learn of it.
            self.layer.dataProvider().dataChanged.emit()
        finally:
            self._writing = False
        self.layer.triggerRepaint()

    def _into_file(self, work: _Work) -> None:
        provider = self.layer.dataProvider()
        provider.enterUpdateMode()
        try:
            reason = self._tried(work, keep_fids=True)
            if reason and any(ref.fid is not None for ref, _ in work.additions):
                # The feature ids that they had before may be taken by now.
                reason = self._tried(work, keep_fids=False)
            if reason:
                path = path_of(self.layer)
                if work.additions and path is not None and path.exists():
                    provider.reloadData()  # it has counted labels that were rolled back
                raise self._failure(reason)
        finally:
            provider.leaveUpdateMode()

    def _tried(self, work: _Work, keep_fids: bool) -> str:
        """Write all into the file, or nothing; return why it cannot be written."""
        provider = self.layer.dataProvider()
        provider.clearErrors()
        transaction = QgsTransaction.create([self.layer])
        if transaction is None:
            return "?"
        begun, reason = transaction.begin()
        if not begun:
            return str(reason) or "?"
        added: list[QgsFeature] = []
        done = True
        if work.additions:
            features = [
                self._feature(ref if keep_fids else LabelRef(), content)
                for ref, content in work.additions
            ]
            done, added = provider.addFeatures(features)
        done = (
            done
            and (not work.values or provider.changeAttributeValues(work.values))
            and (not work.geometries or provider.changeGeometryValues(work.geometries))
            and (not work.removals or provider.deleteFeatures(work.removals))
        )
        if done:
            done, reason = transaction.commit()
        else:
            reason = next((text for text in reversed(provider.errors()) if text), "")
        if not done:
            transaction.rollback()
            return str(reason) or "?"
        for (ref, _), feature in zip(work.additions, added):
            self.refs.settle(ref, feature.id())
        return ""

    def _into_buffer(self, text: str, work: _Work) -> None:
        layer = self.layer
        features = [self._feature(LabelRef(), content) for _, content in work.additions]
        layer.beginEditCommand(text)
        ok = (
            all(layer.addFeature(feature) for feature in features)
            and all(
                layer.changeAttributeValue(fid, index, value)
                for fid, entries in work.values.items()
                for index, value in entries.items()
            )
            and all(layer.changeGeometry(fid, shape) for fid, shape in work.geometries.items())
            and (not work.removals or layer.deleteFeatures(work.removals))
        )
        if not ok:
            layer.destroyEditCommand()
            reasons = [text for text in layer.dataProvider().errors() if text]
            raise self._failure(reasons[-1] if reasons else "?")
        layer.endEditCommand()
        for (ref, _), feature in zip(work.additions, features):
            self.refs.settle(ref, feature.id())

    def _feature(self, ref: LabelRef, content: Content) -> QgsFeature:
        feature = QgsFeature(self.layer.fields())
        for index, value in self._by_index(content.values).items():
            feature.setAttribute(index, value)
        for index in self.layer.primaryKeyAttributes():
            # A restored label keeps its feature id where that is still free.
            feature.setAttribute(index, ref.fid if ref.fid is not None and ref.fid > 0 else None)
        if content.geometry is not None:
            feature.setGeometry(content.geometry)
        return feature

    def _by_index(self, values: Mapping[str, Any]) -> dict[int, Any]:
        """Return values by the number of their field, the class under its present name."""
        class_id = class_id_of(values.get(CLASS_ID))
        known = None if class_id is None else self._classes.find(class_id)
        if known is not None:
            values = {**values, CLASS_NAME: known.name}
        return {
            self._places[key.lower()]: value
            for key, value in values.items()
            if key.lower() in self._places
        }

    def _failure(self, reason: str) -> LabelLayerError:
        return LabelLayerError(
            tr(
                "The labels cannot be written to “{place}”: {reason}. Check that the disk is "
                "there and has space, and that you may write to the file."
            ).format(
                place=path_of(self.layer) or self.layer.name(),
                reason=reason.rstrip("."),
            )
        )

    def _refuse_missing(self) -> None:
        path = path_of(self.layer)
        if path is not None and not path.exists():
            # An open file can be written to after it is gone, into nothing.
            raise LabelLayerError(
                tr(
                    "“{}” is no longer there. Bring back its disk or folder, or begin a new "
                    "label layer."
                ).format(path)
            )

    def _refuse_unwritable(self) -> None:
        self._refuse_missing()
        able = self.layer.dataProvider().capabilities()
        if self.layer.readOnly() or not all(able & needed for needed in _NEEDED):
            raise LabelLayerError(
                tr(
                    "“{layer}” is read-only. Allow writing to “{place}”, or begin a new label "
                    "layer."
                ).format(layer=self.layer.name(), place=path_of(self.layer) or self.layer.name())
            )


def content_of(feature: QgsFeature) -> Content:
    """Return all that is stored of a label."""
    names = [entry.name() for entry in feature.fields()]
    return Content(dict(zip(names, feature.attributes())), QgsGeometry(feature.geometry()))
