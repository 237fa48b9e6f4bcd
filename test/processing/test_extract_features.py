"""hsifilm:extractfeatures, down to the job that the engine gets."""

from __future__ import annotations


def test_features_are_asked_for_with_sixteen_components(run, engine, scene, tmp_path):
    output = str(tmp_path / "features.tif")
    assert run("extractfeatures", INPUT=scene, OUTPUT=output) == {"OUTPUT": output}
    assert engine.jobs == [
        (
            "extract_features",
            {
                "input": scene,
                "pseudo_image": "auto",
                "components": 16,
                "device": "auto",
                "output": output,
            },
        )
    ]


def test_choices_reach_the_engine(run, engine, scene, tmp_path):
    run(
        "extractfeatures",
        INPUT=scene,
        COMPONENTS=3,
        TIMESTEP=100,
        BLOCKS="-2",
        PSEUDO_IMAGE=1,
        DEVICE=3,
        OUTPUT=str(tmp_path / "features.tif"),
    )
    assert engine.job["components"] == 3
    assert engine.job["timestep"] == 100
    assert engine.job["blocks"] == [-2]
    assert engine.job["pseudo_image"] == "rgb"
    assert engine.job["device"] == "mps"
