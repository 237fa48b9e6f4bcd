"""A model that is made to use the backbone: ``spatial_model.py RASTER TRAINING MODEL``.

Validation may choose spectra alone; speed and memory are measured on the costlier way.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hsi_film_plugin.engine import training
from hsi_film_plugin.engine.choice import Choice, Part
from hsi_film_plugin.engine.device import choose_device
from hsi_film_plugin.engine.labels import read_labels
from hsi_film_plugin.engine.model_file import save_model
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene
from hsi_film_plugin.engine.training_settings import TrainingSettings

INPUTS = "standardised bands"
ALL_PARTS = Choice(
    tuple(
        Part(kind, "gentle", INPUTS, 1.0, weight)
        for kind, weight in (("spectral", 0.2), ("spatial", 0.2), ("film", 0.6))
    ),
    1.0,
)


def main() -> None:
    """Train with a fixed blend of all three kinds of heads."""
    raster, labels, model = (Path(argument) for argument in sys.argv[1:])
    training.choose = lambda *_: ALL_PARTS
    training.cross_fitted = lambda candidates, *_: candidates[0].probabilities
    with Scene.open(raster) as scene:
        known = read_labels(labels, scene, "class_id")
        settings = TrainingSettings(timestep=0, blocks=(-2, -3), pseudo_image="rgb")
        made, _ = training.train(scene, known, settings, choose_device("cpu"), Progress())
    save_model(made, model)


if __name__ == "__main__":
    main()
