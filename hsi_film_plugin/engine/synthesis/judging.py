"""Judges samples by real labelled pixels, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..progress import Progress
from ..statistics import whitening
from .judgement import ClassJudgement, Judgement
from .judgement import judging_table as judging_table
from .judging_data import JudgingData, judging_data
from .memorising import LEAST_HELD_OUT, Distances, Memorising, memorising, patch_distances
from .mmd import mmd_test
from .overlap import coverage, mean_distance, prediction_ellipse
from .patch_facts import layout_holds
from .prompts import PromptWriter, layout_of_prompt
from .recognition import RealPixels, Recognition, recognise
from .spectral_distance import compare_angles, compare_spectra, require_finite
from .verdicts import Evidence, verdict

if TYPE_CHECKING:
    from ..scene import Scene
    from .patches import PatchData
    from .sample_set import SampleSet

#: Whitened components in which clouds of spectra are compared.
COMPONENTS = 10
#: Samples of a class, held-out and training patches that distances are measured between.
MOST_SAMPLES, MOST_HELD_OUT, MOST_TRAINING = 60, 300, 4000


def judge(
    samples: SampleSet,
    data: PatchData,
    seed: int,
    progress: Progress,
    scene: Scene | None = None,
    writer: PromptWriter | None = None,
    copies: bool = True,
) -> Judgement:
    """Judge samples by the labelled patches of a scene.

    Args:
        samples: The samples.
        data: Patches of the scene; those held out are compared with in the search for copies.
        seed: Of thinning and permutations.
        progress: For a progress bar, and to cancel.
        scene: The scene, to compare with its spectra as they are; see ``judging_data``.
        writer: Knows what prompts call the classes; None knows their names only.
        copies: Whether the patches held out are those that the training held out, so that copies
            can be looked for.

    Raises:
        InputError: as ``judging_data``.
    """
    reading = progress.part(0.0, 0.05)
    both = judging_data(
        samples,
        data if copies else replace(data, held_out=data.held_out.taken(np.empty(0, np.int64))),
        scene,
        lambda done: reading.report(done, "Reading real and synthetic spectra"),
    )
    prompts = [samples.prompts[int(index)] for index in samples.prompt_of]
    layout = layout_counts(
        prompts,
        both.drafts,
        both.sample_classes,
        len(both.classes),
        writer or PromptWriter(data.classes, {}),
    )
    return judge_arrays(both, seed, progress.part(0.05, 1.0), layout)


def judge_arrays(
    both: JudgingData,
    seed: int,
    progress: Progress,
    layout: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> Judgement:
    """Judge samples by real data that are already side by side.

    Args:
        both: Real and synthetic data.
        seed: Of thinning and permutations.
        progress: For a progress bar, and to cancel.
        layout: From ``layout_counts``.

    Raises:
        InputError: if a spectrum or a patch holds NaN.
    """
    require_finite(both.spectra, "The samples")
    require_finite(both.real.spectra, "The labelled pixels")
    count = len(both.classes)
    near = _Near.measured(both, seed, progress.part(0.0, 0.6))
    asking = progress.part(0.6, 0.75)
    recognition = recognise(
        both.real,
        both.spectra,
        both.sample_classes,
        count,
        seed,
        lambda done: asking.report(done, "Asking an independent classifier"),
    )
    places = _Places.of(both.real, both.spectra)
    each = []
    for index, part in enumerate(progress.part(0.75, 1.0).parts(count)):
        part.report(0.0, f"Judging '{both.classes[index].name}'")
        placed, placeable = (0, 0) if layout is None else (int(v[index]) for v in layout)
        layout_of = (placed, placeable)
        each.append(_judge_class(both, index, seed, near, recognition, places, layout_of, part))
    return Judgement(
        both.classes,
        tuple(each),
        places.real,
        both.real.classes,
        places.samples,
        both.sample_classes,
        places.explained,
        len(both.held_out),
        seed,
    )


def layout_counts(
    prompts: Sequence[str],
    drafts: NDArray[np.int16],
    sample_classes: NDArray[np.int64],
    n_classes: int,
    writer: PromptWriter,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the neighbours that lie where the prompt says, and all that it places, a class.

    Args:
        prompts: One a sample.
        drafts: int16 (n, size, size).
        sample_classes: int64 (n,).
        n_classes: Number of classes.
        writer: Knows what prompts call the classes, those of the drafts.
    """
    right = np.zeros(n_classes, np.int64)
    stated = np.zeros(n_classes, np.int64)
    read = {prompt: layout_of_prompt(prompt, writer) for prompt in set(prompts)}
    for prompt, draft, index in zip(prompts, drafts, sample_classes):
        for neighbour in read[prompt]:
            stated[index] += 1
            right[index] += layout_holds(draft, neighbour.index, neighbour.direction)
    return right, stated


@dataclass(frozen=True)
class _Places:
    """Spectra in the first two principal components, and in whitened ones."""

    real: NDArray[np.float64]
    samples: NDArray[np.float64]
    explained: tuple[float, float]
    white_real: NDArray[np.float64]
    white_samples: NDArray[np.float64]

    @classmethod
    def of(cls, real: RealPixels, samples: NDArray[np.float32]) -> _Places:
        """Learn the components from real spectra alone, so that samples cannot bend them."""
        x = real.spectra.astype(np.float64)
        centre = x.mean(axis=0)
        _, singular, axes = np.linalg.svd(x - centre, full_matrices=False)
        largest = np.abs(axes).argmax(axis=1)
        axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
        shown = np.zeros((2, x.shape[1]))
        shown[: min(2, len(axes))] = axes[:2]
        total = float((singular**2).sum()) or 1.0
        shares = [*(singular[:2] ** 2 / total), 0.0, 0.0]
        if len(x) > 1:
            white = whitening(x, COMPONENTS)
            white_real, white_samples = white(x), white(samples.astype(np.float64))
        else:
            white_real, white_samples = x - centre, samples - centre
        return cls(
            (x - centre) @ shown.T,
            (samples - centre) @ shown.T,
            (float(shares[0]), float(shares[1])),
            white_real,
            white_samples,
        )


@dataclass(frozen=True)
class _Near:
    """Distances to training patches, of samples class by class and of held-out patches."""

    samples: Distances
    sample_classes: NDArray[np.int64]
    held_out: Distances
    held_out_classes: NDArray[np.int64]

    @classmethod
    def measured(cls, both: JudgingData, seed: int, progress: Progress) -> _Near:
        rng = np.random.default_rng(seed)
        chosen = np.concatenate(
            [
                rng.permutation(np.flatnonzero(both.sample_classes == index))[:MOST_SAMPLES]
                for index in range(len(both.classes))
            ]
        )
        held = np.sort(rng.permutation(len(both.held_out))[:MOST_HELD_OUT])
        seen = _spread_out(len(both.training), len(both.real.classes), rng)
        queries = np.concatenate([both.patches[chosen], both.held_out[held]])
        found = patch_distances(
            queries,
            both.training[seen],
            lambda done: progress.report(done, "Looking for memorised patches"),
        )
        return cls(
            found.of(np.arange(len(chosen))),
            both.sample_classes[chosen],
            found.of(np.arange(len(chosen), len(queries))),
            both.held_out_classes[held],
        )

    def of_class(self, index: int) -> tuple[Memorising | None, bool]:
        """Return what was found of a class, and whether held-out patches of it alone served."""
        mine = self.samples.of(self.sample_classes == index)
        alike = self.held_out_classes == index
        if int(alike.sum()) >= LEAST_HELD_OUT:
            return memorising(mine, self.held_out.of(alike)), True
        return memorising(mine, self.held_out), False


def _spread_out(count: int, labelled: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return which training patches to measure to: the labelled first, others by chance."""
    others = labelled + rng.permutation(count - labelled)
    return np.sort(np.concatenate([np.arange(labelled), others])[:MOST_TRAINING])


def _judge_class(
    both: JudgingData,
    index: int,
    seed: int,
    near: _Near,
    recognition: Recognition,
    places: _Places,
    layout: tuple[int, int],
    progress: Progress,
) -> ClassJudgement:
    mine, made = both.real.classes == index, both.sample_classes == index
    real, synthetic = both.real.spectra[mine], both.spectra[made]
    groups = both.real.polygons[mine]
    polygons = int(np.unique(groups).size)
    some = bool(len(real) and len(synthetic))
    angles = compare_angles(real, synthetic) if some else None
    message = f"Judging '{both.classes[index].name}'"
    mmd = None
    if some:
        mmd = mmd_test(
            real, synthetic, groups, seed, tick=lambda done: progress.report(0.9 * done, message)
        )
    ellipse = prediction_ellipse(places.real[mine])
    within = np.nan
    if ellipse is not None and len(synthetic):
        within = float(ellipse.holds(places.samples[made]).mean())
    own = mean_distance(places.white_real[mine])
    diversity = mean_distance(places.white_samples[made]) / own if own > 0 else np.nan
    copies, same_kind = near.of_class(index)
    evidence = Evidence(
        len(real),
        polygons,
        len(synthetic),
        angles,
        mmd,
        float(recognition.recognised[index]),
        float(recognition.own[index]),
        diversity,
        copies,
    )
    said, reasons = verdict(evidence)
    return ClassJudgement(
        said,
        reasons,
        len(real),
        polygons,
        len(synthetic),
        compare_spectra(real, synthetic),
        angles,
        mmd,
        ellipse,
        within,
        coverage(places.white_real[mine], places.white_samples[made], seed),
        diversity,
        evidence.recognised,
        evidence.separable,
        copies,
        same_kind,
        *layout,
    )
