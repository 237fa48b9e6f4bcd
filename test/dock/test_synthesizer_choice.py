"""Which synthesizer is used, and whether it fits the image and its labels."""

from __future__ import annotations

import pytest


@pytest.fixture
def choice(qgis, until):
    from hsi_film_plugin.dock.synthesizer_choice import SynthesizerChoice

    choice = SynthesizerChoice()
    choice.told = []
    choice.changed.connect(lambda: choice.told.append(choice.path))

    def choose(path):
        choice.use(path)
        until(lambda: not choice.reading)

    choice.choose = choose
    return choice


def test_a_synthesizer_says_what_it_knows(choice, write_synthesizer, tmp_path, until):
    path = write_synthesizer(tmp_path / "s.safetensors")
    choice.use(path)
    assert choice.reading
    assert (choice.told, choice.facts) == ([path], None)
    until(lambda: choice.facts is not None)
    assert choice.told == [path, path]
    assert [known.name for known in choice.facts.classes] == ["Forest", "Water"]
    assert choice.problem == ""


def test_another_file_is_a_problem_to_be_told(choice, write_samples, tmp_path):
    choice.choose(write_samples(tmp_path / "s.safetensors"))
    assert choice.facts is None
    assert "no synthesizer" in choice.problem
    choice.choose(str(tmp_path / "gone.safetensors"))
    assert "gone" in choice.problem
    choice.use("")
    assert (choice.facts, choice.problem) == (None, "")


def test_of_two_files_the_later_one_is_read(
    choice, write_synthesizer, tmp_path, until, end_of_tasks
):
    choice.use(write_synthesizer(tmp_path / "a.safetensors"))
    choice.use(write_synthesizer(tmp_path / "b.safetensors"))
    until(lambda: not choice.reading)
    end_of_tasks()
    assert choice.facts.path == tmp_path / "b.safetensors"
    choice.use(str(tmp_path / "a.safetensors"))
    choice.use("")
    end_of_tasks()
    assert (choice.facts, choice.problem) == (None, "")


def test_bands_of_another_sensor_are_told(labelling, add_scene):
    import numpy as np

    from hsi_film_plugin.dock.synthesizer_choice import why_other_bands

    assert why_other_bands((400, 500), 0, labelling) == ""  # there is no image to fit
    labelling.set_scene(add_scene())
    own = np.linspace(400, 2400, 20)
    assert why_other_bands(own + 60, 0, labelling) == ""  # 0.6 of the way to the next one
    assert "10 of the 20" in why_other_bands(own[::2] + 41, 0, labelling)
    assert why_other_bands((), 0, labelling) == ""
    # what is made may have more bands than the image, not fewer
    assert why_other_bands((*own, 450.0), 0, labelling) == ""
    reason = why_other_bands(own[3:9], 0, labelling)
    assert "scene" in reason
    assert "14 of the 20" in reason


def test_bands_that_the_engine_left_out_are_not_missed(labelling, add_scene):
    import numpy as np

    from hsi_film_plugin.dock.synthesizer_choice import why_other_bands

    labelling.set_scene(add_scene())
    own = np.linspace(400, 2400, 20)
    assert why_other_bands(own[:18], 20, labelling) == ""
    assert why_other_bands(own[:18], 18, labelling) != ""


def test_classes_are_matched_by_value_and_name(qgis):
    from hsi_film_plugin.dock.synthesizer_choice import unknown_classes
    from hsi_film_plugin.layers.layer_styles import MapClass

    forest, water = MapClass(1, "Forest", "#111111"), MapClass(2, "Water", "#222222")
    assert unknown_classes([forest], [MapClass(1, "Forest", "#999999"), water]) == []
    assert unknown_classes([forest, water], [MapClass(1, "Water", "#111111")]) == [
        "Forest",
        "Water",
    ]
