"""The class field in QGIS's own dialogs, where the label layer may be a raster."""

from __future__ import annotations

import pytest


@pytest.fixture
def project(provider, scene, polygons):
    from qgis.core import QgsProject, QgsRasterLayer

    raster = QgsRasterLayer(scene, "a raster")
    QgsProject.instance().addMapLayers([raster, polygons.clone()])
    yield QgsProject.instance()
    QgsProject.instance().clear()


@pytest.fixture
def widgets(project):
    """The widgets that the algorithm dialog makes for trainclassifier's layer and field."""
    from processing.gui.wrappers import WidgetWrapperFactory
    from qgis.core import QgsApplication, QgsProcessingContext
    from qgis.gui import QgsProcessingContextGenerator
    from qgis.PyQt.QtWidgets import QDialog

    class Generator(QgsProcessingContextGenerator):
        def __init__(self):
            super().__init__()
            self.context = QgsProcessingContext()
            self.context.setProject(project)

        def processingContext(self):
            return self.context

    class AlgorithmDialog(QDialog):  # the name is what tells QGIS the kind of dialog
        pass

    generator = Generator()
    dialog = AlgorithmDialog()
    algorithm = QgsApplication.processingRegistry().algorithmById("hsifilm:trainclassifier")
    made, kept = [], [generator, dialog]
    for name in ("LABELS", "CLASS_FIELD"):
        wrapper = WidgetWrapperFactory.create_wrapper(algorithm.parameterDefinition(name), dialog)
        wrapper.registerProcessingContextGenerator(generator)
        if not hasattr(wrapper, "widget"):
            kept.append(wrapper.createWrappedWidget(generator.context))
        made.append(wrapper)
    layer, field = made
    layer.kept = kept

    def choose(wanted):
        (found,) = project.mapLayersByName(wanted)
        layer.setParameterValue(found.id(), generator.context)

    layer.choose = choose
    return layer, field


def names_shown(field):
    combo = field.widget
    return [combo.itemText(number) for number in range(combo.count()) if combo.itemText(number)]


def test_a_raster_has_no_field_to_choose(widgets):
    layer, field = widgets
    layer.choose("a raster")
    field.postInitialize(widgets)
    assert not field.widget.isEnabled()
    assert field.parameterValue() is None


def test_a_vector_layer_offers_its_fields(widgets):
    layer, field = widgets
    layer.choose("a raster")
    field.postInitialize(widgets)
    layer.choose("my labels")
    assert field.widget.isEnabled()
    assert names_shown(field) == ["fid", "class_id", "class_name"]
    field.setParameterValue("class_name", layer.kept[0].context)
    assert field.parameterValue() == "class_name"
    layer.choose("a raster")
    assert field.parameterValue() is None


def test_a_field_of_a_former_run_is_kept_until_its_layer_is_chosen(widgets):
    layer, field = widgets
    layer.choose("a raster")
    field.postInitialize(widgets)
    field.setParameterValue("class_id", layer.kept[0].context)
    layer.choose("my labels")
    assert field.parameterValue() == "class_id"


def test_the_field_that_the_layer_is_styled_by_is_proposed(widgets, project):
    from qgis.core import QgsCategorizedSymbolRenderer

    layer, field = widgets
    (polygons,) = project.mapLayersByName("my labels")
    polygons.setRenderer(QgsCategorizedSymbolRenderer("class_name", []))
    layer.choose("a raster")
    field.postInitialize(widgets)
    layer.choose("my labels")
    assert field.parameterValue() == "class_name"


def test_the_algorithm_dialog_opens_with_a_raster_as_labels(project):
    from processing.gui.AlgorithmDialog import AlgorithmDialog
    from qgis.core import QgsApplication

    algorithm = QgsApplication.processingRegistry().algorithmById("hsifilm:trainclassifier")
    dialog = AlgorithmDialog(algorithm.create(), False, None)
    (raster,) = project.mapLayersByName("a raster")
    (labels,) = project.mapLayersByName("my labels")
    dialog.setParameters({"INPUT": raster.id(), "LABELS": raster.id()})
    assert dialog.mainWidget().createProcessingParameters().get("CLASS_FIELD") is None
    dialog.setParameters({"LABELS": labels.id(), "CLASS_FIELD": "class_id"})
    assert dialog.mainWidget().createProcessingParameters()["CLASS_FIELD"] == "class_id"
    dialog.deleteLater()


def test_the_batch_dialog_opens(project):
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
    from qgis.core import QgsApplication

    algorithm = QgsApplication.processingRegistry().algorithmById("hsifilm:trainandclassify")
    dialog = BatchAlgorithmDialog(algorithm.create())
    assert dialog.mainWidget() is not None
    dialog.deleteLater()


def test_the_model_designer_has_its_own_widget(project):
    from processing.gui.wrappers import WidgetWrapperFactory
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingModelAlgorithm
    from qgis.gui import QgsProcessingModelerParameterWidget
    from qgis.PyQt.QtWidgets import QDialog

    class ModelerParametersDialog(QDialog):
        pass

    dialog = ModelerParametersDialog()
    dialog.model = QgsProcessingModelAlgorithm()
    dialog.childId = None
    dialog.context = QgsProcessingContext()
    algorithm = QgsApplication.processingRegistry().algorithmById("hsifilm:trainclassifier")
    definition = algorithm.parameterDefinition("CLASS_FIELD")
    widget = WidgetWrapperFactory.create_wrapper(definition, dialog)
    assert isinstance(widget, QgsProcessingModelerParameterWidget)
