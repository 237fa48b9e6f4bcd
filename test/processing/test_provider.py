"""What the Toolbox shows of the provider: frozen names, help, icons and groups."""

from __future__ import annotations

import pytest

# Frozen: scripts, models and qgis_process calls of users name these.
INPUTS_OF_TRAINING = [
    "INPUT",
    "LABELS",
    "CLASS_FIELD",
    "BACKBONE",
    "SYNTHETIC",
    "SEED",
    "TIMESTEP",
    "BLOCKS",
    "PSEUDO_IMAGE",
    "ENSEMBLE",
    "DEVICE",
]
PARAMETERS = {
    "trainclassifier": [*INPUTS_OF_TRAINING, "MODEL", "REPORT"],
    "classifyraster": [
        "INPUT",
        "MODEL",
        "EXTENT",
        "DEVICE",
        "DASK_SCHEDULER",
        "MIN_CONFIDENCE",
        "OUTPUT",
        "CONFIDENCE",
        "PROBABILITIES",
    ],
    "trainandclassify": [
        *INPUTS_OF_TRAINING,
        "EXTENT",
        "DASK_SCHEDULER",
        "MIN_CONFIDENCE",
        "OUTPUT",
        "CONFIDENCE",
        "MODEL",
        "REPORT",
    ],
    "assessaccuracy": ["INPUT", "REFERENCE", "CLASS_FIELD", "REPORT", "TABLE"],
    "extractfeatures": [
        "INPUT",
        "BACKBONE",
        "COMPONENTS",
        "TIMESTEP",
        "BLOCKS",
        "PSEUDO_IMAGE",
        "DEVICE",
        "OUTPUT",
    ],
    "trainsynthesizer": [
        "INPUT",
        "LABELS",
        "CLASS_FIELD",
        "DESCRIPTIONS",
        "SEED",
        "MORE_SCENES",
        "PROMPTS",
        "PATCH_SIZE",
        "EFFORT",
        "UNLABELLED",
        "CLIPPING",
        "UNCERTAINTY",
        "TEXT_ENCODER",
        "DEVICE",
        "SYNTHESIZER",
        "REPORT",
        "PROMPT_TABLE",
    ],
    "synthesizesamples": [
        "SYNTHESIZER",
        "CLASS",
        "PROMPT",
        "NEGATIVE_PROMPT",
        "COUNT",
        "BALANCE",
        "GUIDANCE",
        "STEPS",
        "SEED",
        "TEXT_ENCODER",
        "DEVICE",
        "OUTPUT",
        "LABELS",
        "SAMPLES",
        "LIBRARY",
    ],
    "evaluatesamples": [
        "SYNTHESIZER",
        "SAMPLES",
        "INPUT",
        "LABELS",
        "CLASS_FIELD",
        "SEED",
        "TEXT_ENCODER",
        "DEVICE",
        "REPORT",
        "TABLE",
    ],
    "createsamplescene": ["WIDTH", "HEIGHT", "SEED", "OUTPUT", "TRAINING", "REFERENCE"],
}
ADVANCED = {
    "TIMESTEP",
    "BLOCKS",
    "PSEUDO_IMAGE",
    "ENSEMBLE",
    "DEVICE",
    "DASK_SCHEDULER",
    "MIN_CONFIDENCE",
    "MORE_SCENES",
    "PROMPTS",
    "PATCH_SIZE",
    "EFFORT",
    "UNLABELLED",
    "CLIPPING",
    "UNCERTAINTY",
    "TEXT_ENCODER",
    "NEGATIVE_PROMPT",
    "BALANCE",
    "STEPS",
}
NOT_MADE_UNLESS_ASKED = {"CONFIDENCE", "PROBABILITIES", "PROMPT_TABLE", "LIBRARY"}

each_algorithm = pytest.mark.parametrize("name", sorted(PARAMETERS))


def test_the_algorithms_are_those_promised(provider):
    assert {algorithm.name() for algorithm in provider.algorithms()} == set(PARAMETERS)


@each_algorithm
def test_parameter_names_are_frozen(provider, name):
    definitions = provider.algorithm(name).parameterDefinitions()
    assert [definition.name() for definition in definitions] == PARAMETERS[name]


@each_algorithm
def test_outputs_are_the_destinations(provider, name):
    algorithm = provider.algorithm(name)
    destinations = [d.name() for d in algorithm.destinationParameterDefinitions()]
    assert [o.name() for o in algorithm.outputDefinitions()] == destinations


@each_algorithm
def test_every_parameter_is_explained_in_a_sentence(provider, name):
    algorithm = provider.algorithm(name)
    page = algorithm.shortHelpString()
    for definition in algorithm.parameterDefinitions():
        sentence = definition.help()
        assert len(sentence.split()) >= 5, definition.name()
        assert sentence.endswith("."), definition.name()
        assert sentence in page
        assert definition.description() in page


@each_algorithm
def test_only_the_expert_choices_are_advanced(provider, name):
    from qgis.core import QgsProcessingParameterDefinition

    flag = QgsProcessingParameterDefinition.Flag.FlagAdvanced
    definitions = provider.algorithm(name).parameterDefinitions()
    advanced = {definition.name() for definition in definitions if definition.flags() & flag}
    assert advanced == ADVANCED & set(PARAMETERS[name])


@each_algorithm
def test_optional_maps_are_made_only_when_asked(provider, name):
    for definition in provider.algorithm(name).destinationParameterDefinitions():
        assert definition.createByDefault() == (definition.name() not in NOT_MADE_UNLESS_ASKED)


@each_algorithm
def test_each_algorithm_can_be_found_and_recognised(provider, name):
    algorithm = provider.algorithm(name)
    assert "hyperspectral" in algorithm.tags() or "accuracy assessment" in algorithm.tags()
    assert not algorithm.icon().pixmap(24, 24).isNull()
    assert algorithm.groupId()
    assert algorithm.group()
    assert algorithm.helpUrl().startswith("https://")


def test_groups_sort_the_toolbox(provider):
    groups = {algorithm.name(): algorithm.group() for algorithm in provider.algorithms()}
    assert groups == {
        "trainclassifier": "Classification",
        "classifyraster": "Classification",
        "trainandclassify": "Classification",
        "assessaccuracy": "Accuracy",
        "extractfeatures": "Features",
        "trainsynthesizer": "Synthetic samples",
        "synthesizesamples": "Synthetic samples",
        "evaluatesamples": "Synthetic samples",
        "createsamplescene": "Sample data",
    }


def test_algorithms_stay_listed_without_an_engine_and_say_what_is_missing(
    provider, monkeypatch, tmp_path
):
    monkeypatch.setenv("HSIFILM_ENGINE_PYTHON", str(tmp_path / "no-python"))
    for name in PARAMETERS:
        ready, message = provider.algorithm(name).canExecute()
        if name == "createsamplescene":
            assert ready
        else:
            assert not ready
            assert "no-python" in message


def test_maps_are_offered_as_geotiff(provider):
    assert provider.defaultRasterFileExtension() == "tif"
    assert set(provider.supportedOutputRasterLayerExtensions()) == {"tif", "tiff"}
