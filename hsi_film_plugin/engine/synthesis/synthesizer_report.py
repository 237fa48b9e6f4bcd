"""The report of a synthesizer's training: what it saw, how it learnt, what it can rebuild."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from ..report import LabelsSection, Picture, Report, SceneSection
from ..report_chapter import Cell, Chapter, Gallery, Plot, Row, Table
from ..report_page import decimal
from ..report_pictures import paint_labels, thumbnail_step
from ..training_report import scene_picture
from .attention_pictures import enlarged, patch_pictures
from .autoencoder_training import decode_latents, encode_patches
from .judging_plots import losses_plot, reconstruction_plot
from .spectral_distance import spectral_angles

if TYPE_CHECKING:
    from ..device import Device
    from ..labels import Labels
    from ..scene import Scene
    from .patches import PatchData
    from .settings import SynthesizerSettings
    from .synthesizer import Synthesizer
    from .training import TrainingRecord

STATEMENT = (
    "What was trained here makes synthetic samples: a reconstruction of Txt2HSI-LDM(VAE) (Zhu & Xu "
    "2025). Only summaries of the paper could be read, no code and no equation, so its networks, "
    "prompts and mixing are our own choice, and results may differ. It has seen all labels of this "
    "scene, so no accuracy can be stated on them with its samples; judge the samples before you "
    "train with them."
)
SHOWN_PATCHES = 6
SHOWN_SPECTRA = 3
SHOWN_PROMPTS = 3


def synthesizer_report(
    synthesizer: Synthesizer,
    record: TrainingRecord,
    data: PatchData,
    scene: Scene,
    labels: Labels,
    device: Device,
    warnings: Sequence[str],
    seconds: float,
) -> Report:
    """Return the report of a training.

    Args:
        synthesizer: What was trained.
        record: How.
        data: What it was trained on.
        scene: The first scene, the one with the labels.
        labels: Labelled pixels of it.
        device: Where.
        warnings: Sentences that a reader must see first.
        seconds: That all of it took.
    """
    step = thumbnail_step(scene.height, scene.width)
    picture = scene_picture(scene, step)
    colors = [known.color for known in synthesizer.classes]
    painted = paint_labels(picture, labels.rows, labels.cols, labels.classes_of, colors, step)
    chapters = (
        _settings(synthesizer.settings, data),
        _losses(record, seconds),
        _reconstruction(synthesizer, record, data),
        _prompts(synthesizer),
    )
    return Report(
        "Synthesizer training report",
        scene.path.name,
        synthesizer.classes,
        tuple(dict.fromkeys(warnings)),
        SceneSection(
            _facts(synthesizer, scene, device),
            (Picture("The scene", picture), Picture("Labels", painted)),
        ),
        LabelsSection.of(labels.classes_of, labels.polygons, len(synthesizer.classes)),
        provenance=tuple(synthesizer.provenance.items()),
        figures=(
            ("Reconstruction, mean angle", _degrees(record.reconstruction_degrees)),
            ("Labelled patches", f"{len(data.labelled.classes):,}"),
            ("Unlabelled patches", f"{len(data.unlabelled.classes):,}"),
            ("Training", _duration(seconds)),
        ),
        statement=STATEMENT,
        chapters=tuple(chapter for chapter in chapters if chapter is not None),
    )


def _facts(synthesizer: Synthesizer, scene: Scene, device: Device) -> tuple[tuple[str, str], ...]:
    wavelengths = synthesizer.bands.wavelengths
    facts = [("Scene", scene.path.name)]
    if synthesizer.scene_names[1:]:
        facts.append(("More scenes, unlabelled", ", ".join(synthesizer.scene_names[1:])))
    facts += [
        ("Size", f"{scene.width:,} × {scene.height:,} pixels"),
        ("Bands", f"{synthesizer.bands.count}, of which {len(synthesizer.bands.used)} are used"),
    ]
    if wavelengths:
        facts.append(("Wavelengths", f"{min(wavelengths):.0f} to {max(wavelengths):.0f} nm"))
    facts += [
        ("Text encoder", synthesizer.encoder_name),
        ("Device", device.kind),
        ("Why this device", device.reason),
    ]
    return tuple(facts)


def _settings(settings: SynthesizerSettings, data: PatchData) -> Chapter:
    switched = {True: "on", False: "off"}
    return Chapter(
        "settings",
        "What it learnt from, and how",
        facts=(
            ("Labelled patches", f"{len(data.labelled.classes):,}"),
            ("Unlabelled patches", f"{len(data.unlabelled.classes):,}"),
            ("Held out from training", f"{len(data.held_out.classes):,}"),
            ("Patch", f"{settings.patch} × {settings.patch} pixels"),
            ("Spatial reduction", str(settings.reduction)),
            ("Spectral components", str(settings.components)),
            ("Latent channels", str(settings.latent_channels)),
            ("Prompts", settings.prompts),
            ("Prompts dropped", f"{settings.prompt_dropout:.0%}"),
            ("Semi-supervised", switched[settings.unlabelled]),
            ("Polygon clipping (RPSC)", switched[settings.clipping]),
            ("Feature uncertainty (LF-UE)", switched[settings.uncertainty]),
            ("Effort", f"{settings.effort:g}"),
            ("Seed", str(settings.seed)),
        ),
        notes=(
            "Semi-supervised: unlabelled patches are learnt from with an empty prompt. RPSC: parts "
            "of a patch outside a random polygon are taken from another one. LF-UE: mean and "
            "deviation of the latents are perturbed in training.",
        ),
    )


def _losses(record: TrainingRecord, seconds: float) -> Chapter:
    facts = [
        ("Autoencoder", _duration(record.autoencoder_seconds)),
        ("Denoiser", _duration(record.denoiser_seconds)),
        ("All together", _duration(seconds)),
    ]
    if record.resumed:
        facts.append(("Resumed", "yes, so the times are those of the last run"))
    plots: tuple[Plot, ...] = ()
    if record.autoencoder_losses or record.denoiser_losses:
        plots = (Plot(losses_plot(record.autoencoder_losses, record.denoiser_losses)),)
    return Chapter("training", "Training", facts=tuple(facts), wide=plots)


def _reconstruction(
    synthesizer: Synthesizer, record: TrainingRecord, data: PatchData
) -> Chapter | None:
    held_out = data.held_out.values
    if not len(held_out):
        return None
    size, places = synthesizer.settings.patch, len(held_out)
    chosen = np.unique(np.linspace(0, places - 1, SHOWN_PATCHES).round().astype(int))
    coded = np.ascontiguousarray(held_out[chosen][:, :, :size, :size], np.float32)
    rebuilt = _rebuilt(synthesizer, coded)
    bands = data.held_out_bands[chosen][:, :, :size, :size]
    cubes = [np.ascontiguousarray(bands), _cubes(synthesizer, rebuilt)]
    pictures = patch_pictures(np.concatenate(cubes), synthesizer.bands)
    middle = size // 2
    wavelengths = synthesizer.bands.wavelengths
    x = None if wavelengths is None else np.array(wavelengths, np.float64)
    panels, shown = [], []
    for number in range(len(chosen)):
        before, after = (cube[number, :, middle, middle].astype(np.float64) for cube in cubes)
        angle = float(spectral_angles(after[None], before)[0])
        shown += [
            Picture(f"{number + 1}, real", enlarged(pictures[number])),
            Picture(f"{number + 1}, rebuilt", enlarged(pictures[len(chosen) + number])),
        ]
        if number < SHOWN_SPECTRA:
            panels.append(
                Plot(
                    reconstruction_plot(before, after, f"rebuilt-{number}", x),
                    f"Centre of patch {number + 1}: {_degrees(angle)}",
                )
            )
    return Chapter(
        "reconstruction",
        "What the autoencoder can rebuild",
        "Measured on patches that no training has seen. Samples cannot be better than this.",
        facts=(
            ("Mean spectral angle", _degrees(record.reconstruction_degrees)),
            ("Of it by the spectral components alone", _degrees(record.code_degrees)),
            ("Root mean square error", f"{record.reconstruction_rmse:.4g} (units of the scene)"),
            ("Patches", f"{places:,}"),
        ),
        panels=tuple(panels),
        galleries=(Gallery("Patches and what is left of them", tuple(shown)),),
        notes=("Line: the spectrum of a patch’s centre; dashed: rebuilt from the latent.",),
    )


def _rebuilt(synthesizer: Synthesizer, patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return patches (n, components, size, size) as the autoencoder gives them back."""
    here = torch.device("cpu")
    latents = encode_patches(synthesizer.autoencoder, patches, here)
    return decode_latents(synthesizer.autoencoder, latents, here)


def _cubes(synthesizer: Synthesizer, patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, bands, size, size) of components."""
    return np.moveaxis(synthesizer.code.decode(np.moveaxis(patches, 1, -1)), -1, 1)


def _prompts(synthesizer: Synthesizer) -> Chapter:
    rows = []
    for index, prompts in enumerate(synthesizer.prompts):
        often = Counter(prompts).most_common(SHOWN_PROMPTS)
        lines = tuple(f"{text} ({times} ×)" for text, times in often) or ("none",)
        rows.append(Row((Cell((f"{len(set(prompts)):,}",)), Cell(lines, numeric=False)), index))
    return Chapter(
        "prompts",
        "Prompts that were made from the data",
        tables=(Table(("Class", "Different ones", "The most frequent"), tuple(rows)),),
        notes=(
            f"The synthesizer knows {len(synthesizer.words):,} words. Words that it has never met "
            "do not do what they say.",
        ),
    )


def _degrees(value: float) -> str:
    return "–" if np.isnan(value) else f"{decimal(value, 2)}°"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
