"""hsifilm:classifyraster, down to the job that the engine gets and the layers it loads."""

from __future__ import annotations

import pytest


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_text("")
    return str(path)


def test_the_whole_scene_is_classified_by_default(run, engine, scene, model, tmp_path):
    output = str(tmp_path / "classes.tif")
    results = run("classifyraster", INPUT=scene, MODEL=model, OUTPUT=output)
    assert results == {"OUTPUT": output}
    assert engine.jobs == [
        (
            "classify",
            {
                "input": scene,
                "model": model,
                "device": "auto",
                "min_confidence": 0.0,
                "output": output,
            },
        )
    ]


def test_all_that_can_be_asked_reaches_the_engine(run, engine, scene, model, tmp_path):
    names = {
        "OUTPUT": str(tmp_path / "classes.tif"),
        "CONFIDENCE": str(tmp_path / "confidence.tif"),
        "PROBABILITIES": str(tmp_path / "probabilities.tif"),
    }
    results = run(
        "classifyraster",
        INPUT=scene,
        MODEL=model,
        EXTENT="500010,500050,5799950,5799990 [EPSG:32633]",
        DEVICE=2,
        DASK_SCHEDULER=" tcp://head:8786 ",
        MIN_CONFIDENCE=0.4,
        **names,
    )
    assert results == names
    assert engine.job["extent"] == [500010.0, 5799950.0, 500050.0, 5799990.0]
    assert engine.job["device"] == "cuda"
    assert engine.job["dask_scheduler"] == "tcp://head:8786"
    assert engine.job["min_confidence"] == 0.4
    assert engine.job["confidence"] == names["CONFIDENCE"]
    assert engine.job["probabilities"] == names["PROBABILITIES"]


def test_an_extent_in_another_crs_is_brought_to_the_scenes(run, engine, scene, model, tmp_path):
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsProject,
        QgsRectangle,
        QgsReferencedRectangle,
    )

    utm = QgsCoordinateReferenceSystem("EPSG:32633")
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    wanted = QgsRectangle(500010, 5799950, 500050, 5799990)
    box = QgsCoordinateTransform(utm, degrees, QgsProject.instance()).transform(wanted)
    run(
        "classifyraster",
        INPUT=scene,
        MODEL=model,
        EXTENT=QgsReferencedRectangle(box, degrees),
        OUTPUT=str(tmp_path / "classes.tif"),
    )
    assert engine.job["extent"] == pytest.approx([500010, 5799950, 500050, 5799990], abs=0.5)


def test_the_map_is_loaded_with_class_names_and_colours(
    provider, engine, feedback, scene, model, tmp_path
):
    import processing
    from qgis.core import QgsProcessingContext, QgsProject

    engine.result = {"classes": [{"value": 1, "name": "Wald", "color": "#007700"}]}
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    processing.runAndLoadResults(
        "hsifilm:classifyraster",
        {
            "INPUT": scene,
            "MODEL": model,
            "OUTPUT": str(tmp_path / "classes.tif"),
            "CONFIDENCE": str(tmp_path / "confidence.tif"),
        },
        feedback=feedback,
        context=context,
    )
    layers = {layer.name(): layer for layer in QgsProject.instance().mapLayers().values()}
    try:
        (entry,) = layers["scene – classes"].renderer().classes()
        assert (entry.value, entry.label, entry.color.name()) == (1, "Wald", "#007700")
        tree = QgsProject.instance().layerTreeRoot()
        assert tree.findLayer(layers["scene – classes"]).isVisible()
        assert not tree.findLayer(layers["scene – confidence"]).isVisible()
        ramp = layers["scene – confidence"].renderer()
        assert (ramp.classificationMin(), ramp.classificationMax()) == (0.0, 1.0)
        assert ramp.band() == 1
    finally:
        QgsProject.instance().clear()
