"""The algorithms as steps of a graphical model."""

from __future__ import annotations

import shutil


def test_training_and_classifying_can_be_steps_of_a_model(
    provider, engine, feedback, scene, polygons, tmp_path
):
    from qgis.core import (
        QgsProcessingContext,
        QgsProcessingModelAlgorithm,
        QgsProcessingModelChildAlgorithm,
        QgsProcessingModelChildParameterSource,
        QgsProcessingModelOutput,
        QgsProcessingModelParameter,
        QgsProcessingParameterField,
        QgsProcessingParameterMapLayer,
        QgsProcessingParameterRasterLayer,
        QgsProject,
    )

    source = QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("map it", "tests")
    for definition in (
        QgsProcessingParameterRasterLayer("scene"),
        QgsProcessingParameterMapLayer("labels"),
        QgsProcessingParameterField("field", parentLayerParameterName="labels"),
    ):
        model.addModelParameter(definition, QgsProcessingModelParameter(definition.name()))

    train = QgsProcessingModelChildAlgorithm("hsifilm:trainclassifier")
    train.setChildId("train")
    train.addParameterSources("INPUT", [source.fromModelParameter("scene")])
    train.addParameterSources("LABELS", [source.fromModelParameter("labels")])
    train.addParameterSources("CLASS_FIELD", [source.fromModelParameter("field")])
    model.addChildAlgorithm(train)

    classify = QgsProcessingModelChildAlgorithm("hsifilm:classifyraster")
    classify.setChildId("classify")
    classify.addParameterSources("INPUT", [source.fromModelParameter("scene")])
    classify.addParameterSources("MODEL", [source.fromChildOutput("train", "MODEL")])
    output = QgsProcessingModelOutput("map")
    output.setChildId("classify")
    output.setChildOutputName("OUTPUT")
    classify.setModelOutputs({"map": output})
    model.addChildAlgorithm(classify)
    model.initAlgorithm()
    project = QgsProject()
    project.addMapLayer(polygons.clone())
    context = QgsProcessingContext()
    context.setProject(project)
    results, fine = model.run(
        {
            "scene": scene,
            "labels": next(iter(project.mapLayers())),
            "field": "class_id",
            "classify:map": str(tmp_path / "map.tif"),
        },
        context,
        feedback,
    )
    assert fine, feedback.errors
    assert results["classify:map"] == str(tmp_path / "map.tif")
    (_, training), (_, classification) = engine.jobs
    assert training["class_field"] == "class_id"
    assert training["model"] == classification["model"]
    assert classification["output"] == str(tmp_path / "map.tif")


def test_a_step_that_fails_fails_the_model(provider, engine, feedback, scene, tmp_path):
    from qgis.core import (
        QgsProcessingContext,
        QgsProcessingModelAlgorithm,
        QgsProcessingModelChildAlgorithm,
        QgsProcessingModelChildParameterSource,
    )

    shutil.copy(scene, tmp_path / "labels.tif")
    source = QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("map it", "tests")
    train = QgsProcessingModelChildAlgorithm("hsifilm:trainclassifier")
    train.setChildId("train")
    train.addParameterSources("INPUT", [source.fromStaticValue(scene)])
    train.addParameterSources("LABELS", [source.fromStaticValue(str(tmp_path / "labels.tif"))])
    train.addParameterSources("BLOCKS", [source.fromStaticValue("none such")])
    model.addChildAlgorithm(train)
    model.initAlgorithm()
    _, fine = model.run({}, QgsProcessingContext(), feedback)
    assert not fine
    assert any("Decoder blocks" in error for error in feedback.errors)
