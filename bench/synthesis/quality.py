"""What the samples themselves are worth, and what they cost, measured in a process of its own."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from bench.accuracy.fingerprint import combined, module_fingerprint
from bench.measure import run

from .long_tail import RARE
from .schedule import Workplace, synthesizer_fingerprint

#: Samples that are made and timed, spread over the classes.
SAMPLES = 500
#: Classes of which fewer held-out real pixels than this are recognised say nothing of samples.
SEPARABLE = 0.9
_FOLDER = "quality"


@dataclass(frozen=True)
class Quality:
    """What was found of the samples of one scene.

    Attributes:
        scene: Its name.
        fingerprint: Of what decides it.
        figures: By name; NaN where nothing could be said.
    """

    scene: str
    fingerprint: str
    figures: dict[str, float] = field(default_factory=dict)

    #: Figures and their headings.
    COLUMNS = {
        "reconstruction": "reconstruction, °",
        "angle_inside": "angle within the class's 95 %, %",
        "in_ellipse": "in the class's PCA ellipse, %",
        "recognised": "recognised, %",
        "separable": "of classes",
        "layout": "layout right, %",
        "placed": "of stated neighbours",
        "copies": "copies, %",
        "copied_classes": "classes with copies",
        "train_seconds": "training, s",
        "sample_seconds": f"{SAMPLES} samples, s",
        "peak_gb": "peak memory, GB",
    }
    _DIGITS = {"reconstruction": 2, "peak_gb": 1}

    def text(self, name: str) -> str:
        """Return a figure as text."""
        value = self.figures.get(name, math.nan)
        return "–" if math.isnan(value) else f"{value:.{self._DIGITS.get(name, 0)}f}"


def run_quality(place: Workplace, patterns: Sequence[str]) -> list[str]:
    """Measure what is missing, one scene after the other, each in a process of its own.

    Returns:
        A sentence for each scene that failed.
    """
    failures = []
    for scene in place.scenes().values():
        path = _path(place, scene.name)
        if path.is_file() or place.over or not any(fnmatch(scene.name, p) for p in patterns):
            continue
        options = {**asdict(place), "folder": str(place.folder), "deadline": None}
        try:
            found = run(
                (sys.executable, "-m", "bench.synthesis.quality", scene.name, json.dumps(options))
            )
        except SystemExit as error:
            failures.append(str(error))
            print(error, flush=True)
            continue
        figures = json.loads(found.output.splitlines()[-1])
        figures["peak_gb"] = found.peak_mb / 1000
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        print(f"{scene.name}: {figures}", flush=True)
    return failures


def found_qualities(place: Workplace, any_version: bool = False) -> list[Quality]:
    """Return what was measured before, of earlier code too if wanted, the latest of a scene."""
    found = []
    for name in place.scenes():
        path = _path(place, name)
        if any_version and not path.is_file():
            older = sorted(path.parent.glob(f"{name}-*.json"), key=lambda p: p.stat().st_mtime)
            path = older[-1] if older else path
        if path.is_file():
            figures = json.loads(path.read_text(encoding="utf-8"))
            known = {key: math.nan if v is None else float(v) for key, v in figures.items()}
            found.append(Quality(name, path.stem, known))
    return found


def _path(place: Workplace, scene: str) -> Path:
    made_by = combined(
        place.scenes()[scene].fingerprint,
        synthesizer_fingerprint(place),
        module_fingerprint("bench.synthesis.quality"),
        place.device,
    )
    return place.folder / _FOLDER / f"{scene}-{made_by}.json"


def measure(place: Workplace, name: str) -> dict[str, float]:
    """Train a synthesizer, make samples and judge them.

    Args:
        place: Where scenes lie and networks run.
        name: Of the scene.
    """
    import torch

    from hsi_film_plugin.engine.progress import Progress
    from hsi_film_plugin.engine.synthesis.judging import judge
    from hsi_film_plugin.engine.synthesis.making import make_samples
    from hsi_film_plugin.engine.synthesis.recognition import RealPixels, recognise
    from hsi_film_plugin.engine.synthesis.sampling import class_order

    from .samples import device, text_encoder, trained
    from .trials import Split

    split = Split(place.scenes()[name], RARE[-1], 0, torch.device(place.device))
    started = time.monotonic()
    data, synthesizer, record = trained(split, "fine", place)
    train_seconds = time.monotonic() - started
    classes = len(synthesizer.classes)
    counts = np.full(classes, SAMPLES // classes)
    counts[: SAMPLES % classes] += 1
    started = time.monotonic()
    samples = make_samples(
        synthesizer,
        "",
        class_order(synthesizer, counts),
        text_encoder(place),
        device(place),
        Progress(),
    )
    sample_seconds = time.monotonic() - started
    said = judge(samples, data, 0, Progress()).each
    asked = split.benchmark.test
    real = RealPixels(
        asked.of(split.benchmark.cube),
        asked.classes,
        _blocks(asked.rows, asked.cols),
        asked.rows,
        asked.cols,
    )
    values = np.array([known.value for known in samples.classes])
    index = np.searchsorted(split.benchmark.values, values)
    known = recognise(real, samples.spectra(), index[samples.class_indices], classes)
    separable = known.own >= SEPARABLE
    placed, placeable = sum(each.placed for each in said), sum(each.placeable for each in said)
    copies = [each.memorising for each in said if each.memorising is not None]
    return {
        "reconstruction": record.reconstruction_degrees,
        "angle_inside": 100 * _mean([e.angles.inside for e in said if e.angles is not None]),
        "in_ellipse": 100 * _mean([each.in_ellipse for each in said]),
        "recognised": 100 * _mean(known.recognised[separable]),
        "separable": int(separable.sum()),
        "layout": 100 * placed / placeable if placeable else math.nan,
        "placed": placeable,
        "copies": 100 * sum(c.copies for c in copies) / max(1, sum(c.samples for c in copies)),
        "copied_classes": sum(c.p < 0.05 / max(1, len(copies)) for c in copies),
        "train_seconds": train_seconds,
        "sample_seconds": sample_seconds,
    }


def _blocks(rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return a number for each block of 16×16 pixels, which held-out pixels must not share."""
    numbers: np.ndarray = rows // 16 * 10_000 + cols // 16
    return numbers


def _mean(values: Sequence[float] | np.ndarray) -> float:
    known = np.array(values, float)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else math.nan


def main() -> None:
    """Measure one scene and print the figures as JSON: NAME OPTIONS."""
    name, options = sys.argv[1], json.loads(sys.argv[2])
    place = Workplace(**{**options, "folder": Path(options["folder"])})
    figures = measure(place, name)
    known = {key: None if math.isnan(value) else value for key, value in figures.items()}
    sys.stdout.write(json.dumps(known) + "\n")


if __name__ == "__main__":
    main()
