"""Classify in chunks of another size.

Arguments: SIZE RASTER MODEL OUTPUT XMIN YMIN XMAX YMAX.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hsi_film_plugin.engine.classification import Classifier, Products, classify, extent_block
from hsi_film_plugin.engine.device import choose_device
from hsi_film_plugin.engine.model_file import load_model
from hsi_film_plugin.engine.progress import Progress
from hsi_film_plugin.engine.scene import Scene


def main() -> None:
    """Classify an extent with square chunks of the given size."""
    size, raster, model, output = sys.argv[1:5]
    extent = [float(value) for value in sys.argv[5:]]
    with Scene.open(raster) as scene:
        classifier = Classifier(load_model(Path(model)), scene, choose_device("auto"))
        classifier.chunk_size = lambda: (int(size), int(size))  # type: ignore[method-assign]
        area = extent_block(scene, extent)
        classify(classifier, area, Products(Path(output)), 0.0, {}, Progress())


if __name__ == "__main__":
    main()
